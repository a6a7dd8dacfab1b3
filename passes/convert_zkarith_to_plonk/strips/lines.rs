//! The order in which the elements of a tensor stand in strips.
//!
//! The elements along one axis, its *line*, stand one below the other. The lines are numbered, and line `e` stands in
//! strip `e mod S`, below the lines `e - S, e - 2S, ..` of that strip. An element is thus the number of its line and a
//! position in it, and these two numbers are the exponents of its monomial.

use zkc_support::AffineExpr;

/// How a shape is cut into lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Lines {
    shape: Vec<i64>,
    /// The axis that lines run along; `None` for lines of one element.
    axis: Option<usize>,
    /// The other axes, that on which line numbers change fastest first.
    order: Vec<usize>,
    /// Strips side by side.
    strips: i64,
    /// What stands in lines past the last one, if they do not repeat the first ones.
    rest: Option<i64>,
}

impl Lines {
    /// Lines along an axis. Of the others the second, which counts channels by the convention of ONNX, changes fastest:
    /// all channels at one place have consecutive numbers, and so have the sums that they enter.
    pub(super) fn new(shape: &[i64], axis: Option<usize>, strips: i64) -> Self {
        let axis = axis.filter(|a| shape.get(*a).is_some_and(|extent| *extent > 1));
        let mut order: Vec<usize> = (0..shape.len())
            .rev()
            .filter(|i| Some(*i) != axis)
            .collect();
        if shape.len() > 2
            && axis.is_some()
            && let Some(channel) = order.iter().position(|i| *i == 1)
        {
            let channel = order.remove(channel);
            order.insert(0, channel);
        }
        Self {
            shape: shape.to_vec(),
            axis,
            order,
            strips,
            rest: None,
        }
    }

    /// The same with an integer in lines past the last one.
    pub(super) fn with_rest(self, rest: Option<i64>) -> Self {
        Self { rest, ..self }
    }

    /// What stands in lines past the last one, if they do not repeat the first ones.
    pub(super) fn rest(&self) -> Option<i64> {
        self.rest
    }

    /// Elements of a line.
    pub(super) fn len(&self) -> i64 {
        self.axis.map_or(1, |a| self.shape[a])
    }

    /// Number of lines.
    pub(super) fn count(&self) -> i64 {
        self.order.iter().map(|i| self.shape[*i]).product()
    }

    /// Lines of a strip.
    pub(super) fn groups(&self) -> i64 {
        (self.count() + self.strips - 1) / self.strips
    }

    /// The shape of registers in this order: groups, strips, positions.
    pub(super) fn register(&self) -> [i64; 3] {
        [self.groups(), self.strips, self.len()]
    }

    /// By how much the number of the line and the position in it grow along an axis.
    pub(super) fn step(&self, axis: usize) -> [i64; 2] {
        if self.axis == Some(axis) {
            return [0, 1];
        }
        let faster = self.order.iter().take_while(|i| **i != axis);
        [faster.map(|i| self.shape[*i]).product(), 0]
    }

    /// From such a register's coordinates to an index of the tensor. Lines past the last one repeat the first ones, or are
    /// out of bounds.
    pub(super) fn to_tensor(&self) -> Vec<AffineExpr> {
        let line = AffineExpr::Dim(0)
            .times(self.strips)
            .plus(AffineExpr::Dim(1));
        let line = match self.rest {
            None => line.modulo(self.count()),
            Some(_) => line,
        };
        let mut out = vec![AffineExpr::Const(0); self.shape.len()];
        let mut stride = 1;
        for i in &self.order {
            let extent = self.shape[*i];
            if extent != 1 {
                out[*i] = line.clone().floor_div(stride).modulo(extent);
            }
            stride *= extent;
        }
        if self.rest.is_some()
            && let Some(slowest) = self.order.last()
        {
            out[*slowest] = line.floor_div(stride / self.shape[*slowest]);
        }
        if let Some(axis) = self.axis {
            out[axis] = AffineExpr::Dim(2);
        }
        out
    }

    /// From an index of the tensor to coordinates of such a register.
    pub(super) fn of_tensor(&self) -> Vec<AffineExpr> {
        let mut line = AffineExpr::Const(0);
        let mut stride = 1;
        for i in &self.order {
            if self.shape[*i] != 1 {
                line = line.plus(AffineExpr::Dim(*i).times(stride));
            }
            stride *= self.shape[*i];
        }
        vec![
            line.clone().floor_div(self.strips),
            line.modulo(self.strips),
            self.axis.map_or(AffineExpr::Const(0), AffineExpr::Dim),
        ]
    }

    /// The row-major index of each element of a line.
    pub(super) fn elements(&self, line: i64) -> impl Iterator<Item = usize> {
        let line = line % self.count();
        let mut strides = vec![1i64; self.shape.len()];
        for i in (1..self.shape.len()).rev() {
            strides[i - 1] = strides[i] * self.shape[i];
        }
        let (mut at, mut rest) = (0, line);
        for i in &self.order {
            at += rest % self.shape[*i] * strides[*i];
            rest /= self.shape[*i];
        }
        let step = self.axis.map_or(0, |a| strides[a]);
        (0..self.len()).map(move |position| (at + position * step) as usize)
    }
}
