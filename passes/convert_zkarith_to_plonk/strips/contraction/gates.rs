//! The running sums of products of matrices, and what they add to the sum of everything.

use super::{
    super::{
        gates::Gates,
        names,
        units::{Kind, Weave},
    },
    Cells, Contraction, END, KEEP, contractions,
};
use zkc_support::ValueId;

impl<'c> Gates<'_, '_, 'c> {
    /// Elements of an operand on a row, in order, and what they lack added.
    fn pair_cells(&mut self, cells: Cells, offset: i128) -> Vec<ValueId> {
        let pairs = self.shape.pairs;
        (0..cells.count)
            .map(|x| {
                let (strip, pair) = (x / pairs, x % pairs);
                let i = 2 * pair + cells.slot as i64;
                let (group, count, first) = self.shape.pair_cell(i);
                let cell = self.query(group, strip * count + first, 0);
                self.plus(cell, offset)
            })
            .collect()
    }

    /// The running sums of one operand: `next = step * this + coefficient * (elements of the row)`.
    pub(in super::super) fn running_sum(&mut self, slot: usize) {
        let width = self.shape.strips * self.shape.pairs;
        let name = names::RUNNING[slot];
        let run = self.query(names::RUN, 0, 0);
        let here = self.query(name, 0, 0);
        let next = self.query(name, 0, 1);
        let left = self.product(&[run, next]);
        let (mut kept, mut added) = (Vec::new(), Vec::new());
        let kinds: Vec<Contraction> = contractions(&self.shape.distinct()).collect();
        for c in kinds {
            let [omega, rho] = c.steps[slot];
            let selectors = names::selector(Kind::Contraction(c), Weave::PLAIN);
            if c.blocks(width) > 1 {
                let q = self.query(&selectors, c.column(KEEP, width), 0);
                let step = self.powers(&[(names::OMEGA, omega * width), (names::RHO, rho * width)]);
                kept.push(match step {
                    Some(step) => self.product(&[step, q]),
                    None => q,
                });
            }
            for cells in c
                .cells(width)
                .into_iter()
                .filter(|cells| cells.slot == slot)
            {
                let q = self.query(&selectors, c.column(cells.selector, width), 0);
                let elements = self.pair_cells(cells, c.offsets[slot]);
                let base = [(names::OMEGA, omega), (names::RHO, rho)];
                let sum = self.by_powers(&elements, &base);
                added.push(self.product(&[q, sum]));
            }
        }
        let mut added = self.sum(&added);
        if slot == 0 {
            let coefficient = self.query(names::COEFFICIENT, 0, 0);
            added = self.product(&[coefficient, added]);
        }
        let mut right = vec![added];
        if !kept.is_empty() {
            let kept = self.sum(&kept);
            right.push(self.product(&[kept, here]));
        }
        let right = self.sum(&right);
        let poly = self.sub(left, right);
        self.constrain(names::GOES_ON, poly);
    }

    /// What products add to the sum of everything: their operands, and less the products of sums that end.
    pub(in super::super) fn contracted(&mut self) -> Vec<ValueId> {
        let width = self.shape.strips * self.shape.pairs;
        let kinds: Vec<Contraction> = contractions(&self.shape.distinct()).collect();
        let (mut by_monomial, mut ends) = ([Vec::new(), Vec::new()], Vec::new());
        for c in kinds {
            let selectors = names::selector(Kind::Contraction(c), Weave::PLAIN);
            for cells in c.cells(width) {
                let q = self.query(&selectors, c.column(cells.selector, width), 0);
                let elements = self.pair_cells(cells, 0);
                let base = match c.inner_down[cells.slot] {
                    true => names::OMEGA,
                    false => names::RHO,
                };
                let sum = self.by_powers(&elements, &[(base, 1)]);
                let theta = (cells.slot == 1).then(|| self.challenge(names::THETA));
                let factors: Vec<ValueId> =
                    [Some(q), theta, Some(sum)].into_iter().flatten().collect();
                let monomial = usize::from(cells.slot == 1 && c.has_second());
                by_monomial[monomial].push(self.product(&factors));
            }
            ends.push(self.query(&selectors, c.column(END, width), 0));
        }
        let mut out = Vec::new();
        for (monomial, terms) in [names::MONOMIAL, names::SECOND]
            .into_iter()
            .zip(by_monomial)
        {
            if !terms.is_empty() {
                let monomial = self.query(monomial, 0, 0);
                let sum = self.sum(&terms);
                out.push(self.product(&[monomial, sum]));
            }
        }
        if !ends.is_empty() {
            let end = self.sum(&ends);
            let [a, b] = names::RUNNING.map(|name| self.query(name, 0, 1));
            let product = self.product(&[end, a, b]);
            out.push(self.neg(product));
        }
        out
    }
}
