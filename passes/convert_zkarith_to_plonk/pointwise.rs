//! Gadgets: range checks, rescale, maximum and minimum, products, quotients, functions.

use super::{
    Lowering,
    builder::{Instance, Result},
    movement::{broadcast, delinearize},
};
use crate::{
    gadgets::{self, Gadget},
    layout::{halvings, table_domain},
};
use num_bigint::BigInt;
use zkc_support::{
    AffineExpr, AffineMap, FixedType, Form, Location, Op, Outside, ValueId, as_approx, i64_attr,
};

/// What a maximum or minimum is taken with.
enum Other {
    Register(ValueId),
    Constant(BigInt),
}

impl<'c> Lowering<'_, 'c> {
    pub(super) fn pointwise(&mut self, op: &Op<'c>) -> Result<()> {
        let in_strips = self.builder.strips.is_some();
        let register = match op.name.as_str() {
            "zkarith.rescale" if in_strips => {
                let x = self.register(op.operand())?;
                self.rescale_unit(x, &self.dropped(op)?, op.location)?
            }
            "zkarith.rescale" => self.rescale(op)?,
            "zkarith.relu" if self.dropped.contains_key(&op.operand()) => {
                // Present by the guard.
                let Some((x, rescale)) = self.dropped.remove(&op.operand()) else {
                    return Err("a rescale is gone".into());
                };
                self.relu_unit(x, Some(&rescale), &BigInt::ZERO, op.location)?
            }
            "zkarith.relu" => {
                let x = self.register(op.operand())?;
                let t = self.element(op.result())?;
                self.select(x, Other::Constant(BigInt::ZERO), true, &t, op.location)?
            }
            "zkarith.clamp" => {
                let x = self.register(op.operand())?;
                let to = self.element(op.result())?;
                self.clamp(x, &to, op.location)?
            }
            "zkarith.max" | "zkarith.min" => {
                let [a, b] = self.pair(op)?;
                let t = self.element(op.result())?;
                let max = op.name == "zkarith.max";
                self.select(a, Other::Register(b), max, &t, op.location)?
            }
            "zkarith.max_pool" => self.max_pool(op)?,
            "zkarith.reduce_max" => self.reduce_max(op)?,
            "zkarith.mul" => {
                let [a, b] = self.pair(op)?;
                let (shape, t) = (self.shape(op.result())?, self.element(op.result())?);
                if in_strips {
                    let y = self.product_unit([a, b], &t, op.location)?;
                    self.define(op.result(), y);
                    return Ok(());
                }
                let y = self
                    .builder
                    .compute("plonk.mul", &[a, b], &shape, &t, &[], op.location)?;
                let cells = [(0, a), (1, b), (2, y)];
                self.gadget(Gadget::Product, &cells, &[], &[], op.location)?;
                y
            }
            "zkarith.div" => self.ratio(op)?,
            "poly_ext.eval" if in_strips => {
                let rescale = self.dropped.remove(&op.operand());
                self.function_unit(op, rescale)?
            }
            "poly_ext.eval" => self.function(op)?,
            _ => return Err("has no lowering to `plonk`".into()),
        };
        self.define(op.result(), register);
        Ok(())
    }

    pub(super) fn gadget(
        &mut self,
        gadget: Gadget,
        cells: &[(i64, ValueId)],
        limbs: &[ValueId],
        params: &[(i64, BigInt)],
        location: Location<'c>,
    ) -> Result<()> {
        self.builder.gadget(
            &Instance {
                gadget,
                cells,
                limbs,
                params,
                tag: 0,
            },
            location,
        )
    }

    pub(super) fn bits(&self) -> u32 {
        // The layout keeps limb bits within 1 to 20.
        self.builder.layout.limb_bits as u32
    }

    /// Both operands, broadcast to the result's shape.
    fn pair(&mut self, op: &Op<'c>) -> Result<[ValueId; 2]> {
        let shape = self.shape(op.result())?;
        let mut out = [op.operands[0], op.operands[1]];
        for v in &mut out {
            let register = self.register(*v)?;
            let from = self.shape(*v)?;
            let t = self.element(*v)?;
            *v = if from == shape {
                register
            } else {
                let map = broadcast(&from, &shape);
                self.builder
                    .gather(register, &shape, &t, map, None, op.location)?
            };
        }
        Ok(out)
    }

    /// `lo <= x <= hi` for every element, with the bounds of the register's type.
    pub(super) fn range_check(&mut self, x: ValueId, location: Location<'c>) -> Result<()> {
        let t = self.builder.element(x)?;
        let gadget = gadgets::interval(&t, self.bits());
        let Gadget::Interval { limbs, upper } = gadget else {
            unreachable!("`interval` makes an interval")
        };
        let mut digits = self.builder.limbs(x, &t.lo, limbs, location)?;
        if upper {
            let width = FixedType {
                scale: 0,
                lo: BigInt::ZERO,
                hi: &t.hi - &t.lo,
            };
            let below = self.builder.affine(&[(x, -1)], &t.hi, &width, location)?;
            digits.extend(self.builder.limbs(below, &BigInt::ZERO, limbs, location)?);
        }
        self.gadget(
            gadget,
            &[(0, x)],
            &digits,
            &[(0, t.lo), (1, t.hi)],
            location,
        )
    }

    fn rescale(&mut self, op: &Op<'c>) -> Result<ValueId> {
        let x = self.register(op.operand())?;
        let (from, to) = (self.element(op.operand())?, self.element(op.result())?);
        // The verifier keeps the result's scale below the operand's.
        let shift = from.scale - to.scale;
        let bits = self.bits();
        let gadget = gadgets::rescale(shift, &to, bits);
        let Gadget::Rescale {
            remainder,
            exact,
            quotient,
        } = gadget
        else {
            unreachable!("`rescale` makes a rescale")
        };
        // Limbs may allow more quotients than the type; none of them may satisfy the identity by wrap-around.
        if u64::from(quotient * bits) + u64::from(shift) > 252 {
            return Err(
                "the result's bounds are too wide for the field; state narrower ones".into(),
            );
        }
        let half = BigInt::from(1) << (shift - 1);
        let divisor = BigInt::from(1) << shift;
        let attributes = [
            ("addend", self.builder.wide(&half)?),
            ("divisor", self.builder.wide(&divisor)?),
        ];
        let shape = self.shape(op.result())?;
        let location = op.location;
        let y = self
            .builder
            .compute("plonk.quotient", &[x], &shape, &to, &attributes, location)?;
        let rest = FixedType {
            scale: 0,
            lo: BigInt::ZERO,
            hi: &divisor - 1,
        };
        let r = self.builder.compute(
            "plonk.remainder",
            &[x],
            &shape,
            &rest,
            &attributes,
            location,
        )?;
        let mut limbs = self.builder.limbs(r, &BigInt::ZERO, remainder, location)?;
        // The top limb has this many bits; its distance to the greatest such value is a limb.
        let top_bits = shift - bits * (remainder - 1);
        let most: BigInt = (BigInt::from(1) << top_bits) - 1;
        if exact {
            let top = limbs[remainder as usize - 1];
            let gap = FixedType {
                scale: 0,
                lo: BigInt::ZERO,
                hi: most.clone(),
            };
            limbs.push(self.builder.affine(&[(top, -1)], &most, &gap, location)?);
        }
        limbs.extend(self.builder.limbs(y, &to.lo, quotient, location)?);
        let params = [(0, half), (1, divisor), (2, most), (3, to.lo)];
        self.gadget(gadget, &[(0, x), (1, y)], &limbs, &params, location)?;
        Ok(y)
    }

    /// Maximum or minimum, with the sign of the difference as a bit.
    fn select(
        &mut self,
        a: ValueId,
        other: Other,
        max: bool,
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        if self.builder.strips.is_some() {
            let other = match other {
                Other::Register(b) => Ok(b),
                Other::Constant(c) => Err(c),
            };
            return self.select_unit(a, other, max, t, location);
        }
        let (ta, bits) = (self.builder.element(a)?, self.bits());
        let shape = self.builder.shape(a)?;
        let (tb, b) = match other {
            Other::Register(b) => (self.builder.element(b)?, b),
            Other::Constant(c) => {
                let tb = gadgets::single(&ta, &c);
                let filled = i128::try_from(&c).map_err(|_| "a constant is too wide")?;
                let one = self.builder.constant(&[1], &[filled], location)?;
                let map = vec![AffineExpr::Const(0)];
                let b = self.builder.gather(one, &shape, &tb, map, None, location)?;
                return self.select_with((a, &ta), (b, &tb), Some(c), max, t, bits, location);
            }
        };
        self.select_with((a, &ta), (b, &tb), None, max, t, bits, location)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "two typed operands, and what to do with them"
    )]
    fn select_with(
        &mut self,
        (a, ta): (ValueId, &FixedType),
        (b, tb): (ValueId, &FixedType),
        constant: Option<BigInt>,
        max: bool,
        t: &FixedType,
        bits: u32,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let limbs = gadgets::sign_limbs(ta, tb, bits);
        let shape = self.builder.shape(a)?;
        let difference = FixedType {
            scale: 0,
            lo: &ta.lo - &tb.hi,
            hi: &ta.hi - &tb.lo,
        };
        let zero = BigInt::ZERO;
        let d = self
            .builder
            .affine(&[(a, 1), (b, -1)], &zero, &difference, location)?;
        let bit = FixedType::new(0, 0, 1);
        let s = self
            .builder
            .compute("plonk.nonneg", &[d], &shape, &bit, &[], location)?;
        // s*(2d + 1) - d - 1 is d where d >= 0 and -1 - d elsewhere.
        let most = difference
            .hi
            .clone()
            .max(-1 - &difference.lo)
            .max(BigInt::ZERO);
        let wide = FixedType {
            scale: 0,
            lo: -(&most) - 1,
            hi: most.clone(),
        };
        let product = self
            .builder
            .compute("plonk.mul", &[s, d], &shape, &wide, &[], location)?;
        let magnitude = FixedType {
            scale: 0,
            lo: BigInt::ZERO,
            hi: most,
        };
        let terms = [(product, 2), (s, 1), (d, -1)];
        let m = self
            .builder
            .affine(&terms, &BigInt::from(-1), &magnitude, location)?;
        let digits = self.builder.limbs(m, &zero, limbs, location)?;
        let name = if max { "plonk.max" } else { "plonk.min" };
        let y = self
            .builder
            .compute(name, &[a, b], &shape, t, &[], location)?;
        let mut cells = vec![(0, a), (2, y), (3, s)];
        let (gadget, params) = match constant {
            Some(c) => {
                let gadget = if max {
                    Gadget::MaxConst { limbs }
                } else {
                    Gadget::MinConst { limbs }
                };
                (gadget, vec![(0, c)])
            }
            None => {
                cells.push((1, b));
                (
                    if max {
                        Gadget::Max { limbs }
                    } else {
                        Gadget::Min { limbs }
                    },
                    Vec::new(),
                )
            }
        };
        self.gadget(gadget, &cells, &digits, &params, location)?;
        Ok(y)
    }

    /// Cuts a register to the bounds of a type, where they do not hold already.
    pub(super) fn clamp(
        &mut self,
        x: ValueId,
        to: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let mut x = x;
        let mut t = self.builder.element(x)?;
        if t.hi > to.hi {
            t.lo = t.lo.min(to.hi.clone());
            t.hi = to.hi.clone();
            x = self.select(x, Other::Constant(to.hi.clone()), false, &t, location)?;
        }
        if t.lo < to.lo {
            t.lo = to.lo.clone();
            x = self.select(x, Other::Constant(to.lo.clone()), true, &t, location)?;
        }
        Ok(x)
    }

    /// Maxima over windows.
    fn max_pool(&mut self, op: &Op<'c>) -> Result<ValueId> {
        let kernel = Self::ints(op, "kernel")?;
        let (strides, dilations) = (Self::ints(op, "strides")?, Self::ints(op, "dilations")?);
        let pads = Self::ints(op, "pads")?;
        let t = self.element(op.operand())?;
        // The least value does not change a maximum.
        let input = self.padded(op.operand(), &pads, &t.lo, op.location)?;
        let shape = self.shape(op.result())?;
        let lead = shape.len() - kernel.len();
        let mut map: Vec<AffineExpr> = (0..lead).map(AffineExpr::Dim).collect();
        let tap = AffineExpr::Dim(shape.len());
        let offsets = if self.builder.strips.is_some() {
            // Halves that are apart along the line leave the rows of each half next to each other.
            let reversed: Vec<i64> = kernel.iter().rev().copied().collect();
            delinearize(&tap, &reversed).into_iter().rev().collect()
        } else {
            delinearize(&tap, &kernel)
        };
        for (i, offset) in offsets.into_iter().enumerate() {
            let at = AffineExpr::Dim(lead + i).times(strides[i]);
            map.push(at.plus(offset.times(dilations[i])));
        }
        self.greatest(input, map, kernel.iter().product(), &shape, &t, op.location)
    }

    fn reduce_max(&mut self, op: &Op<'c>) -> Result<ValueId> {
        let axes = Self::ints(op, "axes")?;
        let from = self.shape(op.operand())?;
        let shape = self.shape(op.result())?;
        let t = self.element(op.operand())?;
        let input = self.register(op.operand())?;
        // The verifier keeps axes within the rank.
        let extents: Vec<i64> = axes.iter().map(|a| from[*a as usize]).collect();
        let mut map: Vec<AffineExpr> = (0..from.len()).map(AffineExpr::Dim).collect();
        let offsets = delinearize(&AffineExpr::Dim(shape.len()), &extents);
        for (axis, offset) in axes.iter().zip(offsets) {
            map[*axis as usize] = offset;
        }
        self.greatest(
            input,
            map,
            extents.iter().product(),
            &shape,
            &t,
            op.location,
        )
    }

    /// The greatest of `taps` elements for each element of a shape: `map` takes its coordinates and the number of a tap
    /// to an index of the input. A tree whose levels compare the first half of the taps with the second.
    fn greatest(
        &mut self,
        input: ValueId,
        map: Vec<AffineExpr>,
        mut taps: i64,
        shape: &[i64],
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        if taps < 1 {
            return Err("the window is empty".into());
        }
        let lead = AffineMap::identity(shape.len()).results;
        let with_taps = |n: i64| [shape, &[n]].concat();
        let from_tap = |first: i64| {
            let tap = AffineExpr::Dim(shape.len()).plus(AffineExpr::Const(first));
            [lead.clone(), vec![tap]].concat()
        };
        let all = with_taps(taps);
        let mut x = self.builder.gather(input, &all, t, map, None, location)?;
        for half in halvings(taps) {
            let part = with_taps(half);
            let a = self
                .builder
                .gather(x, &part, t, from_tap(0), None, location)?;
            let b = self
                .builder
                .gather(x, &part, t, from_tap(half), None, location)?;
            self.builder.has_taps = true;
            let m = self.select(a, Other::Register(b), true, t, location);
            self.builder.has_taps = false;
            let m = m?;
            let odd = taps % 2 == 1;
            taps -= half;
            x = if odd {
                let one = with_taps(1);
                let rest = self
                    .builder
                    .gather(x, &one, t, from_tap(2 * half), None, location)?;
                let axis = [("axis", i64_attr(self.builder.context, shape.len() as i64))];
                let joined = with_taps(taps);
                self.builder
                    .compute("plonk.concat", &[m, rest], &joined, t, &axis, location)?
            } else {
                m
            };
        }
        let only = [lead, vec![AffineExpr::Const(0)]].concat();
        self.builder.gather(x, shape, t, only, None, location)
    }

    fn ratio(&mut self, op: &Op<'c>) -> Result<ValueId> {
        let [a, b] = self.pair(op)?;
        let [ta, tb] = [self.element(op.operands[0])?, self.element(op.operands[1])?];
        let (shape, t) = (self.shape(op.result())?, self.element(op.result())?);
        // The verifier keeps this exponent from being negative.
        let multiplier = BigInt::from(1) << (t.scale + tb.scale - ta.scale);
        if self.builder.strips.is_some() {
            return self.ratio_unit([a, b], &multiplier, &t, op.location);
        }
        let gadget = gadgets::ratio(&tb, &t, self.bits());
        let Gadget::Ratio {
            remainder,
            quotient,
        } = gadget
        else {
            unreachable!("`ratio` makes a ratio")
        };
        // As for a rescale, with the divisor `2 * rhs`.
        if u64::from(quotient * self.bits()) + tb.hi.bits() + 1 > 252 {
            return Err(
                "the result's bounds are too wide for the field; state narrower ones".into(),
            );
        }
        let attributes = [("multiplier", self.builder.wide(&multiplier)?)];
        let location = op.location;
        let y = self
            .builder
            .compute("plonk.ratio", &[a, b], &shape, &t, &attributes, location)?;
        let rest = FixedType {
            scale: 0,
            lo: BigInt::ZERO,
            hi: &tb.hi * 2 - 1,
        };
        let name = "plonk.ratio_remainder";
        let r = self
            .builder
            .compute(name, &[a, b], &shape, &rest, &attributes, location)?;
        let gap = self
            .builder
            .affine(&[(b, 2), (r, -1)], &BigInt::from(-1), &rest, location)?;
        let zero = BigInt::ZERO;
        let mut limbs = self.builder.limbs(r, &zero, remainder, location)?;
        limbs.extend(self.builder.limbs(gap, &zero, remainder, location)?);
        limbs.extend(self.builder.limbs(y, &t.lo, quotient, location)?);
        let params = [(0, multiplier * 2), (1, t.lo)];
        self.gadget(gadget, &[(0, a), (1, b), (2, y)], &limbs, &params, location)?;
        Ok(y)
    }

    /// The number of an operation's function in the table of functions, and the arguments that it has there.
    pub(super) fn table_of(&mut self, op: &Op<'c>) -> Result<(i64, FixedType)> {
        let attribute = op.attr("approx").ok_or("attribute `approx` is missing")?;
        let approx = as_approx(attribute).ok_or("attribute `approx` is no approximation")?;
        let Form::Table(table) = approx.form else {
            return Err("only tables have a lowering to `plonk`".into());
        };
        if approx.outside == Outside::Asymptote {
            return Err("asymptotes have no lowering to `plonk`".into());
        }
        let scale = self.element(op.operand())?.scale;
        let domain = table_domain(&table, scale).ok_or("the table's values cannot be read")?;
        let tag = self.builder.function(attribute, table.from, table.values)?;
        Ok((tag, domain))
    }

    /// A function given by a table: operands are cut to the table, then looked up.
    fn function(&mut self, op: &Op<'c>) -> Result<ValueId> {
        let (tag, domain) = self.table_of(op)?;
        let x = self.register(op.operand())?;
        let x = self.clamp(x, &domain, op.location)?;
        let (shape, t) = (self.shape(op.result())?, self.element(op.result())?);
        let attributes = [
            (
                "table",
                zkc_support::symbol(self.builder.context, super::builder::names::FUNCTIONS),
            ),
            ("tag", i64_attr(self.builder.context, tag)),
        ];
        let name = "plonk.lookup_value";
        let y = self
            .builder
            .compute(name, &[x], &shape, &t, &attributes, op.location)?;
        let cells = [(0, x), (1, y)];
        let instance = Instance {
            gadget: Gadget::Table,
            cells: &cells,
            limbs: &[],
            params: &[],
            tag,
        };
        self.builder.gadget(&instance, op.location)?;
        Ok(y)
    }
}
