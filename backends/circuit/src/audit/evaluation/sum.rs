//! Expressions as sums of products, in the form in which they are evaluated row by row.

use std::rc::Rc;

use super::monomial::{Exponents, Monomial};
use crate::layout::Layout;
use crate::tape::Slot;
use crate::{ColumnKind, Expr, ExprNode};

/// Most products of one expression.
const MAX_PRODUCTS: usize = 1 << 20;

/// A factor that differs from row to row.
#[derive(Debug, Clone)]
pub(super) enum Factor {
    /// A fixed cell.
    Fixed(Slot),
    /// A cell of the first phase, or a public one.
    Cell(Slot),
    /// A sum that is multiplied with other factors.
    Sum(Rc<Vec<Product>>),
    /// A cell of a column that is computed from others.
    Derived(Slot),
}

impl Factor {
    /// Factors that are cheap, and often zero, come first.
    fn rank(&self) -> u32 {
        match self {
            Factor::Fixed(_) => 0,
            Factor::Cell(_) => 1,
            Factor::Sum(_) => 2,
            Factor::Derived(_) => 3,
        }
    }
}

/// A product with a number and a monomial in front.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub(super) coefficient: i128,
    pub(super) monomial: Monomial,
    pub(super) factors: Vec<Factor>,
}

impl Product {
    fn times(&self, other: &Product) -> Option<Product> {
        let mut factors = self.factors.clone();
        factors.extend(other.factors.iter().cloned());
        factors.sort_by_key(Factor::rank);
        Some(Product {
            coefficient: self.coefficient.checked_mul(other.coefficient)?,
            monomial: self.monomial.times(other.monomial),
            factors,
        })
    }

    /// Whether the product reads a derived column so many rows further down.
    pub(super) fn reads(&self, rotation: i32) -> bool {
        self.factors.iter().any(|factor| match factor {
            Factor::Derived(slot) => slot.rotation == rotation,
            Factor::Sum(sum) => sum.iter().any(|product| product.reads(rotation)),
            Factor::Fixed(_) | Factor::Cell(_) => false,
        })
    }

    /// Where all derived columns that the product reads are read, if that is the product's row or the one below; an error if
    /// it is both, or elsewhere.
    pub(super) fn rotation(&self) -> Result<Option<i32>, String> {
        let mut slots = Vec::new();
        self.derived(&mut slots);
        let mut rotations = slots.iter().map(|slot| slot.rotation);
        let Some(first) = rotations.next() else {
            return Ok(None);
        };
        match rotations.all(|rotation| rotation == first) {
            true if first == 0 || first == 1 => Ok(Some(first)),
            true => Err(format!("a column is read {first} rows further down")),
            false => Err("columns of two rows are multiplied".into()),
        }
    }

    /// The derived columns that the product reads.
    pub(super) fn columns(&self, out: &mut Vec<u32>) {
        let mut slots = Vec::new();
        self.derived(&mut slots);
        out.extend(slots.iter().map(|slot| slot.column));
    }

    /// The cells of derived columns that the product reads.
    fn derived(&self, out: &mut Vec<Slot>) {
        for factor in &self.factors {
            match factor {
                Factor::Derived(slot) => out.push(*slot),
                Factor::Sum(sum) => sum.iter().for_each(|product| product.derived(out)),
                Factor::Fixed(_) | Factor::Cell(_) => {}
            }
        }
    }

    /// Takes out the factor that is a column, where there is one; an error where it is there more than once.
    pub(super) fn without(&self, column: u32) -> Result<Option<(i32, Product)>, String> {
        let mut own = Vec::new();
        self.columns(&mut own);
        match own.iter().filter(|own| **own == column).count() {
            0 => return Ok(None),
            1 => {}
            _ => return Err("a column is multiplied by itself".into()),
        }
        let at = self
            .factors
            .iter()
            .position(|factor| matches!(factor, Factor::Derived(slot) if slot.column == column));
        let Some(at) = at else {
            return Err("a column stands in a sum that is multiplied".into());
        };
        let mut rest = self.clone();
        match rest.factors.remove(at) {
            Factor::Derived(slot) => Ok(Some((slot.rotation, rest))),
            _ => Ok(None),
        }
    }
}

/// An expression as a sum of products. Sums stay factors where they are multiplied, but for those that hold the column
/// `own`: these are multiplied out. `None` where the expression is too large.
pub(super) fn products(
    expr: &Expr,
    layout: &Layout,
    exponents: &Exponents,
    own: Option<u32>,
) -> Option<Vec<Product>> {
    let mut nodes: Vec<Vec<Product>> = Vec::with_capacity(expr.nodes.len());
    let mut total = 0usize;
    for node in &expr.nodes {
        let of = |id: &crate::ExprId| &nodes[id.0 as usize];
        let single = |coefficient, monomial, factors| Product {
            coefficient,
            monomial,
            factors,
        };
        let sum = match node {
            ExprNode::Const(0) => Vec::new(),
            ExprNode::Const(value) => vec![single(*value, Monomial::ONE, Vec::new())],
            ExprNode::Challenge(index) => {
                vec![single(1, exponents.challenge(*index)?, Vec::new())]
            }
            ExprNode::Query(query) => {
                let slot = Slot::new(query, layout);
                let factor = match slot.kind {
                    ColumnKind::Fixed => Factor::Fixed(slot),
                    _ if layout.is_derived(slot.column) => Factor::Derived(slot),
                    _ => Factor::Cell(slot),
                };
                vec![single(1, Monomial::ONE, vec![factor])]
            }
            ExprNode::Neg(id) => of(id)
                .iter()
                .map(|product| {
                    let coefficient = product.coefficient.checked_neg()?;
                    Some(Product {
                        coefficient,
                        ..product.clone()
                    })
                })
                .collect::<Option<_>>()?,
            ExprNode::Sum(children) => {
                let length: usize = children.iter().map(|id| of(id).len()).sum();
                if length > MAX_PRODUCTS {
                    return None;
                }
                children.iter().flat_map(of).cloned().collect()
            }
            ExprNode::Product(children) => multiply(children.iter().map(of).collect(), own)?,
        };
        total += sum.len();
        if total > 4 * MAX_PRODUCTS {
            return None;
        }
        nodes.push(sum);
    }
    Some(nodes.pop().unwrap_or_default())
}

fn multiply(children: Vec<&Vec<Product>>, own: Option<u32>) -> Option<Vec<Product>> {
    let mut product = Product {
        coefficient: 1,
        monomial: Monomial::ONE,
        factors: Vec::new(),
    };
    let mut sums = Vec::new();
    for child in children {
        match child.as_slice() {
            [] => return Some(Vec::new()),
            [single] => product = product.times(single)?,
            _ => sums.push(child),
        }
    }
    let holds = |sum: &[Product]| {
        let mut columns = Vec::new();
        sum.iter().for_each(|product| product.columns(&mut columns));
        own.is_some_and(|own| columns.contains(&own))
    };
    let plain = product.factors.is_empty() && sums.len() == 1;
    let mut out = vec![product];
    for sum in sums {
        if plain || holds(sum) {
            if out.len() * sum.len() > MAX_PRODUCTS {
                return None;
            }
            let products = out.iter().flat_map(|a| sum.iter().map(|b| a.times(b)));
            out = products.collect::<Option<_>>()?;
        } else {
            let sum = Rc::new(sum.clone());
            for product in &mut out {
                product.factors.push(Factor::Sum(sum.clone()));
                product.factors.sort_by_key(Factor::rank);
            }
        }
    }
    Some(out)
}
