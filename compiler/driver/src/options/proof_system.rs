//! What makes proofs.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

pub use zkc_halo2_axiom::Commitment;

use crate::error::{Error, Result};

/// The proof system that a circuit is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// `halo2_proofs` on the Pasta curves.
    Halo2,
    /// `halo2-axiom` on BN254, with challenges.
    Halo2Axiom,
}

impl Backend {
    /// What is used unless something else is asked for: the faster one.
    pub const DEFAULT: Backend = Backend::Halo2Axiom;

    /// All backends.
    pub const ALL: [Backend; 2] = [Backend::Halo2, Backend::Halo2Axiom];

    /// Its name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Halo2 => "halo2",
            Backend::Halo2Axiom => "halo2-axiom",
        }
    }

    /// How its proofs can commit to polynomials.
    pub fn commitments(self) -> &'static [Commitment] {
        match self {
            Backend::Halo2 => &[Commitment::Ipa],
            Backend::Halo2Axiom => &Commitment::ALL,
        }
    }
}

impl Default for Backend {
    fn default() -> Self {
        Backend::DEFAULT
    }
}

/// The k for which parameters of KZG can be made and read, for circuits of up to 2^k rows.
pub const SRS_K: RangeInclusive<u32> = zkc_halo2_axiom::MIN_K..=zkc_halo2_axiom::MAX_K;

/// How proofs commit to polynomials where nothing else is asked for: without a setup to trust.
pub const DEFAULT_COMMITMENT: Commitment = Commitment::Ipa;

/// How proofs commit to polynomials, and with whose parameters. The default needs nobody's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitOptions {
    /// The commitment; [`DEFAULT_COMMITMENT`] when absent.
    pub commitment: Option<Commitment>,
    /// The file with the parameters of KZG.
    pub srs: Option<PathBuf>,
    /// Whether parameters of KZG will do whose secret is published. Without a file they are made.
    pub insecure_srs: bool,
}

impl CommitOptions {
    /// The commitment for circuits of a backend.
    ///
    /// An error where the backend does not have it, where it needs a setup and none is named, or needs none and one is.
    pub fn commitment(&self, backend: Backend) -> Result<Commitment> {
        let commitment = self.commitment.unwrap_or(DEFAULT_COMMITMENT);
        if !backend.commitments().contains(&commitment) {
            let names: Vec<String> = (backend.commitments().iter())
                .map(|commitment| format!("`{commitment}`"))
                .collect();
            return Err(Error::diagnostic(format!(
                "backend `{}` has no commitment `{commitment}`, only {}",
                backend.name(),
                names.join(", ")
            ))
            .help("leave out `--commitment`, or compile the model with `--backend halo2-axiom`"));
        }
        let option = match (&self.srs, self.insecure_srs) {
            (Some(_), _) => Some("--srs"),
            (None, true) => Some("--insecure-srs"),
            (None, false) => None,
        };
        match (commitment, option) {
            (Commitment::Ipa, Some(option)) => Err(Error::diagnostic(format!(
                "`{option}` is for commitment `kzg`; `ipa` has no setup"
            ))
            .help(format!("leave out `{option}`, or add `--commitment kzg`"))),
            (Commitment::Kzg, None) => Err(Error::diagnostic(
                "commitment `kzg` needs a setup, and none is named",
            )
            .note("whoever knows the secret of a setup can prove anything, so zkc chooses none by itself")
            .help(
                "use `--commitment ipa`, which needs no setup, or name the file of a setup with `--srs FILE`;\n\
                 for tests, `--insecure-srs` makes one whose secret is published",
            )),
            (Commitment::Ipa, None) | (Commitment::Kzg, Some(_)) => Ok(commitment),
        }
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Backend::ALL
            .into_iter()
            .find(|backend| backend.name() == text)
            .ok_or_else(|| {
                let names: Vec<&str> = Backend::ALL.iter().map(|backend| backend.name()).collect();
                Error::diagnostic(format!("unknown backend `{text}`"))
                    .help(format!("known: {}", names.join(", ")))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commitments_need_their_backend_and_setup() {
        let message = |backend: Backend, options: CommitOptions| {
            options
                .commitment(backend)
                .map_err(|error| error.message().to_owned())
        };
        let with = |commitment, srs: Option<&str>, insecure_srs| CommitOptions {
            commitment,
            srs: srs.map(PathBuf::from),
            insecure_srs,
        };
        let (kzg, ipa) = (Some(Commitment::Kzg), Some(Commitment::Ipa));
        for backend in Backend::ALL {
            for commitment in [None, ipa] {
                assert_eq!(
                    message(backend, with(commitment, None, false)),
                    Ok(Commitment::Ipa)
                );
            }
            assert_eq!(
                message(backend, with(None, None, true)),
                Err("`--insecure-srs` is for commitment `kzg`; `ipa` has no setup".into())
            );
        }
        assert_eq!(
            message(Backend::Halo2, with(kzg, None, true)),
            Err("backend `halo2` has no commitment `kzg`, only `ipa`".into())
        );
        let axiom = Backend::Halo2Axiom;
        assert_eq!(
            message(axiom, with(kzg, None, false)),
            Err("commitment `kzg` needs a setup, and none is named".into())
        );
        for options in [with(kzg, None, true), with(kzg, Some("f"), false)] {
            assert_eq!(message(axiom, options), Ok(Commitment::Kzg));
        }
    }
}
