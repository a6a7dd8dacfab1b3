mod elementwise;
mod movement;

use super::super::{Data, Tensor, eval};
use zkc_support::{Constants, Graph, find_op, new_context, parse_module};

/// Evaluates `@main` of a module.
fn run(text: &str, inputs: &[Tensor]) -> Result<Vec<Tensor>, String> {
    let context = new_context();
    let module = parse_module(&context, text).map_err(|d| format!("{d:?}\n{text}"))?;
    let op = module.as_operation();
    let main = find_op(op, "func.func").unwrap();
    let graph = Graph::read(main).unwrap();
    eval(&graph, &Constants::of_module(op), inputs).map_err(|e| e.to_string())
}

/// A function of one operation, `SIGNATURE` after its operands `%0, %1, ...`, of which those with
/// a value are constants.
fn op(name: &str, attributes: &str, operands: &[&str], result: &str) -> String {
    let mut body = String::new();
    let mut names = Vec::new();
    let mut types = Vec::new();
    for (i, operand) in operands.iter().enumerate() {
        if *operand == "none" {
            body += &format!("  %{i} = onnx.NoValue : none\n");
            types.push("none");
        } else {
            body += &format!("  %{i} = onnx.Constant {operand}\n");
            types.push(operand.rsplit(" : ").next().unwrap());
        }
        names.push(format!("%{i}"));
    }
    format!(
        "func.func @main() -> {result} {{\n{body}  %r = onnx.{name} {} {attributes} : ({}) -> {result}\n  \
         return %r : {result}\n}}",
        names.join(", "),
        types.join(", "),
    )
}

fn one(name: &str, attributes: &str, operands: &[&str], result: &str) -> Result<Tensor, String> {
    run(&op(name, attributes, operands, result), &[]).map(|mut r| r.remove(0))
}

#[track_caller]
fn floats(name: &str, attributes: &str, operands: &[&str], result: &str, expected: &[f64]) {
    let t = one(name, attributes, operands, result).unwrap();
    let Data::F64(v) = &t.data else {
        panic!("{name}: {t:?}")
    };
    let close = |(a, b): (&f64, &f64)| a == b || (a - b).abs() < 1e-6 * b.abs().max(1.0);
    assert!(
        v.len() == expected.len() && v.iter().zip(expected).all(close),
        "{name}: {v:?}"
    );
}

#[track_caller]
fn integers(name: &str, attributes: &str, operands: &[&str], result: &str, expected: &[i64]) {
    let t = one(name, attributes, operands, result).unwrap();
    assert_eq!(t.as_i64s(), Some(expected), "{name}");
}

#[test]
fn matrix_products() {
    let a = "dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>";
    let b = "dense<[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]> : tensor<3x2xf32>";
    let v = "dense<[1.0, 2.0, 3.0]> : tensor<3xf32>";
    floats(
        "MatMul",
        "",
        &[a, b],
        "tensor<2x2xf32>",
        &[4.0, 5.0, 10.0, 11.0],
    );
    floats("MatMul", "", &[a, v], "tensor<2xf32>", &[14.0, 32.0]);
    floats("MatMul", "", &[v, b], "tensor<2xf32>", &[4.0, 5.0]);
    floats("MatMul", "", &[v, v], "tensor<f32>", &[14.0]);
    let batch = "dense<[[[1.0, 1.0]], [[2.0, 0.0]]]> : tensor<2x1x2xf32>";
    floats(
        "MatMul",
        "",
        &[batch, a],
        "tensor<2x1x3xf32>",
        &[5.0, 7.0, 9.0, 2.0, 4.0, 6.0],
    );
    let c = "dense<[[10.0], [20.0]]> : tensor<2x1xf32>";
    floats(
        "Gemm",
        "",
        &[a, b, c],
        "tensor<2x2xf32>",
        &[14.0, 15.0, 30.0, 31.0],
    );
    floats(
        "Gemm",
        "{alpha = 0.5 : f32, beta = 0.1 : f32, transA = 1 : i64, transB = 1 : i64}",
        &[a, b, "none"],
        "tensor<3x3xf32>",
        &[0.5, 2.0, 2.5, 1.0, 2.5, 3.5, 1.5, 3.0, 4.5],
    );
    let i = "dense<[[1, 2], [3, 4]]> : tensor<2x2xi64>";
    integers("MatMul", "", &[i, i], "tensor<2x2xi64>", &[7, 10, 15, 22]);
}

const IMAGE: &str =
    "dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>";

#[test]
fn convolutions() {
    let w = "dense<[[[[1.0, 0.0], [0.0, 1.0]]]]> : tensor<1x1x2x2xf32>";
    floats(
        "Conv",
        "",
        &[IMAGE, w, "none"],
        "tensor<1x1x2x2xf32>",
        &[6.0, 8.0, 12.0, 14.0],
    );
    let b = "dense<100.0> : tensor<1xf32>";
    let same = "{auto_pad = \"SAME_UPPER\"}";
    let t = "tensor<1x1x3x3xf32>";
    let expected = [
        106.0, 108.0, 103.0, 112.0, 114.0, 106.0, 107.0, 108.0, 109.0,
    ];
    floats("Conv", same, &[IMAGE, w, b], t, &expected);
    let lower = "{auto_pad = \"SAME_LOWER\"}";
    let expected = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 7.0, 12.0, 14.0];
    floats("Conv", lower, &[IMAGE, w, "none"], t, &expected);
    let strided = "{pads = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 2>}";
    floats(
        "Conv",
        strided,
        &[IMAGE, w, "none"],
        "tensor<1x1x2x2xf32>",
        &[2.0, 0.0, 12.0, 6.0],
    );
    let dilated = "{dilations = array<i64: 2, 2>}";
    floats(
        "Conv",
        dilated,
        &[IMAGE, w, "none"],
        "tensor<1x1x1x1xf32>",
        &[10.0],
    );
    // Two groups of one channel each, along one axis.
    let x = "dense<[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]> : tensor<1x2x3xf32>";
    let w = "dense<[[[1.0, 1.0]], [[1.0, -1.0]]]> : tensor<2x1x2xf32>";
    let groups = "{group = 2 : i64}";
    floats(
        "Conv",
        groups,
        &[x, w, "none"],
        "tensor<1x2x2xf32>",
        &[3.0, 5.0, -1.0, -1.0],
    );
}

/// A convolution by its definition.
#[test]
fn convolution_agrees_with_the_definition() {
    let (h, w, k) = (7i64, 6i64, 3i64);
    let x: Vec<f64> = (0..2 * h * w)
        .map(|i| ((i * 37) % 11) as f64 - 5.0)
        .collect();
    let f: Vec<f64> = (0..4 * 2 * k * k)
        .map(|i| ((i * 23) % 7) as f64 - 3.0)
        .collect();
    for (stride, dilation, pad) in [(1, 1, 0), (2, 1, 1), (3, 2, 2), (1, 2, 3), (2, 3, 3)] {
        let out = |n: i64| (n + 2 * pad - dilation * (k - 1) - 1) / stride + 1;
        let (oh, ow) = (out(h), out(w));
        let text = format!(
            "func.func @main(%x: tensor<1x2x{h}x{w}xf32>, %w: tensor<4x2x{k}x{k}xf32>) -> tensor<1x4x{oh}x{ow}xf32> {{
               %n = onnx.NoValue : none
               %r = onnx.Conv %x, %w, %n {{strides = array<i64: {stride}, {stride}>, dilations = array<i64: {dilation}, {dilation}>, pads = array<i64: {pad}, {pad}, {pad}, {pad}>}}
                 : (tensor<1x2x{h}x{w}xf32>, tensor<4x2x{k}x{k}xf32>, none) -> tensor<1x4x{oh}x{ow}xf32>
               return %r : tensor<1x4x{oh}x{ow}xf32>
             }}"
        );
        let inputs = [
            Tensor::f64s(&[1, 2, h, w], x.clone()),
            Tensor::f64s(&[4, 2, k, k], f.clone()),
        ];
        let found = run(&text, &inputs).unwrap();
        let mut expected = Vec::new();
        for (m, i, j) in (0..4 * oh * ow).map(|n| (n / (oh * ow), n / ow % oh, n % ow)) {
            let mut sum = 0.0;
            for (c, a, b) in (0..2 * k * k).map(|n| (n / (k * k), n / k % k, n % k)) {
                let (y, z) = (
                    i * stride + a * dilation - pad,
                    j * stride + b * dilation - pad,
                );
                if (0..h).contains(&y) && (0..w).contains(&z) {
                    let at = ((c * h + y) * w + z) as usize;
                    sum += x[at] * f[(((m * 2 + c) * k + a) * k + b) as usize];
                }
            }
            expected.push(sum);
        }
        assert_eq!(
            found[0].as_f64s(),
            Some(&expected[..]),
            "{stride} {dilation} {pad}"
        );
    }
}

#[test]
fn pooling() {
    let k = "kernel_shape = array<i64: 2, 2>";
    let t = "tensor<1x1x2x2xf32>";
    floats(
        "MaxPool",
        &format!("{{{k}}}"),
        &[IMAGE],
        t,
        &[5.0, 6.0, 8.0, 9.0],
    );
    floats(
        "AveragePool",
        &format!("{{{k}}}"),
        &[IMAGE],
        t,
        &[3.0, 4.0, 6.0, 7.0],
    );
    let padded = format!("{k}, pads = array<i64: 1, 1, 0, 0>, strides = array<i64: 2, 2>");
    floats(
        "MaxPool",
        &format!("{{{padded}}}"),
        &[IMAGE],
        t,
        &[1.0, 3.0, 7.0, 9.0],
    );
    floats(
        "AveragePool",
        &format!("{{{padded}}}"),
        &[IMAGE],
        t,
        &[1.0, 2.5, 5.5, 7.0],
    );
    let counted = format!("{{{padded}, count_include_pad = 1 : i64}}");
    floats(
        "AveragePool",
        &counted,
        &[IMAGE],
        t,
        &[0.25, 1.25, 2.75, 7.0],
    );
    // The windows behind the operand are incomplete and divide by what they hold.
    let ceil = format!("{{{k}, ceil_mode = 1 : i64, strides = array<i64: 2, 2>}}");
    floats("AveragePool", &ceil, &[IMAGE], t, &[3.0, 4.5, 7.5, 9.0]);
    let both = ceil.replace('}', ", count_include_pad = 1 : i64}");
    floats("AveragePool", &both, &[IMAGE], t, &[3.0, 4.5, 7.5, 9.0]);
    floats("MaxPool", &ceil, &[IMAGE], t, &[5.0, 6.0, 8.0, 9.0]);
    floats(
        "GlobalAveragePool",
        "",
        &[IMAGE],
        "tensor<1x1x1x1xf32>",
        &[5.0],
    );
    floats("GlobalMaxPool", "", &[IMAGE], "tensor<1x1x1x1xf32>", &[9.0]);
}

#[test]
fn several_results_and_inputs() {
    let text =
        "func.func @main(%x: tensor<5xf32>) -> (tensor<3xf32>, tensor<2xf32>, tensor<5xf32>) {
        %n = onnx.NoValue : none
        %a, %b = onnx.Split %x, %n : (tensor<5xf32>, none) -> (tensor<3xf32>, tensor<2xf32>)
        return %a, %b, %x : tensor<3xf32>, tensor<2xf32>, tensor<5xf32>
    }";
    let x = Tensor::f64s(&[5], vec![1.0, 2.0, 3.0, 4.0, 5.0]);
    let out = run(text, std::slice::from_ref(&x)).unwrap();
    assert_eq!(out[0].as_f64s(), Some(&[1.0, 2.0, 3.0][..]));
    assert_eq!(out[1].as_f64s(), Some(&[4.0, 5.0][..]));
    assert_eq!(out[2], x);
    assert!(
        run(text, &[])
            .unwrap_err()
            .contains("takes 1 inputs, but 0 were given")
    );
    let short = Tensor::f64s(&[4], vec![0.0; 4]);
    assert!(
        run(text, &[short])
            .unwrap_err()
            .contains("declares `tensor<5xf32>`")
    );
    let integers = Tensor::i64s(&[5], vec![0; 5]);
    assert!(
        run(text, &[integers])
            .unwrap_err()
            .contains("5 integers of shape [5]")
    );
    let lying = Tensor::f64s(&[5], vec![0.0; 4]);
    assert!(run(text, &[lying]).is_err());
}

#[test]
fn errors_name_the_node() {
    let text = "func.func @main(%i: tensor<1xi64>) -> tensor<1xf32> {
        %x = onnx.Constant dense<[1.0, 2.0]> : tensor<2xf32>
        %r = onnx.Gather %x, %i : (tensor<2xf32>, tensor<1xi64>) -> tensor<1xf32> loc(\"embed/Gather\")
        return %r : tensor<1xf32>
    }";
    let error = run(text, &[Tensor::i64s(&[1], vec![7])]).unwrap_err();
    assert_eq!(
        error,
        "`onnx.Gather`: index 7 is outside of axis 0, which has 2 elements at node \"embed/Gather\""
    );
}
