//! Nodes of older opsets become the newest form.

use crate::build::*;
use onnx_protobuf::NodeProto;

/// The lines of the function's body that are operations, without their types.
fn body(opset: i64, node: NodeProto) -> Vec<String> {
    let text = text(&model(opset, vec![node], vec![]));
    let lines = text.lines().map(str::trim).filter(|l| l.starts_with('%'));
    lines
        .map(|l| l.split(" : (").next().unwrap().to_string())
        .collect()
}

#[test]
fn axes_become_an_operand() {
    for name in ["ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"] {
        let node = node(name, "x", "y")
            .with(ints("axes", &[2, 3]))
            .with(int("keepdims", 0));
        assert_eq!(
            body(11, node),
            [
                "%cst = onnx.Constant dense<[2, 3]> : tensor<2xi64>".to_string(),
                format!("%0 = onnx.{name} %arg0, %cst {{keepdims = 0 : i64}}"),
            ]
        );
    }
    assert_eq!(
        body(9, node("Unsqueeze u", "x", "y").with(ints("axes", &[0]))),
        [
            "%cst = onnx.Constant dense<0> : tensor<1xi64>",
            "%0 = onnx.Unsqueeze %arg0, %cst"
        ]
    );
    assert_eq!(
        body(9, node("Squeeze s", "x", "y")),
        [
            "%none = onnx.NoValue : none",
            "%0 = onnx.Squeeze %arg0, %none"
        ]
    );
}

#[test]
fn bounds_of_clip_become_operands() {
    assert_eq!(
        body(6 + 1, node("Clip c", "x", "y").with(float("max", 6.0))),
        [
            "%cst = onnx.Constant dense<6.000000e+00> : tensor<f32>",
            "%none = onnx.NoValue : none",
            "%0 = onnx.Clip %arg0, %none, %cst",
        ]
    );
}

#[test]
fn padding_and_slices_become_operands() {
    let pad = node("Pad p", "x", "y").with(ints("pads", &[0, 0, 1, 1, 0, 0, 2, 2]));
    assert_eq!(
        body(10, pad.with(float("value", 1.5))),
        [
            "%cst = onnx.Constant dense<[0, 0, 1, 1, 0, 0, 2, 2]> : tensor<8xi64>",
            "%cst_0 = onnx.Constant dense<1.500000e+00> : tensor<f32>",
            "%none = onnx.NoValue : none",
            "%0 = onnx.Pad %arg0, %cst, %cst_0, %none",
        ]
    );
    let slice = node("Slice s", "x", "y")
        .with(ints("starts", &[1]))
        .with(ints("ends", &[3]));
    assert_eq!(
        body(9, slice.with(ints("axes", &[-1]))),
        [
            "%cst = onnx.Constant dense<1> : tensor<1xi64>",
            "%cst_0 = onnx.Constant dense<3> : tensor<1xi64>",
            "%cst_1 = onnx.Constant dense<-1> : tensor<1xi64>",
            "%none = onnx.NoValue : none",
            "%0 = onnx.Slice %arg0, %cst, %cst_0, %cst_1, %none",
        ]
    );
}

#[test]
fn softmax_of_old_models_works_on_a_matrix() {
    assert_eq!(
        body(12, node("Softmax s", "x", "y")),
        ["%0 = onnx.Softmax %arg0 {axis = 1 : i64, coerce_2d}"]
    );
    assert_eq!(
        body(13, node("Softmax s", "x", "y")),
        ["%0 = onnx.Softmax %arg0"]
    );
}

#[test]
fn split_dropout_and_batch_norm() {
    let split = node("Split s", "x", "y _")
        .with(int("axis", 1))
        .with(ints("split", &[1, 2]));
    assert_eq!(
        body(11, split),
        [
            "%cst = onnx.Constant dense<[1, 2]> : tensor<2xi64>",
            "%0:2 = onnx.Split %arg0, %cst {axis = 1 : i64}",
        ]
    );
    assert_eq!(
        body(
            10,
            node("Dropout d", "x", "y mask").with(float("ratio", 0.25))
        ),
        [
            "%cst = onnx.Constant dense<2.500000e-01> : tensor<f32>",
            "%none = onnx.NoValue : none",
            "%0 = onnx.Dropout %arg0, %cst, %none",
        ]
    );
    let norm = node("BatchNormalization b", "x c c c c", "y").with(int("spatial", 1));
    let text = text(&model(
        8,
        vec![norm],
        vec![floats("c", &[3], &[1.0, 2.0, 3.0])],
    ));
    assert!(
        text.contains("onnx.BatchNormalization %arg0, %cst, %cst, %cst, %cst :"),
        "{text}"
    );
}

#[test]
fn constants_in_all_their_forms() {
    let body = |attribute| body(13, node("Constant k", "", "y").with(attribute));
    assert_eq!(
        body(int("value_int", 3)),
        ["%cst = onnx.Constant dense<3> : tensor<i64>"]
    );
    assert_eq!(
        body(ints("value_ints", &[3, 4])),
        ["%cst = onnx.Constant dense<[3, 4]> : tensor<2xi64>"]
    );
    assert_eq!(
        body(float("value_float", 0.5)),
        ["%cst = onnx.Constant dense<5.000000e-01> : tensor<f32>"]
    );
    assert_eq!(
        body(tensor_attribute("value", floats("", &[1, 2], &[1.0, -1.0]))),
        ["%cst = onnx.Constant dense<[[1.000000e+00, -1.000000e+00]]> : tensor<1x2xf32>"]
    );
    let none = report(&model(13, vec![node("Constant k", "", "y")], vec![]));
    assert!(
        none.contains("exactly one of the attributes `value`"),
        "{none}"
    );
}

#[test]
fn casts_name_the_type() {
    let cast = |to| node("Cast c", "x", "y").with(int("to", to));
    assert_eq!(body(13, cast(7)), ["%0 = onnx.Cast %arg0 {to = i64}"]);
    let refused = report(&model(13, vec![cast(8)], vec![]));
    assert!(
        refused.contains("the result has element type string"),
        "{refused}"
    );
    let shape = vec![node("ConstantOfShape c", "s", "y")];
    let text = text(&model(13, shape, vec![i64s("s", &[2, 3])]));
    assert!(
        text.contains("{value = dense<0.000000e+00> : tensor<1xf32>}"),
        "{text}"
    );
}

#[test]
fn names_of_any_kind_survive() {
    let odd = "a \"quoted\"\\\n\u{e9}";
    let mut model = model(13, vec![node("Relu r", "x", "y")], vec![]);
    graph(&mut model).output[0].name = odd.into();
    graph(&mut model).node[0].output[0] = odd.into();
    graph(&mut model).node[0].name = odd.into();
    let text = text(&model);
    assert!(
        text.contains(r#"onnx.name = "a \22quoted\22\\\0A\C3\A9""#),
        "{text}"
    );
}

#[test]
fn locations_are_node_names() {
    use melior::ir::operation::{OperationLike, OperationPrintingFlags};
    use onnx_protobuf::Message;
    let nodes = vec![node("Relu", "x", "a"), node("Neg layer/neg", "a", "y")];
    let bytes = model(13, nodes, vec![]).write_to_bytes().unwrap();
    let context = zkc_support::new_context();
    let data_dir = std::path::Path::new("");
    let source = zkc_importer::Source {
        bytes: &bytes,
        file_name: None,
        data_dir,
    };
    let imported = zkc_importer::import(&context, &source, &Default::default()).unwrap();
    let flags = OperationPrintingFlags::new().enable_debug_info(true, true);
    let text = imported
        .module
        .as_operation()
        .to_string_with_flags(flags)
        .unwrap();
    assert!(
        text.contains("onnx.Relu %arg0 : (tensor<1x3x8x8xf32>) -> tensor<*xf32> \"Relu_0\""),
        "{text}"
    );
    assert!(text.contains("\"layer/neg\""), "{text}");
    assert!(text.contains("onnx.data_dir = \".\""), "{text}");
}
