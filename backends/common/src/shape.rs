//! The dimensions of a circuit, and what follows from them.

use zkc_circuit::{Circuit, ColumnKind};

use crate::configure::{ColumnPlan, Halo2};
use crate::error::Error;
use crate::params::params_memory_bytes;

/// Numbers that proving time, proof size and memory follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitShape {
    /// Base-2 logarithm of the number of rows.
    pub k: u32,
    /// Rows that may hold values.
    pub usable_rows: u32,
    /// Advice columns of the first phase.
    pub advice_columns: usize,
    /// Advice columns of later phases, which depend on challenges.
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
    /// What proving holds at once beside the parameters, in bytes.
    proving_bytes: u64,
}

/// What only the configured halo2 crate knows.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Rows that may hold values.
    pub usable_rows: u32,
    /// Columns that take part in copy constraints.
    pub equality_columns: usize,
    /// The degree that the quotient is split by.
    pub degree: usize,
}

impl CircuitShape {
    /// The dimensions of what was configured.
    ///
    /// # Errors
    /// The field has no domain that is large enough to evaluate the constraints on.
    pub fn try_new<H: Halo2>(
        circuit: &Circuit,
        plan: &ColumnPlan,
        measured: Measured,
    ) -> Result<CircuitShape, Error> {
        let Measured {
            usable_rows,
            equality_columns,
            degree,
        } = measured;
        let extended_k = circuit.k + degree.saturating_sub(1).next_power_of_two().ilog2();
        if extended_k > H::TWO_ADICITY {
            let what = "k plus the base-2 logarithm of the degree";
            let limit = H::TWO_ADICITY.into();
            return Err(H::FLAVOUR.limit(what, extended_k.into(), limit));
        }
        let tables = circuit.tables.iter().zip(circuit.looked_up());
        let tables = tables.filter(|(_, looked_up)| *looked_up);
        let table_columns: usize = tables.map(|(table, _)| table.columns.len()).sum();
        let late = plan.columns.iter().filter(|column| column.is_late());
        let late = late.count();
        let mut shape = CircuitShape {
            k: circuit.k,
            usable_rows,
            advice_columns: plan.count(ColumnKind::Advice) - late,
            late_advice_columns: late,
            challenges: circuit.challenges.len(),
            fixed_columns: plan.count(ColumnKind::Fixed) + table_columns,
            instance_columns: plan.count(ColumnKind::Instance),
            equality_columns,
            lookups: circuit.lookups.len(),
            constraints: circuit.gates.iter().map(|g| g.constraints.len()).sum(),
            degree,
            extended_k,
            proving_bytes: 0,
        };
        shape.proving_bytes = H::proving_bytes(&shape);
        Ok(shape)
    }

    /// Products of the permutation argument: each covers `degree - 2` columns.
    pub fn permutation_products(&self) -> usize {
        let columns = self.degree.saturating_sub(2).max(1);
        self.equality_columns.div_ceil(columns)
    }

    /// Bytes that proving holds at once, at least: the parameters, and what the backend counts. Measured peaks are about a
    /// fifth higher.
    pub fn memory_bytes(&self) -> u64 {
        params_memory_bytes(self.k).saturating_add(self.proving_bytes)
    }

    /// Bytes that making a verifying key holds at once, at least.
    ///
    /// Per row, the halo2 crates keep 104 bytes of a fixed column (as a fraction, then as a number) and 72 of an equality
    /// column (the cycles of equal cells, and the numbers that name cells).
    pub fn key_memory_bytes(&self) -> u64 {
        let per_row = 104 * self.fixed_columns as u64 + 72 * self.equality_columns as u64;
        params_memory_bytes(self.k).saturating_add(per_row << self.k)
    }
}
