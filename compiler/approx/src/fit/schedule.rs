//! The cheapest degrees of a composite for a precision.

use std::collections::BTreeMap;

use super::composite::composite_for_relu;
use super::error::FitError;
use super::exchange::{Effort, QUICK};
use super::odd_cost::{OddCost, odd_cost};
use super::remez::best_sign_error;

/// Degrees among which stages are chosen: 3, 5, ..., this.
const LARGEST_DEGREE: usize = 31;

/// The finest precision for which degrees are looked for, in bits.
pub const MAX_ALPHA: u32 = 30;

/// The gaps among which that of a composite for the positive part is looked for, over its precision.
const GAPS: [f64; 2] = [2.0, 40.0];

/// The largest gap of a composite for the positive part.
const WIDEST: f64 = 0.9;

/// Halvings of the range of gaps, on a logarithmic scale.
const HALVINGS: usize = 7;

/// Beyond this cost no schedule is looked for.
const MOST: usize = 96;

/// Stage errors close to 1 matter by how much they differ from it.
const EFFORT: Effort = Effort {
    tolerance: 1e-9,
    ..QUICK
};

/// How the precision `2^-alpha` of a composite is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// `|p(x) - sign x| <= 2^-alpha` for `2^-alpha <= |x| <= 1`.
    Sign,
    /// `|x (1 + p(x)) / 2 - max(0, x)| <= 2^-alpha` for `|x| <= 1`; about half as long.
    Relu,
}

/// What a schedule has least of. The other part of the cost decides among equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Objective {
    /// Fewest multiplications.
    Multiplications,
    /// Least depth.
    Depth,
}

impl Objective {
    /// What counts first and what counts second.
    fn order(self, cost: OddCost) -> (usize, usize) {
        match self {
            Objective::Multiplications => (cost.multiplications, cost.depth),
            Objective::Depth => (cost.depth, cost.multiplications),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Objective::Multiplications => "multiplications",
            Objective::Depth => "depth",
        }
    }
}

/// The degrees, from 3 to 31, of the cheapest composite with the precision `2^-alpha`, by the costs of [`odd_cost`].
///
/// For the sign the search is exact up to the accuracy of the stages' errors: the interval that a stage leaves shrinks
/// with the one it is given, so of all schedules of one cost only that with the best error so far can be extended to
/// the best (dynamic programming). For the positive part the same is done for a number of gaps, and the cheapest
/// schedule is taken that serves with its own best gap; another one as cheap may be more accurate.
///
/// Takes a second or two at most for `alpha` up to 14, some ten seconds at 30. `alpha` is from 1 to [`MAX_ALPHA`].
pub fn cheapest_degrees(
    alpha: u32,
    reading: Reading,
    objective: Objective,
) -> Result<Vec<usize>, FitError> {
    if !(1..=MAX_ALPHA).contains(&alpha) {
        return Err(FitError::Count {
            what: "alpha",
            min: 1,
            max: MAX_ALPHA as usize,
            found: alpha as usize,
        });
    }
    let search = Search::new(objective)?;
    let precision = libm::exp2(-f64::from(alpha));
    let none = || FitError::NoSchedule {
        alpha,
        what: objective.name(),
        most: MOST,
    };
    match reading {
        Reading::Sign => search
            .for_gap(precision, precision)
            .map(|(_, degrees)| degrees)
            .ok_or_else(none),
        Reading::Relu => search.for_relu(precision)?.ok_or_else(none),
    }
}

struct Search {
    /// The degrees with their costs, by what counts first and second.
    stages: Vec<(usize, (usize, usize))>,
}

/// What is left to do after some stages: the error so far and their degrees.
struct Prefix {
    error: f64,
    degrees: Vec<usize>,
}

impl Search {
    fn new(objective: Objective) -> Result<Self, FitError> {
        let stages = (3..=LARGEST_DEGREE)
            .step_by(2)
            .map(|degree| Ok((degree, objective.order(odd_cost(degree)?))))
            .collect::<Result<_, FitError>>()?;
        Ok(Search { stages })
    }

    /// The cheapest degrees whose composite is within `precision` of the sign from `gap` to 1, with their cost.
    fn for_gap(&self, gap: f64, precision: f64) -> Option<((usize, usize), Vec<usize>)> {
        let start = Prefix {
            // The error whose interval has the ratio of the gap.
            error: (1.0 - gap) / (1.0 + gap),
            degrees: vec![],
        };
        // Costs only grow: the first in order is never reached again.
        let mut open = BTreeMap::from([((0, 0), start)]);
        let mut closed: Vec<(usize, f64)> = Vec::new();
        while let Some(((first, second), prefix)) = open.pop_first() {
            if prefix.error <= precision && !prefix.degrees.is_empty() {
                return Some(((first, second), prefix.degrees));
            }
            if first >= MOST {
                return None;
            }
            let is_better = |&(cost, error): &(usize, f64)| cost <= second && error <= prefix.error;
            if closed.iter().any(is_better) {
                continue;
            }
            closed.push((second, prefix.error));
            for &(degree, cost) in &self.stages {
                let Some(error) = next_error(degree, prefix.error) else {
                    continue;
                };
                let cost = (first + cost.0, second + cost.1);
                if open.get(&cost).is_none_or(|known| error < known.error) {
                    let mut degrees = prefix.degrees.clone();
                    degrees.push(degree);
                    open.insert(cost, Prefix { error, degrees });
                }
            }
        }
        None
    }

    /// Looks for the largest gap whose cheapest schedule serves, since costs fall as the gap grows.
    fn for_relu(&self, precision: f64) -> Result<Option<Vec<usize>>, FitError> {
        let (mut small, mut large) = GAPS.map(|gap| (gap * precision).min(WIDEST)).into();
        let mut best: Option<((usize, usize), Vec<usize>)> = None;
        for _ in 0..HALVINGS {
            let gap = (small * large).sqrt();
            // Right of the gap the error of the product is half of the sign's.
            let Some((cost, degrees)) = self.for_gap(gap, 2.0 * precision) else {
                small = gap;
                continue;
            };
            let known = best.as_ref().is_some_and(|(_, known)| *known == degrees);
            if known || composite_for_relu(&degrees)?.relu_error <= precision {
                small = gap;
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, degrees));
                }
            } else {
                large = gap;
            }
        }
        Ok(best.map(|(_, degrees)| degrees))
    }
}

/// The error after a stage more; nothing if it is beyond doubles.
fn next_error(degree: usize, error: f64) -> Option<f64> {
    best_sign_error((1.0 - error, 1.0 + error), degree, EFFORT)
}
