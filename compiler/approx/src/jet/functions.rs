//! The named functions as jets.

use super::Jet;
use crate::elementary::Elementary;
use crate::enclosure::bound;
use crate::function::Function;
use crate::interval::{Failure, Interval};
use crate::number::Number;

/// An argument between two fixed-point numbers, `from * 2^-scale` and `to * 2^-scale` with `from <= to`, both below
/// `2^120` in magnitude.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    pub(crate) from: i128,
    pub(crate) to: i128,
    pub(crate) scale: u32,
}

/// Enclosures of the Taylor coefficients `f^(k)(x) / k!` for `k` from 1 to `order`, for every `x` among the arguments. The
/// function must be defined at both ends.
///
/// Fails with [`Failure::Imprecise`] where the function may be undefined, have a pole or not be smooth
/// among the arguments, or where the arguments are too far apart to tell; fewer arguments may then do.
pub(crate) fn taylor<N: Number>(
    e: &Elementary<N>,
    function: &Function,
    arguments: Arguments,
    order: usize,
) -> Result<Vec<Interval<N>>, Failure> {
    let end = |n: i128| {
        N::from_parts(
            n < 0,
            n.unsigned_abs(),
            -i64::from(arguments.scale),
            e.precision(),
        )
    };
    let interval = Interval {
        lower: end(arguments.from),
        upper: end(arguments.to),
    };
    let jet = match function {
        Function::Sign | Function::Step | Function::Floor | Function::Ceil | Function::Round => {
            // They are increasing: the same value at both ends is the value in between.
            let value = |n: i128| bound(e, function, n, arguments.scale);
            if value(arguments.from)?.interval != value(arguments.to)?.interval {
                return Err(Failure::Imprecise);
            }
            Jet::constant(e, e.integer(0), order)
        }
        _ => {
            let x = Jet::variable(e, &interval, order);
            smooth(e, function, &x)?
        }
    };
    Ok(jet.coefficients.into_iter().skip(1).collect())
}

/// The jet of a function; its constant coefficient may be left at zero, which nothing here depends on.
fn smooth<N: Number>(
    e: &Elementary<N>,
    function: &Function,
    x: &Jet<N>,
) -> Result<Jet<N>, Failure> {
    let one = e.integer(1);
    let zero = Jet::constant(e, e.integer(0), x.order());
    // 1 - x and 1 + x, the factors of 1 - x^2
    let complement = || x.negate().shift(&one);
    let successor = || x.shift(&one);
    Ok(match function {
        Function::Sigmoid => sigmoid(e, x)?,
        Function::Tanh => sigmoid(e, &x.scale(1))?.scale(1),
        Function::Erf => x.bell(e)?.primitive(e),
        Function::Gelu => {
            let inner = x.stretch(&one.scale(-1).square_root()?);
            x.times(&inner.erf(e)?.shift(&one)).scale(-1)
        }
        Function::GeluTanh => {
            // x (1 + tanh u) / 2 = x sigmoid(2u)
            let cubic = x
                .times(x)
                .times(x)
                .stretch(&e.integer(44_715).over_small(1_000_000));
            let factor = one.over(e.half_pi())?.square_root()?;
            let inner = x.plus(&cubic).stretch(&factor).scale(1);
            x.times(&sigmoid(e, &inner)?)
        }
        Function::Silu => x.times(&sigmoid(e, x)?),
        Function::Softplus => sigmoid(e, x)?.primitive(e),
        Function::Mish => {
            // tanh(ln(1 + E)) = w / (w + 2) with w = E^2 + 2E, E = e^x; on the right divided by E^2.
            let negative = x.value().is_negative();
            let exponential = if negative {
                x.exp(e)?
            } else {
                x.negate().exp(e)?
            };
            let square = exponential.times(&exponential);
            let (numerator, denominator) = if negative {
                let numerator = square.plus(&exponential.scale(1));
                let denominator = numerator.shift(&e.integer(2));
                (numerator, denominator)
            } else {
                let numerator = exponential.scale(1).shift(&one);
                let denominator = numerator.plus(&square.scale(1));
                (numerator, denominator)
            };
            x.times(&numerator.over(&denominator)?)
        }
        Function::Elu { alpha } => {
            if is_left(x)? {
                x.exp(e)?.stretch(&e.real(alpha.value()))
            } else {
                x.clone()
            }
        }
        Function::Selu { alpha, gamma } => {
            let gamma = e.real(gamma.value());
            if is_left(x)? {
                x.exp(e)?.stretch(&gamma.times(&e.real(alpha.value())))
            } else {
                x.stretch(&gamma)
            }
        }
        Function::Celu { alpha } => {
            if is_left(x)? {
                let alpha = e.real(alpha.value());
                x.stretch(&one.over(&alpha)?).exp(e)?.stretch(&alpha)
            } else {
                x.clone()
            }
        }
        Function::Exp => x.exp(e)?,
        Function::Exp2 => x.stretch(e.ln_2()).exp(e)?,
        Function::Log => x.reciprocal(e)?.primitive(e),
        Function::Sqrt => x.square_root()?,
        Function::Rsqrt => x.square_root()?.reciprocal(e)?,
        Function::Reciprocal => x.reciprocal(e)?,
        Function::Sin => x.sin_cos(e)?.0,
        Function::Cos => x.sin_cos(e)?.1,
        Function::Tan => {
            let (sine, cosine) = x.sin_cos(e)?;
            sine.over(&cosine)?
        }
        Function::Asin => inverse_root(e, &complement(), &successor())?,
        Function::Acos => inverse_root(e, &complement(), &successor())?.negate(),
        Function::Atan => square(x).shift(&one).reciprocal(e)?.primitive(e),
        Function::Sinh => {
            let exponential = x.exp(e)?;
            exponential.minus(&exponential.reciprocal(e)?).scale(-1)
        }
        Function::Cosh => {
            let exponential = x.exp(e)?;
            exponential.plus(&exponential.reciprocal(e)?).scale(-1)
        }
        Function::Asinh => square(x)
            .shift(&one)
            .square_root()?
            .reciprocal(e)?
            .primitive(e),
        Function::Acosh => inverse_root(e, &x.shift(&one.negate()), &successor())?,
        Function::Atanh => complement().times(&successor()).reciprocal(e)?.primitive(e),
        Function::HardSigmoid { alpha, beta } => {
            let line = x
                .stretch(&e.real(alpha.value()))
                .shift(&e.real(beta.value()));
            let (lower, upper) = (&line.value().lower, &line.value().upper);
            let is_flat =
                upper.is_negative() || upper.is_zero() || lower.compare(&one.lower).is_ge();
            if is_flat {
                zero
            } else if !lower.is_negative() && upper.compare(&one.lower).is_le() {
                line
            } else {
                return Err(Failure::Imprecise);
            }
        }
        Function::HardSwish => {
            let three = e.integer(3).lower;
            let (lower, upper) = (&x.value().lower, &x.value().upper);
            if lower.compare(&three).is_ge() {
                x.clone()
            } else if upper.compare(&three.negate()).is_le() {
                zero
            } else if lower.compare(&three.negate()).is_ge() && upper.compare(&three).is_le() {
                let product = x.times(&x.shift(&e.integer(3)));
                product.map(|coefficient| coefficient.over_small(6))
            } else {
                return Err(Failure::Imprecise);
            }
        }
        Function::Softsign => {
            if is_left(x)? {
                x.over(&complement())?
            } else {
                x.over(&successor())?
            }
        }
        Function::Pow { exponent } => power(e, x, exponent.value())?,
        Function::Relu => {
            if is_left(x)? {
                zero
            } else {
                x.clone()
            }
        }
        Function::LeakyRelu { alpha } => {
            if is_left(x)? {
                x.stretch(&e.real(alpha.value()))
            } else {
                x.clone()
            }
        }
        Function::ThresholdedRelu { alpha } => {
            let threshold = N::from_f64(alpha.value(), e.precision());
            if x.value().lower.compare(&threshold).is_gt() {
                x.clone()
            } else if x.value().upper.compare(&threshold).is_le() {
                zero
            } else {
                return Err(Failure::Imprecise);
            }
        }
        Function::Abs => {
            if is_left(x)? {
                x.negate()
            } else {
                x.clone()
            }
        }
        // Constant between their jumps.
        Function::Sign | Function::Step | Function::Floor | Function::Ceil | Function::Round => {
            zero
        }
    })
}

/// Whether the values are at most zero rather than at least zero; fails where they are on both sides.
fn is_left<N: Number>(x: &Jet<N>) -> Result<bool, Failure> {
    if x.value().is_nonnegative() {
        Ok(false)
    } else if x.value().upper.is_negative() || x.value().upper.is_zero() {
        Ok(true)
    } else {
        Err(Failure::Imprecise)
    }
}

/// `x^2`, whose values are not negative.
fn square<N: Number>(x: &Jet<N>) -> Jet<N> {
    let mut jet = x.times(x);
    let magnitude = x.value().abs();
    jet.coefficients[0] = magnitude.times(&magnitude);
    jet
}

/// A jet with derivative `1 / sqrt(left right)`.
fn inverse_root<N: Number>(
    e: &Elementary<N>,
    left: &Jet<N>,
    right: &Jet<N>,
) -> Result<Jet<N>, Failure> {
    let root = left.times(right).square_root()?;
    Ok(root.reciprocal(e)?.primitive(e))
}

/// By the exponential that cannot become large.
fn sigmoid<N: Number>(e: &Elementary<N>, x: &Jet<N>) -> Result<Jet<N>, Failure> {
    let one = e.integer(1);
    if x.value().is_negative() {
        // 1 - 1/(1 + e^x)
        let complement = x.exp(e)?.shift(&one).reciprocal(e)?;
        Ok(complement.negate().shift(&one))
    } else {
        x.negate().exp(e)?.shift(&one).reciprocal(e)
    }
}

/// `x^exponent`.
fn power<N: Number>(e: &Elementary<N>, x: &Jet<N>, exponent: f64) -> Result<Jet<N>, Failure> {
    /// Up to here, powers are products, which any sign of the values allows.
    const MAX_PRODUCTS: f64 = 64.0;
    if exponent.fract() != 0.0 || exponent.abs() > MAX_PRODUCTS {
        if !x.value().is_negative() {
            return x.power(e, exponent);
        }
        // Defined for integers only.
        let magnitude = x.negate().power(e, exponent)?;
        return Ok(if exponent.rem_euclid(2.0) == 1.0 {
            magnitude.negate()
        } else {
            magnitude
        });
    }
    let mut result = Jet::constant(e, e.integer(1), x.order());
    for _ in 0..exponent.abs() as u32 {
        result = result.times(x);
    }
    if exponent < 0.0 {
        result.reciprocal(e)
    } else {
        Ok(result)
    }
}
