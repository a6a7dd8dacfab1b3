//! Sums of field elements times small integers, added up as integers and reduced once.
//!
//! An element is held in limbs of few bits, so that a product with a small integer is one multiplication per limb and
//! nothing carries: a term costs a tenth of a product in the field. Columns of larger integers are read digit by digit.

use num_bigint::BigUint;

use crate::Ints;
use crate::field::{Field, Limbs};

/// Limbs of a sum.
const LIMBS: usize = 6;

/// Bits of a limb of a factor.
const LIMB_BITS: u32 = 43;

/// Bits of a digit of a column whose values are larger.
const DIGIT_BITS: u32 = 12;

/// What the absolute values of the integers of all terms of a sum may add up to: limbs then stay below 2^63, and the sum
/// below this times the prime.
const MAX_WEIGHT: u64 = (1 << 20) - 1;

/// A sum whose limbs are not carried.
pub(super) type Sum = [i64; LIMBS];

/// The sum of nothing.
pub(super) const EMPTY: Sum = [0; LIMBS];

/// A term: a factor times a column of integers, or one of their digits.
#[derive(Debug)]
pub(super) struct Term<'a> {
    values: &'a Ints,
    rotation: i32,
    factor: Sum,
    /// The digit's lowest bit, and whether it is one of several and not the highest.
    digit: Option<(u32, bool)>,
    weight: u64,
}

/// What turns sums into elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reduction<F> {
    limbs: Limbs<F>,
    /// Bits of the prime.
    bits: u32,
    /// 2^(bits + 62) divided by the prime, rounded down.
    reciprocal: u64,
    /// A multiple of the prime larger than the negative of any sum.
    offset: [u64; 5],
}

impl<F: Field> Reduction<F> {
    /// `None` for a field that does not say what its limbs are, or has another size.
    pub(super) fn new() -> Option<Self> {
        let limbs = F::limbs()?;
        let bytes: Vec<u8> = limbs.modulus.iter().flat_map(|l| l.to_le_bytes()).collect();
        let modulus = BigUint::from_bytes_le(&bytes);
        let bits = u32::try_from(modulus.bits()).ok()?;
        if !(250..=255).contains(&bits) {
            return None;
        }
        let reciprocal = (BigUint::from(1u8) << (bits + 62)) / &modulus;
        let mut offset = [0; 5];
        let multiple = modulus * (MAX_WEIGHT + 1);
        for (limb, digit) in offset.iter_mut().zip(multiple.iter_u64_digits()) {
            *limb = digit;
        }
        Some(Reduction {
            limbs,
            bits,
            // At most 2^63, as the prime is at least 2^(bits - 1).
            reciprocal: reciprocal.iter_u64_digits().next()?,
            offset,
        })
    }

    /// The terms of a factor times a column whose values are at most `magnitude` from 0.
    pub(super) fn terms<'a>(
        &self,
        factor: F,
        (values, magnitude): (&'a Ints, u64),
        rotation: i32,
    ) -> impl Iterator<Item = Term<'a>> {
        let whole = magnitude < 1 << DIGIT_BITS;
        let digits = if whole {
            1
        } else {
            // A bit for the sign, which the highest digit holds.
            (u64::BITS - magnitude.leading_zeros() + 1).div_ceil(DIGIT_BITS)
        };
        let base = F::from_i128(1 << DIGIT_BITS);
        let mut factor = factor;
        (0..digits).map(move |digit| {
            let own = self.split(factor);
            factor = factor.mul(base);
            Term {
                values,
                rotation,
                factor: own,
                digit: (!whole).then_some((digit * DIGIT_BITS, digit + 1 < digits)),
                weight: if whole { magnitude } else { 1 << DIGIT_BITS },
            }
        })
    }

    /// Splits an element into limbs.
    fn split(&self, factor: F) -> Sum {
        let words = (self.limbs.to)(factor);
        let mut limbs = EMPTY;
        for (index, limb) in (0u32..).zip(&mut limbs) {
            let start = index * LIMB_BITS;
            let (word, shift) = ((start / 64) as usize, start % 64);
            let low = u128::from(words[word]);
            let high = words.get(word + 1).copied().unwrap_or(0);
            let both = low | u128::from(high) << 64;
            *limb = (both >> shift) as i64 & ((1 << LIMB_BITS) - 1);
        }
        limbs
    }

    /// The element that a sum is congruent to.
    #[inline]
    pub(super) fn reduce(&self, sum: &Sum) -> F {
        // As limbs of 64 bits, with the offset that makes it positive.
        let limb = |index: usize| i128::from(sum[index]);
        let parts = [
            limb(0) + (limb(1) << 43),
            limb(2) << 22,
            (limb(3) << 1) + (limb(4) << 44),
            limb(5) << 23,
            0,
        ];
        let mut words = [0u64; 5];
        let mut carry = 0i128;
        for ((word, part), offset) in words.iter_mut().zip(parts).zip(self.offset) {
            let total = part + i128::from(offset) + carry;
            *word = total as u64;
            carry = total >> 64;
        }
        // The quotient by the prime, or one less: the sum is below 2^(bits + 22), so its top is one of 64 bits.
        let shift = self.bits - 42 - 192;
        let top = (u128::from(words[3]) | u128::from(words[4]) << 64) >> shift;
        let quotient = (u128::from(top as u64) * u128::from(self.reciprocal)) >> 104;
        let mut low = [0u64; 4];
        let mut borrow = 0i128;
        for ((low, word), prime) in low.iter_mut().zip(words).zip(self.limbs.modulus) {
            // The quotient has 22 bits.
            let part = i128::from(word) - (quotient * u128::from(prime)) as i128 + borrow;
            *low = part as u64;
            borrow = part >> 64;
        }
        // What is left is below twice the prime, hence below 2^256.
        (self.limbs.from)(low)
    }
}

/// Puts terms together into sums that do not overflow.
pub(super) fn grouped(terms: Vec<Term<'_>>) -> Vec<Vec<Term<'_>>> {
    let mut groups: Vec<Vec<Term<'_>>> = Vec::new();
    let mut weight = u64::MAX;
    for term in terms {
        weight = weight.saturating_add(term.weight);
        if weight > MAX_WEIGHT {
            weight = term.weight;
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push(term);
        }
    }
    groups
}

impl Term<'_> {
    /// Adds the term on some rows to sums; `buffer` is as long as these.
    pub(super) fn add(&self, total: i64, rows: &[u32], buffer: &mut [i64], sums: &mut [Sum]) {
        read(self.values, self.rotation, total, rows, buffer);
        if let Some((shift, cut)) = self.digit {
            let mask = if cut { (1 << DIGIT_BITS) - 1 } else { -1 };
            for value in buffer.iter_mut() {
                *value = (*value >> shift) & mask;
            }
        }
        let filled = buffer.iter().filter(|value| **value != 0).count();
        let add = |sum: &mut Sum, value: i64| {
            for (sum, factor) in sum.iter_mut().zip(self.factor) {
                *sum += value * factor;
            }
        };
        if filled * 4 > buffer.len() {
            for (sum, value) in sums.iter_mut().zip(buffer.iter()) {
                add(sum, *value);
            }
        } else if filled > 0 {
            // Few values: a branch is cheaper than products with 0.
            for (sum, value) in sums.iter_mut().zip(buffer.iter()) {
                if *value != 0 {
                    add(sum, *value);
                }
            }
        }
    }
}

/// Reads integers of up to 64 bits, `rotation` rows below the given ones; rows past the end are 0.
pub(super) fn read(values: &Ints, rotation: i32, total: i64, rows: &[u32], out: &mut [i64]) {
    match values {
        Ints::I8(values) => gather(values, rotation, total, rows, out),
        Ints::I16(values) => gather(values, rotation, total, rows, out),
        Ints::I32(values) => gather(values, rotation, total, rows, out),
        Ints::I64(values) => gather(values, rotation, total, rows, out),
        // Such columns are never small.
        Ints::I128(_) => out.fill(0),
    }
}

fn gather<V: Copy + Into<i64>>(
    values: &[V],
    rotation: i32,
    total: i64,
    rows: &[u32],
    out: &mut [i64],
) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return;
    };
    let start = i64::from(*first) + i64::from(rotation);
    let end = i64::from(*last) + i64::from(rotation);
    // Rows ascend, so these are consecutive.
    if (last - first) as usize + 1 == rows.len() && start >= 0 && end < total {
        let own = values.get(start as usize..).unwrap_or_default();
        let (filled, empty) = out.split_at_mut(own.len().min(rows.len()));
        for (out, value) in filled.iter_mut().zip(own) {
            *out = (*value).into();
        }
        empty.fill(0);
        return;
    }
    for (out, row) in out.iter_mut().zip(rows) {
        let value = values.get(rotated(*row, rotation, total));
        *out = value.map_or(0, |value| (*value).into());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::PallasBase;

    /// Sums at both ends of what fits, and integers of every width, against products in the field.
    #[test]
    fn sums_are_exact() {
        let reduction = Reduction::<PallasBase>::new().unwrap();
        let one = PallasBase::one();
        let wide = PallasBase::from_i128(i128::MAX).mul(PallasBase::from_i128(i128::MIN));
        let factors = [one, one.neg(), wide, wide.neg(), PallasBase::zero()];
        let widths: [&[i64]; 5] = [
            &[127, -128, 0, 1, -1],
            &[4095, -4095, 2048, -1, 0],
            &[4096, -4096, 1 << 20, -(1 << 20), 77],
            &[i64::from(i32::MAX), i64::from(i32::MIN), 5, -5, 0],
            &[i64::MAX, i64::MIN, -1, 1 << 62, -(1 << 62)],
        ];
        for values in widths {
            let rows: Vec<u32> = (0..values.len() as u32).collect();
            let ints =
                Ints::from_values(&values.iter().map(|v| i128::from(*v)).collect::<Vec<_>>());
            let magnitude = values.iter().map(|v| v.unsigned_abs()).max().unwrap();
            for factor in factors {
                // As many terms as a sum holds, and more.
                for count in [
                    1,
                    3,
                    (MAX_WEIGHT / magnitude.min(4096)).min(9000) as usize,
                    9001,
                ] {
                    let terms: Vec<Term<'_>> = (0..count)
                        .flat_map(|_| reduction.terms(factor, (&ints, magnitude), 0))
                        .collect();
                    let mut totals = vec![PallasBase::zero(); values.len()];
                    for group in grouped(terms) {
                        let mut sums = vec![EMPTY; values.len()];
                        let mut buffer = vec![0; values.len()];
                        for term in &group {
                            term.add(8, &rows, &mut buffer, &mut sums);
                        }
                        for (total, sum) in totals.iter_mut().zip(&sums) {
                            *total = total.add(reduction.reduce(sum));
                        }
                    }
                    for (total, value) in totals.iter().zip(values) {
                        let expected = PallasBase::from_i128(i128::from(*value))
                            .mul(factor)
                            .mul(PallasBase::from_i128(count as i128));
                        assert_eq!(*total, expected, "{count} times {value}");
                    }
                }
            }
        }
    }

    #[test]
    fn cells_are_read_around_the_grid() {
        let values = Ints::from_values(&[5, 6, 7]);
        let mut out = [9; 4];
        read(&values, 1, 8, &[0, 1, 2, 3], &mut out);
        assert_eq!(out, [6, 7, 0, 0]);
        read(&values, -1, 8, &[0, 1, 2, 3], &mut out);
        assert_eq!(out, [0, 5, 6, 7]);
        read(&values, 2, 8, &[0, 4, 6, 7], &mut out);
        assert_eq!(out, [7, 0, 5, 6]);
        read(&values, 9, 16, &[6, 7, 8, 9], &mut out);
        assert_eq!(out, [0, 5, 6, 7]);
    }
}
