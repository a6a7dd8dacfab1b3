//! What can go wrong, and whose fault it is.

use halo2_proofs::plonk;
use zkc_circuit::{ExpandError, ValidateError};

use crate::gates::ExprError;
use crate::keys::{Digest, HALO2_PROOFS_VERSION};
use crate::verify::Rejection;

/// Why this backend could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The circuit needs something that `halo2_proofs` does not have.
    #[error(
        "backend `halo2` has no challenges and no phases, but circuit `{circuit}` has {what}; compile with `--backend halo2`, so that no such layout is chosen"
    )]
    Capability {
        /// Name of the circuit.
        circuit: String,
        /// What it uses.
        what: String,
    },
    /// A number is outside of what this backend works with.
    #[error("{what} is {found}, the limit of backend `halo2` is {limit}")]
    Limit {
        /// What is limited.
        what: String,
        /// The circuit's number.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The machine's memory cannot hold a key or proof of this size.
    #[error(
        "keys and proofs of this circuit need at least {} MB of memory, this machine has {} MB; a smaller k or fewer columns would do",
        .need >> 20, .have >> 20
    )]
    Memory {
        /// Bytes needed at least.
        need: u64,
        /// Bytes there are.
        have: u64,
    },
    /// The description's values cannot be laid out.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// The description breaks its rules.
    #[error("the circuit description is not valid: {}", list(.0))]
    Invalid(Vec<ValidateError>),
    /// The description contradicts itself.
    #[error("the circuit description is not valid: {what}")]
    Inconsistent {
        /// The contradiction.
        what: String,
    },
    /// A polynomial cannot be handed to halo2.
    #[error("{what}: {source}")]
    Polynomial {
        /// Which polynomial.
        what: String,
        /// Why.
        source: ExprError,
    },
    /// Parameters for another number of rows.
    #[error("the circuit has 2^{circuit} rows, the parameters are for 2^{params}")]
    ParamsK {
        /// The circuit's k.
        circuit: u32,
        /// The parameters' k.
        params: u32,
    },
    /// The values do not satisfy the circuit.
    #[error("the witness does not satisfy the circuit ({reason}); `zkc mock` names the constraint")]
    Unsatisfied {
        /// How it was noticed.
        reason: &'static str,
    },
    /// A proof is not accepted.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A file is not what it should be.
    #[error("{0}")]
    File(String),
    /// A key file whose digest is not that of the key made from it.
    #[error(
        "the key file was stored as key {stored}, its circuit gives key {made}; it was made with halo2_proofs {stored_version}, this is {HALO2_PROOFS_VERSION}; run `zkc setup` again"
    )]
    KeyDigest {
        /// Digest in the file.
        stored: Digest,
        /// Digest of the key just made.
        made: Digest,
        /// Version of `halo2_proofs` in the file.
        stored_version: String,
    },
    /// The operating system gives no random numbers, without which a proof would reveal the witness.
    #[error("the operating system gives no random numbers: {reason}")]
    Randomness {
        /// What it says.
        reason: String,
    },
    /// Worker threads cannot be started.
    #[error("cannot start worker threads: {reason}; a smaller RAYON_NUM_THREADS may help")]
    Threads {
        /// What the system says.
        reason: String,
    },
    /// `halo2_proofs` refuses something that was checked before: a mistake in this crate or a limit it overlooks.
    #[error("halo2_proofs failed while {doing}: {source}")]
    Backend {
        /// The step.
        doing: &'static str,
        /// What `halo2_proofs` says.
        source: plonk::Error,
    },
}

/// The first few errors in one line.
fn list(errors: &[ValidateError]) -> String {
    let shown: Vec<String> = errors.iter().take(3).map(ToString::to_string).collect();
    let more = match errors.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    shown.join("; ") + &more
}
