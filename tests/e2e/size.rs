//! Models that are too large to be handled carelessly.

use std::{fs::File, time::Duration};

use anyhow::{Result, ensure};
use onnx_protobuf::Message;
use zkc_tests::onnx_text;

use crate::work::Work;

/// Bytes of weights: 400 MB.
const BYTES: u64 = 400_000_000;
/// Memory that is not a mapped file, in bytes.
const MEMORY: u64 = 150_000_000;
/// Wall time of import and print.
const TIME: Duration = Duration::from_secs(5);

/// 400 MB of external weights are mapped, not read into memory, and printing does not print them.
pub(crate) fn large_external_data() -> Result<()> {
    let work = Work::new()?;
    let text = format!(
        r#"<ir_version: 8, opset_import: ["" : 17]>
        large (float[1, 10000] x) => (float[1, 10000] y)
        <float[10000, 10000] w = ["location": "weights.bin", "offset": "0", "length": "{BYTES}"]> {{
          y = MatMul(x, w)
        }}"#
    );
    work.write("model.onnx", &onnx_text::parse(&text)?.write_to_bytes()?)?;
    File::create(work.path("weights.bin"))?.set_len(BYTES)?;
    let done = work.tool("zkc-translate", &["--import-onnx", "model.onnx"])?;
    ensure!(
        done.success(),
        "the import {}\n{}",
        done.status(),
        done.stderr
    );
    ensure!(
        done.stdout.contains("#onnx.weights"),
        "the weights are not referred to:\n{}",
        done.stdout
    );
    ensure!(
        done.stdout.len() < 10_000,
        "{} bytes were printed",
        done.stdout.len()
    );
    ensure!(
        done.seconds < TIME.as_secs_f64(),
        "the import took {:.1} s",
        done.seconds
    );
    ensure!(
        done.peak_memory < MEMORY,
        "the import took {} bytes of memory",
        done.peak_memory
    );
    Ok(())
}
