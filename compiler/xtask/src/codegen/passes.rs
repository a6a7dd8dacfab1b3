//! The passes page and a test per pass, both from the docs at the top of each pass's file.
//!
//! A pass file opens with ``//! `name`: what it does.``; a `Before:` and an `After:` block of MLIR in these docs become
//! `tests/filetests/passes/NAME/doc.mlir`: running the pass on the first must give the second. ``Before, with
//! `option=value`:`` runs the pass with options. After `After, in part:` the lines given must occur in the result, in
//! their order.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use anyhow::{Context, Result, bail, ensure};

use super::Generated;
use crate::place::Place;

/// What the docs of a pass file say.
#[derive(Debug, PartialEq)]
struct PassDoc {
    name: String,
    summary: String,
    /// The text after the first line.
    body: String,
    examples: Vec<Example>,
}

#[derive(Debug, PartialEq)]
struct Example {
    options: String,
    before: String,
    after: String,
    /// Whether `after` holds lines of the result and not all of it.
    part: bool,
}

pub(super) fn generate(place: &Place) -> Result<Vec<Generated>> {
    let docs = read_all(&place.file("passes"))?;
    let listing = place.output(place.tool("zkc-opt").arg("--list-passes"))?;
    let options = options_by_pass(&listing);
    let mut files = vec![Generated::text(
        "docs/src/reference/passes.md",
        page(&docs, &options)?,
    )];
    for doc in docs.iter().filter(|doc| !doc.examples.is_empty()) {
        let path = format!("tests/filetests/passes/{}/doc.mlir", doc.name);
        files.push(Generated::text(path, test(doc)));
    }
    Ok(files)
}

/// The docs of all passes in the order of the registry.
fn read_all(folder: &Path) -> Result<Vec<PassDoc>> {
    let registry =
        fs::read_to_string(folder.join("registry.rs")).context("cannot read passes/registry.rs")?;
    let mut docs = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        let stem = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default()
            .to_owned();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let Some(doc) = read(&source).with_context(|| path.display().to_string())? else {
            continue;
        };
        ensure!(
            doc.name.replace('-', "_") == stem,
            "{}: documents a pass `{}`",
            path.display(),
            doc.name
        );
        let Some(position) = registry.find(&format!("{stem}::")) else {
            bail!("passes/registry.rs does not name `{stem}`");
        };
        docs.push((position, doc));
    }
    docs.sort_by_key(|(position, _)| *position);
    Ok(docs.into_iter().map(|(_, doc)| doc).collect())
}

/// The docs at the top of a file; `None` when they do not open with the name of a pass.
fn read(source: &str) -> Result<Option<PassDoc>> {
    let lines: Vec<&str> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let Some((first, rest)) = lines.split_first() else {
        return Ok(None);
    };
    let Some((name, summary)) = first
        .strip_prefix('`')
        .and_then(|line| line.split_once("`: "))
    else {
        return Ok(None);
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(is_name) {
        return Ok(None);
    }
    // The summary may run on over the lines of its paragraph.
    let more = rest.iter().take_while(|line| !line.is_empty()).count();
    let summary = [&[summary], &rest[..more]].concat().join(" ");
    let body = rest[more..].join("\n").trim().to_owned();
    Ok(Some(PassDoc {
        name: name.to_owned(),
        summary,
        examples: examples(&rest[more..])?,
        body,
    }))
}

fn examples(lines: &[&str]) -> Result<Vec<Example>> {
    let mut found: Vec<Example> = Vec::new();
    let mut open: Option<(String, String)> = None;
    let mut place = 0;
    while place < lines.len() {
        let line = lines[place];
        let before = line.starts_with("Before") && line.ends_with(':');
        let part = line == "After, in part:";
        if before || part || line == "After:" {
            let (block, next) =
                block(lines, place + 1).with_context(|| format!("after the line `{line}`"))?;
            place = next;
            match (before, open.take()) {
                (true, None) => {
                    open = Some((line.split('`').nth(1).unwrap_or_default().to_owned(), block))
                }
                (false, Some((options, before))) => found.push(Example {
                    options,
                    before,
                    after: block,
                    part,
                }),
                _ => bail!("`Before:` and `After:` do not alternate"),
            }
        } else {
            place += 1;
        }
    }
    ensure!(open.is_none(), "a `Before:` has no `After:`");
    Ok(found)
}

/// The ```` ```mlir ```` block that starts at `place`, and the line after it.
fn block(lines: &[&str], place: usize) -> Result<(String, usize)> {
    ensure!(
        lines.get(place) == Some(&"```mlir"),
        "a ```mlir block should follow"
    );
    let length = lines[place + 1..]
        .iter()
        .position(|line| *line == "```")
        .context("the block is not closed")?;
    let end = place + 1 + length;
    Ok((
        lines[place + 1..end]
            .iter()
            .map(|line| format!("{line}\n"))
            .collect(),
        end + 1,
    ))
}

/// From `--list-passes`: the option lines of each pass, as `name` and text.
fn options_by_pass(listing: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let mut passes: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut current = String::new();
    for line in listing.lines() {
        let depth = line.len() - line.trim_start().len();
        let Some((flag, text)) = line
            .trim_start()
            .strip_prefix("--")
            .and_then(|l| l.split_once(" - "))
        else {
            continue;
        };
        let name = flag.trim().split('=').next().unwrap_or_default().to_owned();
        match depth {
            2 => {
                passes.insert(name.clone(), Vec::new());
                current = name;
            }
            _ => passes
                .entry(current.clone())
                .or_default()
                .push((name, text.trim().to_owned())),
        }
    }
    passes
}

fn page(docs: &[PassDoc], options: &BTreeMap<String, Vec<(String, String)>>) -> Result<String> {
    let mut text = String::from(
        "<!-- Generated by ./x codegen from the files in passes/; edit their docs. -->\n\n# Passes\n\n\
         `zkc-opt` runs each of them by its name (`zkc-opt --NAME FILE`), or several with \
         `--pass-pipeline='builtin.module(NAME,NAME{option=value})'`. They stand here in the order in which a \
         compilation runs them. MLIR's own `canonicalize`, `cse` and `symbol-dce` are there too.\n\n\
         | pass | does |\n| --- | --- |\n",
    );
    for doc in docs {
        // Writing to a string does not fail; the same below.
        let _ = writeln!(
            text,
            "| [`{0}`](#{0}) | {1} |",
            doc.name,
            doc.summary.replace('|', "\\|")
        );
    }
    for doc in docs {
        let _ = write!(
            text,
            "\n## `{}`\n\n{}\n",
            doc.name,
            capitalised(&doc.summary)
        );
        if !doc.body.is_empty() {
            let _ = write!(text, "\n{}\n", doc.body);
        }
        let listed = options.get(&doc.name);
        let listed =
            listed.with_context(|| format!("zkc-opt does not list the pass `{}`", doc.name))?;
        if !listed.is_empty() {
            text.push_str("\n**Options**\n\n| option | meaning |\n| --- | --- |\n");
            for (name, meaning) in listed {
                let _ = writeln!(text, "| `{name}` | {} |", meaning.replace('|', "\\|"));
            }
        }
    }
    Ok(text)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// For whole examples the test prints what the pass makes of `before` and what the tool makes of `after`, and compares:
/// so names of values and the order of attributes in the docs are free. For parts the lines are looked for as they are.
fn test(doc: &PassDoc) -> String {
    let name = &doc.name;
    let mut text = format!(
        "// Generated by ./x codegen from the docs of passes/{}.rs; edit those.\n//\n// RUN: split-file %s %t\n",
        name.replace('-', "_")
    );
    for (place, example) in doc.examples.iter().enumerate() {
        let n = place + 1;
        let pass = if example.options.is_empty() {
            format!("--{name}")
        } else {
            format!("--{name}='{}'", example.options)
        };
        let compare = if example.part {
            format!("// RUN: FileCheck --input-file=%t/found-{n}.mlir %t/after-{n}.mlir\n")
        } else {
            format!(
                "// RUN: zkc-opt %t/after-{n}.mlir -o %t/wanted-{n}.mlir\n\
                 // RUN: diff -u %t/wanted-{n}.mlir %t/found-{n}.mlir\n"
            )
        };
        // Writing to a string does not fail; the same below.
        let _ = write!(
            text,
            "// RUN: zkc-opt {pass} %t/before-{n}.mlir -o %t/found-{n}.mlir\n{compare}"
        );
    }
    for (place, example) in doc.examples.iter().enumerate() {
        let n = place + 1;
        let after = if example.part {
            let lines = example.after.lines().map(str::trim);
            let checks = lines.filter(|line| !line.is_empty() && *line != "...");
            checks
                .map(|line| format!("// CHECK{{LITERAL}}: {line}\n"))
                .collect()
        } else {
            example.after.clone()
        };
        let _ = write!(
            text,
            "\n//--- before-{n}.mlir\n{}\n//--- after-{n}.mlir\n{after}",
            example.before
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "//! `a-b`: does a\n//! and b.\n//!\n//! More.\n//!\n//! Before, with `k=1`:\n//! ```mlir\n//! x\n\
                          //!   y\n//! ```\n//! After:\n//! ```mlir\n//! z\n//! ```\n//!\n//! Ensures: c.\n\nuse x;\n//! no\n";

    #[test]
    fn docs_give_summary_and_examples() {
        let doc = read(SOURCE).unwrap().unwrap();
        assert_eq!(
            (doc.name.as_str(), doc.summary.as_str()),
            ("a-b", "does a and b.")
        );
        let example = Example {
            options: "k=1".into(),
            before: "x\n  y\n".into(),
            after: "z\n".into(),
            part: false,
        };
        assert_eq!(doc.examples, [example]);
        assert!(
            test(&doc)
                .contains("// RUN: zkc-opt --a-b='k=1' %t/before-1.mlir -o %t/found-1.mlir\n")
        );
        assert!(test(&doc).ends_with("\n//--- before-1.mlir\nx\n  y\n\n//--- after-1.mlir\nz\n"));
    }

    #[test]
    fn parts_are_looked_for_line_by_line() {
        let source = SOURCE
            .replace("After:", "After, in part:")
            .replace("//! z", "//!   z [[1]]\n//! ...\n//! w");
        let test = test(&read(&source).unwrap().unwrap());
        assert!(test.contains("// RUN: FileCheck --input-file=%t/found-1.mlir %t/after-1.mlir\n"));
        assert!(test.ends_with("// CHECK{LITERAL}: z [[1]]\n// CHECK{LITERAL}: w\n"));
    }

    #[test]
    fn files_that_are_no_pass_are_left_alone_and_halves_refused() {
        assert_eq!(read("//! Helpers of passes.\n").unwrap(), None);
        assert_eq!(read("use x;\n").unwrap(), None);
        assert!(read(&SOURCE.replace("After:", "Then:")).is_err());
        assert!(read(&SOURCE.replace("Before, with `k=1`:", "After:")).is_err());
    }

    #[test]
    fn options_are_read_from_the_listing() {
        let listing =
            "Passes:\n  --a-b    -   does\n    --k=<string>  - largest - k\n  --c  -   other\n";
        let options = options_by_pass(listing);
        assert_eq!(options["a-b"], [("k".to_owned(), "largest - k".to_owned())]);
        assert!(options["c"].is_empty());
    }
}
