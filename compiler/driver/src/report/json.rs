//! JSON that people can read too: objects over several lines, lists of numbers on one.

use serde::Serialize;
use serde_json::Value;

/// The JSON text of a report, without a newline at its end.
///
/// Members of an object stand on lines of their own, elements of a list of objects likewise; other lists stay on one
/// line. Numbers that are not finite become `null`, and control characters in names are escaped, also those that JSON
/// lets stand.
pub fn to_json(report: &impl Serialize) -> String {
    let value = match serde_json::to_value(report) {
        Ok(value) => value,
        // Reports hold strings, numbers that fit and lists of them, which always have a JSON form.
        Err(error) => unreachable!("a report has no JSON form: {error}"),
    };
    let mut text = String::new();
    write(&value, 0, &mut text);
    if text.contains(is_loose) {
        // Outside of strings there are no such characters.
        let escaped = |c: char| match is_loose(c) {
            true => format!("\\u{:04x}", u32::from(c)),
            false => c.into(),
        };
        text = text.chars().map(escaped).collect();
    }
    text
}

/// Control characters that JSON allows in strings.
fn is_loose(c: char) -> bool {
    c.is_control() && c != '\n'
}

fn write(value: &Value, depth: usize, text: &mut String) {
    let newline = |depth: usize, text: &mut String| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                newline(depth + 1, text);
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push_str(": ");
                write(member, depth + 1, text);
            }
            newline(depth, text);
            text.push('}');
        }
        Value::Array(elements) if elements.iter().any(Value::is_object) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                newline(depth + 1, text);
                write(element, depth + 1, text);
            }
            newline(depth, text);
            text.push(']');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write(element, depth, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_is_left() {
        let text = to_json(&serde_json::json!({ "a\u{9b}": "b\u{1b}\u{7f}\n" }));
        assert_eq!(text, "{\n  \"a\\u009b\": \"b\\u001b\\u007f\\n\"\n}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["a\u{9b}"], "b\u{1b}\u{7f}\n");
    }

    #[test]
    fn lists_of_numbers_stay_on_one_line() {
        let value = serde_json::json!({
            "a": [[1, 0.5], []], "b": {"c": "x\"y"}, "d": [{"e": 1}, {}], "f": f64::NAN,
        });
        let text = to_json(&value);
        assert_eq!(
            text,
            "{\n  \"a\": [[1, 0.5], []],\n  \"b\": {\n    \"c\": \"x\\\"y\"\n  },\n  \"d\": [\n    {\n      \
             \"e\": 1\n    },\n    {}\n  ],\n  \"f\": null\n}"
        );
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back, value);
    }
}
