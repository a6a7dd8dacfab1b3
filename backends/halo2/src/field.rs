//! Integers as elements of Vesta's scalar field.

use halo2_proofs::pasta::Fp;

/// The field element of an integer; a negative `v` is `p - |v|`.
///
/// One to one, because every `|v|` is below `2^127` and `p` is above `2^254`.
pub(crate) fn to_field(v: i128) -> Fp {
    use ff::PrimeField;
    let magnitude = Fp::from_u128(v.unsigned_abs());
    if v < 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use ff::{Field, PrimeField};

    use super::*;

    #[test]
    fn negative_numbers_are_below_the_modulus() {
        assert_eq!(to_field(0), Fp::ZERO);
        assert_eq!(to_field(-1) + Fp::ONE, Fp::ZERO);
        assert_eq!(to_field(i128::MAX) + to_field(i128::MIN), to_field(-1));
        assert_eq!(to_field(i128::MIN), -(Fp::from(2).pow([127])));
        assert_eq!(to_field(7), Fp::from_u128(7));
    }
}
