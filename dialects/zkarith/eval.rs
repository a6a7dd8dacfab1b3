//! Reference semantics on exact integers, and the range analysis that goes with them.
//!
//! A program is evaluated operation by operation over a [`Number`]: over `i128` by [`eval`], over
//! [`super::Interval`] by [`super::bounds()`]. Every value is checked against the bounds of its type, so that an
//! evaluation that ends is one that the circuit can prove. `poly_ext.eval` on integers belongs to
//! both: the program after any pass down to `poly_ext` has a value.

mod elementwise;
pub(super) mod linear;
mod movement;

use super::{
    kind::Kind,
    number::{Application, ApplicationRef, Functions, Interval, Lookup, Number, shift_left},
    tensor::{IntTensor, Tensor},
};
use crate::onnx::shape::count;
use std::cell::RefCell;
use zkc_support::{
    ConstantError, Constants, FixedType, Form, Graph, Op, Outside, TensorType, as_approx, node_name,
};

/// Why a program has no value for some input.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// Another number of inputs than the program has arguments.
    #[error("the program has {expected} inputs, found {found}")]
    Inputs {
        /// Arguments of the program.
        expected: usize,
        /// Inputs given.
        found: usize,
    },
    /// An input with another number of elements than its type says.
    #[error("input {index} must have {expected} elements, found {found}")]
    InputLength {
        /// Position of the input.
        index: usize,
        /// Elements of its type.
        expected: usize,
        /// Elements given.
        found: usize,
    },
    /// An element of an input lies outside the bounds of its type.
    #[error("element {element} of input {index} is {value}, outside of [{lo}, {hi}]")]
    InputBounds {
        /// Position of the input.
        index: usize,
        /// Row-major position in the tensor.
        element: usize,
        /// The integer.
        value: i128,
        /// Least integer allowed.
        lo: String,
        /// Greatest integer allowed.
        hi: String,
    },
    /// An argument or result of the program is no tensor of `!zkarith.fixed`.
    #[error("value {index} of the program's signature is no tensor of `!zkarith.fixed`")]
    Signature {
        /// Position of the value.
        index: usize,
    },
    /// An operation has no value.
    #[error(transparent)]
    Op(Box<OpError>),
}

/// An operation that has no value, and why.
#[derive(Debug, thiserror::Error)]
#[error("`{op}`{}: {reason}", at(.node))]
pub struct OpError {
    /// The operation.
    pub op: String,
    /// The ONNX node that it comes from.
    pub node: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Why an operation has no value.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// A result leaves the bounds of its type.
    #[error("element {element} of the result is {value}, outside of [{lo}, {hi}] of its type")]
    Bounds {
        /// Row-major position in the result.
        element: usize,
        /// The integer, or the interval in which it lies.
        value: String,
        /// Least integer of the type.
        lo: String,
        /// Greatest integer of the type.
        hi: String,
    },
    /// A result or an intermediate sum does not fit.
    #[error("element {element} of the result needs more than 127 bits")]
    Overflow {
        /// Row-major position in the result.
        element: usize,
    },
    /// An argument has no entry in a table.
    #[error("element {element} of the operand is {value}, which the table does not hold")]
    NotInTable {
        /// Row-major position in the operand.
        element: usize,
        /// The integer, or the interval in which it lies.
        value: String,
    },
    /// A divisor can be zero or negative.
    #[error("element {element} of the result has the divisor {value}, which must be positive")]
    Divisor {
        /// Row-major position in the result.
        element: usize,
        /// The integer, or the interval in which it lies.
        value: String,
    },
    /// A named function has no value.
    #[error("element {element}: {message}")]
    Function {
        /// Row-major position in the operand.
        element: usize,
        /// Why.
        message: String,
    },
    /// A constant cannot be read.
    #[error(transparent)]
    Constant(#[from] ConstantError),
    /// The operation is not one of `zkarith` or `poly_ext` on integers.
    #[error("has no meaning on integers")]
    Unknown,
    /// Shapes or attributes contradict each other, which the verifier would have found.
    #[error("is malformed: {0}")]
    Malformed(&'static str),
}

fn at(node: &Option<String>) -> String {
    node.as_ref()
        .map(|n| format!(" at node \"{n}\""))
        .unwrap_or_default()
}

/// Evaluates a program on integers: one list of elements in row-major order for each argument.
///
/// Programs with `zkarith.apply` need [`eval_with`].
///
/// # Errors
/// When an input does not suit its type, or a value leaves its type's bounds.
pub fn eval(
    graph: &Graph,
    constants: &Constants,
    inputs: &[Vec<i128>],
) -> Result<Vec<IntTensor>, EvalError> {
    run(graph, constants, None, &given(graph, inputs)?)
}

/// [`eval`] for programs with named functions.
///
/// # Errors
/// As [`eval`]; also when a function has no value.
pub fn eval_with(
    graph: &Graph,
    constants: &Constants,
    functions: &dyn Functions,
    inputs: &[Vec<i128>],
) -> Result<Vec<IntTensor>, EvalError> {
    run(graph, constants, Some(functions), &given(graph, inputs)?)
}

/// The bounds of a type, cut to 128 bits: no value that is computed here lies further out.
pub fn machine_bounds(t: &FixedType) -> Interval {
    let cut = |b: &num_bigint::BigInt, wide: i128| i128::try_from(b).unwrap_or(wide);
    let least = if t.lo.sign() == num_bigint::Sign::Minus {
        i128::MIN
    } else {
        i128::MAX
    };
    let most = if t.hi.sign() == num_bigint::Sign::Minus {
        i128::MIN
    } else {
        i128::MAX
    };
    Interval {
        lo: cut(&t.lo, least),
        hi: cut(&t.hi, most),
    }
}

fn given(graph: &Graph, inputs: &[Vec<i128>]) -> Result<Vec<IntTensor>, EvalError> {
    if inputs.len() != graph.inputs.len() {
        return Err(EvalError::Inputs {
            expected: graph.inputs.len(),
            found: inputs.len(),
        });
    }
    let mut out = Vec::new();
    for (index, (v, values)) in graph.inputs.iter().zip(inputs).enumerate() {
        let t = graph.tensor(*v).ok_or(EvalError::Signature { index })?;
        let fixed = t.fixed().ok_or(EvalError::Signature { index })?;
        let expected = count(&t.shape).ok_or(EvalError::Signature { index })?;
        if expected != values.len() {
            return Err(EvalError::InputLength {
                index,
                expected,
                found: values.len(),
            });
        }
        let allowed = machine_bounds(&fixed);
        if let Some(element) = values
            .iter()
            .position(|n| !(allowed.lo..=allowed.hi).contains(n))
        {
            return Err(EvalError::InputBounds {
                index,
                element,
                value: values[element],
                lo: fixed.lo.to_string(),
                hi: fixed.hi.to_string(),
            });
        }
        out.push(Tensor {
            shape: t.shape,
            values: values.clone(),
        });
    }
    Ok(out)
}

fn run(
    graph: &Graph,
    constants: &Constants,
    functions: Option<&dyn Functions>,
    inputs: &[IntTensor],
) -> Result<Vec<IntTensor>, EvalError> {
    // A tensor is dropped after its last use, so that deep programs need little memory.
    let mut last_use = vec![0; graph.value_count()];
    for (i, op) in graph.ops.iter().enumerate() {
        for v in &op.operands {
            last_use[v.index()] = i;
        }
    }
    for v in &graph.outputs {
        last_use[v.index()] = graph.ops.len();
    }
    let mut known: Vec<Option<IntTensor>> = vec![None; graph.value_count()];
    for (v, tensor) in graph.inputs.iter().zip(inputs) {
        known[v.index()] = Some(tensor.clone());
    }
    for (i, op) in graph.ops.iter().enumerate() {
        let operands = operands_of(op, &known)?;
        let result = step(graph, op, constants, functions, &operands)?;
        let v = op
            .results
            .first()
            .ok_or_else(|| fail(op, Reason::Unknown))?;
        known[v.index()] = Some(result);
        for v in &op.operands {
            if last_use[v.index()] == i {
                known[v.index()] = None;
            }
        }
    }
    graph
        .outputs
        .iter()
        .enumerate()
        .map(|(index, v)| {
            known[v.index()]
                .clone()
                .ok_or(EvalError::Signature { index })
        })
        .collect()
}

/// What is known of the operands of an operation.
pub(super) fn operands_of<'t, T>(op: &Op, known: &'t [Option<T>]) -> Result<Vec<&'t T>, EvalError> {
    op.operands
        .iter()
        .map(|v| known[v.index()].as_ref())
        .collect::<Option<_>>()
        .ok_or_else(|| fail(op, Reason::Malformed("an operand has no value")))
}

/// The operation has no value, for this reason.
pub(super) fn fail(op: &Op, reason: Reason) -> EvalError {
    let node = node_name(op.location);
    EvalError::Op(Box::new(OpError {
        op: op.name.clone(),
        node,
        reason,
    }))
}

/// What an operation needs to know apart from its operands.
struct Scene<'a, 'c> {
    graph: &'a Graph<'c>,
    op: &'a Op<'c>,
    constants: &'a Constants,
    functions: Option<&'a dyn Functions>,
    result: TensorType<'c>,
    fixed: FixedType,
}

impl Scene<'_, '_> {
    fn ints(&self, name: &'static str) -> Result<Vec<i64>, Reason> {
        self.op.ints(name).ok_or(Reason::Malformed(name))
    }

    /// Scale of an operand.
    fn scale(&self, operand: usize) -> Result<u32, Reason> {
        let v = self
            .op
            .operands
            .get(operand)
            .ok_or(Reason::Malformed("operands are missing"))?;
        let t = self.graph.tensor(*v).and_then(|t| t.fixed());
        Ok(t.ok_or(Reason::Malformed(
            "an operand is no tensor of `!zkarith.fixed`",
        ))?
        .scale)
    }
}

/// The result of an operation, which lies within the bounds of its type.
fn step<N: Number>(
    graph: &Graph,
    op: &Op,
    constants: &Constants,
    functions: Option<&dyn Functions>,
    operands: &[&Tensor<N>],
) -> Result<Tensor<N>, EvalError> {
    let result = result_of(graph, op, constants, functions, operands)?;
    within_type(graph, op, &result)?;
    Ok(result)
}

/// The result of an operation, wherever it lies.
pub(super) fn result_of<N: Number>(
    graph: &Graph,
    op: &Op,
    constants: &Constants,
    functions: Option<&dyn Functions>,
    operands: &[&Tensor<N>],
) -> Result<Tensor<N>, EvalError> {
    let (result, fixed) = result_type(graph, op)?;
    let scene = Scene {
        graph,
        op,
        constants,
        functions,
        result,
        fixed,
    };
    let values = compute(&scene, operands).map_err(|reason| fail(op, reason))?;
    Tensor::try_new(&scene.result.shape, values)
        .ok_or_else(|| fail(op, Reason::Malformed("shapes contradict each other")))
}

/// Checks the result of an operation against the bounds of its type.
pub(super) fn within_type<N: Number>(
    graph: &Graph,
    op: &Op,
    result: &Tensor<N>,
) -> Result<(), EvalError> {
    let (_, fixed) = result_type(graph, op)?;
    let allowed = machine_bounds(&fixed);
    let outside = |n: &N| n.least() < allowed.lo || n.greatest() > allowed.hi;
    match result.values.iter().position(outside) {
        None => Ok(()),
        Some(element) => Err(fail(
            op,
            Reason::Bounds {
                element,
                value: result.values[element].to_string(),
                lo: fixed.lo.to_string(),
                hi: fixed.hi.to_string(),
            },
        )),
    }
}

fn result_type<'c>(graph: &Graph<'c>, op: &Op) -> Result<(TensorType<'c>, FixedType), EvalError> {
    let result = op.results.first().and_then(|v| graph.tensor(*v));
    let typed = result.and_then(|t| {
        let fixed = t.fixed()?;
        Some((t, fixed))
    });
    typed.ok_or_else(|| fail(op, Reason::Unknown))
}

fn compute<N: Number>(s: &Scene, x: &[&Tensor<N>]) -> Result<Vec<N>, Reason> {
    if s.op.name == "poly_ext.eval" {
        return table(s, unary(x)?);
    }
    let kind = Kind::of(&s.op.name).ok_or(Reason::Unknown)?;
    match kind {
        Kind::Constant => {
            let value = s.op.attr("value").ok_or(Reason::Malformed("value"))?;
            Ok(s.constants
                .read(value)?
                .to_i128()?
                .into_iter()
                .map(N::exact)
                .collect())
        }
        Kind::Add => elementwise::binary(s, x, N::plus),
        Kind::Sub => elementwise::binary(s, x, N::minus),
        Kind::Mul if s.op.operands.first() == s.op.operands.get(1) => {
            elementwise::binary(s, x, |a, _| a.square())
        }
        Kind::Mul => elementwise::binary(s, x, N::times),
        Kind::Max => elementwise::binary(s, x, |a, b| Some(a.maximum(b))),
        Kind::Min => elementwise::binary(s, x, |a, b| Some(a.minimum(b))),
        Kind::Upscale => {
            let bits = s
                .fixed
                .scale
                .checked_sub(s.scale(0)?)
                .ok_or(Reason::Malformed("scale"))?;
            elementwise::unary(unary(x)?, |n| shift_left(n, bits))
        }
        Kind::Rescale => {
            let bits = s
                .scale(0)?
                .checked_sub(s.fixed.scale)
                .ok_or(Reason::Malformed("scale"))?;
            if bits == 0 {
                return Err(Reason::Malformed("scale"));
            }
            elementwise::unary(unary(x)?, |n| super::number::rescale(n, bits))
        }
        Kind::Relu => elementwise::unary(unary(x)?, |n| Some(n.max(0))),
        Kind::Clamp => {
            let b = machine_bounds(&s.fixed);
            elementwise::unary(unary(x)?, |n| Some(n.clamp(b.lo, b.hi)))
        }
        Kind::Reinterpret | Kind::Reshape => Ok(unary(x)?.values.clone()),
        Kind::Div => {
            let shift =
                (i64::from(s.fixed.scale) + i64::from(s.scale(1)?)) - i64::from(s.scale(0)?);
            let shift = u32::try_from(shift).map_err(|_| Reason::Malformed("scale"))?;
            elementwise::divide(s, x, shift)
        }
        Kind::Apply => apply(s, unary(x)?),
        Kind::MatMul => linear::matmul(s, x),
        Kind::Conv => linear::conv(s, x),
        Kind::SumPool => linear::pool(s, unary(x)?, N::plus),
        Kind::MaxPool => linear::pool(s, unary(x)?, |a, b| Some(a.maximum(b))),
        Kind::ReduceSum => linear::reduce(s, unary(x)?, N::plus, Some(N::exact(0))),
        Kind::ReduceMax => linear::reduce(s, unary(x)?, |a, b| Some(a.maximum(b)), None),
        Kind::Transpose => movement::transpose(s, unary(x)?),
        Kind::Broadcast => movement::broadcast(s, unary(x)?),
        Kind::Slice => movement::slice(s, unary(x)?),
        Kind::Concat => movement::concat(s, x),
        Kind::Pad => movement::pad(s, unary(x)?),
    }
}

fn unary<'a, N>(x: &[&'a Tensor<N>]) -> Result<&'a Tensor<N>, Reason> {
    match x {
        [x] => Ok(x),
        _ => Err(Reason::Malformed("needs one operand")),
    }
}

fn binary<'a, N>(x: &[&'a Tensor<N>]) -> Result<[&'a Tensor<N>; 2], Reason> {
    match x {
        [a, b] => Ok([a, b]),
        _ => Err(Reason::Malformed("needs two operands")),
    }
}

fn apply<N: Number>(s: &Scene, x: &Tensor<N>) -> Result<Vec<N>, Reason> {
    let application = Application {
        functions: s.functions,
        function: s.op.str("function").ok_or(Reason::Malformed("function"))?,
        in_scale: s.scale(0)?,
        out_scale: s.fixed.scale,
        bounds: machine_bounds(&s.fixed),
        known: RefCell::default(),
    };
    let value = |(element, n): (usize, &N)| {
        n.apply(&ApplicationRef(&application))
            .map_err(|message| Reason::Function { element, message })
    };
    x.values.iter().enumerate().map(value).collect()
}

fn table<N: Number>(s: &Scene, x: &Tensor<N>) -> Result<Vec<N>, Reason> {
    let approx =
        s.op.attr("approx")
            .and_then(as_approx)
            .ok_or(Reason::Malformed("approx"))?;
    let Form::Table(table) = approx.form else {
        return Err(Reason::Unknown);
    };
    let values = s.constants.read(table.values)?.to_i128()?;
    if values.is_empty() {
        return Err(Reason::Malformed("the table is empty"));
    }
    let mut lookup = Lookup::new(
        i128::from(table.from),
        &values,
        approx.outside == Outside::Saturate,
    );
    if N::NEEDS_EXTREMES {
        lookup = lookup.with_extremes();
    }
    let value = |(element, n): (usize, &N)| {
        n.look_up(&lookup).ok_or_else(|| Reason::NotInTable {
            element,
            value: n.to_string(),
        })
    };
    x.values.iter().enumerate().map(value).collect()
}

#[cfg(test)]
mod tests;
