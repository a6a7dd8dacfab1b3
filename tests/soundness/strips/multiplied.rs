//! Products of two computed matrices: the audit of random evaluation finds what was changed in their running sums.

use anyhow::Result;
use zkc_circuit::{AffineMap, Circuit, ExprNode, Fill, Query};

use super::audited::Changed;
use super::sites::{family, group};
use crate::case::{Case, Compiled};

/// The gates of the running sums.
const RUNNING: [&str; 2] = ["next_left_sum", "next_right_sum"];
/// The gate of the sum of everything.
const TOTAL: &str = "next_total";

/// Every change that an honest prover would notice is found; whether there was any product.
pub(super) fn finds(case: &Case, compiled: &Compiled) -> Result<bool> {
    let circuit = &compiled.circuit;
    let (Some(left), Some(right)) = (group(circuit, "left_sum"), group(circuit, "right_sum"))
    else {
        return Ok(false);
    };
    let changed = Changed::new(case, compiled)?;
    // A selector says which cells a row adds, whether the sums go on, or whether a block ends.
    changed.found("a row less", rows(circuit, less)?)?;
    changed.found("a row more", rows(circuit, more)?)?;
    changed.found("one selector for another", rows(circuit, beside)?)?;
    changed.found("no selector", without(circuit))?;
    let all = [RUNNING[0], RUNNING[1], TOTAL];
    changed.found(
        "another step",
        edited(circuit, &all, |nodes, at| match nodes[at] {
            ExprNode::Challenge(_) => Some(ExprNode::Const(1)),
            _ => None,
        }),
    )?;
    changed.found(
        "rows numbered like columns",
        edited(circuit, &RUNNING, |nodes, at| match nodes[at] {
            ExprNode::Challenge(one) => {
                let other = (0..circuit.challenges.len() as u32).find(|other| *other != one)?;
                Some(ExprNode::Challenge(other))
            }
            _ => None,
        }),
    )?;
    changed.found(
        "another cell",
        edited(circuit, &all, |nodes, at| match &nodes[at] {
            ExprNode::Query(query) if is_value(circuit, query) => {
                let others = nodes[at + 1..].iter().chain(&nodes[..at]);
                let mut other = others.filter(|node| match node {
                    ExprNode::Query(other) => is_value(circuit, other) && other != query,
                    _ => false,
                });
                other.next().cloned()
            }
            _ => None,
        }),
    )?;
    changed.found(
        "another constant",
        edited(circuit, &RUNNING, |nodes, at| match nodes[at] {
            ExprNode::Const(value) => Some(ExprNode::Const(value + 1)),
            _ => None,
        }),
    )?;
    changed.found(
        "without the coefficient",
        edited(circuit, &RUNNING, |nodes, at| match &nodes[at] {
            ExprNode::Query(query) if named(circuit, query) == "coefficient" => {
                Some(ExprNode::Const(1))
            }
            _ => None,
        }),
    )?;
    let of = |query: &Query| [left, right].contains(&query.group);
    changed.found(
        "one sum for the other",
        edited(circuit, &[TOTAL], |nodes, at| match &nodes[at] {
            ExprNode::Query(query) if of(query) => Some(ExprNode::Query(Query {
                group: left + right - query.group,
                ..*query
            })),
            _ => None,
        }),
    )?;
    changed.found(
        "a sum without its last step",
        edited(circuit, &[TOTAL], |nodes, at| match &nodes[at] {
            ExprNode::Query(query) if of(query) => Some(ExprNode::Query(Query {
                rotation: 0,
                ..*query
            })),
            _ => None,
        }),
    )?;
    Ok(true)
}

fn named<'a>(circuit: &'a Circuit, query: &Query) -> &'a str {
    &circuit.groups[query.group as usize].name
}

/// Whether a cell of an operand is read.
fn is_value(circuit: &Circuit, query: &Query) -> bool {
    ["cell", "limb"].contains(&named(circuit, query))
}

/// Another circuit for each node of some gates that `edit` replaces.
fn edited(
    circuit: &Circuit,
    gates: &[&str],
    edit: impl Fn(&[ExprNode], usize) -> Option<ExprNode>,
) -> Vec<Circuit> {
    let mut out = Vec::new();
    for (gate, info) in circuit.gates.iter().enumerate() {
        if !gates.contains(&info.name.as_str()) {
            continue;
        }
        for (constraint, info) in info.constraints.iter().enumerate() {
            for at in 0..info.poly.nodes.len() {
                if let Some(node) = edit(&info.poly.nodes, at) {
                    let mut circuit = circuit.clone();
                    circuit.gates[gate].constraints[constraint].poly.nodes[at] = node;
                    out.push(circuit);
                }
            }
        }
    }
    out
}

/// The fills of the selectors of products, by number.
fn selectors(circuit: &Circuit) -> Vec<usize> {
    let is_of_product = |index: &usize| {
        let group = circuit.fills[*index].group.0 as usize;
        let kind = circuit.groups[group].name.strip_prefix("q_");
        kind.is_some_and(|kind| family(kind) == "contraction")
    };
    (0..circuit.fills.len()).filter(is_of_product).collect()
}

/// Another circuit without each of these fills.
fn without(circuit: &Circuit) -> Vec<Circuit> {
    let without = |fill| {
        let mut circuit = circuit.clone();
        circuit.fills.remove(fill);
        circuit
    };
    selectors(circuit).into_iter().map(without).collect()
}

/// A fixed cell: column in its group, and row.
type At = [i64; 2];

/// Other circuits, in which these fills are in other cells.
fn rows(circuit: &Circuit, edit: impl Fn(&[At]) -> Vec<Vec<At>>) -> Result<Vec<Circuit>> {
    let mut out = Vec::new();
    let selectors = selectors(circuit);
    let mut all = Vec::new();
    for fill in &selectors {
        all.push(cells(&circuit.fills[*fill])?);
    }
    for (fill, own) in selectors.iter().zip(&all) {
        let info = &circuit.fills[*fill];
        for cells in edit(own) {
            let group = circuit.groups[info.group.0 as usize].count as i64;
            // No cell is filled twice, and there are as many columns as before.
            let free = |at: &At| {
                let others = selectors.iter().zip(&all).filter(|(other, _)| {
                    *other != fill && circuit.fills[**other].group == info.group
                });
                at[0] < group && others.into_iter().all(|(_, cells)| !cells.contains(at))
            };
            if !cells.iter().all(free) {
                continue;
            }
            let mut circuit = circuit.clone();
            circuit.fills.remove(*fill);
            circuit.fills.extend(cells.iter().map(|at| Fill {
                domain: Vec::new(),
                at: AffineMap::constant(0, at),
                ..info.clone()
            }));
            out.push(circuit);
        }
    }
    Ok(out)
}

/// The cells of a fill, in the order of its domain.
fn cells(fill: &Fill) -> Result<Vec<At>> {
    let mut points = vec![Vec::new()];
    for extent in &fill.domain {
        let longer =
            |point: Vec<i64>| (0..*extent as i64).map(move |i| [point.as_slice(), &[i]].concat());
        points = points.into_iter().flat_map(longer).collect();
    }
    let cells = points.into_iter().map(|point| {
        let at = fill.at.eval(&point)?;
        Ok([at[0], at[1]])
    });
    cells.collect()
}

/// Without any one row.
fn less(cells: &[At]) -> Vec<Vec<At>> {
    let without = |at: &At| cells.iter().copied().filter(|other| other != at).collect();
    cells.iter().map(without).collect()
}

/// With a row before or behind any row, where none is yet.
fn more(cells: &[At]) -> Vec<Vec<At>> {
    let around = cells.iter().flat_map(|[column, row]| {
        let rows = [row - 1, row + 1].into_iter().filter(|row| *row > 0);
        rows.map(|row| [*column, row])
    });
    let new = around.filter(|at| !cells.contains(at));
    new.map(|at| [cells, &[at]].concat()).collect()
}

/// With another selector on any one row.
fn beside(cells: &[At]) -> Vec<Vec<At>> {
    let moved = |at: &At| {
        let other = [at[0] + 1, at[1]];
        let cells = cells
            .iter()
            .map(|cell| if cell == at { other } else { *cell });
        cells.collect()
    };
    cells.iter().map(moved).collect()
}
