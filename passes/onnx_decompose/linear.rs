//! Matrix products, convolutions and normalization.

use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{
    Invalid, Kind,
    windows::{Axis, windows},
};
use zkc_support::{Attribute, Op, ValueId, i64_attr, i64s};

/// Operands of rank one become matrices.
pub(super) fn matmul<'c>(
    b: &mut Builder<'c, '_>,
    node: &Node<'c>,
) -> Result<Option<ValueId>, Invalid> {
    let at = node.location();
    let (left, right) = (b.shape(node.operand(0))?, b.shape(node.operand(1))?);
    if left.len() > 1 && right.len() > 1 {
        return Ok(None);
    }
    let matrix = |s: &[i64], row: bool| match *s {
        [n] if row => vec![1, n],
        [n] => vec![n, 1],
        _ => s.to_vec(),
    };
    let left = b.reshape(node.operand(0), &matrix(&left, true), at)?;
    let right = b.reshape(node.operand(1), &matrix(&right, false), at)?;
    let out = b.emit(Kind::MatMul, &[left, right], &[], at)?;
    b.reshape(out, &node.result_shape()?, at).map(Some)
}

/// `alpha A' B' + beta C`. The factors go into constants where they can.
pub(super) fn gemm<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Result<ValueId, Invalid> {
    let at = node.location();
    let (mut left, mut right, bias) = (node.operand(0), node.operand(1), node.operand(2));
    if node.op.int("transA").unwrap_or(0) != 0 {
        left = b.transpose(left, &[1, 0], at)?;
    }
    if node.op.int("transB").unwrap_or(0) != 0 {
        right = b.transpose(right, &[1, 0], at)?;
    }
    let alpha = node.op.float("alpha").unwrap_or(1.0);
    if b.is_constant(right) {
        right = scaled(b, right, alpha, node)?;
    }
    let mut out = b.emit(Kind::MatMul, &[left, right], &[], at)?;
    if !b.is_constant(right) {
        out = scaled(b, out, alpha, node)?;
    }
    let beta = node.op.float("beta").unwrap_or(1.0);
    if b.is_absent(bias) || beta == 0.0 {
        return Ok(out);
    }
    let bias = scaled(b, bias, beta, node)?;
    b.emit(Kind::Add, &[out, bias], &[], at)
}

fn scaled<'c>(
    b: &mut Builder<'c, '_>,
    v: ValueId,
    factor: f64,
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    if factor == 1.0 {
        return Ok(v);
    }
    let factor = b.make_scalar(factor, v, node.location())?;
    b.emit(Kind::Mul, &[v, factor], &[], node.location())
}

/// The bias becomes an addition, and all attributes are given.
pub(super) fn conv<'c>(
    b: &mut Builder<'c, '_>,
    node: &Node<'c>,
) -> Result<Option<ValueId>, Invalid> {
    let at = node.location();
    let (x, w, bias) = (node.operand(0), node.operand(1), node.operand(2));
    let (shape, kernel) = (b.shape(x)?, b.shape(w)?);
    let axes = windows(&node.op, &shape[2..], &kernel[2..])?;
    let attributes = window_attributes(b, &axes);
    if b.is_absent(bias) && has_attributes(&node.op, &attributes) {
        return Ok(None);
    }
    let group = i64_attr(b.context(), node.op.int("group").unwrap_or(1));
    let none = b.none(at)?;
    let attributes = [&attributes[..], &[("group", group)]].concat();
    let out = b.emit(Kind::Conv, &[x, w, none], &attributes, at)?;
    if b.is_absent(bias) {
        return Ok(Some(out));
    }
    let bias = per_channel(b, bias, shape.len(), node)?;
    b.emit(Kind::Add, &[out, bias], &[], at).map(Some)
}

/// A list with an element for each channel, in a shape that broadcasts along the second axis.
pub(super) fn per_channel<'c>(
    b: &mut Builder<'c, '_>,
    v: ValueId,
    rank: usize,
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    let mut shape = vec![1; rank - 1];
    shape[0] = b.shape(v)?.iter().product();
    b.reshape(v, &shape, node.location())
}

/// The attributes of windows with the padding resolved. A window never reaches further than
/// `pads`, so `ceil_mode` has no effect any more.
pub(super) fn window_attributes<'c>(
    b: &Builder<'c, '_>,
    axes: &[Axis],
) -> Vec<(&'static str, Attribute<'c>)> {
    let list = |f: fn(&Axis) -> i64| axes.iter().map(f).collect::<Vec<_>>();
    let pads = [list(|a| a.before), list(Axis::reach)].concat();
    let c = b.context();
    vec![
        ("kernel_shape", i64s(c, &list(|a| a.kernel))),
        ("strides", i64s(c, &list(|a| a.stride))),
        ("dilations", i64s(c, &list(|a| a.dilation))),
        ("pads", i64s(c, &pads)),
    ]
}

/// Whether an operation has these attributes, and none that they replace.
pub(super) fn has_attributes(op: &Op, attributes: &[(&str, Attribute)]) -> bool {
    op.str("auto_pad").unwrap_or("NOTSET") == "NOTSET"
        && op.int("ceil_mode").unwrap_or(0) == 0
        && attributes
            .iter()
            .all(|(name, value)| op.attr(name) == Some(*value))
}

/// A factor and a shift per channel, constant when the statistics are.
pub(super) fn batch_normalization<'c>(
    b: &mut Builder<'c, '_>,
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    let at = node.location();
    let [x, scale, bias, mean, var] = node.op.operands[..] else {
        return Err(Invalid::new("needs five operands"));
    };
    let epsilon = b.make_scalar(node.op.float("epsilon").unwrap_or(1e-5), var, at)?;
    let var = b.emit(Kind::Add, &[var, epsilon], &[], at)?;
    let deviation = b.emit(Kind::Sqrt, &[var], &[], at)?;
    let factor = b.emit(Kind::Div, &[scale, deviation], &[], at)?;
    let mean = b.emit(Kind::Mul, &[mean, factor], &[], at)?;
    let shift = b.emit(Kind::Sub, &[bias, mean], &[], at)?;
    let rank = b.shape(x)?.len();
    let factor = per_channel(b, factor, rank, node)?;
    let shift = per_channel(b, shift, rank, node)?;
    let out = b.emit(Kind::Mul, &[x, factor], &[], at)?;
    b.emit(Kind::Add, &[out, shift], &[], at)
}
