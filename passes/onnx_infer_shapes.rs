//! `onnx-infer-shapes`: gives every tensor its static shape.
//!
//! Shapes follow from those of the function's arguments, which must be static. Where a shape
//! depends on an operand (of `onnx.Reshape`, `onnx.Slice`, ...), that operand is computed from the
//! constants and shapes that it depends on, with exact integers.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<2x3x4xf32>) -> tensor<*xf32> {
//!   %shape = onnx.Shape %x {end = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<*xi64>
//!   %rest = onnx.Constant dense<-1> : tensor<1xi64>
//!   %to = onnx.Concat %shape, %rest {axis = 0 : i64} : (tensor<*xi64>, tensor<1xi64>) -> tensor<*xi64>
//!   %y = onnx.Reshape %x, %to : (tensor<2x3x4xf32>, tensor<*xi64>) -> tensor<*xf32>
//!   return %y : tensor<*xf32>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%x: tensor<2x3x4xf32>) -> tensor<2x12xf32> {
//!   %shape = onnx.Shape %x {end = 1 : i64} : (tensor<2x3x4xf32>) -> tensor<1xi64>
//!   %rest = onnx.Constant dense<-1> : tensor<1xi64>
//!   %to = onnx.Concat %shape, %rest {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
//!   %y = onnx.Reshape %x, %to : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<2x12xf32>
//!   return %y : tensor<2x12xf32>
//! }
//! ```
//!
//! Leaves alone: operations and their order; only types change. Requires: static arguments.
//! Ensures: every tensor has a static shape, results of at most 2^26 elements, and the function's type says
//! so too. Errors: a shape that depends on an input's values, operands that do not suit each
//! other, and a shape that differs from the one the model declares.

use crate::onnx_builder::{functions, report};
use melior::ir::operation::OperationLike;
use std::rc::Rc;
use zkc_dialects::onnx::{Invalid, Kind, Tensor, eval_op, infer, shape};
use zkc_support::{
    Constants, DType, Failed, Graph, Op, OperationRef, PassInfo, PassOptions, TensorType, ValueId,
    emit_error, tensor_type,
};

/// The pass.
pub(crate) const PASS: PassInfo = PassInfo {
    name: "onnx-infer-shapes",
    description: "Give every tensor its static shape",
    anchor: "builtin.module",
    options: &[],
    run,
};

/// Tensors of at most this many elements are computed for the shapes that depend on them.
const VALUE_LIMIT: usize = 1024;

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    let constants = Constants::of_module(module);
    let mut result = Ok(());
    for function in functions(module) {
        let fail =
            |e: zkc_support::GraphError| emit_error(function.location(), &e.to_string(), &[]);
        let graph = Graph::read(function).map_err(fail)?;
        let mut inference = Inference {
            values: vec![None; graph.value_count()],
            known: vec![false; graph.value_count()],
            graph,
            constants: &constants,
        };
        let done = inference
            .run()
            .and_then(|()| inference.graph.replace(function).map_err(fail));
        result = result.and(done);
    }
    result
}

struct Inference<'c, 'k> {
    graph: Graph<'c>,
    constants: &'k Constants,
    /// Small tensors that are known at compile time.
    values: Vec<Option<Rc<Tensor>>>,
    /// Values whose type is final.
    known: Vec<bool>,
}

impl<'c> Inference<'c, '_> {
    fn run(&mut self) -> Result<(), Failed> {
        self.arguments()?;
        let ops = std::mem::take(&mut self.graph.ops);
        let mut result = Ok(());
        for op in &ops {
            // What depends on a failure cannot be inferred, and the failure has been reported.
            if op.operands.iter().all(|v| self.known[v.index()])
                && let Err(e) = self.op(op)
            {
                result = Err(report(op, &e));
            }
        }
        self.graph.ops = ops;
        result
    }

    fn arguments(&mut self) -> Result<(), Failed> {
        let names = argument_names(&self.graph);
        let mut result = Ok(());
        for (i, v) in self.graph.inputs.iter().enumerate() {
            let t = self.graph.r#type(*v);
            let shape = tensor_type(t);
            self.known[v.index()] = true;
            if shape.as_ref().is_some_and(|t| t.elements().is_some()) {
                continue;
            }
            let name = names
                .get(i)
                .cloned()
                .flatten()
                .unwrap_or_else(|| format!("#{i}"));
            let help = match shape {
                Some(_) => "help: `--dim NAME=N` gives a dimension its extent",
                None => "help: declare the input's shape in the model",
            };
            result = Err(emit_error(
                self.graph.location,
                &format!("input `{name}` must have a static shape, found `{t}`"),
                &[help.into()],
            ));
        }
        result
    }

    fn op(&mut self, op: &Op<'c>) -> Result<(), Invalid> {
        match Kind::of(&op.name) {
            None => {
                // Operations of other dialects keep their types.
                for v in &op.results {
                    self.known[v.index()] = true;
                }
                Ok(())
            }
            Some(Kind::NoValue) => {
                self.known[op.result().index()] = true;
                Ok(())
            }
            Some(Kind::Constant) => self.constant(op),
            Some(_) => self.infer(op),
        }
    }

    fn constant(&mut self, op: &Op<'c>) -> Result<(), Invalid> {
        let v = op.result();
        let elements = self.graph.tensor(v).and_then(|t| t.elements());
        if let (Some(a), true) = (op.attr("value"), elements.is_some_and(|n| n <= VALUE_LIMIT)) {
            let c = self
                .constants
                .read(a)
                .map_err(|e| Invalid::new(e.to_string()))?;
            self.values[v.index()] = Tensor::from_constant(&c).map(Rc::new);
        }
        self.known[v.index()] = true;
        Ok(())
    }

    fn infer(&mut self, op: &Op<'c>) -> Result<(), Invalid> {
        let shapes: Vec<Option<Vec<i64>>> = op
            .operands
            .iter()
            .map(|v| self.graph.tensor(*v).map(|t| t.shape))
            .collect();
        let mut values = |i: usize| {
            let v: ValueId = op.operands[i];
            self.values[v.index()]
                .as_ref()
                .and_then(|t| t.as_i64s().map(<[i64]>::to_vec))
        };
        let inferred = infer(op, &shapes, &mut values)?;
        for (v, shape) in op.results.iter().zip(&inferred) {
            let old = self.graph.r#type(*v);
            let declared = tensor_type(old).map(|t| t.shape);
            if let Some(declared) = declared
                && (declared.len() != shape.len()
                    || declared.iter().zip(shape).any(|(d, s)| *d >= 0 && d != s))
            {
                return Err(Invalid::new(format!(
                    "the result has shape {shape:?}, but the model declares `{old}`"
                )));
            }
            let element = shape::element_type(self.graph.context, old)
                .ok_or_else(|| Invalid::new(format!("result type `{old}` is no tensor")))?;
            self.graph
                .set_type(*v, TensorType::new(shape, element).to_type());
            self.known[v.index()] = true;
        }
        self.evaluate(op, &inferred);
        Ok(())
    }

    /// Computes small results from known operands. An operation that is not defined for them has
    /// no value; if a shape depends on it, that is an error there.
    fn evaluate(&mut self, op: &Op<'c>, shapes: &[Vec<i64>]) {
        let small = |s: &Vec<i64>| s.iter().product::<i64>() <= VALUE_LIMIT as i64;
        if !shapes.iter().all(small) {
            return;
        }
        let results = match Kind::of(&op.name) {
            // Known from the operand's shape alone.
            Some(Kind::Shape) => {
                let dims = self
                    .graph
                    .tensor(op.operand())
                    .map(|t| t.shape)
                    .unwrap_or_default();
                let range = shape::shape_range(op, dims.len());
                vec![Tensor::i64s(&shapes[0], dims[range].to_vec())]
            }
            Some(Kind::Size) => {
                let n = self.graph.tensor(op.operand()).and_then(|t| t.elements());
                vec![Tensor::i64s(&[], vec![n.unwrap_or(0) as i64])]
            }
            _ => {
                let mut operands = Vec::new();
                for v in &op.operands {
                    let absent = self.graph.tensor(*v).is_none();
                    match &self.values[v.index()] {
                        None if !absent => return,
                        t => operands.push(t.clone()),
                    }
                }
                let operands: Vec<Option<&Tensor>> =
                    operands.iter().map(Option::as_deref).collect();
                let dtypes: Option<Vec<DType>> = op
                    .results
                    .iter()
                    .map(|v| DType::of(self.graph.tensor(*v)?.element))
                    .collect();
                let Some(dtypes) = dtypes else { return };
                eval_op(op, &operands, &dtypes).unwrap_or_default()
            }
        };
        for (v, t) in op.results.iter().zip(results) {
            self.values[v.index()] = Some(Rc::new(t));
        }
    }
}

/// The ONNX names of a function's arguments.
fn argument_names(graph: &Graph) -> Vec<Option<String>> {
    let list = graph
        .attr("arg_attrs")
        .and_then(zkc_support::as_array)
        .unwrap_or_default();
    // A dictionary prints as `{onnx.name = "x"}`.
    let name = |a: &zkc_support::Attribute| {
        let text = a.to_string();
        let quoted = text.split_once("onnx.name = \"")?.1;
        Some(quoted.split_once('"')?.0.to_string())
    };
    list.iter().map(name).collect()
}
