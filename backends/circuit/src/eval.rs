//! The witness program: from inputs to the value of every register, exactly.

mod error;
mod linear;
mod table;

use rayon::prelude::*;

use crate::affine::{AffineError, walk};
use crate::elements::flatten;
use crate::structure::check_structure;
use crate::{Circuit, Instruction, Ints, Op, RegisterId};

use self::error::Fault;
pub use self::error::{EvalError, Place};

/// Elements per task below which splitting work costs more than it saves.
const TASK: usize = 8192;

/// The values of one register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Extents.
    pub shape: Vec<u64>,
    /// Values, row-major.
    pub values: Ints,
}

/// The values of all registers of a circuit for one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registers {
    tensors: Vec<Tensor>,
    /// Fill values of the gathers that have one; they are elements of their own.
    fills: Vec<Option<i128>>,
}

impl Registers {
    /// The values of a register, `None` when there is no such register.
    pub fn get(&self, register: RegisterId) -> Option<&Tensor> {
        self.tensors.get(register.0 as usize)
    }

    /// The values of the output with this index, `None` when there is no such output.
    pub fn output(&self, circuit: &Circuit, output: usize) -> Option<&Tensor> {
        self.get(circuit.outputs.get(output)?.register)
    }

    /// The value of an element that the register itself computes.
    pub(crate) fn own_value(&self, register: RegisterId, position: usize) -> i128 {
        match self.fills[register.0 as usize] {
            Some(fill) => fill,
            None => self.tensors[register.0 as usize].values.at(position),
        }
    }
}

/// Runs the witness program on `inputs`: one row-major vector of integers per input of the circuit.
///
/// All arithmetic is exact. Every input is checked against its declared range and every register against its stated
/// bound; the first value that fails, in program order and row-major within a register, is the error.
pub fn evaluate(circuit: &Circuit, inputs: &[Vec<i128>]) -> Result<Registers, EvalError> {
    if let Some(error) = check_structure(circuit).into_iter().next() {
        return Err(EvalError::Invalid(Box::new(error)));
    }
    check_inputs(circuit, inputs)?;
    let mut evaluator = Evaluator {
        circuit,
        tensors: Vec::new(),
        tables: Default::default(),
    };
    let mut fills = Vec::with_capacity(circuit.program.len());
    for instruction in &circuit.program {
        let values = evaluator.instruction(instruction, inputs)?;
        evaluator.tensors.push(Tensor {
            shape: instruction.shape.clone(),
            values,
        });
        fills.push(match instruction.op {
            Op::Gather { fill, .. } => fill,
            _ => None,
        });
    }
    Ok(Registers {
        tensors: evaluator.tensors,
        fills,
    })
}

/// Checks number, length and range of the inputs.
fn check_inputs(circuit: &Circuit, inputs: &[Vec<i128>]) -> Result<(), EvalError> {
    if inputs.len() != circuit.inputs.len() {
        return Err(EvalError::InputCount {
            expected: circuit.inputs.len(),
            found: inputs.len(),
        });
    }
    for (info, values) in circuit.inputs.iter().zip(inputs) {
        let expected = crate::limits::elements(&info.shape).unwrap_or(u64::MAX);
        if values.len() as u64 != expected {
            return Err(EvalError::InputLength {
                name: info.name.clone(),
                shape: info.shape.clone(),
                expected,
                found: values.len(),
            });
        }
        let outside = values
            .iter()
            .position(|value| *value < info.lo || *value > info.hi);
        if let Some(position) = outside {
            return Err(EvalError::InputRange {
                name: info.name.clone(),
                index: unflatten(position, &info.shape),
                value: values[position],
                lo: info.lo,
                hi: info.hi,
                scale: info.scale,
            });
        }
    }
    Ok(())
}

/// The index of a row-major position; the shape has elements.
fn unflatten(position: usize, shape: &[u64]) -> Vec<u64> {
    let mut rest = position as u64;
    let mut index = vec![0; shape.len()];
    for (coordinate, extent) in index.iter_mut().zip(shape).rev() {
        let extent = (*extent).max(1);
        *coordinate = rest % extent;
        rest /= extent;
    }
    index
}

struct Evaluator<'a> {
    circuit: &'a Circuit,
    tensors: Vec<Tensor>,
    tables: table::TableIndices,
}

impl Evaluator<'_> {
    fn tensor(&self, register: RegisterId) -> &Tensor {
        // The structure check has established that operands precede their users.
        &self.tensors[register.0 as usize]
    }

    fn values(&self, register: RegisterId) -> &Ints {
        &self.tensor(register).values
    }

    fn place(&self, instruction: &Instruction, position: usize) -> Box<Place> {
        Box::new(Place {
            register: self.tensors.len() as u32,
            op: instruction.op.name(),
            node: instruction.source.clone(),
            index: unflatten(position, &instruction.shape),
        })
    }

    /// Turns what went wrong at a position into an error.
    fn error(&self, instruction: &Instruction, position: usize, fault: Fault) -> EvalError {
        let at = self.place(instruction, position);
        match fault {
            Fault::Overflow => EvalError::Overflow { at },
            Fault::Bound(value) => EvalError::Bound {
                at,
                value,
                lo: instruction.lo,
                hi: instruction.hi,
            },
            Fault::NegativeLimb(value) => EvalError::NegativeLimb { at, value },
            Fault::Denominator(value) => EvalError::Denominator { at, value },
            Fault::NotInTable(value) => {
                let (table, column) = match &instruction.op {
                    Op::Lookup { table, in_col, .. } => (*table, *in_col),
                    _ => unreachable!("only lookups search tables"),
                };
                let table = &self.circuit.tables[table.0 as usize];
                let (lo, hi) = table.columns[column as usize].min_max().unwrap_or((0, 0));
                EvalError::NotInTable {
                    at,
                    value,
                    table: table.name.clone(),
                    column,
                    lo,
                    hi,
                }
            }
        }
    }

    /// The values of one instruction.
    fn instruction(
        &mut self,
        instruction: &Instruction,
        inputs: &[Vec<i128>],
    ) -> Result<Ints, EvalError> {
        if let Op::Lookup {
            table, in_col, tag, ..
        } = &instruction.op
        {
            self.tables.prepare(self.circuit, *table, *in_col, *tag);
        }
        match &instruction.op {
            Op::Input { input } => {
                let values = &inputs[*input as usize];
                self.each(instruction, |position| Ok(values[position]))
            }
            Op::Constant { values } => {
                self.check_bounds(instruction, values)?;
                Ok(values.clone())
            }
            Op::Gather { src, map, fill } => self.gather(instruction, *src, map, *fill),
            Op::Concat { srcs, axis } => self.concat(instruction, srcs, *axis as usize),
            Op::Linear { terms, bias, chunk } => {
                let values = self.linear(instruction, terms, *bias, *chunk)?;
                self.check_bounds(instruction, &values)?;
                Ok(values)
            }
            Op::Quotient { x, addend, divisor } => {
                let x = self.values(*x);
                self.each(instruction, |position| {
                    let sum = x.at(position).checked_add(*addend).ok_or(Fault::Overflow)?;
                    Ok(sum.div_euclid(*divisor))
                })
            }
            Op::Remainder { x, addend, divisor } => {
                let x = self.values(*x);
                self.each(instruction, |position| {
                    let sum = x.at(position).checked_add(*addend).ok_or(Fault::Overflow)?;
                    Ok(sum.rem_euclid(*divisor))
                })
            }
            Op::Limb {
                x,
                offset,
                bits,
                index,
            } => {
                let x = self.values(*x);
                let mask = (1i128 << bits) - 1;
                self.each(instruction, |position| {
                    let rest = x.at(position).checked_sub(*offset).ok_or(Fault::Overflow)?;
                    if rest < 0 {
                        return Err(Fault::NegativeLimb(rest));
                    }
                    Ok((rest >> (bits * index)) & mask)
                })
            }
            Op::NonNeg { x } => {
                let x = self.values(*x);
                self.each(instruction, |position| Ok(i128::from(x.at(position) >= 0)))
            }
            Op::Affine { terms, constant } => {
                let terms: Vec<(&Ints, i128)> = terms
                    .iter()
                    .map(|(src, factor)| (self.values(*src), *factor))
                    .collect();
                self.each(instruction, |position| {
                    let mut sum = *constant;
                    for (values, factor) in &terms {
                        sum = values
                            .at(position)
                            .checked_mul(*factor)
                            .and_then(|product| sum.checked_add(product))
                            .ok_or(Fault::Overflow)?;
                    }
                    Ok(sum)
                })
            }
            Op::Mul { a, b } => {
                let (a, b) = (self.values(*a), self.values(*b));
                self.each(instruction, |position| {
                    a.at(position)
                        .checked_mul(b.at(position))
                        .ok_or(Fault::Overflow)
                })
            }
            Op::Max { a, b } => {
                let (a, b) = (self.values(*a), self.values(*b));
                self.each(instruction, |position| {
                    Ok(a.at(position).max(b.at(position)))
                })
            }
            Op::Min { a, b } => {
                let (a, b) = (self.values(*a), self.values(*b));
                self.each(instruction, |position| {
                    Ok(a.at(position).min(b.at(position)))
                })
            }
            Op::Lookup {
                table,
                x,
                in_col,
                out_col,
                tag,
            } => {
                let x = self.values(*x);
                let index = self.tables.get(*table, *in_col, *tag);
                let out = &self.circuit.tables[table.0 as usize].columns[*out_col as usize];
                self.each(instruction, |position| {
                    let value = x.at(position);
                    let row = index.row(value).ok_or(Fault::NotInTable(value))?;
                    out.get(row).ok_or(Fault::NotInTable(value))
                })
            }
            Op::Ratio { num, den, mul } => {
                let (num, den) = (self.values(*num), self.values(*den));
                self.each(instruction, |position| {
                    let (dividend, divisor) = ratio(num.at(position), den.at(position), *mul)?;
                    Ok(dividend.div_euclid(divisor))
                })
            }
            Op::RatioRem { num, den, mul } => {
                let (num, den) = (self.values(*num), self.values(*den));
                self.each(instruction, |position| {
                    let (dividend, divisor) = ratio(num.at(position), den.at(position), *mul)?;
                    Ok(dividend.rem_euclid(divisor))
                })
            }
            Op::Free => self.each(instruction, |_| Ok(0)),
            Op::ChallengePower { .. } => Err(EvalError::Challenges),
        }
    }

    /// Computes every element of an instruction, in parallel, and checks the stated bound.
    fn each(
        &self,
        instruction: &Instruction,
        compute: impl Fn(usize) -> Result<i128, Fault> + Sync,
    ) -> Result<Ints, EvalError> {
        let count = crate::limits::elements(&instruction.shape).unwrap_or(0) as usize;
        let (lo, hi) = (instruction.lo, instruction.hi);
        let checked = |position: usize| {
            let value = compute(position)?;
            if value < lo || value > hi {
                Err(Fault::Bound(value))
            } else {
                Ok(value)
            }
        };
        let values = if i64::try_from(lo).is_ok() && i64::try_from(hi).is_ok() {
            // The bound fits 64 bits, so the cast loses nothing.
            (0..count)
                .into_par_iter()
                .with_min_len(TASK)
                .map(|position| checked(position).map(|value| value as i64))
                .collect::<Result<Vec<i64>, Fault>>()
                .map(Ints::I64)
        } else {
            (0..count)
                .into_par_iter()
                .with_min_len(TASK)
                .map(checked)
                .collect::<Result<Vec<i128>, Fault>>()
                .map(Ints::I128)
        };
        values.map_err(|fault| {
            // Which of several faults wins above depends on timing; the error must not.
            let first = (0..count).find_map(|position| Some((position, checked(position).err()?)));
            let (position, fault) = first.unwrap_or((0, fault));
            self.error(instruction, position, fault)
        })
    }

    /// Checks values against the stated bound.
    fn check_bounds(&self, instruction: &Instruction, values: &Ints) -> Result<(), EvalError> {
        let (lo, hi) = (instruction.lo, instruction.hi);
        match values
            .iter()
            .enumerate()
            .find(|(_, value)| *value < lo || *value > hi)
        {
            Some((position, value)) => Err(self.error(instruction, position, Fault::Bound(value))),
            None => Ok(()),
        }
    }

    fn gather(
        &self,
        instruction: &Instruction,
        src: RegisterId,
        map: &crate::AffineMap,
        fill: Option<i128>,
    ) -> Result<Ints, EvalError> {
        enum Stop {
            Map(AffineError),
            Outside(Vec<i64>),
            Bound(i128),
        }
        impl From<AffineError> for Stop {
            fn from(error: AffineError) -> Self {
                Stop::Map(error)
            }
        }
        let src = self.tensor(src);
        let mut values = Ints::for_bounds(instruction.lo, instruction.hi);
        let visited = walk(map, &instruction.shape, |index| {
            let value = match (flatten(index, &src.shape), fill) {
                (Some(position), _) => src.values.at(position),
                (None, Some(fill)) => fill,
                (None, None) => return Err(Stop::Outside(index.to_vec())),
            };
            if value < instruction.lo || value > instruction.hi {
                return Err(Stop::Bound(value));
            }
            // The storage holds the whole stated bound, so this cannot fail once the bound was checked.
            values.try_push(value).map_err(|_| Stop::Bound(value))
        });
        let position = values.len();
        visited.map(|()| values).map_err(|stop| match stop {
            Stop::Map(error) => EvalError::Map {
                at: self.place(instruction, 0),
                error,
            },
            Stop::Outside(read) => EvalError::OutOfBounds {
                at: self.place(instruction, position),
                read,
                shape: src.shape.clone(),
            },
            Stop::Bound(value) => self.error(instruction, position, Fault::Bound(value)),
        })
    }

    fn concat(
        &self,
        instruction: &Instruction,
        srcs: &[RegisterId],
        axis: usize,
    ) -> Result<Ints, EvalError> {
        // Shapes agree outside of the axis, and without zeros their products fit, by the structure check.
        let mut values = Ints::for_bounds(instruction.lo, instruction.hi);
        if instruction.shape.contains(&0) {
            return Ok(values);
        }
        let inner: u64 = instruction.shape[axis + 1..].iter().product();
        let outer: u64 = instruction.shape[..axis].iter().product();
        let parts: Vec<(&Ints, usize)> = srcs
            .iter()
            .map(|src| {
                let tensor = self.tensor(*src);
                (&tensor.values, (tensor.shape[axis] * inner) as usize)
            })
            .collect();
        for block in 0..outer as usize {
            for (part, len) in &parts {
                for position in block * len..(block + 1) * len {
                    let value = part.at(position);
                    if value < instruction.lo || value > instruction.hi {
                        let fault = Fault::Bound(value);
                        return Err(self.error(instruction, values.len(), fault));
                    }
                    if values.try_push(value).is_err() {
                        return Err(self.error(instruction, values.len(), Fault::Bound(value)));
                    }
                }
            }
        }
        Ok(values)
    }
}

/// Dividend `2 * mul * num + den` and divisor `2 * den` of a rounded division.
fn ratio(num: i128, den: i128, mul: i128) -> Result<(i128, i128), Fault> {
    if den <= 0 {
        return Err(Fault::Denominator(den));
    }
    let dividend = mul
        .checked_mul(2)
        .and_then(|factor| factor.checked_mul(num))
        .and_then(|product| product.checked_add(den));
    dividend.zip(den.checked_mul(2)).ok_or(Fault::Overflow)
}
