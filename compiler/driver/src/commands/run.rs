//! `zkc run`: everything at once.

use std::path::Path;

use zkc_circuit::file::{self, FileKind};
use zkc_halo2::{PublicKind, peak_rss_bytes};

use crate::backends::Origin;
use crate::commands::Input;
use crate::commands::keys::{memory, predicted, public_tensors, setup_seconds};
use crate::compile::{Samples, compile};
use crate::error::{Error, Result};
use crate::evaluate::{beside_float, evaluate};
use crate::model::{PRODUCER, check_readable, file_error};
use crate::options::{CommitOptions, CompileOptions};
use crate::report::{RunReport, input_ranges};
use crate::ui::Ui;

/// Compiles a model, makes keys, proves one inference and verifies the proof. No file is kept.
pub fn run(
    path: &Path,
    options: &CompileOptions,
    commit: &CommitOptions,
    input: Input<'_>,
    ui: &dyn Ui,
) -> Result<RunReport> {
    commit.commitment(options.backend)?;
    commit.srs.as_deref().map(check_readable).transpose()?;
    let samples = Samples {
        args: input.args,
        options: input.options,
        exactly_one: true,
    };
    let mut compiled = compile(path, options, samples, ui)?;
    let model = compiled.model;
    let Some(sample) = compiled.samples.pop() else {
        unreachable!("exactly one sample was asked for");
    };
    let prepared = compiled.prepared;

    ui.step("computing the witness");
    let evaluation = evaluate(&model, &sample, Origin::Compiled)?;
    let grid = prepared.assign(&evaluation.registers, Origin::Compiled)?;
    let outputs = beside_float(&model, &sample, &evaluation.outputs, Origin::Compiled)?;

    let before = memory();
    let ready = prepared.make_keys(commit, Origin::Compiled, ui)?;
    let (pk_bytes, vk_bytes) = ready.key.file_sizes()?;

    ui.step("proving");
    let proved = ready.key.prove(&grid, &|| Origin::Compiled)?;

    ui.step("verifying");
    let proof_bytes = file::to_bytes(FileKind::Proof, PRODUCER, &proved.payload)
        .map_err(file_error)?
        .len() as u64;
    // What is verified is what a file would hold.
    let verified = ready.key.verify(&proved.payload)?;
    if options.public.outputs
        && public_tensors(&verified.public, PublicKind::Output)? != evaluation.outputs
    {
        return Err(Error::bug(
            "the proof shows other outputs than the fixed-point program computes",
        ));
    }

    Ok(RunReport {
        verified: true,
        model: path.display().to_string(),
        system: ready.key.system(),
        outputs,
        public_inputs: options.public.inputs,
        public_outputs: options.public.outputs,
        input_ranges: input_ranges(&model),
        size: prepared.size(),
        compile_s: compiled.cost.wall_s,
        setup_s: setup_seconds(ready.params, ready.key_cost),
        params_s: ready.params.cost.wall_s,
        params_cached: ready.params.cached,
        keygen_s: ready.key_cost.wall_s,
        witness_s: evaluation.cost.wall_s,
        prove_s: proved.cost.wall_s,
        prove_cpu_s: proved.cost.cpu_s,
        predicted: predicted(&*ready.key, before, true),
        verify_s: verified.cost.wall_s,
        proof_bytes,
        vk_bytes,
        pk_bytes,
        digest: model.digest().to_hex(),
        peak_rss_bytes: peak_rss_bytes(),
    })
}
