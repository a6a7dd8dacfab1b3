//! The gates of the direct layout.
//!
//! Every polynomial carries its selector, so it vanishes where the selector is zero. The
//! equations, with `q` the selector, `c0..c3` the cells of the unit, `p0..p3` the parameters of
//! the row, `[l..]` the integer that limbs make up:
//!
//! | gate | equations | degree |
//! |---|---|---|
//! | `linear` | `q_sum*(sum - bias - <lane, weight>) - q_chain*sum_above` | 3 |
//! | `interval` | `c0 - p0 = [l]`, `p1 - c0 = [l']` | 2 |
//! | `rescale` | `c0 + p0 = c1*p1 + [r]`, `p2 - top(r) = l'`, `c1 - p3 = [l]` | 3 |
//! | `max`, `min` | `s` is a bit, `s*(2d + 1) - d - 1 = [l]`, `y = ..` with `d = c0 - c1` | 3 |
//! | `table` | lookup `(tag, q*c0, q*c1)` | 2 |
//! | `product` | `c2 = c0*c1` | 3 |
//! | `ratio` | `p0*c0 + c1 = 2*c1*c2 + [r]`, `2*c1 - 1 - [r] = [r']`, `c2 - p1 = [l]` | 3 |

use super::builder::names;
use crate::{
    expressions::Expressions,
    gadgets::{CELLS, Gadget},
    layout::Layout,
};
use std::{
    collections::BTreeSet,
    ops::{Deref, DerefMut},
};
use zkc_support::{Graph, Location, Op, ValueId, string, symbol};

/// Name of the selector of a gadget.
pub(super) fn selector(gadget: Gadget) -> String {
    format!("q_{}", gadget.name())
}

/// Builds gates from expressions.
pub(super) struct Gates<'g, 'c> {
    expressions: Expressions<'g, 'c>,
    layout: Layout,
}

impl<'g, 'c> Deref for Gates<'g, 'c> {
    type Target = Expressions<'g, 'c>;

    fn deref(&self) -> &Self::Target {
        &self.expressions
    }
}

impl DerefMut for Gates<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.expressions
    }
}

impl<'g, 'c> Gates<'g, 'c> {
    pub(super) fn new(graph: &'g mut Graph<'c>, layout: Layout, location: Location<'c>) -> Self {
        Self {
            expressions: Expressions::new(graph, location),
            layout,
        }
    }

    /// All gates and lookups.
    pub(super) fn build(mut self, linear: bool, gadgets: &BTreeSet<Gadget>) -> Vec<Op<'c>> {
        let mut out = Vec::new();
        if linear {
            for block in 0..self.layout.blocks {
                self.linear(block);
                out.push(self.gate(&format!("linear_{block}")));
            }
        }
        for gadget in gadgets {
            for unit in 0..self.layout.units {
                if *gadget == Gadget::Table {
                    self.table(unit);
                    out.push(self.lookup(&format!("function_{unit}"), names::FUNCTIONS));
                } else {
                    self.gadget(*gadget, unit);
                    out.push(self.gate(&format!("{}_{unit}", gadget.name())));
                }
            }
        }
        if !gadgets.is_empty() {
            for column in 0..self.layout.units * self.layout.limbs {
                let limb = self.query(names::LIMB, column, 0);
                self.op("plonk.look_up", &[limb], &[]);
                out.push(self.lookup(&format!("limb_{column}"), names::RANGE));
            }
        }
        out
    }

    fn linear(&mut self, block: i64) {
        let lanes = self.layout.lanes;
        let products: Vec<_> = (0..lanes)
            .map(|i| {
                let x = self.query(names::LANE, block * lanes + i, 0);
                let w = self.query(names::WEIGHT, block * lanes + i, 0);
                self.product(&[x, w])
            })
            .collect();
        let (sum, above) = (
            self.query(names::SUM, block, 0),
            self.query(names::SUM, block, -1),
        );
        let bias = self.query(names::BIAS, block, 0);
        let (q_sum, q_chain) = (
            self.query(names::Q_SUM, block, 0),
            self.query(names::Q_CHAIN, block, 0),
        );
        let inner = self.sum(&products);
        let added = self.sum(&[bias, inner]);
        let rest = self.sub(sum, added);
        let left = self.product(&[q_sum, rest]);
        let right = self.product(&[q_chain, above]);
        let poly = self.sub(left, right);
        self.constrain("the sum is the sum above plus bias plus products", poly);
    }

    fn table(&mut self, unit: i64) {
        let q = self.query(&selector(Gadget::Table), unit, 0);
        let tag = self.query(names::TAG, unit, 0);
        let (x, y) = (self.cell(unit, 0), self.cell(unit, 1));
        let (x, y) = (self.product(&[q, x]), self.product(&[q, y]));
        self.op("plonk.look_up", &[tag, x, y], &[]);
    }

    fn gadget(&mut self, gadget: Gadget, unit: i64) {
        let q = self.query(&selector(gadget), unit, 0);
        let c = |g: &mut Self, i: i64| g.cell(unit, i);
        match gadget {
            Gadget::Interval { limbs, upper } => {
                let (x, lo) = (c(self, 0), self.param(0));
                let (above, low) = (self.sub(x, lo), self.limbs(unit, 0, limbs));
                self.equal(q, "the value is at least its lower bound", above, low);
                if upper {
                    let hi = self.param(1);
                    let (below, high) = (self.sub(hi, x), self.limbs(unit, limbs, limbs));
                    self.equal(q, "the value is at most its upper bound", below, high);
                }
            }
            Gadget::Rescale {
                remainder,
                exact,
                quotient,
            } => {
                let (n, y) = (c(self, 0), c(self, 1));
                let (half, divisor, lo) = (self.param(0), self.param(1), self.param(3));
                let left = self.sum(&[n, half]);
                let whole = self.product(&[y, divisor]);
                let rest = self.limbs(unit, 0, remainder);
                let right = self.sum(&[whole, rest]);
                self.equal(q, "quotient and remainder make up the value", left, right);
                if exact {
                    let (most, top) = (self.param(2), self.limb(unit, remainder - 1));
                    let (gap, spare) = (self.sub(most, top), self.limb(unit, remainder));
                    self.equal(q, "the remainder is below the divisor", gap, spare);
                }
                let first = remainder + u32::from(exact);
                let (above, limbs) = (self.sub(y, lo), self.limbs(unit, first, quotient));
                self.equal(q, "the quotient is in range", above, limbs);
            }
            Gadget::Max { limbs } => {
                let b = c(self, 1);
                self.select(q, unit, b, limbs, true);
            }
            Gadget::Min { limbs } => {
                let b = c(self, 1);
                self.select(q, unit, b, limbs, false);
            }
            Gadget::MaxConst { limbs } => {
                let b = self.param(0);
                self.select(q, unit, b, limbs, true);
            }
            Gadget::MinConst { limbs } => {
                let b = self.param(0);
                self.select(q, unit, b, limbs, false);
            }
            Gadget::Product => {
                let (a, b, y) = (c(self, 0), c(self, 1), c(self, 2));
                let product = self.product(&[a, b]);
                self.equal(q, "the result is the product", y, product);
            }
            Gadget::Ratio {
                remainder,
                quotient,
            } => {
                let (a, b, y) = (c(self, 0), c(self, 1), c(self, 2));
                let (factor, lo) = (self.param(0), self.param(1));
                let scaled = self.product(&[factor, a]);
                let left = self.sum(&[scaled, b]);
                let two = self.literal(2);
                let whole = self.product(&[two, b, y]);
                let rest = self.limbs(unit, 0, remainder);
                let right = self.sum(&[whole, rest]);
                self.equal(
                    q,
                    "quotient and remainder make up the dividend",
                    left,
                    right,
                );
                let (double, one) = (self.product(&[two, b]), self.literal(1));
                let most = self.sub(double, one);
                let gap = self.sub(most, rest);
                let spare = self.limbs(unit, remainder, remainder);
                self.equal(q, "the remainder is below the divisor", gap, spare);
                let (above, limbs) = (self.sub(y, lo), self.limbs(unit, 2 * remainder, quotient));
                self.equal(q, "the quotient is in range", above, limbs);
            }
            Gadget::Table => unreachable!("functions are lookups, not gates"),
        }
    }

    /// Maximum or minimum of cell 0 and `b` in cell 2, with the sign bit in cell 3.
    fn select(&mut self, q: ValueId, unit: i64, b: ValueId, limbs: u32, max: bool) {
        let (a, y, s) = (self.cell(unit, 0), self.cell(unit, 2), self.cell(unit, 3));
        let one = self.literal(1);
        let two = self.literal(2);
        let d = self.sub(a, b);
        let rest = self.sub(s, one);
        let bit = self.product(&[q, s, rest]);
        self.constrain("the sign is a bit", bit);
        let twice = self.product(&[two, d]);
        let odd = self.sum(&[twice, one]);
        let left = self.product(&[s, odd]);
        let shifted = self.sum(&[d, one]);
        let magnitude = self.sub(left, shifted);
        let digits = self.limbs(unit, 0, limbs);
        self.equal(
            q,
            "the bit is the sign of the difference",
            magnitude,
            digits,
        );
        let chosen = self.product(&[s, d]);
        if max {
            let value = self.sum(&[b, chosen]);
            self.equal(q, "the result is the larger one", y, value);
        } else {
            let value = self.sub(a, chosen);
            self.equal(q, "the result is the smaller one", y, value);
        }
    }

    fn cell(&mut self, unit: i64, i: i64) -> ValueId {
        self.query(names::CELL, unit * CELLS + i, 0)
    }

    fn param(&mut self, i: i64) -> ValueId {
        self.query(names::PARAM, i, 0)
    }

    fn limb(&mut self, unit: i64, i: u32) -> ValueId {
        let (i, columns) = (i64::from(i), self.layout.limbs);
        self.query(names::LIMB, unit * columns + i % columns, i / columns)
    }

    /// The integer that `count` limbs make up.
    fn limbs(&mut self, unit: i64, first: u32, count: u32) -> ValueId {
        let bits = self.layout.limb_bits;
        let terms: Vec<_> = (0..count)
            .map(|i| {
                let limb = self.limb(unit, first + i);
                if i == 0 {
                    return limb;
                }
                let weight = self.literal(1i128 << (bits * i64::from(i)));
                self.product(&[weight, limb])
            })
            .collect();
        self.sum(&terms)
    }

    fn equal(&mut self, q: ValueId, name: &str, left: ValueId, right: ValueId) {
        let difference = self.sub(left, right);
        let poly = self.product(&[q, difference]);
        self.constrain(name, poly);
    }

    /// Wraps the expressions so far into a lookup.
    fn lookup(&mut self, name: &str, table: &str) -> Op<'c> {
        let context = self.graph.context;
        let attributes = [
            ("sym_name", string(context, &format!("look_up_{name}"))),
            ("table", symbol(context, table)),
        ];
        self.region("plonk.lookup", &attributes)
    }
}
