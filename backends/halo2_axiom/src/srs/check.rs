//! Whether points are the powers of the secret of a setup.
//!
//! Points of the curve that are no such powers would go unnoticed until a proof made with them is refused, or, where only
//! rows beyond those of today's circuits are wrong, until much later.
//!
//! All points are checked at once, by a random linear combination. For random `t_i`, let `c_j` be the coefficients of the
//! polynomial that takes the values `t_i` on the domain of `n = 2^k` rows, `g_j` the points of the monomial basis, `l_i`
//! those of the Lagrange basis:
//!
//! * `e(sum_{j<n-1} c_j g_{j+1}, G2) = e(sum_{j<n-1} c_j g_j, [s] G2)`, so `g_{j+1} = s g_j`, and `g_0` is the generator;
//! * `sum t_i l_i = sum c_j g_j`, the commitment to one polynomial in both bases.
//!
//! Both are linear in the `t_i`, so wrong points pass by one of 2^128 choices. The choice is derived from the digest of
//! the points, which it hence follows, and one file has the same verdict every time. The group of the first curve has no
//! subgroup, and that `[s] G2` is in the right one has been checked before.

use halo2_axiom::arithmetic::best_multiexp;
use halo2_axiom::halo2curves::bn256::{Fr, G1, G1Affine, G2Affine, pairing};
use halo2_axiom::halo2curves::ff::PrimeField;
use halo2_axiom::halo2curves::group::Curve;
use halo2_axiom::poly::EvaluationDomain;
use zkc_backend::Digest;

use crate::setup::KzgSetup;

/// Separates the numbers drawn here from all else that is derived from a digest.
const CONTEXT: &str = "zkc 2026 check of KZG parameters on BN254";

/// Says what is wrong with points whose digest, together with that of the setup, is `digest`.
///
/// Both slices hold `2^k` points of the curve, the first of `monomial` being the generator. Takes three sums of `2^k`
/// multiples.
pub(super) fn check(
    k: u32,
    monomial: &[G1Affine],
    lagrange: &[G1Affine],
    setup: KzgSetup,
    digest: &Digest,
) -> Result<(), &'static str> {
    let (values, coefficients) = combination(k, digest);
    let last = monomial.len() - 1;
    let powers = best_multiexp(&coefficients[..last], &monomial[..last]);
    let next = best_multiexp(&coefficients[..last], &monomial[1..]);
    let shifted = pairing(&next.to_affine(), &G2Affine::generator());
    if shifted != pairing(&powers.to_affine(), &setup.point()) {
        return Err("it holds points that are not the powers of the secret of its setup");
    }
    let committed: G1 = powers + monomial[last] * coefficients[last];
    if best_multiexp(&values, lagrange) != committed {
        return Err("its points of the Lagrange basis do not belong to its powers");
    }
    Ok(())
}

/// The values of a random polynomial, of 128 bits each, and its coefficients.
fn combination(k: u32, digest: &Digest) -> (Vec<Fr>, Vec<Fr>) {
    let mut numbers = blake3::Hasher::new_derive_key(CONTEXT)
        .update(&digest.0)
        .finalize_xof();
    let values: Vec<Fr> = (0..1_usize << k)
        .map(|_| {
            let mut bytes = [0; 16];
            numbers.fill(&mut bytes);
            Fr::from_u128(u128::from_le_bytes(bytes))
        })
        .collect();
    // Polynomials are of degree below 2^k, so no larger domain is used.
    let domain = EvaluationDomain::new(2, k);
    let coefficients = domain.lagrange_to_coeff(domain.lagrange_from_vec(values.clone()));
    (values, coefficients.into_values())
}
