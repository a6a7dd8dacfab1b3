//! Which strips are cheapest: how many, with how many lanes, on how many rows.

use super::{
    super::{Failure, Target, lower},
    Plan,
    columns::{Needs, kinds, needs, order, reached, widths},
    contraction::{contractions, pairs},
    units::Kind,
};
use std::collections::BTreeSet;
use zkc_support::{Constants, Graph};

/// A layout with its price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) plan: Plan,
    /// Proving time in microseconds.
    pub(crate) price: i64,
    columns: i64,
}

impl Candidate {
    /// The smaller, the better; the same everywhere.
    pub(crate) fn key(&self) -> (i64, i64, i64, i64, i64) {
        let Plan {
            k,
            limb_bits,
            lanes,
            ..
        } = self.plan;
        (self.price, k, self.columns, limb_bits, lanes)
    }
}

/// Lanes and strips tried.
const LANES: [i64; 16] = [
    1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512,
];
const STRIPS: [i64; 14] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 28, 32];

/// Microseconds of a column, however many rows it has: its evaluations, and what it adds to the proof and to verifying it.
///
/// Of these, 250 are the prover's. The others are the price of 32 to 96 bytes of the proof: with them, a deep network of small
/// layers gets more rows instead of proofs that are three times as large and take twice as long to verify, and loses a tenth in time.
const PER_COLUMN: i64 = 850;

/// Groups of columns that tables may run over.
const TABLE_GROUPS: i64 = 16;

/// Microseconds of one multi-scalar multiplication of 2^k random scalars on one core.
fn multiplication(k: i64) -> i64 {
    const MEASURED: [i64; 16] = [
        1_100, 1_100, 1_100, 1_150, 1_200, 1_350, 1_750, 2_450, 3_850, 6_700, 11_200, 19_500,
        35_000, 57_000, 106_000, 186_000,
    ];
    let last = MEASURED.len() as i64 - 1;
    // Twice the rows take 1.8 times as long.
    let beyond = (k - last).clamp(0, 20);
    (0..beyond).fold(MEASURED[k.clamp(0, last) as usize], |m, _| m * 9 / 5)
}

/// The cheapest layout in strips with limbs of one of these widths; `None` if none fits into 2^max_k rows.
///
/// # Errors
/// When the function cannot be lowered, or its linear maps are too large to be written out.
pub(crate) fn cheapest<'c>(
    graph: &Graph<'c>,
    constants: &dyn Fn() -> Constants,
    widths: &[i64],
    max_k: i64,
    public: [bool; 2],
) -> Result<Option<Candidate>, Failure<'c>> {
    let everywhere = |message: String| Failure {
        location: graph.location,
        message,
    };
    let mut candidates = Vec::new();
    // Matrices have lines of their own only where there are several.
    let matrices = graph
        .ops
        .iter()
        .flat_map(|op| &op.results)
        .chain(&graph.inputs);
    let matrices = matrices
        .filter_map(|v| graph.tensor(*v))
        .any(|t| matches!(t.shape[..], [rows, columns] if rows > 1 && columns > 1));
    let tried: &[i64] = if matrices { &[2, 1, 0] } else { &[1, 0] };
    for lines in tried.iter().copied() {
        let mut sizes: Option<Vec<(Plan, Needs)>> = None;
        for limb_bits in widths {
            let plan = Plan {
                k: max_k,
                limb_bits: *limb_bits,
                strips: 1,
                lanes: 1,
                lines,
            };
            let mut builder = lower(graph, constants(), Target::Strips(plan), public)?;
            let Some(state) = builder.strips.take() else {
                continue;
            };
            if sizes.is_none() {
                // Which elements are read by which does not depend on limbs.
                let laid = order(&builder, &state.units).map_err(everywhere)?;
                let mut all = Vec::new();
                for lanes in LANES {
                    let reached = reached(&laid, lanes);
                    all.extend(STRIPS.map(|strips| {
                        let plan = Plan {
                            lanes,
                            strips,
                            ..plan
                        };
                        (plan, needs(&laid, &reached, &plan))
                    }));
                }
                sizes = Some(all);
            }
            let kinds: BTreeSet<Kind> = state.units.iter().map(|u| u.kind).collect();
            let table_rows = builder.function_rows() + limb_rows(&kinds, *limb_bits);
            for (sized, needs) in sizes.iter().flatten() {
                let sized = Plan {
                    limb_bits: *limb_bits,
                    ..*sized
                };
                let rows = needs.rows(&sized, &kinds);
                for k in (3..=max_k).filter(|k| fits(rows, *k, table_rows)).take(2) {
                    let plan = Plan { k, ..sized };
                    candidates.push(priced(plan, needs, &kinds, table_rows));
                }
            }
        }
    }
    candidates.sort_by_key(Candidate::key);
    // Strips side by side repeat some lines, which takes more rows than was counted, and never fewer. The prices so far are
    // thus too low or right, and the first that is right and no higher than the next is the lowest.
    let mut best: Option<Candidate> = None;
    for candidate in candidates {
        if best.as_ref().is_some_and(|b| b.key() <= candidate.key()) {
            break;
        }
        let target = Target::Strips(candidate.plan);
        let mut builder = lower(graph, constants(), target, public)?;
        let Some(state) = builder.strips.take() else {
            continue;
        };
        let laid = order(&builder, &state.units).map_err(everywhere)?;
        let kinds = kinds(&laid.units);
        let table_rows = builder.function_rows() + limb_rows(&kinds, candidate.plan.limb_bits);
        // Other numbers of lanes on as many strips are known at once.
        let most = candidate.plan.lanes;
        let step = (most / 16).max(1);
        for lanes in (0..=9).map(|i| most - i * step).filter(|lanes| *lanes > 0) {
            let plan = Plan {
                lanes,
                ..candidate.plan
            };
            let exact = needs(&laid, &reached(&laid, lanes), &plan);
            let rows = exact.rows(&plan, &kinds);
            if let Some(k) = (plan.k..=max_k).find(|k| fits(rows, *k, table_rows)) {
                let exact = priced(Plan { k, ..plan }, &exact, &kinds, table_rows);
                if best.as_ref().is_none_or(|b| exact.key() < b.key()) {
                    best = Some(exact);
                }
            }
        }
    }
    Ok(best)
}

/// Rows of the table of limbs.
fn limb_rows(kinds: &BTreeSet<Kind>, bits: i64) -> i64 {
    let short = widths(kinds.iter().copied(), bits as u32);
    (1 << bits) + short.iter().map(|w| 1i64 << w).sum::<i64>()
}

/// Whether everything fits into 2^k rows; long tables run over several groups of columns.
fn fits(rows: i64, k: i64, table_rows: i64) -> bool {
    let active = Plan::usable_rows(k) - 1;
    rows <= active && table_rows <= active * TABLE_GROUPS
}

/// Proving time without a trusted setup, in multi-scalar multiplications of all rows.
///
/// Five for opening and quotient, 20 for the inner product argument; 1.16 for a column of phase 1: the monomial, the sum
/// of everything, the base if there is one, one for each group of columns that tables take, a coefficient and as many helpers as looked-up limbs and
/// tables for each strip; 0.35 for a column of small integers; 0.12 for a fixed column.
fn priced(plan: Plan, needs: &Needs, kinds: &BTreeSet<Kind>, table_rows: i64) -> Candidate {
    let active = Plan::usable_rows(plan.k) - 1;
    let groups = (table_rows + active - 1) / active;
    let bits = plan.limb_bits as u32;
    let most = |f: &dyn Fn(&Kind) -> i64| kinds.iter().map(f).max().unwrap_or(0);
    let limbs = most(&|k| k.limbs(bits).into());
    let cells = most(&|k| k.cells());
    let tables = most(&|k| k.is_table().into());
    let short = kinds.iter().any(|k| k.short(bits).is_some());
    // Products of matrices have two running sums, some of them a second monomial, and selectors of their own.
    let products: Vec<_> = contractions(kinds).collect();
    let width = plan.strips * pairs(kinds, bits);
    let running = match products.is_empty() {
        true => 0,
        false => 2 + i64::from(products.iter().any(|c| c.has_second())),
    };
    let selectors: i64 = products.iter().map(|c| c.columns(width)).sum();
    let late = 2 + i64::from(needs.based) + running + groups + plan.strips * (1 + limbs + tables);
    let early = groups + plan.strips * (cells + limbs);
    let fixed = plan.strips * (plan.lanes + 1)
        + needs.addends
        + limbs * (1 + i64::from(short))
        + kinds.len() as i64
        + selectors
        + groups * (1 + i64::from(short) + 3 * tables)
        + 12;
    let thousandths = 25_000 + 1_160 * late + 350 * early + 120 * fixed;
    let columns = late + early + fixed;
    Candidate {
        plan,
        price: thousandths * multiplication(plan.k) / 1000 + PER_COLUMN * columns,
        columns,
    }
}
