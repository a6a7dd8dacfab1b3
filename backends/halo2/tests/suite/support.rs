//! The tests that every backend has to pass need this of it.

use std::sync::Arc;

use zkc_backend_testing::Shared;
use zkc_circuit::{Circuit, Grid};
use zkc_halo2::{
    CircuitShape, Digests, Error, Halo2Proofs, Params, Prepared, Proof, ProvingKey, mock, prove,
    system_rng, verify,
};

/// Parameters, made once per k and test binary.
pub(crate) fn params(k: u32) -> Arc<Params> {
    static MADE: Shared<u32, Params> = Shared::new();
    MADE.get(k, || Params::try_new(k).unwrap())
}

/// The grid of a circuit on the given inputs.
pub(crate) fn grid(prepared: &Prepared, inputs: &[Vec<i128>]) -> Grid {
    let registers = zkc_circuit::evaluate(prepared.circuit(), inputs).unwrap();
    prepared.assign(&registers)
}

/// A circuit ready to prove.
pub(crate) struct Setup {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) params: Arc<Params>,
    pub(crate) key: ProvingKey,
}

/// The setup of a circuit.
pub(crate) fn setup(circuit: Circuit) -> Setup {
    <Setup as zkc_backend_testing::Setup>::new(circuit, ())
}

impl zkc_backend_testing::Setup for Setup {
    type System = Halo2Proofs;
    type Variant = ();
    const VARIANTS: &'static [()] = &[()];

    fn prepare(circuit: Circuit) -> Result<CircuitShape, Error> {
        Prepared::try_new(circuit).map(|prepared| *prepared.shape())
    }

    fn new(circuit: Circuit, (): ()) -> Setup {
        let prepared = Prepared::try_new(circuit).unwrap();
        let params = params(prepared.shape().k);
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
        assert!(proved.cost.wall_s > 0.0);
        Ok(proved.proof)
    }

    /// The mock prover has to agree.
    fn prove(&self, inputs: &[Vec<i128>]) -> Proof {
        let grid = self.grid(inputs);
        let report = mock(&self.prepared, &grid).unwrap();
        assert!(report.is_satisfied(), "{report}");
        self.prove_grid(&grid).unwrap()
    }

    fn verify(&self, proof: &Proof) -> Result<(), Error> {
        let cost = verify(&self.params, &self.key.verifying_key(), proof)?;
        assert!(cost.wall_s > 0.0);
        Ok(())
    }
}
