//! `zkc run`: everything at once.

use std::path::Path;

use zkc_circuit::file::{self, FileKind};
use zkc_halo2::{ParamsSource, Proof, ProvingKey, PublicKind, peak_rss_bytes, system_rng};
use zkc_support::Writing;

use crate::backends::{self, Origin, convert};
use crate::commands::Input;
use crate::commands::keys::public_tensors;
use crate::compile::{Samples, compile};
use crate::error::{Error, Result};
use crate::evaluate::{beside_float, evaluate};
use crate::model::{PRODUCER, file_error};
use crate::options::CompileOptions;
use crate::report::{RunReport, input_ranges};
use crate::ui::Ui;

/// Compiles a model, makes keys, proves one inference and verifies the proof. No file is kept.
pub fn run(
    path: &Path,
    options: &CompileOptions,
    input: Input<'_>,
    ui: &dyn Ui,
) -> Result<RunReport> {
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
    let failed = |error| convert(error, Origin::Compiled);
    let prepared = compiled.prepared;

    ui.step("computing the witness");
    let evaluation = evaluate(&model, &sample, Origin::Compiled)?;
    let grid = prepared.assign(&evaluation.registers);
    let outputs = beside_float(&model, &sample, &evaluation.outputs, Origin::Compiled)?;

    let params = backends::params(prepared.shape().k, ui)?;
    ui.step("making keys");
    let key = ProvingKey::generate(&prepared, &params.params).map_err(failed)?;
    let (pk_bytes, vk_bytes) = key_sizes(&key)?;

    ui.step("proving");
    let mut rng = system_rng().map_err(failed)?;
    let proved = zkc_halo2::prove(&params.params, &key, &grid, &mut rng).map_err(failed)?;

    ui.step("verifying");
    // What is verified is what a file would hold.
    let payload = proved.proof.encode();
    let proof = Proof::decode(&payload).map_err(failed)?;
    let proof_bytes = file::to_bytes(FileKind::Proof, PRODUCER, &payload)
        .map_err(file_error)?
        .len() as u64;
    let verify_cost =
        zkc_halo2::verify(&params.params, &key.verifying_key(), &proof).map_err(failed)?;
    if options.public.outputs && public_tensors(&proof, PublicKind::Output)? != evaluation.outputs {
        return Err(Error::bug(
            "the proof shows other outputs than the fixed-point program computes",
        ));
    }

    Ok(RunReport {
        verified: true,
        model: path.display().to_string(),
        backend: model.backend.name().into(),
        outputs,
        public_inputs: options.public.inputs,
        public_outputs: options.public.outputs,
        input_ranges: input_ranges(&model),
        size: backends::size(&prepared),
        compile_s: compiled.cost.wall_s,
        setup_s: params.cost.wall_s + key.keygen_cost().wall_s,
        params_s: params.cost.wall_s,
        params_cached: params.source == ParamsSource::Cache,
        keygen_s: key.keygen_cost().wall_s,
        witness_s: evaluation.cost.wall_s,
        prove_s: proved.cost.wall_s,
        prove_cpu_s: proved.cost.cpu_s,
        verify_s: verify_cost.wall_s,
        proof_bytes,
        vk_bytes,
        pk_bytes,
        digest: model.digest().to_hex(),
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// The lengths of the key files, which are written to a temporary folder to know them.
fn key_sizes(key: &ProvingKey) -> Result<(u64, u64)> {
    // The folder is gone before a signal ends the process.
    let _writing = Writing::begin();
    let folder = tempfile::tempdir()
        .map_err(|error| Error::io("cannot write to", &std::env::temp_dir(), &error))?;
    let failed = |error| convert(error, Origin::Compiled);
    let pk = key.write(&folder.path().join("pk")).map_err(failed)?;
    let vk = key
        .verifying_key()
        .write(&folder.path().join("vk"))
        .map_err(failed)?;
    Ok((pk, vk))
}
