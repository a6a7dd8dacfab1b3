//! Data movement: reshaping, cutting, joining, repeating; and shapes as data.

use super::{list_to_input, parts::*};
use crate::constant::Constant;
use zkc_support::DType;

const INT64: OutputType = OutputType::Is(DType::Int(64));

pub(super) const OPERATORS: &[Operator] = &[
    operator(
        "Reshape",
        &[
            input("data", Types::ALL),
            input("shape", Types::INT64).own_type(),
        ],
        &[output("reshaped", OutputType::Shared)],
    )
    .attributes(&[int("allowzero", 0).since(14)]),
    operator(
        "Flatten",
        &[input("input", Types::ALL)],
        &[output("output", OutputType::Shared)],
    )
    .attributes(&[int("axis", 1)]),
    operator(
        "Squeeze",
        &[
            input("data", Types::ALL),
            optional("axes", Types::INT64).own_type().since(13),
        ],
        &[output("squeezed", OutputType::Shared)],
    )
    .attributes(&[ints("axes", "all axes of size one").until(13)])
    .upgrade(axes),
    operator(
        "Unsqueeze",
        &[
            input("data", Types::ALL),
            input("axes", Types::INT64).own_type().since(13),
        ],
        &[output("expanded", OutputType::Shared)],
    )
    .attributes(&[ints("axes", "").until(13).required()])
    .upgrade(axes),
    operator(
        "Transpose",
        &[input("data", Types::ALL)],
        &[output("transposed", OutputType::Shared)],
    )
    .attributes(&[ints("perm", "the axes in reverse")]),
    operator(
        "Concat",
        &[variadic("inputs", Types::ALL)],
        &[output("concat_result", OutputType::Shared)],
    )
    .attributes(&[int("axis", 0).required()]),
    operator(
        "Split",
        &[
            input("input", Types::ALL),
            optional("split", Types::INT64).own_type().since(13),
        ],
        &[Output {
            variadic: true,
            ..output("outputs", OutputType::Shared)
        }],
    )
    .attributes(&[
        int("axis", 0),
        Attribute {
            presence: super::Presence::Optional("`split` is there"),
            ..int("num_outputs", 0).since(18)
        },
        ints("split", "equal parts").until(13),
    ])
    .upgrade(split),
    operator(
        "Slice",
        &[
            input("data", Types::ALL),
            input("starts", Types::INDICES).own_type().since(10),
            input("ends", Types::INDICES).own_type().since(10),
            optional("axes", Types::INDICES).own_type().since(10),
            optional("steps", Types::INDICES).own_type().since(10),
        ],
        &[output("output", OutputType::Shared)],
    )
    .attributes(&[
        ints("axes", "the first axes").until(10),
        ints("ends", "").until(10).required(),
        ints("starts", "").until(10).required(),
    ])
    .upgrade(slice),
    operator(
        "Gather",
        &[
            input("data", Types::ALL),
            input("indices", Types::INDICES).own_type(),
        ],
        &[output("output", OutputType::Shared)],
    )
    .attributes(&[int("axis", 0)]),
    operator(
        "Expand",
        &[
            input("input", Types::ALL),
            input("shape", Types::INT64).own_type(),
        ],
        &[output("output", OutputType::Shared)],
    )
    .since(8),
    operator(
        "Tile",
        &[
            input("input", Types::ALL),
            input("repeats", Types::INT64).own_type(),
        ],
        &[output("output", OutputType::Shared)],
    ),
    operator(
        "Pad",
        &[
            input("data", Types::ALL),
            input("pads", Types::INT64).own_type().since(11),
            optional("constant_value", Types::ALL).since(11),
            optional("axes", Types::INDICES).own_type().since(18),
        ],
        &[output("output", OutputType::Shared)],
    )
    .attributes(&[
        choice("mode", "constant", &["constant", "edge", "reflect", "wrap"]),
        ints("pads", "").until(11).required(),
        float("value", 0.0).until(11),
    ])
    .upgrade(pad),
    operator(
        "Shape",
        &[input("data", Types::ALL)],
        &[output("shape", INT64)],
    )
    .attributes(&[
        Attribute {
            presence: super::Presence::Optional("the rank"),
            ..int("end", 0).since(15)
        },
        int("start", 0).since(15),
    ]),
    operator(
        "Size",
        &[input("data", Types::ALL)],
        &[output("size", INT64)],
    ),
];

fn axes(draft: &mut Draft, cx: &mut Lowering) -> Result<(), ErrorKind> {
    list_to_input(draft, cx, "axes", 1);
    Ok(())
}

fn split(draft: &mut Draft, cx: &mut Lowering) -> Result<(), ErrorKind> {
    list_to_input(draft, cx, "split", 1);
    match draft.get("num_outputs") {
        Some(AttributeValue::Int(parts)) if *parts != draft.outputs as i64 => {
            Err(ErrorKind::Attribute(format!(
                "attribute `num_outputs` is {parts}, but the node has {} outputs",
                draft.outputs
            )))
        }
        _ => Ok(()),
    }
}

fn slice(draft: &mut Draft, cx: &mut Lowering) -> Result<(), ErrorKind> {
    list_to_input(draft, cx, "starts", 1);
    list_to_input(draft, cx, "ends", 2);
    list_to_input(draft, cx, "axes", 3);
    Ok(())
}

fn pad(draft: &mut Draft, cx: &mut Lowering) -> Result<(), ErrorKind> {
    list_to_input(draft, cx, "pads", 1);
    if let Some(AttributeValue::Float(value)) = draft.take("value") {
        // Opsets that have this attribute pad floats only.
        let dtype = draft.inputs[0].map_or(DType::F32, |x| cx.dtype(x));
        draft.inputs[2] = Some(cx.constant(Constant::float(value, dtype, &[])));
    }
    match draft.get("mode") {
        Some(AttributeValue::String(mode)) if mode == "wrap" && draft.opset < 19 => {
            Err(ErrorKind::Attribute(format!(
                "attribute `mode` is \"wrap\", which exists since opset 19; the model is of opset {}",
                draft.opset
            )))
        }
        _ => Ok(()),
    }
}
