//! The multiple exchange, for any family of functions that can level an error on given points.
//!
//! E. Ya. Remez, "Sur le calcul effectif des polynomes d'approximation de Tchebichef" (1934), second algorithm: level the
//! error on a reference, look for the alternating extrema of the resulting error curve, take them as the next reference.

use super::extrema::{Extremum, alternation, largest, local_extrema, samples};

/// Most exchanges. Smooth functions take about five, kinks and bad starts some tens.
const MAX_EXCHANGES: usize = 120;

/// Exchanges without a better fit or a higher level after which no more are tried.
const PATIENCE: usize = 12;

/// A levelled error may exceed the largest one found by this part, for rounding.
const CONSISTENT: f64 = 1e-4;

/// How closely an exchange looks, and when it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Samples per gap of the reference.
    pub(super) usual: usize,
    /// The same in the last check before the end.
    pub(super) last: usize,
    /// The part by which the largest error may exceed the levelled one.
    pub(super) tolerance: f64,
}

/// For a fit whose error matters to the last digits printed.
pub(super) const THOROUGH: Effort = Effort {
    usual: 12,
    last: 48,
    tolerance: 1e-9,
};

/// For one of many short pieces.
pub(super) const QUICK: Effort = Effort {
    usual: 6,
    last: 10,
    tolerance: 1e-6,
};

/// What is fitted where.
pub(super) struct Curve<'a> {
    pub(super) value: &'a dyn Fn(f64) -> f64,
    /// Positive, except possibly at single points.
    pub(super) weight: &'a dyn Fn(f64) -> f64,
    pub(super) intervals: Vec<(f64, f64)>,
    /// Places to look at in any case.
    pub(super) breaks: Vec<f64>,
    /// Weighted errors below this are rounding.
    pub(super) noise: f64,
    pub(super) effort: Effort,
}

/// A family of functions among which the best fit is looked for.
pub(super) trait Family {
    type Member;

    /// How many points a reference has.
    fn reference_len(&self) -> usize;

    /// The member whose weighted errors on the reference are equal but for alternating signs, and that error's
    /// magnitude. Nothing if there is none.
    fn level(&self, curve: &Curve<'_>, reference: &[f64]) -> Option<(Self::Member, f64)>;

    fn eval(&self, member: &Self::Member, x: f64) -> f64;
}

/// What an exchange ended with.
pub(super) struct Exchanged<M> {
    pub(super) member: M,
    /// The largest weighted error found.
    pub(super) max_error: f64,
    /// The highest level of any reference: no member is better than that.
    pub(super) level: f64,
    pub(super) reference: Vec<f64>,
    pub(super) exchanges: usize,
}

impl<M> Exchanged<M> {
    /// Whether the largest error exceeds the bound by no more than the given part of it, or by noise.
    pub(super) fn is_within(&self, part: f64, noise: f64) -> bool {
        self.max_error <= self.level * (1.0 + part) + noise
    }
}

/// Exchanges from a start until the error is level. The best member found is returned also when it is not;
/// nothing when no member can be levelled on the start.
pub(super) fn exchange<F: Family>(
    curve: &Curve<'_>,
    family: &F,
    start: Vec<f64>,
) -> Option<Exchanged<F::Member>> {
    let mut reference = start;
    let mut best: Option<Exchanged<F::Member>> = None;
    let mut highest = 0.0f64;
    let mut idle = 0;
    for exchanges in 1..=MAX_EXCHANGES {
        let Some((member, level)) = family.level(curve, &reference) else {
            break;
        };
        let marks: Vec<f64> = curve.breaks.iter().chain(&reference).copied().collect();
        let look = |per_gap: usize| {
            let error = |x: f64| (curve.weight)(x) * ((curve.value)(x) - family.eval(&member, x));
            local_extrema(&error, &samples(&curve.intervals, &marks, per_gap))
        };
        let height = |extrema: &[Extremum]| largest(extrema).map_or(0.0, |e| e.value.abs());
        let is_level = |height: f64| height <= level * (1.0 + curve.effort.tolerance) + curve.noise;
        let mut extrema = look(curve.effort.usual);
        let mut max_error = height(&extrema);
        let mut ended = false;
        if is_level(max_error) {
            // Before believing it, look closer; an extremum missed so far keeps the exchange going.
            extrema = look(curve.effort.last);
            max_error = height(&extrema);
            ended = is_level(max_error);
        }
        // An error that is not even reached on the reference was not levelled: the system was too ill-conditioned.
        let is_levelled = level <= max_error * (1.0 + CONSISTENT) + curve.noise;
        if !max_error.is_finite() || !is_levelled {
            break;
        }
        idle = if level > highest * (1.0 + curve.effort.tolerance) {
            0
        } else {
            idle + 1
        };
        highest = highest.max(level);
        if best.as_ref().is_none_or(|best| max_error < best.max_error) {
            idle = 0;
            best = Some(Exchanged {
                member,
                max_error,
                level: highest,
                reference: reference.clone(),
                exchanges,
            });
        }
        if ended || idle >= PATIENCE {
            break;
        }
        match alternation(&extrema, family.reference_len()) {
            Some(next) => reference = next.into_iter().map(|extremum| extremum.x).collect(),
            None => break,
        }
    }
    let mut best = best?;
    // Above the error it is by rounding only.
    best.level = highest.min(best.max_error);
    Some(best)
}
