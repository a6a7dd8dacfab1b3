//! What a backend says of itself.

use std::fmt::Debug;

use crate::commitment::Commitment;
use crate::error::Error;
use crate::measure::machine_memory_bytes;
use crate::params::{MAX_K, MIN_K};

/// The names that a backend states in files and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flavour {
    /// Name of the backend, in files and options.
    pub name: &'static str,
    /// The halo2 crate that it uses.
    pub library: &'static str,
    /// The version of that crate. Another one may give other keys.
    pub version: &'static str,
    /// What to do about a file that another version made, to follow in its error; may be empty.
    pub remake: &'static str,
    /// What needs memory, as the subject of an error, its verb included.
    pub needs: &'static str,
}

impl Flavour {
    /// The error of a number that exceeds a limit.
    pub fn limit(&self, what: impl Into<String>, found: u64, limit: u64) -> Error {
        Error::Limit {
            backend: self.name,
            what: what.into(),
            found,
            limit,
        }
    }

    /// The error of a circuit that needs what the backend lacks; `what` follows the backend's name.
    pub fn lacks(&self, what: impl Into<String>) -> Error {
        Error::Capability {
            backend: self.name,
            what: what.into(),
        }
    }

    /// The error of something that the halo2 crate refuses though it was checked before.
    pub fn failed(
        &self,
        doing: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Error {
        Error::Backend {
            library: self.library,
            doing,
            source: Box::new(source),
        }
    }

    /// Refuses numbers of rows (`2^k`) that backends do not work with.
    pub fn check_k(&self, k: u32) -> Result<(), Error> {
        if (MIN_K..=MAX_K).contains(&k) {
            return Ok(());
        }
        let limit = if k < MIN_K { MIN_K } else { MAX_K };
        let what = "k, the base-2 logarithm of the number of rows,";
        Err(self.limit(what, k.into(), limit.into()))
    }

    /// Refuses to need more bytes of memory than the machine has.
    pub fn check_memory(&self, need: u64) -> Result<(), Error> {
        match machine_memory_bytes() {
            Some(have) if have < need => Err(Error::Memory {
                what: self.needs,
                need,
                have,
            }),
            _ => Ok(()),
        }
    }

    /// Refuses a file (`what`: proof, key) that names another backend.
    pub fn check_backend(&self, what: &str, backend: &str) -> Result<(), Error> {
        if backend == self.name {
            return Ok(());
        }
        Err(Error::File(format!(
            "the {what} is for backend `{}`, this is backend `{}`",
            backend.escape_debug(),
            self.name
        )))
    }

    /// Refuses a file (`what`: proof, key) that was made with another version of the halo2 crate.
    pub fn check_version(&self, what: &str, version: &str) -> Result<(), Error> {
        if version == self.version {
            return Ok(());
        }
        let Flavour {
            library, remake, ..
        } = self;
        Err(Error::File(format!(
            "the {what} was made with {library} {}, this program has {}{remake}",
            version.escape_debug(),
            self.version
        )))
    }
}

/// A proof system as files and errors know it.
pub trait System: Copy + Debug + Eq + Send + Sync + 'static {
    /// Its names.
    const FLAVOUR: Flavour;
    /// What proofs say of how they commit to polynomials; `()` where there is one way only.
    type Commitment: ProofCommitment;
}

/// What a proof says of how it commits to polynomials.
pub trait ProofCommitment: Copy + Debug + Eq + Send + Sync + 'static {
    /// The name in files; empty where there is nothing to say.
    fn label(self) -> &'static str;

    /// Reads what [`label`](Self::label) gives.
    ///
    /// # Errors
    /// Says why it is no name. A name that `label` does not give may be accepted: files are compared with their one
    /// encoding.
    fn from_label(label: &str) -> Result<Self, String>;
}

impl ProofCommitment for () {
    fn label(self) -> &'static str {
        ""
    }

    fn from_label(_: &str) -> Result<Self, String> {
        Ok(())
    }
}

impl ProofCommitment for Commitment {
    fn label(self) -> &'static str {
        self.name()
    }

    fn from_label(label: &str) -> Result<Self, String> {
        label
            .parse()
            .map_err(|e: crate::commitment::UnknownCommitment| e.to_string())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A backend that is none.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Paper;

    impl System for Paper {
        const FLAVOUR: Flavour = Flavour {
            name: "paper",
            library: "papyrus",
            version: "1.2.3",
            remake: "; write it again",
            needs: "this needs",
        };
        type Commitment = Commitment;
    }

    #[test]
    fn absurd_needs_are_refused() {
        Paper::FLAVOUR.check_memory(0).unwrap();
        if machine_memory_bytes().is_some() {
            let error = Paper::FLAVOUR.check_memory(u64::MAX).unwrap_err();
            assert!(error.to_string().starts_with("this needs at least"));
            assert!(error.to_string().contains("this machine has"), "{error}");
        }
    }

    #[test]
    fn extreme_numbers_of_rows_are_refused() {
        for k in [0, MIN_K - 1, MAX_K + 1, 31, 32, u32::MAX] {
            let error = Paper::FLAVOUR.check_k(k).unwrap_err();
            assert!(matches!(error, Error::Limit { .. }), "{error}");
        }
        for k in [MIN_K, MAX_K] {
            Paper::FLAVOUR.check_k(k).unwrap();
        }
    }
}
