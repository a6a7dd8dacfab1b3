//! The conversion keeps values, up to a stated error, and never lets one leave its bounds.

use crate::testing::{Program, context, conversion_error};

/// A function of one argument and one result.
fn one(argument: &str, result: &str, body: &str) -> String {
    format!("func.func @main(%x: {argument}) -> {result} {{\n{body}\n  return %y : {result}\n}}")
}

/// Two thousandths: a few units of the tenth fraction bit.
const FINE: f64 = 0.002;

#[track_caller]
fn close(argument: &str, result: &str, body: &str, range: &str, tolerance: f64) {
    let text = one(argument, result, body);
    let error = conversion_error(&text, &format!("input-range={range}"), 7);
    assert!(error <= tolerance, "{error} in\n{text}");
}

#[test]
fn functions() {
    for (name, attributes, range, tolerance) in [
        ("Sigmoid", "", "-30:30", FINE),
        ("Tanh", "", "-30:30", FINE),
        ("Tanh", "", "-1:1", FINE),
        ("Erf", "", "-8:8", FINE),
        ("Exp", "", "-40:1", FINE),
        ("Softplus", "", "-3:3", FINE),
        ("Gelu", "", "-3:3", FINE),
        ("Gelu", " {approximate = \"tanh\"}", "-3:3", FINE),
        ("Elu", " {alpha = 0.5 : f32}", "-9:2", FINE),
        ("Selu", "", "-9:2", FINE),
        ("Celu", " {alpha = 2.0 : f32}", "-9:2", FINE),
        ("Mish", "", "-3:3", FINE),
        ("Softsign", "", "-2:2", FINE),
        ("HardSwish", "", "-4:3", FINE),
        ("Sqrt", "", "0.0625:2", FINE),
        ("Log", "", "0.25:3", FINE),
        ("Reciprocal", "", "0.5:2", FINE),
        ("Sin", "", "-3:3", FINE),
        ("Cos", "", "0:4", FINE),
        ("Abs", "", "-3:4", 0.0),
        ("Neg", "", "-3:4", 0.0),
        ("Relu", "", "-3:4", 0.0),
        ("LeakyRelu", " {alpha = 0.1 : f32}", "-3:4", FINE),
        ("LeakyRelu", " {alpha = 0.25 : f32}", "-3:4", 0.0),
        (
            "HardSigmoid",
            " {alpha = 0.2 : f32, beta = 0.5 : f32}",
            "-9:9",
            FINE,
        ),
        ("Identity", "", "-3:4", 0.0),
        ("Floor", "", "-1:1", 0.0),
        ("Sign", "", "-1:1", 0.0),
        // Rounding the operand may carry it over a jump.
        ("Ceil", "", "-3:4", 1.0),
    ] {
        let t = "tensor<5xf32>";
        let body = format!("  %y = onnx.{name} %x{attributes} : ({t}) -> {t}");
        close(t, t, &body, range, tolerance);
    }
}

#[test]
fn linear_operations() {
    let weights =
        "%w = onnx.Constant dense<[[0.3, -0.7], [1.1, 0.01], [-0.4, 0.25]]> : tensor<3x2xf32>";
    let product = |operands: &str, types: &str, result: &str| {
        format!("  {weights}\n  %y = onnx.MatMul {operands} : {types} -> {result}")
    };
    let body = product(
        "%x, %w",
        "(tensor<4x3xf32>, tensor<3x2xf32>)",
        "tensor<4x2xf32>",
    );
    close("tensor<4x3xf32>", "tensor<4x2xf32>", &body, "-2:3", FINE);
    let body = product(
        "%w, %x",
        "(tensor<3x2xf32>, tensor<2x4xf32>)",
        "tensor<3x4xf32>",
    );
    close("tensor<2x4xf32>", "tensor<3x4xf32>", &body, "-2:3", FINE);
    let body =
        "  %t = onnx.Transpose %x {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %y = onnx.MatMul %x, %t : (tensor<2x3xf32>, tensor<3x2xf32>) -> tensor<2x2xf32>";
    close("tensor<2x3xf32>", "tensor<2x2xf32>", body, "-2:3", 0.0);
    let conv = |attributes: &str, w: &str, result: &str| {
        format!(
            "  %n = onnx.NoValue : none
  %w = onnx.Constant dense<{w}> : tensor<2x1x2x2xf32>
  %y = onnx.Conv %x, %w, %n {{{attributes}}} : (tensor<1x1x4x3xf32>, tensor<2x1x2x2xf32>, none) -> {result}"
        )
    };
    let w = "[[[[0.5, -1.5], [0.3, 0.1]]], [[[1.0, 2.0], [-0.7, 0.9]]]]";
    let x = "tensor<1x1x4x3xf32>";
    close(
        x,
        "tensor<1x2x3x2xf32>",
        &conv("", w, "tensor<1x2x3x2xf32>"),
        "-1:1",
        FINE,
    );
    let strided = "strides = array<i64: 2, 1>, pads = array<i64: 1, 0, 1, 2>";
    close(
        x,
        "tensor<1x2x3x4xf32>",
        &conv(strided, w, "tensor<1x2x3x4xf32>"),
        "-1:1",
        FINE,
    );
    let same = "auto_pad = \"SAME_UPPER\"";
    close(
        x,
        "tensor<1x2x4x3xf32>",
        &conv(same, w, "tensor<1x2x4x3xf32>"),
        "-1:1",
        FINE,
    );
}

#[test]
fn arithmetic() {
    let (t, c) = ("tensor<2x3xf32>", "dense<[0.3, -1.5, 7.0]> : tensor<3xf32>");
    let with = |op: &str| {
        format!(
            "  %c = onnx.Constant {c}\n  %y = onnx.{op} : (tensor<2x3xf32>, tensor<3xf32>) -> {t}"
        )
    };
    for (op, tolerance) in [
        ("Add %x, %c", FINE),
        ("Sub %x, %c", FINE),
        ("Mul %x, %c", FINE),
        ("Div %x, %c", FINE),
        ("Max %x, %c", FINE),
        ("Min %x, %c", FINE),
    ] {
        close(t, t, &with(op), "-4:4", tolerance);
    }
    let scalar = |value: &str, op: &str| {
        format!(
            "  %c = onnx.Constant dense<{value}> : tensor<f32>\n  %y = onnx.{op} %x, %c : ({t}, tensor<f32>) -> {t}"
        )
    };
    for (value, op) in [
        ("0.25", "Mul"),
        ("8.0", "Mul"),
        ("4.0", "Div"),
        ("1.5", "Max"),
        ("1.5", "Min"),
        ("0.5", "Add"),
    ] {
        close(t, t, &scalar(value, op), "-4:4", 0.0);
    }
    close(
        t,
        t,
        &format!("  %y = onnx.Mul %x, %x : ({t}, {t}) -> {t}"),
        "-4:4",
        0.0,
    );
    close(
        t,
        t,
        &format!("  %y = onnx.Sub %x, %x : ({t}, {t}) -> {t}"),
        "-4:4",
        0.0,
    );
    let two = "tensor<2xf32>";
    let quotient = format!(
        "  %c = onnx.Constant dense<3.0> : tensor<f32>
  %d = onnx.Add %x, %c : ({two}, tensor<f32>) -> {two}
  %y = onnx.Div %x, %d : ({two}, {two}) -> {two}"
    );
    close(two, two, &quotient, "-2:2", FINE);
    let negative = quotient.replace("dense<3.0>", "dense<-3.0>");
    close(two, two, &negative, "-2:2", FINE);
    let clip = "  %lo = onnx.Constant dense<-0.75> : tensor<f32>
  %hi = onnx.NoValue : none
  %y = onnx.Clip %x, %lo, %hi : (tensor<2xf32>, tensor<f32>, none) -> tensor<2xf32>";
    close(two, two, clip, "-2:2", 0.0);
    let power = |p: &str| {
        format!(
            "  %p = onnx.Constant dense<{p}> : tensor<f32>\n  %y = onnx.Pow %x, %p : ({two}, tensor<f32>) -> {two}"
        )
    };
    close(two, two, &power("2.0"), "-2:2", 0.0);
    close(two, two, &power("3.0"), "-1.5:1.5", 0.004);
    close(two, two, &power("0.3"), "0.5:2", FINE);
}

#[test]
fn pooling_and_reductions() {
    let x = "tensor<1x2x4x5xf32>";
    let pool = |name: &str, attributes: &str, result: &str| {
        format!(
            "  %y = onnx.{name} %x {{kernel_shape = array<i64: 2, 2>{attributes}}} : ({x}) -> {result}"
        )
    };
    let strided = ", strides = array<i64: 2, 2>";
    close(
        x,
        "tensor<1x2x2x2xf32>",
        &pool("MaxPool", strided, "tensor<1x2x2x2xf32>"),
        "-1:1",
        0.0,
    );
    close(
        x,
        "tensor<1x2x2x2xf32>",
        &pool("AveragePool", strided, "tensor<1x2x2x2xf32>"),
        "-1:1",
        0.0,
    );
    let ceil = ", strides = array<i64: 2, 2>, ceil_mode = 1 : i64";
    close(
        x,
        "tensor<1x2x2x3xf32>",
        &pool("MaxPool", ceil, "tensor<1x2x2x3xf32>"),
        "-1:1",
        0.0,
    );
    close(
        x,
        "tensor<1x2x2x3xf32>",
        &pool("AveragePool", ceil, "tensor<1x2x2x3xf32>"),
        "-1:1",
        FINE,
    );
    for counted in [0, 1] {
        let padded =
            format!(", pads = array<i64: 1, 0, 0, 1>, count_include_pad = {counted} : i64");
        close(
            x,
            "tensor<1x2x4x5xf32>",
            &pool("AveragePool", &padded, "tensor<1x2x4x5xf32>"),
            "-1:1",
            FINE,
        );
        close(
            x,
            "tensor<1x2x4x5xf32>",
            &pool(
                "MaxPool",
                &padded.replace(&format!(", count_include_pad = {counted} : i64"), ""),
                "tensor<1x2x4x5xf32>",
            ),
            "-1:1",
            0.0,
        );
    }
    let reduce = |name: &str, axes: &str, count: usize, keep: i64, result: &str| {
        format!(
            "  %a = onnx.Constant dense<{axes}> : tensor<{count}xi64>
  %y = onnx.{name} %x, %a {{keepdims = {keep} : i64}} : ({x}, tensor<{count}xi64>) -> {result}"
        )
    };
    let all = "tensor<1x2x1x1xf32>";
    close(
        x,
        all,
        &reduce("ReduceSum", "[2, -1]", 2, 1, all),
        "-1:1",
        0.0,
    );
    close(
        x,
        all,
        &reduce("ReduceMean", "[2, -1]", 2, 1, all),
        "-1:1",
        FINE,
    );
    close(
        x,
        all,
        &reduce("ReduceMax", "[2, -1]", 2, 1, all),
        "-1:1",
        0.0,
    );
    let flat = "tensor<1x4x5xf32>";
    close(
        x,
        flat,
        &reduce("ReduceMean", "[1]", 1, 0, flat),
        "-1:1",
        0.0,
    );
}

#[test]
fn movement() {
    let x = "tensor<2x3xf32>";
    for (body, result) in [
        (
            "%s = onnx.Constant dense<[3, -1]> : tensor<2xi64>\n  %y = onnx.Reshape %x, %s : (tensor<2x3xf32>, tensor<2xi64>) -> tensor<3x2xf32>",
            "tensor<3x2xf32>",
        ),
        (
            "%y = onnx.Transpose %x : (tensor<2x3xf32>) -> tensor<3x2xf32>",
            "tensor<3x2xf32>",
        ),
        (
            "%c = onnx.Constant dense<[[0.5], [0.25]]> : tensor<2x1xf32>\n  %y = onnx.Concat %x, %c {axis = 1 : i64} : (tensor<2x3xf32>, tensor<2x1xf32>) -> tensor<2x4xf32>",
            "tensor<2x4xf32>",
        ),
        (
            "%s = onnx.Constant dense<[2, 0]> : tensor<2xi64>\n  %e = onnx.Constant dense<[-9, 1]> : tensor<2xi64>\n  %a = onnx.Constant dense<[1, 0]> : tensor<2xi64>\n  %t = onnx.Constant dense<[-2, 1]> : tensor<2xi64>\n  %y = onnx.Slice %x, %s, %e, %a, %t : (tensor<2x3xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<1x2xf32>",
            "tensor<1x2xf32>",
        ),
        (
            "%p = onnx.Constant dense<[1, -1, 0, 2]> : tensor<4xi64>\n  %v = onnx.Constant dense<0.5> : tensor<f32>\n  %n = onnx.NoValue : none\n  %y = onnx.Pad %x, %p, %v, %n : (tensor<2x3xf32>, tensor<4xi64>, tensor<f32>, none) -> tensor<3x4xf32>",
            "tensor<3x4xf32>",
        ),
        (
            "%s = onnx.Constant dense<[2, 2, 3]> : tensor<3xi64>\n  %y = onnx.Expand %x, %s : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<2x2x3xf32>",
            "tensor<2x2x3xf32>",
        ),
        (
            "%y = onnx.Flatten %x {axis = 0 : i64} : (tensor<2x3xf32>) -> tensor<1x6xf32>",
            "tensor<1x6xf32>",
        ),
    ] {
        close(x, result, &format!("  {body}"), "-2:2", 0.0);
    }
}

const SOFTMAX: &str = "  %a = onnx.Constant dense<[1]> : tensor<1xi64>
  %m = onnx.ReduceMax %x, %a : (tensor<3x5xf32>, tensor<1xi64>) -> tensor<3x1xf32>
  %d = onnx.Sub %x, %m : (tensor<3x5xf32>, tensor<3x1xf32>) -> tensor<3x5xf32>
  %e = onnx.Exp %d : (tensor<3x5xf32>) -> tensor<3x5xf32>
  %s = onnx.ReduceSum %e, %a : (tensor<3x5xf32>, tensor<1xi64>) -> tensor<3x1xf32>
  %y = onnx.Div %e, %s : (tensor<3x5xf32>, tensor<3x1xf32>) -> tensor<3x5xf32>";

#[test]
fn softmax_keeps_its_sum_away_from_zero() {
    let t = "tensor<3x5xf32>";
    close(t, t, SOFTMAX, "-50:50", FINE);
    close(t, t, SOFTMAX, "0:1", FINE);
    let mut program = Program::parse(context(), &one(t, t, SOFTMAX));
    program.run("convert-onnx-to-zkarith{input-range=-50:50}");
    let text = program.text();
    // exp never sees a positive number, and the sum is at least one.
    assert!(
        text.contains("zkarith.clamp %2")
            && text.contains(", 0>> -> tensor<3x5x!zkarith.fixed<10, 0, 1024>>"),
        "{text}"
    );
    assert!(
        text.contains("-> tensor<3x1x!zkarith.fixed<10, 1024, 5120>>"),
        "{text}"
    );
}

#[test]
fn deep_programs_stay_within_bounds() {
    let body = "  %w = onnx.Constant dense<[[0.9, -1.1, 0.4], [1.3, 0.2, -0.8], [-0.6, 0.7, 1.2]]> : tensor<3x3xf32>
  %b = onnx.Constant dense<[0.1, -0.2, 0.3]> : tensor<3xf32>
  %0 = onnx.MatMul %x, %w : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %1 = onnx.Add %0, %b : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  %2 = onnx.Relu %1 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %3 = onnx.Add %2, %x : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %4 = onnx.MatMul %3, %w : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %5 = onnx.Tanh %4 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %6 = onnx.Mul %5, %3 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %7 = onnx.MatMul %6, %w : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %8 = onnx.MatMul %7, %w : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
  %y = onnx.Sigmoid %8 : (tensor<2x3xf32>) -> tensor<2x3xf32>";
    close("tensor<2x3xf32>", "tensor<2x3xf32>", body, "-1:1", 0.01);
    let text = one("tensor<2x3xf32>", "tensor<2x3xf32>", body);
    for options in [
        "input-range=-1:1 fraction-bits=4",
        "input-range=-1:1 fraction-bits=16 table-bits=18",
        "input-range=-1:1 value-bits=12",
        "input-range=-1:1 value-bits=60",
        "input-range=-1:1 limb-bits=9",
    ] {
        let tolerance = if options.contains("=4") { 0.5 } else { 0.05 };
        let error = conversion_error(&text, options, 3);
        assert!(error <= tolerance, "{options}: {error}");
    }
}

#[test]
fn precision_follows_fraction_bits() {
    let t = "tensor<4xf32>";
    let text = one(t, t, &format!("  %y = onnx.Tanh %x : ({t}) -> {t}"));
    for (bits, tolerance) in [(6, 0.02), (10, 0.0015), (14, 0.0001)] {
        let options = format!("input-range=-3:3 fraction-bits={bits} table-bits=18");
        let error = conversion_error(&text, &options, 5);
        assert!(error <= tolerance, "{bits} bits: {error}");
    }
}

fn error(text: &str, options: &str) -> String {
    Program::parse(context(), text).error(&format!("convert-onnx-to-zkarith{{{options}}}"))
}

#[test]
fn what_cannot_be_converted_is_named() {
    let t = "tensor<2xf32>";
    let unary = |op: &str| one(t, t, &format!("  %y = onnx.{op} %x : ({t}) -> {t}"));
    assert_eq!(
        error(&unary("Relu"), ""),
        "input 0: has no declared range\nhelp: say in which interval its elements lie, for example \
         `input-range=0:1`; every bound in the circuit follows from it"
    );
    assert_eq!(
        error(&unary("Softmax"), "input-range=0:1"),
        "`onnx.Softmax`: has no conversion to `zkarith`\nhelp: run `onnx-decompose` first; the \
         operators that zkc compiles are listed on the supported-ops page"
    );
    assert_eq!(
        error(&unary("Relu"), "input-range=z=0:1"),
        "option `input-range` names \"z\", which is no input\nthe inputs are "
    );
    assert_eq!(
        error(&unary("Relu"), "input-range=0:1 fraction-bits=99"),
        "option `fraction-bits` must be 1 to 24, found 99"
    );
    assert!(error(&unary("Log"), "input-range=0:1").contains("`log` is not defined at 0"));
    let divide = one(t, t, &format!("  %y = onnx.Div %x, %x : ({t}, {t}) -> {t}"));
    assert!(
        error(&divide, "input-range=-1:1")
            .starts_with("`onnx.Div`: the divisor lies in [-1, 1] and must stay away from zero")
    );
    let square = |n: usize| {
        let mut body = String::new();
        for i in 0..n {
            let from = if i == 0 {
                "x".to_string()
            } else {
                format!("{i}")
            };
            let to = if i + 1 == n {
                "y".to_string()
            } else {
                format!("{}", i + 1)
            };
            body += &format!("  %{to} = onnx.Mul %{from}, %{from} : ({t}, {t}) -> {t}\n");
        }
        one(t, t, &body)
    };
    let message = error(&square(7), "input-range=0:1000000 value-bits=60");
    assert!(
        message.contains("bits, more than the 110 that are allowed")
            || message.contains("127 bits"),
        "{message}"
    );
    assert!(message.contains("help: use fewer `fraction-bits`, or declare a smaller input range"));
    let integers =
        "func.func @main(%x: tensor<2xi64>) -> tensor<2xi64> { return %x : tensor<2xi64> }";
    assert!(
        error(integers, "input-range=0:1")
            .starts_with("input 0: tensors of `i64` have no conversion to `zkarith`")
    );
}

#[test]
fn every_failing_operation_is_reported() {
    let t = "tensor<2xf32>";
    let body = format!(
        "  %0 = onnx.Softmax %x : ({t}) -> {t}
  %1 = onnx.Relu %0 : ({t}) -> {t}
  %2 = onnx.Softmax %x : ({t}) -> {t}
  %y = onnx.Add %1, %2 : ({t}, {t}) -> {t}"
    );
    let mut program = Program::parse(context(), &one(t, t, &body));
    let errors = program
        .try_run("convert-onnx-to-zkarith{input-range=0:1}")
        .unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
}

#[test]
fn names_of_arguments_and_results_stay() {
    let text = "func.func @main(%x: tensor<2xf32> {onnx.name = \"in put\"}) -> (tensor<2xf32> {onnx.name = \"out\"}) {
  %y = onnx.Relu %x : (tensor<2xf32>) -> tensor<2xf32> loc(\"node\")
  return %y : tensor<2xf32>
}";
    let mut program = Program::parse(context(), text);
    program.run("convert-onnx-to-zkarith{input-range=\"in put=-1:1\"}");
    let text = program.text();
    assert!(
        text.contains("{onnx.name = \"in put\"}") && text.contains("{onnx.name = \"out\"}"),
        "{text}"
    );
}
