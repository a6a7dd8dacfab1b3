//! The arguments of `zkc approx`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum, ValueHint};
use zkc::Basis;
use zkc::commands::{Form, NumberFormat, Stages, Step, Wanted};
use zkc::{Error, Result};

/// The form that is found: exactly one.
const FORMS: [&str; 5] = [
    "degree",
    "segments",
    "rational",
    "composite_sign",
    "target_error",
];

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("form").args(FORMS).required(true))]
pub(crate) struct ApproxArgs {
    /// The function, with its parameters: `gelu`, `elu(alpha=1.0)`; `sign` or `relu` for composites
    #[arg(value_name = "FUNCTION", required_unless_present = "composite_sign")]
    function: Option<String>,
    /// The interval on which it is approximated
    #[arg(
        long,
        value_name = "a:b",
        value_parser = interval,
        allow_hyphen_values = true,
        required_unless_present = "composite_sign",
        conflicts_with = "composite_sign"
    )]
    domain: Option<(f64, f64)>,
    /// A polynomial of this degree
    #[arg(long, value_name = "N", help_heading = "Form")]
    degree: Option<usize>,
    /// A polynomial on each of so many segments
    #[arg(long, value_name = "N", help_heading = "Form")]
    segments: Option<usize>,
    /// The degree of the polynomials on segments
    #[arg(
        long,
        value_name = "D",
        default_value_t = 1,
        requires = "segments",
        conflicts_with_all = ["degree", "rational", "composite_sign", "target_error"],
        help_heading = "Form"
    )]
    piece_degree: usize,
    /// Segments of one length, or of those that suit the function
    #[arg(
        long,
        value_enum,
        default_value_t,
        requires = "segments",
        conflicts_with_all = ["degree", "rational", "composite_sign", "target_error"],
        help_heading = "Form"
    )]
    knots: Knots,
    /// A quotient of two polynomials of these degrees
    #[arg(long, value_name = "M,N", value_parser = pair, help_heading = "Form")]
    rational: Option<(usize, usize)>,
    /// Odd polynomials one after the other: for `sign` outside of a gap of 2^-ALPHA, or for `relu` to an error of 2^-ALPHA
    #[arg(long, value_name = "ALPHA", help_heading = "Form")]
    composite_sign: Option<u32>,
    /// Their degrees
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        requires = "composite_sign",
        conflicts_with = "minimize",
        help_heading = "Form"
    )]
    degrees: Vec<usize>,
    /// What degrees are chosen for, where they are not given
    #[arg(
        long,
        value_enum,
        default_value_t,
        requires = "composite_sign",
        help_heading = "Form"
    )]
    minimize: Minimize,
    /// The basis in which polynomials are printed
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["segments", "composite_sign"], help_heading = "Form")]
    basis: BasisArg,
    /// Numbers of a circuit, in units of 2^-S and with so many bits: segments become integer programs, which are certified
    #[arg(long, value_name = "2^-S,BITS", conflicts_with_all = ["degree", "rational", "composite_sign", "knots", "basis"], help_heading = "Integer programs")]
    format: Option<NumberFormat>,
    /// List the programs whose certified error is at most this, the cheapest first
    #[arg(
        long,
        value_name = "E",
        requires = "format",
        help_heading = "Integer programs"
    )]
    target_error: Option<f64>,
    /// The most segments of a program
    #[arg(
        long,
        value_name = "N",
        default_value_t = 2048,
        requires = "target_error",
        help_heading = "Integer programs"
    )]
    max_segments: u64,
    /// Draw function, approximation and error
    #[arg(long, value_name = "FILE.svg", conflicts_with = "format", value_hint = ValueHint::FilePath)]
    pub(crate) plot: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Knots {
    #[default]
    Uniform,
    Free,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Minimize {
    /// The number of multiplications
    #[default]
    Mult,
    /// The longest chain of them
    Depth,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum BasisArg {
    #[default]
    Chebyshev,
    Monomial,
}

/// What is asked for.
pub(crate) enum Request {
    /// A composite.
    Composite(Step, u32, Stages),
    /// Integer programs: function, domain, format and which.
    Programs(String, (f64, f64), NumberFormat, Wanted),
    /// Any other form: function, domain, form and basis.
    Function(String, (f64, f64), Form, Basis),
}

impl ApproxArgs {
    pub(crate) fn into_request(self) -> Result<Request> {
        if let Some(alpha) = self.composite_sign {
            let step = match self.function.as_deref() {
                Some("relu") => Step::Relu,
                None | Some("sign") => Step::Sign,
                Some(other) => {
                    let message = format!("`{other}` is no function that composites stand for");
                    return Err(Error::diagnostic(message)
                        .help("ask for `sign` or `relu`; other functions are made from these"));
                }
            };
            let stages = match (self.degrees.is_empty(), self.minimize) {
                (false, _) => Stages::Degrees(self.degrees),
                (true, Minimize::Mult) => Stages::FewestMultiplications,
                (true, Minimize::Depth) => Stages::LeastDepth,
            };
            return Ok(Request::Composite(step, alpha, stages));
        }
        // Both are required for what follows.
        let function = self.function.unwrap_or_default();
        let domain = self.domain.unwrap_or_default();
        if let Some(format) = self.format {
            let wanted = match self.target_error {
                Some(target) => Wanted::Error {
                    target,
                    segments: self.max_segments,
                },
                None => Wanted::Segments {
                    segments: self.segments.unwrap_or(1) as u64,
                    degree: self.piece_degree,
                },
            };
            return Ok(Request::Programs(function, domain, format, wanted));
        }
        let form = match (self.degree, self.segments, self.rational) {
            (Some(degree), ..) => Form::Polynomial { degree },
            (None, Some(segments), _) => Form::Pieces {
                segments,
                degree: self.piece_degree,
                free_knots: matches!(self.knots, Knots::Free),
            },
            // One form is there, as the parser sees to.
            (None, None, rational) => {
                let (numerator, denominator) = rational.unwrap_or_default();
                Form::Rational {
                    numerator,
                    denominator,
                }
            }
        };
        let basis = match self.basis {
            BasisArg::Chebyshev => Basis::Chebyshev,
            BasisArg::Monomial => Basis::Monomial,
        };
        Ok(Request::Function(function, domain, form, basis))
    }
}

/// Reads `a:b`; what a domain must be is for the search to say.
fn interval(text: &str) -> Result<(f64, f64), String> {
    let number = |text: &str| {
        let text = text.trim();
        text.parse::<f64>()
            .map_err(|_| format!("`{text}` is no number"))
    };
    let (lo, hi) = text.split_once(':').ok_or("expected `a:b`, as in -8:8")?;
    Ok((number(lo)?, number(hi)?))
}

/// Reads `M,N`.
fn pair(text: &str) -> Result<(usize, usize), String> {
    let number = |text: &str| {
        let text = text.trim();
        text.parse::<usize>()
            .map_err(|_| format!("`{text}` is no degree"))
    };
    let (m, n) = text.split_once(',').ok_or("expected `M,N`, as in 5,5")?;
    Ok((number(m)?, number(n)?))
}
