//! placeholder until importer
use crate::error::{Error, Result};
use crate::inputs::Tensor;
pub(super) fn read(_bytes: &[u8]) -> Result<Tensor> { Err(Error::diagnostic("x")) }
