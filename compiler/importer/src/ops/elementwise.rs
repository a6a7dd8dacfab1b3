//! Element-wise arithmetic and elementary functions.

use super::parts::*;
use crate::constant::Constant;

const X: &[Input] = &[input("X", Types::FLOATS)];
const Y: &[Output] = &[output("Y", OutputType::Shared)];
const A_B: &[Input] = &[input("A", Types::NUMBERS), input("B", Types::NUMBERS)];
const C: &[Output] = &[output("C", OutputType::Shared)];

const fn function(name: &'static str) -> Operator {
    operator(name, X, Y)
}

const fn binary(name: &'static str) -> Operator {
    operator(name, A_B, C)
}

pub(super) const OPERATORS: &[Operator] = &[
    binary("Add"),
    binary("Sub"),
    binary("Mul"),
    binary("Div"),
    operator(
        "Pow",
        &[
            input("X", Types::WIDE),
            input("Y", Types::NUMBERS).own_type(),
        ],
        &[output("Z", OutputType::Shared)],
    ),
    operator(
        "Max",
        &[variadic("data_0", Types::NUMBERS)],
        &[output("max", OutputType::Shared)],
    ),
    operator(
        "Min",
        &[variadic("data_0", Types::NUMBERS)],
        &[output("min", OutputType::Shared)],
    ),
    operator(
        "Sum",
        &[variadic("data_0", Types::FLOATS)],
        &[output("sum", OutputType::Shared)],
    ),
    operator(
        "Mean",
        &[variadic("data_0", Types::FLOATS)],
        &[output("mean", OutputType::Shared)],
    ),
    operator("Abs", &[input("X", Types::NUMBERS)], Y),
    operator("Neg", &[input("X", Types::SIGNED)], Y),
    operator("Sign", &[input("X", Types::NUMBERS)], Y).since(9),
    function("Ceil"),
    function("Floor"),
    function("Round").since(11),
    function("Sqrt"),
    function("Reciprocal"),
    function("Exp"),
    function("Log"),
    function("Erf").since(9),
    function("Sin"),
    function("Cos"),
    function("Tan"),
    function("Asin"),
    function("Acos"),
    function("Atan"),
    function("Sinh").since(9),
    function("Cosh").since(9),
    function("Tanh"),
    function("Asinh").since(9),
    function("Acosh").since(9),
    function("Atanh").since(9),
    operator(
        "Clip",
        &[
            input("input", Types::NUMBERS),
            optional("min", Types::NUMBERS).since(11),
            optional("max", Types::NUMBERS).since(11),
        ],
        &[output("output", OutputType::Shared)],
    )
    .attributes(&[
        float("min", f32::MIN).until(11),
        float("max", f32::MAX).until(11),
    ])
    .upgrade(clip),
];

/// Before opset 11 the bounds are attributes.
fn clip(draft: &mut Draft, cx: &mut Lowering) -> Result<(), ErrorKind> {
    for (input, name) in [(1, "min"), (2, "max")] {
        if let Some(AttributeValue::Float(bound)) = draft.take(name) {
            let dtype = draft.inputs[0].map(|x| cx.dtype(x));
            let bound = Constant::float(bound, dtype.unwrap_or(zkc_support::DType::F32), &[]);
            draft.inputs[input] = Some(cx.constant(bound));
        }
    }
    Ok(())
}
