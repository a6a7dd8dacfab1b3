//! Do the links of the book and of the top-level pages lead somewhere?
//!
//! Relative links must name a file, anchors a heading of the page they name. The book's pages must all stand in its
//! summary, since mdBook leaves out the others, and no formula may lose a backslash or an underscore to Markdown.
//! Addresses on the web are not fetched.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::place::Place;

/// Pages outside the book.
const OTHERS: [&str; 4] = [
    "README.md",
    "CHANGELOG.md",
    "tests/README.md",
    "tests/fixtures/README.md",
];

pub(crate) fn run(place: &Place) -> Result<()> {
    let book = place.file("docs/src");
    let mut pages: Vec<PathBuf> = Vec::new();
    collect(&book, &mut pages)?;
    pages.extend(
        OTHERS
            .iter()
            .map(|page| place.file(page))
            .filter(|page| page.exists()),
    );
    let mut texts = BTreeMap::new();
    for page in pages {
        let text =
            fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
        texts.insert(page, text);
    }
    let mut problems = Vec::new();
    for (page, text) in &texts {
        for (line, link) in links(text) {
            if let Err(problem) = check(page, &link, &texts) {
                let shown = page.strip_prefix(&place.root).unwrap_or(page);
                problems.push(format!(
                    "{}:{line}: link `{link}`: {problem}",
                    shown.display()
                ));
            }
        }
    }
    for (page, text) in texts.iter().filter(|(page, _)| page.starts_with(&book)) {
        for line in lost_signs(text) {
            let shown = page.strip_prefix(&place.root).unwrap_or(page);
            problems.push(format!(
                "{}:{line}: Markdown takes a backslash or an underscore from this formula; put a backslash before it",
                shown.display()
            ));
        }
    }
    problems.extend(left_out(&book, &texts)?);
    if !problems.is_empty() {
        bail!(
            "{} broken links or pages:\n{}",
            problems.len(),
            problems.join("\n")
        );
    }
    println!("{} pages, all links lead somewhere", texts.len());
    Ok(())
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    Ok(())
}

/// Pages of the book that the summary does not name.
fn left_out(book: &Path, texts: &BTreeMap<PathBuf, String>) -> Result<Vec<String>> {
    let summary = book.join("SUMMARY.md");
    let text = texts
        .get(&summary)
        .context("docs/src/SUMMARY.md is missing")?;
    let named: BTreeSet<PathBuf> = links(text)
        .into_iter()
        .map(|(_, link)| book.join(link))
        .collect();
    let pages = texts
        .keys()
        .filter(|page| page.starts_with(book) && **page != summary && !named.contains(*page));
    Ok(pages
        .map(|page| format!("{}: not in SUMMARY.md", page.display()))
        .collect())
}

fn check(page: &Path, link: &str, texts: &BTreeMap<PathBuf, String>) -> Result<(), String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (file, anchor) = link
        .split_once('#')
        .map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let target = if file.is_empty() {
        page.to_path_buf()
    } else {
        normalise(&page.parent().unwrap_or(page).join(file))
    };
    if !target.exists() {
        return Err("there is no such file".into());
    }
    let Some(anchor) = anchor else { return Ok(()) };
    match texts.get(&target) {
        Some(text) if anchors(text).contains(anchor) => Ok(()),
        Some(_) => Err("the page has no such heading".into()),
        None => Err("anchors are checked in pages only".into()),
    }
}

/// Resolves `..` by name, as a browser does.
fn normalise(path: &Path) -> PathBuf {
    let mut done = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                done.pop();
            }
            Component::CurDir => {}
            other => done.push(other),
        }
    }
    done
}

/// The targets of `[text](target)` outside of code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let mut rest = line.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let Some(end) = rest.find(')') else { break };
            let target = rest[..end].split_whitespace().next().unwrap_or_default();
            found.push((number, target.trim_matches(['<', '>']).to_owned()));
            rest = &rest[end..];
        }
    }
    found
}

/// The lines outside of code blocks, code spans blanked, with their numbers from 1 on.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut code = false;
    let mut lines = Vec::new();
    for (place, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            let spans = line.split('`').enumerate();
            let kept = spans
                .map(|(part, text)| if part % 2 == 0 { text } else { "" })
                .collect::<Vec<_>>()
                .join("`");
            lines.push((place + 1, kept));
        }
    }
    lines
}

/// Lines with a sign that a formula needs and Markdown takes away: a backslash before a punctuation mark, or an
/// underscore after one, which begins emphasis.
fn lost_signs(text: &str) -> Vec<usize> {
    let emphasis = |line: &str, before: &str| {
        let after = line.split(before).skip(1);
        // At the end of a word it may end an emphasis that is meant.
        after
            .filter_map(|rest| rest.chars().next())
            .any(|c| c.is_alphanumeric() || c == '{')
    };
    let lost = |line: &str| {
        let signs = line.replace(r"\\", "");
        let backslash = [r"\,", r"\;", r"\!", r"\{", r"\}"];
        backslash.iter().any(|sign| signs.contains(sign))
            || ["}_", ")_", "]_"].iter().any(|sign| emphasis(&signs, sign))
    };
    prose(text)
        .into_iter()
        .filter(|(_, line)| lost(line))
        .map(|(number, _)| number)
        .collect()
}

/// The anchors of a page's headings, as mdBook makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        if code || !(1..=6).contains(&level) || !title.starts_with(' ') {
            continue;
        }
        let base = slug(title.trim());
        let mut name = base.clone();
        let mut count = 0;
        while !found.insert(name.clone()) {
            count += 1;
            name = format!("{base}-{count}");
        }
    }
    found
}

/// Letters and digits in lower case, blanks as hyphens, `_` and `-` kept, everything else dropped.
fn slug(title: &str) -> String {
    title
        .chars()
        .filter_map(|c| match c {
            c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
            c if c.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_are_text() {
        let text = "[a](x.md#y) and `[b](no.md)`\n```\n[c](no.md)\n```\n[d](<z.md> \"title\")\n";
        assert_eq!(
            links(text),
            [(1, "x.md#y".to_owned()), (5, "z.md".to_owned())]
        );
    }

    #[test]
    fn formulas_keep_their_signs() {
        let text = "\\\\(a \\, b\\\\)\n\\\\(a \\\\, \\alpha\\\\)\n`\\{`\n";
        assert_eq!(lost_signs(text), [1]);
        assert_eq!(lost_signs("a_{b}_c\n\na_{b}\\_c _(d)_ e\n"), [1]);
    }

    #[test]
    fn headings_give_anchors() {
        let text = "# A `b.c` <d>\n## Two words\n## Two words\n```\n# no\n```\n";
        let wanted = ["a-bc-d", "two-words", "two-words-1"].map(String::from);
        assert_eq!(anchors(text), BTreeSet::from(wanted));
    }

    #[test]
    fn broken_files_and_anchors_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let page = dir.path().join("a.md");
        fs::write(&page, "# Here\n").unwrap();
        let texts = BTreeMap::from([(page.clone(), "# Here\n".to_owned())]);
        for good in ["#here", "a.md", "./a.md#here", "https://example.org/x#y"] {
            assert_eq!(check(&page, good, &texts), Ok(()), "{good}");
        }
        for bad in ["#there", "b.md", "../a.md", "a.md#there"] {
            assert!(check(&page, bad, &texts).is_err(), "{bad}");
        }
    }
}
