//! Small models, built in Rust.

use onnx_protobuf::{
    AttributeProto, GraphProto, Message, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    ValueInfoProto, attribute_proto::AttributeType, tensor_shape_proto::Dimension, type_proto,
};
use std::path::Path;
use zkc_importer::{ImportError, ImportOptions, Source, import};
use zkc_support::{new_context, parse_module};

/// Element types by code.
pub(crate) const FLOAT: i32 = 1;
pub(crate) const INT64: i32 = 7;
pub(crate) const BOOL: i32 = 9;

pub(crate) fn words(text: &str) -> Vec<String> {
    // `_` stands for an empty name.
    text.split_whitespace()
        .map(|w| if w == "_" { String::new() } else { w.into() })
        .collect()
}

/// An input or output; a dimension is a number, a name, or `?`.
pub(crate) fn value(name: &str, code: i32, dims: &str) -> ValueInfoProto {
    let mut tensor = type_proto::Tensor::new();
    tensor.elem_type = code;
    tensor.shape = Some(Default::default()).into();
    for dim in words(dims) {
        let mut d = Dimension::new();
        match dim.parse() {
            Ok(size) => d.set_dim_value(size),
            Err(_) if dim == "?" => {}
            Err(_) => d.set_dim_param(dim),
        }
        tensor.shape.mut_or_insert_default().dim.push(d);
    }
    let mut value = ValueInfoProto::new();
    value.name = name.into();
    value.type_.mut_or_insert_default().value = Some(type_proto::Value::TensorType(tensor));
    value
}

/// A node: "Conv conv_1", "x w", "y".
pub(crate) fn node(head: &str, inputs: &str, outputs: &str) -> NodeProto {
    let head = words(head);
    let mut node = NodeProto::new();
    node.op_type = head[0].clone();
    node.name = head.get(1).cloned().unwrap_or_default();
    node.input = words(inputs);
    node.output = words(outputs);
    node
}

pub(crate) trait With {
    fn with(self, attribute: AttributeProto) -> Self;
}

impl With for NodeProto {
    fn with(mut self, attribute: AttributeProto) -> Self {
        self.attribute.push(attribute);
        self
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    let mut attribute = AttributeProto::new();
    attribute.name = name.into();
    attribute.type_ = kind.into();
    attribute
}

pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: value,
        ..attribute(name, AttributeType::INT)
    }
}

pub(crate) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: values.to_vec(),
        ..attribute(name, AttributeType::INTS)
    }
}

pub(crate) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        f: value,
        ..attribute(name, AttributeType::FLOAT)
    }
}

pub(crate) fn string(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: value.as_bytes().to_vec(),
        ..attribute(name, AttributeType::STRING)
    }
}

pub(crate) fn tensor_attribute(name: &str, tensor: TensorProto) -> AttributeProto {
    AttributeProto {
        t: Some(tensor).into(),
        ..attribute(name, AttributeType::TENSOR)
    }
}

pub(crate) fn subgraph(name: &str) -> AttributeProto {
    AttributeProto {
        g: Some(GraphProto::new()).into(),
        ..attribute(name, AttributeType::GRAPH)
    }
}

/// A tensor of floats.
pub(crate) fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: FLOAT,
        raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ..TensorProto::new()
    }
}

/// A list of integers.
pub(crate) fn i64s(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: vec![values.len() as i64],
        data_type: INT64,
        int64_data: values.to_vec(),
        ..TensorProto::new()
    }
}

/// A model: from `x` of shape 1 x 3 x 8 x 8 to `y`, both of floats.
pub(crate) fn model(
    opset: i64,
    nodes: Vec<NodeProto>,
    initializers: Vec<TensorProto>,
) -> ModelProto {
    let graph = GraphProto {
        name: "test".into(),
        node: nodes,
        initializer: initializers,
        input: vec![value("x", FLOAT, "1 3 8 8")],
        output: vec![ValueInfoProto {
            name: "y".into(),
            ..ValueInfoProto::new()
        }],
        ..GraphProto::new()
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto {
            version: opset,
            ..OperatorSetIdProto::new()
        }],
        graph: Some(graph).into(),
        ..ModelProto::new()
    }
}

pub(crate) fn graph(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.as_mut().unwrap()
}

/// Imports a model and returns its text, which parses back to the same, and the warnings.
pub(crate) fn imported(
    model: &ModelProto,
    options: &ImportOptions,
    folder: &Path,
) -> Result<(String, Vec<String>), ImportError> {
    let context = new_context();
    let bytes = model.write_to_bytes().unwrap();
    let source = Source {
        bytes: &bytes,
        file_name: Some("model.onnx"),
        data_dir: folder,
    };
    let imported = import(&context, &source, options)?;
    let text = imported.module.as_operation().to_string();
    let again = parse_module(&context, &text).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    assert_eq!(again.as_operation().to_string(), text);
    Ok((
        text,
        imported.warnings.iter().map(ToString::to_string).collect(),
    ))
}

pub(crate) fn text(model: &ModelProto) -> String {
    let result = imported(model, &ImportOptions::default(), Path::new("models"));
    result
        .unwrap_or_else(|e| panic!("{}", e.render("model.onnx")))
        .0
}

/// The report on a model that is refused.
pub(crate) fn report(model: &ModelProto) -> String {
    report_with(model, &ImportOptions::default())
}

pub(crate) fn report_with(model: &ModelProto, options: &ImportOptions) -> String {
    match imported(model, options, Path::new("models")) {
        Err(error) => error.render("model.onnx"),
        Ok((text, _)) => panic!("the model was imported:\n{text}"),
    }
}
