//! From the outline's column groups to halo2's columns, and everything else that is settled before keys are made.
//!
//! [`Prepared`] checks a circuit against what this backend can do, lays it out, and keeps both together; keys and proofs
//! start from it.

use std::sync::Arc;

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::plonk::{Advice, Column, ConstraintSystem, Expression, FirstPhase, SecondPhase};
use zkc_backend::{CircuitShape, Digest, Error, GridColumn, LaidOut, Measured, best_degree};
use zkc_circuit::{Circuit, ColumnKind, Grid, Layout, Registers};

use crate::capabilities::check_capabilities;
use crate::outline::Outline;
use crate::system::{FIELD_BYTES, FLAVOUR, Halo2Axiom};

/// Bytes that verifying holds at once, at least: four field elements per root of unity of the extended domain.
pub(crate) fn verifier_memory_bytes(shape: &CircuitShape) -> u64 {
    (4 * FIELD_BYTES) << shape.extended_k
}

/// A circuit that this backend can prove, laid out on its grid.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) laid_out: LaidOut,
    pub(crate) outline: Arc<Outline>,
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
        let laid_out = LaidOut::try_new(circuit)?;
        let outline = Outline::try_new(&laid_out.circuit, &laid_out.layout)?;
        let mut meta = ConstraintSystem::default();
        configure(&mut meta, &outline)?;
        let shape = shape(&outline, &meta)?;
        check_rows(&laid_out, &shape)?;
        FLAVOUR.check_memory(shape.key_memory_bytes())?;
        Ok(Arc::new(Prepared {
            laid_out,
            outline: Arc::new(outline),
            shape,
        }))
    }

    /// The circuit.
    pub fn circuit(&self) -> &Circuit {
        &self.laid_out.circuit
    }

    /// Where its values stand.
    pub fn layout(&self) -> &Layout {
        &self.laid_out.layout
    }

    /// Its dimensions.
    pub fn shape(&self) -> &CircuitShape {
        &self.shape
    }

    /// Of the encoded circuit.
    pub(crate) fn digest(&self) -> Digest {
        self.laid_out.digest
    }

    /// Puts the values of an evaluation of this circuit into their cells, and counts lookups where columns do that.
    ///
    /// `registers` must come from evaluating this circuit; see [`Layout::assign`] and [`Layout::complete`].
    ///
    /// # Errors
    /// [`Error::Multiplicity`] if a value that is looked up is not in its table.
    pub fn assign(&self, registers: &Registers) -> Result<Grid, Error> {
        let grid = self.layout().assign(registers);
        Ok(self.layout().complete(self.circuit(), grid)?)
    }
}

/// What synthesis needs of the configuration.
pub(crate) type Config = zkc_backend::Config<Halo2Axiom>;

/// Declares columns, challenges, equality, gates, lookups and the degree, in this order and each in the order of the
/// description, so that the same description always gives the same verifying key.
///
/// Advice of the first phase is declared before that of the second, as halo2 wants it.
pub(crate) fn configure(
    meta: &mut ConstraintSystem<Fr>,
    outline: &Outline,
) -> Result<Config, Error> {
    let plan = &outline.plan;
    let advice = || {
        let columns = plan.columns.iter();
        columns.filter(|column| column.kind == ColumnKind::Advice)
    };
    let early: Vec<Column<Advice>> = advice()
        .filter(|column| !column.is_late())
        .map(|_| meta.advice_column_in(FirstPhase))
        .collect();
    let late: Vec<Column<Advice>> = advice()
        .filter(|column| column.is_late())
        .map(|_| meta.advice_column_in(SecondPhase))
        .collect();
    let first = early.first().copied();
    let (mut early, mut late) = (early.into_iter(), late.into_iter());
    let columns = plan.columns.iter().map(|column| match column.kind {
        ColumnKind::Fixed => GridColumn::Fixed(meta.fixed_column()),
        ColumnKind::Instance => GridColumn::Instance(meta.instance_column()),
        ColumnKind::Advice => {
            let declared = if column.is_late() {
                late.next()
            } else {
                early.next()
            };
            GridColumn::Advice(declared.expect("as many were declared"))
        }
    });
    let columns = columns.collect();
    let circuit = &outline.circuit;
    let challenges = circuit.challenges.iter().map(|c| match c.after_phase {
        0 => meta.challenge_usable_after(FirstPhase),
        _ => meta.challenge_usable_after(SecondPhase),
    });
    let challenges = challenges.collect();
    let config = zkc_backend::configure(meta, circuit, plan, columns, challenges)?;
    let mut equality_columns = plan.equality_columns();
    if let Some(first) = first.filter(|_| equality_columns == 0 && polynomial_degree(meta) < 3) {
        // halo2 splits the quotient for degree 3 at least. Without any constraint of that degree the last piece would
        // be 0, which KZG has no commitment for. A permutation of one column has degree 3 and says nothing.
        meta.enable_equality(first);
        equality_columns = 1;
    }
    // halo2-axiom takes all degrees above 5 for 5 unless told.
    meta.set_minimum_degree(best_degree(polynomial_degree(meta), equality_columns));
    Ok(config)
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

/// The dimensions of what was configured, checked against the limits of the field.
pub(crate) fn shape(outline: &Outline, meta: &ConstraintSystem<Fr>) -> Result<CircuitShape, Error> {
    let circuit = &outline.circuit;
    let rows = 1usize << circuit.k;
    let blinding = meta.blinding_factors() + 1;
    let measured = Measured {
        usable_rows: rows.saturating_sub(blinding) as u32,
        equality_columns: meta.permutation().get_columns().len(),
        degree: meta.degree(),
    };
    let shape = CircuitShape::try_new::<Halo2Axiom>(circuit, &outline.plan, measured)?;
    if rows < meta.minimum_rows() || rows <= blinding {
        let (found, limit) = (blinding as u64, rows as u64);
        return Err(FLAVOUR.limit("rows that blind a proof", found, limit));
    }
    Ok(shape)
}

/// Refuses values and tables that need more rows than there are; halo2-axiom does not check.
fn check_rows(laid_out: &LaidOut, shape: &CircuitShape) -> Result<(), Error> {
    let LaidOut {
        circuit, layout, ..
    } = laid_out;
    if shape.usable_rows < layout.usable_rows {
        let (found, limit) = (layout.usable_rows.into(), shape.usable_rows.into());
        return Err(FLAVOUR.limit("rows that hold values", found, limit));
    }
    for (table, looked_up) in circuit.tables.iter().zip(circuit.looked_up()) {
        if looked_up && table.rows() > u64::from(shape.usable_rows) {
            let what = format!("rows of table `{}`", table.name);
            return Err(FLAVOUR.limit(what, table.rows(), shape.usable_rows.into()));
        }
    }
    Ok(())
}
