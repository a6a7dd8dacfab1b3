//! Bounds so wide that an identity could hold in the field alone.

use anyhow::Result;

/// The cases.
pub(crate) const CASES: &[(&str, fn() -> Result<()>)] = &[];
