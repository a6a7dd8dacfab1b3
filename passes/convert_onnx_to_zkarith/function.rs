//! Functions of one argument: `zkarith.apply`, or exact operations where those exist.

use super::{
    converter::{Converter, Value, exact_scale},
    issue::Issue,
    plan::{Sink, is_shifted},
};
use zkc_approx::{Function, Parameter};
use zkc_dialects::{
    onnx::{Kind, Tensor},
    zkarith::{self, Interval},
};
use zkc_support::{Op, ValueId};

/// The named function that an operation computes of each element; nothing when it is no such
/// operation, or one that is converted to exact operations.
pub(super) fn function_of(op: &Op) -> Option<Result<Function, Issue>> {
    use Kind::*;
    let parameter = |name: &'static str| -> Result<Parameter, Issue> {
        let value = op
            .float(name)
            .ok_or_else(|| Issue::new(format!("needs attribute `{name}`")))?;
        Parameter::new(value).map_err(|e| Issue::new(format!("attribute `{name}`: {e}")))
    };
    let with = |f: &dyn Fn() -> Result<Function, Issue>| Some(f());
    let plain = |f: Function| Some(Ok(f));
    match Kind::of(&op.name)? {
        Sigmoid => plain(Function::Sigmoid),
        Tanh => plain(Function::Tanh),
        Erf => plain(Function::Erf),
        Gelu if op.str("approximate") == Some("tanh") => plain(Function::GeluTanh),
        Gelu => plain(Function::Gelu),
        Swish if op.float("alpha").unwrap_or(1.0) == 1.0 => plain(Function::Silu),
        Softplus => plain(Function::Softplus),
        Softsign => plain(Function::Softsign),
        Mish => plain(Function::Mish),
        Elu => with(&|| {
            Ok(Function::Elu {
                alpha: parameter("alpha")?,
            })
        }),
        Celu => with(&|| {
            Ok(Function::Celu {
                alpha: parameter("alpha")?,
            })
        }),
        Selu => with(&|| {
            Ok(Function::Selu {
                alpha: parameter("alpha")?,
                gamma: parameter("gamma")?,
            })
        }),
        ThresholdedRelu => with(&|| {
            Ok(Function::ThresholdedRelu {
                alpha: parameter("alpha")?,
            })
        }),
        HardSwish => plain(Function::HardSwish),
        Exp => plain(Function::Exp),
        Log => plain(Function::Log),
        Sqrt => plain(Function::Sqrt),
        Reciprocal => plain(Function::Reciprocal),
        Sin => plain(Function::Sin),
        Cos => plain(Function::Cos),
        Tan => plain(Function::Tan),
        Asin => plain(Function::Asin),
        Acos => plain(Function::Acos),
        Atan => plain(Function::Atan),
        Sinh => plain(Function::Sinh),
        Cosh => plain(Function::Cosh),
        Asinh => plain(Function::Asinh),
        Acosh => plain(Function::Acosh),
        Atanh => plain(Function::Atanh),
        Sign => plain(Function::Sign),
        Floor => plain(Function::Floor),
        Ceil => plain(Function::Ceil),
        Round => plain(Function::Round),
        NoValue | Constant | ConstantOfShape | Add | Sub | Mul | Div | Pow | Max | Min | Sum
        | Mean | Abs | Neg | Relu | Swish | LeakyRelu | HardSigmoid | Clip | MatMul | Gemm
        | Conv | AveragePool | MaxPool | GlobalAveragePool | GlobalMaxPool | BatchNormalization
        | Softmax | Dropout | ReduceSum | ReduceMean | ReduceMax | ReduceMin | Identity | Cast
        | Reshape | Flatten | Squeeze | Unsqueeze | Transpose | Concat | Split | Slice | Gather
        | Expand | Tile | Pad | Shape | Size => None,
    }
}

impl Converter<'_, '_> {
    /// A function from its table.
    pub(super) fn function(&mut self, op: &Op, position: usize) -> Result<Value, Issue> {
        let function = function_of(op)
            .unwrap_or_else(|| Err(Issue::new("internal error: the operation is no function")))?;
        function.validate().map_err(|e| Issue::new(e.to_string()))?;
        let x = self.tensor(op, 0)?;
        let shifted = is_shifted(self.source, &self.definitions, op);
        // A mean of 2^n results has n more fraction bits, which need not be here.
        let mean = op.results.first().map_or(0, |v| self.plan.mean_bits(*v));
        let wanted = self.options.fraction_bits;
        let out_scale = wanted.saturating_sub(mean).max(wanted / 2);
        let sink = Sink::Function {
            op: position,
            function,
            shifted,
        };
        let format = self.function_format(&sink, self.known(x), out_scale)?;
        let x = self.lowered(x, format.in_scale)?;
        let x = self.clamped(x, format.domain)?;
        let name = function.to_string();
        self.applied(&name, x, format.out_scale, format.range)
            .map(Value::Fixed)
    }

    /// A power with a constant exponent.
    pub(super) fn power(&mut self, op: &Op) -> Result<Value, Issue> {
        let Some(exponent) = self.scalar(op, 1)? else {
            return Err(Issue::new("the exponent is missing"));
        };
        let x = self.tensor(op, 0)?;
        if exponent == 1.0 {
            return Ok(Value::Fixed(x));
        }
        if exponent == 2.0 {
            return self.square(x).map(Value::Fixed);
        }
        let exponent = Parameter::new(exponent).map_err(|e| Issue::new(e.to_string()))?;
        let function = Function::Pow { exponent };
        // Not known to the plan, which sees attributes only.
        let sink = Sink::Function {
            op: usize::MAX,
            function,
            shifted: false,
        };
        let format = self.function_format(&sink, self.known(x), self.options.fraction_bits)?;
        let x = self.lowered(x, format.in_scale)?;
        let x = self.clamped(x, format.domain)?;
        self.applied(&function.to_string(), x, format.out_scale, format.range)
            .map(Value::Fixed)
    }

    fn square(&mut self, x: ValueId) -> Result<ValueId, Issue> {
        let x = self.settled(x, &Sink::Value)?;
        let k = self.known(x);
        let (shape, scale) = (k.shape.clone(), 2 * k.scale);
        self.emit(zkarith::Kind::Mul, &[x, x], &shape, scale, &[], None)
    }

    pub(super) fn relu(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let sink = self.plan.sink(op.operands[0]);
        let x = self.settled(x, &sink)?;
        self.positive_part(x).map(Value::Fixed)
    }

    fn positive_part(&mut self, x: ValueId) -> Result<ValueId, Issue> {
        let k = self.known(x);
        if k.bounds.lo >= 0 {
            return Ok(x);
        }
        let (shape, scale) = (k.shape.clone(), k.scale);
        self.emit(zkarith::Kind::Relu, &[x], &shape, scale, &[], None)
    }

    /// `max(x, -x)`, cut at zero where the bounds of the maximum do not show that it is not negative: roots, logarithms
    /// and divisors need to know.
    pub(super) fn absolute(&mut self, op: &Op) -> Result<Value, Issue> {
        let x = self.tensor(op, 0)?;
        let x = self.settled(x, &Sink::Value)?;
        let minus = self.negated(x)?;
        let k = self.known(x);
        let (shape, scale) = (k.shape.clone(), k.scale);
        let both = [x, minus];
        let greater = self.emit(zkarith::Kind::Max, &both, &shape, scale, &[], None)?;
        self.positive_part(greater).map(Value::Fixed)
    }

    pub(super) fn negated(&mut self, x: ValueId) -> Result<ValueId, Issue> {
        let k = self.known(x);
        let (shape, scale) = (k.shape.clone(), k.scale);
        let zero = self.integer_constant(&[], &[0], scale)?;
        self.emit(zkarith::Kind::Sub, &[zero, x], &shape, scale, &[], None)
    }

    /// `alpha x + (1 - alpha) relu(x)`, with the two factors adding up to one exactly: positive
    /// elements stay as they are.
    pub(super) fn leaky_relu(&mut self, op: &Op) -> Result<Value, Issue> {
        let alpha = op.float("alpha").unwrap_or(0.01);
        let x = self.tensor(op, 0)?;
        let x = self.settled(x, &Sink::Value)?;
        let positive = self.positive_part(x)?;
        if positive == x {
            return Ok(Value::Fixed(x));
        }
        let wanted = self.options.limb_bits.max(self.options.fraction_bits);
        let scale = exact_scale(&[alpha], wanted).unwrap_or(wanted);
        let alpha = zkarith::quantize(alpha, scale)
            .ok_or_else(|| Issue::new("attribute `alpha` is not finite, or too large"))?;
        let one = 1i128 << scale;
        let shape = self.known(x).shape.clone();
        let sum_scale = self.known(x).scale + scale;
        let mut part = |v: ValueId, factor: i128| {
            let factor = self.integer_constant(&[], &[factor], scale)?;
            self.emit(
                zkarith::Kind::Mul,
                &[v, factor],
                &shape,
                sum_scale,
                &[],
                None,
            )
        };
        let (a, b) = (part(x, alpha)?, part(positive, one - alpha)?);
        self.emit(zkarith::Kind::Add, &[a, b], &shape, sum_scale, &[], None)
            .map(Value::Fixed)
    }

    /// `max(0, min(1, alpha x + beta))`.
    pub(super) fn hard_sigmoid(&mut self, op: &Op) -> Result<Value, Issue> {
        let (alpha, beta) = (
            op.float("alpha").unwrap_or(0.2),
            op.float("beta").unwrap_or(0.5),
        );
        let x = self.tensor(op, 0)?;
        let product = self.scaled_by(x, &Tensor::f64s(&[], vec![alpha]), &Sink::Value)?;
        let sum = self.plus_constant(product, &Tensor::f64s(&[], vec![beta]), false)?;
        let sum = self.settled(sum, &Sink::Value)?;
        let one = 1i128 << self.known(sum).scale;
        self.clamped(sum, Interval::new(0, one)).map(Value::Fixed)
    }
}
