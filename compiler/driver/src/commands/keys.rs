//! Commands that make or use keys.

use std::path::Path;
use std::sync::Arc;

use zkc_circuit::Grid;
use zkc_circuit::file::{self, FileKind};
use zkc_halo2::{
    Cost, ParamsSource, Prepared, Proof, ProvingKey, PublicKind, PublicTensor, StoredKey,
    peak_rss_bytes, system_rng,
};
use zkc_support::Writing;

use crate::backends::{self, Origin, convert};
use crate::commands::{Given, files_of};
use crate::error::{Error, Result};
use crate::evaluate::evaluate;
use crate::model::{Model, PRODUCER, check_readable, file_error, to_shape};
use crate::output::{Access, OutputFile, keep_apart};
use crate::report::{ProveReport, SetupReport, VerifyReport, integers, tensor_infos};
use crate::ui::Ui;
use crate::values::{Expectation, FixedTensor, argmax};
use crate::witness::Witness;

/// `zkc setup`: makes the keys of a compiled model and writes `pk` and `vk`.
pub fn setup(path: &Path, pk: &Path, vk: &Path, ui: &dyn Ui) -> Result<SetupReport> {
    keep_apart(&[pk, vk], &[path.into()])?;
    OutputFile::check(pk)?;
    OutputFile::check(vk)?;
    let model = Model::load(path)?;
    let prepared = backends::prepare(model.backend, model.circuit, Origin::File(path))?;
    let params = backends::params(prepared.shape().k, ui)?;
    ui.step("making keys");
    let here = Origin::File(path);
    let key =
        ProvingKey::generate(&prepared, &params.params).map_err(|error| convert(error, here))?;
    let (pk_bytes, vk_bytes) = {
        let _writing = Writing::begin();
        let failed = |error| convert(error, Origin::Compiled);
        let pk_bytes = key.write(pk).map_err(failed)?;
        (pk_bytes, key.verifying_key().write(vk).map_err(failed)?)
    };
    Ok(SetupReport {
        k: prepared.shape().k,
        setup_s: params.cost.wall_s + key.keygen_cost().wall_s,
        params_s: params.cost.wall_s,
        params_cached: params.source == ParamsSource::Cache,
        keygen_s: key.keygen_cost().wall_s,
        pk_bytes,
        vk_bytes,
        digest: key.digests().circuit.to_hex(),
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// `zkc prove`: proves one inference and writes `output`.
pub fn prove(
    path: &Path,
    pk: &Path,
    given: Given<'_>,
    output: &Path,
    ui: &dyn Ui,
) -> Result<ProveReport> {
    let mut inputs = match given {
        Given::Input(input) => files_of(input.args),
        Given::Witness(witness) => vec![witness.into()],
    };
    inputs.extend([path.into(), pk.into()]);
    keep_apart(&[output], &inputs)?;
    let file = OutputFile::create(output, Access::Ordinary)?;
    let model = Model::load(path)?;
    check_readable(pk)?;
    let stored = StoredKey::read_proving(pk).map_err(|error| convert(error, Origin::File(pk)))?;
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
    let prepared = stored.prepared().clone();
    let (grid, witness_cost) = witness_of(&model, path, &prepared, given, ui)?;
    let params = backends::params(prepared.shape().k, ui)?;
    ui.step("making the key again");
    let key = stored
        .proving_key(&params.params)
        .map_err(|error| convert(error, Origin::File(pk)))?;
    ui.step("proving");
    let mut rng = system_rng().map_err(|error| convert(error, Origin::Compiled))?;
    let source = match given {
        Given::Input(_) => Origin::File(path),
        Given::Witness(witness) => Origin::File(witness),
    };
    let proved = zkc_halo2::prove(&params.params, &key, &grid, &mut rng)
        .map_err(|error| convert(error, source))?;
    let bytes =
        file::to_bytes(FileKind::Proof, PRODUCER, &proved.proof.encode()).map_err(file_error)?;
    file.commit(&bytes)?;
    let outputs = public_tensors(&proved.proof, PublicKind::Output)?;
    Ok(ProveReport {
        outputs: model
            .outputs_public()
            .then(|| outputs.iter().map(FixedTensor::reals).collect()),
        output_info: tensor_infos(&outputs),
        params_s: params.cost.wall_s,
        keygen_s: key.keygen_cost().wall_s,
        witness_s: witness_cost.wall_s,
        prove_s: proved.cost.wall_s,
        prove_cpu_s: proved.cost.cpu_s,
        proof_bytes: bytes.len() as u64,
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// The values of all cells.
fn witness_of(
    model: &Model,
    path: &Path,
    prepared: &Arc<Prepared>,
    given: Given<'_>,
    ui: &dyn Ui,
) -> Result<(Grid, Cost)> {
    ui.step("computing the witness");
    match given {
        Given::Input(input) => {
            let sample = input.read(model, ui)?;
            let evaluation = evaluate(model, &sample, Origin::File(path))?;
            Ok((prepared.assign(&evaluation.registers), evaluation.cost))
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
pub fn verify(
    vk: &Path,
    proof_path: &Path,
    expect: Option<&Path>,
    ui: &dyn Ui,
) -> Result<VerifyReport> {
    let expectation = expect.map(Expectation::load).transpose()?;
    check_readable(proof_path)?;
    check_readable(vk)?;
    let proof =
        Proof::read(proof_path).map_err(|error| convert(error, Origin::File(proof_path)))?;
    let stored = StoredKey::read_verifying(vk).map_err(|error| convert(error, Origin::File(vk)))?;
    let rejected = |error: zkc_halo2::Error| convert(error, Origin::File(vk)).in_file(proof_path);
    // What needs no key is checked before one is made.
    stored
        .check_public(&proof)
        .map_err(|rejection| rejected(rejection.into()))?;
    let inputs = public_tensors(&proof, PublicKind::Input)?;
    let outputs = public_tensors(&proof, PublicKind::Output)?;
    let circuit = stored.prepared().circuit();
    let inputs_public = circuit.inputs.iter().any(|input| input.public);
    let outputs_public = circuit.outputs.iter().any(|output| output.public);
    let params = backends::params(stored.prepared().shape().k, ui)?;
    ui.step("making the key again");
    let key = stored
        .verifying_key(&params.params)
        .map_err(|error| convert(error, Origin::File(vk)))?;
    ui.step("verifying");
    let cost = zkc_halo2::verify(&params.params, &key, &proof).map_err(rejected)?;
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
    Ok(VerifyReport {
        verified: true,
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
        params_s: params.cost.wall_s,
        keygen_s: key.keygen_cost().wall_s,
        verify_s: cost.wall_s,
        digest: proof.circuit.to_hex(),
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// The public inputs or outputs that a proof shows.
pub(super) fn public_tensors(proof: &Proof, kind: PublicKind) -> Result<Vec<FixedTensor>> {
    let tensors = proof.public.iter().filter(|tensor| tensor.kind == kind);
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
