//! What a circuit consists of, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use crate::layout::{Layout, Owner};
use crate::{Circuit, ColumnKind};

/// A column group in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReport {
    /// Name of the group.
    pub name: String,
    /// Who decides the values.
    pub kind: ColumnKind,
    /// Phase of advice columns.
    pub phase: u32,
    /// Number of columns.
    pub columns: u32,
    /// Rows up to the last one that is used.
    pub rows: u32,
    /// Cells that hold something.
    pub cells: u64,
}

/// A gate in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateReport {
    /// Name of the gate.
    pub name: String,
    /// Number of constraints.
    pub constraints: usize,
    /// Largest degree of a constraint.
    pub degree: u32,
}

/// A lookup in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupReport {
    /// Name of the lookup.
    pub name: String,
    /// Name of its table.
    pub table: String,
    /// Number of inputs.
    pub columns: usize,
    /// Rows of the table.
    pub rows: u64,
    /// Largest degree of an input.
    pub degree: u32,
}

/// What one ONNX node takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceReport {
    /// The ONNX node.
    pub source: String,
    /// Distinct rows with advice cells.
    pub rows: u64,
    /// Advice cells.
    pub advice: u64,
    /// Fixed cells: weights, selectors, parameters.
    pub fixed: u64,
    /// Copies into its cells.
    pub copies: u64,
}

/// A circuit in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Name of the model.
    pub name: String,
    /// The grid has 2^k rows.
    pub k: u32,
    /// Rows that may be used.
    pub usable_rows: u32,
    /// Rows up to the last one that is used.
    pub used_rows: u32,
    /// Number of advice columns.
    pub advice_columns: u32,
    /// Number of fixed columns, tables not counted.
    pub fixed_columns: u32,
    /// Number of columns of all tables that are looked up.
    pub table_columns: usize,
    /// Number of instance columns.
    pub instance_columns: u32,
    /// Columns that take part in copies.
    pub equality_columns: u32,
    /// Number of copy constraints.
    pub copies: usize,
    /// Number of public values.
    pub public_values: usize,
    /// Number of challenges.
    pub challenges: usize,
    /// Columns of phase 1, derived once the challenges are known; counted among the advice columns.
    pub derived_columns: usize,
    /// Columns that count lookups; counted among the advice columns.
    pub multiplicities: usize,
    /// Distinct constants that are copied into advice cells.
    pub constants: u64,
    /// Largest degree of a gate.
    pub degree: u32,
    /// The groups.
    pub groups: Vec<GroupReport>,
    /// The gates.
    pub gates: Vec<GateReport>,
    /// The lookups.
    pub lookups: Vec<LookupReport>,
    /// What each ONNX node takes, in order of first placement or fill.
    pub sources: Vec<SourceReport>,
}

/// Counts what a circuit consists of.
pub fn report(circuit: &Circuit, layout: &Layout) -> Report {
    let count = |kind: ColumnKind| {
        layout
            .columns
            .iter()
            .filter(|column| column.kind == kind)
            .count() as u32
    };
    let gates: Vec<GateReport> = circuit
        .gates
        .iter()
        .map(|gate| GateReport {
            name: gate.name.clone(),
            constraints: gate.constraints.len(),
            degree: gate
                .constraints
                .iter()
                .map(|c| c.poly.degree())
                .max()
                .unwrap_or(0),
        })
        .collect();
    let lookups = circuit
        .lookups
        .iter()
        .map(|lookup| {
            let table = circuit.tables.get(lookup.table.0 as usize);
            LookupReport {
                name: lookup.name.clone(),
                table: table.map(|table| table.name.clone()).unwrap_or_default(),
                columns: lookup.inputs.len(),
                rows: table.map_or(0, |table| table.rows()),
                degree: lookup
                    .inputs
                    .iter()
                    .map(|input| input.degree())
                    .max()
                    .unwrap_or(0),
            }
        })
        .collect();
    let groups = groups(circuit, layout);
    let constants = groups
        .iter()
        .skip(circuit.groups.len())
        .map(|group| group.cells)
        .sum();
    Report {
        name: circuit.name.clone(),
        k: circuit.k,
        usable_rows: layout.usable_rows,
        used_rows: layout.used_rows(),
        advice_columns: count(ColumnKind::Advice),
        fixed_columns: count(ColumnKind::Fixed),
        table_columns: (circuit.tables.iter().zip(circuit.looked_up()))
            .filter_map(|(table, looked_up)| looked_up.then_some(table.columns.len()))
            .sum(),
        instance_columns: count(ColumnKind::Instance),
        equality_columns: layout
            .columns
            .iter()
            .filter(|column| column.equality)
            .count() as u32,
        copies: layout.copies.len(),
        public_values: layout.public_cells().count(),
        constants,
        challenges: circuit.challenges.len(),
        derived_columns: circuit.derived.len(),
        multiplicities: circuit.counting_columns().count(),
        degree: gates.iter().map(|gate| gate.degree).max().unwrap_or(0),
        groups,
        gates,
        lookups,
        sources: sources(circuit, layout),
    }
}

fn groups(circuit: &Circuit, layout: &Layout) -> Vec<GroupReport> {
    let mut groups: Vec<GroupReport> = circuit
        .groups
        .iter()
        .map(|group| GroupReport {
            name: group.name.clone(),
            kind: group.kind,
            phase: group.phase,
            columns: group.count,
            rows: 0,
            cells: 0,
        })
        .collect();
    if layout.constants_group.is_some() {
        groups.push(GroupReport {
            name: "constants".to_string(),
            kind: ColumnKind::Fixed,
            phase: 0,
            columns: 0,
            rows: 0,
            cells: 0,
        });
    }
    for (index, column) in layout.columns.iter().enumerate() {
        let group = &mut groups[column.group as usize];
        if Some(column.group) == layout.constants_group {
            group.columns += 1;
        }
        group.rows = group.rows.max(column.used_rows());
        group.cells += owned_rows(layout, index).count() as u64;
    }
    groups
}

/// Rows of a column that hold something, with what put it there.
fn owned_rows(layout: &Layout, column: usize) -> impl Iterator<Item = (u32, Owner)> + '_ {
    let rows = layout.columns[column].used_rows();
    (0..rows).filter_map(move |row| {
        let owner = layout.owner(crate::Cell {
            column: column as u32,
            row,
        });
        (owner != Owner::Nobody).then_some((row, owner))
    })
}

fn sources(circuit: &Circuit, layout: &Layout) -> Vec<SourceReport> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sources: Vec<SourceReport> = Vec::new();
    let mut number = |source| {
        *numbers.entry(source).or_insert_with(|| {
            sources.push(SourceReport {
                source: source.to_string(),
                ..SourceReport::default()
            });
            sources.len() - 1
        })
    };
    let placements: Vec<usize> = circuit
        .placements
        .iter()
        .map(|placement| number(placement.source.as_str()))
        .collect();
    let fills: Vec<usize> = circuit
        .fills
        .iter()
        .map(|fill| number(fill.source.as_str()))
        .collect();
    let source_of = |owner: Owner| match owner {
        Owner::Placement(index) => placements.get(index as usize).copied(),
        Owner::Fill(index) => fills.get(index as usize).copied(),
        Owner::Nobody | Owner::Constants => None,
    };
    // A bit per row and source, as sources alternate between columns.
    let mut rows: Vec<Vec<u64>> = vec![Vec::new(); sources.len()];
    for (index, column) in layout.columns.iter().enumerate() {
        for (row, owner) in owned_rows(layout, index) {
            let Some(source) = source_of(owner) else {
                continue;
            };
            match column.kind {
                ColumnKind::Advice => {
                    sources[source].advice += 1;
                    let words = &mut rows[source];
                    let word = (row / 64) as usize;
                    if words.len() <= word {
                        words.resize(word + 1, 0);
                    }
                    words[word] |= 1 << (row % 64);
                }
                ColumnKind::Fixed => sources[source].fixed += 1,
                ColumnKind::Instance => {}
            }
        }
    }
    for (_, to) in &layout.copies {
        if let Some(source) = source_of(layout.owner(*to)) {
            sources[source].copies += 1;
        }
    }
    for (source, words) in sources.iter_mut().zip(rows) {
        source.rows = words.iter().map(|word| u64::from(word.count_ones())).sum();
    }
    sources
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "k {}: {} of {} usable rows, {} advice, {} fixed, {} table and {} instance columns, degree {}",
            self.k,
            self.used_rows,
            self.usable_rows,
            self.advice_columns,
            self.fixed_columns,
            self.table_columns,
            self.instance_columns,
            self.degree
        )?;
        writeln!(
            f,
            "{} copies over {} columns, {} constants, {} public values",
            self.copies, self.equality_columns, self.constants, self.public_values
        )?;
        if self.challenges + self.derived_columns + self.multiplicities > 0 {
            writeln!(
                f,
                "{} challenges, {} derived columns, {} columns that count lookups",
                self.challenges, self.derived_columns, self.multiplicities
            )?;
        }
        writeln!(
            f,
            "{:<24} {:>8} {:>8} {:>10} {:>10}",
            "group", "kind", "columns", "rows", "cells"
        )?;
        for group in &self.groups {
            let kind = match group.kind {
                ColumnKind::Advice => "advice",
                ColumnKind::Fixed => "fixed",
                ColumnKind::Instance => "instance",
            };
            let GroupReport {
                name,
                columns,
                rows,
                cells,
                ..
            } = group;
            writeln!(
                f,
                "{name:<24} {kind:>8} {columns:>8} {rows:>10} {cells:>10}"
            )?;
        }
        writeln!(f, "{:<24} {:>11} {:>8}", "gate", "constraints", "degree")?;
        for GateReport {
            name,
            constraints,
            degree,
        } in &self.gates
        {
            writeln!(f, "{name:<24} {constraints:>11} {degree:>8}")?;
        }
        writeln!(
            f,
            "{:<24} {:<16} {:>8} {:>10} {:>8}",
            "lookup", "table", "columns", "rows", "degree"
        )?;
        for LookupReport {
            name,
            table,
            columns,
            rows,
            degree,
        } in &self.lookups
        {
            writeln!(
                f,
                "{name:<24} {table:<16} {columns:>8} {rows:>10} {degree:>8}"
            )?;
        }
        writeln!(
            f,
            "{:<32} {:>10} {:>10} {:>10} {:>10}",
            "node", "rows", "advice", "fixed", "copies"
        )?;
        for SourceReport {
            source,
            rows,
            advice,
            fixed,
            copies,
        } in &self.sources
        {
            writeln!(
                f,
                "{source:<32} {rows:>10} {advice:>10} {fixed:>10} {copies:>10}"
            )?;
        }
        Ok(())
    }
}
