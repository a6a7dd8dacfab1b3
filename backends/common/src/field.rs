//! Elements of a field, for any version of `ff`.

/// Little-endian bytes as limbs.
pub fn words(bytes: &[u8]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, word) in limbs.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_le_bytes(*word);
    }
    limbs
}

/// Declares `Scalar`, a [`zkc_circuit::Field`] around the field of a halo2 crate, and how integers enter it.
///
/// The traits `Field` and `PrimeField` of that crate's version of `ff` have to be in scope.
#[macro_export]
macro_rules! declare_scalar {
    ($element:ty) => {
        /// An element of the field, for what the description computes with it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Scalar(pub(crate) $element);

        /// The field element of an integer; a negative `v` is `p - |v|`.
        ///
        /// One to one, because every `|v|` is at most `2^127` and `p` is above `2^253`.
        pub(crate) fn to_field(v: i128) -> $element {
            let magnitude = match u64::try_from(v.unsigned_abs()) {
                Ok(small) => <$element>::from(small),
                Err(_) => <$element>::from_u128(v.unsigned_abs()),
            };
            if v < 0 { -magnitude } else { magnitude }
        }

        /// Integers of the description as field elements, column by column.
        pub(crate) fn to_columns(columns: &[Vec<i128>]) -> Vec<Vec<$element>> {
            let column = |values: &Vec<i128>| values.iter().map(|v| to_field(*v)).collect();
            columns.iter().map(column).collect()
        }

        impl ::zkc_circuit::Field for Scalar {
            fn zero() -> Self {
                Scalar(<$element>::ZERO)
            }
            fn one() -> Self {
                Scalar(<$element>::ONE)
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
            fn limbs() -> Option<::zkc_circuit::Limbs<Self>> {
                let to = |value: Self| $crate::words(value.0.to_repr().as_ref());
                let mut modulus = to(Scalar(-<$element>::ONE));
                // The prime is odd, so that one more than -1 carries nothing.
                modulus[0] += 1;
                Some(::zkc_circuit::Limbs {
                    modulus,
                    to,
                    from: |limbs| Scalar(<$element>::from_raw(limbs)),
                })
            }
        }
    };
}
