//! What is around checking a proof.

use std::io;

use crate::error::Error;
use crate::rejection::Rejection;

/// How a halo2 crate refused a proof.
#[derive(Debug)]
pub enum Failure {
    /// Reading the proof failed; what the crate says.
    Transcript(String),
    /// The proof does not hold.
    Invalid,
    /// Anything else, as the error to return.
    Other(Error),
}

/// Reads a proof and notes whether more was wanted than there is.
#[derive(Debug)]
pub struct ProofReader<'a> {
    rest: &'a [u8],
    length: usize,
    ended: bool,
}

impl<'a> ProofReader<'a> {
    /// Reads `bytes` from the first one.
    pub fn new(bytes: &'a [u8]) -> Self {
        ProofReader {
            rest: bytes,
            length: bytes.len(),
            ended: false,
        }
    }

    /// What a check that read from here means: the proof is accepted only if it holds to its last byte.
    pub fn judge(self, outcome: Result<(), Failure>) -> Result<(), Error> {
        let rejection = match outcome {
            Ok(()) if self.rest.is_empty() => return Ok(()),
            Ok(()) => Rejection::TrailingBytes {
                extra: self.rest.len(),
            },
            // Some steps of halo2 pass on what reading said, others only that they failed.
            Err(_) if self.ended => Rejection::Truncated {
                length: self.length,
            },
            Err(Failure::Transcript(reason)) => Rejection::Malformed { reason },
            Err(Failure::Invalid) => Rejection::Invalid,
            Err(Failure::Other(error)) => return Err(error),
        };
        Err(Error::Rejected(rejection))
    }
}

impl io::Read for ProofReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        self.ended |= read < buffer.len();
        Ok(read)
    }
}
