//! Matrix products and convolutions.

use super::Args;
use crate::onnx::{
    Data, Tensor,
    shape::{Invalid, broadcast_strides, invalid, positions},
    windows::{Axis, windows},
};
use rayon::prelude::*;

/// Multiplications below which threads cost more than they save.
const PARALLEL: usize = 1 << 16;

/// Numbers that products are made of.
trait Number: Copy + Send + Sync + Default {
    /// `self + a b`, or `None` on overflow.
    fn add_product(self, a: Self, b: Self) -> Option<Self>;
}

impl Number for f64 {
    fn add_product(self, a: Self, b: Self) -> Option<Self> {
        Some(self + a * b)
    }
}

impl Number for i64 {
    fn add_product(self, a: Self, b: Self) -> Option<Self> {
        self.checked_add(a.checked_mul(b)?)
    }
}

/// `out += x row`, where the result says whether nothing overflowed.
fn add_row<T: Number>(out: &mut [T], x: T, row: &[T]) -> bool {
    let mut fits = true;
    for (o, r) in out.iter_mut().zip(row) {
        match o.add_product(x, *r) {
            Some(v) => *o = v,
            None => fits = false,
        }
    }
    fits
}

/// The `m x n` product of `a` and `b`, row-major, added to `out`.
fn product<T: Number>(out: &mut [T], a: &[T], b: &[T], inner: usize, n: usize) -> bool {
    if n == 0 || inner == 0 {
        return true;
    }
    let row = |(out, a): (&mut [T], &[T])| {
        a.iter()
            .zip(b.chunks_exact(n))
            .all(|(x, row)| add_row(out, *x, row))
    };
    if a.len().saturating_mul(n) < PARALLEL {
        out.chunks_exact_mut(n).zip(a.chunks_exact(inner)).all(row)
    } else {
        out.par_chunks_exact_mut(n)
            .zip(a.par_chunks_exact(inner))
            .map(row)
            .reduce(|| true, |x, y| x && y)
    }
}

const OVERFLOW: &str = "a sum of products is no 64-bit integer";

/// Matrix product with numpy semantics.
pub(super) fn matmul(args: &Args) -> Result<Tensor, Invalid> {
    let (a, b) = (args.tensor(0)?, args.tensor(1)?);
    let shape = args.shapes[0].clone();
    let data = match (&a.data, &b.data) {
        (Data::F64(x), Data::F64(y)) => Data::F64(batched(x, &a.shape, y, &b.shape)?),
        (Data::I64(x), Data::I64(y)) => Data::I64(batched(x, &a.shape, y, &b.shape)?),
        (x, y) => invalid!("operands hold {} and {}", x.kind(), y.kind()),
    };
    Ok(Tensor { shape, data })
}

fn batched<T: Number>(a: &[T], sa: &[i64], b: &[T], sb: &[i64]) -> Result<Vec<T>, Invalid> {
    // Operands of rank one are a row and a column.
    let row = if sa.len() == 1 {
        vec![1, sa[0]]
    } else {
        sa.to_vec()
    };
    let column = if sb.len() == 1 {
        vec![sb[0], 1]
    } else {
        sb.to_vec()
    };
    let (lead_a, dims_a) = row.split_at(row.len() - 2);
    let (lead_b, dims_b) = column.split_at(column.len() - 2);
    let lead = crate::onnx::shape::broadcast(&[lead_a, lead_b])?;
    let (m, inner, n) = (dims_a[0] as usize, dims_a[1] as usize, dims_b[1] as usize);
    let at = |from: &[i64]| positions(&lead, &broadcast_strides(from, &lead), 0);
    let mut out = Vec::new();
    for (i, j) in at(lead_a).into_iter().zip(at(lead_b)) {
        let mut block = vec![T::default(); m * n];
        let (x, y) = (
            &a[i * m * inner..][..m * inner],
            &b[j * inner * n..][..inner * n],
        );
        if !product(&mut block, x, y, inner, n) {
            invalid!("{OVERFLOW}");
        }
        out.append(&mut block);
    }
    Ok(out)
}

/// `alpha A' B' + beta C`.
pub(super) fn gemm(args: &Args) -> Result<Tensor, Invalid> {
    let side = |i: usize, flag: &str| -> Result<Tensor, Invalid> {
        let t = args.tensor(i)?;
        let &[r, c] = &t.shape[..] else {
            invalid!("operand #{i} must have rank 2")
        };
        match args.int(flag, 0) {
            0 => Ok(t.clone()),
            _ => Ok(t.pick(&[c, r], &positions(&[c, r], &[1, c], 0))),
        }
    };
    let (a, b) = (side(0, "transA")?, side(1, "transB")?);
    let shape = args.shapes[0].clone();
    let (alpha, beta) = (args.float("alpha", 1.0), args.float("beta", 1.0));
    let bias = |c: &Tensor| positions(&shape, &broadcast_strides(&c.shape, &shape), 0);
    let data = match (&a.data, &b.data) {
        (Data::F64(x), Data::F64(y)) => {
            let mut out = batched(x, &a.shape, y, &b.shape)?;
            out.iter_mut().for_each(|v| *v *= alpha);
            if let Some(c) = args.optional(2) {
                let values = args.f64s(2)?;
                out.iter_mut()
                    .zip(bias(c))
                    .for_each(|(v, i)| *v += beta * values[i]);
            }
            Data::F64(out)
        }
        (Data::I64(x), Data::I64(y)) => {
            let whole = |v: f64| (v.fract() == 0.0 && v.abs() < 2f64.powi(53)).then_some(v as i64);
            let (Some(alpha), Some(beta)) = (whole(alpha), whole(beta)) else {
                invalid!("`alpha` and `beta` must be integers for integer operands");
            };
            let mut out = batched(x, &a.shape, y, &b.shape)?;
            let values = if args.optional(2).is_some() {
                args.i64s(2)?
            } else {
                &[0]
            };
            let places = args.optional(2).map_or_else(|| vec![0; out.len()], bias);
            for (v, i) in out.iter_mut().zip(places) {
                let scaled = v
                    .checked_mul(alpha)
                    .and_then(|v| v.add_product(beta, values[i]));
                match scaled {
                    Some(s) => *v = s,
                    None => invalid!("{OVERFLOW}"),
                }
            }
            Data::I64(out)
        }
        (x, y) => invalid!("operands hold {} and {}", x.kind(), y.kind()),
    };
    Ok(Tensor { shape, data })
}

/// Convolution (cross-correlation) with zero padding.
pub(super) fn conv(args: &Args) -> Result<Tensor, Invalid> {
    let (x, w) = (args.f64s(0)?, args.f64s(1)?);
    let (sx, sw) = (args.shape(0)?, args.shape(1)?);
    let shape = &args.shapes[0];
    let axes = windows(args.op, &sx[2..], &sw[2..])?;
    let bias = match args.optional(2) {
        Some(_) => Some(args.f64s(2)?),
        None => None,
    };
    let size = |s: &[i64]| s.iter().map(|d| *d as usize).product::<usize>();
    let (input, kernel, output) = (size(&sx[2..]), size(&sw[2..]), size(&shape[2..]));
    let (outs, ins) = (sw[0] as usize, sw[1] as usize);
    let per_group = outs / args.int("group", 1) as usize;
    let mut out = vec![0.0; size(shape)];
    if output == 0 {
        return Ok(Tensor::f64s(shape, out));
    }
    let plane = |(i, out): (usize, &mut [f64])| {
        let (image, m) = (i / outs, i % outs);
        out.fill(bias.map_or(0.0, |b| b[m]));
        let first = image * sx[1] as usize + m / per_group * ins;
        for c in 0..ins {
            let channel = &x[(first + c) * input..][..input];
            correlate(out, channel, &w[(m * ins + c) * kernel..][..kernel], &axes);
        }
    };
    if size(shape) * ins * kernel < PARALLEL {
        out.chunks_exact_mut(output).enumerate().for_each(plane);
    } else {
        out.par_chunks_exact_mut(output).enumerate().for_each(plane);
    }
    Ok(Tensor::f64s(shape, out))
}

/// Adds the correlation of one channel with one kernel to one plane of the result.
///
/// The innermost loop runs along the last axis, where consecutive windows meet consecutive
/// elements of the channel if the stride is one.
fn correlate(out: &mut [f64], channel: &[f64], kernel: &[f64], axes: &[Axis]) {
    let Some((last, outer)) = axes.split_last() else {
        return;
    };
    let sizes: Vec<i64> = axes.iter().map(|a| a.kernel).collect();
    for (k, w) in kernel.iter().enumerate() {
        let mut rest = k as i64;
        let mut tap = vec![0; axes.len()];
        for (t, n) in tap.iter_mut().zip(&sizes).rev() {
            (*t, rest) = (rest % n, rest / n);
        }
        let last_tap = tap[outer.len()];
        // Windows along the last axis for which this tap is inside.
        let offset = last_tap * last.dilation - last.before;
        let from = (-offset).max(0).div_euclid(last.stride)
            + i64::from((-offset).max(0) % last.stride != 0);
        let to = if last.input <= offset {
            0
        } else {
            ((last.input - offset - 1) / last.stride + 1).min(last.windows)
        };
        if from >= to {
            continue;
        }
        for (row, out) in out.chunks_exact_mut(last.windows as usize).enumerate() {
            let Some(start) = row_start(row as i64, outer, &tap) else {
                continue;
            };
            let base = start * last.input + offset + from * last.stride;
            let out = &mut out[from as usize..to as usize];
            let line = &channel[base as usize..];
            if last.stride == 1 {
                out.iter_mut().zip(line).for_each(|(o, v)| *o += w * v);
            } else {
                let line = line.iter().step_by(last.stride as usize);
                out.iter_mut().zip(line).for_each(|(o, v)| *o += w * v);
            }
        }
    }
}

/// The row of the channel that a row of windows meets with a tap, unless it is padding.
fn row_start(row: i64, outer: &[Axis], tap: &[i64]) -> Option<i64> {
    let (mut rest, mut start, mut stride) = (row, 0, 1);
    for (axis, t) in outer.iter().zip(tap).rev() {
        let at = axis.position(rest % axis.windows, *t);
        rest /= axis.windows;
        if !(0..axis.input).contains(&at) {
            return None;
        }
        start += at * stride;
        stride *= axis.input;
    }
    Some(start)
}
