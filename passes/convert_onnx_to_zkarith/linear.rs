//! Matrix products and convolutions.

use super::{
    converter::{Converter, Value},
    elementwise::root_mean_square,
    format::Taps,
    issue::Issue,
    plan::Sink,
};
use std::rc::Rc;
use zkc_dialects::{
    onnx::{Tensor, shape::matmul, windows::windows},
    zkarith::{Kind, dequantize},
};
use zkc_support::{Op, ValueId, i64_attr, i64s};

/// Real numbers from the first to the second.
type Reals = (f64, f64);

/// Sums of products of weights with reals of one interval: the hull over rows of weights.
fn sums(rows: impl Iterator<Item = (f64, f64)>, x: Reals) -> Reals {
    rows.fold((0.0, 0.0), |(lo, hi), (positive, negative)| {
        let least = positive * x.0 + negative * x.1;
        let most = positive * x.1 + negative * x.0;
        (f64::min(lo, least), f64::max(hi, most))
    })
}

/// The bounds, no further from zero than the longest row of weights times the norm of what is
/// multiplied with it.
fn within_reach((lo, hi): Reals, longest: f64, norm: f64) -> Reals {
    let most = longest * norm;
    // No row has no bound; and nothing is known where the norm is infinite.
    if most.is_nan() {
        (lo, hi)
    } else {
        (lo.max(-most), hi.min(most))
    }
}

/// The greatest length of several vectors, from the sums of their squares.
fn longest(squares: impl Iterator<Item = f64>) -> f64 {
    squares.fold(0.0, f64::max).sqrt()
}

/// The sum of the squares of a row of weights.
fn square(row: &[f64]) -> f64 {
    row.iter().map(|w| w * w).sum()
}

/// The sums of positive and of negative weights.
fn signed_sums<'w>(weights: impl Iterator<Item = &'w f64>) -> (f64, f64) {
    weights.fold(
        (0.0, 0.0),
        |(p, n), w| if *w > 0.0 { (p + w, n) } else { (p, n + w) },
    )
}

impl Converter<'_, '_> {
    /// Bounds of a value as reals.
    fn reals(&self, v: ValueId) -> Reals {
        let k = self.known(v);
        (
            dequantize(k.bounds.lo, k.scale),
            dequantize(k.bounds.hi, k.scale),
        )
    }

    /// Weights for the result of a linear operation, whose sums are estimated to lie within
    /// `bounds`.
    fn linear_weights(
        &mut self,
        op: &Op,
        x: ValueId,
        weights: &Tensor,
        count: usize,
        bounds: Reals,
    ) -> Result<ValueId, Issue> {
        let (sink, bounds) = self.with_bias(op, bounds);
        let target = self.result_scale(&sink, bounds)?;
        let taps = Taps {
            scale: self.known(x).scale,
            magnitude: self.magnitude(x),
            count,
            weight: root_mean_square(&weights.to_f64()),
            target,
        };
        self.weights(weights, &taps)
    }

    /// What becomes of a linear operation's result, and its bounds with a constant that is added
    /// right behind it.
    fn with_bias(&self, op: &Op, (lo, hi): Reals) -> (Sink, Reals) {
        let Some(result) = op.results.first() else {
            return (Sink::Value, (lo, hi));
        };
        let mut users = self
            .source
            .ops
            .iter()
            .filter(|user| user.operands.contains(result));
        let bias = match (users.next(), users.next()) {
            (Some(user), None) if user.name == "onnx.Add" => {
                let other = user.operands.iter().find(|v| *v != result);
                other.and_then(|v| match &self.values[v.index()] {
                    Some(Value::Constant(c)) => Some(Rc::clone(c)),
                    _ => None,
                })
            }
            _ => None,
        };
        let (mut least, mut most) = (0.0f64, 0.0f64);
        for b in bias.iter().flat_map(|c| c.to_f64()) {
            (least, most) = (least.min(b), most.max(b));
        }
        (self.plan.sink(*result), (lo + least, hi + most))
    }

    pub(super) fn matrix_product(&mut self, op: &Op) -> Result<Value, Issue> {
        let (a, b) = (self.operand(op, 0), self.operand(op, 1));
        let (a, b) = match (a, b) {
            (Value::Fixed(a), Value::Fixed(b)) => (
                self.settled(a, &Sink::Value)?,
                self.settled(b, &Sink::Value)?,
            ),
            (Value::Fixed(x), Value::Constant(w)) => {
                let x = self.settled(x, &Sink::Value)?;
                let columns = if w.shape.len() > 1 {
                    w.shape[w.shape.len() - 1]
                } else {
                    1
                };
                let columns = Columns::new(&w.to_f64(), columns.max(1) as usize);
                let bounds = sums(columns.sums.into_iter(), self.reals(x));
                let longest = longest(columns.squares.into_iter());
                let bounds = within_reach(bounds, longest, self.norm(x));
                let count = w
                    .shape
                    .iter()
                    .rev()
                    .nth(1)
                    .or(w.shape.first())
                    .copied()
                    .unwrap_or(1);
                let w = self.linear_weights(op, x, &w, count.max(1) as usize, bounds)?;
                (x, w)
            }
            (Value::Constant(w), Value::Fixed(x)) => {
                let x = self.settled(x, &Sink::Value)?;
                let count = w.shape.last().copied().unwrap_or(1).max(1) as usize;
                let values = w.to_f64();
                let rows = || values.chunks(count);
                let bounds = sums(rows().map(|row| signed_sums(row.iter())), self.reals(x));
                let bounds = within_reach(bounds, longest(rows().map(square)), self.norm(x));
                let w = self.linear_weights(op, x, &w, count, bounds)?;
                (w, x)
            }
            _ => return Err(Issue::new("an operand is missing")),
        };
        // `zkarith.matmul` has matrices only: vectors are reshaped on the way in and out.
        let (left, right) = (self.known(a).shape.clone(), self.known(b).shape.clone());
        let shape = matmul(&left, &right)?;
        let (mut left, mut right) = (left, right);
        if left.len() == 1 {
            left.insert(0, 1);
        }
        if right.len() == 1 {
            right.push(1);
        }
        let full = matmul(&left, &right)?;
        let (a, b) = (self.reshaped(a, &left)?, self.reshaped(b, &right)?);
        let scale = self.known(a).scale + self.known(b).scale;
        let done = self.emit(Kind::MatMul, &[a, b], &full, scale, &[], None)?;
        self.reshaped(done, &shape).map(Value::Fixed)
    }

    pub(super) fn convolution(&mut self, op: &Op) -> Result<Value, Issue> {
        let bias = match self.operand(op, 2) {
            Value::None => None,
            Value::Constant(c) => Some(c),
            Value::Fixed(_) => return Err(Issue::new("the bias must be constant")),
        };
        let x = self.tensor(op, 0)?;
        let x = self.settled(x, &Sink::Value)?;
        let input = self.known(x).shape.clone();
        let weights = self.operand(op, 1);
        let (w, kernel) = match weights {
            Value::Constant(w) => {
                let (m, taps) = (w.shape.first().copied().unwrap_or(0), w.shape.get(1..));
                let taps = taps.map_or(1, |t| t.iter().product::<i64>()).max(1) as usize;
                if m < 1 || w.shape.len() != input.len() || input.len() < 3 {
                    return Err(Issue::new("needs operands of one rank, at least three"));
                }
                let values = w.to_f64();
                let rows = || values.chunks(taps);
                let bounds = sums(rows().map(|row| signed_sums(row.iter())), self.reals(x));
                let (mut lo, mut hi) =
                    within_reach(bounds, longest(rows().map(square)), self.norm(x));
                for b in bias.iter().flat_map(|c| c.to_f64()) {
                    (lo, hi) = (lo.min(lo + b), hi.max(hi + b));
                }
                let kernel = w.shape.clone();
                (self.linear_weights(op, x, &w, taps, (lo, hi))?, kernel)
            }
            Value::Fixed(w) => {
                let w = self.settled(w, &Sink::Value)?;
                (w, self.known(w).shape.clone())
            }
            Value::None => return Err(Issue::new("the weights are missing")),
        };
        if kernel.len() != input.len() || input.len() < 3 {
            return Err(Issue::new("needs operands of one rank, at least three"));
        }
        let axes = windows(op, &input[2..], &kernel[2..])?;
        let mut shape = vec![input[0], kernel[0]];
        shape.extend(axes.iter().map(|a| a.windows));
        let context = self.graph.context;
        let list = |f: &dyn Fn(&zkc_dialects::onnx::windows::Axis) -> i64| -> Vec<i64> {
            axes.iter().map(f).collect()
        };
        let pads = [list(&|a| a.before), list(&|a| a.reach())].concat();
        let attributes = [
            ("strides", i64s(context, &list(&|a| a.stride))),
            ("pads", i64s(context, &pads)),
            ("dilations", i64s(context, &list(&|a| a.dilation))),
            ("group", i64_attr(context, op.int("group").unwrap_or(1))),
        ];
        let scale = self.known(x).scale + self.known(w).scale;
        let mut done = self.emit(Kind::Conv, &[x, w], &shape, scale, &attributes, None)?;
        if let Some(bias) = bias {
            let mut along = vec![bias.len() as i64];
            along.resize(input.len() - 1, 1);
            let bias = Tensor::f64s(&along, bias.to_f64());
            done = self.plus_constant(done, &bias, false)?;
        }
        Ok(Value::Fixed(done))
    }
}

/// Sums over each column of a matrix, or of a stack of them.
struct Columns {
    /// Of positive and of negative weights.
    sums: Vec<(f64, f64)>,
    /// Of the squares.
    squares: Vec<f64>,
}

impl Columns {
    fn new(values: &[f64], columns: usize) -> Self {
        // A stack of matrices is taken for one tall one: its bounds are wider, and they only serve
        // to choose scales.
        let mut out = Self {
            sums: vec![(0.0, 0.0); columns],
            squares: vec![0.0; columns],
        };
        for row in values.chunks(columns) {
            for (j, w) in row.iter().enumerate() {
                let sum = &mut out.sums[j];
                *if *w > 0.0 { &mut sum.0 } else { &mut sum.1 } += w;
                out.squares[j] += w * w;
            }
        }
        out
    }
}
