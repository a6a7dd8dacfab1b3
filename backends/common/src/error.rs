//! What can go wrong, and whose fault it is.

use zkc_circuit::{DeriveError, ExpandError, MultiplicityError, Query, ValidateError};

use crate::commitment::Commitment;
use crate::digest::Digest;
use crate::rejection::Rejection;
use crate::system::Flavour;
use crate::tree::{MAX_DEPTH, MAX_NODES};

/// Why a backend could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The circuit needs something that the backend does not have.
    #[error("backend `{backend}` {what}")]
    Capability {
        /// Name of the backend.
        backend: &'static str,
        /// What it cannot do, and which circuit asks for it.
        what: String,
    },
    /// A number is outside of what the backend works with.
    #[error("{what} is {found}, the limit of backend `{backend}` is {limit}")]
    Limit {
        /// Name of the backend.
        backend: &'static str,
        /// What is limited.
        what: String,
        /// The circuit's number.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The machine's memory cannot hold a key or proof of this size.
    #[error(
        "{what} at least {} MB of memory, this machine has {} MB; a smaller k or fewer columns would do",
        .need >> 20, .have >> 20
    )]
    Memory {
        /// What needs it.
        what: &'static str,
        /// Bytes needed at least.
        need: u64,
        /// Bytes there are.
        have: u64,
    },
    /// The description's values cannot be laid out.
    #[error(transparent)]
    Expand(Box<ExpandError>),
    /// A value that is looked up by gates is not in their table, or cannot be counted.
    #[error("the witness does not satisfy the circuit: {0}")]
    Multiplicity(#[from] MultiplicityError),
    /// Columns that depend on challenges cannot be computed.
    #[error(transparent)]
    Derive(#[from] DeriveError),
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
    /// Parameters of another commitment, or none where some are needed.
    #[error("{what} must be for `{expected}`, not for `{found}`")]
    OtherCommitment {
        /// What was given.
        what: &'static str,
        /// What was needed.
        expected: Commitment,
        /// What it is for.
        found: Commitment,
    },
    /// Verifying with IPA needs the generators.
    #[error("checking a proof of commitment `ipa` needs the generators for k = {k}")]
    ParamsMissing {
        /// The key's k.
        k: u32,
    },
    /// Parameters of another setup than the key.
    #[error("the key is for {key}, the parameters are of {params}; proofs would never hold")]
    OtherSetup {
        /// The key's setup.
        key: String,
        /// The parameters' setup.
        params: String,
    },
    /// A key whose setup anybody can forge proofs for.
    #[error(
        "the verifying key is of the insecure setup {digest}, whose secret is published: anybody can forge its proofs; allow this for tests only"
    )]
    InsecureSetup {
        /// Digest of the setup.
        digest: Digest,
    },
    /// The values do not satisfy the circuit.
    #[error("the witness does not satisfy the circuit ({reason}); `zkc mock` names the constraint")]
    Unsatisfied {
        /// How it was noticed.
        reason: String,
    },
    /// A proof is not accepted.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// A file is not what it should be.
    #[error("{0}")]
    File(String),
    /// A key file whose digest is not that of the key made from it.
    #[error(
        "the key file was stored as key {stored}, its circuit gives key {made}; it was made with {} {stored_version}, this is {}; run `zkc setup` again",
        .flavour.library, .flavour.version
    )]
    KeyDigest {
        /// Digest in the file.
        stored: Digest,
        /// Digest of the key just made.
        made: Digest,
        /// Version of the halo2 crate in the file.
        stored_version: String,
        /// The backend.
        flavour: &'static Flavour,
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
    /// A variable of the environment that changes what the halo2 crate computes.
    #[error(
        "{variable} is set in the environment; `{library}` would make other keys and proofs because of it: unset it"
    )]
    Environment {
        /// The halo2 crate.
        library: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// The program was built for processors with other instructions.
    #[error(
        "this program was built with feature `asm`, which needs a processor with ADX and BMI2; build it without that feature"
    )]
    Processor,
    /// The halo2 crate refuses something that was checked before: a mistake in the backend or a limit it overlooks.
    #[error("{library} failed while {doing}: {source}")]
    Backend {
        /// The halo2 crate.
        library: &'static str,
        /// The step.
        doing: &'static str,
        /// What the crate says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<ExpandError> for Error {
    fn from(error: ExpandError) -> Error {
        Error::Expand(Box::new(error))
    }
}

/// Why an expression has no halo2 tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExprError {
    /// More than [`MAX_NODES`] nodes once shared nodes are copied.
    #[error("the polynomial has more than {MAX_NODES} nodes when written out")]
    TooLarge,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the polynomial is nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// A node reads a challenge that the circuit does not have.
    #[error("the polynomial uses challenge {0}, which is not there")]
    Challenge(u32),
    /// A node reads a column that the circuit does not have.
    #[error("the polynomial reads column {} of group {}, which is not there", .0.column, .0.group)]
    Query(Query),
    /// A node reads another row of a fixed column, which the halo2 crate cannot.
    #[error("the polynomial reads fixed column {} of group {} at rotation {}; `{library}` reads fixed columns in the current row only", .query.column, .query.group, .query.rotation)]
    FixedRotation {
        /// What it reads.
        query: Query,
        /// The halo2 crate.
        library: &'static str,
    },
    /// A node refers to a later node or to none.
    #[error("node {0} refers to a node that does not precede it")]
    Order(usize),
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
