//! Why proofs are not accepted.

use crate::digest::Digest;
use crate::public::PublicKind;

/// Why a proof is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The proof names another circuit than the key.
    #[error(
        "the proof is for circuit {proof}, the verifying key is for circuit {key}: another model or other options"
    )]
    OtherCircuit {
        /// The proof's circuit.
        proof: Digest,
        /// The key's circuit.
        key: Digest,
    },
    /// The proof was made with another key for the same circuit.
    #[error(
        "the proof was made with key {proof}, the verifying key is {key}: the same circuit, but another version of the program"
    )]
    OtherKey {
        /// The proof's key.
        proof: Digest,
        /// The key.
        key: Digest,
    },
    /// Another number of public tensors than the circuit has.
    #[error("the proof shows {found} public tensors, the circuit has {expected}")]
    TensorCount {
        /// Tensors of the circuit.
        expected: usize,
        /// Tensors in the proof.
        found: usize,
    },
    /// A public tensor is not the one that the circuit has in its place.
    #[error("the proof shows {found} where the circuit has {expected}")]
    OtherTensor {
        /// Kind, name, shape and scale in the circuit.
        expected: String,
        /// Kind, name, shape and scale in the proof.
        found: String,
    },
    /// Too many or too few values.
    #[error("public {kind} `{name}` has {expected} values, the proof shows {found}")]
    ValueCount {
        /// Input or output.
        kind: PublicKind,
        /// Name of the tensor.
        name: String,
        /// Values of the circuit's tensor.
        expected: usize,
        /// Values in the proof.
        found: usize,
    },
    /// A value that the circuit cannot have.
    #[error(
        "public {kind} `{name}`, element {index}: {value} is outside of the circuit's range [{lo}, {hi}]"
    )]
    Range {
        /// Input or output.
        kind: PublicKind,
        /// Name of the tensor.
        name: String,
        /// Row-major position.
        index: usize,
        /// The value.
        value: i128,
        /// Least value.
        lo: i128,
        /// Greatest value.
        hi: i128,
    },
    /// One value of the circuit is shown as two different ones.
    #[error(
        "public {kind} `{name}`, element {index} differs from another public value that the circuit has as the same"
    )]
    Contradiction {
        /// Input or output.
        kind: PublicKind,
        /// Name of the tensor.
        name: String,
        /// Row-major position.
        index: usize,
    },
    /// The proof ends before it is complete.
    #[error("the proof is truncated: {length} bytes are too few")]
    Truncated {
        /// Bytes in the proof.
        length: usize,
    },
    /// Something follows the proof.
    #[error("the proof is followed by {extra} further bytes")]
    TrailingBytes {
        /// Bytes too many.
        extra: usize,
    },
    /// Bytes that encode no point of the curve or no element of the field.
    #[error("the proof is not well formed: {reason}")]
    Malformed {
        /// What was read.
        reason: String,
    },
    /// The proof does not hold for these public values.
    #[error("the proof does not hold for these public values")]
    Invalid,
}
