//! Random small functions compute the same before and after each pass on `onnx`.

use crate::onnx_builder::Builder;
use melior::ir::{BlockLike, operation::OperationLike};
use zkc_dialects::onnx::{Data, Invalid, Kind, Tensor, eval, eval_values};
use zkc_support::{
    Attribute, Constants, Context, Diagnostic, Graph, Location, Module, Type, ValueId, find_op,
    i64_attr, i64s, new_context, parse_module, run_pipeline,
};

const FUNCTIONS: u64 = 300;
/// Tensors stay smaller than this.
const MOST_ELEMENTS: i64 = 2000;
/// Functions with larger numbers inside are left out: there rounding of constants shows.
const MOST: f64 = 1e4;

/// Xorshift, so that a seed means the same everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        let mut r = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        (0..8).for_each(|_| {
            r.below(2);
        });
        r
    }

    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as i64 % n.max(1)
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as i64) as usize]
    }

    /// Multiples of 1/8 other than zero, so that 32-bit floats hold them.
    fn number(&mut self) -> f64 {
        (2 * self.below(24) - 23) as f64 / 8.0
    }

    fn numbers(&mut self, shape: &[i64]) -> Tensor {
        let n = shape.iter().product::<i64>();
        Tensor::f64s(shape, (0..n).map(|_| self.number()).collect())
    }
}

/// A function that is being made up.
struct Maker<'c, 'k, 'r> {
    b: Builder<'c, 'k>,
    r: &'r mut Random,
    at: Location<'c>,
    f32: Type<'c>,
    values: Vec<ValueId>,
}

impl<'c> Maker<'c, '_, '_> {
    /// Mostly one of the newest values, so that chains arise.
    fn value(&mut self) -> ValueId {
        let n = self.values.len() as i64;
        let back = if self.r.below(3) == 0 {
            self.r.below(n)
        } else {
            self.r.below(n.min(2))
        };
        self.values[(n - 1 - back) as usize]
    }

    fn list(&mut self, values: &[i64]) -> ValueId {
        self.b.make_list(values, self.at)
    }

    fn none(&mut self) -> Result<ValueId, Invalid> {
        self.b.none(self.at)
    }

    /// A constant that broadcasts with a shape.
    fn broadcast_constant(&mut self, shape: &[i64]) -> ValueId {
        let drop = self.r.below(shape.len() as i64 + 1) as usize;
        let kind = self.r.below(3);
        let only = self.r.below(shape.len().max(1) as i64) as usize;
        let dim = |(i, d): (usize, &i64)| match kind {
            0 => *d,
            1 if i == only => *d,
            _ => 1,
        };
        let dims: Vec<i64> = shape
            .iter()
            .enumerate()
            .map(dim)
            .skip(drop.min(only))
            .collect();
        let t = match self.r.below(5) {
            0 => {
                let v = self.r.pick(&[0.0, 1.0, -1.0]);
                Tensor::f64s(&dims, vec![v; dims.iter().product::<i64>() as usize])
            }
            _ => self.r.numbers(&dims),
        };
        self.b.make(t, self.f32, self.at)
    }

    fn constant(&mut self, shape: &[i64]) -> ValueId {
        let t = self.r.numbers(shape);
        self.b.make(t, self.f32, self.at)
    }

    fn emit(
        &mut self,
        kind: Kind,
        operands: &[ValueId],
        attributes: &[(&str, Attribute<'c>)],
    ) -> Result<ValueId, Invalid> {
        self.b.emit(kind, operands, attributes, self.at)
    }

    fn int(&self, value: i64) -> Attribute<'c> {
        i64_attr(self.b.context(), value)
    }

    fn float(&self, value: f64) -> Attribute<'c> {
        Attribute::parse(self.b.context(), &format!("{value:?} : f32")).unwrap()
    }

    fn text(&self, value: &str) -> Attribute<'c> {
        zkc_support::string(self.b.context(), value)
    }

    /// Attributes of windows over `n` spatial axes.
    fn windows(&mut self, n: usize, ceil: bool) -> Vec<(&'static str, Attribute<'c>)> {
        let c = self.b.context();
        let mut list = |least: i64, n: usize, most: i64| -> Vec<i64> {
            (0..n).map(|_| least + self.r.below(most)).collect()
        };
        let (strides, dilations) = (list(1, n, 2), list(1, n, 2));
        let pads = list(0, 2 * n, 2);
        let mut out = vec![
            ("strides", i64s(c, &strides)),
            ("dilations", i64s(c, &dilations)),
        ];
        match self.r.below(4) {
            0 => out.push(("auto_pad", self.text("SAME_LOWER"))),
            1 => out.push(("pads", i64s(c, &pads))),
            _ => {}
        }
        if ceil && self.r.flip() {
            out.push(("ceil_mode", self.int(1)));
        }
        out
    }

    /// One random operation, if what the dice say is valid.
    fn step(&mut self) -> Result<ValueId, Invalid> {
        let x = self.value();
        let shape = self.b.shape(x)?;
        let rank = shape.len() as i64;
        match self.r.below(24) {
            0 => {
                let kind = self.r.pick(&[
                    Kind::Relu,
                    Kind::Abs,
                    Kind::Sigmoid,
                    Kind::Tanh,
                    Kind::Neg,
                    Kind::Relu,
                    Kind::Softplus,
                    Kind::Identity,
                ]);
                self.emit(kind, &[x], &[])
            }
            1 => {
                let kind = self
                    .r
                    .pick(&[Kind::LeakyRelu, Kind::Elu, Kind::HardSigmoid]);
                let alpha = self.r.pick(&[-0.5, 0.25]);
                let alpha = [("alpha", self.float(alpha))];
                self.emit(kind, &[x], &alpha)
            }
            2..=7 => {
                let kind = self.r.pick(&[
                    Kind::Add,
                    Kind::Mul,
                    Kind::Mul,
                    Kind::Sub,
                    Kind::Add,
                    Kind::Max,
                    Kind::Min,
                    Kind::Div,
                ]);
                let y = self.broadcast_constant(&shape);
                let swap = self.r.below(4) == 0 && kind != Kind::Div;
                let operands = if swap { [y, x] } else { [x, y] };
                self.emit(kind, &operands, &[])
            }
            8 => {
                let kind = self
                    .r
                    .pick(&[Kind::Add, Kind::Sub, Kind::Max, Kind::Sum, Kind::Mean]);
                let y = self.value();
                let z = if kind == Kind::Sub || kind == Kind::Add {
                    vec![]
                } else {
                    vec![x]
                };
                self.emit(kind, &[&[x, y], &z[..]].concat(), &[])
            }
            9..=11 => {
                let n = 1 + self.r.below(5);
                if rank == 1 || self.r.flip() {
                    let w = self.constant(&[shape[rank as usize - 1], n]);
                    self.emit(Kind::MatMul, &[x, w], &[])
                } else {
                    let w = self.constant(&[n, shape[rank as usize - 2]]);
                    self.emit(Kind::MatMul, &[w, x], &[])
                }
            }
            12 => {
                let n = 1 + self.r.below(4);
                let b = self.constant(&[n, shape[rank as usize - 1]]);
                let c = if self.r.flip() {
                    self.constant(&[n])
                } else {
                    self.none()?
                };
                let attributes = [
                    ("transB", self.int(1)),
                    ("alpha", self.float(0.5)),
                    ("beta", self.float(2.0)),
                ];
                self.emit(Kind::Gemm, &[x, b, c], &attributes)
            }
            13 | 14 => {
                let group = self.r.pick(&[1, 1, 2]);
                let outs = group * (1 + self.r.below(2));
                let mut w = vec![outs, shape.get(1).unwrap_or(&1) / group];
                w.extend(shape.iter().skip(2).map(|_| 1 + self.r.below(3)));
                let w = self.constant(&w);
                let bias = if self.r.flip() {
                    self.constant(&[outs])
                } else {
                    self.none()?
                };
                let mut attributes = self.windows((rank - 2).max(0) as usize, false);
                attributes.push(("group", self.int(group)));
                self.emit(Kind::Conv, &[x, w, bias], &attributes)
            }
            15 => {
                let n = (rank - 2).max(0) as usize;
                let kernel: Vec<i64> = (0..n).map(|_| 1 + self.r.below(3)).collect();
                let mut attributes = self.windows(n, true);
                attributes.push(("kernel_shape", i64s(self.b.context(), &kernel)));
                let kind = self.r.pick(&[Kind::MaxPool, Kind::AveragePool]);
                if kind == Kind::AveragePool {
                    let counts = self.r.below(2);
                    attributes.push(("count_include_pad", self.int(counts)));
                }
                self.emit(kind, &[x], &attributes)
            }
            16 => {
                let kind = self.r.pick(&[
                    Kind::ReduceSum,
                    Kind::ReduceMean,
                    Kind::ReduceMax,
                    Kind::ReduceMin,
                ]);
                let a = self.r.below(2 * rank) - rank;
                let axes = if self.r.flip() {
                    self.list(&[a])
                } else {
                    self.none()?
                };
                let keep = self.r.below(2);
                let keep = self.int(keep);
                self.emit(kind, &[x, axes], &[("keepdims", keep)])
            }
            17 => {
                let parameters: Vec<ValueId> = (0..3)
                    .map(|_| self.constant(&[*shape.get(1).unwrap_or(&1)]))
                    .collect();
                let n = *shape.get(1).unwrap_or(&1);
                let var = Tensor::f64s(&[n], (0..n).map(|i| 0.5 + i as f64).collect());
                let var = self.b.make(var, self.f32, self.at);
                let [scale, bias, mean] = parameters[..] else {
                    unreachable!()
                };
                self.emit(Kind::BatchNormalization, &[x, scale, bias, mean, var], &[])
            }
            18 => {
                let axis = self.int(-1);
                let mut attributes = vec![("axis", axis)];
                if self.r.flip() {
                    attributes.push(("coerce_2d", zkc_support::unit(self.b.context())));
                }
                self.emit(Kind::Softmax, &[x], &attributes)
            }
            19 => {
                let mut perm: Vec<i64> = (0..rank).collect();
                for i in (1..perm.len()).rev() {
                    perm.swap(i, self.r.below(i as i64 + 1) as usize);
                }
                let perm = i64s(self.b.context(), &perm);
                self.emit(Kind::Transpose, &[x], &[("perm", perm)])
            }
            20 => {
                let n: i64 = shape.iter().product();
                let divisors: Vec<i64> = (1..=n).filter(|d| n % d == 0).collect();
                let d = self.r.pick(&divisors);
                let to = if self.r.flip() {
                    vec![d, -1]
                } else {
                    vec![1, d, n / d, 1]
                };
                let list = self.list(&to);
                self.emit(Kind::Reshape, &[x, list], &[])
            }
            21 => {
                let mut mode = self
                    .r
                    .pick(&["constant", "constant", "edge", "reflect", "wrap"]);
                // A single element has nothing to be reflected.
                if shape.contains(&1) && mode == "reflect" {
                    mode = "edge";
                }
                let skip = if self.r.flip() { 2 } else { 0 };
                // Wrapping around an axis that is cut is refused.
                let cut = if mode == "wrap" { 0 } else { 1 };
                let pads: Vec<i64> = (0..2 * rank)
                    .map(|i| {
                        if i % rank < skip {
                            0
                        } else {
                            self.r.below(4) - cut
                        }
                    })
                    .collect();
                let pads = self.list(&pads);
                let value = self.r.pick(&[0.0, 0.0, 1.5]);
                let value = self.b.make_scalar(value, x, self.at)?;
                let none = self.none()?;
                let mode = [("mode", self.text(mode))];
                self.emit(Kind::Pad, &[x, pads, value, none], &mode)
            }
            22 => self.movement(x, &shape),
            _ => {
                let bounds = [self.r.number(), self.r.number()];
                let mut bound = |v: f64| match self.r.below(3) {
                    0 => self.b.none(self.at),
                    1 => self.b.make_scalar(0.0, x, self.at),
                    _ => self.b.make_scalar(v, x, self.at),
                };
                let (lo, hi) = (bound(bounds[0])?, bound(bounds[1])?);
                self.emit(Kind::Clip, &[x, lo, hi], &[])
            }
        }
    }

    fn movement(&mut self, x: ValueId, shape: &[i64]) -> Result<ValueId, Invalid> {
        let rank = shape.len() as i64;
        let a = self.r.below(rank);
        let d = shape[a as usize];
        let axis = self.int(a);
        match self.r.below(8) {
            0 => {
                let indices: Vec<i64> = (0..4).map(|_| self.r.below(2 * d) - d).collect();
                let indices = self.list(&indices);
                self.emit(Kind::Gather, &[x, indices], &[("axis", axis)])
            }
            1 => self.emit(Kind::Concat, &[x, x], &[("axis", axis)]),
            2 => {
                let step = self.r.pick(&[1, 2, -1, -2]);
                let (start, end) = (
                    self.r.below(2 * d + 2) - d - 1,
                    self.r.below(2 * d + 2) - d - 1,
                );
                let lists = [start, end, a, step].map(|v| self.list(&[v]));
                self.emit(Kind::Slice, &[&[x], &lists[..]].concat(), &[])
            }
            3 => {
                let repeats: Vec<i64> = (0..rank).map(|_| 1 + self.r.below(2)).collect();
                let repeats = self.list(&repeats);
                self.emit(Kind::Tile, &[x, repeats], &[])
            }
            4 => {
                let to = [&[2], shape].concat();
                let to = self.list(&to);
                self.emit(Kind::Expand, &[x, to], &[])
            }
            5 => self.emit(Kind::Flatten, &[x], &[("axis", axis)]),
            6 => {
                let axes = self.list(&[a]);
                self.emit(Kind::Unsqueeze, &[x, axes], &[])
            }
            _ => {
                let e = self.r.pick(&[1.0, 2.0, 3.0]);
                let e = self.b.make_scalar(e, x, self.at)?;
                self.emit(Kind::Pow, &[x, e], &[])
            }
        }
    }
}

/// A random function as text, with inputs for it.
fn function(context: &Context, seed: u64) -> (String, Vec<Tensor>) {
    let mut r = Random::new(seed);
    let at = Location::unknown(context);
    let constants = Constants::new(std::path::Path::new("."));
    let shape = r.pick(&[&[1, 4, 6, 5][..], &[2, 4, 7], &[3, 5], &[1, 6], &[4]]);
    let input = r.numbers(shape);
    let f32 = Type::float32(context);
    let mut b = Builder::empty(context, &constants);
    let x = b.input(zkc_support::TensorType::new(shape, f32).to_type());
    let mut maker = Maker {
        b,
        r: &mut r,
        at,
        f32,
        values: vec![x],
    };
    for _ in 0..12 {
        let Ok(v) = maker.step() else { continue };
        let shape = maker.b.shape(v).unwrap();
        let n: i64 = shape.iter().product();
        let usable = !shape.is_empty() && shape.len() < 7;
        if usable && (1..=MOST_ELEMENTS).contains(&n) && !maker.b.is_constant(v) {
            maker.values.push(v);
        }
    }
    let outputs = maker.values[1..].iter().rev().take(2).copied().collect();
    let graph = maker.b.finish(outputs).unwrap();
    let module = Module::new(at);
    module.body().append_operation(graph.build().unwrap());
    (module.as_operation().to_string(), vec![input])
}

fn graph_of<'c>(module: &Module<'c>) -> Graph<'c> {
    Graph::read(find_op(module.as_operation(), "func.func").unwrap()).unwrap()
}

/// What `onnx-decompose` may refuse.
const REFUSED: [&str; 2] = ["lies in the padding", "the divisor is constant and zero"];

/// The text after a pipeline; `None` when it is rightly refused.
fn after(context: &Context, text: &str, pipeline: &str, seed: u64) -> Option<String> {
    let mut module = parse_module(context, text).unwrap();
    let pipeline = format!("builtin.module({pipeline})");
    if let Err(e) = run_pipeline(context, &mut module, &pipeline) {
        let refused = |d: &Diagnostic| REFUSED.iter().any(|r| d.message.contains(r));
        assert!(
            e.iter().all(refused),
            "seed {seed}, {pipeline}: {e:?}\n{text}"
        );
        return None;
    }
    assert!(module.as_operation().verify());
    Some(module.as_operation().to_string())
}

fn run(context: &Context, text: &str, inputs: &[Tensor]) -> Vec<Tensor> {
    let module = parse_module(context, text).unwrap();
    let constants = Constants::of_module(module.as_operation());
    eval(&graph_of(&module), &constants, inputs).unwrap()
}

/// Whether all numbers inside are small enough to compare results.
fn is_tame(context: &Context, text: &str, inputs: &[Tensor]) -> bool {
    let module = parse_module(context, text).unwrap();
    let constants = Constants::of_module(module.as_operation());
    let values = eval_values(&graph_of(&module), &constants, inputs).unwrap();
    values
        .iter()
        .flatten()
        .all(|t| t.to_f64().iter().all(|v| v.abs() <= MOST))
}

fn close(a: &Tensor, b: &Tensor) -> bool {
    let (Data::F64(x), Data::F64(y)) = (&a.data, &b.data) else {
        return a == b;
    };
    a.shape == b.shape
        && x.iter()
            .zip(y)
            .all(|(x, y)| (x - y).abs() <= 1e-3 * x.abs().max(1.0))
}

const CORE: &[Kind] = {
    use Kind::*;
    &[
        NoValue,
        Constant,
        Add,
        Mul,
        Sub,
        Div,
        Max,
        Min,
        Pow,
        Relu,
        Abs,
        Sigmoid,
        Tanh,
        Softplus,
        LeakyRelu,
        Elu,
        HardSigmoid,
        Reciprocal,
        Sqrt,
        Exp,
        Clip,
        MatMul,
        Conv,
        MaxPool,
        AveragePool,
        ReduceSum,
        ReduceMax,
        Reshape,
        Expand,
        Transpose,
        Slice,
        Pad,
        Concat,
    ]
};

#[test]
fn passes_keep_what_a_function_computes() {
    crate::register();
    let context = new_context();
    let mut compared = 0;
    for seed in 0..FUNCTIONS {
        let (text, inputs) = function(&context, seed);
        let expected = run(&context, &text, &inputs);
        let comparable = is_tame(&context, &text, &inputs);
        let folded = after(&context, &text, "onnx-fold-constants", seed).unwrap();
        let Some(core) = after(&context, &text, "onnx-decompose", seed) else {
            continue;
        };
        let fused = after(&context, &core, "onnx-fuse", seed).unwrap();
        for op in &graph_of(&parse_module(&context, &fused).unwrap()).ops {
            let kind = Kind::of(&op.name).unwrap();
            assert!(
                CORE.contains(&kind),
                "seed {seed}: {kind:?} is left in\n{fused}"
            );
        }
        // What is in the core set stays.
        let again = after(&context, &core, "onnx-decompose", seed);
        assert_eq!(Some(&core), again.as_ref(), "seed {seed}");
        for (pass, result) in [("fold", &folded), ("decompose", &core), ("fuse", &fused)] {
            let found = run(&context, result, &inputs);
            let same = expected.len() == found.len()
                && (!comparable || expected.iter().zip(&found).all(|(a, b)| close(a, b)));
            assert!(
                same,
                "seed {seed}, {pass}:\n{text}\n{result}\n{expected:?}\n{found:?}\n{inputs:?}"
            );
        }
        compared += u64::from(comparable);
    }
    assert!(
        compared > FUNCTIONS / 2,
        "only {compared} functions were compared"
    );
}

#[test]
fn inference_finds_the_shapes_that_evaluation_has() {
    crate::register();
    let context = new_context();
    for seed in 0..FUNCTIONS {
        let (text, _) = function(&context, seed);
        let mut module = parse_module(&context, &text).unwrap();
        let mut graph = graph_of(&module);
        let unranked = Type::parse(&context, "tensor<*xf32>").unwrap();
        for op in graph.ops.clone() {
            if !matches!(Kind::of(&op.name), Some(Kind::Constant | Kind::NoValue)) {
                op.results.iter().for_each(|v| graph.set_type(*v, unranked));
            }
        }
        graph
            .replace(find_op(module.as_operation(), "func.func").unwrap())
            .unwrap();
        run_pipeline(&context, &mut module, "builtin.module(onnx-infer-shapes)").unwrap();
        assert_eq!(module.as_operation().to_string(), text, "seed {seed}");
    }
}
