//! Why an operation cannot be converted.

use zkc_dialects::{onnx::Invalid, zkarith::EvalError};
use zkc_support::ConstantError;

/// A message for the model's author; the operation and its node are added where it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    /// Lower case, no full stop.
    pub(crate) message: String,
    /// Notes and advice.
    pub(crate) notes: Vec<String>,
}

impl Issue {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            notes: Vec::new(),
        }
    }

    /// Says what would help.
    #[must_use]
    pub(crate) fn help(mut self, help: impl AsRef<str>) -> Self {
        self.notes.push(format!("help: {}", help.as_ref()));
        self
    }
}

impl From<Invalid> for Issue {
    fn from(e: Invalid) -> Self {
        let issue = Self::new(e.message);
        match e.help {
            Some(help) => issue.help(help),
            None => issue,
        }
    }
}

impl From<ConstantError> for Issue {
    fn from(e: ConstantError) -> Self {
        Self::new(e.to_string())
    }
}

impl From<EvalError> for Issue {
    fn from(e: EvalError) -> Self {
        // The operation is that of the level below; the one of the model is named anyway.
        match e {
            EvalError::Op(e) => Self::new(e.reason.to_string()),
            other => Self::new(other.to_string()),
        }
    }
}
