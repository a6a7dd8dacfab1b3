//! Pooling.

use super::parts::*;

pub(super) const AUTO_PAD: Attribute = choice(
    "auto_pad",
    "NOTSET",
    &["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"],
);

const X: &[Input] = &[input("X", Types::FLOATS)];
const Y: &[Output] = &[output("Y", OutputType::Shared)];

const fn global(name: &'static str) -> Operator {
    operator(name, X, Y)
}

pub(super) const OPERATORS: &[Operator] = &[
    operator("AveragePool", X, Y).attributes(&[
        AUTO_PAD,
        int("ceil_mode", 0).since(10),
        int("count_include_pad", 0),
        ints("dilations", "1 along each axis").since(19),
        ints("kernel_shape", "").required(),
        ints("pads", "0 along each axis"),
        ints("strides", "1 along each axis"),
    ]),
    operator(
        "MaxPool",
        &[input("X", Types::FLOATS_AND_BYTES)],
        &[output("Y", OutputType::Shared), unsupported("Indices")],
    )
    .attributes(&[
        AUTO_PAD,
        int("ceil_mode", 0).since(10),
        ints("dilations", "1 along each axis").since(10),
        ints("kernel_shape", "").required(),
        ints("pads", "0 along each axis"),
        int("storage_order", 0).since(8),
        ints("strides", "1 along each axis"),
    ])
    .limits(&["The output `Indices` is not supported."]),
    global("GlobalAveragePool"),
    global("GlobalMaxPool"),
];
