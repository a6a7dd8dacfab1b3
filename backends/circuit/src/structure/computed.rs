//! Rules for columns that the witness program does not fill: multiplicities and derived columns.

use std::collections::BTreeMap;

use super::Structure;
use crate::limits;
use crate::validate::ValidateError;
use crate::{Circuit, ColumnKind, Derived, Expr, ExprNode, GroupId, Multiplicity, Query};

/// What computes a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Multiplicity(usize),
    Derived(usize),
}

/// How an expression depends on the target of a derived column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Dependence {
    /// Degree in the target; 2 stands for everything above 1.
    degree: u32,
    /// Whether the coefficient of the target contains the column itself at rotation 0.
    itself_in_coefficient: bool,
    /// Whether the column itself occurs at rotation 0 anywhere.
    itself: bool,
}

impl Structure<'_> {
    /// Phases of the columns.
    pub(super) fn last_phase(&mut self) {
        for group in &self.circuit.groups {
            if group.kind == ColumnKind::Advice && group.phase > limits::MAX_PHASE {
                self.push(ValidateError::Phase {
                    at: format!("group `{}`", group.name),
                    problem: format!(
                        "phase {}; backends have the phases 0 to {}",
                        group.phase,
                        limits::MAX_PHASE
                    ),
                });
            }
        }
    }

    /// Checks all multiplicities and derived columns. Requires that groups, gates and expressions are in order.
    pub(super) fn computed(&mut self) {
        let circuit = self.circuit;
        let mut sources: BTreeMap<(u32, u32), Source> = BTreeMap::new();
        for (index, multiplicity) in circuit.multiplicities.iter().enumerate() {
            let at = format!("multiplicity {index} of `{}`", multiplicity.source);
            for table in &multiplicity.tables {
                if self.target(&at, (table.group, table.column), 0)
                    && sources
                        .insert((table.group.0, table.column), Source::Multiplicity(index))
                        .is_some()
                {
                    self.shape(&at, "the column is computed twice");
                }
            }
        }
        // One equation determines one column. This also bounds the work below by the size of the gates.
        let mut defining = BTreeMap::new();
        for (index, derived) in circuit.derived.iter().enumerate() {
            let at = format!("derived column {index}");
            if let Some(other) = defining.insert((derived.gate, derived.constraint), index) {
                self.shape(
                    &at,
                    format!("computed from the same constraint as derived column {other}"),
                );
            }
            if self.target(&at, (derived.group, derived.column), 1)
                && sources
                    .insert((derived.group.0, derived.column), Source::Derived(index))
                    .is_some()
            {
                self.shape(&at, "the column is computed twice");
            }
        }
        for (index, group) in circuit.groups.iter().enumerate() {
            let derived = (0..group.count)
                .take_while(|_| group.phase > 0)
                .find(|column| !sources.contains_key(&(index as u32, *column)));
            if let Some(column) = derived {
                self.push(ValidateError::Phase {
                    at: format!("group `{}`, column {column}", group.name),
                    problem: format!("committed in phase {}, but not derived", group.phase),
                });
            }
        }
        if self.count > 0 {
            return;
        }
        for (index, placement) in circuit.placements.iter().enumerate() {
            // Multiplicities share groups with other columns; their cells are checked one by one when the grid is made.
            let group = &circuit.groups[placement.group.0 as usize];
            if group.phase > 0 {
                self.push(ValidateError::Phase {
                    at: format!("placement {index} of `{}`", placement.source),
                    problem: format!(
                        "group `{}` is committed in phase {}, so its columns are derived and nothing is placed in them",
                        group.name, group.phase
                    ),
                });
            }
        }
        for (index, multiplicity) in circuit.multiplicities.iter().enumerate() {
            let at = format!("multiplicity {index} of `{}`", multiplicity.source);
            self.multiplicity(&at, multiplicity, &sources);
        }
        for (index, derived) in circuit.derived.iter().enumerate() {
            self.derived(index, derived, &sources);
        }
    }

    /// Whether a computed column exists and is advice of the right phase.
    fn target(&mut self, at: &str, (group, column): (GroupId, u32), phase: u32) -> bool {
        let circuit = self.circuit;
        let Some(info) = circuit.groups.get(group.0 as usize) else {
            self.index(at, "group", group.0, circuit.groups.len());
            return false;
        };
        if column >= info.count {
            self.index(at, "column", column, info.count as usize);
            return false;
        }
        if info.kind != ColumnKind::Advice || (info.phase > 0) != (phase > 0) {
            let name = &info.name;
            self.shape(at, format!("group `{name}` is no advice of phase {phase}"));
            return false;
        }
        true
    }

    fn multiplicity(
        &mut self,
        at: &str,
        multiplicity: &Multiplicity,
        sources: &BTreeMap<(u32, u32), Source>,
    ) {
        let width = multiplicity.width();
        if multiplicity.tables.is_empty() {
            self.shape(at, "there is no table");
        } else if width == 0 {
            self.shape(at, "the table has no columns");
        }
        for (index, table) in multiplicity.tables.iter().enumerate().skip(1) {
            let columns = table.columns.len();
            if columns != width {
                self.shape(
                    at,
                    format!("table {index} has {columns} columns, and table 0 has {width}"),
                );
            }
        }
        let columns = multiplicity.tables.iter().flat_map(|table| &table.columns);
        for (group, column) in columns.chain(&multiplicity.active) {
            self.fixed_column(at, *group, *column);
        }
        for (index, term) in multiplicity.terms.iter().enumerate() {
            let at = format!("{at}, term {index}");
            if term.inputs.len() != width {
                let inputs = term.inputs.len();
                self.shape(
                    &at,
                    format!("{inputs} inputs for a table of {width} columns"),
                );
            }
            for expr in std::iter::once(&term.selector).chain(&term.inputs) {
                let before = self.count;
                self.expr(&at, expr);
                if self.count == before {
                    self.counted_expr(&at, expr, sources);
                }
            }
        }
    }

    fn fixed_column(&mut self, at: &str, group: GroupId, column: u32) {
        let circuit = self.circuit;
        match circuit.groups.get(group.0 as usize) {
            None => self.index(at, "group", group.0, circuit.groups.len()),
            Some(info) if column >= info.count => {
                self.index(at, "column", column, info.count as usize);
            }
            Some(info) if info.kind != ColumnKind::Fixed => {
                let name = &info.name;
                self.shape(at, format!("group `{name}` is not fixed"));
            }
            Some(_) => {}
        }
    }

    /// What is counted is known before anything is committed, and does not depend on what is counted.
    fn counted_expr(&mut self, at: &str, expr: &Expr, sources: &BTreeMap<(u32, u32), Source>) {
        for node in &expr.nodes {
            match node {
                ExprNode::Challenge(index) => {
                    let name = self.circuit.challenges[*index as usize].name.clone();
                    self.push(ValidateError::Phase {
                        at: at.to_string(),
                        problem: format!("depends on challenge `{name}`"),
                    });
                }
                ExprNode::Query(query) if sources.contains_key(&(query.group, query.column)) => {
                    let cell = cell_name(self.circuit, *query);
                    self.push(ValidateError::Phase {
                        at: at.to_string(),
                        problem: format!("reads {cell}, which is itself computed"),
                    });
                }
                _ => {}
            }
        }
    }

    fn derived(&mut self, index: usize, derived: &Derived, sources: &BTreeMap<(u32, u32), Source>) {
        let circuit = self.circuit;
        let at = format!(
            "derived column {index}, `{}`[{}]",
            circuit.groups[derived.group.0 as usize].name, derived.column
        );
        if !(0..=1).contains(&derived.rotation) {
            return self.shape(&at, format!("rotation {} is not 0 or 1", derived.rotation));
        }
        let Some(gate) = circuit.gates.get(derived.gate as usize) else {
            return self.index(&at, "gate", derived.gate, circuit.gates.len());
        };
        let Some(constraint) = gate.constraints.get(derived.constraint as usize) else {
            let constraints = gate.constraints.len();
            return self.index(&at, "constraint", derived.constraint, constraints);
        };
        let target = Query {
            group: derived.group.0,
            column: derived.column,
            rotation: derived.rotation,
        };
        let phase = circuit.groups[derived.group.0 as usize].phase;
        for node in &constraint.poly.nodes {
            match node {
                ExprNode::Challenge(number) => {
                    let challenge = &circuit.challenges[*number as usize];
                    if challenge.after_phase >= phase {
                        self.push(ValidateError::Phase {
                            at: at.clone(),
                            problem: format!(
                                "committed in phase {phase}, but depends on challenge `{}`, drawn after phase {}",
                                challenge.name, challenge.after_phase
                            ),
                        });
                    }
                }
                ExprNode::Query(query) if *query != target => {
                    let source = sources.get(&(query.group, query.column));
                    let known = match source {
                        Some(Source::Derived(other)) if *other == index => {
                            derived.rotation == 1 && query.rotation == 0
                        }
                        Some(Source::Derived(other)) => *other < index,
                        Some(Source::Multiplicity(_)) | None => true,
                    };
                    if !known {
                        let cell = cell_name(circuit, *query);
                        self.push(ValidateError::Phase {
                            at: at.clone(),
                            problem: format!("depends on {cell}, which is not known before it"),
                        });
                    }
                }
                _ => {}
            }
        }
        let found = dependence(&constraint.poly, target);
        if found.degree != 1 {
            let problem = match found.degree {
                0 => "does not contain",
                _ => "is not linear in",
            };
            let (name, cell) = (&constraint.name, cell_name(circuit, target));
            self.shape(&at, format!("constraint `{name}` {problem} {cell}"));
        } else if found.itself_in_coefficient {
            let (name, cell) = (&constraint.name, cell_name(circuit, target));
            self.shape(
                &at,
                format!("constraint `{name}` multiplies {cell} by the cell above it"),
            );
        }
    }
}

fn cell_name(circuit: &Circuit, query: Query) -> String {
    let rotation = match query.rotation {
        0 => String::new(),
        rotation => format!("@{rotation:+}"),
    };
    let group = &circuit.groups[query.group as usize].name;
    format!("`{group}`[{}]{rotation}", query.column)
}

/// How an expression depends on `target` and on the same column at rotation 0.
fn dependence(expr: &Expr, target: Query) -> Dependence {
    let itself = Query {
        rotation: 0,
        ..target
    };
    let mut nodes: Vec<Dependence> = Vec::with_capacity(expr.nodes.len());
    for node in &expr.nodes {
        let get = |id: &crate::ExprId| nodes[id.0 as usize];
        let found = match node {
            ExprNode::Query(query) if *query == target => Dependence {
                degree: 1,
                ..Dependence::default()
            },
            ExprNode::Query(query) => Dependence {
                itself: *query == itself,
                ..Dependence::default()
            },
            ExprNode::Const(_) | ExprNode::Challenge(_) => Dependence::default(),
            ExprNode::Neg(child) => get(child),
            ExprNode::Sum(children) => {
                children
                    .iter()
                    .map(get)
                    .fold(Dependence::default(), |sum, term| Dependence {
                        degree: sum.degree.max(term.degree),
                        itself_in_coefficient: sum.itself_in_coefficient
                            | term.itself_in_coefficient,
                        itself: sum.itself | term.itself,
                    })
            }
            ExprNode::Product(children) => {
                children
                    .iter()
                    .map(get)
                    .fold(Dependence::default(), |product, factor| Dependence {
                        degree: (product.degree + factor.degree).min(2),
                        itself_in_coefficient: product.itself_in_coefficient
                            | factor.itself_in_coefficient
                            | (product.degree > 0 && factor.itself)
                            | (factor.degree > 0 && product.itself),
                        itself: product.itself | factor.itself,
                    })
            }
        };
        nodes.push(found);
    }
    nodes.last().copied().unwrap_or_default()
}
