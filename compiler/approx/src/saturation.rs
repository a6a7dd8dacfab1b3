//! Where a function no longer changes at the precision of its output.

use crate::elementary::SHORT;
use crate::function::Function;
use crate::interval::Interval;
use crate::monotone::Trend;
use crate::number::{Fraction, Number};
use crate::rounding::{Rounder, Rounding};
use crate::short::Short;

/// One end of the real line on which every value rounds to the same integer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// Where it begins (the left tail: ends), a double.
    pub at: f64,
    /// The integer at the output scale.
    pub value: i64,
}

/// The tails of a function at an output format.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Saturation {
    /// `f(x)` rounds to this tail's value for every real `x <= at`.
    pub below: Option<Tail>,
    /// `f(x)` rounds to this tail's value for every real `x >= at`.
    pub above: Option<Tail>,
}

/// Tails that begin beyond `±2^MAX_DISTANCE_BITS` are not looked for.
const MAX_DISTANCE_BITS: u32 = 40;

/// Places after the point of the beginning of a tail.
const GRID_BITS: u32 = 10;

/// What a function tends to on one side.
enum Limit {
    /// The value at the far end, exact, and whether the function reaches it.
    Number { value: f64, reached: bool },
    /// The product of two parameters, negated, not reached.
    NegatedProduct(f64, f64),
    /// `±pi/2`, not reached.
    HalfPi { negative: bool },
}

impl Function {
    /// The tails on which the function, correctly rounded (ties to even) to `out_scale`, is constant.
    ///
    /// The beginnings are certified. They are the earliest on a grid of step `2^-10` that lie on their own side of zero,
    /// where the function has become monotone; tails that begin beyond `±2^40` are left out. A side on which the
    /// function grows, oscillates or is undefined has no tail.
    pub fn saturation(&self, out_scale: u32) -> Saturation {
        Saturation {
            below: self.tail(out_scale, true),
            above: self.tail(out_scale, false),
        }
    }

    fn tail(&self, out_scale: u32, below: bool) -> Option<Tail> {
        if out_scale > crate::rounding::MAX_SCALE {
            return None;
        }
        let rounder = Rounder {
            function: *self,
            in_scale: GRID_BITS,
            out_scale,
            rounding: Rounding::NearestTiesToEven,
        };
        let limit = self.limit(below)?;
        let piece = {
            let pieces = self.monotone_pieces(f64::NEG_INFINITY, f64::INFINITY);
            if below {
                *pieces.first()?
            } else {
                *pieces.last()?
            }
        };
        let reaches = if below { piece.from } else { piece.to };
        if reaches.is_finite() {
            return None;
        }
        // The function comes from above if it falls to the right or rises to the left of it.
        let from_above = below == (piece.trend == Trend::Increasing);
        let value = limit.round(out_scale, from_above)?;
        // Between a point and the end the function lies between its value there and the limit. Where both round to
        // the same integer, so does everything in between.
        let sign = if below { -1 } else { 1 };
        let is_in_tail = |distance: i64| {
            let numerator = sign * distance;
            let x = numerator as f64 / f64::from(1u32 << GRID_BITS);
            (piece.from..=piece.to).contains(&x)
                && rounder
                    .round(numerator)
                    .is_ok_and(|rounded| rounded.value == value)
        };
        let mut outside = -1i64;
        let mut inside = 0i64;
        while !is_in_tail(inside) {
            if inside >> (MAX_DISTANCE_BITS + GRID_BITS) != 0 {
                return None;
            }
            outside = inside;
            inside = (2 * inside).max(1);
        }
        while inside - outside > 1 {
            let middle = outside + (inside - outside) / 2;
            if is_in_tail(middle) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        Some(Tail {
            // Below 2^51, so the conversion is exact.
            at: (sign * inside) as f64 / f64::from(1u32 << GRID_BITS),
            value,
        })
    }

    /// The limit at one end of the real line, if it is finite.
    fn limit(&self, below: bool) -> Option<Limit> {
        let number = |value: f64, reached: bool| Some(Limit::Number { value, reached });
        let approached = |value: f64| number(value, false);
        let reached = |value: f64| number(value, true);
        match (self, below) {
            (Function::Sigmoid, true) => approached(0.0),
            (Function::Sigmoid, false) => approached(1.0),
            (Function::Tanh | Function::Erf | Function::Softsign, true) => approached(-1.0),
            (Function::Tanh | Function::Erf | Function::Softsign, false) => approached(1.0),
            (
                Function::Gelu
                | Function::GeluTanh
                | Function::Silu
                | Function::Mish
                | Function::Softplus
                | Function::Exp
                | Function::Exp2,
                true,
            ) => approached(0.0),
            (Function::Elu { alpha }, true) => approached(-alpha.value()),
            (Function::Selu { alpha, gamma }, true) => {
                Some(Limit::NegatedProduct(alpha.value(), gamma.value()))
            }
            (Function::Celu { alpha }, true) if alpha.value() > 0.0 => approached(-alpha.value()),
            (Function::Rsqrt, false) | (Function::Reciprocal, _) => approached(0.0),
            (Function::Atan, negative) => Some(Limit::HalfPi { negative }),
            (Function::HardSigmoid { alpha, beta }, _) => {
                let alpha = alpha.value();
                if alpha == 0.0 {
                    reached(beta.value().clamp(0.0, 1.0))
                } else if (alpha > 0.0) == below {
                    reached(0.0)
                } else {
                    reached(1.0)
                }
            }
            (Function::HardSwish | Function::Relu | Function::ThresholdedRelu { .. }, true) => {
                reached(0.0)
            }
            (Function::LeakyRelu { alpha }, true) if alpha.value() == 0.0 => reached(0.0),
            (Function::Selu { gamma, .. }, false) if gamma.value() == 0.0 => reached(0.0),
            (Function::Sign, true) => reached(-1.0),
            (Function::Sign | Function::Step, false) => reached(1.0),
            (Function::Step, true) => reached(0.0),
            (Function::Pow { exponent }, _) => {
                let exponent = exponent.value();
                if exponent == 0.0 {
                    reached(1.0)
                } else if exponent < 0.0 && (!below || exponent.fract() == 0.0) {
                    approached(0.0)
                } else {
                    None
                }
            }
            _ => None,
        }
    }
}

impl Limit {
    /// What values close enough to the limit round to, coming from the given side.
    fn round(&self, out_scale: u32, from_above: bool) -> Option<i64> {
        let e = &*SHORT;
        let (limit, reached) = match self {
            Limit::Number { value, reached } => (e.real(*value), *reached),
            Limit::NegatedProduct(left, right) => {
                let product = e.real(*left).times(&e.real(*right)).negate();
                // Without a slope on this side the function is constant.
                let constant = product.as_point().is_some_and(Short::is_zero);
                (product, constant)
            }
            Limit::HalfPi { negative } => {
                let half_pi = e.half_pi();
                let limit: Interval<Short> = if *negative {
                    half_pi.negate()
                } else {
                    half_pi.clone()
                };
                (limit, false)
            }
        };
        let round = |end: &Short| {
            let (floor, fraction) = end.scale(i64::from(out_scale)).split()?;
            let up = match fraction {
                Fraction::Zero | Fraction::BelowHalf => false,
                Fraction::AboveHalf => true,
                Fraction::Half if reached => floor.rem_euclid(2) == 1,
                Fraction::Half => from_above,
            };
            i64::try_from(floor + i128::from(up)).ok()
        };
        let value = round(&limit.lower)?;
        (round(&limit.upper)? == value).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saturation(text: &str, out_scale: u32) -> Saturation {
        text.parse::<Function>().unwrap().saturation(out_scale)
    }

    #[test]
    fn two_sided() {
        let tanh = saturation("tanh", 8);
        let (below, above) = (tanh.below.unwrap(), tanh.above.unwrap());
        assert_eq!((below.value, above.value), (-256, 256));
        assert_eq!(below.at, -above.at);
        // 1 - tanh x = 2^-9 at x = 3.46...
        let exact = 0.5 * (2f64.powi(10) - 1.0).ln();
        assert!(above.at >= exact && above.at < exact + 1.0 / 1024.0);
        let softsign = saturation("softsign", 8).above.unwrap();
        assert_eq!((softsign.at, softsign.value), (511.0, 256));
        let atan = saturation("atan", 4).above.unwrap();
        assert_eq!(atan.value, 25);
        let step = saturation("step", 3);
        assert_eq!(step.above, Some(Tail { at: 0.0, value: 8 }));
        assert_eq!(step.below.map(|tail| tail.at), Some(-1.0 / 1024.0));
        let sign = saturation("sign", 0);
        assert_eq!(
            sign.above,
            Some(Tail {
                at: 1.0 / 1024.0,
                value: 1
            })
        );
    }

    #[test]
    fn one_sided() {
        for text in [
            "exp",
            "gelu",
            "silu",
            "softplus",
            "mish",
            "relu",
            "hardswish",
        ] {
            let found = saturation(text, 10);
            assert_eq!(found.below.unwrap().value, 0, "{text}");
            assert_eq!(found.above, None, "{text}");
        }
        assert_eq!(saturation("hardswish", 4).below.unwrap().value, 0);
        assert_eq!(saturation("elu(alpha=1)", 6).below.unwrap().value, -64);
        // Approached from above, so never the midpoint itself.
        assert_eq!(saturation("elu(alpha=1.5)", 0).below.unwrap().value, -1);
        assert_eq!(saturation("elu(alpha=-0.5)", 0).below.unwrap().value, 0);
        assert_eq!(
            saturation("hardsigmoid(alpha=0, beta=0.5)", 0)
                .below
                .unwrap()
                .value,
            0
        );
        assert_eq!(saturation("rsqrt", 4).above.unwrap().at, 1024.0);
        assert_eq!(saturation("pow(exponent=-1)", 4).below.unwrap().value, 0);
    }

    #[test]
    fn none() {
        for text in [
            "sin",
            "abs",
            "log",
            "asin",
            "leaky_relu(alpha=0.1)",
            "celu(alpha=-1)",
        ] {
            assert_eq!(saturation(text, 8), Saturation::default(), "{text}");
        }
        // Beyond 2^40.
        assert_eq!(saturation("softsign", 60), Saturation::default());
    }

    #[test]
    fn tails_are_constant() {
        for name in Function::NAMES {
            let Ok(function) = name.parse::<Function>() else {
                continue;
            };
            let found = function.saturation(9);
            for (tail, step) in [(found.below, -1i64), (found.above, 1i64)] {
                let Some(tail) = tail else { continue };
                let start = (tail.at * 1024.0) as i64;
                for i in (0..2000).chain([100_000, 1_000_000_000]) {
                    let rounded = function
                        .round_at(start + step * i, 10, 9, Rounding::NearestTiesToEven)
                        .unwrap();
                    assert_eq!(rounded.value, tail.value, "{name} {tail:?} {i}");
                }
                if start == 0 {
                    continue;
                }
                let before = function
                    .round_at(start - step, 10, 9, Rounding::NearestTiesToEven)
                    .map(|rounded| rounded.value);
                assert_ne!(before, Ok(tail.value), "{name} {tail:?}");
            }
        }
    }
}
