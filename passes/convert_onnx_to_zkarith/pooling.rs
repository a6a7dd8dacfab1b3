//! Pooling and reductions.

use super::{
    converter::{Converter, Value},
    issue::Issue,
    plan::{Sink, is_softmax_sum},
};
use zkc_dialects::{
    onnx::{
        Tensor,
        shape::{axes, count},
        windows::{Axis, windows},
    },
    zkarith::{Interval, Kind},
};
use zkc_support::{Attribute, Op, ValueId, i64s};

/// Divisors of an average: one for all windows, or one for each.
enum Divisors {
    One(i64),
    Each(Vec<i64>),
}

impl<'c> Converter<'c, '_> {
    fn windows_of(&self, op: &Op, x: ValueId) -> Result<Vec<Axis>, Issue> {
        let input = &self.known(x).shape;
        let kernel = op.ints("kernel_shape").unwrap_or_default();
        if input.len() != kernel.len() + 2 || kernel.is_empty() {
            return Err(Issue::new(format!(
                "a kernel of rank {} does not suit an operand of rank {}",
                kernel.len(),
                input.len()
            )));
        }
        Ok(windows(op, &input[2..], &kernel)?)
    }

    fn pool(&mut self, kind: Kind, x: ValueId, windows: &[Axis]) -> Result<ValueId, Issue> {
        let k = self.known(x);
        let mut shape = k.shape[..2].to_vec();
        shape.extend(windows.iter().map(|a| a.windows));
        let scale = k.scale;
        let context = self.graph.context;
        let list = |f: &dyn Fn(&Axis) -> i64| windows.iter().map(f).collect::<Vec<i64>>();
        let attributes: [(&str, Attribute<'c>); 4] = [
            ("kernel", i64s(context, &list(&|a| a.kernel))),
            ("strides", i64s(context, &list(&|a| a.stride))),
            (
                "pads",
                i64s(
                    context,
                    &[list(&|a| a.before), list(&|a| a.reach())].concat(),
                ),
            ),
            ("dilations", i64s(context, &list(&|a| a.dilation))),
        ];
        self.emit(kind, &[x], &shape, scale, &attributes, None)
    }

    pub(super) fn max_pool(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let sink = self.plan.sink(op.operands[0]);
        let x = self.settled(x, &sink)?;
        let windows = self.windows_of(op, x)?;
        self.pool(Kind::MaxPool, x, &windows).map(Value::Fixed)
    }

    /// The sum over each window, divided by the number of its elements.
    pub(super) fn average_pool(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let windows = self.windows_of(op, x)?;
        let sum = self.pool(Kind::SumPool, x, &windows)?;
        let with_padding = op.int("count_include_pad") == Some(1);
        let along = |a: &Axis| -> Vec<i64> {
            let elements = |w| {
                if with_padding {
                    a.inside_padding(w)
                } else {
                    a.inside(w)
                }
            };
            (0..a.windows).map(elements).collect()
        };
        let mut divisors = vec![1i64];
        for axis in &windows {
            let along = along(axis);
            divisors = divisors
                .iter()
                .flat_map(|n| along.iter().map(move |m| n * m))
                .collect();
        }
        let first = divisors.first().copied().unwrap_or(1);
        let (shape, divisors) = if divisors.iter().all(|d| *d == first) {
            (Vec::new(), Divisors::One(first))
        } else {
            (
                windows.iter().map(|a| a.windows).collect(),
                Divisors::Each(divisors),
            )
        };
        self.mean(op, sum, &shape, &divisors)
    }

    /// Sums divided by numbers of elements.
    fn mean(
        &mut self,
        op: &Op,
        sum: ValueId,
        shape: &[i64],
        divisors: &Divisors,
    ) -> Result<Value, Issue> {
        let inverse = |d: &i64| match d {
            0 => Err(Issue::new("averages over no elements")),
            d => Ok(1.0 / *d as f64),
        };
        let inverses: Vec<f64> = match divisors {
            Divisors::One(d) => vec![inverse(d)?],
            Divisors::Each(list) => list.iter().map(inverse).collect::<Result<_, _>>()?,
        };
        let sink = op
            .results
            .first()
            .map_or(Sink::Value, |v| self.plan.sink(*v));
        self.scaled_by(sum, &Tensor::f64s(shape, inverses), &sink)
            .map(Value::Fixed)
    }

    /// Axes of a reduction, in order; nothing when the operation leaves its operand as it is.
    fn reduced_axes(&self, op: &Op, rank: usize) -> Result<Option<Vec<usize>>, Issue> {
        let list = self.integers(op, 1)?.unwrap_or_default();
        if list.is_empty() && op.int("noop_with_empty_axes") == Some(1) {
            return Ok(None);
        }
        let mut axes = if list.is_empty() {
            (0..rank).collect()
        } else {
            axes(&list, rank)?
        };
        axes.sort_unstable();
        Ok(Some(axes))
    }

    pub(super) fn reduction(&mut self, op: &Op) -> Result<Value, Issue> {
        let maximum = op.name == "onnx.ReduceMax";
        let x = self.tensor(op, 0)?;
        let sink = self.plan.sink(op.operands[0]);
        let x = if maximum { self.settled(x, &sink)? } else { x };
        let from = self.known(x).shape.clone();
        let Some(axes) = self.reduced_axes(op, from.len())? else {
            return Ok(Value::Fixed(x));
        };
        let mut shape = from.clone();
        for axis in &axes {
            shape[*axis] = 1;
        }
        let kind = if maximum {
            Kind::ReduceMax
        } else {
            Kind::ReduceSum
        };
        let list: Vec<i64> = axes.iter().map(|a| *a as i64).collect();
        let attributes = [("axes", i64s(self.graph.context, &list))];
        let scale = self.known(x).scale;
        let mut done = self.emit(kind, &[x], &shape, scale, &attributes, None)?;
        let resolve = |op: &Op| self.reduced_axes(op, from.len()).ok().flatten();
        if op.name == "onnx.ReduceSum"
            && is_softmax_sum(self.source, &self.definitions, op, &resolve)
        {
            // One term is exp(0), which a table holds exactly, and none is negative. The interval
            // analysis does not see it; cutting says it, and changes no value.
            let one = 1i128 << scale;
            done = self.clamped(
                done,
                Interval::new(one, self.known(done).bounds.hi.max(one)),
            )?;
        }
        if op.int("keepdims") == Some(0) {
            let kept: Vec<i64> = (0..from.len())
                .filter(|i| !axes.contains(i))
                .map(|i| from[i])
                .collect();
            done = self.reshaped(done, &kept)?;
        }
        if op.name == "onnx.ReduceMean" {
            let elements = |shape: &[i64]| count(shape).unwrap_or(0).max(1) as i64;
            let divisor = elements(&from) / elements(&shape);
            return self.mean(op, done, &[], &Divisors::One(divisor));
        }
        Ok(Value::Fixed(done))
    }
}
