//! The steps one by one through files, and files that must be rejected.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zkc_tests::models::{MODELS, Sample};

use crate::work::{Work, arg};

/// A folder with `m.zkc`, `m.pk`, `m.vk` and a proof `p` of the quickest model's second sample.
struct Proven {
    work: Work,
    sample: Sample,
}

const VERIFY: [&str; 5] = ["verify", "--vk", "m.vk", "--proof", "p"];

fn proven() -> Result<Proven> {
    let work = Work::new()?;
    let sample = MODELS[0].samples()?.swap_remove(1);
    let input = arg(&sample.folder);
    work.zkc(&[
        "compile",
        arg(&sample.onnx),
        "-o",
        "m.zkc",
        "--input-range",
        "0:8",
        "--public",
        "inputs,outputs",
    ])?;
    work.zkc(&["setup", "m.zkc", "--pk", "m.pk", "--vk", "m.vk"])?;
    work.zkc(&[
        "prove", "m.zkc", "--pk", "m.pk", "--input", input, "-o", "p",
    ])?;
    Ok(Proven { work, sample })
}

/// A proof from a witness file and one from the input verify alike and show what `infer` computes.
pub(crate) fn step_by_step() -> Result<()> {
    let Proven { work, sample } = proven()?;
    let input = arg(&sample.folder);
    work.zkc(&["witness", "m.zkc", "--input", input, "-o", "w"])?;
    work.zkc(&[
        "prove",
        "m.zkc",
        "--pk",
        "m.pk",
        "--witness",
        "w",
        "-o",
        "p2",
    ])?;
    let inferred = work.zkc(&["infer", "m.zkc", "--input", input])?;
    work.write("expected.json", inferred.to_string().as_bytes())?;
    for proof in ["p", "p2"] {
        let report = work.zkc(&[
            "verify",
            "--vk",
            "m.vk",
            "--proof",
            proof,
            "--expect",
            "expected.json",
        ])?;
        ensure!(
            report["verified"] == Value::Bool(true),
            "the proof {proof} does not verify"
        );
        ensure!(
            report["outputs"] == inferred["outputs"],
            "the proof {proof} shows other outputs"
        );
    }
    Ok(())
}

/// Every byte of the head and the tail of the proof file and a sample of those between, each changed on its own.
pub(crate) fn tampered_proof() -> Result<()> {
    /// Bytes at each end that are all tried; the public values and the digest stand at one of them.
    const ENDS: usize = 12;
    /// Every so many bytes one is tried between the ends.
    const STRIDE: usize = 97;
    let Proven { work, .. } = proven()?;
    let proof = work.read("p")?;
    for place in 0..proof.len() {
        let at_an_end = place < ENDS || place + ENDS >= proof.len();
        if !at_an_end && place % STRIDE != 0 {
            continue;
        }
        let mut changed = proof.clone();
        changed[place] ^= 1;
        work.write("p", &changed)?;
        work.refused(&VERIFY)
            .with_context(|| format!("byte {place} of {} changed", proof.len()))?;
    }
    for (what, changed) in [
        ("empty", Vec::new()),
        ("cut in half", proof[..proof.len() / 2].to_vec()),
        ("without its last byte", proof[..proof.len() - 1].to_vec()),
        ("with a byte more", [&proof[..], &[0]].concat()),
    ] {
        work.write("p", &changed)?;
        work.refused(&VERIFY).with_context(|| what.to_owned())?;
    }
    work.write("p", &proof)?;
    work.zkc(&VERIFY).context("the unchanged proof")?;
    Ok(())
}

/// What the caller expects must be what the proof shows: no other value, none missing, none more.
pub(crate) fn other_public_values() -> Result<()> {
    let Proven { work, sample } = proven()?;
    let right = work.zkc(&["infer", "m.zkc", "--input", arg(&sample.folder)])?;
    let expect =
        |value: &Value| -> Result<()> { work.write("expected.json", value.to_string().as_bytes()) };
    let verify = [&VERIFY[..], &["--expect", "expected.json"]].concat();
    expect(&right)?;
    work.zkc(&verify)?;
    for (what, outputs) in [
        ("another value", serde_json::json!([[100.0]])),
        (
            "too many values",
            serde_json::json!([[right["outputs"][0][0], 0.0]]),
        ),
        ("too few values", serde_json::json!([[]])),
        (
            "too many outputs",
            serde_json::json!([right["outputs"][0], right["outputs"][0]]),
        ),
        ("no outputs", serde_json::json!([])),
    ] {
        let mut wrong = right.clone();
        wrong["outputs"] = outputs;
        expect(&wrong)?;
        work.refused(&verify).with_context(|| what.to_owned())?;
    }
    Ok(())
}

/// Keys and proofs of one model are refused for another.
pub(crate) fn other_model() -> Result<()> {
    let Proven { work, sample } = proven()?;
    let other = [
        "compile",
        arg(&sample.onnx),
        "-o",
        "n.zkc",
        "--input-range",
        "0:16",
        "--public",
        "inputs,outputs",
    ];
    work.zkc(&other)?;
    work.zkc(&["setup", "n.zkc", "--pk", "n.pk", "--vk", "n.vk"])?;
    work.refused(&["verify", "--vk", "n.vk", "--proof", "p"])
        .context("a proof for another key")?;
    let input = arg(&sample.folder);
    work.refused(&[
        "prove", "n.zkc", "--pk", "m.pk", "--input", input, "-o", "q",
    ])
    .context("a key for another model")?;
    ensure!(!work.path("q").exists(), "a refused proof left a file");
    work.refused(&["verify", "--vk", "p", "--proof", "m.vk"])
        .context("files in each other's place")?;
    Ok(())
}
