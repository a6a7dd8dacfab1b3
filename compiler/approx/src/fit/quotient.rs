//! Quotients of polynomials whose error is level on a reference.

use super::exchange::{Curve, Family};
use super::extrema::samples;
use super::linear::{Matrix, eigenvectors, orthonormal, solve_upper};
use super::rational::Ratio;

/// Samples between neighbours of a reference at which a denominator must be positive.
const PER_GAP: usize = 8;

/// Coefficients of numerator and denominator: of `T_odd, T_(odd + step), ...` and of `T_0, T_step, ...`.
pub(super) struct Quotient {
    pub(super) numerator: Vec<f64>,
    pub(super) denominator: Vec<f64>,
}

/// A reference with what is to be met there: the error at point `i` is `signs[i]` times a level.
struct Points<'a> {
    places: &'a [f64],
    values: Vec<f64>,
    weights: Vec<f64>,
    signs: Vec<f64>,
}

impl Family for Ratio {
    type Member = Quotient;

    fn reference_len(&self) -> usize {
        self.numerator + self.denominator + 2
    }

    fn level(&self, curve: &Curve<'_>, reference: &[f64]) -> Option<(Quotient, f64)> {
        let points = Points {
            places: reference,
            values: reference.iter().map(|&x| (curve.value)(x)).collect(),
            weights: reference.iter().map(|&x| (curve.weight)(x)).collect(),
            signs: (0..reference.len())
                .map(|i| if i.is_multiple_of(2) { 1.0 } else { -1.0 })
                .collect(),
        };
        let between: Vec<f64> = samples(&self.intervals, reference, PER_GAP)
            .into_iter()
            .flatten()
            .collect();
        let mut candidates = self.denominators(&points)?;
        candidates.sort_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
        let (level, denominator) = candidates.into_iter().find(|(_, denominator)| {
            let is_negative = self.sum(denominator, false, reference[0]) < 0.0;
            between
                .iter()
                .map(|&x| self.sum(denominator, false, x))
                .all(|value| value != 0.0 && (value < 0.0) == is_negative)
        })?;
        let numerator = self.numerator_for(&points, level, &denominator)?;
        Some((
            Quotient {
                numerator,
                denominator,
            },
            level.abs(),
        ))
    }

    fn eval(&self, member: &Quotient, x: f64) -> f64 {
        self.sum(&member.numerator, self.odd, x) / self.sum(&member.denominator, false, x)
    }
}

impl Ratio {
    fn sum(&self, coefficients: &[f64], odd: bool, x: f64) -> f64 {
        let basis = self.basis(x, odd, coefficients.len());
        basis.iter().zip(coefficients).map(|(b, c)| b * c).sum()
    }

    /// The levels at which there is a quotient, each with its denominator. At most one has no zero on the domain.
    ///
    /// With the weights `d_i` of the divided difference on the reference, which alternate in sign, `(f - h) Q` is a
    /// numerator if `sum d_i (f_i - signs_i h) Q_i t_i = 0` for all polynomials `t` of the denominator's degree. In a
    /// basis orthonormal with respect to `|d_i|` these are the equations of an eigenvector with the eigenvalue `h`.
    fn denominators(&self, points: &Points<'_>) -> Option<Vec<(f64, Vec<f64>)>> {
        let roots = self.difference_roots(points);
        let rows: Vec<Vec<f64>> = points
            .places
            .iter()
            .zip(&roots)
            .map(|(&x, root)| {
                let row = self.basis(x, false, self.denominator + 1);
                row.into_iter().map(|value| root * value).collect()
            })
            .collect();
        let (basis, upper) = orthonormal(transposed(&rows))?;
        let scaled: Vec<f64> = (points.signs.iter())
            .zip(&points.weights)
            .zip(&points.values)
            .map(|((sign, weight), value)| sign * weight * value)
            .collect();
        let product = |a: &[f64], b: &[f64]| -> f64 {
            let terms = a.iter().zip(b).zip(&scaled);
            terms.map(|((a, b), scaled)| a * b * scaled).sum()
        };
        let matrix: Matrix = basis
            .iter()
            .map(|a| basis.iter().map(|b| product(a, b)).collect())
            .collect();
        let solutions = eigenvectors(matrix).into_iter();
        Some(
            solutions
                .map(|(level, vector)| (level, solve_upper(&upper, &vector)))
                .collect(),
        )
    }

    /// The roots of the divided difference's weights over those of the errors, up to a common factor.
    fn difference_roots(&self, points: &Points<'_>) -> Vec<f64> {
        let s = |x: f64| {
            let u = self.unit(x);
            if self.step == 2 { u * u } else { u }
        };
        // Logarithms, since products of many differences may leave the range of doubles.
        let logs: Vec<f64> = points
            .places
            .iter()
            .zip(&points.weights)
            .map(|(&x, weight)| {
                let others = points.places.iter().filter(|&&other| other != x);
                let product: f64 = others
                    .map(|&other| libm::log((s(x) - s(other)).abs()))
                    .sum();
                let odd = if self.odd {
                    libm::log(self.unit(x).abs())
                } else {
                    0.0
                };
                -product - odd - libm::log(*weight)
            })
            .collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        logs.iter()
            .map(|log| libm::exp(0.5 * (log - largest)))
            .collect()
    }

    /// The numerator that goes with a level and a denominator, by least squares of which only rounding is left.
    fn numerator_for(
        &self,
        points: &Points<'_>,
        level: f64,
        denominator: &[f64],
    ) -> Option<Vec<f64>> {
        let rows: Vec<Vec<f64>> = points
            .places
            .iter()
            .zip(&points.weights)
            .map(|(&x, weight)| {
                let scale = weight / self.sum(denominator, false, x);
                let row = self.basis(x, self.odd, self.numerator + 1);
                row.into_iter().map(|value| scale * value).collect()
            })
            .collect();
        let (basis, upper) = orthonormal(transposed(&rows))?;
        let right: Vec<f64> = (points.weights.iter())
            .zip(&points.values)
            .zip(&points.signs)
            .map(|((weight, value), sign)| weight * value - sign * level)
            .collect();
        let projected: Vec<f64> = basis
            .iter()
            .map(|column| column.iter().zip(&right).map(|(a, b)| a * b).sum())
            .collect();
        Some(solve_upper(&upper, &projected))
    }
}

/// The columns of a matrix given by rows of one length.
fn transposed(rows: &[Vec<f64>]) -> Matrix {
    let columns = rows.first().map_or(0, Vec::len);
    (0..columns)
        .map(|k| rows.iter().map(|row| row[k]).collect())
        .collect()
}
