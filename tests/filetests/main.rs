//! Runs every test file below `tests/filetests`; its format is described in `zkc_tests::filetest`.
//!
//! The case `coverage` checks that every dialect and every pass has such files.
//!
//! `./x test NAME` or `cargo test --release -p zkc-tests --test filetests NAME` runs those whose path contains NAME.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use zkc_tests::{coverage, exit_code, filetest, tests_dir, tools::Tools};

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let tests = filetest::discover(&tests_dir().join("filetests"));
    exit_code(tests.map(|tests| {
        let trials = tests
            .into_iter()
            .map(|test| Trial::test(test.name.clone(), move || Ok(test.run(Tools::get()?)?)))
            .chain([Trial::test("coverage", || Ok(coverage::check()?))])
            .collect();
        libtest_mimic::run(&args, trials).exit_code()
    }))
}
