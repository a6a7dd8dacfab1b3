//! Activations, bounds and maxima.

use super::{Rewrite, affine::uniform};
use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{Invalid, Kind, shape};
use zkc_support::{Op, ValueId};

/// Operations through which [`never_negative`] looks at most.
const DEPTH: usize = 16;

/// Whether a function of one number does not decrease.
fn is_monotone(op: &Op) -> bool {
    let alpha = || op.float("alpha");
    match Kind::of(&op.name) {
        Some(
            Kind::Relu
            | Kind::Sigmoid
            | Kind::Tanh
            | Kind::Softplus
            | Kind::Softsign
            | Kind::Erf
            | Kind::Atan
            | Kind::Clip,
        ) => true,
        // The slope or height on the negative side is a multiple of alpha.
        Some(Kind::LeakyRelu | Kind::Elu | Kind::HardSigmoid) => alpha().is_some_and(|a| a >= 0.0),
        _ => false,
    }
}

/// `max f(x)` is `f(max x)`, and `f` is then applied to fewer elements.
pub(super) fn function_after_max<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let v = node.operand(0);
    let Some(op) = b.definition(v).filter(|op| is_monotone(op)).cloned() else {
        return Ok(None);
    };
    let count = |s: Vec<i64>| shape::count(&s);
    let smaller = count(node.result_shape()?) < count(b.shape(v)?);
    if b.uses(v) > 1 || !smaller {
        return Ok(None);
    }
    let list = |op: &Op<'c>| op.attributes.clone();
    let mut operands = node.op.operands.clone();
    operands[0] = op.operand();
    let max = emit_like(b, node.kind, &operands, &list(&node.op), &node.op)?;
    let mut operands = op.operands.clone();
    operands[0] = max;
    // Only elementwise kinds are monotone functions.
    let Some(kind) = Kind::of(&op.name) else {
        return Ok(None);
    };
    emit_like(b, kind, &operands, &list(&op), &op).map(Some)
}

fn emit_like<'c>(
    b: &mut Builder<'c, '_>,
    kind: Kind,
    operands: &[ValueId],
    attributes: &[(String, zkc_support::Attribute<'c>)],
    op: &Op<'c>,
) -> Result<ValueId, Invalid> {
    let attributes: Vec<_> = attributes.iter().map(|(n, a)| (n.as_str(), *a)).collect();
    b.emit(kind, operands, &attributes, op.location)
}

/// An interval; ends that are missing do not limit.
#[derive(Clone, Copy)]
struct Bounds {
    lo: Option<f64>,
    hi: Option<f64>,
}

impl Bounds {
    /// Those of an operation that cuts its operand to an interval.
    fn of(b: &mut Builder<'_, '_>, op: &Op) -> Option<Self> {
        match Kind::of(&op.name)? {
            Kind::Relu => Some(Self {
                lo: Some(0.0),
                hi: None,
            }),
            Kind::Clip => {
                let mut bound = |i: usize| match b.is_absent(op.operands[i]) {
                    true => Some(None),
                    false => b.scalar(op.operands[i]).map(Some),
                };
                Some(Self {
                    lo: bound(1)?,
                    hi: bound(2)?,
                })
            }
            _ => None,
        }
    }

    /// The interval that has the effect of both; `None` if they have no point in common, and then
    /// the result would depend on their order.
    fn meet(self, other: Self) -> Option<Self> {
        let pick = |a: Option<f64>, b: Option<f64>, f: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(f(a, b)),
            (a, b) => a.or(b),
        };
        let lo = pick(self.lo, other.lo, f64::max);
        let hi = pick(self.hi, other.hi, f64::min);
        let meets = lo.zip(hi).is_none_or(|(lo, hi)| lo <= hi);
        meets.then_some(Self { lo, hi })
    }
}

/// The operation that cuts a value to an interval.
fn cut<'c>(
    b: &mut Builder<'c, '_>,
    x: ValueId,
    bounds: Bounds,
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    let at = node.location();
    if let Bounds {
        lo: Some(0.0),
        hi: None,
    } = bounds
    {
        return b.emit(Kind::Relu, &[x], &[], at);
    }
    let mut bound = |v: Option<f64>| match v {
        Some(v) => b.make_scalar(v, x, at),
        None => b.none(at),
    };
    let (lo, hi) = (bound(bounds.lo)?, bound(bounds.hi)?);
    b.emit(Kind::Clip, &[x, lo, hi], &[], at)
}

/// A cut after another one.
fn cut_twice<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let x = node.operand(0);
    let Some(inner) = b.definition(x).filter(|_| b.uses(x) <= 1).cloned() else {
        return Ok(None);
    };
    let (first, second) = (Bounds::of(b, &inner), Bounds::of(b, &node.op));
    let both = first
        .zip(second)
        .and_then(|(first, second)| first.meet(second));
    match both {
        Some(both) => cut(b, inner.operand(), both, node).map(Some),
        None => Ok(None),
    }
}

/// `Relu` of what is never negative, or after `Relu` or `Clip`.
pub(super) fn relu<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let x = node.operand(0);
    if never_negative(b, x) {
        return Ok(Some(x));
    }
    cut_twice(b, node)
}

/// `Clip` after `Relu` or `Clip`.
pub(super) fn clip<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    cut_twice(b, node)
}

/// Whether all elements of a value are zero or more, by the operations that make it.
fn never_negative(b: &mut Builder<'_, '_>, mut v: ValueId) -> bool {
    for _ in 0..DEPTH {
        let Some(op) = b.definition(v).cloned() else {
            return false;
        };
        match Kind::of(&op.name) {
            Some(Kind::Relu | Kind::Sigmoid | Kind::Exp | Kind::Softplus | Kind::Abs) => {
                return true;
            }
            Some(Kind::HardSigmoid | Kind::Sqrt) => return true,
            Some(Kind::Clip) => {
                return Bounds::of(b, &op)
                    .and_then(|c| c.lo)
                    .is_some_and(|lo| lo >= 0.0);
            }
            Some(
                Kind::Reshape
                | Kind::Transpose
                | Kind::Slice
                | Kind::Expand
                | Kind::MaxPool
                | Kind::AveragePool
                | Kind::ReduceMax
                | Kind::ReduceSum,
            ) => v = op.operand(),
            _ => return false,
        }
    }
    false
}

/// `Max` and `Min` with a constant of one number are cuts.
pub(super) fn as_clip<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let [x, c] = node.op.operands[..] else {
        return Ok(None);
    };
    if b.r#type(x) != node.types[0] {
        return Ok(None);
    }
    let Some(c) = uniform(b, c)? else {
        return Ok(None);
    };
    let bounds = match node.kind {
        Kind::Max => Bounds {
            lo: Some(c),
            hi: None,
        },
        _ => Bounds {
            lo: None,
            hi: Some(c),
        },
    };
    cut(b, x, bounds, node).map(Some)
}
