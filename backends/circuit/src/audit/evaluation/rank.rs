//! Ranks, modulo the prime 2^61 - 1.

use super::walk::Key;

/// The prime.
pub(super) const PRIME: u64 = (1 << 61) - 1;

/// So many sums of terms with factors that look random: as many as sums of terms are to be told apart.
pub(super) fn combinations<'r>(
    terms: impl Iterator<Item = (&'r Key, &'r i128)>,
    count: usize,
) -> Vec<u64> {
    let mut sums = vec![0; count];
    for (key, coefficient) in terms {
        let coefficient = reduced(*coefficient);
        let mut word = u64::from(key.0) << 32 | u64::from(key.1);
        for sum in &mut sums {
            // One step of splitmix64.
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            *sum = (*sum + times(mixed % PRIME, coefficient)) % PRIME;
        }
    }
    sums
}

/// An integer modulo the prime.
pub(super) fn reduced(value: i128) -> u64 {
    // The remainder is below the prime, which has 61 bits.
    value.rem_euclid(i128::from(PRIME)) as u64
}

/// A product modulo the prime.
pub(super) fn times(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

/// The rank of a matrix modulo the prime.
pub(super) fn rank(mut rows: Vec<Vec<u64>>) -> usize {
    let width = rows.first().map_or(0, Vec::len);
    eliminate(&mut rows, width)
}

/// Brings the first columns of a matrix into echelon form; how many rows have their first entry in them.
pub(super) fn eliminate(rows: &mut [Vec<u64>], width: usize) -> usize {
    let mut rank = 0;
    for column in 0..width {
        let Some(pivot) = (rank..rows.len()).find(|row| rows[*row][column] != 0) else {
            continue;
        };
        rows.swap(rank, pivot);
        let (done, rest) = rows.split_at_mut(rank + 1);
        let pivot = &done[rank];
        let inverse = power(pivot[column], PRIME - 2);
        for row in rest.iter_mut().filter(|row| row[column] != 0) {
            let factor = PRIME - times(row[column], inverse);
            for (value, pivot) in row.iter_mut().zip(pivot).skip(column) {
                *value = (*value + times(factor, *pivot)) % PRIME;
            }
        }
        rank += 1;
    }
    rank
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}
