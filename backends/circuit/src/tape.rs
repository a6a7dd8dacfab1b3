//! Expressions resolved against a layout, evaluated on many rows at a time.

use crate::ints::with_values;
use crate::layout::{Cell, CellContents, Grid, Layout};
use crate::{ColumnKind, Expr, ExprNode, Ints, Query};

/// Rows evaluated together.
pub(crate) const BATCH: usize = 256;

/// A cell relative to the row at hand, as a column of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) column: u32,
    pub(crate) rotation: i32,
    pub(crate) kind: ColumnKind,
}

impl Slot {
    /// What a query of a valid circuit reads.
    pub(crate) fn new(query: &Query, layout: &Layout) -> Self {
        let column = layout.queried(query);
        Slot {
            column,
            rotation: query.rotation,
            kind: layout.columns[column as usize].kind,
        }
    }
}

/// A node with its children resolved to ranges of one pool.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Const(i128),
    Slot(u32),
    Challenge(u32),
    Neg(u32),
    Sum(Vec<u32>),
    Product(Vec<u32>),
}

/// An expression ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Tape {
    pub(crate) nodes: Vec<Node>,
    /// The cells that are read, each once.
    pub(crate) slots: Vec<Slot>,
    /// Nodes that depend on fixed cells only and are factors of the whole: where one is 0, so is the expression.
    guards: Vec<u32>,
    /// Whether the values are elements of a field: a challenge or a derived column occurs.
    pub(crate) in_field: bool,
    rows: u32,
}

impl Tape {
    /// Resolves an expression that passed the structure check.
    pub(crate) fn new(expr: &Expr, layout: &Layout) -> Self {
        let mut slots: Vec<Slot> = Vec::new();
        let mut nodes = Vec::with_capacity(expr.nodes.len());
        let mut fixed = Vec::with_capacity(expr.nodes.len());
        let mut challenges = false;
        for node in &expr.nodes {
            let ids = |children: &[crate::ExprId]| children.iter().map(|id| id.0).collect();
            let all_fixed =
                |children: &[crate::ExprId]| children.iter().all(|id| fixed[id.0 as usize]);
            let is_fixed = match node {
                ExprNode::Const(_) => true,
                ExprNode::Challenge(_) => false,
                ExprNode::Query(query) => Slot::new(query, layout).kind == ColumnKind::Fixed,
                node => all_fixed(node.children()),
            };
            nodes.push(match node {
                ExprNode::Const(value) => Node::Const(*value),
                ExprNode::Challenge(index) => {
                    challenges = true;
                    Node::Challenge(*index)
                }
                ExprNode::Query(query) => {
                    let slot = Slot::new(query, layout);
                    let index = slots.iter().position(|known| *known == slot);
                    Node::Slot(index.unwrap_or_else(|| {
                        slots.push(slot);
                        slots.len() - 1
                    }) as u32)
                }
                ExprNode::Neg(id) => Node::Neg(id.0),
                ExprNode::Sum(children) => Node::Sum(ids(children)),
                ExprNode::Product(children) => Node::Product(ids(children)),
            });
            fixed.push(is_fixed);
        }
        let derived = slots.iter().any(|slot| layout.is_derived(slot.column));
        let mut tape = Tape {
            nodes,
            slots,
            guards: Vec::new(),
            in_field: challenges || derived,
            rows: 1 << layout.k,
        };
        tape.find_guards(&fixed);
        tape
    }

    /// Collects the factors of the root that depend on fixed cells only.
    fn find_guards(&mut self, fixed: &[bool]) {
        let Some(root) = self.nodes.len().checked_sub(1) else {
            return;
        };
        let mut factors = vec![root as u32];
        // A shared node is looked at once: products of products of one node have exponentially many factors.
        let mut seen = vec![false; self.nodes.len()];
        while let Some(factor) = factors.pop() {
            if std::mem::replace(&mut seen[factor as usize], true) {
                continue;
            }
            if fixed[factor as usize] {
                if !matches!(self.nodes[factor as usize], Node::Const(_)) {
                    self.guards.push(factor);
                }
                continue;
            }
            match &self.nodes[factor as usize] {
                Node::Neg(child) => factors.push(*child),
                Node::Product(children) => factors.extend(children),
                _ => {}
            }
        }
    }

    /// Whether selectors are factors of the whole.
    pub(crate) fn has_guards(&self) -> bool {
        !self.guards.is_empty()
    }

    /// Whether the expression is linear in its advice and instance cells, whatever the fixed ones are.
    pub(crate) fn is_linear(&self) -> bool {
        let mut degrees: Vec<u32> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let get = |child: &u32| degrees[*child as usize];
            degrees.push(match node {
                Node::Const(_) => 0,
                Node::Slot(slot) => u32::from(self.slots[*slot as usize].kind != ColumnKind::Fixed),
                // A challenge times a cell is no integer combination.
                Node::Challenge(_) => 2,
                Node::Neg(child) => get(child),
                Node::Sum(children) => children.iter().map(get).max().unwrap_or(0),
                // Two is as good as any larger degree, and sums of it cannot overflow.
                Node::Product(children) => children.iter().map(get).sum::<u32>().min(2),
            });
        }
        degrees.last().is_none_or(|degree| *degree <= 1)
    }

    /// The cell that a slot means on a row; rotations wrap around the grid.
    pub(crate) fn cell(&self, slot: Slot, row: u32) -> Cell {
        let row = (i64::from(row) + i64::from(slot.rotation)).rem_euclid(i64::from(self.rows));
        Cell {
            column: slot.column,
            row: row as u32,
        }
    }

    /// Of `0..rows`, the rows on which the expression is not zero merely because a selector is.
    ///
    /// Sound, not complete: a selector whose value overflows 128 bits counts as not zero.
    pub(crate) fn active_rows(&self, layout: &Layout, rows: u32) -> Vec<u32> {
        if self.guards.is_empty() {
            return (0..rows).collect();
        }
        let mut needed = vec![false; self.nodes.len()];
        for guard in &self.guards {
            needed[*guard as usize] = true;
        }
        for index in (0..self.nodes.len()).rev() {
            if needed[index] {
                match &self.nodes[index] {
                    Node::Neg(child) => needed[*child as usize] = true,
                    Node::Sum(children) | Node::Product(children) => {
                        children
                            .iter()
                            .for_each(|child| needed[*child as usize] = true);
                    }
                    _ => {}
                }
            }
        }
        let needed: Vec<usize> = (0..self.nodes.len())
            .filter(|index| needed[*index])
            .collect();
        let mut active = Vec::new();
        let mut values: Vec<Option<i128>> = vec![None; self.nodes.len()];
        for row in 0..rows {
            for index in &needed {
                values[*index] = self.fixed_value(*index, &values, layout, row);
            }
            if self
                .guards
                .iter()
                .all(|guard| values[*guard as usize] != Some(0))
            {
                active.push(row);
            }
        }
        active
    }

    /// The value on one row, exactly; `None` on overflow of 128 bits. Challenges and derived columns must not occur.
    pub(crate) fn checked_value(&self, layout: &Layout, grid: &Grid, row: u32) -> Option<i128> {
        let mut values: Vec<i128> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let get = |child: &u32| values[*child as usize];
            values.push(match node {
                Node::Const(value) => *value,
                Node::Challenge(_) => return None,
                Node::Slot(slot) => grid.value(layout, self.cell(self.slots[*slot as usize], row)),
                Node::Neg(child) => get(child).checked_neg()?,
                Node::Sum(children) => children
                    .iter()
                    .try_fold(0i128, |sum, child| sum.checked_add(get(child)))?,
                Node::Product(children) => children
                    .iter()
                    .try_fold(1i128, |product, child| product.checked_mul(get(child)))?,
            });
        }
        values.last().copied()
    }

    /// The value of a node that depends on fixed cells only, `None` on overflow.
    fn fixed_value(
        &self,
        index: usize,
        values: &[Option<i128>],
        layout: &Layout,
        row: u32,
    ) -> Option<i128> {
        match &self.nodes[index] {
            Node::Const(value) => Some(*value),
            Node::Challenge(_) => None,
            Node::Slot(slot) => Some(fixed_cell(
                layout,
                self.cell(self.slots[*slot as usize], row),
            )),
            Node::Neg(child) => values[*child as usize]?.checked_neg(),
            Node::Sum(children) => children.iter().try_fold(0i128, |sum, child| {
                sum.checked_add(values[*child as usize]?)
            }),
            Node::Product(children) => {
                if children
                    .iter()
                    .any(|child| values[*child as usize] == Some(0))
                {
                    return Some(0);
                }
                children.iter().try_fold(1i128, |product, child| {
                    product.checked_mul(values[*child as usize]?)
                })
            }
        }
    }

    /// Bounds on the absolute value of every node, from bounds on the slots; infinity where they exceed an `f64`.
    ///
    /// The result is at least the sum of the absolute values of both sides of the identity, up to a relative rounding
    /// error of less than 2^-30.
    pub(crate) fn magnitudes(&self, slots: &[f64]) -> Vec<f64> {
        let mut values: Vec<f64> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let value = match node {
                Node::Const(value) => value.unsigned_abs() as f64,
                Node::Slot(slot) => slots[*slot as usize],
                // A challenge may be any field element.
                Node::Challenge(_) => f64::INFINITY,
                Node::Neg(child) => values[*child as usize],
                Node::Sum(children) => children.iter().map(|child| values[*child as usize]).sum(),
                Node::Product(children) => {
                    let factors = || children.iter().map(|child| values[*child as usize]);
                    // Zero times infinity is zero here.
                    if factors().any(|factor| factor == 0.0) {
                        0.0
                    } else {
                        factors().product()
                    }
                }
            };
            values.push(value);
        }
        values
    }
}

/// The value of a fixed cell.
pub(crate) fn fixed_cell(layout: &Layout, cell: Cell) -> i128 {
    match &layout.columns[cell.column as usize].contents {
        CellContents::Fixed(values) => values.get(cell.row as usize).unwrap_or(0),
        CellContents::Elements(_) => 0,
    }
}

/// The stored values of a column of any kind.
pub(crate) fn column_values<'a>(layout: &'a Layout, grid: &'a Grid, column: u32) -> &'a Ints {
    match &layout.columns[column as usize].contents {
        CellContents::Fixed(values) => values,
        CellContents::Elements(_) => &grid.values[column as usize],
    }
}

/// Reads rows of a column; rows past the end are 0.
pub(crate) fn load_rows<T: Number>(values: &Ints, rows: impl Iterator<Item = u32>, out: &mut [T]) {
    // One match per column rather than one per cell.
    fn load<T: Number, V: Copy>(
        values: &[V],
        rows: impl Iterator<Item = u32>,
        out: &mut [T],
        widen: impl Fn(V) -> i128,
    ) {
        for (out, row) in out.iter_mut().zip(rows) {
            *out = match values.get(row as usize) {
                Some(value) => T::from_value(widen(*value)),
                None => T::ZERO,
            };
        }
    }
    with_values!(values, values => load(values, rows, out, i128::from));
}

/// Numbers in which a batch of rows is evaluated.
pub(crate) trait Number: Copy + Send + Sync {
    const ZERO: Self;
    const ONE: Self;
    fn from_value(value: i128) -> Self;
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn neg(self) -> Self;
}

/// Buffers for evaluating one tape on batches of rows.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    /// `BATCH` values per node.
    pub(crate) values: Vec<T>,
    /// `BATCH` derivatives per node, where they are asked for.
    adjoints: Vec<T>,
}

impl<T: Number> Batch<T> {
    pub(crate) fn new(tape: &Tape) -> Self {
        Batch {
            values: vec![T::ZERO; tape.nodes.len() * BATCH],
            adjoints: Vec::new(),
        }
    }

    /// Evaluates the tape on up to `BATCH` rows; `load` gives the value of a slot's cell.
    pub(crate) fn evaluate(
        &mut self,
        tape: &Tape,
        rows: &[u32],
        mut load: impl FnMut(Slot, &[u32], &mut [T]),
        challenge: impl Fn(u32) -> T,
    ) {
        let count = rows.len();
        for (index, node) in tape.nodes.iter().enumerate() {
            let (before, rest) = self.values.split_at_mut(index * BATCH);
            let out = &mut rest[..count];
            let input = |id: u32| &before[id as usize * BATCH..id as usize * BATCH + count];
            match node {
                Node::Const(value) => out.fill(T::from_value(*value)),
                Node::Slot(slot) => load(tape.slots[*slot as usize], rows, out),
                Node::Challenge(index) => out.fill(challenge(*index)),
                Node::Neg(child) => {
                    for (out, a) in out.iter_mut().zip(input(*child)) {
                        *out = a.neg();
                    }
                }
                Node::Sum(children) => {
                    out.fill(T::ZERO);
                    for child in children {
                        for (out, a) in out.iter_mut().zip(input(*child)) {
                            *out = out.add(*a);
                        }
                    }
                }
                Node::Product(children) => {
                    out.fill(T::ONE);
                    for child in children {
                        for (out, a) in out.iter_mut().zip(input(*child)) {
                            *out = out.mul(*a);
                        }
                    }
                }
            }
        }
    }

    /// The values of the root on the rows last evaluated.
    pub(crate) fn root(&self, tape: &Tape, count: usize) -> &[T] {
        let start = (tape.nodes.len() - 1) * BATCH;
        &self.values[start..start + count]
    }

    /// Differentiates the root by every slot on the rows last evaluated: `BATCH` values per slot.
    pub(crate) fn gradients(&mut self, tape: &Tape, count: usize) -> Vec<T> {
        self.adjoints.clear();
        self.adjoints.resize(tape.nodes.len() * BATCH, T::ZERO);
        let mut slots = vec![T::ZERO; tape.slots.len() * BATCH];
        let root = (tape.nodes.len() - 1) * BATCH;
        self.adjoints[root..root + count].fill(T::ONE);
        let mut prefix = [T::ONE; BATCH];
        for (index, node) in tape.nodes.iter().enumerate().rev() {
            let (below, rest) = self.adjoints.split_at_mut(index * BATCH);
            let own = &rest[..count];
            let span = |id: u32| id as usize * BATCH..id as usize * BATCH + count;
            match node {
                Node::Const(_) | Node::Challenge(_) => {}
                Node::Slot(slot) => {
                    for (sum, own) in slots[span(*slot)].iter_mut().zip(own) {
                        *sum = sum.add(*own);
                    }
                }
                Node::Neg(child) => {
                    for (adjoint, own) in below[span(*child)].iter_mut().zip(own) {
                        *adjoint = adjoint.add(own.neg());
                    }
                }
                Node::Sum(children) => {
                    for child in children {
                        for (adjoint, own) in below[span(*child)].iter_mut().zip(own) {
                            *adjoint = adjoint.add(*own);
                        }
                    }
                }
                Node::Product(children) => {
                    // Each child gets the product of the others: those before it from the left, those after it from the right.
                    let mut suffixes = vec![T::ONE; children.len() * BATCH];
                    for position in (0..children.len().saturating_sub(1)).rev() {
                        let (here, after) = suffixes.split_at_mut((position + 1) * BATCH);
                        let next = &self.values[span(children[position + 1])];
                        let here = &mut here[position * BATCH..];
                        for ((here, after), next) in here.iter_mut().zip(after).zip(next) {
                            *here = after.mul(*next);
                        }
                    }
                    prefix.fill(T::ONE);
                    for (position, child) in children.iter().enumerate() {
                        let suffix = &suffixes[position * BATCH..];
                        let values = &self.values[span(*child)];
                        let adjoints = &mut below[span(*child)];
                        for row in 0..count {
                            let others = prefix[row].mul(suffix[row]);
                            adjoints[row] = adjoints[row].add(own[row].mul(others));
                            prefix[row] = prefix[row].mul(values[row]);
                        }
                    }
                }
            }
        }
        slots
    }
}
