//! Range analysis: which integers each element of each value can be.
//!
//! Two bounds are kept of every tensor, and each makes the other one narrower:
//!
//! * the interval of each element, which is exact for a sum of elements that do not depend on each
//!   other, but grows by the sum of a row's magnitudes from one linear map to the next, as if all
//!   elements could be at their worst ends at once;
//! * the root of the sum of the squares of all elements, the tensor's *norm*, which grows by the
//!   greatest singular value only. An element of a linear map is at most the length of its row of
//!   weights times the norm of the operand.
//!
//! Both hold for every input that the types of the arguments allow. Norms are doubles that are
//! rounded up, the same on every machine.

mod linear;
mod matrix;
mod norm;
mod rules;

use super::{
    eval::{EvalError, Reason, fail, machine_bounds, operands_of, result_of, within_type},
    number::Interval,
    tensor::{Intervals, Tensor},
};
use crate::onnx::shape::count;
use norm::Norm;
use zkc_support::{Constants, Graph, Op, ValueId};

/// What is known of a tensor of integers, whatever the inputs are.
#[derive(Clone, Debug)]
pub struct Bounds {
    elements: Intervals,
    norm: Norm,
}

impl Bounds {
    /// All tensors with elements in these intervals.
    pub fn of(elements: Intervals) -> Self {
        let norm = Norm::of_intervals(elements.values.iter());
        Self { elements, norm }
    }

    /// The interval of each element.
    pub fn elements(&self) -> &Intervals {
        &self.elements
    }

    /// An upper bound of the root of the sum of the squares of all elements; infinite when there
    /// is none.
    pub fn norm(&self) -> f64 {
        self.norm.value()
    }
}

/// What is known of each value of a program, by value, for all inputs that the arguments' types
/// allow. Each element lies within its value's type.
///
/// A named function is known to lie within its result's type only.
///
/// # Errors
/// When a value can leave the bounds of its type, or a constant cannot be read.
pub fn bounds(graph: &Graph, constants: &Constants) -> Result<Vec<Option<Bounds>>, EvalError> {
    let mut known: Vec<Option<Bounds>> = vec![None; graph.value_count()];
    for (index, v) in graph.inputs.iter().enumerate() {
        known[v.index()] = Some(type_bounds(graph, *v).ok_or(EvalError::Signature { index })?);
    }
    for op in &graph.ops {
        let operands = operands_of(op, &known)?;
        let result = bounds_of(graph, op, constants, &operands)?;
        let v = op
            .results
            .first()
            .ok_or_else(|| fail(op, Reason::Unknown))?;
        known[v.index()] = Some(result);
    }
    Ok(known)
}

/// What is known of an operation's result, from what is known of its operands.
///
/// # Errors
/// When the result can leave the bounds of its type, or a constant cannot be read.
pub fn bounds_of(
    graph: &Graph,
    op: &Op,
    constants: &Constants,
    operands: &[&Bounds],
) -> Result<Bounds, EvalError> {
    let intervals: Vec<&Intervals> = operands.iter().map(|b| &b.elements).collect();
    let mut elements = result_of(graph, op, constants, None, &intervals)?;
    let reach = rules::reach(graph, op, operands, &elements);
    if let Some(most) = &reach.elements {
        for (interval, most) in elements.values.iter_mut().zip(most) {
            *interval = cut(*interval, most.floor());
        }
    }
    within_type(graph, op, &elements)?;
    let norm = Norm::of_intervals(elements.values.iter()).min(reach.norm);
    Ok(Bounds { elements, norm })
}

/// All integers that a value's type allows, for each element.
pub fn type_bounds(graph: &Graph, v: ValueId) -> Option<Bounds> {
    let t = graph.tensor(v)?;
    let interval = machine_bounds(&t.fixed()?);
    Some(Bounds::of(Tensor {
        values: vec![interval; count(&t.shape)?],
        shape: t.shape,
    }))
}

/// The integers of an interval whose magnitude is at most `most`. There are some, as both hold for
/// every input.
fn cut(i: Interval, most: i128) -> Interval {
    Interval::new(i.lo.max(-most).min(i.hi), i.hi.min(most).max(i.lo))
}

#[cfg(test)]
mod tests;
