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
pub(crate) struct Scalar(pub(crate) Fr);

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
    fn limbs() -> Option<zkc_circuit::Limbs<Self>> {
        let to = |value: Self| words(value.0.to_repr().as_ref());
        let mut modulus = to(Scalar(-Fr::ONE));
        // The prime is odd, so that one more than -1 carries nothing.
        modulus[0] += 1;
        Some(zkc_circuit::Limbs {
            modulus,
            to,
            from: |limbs| Scalar(Fr::from_raw(limbs)),
        })
    }
}

/// Little-endian bytes as limbs.
fn words(bytes: &[u8]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, word) in limbs.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_le_bytes(*word);
    }
    limbs
}

/// Integers of the description as field elements, column by column.
pub(crate) fn to_columns(columns: &[Vec<i128>]) -> Vec<Vec<Fr>> {
    let column = |values: &Vec<i128>| values.iter().map(|v| to_field(*v)).collect();
    columns.iter().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_numbers_are_below_the_modulus() {
        assert_eq!(to_field(0), Fr::ZERO);
        assert_eq!(to_field(-1) + Fr::ONE, Fr::ZERO);
        assert_eq!(to_field(i128::MAX) + to_field(i128::MIN), to_field(-1));
        assert_eq!(to_field(i128::MIN), -(Fr::from(2).pow([127])));
        assert_eq!(to_field(i128::from(u64::MAX) + 1), Fr::from(2).pow([64]));
        assert_eq!(to_field(7), Fr::from(7));
    }

    #[test]
    fn limbs_come_back() {
        use zkc_circuit::Field;
        let limbs = Scalar::limbs().unwrap();
        for value in [0, 1, -1, i128::MAX, i128::MIN] {
            let value = Scalar::from_i128(value);
            assert_eq!((limbs.from)((limbs.to)(value)), value);
        }
        assert_eq!((limbs.from)(limbs.modulus), Scalar::zero());
        // Any four limbs will do: 2^256 - 1.
        let two = Scalar::from_i128(2);
        let power = (0..256).fold(Scalar::one(), |power, _| power.mul(two));
        assert_eq!((limbs.from)([u64::MAX; 4]), power.sub(Scalar::one()));
    }

    #[test]
    fn inverses_are_inverses() {
        use zkc_circuit::Field;
        let seven = Scalar::from_i128(-7);
        assert_eq!(seven.invert().map(|i| i.mul(seven)), Some(Scalar::one()));
        assert_eq!(Scalar::zero().invert(), None);
    }
}
