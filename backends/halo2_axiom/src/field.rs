//! Integers as elements of BN254's scalar field.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::{Field, PrimeField};

/// The field element of an integer; a negative `v` is `p - |v|`.
///
/// One to one, because every `|v|` is at most `2^127` and `p` is above `2^253`.
pub(crate) fn to_field(v: i128) -> Fr {
    let magnitude = match u64::try_from(v.unsigned_abs()) {
        Ok(small) => Fr::from(small),
        Err(_) => Fr::from_u128(v.unsigned_abs()),
    };
    if v < 0 { -magnitude } else { magnitude }
}

/// An element of the field, for what the description computes with challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar(pub(crate) Fr);

impl zkc_circuit::Field for Scalar {
    fn zero() -> Self {
        Scalar(Fr::ZERO)
    }
    fn one() -> Self {
        Scalar(Fr::ONE)
    }
    fn from_i128(value: i128) -> Self {
        Scalar(to_field(value))
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Scalar(self.0 + other.0)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Scalar(self.0 - other.0)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Scalar(self.0 * other.0)
    }
    #[inline(always)]
    fn neg(self) -> Self {
        Scalar(-self.0)
    }
    fn invert(self) -> Option<Self> {
        Option::from(self.0.invert()).map(Scalar)
    }
}

/// Integers of the description as field elements, column by column.
pub(crate) fn to_columns(columns: &[Vec<i128>]) -> Vec<Vec<Fr>> {
    let column = |values: &Vec<i128>| values.iter().map(|v| to_field(*v)).collect();
    columns.iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn integers_enter_the_field_as_themselves() {
        zkc_backend_testing::assert_integers_enter::<super::Scalar>();
    }
}
