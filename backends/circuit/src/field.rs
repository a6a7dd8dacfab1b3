//! The finite field as the description sees it: what is needed to compute columns that depend on challenges.

use std::fmt::Debug;

use pasta_curves::group::ff::{Field as _, PrimeField};

use crate::number::Mersenne;
use crate::tape::Number;

/// An element of a prime field.
///
/// Backends implement it for a newtype around the field of their halo2 crate, so that no version of `ff` shows here. All
/// methods are exact; `add(a, neg(a))` is zero, `mul(a, invert(a))` is one.
pub trait Field: Copy + Eq + Send + Sync + Debug {
    /// 0.
    fn zero() -> Self;
    /// 1.
    fn one() -> Self;
    /// The integer modulo the prime.
    fn from_i128(value: i128) -> Self;
    /// The sum.
    fn add(self, other: Self) -> Self;
    /// The difference.
    fn sub(self, other: Self) -> Self;
    /// The product.
    fn mul(self, other: Self) -> Self;
    /// The negative.
    fn neg(self) -> Self;
    /// The inverse, `None` of 0.
    fn invert(self) -> Option<Self>;
    /// Whether this is 0.
    fn is_zero(&self) -> bool {
        *self == Self::zero()
    }
    /// How elements are told as integers, where the field has the size that [`Limbs`] asks for.
    ///
    /// With it, sums of elements times small integers, such as weights and selectors, are added up as integers and reduced
    /// once. Without it, which is the default, every term is a product in the field; the results are the same.
    fn limbs() -> Option<Limbs<Self>> {
        None
    }
}

/// Elements of a field as integers of four limbs of 64 bits, the least one first.
#[derive(Debug, Clone, Copy)]
pub struct Limbs<F> {
    /// The prime, of 250 to 255 bits.
    pub modulus: [u64; 4],
    /// The representative in `[0, p)`.
    pub to: fn(F) -> [u64; 4],
    /// The element that an integer, of any four limbs, is congruent to.
    pub from: fn([u64; 4]) -> F,
}

/// The base field of the Pallas curve, in which constraints with challenges are checked.
///
/// Its size is that of the fields of all backends, so an identity that fails over one of them for other reasons than bad
/// luck fails here too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PallasBase(pub(crate) pasta_curves::Fp);

impl PallasBase {
    /// The prime, little-endian.
    pub(crate) fn modulus() -> num_bigint::BigInt {
        // The prime is what is one more than the largest element, -1.
        let largest = (-pasta_curves::Fp::ONE).to_repr();
        num_bigint::BigInt::from_bytes_le(num_bigint::Sign::Plus, largest.as_ref()) + 1
    }

    /// The integer modulo the prime.
    pub(crate) fn from_big(value: &num_bigint::BigInt) -> Self {
        let reduced = crate::check::reduce(value.clone(), Some(&Self::modulus()));
        let mut bytes = [0; 32];
        let (_, digits) = reduced.to_bytes_le();
        // A reduced number has at most 32 bytes.
        bytes[..digits.len()].copy_from_slice(&digits);
        Self::from_bytes(bytes)
    }

    /// The element that 32 bytes with a clear top stand for; 0 where they are not below the prime.
    fn from_bytes(bytes: [u8; 32]) -> Self {
        let element = pasta_curves::Fp::from_repr(bytes);
        PallasBase(Option::from(element).unwrap_or(pasta_curves::Fp::ZERO))
    }

    /// A pseudorandom element.
    pub(crate) fn from_hash(mut hash: blake3::OutputReader) -> Self {
        // The prime lies just above 2^254, so 254 bits are an element, all but uniform.
        let mut bytes = [0; 32];
        hash.fill(&mut bytes);
        bytes[31] &= 0x3f;
        Self::from_bytes(bytes)
    }

    /// The representative in `[0, p)`.
    pub(crate) fn to_big(self) -> num_bigint::BigInt {
        let bytes = self.0.to_repr();
        num_bigint::BigInt::from_bytes_le(num_bigint::Sign::Plus, bytes.as_ref())
    }

    /// The representative in `[0, p)`, little-endian.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        self.0.to_repr()
    }
}

impl Field for PallasBase {
    fn zero() -> Self {
        PallasBase(pasta_curves::Fp::ZERO)
    }
    fn one() -> Self {
        PallasBase(pasta_curves::Fp::ONE)
    }
    fn from_i128(value: i128) -> Self {
        let magnitude = PallasBase(pasta_curves::Fp::from_u128(value.unsigned_abs()));
        if value < 0 {
            magnitude.neg()
        } else {
            magnitude
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        PallasBase(self.0 + other.0)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        PallasBase(self.0 - other.0)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        PallasBase(self.0 * other.0)
    }
    #[inline(always)]
    fn neg(self) -> Self {
        PallasBase(-self.0)
    }
    fn invert(self) -> Option<Self> {
        Option::from(self.0.invert()).map(PallasBase)
    }
    #[inline(always)]
    fn is_zero(&self) -> bool {
        self.0 == pasta_curves::Fp::ZERO
    }
    fn limbs() -> Option<Limbs<Self>> {
        let to = |value: Self| words(value.to_bytes());
        let mut modulus = to(Self::one().neg());
        // The prime is odd, so that one more than -1 carries nothing.
        modulus[0] += 1;
        Some(Limbs {
            modulus,
            to,
            from: |limbs| PallasBase(pasta_curves::Fp::from_raw(limbs)),
        })
    }
}

/// Little-endian bytes as limbs.
fn words(bytes: [u8; 32]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks::<8>();
    let mut limbs = [0; 4];
    for (limb, word) in limbs.iter_mut().zip(words) {
        *limb = u64::from_le_bytes(*word);
    }
    limbs
}

impl Field for Mersenne {
    fn zero() -> Self {
        Number::ZERO
    }
    fn one() -> Self {
        Number::ONE
    }
    fn from_i128(value: i128) -> Self {
        Number::from_value(value)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Number::add(self, other)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Number::add(self, Number::neg(other))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Number::mul(self, other)
    }
    #[inline(always)]
    fn neg(self) -> Self {
        Number::neg(self)
    }
    fn invert(self) -> Option<Self> {
        (self != Number::ZERO).then(|| self.inverse())
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;

    fn laws<F: Field>(value: F) {
        assert_eq!(value.add(value.neg()), F::zero());
        assert_eq!(value.sub(value), F::zero());
        let inverse = value.invert().unwrap();
        assert_eq!(value.mul(inverse), F::one());
        assert_eq!(F::zero().invert(), None);
        assert!(F::zero().is_zero() && !F::one().is_zero());
    }

    #[test]
    fn fields_keep_the_laws() {
        for value in [1, -1, 77, i128::MAX, i128::MIN] {
            laws(PallasBase::from_i128(value));
            laws(Mersenne::from_i128(value));
        }
    }

    #[test]
    fn integers_come_back_modulo_the_prime() {
        let modulus = PallasBase::modulus();
        for value in [0, 5, -5, i128::MIN] {
            let element = PallasBase::from_i128(value);
            assert_eq!(PallasBase::from_big(&BigInt::from(value)), element);
            assert_eq!(PallasBase::from_big(&element.to_big()), element);
            assert_eq!(
                PallasBase::from_big(&(BigInt::from(value) - &modulus)),
                element
            );
            assert!(element.to_big() < modulus && element.to_big() >= BigInt::ZERO);
        }
    }
}
