//! Files of keys, in the frame that all files of zkc have: magic number, kind, version, length and checksum.
//!
//! A verifying key is a Protobuf message: backend and version of `halo2-axiom`, commitment, KZG's setup (`[s] G2`), digest
//! of the circuit, the [outline](crate::outline), and the commitments to fixed columns and permutations as compressed
//! points. The digest of the key is the BLAKE3 of this message, which has one encoding only.
//!
//! A proving key is a message with its length in front, which holds a verifying key and the circuit description. Of circuits
//! whose constraints are all gates, everything else follows from the description. For others polynomials follow: those that mark the first, last and active rows, the fixed columns in coefficient form, and the
//! permutations in Lagrange and in coefficient form. Field elements are 32 bytes, in the Montgomery form in which
//! `halo2-axiom` computes. Values of fixed columns follow from the circuit.
//!
//! `halo2-axiom` has readers of its own; they panic on wrong bytes and allocate what a length asks for. Here every length
//! follows from the circuit, and points and field elements are checked one by one.

use std::path::Path;
use std::sync::Arc;

use halo2_axiom::halo2curves::bn256::{Fr, G1Affine};
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::halo2curves::group::GroupEncoding;
use halo2_axiom::halo2curves::serde::SerdeObject;
use halo2_axiom::plonk::{self, ConstraintSystem, permutation};
use halo2_axiom::poly::{EvaluationDomain, Polynomial};
use prost::Message;
use rayon::prelude::*;
use zkc_backend::key_file::{self, damaged};
use zkc_backend::{CircuitShape, Commitment, Digest, Digests, Error, Stopwatch, UnknownCommitment};
use zkc_circuit::file::FileKind;
use zkc_circuit::{CellContents, Circuit, ColumnKind};

use crate::columns::{Prepared, configure, shape, verifier_memory_bytes};
use crate::field::to_field;
use crate::keys::{FixedValues, KeySetup, Proving, ProvingKey, VerifyingKey};
use crate::outline::Outline;
use crate::prover;
use crate::setup::{KzgSetup, SETUP_BYTES};
use crate::system::{FLAVOUR, install};

/// The largest proving key file that is read, in bytes.
pub const MAX_PROVING_KEY_FILE_BYTES: u64 = 1 << 36;

/// The largest verifying key file that is read, in bytes.
pub const MAX_VERIFYING_KEY_FILE_BYTES: u64 = 1 << 27;

/// Bytes of a compressed point.
const POINT_BYTES: usize = 32;

/// Bytes of a field element.
const SCALAR_BYTES: usize = 32;

/// Polynomials of a proving key that mark rows.
const MARKS: usize = 3;

impl VerifyingKey {
    /// The payload of a verifying key file.
    pub fn encode(&self) -> Vec<u8> {
        encode_verifying(&self.outline, self.digests.circuit, self.setup, &self.inner)
    }

    /// Reads what [`encode`](Self::encode) wrote. Nothing in it is trusted but what it says of the circuit.
    pub fn decode(payload: &[u8]) -> Result<VerifyingKey, Error> {
        let message = VerifyingMessage::decode(payload).map_err(|e| damaged(&e.to_string()))?;
        FLAVOUR.check_backend("key", &message.backend)?;
        FLAVOUR.check_version("key", &message.halo2_axiom)?;
        let setup = decode_setup(&message)?;
        let circuit = key_file::digest(&message.circuit)?;
        let outline = Arc::new(Outline::decode(&message.outline)?);
        let (inner, shape) = install(|| assemble(&outline, &message))??;
        let key = VerifyingKey {
            outline,
            inner,
            setup,
            digests: Digests {
                circuit,
                key: Digest::of(payload),
            },
            shape,
        };
        if key.encode() != payload {
            return Err(damaged("its encoding is not the canonical one"));
        }
        Ok(key)
    }

    /// Writes a verifying key file, all or nothing. Returns its length in bytes.
    pub fn write(&self, path: &Path) -> Result<u64, Error> {
        key_file::write(path, FileKind::VerifyingKey, &self.encode())
    }

    /// Reads a verifying key file.
    pub fn read(path: &Path) -> Result<VerifyingKey, Error> {
        let max = MAX_VERIFYING_KEY_FILE_BYTES;
        VerifyingKey::decode(&key_file::read(path, FileKind::VerifyingKey, max)?)
    }
}

impl ProvingKey {
    /// The payload of a proving key file.
    pub fn encode(&self) -> Vec<u8> {
        let verifying = encode_verifying(
            &self.prepared.outline,
            self.digests.circuit,
            self.setup,
            self.inner.verifying(),
        );
        let message = ProvingMessage {
            verifying,
            circuit: self.prepared.circuit().encode(),
        };
        let mut payload = message.encode_length_delimited_to_vec();
        let Proving::Arguments(key) = &self.inner else {
            return payload;
        };
        let permutation = key.permutation();
        let polynomials: Vec<&[Fr]> = [key.l0(), key.l_last(), key.l_active_row()]
            .into_iter()
            .chain(key.fixed_polys())
            .map(|polynomial| polynomial.values())
            .chain(permutation.permutations().iter().map(|p| p.values()))
            .chain(permutation.polys().iter().map(|p| p.values()))
            .collect();
        let start = payload.len();
        let length = |polynomial: &[Fr]| polynomial.len() * SCALAR_BYTES;
        let total: usize = polynomials.iter().map(|p| length(p)).sum();
        payload.resize(start + total, 0);
        let mut rest = &mut payload[start..];
        for polynomial in polynomials {
            let (bytes, after) = rest.split_at_mut(length(polynomial));
            bytes
                .par_chunks_exact_mut(SCALAR_BYTES)
                .zip(polynomial)
                .for_each(|(bytes, value)| bytes.copy_from_slice(&value.to_raw_bytes()));
            rest = after;
        }
        payload
    }

    /// Reads what [`encode`](Self::encode) wrote, and checks and lays out the circuit in it.
    ///
    /// A key whose parts do not belong together makes no proofs: [`prove`](crate::prove) checks them.
    pub fn decode(payload: &[u8]) -> Result<ProvingKey, Error> {
        let watch = Stopwatch::start();
        let mut rest = payload;
        let message = ProvingMessage::decode_length_delimited(&mut rest)
            .map_err(|e| damaged(&e.to_string()))?;
        let head = payload.len() - rest.len();
        if message.encode_length_delimited_to_vec() != payload[..head] {
            return Err(damaged("its encoding is not the canonical one"));
        }
        let verifying = VerifyingKey::decode(&message.verifying)?;
        let circuit = Circuit::decode(&message.circuit).map_err(|e| damaged(&e.to_string()))?;
        let prepared = Prepared::try_new(circuit)?;
        if prepared.digest() != verifying.digests.circuit {
            return Err(damaged("the circuit's digest is not that of the circuit"));
        }
        if *prepared.outline != *verifying.outline {
            return Err(damaged("the outline is not that of the circuit"));
        }
        FLAVOUR.check_memory(prepared.shape().memory_bytes())?;
        if prover::applies_to(verifying.inner.cs()) {
            if !rest.is_empty() {
                return Err(damaged("it has polynomials that its circuit does not need"));
            }
            let inner = Proving::Gates {
                fixed: install(|| fixed_values(&prepared))?,
                verifying: Box::new(verifying.inner),
            };
            let (setup, digest) = (verifying.setup, verifying.digests.key);
            return Ok(ProvingKey::new(
                prepared,
                inner,
                setup,
                digest,
                watch.cost(),
            ));
        }
        let rows = 1usize << prepared.shape().k;
        let equality = verifying.inner.permutation().commitments().len();
        let fixed = prepared.shape().fixed_columns;
        let count = MARKS + fixed + 2 * equality;
        if rest.len() != count * rows * SCALAR_BYTES {
            return Err(damaged(
                "it does not have as many polynomials as its circuit needs",
            ));
        }
        let inner = install(|| {
            let polynomials: Option<Vec<Vec<Fr>>> = rest
                .par_chunks_exact(rows * SCALAR_BYTES)
                .map(scalars)
                .collect();
            let mut polynomials = polynomials?.into_iter();
            // As many as were counted above.
            let mut next = || polynomials.next().unwrap_or_default();
            let [first, last, active] = [(); MARKS].map(|()| Polynomial::new(next()));
            let fixed_polys = (0..fixed).map(|_| Polynomial::new(next())).collect();
            let lagrange = (0..equality).map(|_| Polynomial::new(next())).collect();
            let coefficients = (0..equality).map(|_| Polynomial::new(next())).collect();
            let key = plonk::ProvingKey::from_parts(
                verifying.inner,
                first,
                last,
                active,
                fixed_values(&prepared),
                fixed_polys,
                permutation::ProvingKey::from_parts(lagrange, coefficients),
            );
            Some(Proving::Arguments(Box::new(key)))
        })?
        .ok_or_else(|| damaged("it holds bytes that are no elements of the field"))?;
        Ok(ProvingKey::new(
            prepared,
            inner,
            verifying.setup,
            verifying.digests.key,
            watch.cost(),
        ))
    }

    /// Writes a proving key file, all or nothing. Returns its length in bytes.
    pub fn write(&self, path: &Path) -> Result<u64, Error> {
        key_file::write(path, FileKind::ProvingKey, &self.encode())
    }

    /// Reads a proving key file.
    pub fn read(path: &Path) -> Result<ProvingKey, Error> {
        let max = MAX_PROVING_KEY_FILE_BYTES;
        ProvingKey::decode(&key_file::read(path, FileKind::ProvingKey, max)?)
    }
}

/// The digest of a verifying key.
pub(crate) fn digest(
    outline: &Outline,
    circuit: Digest,
    setup: KeySetup,
    key: &plonk::VerifyingKey<G1Affine>,
) -> Digest {
    Digest::of(&encode_verifying(outline, circuit, setup, key))
}

fn encode_verifying(
    outline: &Outline,
    circuit: Digest,
    setup: KeySetup,
    key: &plonk::VerifyingKey<G1Affine>,
) -> Vec<u8> {
    let points = |points: &[G1Affine]| -> Vec<u8> {
        let bytes = points.iter().map(|point| point.to_bytes());
        bytes.flat_map(|bytes| bytes.as_ref().to_vec()).collect()
    };
    let message = VerifyingMessage {
        backend: FLAVOUR.name.into(),
        halo2_axiom: FLAVOUR.version.into(),
        commitment: setup.commitment().name().into(),
        setup: match setup {
            KeySetup::Kzg(setup) => setup.to_bytes(),
            KeySetup::Ipa => vec![],
        },
        circuit: circuit.0.to_vec(),
        outline: outline.encode(),
        fixed: points(key.fixed_commitments()),
        permutations: points(key.permutation().commitments()),
    };
    message.encode_to_vec()
}

fn decode_setup(message: &VerifyingMessage) -> Result<KeySetup, Error> {
    let commitment: Commitment = message
        .commitment
        .parse()
        .map_err(|e: UnknownCommitment| damaged(&e.to_string()))?;
    match commitment {
        Commitment::Kzg => KzgSetup::from_bytes(&message.setup)
            .map(KeySetup::Kzg)
            .ok_or_else(|| damaged(&format!("the setup must be a point of {SETUP_BYTES} bytes"))),
        Commitment::Ipa if message.setup.is_empty() => Ok(KeySetup::Ipa),
        Commitment::Ipa => Err(damaged("commitment `ipa` has no setup")),
    }
}

/// Configures halo2 by the outline and adds the commitments.
fn assemble(
    outline: &Outline,
    message: &VerifyingMessage,
) -> Result<(plonk::VerifyingKey<G1Affine>, CircuitShape), Error> {
    let mut meta = ConstraintSystem::default();
    configure(&mut meta, outline)?;
    let shape = shape(outline, &meta)?;
    FLAVOUR.check_memory(verifier_memory_bytes(&shape))?;
    let rows = u64::from(shape.usable_rows);
    let instance_rows = &outline.public.cells().rows;
    if instance_rows.iter().any(|length| u64::from(*length) > rows) {
        return Err(damaged(
            "an instance column is longer than there are usable rows",
        ));
    }
    let points = |bytes: &[u8], count: usize| {
        if bytes.len() != count * POINT_BYTES {
            return Err(damaged(
                "it does not have as many commitments as its circuit has columns",
            ));
        }
        let points: Option<Vec<G1Affine>> = bytes.chunks_exact(POINT_BYTES).map(point).collect();
        points.ok_or_else(|| damaged("it holds bytes that are no points of BN254"))
    };
    let fixed = points(&message.fixed, meta.num_fixed_columns())?;
    let permutations = points(&message.permutations, shape.equality_columns)?;
    // There are no selectors, so that the constraint system is final as it is.
    let domain = EvaluationDomain::new(shape.degree as u32, shape.k);
    let key = plonk::VerifyingKey::from_parts(
        domain,
        fixed,
        permutation::VerifyingKey::from_commitments(permutations),
        meta,
        vec![],
        false,
    );
    Ok((key, shape))
}

/// Reads a compressed point; encodings that are not canonical are caught when the whole key is encoded again.
fn point(bytes: &[u8]) -> Option<G1Affine> {
    let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
    encoding.as_mut().copy_from_slice(bytes);
    Option::from(G1Affine::from_bytes(&encoding))
}

/// Reads field elements.
fn scalars(bytes: &[u8]) -> Option<Vec<Fr>> {
    bytes
        .chunks_exact(SCALAR_BYTES)
        .map(Fr::from_raw_bytes)
        .collect()
}

/// The values of all fixed columns, in halo2's order: those of the layout, then those of tables.
pub(crate) fn fixed_values(prepared: &Prepared) -> Vec<FixedValues> {
    let rows = 1usize << prepared.shape().k;
    let usable = prepared.shape().usable_rows as usize;
    let layout = prepared.layout().columns.par_iter();
    let layout = layout.filter(|column| column.kind == ColumnKind::Fixed);
    let mut columns: Vec<FixedValues> = layout
        .map(|column| {
            let mut values = vec![Fr::ZERO; rows];
            if let CellContents::Fixed(cells) = &column.contents {
                for (value, cell) in values.iter_mut().zip(cells.iter()) {
                    *value = to_field(cell);
                }
            }
            Polynomial::new(values)
        })
        .collect();
    let circuit = prepared.circuit();
    let tables = circuit.tables.iter().zip(circuit.looked_up());
    let tables = tables.filter(|(_, looked_up)| *looked_up);
    for column in tables.flat_map(|(table, _)| &table.columns) {
        // Usable rows past the end repeat the first one.
        let value = |row| column.get(row).or_else(|| column.get(0)).unwrap_or(0);
        let filled = (0..usable as u64).map(|row| to_field(value(row)));
        let mut values: Vec<Fr> = filled.collect();
        values.resize(rows, Fr::ZERO);
        columns.push(Polynomial::new(values));
    }
    columns
}

#[derive(Clone, PartialEq, Message)]
struct VerifyingMessage {
    #[prost(string, tag = "1")]
    backend: String,
    #[prost(string, tag = "2")]
    halo2_axiom: String,
    #[prost(string, tag = "3")]
    commitment: String,
    /// `[s] G2` for KZG, nothing for IPA.
    #[prost(bytes = "vec", tag = "4")]
    setup: Vec<u8>,
    /// Digest of the circuit description.
    #[prost(bytes = "vec", tag = "5")]
    circuit: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    outline: Vec<u8>,
    /// Commitments to fixed columns.
    #[prost(bytes = "vec", tag = "7")]
    fixed: Vec<u8>,
    /// Commitments to permutations.
    #[prost(bytes = "vec", tag = "8")]
    permutations: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct ProvingMessage {
    /// An encoded verifying key.
    #[prost(bytes = "vec", tag = "1")]
    verifying: Vec<u8>,
    /// The encoded description.
    #[prost(bytes = "vec", tag = "2")]
    circuit: Vec<u8>,
}
