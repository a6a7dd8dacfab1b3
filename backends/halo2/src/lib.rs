#![doc = include_str!("../README.md")]

mod assign;
mod capabilities;
mod columns;
mod field;
mod keys;
mod mock;
mod params;
mod prove;
mod system;
mod verify;

pub use capabilities::capabilities;
pub use columns::Prepared;
pub use keys::{MAX_KEY_FILE_BYTES, ProvingKey, StoredKey, VerifyingKey};
pub use mock::{FailureKind, MAX_REPORTED, MockFailure, MockReport, mock};
pub use params::Params;
pub use prove::prove;
pub use system::{HALO2_PROOFS_VERSION, Halo2Proofs};
pub use verify::verify;
pub use zkc_backend::{
    Capabilities, CircuitShape, Commitment, Cost, Digest, Digests, Error, ExprError, MAX_DEPTH,
    MAX_K, MAX_NODES, MAX_PROOF_FILE_BYTES, MIN_K, ParamsSource, PublicKind, PublicTensor,
    Rejection, Stopwatch, peak_rss_bytes, process_cpu_s, system_rng, thread_count,
};

/// Parameters of this backend together with what getting them took.
pub type LoadedParams = zkc_backend::LoadedParams<Params>;

/// A folder that keeps the parameters of this backend between runs.
pub type ParamsCache = zkc_backend::ParamsCache<Params>;

/// A proof of this backend together with the public values that it proves.
pub type Proof = zkc_backend::Proof<Halo2Proofs>;

/// A proof of this backend and what making it cost.
pub type Proved = zkc_backend::Proved<Halo2Proofs>;
