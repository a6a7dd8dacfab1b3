//! From the description's expression arenas to halo2's expression trees.
//!
//! - every node is visited once, children first, without recursion; a node with several parents is copied into each, and
//!   [`MAX_NODES`] bounds the result;
//! - sums and products of many operands become balanced binary trees, and [`MAX_DEPTH`] bounds their nesting,
//!   because halo2 evaluates, prints and drops them recursively;
//! - constant factors are collected into one scaling per operand, so that `-3·a·b` costs one multiplication by a
//!   scalar and no polynomial product.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::plonk::{ConstraintSystem, Expression};
use zkc_circuit::{Circuit, Expr, ExprId, ExprNode, Gate, Query};

use crate::columns::Cells;
use crate::error::Error;
use crate::field::to_field;

/// The most nodes that one constraint's or lookup input's tree may have.
pub const MAX_NODES: usize = 1 << 16;

/// How deep one constraint's or lookup input's tree may be nested.
pub const MAX_DEPTH: usize = 256;

/// How many nodes may be copied, shared ones and those of dropped products included, while one tree is built.
const MAX_COPIED: usize = 16 * MAX_NODES;

/// Why an expression has no halo2 tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExprError {
    /// More than [`MAX_NODES`] nodes once shared nodes are copied.
    #[error("the polynomial has more than {MAX_NODES} nodes when written out")]
    TooLarge,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the polynomial is nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// A node reads a challenge that the circuit does not have.
    #[error("the polynomial uses challenge {0}, which is not there")]
    Challenge(u32),
    /// A node reads a column that the circuit does not have.
    #[error("the polynomial reads column {} of group {}, which is not there", .0.column, .0.group)]
    Query(Query),
    /// A node refers to a later node or to none.
    #[error("node {0} refers to a node that does not precede it")]
    Order(usize),
}

/// `factor * body`; without a body it is the constant `factor`.
#[derive(Clone)]
struct Term {
    factor: Fr,
    body: Option<Tree>,
}

/// `Expression::Sum` or `Expression::Product`.
type Join = fn(Box<Expression<Fr>>, Box<Expression<Fr>>) -> Expression<Fr>;

#[derive(Clone)]
struct Tree {
    expression: Expression<Fr>,
    nodes: usize,
    depth: usize,
}

impl Tree {
    fn leaf(expression: Expression<Fr>) -> Tree {
        Tree {
            expression,
            nodes: 1,
            depth: 1,
        }
    }

    fn checked(expression: Expression<Fr>, nodes: usize, depth: usize) -> Result<Tree, ExprError> {
        if nodes > MAX_NODES {
            return Err(ExprError::TooLarge);
        }
        if depth > MAX_DEPTH {
            return Err(ExprError::TooDeep);
        }
        Ok(Tree {
            expression,
            nodes,
            depth,
        })
    }

    fn join(join: Join, a: Tree, b: Tree) -> Result<Tree, ExprError> {
        let (nodes, depth) = (a.nodes + b.nodes + 1, a.depth.max(b.depth) + 1);
        Tree::checked(
            join(Box::new(a.expression), Box::new(b.expression)),
            nodes,
            depth,
        )
    }

    /// Joins all trees in order, halving the list until one is left; `None` for no tree.
    fn balanced(join: Join, mut trees: Vec<Tree>) -> Result<Option<Tree>, ExprError> {
        while trees.len() > 1 {
            let mut joined = Vec::with_capacity(trees.len().div_ceil(2));
            let mut rest = trees.into_iter();
            while let Some(a) = rest.next() {
                joined.push(match rest.next() {
                    Some(b) => Tree::join(join, a, b)?,
                    None => a,
                });
            }
            trees = joined;
        }
        Ok(trees.pop())
    }
}

impl Term {
    fn constant(factor: Fr) -> Term {
        Term { factor, body: None }
    }

    fn leaf(expression: Expression<Fr>) -> Term {
        Term {
            factor: Fr::ONE,
            body: Some(Tree::leaf(expression)),
        }
    }

    fn nodes(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.nodes)
    }

    fn sum(terms: Vec<Term>) -> Result<Term, ExprError> {
        let mut constant = Fr::ZERO;
        let mut trees = Vec::with_capacity(terms.len() + 1);
        for term in terms {
            if term.body.is_none() {
                constant += term.factor;
            } else {
                trees.extend(term.into_tree()?);
            }
        }
        if trees.is_empty() {
            return Ok(Term::constant(constant));
        }
        if constant != Fr::ZERO {
            trees.push(Tree::leaf(Expression::Constant(constant)));
        }
        Ok(Term {
            factor: Fr::ONE,
            body: Tree::balanced(Expression::Sum, trees)?,
        })
    }

    fn product(terms: Vec<Term>) -> Result<Term, ExprError> {
        let mut factor = Fr::ONE;
        let mut trees = Vec::with_capacity(terms.len());
        for term in terms {
            factor *= term.factor;
            trees.extend(term.body);
        }
        Ok(Term {
            factor,
            body: Tree::balanced(Expression::Product, trees)?,
        })
    }

    /// The whole term as one tree; `None` if it is zero.
    fn into_tree(self) -> Result<Option<Tree>, ExprError> {
        if self.factor == Fr::ZERO {
            return Ok(None);
        }
        let Some(body) = self.body else {
            return Ok(Some(Tree::leaf(Expression::Constant(self.factor))));
        };
        if self.factor == Fr::ONE {
            return Ok(Some(body));
        }
        let (nodes, depth) = (body.nodes + 1, body.depth + 1);
        let scaled = Expression::Scaled(Box::new(body.expression), self.factor);
        Tree::checked(scaled, nodes, depth).map(Some)
    }
}

/// Declares the gates, one per gate of the description that has constraints, in its order.
pub(crate) fn configure(
    meta: &mut ConstraintSystem<Fr>,
    circuit: &Circuit,
    cells: &Cells<'_>,
    nodes: &mut usize,
) -> Result<(), Error> {
    let has_constraints = |gate: &&Gate| !gate.constraints.is_empty();
    for gate in circuit.gates.iter().filter(has_constraints) {
        let mut failure = None;
        meta.create_gate("", |virtual_cells| {
            let polys = gate.constraints.iter().map(|constraint| {
                let what = || format!("constraint `{}` of gate `{}`", constraint.name, gate.name);
                cells.tree(virtual_cells, &constraint.poly, what, nodes)
            });
            polys
                .collect::<Result<Vec<_>, _>>()
                .unwrap_or_else(|error| {
                    failure = Some(error);
                    // The configuration is given up; halo2 only insists on a gate not being empty.
                    vec![Expression::Constant(Fr::ZERO)]
                })
        });
        if let Some(error) = failure {
            return Err(error);
        }
    }
    Ok(())
}

/// What an expression reads besides constants.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaf {
    Query(Query),
    Challenge(u32),
}

/// Builds the halo2 tree of `expr` and counts its nodes; `read` gives the tree's leaf for a cell or challenge.
///
/// The tree has the same value on every row, and at most the same degree (a product with the constant 0 is dropped).
pub(crate) fn to_halo2(
    expr: &Expr,
    mut read: impl FnMut(Leaf) -> Result<Expression<Fr>, ExprError>,
) -> Result<(Expression<Fr>, usize), ExprError> {
    let mut uses = vec![0u32; expr.nodes.len()];
    for (index, node) in expr.nodes.iter().enumerate() {
        for child in node.children() {
            let child = child.0 as usize;
            if child >= index {
                return Err(ExprError::Order(index));
            }
            uses[child] = uses[child].saturating_add(1);
        }
    }
    let mut terms: Vec<Option<Term>> = Vec::with_capacity(expr.nodes.len());
    let mut copied = 0;
    for node in &expr.nodes {
        // The last use takes the term, earlier ones copy it.
        let mut take = |id: &ExprId| -> Result<Term, ExprError> {
            let id = id.0 as usize;
            uses[id] -= 1;
            let term = if uses[id] == 0 {
                terms[id].take()
            } else {
                copied += terms[id].as_ref().map_or(0, Term::nodes);
                if copied > MAX_COPIED {
                    return Err(ExprError::TooLarge);
                }
                terms[id].clone()
            };
            Ok(term.expect("a term is taken by its last use only"))
        };
        let term = match node {
            ExprNode::Const(value) => Term::constant(to_field(*value)),
            ExprNode::Query(cell) => Term::leaf(read(Leaf::Query(*cell))?),
            ExprNode::Challenge(index) => Term::leaf(read(Leaf::Challenge(*index))?),
            ExprNode::Neg(id) => {
                let mut term = take(id)?;
                term.factor = -term.factor;
                term
            }
            ExprNode::Sum(ids) => Term::sum(ids.iter().map(take).collect::<Result<_, _>>()?)?,
            ExprNode::Product(ids) => {
                Term::product(ids.iter().map(take).collect::<Result<_, _>>()?)?
            }
        };
        terms.push(Some(term));
    }
    let root = match terms.pop().flatten() {
        Some(root) => root.into_tree()?,
        None => None,
    };
    Ok(match root {
        Some(tree) => (tree.expression, tree.nodes),
        None => (Expression::Constant(Fr::ZERO), 1),
    })
}

#[cfg(test)]
mod tests {
    use halo2_axiom::plonk::FirstPhase;
    use halo2_axiom::poly::Rotation;
    use zkc_circuit::ExprBuilder;

    use super::*;

    /// Builds the tree over one advice column whose rotation names the cell, and one challenge.
    fn build(expr: &Expr) -> Result<Expression<Fr>, ExprError> {
        let mut meta = ConstraintSystem::<Fr>::default();
        let column = meta.advice_column();
        let challenge = meta.challenge_usable_after(FirstPhase);
        let mut result = None;
        meta.create_gate("test", |cells| {
            let tree = to_halo2(expr, |leaf| match leaf {
                Leaf::Query(q) => Ok(cells.query_advice(column, Rotation(q.rotation))),
                Leaf::Challenge(0) => Ok(cells.query_challenge(challenge)),
                Leaf::Challenge(index) => Err(ExprError::Challenge(index)),
            });
            let tree = tree.map(|(tree, _)| tree);
            let poly = tree.clone().unwrap_or(Expression::Constant(Fr::ZERO));
            result = Some(tree);
            vec![poly]
        });
        result.unwrap()
    }

    /// The value with cell `r` (a rotation) set to `10^r`, and the challenge to 7.
    fn value(tree: &Expression<Fr>) -> Fr {
        tree.evaluate(
            &|c| c,
            &|_| unreachable!(),
            &|_| unreachable!(),
            &|q| Fr::from(10u64.pow(q.rotation().0 as u32)),
            &|_| unreachable!(),
            &|_| Fr::from(7),
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, f| a * f,
        )
    }

    fn depth(tree: &Expression<Fr>) -> usize {
        tree.evaluate(
            &|_| 1,
            &|_| 1,
            &|_| 1,
            &|_| 1,
            &|_| 1,
            &|_| 1,
            &|a| a + 1,
            &|a, b| a.max(b) + 1,
            &|a, b| a.max(b) + 1,
            &|a, _| a + 1,
        )
    }

    #[test]
    fn constants_fold_into_one_scaling() {
        let mut b = ExprBuilder::new();
        let (x, y) = (b.query(0, 0, 0), b.query(0, 0, 1));
        let xy = b.mul(x, y);
        let scaled = b.scale(3, xy);
        let minus = b.neg(scaled);
        let tree = build(&b.finish(minus)).unwrap();
        assert_eq!(value(&tree), -Fr::from(30));
        assert!(
            matches!(&tree, Expression::Scaled(body, f)
                if matches!(**body, Expression::Product(..)) && *f == -Fr::from(3)),
            "{tree:?}"
        );
    }

    #[test]
    fn constants_in_sums_are_collected() {
        let mut b = ExprBuilder::new();
        let x = b.query(0, 0, 2);
        let (two, five) = (b.constant(2), b.constant(-5));
        let zero = b.scale(0, x);
        let sum = b.sum([two, x, five, zero]);
        let tree = build(&b.finish(sum)).unwrap();
        assert_eq!(value(&tree), Fr::from(97));
        assert!(
            matches!(&tree, Expression::Sum(_, c) if matches!(**c, Expression::Constant(_))),
            "{tree:?}"
        );
    }

    #[test]
    fn challenges_have_degree_0() {
        let mut b = ExprBuilder::new();
        let (x, rho) = (b.query(0, 0, 1), b.challenge(0));
        let power = b.product(vec![rho; 5]);
        let product = b.mul(power, x);
        let tree = build(&b.finish(product)).unwrap();
        assert_eq!(value(&tree), Fr::from(7u64.pow(5) * 10));
        assert_eq!(tree.degree(), 1);
    }

    #[test]
    fn wide_sums_and_products_are_shallow() {
        let mut b = ExprBuilder::new();
        let cells: Vec<ExprId> = (0..10).map(|r| b.query(0, 0, r)).collect();
        let sum = b.sum((0..1000).map(|i| cells[i % 10]));
        let tree = build(&b.finish(sum)).unwrap();
        assert_eq!(value(&tree), Fr::from(111_111_111_100));
        assert!(depth(&tree) <= 11);

        let mut b = ExprBuilder::new();
        let x = b.query(0, 0, 1);
        let power = b.product(vec![x; 9]);
        let tree = build(&b.finish(power)).unwrap();
        assert_eq!(value(&tree), Fr::from(10u64.pow(9)));
        assert_eq!(tree.degree(), 9);
        assert!(depth(&tree) <= 5);
    }

    #[test]
    fn shared_nodes_are_copied() {
        let mut b = ExprBuilder::new();
        let (x, y) = (b.query(0, 0, 0), b.query(0, 0, 1));
        let s = b.add(x, y);
        let square = b.mul(s, s);
        let root = b.add(square, s);
        let tree = build(&b.finish(root)).unwrap();
        assert_eq!(value(&tree), Fr::from(11 * 11 + 11));
    }

    #[test]
    fn the_empty_expression_is_zero() {
        assert_eq!(value(&build(&Expr::default()).unwrap()), Fr::ZERO);
        for (node, expected) in [
            (ExprNode::Sum(vec![]), Fr::ZERO),
            (ExprNode::Product(vec![]), Fr::ONE),
        ] {
            let expr = Expr { nodes: vec![node] };
            assert_eq!(value(&build(&expr).unwrap()), expected);
        }
    }

    #[test]
    fn hostile_expressions_are_refused() {
        // Each node doubles the one before: 2^64 leaves when written out.
        let mut nodes = vec![ExprNode::Query(Query {
            group: 0,
            column: 0,
            rotation: 0,
        })];
        nodes.extend((0..64).map(|i| ExprNode::Sum(vec![ExprId(i), ExprId(i)])));
        assert_eq!(build(&Expr { nodes }).unwrap_err(), ExprError::TooLarge);

        let mut b = ExprBuilder::new();
        let x = b.query(0, 0, 0);
        let mut chain = x;
        for _ in 0..10_000 {
            chain = b.add(chain, x);
        }
        assert_eq!(build(&b.finish(chain)).unwrap_err(), ExprError::TooDeep);

        let nodes = vec![ExprNode::Neg(ExprId(0))];
        assert_eq!(build(&Expr { nodes }).unwrap_err(), ExprError::Order(0));
        let nodes = vec![ExprNode::Challenge(3)];
        assert_eq!(build(&Expr { nodes }).unwrap_err(), ExprError::Challenge(3));
    }
}
