//! Rules for the witness program: shapes and bounds of instructions.

use std::collections::HashSet;

use super::Structure;
use crate::limits;
use crate::validate::ValidateError;
use crate::{Instruction, LinearTerm, Op, RegisterId};

impl Structure<'_> {
    pub(super) fn program(&mut self) {
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
}
