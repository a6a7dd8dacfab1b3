//! Both layouts of every kind of layer: the same outputs, and proofs of both.
//!
//! The program of integers is the same, and only the last passes differ. The direct layout, the slow twin, needs no
//! challenges and is proven by both backends, on that with challenges with lookups as sums; the layout in strips is proven
//! with both commitments. Where the rows are too many for a test, all constraints are checked and nothing is proven.

use anyhow::{Context, Result, ensure};
use onnx_protobuf::{Message, ModelProto, TensorProto};
use serde_json::Value;
use zkc_backend_testing::Random;
use zkc_circuit::{Checker, Circuit, Grid, InputInfo, evaluate};
use zkc_halo2_axiom::{Commitment, InsecureSetup};
use zkc_tests::networks::{Network, Tensor, Window};

use crate::work::{Work, numbers};

/// The largest circuits that are proven, by the base-2 logarithm of their rows.
const PROVEN: u32 = 14;

/// A network with one layer of a kind, and what stands around it: from its input to its output.
type Layers = fn(&mut Network, Tensor) -> Tensor;

/// A kind of layer: its name, the shape of the input, and a small network of it.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    shape: &'static [i64],
    layers: Layers,
}

const VECTOR: &[i64] = &[1, 4];
const BATCH: &[i64] = &[2, 3];
const IMAGE: &[i64] = &[1, 2, 4, 4];

/// All kinds that networks are made of.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "dense",
        shape: BATCH,
        layers: |n, x| n.dense(&x, 3),
    },
    Kind {
        name: "relu",
        shape: VECTOR,
        layers: |n, x| {
            let x = n.dense(&x, 3);
            n.activation("Relu", &x)
        },
    },
    Kind {
        name: "sigmoid",
        shape: VECTOR,
        layers: |n, x| {
            let x = n.dense(&x, 2);
            n.activation("Sigmoid", &x)
        },
    },
    Kind {
        name: "tanh",
        shape: VECTOR,
        layers: |n, x| {
            let x = n.dense(&x, 2);
            n.activation("Tanh", &x)
        },
    },
    Kind {
        name: "residual",
        shape: VECTOR,
        layers: |n, x| {
            let a = n.dense(&x, 4);
            let a = n.activation("Relu", &a);
            let b = n.dense(&x, 4);
            let sum = n.add(&a, &b);
            let sum = n.add(&sum, &x);
            n.activation("Relu", &sum)
        },
    },
    Kind {
        name: "side-by-side",
        shape: VECTOR,
        layers: |n, x| {
            let a = n.dense(&x, 2);
            let a = n.activation("Relu", &a);
            let b = n.dense(&x, 3);
            let b = n.activation("Relu", &b);
            n.concat(&[&a, &b])
        },
    },
    Kind {
        name: "convolution",
        shape: IMAGE,
        layers: |n, x| {
            let x = n.conv(&x, 2, 1, &Window::square(3));
            n.activation("Relu", &x)
        },
    },
    Kind {
        name: "strided-grouped-convolution",
        shape: IMAGE,
        layers: |n, x| n.conv(&x, 4, 2, &Window::square(3).strided(2).padded(1)),
    },
    Kind {
        name: "dilated-convolution",
        shape: IMAGE,
        layers: |n, x| {
            let mut window = Window::square(2).padded(1);
            window.dilations = vec![2, 1];
            n.conv(&x, 1, 1, &window)
        },
    },
    Kind {
        name: "max-pool",
        shape: IMAGE,
        layers: |n, x| {
            let x = n.activation("Relu", &x);
            n.pool("MaxPool", &x, &Window::square(3).strided(2).padded(1))
        },
    },
    Kind {
        name: "average-pool",
        shape: IMAGE,
        layers: |n, x| n.pool("AveragePool", &x, &Window::square(3).padded(1)),
    },
    Kind {
        name: "branches",
        shape: IMAGE,
        layers: |n, x| {
            let a = n.conv(&x, 1, 1, &Window::square(1));
            let a = n.activation("Relu", &a);
            let b = n.pool("AveragePool", &x, &Window::square(2).strided(2));
            let a = n.pool("MaxPool", &a, &Window::square(2).strided(2));
            let y = n.concat(&[&a, &b]);
            let y = n.flatten(&y);
            n.dense(&y, 2)
        },
    },
];

/// Integers as tensors of the circuit have them, one list for each.
type Values = Vec<Vec<i128>>;

/// Compiles a kind under both layouts, and compares and proves what comes of it.
pub(crate) fn both(kind: &Kind) -> Result<()> {
    let work = Work::new()?;
    let (mut network, x) = Network::new(17, kind.shape);
    let y = (kind.layers)(&mut network, x);
    let model: ModelProto = network.finish(&y);
    work.write("model.onnx", &model.write_to_bytes()?)?;
    work.zkc(&[
        "compile",
        "model.onnx",
        "--backend",
        "halo2-axiom",
        "--input-range",
        "-1:1",
        "-o",
        "m.zkc",
    ])?;
    let report = work.zkc(&["inspect", "m.zkc"])?;
    let pipeline = report["pipeline"].as_str();
    let pipeline = pipeline.context("the report holds no pipeline")?;
    work.tool_done(
        "zkc-translate",
        &["--import-onnx", "model.onnx", "-o", "0.mlir"],
    )?;
    let strips = circuit(&work, pipeline, &[("layout=any", "layout=strips")])?;
    let sums = circuit(&work, pipeline, &[("layout=any", "layout=direct")])?;
    let plain = [
        ("layout=any lookups=sums", "layout=direct"),
        (",plonk-lower-lookups", ""),
    ];
    let direct = circuit(&work, pipeline, &plain)?;
    ensure!(direct.challenges.is_empty(), "the slow twin has challenges");

    let inputs: Values = strips.inputs.iter().map(integers).collect();
    let outputs = infer(&work, &strips.inputs, &inputs)?;
    let proven = |name: &str, circuit: &Circuit, systems: &[System]| -> Result<()> {
        let (grid, computed) = witness(circuit, &inputs)?;
        ensure!(
            computed == outputs,
            "it computes {computed:?}, infer {outputs:?}"
        );
        if circuit.k > PROVEN {
            ensure!(name != "strips", "the network is too large for a test");
            return Ok(());
        }
        for system in systems {
            let shown = match system {
                System::Halo2 => proofs::by_halo2(circuit, &grid),
                System::Axiom(commitment) => proofs::by_axiom(circuit, &grid, *commitment),
            }?;
            ensure!(
                shown == outputs,
                "the proof by {system:?} shows {shown:?} of {outputs:?}"
            );
        }
        Ok(())
    };
    let all: [(&str, &Circuit, &[System]); 3] = [
        ("direct", &direct, &[System::Halo2]),
        ("direct with sums", &sums, &[System::Axiom(Commitment::Kzg)]),
        ("strips", &strips, &Commitment::ALL.map(System::Axiom)),
    ];
    for (name, circuit, systems) in all {
        proven(name, circuit, systems).with_context(|| name.to_owned())?;
    }
    Ok(())
}

/// What makes a proof.
#[derive(Clone, Copy, Debug)]
enum System {
    Halo2,
    Axiom(Commitment),
}

/// The circuit that the passes make of the model with some of them changed.
fn circuit(work: &Work, pipeline: &str, changes: &[(&str, &str)]) -> Result<Circuit> {
    let mut passes = pipeline.to_owned();
    for (from, to) in changes {
        ensure!(passes.contains(from), "`{pipeline}` has no `{from}`");
        passes = passes.replace(from, to);
    }
    let passes = format!("--pass-pipeline={passes}");
    work.tool_done("zkc-opt", &["0.mlir", &passes, "-o", "1.mlir"])?;
    work.tool_done(
        "zkc-translate",
        &["--export-circuit", "1.mlir", "-o", "circuit"],
    )?;
    Ok(Circuit::decode(&work.read("circuit")?)?)
}

/// The values of all cells, which satisfy all constraints, and the outputs.
fn witness(circuit: &Circuit, inputs: &Values) -> Result<(Grid, Values)> {
    let layout = zkc_circuit::validate(circuit);
    let layout = layout.map_err(|errors| anyhow::anyhow!("{}", errors[0]))?;
    let registers = evaluate(circuit, inputs)?;
    let grid = layout.complete(circuit, layout.assign(&registers))?;
    let violations = Checker::new(circuit, &layout).check(&grid);
    ensure!(violations.is_empty(), "{}", violations[0]);
    let outputs = (0..circuit.outputs.len()).map(|index| {
        let output = registers.output(circuit, index);
        Ok(output.context("an output has no register")?.values.to_vec())
    });
    Ok((grid, outputs.collect::<Result<Values>>()?))
}

/// Random integers of an input.
fn integers(info: &InputInfo) -> Vec<i128> {
    let mut random = Random(info.shape.len() as u64);
    let count: u64 = info.shape.iter().product();
    let width = (info.hi - info.lo) as u64 + 1;
    let values = (0..count).map(|_| info.lo + i128::from(random.below(width)));
    values.collect()
}

/// What `zkc infer` computes of the same integers.
fn infer(work: &Work, infos: &[InputInfo], inputs: &Values) -> Result<Values> {
    let (info, values) = (&infos[0], &inputs[0]);
    // Exact: an input has fewer bits than a float.
    let reals = values
        .iter()
        .map(|value| (*value as f64 * f64::from(-info.scale).exp2()) as f32);
    let tensor = TensorProto {
        name: info.name.clone(),
        dims: info.shape.iter().map(|extent| *extent as i64).collect(),
        data_type: 1,
        raw_data: reals.flat_map(f32::to_le_bytes).collect(),
        ..TensorProto::default()
    };
    work.write("x.pb", &tensor.write_to_bytes()?)?;
    let report = work.zkc(&["infer", "m.zkc", "--input", "x.pb"])?;
    let outputs = report["output_integers"].as_array();
    let outputs = outputs.context("infer gives no outputs")?.iter();
    let outputs = outputs.map(|output: &Value| {
        let values = numbers(output)?;
        Ok(values.into_iter().map(|value| value as i128).collect())
    });
    outputs.collect()
}

/// Real proofs: what they show of the outputs.
mod proofs {
    use std::sync::Arc;

    use zkc_tests::tools::Tools;

    use super::{Circuit, Commitment, Grid, InsecureSetup, Result, Values};

    pub(super) fn by_halo2(circuit: &Circuit, grid: &Grid) -> Result<Values> {
        use zkc_halo2::{Params, ParamsCache, Prepared, ProvingKey, prove, system_rng, verify};
        let cache = ParamsCache::new(&Tools::get()?.cache);
        let params: Params = cache.load_or_make(circuit.k, &mut |_| {})?.params;
        let prepared = Prepared::try_new(circuit.clone())?;
        let key = ProvingKey::generate(&prepared, &params)?;
        let proof = prove(&params, &key, grid, &mut system_rng()?)?.proof;
        verify(&params, &key.verifying_key(), &proof)?;
        Ok(shown(&proof.public))
    }

    pub(super) fn by_axiom(
        circuit: &Circuit,
        grid: &Grid,
        commitment: Commitment,
    ) -> Result<Values> {
        use zkc_halo2_axiom::{
            Params, ParamsCache, Prepared, ProvingKey, prove, system_rng, verify,
        };
        let params: Params = match commitment {
            Commitment::Kzg => Params::insecure(circuit.k)?,
            Commitment::Ipa => {
                let cache = ParamsCache::new(&Tools::get()?.cache);
                cache.load_or_make(circuit.k, &mut |_| {})?.params
            }
        };
        let prepared: Arc<Prepared> = Prepared::try_new(circuit.clone())?;
        let key = ProvingKey::generate(&prepared, &params)?;
        let proof = prove(&params, &key, grid, &mut system_rng()?)?.proof;
        let verifying = key.verifying_key();
        let needed = verifying.needs_params().map(|_| &params);
        verify(needed, &verifying, &proof, InsecureSetup::Allow)?;
        Ok(shown(&proof.public))
    }

    /// The public outputs.
    fn shown(public: &[zkc_halo2::PublicTensor]) -> Values {
        let outputs = public
            .iter()
            .filter(|tensor| tensor.kind == zkc_halo2::PublicKind::Output);
        outputs.map(|tensor| tensor.values.clone()).collect()
    }
}
