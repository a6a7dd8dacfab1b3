//! The evaluator and the passes on `onnx` against the outputs that another runtime computed for
//! the fixture models.

use onnx_protobuf::{Message, TensorProto};
use std::path::{Path, PathBuf};
use zkc_dialects::onnx::{Tensor, eval};
use zkc_importer::{ImportOptions, import_file};
use zkc_support::{Constants, Graph, Module, find_op, new_context, run_pipeline};

/// Largest difference, in parts of the greatest stored number.
const TOLERANCE: f64 = 1e-4;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/models")
}

fn folders(of: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(of).unwrap().map(|e| e.unwrap().path());
    let name = |p: &PathBuf| p.file_name().unwrap().to_string_lossy().starts_with(prefix);
    let mut out: Vec<_> = entries.filter(name).collect();
    out.sort();
    out
}

/// Reads a float tensor.
fn tensor(path: &Path) -> Tensor {
    let proto = TensorProto::parse_from_bytes(&std::fs::read(path).unwrap()).unwrap();
    let values = if proto.raw_data.is_empty() {
        proto.float_data.iter().map(|v| f64::from(*v)).collect()
    } else {
        let (chunks, _) = proto.raw_data.as_chunks::<4>();
        chunks
            .iter()
            .map(|c| f64::from(f32::from_le_bytes(*c)))
            .collect()
    };
    Tensor::f64s(&proto.dims, values)
}

fn outputs(module: &Module, input: &Tensor) -> Vec<Tensor> {
    let op = module.as_operation();
    let graph = Graph::read(find_op(op, "func.func").unwrap()).unwrap();
    eval(
        &graph,
        &Constants::of_module(op),
        std::slice::from_ref(input),
    )
    .unwrap()
}

fn check(what: &str, found: &Tensor, stored: &Tensor) {
    let (found, stored) = (found.to_f64(), stored.to_f64());
    let most = stored.iter().fold(0f64, |m, v| m.max(v.abs()));
    let error = found
        .iter()
        .zip(&stored)
        .fold(0f64, |m, (a, b)| m.max((a - b).abs()));
    assert!(
        found.len() == stored.len() && error <= TOLERANCE * most,
        "{what}: {error} of {most}\n{found:?}\n{stored:?}"
    );
}

#[test]
fn outputs_are_those_of_another_runtime() {
    crate::register();
    let mut samples = 0;
    for model in folders(&models(), "") {
        let context = new_context();
        let file = model.join("model.onnx");
        let mut module = import_file(&context, &file, &ImportOptions::default())
            .unwrap()
            .module;
        let samples_before = samples;
        let sets = folders(&model, "test_data_set_");
        let pairs: Vec<_> = sets
            .iter()
            .map(|set| {
                (
                    tensor(&set.join("input_0.pb")),
                    tensor(&set.join("output_0.pb")),
                )
            })
            .collect();
        for (input, stored) in &pairs {
            check(
                &format!("{} as imported", model.display()),
                &outputs(&module, input)[0],
                stored,
            );
            samples += 1;
        }
        let pipeline = "onnx-infer-shapes,onnx-fold-constants,onnx-decompose,onnx-fuse";
        for pass in pipeline.split(',') {
            run_pipeline(&context, &mut module, &format!("builtin.module({pass})")).unwrap();
            for (input, stored) in &pairs {
                let what = format!("{} after {pass}", model.display());
                check(&what, &outputs(&module, input)[0], stored);
            }
        }
        assert!(
            samples > samples_before,
            "{} has no samples",
            model.display()
        );
    }
    assert!(samples > 0, "there are no models in {}", models().display());
}
