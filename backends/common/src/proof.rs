//! Proofs as data, and their file.

use std::path::Path;

use prost::Message;
use zkc_circuit::Ints;
use zkc_circuit::file::{self, FileKind};

use crate::digest::{Digest, Digests};
use crate::error::Error;
use crate::key_file::PRODUCER;
use crate::public::{PublicKind, PublicLayout, PublicTensor};
use crate::rejection::Rejection;
use crate::system::{ProofCommitment, System};

/// The largest proof file that is read, in bytes.
pub const MAX_PROOF_FILE_BYTES: u64 = 1 << 24;

/// A proof together with the public values that it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof<S: System> {
    /// How it commits to polynomials, where there are several ways.
    pub commitment: S::Commitment,
    /// Digest of the circuit description.
    pub circuit: Digest,
    /// Digest of the verifying key.
    pub key: Digest,
    /// The public inputs, then the public outputs, in the model's order.
    pub public: Vec<PublicTensor>,
    /// What the halo2 crate made.
    pub bytes: Vec<u8>,
}

impl<S: System> Proof<S> {
    /// The payload of a proof file.
    pub fn encode(&self) -> Vec<u8> {
        let tensor = |tensor: &PublicTensor| {
            let values = Ints::from_values(&tensor.values);
            TensorMessage {
                output: tensor.kind.is_output(),
                name: tensor.name.clone(),
                shape: tensor.shape.clone(),
                scale: tensor.scale,
                width: values.width(),
                values: values.to_le_bytes(),
            }
        };
        let message = ProofMessage {
            backend: S::FLAVOUR.name.into(),
            version: S::FLAVOUR.version.into(),
            circuit: self.circuit.0.to_vec(),
            key: self.key.0.to_vec(),
            public: self.public.iter().map(tensor).collect(),
            proof: self.bytes.clone(),
            commitment: self.commitment.label().into(),
        };
        message.encode_to_vec()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// Whether it proves anything is for the backend to say.
    ///
    /// # Errors
    /// It is not the one encoding of a proof of this backend and its version.
    pub fn decode(payload: &[u8]) -> Result<Self, Error> {
        let damaged = |what: String| Error::File(format!("the proof file is not valid: {what}"));
        let message = ProofMessage::decode(payload).map_err(|e| damaged(e.to_string()))?;
        S::FLAVOUR.check_backend("proof", &message.backend)?;
        S::FLAVOUR.check_version("proof", &message.version)?;
        let digest = |bytes: &[u8]| {
            Digest::from_slice(bytes).ok_or_else(|| damaged("a digest must have 32 bytes".into()))
        };
        let tensor = |tensor: TensorMessage| {
            let values = Ints::from_le_bytes(tensor.width, &tensor.values)
                .map_err(|e| damaged(format!("values of `{}`: {e}", tensor.name)))?;
            Ok(PublicTensor {
                kind: PublicKind::from_is_output(tensor.output),
                name: tensor.name,
                shape: tensor.shape,
                scale: tensor.scale,
                values: values.to_vec(),
            })
        };
        let proof = Proof {
            commitment: S::Commitment::from_label(&message.commitment).map_err(damaged)?,
            circuit: digest(&message.circuit)?,
            key: digest(&message.key)?,
            public: message
                .public
                .into_iter()
                .map(tensor)
                .collect::<Result<_, Error>>()?,
            bytes: message.proof,
        };
        // Protobuf has many encodings of one message; a proof has one, so that no byte of it can be another.
        if proof.encode() != payload {
            return Err(damaged("its encoding is not the canonical one".into()));
        }
        Ok(proof)
    }

    /// Writes a proof file, all or nothing.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        file::write_atomically(path, FileKind::Proof, PRODUCER, &self.encode())
            .map_err(|e| Error::File(e.to_string()))
    }

    /// Reads a proof file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let contents = file::read(path, FileKind::Proof, MAX_PROOF_FILE_BYTES)
            .map_err(|e| Error::File(e.to_string()))?;
        Proof::decode(&contents.payload)
    }

    /// Checks that the proof is for a key and shows the circuit's public tensors; returns the instance columns.
    ///
    /// # Errors
    /// It names another circuit, key or commitment, or its tensors are not exactly those of the circuit with values in
    /// their ranges.
    pub fn check_public(
        &self,
        key: Digests,
        commitment: S::Commitment,
        public: &PublicLayout,
    ) -> Result<Vec<Vec<i128>>, Rejection> {
        if self.circuit != key.circuit {
            return Err(Rejection::OtherCircuit {
                proof: self.circuit,
                key: key.circuit,
            });
        }
        if self.key != key.key || self.commitment != commitment {
            return Err(Rejection::OtherKey {
                proof: self.key,
                key: key.key,
            });
        }
        public.instances(&self.public)
    }
}

#[derive(Clone, PartialEq, Message)]
struct ProofMessage {
    #[prost(string, tag = "1")]
    backend: String,
    #[prost(string, tag = "2")]
    version: String,
    #[prost(bytes = "vec", tag = "3")]
    circuit: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    key: Vec<u8>,
    #[prost(message, repeated, tag = "5")]
    public: Vec<TensorMessage>,
    #[prost(bytes = "vec", tag = "6")]
    proof: Vec<u8>,
    /// Empty where there is one way only to commit.
    #[prost(string, tag = "7")]
    commitment: String,
}

#[derive(Clone, PartialEq, Message)]
struct TensorMessage {
    #[prost(bool, tag = "1")]
    output: bool,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(uint64, repeated, tag = "3")]
    shape: Vec<u64>,
    #[prost(sint32, tag = "4")]
    scale: i32,
    /// Bytes per value.
    #[prost(uint32, tag = "5")]
    width: u32,
    /// Little-endian integers.
    #[prost(bytes = "vec", tag = "6")]
    values: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitment::Commitment;
    use crate::system::tests::Paper;

    type Proof = super::Proof<Paper>;

    fn proof() -> Proof {
        Proof {
            commitment: Commitment::Ipa,
            circuit: Digest([7; 32]),
            key: Digest([9; 32]),
            public: vec![
                PublicTensor {
                    kind: PublicKind::Input,
                    name: "x".into(),
                    shape: vec![2],
                    scale: -3,
                    values: vec![-1, i128::MAX],
                },
                PublicTensor {
                    kind: PublicKind::Output,
                    name: "y".into(),
                    shape: vec![],
                    scale: 0,
                    values: vec![0],
                },
            ],
            bytes: vec![1, 2, 3],
        }
    }

    #[test]
    fn files_round_trip() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        proof().write(&path).unwrap();
        assert_eq!(Proof::read(&path).unwrap(), proof());
        assert_eq!(Proof::decode(&proof().encode()).unwrap(), proof());
    }

    #[test]
    fn damaged_payloads_are_errors() {
        let payload = proof().encode();
        for cut in 0..payload.len() {
            let _ = Proof::decode(&payload[..cut]);
        }
        let changed = |change: &dyn Fn(&mut ProofMessage)| {
            let mut message = ProofMessage::decode(&payload[..]).unwrap();
            change(&mut message);
            Proof::decode(&message.encode_to_vec())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            changed(&|m| m.backend = "halo2".into()),
            "the proof is for backend `halo2`, this is backend `paper`"
        );
        assert_eq!(
            changed(&|m| m.version = "1.2.2".into()),
            "the proof was made with papyrus 1.2.2, this program has 1.2.3; write it again"
        );
        assert!(changed(&|m| m.key.truncate(31)).contains("digest"));
        assert!(changed(&|m| m.public[0].values.truncate(31)).contains("values of `x`"));
        assert!(changed(&|m| m.commitment = "fri".into()).contains("`fri` is not a commitment"));
        // An unknown field, and a value wider than it needs to be.
        let wide = |m: &mut ProofMessage| {
            (m.public[1].width, m.public[1].values) = (2, vec![0, 0]);
        };
        assert!(changed(&wide).contains("canonical"));
        let mut longer = payload.clone();
        longer.extend([0x40, 1]);
        let error = Proof::decode(&longer).unwrap_err().to_string();
        assert!(error.contains("canonical"), "{error}");
    }
}
