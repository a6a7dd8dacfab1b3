//! The order in which the elements of a tensor stand in strips.
//!
//! The elements along one axis, its *line*, stand one below the other. The lines are numbered, and the number of its line
//! and its position in it are the exponents of an element's monomial. The numbers of the lines that stand side by side
//! are in arithmetic progression:
//!
//! * line `e` stands in strip `e mod S`, below the lines `e - S, e - 2S, ..` of that strip;
//! * or, where the `C` channels are no multiple of `S`, channel after channel, with `S` rows of one channel side by side:
//!   line `r * C + c` of row `r` and channel `c` in strip `r mod S`. Lines that enter sums in the same way then stand on the
//!   same rows whatever the number of channels is.

use zkc_support::AffineExpr;

/// How a shape is cut into lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Lines {
    shape: Vec<i64>,
    /// The axis that lines run along; `None` for lines of one element.
    axis: Option<usize>,
    /// The other axes, that on which line numbers change fastest first.
    order: Vec<usize>,
    /// Lines at one place, with consecutive numbers: the extent of the first axis of the order.
    channels: i64,
    /// Strips side by side.
    strips: i64,
    /// Whether rows of one channel stand side by side.
    by_rows: bool,
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
        let mut channels = 1;
        if shape.len() > 2
            && axis.is_some()
            && let Some(channel) = order.iter().position(|i| *i == 1)
        {
            let channel = order.remove(channel);
            order.insert(0, channel);
            channels = shape[1];
        }
        let lines = Self {
            shape: shape.to_vec(),
            axis,
            order,
            channels,
            strips,
            by_rows: false,
            rest: None,
        };
        lines.with_strips(strips)
    }

    /// The same with an integer in lines past the last one, which then stand in the order of their numbers.
    pub(super) fn with_rest(self, rest: Option<i64>) -> Self {
        let strips = self.strips;
        Self { rest, ..self }.with_strips(strips)
    }

    /// What stands in lines past the last one, if they do not repeat the first ones.
    pub(super) fn rest(&self) -> Option<i64> {
        self.rest
    }

    /// The same lines in another number of strips.
    pub(super) fn with_strips(&self, strips: i64) -> Self {
        let mut lines = Self {
            strips,
            by_rows: false,
            ..self.clone()
        };
        let even = lines.groups();
        if self.channels > 1 && self.channels % strips != 0 && self.rest.is_none() {
            lines.by_rows = true;
            // An eighth of the rows may be lost to what is repeated.
            lines.by_rows = lines.groups() * 8 <= even * 9;
        }
        lines
    }

    /// Elements of a line.
    pub(super) fn len(&self) -> i64 {
        self.axis.map_or(1, |a| self.shape[a])
    }

    /// Number of lines.
    pub(super) fn count(&self) -> i64 {
        self.order.iter().map(|i| self.shape[*i]).product()
    }

    /// Lines at one place.
    pub(super) fn channels(&self) -> i64 {
        self.channels
    }

    /// Strips side by side.
    pub(super) fn strips(&self) -> i64 {
        self.strips
    }

    fn rows(&self) -> i64 {
        self.count() / self.channels.max(1)
    }

    /// Groups of rows of a channel.
    fn groups_of_rows(&self) -> i64 {
        (self.rows() + self.strips - 1) / self.strips
    }

    /// Lines of a strip.
    pub(super) fn groups(&self) -> i64 {
        match self.by_rows {
            true => self.channels * self.groups_of_rows(),
            false => (self.count() + self.strips - 1) / self.strips,
        }
    }

    /// By how much the numbers of lines side by side differ.
    pub(super) fn pitch(&self) -> i64 {
        if self.by_rows { self.channels } else { 1 }
    }

    /// The number of a line: the exponent of `omega`. No two lines have the same, repeated ones included.
    pub(super) fn number(&self, group: i64, strip: i64) -> i64 {
        if self.by_rows {
            return self.row(group, strip) * self.channels + group / self.groups_of_rows();
        }
        group * self.strips + strip
    }

    /// The row of a line, from 0 on: its number without the channel.
    pub(super) fn row(&self, group: i64, strip: i64) -> i64 {
        if self.by_rows {
            return group % self.groups_of_rows() * self.strips + strip;
        }
        (group * self.strips + strip) / self.channels
    }

    /// Whether rows of lines side by side are known: all the same, or one after the other.
    pub(super) fn has_rows(&self) -> bool {
        self.rows_side_by_side() || self.channels % self.strips == 0
    }

    /// Whether rows of lines side by side are one after the other.
    pub(super) fn rows_side_by_side(&self) -> bool {
        self.by_rows || self.channels == 1
    }

    /// Whether a line repeats another one.
    pub(super) fn repeats(&self, group: i64, strip: i64) -> bool {
        self.number(group, strip) >= self.count()
    }

    /// The number of lines in all strips, repeated ones included.
    pub(super) fn all(&self) -> i64 {
        self.groups() * self.strips
    }

    /// The number of the line that a line repeats, or its own.
    pub(super) fn original(&self, group: i64, strip: i64) -> i64 {
        self.number(group, strip) % self.count()
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
        let (group, strip) = (AffineExpr::Dim(0), AffineExpr::Dim(1));
        let line = if self.by_rows {
            let each = self.groups_of_rows();
            let row = group.clone().modulo(each).times(self.strips).plus(strip);
            let row = row.modulo(self.rows());
            row.times(self.channels).plus(group.floor_div(each))
        } else {
            let line = group.times(self.strips).plus(strip);
            match self.rest {
                None => line.modulo(self.count()),
                Some(_) => line,
            }
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
        let (mut line, mut row) = (AffineExpr::Const(0), AffineExpr::Const(0));
        let mut stride = 1;
        for (place, i) in self.order.iter().enumerate() {
            if self.shape[*i] != 1 {
                line = line.plus(AffineExpr::Dim(*i).times(stride));
                if place > 0 {
                    row = row.plus(AffineExpr::Dim(*i).times(stride / self.channels));
                }
            }
            stride *= self.shape[*i];
        }
        let position = self.axis.map_or(AffineExpr::Const(0), AffineExpr::Dim);
        if self.by_rows {
            let group = AffineExpr::Dim(self.order[0]).times(self.groups_of_rows());
            let group = group.plus(row.clone().floor_div(self.strips));
            return vec![group, row.modulo(self.strips), position];
        }
        vec![
            line.clone().floor_div(self.strips),
            line.modulo(self.strips),
            position,
        ]
    }

    /// The row-major index of each element of a line.
    pub(super) fn elements(&self, group: i64, strip: i64) -> impl Iterator<Item = usize> {
        let mut strides = vec![1i64; self.shape.len()];
        for i in (1..self.shape.len()).rev() {
            strides[i - 1] = strides[i] * self.shape[i];
        }
        let (mut at, mut rest) = (0, self.original(group, strip));
        for i in &self.order {
            at += rest % self.shape[*i] * strides[*i];
            rest /= self.shape[*i];
        }
        let step = self.axis.map_or(0, |a| strides[a]);
        (0..self.len()).map(move |position| (at + position * step) as usize)
    }
}
