//! The schedule: columns that say how monomials and coefficients go on from row to row.

use super::{
    super::builder::{Builder, Result},
    bands::{Band, Laid},
    gates::{Jump, Move, steps},
    schedule::Addend,
    units::{Kind, Unit},
};
use std::collections::BTreeSet;
use zkc_support::{AffineExpr, AffineMap};

/// Columns of the schedule, row by row.
#[derive(Default)]
pub(super) struct Schedule {
    pub(super) rows: Vec<Vec<i64>>,
    pub(super) moves: Vec<Move>,
    pub(super) jumps: Vec<Jump>,
    pub(super) addends: Vec<Addend>,
}

impl Schedule {
    pub(super) fn new(rows: i64) -> Self {
        Self {
            rows: vec![Vec::new(); rows as usize],
            ..Self::default()
        }
    }

    pub(super) fn set(&mut self, row: i64, column: i64) {
        self.rows[row as usize].push(column);
    }

    /// The column of a move, which is added on first use.
    fn step(&mut self, row: i64, step: Move) {
        let i = self.moves.iter().position(|m| *m == step);
        let i = i.unwrap_or_else(|| {
            self.moves.push(step);
            self.moves.len() - 1
        });
        self.set(row, steps::REST + i as i64);
    }

    /// The jumps of the base from line to line: on each row, how it goes on to the next.
    pub(super) fn bases(&mut self, laid: &Laid, bands: &[Band]) {
        let mut all = Vec::new();
        for (coefficients, band) in laid.analysis.coefficients.iter().zip(bands) {
            let Some(coefficients) = coefficients else {
                continue;
            };
            let mut last = None;
            for group in 0..band.lines.groups() {
                let Some(base) = coefficients.base_of(&band.lines, group) else {
                    break;
                };
                // Lanes and addend of a row stand on the row above, and so does their base.
                let row = band.first + group * band.period - 2;
                match last {
                    Some(above) if above == base => {}
                    Some(above) if above < base => all.push((row, Jump::By(base - above))),
                    _ => all.push((row, Jump::To(base))),
                }
                last = Some(base);
            }
        }
        // It is determined from the start to the last row with a unit.
        if let Some((row, jump)) = all.first().copied() {
            if row > 0 {
                all.insert(0, (0, jump));
            }
            all.push((self.rows.len() as i64 - 1, Jump::End));
        }
        let kinds: BTreeSet<Jump> = all.iter().map(|(_, jump)| *jump).collect();
        self.jumps = kinds.into_iter().collect();
        let first = steps::REST + self.moves.len() as i64;
        for (row, jump) in all {
            // The list has every jump.
            let i = self.jumps.binary_search(&jump).unwrap_or(0);
            self.set(row, first + i as i64);
        }
    }
}

impl Builder<'_> {
    /// Columns of a schedule: from one on, as many.
    pub(super) fn place_schedule(
        &mut self,
        group: &str,
        schedule: &Schedule,
        (first, width): (i64, i64),
    ) -> Result<()> {
        let location = self.program.location;
        let rows = schedule.rows.len();
        let mut values = vec![0i128; rows * width as usize];
        for (row, columns) in schedule.rows.iter().enumerate() {
            for column in columns {
                values[row * width as usize + (column - first) as usize] = 1;
            }
        }
        let domain = [rows as i64, width];
        let table = self.constant(&domain, &values, location)?;
        let at = (AffineExpr::Dim(1), AffineExpr::Dim(0));
        let read = AffineMap::identity(2).results;
        self.place(table, group, &domain, read, at, location);
        Ok(())
    }
}

/// The monomial of each row with an operand, from row to row.
pub(super) fn monomials(unit: &Unit, band: &Band, schedule: &mut Schedule) {
    if unit.operands.is_empty() {
        return;
    }
    // A public value is multiplied with the monomial one row below.
    let below = i64::from(unit.kind == Kind::Public);
    let rows = (0..band.lines.groups()).flat_map(|group| {
        let elements = band.order.iter().zip(&band.at);
        elements.map(move |(position, at)| {
            let row = band.first + group * band.period + at + below;
            let line = band.lines.number(group, 0);
            let [_, line, position] = band.apart.place(0, &band.lines, line, *position);
            (row, (line, position))
        })
    });
    monomial_steps(rows, schedule);
}

/// Steps of a monomial that has some exponents of `omega` and `rho` on some rows, which ascend.
pub(super) fn monomial_steps(
    rows: impl IntoIterator<Item = (i64, (i64, i64))>,
    schedule: &mut Schedule,
) {
    let mut above: Option<(i64, (i64, i64))> = None;
    for (row, (omega, rho)) in rows {
        match above {
            None => schedule.set(row - 1, steps::START),
            Some((last, exponents)) => {
                for kept in last..row - 1 {
                    schedule.step(kept, (0, 0));
                }
                schedule.step(row - 1, (omega - exponents.0, rho - exponents.1));
            }
        }
        above = Some((row, (omega, rho)));
    }
}
