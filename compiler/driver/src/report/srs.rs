//! What `zkc srs` has to tell.

use std::fmt;

use serde::Serialize;

use crate::report::text::{bytes, seconds};

/// Report of `zkc srs generate`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SrsReport {
    /// Base-2 logarithm of the most rows that a circuit may have.
    pub k: u32,
    /// Always true: zkc makes insecure setups only.
    pub insecure_setup: bool,
    /// What identifies the setup, for every k.
    pub setup_digest: String,
    /// Bytes of the file.
    pub srs_bytes: u64,
    /// Seconds to make and write it.
    pub srs_s: f64,
}

impl fmt::Display for SrsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "made an insecure setup for k up to {} in {}, {}",
            self.k,
            seconds(self.srs_s),
            bytes(self.srs_bytes)
        )?;
        writeln!(f, "  setup {}", self.setup_digest)?;
        writeln!(
            f,
            "  its secret is published: anybody can forge proofs, use it for tests only"
        )
    }
}
