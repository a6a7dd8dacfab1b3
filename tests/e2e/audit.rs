//! The audit of random evaluation on whole models: the sum that a circuit checks is what its witness program computes.

use anyhow::{Context, Result, ensure};
use onnx_protobuf::Message;
use zkc_circuit::{Circuit, evaluations, validate};
use zkc_tests::{
    models::Model,
    networks::{input, random},
};

use crate::work::{Work, arg};

/// A fixture model, compiled for its first sample.
pub(crate) fn model(model: Model) -> Result<()> {
    let samples = model.samples()?;
    let sample = samples.first().context("the model has no sample")?;
    let range = ["--input", arg(&sample.folder)];
    audited(&Work::new()?, arg(&sample.onnx), &range)
}

/// A random network.
pub(crate) fn network(seed: u64) -> Result<()> {
    let work = Work::new()?;
    let (shape, model) = random(seed);
    work.write("model.onnx", &model.write_to_bytes()?)?;
    work.write("x.pb", &input(seed, &shape).write_to_bytes()?)?;
    audited(&work, "model.onnx", &["--input-range", "-1:1"])
}

/// Compiles a model for a backend with challenges and audits its sum.
fn audited(work: &Work, onnx: &str, range: &[&str]) -> Result<()> {
    let compile = ["compile", onnx, "--backend", "halo2-axiom", "-o", "m.zkc"];
    work.zkc(&[&compile, range].concat())?;
    let report = work.zkc(&["inspect", "m.zkc"])?;
    let pipeline = report["pipeline"].as_str();
    let pipeline = pipeline.context("the report holds no pipeline")?;
    let passes = format!("--pass-pipeline={pipeline}");
    work.tool_done("zkc-translate", &["--import-onnx", onnx, "-o", "in.mlir"])?;
    work.tool_done("zkc-opt", &["in.mlir", &passes, "-o", "out.mlir"])?;
    work.tool_done(
        "zkc-translate",
        &["--export-circuit", "out.mlir", "-o", "circuit"],
    )?;
    let circuit = Circuit::decode(&work.read("circuit")?)?;
    let cells = validate(&circuit).map_err(|errors| errors[0].clone())?;
    let all = evaluations(&circuit, &cells);
    ensure!(all.len() == 1, "{} random evaluations", all.len());
    let found = &all[0];
    if let Some(finding) = found.findings.first() {
        anyhow::bail!("{finding}");
    }
    ensure!(
        found.equations > 0 && found.terms >= found.equations,
        "{} equations of {} terms",
        found.equations,
        found.terms
    );
    Ok(())
}
