//! From the diagnostics of the importer and of MLIR to [`Error`] and warnings.

use zkc_importer::ImportError;
use zkc_support::{Diagnostic, Severity};

use crate::error::Error;
use crate::ui::Ui;

/// What a note begins with that says what would help.
const HELP: &str = "help: ";

/// What a note begins with that names an exceeded limit.
const LIMIT: &str = "limit: ";

/// What a message begins with where a pass panicked.
const PANIC: &str = "internal compiler error";

/// All errors among the diagnostics as one; `None` when there is none.
pub(crate) fn to_error(diagnostics: &[Diagnostic]) -> Option<Error> {
    Error::from_list(
        diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .map(one),
    )
}

fn one(diagnostic: &Diagnostic) -> Error {
    let message = tidy(&diagnostic.message);
    let limit = diagnostic.notes.iter().any(|note| note.starts_with(LIMIT));
    let mut error = if message.starts_with(PANIC) {
        Error::bug(message)
    } else if limit {
        Error::limit(message)
    } else {
        Error::diagnostic(message)
    };
    if let Some(node) = diagnostic.node.as_ref().filter(|node| !node.is_empty()) {
        error = error.at_node(node);
    }
    for note in &diagnostic.notes {
        error = match (note.strip_prefix(HELP), note.strip_prefix(LIMIT)) {
            (Some(help), _) => error.help(help),
            (None, Some(limit)) => error.note(format!("the limit is {limit}")),
            (None, None) => error.note(tidy(note)),
        };
    }
    error
}

/// MLIR writes `'onnx.Conv' op ...`; ours is "`onnx.Conv`: ...".
fn tidy(message: &str) -> String {
    match message
        .strip_prefix('\'')
        .and_then(|rest| rest.split_once("' op "))
    {
        Some((op, what)) => format!("`{op}`: {what}"),
        None => message.to_owned(),
    }
}

/// Passes warnings and remarks on.
pub(crate) fn report(diagnostics: &[Diagnostic], ui: &dyn Ui) {
    for diagnostic in diagnostics {
        let mut text = tidy(&diagnostic.message);
        if let Some(node) = diagnostic.node.as_ref().filter(|node| !node.is_empty()) {
            text.push_str(&format!("\n  at node \"{node}\""));
        }
        for note in &diagnostic.notes {
            let word = if note.starts_with(HELP) { "" } else { "note: " };
            text.push_str(&format!("\n  {word}{note}"));
        }
        match diagnostic.severity {
            Severity::Warning => ui.warn(&text),
            Severity::Note => ui.detail(&text),
            Severity::Error => {}
        }
    }
}

impl From<ImportError> for Error {
    fn from(error: ImportError) -> Self {
        let mut converted = Error::diagnostic(error.to_string());
        if let Some(node) = error.node() {
            converted = converted.at_node(&node.name);
        }
        for note in error.notes() {
            converted = converted.note(note);
        }
        match error.help() {
            Some(help) => converted.help(help),
            None => converted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn diagnostic(message: &str, notes: &[&str]) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            node: Some("conv".into()),
            location: String::new(),
            notes: notes.iter().map(|&note| note.to_owned()).collect(),
        }
    }

    #[test]
    fn notes_become_notes_help_and_limits() {
        let found = diagnostic(
            "'onnx.Conv' op is odd",
            &["limit: 2^20 rows", "help: make it even", "it is 3"],
        );
        let error = to_error(&[found]).unwrap();
        assert_eq!(error.kind(), Kind::Limit);
        assert_eq!(
            error.to_string(),
            "error: `onnx.Conv`: is odd\n  at node \"conv\"\n  note: the limit is 2^20 rows\n  note: it is 3\n  \
             help: make it even"
        );
    }

    #[test]
    fn a_pass_that_panicked_is_our_bug() {
        let error = to_error(&[diagnostic("internal compiler error: pass panicked", &[])]).unwrap();
        assert_eq!(error.kind(), Kind::Bug);
        assert!(to_error(&[]).is_none());
    }
}
