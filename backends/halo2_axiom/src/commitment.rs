//! The two ways to commit to polynomials, in the types of `halo2-axiom`.

use halo2_axiom::halo2curves::bn256::{Bn256, G1Affine};
use halo2_axiom::poly::ipa::commitment::{IPACommitmentScheme, ParamsIPA};
use halo2_axiom::poly::ipa::multiopen::{ProverIPA, VerifierIPA};
use halo2_axiom::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_axiom::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_axiom::poly::kzg::strategy::SingleStrategy as SingleKzg;

/// Parameters of KZG.
pub(crate) type KzgParams = ParamsKZG<Bn256>;

/// Generators of IPA.
pub(crate) type IpaParams = ParamsIPA<G1Affine>;

pub(crate) type Kzg = KZGCommitmentScheme<Bn256>;
pub(crate) type KzgProver<'a> = ProverSHPLONK<'a, Bn256>;
pub(crate) type KzgVerifier<'a> = VerifierSHPLONK<'a, Bn256>;
pub(crate) type KzgStrategy<'a> = SingleKzg<'a, Bn256>;

pub(crate) type Ipa = IPACommitmentScheme<G1Affine>;
pub(crate) type IpaProver<'a> = ProverIPA<'a, G1Affine>;
pub(crate) type IpaVerifier<'a> = VerifierIPA<'a, G1Affine>;
