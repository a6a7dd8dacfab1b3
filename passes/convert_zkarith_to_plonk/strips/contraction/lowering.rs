//! From a product of two computed matrices to its unit, and copies where it needs them.

use super::{
    super::{
        super::{Lowering, builder::Result, movement::delinearize},
        lines::Lines,
        units::{A, B, Kind, Unit, Y},
    },
    Contraction,
};
use num_bigint::BigInt;
use std::collections::BTreeSet;
use zkc_support::{AffineExpr, FixedType, Location, Op, ValueId, as_affine_map};

impl<'c> Lowering<'_, 'c> {
    /// A product of two computed matrices.
    pub(in super::super::super) fn contraction_unit(&mut self, i: usize) -> Result<ValueId> {
        let op = &self.graph.ops[i];
        let location = op.location;
        let out = self.shape(op.result())?;
        let t = self.element(op.result())?;
        let rank = out.len();
        let (lead, last) = out.split_at(rank - 2);
        let [left, right] = [self.shape(op.operands[0])?, self.shape(op.operands[1])?];
        let batch: i64 = lead.iter().product();
        let inner = left[left.len() - 1];
        let outer = [last[0], last[1]];
        if batch * inner * outer[0] * outer[1] == 0 {
            return Err("has no elements, so that there is nothing to prove about it".into());
        }
        let numbers = delinearize(&AffineExpr::Dim(0), lead);
        let mut operands = Vec::new();
        let mut cells = Vec::new();
        let (mut inner_down, mut offsets) = ([true; 2], [0; 2]);
        for (slot, from) in [left, right].into_iter().enumerate() {
            let skipped = rank - from.len();
            let mut read: Vec<AffineExpr> = from[..from.len() - 2]
                .iter()
                .zip(&numbers[skipped..])
                .map(|(extent, number)| match extent {
                    1 => AffineExpr::Const(0),
                    _ => number.clone(),
                })
                .collect();
            let axes = [AffineExpr::Dim(2), AffineExpr::Dim(1)];
            read.extend(match slot {
                0 => axes,
                _ => {
                    let [outer, inner] = axes;
                    [inner, outer]
                }
            });
            let shape = [batch, inner, outer[slot]];
            let mut x = self.register(op.operands[slot])?;
            let tx = self.builder.element(x)?;
            if self.moved_result(x).is_none() {
                x = self.carry_unit(x, location)?;
            }
            let own = self.builder.gather(x, &shape, &tx, read, None, location)?;
            let offset = self
                .moved_result(own)
                .ok_or("an operand is no result of a unit")?;
            inner_down[slot] = self.runs_along(own, &shape);
            offsets[slot] = offset;
            let width = FixedType {
                scale: 0,
                lo: &tx.lo - offset,
                hi: &tx.hi - offset,
            };
            let minus = BigInt::from(-offset);
            let cell = self.builder.affine(&[(own, 1)], &minus, &width, location)?;
            operands.push((own, offset));
            cells.push(([A, B][slot], cell));
        }
        let term = self.matmul(op)?;
        let product = self.builder.linear(&out, &[term], None, &t, location)?;
        cells.push((Y, product));
        let lines = self.lines(&out);
        self.add_unit(Unit {
            kind: Kind::Contraction(Contraction {
                batch,
                inner,
                outer,
                steps: [lines.step(rank - 2), lines.step(rank - 1)],
                inner_down,
                offsets,
            }),
            lines: Lines::new(&[batch], None, 1),
            operands,
            cells,
            limbs: Vec::new(),
            tag: 0,
            shown: None,
            location,
        });
        if self.is_read_in_order(op.result()) {
            return Ok(product);
        }
        self.carry_unit(product, location)
    }

    /// A copy in cells: whatever reads it, what is copied has one reader, which numbers lines and positions as they come.
    fn carry_unit(&mut self, x: ValueId, location: Location<'c>) -> Result<ValueId> {
        let (t, shape) = (self.builder.element(x)?, self.builder.shape(x)?);
        let lines = self.lines_of(x, &shape)?;
        let own = self.in_lines(x, &lines, location)?;
        let width = Self::from_zero(&t.hi - &t.lo);
        let y = self
            .builder
            .affine(&[(own, 1)], &-&t.lo, &width, location)?;
        let result = self.in_order(y, &lines, &shape, &t.lo, &t, location)?;
        self.add_unit(Unit {
            kind: Kind::Carry,
            lines,
            operands: vec![(x, Self::narrow(&t.lo)?)],
            cells: vec![(Y, y)],
            limbs: Vec::new(),
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// The lines of a unit that reads a register. Where that is made of products of matrices, lines past the last one repeat
    /// nothing: a product has each of its elements read alike.
    pub(in super::super) fn lines_of(&self, x: ValueId, shape: &[i64]) -> Result<Lines> {
        let lines = self.lines(shape);
        if !self.reads_product(x) {
            return Ok(lines);
        }
        let t = self.builder.element(x)?;
        // Within the bounds, so that the unit has a result for it.
        let rest = BigInt::ZERO.clamp(t.lo, t.hi);
        let rest =
            i64::try_from(&rest).map_err(|_| "its bounds are further than 2^63 from zero")?;
        Ok(lines.with_rest(Some(rest)))
    }

    /// Whether a register is made of products of matrices, by linear maps.
    fn reads_product(&self, x: ValueId) -> bool {
        let Some(state) = &self.builder.strips else {
            return false;
        };
        let results = |products: bool| -> BTreeSet<usize> {
            let units = state.units.iter();
            units
                .filter(|u| matches!(u.kind, Kind::Contraction(_)) == products)
                .filter_map(|u| Some(u.result()?.index()))
                .collect()
        };
        let products = results(true);
        if products.is_empty() {
            return false;
        }
        let mut seen = results(false);
        let definitions = self.builder.program.definitions();
        let mut open = vec![x.index()];
        while let Some(v) = open.pop() {
            if products.contains(&v) {
                return true;
            }
            if seen.insert(v)
                && let Some(i) = definitions[v]
            {
                let operands = self.builder.program.ops[i].operands.iter();
                open.extend(operands.map(|v| v.index()));
            }
        }
        false
    }

    /// Whether the only reader of a value takes all of it in its own order: sums of one shape, up to a unit that numbers
    /// its lines as the value's shape says.
    fn is_read_in_order(&self, mut v: ValueId) -> bool {
        let shape = self.graph.tensor(v).map(|t| t.shape);
        loop {
            let mut users = self.graph.ops.iter().filter(|op| op.operands.contains(&v));
            let (Some(user), None) = (users.next(), users.next()) else {
                return false;
            };
            let result = user.result();
            if self.uses[v.index()] != 1 || self.graph.tensor(result).map(|t| t.shape) != shape {
                return false;
            }
            match user.name.as_str() {
                "zkarith.rescale" | "zkarith.relu" => return true,
                "zkarith.add" | "zkarith.sub" | "zkarith.upscale" => v = result,
                _ => return false,
            }
        }
    }

    /// What all elements of a register are more than the result of a unit that they are; `None` if they are none, or
    /// differ.
    fn moved_result(&self, register: ValueId) -> Option<i128> {
        let mut offset = 0;
        self.follow(register, &mut |op| {
            offset += op.int128("constant").unwrap_or(0);
            Some(())
        })?;
        Some(offset)
    }

    /// Follows moved data up to the result of a unit; `step` sees every operation on the way.
    fn follow(
        &self,
        register: ValueId,
        step: &mut dyn FnMut(&Op<'c>) -> Option<()>,
    ) -> Option<ValueId> {
        let units = &self.builder.strips.as_ref()?.units;
        let homes: BTreeSet<usize> = units
            .iter()
            .filter_map(|u| Some(u.result()?.index()))
            .collect();
        let definitions = self.builder.program.definitions();
        let mut v = register;
        while !homes.contains(&v.index()) {
            let op = &self.builder.program.ops[definitions[v.index()]?];
            let moves = op.name == "plonk.gather" && op.attr("fill").is_none();
            let shifts =
                op.name == "plonk.affine" && op.ints("coefficients").as_deref() == Some(&[1]);
            if !moves && !shifts {
                return None;
            }
            step(op)?;
            v = op.operand();
        }
        Some(v)
    }

    /// Where an element of moved data stands, in the order of lines.
    fn stands_at(&self, register: ValueId, mut point: Vec<i64>) -> Option<Vec<i64>> {
        self.follow(register, &mut |op| {
            if let Some(map) = op.attr("map").and_then(as_affine_map) {
                point = map
                    .results
                    .iter()
                    .map(|e| e.eval(&point))
                    .collect::<Option<_>>()?;
            }
            Some(())
        })?;
        Some(point)
    }

    /// Whether it is the shared axis of an operand, arranged as (matrix, shared, other), that runs down the strip; true if
    /// none does.
    fn runs_along(&self, register: ValueId, shape: &[i64]) -> bool {
        let step = |axis: usize| {
            let mut next = vec![0; 3];
            next[axis] = 1;
            let inside = shape[axis] > 1;
            let first = self.stands_at(register, vec![0; 3]).filter(|_| inside)?;
            let second = self.stands_at(register, next)?;
            let steps = first.iter().zip(&second).map(|(a, b)| b - a);
            Some(steps.collect::<Vec<_>>())
        };
        step(1) == Some(vec![0, 0, 1]) || step(2) != Some(vec![0, 0, 1])
    }
}
