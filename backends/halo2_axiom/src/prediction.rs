//! What a proof will cost, told from the circuit alone.
//!
//! A proof is work of a few kinds: group elements added up, transforms, constraints evaluated, polynomials opened. How much
//! of each follows from the circuit, and [`Prepared::work`] counts it; how long a unit takes was measured once, by
//! `cargo bench -p zkc-halo2-axiom --bench calibrate`, on one thread of a machine that the book's page on speed names.
//! Threads and other machines make proofs faster, and field arithmetic without assembly makes them slower, so a prediction
//! is to be read beside a measurement on one thread, and its use is to compare circuits.
//!
//! Circuits with copies or with lookup arguments of halo2 are proven by another prover and have no prediction.

use std::collections::BTreeSet;

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::plonk::ConstraintSystem;
use zkc_circuit::{CellContents, Circuit, ColumnKind, GroupId, Layout, Query};

use zkc_backend::params_memory_bytes;

use crate::columns::configure;
use crate::prover::{Numerator, applies_to, argument_cost, sum_cost};
use crate::{Commitment, Prepared};

/// Bits of a scalar.
const SCALAR_BITS: u32 = 254;

/// Bits of a number that counts lookups.
const COUNT_BITS: u32 = 4;

/// Bytes that making keys holds of each cell of a fixed column.
const KEY_CELL_BYTES: u64 = 44;

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// A proof: what is done once.
    Proof,
    /// A multiplication in the field of coordinates, in sums of multiples of points.
    Sum,
    /// A multiplication in the field of scalars, with what is added: of a transform, of the constraints, or of an opening.
    Step,
    /// A row of a column that depends on challenges, which is computed.
    LateRow,
}

impl WorkKind {
    /// All kinds.
    pub const ALL: [WorkKind; 4] = [
        WorkKind::Proof,
        WorkKind::Sum,
        WorkKind::Step,
        WorkKind::LateRow,
    ];

    /// Processor seconds of one unit.
    pub fn seconds(self) -> f64 {
        match self {
            WorkKind::Proof => 6e-3,
            WorkKind::Sum => 2.05e-8,
            WorkKind::Step => 2.35e-8,
            WorkKind::LateRow => 4e-7,
        }
    }
}

/// What a proof is predicted to cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Processor seconds to make it, on one thread.
    pub prove_s: f64,
    /// The most memory that making keys needs at once, in bytes.
    pub keys_bytes: u64,
    /// The most memory that the key and making the proof need at once, in bytes.
    pub proof_bytes: u64,
}

fn rows(k: u32) -> f64 {
    (1u64 << k) as f64
}

/// Multiplications for a sum of multiples of some points.
fn sum(points: f64, bits: u32) -> f64 {
    sum_cost(points as u64, bits) as f64
}

impl Prepared {
    /// How much work of each kind a proof takes; `None` for circuits that `halo2-axiom`'s own prover proves.
    pub fn work(&self, commitment: Commitment) -> Option<[(WorkKind, f64); WorkKind::ALL.len()]> {
        let numerator = self.numerator()?;
        let shape = self.shape();
        let n = rows(shape.k);
        let late = shape.late_advice_columns as f64;
        let early = shape.advice_columns as f64;
        let pieces = shape.degree.saturating_sub(1) as f64;
        let hidden = early + late + shape.instance_columns as f64;

        let blinding = rows(shape.k) - f64::from(shape.usable_rows);
        let small = small_sums(self.circuit(), self.layout()) + early * sum(blinding, SCALAR_BITS);
        // Quotient and two for the opening.
        let late_full = late - empty_helpers(self.circuit(), self.layout());
        let mut sums = small + (late_full + pieces + 2.0) * sum(n, SCALAR_BITS);
        if commitment == Commitment::Ipa {
            sums += argument_cost(shape.k) as f64;
        }
        // To coefficients and to each part of the domain; the quotient comes back.
        let mixed = numerator.mixed.len() as f64;
        let transforms = (hidden + mixed) * (1.0 + pieces) + pieces + 2.0;
        let filled = self.filled();
        let all: f64 = filled.iter().sum();
        let mixes = numerator.mixed.iter().flatten();
        let mixes: f64 = mixes.map(|(column, _)| filled[*column]).sum();
        let butterflies = transforms * n / 2.0 * f64::from(shape.k);
        let operations = numerator.operations() as f64 * n * pieces;
        // Fixed cells are evaluated and opened, other columns evaluated at one or two points and opened.
        let opened = mixes + 2.0 * all + 2.5 * hidden * n;
        let amount = |kind| match kind {
            WorkKind::Proof => 1.0,
            WorkKind::Sum => sums,
            WorkKind::Step => butterflies + operations + opened,
            WorkKind::LateRow => late * n,
        };
        Some(WorkKind::ALL.map(|kind| (kind, amount(kind))))
    }

    /// The constraints with some challenges.
    fn numerator(&self) -> Option<Numerator> {
        let mut meta = ConstraintSystem::default();
        configure(&mut meta, &self.outline).ok()?;
        if !applies_to(&meta) {
            return None;
        }
        // Any numbers that are not related in a simple way.
        let challenge = |i: u64| Fr::from((i + 3).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let challenges: Vec<Fr> = (0..meta.num_challenges() as u64).map(challenge).collect();
        Some(Numerator::new(
            &meta,
            &challenges,
            Fr::from(0x1234_5678_9abc_def1),
        ))
    }

    /// How many cells of each fixed column are not zero.
    fn filled(&self) -> Vec<f64> {
        let columns = self.layout().columns.iter();
        let columns = columns.filter(|column| column.kind == ColumnKind::Fixed);
        let filled = columns.map(|column| match &column.contents {
            CellContents::Fixed(values) => values.iter().filter(|value| *value != 0).count() as f64,
            CellContents::Elements(_) => 0.0,
        });
        filled.collect()
    }

    /// Predicts what a proof will cost; `None` for circuits that `halo2-axiom`'s own prover proves.
    pub fn predict(&self, commitment: Commitment) -> Option<Prediction> {
        let work = self.work(commitment)?;
        let shape = self.shape();
        // The points of the parameters are held twice: as halo2-axiom has them, and to be added up.
        let points = params_memory_bytes(shape.k);
        let fixed = (shape.fixed_columns as u64) << shape.k;
        let seconds = work.map(|(kind, amount)| kind.seconds() * amount);
        Some(Prediction {
            prove_s: seconds.iter().sum(),
            keys_bytes: 2 * points + KEY_CELL_BYTES * fixed,
            proof_bytes: points + shape.memory_bytes(),
        })
    }
}

/// Multiplications for commitments to the values of the first phase.
fn small_sums(circuit: &Circuit, layout: &Layout) -> f64 {
    let n = rows(circuit.k);
    let each = |bits: u32| sum(n, bits) / n;
    let mut total = 0.0;
    for placement in &circuit.placements {
        let group = &circuit.groups[placement.group.0 as usize];
        if group.kind != ColumnKind::Advice || group.phase > 0 {
            continue;
        }
        let Some(instruction) = circuit.instruction(placement.register) else {
            continue;
        };
        let extents = placement.domain.iter().map(|extent| *extent as f64);
        let cells: f64 = extents.product();
        let greatest = instruction
            .hi
            .unsigned_abs()
            .max(instruction.lo.unsigned_abs());
        total += cells * each(128 - greatest.leading_zeros());
    }
    let counting = circuit.counting_columns().count() as f64;
    total + counting * f64::from(layout.usable_rows) * each(COUNT_BITS)
}

/// How many columns' worth of cells sums of fractions leave at zero: a sum is zero on rows where nothing is looked up.
fn empty_helpers(circuit: &Circuit, layout: &Layout) -> f64 {
    let counting: BTreeSet<(GroupId, u32)> = circuit.counting_columns().collect();
    let terms = circuit.multiplicities.iter().flat_map(|info| &info.terms);
    let selectors: BTreeSet<Query> = terms.flat_map(|term| term.selector.queries()).collect();
    let helpers = circuit.derived.iter().filter(|d| d.rotation == 0);
    let empty = helpers.map(|derived| {
        let queries = circuit.defining(derived).map(|c| c.poly.queries());
        let queries = queries.unwrap_or_default();
        if queries
            .iter()
            .any(|q| counting.contains(&(GroupId(q.group), q.column)))
        {
            return 0.0;
        }
        let own: Vec<&Query> = queries.iter().filter(|q| selectors.contains(q)).collect();
        if own.is_empty() {
            0.0
        } else {
            1.0 - share(&own, layout)
        }
    });
    empty.sum()
}

/// The share of rows on which one of some fixed columns is not zero.
fn share(queries: &[&Query], layout: &Layout) -> f64 {
    let mut selected = BTreeSet::new();
    for query in queries {
        let column = layout.column_of(GroupId(query.group), query.column);
        match &layout.columns[column as usize].contents {
            CellContents::Fixed(values) => {
                let rows = values.iter().enumerate().filter(|(_, value)| *value != 0);
                selected.extend(rows.map(|(row, _)| row));
            }
            CellContents::Elements(_) => return 1.0,
        }
    }
    selected.len() as f64 / rows(layout.k)
}

#[cfg(test)]
mod tests {
    use zkc_backend_testing::samples::small_layer;

    use super::*;
    use crate::prover::tests::squares;

    #[test]
    fn more_rows_and_ipa_cost_more() {
        let predict = |k: u32, commitment| {
            let prepared = Prepared::try_new(squares(k)).unwrap();
            prepared.predict(commitment).unwrap()
        };
        for commitment in Commitment::ALL {
            let (less, more) = (predict(6, commitment), predict(8, commitment));
            assert!(more.prove_s > less.prove_s && more.prove_s < 8.0 * less.prove_s);
            assert!(more.keys_bytes > 3 * less.keys_bytes);
            assert!(more.proof_bytes > 3 * less.proof_bytes);
        }
        let [kzg, ipa] = [Commitment::Kzg, Commitment::Ipa].map(|system| predict(6, system));
        assert!(ipa.prove_s > kzg.prove_s);
        assert_eq!(ipa.keys_bytes, kzg.keys_bytes);
    }

    #[test]
    fn copies_and_lookup_arguments_have_no_prediction() {
        let prepared = Prepared::try_new(small_layer()).unwrap();
        assert_eq!(prepared.predict(Commitment::Ipa), None);
    }
}
