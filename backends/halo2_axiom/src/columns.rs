//! From the outline's column groups to halo2's columns, and everything else that is settled before keys are made.
//!
//! [`Prepared`] checks a circuit against what this backend can do, lays it out, and keeps both together; keys and proofs
//! start from it.

use std::sync::Arc;

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::PrimeField;
use halo2_axiom::plonk::{
    Advice, Any, Challenge, Column, ConstraintSystem, Expression, FirstPhase, Fixed, Instance,
    SecondPhase, TableColumn, VirtualCells,
};
use halo2_axiom::poly::Rotation;
use zkc_circuit::structure::check_structure;
use zkc_circuit::{Circuit, ColumnKind, Grid, Layout, Query, Registers, expand};
use zkc_halo2::Digest;

use crate::capabilities::check_capabilities;
use crate::error::Error;
use crate::gates::{self, ExprError, Leaf, to_halo2};
use crate::lookups;
use crate::memory::check_memory;
use crate::outline::Outline;
use crate::params::Params;

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
    /// Advice columns of the first phase.
    pub advice_columns: usize,
    /// Advice columns of the second phase, which depend on challenges.
    pub late_advice_columns: usize,
    /// Challenges.
    pub challenges: usize,
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
    /// Counts the parameters, the proving key, the polynomials of a proof, and what opening them all takes: about three
    /// copies of each. Measured peaks are up to a fifth higher.
    pub fn memory_bytes(&self) -> u64 {
        let advice = self.advice_columns + self.late_advice_columns;
        let products = self
            .equality_columns
            .div_ceil(self.degree.saturating_sub(2).max(1));
        let key = 2 * self.fixed_columns + 2 * self.equality_columns + 3;
        let proof = advice + self.instance_columns + products + 3 * self.lookups;
        let opened = proof + self.fixed_columns + self.equality_columns + self.degree;
        let polynomials = (key + proof + 3 * opened) as u64;
        Params::memory_bytes(self.k).saturating_add((polynomials * FIELD_BYTES) << self.k)
    }

    /// Bytes that making a verifying key holds at once, at least.
    ///
    /// Per row, `halo2-axiom` keeps 104 bytes of a fixed column (as a fraction, then as a number) and 72 of an equality
    /// column (the cycles of equal cells, and the numbers that name cells).
    pub fn key_memory_bytes(&self) -> u64 {
        let per_row = 104 * self.fixed_columns as u64 + 72 * self.equality_columns as u64;
        Params::memory_bytes(self.k).saturating_add(per_row << self.k)
    }

    /// Bytes that verifying holds at once, at least: roots of unity of the extended domain.
    pub(crate) fn verifier_memory_bytes(&self) -> u64 {
        (4 * FIELD_BYTES) << self.extended_k
    }
}

/// A circuit that this backend can prove, laid out on its grid.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) circuit: Circuit,
    pub(crate) layout: Layout,
    pub(crate) outline: Arc<Outline>,
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
        let outline = Outline::try_new(&circuit, &layout)?;
        let mut meta = ConstraintSystem::default();
        configure(&mut meta, &outline)?;
        let shape = shape(&outline, &meta)?;
        check_rows(&circuit, &layout, &shape)?;
        check_memory(shape.key_memory_bytes())?;
        Ok(Arc::new(Prepared {
            digest: Digest(circuit.digest()),
            circuit,
            layout,
            outline: Arc::new(outline),
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

    /// Puts the values of an evaluation of this circuit into their cells, and counts lookups where columns do that.
    ///
    /// `registers` must come from evaluating this circuit; see [`Layout::assign`] and [`Layout::complete`].
    ///
    /// # Errors
    /// [`Error::Multiplicity`] if a value that is looked up is not in its table.
    pub fn assign(&self, registers: &Registers) -> Result<Grid, Error> {
        let grid = self.layout.assign(registers);
        Ok(self.layout.complete(&self.circuit, grid)?)
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
    pub(crate) fn any(self) -> Column<Any> {
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
    /// By number of the challenge.
    pub(crate) challenges: Arc<[Challenge]>,
}

/// Declares columns, challenges, equality, gates, lookups and the degree, in this order and each in the order of the
/// description, so that the same description always gives the same verifying key.
///
/// Advice of the first phase is declared before that of the second, as halo2 wants it.
pub(crate) fn configure(
    meta: &mut ConstraintSystem<Fr>,
    outline: &Outline,
) -> Result<Config, Error> {
    let declare = |phase: u32, meta: &mut ConstraintSystem<Fr>| -> Vec<Column<Advice>> {
        let of_phase = outline
            .columns
            .iter()
            .filter(|c| c.kind == ColumnKind::Advice && c.phase == phase);
        of_phase
            .map(|_| match phase {
                0 => meta.advice_column_in(FirstPhase),
                _ => meta.advice_column_in(SecondPhase),
            })
            .collect()
    };
    let early = declare(0, meta);
    let late = declare(1, meta);
    let first = early.first().copied();
    let (mut early, mut late) = (early.into_iter(), late.into_iter());
    let mut columns = Vec::with_capacity(outline.columns.len());
    for column in &outline.columns {
        columns.push(match column.kind {
            ColumnKind::Fixed => GridColumn::Fixed(meta.fixed_column()),
            ColumnKind::Instance => GridColumn::Instance(meta.instance_column()),
            ColumnKind::Advice => {
                let declared = if column.phase == 0 {
                    early.next()
                } else {
                    late.next()
                };
                GridColumn::Advice(declared.expect("advice columns are of phase 0 or 1"))
            }
        });
    }
    let columns: Arc<[GridColumn]> = columns.into();
    let circuit = &outline.circuit;
    let tables: Arc<[Vec<TableColumn>]> = circuit
        .tables
        .iter()
        .zip(circuit.looked_up())
        .map(|(table, looked_up)| {
            // A table that only the witness program reads has no columns.
            let columns = table.columns.iter().filter(|_| looked_up);
            columns.map(|_| meta.lookup_table_column()).collect()
        })
        .collect();
    let challenges: Arc<[Challenge]> = circuit
        .challenges
        .iter()
        .map(|challenge| match challenge.after_phase {
            0 => meta.challenge_usable_after(FirstPhase),
            _ => meta.challenge_usable_after(SecondPhase),
        })
        .collect();
    for (column, outlined) in columns.iter().zip(&outline.columns) {
        if outlined.equality {
            meta.enable_equality(column.any());
        }
    }
    let mut nodes = 0;
    let cells = Cells {
        outline,
        columns: &columns,
        challenges: &challenges,
    };
    gates::configure(meta, circuit, &cells, &mut nodes)?;
    lookups::configure(meta, circuit, &cells, &tables, &mut nodes)?;
    let mut equality_columns = outline.columns.iter().filter(|c| c.equality).count();
    if let Some(first) = first.filter(|_| equality_columns == 0 && polynomial_degree(meta) < 3) {
        // halo2 splits the quotient for degree 3 at least. Without any constraint of that degree the last piece would
        // be 0, which KZG has no commitment for. A permutation of one column has degree 3 and says nothing.
        meta.enable_equality(first);
        equality_columns = 1;
    }
    // halo2-axiom takes all degrees above 5 for 5 unless told.
    meta.set_minimum_degree(best_degree(polynomial_degree(meta), equality_columns));
    Ok(Config {
        columns,
        tables,
        challenges,
    })
}

/// The largest degree of gates and lookup arguments.
fn polynomial_degree(meta: &ConstraintSystem<Fr>) -> usize {
    let gates = meta.gates().iter().flat_map(|gate| gate.polynomials());
    let gates = gates.map(Expression::degree).max().unwrap_or(0);
    let degree = |side: &[Expression<Fr>]| side.iter().map(Expression::degree).max();
    let lookup = |argument: &halo2_axiom::plonk::ConstraintSystem<Fr>| {
        let arguments = argument.lookups().iter();
        arguments
            .map(|l| {
                let input = degree(l.input_expressions()).unwrap_or(1).max(1);
                let table = degree(l.table_expressions()).unwrap_or(1).max(1);
                2 + input + table
            })
            .max()
    };
    gates.max(lookup(meta).unwrap_or(0))
}

/// Turns what the description reads into halo2's queries.
pub(crate) struct Cells<'a> {
    outline: &'a Outline,
    columns: &'a [GridColumn],
    challenges: &'a [Challenge],
}

impl Cells<'_> {
    /// The tree of one polynomial. `what` names it in errors; `nodes` counts the nodes of the whole circuit.
    pub(crate) fn tree(
        &self,
        meta: &mut VirtualCells<'_, Fr>,
        expr: &zkc_circuit::Expr,
        what: impl Fn() -> String,
        nodes: &mut usize,
    ) -> Result<Expression<Fr>, Error> {
        let read = |leaf| match leaf {
            Leaf::Query(query) => self.query(meta, query),
            Leaf::Challenge(index) => {
                let challenge = self.challenges.get(index as usize);
                let challenge = challenge.ok_or(ExprError::Challenge(index))?;
                Ok(meta.query_challenge(*challenge))
            }
        };
        let (tree, count) = to_halo2(expr, read).map_err(|source| Error::Polynomial {
            what: what(),
            source,
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
        meta: &mut VirtualCells<'_, Fr>,
        query: Query,
    ) -> Result<Expression<Fr>, ExprError> {
        let missing = ExprError::Query(query);
        // Far rotations would overflow indices of halo2; no circuit needs them.
        if query.rotation.unsigned_abs() > zkc_circuit::limits::MAX_ROTATION {
            return Err(missing);
        }
        let group = self.outline.circuit.groups.get(query.group as usize);
        if group.is_none_or(|group| query.column >= group.count) {
            return Err(missing);
        }
        let start = self.outline.starts.get(query.group as usize);
        let column = start
            .and_then(|start| start.checked_add(query.column))
            .and_then(|index| self.columns.get(index as usize))
            .ok_or(missing)?;
        let rotation = Rotation(query.rotation);
        Ok(match *column {
            GridColumn::Advice(column) => meta.query_advice(column, rotation),
            GridColumn::Instance(column) => meta.query_instance(column, rotation),
            GridColumn::Fixed(column) => meta.query_fixed(column, rotation),
        })
    }
}

/// The degree to announce so that proofs are cheapest: at least `needed`.
///
/// A higher degree splits the quotient into more pieces, one commitment each, but lets one permutation product cover
/// `degree - 2` columns, each product being one commitment too. It costs nothing else as long as the extended domain stays
/// the same, which it does up to the next power of two plus one. The degree found is that of some constraint, so that no
/// piece of the quotient is 0.
fn best_degree(needed: usize, equality_columns: usize) -> usize {
    let needed = needed.max(3);
    let most = (needed - 1).next_power_of_two() + 1;
    let commitments = |degree: usize| degree - 1 + equality_columns.div_ceil(degree - 2);
    (needed..=most)
        .min_by_key(|degree| commitments(*degree))
        .unwrap_or(needed)
}

/// The dimensions of what was configured, checked against the limits of the field.
pub(crate) fn shape(outline: &Outline, meta: &ConstraintSystem<Fr>) -> Result<CircuitShape, Error> {
    let k = outline.circuit.k;
    let degree = meta.degree();
    let extended_k = k + (degree - 1).next_power_of_two().ilog2();
    // The field has roots of unity of order 2^28, no higher.
    if extended_k > Fr::S {
        return Err(Error::Limit {
            what: "k plus the base-2 logarithm of the degree".into(),
            found: extended_k.into(),
            limit: Fr::S.into(),
        });
    }
    let rows = 1usize << k;
    let blinding = meta.blinding_factors() + 1;
    if rows < meta.minimum_rows() || rows <= blinding {
        return Err(Error::Limit {
            what: "rows that blind a proof".into(),
            found: blinding as u64,
            limit: rows as u64,
        });
    }
    let advice = outline.columns.iter();
    let late = advice
        .filter(|c| c.kind == ColumnKind::Advice && c.phase > 0)
        .count();
    let gates = outline.circuit.gates.iter();
    Ok(CircuitShape {
        k,
        usable_rows: (rows - blinding) as u32,
        advice_columns: outline.count(ColumnKind::Advice) - late,
        late_advice_columns: late,
        challenges: outline.circuit.challenges.len(),
        fixed_columns: outline.fixed_columns(),
        instance_columns: outline.count(ColumnKind::Instance),
        equality_columns: meta.permutation().get_columns().len(),
        lookups: outline.circuit.lookups.len(),
        constraints: gates.map(|gate| gate.constraints.len()).sum(),
        degree,
        extended_k,
    })
}

/// Refuses values and tables that need more rows than there are; halo2-axiom does not check.
fn check_rows(circuit: &Circuit, layout: &Layout, shape: &CircuitShape) -> Result<(), Error> {
    if shape.usable_rows < layout.usable_rows {
        return Err(Error::Limit {
            what: "rows that hold values".into(),
            found: layout.usable_rows.into(),
            limit: shape.usable_rows.into(),
        });
    }
    for (table, looked_up) in circuit.tables.iter().zip(circuit.looked_up()) {
        if looked_up && table.rows() > u64::from(shape.usable_rows) {
            return Err(Error::Limit {
                what: format!("rows of table `{}`", table.name),
                found: table.rows(),
                limit: shape.usable_rows.into(),
            });
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
