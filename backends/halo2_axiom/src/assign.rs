//! Synthesis: handing cells and copies to halo2.
//!
//! All cells stand in one region with absolute rows, so that no floor planner decides anything. The order is tables,
//! columns as the layout numbers them, rows downwards, then copies in the layout's order.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use halo2_axiom::circuit::{self, Layouter, Region, SimpleFloorPlanner, Value};
use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::plonk::{self, Advice, Circuit, Column, ConstraintSystem};
use zkc_backend::{GridColumn, for_each_table_cell};
use zkc_circuit::{Cell, CellContents, DeriveError, Grid, derive};

use crate::columns::{Config, Prepared, configure};
use crate::field::{Scalar, to_field};
use crate::outline::Outline;

/// What halo2 is to be told of a circuit.
#[derive(Clone, Copy)]
pub(crate) struct Synthesis<'a> {
    prepared: &'a Prepared,
    /// For a proof; none for keys.
    witness: Option<Witness<'a>>,
}

/// The values for a proof.
#[derive(Clone, Copy)]
struct Witness<'a> {
    grid: &'a Grid,
    /// What is added to cells of the second phase, by a prover who cheats.
    added: &'a BTreeMap<Cell, i128>,
    /// Why the columns of the second phase could not be computed: halo2-axiom panics on errors in synthesis.
    failure: &'a OnceLock<DeriveError>,
}

impl<'a> Synthesis<'a> {
    /// Fixed columns, tables and copies.
    pub(crate) fn keys(prepared: &'a Prepared) -> Synthesis<'a> {
        Synthesis {
            prepared,
            witness: None,
        }
    }

    /// Advice only: the proving key has the rest. If `failure` is set afterwards, the proof is worthless.
    ///
    /// `added` is added to cells of the second phase once they are computed; an honest prover adds nothing.
    pub(crate) fn proof(
        prepared: &'a Prepared,
        grid: &'a Grid,
        added: &'a BTreeMap<Cell, i128>,
        failure: &'a OnceLock<DeriveError>,
    ) -> Synthesis<'a> {
        Synthesis {
            prepared,
            witness: Some(Witness {
                grid,
                added,
                failure,
            }),
        }
    }
}

/// The outline to configure; halo2 insists on a default, which is none.
pub(crate) type OutlineParam = Option<Arc<Outline>>;

impl Circuit<Fr> for Synthesis<'_> {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = OutlineParam;

    fn without_witnesses(&self) -> Self {
        Synthesis::keys(self.prepared)
    }

    fn params(&self) -> OutlineParam {
        Some(self.prepared.outline.clone())
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, outline: OutlineParam) -> Config {
        let outline = outline.expect("`params` always gives an outline");
        configure(meta, &outline)
            .expect("a prepared circuit has been configured once without an error")
    }

    fn configure(_: &mut ConstraintSystem<Fr>) -> Config {
        unreachable!("halo2-axiom calls `configure_with_params`")
    }

    fn synthesize(
        &self,
        config: Config,
        mut layouter: impl Layouter<Fr>,
    ) -> Result<(), plonk::Error> {
        match &self.witness {
            None => self.keygen(&config, &mut layouter),
            Some(witness) => layouter.assign_region(
                || "",
                |mut region| {
                    self.assign_first(&config, &mut region, witness.grid);
                    if self.prepared.shape().late_advice_columns > 0 {
                        // Commits the first phase, after which its challenges are known.
                        region.next_phase();
                        self.assign_second(&config, &mut region, witness);
                    }
                    Ok(())
                },
            ),
        }
    }
}

impl Synthesis<'_> {
    /// Fixed cells, tables and copies.
    fn keygen(
        &self,
        config: &Config,
        layouter: &mut impl Layouter<Fr>,
    ) -> Result<(), plonk::Error> {
        let layout = self.prepared.layout();
        self.assign_tables(config, layouter)?;
        let cell = |cell: &Cell| circuit::Cell {
            row_offset: cell.row as usize,
            column: config.columns[cell.column as usize].any(),
        };
        layouter.assign_region(
            || "",
            |mut region| {
                for (column, laid_out) in config.columns.iter().zip(&layout.columns) {
                    let (GridColumn::Fixed(column), CellContents::Fixed(values)) =
                        (column, &laid_out.contents)
                    else {
                        continue;
                    };
                    for (row, value) in values.iter().enumerate().filter(|(_, v)| *v != 0) {
                        region.assign_fixed(*column, row, to_field(value));
                    }
                }
                for (home, copy) in &layout.copies {
                    region.constrain_equal(cell(home), cell(copy));
                }
                Ok(())
            },
        )
    }

    /// Fills the columns of all tables.
    fn assign_tables(
        &self,
        config: &Config,
        layouter: &mut impl Layouter<Fr>,
    ) -> Result<(), plonk::Error> {
        let tables = self.prepared.circuit().tables.iter();
        let tables = tables.zip(&*config.tables);
        for (table, columns) in tables.filter(|(_, columns)| !columns.is_empty()) {
            layouter.assign_table(
                || "table",
                |mut cells| {
                    for_each_table_cell(table, columns, |column, row, value| {
                        cells.assign_cell(|| "", column, row, || Value::known(to_field(value)))
                    })
                },
            )?;
        }
        Ok(())
    }

    /// Assigns the advice columns of the first phase.
    ///
    /// A cell that is 0 is left out, as halo2 takes it for 0 anyway.
    fn assign_first(&self, config: &Config, region: &mut Region<'_, Fr>, grid: &Grid) {
        for (index, values) in grid.values.iter().enumerate() {
            let Some(column) = self.advice(config, index, 0) else {
                continue;
            };
            for (row, value) in values.iter().enumerate().filter(|(_, v)| *v != 0) {
                region.assign_advice(column, row, Value::known(to_field(value)));
            }
        }
    }

    /// Computes and assigns the advice columns of the second phase.
    fn assign_second(&self, config: &Config, region: &mut Region<'_, Fr>, witness: &Witness<'_>) {
        // Challenges drawn after the second phase are not known yet, and nothing here depends on them.
        let challenge = |challenge| {
            let mut value = Fr::ZERO;
            region.get_challenge(challenge).map(|known| value = known);
            Scalar(value)
        };
        let challenges: Vec<Scalar> = config.challenges.iter().copied().map(challenge).collect();
        let (circuit, layout) = (self.prepared.circuit(), self.prepared.layout());
        let derived = match derive(circuit, layout, witness.grid, &challenges, 1) {
            Ok(derived) => derived,
            Err(error) => {
                // Only the first error is told.
                let _ = witness.failure.set(error);
                return;
            }
        };
        for (index, values) in derived {
            let Some(column) = self.advice(config, index as usize, 1) else {
                continue;
            };
            for (row, value) in (0..).zip(values) {
                let cell = Cell { column: index, row };
                let added = witness.added.get(&cell).copied().unwrap_or(0);
                let value = value.0 + to_field(added);
                if value != Fr::ZERO {
                    region.assign_advice(column, row as usize, Value::known(value));
                }
            }
        }
    }

    /// The advice column with this number in the layout, if it is one of the phase: halo2-axiom silently loses what is
    /// assigned to a column of an earlier phase, and commits what is assigned to one of a later phase too early to be bound.
    fn advice(&self, config: &Config, index: usize, phase: u32) -> Option<Column<Advice>> {
        match config.columns[index] {
            GridColumn::Advice(column) => {
                let of_phase = self.prepared.layout().columns[index].phase == phase;
                of_phase.then_some(column)
            }
            GridColumn::Fixed(_) | GridColumn::Instance(_) => None,
        }
    }
}
