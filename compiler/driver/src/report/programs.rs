//! What `zkc approx` has to tell of integer programs.

use std::fmt;

use serde::Serialize;

/// Segments that a text shows; JSON has all of them.
const SHOWN: usize = 16;

/// Report of `zkc approx` with a number format.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProgramsReport {
    /// The function with its parameters.
    pub function: String,
    /// The interval of its arguments.
    pub domain: [f64; 2],
    /// Fraction bits of arguments and results.
    pub scale: u32,
    /// Their bits.
    pub bits: u32,
    /// The programs, the cheapest first.
    pub programs: Vec<ProgramReport>,
}

/// An integer program: the polynomial of the argument's segment at its place in it, rounded once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProgramReport {
    /// The degree of the polynomials.
    pub degree: usize,
    /// How many.
    pub segments: u64,
    /// The first argument as an integer.
    pub from: i64,
    /// `q`: a segment has `2^q` arguments.
    pub segment_bits: u32,
    /// `R`: fraction bits that coefficients have more than results.
    pub shift: u32,
    /// Bits whose range a proof checks: the place in the segment, what rounding drops, the result.
    pub checked_bits: u32,
    /// A bound of the absolute error on all arguments.
    pub max_error: f64,
    /// How it is known: `exhaustive` or `interval`.
    pub certificate: String,
    /// The coefficients of each segment, the constant one first.
    pub coefficients: Vec<Vec<i64>>,
}

impl fmt::Display for ProgramsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lo, hi] = self.domain;
        let (scale, bits) = (self.scale, self.bits);
        writeln!(
            f,
            "{} on [{lo}, {hi}), {bits} bits in units of 2^-{scale}: certified integer programs",
            self.function
        )?;
        writeln!(
            f,
            "  degree  segments   q   R  checked bits   max error  certificate"
        )?;
        for p in &self.programs {
            writeln!(
                f,
                "  {:>6}  {:>8}  {:>2}  {:>2}  {:>12}  {:>10.3e}  {}",
                p.degree,
                p.segments,
                p.segment_bits,
                p.shift,
                p.checked_bits,
                p.max_error,
                p.certificate
            )?;
        }
        let [program] = &self.programs[..] else {
            return Ok(());
        };
        writeln!(f)?;
        writeln!(
            f,
            "with i = floor((n - {}) / 2^{q}), t = (n - {}) mod 2^{q}: y = floor((c0[i] + c1[i] t + ...) / 2^{r} + 1/2)",
            program.from,
            program.from,
            q = program.segment_bits,
            r = program.shift
        )?;
        for (i, segment) in program.coefficients.iter().enumerate().take(SHOWN) {
            let segment: Vec<String> = segment.iter().map(i64::to_string).collect();
            writeln!(f, "  {i:>4}  {}", segment.join(", "))?;
        }
        match program.coefficients.len().checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => writeln!(f, "  and {more} more, which `--json` has"),
        }
    }
}
