//! External data and large initializers: referred to, not copied.

use crate::build::*;
use onnx_protobuf::{
    Message, ModelProto, StringStringEntryProto, TensorProto, tensor_proto::DataLocation,
};
use std::{fs, path::Path, process::Command, time::Instant};
use zkc_importer::{ImportOptions, import_file};
use zkc_support::new_context;

/// A tensor of floats in another file.
fn external(name: &str, dims: &[i64], entries: &[(&str, &str)]) -> TensorProto {
    let entry = |(key, value): &(&str, &str)| StringStringEntryProto {
        key: key.to_string(),
        value: value.to_string(),
        ..StringStringEntryProto::new()
    };
    TensorProto {
        data_location: DataLocation::EXTERNAL.into(),
        external_data: entries.iter().map(entry).collect(),
        ..floats(name, dims, &[])
    }
}

fn add(w: TensorProto) -> ModelProto {
    model(13, vec![node("Add a", "x w", "y")], vec![w])
}

/// The first line of the report.
fn error(folder: &Path, w: TensorProto) -> String {
    let error = imported(&add(w), &ImportOptions::default(), folder).unwrap_err();
    error.to_string()
}

#[test]
fn small_data_is_read_and_large_data_is_referred_to() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..8192u32)
        .flat_map(|v| (v as f32).to_le_bytes())
        .collect();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/w.bin"), &bytes).unwrap();
    let import = |w| {
        imported(&add(w), &ImportOptions::default(), folder.path())
            .unwrap()
            .0
    };

    let small = external(
        "w",
        &[2, 1, 1, 1],
        &[("location", "data/w.bin"), ("offset", "8")],
    );
    let text = import(small);
    assert!(
        text.contains("dense<[[[[2.000000e+00]]], [[[3.000000e+00]]]]> : tensor<2x1x1x1xf32>"),
        "{text}"
    );

    let entries = [
        ("location", "./data/w.bin"),
        ("offset", "4096"),
        ("length", "24576"),
    ];
    let text = import(external("w", &[32, 3, 8, 8], &entries));
    let digest = blake3::hash(&bytes[4096..4096 + 24576]).to_hex();
    let expected = format!(
        "#onnx.weights<\"data/w.bin\", offset = 4096, length = 24576, digest = \"{}\"> : \
         tensor<32x3x8x8xf32>",
        &digest[..32]
    );
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn missing_short_and_foreign_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("w.bin"), [0; 100]).unwrap();
    let at = |entries: &[(&str, &str)]| error(folder.path(), external("w", &[32], entries));
    let missing = at(&[("location", "no.bin")]);
    assert!(
        missing.starts_with("tensor `w`: external data in `no.bin`: cannot read the file: "),
        "{missing}"
    );
    assert_eq!(
        at(&[("location", "w.bin")]),
        "tensor `w`: external data in `w.bin`: the file has 100 bytes, but 128 bytes at offset 0 \
         are needed"
    );
    assert!(at(&[("location", "w.bin"), ("offset", "18446744073709551615")]).contains("at offset"));
    assert!(at(&[("location", "w.bin"), ("offset", "-1")]).contains("`offset` is \"-1\""));
    assert!(at(&[("location", "w.bin"), ("length", "64")]).contains("`length` is 64, but"));
    for location in ["../w.bin", "/etc/passwd", ""] {
        let message = at(&[("location", location)]);
        assert!(
            message.starts_with("tensor `w`: external data in"),
            "{message}"
        );
    }
    fs::create_dir(folder.path().join("folder")).unwrap();
    assert!(at(&[("location", "folder")]).contains("is no regular file"));
}

#[test]
fn unused_external_data_is_not_needed() {
    let unused = external("unused", &[32], &[("location", "no.bin")]);
    let mut model = add(floats("w", &[1], &[1.0]));
    graph(&mut model).initializer.push(unused);
    text(&model);
}

/// Runs `body` in a process of its own, whose weight cache is a fresh folder.
fn in_fresh_cache(test: &str, body: impl FnOnce(&Path)) {
    const MARK: &str = "ZKC_IMPORTER_TEST_CHILD";
    if std::env::var_os(MARK).is_some() {
        return body(&zkc_support::cache_dir());
    }
    let cache = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(MARK, "1")
        .env("ZKC_CACHE_DIR", cache.path())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && log.contains("1 passed"), "{log}");
}

#[test]
fn large_integers_in_typed_fields_become_blobs() {
    in_fresh_cache(
        "external::large_integers_in_typed_fields_become_blobs",
        |cache| {
            let values: Vec<i64> = (0..2000).collect();
            let text = text(&model(
                13,
                vec![node("Identity i", "w", "y")],
                vec![i64s("w", &values)],
            ));
            let name = text
                .split("#onnx.weights<\"blake3:")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            let blob = fs::read(cache.join("weights").join(name)).unwrap();
            assert_eq!(
                blob,
                values
                    .iter()
                    .flat_map(|v| v.to_le_bytes())
                    .collect::<Vec<u8>>()
            );
        },
    );
}

/// Memory of the process that is backed by no file, in KiB.
#[cfg(target_os = "linux")]
fn anonymous_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn four_hundred_megabytes_import_and_print_at_once() {
    let folder = tempfile::tempdir().unwrap();
    // A file with holes: 400 MB to read, no disk space.
    let file = fs::File::create(folder.path().join("w.bin")).unwrap();
    file.set_len(400_000_000).unwrap();
    let w = external("w", &[10_000, 10_000], &[("location", "w.bin")]);
    let mut model = model(13, vec![node("MatMul m", "x w", "y")], vec![w]);
    graph(&mut model).input[0] = value("x", FLOAT, "1 10000");
    let path = folder.path().join("model.onnx");
    fs::write(&path, model.write_to_bytes().unwrap()).unwrap();

    let context = new_context();
    let (start, before) = (Instant::now(), anonymous_kib());
    let imported = import_file(&context, &path, &ImportOptions::default()).unwrap();
    let text = melior::ir::operation::OperationLike::to_string_with_flags(
        &imported.module.as_operation(),
        melior::ir::operation::OperationPrintingFlags::new(),
    )
    .unwrap();
    let (seconds, after) = (start.elapsed().as_secs_f64(), anonymous_kib());
    assert!(
        text.contains("length = 400000000") && text.len() < 2000,
        "{text}"
    );
    assert!(seconds < 5.0, "{seconds} s");
    assert!(
        after.saturating_sub(before) < 150_000,
        "{before} KiB before, {after} KiB after"
    );
}
