//! Operations that move elements.

use super::{Rewrite, affine::uniform};
use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{Invalid, Kind, shape};
use zkc_support::{ValueId, i64_attr, i64s};

/// `Reshape` of the same elements in the same shape, or after another one.
pub(super) fn reshape<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let x = node.operand(0);
    if b.r#type(x) == node.types[0] {
        return Ok(Some(x));
    }
    let Some(op) = b.definition(x).filter(|op| op.name == Kind::Reshape.name()) else {
        return Ok(None);
    };
    let source = op.operand();
    b.reshape(source, &node.result_shape()?, node.location())
        .map(Some)
}

/// `Transpose` that moves nothing, or after another one, or that moves only axes of extent one.
pub(super) fn transpose<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let x = node.operand(0);
    let Some(perm) = node.op.ints("perm") else {
        return Ok(None);
    };
    let dims = b.shape(x)?;
    // The axes that matter, in their new order.
    let order: Vec<i64> = perm
        .iter()
        .copied()
        .filter(|a| dims[*a as usize] != 1)
        .collect();
    if order.is_sorted() {
        return b
            .reshape(x, &node.result_shape()?, node.location())
            .map(Some);
    }
    let inner = b
        .definition(x)
        .filter(|op| op.name == Kind::Transpose.name());
    let Some((source, first)) = inner.and_then(|op| Some((op.operand(), op.ints("perm")?))) else {
        return Ok(None);
    };
    let both: Vec<i64> = perm.iter().map(|a| first[*a as usize]).collect();
    b.transpose(source, &both, node.location()).map(Some)
}

/// An operation that broadcasts does so without help.
pub(super) fn without_expand<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let mut operands = node.op.operands.clone();
    for v in &mut operands {
        let Some(op) = b.definition(*v).filter(|op| op.name == Kind::Expand.name()) else {
            continue;
        };
        *v = op.operand();
    }
    if operands == node.op.operands {
        return Ok(None);
    }
    let shapes = operands
        .iter()
        .map(|v| b.shape(*v))
        .collect::<Result<Vec<_>, _>>()?;
    let shapes: Vec<&[i64]> = shapes.iter().map(Vec::as_slice).collect();
    if shape::broadcast(&shapes) != node.result_shape() {
        return Ok(None);
    }
    b.emit(node.kind, &operands, &[], node.location()).map(Some)
}

/// The operand of a `Pad` with zeros on spatial axes, with the padding before and after these.
fn spatial_zeros<'c>(
    b: &mut Builder<'c, '_>,
    v: ValueId,
) -> Result<Option<(ValueId, Vec<i64>)>, Invalid> {
    let Some(op) = b.only_use_of(v, Kind::Pad) else {
        return Ok(None);
    };
    let (x, value) = (op.operands[0], op.operands[2]);
    let plain = op.str("mode").unwrap_or("constant") == "constant" && b.is_absent(op.operands[3]);
    if !plain || !(b.is_absent(value) || uniform(b, value)? == Some(0.0)) {
        return Ok(None);
    }
    let pads = b.integers(op.operands[1], "pads")?.unwrap_or_default();
    let rank = pads.len() / 2;
    let batch_and_channel = [0, 1, rank, rank + 1];
    let usable =
        rank > 2 && pads.iter().all(|p| *p >= 0) && batch_and_channel.iter().all(|i| pads[*i] == 0);
    Ok(usable.then(|| (x, [&pads[2..rank], &pads[rank + 2..]].concat())))
}

/// The operation on the operand of a `Pad`, with more padding of its own.
fn with_pad<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>, more: &[(&'static str, i64)]) -> Rewrite {
    let Some((x, zeros)) = spatial_zeros(b, node.operand(0))? else {
        return Ok(None);
    };
    let Some(own) = node.op.ints("pads").filter(|p| p.len() == zeros.len()) else {
        return Ok(None);
    };
    let pads: Vec<i64> = own.iter().zip(&zeros).map(|(p, z)| p + z).collect();
    let mut op = node.op.clone();
    op.set_attr("pads", i64s(b.context(), &pads));
    for (name, value) in more {
        op.set_attr(name, i64_attr(b.context(), *value));
    }
    op.operands[0] = x;
    let attributes: Vec<_> = op
        .attributes
        .iter()
        .map(|(n, a)| (n.as_str(), *a))
        .collect();
    b.emit(node.kind, &op.operands, &attributes, node.location())
        .map(Some)
}

/// Zeros around the operand of a convolution are its padding.
pub(super) fn conv_with_pad<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    if node.op.str("auto_pad").unwrap_or("NOTSET") != "NOTSET" {
        return Ok(None);
    }
    with_pad(b, node, &[])
}

/// Zeros around the operand of an average are padding that counts.
pub(super) fn pool_with_pad<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let op = &node.op;
    let own = op.ints("pads").is_some_and(|p| p.iter().any(|p| *p != 0));
    let counts = op.int("count_include_pad").unwrap_or(0) == 1;
    let resolved =
        op.str("auto_pad").unwrap_or("NOTSET") == "NOTSET" && op.int("ceil_mode").unwrap_or(0) == 0;
    if !resolved || (own && !counts) {
        return Ok(None);
    }
    with_pad(b, node, &[("count_include_pad", 1)])
}
