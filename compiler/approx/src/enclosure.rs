//! Rigorous bounds of a function's value at a fixed-point number.

use thiserror::Error;

use crate::dyadic::Dyadic;
use crate::elementary::{ARGUMENT_BITS, Elementary, SHORT};
use crate::function::Function;
use crate::interval::{Failure, Interval};
use crate::long::Long;
use crate::number::{Direction, Fraction, Number};
use crate::short::Short;

/// Largest magnitude of a numerator that [`Function::enclose`] takes: `2^120`.
pub const MAX_NUMERATOR_BITS: u32 = 120;

/// Largest working precision of an enclosure, in bits.
pub const MAX_PRECISION: u32 = 1 << 14;

/// Bits that the computation of a function may lose beside the precision asked for.
const GUARD_BITS: u32 = 32;

/// Exact bounds of a real number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// The number is not below this.
    pub lower: Dyadic,
    /// The number is not above this.
    pub upper: Dyadic,
}

/// Why a value could not be enclosed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum EnclosureError {
    /// The function has no real value there.
    #[error("`{function}` is not defined at {x}")]
    Undefined {
        /// The function.
        function: Function,
        /// The argument, rounded to a double.
        x: f64,
    },
    /// The argument or the value is beyond what the kernels are made for.
    #[error(
        "`{function}` at {x}: the argument or the value is too large to bound (limit: about 2^40 in the exponent)"
    )]
    TooLarge {
        /// The function.
        function: Function,
        /// The argument, rounded to a double.
        x: f64,
    },
    /// The argument is too close to a singularity for the precision.
    #[error("`{function}` at {x} cannot be bounded with {precision} bits; use more")]
    Imprecise {
        /// The function.
        function: Function,
        /// The argument, rounded to a double.
        x: f64,
        /// The precision asked for.
        precision: u32,
    },
    /// The precision is out of range.
    #[error("precision must be at most {MAX_PRECISION} bits, found {precision}")]
    Precision {
        /// The precision asked for.
        precision: u32,
    },
}

impl Function {
    /// Bounds of the value at `numerator * 2^-scale`, computed with about `precision` correct bits.
    ///
    /// The bounds are certain: every step is an integer operation rounded outwards, and every series has a bound for
    /// its tail. How close they are is not promised, but they close in as the precision grows. Sums may cancel, so the
    /// precision is one of the larger intermediate values, not always of the result.
    ///
    /// Up to 96 bits cost a few microseconds, more cost some hundreds of them.
    pub fn enclose(
        &self,
        numerator: i128,
        scale: u32,
        precision: u32,
    ) -> Result<Enclosure, EnclosureError> {
        let argument = Dyadic::from_scaled(numerator, scale);
        let x = argument.to_f64(Direction::Down);
        if precision > MAX_PRECISION {
            return Err(EnclosureError::Precision { precision });
        }
        if !self.is_defined_at(&argument) {
            return Err(EnclosureError::Undefined { function: *self, x });
        }
        let failed = |failure| match failure {
            Failure::Imprecise => EnclosureError::Imprecise {
                function: *self,
                x,
                precision,
            },
            Failure::TooLarge => EnclosureError::TooLarge { function: *self, x },
        };
        if numerator.unsigned_abs() >> MAX_NUMERATOR_BITS != 0 {
            return Err(failed(Failure::TooLarge));
        }
        if precision + GUARD_BITS <= Short::PRECISION {
            let bounds = bound(&*SHORT, self, numerator, scale).map_err(failed)?;
            Ok(bounds.to_enclosure())
        } else {
            let elementary = Elementary::<Long>::new(precision + GUARD_BITS);
            let bounds = bound(&elementary, self, numerator, scale).map_err(failed)?;
            Ok(bounds.to_enclosure())
        }
    }
}

/// Bounds of a value, with the ends that are known not to be reached.
///
/// An open end matters where a value approaches a number that may be a midpoint of two outputs: `softplus(x)`
/// is above `x` by too little to see, and still not equal to it.
#[derive(Clone, Debug)]
pub(crate) struct Bounds<N> {
    pub(crate) interval: Interval<N>,
    pub(crate) lower_open: bool,
    pub(crate) upper_open: bool,
}

impl<N: Number> Bounds<N> {
    /// Adds the knowledge that the value is strictly above `limit`.
    fn above(mut self, limit: &N) -> Self {
        if self.interval.lower.compare(limit).is_le() {
            self.interval.lower = limit.clone();
            self.lower_open = true;
        }
        self
    }

    /// Adds the knowledge that the value is strictly below `limit`.
    fn below(mut self, limit: &N) -> Self {
        if self.interval.upper.compare(limit).is_ge() {
            self.interval.upper = limit.clone();
            self.upper_open = true;
        }
        self
    }

    fn to_enclosure(&self) -> Enclosure {
        Enclosure {
            lower: self.interval.lower.to_dyadic(),
            upper: self.interval.upper.to_dyadic(),
        }
    }
}

impl<N> From<Interval<N>> for Bounds<N> {
    fn from(interval: Interval<N>) -> Self {
        Bounds {
            interval,
            lower_open: false,
            upper_open: false,
        }
    }
}

/// Bounds of `function` at `numerator * 2^-scale`, where it must be defined; `|numerator| < 2^120`.
pub(crate) fn bound<N: Number>(
    e: &Elementary<N>,
    function: &Function,
    numerator: i128,
    scale: u32,
) -> Result<Bounds<N>, Failure> {
    let argument = N::from_parts(
        numerator < 0,
        numerator.unsigned_abs(),
        -i64::from(scale),
        e.precision(),
    );
    let x = Interval::point(argument.clone());
    let negative = numerator < 0;
    let zero = e.integer(0);
    let one = e.integer(1);
    Ok(match function {
        Function::Sigmoid => Bounds::from(sigmoid(e, &x)?)
            .above(&zero.lower)
            .below(&one.lower),
        Function::Tanh => Bounds::from(odd(&x, |x| tanh(e, x))?)
            .above(&one.lower.negate())
            .below(&one.lower),
        Function::Erf => Bounds::from(odd(&x, |x| e.erf(x))?)
            .above(&one.lower.negate())
            .below(&one.lower),
        // The next four are x times a factor in (0, 1).
        Function::Gelu => {
            let inner = x.times(&one.scale(-1).square_root()?);
            let factor = one.plus(&odd(&inner, |x| e.erf(x))?).scale(-1);
            gated(x, factor)
        }
        Function::GeluTanh => {
            let cubic = e.integer(44_715).times(&cube(&x)).over_small(1_000_000);
            let scaled = x.plus(&cubic).times(&one.over(e.half_pi())?.square_root()?);
            let factor = sigmoid(e, &scaled.scale(1))?;
            gated(x, factor)
        }
        Function::Silu => {
            let factor = sigmoid(e, &x)?;
            gated(x, factor)
        }
        Function::Mish => {
            // tanh(ln(1 + E)) = w/(w + 2) with w = E^2 + 2E; on the right divided by E^2, so that E = e^-|x| throughout.
            let exponential = e.exp(&x.abs().negate())?;
            let square = exponential.times(&exponential);
            let numerator = if negative {
                square.plus(&exponential.scale(1))
            } else {
                one.plus(&exponential.scale(1))
            };
            let denominator = if negative {
                numerator.plus(&e.integer(2))
            } else {
                numerator.plus(&square.scale(1))
            };
            gated(x, numerator.over(&denominator)?)
        }
        Function::Softplus => {
            // ln(1 + e^x) = max(0, x) + ln(1 + e^-|x|)
            let rest = e.ln_one_plus(&e.exp(&x.abs().negate())?)?;
            let floor = if negative { zero } else { x };
            Bounds::from(floor.plus(&rest)).above(&floor.lower)
        }
        Function::Elu { alpha } => {
            if negative {
                saturating_tail(e, e.real(alpha.value()), &x)?
            } else {
                x.into()
            }
        }
        Function::Selu { alpha, gamma } => {
            let gamma = e.real(gamma.value());
            if negative {
                saturating_tail(e, gamma.times(&e.real(alpha.value())), &x)?
            } else {
                gamma.times(&x).into()
            }
        }
        Function::Celu { alpha } => {
            if negative {
                let alpha = e.real(alpha.value());
                let ratio = x.over(&alpha)?;
                if alpha.is_positive() {
                    saturating_tail(e, alpha, &ratio)?
                } else {
                    alpha.times(&e.exp(&ratio)?.minus(&one)).into()
                }
            } else {
                x.into()
            }
        }
        Function::Exp => Bounds::from(e.exp(&x)?).above(&zero.lower),
        Function::Exp2 => Bounds::from(exp2(e, &x)?).above(&zero.lower),
        Function::Log => e.ln(&x)?.into(),
        Function::Sqrt => x.square_root()?.into(),
        Function::Rsqrt => one.over(&x.square_root()?)?.into(),
        Function::Reciprocal => one.over(&x)?.into(),
        Function::Sin => e.sin_cos(&x)?.0.into(),
        Function::Cos => e.sin_cos(&x)?.1.into(),
        Function::Tan => {
            let (sine, cosine) = e.sin_cos(&x)?;
            sine.over(&cosine)?.into()
        }
        Function::Asin => odd(&x, |x| arcsine(e, x))?.into(),
        Function::Acos => {
            if argument.compare(&one.lower).is_eq() {
                zero.into()
            } else {
                e.half_pi().minus(&odd(&x, |x| arcsine(e, x))?).into()
            }
        }
        Function::Atan => e.arctan(&x)?.into(),
        Function::Sinh => odd(&x, |x| {
            let exponential = e.exp(x)?;
            Ok(exponential.minus(&one.over(&exponential)?).scale(-1))
        })?
        .into(),
        Function::Cosh => {
            let exponential = e.exp(&x.abs())?;
            exponential.plus(&one.over(&exponential)?).scale(-1).into()
        }
        Function::Asinh => odd(&x, |x| {
            // x + sqrt(x^2 + 1) - 1 = x + x^2 / (1 + sqrt(x^2 + 1))
            let square = x.times(x);
            let root = square.plus(&one).square_root()?;
            let excess = x.plus(&square.over(&one.plus(&root))?);
            ln_one_plus(e, &excess)
        })?
        .into(),
        Function::Acosh => {
            let excess = x.minus(&one);
            let root = excess.times(&x.plus(&one)).square_root()?;
            ln_one_plus(e, &excess.plus(&root))?.into()
        }
        Function::Atanh => odd(&x, |x| {
            if x.magnitude().top_exponent().is_some_and(|top| top >= -2) {
                let ratio = one.plus(x).over(&one.minus(x))?;
                Ok(e.ln(&ratio)?.scale(-1))
            } else {
                e.artanh_small(x)
            }
        })?
        .into(),
        Function::HardSigmoid { alpha, beta } => e
            .real(alpha.value())
            .times(&x)
            .plus(&e.real(beta.value()))
            .clamp(0, 1)
            .into(),
        Function::HardSwish => {
            let three = e.integer(3);
            if argument.compare(&three.lower).is_ge() {
                x.into()
            } else if argument.compare(&three.lower.negate()).is_le() {
                zero.into()
            } else {
                x.times(&x.plus(&three)).over_small(6).into()
            }
        }
        Function::Softsign => x.over(&one.plus(&x.abs()))?.into(),
        Function::Pow { exponent } => power(e, &x, exponent.value())?.into(),
        Function::Relu => if negative { zero } else { x }.into(),
        Function::LeakyRelu { alpha } => {
            if negative {
                e.real(alpha.value()).times(&x).into()
            } else {
                x.into()
            }
        }
        Function::ThresholdedRelu { alpha } => {
            let threshold = N::from_f64(alpha.value(), e.precision());
            if argument.compare(&threshold).is_gt() {
                x.into()
            } else {
                zero.into()
            }
        }
        Function::Sign => e.integer(numerator.signum()).into(),
        Function::Step => e.integer(i128::from(!negative)).into(),
        Function::Abs => x.abs().into(),
        Function::Floor | Function::Ceil | Function::Round => {
            let (floor, fraction) = argument.split().ok_or(Failure::TooLarge)?;
            let up = match (function, fraction) {
                (_, Fraction::Zero) | (Function::Floor, _) => false,
                (Function::Ceil, _) => true,
                (_, Fraction::BelowHalf) => false,
                (_, Fraction::AboveHalf) => true,
                (_, Fraction::Half) => floor.rem_euclid(2) == 1,
            };
            e.integer(floor + i128::from(up)).into()
        }
    })
}

/// An odd function from its values on the right.
fn odd<N: Number>(
    x: &Interval<N>,
    right: impl Fn(&Interval<N>) -> Result<Interval<N>, Failure>,
) -> Result<Interval<N>, Failure> {
    if x.is_negative() {
        Ok(right(&x.negate())?.negate())
    } else {
        right(x)
    }
}

/// `x * factor` for a point `x` and a factor in (0, 1): strictly between 0 and `x`, unless both are equal.
fn gated<N: Number>(x: Interval<N>, factor: Interval<N>) -> Bounds<N> {
    let product = Bounds::from(x.times(&factor));
    let zero = N::from_integer(0, x.precision());
    if x.is_positive() {
        product.above(&zero).below(&x.upper)
    } else if x.is_negative() {
        product.above(&x.lower).below(&zero)
    } else {
        product
    }
}

/// `height * (e^x - 1)` for negative `x`: strictly between 0 and `-height`, which it approaches on the left.
fn saturating_tail<N: Number>(
    e: &Elementary<N>,
    height: Interval<N>,
    x: &Interval<N>,
) -> Result<Bounds<N>, Failure> {
    let value = Bounds::from(height.times(&e.exp(x)?.minus(&e.integer(1))));
    let limit = height.negate();
    // A limit that is not known exactly is no midpoint of two outputs that has to be told apart here.
    Ok(match limit.as_point() {
        Some(limit) if limit.is_negative() => value.above(limit),
        Some(limit) if !limit.is_zero() => value.below(limit),
        _ => value,
    })
}

fn sigmoid<N: Number>(e: &Elementary<N>, x: &Interval<N>) -> Result<Interval<N>, Failure> {
    let one = e.integer(1);
    if x.is_negative() {
        let exponential = e.exp(x)?;
        exponential.over(&one.plus(&exponential))
    } else {
        one.over(&one.plus(&e.exp(&x.negate())?))
    }
}

/// For `x >= 0`: `(1 - e^-2x) / (1 + e^-2x)`.
fn tanh<N: Number>(e: &Elementary<N>, x: &Interval<N>) -> Result<Interval<N>, Failure> {
    let one = e.integer(1);
    let exponential = e.exp(&x.scale(1).negate())?;
    one.minus(&exponential).over(&one.plus(&exponential))
}

/// For `0 <= x <= 1`: `arctan(x / sqrt(1 - x^2))`.
fn arcsine<N: Number>(e: &Elementary<N>, x: &Interval<N>) -> Result<Interval<N>, Failure> {
    let one = e.integer(1);
    let square = one.minus(x).times(&one.plus(x));
    if square.upper.is_zero() {
        return Ok(e.half_pi().clone());
    }
    e.arctan(&x.over(&square.square_root()?)?)
}

/// `ln(1 + q)` for any `q >= 0`.
fn ln_one_plus<N: Number>(e: &Elementary<N>, q: &Interval<N>) -> Result<Interval<N>, Failure> {
    // Below 2^0 the series without cancellation converges well.
    if q.magnitude().top_exponent().is_some_and(|top| top >= 0) {
        e.ln(&q.plus(&e.integer(1)))
    } else {
        e.ln_one_plus(q)
    }
}

fn cube<N: Number>(x: &Interval<N>) -> Interval<N> {
    x.times(x).times(x)
}

/// `2^x` for a point `x`.
fn exp2<N: Number>(e: &Elementary<N>, x: &Interval<N>) -> Result<Interval<N>, Failure> {
    let too_large = x
        .magnitude()
        .top_exponent()
        .is_some_and(|top| top >= ARGUMENT_BITS);
    if too_large {
        return if x.is_negative() {
            // 2^x <= 2^(-2^40)
            Ok(Interval {
                lower: N::from_integer(0, e.precision()),
                upper: N::from_parts(false, 1, -(1 << ARGUMENT_BITS), e.precision()),
            })
        } else {
            Err(Failure::TooLarge)
        };
    }
    let (floor, fraction) = x.lower.split().ok_or(Failure::TooLarge)?;
    // |x| < 2^40, so the integer part fits.
    let shift = floor as i64;
    if fraction == Fraction::Zero {
        return Ok(e.integer(1).scale(shift));
    }
    let rest = x.minus(&e.integer(floor));
    Ok(e.exp(&rest.times(e.ln_2()))?.scale(shift))
}

/// `x^exponent` for a point `x` where it is defined.
fn power<N: Number>(
    e: &Elementary<N>,
    x: &Interval<N>,
    exponent: f64,
) -> Result<Interval<N>, Failure> {
    let one = e.integer(1);
    if exponent == 0.0 {
        return Ok(one);
    }
    if x.upper.is_zero() {
        // Defined only for positive exponents.
        return Ok(x.clone());
    }
    if exponent.fract() == 0.0 && exponent.abs() <= 64.0 {
        let mut result = one.clone();
        for _ in 0..exponent.abs() as u32 {
            result = result.times(x);
        }
        return if exponent < 0.0 {
            one.over(&result)
        } else {
            Ok(result)
        };
    }
    if x.is_negative() {
        // An integer exponent; all doubles from 2^53 on are even.
        let magnitude = power(e, &x.negate(), exponent)?;
        return Ok(if exponent.rem_euclid(2.0) == 1.0 {
            magnitude.negate()
        } else {
            magnitude
        });
    }
    e.exp(&e.ln(x)?.times(&e.real(exponent)))
}

#[cfg(test)]
mod tests;
