//! Columns whose values do not come from the witness program: multiplicities of tables, and what depends on challenges.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Circuit, ColumnKind, Expr, ExprId, ExprNode, GroupId};

/// Random rows of a column from which a helper column follows, beyond the number of rows around its own where it is queried:
/// for its commitment, for the two values that a proof shows of the helper, and two for these to be as good as random.
const SHOWN: usize = 5;

/// How the values of an advice column of a later phase are computed: they are what makes one constraint hold.
///
/// The constraint is `A * z + B`, where `z` is the query of this column at `rotation`, and neither `A` nor `B` contains
/// that query. `A` and `B` may contain challenges drawn in an earlier phase, fixed and instance cells, advice of earlier
/// phases, and columns that stand earlier in [`Circuit::derived`]; `B` may also contain the column itself at rotation 0
/// where `rotation` is 1.
///
/// - Rotation 0, a helper column: on every usable row the value is `-B / A`, and 0 where `A` is 0.
///   Where the constraint is not switched off on the rows that blind a proof, that is the value there as well: see
///   [`Circuit::filled_helpers`].
/// - Rotation 1, a running column: the value on row 0 is 0; the value on row `r + 1` is `-B / A` of row `r`, and 0 where
///   `A` is 0 there. Row by row, downwards.
///
/// On rows where `A` is 0 the constraint does not hold the cell: something else must, or nothing may depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Derived {
    /// An advice group of phase 1.
    pub group: GroupId,
    /// Column within the group.
    pub column: u32,
    /// Index of the gate in [`Circuit::gates`].
    pub gate: u32,
    /// Index of the constraint in its gate.
    pub constraint: u32,
    /// 0 for a helper column, 1 for a running column.
    pub rotation: i32,
}

/// One lookup into the tables of a [`Multiplicity`]: on each row where it is selected, a tuple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultiplicityTerm {
    /// 1 on rows that look up, 0 on others.
    pub selector: Expr,
    /// The tuple that is looked up: one expression per column of the tables.
    pub inputs: Vec<Expr>,
}

/// A table of a [`Multiplicity`], with the column of phase 0 that counts its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedTable {
    /// An advice group of phase 0.
    pub group: GroupId,
    /// Column within the group that holds the counts; nothing is placed in it.
    pub column: u32,
    /// The fixed columns of the table, at least one, and as many in all tables of a multiplicity.
    pub columns: Vec<(GroupId, u32)>,
}

/// Columns of phase 0 that count how often each row of some tables is looked up.
///
/// Several tables are one that is too long for the rows: a tuple may stand in any of them. Each is made of fixed columns,
/// and has a column of counts of its own. On every usable row that is active a count is the number of pairs of a term and
/// an active row on which the term is selected and its tuple is that of the table's row. Of rows with equal tuples the
/// first active one of the first table that has one counts; the others are 0, as are all rows that are not active. A
/// selected tuple that no active row of any table has is an error of the inputs, as in [`Op::Lookup`](crate::Op::Lookup).
///
/// This says only how the honest prover computes the columns. That looked-up tuples are in the tables is for gates to
/// enforce: a sum of fractions over all terms and table rows, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multiplicity {
    /// The tables, at least one.
    pub tables: Vec<CountedTable>,
    /// The fixed column that is 1 on active rows and 0 on others; without it all usable rows are active.
    pub active: Option<(GroupId, u32)>,
    /// What is looked up. Expressions of phase 0, evaluated over the integers.
    pub terms: Vec<MultiplicityTerm>,
    /// The ONNX node or table that this belongs to, for reports and errors.
    pub source: String,
}

impl Multiplicity {
    /// Number of columns of the first table, and of the others of a circuit in order; 0 without a table.
    pub fn width(&self) -> usize {
        self.tables.first().map_or(0, |table| table.columns.len())
    }
}

impl Circuit {
    /// For each table, whether a [`Lookup`](crate::Lookup) names it. Only such a table has columns in a proof; others are for
    /// the witness program alone, and may have more rows than the circuit.
    pub fn looked_up(&self) -> Vec<bool> {
        let mut found = vec![false; self.tables.len()];
        for lookup in &self.lookups {
            if let Some(found) = found.get_mut(lookup.table.0 as usize) {
                *found = true;
            }
        }
        found
    }

    /// The columns that count lookups: group and column within it, in the order of the multiplicities and their tables.
    pub fn counting_columns(&self) -> impl Iterator<Item = (GroupId, u32)> + '_ {
        let tables = self.multiplicities.iter().flat_map(|info| &info.tables);
        tables.map(|table| (table.group, table.column))
    }

    /// Says how a column of phase 1 is computed: by constraint `constraint` of the gate that was added last.
    pub fn derive_by_last_gate(
        &mut self,
        group: GroupId,
        column: u32,
        constraint: u32,
        rotation: i32,
    ) {
        self.derived.push(Derived {
            group,
            column,
            gate: (self.gates.len() as u32).saturating_sub(1),
            constraint,
            rotation,
        });
    }

    /// The derived columns that are computed on rows that blind a proof as on any other, from the random values of others.
    ///
    /// They are helper columns whose constraint is not switched off there and reads one row alone, in a circuit without copies
    /// and lookup arguments, whose provers fill up columns themselves. Each reads a column of advice there that no other of
    /// them reads, and of which a proof shows few values, so that what it shows of both is random: `docs/src/gadgets/lookup-sums.md`
    /// counts how many rows that takes.
    pub fn filled_helpers(&self, layout: &crate::Layout) -> Vec<&Derived> {
        if !layout.copies.is_empty() || !self.lookups.is_empty() {
            return Vec::new();
        }
        let blinding = (1usize << layout.k) - layout.usable_rows as usize;
        let rotations = self.rotations();
        let hides = |column: &(u32, u32)| rotations[column].len() + SHOWN <= blinding;
        let mut candidates = Vec::new();
        let mut readers: BTreeMap<(u32, u32), usize> = BTreeMap::new();
        for derived in self.derived.iter().filter(|d| d.rotation == 0) {
            let Some(constraint) = self.defining(derived) else {
                continue;
            };
            let queries = constraint.poly.queries();
            let Some(mut open) = self.open_queries(&constraint.poly) else {
                continue;
            };
            if queries.iter().any(|query| query.rotation != 0) {
                continue;
            }
            open.remove(&(derived.group.0, derived.column));
            for column in &open {
                *readers.entry(*column).or_default() += 1;
            }
            candidates.push((derived, open));
        }
        candidates.retain(|(_, open)| open.iter().any(|c| readers[c] == 1 && hides(c)));
        candidates.into_iter().map(|(derived, _)| derived).collect()
    }

    /// At which rows around their own gates query each column.
    fn rotations(&self) -> BTreeMap<(u32, u32), BTreeSet<i32>> {
        let mut rotations: BTreeMap<(u32, u32), BTreeSet<i32>> = BTreeMap::new();
        let constraints = self.gates.iter().flat_map(|gate| &gate.constraints);
        for query in constraints.flat_map(|constraint| constraint.poly.queries()) {
            let column = rotations.entry((query.group, query.column)).or_default();
            column.insert(query.rotation);
        }
        rotations
    }

    /// The columns of advice that an expression depends on where all other columns are 0, as on rows that blind a proof;
    /// `None` if it is 0 there.
    fn open_queries(&self, expr: &Expr) -> Option<BTreeSet<(u32, u32)>> {
        let mut open: Vec<Option<BTreeSet<(u32, u32)>>> = Vec::with_capacity(expr.nodes.len());
        for node in &expr.nodes {
            let of = |child: &ExprId| open[child.0 as usize].clone();
            let union = |a: BTreeSet<_>, b| a.into_iter().chain(b).collect();
            open.push(match node {
                ExprNode::Const(value) => (*value != 0).then(BTreeSet::new),
                ExprNode::Query(query) => {
                    let group = self.groups.get(query.group as usize);
                    let advice = group.is_some_and(|group| group.kind == ColumnKind::Advice);
                    advice.then(|| BTreeSet::from([(query.group, query.column)]))
                }
                ExprNode::Challenge(_) => Some(BTreeSet::new()),
                ExprNode::Neg(child) => of(child),
                ExprNode::Sum(children) => children.iter().filter_map(of).reduce(union),
                ExprNode::Product(children) => {
                    let factors: Option<Vec<_>> = children.iter().map(of).collect();
                    factors.map(|f| f.into_iter().reduce(union).unwrap_or_default())
                }
            });
        }
        open.pop().flatten()
    }

    /// The constraint that a derived column is computed from, `None` where it does not exist.
    pub fn defining(&self, derived: &Derived) -> Option<&crate::Constraint> {
        self.gates
            .get(derived.gate as usize)?
            .constraints
            .get(derived.constraint as usize)
    }

    /// Whether proving needs a second phase: a challenge, or a column that is committed after one.
    pub fn has_phases(&self) -> bool {
        !self.challenges.is_empty() || self.groups.iter().any(|group| group.phase > 0)
    }
}
