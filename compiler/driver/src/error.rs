//! The one error type of the library, and how it is printed.
//!
//! There are three kinds, and each has its exit code:
//!
//! | exit code | kind | whose turn it is |
//! |---|---|---|
//! | 0 | no error | |
//! | 1 | [`Kind::Diagnostic`] | the caller: the model, an option, a file, an input, or a proof that does not verify |
//! | 2 | [`Kind::Limit`] | the caller: something is too big, and the message has the number that would do |
//! | 101 | [`Kind::Bug`] | us: please report it |
//!
//! An error is printed as
//!
//! ```text
//! error: `onnx.Conv`: attribute `group` must be 1, found 3
//!   at node "stage2/conv_7" in model.onnx
//!   note: grouped convolution has no conversion to `zkarith`
//!   help: split the node into three convolutions
//! ```
//!
//! Messages are lower case and have no full stop; names of the user's world (nodes, files) are given as they are, but
//! when an error is printed, control characters in them are escaped.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use zkc_support::describe_io;

use crate::escape::{one_line, printable};

/// What went wrong, in terms of who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The model, the options or a file cannot be used as they are.
    Diagnostic,
    /// Rows, columns, bits or bytes exceed what is possible.
    Limit,
    /// An invariant of the compiler broke.
    Bug,
}

impl Kind {
    /// The process exit code of an error of this kind; the table stands at the head of this module.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Diagnostic => 1,
            Kind::Limit => 2,
            Kind::Bug => 101,
        }
    }
}

/// Shorthand for results of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with all that helps to act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Inner {
    kind: Kind,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// Further errors of the same step, each complete in itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more: Vec<Error>,
}

impl Serialize for Error {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Error {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            node: None,
            file: None,
            notes: Vec::new(),
            help: None,
            more: Vec::new(),
        }))
    }

    /// An error in what the caller gave us.
    pub fn diagnostic(message: impl Into<String>) -> Self {
        Self::new(Kind::Diagnostic, message)
    }

    /// A limit that is exceeded; the message or the help names the number that would do.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(Kind::Limit, message)
    }

    /// A broken invariant of ours.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Kind::Bug, message)
    }

    /// An operating system error while doing `action` (a phrase such as `cannot read`) with `file`.
    pub fn io(action: &str, file: &Path, error: &std::io::Error) -> Self {
        Self::diagnostic(format!(
            "{action} {}: {}",
            file.display(),
            describe_io(error)
        ))
    }

    /// Names the ONNX node the error is about.
    #[must_use]
    pub fn at_node(mut self, node: impl Into<String>) -> Self {
        self.0.node = Some(node.into());
        self
    }

    /// Names the file the error is about, unless one is named already.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.0.file.get_or_insert_with(|| file.into());
        self
    }

    /// Adds a note: a fact that explains the message.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    /// Says what would help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Appends another error of the same step.
    #[must_use]
    pub fn and(mut self, other: Error) -> Self {
        self.0.more.push(other);
        self
    }

    /// One error out of those a step collected; `None` when there are none.
    pub fn from_list(errors: impl IntoIterator<Item = Error>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let first = errors.next()?;
        Some(errors.fold(first, Error::and))
    }

    /// The kind of the error; with several, the gravest.
    pub fn kind(&self) -> Kind {
        let rank = |kind| match kind {
            Kind::Diagnostic => 0,
            Kind::Limit => 1,
            Kind::Bug => 2,
        };
        (self.0.more.iter().map(Error::kind))
            .chain([self.0.kind])
            .max_by_key(|kind| rank(*kind))
            .unwrap_or(self.0.kind)
    }

    /// The message alone.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The ONNX node the error is about.
    pub fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// The file the error is about.
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }

    /// The notes, in the order they were added.
    pub fn notes(&self) -> &[String] {
        &self.0.notes
    }

    /// What would help.
    pub fn help_text(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            message,
            node,
            file,
            notes,
            help,
            more,
        } = &*self.0;
        let word = match kind {
            Kind::Diagnostic | Kind::Limit => "error",
            Kind::Bug => "internal error, please report",
        };
        let indented = |text: &str| printable(text).replace('\n', "\n        ");
        write!(f, "{word}: {}", one_line(message))?;
        let node = node.as_deref().map(one_line);
        let path = file.as_ref().map(|file| file.to_string_lossy());
        match (node, &path) {
            (Some(node), Some(path)) => write!(f, "\n  at node \"{node}\" in {}", one_line(path))?,
            (Some(node), None) => write!(f, "\n  at node \"{node}\"")?,
            // Messages of the operating system name the file themselves.
            (None, Some(path)) if names(message, path) => {}
            (None, Some(path)) => write!(f, "\n  in {}", one_line(path))?,
            (None, None) => {}
        }
        for note in notes {
            write!(f, "\n  note: {}", indented(note))?;
        }
        if let Some(help) = help {
            write!(f, "\n  help: {}", indented(help))?;
        }
        for other in more {
            write!(f, "\n{other}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Whether a text names a file; a short name may also be part of a word, or of a longer name.
pub(crate) fn names(text: &str, path: &str) -> bool {
    let ends = |next: Option<char>| {
        next.is_none_or(|next| !next.is_alphanumeric() && !['/', '.', '-', '_'].contains(&next))
    };
    text.match_indices(path).any(|(at, _)| {
        ends(text[..at].chars().next_back()) && ends(text[at + path.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_node_file_notes_and_help() {
        let error = Error::diagnostic("`onnx.Conv`: attribute `group` must be 1, found 3")
            .at_node("stage2/conv_7")
            .in_file("model.onnx")
            .note("grouped convolution has no conversion to `zkarith`")
            .help("split the node into three convolutions");
        assert_eq!(
            error.to_string(),
            "error: `onnx.Conv`: attribute `group` must be 1, found 3\n  \
             at node \"stage2/conv_7\" in model.onnx\n  \
             note: grouped convolution has no conversion to `zkarith`\n  \
             help: split the node into three convolutions"
        );
        assert_eq!(error.kind().exit_code(), 1);
    }

    #[test]
    fn a_file_is_named_once_but_not_by_chance() {
        let shown =
            |message: &str, file: &str| Error::diagnostic(message).in_file(file).to_string();
        for message in [
            "w is no witness",
            "cannot read w: no such file",
            "the file \"w\"",
        ] {
            assert_eq!(shown(message, "w"), format!("error: {message}"));
        }
        for message in ["the witness is wrong", "b/w and w.pk are others"] {
            assert_eq!(shown(message, "w"), format!("error: {message}\n  in w"));
        }
    }

    #[test]
    fn names_cannot_act_on_a_terminal() {
        let error = Error::diagnostic("input \"a\u{1b}[31m\nb\" is odd")
            .at_node("bad\u{1b}[0m\nnode")
            .in_file("m\r.onnx")
            .note("one\u{7}\ntwo");
        assert_eq!(
            error.to_string(),
            "error: input \"a\\u{1b}[31m\\nb\" is odd\n  \
             at node \"bad\\u{1b}[0m\\nnode\" in m\\r.onnx\n  \
             note: one\\u{7}\n        two"
        );
    }

    #[test]
    fn the_gravest_of_several_gives_the_exit_code() {
        let error = Error::from_list([Error::diagnostic("a"), Error::limit("b")]).unwrap();
        assert_eq!(error.kind(), Kind::Limit);
        assert_eq!(error.to_string(), "error: a\nerror: b");
        assert!(Error::from_list([]).is_none());
    }

    #[test]
    fn the_first_file_named_stays() {
        let error = Error::diagnostic("x").in_file("inner").in_file("outer");
        assert_eq!(error.file(), Some(Path::new("inner")));
    }

    #[test]
    fn io_errors_have_no_os_numbers() {
        let missing = std::fs::read("/nonexistent/file").unwrap_err();
        let error = Error::io("cannot read", Path::new("a.json"), &missing);
        assert_eq!(
            error.message(),
            "cannot read a.json: no such file or folder"
        );
    }

    #[test]
    fn serializes_only_what_is_there() {
        let json = serde_json::to_string(&Error::limit("too big").help("smaller")).unwrap();
        assert_eq!(
            json,
            r#"{"kind":"limit","message":"too big","help":"smaller"}"#
        );
    }
}
