//! Sums of products, sums, and maxima over windows and axes.

use super::{Reason, Scene, Tensor, binary};
use crate::{
    onnx::shape::{broadcast_strides, positions, strides},
    zkarith::number::Number,
};
use zkc_support::Op;

/// Adds `a * b` to a sum of a result element.
fn accumulate<N: Number>(sum: &mut N, a: N, b: N, element: usize) -> Result<(), Reason> {
    *sum = a
        .times(b)
        .and_then(|product| sum.plus(product))
        .ok_or(Reason::Overflow { element })?;
    Ok(())
}

pub(super) fn matmul<N: Number>(s: &Scene, x: &[&Tensor<N>]) -> Result<Vec<N>, Reason> {
    let [a, b] = binary(x)?;
    let shape = &s.result.shape;
    let rank = shape.len();
    if rank < 2 || a.shape.len() < 2 || b.shape.len() < 2 {
        return Err(Reason::Malformed("needs operands of rank two or more"));
    }
    let (rows, columns) = (shape[rank - 2] as usize, shape[rank - 1] as usize);
    let inner = a.shape[a.shape.len() - 1] as usize;
    let lead = &shape[..rank - 2];
    let mut out = Vec::with_capacity(rows * columns * lead.iter().product::<i64>() as usize);
    let starts = matrices(&a.shape, lead).into_iter();
    for (a0, b0) in starts.zip(matrices(&b.shape, lead)) {
        for i in 0..rows {
            let first = out.len();
            out.resize(first + columns, N::exact(0));
            for k in 0..inner {
                let left = a.values[a0 + i * inner + k];
                let row = &b.values[b0 + k * columns..b0 + (k + 1) * columns];
                for (j, right) in row.iter().enumerate() {
                    accumulate(&mut out[first + j], left, *right, first + j)?;
                }
            }
        }
    }
    Ok(out)
}

/// First elements of the matrices of a stack of shape `own`, of rank two at least, broadcast over the leading
/// dimensions of a product.
pub(in crate::zkarith) fn matrices(own: &[i64], lead: &[i64]) -> Vec<usize> {
    let (stack, matrix) = own.split_at(own.len() - 2);
    let matrix: i64 = matrix.iter().product();
    let steps: Vec<i64> = broadcast_strides(stack, lead)
        .into_iter()
        .map(|stride| stride * matrix)
        .collect();
    positions(lead, &steps, 0)
}

/// Where the elements of windows lie: for each window and each element of it, a position in the
/// spatial part of the operand, or nothing in the padding.
pub(in crate::zkarith) struct Windows {
    /// Spatial positions per window, row-major.
    taps: Vec<Vec<Option<usize>>>,
}

impl Windows {
    pub(in crate::zkarith) fn new(
        op: &Op,
        input: &[i64],
        output: &[i64],
        kernel: &[i64],
    ) -> Result<Self, Reason> {
        let n = kernel.len();
        let ints = |name: &'static str| op.ints(name).ok_or(Reason::Malformed(name));
        let (step, pads, dilation) = (ints("strides")?, ints("pads")?, ints("dilations")?);
        if input.len() != n
            || output.len() != n
            || step.len() != n
            || dilation.len() != n
            || pads.len() != 2 * n
        {
            return Err(Reason::Malformed(
                "windows do not fit the spatial dimensions",
            ));
        }
        let spatial = strides(input);
        let offsets = coordinates(kernel);
        let taps = coordinates(output)
            .iter()
            .map(|window| {
                let place = |element: &Vec<i64>| {
                    (0..n).try_fold(0, |sum, i| {
                        let p = window[i] * step[i] + element[i] * dilation[i] - pads[i];
                        (0..input[i])
                            .contains(&p)
                            .then(|| sum + (p * spatial[i]) as usize)
                    })
                };
                offsets.iter().map(place).collect()
            })
            .collect();
        Ok(Self { taps })
    }

    /// The greatest number of windows that one element of the operand is in.
    pub(in crate::zkarith) fn overlap(&self) -> usize {
        let inside = || self.taps.iter().flatten().flatten();
        let mut windows = vec![0; inside().max().map_or(0, |last| last + 1)];
        for position in inside() {
            windows[*position] += 1;
        }
        windows.into_iter().max().unwrap_or(0)
    }
}

/// All coordinates of a box, row-major.
fn coordinates(extents: &[i64]) -> Vec<Vec<i64>> {
    let mut out = vec![Vec::new()];
    for extent in extents {
        out = out
            .into_iter()
            .flat_map(|c: Vec<i64>| (0..*extent).map(move |i| [c.as_slice(), &[i]].concat()))
            .collect();
    }
    out
}

pub(super) fn conv<N: Number>(s: &Scene, x: &[&Tensor<N>]) -> Result<Vec<N>, Reason> {
    let [x, w] = binary(x)?;
    let group =
        s.op.int("group")
            .and_then(|g| usize::try_from(g).ok())
            .filter(|g| *g > 0);
    let group = group.ok_or(Reason::Malformed("group"))?;
    let shape = &s.result.shape;
    if x.shape.len() < 3 || w.shape.len() != x.shape.len() || shape.len() != x.shape.len() {
        return Err(Reason::Malformed(
            "needs operands of one rank, at least three",
        ));
    }
    let windows = Windows::new(s.op, &x.shape[2..], &shape[2..], &w.shape[2..])?;
    let (channels, outputs) = (x.shape[1] as usize, shape[1] as usize);
    let inner = w.shape[1] as usize;
    if channels != inner * group || outputs % group != 0 {
        return Err(Reason::Malformed("channels do not fit `group`"));
    }
    let plane = x.shape[2..].iter().product::<i64>() as usize;
    let kernel = w.shape[2..].iter().product::<i64>() as usize;
    let mut out = Vec::new();
    for batch in 0..shape[0] as usize {
        for m in 0..outputs {
            let first = (m / (outputs / group)) * inner;
            for window in &windows.taps {
                let mut sum = N::exact(0);
                for c in 0..inner {
                    let source = &x.values[(batch * channels + first + c) * plane..][..plane];
                    let weights = &w.values[(m * inner + c) * kernel..][..kernel];
                    for (place, weight) in window.iter().zip(weights) {
                        if let Some(p) = place {
                            accumulate(&mut sum, source[*p], *weight, out.len())?;
                        }
                    }
                }
                out.push(sum);
            }
        }
    }
    Ok(out)
}

/// Combines the elements of each window; padding does not take part, which for a sum is the same
/// as counting as zero.
pub(super) fn pool<N: Number>(
    s: &Scene,
    x: &Tensor<N>,
    f: impl Fn(N, N) -> Option<N>,
) -> Result<Vec<N>, Reason> {
    let kernel = s.ints("kernel")?;
    let lead = x.shape.len().checked_sub(kernel.len());
    let lead = lead.filter(|_| s.result.shape.len() == x.shape.len());
    let lead = lead.ok_or(Reason::Malformed("kernel"))?;
    let windows = Windows::new(s.op, &x.shape[lead..], &s.result.shape[lead..], &kernel)?;
    let plane = x.shape[lead..].iter().product::<i64>().max(0) as usize;
    let mut out = Vec::new();
    for source in x.values.chunks(plane.max(1)) {
        for window in &windows.taps {
            let element = out.len();
            let mut inside = window.iter().flatten().map(|p| source[*p]);
            let first = match (inside.next(), s.op.name == "zkarith.sum_pool") {
                (Some(n), _) => n,
                (None, true) => N::exact(0),
                (None, false) => return Err(Reason::Malformed("a window holds no element")),
            };
            let all = inside
                .try_fold(first, &f)
                .ok_or(Reason::Overflow { element })?;
            out.push(all);
        }
    }
    Ok(out)
}

/// Combines the elements along the reduced axes; `empty` is the result over no elements.
pub(super) fn reduce<N: Number>(
    s: &Scene,
    x: &Tensor<N>,
    f: impl Fn(N, N) -> Option<N>,
    empty: Option<N>,
) -> Result<Vec<N>, Reason> {
    let shape = &s.result.shape;
    if shape.len() != x.shape.len() {
        return Err(Reason::Malformed("the result must have the operand's rank"));
    }
    let total = shape.iter().product::<i64>().max(0) as usize;
    let mut out: Vec<Option<N>> = vec![None; total];
    // A reduced axis has extent one in the result, so broadcasting it back repeats its elements.
    let to = positions(&x.shape, &broadcast_strides(shape, &x.shape), 0);
    for (n, element) in x.values.iter().zip(to) {
        let slot = out.get_mut(element).ok_or(Reason::Malformed("axes"))?;
        *slot = Some(match *slot {
            None => *n,
            Some(sum) => f(sum, *n).ok_or(Reason::Overflow { element })?,
        });
    }
    let value = |n: Option<N>| {
        n.or(empty)
            .ok_or(Reason::Malformed("maximum of no elements"))
    };
    out.into_iter().map(value).collect()
}
