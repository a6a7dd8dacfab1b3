//! `convert-onnx-to-zkarith`: from floats to exact integers with bounds.
//!
//! Every tensor gets a power-of-two scale and exact integer bounds:
//!
//! * inputs come from their declared range: the circuit enforces it, and everything else follows;
//! * weights get so many fraction bits that the rescale behind them drops a multiple of
//!   `limb-bits`, and that rounding them costs no more than rounding the result;
//! * sums of products are exact, and so are biases, which are rounded at the sum's scale. A
//!   `zkarith.rescale` follows only where the bits would exceed `rescale-above` in a factor or in
//!   an operand of an exact non-linear operation, which then has `value-bits` at most, and in
//!   front of a named function. A result of the model keeps the scale of its sum;
//! * a named function gets the finest scale at which a table of 2^`table-bits` entries covers its
//!   operand, up to where the function no longer changes; `zkarith.clamp` cuts the rest;
//! * products with powers of two, and means over as many elements, cost nothing
//!   (`zkarith.reinterpret`);
//! * bounds are intervals of each element, and the norm of each tensor (the root of the sum of its
//!   squares), computed from the quantized weights; norms bound the sums of deep networks much
//!   better. A type holds the hull of all elements.
//!
//! Constants are rounded to nearest, ties to even, from the exact value of the double.
//!
//! Before, with `input-range=0:1`:
//! ```mlir
//! module {
//!   func.func @main(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
//!     %w = onnx.Constant dense<[[0.5], [-0.25]]> : tensor<2x1xf32>
//!     %0 = onnx.MatMul %x, %w : (tensor<1x2xf32>, tensor<2x1xf32>) -> tensor<1x1xf32>
//!     %1 = onnx.Tanh %0 : (tensor<1x1xf32>) -> tensor<1x1xf32>
//!     return %1 : tensor<1x1xf32>
//!   }
//! }
//! ```
//! After:
//! ```mlir
//! module {
//!   func.func @main(%arg0: tensor<1x2x!zkarith.fixed<10, 0, 1024>>) -> tensor<1x1x!zkarith.fixed<10, -251, 473>> {
//!     %0 = zkarith.constant dense<[[2048], [-1024]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<12, -1024, 2048>>
//!     %1 = zkarith.matmul %arg0, %0 : (tensor<1x2x!zkarith.fixed<10, 0, 1024>>, tensor<2x1x!zkarith.fixed<12, -1024, 2048>>) -> tensor<1x1x!zkarith.fixed<22, -1048576, 2097152>>
//!     %2 = zkarith.rescale %1 : tensor<1x1x!zkarith.fixed<22, -1048576, 2097152>> -> tensor<1x1x!zkarith.fixed<10, -256, 512>>
//!     %3 = zkarith.apply "tanh" %2 : tensor<1x1x!zkarith.fixed<10, -256, 512>> -> tensor<1x1x!zkarith.fixed<10, -251, 473>>
//!     return %3 : tensor<1x1x!zkarith.fixed<10, -251, 473>>
//!   }
//! }
//! ```
//!
//! Leaves alone: modules without a function. Requires: static shapes, the core operations of
//! `onnx-decompose`, floating-point tensors (others only as constants), a range for each input.
//! Ensures: every value that the program can compute lies within its type; argument and result
//! attributes stay.

mod converter;
mod elementwise;
mod format;
mod function;
mod issue;
mod linear;
mod movement;
mod options;
mod plan;
mod pooling;

use converter::{Converter, Value};
pub(crate) use issue::Issue;
use melior::ir::{attribute::DictionaryAttribute, operation::OperationLike};
use options::{OPTIONS, Options};
use std::rc::Rc;
use zkc_dialects::{
    onnx::{Kind, Tensor, eval_op},
    zkarith::{self, Interval, quantize},
};
use zkc_support::{
    Constants, DType, Failed, Graph, Op, OperationRef, PassInfo, PassOptions, as_array, as_str,
    emit_error, find_op,
};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "convert-onnx-to-zkarith",
    description: "from floats to exact integers with scales and bounds",
    anchor: "builtin.module",
    options: OPTIONS,
    run,
};

fn run(module: OperationRef<'_, '_>, options: &PassOptions) -> Result<(), Failed> {
    let options = Options::read(module, options)?;
    let Some(function) = find_op(module, "func.func") else {
        return Ok(());
    };
    let fail = |e: zkc_support::GraphError| emit_error(function.location(), &e.to_string(), &[]);
    let source = Graph::read(function).map_err(fail)?;
    let constants = Constants::of_module(module);
    let mut converter = Converter::new(&source, &constants, options);
    converter.inputs()?;
    converter.operations()?;
    converter.outputs()?;
    converter.graph.remove_dead();
    converter.graph.replace(function).map_err(fail)
}

/// Names of the arguments of a function, where they have one.
/// Most elements of a tensor that depends on the inputs; each takes cells in a circuit of at most 2^20 rows.
const MAX_ELEMENTS: i64 = 1 << 24;

/// Refuses tensors that no circuit can hold before anything is computed for their elements.
fn fits(shape: &[i64]) -> std::result::Result<(), Issue> {
    let elements = shape.iter().try_fold(1i64, |n, d| n.checked_mul(*d));
    match elements.filter(|n| *n <= MAX_ELEMENTS) {
        Some(_) => Ok(()),
        None => Err(Issue::new(format!(
            "has shape {shape:?}, more than the {MAX_ELEMENTS} elements that a circuit can hold"
        ))
        .help("use smaller inputs, or split the model")),
    }
}

fn argument_names(graph: &Graph) -> Vec<Option<String>> {
    let all = graph
        .attr("arg_attrs")
        .and_then(as_array)
        .unwrap_or_default();
    let name = |i: usize| {
        let attributes = DictionaryAttribute::try_from(*all.get(i)?).ok()?;
        Some(as_str(attributes.element_by_name("onnx.name")?)?.to_string())
    };
    (0..graph.inputs.len()).map(name).collect()
}

impl Converter<'_, '_> {
    /// Converts the arguments.
    fn inputs(&mut self) -> Result<(), Failed> {
        let names = argument_names(self.source);
        let mut failed = None;
        for (name, _) in &self.options.ranges.named {
            if !names.iter().flatten().any(|n| n == name) {
                let known: Vec<String> =
                    names.iter().flatten().map(|n| format!("\"{n}\"")).collect();
                let message = format!("option `input-range` names \"{name}\", which is no input");
                let notes = [format!("the inputs are {}", known.join(", "))];
                failed = Some(emit_error(self.source.location, &message, &notes));
            }
        }
        for (i, (v, name)) in self.source.inputs.iter().zip(&names).enumerate() {
            match self.argument(*v, name.as_deref()) {
                Ok(value) => self.values[v.index()] = Some(value),
                Err(issue) => {
                    let shown = name
                        .as_ref()
                        .map_or_else(|| format!("{i}"), |n| format!("\"{n}\""));
                    let message = format!("input {shown}: {}", issue.message);
                    failed = Some(emit_error(self.source.location, &message, &issue.notes));
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn argument(&mut self, v: zkc_support::ValueId, name: Option<&str>) -> Result<Value, Issue> {
        let t = self.float_tensor(v)?;
        fits(&t.shape)?;
        let range = self.options.ranges.of(name).ok_or_else(|| {
            Issue::new("has no declared range").help(
                "say in which interval its elements lie, for example `input-range=0:1`; every \
                 bound in the circuit follows from it",
            )
        })?;
        let magnitude = range.lo.abs().max(range.hi.abs());
        let scale = format::input_scale(magnitude, &self.options);
        // Rounding never falls, so that every number in the range becomes an integer in the
        // bounds.
        let at = |x: f64| {
            quantize(x, scale)
                .filter(|n| format::bits(Interval::new(*n, *n)) <= self.options.max_bits)
                .ok_or_else(|| {
                    let bits = self.options.max_bits;
                    let message = format!("the range's end {x:e} needs more than {bits} bits");
                    Issue::new(message).help("declare a smaller range, or scale the input down")
                })
        };
        let bounds = Interval::new(at(range.lo)?, at(range.hi)?);
        self.input(&t.shape, scale, bounds).map(Value::Fixed)
    }

    /// Converts all operations; those that depend on one that failed are left out.
    fn operations(&mut self) -> Result<(), Failed> {
        let mut failed = None;
        let source = self.source;
        for (i, op) in source.ops.iter().enumerate() {
            let known = |v: &zkc_support::ValueId| self.values[v.index()].is_some();
            if !op.operands.iter().all(known) {
                continue;
            }
            self.location = op.location;
            match self.operation(op, i) {
                Ok(value) => {
                    for v in op.results.iter().take(1) {
                        self.values[v.index()] = Some(value.clone());
                    }
                }
                Err(issue) => {
                    let message = format!("`{}`: {}", op.name, issue.message);
                    failed = Some(emit_error(op.location, &message, &issue.notes));
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn operation(&mut self, op: &Op, position: usize) -> Result<Value, Issue> {
        use Kind::*;
        let Some(kind) = Kind::of(&op.name) else {
            return Err(Issue::new("has no conversion to `zkarith`"));
        };
        if kind == NoValue {
            return Ok(Value::None);
        }
        if kind == Constant {
            let value = op
                .attr("value")
                .ok_or_else(|| Issue::new("has no `value`"))?;
            let constant = Tensor::from_constant(&self.constants.read(value)?);
            let constant =
                constant.ok_or_else(|| Issue::new("holds an integer of 2^63 or more"))?;
            return Ok(Value::Constant(Rc::new(constant)));
        }
        if let Some(folded) = self.folded(op)? {
            return Ok(folded);
        }
        for v in &op.results {
            fits(&self.float_tensor(*v)?.shape)?;
        }
        match kind {
            NoValue | Constant => Ok(Value::None),
            Add => self.sum(op, false),
            Sub => self.sum(op, true),
            Mul => self.product(op),
            Div => self.quotient(op),
            Pow => self.power(op),
            Max => self.extremum(op, zkarith::Kind::Max),
            Min => self.extremum(op, zkarith::Kind::Min),
            Abs => self.absolute(op),
            Neg => self.negation(op),
            Relu => self.relu(op),
            LeakyRelu => self.leaky_relu(op),
            HardSigmoid => self.hard_sigmoid(op),
            Clip => self.clip(op),
            Sigmoid | Tanh | Erf | Gelu | Softplus | Softsign | Mish | Elu | Celu | Selu
            | ThresholdedRelu | HardSwish | Exp | Log | Sqrt | Reciprocal | Sin | Cos | Tan
            | Asin | Acos | Atan | Sinh | Cosh | Asinh | Acosh | Atanh | Sign | Floor | Ceil
            | Round => self.function(op, position),
            Swish if op.float("alpha").unwrap_or(1.0) == 1.0 => self.function(op, position),
            MatMul => self.matrix_product(op),
            Conv => self.convolution(op),
            MaxPool => self.max_pool(op),
            AveragePool => self.average_pool(op),
            ReduceSum | ReduceMean | ReduceMax => self.reduction(op),
            // A cast between floats: numbers here have no width.
            Identity | Dropout | Cast => self.tensor(op, 0).map(Value::Fixed),
            Reshape | Flatten | Squeeze | Unsqueeze => self.reshape(op),
            Transpose => self.transpose(op),
            Concat => self.concat(op),
            Slice => self.slice(op),
            Pad => self.pad(op),
            Expand => self.expand(op),
            ConstantOfShape | Sum | Mean | Swish | Gemm | GlobalAveragePool | GlobalMaxPool
            | BatchNormalization | Softmax | ReduceMin | Split | Gather | Tile | Shape | Size => {
                Err(Issue::new("has no conversion to `zkarith`").help(
                    "run `onnx-decompose` first; the operators that zkc compiles are listed on \
                       the supported-ops page",
                ))
            }
        }
    }

    /// The result of an operation whose operands are all constant.
    fn folded(&self, op: &Op) -> Result<Option<Value>, Issue> {
        let mut operands = Vec::new();
        let mut constant = op.results.len() == 1;
        let mut some = false;
        for i in 0..op.operands.len() {
            match self.operand(op, i) {
                Value::None => operands.push(None),
                Value::Constant(c) => {
                    some = true;
                    operands.push(Some(c));
                }
                Value::Fixed(_) => constant = false,
            }
        }
        if !constant || !some {
            return Ok(None);
        }
        let types: Vec<DType> = op
            .results
            .iter()
            .filter_map(|v| DType::of(self.source.tensor(*v)?.element))
            .collect();
        let operands: Vec<Option<&Tensor>> = operands.iter().map(Option::as_deref).collect();
        let result = eval_op(op, &operands, &types)?.pop();
        Ok(result.map(|t| Value::Constant(Rc::new(t))))
    }

    fn outputs(&mut self) -> Result<(), Failed> {
        for (i, v) in self.source.outputs.iter().enumerate() {
            self.location = self.source.return_location;
            let value = match self.values[v.index()].clone() {
                Some(Value::Fixed(v)) => Ok(v),
                Some(Value::Constant(c)) => {
                    let scale = self.constant_scale(&c.to_f64());
                    self.constant(&c, scale)
                }
                _ => Err(Issue::new("has no value")),
            };
            match value {
                Ok(v) => self.graph.outputs.push(v),
                Err(issue) => {
                    let message = format!("output {i}: {}", issue.message);
                    return Err(emit_error(self.source.location, &message, &issue.notes));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
