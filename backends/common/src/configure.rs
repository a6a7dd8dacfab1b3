//! From the description's column groups, tables, gates and lookups to those of a halo2 crate.
//!
//! A backend declares its columns; everything that follows from them is declared here, in the order of the description,
//! so that the same description always gives the same verifying key.

use std::fmt::Debug;
use std::sync::Arc;

use zkc_circuit::limits::MAX_ROTATION;
use zkc_circuit::{Circuit, ColumnKind, Expr, Gate, Layout, Query, Table};

use crate::error::{Error, ExprError};
use crate::shape::CircuitShape;
use crate::system::System;
use crate::tree::{Algebra, Leaf, to_tree};

/// The most nodes all polynomials of a circuit may have together.
const MAX_CIRCUIT_NODES: usize = 1 << 20;

/// A halo2 crate, as far as backends use all of them in the same way.
pub trait Halo2: System + Algebra {
    /// The field has roots of unity of order `2^TWO_ADICITY`, no higher.
    const TWO_ADICITY: u32;

    /// The constraint system that is configured.
    type Meta;
    /// What gates and lookups read cells through while they are declared.
    type Cells<'c>;
    /// An advice column.
    type Advice: Copy + Debug;
    /// A fixed column.
    type Fixed: Copy + Debug;
    /// An instance column.
    type Instance: Copy + Debug;
    /// Any of them.
    type Any: From<Self::Advice> + From<Self::Fixed> + From<Self::Instance>;
    /// A column of a table.
    type TableColumn: Copy + Debug;
    /// A challenge.
    type Challenge: Copy + Debug;

    /// Declares a column of a table.
    fn declare_table_column(meta: &mut Self::Meta) -> Self::TableColumn;

    /// Lets a column take part in copies.
    fn enable_equality(meta: &mut Self::Meta, column: Self::Any);

    /// Declares a gate: all polynomials must be 0 on every row.
    fn declare_gate(
        meta: &mut Self::Meta,
        polys: impl FnOnce(&mut Self::Cells<'_>) -> Vec<Self::Expression>,
    );

    /// Declares a lookup: on every row, the expressions together must be a row of the columns.
    fn declare_lookup(
        meta: &mut Self::Meta,
        inputs: impl FnOnce(&mut Self::Cells<'_>) -> Vec<(Self::Expression, Self::TableColumn)>,
    );

    /// The value of a column `rotation` rows below; `None` if it is a fixed column and the crate reads those in the
    /// current row only.
    fn query(
        cells: &mut Self::Cells<'_>,
        column: Column<Self>,
        rotation: i32,
    ) -> Option<Self::Expression>;

    /// The value of a challenge.
    fn query_challenge(cells: &mut Self::Cells<'_>, challenge: Self::Challenge)
    -> Self::Expression;

    /// What proving holds at once beside the parameters, in bytes, at least.
    fn proving_bytes(shape: &CircuitShape) -> u64;
}

/// A column in the types of a halo2 crate.
#[derive(Clone, Copy, Debug)]
pub enum GridColumn<A, F, I> {
    /// Advice.
    Advice(A),
    /// Fixed.
    Fixed(F),
    /// Instance.
    Instance(I),
}

/// A column of the halo2 crate `H`.
pub type Column<H> = GridColumn<<H as Halo2>::Advice, <H as Halo2>::Fixed, <H as Halo2>::Instance>;

impl<A, F, I> GridColumn<A, F, I> {
    /// The column without its kind in its type.
    pub fn any<T: From<A> + From<F> + From<I>>(self) -> T {
        match self {
            GridColumn::Advice(column) => column.into(),
            GridColumn::Fixed(column) => column.into(),
            GridColumn::Instance(column) => column.into(),
        }
    }
}

/// The columns that a circuit needs, those of tables aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnPlan {
    /// First column of each group, in the layout's numbering of columns.
    pub starts: Vec<u32>,
    /// All columns in the layout's order.
    pub columns: Vec<PlannedColumn>,
}

/// One column of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedColumn {
    /// Advice, fixed or instance.
    pub kind: ColumnKind,
    /// Phase, for advice.
    pub phase: u32,
    /// Whether the column takes part in copies.
    pub equality: bool,
}

impl PlannedColumn {
    /// Whether it is advice of a phase after the first.
    pub fn is_late(&self) -> bool {
        self.kind == ColumnKind::Advice && self.phase > 0
    }
}

impl ColumnPlan {
    /// The columns of a laid out circuit.
    pub fn new(layout: &Layout) -> ColumnPlan {
        let column = |column: &zkc_circuit::LayoutColumn| PlannedColumn {
            kind: column.kind,
            phase: column.phase,
            equality: column.equality,
        };
        ColumnPlan {
            starts: layout.group_starts.clone(),
            columns: layout.columns.iter().map(column).collect(),
        }
    }

    /// Number of columns of a kind.
    pub fn count(&self, kind: ColumnKind) -> usize {
        let of_kind = |column: &&PlannedColumn| column.kind == kind;
        self.columns.iter().filter(of_kind).count()
    }

    /// Number of columns that take part in copies.
    pub fn equality_columns(&self) -> usize {
        self.columns.iter().filter(|column| column.equality).count()
    }

    /// The number of the column that a query reads.
    fn position(&self, circuit: &Circuit, query: Query) -> Option<usize> {
        // Far rotations would overflow indices of halo2; no circuit needs them.
        if query.rotation.unsigned_abs() > MAX_ROTATION {
            return None;
        }
        let group = circuit.groups.get(query.group as usize)?;
        if query.column >= group.count {
            return None;
        }
        let start = self.starts.get(query.group as usize)?;
        Some(start.checked_add(query.column)? as usize)
    }
}

/// What synthesis needs of the configuration.
#[derive(Clone, Debug)]
pub struct Config<H: Halo2> {
    /// By column number of the layout.
    pub columns: Arc<[Column<H>]>,
    /// By table, then column of the table.
    pub tables: Arc<[Vec<H::TableColumn>]>,
    /// By number of the challenge.
    pub challenges: Arc<[H::Challenge]>,
}

/// Declares tables, equality, gates and lookups, after `columns`, which are those of `plan`, and `challenges`.
///
/// # Errors
/// A polynomial reads what is not there, or cannot be handed to halo2; a lookup does not fit its table.
pub fn configure<H: Halo2>(
    meta: &mut H::Meta,
    circuit: &Circuit,
    plan: &ColumnPlan,
    columns: Vec<Column<H>>,
    challenges: Vec<H::Challenge>,
) -> Result<Config<H>, Error> {
    // A table that only the witness program reads has no columns.
    let mut table_columns = |(table, looked_up): (&Table, bool)| -> Vec<H::TableColumn> {
        let columns = table.columns.iter().filter(|_| looked_up);
        columns.map(|_| H::declare_table_column(meta)).collect()
    };
    let tables = circuit.tables.iter().zip(circuit.looked_up());
    let tables: Arc<[Vec<H::TableColumn>]> = tables.map(&mut table_columns).collect();
    for (column, planned) in columns.iter().zip(&plan.columns) {
        if planned.equality {
            H::enable_equality(meta, column.any());
        }
    }
    let mut polynomials = Polynomials::<H> {
        circuit,
        plan,
        columns: &columns,
        challenges: &challenges,
        nodes: 0,
    };
    polynomials.gates(meta)?;
    polynomials.lookups(meta, &tables)?;
    Ok(Config {
        columns: columns.into(),
        tables,
        challenges: challenges.into(),
    })
}

/// The gates that halo2 knows, in its numbering: those that have constraints.
pub fn declared_gates(circuit: &Circuit) -> impl Iterator<Item = &Gate> {
    let gates = circuit.gates.iter();
    gates.filter(|gate| !gate.constraints.is_empty())
}

/// Turns the polynomials of a circuit into the halo2 crate's.
struct Polynomials<'a, H: Halo2> {
    circuit: &'a Circuit,
    plan: &'a ColumnPlan,
    columns: &'a [Column<H>],
    challenges: &'a [H::Challenge],
    /// Nodes of all polynomials so far.
    nodes: usize,
}

impl<H: Halo2> Polynomials<'_, H> {
    /// Declares the gates, one per gate of the description that has constraints, in its order.
    fn gates(&mut self, meta: &mut H::Meta) -> Result<(), Error> {
        for gate in declared_gates(self.circuit) {
            let mut failure = None;
            H::declare_gate(meta, |cells| {
                let polys = gate.constraints.iter().map(|constraint| {
                    let what =
                        || format!("constraint `{}` of gate `{}`", constraint.name, gate.name);
                    self.tree(cells, &constraint.poly, what)
                });
                polys
                    .collect::<Result<Vec<_>, _>>()
                    .unwrap_or_else(|error| {
                        failure = Some(error);
                        // The configuration is given up; halo2 only insists on a gate not being empty.
                        vec![H::constant(zkc_circuit::Field::zero())]
                    })
            });
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Declares the lookup arguments, one per lookup of the description and in its order.
    fn lookups(&mut self, meta: &mut H::Meta, tables: &[Vec<H::TableColumn>]) -> Result<(), Error> {
        for lookup in &self.circuit.lookups {
            let columns = tables.get(lookup.table.0 as usize);
            let columns = columns.filter(|columns| columns.len() == lookup.inputs.len());
            let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
                return Err(Error::Inconsistent {
                    what: format!(
                        "lookup `{}` does not have one input per column of its table",
                        lookup.name
                    ),
                });
            };
            let mut failure = None;
            H::declare_lookup(meta, |cells| {
                let inputs = lookup.inputs.iter().enumerate().map(|(i, input)| {
                    let what = || format!("input {i} of lookup `{}`", lookup.name);
                    self.tree(cells, input, what)
                });
                match inputs.collect::<Result<Vec<_>, _>>() {
                    Ok(inputs) => inputs.into_iter().zip(columns.iter().copied()).collect(),
                    Err(error) => {
                        failure = Some(error);
                        vec![]
                    }
                }
            });
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(())
    }

    /// The tree of one polynomial. `what` names it in errors.
    fn tree(
        &mut self,
        cells: &mut H::Cells<'_>,
        expr: &Expr,
        what: impl Fn() -> String,
    ) -> Result<H::Expression, Error> {
        let read = |leaf| self.read(cells, leaf);
        let (tree, count) = to_tree::<H>(expr, read).map_err(|source| Error::Polynomial {
            what: what(),
            source,
        })?;
        self.nodes += count;
        if self.nodes > MAX_CIRCUIT_NODES {
            let what = format!("the size of all polynomials together, at {},", what());
            let limit = MAX_CIRCUIT_NODES as u64;
            return Err(H::FLAVOUR.limit(what, self.nodes as u64, limit));
        }
        Ok(tree)
    }

    fn read(&self, cells: &mut H::Cells<'_>, leaf: Leaf) -> Result<H::Expression, ExprError> {
        match leaf {
            Leaf::Query(query) => {
                let position = self.plan.position(self.circuit, query);
                let column = position.and_then(|position| self.columns.get(position));
                let column = column.ok_or(ExprError::Query(query))?;
                let library = H::FLAVOUR.library;
                H::query(cells, *column, query.rotation)
                    .ok_or(ExprError::FixedRotation { query, library })
            }
            Leaf::Challenge(index) => {
                let challenge = self.challenges.get(index as usize);
                let challenge = challenge.ok_or(ExprError::Challenge(index))?;
                Ok(H::query_challenge(cells, *challenge))
            }
        }
    }
}

/// The degree to announce so that proofs are cheapest: at least `needed`.
///
/// A higher degree splits the quotient into more pieces, one commitment each, but lets one permutation product cover
/// `degree - 2` columns, each product being one commitment too. It costs nothing else as long as the extended domain stays
/// the same, which it does up to the next power of two plus one. The degree found is that of some constraint, so that no
/// piece of the quotient is 0.
pub fn best_degree(needed: usize, equality_columns: usize) -> usize {
    let needed = needed.max(3);
    let most = (needed - 1).next_power_of_two() + 1;
    let commitments = |degree: usize| degree - 1 + equality_columns.div_ceil(degree - 2);
    (needed..=most)
        .min_by_key(|degree| commitments(*degree))
        .unwrap_or(needed)
}

/// Gives every cell of a table: its column, row and value. halo2 repeats the first row in the rows below.
///
/// # Errors
/// Those of `assign`, which ends the run.
pub fn for_each_table_cell<C: Copy, E>(
    table: &Table,
    columns: &[C],
    mut assign: impl FnMut(C, usize, i128) -> Result<(), E>,
) -> Result<(), E> {
    for (values, column) in table.columns.iter().zip(columns) {
        for row in 0..values.len() {
            // Every row below the length has a value.
            assign(*column, row as usize, values.get(row).unwrap_or(0))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_degree_is_used_where_it_is_free() {
        // Without equality columns more pieces buy nothing.
        assert_eq!(best_degree(4, 0), 4);
        assert_eq!(best_degree(3, 0), 3);
        assert_eq!(best_degree(0, 40), 3);
        // 40 columns: 3 + 20 commitments at degree 4, 4 + 14 at degree 5; degree 6 would double the domain.
        assert_eq!(best_degree(4, 40), 5);
        assert_eq!(best_degree(5, 40), 5);
        // Degree 6 to 9 share a domain: 40 columns need 5 + 10, 6 + 8, 7 + 7 or 8 + 6.
        assert_eq!(best_degree(6, 40), 7);
        assert_eq!(best_degree(4, 2), 4);
    }

    #[test]
    fn a_raised_degree_is_reached() {
        for needed in 0..70 {
            for columns in 0..100 {
                let degree = best_degree(needed, columns);
                assert!(degree == needed.max(3) || columns >= degree - 2);
            }
        }
    }
}
