use super::{floats, integers, one};

#[test]
fn normalization_and_softmax() {
    let x = "dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>";
    let p = |v: &str| format!("dense<{v}> : tensor<2xf32>");
    let (scale, bias) = (p("[2.0, 1.0]"), p("[0.0, 10.0]"));
    let (mean, var) = (p("[1.0, 0.0]"), p("[4.0, 1.0]"));
    let epsilon = "{epsilon = 0.0 : f32}";
    let t = "tensor<2x2xf32>";
    floats(
        "BatchNormalization",
        epsilon,
        &[x, &scale, &bias, &mean, &var],
        t,
        &[0.0, 12.0, 2.0, 14.0],
    );
    let (a, b) = (1.0 / (1.0 + 1f64.exp()), 1.0 / (1.0 + 2f64.exp()));
    floats("Softmax", "", &[x], t, &[a, 1.0 - a, a, 1.0 - a]);
    floats(
        "Softmax",
        "{axis = 0 : i64}",
        &[x],
        t,
        &[b, b, 1.0 - b, 1.0 - b],
    );
    let all: Vec<f64> = (1..5).map(|i| f64::from(i).exp()).collect();
    let all: Vec<f64> = all.iter().map(|e| e / all.iter().sum::<f64>()).collect();
    floats("Softmax", "{axis = 0 : i64, coerce_2d}", &[x], t, &all);
    floats(
        "Dropout",
        "",
        &[x, "none", "none"],
        t,
        &[1.0, 2.0, 3.0, 4.0],
    );
}

#[test]
fn reductions() {
    let x = "dense<[[1.0, 2.0, 4.0], [3.0, -1.0, 0.0]]> : tensor<2x3xf32>";
    let rows = "dense<-1> : tensor<1xi64>";
    let t = "tensor<2x1xf32>";
    floats("ReduceSum", "", &[x, rows], t, &[7.0, 2.0]);
    floats("ReduceMax", "", &[x, rows], t, &[4.0, 3.0]);
    floats("ReduceMin", "", &[x, rows], t, &[1.0, -1.0]);
    floats(
        "ReduceMean",
        "{keepdims = 0 : i64}",
        &[x, rows],
        "tensor<2xf32>",
        &[7.0 / 3.0, 2.0 / 3.0],
    );
    floats(
        "ReduceSum",
        "{keepdims = 0 : i64}",
        &[x, "none"],
        "tensor<f32>",
        &[9.0],
    );
    let noop = "{noop_with_empty_axes = 1 : i64}";
    floats(
        "ReduceSum",
        noop,
        &[x, "none"],
        "tensor<2x3xf32>",
        &[1.0, 2.0, 4.0, 3.0, -1.0, 0.0],
    );
    let columns = "dense<0> : tensor<1xi64>";
    floats(
        "ReduceMax",
        "",
        &[x, columns],
        "tensor<1x3xf32>",
        &[3.0, 2.0, 4.0],
    );
    let i = "dense<[1, -4]> : tensor<2xi64>";
    integers("ReduceMean", "", &[i, "none"], "tensor<1xi64>", &[-1]);
}

#[test]
fn data_movement() {
    let x = "dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi64>";
    let list = |v: &str, n: usize| format!("dense<{v}> : tensor<{n}xi64>");
    integers(
        "Transpose",
        "",
        &[x],
        "tensor<3x2xi64>",
        &[1, 4, 2, 5, 3, 6],
    );
    let cube = "dense<[[[1], [2]], [[3], [4]]]> : tensor<2x2x1xi64>";
    integers(
        "Transpose",
        "{perm = array<i64: 2, 1, 0>}",
        &[cube],
        "tensor<1x2x2xi64>",
        &[1, 3, 2, 4],
    );
    let same = [1, 2, 3, 4, 5, 6];
    integers(
        "Reshape",
        "",
        &[x, &list("[-1, 2]", 2)],
        "tensor<3x2xi64>",
        &same,
    );
    integers(
        "Flatten",
        "{axis = 0 : i64}",
        &[x],
        "tensor<1x6xi64>",
        &same,
    );
    integers(
        "Unsqueeze",
        "",
        &[x, &list("[0, -1]", 2)],
        "tensor<1x2x3x1xi64>",
        &same,
    );
    integers(
        "Squeeze",
        "",
        &[cube, "none"],
        "tensor<2x2xi64>",
        &[1, 2, 3, 4],
    );
    integers(
        "Concat",
        "{axis = 1 : i64}",
        &[x, x],
        "tensor<2x6xi64>",
        &[1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6],
    );
    let (start, end, step) = (list("[-1, 1]", 2), list("[-9, 9]", 2), list("[-1, 1]", 2));
    integers(
        "Slice",
        "",
        &[x, &start, &end, "none", &step],
        "tensor<2x2xi64>",
        &[5, 6, 2, 3],
    );
    integers(
        "Gather",
        "{axis = 1 : i64}",
        &[x, &list("[2, -3]", 2)],
        "tensor<2x2xi64>",
        &[3, 1, 6, 4],
    );
    integers(
        "Gather",
        "",
        &[x, "dense<1> : tensor<i64>"],
        "tensor<3xi64>",
        &[4, 5, 6],
    );
    let row = "dense<[[7, 8]]> : tensor<1x2xi64>";
    integers(
        "Expand",
        "",
        &[row, &list("[2, 1]", 2)],
        "tensor<2x2xi64>",
        &[7, 8, 7, 8],
    );
    integers(
        "Tile",
        "",
        &[row, &list("[2, 2]", 2)],
        "tensor<2x4xi64>",
        &[7, 8, 7, 8, 7, 8, 7, 8],
    );
    let fill = "dense<9> : tensor<i64>";
    integers(
        "Pad",
        "",
        &[row, &list("[0, 1, 1, 0]", 4), fill, "none"],
        "tensor<2x3xi64>",
        &[9, 7, 8, 9, 9, 9],
    );
    let (ones, axis) = (list("[1, 1]", 2), list("1", 1));
    integers(
        "Pad",
        "{mode = \"wrap\"}",
        &[x, &ones, "none", &axis],
        "tensor<2x5xi64>",
        &[3, 1, 2, 3, 1, 6, 4, 5, 6, 4],
    );
    integers(
        "Pad",
        "{mode = \"edge\"}",
        &[row, &list("[0, -1, 0, 1]", 4), "none", "none"],
        "tensor<1x2xi64>",
        &[8, 8],
    );
    integers("Shape", "", &[x], "tensor<2xi64>", &[2, 3]);
    integers("Shape", "{start = -1 : i64}", &[x], "tensor<1xi64>", &[3]);
    integers("Size", "", &[x], "tensor<i64>", &[6]);
    let value = "{value = dense<5> : tensor<1xi64>}";
    integers(
        "ConstantOfShape",
        value,
        &[&list("[2, 2]", 2)],
        "tensor<2x2xi64>",
        &[5; 4],
    );
    let error = one(
        "Gather",
        "",
        &[x, "dense<2> : tensor<i64>"],
        "tensor<3xi64>",
    )
    .unwrap_err();
    assert!(error.contains("index 2 is outside of axis 0"), "{error}");
}
