//! Fixed columns: few of their cells are not zero, so that sums over their rows are cheaper than polynomials.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::Field;

use crate::keys::FixedValues;

/// The values of the fixed columns of a key.
pub(super) struct FixedColumns<'a>(pub(super) &'a [FixedValues]);

impl FixedColumns<'_> {
    /// The values of a sum of multiples of columns.
    pub(super) fn mix(&self, multiples: &[(usize, Fr)], rows: usize) -> Vec<Fr> {
        let mut sum = vec![Fr::ZERO; rows];
        for (column, factor) in multiples {
            for (sum, value) in sum.iter_mut().zip(self.0[*column].values()) {
                if *value == Fr::ONE {
                    *sum += factor;
                } else if *value != Fr::ZERO {
                    *sum += *value * factor;
                }
            }
        }
        sum
    }

    /// The value of a column's polynomial at the point that the weights of rows are of, so many rows further down.
    pub(super) fn evaluate(&self, column: usize, weights: &[Fr], rotation: i32) -> Fr {
        let mask = weights.len() - 1;
        let mut sum = Fr::ZERO;
        for (row, value) in self.0[column].values().iter().enumerate() {
            if *value != Fr::ZERO {
                let weight = weights[row.wrapping_add_signed(-rotation as isize) & mask];
                sum += if *value == Fr::ONE {
                    weight
                } else {
                    *value * weight
                };
            }
        }
        sum
    }
}
