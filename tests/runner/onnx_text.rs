//! ONNX models as text, so that a test holds the model it needs where a person can read it.
//!
//! The syntax is the one that the ONNX project defines for printing models, without functions:
//!
//! ```text
//! <ir_version: 8, opset_import: ["" : 17]>
//! small (float[1, 4] x) => (float[1, 3] y)
//! <float[4, 3] w = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1}, float[3] b = ["location": "b.bin", "offset": "0"]> {
//!   [first] h = MatMul(x, w)
//!   y = Gemm <alpha = 0.5, transB = 1> (h, w, b)
//! }
//! ```
//!
//! Beyond that syntax, `= raw {...}` stores the elements of an initializer as raw bytes, as exporters do.

mod lexer;

use anyhow::{Result, bail, ensure};
use lexer::{Lexer, Token};
use onnx_protobuf::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_proto::{DataLocation, DataType},
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};
use protobuf::Enum;

/// Reads a model.
///
/// # Errors
/// When the text does not follow the syntax; the message starts with the line.
pub fn parse(source: &str) -> Result<ModelProto> {
    let mut parser = Parser {
        tokens: Lexer::new(source),
    };
    parser
        .model()
        .map_err(|error| anyhow::anyhow!("line {}: {error}", parser.tokens.line()))
}

struct Parser<'a> {
    tokens: Lexer<'a>,
}

/// A type with its shape: the element type's number and the extents, if a shape is given.
struct TensorType {
    element: i32,
    shape: Option<Vec<Dimension>>,
}

impl Parser<'_> {
    fn model(&mut self) -> Result<ModelProto> {
        let mut model = ModelProto::new();
        self.tokens.expect("<")?;
        while !self.tokens.accept(">")? {
            let key = self.identifier()?;
            self.tokens.expect(":")?;
            match key.as_str() {
                "ir_version" => model.ir_version = self.integer()?,
                "model_version" => model.model_version = self.integer()?,
                "producer_name" => model.producer_name = self.string()?,
                "producer_version" => model.producer_version = self.string()?,
                "doc_string" => model.doc_string = self.string()?,
                "domain" => model.domain = self.string()?,
                "opset_import" => {
                    model.opset_import = self.list("[", "]", |p| {
                        let mut opset = OperatorSetIdProto::new();
                        opset.domain = p.string()?;
                        p.tokens.expect(":")?;
                        opset.version = p.integer()?;
                        Ok(opset)
                    })?;
                }
                "metadata_props" => model.metadata_props = self.string_pairs()?,
                _ => bail!("unknown entry `{key}` of the model"),
            }
            self.tokens.accept(",")?;
        }
        let name = self.identifier()?;
        model.graph = Some(self.graph(name)?).into();
        ensure!(
            self.tokens.peek()? == Token::End,
            "text after the graph (functions are not read)"
        );
        Ok(model)
    }

    fn graph(&mut self, name: String) -> Result<GraphProto> {
        let mut graph = GraphProto {
            name,
            ..GraphProto::new()
        };
        graph.input = self.list("(", ")", |p| p.value_or_tensor(&mut Vec::new()))?;
        self.tokens.expect("=>")?;
        graph.output = self.list("(", ")", |p| p.value_or_tensor(&mut Vec::new()))?;
        if self.tokens.peek()? == Token::Symbol("<") {
            let mut tensors = Vec::new();
            let values = self.list("<", ">", |p| p.value_or_tensor(&mut tensors))?;
            graph.value_info = values
                .into_iter()
                .filter(|v| !tensors.iter().any(|t| t.name == v.name))
                .collect();
            graph.initializer = tensors;
        }
        self.tokens.expect("{")?;
        while !self.tokens.accept("}")? {
            let node = self.node()?;
            graph.node.push(node);
        }
        Ok(graph)
    }

    /// `TYPE NAME`, and the tensor as well when `= DATA` follows.
    fn value_or_tensor(&mut self, tensors: &mut Vec<TensorProto>) -> Result<ValueInfoProto> {
        let ty = self.tensor_type()?;
        let name = self.identifier()?;
        if self.tokens.accept("=")? {
            tensors.push(self.tensor_data(&ty, name.clone())?);
        }
        let mut tensor = type_proto::Tensor {
            elem_type: ty.element,
            ..Default::default()
        };
        tensor.shape = ty
            .shape
            .map(|dim| TensorShapeProto {
                dim,
                ..Default::default()
            })
            .into();
        let ty = TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..Default::default()
        };
        Ok(ValueInfoProto {
            name,
            type_: Some(ty).into(),
            ..ValueInfoProto::new()
        })
    }

    fn tensor_type(&mut self) -> Result<TensorType> {
        let name = self.identifier()?;
        let Some(element) = DataType::from_str(&name.to_uppercase()) else {
            bail!("unknown element type `{name}`")
        };
        let shape = if self.tokens.peek()? == Token::Symbol("[") {
            Some(self.list("[", "]", |p| {
                let value = match p.tokens.next()? {
                    Token::Symbol("?") => None,
                    Token::Name(name) => Some(dimension::Value::DimParam(name)),
                    Token::Number(text) => Some(dimension::Value::DimValue(text.parse()?)),
                    other => bail!("expected an extent, found {other}"),
                };
                Ok(Dimension {
                    value,
                    ..Default::default()
                })
            })?)
        } else {
            None
        };
        Ok(TensorType {
            element: element.value(),
            shape,
        })
    }

    fn tensor_data(&mut self, ty: &TensorType, name: String) -> Result<TensorProto> {
        let mut tensor = TensorProto {
            name,
            data_type: ty.element,
            ..TensorProto::new()
        };
        for dim in ty.shape.iter().flatten() {
            match dim.value {
                Some(dimension::Value::DimValue(extent)) => tensor.dims.push(extent),
                _ => bail!("the extents of a tensor with data are numbers"),
            }
        }
        if self.tokens.peek()? == Token::Symbol("[") {
            tensor.external_data = self.string_pairs()?;
            tensor.data_location = DataLocation::EXTERNAL.into();
            return Ok(tensor);
        }
        let raw = self.tokens.accept("raw")?;
        let elements = self.list("{", "}", |p| match p.tokens.next()? {
            Token::Number(text) | Token::Name(text) | Token::Text(text) => Ok(text),
            other => bail!("expected an element, found {other}"),
        })?;
        if raw {
            set_raw(&mut tensor, &elements)
        } else {
            set_elements(&mut tensor, &elements)
        }?;
        Ok(tensor)
    }

    fn node(&mut self) -> Result<NodeProto> {
        let mut node = NodeProto::new();
        if self.tokens.accept("[")? {
            node.name = match self.tokens.next()? {
                Token::Name(name) | Token::Text(name) => name,
                other => bail!("expected the name of a node, found {other}"),
            };
            self.tokens.expect("]")?;
        }
        loop {
            node.output.push(self.value_name()?);
            if !self.tokens.accept(",")? {
                break;
            }
        }
        self.tokens.expect("=")?;
        let mut op_type = self.identifier()?;
        if let Some((domain, op)) = op_type.rsplit_once('.') {
            node.domain = domain.to_owned();
            op_type = op.to_owned();
        }
        node.op_type = op_type;
        if self.tokens.peek()? == Token::Symbol("<") {
            node.attribute = self.list("<", ">", Self::attribute)?;
        }
        node.input = self.list("(", ")", Self::value_name)?;
        Ok(node)
    }

    /// The name of a value; an optional one that is left out is an empty string or nothing.
    fn value_name(&mut self) -> Result<String> {
        Ok(match self.tokens.peek()? {
            Token::Name(_) | Token::Text(_) => match self.tokens.next()? {
                Token::Name(name) | Token::Text(name) => name,
                _ => unreachable!("peeked a name"),
            },
            _ => String::new(),
        })
    }

    fn attribute(&mut self) -> Result<AttributeProto> {
        let mut attribute = AttributeProto {
            name: self.identifier()?,
            ..AttributeProto::new()
        };
        self.tokens.expect("=")?;
        match self.tokens.peek()? {
            Token::Symbol("[") => {
                let elements = self.list("[", "]", |p| p.tokens.next())?;
                self.list_attribute(&mut attribute, elements)?;
            }
            Token::Text(_) => {
                attribute.s = self.string()?.into_bytes();
                attribute.type_ = AttributeType::STRING.into();
            }
            Token::Number(text) => {
                self.tokens.next()?;
                if is_float(&text) {
                    attribute.f = text.parse()?;
                    attribute.type_ = AttributeType::FLOAT.into();
                } else {
                    attribute.i = text.parse()?;
                    attribute.type_ = AttributeType::INT.into();
                }
            }
            Token::Name(name) if DataType::from_str(&name.to_uppercase()).is_some() => {
                let ty = self.tensor_type()?;
                self.tokens.accept("=")?;
                attribute.t = Some(self.tensor_data(&ty, String::new())?).into();
                attribute.type_ = AttributeType::TENSOR.into();
            }
            Token::Name(name) => {
                self.tokens.next()?;
                attribute.g = Some(self.graph(name)?).into();
                attribute.type_ = AttributeType::GRAPH.into();
            }
            other => bail!(
                "expected the value of attribute `{}`, found {other}",
                attribute.name
            ),
        }
        Ok(attribute)
    }

    fn list_attribute(&self, attribute: &mut AttributeProto, elements: Vec<Token>) -> Result<()> {
        let texts = elements.iter().any(|e| matches!(e, Token::Text(_)));
        let floats = elements
            .iter()
            .any(|e| matches!(e, Token::Number(text) if is_float(text)));
        for element in elements {
            match element {
                Token::Text(text) if texts => attribute.strings.push(text.into_bytes()),
                Token::Number(text) if floats && !texts => attribute.floats.push(text.parse()?),
                Token::Number(text) if !texts => attribute.ints.push(text.parse()?),
                other => bail!(
                    "attribute `{}` mixes kinds of values: {other}",
                    attribute.name
                ),
            }
        }
        attribute.type_ = match (texts, floats) {
            (true, _) => AttributeType::STRINGS,
            (_, true) => AttributeType::FLOATS,
            _ => AttributeType::INTS,
        }
        .into();
        Ok(())
    }

    fn string_pairs(&mut self) -> Result<Vec<StringStringEntryProto>> {
        self.list("[", "]", |p| {
            let key = p.string()?;
            p.tokens.expect(":")?;
            Ok(StringStringEntryProto {
                key,
                value: p.string()?,
                ..StringStringEntryProto::new()
            })
        })
    }

    fn list<T>(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        self.tokens.expect(open)?;
        if self.tokens.accept(close)? {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.tokens.accept(close)? {
                return Ok(items);
            }
            self.tokens.expect(",")?;
        }
    }

    fn identifier(&mut self) -> Result<String> {
        match self.tokens.next()? {
            Token::Name(name) => Ok(name),
            other => bail!("expected a name, found {other}"),
        }
    }

    fn string(&mut self) -> Result<String> {
        match self.tokens.next()? {
            Token::Text(text) => Ok(text),
            other => bail!("expected a quoted text, found {other}"),
        }
    }

    fn integer(&mut self) -> Result<i64> {
        match self.tokens.next()? {
            Token::Number(text) => Ok(text.parse()?),
            other => bail!("expected a whole number, found {other}"),
        }
    }
}

fn is_float(text: &str) -> bool {
    text.contains(['.', 'e', 'E', 'n'])
}

/// Stores the elements in the typed field that ONNX names for the element type.
fn set_elements(tensor: &mut TensorProto, elements: &[String]) -> Result<()> {
    fn all<T: std::str::FromStr>(elements: &[String]) -> Result<Vec<T>>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        elements.iter().map(|e| Ok(e.parse()?)).collect()
    }
    match DataType::from_i32(tensor.data_type) {
        Some(DataType::FLOAT) => tensor.float_data = all(elements)?,
        Some(DataType::DOUBLE) => tensor.double_data = all(elements)?,
        Some(DataType::INT64) => tensor.int64_data = all(elements)?,
        Some(DataType::UINT32 | DataType::UINT64) => tensor.uint64_data = all(elements)?,
        Some(DataType::STRING) => {
            tensor.string_data = elements.iter().map(|e| e.clone().into_bytes()).collect()
        }
        Some(
            DataType::INT32
            | DataType::INT16
            | DataType::INT8
            | DataType::UINT16
            | DataType::UINT8
            | DataType::BOOL,
        ) => tensor.int32_data = all(elements)?,
        _ => bail!(
            "elements of type number {} cannot be written here",
            tensor.data_type
        ),
    }
    Ok(())
}

/// Stores the elements as little-endian bytes.
fn set_raw(tensor: &mut TensorProto, elements: &[String]) -> Result<()> {
    for element in elements {
        match DataType::from_i32(tensor.data_type) {
            Some(DataType::FLOAT) => tensor
                .raw_data
                .extend(element.parse::<f32>()?.to_le_bytes()),
            Some(DataType::DOUBLE) => tensor
                .raw_data
                .extend(element.parse::<f64>()?.to_le_bytes()),
            Some(DataType::INT64) => tensor
                .raw_data
                .extend(element.parse::<i64>()?.to_le_bytes()),
            Some(DataType::INT32) => tensor
                .raw_data
                .extend(element.parse::<i32>()?.to_le_bytes()),
            Some(DataType::INT8) => tensor.raw_data.extend(element.parse::<i8>()?.to_le_bytes()),
            Some(DataType::UINT8 | DataType::BOOL) => tensor.raw_data.push(element.parse()?),
            _ => bail!(
                "raw elements of type number {} cannot be written here",
                tensor.data_type
            ),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        # A comment.
        <ir_version: 8, opset_import: ["" : 17, "com.example": 1]>
        small (float[1, N, ?] x, int64 n) => (float y)
        <float[2] w = raw {1.5, -2}, int64[1] s = {-1}, float[3] b = ["location": "b.bin", "length": "12"]> {
          [ "conv 1" ] h, _aux = com.example.Conv <kernel_shape = [3, 3], auto_pad = "SAME", eps = 1e-5,
              value = float[1] {2}> (x, , w)
          y = If <then_branch = g () => (float z) { z = Identity(h) }> (n)
        }"#;

    #[test]
    fn all_parts_of_a_model_are_read() {
        let model = parse(SMALL).unwrap();
        assert_eq!((model.ir_version, model.opset_import[1].version), (8, 1));
        let graph = model.graph;
        let names =
            |values: &[ValueInfoProto]| values.iter().map(|v| v.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names(&graph.input), names(&graph.output)),
            (vec!["x".into(), "n".into()], vec!["y".into()])
        );
        assert!(graph.value_info.is_empty());
        assert_eq!(
            graph.initializer[0].raw_data,
            [1.5f32.to_le_bytes(), (-2f32).to_le_bytes()].concat()
        );
        assert_eq!(graph.initializer[1].int64_data, [-1]);
        assert_eq!(graph.initializer[2].external_data[0].value, "b.bin");
        let conv = &graph.node[0];
        assert_eq!(
            (
                conv.name.as_str(),
                conv.domain.as_str(),
                conv.op_type.as_str()
            ),
            ("conv 1", "com.example", "Conv")
        );
        assert_eq!(
            (conv.input.as_slice(), conv.output.len()),
            (&["x".into(), String::new(), "w".into()][..], 2)
        );
        assert_eq!(
            (&conv.attribute[0].ints[..], conv.attribute[2].f),
            (&[3, 3][..], 1e-5)
        );
        assert_eq!(conv.attribute[3].t.float_data, [2.0]);
        assert_eq!(graph.node[1].attribute[0].g.node[0].op_type, "Identity");
    }

    #[test]
    fn errors_name_the_line() {
        let error = parse("<ir_version: 8>\ng (float x) => (float y) {\n y = Relu x\n}")
            .unwrap_err()
            .to_string();
        assert_eq!(error, "line 3: expected `(`, found `x`");
    }
}
