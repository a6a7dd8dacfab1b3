//! Checking every constraint on concrete values, without keys.
//!
//! halo2's `MockProver` finds what fails; here its findings are put into the words of the description: the gate's and the
//! constraint's name, the row, the cells that were read with their values, and the ONNX nodes they belong to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use halo2_proofs::dev::metadata;
use halo2_proofs::dev::{FailureLocation, MockProver, VerifyFailure};
use halo2_proofs::plonk::Any;
use zkc_backend::{Cost, Error, Stopwatch, declared_gates};
use zkc_circuit::{Cell, CellValue, Circuit, ColumnKind, Expr, Grid, Layout};

use crate::assign::Synthesis;
use crate::columns::{Prepared, with_current};
use crate::field::to_columns;
use crate::system::{FLAVOUR, NAME, install};

/// The most failures that a report spells out.
pub const MAX_REPORTED: usize = 20;

/// The outcome of a mock run.
#[derive(Clone, Debug, PartialEq)]
pub struct MockReport {
    /// What fails, in the order gates, lookups, copies; the first [`MAX_REPORTED`].
    pub failures: Vec<MockFailure>,
    /// How much fails altogether.
    pub total: usize,
    /// What the run cost.
    pub cost: Cost,
}

impl MockReport {
    /// Whether the values satisfy every constraint.
    pub fn is_satisfied(&self) -> bool {
        self.total == 0
    }
}

impl fmt::Display for MockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_satisfied() {
            return writeln!(f, "all constraints hold");
        }
        for failure in &self.failures {
            writeln!(f, "{failure}")?;
        }
        match self.total - self.failures.len() {
            0 => Ok(()),
            more => writeln!(f, "and {more} more"),
        }
    }
}

/// One constraint that does not hold in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockFailure {
    /// What does not hold.
    pub kind: FailureKind,
    /// The row.
    pub row: u32,
    /// The cells that it depends on.
    pub cells: Vec<CellValue>,
}

/// What kind of constraint does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// A polynomial is not 0.
    Constraint {
        /// The gate.
        gate: String,
        /// The constraint.
        constraint: String,
    },
    /// A tuple is no row of its table.
    Lookup {
        /// The lookup.
        lookup: String,
        /// The table.
        table: String,
    },
    /// Two cells that must be equal are not.
    Copy,
    /// A polynomial depends on rows that only blind the proof.
    Blinding {
        /// The gate.
        gate: String,
        /// The constraint.
        constraint: String,
    },
}

impl MockFailure {
    /// The ONNX nodes concerned, in alphabetical order.
    pub fn sources(&self) -> Vec<&str> {
        let sources: BTreeSet<&str> = self.cells.iter().map(|c| c.source.as_str()).collect();
        sources
            .into_iter()
            .filter(|source| !source.is_empty())
            .collect()
    }
}

impl fmt::Display for MockFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FailureKind::Constraint { gate, constraint } => {
                write!(
                    f,
                    "constraint `{constraint}` of gate `{gate}` does not hold"
                )?;
            }
            FailureKind::Lookup { lookup, table } => {
                write!(f, "lookup `{lookup}` finds no such row in table `{table}`")?;
            }
            FailureKind::Copy => write!(f, "a copy differs from its origin")?,
            FailureKind::Blinding { gate, constraint } => {
                write!(
                    f,
                    "constraint `{constraint}` of gate `{gate}` depends on a blinding row"
                )?;
            }
        }
        if !matches!(self.kind, FailureKind::Blinding { .. }) {
            write!(f, " in row {}", self.row)?;
        }
        for (i, source) in self.sources().iter().enumerate() {
            write!(f, "{}`{source}`", if i == 0 { ", at " } else { ", " })?;
        }
        for cell in &self.cells {
            write!(f, "\n  {cell}")?;
        }
        Ok(())
    }
}

/// Checks every constraint of a circuit on the values of `grid`.
///
/// `grid` comes from [`Prepared::assign`] of the same circuit; tests may have changed cells in it. Costs a few percent of
/// a proof.
pub fn mock(prepared: &Arc<Prepared>, grid: &Grid) -> Result<MockReport, Error> {
    prepared.laid_out.check_grid(grid)?;
    let watch = Stopwatch::start();
    let columns = to_columns(&instance_columns(prepared.layout(), grid));
    let run = || {
        let run = MockProver::run(prepared.circuit().k, &Synthesis::Mock(grid), columns);
        let prover = run.map_err(|source| FLAVOUR.failed("laying out a mock proof", source))?;
        // The mock prover gives up where a failing constraint also reads a blinding row (behind a selector that is 0).
        catch_unwind(AssertUnwindSafe(|| {
            prover.verify().err().unwrap_or_default()
        }))
        .map_err(|_| Error::Inconsistent {
            what: "a constraint that does not hold reads a blinding row".into(),
        })
    };
    let found = install(|| with_current(prepared, run))??;
    let mut reporter = Reporter::new(prepared, grid, &found);
    let mut failures = vec![];
    let mut total = 0;
    for failure in &found {
        if reporter.is_repeated(failure) {
            continue;
        }
        total += 1;
        if failures.len() < MAX_REPORTED {
            failures.push(reporter.failure(failure));
        }
    }
    Ok(MockReport {
        failures,
        total,
        cost: watch.cost(),
    })
}

fn instance_columns(layout: &Layout, grid: &Grid) -> Vec<Vec<i128>> {
    let columns = layout.columns.iter().zip(&grid.values);
    columns
        .filter(|(column, _)| column.kind == ColumnKind::Instance)
        .map(|(_, values)| values.to_vec())
        .collect()
}

/// Puts findings into the words of the description.
struct Reporter<'a> {
    prepared: &'a Prepared,
    grid: &'a Grid,
    /// For each copy, where its value comes from; empty if no copy fails.
    homes: BTreeMap<Cell, Cell>,
    /// Homes of the copies reported so far.
    reported: BTreeSet<Cell>,
}

impl<'a> Reporter<'a> {
    fn new(prepared: &'a Prepared, grid: &'a Grid, found: &[VerifyFailure]) -> Reporter<'a> {
        let copy = |failure: &VerifyFailure| matches!(failure, VerifyFailure::Permutation { .. });
        let homes = if found.iter().any(copy) {
            let copies = prepared.layout().copies.iter();
            copies.map(|(home, copy)| (*copy, *home)).collect()
        } else {
            BTreeMap::new()
        };
        Reporter {
            prepared,
            grid,
            homes,
            reported: BTreeSet::new(),
        }
    }

    /// Whether the failure is that of a copy whose origin has been reported: halo2 finds one wrong copy twice, going
    /// round the cells that must be equal.
    fn is_repeated(&mut self, failure: &VerifyFailure) -> bool {
        let VerifyFailure::Permutation { column, location } = failure else {
            return false;
        };
        let cell = self.cell(*column, row(location));
        cell.is_some_and(|cell| !self.reported.insert(self.home(cell)))
    }

    fn circuit(&self) -> &Circuit {
        self.prepared.circuit()
    }

    fn layout(&self) -> &Layout {
        self.prepared.layout()
    }

    fn failure(&self, failure: &VerifyFailure) -> MockFailure {
        match failure {
            VerifyFailure::ConstraintNotSatisfied {
                constraint,
                location,
                ..
            } => {
                let (gate, constraint, poly) = self.constraint(constraint);
                let row = row(location);
                MockFailure {
                    kind: FailureKind::Constraint { gate, constraint },
                    row,
                    cells: self.cells(poly, row),
                }
            }
            VerifyFailure::ConstraintPoisoned { constraint } => {
                let (gate, constraint, _) = self.constraint(constraint);
                MockFailure {
                    kind: FailureKind::Blinding { gate, constraint },
                    row: self.layout().usable_rows,
                    cells: vec![],
                }
            }
            VerifyFailure::Lookup {
                lookup_index,
                location,
            } => {
                let row = row(location);
                let lookup = &self.circuit().lookups[*lookup_index];
                let table = &self.circuit().tables[lookup.table.0 as usize];
                MockFailure {
                    kind: FailureKind::Lookup {
                        lookup: lookup.name.clone(),
                        table: table.name.clone(),
                    },
                    row,
                    cells: self.cells(&lookup.inputs, row),
                }
            }
            VerifyFailure::Permutation { column, location } => {
                let row = row(location);
                let cell = self.cell(*column, row);
                MockFailure {
                    kind: FailureKind::Copy,
                    row,
                    cells: cell.map_or(vec![], |cell| self.differing(cell)),
                }
            }
            // Only halo2 selectors lead to these, and there are none.
            VerifyFailure::CellNotAssigned { .. }
            | VerifyFailure::InstanceCellNotAssigned { .. } => {
                unreachable!("no halo2 selector is declared")
            }
        }
    }

    /// Gate name, constraint name and polynomial of what halo2 knows by indices only.
    fn constraint(&self, found: &metadata::Constraint) -> (String, String, &[Expr]) {
        for (gate_index, gate) in declared_gates(self.circuit()).enumerate() {
            for (index, constraint) in gate.constraints.iter().enumerate() {
                let gate_metadata = metadata::Gate::from((gate_index, NAME));
                if *found == metadata::Constraint::from((gate_metadata, index, NAME)) {
                    let poly = std::slice::from_ref(&constraint.poly);
                    return (gate.name.clone(), constraint.name.clone(), poly);
                }
            }
        }
        unreachable!("halo2 reports constraints that were declared")
    }

    /// The cell in a column that halo2 numbers.
    fn cell(&self, found: metadata::Column, row: u32) -> Option<Cell> {
        let same = |column: &zkc_circuit::LayoutColumn| {
            let kind = match column.kind {
                ColumnKind::Advice => Any::Advice,
                ColumnKind::Fixed => Any::Fixed,
                ColumnKind::Instance => Any::Instance,
            };
            found == metadata::Column::from((kind, column.index_in_kind as usize))
        };
        let position = self.layout().columns.iter().position(same)?;
        let column = u32::try_from(position).ok()?;
        Some(Cell { column, row })
    }

    /// Where the cell's value comes from: itself, unless it is a copy.
    fn home(&self, cell: Cell) -> Cell {
        self.homes.get(&cell).copied().unwrap_or(cell)
    }

    /// The cells that polynomials read in a row, each once.
    fn cells(&self, polys: &[Expr], row: u32) -> Vec<CellValue> {
        let rows = 1i64 << self.layout().k;
        let queries: BTreeSet<_> = polys.iter().flat_map(Expr::queries).collect();
        let cell = |query: &zkc_circuit::Query| {
            let start = self.layout().group_starts[query.group as usize];
            let row = (i64::from(row) + i64::from(query.rotation)).rem_euclid(rows);
            self.cell_value(Cell {
                column: start + query.column,
                row: row as u32,
            })
        };
        queries.iter().map(cell).collect()
    }

    /// The cell's origin and all its copies that have another value.
    fn differing(&self, cell: Cell) -> Vec<CellValue> {
        let value = |cell| self.grid.value(self.layout(), cell);
        let home = self.home(cell);
        let copies = self.homes.iter().filter(|(_, origin)| **origin == home);
        let differing = copies
            .map(|(copy, _)| *copy)
            .filter(|copy| value(*copy) != value(home));
        std::iter::once(home)
            .chain(differing)
            .map(|cell| self.cell_value(cell))
            .collect()
    }

    fn cell_value(&self, cell: Cell) -> CellValue {
        CellValue {
            cell,
            name: self.layout().cell_name(self.circuit(), cell),
            value: self.grid.value(self.layout(), cell).into(),
            source: self.layout().source(self.circuit(), cell).to_owned(),
        }
    }
}

/// The row of a failure. All regions start in row 0, so an offset in one is a row.
fn row(location: &FailureLocation) -> u32 {
    let row = match location {
        FailureLocation::InRegion { offset, .. } => *offset,
        FailureLocation::OutsideRegion { row } => *row,
    };
    u32::try_from(row).unwrap_or(u32::MAX)
}
