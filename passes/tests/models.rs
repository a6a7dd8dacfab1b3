//! The fixture models as fixed-point programs: close to the stored outputs, and the same integers
//! at each level.

use std::path::{Path, PathBuf};
use zkc_dialects::zkarith::{IntTensor, dequantize, eval, eval_with, quantize};
use zkc_importer::{ImportOptions, Tensor, import_file};
use zkc_passes::RoundedFunctions;
use zkc_support::{Constants, Graph, find_op, new_context, run_pipeline};

/// The most that an output may be off, in parts of the range of the stored outputs.
const TOLERANCE: f64 = 0.01;

const CORE: &str = "onnx-infer-shapes,onnx-fold-constants,onnx-decompose,onnx-fuse";
const FIXED: &str = "zkarith-fold-constants,zkarith-merge-scales,zkarith-pool-early";
const TABLES: &str = "convert-zkarith-to-poly-ext,canonicalize,cse,zkarith-verify-bounds";

fn folder(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/models")
        .join(model)
}

struct Sample {
    input: Vec<f64>,
    output: Vec<f64>,
}

fn samples(model: &str) -> Vec<Sample> {
    let read = |n: usize, name: &str| {
        let path = folder(model).join(format!("test_data_set_{n}/{name}_0.pb"));
        let bytes = std::fs::read(path).ok()?;
        Some(Tensor::decode(&bytes).unwrap().to_f64())
    };
    let sample = |n| {
        Some(Sample {
            input: read(n, "input")?,
            output: read(n, "output")?,
        })
    };
    let all: Vec<Sample> = (0..).map_while(sample).collect();
    assert!(!all.is_empty(), "{model} has no samples");
    all
}

/// The power of two that covers the samples, as `zkc run` chooses it.
fn range(samples: &[Sample]) -> (f64, f64) {
    let all = || samples.iter().flat_map(|s| s.input.iter().copied());
    let most = all().fold(0.0f64, |m, x| m.max(x.abs()));
    let power = most.log2().ceil().exp2();
    (if all().any(|x| x < 0.0) { -power } else { 0.0 }, power)
}

fn argmax(values: &[f64]) -> usize {
    (0..values.len())
        .max_by(|a, b| values[*a].total_cmp(&values[*b]))
        .unwrap_or(0)
}

fn reals(graph: &Graph, output: &IntTensor) -> Vec<f64> {
    let scale = graph
        .tensor(graph.outputs[0])
        .unwrap()
        .fixed()
        .unwrap()
        .scale;
    output
        .values
        .iter()
        .map(|n| dequantize(*n, scale))
        .collect()
}

/// The range of a model's outputs: all that its last function can give, or the stored outputs.
fn output_range(model: &str, samples: &[Sample]) -> (f64, f64) {
    if ["iris_logreg", "keras_mlp_sigmoid", "onnxmlir_mnist"].contains(&model) {
        return (0.0, 1.0);
    }
    let outputs = samples.iter().flat_map(|s| s.output.iter().copied());
    outputs.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)))
}

/// Compiles a model to `poly_ext`, compares the levels with each other and the outputs with those
/// stored. Gives the greatest error, in parts of the outputs' range.
fn check(model: &str, options: &str) -> f64 {
    zkc_passes::register();
    let context = new_context();
    let path = folder(model).join("model.onnx");
    let mut module = import_file(&context, &path, &ImportOptions::default())
        .unwrap()
        .module;
    let samples = samples(model);
    let (lo, hi) = range(&samples);
    let conversion = format!("convert-onnx-to-zkarith{{input-range={lo}:{hi} {options}}}");
    let mut run = |passes: &str| {
        let pipeline = format!("builtin.module({passes})");
        if let Err(e) = run_pipeline(&context, &mut module, &pipeline) {
            panic!("{model}: {passes}: {e:#?}");
        }
        let function = find_op(module.as_operation(), "func.func").unwrap();
        (
            Graph::read(function).unwrap(),
            Constants::of_module(module.as_operation()),
        )
    };
    run(CORE);
    let (plain, constants) = run(&conversion);
    let (fixed, _) = run(FIXED);
    let (tables, _) = run(TABLES);

    let scale = plain
        .tensor(plain.inputs[0])
        .unwrap()
        .fixed()
        .unwrap()
        .scale;
    let (least, most) = output_range(model, &samples);
    let mut worst = 0.0f64;
    for (n, sample) in samples.iter().enumerate() {
        let input: Vec<i128> = sample
            .input
            .iter()
            .map(|x| quantize(*x, scale).unwrap())
            .collect();
        let inputs = [input];
        let first = eval_with(&plain, &constants, &RoundedFunctions, &inputs).unwrap();
        let second = eval_with(&fixed, &constants, &RoundedFunctions, &inputs).unwrap();
        let third = eval(&tables, &constants, &inputs).unwrap();
        assert_eq!(first, second, "{model}, sample {n}: {FIXED} changed values");
        assert_eq!(first, third, "{model}, sample {n}: {TABLES} changed values");
        let found = reals(&tables, &third[0]);
        assert_eq!(found.len(), sample.output.len());
        if found.len() > 1 {
            assert_eq!(
                argmax(&found),
                argmax(&sample.output),
                "{model}, sample {n}"
            );
        }
        for (a, b) in found.iter().zip(&sample.output) {
            worst = worst.max((a - b).abs() / (most - least));
        }
    }
    println!(
        "{model}: range {lo}:{hi}, error {:.4} % of [{least}, {most}]",
        100.0 * worst
    );
    worst
}

#[test]
fn outputs_are_close_to_the_stored_ones() {
    let models = [
        "sine_mlp",
        "iris_logreg",
        "keras_mlp_sigmoid",
        "lenet_2_4_8",
        "lenet_4_8_32",
        "onnxmlir_mnist",
        "onnx2c_mnist_mlp_bn",
        "mnist8_cnn",
    ];
    let worst = models.map(|model| (model, check(model, "")));
    for (model, error) in worst {
        assert!(error <= TOLERANCE, "{model} is off by {error} of its range");
    }
}

#[test]
fn more_fraction_bits_are_more_precise() {
    let coarse = check("lenet_2_4_8", "fraction-bits=6");
    let fine = check("lenet_2_4_8", "fraction-bits=14 table-bits=18");
    assert!(fine < coarse / 8.0, "{coarse} with 6 bits, {fine} with 14");
}
