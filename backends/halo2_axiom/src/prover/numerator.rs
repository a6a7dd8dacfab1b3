//! What all gates say together, as a program that is run on the values of columns.
//!
//! Challenges are known when it is made. Gates become sums of constants times columns and products, where a product has two
//! factors that are such sums; equal sums and products are computed once. The gates are added up with powers of a challenge,
//! and products with a factor in common become one product. A sum of constants times fixed columns becomes one column.

use std::collections::{BTreeMap, HashMap};

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::plonk::{ConstraintSystem, Expression};

/// A column whose values the program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Column {
    Advice(usize),
    Instance(usize),
    /// A sum of multiples of fixed columns: its number in [`Numerator::mixed`].
    Mixed(usize),
}

/// What a sum consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Atom {
    /// A column, so many rows further down.
    Column(Column, i32),
    /// A fixed column, so many rows further down.
    Fixed(usize, i32),
    /// The product of two sums, the one with the smaller number first.
    Product(usize, usize),
}

/// A constant and multiples of atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Sum {
    constant: Fr,
    terms: BTreeMap<Atom, Fr>,
}

impl Sum {
    fn add(&mut self, atom: Atom, factor: Fr) {
        let coefficient = self.terms.entry(atom).or_default();
        *coefficient += factor;
        if *coefficient == Fr::ZERO {
            self.terms.remove(&atom);
        }
    }

    fn add_multiple(&mut self, other: &Sum, factor: Fr) {
        self.constant += other.constant * factor;
        for (atom, coefficient) in &other.terms {
            self.add(*atom, *coefficient * factor);
        }
    }
}

/// Where an operand stands.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// A column's number in [`Numerator::columns`], so many rows further down.
    Column(usize, i32),
    /// What a step has computed.
    Step(usize),
}

/// One step on some rows.
#[derive(Clone, Debug)]
enum Step {
    Product(Source, Source),
    Sum(Fr, Vec<(Fr, Source)>),
}

/// The program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numerator {
    /// The columns that it reads.
    pub(super) columns: Vec<Column>,
    /// Multiples of fixed columns, by their numbers.
    pub(crate) mixed: Vec<Vec<(usize, Fr)>>,
    steps: Vec<Step>,
}

/// Rows that a step is done for at once, so that all values stay in the processor's cache.
const ROWS: usize = 32;

impl Numerator {
    /// All gates, the first one times the highest power of `y`.
    pub(crate) fn new(meta: &ConstraintSystem<Fr>, challenges: &[Fr], y: Fr) -> Numerator {
        let mut sums = Sums {
            challenges,
            ..Sums::default()
        };
        let mut total = Sum::default();
        let mut power = Fr::ONE;
        let gates = meta.gates().iter().flat_map(|gate| gate.polynomials());
        for gate in gates.rev() {
            sums.add(gate, power, &mut total);
            power *= y;
        }
        let total = sums.factored(total);
        let total = sums.number(total);
        let mut out = Numerator::default();
        let mut emitter = Emitter {
            sums: &sums,
            out: &mut out,
            columns: HashMap::new(),
            done: HashMap::new(),
            products: HashMap::new(),
        };
        let last = emitter.sum(total);
        // The result is that of the last step.
        if !matches!(last, Source::Step(step) if step + 1 == out.steps.len()) {
            out.steps.push(Step::Sum(Fr::ZERO, vec![(Fr::ONE, last)]));
        }
        out
    }

    /// Products and sums on a row.
    pub(crate) fn operations(&self) -> usize {
        let operations = self.steps.iter().map(|step| match step {
            Step::Product(..) => 1,
            Step::Sum(_, terms) => terms.len(),
        });
        operations.sum()
    }

    /// Computes the values in rows from `first` on, given those of the columns in all rows.
    pub(super) fn evaluate(&self, columns: &[Vec<Fr>], first: usize, out: &mut [Fr]) {
        let mut values = vec![[Fr::ZERO; ROWS]; self.steps.len()];
        let mask = columns.first().map_or(0, |column| column.len() - 1);
        for (block, out) in out.chunks_mut(ROWS).enumerate() {
            let first = first + block * ROWS;
            for step in 0..self.steps.len() {
                let (before, rest) = values.split_at_mut(step);
                let result = &mut rest[0];
                let read = |source: &Source, row: usize| match *source {
                    Source::Step(step) => before[step][row],
                    Source::Column(column, rotation) => {
                        let row = (first + row).wrapping_add_signed(rotation as isize);
                        columns[column][row & mask]
                    }
                };
                match &self.steps[step] {
                    Step::Product(a, b) => {
                        for (row, result) in result.iter_mut().enumerate() {
                            *result = read(a, row) * read(b, row);
                        }
                    }
                    Step::Sum(constant, terms) => {
                        *result = [*constant; ROWS];
                        for (factor, source) in terms {
                            let values = result.iter_mut().enumerate();
                            if *factor == Fr::ONE {
                                values.for_each(|(row, sum)| *sum += read(source, row));
                            } else if *factor == -Fr::ONE {
                                values.for_each(|(row, sum)| *sum -= read(source, row));
                            } else {
                                values.for_each(|(row, sum)| *sum += read(source, row) * factor);
                            }
                        }
                    }
                }
            }
            if let Some(last) = values.last() {
                let rows = out.len();
                out.copy_from_slice(&last[..rows]);
            }
        }
    }
}

/// All sums, each once.
#[derive(Default)]
struct Sums<'a> {
    challenges: &'a [Fr],
    all: Vec<Sum>,
    numbers: HashMap<Sum, usize>,
}

impl Sums<'_> {
    /// The value of an expression that reads no column.
    fn constant(&self, expression: &Expression<Fr>) -> Option<Fr> {
        Some(match expression {
            Expression::Constant(value) => *value,
            Expression::Challenge(challenge) => self.challenges[challenge.index()],
            Expression::Negated(a) => -self.constant(a)?,
            Expression::Sum(a, b) => self.constant(a)? + self.constant(b)?,
            Expression::Product(a, b) => self.constant(a)? * self.constant(b)?,
            Expression::Scaled(a, factor) => self.constant(a)? * factor,
            _ => return None,
        })
    }

    /// Adds a multiple of an expression to a sum.
    fn add(&mut self, expression: &Expression<Fr>, factor: Fr, sum: &mut Sum) {
        let column =
            |column, rotation: halo2_axiom::poly::Rotation| Atom::Column(column, rotation.0);
        match expression {
            Expression::Constant(value) => sum.constant += *value * factor,
            Expression::Challenge(c) => sum.constant += self.challenges[c.index()] * factor,
            Expression::Fixed(q) => {
                sum.add(Atom::Fixed(q.column_index(), q.rotation().0), factor);
            }
            Expression::Advice(q) => {
                sum.add(
                    column(Column::Advice(q.column_index()), q.rotation()),
                    factor,
                );
            }
            Expression::Instance(q) => {
                sum.add(
                    column(Column::Instance(q.column_index()), q.rotation()),
                    factor,
                );
            }
            Expression::Negated(a) => self.add(a, -factor, sum),
            Expression::Scaled(a, by) => self.add(a, factor * by, sum),
            Expression::Sum(a, b) => {
                self.add(a, factor, sum);
                self.add(b, factor, sum);
            }
            Expression::Product(a, b) => {
                if let Some(a) = self.constant(a) {
                    self.add(b, factor * a, sum);
                } else if let Some(b) = self.constant(b) {
                    self.add(a, factor * b, sum);
                } else {
                    let [a, b] = [a, b].map(|side| {
                        let mut sum = Sum::default();
                        self.add(side, Fr::ONE, &mut sum);
                        self.number(sum)
                    });
                    sum.add(Atom::Product(a.min(b), a.max(b)), factor);
                }
            }
            // Circuits have no selectors besides fixed columns.
            Expression::Selector(_) => {}
        }
    }

    fn number(&mut self, sum: Sum) -> usize {
        let all = &mut self.all;
        *self.numbers.entry(sum).or_insert_with_key(|sum| {
            all.push(sum.clone());
            all.len() - 1
        })
    }

    /// The same sum with products that have a factor in common joined.
    fn factored(&mut self, mut sum: Sum) -> Sum {
        loop {
            let mut uses: BTreeMap<usize, usize> = BTreeMap::new();
            for atom in sum.terms.keys() {
                if let Atom::Product(a, b) = atom {
                    *uses.entry(*a).or_default() += 1;
                    if a != b {
                        *uses.entry(*b).or_default() += 1;
                    }
                }
            }
            let most = uses
                .into_iter()
                .max_by_key(|(number, uses)| (*uses, usize::MAX - number));
            let Some((common, _)) = most.filter(|(_, uses)| *uses > 1) else {
                return sum;
            };
            let mut rest = Sum::default();
            sum.terms.retain(|atom, factor| match *atom {
                Atom::Product(a, b) if a == common || b == common => {
                    let other = if a == common { b } else { a };
                    rest.add_multiple(&self.all[other], *factor);
                    false
                }
                _ => true,
            });
            let rest = self.factored(rest);
            let rest = self.number(rest);
            sum.add(Atom::Product(common.min(rest), common.max(rest)), Fr::ONE);
        }
    }
}

/// Writes the steps.
struct Emitter<'a, 's> {
    sums: &'a Sums<'s>,
    out: &'a mut Numerator,
    columns: HashMap<Column, usize>,
    /// Where sums and products are.
    done: HashMap<usize, Source>,
    products: HashMap<(usize, usize), Source>,
}

impl Emitter<'_, '_> {
    fn column(&mut self, column: Column) -> usize {
        let columns = &mut self.out.columns;
        *self.columns.entry(column).or_insert_with(|| {
            columns.push(column);
            columns.len() - 1
        })
    }

    /// The number of the column that a sum of multiples of fixed columns is.
    fn mix(&mut self, multiples: Vec<(usize, Fr)>) -> usize {
        let mixed = &mut self.out.mixed;
        let number = mixed
            .iter()
            .position(|m| *m == multiples)
            .unwrap_or_else(|| {
                mixed.push(multiples);
                mixed.len() - 1
            });
        self.column(Column::Mixed(number))
    }

    fn step(&mut self, step: Step) -> Source {
        self.out.steps.push(step);
        Source::Step(self.out.steps.len() - 1)
    }

    fn atom(&mut self, atom: Atom) -> Source {
        match atom {
            Atom::Column(column, rotation) => Source::Column(self.column(column), rotation),
            // One for each column, whatever it is multiplied with.
            Atom::Fixed(column, rotation) => {
                let mixed = self.mix(vec![(column, Fr::ONE)]);
                Source::Column(mixed, rotation)
            }
            Atom::Product(a, b) => {
                if let Some(done) = self.products.get(&(a, b)) {
                    return *done;
                }
                let [left, right] = [a, b].map(|side| self.sum(side));
                let done = self.step(Step::Product(left, right));
                self.products.insert((a, b), done);
                done
            }
        }
    }

    fn sum(&mut self, number: usize) -> Source {
        if let Some(done) = self.done.get(&number) {
            return *done;
        }
        let sums = self.sums;
        let sum = &sums.all[number];
        let fixed = |atom: &Atom| match atom {
            Atom::Fixed(column, 0) => Some(*column),
            _ => None,
        };
        let mix: Vec<(usize, Fr)> = sum
            .terms
            .iter()
            .filter_map(|(atom, factor)| Some((fixed(atom)?, *factor)))
            .collect();
        let mut terms = Vec::new();
        let mixes = mix.len() > 1;
        if mixes {
            terms.push((Fr::ONE, Source::Column(self.mix(mix), 0)));
        }
        for (atom, factor) in &sum.terms {
            if mixes && fixed(atom).is_some() {
                continue;
            }
            terms.push((*factor, self.atom(*atom)));
        }
        let done = match terms[..] {
            [(Fr::ONE, source)] if sum.constant == Fr::ZERO => source,
            _ => self.step(Step::Sum(sum.constant, terms)),
        };
        self.done.insert(number, done);
        done
    }
}
