#![doc = include_str!("../README.md")]

mod assign;
mod capabilities;
mod columns;
mod error;
mod field;
mod gates;
mod keys;
mod lookups;
mod measure;
mod mock;
mod params;
mod proof;
mod prove;
mod public;
mod threads;
mod verify;

pub use capabilities::{Capabilities, capabilities};
pub use columns::{CircuitShape, Prepared};
pub use error::Error;
pub use gates::{ExprError, MAX_DEPTH, MAX_NODES};
pub use keys::{
    Digest, Digests, HALO2_PROOFS_VERSION, MAX_KEY_FILE_BYTES, ProvingKey, StoredKey, VerifyingKey,
};
pub use measure::{Cost, Stopwatch, peak_rss_bytes, process_cpu_s};
pub use mock::{FailureKind, MAX_REPORTED, MockFailure, MockReport, mock};
pub use params::{LoadedParams, MAX_K, MIN_K, Params, ParamsCache, ParamsSource};
pub use proof::{MAX_PROOF_FILE_BYTES, Proof};
pub use prove::{Proved, prove, system_rng};
pub use public::{PublicKind, PublicTensor};
pub use threads::thread_count;
pub use verify::{Rejection, verify};
