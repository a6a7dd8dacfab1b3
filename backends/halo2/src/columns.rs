//! From the description's column groups to halo2's columns, and everything else that is settled before keys are made.
//!
//! [`Prepared`] checks a circuit against what this backend can do, lays it out, and keeps both together; keys, proofs
//! and the mock prover start from it.

use std::cell::RefCell;
use std::sync::Arc;

use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::{
    Advice, Any, Column, ConstraintSystem, Expression, Fixed, Instance, TableColumn, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use zkc_circuit::structure::check_structure;
use zkc_circuit::{Circuit, ColumnKind, Grid, Layout, Query, Registers, expand};

use crate::capabilities::check_capabilities;
use crate::error::Error;
use crate::gates::{self, to_halo2};
use crate::keys::Digest;
use crate::lookups;
use crate::measure::check_memory;
use crate::params::Params;
use crate::public::PublicLayout;

/// Bytes of a field element.
const FIELD_BYTES: u64 = 32;

/// The most nodes all polynomials of a circuit may have together.
const MAX_CIRCUIT_NODES: usize = 1 << 20;

/// Numbers that proving time, proof size and memory follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitShape {
    /// Base-2 logarithm of the number of rows.
    pub k: u32,
    /// Rows that may hold values.
    pub usable_rows: u32,
    /// Advice columns.
    pub advice_columns: usize,
    /// Fixed columns; columns of tables count as such.
    pub fixed_columns: usize,
    /// Instance columns.
    pub instance_columns: usize,
    /// Columns that take part in copy constraints.
    pub equality_columns: usize,
    /// Lookup arguments.
    pub lookups: usize,
    /// Constraints of all gates.
    pub constraints: usize,
    /// The degree that the quotient is split by: the largest degree of any constraint, lookup or permutation, raised
    /// where that saves more permutation products than it costs quotient pieces.
    pub degree: usize,
    /// Base-2 logarithm of the size of the domain on which constraints are evaluated.
    pub extended_k: u32,
}

impl CircuitShape {
    /// Bytes that proving holds at once, at least.
    ///
    /// Counts the parameters, two copies of the values on the extended domain of every column and permutation, and what
    /// `halo2_proofs` keeps of every polynomial on the rows; measured peaks are about a fifth higher.
    pub fn memory_bytes(&self) -> u64 {
        let columns = self.advice_columns + self.fixed_columns + self.instance_columns;
        let products = self
            .equality_columns
            .div_ceil(self.degree.saturating_sub(2).max(1));
        let on_rows = 3 * columns + 2 * self.equality_columns + 2 * products + 6 * self.lookups;
        let extended = 2 * (columns + self.equality_columns) + products + 3 * self.lookups;
        let bytes = |polynomials: usize, k: u32| (FIELD_BYTES << k) * polynomials as u64;
        Params::memory_bytes(self.k)
            .saturating_add(bytes(on_rows, self.k))
            .saturating_add(bytes(extended, self.extended_k))
    }

    /// Bytes that making a verifying key holds at once, at least.
    ///
    /// Per row, `halo2_proofs` keeps 104 bytes of a fixed column (as a fraction, then as a number) and 72 of an equality
    /// column (the cycles of equal cells, and the numbers that name cells).
    pub fn key_memory_bytes(&self) -> u64 {
        let per_row = 104 * self.fixed_columns as u64 + 72 * self.equality_columns as u64;
        Params::memory_bytes(self.k).saturating_add(per_row << self.k)
    }
}

/// A circuit that this backend can prove, laid out on its grid.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) circuit: Circuit,
    pub(crate) layout: Layout,
    pub(crate) public: PublicLayout,
    pub(crate) digest: Digest,
    shape: CircuitShape,
}

impl Prepared {
    /// Checks and lays out a circuit.
    ///
    /// # Errors
    /// Says what the circuit uses that this backend lacks, what is inconsistent in it, or which limit of this machine
    /// or backend it exceeds.
    pub fn try_new(circuit: Circuit) -> Result<Arc<Prepared>, Error> {
        check_capabilities(&circuit)?;
        let errors = check_structure(&circuit);
        if !errors.is_empty() {
            return Err(Error::Invalid(errors));
        }
        let layout = expand(&circuit)?;
        let public = PublicLayout::try_new(&circuit, &layout)?;
        let mut meta = ConstraintSystem::default();
        configure(&mut meta, &circuit, &layout)?;
        let shape = shape(&circuit, &layout, &meta)?;
        check_memory(shape.key_memory_bytes())?;
        Ok(Arc::new(Prepared {
            digest: Digest(circuit.digest()),
            circuit,
            layout,
            public,
            shape,
        }))
    }

    /// The circuit.
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// Where its values stand.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Its dimensions.
    pub fn shape(&self) -> &CircuitShape {
        &self.shape
    }

    /// Puts the values of an evaluation of this circuit into their cells.
    ///
    /// `registers` must come from evaluating this circuit; see [`Layout::assign`].
    pub fn assign(&self, registers: &Registers) -> Grid {
        self.layout.assign(registers)
    }

    /// Refuses a grid that cannot be one of this circuit.
    pub(crate) fn check_grid(&self, grid: &Grid) -> Result<(), Error> {
        let rows = self.layout.usable_rows as usize;
        let fits = grid.values.len() == self.layout.columns.len()
            && grid.values.iter().all(|values| values.len() <= rows);
        if fits {
            Ok(())
        } else {
            Err(Error::Inconsistent {
                what: "the values were laid out for another circuit".into(),
            })
        }
    }
}

/// One column of the layout, as halo2 knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum GridColumn {
    Advice(Column<Advice>),
    Fixed(Column<Fixed>),
    Instance(Column<Instance>),
}

impl GridColumn {
    fn any(self) -> Column<Any> {
        match self {
            GridColumn::Advice(column) => column.into(),
            GridColumn::Fixed(column) => column.into(),
            GridColumn::Instance(column) => column.into(),
        }
    }
}

/// What synthesis needs of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// By column number of the layout.
    pub(crate) columns: Arc<[GridColumn]>,
    /// By table, then column of the table.
    pub(crate) tables: Arc<[Vec<TableColumn>]>,
    /// The circuit that was configured.
    pub(crate) prepared: Option<Arc<Prepared>>,
}

/// Declares columns, equality, gates, lookups and the degree, in this order and each in the order of the description,
/// so that the same description always gives the same verifying key.
pub(crate) fn configure(
    meta: &mut ConstraintSystem<Fp>,
    circuit: &Circuit,
    layout: &Layout,
) -> Result<Config, Error> {
    let columns: Arc<[GridColumn]> = layout
        .columns
        .iter()
        .map(|column| match column.kind {
            ColumnKind::Advice => GridColumn::Advice(meta.advice_column()),
            ColumnKind::Fixed => GridColumn::Fixed(meta.fixed_column()),
            ColumnKind::Instance => GridColumn::Instance(meta.instance_column()),
        })
        .collect();
    let tables: Arc<[Vec<TableColumn>]> = circuit
        .tables
        .iter()
        .map(|table| {
            table
                .columns
                .iter()
                .map(|_| meta.lookup_table_column())
                .collect()
        })
        .collect();
    for (column, laid_out) in columns.iter().zip(&layout.columns) {
        if laid_out.equality {
            meta.enable_equality(column.any());
        }
    }
    let mut nodes = 0;
    let cells = Cells {
        circuit,
        layout,
        columns: &columns,
    };
    gates::configure(meta, circuit, &cells, &mut nodes)?;
    lookups::configure(meta, circuit, &cells, &tables, &mut nodes)?;
    let equality_columns = layout.columns.iter().filter(|c| c.equality).count();
    meta.set_minimum_degree(best_degree(meta.degree(), equality_columns));
    Ok(Config {
        columns,
        tables,
        prepared: None,
    })
}

/// Turns queries of the description into halo2's.
pub(crate) struct Cells<'a> {
    circuit: &'a Circuit,
    layout: &'a Layout,
    columns: &'a [GridColumn],
}

impl Cells<'_> {
    /// The tree of one polynomial. `what` names it in errors; `nodes` counts the nodes of the whole circuit.
    pub(crate) fn tree(
        &self,
        meta: &mut VirtualCells<'_, Fp>,
        expr: &zkc_circuit::Expr,
        what: impl Fn() -> String,
        nodes: &mut usize,
    ) -> Result<Expression<Fp>, Error> {
        let (tree, count) = to_halo2(expr, |query| self.query(meta, query)).map_err(|source| {
            Error::Polynomial {
                what: what(),
                source,
            }
        })?;
        *nodes += count;
        if *nodes > MAX_CIRCUIT_NODES {
            return Err(Error::Limit {
                what: format!("the size of all polynomials together, at {},", what()),
                found: *nodes as u64,
                limit: MAX_CIRCUIT_NODES as u64,
            });
        }
        Ok(tree)
    }

    fn query(
        &self,
        meta: &mut VirtualCells<'_, Fp>,
        query: Query,
    ) -> Result<Expression<Fp>, gates::ExprError> {
        let missing = gates::ExprError::Query(query);
        let group = self.circuit.groups.get(query.group as usize);
        if group.is_none_or(|group| query.column >= group.count) {
            return Err(missing);
        }
        let start = self.layout.group_starts.get(query.group as usize);
        let column = start
            .and_then(|start| start.checked_add(query.column))
            .and_then(|index| self.columns.get(index as usize))
            .ok_or(missing)?;
        match *column {
            GridColumn::Advice(column) => Ok(meta.query_advice(column, Rotation(query.rotation))),
            GridColumn::Instance(column) => {
                Ok(meta.query_instance(column, Rotation(query.rotation)))
            }
            GridColumn::Fixed(column) if query.rotation == 0 => Ok(meta.query_fixed(column)),
            GridColumn::Fixed(_) => Err(gates::ExprError::FixedRotation(query)),
        }
    }
}

/// The degree to announce so that proofs are cheapest: at least `needed`.
///
/// A higher degree splits the quotient into more pieces, one commitment each, but lets one permutation product cover
/// `degree - 2` columns, each product being one commitment too. It costs nothing else as long as the extended domain stays
/// the same, which it does up to the next power of two plus one.
fn best_degree(needed: usize, equality_columns: usize) -> usize {
    let needed = needed.max(3);
    let most = (needed - 1).next_power_of_two() + 1;
    let commitments = |degree: usize| degree - 1 + equality_columns.div_ceil(degree - 2);
    (needed..=most)
        .min_by_key(|degree| commitments(*degree))
        .unwrap_or(needed)
}

fn shape(
    circuit: &Circuit,
    layout: &Layout,
    meta: &ConstraintSystem<Fp>,
) -> Result<CircuitShape, Error> {
    let count = |kind| layout.columns.iter().filter(|c| c.kind == kind).count();
    let table_columns: usize = circuit.tables.iter().map(|table| table.columns.len()).sum();
    let degree = meta.degree();
    let extended_k = circuit.k + (degree - 1).next_power_of_two().ilog2();
    // The field has roots of unity of order 2^32, no higher.
    if extended_k > 32 {
        return Err(Error::Limit {
            what: "k plus the base-2 logarithm of the degree".into(),
            found: extended_k.into(),
            limit: 32,
        });
    }
    let usable = (1usize << circuit.k).saturating_sub(meta.blinding_factors() + 1);
    let used = layout.usable_rows as usize;
    if (1 << circuit.k) < meta.minimum_rows() || usable < used {
        return Err(Error::Limit {
            what: "rows that hold values".into(),
            found: used as u64,
            limit: usable as u64,
        });
    }
    for table in &circuit.tables {
        // The crate fills the rows behind a table from the first of them, which must be usable as well.
        if table.rows() >= usable as u64 {
            return Err(Error::Limit {
                what: format!("rows of table `{}`", table.name),
                found: table.rows(),
                limit: usable as u64 - 1,
            });
        }
    }
    Ok(CircuitShape {
        k: circuit.k,
        usable_rows: layout.usable_rows,
        advice_columns: count(ColumnKind::Advice),
        fixed_columns: count(ColumnKind::Fixed) + table_columns,
        instance_columns: count(ColumnKind::Instance),
        equality_columns: layout.columns.iter().filter(|c| c.equality).count(),
        lookups: circuit.lookups.len(),
        constraints: circuit.gates.iter().map(|g| g.constraints.len()).sum(),
        degree,
        extended_k,
    })
}

thread_local! {
    /// The circuit to configure. halo2's `configure` is a function without arguments that runs on the thread that
    /// makes keys or a proof.
    static CURRENT: RefCell<Option<Arc<Prepared>>> = const { RefCell::new(None) };
}

/// Runs `work` with `prepared` as the circuit that [`current`] gives on this thread.
///
/// Calls may nest: a pool thread that waits inside `work` may take up other work, and gets its own circuit back after.
pub(crate) fn with_current<R>(prepared: &Arc<Prepared>, work: impl FnOnce() -> R) -> R {
    struct Restore(Option<Arc<Prepared>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _restore = Restore(CURRENT.replace(Some(prepared.clone())));
    work()
}

/// The circuit to configure on this thread.
pub(crate) fn current() -> Arc<Prepared> {
    CURRENT
        .with_borrow(Clone::clone)
        .expect("keys, proofs and mock runs are made inside `with_current`")
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
}
