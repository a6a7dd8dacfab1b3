//! `zkc approx` with a number format: integer programs, and what is certified of them.

use zkc_approx::{
    Candidate, Certificate, CertifyError, EXHAUSTIVE_ARGUMENTS, Function, Program, ProgramError,
    ProgramRequest, certify_program, cheapest_program, fit_program,
};

use crate::error::{Error, Result};
use crate::report::{ProgramReport, ProgramsReport};

/// A number format: integers of `bits` bits with a sign, in units of `2^-scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberFormat {
    /// Fraction bits.
    pub scale: u32,
    /// Bits, that of the sign included.
    pub bits: u32,
}

impl std::str::FromStr for NumberFormat {
    type Err = String;

    /// Reads `2^-S,BITS`.
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected `2^-S,BITS`, as in 2^-12,16, found `{text}`");
        let (scale, bits) = text.split_once(',').ok_or_else(expected)?;
        let scale = scale.trim().strip_prefix("2^-").ok_or_else(expected)?;
        let scale: u32 = scale.parse().map_err(|_| expected())?;
        let bits: u32 = bits.trim().parse().map_err(|_| expected())?;
        if scale > 60 || !(2..=62).contains(&bits) {
            return Err("a format has at most 60 fraction bits, and 2 to 62 bits in all".into());
        }
        Ok(NumberFormat { scale, bits })
    }
}

/// Finds integer programs of piecewise polynomials for arguments and results of a format.
///
/// With `segments` and `degree` it is one; with `target_error` those with at most so many segments whose certified error is
/// not greater, the cheapest first.
///
/// # Errors
/// When the function is not known or has no value on the interval, when the format does not hold the interval or the values,
/// and when nothing reaches the error.
pub fn programs(
    function: &str,
    domain: (f64, f64),
    format: NumberFormat,
    wanted: Wanted,
) -> Result<ProgramsReport> {
    let refused = |message: String| Error::diagnostic(message);
    let function: Function = function.parse().map_err(|e| refused(format!("{e}")))?;
    let request = request(function, domain, format)?;
    let found = match wanted {
        Wanted::Segments { segments, degree } => {
            let arguments = request.hi.abs_diff(request.lo) + 1;
            if segments == 0 {
                return Err(refused("a program has at least one segment".into()));
            }
            let bits = (0..)
                .find(|bits| (arguments - 1) >> bits < segments)
                .unwrap_or(0);
            let program = fit_program(&request, bits, degree, None).map_err(program_error)?;
            let certified = certify_program(&program, request.lo, request.hi, EXHAUSTIVE_ARGUMENTS);
            let certified = certified.map_err(certify_error)?;
            vec![report(
                &program,
                &request,
                format,
                certified.max_error,
                certified.certificate,
            )?]
        }
        Wanted::Error { target, segments } => {
            let found = cheapest_program(&request, target, segments).map_err(certify_error)?;
            if found.is_empty() {
                let half = (-f64::from(format.scale) - 1.0).exp2();
                let message = format!(
                    "no program with at most {segments} segments has an error of at most {target:e}"
                );
                return Err(Error::limit(message)
                    .note(format!("rounding to the format alone may cost {half:.3e}"))
                    .help("allow more segments, or a format with more fraction bits"));
            }
            let reports = found.iter().map(|c: &Candidate| {
                report(
                    &c.program,
                    &request,
                    format,
                    c.certified.max_error,
                    c.certified.certificate,
                )
            });
            reports.collect::<Result<_>>()?
        }
    };
    Ok(ProgramsReport {
        function: function.to_string(),
        domain: [domain.0, domain.1],
        scale: format.scale,
        bits: format.bits,
        programs: found,
    })
}

/// Which programs are asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// One with at most so many segments.
    Segments {
        /// The most segments; their length is a power of two.
        segments: u64,
        /// The degree of each.
        degree: usize,
    },
    /// Those with a certified error of at most this.
    Error {
        /// The error.
        target: f64,
        /// The most segments.
        segments: u64,
    },
}

/// The integers of an interval: those from its left end up to its right end, which is not among them.
fn request(function: Function, domain: (f64, f64), format: NumberFormat) -> Result<ProgramRequest> {
    let (lo, hi) = domain;
    if !(lo < hi && lo.is_finite() && hi.is_finite()) {
        return Err(Error::diagnostic(format!(
            "the domain must have finite ends with the left one below the right one, found [{lo}, {hi}]"
        )));
    }
    let unit = f64::from(format.scale).exp2();
    let (first, end) = ((lo * unit).ceil(), (hi * unit).ceil());
    let most = (f64::from(format.bits) - 1.0).exp2();
    if first < -most || end > most {
        let (least, most) = (-most / unit, most / unit);
        return Err(Error::diagnostic(format!(
            "the domain [{lo}, {hi}) leaves the format, which holds [{least}, {most})"
        ))
        .help("narrow the domain, or give the format more bits"));
    }
    Ok(ProgramRequest {
        function,
        in_scale: format.scale,
        lo: first as i64,
        hi: end as i64 - 1,
        out_scale: format.scale,
    })
}

fn report(
    program: &Program,
    request: &ProgramRequest,
    format: NumberFormat,
    max_error: f64,
    certificate: Certificate,
) -> Result<ProgramReport> {
    let bounds = program
        .bounds_on(request.lo, request.hi)
        .map_err(program_error)?;
    let most = 1i64 << (format.bits - 1);
    let (least, greatest) = bounds.result;
    if least < -most || greatest >= most {
        let real = |n: i64| n as f64 * (-f64::from(format.scale)).exp2();
        let (least, greatest, most) = (real(least), real(greatest), real(most));
        return Err(Error::limit(format!(
            "the results, from {least} to {greatest}, leave the format, which holds [-{most}, {most})"
        ))
        .help("narrow the domain, or give the format more bits"));
    }
    let width = bounds.result.1.abs_diff(bounds.result.0);
    let result_bits = u64::BITS - width.leading_zeros();
    Ok(ProgramReport {
        degree: program.degree,
        segments: program.segments(),
        from: program.lo,
        segment_bits: program.segment_bits,
        shift: program.shift,
        checked_bits: program.segment_bits + program.shift + result_bits,
        max_error,
        certificate: certificate.to_string(),
        coefficients: program
            .coefficients
            .chunks(program.degree + 1)
            .map(<[i64]>::to_vec)
            .collect(),
    })
}

fn program_error(error: ProgramError) -> Error {
    Error::diagnostic(error.to_string())
}

fn certify_error(error: CertifyError) -> Error {
    Error::diagnostic(error.to_string())
}
