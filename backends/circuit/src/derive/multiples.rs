//! Products of one factor with small integers, looked up rather than computed.

use crate::field::Field;

/// Rows from which on tables of multiples pay.
pub(super) const MULTIPLES_ROWS: usize = 1024;

/// All products of a factor with the integers of 8 bits, for a column that holds nothing else, such as weights.
///
/// An addition takes the place of a multiplication, which costs some ten times as much.
pub(super) struct Multiples<'a, F> {
    values: &'a [i8],
    rotation: i32,
    /// By the integer's bits.
    products: Vec<F>,
}

impl<'a, F: Field> Multiples<'a, F> {
    pub(super) fn new(values: &'a [i8], rotation: i32, factor: F) -> Self {
        let mut products = vec![F::zero(); 256];
        for value in 1..128usize {
            products[value] = products[value - 1].add(factor);
            products[256 - value] = products[value].neg();
        }
        products[128] = products[127].add(factor).neg();
        Multiples {
            values,
            rotation,
            products,
        }
    }

    /// Adds the products to sums, row by row.
    pub(super) fn add(&self, total: i64, rows: &[u32], sums: &mut [F]) {
        for (sum, row) in sums.iter_mut().zip(rows) {
            let row = rotated(*row, self.rotation, total);
            match self.values.get(row) {
                None | Some(0) => {}
                Some(value) => *sum = sum.add(self.products[usize::from(*value as u8)]),
            }
        }
    }
}

/// The row `rotation` rows below `row` in a grid of `total` rows; rotations wrap around.
#[inline]
pub(super) fn rotated(row: u32, rotation: i32, total: i64) -> usize {
    let row = i64::from(row) + i64::from(rotation);
    let wrapped = if row < 0 {
        row + total
    } else if row >= total {
        row - total
    } else {
        row
    };
    wrapped as usize
}
