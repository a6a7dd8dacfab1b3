//! What each command of `zkc` does: from files to files and a report.

mod approx;
mod files;
mod inspect;
mod keys;
mod plot;
mod programs;
mod run;
mod srs;

use std::path::{Path, PathBuf};

pub use crate::commands::approx::{Form, Stages, Step, approx, approx_composite};
pub use crate::commands::files::{compile, infer, mock, witness};
pub use crate::commands::inspect::inspect;
pub use crate::commands::keys::{prove, setup, verify};
pub use crate::commands::programs::{NumberFormat, Wanted, programs};
pub use crate::commands::run::run;
pub use crate::commands::srs::generate_srs;
use crate::error::Result;
use crate::inputs::{InputArg, ReadOptions, Sample, folder_file, read_sample};
use crate::model::Model;
use crate::ui::Ui;

/// The input of one inference.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The files.
    pub args: &'a [InputArg],
    /// How they are read.
    pub options: ReadOptions,
}

impl Input<'_> {
    fn read(&self, model: &Model, ui: &dyn Ui) -> Result<Sample> {
        let sample = read_sample(self.args, &model.inputs, self.options)?;
        sample.notes.iter().for_each(|note| ui.warn(note));
        Ok(sample)
    }
}

/// The files that some arguments stand for, those in folders among them.
fn files_of(args: &[InputArg]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for arg in args {
        if arg.path.is_dir() {
            let file = |index: usize| folder_file(&arg.path, index);
            files.extend((0..).map(file).take_while(|file| file.exists()));
        } else {
            files.push(arg.path.clone());
        }
    }
    files
}

/// What a witness and a proof come from.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// An input, from which the witness is computed.
    Input(Input<'a>),
    /// A witness file.
    Witness(&'a Path),
}
