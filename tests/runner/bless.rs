//! Rewriting the expectations of filetests that hold a whole output.
//!
//! Most filetests check a few lines, written by hand. A test that pins a whole output ends in the line [`MARK`];
//! what follows it is written by `./x bless PATH` and read like code in review.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{filetest::FileTest, process, tools::Tools};

/// The line after which expectations are generated; it stands behind the file's comment sign.
pub const MARK: &str = "The expectations below are written by ./x bless.";

/// Whether this run accepts new expectations (`ZKC_BLESS=1`).
pub fn requested() -> bool {
    std::env::var("ZKC_BLESS").is_ok_and(|value| !value.is_empty() && value != "0")
}

/// Writes the expectations of `test` anew if it has the mark; leaves other tests as they are.
///
/// # Errors
/// When the command before `| FileCheck` fails, or the file cannot be read or written.
pub fn rewrite(test: &FileTest, tools: &Tools) -> Result<()> {
    let text = fs::read_to_string(&test.path)
        .with_context(|| format!("cannot read {}", test.path.display()))?;
    let Some((kept, sign)) = split_at_mark(&text) else {
        return Ok(());
    };
    let temp = tempfile::tempdir()?;
    let mut blessed = kept.to_owned();
    for command in test.commands(temp.path())? {
        let (left, prefix) = match command.split_once("| FileCheck") {
            Some((left, check)) => (left.to_owned(), Some(check_prefix(check).to_owned())),
            None => (command, None),
        };
        let done = process::run(
            &mut test.shell(tools, temp.path(), &left),
            crate::filetest::LIMIT,
        )?;
        ensure!(
            done.success(),
            "{}: `{left}` {}\n{}",
            test.path.display(),
            done.status(),
            done.stderr
        );
        if let Some(prefix) = prefix {
            blessed.push('\n');
            blessed.push_str(&expectations(&done.stdout, sign, &prefix));
        }
    }
    if blessed != text {
        fs::write(&test.path, blessed)
            .with_context(|| format!("cannot write {}", test.path.display()))?;
    }
    Ok(())
}

/// The text up to and with the mark, and the comment sign before it.
fn split_at_mark(text: &str) -> Option<(&str, &str)> {
    let mark = text.find(MARK)?;
    let line = text[..mark].rfind('\n').map_or(0, |end| end + 1);
    let end = mark + text[mark..].find('\n')? + 1;
    Some((&text[..end], text[line..mark].trim()))
}

/// The prefix of the check lines.
fn check_prefix(arguments: &str) -> &str {
    let prefix = arguments.split_whitespace().find_map(|a| {
        let a = a.trim_start_matches('-');
        a.strip_prefix("check-prefix=")
            .or_else(|| a.strip_prefix("check-prefixes="))
    });
    prefix.unwrap_or("CHECK")
}

fn expectations(output: &str, sign: &str, prefix: &str) -> String {
    let mut text = String::new();
    for (place, line) in output.lines().enumerate() {
        // FileCheck looks for `PREFIX:` first, so that the output may begin anywhere.
        let suffix = match (place, line.is_empty()) {
            (0, _) => "",
            (_, true) => "-EMPTY",
            (_, false) => "-NEXT",
        };
        let line = line
            .trim_end()
            .replace("{{", "{{[{][{]}}")
            .replace("[[", "{{[[][[]}}");
        text.push_str(format!("{sign} {prefix}{suffix}: {line}").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_quote_what_filecheck_reads_as_syntax() {
        let text = expectations("module {\n\n  a[[0]] {{1}}\n}\n", "//", "OUT");
        assert_eq!(
            text,
            "// OUT: module {\n// OUT-EMPTY:\n// OUT-NEXT:   a{{[[][[]}}0]] {{[{][{]}}1}}\n// OUT-NEXT: }\n"
        );
    }

    #[test]
    fn only_what_follows_the_mark_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mlir");
        let head = format!("// RUN: printf 'new\\n' | FileCheck %s\n// {MARK}\n");
        fs::write(&path, format!("{head}\n// CHECK: old\n")).unwrap();
        let tools = Tools {
            bin: "/nowhere".into(),
            llvm: "/nowhere".into(),
            cache: "/nowhere".into(),
        };
        rewrite(
            &FileTest {
                name: "a".into(),
                path: path.clone(),
            },
            &tools,
        )
        .unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            format!("{head}\n// CHECK: new\n")
        );
    }
}
