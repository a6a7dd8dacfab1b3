//! `reference-models DIR`: writes the models that are measured into folders of their names, each with its inputs and, in
//! `input-range`, the range of these.

use std::{env, fs, path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use onnx_protobuf::Message;
use zkc_tests::networks;

fn main() -> ExitCode {
    zkc_tests::exit_code(run().map(|()| ExitCode::SUCCESS))
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [folder] = &args[..] else {
        bail!("usage: reference-models DIR")
    };
    for measured in networks::measured() {
        let folder = Path::new(folder).join(measured.name);
        let at = || folder.display().to_string();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes);
        fs::create_dir_all(&folder).with_context(at)?;
        write("model.onnx", &measured.model.write_to_bytes()?).with_context(at)?;
        write("input-range", measured.range.as_bytes()).with_context(at)?;
        for (i, input) in measured.inputs.iter().enumerate() {
            write(&format!("input_{i}.pb"), &input.write_to_bytes()?).with_context(at)?;
        }
    }
    Ok(())
}
