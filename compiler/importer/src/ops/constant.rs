//! Constants and conversions.

use super::{AttributeKind, Presence, attribute, parts::*};
use crate::{
    constant::{Constant, Data},
    element,
};
use zkc_support::DType;

const fn absent(name: &'static str, kind: AttributeKind) -> Attribute {
    attribute(
        name,
        kind,
        Presence::Optional("one of the attributes is there"),
    )
}

pub(super) const OPERATORS: &[Operator] = &[
    operator(
        "Constant",
        &[],
        &[output("output", OutputType::Attribute("value"))],
    )
    .attributes(&[
        absent("value", AttributeKind::Tensor),
        absent("value_float", AttributeKind::Float).since(12),
        absent("value_floats", AttributeKind::Floats).since(12),
        absent("value_int", AttributeKind::Int).since(12),
        absent("value_ints", AttributeKind::Ints).since(12),
    ])
    .limits(&["Sparse tensors and strings are not supported."])
    .upgrade(constant),
    operator(
        "ConstantOfShape",
        &[input("input", Types::INT64).own_type()],
        &[output("output", OutputType::Attribute("value"))],
    )
    .since(9)
    .attributes(&[attribute(
        "value",
        AttributeKind::Tensor,
        Presence::Optional("a float zero"),
    )])
    .upgrade(constant_of_shape),
    operator(
        "Cast",
        &[input("input", Types::ALL)],
        &[output("output", OutputType::Attribute("to"))],
    )
    .attributes(&[
        int("to", 0).required(),
        int("saturate", 1).since(19),
        choice("round_mode", "up", &["up", "down", "nearest"]).since(24),
    ])
    .limits(&["Only to element types that are supported."])
    .upgrade(cast),
    operator(
        "Identity",
        &[input("input", Types::ALL)],
        &[output("output", OutputType::Shared)],
    ),
];

/// Leaves the constant in `value`, whichever attribute had it.
fn constant(draft: &mut Draft, _: &mut Lowering) -> Result<(), ErrorKind> {
    let names = [
        "value",
        "value_float",
        "value_floats",
        "value_int",
        "value_ints",
    ];
    let mut given: Vec<AttributeValue> = names.iter().filter_map(|n| draft.take(n)).collect();
    let (Some(value), true) = (given.pop(), given.is_empty()) else {
        return Err(ErrorKind::Attribute(format!(
            "exactly one of the attributes {} must be there, found {}",
            crate::error::name_list(names),
            given.len()
        )));
    };
    let value = match value {
        AttributeValue::Tensor(tensor) => tensor,
        AttributeValue::Float(value) => Constant::float(value, DType::F32, &[]),
        AttributeValue::Floats(values) => Constant {
            dtype: DType::F32,
            dims: vec![values.len() as i64],
            data: Data::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        },
        AttributeValue::Int(value) => Constant {
            dims: vec![],
            ..Constant::i64s(&[value])
        },
        AttributeValue::Ints(values) => Constant::i64s(&values),
        _ => unreachable!("the table gives the attributes of `Constant` these types"),
    };
    draft.set("value", AttributeValue::Tensor(value));
    Ok(())
}

fn constant_of_shape(draft: &mut Draft, _: &mut Lowering) -> Result<(), ErrorKind> {
    match draft.get("value") {
        None => {
            let zero = Constant::float(0.0, DType::F32, &[1]);
            draft.set("value", AttributeValue::Tensor(zero));
            Ok(())
        }
        Some(AttributeValue::Tensor(value)) if value.dims.iter().product::<i64>() == 1 => Ok(()),
        _ => Err(ErrorKind::Attribute(
            "attribute `value` must be a tensor of one element".into(),
        )),
    }
}

fn cast(draft: &mut Draft, _: &mut Lowering) -> Result<(), ErrorKind> {
    if let Some(AttributeValue::Int(code)) = draft.take("to") {
        let code = i32::try_from(code).unwrap_or(-1);
        let dtype = element::from_onnx(code, "the result")?;
        draft.set("to", AttributeValue::Type(dtype));
    }
    Ok(())
}
