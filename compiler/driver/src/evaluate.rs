//! Evaluating a compiled model on one input.

use zkc_circuit::Registers;
use zkc_halo2::{Cost, Stopwatch};

use crate::backends::{self, Origin};
use crate::error::Result;
use crate::inputs::{ElementType, Sample};
use crate::model::Model;
use crate::report::Outputs;
use crate::values::{FixedTensor, quantize_sample};

/// The fixed-point program, run.
#[derive(Debug)]
pub(crate) struct Evaluation {
    /// The values of all registers.
    pub(crate) registers: Registers,
    /// The outputs.
    pub(crate) outputs: Vec<FixedTensor>,
    /// What it cost.
    pub(crate) cost: Cost,
}

/// Quantizes an input and runs the fixed-point program of a model that comes from `origin`.
pub(crate) fn evaluate(model: &Model, sample: &Sample, origin: Origin<'_>) -> Result<Evaluation> {
    let watch = Stopwatch::start();
    let inputs = quantize_sample(sample, &model.inputs, &model.formats())?;
    let registers = backends::run_program(&model.circuit, &inputs, origin)?;
    let outputs = backends::outputs(&model.circuit, &registers, origin)?;
    Ok(Evaluation {
        registers,
        outputs,
        cost: watch.cost(),
    })
}

/// Puts the outputs beside those of the model in floating point.
pub(crate) fn beside_float(
    model: &Model,
    sample: &Sample,
    outputs: &[FixedTensor],
    origin: Origin<'_>,
) -> Result<Outputs> {
    let elements: Vec<ElementType> = model.inputs.iter().map(|input| input.element).collect();
    let float = model.float.evaluate(&sample.tensors, &elements);
    let float = float.map_err(|error| match origin {
        Origin::Compiled => error,
        Origin::File(path) => error.in_file(path),
    })?;
    Ok(Outputs::new(outputs, float))
}
