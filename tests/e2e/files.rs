//! The steps one by one through files, and files that must be rejected.

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use zkc_circuit::file::{self, FileKind};
use zkc_tests::{
    models::{MODELS, Sample},
    shard,
};

use crate::work::{Work, arg, by_witness};

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
    work.zkc(&by_witness("p2"))?;
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
            report["outputs"] == inferred["outputs"]
                && report["output_integers"] == inferred["output_integers"],
            "the proof {proof} shows other outputs"
        );
    }
    Ok(())
}

/// A byte of the proof file changed: the checksum finds it, wherever it is.
pub(crate) fn damaged_proof() -> Result<()> {
    /// Bytes at each end that are all tried: the file's frame, the public values and the checksum.
    const ENDS: usize = 192;
    /// Of those between one in so many.
    const STRIDE: usize = 61;
    let Proven { work, .. } = proven()?;
    let proof = work.read("p")?;
    for place in places(proof.len(), ENDS, STRIDE) {
        work.write("p", &flipped(&proof, place))?;
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

/// The same by somebody who makes the checksum right again: nothing but the proof system is left to find it.
///
/// All bytes before the proof proper are tried: versions, digests, names, formats and public values. Of the proof
/// proper one byte in a few hundred, in full runs one in a few.
pub(crate) fn forged_proof() -> Result<()> {
    let Proven { work, .. } = proven()?;
    let file = work.read("p")?;
    let contents = file::from_bytes(&work.path("p"), FileKind::Proof, &file)?;
    let seal = |payload: &[u8]| file::to_bytes(FileKind::Proof, &contents.producer, payload);
    ensure!(
        seal(&contents.payload)? == file,
        "the frame changed on its way"
    );
    let payload = &contents.payload;
    let proper = proof_proper(payload)?;
    let stride = if shard::full() { 7 } else { 283 };
    let (head, tail) = (0..proper.start, proper.end..payload.len());
    let body = proper.clone().step_by(stride).chain([proper.end - 1]);
    for place in head.chain(body).chain(tail) {
        work.write("p", &seal(&flipped(payload, place))?)?;
        work.refused(&VERIFY)
            .with_context(|| format!("byte {place} of {} forged", payload.len()))?;
    }
    for (what, changed) in [
        ("no payload", Vec::new()),
        (
            "a payload cut in half",
            payload[..payload.len() / 2].to_vec(),
        ),
        (
            "a payload without its last byte",
            payload[..payload.len() - 1].to_vec(),
        ),
        ("a payload with a byte more", [&payload[..], &[0]].concat()),
        // A field of bytes that nobody knows, of length 1.
        (
            "a payload with an unknown field",
            [&payload[..], &[0x7a, 1, 0]].concat(),
        ),
        ("the payload twice", [&payload[..], &payload[..]].concat()),
    ] {
        work.write("p", &seal(&changed)?)?;
        work.refused(&VERIFY).with_context(|| what.to_owned())?;
    }
    Ok(())
}

/// Where the bytes that the proof system made stand in the payload: behind their length, with the name of the commitment
/// after them at most.
fn proof_proper(payload: &[u8]) -> Result<Range<usize>> {
    // Tag 6, of bytes; the length takes two or three bytes of seven bits each.
    (0..payload.len())
        .find_map(|place| {
            let rest = payload.get(place..)?.strip_prefix(&[0x32])?;
            let size = rest.iter().position(|byte| *byte < 0x80)? + 1;
            let digits = rest.get(..size.min(4))?.iter().rev();
            let length = digits.fold(0, |sum, byte| (sum << 7) | usize::from(byte & 0x7f));
            let start = place + 1 + size;
            let end = start.checked_add(length)?;
            let last = match payload.get(end..)? {
                [] => true,
                // Tag 7, of a short text.
                [0x3a, size, name @ ..] => name.len() == usize::from(*size),
                _ => false,
            };
            last.then_some(start..end)
        })
        .context("the payload of a proof does not end in the proof and its commitment")
}

pub(crate) fn flipped(bytes: &[u8], place: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[place] ^= 1;
    changed
}

/// All places near both ends, and one in `stride` between.
fn places(count: usize, ends: usize, stride: usize) -> impl Iterator<Item = usize> {
    (0..count).filter(move |place| *place < ends || place + ends >= count || place % stride == 0)
}

/// Files of other versions and kinds, for every command that reads one.
pub(crate) fn other_files() -> Result<()> {
    let Proven { work, sample } = proven()?;
    let input = arg(&sample.folder);
    work.zkc(&["witness", "m.zkc", "--input", input, "-o", "w"])?;
    let from_witness = by_witness("new");
    let commands: [(&str, &[&str]); 6] = [
        ("m.zkc", &["inspect", "m.zkc"]),
        (
            "m.zkc",
            &["setup", "m.zkc", "--pk", "new.pk", "--vk", "new.vk"],
        ),
        (
            "m.pk",
            &[
                "prove", "m.zkc", "--pk", "m.pk", "--input", input, "-o", "new",
            ],
        ),
        ("w", &from_witness),
        ("m.vk", &VERIFY),
        ("p", &VERIFY),
    ];
    for (name, command) in commands {
        let file = work.read(name)?;
        // The version stands behind magic and kind.
        let mut newer = file.clone();
        newer[8] += 1;
        work.write(name, &newer)?;
        let message = work.refused(command)?;
        let version = format!("has format version {}", newer[8]);
        ensure!(
            message.contains(&version) && message.contains("written by zkc"),
            "{name} of another version: {message}"
        );
        let other = if name == "m.zkc" { "m.vk" } else { "m.zkc" };
        work.write(name, &work.read(other)?)?;
        let message = work.refused(command)?;
        ensure!(
            message.contains(", not a "),
            "{name} of another kind: {message}"
        );
        work.write(name, b"something else")?;
        let message = work.refused(command)?;
        ensure!(
            message.contains("is not a zkc file"),
            "{name} is no file of zkc: {message}"
        );
        work.write(name, &file[..file.len() - 7])?;
        let message = work.refused(command)?;
        ensure!(
            message.contains("is truncated"),
            "{name} cut short: {message}"
        );
        work.write(name, &file)?;
    }
    for left in ["new", "new.pk", "new.vk"] {
        ensure!(!work.path(left).exists(), "a refused command left {left}");
    }
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
