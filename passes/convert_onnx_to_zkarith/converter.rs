//! The state of a conversion: values known so far, and how operations are emitted.

use super::{
    format::{self, FunctionFormat, Taps, bits},
    issue::Issue,
    options::Options,
    plan::{Plan, Sink},
};
use std::{collections::BTreeMap, rc::Rc};
use zkc_dialects::{
    onnx,
    zkarith::{Bounds, Interval, Kind, Tensor, bounds_of, dequantize, implied_bounds, quantize},
};
use zkc_support::{
    Attribute, Constants, DType, FixedType, Graph, Location, Op, TensorType, Type, ValueId,
    fixed_type, string,
};

/// A value of the model.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Absent, or of no numeric type.
    None,
    /// Known at compile time, and not yet quantized: its scale is that of its use.
    Constant(Rc<onnx::Tensor>),
    /// A value of the new program.
    Fixed(ValueId),
}

/// A value of the new program.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) shape: Vec<i64>,
    pub(super) scale: u32,
    /// Bounds of its type.
    pub(super) bounds: Interval,
    /// The interval of each element, within `bounds`, and the norm. Constants are read again when needed.
    elements: Option<Rc<Bounds>>,
}

/// A conversion under way.
pub(super) struct Converter<'c, 'a> {
    /// The model.
    pub(super) source: &'a Graph<'c>,
    pub(super) definitions: Vec<Option<usize>>,
    pub(super) constants: &'a Constants,
    pub(super) options: Options,
    pub(super) plan: Plan,
    /// The new program.
    pub(super) graph: Graph<'c>,
    /// Location of the operation that is converted.
    pub(super) location: Location<'c>,
    /// By value of the model; nothing where an operation failed.
    pub(super) values: Vec<Option<Value>>,
    /// By value of the new program.
    known: Vec<Known>,
    /// Rescaled and upscaled values: each is made once.
    scaled: BTreeMap<(ValueId, u32), ValueId>,
    /// Operand scales of functions, by operation, that weights were chosen for.
    planned: BTreeMap<usize, u32>,
}

impl<'c, 'a> Converter<'c, 'a> {
    pub(super) fn new(source: &'a Graph<'c>, constants: &'a Constants, options: Options) -> Self {
        Self {
            source,
            definitions: source.definitions(),
            constants,
            options,
            plan: Plan::new(source),
            graph: Graph::like(source),
            location: source.location,
            values: vec![None; source.value_count()],
            known: Vec::new(),
            scaled: BTreeMap::new(),
            planned: BTreeMap::new(),
        }
    }

    // -- Reading the model -----------------------------------------------------------------------

    /// An operand of the operation that is converted.
    pub(super) fn operand(&self, op: &Op, i: usize) -> Value {
        let v = op
            .operands
            .get(i)
            .and_then(|v| self.values[v.index()].clone());
        v.unwrap_or(Value::None)
    }

    /// An operand that must be computed, or quantized here when it is a constant.
    pub(super) fn tensor(&mut self, op: &Op, i: usize) -> Result<ValueId, Issue> {
        match self.operand(op, i) {
            Value::Fixed(v) => Ok(v),
            Value::Constant(c) => {
                let scale = self.constant_scale(&c.to_f64());
                self.constant(&c, scale)
            }
            Value::None => Err(Issue::new(format!("operand {i} is missing"))),
        }
    }

    /// A constant operand of integers; nothing when the operand is absent.
    pub(super) fn integers(&self, op: &Op, i: usize) -> Result<Option<Vec<i64>>, Issue> {
        match self.operand(op, i) {
            Value::None => Ok(None),
            Value::Constant(c) if c.as_i64s().is_some() => Ok(c.as_i64s().map(<[i64]>::to_vec)),
            _ => Err(
                Issue::new(format!("operand {i} must be a constant tensor of integers"))
                    .help("fold constants first, or fix the model's dynamic shapes"),
            ),
        }
    }

    /// A constant operand of one number; nothing when the operand is absent.
    pub(super) fn scalar(&self, op: &Op, i: usize) -> Result<Option<f64>, Issue> {
        match self.operand(op, i) {
            Value::None => Ok(None),
            Value::Constant(c) if c.as_scalar().is_some() => Ok(c.as_scalar()),
            _ => Err(Issue::new(format!("operand {i} must be a constant scalar"))),
        }
    }

    /// The shape of the operation's result.
    pub(super) fn result_shape(&self, op: &Op) -> Result<Vec<i64>, Issue> {
        let t = op.results.first().and_then(|v| self.source.tensor(*v));
        let t = t.filter(|t| t.elements().is_some());
        Ok(t.ok_or_else(|| {
            Issue::new("its result has no static shape").help("infer shapes first")
        })?
        .shape)
    }

    /// Checks that a value of the model is a tensor of floats with a static shape.
    pub(super) fn float_tensor(&self, v: ValueId) -> Result<TensorType<'c>, Issue> {
        let t = self.source.tensor(v).filter(|t| t.elements().is_some());
        let t = t.ok_or_else(|| {
            Issue::new(format!(
                "`{}` is no tensor of static shape",
                self.source.r#type(v)
            ))
            .help("infer shapes first")
        })?;
        match DType::of(t.element) {
            Some(DType::F32 | DType::F64) => Ok(t),
            _ => Err(Issue::new(format!(
                "tensors of `{}` have no conversion to `zkarith`",
                t.element
            ))
            .help("only floating-point tensors are computed in the circuit; make others constant")),
        }
    }

    // -- Emitting --------------------------------------------------------------------------------

    pub(super) fn known(&self, v: ValueId) -> &Known {
        &self.known[v.index()]
    }

    fn fixed(&self, shape: &[i64], scale: u32, bounds: Interval) -> Result<Type<'c>, Issue> {
        let fixed = FixedType::new(scale, bounds.lo, bounds.hi);
        let element = fixed_type(self.graph.context, &fixed)
            .ok_or_else(|| Issue::new(format!("scale {scale} is too large")))?;
        Ok(TensorType::new(shape, element).to_type())
    }

    /// An argument of the new program.
    pub(super) fn input(
        &mut self,
        shape: &[i64],
        scale: u32,
        bounds: Interval,
    ) -> Result<ValueId, Issue> {
        let t = self.fixed(shape, scale, bounds)?;
        let v = self.graph.input(t);
        let count = onnx::shape::count(shape).unwrap_or(0);
        let elements = Tensor {
            shape: shape.to_vec(),
            values: vec![bounds; count],
        };
        self.remember(v, shape, scale, bounds, Some(Bounds::of(elements)))?;
        Ok(v)
    }

    fn remember(
        &mut self,
        v: ValueId,
        shape: &[i64],
        scale: u32,
        bounds: Interval,
        elements: Option<Bounds>,
    ) -> Result<(), Issue> {
        if v.index() != self.known.len() {
            return Err(Issue::new(
                "internal error: values are remembered out of order",
            ));
        }
        self.known.push(Known {
            shape: shape.to_vec(),
            scale,
            bounds,
            elements: elements.map(Rc::new),
        });
        Ok(())
    }

    /// What is known of each element of a value.
    fn elements(&self, v: ValueId) -> Result<Rc<Bounds>, Issue> {
        if let Some(elements) = &self.known[v.index()].elements {
            return Ok(Rc::clone(elements));
        }
        // Only constants are not kept, as they may be large: they are read again.
        let op = self
            .graph
            .ops
            .iter()
            .rev()
            .find(|op| op.results.first() == Some(&v));
        let op = op.ok_or_else(|| Issue::new("internal error: a value has no intervals"))?;
        Ok(Rc::new(bounds_of(&self.graph, op, self.constants, &[])?))
    }

    /// Emits an operation with one result. Its bounds are computed, except where the operation
    /// defines its result by them (clamps, named functions): those are `given`.
    pub(super) fn emit(
        &mut self,
        kind: Kind,
        operands: &[ValueId],
        shape: &[i64],
        scale: u32,
        attributes: &[(&str, Attribute<'c>)],
        given: Option<Interval>,
    ) -> Result<ValueId, Issue> {
        // Wide enough for whatever is computed in 127 bits; replaced below.
        let all = Interval {
            lo: i128::MIN,
            hi: i128::MAX,
        };
        let open = self.fixed(shape, scale, given.unwrap_or(all))?;
        let v = self
            .graph
            .push1(kind.name(), operands, open, attributes, self.location);
        let bounds = self.close(v, shape, scale, given);
        if bounds.is_err() {
            // The value keeps its number, so that later ones are remembered in order.
            self.graph.ops.pop();
            self.remember(v, shape, scale, Interval::exact_zero(), None)?;
        }
        bounds
    }

    fn close(
        &mut self,
        v: ValueId,
        shape: &[i64],
        scale: u32,
        given: Option<Interval>,
    ) -> Result<ValueId, Issue> {
        // Just pushed by the caller.
        let op = &self.graph.ops[self.graph.ops.len() - 1];
        let operands: Vec<Rc<Bounds>> = op
            .operands
            .iter()
            .map(|v| self.elements(*v))
            .collect::<Result<_, _>>()?;
        let operands: Vec<&Bounds> = operands.iter().map(|t| &**t).collect();
        let advice = "use fewer `fraction-bits`, or declare a smaller input range";
        let elements = bounds_of(&self.graph, op, self.constants, &operands)
            .map_err(|e| Issue::from(e).help(advice))?;
        let hull = elements.elements().hull().unwrap_or(Interval::exact_zero());
        let bounds = match (given, implied_bounds(&self.graph, op)) {
            (Some(given), _) => given,
            (None, Some(implied)) => implied.hull(hull),
            (None, None) => hull,
        };
        if bits(bounds) > self.options.max_bits {
            let message = format!(
                "the result needs {} bits, more than the {} that are allowed",
                bits(bounds),
                self.options.max_bits
            );
            return Err(Issue::new(message).help(advice));
        }
        let elements = (op.name != Kind::Constant.name()).then_some(elements);
        let t = self.fixed(shape, scale, bounds)?;
        self.graph.set_type(v, t);
        self.remember(v, shape, scale, bounds, elements)?;
        Ok(v)
    }

    // -- Constants -------------------------------------------------------------------------------

    /// A constant of real numbers at a scale, rounded to nearest, ties to even.
    pub(super) fn constant(&mut self, values: &onnx::Tensor, scale: u32) -> Result<ValueId, Issue> {
        let quantized: Vec<i128> = values
            .to_f64()
            .into_iter()
            .map(|x| {
                quantize(x, scale).ok_or_else(|| {
                    let message =
                        format!("the constant {x} is not finite, or too large at scale {scale}");
                    Issue::new(message)
                })
            })
            .collect::<Result<_, _>>()?;
        self.integer_constant(&values.shape, &quantized, scale)
    }

    /// A constant of integers.
    pub(super) fn integer_constant(
        &mut self,
        shape: &[i64],
        values: &[i128],
        scale: u32,
    ) -> Result<ValueId, Issue> {
        let value = self
            .constants
            .make_integers(self.graph.context, shape, values)?;
        self.emit(Kind::Constant, &[], shape, scale, &[("value", value)], None)
    }

    /// The scale at which a constant by itself is as precise as values are: exact where fewer bits
    /// suffice for that.
    pub(super) fn constant_scale(&self, values: &[f64]) -> u32 {
        let magnitude = values.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        let f = self.options.fraction_bits;
        let wanted = if magnitude > 0.0 && magnitude < 1.0 {
            f + (-magnitude.log2().ceil()).clamp(0.0, f64::from(f)) as u32
        } else {
            f
        };
        exact_scale(values, wanted).unwrap_or(wanted)
    }

    /// Weights of a linear map at the scale that suits its operand and its result.
    pub(super) fn weights(&mut self, values: &onnx::Tensor, taps: &Taps) -> Result<ValueId, Issue> {
        let wanted = format::weight_scale(taps, &self.options);
        // A weight of 1 or -1/2, say, needs no more than its own bits; but where a rescale follows
        // anyway, dropping whole limbs there is worth more than a small scale.
        let scale = match exact_scale(&values.to_f64(), wanted) {
            Some(exact) if taps.target.is_none_or(|t| taps.scale + exact <= t) => exact,
            _ => wanted,
        };
        self.constant(values, scale)
    }

    // -- Scales ----------------------------------------------------------------------------------

    /// The same number at a smaller scale, rounded half up; the value itself when its scale is
    /// not larger.
    pub(super) fn lowered(&mut self, v: ValueId, scale: u32) -> Result<ValueId, Issue> {
        self.at_scale(v, scale, Kind::Rescale, self.known(v).scale > scale)
    }

    /// The same number at a larger scale; the value itself when its scale is not smaller.
    pub(super) fn raised(&mut self, v: ValueId, scale: u32) -> Result<ValueId, Issue> {
        self.at_scale(v, scale, Kind::Upscale, self.known(v).scale < scale)
    }

    fn at_scale(
        &mut self,
        v: ValueId,
        scale: u32,
        kind: Kind,
        needed: bool,
    ) -> Result<ValueId, Issue> {
        if !needed {
            return Ok(v);
        }
        if let Some(done) = self.scaled.get(&(v, scale)) {
            return Ok(*done);
        }
        let shape = self.known(v).shape.clone();
        let done = self.emit(kind, &[v], &shape, scale, &[], None)?;
        self.scaled.insert((v, scale), done);
        Ok(done)
    }

    /// The value with at most `value-bits` bits, for an operand of a product or of an exact
    /// non-linear operation; itself if it has at most `rescale-above`. `sink` says what becomes of it.
    pub(super) fn settled(&mut self, v: ValueId, sink: &Sink) -> Result<ValueId, Issue> {
        let k = self.known(v);
        if bits(k.bounds) <= self.options.rescale_above {
            return Ok(v);
        }
        let target = self.target_scale(sink, k.bounds, k.scale)?;
        self.lowered(v, target)
    }

    /// The scale at which a value with these bounds is used.
    fn target_scale(&mut self, sink: &Sink, bounds: Interval, scale: u32) -> Result<u32, Issue> {
        let fallback = format::value_scale(bounds, scale, &self.options);
        let Sink::Function {
            op,
            function,
            shifted,
        } = sink
        else {
            return Ok(fallback);
        };
        let operand = if *shifted {
            shifted_bounds(bounds)
        } else {
            bounds
        };
        let out = self.options.fraction_bits;
        let planned = self.planned.get(op).copied();
        // A function that cannot be converted is reported where it stands.
        let Ok(found) =
            format::function_format(function, operand, scale, planned, out, &self.options)
        else {
            return Ok(fallback);
        };
        self.planned.insert(*op, found.in_scale);
        Ok(found.in_scale)
    }

    /// The scale to which the result of a linear map will be rescaled, with these estimated
    /// bounds; nothing for a result of the model.
    pub(super) fn result_scale(
        &mut self,
        sink: &Sink,
        bounds: (f64, f64),
    ) -> Result<Option<u32>, Issue> {
        if *sink == Sink::Output {
            return Ok(None);
        }
        // Fine enough to tell any scale that may be chosen; too large bounds are reported when
        // the operation is emitted.
        let fine = 2 * self.options.fraction_bits + 8;
        let at = |x: f64| {
            quantize(x, fine).unwrap_or(if x < 0.0 {
                i128::MIN / 4
            } else {
                i128::MAX / 4
            })
        };
        let bounds = Interval::new(at(bounds.0), at(bounds.1));
        Ok(Some(self.target_scale(sink, bounds, fine)?))
    }

    /// The formats around the function of an operation.
    pub(super) fn function_format(
        &self,
        sink: &Sink,
        operand: &Known,
        out_scale: u32,
    ) -> Result<FunctionFormat, Issue> {
        let Sink::Function {
            op,
            function,
            shifted,
        } = sink
        else {
            return Err(Issue::new("internal error: the operation is no function"));
        };
        let mut bounds = operand.bounds;
        if *shifted {
            bounds = Interval::new(bounds.lo.min(0), bounds.hi.min(0));
        }
        let planned = self.planned.get(op).copied();
        format::function_format(
            function,
            bounds,
            operand.scale,
            planned,
            out_scale,
            &self.options,
        )
    }

    /// Both values at the larger of their scales.
    pub(super) fn aligned(&mut self, a: ValueId, b: ValueId) -> Result<(ValueId, ValueId), Issue> {
        let scale = self.known(a).scale.max(self.known(b).scale);
        Ok((self.raised(a, scale)?, self.raised(b, scale)?))
    }

    /// The same elements under another shape.
    pub(super) fn reshaped(&mut self, v: ValueId, shape: &[i64]) -> Result<ValueId, Issue> {
        let k = self.known(v);
        if k.shape == shape {
            return Ok(v);
        }
        let scale = k.scale;
        self.emit(Kind::Reshape, &[v], shape, scale, &[], None)
    }

    /// The value cut to an interval; the value itself when that holds all of it.
    pub(super) fn clamped(&mut self, v: ValueId, to: Interval) -> Result<ValueId, Issue> {
        let k = self.known(v);
        if to.encloses(k.bounds) {
            return Ok(v);
        }
        // Nothing beyond the operand's own bounds can come out, unless all of it is cut.
        let cut = Interval::new(
            k.bounds.lo.clamp(to.lo, to.hi),
            k.bounds.hi.clamp(to.lo, to.hi),
        );
        let (shape, scale) = (k.shape.clone(), k.scale);
        self.emit(Kind::Clamp, &[v], &shape, scale, &[], Some(cut))
    }

    /// A named function of a value.
    pub(super) fn applied(
        &mut self,
        function: &str,
        v: ValueId,
        scale: u32,
        range: Interval,
    ) -> Result<ValueId, Issue> {
        let name = string(self.graph.context, function);
        let shape = self.known(v).shape.clone();
        self.emit(
            Kind::Apply,
            &[v],
            &shape,
            scale,
            &[("function", name)],
            Some(range),
        )
    }

    /// The greatest real magnitude of a value.
    pub(super) fn magnitude(&self, v: ValueId) -> f64 {
        let k = self.known(v);
        dequantize(k.bounds.lo, k.scale)
            .abs()
            .max(dequantize(k.bounds.hi, k.scale).abs())
    }

    /// The greatest real norm of a value that is computed: the root of the sum of all squares.
    pub(super) fn norm(&self, v: ValueId) -> f64 {
        let k = self.known(v);
        let norm = k.elements.as_ref().map_or(f64::INFINITY, |b| b.norm());
        norm * (-f64::from(k.scale)).exp2()
    }
}

/// Bounds of `x - max(x)` for `x` within the given bounds.
fn shifted_bounds(x: Interval) -> Interval {
    Interval::new(x.lo.saturating_sub(x.hi), 0)
}

/// The least scale, up to a limit, at which all numbers are integers.
pub(super) fn exact_scale(values: &[f64], limit: u32) -> Option<u32> {
    let exact = |x: f64, scale: u32| {
        let scaled = x * f64::from(scale).exp2();
        scaled.is_finite() && scaled.fract() == 0.0
    };
    values
        .iter()
        .try_fold(0, |scale, x| (scale..=limit).find(|s| exact(*x, *s)))
}

/// A shorthand.
pub(super) trait Zero {
    /// The interval that holds zero only.
    fn exact_zero() -> Self;
}

impl Zero for Interval {
    fn exact_zero() -> Self {
        Self { lo: 0, hi: 0 }
    }
}
