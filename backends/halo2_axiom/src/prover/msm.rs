//! Sums of multiples of points.
//!
//! Pippenger's bucket method with signed digits ("On the evaluation of powers and monomials", 1980): for each window of bits,
//! points with the same digit are added up first. That is done in affine coordinates, two by two in rounds, where all
//! additions of a round share one inversion (Montgomery's trick), so that an addition takes six multiplications.

use halo2_axiom::halo2curves::bn256::{Fq, Fr, G1, G1Affine};
use halo2_axiom::halo2curves::ff::{Field, PrimeField};
use halo2_axiom::halo2curves::group::Group;
use rayon::prelude::*;

/// A number to multiply with.
#[derive(Clone, Copy)]
pub(super) struct Multiple {
    magnitude: [u64; 4],
    negative: bool,
}

impl From<&Fr> for Multiple {
    fn from(value: &Fr) -> Multiple {
        let bytes = value.to_repr();
        let mut magnitude = [0; 4];
        for (limb, bytes) in magnitude.iter_mut().zip(bytes.as_ref().chunks_exact(8)) {
            // The chunks have eight bytes.
            *limb = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        }
        Multiple {
            magnitude,
            negative: false,
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

/// The sum of the multiples of the points; there are as many of both.
pub(super) fn multiply(points: &[G1Affine], multiples: &[Multiple]) -> G1 {
    let used = multiples.iter().filter(|m| !m.is_zero()).count();
    let bits = multiples.iter().map(Multiple::bits).max().unwrap_or(0);
    if used == 0 {
        return G1::identity();
    }
    let (width, windows) = windows(used as u64, bits);
    let sums: Vec<G1> = (0..windows)
        .into_par_iter()
        .map(|window| window_sum(points, multiples, window, width))
        .collect();
    let mut sum = G1::identity();
    for window in sums.iter().rev() {
        for _ in 0..width {
            sum = sum.double();
        }
        sum += window;
    }
    sum
}

/// Bits of a window, and how many windows there are.
fn windows(points: u64, bits: u32) -> (u32, u32) {
    // Multiplications of field elements: adding a point to a bucket, and adding a bucket up.
    const POINT: u64 = 7;
    const BUCKET: u64 = 27;
    let windows = |width: u32| bits / width + 1;
    let cost =
        |width: &u32| u64::from(windows(*width)) * (points * POINT + (BUCKET << (*width - 1)));
    let width = (1..=15).min_by_key(cost).unwrap_or(1);
    (width, windows(width))
}

/// The sum of one window's digits times the points.
fn window_sum(points: &[G1Affine], multiples: &[Multiple], window: u32, width: u32) -> G1 {
    let buckets = 1usize << (width - 1);
    let digits: Vec<i32> = multiples.iter().map(|m| m.digit(window, width)).collect();
    let mut lengths = vec![0u32; buckets];
    for digit in digits.iter().filter(|d| **d != 0) {
        lengths[digit.unsigned_abs() as usize - 1] += 1;
    }
    let mut next = Vec::with_capacity(buckets);
    let mut total = 0u32;
    for length in &lengths {
        next.push(total);
        total += length;
    }
    let mut sorted = vec![IDENTITY; total as usize];
    for (point, digit) in points.iter().zip(&digits).filter(|(_, d)| **d != 0) {
        let next = &mut next[digit.unsigned_abs() as usize - 1];
        sorted[*next as usize] = if *digit < 0 { -point } else { *point };
        *next += 1;
    }
    add_up(&mut sorted, &mut lengths);
    // Every bucket times its number: the sum of all sums from the last bucket on.
    let (mut running, mut sum) = (G1::identity(), G1::identity());
    let mut rest = sorted.iter().rev();
    for length in lengths.iter().rev() {
        if *length > 0
            && let Some(bucket) = rest.next()
        {
            running += bucket;
        }
        sum += running;
    }
    sum
}

const IDENTITY: G1Affine = G1Affine {
    x: Fq::ZERO,
    y: Fq::ZERO,
};

/// Replaces runs of points, which have these lengths, by their sums.
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

/// What has to be inverted to add two points.
fn denominator(a: &G1Affine, b: &G1Affine) -> Fq {
    let difference = b.x - a.x;
    if *a == IDENTITY || *b == IDENTITY {
        Fq::ONE
    } else if difference != Fq::ZERO {
        difference
    } else if a.y == b.y {
        // No point has order two.
        a.y.double()
    } else {
        Fq::ONE
    }
}

/// The sum of two points, with the inverse of their [`denominator`].
fn add(a: &G1Affine, b: &G1Affine, inverse: &Fq) -> G1Affine {
    if *a == IDENTITY {
        return *b;
    }
    if *b == IDENTITY {
        return *a;
    }
    let slope = if a.x != b.x {
        (b.y - a.y) * inverse
    } else if a.y == b.y {
        let square = a.x.square();
        (square.double() + square) * inverse
    } else {
        return IDENTITY;
    };
    let x = slope.square() - a.x - b.x;
    G1Affine {
        x,
        y: slope * (a.x - x) - a.y,
    }
}

/// Writes the sum of each pair to its place in `out`, the first number of the pair.
fn add_pairs(
    pairs: &[(u32, u32)],
    operands: impl Fn(&(u32, u32)) -> (G1Affine, G1Affine),
    out: &mut [G1Affine],
    products: &mut Vec<Fq>,
) {
    products.clear();
    let mut product = Fq::ONE;
    for pair in pairs {
        let (a, b) = operands(pair);
        products.push(product);
        product *= denominator(&a, &b);
    }
    // No denominator is zero.
    let mut inverse = product.invert().unwrap_or(Fq::ONE);
    for (pair, before) in pairs.iter().zip(products.iter()).rev() {
        let (a, b) = operands(pair);
        out[pair.0 as usize] = add(&a, &b, &(inverse * before));
        inverse *= denominator(&a, &b);
    }
}

/// The sums of `weights[j]` times point `i` of `parts[j]`, for all `i`.
///
/// All sums take the same steps, so that each step is one round of affine additions.
pub(super) fn combine(parts: &[&[G1Affine]], weights: &[Fr]) -> Vec<G1Affine> {
    const WIDTH: u32 = 4;
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
            let mut add_all =
                |sums: &mut [G1Affine], other: &dyn Fn(&[G1Affine], usize) -> G1Affine| {
                    let before = sums.to_vec();
                    let operands = |pair: &(u32, u32)| {
                        let i = pair.0 as usize;
                        (before[i], other(&before, i))
                    };
                    add_pairs(&pairs, operands, sums, &mut scratch);
                };
            // Small multiples of every point.
            let tables: Vec<Vec<Vec<G1Affine>>> = parts
                .iter()
                .map(|part| {
                    let part = &part[i * chunk..][..sums.len()];
                    let mut table = vec![part.to_vec()];
                    for _ in 1..1 << (WIDTH - 1) {
                        let mut next = table.last().cloned().unwrap_or_default();
                        add_all(&mut next, &|_, i| part[i]);
                        table.push(next);
                    }
                    table
                })
                .collect();
            for window in (0..=bits / WIDTH).rev() {
                for _ in 0..WIDTH {
                    add_all(sums, &|sums, i| sums[i]);
                }
                for (table, multiple) in tables.iter().zip(&multiples) {
                    let digit = multiple.digit(window, WIDTH);
                    if digit == 0 {
                        continue;
                    }
                    let points = &table[digit.unsigned_abs() as usize - 1];
                    match digit < 0 {
                        true => add_all(sums, &|_, i| -points[i]),
                        false => add_all(sums, &|_, i| points[i]),
                    }
                }
            }
        });
    sums
}

#[cfg(test)]
mod tests {
    use halo2_axiom::halo2curves::group::Curve;
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
