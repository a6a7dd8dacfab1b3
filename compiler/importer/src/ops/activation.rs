//! Activations: element-wise functions that stand between layers.

use super::parts::*;

const X: &[Input] = &[input("X", Types::FLOATS)];
const Y: &[Output] = &[output("Y", OutputType::Shared)];

const fn activation(name: &'static str) -> Operator {
    operator(name, X, Y)
}

pub(super) const OPERATORS: &[Operator] = &[
    operator("Relu", &[input("X", Types::SIGNED)], Y),
    activation("Sigmoid"),
    activation("Softplus"),
    activation("Softsign"),
    activation("Mish").since(18),
    activation("HardSwish").since(14),
    activation("LeakyRelu").attributes(&[float("alpha", 0.01)]),
    activation("Elu").attributes(&[float("alpha", 1.0)]),
    activation("Celu")
        .since(12)
        .attributes(&[float("alpha", 1.0)]),
    activation("ThresholdedRelu")
        .since(10)
        .attributes(&[float("alpha", 1.0)]),
    activation("Swish")
        .since(24)
        .attributes(&[float("alpha", 1.0)]),
    activation("Selu").attributes(&[float("alpha", 1.673_263_2), float("gamma", 1.050_701)]),
    activation("HardSigmoid").attributes(&[float("alpha", 0.2), float("beta", 0.5)]),
    activation("Gelu")
        .since(20)
        .attributes(&[choice("approximate", "none", &["none", "tanh"])]),
];
