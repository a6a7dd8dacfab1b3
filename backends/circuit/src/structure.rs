//! The rules that can be checked without looking at single cells or elements.
//!
//! - sizes lie within [`limits`];
//! - names are unique among groups, challenges, tables, gates and lookups;
//! - every index refers to something that exists; registers precede their users;
//! - expressions and affine maps have the ranks that their use demands, children before parents;
//! - shapes agree as each operation demands, bounds are not empty;
//! - nothing in a phase depends on a challenge drawn later;
//! - there are two phases; every column of phase 1 is derived exactly once, from a constraint that is linear in it and that
//!   contains nothing but what is known by then;
//! - what multiplicities count is known in phase 0.

mod computed;
mod program;

use std::collections::HashSet;

use crate::limits;
use crate::validate::ValidateError;
use crate::{AffineMap, Circuit, ColumnKind, Expr, ExprNode, Op, TableColumn};

/// Most errors collected; more help nobody.
const MAX_ERRORS: usize = 64;

/// Checks everything that needs no look at single cells or elements. Cheap: linear in the size of the description.
pub fn check_structure(circuit: &Circuit) -> Vec<ValidateError> {
    let mut checker = Structure {
        circuit,
        errors: Vec::new(),
        count: 0,
    };
    checker.run();
    checker.errors
}

struct Structure<'a> {
    circuit: &'a Circuit,
    errors: Vec<ValidateError>,
    /// Number of errors found, those that were not collected included.
    count: usize,
}

impl Structure<'_> {
    fn run(&mut self) {
        self.grid();
        self.names();
        self.tables();
        for (index, gate) in self.circuit.gates.iter().enumerate() {
            for constraint in &gate.constraints {
                let at = format!(
                    "gate {index} `{}`, constraint `{}`",
                    gate.name, constraint.name
                );
                self.expr(&at, &constraint.poly);
            }
        }
        for (index, lookup) in self.circuit.lookups.iter().enumerate() {
            let at = format!("lookup {index} `{}`", lookup.name);
            for input in &lookup.inputs {
                self.expr(&at, input);
            }
            let tables = self.circuit.tables.len();
            match self.circuit.tables.get(lookup.table.0 as usize) {
                None => self.index(&at, "table", lookup.table.0, tables),
                Some(table) if table.columns.len() != lookup.inputs.len() => {
                    let (inputs, columns) = (lookup.inputs.len(), table.columns.len());
                    self.shape(
                        &at,
                        format!(
                            "{inputs} inputs for table `{}` of {columns} columns",
                            table.name
                        ),
                    );
                }
                Some(_) => {}
            }
        }
        self.inputs_and_outputs();
        self.program();
        self.placements();
        // Phases follow indices, so those must be right first.
        if self.count == 0 {
            self.phases();
            self.computed();
        }
    }

    fn push(&mut self, error: ValidateError) {
        self.count += 1;
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    fn size(&mut self, at: &str, problem: impl Into<String>) {
        self.push(ValidateError::Size {
            at: at.to_string(),
            problem: problem.into(),
        });
    }

    fn shape(&mut self, at: &str, problem: impl Into<String>) {
        self.push(ValidateError::Shape {
            at: at.to_string(),
            problem: problem.into(),
        });
    }

    fn index(&mut self, at: &str, what: &'static str, index: u32, count: usize) {
        self.push(ValidateError::Index {
            at: at.to_string(),
            what,
            index,
            count,
        });
    }

    fn bounds(&mut self, at: &str, lo: i128, hi: i128) {
        if lo > hi {
            self.push(ValidateError::Bounds {
                at: at.to_string(),
                problem: format!("the bound [{lo}, {hi}] is empty"),
            });
        }
    }

    /// Rows, columns, phases and challenges.
    fn grid(&mut self) {
        let circuit = self.circuit;
        if circuit.usable_rows().is_none() {
            let problem = format!(
                "2^{} rows leave no usable row or exceed 2^{}",
                circuit.k,
                limits::MAX_K
            );
            self.size("circuit", problem);
        }
        let columns: u64 = circuit
            .groups
            .iter()
            .map(|group| u64::from(group.count))
            .sum();
        let cells = columns.checked_shl(circuit.k.min(limits::MAX_K));
        if columns > limits::MAX_COLUMNS || cells.is_none_or(|cells| cells > limits::MAX_CELLS) {
            self.size(
                "circuit",
                format!(
                    "{columns} columns of 2^{} rows; at most {} columns and {} cells",
                    circuit.k,
                    limits::MAX_COLUMNS,
                    limits::MAX_CELLS
                ),
            );
        }
        let mut last_phase = 0;
        for group in &circuit.groups {
            let at = format!("group `{}`", group.name);
            if group.count == 0 {
                self.size(&at, "has no columns");
            }
            if group.by_gates && group.kind != ColumnKind::Instance {
                self.shape(&at, "only instance columns can be bound by gates");
            }
            if group.kind == ColumnKind::Advice {
                last_phase = last_phase.max(group.phase);
            } else if group.phase != 0 {
                self.push(ValidateError::Phase {
                    at,
                    problem: format!("only advice has phases, found phase {}", group.phase),
                });
            }
        }
        self.last_phase();
        for challenge in &circuit.challenges {
            if challenge.after_phase > last_phase {
                self.push(ValidateError::Phase {
                    at: format!("challenge `{}`", challenge.name),
                    problem: format!(
                        "drawn after phase {}, but the last phase is {last_phase}",
                        challenge.after_phase
                    ),
                });
            }
        }
    }

    fn names(&mut self) {
        let circuit = self.circuit;
        let groups = circuit.groups.iter().map(|group| ("group", &group.name));
        let challenges = circuit
            .challenges
            .iter()
            .map(|challenge| ("challenge", &challenge.name));
        let tables = circuit.tables.iter().map(|table| ("table", &table.name));
        let gates = circuit.gates.iter().map(|gate| ("gate", &gate.name));
        let lookups = circuit
            .lookups
            .iter()
            .map(|lookup| ("lookup", &lookup.name));
        let mut seen = HashSet::new();
        for (what, name) in groups
            .chain(challenges)
            .chain(tables)
            .chain(gates)
            .chain(lookups)
        {
            if !seen.insert((what, name)) {
                self.push(ValidateError::Name {
                    what,
                    name: name.clone(),
                });
            }
        }
        if circuit.groups.iter().any(|group| group.name == "constants") {
            self.push(ValidateError::Name {
                what: "group",
                name: "constants".to_string(),
            });
        }
    }

    fn tables(&mut self) {
        let usable = self.circuit.usable_rows().unwrap_or(0);
        for (table, looked_up) in self.circuit.tables.iter().zip(self.circuit.looked_up()) {
            let at = format!("table `{}`", table.name);
            let rows = table.rows();
            if rows == 0 {
                self.size(&at, "has no rows");
            }
            if rows > limits::MAX_ELEMENTS {
                let most = limits::MAX_ELEMENTS;
                self.size(&at, format!("has {rows} rows, more than {most}"));
            } else if looked_up && rows > u64::from(usable) {
                self.size(
                    &at,
                    format!("has {rows} rows, the circuit {usable} usable ones"),
                );
            }
            for (index, column) in table.columns.iter().enumerate() {
                if column.len() != rows {
                    let len = column.len();
                    self.shape(
                        &at,
                        format!("column {index} has {len} rows, column 0 has {rows}"),
                    );
                }
                if let TableColumn::Range { start, len } = column
                    && start.checked_add(i128::from(*len)).is_none()
                {
                    self.size(&at, format!("column {index} exceeds 128 bits"));
                }
            }
        }
    }

    fn expr(&mut self, at: &str, expr: &Expr) {
        if expr.nodes.is_empty() {
            self.shape(at, "the expression is empty");
        }
        if expr.nodes.len() > limits::MAX_NODES {
            let nodes = expr.nodes.len();
            return self.size(at, format!("{nodes} nodes; at most {}", limits::MAX_NODES));
        }
        let mut ordered = true;
        for (index, node) in expr.nodes.iter().enumerate() {
            for child in node.children() {
                if child.0 as usize >= index {
                    self.index(at, "expression node", child.0, index);
                    ordered = false;
                }
            }
            match node {
                ExprNode::Query(query) => {
                    let groups = self.circuit.groups.len();
                    match self.circuit.groups.get(query.group as usize) {
                        None => self.index(at, "group", query.group, groups),
                        Some(group) if query.column >= group.count => {
                            self.index(at, "column", query.column, group.count as usize);
                        }
                        Some(_) => {}
                    }
                    let rows = 1u64 << self.circuit.k.min(limits::MAX_K);
                    let rotation = query.rotation.unsigned_abs();
                    if rotation > limits::MAX_ROTATION || u64::from(rotation) >= rows {
                        self.size(at, format!("rotation {} is too far", query.rotation));
                    }
                }
                ExprNode::Challenge(index) if *index as usize >= self.circuit.challenges.len() => {
                    self.index(at, "challenge", *index, self.circuit.challenges.len());
                }
                _ => {}
            }
        }
        if ordered && expr.degree() > limits::MAX_DEGREE {
            let degree = expr.degree();
            self.size(
                at,
                format!("degree {degree}; at most {}", limits::MAX_DEGREE),
            );
        }
    }

    fn inputs_and_outputs(&mut self) {
        for input in &self.circuit.inputs {
            let at = format!("input `{}`", input.name);
            self.tensor(&at, &input.shape);
            self.bounds(&at, input.lo, input.hi);
        }
        for output in &self.circuit.outputs {
            let at = format!("output `{}`", output.name);
            self.tensor(&at, &output.shape);
            self.bounds(&at, output.lo, output.hi);
            let Some(instruction) = self.circuit.instruction(output.register) else {
                let registers = self.circuit.program.len();
                self.index(&at, "register", output.register.0, registers);
                continue;
            };
            if limits::elements(&instruction.shape) != limits::elements(&output.shape) {
                let (own, register) = (&output.shape, &instruction.shape);
                self.shape(&at, format!("shape {own:?}, its register has {register:?}"));
            }
            if instruction.lo < output.lo || instruction.hi > output.hi {
                self.push(ValidateError::Bounds {
                    at,
                    problem: format!(
                        "bound [{}, {}], its register has [{}, {}]",
                        output.lo, output.hi, instruction.lo, instruction.hi
                    ),
                });
            }
        }
    }

    /// Rank and number of elements of a tensor.
    fn tensor(&mut self, at: &str, shape: &[u64]) {
        if shape.len() > limits::MAX_RANK {
            self.size(
                at,
                format!("rank {}; at most {}", shape.len(), limits::MAX_RANK),
            );
        }
        if limits::elements(shape).is_none() {
            self.size(
                at,
                format!(
                    "shape {shape:?} has more than {} elements",
                    limits::MAX_ELEMENTS
                ),
            );
        }
    }

    /// A map from `domain` to `results` coordinates.
    fn map(&mut self, at: &str, what: &str, map: &AffineMap, dims: usize, results: usize) {
        if map.nodes.len() > limits::MAX_NODES || map.results.len() > limits::MAX_NODES {
            return self.size(at, format!("map `{what}` has too many nodes"));
        }
        if let Err(error) = map.check_structure() {
            self.shape(at, format!("map `{what}`: {error}"));
        }
        if map.dims as usize != dims {
            self.shape(
                at,
                format!("map `{what}` takes {} coordinates, not {dims}", map.dims),
            );
        }
        if map.results.len() != results {
            let found = map.results.len();
            self.shape(
                at,
                format!("map `{what}` gives {found} coordinates, not {results}"),
            );
        }
    }

    fn placements(&mut self) {
        let circuit = self.circuit;
        let groups = circuit.groups.len();
        for (index, placement) in circuit.placements.iter().enumerate() {
            let at = format!("placement {index} of `{}`", placement.source);
            let rank = match circuit.instruction(placement.register) {
                Some(instruction) => instruction.shape.len(),
                None => {
                    self.index(&at, "register", placement.register.0, circuit.program.len());
                    continue;
                }
            };
            if placement.group.0 as usize >= groups {
                self.index(&at, "group", placement.group.0, groups);
            }
            self.domain(&at, &placement.domain);
            self.map(&at, "read", &placement.read, placement.domain.len(), rank);
            self.map(&at, "at", &placement.at, placement.domain.len(), 2);
        }
        for (index, fill) in circuit.fills.iter().enumerate() {
            let at = format!("fill {index} of `{}`", fill.source);
            match circuit.groups.get(fill.group.0 as usize) {
                None => self.index(&at, "group", fill.group.0, groups),
                Some(group) if group.kind != ColumnKind::Fixed => {
                    self.shape(&at, format!("group `{}` is not fixed", group.name));
                }
                Some(_) => {}
            }
            self.domain(&at, &fill.domain);
            self.map(&at, "at", &fill.at, fill.domain.len(), 2);
        }
    }

    fn domain(&mut self, at: &str, domain: &[u64]) {
        if domain.len() > limits::MAX_RANK {
            self.size(
                at,
                format!("rank {}; at most {}", domain.len(), limits::MAX_RANK),
            );
        }
        if limits::product(domain).is_none_or(|points| points > limits::MAX_CELLS) {
            self.size(
                at,
                format!(
                    "domain {domain:?} has more than {} points",
                    limits::MAX_CELLS
                ),
            );
        }
    }

    /// Values may only stand in columns that are committed once everything they depend on is known.
    fn phases(&mut self) {
        let circuit = self.circuit;
        let mut phases: Vec<u32> = Vec::with_capacity(circuit.program.len());
        for instruction in &circuit.program {
            let own = match &instruction.op {
                Op::ChallengePower { challenge, .. } => circuit.challenges[challenge.0 as usize]
                    .after_phase
                    .saturating_add(1),
                _ => 0,
            };
            let operands = instruction.op.operands();
            let phase = operands
                .iter()
                .map(|operand| phases[operand.0 as usize])
                .max();
            phases.push(own.max(phase.unwrap_or(0)));
        }
        for (index, placement) in circuit.placements.iter().enumerate() {
            let phase = phases[placement.register.0 as usize];
            let group = &circuit.groups[placement.group.0 as usize];
            if phase > group.phase {
                self.push(ValidateError::Phase {
                    at: format!("placement {index} of `{}`", placement.source),
                    problem: format!(
                        "register {} is known in phase {phase}, but group `{}` is committed in phase {}",
                        placement.register.0, group.name, group.phase
                    ),
                });
            }
        }
    }
}
