//! A single node: its attributes, inputs and outputs against the table of operators.

use crate::{
    constant::Constant,
    element,
    error::{ErrorKind, name_list},
    ops::{Arity, Attribute, AttributeKind, Operator, OutputType, Presence},
    program::{Lowering, Operation, ValueId},
    wire::Payloads,
};
use onnx_protobuf::{AttributeProto, NodeProto, attribute_proto::AttributeType};
use std::collections::BTreeMap;
use zkc_support::DType;

/// Value of an attribute.
#[derive(Clone, Debug)]
pub(crate) enum AttributeValue {
    Int(i64),
    Float(f32),
    String(String),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Tensor(Constant),
    Type(DType),
    Unit,
}

/// A node on its way to the newest form.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The model's opset.
    pub(crate) opset: i64,
    /// One for each input of the newest version; for a variadic operator as many as there are.
    pub(crate) inputs: Vec<Option<ValueId>>,
    /// Number of outputs that the node has.
    pub(crate) outputs: usize,
    attributes: BTreeMap<&'static str, AttributeValue>,
}

impl Draft {
    /// The attribute, if the node has it.
    pub(crate) fn get(&self, name: &str) -> Option<&AttributeValue> {
        self.attributes.get(name)
    }

    /// Takes the attribute away.
    pub(crate) fn take(&mut self, name: &str) -> Option<AttributeValue> {
        self.attributes.remove(name)
    }

    pub(crate) fn set(&mut self, name: &'static str, value: AttributeValue) {
        self.attributes.insert(name, value);
    }
}

/// What is known of a node beside its message.
pub(crate) struct Surroundings<'a> {
    pub(crate) opset: i64,
    /// The values of the node's inputs, `None` where the name is empty.
    pub(crate) inputs: Vec<Option<ValueId>>,
    /// Payloads of its tensor attributes, by position.
    pub(crate) payloads: Vec<Option<&'a Payloads>>,
    /// Whether something reads the output.
    pub(crate) is_read: &'a dyn Fn(&str) -> bool,
}

/// Checks a node against its row, brings it into the newest form and adds it to the program.
/// Returns the values of its outputs, in order.
pub(crate) fn lower(
    cx: &mut Lowering,
    row: &'static Operator,
    node: &NodeProto,
    around: Surroundings,
) -> Result<Vec<ValueId>, ErrorKind> {
    let opset = around.opset;
    if opset < row.since {
        return Err(ErrorKind::Operator(format!(
            "the operator exists since opset {}, but the model is of opset {opset}",
            row.since
        )));
    }
    let inputs = check_inputs(row, opset, around.inputs)?;
    check_outputs(row, node, around.is_read)?;
    let attributes = read_attributes(cx, row, opset, node, &around.payloads)?;
    let mut draft = Draft {
        opset,
        inputs,
        outputs: node.output.len(),
        attributes,
    };
    if let Some(upgrade) = row.upgrade {
        upgrade(&mut draft, cx)?;
    }
    let shared = check_types(cx, row, &draft.inputs)?;

    if row.name == "Constant" {
        let Some(AttributeValue::Tensor(value)) = draft.take("value") else {
            unreachable!("the upgrade of `Constant` leaves the tensor in `value`");
        };
        return Ok(vec![cx.constant(value)]);
    }
    let mut results = Vec::new();
    for i in 0..node.output.len().max(1) {
        // A variadic output is the last, and repeats.
        let output = row.outputs.get(i).or(row.outputs.last());
        let dtype = match output.map(|o| o.dtype) {
            None | Some(OutputType::Unsupported) => break,
            Some(OutputType::Is(dtype)) => dtype,
            Some(OutputType::Attribute(name)) => match draft.get(name) {
                Some(AttributeValue::Type(dtype)) => *dtype,
                Some(AttributeValue::Tensor(tensor)) => tensor.dtype,
                _ => unreachable!("`{}` of `{}` is required or filled in", name, row.name),
            },
            Some(OutputType::Shared) => match shared {
                Some(dtype) => dtype,
                None => unreachable!("`{}` has a required input of the shared type", row.name),
            },
        };
        results.push(cx.value(dtype));
    }
    cx.program.operations.push(Operation {
        operator: row.name,
        name: cx.node.clone(),
        operands: draft.inputs,
        attributes: draft.attributes,
        results: results.clone(),
    });
    Ok(results)
}

/// Checks the number of inputs; absent ones are filled up.
fn check_inputs(
    row: &Operator,
    opset: i64,
    mut inputs: Vec<Option<ValueId>>,
) -> Result<Vec<Option<ValueId>>, ErrorKind> {
    if let [only] = row.inputs
        && only.arity == Arity::Variadic
    {
        return match inputs.iter().position(Option::is_none) {
            _ if inputs.is_empty() => Err(ErrorKind::Operand("needs at least one input".into())),
            Some(i) => Err(ErrorKind::Operand(format!("input {i} has no name"))),
            None => Ok(inputs),
        };
    }
    // Trailing empty names are absent inputs.
    while inputs.last().is_some_and(Option::is_none) {
        inputs.pop();
    }
    // Later versions only ever add inputs at the end.
    let most = row.inputs.iter().filter(|i| i.since <= opset).count();
    if inputs.len() > most {
        return Err(ErrorKind::Operand(format!(
            "takes at most {most} inputs in opset {opset}, found {}",
            inputs.len()
        )));
    }
    for (i, input) in row.inputs.iter().enumerate().take(most) {
        if input.arity == Arity::Required && !inputs.get(i).is_some_and(Option::is_some) {
            return Err(ErrorKind::Operand(format!(
                "input `{}` is missing",
                input.name
            )));
        }
    }
    inputs.resize(row.inputs.len(), None);
    Ok(inputs)
}

fn check_outputs(
    row: &Operator,
    node: &NodeProto,
    is_read: &dyn Fn(&str) -> bool,
) -> Result<(), ErrorKind> {
    let variadic = row.outputs.iter().any(|o| o.variadic);
    if node.output.len() > row.outputs.len() && !variadic {
        return Err(ErrorKind::Operand(format!(
            "has at most {} outputs, found {}",
            row.outputs.len(),
            node.output.len()
        )));
    }
    for (output, name) in row.outputs.iter().zip(&node.output) {
        if output.dtype == OutputType::Unsupported && is_read(name) {
            return Err(ErrorKind::Operand(format!(
                "output `{}` is read (as `{name}`), which is not supported",
                output.name
            )));
        }
    }
    Ok(())
}

/// Checks element types; returns the one that the inputs share, if there is an input with it.
fn check_types(
    cx: &Lowering,
    row: &Operator,
    inputs: &[Option<ValueId>],
) -> Result<Option<DType>, ErrorKind> {
    let mut shared: Option<(DType, &str)> = None;
    for (i, value) in inputs.iter().enumerate() {
        let (Some(value), Some(input)) = (value, row.inputs.get(i).or(row.inputs.last())) else {
            continue;
        };
        let dtype = cx.dtype(*value);
        if !input.types.contains(dtype) {
            return Err(ErrorKind::Type(format!(
                "input `{}` has element type {}, but it must be one of {}",
                input.name,
                element::name(dtype),
                input.types.names().join(", ")
            )));
        }
        match shared {
            _ if !input.shares_type => {}
            None => shared = Some((dtype, input.name)),
            Some((first, name)) if first != dtype => {
                return Err(ErrorKind::Type(format!(
                    "input `{}` has element type {}, but input `{name}` {}",
                    input.name,
                    element::name(dtype),
                    element::name(first)
                )));
            }
            Some(_) => {}
        }
    }
    Ok(shared.map(|(dtype, _)| dtype))
}

fn read_attributes(
    cx: &mut Lowering,
    row: &Operator,
    opset: i64,
    node: &NodeProto,
    payloads: &[Option<&Payloads>],
) -> Result<BTreeMap<&'static str, AttributeValue>, ErrorKind> {
    let mut attributes = BTreeMap::new();
    for (i, proto) in node.attribute.iter().enumerate() {
        let spec = find(row, opset, proto)?;
        let value = read(cx, spec, proto, payloads.get(i).copied().flatten())?;
        if attributes.insert(spec.name, value).is_some() {
            return Err(ErrorKind::Attribute(format!(
                "attribute `{}` occurs twice",
                spec.name
            )));
        }
    }
    for spec in row
        .attributes
        .iter()
        .filter(|a| (a.since..a.until).contains(&opset))
    {
        if spec.presence == Presence::Required && !attributes.contains_key(spec.name) {
            return Err(ErrorKind::Attribute(format!(
                "attribute `{}` is missing",
                spec.name
            )));
        }
    }
    Ok(attributes)
}

/// The row's entry for an attribute, if the opset has it.
fn find<'r>(
    row: &'r Operator,
    opset: i64,
    proto: &AttributeProto,
) -> Result<&'r Attribute, ErrorKind> {
    let name = &proto.name;
    let refuse = |reason: String| Err(ErrorKind::Attribute(format!("attribute `{name}` {reason}")));
    if matches!(
        proto.type_.enum_value(),
        Ok(AttributeType::GRAPH | AttributeType::GRAPHS)
    ) {
        return refuse("holds a subgraph, and control flow is not supported".into());
    }
    if !proto.ref_attr_name.is_empty() {
        return refuse("refers to a function's attribute outside of a function".into());
    }
    let entries: Vec<_> = row.attributes.iter().filter(|a| a.name == name).collect();
    match entries.iter().find(|a| (a.since..a.until).contains(&opset)) {
        Some(spec) => Ok(spec),
        None => match entries.first() {
            Some(spec) if opset < spec.since => refuse(format!(
                "exists since opset {}, but the model is of opset {opset}",
                spec.since
            )),
            Some(spec) => refuse(format!(
                "was dropped in opset {}, but the model is of opset {opset}",
                spec.until
            )),
            None => refuse(format!(
                "is not supported; the operator has {} in opset {opset}",
                name_list(
                    row.attributes
                        .iter()
                        .filter(|a| (a.since..a.until).contains(&opset))
                        .map(|a| a.name)
                )
            )),
        },
    }
}

fn read(
    cx: &mut Lowering,
    spec: &Attribute,
    proto: &AttributeProto,
    payloads: Option<&Payloads>,
) -> Result<AttributeValue, ErrorKind> {
    let name = spec.name;
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec())
            .map_err(|_| ErrorKind::Attribute(format!("attribute `{name}` is no UTF-8 text")))
    };
    let found = match proto.type_.enum_value() {
        Ok(AttributeType::INT) if spec.kind == AttributeKind::Int => {
            return Ok(AttributeValue::Int(proto.i));
        }
        Ok(AttributeType::FLOAT) if spec.kind == AttributeKind::Float => {
            return Ok(AttributeValue::Float(proto.f));
        }
        Ok(AttributeType::INTS) if spec.kind == AttributeKind::Ints => {
            return Ok(AttributeValue::Ints(proto.ints.clone()));
        }
        Ok(AttributeType::FLOATS) if spec.kind == AttributeKind::Floats => {
            return Ok(AttributeValue::Floats(proto.floats.clone()));
        }
        Ok(AttributeType::STRING) if spec.kind == AttributeKind::String => {
            let value = text(&proto.s)?;
            if !spec.choices.is_empty() && !spec.choices.contains(&value.as_str()) {
                return Err(ErrorKind::Attribute(format!(
                    "attribute `{name}` is \"{value}\", but it must be one of {}",
                    spec.choices.join(", ")
                )));
            }
            return Ok(AttributeValue::String(value));
        }
        Ok(AttributeType::TENSOR) if spec.kind == AttributeKind::Tensor => {
            let Some(tensor) = proto.t.as_ref() else {
                return Err(ErrorKind::Attribute(format!(
                    "attribute `{name}` holds no tensor"
                )));
            };
            let none = Payloads::default();
            let node = cx.node.clone();
            let payloads = payloads.unwrap_or(&none);
            let constant =
                Constant::from_proto(&node, tensor, payloads, cx.model, &mut cx.external)?;
            return Ok(AttributeValue::Tensor(constant));
        }
        Ok(found) => describe(found),
        Err(_) => "of an unknown type",
    };
    Err(ErrorKind::Attribute(format!(
        "attribute `{name}` must be {}, but it is {found}",
        spec.kind.describe()
    )))
}

fn describe(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::UNDEFINED => "of no type",
        AttributeType::FLOAT => AttributeKind::Float.describe(),
        AttributeType::INT => AttributeKind::Int.describe(),
        AttributeType::STRING => AttributeKind::String.describe(),
        AttributeType::TENSOR => AttributeKind::Tensor.describe(),
        AttributeType::FLOATS => AttributeKind::Floats.describe(),
        AttributeType::INTS => AttributeKind::Ints.describe(),
        AttributeType::STRINGS => "a list of strings",
        AttributeType::TENSORS => "a list of tensors",
        AttributeType::GRAPH => "a subgraph",
        AttributeType::GRAPHS => "a list of subgraphs",
        AttributeType::SPARSE_TENSOR => "a sparse tensor",
        AttributeType::SPARSE_TENSORS => "a list of sparse tensors",
        AttributeType::TYPE_PROTO => "a type",
        AttributeType::TYPE_PROTOS => "a list of types",
    }
}
