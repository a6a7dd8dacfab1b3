//! Proving and verifying keys. Their files are described in `key_file.rs`.

use std::sync::Arc;

use halo2_axiom::halo2curves::bn256::{Fr, G1Affine};
use halo2_axiom::plonk::{self, ConstraintSystem, keygen_pk2, keygen_vk_custom, permutation};
use halo2_axiom::poly::{EvaluationDomain, LagrangeCoeff, Polynomial};
use zkc_backend::{CircuitShape, Commitment, Cost, Digest, Digests, Error, Stopwatch};

use crate::assign::Synthesis;
use crate::columns::{Prepared, configure};
use crate::key_file::{self, fixed_values};
use crate::outline::Outline;
use crate::params::{Inner, Params};
use crate::prover;
use crate::setup::{KzgSetup, Setup};
use crate::system::{FLAVOUR, install};

/// Which setup a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeySetup {
    Kzg(KzgSetup),
    Ipa,
}

impl KeySetup {
    fn of(params: &Params) -> KeySetup {
        params.kzg_setup().map_or(KeySetup::Ipa, KeySetup::Kzg)
    }

    pub(crate) fn commitment(self) -> Commitment {
        match self {
            KeySetup::Kzg(_) => Commitment::Kzg,
            KeySetup::Ipa => Commitment::Ipa,
        }
    }

    fn setup(self) -> Setup {
        match self {
            KeySetup::Kzg(setup) => setup.setup(),
            KeySetup::Ipa => Setup::Transparent,
        }
    }

    /// Refuses parameters that the key was not made with.
    pub(crate) fn check(self, params: &Params) -> Result<(), Error> {
        if self.commitment() != params.commitment() {
            return Err(Error::OtherCommitment {
                what: "the parameters",
                expected: self.commitment(),
                found: params.commitment(),
            });
        }
        if self != KeySetup::of(params) {
            return Err(Error::OtherSetup {
                key: self.setup().to_string(),
                params: params.setup().to_string(),
            });
        }
        Ok(())
    }
}

/// What checks proofs of one circuit, without the circuit.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    pub(crate) outline: Arc<Outline>,
    pub(crate) inner: plonk::VerifyingKey<G1Affine>,
    pub(crate) setup: KeySetup,
    pub(crate) digests: Digests,
    pub(crate) shape: CircuitShape,
}

/// What makes proofs of one circuit.
#[derive(Clone, Debug)]
pub struct ProvingKey {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) inner: Proving,
    pub(crate) setup: KeySetup,
    pub(crate) digests: Digests,
    keygen_cost: Cost,
}

/// What a proving key holds beside the circuit.
#[derive(Clone, Debug)]
pub(crate) enum Proving {
    /// Of a circuit whose constraints are all gates: the values of fixed columns.
    Gates {
        verifying: Box<plonk::VerifyingKey<G1Affine>>,
        fixed: Vec<FixedValues>,
    },
    /// Of any other, for `halo2-axiom`'s own prover.
    Arguments(Box<plonk::ProvingKey<G1Affine>>),
}

/// The values of a fixed column.
pub(crate) type FixedValues = Polynomial<Fr, LagrangeCoeff>;

impl Proving {
    pub(crate) fn verifying(&self) -> &plonk::VerifyingKey<G1Affine> {
        match self {
            Proving::Gates { verifying, .. } => verifying,
            Proving::Arguments(key) => key.get_vk(),
        }
    }
}

/// The constraint system of a circuit, if its constraints are all gates.
fn gates(prepared: &Prepared) -> Result<Option<ConstraintSystem<Fr>>, Error> {
    let mut meta = ConstraintSystem::default();
    configure(&mut meta, &prepared.outline)?;
    let applies = prover::applies_to(&meta);
    let filled = prepared.circuit().filled_helpers(prepared.layout());
    if !applies && !filled.is_empty() {
        return Err(FLAVOUR.lacks(
            "does not compute the rows that blind a proof, which a column of the circuit asks for, where it adds copies",
        ));
    }
    Ok(applies.then_some(meta))
}

/// Commits to the fixed columns of a circuit whose constraints are all gates. The key is that of `halo2-axiom`.
fn commit_fixed(
    prepared: &Prepared,
    params: &Params,
    meta: ConstraintSystem<Fr>,
    fixed: &[FixedValues],
) -> Result<plonk::VerifyingKey<G1Affine>, Error> {
    let commitments = params.bases()?.commit_fixed(fixed);
    let shape = prepared.shape();
    Ok(plonk::VerifyingKey::from_parts(
        EvaluationDomain::new(shape.degree as u32, shape.k),
        commitments,
        permutation::VerifyingKey::from_commitments(vec![]),
        meta,
        vec![],
        false,
    ))
}

impl VerifyingKey {
    /// Makes the verifying key of a circuit. The same circuit and setup always give the same key.
    pub fn generate(prepared: &Arc<Prepared>, params: &Params) -> Result<VerifyingKey, Error> {
        params.check_k(prepared.shape().k)?;
        FLAVOUR.check_memory(prepared.shape().key_memory_bytes())?;
        let circuit = Synthesis::keys(prepared);
        let inner = install(|| match (gates(prepared)?, &params.inner) {
            (Some(meta), _) => commit_fixed(prepared, params, meta, &fixed_values(prepared)),
            (None, Inner::Kzg(params)) => {
                keygen_vk_custom(params, &circuit, false).map_err(backend)
            }
            (None, Inner::Ipa(params)) => {
                keygen_vk_custom(params, &circuit, false).map_err(backend)
            }
        })??;
        let setup = KeySetup::of(params);
        let key = key_file::digest(&prepared.outline, prepared.digest(), setup, &inner);
        Ok(VerifyingKey {
            outline: prepared.outline.clone(),
            inner,
            setup,
            digests: Digests {
                circuit: prepared.digest(),
                key,
            },
            shape: *prepared.shape(),
        })
    }

    /// How proofs commit to polynomials.
    pub fn commitment(&self) -> Commitment {
        self.setup.commitment()
    }

    /// Whom users of the key have to trust besides its maker.
    pub fn setup(&self) -> Setup {
        self.setup.setup()
    }

    /// Dimensions of the circuit.
    pub fn shape(&self) -> &CircuitShape {
        &self.shape
    }

    /// Name of the circuit.
    pub fn circuit_name(&self) -> &str {
        &self.outline.circuit.name
    }

    /// What identifies the key.
    pub fn digests(&self) -> Digests {
        self.digests
    }
}

impl ProvingKey {
    /// Makes the proving key of a circuit; the verifying key is part of it.
    pub fn generate(prepared: &Arc<Prepared>, params: &Params) -> Result<ProvingKey, Error> {
        params.check_k(prepared.shape().k)?;
        FLAVOUR.check_memory(prepared.shape().memory_bytes())?;
        let watch = Stopwatch::start();
        let circuit = Synthesis::keys(prepared);
        let inner = install(|| -> Result<Proving, Error> {
            let key = match (gates(prepared)?, &params.inner) {
                (Some(meta), _) => {
                    let fixed = fixed_values(prepared);
                    let verifying = Box::new(commit_fixed(prepared, params, meta, &fixed)?);
                    return Ok(Proving::Gates { verifying, fixed });
                }
                (None, Inner::Kzg(params)) => keygen_pk2(params, &circuit, false),
                (None, Inner::Ipa(params)) => keygen_pk2(params, &circuit, false),
            };
            Ok(Proving::Arguments(Box::new(key.map_err(backend)?)))
        })??;
        let setup = KeySetup::of(params);
        let verifying = inner.verifying();
        let digest = key_file::digest(&prepared.outline, prepared.digest(), setup, verifying);
        Ok(ProvingKey::new(
            prepared.clone(),
            inner,
            setup,
            digest,
            watch.cost(),
        ))
    }

    pub(crate) fn new(
        prepared: Arc<Prepared>,
        inner: Proving,
        setup: KeySetup,
        key: Digest,
        keygen_cost: Cost,
    ) -> ProvingKey {
        ProvingKey {
            digests: Digests {
                circuit: prepared.digest(),
                key,
            },
            prepared,
            inner,
            setup,
            keygen_cost,
        }
    }

    /// The verifying key.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey {
            outline: self.prepared.outline.clone(),
            inner: self.inner.verifying().clone(),
            setup: self.setup,
            digests: self.digests,
            shape: *self.prepared.shape(),
        }
    }

    /// The circuit.
    pub fn prepared(&self) -> &Arc<Prepared> {
        &self.prepared
    }

    /// How proofs commit to polynomials.
    pub fn commitment(&self) -> Commitment {
        self.setup.commitment()
    }

    /// Whom users of the key have to trust besides its maker.
    pub fn setup(&self) -> Setup {
        self.setup.setup()
    }

    /// What identifies the key.
    pub fn digests(&self) -> Digests {
        self.digests
    }

    /// What making the key, or reading it from its file, cost.
    pub fn keygen_cost(&self) -> Cost {
        self.keygen_cost
    }
}

fn backend(source: plonk::Error) -> Error {
    FLAVOUR.failed("making keys", source)
}

#[cfg(test)]
mod tests {
    use halo2_axiom::halo2curves::bn256::{Fr, G2Affine};

    use super::*;

    #[test]
    fn parameters_of_another_setup_are_refused() {
        let params = Params::insecure(4).unwrap();
        let point = G2Affine::from(G2Affine::generator() * Fr::from(5));
        let other = KeySetup::Kzg(KzgSetup::try_new(point).unwrap());
        let error = other.check(&params).unwrap_err();
        assert!(matches!(error, Error::OtherSetup { .. }), "{error}");
        assert!(error.to_string().ends_with("proofs would never hold"));
        KeySetup::of(&params).check(&params).unwrap();
        let error = KeySetup::Ipa.check(&params).unwrap_err();
        assert!(matches!(error, Error::OtherCommitment { .. }), "{error}");
    }
}
