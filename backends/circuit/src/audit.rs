//! The circuit audit: can every cell matter, and does every cell that matters have something that holds it?
//!
//! Constraints are differentiated at an honest witness, modulo the prime 2^61 - 1. Advice cells that nothing is placed in
//! count as unknown there: they take pseudorandom values. The audit finds:
//!
//! - **unpinned**: an assigned advice cell on which no gate and no lookup depends, in itself or in its copies;
//! - **unassigned but used**: an unassigned advice cell on which a gate depends, or on which a lookup depends together with
//!   assigned cells. A lookup of unassigned cells alone only restricts cells that nothing else reads; those are counted;
//! - **unchecked input**: an element of an input that no lookup restricts to a range, nor a gate of its own, nor a linear
//!   gate that makes it a sum of cells that are (limbs);
//! - **unbound public value**: one that is no copy of a pinned cell; where gates bind the public cells, one that no
//!   constraint ties to other cells, or that no chain of constraints connects to an input although it follows from one;
//! - **disconnected**: an assigned cell that follows from the inputs, but that no chain of constraints connects to one;
//! - **rank deficiency**: the derivatives of all gates and lookup inputs by all assigned advice cells that are not declared
//!   free, copies merged, have less than full column rank. Then the honest witness can be moved, to first order.
//!
//! - **loose derived cell**: a cell of a derived column that its defining constraint does not determine, such as the start of
//!   a running column, on which a constraint depends, and which no constraint without other derived cells determines.
//! - **random evaluation**: a running sum with challenges does not check what the program computes: see [`evaluations`].
//!
//! Derived cells are no witness of their own: all others are what their defining constraint says. Columns that count lookups
//! need no bound and may differ between witnesses, as rows of the table may be equal; constraints hold them together with
//! what is looked up. What the audit cannot decide is listed in [`Audit::undecided`]: whether counted lookups are enforced,
//! and, with challenges, whether cells are determined at all, as one random combination stands for many equations.
//!
//! The rank is computed for circuits up to a stated number of cells. What the audit cannot see is a range that is too wide:
//! that is for [mutations](crate::mutate) and for the uniqueness argument of each gadget.

mod computed;
mod dependence;
mod evaluation;
mod jacobian;
mod public;

use std::collections::BTreeMap;
use std::fmt;

use crate::check::Checker;
use crate::layout::{Cell, Grid, Layout};
use crate::{Circuit, Op};

pub(crate) use self::computed::{ComputedCells, Witness};
pub use self::evaluation::{Evaluation, evaluations};
pub use self::jacobian::Jacobian;

/// What the audit computes.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// Most cells for which the Jacobian's rank is computed.
    pub max_jacobian_cells: usize,
    /// Most entries of the Jacobian.
    pub max_jacobian_entries: usize,
}

impl Default for AuditOptions {
    /// The Jacobian of up to 200 000 cells and 20 million entries.
    fn default() -> Self {
        AuditOptions {
            max_jacobian_cells: 200_000,
            max_jacobian_entries: 20_000_000,
        }
    }
}

/// Advice cells that hold the same register in the same group and are pinned by the same constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedCells {
    /// The register.
    pub register: u32,
    /// Its operation.
    pub op: &'static str,
    /// The ONNX node.
    pub source: String,
    /// The column group of the cells.
    pub group: String,
    /// The constraint, in words.
    pub constraint: String,
    /// Number of cells.
    pub cells: u64,
}

/// Advice cells that are declared free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeCells {
    /// The register.
    pub register: u32,
    /// The ONNX node.
    pub source: String,
    /// Name of the first cell.
    pub first: String,
    /// Number of cells.
    pub cells: u64,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Assigned advice cells that no gate and no lookup depends on.
    Unpinned {
        /// The register.
        register: u32,
        /// Its operation.
        op: &'static str,
        /// The ONNX node.
        source: String,
        /// Name of the first cell.
        first: String,
        /// Number of cells.
        cells: u64,
    },
    /// An unassigned advice cell that a constraint depends on.
    UnassignedUsed {
        /// Name of the first such cell.
        cell: String,
        /// The constraint, in words.
        constraint: String,
        /// The row of the constraint.
        row: u32,
        /// Number of such (cell, row) pairs of this constraint.
        count: u64,
    },
    /// Elements of an input that are not restricted to a range.
    UncheckedInput {
        /// The input.
        input: String,
        /// Name of the first such cell.
        first: String,
        /// Number of elements.
        elements: u64,
    },
    /// Public values that are tied to no pinned cell.
    UnboundPublic {
        /// The input or output.
        name: String,
        /// Why.
        problem: String,
        /// Number of values.
        values: u64,
    },
    /// Assigned cells that no chain of constraints connects to an input or a constant.
    Disconnected {
        /// The register.
        register: u32,
        /// Its operation.
        op: &'static str,
        /// The ONNX node.
        source: String,
        /// Name of the first cell.
        first: String,
        /// Number of cells.
        cells: u64,
    },
    /// Cells of a derived column that nothing determines.
    LooseDerived {
        /// Name of the first such cell.
        cell: String,
        /// A constraint that depends on it, in words.
        constraint: String,
        /// Number of such cells of the column.
        count: u64,
    },
    /// A random evaluation that does not check what the program computes.
    Evaluation {
        /// The gate of the running sum.
        gate: String,
        /// What is wrong.
        problem: String,
        /// Where it is for the first time.
        first: String,
        /// How often it is.
        count: u64,
    },
    /// Cells that can be moved together without violating any constraint, to first order.
    RankDeficient {
        /// The register.
        register: u32,
        /// Its operation.
        op: &'static str,
        /// The ONNX node.
        source: String,
        /// Name of the first cell.
        first: String,
        /// Number of cells of the register without a pivot.
        cells: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Unpinned {
                register,
                op,
                source,
                first,
                cells,
            } => write!(
                f,
                "{cells} cells of register {register} ({op} of `{source}`), first {first}: no gate and no lookup depends on them"
            ),
            Finding::UnassignedUsed {
                cell,
                constraint,
                row,
                count,
            } => write!(
                f,
                "{constraint}, row {row}: depends on {cell}, which nothing is placed in ({count} such cells)"
            ),
            Finding::UncheckedInput {
                input,
                first,
                elements,
            } => write!(
                f,
                "input `{input}`: {elements} elements, first {first}, are not restricted to a range by a lookup"
            ),
            Finding::UnboundPublic {
                name,
                problem,
                values,
            } => {
                write!(f, "{name}: {values} values {problem}")
            }
            Finding::Disconnected {
                register,
                op,
                source,
                first,
                cells,
            } => write!(
                f,
                "{cells} cells of register {register} ({op} of `{source}`), first {first}: no chain of constraints connects them to an input"
            ),
            Finding::LooseDerived {
                cell,
                constraint,
                count,
            } => write!(
                f,
                "{cell}: {constraint} depends on it, but no constraint determines it ({count} such cells of the column)"
            ),
            Finding::Evaluation {
                gate,
                problem,
                first,
                count,
            } => write!(
                f,
                "random evaluation of gate `{gate}`: {problem}, {first} ({count} of this kind)"
            ),
            Finding::RankDeficient {
                register,
                op,
                source,
                first,
                cells,
            } => write!(
                f,
                "{cells} cells of register {register} ({op} of `{source}`), first {first}: not determined by the constraints"
            ),
        }
    }
}

/// What the audit found.
#[derive(Debug, Clone)]
pub struct Audit {
    /// What pins which cells, by register, group and constraint.
    pub pinned: Vec<PinnedCells>,
    /// Cells that are declared free.
    pub free: Vec<FreeCells>,
    /// How often unassigned cells occur in lookups alone, which does no harm.
    pub idle_lookups: u64,
    /// What the random evaluations check.
    pub evaluations: Vec<Evaluation>,
    /// The rank of the Jacobian, `None` when the circuit has too many cells for it.
    pub jacobian: Option<Jacobian>,
    /// What is wrong; empty when all is well.
    pub findings: Vec<Finding>,
    /// What the audit cannot decide, in words; empty for circuits without challenges and multiplicities.
    pub undecided: Vec<String>,
    /// Number of the pinning constraint per computed element.
    pins: Vec<u32>,
    /// Constraints in words, by number.
    constraints: Vec<String>,
}

impl Audit {
    /// The constraint that pins an element's cells, in words.
    pub fn pin(&self, element: u32) -> Option<&str> {
        let number = self.pins.get(element as usize)?;
        self.constraints.get(*number as usize).map(String::as_str)
    }

    /// Whether nothing is wrong and nothing is left undecided.
    pub fn is_ok(&self) -> bool {
        self.findings.is_empty() && self.undecided.is_empty()
    }
}

/// Audits a valid circuit at an honest witness: `grid` must be accepted by the checker.
pub fn audit(checker: &Checker<'_>, grid: &Grid, options: &AuditOptions) -> Audit {
    let (circuit, layout) = (checker.circuit, checker.layout);
    let witness = Witness::new(checker, grid);
    let mut dependence = dependence::Dependence::new(checker, &witness);
    let bound = public::BoundCells::new(layout, &mut dependence);
    let constraints = constraint_names(checker);
    let mut audit = Audit {
        pinned: Vec::new(),
        free: Vec::new(),
        idle_lookups: dependence.idle_lookups,
        evaluations: evaluations(circuit, layout),
        jacobian: None,
        findings: Vec::new(),
        undecided: Vec::new(),
        pins: dependence.pins,
        constraints,
    };
    list_cells(circuit, layout, &mut audit);
    for used in &dependence.unassigned {
        audit.findings.push(Finding::UnassignedUsed {
            cell: layout.cell_name(circuit, used.cell),
            constraint: audit.constraints[used.constraint as usize].clone(),
            row: used.row,
            count: used.count,
        });
    }
    check_inputs(circuit, layout, &dependence.restricted, &mut audit);
    check_connected(circuit, layout, &dependence.connected, &mut audit);
    public::check(circuit, layout, &bound, &mut audit);
    for loose in ComputedCells::new(checker, &witness).loose {
        audit.findings.push(Finding::LooseDerived {
            cell: layout.cell_name(circuit, loose.cell),
            constraint: audit.constraints[loose.constraint as usize].clone(),
            count: loose.count,
        });
    }
    let evaluations = audit.evaluations.iter();
    let findings: Vec<Finding> = evaluations.flat_map(|e| e.findings.clone()).collect();
    audit.findings.extend(findings);
    list_undecided(checker, &mut audit);
    audit.jacobian = Jacobian::new(checker, &witness, options);
    if let Some(jacobian) = &audit.jacobian {
        let deficient = jacobian.deficient.iter().copied();
        let grouped = group_by_register(circuit, layout, deficient);
        audit
            .findings
            .extend(grouped.into_iter().map(|(register, (first, cells))| {
                let instruction = &circuit.program[register as usize];
                Finding::RankDeficient {
                    register,
                    op: instruction.op.name(),
                    source: instruction.source.clone(),
                    first,
                    cells,
                }
            }));
    }
    audit
}

/// Says what rests on constraints with challenges.
fn list_undecided(checker: &Checker<'_>, audit: &mut Audit) {
    if checker.uses_field() {
        audit.undecided.push(
            "whether every cell is determined: constraints with challenges stand for many equations at once".to_string(),
        );
    }
    if !checker.circuit.multiplicities.is_empty() {
        audit.undecided.push(
            "whether counted lookups are enforced: the gates that add them up are taken to do it"
                .to_string(),
        );
    }
    for lookup in &checker.lookups {
        if lookup.inputs.iter().any(|input| input.in_field) {
            let name = &checker.circuit.lookups[lookup.lookup as usize].name;
            audit.undecided.push(format!(
                "lookup `{name}`: it looks up values that depend on challenges"
            ));
        }
    }
}

/// Constraints in words: gates first, lookups after them, as the checker numbers them.
fn constraint_names(checker: &Checker<'_>) -> Vec<String> {
    let circuit = checker.circuit;
    let gates = checker.gates.iter().map(|gate| {
        let info = &circuit.gates[gate.gate as usize];
        let constraint = &info.constraints[gate.constraint as usize].name;
        format!("gate `{}`, constraint `{constraint}`", info.name)
    });
    let lookups = checker.lookups.iter().map(|lookup| {
        let info = &circuit.lookups[lookup.lookup as usize];
        let table = &circuit.tables[info.table.0 as usize].name;
        format!("lookup `{}` in table `{table}`", info.name)
    });
    gates.chain(lookups).collect()
}

/// Cells by the register that computes what they hold: name of the first one, and their number.
fn group_by_register(
    circuit: &Circuit,
    layout: &Layout,
    cells: impl Iterator<Item = Cell>,
) -> BTreeMap<u32, (String, u64)> {
    let mut grouped: BTreeMap<u32, (String, u64)> = BTreeMap::new();
    for cell in cells {
        let Some((register, _)) = layout.origin(cell) else {
            continue;
        };
        let first = || (layout.cell_name(circuit, cell), 0);
        grouped.entry(register.0).or_insert_with(first).1 += 1;
    }
    grouped
}

/// Lists pinned and free cells, and reports the ones that nothing pins.
fn list_cells(circuit: &Circuit, layout: &Layout, audit: &mut Audit) {
    let mut pinned: BTreeMap<(u32, u32, u32), u64> = BTreeMap::new();
    let (mut unpinned, mut free) = (Vec::new(), Vec::new());
    for (register, instruction) in circuit.program.iter().enumerate() {
        let own = layout.elements.own(crate::RegisterId(register as u32));
        for element in own.filter(|element| !layout.elements.is_constant(*element)) {
            let Some(home) = layout.home(element) else {
                continue;
            };
            let pin = audit.pins[element as usize];
            if instruction.op == Op::Free {
                free.push(home);
            } else if pin == dependence::UNPINNED {
                unpinned.push(home);
            } else {
                let group = layout.columns[home.column as usize].group;
                *pinned.entry((register as u32, group, pin)).or_default() += 1;
            }
        }
    }
    audit.pinned = pinned
        .into_iter()
        .map(|((register, group, pin), cells)| {
            let instruction = &circuit.program[register as usize];
            PinnedCells {
                register,
                op: instruction.op.name(),
                source: instruction.source.clone(),
                group: circuit.groups[group as usize].name.clone(),
                constraint: audit.constraints[pin as usize].clone(),
                cells,
            }
        })
        .collect();
    audit.free = group_by_register(circuit, layout, free.into_iter())
        .into_iter()
        .map(|(register, (first, cells))| {
            let source = circuit.program[register as usize].source.clone();
            FreeCells {
                register,
                source,
                first,
                cells,
            }
        })
        .collect();
    let unpinned = group_by_register(circuit, layout, unpinned.into_iter());
    audit
        .findings
        .extend(unpinned.into_iter().map(|(register, (first, cells))| {
            let instruction = &circuit.program[register as usize];
            Finding::Unpinned {
                register,
                op: instruction.op.name(),
                source: instruction.source.clone(),
                first,
                cells,
            }
        }));
}

/// Every element of an input that stands in a cell is restricted by a lookup or a gate of its own.
fn check_inputs(circuit: &Circuit, layout: &Layout, restricted: &[bool], audit: &mut Audit) {
    for (register, instruction) in circuit.program.iter().enumerate() {
        let Op::Input { input } = instruction.op else {
            continue;
        };
        let own = layout.elements.own(crate::RegisterId(register as u32));
        let mut first = None;
        let mut elements = 0;
        for element in own {
            let Some(home) = layout.home(element) else {
                continue;
            };
            if !restricted[element as usize] {
                first.get_or_insert(home);
                elements += 1;
            }
        }
        if let Some(first) = first {
            audit.findings.push(Finding::UncheckedInput {
                input: circuit.inputs[input as usize].name.clone(),
                first: layout.cell_name(circuit, first),
                elements,
            });
        }
    }
}

/// Which registers follow from inputs: those that follow from constants alone have nothing to be connected to.
fn from_inputs(circuit: &Circuit) -> Vec<bool> {
    let mut from_inputs: Vec<bool> = Vec::with_capacity(circuit.program.len());
    for instruction in &circuit.program {
        let operands = instruction.op.operands();
        let depends = matches!(instruction.op, Op::Input { .. })
            || operands
                .iter()
                .any(|operand| from_inputs[operand.0 as usize]);
        from_inputs.push(depends);
    }
    from_inputs
}

/// Every assigned cell that follows from the inputs is connected to one.
fn check_connected(circuit: &Circuit, layout: &Layout, connected: &[bool], audit: &mut Audit) {
    let mut loose = Vec::new();
    for (register, depends) in from_inputs(circuit).into_iter().enumerate() {
        if depends {
            let own = layout.elements.own(crate::RegisterId(register as u32));
            // The value that a gather fills in is a constant, whose number is past those of what is computed.
            let own = own.filter(|element| connected.get(*element as usize) == Some(&false));
            loose.extend(own.filter_map(|element| layout.home(element)));
        }
    }
    let loose = group_by_register(circuit, layout, loose.into_iter());
    audit
        .findings
        .extend(loose.into_iter().map(|(register, (first, cells))| {
            let instruction = &circuit.program[register as usize];
            Finding::Disconnected {
                register,
                op: instruction.op.name(),
                source: instruction.source.clone(),
                first,
                cells,
            }
        }));
}
