//! Contexts, parsing, and pipelines run in process.

use crate::{
    diagnostics::{Diagnostic, Severity, node_name},
    ffi::drivers::{emit, register_transform_passes, registry},
};
use melior::{
    Context,
    diagnostic::DiagnosticSeverity,
    ir::{Location, Module},
    pass::PassManager,
    utility::parse_pass_pipeline,
};
use std::{
    cell::RefCell,
    fmt::{Display, Write},
    rc::Rc,
    sync::Once,
};

/// A failure whose reason has been reported as a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// A context with the dialects of zkc loaded.
pub fn new_context() -> Context {
    let context = Context::new_with_registry(&registry(), false);
    context.load_all_available_dialects();
    context
}

/// Reports an error at a location; returns [`Failed`] for `Err(emit_error(..))`.
pub fn emit_error(location: Location, message: &str, notes: &[String]) -> Failed {
    emit(location, 2, message, notes);
    Failed
}

/// Reports a warning at a location.
pub fn emit_warning(location: Location, message: &str) {
    emit(location, 1, message, &[]);
}

/// Reports a remark at a location.
pub fn emit_note(location: Location, message: &str) {
    emit(location, 0, message, &[]);
}

/// Runs `work` and collects the diagnostics that it causes.
fn collecting<T>(context: &Context, work: impl FnOnce() -> T) -> (T, Vec<Diagnostic>) {
    let collected = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&collected);
    let id = context.attach_diagnostic_handler(move |d| {
        let severity = match d.severity() {
            DiagnosticSeverity::Error => Severity::Error,
            DiagnosticSeverity::Warning => Severity::Warning,
            _ => Severity::Note,
        };
        let location = d.location();
        let notes = (0..d.note_count())
            .filter_map(|i| Some(text(&d.note(i).ok()?)))
            .collect();
        sink.borrow_mut().push(Diagnostic {
            severity,
            message: text(&d),
            node: node_name(location),
            location: text(&location),
            notes,
        });
        true
    });
    let result = work();
    context.detach_diagnostic_handler(id);
    let diagnostics = collected.take();
    (result, diagnostics)
}

/// What MLIR prints, as far as it is UTF-8; names that an input gives may be anything.
fn text(printed: &impl Display) -> String {
    let mut text = String::new();
    let _ = write!(text, "{printed}");
    text
}

/// Parses and verifies a module.
///
/// # Errors
/// What MLIR reports, and where the text has a NUL character.
pub fn parse_module<'c>(context: &'c Context, text: &str) -> Result<Module<'c>, Vec<Diagnostic>> {
    // MLIR takes texts that a NUL ends.
    if let Some(at) = text.find('\0') {
        return Err(vec![error_of_text(format!(
            "the text has a NUL character at byte {at}"
        ))]);
    }
    let (module, diagnostics) = collecting(context, || Module::parse(context, text));
    module.ok_or(diagnostics)
}

/// Runs a textual pipeline, `builtin.module(pass-a,pass-b{option=value})`, on a module.
///
/// Passes must have been registered. Returns warnings and remarks.
///
/// # Errors
/// All diagnostics, when the pipeline does not parse or a pass fails; the module is then in the
/// state that the failing pass left.
pub fn run_pipeline(
    context: &Context,
    module: &mut Module,
    pipeline: &str,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    static TRANSFORMS: Once = Once::new();
    TRANSFORMS.call_once(register_transform_passes);
    let (result, mut diagnostics) = collecting(context, || {
        let manager = PassManager::new(context);
        manager.enable_verifier(true);
        match parse_pass_pipeline(manager.as_operation_pass_manager(), pipeline) {
            Ok(()) => manager.run(module).map_err(|_| None),
            Err(e) => Err(Some(e.to_string())),
        }
    });
    match result {
        Ok(()) => Ok(diagnostics),
        Err(message) => {
            diagnostics.extend(message.map(error_of_text));
            Err(diagnostics)
        }
    }
}

/// An error about a text as a whole.
fn error_of_text(message: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        message,
        node: None,
        location: String::new(),
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_nul_characters_are_errors() {
        let context = new_context();
        assert!(parse_module(&context, "module {}").is_ok());
        let errors = parse_module(&context, "module {}\0").unwrap_err();
        assert_eq!(errors[0].message, "the text has a NUL character at byte 9");
    }
}
