//! What the norms of operands say about a result.

use super::{Bounds, linear, norm::Norm};
use crate::zkarith::{eval::linear::Windows, kind::Kind, tensor::Intervals};
use zkc_support::{Graph, Op};

/// What is known of a result by norms alone.
pub(super) struct Reach {
    pub(super) norm: Norm,
    /// Greatest magnitude of each element, where that can be less than its interval says.
    pub(super) elements: Option<Vec<Norm>>,
}

impl Reach {
    /// Nothing is known.
    pub(super) const OPEN: Self = Self {
        norm: Norm::INFINITE,
        elements: None,
    };

    fn norm(norm: Norm) -> Self {
        Self {
            norm,
            elements: None,
        }
    }
}

/// What the norms of its operands say about the result of an operation, which has these intervals.
///
/// Only linear maps bound single elements by norms: elsewhere, an element is not greater than the
/// intervals of the elements that it comes from, which were cut already.
pub(super) fn reach(graph: &Graph, op: &Op, x: &[&Bounds], result: &Intervals) -> Reach {
    let known = match (Kind::of(&op.name), x) {
        (Some(kind), [a]) => unary(graph, op, kind, a, result),
        (Some(Kind::Concat), all) => Some(Reach::norm(Norm::length(all.iter().map(|b| b.norm)))),
        (Some(kind), [a, b]) => binary(op, kind, a, b, result),
        _ => None,
    };
    known.unwrap_or(Reach::OPEN)
}

/// The norm of an operand whose elements are repeated, each equally often, to fill the result.
fn repeated(x: &Bounds, result: &Intervals) -> Norm {
    let times = result.values.len() / x.elements.values.len().max(1);
    x.norm.times(Norm::integer(times as u128).root())
}

fn unary(graph: &Graph, op: &Op, kind: Kind, x: &Bounds, result: &Intervals) -> Option<Reach> {
    let scale = |v| Some(graph.tensor(v)?.fixed()?.scale);
    let scales = || Some((scale(*op.operands.first()?)?, scale(*op.results.first()?)?));
    let (from, to) = (x.elements.values.len(), result.values.len());
    let integer = |n: usize| Norm::integer(n as u128);
    Some(match kind {
        // No element becomes greater, or stands twice.
        Kind::Relu
        | Kind::Reinterpret
        | Kind::Reshape
        | Kind::Transpose
        | Kind::Slice
        | Kind::ReduceMax
        | Kind::Concat => Reach::norm(x.norm),
        Kind::Clamp => {
            let fixed = graph.tensor(*op.results.first()?)?.fixed()?;
            let zero = num_bigint::BigInt::ZERO;
            if fixed.lo > zero || fixed.hi < zero {
                return None;
            }
            Reach::norm(x.norm)
        }
        Kind::Upscale => {
            let (from, to) = scales()?;
            Reach::norm(x.norm.doubled(to.checked_sub(from)?))
        }
        Kind::Rescale => {
            // Rounding adds a half at most to each element.
            let (from, to) = scales()?;
            let rounding = integer(result.values.len()).root().halved(1);
            Reach::norm(x.norm.halved(from.checked_sub(to)?).plus(rounding))
        }
        Kind::Broadcast => Reach::norm(repeated(x, result)),
        Kind::Pad => {
            let value = Norm::integer(u128::from(op.int("value")?.unsigned_abs()));
            let padding = value.times(integer(to.checked_sub(from)?).root());
            Reach::norm(Norm::length([x.norm, padding].into_iter()))
        }
        Kind::MaxPool => {
            let (windows, _) = windows(op, x, result)?;
            Reach::norm(x.norm.times(integer(windows.overlap()).root()))
        }
        Kind::SumPool => {
            let (windows, kernel) = windows(op, x, result)?;
            sums(x, result, kernel, windows.overlap())
        }
        Kind::ReduceSum => sums(x, result, from.checked_div(to)?, 1),
        Kind::Constant
        | Kind::Apply
        | Kind::Add
        | Kind::Sub
        | Kind::Mul
        | Kind::Max
        | Kind::Min
        | Kind::Div
        | Kind::MatMul
        | Kind::Conv => return None,
    })
}

/// The windows of a pool, and the elements of one.
fn windows(op: &Op, x: &Bounds, result: &Intervals) -> Option<(Windows, usize)> {
    let kernel = op.ints("kernel")?;
    let lead = x.elements.shape.len().checked_sub(kernel.len())?;
    let (from, to) = (x.elements.shape.get(lead..)?, result.shape.get(lead..)?);
    let count = usize::try_from(kernel.iter().product::<i64>()).ok()?;
    Some((Windows::new(op, from, to, &kernel).ok()?, count))
}

/// Sums of at most `count` elements, with none in more than `overlap` sums.
fn sums(x: &Bounds, result: &Intervals, count: usize, overlap: usize) -> Reach {
    let count = Norm::integer(count as u128);
    let most = x.norm.times(count.root());
    Reach {
        norm: most.times(Norm::integer(overlap as u128).root()),
        elements: Some(vec![most; result.values.len()]),
    }
}

fn binary(op: &Op, kind: Kind, a: &Bounds, b: &Bounds, result: &Intervals) -> Option<Reach> {
    let (p, q) = (repeated(a, result), repeated(b, result));
    let most = |x: &Bounds| {
        let magnitudes = x.elements.values.iter().map(|i| i.magnitude());
        Norm::integer(magnitudes.max().unwrap_or(0))
    };
    match kind {
        Kind::Add | Kind::Sub => Some(Reach::norm(p.plus(q))),
        Kind::Mul => Some(Reach::norm(p.times(most(b)).min(q.times(most(a))))),
        Kind::Max | Kind::Min => Some(Reach::norm(Norm::length([p, q].into_iter()))),
        Kind::MatMul => linear::product(a, b, &result.shape),
        Kind::Conv => linear::convolution(op, a, b, &result.shape),
        Kind::Constant
        | Kind::Div
        | Kind::Upscale
        | Kind::Rescale
        | Kind::Reinterpret
        | Kind::Relu
        | Kind::Clamp
        | Kind::Apply
        | Kind::SumPool
        | Kind::MaxPool
        | Kind::ReduceSum
        | Kind::ReduceMax
        | Kind::Reshape
        | Kind::Transpose
        | Kind::Broadcast
        | Kind::Slice
        | Kind::Concat
        | Kind::Pad => None,
    }
}
