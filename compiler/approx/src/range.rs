//! The smallest and largest output of a function on a range of fixed-point inputs, without a table.

use thiserror::Error;

use crate::function::{Function, FunctionError};
use crate::rounding::{MAX_SCALE, Rounded, Rounder, Rounding, RoundingError};
use crate::stretch::stretches;

/// Inputs outside monotone pieces that are evaluated one by one.
const MAX_SINGLE_INPUTS: u64 = 1 << 16;

/// Why the outputs have no known range.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum RangeError {
    /// The range holds no integer.
    #[error("the input range of `{function}` is empty: from {lo} to {hi}")]
    Empty {
        /// The function.
        function: Function,
        /// The first input as given.
        lo: i64,
        /// The last input as given.
        hi: i64,
    },
    /// The function turns too often to look at each turn.
    #[error(
        "the range of `{function}` from {lo} to {hi} is not known: it turns too often there; use a smaller range"
    )]
    Unknown {
        /// The function.
        function: Function,
        /// The first input.
        lo: i64,
        /// The last input.
        hi: i64,
    },
    /// The function's parameters are not usable.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// A value does not exist.
    #[error(transparent)]
    Value(#[from] RoundingError),
}

impl Function {
    /// The smallest and largest of the outputs that [`crate::tabulate`] would give.
    ///
    /// Exact, except for sine and cosine over more than some hundred thousand radians, where it is `±2^out_scale`.
    /// The cost is that of a few entries per monotone piece, however long the range.
    pub fn output_range(
        &self,
        in_scale: u32,
        lo: i64,
        hi: i64,
        out_scale: u32,
        rounding: Rounding,
    ) -> Result<(i64, i64), RangeError> {
        self.validate()?;
        for scale in [in_scale, out_scale] {
            if scale > MAX_SCALE {
                return Err(RoundingError::Scale { scale }.into());
            }
        }
        let function = *self;
        if lo > hi {
            return Err(RangeError::Empty { function, lo, hi });
        }
        let rounder = Rounder {
            function,
            in_scale,
            out_scale,
            rounding,
        };
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        let mut include = |n: i64| -> Result<(), RoundingError> {
            let Rounded { value, .. } = rounder.round(n)?;
            min = min.min(value);
            max = max.max(value);
            Ok(())
        };
        for stretch in stretches(self, in_scale, lo, hi, u64::MAX) {
            include(stretch.from)?;
            include(stretch.to)?;
            if stretch.monotone {
                continue;
            }
            // Where the function is undefined, the first point has just said so.
            if stretch.to.abs_diff(stretch.from) > MAX_SINGLE_INPUTS {
                let one = 1i64.checked_shl(out_scale).filter(|&one| one > 0);
                return match (self, one) {
                    (Function::Sin | Function::Cos, Some(one)) => Ok((-one, one)),
                    _ => Err(RangeError::Unknown { function, lo, hi }),
                };
            }
            for n in stretch.from..stretch.to {
                include(n)?;
            }
        }
        Ok((min, max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tabulate;

    const EVEN: Rounding = Rounding::NearestTiesToEven;

    fn range(text: &str, in_scale: u32, lo: i64, hi: i64) -> Result<(i64, i64), RangeError> {
        let function: Function = text.parse().unwrap();
        function.output_range(in_scale, lo, hi, 8, EVEN)
    }

    #[test]
    fn as_in_the_table() {
        for (text, lo, hi) in [
            ("tanh", -500, 700),
            ("gelu", -2000, 100),
            ("gelu", -192, -192),
            ("silu", -2000, -300),
            ("sin", -5000, 5000),
            ("cos", 3, 500),
            ("tan", -5000, 5000),
            ("reciprocal", 1, 999),
            ("thresholded_relu(alpha=-1)", -500, 500),
            ("selu(alpha=1, gamma=-1)", -500, 500),
            ("pow(exponent=2)", -30, 20),
        ] {
            let function: Function = text.parse().unwrap();
            let table = tabulate(&function, 8, lo, hi, 8, EVEN).unwrap();
            assert_eq!(range(text, 8, lo, hi), Ok((table.min, table.max)), "{text}");
        }
    }

    #[test]
    fn long_ranges_are_quick() {
        assert_eq!(range("gelu", 8, -1 << 50, 1 << 50), Ok((-44, 1 << 50)));
        assert_eq!(range("gelu", 52, -1 << 60, 1 << 60), Ok((-44, 1 << 16)));
        assert_eq!(range("sin", 8, -1 << 40, 1 << 40), Ok((-256, 256)));
        assert_eq!(range("sigmoid", 8, i64::MIN, i64::MAX), Ok((0, 256)));
    }

    #[test]
    fn errors() {
        let message =
            |text: &str, lo: i64, hi: i64| range(text, 8, lo, hi).unwrap_err().to_string();
        assert!(message("log", -1 << 40, 100).starts_with("`log` is not defined at -4294967296 "));
        assert!(message("reciprocal", -5, 5).starts_with("`reciprocal` is not defined at 0 "));
        assert!(message("tan", -1 << 40, 1 << 40).contains("turns too often"));
        assert!(message("exp", 0, 1 << 20).contains("does not fit in 64 bits"));
        assert_eq!(
            message("tanh", 1, 0),
            "the input range of `tanh` is empty: from 1 to 0"
        );
    }
}
