//! The witness file: every value of one inference.

use std::path::Path;

use prost::Message;
use zkc_circuit::file::{self, FileKind};
use zkc_circuit::{Grid, Ints};

use crate::backends::Digest;
use crate::error::{Error, Result};
use crate::model::{PRODUCER, check_readable, file_error};
use crate::output::OutputFile;

/// What the file says of itself to whoever looks into it.
const NOTICE: &str = "PRIVATE: this file holds the input of the model and every value that was computed from it. Do not publish it.";

/// The largest witness that is read, in bytes.
const MAX_BYTES: u64 = 1 << 33;

/// The values of all cells of a circuit for one input: private data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The circuit it is for.
    pub circuit: Digest,
    /// The values.
    pub grid: Grid,
}

impl Witness {
    /// Writes the file that was opened for it; returns its length in bytes.
    pub fn save(&self, file: OutputFile) -> Result<u64> {
        let message = WitnessMessage {
            notice: NOTICE.into(),
            circuit: self.circuit.0.to_vec(),
            columns: self.grid.values.iter().map(ColumnMessage::new).collect(),
        };
        let bytes = file::to_bytes(FileKind::Witness, PRODUCER, &message.encode_to_vec())
            .map_err(file_error)?;
        file.commit(&bytes)?;
        Ok(bytes.len() as u64)
    }

    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self> {
        check_readable(path)?;
        let contents = file::read(path, FileKind::Witness, MAX_BYTES).map_err(file_error)?;
        Self::decode(&contents.payload).map_err(|error| error.in_file(path))
    }

    fn decode(payload: &[u8]) -> Result<Self> {
        let damaged = |what: String| Error::diagnostic(format!("the witness is not valid: {what}"));
        let message =
            WitnessMessage::decode(payload).map_err(|error| damaged(error.to_string()))?;
        let circuit = <[u8; 32]>::try_from(message.circuit.as_slice())
            .map_err(|_| damaged("a digest must have 32 bytes".into()))?;
        let columns = message
            .columns
            .iter()
            .map(|column| Ints::from_le_bytes(column.width, &column.values));
        let values = columns
            .collect::<Result<Vec<Ints>, _>>()
            .map_err(|error| damaged(error.to_string()))?;
        Ok(Witness {
            circuit: Digest(circuit),
            grid: Grid { values },
        })
    }
}

#[derive(Clone, PartialEq, Message)]
struct WitnessMessage {
    #[prost(string, tag = "1")]
    notice: String,
    #[prost(bytes = "vec", tag = "2")]
    circuit: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    columns: Vec<ColumnMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct ColumnMessage {
    /// Bytes per value.
    #[prost(uint32, tag = "1")]
    width: u32,
    /// Little-endian integers.
    #[prost(bytes = "vec", tag = "2")]
    values: Vec<u8>,
}

impl ColumnMessage {
    fn new(values: &Ints) -> Self {
        let values = values.narrowed();
        ColumnMessage {
            width: values.width(),
            values: values.to_le_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Access;

    #[test]
    fn files_round_trip_and_say_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w");
        let values = vec![
            Ints::from_values(&[1, -1]),
            Ints::from_values(&[]),
            Ints::from_values(&[1 << 100]),
        ];
        let witness = Witness {
            circuit: Digest([7; 32]),
            grid: Grid { values },
        };
        witness
            .save(OutputFile::create(&path, Access::Private).unwrap())
            .unwrap();
        assert_eq!(Witness::load(&path).unwrap(), witness);
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.windows(8).any(|window| window == b"PRIVATE:"));
    }

    #[test]
    fn damaged_payloads_are_errors() {
        let mut message = WitnessMessage {
            notice: String::new(),
            circuit: vec![0; 31],
            columns: vec![ColumnMessage {
                width: 3,
                values: vec![0; 4],
            }],
        };
        assert!(Witness::decode(&message.encode_to_vec()).is_err());
        message.circuit.push(0);
        assert!(Witness::decode(&message.encode_to_vec()).is_err());
        message.columns[0].width = 4;
        assert!(Witness::decode(&message.encode_to_vec()).is_ok());
        assert!(Witness::decode(&[0xff]).is_err());
    }
}
