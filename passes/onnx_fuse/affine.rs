//! Sums and products with constants.

use super::Rewrite;
use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{Data, Invalid, Kind, Tensor, shape};
use zkc_support::{Op, ValueId};

/// The number that all elements of a constant are.
pub(super) fn uniform(b: &mut Builder<'_, '_>, v: ValueId) -> Result<Option<f64>, Invalid> {
    let Some(t) = b.constant(v)? else {
        return Ok(None);
    };
    let same = match &t.data {
        Data::F64(v) => v.windows(2).all(|w| w[0] == w[1]),
        Data::I64(v) => v.windows(2).all(|w| w[0] == w[1]),
        Data::Bool(_) => false,
    };
    Ok(if same && !t.is_empty() {
        t.to_f64().first().copied()
    } else {
        None
    })
}

/// The elements of a constant along an axis of a tensor that it broadcasts to, if it is the same
/// along all other axes.
pub(super) fn along(c: &Tensor, to: &[i64], axis: usize) -> Option<Vec<f64>> {
    let lead = to.len().checked_sub(c.shape.len())?;
    let (extent, stride) = match axis.checked_sub(lead) {
        Some(i) => (c.shape[i], shape::strides(&c.shape)[i]),
        None => (1, 1),
    };
    let values = c.to_f64();
    let mut out = vec![None; extent as usize];
    for (i, v) in values.iter().enumerate() {
        let slot = &mut out[(i as i64 / stride % extent.max(1)) as usize];
        match slot {
            None => *slot = Some(*v),
            Some(seen) if *seen == *v => {}
            Some(_) => return None,
        }
    }
    let out: Vec<f64> = out.into_iter().collect::<Option<_>>()?;
    match (out.len(), to[axis] as usize) {
        (1, n) => Some(vec![out[0]; n]),
        (n, m) if n == m => Some(out),
        _ => None,
    }
}

/// `x + 0`.
pub(super) fn add_zero<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    neutral(b, node, 0.0)
}

/// `x 1`.
pub(super) fn mul_one<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    neutral(b, node, 1.0)
}

fn neutral<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>, value: f64) -> Rewrite {
    let x = node.operand(0);
    let stays = b.r#type(x) == node.types[0];
    Ok((stays && uniform(b, node.operand(1))? == Some(value)).then_some(x))
}

/// The operation that alone makes the first operand, if it is a sum or product with a constant.
fn inner<'c>(b: &Builder<'c, '_>, node: &Node<'c>, kind: Kind) -> Option<Op<'c>> {
    let op = b.only_use_of(node.operand(0), kind)?;
    (b.is_constant(op.operands[1]) && b.is_constant(node.operand(1))).then_some(op)
}

/// Whether two constants combine to one that is not larger than the larger one.
fn combine(b: &Builder<'_, '_>, c: ValueId, d: ValueId) -> Result<bool, Invalid> {
    let (c, d) = (b.shape(c)?, b.shape(d)?);
    let n = |s: &[i64]| shape::count(s).unwrap_or(usize::MAX);
    Ok(n(&shape::broadcast(&[&c, &d])?) <= n(&c).max(n(&d)))
}

/// `(x + c) + d` is `x + (c + d)`, and `(x c) d` is `x (c d)`.
pub(super) fn merge<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let Some(op) = inner(b, node, node.kind) else {
        return Ok(None);
    };
    let (x, c, d) = (op.operands[0], op.operands[1], node.operand(1));
    // Integers could overflow in another place.
    if !b.is_float(x) || !combine(b, c, d)? {
        return Ok(None);
    }
    let both = b.emit(node.kind, &[c, d], &[], node.location())?;
    b.emit(node.kind, &[x, both], &[], node.location())
        .map(Some)
}

/// `(x + c) d` is `x d + c d`: products stand before sums, where a linear operation takes them.
pub(super) fn distribute<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let Some(op) = inner(b, node, Kind::Add) else {
        return Ok(None);
    };
    let (x, c, d) = (op.operands[0], op.operands[1], node.operand(1));
    if !b.is_float(x) || !combine(b, c, d)? {
        return Ok(None);
    }
    let product = b.emit(Kind::Mul, &[x, d], &[], node.location())?;
    let shift = b.emit(Kind::Mul, &[c, d], &[], node.location())?;
    b.emit(Kind::Add, &[product, shift], &[], op.location)
        .map(Some)
}

/// `-x + y` and `y + -x` are `y - x`, where `-x` is written `x (-1)`.
pub(super) fn subtraction<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    for (i, j) in [(0, 1), (1, 0)] {
        let Some(op) = b.only_use_of(node.operand(i), Kind::Mul) else {
            continue;
        };
        let (x, y) = (op.operands[0], node.operand(j));
        let (from, to) = (b.shape(x)?, b.shape(y)?);
        let stays = shape::broadcast(&[&from, &to]) == node.result_shape();
        if b.is_float(x) && stays && uniform(b, op.operands[1])? == Some(-1.0) {
            return b.emit(Kind::Sub, &[y, x], &[], node.location()).map(Some);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_along_an_axis() {
        let c = Tensor::f64s(&[2, 1, 1], vec![3.0, 4.0]);
        assert_eq!(along(&c, &[5, 2, 7, 7], 1), Some(vec![3.0, 4.0]));
        assert_eq!(along(&c, &[5, 2, 7, 7], 3), None);
        let scalar = Tensor::f64s(&[], vec![3.0]);
        assert_eq!(along(&scalar, &[2, 3], 1), Some(vec![3.0; 3]));
        let full = Tensor::f64s(&[2, 2], vec![1.0, 2.0, 1.0, 2.0]);
        assert_eq!(along(&full, &[2, 2], 1), Some(vec![1.0, 2.0]));
        assert_eq!(along(&full, &[2, 2], 0), None);
        assert_eq!(along(&Tensor::f64s(&[0], vec![]), &[0], 0), Some(vec![]));
    }
}
