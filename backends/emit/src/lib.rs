//! From the `plonk` dialect to the circuit description.
//!
//! The two have the same notions one to one, so this is a translation without decisions: each
//! operation becomes one item of the description, in the order of the text, and the description
//! is then validated. **Architecture invariant:** the emitter reads only `plonk`.

mod maps;
mod program;
mod system;

use std::collections::HashMap;
use zkc_circuit::{ChallengeId, Circuit, GroupId, RegisterId, TableId, ValidateError};
use zkc_support::{
    Attribute, Constants, Graph, GraphError, Op, OperationRef, ValueId, find_op, node_name,
};

/// Why a circuit cannot be emitted.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The module holds no circuit.
    #[error("module has no `plonk.circuit`; run the conversion to `plonk` first")]
    NoCircuit,
    /// The circuit cannot be read.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// An operation is not one that a circuit may hold, or lacks something.
    #[error("`{op}`{}: {what}", at_node(node))]
    Op {
        /// Name of the operation.
        op: String,
        /// The ONNX node it comes from.
        node: Option<String>,
        /// What is wrong.
        what: String,
    },
    /// A constant cannot be read.
    #[error("`{op}`: {source}")]
    Constant {
        /// Name of the operation.
        op: String,
        /// Reason.
        source: zkc_support::ConstantError,
    },
    /// The circuit breaks a rule of the description.
    #[error("circuit is not valid: {}", list(.0))]
    Invalid(Vec<ValidateError>),
}

fn at_node(node: &Option<String>) -> String {
    node.as_ref()
        .map(|n| format!(" at node \"{n}\""))
        .unwrap_or_default()
}

fn list(errors: &[ValidateError]) -> String {
    let shown: Vec<String> = errors.iter().take(5).map(ToString::to_string).collect();
    let more = errors.len().saturating_sub(5);
    let tail = if more == 0 {
        String::new()
    } else {
        format!("; and {more} more")
    };
    format!("{}{tail}", shown.join("; "))
}

/// Emits the first `plonk.circuit` of a module, and validates it.
///
/// # Errors
/// When there is none, it holds something else than `plonk` operations, a constant cannot be
/// read, or the description breaks one of its rules.
pub fn emit(module: OperationRef) -> Result<Circuit, EmitError> {
    let circuit = emit_unchecked(module)?;
    circuit.validate().map_err(EmitError::Invalid)?;
    Ok(circuit)
}

/// Emits without validating, for tools that show what is wrong with a circuit.
///
/// # Errors
/// As [`emit`], but for the rules of the description.
pub fn emit_unchecked(module: OperationRef) -> Result<Circuit, EmitError> {
    let op = find_op(module, "plonk.circuit").ok_or(EmitError::NoCircuit)?;
    let graph = Graph::read(op)?;
    let name = graph
        .attr("sym_name")
        .and_then(zkc_support::as_str)
        .unwrap_or("circuit");
    let k = graph
        .attr("k")
        .and_then(zkc_support::as_i64)
        .unwrap_or_default();
    let mut emitter = Emitter {
        graph: &graph,
        constants: Constants::of_module(module),
        // The verifier of `plonk.circuit` keeps k within [3, 28].
        circuit: Circuit::new(name, k.clamp(0, 28) as u32),
        groups: HashMap::new(),
        tables: HashMap::new(),
        challenges: HashMap::new(),
        gates: HashMap::new(),
        registers: vec![None; graph.value_count()],
    };
    // Symbols first: a gate may stand before the columns that it reads.
    for op in &graph.ops {
        emitter.declare(op)?;
    }
    for op in &graph.ops {
        emitter.define(op)?;
    }
    // The gates that define columns may stand behind them.
    for op in graph.ops.iter().filter(|op| op.name == "plonk.derive") {
        emitter.derive(op)?;
    }
    Ok(emitter.circuit)
}

struct Emitter<'g, 'c> {
    graph: &'g Graph<'c>,
    constants: Constants,
    circuit: Circuit,
    groups: HashMap<String, GroupId>,
    tables: HashMap<String, TableId>,
    challenges: HashMap<String, ChallengeId>,
    /// Gates by name, with their position.
    gates: HashMap<String, u32>,
    registers: Vec<Option<RegisterId>>,
}

impl<'c> Emitter<'_, 'c> {
    fn define(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        match op.name.as_str() {
            "plonk.advice" | "plonk.fixed" | "plonk.instance" | "plonk.challenge"
            | "plonk.table" | "plonk.derive" => Ok(()),
            "plonk.gate" => self.gate(op),
            "plonk.lookup" => self.lookup(op),
            "plonk.multiplicity" => self.multiplicity(op),
            "plonk.place" => self.place(op),
            "plonk.fill" => self.fill(op),
            "plonk.output" => self.output(op),
            _ => self.instruction(op),
        }
    }

    fn register(&self, op: &Op<'c>, v: ValueId) -> Result<RegisterId, EmitError> {
        self.registers[v.index()].ok_or_else(|| error(op, "operand is no register"))
    }

    fn group(&self, op: &Op<'c>, attr: &str) -> Result<GroupId, EmitError> {
        self.group_named(op, need(op, attr, op.symbol(attr))?)
    }

    fn group_named(&self, op: &Op<'c>, name: &str) -> Result<GroupId, EmitError> {
        self.groups
            .get(name)
            .copied()
            .ok_or_else(|| error(op, format!("no column group @{name}")))
    }

    fn table(&self, op: &Op<'c>) -> Result<TableId, EmitError> {
        let name = need(op, "table", op.symbol("table"))?;
        self.tables
            .get(name)
            .copied()
            .ok_or_else(|| error(op, format!("no table @{name}")))
    }

    fn integers(&self, op: &Op<'c>, a: Attribute<'c>) -> Result<Vec<i128>, EmitError> {
        let fail = |source| EmitError::Constant {
            op: op.name.clone(),
            source,
        };
        self.constants
            .read(a)
            .and_then(|c| c.to_i128())
            .map_err(fail)
    }
}

/// The ONNX node of an operation, or its location.
fn source(op: &Op) -> String {
    node_name(op.location).unwrap_or_default()
}

fn error(op: &Op, what: impl Into<String>) -> EmitError {
    EmitError::Op {
        op: op.name.clone(),
        node: node_name(op.location),
        what: what.into(),
    }
}

fn need<T>(op: &Op, what: &str, value: Option<T>) -> Result<T, EmitError> {
    value.ok_or_else(|| {
        error(
            op,
            format!("attribute `{what}` is missing or of another kind"),
        )
    })
}
