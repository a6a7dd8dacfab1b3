//! Polynomials over a field with the challenges put in, evaluated on many rows at a time.

use std::collections::HashMap;

use rayon::prelude::*;

use super::Columns;
use super::multiples::{MULTIPLES_ROWS, Multiples, rotated};
use crate::field::Field;
use crate::layout::Layout;
use crate::{ColumnKind, Derived, Expr, ExprNode, Query};

/// Rows evaluated together.
const BATCH: usize = 64;

/// Batches per task.
const TASK_BATCHES: usize = 8;

/// Terms of a sum up to which sums inside of it are merged into it.
const MERGED: usize = 512;

/// Tables of multiples for the terms of sums, by number of the step and of the term.
type Tables<'a, F> = HashMap<(usize, usize), Multiples<'a, F>>;

/// One step: computes one value per row from those of earlier steps.
#[derive(Debug, Clone)]
enum Step<F> {
    /// A cell.
    Cell { column: u32, rotation: i32 },
    /// `constant +` the sum of `factor * step`.
    Linear { constant: F, terms: Vec<(F, u32)> },
    /// A product of two steps.
    Product(u32, u32),
}

/// A constant, or a multiple of a step.
#[derive(Debug, Clone, Copy)]
enum Value<F> {
    Constant(F),
    Scaled(F, u32),
}

/// An expression as `coefficient * target + rest`, the rest by powers of the cell above the target; no power is 0.
#[derive(Debug, Clone)]
struct Split<F> {
    coefficient: Option<Value<F>>,
    rest: Vec<Value<F>>,
}

/// Steps that compute some polynomials.
#[derive(Debug)]
pub(crate) struct Program<F> {
    steps: Vec<Step<F>>,
    /// Steps that some output depends on.
    needed: Vec<bool>,
    outputs: Vec<Value<F>>,
}

impl<F: Field> Program<F> {
    /// The value of an expression.
    pub(crate) fn whole(layout: &Layout, expr: &Expr, challenges: &[F]) -> Self {
        let mut compiler = Compiler::new(layout, challenges, None);
        let split = compiler.expr(expr, |_, _| false);
        // Without a target the compiler never fails.
        let rest = split.map(|split| split.rest).unwrap_or_default();
        let output = rest.first().copied().unwrap_or(Value::Constant(F::zero()));
        compiler.finish(vec![output])
    }

    /// The polynomials of a derived column's constraint `A * z + B`: `A`, then the coefficients of `B` as a polynomial in
    /// the cell above `z`, that of power 0 first. All of them may lack factors that are fixed cells and not 0.
    ///
    /// `None` where the constraint is not of this form.
    pub(crate) fn split(
        layout: &Layout,
        expr: &Expr,
        derived: Derived,
        challenges: &[F],
    ) -> Option<Self> {
        let target = Query {
            group: derived.group.0,
            column: derived.column,
            rotation: derived.rotation,
        };
        let mut compiler = Compiler::new(layout, challenges, Some(target));
        let root = expr.nodes.len().checked_sub(1)?;
        // Rows on which a selector is 0 are left out, and on the others `-B / A` does not depend on it. Fixed cells are
        // far below the prime, so where they are not 0 as integers they are not 0 in the field.
        let split = compiler.expr(expr, |parent, child| {
            parent == root
                && matches!(&expr.nodes[child], ExprNode::Query(query)
                    if layout.columns[column(layout, query) as usize].kind == ColumnKind::Fixed)
        })?;
        let mut outputs = vec![split.coefficient?];
        outputs.extend(split.rest);
        if outputs.len() == 1 {
            outputs.push(Value::Constant(F::zero()));
        }
        Some(compiler.finish(outputs))
    }

    /// The first output where it is the same on every row.
    pub(crate) fn constant(&self) -> Option<F> {
        match self.outputs.first()? {
            Value::Constant(value) => Some(*value),
            Value::Scaled(..) => None,
        }
    }

    /// The columns that are read.
    pub(crate) fn columns(&self) -> impl Iterator<Item = u32> + '_ {
        self.steps.iter().filter_map(|step| match step {
            Step::Cell { column, .. } => Some(*column),
            _ => None,
        })
    }

    /// The values of every output on the given rows. The columns must have been loaded.
    pub(crate) fn run(&self, columns: &Columns<'_, F>, rows: &[u32]) -> Vec<Vec<F>> {
        let mut outputs = vec![vec![F::zero(); rows.len()]; self.outputs.len()];
        let size = BATCH * TASK_BATCHES;
        let multiples = self.multiples(columns, rows.len());
        let wanted = self.wanted(&multiples);
        let mut tasks: Vec<(&[u32], Vec<&mut [F]>)> =
            rows.chunks(size).map(|rows| (rows, Vec::new())).collect();
        for output in &mut outputs {
            for (task, part) in tasks.iter_mut().zip(output.chunks_mut(size)) {
                task.1.push(part);
            }
        }
        tasks.into_par_iter().for_each(|(rows, mut parts)| {
            let mut values = vec![F::zero(); self.steps.len() * BATCH];
            for (batch, rows) in rows.chunks(BATCH).enumerate() {
                self.batch(columns, (&multiples, &wanted), rows, &mut values);
                for (part, output) in parts.iter_mut().zip(&self.outputs) {
                    let part = &mut part[batch * BATCH..][..rows.len()];
                    match *output {
                        Value::Constant(constant) => part.fill(constant),
                        Value::Scaled(factor, step) => {
                            let values = &values[step as usize * BATCH..];
                            for (out, value) in part.iter_mut().zip(values) {
                                *out = scaled(factor, *value);
                            }
                        }
                    }
                }
            }
        });
        outputs
    }

    /// The tables that pay: none on few rows.
    fn multiples<'c>(&self, columns: &Columns<'c, F>, rows: usize) -> Tables<'c, F> {
        if rows < MULTIPLES_ROWS {
            return HashMap::new();
        }
        let sums = self.steps.iter().enumerate();
        let sums = sums.filter(|(index, _)| self.needed[*index]);
        let terms: Vec<(usize, usize, F, u32)> = sums
            .flat_map(|(index, step)| {
                match step {
                    Step::Linear { terms, .. } => terms.as_slice(),
                    Step::Cell { .. } | Step::Product(..) => &[],
                }
                .iter()
                .enumerate()
                .map(move |(term, (factor, step))| (index, term, *factor, *step))
            })
            .collect();
        let one = F::one();
        let minus_one = one.neg();
        terms
            .into_par_iter()
            .filter(|(_, _, factor, _)| *factor != one && *factor != minus_one)
            .filter_map(|(index, term, factor, step)| {
                let Step::Cell { column, rotation } = self.steps[step as usize] else {
                    return None;
                };
                let values = columns.narrow(column)?;
                Some(((index, term), Multiples::new(values, rotation, factor)))
            })
            .collect()
    }

    /// The steps that are needed in spite of the tables of multiples, which read cells by themselves.
    fn wanted(&self, multiples: &Tables<'_, F>) -> Vec<bool> {
        let mut wanted = vec![false; self.steps.len()];
        for output in &self.outputs {
            if let Value::Scaled(_, step) = output {
                wanted[*step as usize] = true;
            }
        }
        for index in (0..self.steps.len()).rev() {
            if !wanted[index] {
                continue;
            }
            match &self.steps[index] {
                Step::Cell { .. } => {}
                Step::Linear { terms, .. } => {
                    for (term, (_, step)) in terms.iter().enumerate() {
                        wanted[*step as usize] |= !multiples.contains_key(&(index, term));
                    }
                }
                Step::Product(a, b) => {
                    wanted[*a as usize] = true;
                    wanted[*b as usize] = true;
                }
            }
        }
        wanted
    }

    /// Computes all steps on up to `BATCH` rows.
    fn batch(
        &self,
        columns: &Columns<'_, F>,
        (multiples, wanted): (&Tables<'_, F>, &[bool]),
        rows: &[u32],
        values: &mut [F],
    ) {
        let one = F::one();
        let minus_one = one.neg();
        let total = i64::from(columns.rows());
        let count = rows.len();
        for (index, step) in self.steps.iter().enumerate() {
            if !wanted[index] {
                continue;
            }
            let (before, own) = values.split_at_mut(index * BATCH);
            let own = &mut own[..count];
            let input = |step: u32| &before[step as usize * BATCH..][..count];
            match step {
                Step::Cell { column, rotation } => {
                    load(columns, *column, *rotation, rows, own);
                }
                Step::Linear { constant, terms } => {
                    own.fill(*constant);
                    for (term, (factor, step)) in terms.iter().enumerate() {
                        if let Some(multiples) = multiples.get(&(index, term)) {
                            multiples.add(total, rows, own);
                            continue;
                        }
                        let terms = own.iter_mut().zip(input(*step));
                        if *factor == one {
                            terms.for_each(|(sum, value)| *sum = sum.add(*value));
                        } else if *factor == minus_one {
                            terms.for_each(|(sum, value)| *sum = sum.sub(*value));
                        } else {
                            // Weights and empty cells are often 0, and a comparison is far cheaper than a product.
                            for (sum, value) in terms {
                                if !value.is_zero() {
                                    *sum = sum.add(factor.mul(*value));
                                }
                            }
                        }
                    }
                }
                Step::Product(a, b) => {
                    for ((out, a), b) in own.iter_mut().zip(input(*a)).zip(input(*b)) {
                        *out = a.mul(*b);
                    }
                }
            }
        }
    }
}

/// Reads the cells of one column, `rotation` rows below the given ones; rotations wrap around the grid.
fn load<F: Field>(
    columns: &Columns<'_, F>,
    column: u32,
    rotation: i32,
    rows: &[u32],
    out: &mut [F],
) {
    let values = columns.get(column);
    let total = i64::from(columns.rows());
    for (out, row) in out.iter_mut().zip(rows) {
        let row = rotated(*row, rotation, total);
        *out = values.get(row).copied().unwrap_or(F::zero());
    }
}

/// `factor * value`, quick where the factor is 1.
#[inline]
fn scaled<F: Field>(factor: F, value: F) -> F {
    if factor == F::one() {
        value
    } else {
        factor.mul(value)
    }
}

/// The layout's number of the column that a query reads.
fn column(layout: &Layout, query: &Query) -> u32 {
    layout.group_starts[query.group as usize] + query.column
}

struct Compiler<'a, F> {
    layout: &'a Layout,
    challenges: &'a [F],
    target: Option<Query>,
    steps: Vec<Step<F>>,
    cells: HashMap<(u32, i32), u32>,
}

impl<'a, F: Field> Compiler<'a, F> {
    fn new(layout: &'a Layout, challenges: &'a [F], target: Option<Query>) -> Self {
        Compiler {
            layout,
            challenges,
            target,
            steps: Vec::new(),
            cells: HashMap::new(),
        }
    }

    /// Compiles an expression; `left_out(parent, child)` says which factors of a product are left out.
    fn expr(&mut self, expr: &Expr, left_out: impl Fn(usize, usize) -> bool) -> Option<Split<F>> {
        let mut uses = vec![0u32; expr.nodes.len()];
        for child in expr.nodes.iter().flat_map(ExprNode::children) {
            uses[child.0 as usize] += 1;
        }
        let mut splits: Vec<Split<F>> = Vec::with_capacity(expr.nodes.len());
        for (index, node) in expr.nodes.iter().enumerate() {
            let get = |child: &crate::ExprId| &splits[child.0 as usize];
            let split = match node {
                ExprNode::Const(value) => constant(F::from_i128(*value)),
                ExprNode::Challenge(index) => constant(*self.challenges.get(*index as usize)?),
                ExprNode::Query(query) => self.query(query),
                ExprNode::Neg(child) => negative(get(child)),
                ExprNode::Sum(children) => {
                    let terms: Vec<(&Split<F>, bool)> = children
                        .iter()
                        .map(|child| (get(child), uses[child.0 as usize] == 1))
                        .collect();
                    self.sum(&terms)
                }
                ExprNode::Product(children) => {
                    let mut product = constant(F::one());
                    for child in children {
                        if !left_out(index, child.0 as usize) {
                            product = self.product(&product, get(child))?;
                        }
                    }
                    product
                }
            };
            splits.push(split);
        }
        Some(splits.pop().unwrap_or(constant(F::zero())))
    }

    fn query(&mut self, query: &Query) -> Split<F> {
        if Some(*query) == self.target {
            return Split {
                coefficient: Some(Value::Constant(F::one())),
                rest: Vec::new(),
            };
        }
        let above = self.target.is_some_and(|target| {
            query.rotation == 0 && (query.group, query.column) == (target.group, target.column)
        });
        if above {
            return Split {
                coefficient: None,
                rest: vec![Value::Constant(F::zero()), Value::Constant(F::one())],
            };
        }
        let column = column(self.layout, query);
        let steps = &mut self.steps;
        let step = *self
            .cells
            .entry((column, query.rotation))
            .or_insert_with(|| {
                steps.push(Step::Cell {
                    column,
                    rotation: query.rotation,
                });
                steps.len() as u32 - 1
            });
        Split {
            coefficient: None,
            rest: vec![Value::Scaled(F::one(), step)],
        }
    }

    /// The sum of terms; a term with the mark is used nowhere else.
    fn sum(&mut self, terms: &[(&Split<F>, bool)]) -> Split<F> {
        let coefficients: Vec<(Value<F>, bool)> = terms
            .iter()
            .filter_map(|(term, single)| Some((term.coefficient?, *single)))
            .collect();
        let powers = terms.iter().map(|(term, _)| term.rest.len()).max();
        let rest = (0..powers.unwrap_or(0))
            .map(|power| {
                let values: Vec<(Value<F>, bool)> = terms
                    .iter()
                    .filter_map(|(term, single)| Some((*term.rest.get(power)?, *single)))
                    .collect();
                self.sum_values(&values)
            })
            .collect();
        let coefficient = (!coefficients.is_empty()).then(|| self.sum_values(&coefficients));
        Split { coefficient, rest }
    }

    fn sum_values(&mut self, values: &[(Value<F>, bool)]) -> Value<F> {
        let mut sum = F::zero();
        let mut terms: Vec<(F, u32)> = Vec::with_capacity(values.len());
        for (value, single) in values {
            match *value {
                Value::Constant(value) => sum = sum.add(value),
                Value::Scaled(factor, step) => match &self.steps[step as usize] {
                    // Horner's rule in a challenge becomes one sum with the challenge's powers.
                    Step::Linear {
                        constant,
                        terms: inner,
                    } if *single && terms.len() + inner.len() <= MERGED => {
                        sum = sum.add(factor.mul(*constant));
                        terms.extend(inner.iter().map(|(own, step)| (factor.mul(*own), *step)));
                    }
                    _ => terms.push((factor, step)),
                },
            }
        }
        terms.retain(|(factor, _)| !factor.is_zero());
        match terms[..] {
            [] => Value::Constant(sum),
            [(factor, step)] if sum.is_zero() => Value::Scaled(factor, step),
            _ => {
                self.steps.push(Step::Linear {
                    constant: sum,
                    terms,
                });
                Value::Scaled(F::one(), self.steps.len() as u32 - 1)
            }
        }
    }

    /// The product, `None` where the target occurs in both or together with the cell above it.
    fn product(&mut self, a: &Split<F>, b: &Split<F>) -> Option<Split<F>> {
        let coefficient = match (a.coefficient, b.coefficient) {
            (None, None) => None,
            (Some(_), Some(_)) => return None,
            (Some(coefficient), None) => self.scale(coefficient, &b.rest)?,
            (None, Some(coefficient)) => self.scale(coefficient, &a.rest)?,
        };
        let mut powers: Vec<Vec<(Value<F>, bool)>> =
            vec![Vec::new(); (a.rest.len() + b.rest.len()).saturating_sub(1)];
        if a.rest.is_empty() || b.rest.is_empty() {
            powers.clear();
        }
        for (i, left) in a.rest.iter().enumerate() {
            for (j, right) in b.rest.iter().enumerate() {
                let product = self.product_values(*left, *right);
                powers[i + j].push((product, false));
            }
        }
        let rest = powers
            .iter()
            .map(|values| self.sum_values(values))
            .collect();
        Some(Split { coefficient, rest })
    }

    /// A coefficient of the target times a factor without the target.
    fn scale(&mut self, coefficient: Value<F>, factor: &[Value<F>]) -> Option<Option<Value<F>>> {
        match factor {
            [] => Some(None),
            [factor] => Some(Some(self.product_values(coefficient, *factor))),
            _ => None,
        }
    }

    fn product_values(&mut self, a: Value<F>, b: Value<F>) -> Value<F> {
        match (a, b) {
            (Value::Constant(a), Value::Constant(b)) => Value::Constant(a.mul(b)),
            (Value::Constant(a), Value::Scaled(b, step))
            | (Value::Scaled(b, step), Value::Constant(a)) => {
                if a.is_zero() {
                    Value::Constant(a)
                } else {
                    Value::Scaled(scaled(a, b), step)
                }
            }
            (Value::Scaled(a, left), Value::Scaled(b, right)) => {
                self.steps.push(Step::Product(left, right));
                Value::Scaled(a.mul(b), self.steps.len() as u32 - 1)
            }
        }
    }

    fn finish(self, outputs: Vec<Value<F>>) -> Program<F> {
        let mut program = Program {
            steps: self.steps,
            needed: Vec::new(),
            outputs,
        };
        program.needed = program.wanted(&HashMap::new());
        program
    }
}

fn constant<F>(value: F) -> Split<F> {
    Split {
        coefficient: None,
        rest: vec![Value::Constant(value)],
    }
}

fn negative<F: Field>(split: &Split<F>) -> Split<F> {
    let negative = |value: &Value<F>| match *value {
        Value::Constant(value) => Value::Constant(value.neg()),
        Value::Scaled(factor, step) => Value::Scaled(factor.neg(), step),
    };
    Split {
        coefficient: split.coefficient.as_ref().map(negative),
        rest: split.rest.iter().map(negative).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::PallasBase;
    use crate::{AffineMap, Circuit, ColumnGroup, ExprBuilder, Grid, Ints, expand};

    #[test]
    fn tables_of_multiples_change_nothing() {
        let mut circuit = Circuit::new("lanes", 11);
        let group = circuit.add_group(ColumnGroup::fixed("w", 3));
        circuit.add_challenge("rho", 0);
        let rows = AffineMap::linear(1, &[(&[], 0), (&[1], 0)]);
        circuit.fill(group, vec![1], rows, 1, "w");
        let mut b = ExprBuilder::new();
        let rho = b.challenge(0);
        let mut sum = b.constant(5);
        for lane in 0..3 {
            let cell = b.query(group.0, lane, lane as i32 - 1);
            let product = b.product([rho, rho, cell]);
            sum = b.mul(sum, rho);
            sum = b.add(sum, product);
        }
        let expr = b.finish(sum);
        let mut layout = expand(&circuit).unwrap();
        for (lane, column) in layout.columns.iter_mut().enumerate() {
            let values = (0..2048)
                .map(|row: usize| (row * (lane + 3)) as u8 as i8)
                .collect();
            column.contents = crate::CellContents::Fixed(Ints::I8(values));
        }
        let grid = Grid {
            values: vec![Ints::I8(Vec::new()); 3],
        };
        let rho = PallasBase::from_i128(i128::MAX).mul(PallasBase::from_i128(i128::MIN));
        let program = Program::whole(&layout, &expr, &[rho]);
        let mut columns = Columns::new(&layout, &grid).unwrap();
        columns.load(program.columns());
        let rows: Vec<u32> = (0..2048).collect();
        assert_eq!(program.multiples(&columns, rows.len()).len(), 3);
        let at_once = program.run(&columns, &rows).remove(0);
        let in_parts: Vec<PallasBase> = rows
            .chunks(100)
            .flat_map(|rows| program.run(&columns, rows).remove(0))
            .collect();
        assert_eq!(at_once, in_parts);
    }
}
