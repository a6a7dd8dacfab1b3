//! From operations to units and their witness program.

use super::super::{
    Lowering,
    builder::{Result, names},
};
use super::{
    lines::Lines,
    units::{A, EXCESS, Kind, SIGN, Unit, Y, magnitude_limbs, magnitude_type, public_columns},
};
use crate::gadgets::limbs_for;
use num_bigint::BigInt;
use zkc_support::{FixedType, Location, Op, ValueId, i64_attr, symbol};

/// A rescale that another unit may take in: how many bits, and the bounds of the quotient.
pub(in super::super) struct Dropped {
    pub(in super::super) shift: u32,
    pub(in super::super) to: FixedType,
}

impl<'c> Lowering<'_, 'c> {
    pub(super) fn lines(&self, shape: &[i64]) -> Lines {
        let state = &self.builder.strips;
        let taps = usize::from(self.builder.has_taps);
        let axis = state
            .as_ref()
            .filter(|s| s.plan.lines > 0 && shape.len() as i64 + s.plan.lines > 3 + taps as i64)
            .map(|_| shape.len() - 1 - taps);
        let strips = state.as_ref().map_or(1, |s| s.plan.strips);
        Lines::new(shape, axis, strips)
    }

    /// A register in the order of lines.
    pub(super) fn in_lines(
        &mut self,
        x: ValueId,
        lines: &Lines,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let t = self.builder.element(x)?;
        let shape = lines.register();
        self.builder
            .gather(x, &shape, &t, lines.to_tensor(), lines.rest(), location)
    }

    /// A result back in its tensor's order, plus a constant.
    pub(super) fn in_order(
        &mut self,
        y: ValueId,
        lines: &Lines,
        shape: &[i64],
        offset: &BigInt,
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let map = lines.of_tensor();
        if *offset == BigInt::ZERO {
            return self.builder.gather(y, shape, t, map, None, location);
        }
        let own = self.builder.element(y)?;
        let y = self.builder.gather(y, shape, &own, map, None, location)?;
        self.builder.affine(&[(y, 1)], offset, t, location)
    }

    pub(super) fn add_unit(&mut self, unit: Unit<'c>) {
        if let Some(state) = &mut self.builder.strips {
            state.units.push(unit);
        }
    }

    /// Integers of a width that starts at zero.
    pub(super) fn from_zero(hi: BigInt) -> FixedType {
        FixedType {
            scale: 0,
            lo: BigInt::ZERO,
            hi,
        }
    }

    pub(super) fn narrow(value: &BigInt) -> Result<i128> {
        i128::try_from(value).map_err(|_| format!("the integer {value} does not fit 128 bits"))
    }

    /// An input, held to its bounds.
    pub(in super::super) fn interval_unit(
        &mut self,
        x: ValueId,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let (t, shape) = (self.builder.element(x)?, self.builder.shape(x)?);
        let bits = self.bits();
        let width = &t.hi - &t.lo;
        let limbs = limbs_for(&width, bits);
        let full = (BigInt::from(1) << (u64::from(limbs) * u64::from(bits))) - 1;
        let top = (width != full).then(|| Self::narrow(&width)).transpose()?;
        let lines = self.lines(&shape);
        let x = self.in_lines(x, &lines, location)?;
        let own = Self::from_zero(width.clone());
        let mut y = self.builder.affine(&[(x, 1)], &-&t.lo, &own, location)?;
        if lines.count() < lines.all() {
            // Repeated lines are zero.
            let [groups, strips, len] = lines.register();
            let all = (0..groups).flat_map(|g| (0..strips).map(move |s| (g, s)));
            let mask = all.flat_map(|(group, strip)| {
                let read = i128::from(!lines.repeats(group, strip));
                std::iter::repeat_n(read, len as usize)
            });
            let mask: Vec<i128> = mask.collect();
            let mask = self.builder.constant(&lines.register(), &mask, location)?;
            let shape = lines.register();
            y = self
                .builder
                .compute("plonk.mul", &[y, mask], &shape, &own, &[], location)?;
        }
        let mut digits = self.builder.limbs(y, &BigInt::ZERO, limbs, location)?;
        if top.is_some() {
            let below = self.builder.affine(&[(y, -1)], &width, &own, location)?;
            digits.extend(self.builder.limbs(below, &BigInt::ZERO, limbs, location)?);
        }
        let result = self.in_order(y, &lines, &shape, &t.lo, &t, location)?;
        self.add_unit(Unit {
            kind: Kind::Interval { limbs, top },
            lines,
            operands: Vec::new(),
            cells: vec![(Y, y)],
            limbs: digits,
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// Public values: the elements of a register stand one below the other in the instance columns, and those of another are
    /// held to be the same. They are numbered like the elements of `shape`, if that has lines.
    pub(in super::super) fn public_unit(
        &mut self,
        shown: ValueId,
        x: ValueId,
        shape: &[i64],
        location: Location<'c>,
    ) -> Result<()> {
        let all: i64 = shape.iter().product();
        // The next line begins below the last one, whatever their order is in strips.
        let len = self.lines(shape).len();
        let lines = [all / len.max(1), len];
        let strips = self.builder.strips.as_ref().map_or(1, |s| s.plan.strips);
        let columns = public_columns(all, strips);
        self.add_unit(Unit {
            kind: Kind::Public,
            // Where columns differ in length, there is nothing below the shorter ones.
            lines: Lines::new(&lines, Some(1), columns).with_rest(Some(0)),
            operands: vec![(x, 0)],
            cells: Vec::new(),
            limbs: Vec::new(),
            tag: 0,
            shown: Some(shown),
            location,
        });
        Ok(())
    }

    /// Quotient by a power of two rounded half up, the limbs of its remainder, and the constant that the operand's form
    /// lacks.
    fn quotient(
        &mut self,
        x: ValueId,
        dropped: &Dropped,
        location: Location<'c>,
    ) -> Result<(ValueId, Vec<ValueId>, i128)> {
        let bits = self.bits();
        let Dropped { shift, to } = dropped;
        let half = BigInt::from(1) << (shift - 1);
        let divisor = BigInt::from(1) << *shift;
        let attributes = [
            ("addend", self.builder.wide(&half)?),
            ("divisor", self.builder.wide(&divisor)?),
        ];
        let shape = self.builder.shape(x)?;
        let q = self
            .builder
            .compute("plonk.quotient", &[x], &shape, to, &attributes, location)?;
        let rest = Self::from_zero(&divisor - 1);
        let name = "plonk.remainder";
        let r = self
            .builder
            .compute(name, &[x], &shape, &rest, &attributes, location)?;
        let count = Kind::remainder(*shift, bits);
        let mut limbs = self.builder.limbs(r, &BigInt::ZERO, count - 1, location)?;
        // The top limb may be short.
        let most = i64::from(shift - bits * (count - 1));
        let top = self
            .builder
            .limb(r, &BigInt::ZERO, count - 1, most, location)?;
        limbs.push(top);
        Ok((q, limbs, -Self::narrow(&half)?))
    }

    /// Limbs may hold more quotients than the type has; none of them may satisfy the identity by wrap-around.
    pub(super) fn check_width(&self, shift: u64, limbs: u32) -> Result<()> {
        let bits = u64::from(limbs * self.bits()) + shift;
        if bits > 252 {
            return Err(
                "the result's bounds are too wide for the field; state narrower ones".into(),
            );
        }
        // Coefficients of forms are integers of 128 bits.
        if bits > 120 {
            return Err("the result's bounds are too wide for a strip; state narrower ones".into());
        }
        Ok(())
    }

    pub(in super::super) fn rescale_unit(
        &mut self,
        x: ValueId,
        dropped: &Dropped,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let shape = self.builder.shape(x)?;
        let Dropped { shift, to } = dropped;
        let quotient = limbs_for(&(&to.hi - &to.lo), self.bits());
        self.check_width((*shift).into(), quotient)?;
        let lines = self.lines_of(x, &shape)?;
        let own = self.in_lines(x, &lines, location)?;
        let (q, mut limbs, constant) = self.quotient(own, dropped, location)?;
        let width = Self::from_zero(&to.hi - &to.lo);
        let y = self.builder.affine(&[(q, 1)], &-&to.lo, &width, location)?;
        limbs.extend(self.builder.limbs(y, &BigInt::ZERO, quotient, location)?);
        let result = self.in_order(y, &lines, &shape, &to.lo, to, location)?;
        let shifted = Self::narrow(&(&to.lo << *shift))?;
        self.add_unit(Unit {
            kind: Kind::Rescale {
                shift: *shift,
                quotient,
            },
            lines,
            operands: vec![(x, constant + shifted)],
            cells: vec![(Y, y)],
            limbs,
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// `max(x + offset, 0)`, of the quotient if a rescale comes before it.
    pub(in super::super) fn relu_unit(
        &mut self,
        x: ValueId,
        dropped: Option<&Dropped>,
        offset: &BigInt,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let shape = self.builder.shape(x)?;
        let lines = self.lines_of(x, &shape)?;
        let own = self.in_lines(x, &lines, location)?;
        let (q, mut limbs, mut constant) = match dropped {
            Some(dropped) => self.quotient(own, dropped, location)?,
            None => (own, Vec::new(), 0),
        };
        let t = self.builder.element(q)?;
        let t = FixedType {
            scale: t.scale,
            lo: t.lo + offset,
            hi: t.hi + offset,
        };
        let q = match *offset == BigInt::ZERO {
            true => q,
            false => self.builder.affine(&[(q, 1)], offset, &t, location)?,
        };
        let count = magnitude_limbs(&t.lo, &t.hi, self.bits());
        let (sign, y, digits) = self.compared(q, &t, count, location)?;
        limbs.extend(digits);
        let positive = self.builder.element(y)?;
        let result = self.in_order(y, &lines, &shape, &BigInt::ZERO, &positive, location)?;
        let shift = dropped.map_or(0, |d| d.shift);
        self.check_width(shift.into(), count)?;
        // The form makes up x + offset + 1, in units of the quotient.
        constant -= Self::narrow(&((offset + 1) << shift))?;
        self.add_unit(Unit {
            kind: match dropped {
                Some(_) => Kind::RescaleRelu {
                    shift,
                    magnitude: count,
                },
                None => Kind::Relu { magnitude: count },
            },
            lines,
            operands: vec![(x, constant)],
            cells: vec![(Y, y), (SIGN, sign)],
            limbs,
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// The sign of a register as a bit, its positive part, and the limbs of its magnitude.
    fn compared(
        &mut self,
        q: ValueId,
        t: &FixedType,
        count: u32,
        location: Location<'c>,
    ) -> Result<(ValueId, ValueId, Vec<ValueId>)> {
        let shape = self.builder.shape(q)?;
        let bit = FixedType::new(0, 0, 1);
        let sign = self
            .builder
            .compute("plonk.nonneg", &[q], &shape, &bit, &[], location)?;
        let positive = FixedType {
            scale: t.scale,
            lo: t.lo.clone().max(BigInt::ZERO),
            hi: t.hi.clone().max(BigInt::ZERO),
        };
        let y = self
            .builder
            .compute("plonk.mul", &[sign, q], &shape, &positive, &[], location)?;
        // q where q >= 0, and -1 - q elsewhere.
        let terms = [(y, 2), (sign, 1), (q, -1)];
        let m = self
            .builder
            .affine(&terms, &BigInt::from(-1), &magnitude_type(t), location)?;
        let limbs = self.builder.limbs(m, &BigInt::ZERO, count, location)?;
        Ok((sign, y, limbs))
    }

    /// The greater of two registers.
    pub(in super::super) fn max_unit(
        &mut self,
        a: ValueId,
        b: ValueId,
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let shape = self.builder.shape(a)?;
        let (ta, tb) = (self.builder.element(a)?, self.builder.element(b)?);
        let difference = FixedType {
            scale: ta.scale,
            lo: &ta.lo - &tb.hi,
            hi: &ta.hi - &tb.lo,
        };
        let lines = self.lines(&shape);
        let own_a = self.in_lines(a, &lines, location)?;
        let own_b = self.in_lines(b, &lines, location)?;
        let d = self.builder.affine(
            &[(own_a, 1), (own_b, -1)],
            &BigInt::ZERO,
            &difference,
            location,
        )?;
        let magnitude = magnitude_limbs(&difference.lo, &difference.hi, self.bits());
        self.check_width(0, magnitude)?;
        let (sign, excess, limbs) = self.compared(d, &difference, magnitude, location)?;
        let own = lines.register();
        let y = self
            .builder
            .compute("plonk.max", &[own_a, own_b], &own, t, &[], location)?;
        let result = self.in_order(y, &lines, &shape, &BigInt::ZERO, t, location)?;
        self.add_unit(Unit {
            kind: Kind::Max { magnitude },
            lines,
            operands: vec![(a, -1), (b, 0)],
            cells: vec![(Y, y), (SIGN, sign), (EXCESS, excess)],
            limbs,
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// `-x`.
    pub(in super::super) fn negated_register(
        &mut self,
        x: ValueId,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let t = self.builder.element(x)?;
        let negative = FixedType {
            scale: t.scale,
            lo: -t.hi,
            hi: -t.lo,
        };
        self.builder
            .affine(&[(x, -1)], &BigInt::ZERO, &negative, location)
    }

    /// The greater or smaller of two registers, or of a register and a constant.
    pub(in super::super) fn select_unit(
        &mut self,
        a: ValueId,
        other: std::result::Result<ValueId, BigInt>,
        max: bool,
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        match other {
            Ok(b) if max => self.max_unit(a, b, t, location),
            Ok(b) => {
                let negative = FixedType {
                    scale: t.scale,
                    lo: -&t.hi,
                    hi: -&t.lo,
                };
                let a = self.negated_register(a, location)?;
                let b = self.negated_register(b, location)?;
                let y = self.max_unit(a, b, &negative, location)?;
                self.negated_register(y, location)
            }
            // max(a, c) = c + max(a - c, 0), and min(a, c) = c - max(c - a, 0).
            Err(c) => {
                let (x, offset, sign) = match max {
                    true => (a, -&c, 1),
                    false => (self.negated_register(a, location)?, c.clone(), -1),
                };
                let y = self.relu_unit(x, None, &offset, location)?;
                if max && c == BigInt::ZERO {
                    return Ok(y);
                }
                self.builder.affine(&[(y, sign)], &c, t, location)
            }
        }
    }

    /// An entry of the table of functions, of the quotient if a rescale comes before it.
    pub(in super::super) fn table_unit(
        &mut self,
        x: ValueId,
        dropped: Option<&Dropped>,
        tag: i64,
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let shape = self.builder.shape(x)?;
        let lines = self.lines_of(x, &shape)?;
        let own = self.in_lines(x, &lines, location)?;
        let (a, limbs, constant) = match dropped {
            Some(dropped) => self.quotient(own, dropped, location)?,
            None => (own, Vec::new(), 0),
        };
        // A register of its own, which no other unit shares.
        let (ta, a_shape) = (self.builder.element(a)?, self.builder.shape(a)?);
        let a = self
            .builder
            .affine(&[(a, 1)], &BigInt::ZERO, &ta, location)?;
        let attributes = [
            ("table", symbol(self.builder.context, names::FUNCTIONS)),
            ("tag", i64_attr(self.builder.context, tag)),
        ];
        let name = "plonk.lookup_value";
        let y = self
            .builder
            .compute(name, &[a], &a_shape, t, &attributes, location)?;
        let result = self.in_order(y, &lines, &shape, &BigInt::ZERO, t, location)?;
        self.add_unit(Unit {
            kind: match dropped {
                Some(dropped) => Kind::RescaleTable {
                    shift: dropped.shift,
                },
                None => Kind::Table,
            },
            lines,
            operands: vec![(x, constant)],
            cells: vec![(Y, y), (A, a)],
            limbs,
            tag,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// The function of an operation, with its operand cut to the table where it is not within it.
    pub(in super::super) fn function_unit(
        &mut self,
        op: &Op<'c>,
        dropped: Option<(ValueId, Dropped)>,
    ) -> Result<ValueId> {
        let (tag, domain) = self.table_of(op)?;
        let t = self.element(op.result())?;
        let (x, dropped) = match dropped {
            Some((x, dropped)) if dropped.to.lo >= domain.lo && dropped.to.hi <= domain.hi => {
                (x, Some(dropped))
            }
            Some((x, dropped)) => (self.rescale_unit(x, &dropped, op.location)?, None),
            None => (self.register(op.operand())?, None),
        };
        let x = match dropped {
            Some(_) => x,
            None => self.clamp(x, &domain, op.location)?,
        };
        self.table_unit(x, dropped.as_ref(), tag, &t, op.location)
    }
}
