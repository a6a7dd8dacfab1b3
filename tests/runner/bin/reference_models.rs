//! `reference-models DIR`: writes the models that are measured, each with its inputs, into folders of their names.

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
    for (name, shapes, model) in networks::measured() {
        let folder = Path::new(folder).join(name);
        let at = || folder.display().to_string();
        fs::create_dir_all(&folder).with_context(at)?;
        fs::write(folder.join("model.onnx"), model.write_to_bytes()?).with_context(at)?;
        for (i, shape) in (0u64..).zip(shapes) {
            let input = networks::input(i, &shape).write_to_bytes()?;
            fs::write(folder.join(format!("input_{i}.pb")), input).with_context(at)?;
        }
    }
    Ok(())
}
