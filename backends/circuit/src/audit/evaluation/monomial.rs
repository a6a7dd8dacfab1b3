//! Monomials in the challenges, with exponents that may be negative.

use crate::Circuit;

/// A product of powers of challenges: the exponents side by side in one number, so that a product is a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Monomial(i128);

impl Monomial {
    pub(super) const ONE: Monomial = Monomial(0);

    pub(super) fn times(self, other: Monomial) -> Monomial {
        Monomial(self.0.wrapping_add(other.0))
    }

    pub(super) fn over(self, other: Monomial) -> Monomial {
        Monomial(self.0.wrapping_sub(other.0))
    }
}

/// How exponents are stored: as many bits for each challenge.
#[derive(Debug, Clone)]
pub(super) struct Exponents {
    bits: u32,
    names: Vec<String>,
}

impl Exponents {
    pub(super) fn new(circuit: &Circuit) -> Self {
        let challenges = circuit.challenges.iter();
        let names: Vec<String> = challenges.map(|c| c.name.clone()).collect();
        Exponents {
            bits: 127 / names.len().max(1) as u32,
            names,
        }
    }

    /// A challenge itself; `None` where exponents of so many challenges would be too short.
    pub(super) fn challenge(&self, index: u32) -> Option<Monomial> {
        (self.bits >= 8).then(|| Monomial(1 << (self.bits * index)))
    }

    /// The exponents; `None` where one of them is so large that a few more factors could run into the next.
    pub(super) fn of(&self, monomial: Monomial) -> Option<Vec<i64>> {
        let mut rest = monomial.0;
        let mut exponents = Vec::with_capacity(self.names.len());
        for _ in &self.names {
            let shift = 128 - self.bits;
            let low = (rest << shift) >> shift;
            if low.unsigned_abs() >> (self.bits - 3) != 0 {
                return None;
            }
            exponents.push(low as i64);
            rest = (rest - low) >> self.bits;
        }
        (rest == 0).then_some(exponents)
    }

    /// Whether no exponent comes near its end.
    pub(super) fn hold(&self, monomial: Monomial) -> bool {
        let mut rest = monomial.0;
        let shift = 128 - self.bits;
        for _ in &self.names {
            let low = (rest << shift) >> shift;
            if low.unsigned_abs() >> (self.bits - 3) != 0 {
                return false;
            }
            rest = (rest - low) >> self.bits;
        }
        rest == 0
    }

    /// A monomial for messages.
    pub(super) fn describe(&self, monomial: Monomial) -> String {
        let Some(exponents) = self.of(monomial) else {
            return "a monomial with large exponents".into();
        };
        let factors = self.names.iter().zip(exponents);
        let factors: Vec<String> = factors
            .filter(|(_, exponent)| *exponent != 0)
            .map(|(name, exponent)| match exponent {
                1 => name.clone(),
                _ => format!("{name}^{exponent}"),
            })
            .collect();
        match factors.is_empty() {
            true => "1".into(),
            false => factors.join(" "),
        }
    }
}
