//! Operations on each element by itself, with numpy broadcasting.

use super::{Reason, Scene, Tensor, binary as two};
use crate::{
    onnx::shape::{broadcast_strides, positions},
    zkarith::number::Number,
};

/// A function of one element that never falls.
pub(super) fn unary<N: Number>(
    x: &Tensor<N>,
    rising: impl Fn(i128) -> Option<i128>,
) -> Result<Vec<N>, Reason> {
    let value = |(element, n): (usize, &N)| n.map(&rising).ok_or(Reason::Overflow { element });
    x.values.iter().enumerate().map(value).collect()
}

/// The elements of both operands side by side, broadcast to the result's shape.
fn pairs<'a, N: Number>(
    s: &Scene,
    x: &[&'a Tensor<N>],
) -> Result<impl Iterator<Item = (N, N)> + use<'a, N>, Reason> {
    let [a, b] = two(x)?;
    let shape = &s.result.shape;
    let read = |t: &Tensor<N>| -> Result<Vec<usize>, Reason> {
        // Shapes are aligned at their end; an extent of one repeats.
        let lead = shape.len().checked_sub(t.shape.len());
        let fits = lead.is_some_and(|lead| {
            t.shape
                .iter()
                .zip(&shape[lead..])
                .all(|(d, r)| d == r || *d == 1)
        });
        if !fits {
            return Err(Reason::Malformed("operands do not broadcast to the result"));
        }
        Ok(positions(shape, &broadcast_strides(&t.shape, shape), 0))
    };
    let (i, j) = (read(a)?, read(b)?);
    Ok(i.into_iter()
        .zip(j)
        .map(|(i, j)| (a.values[i], b.values[j])))
}

pub(super) fn binary<N: Number>(
    s: &Scene,
    x: &[&Tensor<N>],
    f: impl Fn(N, N) -> Option<N>,
) -> Result<Vec<N>, Reason> {
    let value = |(element, (a, b)): (usize, (N, N))| f(a, b).ok_or(Reason::Overflow { element });
    pairs(s, x)?.enumerate().map(value).collect()
}

pub(super) fn divide<N: Number>(s: &Scene, x: &[&Tensor<N>], shift: u32) -> Result<Vec<N>, Reason> {
    let value = |(element, (a, b)): (usize, (N, N))| {
        if b.least() <= 0 {
            return Err(Reason::Divisor {
                element,
                value: b.to_string(),
            });
        }
        a.ratio(b, shift).ok_or(Reason::Overflow { element })
    };
    pairs(s, x)?.enumerate().map(value).collect()
}
