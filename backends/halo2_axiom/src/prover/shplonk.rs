//! Opening commitments of KZG at several points: SHPLONK (Boneh, Drake, Fisch and Gabizon 2020, eprint 2020/081, section 4).

use halo2_axiom::halo2curves::bn256::{Fr, G1Affine};
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::transcript::{Challenge255, TranscriptWrite};

use super::bases::affine;
use super::fft::{add_multiple, divide, evaluate, powers};
use super::opening::{Claims, sets};
use super::quotient::interpolated;

/// Proves the values of polynomials at points.
pub(super) fn open(
    claims: &Claims<'_>,
    transcript: &mut impl TranscriptWrite<G1Affine, Challenge255<G1Affine>>,
) -> std::io::Result<()> {
    let Claims {
        bases,
        domain,
        points,
        opened,
        ..
    } = *claims;
    let y = *transcript.squeeze_challenge_scalar::<()>();
    let v = *transcript.squeeze_challenge_scalar::<()>();
    let sets = sets(opened);
    let used: Vec<usize> = (0..points.len())
        .filter(|point| sets.iter().any(|set| set.points.contains(point)))
        .collect();
    let mut quotient = vec![Fr::ZERO; domain.size()];
    let mut combined = Vec::new();
    let mut power_of_v = Fr::ONE;
    for set in &sets {
        let factors = powers(y, set.opened.len());
        let (polynomial, _) = set.combine(claims, &factors);
        let at: Vec<Fr> = set.points.iter().map(|point| points[*point]).collect();
        let low = interpolated(&at, &set.values(&factors));
        let mut rest = polynomial.clone();
        add_multiple(&mut rest, -Fr::ONE, &low);
        at.iter().for_each(|point| divide(&mut rest, *point));
        add_multiple(&mut quotient, power_of_v, &rest);
        combined.push((polynomial, at, low, power_of_v));
        power_of_v *= v;
    }
    transcript.write_point(affine(&[bases.commit(&quotient, Fr::ONE)])[0])?;
    let u = *transcript.squeeze_challenge_scalar::<()>();
    let vanishing =
        |points: &mut dyn Iterator<Item = Fr>| -> Fr { points.map(|p| u - p).product() };
    let mut sum = vec![Fr::ZERO; domain.size()];
    let mut first = None;
    for (polynomial, at, low, power_of_v) in &combined {
        let mut others = used.iter().map(|p| points[*p]).filter(|p| !at.contains(p));
        let others = vanishing(&mut others);
        first.get_or_insert(others);
        let factor = *power_of_v * others;
        add_multiple(&mut sum, factor, polynomial);
        sum[0] -= factor * evaluate(low, u);
    }
    let all = vanishing(&mut used.iter().map(|point| points[*point]));
    add_multiple(&mut sum, -all, &quotient);
    divide(&mut sum, u);
    // The verifier takes the first set as it is. Nobody can make `u` one of the points.
    let first = first.and_then(|first| Option::from(first.invert()));
    let first: Fr = first.unwrap_or(Fr::ONE);
    sum.iter_mut().for_each(|coefficient| *coefficient *= first);
    transcript.write_point(affine(&[bases.commit(&sum, Fr::ONE)])[0])
}
