//! Sums of multiples of points.
//!
//! Pippenger's bucket method with signed digits ("On the evaluation of powers and monomials", 1980): for each window of bits,
//! points with the same digit are added up first. That is done in affine coordinates, two by two in rounds, where all
//! additions of a round share one inversion (Montgomery's trick), so that an addition takes six multiplications.

use halo2_axiom::halo2curves::bn256::{Fq, Fr, G1, G1Affine};
use halo2_axiom::halo2curves::ff::{Field, PrimeField};
use halo2_axiom::halo2curves::group::{Curve, Group};
use rayon::prelude::*;

/// A number to multiply with.
#[derive(Clone, Copy)]
pub(super) struct Multiple {
    magnitude: [u64; 4],
    negative: bool,
}

/// The highest limb of half the prime.
const HALF: u64 = 0x1832_2739_7098_d014;

/// The limbs of the least number that an element of the field stands for.
fn limbs(value: &Fr) -> [u64; 4] {
    let bytes = value.to_repr();
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.as_ref().chunks_exact(8)) {
        // The chunks have eight bytes.
        *limb = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
    limbs
}

impl From<&Fr> for Multiple {
    fn from(value: &Fr) -> Multiple {
        let magnitude = limbs(value);
        // What is near the prime is a small negative number.
        match magnitude[3] > HALF {
            true => Multiple {
                magnitude: limbs(&-value),
                negative: true,
            },
            false => Multiple {
                magnitude,
                negative: false,
            },
        }
    }
}

impl From<i128> for Multiple {
    fn from(value: i128) -> Multiple {
        let magnitude = value.unsigned_abs();
        Multiple {
            magnitude: [magnitude as u64, (magnitude >> 64) as u64, 0, 0],
            negative: value < 0,
        }
    }
}

impl Multiple {
    fn is_zero(&self) -> bool {
        self.magnitude == [0; 4]
    }

    fn bits(&self) -> u32 {
        let top = self.magnitude.iter().rposition(|limb| *limb != 0);
        top.map_or(0, |top| {
            64 * top as u32 + 64 - self.magnitude[top].leading_zeros()
        })
    }

    /// The signed digit of a window: the numbers from `-2^(width-1)` to `2^(width-1)`, by Booth's recoding.
    fn digit(&self, window: u32, width: u32) -> i32 {
        let shifted = match (window * width).checked_sub(1) {
            None => self.magnitude[0] << 1,
            Some(skip) => {
                let (limb, bit) = ((skip / 64) as usize, skip % 64);
                let at = |i: usize| self.magnitude.get(i).copied().unwrap_or(0);
                let high = match bit {
                    0 => 0,
                    _ => at(limb + 1) << (64 - bit),
                };
                at(limb) >> bit | high
            }
        };
        let raw = (shifted & ((1 << (width + 1)) - 1)) as i32;
        let digit = ((raw + 1) >> 1) - ((raw >> width) << width);
        if self.negative { -digit } else { digit }
    }
}

/// Multiplications of field elements that a sum of multiples of points takes, about.
pub(crate) fn sum_cost(points: u64, bits: u32) -> u64 {
    Windows::best(points, bits).cost(points)
}

/// The same of putting points together by [`combine`].
pub(super) fn combine_cost(sums: u64, parts: u64) -> u64 {
    let windows = u64::from(Fr::NUM_BITS / COMBINED_BITS + 1);
    let doublings = windows * u64::from(COMBINED_BITS);
    let small = parts * ((1 << (COMBINED_BITS - 1)) - 1);
    // One digit of sixteen is zero.
    sums * Windows::AFFINE * (doublings + small + windows * parts * 15 / 16)
}

/// The sum of the points, each times its number; there are as many of both.
pub(crate) fn sum_of_multiples(points: &[G1Affine], numbers: &[Fr]) -> G1 {
    let multiples: Vec<Multiple> = numbers.iter().map(Multiple::from).collect();
    multiply(points, &multiples)
}

/// The sum of the multiples of the points; there are as many of both.
pub(super) fn multiply(points: &[G1Affine], multiples: &[Multiple]) -> G1 {
    let used = multiples.iter().filter(|m| !m.is_zero()).count();
    let bits = multiples.iter().map(Multiple::bits).max().unwrap_or(0);
    if used == 0 {
        return G1::identity();
    }
    let windows = Windows::best(used as u64, bits);
    // As many windows at once as the processor's cache has room for, as they share inversions.
    let together = (CACHED / used).max(1) as u32;
    let all: Vec<u32> = (0..windows.count).collect();
    let sums: Vec<Vec<G1>> = all
        .par_chunks(together as usize)
        .map(|some| windows.sums(points, multiples, some))
        .collect();
    let mut sum = G1::identity();
    for window in sums.iter().flatten().rev() {
        for _ in 0..windows.width {
            sum = sum.double();
        }
        sum += window;
    }
    sum
}

/// Points that are added up at once.
const CACHED: usize = 1 << 13;

/// How numbers are cut into digits.
#[derive(Clone, Copy, Debug)]
struct Windows {
    width: u32,
    count: u32,
}

impl Windows {
    /// Multiplications for adding a point in affine coordinates.
    const AFFINE: u64 = 7;

    /// The cheapest windows for some numbers of some bits.
    fn best(points: u64, bits: u32) -> Windows {
        let of = |width: u32| Windows {
            width,
            count: bits / width + 1,
        };
        let width = (1..=15).min_by_key(|width| of(*width).cost(points));
        of(width.unwrap_or(1))
    }

    /// Multiplications of field elements, about.
    fn cost(self, points: u64) -> u64 {
        // Adding a point in projective coordinates.
        const PROJECTIVE: u64 = 14;
        let [rows, columns] = self.rectangle().map(|side| side as u64);
        let buckets = 2 * Self::AFFINE * rows * columns + 2 * PROJECTIVE * (rows + columns);
        u64::from(self.count) * (points * Self::AFFINE + buckets)
    }

    /// Rows and columns of buckets.
    fn rectangle(self) -> [usize; 2] {
        let bits = self.width - 1;
        [1 << (bits / 2), 1 << bits.div_ceil(2)]
    }

    /// The sums of some windows' digits times the points.
    fn sums(self, points: &[G1Affine], multiples: &[Multiple], windows: &[u32]) -> Vec<G1> {
        let [rows, columns] = self.rectangle();
        let buckets = rows * columns;
        let mut lengths = vec![0u32; windows.len() * buckets];
        let mut digits = Vec::with_capacity(windows.len() * points.len());
        for (window, lengths) in windows.iter().zip(lengths.chunks_exact_mut(buckets)) {
            for multiple in multiples {
                let digit = multiple.digit(*window, self.width);
                digits.push(digit);
                if digit != 0 {
                    lengths[digit.unsigned_abs() as usize - 1] += 1;
                }
            }
        }
        let mut next = Vec::with_capacity(lengths.len());
        let mut total = 0u32;
        for length in &lengths {
            next.push(total);
            total += length;
        }
        let mut sorted = vec![IDENTITY; total as usize];
        let windows = digits.chunks_exact(points.len());
        for (digits, next) in windows.zip(next.chunks_exact_mut(buckets)) {
            for (point, digit) in points.iter().zip(digits).filter(|(_, d)| **d != 0) {
                let next = &mut next[digit.unsigned_abs() as usize - 1];
                sorted[*next as usize] = if *digit < 0 { -point } else { *point };
                *next += 1;
            }
        }
        add_up(&mut sorted, &mut lengths);
        self.weigh(&sorted, &lengths, buckets)
    }

    /// The sums of buckets times their numbers, of windows behind each other; `filled` says which buckets there are.
    ///
    /// With buckets in a rectangle that is the sums of rows times what their numbers begin with, and of columns times what
    /// they end with.
    fn weigh(self, sums: &[G1Affine], filled: &[u32], buckets: usize) -> Vec<G1> {
        let [rows, columns] = self.rectangle();
        let mut places = Vec::with_capacity(filled.len());
        let mut rest = sums.iter();
        for filled in filled {
            places.push(if *filled > 0 { rest.next() } else { None });
        }
        let (mut points, mut lengths) = (Vec::with_capacity(2 * sums.len()), Vec::new());
        for window in places.chunks_exact(buckets) {
            let mut run = |places: &mut dyn Iterator<Item = usize>| {
                let before = points.len();
                points.extend(places.filter_map(|place| window[place]));
                lengths.push((points.len() - before) as u32);
            };
            for row in 0..rows {
                run(&mut (row * columns..(row + 1) * columns));
            }
            for column in 0..columns {
                run(&mut (column..buckets).step_by(columns));
            }
        }
        add_up(&mut points, &mut lengths);
        let mut points = points.iter();
        let mut next = |length: &u32| if *length > 0 { points.next() } else { None };
        let mut out = Vec::with_capacity(filled.len() / buckets);
        for lengths in lengths.chunks_exact(rows + columns) {
            let taken: Vec<Option<&G1Affine>> = lengths.iter().map(&mut next).collect();
            let (by_row, by_column) = taken.split_at(rows);
            let mut sum = weighted(&by_row[1..]);
            for _ in 0..columns.trailing_zeros() {
                sum = sum.double();
            }
            out.push(sum + weighted(by_column));
        }
        out
    }
}

/// The sum of all points times their numbers, from 1 on.
fn weighted(points: &[Option<&G1Affine>]) -> G1 {
    let (mut running, mut sum) = (G1::identity(), G1::identity());
    for point in points.iter().rev() {
        if let Some(point) = point {
            running += *point;
        }
        sum += running;
    }
    sum
}

const IDENTITY: G1Affine = G1Affine {
    x: Fq::ZERO,
    y: Fq::ZERO,
};

/// Whether a point is the identity: no other has this coordinate, as no point has order two.
fn is_identity(point: &G1Affine) -> bool {
    point.y == Fq::ZERO
}

/// Replaces runs of points, which have these lengths, by their sums. Empty runs stay empty.
fn add_up(points: &mut Vec<G1Affine>, lengths: &mut [u32]) {
    let mut out = Vec::with_capacity(points.len());
    let (mut pairs, mut scratch) = (Vec::new(), Vec::new());
    while lengths.iter().any(|length| *length > 1) {
        out.clear();
        pairs.clear();
        let mut first = 0;
        for length in lengths.iter_mut() {
            for i in 0..*length / 2 {
                pairs.push((out.len() as u32, first + 2 * i));
                out.push(IDENTITY);
            }
            if *length % 2 == 1 {
                out.push(points[(first + *length - 1) as usize]);
            }
            first += *length;
            *length = length.div_ceil(2);
        }
        let operands = |pair: &(u32, u32)| {
            let first = pair.1 as usize;
            (points[first], points[first + 1])
        };
        add_pairs(&pairs, operands, &mut out, &mut scratch);
        std::mem::swap(points, &mut out);
    }
}

/// Writes the sum of each pair to its place in `out`, the first number of the pair.
fn add_pairs(
    pairs: &[(u32, u32)],
    operands: impl Fn(&(u32, u32)) -> (G1Affine, G1Affine),
    out: &mut [G1Affine],
    scratch: &mut Vec<(Fq, Fq)>,
) {
    scratch.clear();
    let mut product = Fq::ONE;
    for pair in pairs {
        let (a, b) = operands(pair);
        let difference = match is_identity(&a) || is_identity(&b) {
            true => Fq::ZERO,
            false => b.x - a.x,
        };
        scratch.push((product, difference));
        if difference != Fq::ZERO {
            product *= difference;
        }
    }
    // No factor is zero.
    let mut inverse = product.invert().unwrap_or(Fq::ONE);
    for (pair, (before, difference)) in pairs.iter().zip(scratch.iter()).rev() {
        let (a, b) = operands(pair);
        let out = &mut out[pair.0 as usize];
        if *difference == Fq::ZERO {
            *out = add_special(&a, &b);
            continue;
        }
        let slope = (b.y - a.y) * (inverse * before);
        inverse *= difference;
        let x = slope.square() - a.x - b.x;
        *out = G1Affine {
            x,
            y: slope * (a.x - x) - a.y,
        };
    }
}

/// The sum of points of which one is the identity, or that are equal or opposite.
fn add_special(a: &G1Affine, b: &G1Affine) -> G1Affine {
    if is_identity(a) {
        *b
    } else if is_identity(b) {
        *a
    } else {
        (G1::from(*a) + b).to_affine()
    }
}

/// Doubles points.
fn double(points: &mut [G1Affine]) {
    let mut products = Vec::with_capacity(points.len());
    let mut product = Fq::ONE;
    for point in points.iter().filter(|point| !is_identity(point)) {
        products.push(product);
        product *= point.y.double();
    }
    // No factor is zero.
    let mut inverse = product.invert().unwrap_or(Fq::ONE);
    let used = points.iter_mut().filter(|point| !is_identity(point));
    for (point, before) in used.rev().zip(products.iter().rev()) {
        let square = point.x.square();
        let slope = (square.double() + square) * (inverse * before);
        inverse *= point.y.double();
        let x = slope.square() - point.x.double();
        *point = G1Affine {
            x,
            y: slope * (point.x - x) - point.y,
        };
    }
}

/// Bits of a digit with which points are put together.
const COMBINED_BITS: u32 = 4;

/// The sums of `weights[j]` times point `i` of `parts[j]`, for all `i`.
///
/// All sums take the same steps, so that each step is one round of affine additions.
pub(super) fn combine(parts: &[&[G1Affine]], weights: &[Fr]) -> Vec<G1Affine> {
    let size = parts.first().map_or(0, |part| part.len());
    let multiples: Vec<Multiple> = weights.iter().map(Multiple::from).collect();
    let bits = multiples.iter().map(Multiple::bits).max().unwrap_or(0);
    let mut sums = vec![IDENTITY; size];
    let chunk = size.div_ceil(rayon::current_num_threads()).max(1);
    sums.par_chunks_mut(chunk)
        .enumerate()
        .for_each(|(i, sums)| {
            let pairs: Vec<(u32, u32)> = (0..sums.len() as u32).map(|i| (i, i)).collect();
            let mut scratch = Vec::new();
            let mut add_all = |sums: &mut [G1Affine], other: &dyn Fn(usize) -> G1Affine| {
                let before = sums.to_vec();
                let operands = |pair: &(u32, u32)| {
                    let i = pair.0 as usize;
                    (before[i], other(i))
                };
                add_pairs(&pairs, operands, sums, &mut scratch);
            };
            // Small multiples of every point.
            let tables: Vec<Vec<Vec<G1Affine>>> = parts
                .iter()
                .map(|part| {
                    let part = &part[i * chunk..][..sums.len()];
                    let mut table = vec![part.to_vec()];
                    for i in 1..1 << (COMBINED_BITS - 1) {
                        let mut next = table.last().cloned().unwrap_or_default();
                        match i {
                            1 => double(&mut next),
                            _ => add_all(&mut next, &|i| part[i]),
                        }
                        table.push(next);
                    }
                    table
                })
                .collect();
            for window in (0..=bits / COMBINED_BITS).rev() {
                for _ in 0..COMBINED_BITS {
                    double(sums);
                }
                for (table, multiple) in tables.iter().zip(&multiples) {
                    let digit = multiple.digit(window, COMBINED_BITS);
                    if digit == 0 {
                        continue;
                    }
                    let points = &table[digit.unsigned_abs() as usize - 1];
                    match digit < 0 {
                        true => add_all(sums, &|i| -points[i]),
                        false => add_all(sums, &|i| points[i]),
                    }
                }
            }
        });
    sums
}

#[cfg(test)]
mod tests {
    use halo2_axiom::halo2curves::group::prime::PrimeCurveAffine;

    use super::*;
    use crate::field::to_field;
    use crate::setup::insecure_rng;

    fn points(count: usize) -> Vec<G1Affine> {
        let mut rng = insecure_rng();
        (0..count)
            .map(|_| G1::random(&mut rng).to_affine())
            .collect()
    }

    fn naive(points: &[G1Affine], scalars: &[Fr]) -> G1 {
        let products = points.iter().zip(scalars).map(|(p, s)| p * s);
        products.fold(G1::identity(), |sum, p| sum + p)
    }

    #[test]
    fn agrees_with_the_sum_of_products() {
        let mut rng = insecure_rng();
        for count in [1, 2, 3, 7, 64, 300] {
            let points = points(count);
            let scalars: Vec<Fr> = (0..count).map(|_| Fr::random(&mut rng)).collect();
            let multiples: Vec<Multiple> = scalars.iter().map(Multiple::from).collect();
            assert_eq!(multiply(&points, &multiples), naive(&points, &scalars));
        }
    }

    #[test]
    fn takes_integers_of_any_sign_and_size() {
        let values = [
            0,
            1,
            -1,
            255,
            -256,
            i128::from(u64::MAX),
            -1 << 100,
            i128::MIN,
            i128::MAX,
        ];
        let points = points(values.len());
        let multiples: Vec<Multiple> = values.iter().map(|v| Multiple::from(*v)).collect();
        let scalars: Vec<Fr> = values.iter().map(|v| to_field(*v)).collect();
        assert_eq!(multiply(&points, &multiples), naive(&points, &scalars));
        let largest = [-Fr::ONE; 9];
        let multiples: Vec<Multiple> = largest.iter().map(Multiple::from).collect();
        assert_eq!(multiply(&points, &multiples), naive(&points, &largest));
    }

    #[test]
    fn adds_points_that_are_equal_or_opposite() {
        let point = points(1)[0];
        for signs in [
            [1, 1, 1, 1],
            [1, -1, 1, -1],
            [1, 1, -1, -1],
            [-1, -1, -1, 1],
        ] {
            let points = signs.map(|s| if s < 0 { -point } else { point });
            for value in [1, 3, -200] {
                let multiples = [Multiple::from(value); 4];
                let scalars = [to_field(value); 4];
                assert_eq!(multiply(&points, &multiples), naive(&points, &scalars));
            }
        }
        let identity = [G1Affine::identity(), point];
        let multiples = [Multiple::from(2), Multiple::from(2)];
        assert_eq!(multiply(&identity, &multiples), point * Fr::from(2));
        assert_eq!(multiply(&[], &[]), G1::identity());
    }

    #[test]
    fn combinations_are_sums_of_products() {
        let mut rng = insecure_rng();
        let all = points(12);
        let parts: Vec<&[G1Affine]> = all.chunks(4).collect();
        for weights in [
            [Fr::ONE, Fr::ZERO, -Fr::ONE],
            [(); 3].map(|()| Fr::random(&mut rng)),
        ] {
            let combined = combine(&parts, &weights);
            for (i, sum) in combined.iter().enumerate() {
                let column: Vec<G1Affine> = parts.iter().map(|part| part[i]).collect();
                assert_eq!(G1::from(*sum), naive(&column, &weights));
            }
        }
    }
}
