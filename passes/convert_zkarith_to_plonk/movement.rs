//! Data movement: gathers by affine maps, which cost no cell.

use super::{Lowering, builder::Result};
use zkc_support::{AffineExpr, Op, ValueId};

/// Coordinates in `from` of the element at row-major position `position`.
pub(super) fn delinearize(position: &AffineExpr, from: &[i64]) -> Vec<AffineExpr> {
    let mut out = Vec::with_capacity(from.len());
    let mut stride: i64 = from.iter().product();
    for extent in from {
        stride /= (*extent).max(1);
        let quotient = position.clone().floor_div(stride.max(1));
        out.push(if *extent == 1 {
            AffineExpr::Const(0)
        } else {
            quotient.modulo(*extent)
        });
    }
    // The first coordinate needs no reduction: positions are below the number of elements.
    if let (Some(first), Some(extent)) = (out.first_mut(), from.first())
        && *extent != 1
    {
        let inner: i64 = from[1..].iter().product();
        *first = position.clone().floor_div(inner.max(1));
    }
    out
}

/// Coordinates of a numpy-broadcast operand of shape `from` under an output of shape `to`.
pub(super) fn broadcast(from: &[i64], to: &[i64]) -> Vec<AffineExpr> {
    let lead = to.len() - from.len();
    from.iter()
        .enumerate()
        .map(|(i, extent)| {
            if *extent == 1 {
                AffineExpr::Const(0)
            } else {
                AffineExpr::Dim(lead + i)
            }
        })
        .collect()
}

impl<'c> Lowering<'_, 'c> {
    pub(super) fn movement(&mut self, op: &Op<'c>) -> Result<()> {
        let shape = self.shape(op.result())?;
        let t = self.element(op.result())?;
        if op.name == "zkarith.concat" {
            let operands = op
                .operands
                .iter()
                .map(|v| self.register(*v))
                .collect::<Result<Vec<ValueId>>>()?;
            let axis = op.attr("axis").ok_or("attribute `axis` is missing")?;
            let register = self.builder.compute(
                "plonk.concat",
                &operands,
                &shape,
                &t,
                &[("axis", axis)],
                op.location,
            )?;
            self.define(op.result(), register);
            return Ok(());
        }
        let input = self.register(op.operand())?;
        let from = self.shape(op.operand())?;
        let dim = |i: usize| AffineExpr::Dim(i);
        let mut fill = None;
        let map = match op.name.as_str() {
            "zkarith.reshape" => delinearize(&AffineExpr::linear(0, &shape), &from),
            "zkarith.reinterpret" => (0..from.len()).map(dim).collect(),
            "zkarith.broadcast" => broadcast(&from, &shape),
            "zkarith.transpose" => {
                // Result dimension i is operand dimension p[i].
                let permutation = Self::ints(op, "permutation")?;
                let mut map = vec![AffineExpr::Const(0); from.len()];
                for (i, p) in permutation.iter().enumerate() {
                    // The verifier keeps the permutation within the rank.
                    map[*p as usize] = dim(i);
                }
                map
            }
            "zkarith.slice" => {
                let (starts, steps) = (Self::ints(op, "starts")?, Self::ints(op, "steps")?);
                starts
                    .iter()
                    .zip(&steps)
                    .enumerate()
                    .map(|(i, (start, step))| dim(i).times(*step).plus(AffineExpr::Const(*start)))
                    .collect()
            }
            "zkarith.pad" => {
                fill = op.int("value");
                let low = Self::ints(op, "low")?;
                low.iter()
                    .enumerate()
                    .map(|(i, low)| dim(i).plus(AffineExpr::Const(-low)))
                    .collect()
            }
            _ => return Err("is no data movement".into()),
        };
        let register = self
            .builder
            .gather(input, &shape, &t, map, fill, op.location)?;
        self.define(op.result(), register);
        Ok(())
    }
}
