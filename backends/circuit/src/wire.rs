//! The description as protobuf messages, and the way there.

mod messages;
mod scan;

use std::collections::HashMap;

use prost::Message;
use thiserror::Error;

use self::messages as wire;
use crate::limits;
use crate::structure::check_structure;
use crate::validate::ValidateError;
use crate::{
    AffineMap, AffineNode, Challenge, ChallengeId, Circuit, ColumnGroup, ColumnKind, Constraint,
    Expr, ExprId, ExprNode, Fill, Gate, GroupId, InputInfo, Instruction, Ints, LinearTerm, Lookup,
    Op, OutputInfo, Placement, Query, RegisterId, Table, TableColumn, TableId, TagMatch,
};

/// Why bytes are not a circuit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Not the protobuf that this version writes.
    #[error("not a circuit description: {0}")]
    Protobuf(String),
    /// More messages than any circuit has.
    #[error("the circuit description has {0} parts; at most {max} are accepted", max = scan::MAX_MESSAGES)]
    TooMany(u64),
    /// A field whose contents make no sense.
    #[error("circuit description: {at}: {problem}")]
    Field {
        /// Where.
        at: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The data is there, but refers to things that are not.
    #[error("circuit description: {0}")]
    Structure(Box<ValidateError>),
}

impl Circuit {
    /// The description as bytes. Equal circuits have equal bytes.
    pub fn encode(&self) -> Vec<u8> {
        to_wire(self).encode_to_vec()
    }

    /// BLAKE3 of [`encode`](Self::encode): the identity of the circuit.
    pub fn digest(&self) -> [u8; 32] {
        *blake3::hash(&self.encode()).as_bytes()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// The result has passed the structure check: every index refers to something, every shape agrees, all sizes are
    /// within limits. Whether cells and bounds are right is for [`Circuit::validate`] to say.
    pub fn decode(bytes: &[u8]) -> Result<Circuit, DecodeError> {
        let parts = scan::count_messages(bytes)
            .ok_or_else(|| DecodeError::Protobuf("malformed protobuf".to_string()))?;
        if parts > scan::MAX_MESSAGES {
            return Err(DecodeError::TooMany(parts));
        }
        let message = wire::Circuit::decode(bytes)
            .map_err(|error| DecodeError::Protobuf(error.to_string()))?;
        let circuit = from_wire(message)?;
        match check_structure(&circuit).into_iter().next() {
            None => Ok(circuit),
            Some(error) => Err(DecodeError::Structure(Box::new(error))),
        }
    }
}

fn field(at: &'static str, problem: impl Into<String>) -> DecodeError {
    DecodeError::Field { at, problem: problem.into() }
}

/// Few bytes for small numbers: two's complement without redundant sign bytes.
fn int_to_wire(value: i128) -> Vec<u8> {
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

fn int_from_wire(at: &'static str, bytes: &[u8]) -> Result<i128, DecodeError> {
    let mut whole = match bytes.last() {
        Some(last) if last & 0x80 != 0 => [0xff; 16],
        _ => [0; 16],
    };
    whole
        .get_mut(..bytes.len())
        .ok_or_else(|| field(at, format!("an integer of {} bytes", bytes.len())))?
        .copy_from_slice(bytes);
    Ok(i128::from_le_bytes(whole))
}

/// Integers of 16 bytes each.
fn wide_from_wire(at: &'static str, bytes: &[u8]) -> Result<Vec<i128>, DecodeError> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(field(at, format!("{} bytes are not 16-byte integers", bytes.len())));
    }
    Ok(chunks.iter().map(|chunk| i128::from_le_bytes(*chunk)).collect())
}

fn ints_to_wire(ints: &Ints) -> wire::Ints {
    // The narrowest storage, so that equal values are equal bytes.
    let ints = ints.narrowed();
    wire::Ints { width: ints.width(), data: ints.to_le_bytes() }
}

fn ints_from_wire(at: &'static str, ints: wire::Ints) -> Result<Ints, DecodeError> {
    Ints::from_le_bytes(ints.width, &ints.data).map_err(|error| field(at, error.to_string()))
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
            ExprNode::Query(Query { group, column, rotation }) => {
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

fn expr_from_wire(at: &'static str, expr: Option<wire::Expr>) -> Result<Expr, DecodeError> {
    let expr = expr.ok_or_else(|| field(at, "the expression is missing"))?;
    let mut constants = wide_from_wire(at, &expr.constants)?.into_iter();
    let mut code = expr.code.iter().copied();
    let mut nodes = Vec::new();
    while let Some(tag) = code.next() {
        let mut next = || code.next().ok_or_else(|| field(at, "the expression ends in a node"));
        let node = match tag {
            0 => ExprNode::Const(
                constants.next().ok_or_else(|| field(at, "a constant is missing"))?,
            ),
            1 => {
                let (group, column, zigzag) = (next()?, next()?, next()?);
                let rotation = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
                ExprNode::Query(Query { group, column, rotation })
            }
            2 => ExprNode::Challenge(next()?),
            3 => ExprNode::Neg(ExprId(next()?)),
            4 | 5 => {
                let count = next()?;
                // Grows child by child: the count is only believed as far as the children are there.
                let mut children = Vec::new();
                for _ in 0..count {
                    children.push(ExprId(next()?));
                }
                if tag == 4 { ExprNode::Sum(children) } else { ExprNode::Product(children) }
            }
            _ => return Err(field(at, format!("unknown expression node {tag}"))),
        };
        nodes.push(node);
        if nodes.len() > limits::MAX_NODES {
            return Err(field(at, format!("more than {} nodes", limits::MAX_NODES)));
        }
    }
    if constants.next().is_some() {
        return Err(field(at, "a constant is not used"));
    }
    Ok(Expr { nodes })
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
    Some(wire::AffineMap { dims: map.dims, code, results: map.results.clone() })
}

fn map_from_wire(
    at: &'static str,
    map: Option<wire::AffineMap>,
) -> Result<AffineMap, DecodeError> {
    let map = map.ok_or_else(|| field(at, "the affine map is missing"))?;
    let mut code = map.code.iter().copied();
    let mut nodes = Vec::new();
    while let Some(tag) = code.next() {
        let mut next = || code.next().ok_or_else(|| field(at, "the affine map ends in a node"));
        let index = |value: i64| {
            u32::try_from(value).map_err(|_| field(at, format!("{value} is no index")))
        };
        nodes.push(match tag {
            0 => AffineNode::Dim(index(next()?)?),
            1 => AffineNode::Const(next()?),
            2..=6 => {
                let (a, b) = (index(next()?)?, index(next()?)?);
                match tag {
                    2 => AffineNode::Add(a, b),
                    3 => AffineNode::Mul(a, b),
                    4 => AffineNode::Mod(a, b),
                    5 => AffineNode::FloorDiv(a, b),
                    _ => AffineNode::CeilDiv(a, b),
                }
            }
            _ => return Err(field(at, format!("unknown affine node {tag}"))),
        });
        if nodes.len() > limits::MAX_NODES {
            return Err(field(at, format!("more than {} nodes", limits::MAX_NODES)));
        }
    }
    Ok(AffineMap { dims: map.dims, nodes, results: map.results })
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

fn to_wire(circuit: &Circuit) -> wire::Circuit {
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
        sources: sources.names,
    }
}

fn table_to_wire(table: &Table) -> wire::Table {
    let columns = table
        .columns
        .iter()
        .map(|column| match column {
            TableColumn::Range { start, len } => {
                wire::TableColumn { start: int_to_wire(*start), len: *len, values: None }
            }
            TableColumn::Values(values) => {
                wire::TableColumn { start: Vec::new(), len: 0, values: Some(ints_to_wire(values)) }
            }
        })
        .collect();
    wire::Table { name: table.name.clone(), columns }
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
        Op::Limb { x, offset, bits, index } => wire::Op::Limb(wire::Limb {
            x: x.0,
            offset: int_to_wire(*offset),
            bits: *bits,
            index: *index,
        }),
        Op::NonNeg { x } => wire::Op::NonNeg(x.0),
        Op::Affine { terms, constant } => wire::Op::Affine(wire::Affine {
            srcs: terms.iter().map(|(src, _)| src.0).collect(),
            coefficients: terms.iter().flat_map(|(_, factor)| factor.to_le_bytes()).collect(),
            constant: int_to_wire(*constant),
        }),
        Op::Mul { a, b } => wire::Op::Mul(pair(a, b)),
        Op::Max { a, b } => wire::Op::Max(pair(a, b)),
        Op::Min { a, b } => wire::Op::Min(pair(a, b)),
        Op::Lookup { table, x, in_col, out_col, tag } => wire::Op::Lookup(wire::TableLookup {
            table: table.0,
            x: x.0,
            in_col: *in_col,
            out_col: *out_col,
            tag: tag.map(|tag| wire::Tag { column: tag.column, value: int_to_wire(tag.value) }),
        }),
        Op::Ratio { num, den, mul } => wire::Op::Ratio(ratio(num, den, mul)),
        Op::RatioRem { num, den, mul } => wire::Op::RatioRem(ratio(num, den, mul)),
        Op::Free => wire::Op::Free(wire::Free {}),
        Op::ChallengePower { challenge, exponents } => {
            wire::Op::ChallengePower(wire::ChallengePower {
                challenge: challenge.0,
                exponents: exponents.clone(),
            })
        }
    }
}

fn op_from_wire(op: Option<wire::Op>) -> Result<Op, DecodeError> {
    let at = "instruction";
    let int = |bytes: &[u8]| int_from_wire(at, bytes);
    let register = RegisterId;
    Ok(match op.ok_or_else(|| field(at, "the operation is missing or unknown"))? {
        wire::Op::Input(input) => Op::Input { input },
        wire::Op::Constant(values) => Op::Constant { values: ints_from_wire(at, values)? },
        wire::Op::Gather(gather) => Op::Gather {
            src: register(gather.src),
            map: map_from_wire(at, gather.map)?,
            fill: gather.fill.as_deref().map(int).transpose()?,
        },
        wire::Op::Concat(concat) => Op::Concat {
            srcs: concat.srcs.into_iter().map(register).collect(),
            axis: concat.axis,
        },
        wire::Op::Linear(linear) => Op::Linear {
            terms: linear
                .terms
                .into_iter()
                .map(|term| {
                    Ok(LinearTerm {
                        src: register(term.src),
                        read: map_from_wire(at, term.read)?,
                        tap_dims: term.tap_dims,
                        weights: register(term.weights),
                        wread: map_from_wire(at, term.wread)?,
                    })
                })
                .collect::<Result<_, DecodeError>>()?,
            bias: linear.bias.map(register),
            chunk: linear.chunk,
        },
        wire::Op::Quotient(division) => Op::Quotient {
            x: register(division.x),
            addend: int(&division.addend)?,
            divisor: int(&division.divisor)?,
        },
        wire::Op::Remainder(division) => Op::Remainder {
            x: register(division.x),
            addend: int(&division.addend)?,
            divisor: int(&division.divisor)?,
        },
        wire::Op::Limb(limb) => Op::Limb {
            x: register(limb.x),
            offset: int(&limb.offset)?,
            bits: limb.bits,
            index: limb.index,
        },
        wire::Op::NonNeg(x) => Op::NonNeg { x: register(x) },
        wire::Op::Affine(affine) => {
            let factors = wide_from_wire(at, &affine.coefficients)?;
            if factors.len() != affine.srcs.len() {
                let (factors, srcs) = (factors.len(), affine.srcs.len());
                return Err(field(at, format!("{factors} coefficients for {srcs} operands")));
            }
            Op::Affine {
                terms: affine.srcs.into_iter().map(register).zip(factors).collect(),
                constant: int(&affine.constant)?,
            }
        }
        wire::Op::Mul(pair) => Op::Mul { a: register(pair.a), b: register(pair.b) },
        wire::Op::Max(pair) => Op::Max { a: register(pair.a), b: register(pair.b) },
        wire::Op::Min(pair) => Op::Min { a: register(pair.a), b: register(pair.b) },
        wire::Op::Lookup(lookup) => Op::Lookup {
            table: TableId(lookup.table),
            x: register(lookup.x),
            in_col: lookup.in_col,
            out_col: lookup.out_col,
            tag: lookup
                .tag
                .map(|tag| Ok::<_, DecodeError>(TagMatch { column: tag.column, value: int(&tag.value)? }))
                .transpose()?,
        },
        wire::Op::Ratio(ratio) => Op::Ratio {
            num: register(ratio.num),
            den: register(ratio.den),
            mul: int(&ratio.mul)?,
        },
        wire::Op::RatioRem(ratio) => Op::RatioRem {
            num: register(ratio.num),
            den: register(ratio.den),
            mul: int(&ratio.mul)?,
        },
        wire::Op::Free(wire::Free {}) => Op::Free,
        wire::Op::ChallengePower(power) => Op::ChallengePower {
            challenge: ChallengeId(power.challenge),
            exponents: power.exponents,
        },
    })
}

fn from_wire(message: wire::Circuit) -> Result<Circuit, DecodeError> {
    let sources = &message.sources;
    let source = |index: u32| {
        let name = sources.get(index as usize).cloned();
        name.ok_or_else(|| field("source", format!("there is no name {index}")))
    };
    let groups = message.groups.into_iter().map(|group| {
        let kind = match group.kind {
            0 => ColumnKind::Advice,
            1 => ColumnKind::Fixed,
            2 => ColumnKind::Instance,
            other => return Err(field("column group", format!("unknown kind {other}"))),
        };
        Ok(ColumnGroup { name: group.name, kind, phase: group.phase, count: group.count })
    });
    let challenges = message
        .challenges
        .into_iter()
        .map(|challenge| Challenge { name: challenge.name, after_phase: challenge.after_phase });
    let tables = message.tables.into_iter().map(|table| {
        let columns = table.columns.into_iter().map(|column| match column.values {
            Some(values) => Ok(TableColumn::Values(ints_from_wire("table", values)?)),
            None => {
                let start = int_from_wire("table", &column.start)?;
                Ok(TableColumn::Range { start, len: column.len })
            }
        });
        Ok(Table { name: table.name, columns: columns.collect::<Result<_, DecodeError>>()? })
    });
    let gates = message.gates.into_iter().map(|gate| {
        let constraints = gate.constraints.into_iter().map(|constraint| {
            let poly = expr_from_wire("gate", constraint.poly)?;
            Ok(Constraint { name: constraint.name, poly })
        });
        let constraints = constraints.collect::<Result<_, DecodeError>>()?;
        Ok(Gate { name: gate.name, constraints })
    });
    let lookups = message.lookups.into_iter().map(|lookup| {
        let inputs =
            lookup.inputs.into_iter().map(|input| expr_from_wire("lookup", Some(input)));
        let inputs = inputs.collect::<Result<_, DecodeError>>()?;
        Ok(Lookup { name: lookup.name, inputs, table: TableId(lookup.table) })
    });
    let program = message.program.into_iter().map(|instruction| {
        Ok(Instruction {
            op: op_from_wire(instruction.op)?,
            shape: instruction.shape,
            lo: int_from_wire("instruction", &instruction.lo)?,
            hi: int_from_wire("instruction", &instruction.hi)?,
            source: source(instruction.source)?,
        })
    });
    let placements = message.placements.into_iter().map(|placement| {
        Ok(Placement {
            register: RegisterId(placement.register),
            group: GroupId(placement.group),
            domain: placement.domain,
            read: map_from_wire("placement", placement.read)?,
            at: map_from_wire("placement", placement.at)?,
            source: source(placement.source)?,
        })
    });
    let fills = message.fills.into_iter().map(|fill| {
        Ok(Fill {
            group: GroupId(fill.group),
            domain: fill.domain,
            at: map_from_wire("fill", fill.at)?,
            value: int_from_wire("fill", &fill.value)?,
            source: source(fill.source)?,
        })
    });
    let inputs = message.inputs.into_iter().map(|input| {
        Ok(InputInfo {
            name: input.name,
            shape: input.shape,
            scale: input.scale,
            lo: int_from_wire("input", &input.lo)?,
            hi: int_from_wire("input", &input.hi)?,
            public: input.public,
        })
    });
    let outputs = message.outputs.into_iter().map(|output| {
        Ok(OutputInfo {
            name: output.name,
            shape: output.shape,
            scale: output.scale,
            register: RegisterId(output.register),
            public: output.public,
            lo: int_from_wire("output", &output.lo)?,
            hi: int_from_wire("output", &output.hi)?,
        })
    });
    Ok(Circuit {
        name: message.name,
        k: message.k,
        groups: groups.collect::<Result<_, DecodeError>>()?,
        challenges: challenges.collect(),
        tables: tables.collect::<Result<_, DecodeError>>()?,
        gates: gates.collect::<Result<_, DecodeError>>()?,
        lookups: lookups.collect::<Result<_, DecodeError>>()?,
        program: program.collect::<Result<_, DecodeError>>()?,
        placements: placements.collect::<Result<_, DecodeError>>()?,
        fills: fills.collect::<Result<_, DecodeError>>()?,
        inputs: inputs.collect::<Result<_, DecodeError>>()?,
        outputs: outputs.collect::<Result<_, DecodeError>>()?,
    })
}
