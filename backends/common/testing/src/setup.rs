//! What the tests need of a backend.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use zkc_backend::{CircuitShape, Digests, Error, Proof, Rejection, System};
use zkc_circuit::{Circuit, Grid};

/// A circuit ready to prove with a backend.
pub trait Setup: Sized {
    /// The backend.
    type System: System;
    /// One of the ways in which the backend commits.
    type Variant: Copy + Debug + 'static;
    /// All ways; every test runs with each of them.
    const VARIANTS: &'static [Self::Variant];

    /// Checks and lays out a circuit.
    fn prepare(circuit: Circuit) -> Result<CircuitShape, Error>;

    /// Makes the keys of a good circuit.
    fn new(circuit: Circuit, variant: Self::Variant) -> Self;

    /// Dimensions of the circuit.
    fn shape(&self) -> &CircuitShape;

    /// The grid of the circuit on the given inputs.
    fn grid(&self, inputs: &[Vec<i128>]) -> Grid;

    /// What identifies the key.
    fn digests(&self) -> Digests;

    /// Proves a grid, which may be wrong.
    fn prove_grid(&self, grid: &Grid) -> Result<Proof<Self::System>, Error>;

    /// Verifies as a stranger would.
    fn verify(&self, proof: &Proof<Self::System>) -> Result<(), Error>;

    /// Proves the circuit on good inputs.
    fn prove(&self, inputs: &[Vec<i128>]) -> Proof<Self::System> {
        let proof = self.prove_grid(&self.grid(inputs));
        proof.expect("a good grid")
    }

    /// Why a proof is rejected.
    fn rejection(&self, proof: &Proof<Self::System>) -> Rejection {
        match self.verify(proof) {
            Err(Error::Rejected(rejection)) => rejection,
            Err(other) => panic!("rejected for another reason: {other}"),
            Ok(()) => panic!("a proof that must be rejected was accepted"),
        }
    }
}

/// Things that are made once per key and test binary, such as parameters.
#[derive(Debug)]
pub struct Shared<K, V>(Mutex<BTreeMap<K, Arc<V>>>);

impl<K: Ord, V> Shared<K, V> {
    /// Nothing is made yet.
    pub const fn new() -> Self {
        Shared(Mutex::new(BTreeMap::new()))
    }

    /// The thing for a key, made now or before.
    pub fn get(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        // What a failed test held is whole: it is put in last.
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(key).or_insert_with(|| Arc::new(make())).clone()
    }
}

impl<K: Ord, V> Default for Shared<K, V> {
    fn default() -> Self {
        Shared::new()
    }
}
