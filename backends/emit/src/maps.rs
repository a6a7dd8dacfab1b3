//! Affine maps of MLIR as maps of the description.

use zkc_circuit::{AffineBuilder, AffineMap};
use zkc_support::AffineExpr;

/// The same map; `None` when it divides by anything but a positive constant, or multiplies two
/// dimensions.
pub(crate) fn map(m: &zkc_support::AffineMap) -> Option<AffineMap> {
    let mut builder = AffineBuilder::new(u32::try_from(m.dims).ok()?);
    let results = m
        .results
        .iter()
        .map(|e| expression(&mut builder, e))
        .collect::<Option<Vec<u32>>>()?;
    Some(builder.finish(results))
}

fn expression(b: &mut AffineBuilder, e: &AffineExpr) -> Option<u32> {
    let constant = |e: &AffineExpr| match e {
        AffineExpr::Const(c) => Some(*c),
        _ => None,
    };
    Some(match e {
        AffineExpr::Dim(i) => b.dim(u32::try_from(*i).ok()?),
        AffineExpr::Const(c) => b.constant(*c),
        AffineExpr::Add(x, y) => {
            let (x, y) = (expression(b, x)?, expression(b, y)?);
            b.add(x, y)
        }
        AffineExpr::Mul(x, y) => {
            let (x, y) = (expression(b, x)?, expression(b, y)?);
            b.mul(x, y)
        }
        AffineExpr::Mod(x, y) => {
            let x = expression(b, x)?;
            b.modulo(x, constant(y).filter(|n| *n > 0)?)
        }
        AffineExpr::FloorDiv(x, y) => {
            let x = expression(b, x)?;
            b.floor_div(x, constant(y).filter(|n| *n > 0)?)
        }
        AffineExpr::CeilDiv(x, y) => {
            let x = expression(b, x)?;
            b.ceil_div(x, constant(y).filter(|n| *n > 0)?)
        }
    })
}
