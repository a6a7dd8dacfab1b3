//! Tables of a function between two fixed-point formats, with a certificate that covers every entry.

use std::fmt;

use rayon::prelude::*;
use thiserror::Error;

use crate::function::{Function, FunctionError};
use crate::rounding::{MAX_SCALE, Rounded, Rounder, Rounding, RoundingError};
use crate::stretch::stretches;

/// Largest number of entries of a table.
pub const MAX_ENTRIES: u64 = 1 << 24;

/// Entries that one task computes.
const CHUNK: u64 = 1024;

/// How a bound on an error is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Certificate {
    /// Every input was covered: by an enclosure of the function there, or by enclosures on both sides of it that agree
    /// on a stretch where the function is monotone.
    Exhaustive,
    /// All real arguments between the inputs were covered as well: by enclosures of the function's Taylor coefficients and
    /// remainders, and ranges of polynomials. Programs only, not tables.
    Interval,
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Certificate::Exhaustive => "exhaustive",
            Certificate::Interval => "interval",
        })
    }
}

/// All values of a function on a range of fixed-point numbers.
///
/// The entry for the integer `n` in `[lo, hi]` is `f(n * 2^-in_scale) * 2^out_scale`, correctly rounded.
/// The fields are plain data: [`recheck`] tells whether they are true.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The function.
    pub function: Function,
    /// Fraction bits of the inputs.
    pub in_scale: u32,
    /// The first input as an integer.
    pub lo: i64,
    /// The last input as an integer, not below `lo`.
    pub hi: i64,
    /// Fraction bits of the outputs.
    pub out_scale: u32,
    /// What happens to midpoints.
    pub rounding: Rounding,
    /// The outputs as integers, from `lo` to `hi`.
    pub values: Vec<i64>,
    /// The smallest output.
    pub min: i64,
    /// The largest output.
    pub max: i64,
    /// At least `|values[n - lo] * 2^-out_scale - f(n * 2^-in_scale)|` for every entry.
    pub max_error: f64,
    /// How `max_error` is known.
    pub certificate: Certificate,
}

impl Table {
    /// The output for the input `n`; nothing outside `[lo, hi]`.
    pub fn get(&self, n: i64) -> Option<i64> {
        let index = usize::try_from(n.checked_sub(self.lo)?).ok()?;
        self.values.get(index).copied()
    }

    fn rounder(&self) -> Rounder {
        Rounder {
            function: self.function,
            in_scale: self.in_scale,
            out_scale: self.out_scale,
            rounding: self.rounding,
        }
    }
}

/// Why a function could not be tabulated.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TableError {
    /// The range holds no integer.
    #[error("the table of `{function}` is empty: its range is from {lo} to {hi}")]
    Empty {
        /// The function.
        function: Function,
        /// The first input as given.
        lo: i64,
        /// The last input as given.
        hi: i64,
    },
    /// The range holds too many integers.
    #[error(
        "the table of `{function}` would have {entries} entries, more than {MAX_ENTRIES}; use a smaller input scale or range"
    )]
    TooManyEntries {
        /// The function.
        function: Function,
        /// How many entries the range asks for.
        entries: u128,
    },
    /// The function's parameters are not usable.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// An entry does not exist.
    #[error(transparent)]
    Entry(#[from] RoundingError),
}

/// Why a table was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum RecheckError {
    /// The fields cannot belong to a table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The certificate is not one that tables have.
    #[error(
        "the certificate of a table must be {}, found {found}",
        Certificate::Exhaustive
    )]
    Certificate {
        /// The certificate as stated.
        found: Certificate,
    },
    /// The number of values is not that of the inputs.
    #[error("a table from {lo} to {hi} has {expected} entries, found {found}")]
    Length {
        /// The first input.
        lo: i64,
        /// The last input.
        hi: i64,
        /// Inputs in the range.
        expected: u64,
        /// Values given.
        found: usize,
    },
    /// A value is not the correctly rounded one.
    #[error("entry {n} of the table of `{function}` must be {expected}, found {found}")]
    Value {
        /// The function.
        function: Function,
        /// The input as an integer.
        n: i64,
        /// The value the function rounds to.
        expected: i64,
        /// The value in the table.
        found: i64,
    },
    /// The stated smallest and largest values are not those of the table.
    #[error(
        "the values of the table of `{function}` are from {min} to {max}, but it states {stated_min} to {stated_max}"
    )]
    Bounds {
        /// The function.
        function: Function,
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
        /// The smallest value as stated.
        stated_min: i64,
        /// The largest value as stated.
        stated_max: i64,
    },
    /// The stated error is smaller than what can be certified.
    #[error(
        "the table of `{function}` states an error of at most {stated}, but only {certified} can be certified"
    )]
    Error {
        /// The function.
        function: Function,
        /// The bound as stated.
        stated: f64,
        /// The certified bound.
        certified: f64,
    },
}

/// Tabulates a function on the integers from `lo` to `hi`.
///
/// Every entry is correctly rounded, whatever precision that takes. Where the function is monotone, only the entries next
/// to a change of the output are computed: the function lies between its values at two certified points, so where
/// these round alike all between do, and are off by no more than one of them. The cost is a few microseconds per
/// change of the output, on all cores.
///
/// Fails with the first point at which the function is undefined or its value does not fit in 64 bits.
pub fn tabulate(
    function: &Function,
    in_scale: u32,
    lo: i64,
    hi: i64,
    out_scale: u32,
    rounding: Rounding,
) -> Result<Table, TableError> {
    check_shape(function, in_scale, lo, hi, out_scale)?;
    let rounder = Rounder {
        function: *function,
        in_scale,
        out_scale,
        rounding,
    };
    let stretches = stretches(function, in_scale, lo, hi, CHUNK);
    // Collected in order first: the error reported must not depend on scheduling.
    let parts: Vec<Result<Part, RoundingError>> = stretches
        .par_iter()
        .map(|stretch| {
            if stretch.monotone {
                rounder.monotone_part(stretch.from, stretch.to)
            } else {
                rounder.plain_part(stretch.from, stretch.to)
            }
        })
        .collect();
    let mut values = Vec::with_capacity((hi.abs_diff(lo) + 1) as usize);
    let mut max_error = 0.0f64;
    for part in parts {
        let part = part?;
        values.extend_from_slice(&part.values);
        max_error = max_error.max(part.max_error);
    }
    let (min, max) = bounds(&values);
    Ok(Table {
        function: *function,
        in_scale,
        lo,
        hi,
        out_scale,
        rounding,
        values,
        min,
        max,
        max_error: coarsen(max_error),
        certificate: Certificate::Exhaustive,
    })
}

/// Establishes a table's claims again, from the table alone: each value by an enclosure of its own, the bounds, the error.
///
/// Nothing that [`tabulate`] derives from monotonicity is used. Returns the certified error, which is at most
/// the stated one. The cost is a few microseconds per entry, on all cores.
pub fn recheck(table: &Table) -> Result<f64, RecheckError> {
    match table.certificate {
        Certificate::Exhaustive => {}
        found @ Certificate::Interval => return Err(RecheckError::Certificate { found }),
    }
    let function = table.function;
    check_shape(
        &function,
        table.in_scale,
        table.lo,
        table.hi,
        table.out_scale,
    )?;
    let expected = table.hi.abs_diff(table.lo) + 1;
    if table.values.len() as u64 != expected {
        return Err(RecheckError::Length {
            lo: table.lo,
            hi: table.hi,
            expected,
            found: table.values.len(),
        });
    }
    let rounder = table.rounder();
    let parts: Vec<Result<f64, RecheckError>> = table
        .values
        .par_chunks(CHUNK as usize)
        .enumerate()
        .map(|(chunk, values)| {
            let first = table.lo + (chunk as u64 * CHUNK) as i64;
            let mut max_error = 0.0f64;
            for (n, &found) in (first..).zip(values) {
                let Rounded { value, error } = rounder.round(n).map_err(TableError::from)?;
                if value != found {
                    return Err(RecheckError::Value {
                        function,
                        n,
                        expected: value,
                        found,
                    });
                }
                max_error = max_error.max(error);
            }
            Ok(max_error)
        })
        .collect();
    let mut certified = 0.0f64;
    for part in parts {
        certified = certified.max(part?);
    }
    let (min, max) = bounds(&table.values);
    if (min, max) != (table.min, table.max) {
        return Err(RecheckError::Bounds {
            function,
            min,
            max,
            stated_min: table.min,
            stated_max: table.max,
        });
    }
    let certified = coarsen(certified);
    // Written so that a stated NaN is refused.
    if table.max_error >= certified {
        Ok(certified)
    } else {
        Err(RecheckError::Error {
            function,
            stated: table.max_error,
            certified,
        })
    }
}

pub(crate) fn check_shape(
    function: &Function,
    in_scale: u32,
    lo: i64,
    hi: i64,
    out_scale: u32,
) -> Result<(), TableError> {
    function.validate()?;
    for scale in [in_scale, out_scale] {
        if scale > MAX_SCALE {
            return Err(RoundingError::Scale { scale }.into());
        }
    }
    if lo > hi {
        return Err(TableError::Empty {
            function: *function,
            lo,
            hi,
        });
    }
    let entries = u128::from(hi.abs_diff(lo)) + 1;
    if entries > u128::from(MAX_ENTRIES) {
        return Err(TableError::TooManyEntries {
            function: *function,
            entries,
        });
    }
    Ok(())
}

/// The smallest and largest of at least one value.
fn bounds(values: &[i64]) -> (i64, i64) {
    values
        .iter()
        .fold((i64::MAX, i64::MIN), |(min, max), &value| {
            (min.min(value), max.max(value))
        })
}

/// An error bound rounded up to 33 significant bits.
///
/// The enclosures leave some 2^-100 of slack, different at different points; this hides it, so that the bound does
/// not depend on which of several equally bad entries were computed.
pub(crate) fn coarsen(error: f64) -> f64 {
    const DROPPED: u64 = (1 << 20) - 1;
    // For doubles from zero up the order is that of the bits, and a carry goes to the exponent.
    f64::from_bits((error.to_bits() + DROPPED) & !DROPPED)
}

/// The values of a stretch and a bound on their errors.
struct Part {
    values: Vec<i64>,
    max_error: f64,
}

impl Rounder {
    /// Every input on its own.
    fn plain_part(&self, from: i64, to: i64) -> Result<Part, RoundingError> {
        let mut part = Part {
            values: Vec::with_capacity((to - from + 1) as usize),
            max_error: 0.0,
        };
        for n in from..=to {
            let Rounded { value, error } = self.round(n)?;
            part.values.push(value);
            part.max_error = part.max_error.max(error);
        }
        Ok(part)
    }

    /// Inputs on which the function is monotone: halved until both ends of a stretch agree.
    fn monotone_part(&self, from: i64, to: i64) -> Result<Part, RoundingError> {
        let first = self.round(from)?;
        let last = self.round(to)?;
        let mut max_error = first.error.max(last.error);
        let mut values = vec![first.value; (to - from + 1) as usize];
        // Inputs and their certified outputs; `values` is settled everywhere but strictly inside the stretches here.
        let mut open = vec![(from, first.value, to, last.value)];
        let index = |n: i64| (n - from) as usize;
        values[index(to)] = last.value;
        while let Some((left, left_value, right, right_value)) = open.pop() {
            if left_value == right_value {
                values[index(left)..index(right)].fill(left_value);
            } else if right - left > 1 {
                let middle = left + (right - left) / 2;
                let Rounded { value, error } = self.round(middle)?;
                values[index(middle)] = value;
                max_error = max_error.max(error);
                open.push((left, left_value, middle, value));
                open.push((middle, value, right, right_value));
            }
        }
        Ok(Part { values, max_error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: Rounding = Rounding::NearestTiesToEven;

    fn function(text: &str) -> Function {
        text.parse().unwrap()
    }

    fn brute_force(function: &Function, in_scale: u32, lo: i64, hi: i64, out_scale: u32) -> Part {
        let rounder = Rounder {
            function: *function,
            in_scale,
            out_scale,
            rounding: EVEN,
        };
        rounder.plain_part(lo, hi).unwrap()
    }

    #[test]
    fn change_points_equal_brute_force() {
        for text in [
            "tanh",
            "gelu",
            "gelu_tanh",
            "silu",
            "mish",
            "sin",
            "cos",
            "hardswish",
            "round",
            "thresholded_relu(alpha=-1)",
            "selu(alpha=1.7, gamma=-1)",
            "pow(exponent=2)",
            "cosh",
        ] {
            let function = function(text);
            for (in_scale, out_scale) in [(8, 8), (9, 4), (6, 12)] {
                let (lo, hi) = (-(5 << in_scale), (5 << in_scale) - 1);
                let table = tabulate(&function, in_scale, lo, hi, out_scale, EVEN).unwrap();
                let plain = brute_force(&function, in_scale, lo, hi, out_scale);
                assert_eq!(table.values, plain.values, "{text}");
                assert_eq!(table.max_error, coarsen(plain.max_error), "{text}");
            }
        }
    }

    #[test]
    fn an_entry_off_by_one_is_found() {
        let table = tabulate(&Function::Sigmoid, 6, -512, 511, 10, EVEN).unwrap();
        assert_eq!(recheck(&table), Ok(table.max_error));
        for (index, change) in [(0, 1), (511, -1), (512, 1), (1023, -1)] {
            let mut wrong = table.clone();
            wrong.values[index] += change;
            let error = recheck(&wrong).unwrap_err();
            assert!(
                matches!(error, RecheckError::Value { n, .. } if n == index as i64 - 512),
                "{error}"
            );
        }
    }

    #[test]
    fn false_claims_are_refused() {
        let table = tabulate(&Function::Tanh, 6, -256, 255, 8, EVEN).unwrap();
        let refused = |change: &dyn Fn(&mut Table)| {
            let mut wrong = table.clone();
            change(&mut wrong);
            recheck(&wrong).unwrap_err().to_string()
        };
        assert!(refused(&|t| t.max_error = 0.0).contains("only"));
        assert!(refused(&|t| t.max_error = f64::NAN).contains("only"));
        assert!(refused(&|t| t.max += 1).contains("but it states"));
        assert!(refused(&|t| t.hi += 1).contains("has 513 entries, found 512"));
        assert!(refused(&|t| t.lo = i64::MIN).contains("would have"));
        assert!(refused(&|t| t.in_scale = 7).contains("must be"));
        assert!(refused(&|t| t.out_scale = 900).contains("scale must be"));
        assert!(refused(&|t| t.function = Function::Log).contains("not defined"));
        assert_eq!(
            refused(&|t| t.certificate = Certificate::Interval),
            "the certificate of a table must be exhaustive, found interval"
        );
        let mut loose = table.clone();
        loose.max_error = 1.0;
        assert_eq!(recheck(&loose), Ok(table.max_error));
    }

    #[test]
    fn errors_name_the_point() {
        let message = |text: &str, lo: i64, hi: i64| {
            tabulate(&function(text), 4, lo, hi, 8, EVEN)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("log", -8, 8),
            "`log` is not defined at -0.5 (the integer -8 at scale 4); leave the point out of the domain"
        );
        assert_eq!(
            message("reciprocal", -8, 8),
            "`reciprocal` is not defined at 0 (the integer 0 at scale 4); leave the point out of the domain"
        );
        assert!(tabulate(&Function::Log, 4, 1, 8, 8, EVEN).is_ok());
        assert_eq!(
            message("tanh", 3, 2),
            "the table of `tanh` is empty: its range is from 3 to 2"
        );
        assert!(message("tanh", i64::MIN, i64::MAX).contains("18446744073709551616 entries"));
        assert!(message("exp", 0, 1 << 12).contains("does not fit in 64 bits"));
        let undefined = Function::Celu {
            alpha: 0.0.try_into().unwrap(),
        };
        assert!(tabulate(&undefined, 4, 0, 1, 8, EVEN).is_err());
    }

    #[test]
    fn exact_tables_have_no_error() {
        let table = tabulate(&Function::Relu, 8, -300, 300, 8, EVEN).unwrap();
        assert_eq!(table.max_error, 0.0);
        assert_eq!((table.min, table.max), (0, 300));
        assert_eq!(table.get(-7), Some(0));
        assert_eq!(table.get(300), Some(300));
        assert_eq!(table.get(301), None);
        assert_eq!(table.get(i64::MIN), None);
    }
}
