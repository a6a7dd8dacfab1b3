//! The quotient of all gates by the polynomial that is zero in all rows.
//!
//! Its numerator is evaluated on as many cosets of the roots of unity as the quotient has pieces. On the coset of `c`, `X^n`
//! is `c^n`, so that interpolating there gives the sum of the pieces times powers of `c^n`: the pieces follow from all
//! cosets by the inverse of a Vandermonde matrix. One coset is worked on at a time, which takes memory for one value per row.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::{Field, PrimeField};
use rayon::prelude::*;

use super::fft::{Domain, add_multiple, powers};
use super::numerator::Numerator;

/// The pieces of the quotient, of as many coefficients as there are rows each.
///
/// `columns` gives the coefficients of the columns that the numerator reads.
pub(super) fn quotient<'a>(
    domain: &Domain,
    numerator: &Numerator,
    columns: &(impl Fn(usize) -> &'a [Fr] + Sync),
    pieces: usize,
) -> Vec<Vec<Fr>> {
    let n = domain.size();
    let shifts: Vec<Fr> = (1..=pieces as u64)
        .map(|i| Fr::MULTIPLICATIVE_GENERATOR.pow_vartime([i]))
        .collect();
    let points: Vec<Fr> = shifts.iter().map(|s| s.pow_vartime([n as u64])).collect();
    let weights = inverse_vandermonde(&points);
    let mut out = vec![vec![Fr::ZERO; n]; pieces];
    for (coset, shift) in shifts.iter().enumerate() {
        let powers = powers(*shift, n);
        let values: Vec<Vec<Fr>> = (0..numerator.columns.len())
            .into_par_iter()
            .map(|column| {
                let scaled = columns(column).iter().zip(&powers);
                let mut values: Vec<Fr> = scaled.map(|(c, power)| c * power).collect();
                values.resize(n, Fr::ZERO);
                domain.values(&mut values);
                values
            })
            .collect();
        let mut result = vec![Fr::ZERO; n];
        let chunk = n
            .div_ceil(4 * rayon::current_num_threads())
            .next_power_of_two();
        let chunks = result.par_chunks_mut(chunk).enumerate();
        chunks.for_each(|(i, rows)| numerator.evaluate(&values, i * chunk, rows));
        drop(values);
        domain.coefficients(&mut result);
        // Back from the coset, divided by c^n - 1, which is not zero.
        let inverse = shift.invert().unwrap_or(Fr::ONE);
        let mut factor = (points[coset] - Fr::ONE).invert().unwrap_or(Fr::ONE);
        for coefficient in &mut result {
            *coefficient *= factor;
            factor *= inverse;
        }
        for (piece, weights) in out.iter_mut().zip(&weights) {
            add_multiple(piece, weights[coset], &result);
        }
    }
    out
}

/// What takes the values of a polynomial at some points to its coefficients: those of the Lagrange polynomials.
fn inverse_vandermonde(points: &[Fr]) -> Vec<Vec<Fr>> {
    let mut out = vec![vec![Fr::ZERO; points.len()]; points.len()];
    for (i, point) in points.iter().enumerate() {
        let mut polynomial = vec![Fr::ONE];
        let mut scale = Fr::ONE;
        for other in points.iter().filter(|other| *other != point) {
            polynomial.push(Fr::ZERO);
            for j in (0..polynomial.len()).rev() {
                let below = j.checked_sub(1).map_or(Fr::ZERO, |j| polynomial[j]);
                polynomial[j] = below - polynomial[j] * other;
            }
            scale *= *point - other;
        }
        // The points differ.
        let scale = scale.invert().unwrap_or(Fr::ONE);
        for (row, coefficient) in out.iter_mut().zip(polynomial) {
            row[i] = coefficient * scale;
        }
    }
    out
}

/// The coefficients of the polynomial that has some values at some points.
pub(super) fn interpolated(points: &[Fr], values: &[Fr]) -> Vec<Fr> {
    let rows = inverse_vandermonde(points).into_iter();
    rows.map(|row| row.iter().zip(values).map(|(w, v)| w * v).sum())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fft::evaluate;
    use super::*;

    #[test]
    fn polynomials_are_found_from_their_values() {
        let polynomial = [3, 1, 4, 1].map(Fr::from);
        let points = [2, 5, 7, 11].map(Fr::from);
        let values = points.map(|x| evaluate(&polynomial, x));
        assert_eq!(interpolated(&points, &values), polynomial);
    }
}
