//! Pooling, reductions and softmax.

use super::{
    arithmetic::negative,
    linear::{has_attributes, window_attributes},
};
use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{
    Invalid, Kind, Tensor, reduced_axes,
    shape::axis,
    windows::{Axis, windows},
};
use zkc_support::{DType, ValueId, i64_attr};

type One = Result<Option<ValueId>, Invalid>;

fn axes_of<'c>(b: &Builder<'c, '_>, node: &Node<'c>) -> Result<Vec<Axis>, Invalid> {
    let shape = b.shape(node.operand(0))?;
    let kernel = node.op.ints("kernel_shape").unwrap_or_default();
    let axes = windows(&node.op, &shape[2..], &kernel)?;
    // The first and the last windows hold the least.
    let empty = |a: &&Axis| {
        [0, a.windows - 1]
            .iter()
            .any(|w| a.windows > 0 && a.inside(*w) == 0)
    };
    match axes.iter().find(empty) {
        None => Ok(axes),
        Some(a) => Err(Invalid::new(format!(
            "a window of extent {} lies in the padding, which is {} and {} wide",
            a.extent(),
            a.before,
            a.reach()
        ))
        .help("pad less than the window is wide")),
    }
}

/// All attributes are given.
pub(super) fn max<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let axes = axes_of(b, node)?;
    let attributes = window_attributes(b, &axes);
    if has_attributes(&node.op, &attributes) && node.op.int("storage_order").unwrap_or(0) == 0 {
        return Ok(None);
    }
    b.emit(
        Kind::MaxPool,
        &[node.operand(0)],
        &attributes,
        node.location(),
    )
    .map(Some)
}

/// An average whose divisor is the same for all windows stays, another one becomes a sum times
/// the reciprocals of the divisors.
///
/// The sum is a convolution of each channel with ones.
pub(super) fn average<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let at = node.location();
    let x = node.operand(0);
    let axes = axes_of(b, node)?;
    let padding_counts = node.op.int("count_include_pad").unwrap_or(0) == 1;
    let divisor = |a: &Axis, w: i64| {
        if padding_counts {
            a.inside_padding(w)
        } else {
            a.inside(w)
        }
    };
    let same = |a: &Axis| (0..a.windows).all(|w| divisor(a, w) == a.kernel);
    let mut attributes = window_attributes(b, &axes);
    if axes.iter().all(same) {
        let padded = axes.iter().any(|a| a.before != 0 || a.reach() != 0);
        if has_attributes(&node.op, &attributes) && padded == padding_counts {
            return Ok(None);
        }
        attributes.push((
            "count_include_pad",
            i64_attr(b.context(), i64::from(padded)),
        ));
        return b.emit(Kind::AveragePool, &[x], &attributes, at).map(Some);
    }
    let channels = b.shape(x)?[1];
    let element = b.element(x)?;
    let kernel: Vec<i64> = [channels, 1]
        .into_iter()
        .chain(axes.iter().map(|a| a.kernel))
        .collect();
    let size = kernel.iter().product::<i64>() as usize;
    let ones = b.make(Tensor::f64s(&kernel, vec![1.0; size]), element, at);
    let none = b.none(at)?;
    attributes.push(("group", i64_attr(b.context(), channels)));
    let sum = b.emit(Kind::Conv, &[x, ones, none], &attributes, at)?;
    let mut reciprocals = vec![1.0];
    for a in &axes {
        let along: Vec<f64> = (0..a.windows).map(|w| 1.0 / divisor(a, w) as f64).collect();
        reciprocals = reciprocals
            .iter()
            .flat_map(|r| along.iter().map(move |s| r * s))
            .collect();
    }
    let shape: Vec<i64> = [1, 1]
        .into_iter()
        .chain(axes.iter().map(|a| a.windows))
        .collect();
    let reciprocals = b.make(Tensor::f64s(&shape, reciprocals), element, at);
    b.emit(Kind::Mul, &[sum, reciprocals], &[], at).map(Some)
}

/// Reductions over the spatial axes.
pub(super) fn global<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Result<ValueId, Invalid> {
    let axes: Vec<i64> = (2..b.shape(node.operand(0))?.len() as i64).collect();
    match node.kind {
        Kind::GlobalMaxPool => reduced(b, Kind::ReduceMax, node.operand(0), &axes, node),
        _ => mean(b, node.operand(0), &axes, node),
    }
}

/// A reduction that keeps its axes.
fn reduced<'c>(
    b: &mut Builder<'c, '_>,
    kind: Kind,
    v: ValueId,
    axes: &[i64],
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    let list = b.make_list(axes, node.location());
    b.emit(kind, &[v, list], &[], node.location())
}

/// A sum times the reciprocal of the number of terms.
fn mean<'c>(
    b: &mut Builder<'c, '_>,
    v: ValueId,
    axes: &[i64],
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    if !b.is_float(v) {
        return Err(
            Invalid::new("the mean of integers is rounded, which has no decomposition")
                .help("cast to a float before and round after"),
        );
    }
    let shape = b.shape(v)?;
    let n: i64 = axes.iter().map(|a| shape[*a as usize]).product();
    if n == 0 {
        return Err(Invalid::new("the mean of no elements is not defined"));
    }
    let sum = reduced(b, Kind::ReduceSum, v, axes, node)?;
    let factor = b.make_scalar(1.0 / n as f64, v, node.location())?;
    b.emit(Kind::Mul, &[sum, factor], &[], node.location())
}

/// Axes are constant and stay as ones; dropping them is a reshape. A mean is a sum times a
/// constant, a minimum the negative of the maximum of the negative.
pub(super) fn reduce<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let at = node.location();
    let x = node.operand(0);
    let list = match node.op.operands.get(1) {
        Some(v) => b.integers(*v, "axes")?,
        None => None,
    };
    let rank = b.shape(x)?.len();
    let axes: Vec<i64> = reduced_axes(&node.op, rank, list.as_deref())?
        .into_iter()
        .map(|a| a as i64)
        .collect();
    let shape = node.result_shape()?;
    if axes.is_empty() {
        return b.reshape(x, &shape, at).map(Some);
    }
    let normal = node.op.int("keepdims").unwrap_or(1) == 1 && list.as_deref() == Some(&axes);
    let out = match node.kind {
        Kind::ReduceSum | Kind::ReduceMax if normal => return Ok(None),
        Kind::ReduceSum | Kind::ReduceMax => reduced(b, node.kind, x, &axes, node)?,
        Kind::ReduceMean => mean(b, x, &axes, node)?,
        _ => {
            let dtype = DType::of(b.element(x)?);
            if !matches!(dtype, Some(DType::F32 | DType::F64 | DType::Int(_))) {
                return Err(Invalid::new(
                    "a minimum of unsigned integers or booleans has no \
                                         decomposition",
                )
                .help("cast to a signed type before"));
            }
            let minus = negative(b, x, node)?;
            let most = reduced(b, Kind::ReduceMax, minus, &axes, node)?;
            negative(b, most, node)?
        }
    };
    b.reshape(out, &shape, at).map(Some)
}

/// `e^(x - max) / sum e^(x - max)`: subtracting the maximum changes nothing but keeps the
/// exponentials in (0, 1].
pub(super) fn softmax<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Result<ValueId, Invalid> {
    let at = node.location();
    let shape = b.shape(node.operand(0))?;
    let rank = shape.len().max(1);
    let mut a = axis(node.op.int("axis").unwrap_or(-1), rank, rank)?;
    let coerced = if node.op.attr("coerce_2d").is_some() {
        let (rows, columns) = shape.split_at(a.min(shape.len()));
        a = 1;
        vec![rows.iter().product(), columns.iter().product()]
    } else if shape.is_empty() {
        vec![1]
    } else {
        shape.clone()
    };
    let x = b.reshape(node.operand(0), &coerced, at)?;
    let axes = [a as i64];
    let most = reduced(b, Kind::ReduceMax, x, &axes, node)?;
    let x = b.emit(Kind::Sub, &[x, most], &[], at)?;
    let e = b.emit(Kind::Exp, &[x], &[], at)?;
    let sum = reduced(b, Kind::ReduceSum, e, &axes, node)?;
    let out = b.emit(Kind::Div, &[e, sum], &[], at)?;
    b.reshape(out, &shape, at)
}
