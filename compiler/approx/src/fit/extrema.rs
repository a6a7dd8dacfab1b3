//! Local extrema of an error curve, and alternating choices among them.

/// A local extremum of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extremum {
    pub(super) x: f64,
    /// The curve's value there, with its sign.
    pub(super) value: f64,
}

/// Most evaluations that one refinement takes.
const MAX_REFINEMENTS: usize = 24;

/// A refinement ends when it promises less than this part of the extremum's value.
const FLAT: f64 = 1e-11;

/// Points at which to look at a curve, per interval: `per_gap` between any two neighbours among ends and marks.
///
/// They crowd at both ends of each gap, so a curve may turn close to a mark (as at a root's branch point) and be seen.
pub(super) fn samples(intervals: &[(f64, f64)], marks: &[f64], per_gap: usize) -> Vec<Vec<f64>> {
    intervals
        .iter()
        .map(|&(lo, hi)| {
            let mut ends: Vec<f64> = marks
                .iter()
                .copied()
                .filter(|&mark| lo < mark && mark < hi)
                .chain([lo, hi])
                .collect();
            ends.sort_by(f64::total_cmp);
            ends.dedup();
            let mut points = vec![lo];
            for pair in ends.windows(2) {
                for step in 1..=per_gap {
                    let angle = std::f64::consts::PI * step as f64 / per_gap as f64;
                    let x = if step == per_gap {
                        pair[1]
                    } else {
                        pair[0] + (pair[1] - pair[0]) * 0.5 * (1.0 - libm::cos(angle))
                    };
                    // Rounding may merge neighbours in a narrow gap.
                    if points.last().is_none_or(|&last| last < x) {
                        points.push(x);
                    }
                }
            }
            points
        })
        .collect()
}

/// The local maxima of `|curve|` seen at the samples, each refined between its neighbours, from left to right.
///
/// The samples of each interval are ascending and at least two.
pub(super) fn local_extrema(curve: &dyn Fn(f64) -> f64, samples: &[Vec<f64>]) -> Vec<Extremum> {
    let mut extrema = Vec::new();
    for points in samples {
        let values: Vec<f64> = points.iter().map(|&x| curve(x)).collect();
        let last = points.len() - 1;
        for index in 0..=last {
            let sign = if values[index] < 0.0 { -1.0 } else { 1.0 };
            let height = |i: usize| sign * values[i];
            let here = height(index);
            let rises_left = index > 0 && height(index - 1) > here;
            let rises_right = index < last && height(index + 1) > here;
            if rises_left || rises_right {
                continue;
            }
            let middle = Extremum {
                x: points[index],
                value: values[index],
            };
            let left = points[index.saturating_sub(1)];
            let right = points[(index + 1).min(last)];
            extrema.push(if index == 0 || index == last {
                refine_end(curve, sign, middle, if index == 0 { right } else { left })
            } else {
                refine(curve, sign, left, middle, right)
            });
        }
    }
    extrema
}

/// The extremum in the cell next to an end of an interval, if the curve still rises from there.
fn refine_end(curve: &dyn Fn(f64) -> f64, sign: f64, end: Extremum, neighbour: f64) -> Extremum {
    let x = end.x + 0.125 * (neighbour - end.x);
    let inner = Extremum { x, value: curve(x) };
    if sign * inner.value <= sign * end.value {
        end
    } else {
        refine(
            curve,
            sign,
            end.x.min(neighbour),
            inner,
            end.x.max(neighbour),
        )
    }
}

/// Climbs from `middle`, the highest known point between `left` and `right`, by parabolas and golden sections.
fn refine(
    curve: &dyn Fn(f64) -> f64,
    sign: f64,
    left: f64,
    middle: Extremum,
    right: f64,
) -> Extremum {
    const GOLDEN: f64 = 0.381_966_011_250_105_1;
    let height = |x: f64| sign * curve(x);
    let (mut a, mut b, mut c) = (left, middle.x, right);
    let (mut ha, mut hb, mut hc) = (height(a), sign * middle.value, height(c));
    let mut width = f64::INFINITY;
    for _ in 0..MAX_REFINEMENTS {
        // The vertex of the parabola through the three points, and how much higher it is.
        let (down_left, down_right) = ((hb - ha) / (b - a), (hb - hc) / (c - b));
        let bend = down_left + down_right;
        let shift = 0.5 * (down_left * (c - b) - down_right * (b - a)) / bend;
        // Also ends on a flat curve, where the shift is NaN.
        if bend * shift * shift <= FLAT * hb.abs() * (c - a) || bend == 0.0 {
            break;
        }
        let mut x = b + shift;
        let slow = c - a > 0.5 * width;
        width = c - a;
        if slow || !(x > a && x < c) {
            // Parabolas may approach from one side for ever; this cuts the longer part.
            x = if c - b > b - a {
                b + GOLDEN * (c - b)
            } else {
                b - GOLDEN * (b - a)
            };
        }
        let hx = height(x);
        if hx > hb {
            // The new point is the middle, the old one an end.
            if x < b {
                (c, hc) = (b, hb);
            } else {
                (a, ha) = (b, hb);
            }
            (b, hb) = (x, hx);
        } else if x < b {
            (a, ha) = (x, hx);
        } else {
            (c, hc) = (x, hx);
        }
        if !(a < b && b < c) {
            break;
        }
    }
    Extremum {
        x: b,
        value: sign * hb,
    }
}

/// The extremum of the largest magnitude, the leftmost of equals.
pub(super) fn largest(extrema: &[Extremum]) -> Option<Extremum> {
    extrema.iter().copied().reduce(|best, next| {
        if next.value.abs() > best.value.abs() {
            next
        } else {
            best
        }
    })
}

/// `count` of the extrema with alternating signs, among them the largest; nothing if there are fewer alternations.
///
/// This is the choice of the multiple exchange: of neighbours with one sign the larger stays, and superfluous pairs go
/// where the curve is lowest.
pub(super) fn alternation(extrema: &[Extremum], count: usize) -> Option<Vec<Extremum>> {
    let mut chosen: Vec<Extremum> = Vec::new();
    let append = |chosen: &mut Vec<Extremum>, next: Extremum| match chosen.last_mut() {
        Some(last) if (last.value < 0.0) == (next.value < 0.0) => {
            if next.value.abs() > last.value.abs() {
                *last = next;
            }
        }
        _ => chosen.push(next),
    };
    for &extremum in extrema {
        append(&mut chosen, extremum);
    }
    while chosen.len() > count {
        let height = |i: usize| chosen[i].value.abs();
        let last = chosen.len() - 1;
        if chosen.len() == count + 1 {
            chosen.remove(if height(0) < height(last) { 0 } else { last });
            continue;
        }
        let lowest = (0..=last).min_by(|&i, &j| height(i).total_cmp(&height(j)))?;
        let rest: Vec<Extremum> = chosen
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != lowest)
            .map(|(_, extremum)| *extremum)
            .collect();
        chosen.clear();
        for extremum in rest {
            append(&mut chosen, extremum);
        }
    }
    (chosen.len() == count).then_some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extrema_of_a_cosine() {
        // cos(5 arccos x) has the extrema cos(j pi / 5), all of height 1, two of them at the ends.
        let curve = |x: f64| libm::cos(5.0 * libm::acos(x));
        let found = local_extrema(&curve, &samples(&[(-1.0, 1.0)], &[], 40));
        assert_eq!(found.len(), 6);
        for (index, extremum) in found.iter().rev().enumerate() {
            let place = libm::cos(index as f64 * std::f64::consts::PI / 5.0);
            assert!((extremum.x - place).abs() < 1e-6, "{extremum:?}");
            assert!((extremum.value.abs() - 1.0).abs() < 1e-12, "{extremum:?}");
        }
    }

    #[test]
    fn a_cusp_and_an_extremum_next_to_an_end_are_found() {
        let cusp = |x: f64| 1.0 - 3.0 * (x - 0.3).abs();
        let found = local_extrema(&cusp, &samples(&[(0.0, 1.0)], &[0.3], 6));
        let highest = largest(&found).unwrap();
        assert!(highest.x == 1.0 && (highest.value + 1.1).abs() < 1e-15);
        assert!(found.contains(&Extremum { x: 0.3, value: 1.0 }));
        // sqrt x - 3x has its maximum 1/12 at 1/36.
        let root = |x: f64| x.sqrt() - 3.0 * x;
        let found = local_extrema(&root, &samples(&[(0.0, 1.0)], &[], 6));
        assert!(found.iter().any(|e| (e.value - 1.0 / 12.0).abs() < 1e-10));
    }

    #[test]
    fn alternation_keeps_the_largest() {
        let points = |values: &[f64]| -> Vec<Extremum> {
            values
                .iter()
                .enumerate()
                .map(|(i, &value)| Extremum { x: i as f64, value })
                .collect()
        };
        let places = |values: &[f64], count: usize| {
            alternation(&points(values), count)
                .map(|chosen| chosen.iter().map(|e| e.x as usize).collect::<Vec<_>>())
        };
        assert_eq!(places(&[1.0, 2.0, -1.0, 3.0], 3), Some(vec![1, 2, 3]));
        assert_eq!(places(&[1.0, -2.0, 3.0, -4.0], 3), Some(vec![1, 2, 3]));
        assert_eq!(places(&[5.0, -2.0, 3.0, -4.0], 3), Some(vec![0, 1, 2]));
        // The low pair in the middle goes.
        assert_eq!(places(&[5.0, -4.0, 0.5, -1.0, 6.0], 3), Some(vec![0, 1, 4]));
        assert_eq!(places(&[1.0, 2.0, 3.0], 2), None);
    }
}
