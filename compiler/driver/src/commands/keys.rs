//! Commands that make or use keys.

use std::path::Path;

use zkc_circuit::Grid;
use zkc_circuit::file::{self, FileKind};
use zkc_halo2::{Cost, PublicKind, PublicTensor, peak_rss_bytes};
use zkc_halo2_axiom::rss_bytes;

use crate::backends::{self, Origin, ParamsUse, Prepared, ProofFile, ProvingKey};
use crate::commands::{Given, files_of};
use crate::error::{Error, Result};
use crate::evaluate::evaluate;
use crate::model::{Model, PRODUCER, check_readable, file_error, to_shape};
use crate::options::CommitOptions;
use crate::output::{Access, OutputFile, keep_apart};
use crate::report::{
    PredictionReport, ProveReport, SetupReport, VerifyReport, integers, tensor_infos,
};
use crate::ui::Ui;
use crate::values::{Expectation, FixedTensor, argmax};
use crate::witness::Witness;

/// `zkc setup`: makes the keys of a compiled model and writes `pk` and `vk`.
pub fn setup(
    path: &Path,
    options: &CommitOptions,
    pk: &Path,
    vk: &Path,
    ui: &dyn Ui,
) -> Result<SetupReport> {
    let mut inputs = vec![path.into()];
    inputs.extend(options.srs.clone());
    keep_apart(&[pk, vk], &inputs)?;
    OutputFile::check(pk)?;
    OutputFile::check(vk)?;
    let model = Model::load(path)?;
    options.commitment(model.backend)?;
    options.srs.as_deref().map(check_readable).transpose()?;
    let prepared = backends::prepare(model.backend, model.circuit, Origin::File(path))?;
    let ready = prepared.make_keys(options, Origin::File(path), ui)?;
    let (pk_bytes, vk_bytes) = ready.key.write(pk, vk)?;
    Ok(SetupReport {
        system: ready.key.system(),
        k: prepared.circuit().k,
        soundness_bits: prepared.size().soundness_bits,
        setup_s: setup_seconds(ready.params, ready.key_cost),
        params_s: ready.params.cost.wall_s,
        params_cached: ready.params.cached,
        keygen_s: ready.key_cost.wall_s,
        pk_bytes,
        vk_bytes,
        digest: ready.key.digests().circuit.to_hex(),
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// What each setup costs: the keys and reading parameters, but not making parameters, which is done once.
pub(super) fn setup_seconds(params: ParamsUse, keys: Cost) -> f64 {
    let read = if params.cached {
        params.cost.wall_s
    } else {
        0.0
    };
    read + keys.wall_s
}

/// `zkc prove`: proves one inference and writes `output`.
///
/// `srs` names the parameters of KZG where the key is of a setup whose parameters are not in the cache.
pub fn prove(
    path: &Path,
    pk: &Path,
    srs: Option<&Path>,
    given: Given<'_>,
    output: &Path,
    ui: &dyn Ui,
) -> Result<ProveReport> {
    let mut inputs = match given {
        Given::Input(input) => files_of(input.args),
        Given::Witness(witness) => vec![witness.into()],
    };
    inputs.extend([path.into(), pk.into()]);
    inputs.extend(srs.map(Path::to_owned));
    keep_apart(&[output], &inputs)?;
    let file = OutputFile::create(output, Access::Ordinary)?;
    let model = Model::load(path)?;
    check_readable(pk)?;
    srs.map(check_readable).transpose()?;
    let before = memory();
    ui.step("reading the key");
    let stored = backends::read_proving_key(pk, model.backend, path)?;
    if stored.digests().circuit != model.digest() {
        return Err(Error::diagnostic(format!(
            "{} is the key of circuit {}, {} is circuit {}",
            pk.display(),
            stored.digests().circuit,
            path.display(),
            model.digest()
        ))
        .help("make the keys of this compiled model with `zkc setup`"));
    }
    let (grid, witness_cost) = witness_of(&model, path, stored.prepared(), given, ui)?;
    let ready = stored.ready(srs, pk, ui)?;
    ui.step("proving");
    let to_blame = || match given {
        Given::Witness(witness) if !satisfied(&model, &grid) => Origin::File(witness),
        // The circuit is that of the compiled model, and it accepts the values: what is left is the key.
        _ => Origin::File(pk),
    };
    let proved = ready.key.prove(&grid, &to_blame)?;
    let bytes = file::to_bytes(FileKind::Proof, PRODUCER, &proved.payload).map_err(file_error)?;
    file.commit(&bytes)?;
    let outputs = public_tensors(&proved.public, PublicKind::Output)?;
    Ok(ProveReport {
        system: ready.key.system(),
        outputs: model
            .outputs_public()
            .then(|| outputs.iter().map(FixedTensor::reals).collect()),
        output_info: tensor_infos(&outputs),
        params_s: ready.params.cost.wall_s,
        keygen_s: ready.key_cost.wall_s,
        witness_s: witness_cost.wall_s,
        prove_s: proved.cost.wall_s,
        prove_cpu_s: proved.cost.cpu_s,
        predicted: predicted(&*ready.key, before, false),
        proof_bytes: bytes.len() as u64,
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// Whether the circuit of a model accepts the values of all cells.
fn satisfied(model: &Model, grid: &Grid) -> bool {
    let origin = Origin::Compiled;
    let prepared = backends::prepare(model.backend, model.circuit.clone(), origin);
    let checked = prepared.and_then(|prepared| prepared.check(grid, origin));
    checked.is_ok_and(|checked| checked.total == 0)
}

/// The memory that a process holds and the most that it has held, in bytes; `None` where the system does not tell.
pub(super) fn memory() -> Option<(u64, u64)> {
    Some((rss_bytes()?, peak_rss_bytes()?))
}

/// What a proof by the key is predicted to cost a process with this memory before the key is made or, as told, read.
pub(super) fn predicted(
    key: &dyn ProvingKey,
    before: Option<(u64, u64)>,
    made: bool,
) -> Option<PredictionReport> {
    let prediction = key.predict()?;
    let (held, peak) = before?;
    let most = match made {
        true => prediction.proof_bytes.max(prediction.keys_bytes),
        false => prediction.proof_bytes,
    };
    Some(PredictionReport {
        predicted_prove_s: prediction.prove_s,
        predicted_peak_rss_bytes: peak.max(held.saturating_add(most)),
    })
}

/// The values of all cells.
fn witness_of(
    model: &Model,
    path: &Path,
    prepared: &dyn Prepared,
    given: Given<'_>,
    ui: &dyn Ui,
) -> Result<(Grid, Cost)> {
    ui.step("computing the witness");
    match given {
        Given::Input(input) => {
            let sample = input.read(model, ui)?;
            let origin = Origin::File(path);
            let evaluation = evaluate(model, &sample, origin)?;
            let grid = prepared.assign(&evaluation.registers, origin)?;
            Ok((grid, evaluation.cost))
        }
        Given::Witness(file) => {
            let witness = Witness::load(file)?;
            if witness.circuit != model.digest() {
                return Err(Error::diagnostic(format!(
                    "{} is a witness of circuit {}, {} is circuit {}",
                    file.display(),
                    witness.circuit,
                    path.display(),
                    model.digest()
                ))
                .help("compute it for this compiled model with `zkc witness`"));
            }
            Ok((witness.grid, Cost::default()))
        }
    }
}

/// `zkc verify`: verifies a proof, compares its public values with those expected, and tells them.
///
/// Keys of an insecure setup are refused unless `insecure_srs` allows them.
pub fn verify(
    vk: &Path,
    proof_path: &Path,
    expect: Option<&Path>,
    insecure_srs: bool,
    ui: &dyn Ui,
) -> Result<VerifyReport> {
    let expectation = expect.map(Expectation::load).transpose()?;
    check_readable(proof_path)?;
    check_readable(vk)?;
    let payload = backends::read_proof(proof_path)?;
    let (backend, key) = backends::read_verifying_key(vk)?;
    let proof = ProofFile {
        payload: &payload,
        path: proof_path,
        vk,
    };
    backends::check_proof_backend(proof, backend)?;
    let system = key.system();
    let verified = key.verify(proof, insecure_srs, ui)?;
    if system.insecure_setup == Some(true) {
        ui.warn("the setup is insecure: its secret is published, so that anybody can forge proofs");
    }
    let inputs = public_tensors(&verified.public, PublicKind::Input)?;
    let outputs = public_tensors(&verified.public, PublicKind::Output)?;
    // A proof that holds shows exactly what its circuit makes public.
    let shown = |tensors: &[FixedTensor]| !tensors.is_empty();
    let (inputs_public, outputs_public) = (shown(&inputs), shown(&outputs));
    if let (Some(expectation), Some(expect)) = (&expectation, expect) {
        expectation
            .check(
                inputs_public.then_some(&inputs),
                outputs_public.then_some(&outputs),
            )
            .map_err(|error| {
                error
                    .in_file(expect)
                    .note("the proof itself is valid, for the values that it shows")
            })?;
    }
    let reals =
        |tensors: &[FixedTensor]| tensors.iter().map(FixedTensor::reals).collect::<Vec<_>>();
    let bytes = |path: &Path| {
        std::fs::metadata(path)
            .map(|metadata| metadata.len())
            .map_err(|error| Error::io("cannot read", path, &error))
    };
    Ok(VerifyReport {
        verified: true,
        system,
        argmax: outputs
            .iter()
            .map(|output| argmax(&output.shape, &output.reals()))
            .collect(),
        outputs: outputs_public.then(|| reals(&outputs)),
        inputs: inputs_public.then(|| reals(&inputs)),
        output_integers: outputs_public.then(|| integers(&outputs)),
        output_info: tensor_infos(&outputs),
        input_info: tensor_infos(&inputs),
        expected: expectation.is_some(),
        params_s: verified.params.map_or(0.0, |params| params.cost.wall_s),
        keygen_s: verified.key_cost.wall_s,
        verify_s: verified.cost.wall_s,
        proof_bytes: bytes(proof_path)?,
        vk_bytes: bytes(vk)?,
        digest: verified.circuit.to_hex(),
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// The public inputs or outputs among public values.
pub(super) fn public_tensors(
    public: &[PublicTensor],
    kind: PublicKind,
) -> Result<Vec<FixedTensor>> {
    let tensors = public.iter().filter(|tensor| tensor.kind == kind);
    tensors
        .map(
            |PublicTensor {
                 name,
                 shape,
                 scale,
                 values,
                 ..
             }| {
                Ok(FixedTensor {
                    name: name.clone(),
                    shape: to_shape(shape)?,
                    scale: *scale,
                    integers: values.clone(),
                })
            },
        )
        .collect()
}
