//! Values of every operation on small examples, and laws that tie the two evaluations together.

use super::*;
use crate::zkarith::{bounds, number};
use zkc_support::{find_op, new_context, parse_module};

/// Functions that tests can compute in their head.
struct Doubling;

impl Functions for Doubling {
    fn round(&self, function: &str, n: i128, _: u32, _: u32) -> Result<i128, String> {
        if function == "double" {
            Ok(2 * n)
        } else {
            Err(format!("unknown function `{function}`"))
        }
    }
}

/// Evaluates `func.func @main` of a module's text.
fn run_text(text: &str, inputs: &[Vec<i128>]) -> Result<Vec<Vec<i128>>, String> {
    let context = new_context();
    let module = parse_module(&context, text).map_err(|d| format!("{d:?}"))?;
    let function = find_op(module.as_operation(), "func.func").ok_or("no function")?;
    let graph = Graph::read(function).map_err(|e| e.to_string())?;
    let constants = Constants::of_module(module.as_operation());
    let out = eval_with(&graph, &constants, &Doubling, inputs).map_err(|e| e.to_string())?;
    // What the integers can be, the intervals hold.
    let known = bounds(&graph, &constants).map_err(|e| e.to_string())?;
    for (v, t) in graph.outputs.iter().zip(&out) {
        let enclosing = known[v.index()]
            .as_ref()
            .ok_or("an output has no interval")?;
        assert_eq!(enclosing.elements().shape, t.shape);
        for (interval, n) in enclosing.elements().values.iter().zip(&t.values) {
            assert!(
                interval.encloses(Interval::exact(*n)),
                "{n} is not in {interval}"
            );
        }
    }
    Ok(out.into_iter().map(|t| t.values).collect())
}

/// Evaluates one operation: `%r = OP : (types) -> type` on arguments `%a`, `%b`.
fn run_op(op: &str, types: &[&str], result: &str, inputs: &[&[i128]]) -> Result<Vec<i128>, String> {
    let full = |t: &str| {
        let (shape, fixed) = t.rsplit_once('x').unwrap_or(("", t));
        let separator = if shape.is_empty() { "" } else { "x" };
        format!("tensor<{shape}{separator}!zkarith.fixed<{fixed}>>")
    };
    let arguments: Vec<String> = ["a", "b"]
        .iter()
        .zip(types)
        .map(|(name, t)| format!("%{name}: {}", full(t)))
        .collect();
    let typed = op
        .replace(
            "TYPES",
            &types.iter().map(|t| full(t)).collect::<Vec<_>>().join(", "),
        )
        .replace("RESULT", &full(result));
    let text = format!(
        "func.func @main({}) -> {} {{\n  %r = {typed}\n  return %r : {}\n}}",
        arguments.join(", "),
        full(result),
        full(result)
    );
    let inputs: Vec<Vec<i128>> = inputs.iter().map(|v| v.to_vec()).collect();
    Ok(run_text(&text, &inputs)?.remove(0))
}

#[test]
fn elementwise_operations() {
    let two = |op: &str, scale: u32, lo: i64, hi: i64| {
        run_op(
            &format!("zkarith.{op} %a, %b : (TYPES) -> RESULT"),
            &["2x2x4, -9, 9", "2x4, 1, 5"],
            &format!("2x2x{scale}, {lo}, {hi}"),
            &[&[-9, 3, 0, 9], &[1, 4]],
        )
    };
    assert_eq!(two("add", 4, -8, 14), Ok(vec![-8, 7, 1, 13]));
    assert_eq!(two("sub", 4, -14, 8), Ok(vec![-10, -1, -1, 5]));
    assert_eq!(two("mul", 8, -45, 45), Ok(vec![-9, 12, 0, 36]));
    assert_eq!(two("max", 4, 1, 9), Ok(vec![1, 4, 1, 9]));
    assert_eq!(two("min", 4, -9, 5), Ok(vec![-9, 3, 0, 4]));
    // -9, 3/4, 0, 9/4 at scale 2: times 4, ties up.
    assert_eq!(two("div", 2, -36, 36), Ok(vec![-36, 3, 0, 9]));
}

#[test]
fn scales() {
    let one = |op: &str, from: &str, to: &str, x: &[i128]| {
        run_op(
            &format!("zkarith.{op} %a : TYPES -> RESULT"),
            &[from],
            to,
            &[x],
        )
    };
    assert_eq!(
        one("upscale", "3x1, -4, 4", "3x3, -16, 16", &[-4, 0, 3]),
        Ok(vec![-16, 0, 12])
    );
    assert_eq!(
        one("rescale", "4x3, -7, 7", "4x1, -2, 2", &[-7, -6, 6, 5]),
        Ok(vec![-2, -1, 2, 1])
    );
    assert_eq!(
        one("reinterpret", "2x3, -7, 7", "2x9, -7, 7", &[-7, 6]),
        Ok(vec![-7, 6])
    );
    assert_eq!(
        one("relu", "2x3, -7, 7", "2x3, 0, 7", &[-7, 6]),
        Ok(vec![0, 6])
    );
    assert_eq!(
        one("clamp", "3x3, -7, 7", "3x3, -2, 3", &[-7, 0, 6]),
        Ok(vec![-2, 0, 3])
    );
    assert_eq!(
        one("apply \"double\"", "3x3, -7, 7", "3x3, -9, 20", &[-7, 1, 6]),
        Ok(vec![-9, 2, 12])
    );
    assert_eq!(
        one("apply \"half\"", "1x3, -7, 7", "1x3, -9, 20", &[-7]),
        Err("`zkarith.apply`: element 0: unknown function `half`".into())
    );
}

#[test]
fn linear_maps() {
    assert_eq!(
        run_op(
            "zkarith.matmul %a, %b : (TYPES) -> RESULT",
            &["2x1x2x4, -9, 9", "2x3x4, -9, 9"],
            "2x1x3x8, -162, 162",
            &[&[1, 2, 3, 4], &[1, 0, -1, 2, 5, 0]],
        ),
        Ok(vec![5, 10, -1, 11, 20, -3])
    );
    // One row of padding before, stride 2: windows at rows -1 and 1.
    assert_eq!(
        run_op(
            "zkarith.conv %a, %b strides = [2, 1] pads = [1, 0, 0, 0] dilations = [1, 1] \
             group = 1 : (TYPES) -> RESULT",
            &["1x1x3x2x4, -9, 9", "2x1x2x2x4, -9, 10"],
            "1x2x2x1x8, -400, 400",
            &[&[1, 2, 3, 4, 5, 6], &[1, 10, 0, 1, 1, 1, 1, 1]],
        ),
        Ok(vec![2, 43 + 6, 3, 18])
    );
    assert_eq!(
        run_op(
            "zkarith.conv %a, %b strides = [1] pads = [0, 0] dilations = [2] group = 2 \
             : (TYPES) -> RESULT",
            &["1x2x3x4, -9, 9", "2x1x2x4, -9, 9"],
            "1x2x1x8, -400, 400",
            &[&[1, 2, 3, 4, 5, 6], &[1, 2, 3, 4]],
        ),
        Ok(vec![7, 36])
    );
}

#[test]
fn windows_and_axes() {
    let pool = |op: &str, result: &str| {
        run_op(
            &format!(
                "zkarith.{op} %a kernel = [2] strides = [2] pads = [1, 0] dilations = [1] \
                 : TYPES -> RESULT"
            ),
            &["2x3x4, -9, 9"],
            result,
            &[&[-1, 2, 3, -5, -6, 4]],
        )
    };
    assert_eq!(pool("sum_pool", "2x2x4, -18, 18"), Ok(vec![-1, 5, -5, -2]));
    assert_eq!(pool("max_pool", "2x2x4, -9, 9"), Ok(vec![-1, 3, -5, 4]));
    let reduce = |op: &str, axes: &str, result: &str| {
        run_op(
            &format!("zkarith.{op} %a axes = {axes} : TYPES -> RESULT"),
            &["2x3x4, -9, 9"],
            result,
            &[&[-1, 2, 3, -5, -6, 4]],
        )
    };
    assert_eq!(
        reduce("reduce_sum", "[0]", "1x3x4, -18, 18"),
        Ok(vec![-6, -4, 7])
    );
    assert_eq!(reduce("reduce_max", "[1]", "2x1x4, -9, 9"), Ok(vec![3, 4]));
    assert_eq!(
        reduce("reduce_sum", "[0, 1]", "1x1x4, -54, 54"),
        Ok(vec![-3])
    );
}

#[test]
fn movement() {
    let one = |op: &str, to: &str| {
        run_op(
            &format!("zkarith.{op} : TYPES -> RESULT"),
            &["2x3x4, -9, 9"],
            to,
            &[&[1, 2, 3, 4, 5, 6]],
        )
    };
    assert_eq!(
        one("reshape %a", "3x2x4, -9, 9"),
        Ok(vec![1, 2, 3, 4, 5, 6])
    );
    assert_eq!(
        one("transpose %a permutation = [1, 0]", "3x2x4, -9, 9"),
        Ok(vec![1, 4, 2, 5, 3, 6])
    );
    assert_eq!(
        one("broadcast %a", "2x2x3x4, -9, 9"),
        Ok(vec![1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
    );
    assert_eq!(
        one("slice %a starts = [1, 2] steps = [7, -2]", "1x2x4, -9, 9"),
        Ok(vec![6, 4])
    );
    assert_eq!(
        one(
            "pad %a low = [0, 1] high = [1, 0] value = 7",
            "3x4x4, -9, 9"
        ),
        Ok(vec![7, 1, 2, 3, 7, 4, 5, 6, 7, 7, 7, 7])
    );
    assert_eq!(
        run_op(
            "zkarith.concat %a, %b axis = 1 : (TYPES) -> RESULT",
            &["2x2x4, -9, 9", "2x1x4, -9, 9"],
            "2x3x4, -9, 9",
            &[&[1, 2, 3, 4], &[5, 6]],
        ),
        Ok(vec![1, 2, 5, 3, 4, 6])
    );
}

#[test]
fn tables_saturate_or_refuse() {
    let text = |outside: &str, lo: i32| {
        format!(
            "func.func @main(%a: tensor<3x!zkarith.fixed<2, {lo}, 2>>)
                 -> tensor<3x!zkarith.fixed<4, -9, 9>> {{
               %r = poly_ext.eval %a <\"square\", domain = [-5.0e-1, 5.0e-1],
                 outside = {outside}, form = #poly_ext.table<from = -2,
                 dense<[4, 1, 0, 1, 4]> : tensor<5xi64>>, max_error = 0.0e+0,
                 certificate = exhaustive, producer = \"test\">
                 : tensor<3x!zkarith.fixed<2, {lo}, 2>> -> tensor<3x!zkarith.fixed<4, -9, 9>>
               return %r : tensor<3x!zkarith.fixed<4, -9, 9>>
             }}"
        )
    };
    let inputs = [vec![-9, -1, 2]];
    assert_eq!(
        run_text(&text("saturate", -9), &inputs),
        Ok(vec![vec![4, 1, 4]])
    );
    assert_eq!(
        run_text(&text("refuse", -2), &[vec![-2, 0, 2]]),
        Ok(vec![vec![4, 0, 4]])
    );
}

#[test]
fn constants_and_several_results() {
    let text = "func.func @main(%a: tensor<2x!zkarith.fixed<0, -9, 9>>)
        -> (tensor<2x!zkarith.fixed<0, -9, 9>>, tensor<2x!zkarith.fixed<0, -19, 19>>) {
      %c = zkarith.constant dense<[10, -10]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<0, -10, 10>>
      %r = zkarith.add %a, %c : (tensor<2x!zkarith.fixed<0, -9, 9>>,
        tensor<2x!zkarith.fixed<0, -10, 10>>) -> tensor<2x!zkarith.fixed<0, -19, 19>>
      return %a, %r : tensor<2x!zkarith.fixed<0, -9, 9>>, tensor<2x!zkarith.fixed<0, -19, 19>>
    }";
    assert_eq!(
        run_text(text, &[vec![9, -9]]),
        Ok(vec![vec![9, -9], vec![19, -19]])
    );
}

#[test]
fn errors_name_operation_node_and_element() {
    let text = "func.func @main(%a: tensor<1x2x!zkarith.fixed<0, -9, 9>>)
        -> tensor<1x1x!zkarith.fixed<0, -9, 9>> {
      %w = zkarith.constant dense<[[1], [2]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<0, 1, 2>>
      %r = zkarith.matmul %a, %w : (tensor<1x2x!zkarith.fixed<0, -9, 9>>,
        tensor<2x1x!zkarith.fixed<0, 1, 2>>) -> tensor<1x1x!zkarith.fixed<0, -9, 9>> loc(\"fc/1\")
      return %r : tensor<1x1x!zkarith.fixed<0, -9, 9>>
    }";
    assert_eq!(
        run_text(text, &[vec![9, 1]]).unwrap_err(),
        "`zkarith.matmul` at node \"fc/1\": element 0 of the result is 11, outside of [-9, 9] of \
         its type"
    );
    // The integers fit, but others that the types allow do not.
    assert_eq!(
        run_text(text, &[vec![1, 1]]).unwrap_err(),
        "`zkarith.matmul` at node \"fc/1\": element 0 of the result is [-27, 27], outside of \
         [-9, 9] of its type"
    );
    assert_eq!(
        run_text(text, &[vec![1, 10]]).unwrap_err(),
        "element 1 of input 0 is 10, outside of [-9, 9]"
    );
    assert_eq!(
        run_text(text, &[vec![1]]).unwrap_err(),
        "input 0 must have 2 elements, found 1"
    );
    assert_eq!(
        run_text(text, &[]).unwrap_err(),
        "the program has 1 inputs, found 0"
    );
    let wide = "170141183460469231731687303715884105727";
    assert_eq!(
        run_op(
            "zkarith.add %a, %b : (TYPES) -> RESULT",
            &[&format!("0, 0, {wide}"), "0, 0, 9"],
            &format!("0, 0, {wide}0"),
            &[&[i128::MAX], &[1]],
        ),
        Err("`zkarith.add`: element 0 of the result needs more than 127 bits".into())
    );
}

#[test]
fn bounds_are_those_of_each_element() {
    let context = new_context();
    let text = "func.func @main(%a: tensor<1x2x!zkarith.fixed<0, 0, 10>>)
        -> tensor<1x2x!zkarith.fixed<0, -100, 100>> {
      %w = zkarith.constant dense<[[1, -3], [2, 4]]> : tensor<2x2xi64>
        -> tensor<2x2x!zkarith.fixed<0, -3, 4>>
      %r = zkarith.matmul %a, %w : (tensor<1x2x!zkarith.fixed<0, 0, 10>>,
        tensor<2x2x!zkarith.fixed<0, -3, 4>>) -> tensor<1x2x!zkarith.fixed<0, -100, 100>>
      return %r : tensor<1x2x!zkarith.fixed<0, -100, 100>>
    }";
    let module = parse_module(&context, text).unwrap();
    let graph = Graph::read(find_op(module.as_operation(), "func.func").unwrap()).unwrap();
    let known = bounds(&graph, &Constants::of_module(module.as_operation())).unwrap();
    let out = known[graph.outputs[0].index()].as_ref().unwrap();
    let out = out.elements();
    assert_eq!(out.values, [Interval::new(0, 30), Interval::new(-30, 40)]);
    assert_eq!(out.hull(), Some(Interval::new(-30, 40)));
}

#[test]
fn machine_bounds_cut_wide_types() {
    let t = |lo: &str, hi: &str| FixedType {
        scale: 0,
        lo: lo.parse().unwrap(),
        hi: hi.parse().unwrap(),
    };
    let wide = format!("1{}", "0".repeat(60));
    assert_eq!(
        machine_bounds(&t(&format!("-{wide}"), &wide)),
        Interval {
            lo: i128::MIN,
            hi: i128::MAX
        }
    );
    assert_eq!(machine_bounds(&t("-5", "7")), Interval::new(-5, 7));
    assert_eq!(number::rescale(3, 1), Some(2));
}
