//! Ordinary double-precision values of the functions.

use crate::function::Function;

impl Function {
    /// The function in double precision: a good value, not a certified one.
    ///
    /// Outside the domain the result is NaN or infinite, as usual for doubles. The computation uses no function of the
    /// platform's libraries, so it gives the same bits everywhere.
    pub fn eval_f64(&self, x: f64) -> f64 {
        match self {
            Function::Sigmoid => sigmoid(x),
            Function::Tanh => libm::tanh(x),
            Function::Erf => libm::erf(x),
            Function::Gelu => 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
            Function::GeluTanh => {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
                // (1 + tanh u) / 2 = sigmoid(2u), without cancellation on the left
                x * sigmoid(2.0 * inner)
            }
            Function::Silu => x * sigmoid(x),
            Function::Softplus => softplus(x),
            Function::Mish => x * libm::tanh(softplus(x)),
            Function::Elu { alpha } => {
                if x >= 0.0 {
                    x
                } else {
                    alpha.value() * libm::expm1(x)
                }
            }
            Function::Selu { alpha, gamma } => {
                if x >= 0.0 {
                    gamma.value() * x
                } else {
                    gamma.value() * alpha.value() * libm::expm1(x)
                }
            }
            Function::Celu { alpha } => {
                if x >= 0.0 {
                    x
                } else {
                    alpha.value() * libm::expm1(x / alpha.value())
                }
            }
            Function::Exp => libm::exp(x),
            Function::Exp2 => libm::exp2(x),
            Function::Log => libm::log(x),
            Function::Sqrt => x.sqrt(),
            Function::Rsqrt => 1.0 / x.sqrt(),
            Function::Reciprocal => 1.0 / x,
            Function::Sin => libm::sin(x),
            Function::Cos => libm::cos(x),
            Function::Tan => libm::tan(x),
            Function::Asin => libm::asin(x),
            Function::Acos => libm::acos(x),
            Function::Atan => libm::atan(x),
            Function::Sinh => libm::sinh(x),
            Function::Cosh => libm::cosh(x),
            Function::Asinh => libm::asinh(x),
            Function::Acosh => libm::acosh(x),
            Function::Atanh => libm::atanh(x),
            // `clamp` hands a NaN on.
            Function::HardSigmoid { alpha, beta } => {
                (alpha.value() * x + beta.value()).clamp(0.0, 1.0)
            }
            Function::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            Function::Softsign => x / (1.0 + x.abs()),
            Function::Pow { exponent } => libm::pow(x, exponent.value()),
            // `x > 0` is false for NaN too, so the comparison comes first.
            Function::Relu => {
                if x < 0.0 {
                    0.0
                } else {
                    x
                }
            }
            Function::LeakyRelu { alpha } => {
                if x < 0.0 {
                    alpha.value() * x
                } else {
                    x
                }
            }
            Function::ThresholdedRelu { alpha } => {
                if x <= alpha.value() {
                    0.0
                } else {
                    x
                }
            }
            Function::Sign => {
                if x == 0.0 || x.is_nan() {
                    x
                } else {
                    x.signum()
                }
            }
            Function::Step => {
                if x.is_nan() {
                    x
                } else {
                    f64::from(u8::from(x >= 0.0))
                }
            }
            Function::Abs => x.abs(),
            Function::Floor => x.floor(),
            Function::Ceil => x.ceil(),
            Function::Round => x.round_ties_even(),
        }
    }
}

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let exponential = libm::exp(x);
        exponential / (1.0 + exponential)
    }
}

fn softplus(x: f64) -> f64 {
    // NaN goes through the second summand; `max` alone would drop it.
    x.max(0.0) + libm::log1p(libm::exp(-x.abs()))
}

#[cfg(test)]
mod tests {
    use crate::function::Function;

    #[test]
    fn known_values() {
        let close = |text: &str, x: f64, expected: f64| {
            let function: Function = text.parse().unwrap();
            let found = function.eval_f64(x);
            assert!(
                (found - expected).abs() <= 1e-14 * expected.abs().max(1.0),
                "{text} at {x}: {found} instead of {expected}"
            );
        };
        close("sigmoid", 1.0, 0.731_058_578_630_004_9);
        close("gelu", -1.0, -0.158_655_253_931_457_05);
        close("gelu_tanh", -1.0, -0.158_808_009_391_723_3);
        close("mish", 1.0, 0.865_098_388_267_310_6);
        close("softplus", 800.0, 800.0);
        close("hardswish", 1.5, 1.125);
        close("round", 2.5, 2.0);
        close("sign", -0.25, -1.0);
        close("step", -0.0, 1.0);
        close("step", -5e-324, 0.0);
        close("celu(alpha=2)", -1.0, -0.786_938_680_574_733_3);
    }

    #[test]
    fn nan_stays_nan() {
        for name in Function::NAMES {
            if let Ok(function) = name.parse::<Function>() {
                assert!(function.eval_f64(f64::NAN).is_nan(), "{name}");
            }
        }
    }

    #[test]
    fn far_left_and_right_do_not_overflow() {
        for name in [
            "sigmoid", "tanh", "erf", "gelu", "silu", "softplus", "mish", "atan", "softsign",
        ] {
            let function: Function = name.parse().unwrap();
            assert!(function.eval_f64(-1e4).is_finite(), "{name}");
            assert!(function.eval_f64(1e4).is_finite(), "{name}");
        }
    }
}
