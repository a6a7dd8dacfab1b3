//! The data model: what a compiled circuit consists of.

mod build;
mod computed;

use crate::{AffineMap, Expr, Ints};

pub use self::computed::{CountedTable, Derived, Multiplicity, MultiplicityTerm};

/// Extents of a tensor, outermost first; empty for a scalar.
pub type Shape = Vec<u64>;

/// Index of a column group in [`Circuit::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupId(pub u32);

/// Index of a challenge in [`Circuit::challenges`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChallengeId(pub u32);

/// Index of a table in [`Circuit::tables`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub u32);

/// A register: the tensor that the instruction with this index in [`Circuit::program`] computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegisterId(pub u32);

/// Who decides the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// The prover.
    Advice,
    /// The circuit; the values are part of the verifying key.
    Fixed,
    /// The verifier; the values are public.
    Instance,
}

/// Columns that are used alike, numbered 0 to `count - 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnGroup {
    /// Name for reports; unique in the circuit.
    pub name: String,
    /// Who decides the values.
    pub kind: ColumnKind,
    /// Phase in which advice is committed, 0 or 1; 0 for fixed and instance columns.
    ///
    /// Columns of phase 1 depend on challenges: [`Circuit::derived`] says how.
    pub phase: u32,
    /// Number of columns.
    pub count: u32,
    /// For instance columns: whether gates that query the cells bind them, rather than copies of advice cells.
    ///
    /// Nothing is copied to such cells, so that the columns take no part in the permutation argument, and values in them
    /// need no advice cell. Every one of them must be read by a constraint that is not switched off where it reads it.
    pub by_gates: bool,
}

impl ColumnGroup {
    /// Advice columns of the first phase.
    pub fn advice(name: impl Into<String>, count: u32) -> Self {
        Self::advice_in_phase(name, 0, count)
    }

    /// Advice columns that are committed in `phase`.
    pub fn advice_in_phase(name: impl Into<String>, phase: u32, count: u32) -> Self {
        ColumnGroup {
            name: name.into(),
            kind: ColumnKind::Advice,
            phase,
            count,
            by_gates: false,
        }
    }

    /// Fixed columns.
    pub fn fixed(name: impl Into<String>, count: u32) -> Self {
        ColumnGroup {
            name: name.into(),
            kind: ColumnKind::Fixed,
            phase: 0,
            count,
            by_gates: false,
        }
    }

    /// Instance columns whose cells are copies of advice cells.
    pub fn instance(name: impl Into<String>, count: u32) -> Self {
        ColumnGroup {
            name: name.into(),
            kind: ColumnKind::Instance,
            phase: 0,
            count,
            by_gates: false,
        }
    }

    /// Instance columns whose cells are bound by the gates that query them.
    pub fn instance_by_gates(name: impl Into<String>, count: u32) -> Self {
        ColumnGroup {
            by_gates: true,
            ..Self::instance(name, count)
        }
    }
}

/// A random value that the verifier draws once a phase is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Name for reports; unique in the circuit.
    pub name: String,
    /// The phase after which it is drawn; advice of later phases may depend on it.
    pub after_phase: u32,
}

/// One column of a lookup table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableColumn {
    /// `start, start + 1, ..., start + len - 1`.
    Range {
        /// First value.
        start: i128,
        /// Number of values.
        len: u64,
    },
    /// Explicit values.
    Values(Ints),
}

impl TableColumn {
    /// Number of rows.
    pub fn len(&self) -> u64 {
        match self {
            TableColumn::Range { len, .. } => *len,
            TableColumn::Values(values) => values.len() as u64,
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value in `row`, `None` past the end.
    pub fn get(&self, row: u64) -> Option<i128> {
        match self {
            TableColumn::Range { start, len } => {
                if row < *len {
                    start.checked_add(i128::from(row))
                } else {
                    None
                }
            }
            TableColumn::Values(values) => values.get(usize::try_from(row).ok()?),
        }
    }

    /// Smallest and largest value, `None` when empty.
    pub fn min_max(&self) -> Option<(i128, i128)> {
        match self {
            TableColumn::Range { start, len } => Some((*start, self.get(len.checked_sub(1)?)?)),
            TableColumn::Values(values) => values.min_max(),
        }
    }
}

/// A lookup table: a list of rows. Columns are equally long and not empty.
///
/// Rows past the end repeat the first row, so that every usable row of the circuit holds a row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name for reports; unique in the circuit.
    pub name: String,
    /// The columns.
    pub columns: Vec<TableColumn>,
}

impl Table {
    /// The one-column table of all integers from `start` to `start + len - 1`.
    pub fn range(name: impl Into<String>, start: i128, len: u64) -> Self {
        Table {
            name: name.into(),
            columns: vec![TableColumn::Range { start, len }],
        }
    }

    /// Number of rows (of the first column; validation checks that the others agree).
    pub fn rows(&self) -> u64 {
        self.columns.first().map_or(0, TableColumn::len)
    }
}

/// A polynomial that must be 0 on every usable row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// What it says, for error messages.
    pub name: String,
    /// The polynomial.
    pub poly: Expr,
}

/// A named set of constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Name for reports; unique among gates.
    pub name: String,
    /// The constraints.
    pub constraints: Vec<Constraint>,
}

/// On every usable row, the tuple of `inputs` must be a row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Name for reports; unique among lookups.
    pub name: String,
    /// One expression per column of the table.
    pub inputs: Vec<Expr>,
    /// The table.
    pub table: TableId,
}

/// One sum of products of a [`Op::Linear`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinearTerm {
    /// The tensor that is read.
    pub src: RegisterId,
    /// Which element is read: (output dims, tap dims) to an index of `src`.
    pub read: AffineMap,
    /// Extents of the summation.
    pub tap_dims: Shape,
    /// The weights, usually a constant.
    pub weights: RegisterId,
    /// Which weight is used: (output dims, tap dims) to an index of `weights`.
    pub wread: AffineMap,
}

/// The rows of a table among which [`Op::Lookup`] searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagMatch {
    /// Column that holds the tag.
    pub column: u32,
    /// Value that the tag must have.
    pub value: i128,
}

/// What an instruction computes. All arithmetic is exact; overflow of 128 bits is an error.
///
/// "Elementwise" operands have the shape of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// The model input with this index in [`Circuit::inputs`], as integers.
    Input {
        /// Index into [`Circuit::inputs`].
        input: u32,
    },
    /// Public constants, row-major.
    Constant {
        /// The values; as many as the shape has elements.
        values: Ints,
    },
    /// `out[i] = src[map(i)]`. Where `map(i)` lies outside of `src`, the value is `fill`; without `fill` that is an error.
    Gather {
        /// The tensor that is read.
        src: RegisterId,
        /// From an index of the result to an index of `src`.
        map: AffineMap,
        /// Value outside of `src`.
        fill: Option<i128>,
    },
    /// Tensors one after the other along `axis`.
    Concat {
        /// The tensors; their shapes differ at most along `axis`.
        srcs: Vec<RegisterId>,
        /// The axis.
        axis: u32,
    },
    /// Partial sums of products; the result's shape is the output dims followed by the number R of chunks.
    ///
    /// The taps of all terms, in order and row-major within a term, are numbered 0 to T - 1; R = max(1, ceil(T / chunk)).
    /// `out[o, r] = bias[o] +` the sum over taps `t < (r + 1) * chunk` of `weights[wread(o, t)] * src[read(o, t)]`,
    /// so `out[o, R - 1]` is the full sum. All reads must be in bounds.
    Linear {
        /// What is summed.
        terms: Vec<LinearTerm>,
        /// What the sums start with: a register whose shape is the output dims; 0 when absent.
        bias: Option<RegisterId>,
        /// Taps per partial sum, at least 1.
        chunk: u64,
    },
    /// Elementwise `floor((x + addend) / divisor)`.
    Quotient {
        /// Operand.
        x: RegisterId,
        /// Added before dividing.
        addend: i128,
        /// Positive.
        divisor: i128,
    },
    /// Elementwise `(x + addend) mod divisor`, in `[0, divisor)`.
    Remainder {
        /// Operand.
        x: RegisterId,
        /// Added before dividing.
        addend: i128,
        /// Positive.
        divisor: i128,
    },
    /// Elementwise `((x - offset) >> (bits * index)) & (2^bits - 1)`; `x - offset` must not be negative.
    Limb {
        /// Operand.
        x: RegisterId,
        /// Subtracted first.
        offset: i128,
        /// Bits per limb, 1 to 126.
        bits: u32,
        /// Which limb, 0 the lowest; `bits * index` is below 127.
        index: u32,
    },
    /// Elementwise 1 where `x >= 0`, else 0.
    NonNeg {
        /// Operand.
        x: RegisterId,
    },
    /// Elementwise `constant +` the sum of `coefficient * src`.
    Affine {
        /// Operands with their coefficients.
        terms: Vec<(RegisterId, i128)>,
        /// Added to every element.
        constant: i128,
    },
    /// Elementwise product.
    Mul {
        /// Operand.
        a: RegisterId,
        /// Operand.
        b: RegisterId,
    },
    /// Elementwise maximum.
    Max {
        /// Operand.
        a: RegisterId,
        /// Operand.
        b: RegisterId,
    },
    /// Elementwise minimum.
    Min {
        /// Operand.
        a: RegisterId,
        /// Operand.
        b: RegisterId,
    },
    /// Elementwise: the value in `out_col` of the first table row whose `in_col` is `x` (and whose tag matches).
    Lookup {
        /// The table.
        table: TableId,
        /// Operand.
        x: RegisterId,
        /// Column searched.
        in_col: u32,
        /// Column returned.
        out_col: u32,
        /// Restricts the rows searched.
        tag: Option<TagMatch>,
    },
    /// Elementwise `floor((2 * mul * num + den) / (2 * den))`: `mul * num / den` rounded to nearest, ties up. `den` must be positive.
    Ratio {
        /// Numerator.
        num: RegisterId,
        /// Denominator.
        den: RegisterId,
        /// Factor of the numerator.
        mul: i128,
    },
    /// Elementwise `(2 * mul * num + den) mod (2 * den)`, the remainder that belongs to [`Op::Ratio`].
    RatioRem {
        /// Numerator.
        num: RegisterId,
        /// Denominator.
        den: RegisterId,
        /// Factor of the numerator.
        mul: i128,
    },
    /// Cells whose value is nobody's concern (halo cells); evaluates to 0. The audit lists them by name.
    Free,
    /// The challenge raised to each of the exponents; the shape is `[exponents.len()]`. Only in later phases.
    ChallengePower {
        /// The challenge.
        challenge: ChallengeId,
        /// The exponents.
        exponents: Vec<u64>,
    },
}

impl Op {
    /// The operation's name, as the `plonk` dialect spells it.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input { .. } => "input",
            Op::Constant { .. } => "constant",
            Op::Gather { .. } => "gather",
            Op::Concat { .. } => "concat",
            Op::Linear { .. } => "linear",
            Op::Quotient { .. } => "quotient",
            Op::Remainder { .. } => "remainder",
            Op::Limb { .. } => "limb",
            Op::NonNeg { .. } => "nonneg",
            Op::Affine { .. } => "affine",
            Op::Mul { .. } => "mul",
            Op::Max { .. } => "max",
            Op::Min { .. } => "min",
            Op::Lookup { .. } => "lookup",
            Op::Ratio { .. } => "ratio",
            Op::RatioRem { .. } => "ratio_rem",
            Op::Free => "free",
            Op::ChallengePower { .. } => "challenge_power",
        }
    }

    /// The registers that the operation reads, in order, possibly repeated.
    pub fn operands(&self) -> Vec<RegisterId> {
        match self {
            Op::Input { .. } | Op::Constant { .. } | Op::Free | Op::ChallengePower { .. } => {
                Vec::new()
            }
            Op::Gather { src, .. } => vec![*src],
            Op::Concat { srcs, .. } => srcs.clone(),
            Op::Linear { terms, bias, .. } => terms
                .iter()
                .flat_map(|term| [term.src, term.weights])
                .chain(*bias)
                .collect(),
            Op::Quotient { x, .. }
            | Op::Remainder { x, .. }
            | Op::Limb { x, .. }
            | Op::NonNeg { x }
            | Op::Lookup { x, .. } => vec![*x],
            Op::Affine { terms, .. } => terms.iter().map(|(src, _)| *src).collect(),
            Op::Mul { a, b } | Op::Max { a, b } | Op::Min { a, b } => vec![*a, *b],
            Op::Ratio { num, den, .. } | Op::RatioRem { num, den, .. } => vec![*num, *den],
        }
    }
}

/// One step of the witness program: computes one register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// What is computed.
    pub op: Op,
    /// Shape of the result.
    pub shape: Shape,
    /// Least value that an element may have; evaluation checks it.
    pub lo: i128,
    /// Greatest value that an element may have; evaluation checks it.
    pub hi: i128,
    /// The ONNX node that this comes from, for reports and errors.
    pub source: String,
}

/// Puts elements of a register into cells.
///
/// For each point `p` of the domain, in row-major order, the element `register[read(p)]` stands in cell `at(p)` of the group.
/// The first advice cell of a computed element is its home; later cells of it are bound to the home by copy constraints.
/// In a fixed group only constants can be placed, in an instance group the values are public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// What is placed.
    pub register: RegisterId,
    /// Where.
    pub group: GroupId,
    /// Extents of the iteration.
    pub domain: Shape,
    /// Domain to an index of the register.
    pub read: AffineMap,
    /// Domain to (column of the group, row).
    pub at: AffineMap,
    /// The ONNX node that this comes from, for reports and errors.
    pub source: String,
}

/// Sets fixed cells to one value: selectors and parameters. Fixed cells that nothing sets are 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// A fixed group.
    pub group: GroupId,
    /// Extents of the iteration.
    pub domain: Shape,
    /// Domain to (column of the group, row).
    pub at: AffineMap,
    /// The value.
    pub value: i128,
    /// The ONNX node that this comes from, for reports and errors.
    pub source: String,
}

/// An input of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputInfo {
    /// Name in the ONNX model.
    pub name: String,
    /// Shape in the ONNX model.
    pub shape: Shape,
    /// The integer `n` stands for `n * 2^-scale`.
    pub scale: i32,
    /// Least integer allowed.
    pub lo: i128,
    /// Greatest integer allowed.
    pub hi: i128,
    /// Whether the values are public.
    pub public: bool,
}

/// An output of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputInfo {
    /// Name in the ONNX model.
    pub name: String,
    /// Shape in the ONNX model; the register's elements in row-major order.
    pub shape: Shape,
    /// The integer `n` stands for `n * 2^-scale`.
    pub scale: i32,
    /// The register that holds it, with as many elements as the shape.
    pub register: RegisterId,
    /// Whether the values are public.
    pub public: bool,
    /// Least integer possible.
    pub lo: i128,
    /// Greatest integer possible.
    pub hi: i128,
}

/// A compiled circuit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Circuit {
    /// Name of the model.
    pub name: String,
    /// The grid has 2^k rows.
    pub k: u32,
    /// Column groups.
    pub groups: Vec<ColumnGroup>,
    /// Challenges.
    pub challenges: Vec<Challenge>,
    /// Lookup tables.
    pub tables: Vec<Table>,
    /// Gates.
    pub gates: Vec<Gate>,
    /// Lookups.
    pub lookups: Vec<Lookup>,
    /// The witness program.
    pub program: Vec<Instruction>,
    /// Values in cells.
    pub placements: Vec<Placement>,
    /// Selectors and parameters.
    pub fills: Vec<Fill>,
    /// Inputs of the model.
    pub inputs: Vec<InputInfo>,
    /// Outputs of the model.
    pub outputs: Vec<OutputInfo>,
    /// Columns of phase 0 that count lookups; nothing is placed in them.
    pub multiplicities: Vec<Multiplicity>,
    /// Columns of phase 1, each once, in the order in which they are computed.
    pub derived: Vec<Derived>,
}
