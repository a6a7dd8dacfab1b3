//! Integers as elements of Vesta's scalar field.

use ff::{Field, PrimeField};
use halo2_proofs::pasta::Fp;

/// The field element of an integer; a negative `v` is `p - |v|`.
///
/// One to one, because every `|v|` is at most `2^127` and `p` is above `2^254`.
pub(crate) fn to_field(v: i128) -> Fp {
    let magnitude = Fp::from_u128(v.unsigned_abs());
    if v < 0 { -magnitude } else { magnitude }
}

/// Integers of the description as field elements, column by column.
pub(crate) fn to_columns(columns: &[Vec<i128>]) -> Vec<Vec<Fp>> {
    let column = |values: &Vec<i128>| values.iter().map(|v| to_field(*v)).collect();
    columns.iter().map(column).collect()
}

/// An element of the field, for what the description computes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar(pub(crate) Fp);

impl zkc_circuit::Field for Scalar {
    fn zero() -> Self {
        Scalar(Fp::ZERO)
    }
    fn one() -> Self {
        Scalar(Fp::ONE)
    }
    fn from_i128(value: i128) -> Self {
        Scalar(to_field(value))
    }
    fn add(self, other: Self) -> Self {
        Scalar(self.0 + other.0)
    }
    fn sub(self, other: Self) -> Self {
        Scalar(self.0 - other.0)
    }
    fn mul(self, other: Self) -> Self {
        Scalar(self.0 * other.0)
    }
    fn neg(self) -> Self {
        Scalar(-self.0)
    }
    fn invert(self) -> Option<Self> {
        Option::from(self.0.invert()).map(Scalar)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn integers_enter_the_field_as_themselves() {
        zkc_backend_testing::assert_integers_enter::<super::Scalar>();
    }
}
