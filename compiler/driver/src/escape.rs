//! Text from models and files on a terminal: what would move the cursor or change colours is shown as an escape.

use std::borrow::Cow;

/// A text on one line: control characters, line breaks included, as `\n` or `\u{1b}`.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, acts)
}

/// A text that may have several lines: other control characters as `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && acts(c))
}

/// Whether a terminal acts on a character instead of showing it: control characters, line separators, and marks that
/// turn the direction of what follows.
fn acts(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, acts: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_acts_is_escaped() {
        assert_eq!(one_line("a\u{1b}[31m\nb\t"), "a\\u{1b}[31m\\nb\\t");
        assert_eq!(printable("a\u{9b}\nb"), "a\\u{9b}\nb");
        assert_eq!(one_line("\u{202e}\u{7f}"), "\\u{202e}\\u{7f}");
        let harmless = "conv \\ \"ü\" 畳み込み";
        assert!(matches!(one_line(harmless), Cow::Borrowed(text) if text == harmless));
    }
}
