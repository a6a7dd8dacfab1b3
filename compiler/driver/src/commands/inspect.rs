//! `zkc inspect`: where the rows go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use zkc_circuit::{Circuit, Op};

use crate::backends::{self, Origin};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::report::{
    GateReport, InspectReport, NodeReport, TableReport, input_ranges, integer, output_ranges,
};

/// Describes a compiled model.
pub fn inspect(path: &Path) -> Result<InspectReport> {
    let model = Model::load(path)?;
    let zkc_bytes = std::fs::metadata(path)
        .map_err(|error| Error::io("cannot read", path, &error))?
        .len();
    let prepared = backends::prepare(model.backend, model.circuit.clone(), Origin::File(path))?;
    let report = zkc_circuit::report(prepared.circuit(), prepared.layout());
    Ok(InspectReport {
        model: model.name.clone(),
        backend: model.backend.name().into(),
        compiled_by: model.producer.clone(),
        digest: model.digest().to_hex(),
        zkc_bytes,
        size: prepared.size(),
        inputs: input_ranges(&model),
        outputs: output_ranges(&model)?,
        nodes: node_reports(&model, prepared.circuit(), &report),
        gate_list: report
            .gates
            .iter()
            .map(|gate| GateReport {
                name: gate.name.clone(),
                constraints: gate.constraints as u64,
                degree: u64::from(gate.degree),
            })
            .collect(),
        tables: table_reports(&model.circuit),
        approximations: model.approximations,
        pipeline: model.pipeline,
    })
}

fn table_reports(circuit: &Circuit) -> Vec<TableReport> {
    let tables = circuit.tables.iter().enumerate();
    tables
        .map(|(index, table)| TableReport {
            name: table.name.clone(),
            columns: table.columns.len() as u64,
            rows: table.rows(),
            lookups: circuit
                .lookups
                .iter()
                .filter(|lookup| lookup.table.0 as usize == index)
                .count() as u64,
        })
        .collect()
}

/// Rows, cells and constants per ONNX node.
fn node_reports(model: &Model, circuit: &Circuit, report: &zkc_circuit::Report) -> Vec<NodeReport> {
    let constants = constants_by_node(circuit);
    let sources = report.sources.iter();
    sources
        .map(|used| {
            let range = model.nodes.iter().find(|range| range.node == used.source);
            NodeReport {
                node: if used.source.is_empty() {
                    "(shared)".into()
                } else {
                    used.source.clone()
                },
                rows: used.rows,
                cells: used.advice,
                copies: used.copies,
                constants: constants.get(used.source.as_str()).copied().unwrap_or(0),
                scale: range.map(|range| range.scale),
                lo: range.map(|range| integer(range.lo)),
                hi: range.map(|range| integer(range.hi)),
                bits: range.map(|range| range.bits()),
            }
        })
        .collect()
}

/// Counts the constants that each node's instructions read, however they were rearranged before.
fn constants_by_node(circuit: &Circuit) -> BTreeMap<&str, u64> {
    // For each register, the constants that it is rearranged from.
    let mut roots: Vec<BTreeSet<usize>> = Vec::with_capacity(circuit.program.len());
    let mut read: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (index, instruction) in circuit.program.iter().enumerate() {
        let operands = instruction.op.operands();
        let found: BTreeSet<usize> = operands
            .iter()
            .flat_map(|register| roots[register.0 as usize].iter().copied())
            .collect();
        roots.push(match instruction.op {
            Op::Constant { .. } => BTreeSet::from([index]),
            Op::Gather { .. } | Op::Concat { .. } => found,
            _ => {
                read.entry(&instruction.source).or_default().extend(found);
                BTreeSet::new()
            }
        });
    }
    let elements = |register: &usize| circuit.program[*register].shape.iter().product::<u64>();
    read.into_iter()
        .map(|(node, constants)| (node, constants.iter().map(elements).sum()))
        .collect()
}
