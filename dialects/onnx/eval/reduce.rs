//! Reductions and softmax.

use super::Args;
use crate::onnx::{
    Data, Kind, Tensor,
    shape::{self, Invalid, invalid, positions, strides},
};

/// Reduces over axes; the result has the inferred shape.
pub(super) fn reduce(kind: Kind, args: &Args, axes: &[usize]) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    if axes.is_empty() {
        return Ok(t.reshaped(&args.shapes[0]));
    }
    let all = strides(&t.shape);
    let part = |inside: bool| -> (Vec<i64>, Vec<i64>) {
        let keep = |i: &usize| axes.contains(i) == inside;
        (0..t.shape.len())
            .filter(keep)
            .map(|i| (t.shape[i], all[i]))
            .unzip()
    };
    let ((inner, inner_strides), (outer, outer_strides)) = (part(true), part(false));
    let taps = positions(&inner, &inner_strides, 0);
    let starts = positions(&outer, &outer_strides, 0);
    let data = match &t.data {
        Data::F64(v) => Data::F64(fold(&starts, &taps, v, |each| Some(floats(kind, each)))?),
        Data::I64(v) => Data::I64(fold(&starts, &taps, v, |each| integers(kind, each))?),
        Data::Bool(v) => Data::Bool(fold(&starts, &taps, v, |each| match kind {
            Kind::ReduceMax => Some(each.contains(&true)),
            Kind::ReduceMin => Some(!each.contains(&false)),
            _ => None,
        })?),
    };
    Ok(Tensor {
        shape: args.shapes[0].clone(),
        data,
    })
}

fn fold<T: Copy>(
    starts: &[usize],
    taps: &[usize],
    v: &[T],
    f: impl Fn(&[T]) -> Option<T>,
) -> Result<Vec<T>, Invalid> {
    let mut each = Vec::with_capacity(taps.len());
    let one = |s: &usize| {
        each.clear();
        each.extend(taps.iter().map(|t| v[s + t]));
        f(&each)
    };
    let out: Option<Vec<T>> = starts.iter().map(one).collect();
    out.ok_or_else(|| {
        Invalid::new("is not defined for these operands, or a 64-bit integer overflows")
    })
}

fn floats(kind: Kind, each: &[f64]) -> f64 {
    match kind {
        Kind::ReduceMax | Kind::GlobalMaxPool => {
            each.iter().fold(
                f64::NEG_INFINITY,
                |a, b| if a.is_nan() || a > *b { a } else { *b },
            )
        }
        Kind::ReduceMin => {
            each.iter().fold(
                f64::INFINITY,
                |a, b| if a.is_nan() || a < *b { a } else { *b },
            )
        }
        Kind::ReduceMean | Kind::GlobalAveragePool => each.iter().sum::<f64>() / each.len() as f64,
        _ => each.iter().sum(),
    }
}

fn integers(kind: Kind, each: &[i64]) -> Option<i64> {
    let sum = || each.iter().try_fold(0i64, |s, x| s.checked_add(*x));
    match kind {
        Kind::ReduceMax => each.iter().max().copied(),
        Kind::ReduceMin => each.iter().min().copied(),
        Kind::ReduceMean => sum()?.checked_div(each.len() as i64),
        _ => sum(),
    }
}

/// Softmax along an axis, or over all axes from one on.
pub(super) fn softmax(args: &Args) -> Result<Tensor, Invalid> {
    let (x, dims) = (args.f64s(0)?, args.shape(0)?);
    let rank = dims.len().max(1);
    let a = shape::axis(args.int("axis", -1), rank, rank)?;
    let coerce = args.op.attr("coerce_2d").is_some();
    // Neighbours along the axis lie `stride` apart.
    let size = |s: &[i64]| s.iter().map(|d| *d as usize).product::<usize>();
    let tail = &dims[a.min(dims.len())..];
    let (n, stride) = match tail {
        [] => (1, 1),
        _ if coerce => (size(tail), 1),
        [first, rest @ ..] => (*first as usize, size(rest)),
    };
    let mut out = x.to_vec();
    if out.is_empty() {
        return Ok(Tensor::f64s(dims, out));
    }
    if n == 0 || stride == 0 {
        invalid!("the axis is empty");
    }
    for block in out.chunks_exact_mut(n * stride) {
        for i in 0..stride {
            let max = block[i..]
                .iter()
                .step_by(stride)
                .fold(f64::NEG_INFINITY, |a, b| a.max(*b));
            let row = || (0..n).map(|j| i + j * stride);
            row().for_each(|j| block[j] = (block[j] - max).exp());
            let sum: f64 = row().map(|j| block[j]).sum();
            row().for_each(|j| block[j] /= sum);
        }
    }
    Ok(Tensor::f64s(dims, out))
}
