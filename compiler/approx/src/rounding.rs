//! Correctly rounded fixed-point values of a function, with a bound on the error.

use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use thiserror::Error;

use crate::dyadic::Dyadic;
use crate::elementary::{Elementary, SHORT};
use crate::enclosure::{Bounds, MAX_NUMERATOR_BITS, MAX_PRECISION, bound};
use crate::exact::exact_value;
use crate::function::Function;
use crate::interval::Failure;
use crate::long::Long;
use crate::number::{Direction, Fraction, Number};

/// Largest scale of a fixed-point format here.
pub const MAX_SCALE: u32 = 120;

/// How a real value becomes an integer: always to the nearest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// A midpoint goes to the even neighbour.
    NearestTiesToEven,
    /// A midpoint goes to the larger neighbour: `floor(x + 1/2)`.
    NearestTiesUp,
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rounding::NearestTiesToEven => "nearest, ties to even",
            Rounding::NearestTiesUp => "nearest, ties up",
        })
    }
}

/// A rounded value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounded {
    /// The integer; it stands for `value * 2^-out_scale`.
    pub value: i64,
    /// At least `|value * 2^-out_scale - f(x)|`.
    pub error: f64,
}

/// Why a function has no rounded value at a point.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum RoundingError {
    /// A scale is out of range.
    #[error("scale must be at most {MAX_SCALE}, found {scale}")]
    Scale {
        /// The scale as given.
        scale: u32,
    },
    /// The function has no real value there.
    #[error(
        "`{function}` is not defined at {x} (the integer {numerator} at scale {scale}); leave the point out of the domain"
    )]
    Undefined {
        /// The function.
        function: Function,
        /// The argument as an integer.
        numerator: i64,
        /// Its scale.
        scale: u32,
        /// The argument, rounded to a double.
        x: f64,
    },
    /// The value does not fit in 64 bits at this scale.
    #[error(
        "`{function}` at {x} (the integer {numerator}) does not fit in 64 bits at scale {out_scale}; use a smaller scale or domain"
    )]
    Overflow {
        /// The function.
        function: Function,
        /// The argument as an integer.
        numerator: i64,
        /// The argument, rounded to a double.
        x: f64,
        /// The scale of the result.
        out_scale: u32,
    },
    /// The argument is beyond what the enclosures take.
    #[error("`{function}`: argument {x} (the integer {numerator}) is too large to evaluate")]
    TooLarge {
        /// The function.
        function: Function,
        /// The argument as an integer.
        numerator: i64,
        /// The argument, rounded to a double.
        x: f64,
    },
    /// The value is closer to a midpoint of two outputs than the largest precision shows.
    #[error(
        "`{function}` at {x} (the integer {numerator}) is within 2^-{MAX_PRECISION} of a midpoint at scale {out_scale}; use another scale"
    )]
    Undecided {
        /// The function.
        function: Function,
        /// The argument as an integer.
        numerator: i64,
        /// The argument, rounded to a double.
        x: f64,
        /// The scale of the result.
        out_scale: u32,
    },
}

impl Function {
    /// The value at `numerator * 2^-in_scale`, times `2^out_scale`, correctly rounded to an integer.
    ///
    /// The precision is raised until the enclosure leaves one candidate; midpoints are recognised exactly.
    pub fn round_at(
        &self,
        numerator: i64,
        in_scale: u32,
        out_scale: u32,
        rounding: Rounding,
    ) -> Result<Rounded, RoundingError> {
        for scale in [in_scale, out_scale] {
            if scale > MAX_SCALE {
                return Err(RoundingError::Scale { scale });
            }
        }
        Rounder {
            function: *self,
            in_scale,
            out_scale,
            rounding,
        }
        .round(numerator)
    }
}

/// A function between two fixed-point formats.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounder {
    pub(crate) function: Function,
    pub(crate) in_scale: u32,
    pub(crate) out_scale: u32,
    pub(crate) rounding: Rounding,
}

/// The outcome of one attempt to round from bounds.
enum Decision {
    Value(Rounded),
    /// More than one candidate is left.
    Open,
    /// The value is outside the 64-bit range.
    Overflow,
}

impl Rounder {
    /// See [`Function::round_at`]; the scales are within range.
    pub(crate) fn round(&self, numerator: i64) -> Result<Rounded, RoundingError> {
        let function = self.function;
        let argument = Dyadic::from_scaled(i128::from(numerator), self.in_scale);
        let x = argument.to_f64(Direction::Down);
        if !function.is_defined_at(&argument) {
            return Err(RoundingError::Undefined {
                function,
                numerator,
                scale: self.in_scale,
                x,
            });
        }
        match self.attempt(&*SHORT, numerator) {
            Ok(Decision::Value(rounded)) => return Ok(rounded),
            Ok(Decision::Open) | Err(Failure::Imprecise) => {}
            Ok(Decision::Overflow) => return Err(self.overflow(numerator, x)),
            Err(Failure::TooLarge) => return Err(self.too_large(numerator, x)),
        }
        if let Some(exact) = exact_value(&function, &argument) {
            return self
                .round_rational(&exact)
                .ok_or_else(|| self.overflow(numerator, x));
        }
        let mut precision = 256;
        while precision <= MAX_PRECISION {
            match self.attempt(&Elementary::<Long>::new(precision), numerator) {
                Ok(Decision::Value(rounded)) => return Ok(rounded),
                Ok(Decision::Open) | Err(Failure::Imprecise) => {}
                Ok(Decision::Overflow) => return Err(self.overflow(numerator, x)),
                Err(Failure::TooLarge) => return Err(self.too_large(numerator, x)),
            }
            precision *= 2;
        }
        Err(RoundingError::Undecided {
            function,
            numerator,
            x,
            out_scale: self.out_scale,
        })
    }

    fn overflow(&self, numerator: i64, x: f64) -> RoundingError {
        RoundingError::Overflow {
            function: self.function,
            numerator,
            x,
            out_scale: self.out_scale,
        }
    }

    fn too_large(&self, numerator: i64, x: f64) -> RoundingError {
        // Where the value itself is what grows, say so.
        if self.function.eval_f64(x).is_infinite() {
            self.overflow(numerator, x)
        } else {
            RoundingError::TooLarge {
                function: self.function,
                numerator,
                x,
            }
        }
    }

    fn attempt<N: Number>(
        &self,
        elementary: &Elementary<N>,
        numerator: i64,
    ) -> Result<Decision, Failure> {
        const { assert!(MAX_NUMERATOR_BITS >= 64) };
        let bounds = bound(
            elementary,
            &self.function,
            i128::from(numerator),
            self.in_scale,
        )?;
        Ok(self.decide(&bounds))
    }

    fn decide<N: Number>(&self, bounds: &Bounds<N>) -> Decision {
        let lower = bounds.interval.lower.scale(i64::from(self.out_scale));
        let upper = bounds.interval.upper.scale(i64::from(self.out_scale));
        let (Some(low), Some(high)) = (lower.split(), upper.split()) else {
            // One end is beyond 2^124. The value is too, unless the bounds are very wide.
            let both = lower.split().is_none()
                && upper.split().is_none()
                && lower.is_negative() == upper.is_negative();
            return if both {
                Decision::Overflow
            } else {
                Decision::Open
            };
        };
        let candidate = self.nearest(low, bounds.lower_open.then_some(true));
        if candidate != self.nearest(high, bounds.upper_open.then_some(false)) {
            return Decision::Open;
        }
        let Ok(value) = i64::try_from(candidate) else {
            return Decision::Overflow;
        };
        let center = N::from_integer(i128::from(value), lower.precision());
        let below = center.subtract(&lower, Direction::Up);
        let above = upper.subtract(&center, Direction::Up);
        let error = below
            .larger(&above)
            .scale(-i64::from(self.out_scale))
            .to_f64(Direction::Up);
        // Both differences can only be negative together if the bounds crossed, which they do not.
        Decision::Value(Rounded {
            value,
            error: error.max(0.0),
        })
    }

    /// The integer next to a number; `beyond` says on which side of it the value strictly lies.
    fn nearest(&self, (floor, fraction): (i128, Fraction), beyond: Option<bool>) -> i128 {
        let up = match fraction {
            Fraction::Zero | Fraction::BelowHalf => false,
            Fraction::AboveHalf => true,
            Fraction::Half => match (beyond, self.rounding) {
                (Some(above), _) => above,
                (None, Rounding::NearestTiesUp) => true,
                (None, Rounding::NearestTiesToEven) => floor.rem_euclid(2) == 1,
            },
        };
        floor + i128::from(up)
    }

    /// Nothing if the result does not fit.
    fn round_rational(&self, exact: &BigRational) -> Option<Rounded> {
        let scaled = exact * BigRational::from_integer(BigInt::from(1) << self.out_scale);
        let (floor, rest) = scaled.numer().div_mod_floor(scaled.denom());
        let fraction = if rest.is_zero() {
            Fraction::Zero
        } else {
            match (rest << 1u32).cmp(scaled.denom()) {
                std::cmp::Ordering::Less => Fraction::BelowHalf,
                std::cmp::Ordering::Equal => Fraction::Half,
                std::cmp::Ordering::Greater => Fraction::AboveHalf,
            }
        };
        // A value of 2^127 or more is refused here, one of 2^63 or more below.
        let value = self.nearest((i128::try_from(floor).ok()?, fraction), None);
        let value = i64::try_from(value).ok()?;
        let difference = (scaled - BigRational::from_integer(BigInt::from(value))).abs();
        // At most 1/2: 128 bits after the point, rounded up, are more than a double shows.
        let numerator = (difference.numer() << 128u32).div_ceil(difference.denom());
        let error = Dyadic::new(numerator, -128 - i64::from(self.out_scale)).to_f64_up();
        Some(Rounded { value, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str, numerator: i64, in_scale: u32, out_scale: u32) -> i64 {
        let function: Function = text.parse().unwrap();
        let even = function
            .round_at(numerator, in_scale, out_scale, Rounding::NearestTiesToEven)
            .unwrap();
        even.value
    }

    fn round_up(text: &str, numerator: i64, in_scale: u32, out_scale: u32) -> i64 {
        let function: Function = text.parse().unwrap();
        let up = function
            .round_at(numerator, in_scale, out_scale, Rounding::NearestTiesUp)
            .unwrap();
        up.value
    }

    #[test]
    fn ties_are_decided_exactly() {
        // 1/2 at scale 0, 9/2, -9/2
        assert_eq!(round("sigmoid", 0, 4, 0), 0);
        assert_eq!(round_up("sigmoid", 0, 4, 0), 1);
        assert_eq!(round("relu", 9, 1, 0), 4);
        assert_eq!(round_up("relu", 9, 1, 0), 5);
        assert_eq!(round("leaky_relu(alpha=1)", -9, 1, 0), -4);
        assert_eq!(round_up("leaky_relu(alpha=1)", -9, 1, 0), -4);
        assert_eq!(round("leaky_relu(alpha=1)", -7, 1, 0), -4);
        assert_eq!(round_up("leaky_relu(alpha=1)", -7, 1, 0), -3);
        // sqrt(9/4) = 3/2, (25/4)^(5/2) / 2^... = 3125/32 = 97.65625: a midpoint at scale 4
        assert_eq!(round("sqrt", 9, 2, 0), 2);
        assert_eq!(round("pow(exponent=2.5)", 25, 2, 4), 1562);
        assert_eq!(round_up("pow(exponent=2.5)", 25, 2, 4), 1563);
        assert_eq!(round("rsqrt", 4, 0, 0), 0);
        assert_eq!(round_up("rsqrt", 4, 0, 0), 1);
        assert_eq!(round("exp2", -1, 0, 0), 0);
        // 1.5 * 4.5 / 6 = 1.125: a midpoint at scale 2
        assert_eq!(round("hardswish", 6, 2, 2), 4);
        assert_eq!(round_up("hardswish", 6, 2, 2), 5);
    }

    #[test]
    fn asymptotes_are_on_the_right_side_of_a_midpoint() {
        // At x = 1000.5 and scale 0 these differ from the midpoint by less than e^-1000.
        let n = 2001;
        for rounded in [round, round_up] {
            assert_eq!(rounded("softplus", n, 1, 0), 1001);
            assert_eq!(rounded("gelu", n, 1, 0), 1000);
            assert_eq!(rounded("gelu_tanh", n, 1, 0), 1000);
            assert_eq!(rounded("silu", n, 1, 0), 1000);
            assert_eq!(rounded("mish", n, 1, 0), 1000);
            assert_eq!(rounded("elu(alpha=0.5)", -n, 1, 0), 0);
            assert_eq!(rounded("elu(alpha=1.5)", -n, 1, 0), -1);
            assert_eq!(rounded("elu(alpha=-0.5)", -n, 1, 0), 0);
            assert_eq!(rounded("selu(alpha=0.5, gamma=3)", -n, 1, 0), -1);
            assert_eq!(rounded("celu(alpha=2.5)", -n, 0, 0), -2);
        }
    }

    #[test]
    fn precision_is_raised_near_a_midpoint() {
        // sin x = x - x^3/6: at x = 2^-100 and scale 99 the value is below the midpoint by 2^-303.
        assert_eq!(round("sin", 1, 100, 99), 0);
        assert_eq!(round("sinh", 1, 100, 99), 1);
        assert_eq!(round("tan", 1, 100, 99), 1);
        assert_eq!(round("atan", 1, 100, 99), 0);
        assert_eq!(round("sin", 3, 100, 99), 1);
        assert_eq!(round("sinh", 3, 100, 99), 2);
    }

    #[test]
    fn errors_are_tight() {
        let sigmoid = Function::Sigmoid;
        let rounded = sigmoid
            .round_at(3, 1, 8, Rounding::NearestTiesToEven)
            .unwrap();
        let exact = 1.0 / (1.0 + (-1.5f64).exp());
        let expected = (rounded.value as f64 / 256.0 - exact).abs();
        assert!((rounded.error - expected).abs() < 1e-15);
        let third = Function::Softsign.round_at(1, 1, 0, Rounding::NearestTiesUp);
        let third = third.unwrap();
        assert_eq!(third.value, 0);
        assert!(third.error >= 1.0 / 3.0 && third.error < 0.333_333_333_333_334);
        let exact = Function::Relu.round_at(77, 3, 5, Rounding::NearestTiesUp);
        assert_eq!(
            exact,
            Ok(Rounded {
                value: 308,
                error: 0.0
            })
        );
    }

    #[test]
    fn impossible_values_are_refused() {
        let at = |text: &str, numerator: i64, in_scale: u32, out_scale: u32| {
            let function: Function = text.parse().unwrap();
            function
                .round_at(numerator, in_scale, out_scale, Rounding::NearestTiesToEven)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            at("log", -3, 1, 8),
            "`log` is not defined at -1.5 (the integer -3 at scale 1); leave the point out of the domain"
        );
        assert_eq!(
            at("exp", 50, 0, 16),
            "`exp` at 50 (the integer 50) does not fit in 64 bits at scale 16; use a smaller scale or domain"
        );
        assert!(at("exp", i64::MAX, 0, 0).contains("does not fit in 64 bits"));
        assert!(at("pow(exponent=1e300)", 3, 0, 0).contains("does not fit in 64 bits"));
        assert!(at("sin", i64::MAX, 0, 0).contains("is too large to evaluate"));
        assert!(at("relu", i64::MAX, 0, 1).contains("does not fit in 64 bits"));
        assert_eq!(
            at("relu", 0, 500, 1),
            "scale must be at most 120, found 500"
        );
    }
}
