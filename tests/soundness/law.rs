//! The law: the circuit computes what the model says, shows it, and is satisfied, on every kind of input.

use anyhow::{Context, Result, ensure};
use rand_core_06::RngCore;
use zkc_backend_testing::Random;
use zkc_circuit::{Checker, evaluate};

use crate::case::{Case, Compiled, Values};

/// Random inputs per layout.
const RANDOM: usize = 48;

pub(crate) fn run(case: &Case) -> Result<()> {
    for layout in case.layouts {
        let compiled = case.compile(*layout)?;
        check(case, &compiled).with_context(|| format!("{layout:?}"))?;
    }
    Ok(())
}

/// The law for one circuit.
pub(crate) fn check(case: &Case, compiled: &Compiled) -> Result<()> {
    let checker = Checker::new(&compiled.circuit, &compiled.cells);
    for inputs in inputs(compiled).into_iter().chain(case.witness_inputs()) {
        let registers = evaluate(&compiled.circuit, &inputs)?;
        let expected = (case.model)(&inputs);
        ensure!(
            expected.len() == compiled.circuit.outputs.len(),
            "the model has another number of outputs"
        );
        for (index, expected) in expected.iter().enumerate() {
            let found = registers
                .output(&compiled.circuit, index)
                .map(|tensor| tensor.values.to_vec());
            ensure!(
                found.as_ref() == Some(expected),
                "output {index} of {inputs:?} is {found:?}, expected {expected:?}"
            );
        }
        let grid = compiled
            .cells
            .complete(&compiled.circuit, compiled.cells.assign(&registers))?;
        let infos = compiled.circuit.inputs.iter();
        let shown: Vec<i128> = infos
            .zip(&inputs)
            .filter_map(|(info, values)| info.public.then_some(values))
            .chain(&expected)
            .flatten()
            .copied()
            .collect();
        ensure!(
            grid.public_values(&compiled.cells) == shown,
            "other public values at {inputs:?}"
        );
        if let Some(violation) = checker.check(&grid).first() {
            anyhow::bail!("at {inputs:?}: {violation}");
        }
    }
    Ok(())
}

/// Edge values in all tensors at once, mixtures of them, and random values; the same on every run.
pub(crate) fn inputs(compiled: &Compiled) -> Vec<Values> {
    let infos = &compiled.circuit.inputs;
    let edges: Vec<Vec<i128>> = infos.iter().map(|info| edges(info.lo, info.hi)).collect();
    let lengths: Vec<usize> = infos
        .iter()
        .map(|info| info.shape.iter().product::<u64>() as usize)
        .collect();
    let mut all = Vec::new();
    // One edge value per tensor, every combination of two tensors.
    let first = edges.first().map_or(0, Vec::len);
    let second = edges.get(1).map_or(1, Vec::len);
    for pick in (0..first).flat_map(|i| (0..second).map(move |j| [i, j])) {
        let tensor = |t: usize| vec![edges[t][pick[t.min(1)] % edges[t].len()]; lengths[t]];
        all.push((0..infos.len()).map(tensor).collect());
    }
    let mut random = Random(0x5eed);
    for round in 0..RANDOM {
        let mut tensor = |t: usize| -> Vec<i128> {
            (0..lengths[t])
                .map(|_| {
                    let edge = edges[t][random.below(edges[t].len() as u64) as usize];
                    let width = (infos[t].hi - infos[t].lo) as u128;
                    let any = infos[t].lo + (wide(&mut random) % (width + 1)) as i128;
                    if round % 2 == 0 && random.below(2) == 0 {
                        edge
                    } else {
                        any
                    }
                })
                .collect()
        };
        all.push((0..infos.len()).map(&mut tensor).collect());
    }
    all
}

/// The ends of an interval, what is next to them, and the numbers around zero.
fn edges(lo: i128, hi: i128) -> Vec<i128> {
    let mut edges = vec![lo, lo + 1, -2, -1, 0, 1, 2, hi - 1, hi];
    edges.retain(|value| (lo..=hi).contains(value));
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// A number of 128 bits.
fn wide(random: &mut Random) -> u128 {
    u128::from(random.next_u64()) << 64 | u128::from(random.next_u64())
}
