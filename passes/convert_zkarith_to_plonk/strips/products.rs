//! Units whose operands stand in cells: products and quotients.

use super::super::{Lowering, builder::Result};
use super::units::{A, B, Factor, Kind, Unit, Y};
use crate::gadgets::limbs_for;
use num_bigint::BigInt;
use zkc_support::{FixedType, Location, ValueId};

impl<'c> Lowering<'_, 'c> {
    /// A product of two registers.
    pub(in super::super) fn product_unit(
        &mut self,
        pair: [ValueId; 2],
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let shape = self.builder.shape(pair[0])?;
        let lines = self.lines(&shape);
        let own = [
            self.in_lines(pair[0], &lines, location)?,
            self.in_lines(pair[1], &lines, location)?,
        ];
        let y = self
            .builder
            .compute("plonk.mul", &own, &lines.register(), t, &[], location)?;
        let result = self.in_order(y, &lines, &shape, &BigInt::ZERO, t, location)?;
        let (factors, operands, cells, limbs) = self.factors(pair, own, location)?;
        // A product has no limbs: it must be what the integers give.
        let bits = self.bits();
        self.check_width((factors[0].limbs * bits).into(), factors[1].limbs)?;
        self.add_unit(Unit {
            kind: Kind::Product { factors },
            lines,
            operands,
            cells: [vec![(Y, y)], cells].concat(),
            limbs,
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// Two operands in cells, less their lower bounds: what the unit says of them, its operands, cells and limbs.
    #[expect(clippy::type_complexity, reason = "four parts of one unit")]
    fn factors(
        &mut self,
        pair: [ValueId; 2],
        own: [ValueId; 2],
        location: Location<'c>,
    ) -> Result<(
        [Factor; 2],
        Vec<(ValueId, i128)>,
        Vec<(i64, ValueId)>,
        Vec<ValueId>,
    )> {
        let mut factors = [Factor { lo: 0, limbs: 1 }; 2];
        let (mut operands, mut cells, mut limbs) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..2 {
            let t = self.builder.element(own[i])?;
            let width = Self::from_zero(&t.hi - &t.lo);
            let count = limbs_for(&width.hi, self.bits());
            let cell = self
                .builder
                .affine(&[(own[i], 1)], &-&t.lo, &width, location)?;
            limbs.extend(self.builder.limbs(cell, &BigInt::ZERO, count, location)?);
            let lo = Self::narrow(&t.lo)?;
            factors[i] = Factor { lo, limbs: count };
            operands.push((pair[i], lo));
            cells.push(([A, B][i], cell));
        }
        Ok((factors, operands, cells, limbs))
    }

    /// A rounded quotient of two registers.
    pub(in super::super) fn ratio_unit(
        &mut self,
        pair: [ValueId; 2],
        multiplier: &BigInt,
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let shape = self.builder.shape(pair[0])?;
        let tb = self.builder.element(pair[1])?;
        let lines = self.lines(&shape);
        let own = [
            self.in_lines(pair[0], &lines, location)?,
            self.in_lines(pair[1], &lines, location)?,
        ];
        let in_lines = lines.register();
        let rest = Self::from_zero(&tb.hi * 2 - 1);
        let remainder = limbs_for(&rest.hi, self.bits());
        let quotient = limbs_for(&(&t.hi - &t.lo), self.bits());
        // As for a rescale, with the divisor `2 * b`.
        self.check_width(tb.hi.bits() + 1, quotient)?;
        let attributes = [("multiplier", self.builder.wide(multiplier)?)];
        let q = self
            .builder
            .compute("plonk.ratio", &own, &in_lines, t, &attributes, location)?;
        let name = "plonk.ratio_remainder";
        let r = self
            .builder
            .compute(name, &own, &in_lines, &rest, &attributes, location)?;
        let minus = BigInt::from(-1);
        let gap = self
            .builder
            .affine(&[(own[1], 2), (r, -1)], &minus, &rest, location)?;
        let width = Self::from_zero(&t.hi - &t.lo);
        let y = self.builder.affine(&[(q, 1)], &-&t.lo, &width, location)?;
        let (factors, operands, cells, mut limbs) = self.factors(pair, own, location)?;
        let zero = BigInt::ZERO;
        limbs.extend(self.builder.limbs(r, &zero, remainder, location)?);
        limbs.extend(self.builder.limbs(gap, &zero, remainder, location)?);
        limbs.extend(self.builder.limbs(y, &zero, quotient, location)?);
        let result = self.in_order(y, &lines, &shape, &t.lo, t, location)?;
        self.add_unit(Unit {
            kind: Kind::Ratio {
                factors,
                multiplier: Self::narrow(multiplier)?,
                lo: Self::narrow(&t.lo)?,
                remainder,
                quotient,
            },
            lines,
            operands,
            cells: [vec![(Y, y)], cells].concat(),
            limbs,
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }
}
