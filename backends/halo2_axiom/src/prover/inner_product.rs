//! Opening commitments of IPA at several points (Bowe, Grigg and Hopwood 2019, eprint 2019/1021, section 3).
//!
//! The argument halves the generators in each round. They are not computed in each: a round's commitments are sums over the
//! generators of some rounds before, whose multiples are products of the challenges since, and only after some rounds the
//! generators are put together, all by the same steps.

use halo2_axiom::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_axiom::halo2curves::ff::{Field, PrimeField};
use halo2_axiom::transcript::{Challenge255, TranscriptWrite};
use rand_core_06::RngCore;

use super::bases::{Bases, affine};
use super::few_random;
use super::fft::{add_multiple, divide, evaluate, powers};
use super::msm::{Multiple, combine, combine_cost, multiply, sum_cost};
use super::opening::{Claims, sets};

/// Rounds after which generators are put together.
const ROUNDS: usize = 4;

/// Proves the values of polynomials at points.
pub(super) fn open(
    claims: &Claims<'_>,
    rng: &mut impl RngCore,
    transcript: &mut impl TranscriptWrite<G1Affine, Challenge255<G1Affine>>,
) -> std::io::Result<()> {
    let x_1 = *transcript.squeeze_challenge_scalar::<()>();
    let x_2 = *transcript.squeeze_challenge_scalar::<()>();
    let sets = sets(claims.opened);
    let mut combined = Vec::new();
    let mut quotient = vec![Fr::ZERO; claims.domain.size()];
    for set in &sets {
        // The last polynomial of a set has factor one.
        let mut factors = powers(x_1, set.opened.len());
        factors.reverse();
        let (polynomial, blind) = set.combine(claims, &factors);
        let mut rest = polynomial.clone();
        for point in &set.points {
            divide(&mut rest, claims.points[*point]);
        }
        for (sum, coefficient) in quotient.iter_mut().zip(&rest) {
            *sum = *sum * x_2 + coefficient;
        }
        combined.push((polynomial, blind));
    }
    let mut blind = Fr::random(&mut *rng);
    transcript.write_point(affine(&[claims.bases.commit(&quotient, blind)])[0])?;
    let x_3 = *transcript.squeeze_challenge_scalar::<()>();
    for (polynomial, _) in &combined {
        transcript.write_scalar(evaluate(polynomial, x_3))?;
    }
    let x_4 = *transcript.squeeze_challenge_scalar::<()>();
    let mut sum = quotient;
    for (polynomial, hidden) in &combined {
        for (sum, coefficient) in sum.iter_mut().zip(polynomial) {
            *sum = *sum * x_4 + coefficient;
        }
        blind = blind * x_4 + hidden;
    }
    argue(claims.bases, sum, blind, x_3, rng, transcript)
}

/// Multiplications of field elements that the argument's sums over the generators take, about, for `2^k` of them.
pub(crate) fn argument_cost(k: u32) -> u64 {
    let (mut size, mut cost) = (1u64 << k, 0);
    while size > 1 {
        let rounds = (ROUNDS as u32).min(size.trailing_zeros());
        cost += u64::from(rounds) * 2 * sum_cost(size / 2, Fr::NUM_BITS);
        size >>= rounds;
        if size > 1 {
            cost += combine_cost(size, 1 << ROUNDS);
        }
    }
    cost
}

/// Proves the value at `x` of a polynomial that was committed to with `blind`.
fn argue(
    bases: &Bases,
    polynomial: Vec<Fr>,
    blind: Fr,
    x: Fr,
    rng: &mut impl RngCore,
    transcript: &mut impl TranscriptWrite<G1Affine, Challenge255<G1Affine>>,
) -> std::io::Result<()> {
    let Some([hiding, value_base]) = bases.hiding else {
        return Err(std::io::ErrorKind::InvalidData.into());
    };
    let n = polynomial.len();
    // A random polynomial that is zero at x hides the coefficients.
    let mut random = few_random(rng);
    let value = evaluate(&random, x);
    random[0] -= value;
    let random_blind = Fr::random(&mut *rng);
    transcript.write_point(affine(&[bases.commit(&random, random_blind)])[0])?;
    let xi = *transcript.squeeze_challenge_scalar::<()>();
    let z = *transcript.squeeze_challenge_scalar::<()>();
    let mut p = polynomial;
    add_multiple(&mut p, xi, &random);
    let value = evaluate(&p, x);
    p[0] -= value;
    let mut blind = random_blind * xi + blind;
    let mut b = powers(x, n);
    let mut generators = bases.monomial.clone();
    // Generator `i` of now is the sum of `weights[j]` times generator `i + j * p.len()` of `generators`.
    let mut weights = vec![Fr::ONE];
    while p.len() > 1 {
        if weights.len() >= 1 << ROUNDS {
            let parts: Vec<&[G1Affine]> = generators.chunks(p.len()).collect();
            generators = combine(&parts, &weights);
            weights = vec![Fr::ONE];
        }
        let half = p.len() / 2;
        let blinds = [(); 2].map(|()| Fr::random(&mut *rng));
        let side = |low: bool, blind: Fr| -> G1 {
            let (scalars, values) = match low {
                true => (&p[half..], &b[..half]),
                false => (&p[..half], &b[half..]),
            };
            let (mut points, mut multiples) = (Vec::new(), Vec::new());
            for (weight, part) in weights.iter().zip(generators.chunks(2 * half)) {
                let (first, second) = part.split_at(half);
                points.extend_from_slice(if low { first } else { second });
                multiples.extend(scalars.iter().map(|s| Multiple::from(&(*s * weight))));
            }
            let value: Fr = scalars.iter().zip(values).map(|(s, v)| s * v).sum();
            points.extend([value_base, hiding]);
            multiples.extend([&(value * z), &blind].map(Multiple::from));
            multiply(&points, &multiples)
        };
        let (left, right) = rayon::join(|| side(true, blinds[0]), || side(false, blinds[1]));
        for point in affine(&[left, right]) {
            transcript.write_point(point)?;
        }
        let u = *transcript.squeeze_challenge_scalar::<()>();
        // Nobody can make it zero.
        let inverse = u.invert().unwrap_or(Fr::ONE);
        let fold = |values: &mut Vec<Fr>, factor: Fr| {
            let (low, high) = values.split_at_mut(half);
            add_multiple(low, factor, high);
            values.truncate(half);
        };
        fold(&mut p, inverse);
        fold(&mut b, u);
        weights = weights.iter().flat_map(|w| [*w, *w * u]).collect();
        blind += blinds[0] * inverse + blinds[1] * u;
    }
    transcript.write_scalar(p[0])?;
    transcript.write_scalar(blind)
}
