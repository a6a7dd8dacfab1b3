//! Filetests: text files that say in `RUN:` lines how they are tested.
//!
//! A line holding `RUN:` gives a command for bash, as in LLVM's tests; a trailing `\` continues it on the next `RUN:`
//! line. Every command must succeed, every part of a pipe included. Before it runs, these stand for:
//!
//! | text         | stands for                                              |
//! |--------------|---------------------------------------------------------|
//! | `%s`         | the test file                                           |
//! | `%S`         | its folder                                              |
//! | `%t`         | a path of this test's own in an empty temporary folder  |
//! | `%{models}`  | the folder of the fixture models                        |
//! | `%{fixtures}`| the folder of all fixtures                              |
//! | `%%`         | `%`                                                     |

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{bless, files_below, fixtures, models, process, tools::Tools};

/// The longest that one `RUN:` command may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(300);
/// How many lines of a failing command's output a message shows: FileCheck says the most at the end.
const SHOWN_LINES: usize = 120;
/// File names that are tests. Other files are inputs and stand in folders named `inputs`.
const EXTENSIONS: [&str; 3] = ["mlir", "onnxtxt", "test"];

/// One test file.
#[derive(Clone, Debug)]
pub struct FileTest {
    /// The path below the suite's folder without its ending, for instance `passes/zkarith-fold/basic`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// All tests below `root`, in the order of their names.
///
/// # Errors
/// When the folder cannot be read, or holds a file that is neither a test nor an input: it would never run.
pub fn discover(root: &Path) -> Result<Vec<FileTest>> {
    let mut tests = Vec::new();
    for path in files_below(root).with_context(|| format!("cannot list {}", root.display()))? {
        let inside = path.strip_prefix(root)?;
        let is_input = inside.components().any(|part| part.as_os_str() == "inputs");
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        if is_input || extension == "rs" || extension == "md" {
            continue;
        }
        ensure!(
            EXTENSIONS.contains(&extension),
            "{} is no test: tests end in {EXTENSIONS:?}, other files go to a folder named `inputs`",
            path.display()
        );
        let name = inside.with_extension("").to_string_lossy().into_owned();
        tests.push(FileTest { name, path });
    }
    Ok(tests)
}

impl FileTest {
    /// The commands of the file, with the paths filled in.
    ///
    /// # Errors
    /// When the file cannot be read, has no `RUN:` line, or its last one ends in a `\`.
    pub fn commands(&self, temp: &Path) -> Result<Vec<String>> {
        let text = fs::read_to_string(&self.path)
            .with_context(|| format!("cannot read {}", self.path.display()))?;
        let commands = run_lines(&text)?;
        ensure!(
            !commands.is_empty(),
            "{} has no RUN: line",
            self.path.display()
        );
        let folder = self
            .path
            .parent()
            .context("a test file stands in a folder")?;
        let meanings = [
            ("s", self.path.clone()),
            ("S", folder.to_path_buf()),
            ("t", temp.join("t")),
            ("{models}", models::folder()),
            ("{fixtures}", fixtures()),
        ];
        commands
            .iter()
            .map(|command| substitute(command, &meanings))
            .collect()
    }

    /// Runs the file; when new expectations are accepted, writes them first.
    ///
    /// # Errors
    /// With a message for the person who reads the failing test: the command, what it printed, and what to paste
    /// into a shell to see it again.
    pub fn run(&self, tools: &Tools) -> Result<()> {
        if bless::requested() {
            bless::rewrite(self, tools)?;
        }
        // Kept when the test fails, so that the command in the message still finds its files.
        let temp = tempfile::Builder::new().prefix("zkc-filetest-").tempdir()?;
        for command in self.commands(temp.path())? {
            let mut bash = tools.command("bash");
            bash.args(["-eo", "pipefail", "-c", &command])
                .current_dir(temp.path());
            let done = process::run(&mut bash, LIMIT)?;
            if !done.success() {
                let kept = temp.keep();
                bail!("{}", self.failure(tools, &kept, &command, &done));
            }
        }
        Ok(())
    }

    fn failure(
        &self,
        tools: &Tools,
        temp: &Path,
        command: &str,
        done: &process::Finished,
    ) -> String {
        format!(
            "{}: a RUN command {}\n--- output\n{}--- error output\n{}--- to see it again, paste\n(cd {}; PATH={}:{}:$PATH; \
             set -o pipefail; {command})\n",
            self.path.display(),
            done.status(),
            last_lines(&done.stdout),
            last_lines(&done.stderr),
            quote(temp),
            quote(&tools.bin),
            quote(&tools.llvm),
        )
    }

    /// Bash with one command of the test.
    pub(crate) fn shell(&self, tools: &Tools, temp: &Path, command: &str) -> Command {
        let mut bash = tools.command("bash");
        bash.args(["-eo", "pipefail", "-c", command])
            .current_dir(temp);
        bash
    }
}

/// The commands of a test file: continued lines joined, nothing substituted.
fn run_lines(text: &str) -> Result<Vec<String>> {
    let mut commands = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        let Some((_, command)) = line.split_once("RUN:") else {
            continue;
        };
        match command.trim().strip_suffix('\\') {
            Some(part) => {
                open.push_str(part);
            }
            None => {
                open.push_str(command.trim());
                commands.push(std::mem::take(&mut open));
            }
        }
    }
    ensure!(open.is_empty(), "the last RUN: line ends in a backslash");
    Ok(commands)
}

fn substitute(command: &str, meanings: &[(&str, PathBuf)]) -> Result<String> {
    let mut done = String::new();
    let mut rest = command;
    while let Some((before, after)) = rest.split_once('%') {
        done.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            done.push('%');
            rest = after;
            continue;
        }
        match meanings.iter().find(|(name, _)| after.starts_with(name)) {
            Some((name, path)) => {
                done.push_str(&quote(path));
                rest = &after[name.len()..];
            }
            None => bail!(
                "unknown substitution `%{}` in: {command}",
                after.chars().take(9).collect::<String>()
            ),
        }
    }
    done.push_str(rest);
    Ok(done)
}

/// A path as a word for the shell. Ordinary paths stay as they are, so that text after them joins on.
fn quote(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    if text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(SHOWN_LINES);
    let mut shown = if left_out > 0 {
        format!("({left_out} lines left out)\n")
    } else {
        String::new()
    };
    for line in &lines[left_out..] {
        shown.push_str(line);
        shown.push('\n');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_run_lines_are_one_command() {
        let text = "// RUN: zkc-opt %s \\\n// RUN:   | FileCheck %s\nmodule {}\n# RUN: true\n";
        assert_eq!(
            run_lines(text).unwrap(),
            ["zkc-opt %s | FileCheck %s", "true"]
        );
        assert!(run_lines("// RUN: a \\\n").is_err());
    }

    #[test]
    fn paths_are_filled_in_and_quoted() {
        let meanings = [
            ("s", PathBuf::from("/a/x.mlir")),
            ("{models}", PathBuf::from("/my models")),
        ];
        let text = substitute("zkc-opt %s.b %{models}/m 50%%", &meanings).unwrap();
        assert_eq!(text, "zkc-opt /a/x.mlir.b '/my models'/m 50%");
        assert!(
            substitute("zkc-opt %q", &meanings)
                .unwrap_err()
                .to_string()
                .contains("`%q`")
        );
    }

    #[test]
    fn a_stray_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("inputs")).unwrap();
        fs::write(dir.path().join("inputs/w.bin"), "").unwrap();
        fs::write(dir.path().join("a.mlir"), "// RUN: true").unwrap();
        assert_eq!(discover(dir.path()).unwrap().len(), 1);
        fs::write(dir.path().join("b.mlri"), "").unwrap();
        assert!(discover(dir.path()).is_err());
    }

    #[test]
    fn a_failing_test_says_what_to_paste() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.mlir");
        fs::write(&path, "// RUN: echo seen; false | cat").unwrap();
        let tools = Tools {
            bin: "/nowhere".into(),
            llvm: "/nowhere".into(),
            cache: "/nowhere".into(),
        };
        let message = FileTest {
            name: "a".into(),
            path,
        }
        .run(&tools)
        .unwrap_err()
        .to_string();
        assert!(
            message.contains("seen\n") && message.ends_with("echo seen; false | cat)\n"),
            "{message}"
        );
    }
}
