//! What a proof will cost, told from the circuit alone.
//!
//! A proof is work of a few kinds: group elements added up, transforms, polynomials opened, constraints evaluated. How much
//! of each follows from the circuit's dimensions, and [`Prepared::work`] counts it; how long a unit takes was measured once,
//! by `cargo bench -p zkc-halo2-axiom --bench calibrate`, on one thread of a machine that the book's page on speed names.
//! Threads, other machines and field arithmetic in assembly make proofs faster, so a prediction is to be read beside a
//! measurement on one thread, and its use is to compare circuits.

use zkc_circuit::{
    CellContents, Circuit, ColumnKind, Expr, ExprBuilder, ExprId, ExprNode, GroupId, Layout,
};

use zkc_backend::params_memory_bytes;

use crate::system::FIELD_BYTES;
use crate::{Commitment, Prepared};

/// Bits of a scalar.
const SCALAR_BITS: f64 = 254.0;

/// What a commitment to small values takes for each of them beside their bits, in bits: up to 2^12 rows, and from there on,
/// where another algorithm adds up.
const SMALL_BITS: [f64; 2] = [4.0, 35.0];

/// Seconds of a commitment to 2^k values of full size, divided by 2^k, in nanoseconds, for k from 4 on.
const COMMITTED_NS: [f64; 11] = [
    36950.0, 27300.0, 22150.0, 19480.0, 16310.0, 14200.0, 13150.0, 11480.0, 10400.0, 7020.0, 6520.0,
];

/// Bits of a number that counts lookups.
const COUNT_BITS: f64 = 4.0;

/// Bytes that making keys takes for each cell of a fixed column: as a fraction, as a number, as coefficients.
const KEY_CELL_BYTES: f64 = 160.0;

/// Copies of each fixed column, and of each of the others, that a proof holds at once, as numbers of 32 bytes.
const PROOF_COPIES: [f64; 2] = [3.6, 2.5];

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkKind {
    /// A proof: what is done once.
    Proof,
    /// A commitment, in seconds that a sum over group elements with scalars of full size takes.
    Commitment,
    /// A transform between coefficients and values: what is done once for each.
    Transform,
    /// A transform's share of one row, for each bit of the number of rows.
    TransformRow,
    /// A row of a polynomial that is opened.
    OpenedRow,
    /// A product or a sum, on one row of the domain on which constraints are evaluated.
    Operation,
    /// A row of a column of the first phase, which is read and handed over.
    ValueRow,
    /// A row of a column that depends on challenges, which is computed and handed over.
    LateRow,
    /// A row of the generators that commitment `ipa` folds.
    FoldedRow,
}

impl WorkKind {
    /// All kinds.
    pub const ALL: [WorkKind; 9] = [
        WorkKind::Proof,
        WorkKind::Commitment,
        WorkKind::Transform,
        WorkKind::TransformRow,
        WorkKind::OpenedRow,
        WorkKind::Operation,
        WorkKind::ValueRow,
        WorkKind::LateRow,
        WorkKind::FoldedRow,
    ];

    /// Processor seconds of one unit.
    pub fn seconds(self) -> f64 {
        match self {
            WorkKind::Proof => 2.4e-3,
            WorkKind::Commitment => 1.0,
            WorkKind::Transform => 1.2e-4,
            WorkKind::TransformRow => 3.4e-8,
            WorkKind::OpenedRow => 1.3e-7,
            WorkKind::Operation => 3.8e-8,
            WorkKind::ValueRow => 1.3e-6,
            WorkKind::LateRow => 3e-7,
            WorkKind::FoldedRow => 1.6e-4,
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

/// Nanoseconds for each row of a commitment to 2^k values of full size.
fn committed_ns(k: u32) -> f64 {
    let index = (k.saturating_sub(4) as usize).min(COMMITTED_NS.len() - 1);
    COMMITTED_NS[index]
}

/// Seconds of a commitment to 2^k values of full size.
fn commitment_s(k: u32) -> f64 {
    committed_ns(k) * 1e-9 * rows(k)
}

fn rows(k: u32) -> f64 {
    (1u64 << k) as f64
}

impl Prepared {
    /// How much work of each kind a proof takes.
    pub fn work(&self, commitment: Commitment) -> [(WorkKind, f64); WorkKind::ALL.len()] {
        let shape = self.shape();
        let n = rows(shape.k);
        let products = shape.permutation_products() as f64;
        let lookups = shape.lookups as f64;
        let late = shape.late_advice_columns as f64;
        let pieces = shape.degree.saturating_sub(1) as f64;
        let parts = rows(shape.extended_k - shape.k);
        let (fixed, proven) = self.polynomials();

        let small = small_bits(self.circuit(), self.layout()) / (SCALAR_BITS * n);
        // Quotient, blinding and two for the opening.
        let late_full = late - empty_helpers(self.circuit(), self.layout());
        let full = late_full + products + 3.0 * lookups + pieces + 3.0;
        let mut committed = (small + full) * commitment_s(shape.k);
        let mut folded = 0.0;
        if commitment == Commitment::Ipa {
            // Two sums over each half.
            committed += (0..shape.k).map(|k| 2.0 * commitment_s(k)).sum::<f64>();
            folded = n;
        }
        // To coefficients and to each part of the extended domain; the quotient comes back.
        let transforms = proven * (1.0 + parts) + (fixed + 3.0) * parts + parts;
        let opened = fixed + proven + pieces;
        let operations = operations(self.circuit()) + 8.0 * shape.equality_columns as f64;
        let amount = |kind| match kind {
            WorkKind::Proof => 1.0,
            WorkKind::Commitment => committed,
            WorkKind::Transform => transforms,
            WorkKind::TransformRow => transforms * n * f64::from(shape.k),
            WorkKind::OpenedRow => opened * n,
            WorkKind::Operation => operations * n * parts,
            WorkKind::ValueRow => shape.advice_columns as f64 * n,
            WorkKind::LateRow => late * n,
            WorkKind::FoldedRow => folded,
        };
        WorkKind::ALL.map(|kind| (kind, amount(kind)))
    }

    /// Polynomials of the key, and those that a proof commits to but for the quotient.
    fn polynomials(&self) -> (f64, f64) {
        let shape = self.shape();
        let fixed = shape.fixed_columns + shape.equality_columns;
        let advice = shape.advice_columns + shape.late_advice_columns + shape.instance_columns;
        let proven = advice + shape.permutation_products() + 3 * shape.lookups;
        (fixed as f64, proven as f64)
    }

    /// Predicts what a proof will cost.
    pub fn predict(&self, commitment: Commitment) -> Prediction {
        let n = rows(self.shape().k);
        let (fixed, proven) = self.polynomials();
        let params = params_memory_bytes(self.shape().k);
        let keys = fixed * KEY_CELL_BYTES * n;
        let [fixed_copies, other_copies] = PROOF_COPIES;
        let proof = (fixed_copies * fixed + other_copies * proven) * FIELD_BYTES as f64 * n;
        let seconds = self.work(commitment);
        let seconds = seconds.map(|(kind, amount)| kind.seconds() * amount);
        Prediction {
            prove_s: seconds.iter().sum(),
            keys_bytes: params + keys as u64,
            proof_bytes: params + proof as u64,
        }
    }
}

/// What commitments to the columns of the first phase add up, in bits of scalars.
fn small_bits(circuit: &Circuit, layout: &Layout) -> f64 {
    let own = SMALL_BITS[usize::from(circuit.k > 12)];
    let mut sum = 0.0;
    for placement in &circuit.placements {
        let group = &circuit.groups[placement.group.0 as usize];
        if group.kind != ColumnKind::Advice || group.phase > 0 {
            continue;
        }
        let Some(instruction) = circuit.instruction(placement.register) else {
            continue;
        };
        let cells: f64 = placement
            .domain
            .iter()
            .map(|extent| *extent as f64)
            .product();
        let greatest = instruction.hi.max(1).unsigned_abs();
        let bits = f64::from(128 - greatest.leading_zeros());
        // Negative values are large numbers modulo the prime.
        let bits = if instruction.lo < 0 {
            (bits + SCALAR_BITS) / 2.0
        } else {
            bits
        };
        sum += cells * (bits + own);
    }
    let counting = circuit.counting_columns().count() as f64;
    sum + counting * f64::from(layout.usable_rows) * (COUNT_BITS + own)
}

/// How many columns' worth of cells sums of fractions leave at zero: a helper column is zero on rows where nothing is looked
/// up.
fn empty_helpers(circuit: &Circuit, layout: &Layout) -> f64 {
    let helpers = circuit.derived.iter();
    let helpers = helpers.filter(|derived| derived.rotation == 0).count() as f64;
    let terms = circuit.multiplicities.iter().flat_map(|info| &info.terms);
    let selected: f64 = terms.map(|term| share(&term.selector, layout)).sum();
    (helpers - selected).max(0.0)
}

/// The share of rows on which a selector is not zero.
fn share(selector: &Expr, layout: &Layout) -> f64 {
    let [ExprNode::Query(query)] = &selector.nodes[..] else {
        return 1.0;
    };
    let column = layout.column_of(GroupId(query.group), query.column);
    match &layout.columns[column as usize].contents {
        CellContents::Fixed(values) => {
            let selected = values.iter().filter(|value| *value != 0).count();
            selected as f64 / rows(layout.k)
        }
        CellContents::Elements(_) => 1.0,
    }
}

/// Sums and products that evaluating all constraints takes on a row; equal ones are computed once.
fn operations(circuit: &Circuit) -> f64 {
    let mut builder = ExprBuilder::new();
    let mut operations = 0usize;
    let mut known = 0;
    let constraints = circuit.gates.iter().flat_map(|gate| &gate.constraints);
    let lookups = circuit.lookups.iter().flat_map(|lookup| &lookup.inputs);
    let polys = constraints
        .map(|constraint| &constraint.poly)
        .chain(lookups);
    for poly in polys {
        // The combination of constraints.
        operations += 2;
        let mut places: Vec<ExprId> = Vec::with_capacity(poly.nodes.len());
        for node in &poly.nodes {
            let at = |id: &ExprId| places.get(id.0 as usize).copied().unwrap_or(*id);
            let (moved, cost) = match node {
                ExprNode::Neg(child) => (ExprNode::Neg(at(child)), 1),
                ExprNode::Sum(children) => (
                    ExprNode::Sum(children.iter().map(at).collect()),
                    children.len().saturating_sub(1),
                ),
                ExprNode::Product(children) => (
                    ExprNode::Product(children.iter().map(at).collect()),
                    children.len().saturating_sub(1),
                ),
                ExprNode::Query(query) => (ExprNode::Query(*query), 1),
                leaf => (leaf.clone(), 0),
            };
            let id = builder.node(moved);
            if id.0 >= known {
                known = id.0 + 1;
                operations += cost;
            }
            places.push(id);
        }
    }
    operations as f64
}

#[cfg(test)]
mod tests {
    use zkc_backend_testing::samples::small_layer;

    use super::*;

    #[test]
    fn more_rows_and_ipa_cost_more() {
        let predict = |k: u32, commitment| {
            let mut circuit = small_layer();
            circuit.k = k;
            let prepared = Prepared::try_new(circuit).unwrap();
            prepared.predict(commitment)
        };
        let k = small_layer().k;
        for commitment in Commitment::ALL {
            let (less, more) = (predict(k, commitment), predict(k + 2, commitment));
            assert!(more.prove_s > less.prove_s && more.prove_s < 8.0 * less.prove_s);
            assert!(more.keys_bytes > 3 * less.keys_bytes);
            assert!(more.proof_bytes > 3 * less.proof_bytes);
        }
        let [kzg, ipa] = [Commitment::Kzg, Commitment::Ipa].map(|system| predict(k, system));
        assert!(ipa.prove_s > kzg.prove_s);
        assert_eq!(ipa.keys_bytes, kzg.keys_bytes);
    }

    #[test]
    fn commitments_to_more_values_take_longer() {
        let mut before = 0.0;
        for k in 0..24 {
            assert!(commitment_s(k) > before, "{k}");
            before = commitment_s(k);
        }
    }
}
