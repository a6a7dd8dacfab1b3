//! The ranges of cells in equations.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use num_bigint::BigInt;

use super::rank::{eliminate, reduced};
use super::sum::{Product, products};
use super::walk::{Key, NONE};
use super::{Check, Equation, unknowns};
use crate::tape::Tape;
use crate::{ColumnKind, Op};

/// Bits below which both sides of an equation stay.
const BITS: u64 = 252;

impl Check<'_> {
    /// Finds the cells without a range that the equations of a site determine, and leave others to be held by those with
    /// one: once they are eliminated, every cell with a range still stands in an equation.
    pub(super) fn determine(&mut self, equations: &[&Equation], members: &BTreeSet<u32>) {
        let computed = self.layout.elements.computed();
        let top: BTreeSet<u32> = equations
            .iter()
            .flat_map(|equation| unknowns(&equation.row))
            .filter(|unknown| *unknown < computed && members.contains(unknown))
            .collect();
        let (open, ranged): (Vec<u32>, Vec<u32>) = top
            .into_iter()
            .partition(|unknown| self.ranges[*unknown as usize].is_none());
        if open.is_empty() {
            return;
        }
        let order = [open.as_slice(), &ranged].concat();
        let mut rows: Vec<Vec<u64>> = equations
            .iter()
            .map(|equation| {
                let factor = |unknown: &u32| equation.row.terms.get(&Key::of(*unknown));
                let factors = order.iter().map(factor);
                factors
                    .map(|factor| reduced(factor.copied().unwrap_or(0)))
                    .collect()
            })
            .collect();
        let pivots = eliminate(&mut rows, open.len());
        let rest = &rows[pivots..];
        let held = |column: usize| rest.iter().any(|row| row[column] != 0);
        if pivots == open.len() && (open.len()..order.len()).all(held) {
            self.determined.extend(open);
        }
    }

    /// The ranges of cells in equations.
    pub(super) fn bounded(&mut self, equations: &[Equation]) {
        let computed = self.layout.elements.computed();
        let mut open: BTreeSet<u32> = BTreeSet::new();
        for unknown in self.uses.keys() {
            let ranged = self.ranges[*unknown as usize].is_some();
            if *unknown < computed && !ranged && !self.determined.contains(unknown) {
                open.insert(*unknown);
            }
        }
        for unknown in open {
            let at = self.name(unknown);
            self.problem("a cell has no range", at);
        }
        let gates = self.gates();
        for equation in equations {
            let mut size = BigInt::ZERO;
            // The limbs of each remainder, with their factors.
            let mut remainders: BTreeMap<u32, Vec<(u32, u128)>> = BTreeMap::new();
            for (key, coefficient) in &equation.row.terms {
                let on_top = |unknown: u32| {
                    let cell = self.layout.cell_of(unknown);
                    unknown < computed
                        && cell.is_some_and(|c| equation.top.contains(&self.sites.of(c)))
                };
                if key.1 != NONE {
                    // What stands below is known as a residue, and its products are; a product on top would be neither.
                    if key.unknowns().any(on_top) {
                        let at = self.sum.exponents.describe(equation.monomial);
                        self.problem("a product stands on top of an equation", at);
                    }
                    continue;
                }
                if !on_top(key.0) {
                    continue;
                }
                let Some((lo, hi)) = &self.ranges[key.0 as usize] else {
                    continue;
                };
                let magnitude = lo.magnitude().max(hi.magnitude()).clone();
                size += BigInt::from(magnitude) * coefficient.unsigned_abs();
                if let Op::Limb { x, .. } = self.program.op(key.0)
                    && let Op::Remainder { .. } = self.circuit.program[x.0 as usize].op
                {
                    let limbs = remainders.entry(x.0).or_default();
                    limbs.push((key.0, coefficient.unsigned_abs()));
                }
            }
            if size.bits() > BITS {
                let at = self.sum.exponents.describe(equation.monomial);
                self.problem("operands are too wide for the field", at);
            }
            for (register, limbs) in remainders {
                let Op::Remainder { divisor, .. } = self.circuit.program[register as usize].op
                else {
                    continue;
                };
                let least = limbs.iter().map(|(_, factor)| *factor).min().unwrap_or(0);
                let mut most = BigInt::ZERO;
                let mut negative = false;
                for (limb, factor) in &limbs {
                    let (lo, hi) = self.limb_range(*limb, &gates);
                    negative |= lo < BigInt::ZERO;
                    most += hi * *factor;
                }
                if negative || most >= BigInt::from(divisor) * least {
                    let at = self.name(limbs[0].0);
                    self.problem("a remainder may be its divisor or more", at);
                }
            }
        }
    }

    /// The constraints without challenges, by the advice columns that they read.
    fn gates(&self) -> HashMap<u32, Vec<Rc<Vec<Product>>>> {
        let mut gates: HashMap<u32, Vec<Rc<Vec<Product>>>> = HashMap::new();
        for constraint in self.circuit.gates.iter().flat_map(|gate| &gate.constraints) {
            let tape = Tape::new(&constraint.poly, self.layout);
            if tape.in_field {
                continue;
            }
            let sum = products(&constraint.poly, self.layout, self.sum.exponents, None);
            let Some(sum) = sum.map(Rc::new) else {
                continue;
            };
            for slot in tape
                .slots
                .iter()
                .filter(|slot| slot.kind == ColumnKind::Advice)
            {
                gates.entry(slot.column).or_default().push(sum.clone());
            }
        }
        gates
    }

    /// The range of a looked-up cell, cut by constraints that are linear in cells with ranges.
    fn limb_range(
        &mut self,
        limb: u32,
        gates: &HashMap<u32, Vec<Rc<Vec<Product>>>>,
    ) -> (BigInt, BigInt) {
        let (mut lo, mut hi) = self.ranges[limb as usize].clone().unwrap_or_default();
        let Some(cell) = self.layout.cell_of(limb) else {
            return (lo, hi);
        };
        for gate in gates.get(&cell.column).into_iter().flatten() {
            let terms = self.sum.linear(gate, cell.row);
            let own = terms.iter().find(|term| term.key == Key::of(limb));
            let Some(sign) = own.map(|term| term.coefficient).filter(|c| c.abs() == 1) else {
                continue;
            };
            // limb = -sign * (the rest), end by end.
            let (mut least, mut most) = (BigInt::ZERO, BigInt::ZERO);
            let mut bounded = true;
            for term in terms.iter().filter(|term| term.key != Key::of(limb)) {
                let factor = BigInt::from(-sign * term.coefficient);
                let ends = match term.key {
                    Key::ONE => Some((BigInt::from(1), BigInt::from(1))),
                    Key(unknown, NONE) if unknown != limb => self.ranges[unknown as usize].clone(),
                    _ => None,
                };
                let Some((a, b)) = ends else {
                    bounded = false;
                    break;
                };
                let (a, b) = (a * &factor, b * &factor);
                least += a.clone().min(b.clone());
                most += a.max(b);
            }
            if bounded {
                lo = lo.max(least);
                hi = hi.min(most);
            }
        }
        (lo, hi)
    }
}
