//! Norms of linear maps: matrix products and convolutions.

use super::{Bounds, matrix::Matrix, norm::Norm, rules::Reach};
use crate::zkarith::{
    eval::linear::{Windows, matrices},
    number::Interval,
};
use zkc_support::Op;

/// The integers of a constant, each as the double nearest to it; `None` for what is computed.
fn fixed(x: &Bounds) -> Option<Vec<f64>> {
    let point = |i: &Interval| (i.lo == i.hi).then_some(i.lo as f64);
    x.elements.values.iter().map(point).collect()
}

/// The norm of a part of a tensor.
fn part<'i>(whole: &Bounds, elements: impl Iterator<Item = &'i Interval>) -> Norm {
    Norm::of_intervals(elements).min(whole.norm)
}

/// The matrix product: each element is at most the norm of a row times that of a column.
pub(super) fn product(a: &Bounds, b: &Bounds, result: &[i64]) -> Option<Reach> {
    let lead = result.get(..result.len().checked_sub(2)?)?;
    let extent = |shape: &[i64], back: usize| {
        let extent = shape.len().checked_sub(back).map(|i| shape[i])?;
        usize::try_from(extent).ok().filter(|d| *d > 0)
    };
    let (left, right) = (&a.elements, &b.elements);
    let (rows, inner) = (extent(&left.shape, 2)?, extent(&left.shape, 1)?);
    let columns = extent(&right.shape, 1)?;
    if extent(&right.shape, 2)? != inner {
        return None;
    }
    let row_norms: Vec<Norm> = left
        .values
        .chunks(inner)
        .map(|row| part(a, row.iter()))
        .collect();
    let column =
        |m: &'_ [Interval], j: usize| -> Norm { part(b, m.iter().skip(j).step_by(columns)) };
    let column_norms: Vec<Norm> = right
        .values
        .chunks(inner * columns)
        .flat_map(|m| (0..columns).map(move |j| (m, j)))
        .map(|(m, j)| column(m, j))
        .collect();
    let starts = matrices(&left.shape, lead)
        .into_iter()
        .zip(matrices(&right.shape, lead));
    let mut elements = Vec::new();
    let mut products = 0;
    for (a0, b0) in starts {
        products += 1;
        let (row, column) = (a0 / inner, b0 / inner);
        for r in row_norms.get(row..row + rows)? {
            let all = column_norms.get(column..column + columns)?;
            elements.extend(all.iter().map(|c| r.times(*c)));
        }
    }
    // No pair of a row and a column is in two products.
    let mut norm = a.norm.times(b.norm);
    // A matrix that is in several products is repeated.
    let repeated = |x: &Bounds, matrix: usize| {
        let stack = x.elements.values.len() / matrix;
        x.norm
            .times(Norm::integer((products / stack.max(1)) as u128).root())
    };
    match (fixed(a), fixed(b)) {
        (None, Some(weights)) => {
            let grows = greatest(columns, weights.chunks(inner * columns));
            norm = norm.min(repeated(a, rows * inner).times(grows));
        }
        (Some(weights), None) => {
            let grows = greatest(inner, weights.chunks(rows * inner));
            norm = norm.min(repeated(b, inner * columns).times(grows));
        }
        _ => {}
    }
    Some(Reach {
        norm,
        elements: Some(elements),
    })
}

/// The greatest norm of several matrices.
fn greatest<'v>(columns: usize, all: impl Iterator<Item = &'v [f64]>) -> Norm {
    Norm::greatest(all.map(|values| {
        Matrix::new(columns, values.to_vec()).map_or(Norm::ZERO, |matrix| matrix.norm())
    }))
}

/// A convolution: each element is at most the norm of its weights times that of the operand.
pub(super) fn convolution(op: &Op, x: &Bounds, w: &Bounds, result: &[i64]) -> Option<Reach> {
    let positive = |d: &i64| usize::try_from(*d).ok().filter(|d| *d > 0);
    let (input, kernel) = (&x.elements.shape, &w.elements.shape);
    let windows = Windows::new(op, input.get(2..)?, result.get(2..)?, kernel.get(2..)?).ok()?;
    let outputs = positive(kernel.first()?)?;
    let channels = positive(kernel.get(1)?)?;
    let taps = kernel[2..]
        .iter()
        .try_fold(1, |n, d| Some(n * positive(d)?))?;
    let group = positive(&op.int("group")?)?;
    let of_output: Vec<Norm> = w
        .elements
        .values
        .chunks(channels * taps)
        .map(|row| part(w, row.iter()).times(x.norm))
        .collect();
    let plane = result[2..]
        .iter()
        .try_fold(1, |n, d| Some(n * positive(d)?))?;
    let batches = positive(result.first()?)?;
    let elements = (0..batches).flat_map(|_| &of_output);
    let elements = elements.flat_map(|most| std::iter::repeat_n(*most, plane));
    let overlap = Norm::integer(windows.overlap() as u128).root();
    let mut grows = w.norm.times(overlap);
    if let Some(weights) = fixed(w) {
        let size = (outputs / group) * channels * taps;
        let of_groups = weights.chunks(size.max(1));
        grows = grows.min(Norm::greatest(
            of_groups.map(|weights| kernel_norm(weights, channels, taps, overlap)),
        ));
    }
    Some(Reach {
        norm: grows.times(x.norm),
        elements: Some(elements.collect()),
    })
}

/// How much longer than its operand the result of a convolution can be, for the weights of one
/// group; `overlap` is the root of the most windows that an element is in.
///
/// Three bounds, and the least of them:
/// * the windows are so much longer than the operand as the overlap says, and one matrix maps each
///   window to its results;
/// * one matrix maps the channels of each position to a term for each tap and output; a result
///   is the sum of as many terms as there are taps, each in one sum;
/// * Schur's: the root of the greatest sum of magnitudes that go into a result, times that of those
///   by which an element goes into results.
fn kernel_norm(weights: &[f64], channels: usize, taps: usize, overlap: Norm) -> Norm {
    let per_tap: Vec<f64> = weights
        .chunks(channels * taps)
        .flat_map(|output| (0..taps).map(move |tap| output.iter().skip(tap).step_by(taps)))
        .flatten()
        .copied()
        .collect();
    let sum = |values: &mut dyn Iterator<Item = &f64>| {
        values.fold(Norm::ZERO, |sum, x| sum.plus(Norm::nearest(*x)))
    };
    let rows = weights.chunks(channels * taps);
    let into = Norm::greatest(rows.map(|row| sum(&mut row.iter())));
    let columns = (0..channels).map(|c| sum(&mut per_tap.iter().skip(c).step_by(channels)));
    let schur = into.times(Norm::greatest(columns)).root();
    let norm = |columns: usize, values: Vec<f64>| {
        Matrix::new(columns, values).map_or(Norm::ZERO, |matrix| matrix.norm())
    };
    let windows = norm(channels * taps, weights.to_vec()).times(overlap);
    let positions = norm(channels, per_tap).times(Norm::integer(taps as u128).root());
    schur.min(windows).min(positions)
}
