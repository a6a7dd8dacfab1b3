//! The same circuit from the same model, whichever way it is compiled.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zkc_circuit::Circuit;
use zkc_tests::{models, process, tools::Tools};

use crate::work::{LIMIT, Work, arg};

/// A small model and one with convolutions.
pub(crate) const MODELS: [&str; 2] = ["sine_mlp", "lenet_2_4_8"];

/// Text with locations: they hold the names of the ONNX nodes, which the circuit tells in reports.
const LOCATIONS: &str = "--mlir-print-debuginfo";

/// Stopping after each pass, printing, parsing and going on gives the circuit of the whole pipeline, which is what
/// `zkc compile` stores.
pub(crate) fn pass_by_pass(name: &str) -> Result<()> {
    let work = Work::new()?;
    let onnx = models::folder().join(name).join("model.onnx");
    let input = models::folder().join(name).join("test_data_set_0");
    work.zkc(&["compile", arg(&onnx), "--input", arg(&input), "-o", "m.zkc"])?;
    let report = work.zkc(&["inspect", "m.zkc"])?;
    let pipeline = report["pipeline"]
        .as_str()
        .context("the report holds no pipeline")?;
    let passes = passes(pipeline)?;
    ensure!(passes.len() > 5, "the pipeline has few passes: {pipeline}");

    work.tool_done(
        "zkc-translate",
        &["--import-onnx", arg(&onnx), LOCATIONS, "-o", "0.mlir"],
    )?;
    let whole = format!("--pass-pipeline={pipeline}");
    work.tool_done(
        "zkc-opt",
        &["0.mlir", &whole, LOCATIONS, "-o", "whole.mlir"],
    )?;
    work.tool_done(
        "zkc-translate",
        &["--export-circuit", "whole.mlir", "-o", "whole"],
    )?;
    let mut text = "0.mlir".to_owned();
    for (place, pass) in passes.iter().enumerate() {
        let next = format!("{}.mlir", place + 1);
        let step = format!("--pass-pipeline=builtin.module({pass})");
        work.tool_done("zkc-opt", &[&text, &step, LOCATIONS, "-o", &next])
            .with_context(|| format!("pass {pass}"))?;
        work.tool_done("zkc-opt", &[&next, LOCATIONS, "-o", "again.mlir"])?;
        ensure!(
            work.read(&next)? == work.read("again.mlir")?,
            "what {pass} leaves is printed in another way once it was parsed"
        );
        text = next;
    }
    work.tool_done("zkc-translate", &["--export-circuit", &text, "-o", "steps"])?;

    let circuit = work.read("whole")?;
    ensure!(
        circuit == work.read("steps")?,
        "pass by pass gives another circuit"
    );
    let digest = Circuit::decode(&circuit)?.digest();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(
        report["digest"] == digest.as_str(),
        "zkc compile stores the circuit {}, zkc-opt makes {digest}",
        report["digest"]
    );
    Ok(())
}

/// The passes of `builtin.module(...)`, each with its options.
fn passes(pipeline: &str) -> Result<Vec<String>> {
    let inner = pipeline
        .strip_prefix("builtin.module(")
        .and_then(|rest| rest.strip_suffix(')'))
        .with_context(|| format!("`{pipeline}` is no pipeline of a module"))?;
    let mut passes = vec![String::new()];
    let mut depth = 0_u32;
    for c in inner.chars() {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match passes.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => passes.push(String::new()),
        }
    }
    Ok(passes)
}

/// Another folder, another name of the folder's path, and other numbers of threads: the same file and the same keys.
pub(crate) fn bytes(name: &str) -> Result<()> {
    let folder = models::folder().join(name);
    let mut first: Option<(Vec<u8>, Value, Vec<u8>)> = None;
    for (place, threads) in ["1", "2"].into_iter().enumerate() {
        let work = Work::new()?;
        // A copy elsewhere, named from the folder it is in.
        let copy: PathBuf = work.path(&format!("copy{place}"));
        fs::create_dir(&copy)?;
        fs::copy(folder.join("model.onnx"), copy.join("model.onnx"))?;
        let run = |args: &[&str]| -> Result<Value> {
            let mut command = Tools::get()?.command("zkc");
            command
                .args(args)
                .arg("--json")
                .current_dir(&copy)
                .env("RAYON_NUM_THREADS", threads)
                // What passes put aside is made anew each time.
                .env("ZKC_CACHE_DIR", work.path("cache"));
            let done = process::run(&mut command, LIMIT)?;
            ensure!(
                done.success(),
                "zkc {} {}\n{}",
                args.join(" "),
                done.status(),
                done.stderr
            );
            Ok(serde_json::from_str(&done.stdout)?)
        };
        run(&[
            "compile",
            "model.onnx",
            "--input-range",
            "0:1",
            "-o",
            "m.zkc",
        ])?;
        let setup = run(&["setup", "m.zkc", "--pk", "m.pk", "--vk", "m.vk"])?;
        let found = (
            fs::read(copy.join("m.zkc"))?,
            setup["digest"].clone(),
            fs::read(copy.join("m.vk"))?,
        );
        match &first {
            None => first = Some(found),
            Some(first) => {
                ensure!(first.0 == found.0, "the compiled model differs");
                ensure!(first.1 == found.1, "the digest of the circuit differs");
                ensure!(first.2 == found.2, "the verifying key differs");
            }
        }
    }
    Ok(())
}
