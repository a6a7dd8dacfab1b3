//! Choosing a program: which degree, how many segments, how many fraction bits of the coefficients.

use crate::certify::{Certified, CertifyError, recheck_program};
use crate::program::{
    Fitted, MAX_PROGRAM_DEGREE, MAX_SEGMENT_BITS, MAX_SEGMENTS, MAX_SHIFT, Program, ProgramError,
    ProgramRequest, default_shift, fit_with_error, within,
};
use crate::table::Certificate;

/// A program that is good enough, and what it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The program.
    pub program: Program,
    /// Its certificate on the range of the request, of the interval kind.
    pub certified: Certified,
    /// Bits whose range a proof must check: the position in the segment, what the rounding drops, and the result, as
    /// the offset from the smallest one.
    pub checked_bits: u32,
    /// Rows of the table of coefficients.
    pub rows: u64,
}

/// Programs of certified error at most `target_error` (in real units) with at most `max_segments` segments, cheapest first.
///
/// The order is by [`Candidate::checked_bits`], then by [`Candidate::rows`], then by degree. Only those are listed than
/// which no other is at least as good in all three: so the first needs the fewest checked bits, and further
/// ones trade bits for shorter tables or lower degrees. The list is empty where nothing reaches the target.
///
/// For each degree from 0 to [`MAX_PROGRAM_DEGREE`] and each length of segments that the range and `max_segments`
/// allow, the smallest shift is looked for by bisection, from [`default_shift`] downwards; a shift for which
/// coefficients do not fit in 64 bits is too large. A sampled error decides where to look; what is listed is certified.
/// The cost is that of some twenty fits of `max_segments` segments per degree, and of two or three certificates.
///
/// Fails if the target is not a positive number, where the function has no finite value, and where it cannot be expanded.
pub fn cheapest_program(
    request: &ProgramRequest,
    target_error: f64,
    max_segments: u64,
) -> Result<Vec<Candidate>, CertifyError> {
    if !(target_error > 0.0 && target_error.is_finite()) {
        return Err(CertifyError::Target {
            target: target_error,
        });
    }
    within(
        "the largest number of segments",
        1,
        MAX_SEGMENTS,
        max_segments,
    )?;
    let (lo, hi) = (request.lo, request.hi);
    if lo > hi {
        let function = request.function;
        return Err(ProgramError::Empty { function, lo, hi }.into());
    }
    let mut candidates = Vec::new();
    // From one segment for all arguments to segments of one.
    let longest = (u64::BITS - hi.abs_diff(lo).leading_zeros()).min(MAX_SEGMENT_BITS);
    for degree in 0..=MAX_PROGRAM_DEGREE {
        for segment_bits in 0..=longest {
            // With no more positions than coefficients, a lower degree does as well.
            let is_useful = degree == 0 || 1u64 << segment_bits > degree as u64;
            if is_useful && hi.abs_diff(lo) >> segment_bits < max_segments {
                candidates.extend(best_shift(request, segment_bits, degree, target_error)?);
            }
        }
    }
    candidates.sort_by_key(key);
    // Each is compared with those before it: a later one is not better in the first respect.
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let is_beaten = |other: &Candidate| {
            other.rows <= candidate.rows && other.program.degree <= candidate.program.degree
        };
        if !kept.iter().any(is_beaten) {
            kept.push(candidate);
        }
    }
    Ok(kept)
}

fn key(candidate: &Candidate) -> (u32, u64, usize) {
    (
        candidate.checked_bits,
        candidate.rows,
        candidate.program.degree,
    )
}

/// The program with the smallest shift that reaches the target, if any does.
fn best_shift(
    request: &ProgramRequest,
    segment_bits: u32,
    degree: usize,
    target_error: f64,
) -> Result<Option<Candidate>, CertifyError> {
    let target = libm::scalbn(target_error, request.out_scale as i32);
    let highest = default_shift(degree, segment_bits).min(MAX_SHIFT);
    // The first shift that may do, and the first that is known to be larger than needed or possible.
    let (mut first, mut end) = (0, highest + 1);
    let mut found = None;
    while first < end {
        let shift = first + (end - first) / 2;
        let half = if shift == 0 { 0.0 } else { 0.5 };
        match fit_with_error(request, segment_bits, degree, Some(shift)) {
            Ok(fitted) if fitted.error + half <= target => {
                found = Some(fitted);
                end = shift;
            }
            Ok(_) => first = shift + 1,
            Err(ProgramError::Coefficient { .. } | ProgramError::TooLarge { .. }) => end = shift,
            // The last segment would end beyond 64 bits, which shorter ones need not.
            Err(ProgramError::Domain { .. }) => return Ok(None),
            Err(other) => return Err(other.into()),
        }
    }
    // The certified error may exceed the sampled one a little, so a few more bits may be needed.
    while let Some(fitted) = found {
        let shift = fitted.program.shift;
        if let Some(candidate) = candidate(request, fitted, target_error)? {
            return Ok(Some(candidate));
        }
        if shift == highest {
            break;
        }
        // Coefficients that no longer fit end the search as well; all else was refused before.
        found = fit_with_error(request, segment_bits, degree, Some(shift + 1)).ok();
    }
    Ok(None)
}

/// The program with its certificate and cost, if the certificate reaches the target.
fn candidate(
    request: &ProgramRequest,
    fitted: Fitted,
    target_error: f64,
) -> Result<Option<Candidate>, CertifyError> {
    let program = fitted.program;
    let certificate = Certificate::Interval;
    let max_error = recheck_program(&program, request.lo, request.hi, certificate)?;
    if max_error > target_error {
        return Ok(None);
    }
    let (least, greatest) = program.bounds_on(request.lo, request.hi)?.result;
    let result_bits = u64::BITS - greatest.abs_diff(least).leading_zeros();
    Ok(Some(Candidate {
        checked_bits: program.segment_bits + program.shift + result_bits,
        rows: program.segments(),
        certified: Certified {
            max_error,
            certificate,
        },
        program,
    }))
}
