//! The sets on which functions are fitted, and where functions do not allow that.

use std::f64::consts::PI;

use super::error::FitError;
use crate::function::Function;

/// Intervals narrower than this part of their larger end hold too few doubles.
const NARROWEST: f64 = 1e-10;

/// A bounded closed set: one interval, or several disjoint ones from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    intervals: Vec<(f64, f64)>,
}

impl Domain {
    /// The interval `[lo, hi]`. Fails unless `lo < hi`, both finite, with room for samples in between.
    pub fn new(lo: f64, hi: f64) -> Result<Self, FitError> {
        Domain::union(&[(lo, hi)])
    }

    /// Disjoint intervals, each as in [`Domain::new`], in ascending order.
    pub fn union(intervals: &[(f64, f64)]) -> Result<Self, FitError> {
        if intervals.is_empty() {
            return Err(FitError::NoInterval);
        }
        for &(lo, hi) in intervals {
            // Written so that a NaN fails; half the width is finite whenever the ends are.
            if !(lo.is_finite() && hi.is_finite() && lo < hi) {
                return Err(FitError::Interval { lo, hi });
            }
            let width = 0.5 * hi - 0.5 * lo;
            if width < NARROWEST * lo.abs().max(hi.abs()) || width < f64::MIN_POSITIVE / NARROWEST {
                return Err(FitError::Narrow { lo, hi });
            }
        }
        for pair in intervals.windows(2) {
            if pair[0].1 >= pair[1].0 {
                return Err(FitError::Order {
                    end: pair[0].1,
                    next: pair[1].0,
                });
            }
        }
        let domain = Domain {
            intervals: intervals.to_vec(),
        };
        let (lo, hi) = domain.hull();
        if (hi - lo).is_finite() {
            Ok(domain)
        } else {
            Err(FitError::Interval { lo, hi })
        }
    }

    /// The intervals from left to right.
    pub fn intervals(&self) -> &[(f64, f64)] {
        &self.intervals
    }

    /// The smallest and the largest point.
    pub fn hull(&self) -> (f64, f64) {
        // A domain has at least one interval.
        (
            self.intervals[0].0,
            self.intervals[self.intervals.len() - 1].1,
        )
    }

    /// The sum of the intervals' lengths.
    pub(super) fn length(&self) -> f64 {
        self.intervals.iter().map(|(lo, hi)| hi - lo).sum()
    }

    pub(super) fn contains(&self, x: f64) -> bool {
        self.intervals.iter().any(|&(lo, hi)| lo <= x && x <= hi)
    }

    /// Whether the set is its own mirror image about the middle of its hull.
    pub(super) fn is_symmetric(&self) -> bool {
        let (lo, hi) = self.hull();
        let slack = 1e-15 * (hi - lo);
        self.intervals
            .iter()
            .zip(self.intervals.iter().rev())
            .all(|(left, right)| {
                let mirrored = (lo + (hi - right.1), lo + (hi - right.0));
                (left.0 - mirrored.0).abs() <= slack && (left.1 - mirrored.1).abs() <= slack
            })
    }

    /// The part from `cut` on, which must be below the right end.
    pub(super) fn right_of(&self, cut: f64) -> Domain {
        Domain {
            intervals: self
                .intervals
                .iter()
                .filter(|(_, hi)| *hi > cut)
                .map(|&(lo, hi)| (lo.max(cut), hi))
                .collect(),
        }
    }
}

/// Half periods of sine and cosine that are sampled at all.
const MAX_HALF_PERIODS: usize = 256;

/// Refuses a function that is undefined, unbounded or discontinuous somewhere on `[lo, hi]`, or turns too often there.
pub(super) fn check(function: &Function, lo: f64, hi: f64) -> Result<(), FitError> {
    let function = *function;
    let undefined = |x| {
        Err(FitError::Undefined {
            function,
            x,
            lo,
            hi,
        })
    };
    let unbounded = |x| {
        Err(FitError::Unbounded {
            function,
            x,
            lo,
            hi,
        })
    };
    let jumps = |x| {
        Err(FitError::Discontinuous {
            function,
            x,
            lo,
            hi,
        })
    };
    let has = |x: f64| lo <= x && x <= hi;
    match function {
        Function::Log | Function::Rsqrt if lo < 0.0 => undefined(lo),
        Function::Log | Function::Rsqrt if lo == 0.0 => unbounded(0.0),
        Function::Sqrt if lo < 0.0 => undefined(lo),
        Function::Reciprocal if has(0.0) => unbounded(0.0),
        Function::Asin | Function::Acos | Function::Atanh if lo < -1.0 => undefined(lo),
        Function::Asin | Function::Acos | Function::Atanh if hi > 1.0 => undefined(hi),
        Function::Atanh if lo == -1.0 => unbounded(lo),
        Function::Atanh if hi == 1.0 => unbounded(hi),
        Function::Acosh if lo < 1.0 => undefined(lo),
        Function::Sin | Function::Cos if hi - lo > PI * MAX_HALF_PERIODS as f64 => {
            Err(FitError::Oscillates {
                function,
                lo,
                hi,
                most: MAX_HALF_PERIODS,
            })
        }
        Function::Tan => {
            // The first pole right of `lo`; the poles are irrational, so none is an end.
            let pole = ((lo / PI + 0.5).floor() + 0.5) * PI;
            if has(pole) { unbounded(pole) } else { Ok(()) }
        }
        Function::Pow { exponent } if exponent.value().fract() != 0.0 && lo < 0.0 => undefined(lo),
        Function::Pow { exponent } if exponent.value() < 0.0 && has(0.0) => unbounded(0.0),
        Function::Sign if has(0.0) => jumps(0.0),
        Function::Step if lo < 0.0 && hi >= 0.0 => jumps(0.0),
        Function::ThresholdedRelu { alpha } => {
            // At the threshold itself the value still is zero.
            let at = alpha.value();
            if at != 0.0 && lo <= at && at < hi {
                jumps(at)
            } else {
                Ok(())
            }
        }
        Function::Floor if hi.floor() > lo.floor() => jumps(hi.floor()),
        Function::Ceil if lo.ceil() < hi.ceil() => jumps(lo.ceil()),
        Function::Round => {
            let midpoint = (lo - 0.5).ceil() + 0.5;
            if has(midpoint) {
                jumps(midpoint)
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

/// The places to look at on `[lo, hi]`: where a function is continuous and some derivative of it is not, and those
/// between which a periodic one turns at most once.
pub(super) fn kinks(function: &Function, lo: f64, hi: f64) -> Vec<f64> {
    let mut kinks = match function {
        // A few turns are seen anyway.
        Function::Sin | Function::Cos if hi - lo > 2.0 * PI => {
            let (first, last) = ((2.0 * lo / PI).ceil(), (2.0 * hi / PI).floor());
            // Four per period, and no more periods than `check` lets through.
            (0..=(last - first) as usize)
                .map(|i| (first + i as f64) * (0.5 * PI))
                .collect()
        }
        Function::Relu
        | Function::LeakyRelu { .. }
        | Function::ThresholdedRelu { .. }
        | Function::Elu { .. }
        | Function::Selu { .. }
        | Function::Celu { .. }
        | Function::Softsign
        | Function::Abs => vec![0.0],
        Function::HardSwish => vec![-3.0, 3.0],
        Function::HardSigmoid { alpha, beta } if alpha.value() != 0.0 => {
            let (alpha, beta) = (alpha.value(), beta.value());
            vec![-beta / alpha, (1.0 - beta) / alpha]
        }
        _ => vec![],
    };
    kinks.retain(|kink| lo <= *kink && *kink <= hi);
    kinks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_checked() {
        let message = |intervals: &[(f64, f64)]| Domain::union(intervals).unwrap_err().to_string();
        assert_eq!(
            message(&[(1.0, 1.0)]),
            "an interval must have finite ends with the left one below the right one, found [1, 1]"
        );
        assert!(message(&[(2.0, 1.0)]).contains("found [2, 1]"));
        assert!(message(&[(f64::NAN, 1.0)]).contains("found [NaN, 1]"));
        assert!(message(&[(0.0, f64::INFINITY)]).contains("found [0, inf]"));
        assert!(message(&[(-f64::MAX, f64::MAX)]).contains("finite ends"));
        assert!(message(&[(1.0, 1.0 + 1e-12)]).contains("too narrow"));
        assert!(message(&[(0.0, 5e-324)]).contains("too narrow"));
        assert_eq!(message(&[]), "a domain needs at least one interval");
        assert_eq!(
            message(&[(0.0, 2.0), (1.0, 3.0)]),
            "the intervals of a domain must be disjoint and ascend, found one from 1 after one up to 2"
        );
    }

    #[test]
    fn symmetry_is_seen() {
        let symmetric = |intervals: &[(f64, f64)]| Domain::union(intervals).unwrap().is_symmetric();
        assert!(symmetric(&[(-3.0, 7.0)]));
        assert!(symmetric(&[(-1.0, -0.25), (0.25, 1.0)]));
        assert!(symmetric(&[(-1.0, -0.5), (-0.1, 0.1), (0.5, 1.0)]));
        assert!(!symmetric(&[(-1.0, -0.25), (0.5, 1.0)]));
        let half = Domain::union(&[(-1.0, -0.5), (-0.1, 0.1), (0.5, 1.0)]).unwrap();
        assert_eq!(half.right_of(0.0).intervals(), [(0.0, 0.1), (0.5, 1.0)]);
    }

    #[test]
    fn faults_are_named_with_their_place() {
        let message = |text: &str, lo: f64, hi: f64| {
            check(&text.parse().unwrap(), lo, hi)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("log", 0.0, 1.0),
            "`log` is unbounded near 0; keep the domain [0, 1] away from it"
        );
        assert_eq!(
            message("log", -1.0, 1.0),
            "`log` is not defined at -1; leave the point out of the domain [-1, 1]"
        );
        assert_eq!(
            message("sign", -1.0, 1.0),
            "`sign` jumps at 0; leave a gap around it in the domain [-1, 1]"
        );
        for (text, lo, hi, part) in [
            ("rsqrt", 0.0, 1.0, "unbounded near 0"),
            ("sqrt", -0.5, 1.0, "not defined at -0.5"),
            ("reciprocal", -1.0, 1.0, "unbounded near 0"),
            ("reciprocal", 0.0, 1.0, "unbounded near 0"),
            ("asin", -1.5, 1.0, "not defined at -1.5"),
            ("acos", 0.0, 1.25, "not defined at 1.25"),
            ("atanh", -1.0, 0.0, "unbounded near -1"),
            ("atanh", 0.0, 1.0, "unbounded near 1"),
            ("acosh", 0.0, 2.0, "not defined at 0"),
            ("tan", 1.0, 2.0, "unbounded near 1.57"),
            ("tan", -2.0, -1.0, "unbounded near -1.57"),
            ("pow(exponent=0.5)", -1.0, 1.0, "not defined at -1"),
            ("pow(exponent=-2)", -1.0, 1.0, "unbounded near 0"),
            ("thresholded_relu(alpha=1)", 0.0, 2.0, "jumps at 1"),
            ("step", -1.0, 0.0, "jumps at 0"),
            ("sin", 0.0, 1e4, "turns too often on [0, 10000]"),
            ("floor", 0.5, 1.0, "jumps at 1"),
            ("ceil", 1.0, 1.5, "jumps at 1"),
            ("round", 0.0, 0.5, "jumps at 0.5"),
        ] {
            assert!(message(text, lo, hi).contains(part), "{text}");
        }
        for (text, lo, hi) in [
            ("sqrt", 0.0, 1.0),
            ("acosh", 1.0, 2.0),
            ("tan", -1.5, 1.5),
            ("tan", 2.0, 4.0),
            ("pow(exponent=0.5)", 0.0, 1.0),
            ("pow(exponent=-3)", -2.0, -1.0),
            ("thresholded_relu(alpha=1)", 0.0, 1.0),
            ("thresholded_relu(alpha=0)", -1.0, 1.0),
            ("step", 0.0, 1.0),
            ("cos", -300.0, 400.0),
            ("floor", 1.0, 1.5),
            ("ceil", 0.5, 1.0),
            ("round", 0.6, 1.4),
            ("sign", 0.1, 1.0),
        ] {
            assert_eq!(check(&text.parse().unwrap(), lo, hi), Ok(()), "{text}");
        }
    }
}
