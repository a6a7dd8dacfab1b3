//! Reductions.

use super::{list_to_input, parts::*};

const REDUCED: &[Output] = &[output("reduced", OutputType::Shared)];

const fn reduction(
    name: &'static str,
    inputs: &'static [Input],
    attributes: &'static [Attribute],
) -> Operator {
    operator(name, inputs, REDUCED)
        .attributes(attributes)
        .upgrade(axes)
}

/// The attributes of a reduction whose `axes` became an input with an opset.
macro_rules! attributes {
    ($opset:literal) => {
        &[
            ints("axes", "all axes").until($opset),
            int("keepdims", 1),
            int("noop_with_empty_axes", 0).since($opset),
        ]
    };
}

pub(super) const OPERATORS: &[Operator] = &[
    reduction(
        "ReduceSum",
        &[
            input("data", Types::WIDE),
            optional("axes", Types::INT64).own_type().since(13),
        ],
        attributes!(13),
    ),
    reduction(
        "ReduceMean",
        &[
            input("data", Types::WIDE),
            optional("axes", Types::INT64).own_type().since(18),
        ],
        attributes!(18),
    ),
    reduction(
        "ReduceMax",
        &[
            input("data", Types::ALL),
            optional("axes", Types::INT64).own_type().since(18),
        ],
        attributes!(18),
    ),
    reduction(
        "ReduceMin",
        &[
            input("data", Types::ALL),
            optional("axes", Types::INT64).own_type().since(18),
        ],
        attributes!(18),
    ),
];

fn axes(draft: &mut Draft, cx: &mut Lowering) -> Result<(), ErrorKind> {
    list_to_input(draft, cx, "axes", 1);
    Ok(())
}
