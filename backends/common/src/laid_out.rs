//! A circuit laid out on its grid.

use zkc_circuit::structure::check_structure;
use zkc_circuit::{Circuit, Grid, Layout, expand};

use crate::digest::Digest;
use crate::error::Error;

/// A circuit that keeps its rules, and where its values stand.
#[derive(Debug)]
pub struct LaidOut {
    /// The circuit.
    pub circuit: Circuit,
    /// Where its values stand.
    pub layout: Layout,
    /// Of the encoded circuit.
    pub digest: Digest,
}

impl LaidOut {
    /// Checks and lays out a circuit.
    ///
    /// # Errors
    /// The circuit breaks rules, or cannot be laid out.
    pub fn try_new(circuit: Circuit) -> Result<LaidOut, Error> {
        let errors = check_structure(&circuit);
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let layout = expand(&circuit)?;
        Ok(LaidOut {
            digest: Digest(circuit.digest()),
            circuit,
            layout,
        })
    }

    /// Refuses a grid that cannot be one of this circuit.
    pub fn check_grid(&self, grid: &Grid) -> Result<(), Error> {
        if self.layout.fits(grid) {
            Ok(())
        } else {
            Err(Error::Inconsistent {
                what: "the values were laid out for another circuit".into(),
            })
        }
    }
}
