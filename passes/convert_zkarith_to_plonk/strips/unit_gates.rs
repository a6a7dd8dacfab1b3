//! The gates of units: what each kind holds a result to, in one strip.

use super::{
    gates::Gates,
    names,
    units::{A, B, EXCESS, Factor, Kind, SIGN, Y},
};
use zkc_support::ValueId;

impl Gates<'_, '_, '_> {
    /// `q * (left - right)`.
    fn equal(&mut self, q: ValueId, name: &str, left: ValueId, right: ValueId) {
        let difference = self.sub(left, right);
        let poly = self.product(&[q, difference]);
        self.constrain(name, poly);
    }

    /// The integer that limbs make up.
    fn limbs(&mut self, kind: Kind, strip: i64, first: u32, count: u32) -> ValueId {
        let form = kind.weighted(first, count, 1, self.shape.bits);
        // Every count is at least one.
        self.form(&form, strip).unwrap_or_else(|| self.literal(0))
    }

    /// The constraints of a kind in one strip; false if it has none.
    pub(super) fn unit(&mut self, kind: Kind, strip: i64) -> bool {
        let bits = self.shape.bits;
        let placed = self.shape.kinds.iter().filter(|k| k.0 == kind);
        let selectors: Vec<_> = placed
            .map(|(kind, weave)| {
                let name = names::selector(*kind, *weave);
                self.query(&name, 0, 0)
            })
            .collect();
        let q = self.sum(&selectors);
        let y = self.cell(strip, Y);
        let mut any = true;
        match kind {
            Kind::Interval { limbs, top } => {
                let digits = self.limbs(kind, strip, 0, limbs);
                self.equal(q, "the value is what its limbs make up", y, digits);
                if let Some(top) = top {
                    let top = self.literal(top);
                    let below = self.sub(top, y);
                    let digits = self.limbs(kind, strip, limbs, limbs);
                    self.equal(q, "the value is at most its upper bound", below, digits);
                }
            }
            Kind::Rescale { quotient, .. } => {
                let digits = self.limbs(kind, strip, kind.rest(bits), quotient);
                self.equal(q, "the quotient is what its limbs make up", y, digits);
            }
            Kind::RescaleRelu { magnitude, .. } => {
                self.positive(kind, strip, q, Y, magnitude);
            }
            Kind::Relu { magnitude } => self.positive(kind, strip, q, Y, magnitude),
            Kind::Max { magnitude } => self.positive(kind, strip, q, EXCESS, magnitude),
            Kind::Product { factors } => {
                let [a, b] = self.factors(kind, factors, strip, q);
                let product = self.product(&[a, b]);
                self.equal(q, "the result is the product", y, product);
            }
            Kind::Ratio {
                factors,
                multiplier,
                lo,
                remainder,
                quotient,
            } => {
                let [a, b] = self.factors(kind, factors, strip, q);
                let first = factors[0].limbs + factors[1].limbs;
                let digits = self.limbs(kind, strip, first + 2 * remainder, quotient);
                self.equal(q, "the quotient is what its limbs make up", y, digits);
                let rest = self.limbs(kind, strip, first, remainder);
                let numerator = self.scaled(a, 2 * multiplier);
                let left = self.sum(&[numerator, b]);
                let quotient = self.plus(y, lo);
                let two = self.literal(2);
                let product = self.product(&[two, b, quotient]);
                let right = self.sum(&[product, rest]);
                self.equal(
                    q,
                    "quotient and remainder make up the numerator",
                    left,
                    right,
                );
                let twice = self.product(&[two, b]);
                let one = self.literal(1);
                let most = self.sub(twice, one);
                let below = self.sub(most, rest);
                let digits = self.limbs(kind, strip, first + remainder, remainder);
                self.equal(q, "the remainder is less than the divisor", below, digits);
            }
            Kind::RescaleTable { .. }
            | Kind::Table
            | Kind::Carry
            | Kind::Contraction(_)
            | Kind::Public => any = false,
        }
        any
    }

    /// Two operands in cells, which are what their limbs make up.
    fn factors(
        &mut self,
        kind: Kind,
        factors: [Factor; 2],
        strip: i64,
        q: ValueId,
    ) -> [ValueId; 2] {
        let mut first = 0;
        let mut out = [q; 2];
        for (i, factor) in factors.into_iter().enumerate() {
            let cell = self.cell(strip, [A, B][i]);
            let digits = self.limbs(kind, strip, first, factor.limbs);
            first += factor.limbs;
            let name = ["the first", "the second"][i];
            let name = format!("{name} operand is what its limbs make up");
            self.equal(q, &name, cell, digits);
            out[i] = self.plus(cell, factor.lo);
        }
        out
    }

    pub(super) fn plus(&mut self, v: ValueId, constant: i128) -> ValueId {
        if constant == 0 {
            return v;
        }
        let constant = self.literal(constant);
        self.sum(&[v, constant])
    }

    /// `s` is a bit, and the cell is `s` times the magnitude.
    fn positive(&mut self, kind: Kind, strip: i64, q: ValueId, cell: i64, magnitude: u32) {
        let s = self.cell(strip, SIGN);
        let one = self.literal(1);
        let other = self.sub(s, one);
        let bit = self.product(&[q, s, other]);
        self.constrain("the sign is a bit", bit);
        let first = kind.rest(self.shape.bits);
        let m = self.limbs(kind, strip, first, magnitude);
        let chosen = self.product(&[s, m]);
        let value = self.cell(strip, cell);
        self.equal(
            q,
            "the positive part is the magnitude or zero",
            value,
            chosen,
        );
    }
}
