//! `onnx-text MODEL.onnxtxt -o MODEL.onnx`: makes a binary ONNX model from its text (`zkc_tests::onnx_text`).

use std::{env, fs, process::ExitCode};

use anyhow::{Context, Result, bail};
use onnx_protobuf::Message;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    zkc_tests::exit_code(run(&args).map(|()| ExitCode::SUCCESS))
}

fn run(args: &[&str]) -> Result<()> {
    let [text, "-o", model] = args else {
        bail!("usage: onnx-text MODEL.onnxtxt -o MODEL.onnx")
    };
    let source = fs::read_to_string(text).with_context(|| format!("cannot read {text}"))?;
    let parsed = zkc_tests::onnx_text::parse(&source).with_context(|| (*text).to_string())?;
    fs::write(model, parsed.write_to_bytes()?).with_context(|| format!("cannot write {model}"))
}
