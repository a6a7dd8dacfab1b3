#![doc = include_str!("../README.md")]

mod assign;
mod capabilities;
mod columns;
mod commitment;
mod error;
mod field;
mod gates;
mod key_file;
mod keys;
mod lookups;
mod memory;
mod outline;
mod params;
mod proof;
mod prove;
mod public;
mod setup;
mod srs;
mod threads;
mod verify;

pub use capabilities::{Capabilities, PHASES, capabilities};
pub use columns::{CircuitShape, Prepared};
pub use commitment::{Commitment, UnknownCommitment};
pub use error::Error;
pub use gates::{ExprError, MAX_DEPTH, MAX_NODES};
pub use key_file::{MAX_PROVING_KEY_FILE_BYTES, MAX_VERIFYING_KEY_FILE_BYTES};
pub use keys::{HALO2_AXIOM_VERSION, ProvingKey, VerifyingKey};
pub use params::{LoadedParams, MAX_K, MIN_K, Params, ParamsCache, ParamsSource};
pub use proof::{MAX_PROOF_FILE_BYTES, Proof};
pub use prove::{Proved, prove, system_rng};
pub use setup::Setup;
pub use verify::{InsecureSetup, verify};
pub use zkc_halo2::{
    Cost, Digest, Digests, PublicKind, PublicTensor, Rejection, Stopwatch, peak_rss_bytes,
    process_cpu_s, thread_count,
};
