//! Polynomials over a field with the challenges put in, evaluated on many rows at a time.

use std::ops::Range;

use rayon::prelude::*;

use super::Columns;
use super::compile::{Compiler, scaled};
use super::small::{EMPTY, Reduction, Sum, Term, grouped, read, rotated};
use crate::field::Field;
use crate::layout::Layout;
use crate::{Derived, Expr, Ints};

/// Rows evaluated together.
const BATCH: usize = 64;

/// Most batches per task.
const TASK_BATCHES: usize = 8;

/// Terms up to which a sum over selectors is added up term by term.
const FEW_TERMS: usize = 16;

/// One step: computes one value per row from those of earlier steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step<F> {
    /// A cell.
    Cell { column: u32, rotation: i32 },
    /// `constant +` the sum of `factor * step`.
    Linear { constant: F, terms: Vec<(F, u32)> },
    /// A product of two steps.
    Product(u32, u32),
}

/// A constant, or a multiple of a step.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<F> {
    Constant(F),
    Scaled(F, u32),
}

impl<F: Field> Value<F> {
    pub(super) fn times(self, factor: F) -> Self {
        match self {
            Value::Constant(value) => Value::Constant(scaled(factor, value)),
            Value::Scaled(..) if factor.is_zero() => Value::Constant(factor),
            Value::Scaled(own, step) => Value::Scaled(scaled(factor, own), step),
        }
    }
}

/// The outputs of a program that tell the values of a derived column, whose constraint is `A * z + B`: with `B` as a
/// polynomial in the cell above `z`, they are those of its coefficients, that of power 0 first. All outputs may lack
/// factors that are fixed cells and not 0.
#[derive(Debug, Clone)]
pub(crate) struct Solution {
    /// The output `A`.
    pub(crate) coefficient: usize,
    /// The coefficients of `B`; where `A` is the same on all rows, those of `-B / A`, or 0 where `A` is 0.
    pub(crate) powers: Range<usize>,
}

/// The values of an output.
#[derive(Debug, Clone)]
pub(crate) enum Series<F> {
    /// The same on every row.
    Constant(F),
    /// Row by row.
    Rows(Vec<F>),
}

impl<F: Field> Series<F> {
    /// The value on the row with this position among those asked for.
    #[inline]
    pub(crate) fn at(&self, position: usize) -> F {
        match self {
            Series::Constant(value) => *value,
            Series::Rows(values) => values[position],
        }
    }
}

/// Steps that compute some polynomials.
#[derive(Debug)]
pub(crate) struct Program<F> {
    steps: Vec<Step<F>>,
    outputs: Vec<Value<F>>,
}

impl<F: Field> Program<F> {
    pub(super) fn new(steps: Vec<Step<F>>, outputs: Vec<Value<F>>) -> Self {
        Program { steps, outputs }
    }

    /// The value of an expression, as the only output.
    pub(crate) fn whole(layout: &Layout, expr: &Expr, challenges: &[F]) -> Self {
        let mut compiler = Compiler::new(layout, challenges);
        compiler.whole(expr);
        compiler.finish()
    }

    /// What the values of a derived column are computed from, `None` where its constraint is not of the right form.
    pub(crate) fn solve(
        layout: &Layout,
        expr: &Expr,
        derived: Derived,
        challenges: &[F],
    ) -> Option<(Self, Solution)> {
        let mut compiler = Compiler::new(layout, challenges);
        let solution = compiler.solve(expr, derived)?;
        Some((compiler.finish(), solution))
    }

    /// The values of every output on the given rows, which ascend.
    pub(crate) fn run(&self, columns: &mut Columns<'_, F>, rows: &[u32]) -> Vec<Series<F>> {
        let plan = Plan::new(self, columns);
        let cells = plan.cells();
        columns.load(cells);
        let plan = plan.ready(columns);
        let mut values: Vec<Vec<F>> = self
            .outputs
            .iter()
            .map(|output| match output {
                Value::Constant(_) => Vec::new(),
                Value::Scaled(..) => vec![F::zero(); rows.len()],
            })
            .collect();
        // Several tasks per core even on few rows, so that cores finish together.
        let parts = rows.len() / (4 * rayon::current_num_threads());
        let size = parts.div_ceil(BATCH).clamp(1, TASK_BATCHES) * BATCH;
        let mut tasks: Vec<(&[u32], Vec<Part<'_, F>>)> =
            rows.chunks(size).map(|rows| (rows, Vec::new())).collect();
        for (values, output) in values.iter_mut().zip(&self.outputs) {
            let Value::Scaled(factor, step) = output else {
                continue;
            };
            let place = plan.places[*step as usize];
            for (task, part) in tasks.iter_mut().zip(values.chunks_mut(size)) {
                task.1.push(Part {
                    out: part,
                    factor: *factor,
                    place,
                });
            }
        }
        tasks.into_par_iter().for_each(|(rows, mut parts)| {
            let mut buffers = Buffers::new(plan.jobs.len());
            for (batch, rows) in rows.chunks(BATCH).enumerate() {
                plan.batch(rows, &mut buffers);
                for part in &mut parts {
                    let out = &mut part.out[batch * BATCH..][..rows.len()];
                    write_scaled(out, part.factor, &buffers.values[part.place * BATCH..]);
                }
            }
        });
        let outputs = self.outputs.iter().zip(values);
        outputs
            .map(|(output, values)| match output {
                Value::Constant(value) => Series::Constant(*value),
                Value::Scaled(..) => Series::Rows(values),
            })
            .collect()
    }
}

/// The rows of one output that a task computes: a factor times what the job at a place computes.
struct Part<'o, F> {
    out: &'o mut [F],
    factor: F,
    place: usize,
}

/// Multiplies values by a factor, quick where it is 1 or -1.
fn write_scaled<F: Field>(out: &mut [F], factor: F, values: &[F]) {
    let pairs = out.iter_mut().zip(values);
    if factor == F::one() {
        pairs.for_each(|(out, value)| *out = *value);
    } else if factor == F::one().neg() {
        pairs.for_each(|(out, value)| *out = value.neg());
    } else {
        pairs.for_each(|(out, value)| *out = factor.mul(*value));
    }
}

/// A cell that is read as the integer that it is.
#[derive(Debug, Clone, Copy)]
struct SmallCell<'a> {
    values: &'a Ints,
    magnitude: u64,
    rotation: i32,
}

/// What computes one step.
#[derive(Debug)]
enum Job<'a, F> {
    /// A cell, from the values of its column once these are loaded.
    Cell {
        column: u32,
        rotation: i32,
        values: &'a [F],
    },
    /// A constant, sums of small integers, cells of -1, 0 and 1, and multiples of other steps.
    Linear {
        constant: F,
        small: Vec<Vec<Term<'a>>>,
        signs: Vec<(F, SmallCell<'a>)>,
        rest: Vec<(F, u32)>,
    },
    /// A product with a cell of -1, 0 or 1.
    Select(SmallCell<'a>, u32),
    /// A product of two steps.
    Product(u32, u32),
}

/// How the steps that outputs depend on are computed with the columns at hand.
#[derive(Debug)]
struct Plan<'a, F> {
    /// Ascending by step, with steps as operands.
    jobs: Vec<Job<'a, F>>,
    /// Position among the jobs by step; meaningless for steps that nothing needs.
    places: Vec<usize>,
    reduction: Option<Reduction<F>>,
    /// Rows of the grid.
    total: i64,
}

/// Values of one task.
struct Buffers<F> {
    /// `BATCH` values per job.
    values: Vec<F>,
    integers: [i64; BATCH],
    sums: [Sum; BATCH],
}

impl<F: Field> Buffers<F> {
    fn new(jobs: usize) -> Self {
        Buffers {
            values: vec![F::zero(); jobs * BATCH],
            integers: [0; BATCH],
            sums: [EMPTY; BATCH],
        }
    }
}

impl<'a, F: Field> Plan<'a, F> {
    fn new<'c: 'a>(program: &Program<F>, columns: &Columns<'c, F>) -> Self {
        let steps = &program.steps;
        let small = |step: u32| match steps[step as usize] {
            Step::Cell { column, rotation } => {
                let (values, magnitude) = columns.small(column)?;
                Some(SmallCell {
                    values,
                    magnitude,
                    rotation,
                })
            }
            _ => None,
        };
        let sign = |step: u32| small(step).filter(|cell| cell.magnitude <= 1);
        let reduction = Reduction::new();
        let mut wanted = vec![false; steps.len()];
        for output in &program.outputs {
            if let Value::Scaled(_, step) = output {
                wanted[*step as usize] = true;
            }
        }
        let mut jobs: Vec<Job<'a, F>> = Vec::new();
        let mut order: Vec<usize> = Vec::new();
        for (index, step) in steps.iter().enumerate().rev() {
            if !wanted[index] {
                continue;
            }
            let job = match step {
                Step::Cell { column, rotation } => Job::Cell {
                    column: *column,
                    rotation: *rotation,
                    values: &[],
                },
                Step::Linear { constant, terms } => {
                    linear_job(*constant, terms, reduction.as_ref(), small)
                }
                Step::Product(a, b) => match (sign(*a), sign(*b)) {
                    (Some(cell), _) => Job::Select(cell, *b),
                    (None, Some(cell)) => Job::Select(cell, *a),
                    (None, None) => Job::Product(*a, *b),
                },
            };
            match &job {
                Job::Cell { .. } => {}
                Job::Linear { rest, .. } => {
                    rest.iter()
                        .for_each(|(_, step)| wanted[*step as usize] = true);
                }
                Job::Select(_, step) => wanted[*step as usize] = true,
                Job::Product(a, b) => {
                    wanted[*a as usize] = true;
                    wanted[*b as usize] = true;
                }
            }
            jobs.push(job);
            order.push(index);
        }
        jobs.reverse();
        let mut places = vec![0; steps.len()];
        for (place, step) in order.into_iter().rev().enumerate() {
            places[step] = place;
        }
        Plan {
            jobs,
            places,
            reduction,
            total: i64::from(columns.rows()),
        }
    }

    /// The columns that are read as field elements.
    fn cells(&self) -> Vec<u32> {
        let columns = self.jobs.iter().filter_map(|job| match job {
            Job::Cell { column, .. } => Some(*column),
            _ => None,
        });
        let mut columns: Vec<u32> = columns.collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The plan with these columns at hand.
    fn ready(mut self, columns: &'a Columns<'_, F>) -> Self {
        for job in &mut self.jobs {
            if let Job::Cell { column, values, .. } = job {
                *values = columns.get(*column);
            }
        }
        self
    }

    /// Computes all jobs on up to `BATCH` rows.
    fn batch(&self, rows: &[u32], buffers: &mut Buffers<F>) {
        let count = rows.len();
        let Buffers {
            values,
            integers,
            sums,
        } = buffers;
        let (integers, sums) = (&mut integers[..count], &mut sums[..count]);
        for (index, job) in self.jobs.iter().enumerate() {
            let (before, own) = values.split_at_mut(index * BATCH);
            let own = &mut own[..count];
            let input = |step: u32| &before[self.places[step as usize] * BATCH..][..count];
            match job {
                Job::Cell {
                    rotation, values, ..
                } => {
                    for (out, row) in own.iter_mut().zip(rows) {
                        let row = rotated(*row, *rotation, self.total);
                        *out = values.get(row).copied().unwrap_or(F::zero());
                    }
                }
                Job::Linear {
                    constant,
                    small,
                    signs,
                    rest,
                } => {
                    own.fill(*constant);
                    for (factor, cell) in signs {
                        read(cell.values, cell.rotation, self.total, rows, integers);
                        for (sum, sign) in own.iter_mut().zip(&*integers) {
                            match *sign {
                                0 => {}
                                1 => *sum = sum.add(*factor),
                                _ => *sum = sum.sub(*factor),
                            }
                        }
                    }
                    if let Some(reduction) = &self.reduction {
                        for terms in small {
                            sums.fill(EMPTY);
                            for term in terms {
                                term.add(self.total, rows, integers, sums);
                            }
                            for (out, sum) in own.iter_mut().zip(&*sums) {
                                if *sum != EMPTY {
                                    *out = out.add(reduction.reduce(sum));
                                }
                            }
                        }
                    }
                    for (factor, step) in rest {
                        add_scaled(own, *factor, input(*step));
                    }
                }
                Job::Select(cell, step) => {
                    read(cell.values, cell.rotation, self.total, rows, integers);
                    for ((out, sign), value) in own.iter_mut().zip(&*integers).zip(input(*step)) {
                        *out = match *sign {
                            0 => F::zero(),
                            1 => *value,
                            _ => value.neg(),
                        };
                    }
                }
                Job::Product(a, b) => {
                    for ((out, a), b) in own.iter_mut().zip(input(*a)).zip(input(*b)) {
                        *out = a.mul(*b);
                    }
                }
            }
        }
    }
}

/// A sum, its terms told apart by how they are added up.
fn linear_job<'a, F: Field>(
    constant: F,
    terms: &[(F, u32)],
    reduction: Option<&Reduction<F>>,
    small: impl Fn(u32) -> Option<SmallCell<'a>>,
) -> Job<'a, F> {
    let (mut signs, mut cells, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for (factor, step) in terms {
        match small(*step) {
            Some(cell) if cell.magnitude <= 1 => signs.push((*factor, cell)),
            Some(cell) if reduction.is_some() => cells.push((*factor, cell)),
            _ => rest.push((*factor, *step)),
        }
    }
    // A reduction costs as much as some dozen additions; once there is one, more terms cost little.
    if reduction.is_some() && (!cells.is_empty() || signs.len() > FEW_TERMS) {
        cells.append(&mut signs);
    }
    let integers = cells.into_iter().flat_map(|(factor, cell)| {
        let SmallCell {
            values,
            magnitude,
            rotation,
        } = cell;
        let terms =
            reduction.map(|reduction| reduction.terms(factor, (values, magnitude), rotation));
        terms.into_iter().flatten()
    });
    Job::Linear {
        constant,
        small: grouped(integers.collect()),
        signs,
        rest,
    }
}

/// Adds multiples of values to sums.
fn add_scaled<F: Field>(sums: &mut [F], factor: F, values: &[F]) {
    let terms = sums.iter_mut().zip(values);
    if factor == F::one() {
        terms.for_each(|(sum, value)| *sum = sum.add(*value));
    } else if factor == F::one().neg() {
        terms.for_each(|(sum, value)| *sum = sum.sub(*value));
    } else {
        // Empty cells are 0, and a comparison is far cheaper than a product.
        for (sum, value) in terms {
            if !value.is_zero() {
                *sum = sum.add(factor.mul(*value));
            }
        }
    }
}
