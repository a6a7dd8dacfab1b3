//! From the description's column groups to halo2's columns, and everything else that is settled before keys are made.
//!
//! [`Prepared`] checks a circuit against what this backend can do, lays it out, and keeps both together; keys, proofs
//! and the mock prover start from it.

use std::cell::RefCell;
use std::sync::Arc;

use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::ConstraintSystem;
use zkc_backend::{
    CircuitShape, ColumnPlan, Digest, Error, GridColumn, LaidOut, Measured, PublicLayout,
    best_degree,
};
use zkc_circuit::{Circuit, ColumnKind, Grid, Layout, Registers};

use crate::capabilities::check_capabilities;
use crate::system::{FLAVOUR, Halo2Proofs};

/// A circuit that this backend can prove, laid out on its grid.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) laid_out: LaidOut,
    pub(crate) public: PublicLayout,
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
        let public = PublicLayout::try_new(&laid_out.circuit, &laid_out.layout)?;
        let mut meta = ConstraintSystem::default();
        configure(&mut meta, &laid_out)?;
        let shape = shape(&laid_out, &meta)?;
        FLAVOUR.check_memory(shape.key_memory_bytes())?;
        Ok(Arc::new(Prepared {
            laid_out,
            public,
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

    /// Puts the values of an evaluation of this circuit into their cells.
    ///
    /// `registers` must come from evaluating this circuit; see [`Layout::assign`].
    pub fn assign(&self, registers: &Registers) -> Grid {
        self.layout().assign(registers)
    }
}

/// What synthesis needs of the configuration.
pub(crate) type Columns = zkc_backend::Config<Halo2Proofs>;

/// Declares columns, equality, gates, lookups and the degree, in this order and each in the order of the description,
/// so that the same description always gives the same verifying key.
pub(crate) fn configure(
    meta: &mut ConstraintSystem<Fp>,
    laid_out: &LaidOut,
) -> Result<Columns, Error> {
    let plan = ColumnPlan::new(&laid_out.layout);
    let columns = plan.columns.iter().map(|column| match column.kind {
        ColumnKind::Advice => GridColumn::Advice(meta.advice_column()),
        ColumnKind::Fixed => GridColumn::Fixed(meta.fixed_column()),
        ColumnKind::Instance => GridColumn::Instance(meta.instance_column()),
    });
    let columns = columns.collect();
    let config = zkc_backend::configure(meta, &laid_out.circuit, &plan, columns, vec![])?;
    meta.set_minimum_degree(best_degree(meta.degree(), plan.equality_columns()));
    Ok(config)
}

/// The dimensions of what was configured, checked against the rows there are.
fn shape(laid_out: &LaidOut, meta: &ConstraintSystem<Fp>) -> Result<CircuitShape, Error> {
    let LaidOut {
        circuit, layout, ..
    } = laid_out;
    let plan = ColumnPlan::new(layout);
    let measured = Measured {
        usable_rows: layout.usable_rows,
        equality_columns: plan.equality_columns(),
        degree: meta.degree(),
    };
    let shape = CircuitShape::try_new::<Halo2Proofs>(circuit, &plan, measured)?;
    let rows = 1usize << circuit.k;
    let usable = rows.saturating_sub(meta.blinding_factors() + 1) as u64;
    let used = u64::from(layout.usable_rows);
    if rows < meta.minimum_rows() || usable < used {
        return Err(FLAVOUR.limit("rows that hold values", used, usable));
    }
    // The crate fills the rows behind a table from the first of them, which must be usable as well.
    let mut tables = circuit.tables.iter().zip(circuit.looked_up());
    let too_long = tables.find(|(table, looked_up)| *looked_up && table.rows() >= usable);
    match too_long {
        Some((table, _)) => {
            let what = format!("rows of table `{}`", table.name);
            Err(FLAVOUR.limit(what, table.rows(), usable - 1))
        }
        None => Ok(shape),
    }
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
