//! What a running sum adds up, as a polynomial in the challenges: the gates followed from row to row.
//!
//! Only gates and fixed cells are looked at, so what comes out is what the circuit checks, whoever laid it out.

use std::collections::{BTreeSet, HashMap};

use super::monomial::{Exponents, Monomial};
use super::sum::{Factor, Product, products};
use crate::layout::{Cell, Computed, Held, Layout};
use crate::tape::{Slot, fixed_cell};
use crate::{Circuit, ColumnKind, Derived};

/// No unknown.
pub(super) const NONE: u32 = u32::MAX;

/// One or two unknowns of the layout, multiplied with each other; none for a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u32, pub(super) u32);

impl Key {
    pub(super) const ONE: Key = Key(NONE, NONE);

    pub(super) fn of(unknown: u32) -> Key {
        Key(unknown, NONE)
    }

    /// `None` for more than two unknowns.
    pub(super) fn times(self, other: Key) -> Option<Key> {
        match (self, other) {
            (Key::ONE, key) | (key, Key::ONE) => Some(key),
            (Key(a, NONE), Key(b, NONE)) => Some(Key(a.min(b), a.max(b))),
            _ => None,
        }
    }

    pub(super) fn unknowns(self) -> impl Iterator<Item = u32> {
        [self.0, self.1].into_iter().filter(|u| *u != NONE)
    }
}

/// One term of a sum: what it is multiplied with, and the integer in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    pub(super) monomial: Monomial,
    pub(super) key: Key,
    pub(super) coefficient: i128,
}

/// A running column on the row at hand.
#[derive(Debug, Default)]
struct Column {
    /// Its terms, without the monomial `shift`.
    terms: HashMap<(Monomial, Key), i128>,
    shift: Option<Monomial>,
    /// Whether the gates determine it.
    known: bool,
}

/// How a running column goes on.
struct Rule {
    column: u32,
    /// Of the cell on the next row, of the cell itself, and the rest: in front of the gate, that is, all three add up to zero.
    next: Vec<Product>,
    here: Vec<Product>,
    rest: Vec<Product>,
}

/// What is wrong with a sum: a kind of problem, and where it is.
pub(super) type Problem = (&'static str, String);

/// A running sum that is held at zero at its ends.
pub(super) struct Sum<'a> {
    circuit: &'a Circuit,
    layout: &'a Layout,
    pub(super) exponents: &'a Exponents,
    /// The name of the gate.
    pub(super) gate: String,
    rules: Vec<Rule>,
    /// Rows on which the sum, and each of the columns that it reads, is held at zero.
    ends: BTreeSet<u32>,
    pub(super) problems: Vec<Problem>,
}

/// The sums of a circuit that are random evaluations: running columns held at zero that count no lookups.
pub(super) fn sums<'a>(
    circuit: &'a Circuit,
    layout: &'a Layout,
    exponents: &'a Exponents,
) -> Vec<Sum<'a>> {
    let running = circuit
        .derived
        .iter()
        .filter(|derived| derived.rotation == 1);
    running
        .filter_map(|derived| {
            let column = layout.column_of(derived.group, derived.column);
            let ends = held_at_zero(circuit, layout, exponents, column);
            if ends.is_empty() {
                return None;
            }
            let mut reads = vec![derived];
            let mut at = 0;
            while at < reads.len() {
                // Computed columns of the first phase are counts.
                let poly = &circuit.defining(reads[at])?.poly;
                for query in poly.queries() {
                    let column = layout.queried(&query);
                    match layout.columns[column as usize].computed {
                        Some(Computed::Multiplicity(_)) => return None,
                        Some(Computed::Derived(index)) => {
                            let other = &circuit.derived[index as usize];
                            if !reads.contains(&other) {
                                reads.push(other);
                            }
                        }
                        None => {}
                    }
                }
                at += 1;
            }
            Some(Sum::new(circuit, layout, exponents, &reads, ends))
        })
        .collect()
}

/// The rows on which some constraint says that a column is zero, whatever else stands in the grid.
fn held_at_zero(
    circuit: &Circuit,
    layout: &Layout,
    exponents: &Exponents,
    column: u32,
) -> BTreeSet<u32> {
    let mut rows = BTreeSet::new();
    for constraint in circuit.gates.iter().flat_map(|gate| &gate.constraints) {
        let reads = |query: &crate::Query| layout.queried(query) == column;
        if !constraint.poly.queries().iter().any(reads) {
            continue;
        }
        let Some(all) = products(&constraint.poly, layout, exponents, Some(column)) else {
            continue;
        };
        let [
            Product {
                coefficient,
                factors,
                ..
            },
        ] = all.as_slice()
        else {
            continue;
        };
        let alone = factors.iter().all(|factor| match factor {
            Factor::Fixed(slot) => slot.rotation == 0,
            Factor::Derived(slot) => slot.column == column && slot.rotation == 0,
            Factor::Cell(_) | Factor::Sum(_) => false,
        });
        if !alone || *coefficient == 0 {
            continue;
        }
        rows.extend((0..layout.usable_rows).filter(|row| {
            factors.iter().all(|factor| match factor {
                Factor::Fixed(slot) => {
                    let cell = Cell {
                        column: slot.column,
                        row: *row,
                    };
                    fixed_cell(layout, cell) != 0
                }
                _ => true,
            })
        }));
    }
    rows
}

impl<'a> Sum<'a> {
    /// `reads` starts with the sum itself; the others are what it reads, directly or not.
    fn new(
        circuit: &'a Circuit,
        layout: &'a Layout,
        exponents: &'a Exponents,
        reads: &[&Derived],
        ends: BTreeSet<u32>,
    ) -> Self {
        let mut sum = Sum {
            circuit,
            layout,
            exponents,
            gate: circuit.gates[reads[0].gate as usize].name.clone(),
            rules: Vec::new(),
            ends,
            problems: Vec::new(),
        };
        for derived in reads {
            match sum.rule(derived) {
                Ok(rule) => sum.rules.push(rule),
                Err(problem) => sum.problems.push(("a gate cannot be followed", problem)),
            }
        }
        sum
    }

    fn rule(&self, derived: &Derived) -> Result<Rule, String> {
        let column = self.layout.column_of(derived.group, derived.column);
        let name = &self.circuit.gates[derived.gate as usize].name;
        if derived.rotation != 1 {
            return Err(format!("`{name}` makes no running column"));
        }
        let poly = self.circuit.defining(derived).map(|c| &c.poly);
        let all = poly
            .and_then(|poly| products(poly, self.layout, self.exponents, Some(column)))
            .ok_or_else(|| format!("`{name}` is too large"))?;
        let (mut next, mut here, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        let at = |problem: String| format!("`{name}`: {problem}");
        for product in all {
            match product.without(column).map_err(at)? {
                None => {
                    // Other columns are known on one of the two rows at a time.
                    product.rotation().map_err(at)?;
                    rest.push(product);
                }
                Some((_, product)) if product.rotation().map_err(at)?.is_some() => {
                    return Err(at("its column is multiplied with another one".into()));
                }
                Some((1, product)) => next.push(product),
                Some((0, product)) => here.push(product),
                Some((rotation, _)) => {
                    return Err(format!(
                        "`{name}` reads its column {rotation} rows further down"
                    ));
                }
            }
        }
        Ok(Rule {
            column,
            next,
            here,
            rest,
        })
    }

    /// The first row of a sum, and that on which it ends.
    fn span(&self) -> Option<(u32, u32)> {
        let first = *self.ends.first()?;
        let last = *self.ends.last()?;
        (first < last).then_some((first, last))
    }

    /// Follows the gates from the first row to the last; all that is added up, in no order.
    pub(super) fn terms(&mut self) -> Vec<Term> {
        let mut out = Vec::new();
        let Some((first, last)) = self.span() else {
            self.problem(
                "the sum does not end",
                "it is held at zero on one row only".into(),
            );
            return out;
        };
        if self.rules.is_empty() || !self.problems.is_empty() {
            return out;
        }
        let rules = std::mem::take(&mut self.rules);
        let mut columns: HashMap<u32, Column> = HashMap::new();
        for rule in &rules {
            columns.insert(rule.column, Column::default());
        }
        // The sum is the first rule; others are followed in the order in which they are computed.
        let (total, others) = rules.split_at(1);
        let total = &total[0];
        let order: Vec<u32> = self.layout.derived_columns(self.circuit).collect();
        let mut others: Vec<&Rule> = others.iter().collect();
        others.sort_by_key(|rule| order.iter().position(|column| *column == rule.column));
        let bottom = self.bottom();
        // What the sum has been multiplied with since its first row.
        let mut since = Monomial::ONE;
        for row in 0..last {
            let added = row >= first;
            let before = |product: &&Product| !product.reads(1);
            let after = |product: &&Product| product.reads(1);
            let early: Vec<Vec<Term>> = others
                .iter()
                .map(|rule| self.list(rule.rest.iter().filter(before), row, &columns))
                .collect();
            let mut adds = match added {
                true => self.list(total.rest.iter().filter(before), row, &columns),
                false => Vec::new(),
            };
            for (rule, early) in others.iter().zip(early) {
                let late = self.list(rule.rest.iter().filter(after), row, &columns);
                // Every rule has its column.
                let mut column = columns.remove(&rule.column).unwrap_or_default();
                self.advance(rule, &mut column, [early, late].concat(), row, &columns);
                if row + 1 > bottom && (!column.known || !column.terms.is_empty()) && row + 1 < last
                {
                    let name = self.column_name(rule.column);
                    self.problem(
                        "a column goes on below the last unit",
                        format!("{name} on row {}", row + 1),
                    );
                }
                columns.insert(rule.column, column);
            }
            if !added {
                continue;
            }
            adds.extend(self.list(total.rest.iter().filter(after), row, &columns));
            let next = self.list(total.next.iter(), row, &columns);
            let here = self.list(total.here.iter(), row, &columns);
            let (Some((next, sign)), Some((here, other))) = (unit(&next), unit(&here)) else {
                self.problem("the sum does not go on", format!("on row {row}"));
                continue;
            };
            if sign == other {
                self.problem("the sum changes its sign", format!("on row {row}"));
            }
            since = since.times(here).over(next);
            for term in adds {
                out.push(Term {
                    monomial: term.monomial.over(next).over(since),
                    coefficient: -sign * term.coefficient,
                    ..term
                });
            }
        }
        for term in &mut out {
            term.monomial = term.monomial.times(since);
        }
        out
    }

    pub(super) fn problem(&mut self, what: &'static str, at: String) {
        self.problems.push((what, at));
    }

    /// The last row on which the program places something in a cell.
    fn bottom(&self) -> u32 {
        let columns = self.layout.columns.iter();
        let advice = columns.filter(|c| c.kind != ColumnKind::Fixed && c.computed.is_none());
        // A public value may be counted with the monomial on the row below it.
        advice.map(|c| c.used_rows()).max().unwrap_or(0)
    }

    fn column_name(&self, column: u32) -> String {
        let info = &self.layout.columns[column as usize];
        let group = &self.circuit.groups[info.group as usize].name;
        format!("{group}[{}]", info.column)
    }

    /// One row further: `next * column' + here * column + rest = 0`.
    fn advance(
        &mut self,
        rule: &Rule,
        column: &mut Column,
        rest: Vec<Term>,
        row: u32,
        columns: &HashMap<u32, Column>,
    ) {
        let next = self.list(rule.next.iter(), row, columns);
        let here = self.list(rule.here.iter(), row, columns);
        let Some((next, sign)) = unit(&next) else {
            if !next.is_empty() {
                let name = self.column_name(rule.column);
                self.problem("a step is no monomial", format!("{name} on row {row}"));
            }
            *column = Column::default();
            return;
        };
        match (here.is_empty(), unit(&here)) {
            (true, _) => {
                *column = Column {
                    known: true,
                    ..Column::default()
                };
            }
            (false, Some((here, other))) => {
                if sign == other {
                    column.terms.values_mut().for_each(|value| *value = -*value);
                }
                let shift = column.shift.unwrap_or(Monomial::ONE);
                column.shift = Some(shift.times(here).over(next));
            }
            (false, None) => {
                let name = self.column_name(rule.column);
                self.problem("a step is no monomial", format!("{name} on row {row}"));
                *column = Column::default();
            }
        }
        if !column.known {
            return;
        }
        let shift = column.shift.unwrap_or(Monomial::ONE);
        for term in rest {
            let key = (term.monomial.over(next).over(shift), term.key);
            let value = column.terms.entry(key).or_insert(0);
            *value -= sign * term.coefficient;
            if *value == 0 {
                column.terms.remove(&key);
            }
        }
    }

    /// The terms of some products on a row, added up.
    fn list<'p>(
        &mut self,
        all: impl Iterator<Item = &'p Product>,
        row: u32,
        columns: &HashMap<u32, Column>,
    ) -> Vec<Term> {
        let mut out = Vec::new();
        for product in all {
            let one = Term {
                monomial: product.monomial,
                key: Key::ONE,
                coefficient: product.coefficient,
            };
            self.product(&product.factors, one, row, columns, &mut out);
        }
        if out.len() > 1 {
            out.sort_unstable();
            out.dedup_by(|b, a| {
                let same = a.monomial == b.monomial && a.key == b.key;
                if same {
                    a.coefficient += b.coefficient;
                }
                same
            });
            out.retain(|term| term.coefficient != 0);
        }
        out
    }

    /// A constraint without challenges on a row, as a sum over cells.
    pub(super) fn linear(&mut self, all: &[Product], row: u32) -> Vec<Term> {
        self.list(all.iter(), row, &HashMap::new())
    }

    fn product(
        &mut self,
        factors: &[Factor],
        mut term: Term,
        row: u32,
        columns: &HashMap<u32, Column>,
        out: &mut Vec<Term>,
    ) {
        let Some((factor, rest)) = factors.split_first() else {
            if !self.exponents.hold(term.monomial) {
                self.problem("an exponent is too large", format!("on row {row}"));
            }
            out.push(term);
            return;
        };
        match factor {
            Factor::Fixed(slot) => {
                let value = fixed_cell(self.layout, self.cell(*slot, row));
                if value == 0 {
                    return;
                }
                match term.coefficient.checked_mul(value) {
                    Some(coefficient) => term.coefficient = coefficient,
                    None => self.problem("a weight exceeds 128 bits", format!("on row {row}")),
                }
                self.product(rest, term, row, columns, out);
            }
            Factor::Cell(slot) => {
                let cell = self.cell(*slot, row);
                let unknown = match self.layout.held(cell) {
                    Held::Unknown(unknown) => unknown,
                    Held::Constant(element) => {
                        let value = self.layout.elements.constant_value(self.circuit, element);
                        let value = value.and_then(|v| term.coefficient.checked_mul(v));
                        match value {
                            Some(0) => return,
                            Some(value) => term.coefficient = value,
                            None => {
                                self.problem("a weight exceeds 128 bits", format!("on row {row}"));
                            }
                        }
                        return self.product(rest, term, row, columns, out);
                    }
                    Held::Nothing => {
                        let name = self.layout.cell_name(self.circuit, cell);
                        let mut more = Vec::new();
                        // It counts only where the rest is not zero.
                        self.product(rest, term, row, columns, &mut more);
                        if !more.is_empty() {
                            self.problem("a cell counts in which nothing is placed", name);
                        }
                        return;
                    }
                };
                match term.key.times(Key::of(unknown)) {
                    Some(key) => term.key = key,
                    None => self.problem(
                        "more than two cells are multiplied",
                        format!("on row {row}"),
                    ),
                }
                self.product(rest, term, row, columns, out);
            }
            Factor::Sum(sum) => {
                for inner in self.list(sum.iter(), row, columns) {
                    if let Some(term) = self.multiplied(term, inner, row) {
                        self.product(rest, term, row, columns, out);
                    }
                }
            }
            Factor::Derived(slot) => {
                let column = columns.get(&slot.column);
                let Some(column) = column.filter(|column| column.known) else {
                    let name = self.column_name(slot.column);
                    let at = i64::from(row) + i64::from(slot.rotation);
                    self.problem(
                        "a cell counts that nothing determines",
                        format!("{name} on row {at}"),
                    );
                    return;
                };
                let shift = column.shift.unwrap_or(Monomial::ONE);
                for ((monomial, key), coefficient) in &column.terms {
                    let inner = Term {
                        monomial: monomial.times(shift),
                        key: *key,
                        coefficient: *coefficient,
                    };
                    if let Some(term) = self.multiplied(term, inner, row) {
                        self.product(rest, term, row, columns, out);
                    }
                }
            }
        }
    }

    fn multiplied(&mut self, a: Term, b: Term, row: u32) -> Option<Term> {
        let coefficient = a.coefficient.checked_mul(b.coefficient);
        let key = a.key.times(b.key);
        let (Some(coefficient), Some(key)) = (coefficient, key) else {
            let what = match key {
                None => "more than two cells are multiplied",
                Some(_) => "a weight exceeds 128 bits",
            };
            self.problem(what, format!("on row {row}"));
            return None;
        };
        Some(Term {
            monomial: a.monomial.times(b.monomial),
            key,
            coefficient,
        })
    }

    fn cell(&self, slot: Slot, row: u32) -> Cell {
        let row = (i64::from(row) + i64::from(slot.rotation)).rem_euclid(1 << self.layout.k);
        Cell {
            column: slot.column,
            row: row as u32,
        }
    }
}

/// A single monomial with the integer 1 or -1 in front.
fn unit(terms: &[Term]) -> Option<(Monomial, i128)> {
    match terms {
        [term] if term.key == Key::ONE && term.coefficient.unsigned_abs() == 1 => {
            Some((term.monomial, term.coefficient))
        }
        _ => None,
    }
}
