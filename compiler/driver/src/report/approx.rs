//! What `zkc approx` has to tell.

use std::fmt;

use serde::Serialize;

/// Pieces and coefficients that a text shows; JSON has all of them.
const SHOWN: usize = 40;

/// Report of `zkc approx`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApproxReport {
    /// The function with its parameters.
    pub function: String,
    /// The interval on which it is approximated.
    pub domain: [f64; 2],
    /// What stands for it.
    pub form: FormReport,
    /// The greatest absolute error that was found.
    pub max_error: f64,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_at: Option<f64>,
    /// The mean absolute error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_error: Option<f64>,
    /// No approximation of this form has a smaller greatest error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower_bound: Option<f64>,
    /// How the error is known: always `none`, as it is measured.
    pub certificate: String,
}

/// A form with its numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FormReport {
    /// A polynomial.
    Polynomial(PolynomialReport),
    /// A polynomial on each of some segments.
    Pieces {
        /// The degree of each.
        degree: usize,
        /// Whether segments differ in length.
        free_knots: bool,
        /// From left to right.
        pieces: Vec<PieceReport>,
    },
    /// A quotient.
    Rational {
        /// What is divided.
        numerator: PolynomialReport,
        /// By what.
        denominator: PolynomialReport,
    },
    /// Odd polynomials, one applied to the value of the one before.
    Composite {
        /// Their degrees.
        degrees: Vec<usize>,
        /// Arguments of a smaller magnitude are in the gap.
        gap: f64,
        /// The greatest error of the sign outside of the gap.
        sign_error: f64,
        /// The greatest error of `x (1 + p(x)) / 2` as positive part on `[-1, 1]`.
        relu_error: f64,
        /// Products of two values that an evaluation takes.
        multiplications: usize,
        /// The longest chain of them.
        depth: usize,
        /// The polynomials, the first one is applied first.
        stages: Vec<PolynomialReport>,
    },
}

/// A polynomial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolynomialReport {
    /// `chebyshev` or `monomial`.
    pub basis: String,
    /// The interval that a Chebyshev basis belongs to, and on which the polynomial holds.
    pub on: [f64; 2],
    /// That of degree zero first.
    pub coefficients: Vec<f64>,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PieceReport {
    /// Its left end.
    pub from: f64,
    /// Its right end.
    pub to: f64,
    /// Coefficients of the powers of `x - from`.
    pub coefficients: Vec<f64>,
    /// The greatest error on it.
    pub max_error: f64,
}

impl ApproxReport {
    /// Function, interval and form in one line.
    pub(crate) fn title(&self) -> String {
        let [lo, hi] = self.domain;
        let form = match &self.form {
            FormReport::Polynomial(p) => format!("polynomial of degree {}", p.degree()),
            FormReport::Pieces {
                degree,
                free_knots,
                pieces,
            } => {
                let knots = if *free_knots { "free" } else { "uniform" };
                let count = pieces.len();
                format!("{count} pieces of degree {degree}, {knots} knots")
            }
            FormReport::Rational {
                numerator,
                denominator,
            } => format!(
                "rational function of type {}/{}",
                numerator.degree(),
                denominator.degree()
            ),
            FormReport::Composite { degrees, .. } => {
                let degrees: Vec<String> = degrees.iter().map(usize::to_string).collect();
                format!(
                    "composite of odd polynomials of degrees {}",
                    degrees.join(", ")
                )
            }
        };
        format!("{} on [{lo}, {hi}]: {form}", self.function)
    }
}

impl fmt::Display for ApproxReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title())?;
        let at = self.max_at.map(|x| format!(", at {x}")).unwrap_or_default();
        writeln!(f, "  max error   {:.4e}{at}", self.max_error)?;
        if let Some(bound) = self.lower_bound {
            writeln!(f, "              no other has less than {bound:.4e}")?;
        }
        if let Some(mean) = self.mean_error {
            writeln!(f, "  mean error  {mean:.4e}")?;
        }
        if let FormReport::Composite {
            gap,
            sign_error,
            relu_error,
            multiplications,
            depth,
            ..
        } = &self.form
        {
            writeln!(f, "  as sign     {sign_error:.4e} on [{gap:.4e}, 1]")?;
            writeln!(f, "  as relu     {relu_error:.4e} on [-1, 1]")?;
            writeln!(
                f,
                "  cost        {multiplications} multiplications, depth {depth}"
            )?;
        }
        writeln!(f, "  measured on samples, not certified\n")?;
        match &self.form {
            FormReport::Polynomial(p) => p.write(f, ""),
            FormReport::Pieces { pieces, .. } => {
                for piece in pieces.iter().take(SHOWN) {
                    let terms: Vec<String> = piece
                        .coefficients
                        .iter()
                        .map(|c| format!("{c:?}"))
                        .collect();
                    writeln!(
                        f,
                        "  from {:?} to {:?}: {} (error {:.3e})",
                        piece.from,
                        piece.to,
                        terms.join(", "),
                        piece.max_error
                    )?;
                }
                left_out(f, pieces.len())
            }
            FormReport::Rational {
                numerator,
                denominator,
            } => {
                numerator.write(f, "numerator, ")?;
                denominator.write(f, "denominator, ")
            }
            FormReport::Composite { stages, .. } => {
                for (i, stage) in stages.iter().enumerate() {
                    stage.write(f, &format!("stage {}, ", i + 1))?;
                }
                Ok(())
            }
        }
    }
}

fn left_out(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    match count.checked_sub(SHOWN) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(f, "  and {more} more, which `--json` has"),
    }
}

impl PolynomialReport {
    fn degree(&self) -> usize {
        self.coefficients.len().saturating_sub(1)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, what: &str) -> fmt::Result {
        let [lo, hi] = self.on;
        let basis = match self.basis.as_str() {
            "chebyshev" => format!("Chebyshev polynomials on [{lo}, {hi}]"),
            _ => "powers of x".into(),
        };
        writeln!(f, "{what}coefficients of {basis}:")?;
        for (i, c) in self.coefficients.iter().enumerate().take(SHOWN) {
            writeln!(f, "  {i:>3}  {c:?}")?;
        }
        left_out(f, self.coefficients.len())
    }
}
