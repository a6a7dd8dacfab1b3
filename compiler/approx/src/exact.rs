//! Values that are rational numbers, which no amount of precision would tell apart from a midpoint.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

use crate::dyadic::Dyadic;
use crate::function::Function;

/// Powers with more bits than this are left to the enclosures.
const MAX_POWER_BITS: u64 = 1 << 16;

/// The value at `x`, where it is known to be rational.
///
/// For the algebraic functions this finds every rational value (powers up to a size limit). The elementary
/// transcendental functions take no algebraic values at algebraic points beside those listed (Lindemann and Weierstrass).
pub(crate) fn exact_value(function: &Function, x: &Dyadic) -> Option<BigRational> {
    let x = x.to_rational()?;
    let parameter = |value: f64| Dyadic::from_f64(value)?.to_rational();
    let integer = |value: i32| BigRational::from_integer(BigInt::from(value));
    let negative = x.is_negative();
    let at = |point: BigRational, value: BigRational| (x == point).then_some(value);
    match function {
        Function::Sigmoid => at(integer(0), integer(1) / integer(2)),
        Function::Tanh
        | Function::Erf
        | Function::Gelu
        | Function::GeluTanh
        | Function::Silu
        | Function::Mish
        | Function::Sin
        | Function::Tan
        | Function::Asin
        | Function::Atan
        | Function::Sinh
        | Function::Asinh
        | Function::Atanh => at(integer(0), integer(0)),
        Function::Exp | Function::Cos | Function::Cosh => at(integer(0), integer(1)),
        Function::Log | Function::Acos | Function::Acosh => at(integer(1), integer(0)),
        Function::Softplus => None,
        Function::Elu { .. } | Function::Celu { .. } => (!negative).then_some(x),
        Function::Selu { gamma, .. } => {
            let gamma = parameter(gamma.value())?;
            (!negative).then(|| gamma * x)
        }
        Function::Exp2 => x
            .is_integer()
            .then(|| rational_power(&integer(2), x.numer()))?,
        Function::Sqrt => rational_root(&x),
        Function::Rsqrt => rational_root(&x).map(|root| root.recip()),
        Function::Reciprocal => (!x.is_zero()).then(|| x.recip()),
        Function::HardSigmoid { alpha, beta } => {
            let value = parameter(alpha.value())? * x + parameter(beta.value())?;
            Some(value.max(integer(0)).min(integer(1)))
        }
        Function::HardSwish => {
            let gate = (&x + integer(3)) / integer(6);
            Some(x * gate.max(integer(0)).min(integer(1)))
        }
        Function::Softsign => {
            let divisor = integer(1) + x.abs();
            Some(x / divisor)
        }
        Function::Pow { exponent } => dyadic_power(&x, &Dyadic::from_f64(exponent.value())?),
        Function::Relu => Some(x.max(integer(0))),
        Function::LeakyRelu { alpha } => Some(if negative {
            parameter(alpha.value())? * x
        } else {
            x
        }),
        Function::ThresholdedRelu { alpha } => Some(if x > parameter(alpha.value())? {
            x
        } else {
            integer(0)
        }),
        Function::Sign => Some(x.signum()),
        Function::Step => Some(integer(i32::from(!negative))),
        Function::Abs => Some(x.abs()),
        Function::Floor => Some(x.floor()),
        Function::Ceil => Some(x.ceil()),
        Function::Round => {
            let floor = x.floor();
            let twice = (&x - &floor) * integer(2);
            let up = twice > integer(1)
                || (twice.is_one() && (floor.numer() % BigInt::from(2)) != BigInt::zero());
            Some(floor + integer(i32::from(up)))
        }
    }
}

/// The square root of a rational number, if it is rational.
fn rational_root(x: &BigRational) -> Option<BigRational> {
    if x.is_negative() {
        return None;
    }
    let root = |value: &BigInt| {
        let root = value.sqrt();
        (&root * &root == *value).then_some(root)
    };
    // In lowest terms a square has a square numerator and a square denominator.
    Some(BigRational::new_raw(root(x.numer())?, root(x.denom())?))
}

/// `base^exponent` for an integer exponent; nothing when undefined or too long.
fn rational_power(base: &BigRational, exponent: &BigInt) -> Option<BigRational> {
    let exponent = i32::try_from(exponent).ok()?;
    if base.is_zero() && exponent < 0 {
        return None;
    }
    let bits = base.numer().bits().max(base.denom().bits());
    if bits * u64::from(exponent.unsigned_abs()) > MAX_POWER_BITS {
        return None;
    }
    Some(base.pow(exponent))
}

/// `base^exponent`, if it is rational and not too long.
fn dyadic_power(base: &BigRational, exponent: &Dyadic) -> Option<BigRational> {
    if exponent.mantissa().is_zero() {
        return Some(BigRational::one());
    }
    if base.is_zero() {
        return exponent.mantissa().is_positive().then(BigRational::zero);
    }
    if base.is_one() {
        return Some(BigRational::one());
    }
    if exponent.exponent() >= 0 {
        let integer = exponent.to_rational()?.to_integer();
        return rational_power(base, &integer);
    }
    // base^(m / 2^j) with odd m: rational only if the 2^j-th root of the base is, and a base other than one
    // runs out of square roots after as many steps as its length has bits.
    let mut root = base.clone();
    for _ in 0..exponent.exponent().unsigned_abs() {
        root = rational_root(&root)?;
    }
    rational_power(&root, exponent.mantissa())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, numerator: i128, scale: u32) -> Option<(i64, i64)> {
        let function: Function = text.parse().unwrap();
        let value = exact_value(&function, &Dyadic::from_scaled(numerator, scale))?;
        Some((
            i64::try_from(value.numer()).unwrap(),
            i64::try_from(value.denom()).unwrap(),
        ))
    }

    #[test]
    fn algebraic_values() {
        assert_eq!(value("sqrt", 9, 2), Some((3, 2)));
        assert_eq!(value("sqrt", 9, 1), None);
        assert_eq!(value("sqrt", 0, 0), Some((0, 1)));
        assert_eq!(value("step", 0, 0), Some((1, 1)));
        assert_eq!(value("step", -1, 9), Some((0, 1)));
        assert_eq!(value("rsqrt", 9, 4), Some((4, 3)));
        assert_eq!(value("reciprocal", -3, 1), Some((-2, 3)));
        assert_eq!(value("hardswish", -3, 1), Some((-3, 8)));
        assert_eq!(value("softsign", -3, 0), Some((-3, 4)));
        assert_eq!(value("round", 5, 1), Some((2, 1)));
        assert_eq!(value("round", -5, 1), Some((-2, 1)));
        assert_eq!(value("round", 7, 1), Some((4, 1)));
        assert_eq!(
            value("hardsigmoid(alpha=0.25, beta=0.5)", 1, 0),
            Some((3, 4))
        );
    }

    #[test]
    fn powers() {
        assert_eq!(value("pow(exponent=2.5)", 4, 0), Some((32, 1)));
        assert_eq!(value("pow(exponent=-0.25)", 81, 4), Some((2, 3)));
        assert_eq!(value("pow(exponent=0.25)", 8, 0), None);
        assert_eq!(value("pow(exponent=-3)", -2, 0), Some((-1, 8)));
        assert_eq!(value("pow(exponent=1e-300)", 2, 0), None);
        assert_eq!(value("pow(exponent=1e-300)", 1, 0), Some((1, 1)));
        assert_eq!(value("pow(exponent=1e300)", 3, 0), None);
        assert_eq!(value("exp2", -3, 0), Some((1, 8)));
        assert_eq!(value("exp2", 1, 1), None);
    }

    #[test]
    fn transcendental_values() {
        assert_eq!(value("sigmoid", 0, 5), Some((1, 2)));
        assert_eq!(value("sigmoid", 1, 5), None);
        assert_eq!(value("log", 4, 2), Some((0, 1)));
        assert_eq!(value("softplus", 0, 0), None);
        assert_eq!(value("elu(alpha=1)", 3, 1), Some((3, 2)));
    }
}
