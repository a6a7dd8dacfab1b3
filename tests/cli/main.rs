//! Whole outputs of the tools: each `cases/**/*.cmd` is a bash script, and what it prints is kept as a snapshot.
//!
//! A case runs in an empty folder with the tools in its search path, `MODELS` naming the fixture models and
//! `FIXTURES` all fixtures. The snapshot holds exit code, output and error output; what differs from run to run
//! (folders, times, memory) is replaced by a name in brackets. `./x bless tests/cli` accepts new outputs.

use std::{fs, panic, path::Path, process::ExitCode, time::Duration};

use anyhow::{Context, Result, ensure};
use libtest_mimic::{Arguments, Trial};
use zkc_tests::{exit_code, files_below, fixtures, models, process, tests_dir, tools::Tools};

/// The longest that one case may take.
const LIMIT: Duration = Duration::from_secs(300);

/// What differs from run to run, and what stands for it.
const FILTERS: [(&str, &str); 5] = [
    // A digest changes with every bit of a circuit; that it is the right one is tested elsewhere.
    (r"\b([0-9a-f]{64}|[0-9a-f]{16})\b", "[digest]"),
    (r"\b\d+(\.\d+)? (s|ms|µs)\b", "[time]"),
    (r"\b\d+(\.\d+)? (GB|MB|kB) of memory\b", "[memory]"),
    (r#""([a-z_]+)_s": [0-9.e+-]+"#, r#""${1}_s": "[time]""#),
    (
        r#""((predicted_)?peak_rss_bytes)": \d+"#,
        r#""${1}": "[memory]""#,
    ),
];

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let cases = cases(&tests_dir().join("cli/cases"));
    exit_code(cases.map(|cases| libtest_mimic::run(&args, cases).exit_code()))
}

fn cases(root: &Path) -> Result<Vec<Trial>> {
    let mut trials = Vec::new();
    for path in files_below(root).with_context(|| format!("cannot list {}", root.display()))? {
        let file = path.strip_prefix(root)?.to_string_lossy().into_owned();
        let name = file
            .strip_suffix(".cmd")
            .with_context(|| format!("{file} is no case: cases end in .cmd"))?
            .to_owned();
        trials.push(Trial::test(name.clone(), move || match transcript(&path) {
            Ok(transcript) => compare(&name, &transcript).map_err(Into::into),
            Err(error) => Err(format!("{error:#}").into()),
        }));
    }
    Ok(trials)
}

/// Runs a case and returns what its snapshot holds.
fn transcript(path: &Path) -> Result<String> {
    let script = fs::read_to_string(path)?;
    let temp = tempfile::tempdir()?;
    let mut bash = Tools::get()?.command("bash");
    bash.args(["-c", &script])
        .current_dir(temp.path())
        .env("MODELS", models::folder())
        .env("FIXTURES", fixtures());
    let done = process::run(&mut bash, LIMIT)?;
    ensure!(!done.timed_out, "the case {}", done.status());
    let code = done.code.map_or_else(
        || "none (ended by a signal)".into(),
        |code| code.to_string(),
    );
    let text = format!(
        "exit code: {code}\n--- output\n{}--- error output\n{}",
        done.stdout, done.stderr
    );
    let folders = [
        (temp.path().to_path_buf(), "[temp]"),
        (models::folder(), "[models]"),
        (fixtures(), "[fixtures]"),
    ];
    Ok(folders.iter().fold(text, |text, (folder, name)| {
        text.replace(&*folder.to_string_lossy(), name)
    }))
}

fn compare(name: &str, transcript: &str) -> Result<(), String> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(tests_dir().join("cli/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_input_file(tests_dir().join("cli/cases").join(format!("{name}.cmd")));
    for (pattern, stand_in) in FILTERS {
        settings.add_filter(pattern, stand_in);
    }
    let snapshot = name.replace('/', "__");
    // insta prints the difference and panics; the message of the failed test says how to accept it. Nothing that the
    // closure holds is used after a panic.
    let check =
        panic::AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(snapshot, transcript)));
    panic::catch_unwind(check).map_err(|_| {
        format!("the output changed; to accept it: ./x bless tests/cli/cases/{name}.cmd")
    })
}
