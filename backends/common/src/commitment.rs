//! The two ways to commit to polynomials.

use std::fmt;
use std::str::FromStr;

/// How proofs commit to polynomials, and with that what has to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Commitment {
    /// Kate, Zaverucha and Goldberg's, opened by SHPLONK: small proofs that verify in milliseconds without any
    /// parameters but those in the key. Somebody has to be trusted to have forgotten the secret of the setup.
    Kzg,
    /// The inner product argument: no setup to trust; verifying takes time in proportion to the number of rows and needs the
    /// generators.
    Ipa,
}

impl Commitment {
    /// Both, in the order in which they are listed for users.
    pub const ALL: [Commitment; 2] = [Commitment::Kzg, Commitment::Ipa];

    /// The name in options and files: `kzg` or `ipa`.
    pub fn name(self) -> &'static str {
        match self {
            Commitment::Kzg => "kzg",
            Commitment::Ipa => "ipa",
        }
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not that of a commitment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a commitment; there are `kzg` and `ipa`")]
pub struct UnknownCommitment(String);

impl FromStr for Commitment {
    type Err = UnknownCommitment;

    fn from_str(name: &str) -> Result<Commitment, UnknownCommitment> {
        Commitment::ALL
            .into_iter()
            .find(|commitment| commitment.name() == name)
            .ok_or_else(|| UnknownCommitment(name.escape_debug().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for commitment in Commitment::ALL {
            assert_eq!(commitment.to_string().parse(), Ok(commitment));
        }
        let error = "KZG".parse::<Commitment>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`KZG` is not a commitment; there are `kzg` and `ipa`"
        );
    }
}
