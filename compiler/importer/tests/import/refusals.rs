//! What is refused, and the words for it.

use crate::build::*;
use onnx_protobuf::{FunctionProto, Message, ModelProto, OperatorSetIdProto, TensorProto};
use std::path::Path;
use zkc_importer::{ErrorKind, ImportOptions, Source, Tensor, TensorData, import, import_file};
use zkc_support::new_context;

fn relu() -> ModelProto {
    model(13, vec![node("Relu r", "x", "y")], vec![])
}

fn kind_of(bytes: &[u8]) -> ErrorKind {
    let context = new_context();
    let source = Source {
        bytes,
        file_name: None,
        data_dir: Path::new(""),
    };
    import(&context, &source, &ImportOptions::default())
        .unwrap_err()
        .kind()
        .clone()
}

#[track_caller]
fn assert_lines(report: &str, expected: &[&str]) {
    assert_eq!(report.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn bytes_that_are_no_model() {
    assert!(matches!(kind_of(b""), ErrorKind::NotAModel(_)));
    assert!(matches!(
        kind_of(b"#!/bin/sh\necho hello\n"),
        ErrorKind::NotAModel(_)
    ));
    assert_eq!(
        kind_of(b"PK\x03\x04").to_string(),
        "not an ONNX model: the file is a zip archive; export the model to ONNX first"
    );
    let mut model = relu();
    model.graph = None.into();
    assert_eq!(
        kind_of(&model.write_to_bytes().unwrap()).to_string(),
        "not an ONNX model: it holds no graph"
    );
}

#[test]
fn every_truncation_is_refused() {
    let bytes = relu().write_to_bytes().unwrap();
    for length in 0..bytes.len() {
        let kind = kind_of(&bytes[..length]);
        let expected = matches!(
            kind,
            ErrorKind::NotAModel(_) | ErrorKind::Truncated { .. } | ErrorKind::Version(_)
        );
        // The operator set comes last in the file; a cut before it leaves a whole graph.
        let no_opset = matches!(&kind, ErrorKind::Version(m) if m.contains("opset"));
        assert!(expected || no_opset, "{length}: {kind:?}");
    }
}

#[test]
fn a_file_that_is_not_there() {
    let context = new_context();
    let error = import_file(
        &context,
        Path::new("no/such.onnx"),
        &ImportOptions::default(),
    );
    let error = error.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::File { .. }));
    assert!(
        error
            .to_string()
            .starts_with("cannot read `no/such.onnx`: ")
    );
}

#[test]
fn versions() {
    for (opset, message) in [
        (6, "the model is of opset 6; opsets 7 to 28 are supported"),
        (29, "the model is of opset 29; opsets 7 to 28 are supported"),
    ] {
        let report = report(&model(opset, vec![node("Relu r", "x", "y")], vec![]));
        assert_lines(&report, &[&format!("error: {message}"), "  in model.onnx"]);
    }
    let mut model = relu();
    model.ir_version = 99;
    assert!(report(&model).contains("IR version 99; versions 3 to 14 are supported"));
    let mut model = relu();
    model.opset_import.clear();
    assert!(report(&model).contains("does not say which opset it is of"));
    let mut model = relu();
    let mut second = OperatorSetIdProto::new();
    second.version = 14;
    model.opset_import.push(second);
    assert!(report(&model).contains("imports two versions"));
}

#[test]
fn unsupported_operators_are_listed_with_their_nodes() {
    let nodes = vec![
        node("LSTM rnn", "x", "a"),
        node("Relu r", "a", "b"),
        node("LSTM rnn2", "b", "c"),
        node("NonZero nz", "c", "y"),
    ];
    assert_lines(
        &report(&model(13, nodes, vec![])),
        &[
            "error: `onnx.LSTM`: the operator is not supported",
            "  at node \"rnn\" in model.onnx",
            "  note: `onnx.LSTM` is also at `rnn2`",
            "  note: `onnx.NonZero`, at `nz`, is not supported either",
            "  help: recurrent layers have to be unrolled by the exporter",
        ],
    );
}

#[test]
fn other_domains_and_functions() {
    let mut custom = node("FusedConv f", "x", "y");
    custom.domain = "com.microsoft".into();
    let mut model = model(13, vec![custom], vec![]);
    let report_1 = report(&model);
    assert!(
        report_1.starts_with("error: `com.microsoft.FusedConv`: the operator is not supported")
    );
    model.functions.push(FunctionProto {
        name: "FusedConv".into(),
        domain: "com.microsoft".into(),
        ..FunctionProto::new()
    });
    assert!(report(&model).contains("functions that a model defines are not supported"));
}

#[test]
fn operators_and_attributes_of_other_opsets() {
    assert!(
        report(&model(13, vec![node("Mish m", "x", "y")], vec![])).contains(
            "`onnx.Mish`: the operator exists since opset 18, but the model is of opset 13"
        )
    );
    let squeeze = node("Squeeze s", "x", "y").with(ints("axes", &[0]));
    assert!(
        report(&model(13, vec![squeeze], vec![]))
            .contains("attribute `axes` was dropped in opset 13, but the model is of opset 13")
    );
    let reshape = node("Reshape r", "x s", "y").with(int("allowzero", 1));
    assert!(
        report(&model(13, vec![reshape], vec![i64s("s", &[-1])]))
            .contains("attribute `allowzero` exists since opset 14")
    );
    let pad = node("Pad p", "x p", "y").with(string("mode", "wrap"));
    assert!(
        report(&model(18, vec![pad], vec![i64s("p", &[1; 8])]))
            .contains("attribute `mode` is \"wrap\", which exists since opset 19")
    );
}

#[test]
fn attributes() {
    let conv = || node("Conv c", "x w", "y");
    let w = || vec![floats("w", &[1, 3, 1, 1], &[0.0; 3])];
    for (attribute, message) in [
        (
            int("kernel_size", 3),
            "attribute `kernel_size` is not supported; the operator has",
        ),
        (
            int("kernel_shape", 3),
            "attribute `kernel_shape` must be a list of integers, but it is an",
        ),
        (
            subgraph("body"),
            "attribute `body` holds a subgraph, and control flow is not supported",
        ),
        (
            string("auto_pad", "SAME"),
            "attribute `auto_pad` is \"SAME\", but it must be one of NOTSET",
        ),
    ] {
        let report = report(&model(13, vec![conv().with(attribute)], w()));
        assert!(report.starts_with("error: `onnx.Conv`: "), "{report}");
        assert!(report.contains(message), "{report}");
        assert!(report.contains("at node \"c\""), "{report}");
        assert!(report.contains("help: operators and their limits are on the supported-ops page"));
    }
    let twice = conv().with(int("group", 1)).with(int("group", 1));
    assert!(report(&model(13, vec![twice], w())).contains("attribute `group` occurs twice"));
    let concat = node("Concat c", "x x", "y");
    assert!(report(&model(13, vec![concat], vec![])).contains("attribute `axis` is missing"));
}

#[test]
fn inference_only() {
    let parameters = || {
        ["s", "b", "m", "v"]
            .map(|n| floats(n, &[3], &[1.0; 3]))
            .to_vec()
    };
    let norm = node("BatchNormalization bn", "x s b m v", "y").with(int("training_mode", 1));
    assert!(
        report(&model(15, vec![norm], parameters())).contains("`training_mode` must be 0, found 1")
    );
    let norm = node("BatchNormalization bn", "x s b m v", "y").with(int("spatial", 0));
    assert!(report(&model(8, vec![norm], parameters())).contains("`spatial` must be 1, found 0"));

    let mut mode = TensorProto {
        data_type: BOOL,
        name: "mode".into(),
        ..TensorProto::new()
    };
    mode.raw_data = vec![1];
    let dropout = node("Dropout d", "x _ mode", "y");
    assert!(report(&model(13, vec![dropout], vec![mode])).contains("`training_mode` is true"));
    let masked = vec![
        node("Dropout d", "x", "z mask"),
        node("Identity i", "mask", "y"),
    ];
    assert!(
        report(&model(13, masked, vec![]))
            .contains("output `mask` is read (as `mask`), which is not supported")
    );
}

#[test]
fn numbers_and_types_of_inputs() {
    let many = node("Relu r", "x x", "y");
    assert!(
        report(&model(13, vec![many], vec![]))
            .contains("takes at most 1 inputs in opset 13, found 2")
    );
    assert!(
        report(&model(13, vec![node("Add a", "x", "y")], vec![])).contains("input `B` is missing")
    );
    let mixed = node("Add a", "x w", "y");
    assert!(
        report(&model(13, vec![mixed], vec![i64s("w", &[1])]))
            .contains("input `B` has element type int64, but input `A` float")
    );
    let integers = node("Exp e", "w", "y");
    assert!(
        report(&model(13, vec![integers], vec![i64s("w", &[1])]))
            .contains("input `X` has element type int64, but it must be one of float, double")
    );
    let half = TensorProto {
        data_type: 10,
        name: "h".into(),
        ..TensorProto::new()
    };
    assert!(
        report(&model(13, vec![node("Add a", "x h", "y")], vec![half]))
            .contains("tensor `h` has element type float16, which is not supported")
    );
}

#[test]
fn sparse_tensors() {
    let mut model = relu();
    graph(&mut model)
        .sparse_initializer
        .push(Default::default());
    assert!(report(&model).contains("an initializer is a sparse tensor, which is not supported"));
}

#[test]
fn types_of_graph_inputs_and_outputs() {
    let mut half = relu();
    graph(&mut half).input[0] = value("x", 10, "1 2");
    assert!(report(&half).contains("input `x` has element type float16"));
    let mut untyped = relu();
    graph(&mut untyped).input[0].type_ = None.into();
    assert!(report(&untyped).contains("input `x` is of no type"));
    let mut output = relu();
    graph(&mut output).output[0] = value("y", INT64, "1");
    assert!(
        report(&output).contains("output `y` is declared as int64, but the graph computes float")
    );
}

#[test]
fn contradictions_are_found_by_the_dialect() {
    let conv = node("Conv stage2/conv", "x w", "y");
    assert_lines(
        &report(&model(
            13,
            vec![conv],
            vec![floats("w", &[4, 2, 3, 3], &[0.0; 72])],
        )),
        &[
            "error: `onnx.Conv`: operand `X` has 3 channels, but `W` wants 2 in each of 1 groups",
            "  at node \"stage2/conv\" in model.onnx",
        ],
    );
}

#[test]
fn tensors_whose_size_is_absurd_or_wrong() {
    let add = || vec![node("Add a", "x w", "y")];
    let absurd = TensorProto {
        raw_data: vec![0; 8],
        ..floats("w", &[i64::MAX, 1 << 40], &[])
    };
    assert!(
        report(&model(13, add(), vec![absurd])).contains("tensor `w`: its dimensions") //
    );
    let claims = floats("w", &[1 << 40], &[1.0]);
    assert!(
        report(&model(13, add(), vec![claims]))
            .contains("its dimensions [1099511627776] need 4398046511104 bytes, but it holds 4")
    );
    let negative = floats("w", &[-1], &[1.0]);
    assert!(report(&model(13, add(), vec![negative])).contains("hold a negative one, -1"));
}

#[test]
fn dimensions() {
    let with = |dims: &str| {
        let mut model = relu();
        graph(&mut model).input[0] = value("x", FLOAT, dims);
        model
    };
    let options = |dims: &[(&str, i64)]| ImportOptions {
        dims: dims.iter().map(|(n, s)| (n.to_string(), *s)).collect(),
        ..Default::default()
    };
    assert_lines(
        &report(&with("batch seq 4")),
        &[
            "error: dimension 1 of input `x`, of shape [batch, seq, 4], is not known",
            "  in model.onnx",
            "  help: give its size with `--dim seq=N`",
        ],
    );
    assert!(report(&with("1 ?")).contains("help: give its size with `--dim x:1=N`"));
    assert_lines(
        &report_with(&with("n 4"), &options(&[("m", 2)])),
        &[
            "error: `--dim m=...`: the model has no open dimension of that name",
            "  in model.onnx",
            "  help: its open dimensions are `n`",
        ],
    );
    assert!(report_with(&with("n 4"), &options(&[("n", 0)])).contains("a size is positive"));
    assert!(
        report_with(&with("n m"), &options(&[("n", 1 << 40), ("m", 1 << 40)]))
            .contains("absurdly large")
    );
    // A name that is a batch here and something else there is no batch.
    let mut both = with("n 4");
    graph(&mut both).input.push(value("z", FLOAT, "2 n"));
    assert!(report(&both).contains("dimension 0 of input `x`"));

    let folder = Path::new("models");
    let (text, warnings) = imported(&with("n ?"), &options(&[("x:1", 5)]), folder).unwrap();
    assert!(text.contains("tensor<1x5xf32>"), "{text}");
    assert_eq!(warnings, ["batch dimension `n` is set to 1"]);
    let (text, warnings) = imported(&with("n 5"), &options(&[("n", 3)]), folder).unwrap();
    assert!(text.contains("tensor<3x5xf32>"), "{text}");
    assert!(warnings.is_empty());
}

#[test]
fn constant_inputs() {
    let mut model = model(13, vec![node("Reshape r", "x shape", "y")], vec![]);
    graph(&mut model).input.push(value("shape", INT64, "2"));
    let options = |name: &str, data| {
        let dims = vec![2];
        let tensor = Tensor {
            name: String::new(),
            dims,
            data,
        };
        ImportOptions {
            constant_inputs: [(name.to_string(), tensor)].into(),
            ..Default::default()
        }
    };
    let given = options("shape", TensorData::F32(vec![1.0, -1.0]));
    let (text, _) = imported(&model, &given, Path::new("models")).unwrap();
    assert!(
        text.contains("onnx.Constant dense<[1, -1]> : tensor<2xi64>"),
        "{text}"
    );
    assert!(text.contains("@main(%arg0: tensor<1x3x8x8xf32>"), "{text}");
    assert_lines(
        &report_with(&model, &options("form", TensorData::I64(vec![1, -1]))),
        &[
            "error: `--constant-input form=...`: the model has no input of that name",
            "  in model.onnx",
            "  help: its inputs are `x`, `shape`",
        ],
    );
    assert!(
        report_with(&model, &options("shape", TensorData::F32(vec![1.0, 0.5])))
            .contains("element 1 of the value is no int64")
    );
    assert!(
        report_with(&model, &options("x", TensorData::F32(vec![1.0, 0.5])))
            .contains("the value has shape [2], but the input is declared as [1, 3, 8, 8]")
    );
}

#[test]
fn a_size_of_zero_is_a_size() {
    let relu = || vec![node("Relu r", "x", "y")];
    let mut empty = model(13, relu(), vec![]);
    graph(&mut empty).input[0] = value("x", FLOAT, "0 3");
    let (text, warnings) = imported(&empty, &ImportOptions::default(), Path::new("m")).unwrap();
    assert!(text.contains("%arg0: tensor<0x3xf32>"), "{text}");
    assert!(warnings.is_empty());
    // -1 is how some exporters write that a size is not known.
    graph(&mut empty).input[0] = value("x", FLOAT, "-1 3");
    let (text, warnings) = imported(&empty, &ImportOptions::default(), Path::new("m")).unwrap();
    assert!(text.contains("%arg0: tensor<1x3xf32>"), "{text}");
    assert_eq!(warnings.len(), 1);
}

#[test]
fn declared_output_shapes_are_kept_and_compared() {
    let relu = || vec![node("Relu r", "x", "y")];
    let declared = |dims: &str| {
        let mut model = model(13, relu(), vec![]);
        graph(&mut model).output[0] = value("y", FLOAT, dims);
        model
    };
    // The shape of a result is inferred later, and compared then.
    let kept = text(&declared("N 3 ? 8"));
    assert!(kept.contains("-> tensor<?x3x?x8xf32>"), "{kept}");
    assert!(text(&model(13, relu(), vec![])).contains("-> tensor<*xf32>"));
    // An input that is handed through has a shape already.
    let through = |dims: &str| {
        let mut model = model(13, vec![], vec![]);
        graph(&mut model).output[0] = value("x", FLOAT, dims);
        model
    };
    assert!(text(&through("1 ? 8 N")).contains("tensor<1x3x8x8xf32>"));
    for (dims, shown) in [("1 3 8 9", "[1, 3, 8, 9]"), ("1 3 8", "[1, 3, 8]")] {
        let expected =
            format!("output `x` is declared with shape {shown}, but has shape [1, 3, 8, 8]");
        assert!(report(&through(dims)).contains(&expected));
    }
}
