//! What the tests of passes share: running pipelines on text, and inputs from a fixed seed.

use zkc_dialects::{
    onnx,
    zkarith::{Interval, bounds, dequantize, eval_with},
};
use zkc_support::{
    Constants, Context, Diagnostic, Graph, Module, find_op, new_context, parse_module, run_pipeline,
};

/// Numbers that look random, the same in every run (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not zero.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.bits() % n
    }

    /// An integer of an interval; its ends are as likely as everything between.
    pub(crate) fn within(&mut self, i: Interval) -> i128 {
        match self.below(4) {
            0 => i.lo,
            1 => i.hi,
            _ => i.lo + (self.bits() as i128 % (i.hi - i.lo + 1)),
        }
    }
}

/// A program at some level.
pub(crate) struct Program<'c> {
    pub(crate) context: &'c Context,
    pub(crate) module: Module<'c>,
}

/// A context that lives as long as the test process.
pub(crate) fn context() -> &'static Context {
    crate::register();
    Box::leak(Box::new(new_context()))
}

impl<'c> Program<'c> {
    pub(crate) fn parse(context: &'c Context, text: &str) -> Self {
        let module = parse_module(context, text).unwrap_or_else(|e| panic!("{e:#?}\n{text}"));
        Self { context, module }
    }

    /// Runs passes; the warnings and errors when they fail.
    pub(crate) fn try_run(&mut self, passes: &str) -> Result<(), Vec<Diagnostic>> {
        let pipeline = format!("builtin.module({passes})");
        run_pipeline(self.context, &mut self.module, &pipeline).map(drop)
    }

    pub(crate) fn run(&mut self, passes: &str) {
        self.try_run(passes)
            .unwrap_or_else(|e| panic!("{passes}: {e:#?}\n{}", self.text()));
    }

    /// The first error of passes that must fail, with its notes.
    pub(crate) fn error(&mut self, passes: &str) -> String {
        let diagnostics = self.try_run(passes).expect_err("the passes should fail");
        let first = &diagnostics[0];
        [std::slice::from_ref(&first.message), &first.notes]
            .concat()
            .join("\n")
    }

    pub(crate) fn graph(&self) -> Graph<'c> {
        let function = find_op(self.module.as_operation(), "func.func").expect("a function");
        Graph::read(function).expect("a straight-line function")
    }

    pub(crate) fn constants(&self) -> Constants {
        Constants::of_module(self.module.as_operation())
    }

    pub(crate) fn text(&self) -> String {
        self.module.as_operation().to_string()
    }

    /// Evaluates the program on integers, and checks that the range analysis holds the results.
    pub(crate) fn integers(&self, inputs: &[Vec<i128>]) -> Vec<Vec<i128>> {
        let (graph, constants) = (self.graph(), self.constants());
        let out = eval_with(&graph, &constants, &crate::RoundedFunctions, inputs)
            .unwrap_or_else(|e| panic!("{e}\n{}", self.text()));
        let known = bounds(&graph, &constants).unwrap_or_else(|e| panic!("{e}\n{}", self.text()));
        for (v, t) in graph.outputs.iter().zip(&out) {
            let intervals = known[v.index()].as_ref().expect("outputs have intervals");
            for (i, n) in intervals.elements().values.iter().zip(&t.values) {
                assert!(i.encloses(Interval::new(*n, *n)), "{n} is not in {i}");
            }
        }
        out.into_iter().map(|t| t.values).collect()
    }

    /// The interval of each argument's type, and its number of elements.
    pub(crate) fn arguments(&self) -> Vec<(Interval, usize)> {
        let graph = self.graph();
        let one = |v: &zkc_support::ValueId| {
            let t = graph.tensor(*v).expect("a tensor");
            let (lo, hi) = t
                .fixed()
                .and_then(|f| f.bounds_i128())
                .expect("narrow bounds");
            (Interval::new(lo, hi), t.elements().expect("a static shape"))
        };
        graph.inputs.iter().map(one).collect()
    }

    /// Inputs within the types, extreme ones among them.
    pub(crate) fn inputs(&self, random: &mut Random) -> Vec<Vec<i128>> {
        self.arguments()
            .into_iter()
            .map(|(i, n)| {
                // All at one end, now and then: that is where sums are greatest.
                match random.below(8) {
                    0 => vec![i.lo; n],
                    1 => vec![i.hi; n],
                    _ => (0..n).map(|_| random.within(i)).collect(),
                }
            })
            .collect()
    }

    /// Scales of the arguments and of the results.
    pub(crate) fn scales(&self) -> (Vec<u32>, Vec<u32>) {
        let graph = self.graph();
        let of = |list: &[zkc_support::ValueId]| {
            let scale = |v: &zkc_support::ValueId| graph.tensor(*v)?.fixed().map(|f| f.scale);
            list.iter()
                .map(|v| scale(v).expect("a fixed type"))
                .collect()
        };
        (of(&graph.inputs), of(&graph.outputs))
    }
}

/// Converts a function of the core set and compares it with its float values on random inputs:
/// the greatest absolute error. Every result must lie within its bounds, at each level, and
/// further passes must not change one.
pub(crate) fn conversion_error(text: &str, options: &str, seed: u64) -> f64 {
    let context = context();
    let floats = Program::parse(context, text);
    let mut fixed = Program::parse(context, text);
    fixed.run(&format!("convert-onnx-to-zkarith{{{options}}}"));
    let mut tables = Program::parse(context, &fixed.text());
    tables.run("zkarith-merge-scales,zkarith-pool-early,convert-zkarith-to-poly-ext,canonicalize,cse,zkarith-verify-bounds");
    let (in_scales, out_scales) = fixed.scales();
    let graph = floats.graph();
    let mut random = Random::new(seed);
    let mut worst = 0.0f64;
    for _ in 0..24 {
        let inputs = fixed.inputs(&mut random);
        let found = fixed.integers(&inputs);
        assert_eq!(found, tables.integers(&inputs), "{}", tables.text());
        let reals: Vec<onnx::Tensor> = graph
            .inputs
            .iter()
            .zip(inputs.iter().zip(&in_scales))
            .map(|(v, (values, scale))| {
                let shape = graph.tensor(*v).expect("a tensor").shape;
                let values = values.iter().map(|n| dequantize(*n, *scale)).collect();
                onnx::Tensor::f64s(&shape, values)
            })
            .collect();
        let wanted = onnx::eval(&graph, &floats.constants(), &reals).expect("a float value");
        for ((found, scale), wanted) in found.iter().zip(&out_scales).zip(&wanted) {
            for (n, x) in found.iter().zip(wanted.to_f64()) {
                worst = worst.max((dequantize(*n, *scale) - x).abs());
            }
        }
    }
    worst
}
