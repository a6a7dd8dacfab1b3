//! Which strips are cheapest: how many, with how many lanes, on how many rows.

use super::{
    super::{Failure, Target, lower},
    Plan,
    bands::{Needs, kinds, needs, order, reached},
    columns::widths,
    contraction::{contractions, pairs},
    units::{Kind, Unit},
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

/// Nanoseconds that a byte of a proof is worth: with that, and with what verifying takes, small circuits get more rows instead
/// of proofs that are several times as large and take longer to verify.
const PROOF_BYTE: i64 = 20_000;

/// Nanoseconds of verifying for each row (without a trusted setup, on one core), and for each column.
const VERIFY_ROW: i64 = 6_000;
const VERIFY_COLUMN: i64 = 60_000;

/// Bytes of a proof for a column of advice, whose commitment and value it holds, and for one of phase 1, which has a second
/// value where it goes on from row to row; for a fixed column, whose value it holds.
const ADVICE_BYTES: i64 = 64;
const NEXT_BYTES: i64 = 32;
const FIXED_BYTES: i64 = 32;

/// Addends that the gate of a coefficient may have; expressions are limited.
const ADDENDS: i64 = 2048;

/// Groups of columns that tables may run over.
const TABLE_GROUPS: i64 = 16;

/// Nanoseconds of one core for each value of full size in a column of 2^k rows that is committed to, k from 3 on.
fn committed(k: i64) -> i64 {
    const MEASURED: [i64; 14] = [
        42_800, 26_800, 18_100, 12_900, 9_600, 7_800, 6_400, 5_400, 4_700, 4_200, 3_800, 3_400,
        3_150, 2_850,
    ];
    MEASURED[(k - 3).clamp(0, MEASURED.len() as i64 - 1) as usize]
}

/// The same of a small integer, and of a column, whose last rows are random.
const SMALL: i64 = 180;
const BLINDED: i64 = 250_000;

/// Nanoseconds of a transform, for each row and each bit of their number, and of an operation on a row of the constraints.
const TRANSFORM: i64 = 11;
const OPERATION: i64 = 22;

/// Transforms of a column: to coefficients, and to two parts of the domain on which constraints are evaluated.
const TRANSFORMS: i64 = 3;

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
    // No layout is looked at whose price is above the lowest by more than a quarter with as many rows as it has at least.
    let mut lowest: Option<i64> = None;
    for lines in tried.iter().copied() {
        let plan = |limb_bits| Plan {
            k: max_k,
            limb_bits,
            strips: 1,
            lanes: 1,
            lines,
        };
        // Which elements are read by which does not depend on limbs: one lowering is looked at closely.
        let (mut asked, mut first) = (Vec::new(), None);
        for limb_bits in widths.iter().copied() {
            let target = Target::Strips(plan(limb_bits));
            let mut builder = lower(graph, constants(), target, public)?;
            let Some(state) = builder.strips.take() else {
                continue;
            };
            let kinds: BTreeSet<Kind> = state.units.iter().map(|u| u.kind).collect();
            asked.push(Asked {
                limb_bits,
                table_rows: builder.function_rows() + limb_rows(&kinds, limb_bits),
                looked_up: looked_up(&state.units, limb_bits),
                kinds,
            });
            first.get_or_insert((builder, state));
        }
        let Some((builder, state)) = first else {
            continue;
        };
        let laid = order(&builder, &state.units).map_err(everywhere)?;
        let own_bits = state.plan.limb_bits;
        let price = |plan: Plan, needs: &Needs| {
            let each = asked.iter().flat_map(|asked| asked.candidates(plan, needs));
            each.collect::<Vec<_>>()
        };
        for lanes in LANES {
            // Finding out what a number of lanes needs takes time in proportion to all weights.
            let mut reaches = None;
            for strips in STRIPS {
                let plan = Plan {
                    lanes,
                    strips,
                    ..plan(own_bits)
                };
                let least = price(plan, &Needs::least(&laid, &plan));
                let least = least.iter().map(|c| c.price).min();
                if least.is_none_or(|least| lowest.is_some_and(|l| least > l / 4 * 5)) {
                    continue;
                }
                let reaches = reaches.get_or_insert_with(|| reached(&laid, lanes));
                let found = price(plan, &needs(&laid, reaches, &plan));
                let prices = found.iter().map(|c| c.price);
                lowest = prices.chain(lowest).min();
                candidates.extend(found);
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
        let looked_up = looked_up(&state.units, candidate.plan.limb_bits);
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
            let k = (plan.k..=max_k).find(|k| fits(rows, *k, table_rows));
            if let Some(k) = k.filter(|_| exact.addends <= ADDENDS) {
                let counted = [table_rows, looked_up];
                let exact = priced(Plan { k, ..plan }, &exact, &kinds, counted);
                if best.as_ref().is_none_or(|b| exact.key() < b.key()) {
                    best = Some(exact);
                }
            }
        }
    }
    Ok(best)
}

/// What a function asks of a layout with limbs of one width.
struct Asked {
    limb_bits: i64,
    kinds: BTreeSet<Kind>,
    table_rows: i64,
    looked_up: i64,
}

impl Asked {
    /// The layout with two numbers of rows, with these limbs.
    fn candidates<'a>(
        &'a self,
        plan: Plan,
        needs: &'a Needs,
    ) -> impl Iterator<Item = Candidate> + 'a {
        let limb_bits = self.limb_bits;
        let plan = Plan { limb_bits, ..plan };
        let rows = needs.rows(&plan, &self.kinds);
        let good = needs.addends <= ADDENDS;
        let all = (3..=plan.k).filter(move |k| good && fits(rows, *k, self.table_rows));
        all.take(2).map(move |k| {
            let counted = [self.table_rows, self.looked_up];
            priced(Plan { k, ..plan }, needs, &self.kinds, counted)
        })
    }
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

/// How many sums of two fractions the units of a function take for what they look up.
fn looked_up(units: &[Unit<'_>], bits: i64) -> i64 {
    let each = |kind: Kind| {
        let all = i64::from(kind.limbs(bits as u32)) + i64::from(kind.is_table());
        (all + 1) / 2
    };
    units.iter().map(|u| u.count() * each(u.kind)).sum()
}

/// Proving time without a trusted setup, and what the proof's size and verifying it are worth.
///
/// Commitments: to four polynomials for opening and quotient; the columns of phase 1, which are the monomial, the sum of
/// everything, the base if there is one, one for each group of columns that tables take, a coefficient for each strip, and
/// sums of fractions, which are zero where nothing is looked up; the columns of small integers. Transforms of all of these,
/// and of about ten sums of fixed columns and two for each strip. Few operations for each value and weight.
fn priced(
    plan: Plan,
    needs: &Needs,
    kinds: &BTreeSet<Kind>,
    [table_rows, looked_up]: [i64; 2],
) -> Candidate {
    let active = Plan::usable_rows(plan.k) - 1;
    let n = 1i64 << plan.k;
    let rows = needs.rows(&plan, kinds).min(active);
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
    let chains = 1 + i64::from(needs.based) + running + plan.strips;
    // Two fractions share a column.
    let helpers = (groups + plan.strips * (limbs + tables)) / 2;
    let late = 1 + chains + helpers;
    let early = groups + plan.strips * (cells + limbs);
    let fixed = plan.strips * (plan.lanes + 1)
        + needs.addends
        + limbs * (1 + i64::from(short))
        + kinds.len() as i64
        + selectors
        + groups * (1 + i64::from(short) + 3 * tables)
        + 12;
    // Numbers of full size: the sum of everything ends with the last row.
    let full = 5 * n + chains * rows + looked_up + table_rows;
    let small = rows * plan.strips * (cells + limbs) + table_rows;
    let commitments = full * committed(plan.k) + small * SMALL + early * BLINDED;
    let transformed = late + early + 10 + 2 * plan.strips;
    let transforms = TRANSFORMS * transformed * n * plan.k * TRANSFORM;
    let operations = n * OPERATION * (12 * helpers + 10 * (early + chains) + 3 * fixed);
    let bytes = ADVICE_BYTES * (late + early) + NEXT_BYTES * (1 + chains) + FIXED_BYTES * fixed;
    let verifying = VERIFY_ROW * n + VERIFY_COLUMN * (late + early + fixed / 2);
    Candidate {
        plan,
        price: (commitments + transforms + operations + PROOF_BYTE * bytes + verifying) / 1000,
        columns: late + early + fixed,
    }
}
