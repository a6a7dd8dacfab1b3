//! `zkc approx`: approximations of a function, found and measured.

use std::path::Path;

use zkc_approx::fit::{
    Domain, FitError, Objective, Reading, Target, cheapest_degrees, composite_for_relu,
    composite_for_sign, free_pieces, minimax, rational_minimax, uniform_pieces,
};
use zkc_approx::{Basis, Function, Polynomial};

use crate::commands::plot::{Curve, Drawing};
use crate::error::{Error, Result};
use crate::report::{ApproxReport, FormReport, PieceReport, PolynomialReport};

/// What is to be found.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A polynomial.
    Polynomial {
        /// Its degree.
        degree: usize,
    },
    /// A polynomial on each of some segments.
    Pieces {
        /// How many segments.
        segments: usize,
        /// The degree of each polynomial.
        degree: usize,
        /// Whether segments are as long as suits the function, instead of equally long.
        free_knots: bool,
    },
    /// A quotient of two polynomials.
    Rational {
        /// Degree of the numerator.
        numerator: usize,
        /// Degree of the denominator.
        denominator: usize,
    },
}

/// What a composite polynomial stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The sign, on `[2^-alpha, 1]` and its mirror image.
    Sign,
    /// The positive part on `[-1, 1]`, as `x (1 + p(x)) / 2`.
    Relu,
}

/// The odd polynomials that a composite consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stages {
    /// Of these degrees, the first one is applied first.
    Degrees(Vec<usize>),
    /// Those with the fewest multiplications that come as close as `2^-alpha`.
    FewestMultiplications,
    /// Those of the least depth that do.
    LeastDepth,
}

/// Finds the best approximation of a form to a function on an interval, and draws it into the file `plot` if one is named.
///
/// Its error is measured on samples, not certified: that is done for the integers that a circuit computes with.
///
/// # Errors
/// When the function is not known, or undefined, unbounded or broken on the interval, and when the form is beyond what can
/// be found in double precision.
pub fn approx(
    function: &str,
    domain: (f64, f64),
    form: &Form,
    basis: Basis,
    plot: Option<&Path>,
) -> Result<ApproxReport> {
    let function: Function = function.parse().map_err(refused)?;
    let target = Domain::new(domain.0, domain.1)
        .and_then(|domain| Target::of(&function, domain))
        .map_err(fit_error)?;
    let (form, measured, lower_bound, curve): (_, _, _, Curve) = match *form {
        Form::Polynomial { degree } => {
            let fit = minimax(&target, degree).map_err(fit_error)?;
            let polynomial = polynomial(&fit.polynomial, basis)?;
            (
                FormReport::Polynomial(polynomial),
                fit.measured,
                Some(fit.lower_bound),
                Box::new(move |x| fit.polynomial.eval(x)),
            )
        }
        Form::Pieces {
            segments,
            degree,
            free_knots,
        } => {
            let find = if free_knots {
                free_pieces
            } else {
                uniform_pieces
            };
            let fit = find(&target, degree, segments).map_err(fit_error)?;
            let pieces = fit.from_left_knots().map_err(fit_error)?;
            let pieces = fit.knots.windows(2).zip(&pieces).zip(&fit.errors);
            let pieces = pieces.map(|((ends, piece), error)| PieceReport {
                from: ends[0],
                to: ends[1],
                coefficients: piece.coefficients().to_vec(),
                max_error: *error,
            });
            let pieces = FormReport::Pieces {
                degree,
                free_knots,
                pieces: pieces.collect(),
            };
            let measured = fit.measured;
            (pieces, measured, None, Box::new(move |x| fit.eval(x)))
        }
        Form::Rational {
            numerator,
            denominator,
        } => {
            let fit = rational_minimax(&target, numerator, denominator).map_err(fit_error)?;
            let form = FormReport::Rational {
                numerator: polynomial(&fit.numerator, basis)?,
                denominator: polynomial(&fit.denominator, basis)?,
            };
            (
                form,
                fit.measured,
                Some(fit.lower_bound),
                Box::new(move |x| fit.eval(x)),
            )
        }
    };
    let report = ApproxReport {
        function: function.to_string(),
        domain: [domain.0, domain.1],
        form,
        max_error: measured.max_error,
        max_at: Some(measured.max_at),
        mean_error: Some(measured.mean_error),
        lower_bound,
        certificate: "none".into(),
    };
    if let Some(path) = plot {
        let function = Box::new(|x| target.value(x));
        drawn(&report, function, curve, path)?;
    }
    Ok(report)
}

fn drawn<'a>(
    report: &ApproxReport,
    function: Curve<'a>,
    approximation: Curve<'a>,
    path: &Path,
) -> Result<()> {
    let drawing = Drawing {
        title: report.title(),
        domain: report.domain,
        function,
        approximation,
        max_error: report.max_error,
    };
    drawing.write(path)
}

/// Finds a composite of odd polynomials for the sign or the positive part.
///
/// # Errors
/// When `alpha` or a degree is out of range, and when more stages are given than double precision has use for.
pub fn approx_composite(
    step: Step,
    alpha: u32,
    stages: &Stages,
    plot: Option<&Path>,
) -> Result<ApproxReport> {
    let reading = match step {
        Step::Sign => Reading::Sign,
        Step::Relu => Reading::Relu,
    };
    let cheapest = |objective| cheapest_degrees(alpha, reading, objective).map_err(fit_error);
    let degrees = match stages {
        Stages::Degrees(degrees) => degrees.clone(),
        Stages::FewestMultiplications => cheapest(Objective::Multiplications)?,
        Stages::LeastDepth => cheapest(Objective::Depth)?,
    };
    let (function, domain, fit) = match step {
        Step::Sign => {
            let gap = (-f64::from(alpha)).exp2();
            ("sign", [gap, 1.0], composite_for_sign(&degrees, gap))
        }
        Step::Relu => ("relu", [-1.0, 1.0], composite_for_relu(&degrees)),
    };
    let fit = fit.map_err(fit_error)?;
    let stages = fit.stages.iter();
    let stages = stages.map(|stage| polynomial(stage, Basis::Monomial));
    let report = ApproxReport {
        function: function.into(),
        domain,
        max_error: match step {
            Step::Sign => fit.sign_error,
            Step::Relu => fit.relu_error,
        },
        form: FormReport::Composite {
            degrees,
            gap: fit.gap,
            sign_error: fit.sign_error,
            relu_error: fit.relu_error,
            multiplications: fit.cost.multiplications,
            depth: fit.cost.depth,
            stages: stages.collect::<Result<_>>()?,
        },
        max_at: None,
        mean_error: None,
        lower_bound: None,
        certificate: "none".into(),
    };
    if let Some(path) = plot {
        let (function, composite): (Curve, Curve) = match step {
            Step::Sign => (Box::new(f64::signum), Box::new(|x| fit.eval(x))),
            Step::Relu => (
                Box::new(|x| x.max(0.0)),
                Box::new(|x| x * (1.0 + fit.eval(x)) / 2.0),
            ),
        };
        drawn(&report, function, composite, path)?;
    }
    Ok(report)
}

fn polynomial(found: &Polynomial, basis: Basis) -> Result<PolynomialReport> {
    let (lo, hi) = found.domain();
    let form = found.to_basis(basis).map_err(|error| {
        refused(error).help("use `--basis chebyshev`, in which large degrees keep their precision")
    })?;
    Ok(PolynomialReport {
        basis: match basis {
            Basis::Monomial => "monomial".into(),
            Basis::Chebyshev => "chebyshev".into(),
        },
        on: [lo, hi],
        coefficients: form.coefficients().to_vec(),
    })
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::diagnostic(error.to_string())
}

fn fit_error(error: FitError) -> Error {
    match error {
        FitError::BeyondDoubles { .. } | FitError::NotConverged { .. } => {
            Error::limit(error.to_string())
        }
        other => refused(other),
    }
}
