//! What is claimed of a table in use: the error of its values, wherever its arguments can lie.

use rayon::prelude::*;
use thiserror::Error;

use crate::function::Function;
use crate::range::RangeError;
use crate::rounding::{MAX_SCALE, Rounded, Rounder, Rounding, RoundingError};
use crate::table::{TableError, check_shape, coarsen};

/// Entries that one task checks.
const CHUNK: usize = 1024;

/// Bits that values far from a table are compared with beyond those of its outputs.
const EXTRA_BITS: u32 = 16;

/// Why the error of a table is not known.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ClaimError {
    /// An entry has no error.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The function's values outside of the table are not known.
    #[error(transparent)]
    Outside(#[from] RangeError),
    /// Arguments are beyond 64 bits, and the function goes on changing there.
    #[error("the arguments of `{function}` reach beyond 64 bits, where its error is not known")]
    Reach {
        /// The function.
        function: Function,
    },
}

impl Function {
    /// A bound of `|v(n) * 2^-out_scale - f(n * 2^-in_scale)|` over the entries of a table and all integers `n` from
    /// `reach.0` to `reach.1`.
    ///
    /// `v(n)` is the entry `values[n - lo]`, and outside of the table its nearer end. Each entry is compared with an
    /// enclosure of its own, on all cores, whoever made the table. The result is the same for the same table, rounded up to
    /// 33 significant bits, so that it can be compared with what is claimed.
    ///
    /// # Errors
    /// When a scale is out of range, the table has no entry or too many, or the function is undefined, too large or unknown
    /// at an argument.
    pub fn certify_values(
        &self,
        in_scale: u32,
        lo: i64,
        values: &[i64],
        out_scale: u32,
        reach: (i128, i128),
    ) -> Result<f64, ClaimError> {
        let last = i128::from(lo) + values.len() as i128 - 1;
        let hi = i64::try_from(last).map_err(|_| ClaimError::Reach { function: *self })?;
        check_shape(self, in_scale, lo, hi, out_scale)?;
        let rounder = Rounder {
            function: *self,
            in_scale,
            out_scale,
            rounding: Rounding::NearestTiesToEven,
        };
        let chunks: Vec<Result<f64, RoundingError>> = values
            .par_chunks(CHUNK)
            .enumerate()
            .map(|(chunk, values)| {
                let first = lo + (chunk * CHUNK) as i64;
                let mut most = 0.0f64;
                for (n, found) in (first..).zip(values) {
                    let Rounded { value, error } = rounder.round(n)?;
                    most = most.max(farther(error, value, *found, out_scale));
                }
                Ok(most)
            })
            .collect();
        let mut most = 0.0f64;
        for chunk in chunks {
            most = most.max(chunk.map_err(TableError::from)?);
        }
        // A table has at least one entry, as its range was found not to be empty.
        let (Some(first), Some(end)) = (values.first(), values.last()) else {
            return Ok(most);
        };
        if reach.0 < i128::from(lo) {
            most = most.max(self.error_beyond(in_scale, (lo, reach.0), *first, out_scale)?);
        }
        if reach.1 > last {
            most = most.max(self.error_beyond(in_scale, (hi, reach.1), *end, out_scale)?);
        }
        Ok(coarsen(most))
    }

    /// A bound of the distance between the function on the integers from `lo` to `hi`, at scale `in_scale`, and one integer
    /// at scale `out_scale`.
    ///
    /// # Errors
    /// As [`Function::output_range`].
    pub fn error_of_constant(
        &self,
        in_scale: u32,
        (lo, hi): (i64, i64),
        value: i64,
        out_scale: u32,
    ) -> Result<f64, RangeError> {
        // At a finer scale, so that rounding there does not matter.
        let fine = (out_scale + EXTRA_BITS).min(MAX_SCALE);
        let rounding = Rounding::NearestTiesToEven;
        let (least, most) = self.output_range(in_scale, lo, hi, fine, rounding)?;
        let value = i128::from(value) << (fine - out_scale);
        let distance = (i128::from(least) - value)
            .abs()
            .max((i128::from(most) - value).abs());
        // Half a unit for the rounding of the extremes, and one for that of the sum itself.
        Ok((distance as f64 + 1.5).next_up() * unit(fine))
    }

    /// The error of the value at the `end` of a table for all arguments from there to `far`.
    fn error_beyond(
        &self,
        in_scale: u32,
        (end, far): (i64, i128),
        value: i64,
        out_scale: u32,
    ) -> Result<f64, ClaimError> {
        if let Ok(far) = i64::try_from(far) {
            let arguments = (far.min(end), far.max(end));
            return Ok(self.error_of_constant(in_scale, arguments, value, out_scale)?);
        }
        let at = end as f64 * unit(in_scale);
        let tails = self.saturation(out_scale);
        // Everything on a tail rounds to one value.
        let tail = match far < i128::from(end) {
            true => tails.below.filter(|tail| at <= tail.at),
            false => tails.above.filter(|tail| at >= tail.at),
        };
        let tail = tail.ok_or(ClaimError::Reach { function: *self })?;
        Ok(farther(unit(out_scale) / 2.0, tail.value, value, out_scale))
    }
}

/// A bound of the distance of `found` from a number that is at most `error` away from `value`.
fn farther(error: f64, value: i64, found: i64, out_scale: u32) -> f64 {
    let apart = (i128::from(value) - i128::from(found)).unsigned_abs();
    if apart == 0 {
        return error;
    }
    // The conversion and the sum round to nearest.
    (error + (apart as f64).next_up() * unit(out_scale)).next_up()
}

fn unit(scale: u32) -> f64 {
    (-f64::from(scale)).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tabulate;

    const EVEN: Rounding = Rounding::NearestTiesToEven;

    #[test]
    fn what_a_table_states_is_certified() {
        for (text, lo, hi) in [
            ("tanh", -2048, 2048),
            ("gelu", -700, 900),
            ("sqrt", 0, 4000),
        ] {
            let f: Function = text.parse().unwrap();
            let table = tabulate(&f, 8, lo, hi, 10, EVEN).unwrap();
            let reach = (i128::from(lo), i128::from(hi));
            let certified = f.certify_values(8, lo, &table.values, 10, reach);
            assert_eq!(certified, Ok(table.max_error), "{text}");
        }
    }

    #[test]
    fn one_unit_more_is_seen() {
        let f = Function::Sigmoid;
        let table = tabulate(&f, 6, -300, 300, 12, EVEN).unwrap();
        for i in [0, 150, 300, 600] {
            for step in [-1, 1] {
                let mut values = table.values.clone();
                values[i] += step;
                let certified = f.certify_values(6, -300, &values, 12, (-300, 300)).unwrap();
                let n = i as f64 - 300.0;
                let exact = 1.0 / (1.0 + (-n / 64.0).exp());
                let error = (values[i] as f64 / 4096.0 - exact).abs();
                assert!(
                    certified > table.max_error && certified >= error,
                    "{i} {step}"
                );
                assert!(certified <= error + 2.0 * table.max_error, "{i} {step}");
            }
        }
    }

    #[test]
    fn errors_outside_are_bounds() {
        // tanh from 4 on, against 1023/1024 at scale 10: at most the distance to 1.
        let error = Function::Tanh.error_of_constant(8, (4 << 8, 50 << 8), 1023, 10);
        let error = error.unwrap();
        assert!(
            (1.0 / 1024.0..1.0 / 1024.0 + 1e-6).contains(&error),
            "{error}"
        );
        let error = Function::Exp.error_of_constant(8, (0, 512), 1024, 10);
        let (error, exact) = (error.unwrap(), 2f64.exp() - 1.0);
        assert!(error >= exact && error < exact + 1e-6, "{error}");
    }

    #[test]
    fn arguments_outside_count() {
        let f = Function::Tanh;
        let table = tabulate(&f, 8, -1024, 1024, 10, EVEN).unwrap();
        let certify = |reach| f.certify_values(8, -1024, &table.values, 10, reach);
        // tanh(4) is 0.99933, and is cut to there.
        let far = certify((-1024, 1 << 20)).unwrap();
        assert!(far > 1.0 - table.get(1024).unwrap() as f64 / 1024.0);
        assert!(far > table.max_error);
        assert_eq!(certify((1 << 20, 1 << 20)), Ok(far));
        // The table ends before the tail begins.
        let reach = ClaimError::Reach { function: f };
        assert_eq!(certify((0, 1 << 70)), Err(reach));
        let wide = tabulate(&f, 8, -2048, 2048, 10, EVEN).unwrap();
        let far = f.certify_values(8, -2048, &wide.values, 10, (-1 << 70, 1 << 70));
        assert_eq!(far, Ok(coarsen(1.0 / 2048.0)));
    }

    #[test]
    fn tables_that_are_none_are_refused() {
        let f = Function::Log;
        assert!(matches!(
            f.certify_values(4, 3, &[], 4, (3, 3)),
            Err(ClaimError::Table(TableError::Empty { .. }))
        ));
        assert!(matches!(
            f.certify_values(4, 0, &[0, 0], 4, (0, 1)),
            Err(ClaimError::Table(TableError::Entry(_)))
        ));
        assert!(matches!(
            f.certify_values(4, 1, &[-44], 4, (0, 1)),
            Err(ClaimError::Outside(_))
        ));
        let far = f.certify_values(4, i64::MAX, &[1, 2], 4, (1, 2));
        assert_eq!(far, Err(ClaimError::Reach { function: f }));
    }
}
