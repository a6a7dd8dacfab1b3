//! Checking a proof.

use halo2_proofs::pasta::{EqAffine, Fp};
use halo2_proofs::plonk::{self, SingleVerifier, verify_proof};
use halo2_proofs::transcript::{Blake2bRead, Challenge255};

use crate::columns::Prepared;
use crate::error::Error;
use crate::field::to_field;
use crate::keys::{Digest, Digests, VerifyingKey};
use crate::measure::{Cost, Stopwatch};
use crate::params::Params;
use crate::proof::Proof;
use crate::public::PublicKind;
use crate::threads::install;

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

/// Checks that `proof` proves its public values for the circuit of `key`.
///
/// Accepts only if circuit and key are the proof's, the public tensors are exactly those of the circuit, each value is in
/// its range, and the proof is valid to its last byte. Returns what that cost: one multi-scalar multiplication of
/// `2^k` points.
///
/// What the values should be is for the caller to compare.
pub fn verify(params: &Params, key: &VerifyingKey, proof: &Proof) -> Result<Cost, Error> {
    let watch = Stopwatch::start();
    check(params, key, proof)?;
    Ok(watch.cost())
}

fn check(params: &Params, key: &VerifyingKey, proof: &Proof) -> Result<(), Error> {
    let columns = check_public(&key.prepared, key.digests(), proof)?;
    params.check_k(key.prepared.shape().k)?;
    let columns = to_columns(&columns);
    install(|| check_bytes(params, &key.inner, &columns, &proof.bytes))?
}

/// Checks that a proof is for a key and shows the circuit's public tensors; returns the instance columns.
pub(crate) fn check_public(
    prepared: &Prepared,
    digests: Digests,
    proof: &Proof,
) -> Result<Vec<Vec<i128>>, Rejection> {
    if proof.circuit != digests.circuit {
        return Err(Rejection::OtherCircuit {
            proof: proof.circuit,
            key: digests.circuit,
        });
    }
    if proof.key != digests.key {
        return Err(Rejection::OtherKey {
            proof: proof.key,
            key: digests.key,
        });
    }
    prepared.public.instances(&proof.public)
}

/// Checks that `bytes` are one proof for the instance columns, and nothing more.
pub(crate) fn check_bytes(
    params: &Params,
    key: &plonk::VerifyingKey<EqAffine>,
    columns: &[Vec<Fp>],
    bytes: &[u8],
) -> Result<(), Error> {
    let columns: Vec<&[Fp]> = columns.iter().map(Vec::as_slice).collect();
    let mut reader = ProofReader {
        rest: bytes,
        ended: false,
    };
    let mut transcript = Blake2bRead::<_, EqAffine, Challenge255<_>>::init(&mut reader);
    let strategy = SingleVerifier::new(&params.inner);
    let outcome = verify_proof(&params.inner, key, strategy, &[&columns], &mut transcript);
    let rejection = match outcome {
        Ok(()) if reader.rest.is_empty() => return Ok(()),
        Ok(()) => Rejection::TrailingBytes {
            extra: reader.rest.len(),
        },
        // Some steps of halo2 pass on what reading said, others only that they failed.
        Err(_) if reader.ended => Rejection::Truncated {
            length: bytes.len(),
        },
        Err(plonk::Error::Transcript(e)) => Rejection::Malformed {
            reason: e.to_string(),
        },
        Err(plonk::Error::ConstraintSystemFailure | plonk::Error::Opening) => Rejection::Invalid,
        Err(source) => {
            return Err(Error::Backend {
                doing: "checking a proof",
                source,
            });
        }
    };
    Err(Error::Rejected(rejection))
}

/// Reads a proof and notes whether more was wanted than there is.
struct ProofReader<'a> {
    rest: &'a [u8],
    ended: bool,
}

impl std::io::Read for ProofReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.rest.read(buffer)?;
        self.ended |= read < buffer.len();
        Ok(read)
    }
}

pub(crate) fn to_columns(columns: &[Vec<i128>]) -> Vec<Vec<Fp>> {
    let column = |values: &Vec<i128>| values.iter().map(|v| to_field(*v)).collect();
    columns.iter().map(column).collect()
}
