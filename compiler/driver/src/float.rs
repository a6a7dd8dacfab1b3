//! The model in floating point: the `onnx` module as it was imported, with its weights.

use std::io::Write;

use zkc_dialects::onnx;
use zkc_support::{
    Attribute, Constants, Context, DType, Graph, Module, OperationRef, as_weights, find_op,
    new_context, parse_module, string,
};

use crate::diagnostics;
use crate::error::{Error, Result};
use crate::inputs::{ElementType, Tensor, Values};

/// Name of the file that holds the weights, as the module's text refers to it.
const WEIGHTS: &str = "weights";

/// The attribute that names the folder of the weights.
const DATA_DIR: &str = "onnx.data_dir";

/// A model that can be evaluated in floating point wherever it is: text and weights, referring to no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloatModel {
    /// The module.
    pub(crate) text: String,
    /// What its `#onnx.weights` attributes refer to.
    pub(crate) weights: Vec<u8>,
}

impl FloatModel {
    /// Takes a module and the weights it refers to.
    pub(crate) fn capture(module: &Module) -> Result<Self> {
        let context = new_context();
        let text = module.as_operation().to_string();
        let copy = parse(&context, &text)?;
        let constants = Constants::of_module(module.as_operation());
        let main = main_function(copy.as_operation())?;
        let mut graph = Graph::read(main).map_err(broken)?;
        let mut weights = Vec::new();
        for op in &mut graph.ops {
            for (_, attribute) in &mut op.attributes {
                if as_weights(*attribute).is_some() {
                    *attribute = store(&context, &constants, *attribute, &mut weights)?;
                }
            }
        }
        graph.replace(main).map_err(broken)?;
        let mut copy = copy;
        set_data_dir(&mut copy, &context, ".");
        Ok(FloatModel {
            text: copy.as_operation().to_string(),
            weights,
        })
    }

    /// Evaluates the model: floats as doubles, integers exactly. One flat list per graph output.
    pub fn evaluate(&self, inputs: &[Tensor], elements: &[ElementType]) -> Result<Vec<Vec<f64>>> {
        let folder = tempfile::tempdir()
            .map_err(|error| Error::io("cannot write to", &std::env::temp_dir(), &error))?;
        let path = folder.path().join(WEIGHTS);
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(&self.weights))
            .map_err(|error| Error::io("cannot write", &path, &error))?;
        let context = new_context();
        let module = parse(&context, &self.text)?;
        let graph = Graph::read(main_function(module.as_operation())?).map_err(broken)?;
        let constants = Constants::new(folder.path());
        let inputs: Vec<onnx::Tensor> = inputs
            .iter()
            .zip(elements)
            .map(|(tensor, element)| to_onnx(tensor, *element))
            .collect();
        let outputs = onnx::eval(&graph, &constants, &inputs).map_err(|error| {
            Error::diagnostic(format!(
                "the model cannot be evaluated in floating point: {error}"
            ))
        })?;
        Ok(outputs.iter().map(onnx::Tensor::to_f64).collect())
    }
}

fn parse<'c>(context: &'c Context, text: &str) -> Result<Module<'c>> {
    parse_module(context, text).map_err(|errors| {
        diagnostics::to_error(&errors)
            .unwrap_or_else(|| Error::diagnostic("the model's `onnx` module cannot be parsed"))
    })
}

pub(crate) fn main_function<'c, 'a>(module: OperationRef<'c, 'a>) -> Result<OperationRef<'c, 'a>> {
    find_op(module, "func.func")
        .ok_or_else(|| Error::diagnostic("the model's module has no function"))
}

fn broken(error: zkc_support::GraphError) -> Error {
    Error::diagnostic(format!("the model's module cannot be read: {error}"))
}

fn set_data_dir<'c>(module: &mut Module<'c>, context: &'c Context, folder: &str) {
    use melior::ir::operation::OperationMutLike;
    module
        .as_operation_mut()
        .set_attribute(DATA_DIR, string(context, folder));
}

/// Appends the bytes of a weights attribute and returns one that refers to them.
fn store<'c>(
    context: &'c Context,
    constants: &Constants,
    attribute: Attribute<'c>,
    weights: &mut Vec<u8>,
) -> Result<Attribute<'c>> {
    let cannot = |error: zkc_support::ConstantError| {
        Error::diagnostic(format!("cannot read the weights: {error}"))
    };
    let constant = constants.read(attribute).map_err(cannot)?;
    let Some(reference) = as_weights(attribute) else {
        unreachable!("only weights attributes are stored");
    };
    let bytes = constant.bytes();
    let text = format!(
        "#onnx.weights<\"{WEIGHTS}\", offset = {}, length = {}, digest = \"{}\"> : {}",
        weights.len(),
        bytes.len(),
        reference.digest,
        reference.r#type
    );
    weights.extend_from_slice(bytes);
    Attribute::parse(context, &text).ok_or_else(|| Error::bug(format!("`{text}` does not parse")))
}

/// The evaluator's form of an input.
fn to_onnx(tensor: &Tensor, element: ElementType) -> onnx::Tensor {
    let shape: Vec<i64> = tensor.shape.iter().map(|&extent| extent as i64).collect();
    match (&tensor.values, element) {
        (Values::Real(values), _) => onnx::Tensor::f64s(&shape, values.clone()),
        (Values::Whole(values), ElementType::Bool) => {
            onnx::Tensor::bools(&shape, values.iter().map(|&value| value != 0).collect())
        }
        (Values::Whole(values), _) => onnx::Tensor::i64s(&shape, values.clone()),
    }
}

/// The element type that an MLIR type stands for.
pub(crate) fn element_type(dtype: DType) -> ElementType {
    match dtype {
        DType::F32 => ElementType::Float32,
        DType::F64 => ElementType::Float64,
        DType::Int(bits) => ElementType::Integer { bits, signed: true },
        DType::UInt(bits) => ElementType::Integer {
            bits,
            signed: false,
        },
        DType::Bool => ElementType::Bool,
    }
}
