//! The messages. Tags are never reused; a new meaning gets a new tag and a new format version.
//!
//! 128-bit integers are bytes: two's complement, little-endian, as few as possible (none for 0). Expressions and affine
//! maps are streams of small numbers rather than messages per node, which is both shorter and cheap to bound.

use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Circuit {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(uint32, tag = "2")]
    pub(super) k: u32,
    #[prost(message, repeated, tag = "3")]
    pub(super) groups: Vec<Group>,
    #[prost(message, repeated, tag = "4")]
    pub(super) challenges: Vec<Challenge>,
    #[prost(message, repeated, tag = "5")]
    pub(super) tables: Vec<Table>,
    #[prost(message, repeated, tag = "6")]
    pub(super) gates: Vec<Gate>,
    #[prost(message, repeated, tag = "7")]
    pub(super) lookups: Vec<Lookup>,
    #[prost(message, repeated, tag = "8")]
    pub(super) program: Vec<Instruction>,
    #[prost(message, repeated, tag = "9")]
    pub(super) placements: Vec<Placement>,
    #[prost(message, repeated, tag = "10")]
    pub(super) fills: Vec<Fill>,
    #[prost(message, repeated, tag = "11")]
    pub(super) inputs: Vec<Input>,
    #[prost(message, repeated, tag = "12")]
    pub(super) outputs: Vec<Output>,
    /// Names of ONNX nodes, each once; other messages refer to them by index.
    #[prost(string, repeated, tag = "13")]
    pub(super) sources: Vec<String>,
    #[prost(message, repeated, tag = "14")]
    pub(super) multiplicities: Vec<Multiplicity>,
    #[prost(message, repeated, tag = "15")]
    pub(super) derived: Vec<Derived>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Group {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    /// 0 advice, 1 fixed, 2 instance.
    #[prost(uint32, tag = "2")]
    pub(super) kind: u32,
    #[prost(uint32, tag = "3")]
    pub(super) phase: u32,
    #[prost(uint32, tag = "4")]
    pub(super) count: u32,
    #[prost(bool, tag = "5")]
    pub(super) by_gates: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Challenge {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(uint32, tag = "2")]
    pub(super) after_phase: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Table {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) columns: Vec<TableColumn>,
}

/// A range when `values` is absent.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TableColumn {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) start: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub(super) len: u64,
    #[prost(message, optional, tag = "3")]
    pub(super) values: Option<Ints>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Ints {
    /// Bytes per value: 1, 2, 4, 8 or 16.
    #[prost(uint32, tag = "1")]
    pub(super) width: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Gate {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) constraints: Vec<Constraint>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Constraint {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "2")]
    pub(super) poly: Option<Expr>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Lookup {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) inputs: Vec<Expr>,
    #[prost(uint32, tag = "3")]
    pub(super) table: u32,
}

/// Node after node: 0 = next constant; 1, group, column, zigzag rotation; 2, challenge; 3, child;
/// 4, count, children (sum); 5, count, children (product).
#[derive(Clone, PartialEq, Message)]
pub(super) struct Expr {
    #[prost(uint32, repeated, tag = "1")]
    pub(super) code: Vec<u32>,
    /// The constants in order, 16 bytes each.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) constants: Vec<u8>,
}

/// Node after node: 0, dim; 1, constant; 2..6, left, right (add, mul, mod, floordiv, ceildiv).
#[derive(Clone, PartialEq, Message)]
pub(super) struct AffineMap {
    #[prost(uint32, tag = "1")]
    pub(super) dims: u32,
    #[prost(sint64, repeated, tag = "2")]
    pub(super) code: Vec<i64>,
    #[prost(uint32, repeated, tag = "3")]
    pub(super) results: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Instruction {
    #[prost(uint64, repeated, tag = "1")]
    pub(super) shape: Vec<u64>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) lo: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) hi: Vec<u8>,
    #[prost(uint32, tag = "4")]
    pub(super) source: u32,
    #[prost(
        oneof = "Op",
        tags = "5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22"
    )]
    pub(super) op: Option<Op>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Op {
    #[prost(uint32, tag = "5")]
    Input(u32),
    #[prost(message, tag = "6")]
    Constant(Ints),
    #[prost(message, tag = "7")]
    Gather(Gather),
    #[prost(message, tag = "8")]
    Concat(Concat),
    #[prost(message, tag = "9")]
    Linear(Linear),
    #[prost(message, tag = "10")]
    Quotient(Division),
    #[prost(message, tag = "11")]
    Remainder(Division),
    #[prost(message, tag = "12")]
    Limb(Limb),
    #[prost(uint32, tag = "13")]
    NonNeg(u32),
    #[prost(message, tag = "14")]
    Affine(Affine),
    #[prost(message, tag = "15")]
    Mul(Pair),
    #[prost(message, tag = "16")]
    Max(Pair),
    #[prost(message, tag = "17")]
    Min(Pair),
    #[prost(message, tag = "18")]
    Lookup(TableLookup),
    #[prost(message, tag = "19")]
    Ratio(Ratio),
    #[prost(message, tag = "20")]
    RatioRem(Ratio),
    #[prost(message, tag = "21")]
    Free(Free),
    #[prost(message, tag = "22")]
    ChallengePower(ChallengePower),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Gather {
    #[prost(uint32, tag = "1")]
    pub(super) src: u32,
    #[prost(message, optional, tag = "2")]
    pub(super) map: Option<AffineMap>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(super) fill: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Concat {
    #[prost(uint32, repeated, tag = "1")]
    pub(super) srcs: Vec<u32>,
    #[prost(uint32, tag = "2")]
    pub(super) axis: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Linear {
    #[prost(message, repeated, tag = "1")]
    pub(super) terms: Vec<LinearTerm>,
    #[prost(uint32, optional, tag = "2")]
    pub(super) bias: Option<u32>,
    #[prost(uint64, tag = "3")]
    pub(super) chunk: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LinearTerm {
    #[prost(uint32, tag = "1")]
    pub(super) src: u32,
    #[prost(message, optional, tag = "2")]
    pub(super) read: Option<AffineMap>,
    #[prost(uint64, repeated, tag = "3")]
    pub(super) tap_dims: Vec<u64>,
    #[prost(uint32, tag = "4")]
    pub(super) weights: u32,
    #[prost(message, optional, tag = "5")]
    pub(super) wread: Option<AffineMap>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Division {
    #[prost(uint32, tag = "1")]
    pub(super) x: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) addend: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) divisor: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Limb {
    #[prost(uint32, tag = "1")]
    pub(super) x: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) offset: Vec<u8>,
    #[prost(uint32, tag = "3")]
    pub(super) bits: u32,
    #[prost(uint32, tag = "4")]
    pub(super) index: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Affine {
    #[prost(uint32, repeated, tag = "1")]
    pub(super) srcs: Vec<u32>,
    /// One coefficient per source, 16 bytes each.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) coefficients: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) constant: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Pair {
    #[prost(uint32, tag = "1")]
    pub(super) a: u32,
    #[prost(uint32, tag = "2")]
    pub(super) b: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TableLookup {
    #[prost(uint32, tag = "1")]
    pub(super) table: u32,
    #[prost(uint32, tag = "2")]
    pub(super) x: u32,
    #[prost(uint32, tag = "3")]
    pub(super) in_col: u32,
    #[prost(uint32, tag = "4")]
    pub(super) out_col: u32,
    #[prost(message, optional, tag = "5")]
    pub(super) tag: Option<Tag>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Tag {
    #[prost(uint32, tag = "1")]
    pub(super) column: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Ratio {
    #[prost(uint32, tag = "1")]
    pub(super) num: u32,
    #[prost(uint32, tag = "2")]
    pub(super) den: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) mul: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Free {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ChallengePower {
    #[prost(uint32, tag = "1")]
    pub(super) challenge: u32,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) exponents: Vec<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Placement {
    #[prost(uint32, tag = "1")]
    pub(super) register: u32,
    #[prost(uint32, tag = "2")]
    pub(super) group: u32,
    #[prost(uint64, repeated, tag = "3")]
    pub(super) domain: Vec<u64>,
    #[prost(message, optional, tag = "4")]
    pub(super) read: Option<AffineMap>,
    #[prost(message, optional, tag = "5")]
    pub(super) at: Option<AffineMap>,
    #[prost(uint32, tag = "6")]
    pub(super) source: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Fill {
    #[prost(uint32, tag = "1")]
    pub(super) group: u32,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) domain: Vec<u64>,
    #[prost(message, optional, tag = "3")]
    pub(super) at: Option<AffineMap>,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) value: Vec<u8>,
    #[prost(uint32, tag = "5")]
    pub(super) source: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Input {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) shape: Vec<u64>,
    #[prost(sint32, tag = "3")]
    pub(super) scale: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) lo: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    pub(super) hi: Vec<u8>,
    #[prost(bool, tag = "6")]
    pub(super) public: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Output {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(uint64, repeated, tag = "2")]
    pub(super) shape: Vec<u64>,
    #[prost(sint32, tag = "3")]
    pub(super) scale: i32,
    #[prost(uint32, tag = "4")]
    pub(super) register: u32,
    #[prost(bool, tag = "5")]
    pub(super) public: bool,
    #[prost(bytes = "vec", tag = "6")]
    pub(super) lo: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub(super) hi: Vec<u8>,
}

/// A column of a group.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Column {
    #[prost(uint32, tag = "1")]
    pub(super) group: u32,
    #[prost(uint32, tag = "2")]
    pub(super) column: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Multiplicity {
    // Tags 1 and 3 held the one table of format version 2.
    #[prost(message, optional, tag = "2")]
    pub(super) active: Option<Column>,
    #[prost(message, repeated, tag = "4")]
    pub(super) terms: Vec<MultiplicityTerm>,
    #[prost(uint32, tag = "5")]
    pub(super) source: u32,
    #[prost(message, repeated, tag = "6")]
    pub(super) tables: Vec<CountedTable>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CountedTable {
    #[prost(message, optional, tag = "1")]
    pub(super) target: Option<Column>,
    #[prost(message, repeated, tag = "2")]
    pub(super) columns: Vec<Column>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct MultiplicityTerm {
    #[prost(message, optional, tag = "1")]
    pub(super) selector: Option<Expr>,
    #[prost(message, repeated, tag = "2")]
    pub(super) inputs: Vec<Expr>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Derived {
    #[prost(message, optional, tag = "1")]
    pub(super) target: Option<Column>,
    #[prost(uint32, tag = "2")]
    pub(super) gate: u32,
    #[prost(uint32, tag = "3")]
    pub(super) constraint: u32,
    #[prost(sint32, tag = "4")]
    pub(super) rotation: i32,
}
