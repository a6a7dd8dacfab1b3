//! Normalization, and what acts only in training.

use super::{known_byte, parts::*};
use crate::constant::Constant;
use zkc_support::DType;

pub(super) const OPERATORS: &[Operator] = &[
    operator(
        "BatchNormalization",
        &[
            input("X", Types::FLOATS),
            input("scale", Types::FLOATS),
            input("B", Types::FLOATS),
            input("input_mean", Types::FLOATS),
            input("input_var", Types::FLOATS),
        ],
        &[
            output("Y", OutputType::Shared),
            unsupported("running_mean"),
            unsupported("running_var"),
            // Two more before opset 14.
            unsupported("saved_mean"),
            unsupported("saved_var"),
        ],
    )
    .attributes(&[
        float("epsilon", 1e-5),
        float("momentum", 0.9),
        int("spatial", 1).until(9),
        int("training_mode", 0).since(14),
    ])
    .limits(&[
        "Inference only: `training_mode` must be 0, and outputs after the first are not supported.",
        "`spatial` must be 1.",
    ])
    .upgrade(batch_normalization),
    operator(
        "Softmax",
        &[input("input", Types::FLOATS)],
        &[output("output", OutputType::Shared)],
    )
    .attributes(&[int("axis", -1)])
    .limits(&["Before opset 13 the default of `axis` is 1 and axes from there on count as one."])
    .upgrade(softmax),
    operator(
        "Dropout",
        &[
            input("data", Types::FLOATS),
            optional("ratio", Types::FLOATS).own_type().since(12),
            optional("training_mode", Types::BOOL).own_type().since(12),
        ],
        &[output("output", OutputType::Shared), unsupported("mask")],
    )
    .attributes(&[
        float("ratio", 0.5).until(12),
        Attribute {
            presence: super::Presence::Optional("random"),
            ..int("seed", 0).since(12)
        },
    ])
    .limits(&[
        "Inference only: `training_mode` must be absent or a constant false.",
        "The output `mask` is not supported.",
    ])
    .upgrade(dropout),
];

fn batch_normalization(draft: &mut Draft, _: &mut Lowering) -> Result<(), ErrorKind> {
    if let Some(AttributeValue::Int(spatial)) = draft.take("spatial")
        && spatial != 1
    {
        return Err(ErrorKind::Attribute(format!(
            "attribute `spatial` must be 1, found {spatial}"
        )));
    }
    match draft.get("training_mode") {
        Some(AttributeValue::Int(mode)) if *mode != 0 => Err(ErrorKind::Attribute(format!(
            "attribute `training_mode` must be 0, found {mode}: export the model for inference"
        ))),
        _ => Ok(()),
    }
}

fn softmax(draft: &mut Draft, _: &mut Lowering) -> Result<(), ErrorKind> {
    if draft.opset < 13 {
        if draft.get("axis").is_none() {
            draft.set("axis", AttributeValue::Int(1));
        }
        draft.set("coerce_2d", AttributeValue::Unit);
    }
    Ok(())
}

fn dropout(draft: &mut Draft, cx: &mut Lowering) -> Result<(), ErrorKind> {
    if let Some(AttributeValue::Float(ratio)) = draft.take("ratio") {
        draft.inputs[1] = Some(cx.constant(Constant::float(ratio, DType::F32, &[])));
    }
    match draft.inputs[2].map(|mode| known_byte(cx, mode)) {
        None | Some(Some(0)) => Ok(()),
        Some(Some(_)) => Err(ErrorKind::Operand(
            "input `training_mode` is true: export the model for inference".into(),
        )),
        Some(None) => Err(ErrorKind::Operand(
            "input `training_mode` must be a constant".into(),
        )),
    }
}
