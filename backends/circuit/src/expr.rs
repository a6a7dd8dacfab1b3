//! Polynomial expressions over cells, as arenas without recursion.

/// A cell relative to the row at hand: column `column` of column group `group`, `rotation` rows further down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query {
    /// Index of the column group.
    pub group: u32,
    /// Column within the group.
    pub column: u32,
    /// Rows below (positive) or above (negative) the row at hand.
    pub rotation: i32,
}

/// Index of a node in an [`Expr`] or [`ExprBuilder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);

/// One node of an [`Expr`]. Children have smaller indices than the node itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExprNode {
    /// An integer.
    Const(i128),
    /// The value of a cell.
    Query(Query),
    /// The challenge with this index.
    Challenge(u32),
    /// The negative of a node.
    Neg(ExprId),
    /// The sum of nodes; 0 when empty.
    Sum(Vec<ExprId>),
    /// The product of nodes; 1 when empty.
    Product(Vec<ExprId>),
}

impl ExprNode {
    /// The nodes that this one reads.
    pub fn children(&self) -> &[ExprId] {
        match self {
            ExprNode::Const(_) | ExprNode::Query(_) | ExprNode::Challenge(_) => &[],
            ExprNode::Neg(child) => std::slice::from_ref(child),
            ExprNode::Sum(children) | ExprNode::Product(children) => children,
        }
    }
}

/// A polynomial in cells and challenges with integer coefficients.
///
/// The nodes stand in an order in which children come before their parents; the last node is the value.
/// An expression without nodes is 0. Sharing a node between parents is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Expr {
    /// The nodes, children first; the last one is the root.
    pub nodes: Vec<ExprNode>,
}

impl Expr {
    /// The constant `value`.
    pub fn constant(value: i128) -> Self {
        Expr {
            nodes: vec![ExprNode::Const(value)],
        }
    }

    /// The value of one cell.
    pub fn query(group: u32, column: u32, rotation: i32) -> Self {
        Expr {
            nodes: vec![ExprNode::Query(Query {
                group,
                column,
                rotation,
            })],
        }
    }

    /// Index of the root, `None` for the empty expression.
    pub fn root(&self) -> Option<ExprId> {
        self.nodes
            .len()
            .checked_sub(1)
            .map(|index| ExprId(index as u32))
    }

    /// All queries, each once, in ascending order.
    pub fn queries(&self) -> Vec<Query> {
        let mut queries: Vec<Query> = self
            .nodes
            .iter()
            .filter_map(|node| match node {
                ExprNode::Query(query) => Some(*query),
                _ => None,
            })
            .collect();
        queries.sort_unstable();
        queries.dedup();
        queries
    }

    /// Degree as halo2 counts it: a cell has degree 1, constants and challenges 0, products add up.
    ///
    /// Saturates at `u32::MAX`. Requires that children precede their parents, which validation checks.
    pub fn degree(&self) -> u32 {
        let mut degrees: Vec<u32> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let child = |id: &ExprId| degrees.get(id.0 as usize).copied().unwrap_or(0);
            let degree = match node {
                ExprNode::Const(_) | ExprNode::Challenge(_) => 0,
                ExprNode::Query(_) => 1,
                ExprNode::Neg(id) => child(id),
                ExprNode::Sum(ids) => ids.iter().map(child).max().unwrap_or(0),
                ExprNode::Product(ids) => ids
                    .iter()
                    .map(child)
                    .fold(0u32, |sum, degree| sum.saturating_add(degree)),
            };
            degrees.push(degree);
        }
        degrees.last().copied().unwrap_or(0)
    }
}

impl crate::Circuit {
    /// An expression in words: cells by group, column and rotation, such as `q[0] * (x[2] - y[0]@+1)`.
    ///
    /// Cut where it would exceed some thousand characters.
    pub fn describe(&self, expr: &Expr) -> String {
        const LONG: usize = 2000;
        // Text and whether it must stand in parentheses as a factor.
        let mut texts: Vec<(String, bool)> = Vec::with_capacity(expr.nodes.len());
        for node in &expr.nodes {
            let get = |id: &ExprId| match texts.get(id.0 as usize) {
                Some((text, sum)) => (text.as_str(), *sum),
                None => ("<bad>", false),
            };
            let factor = |id: &ExprId| match get(id) {
                (text, true) => format!("({text})"),
                (text, false) => text.to_string(),
            };
            let (mut text, sum) = match node {
                ExprNode::Const(value) => (value.to_string(), *value < 0),
                ExprNode::Challenge(index) => {
                    let name = self
                        .challenges
                        .get(*index as usize)
                        .map(|info| info.name.clone());
                    (name.unwrap_or_else(|| format!("challenge {index}")), false)
                }
                ExprNode::Query(Query {
                    group,
                    column,
                    rotation,
                }) => {
                    let name = self
                        .groups
                        .get(*group as usize)
                        .map_or("?", |info| &info.name);
                    let rotation = match rotation {
                        0 => String::new(),
                        _ => format!("@{rotation:+}"),
                    };
                    (format!("{name}[{column}]{rotation}"), false)
                }
                ExprNode::Neg(child) => (format!("-{}", factor(child)), true),
                ExprNode::Sum(children) => {
                    let mut text = String::new();
                    for child in children {
                        let (term, _) = get(child);
                        match (text.is_empty(), term.strip_prefix('-')) {
                            (true, _) => text.push_str(term),
                            (false, Some(rest)) => text.push_str(&format!(" - {rest}")),
                            (false, None) => text.push_str(&format!(" + {term}")),
                        }
                    }
                    if text.is_empty() {
                        ("0".to_string(), false)
                    } else {
                        (text, true)
                    }
                }
                ExprNode::Product(children) if children.is_empty() => ("1".to_string(), false),
                ExprNode::Product(children) => {
                    let factors: Vec<String> = children.iter().map(factor).collect();
                    (factors.join(" * "), false)
                }
            };
            if text.chars().count() > LONG {
                text = text.chars().take(LONG).chain("...".chars()).collect();
            }
            texts.push((text, sum));
        }
        texts
            .pop()
            .map_or_else(|| "0".to_string(), |(text, _)| text)
    }
}

/// Builds an [`Expr`] node by node. Equal nodes are shared, so that equal expressions get equal arenas.
#[derive(Debug, Clone, Default)]
pub struct ExprBuilder {
    nodes: Vec<ExprNode>,
    known: std::collections::HashMap<ExprNode, ExprId>,
}

impl ExprBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node whose children were made by this builder, and returns the id of it or of an equal one.
    pub fn node(&mut self, node: ExprNode) -> ExprId {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = ExprId(self.nodes.len() as u32);
        self.known.insert(node.clone(), id);
        self.nodes.push(node);
        id
    }

    /// An integer.
    pub fn constant(&mut self, value: i128) -> ExprId {
        self.node(ExprNode::Const(value))
    }

    /// A cell.
    pub fn query(&mut self, group: u32, column: u32, rotation: i32) -> ExprId {
        self.node(ExprNode::Query(Query {
            group,
            column,
            rotation,
        }))
    }

    /// A challenge.
    pub fn challenge(&mut self, index: u32) -> ExprId {
        self.node(ExprNode::Challenge(index))
    }

    /// `-a`.
    pub fn neg(&mut self, a: ExprId) -> ExprId {
        self.node(ExprNode::Neg(a))
    }

    /// The sum of all `terms`.
    pub fn sum(&mut self, terms: impl IntoIterator<Item = ExprId>) -> ExprId {
        let terms: Vec<ExprId> = terms.into_iter().collect();
        if let [only] = terms[..] {
            only
        } else {
            self.node(ExprNode::Sum(terms))
        }
    }

    /// The product of all `factors`.
    pub fn product(&mut self, factors: impl IntoIterator<Item = ExprId>) -> ExprId {
        let factors: Vec<ExprId> = factors.into_iter().collect();
        if let [only] = factors[..] {
            only
        } else {
            self.node(ExprNode::Product(factors))
        }
    }

    /// `a + b`.
    pub fn add(&mut self, a: ExprId, b: ExprId) -> ExprId {
        self.sum([a, b])
    }

    /// `a - b`.
    pub fn sub(&mut self, a: ExprId, b: ExprId) -> ExprId {
        let minus_b = self.neg(b);
        self.sum([a, minus_b])
    }

    /// `a * b`.
    pub fn mul(&mut self, a: ExprId, b: ExprId) -> ExprId {
        self.product([a, b])
    }

    /// `factor * a`.
    pub fn scale(&mut self, factor: i128, a: ExprId) -> ExprId {
        let factor = self.constant(factor);
        self.product([factor, a])
    }

    /// Copies a whole expression in and returns the id of its root.
    ///
    /// Children of `expr` must precede their parents, as validation demands.
    pub fn embed(&mut self, expr: &Expr) -> ExprId {
        let mut ids: Vec<ExprId> = Vec::with_capacity(expr.nodes.len());
        for node in &expr.nodes {
            let map = |id: &ExprId| ids[id.0 as usize];
            let node = match node {
                ExprNode::Neg(id) => ExprNode::Neg(map(id)),
                ExprNode::Sum(children) => ExprNode::Sum(children.iter().map(map).collect()),
                ExprNode::Product(children) => {
                    ExprNode::Product(children.iter().map(map).collect())
                }
                leaf => leaf.clone(),
            };
            let id = self.node(node);
            ids.push(id);
        }
        match ids.last() {
            Some(id) => *id,
            None => self.constant(0),
        }
    }

    /// The expression with root `root`; nodes that it does not need are left out.
    ///
    /// The builder stays usable, so one builder can make several expressions.
    pub fn finish(&self, root: ExprId) -> Expr {
        let end = root.0 as usize + 1;
        let mut needed = vec![false; end];
        needed[root.0 as usize] = true;
        for index in (0..end).rev() {
            if needed[index] {
                for child in self.nodes[index].children() {
                    needed[child.0 as usize] = true;
                }
            }
        }
        let mut renumbered = vec![ExprId(0); end];
        let mut nodes = Vec::new();
        for (index, node) in self.nodes[..end].iter().enumerate() {
            if !needed[index] {
                continue;
            }
            renumbered[index] = ExprId(nodes.len() as u32);
            let map = |id: &ExprId| renumbered[id.0 as usize];
            nodes.push(match node {
                ExprNode::Neg(id) => ExprNode::Neg(map(id)),
                ExprNode::Sum(children) => ExprNode::Sum(children.iter().map(map).collect()),
                ExprNode::Product(children) => {
                    ExprNode::Product(children.iter().map(map).collect())
                }
                leaf => leaf.clone(),
            });
        }
        Expr { nodes }
    }
}
