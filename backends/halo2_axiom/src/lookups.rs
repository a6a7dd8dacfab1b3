//! Lookups and their tables.
//!
//! Each table of the description has columns of its own, filled from row 0; halo2 repeats the first row in the rows
//! below, as the description says. Each lookup is one halo2 lookup argument: on every usable row, the tuple of inputs must
//! be a row of the table.

use std::collections::{HashMap, HashSet};

use halo2_axiom::circuit::{Layouter, Value};
use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::plonk::{self, ConstraintSystem, TableColumn};
use rayon::prelude::*;
use zkc_circuit::{Cell, Circuit, Expr, ExprId, ExprNode, Grid, Layout, Lookup, Table};

use crate::columns::{Cells, Prepared};
use crate::error::Error;
use crate::field::to_field;

/// Declares the lookup arguments, one per lookup of the description and in its order.
pub(crate) fn configure(
    meta: &mut ConstraintSystem<Fr>,
    circuit: &Circuit,
    cells: &Cells<'_>,
    tables: &[Vec<TableColumn>],
    nodes: &mut usize,
) -> Result<(), Error> {
    for lookup in &circuit.lookups {
        let columns = tables.get(lookup.table.0 as usize);
        let columns = columns.filter(|columns| columns.len() == lookup.inputs.len());
        let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
            return Err(Error::Inconsistent {
                what: format!(
                    "lookup `{}` does not have one input per column of its table",
                    lookup.name
                ),
            });
        };
        let mut failure = None;
        meta.lookup("", |virtual_cells| {
            let inputs = lookup.inputs.iter().enumerate().map(|(i, input)| {
                let what = || format!("input {i} of lookup `{}`", lookup.name);
                cells.tree(virtual_cells, input, what, nodes)
            });
            match inputs.collect::<Result<Vec<_>, _>>() {
                Ok(inputs) => inputs.into_iter().zip(columns.iter().copied()).collect(),
                Err(error) => {
                    failure = Some(error);
                    vec![]
                }
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(())
}

/// Fills the columns of all tables that have some.
pub(crate) fn assign(
    layouter: &mut impl Layouter<Fr>,
    circuit: &Circuit,
    tables: &[Vec<TableColumn>],
) -> Result<(), plonk::Error> {
    let tables = circuit.tables.iter().zip(tables);
    for (table, columns) in tables.filter(|(_, columns)| !columns.is_empty()) {
        layouter.assign_table(
            || "table",
            |mut cells| {
                for (values, column) in table.columns.iter().zip(columns) {
                    for row in 0..values.len() {
                        // Every row below the length has a value.
                        let value = to_field(values.get(row).unwrap_or(0));
                        cells.assign_cell(|| "", *column, row as usize, || Value::known(value))?;
                    }
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}

/// Refuses values that are looked up and are not in their table, before halo2-axiom panics on them.
pub(crate) fn check(prepared: &Prepared, grid: &Grid) -> Result<(), Error> {
    let circuit = &prepared.circuit;
    let used: HashSet<u32> = circuit.lookups.iter().map(|l| l.table.0).collect();
    let rows: HashMap<u32, Rows> = used
        .into_par_iter()
        .map(|table| (table, Rows::new(&circuit.tables[table as usize])))
        .collect();
    let failed = circuit
        .lookups
        .par_iter()
        .find_map_first(|lookup| first_miss(prepared, grid, lookup, &rows[&lookup.table.0]));
    failed.map_or(Ok(()), |reason| Err(Error::Unsatisfied { reason }))
}

/// The rows of a table, to search in.
enum Rows {
    /// One column that counts up: the first value and the last.
    Range(i128, i128),
    One(HashSet<i128>),
    Many(HashSet<Box<[i128]>>),
}

impl Rows {
    fn new(table: &Table) -> Rows {
        use zkc_circuit::TableColumn;
        match table.columns.as_slice() {
            [column @ TableColumn::Range { .. }] => match column.min_max() {
                Some((first, last)) => Rows::Range(first, last),
                None => Rows::One(HashSet::new()),
            },
            [TableColumn::Values(values)] => Rows::One(values.iter().collect()),
            columns => {
                let row = |row| columns.iter().map(|c| c.get(row).unwrap_or(0)).collect();
                Rows::Many((0..table.rows()).map(row).collect())
            }
        }
    }

    fn contains(&self, tuple: &[i128]) -> bool {
        match (self, tuple) {
            (Rows::Range(first, last), [value]) => (*first..=*last).contains(value),
            (Rows::One(values), [value]) => values.contains(value),
            (Rows::Many(rows), tuple) => rows.contains(tuple),
            _ => false,
        }
    }
}

/// Says which lookup fails on which row first, if any.
fn first_miss(prepared: &Prepared, grid: &Grid, lookup: &Lookup, rows: &Rows) -> Option<String> {
    let mut inputs: Vec<Input> = lookup.inputs.iter().map(Input::new).collect();
    let mut tuple = vec![0; inputs.len()];
    for row in 0..prepared.layout.usable_rows {
        for (value, input) in tuple.iter_mut().zip(&mut inputs) {
            let Some(evaluated) = input.value(&prepared.layout, grid, row) else {
                return Some(format!(
                    "what lookup `{}` looks up in row {row} exceeds 128 bits",
                    lookup.name
                ));
            };
            *value = evaluated;
        }
        if !rows.contains(&tuple) {
            return Some(format!(
                "lookup `{}` does not find {tuple:?} of row {row} in table `{}`",
                lookup.name, prepared.circuit.tables[lookup.table.0 as usize].name
            ));
        }
    }
    None
}

/// An expression to evaluate row by row over the integers.
struct Input<'a> {
    expr: &'a Expr,
    /// The nodes' values on the row at hand.
    values: Vec<i128>,
}

impl<'a> Input<'a> {
    fn new(expr: &'a Expr) -> Input<'a> {
        Input {
            expr,
            values: Vec::with_capacity(expr.nodes.len()),
        }
    }

    /// The value on a row; `None` if it does not fit 128 bits.
    ///
    /// Rows past the end are followed by the first ones; the rows that blind the proof count as 0.
    fn value(&mut self, layout: &Layout, grid: &Grid, row: u32) -> Option<i128> {
        let size = 1i64 << layout.k;
        self.values.clear();
        for node in &self.expr.nodes {
            let child = |id: &ExprId| self.values[id.0 as usize];
            let value = match node {
                ExprNode::Const(value) => *value,
                ExprNode::Query(query) => {
                    let at = (i64::from(row) + i64::from(query.rotation)).rem_euclid(size);
                    let start = layout.group_starts[query.group as usize];
                    let cell = Cell {
                        column: start + query.column,
                        row: at as u32,
                    };
                    grid.value(layout, cell)
                }
                // Lookups that read challenges are refused when a circuit is prepared.
                ExprNode::Challenge(_) => return None,
                ExprNode::Neg(id) => child(id).checked_neg()?,
                ExprNode::Sum(ids) => {
                    let mut sum = ids.iter().map(child);
                    sum.try_fold(0i128, |sum, value| sum.checked_add(value))?
                }
                ExprNode::Product(ids) => {
                    let mut product = ids.iter().map(child);
                    product.try_fold(1i128, |product, value| product.checked_mul(value))?
                }
            };
            self.values.push(value);
        }
        Some(self.values.last().copied().unwrap_or(0))
    }
}
