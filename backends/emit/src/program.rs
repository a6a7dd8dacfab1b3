//! The witness program and the placements.

use crate::{EmitError, Emitter, error, maps, need, source};
use zkc_circuit::{
    AffineMap, InputInfo, Ints, LinearTerm, Op as CircuitOp, OutputInfo, Shape, TagMatch,
};
use zkc_support::{FixedType, Op, ValueId, as_affine_map, as_i64s, as_range, is_unit};

/// Columns of a tagged table: tag, key, value. `plonk.lookup_value` is defined on them.
const TAG_COLUMN: u32 = 0;
const KEY_COLUMN: u32 = 1;
const VALUE_COLUMN: u32 = 2;

impl<'c> Emitter<'_, 'c> {
    fn fixed(&self, op: &Op<'c>, v: ValueId) -> Result<(Shape, FixedType), EmitError> {
        let t = self
            .graph
            .tensor(v)
            .ok_or_else(|| error(op, "value is no tensor"))?;
        let fixed = t
            .fixed()
            .ok_or_else(|| error(op, "elements are no `!zkarith.fixed`"))?;
        Ok((extents(op, &t.shape)?, fixed))
    }

    pub(crate) fn instruction(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let x = |e: &Self, i: usize| {
            let v = op
                .operands
                .get(i)
                .ok_or_else(|| error(op, "an operand is missing"))?;
            e.register(op, *v)
        };
        let wide = |attr: &str| need(op, attr, op.int128(attr));
        let small = |attr: &str| {
            let value = need(op, attr, op.int(attr))?;
            u32::try_from(value).map_err(|_| error(op, format!("`{attr}` is out of range")))
        };
        let result = *op
            .results
            .first()
            .ok_or_else(|| error(op, "is no part of a circuit"))?;
        let (shape, fixed) = self.fixed(op, result)?;
        let bounds = bounds(op, &fixed)?;
        let built = match op.name.as_str() {
            "plonk.input" => return self.input(op, shape, &fixed),
            "plonk.constant" => {
                let value = need(op, "value", op.attr("value"))?;
                let values: Vec<i128> = match as_range(value) {
                    Some((start, length)) => (i128::from(start)..)
                        // The attribute's verifier keeps the length positive.
                        .take(length.unsigned_abs() as usize)
                        .collect(),
                    None => self.integers(op, value)?,
                };
                CircuitOp::Constant {
                    values: Ints::from(values),
                }
            }
            "plonk.gather" => CircuitOp::Gather {
                src: x(self, 0)?,
                map: map(op, "map")?,
                fill: op.int128("fill"),
            },
            "plonk.concat" => CircuitOp::Concat {
                srcs: op
                    .operands
                    .iter()
                    .map(|v| self.register(op, *v))
                    .collect::<Result<_, _>>()?,
                axis: small("axis")?,
            },
            "plonk.linear" => self.linear(op)?,
            "plonk.quotient" => CircuitOp::Quotient {
                x: x(self, 0)?,
                addend: wide("addend")?,
                divisor: wide("divisor")?,
            },
            "plonk.remainder" => CircuitOp::Remainder {
                x: x(self, 0)?,
                addend: wide("addend")?,
                divisor: wide("divisor")?,
            },
            "plonk.limb" => CircuitOp::Limb {
                x: x(self, 0)?,
                offset: wide("offset")?,
                bits: small("bits")?,
                index: small("index")?,
            },
            "plonk.nonneg" => CircuitOp::NonNeg { x: x(self, 0)? },
            "plonk.affine" => {
                let coefficients = need(op, "coefficients", op.ints("coefficients"))?;
                let terms = op
                    .operands
                    .iter()
                    .zip(coefficients)
                    .map(|(v, c)| Ok((self.register(op, *v)?, i128::from(c))))
                    .collect::<Result<_, EmitError>>()?;
                CircuitOp::Affine {
                    terms,
                    constant: wide("constant")?,
                }
            }
            "plonk.mul" => CircuitOp::Mul {
                a: x(self, 0)?,
                b: x(self, 1)?,
            },
            "plonk.max" => CircuitOp::Max {
                a: x(self, 0)?,
                b: x(self, 1)?,
            },
            "plonk.min" => CircuitOp::Min {
                a: x(self, 0)?,
                b: x(self, 1)?,
            },
            "plonk.lookup_value" => CircuitOp::Lookup {
                table: self.table(op)?,
                x: x(self, 0)?,
                in_col: KEY_COLUMN,
                out_col: VALUE_COLUMN,
                tag: Some(TagMatch {
                    column: TAG_COLUMN,
                    value: wide("tag")?,
                }),
            },
            "plonk.ratio" => CircuitOp::Ratio {
                num: x(self, 0)?,
                den: x(self, 1)?,
                mul: wide("multiplier")?,
            },
            "plonk.ratio_remainder" => CircuitOp::RatioRem {
                num: x(self, 0)?,
                den: x(self, 1)?,
                mul: wide("multiplier")?,
            },
            "plonk.free" => CircuitOp::Free,
            _ => return Err(error(op, "is no part of a circuit")),
        };
        let name = match op.name.as_str() {
            "plonk.free" => need(op, "name", op.str("name"))?.to_string(),
            _ => source(op),
        };
        let register = self.circuit.push(built, shape, bounds, name);
        self.registers[result.index()] = Some(register);
        Ok(())
    }

    fn linear(&self, op: &Op<'c>) -> Result<CircuitOp, EmitError> {
        let taps = need(op, "taps", op.array("taps"))?;
        let reads = need(op, "input_maps", op.array("input_maps"))?;
        let wreads = need(op, "weight_maps", op.array("weight_maps"))?;
        let n = taps.len();
        // The verifier keeps n inputs, n weights and at most one bias.
        if op.operands.len() < 2 * n || reads.len() != n || wreads.len() != n {
            return Err(error(op, "operands and maps do not fit together"));
        }
        let to_map = |a| as_affine_map(a).as_ref().and_then(maps::map);
        let mut terms = Vec::with_capacity(n);
        for i in 0..n {
            let dims = need(op, "taps", as_i64s(taps[i]))?;
            terms.push(LinearTerm {
                src: self.register(op, op.operands[i])?,
                read: need(op, "input_maps", to_map(reads[i]))?,
                tap_dims: extents(op, &dims)?,
                weights: self.register(op, op.operands[n + i])?,
                wread: need(op, "weight_maps", to_map(wreads[i]))?,
            });
        }
        let bias = op
            .operands
            .get(2 * n)
            .map(|v| self.register(op, *v))
            .transpose()?;
        let chunk = need(op, "chunk", op.int("chunk"))?;
        let chunk = u64::try_from(chunk).map_err(|_| error(op, "`chunk` is negative"))?;
        Ok(CircuitOp::Linear { terms, bias, chunk })
    }

    fn input(&mut self, op: &Op<'c>, shape: Shape, fixed: &FixedType) -> Result<(), EmitError> {
        let (lo, hi) = bounds(op, fixed)?;
        let index = need(op, "index", op.int("index"))?;
        if usize::try_from(index) != Ok(self.circuit.inputs.len()) {
            return Err(error(op, "inputs must be numbered in order, from 0"));
        }
        let register = self.circuit.add_input(InputInfo {
            name: need(op, "name", op.str("name"))?.into(),
            shape,
            scale: scale(op, fixed)?,
            lo,
            hi,
            public: op.attr("is_public").is_some_and(is_unit),
        });
        self.registers[op.result().index()] = Some(register);
        Ok(())
    }

    pub(crate) fn output(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let (shape, fixed) = self.fixed(op, op.operand())?;
        let (lo, hi) = bounds(op, &fixed)?;
        self.circuit.outputs.push(OutputInfo {
            name: need(op, "name", op.str("name"))?.into(),
            shape,
            scale: scale(op, &fixed)?,
            register: self.register(op, op.operand())?,
            public: op.attr("is_public").is_some_and(is_unit),
            lo,
            hi,
        });
        Ok(())
    }

    pub(crate) fn place(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let register = self.register(op, op.operand())?;
        let group = self.group(op, "group")?;
        let domain = extents(op, &need(op, "domain", op.ints("domain"))?)?;
        let (read, at) = (map(op, "read")?, map(op, "at")?);
        self.circuit
            .place(register, group, domain, read, at, source(op));
        Ok(())
    }

    pub(crate) fn fill(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let group = self.group(op, "group")?;
        let domain = extents(op, &need(op, "domain", op.ints("domain"))?)?;
        let value = need(op, "value", op.int128("value"))?;
        self.circuit
            .fill(group, domain, map(op, "at")?, value, source(op));
        Ok(())
    }
}

fn map(op: &Op, attr: &str) -> Result<AffineMap, EmitError> {
    need(
        op,
        attr,
        op.attr(attr)
            .and_then(as_affine_map)
            .as_ref()
            .and_then(maps::map),
    )
}

fn extents(op: &Op, shape: &[i64]) -> Result<Shape, EmitError> {
    shape
        .iter()
        .map(|d| u64::try_from(*d).map_err(|_| error(op, "an extent is negative")))
        .collect()
}

fn bounds(op: &Op, t: &FixedType) -> Result<(i128, i128), EmitError> {
    t.bounds_i128()
        .ok_or_else(|| error(op, "bounds are wider than 127 bits"))
}

fn scale(op: &Op, t: &FixedType) -> Result<i32, EmitError> {
    i32::try_from(t.scale).map_err(|_| error(op, "scale is out of range"))
}
