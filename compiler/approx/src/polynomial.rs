//! Polynomials with double-precision coefficients, in the monomial or the Chebyshev basis of an interval.

use thiserror::Error;

/// Largest number of coefficients.
const MAX_COEFFICIENTS: usize = 4096;

/// What the coefficients multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// `x^i`.
    Monomial,
    /// The Chebyshev polynomials `T_i(u)` of the interval, `u = (2x - lo - hi) / (hi - lo)` within `[-1, 1]`.
    Chebyshev,
}

/// A polynomial and the interval it is meant for.
///
/// The highest coefficient is not zero, unless it is the only one.
#[derive(Clone, Debug, PartialEq)]
pub struct Polynomial {
    basis: Basis,
    lo: f64,
    hi: f64,
    coefficients: Vec<f64>,
}

/// Why a polynomial was refused or an operation has no result.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PolynomialError {
    /// The interval is empty, a point or not finite.
    #[error("the domain of a polynomial must be finite with its ends in order, found [{lo}, {hi}]")]
    Domain {
        /// The left end as given.
        lo: f64,
        /// The right end as given.
        hi: f64,
    },
    /// There is no coefficient.
    #[error("a polynomial needs at least one coefficient")]
    Empty,
    /// There are too many coefficients.
    #[error("a polynomial may have at most {MAX_COEFFICIENTS} coefficients, found {found}")]
    TooManyCoefficients {
        /// How many were given or would result.
        found: usize,
    },
    /// A coefficient is infinite or NaN, possibly because an operation overflowed.
    #[error("coefficient {index} of a polynomial must be finite, found {value}")]
    NotFinite {
        /// Which one, from the constant coefficient on.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// Two polynomials are meant for different intervals.
    #[error(
        "the polynomials have different domains, [{left_lo}, {left_hi}] and [{right_lo}, {right_hi}]"
    )]
    DomainMismatch {
        /// Left end of the first domain.
        left_lo: f64,
        /// Right end of the first domain.
        left_hi: f64,
        /// Left end of the second domain.
        right_lo: f64,
        /// Right end of the second domain.
        right_hi: f64,
    },
}

impl Polynomial {
    /// A polynomial on `[lo, hi]`, coefficients from the constant one up. Zeros at the top are dropped.
    pub fn new(
        basis: Basis,
        lo: f64,
        hi: f64,
        mut coefficients: Vec<f64>,
    ) -> Result<Self, PolynomialError> {
        if !(lo.is_finite() && hi.is_finite() && lo < hi && (hi - lo).is_finite()) {
            return Err(PolynomialError::Domain { lo, hi });
        }
        if coefficients.len() > MAX_COEFFICIENTS {
            return Err(PolynomialError::TooManyCoefficients {
                found: coefficients.len(),
            });
        }
        if let Some(index) = coefficients.iter().position(|c| !c.is_finite()) {
            return Err(PolynomialError::NotFinite {
                index,
                value: coefficients[index],
            });
        }
        while coefficients.len() > 1 && coefficients.last() == Some(&0.0) {
            coefficients.pop();
        }
        if coefficients.is_empty() {
            return Err(PolynomialError::Empty);
        }
        Ok(Polynomial {
            basis,
            lo,
            hi,
            coefficients,
        })
    }

    /// The polynomial `x` on `[lo, hi]`.
    pub fn identity(basis: Basis, lo: f64, hi: f64) -> Result<Self, PolynomialError> {
        let coefficients = match basis {
            Basis::Monomial => vec![0.0, 1.0],
            // Halved first: the sum of the ends may overflow.
            Basis::Chebyshev => vec![0.5 * lo + 0.5 * hi, 0.5 * hi - 0.5 * lo],
        };
        Polynomial::new(basis, lo, hi, coefficients)
    }

    /// What the coefficients multiply.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// The interval the polynomial is meant for.
    pub fn domain(&self) -> (f64, f64) {
        (self.lo, self.hi)
    }

    /// The coefficients, from the constant one up.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The degree; 0 for the zero polynomial.
    pub fn degree(&self) -> usize {
        self.coefficients.len() - 1
    }

    /// The value at `x`: by Horner's scheme in the monomial basis, Clenshaw's in the Chebyshev basis.
    ///
    /// Outside the domain this is the same polynomial, which may be far from what it approximates inside.
    pub fn eval(&self, x: f64) -> f64 {
        match self.basis {
            Basis::Monomial => self
                .coefficients
                .iter()
                .rev()
                .fold(0.0, |value, coefficient| value * x + coefficient),
            Basis::Chebyshev => {
                let u = ((x - self.lo) + (x - self.hi)) / (self.hi - self.lo);
                let (mut next, mut after_next) = (0.0, 0.0);
                for coefficient in self.coefficients[1..].iter().rev() {
                    let current = 2.0 * u * next - after_next + coefficient;
                    after_next = next;
                    next = current;
                }
                u * next - after_next + self.coefficients[0]
            }
        }
    }

    /// The derivative, in the same basis on the same interval.
    pub fn derivative(&self) -> Result<Self, PolynomialError> {
        let degree = self.degree();
        if degree == 0 {
            return self.with_coefficients(vec![0.0]);
        }
        let coefficients = match self.basis {
            Basis::Monomial => (1..=degree)
                .map(|i| i as f64 * self.coefficients[i])
                .collect(),
            Basis::Chebyshev => {
                // By u: d_(i-1) = d_(i+1) + 2 i c_i, and half of that for d_0; then by the chain rule.
                let mut by_u = vec![0.0; degree + 2];
                for i in (1..=degree).rev() {
                    by_u[i - 1] = by_u[i + 1] + 2.0 * i as f64 * self.coefficients[i];
                }
                by_u[0] *= 0.5;
                by_u.truncate(degree);
                let slope = 2.0 / (self.hi - self.lo);
                by_u.into_iter().map(|d| d * slope).collect()
            }
        };
        self.with_coefficients(coefficients)
    }

    /// The same polynomial in the given basis.
    ///
    /// Towards monomials the coefficients of a Chebyshev polynomial of high degree grow and cancel in the value:
    /// expect to lose about one bit per degree on `[-1, 1]`, more on a short interval far from zero.
    pub fn to_basis(&self, basis: Basis) -> Result<Self, PolynomialError> {
        if basis == self.basis {
            return Ok(self.clone());
        }
        self.compose(&Polynomial::identity(basis, self.lo, self.hi)?)
    }

    /// The sum, in the basis of `self`. The domains must be equal.
    pub fn add(&self, other: &Self) -> Result<Self, PolynomialError> {
        let other = self.matched(other)?;
        self.with_coefficients(add(&self.coefficients, &other.coefficients))
    }

    /// The product, in the basis of `self`. The domains must be equal.
    pub fn multiply(&self, other: &Self) -> Result<Self, PolynomialError> {
        let other = self.matched(other)?;
        self.check_degree(self.degree() + other.degree())?;
        self.with_coefficients(multiply(
            self.basis,
            &self.coefficients,
            &other.coefficients,
        ))
    }

    /// The polynomial times a number.
    pub fn scale(&self, factor: f64) -> Result<Self, PolynomialError> {
        self.with_coefficients(self.coefficients.iter().map(|c| c * factor).collect())
    }

    /// `self(inner(x))`, in the basis and on the domain of `inner`.
    ///
    /// That `inner` stays within the domain of `self` is not checked.
    pub fn compose(&self, inner: &Self) -> Result<Self, PolynomialError> {
        self.check_degree(self.degree().saturating_mul(inner.degree()))?;
        let basis = inner.basis;
        let constant = |polynomial: &mut Vec<f64>, value: f64| {
            if polynomial.is_empty() {
                polynomial.push(0.0);
            }
            polynomial[0] += value;
        };
        let coefficients = match self.basis {
            Basis::Monomial => {
                let mut value = Vec::new();
                for &coefficient in self.coefficients.iter().rev() {
                    value = multiply(basis, &value, &inner.coefficients);
                    constant(&mut value, coefficient);
                }
                value
            }
            Basis::Chebyshev => {
                // Clenshaw's scheme with u a polynomial; `next` starts one step early, so u comes in at the end.
                let slope = 2.0 / (self.hi - self.lo);
                let mut u: Vec<f64> = inner.coefficients.iter().map(|c| c * slope).collect();
                constant(
                    &mut u,
                    -(self.lo / (self.hi - self.lo) + self.hi / (self.hi - self.lo)),
                );
                let (mut next, mut after_next) = (Vec::new(), Vec::new());
                for &coefficient in self.coefficients[1..].iter().rev() {
                    let doubled: Vec<f64> =
                        multiply(basis, &u, &next).iter().map(|c| 2.0 * c).collect();
                    let mut current = add(&doubled, &negated(&after_next));
                    constant(&mut current, coefficient);
                    after_next = next;
                    next = current;
                }
                let mut value = add(&multiply(basis, &u, &next), &negated(&after_next));
                constant(&mut value, self.coefficients[0]);
                value
            }
        };
        inner.with_coefficients(coefficients)
    }

    fn with_coefficients(&self, coefficients: Vec<f64>) -> Result<Self, PolynomialError> {
        Polynomial::new(self.basis, self.lo, self.hi, coefficients)
    }

    /// `other` in the basis of `self`, if the domains are equal.
    fn matched(&self, other: &Self) -> Result<Self, PolynomialError> {
        if self.domain() != other.domain() {
            return Err(PolynomialError::DomainMismatch {
                left_lo: self.lo,
                left_hi: self.hi,
                right_lo: other.lo,
                right_hi: other.hi,
            });
        }
        other.to_basis(self.basis)
    }

    /// Refuses a degree before the work for it is done.
    fn check_degree(&self, degree: usize) -> Result<(), PolynomialError> {
        if degree < MAX_COEFFICIENTS {
            Ok(())
        } else {
            Err(PolynomialError::TooManyCoefficients {
                found: degree.saturating_add(1),
            })
        }
    }
}

fn negated(polynomial: &[f64]) -> Vec<f64> {
    polynomial.iter().map(|c| -c).collect()
}

fn add(left: &[f64], right: &[f64]) -> Vec<f64> {
    let at = |polynomial: &[f64], i: usize| polynomial.get(i).copied().unwrap_or(0.0);
    (0..left.len().max(right.len()))
        .map(|i| at(left, i) + at(right, i))
        .collect()
}

/// The product of two coefficient lists; an empty list is zero.
fn multiply(basis: Basis, left: &[f64], right: &[f64]) -> Vec<f64> {
    if left.is_empty() || right.is_empty() {
        return Vec::new();
    }
    let mut product = vec![0.0; left.len() + right.len() - 1];
    for (i, a) in left.iter().enumerate() {
        for (j, b) in right.iter().enumerate() {
            match basis {
                Basis::Monomial => product[i + j] += a * b,
                Basis::Chebyshev => {
                    // T_i T_j = (T_(i+j) + T_|i-j|) / 2
                    product[i + j] += 0.5 * a * b;
                    product[i.abs_diff(j)] += 0.5 * a * b;
                }
            }
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use Basis::{Chebyshev, Monomial};

    fn polynomial(basis: Basis, coefficients: &[f64]) -> Polynomial {
        Polynomial::new(basis, -1.0, 3.0, coefficients.to_vec()).unwrap()
    }

    const GRID: [f64; 7] = [-1.0, -0.7, 0.0, 0.3, 1.0, 2.2, 3.0];

    fn same_values(found: &Polynomial, expected: impl Fn(f64) -> f64) {
        for x in GRID {
            let (found, expected) = (found.eval(x), expected(x));
            assert!(
                (found - expected).abs() <= 1e-11 * expected.abs().max(1.0),
                "at {x}: {found} instead of {expected}"
            );
        }
    }

    #[test]
    fn known_values() {
        let square = polynomial(Monomial, &[1.0, 2.0, 3.0]);
        assert_eq!(square.eval(2.0), 17.0);
        // On [-1, 3]: u = (x - 1) / 2, T_2 = 2 u^2 - 1
        let chebyshev = polynomial(Chebyshev, &[1.0, 2.0, 4.0]);
        same_values(&chebyshev, |x| {
            let u = (x - 1.0) / 2.0;
            1.0 + 2.0 * u + 4.0 * (2.0 * u * u - 1.0)
        });
        assert_eq!(polynomial(Chebyshev, &[5.0]).eval(0.3), 5.0);
        for basis in [Monomial, Chebyshev] {
            let identity = Polynomial::identity(basis, -1.0, 3.0).unwrap();
            same_values(&identity, |x| x);
        }
    }

    #[test]
    fn chebyshev_polynomials_are_cosines() {
        for degree in [0usize, 1, 2, 5, 12] {
            let mut coefficients = vec![0.0; degree];
            coefficients.push(1.0);
            let t = polynomial(Chebyshev, &coefficients);
            same_values(&t, |x| (degree as f64 * ((x - 1.0) / 2.0).acos()).cos());
        }
    }

    #[test]
    fn operations_agree_with_values() {
        for basis in [Monomial, Chebyshev] {
            for other in [Monomial, Chebyshev] {
                let p = polynomial(basis, &[0.5, -1.0, 0.25, 0.125]);
                let q = polynomial(other, &[1.5, 0.5, -0.75]);
                same_values(&p.to_basis(other).unwrap(), |x| p.eval(x));
                same_values(&p.add(&q).unwrap(), |x| p.eval(x) + q.eval(x));
                same_values(&p.multiply(&q).unwrap(), |x| p.eval(x) * q.eval(x));
                same_values(&p.scale(-3.0).unwrap(), |x| -3.0 * p.eval(x));
                let composed = p.compose(&q).unwrap();
                assert_eq!((composed.basis(), composed.degree()), (other, 6));
                same_values(&composed, |x| p.eval(q.eval(x)));
                let constant = polynomial(other, &[2.0]);
                assert_eq!(p.compose(&constant).unwrap().degree(), 0);
                same_values(&constant.compose(&p).unwrap(), |_| 2.0);
            }
            let p = polynomial(basis, &[0.5, -1.0, 0.25, 0.125, -0.0625]);
            let step = 1e-5;
            let derivative = p.derivative().unwrap();
            assert_eq!((derivative.degree(), derivative.basis()), (3, basis));
            for x in GRID {
                let slope = (p.eval(x + step) - p.eval(x - step)) / (2.0 * step);
                assert!((derivative.eval(x) - slope).abs() < 1e-8);
            }
            let flat = polynomial(basis, &[7.0]).derivative().unwrap();
            assert_eq!(flat.coefficients(), [0.0]);
        }
    }

    #[test]
    fn conversion_round_trip() {
        let p = polynomial(Monomial, &[0.5, -1.0, 0.25, 0.125, 3.0]);
        let back = p.to_basis(Chebyshev).unwrap().to_basis(Monomial).unwrap();
        for (found, expected) in back.coefficients().iter().zip(p.coefficients()) {
            assert!((found - expected).abs() < 1e-13);
        }
    }

    #[test]
    fn zeros_at_the_top_are_dropped() {
        assert_eq!(polynomial(Monomial, &[1.0, 0.0, 0.0]).degree(), 0);
        assert_eq!(polynomial(Monomial, &[0.0, 0.0]).coefficients(), [0.0]);
    }

    #[test]
    fn errors() {
        let new = |lo, hi, coefficients| Polynomial::new(Monomial, lo, hi, coefficients);
        assert!(matches!(
            new(1.0, 1.0, vec![1.0]),
            Err(PolynomialError::Domain { .. })
        ));
        assert!(new(f64::NAN, 1.0, vec![1.0]).is_err());
        assert!(new(-f64::MAX, f64::MAX, vec![1.0]).is_err());
        assert_eq!(new(0.0, 1.0, vec![]), Err(PolynomialError::Empty));
        assert_eq!(
            new(0.0, 1.0, vec![1.0, f64::INFINITY])
                .unwrap_err()
                .to_string(),
            "coefficient 1 of a polynomial must be finite, found inf"
        );
        assert!(new(0.0, 1.0, vec![1.0; 4097]).is_err());
        let p = new(0.0, 1.0, vec![1.0; 100]).unwrap();
        let q = new(0.0, 2.0, vec![1.0; 100]).unwrap();
        assert!(matches!(
            p.add(&q),
            Err(PolynomialError::DomainMismatch { .. })
        ));
        assert!(matches!(
            p.compose(&q),
            Err(PolynomialError::TooManyCoefficients { found: 9802 })
        ));
        let large = new(0.0, 1.0, vec![1e300]).unwrap();
        assert!(large.multiply(&large).is_err());
        assert!(large.scale(1e10).is_err());
    }
}
