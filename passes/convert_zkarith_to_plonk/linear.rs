//! Linear maps: which elements are multiplied by which weights.

use super::{
    Lowering,
    builder::{Builder, Result, Term},
    movement::broadcast,
};
use crate::{gadgets::Gadget, layout::bias_of};
use num_bigint::BigInt;
use zkc_support::{AffineExpr, FixedType, Location, Op, ValueId};

/// Windows along the trailing dimensions: output coordinate times stride plus tap times dilation.
fn window(
    first_output: usize,
    first_tap: usize,
    strides: &[i64],
    dilations: &[i64],
) -> Vec<AffineExpr> {
    strides
        .iter()
        .zip(dilations)
        .enumerate()
        .map(|(i, (stride, dilation))| {
            AffineExpr::Dim(first_output + i)
                .times(*stride)
                .plus(AffineExpr::Dim(first_tap + i).times(*dilation))
        })
        .collect()
}

impl<'c> Lowering<'_, 'c> {
    pub(super) fn linear(&mut self, i: usize) -> Result<()> {
        let op = &self.graph.ops[i];
        match op.name.as_str() {
            "zkarith.add" | "zkarith.sub" => self.sum(i),
            "zkarith.upscale" => {
                let term = self.scaled(op.operand(), 1, op)?;
                self.emit(i, &[term])
            }
            "zkarith.mul" => {
                let (x, w) = if self.constant[op.operands[1].index()] {
                    (op.operands[0], op.operands[1])
                } else {
                    (op.operands[1], op.operands[0])
                };
                let shape = self.shape(op.result())?;
                let term = Term {
                    input: self.register(x)?,
                    taps: Vec::new(),
                    read: broadcast(&self.shape(x)?, &shape),
                    weights: self.register(w)?,
                    weight_read: broadcast(&self.shape(w)?, &shape),
                };
                self.emit(i, &[term])
            }
            "zkarith.matmul" if op.operands.iter().all(|v| !self.constant[v.index()]) => {
                if self.builder.strips.is_some() {
                    let product = self.contraction_unit(i)?;
                    self.define(op.result(), product);
                    return Ok(());
                }
                let term = self.matmul(op)?;
                let term = self.sum_of_products(term, op)?;
                self.emit(i, &[term])
            }
            "zkarith.matmul" => {
                let term = self.matmul(op)?;
                self.emit(i, &[term])
            }
            "zkarith.conv" => {
                let term = self.conv(op)?;
                self.emit(i, &[term])
            }
            "zkarith.sum_pool" => {
                let term = self.sum_pool(op)?;
                self.emit(i, &[term])
            }
            "zkarith.reduce_sum" => {
                let term = self.reduce_sum(op)?;
                self.emit(i, &[term])
            }
            _ => Err("is no linear map".into()),
        }
    }

    /// Emits the sums of an operation. A constant that is added right afterwards, and nowhere
    /// else seen, becomes their bias.
    fn emit(&mut self, i: usize, terms: &[Term]) -> Result<()> {
        let op = &self.graph.ops[i];
        let (mut result, mut bias) = (op.result(), None);
        if let Some((next, constant)) = bias_of(self.graph, &self.uses, i) {
            let add = &self.graph.ops[next];
            let shape = self.shape(add.result())?;
            let value = self.register(constant)?;
            bias = Some(self.spread(value, constant, &shape, add.location)?);
            result = add.result();
            self.skip[next] = true;
        }
        let shape = self.shape(result)?;
        let t = self.element(result)?;
        let sums = self.builder.linear(&shape, terms, bias, &t, op.location)?;
        self.define(result, sums);
        Ok(())
    }

    /// A register broadcast to a shape.
    fn spread(
        &mut self,
        register: ValueId,
        value: ValueId,
        shape: &[i64],
        location: Location<'c>,
    ) -> Result<ValueId> {
        let from = self.shape(value)?;
        if from == shape {
            return Ok(register);
        }
        let t = self.builder.element(register)?;
        self.builder
            .gather(register, shape, &t, broadcast(&from, shape), None, location)
    }

    /// `coefficient * v` as a term of an element-wise sum; scalings by powers of two are taken
    /// into the coefficient.
    fn scaled(&mut self, v: ValueId, coefficient: i128, op: &Op<'c>) -> Result<Term> {
        let mut factor = coefficient;
        if op.name == "zkarith.upscale" {
            let shift = self.element(op.result())?.scale - self.element(v)?.scale;
            let power = 1i128.checked_shl(shift).filter(|p| *p > 0);
            factor = power
                .and_then(|p| p.checked_mul(coefficient))
                .filter(|f| i64::try_from(*f).is_ok())
                .ok_or("scales differ by more than 62 bits")?;
        }
        let weights = self.builder.constant(&[1], &[factor], op.location)?;
        Ok(Term {
            input: self.register(v)?,
            taps: Vec::new(),
            read: broadcast(&self.shape(v)?, &self.shape(op.result())?),
            weights,
            weight_read: vec![AffineExpr::Const(0)],
        })
    }

    fn sum(&mut self, i: usize) -> Result<()> {
        let op = &self.graph.ops[i];
        let shape = self.shape(op.result())?;
        let signs = [1, if op.name == "zkarith.sub" { -1 } else { 1 }];
        let mut terms = Vec::new();
        let mut bias = None;
        for (v, sign) in op.operands.iter().zip(signs) {
            if !self.constant[v.index()] {
                terms.push(self.scaled(*v, sign, op)?);
                continue;
            }
            let register = self.register(*v)?;
            let register = if sign == 1 {
                register
            } else {
                self.negated(register, op.location)?
            };
            bias = Some(self.spread(register, *v, &shape, op.location)?);
        }
        if terms.is_empty() {
            return Err("both operands are constant; run `zkarith-fold-constants` first".into());
        }
        let t = self.element(op.result())?;
        let sums = self.builder.linear(&shape, &terms, bias, &t, op.location)?;
        self.define(op.result(), sums);
        Ok(())
    }

    /// A constant with the opposite sign, as a constant.
    fn negated(&mut self, register: ValueId, location: Location<'c>) -> Result<ValueId> {
        let values = self.values(register)?;
        let negated: Option<Vec<i128>> = values.iter().map(|v| v.checked_neg()).collect();
        let shape = self.builder.shape(register)?;
        self.builder
            .constant(&shape, &negated.ok_or("a constant is too wide")?, location)
    }

    /// The integers of a register that holds a constant itself.
    fn values(&self, register: ValueId) -> Result<Vec<i128>> {
        let ops = &self.builder.program.ops;
        let op = ops.iter().find(|o| o.results.contains(&register));
        let value = op
            .filter(|o| o.name == "plonk.constant")
            .and_then(|o| o.attr("value"));
        let value = value.ok_or("a moved constant is subtracted; fold constants first")?;
        let constant = self
            .builder
            .constants
            .read(value)
            .map_err(|e| e.to_string())?;
        constant.to_i128().map_err(|e| e.to_string())
    }

    pub(super) fn matmul(&mut self, op: &Op<'c>) -> Result<Term> {
        let [a, b] = [op.operands[0], op.operands[1]];
        let left = self.constant[a.index()];
        let out = self.shape(op.result())?;
        let (sa, sb) = (self.shape(a)?, self.shape(b)?);
        let rank = out.len();
        let tap = AffineExpr::Dim(rank);
        let index = |s: &[i64], row: AffineExpr, column: AffineExpr| {
            let lead = &out[..rank - 2];
            let mut map = broadcast(&s[..s.len() - 2], lead);
            map.extend([row, column]);
            map
        };
        let read_a = index(&sa, AffineExpr::Dim(rank - 2), tap.clone());
        let read_b = index(&sb, tap, AffineExpr::Dim(rank - 1));
        let taps = vec![sa[sa.len() - 1]];
        let (ra, rb) = (self.register(a)?, self.register(b)?);
        Ok(if left {
            Term {
                input: rb,
                taps,
                read: read_b,
                weights: ra,
                weight_read: read_a,
            }
        } else {
            Term {
                input: ra,
                taps,
                read: read_a,
                weights: rb,
                weight_read: read_b,
            }
        })
    }

    /// A sum of products of computed elements as one of products in cells, each by a gadget of its own.
    fn sum_of_products(&mut self, term: Term, op: &Op<'c>) -> Result<Term> {
        let shape = self.shape(op.result())?;
        let all = [&shape[..], &term.taps].concat();
        let (a, b) = (
            self.builder.element(term.input)?,
            self.builder.element(term.weights)?,
        );
        let location = op.location;
        let gather = |builder: &mut Builder<'c>, from, t: &FixedType, read| {
            builder.gather(from, &all, t, read, None, location)
        };
        let x = gather(&mut self.builder, term.input, &a, term.read)?;
        let y = gather(&mut self.builder, term.weights, &b, term.weight_read)?;
        // The ends of a product's range are products of ends.
        let mut ends = [&a.lo * &b.lo, &a.lo * &b.hi, &a.hi * &b.lo, &a.hi * &b.hi];
        ends.sort();
        let [lo, _, _, hi] = ends;
        let t = FixedType { scale: 0, lo, hi };
        let product = self
            .builder
            .compute("plonk.mul", &[x, y], &all, &t, &[], location)?;
        let cells = [(0, x), (1, y), (2, product)];
        self.gadget(Gadget::Product, &cells, &[], &[], location)?;
        Ok(Term {
            input: product,
            taps: term.taps,
            read: (0..all.len()).map(AffineExpr::Dim).collect(),
            weights: self.ones(op)?,
            weight_read: vec![AffineExpr::Const(0)],
        })
    }

    /// The operand with a border of zeros, in the trailing dimensions.
    pub(super) fn padded(
        &mut self,
        v: ValueId,
        pads: &[i64],
        fill: &BigInt,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let register = self.register(v)?;
        if pads.iter().all(|p| *p == 0) {
            return Ok(register);
        }
        let from = self.shape(v)?;
        let mut t: FixedType = self.element(v)?;
        t.lo = t.lo.min(fill.clone());
        t.hi = t.hi.max(fill.clone());
        let n = pads.len() / 2;
        let lead = from.len() - n;
        let mut shape = from.clone();
        let mut map: Vec<AffineExpr> = (0..from.len()).map(AffineExpr::Dim).collect();
        for i in 0..n {
            shape[lead + i] += pads[i] + pads[n + i];
            map[lead + i] = AffineExpr::Dim(lead + i).plus(AffineExpr::Const(-pads[i]));
        }
        let fill = i64::try_from(fill).map_err(|_| "the padding value is too wide")?;
        self.builder
            .gather(register, &shape, &t, map, Some(fill), location)
    }

    fn conv(&mut self, op: &Op<'c>) -> Result<Term> {
        let [x, w] = [op.operands[0], op.operands[1]];
        if !self.constant[w.index()] {
            return Err("the weights of a convolution must be constant".into());
        }
        let (strides, dilations) = (Self::ints(op, "strides")?, Self::ints(op, "dilations")?);
        let pads = Self::ints(op, "pads")?;
        let group = op.int("group").ok_or("attribute `group` is missing")?;
        let input = self.padded(x, &pads, &BigInt::ZERO, op.location)?;
        let out = self.shape(op.result())?;
        let weights = self.shape(w)?;
        let rank = out.len();
        // Output n, m, d..; taps c, k... Channel m belongs to group m / (M / group).
        let channels_out = weights[0] / group;
        let base = AffineExpr::Dim(1).floor_div(channels_out).times(weights[1]);
        let base = if group == 1 {
            AffineExpr::Const(0)
        } else {
            base
        };
        let mut read = vec![AffineExpr::Dim(0), base.plus(AffineExpr::Dim(rank))];
        read.extend(window(2, rank + 1, &strides, &dilations));
        let mut weight_read = vec![AffineExpr::Dim(1)];
        weight_read.extend((0..rank - 1).map(|i| AffineExpr::Dim(rank + i)));
        Ok(Term {
            input,
            taps: weights[1..].to_vec(),
            read,
            weights: self.register(w)?,
            weight_read,
        })
    }

    fn ones(&mut self, op: &Op<'c>) -> Result<ValueId> {
        self.builder.constant(&[1], &[1], op.location)
    }

    fn sum_pool(&mut self, op: &Op<'c>) -> Result<Term> {
        let kernel = Self::ints(op, "kernel")?;
        let (strides, dilations) = (Self::ints(op, "strides")?, Self::ints(op, "dilations")?);
        let pads = Self::ints(op, "pads")?;
        let input = self.padded(op.operand(), &pads, &BigInt::ZERO, op.location)?;
        let rank = self.shape(op.result())?.len();
        let lead = rank - kernel.len();
        let mut read: Vec<AffineExpr> = (0..lead).map(AffineExpr::Dim).collect();
        read.extend(window(lead, rank, &strides, &dilations));
        let weights = self.ones(op)?;
        Ok(Term {
            input,
            taps: kernel,
            read,
            weights,
            weight_read: vec![AffineExpr::Const(0)],
        })
    }

    fn reduce_sum(&mut self, op: &Op<'c>) -> Result<Term> {
        let axes = Self::ints(op, "axes")?;
        let from = self.shape(op.operand())?;
        let mut taps = Vec::new();
        let mut read: Vec<AffineExpr> = (0..from.len()).map(AffineExpr::Dim).collect();
        for axis in axes {
            // The verifier keeps axes within the rank.
            read[axis as usize] = AffineExpr::Dim(from.len() + taps.len());
            taps.push(from[axis as usize]);
        }
        let input = self.register(op.operand())?;
        let weights = self.ones(op)?;
        Ok(Term {
            input,
            taps,
            read,
            weights,
            weight_read: vec![AffineExpr::Const(0)],
        })
    }
}
