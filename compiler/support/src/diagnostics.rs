//! MLIR's diagnostics as plain data.

use melior::ir::Location;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The work cannot go on.
    Error,
    /// Something was guessed or dropped.
    Warning,
    /// For information.
    Note,
}

/// A message with the place that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Severity.
    pub severity: Severity,
    /// Message: lower case, no full stop.
    pub message: String,
    /// Name of the ONNX node, where the location holds one.
    pub node: Option<String>,
    /// The location as MLIR prints it.
    pub location: String,
    /// Notes attached to the message.
    pub notes: Vec<String>,
}

/// The ONNX node that a location leads back to.
///
/// A named location names its node; a fused one takes the first part that has a name.
pub fn node_name(location: Location) -> Option<String> {
    if location.is_name() {
        let name = location.name_value();
        let text = name.as_string_ref();
        // An empty name has no bytes to read.
        return (text.to_raw().length > 0)
            .then(|| text.as_str().ok().map(ToString::to_string))
            .flatten();
    }
    if location.is_fused() {
        return (0..location.fused_num_locations())
            .find_map(|i| node_name(location.fused_location(i)));
    }
    if location.is_call_site() {
        return node_name(location.call_site_callee());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{as_str, new_context, string};
    use melior::ir::Attribute;

    #[test]
    fn names_and_texts_may_be_empty_or_no_text() {
        let context = new_context();
        let unknown = Location::unknown(&context);
        assert_eq!(node_name(Location::name(&context, "", unknown)), None);
        let named = Location::name(&context, "n", unknown);
        assert_eq!(node_name(named).as_deref(), Some("n"));
        assert_eq!(as_str(string(&context, "")), Some(""));
        let bytes = Attribute::parse(&context, r#""\FF""#).unwrap();
        assert_eq!(as_str(bytes), None);
    }
}
