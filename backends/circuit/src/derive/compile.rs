//! From expressions to steps: challenges become constants, and what expressions share becomes one step.

use std::collections::HashMap;

use super::program::{Program, Solution, Step, Value};
use crate::field::Field;
use crate::layout::Layout;
use crate::{ColumnKind, Derived, Expr, ExprNode, Query};

/// Terms of a sum with the target up to which sums inside of it are merged into it.
const MERGED: usize = 512;

/// An expression as `coefficient * target + rest`, the rest by powers of the cell above the target; no power is 0.
#[derive(Debug, Clone)]
struct Split<F> {
    coefficient: Option<Value<F>>,
    rest: Vec<Value<F>>,
}

/// What is known of a node before anything is compiled.
#[derive(Debug, Clone, Copy)]
struct Facts<F> {
    /// Its value where it contains no cell; of a product, the product of its constant factors.
    constant: F,
    /// Whether it contains no cell.
    is_constant: bool,
    /// Whether it contains the target or the cell above it.
    special: bool,
    /// Number of nodes that it is a child of.
    uses: u32,
    /// Whether it gets a value of its own, rather than being part of a sum.
    own: bool,
}

/// Compiles expressions one after the other into the steps of one program.
#[derive(Debug)]
pub(super) struct Compiler<'a, F> {
    layout: &'a Layout,
    challenges: &'a [F],
    /// Powers of each challenge, from 0 on.
    powers: Vec<Vec<F>>,
    steps: Vec<Step<F>>,
    cells: HashMap<(u32, i32), u32>,
    products: HashMap<(u32, u32), u32>,
    /// Sums by the steps of their terms; factors do not hash.
    sums: HashMap<Vec<u32>, Vec<u32>>,
    outputs: Vec<Value<F>>,
}

impl<'a, F: Field> Compiler<'a, F> {
    pub(super) fn new(layout: &'a Layout, challenges: &'a [F]) -> Self {
        Compiler {
            layout,
            challenges,
            powers: vec![vec![F::one()]; challenges.len()],
            steps: Vec::new(),
            cells: HashMap::new(),
            products: HashMap::new(),
            sums: HashMap::new(),
            outputs: Vec::new(),
        }
    }

    /// Adds the value of an expression as an output.
    pub(super) fn whole(&mut self, expr: &Expr) {
        let split = self.expr(expr, None, |_, _| false);
        // Without a target the compiler never fails.
        let rest = split.map(|split| split.rest).unwrap_or_default();
        let output = rest.first().copied().unwrap_or(Value::Constant(F::zero()));
        self.outputs.push(output);
    }

    /// Adds what the values of a derived column are computed from; `None` where its constraint is not of the right form.
    pub(super) fn solve(&mut self, expr: &Expr, derived: Derived) -> Option<Solution> {
        let target = Query {
            group: derived.group.0,
            column: derived.column,
            rotation: derived.rotation,
        };
        let layout = self.layout;
        let root = expr.nodes.len().checked_sub(1)?;
        // Rows on which a selector is 0 are left out, and on the others `-B / A` does not depend on it. Fixed cells are
        // far below the prime, so where they are not 0 as integers they are not 0 in the field.
        let split = self.expr(expr, Some(target), |parent, child| {
            parent == root
                && matches!(&expr.nodes[child], ExprNode::Query(query)
                    if layout.columns[layout.queried(query) as usize].kind == ColumnKind::Fixed)
        })?;
        let coefficient = split.coefficient?;
        let mut rest = split.rest;
        if let Value::Constant(constant) = coefficient {
            // Most columns: the target occurs as it is.
            let factor = constant.invert().unwrap_or(F::zero()).neg();
            rest = rest.into_iter().map(|value| value.times(factor)).collect();
        }
        let first = self.outputs.len();
        self.outputs.push(coefficient);
        self.outputs.extend(rest);
        Some(Solution {
            coefficient: first,
            powers: first + 1..self.outputs.len(),
        })
    }

    pub(super) fn finish(self) -> Program<F> {
        Program::new(self.steps, self.outputs)
    }

    /// Compiles an expression; `left_out(parent, child)` says which factors of a product are left out.
    fn expr(
        &mut self,
        expr: &Expr,
        target: Option<Query>,
        left_out: impl Fn(usize, usize) -> bool,
    ) -> Option<Split<F>> {
        let facts = self.facts(expr, target, &left_out)?;
        let mut plain: Vec<Option<Value<F>>> = vec![None; expr.nodes.len()];
        let mut splits: Vec<Option<Split<F>>> = vec![None; expr.nodes.len()];
        for (index, node) in expr.nodes.iter().enumerate() {
            let own = &facts[index];
            if own.special {
                let child = |child: &crate::ExprId| {
                    let index = child.0 as usize;
                    // Children come before their parents, and those of a special node have a value of their own.
                    splits[index]
                        .clone()
                        .unwrap_or_else(|| Split::plain(own_value(&facts, &plain, index)))
                };
                let split = match node {
                    // Neither holds the target.
                    ExprNode::Const(_) | ExprNode::Challenge(_) => return None,
                    ExprNode::Query(query) => query_split(query, target),
                    ExprNode::Neg(inner) => child(inner).times(F::one().neg()),
                    ExprNode::Sum(children) => {
                        let terms: Vec<(Split<F>, bool)> = children
                            .iter()
                            .map(|id| (child(id), facts[id.0 as usize].uses == 1))
                            .collect();
                        self.sum(&terms)
                    }
                    ExprNode::Product(children) => {
                        let mut product = Split::plain(Value::Constant(F::one()));
                        for id in children {
                            if !left_out(index, id.0 as usize) {
                                product = self.product(&product, &child(id))?;
                            }
                        }
                        product
                    }
                };
                splits[index] = Some(split);
            } else if own.own {
                plain[index] = Some(self.linear(expr, &facts, &plain, index, &left_out));
            }
        }
        let Some(root) = expr.nodes.len().checked_sub(1) else {
            return Some(Split::plain(Value::Constant(F::zero())));
        };
        let split = splits[root].take();
        Some(split.unwrap_or_else(|| Split::plain(own_value(&facts, &plain, root))))
    }

    /// Looks at all nodes of an expression; `None` where a challenge does not exist.
    fn facts(
        &mut self,
        expr: &Expr,
        target: Option<Query>,
        left_out: &impl Fn(usize, usize) -> bool,
    ) -> Option<Vec<Facts<F>>> {
        let mut facts: Vec<Facts<F>> = Vec::with_capacity(expr.nodes.len());
        for (index, node) in expr.nodes.iter().enumerate() {
            let mut own = Facts {
                constant: F::one(),
                is_constant: true,
                special: false,
                uses: 0,
                own: false,
            };
            for child in node.children() {
                let child = &mut facts[child.0 as usize];
                child.uses += 1;
                own.special |= child.special;
                own.is_constant &= child.is_constant;
            }
            let get = |id: &crate::ExprId| facts[id.0 as usize].constant;
            match node {
                ExprNode::Const(value) => own.constant = F::from_i128(*value),
                ExprNode::Challenge(index) => {
                    own.constant = *self.challenges.get(*index as usize)?;
                }
                ExprNode::Query(query) => {
                    own.is_constant = false;
                    own.special =
                        target.is_some_and(|target| *query == target) || is_above(query, target);
                }
                ExprNode::Neg(child) => own.constant = get(child).neg(),
                ExprNode::Sum(children) if own.is_constant => {
                    let sum = children.iter().fold(F::zero(), |sum, id| sum.add(get(id)));
                    own.constant = sum;
                }
                ExprNode::Sum(_) => {}
                ExprNode::Product(children) => {
                    let constants = children
                        .iter()
                        .filter(|id| facts[id.0 as usize].is_constant);
                    let mut constants = constants.peekable();
                    while let Some(id) = constants.next() {
                        let ExprNode::Challenge(challenge) = &expr.nodes[id.0 as usize] else {
                            own.constant = own.constant.mul(get(id));
                            continue;
                        };
                        let mut exponent = 1;
                        while constants.next_if(|other| *other == id).is_some() {
                            exponent += 1;
                        }
                        own.constant = own.constant.mul(self.power(*challenge as usize, exponent));
                    }
                }
            }
            facts.push(own);
            self.mark_own(expr, &mut facts, index, left_out);
        }
        if let Some(root) = facts.last_mut() {
            root.own = true;
        }
        for (own, node) in facts.iter_mut().zip(&expr.nodes) {
            // What several nodes share is computed once.
            own.own |= own.uses > 1 && !matches!(node, ExprNode::Query(_));
        }
        Some(facts)
    }

    /// Marks the children of a node that need a value of their own.
    fn mark_own(
        &self,
        expr: &Expr,
        facts: &mut [Facts<F>],
        index: usize,
        left_out: &impl Fn(usize, usize) -> bool,
    ) {
        let node = &expr.nodes[index];
        let several = match node {
            ExprNode::Product(children) => {
                let cells = children.iter().filter(|id| {
                    !facts[id.0 as usize].is_constant && !left_out(index, id.0 as usize)
                });
                cells.count() > 1
            }
            _ => false,
        };
        if facts[index].special || several {
            for child in node.children() {
                facts[child.0 as usize].own = true;
            }
        }
    }

    /// A power of a challenge.
    fn power(&mut self, challenge: usize, exponent: usize) -> F {
        let powers = &mut self.powers[challenge];
        while powers.len() <= exponent {
            // The list starts with the power 0.
            let last = powers[powers.len() - 1];
            powers.push(last.mul(self.challenges[challenge]));
        }
        powers[exponent]
    }

    /// The value of a node as a sum of multiples of steps, through sums, signs and constant factors: Horner's rule in a
    /// challenge becomes one sum with the challenge's powers.
    fn linear(
        &mut self,
        expr: &Expr,
        facts: &[Facts<F>],
        plain: &[Option<Value<F>>],
        index: usize,
        left_out: &impl Fn(usize, usize) -> bool,
    ) -> Value<F> {
        let mut sum = F::zero();
        let mut terms: Vec<(F, u32)> = Vec::new();
        let mut open = vec![(index, F::one())];
        while let Some((node, factor)) = open.pop() {
            let own = &facts[node];
            if own.is_constant {
                sum = sum.add(scaled(factor, own.constant));
                continue;
            }
            let value = match (&expr.nodes[node], plain[node]) {
                (_, Some(value)) => value,
                (ExprNode::Neg(child), _) => {
                    open.push((child.0 as usize, factor.neg()));
                    continue;
                }
                (ExprNode::Sum(children), _) => {
                    open.extend(children.iter().map(|child| (child.0 as usize, factor)));
                    continue;
                }
                (ExprNode::Product(children), _) => {
                    let factor = scaled(own.constant, factor);
                    let cells: Vec<usize> = children
                        .iter()
                        .map(|child| child.0 as usize)
                        .filter(|child| !facts[*child].is_constant && !left_out(node, *child))
                        .collect();
                    if factor.is_zero() {
                        continue;
                    }
                    if let [child] = cells[..] {
                        open.push((child, factor));
                        continue;
                    }
                    let mut product = Value::Constant(factor);
                    for child in cells {
                        let value = own_value(facts, plain, child);
                        product = self.product_values(product, value);
                    }
                    match product {
                        Value::Constant(value) => sum = sum.add(value),
                        Value::Scaled(factor, step) => terms.push((factor, step)),
                    }
                    continue;
                }
                (ExprNode::Query(query), _) => self.cell(query),
                // Both are constant.
                (ExprNode::Const(_) | ExprNode::Challenge(_), _) => continue,
            };
            match value.times(factor) {
                Value::Constant(value) => sum = sum.add(value),
                Value::Scaled(factor, step) => terms.push((factor, step)),
            }
        }
        self.sum_of(sum, terms)
    }

    /// The value of a cell.
    fn cell(&mut self, query: &Query) -> Value<F> {
        let column = self.layout.queried(query);
        let steps = &mut self.steps;
        let cell = self.cells.entry((column, query.rotation));
        let step = *cell.or_insert_with(|| {
            steps.push(Step::Cell {
                column,
                rotation: query.rotation,
            });
            steps.len() as u32 - 1
        });
        Value::Scaled(F::one(), step)
    }

    /// The sum of terms; a term with the mark is used nowhere else.
    fn sum(&mut self, terms: &[(Split<F>, bool)]) -> Split<F> {
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
                    Step::Linear {
                        constant,
                        terms: inner,
                    } if *single && terms.len() + inner.len() <= MERGED => {
                        sum = sum.add(scaled(factor, *constant));
                        let inner = inner.iter();
                        terms.extend(inner.map(|(own, step)| (scaled(factor, *own), *step)));
                    }
                    _ => terms.push((factor, step)),
                },
            }
        }
        self.sum_of(sum, terms)
    }

    /// A constant plus multiples of steps, each step once.
    fn sum_of(&mut self, constant: F, mut terms: Vec<(F, u32)>) -> Value<F> {
        terms.sort_by_key(|(_, step)| *step);
        terms.dedup_by(|(factor, step), (kept, other)| {
            let same = step == other;
            if same {
                *kept = kept.add(*factor);
            }
            same
        });
        terms.retain(|(factor, _)| !factor.is_zero());
        match terms[..] {
            [] => return Value::Constant(constant),
            [(factor, step)] if constant.is_zero() => return Value::Scaled(factor, step),
            _ => {}
        }
        let key: Vec<u32> = terms.iter().map(|(_, step)| *step).collect();
        let sum = Step::Linear { constant, terms };
        let alike = self.sums.entry(key).or_default();
        let known = alike.iter().find(|step| self.steps[**step as usize] == sum);
        let step = match known {
            Some(step) => *step,
            None => {
                self.steps.push(sum);
                let step = self.steps.len() as u32 - 1;
                alike.push(step);
                step
            }
        };
        Value::Scaled(F::one(), step)
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
            (Value::Constant(factor), value) | (value, Value::Constant(factor)) => {
                value.times(factor)
            }
            (Value::Scaled(a, left), Value::Scaled(b, right)) => {
                let (left, right) = (left.min(right), left.max(right));
                let steps = &mut self.steps;
                let product = self.products.entry((left, right));
                let step = *product.or_insert_with(|| {
                    steps.push(Step::Product(left, right));
                    steps.len() as u32 - 1
                });
                Value::Scaled(scaled(a, b), step)
            }
        }
    }
}

impl<F: Field> Split<F> {
    /// A value without the target.
    fn plain(value: Value<F>) -> Self {
        Split {
            coefficient: None,
            rest: vec![value],
        }
    }

    fn times(&self, factor: F) -> Self {
        Split {
            coefficient: self.coefficient.map(|value| value.times(factor)),
            rest: self.rest.iter().map(|value| value.times(factor)).collect(),
        }
    }
}

/// The value of a node without the target that is a constant or has a value of its own.
fn own_value<F: Field>(facts: &[Facts<F>], plain: &[Option<Value<F>>], index: usize) -> Value<F> {
    let constant = Value::Constant(facts[index].constant);
    plain[index].unwrap_or(constant)
}

/// Whether a query is that of the cell above the target.
fn is_above(query: &Query, target: Option<Query>) -> bool {
    target.is_some_and(|target| {
        query.rotation == 0 && (query.group, query.column) == (target.group, target.column)
    })
}

/// The target or the cell above it.
fn query_split<F: Field>(query: &Query, target: Option<Query>) -> Split<F> {
    if Some(*query) == target {
        return Split {
            coefficient: Some(Value::Constant(F::one())),
            rest: Vec::new(),
        };
    }
    Split {
        coefficient: None,
        rest: vec![Value::Constant(F::zero()), Value::Constant(F::one())],
    }
}

/// `factor * value`, quick where one of them is 1.
#[inline]
pub(super) fn scaled<F: Field>(factor: F, value: F) -> F {
    let one = F::one();
    if factor == one {
        value
    } else if value == one {
        factor
    } else {
        factor.mul(value)
    }
}
