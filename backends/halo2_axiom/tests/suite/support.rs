//! The tests that every backend has to pass need this of it.

use std::sync::Arc;

use zkc_backend_testing::Shared;
use zkc_circuit::{Circuit, Grid};
use zkc_halo2_axiom::{
    CircuitShape, Commitment, Digests, Error, Halo2Axiom, InsecureSetup, Params, Prepared, Proof,
    ProvingKey, VerifyingKey, prove, system_rng, verify,
};

/// Parameters, made once per commitment, k and test binary; those of KZG are insecure.
pub(crate) fn params(commitment: Commitment, k: u32) -> Arc<Params> {
    static MADE: Shared<(Commitment, u32), Params> = Shared::new();
    MADE.get((commitment, k), || match commitment {
        Commitment::Kzg => Params::insecure(k).unwrap(),
        Commitment::Ipa => Params::ipa(k).unwrap(),
    })
}

/// The grid of a circuit on the given inputs.
pub(crate) fn grid(prepared: &Prepared, inputs: &[Vec<i128>]) -> Grid {
    let registers = zkc_circuit::evaluate(prepared.circuit(), inputs).unwrap();
    prepared.assign(&registers).unwrap()
}

/// A circuit ready to prove.
pub(crate) struct Setup {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) params: Arc<Params>,
    pub(crate) key: ProvingKey,
}

impl Setup {
    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }
}

impl zkc_backend_testing::Setup for Setup {
    type System = Halo2Axiom;
    type Variant = Commitment;
    const VARIANTS: &'static [Commitment] = &Commitment::ALL;

    fn prepare(circuit: Circuit) -> Result<CircuitShape, Error> {
        Prepared::try_new(circuit).map(|prepared| *prepared.shape())
    }

    fn new(circuit: Circuit, commitment: Commitment) -> Setup {
        let prepared = Prepared::try_new(circuit).unwrap();
        let params = params(commitment, prepared.shape().k);
        let key = ProvingKey::generate(&prepared, &params).unwrap();
        Setup {
            prepared,
            params,
            key,
        }
    }

    fn shape(&self) -> &CircuitShape {
        self.prepared.shape()
    }

    fn grid(&self, inputs: &[Vec<i128>]) -> Grid {
        grid(&self.prepared, inputs)
    }

    fn digests(&self) -> Digests {
        self.key.digests()
    }

    fn prove_grid(&self, grid: &Grid) -> Result<Proof, Error> {
        let proved = prove(&self.params, &self.key, grid, &mut system_rng().unwrap())?;
        Ok(proved.proof)
    }

    /// KZG without parameters.
    fn verify(&self, proof: &Proof) -> Result<(), Error> {
        accept(&self.params, &self.verifying_key(), proof)
    }
}

/// Verifies, with the generators for IPA and without parameters for KZG.
pub(crate) fn accept(params: &Params, key: &VerifyingKey, proof: &Proof) -> Result<(), Error> {
    let params = key.needs_params().map(|_| params);
    verify(params, key, proof, InsecureSetup::Allow).map(|_| ())
}
