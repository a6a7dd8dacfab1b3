//! Enclosures of the elementary functions and erf, from interval arithmetic and power series with bounded tails.
//!
//! Each series is cut after a term `t` such that, from there on, each further term is at most half the one before it
//! in magnitude. The sum of the omitted terms is then at most `|t|`, and the result is widened by that.
//! Nothing else is left out: arguments are reduced by identities that hold exactly, in interval arithmetic.

use std::f64::consts::{FRAC_PI_2, LN_2};
use std::sync::LazyLock;

use crate::interval::{Failure, Interval};
use crate::number::{Direction, Number};
use crate::short::Short;

/// Arguments of `exp` beyond `±2^ARGUMENT_BITS` are not reduced (the result needs as many bits in its exponent),
/// nor those of sine and cosine (the result needs as many more bits of pi).
pub(crate) const ARGUMENT_BITS: i64 = 40;

/// The elementary functions at one precision, with the constants they need.
pub(crate) struct Elementary<N> {
    precision: u32,
    ln_2: Interval<N>,
    half_pi: Interval<N>,
}

/// The functions in 128-bit arithmetic.
pub(crate) static SHORT: LazyLock<Elementary<Short>> =
    LazyLock::new(|| Elementary::new(Short::PRECISION));

impl<N: Number> Elementary<N> {
    /// Computes the constants. `precision` is at least 128 bits.
    pub(crate) fn new(precision: u32) -> Self {
        let inverse_series = |integer: u32, alternating: bool| {
            let inverse = Interval::integer(1, precision).over_small(integer);
            arctangent_series(&inverse, alternating)
        };
        // ln 2 = 2 artanh(1/3); pi/4 = 4 arctan(1/5) - arctan(1/239) (Machin). The arguments satisfy |t| < 1/sqrt 2.
        let ln_2 = inverse_series(3, false).scale(1);
        let half_pi = inverse_series(5, true)
            .scale(2)
            .minus(&inverse_series(239, true))
            .scale(1);
        Elementary {
            precision,
            ln_2,
            half_pi,
        }
    }

    pub(crate) fn precision(&self) -> u32 {
        self.precision
    }

    pub(crate) fn integer(&self, value: i128) -> Interval<N> {
        Interval::integer(value, self.precision)
    }

    pub(crate) fn real(&self, value: f64) -> Interval<N> {
        Interval::from_f64(value, self.precision)
    }

    pub(crate) fn ln_2(&self) -> &Interval<N> {
        &self.ln_2
    }

    pub(crate) fn half_pi(&self) -> &Interval<N> {
        &self.half_pi
    }

    /// Whether a value enclosed to this bound no longer matters beside `leading`.
    fn is_negligible(&self, value: &N, leading: &N) -> bool {
        match (value.top_exponent(), leading.top_exponent()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(value), Some(leading)) => value < leading - i64::from(self.precision) - 4,
        }
    }

    /// `e^x`. Fails with `TooLarge` above `2^40`.
    pub(crate) fn exp(&self, x: &Interval<N>) -> Result<Interval<N>, Failure> {
        let limit = N::from_parts(false, 1, ARGUMENT_BITS, self.precision);
        if x.upper.compare(&limit).is_gt() {
            return Err(Failure::TooLarge);
        }
        if x.lower.compare(&limit.negate()).is_lt() {
            // Only the upper end matters: it is at most e^-limit < 2^-limit, or computed as usual.
            let upper = if x.upper.compare(&limit.negate()).is_le() {
                N::from_parts(false, 1, -(1 << ARGUMENT_BITS), self.precision)
            } else {
                self.exp(&Interval::point(x.upper.clone()))?.upper
            };
            return Ok(Interval {
                lower: N::from_integer(0, self.precision),
                upper,
            });
        }
        // e^x = 2^k (e^s)^(2^j) with s = (x - k ln 2) / 2^j; any integer k will do, this one makes s small.
        let k = (x.lower.to_f64(Direction::Down) / LN_2).round() as i64;
        let j = i64::from(self.precision.isqrt()) - 3;
        let s = x
            .minus(&self.ln_2.times(&self.integer(i128::from(k))))
            .scale(-j);
        if s.magnitude().top_exponent().is_some_and(|top| top >= -1) {
            // |s| may reach 1/2: the argument is known too roughly.
            return Err(Failure::Imprecise);
        }
        let one = self.integer(1);
        let mut term = one.clone();
        let mut sum = one.clone();
        for n in 1.. {
            term = term.times(&s).over_small(n);
            sum = sum.plus(&term);
            // The next term is smaller by |s| / (n + 1) < 1/4.
            let tail = term.magnitude();
            if self.is_negligible(&tail, &one.lower) {
                sum = sum.widen(&tail);
                break;
            }
        }
        for _ in 0..j {
            sum = sum.times(&sum);
        }
        Ok(sum.scale(k))
    }

    /// The natural logarithm. Fails if an element may not be positive.
    pub(crate) fn ln(&self, x: &Interval<N>) -> Result<Interval<N>, Failure> {
        let Some(top) = x.lower.top_exponent().filter(|_| x.is_positive()) else {
            return Err(Failure::Imprecise);
        };
        // x = m 2^k with m in [0.7, 1.42], so that ln m and k ln 2 do not cancel.
        let above = x.lower.scale(-top).to_f64(Direction::Down) > 1.41;
        let k = if above { top + 1 } else { top };
        let m = x.scale(-k);
        let one = self.integer(1);
        let t = m.minus(&one).over(&m.plus(&one))?;
        let mantissa_part = self.artanh_small(&t)?.scale(1);
        Ok(mantissa_part.plus(&self.ln_2.times(&self.integer(i128::from(k)))))
    }

    /// `ln(1 + q)` for `q` in `[0, 2)`, without cancellation for small `q`.
    pub(crate) fn ln_one_plus(&self, q: &Interval<N>) -> Result<Interval<N>, Failure> {
        let t = q.over(&q.plus(&self.integer(2)))?;
        Ok(self.artanh_small(&t)?.scale(1))
    }

    /// `artanh t` for `|t|` up to about 1/2.
    pub(crate) fn artanh_small(&self, t: &Interval<N>) -> Result<Interval<N>, Failure> {
        series_argument(t)?;
        Ok(arctangent_series(t, false))
    }

    /// The arctangent.
    pub(crate) fn arctan(&self, x: &Interval<N>) -> Result<Interval<N>, Failure> {
        if x.is_negative() {
            return Ok(self.arctan(&x.negate())?.negate());
        }
        let one = self.integer(1);
        if x.is_positive() && x.lower.compare(&one.lower).is_gt() {
            return Ok(self.half_pi.minus(&self.arctan(&one.over(x)?)?));
        }
        // arctan x = 2 arctan(x / (1 + sqrt(1 + x^2))), twice.
        let mut t = x.clone();
        for _ in 0..2 {
            let root = one.plus(&t.times(&t).clamp_below_zero()).square_root()?;
            t = t.over(&one.plus(&root))?;
        }
        series_argument(&t)?;
        Ok(arctangent_series(&t, true).scale(2))
    }

    /// Sine and cosine. Fails with `TooLarge` beyond `±2^40`.
    pub(crate) fn sin_cos(&self, x: &Interval<N>) -> Result<(Interval<N>, Interval<N>), Failure> {
        if x.magnitude()
            .top_exponent()
            .is_some_and(|top| top >= ARGUMENT_BITS)
        {
            return Err(Failure::TooLarge);
        }
        // x = r + k pi/2; any integer k is right, this one makes |r| at most about pi/4.
        let k = (x.lower.to_f64(Direction::Down) / FRAC_PI_2).round() as i64;
        let r = x.minus(&self.half_pi.times(&self.integer(i128::from(k))));
        if r.magnitude().top_exponent().is_some_and(|top| top >= 0) {
            // |r| may reach 1, where the tail bounds below stop being obvious.
            return Err(Failure::Imprecise);
        }
        let sine = self.sine_series(&r, 1).clamp(-1, 1);
        let cosine = self.sine_series(&r, 0).clamp(-1, 1);
        Ok(match k.rem_euclid(4) {
            0 => (sine, cosine),
            1 => (cosine, sine.negate()),
            2 => (sine.negate(), cosine.negate()),
            _ => (cosine.negate(), sine),
        })
    }

    /// `sum (-1)^i r^(2i+first) / (2i+first)!` for `|r| < 1`: the sine for `first = 1`, the cosine for `first = 0`.
    fn sine_series(&self, r: &Interval<N>, first: u32) -> Interval<N> {
        let square = r.times(r);
        let mut term = if first == 1 {
            r.clone()
        } else {
            self.integer(1)
        };
        let leading = term.magnitude();
        let mut sum = term.clone();
        let mut n = first;
        loop {
            n += 2;
            term = term.times(&square).over_small(n * (n - 1)).negate();
            sum = sum.plus(&term);
            // The next term is smaller by r^2 / ((n + 1)(n + 2)) < 1/2.
            let tail = term.magnitude();
            if self.is_negligible(&tail, &leading) {
                return sum.widen(&tail);
            }
        }
    }

    /// The error function of a number that is not negative.
    pub(crate) fn erf(&self, x: &Interval<N>) -> Result<Interval<N>, Failure> {
        debug_assert!(x.is_nonnegative());
        let one = self.integer(1);
        let square = x.times(x);
        let exponential = self.exp(&square.negate())?;
        // Where e^(-x^2) is below the precision, 0 < 1 - erf x <= e^(-x^2) says all that can be said.
        if square.lower.to_f64(Direction::Down) > 0.75 * f64::from(self.precision) {
            return Ok(Interval {
                lower: one.lower.subtract(&exponential.upper, Direction::Down),
                upper: one.upper,
            });
        }
        // erf x = 2/sqrt(pi) e^(-x^2) sum t_n with t_0 = x, t_(n+1) = t_n 2x^2/(2n+3): all terms positive.
        let doubled = square.scale(1);
        // From 2n+3 >= 4x^2 on each term is at most half the one before.
        let from = doubled.upper.to_f64(Direction::Up) * 2.0;
        let mut term = x.clone();
        let mut sum = term.clone();
        let mut divisor = 3;
        loop {
            term = term.times(&doubled).over_small(divisor);
            sum = sum.plus(&term);
            divisor += 2;
            let tail = term.magnitude();
            if f64::from(divisor) >= from && self.is_negligible(&tail, &sum.upper) {
                sum = sum.widen(&tail);
                break;
            }
        }
        let root_of_pi = self.half_pi.scale(1).square_root()?;
        Ok(sum
            .times(&exponential)
            .scale(1)
            .over(&root_of_pi)?
            .clamp(0, 1))
    }
}

impl<N: Number> Interval<N> {
    /// For a square: what interval arithmetic put below zero is not there.
    fn clamp_below_zero(&self) -> Self {
        let zero = N::from_integer(0, self.precision());
        Interval {
            lower: self.lower.larger(&zero).clone(),
            upper: self.upper.larger(&zero).clone(),
        }
    }
}

/// Fails unless `|t| < 1/2`, so that [`arctangent_series`] converges with the ratio it relies on.
fn series_argument<N: Number>(t: &Interval<N>) -> Result<(), Failure> {
    match t.magnitude().top_exponent() {
        Some(top) if top >= -1 => Err(Failure::Imprecise),
        _ => Ok(()),
    }
}

/// `sum t^(2i+1) / (2i+1)`, with alternating signs for the arctangent, without for artanh. Needs `t^2 <= 1/2`.
fn arctangent_series<N: Number>(t: &Interval<N>, alternating: bool) -> Interval<N> {
    let square = t.times(t);
    let square = if alternating { square.negate() } else { square };
    let precision = i64::from(t.precision());
    let mut power = t.clone();
    let mut sum = t.clone();
    let leading = t.magnitude();
    let mut divisor = 1;
    loop {
        divisor += 2;
        power = power.times(&square);
        let term = power.over_small(divisor);
        sum = sum.plus(&term);
        // Each further term is smaller by a factor below t^2 <= 1/2.
        let tail = term.magnitude();
        let done = match (tail.top_exponent(), leading.top_exponent()) {
            (Some(tail), Some(leading)) => tail < leading - precision - 4,
            _ => true,
        };
        if done {
            return sum.widen(&tail);
        }
    }
}
