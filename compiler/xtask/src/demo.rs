//! The demo: a trained network reads a digit, and a proof says so.

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::place::Place;

/// 5,370 parameters, 98.8 % of the usual test digits right.
const MODEL: &str = "tests/fixtures/models/lenet_4_8_32/model.onnx";
const DIGITS: &str = "tests/fixtures/digits";
const DIGIT: usize = 3;

pub(crate) fn run(place: &Place) -> Result<()> {
    let drawing = format!("{DIGITS}/{DIGIT}.txt");
    let input = format!("{DIGITS}/{DIGIT}.json");
    let text = fs::read_to_string(place.file(&drawing))
        .with_context(|| format!("cannot read {drawing}"))?;
    println!("the digit, {input}:\n\n{}", picture(&text));
    println!("$ zkc run {MODEL} --input {input} --public outputs --json");
    let mut zkc = place.tool("zkc");
    zkc.args([
        "run", MODEL, "--input", &input, "--public", "outputs", "--json",
    ])
    .stderr(std::process::Stdio::inherit());
    let report: Value = serde_json::from_str(&place.output(&mut zkc)?)
        .context("zkc printed something else than JSON")?;

    let verified = report["verified"]
        .as_bool()
        .context("the report does not say whether the proof verified")?;
    let scores = numbers(&report["outputs"]).context("the report has no outputs")?;
    let float_scores =
        numbers(&report["float_outputs"]).context("the report has no float outputs")?;
    println!("\n{:>7} {:>12} {:>12}", "digit", "proven", "float");
    for (digit, (score, float)) in scores.iter().zip(&float_scores).enumerate() {
        println!("{digit:>7} {score:>12.4} {float:>12.4}");
    }
    println!();
    for (key, unit) in [
        ("k", "(rows are 2^k)"),
        ("rows", "rows used"),
        ("compile_s", "s to compile"),
        ("setup_s", "s for parameters and keys"),
        ("prove_s", "s to prove"),
        ("verify_s", "s to verify"),
        ("proof_bytes", "bytes of proof"),
        ("peak_rss_bytes", "bytes of memory at most"),
    ] {
        println!("{:>12} {unit}", short(&report[key]));
    }
    let read = best(&scores).context("the report has no scores")?;
    ensure!(verified, "the proof does not verify");
    if read != DIGIT {
        bail!("the proof verifies, but the network reads a {read}, not a {DIGIT}");
    }
    println!("\nproof verified: the network reads a {read}");
    Ok(())
}

/// The drawing with darker and lighter signs instead of grey levels.
fn picture(drawing: &str) -> String {
    let sign = |c: char| match c.to_digit(16) {
        None | Some(0) => ' ',
        Some(1..=4) => '.',
        Some(5..=9) => '+',
        Some(_) => '#',
    };
    let lines = drawing.lines().map(|line| {
        line.chars()
            .map(sign)
            .collect::<String>()
            .trim_end()
            .to_owned()
    });
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n") + "\n"
}

/// All numbers of a nested list, in order.
fn numbers(value: &Value) -> Option<Vec<f64>> {
    match value {
        Value::Array(items) => {
            let parts: Option<Vec<Vec<f64>>> = items.iter().map(numbers).collect();
            Some(parts?.concat())
        }
        Value::Number(number) => Some(vec![number.as_f64()?]),
        _ => None,
    }
}

fn best(scores: &[f64]) -> Option<usize> {
    (0..scores.len()).max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
}

fn short(value: &Value) -> String {
    match value.as_f64() {
        Some(number) if number.fract() != 0.0 => format!("{number:.2}"),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_from_nested_lists() {
        let value = serde_json::json!([[0.5, -1], [2]]);
        assert_eq!(numbers(&value), Some(vec![0.5, -1.0, 2.0]));
        assert_eq!(best(&[0.5, -1.0, 2.0]), Some(2));
        assert_eq!(numbers(&serde_json::json!(["x"])), None);
    }
}
