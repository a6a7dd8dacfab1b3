//! Random networks: proven, with the outputs that `zkc infer` computes.

use anyhow::{Result, ensure};
use onnx_protobuf::Message;
use serde_json::Value;
use zkc_tests::networks::{input, random};

use crate::work::Work;

/// Networks tried.
pub(crate) const COUNT: u64 = 30;

/// Proves a random network at a random input; its public outputs must be what `zkc infer` computes, to the last bit.
pub(crate) fn proof(commitment: &str, seed: u64) -> Result<()> {
    let work = Work::new()?;
    let (shape, model) = random(seed);
    work.write("model.onnx", &model.write_to_bytes()?)?;
    work.write("x.pb", &input(seed, &shape).write_to_bytes()?)?;
    let compile = [
        "model.onnx",
        "--backend",
        "halo2-axiom",
        "--input-range",
        "-1:1",
    ];
    let mut run = vec!["run"];
    run.extend(compile);
    run.extend(["--input", "x.pb", "--commitment", commitment]);
    if commitment == "kzg" {
        run.push("--insecure-srs");
    }
    let report = work.zkc(&run)?;
    ensure!(
        report["verified"] == Value::Bool(true),
        "the proof did not verify"
    );
    let error = report["max_abs_error"].as_f64().unwrap_or(f64::INFINITY);
    ensure!(
        error < 0.01,
        "an output is off by {error} from the float evaluation"
    );
    ensure!(
        report["copies"] == 0,
        "the network is not laid out in strips: {} copies",
        report["copies"]
    );
    work.zkc(&[&["compile"], &compile[..], &["-o", "m.zkc"]].concat())?;
    let inferred = work.zkc(&["infer", "m.zkc", "--input", "x.pb"])?;
    ensure!(
        report["outputs"] == inferred["outputs"],
        "the proof shows {} but infer computes {}",
        report["outputs"],
        inferred["outputs"]
    );
    Ok(())
}
