#![doc = include_str!("../README.md")]

mod assign;
mod capabilities;
mod columns;
mod commitment;
mod field;
mod folded;
mod key_file;
mod keys;
mod lookups;
mod outline;
mod params;
mod prediction;
mod prove;
mod prover;
mod setup;
mod srs;
mod system;
mod verify;

pub use capabilities::{PHASES, capabilities};
pub use columns::Prepared;
pub use key_file::{MAX_PROVING_KEY_FILE_BYTES, MAX_VERIFYING_KEY_FILE_BYTES};
pub use keys::{ProvingKey, VerifyingKey};
pub use params::Params;
pub use prediction::{Prediction, WorkKind};
pub use prove::prove;
#[doc(hidden)]
pub use prove::prove_altered;
pub use setup::Setup;
pub use system::{HALO2_AXIOM_VERSION, Halo2Axiom};
pub use verify::{InsecureSetup, verify};
pub use zkc_backend::{
    Capabilities, CircuitShape, Commitment, Cost, Digest, Digests, Error, ExprError, MAX_DEPTH,
    MAX_K, MAX_NODES, MAX_PROOF_FILE_BYTES, MIN_K, ParamsSource, PublicKind, PublicTensor,
    Rejection, Stopwatch, UnknownCommitment, peak_rss_bytes, process_cpu_s, rss_bytes, system_rng,
    thread_count,
};

/// Generators of IPA together with what getting them took, no part of the time that keys and proofs report.
pub type LoadedParams = zkc_backend::LoadedParams<Params>;

/// A folder that keeps the generators of IPA between runs.
pub type ParamsCache = zkc_backend::ParamsCache<Params>;

/// A proof of this backend together with the public values that it proves.
pub type Proof = zkc_backend::Proof<Halo2Axiom>;

/// A proof of this backend and what making it cost.
pub type Proved = zkc_backend::Proved<Halo2Axiom>;
