//! A case: a function, the layouts it is compiled under, and what it computes.

use std::{fs, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use num_bigint::BigUint;
use zkc_circuit::{Circuit, Grid, Layout as Cells, evaluate, validate};
use zkc_tests::{process, tools::Tools};

/// The inputs or outputs of a function: for each tensor its integers in row-major order.
pub(crate) type Values = Vec<Vec<i128>>;

/// A function with its layouts.
pub(crate) struct Case {
    /// Name of the case.
    pub(crate) name: &'static str,
    /// Text of the module; `LAYOUT` stands for the layout.
    pub(crate) program: &'static str,
    /// Options of `convert-zkarith-to-plonk`.
    pub(crate) options: &'static str,
    /// The layouts.
    pub(crate) layouts: &'static [Layout],
    /// What the function computes.
    pub(crate) model: fn(&Values) -> Values,
    /// Inputs at which a second witness is looked for. Some constraints only show at few of them: with a difference of
    /// zero, for instance, the sign of a maximum is held by its own constraint alone.
    pub(crate) witnesses: &'static [&'static [&'static [i128]]],
}

/// The attribute `plonk.layout` without the number of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Bits of a limb.
    pub(crate) bits: u32,
    /// Products per row of a linear block.
    pub(crate) lanes: u32,
    /// Linear blocks.
    pub(crate) blocks: u32,
    /// Gadget units.
    pub(crate) units: u32,
    /// Limb columns per unit.
    pub(crate) limbs: u32,
}

/// The attribute `plonk.strips` without the number of rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strips {
    /// Bits of a limb.
    pub(crate) bits: u32,
    /// Strips side by side.
    pub(crate) strips: u32,
    /// Weights on a row of a strip.
    pub(crate) lanes: u32,
    /// Whether lines run along the last axis, 0 or 1.
    pub(crate) lines: u32,
}

/// A layout in the order: bits, lanes, blocks, units, limbs.
pub(crate) const fn layout(bits: u32, lanes: u32, blocks: u32, units: u32, limbs: u32) -> Layout {
    Layout {
        bits,
        lanes,
        blocks,
        units,
        limbs,
    }
}

/// The field that constraints are checked in: the scalars of the curve of the `halo2` backend.
pub(crate) fn modulus() -> BigUint {
    BigUint::parse_bytes(
        b"40000000000000000000000000000000224698fc094cf91b992d30ed00000001",
        16,
    )
    .expect("the digits are hexadecimal")
}

/// A circuit with its grid of cells.
pub(crate) struct Compiled {
    pub(crate) circuit: Circuit,
    pub(crate) cells: Cells,
}

impl Compiled {
    /// The honest witness.
    pub(crate) fn witness(&self, inputs: &Values) -> Result<Grid> {
        let registers = evaluate(&self.circuit, inputs)?;
        Ok(self
            .cells
            .complete(&self.circuit, self.cells.assign(&registers))?)
    }
}

impl Case {
    /// Compiles the case under a layout, with as few rows as it fits into.
    pub(crate) fn compile(&self, layout: Layout) -> Result<Compiled> {
        let mut circuit =
            compile(self.program, layout, self.options).with_context(|| format!("{layout:?}"))?;
        // Nothing else in a description depends on the number of rows.
        for k in 4.. {
            circuit.k = k;
            match validate(&circuit) {
                Ok(cells) => return Ok(Compiled { circuit, cells }),
                Err(errors) => {
                    ensure!(k < 12, "{layout:?}: {}", errors[0]);
                }
            }
        }
        unreachable!("the loop ends at k = 12")
    }

    /// Compiles the case with its lookups as sums, with twice the rows that it has without, so that the tables fit one below
    /// the other.
    pub(crate) fn compile_sums(&self, layout: Layout) -> Result<Compiled> {
        let k = self.compile(layout)?.circuit.k + 1;
        self.compile_sums_for(layout, k, "--plonk-lower-lookups")
    }

    /// Compiles the case with its lookups as sums and as few rows as everything but the tables fits into.
    pub(crate) fn compile_sums_low(&self, layout: Layout) -> Result<Compiled> {
        // One fraction for each column. The audit takes cells that nothing is placed in as unknown, but derives columns from
        // zeros there, so that beside another fraction one that is not selected would seem to matter.
        let pass = "--plonk-lower-lookups=degree=3";
        let mut k = 4;
        loop {
            match self.compile_sums_for(layout, k, pass) {
                Err(_) if k < 12 => k += 1,
                done => return done,
            }
        }
    }

    fn compile_sums_for(&self, layout: Layout, k: u32, pass: &str) -> Result<Compiled> {
        let circuit = compile_for(self.program, layout, k, self.options, &[pass])
            .with_context(|| format!("{layout:?}"))?;
        ensure!(
            circuit.lookups.is_empty() && !circuit.multiplicities.is_empty(),
            "{layout:?}: no lookup became a sum"
        );
        let cells = validate(&circuit).map_err(|errors| anyhow!("{layout:?}: {}", errors[0]))?;
        Ok(Compiled { circuit, cells })
    }

    /// Compiles the case in strips, with as few rows as it fits into.
    pub(crate) fn compile_strips(&self, plan: Strips) -> Result<Compiled> {
        let Strips {
            bits,
            strips,
            lanes,
            lines,
        } = plan;
        let program = self.program.replace("plonk.layout", "plonk.strips");
        for k in 4.. {
            let attribute = format!(
                "{{k = {k}, limb_bits = {bits}, strips = {strips}, lanes = {lanes}, lines = {lines}}}"
            );
            let sums = ["--plonk-lower-lookups=degree=3"];
            match compile_with(&program, &attribute, self.options, &sums) {
                Ok(circuit) => {
                    let cells =
                        validate(&circuit).map_err(|errors| anyhow!("{plan:?}: {}", errors[0]))?;
                    return Ok(Compiled { circuit, cells });
                }
                Err(error) => ensure!(k < 10, "{plan:?}: {error:#}"),
            }
        }
        unreachable!("the loop ends at k = 10")
    }

    /// The inputs at which a second witness is looked for.
    pub(crate) fn witness_inputs(&self) -> impl Iterator<Item = Values> {
        self.witnesses
            .iter()
            .map(|inputs| inputs.iter().map(|values| values.to_vec()).collect())
    }
}

/// Compiles a module of `zkarith` under a layout, with many rows.
pub(crate) fn compile(program: &str, layout: Layout, options: &str) -> Result<Circuit> {
    compile_for(program, layout, 12, options, &[])
}

/// Compiles for 2^k rows, with passes after the conversion.
fn compile_for(
    program: &str,
    layout: Layout,
    k: u32,
    options: &str,
    after: &[&str],
) -> Result<Circuit> {
    let Layout {
        bits,
        lanes,
        blocks,
        units,
        limbs,
    } = layout;
    let attribute = format!(
        "{{k = {k}, limb_bits = {bits}, lanes = {lanes}, blocks = {blocks}, units = {units}, limbs = {limbs}}}"
    );
    compile_with(program, &attribute, options, after)
}

/// Compiles under a layout attribute.
fn compile_with(program: &str, attribute: &str, options: &str, after: &[&str]) -> Result<Circuit> {
    let folder = tempfile::Builder::new()
        .prefix("zkc-soundness-")
        .tempdir()?;
    let path = |name: &str| folder.path().join(name);
    fs::write(path("in.mlir"), program.replace("LAYOUT", attribute))?;
    let run = |program: &str, args: &[&str]| -> Result<()> {
        let mut command = Tools::get()?.command(program);
        command.args(args).current_dir(folder.path());
        let done = process::run(&mut command, Duration::from_secs(60))?;
        ensure!(
            done.success(),
            "{program} {}:\n{}",
            args.join(" "),
            done.stderr
        );
        Ok(())
    };
    let pass = format!("--convert-zkarith-to-plonk={options}");
    let mut passes = vec!["in.mlir", "--zkarith-verify-bounds", &pass];
    passes.extend(after);
    passes.extend(["-o", "out.mlir"]);
    run("zkc-opt", &passes)?;
    run(
        "zkc-translate",
        &["--export-circuit", "out.mlir", "-o", "out.circuit"],
    )?;
    let bytes = fs::read(path("out.circuit"))?;
    Circuit::decode(&bytes).map_err(|error| anyhow!("{error}"))
}
