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

use std::collections::HashSet;

use crate::limits;
use crate::validate::ValidateError;
use crate::{
    AffineMap, Circuit, ColumnKind, Expr, ExprNode, Instruction, LinearTerm, Op, RegisterId,
    TableColumn,
};

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
        for table in &self.circuit.tables {
            let at = format!("table `{}`", table.name);
            let rows = table.rows();
            if rows == 0 {
                self.size(&at, "has no rows");
            }
            if rows > u64::from(usable) {
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

    fn program(&mut self) {
        let mut total: u64 = 0;
        let mut inputs = HashSet::new();
        for (index, instruction) in self.circuit.program.iter().enumerate() {
            let at = format!(
                "register {index} ({} of `{}`)",
                instruction.op.name(),
                instruction.source
            );
            self.tensor(&at, &instruction.shape);
            self.bounds(&at, instruction.lo, instruction.hi);
            let elements = limits::elements(&instruction.shape).unwrap_or(limits::MAX_ELEMENTS);
            total = total.saturating_add(elements);
            if let Op::Input { input } = &instruction.op
                && !inputs.insert(*input)
            {
                self.shape(
                    &at,
                    format!("input {input} is read by a second instruction"),
                );
            }
            let operands = instruction.op.operands();
            let ordered = operands.iter().all(|operand| (operand.0 as usize) < index);
            for operand in operands
                .iter()
                .filter(|operand| operand.0 as usize >= index)
            {
                self.index(&at, "register", operand.0, index);
            }
            if ordered {
                self.instruction(&at, instruction);
            }
        }
        if total > limits::MAX_ELEMENTS {
            let most = limits::MAX_ELEMENTS;
            self.size(
                "program",
                format!("registers have {total} elements; at most {most}"),
            );
        }
    }

    /// The shape of an operand that is known to precede its user.
    fn operand(&self, register: RegisterId) -> &[u64] {
        &self.circuit.program[register.0 as usize].shape
    }

    fn instruction(&mut self, at: &str, instruction: &Instruction) {
        let circuit = self.circuit;
        let shape = &instruction.shape;
        match &instruction.op {
            Op::Input { input } => match circuit.inputs.get(*input as usize) {
                None => self.index(at, "input", *input, circuit.inputs.len()),
                Some(info) => {
                    if info.shape != *shape {
                        self.shape(
                            at,
                            format!("shape {shape:?}, the input has {:?}", info.shape),
                        );
                    }
                    if (info.lo, info.hi) != (instruction.lo, instruction.hi) {
                        self.push(ValidateError::Bounds {
                            at: at.to_string(),
                            problem: format!(
                                "bound [{}, {}], the input has [{}, {}]",
                                instruction.lo, instruction.hi, info.lo, info.hi
                            ),
                        });
                    }
                }
            },
            Op::Constant { values } => {
                if limits::elements(shape) != Some(values.len() as u64) {
                    self.shape(at, format!("{} values for shape {shape:?}", values.len()));
                }
                if let Some((lo, hi)) = values.min_max()
                    && (lo < instruction.lo || hi > instruction.hi)
                {
                    self.push(ValidateError::Bounds {
                        at: at.to_string(),
                        problem: format!(
                            "values in [{lo}, {hi}] exceed the bound [{}, {}]",
                            instruction.lo, instruction.hi
                        ),
                    });
                }
            }
            Op::Gather { src, map, .. } => {
                let rank = self.operand(*src).len();
                self.map(at, "map", map, shape.len(), rank);
            }
            Op::Concat { srcs, axis } => self.concat(at, shape, srcs, *axis as usize),
            Op::Linear { terms, bias, chunk } => self.linear(at, shape, terms, *bias, *chunk),
            Op::Quotient { divisor, .. } | Op::Remainder { divisor, .. } => {
                if *divisor <= 0 {
                    self.shape(at, format!("divisor {divisor} is not positive"));
                }
                self.elementwise(at, instruction);
            }
            Op::Limb { bits, index, .. } => {
                let shift = bits.checked_mul(*index);
                if !(1..=126).contains(bits) || shift.is_none_or(|shift| shift > 126) {
                    self.shape(at, format!("limb {index} of {bits} bits exceeds 128 bits"));
                }
                self.elementwise(at, instruction);
            }
            Op::Lookup {
                table,
                in_col,
                out_col,
                tag,
                ..
            } => {
                match circuit.tables.get(table.0 as usize) {
                    None => self.index(at, "table", table.0, circuit.tables.len()),
                    Some(info) => {
                        let columns = [*in_col, *out_col].into_iter().chain(tag.map(|t| t.column));
                        for column in columns.filter(|c| *c as usize >= info.columns.len()) {
                            self.index(at, "table column", column, info.columns.len());
                        }
                    }
                }
                self.elementwise(at, instruction);
            }
            Op::NonNeg { .. }
            | Op::Affine { .. }
            | Op::Mul { .. }
            | Op::Max { .. }
            | Op::Min { .. }
            | Op::Ratio { .. }
            | Op::RatioRem { .. } => self.elementwise(at, instruction),
            Op::Free => {
                if instruction.lo > 0 || instruction.hi < 0 {
                    self.push(ValidateError::Bounds {
                        at: at.to_string(),
                        problem: "free cells evaluate to 0, which the bound excludes".to_string(),
                    });
                }
            }
            Op::ChallengePower {
                challenge,
                exponents,
            } => {
                if challenge.0 as usize >= circuit.challenges.len() {
                    self.index(at, "challenge", challenge.0, circuit.challenges.len());
                }
                if *shape != [exponents.len() as u64] {
                    self.shape(
                        at,
                        format!("{} exponents for shape {shape:?}", exponents.len()),
                    );
                }
            }
        }
    }

    fn elementwise(&mut self, at: &str, instruction: &Instruction) {
        for operand in instruction.op.operands() {
            if self.operand(operand) != instruction.shape {
                let (own, other) = (&instruction.shape, self.operand(operand).to_vec());
                let register = operand.0;
                self.shape(
                    at,
                    format!("shape {own:?}, operand register {register} has {other:?}"),
                );
            }
        }
    }

    fn concat(&mut self, at: &str, shape: &[u64], srcs: &[RegisterId], axis: usize) {
        if axis >= shape.len() {
            return self.shape(at, format!("axis {axis} of shape {shape:?}"));
        }
        let mut sum: u64 = 0;
        for src in srcs {
            let other = self.operand(*src).to_vec();
            let alike = other.len() == shape.len()
                && (0..shape.len()).all(|index| index == axis || other[index] == shape[index]);
            if !alike {
                return self.shape(
                    at,
                    format!("part of shape {other:?} does not fit {shape:?} along axis {axis}"),
                );
            }
            sum = sum.saturating_add(other[axis]);
        }
        if sum != shape[axis] {
            self.shape(
                at,
                format!("parts add up to {sum} along axis {axis} of {shape:?}"),
            );
        }
    }

    fn linear(
        &mut self,
        at: &str,
        shape: &[u64],
        terms: &[LinearTerm],
        bias: Option<RegisterId>,
        chunk: u64,
    ) {
        let Some((chunks, out_dims)) = shape.split_last() else {
            return self.shape(at, "the shape lacks the number of chunks");
        };
        if chunk == 0 {
            return self.shape(at, "chunk is 0");
        }
        let mut taps: Option<u64> = Some(0);
        for (index, term) in terms.iter().enumerate() {
            let dims = out_dims.len() + term.tap_dims.len();
            let (src, weights) = (
                self.operand(term.src).len(),
                self.operand(term.weights).len(),
            );
            self.map(at, &format!("read of term {index}"), &term.read, dims, src);
            self.map(
                at,
                &format!("wread of term {index}"),
                &term.wread,
                dims,
                weights,
            );
            if dims > limits::MAX_RANK {
                self.size(
                    at,
                    format!("term {index} has {dims} dims; at most {}", limits::MAX_RANK),
                );
            }
            taps = taps.and_then(|sum| sum.checked_add(limits::product(&term.tap_dims)?));
        }
        let outputs = limits::product(out_dims);
        let products = outputs
            .zip(taps)
            .and_then(|(outputs, taps)| outputs.checked_mul(taps));
        match products {
            Some(products) if products <= limits::MAX_PRODUCTS => {}
            _ => return self.size(at, format!("more than {} products", limits::MAX_PRODUCTS)),
        }
        if taps.is_none_or(|taps| taps > limits::MAX_ELEMENTS) {
            return self.size(at, format!("more than {} taps", limits::MAX_ELEMENTS));
        }
        let expected = taps.unwrap_or(0).div_ceil(chunk).max(1);
        if *chunks != expected {
            self.shape(at, format!("{chunks} chunks, expected {expected}"));
        }
        if let Some(bias) = bias
            && self.operand(bias) != out_dims
        {
            let other = self.operand(bias).to_vec();
            self.shape(
                at,
                format!("bias of shape {other:?} for outputs of shape {out_dims:?}"),
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
