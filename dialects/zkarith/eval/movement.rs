//! Data movement: no element changes, each is read from somewhere.

use super::{Reason, Scene, Tensor};
use crate::{
    onnx::shape::{broadcast_strides, positions, strides},
    zkarith::number::Number,
};

/// The elements at the positions of a strided view. The verifier keeps views inside their tensor.
fn view<N: Number>(
    x: &Tensor<N>,
    shape: &[i64],
    strides: &[i64],
    start: i64,
) -> Result<Vec<N>, Reason> {
    let read = |i: usize| x.values.get(i).copied();
    let all: Option<Vec<N>> = positions(shape, strides, start)
        .into_iter()
        .map(read)
        .collect();
    all.ok_or(Reason::Malformed("an element lies outside of the operand"))
}

pub(super) fn transpose<N: Number>(s: &Scene, x: &Tensor<N>) -> Result<Vec<N>, Reason> {
    let from = strides(&x.shape);
    let permuted: Option<Vec<i64>> = s
        .ints("permutation")?
        .iter()
        .map(|d| from.get(usize::try_from(*d).ok()?).copied())
        .collect();
    let permuted = permuted
        .filter(|p| p.len() == s.result.shape.len())
        .ok_or(Reason::Malformed("permutation"))?;
    view(x, &s.result.shape, &permuted, 0)
}

pub(super) fn broadcast<N: Number>(s: &Scene, x: &Tensor<N>) -> Result<Vec<N>, Reason> {
    if x.shape.len() > s.result.shape.len() {
        return Err(Reason::Malformed("the result has a smaller rank"));
    }
    view(
        x,
        &s.result.shape,
        &broadcast_strides(&x.shape, &s.result.shape),
        0,
    )
}

pub(super) fn slice<N: Number>(s: &Scene, x: &Tensor<N>) -> Result<Vec<N>, Reason> {
    let (starts, steps) = (s.ints("starts")?, s.ints("steps")?);
    let from = strides(&x.shape);
    if starts.len() != from.len() || steps.len() != from.len() {
        return Err(Reason::Malformed("starts and steps"));
    }
    let start = starts
        .iter()
        .zip(&from)
        .map(|(a, b)| a.wrapping_mul(*b))
        .sum();
    // One element needs no step, however large it is.
    let stepped: Vec<i64> = steps
        .iter()
        .zip(&from)
        .zip(&s.result.shape)
        .map(|((step, stride), extent)| if *extent > 1 { step * stride } else { 0 })
        .collect();
    view(x, &s.result.shape, &stepped, start)
}

pub(super) fn concat<N: Number>(s: &Scene, x: &[&Tensor<N>]) -> Result<Vec<N>, Reason> {
    let axis = s.op.int("axis").and_then(|a| usize::try_from(a).ok());
    let axis = axis
        .filter(|a| *a < s.result.shape.len())
        .ok_or(Reason::Malformed("axis"))?;
    let outer = s.result.shape[..axis].iter().product::<i64>().max(0) as usize;
    let mut out = Vec::new();
    for block in 0..outer {
        for t in x {
            let run = t.values.len() / outer;
            out.extend_from_slice(&t.values[block * run..(block + 1) * run]);
        }
    }
    Ok(out)
}

pub(super) fn pad<N: Number>(s: &Scene, x: &Tensor<N>) -> Result<Vec<N>, Reason> {
    let low = s.ints("low")?;
    let value = s.op.int("value").ok_or(Reason::Malformed("value"))?;
    let shape = &s.result.shape;
    if low.len() != shape.len() || x.shape.len() != shape.len() {
        return Err(Reason::Malformed("low"));
    }
    let total = shape.iter().product::<i64>().max(0) as usize;
    let mut out = vec![N::exact(i128::from(value)); total];
    let to = strides(shape);
    let start = low.iter().zip(&to).map(|(a, b)| a * b).sum();
    for (n, i) in x.values.iter().zip(positions(&x.shape, &to, start)) {
        *out.get_mut(i).ok_or(Reason::Malformed("low"))? = *n;
    }
    Ok(out)
}
