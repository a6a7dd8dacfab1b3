//! The gates of strips.
//!
//! With `P` the monomial of a row, `B` the base of its lanes, `U_s` the coefficient of the result in strip `s`, `T` the sum of everything, `'` for the next row:
//!
//! | gate | equation |
//! |---|---|
//! | `monomial` | `P' = (move) * P`, `1` at the start of a unit |
//! | `base` | `B' = (jump) * B`, or a power of `omega` |
//! | `coefficient` | `U_s' = (step) * U_s + (addend, times B or not) * sum of omega^i * lane_i` |
//! | `total` | `T' = T + P * sum of omega^(pitch * s) * (operand_s - bias_s) - sum of U_s * y_s`, times `tau` between units; `T` starts and ends at zero |
//! | `next_left_sum`, `next_right_sum` | the running sums of products of matrices, see [`super::contraction`] |
//! | one of each kind | see [`super::unit_gates`] |

use super::{
    super::builder::names as shared,
    contraction::contractions,
    names,
    schedule::Addend,
    units::{A, Apart, Form, Kind, Weave, Y},
};
use crate::expressions::Expressions;
use std::{
    collections::BTreeSet,
    ops::{Deref, DerefMut},
};
use zkc_support::{Graph, Location, Op, ValueId, string, symbol};

/// Values that are nested into each other at most.
const NESTED: usize = 48;

/// A step of the monomial: exponents of `omega` and `rho`.
pub(super) type Move = (i64, i64);

/// How the base goes on from a row to the next; it stays unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Jump {
    /// It is this power of `omega`.
    To(i64),
    /// It is multiplied with this power of `omega`.
    By(i64),
    /// It is zero from there on.
    End,
}

/// What the gates depend on.
pub(super) struct Shape {
    pub(super) strips: i64,
    pub(super) lanes: i64,
    pub(super) bits: u32,
    /// Cells and limbs of a strip.
    pub(super) cells: i64,
    pub(super) limbs: i64,
    /// Elements of either operand of a product of matrices on a row of a strip.
    pub(super) pairs: i64,
    /// Columns of public values, if there are any.
    pub(super) public: i64,
    pub(super) kinds: BTreeSet<(Kind, Weave)>,
    pub(super) moves: Vec<Move>,
    /// Moves of the second monomial; empty if there is none.
    pub(super) second_moves: Vec<Move>,
    pub(super) jumps: Vec<Jump>,
    pub(super) addends: Vec<Addend>,
    /// Widths of limbs that have fewer bits than others.
    pub(super) widths: BTreeSet<u32>,
    /// Whether the two operands of units have biases.
    pub(super) biases: [bool; 2],
}

impl Shape {
    /// Columns of the schedule.
    pub(super) fn schedule(&self) -> i64 {
        self.first_addend() + self.addends.len() as i64
    }

    fn first_jump(&self) -> i64 {
        steps::REST + self.moves.len() as i64
    }

    fn first_addend(&self) -> i64 {
        self.first_jump() + self.jumps.len() as i64
    }

    /// Kinds of units, wherever their lines stand.
    pub(super) fn distinct(&self) -> BTreeSet<Kind> {
        self.kinds.iter().map(|(kind, _)| *kind).collect()
    }
}

/// Columns of the schedule: how `P` and the `U_s` go on from a row to the next.
pub(super) mod steps {
    pub(crate) const KEEP: i64 = 0;
    pub(crate) const RHO: i64 = 1;
    pub(crate) const START: i64 = 2;
    /// The moves, the jumps, the addends.
    pub(crate) const REST: i64 = 3;
}

pub(super) struct Gates<'s, 'g, 'c> {
    expressions: Expressions<'g, 'c>,
    pub(super) shape: &'s Shape,
}

impl<'g, 'c> Deref for Gates<'_, 'g, 'c> {
    type Target = Expressions<'g, 'c>;

    fn deref(&self) -> &Self::Target {
        &self.expressions
    }
}

impl DerefMut for Gates<'_, '_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.expressions
    }
}

impl<'s, 'g, 'c> Gates<'s, 'g, 'c> {
    pub(super) fn new(graph: &'g mut Graph<'c>, shape: &'s Shape, location: Location<'c>) -> Self {
        Self {
            expressions: Expressions::new(graph, location),
            shape,
        }
    }

    /// All gates and lookups.
    pub(super) fn build(mut self) -> Vec<Op<'c>> {
        let mut out = Vec::new();
        let shape = self.shape;
        self.monomial(names::MONOMIAL, names::STEP, steps::START, &shape.moves);
        out.push(self.gate(names::MONOMIAL_GATE));
        if !shape.second_moves.is_empty() {
            self.monomial(names::SECOND, names::SECOND_STEP, 0, &shape.second_moves);
            out.push(self.gate(names::SECOND_GATE));
        }
        if !self.shape.jumps.is_empty() {
            self.base();
            out.push(self.gate(names::BASE_GATE));
        }
        for strip in 0..self.shape.strips {
            self.coefficient(strip);
            out.push(self.gate(&names::coefficient_gate(strip)));
        }
        if contractions(&shape.distinct()).next().is_some() {
            for slot in 0..2 {
                self.running_sum(slot);
                out.push(self.gate(names::RUNNING_GATES[slot]));
            }
        }
        self.total();
        out.push(self.gate(names::TOTAL_GATE));
        for kind in self.shape.distinct() {
            for strip in 0..self.shape.strips {
                if self.unit(kind, strip) {
                    out.push(self.gate(&format!("{}_{strip}", kind.name())));
                }
            }
        }
        for strip in 0..self.shape.strips {
            for limb in 0..self.shape.limbs {
                let on = self.query(names::ON_LIMB, limb, 0);
                let value = self.limb(strip, limb);
                let value = self.product(&[on, value]);
                let mut looked_up = vec![value];
                if !self.shape.widths.is_empty() {
                    looked_up.insert(0, self.query(names::WIDTH, limb, 0));
                }
                self.op("plonk.look_up", &looked_up, &[]);
                let column = strip * self.shape.limbs + limb;
                out.push(self.lookup(&format!("limb_{column}"), shared::RANGE));
            }
            if self.shape.kinds.iter().any(|k| k.0.is_table()) {
                let on = self.query(names::ON_TABLE, 0, 0);
                let tag = self.query(shared::TAG, 0, 0);
                let (x, y) = (self.cell(strip, A), self.cell(strip, Y));
                let (x, y) = (self.product(&[on, x]), self.product(&[on, y]));
                self.op("plonk.look_up", &[tag, x, y], &[]);
                out.push(self.lookup(&format!("function_{strip}"), shared::FUNCTIONS));
            }
        }
        out
    }

    fn lookup(&mut self, name: &str, table: &str) -> Op<'c> {
        let context = self.graph.context;
        let attributes = [
            ("sym_name", string(context, &format!("look_up_{name}"))),
            ("table", symbol(context, table)),
        ];
        self.region("plonk.lookup", &attributes)
    }

    pub(super) fn cell(&mut self, strip: i64, cell: i64) -> ValueId {
        let shape = self.shape;
        self.query(shared::CELL, strip * shape.cells + cell, 0)
    }

    fn limb(&mut self, strip: i64, limb: i64) -> ValueId {
        let shape = self.shape;
        self.query(shared::LIMB, strip * shape.limbs + limb, 0)
    }

    /// A power of a challenge, by squaring.
    pub(super) fn power(&mut self, challenge: &str, exponent: i64) -> Option<ValueId> {
        let (mut rest, mut result) = (exponent, None);
        let mut square = self.challenge(challenge);
        while rest > 0 {
            if rest % 2 == 1 {
                result = Some(match result {
                    None => square,
                    Some(r) => self.product(&[r, square]),
                });
            }
            rest /= 2;
            if rest > 0 {
                square = self.product(&[square, square]);
            }
        }
        result
    }

    /// A product of powers; 1 as a literal.
    pub(super) fn powers(&mut self, powers: &[(&str, i64)]) -> Option<ValueId> {
        let factors: Vec<_> = powers
            .iter()
            .filter_map(|(c, n)| self.power(c, *n))
            .collect();
        (!factors.is_empty()).then(|| self.product(&factors))
    }

    /// A fixed cell times a monomial.
    fn selected(&mut self, group: &str, column: i64, monomial: Option<ValueId>) -> ValueId {
        let q = self.query(group, column, 0);
        match monomial {
            Some(m) => self.product(&[m, q]),
            None => q,
        }
    }

    /// `v[0] + x * (v[1] + x * (..))` for a product `x` of powers; halves apart where that would be nested deeply.
    pub(super) fn by_powers(&mut self, values: &[ValueId], x: &[(&str, i64)]) -> ValueId {
        if values.len() > NESTED {
            let (low, high) = values.split_at(values.len() / 2);
            let (first, rest) = (self.by_powers(low, x), self.by_powers(high, x));
            let shift: Vec<_> = x.iter().map(|(c, n)| (*c, n * low.len() as i64)).collect();
            let shift = self.powers(&shift);
            let shifted = shift.map_or(rest, |shift| self.product(&[shift, rest]));
            return self.sum(&[first, shifted]);
        }
        let mut values = values.iter().rev().copied();
        // There is at least one strip, one lane, and one element.
        let mut sum = values.next().unwrap_or_else(|| self.literal(0));
        let step = (values.len() > 0).then(|| self.powers(x)).flatten();
        for v in values {
            let shifted = step.map_or(sum, |step| self.product(&[step, sum]));
            sum = self.sum(&[v, shifted]);
        }
        sum
    }

    /// How a column of monomials goes on, by columns of a schedule: where one starts, and the moves behind it.
    fn monomial(&mut self, name: &str, schedule: &str, start: i64, moves: &[Move]) {
        let run = self.query(names::RUN, 0, 0);
        let here = self.query(name, 0, 0);
        let next = self.query(name, 0, 1);
        let first = start + 1;
        let start = self.query(schedule, start, 0);
        let mut factors = Vec::new();
        let mut divided = vec![run];
        for (column, (omega, rho)) in (first..).zip(moves) {
            let up = [(names::OMEGA, (*omega).max(0)), (names::RHO, (*rho).max(0))];
            let down = [(names::OMEGA, (-omega).max(0)), (names::RHO, (-rho).max(0))];
            let up = self.powers(&up);
            factors.push(self.selected(schedule, column, up));
            if let Some(down) = self.powers(&down) {
                // down * P' = up * P on these rows.
                let one = self.literal(1);
                let more = self.sub(down, one);
                divided.push(self.selected(schedule, column, Some(more)));
            }
        }
        let left = self.sum(&divided);
        let left = self.product(&[left, next]);
        let mut right = vec![start];
        if !factors.is_empty() {
            let factor = self.sum(&factors);
            right.push(self.product(&[factor, here]));
        }
        let right = self.sum(&right);
        let poly = self.sub(left, right);
        self.constrain(names::GOES_ON, poly);
    }

    fn base(&mut self) {
        let run = self.query(names::RUN, 0, 0);
        let here = self.query(names::BASE, 0, 0);
        let next = self.query(names::BASE, 0, 1);
        let change = self.sub(next, here);
        let mut terms = vec![self.product(&[run, change])];
        let one = self.literal(1);
        for (column, jump) in (self.shape.first_jump()..).zip(&self.shape.jumps) {
            // B' = omega^x on these rows, and omega^-x * B' = 1 for a negative x; or B' = omega^x * B.
            let (to, exponent) = match jump {
                Jump::To(x) => (one, *x),
                Jump::By(x) => (here, *x),
                Jump::End => {
                    terms.push(self.selected(names::STEP, column, Some(here)));
                    continue;
                }
            };
            let power = self.power(names::OMEGA, exponent.abs());
            let mut difference = vec![];
            match (power, exponent < 0) {
                (Some(power), true) => {
                    let more = self.sub(power, one);
                    difference.push(self.product(&[more, next]));
                    difference.push(self.sub(here, to));
                }
                (Some(power), false) => {
                    let to = self.product(&[power, to]);
                    difference.push(self.sub(here, to));
                }
                (None, _) => difference.push(self.sub(here, to)),
            }
            let difference = self.sum(&difference);
            terms.push(self.selected(names::STEP, column, Some(difference)));
        }
        let poly = self.sum(&terms);
        self.constrain(names::GOES_ON, poly);
    }

    fn coefficient(&mut self, strip: i64) {
        let run = self.query(names::RUN, 0, 0);
        let here = self.query(names::COEFFICIENT, strip, 0);
        let next = self.query(names::COEFFICIENT, strip, 1);
        let left = self.product(&[run, next]);
        let keep = self.selected(names::STEP, steps::KEEP, None);
        let rho = self.power(names::RHO, 1);
        let chain = self.selected(names::STEP, steps::RHO, rho);
        let step = self.sum(&[keep, chain]);
        let mut right = vec![self.product(&[step, here])];
        if !self.shape.addends.is_empty() {
            let (mut addends, mut based) = (Vec::new(), Vec::new());
            for (column, addend) in (self.shape.first_addend()..).zip(&self.shape.addends) {
                let place = addend.place;
                let shift = addend.base.map_or(0, |shift| shift.of(strip));
                let monomial = self.powers(&[
                    (names::TAU, place.distance.into()),
                    (names::THETA, place.slot.into()),
                    (names::RHO, place.position.into()),
                    (names::OMEGA, i64::from(addend.first) + shift),
                ]);
                let selected = self.selected(names::STEP, column, monomial);
                match addend.base {
                    Some(_) => based.push(selected),
                    None => addends.push(selected),
                }
            }
            if !based.is_empty() {
                let base = self.query(names::BASE, 0, 0);
                let based = self.sum(&based);
                addends.push(self.product(&[base, based]));
            }
            let addend = self.sum(&addends);
            let lanes = self.shape.lanes;
            let lanes: Vec<_> = (0..lanes)
                .map(|i| self.query(names::LANE, strip * lanes + i, 0))
                .collect();
            let lanes = self.by_powers(&lanes, &[(names::OMEGA, 1)]);
            right.push(self.product(&[addend, lanes]));
        }
        let right = self.sum(&right);
        let poly = self.sub(left, right);
        self.constrain(names::GOES_ON, poly);
    }

    pub(super) fn form(&mut self, form: &Form, strip: i64) -> Option<ValueId> {
        let mut terms = Vec::new();
        for (cell, factor) in &form.cells {
            let cell = self.cell(strip, *cell);
            terms.push(self.scaled(cell, *factor));
        }
        for (limb, factor) in &form.limbs {
            let limb = self.limb(strip, *limb);
            terms.push(self.scaled(limb, *factor));
        }
        (!terms.is_empty()).then(|| self.sum(&terms))
    }

    pub(super) fn scaled(&mut self, v: ValueId, factor: i128) -> ValueId {
        match factor {
            1 => v,
            -1 => self.neg(v),
            _ => {
                let factor = self.literal(factor);
                self.product(&[factor, v])
            }
        }
    }

    /// Operands of one slot over all strips, minus their biases, times what tells the slot apart; `None` if no unit has that
    /// many.
    fn operands(&mut self, slot: usize) -> Option<ValueId> {
        let weaves: BTreeSet<Weave> = self.shape.kinds.iter().map(|(_, weave)| *weave).collect();
        let mut sums = Vec::new();
        if self.shape.biases[slot] {
            let biases = self.biases(slot, Weave::PLAIN);
            sums.push(self.neg(biases));
        }
        for weave in weaves {
            let mut strips = Vec::new();
            let mut selectors = Vec::new();
            for strip in 0..self.shape.strips {
                let mut terms = Vec::new();
                for (kind, _) in self.shape.kinds.iter().filter(|k| k.1 == weave) {
                    let forms = kind.operands(self.shape.bits);
                    let Some(form) = forms.get(slot) else {
                        continue;
                    };
                    if let Some(form) = self.form(form, strip) {
                        let q = self.query(&names::selector(*kind, weave), 0, 0);
                        terms.push(self.product(&[q, form]));
                        if strip == 0 {
                            selectors.push(q);
                        }
                    }
                }
                if !terms.is_empty() {
                    strips.push(self.sum(&terms));
                }
            }
            if strips.is_empty() {
                continue;
            }
            if self.shape.biases[slot] && weave != Weave::PLAIN {
                // Biases were counted as if this were plain.
                let on = self.sum(&selectors);
                let counted = self.biases(slot, Weave::PLAIN);
                let due = self.biases(slot, weave);
                let missing = self.sub(counted, due);
                sums.push(self.product(&[on, missing]));
            }
            let strips = self.by_powers(&strips, &[(names::OMEGA, weave.pitch)]);
            sums.push(self.apart(slot, weave, strips));
        }
        (!sums.is_empty()).then(|| self.sum(&sums))
    }

    fn biases(&mut self, slot: usize, weave: Weave) -> ValueId {
        let biases = 0..self.shape.strips;
        let biases: Vec<_> = biases
            .map(|strip| self.query(names::BIASES[slot], strip, 0))
            .collect();
        let biases = self.by_powers(&biases, &[(names::OMEGA, weave.pitch)]);
        self.apart(slot, weave, biases)
    }

    /// A second operand, times what tells it from the first.
    fn apart(&mut self, slot: usize, weave: Weave, v: ValueId) -> ValueId {
        if slot == 0 {
            return v;
        }
        let challenge = match weave.apart {
            Apart::Slot => names::THETA,
            Apart::Position => names::RHO,
            Apart::Row => names::OMEGA,
        };
        match self.power(challenge, weave.step.max(1)) {
            Some(power) => self.product(&[power, v]),
            None => v,
        }
    }

    fn total(&mut self) {
        let run = self.query(names::RUN, 0, 0);
        let here = self.query(names::TOTAL, 0, 0);
        let next = self.query(names::TOTAL, 0, 1);
        let change = self.sub(next, here);
        let change = self.product(&[run, change]);
        // tau * T instead of T.
        let one = self.literal(1);
        let tau = self.challenge(names::TAU);
        let more = self.sub(tau, one);
        let between = self.query(names::BETWEEN, 0, 0);
        let more = self.product(&[more, between, here]);
        let mut terms = vec![more];
        if let Some(first) = self.operands(0) {
            let mut operands = vec![first];
            operands.extend(self.operands(1));
            let operands = self.sum(&operands);
            let monomial = self.query(names::MONOMIAL, 0, 0);
            terms.push(self.product(&[monomial, operands]));
        }
        terms.extend(self.contracted());
        if self.shape.kinds.contains(&(Kind::Public, Weave::PLAIN)) {
            let q = self.query(&names::selector(Kind::Public, Weave::PLAIN), 0, 0);
            let monomial = self.query(names::MONOMIAL, 0, 1);
            let values: Vec<_> = (0..self.shape.public)
                .map(|column| self.query(shared::PUBLIC, column, 0))
                .collect();
            let value = self.by_powers(&values, &[(names::OMEGA, 1)]);
            terms.push(self.product(&[q, monomial, value]));
        }
        let products: Vec<_> = (0..self.shape.strips)
            .map(|strip| {
                let coefficient = self.query(names::COEFFICIENT, strip, 0);
                let y = self.cell(strip, Y);
                self.product(&[coefficient, y])
            })
            .collect();
        let products = self.sum(&products);
        let results = self.query(names::RESULT, 0, 0);
        let read = self.product(&[results, products]);
        terms.push(self.neg(read));
        let right = self.sum(&terms);
        let poly = self.sub(change, right);
        self.constrain(names::GOES_ON, poly);
        let ends = self.query(names::ENDS, 0, 0);
        let poly = self.product(&[ends, here]);
        self.constrain("the sum starts and ends at zero", poly);
    }
}
