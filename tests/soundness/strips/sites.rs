//! Where units stand, and witnesses of a prover who computes something else.
//!
//! A *fault* is another value of one element of the witness program. Everything that is computed from it follows, public
//! outputs included, so that only what the fault itself breaks can reject the witness.

use std::collections::BTreeMap;

use anyhow::Result;
use num_bigint::BigInt;
use zkc_circuit::{
    Cell, Circuit, ColumnKind, Grid, Instruction, Ints, Op, RegisterId, Registers,
    elements::Resolver, evaluate,
};

use crate::case::{Compiled, Values};

/// Cells with other values.
pub(super) type Changes = BTreeMap<Cell, BigInt>;

/// An element of the witness program: register and row-major position.
pub(super) type Element = (usize, usize);

/// Other values of some elements.
pub(super) type Faults = Vec<(Element, i128)>;

/// Bounds of a program in which anything may be computed.
const ANY: i128 = 1 << 120;

/// One element of a unit: a row of a strip.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// The name of the kind, with its numbers.
    pub(super) kind: String,
    pub(super) strip: usize,
    pub(super) row: u32,
    /// What stands in the cells and limbs, in their order.
    pub(super) cells: Vec<Option<Element>>,
    pub(super) limbs: Vec<Option<Element>>,
}

impl Site {
    /// The kind without its numbers.
    pub(super) fn family(&self) -> &str {
        family(&self.kind)
    }

    /// A number of the kind: the bits that a rescale drops come first.
    pub(super) fn number(&self, index: usize) -> Option<u32> {
        let rest = self.kind[self.family().len()..].trim_start_matches('_');
        rest.split('_').nth(index)?.parse().ok()
    }
}

/// A kind's name up to its first number.
pub(super) fn family(kind: &str) -> &str {
    let Some(end) = kind.find(|c: char| c.is_ascii_digit()) else {
        return kind;
    };
    // A negative number starts with `n`.
    let name = kind[..end].trim_end_matches('_');
    let name = name.strip_suffix("_n").unwrap_or(name);
    name.trim_end_matches('_')
}

/// The group with a name.
pub(super) fn group(circuit: &Circuit, name: &str) -> Option<u32> {
    let at = circuit.groups.iter().position(|group| group.name == name)?;
    Some(at as u32)
}

/// Strips side by side.
pub(super) fn strips(circuit: &Circuit) -> usize {
    group(circuit, "coefficient").map_or(1, |g| circuit.groups[g as usize].count as usize)
}

/// All elements of all units, from the top down, strip by strip.
pub(super) fn sites(compiled: &Compiled) -> Vec<Site> {
    let Compiled { circuit, cells } = compiled;
    let strips = strips(circuit);
    let columns = |name: &str, strip: usize| -> Vec<u32> {
        let Some(group) = group(circuit, name) else {
            return Vec::new();
        };
        let count = circuit.groups[group as usize].count as usize / strips;
        let first = cells.group_starts[group as usize] as usize + strip * count;
        (first..first + count).map(|column| column as u32).collect()
    };
    let element = |column: u32, row: u32| {
        let (register, position) = cells.origin(Cell { column, row })?;
        Some((register.0 as usize, position as usize))
    };
    let mut sites = Vec::new();
    for (index, info) in circuit.groups.iter().enumerate() {
        let Some(kind) = info.name.strip_prefix("q_") else {
            continue;
        };
        let column = cells.group_starts[index];
        for row in (0..cells.usable_rows).filter(|row| fixed(compiled, column, *row) == 1) {
            for strip in 0..strips {
                let elements = |name| columns(name, strip).into_iter().map(|c| element(c, row));
                sites.push(Site {
                    kind: kind.into(),
                    strip,
                    row,
                    cells: elements("cell").collect(),
                    limbs: elements("limb").collect(),
                });
            }
        }
    }
    sites
}

/// The value of a fixed cell.
pub(super) fn fixed(compiled: &Compiled, column: u32, row: u32) -> i128 {
    let none = Grid { values: Vec::new() };
    none.value(&compiled.cells, Cell { column, row })
}

/// An honest witness, from which others are made.
pub(super) struct Witness<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) grid: Grid,
    registers: Registers,
    inputs: Values,
    /// The program without its bounds.
    program: Circuit,
}

impl<'a> Witness<'a> {
    pub(super) fn new(compiled: &'a Compiled, inputs: &Values) -> Result<Self> {
        let registers = evaluate(&compiled.circuit, inputs)?;
        let grid = compiled.cells.assign(&registers);
        let grid = compiled.cells.complete(&compiled.circuit, grid)?;
        let mut program = compiled.circuit.clone();
        for instruction in &mut program.program {
            (instruction.lo, instruction.hi) = (-ANY, ANY);
        }
        for input in &mut program.inputs {
            (input.lo, input.hi) = (-ANY, ANY);
        }
        for output in &mut program.outputs {
            (output.lo, output.hi) = (-ANY, ANY);
        }
        Ok(Witness {
            compiled,
            grid,
            registers,
            inputs: inputs.clone(),
            program,
        })
    }

    /// The instruction that computes an element.
    pub(super) fn instruction(&self, element: Element) -> &Instruction {
        &self.compiled.circuit.program[element.0]
    }

    /// The honest value of an element.
    pub(super) fn value(&self, (register, position): Element) -> i128 {
        let tensor = self.registers.get(RegisterId(register as u32));
        let value = tensor.and_then(|tensor| tensor.values.get(position));
        value.expect("elements of sites are those of the program")
    }

    /// The element of an input that the result of an interval is made of.
    pub(super) fn input(&self, (mut register, mut position): Element) -> Option<Element> {
        let Compiled { circuit, cells } = self.compiled;
        let mut resolver = Resolver::new(circuit, &cells.elements);
        loop {
            match &circuit.program[register].op {
                Op::Input { .. } => return Some((register, position)),
                Op::Affine { .. } | Op::Mul { .. } => {}
                _ => return None,
            }
            let source = *circuit.program[register].op.operands().first()?;
            let element = resolver.resolve(source).ok()?.get(position)?;
            let (origin, at) = cells.elements.origin(element);
            (register, position) = (origin.0 as usize, at as usize);
        }
    }

    /// The cell of an element.
    pub(super) fn home(&self, (register, position): Element) -> Option<Cell> {
        let cells = &self.compiled.cells;
        let own = cells.elements.own(RegisterId(register as u32));
        cells.home(own.start + position as u32)
    }

    /// The element of the same position in a register that an element is computed from: the first one, seen through
    /// shifts, that some operation other than an affine one computes.
    pub(super) fn behind(&self, element: Element) -> Option<Element> {
        let mut register = self.instruction(element).op.operands().first()?.0 as usize;
        while let Op::Affine { terms, .. } = &self.compiled.circuit.program[register].op
            && let [(source, 1)] = terms[..]
        {
            register = source.0 as usize;
        }
        Some((register, element.1))
    }

    /// The cells that differ where some elements have other values; `None` where a prover cannot even compute further.
    pub(super) fn changed(&self, faults: &Faults) -> Option<Changes> {
        let mut program = self.program.clone();
        let mut inputs = self.inputs.clone();
        for ((register, position), value) in faults {
            if let Op::Input { input } = program.program[*register].op {
                *inputs[input as usize].get_mut(*position)? = *value;
                continue;
            }
            let honest = self.registers.get(RegisterId(*register as u32))?;
            let instruction = &mut program.program[*register];
            let mut values: Vec<i128> = match &instruction.op {
                Op::Constant { values } => values.to_vec(),
                _ => honest.values.to_vec(),
            };
            *values.get_mut(*position)? = *value;
            let values = Ints::I128(values);
            instruction.op = Op::Constant { values };
        }
        let registers = evaluate(&program, &inputs).ok()?;
        // Elements are those of the honest program: constants have no cells here but their own.
        let grid = self.compiled.cells.assign(&registers);
        let mut changes = Changes::new();
        for (index, column) in self.compiled.cells.columns.iter().enumerate() {
            if column.kind == ColumnKind::Fixed || column.computed.is_some() {
                continue;
            }
            for row in 0..column.used_rows() {
                let cell = Cell {
                    column: index as u32,
                    row,
                };
                let value = grid.value(&self.compiled.cells, cell);
                if value != self.grid.value(&self.compiled.cells, cell) {
                    changes.insert(cell, value.into());
                }
            }
        }
        Some(changes)
    }

    /// The grid with other values, and lookups counted again where all is in its table; `None` where a value is no integer
    /// of 128 bits.
    pub(super) fn grid_with(&self, changes: &Changes) -> Option<Grid> {
        let mut grid = self.grid.clone();
        for (cell, value) in changes {
            let value = i128::try_from(value).ok()?;
            grid.values[cell.column as usize].set_widening(cell.row as usize, value);
        }
        let Compiled { circuit, cells } = self.compiled;
        Some(cells.complete(circuit, grid.clone()).unwrap_or(grid))
    }
}
