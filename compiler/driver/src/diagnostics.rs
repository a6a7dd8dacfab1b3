//! From the diagnostics of the importer and of MLIR to [`Error`] and warnings.

use zkc_importer::ImportError;
use zkc_support::{Diagnostic, Severity};

use crate::error::Error;
use crate::escape::one_line;
use crate::ui::Ui;

/// What a note begins with that says what would help.
const HELP: &str = "help: ";

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
    let mut error = if message.starts_with(PANIC) {
        Error::bug(message)
    } else if is_limit(&message) {
        Error::limit(message)
    } else {
        Error::diagnostic(message)
    };
    if let Some(node) = diagnostic.node.as_ref().filter(|node| !node.is_empty()) {
        error = error.at_node(node);
    }
    for note in &diagnostic.notes {
        error = match note.strip_prefix(HELP) {
            Some(help) => error.help(help),
            None => error.note(tidy(note)),
        };
    }
    error
}

/// Whether a pass ran into a limit: by convention it then says what it `needs`, or has, and that this is `more than` the
/// limit.
fn is_limit(message: &str) -> bool {
    (message.contains("needs ") && message.contains("more than "))
        || message.contains(", more than 2^")
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
        let mut text = one_line(&tidy(&diagnostic.message)).into_owned();
        if let Some(node) = diagnostic.node.as_ref().filter(|node| !node.is_empty()) {
            text.push_str(&format!("\n  at node \"{}\"", one_line(node)));
        }
        for note in &diagnostic.notes {
            let word = if note.starts_with(HELP) { "" } else { "note: " };
            text.push_str(&format!("\n  {word}{}", one_line(note)));
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
            converted = converted.note(one_line(note));
        }
        match error.help() {
            Some(help) => converted.help(one_line(help)),
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
    fn notes_become_notes_and_help() {
        let found = diagnostic("'onnx.Conv' op is odd", &["help: make it even", "it is 3"]);
        let error = to_error(&[found]).unwrap();
        assert_eq!(error.kind(), Kind::Diagnostic);
        assert_eq!(
            error.to_string(),
            "error: `onnx.Conv`: is odd\n  at node \"conv\"\n  note: it is 3\n  help: make it even"
        );
    }

    #[test]
    fn limits_are_told_from_other_errors() {
        for message in [
            "the model needs more than 2^20 rows in every layout tried",
            "`onnx.MatMul`: the result needs 112 bits, more than the 110 of `max-bits`",
            "`onnx.Mul`: element 0 of the result needs more than 127 bits",
            "a table of `tanh` on [-8, 8] has 16385 entries, more than 2^12",
        ] {
            assert_eq!(
                to_error(&[diagnostic(message, &[])]).unwrap().kind(),
                Kind::Limit,
                "{message}"
            );
        }
        let other = "option `input-range`: more than one range without a name";
        assert_eq!(
            to_error(&[diagnostic(other, &[])]).unwrap().kind(),
            Kind::Diagnostic
        );
    }

    #[test]
    fn a_pass_that_panicked_is_our_bug() {
        let error = to_error(&[diagnostic("internal compiler error: pass panicked", &[])]).unwrap();
        assert_eq!(error.kind(), Kind::Bug);
        assert!(to_error(&[]).is_none());
    }
}
