//! Matrix products and convolutions.

use super::{parts::*, pooling::AUTO_PAD};

pub(super) const OPERATORS: &[Operator] = &[
    operator(
        "MatMul",
        &[input("A", Types::WIDE), input("B", Types::WIDE)],
        &[output("Y", OutputType::Shared)],
    ),
    // C became optional with opset 11; that an older node has it is not checked.
    operator(
        "Gemm",
        &[
            input("A", Types::WIDE),
            input("B", Types::WIDE),
            optional("C", Types::WIDE),
        ],
        &[output("Y", OutputType::Shared)],
    )
    .attributes(&[
        float("alpha", 1.0),
        float("beta", 1.0),
        int("transA", 0),
        int("transB", 0),
    ]),
    operator(
        "Conv",
        &[
            input("X", Types::FLOATS),
            input("W", Types::FLOATS),
            optional("B", Types::FLOATS),
        ],
        &[output("Y", OutputType::Shared)],
    )
    .attributes(&[
        AUTO_PAD,
        ints("dilations", "1 along each axis"),
        int("group", 1),
        ints("kernel_shape", "the shape of `W`"),
        ints("pads", "0 along each axis"),
        ints("strides", "1 along each axis"),
    ])
    .limits(&["`W` must be constant."]),
];
