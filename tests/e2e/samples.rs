//! The fixture models on their samples.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zkc_tests::{
    models::{Model, Sample},
    tensor::argmax,
};

use crate::work::{Work, arg, numbers};

/// Compiles the model for the range of its samples and checks every constraint on each of them.
pub(crate) fn mock(model: Model) -> Result<()> {
    let work = Work::new()?;
    let samples = model.samples()?;
    let mut compile = vec!["compile", arg(&samples[0].onnx), "-o", "m.zkc"];
    for sample in &samples {
        compile.extend(["--input", arg(&sample.folder)]);
    }
    work.zkc(&compile)?;
    for (place, sample) in samples.iter().enumerate() {
        let check = || -> Result<()> {
            let input = ["m.zkc", "--input", arg(&sample.folder)];
            let audit: &[&str] = if place == 0 { &["--audit"] } else { &[] };
            work.zkc(&[&["mock"], &input[..], audit].concat())?;
            let report = work.zkc(&[&["infer"], &input[..]].concat())?;
            compare(sample, &report)
        };
        check().with_context(|| format!("sample {}", sample.index))?;
    }
    Ok(())
}

/// Proves one sample and verifies the proof; its public outputs must be what `zkc infer` computes, to the last bit.
pub(crate) fn proof(sample: &Sample, backend: &str) -> Result<()> {
    let work = Work::new()?;
    let (onnx, input) = (arg(&sample.onnx), arg(&sample.folder));
    let backend = ["--backend", backend];
    let run = ["run", onnx, "--input", input, "--public", "outputs"];
    let report = work.zkc(&[&run[..], &backend].concat())?;
    ensure!(
        report["verified"] == Value::Bool(true),
        "the proof did not verify"
    );
    compare(sample, &report)?;
    let compile = [
        "compile", onnx, "--input", input, "--public", "outputs", "-o", "m.zkc",
    ];
    work.zkc(&[&compile[..], &backend].concat())?;
    let inferred = work.zkc(&["infer", "m.zkc", "--input", input])?;
    ensure!(
        report["outputs"] == inferred["outputs"],
        "the proof shows {} but infer computes {}",
        report["outputs"],
        inferred["outputs"]
    );
    Ok(())
}

/// Compares the outputs of a report with those that a float runtime computed.
fn compare(sample: &Sample, report: &Value) -> Result<()> {
    let stored = sample.output()?;
    let outputs = numbers(&report["outputs"]).context("outputs")?;
    ensure!(
        outputs.len() == stored.values.len(),
        "{} outputs instead of {}",
        outputs.len(),
        stored.values.len()
    );
    let error = |(found, stored): (&f64, &f32)| (found - f64::from(*stored)).abs();
    let worst = outputs
        .iter()
        .zip(&stored.values)
        .map(error)
        .fold(0.0, f64::max);
    let allowed = sample.model.tolerance();
    ensure!(
        worst <= allowed,
        "an output is off by {worst}, {allowed} is allowed\n{outputs:?}\n{:?}",
        stored.values
    );
    if sample.model.classes {
        let (found, wanted) = (argmax(outputs.iter().copied()), stored.argmax());
        ensure!(
            found == wanted,
            "the greatest output is {found} instead of {wanted}"
        );
    }
    Ok(())
}
