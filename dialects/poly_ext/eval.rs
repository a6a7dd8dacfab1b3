//! Values of float forms, in double precision.

use zkc_support::{Approx, Form, Outside, Polynomial};

/// Why an approximation has no value at a real argument.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// A table is defined on the integers of a format, not on reals.
    #[error("`{function}`: a table has values at integers only; evaluate the integer program")]
    Table {
        /// The approximated function.
        function: String,
    },
    /// The record says nothing about this argument.
    #[error("`{function}`: {x} is outside of the domain [{lo}, {hi}], and the record {rule}")]
    Outside {
        /// The approximated function.
        function: String,
        /// The argument.
        x: f64,
        /// Least argument of the domain.
        lo: f64,
        /// Greatest argument of the domain.
        hi: f64,
        /// What the record says about such arguments.
        rule: &'static str,
    },
}

/// The value of an approximation's polynomial at `x`, in double precision.
///
/// Arguments outside of the domain are cut to it when the record says `saturate`.
///
/// # Errors
/// When the form is a table, or `x` is outside of the domain (or NaN) and is not cut to it. An
/// asymptote has no form of its own to evaluate.
pub fn eval(approx: &Approx, x: f64) -> Result<f64, EvalError> {
    let Form::Polynomial(form) = &approx.form else {
        return Err(EvalError::Table {
            function: approx.function.clone(),
        });
    };
    let [lo, hi] = approx.domain;
    if (lo..=hi).contains(&x) {
        return Ok(polynomial(form, x));
    }
    let rule = match approx.outside {
        Outside::Saturate if !x.is_nan() => return Ok(polynomial(form, x.clamp(lo, hi))),
        Outside::Saturate => "cuts numbers only",
        Outside::Asymptote => "refers to an asymptote",
        Outside::Refuse => "rules it out",
    };
    Err(EvalError::Outside {
        function: approx.function.clone(),
        x,
        lo,
        hi,
        rule,
    })
}

/// The value of a polynomial at `x` in double precision: Horner's scheme in the monomial basis,
/// Clenshaw's in the Chebyshev basis.
pub fn polynomial(p: &Polynomial, x: f64) -> f64 {
    if !p.chebyshev {
        return p.coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c);
    }
    let [lo, hi] = p.on;
    // In this form the ends of the interval are mapped to -1 and 1 exactly.
    let t = ((x - lo) - (hi - x)) / (hi - lo);
    let Some((constant, rest)) = p.coefficients.split_first() else {
        return 0.0;
    };
    let (mut next, mut after) = (0.0, 0.0);
    for c in rest.iter().rev() {
        (next, after) = (2.0 * t * next - after + c, next);
    }
    t * next - after + constant
}

#[cfg(test)]
mod tests {
    use super::*;
    use zkc_support::Certificate;

    fn form(chebyshev: bool, coefficients: &[f64], on: [f64; 2]) -> Polynomial {
        Polynomial {
            chebyshev,
            coefficients: coefficients.to_vec(),
            on,
        }
    }

    #[test]
    fn both_bases_give_the_same_polynomial() {
        // 3 + 2t + 5(2t^2 - 1) - (4t^3 - 3t) with t = (x - 3) / 2 on [1, 5]
        let chebyshev = form(true, &[3.0, 2.0, 5.0, -1.0], [1.0, 5.0]);
        let monomial = form(false, &[26.5, -26.0, 7.0, -0.5], [1.0, 5.0]);
        for i in 0..=40 {
            let x = 1.0 + f64::from(i) / 10.0;
            let t = (x - 3.0) / 2.0;
            let want = 3.0 + 2.0 * t + 5.0 * (2.0 * t * t - 1.0) - (4.0 * t * t * t - 3.0 * t);
            assert!((polynomial(&chebyshev, x) - want).abs() < 1e-12, "{x}");
            assert!((polynomial(&monomial, x) - want).abs() < 1e-11, "{x}");
        }
        assert_eq!(polynomial(&form(true, &[7.0], [0.0, 1.0]), 0.3), 7.0);
        assert_eq!(polynomial(&chebyshev, 5.0), 9.0);
    }

    #[test]
    fn the_record_says_what_happens_outside() {
        let mut approx = Approx {
            function: "exp".into(),
            domain: [-1.0, 1.0],
            outside: Outside::Saturate,
            form: Form::Polynomial(form(false, &[1.0, 1.0], [-1.0, 1.0])),
            max_error: 1.0,
            certificate: Certificate::None,
            producer: "test".into(),
        };
        assert_eq!(eval(&approx, 0.5), Ok(1.5));
        assert_eq!(eval(&approx, -9.0), Ok(0.0));
        assert_eq!(eval(&approx, f64::INFINITY), Ok(2.0));
        assert!(eval(&approx, f64::NAN).is_err());
        approx.outside = Outside::Refuse;
        assert_eq!(eval(&approx, 1.0), Ok(2.0));
        assert_eq!(
            eval(&approx, 2.0).unwrap_err().to_string(),
            "`exp`: 2 is outside of the domain [-1, 1], and the record rules it out"
        );
    }
}
