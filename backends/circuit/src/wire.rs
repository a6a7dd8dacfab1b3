//! The description as protobuf messages, and the way there.

mod decode;
mod encode;
mod messages;
mod scan;

use prost::Message;
use thiserror::Error;

use self::decode::from_wire;
use self::encode::to_wire;
use self::messages as wire;
use crate::Circuit;
use crate::structure::check_structure;
use crate::validate::ValidateError;

/// Why bytes are not a circuit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Not the protobuf that this version writes.
    #[error("not a circuit description: {0}")]
    Protobuf(String),
    /// More messages than any circuit has.
    #[error("the circuit description has {0} parts; at most {max} are accepted", max = scan::MAX_MESSAGES)]
    TooMany(u64),
    /// A field whose contents make no sense.
    #[error("circuit description: {at}: {problem}")]
    Field {
        /// Where.
        at: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The data is there, but refers to things that are not.
    #[error("circuit description: {0}")]
    Structure(Box<ValidateError>),
}

impl Circuit {
    /// The description as bytes. Equal circuits have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        to_wire(self).encode_to_vec()
    }

    /// BLAKE3 of [`encode`](Self::encode): the identity of the circuit.
    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.encode()).as_bytes()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// The result has passed the structure check: every index refers to something, every shape agrees, all sizes are
    /// within limits. Whether cells and bounds are right is for [`Circuit::validate`] to say.
    pub fn decode(bytes: &[u8]) -> Result<Circuit, DecodeError> {
        let parts = scan::count_messages(bytes)
            .ok_or_else(|| DecodeError::Protobuf("malformed protobuf".to_string()))?;
        if parts > scan::MAX_MESSAGES {
            return Err(DecodeError::TooMany(parts));
        }
        let message = wire::Circuit::decode(bytes)
            .map_err(|error| DecodeError::Protobuf(error.to_string()))?;
        let circuit = from_wire(message)?;
        match check_structure(&circuit).into_iter().next() {
            None => Ok(circuit),
            Some(error) => Err(DecodeError::Structure(Box::new(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decode::int_from_wire;
    use super::encode::int_to_wire;

    #[test]
    fn integers_are_short_and_come_back() {
        let edges = [
            0,
            1,
            -1,
            127,
            128,
            -128,
            -129,
            255,
            256,
            1 << 64,
            i128::MAX,
            i128::MIN,
        ];
        for value in edges {
            let bytes = int_to_wire(value);
            assert_eq!(int_from_wire("test", &bytes), Ok(value), "{bytes:?}");
        }
        assert_eq!(int_to_wire(0), []);
        assert_eq!(int_to_wire(127), [127]);
        assert_eq!(int_to_wire(128), [128, 0]);
        assert_eq!(int_to_wire(-128), [128]);
        assert!(int_from_wire("test", &[0; 17]).is_err());
    }
}
