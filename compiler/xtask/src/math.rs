//! The book's formulas, from LaTeX to MathML, so that pages need neither a script nor the network to show them.
//!
//! mdBook runs this as a preprocessor: it writes `[context, book]` as JSON to our input and reads the book back.
//! Formulas stand between `\\(` and `\\)` in a line of text, or between `\\[` and `\\]` in a paragraph of their own.
//! A formula that cannot be typeset fails the book.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use pulldown_latex::{Parser, RenderConfig, Storage, config::DisplayMode, push_mathml};
use serde_json::Value;

pub(crate) fn run(mut input: impl Read, mut output: impl Write) -> Result<()> {
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .context("cannot read the book")?;
    let mut both: Value = serde_json::from_str(&text).context("mdBook sent no JSON")?;
    let book = both.get_mut(1).context("mdBook sent no book")?;
    let mut problems = Vec::new();
    chapters(book, &mut problems);
    if !problems.is_empty() {
        bail!("formulas that cannot be typeset:\n{}", problems.join("\n"));
    }
    serde_json::to_writer(&mut output, book).context("cannot write the book")?;
    Ok(output.flush()?)
}

/// Typesets every chapter below a node of the book, whatever the lists that hold chapters are called.
fn chapters(node: &mut Value, problems: &mut Vec<String>) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| chapters(item, problems)),
        Value::Object(fields) => {
            let name = fields
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            if let Some(Value::String(content)) = fields.get_mut("content") {
                match typeset(content) {
                    Ok(done) => *content = done,
                    Err(error) => problems.push(format!("{name}: {error:#}")),
                }
            }
            fields
                .values_mut()
                .for_each(|field| chapters(field, problems));
        }
        _ => {}
    }
}

/// A page with its formulas as MathML. Code is left alone.
fn typeset(page: &str) -> Result<String> {
    let mut done = String::with_capacity(page.len());
    let mut rest = page;
    let mut line_start = true;
    while let Some(c) = rest.chars().next() {
        if line_start && rest.trim_start_matches(' ').starts_with("```") {
            let opening = rest.find('\n').map_or(rest.len(), |end| end + 1);
            let end = rest[opening..]
                .find("\n```")
                .map_or(rest.len(), |at| opening + at + 4);
            done.push_str(&rest[..end]);
            rest = &rest[end..];
            line_start = false;
            continue;
        }
        let formula = [
            (r"\\(", r"\\)", DisplayMode::Inline),
            (r"\\[", r"\\]", DisplayMode::Block),
        ]
        .into_iter()
        .find(|(open, _, _)| rest.starts_with(open));
        if let Some((open, close, mode)) = formula {
            let body = &rest[open.len()..];
            let end = body.find(close).with_context(|| {
                let line = body.lines().next().unwrap_or_default();
                format!("`{open}{line}` has no `{close}`")
            })?;
            done.push_str(&mathml(&body[..end], mode)?);
            rest = &body[end + close.len()..];
            line_start = false;
            continue;
        }
        if c == '`' {
            // A span of code ends with as many marks as it began with.
            let marks = rest.len() - rest.trim_start_matches('`').len();
            let end = rest[marks..]
                .find(&rest[..marks])
                .map_or(marks, |at| 2 * marks + at);
            done.push_str(&rest[..end]);
            rest = &rest[end..];
            line_start = false;
            continue;
        }
        line_start = c == '\n';
        done.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Ok(done)
}

/// One formula, on one line and without signs that mean something to Markdown.
fn mathml(markdown: &str, display_mode: DisplayMode) -> Result<String> {
    let latex = unescape(markdown);
    let storage = Storage::new();
    if let Some(Err(error)) = Parser::new(&latex, &storage).find(Result::is_err) {
        bail!("`{}`: {error}", latex.trim());
    }
    let storage = Storage::new();
    let mut text = String::new();
    let config = RenderConfig {
        display_mode,
        ..RenderConfig::default()
    };
    push_mathml(&mut text, Parser::new(&latex, &storage), config)
        .with_context(|| format!("`{}`", latex.trim()))?;
    let mut line = String::with_capacity(text.len());
    // The writer forgets a blank between two attributes of a sign of fixed size.
    for c in text.replace("\"minsize", "\" minsize").chars() {
        match c {
            '\n' => line.push(' '),
            '*' | '_' | '|' | '`' | '[' | ']' | '\\' => line.push_str(&format!("&#{};", c as u32)),
            c => line.push(c),
        }
    }
    Ok(line)
}

/// What Markdown makes of a text: a backslash before a punctuation mark stands for the mark.
fn unescape(markdown: &str) -> String {
    let mut latex = String::with_capacity(markdown.len());
    let mut chars = markdown.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => {
                latex.push(*next);
                chars.next();
            }
            _ => latex.push(c),
        }
    }
    latex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_mathml_and_code_stays() {
        let page =
            "a \\\\(x\\_1 \\\\, y\\\\) `\\\\(c\\\\)`\n```\n\\\\(d\\\\)\n```\n\\\\[\nz^2\n\\\\]\n";
        let done = typeset(page).unwrap();
        assert!(done.starts_with("a <math"), "{done}");
        assert!(
            done.contains("</math> `\\\\(c\\\\)`\n```\n\\\\(d\\\\)\n```\n<math"),
            "{done}"
        );
        assert!(
            done.contains("display=\"block\"") && done.ends_with("</math>\n"),
            "{done}"
        );
        assert_eq!(done.matches("<math").count(), 2);
    }

    #[test]
    fn a_formula_that_cannot_be_typeset_is_an_error() {
        for bad in ["\\\\(\\nosuchsign\\\\)", "\\\\(\\frac{a\\\\)", "\\\\(open"] {
            assert!(typeset(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_chapter_of_a_book_is_typeset() {
        let sent = serde_json::json!([{}, {"items": [{"Chapter": {
            "name": "One", "content": "\\\\(a\\\\)",
            "sub_items": [{"Chapter": {"name": "Two", "content": "\\\\(b\\\\)", "sub_items": []}}],
        }}, "Separator"]}]);
        let mut back = Vec::new();
        run(sent.to_string().as_bytes(), &mut back).unwrap();
        let back = String::from_utf8(back).unwrap();
        assert_eq!(back.matches("<math").count(), 2, "{back}");
        assert!(run("[]".as_bytes(), Vec::new()).is_err());
    }
}
