//! The check at the end of IPA: one sum of multiples of points.
//!
//! Almost all of verifying without a trusted setup is the sum of the `2^k` generators, each times the product of those
//! challenges that belong to the bits of its number (Bowe, Grigg, Hopwood: "Recursive proof composition without a trusted
//! setup", 2019, section 3.1). `halo2-axiom` adds it up with all other points in projective coordinates. Here it is added up
//! on its own, like the sums of the [prover](crate::prover), and `halo2-axiom` checks the rest.

use halo2_axiom::halo2curves::bn256::{Fr, G1Affine};
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::halo2curves::group::Curve;
use halo2_axiom::halo2curves::group::prime::PrimeCurveAffine;
use halo2_axiom::plonk;
use halo2_axiom::poly::VerificationStrategy;
use halo2_axiom::poly::commitment::{MSM, Params, ParamsProver};
use halo2_axiom::poly::ipa::msm::MSMIPA;
use halo2_axiom::poly::ipa::strategy::GuardIPA;

use crate::commitment::{Ipa, IpaParams, IpaVerifier};
use crate::prover::sum_of_multiples;

/// Checks one proof.
pub(crate) struct FoldedIpa<'a> {
    params: &'a IpaParams,
    /// Parameters that begin as `params` do: the sum that is left has no generators but the first.
    first: &'a IpaParams,
}

impl<'a> FoldedIpa<'a> {
    /// With the [few parameters](few) of `params`.
    pub(crate) fn with_few(params: &'a IpaParams, first: &'a IpaParams) -> FoldedIpa<'a> {
        FoldedIpa { params, first }
    }
}

/// The first of the parameters: two generators.
pub(crate) fn few(params: &IpaParams) -> IpaParams {
    let mut few = params.clone();
    few.downsize(params.k().min(1));
    few
}

impl<'a> VerificationStrategy<'a, Ipa, IpaVerifier<'a>> for FoldedIpa<'a> {
    type Output = ();

    fn new(params: &'a IpaParams) -> FoldedIpa<'a> {
        FoldedIpa::with_few(params, params)
    }

    fn process(
        self,
        f: impl FnOnce(MSMIPA<'a, G1Affine>) -> Result<GuardIPA<'a, G1Affine>, plonk::Error>,
    ) -> Result<(), plonk::Error> {
        let guard = f(MSMIPA::new(self.first))?;
        // No generator yet: challenges are known to the accumulator alone.
        let (_, accumulator) = guard.clone().use_g(G1Affine::identity());
        let generator = folded_generator(self.params, &accumulator.u_packed);
        let (sum, _) = guard.use_g(generator);
        match sum.check() {
            true => Ok(()),
            false => Err(plonk::Error::ConstraintSystemFailure),
        }
    }

    /// Each proof is checked when it is processed.
    fn finalize(self) -> bool {
        true
    }
}

/// The generator that is left when all are folded with the challenges, one for each halving.
fn folded_generator(params: &IpaParams, challenges: &[Fr]) -> G1Affine {
    let mut multiples = vec![Fr::ONE; 1];
    for challenge in challenges.iter().rev() {
        let upper: Vec<Fr> = multiples.iter().map(|m| m * challenge).collect();
        multiples.extend(upper);
    }
    sum_of_multiples(params.get_g(), &multiples).to_affine()
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2_axiom::arithmetic::best_multiexp;

    #[test]
    fn generators_are_folded_as_by_halving() {
        let params = IpaParams::new(3);
        let challenges = [5, 7, 11].map(Fr::from);
        let mut folded: Vec<_> = params.get_g().iter().map(|g| g.to_curve()).collect();
        for challenge in challenges {
            let (low, high) = folded.split_at(folded.len() / 2);
            folded = low
                .iter()
                .zip(high)
                .map(|(l, h)| l + h * challenge)
                .collect();
        }
        assert_eq!(
            folded_generator(&params, &challenges),
            folded[0].to_affine()
        );
        let multiples = [1, 11, 7, 77, 5, 55, 35, 385].map(Fr::from);
        assert_eq!(
            folded[0],
            best_multiexp(&multiples, params.get_g()),
            "the number of a generator says which challenges multiply it"
        );
    }

    #[test]
    fn few_parameters_are_the_first() {
        let (params, alone) = (IpaParams::new(3), IpaParams::new(1));
        let few = few(&params);
        assert_eq!(few.get_g(), alone.get_g());
        assert_eq!(few.get_g(), &params.get_g()[..2]);
        assert_eq!(self::few(&alone).get_g(), alone.get_g());
    }
}
