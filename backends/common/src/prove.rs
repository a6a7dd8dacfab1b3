//! What is around making a proof.

use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};

use crate::error::Error;
use crate::measure::{Cost, Stopwatch};
use crate::proof::Proof;
use crate::system::System;

/// A generator of the random numbers that hide the witness, seeded by the operating system.
///
/// Whoever knows the numbers of a proof can learn the witness from it, so use each generator in one process only.
pub fn system_rng() -> Result<StdRng, Error> {
    StdRng::try_from_rng(&mut SysRng).map_err(|e| Error::Randomness {
        reason: e.to_string(),
    })
}

/// A proof and what making it cost.
#[derive(Debug)]
pub struct Proved<S: System> {
    /// The proof.
    pub proof: Proof<S>,
    /// Cost of making it.
    pub cost: Cost,
    /// Cost of checking it once.
    pub check_cost: Cost,
}

impl<S: System> Proved<S> {
    /// Checks a finished proof by `check`, so that none that does not hold leaves the program.
    ///
    /// # Errors
    /// [`Error::Unsatisfied`] if `check` rejects the proof; other errors of `check` as they are.
    pub fn checked(
        proof: Proof<S>,
        cost: Cost,
        check: impl FnOnce(&[u8]) -> Result<(), Error>,
    ) -> Result<Proved<S>, Error> {
        let watch = Stopwatch::start();
        check(&proof.bytes).map_err(|error| match error {
            Error::Rejected(_) => Error::Unsatisfied {
                reason: "the finished proof does not hold".into(),
            },
            other => other,
        })?;
        Ok(Proved {
            proof,
            cost,
            check_cost: watch.cost(),
        })
    }
}
