//! Development tasks: generated files, the book's links, the demo. `./x` builds the workspace and calls these.
//!
//! Nothing here links MLIR: what the tools know is asked from the built tools.

mod bless;
mod codegen;
mod demo;
mod links;
mod math;
mod place;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use place::Place;

/// Development tasks of zkc.
#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the generated files: reference pages, tests from pass docs, digit images.
    Codegen {
        /// Change nothing; fail and show the difference when a file is out of date.
        #[arg(long)]
        check: bool,
    },
    /// Check that every link of the book and of the top-level pages leads somewhere.
    CheckLinks,
    /// Accept new expectations of the tests under a path.
    Bless {
        /// A file or folder below `tests/filetests` or `tests/cli`.
        path: PathBuf,
    },
    /// Turn the formulas of the book into MathML; mdBook calls this.
    Math {
        /// mdBook's question whether an output format is supported.
        #[command(subcommand)]
        ask: Option<Ask>,
    },
    /// Prove that a trained network reads a digit, and verify the proof.
    Demo,
}

#[derive(Subcommand)]
enum Ask {
    /// Succeeds for HTML.
    Supports {
        /// The format.
        renderer: String,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let place = Place::new();
    let done = match args.task {
        Task::Codegen { check } => codegen::run(&place, check),
        Task::CheckLinks => links::run(&place),
        Task::Bless { path } => bless::run(&place, &path),
        Task::Math { ask: None } => math::run(std::io::stdin().lock(), std::io::stdout().lock()),
        Task::Math {
            ask: Some(Ask::Supports { renderer }),
        } => {
            let known = renderer == "html";
            return if known {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
        Task::Demo => demo::run(&place),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
