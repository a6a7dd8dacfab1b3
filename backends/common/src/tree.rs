//! From the description's expression arenas to halo2's expression trees.
//!
//! - every node is visited once, children first, without recursion; a node with several parents is copied into each, and
//!   [`MAX_NODES`] bounds the result;
//! - sums and products of many operands become balanced binary trees, and [`MAX_DEPTH`] bounds their nesting,
//!   because halo2 evaluates, prints and drops them recursively;
//! - constant factors are collected into one scaling per operand, so that `-3·a·b` costs one multiplication by a
//!   scalar and no polynomial product.

use zkc_circuit::{Expr, ExprId, ExprNode, Field, Query};

use crate::error::ExprError;

/// The most nodes that one constraint's or lookup input's tree may have.
pub const MAX_NODES: usize = 1 << 16;

/// How deep one constraint's or lookup input's tree may be nested.
pub const MAX_DEPTH: usize = 256;

/// How many nodes may be copied, shared ones and those of dropped products included, while one tree is built.
const MAX_COPIED: usize = 16 * MAX_NODES;

/// The expressions of a halo2 crate over its field.
pub trait Algebra {
    /// An element of the field.
    type Scalar: Field;
    /// An expression tree, which owns its children.
    type Expression: Clone;

    /// A constant.
    fn constant(value: Self::Scalar) -> Self::Expression;

    /// The sum of two trees.
    fn sum(a: Self::Expression, b: Self::Expression) -> Self::Expression;

    /// The product of two trees.
    fn product(a: Self::Expression, b: Self::Expression) -> Self::Expression;

    /// A tree times a constant.
    fn scaled(tree: Self::Expression, factor: Self::Scalar) -> Self::Expression;
}

/// What an expression reads besides constants.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    /// The value of a cell.
    Query(Query),
    /// The challenge with this number.
    Challenge(u32),
}

/// `factor * body`; without a body it is the constant `factor`.
struct Term<A: Algebra> {
    factor: A::Scalar,
    body: Option<Tree<A>>,
}

impl<A: Algebra> Clone for Term<A> {
    fn clone(&self) -> Self {
        Term {
            factor: self.factor,
            body: self.body.clone(),
        }
    }
}

/// [`Algebra::sum`] or [`Algebra::product`].
type Join<E> = fn(E, E) -> E;

struct Tree<A: Algebra> {
    expression: A::Expression,
    nodes: usize,
    depth: usize,
}

impl<A: Algebra> Clone for Tree<A> {
    fn clone(&self) -> Self {
        Tree {
            expression: self.expression.clone(),
            ..*self
        }
    }
}

impl<A: Algebra> Tree<A> {
    fn leaf(expression: A::Expression) -> Self {
        Tree {
            expression,
            nodes: 1,
            depth: 1,
        }
    }

    fn checked(expression: A::Expression, nodes: usize, depth: usize) -> Result<Self, ExprError> {
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

    fn join(join: Join<A::Expression>, a: Self, b: Self) -> Result<Self, ExprError> {
        let (nodes, depth) = (a.nodes + b.nodes + 1, a.depth.max(b.depth) + 1);
        Tree::checked(join(a.expression, b.expression), nodes, depth)
    }

    /// Joins all trees in order, halving the list until one is left; `None` for no tree.
    fn balanced(
        join: Join<A::Expression>,
        mut trees: Vec<Self>,
    ) -> Result<Option<Self>, ExprError> {
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

impl<A: Algebra> Term<A> {
    fn constant(factor: A::Scalar) -> Self {
        Term { factor, body: None }
    }

    fn leaf(expression: A::Expression) -> Self {
        Term {
            factor: A::Scalar::one(),
            body: Some(Tree::leaf(expression)),
        }
    }

    fn nodes(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.nodes)
    }

    fn sum(terms: Vec<Self>) -> Result<Self, ExprError> {
        let mut constant = A::Scalar::zero();
        let mut trees = Vec::with_capacity(terms.len() + 1);
        for term in terms {
            if term.body.is_none() {
                constant = constant.add(term.factor);
            } else {
                trees.extend(term.into_tree()?);
            }
        }
        if trees.is_empty() {
            return Ok(Term::constant(constant));
        }
        if !constant.is_zero() {
            trees.push(Tree::leaf(A::constant(constant)));
        }
        Ok(Term {
            factor: A::Scalar::one(),
            body: Tree::balanced(A::sum, trees)?,
        })
    }

    fn product(terms: Vec<Self>) -> Result<Self, ExprError> {
        let mut factor = A::Scalar::one();
        let mut trees = Vec::with_capacity(terms.len());
        for term in terms {
            factor = factor.mul(term.factor);
            trees.extend(term.body);
        }
        Ok(Term {
            factor,
            body: Tree::balanced(A::product, trees)?,
        })
    }

    /// The whole term as one tree; `None` if it is zero.
    fn into_tree(self) -> Result<Option<Tree<A>>, ExprError> {
        if self.factor.is_zero() {
            return Ok(None);
        }
        let Some(body) = self.body else {
            return Ok(Some(Tree::leaf(A::constant(self.factor))));
        };
        if self.factor == A::Scalar::one() {
            return Ok(Some(body));
        }
        let (nodes, depth) = (body.nodes + 1, body.depth + 1);
        let scaled = A::scaled(body.expression, self.factor);
        Tree::checked(scaled, nodes, depth).map(Some)
    }
}

/// Builds the halo2 tree of `expr` and counts its nodes; `read` gives the tree's leaf for a cell or challenge.
///
/// The tree has the same value on every row, and at most the same degree (a product with the constant 0 is dropped).
///
/// # Errors
/// The tree would be too large or too deep, nodes refer to later ones, or `read` fails.
pub fn to_tree<A: Algebra>(
    expr: &Expr,
    mut read: impl FnMut(Leaf) -> Result<A::Expression, ExprError>,
) -> Result<(A::Expression, usize), ExprError> {
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
    let mut terms: Vec<Option<Term<A>>> = Vec::with_capacity(expr.nodes.len());
    let mut copied = 0;
    for node in &expr.nodes {
        // The last use takes the term, earlier ones copy it.
        let mut take = |id: &ExprId| -> Result<Term<A>, ExprError> {
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
            ExprNode::Const(value) => Term::constant(A::Scalar::from_i128(*value)),
            ExprNode::Query(cell) => Term::leaf(read(Leaf::Query(*cell))?),
            ExprNode::Challenge(index) => Term::leaf(read(Leaf::Challenge(*index))?),
            ExprNode::Neg(id) => {
                let mut term = take(id)?;
                term.factor = term.factor.neg();
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
        None => (A::constant(A::Scalar::zero()), 1),
    })
}

#[cfg(test)]
mod tests {
    use zkc_circuit::{ExprBuilder, PallasBase};

    use super::*;

    /// Expressions that can be looked at.
    #[derive(Clone, Debug)]
    enum Node {
        Constant(PallasBase),
        Leaf(Leaf),
        Sum(Box<Node>, Box<Node>),
        Product(Box<Node>, Box<Node>),
        Scaled(Box<Node>, PallasBase),
    }

    struct Plain;

    impl Algebra for Plain {
        type Scalar = PallasBase;
        type Expression = Node;

        fn constant(value: PallasBase) -> Node {
            Node::Constant(value)
        }
        fn sum(a: Node, b: Node) -> Node {
            Node::Sum(a.into(), b.into())
        }
        fn product(a: Node, b: Node) -> Node {
            Node::Product(a.into(), b.into())
        }
        fn scaled(tree: Node, factor: PallasBase) -> Node {
            Node::Scaled(tree.into(), factor)
        }
    }

    fn number(value: i128) -> PallasBase {
        PallasBase::from_i128(value)
    }

    impl Node {
        /// The value with cell `r` (a rotation) set to `10^r`, and the challenge to 7.
        fn value(&self) -> PallasBase {
            match self {
                Node::Constant(value) => *value,
                Node::Leaf(Leaf::Query(query)) => number(10i128.pow(query.rotation as u32)),
                Node::Leaf(Leaf::Challenge(_)) => number(7),
                Node::Sum(a, b) => a.value().add(b.value()),
                Node::Product(a, b) => a.value().mul(b.value()),
                Node::Scaled(tree, factor) => tree.value().mul(*factor),
            }
        }

        fn depth(&self) -> usize {
            match self {
                Node::Constant(_) | Node::Leaf(_) => 1,
                Node::Sum(a, b) | Node::Product(a, b) => a.depth().max(b.depth()) + 1,
                Node::Scaled(tree, _) => tree.depth() + 1,
            }
        }

        fn nodes(&self) -> usize {
            match self {
                Node::Constant(_) | Node::Leaf(_) => 1,
                Node::Sum(a, b) | Node::Product(a, b) => a.nodes() + b.nodes() + 1,
                Node::Scaled(tree, _) => tree.nodes() + 1,
            }
        }
    }

    /// The tree of an expression over a circuit with one challenge; its nodes are counted rightly.
    fn build(expr: &Expr) -> Result<Node, ExprError> {
        let (tree, nodes) = to_tree::<Plain>(expr, |leaf| match leaf {
            Leaf::Challenge(index) if index > 0 => Err(ExprError::Challenge(index)),
            leaf => Ok(Node::Leaf(leaf)),
        })?;
        assert_eq!(tree.nodes(), nodes);
        Ok(tree)
    }

    #[test]
    fn constants_fold_into_one_scaling() {
        let mut b = ExprBuilder::new();
        let (x, y) = (b.query(0, 0, 0), b.query(0, 0, 1));
        let xy = b.mul(x, y);
        let scaled = b.scale(3, xy);
        let minus = b.neg(scaled);
        let tree = build(&b.finish(minus)).unwrap();
        assert_eq!(tree.value(), number(-30));
        assert!(
            matches!(&tree, Node::Scaled(body, f)
                if matches!(**body, Node::Product(..)) && *f == number(-3)),
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
        assert_eq!(tree.value(), number(97));
        assert!(
            matches!(&tree, Node::Sum(_, c) if matches!(**c, Node::Constant(_))),
            "{tree:?}"
        );
    }

    #[test]
    fn challenges_are_leaves() {
        let mut b = ExprBuilder::new();
        let (x, rho) = (b.query(0, 0, 1), b.challenge(0));
        let power = b.product(vec![rho; 5]);
        let product = b.mul(power, x);
        let tree = build(&b.finish(product)).unwrap();
        assert_eq!(tree.value(), number(7i128.pow(5) * 10));
    }

    #[test]
    fn wide_sums_and_products_are_shallow() {
        let mut b = ExprBuilder::new();
        let cells: Vec<ExprId> = (0..10).map(|r| b.query(0, 0, r)).collect();
        let sum = b.sum((0..1000).map(|i| cells[i % 10]));
        let tree = build(&b.finish(sum)).unwrap();
        assert_eq!(tree.value(), number(111_111_111_100));
        assert!(tree.depth() <= 11);

        let mut b = ExprBuilder::new();
        let x = b.query(0, 0, 1);
        let power = b.product(vec![x; 9]);
        let tree = build(&b.finish(power)).unwrap();
        assert_eq!(tree.value(), number(10i128.pow(9)));
        assert!(tree.depth() <= 5);
    }

    #[test]
    fn shared_nodes_are_copied() {
        let mut b = ExprBuilder::new();
        let (x, y) = (b.query(0, 0, 0), b.query(0, 0, 1));
        let s = b.add(x, y);
        let square = b.mul(s, s);
        let root = b.add(square, s);
        let tree = build(&b.finish(root)).unwrap();
        assert_eq!(tree.value(), number(11 * 11 + 11));
    }

    #[test]
    fn the_empty_expression_is_zero() {
        assert_eq!(build(&Expr::default()).unwrap().value(), number(0));
        for (node, expected) in [
            (ExprNode::Sum(vec![]), number(0)),
            (ExprNode::Product(vec![]), number(1)),
        ] {
            let expr = Expr { nodes: vec![node] };
            assert_eq!(build(&expr).unwrap().value(), expected);
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
