//! Tensors as the evaluator has them.

use super::number::Interval;
use crate::onnx::shape::count;

/// A tensor with its elements in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor<N> {
    /// Extents, none negative.
    pub shape: Vec<i64>,
    /// As many elements as the product of the extents says.
    pub values: Vec<N>,
}

/// A tensor of exact integers.
pub type IntTensor = Tensor<i128>;

/// A tensor of which each element is known to lie in an interval.
pub type Intervals = Tensor<Interval>;

impl<N> Tensor<N> {
    /// A tensor from its parts; `None` when the number of elements is not what the shape says.
    pub fn try_new(shape: &[i64], values: Vec<N>) -> Option<Self> {
        (count(shape)? == values.len()).then(|| Self {
            shape: shape.to_vec(),
            values,
        })
    }
}

impl Tensor<Interval> {
    /// The smallest interval that holds every element; `None` for a tensor without elements.
    pub fn hull(&self) -> Option<Interval> {
        self.values.iter().copied().reduce(Interval::hull)
    }
}
