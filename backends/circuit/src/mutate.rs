//! Mutation tests: a witness that is changed a little must be rejected.
//!
//! Cells are sorted into classes by the register that they hold and the column group they stand in. Of each class some
//! cells are tried, each with all its copies changed along with it, so that no copy constraint does the work of a gate:
//!
//! - alone: plus and minus powers of two, negated, zeroed, flipped (`1 - v`), exchanged with a neighbour;
//! - together with another cell of the same gate, so that the gate still holds: over the integers, such as quotient minus
//!   one and remainder plus divisor, and in the field, such as remainder plus one and quotient minus the divisor's inverse.
//!
//! Columns that are computed rather than placed are classes of their own. In a circuit with challenges, a changed cell makes
//! the prover count lookups again, draw other challenges and derive all columns again; a changed derived cell or count stays
//! as it is, and what follows from it is derived from the changed value.
//!
//! Everything is checked modulo a prime, as a proof would be. Inputs and declared free cells are left alone: other inputs
//! have other honest witnesses.

mod computed;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use num_bigint::{BigInt, BigUint};
use rayon::prelude::*;

use crate::check::{CellValue, Checker};
use crate::elements::NO_ELEMENT;
use crate::layout::{Cell, CellContents, Grid, Held};
use crate::tape::{Node, Tape};
use crate::{ColumnKind, Op};

/// How many mutations are tried.
#[derive(Debug, Clone)]
pub struct MutationOptions {
    /// Cells tried per class, at least 1: spread evenly from the first to the last.
    pub cells_per_class: usize,
    /// The prime modulo which constraints are checked.
    pub modulus: BigUint,
    /// Exponents of the powers of two that are added and subtracted.
    pub bits: Vec<u32>,
}

impl Default for MutationOptions {
    /// Four cells per class, the prime 2^255 - 19, powers of two up to 2^24, 2^32 and 2^64.
    fn default() -> Self {
        let modulus = (BigUint::from(1u8) << 255u32) - BigUint::from(19u8);
        MutationOptions {
            cells_per_class: 4,
            modulus,
            bits: (0..=24).chain([32, 64]).collect(),
        }
    }
}

/// Cells that hold the same register in the same column group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutationClass {
    /// The register; `u32::MAX` for a column that no register fills.
    pub register: u32,
    /// Its operation; `derived` or `multiplicity` for a column that no register fills.
    pub op: &'static str,
    /// The ONNX node.
    pub source: String,
    /// The column group of the home cells.
    pub group: String,
    /// Cells in the class.
    pub cells: usize,
    /// Mutations tried.
    pub tried: usize,
}

impl fmt::Display for MutationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MutationClass {
            register,
            op,
            source,
            group,
            cells,
            tried,
        } = self;
        match *register {
            u32::MAX => write!(f, "{op} column of `{source}` in `{group}`: ")?,
            _ => write!(f, "register {register} ({op} of `{source}`) in `{group}`: ")?,
        }
        write!(f, "{cells} cells, {tried} mutations")
    }
}

/// A mutation that nothing rejects: a second witness for the same inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// Index into [`MutationReport::classes`].
    pub class: usize,
    /// What was changed: home cells with the honest value and the new one, modulo the prime.
    pub changes: Vec<(CellValue, BigInt)>,
}

impl fmt::Display for Survivor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes: Vec<String> = self
            .changes
            .iter()
            .map(|(cell, value)| format!("{cell} to {value}"))
            .collect();
        write!(f, "not rejected: {}", changes.join(", "))
    }
}

/// What the mutations found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MutationReport {
    /// The classes, by register and group.
    pub classes: Vec<MutationClass>,
    /// Mutations that were not rejected.
    pub survivors: Vec<Survivor>,
}

/// New values by element.
type Mutation = BTreeMap<u32, BigInt>;

/// Home cells with their honest values, and the new ones.
type Changes = Vec<(CellValue, BigInt)>;

/// The mutation harness for one grid.
#[derive(Debug)]
pub struct Mutations<'a> {
    checker: &'a Checker<'a>,
    grid: &'a Grid,
    options: MutationOptions,
    modulus: BigInt,
}

impl<'a> Mutations<'a> {
    /// A harness for a grid that the checker accepts.
    ///
    /// A circuit with challenges is checked modulo the prime of [`PallasBase`](crate::PallasBase), whatever the options say.
    pub fn new(checker: &'a Checker<'a>, grid: &'a Grid, options: MutationOptions) -> Self {
        let modulus = if checker.uses_field() {
            crate::PallasBase::modulus()
        } else {
            BigInt::from(options.modulus.clone())
        };
        Mutations {
            checker,
            grid,
            options,
            modulus,
        }
    }

    /// Tries all mutations of all classes.
    pub fn run(&self) -> MutationReport {
        let classes = self.classes();
        let results: Vec<(MutationClass, Vec<Changes>)> = classes
            .into_par_iter()
            .map(|((register, group), elements)| {
                let (tried, survivors) = self.class(&elements);
                let instruction = &self.checker.circuit.program[register as usize];
                let class = MutationClass {
                    register,
                    op: instruction.op.name(),
                    source: instruction.source.clone(),
                    group: self.checker.circuit.groups[group as usize].name.clone(),
                    cells: elements.len(),
                    tried,
                };
                (class, survivors)
            })
            .collect();
        let mut report = MutationReport::default();
        for (class, survivors) in results.into_iter().chain(self.computed()) {
            let index = report.classes.len();
            report.classes.push(class);
            report
                .survivors
                .extend(survivors.into_iter().map(|changes| Survivor {
                    class: index,
                    changes,
                }));
        }
        report
    }

    /// Elements with a home, by register and group.
    fn classes(&self) -> BTreeMap<(u32, u32), Vec<u32>> {
        let layout = self.checker.layout;
        let mut classes: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
        for element in 0..layout.elements.computed() {
            let Some(home) = layout.home(element) else {
                continue;
            };
            if self.is_mutable(element) {
                let register = layout.elements.origin(element).0.0;
                let group = layout.columns[home.column as usize].group;
                classes.entry((register, group)).or_default().push(element);
            }
        }
        classes
    }

    /// Whether the element is determined by the inputs, so that another value would be a second witness.
    fn is_mutable(&self, element: u32) -> bool {
        let elements = &self.checker.layout.elements;
        if element == NO_ELEMENT || elements.is_constant(element) {
            return false;
        }
        let (register, _) = elements.origin(element);
        !matches!(
            self.checker.circuit.program[register.0 as usize].op,
            Op::Input { .. } | Op::Free | Op::ChallengePower { .. }
        )
    }

    /// Mutations tried on one class, and those that survived.
    fn class(&self, elements: &[u32]) -> (usize, Vec<Changes>) {
        let samples = self.options.cells_per_class.clamp(1, elements.len());
        let mut tried = 0;
        let mut survivors = Vec::new();
        for sample in 0..samples {
            // The first and the last cell are the likeliest to be special.
            let position = match samples {
                1 => 0,
                _ => sample * (elements.len() - 1) / (samples - 1),
            };
            let mut seen = BTreeSet::new();
            for mutation in self.mutations(elements[position]) {
                let mutation: Mutation = mutation
                    .into_iter()
                    .map(|(element, value)| {
                        (element, crate::check::reduce(value, Some(&self.modulus)))
                    })
                    .collect();
                let honest = mutation.iter().all(|(element, value)| {
                    *value == crate::check::reduce(self.value(*element), Some(&self.modulus))
                });
                if honest || !seen.insert(mutation.clone()) {
                    continue;
                }
                tried += 1;
                if !self
                    .checker
                    .rejects(self.grid, &self.cells(&mutation), Some(&self.modulus))
                {
                    survivors.push(self.survivor(&mutation));
                }
            }
        }
        (tried, survivors)
    }

    fn home(&self, element: u32) -> Cell {
        // Only elements with a home are ever mutated.
        self.checker
            .layout
            .home(element)
            .unwrap_or(Cell { column: 0, row: 0 })
    }

    fn value(&self, element: u32) -> BigInt {
        BigInt::from(self.grid.value(self.checker.layout, self.home(element)))
    }

    /// The mutation cell by cell, copies included.
    fn cells(&self, mutation: &Mutation) -> BTreeMap<Cell, BigInt> {
        let mut cells = BTreeMap::new();
        for (element, value) in mutation {
            for cell in self.class_of(*element) {
                cells.insert(cell, value.clone());
            }
        }
        cells
    }

    /// The home and all copies of an element.
    fn class_of(&self, element: u32) -> Vec<Cell> {
        let home = self.home(element);
        let copies = &self.checker.layout.copies;
        std::iter::once(home)
            .chain(
                self.checker
                    .copies_of(home)
                    .map(|copy| copies[copy as usize].1),
            )
            .collect()
    }

    fn survivor(&self, mutation: &Mutation) -> Changes {
        mutation
            .iter()
            .map(|(element, value)| {
                let home = self.home(*element);
                (
                    self.checker.cell_value(home, self.value(*element)),
                    value.clone(),
                )
            })
            .collect()
    }

    /// All mutations of one element.
    fn mutations(&self, element: u32) -> Vec<Mutation> {
        let value = self.value(element);
        let alone = |value: BigInt| Mutation::from([(element, value)]);
        let mut mutations = vec![
            alone(-&value),
            alone(BigInt::ZERO),
            alone(BigInt::from(1) - &value),
        ];
        for bits in &self.options.bits {
            let step = BigInt::from(1) << *bits;
            mutations.push(alone(&value + &step));
            mutations.push(alone(&value - &step));
        }
        for other in self.neighbours(element) {
            mutations.push(Mutation::from([
                (element, self.value(other)),
                (other, value.clone()),
            ]));
        }
        self.pairs(element, &mut mutations);
        mutations
    }

    /// Elements in the cells above, below, left and right of the home.
    fn neighbours(&self, element: u32) -> Vec<u32> {
        let layout = self.checker.layout;
        let home = self.home(element);
        let mut found = Vec::new();
        for (columns, rows) in [(-1i64, 0i64), (1, 0), (0, -1), (0, 1)] {
            let column = u32::try_from(i64::from(home.column) + columns).ok();
            let row = u32::try_from(i64::from(home.row) + rows).ok();
            let Some(cell) = column.zip(row).map(|(column, row)| Cell { column, row }) else {
                continue;
            };
            let Some(info) = layout.columns.get(cell.column as usize) else {
                continue;
            };
            let CellContents::Elements(ids) = &info.contents else {
                continue;
            };
            let other = ids.get(cell.row as usize).copied().unwrap_or(NO_ELEMENT);
            if other != element && info.kind == ColumnKind::Advice && self.is_mutable(other) {
                found.push(other);
            }
        }
        found
    }

    /// Changes of two elements that leave a gate of both at 0, as far as the gate is linear in them.
    fn pairs(&self, element: u32, mutations: &mut Vec<Mutation>) {
        let value = self.value(element);
        let cells = self.class_of(element);
        for gate in &self.checker.gates {
            if gate.tape.in_field {
                continue;
            }
            for row in self.rows_of(&gate.tape, &cells) {
                let gradient = self.gradient(&gate.tape, row);
                let Some(own) = gradient.get(&element).filter(|own| **own != BigInt::ZERO) else {
                    continue;
                };
                for (other, slope) in &gradient {
                    if other == &element || *slope == BigInt::ZERO || !self.is_mutable(*other) {
                        continue;
                    }
                    let other_value = self.value(*other);
                    let divisor = gcd(own, slope);
                    // own * (slope / g) + slope * (-own / g) = 0
                    let (step, other_step) = (slope / &divisor, -own / &divisor);
                    // own * 1 + slope * (-own / slope) = 0 in the field
                    let inverse = slope.modinv(&self.modulus).unwrap_or_default();
                    let field_step = -own * inverse;
                    for sign in [BigInt::from(1), BigInt::from(-1)] {
                        mutations.push(Mutation::from([
                            (element, &value + &step * &sign),
                            (*other, &other_value + &other_step * &sign),
                        ]));
                        mutations.push(Mutation::from([
                            (element, &value + &sign),
                            (*other, &other_value + &field_step * &sign),
                        ]));
                    }
                }
            }
        }
    }

    /// Usable rows on which a tape reads one of the cells; the first few.
    fn rows_of(&self, tape: &Tape, cells: &[Cell]) -> Vec<u32> {
        const MOST: usize = 4;
        let layout = self.checker.layout;
        let size = 1i64 << layout.k;
        let mut rows: Vec<u32> = Vec::new();
        for cell in cells {
            for slot in tape.slots.iter().filter(|slot| slot.column == cell.column) {
                let row = (i64::from(cell.row) - i64::from(slot.rotation)).rem_euclid(size) as u32;
                if row < layout.usable_rows && !rows.contains(&row) {
                    rows.push(row);
                }
                if rows.len() == MOST {
                    return rows;
                }
            }
        }
        rows
    }

    /// Derivatives of a polynomial by the elements in its cells, at the honest witness.
    fn gradient(&self, tape: &Tape, row: u32) -> BTreeMap<u32, BigInt> {
        let layout = self.checker.layout;
        let mut values: Vec<BigInt> = Vec::with_capacity(tape.nodes.len());
        for node in &tape.nodes {
            values.push(match node {
                Node::Const(value) => BigInt::from(*value),
                Node::Challenge(_) => BigInt::ZERO,
                Node::Slot(slot) => {
                    let cell = tape.cell(tape.slots[*slot as usize], row);
                    BigInt::from(self.grid.value(layout, cell))
                }
                Node::Neg(child) => -&values[*child as usize],
                Node::Sum(children) => children.iter().map(|child| &values[*child as usize]).sum(),
                Node::Product(children) => children
                    .iter()
                    .map(|child| &values[*child as usize])
                    .product(),
            });
        }
        let mut slopes = vec![BigInt::ZERO; tape.nodes.len()];
        let mut gradient = BTreeMap::new();
        if let Some(root) = slopes.last_mut() {
            *root = BigInt::from(1);
        }
        for (index, node) in tape.nodes.iter().enumerate().rev() {
            let slope = std::mem::take(&mut slopes[index]);
            if slope == BigInt::ZERO {
                continue;
            }
            match node {
                Node::Const(_) | Node::Challenge(_) => {}
                Node::Slot(slot) => {
                    let cell = tape.cell(tape.slots[*slot as usize], row);
                    // A public cell that gates bind holds what the verifier says, whatever the prover changes.
                    let element = match layout.held(cell) {
                        Held::Constant(element) => Some(element),
                        Held::Unknown(unknown) => {
                            Some(unknown).filter(|unknown| *unknown < layout.elements.computed())
                        }
                        Held::Nothing => None,
                    };
                    if let Some(element) = element {
                        *gradient.entry(element).or_insert(BigInt::ZERO) += slope;
                    }
                }
                Node::Neg(child) => slopes[*child as usize] -= slope,
                Node::Sum(children) => {
                    children
                        .iter()
                        .for_each(|child| slopes[*child as usize] += &slope);
                }
                Node::Product(children) => {
                    for (position, child) in children.iter().enumerate() {
                        let others = children
                            .iter()
                            .enumerate()
                            .filter(|(other, _)| *other != position)
                            .map(|(_, child)| &values[*child as usize]);
                        slopes[*child as usize] += others.fold(slope.clone(), |a, b| a * b);
                    }
                }
            }
        }
        gradient
    }
}

/// The greatest common divisor, at least 1.
fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    let (mut a, mut b) = (a.clone(), b.clone());
    while b != BigInt::ZERO {
        let rest = &a % &b;
        a = std::mem::replace(&mut b, rest);
    }
    if a < BigInt::ZERO { -a } else { a }
}
