//! Why a model was refused, and what was guessed about one that was not.

use std::fmt;

/// What is wrong with a model, by the part of it that is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The file cannot be read.
    #[error("cannot read `{file}`: {reason}")]
    File {
        /// Path as given.
        file: String,
        /// Reason, from the operating system.
        reason: String,
    },
    /// The bytes are something else than an ONNX model.
    #[error("not an ONNX model: {0}")]
    NotAModel(String),
    /// The file ends too early.
    #[error(
        "the file is truncated: {what} at byte {offset} needs {needed} bytes, but {present} follow"
    )]
    Truncated {
        /// The part that is cut.
        what: String,
        /// Where its contents begin.
        offset: usize,
        /// Bytes that it says it has.
        needed: u64,
        /// Bytes that there are.
        present: u64,
    },
    /// The file is an ONNX model, but damaged.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The version of the file format or of an operator set.
    #[error("{0}")]
    Version(String),
    /// An operator that is not supported.
    #[error("{0}")]
    Operator(String),
    /// An attribute of a node: unknown, missing, of the wrong type or out of its limits.
    #[error("{0}")]
    Attribute(String),
    /// Number or use of a node's inputs and outputs.
    #[error("{0}")]
    Operand(String),
    /// An element type, or a type that is no tensor.
    #[error("{0}")]
    Type(String),
    /// The graph: names that are missing or defined twice, cycles, no outputs.
    #[error("{0}")]
    Graph(String),
    /// A dimension of an input that is not known.
    #[error("{0}")]
    Dimension(String),
    /// A constant whose dimensions and data disagree, or that is absurdly large.
    #[error("tensor `{name}`: {reason}")]
    Tensor {
        /// Name of the initializer, or of the node that holds the constant.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// External data that is missing, short or outside the model's folder.
    #[error("tensor `{name}`: external data in `{file}`: {reason}")]
    ExternalData {
        /// Name of the initializer, or of the node that holds the constant.
        name: String,
        /// File as the model names it.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// An option that does not fit the model.
    #[error("{0}")]
    Option(String),
    /// The model contradicts itself: the verifier of the `onnx` dialect rejects it.
    #[error("{0}")]
    Inconsistent(String),
}

impl ErrorKind {
    pub(crate) fn tensor(name: &str, reason: impl Into<String>) -> Self {
        Self::Tensor {
            name: name.into(),
            reason: reason.into(),
        }
    }
}

/// The node that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeName {
    /// Name of the node, unique in the model.
    pub name: String,
    /// Its operator, with the domain unless it is the default one.
    pub operator: String,
}

/// Why a model was refused.
///
/// [`fmt::Display`] gives the message alone; [`ImportError::render`] everything.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.message())]
pub struct ImportError {
    // Boxed: an error is rare and large.
    inner: Box<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    node: Option<NodeName>,
    notes: Vec<String>,
    help: Option<String>,
}

impl ImportError {
    /// What is wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// The node, when the error is about one.
    pub fn node(&self) -> Option<&NodeName> {
        self.inner.node.as_ref()
    }

    /// Further facts, one line each.
    pub fn notes(&self) -> &[String] {
        &self.inner.notes
    }

    /// What would help.
    pub fn help(&self) -> Option<&str> {
        self.inner.help.as_deref()
    }

    /// One line: the operator, if there is one, and what is wrong.
    fn message(&self) -> String {
        match &self.inner.node {
            Some(node) => format!("`{}`: {}", node.operator, self.inner.kind),
            None => self.inner.kind.to_string(),
        }
    }

    /// The whole report, as the tools print it; `file` is the model.
    pub fn render(&self, file: &str) -> String {
        let mut out = format!("error: {self}\n");
        match &self.inner.node {
            Some(node) => out += &format!("  at node \"{}\" in {file}\n", node.name),
            None => out += &format!("  in {file}\n"),
        }
        for note in &self.inner.notes {
            out += &format!("  note: {note}\n");
        }
        if let Some(help) = &self.inner.help {
            out += &format!("  help: {help}\n");
        }
        out
    }

    pub(crate) fn at(mut self, node: &NodeName) -> Self {
        self.inner.node.get_or_insert_with(|| node.clone());
        self
    }

    pub(crate) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.inner.notes.push(note.into());
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.inner.help = Some(help.into());
        self
    }
}

impl From<ErrorKind> for ImportError {
    fn from(kind: ErrorKind) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                node: None,
                notes: Vec::new(),
                help: None,
            }),
        }
    }
}

/// Something that was guessed, dropped or changed while importing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What was done: lower case, no full stop.
    pub message: String,
    /// How to say what is wanted instead.
    pub help: Option<String>,
}

impl Warning {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Quotes names for a message: "`a`, `b` and 3 more".
pub(crate) fn name_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect();
    match names.len() {
        0 => "none".into(),
        n if n > SHOWN => format!("{} and {} more", shown.join(", "), n - SHOWN),
        _ => shown.join(", "),
    }
}
