//! From messages to the description. Nothing in a message is believed: every length is that of data at hand.

use std::cell::Cell;

use super::DecodeError;
use super::messages as wire;
use crate::limits;
use crate::{
    AffineMap, AffineNode, Challenge, ChallengeId, Circuit, ColumnGroup, ColumnKind, Constraint,
    CountedTable, Derived, Expr, ExprId, ExprNode, Fill, Gate, GroupId, InputInfo, Instruction,
    Ints, LinearTerm, Lookup, Multiplicity, MultiplicityTerm, Op, OutputInfo, Placement, Query,
    RegisterId, Table, TableColumn, TableId, TagMatch,
};

/// Most bytes of ONNX node names, each counted as often as it is referred to.
const MAX_SOURCE_BYTES: usize = 1 << 28;

fn field(at: &'static str, problem: impl Into<String>) -> DecodeError {
    DecodeError::Field {
        at,
        problem: problem.into(),
    }
}

pub(super) fn int_from_wire(at: &'static str, bytes: &[u8]) -> Result<i128, DecodeError> {
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
        return Err(field(
            at,
            format!("{} bytes are not 16-byte integers", bytes.len()),
        ));
    }
    Ok(chunks
        .iter()
        .map(|chunk| i128::from_le_bytes(*chunk))
        .collect())
}

fn ints_from_wire(at: &'static str, ints: wire::Ints) -> Result<Ints, DecodeError> {
    Ints::from_le_bytes(ints.width, &ints.data).map_err(|error| field(at, error.to_string()))
}

fn expr_from_wire(at: &'static str, expr: Option<wire::Expr>) -> Result<Expr, DecodeError> {
    let expr = expr.ok_or_else(|| field(at, "the expression is missing"))?;
    let mut constants = wide_from_wire(at, &expr.constants)?.into_iter();
    let mut code = expr.code.iter().copied();
    let mut nodes = Vec::new();
    while let Some(tag) = code.next() {
        let mut next = || {
            code.next()
                .ok_or_else(|| field(at, "the expression ends in a node"))
        };
        let node = match tag {
            0 => ExprNode::Const(
                constants
                    .next()
                    .ok_or_else(|| field(at, "a constant is missing"))?,
            ),
            1 => {
                let (group, column, zigzag) = (next()?, next()?, next()?);
                let rotation = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
                ExprNode::Query(Query {
                    group,
                    column,
                    rotation,
                })
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
                if tag == 4 {
                    ExprNode::Sum(children)
                } else {
                    ExprNode::Product(children)
                }
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

fn map_from_wire(at: &'static str, map: Option<wire::AffineMap>) -> Result<AffineMap, DecodeError> {
    let map = map.ok_or_else(|| field(at, "the affine map is missing"))?;
    let mut code = map.code.iter().copied();
    let mut nodes = Vec::new();
    while let Some(tag) = code.next() {
        let mut next = || {
            code.next()
                .ok_or_else(|| field(at, "the affine map ends in a node"))
        };
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
    Ok(AffineMap {
        dims: map.dims,
        nodes,
        results: map.results,
    })
}

fn op_from_wire(op: Option<wire::Op>) -> Result<Op, DecodeError> {
    let at = "instruction";
    let int = |bytes: &[u8]| int_from_wire(at, bytes);
    let register = RegisterId;
    Ok(
        match op.ok_or_else(|| field(at, "the operation is missing or unknown"))? {
            wire::Op::Input(input) => Op::Input { input },
            wire::Op::Constant(values) => Op::Constant {
                values: ints_from_wire(at, values)?,
            },
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
                    return Err(field(
                        at,
                        format!("{factors} coefficients for {srcs} operands"),
                    ));
                }
                Op::Affine {
                    terms: affine.srcs.into_iter().map(register).zip(factors).collect(),
                    constant: int(&affine.constant)?,
                }
            }
            wire::Op::Mul(pair) => Op::Mul {
                a: register(pair.a),
                b: register(pair.b),
            },
            wire::Op::Max(pair) => Op::Max {
                a: register(pair.a),
                b: register(pair.b),
            },
            wire::Op::Min(pair) => Op::Min {
                a: register(pair.a),
                b: register(pair.b),
            },
            wire::Op::Lookup(lookup) => Op::Lookup {
                table: TableId(lookup.table),
                x: register(lookup.x),
                in_col: lookup.in_col,
                out_col: lookup.out_col,
                tag: lookup
                    .tag
                    .map(|tag| {
                        Ok::<_, DecodeError>(TagMatch {
                            column: tag.column,
                            value: int(&tag.value)?,
                        })
                    })
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
        },
    )
}

pub(super) fn from_wire(message: wire::Circuit) -> Result<Circuit, DecodeError> {
    let sources = &message.sources;
    // One long name may be referred to a million times, so what the copies take is counted.
    let copied = Cell::new(0usize);
    let source = |index: u32| {
        let name = sources.get(index as usize);
        let name = name.ok_or_else(|| field("source", format!("there is no name {index}")))?;
        copied.set(copied.get() + name.len());
        if copied.get() > MAX_SOURCE_BYTES {
            return Err(field(
                "source",
                format!("names exceed {MAX_SOURCE_BYTES} bytes"),
            ));
        }
        Ok(name.clone())
    };
    let groups = message.groups.into_iter().map(|group| {
        let kind = match group.kind {
            0 => ColumnKind::Advice,
            1 => ColumnKind::Fixed,
            2 => ColumnKind::Instance,
            other => return Err(field("column group", format!("unknown kind {other}"))),
        };
        Ok(ColumnGroup {
            name: group.name,
            kind,
            phase: group.phase,
            count: group.count,
            by_gates: group.by_gates,
        })
    });
    let challenges = message.challenges.into_iter().map(|challenge| Challenge {
        name: challenge.name,
        after_phase: challenge.after_phase,
    });
    let tables = message.tables.into_iter().map(|table| {
        let columns = table.columns.into_iter().map(|column| match column.values {
            Some(values) => Ok(TableColumn::Values(ints_from_wire("table", values)?)),
            None => {
                let start = int_from_wire("table", &column.start)?;
                Ok(TableColumn::Range {
                    start,
                    len: column.len,
                })
            }
        });
        Ok(Table {
            name: table.name,
            columns: columns.collect::<Result<_, DecodeError>>()?,
        })
    });
    let gates = message.gates.into_iter().map(|gate| {
        let constraints = gate.constraints.into_iter().map(|constraint| {
            let poly = expr_from_wire("gate", constraint.poly)?;
            Ok(Constraint {
                name: constraint.name,
                poly,
            })
        });
        let constraints = constraints.collect::<Result<_, DecodeError>>()?;
        Ok(Gate {
            name: gate.name,
            constraints,
        })
    });
    let lookups = message.lookups.into_iter().map(|lookup| {
        let inputs = lookup
            .inputs
            .into_iter()
            .map(|input| expr_from_wire("lookup", Some(input)));
        let inputs = inputs.collect::<Result<_, DecodeError>>()?;
        Ok(Lookup {
            name: lookup.name,
            inputs,
            table: TableId(lookup.table),
        })
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
    let multiplicities = message.multiplicities.into_iter().map(|multiplicity| {
        let tables = multiplicity.tables.into_iter().map(counted_table_from_wire);
        let terms = multiplicity.terms.into_iter().map(term_from_wire);
        Ok(Multiplicity {
            tables: tables.collect::<Result<_, DecodeError>>()?,
            active: multiplicity
                .active
                .map(|active| (GroupId(active.group), active.column)),
            terms: terms.collect::<Result<_, DecodeError>>()?,
            source: source(multiplicity.source)?,
        })
    });
    let derived = message.derived.into_iter().map(|derived| {
        let (group, column) = column_from_wire("derived column", derived.target)?;
        Ok(Derived {
            group,
            column,
            gate: derived.gate,
            constraint: derived.constraint,
            rotation: derived.rotation,
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
        multiplicities: multiplicities.collect::<Result<_, DecodeError>>()?,
        derived: derived.collect::<Result<_, DecodeError>>()?,
    })
}

fn column_from_wire(
    at: &'static str,
    column: Option<wire::Column>,
) -> Result<(GroupId, u32), DecodeError> {
    let column = column.ok_or_else(|| field(at, "the column is missing"))?;
    Ok((GroupId(column.group), column.column))
}

fn counted_table_from_wire(table: wire::CountedTable) -> Result<CountedTable, DecodeError> {
    let (group, column) = column_from_wire("multiplicity", table.target)?;
    let columns = table.columns.iter();
    Ok(CountedTable {
        group,
        column,
        columns: columns
            .map(|column| (GroupId(column.group), column.column))
            .collect(),
    })
}

fn term_from_wire(term: wire::MultiplicityTerm) -> Result<MultiplicityTerm, DecodeError> {
    let at = "multiplicity";
    let inputs = term.inputs.into_iter();
    Ok(MultiplicityTerm {
        selector: expr_from_wire(at, term.selector)?,
        inputs: inputs
            .map(|input| expr_from_wire(at, Some(input)))
            .collect::<Result<_, DecodeError>>()?,
    })
}
