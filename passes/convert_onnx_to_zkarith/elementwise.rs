//! Arithmetic on each element, with broadcasting.

use super::{
    converter::{Converter, Value, Zero, exact_scale},
    format::{self, Taps},
    issue::Issue,
    plan::Sink,
};
use zkc_dialects::{
    onnx::{Tensor, shape::broadcast},
    zkarith::{Interval, Kind, Number, dequantize, quantize, ratio},
};
use zkc_support::{Op, ValueId};

impl Converter<'_, '_> {
    /// Sums and differences.
    pub(super) fn sum(&mut self, op: &Op, subtract: bool) -> Result<Value, Issue> {
        let done = match (self.operand(op, 0), self.operand(op, 1)) {
            (Value::Fixed(a), Value::Fixed(b)) => {
                let (a, b) = self.comparable(op, a, b)?;
                let kind = if subtract { Kind::Sub } else { Kind::Add };
                self.combined(kind, a, b)?
            }
            (Value::Fixed(a), Value::Constant(c)) => self.plus_constant(a, &c, subtract)?,
            (Value::Constant(c), Value::Fixed(b)) if subtract => {
                let minus = self.negated(b)?;
                self.plus_constant(minus, &c, false)?
            }
            (Value::Constant(c), Value::Fixed(b)) => self.plus_constant(b, &c, false)?,
            _ => return Err(Issue::new("an operand is missing")),
        };
        Ok(Value::Fixed(done))
    }

    /// Two operands at one scale. An accumulator meets another one as it is; when one operand is
    /// narrow already and the other is not wanted in full, both are settled first.
    fn comparable(&mut self, op: &Op, a: ValueId, b: ValueId) -> Result<(ValueId, ValueId), Issue> {
        // x - max(x) must see the x that the maximum was taken of, so that it is zero somewhere.
        let is_maximum = |v: ValueId| {
            let i = self.definitions[v.index()];
            i.is_some_and(|i| self.source.ops[i].name == "onnx.ReduceMax")
        };
        if op.operands.iter().any(|v| is_maximum(*v)) {
            let sink = self.plan.sink(op.operands[0]);
            let (a, b) = (self.settled(a, &sink)?, self.settled(b, &sink)?);
            return self.aligned(a, b);
        }
        self.aligned(a, b)
    }

    /// Two values of one scale, broadcast.
    fn combined(&mut self, kind: Kind, a: ValueId, b: ValueId) -> Result<ValueId, Issue> {
        let (k, l) = (self.known(a), self.known(b));
        let shape = broadcast(&[&k.shape, &l.shape])?;
        let scale = if kind == Kind::Mul {
            k.scale + l.scale
        } else {
            k.scale
        };
        self.emit(kind, &[a, b], &shape, scale, &[], None)
    }

    /// `x + c` or `x - c`. The constant is rounded at the scale of `x`, which is raised first when
    /// that would lose more than `fraction-bits` allow.
    pub(super) fn plus_constant(
        &mut self,
        x: ValueId,
        c: &Tensor,
        subtract: bool,
    ) -> Result<ValueId, Issue> {
        let values = c.to_f64();
        let k = self.known(x);
        if values.iter().all(|v| *v == 0.0) && broadcast(&[&k.shape, &c.shape])? == k.shape {
            return Ok(x);
        }
        let scale = match exact_scale(&values, k.scale) {
            Some(_) => k.scale,
            None => k.scale.max(self.options.fraction_bits),
        };
        let x = self.raised(x, scale)?;
        let c = self.constant(c, scale)?;
        self.combined(if subtract { Kind::Sub } else { Kind::Add }, x, c)
    }

    /// Products.
    pub(super) fn product(&mut self, op: &Op) -> Result<Value, Issue> {
        let sink = op
            .results
            .first()
            .map_or(Sink::Value, |v| self.plan.sink(*v));
        let done = match (self.operand(op, 0), self.operand(op, 1)) {
            (Value::Fixed(a), Value::Fixed(b)) if a == b => {
                let a = self.settled(a, &Sink::Value)?;
                self.combined(Kind::Mul, a, a)?
            }
            (Value::Fixed(a), Value::Fixed(b)) => {
                let (a, b) = (
                    self.settled(a, &Sink::Value)?,
                    self.settled(b, &Sink::Value)?,
                );
                self.combined(Kind::Mul, a, b)?
            }
            (Value::Fixed(x), Value::Constant(c)) | (Value::Constant(c), Value::Fixed(x)) => {
                self.scaled_by(x, &c, &sink)?
            }
            _ => return Err(Issue::new("an operand is missing")),
        };
        Ok(Value::Fixed(done))
    }

    /// A value times a constant; powers of two cost nothing.
    pub(super) fn scaled_by(
        &mut self,
        x: ValueId,
        c: &Tensor,
        sink: &Sink,
    ) -> Result<ValueId, Issue> {
        let values = c.to_f64();
        let shape = broadcast(&[&self.known(x).shape, &c.shape])?;
        if let Some(exponent) = power_of_two(&values)
            && shape == self.known(x).shape
        {
            return self.shifted(x, exponent);
        }
        let x = self.settled(x, &Sink::Value)?;
        let magnitude = self.magnitude(x);
        let most = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let least = if self.known(x).bounds.lo >= 0 && values.iter().all(|v| *v >= 0.0) {
            0.0
        } else {
            -magnitude * most
        };
        let target = self.result_scale(sink, (least, magnitude * most))?;
        let taps = Taps {
            scale: self.known(x).scale,
            magnitude,
            count: 1,
            weight: root_mean_square(&values),
            target,
        };
        let c = self.weights(c, &taps)?;
        self.combined(Kind::Mul, x, c)
    }

    /// A value times 2^exponent: the same integers at another scale.
    pub(super) fn shifted(&mut self, x: ValueId, exponent: i32) -> Result<ValueId, Issue> {
        if exponent == 0 {
            return Ok(x);
        }
        // A scale below zero does not exist: the integers themselves grow then.
        let needed = u32::try_from(exponent).unwrap_or(0);
        let x = self.raised(x, self.known(x).scale.max(needed))?;
        let k = self.known(x);
        let scale = i64::from(k.scale) - i64::from(exponent);
        let scale = u32::try_from(scale).map_err(|_| Issue::new("the factor is too small"))?;
        let shape = k.shape.clone();
        self.emit(Kind::Reinterpret, &[x], &shape, scale, &[], None)
    }

    /// Quotients.
    pub(super) fn quotient(&mut self, op: &Op) -> Result<Value, Issue> {
        if let Value::Constant(c) = self.operand(op, 1) {
            let values = c.to_f64();
            if let Some(i) = values.iter().position(|v| *v == 0.0) {
                return Err(Issue::new(format!("element {i} of the divisor is zero")));
            }
            let inverse = Tensor::f64s(&c.shape, values.iter().map(|v| 1.0 / v).collect());
            let sink = op
                .results
                .first()
                .map_or(Sink::Value, |v| self.plan.sink(*v));
            let x = self.tensor(op, 0)?;
            return self.scaled_by(x, &inverse, &sink).map(Value::Fixed);
        }
        let (mut a, mut b) = (self.tensor(op, 0)?, self.tensor(op, 1)?);
        a = self.settled(a, &Sink::Value)?;
        b = self.settled(b, &Sink::Value)?;
        if self.known(b).bounds.hi < 0 {
            (a, b) = (self.negated(a)?, self.negated(b)?);
        }
        let (k, l) = (self.known(a).clone(), self.known(b).clone());
        if l.bounds.lo < 1 {
            return Err(Issue::new(format!(
                "the divisor lies in [{}, {}] and must stay away from zero",
                dequantize(l.bounds.lo, l.scale),
                dequantize(l.bounds.hi, l.scale)
            ))
            .help("divide by something that is positive for every input in the declared range"));
        }
        // The finest scale, up to the wanted one, at which the quotient is narrow enough; a
        // divisor with few bits may force a coarse one, and a dividend with many a finer one.
        let least = k.scale.saturating_sub(l.scale);
        let mut scale = self.options.fraction_bits.max(least);
        while scale > least {
            let fits = corners(k.bounds, l.bounds, scale + l.scale - k.scale)
                .is_some_and(|q| format::bits(q) <= self.options.value_bits);
            if fits {
                break;
            }
            scale -= 1;
        }
        let shape = broadcast(&[&k.shape, &l.shape])?;
        self.emit(Kind::Div, &[a, b], &shape, scale, &[], None)
            .map(Value::Fixed)
    }

    /// Maxima and minima of any number of operands.
    pub(super) fn extremum(&mut self, op: &Op, kind: Kind) -> Result<Value, Issue> {
        let sink = op
            .results
            .first()
            .map_or(Sink::Value, |v| self.plan.sink(*v));
        let mut done: Option<ValueId> = None;
        // Constants last: by then the scale is known.
        for i in 0..op.operands.len() {
            if let Value::Fixed(v) = self.operand(op, i) {
                let v = self.settled(v, &sink)?;
                done = Some(match done {
                    None => v,
                    Some(u) => {
                        let (u, v) = self.aligned(u, v)?;
                        self.combined(kind, u, v)?
                    }
                });
            }
        }
        let Some(mut done) = done else {
            return Err(Issue::new("needs an operand"));
        };
        for i in 0..op.operands.len() {
            if let Value::Constant(c) = self.operand(op, i) {
                done = self.extremum_with(kind, done, &c)?;
            }
        }
        Ok(Value::Fixed(done))
    }

    fn extremum_with(&mut self, kind: Kind, x: ValueId, c: &Tensor) -> Result<ValueId, Issue> {
        let values = c.to_f64();
        let k = self.known(x).clone();
        // One number for all elements cuts them, which needs no second operand.
        let uniform = values
            .first()
            .filter(|first| values.iter().all(|v| v == *first));
        if let Some(limit) = uniform.and_then(|v| quantize(*v, k.scale))
            && broadcast(&[&k.shape, &c.shape])? == k.shape
        {
            let to = match kind {
                Kind::Max => Interval::new(limit, limit.max(k.bounds.hi)),
                _ => Interval::new(limit.min(k.bounds.lo), limit),
            };
            return self.clamped(x, to);
        }
        let c = self.constant(c, k.scale)?;
        self.combined(kind, x, c)
    }

    pub(super) fn clip(&mut self, op: &Op) -> Result<Value, Issue> {
        let (min, max) = (self.scalar(op, 1)?, self.scalar(op, 2)?);
        let x = self.tensor(op, 0)?;
        let sink = self.plan.sink(op.operands[0]);
        let x = self.settled(x, &sink)?;
        let k = self.known(x);
        let at = |limit: Option<f64>, default: i128| match limit {
            None => Ok(default),
            // Infinite limits do not limit.
            Some(v) if v.is_infinite() => Ok(if v < 0.0 { i128::MIN } else { i128::MAX }),
            Some(v) => quantize(v, k.scale)
                .ok_or_else(|| Issue::new(format!("the limit {v} is not a number, or too large"))),
        };
        let (lo, hi) = (at(min, k.bounds.lo)?, at(max, k.bounds.hi)?);
        // Where the lower limit exceeds the upper one, the result is the upper one.
        let to = if lo > hi {
            Interval { lo: hi, hi }
        } else {
            Interval { lo, hi }
        };
        self.clamped(x, to).map(Value::Fixed)
    }

    pub(super) fn negation(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        self.negated(x).map(Value::Fixed)
    }
}

/// Bounds of the rounded quotients of two intervals.
fn corners(a: Interval, b: Interval, shift: u32) -> Option<Interval> {
    let mut hull: Option<Interval> = None;
    for (x, y) in [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)] {
        let q = Interval::exact(ratio(x, y, shift)?);
        hull = Some(hull.map_or(q, |h| h.hull(q)));
    }
    hull.or(Some(Interval::exact_zero()))
}

/// The exponent when all numbers are one and the same power of two.
fn power_of_two(values: &[f64]) -> Option<i32> {
    let first = *values.first()?;
    let exponent = first.log2();
    let exact = first > 0.0
        && exponent.fract() == 0.0
        && exponent.abs() <= 64.0
        && exponent.exp2() == first;
    (exact && values.iter().all(|v| *v == first)).then_some(exponent as i32)
}

/// Root of the mean square.
pub(super) fn root_mean_square(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    (values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_exact() {
        assert_eq!(power_of_two(&[0.25, 0.25]), Some(-2));
        assert_eq!(power_of_two(&[8.0]), Some(3));
        for values in [&[0.25, 0.5][..], &[3.0], &[-2.0], &[0.0], &[f64::NAN], &[]] {
            assert_eq!(power_of_two(values), None, "{values:?}");
        }
    }

    #[test]
    fn exact_scales_are_the_least() {
        assert_eq!(exact_scale(&[0.5, 3.0, -0.125], 10), Some(3));
        assert_eq!(exact_scale(&[1e9], 0), Some(0));
        assert_eq!(exact_scale(&[0.1], 40), None);
        assert_eq!(exact_scale(&[], 4), Some(0));
    }
}
