//! Data movement.

use super::{
    converter::{Converter, Value},
    issue::Issue,
};
use zkc_dialects::{
    onnx::shape,
    zkarith::{Kind, quantize},
};
use zkc_support::{Op, ValueId, i64_attr, i64s};

impl Converter<'_, '_> {
    /// Operations that only change the shape.
    pub(super) fn reshape(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let shape = self.result_shape(op)?;
        self.reshaped(x, &shape).map(Value::Fixed)
    }

    pub(super) fn transpose(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let from = &self.known(x).shape;
        let reversed = (0..from.len() as i64).rev().collect();
        let list = op.ints("perm").unwrap_or(reversed);
        let axes = shape::axes(&list, from.len())?;
        if axes.len() != from.len() {
            return Err(Issue::new("attribute `perm` must name each axis once"));
        }
        if axes.is_sorted() {
            return Ok(Value::Fixed(x));
        }
        let to: Vec<i64> = axes.iter().map(|a| from[*a]).collect();
        let axes: Vec<i64> = axes.iter().map(|a| *a as i64).collect();
        let attributes = [("permutation", i64s(self.graph.context, &axes))];
        let scale = self.known(x).scale;
        self.emit(Kind::Transpose, &[x], &to, scale, &attributes, None)
            .map(Value::Fixed)
    }

    pub(super) fn expand(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let to = self.result_shape(op)?;
        if self.known(x).shape == to {
            return Ok(Value::Fixed(x));
        }
        let scale = self.known(x).scale;
        self.emit(Kind::Broadcast, &[x], &to, scale, &[], None)
            .map(Value::Fixed)
    }

    pub(super) fn slice(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let list = |i: usize| self.integers(op, i);
        let (Some(starts), Some(ends)) = (list(1)?, list(2)?) else {
            return Err(Issue::new("`starts` and `ends` must be constant"));
        };
        let (axes, steps) = (list(3)?, list(4)?);
        let from = &self.known(x).shape;
        let ranges = shape::slice(from, &starts, &ends, axes.as_deref(), steps.as_deref())?;
        self.cut(x, &ranges).map(Value::Fixed)
    }

    fn cut(&mut self, x: ValueId, ranges: &[shape::Range]) -> Result<ValueId, Issue> {
        let to: Vec<i64> = ranges.iter().map(|r| r.len).collect();
        if self.known(x).shape == to && ranges.iter().all(|r| r.step > 0) {
            return Ok(x);
        }
        let context = self.graph.context;
        let list = |f: &dyn Fn(&shape::Range) -> i64| ranges.iter().map(f).collect::<Vec<_>>();
        let attributes = [
            ("starts", i64s(context, &list(&|r| r.start))),
            ("steps", i64s(context, &list(&|r| r.step))),
        ];
        let scale = self.known(x).scale;
        self.emit(Kind::Slice, &[x], &to, scale, &attributes, None)
    }

    pub(super) fn concat(&mut self, op: &Op) -> Result<Value, Issue> {
        // Constants take the scale of the rest.
        let mut scale = None;
        for i in 0..op.operands.len() {
            if let Value::Fixed(v) = self.operand(op, i) {
                let settled = self.settled(v, &self.plan.sink(op.operands[i]))?;
                scale = Some(self.known(settled).scale.max(scale.unwrap_or(0)));
            }
        }
        let scale = scale.unwrap_or(self.options.fraction_bits);
        let mut operands = Vec::new();
        for i in 0..op.operands.len() {
            operands.push(match self.operand(op, i) {
                Value::Fixed(v) => {
                    let v = self.settled(v, &self.plan.sink(op.operands[i]))?;
                    self.raised(v, scale)?
                }
                Value::Constant(c) => self.constant(&c, scale)?,
                Value::None => return Err(Issue::new(format!("operand {i} is missing"))),
            });
        }
        let shapes: Vec<Vec<i64>> = operands
            .iter()
            .map(|v| self.known(*v).shape.clone())
            .collect();
        let shapes: Vec<&[i64]> = shapes.iter().map(Vec::as_slice).collect();
        let (to, axis) = shape::concat(&shapes, op.int("axis").unwrap_or(0))?;
        let attributes = [("axis", i64_attr(self.graph.context, axis as i64))];
        self.emit(Kind::Concat, &operands, &to, scale, &attributes, None)
            .map(Value::Fixed)
    }

    pub(super) fn pad(&mut self, op: &Op) -> Result<Value, Issue> {
        let mode = op.str("mode").unwrap_or("constant");
        if mode != "constant" {
            return Err(Issue::new(format!(
                "attribute `mode` must be `constant`, found `{mode}`"
            )));
        }
        let Some(pads) = self.integers(op, 1)? else {
            return Err(Issue::new("`pads` must be constant"));
        };
        let (value, axes) = (self.scalar(op, 2)?.unwrap_or(0.0), self.integers(op, 3)?);
        let mut x = self.tensor(op, 0)?;
        let from = self.known(x).shape.clone();
        let pads = shape::pads(&from, &pads, axes.as_deref())?;
        // Negative padding crops.
        let kept: Vec<shape::Range> = pads
            .iter()
            .zip(&from)
            .map(|((before, after), d)| {
                let (low, high) = ((-before).max(0), (-after).max(0));
                shape::Range {
                    start: low,
                    step: 1,
                    len: d - low - high,
                }
            })
            .collect();
        x = self.cut(x, &kept)?;
        let low: Vec<i64> = pads.iter().map(|(before, _)| (*before).max(0)).collect();
        let high: Vec<i64> = pads.iter().map(|(_, after)| (*after).max(0)).collect();
        if low.iter().chain(&high).all(|p| *p == 0) {
            return Ok(Value::Fixed(x));
        }
        let k = self.known(x);
        let value = quantize(value, k.scale).and_then(|v| i64::try_from(v).ok());
        let value = value.ok_or_else(|| Issue::new("the constant is not finite, or too large"))?;
        let to: Vec<i64> = k
            .shape
            .iter()
            .zip(low.iter().zip(&high))
            .map(|(d, (l, h))| d + l + h)
            .collect();
        let scale = k.scale;
        let context = self.graph.context;
        let attributes = [
            ("low", i64s(context, &low)),
            ("high", i64s(context, &high)),
            ("value", i64_attr(context, value)),
        ];
        self.emit(Kind::Pad, &[x], &to, scale, &attributes, None)
            .map(Value::Fixed)
    }
}
