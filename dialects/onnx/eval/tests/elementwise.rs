use super::{floats, integers, one};
use crate::onnx::Data;

#[test]
fn functions_of_one_number() {
    let cases: &[(&str, &str, [f64; 3])] = &[
        ("Abs", "", [1.5, 0.0, 2.5]),
        ("Neg", "", [1.5, 0.0, -2.5]),
        ("Sign", "", [-1.0, 0.0, 1.0]),
        ("Ceil", "", [-1.0, 0.0, 3.0]),
        ("Floor", "", [-2.0, 0.0, 2.0]),
        ("Round", "", [-2.0, 0.0, 2.0]),
        ("Relu", "", [0.0, 0.0, 2.5]),
        ("Sigmoid", "", [0.182_425_523_8, 0.5, 0.924_141_82]),
        ("Softplus", "", [0.201_413_278, 2f64.ln(), 2.578_889_73]),
        ("Softsign", "", [-0.6, 0.0, 2.5 / 3.5]),
        ("Mish", "", [-0.298_099_742, 0.0, 2.471_392_30]),
        ("HardSwish", "", [-0.375, 0.0, 2.291_666_67]),
        ("LeakyRelu", "{alpha = 0.5 : f32}", [-0.75, 0.0, 2.5]),
        ("Elu", "{alpha = 2.0 : f32}", [-1.553_739_68, 0.0, 2.5]),
        (
            "Celu",
            "{alpha = 2.0 : f32}",
            [2.0 * ((-0.75f64).exp() - 1.0), 0.0, 2.5],
        ),
        ("ThresholdedRelu", "{alpha = 2.0 : f32}", [0.0, 0.0, 2.5]),
        (
            "Swish",
            "",
            [-1.5 * 0.182_425_523_8, 0.0, 2.5 * 0.924_141_82],
        ),
        ("Selu", "", [-1.365_814_2, 0.0, 2.626_752_55]),
        ("HardSigmoid", "", [0.2, 0.5, 1.0]),
        ("Gelu", "", [-0.100_210_80, 0.0, 2.484_475_81]),
        (
            "Gelu",
            "{approximate = \"tanh\"}",
            [-0.100_428_42, 0.0, 2.484_915_74],
        ),
        ("Erf", "", [-0.966_105_15, 0.0, 0.999_593_05]),
        ("Exp", "", [(-1.5f64).exp(), 1.0, 2.5f64.exp()]),
        ("Tanh", "", [(-1.5f64).tanh(), 0.0, 2.5f64.tanh()]),
        ("Sinh", "", [(-1.5f64).sinh(), 0.0, 2.5f64.sinh()]),
        ("Asinh", "", [(-1.5f64).asinh(), 0.0, 2.5f64.asinh()]),
        ("Atan", "", [(-1.5f64).atan(), 0.0, 2.5f64.atan()]),
        ("Sin", "", [(-1.5f64).sin(), 0.0, 2.5f64.sin()]),
        ("Cos", "", [(-1.5f64).cos(), 1.0, 2.5f64.cos()]),
        ("Identity", "", [-1.5, 0.0, 2.5]),
    ];
    let x = "dense<[-1.5, 0.0, 2.5]> : tensor<3xf32>";
    for (name, attributes, expected) in cases {
        floats(name, attributes, &[x], "tensor<3xf32>", expected);
    }
    let x = "dense<[1.0, 4.0]> : tensor<2xf32>";
    floats("Sqrt", "", &[x], "tensor<2xf32>", &[1.0, 2.0]);
    floats("Reciprocal", "", &[x], "tensor<2xf32>", &[1.0, 0.25]);
    floats("Log", "", &[x], "tensor<2xf32>", &[0.0, 4f64.ln()]);
    floats("Acosh", "", &[x], "tensor<2xf32>", &[0.0, 4f64.acosh()]);
    let ties = "dense<[0.5, 1.5, -0.5]> : tensor<3xf32>";
    floats("Round", "", &[ties], "tensor<3xf32>", &[0.0, 2.0, 0.0]);
    let whole = "dense<[-3, 0, 7]> : tensor<3xi32>";
    integers("Abs", "", &[whole], "tensor<3xi32>", &[3, 0, 7]);
    integers("Relu", "", &[whole], "tensor<3xi32>", &[0, 0, 7]);
}

#[test]
fn operands_broadcast() {
    let a = "dense<[[1.0], [2.0]]> : tensor<2x1xf32>";
    let b = "dense<[10.0, 20.0, 40.0]> : tensor<3xf32>";
    let t = "tensor<2x3xf32>";
    floats("Add", "", &[a, b], t, &[11.0, 21.0, 41.0, 12.0, 22.0, 42.0]);
    floats(
        "Sub",
        "",
        &[a, b],
        t,
        &[-9.0, -19.0, -39.0, -8.0, -18.0, -38.0],
    );
    floats("Mul", "", &[a, b], t, &[10.0, 20.0, 40.0, 20.0, 40.0, 80.0]);
    floats("Div", "", &[b, a], t, &[10.0, 20.0, 40.0, 5.0, 10.0, 20.0]);
    floats(
        "Pow",
        "",
        &[b, a],
        t,
        &[10.0, 20.0, 40.0, 100.0, 400.0, 1600.0],
    );
    let c = "dense<15.0> : tensor<f32>";
    floats(
        "Max",
        "",
        &[a, b, c],
        t,
        &[15.0, 20.0, 40.0, 15.0, 20.0, 40.0],
    );
    floats("Min", "", &[a, b, c], t, &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    floats(
        "Sum",
        "",
        &[a, b, c],
        t,
        &[26.0, 36.0, 56.0, 27.0, 37.0, 57.0],
    );
    floats("Mean", "", &[a, a], "tensor<2x1xf32>", &[1.0, 2.0]);
    let i = "dense<[7, -7]> : tensor<2xi64>";
    let two = "dense<2> : tensor<i64>";
    integers("Div", "", &[i, two], "tensor<2xi64>", &[3, -3]);
    integers("Pow", "", &[i, two], "tensor<2xi64>", &[49, 49]);
    integers("Max", "", &[i, two], "tensor<2xi64>", &[7, 2]);
}

#[test]
fn integers_do_not_wrap_around() {
    let big = "dense<9223372036854775807> : tensor<i64>";
    let error = one("Add", "", &[big, big], "tensor<i64>").unwrap_err();
    assert!(error.contains("`onnx.Add`: the result for"), "{error}");
    let byte = "dense<200> : tensor<ui8>";
    let error = one("Add", "", &[byte, byte], "tensor<ui8>").unwrap_err();
    assert!(error.contains("element 0 of the result is 400"), "{error}");
    let zero = "dense<0> : tensor<i64>";
    assert!(one("Div", "", &[big, zero], "tensor<i64>").is_err());
}

#[test]
fn clip_and_cast() {
    let x = "dense<[-2.5, 0.5, 2.5]> : tensor<3xf32>";
    let (lo, hi) = ("dense<-1.0> : tensor<f32>", "dense<1.0> : tensor<f32>");
    floats("Clip", "", &[x, lo, hi], "tensor<3xf32>", &[-1.0, 0.5, 1.0]);
    floats(
        "Clip",
        "",
        &[x, "none", hi],
        "tensor<3xf32>",
        &[-2.5, 0.5, 1.0],
    );
    floats("Clip", "", &[x, hi, lo], "tensor<3xf32>", &[-1.0; 3]);
    integers("Cast", "{to = i32}", &[x], "tensor<3xi32>", &[-2, 0, 2]);
    let i = "dense<[-1, 0, 300]> : tensor<3xi64>";
    integers("Cast", "{to = i8}", &[i], "tensor<3xi8>", &[-1, 0, 44]);
    integers("Cast", "{to = ui8}", &[i], "tensor<3xui8>", &[255, 0, 44]);
    floats(
        "Cast",
        "{to = f32}",
        &[i],
        "tensor<3xf32>",
        &[-1.0, 0.0, 300.0],
    );
    let b = one("Cast", "{to = i1}", &[x], "tensor<3xi1>").unwrap();
    assert_eq!(b.data, Data::Bool(vec![true; 3]));
    let nan = "dense<0x7FC00000> : tensor<f32>";
    assert!(one("Cast", "{to = i32}", &[nan], "tensor<i32>").is_err());
}
