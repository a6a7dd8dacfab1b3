//! What the pass reads of a circuit: its columns and lookups.

use super::Result;
use crate::expressions::Expressions;
use std::collections::{BTreeMap, BTreeSet};
use zkc_support::{Graph, Op, ValueId, as_affine_map};

/// Columns and rows of a circuit.
pub(super) struct Columns {
    /// Names of fixed groups, and of those of advice.
    fixed: BTreeSet<String>,
    advice: BTreeSet<String>,
    /// Fixed columns that hold zeros and ones only.
    bits: BTreeSet<(String, i64)>,
    /// Number of advice and fixed columns.
    pub(super) count: i64,
    /// Largest degree of a constraint.
    pub(super) degree: i64,
    /// Rows up to the last one on which something stands.
    pub(super) used_rows: i64,
    /// All rows.
    rows: i64,
    /// Rows that blind the proof; gates hold on the others.
    blinding: i64,
    /// At how many rows around their own columns are queried.
    rotations: BTreeMap<(String, i64), i64>,
}

impl Columns {
    pub(super) fn of(graph: &Graph) -> Result<Self> {
        let k = graph.attr("k").and_then(zkc_support::as_i64).unwrap_or(0);
        let (mut fixed, mut advice, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
        let mut rotations: BTreeMap<(String, i64), BTreeSet<i64>> = BTreeMap::new();
        let mut degree = 0;
        for op in &graph.ops {
            let size = op.int("count").unwrap_or(0);
            match op.name.as_str() {
                "plonk.fixed" => {
                    fixed.extend(op.str("sym_name").map(str::to_string));
                    count += size;
                }
                "plonk.advice" => {
                    advice.extend(op.str("sym_name").map(str::to_string));
                    count += size;
                }
                _ => {}
            }
            for inner in op.regions.iter().flatten() {
                if let (Some(group), Some(column), Some(rotation)) = (
                    inner.symbol("group"),
                    inner.int("column"),
                    inner.int("rotation"),
                ) {
                    let column = (group.to_string(), column);
                    rotations.entry(column).or_default().insert(rotation);
                }
                if inner.name == "plonk.constrain" {
                    let ops = &op.regions[0];
                    degree = degree.max(degree_of(ops, inner.operand()));
                }
            }
        }
        // The running sum is queried at two rows. halo2 blinds as many rows as one column is queried at, at least
        // three, and three more.
        let rotations = rotations.into_iter();
        let rotations = rotations.map(|(column, rows)| (column, rows.len() as i64));
        let rotations: BTreeMap<_, _> = rotations.collect();
        let queried = rotations.values().copied().max().unwrap_or(0);
        let blinding = queried.max(3) + 3;
        let mut columns = Self {
            fixed,
            advice,
            bits: BTreeSet::new(),
            count,
            degree,
            used_rows: 0,
            rows: 1i64 << k.clamp(0, 28),
            blinding,
            rotations,
        };
        columns.read_cells(graph)?;
        Ok(columns)
    }

    /// Rows on which gates hold.
    pub(super) fn usable_rows(&self) -> i64 {
        self.rows - self.blinding
    }

    /// Whether a column has enough random rows for a helper column to follow from it; `docs/src/gadgets/lookup-sums.md`
    /// counts them.
    pub(super) fn hides(&self, column: &(String, i64)) -> bool {
        self.rotations.get(column).copied().unwrap_or(0) + 5 <= self.blinding
    }

    /// Rows in use, and which fixed columns hold bits.
    fn read_cells(&mut self, graph: &Graph) -> Result<()> {
        let mut others: BTreeSet<(String, i64)> = BTreeSet::new();
        for op in &graph.ops {
            if !matches!(op.name.as_str(), "plonk.place" | "plonk.fill") {
                continue;
            }
            let missing = || format!("`{}` lacks an attribute", op.name);
            let group = op.symbol("group").ok_or_else(missing)?;
            let domain = op.ints("domain").ok_or_else(missing)?;
            let at = op.attr("at").and_then(as_affine_map).ok_or_else(missing)?;
            let [column, row] = at.results.as_slice() else {
                return Err(missing());
            };
            let is_bit = op.name == "plonk.fill" && matches!(op.int128("value"), Some(0 | 1));
            let mut broken = false;
            for_each(&domain, |point| {
                match (column.eval(point), row.eval(point)) {
                    (Some(column), Some(row)) => {
                        // The edge of another sum is where this one may have its own.
                        if group != super::names::EDGE {
                            self.used_rows = self.used_rows.max(row + 1);
                        }
                        if self.fixed.contains(group) {
                            let cells = (group.to_string(), column);
                            let known = if is_bit { &mut self.bits } else { &mut others };
                            known.insert(cells);
                        }
                    }
                    _ => broken = true,
                }
            });
            if broken {
                return Err(format!("`{}` has a map without a value", op.name));
            }
        }
        self.bits.retain(|column| !others.contains(column));
        Ok(())
    }
}

/// Calls a function with every point of a box.
fn for_each(extents: &[i64], mut f: impl FnMut(&[i64])) {
    if extents.iter().any(|e| *e < 1) {
        return;
    }
    let mut point = vec![0; extents.len()];
    loop {
        f(&point);
        let Some(i) = (0..extents.len())
            .rev()
            .find(|i| point[*i] + 1 < extents[*i])
        else {
            return;
        };
        point[i] += 1;
        point[i + 1..].fill(0);
    }
}

/// Degree of an expression in cells.
fn degree_of(ops: &[Op], v: ValueId) -> i64 {
    let Some(op) = ops.iter().find(|op| op.results.contains(&v)) else {
        return 0;
    };
    let operands = op.operands.iter().map(|v| degree_of(ops, *v));
    match op.name.as_str() {
        "plonk.query" => 1,
        "plonk.inner" => 2,
        "plonk.product" => operands.sum(),
        _ => operands.max().unwrap_or(0),
    }
}

/// A lookup: a tuple on each row where the selector is one.
pub(super) struct Lookup<'c> {
    pub(super) name: String,
    pub(super) table: String,
    ops: Vec<Op<'c>>,
    inputs: Vec<ValueId>,
    /// Value of the query that stands in front of every entry that depends on advice.
    selector: Option<ValueId>,
}

impl<'c> Lookup<'c> {
    pub(super) fn of(op: &Op<'c>, columns: &Columns) -> Result<Self> {
        let mut ops = op.regions.first().cloned().unwrap_or_default();
        let inputs = match ops.pop() {
            Some(last) if last.name == "plonk.look_up" => last.operands,
            _ => return Err("`plonk.lookup` must end in `plonk.look_up`".into()),
        };
        let mut lookup = Self {
            name: op.str("sym_name").unwrap_or_default().into(),
            table: op.symbol("table").unwrap_or_default().into(),
            ops,
            inputs,
            selector: None,
        };
        lookup.selector = lookup.common_selector(columns);
        Ok(lookup)
    }

    fn definition(&self, v: ValueId) -> Option<&Op<'c>> {
        self.ops.iter().find(|op| op.results.contains(&v))
    }

    /// A fixed column of bits that is a factor of every entry with advice. Where it is 0, such a tuple depends on no
    /// witness, so that leaving it out asks no less of a prover.
    fn common_selector(&self, columns: &Columns) -> Option<ValueId> {
        let mut inputs = self.inputs.iter().filter(|v| !self.is_fixed(**v, columns));
        let factors = |v: ValueId| match self.definition(v) {
            Some(op) if op.name == "plonk.product" => op.operands.clone(),
            _ => Vec::new(),
        };
        let first = factors(*inputs.next()?);
        let rest: Vec<Vec<ValueId>> = inputs.map(|v| factors(*v)).collect();
        first.into_iter().find(|f| {
            let Some(column) = self.column(*f) else {
                return false;
            };
            columns.bits.contains(&column)
                && rest
                    .iter()
                    .all(|r| r.iter().any(|g| self.column(*g).as_ref() == Some(&column)))
        })
    }

    /// The column that a value queries on the row at hand.
    fn column(&self, v: ValueId) -> Option<(String, i64)> {
        let op = self
            .definition(v)
            .filter(|op| op.int("rotation") == Some(0))?;
        Some((op.symbol("group")?.into(), op.int("column")?))
    }

    fn is_fixed(&self, v: ValueId, columns: &Columns) -> bool {
        self.definition(v).is_some_and(|op| match op.name.as_str() {
            "plonk.query" => op
                .symbol("group")
                .is_some_and(|g| columns.fixed.contains(g)),
            "plonk.inner" => false,
            _ => op.operands.iter().all(|v| self.is_fixed(*v, columns)),
        })
    }

    /// Degree of the entries without the selector, at least 1.
    pub(super) fn degree(&self) -> i64 {
        let degrees = self.inputs.iter().map(|v| {
            let degree = degree_of(&self.ops, *v);
            degree - i64::from(self.has_selector(*v))
        });
        degrees.max().unwrap_or(0).max(1)
    }

    fn has_selector(&self, v: ValueId) -> bool {
        let column = self.selector.and_then(|s| self.column(s));
        let Some(op) = self.definition(v).filter(|op| op.name == "plonk.product") else {
            return false;
        };
        column.is_some() && op.operands.iter().any(|f| self.column(*f) == column)
    }

    /// Whether its entries read nothing above or below the row.
    pub(super) fn reads_one_row(&self) -> bool {
        let mut rotations = self.ops.iter().filter_map(|op| op.int("rotation"));
        rotations.all(|rotation| rotation == 0)
    }

    /// The columns of advice that the entries without the selector depend on where all fixed columns are 0, as on rows that
    /// blind a proof.
    pub(super) fn random_columns(&self, columns: &Columns) -> BTreeSet<(String, i64)> {
        let selector = self.selector.and_then(|s| self.column(s));
        let inputs = self.inputs.iter();
        let of = inputs.filter_map(|v| self.random(*v, selector.as_ref(), columns));
        of.flatten().collect()
    }

    /// The same of one value, `None` if it is 0 there.
    fn random(
        &self,
        v: ValueId,
        selector: Option<&(String, i64)>,
        columns: &Columns,
    ) -> Option<BTreeSet<(String, i64)>> {
        let op = self.definition(v)?;
        let factors = op.operands.iter();
        let mut factors =
            factors.filter(|v| selector.is_none() || self.column(**v).as_ref() != selector);
        match op.name.as_str() {
            "plonk.query" => {
                let column = (op.symbol("group")?.to_string(), op.int("column")?);
                columns.advice.contains(&column.0).then(|| [column].into())
            }
            "plonk.product" => factors.try_fold(BTreeSet::new(), |mut all, v| {
                all.extend(self.random(*v, selector, columns)?);
                Some(all)
            }),
            _ => {
                let terms = op.operands.iter();
                let terms = terms.filter_map(|v| self.random(*v, selector, columns));
                Some(terms.flatten().collect())
            }
        }
    }

    /// The selector, `None` for all rows, and the entries, as new expressions.
    pub(super) fn write(&self, e: &mut Expressions<'_, 'c>) -> (Option<ValueId>, Vec<ValueId>) {
        let selector = self.selector.map(|s| self.copy(s, e));
        let column = self.selector.and_then(|s| self.column(s));
        let inputs = self.inputs.iter().map(|v| {
            let Some(op) = self.definition(*v).filter(|_| self.has_selector(*v)) else {
                return self.copy(*v, e);
            };
            // One factor less; a square of the selector would be the selector.
            let factors = op.operands.iter().filter(|f| self.column(**f) != column);
            let factors: Vec<_> = factors.map(|f| self.copy(*f, e)).collect();
            e.product(&factors)
        });
        let inputs = inputs.collect();
        (selector, inputs)
    }

    fn copy(&self, v: ValueId, e: &mut Expressions<'_, 'c>) -> ValueId {
        // The dialect's regions hold every value that they use.
        let Some(op) = self.definition(v) else {
            return v;
        };
        let operands: Vec<_> = op.operands.iter().map(|v| self.copy(*v, e)).collect();
        e.copy(op, &operands)
    }
}
