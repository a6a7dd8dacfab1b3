//! An independent look at random evaluation: does the sum that a circuit checks say what its witness program computes?
//!
//! Where linear maps are checked by one running sum with random coefficients, no gate shows that the fixed cells of the
//! schedule are the weights of the program, nor that two equations do not share a monomial. This part of the audit works
//! both out again, from the compiled circuit alone, and knows neither units nor strips nor how they were laid out:
//!
//! 1. The gates of the sum, and of all columns that it reads, are followed from row to row with challenges as unknowns.
//!    So the sum becomes a polynomial in the challenges whose coefficients are sums over cells. That it is zero at random
//!    challenges says that each coefficient is zero: these are the *equations* that the circuit checks.
//! 2. The witness program says what each element is, as a sum over cells. Put into an equation, for the cells that stand
//!    topmost in it, everything has to cancel: weights, biases and operands, as integers. An equation with a wrong
//!    weight, or two that share a monomial, leave something over. Products of two cells are terms like others: running
//!    columns that add up cells of the first phase may be multiplied with each other, and the program may multiply what it
//!    computes. In an equation with products, copies of a cell count as the cell: their own equations say that they are.
//! 3. The cells of one element of a unit say something of the cells below them, by the program: so many linear relations as
//!    its operands are. There must be as many equations. A shared monomial, or a row that the sum leaves out, has fewer.
//! 4. Every cell in an equation has a range that constraints without challenges enforce, and the limbs of a remainder are
//!    less than its divisor; or it stands alone on top of an equation, which determines it. Together they stay below half
//!    the field, so that equations hold for integers.
//! 5. Only cells count in which the program places something, of the first phase; no column is read where the gates do not
//!    determine it, and none goes on below the last unit.
//!
//! A cell that the program declares free, and that stands alone on top of one equation and nowhere else, takes up whatever
//! that equation gives. Such equations are counted and say nothing.

mod bounded;
mod monomial;
mod program;
mod rank;
mod sum;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use num_bigint::BigInt;

use self::monomial::{Exponents, Monomial};
use self::program::{Program, Row};
use self::rank::{PRIME, combinations, rank, reduced, times};
use self::walk::{Key, NONE, Problem, Sum, Term, sums};
use super::Finding;
use crate::layout::{Cell, Layout};
use crate::tape::Tape;
use crate::validate::enforced;
use crate::{Circuit, ColumnKind, Op};

/// What a random evaluation was found to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The gate of the running sum.
    pub gate: String,
    /// Equations of operands that it checks, each with a monomial of its own.
    pub equations: u64,
    /// Equations that only hold cells at zero that nothing reads.
    pub idle: u64,
    /// Equations that only determine a free cell.
    pub free: u64,
    /// Terms of all equations together.
    pub terms: u64,
    /// The difference between the greatest and the least exponent, added up over all challenges: a bound on the degree of
    /// the polynomial that is zero.
    pub degree: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Checks every random evaluation of a valid circuit, for all witnesses at once.
pub fn evaluations(circuit: &Circuit, layout: &Layout) -> Vec<Evaluation> {
    let exponents = Exponents::new(circuit);
    let sums = sums(circuit, layout, &exponents);
    if sums.is_empty() {
        return Vec::new();
    }
    let ranges = enforced(circuit, layout);
    let sites = Sites::new(circuit, layout);
    sums.into_iter()
        .map(|sum| Check::new(circuit, layout, &ranges, &sites, sum).run())
        .collect()
}

/// Enforced ranges of all unknowns.
type Ranges = [Option<(BigInt, BigInt)>];

/// Columns whose cells on one row belong together, as gates without challenges read them together.
struct Sites {
    /// The number of each column's class.
    class: Vec<u32>,
}

/// The cells of some classes of columns on one row.
type Site = (u32, u32);

impl Sites {
    fn new(circuit: &Circuit, layout: &Layout) -> Self {
        let mut class: Vec<u32> = (0..layout.columns.len() as u32).collect();
        let mut join = |columns: &[u32]| {
            for pair in columns.windows(2) {
                let (from, to) = (class[pair[0] as usize], class[pair[1] as usize]);
                class
                    .iter_mut()
                    .filter(|c| **c == from)
                    .for_each(|c| *c = to);
            }
        };
        let columns = |tapes: &[Tape]| -> Vec<u32> {
            let slots = tapes.iter().flat_map(|tape| &tape.slots);
            slots
                .filter(|slot| slot.kind == ColumnKind::Advice)
                .map(|slot| slot.column)
                .collect()
        };
        for constraint in circuit.gates.iter().flat_map(|gate| &gate.constraints) {
            let tape = Tape::new(&constraint.poly, layout);
            if !tape.in_field {
                join(&columns(&[tape]));
            }
        }
        let counted = circuit.multiplicities.iter().flat_map(|info| &info.terms);
        let counted = counted.map(|term| &term.inputs);
        for inputs in counted.chain(circuit.lookups.iter().map(|lookup| &lookup.inputs)) {
            let tapes: Vec<Tape> = inputs
                .iter()
                .map(|input| Tape::new(input, layout))
                .collect();
            join(&columns(&tapes));
        }
        Sites { class }
    }

    fn of(&self, cell: Cell) -> Site {
        (cell.row, self.class[cell.column as usize])
    }
}

/// One equation: what a monomial is multiplied with.
struct Equation {
    monomial: Monomial,
    row: Row,
    /// The sites of its topmost cells.
    top: Vec<Site>,
}

struct Check<'a> {
    circuit: &'a Circuit,
    layout: &'a Layout,
    ranges: &'a Ranges,
    sites: &'a Sites,
    sum: Sum<'a>,
    program: Program<'a>,
    problems: Vec<Problem>,
    /// In how many equations each unknown occurs.
    uses: HashMap<u32, u32>,
    /// Unknowns that an equation determines.
    determined: BTreeSet<u32>,
    free: u64,
    idle: u64,
}

impl<'a> Check<'a> {
    fn new(
        circuit: &'a Circuit,
        layout: &'a Layout,
        ranges: &'a Ranges,
        sites: &'a Sites,
        sum: Sum<'a>,
    ) -> Self {
        Check {
            circuit,
            layout,
            ranges,
            sites,
            sum,
            program: Program::new(circuit, layout),
            problems: Vec::new(),
            uses: HashMap::new(),
            determined: BTreeSet::new(),
            free: 0,
            idle: 0,
        }
    }

    fn problem(&mut self, what: &'static str, at: String) {
        self.problems.push((what, at));
    }

    fn run(mut self) -> Evaluation {
        let mut terms = self.sum.terms();
        terms.sort_unstable();
        self.problems.append(&mut self.sum.problems);
        let degree = self.degree(&terms);
        let count = terms.len() as u64;
        // What a sum that cannot be followed says is not known, so nothing is said of its equations.
        let equations = match self.problems.is_empty() {
            true => self.equations(terms),
            false => Vec::new(),
        };
        self.phases();
        self.elements(&equations);
        self.bounded(&equations);
        let mut grouped: BTreeMap<&'static str, (String, u64)> = BTreeMap::new();
        for (what, at) in self.problems {
            grouped.entry(what).or_insert((at, 0)).1 += 1;
        }
        let gate = self.sum.gate;
        let findings = grouped
            .into_iter()
            .map(|(what, (first, count))| Finding::Evaluation {
                gate: gate.clone(),
                problem: what.to_string(),
                first,
                count,
            });
        Evaluation {
            findings: findings.collect(),
            equations: equations.len() as u64 - self.free - self.idle,
            idle: self.idle,
            free: self.free,
            terms: count,
            degree,
            gate,
        }
    }

    fn degree(&self, terms: &[Term]) -> u64 {
        let mut ends: Vec<(i64, i64)> = Vec::new();
        let mut last = None;
        for term in terms {
            if last == Some(term.monomial) {
                continue;
            }
            last = Some(term.monomial);
            let exponents = self.sum.exponents.of(term.monomial).unwrap_or_default();
            ends.resize(exponents.len().max(ends.len()), (0, 0));
            for (end, exponent) in ends.iter_mut().zip(exponents) {
                *end = (end.0.min(exponent), end.1.max(exponent));
            }
        }
        ends.iter().map(|(lo, hi)| hi.abs_diff(*lo)).sum()
    }

    /// The terms, which are sorted, by monomial.
    fn equations(&mut self, terms: Vec<Term>) -> Vec<Equation> {
        let mut equations = Vec::new();
        for terms in terms.chunk_by(|a, b| a.monomial == b.monomial) {
            let monomial = terms[0].monomial;
            let mut row = Row::default();
            let fits = terms
                .iter()
                .try_for_each(|term| row.add_term(term.key, term.coefficient));
            if fits.is_none() {
                self.problem(
                    "a weight exceeds 128 bits",
                    self.sum.exponents.describe(monomial),
                );
            }
            if row.is_zero() {
                continue;
            }
            let top = self.top(&row);
            for unknown in unknowns(&row) {
                *self.uses.entry(unknown).or_insert(0) += 1;
            }
            equations.push(Equation { monomial, row, top });
        }
        equations
    }

    /// The sites of the topmost cells of an equation.
    fn top(&self, row: &Row) -> Vec<Site> {
        let cells = || {
            unknowns(row)
                .into_iter()
                .filter_map(|u| self.layout.cell_of(u))
        };
        let first = cells().map(|cell| cell.row).min();
        let top = cells().filter(|cell| Some(cell.row) == first);
        let sites: BTreeSet<Site> = top.map(|cell| self.sites.of(cell)).collect();
        sites.into_iter().collect()
    }

    /// Cells of later phases in what the sum or a lookup reads.
    fn phases(&mut self) {
        let counted = self
            .circuit
            .multiplicities
            .iter()
            .flat_map(|info| &info.terms);
        let inputs = counted.flat_map(|term| term.inputs.iter().chain([&term.selector]));
        for query in inputs.flat_map(|input| input.queries()) {
            let group = &self.circuit.groups[query.group as usize];
            if group.phase != 0 {
                let name = format!("{}[{}]", group.name, query.column);
                self.problems
                    .push(("a lookup reads a column of a later phase", name));
            }
        }
    }

    /// What the program says of each element of a unit, against the equations of its cells.
    fn elements(&mut self, equations: &[Equation]) {
        // Sites that share an equation are looked at together: then there are too few equations, if anything is wrong.
        let mut joined: HashMap<Site, Site> = HashMap::new();
        for equation in equations {
            if let Some((first, others)) = equation.top.split_first() {
                let root = root(&joined, *first);
                for other in others {
                    let other = self::root(&joined, *other);
                    if other != root {
                        joined.insert(other, root);
                    }
                }
            }
        }
        let mut cells: BTreeMap<Site, Vec<u32>> = BTreeMap::new();
        for unknown in 0..self.layout.unknowns() {
            let Some(cell) = self.layout.cell_of(unknown) else {
                continue;
            };
            let column = &self.layout.columns[cell.column as usize];
            if column.kind == ColumnKind::Advice || column.by_gates {
                let site = root(&joined, self.sites.of(cell));
                cells.entry(site).or_default().push(unknown);
            }
        }
        let mut of: BTreeMap<Site, Vec<&Equation>> = BTreeMap::new();
        for equation in equations {
            if let Some(first) = equation.top.first() {
                of.entry(root(&joined, *first)).or_default().push(equation);
            } else {
                let at = self.sum.exponents.describe(equation.monomial);
                self.problem("an equation reads no cell", at);
            }
        }
        // Elements of one unit have as many equations each.
        let mut most: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut found = Vec::new();
        for (site, cells) in &cells {
            let own = of.remove(site).unwrap_or_default();
            let Some((wanted, rank)) = self.site(cells, &own) else {
                self.problem("a sum of the program exceeds 128 bits", self.name(cells[0]));
                continue;
            };
            let registers: Vec<u32> = cells
                .iter()
                .map(|unknown| self.register(*unknown))
                .collect();
            let wanted_by_all = most.entry(registers.clone()).or_insert(0);
            *wanted_by_all = (*wanted_by_all).max(wanted);
            found.push((cells[0], registers, wanted, rank, own.len()));
        }
        for (first, registers, wanted, rank, count) in found {
            if rank < wanted || count < most[&registers] {
                let wanted = wanted.max(most[&registers]);
                let at = format!("{}: {} of {wanted}", self.name(first), rank.min(count));
                self.problem("an operand has no equation of its own", at);
            }
        }
    }

    /// The cells of a site: how many relations to cells elsewhere the program knows, and how many the equations are.
    fn site(&mut self, cells: &[u32], equations: &[&Equation]) -> Option<(usize, usize)> {
        let members: BTreeSet<u32> = cells.iter().copied().collect();
        let computed = self.layout.elements.computed();
        let mut rows: Vec<Row> = Vec::with_capacity(cells.len());
        for unknown in cells {
            rows.push(match unknown.checked_sub(computed) {
                None => self
                    .program
                    .row(*unknown, |other| members.contains(&other))?,
                Some(_) => match self.layout.element_of(*unknown) {
                    Some(element) => self.program.shown(element)?,
                    None => Row::default(),
                },
            });
        }
        let outside = |key: &Key| {
            key.unknowns()
                .all(|u| self.layout.home(u).is_some() && !members.contains(&u))
        };
        // Coordinates: what is in no cell elsewhere one by one, the rest in a few combinations.
        let inner: BTreeSet<Key> = rows
            .iter()
            .flat_map(|row| row.terms.keys().copied())
            .filter(|key| !outside(key))
            .collect();
        let inner: HashMap<Key, usize> = inner.into_iter().zip(0..).collect();
        // No more of them than rows that have any can be told apart.
        let reads = |row: &&Row| row.terms.keys().any(&outside);
        let count = rows.iter().filter(reads).count();
        let combined: Vec<Vec<u64>> = rows
            .iter()
            .map(|row| combinations(row.terms.iter().filter(|(key, _)| outside(key)), count))
            .collect();
        let vector = |row: &Row| {
            let mut vector = vec![0; inner.len()];
            for (key, coefficient) in &row.terms {
                if let Some(at) = inner.get(key) {
                    vector[*at] = reduced(*coefficient);
                }
            }
            vector
        };
        let own: Vec<Vec<u64>> = rows.iter().map(vector).collect();
        let all = own.iter().zip(&combined);
        let all: Vec<Vec<u64>> = all.map(|(a, b)| [a.as_slice(), b].concat()).collect();
        let wanted = rank(all) - rank(own);
        let index: HashMap<u32, usize> = cells.iter().copied().zip(0..).collect();
        self.determine(equations, &members);
        let mut relations = Vec::new();
        for equation in equations {
            let mut left = equation.row.clone();
            let mut relation = vec![0; count];
            let mut top = Vec::new();
            for (key, coefficient) in &equation.row.terms {
                let Some(at) = index.get(&key.0).filter(|_| key.unknowns().count() == 1) else {
                    continue;
                };
                top.push(key.0);
                left.add_term(*key, coefficient.checked_neg()?)?;
                left.add(&rows[*at], *coefficient)?;
                for (sum, value) in relation.iter_mut().zip(&combined[*at]) {
                    *sum = (*sum + times(*value, reduced(*coefficient))) % PRIME;
                }
            }
            if let [alone] = top[..]
                && alone < computed
                && matches!(self.program.op(alone), Op::Free)
            {
                if self.uses.get(&alone) == Some(&1) && self.ranges[alone as usize].is_none() {
                    self.free += 1;
                } else {
                    let at = self.name(alone);
                    self.problem("a free cell is read elsewhere", at);
                }
                continue;
            }
            if equation.row.multiplies() {
                left = self.program.uncopied(&left)?;
            }
            let only_zero = top.iter().all(|unknown| rows[index[unknown]].is_zero());
            if only_zero && self.is_idle(equation)? {
                self.idle += 1;
            } else if left.is_zero() {
                relations.push(relation);
            } else {
                let monomial = self.sum.exponents.describe(equation.monomial);
                let first = left.terms.keys().next();
                let over = match first.and_then(|key| key.unknowns().next()) {
                    Some(unknown) => self.name(unknown),
                    None => format!("{}", left.constant),
                };
                let top = top.first().map(|unknown| self.name(*unknown));
                let top = top.unwrap_or_default();
                let at = format!("{monomial}, on top {top}: {over} is left over");
                self.problem("an equation is not that of the program", at);
            }
        }
        Some((wanted, rank(relations)))
    }

    /// Whether an equation only adds up cells that the program holds at zero, as those that repeat inputs are. None of them
    /// may be negative, so that each is zero where the sum is.
    fn is_idle(&mut self, equation: &Equation) -> Option<bool> {
        let computed = self.layout.elements.computed();
        let negative = equation.row.terms.values().next().is_some_and(|c| *c < 0);
        for (key, coefficient) in &equation.row.terms {
            let Key(unknown, NONE) = *key else {
                return Some(false);
            };
            if unknown >= computed || (*coefficient < 0) != negative {
                return Some(false);
            }
            let range = &self.ranges[unknown as usize];
            if range.as_ref().is_none_or(|(lo, _)| *lo < BigInt::ZERO)
                || !self.program.row(unknown, |_| false)?.is_zero()
            {
                return Some(false);
            }
        }
        Some(equation.row.constant == 0)
    }

    fn register(&self, unknown: u32) -> u32 {
        let element = self.layout.element_of(unknown);
        element.map_or(u32::MAX, |element| self.layout.elements.origin(element).0.0)
    }

    fn name(&self, unknown: u32) -> String {
        match self.layout.cell_of(unknown) {
            Some(cell) => self.layout.cell_name(self.circuit, cell),
            None => {
                let (register, position) = self.layout.elements.origin(unknown);
                format!("element {position} of register {}, in no cell,", register.0)
            }
        }
    }
}

/// The unknowns of a row, each once.
fn unknowns(row: &Row) -> BTreeSet<u32> {
    row.terms.keys().flat_map(|key| key.unknowns()).collect()
}

fn root(joined: &HashMap<Site, Site>, mut site: Site) -> Site {
    while let Some(next) = joined.get(&site) {
        site = *next;
    }
    site
}
