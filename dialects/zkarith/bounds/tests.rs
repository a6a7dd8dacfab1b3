//! What holds of norms: nothing that a program computes exceeds them, and they are not far off.

use super::{Bounds, bounds, bounds_of, matrix::Matrix, norm::Norm, type_bounds};
use crate::zkarith::{Interval, Tensor, eval};
use num_bigint::BigInt;
use zkc_support::{Constants, Graph, find_op, new_context, parse_module};

/// Numbers that look random, the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn within(&mut self, most: i64) -> i64 {
        (self.next() % (2 * most as u64 + 1)) as i64 - most
    }

    fn list(&mut self, n: usize, most: i64) -> Vec<i64> {
        (0..n).map(|_| self.within(most)).collect()
    }
}

// -- Norms ---------------------------------------------------------------------------------------

/// Whether a bound is at least the root of an integer.
fn reaches(bound: f64, square: &BigInt) -> bool {
    let bits = bound.to_bits();
    let exponent = ((bits >> 52) as i64).max(1) - 1075;
    let hidden = if bits >> 52 > 0 { 1u64 << 52 } else { 0 };
    let mantissa = BigInt::from((bits & ((1 << 52) - 1)) | hidden);
    let squared = &mantissa * &mantissa;
    if exponent >= 0 {
        squared << (2 * exponent) >= *square
    } else {
        squared >= square << (-2 * exponent)
    }
}

#[test]
fn lengths_are_rounded_up_and_not_far() {
    let mut random = Random(1);
    for n in [0usize, 1, 2, 9, 400] {
        for most in [3, 1 << 20, 1 << 62] {
            let values = random.list(n, most);
            let square: BigInt = values.iter().map(|v| BigInt::from(*v) * v).sum();
            let bound = Norm::length(
                values
                    .iter()
                    .map(|v| Norm::integer(v.unsigned_abs().into())),
            );
            assert!(reaches(bound.value(), &square), "{values:?}");
            assert!(!reaches(bound.value() * (1.0 - 1e-12), &square) || square == BigInt::ZERO);
        }
    }
    let three_four = [3, 4].into_iter().map(Norm::integer);
    assert!((Norm::length(three_four).value() - 5.0).abs() < 1e-12);
}

#[test]
fn norms_at_the_ends_of_doubles_stay_bounds() {
    let most = Norm::integer(u128::MAX);
    assert!(most.value() >= 2f64.powi(128));
    assert_eq!(most.floor(), i128::MAX);
    assert_eq!(Norm::ZERO.times(Norm::INFINITE), Norm::ZERO);
    assert_eq!(Norm::ZERO.doubled(5000), Norm::ZERO);
    assert_eq!(Norm::ONE.doubled(5000), Norm::INFINITE);
    assert!(Norm::ONE.halved(5000).value() > 0.0);
    assert_eq!(Norm::integer(3).doubled(4).halved(6).value(), 0.75);
    assert_eq!(Norm::INFINITE.min(Norm::ONE), Norm::ONE);
    assert_eq!(Norm::proved(f64::NAN), Norm::INFINITE);
    // 2^53 + 1 is no double, and the nearest one is less.
    assert!(Norm::integer((1 << 53) + 1).value() > 2f64.powi(53));
}

// -- Matrices ------------------------------------------------------------------------------------

/// The greatest singular value, from below, by many steps of the power iteration.
fn singular(columns: usize, values: &[f64]) -> f64 {
    let mut x: Vec<f64> = (0..columns)
        .map(|i| 1.0 + 0.37 * (i as f64).sin())
        .collect();
    let mut found = 0.0;
    for _ in 0..2000 {
        let length = x.iter().map(|v| v * v).sum::<f64>().sqrt();
        if length == 0.0 {
            return 0.0;
        }
        x.iter_mut().for_each(|v| *v /= length);
        let rows = values.chunks(columns);
        let image: Vec<f64> = rows
            .map(|row| row.iter().zip(&x).map(|(a, b)| a * b).sum())
            .collect();
        found = image.iter().map(|v| v * v).sum::<f64>().sqrt();
        x = vec![0.0; columns];
        for (row, y) in values.chunks(columns).zip(&image) {
            row.iter().zip(&mut x).for_each(|(a, v)| *v += a * y);
        }
    }
    found
}

fn norm_of(columns: usize, values: &[f64]) -> f64 {
    Matrix::new(columns, values.to_vec())
        .unwrap()
        .norm()
        .value()
}

#[test]
fn matrices_have_norms_just_above_their_singular_values() {
    let mut random = Random(2);
    for (rows, columns) in [(1, 1), (1, 9), (9, 1), (5, 40), (64, 64), (90, 33)] {
        for most in [1, 50, 1 << 20, 1 << 52] {
            let values: Vec<f64> = random
                .list(rows * columns, most)
                .iter()
                .map(|v| *v as f64)
                .collect();
            let (bound, least) = (norm_of(columns, &values), singular(columns, &values));
            assert!(bound >= least * (1.0 - 1e-12), "{rows} {columns} {most}");
            assert!(
                bound <= least * 1.03,
                "{bound} {least}: {rows} {columns} {most}"
            );
        }
    }
}

#[test]
fn norms_of_matrices_that_are_known() {
    let close =
        |have: f64, want: f64| assert!(have >= want && have <= want * 1.02, "{have} {want}");
    let square = |n: usize, f: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        (0..n * n).map(|i| f(i / n, i % n)).collect()
    };
    // The identity, and a permutation times five.
    close(norm_of(30, &square(30, &|i, j| f64::from(i == j))), 1.0);
    close(
        norm_of(
            30,
            &square(30, &|i, j| if (i + 7) % 30 == j { 5.0 } else { 0.0 }),
        ),
        5.0,
    );
    // All ones; and a matrix of signs with orthogonal rows.
    close(norm_of(30, &vec![1.0; 900]), 30.0);
    let signs = |i: usize, j: usize| {
        if (i & j).count_ones().is_multiple_of(2) {
            1.0
        } else {
            -1.0
        }
    };
    close(norm_of(32, &square(32, &signs)), 32f64.sqrt());
    // Beyond the integers that doubles hold; and nothing at all.
    close(
        norm_of(32, &square(32, &|i, j| signs(i, j) * 2f64.powi(120))),
        32f64.sqrt() * 2f64.powi(120),
    );
    assert_eq!(norm_of(3, &[0.0; 9]), 0.0);
    assert!(Matrix::new(0, Vec::new()).is_none());
}

// -- Programs ------------------------------------------------------------------------------------

/// A program under construction: a chain of operations whose values are all results.
struct Chain {
    text: String,
    types: Vec<String>,
    shape: Vec<usize>,
    scale: u32,
    /// Every integer of the last value is less than two to this power.
    bits: u32,
}

impl Chain {
    fn new(shape: &[usize], scale: u32, most: i64) -> Self {
        let mut chain = Self {
            text: String::new(),
            types: Vec::new(),
            shape: shape.to_vec(),
            scale,
            bits: 12,
        };
        chain
            .types
            .push(chain.tensor(shape, scale, &format!("-{most}, {most}")));
        chain
    }

    fn tensor(&self, shape: &[usize], scale: u32, bounds: &str) -> String {
        let shape: String = shape.iter().map(|d| format!("{d}x")).collect();
        format!("tensor<{shape}!zkarith.fixed<{scale}, {bounds}>>")
    }

    /// The last value, and its type.
    fn last(&self) -> (String, String) {
        let i = self.types.len() - 1;
        (format!("%v{i}"), self.types[i].clone())
    }

    /// An operation on the last value, `X`, with the result `R`.
    fn push(&mut self, op: &str, shape: &[usize], scale: u32, more_bits: u32) {
        let (v, t) = self.last();
        self.bits += more_bits;
        let most = BigInt::from(1) << self.bits;
        let result = self.tensor(shape, scale, &format!("-{most}, {most}"));
        let op = op.replace("XT", &t).replace('X', &v).replace('R', &result);
        self.text += &format!("  %v{} = {op}\n", self.types.len());
        self.types.push(result);
        (self.shape, self.scale) = (shape.to_vec(), scale);
    }

    /// A constant of scale 4; its name and its type.
    fn constant(&mut self, shape: &[usize], values: &[i64]) -> (String, String) {
        let name = format!("%c{}", self.text.len());
        let (t, of) = (
            self.tensor(shape, 4, "-99, 99"),
            shape.iter().map(|d| format!("{d}x")),
        );
        let dense = format!("{:?}", Nested(shape, values));
        let of: String = of.collect();
        self.text +=
            &format!("  {name} = zkarith.constant dense<{dense}> : tensor<{of}i64> -> {t}\n");
        (name, t)
    }

    fn module(&self) -> String {
        let values: Vec<String> = (1..self.types.len()).map(|i| format!("%v{i}")).collect();
        let types = self.types[1..].join(", ");
        format!(
            "func.func @main(%v0: {}) -> ({types}) {{\n{}  return {} : {types}\n}}",
            self.types[0],
            self.text,
            values.join(", ")
        )
    }
}

/// Row-major values as nested lists.
struct Nested<'a>(&'a [usize], &'a [i64]);

impl std::fmt::Debug for Nested<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.split_first() {
            None => write!(f, "{}", self.1[0]),
            Some((_, rest)) => {
                let parts = self.1.chunks(rest.iter().product());
                f.debug_list()
                    .entries(parts.map(|p| Nested(rest, p)))
                    .finish()
            }
        }
    }
}

/// Adds an operation of any kind that suits the last value, `[n, c, h, w]` or `[n, c]`.
fn grow(chain: &mut Chain, random: &mut Random) {
    let shape = chain.shape.clone();
    let scale = chain.scale;
    match (random.below(14), &shape[..]) {
        (0..=2, &[n, c]) => {
            let outputs = 1 + random.below(7);
            let weights = random.list(c * outputs, 40);
            let (w, t) = chain.constant(&[c, outputs], &weights);
            let op = format!("zkarith.matmul X, {w} : (XT, {t}) -> R");
            chain.push(&op, &[n, outputs], scale + 4, 12);
        }
        (3, &[n, c]) => {
            let rows = 1 + random.below(4);
            let weights = random.list(rows * n, 40);
            let (w, t) = chain.constant(&[rows, n], &weights);
            let op = format!("zkarith.matmul {w}, X : ({t}, XT) -> R");
            chain.push(&op, &[rows, c], scale + 4, 12);
        }
        (0..=2, &[n, c, h, w]) => {
            let group = if c % 2 == 0 && random.below(2) == 0 {
                2
            } else {
                1
            };
            let outputs = group * (1 + random.below(3));
            let (kh, kw) = (1 + random.below(h.min(3)), 1 + random.below(w.min(3)));
            let (sh, pad) = (1 + random.below(2), random.below(2));
            let dilation = if kw == 2 && w + pad > 2 { 2 } else { 1 };
            let count = outputs * (c / group) * kh * kw;
            let weights = match random.below(2) {
                0 => random.list(count, 40),
                _ => vec![40; count],
            };
            let (k, t) = chain.constant(&[outputs, c / group, kh, kw], &weights);
            let op = format!(
                "zkarith.conv X, {k} strides = [{sh}, 1] pads = [0, {pad}, 0, 0] dilations = [1, {dilation}] \
                 group = {group} : (XT, {t}) -> R"
            );
            let to = [n, outputs, (h - kh) / sh + 1, w + pad - (kw - 1) * dilation];
            chain.push(&op, &to, scale + 4, 14);
        }
        (3 | 4, &[n, c, h, w]) => {
            let kind = ["max_pool", "sum_pool"][random.below(2)];
            let (kh, kw) = (1 + random.below(h.min(3)), 1 + random.below(w.min(3)));
            let op = format!(
                "zkarith.{kind} X kernel = [{kh}, {kw}] strides = [1, 2] pads = [0, 0, 0, 0] \
                 dilations = [1, 1] : XT -> R"
            );
            chain.push(&op, &[n, c, h - kh + 1, (w - kw) / 2 + 1], scale, 4);
        }
        (5, &[n, c, h, w]) => chain.push("zkarith.reshape X : XT -> R", &[n, c * h * w], scale, 0),
        (5, _) => {
            let axis = random.below(shape.len());
            let mut to = shape.clone();
            to[axis] = 1;
            let kind = ["reduce_sum", "reduce_max"][random.below(2)];
            let op = format!("zkarith.{kind} X axes = [{axis}] : XT -> R");
            chain.push(&op, &to, scale, 6);
        }
        (6, _) => chain.push("zkarith.add X, X : (XT, XT) -> R", &shape, scale, 1),
        (7, _) => {
            let value = random.list(1, 60);
            let (c, t) = chain.constant(&[], &value);
            if scale == 4 {
                let op = format!(
                    "zkarith.{} X, {c} : (XT, {t}) -> R",
                    ["sub", "max", "min"][random.below(3)]
                );
                chain.push(&op, &shape, scale, 7);
            } else {
                chain.push(
                    &format!("zkarith.mul X, {c} : (XT, {t}) -> R"),
                    &shape,
                    scale + 4,
                    7,
                );
            }
        }
        (8, _) => {
            let mut to = shape.clone();
            to[0] *= 2;
            chain.push(
                "zkarith.concat X, X axis = 0 : (XT, XT) -> R",
                &to,
                scale,
                0,
            );
        }
        (9, _) if scale > 4 => chain.push("zkarith.rescale X : XT -> R", &shape, scale - 4, 0),
        (10, _) => chain.push("zkarith.upscale X : XT -> R", &shape, scale + 1, 1),
        (11, &[n, c]) => {
            let op = "zkarith.pad X low = [0, 1] high = [1, 0] value = -7 : XT -> R";
            chain.push(op, &[n + 1, c + 1], scale, 3);
        }
        _ => chain.push("zkarith.relu X : XT -> R", &shape, scale, 0),
    }
}

fn analysed(text: &str, check: impl FnOnce(&Graph, &Constants, &[Option<Bounds>])) {
    let context = new_context();
    let module = parse_module(&context, text).unwrap_or_else(|d| panic!("{d:?}\n{text}"));
    let function = find_op(module.as_operation(), "func.func").unwrap();
    let graph = Graph::read(function).unwrap();
    let constants = Constants::of_module(module.as_operation());
    let known = bounds(&graph, &constants).unwrap_or_else(|e| panic!("{e}\n{text}"));
    check(&graph, &constants, &known);
}

/// The greatest part of its bound that the norm of one value reaches; all bounds must hold.
fn reached(graph: &Graph, known: &[Option<Bounds>], values: &[Tensor<i128>], text: &str) -> f64 {
    let mut most = 0.0;
    for (v, t) in graph.outputs.iter().zip(values) {
        let b = known[v.index()].as_ref().unwrap();
        for (interval, n) in b.elements().values.iter().zip(&t.values) {
            assert!(
                interval.encloses(Interval::new(*n, *n)),
                "{n} {interval}\n{text}"
            );
        }
        let square: BigInt = t.values.iter().map(|n| BigInt::from(*n) * n).sum();
        assert!(reaches(b.norm(), &square), "{square} {}\n{text}", b.norm());
        let length = t
            .values
            .iter()
            .map(|n| (*n as f64).powi(2))
            .sum::<f64>()
            .sqrt();
        most = f64::max(most, length / b.norm().max(1.0));
    }
    most
}

/// Inputs at their ends, changed one by one as long as the last value becomes longer: where sums
/// are greatest.
fn climbed(
    length: usize,
    most: i128,
    random: &mut Random,
    value: impl Fn(&[i128]) -> f64,
) -> Vec<i128> {
    let mut x: Vec<i128> = (0..length)
        .map(|_| if random.below(2) == 0 { most } else { -most })
        .collect();
    let mut best = value(&x);
    for _ in 0..2 {
        for i in 0..length {
            x[i] = -x[i];
            let next = value(&x);
            if next > best {
                best = next;
            } else {
                x[i] = -x[i];
            }
        }
    }
    x
}

#[test]
fn no_value_of_a_random_program_leaves_its_bounds() {
    let mut random = Random(3);
    for round in 0..200 {
        let shape = if round % 2 == 0 {
            vec![2, 6]
        } else {
            vec![1, 2, 4, 5]
        };
        let most = [1, 9, 100][random.below(3)];
        let mut chain = Chain::new(&shape, 4, most);
        while chain.types.len() < 9 && chain.bits < 90 {
            grow(&mut chain, &mut random);
        }
        let text = chain.module();
        let length = shape.iter().product();
        analysed(&text, |graph, constants, known| {
            let run = |x: &[i128]| eval(graph, constants, &[x.to_vec()]).unwrap();
            for _ in 0..10 {
                let x: Vec<i128> = (0..length).map(|_| random.within(most).into()).collect();
                reached(graph, known, &run(&x), &text);
            }
            let last = |x: &[i128]| {
                let values = run(x);
                let last = &values[values.len() - 1].values;
                last.iter().map(|n| (*n as f64).powi(2)).sum()
            };
            let worst = climbed(length, most.into(), &mut random, last);
            reached(graph, known, &run(&worst), &text);
        });
    }
}

/// Every rule for itself: the operand is known by its length and little else, and is of a kind that
/// some map makes longest.
#[test]
fn rules_hold_for_operands_of_a_known_length() {
    let mut random = Random(4);
    let mut best = 0.0;
    for round in 0..800 {
        let shape = [vec![3, 5], vec![1, 2, 4, 5]][round % 2].clone();
        let length: usize = shape.iter().product();
        let most = 1000;
        let mut chain = Chain::new(&shape, [4, 8][random.below(2)], most);
        grow(&mut chain, &mut random);
        let x: Vec<i128> = match random.below(4) {
            0 => {
                let one = random.below(length);
                let alone = |i| if i == one { most } else { 0 };
                (0..length).map(|i| alone(i).into()).collect()
            }
            1 => vec![most.into(); length],
            2 => {
                let sign = |i: usize| if i.is_multiple_of(2) { most } else { -most };
                (0..length).map(|i| sign(i).into()).collect()
            }
            _ => (0..length).map(|_| random.within(most).into()).collect(),
        };
        let text = chain.module();
        analysed(&text, |graph, constants, _| {
            let mut known: Vec<Option<Bounds>> = vec![None; graph.value_count()];
            let norm = Norm::length(x.iter().map(|n| Norm::integer(n.unsigned_abs())));
            let any = type_bounds(graph, graph.inputs[0]).unwrap();
            known[graph.inputs[0].index()] = Some(Bounds { norm, ..any });
            for op in &graph.ops {
                let operands: Vec<&Bounds> = op
                    .operands
                    .iter()
                    .map(|v| known[v.index()].as_ref().unwrap())
                    .collect();
                let result = bounds_of(graph, op, constants, &operands).unwrap();
                known[op.result().index()] = Some(result);
            }
            let values = eval(graph, constants, std::slice::from_ref(&x)).unwrap();
            best = f64::max(best, reached(graph, &known, &values, &text));
        });
    }
    assert!(best > 0.99, "{best}");
}

/// Rotations, times two each: intervals double for each what norms do not.
#[test]
fn a_bound_by_hand() {
    let mut chain = Chain::new(&[1, 4], 4, 8);
    let signs = [1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1];
    for scale in [8, 12, 16] {
        let (w, t) = chain.constant(&[4, 4], &signs);
        let op = format!("zkarith.matmul X, {w} : (XT, {t}) -> R");
        chain.push(&op, &[1, 4], scale, 12);
    }
    let text = chain.module();
    analysed(&text, |graph, constants, known| {
        // The norm of the input is 16 at most; each matrix doubles it, which is known to half a
        // percent, and so does each row.
        let wanted = [(32.0, 32), (64.0, 64), (128.0, 129)];
        for (v, (norm, most)) in graph.outputs.iter().zip(wanted) {
            let b = known[v.index()].as_ref().unwrap();
            assert!((norm..norm * 1.015).contains(&b.norm()), "{}", b.norm());
            let all = [Interval::new(-most, most); 4];
            assert_eq!(b.elements().values, all);
        }
        // Some of it is attained: the signs of a row make its sum greatest.
        let out = eval(graph, constants, &[vec![8, -8, 8, -8]]).unwrap();
        assert_eq!(out[0].values, [0, 32, 0, 0]);
        assert!(reached(graph, known, &out, &text) > 0.99);
    });
}

/// A deep network of random weights: its bounds grow as norms do.
#[test]
fn bounds_of_deep_networks_grow_by_singular_values() {
    let mut random = Random(5);
    let mut chain = Chain::new(&[1, 32], 4, 16);
    for _ in 0..8 {
        let weights = random.list(32 * 32, 5);
        let (w, t) = chain.constant(&[32, 32], &weights);
        let op = format!("zkarith.matmul X, {w} : (XT, {t}) -> R");
        chain.push(&op, &[1, 32], 8, 12);
        chain.push("zkarith.rescale X : XT -> R", &[1, 32], 4, 0);
        chain.push("zkarith.relu X : XT -> R", &[1, 32], 4, 0);
    }
    analysed(&chain.module(), |graph, _, known| {
        let last = known[graph.outputs[23].index()].as_ref().unwrap();
        let hull = last.elements().hull().unwrap();
        // With a variance of 10, a matrix has about the norm 2 sqrt(32 * 10), 2.24 times 2^4, and
        // a row the length sqrt(32 * 10), half of it. Intervals grow by 2.7 each.
        let norm = 16.0 * 32f64.sqrt() * 2.35f64.powi(8);
        assert!(last.norm() < norm, "{}", last.norm());
        assert!((hull.hi as f64) < 0.6 * norm, "{hull}");
    });
}
