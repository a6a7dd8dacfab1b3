//! Whole models: import, print, parse again, verify.

use melior::ir::operation::OperationLike;
use std::path::{Path, PathBuf};
use zkc_importer::{ImportOptions, Tensor, import_file};
use zkc_support::{new_context, parse_module};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models")
}

/// Imports a model and returns its text, checked to parse back to the same text.
fn text(path: &Path) -> (String, Vec<String>) {
    let context = new_context();
    let imported = import_file(&context, path, &ImportOptions::default())
        .unwrap_or_else(|e| panic!("{}", e.render(&path.display().to_string())));
    let text = imported.module.as_operation().to_string();
    let again = parse_module(&context, &text).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    assert!(again.as_operation().verify());
    assert_eq!(again.as_operation().to_string(), text);
    (
        text,
        imported.warnings.iter().map(ToString::to_string).collect(),
    )
}

/// Names of the operations in a text, constants left out.
fn operations(text: &str) -> Vec<&str> {
    let names = text
        .lines()
        .filter_map(|l| l.split_once(" = onnx.")?.1.split(' ').next());
    names
        .filter(|n| !["Constant", "NoValue"].contains(n))
        .collect()
}

#[test]
fn all_fixtures_import() {
    let mut count = 0;
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path().join("model.onnx");
        if path.exists() {
            text(&path);
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} models");
}

#[test]
fn sine_mlp() {
    let (text, warnings) = text(&fixtures().join("sine_mlp/model.onnx"));
    assert_eq!(
        operations(&text),
        [
            "MatMul", "Add", "Relu", "MatMul", "Add", "Relu", "MatMul", "Add"
        ]
    );
    assert_eq!(warnings, ["batch dimension `N` is set to 1"]);
    assert!(text.contains("onnx.opset = 9"), "{text}");
    assert!(
        text.contains("tensor<1x1xf32> {onnx.name = \"dense_2_input\"}"),
        "{text}"
    );
}

#[test]
fn old_forms_become_new_ones() {
    // Opset 10: `Pad` has its padding in attributes.
    let (text, _) = text(&fixtures().join("lenet_2_4_8/model.onnx"));
    assert!(
        text.contains("onnx.Constant dense<0> : tensor<8xi64>"),
        "{text}"
    );
    assert!(text.contains("onnx.Conv %arg0, %cst"), "{text}");
    assert!(text.contains("onnx.AveragePool"), "{text}");
    assert!(text.contains("kernel_shape = array<i64: 2, 2>"), "{text}");
    assert!(!text.contains("mode ="), "defaults are not printed: {text}");
}

#[test]
fn large_initializers_stay_in_the_model_file() {
    let path = fixtures().join("onnxmlir_mnist/model.onnx");
    let (text, _) = text(&path);
    let reference = text
        .split("#onnx.weights<\"model.onnx\", offset = ")
        .nth(1)
        .unwrap();
    let number = |s: &str| {
        s.split([',', '>', ' '])
            .next()
            .unwrap()
            .parse::<usize>()
            .unwrap()
    };
    let offset = number(reference);
    let length = number(reference.split("length = ").nth(1).unwrap());
    let digest = reference
        .split("digest = \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let bytes = std::fs::read(path).unwrap();
    let hash = blake3::hash(&bytes[offset..offset + length]).to_hex();
    assert_eq!(digest, &hash[..32]);
}

#[test]
fn inputs_and_outputs_of_the_fixtures_decode() {
    let mut count = 0;
    for model in std::fs::read_dir(fixtures()).unwrap() {
        let model = model.unwrap().path();
        if !model.is_dir() {
            continue;
        }
        for set in std::fs::read_dir(model).unwrap() {
            let set = set.unwrap().path();
            for file in std::fs::read_dir(&set).into_iter().flatten() {
                let file = file.unwrap().path();
                if file.extension().is_some_and(|e| e == "pb") {
                    let tensor = Tensor::decode(&std::fs::read(&file).unwrap()).unwrap();
                    assert_eq!(tensor.len(), tensor.dims.iter().product::<usize>());
                    assert!(tensor.to_f64().iter().all(|v| v.is_finite()));
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 50, "only {count} tensors");
}
