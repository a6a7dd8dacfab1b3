//! Commands that need no keys.

use std::path::Path;

use zkc_halo2::peak_rss_bytes;

use crate::backends::{self, Origin};
use crate::commands::{Input, files_of};
use crate::compile::{Samples, compile as compile_model};
use crate::error::Result;
use crate::evaluate::{beside_float, evaluate};
use crate::model::Model;
use crate::options::CompileOptions;
use crate::output::{Access, OutputFile, keep_apart};
use crate::report::{
    CompileReport, InferReport, MockReport, WitnessReport, input_ranges, tensor_infos,
};
use crate::ui::Ui;
use crate::values::FixedTensor;
use crate::witness::Witness;

/// `zkc compile`: compiles a model and writes `output`.
pub fn compile(
    path: &Path,
    options: &CompileOptions,
    samples: Samples<'_>,
    output: &Path,
    ui: &dyn Ui,
) -> Result<CompileReport> {
    let mut inputs = files_of(samples.args);
    inputs.push(path.into());
    inputs.extend((options.constant_inputs.iter()).map(|(_, file)| file.clone()));
    keep_apart(&[output], &inputs)?;
    let file = OutputFile::create(output, Access::Ordinary)?;
    let compiled = compile_model(path, options, samples, ui)?;
    keep_apart(&[output], &compiled.files)?;
    let model = compiled.model;
    let zkc_bytes = model.save(file)?;
    Ok(CompileReport {
        model: path.display().to_string(),
        backend: model.backend.name().into(),
        size: compiled.prepared.size(),
        input_ranges: input_ranges(&model),
        compile_s: compiled.cost.wall_s,
        zkc_bytes,
        digest: model.digest().to_hex(),
        peak_rss_bytes: peak_rss_bytes(),
    })
}

/// `zkc infer`: the fixed-point outputs beside the float ones.
pub fn infer(path: &Path, input: Input<'_>, ui: &dyn Ui) -> Result<InferReport> {
    let model = Model::load(path)?;
    let sample = input.read(&model, ui)?;
    ui.step("evaluating");
    let evaluation = evaluate(&model, &sample, Origin::File(path))?;
    let outputs = beside_float(&model, &sample, &evaluation.outputs, Origin::File(path))?;
    Ok(InferReport {
        model: model.name,
        outputs,
        infer_s: evaluation.cost.wall_s,
    })
}

/// `zkc witness`: computes every value of one inference and writes `output`, for its owner's eyes only.
pub fn witness(path: &Path, input: Input<'_>, output: &Path, ui: &dyn Ui) -> Result<WitnessReport> {
    let mut inputs = files_of(input.args);
    inputs.push(path.into());
    keep_apart(&[output], &inputs)?;
    let file = OutputFile::create(output, Access::Private)?;
    let model = Model::load(path)?;
    let sample = input.read(&model, ui)?;
    ui.step("computing the witness");
    let prepared = backends::prepare(model.backend, model.circuit.clone(), Origin::File(path))?;
    let evaluation = evaluate(&model, &sample, Origin::File(path))?;
    let grid = prepared.assign(&evaluation.registers, Origin::File(path))?;
    let witness_bytes = Witness {
        circuit: model.digest(),
        grid,
    }
    .save(file)?;
    Ok(WitnessReport {
        outputs: evaluation.outputs.iter().map(FixedTensor::reals).collect(),
        output_info: tensor_infos(&evaluation.outputs),
        witness_s: evaluation.cost.wall_s,
        witness_bytes,
    })
}

/// `zkc mock`: checks all constraints on one input, without keys; with `audit`, also that every witness cell is pinned.
pub fn mock(path: &Path, input: Input<'_>, audit: bool, ui: &dyn Ui) -> Result<MockReport> {
    let model = Model::load(path)?;
    let sample = input.read(&model, ui)?;
    ui.step("computing the witness");
    let origin = Origin::File(path);
    let prepared = backends::prepare(model.backend, model.circuit.clone(), origin)?;
    let evaluation = evaluate(&model, &sample, origin)?;
    let grid = prepared.assign(&evaluation.registers, Origin::File(path))?;
    ui.step("checking all constraints");
    let checked = prepared.check(&grid, origin)?;
    if checked.total > 0 {
        let mut error = origin.broken(match checked.total {
            1 => "a constraint does not hold".to_owned(),
            total => format!("{total} constraints do not hold"),
        });
        for failure in checked.failures {
            error = error.note(failure);
        }
        return Err(error);
    }
    let audited = audit
        .then(|| backends::audit(&*prepared, &grid, origin, ui))
        .transpose()?;
    let outputs = beside_float(&model, &sample, &evaluation.outputs, origin)?;
    Ok(MockReport {
        satisfied: true,
        outputs,
        size: prepared.size(),
        free_cells: audited.as_ref().map(|audited| audited.free_cells),
        undecided: audited.map(|audited| audited.undecided),
        audited: audit,
        mock_s: checked.cost.wall_s,
    })
}
