//! Float semantics: 32-bit numbers in, 64-bit numbers inside; integers are exact.
//!
//! An integer that leaves the range of its element type is an error rather than wrapped around,
//! except in `onnx.Cast` between integer types, which the standard defines to wrap.

mod elementwise;
mod linear;
mod movement;
mod pool;
mod reduce;
#[cfg(test)]
mod tests;

use super::{
    Data, Kind, Tensor,
    infer::{infer, reduced_axes},
    shape::{Invalid, element_type, invalid, shape_range},
    tensor::fits,
};
use std::rc::Rc;
use zkc_support::{ConstantError, Constants, DType, Graph, Op, ValueId, node_name};

/// Why a model cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// Too many or too few inputs.
    #[error("the model takes {expected} inputs, but {found} were given")]
    InputCount {
        /// As declared.
        expected: usize,
        /// As given.
        found: usize,
    },
    /// An input of another shape or kind than the model declares.
    #[error("input {index} is {found}, but the model declares `{expected}`")]
    Input {
        /// Position, from zero.
        index: usize,
        /// Declared type.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A constant cannot be read.
    #[error("{node}{source}")]
    Constant {
        /// `at node "NAME": `, or nothing.
        node: String,
        /// Reason.
        source: ConstantError,
    },
    /// An operation is not defined for its operands.
    #[error("`{op}`: {reason}{node}")]
    Op {
        /// Operation.
        op: String,
        /// ` at node "NAME"`, or nothing.
        node: String,
        /// Reason.
        reason: Invalid,
    },
}

/// Evaluates a function of the `onnx` dialect.
///
/// Floats are the 32-bit numbers of the model as doubles; all arithmetic is that of doubles.
///
/// # Errors
/// When an input does not suit the function's type, a constant cannot be read, or an operation is
/// not defined for its operands.
pub fn eval(
    graph: &Graph,
    constants: &Constants,
    inputs: &[Tensor],
) -> Result<Vec<Tensor>, EvalError> {
    let mut last_use = vec![0; graph.value_count()];
    for (i, op) in graph.ops.iter().enumerate() {
        for v in op.operands.iter().chain(&op.results) {
            last_use[v.index()] = i;
        }
    }
    for v in &graph.outputs {
        last_use[v.index()] = usize::MAX;
    }
    let values = run(graph, constants, inputs, |v, i| last_use[v.index()] > i)?;
    // Each output is an input or the result of an operation, and kept.
    Ok(graph
        .outputs
        .iter()
        .filter_map(|v| values[v.index()].as_deref().cloned())
        .collect())
}

/// Evaluates a function and keeps every tensor; the result has an entry for each value, which is
/// `None` for operands that are absent.
///
/// # Errors
/// As [`eval`].
pub fn eval_values(
    graph: &Graph,
    constants: &Constants,
    inputs: &[Tensor],
) -> Result<Vec<Option<Rc<Tensor>>>, EvalError> {
    run(graph, constants, inputs, |_, _| true)
}

fn run(
    graph: &Graph,
    constants: &Constants,
    inputs: &[Tensor],
    keep: impl Fn(ValueId, usize) -> bool,
) -> Result<Vec<Option<Rc<Tensor>>>, EvalError> {
    let mut values: Vec<Option<Rc<Tensor>>> = vec![None; graph.value_count()];
    if inputs.len() != graph.inputs.len() {
        let (expected, found) = (graph.inputs.len(), inputs.len());
        return Err(EvalError::InputCount { expected, found });
    }
    for (index, (v, t)) in graph.inputs.iter().zip(inputs).enumerate() {
        let suits = graph.tensor(*v).is_some_and(|declared| {
            let dims = declared
                .shape
                .iter()
                .zip(&t.shape)
                .all(|(d, n)| *d < 0 || d == n);
            let dtype = DType::of(declared.element);
            dims && declared.shape.len() == t.shape.len() && dtype.is_some_and(|d| t.is_of(d))
        });
        if !suits || !t.is_consistent() {
            return Err(EvalError::Input {
                index,
                expected: graph.r#type(*v).to_string(),
                found: format!("{} {} of shape {:?}", t.len(), t.data.kind(), t.shape),
            });
        }
        values[v.index()] = Some(Rc::new(t.clone()));
    }
    for (i, op) in graph.ops.iter().enumerate() {
        let results = evaluate(graph, constants, op, &values)?;
        for (v, t) in op.results.iter().zip(results) {
            values[v.index()] = Some(Rc::new(t));
        }
        for v in op.operands.iter().chain(&op.results) {
            if !keep(*v, i) {
                values[v.index()] = None;
            }
        }
    }
    Ok(values)
}

fn evaluate(
    graph: &Graph,
    constants: &Constants,
    op: &Op,
    values: &[Option<Rc<Tensor>>],
) -> Result<Vec<Tensor>, EvalError> {
    let node = |lead: &str, end: &str| {
        node_name(op.location).map_or_else(String::new, |n| format!("{lead}at node {n:?}{end}"))
    };
    let fail = |reason| EvalError::Op {
        op: op.name.clone(),
        node: node(" ", ""),
        reason,
    };
    if op.name == "onnx.Constant" {
        let value = op
            .attr("value")
            .ok_or_else(|| fail(Invalid::new("has no `value`")))?;
        let c = constants
            .read(value)
            .map_err(|source| EvalError::Constant {
                node: node("", ": "),
                source,
            })?;
        let wide = || fail(Invalid::new("holds an integer of 2^63 or more"));
        return Ok(vec![Tensor::from_constant(&c).ok_or_else(wide)?]);
    }
    let mut types = Vec::new();
    for v in &op.results {
        let t = graph.r#type(*v);
        let element = element_type(graph.context, t).and_then(DType::of);
        match element {
            Some(d) => types.push(d),
            None if op.name == "onnx.NoValue" => {}
            None => {
                return Err(fail(Invalid::new(format!(
                    "result type `{t}` is not supported"
                ))));
            }
        }
    }
    let operands: Vec<Option<&Tensor>> = op
        .operands
        .iter()
        .map(|v| values[v.index()].as_deref())
        .collect();
    let results = eval_op(op, &operands, &types).map_err(fail)?;
    for (v, t) in op.results.iter().zip(&results) {
        let declared = graph
            .tensor(*v)
            .map(|d| d.shape)
            .unwrap_or_else(|| t.shape.clone());
        let agree = declared.len() == t.shape.len()
            && declared.iter().zip(&t.shape).all(|(d, n)| *d < 0 || d == n);
        if !agree {
            return Err(fail(Invalid::new(format!(
                "result has shape {:?}, but its type says {declared:?}",
                t.shape
            ))));
        }
    }
    Ok(results)
}

/// Evaluates one operation other than a constant, of which there is no attribute to read here.
///
/// `operands` has an entry for each operand, `None` for one that is absent; `types` the element
/// type of each result.
///
/// # Errors
/// When the operation is not defined for its operands.
pub fn eval_op(
    op: &Op,
    operands: &[Option<&Tensor>],
    types: &[DType],
) -> Result<Vec<Tensor>, Invalid> {
    use Kind::*;
    let Some(kind) = Kind::of(&op.name) else {
        invalid!("is not an operation of the `onnx` dialect");
    };
    if matches!(kind, NoValue) {
        return Ok(vec![]);
    }
    let shapes: Vec<_> = operands
        .iter()
        .map(|t| t.map(|t| t.shape.clone()))
        .collect();
    let mut integers = |i: usize| operands[i].and_then(|t| t.as_i64s().map(<[i64]>::to_vec));
    // This checks operands and attributes; the functions below rely on it.
    let shapes = infer(op, &shapes, &mut integers)?;
    let args = Args {
        op,
        operands,
        shapes: &shapes,
    };
    let results = match kind {
        NoValue | Constant => invalid!("has no operands to evaluate"),
        ConstantOfShape => vec![movement::constant_of_shape(&args)?],
        Add | Sub | Mul | Div | Pow | Max | Min | Sum | Mean => {
            vec![elementwise::broadcasting(kind, &args)?]
        }
        Abs | Neg | Sign | Ceil | Floor | Round | Sqrt | Reciprocal | Exp | Log | Erf | Sin
        | Cos | Tan | Asin | Acos | Atan | Sinh | Cosh | Tanh | Asinh | Acosh | Atanh | Relu
        | Sigmoid | Softplus | Softsign | Mish | HardSwish | LeakyRelu | Elu | Celu
        | ThresholdedRelu | Swish | Selu | HardSigmoid | Gelu => {
            vec![elementwise::unary(kind, &args)?]
        }
        Clip => vec![elementwise::clip(&args)?],
        Cast => vec![elementwise::cast(&args, types)?],
        MatMul => vec![linear::matmul(&args)?],
        Gemm => vec![linear::gemm(&args)?],
        Conv => vec![linear::conv(&args)?],
        AveragePool => vec![pool::average(&args)?],
        MaxPool => vec![pool::max(&args)?],
        GlobalAveragePool | GlobalMaxPool => {
            let axes: Vec<usize> = (2..args.shape(0)?.len()).collect();
            vec![reduce::reduce(kind, &args, &axes)?]
        }
        BatchNormalization => vec![elementwise::batch_normalization(&args)?],
        Softmax => vec![reduce::softmax(&args)?],
        ReduceSum | ReduceMean | ReduceMax | ReduceMin => {
            let list = args.optional(1).and_then(Tensor::as_i64s);
            let axes = reduced_axes(op, args.shape(0)?.len(), list)?;
            vec![reduce::reduce(kind, &args, &axes)?]
        }
        Dropout => vec![dropout(&args)?],
        Identity => vec![args.tensor(0)?.clone()],
        Reshape | Flatten | Squeeze | Unsqueeze => vec![args.tensor(0)?.reshaped(&shapes[0])],
        Transpose => vec![movement::transpose(&args)?],
        Concat => vec![movement::concat(&args)?],
        Split => movement::split(&args)?,
        Slice => vec![movement::slice(&args)?],
        Gather => vec![movement::gather(&args)?],
        Expand => vec![movement::expand(&args)?],
        Tile => vec![movement::tile(&args)?],
        Pad => vec![movement::pad(&args)?],
        Shape => {
            let dims = args.shape(0)?;
            vec![Tensor::i64s(
                &shapes[0],
                dims[shape_range(op, dims.len())].to_vec(),
            )]
        }
        Size => vec![Tensor::i64s(&[], vec![args.tensor(0)?.len() as i64])],
    };
    for (t, dtype) in results.iter().zip(types) {
        check(t, *dtype)?;
    }
    Ok(results)
}

/// Results hold what their element type can.
fn check(t: &Tensor, dtype: DType) -> Result<(), Invalid> {
    if !t.is_of(dtype) {
        invalid!(
            "the result has {}, but its type is {dtype:?}",
            t.data.kind()
        );
    }
    if let Data::I64(v) = &t.data
        && let Some((i, x)) = v.iter().enumerate().find(|(_, x)| !fits(**x, dtype))
    {
        invalid!("element {i} of the result is {x}, which a {dtype:?} cannot hold");
    }
    Ok(())
}

fn dropout(args: &Args) -> Result<Tensor, Invalid> {
    if args
        .optional(2)
        .and_then(Tensor::as_scalar)
        .is_some_and(|t| t != 0.0)
    {
        invalid!("operand `training_mode` must be false, found true");
    }
    args.tensor(0).cloned()
}

/// An operation with its operands and the shapes of its results.
struct Args<'a, 'c> {
    op: &'a Op<'c>,
    operands: &'a [Option<&'a Tensor>],
    shapes: &'a [Vec<i64>],
}

impl<'a> Args<'a, '_> {
    fn tensor(&self, i: usize) -> Result<&'a Tensor, Invalid> {
        match self.operands.get(i) {
            Some(Some(t)) => Ok(t),
            _ => invalid!("operand #{i} is missing"),
        }
    }

    fn optional(&self, i: usize) -> Option<&'a Tensor> {
        self.operands.get(i).copied().flatten()
    }

    fn shape(&self, i: usize) -> Result<&'a [i64], Invalid> {
        Ok(&self.tensor(i)?.shape)
    }

    fn f64s(&self, i: usize) -> Result<&'a [f64], Invalid> {
        match &self.tensor(i)?.data {
            Data::F64(v) => Ok(v),
            other => invalid!("operand #{i} holds {}, expected floats", other.kind()),
        }
    }

    fn i64s(&self, i: usize) -> Result<&'a [i64], Invalid> {
        match &self.tensor(i)?.data {
            Data::I64(v) => Ok(v),
            other => invalid!("operand #{i} holds {}, expected integers", other.kind()),
        }
    }

    fn float(&self, name: &str, default: f64) -> f64 {
        self.op.float(name).unwrap_or(default)
    }

    fn int(&self, name: &str, default: i64) -> i64 {
        self.op.int(name).unwrap_or(default)
    }
}
