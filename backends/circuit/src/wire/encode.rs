//! From the description to messages.

use std::collections::HashMap;

use super::messages as wire;
use crate::{
    AffineMap, AffineNode, Circuit, ColumnKind, Expr, ExprId, ExprNode, GroupId, Ints,
    Multiplicity, Op, Query, RegisterId, Table, TableColumn,
};

/// Few bytes for small numbers: two's complement without redundant sign bytes.
pub(super) fn int_to_wire(value: i128) -> Vec<u8> {
    let mut bytes = value.to_le_bytes().to_vec();
    let sign = if value < 0 { 0xff } else { 0 };
    while let [.., before, last] = bytes[..]
        && last == sign
        && (before & 0x80 == 0) == (value >= 0)
    {
        bytes.pop();
    }
    if bytes == [0] { Vec::new() } else { bytes }
}

fn ints_to_wire(ints: &Ints) -> wire::Ints {
    // The narrowest storage, so that equal values are equal bytes.
    let ints = ints.narrowed();
    wire::Ints {
        width: ints.width(),
        data: ints.to_le_bytes(),
    }
}

fn expr_to_wire(expr: &Expr) -> wire::Expr {
    let mut code = Vec::with_capacity(expr.nodes.len() * 3);
    let mut constants = Vec::new();
    let many = |code: &mut Vec<u32>, tag: u32, children: &[ExprId]| {
        code.push(tag);
        code.push(children.len() as u32);
        code.extend(children.iter().map(|child| child.0));
    };
    for node in &expr.nodes {
        match node {
            ExprNode::Const(value) => {
                code.push(0);
                constants.extend_from_slice(&value.to_le_bytes());
            }
            ExprNode::Query(Query {
                group,
                column,
                rotation,
            }) => {
                let zigzag = (rotation << 1) ^ (rotation >> 31);
                code.extend([1, *group, *column, zigzag as u32]);
            }
            ExprNode::Challenge(index) => code.extend([2, *index]),
            ExprNode::Neg(child) => code.extend([3, child.0]),
            ExprNode::Sum(children) => many(&mut code, 4, children),
            ExprNode::Product(children) => many(&mut code, 5, children),
        }
    }
    wire::Expr { code, constants }
}

fn map_to_wire(map: &AffineMap) -> Option<wire::AffineMap> {
    let mut code = Vec::with_capacity(map.nodes.len() * 3);
    for node in &map.nodes {
        match *node {
            AffineNode::Dim(dim) => code.extend([0, i64::from(dim)]),
            AffineNode::Const(value) => code.extend([1, value]),
            AffineNode::Add(a, b) => code.extend([2, i64::from(a), i64::from(b)]),
            AffineNode::Mul(a, b) => code.extend([3, i64::from(a), i64::from(b)]),
            AffineNode::Mod(a, b) => code.extend([4, i64::from(a), i64::from(b)]),
            AffineNode::FloorDiv(a, b) => code.extend([5, i64::from(a), i64::from(b)]),
            AffineNode::CeilDiv(a, b) => code.extend([6, i64::from(a), i64::from(b)]),
        }
    }
    Some(wire::AffineMap {
        dims: map.dims,
        code,
        results: map.results.clone(),
    })
}

/// Numbers the names of ONNX nodes in order of first use.
#[derive(Default)]
struct Sources<'a> {
    names: Vec<String>,
    known: HashMap<&'a str, u32>,
}

impl<'a> Sources<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        *self.known.entry(name).or_insert_with(|| {
            self.names.push(name.to_string());
            self.names.len() as u32 - 1
        })
    }
}

pub(super) fn to_wire(circuit: &Circuit) -> wire::Circuit {
    let mut sources = Sources::default();
    let program = circuit
        .program
        .iter()
        .map(|instruction| wire::Instruction {
            shape: instruction.shape.clone(),
            lo: int_to_wire(instruction.lo),
            hi: int_to_wire(instruction.hi),
            source: sources.number(&instruction.source),
            op: Some(op_to_wire(&instruction.op)),
        })
        .collect();
    let placements = circuit
        .placements
        .iter()
        .map(|placement| wire::Placement {
            register: placement.register.0,
            group: placement.group.0,
            domain: placement.domain.clone(),
            read: map_to_wire(&placement.read),
            at: map_to_wire(&placement.at),
            source: sources.number(&placement.source),
        })
        .collect();
    let fills = circuit
        .fills
        .iter()
        .map(|fill| wire::Fill {
            group: fill.group.0,
            domain: fill.domain.clone(),
            at: map_to_wire(&fill.at),
            value: int_to_wire(fill.value),
            source: sources.number(&fill.source),
        })
        .collect();
    let multiplicities = circuit
        .multiplicities
        .iter()
        .map(|multiplicity| multiplicity_to_wire(multiplicity, &mut sources))
        .collect();
    wire::Circuit {
        name: circuit.name.clone(),
        k: circuit.k,
        groups: circuit
            .groups
            .iter()
            .map(|group| wire::Group {
                name: group.name.clone(),
                kind: match group.kind {
                    ColumnKind::Advice => 0,
                    ColumnKind::Fixed => 1,
                    ColumnKind::Instance => 2,
                },
                phase: group.phase,
                count: group.count,
                by_gates: group.by_gates,
            })
            .collect(),
        challenges: circuit
            .challenges
            .iter()
            .map(|challenge| wire::Challenge {
                name: challenge.name.clone(),
                after_phase: challenge.after_phase,
            })
            .collect(),
        tables: circuit.tables.iter().map(table_to_wire).collect(),
        gates: circuit
            .gates
            .iter()
            .map(|gate| wire::Gate {
                name: gate.name.clone(),
                constraints: gate
                    .constraints
                    .iter()
                    .map(|constraint| wire::Constraint {
                        name: constraint.name.clone(),
                        poly: Some(expr_to_wire(&constraint.poly)),
                    })
                    .collect(),
            })
            .collect(),
        lookups: circuit
            .lookups
            .iter()
            .map(|lookup| wire::Lookup {
                name: lookup.name.clone(),
                inputs: lookup.inputs.iter().map(expr_to_wire).collect(),
                table: lookup.table.0,
            })
            .collect(),
        program,
        placements,
        fills,
        inputs: circuit
            .inputs
            .iter()
            .map(|input| wire::Input {
                name: input.name.clone(),
                shape: input.shape.clone(),
                scale: input.scale,
                lo: int_to_wire(input.lo),
                hi: int_to_wire(input.hi),
                public: input.public,
            })
            .collect(),
        outputs: circuit
            .outputs
            .iter()
            .map(|output| wire::Output {
                name: output.name.clone(),
                shape: output.shape.clone(),
                scale: output.scale,
                register: output.register.0,
                public: output.public,
                lo: int_to_wire(output.lo),
                hi: int_to_wire(output.hi),
            })
            .collect(),
        multiplicities,
        derived: circuit
            .derived
            .iter()
            .map(|derived| wire::Derived {
                target: Some(column_to_wire((derived.group, derived.column))),
                gate: derived.gate,
                constraint: derived.constraint,
                rotation: derived.rotation,
            })
            .collect(),
        sources: sources.names,
    }
}

fn column_to_wire((group, column): (GroupId, u32)) -> wire::Column {
    wire::Column {
        group: group.0,
        column,
    }
}

fn multiplicity_to_wire<'a>(
    multiplicity: &'a Multiplicity,
    sources: &mut Sources<'a>,
) -> wire::Multiplicity {
    wire::Multiplicity {
        active: multiplicity.active.map(column_to_wire),
        terms: multiplicity
            .terms
            .iter()
            .map(|term| wire::MultiplicityTerm {
                selector: Some(expr_to_wire(&term.selector)),
                inputs: term.inputs.iter().map(expr_to_wire).collect(),
            })
            .collect(),
        source: sources.number(&multiplicity.source),
        tables: multiplicity
            .tables
            .iter()
            .map(|table| wire::CountedTable {
                target: Some(column_to_wire((table.group, table.column))),
                columns: table.columns.iter().copied().map(column_to_wire).collect(),
            })
            .collect(),
    }
}

fn table_to_wire(table: &Table) -> wire::Table {
    let columns = table
        .columns
        .iter()
        .map(|column| match column {
            TableColumn::Range { start, len } => wire::TableColumn {
                start: int_to_wire(*start),
                len: *len,
                values: None,
            },
            TableColumn::Values(values) => wire::TableColumn {
                start: Vec::new(),
                len: 0,
                values: Some(ints_to_wire(values)),
            },
        })
        .collect();
    wire::Table {
        name: table.name.clone(),
        columns,
    }
}

fn op_to_wire(op: &Op) -> wire::Op {
    let division = |x: &RegisterId, addend: &i128, divisor: &i128| wire::Division {
        x: x.0,
        addend: int_to_wire(*addend),
        divisor: int_to_wire(*divisor),
    };
    let pair = |a: &RegisterId, b: &RegisterId| wire::Pair { a: a.0, b: b.0 };
    let ratio = |num: &RegisterId, den: &RegisterId, mul: &i128| wire::Ratio {
        num: num.0,
        den: den.0,
        mul: int_to_wire(*mul),
    };
    match op {
        Op::Input { input } => wire::Op::Input(*input),
        Op::Constant { values } => wire::Op::Constant(ints_to_wire(values)),
        Op::Gather { src, map, fill } => wire::Op::Gather(wire::Gather {
            src: src.0,
            map: map_to_wire(map),
            fill: fill.map(int_to_wire),
        }),
        Op::Concat { srcs, axis } => wire::Op::Concat(wire::Concat {
            srcs: srcs.iter().map(|src| src.0).collect(),
            axis: *axis,
        }),
        Op::Linear { terms, bias, chunk } => wire::Op::Linear(wire::Linear {
            terms: terms
                .iter()
                .map(|term| wire::LinearTerm {
                    src: term.src.0,
                    read: map_to_wire(&term.read),
                    tap_dims: term.tap_dims.clone(),
                    weights: term.weights.0,
                    wread: map_to_wire(&term.wread),
                })
                .collect(),
            bias: bias.map(|bias| bias.0),
            chunk: *chunk,
        }),
        Op::Quotient { x, addend, divisor } => wire::Op::Quotient(division(x, addend, divisor)),
        Op::Remainder { x, addend, divisor } => wire::Op::Remainder(division(x, addend, divisor)),
        Op::Limb {
            x,
            offset,
            bits,
            index,
        } => wire::Op::Limb(wire::Limb {
            x: x.0,
            offset: int_to_wire(*offset),
            bits: *bits,
            index: *index,
        }),
        Op::NonNeg { x } => wire::Op::NonNeg(x.0),
        Op::Affine { terms, constant } => wire::Op::Affine(wire::Affine {
            srcs: terms.iter().map(|(src, _)| src.0).collect(),
            coefficients: terms
                .iter()
                .flat_map(|(_, factor)| factor.to_le_bytes())
                .collect(),
            constant: int_to_wire(*constant),
        }),
        Op::Mul { a, b } => wire::Op::Mul(pair(a, b)),
        Op::Max { a, b } => wire::Op::Max(pair(a, b)),
        Op::Min { a, b } => wire::Op::Min(pair(a, b)),
        Op::Lookup {
            table,
            x,
            in_col,
            out_col,
            tag,
        } => wire::Op::Lookup(wire::TableLookup {
            table: table.0,
            x: x.0,
            in_col: *in_col,
            out_col: *out_col,
            tag: tag.map(|tag| wire::Tag {
                column: tag.column,
                value: int_to_wire(tag.value),
            }),
        }),
        Op::Ratio { num, den, mul } => wire::Op::Ratio(ratio(num, den, mul)),
        Op::RatioRem { num, den, mul } => wire::Op::RatioRem(ratio(num, den, mul)),
        Op::Free => wire::Op::Free(wire::Free {}),
        Op::ChallengePower {
            challenge,
            exponents,
        } => wire::Op::ChallengePower(wire::ChallengePower {
            challenge: challenge.0,
            exponents: exponents.clone(),
        }),
    }
}
