//! The model in floating point: the `onnx` module as it was imported, with its weights.

use std::sync::Arc;

use melior::ir::attribute::{AttributeLike, DenseElementsAttribute};
use zkc_dialects::onnx;
use zkc_support::{
    Attribute, Constants, Context, DType, Graph, INLINE_LIMIT, Module, OperationRef, as_weights,
    find_op, new_context, parse_module, string,
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
                if let Some(stored) = store(&context, &constants, *attribute, &mut weights)? {
                    *attribute = stored;
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
        let context = new_context();
        let module = parse(&context, &self.text)?;
        let graph = Graph::read(main_function(module.as_operation())?).map_err(broken)?;
        let constants = Constants::in_memory(WEIGHTS, Arc::from(self.weights.as_slice()));
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
        let error = diagnostics::to_error(&errors);
        let why = error.map(|error| format!(": {}", error.message()));
        Error::diagnostic(format!(
            "the model's `onnx` module cannot be parsed{}",
            why.unwrap_or_default()
        ))
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

/// Appends the bytes of a large constant and returns an attribute that refers to them; `None` where the attribute stays.
///
/// Large constants stand inline where the weight cache could not be written; the result is the same.
fn store<'c>(
    context: &'c Context,
    constants: &Constants,
    attribute: Attribute<'c>,
    weights: &mut Vec<u8>,
) -> Result<Option<Attribute<'c>>> {
    let (constant, r#type) = match as_weights(attribute) {
        Some(reference) => {
            let read = constants
                .read(attribute)
                .map_err(|error| Error::diagnostic(format!("cannot read the weights: {error}")))?;
            (read, reference.r#type)
        }
        None => match DenseElementsAttribute::try_from(attribute) {
            Ok(dense) => match constants.read(attribute) {
                Ok(constant) if constant.len() > INLINE_LIMIT => (constant, dense.r#type()),
                _ => return Ok(None),
            },
            Err(_) => return Ok(None),
        },
    };
    let bytes = constant.bytes();
    let digest = blake3::hash(bytes).to_hex();
    let text = format!(
        "#onnx.weights<\"{WEIGHTS}\", offset = {}, length = {}, digest = \"{}\"> : {}",
        weights.len(),
        bytes.len(),
        // The attribute has the first half.
        &digest[..32],
        r#type
    );
    weights.extend_from_slice(bytes);
    Attribute::parse(context, &text)
        .map(Some)
        .ok_or_else(|| Error::bug(format!("`{text}` does not parse")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_constants_are_kept_as_weights_wherever_they_stand() {
        let context = new_context();
        let text = "module { func.func @main(%x: tensor<2048xf32>) -> tensor<2048xf32> {
            %c = onnx.Constant dense<0.5> : tensor<2048xf32>
            %y = onnx.Add %x, %c : (tensor<2048xf32>, tensor<2048xf32>) -> tensor<2048xf32>
            return %y : tensor<2048xf32> } }";
        let model = FloatModel::capture(&parse(&context, text).unwrap()).unwrap();
        assert!(
            model.text.contains("#onnx.weights<\"weights\""),
            "{}",
            model.text
        );
        assert_eq!(model.weights.len(), 2048 * 4);
        let input = Tensor {
            shape: vec![2048],
            values: Values::Real(vec![1.0; 2048]),
        };
        let outputs = model.evaluate(std::slice::from_ref(&input), &[ElementType::Float32]);
        assert_eq!(outputs.unwrap(), [vec![1.5; 2048]]);

        let mut changed = model;
        changed.weights[5] ^= 1;
        let error = changed.evaluate(&[input], &[ElementType::Float32]);
        assert!(error.is_err());
    }
}
