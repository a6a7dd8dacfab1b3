//! Numbers for evaluating constraints: machine integers where they cannot overflow, and a 61-bit prime field.

use crate::tape::Number;

impl Number for i64 {
    const ZERO: Self = 0;
    const ONE: Self = 1;
    fn from_value(value: i128) -> Self {
        value as i64
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.wrapping_mul(other)
    }
    #[inline(always)]
    fn neg(self) -> Self {
        self.wrapping_neg()
    }
}

impl Number for i128 {
    const ZERO: Self = 0;
    const ONE: Self = 1;
    fn from_value(value: i128) -> Self {
        value
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.wrapping_mul(other)
    }
    #[inline(always)]
    fn neg(self) -> Self {
        self.wrapping_neg()
    }
}

/// The prime 2^61 - 1.
pub(crate) const MERSENNE: u64 = (1 << 61) - 1;

/// An element of the field with 2^61 - 1 elements.
///
/// The audit computes derivatives in it. A derivative that is zero here but not over the integers would need a value
/// divisible by the prime, which neither the selectors nor the coefficients of a circuit are made to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mersenne(pub(crate) u64);

impl Mersenne {
    /// The remainder of a product of two elements.
    #[inline(always)]
    fn reduce(value: u128) -> Self {
        // 2^61 = 1, so the high part counts once more; twice is enough for a product of two reduced numbers.
        let folded = (value as u64 & MERSENNE) + (value >> 61) as u64;
        let folded = (folded & MERSENNE) + (folded >> 61);
        Mersenne(if folded >= MERSENNE {
            folded - MERSENNE
        } else {
            folded
        })
    }

    /// The inverse, 0 of 0.
    pub(crate) fn inverse(self) -> Self {
        let mut power = MERSENNE - 2;
        let mut base = self;
        let mut result = Mersenne(1);
        while power > 0 {
            if power & 1 == 1 {
                result = result.mul(base);
            }
            base = base.mul(base);
            power >>= 1;
        }
        result
    }
}

impl Number for Mersenne {
    const ZERO: Self = Mersenne(0);
    const ONE: Self = Mersenne(1);
    fn from_value(value: i128) -> Self {
        // Division of 128-bit numbers is slow, and most values are small.
        if value.unsigned_abs() < u128::from(MERSENNE) {
            let small = value as i64;
            return Mersenne(if small < 0 {
                small + MERSENNE as i64
            } else {
                small
            } as u64);
        }
        Mersenne(value.rem_euclid(i128::from(MERSENNE)) as u64)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let sum = self.0 + other.0;
        Mersenne(if sum >= MERSENNE { sum - MERSENNE } else { sum })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self::reduce(u128::from(self.0) * u128::from(other.0))
    }
    #[inline(always)]
    fn neg(self) -> Self {
        Mersenne(if self.0 == 0 { 0 } else { MERSENNE - self.0 })
    }
}
