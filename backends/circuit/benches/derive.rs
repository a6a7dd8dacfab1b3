//! Time to derive columns once challenges are known: `cargo bench -p zkc-circuit --bench derive`.
//!
//! Prints wall times, on as many cores as `RAYON_NUM_THREADS` allows, for columns that are alike but for their cells:
//! - running columns with a lane of small weights each per term, `T' = T + y * (W_0 + rho * W_1 + ...)`, over the same lanes
//!   or over lanes of their own, of which most rows are empty;
//! - helper columns of sums of fractions, two terms each.

use std::time::Instant;

use zkc_circuit::{
    AffineMap, CellContents, Circuit, ColumnGroup, Derived, ExprBuilder, ExprId, Field, Grid, Ints,
    Layout, PallasBase, derive, expand, structure::check_structure,
};

const K: u32 = 11;
const ROUNDS: usize = 20;

fn main() {
    for (columns, lanes) in [(40, 100), (4, 100), (40, 10)] {
        let circuit = running(columns, lanes, false);
        report(
            &format!("{columns} running columns, {lanes} lanes"),
            &circuit,
        );
    }
    report(
        "16 running columns, 100 lanes each",
        &running(16, 100, true),
    );
    report("40 helper columns, 2 terms", &helpers(40));
}

fn report(name: &str, circuit: &Circuit) {
    assert_eq!(check_structure(circuit), []);
    let mut layout = expand(circuit).expect("the circuit fits");
    fill_weights(circuit, &mut layout);
    let grid = random_grid(&layout);
    let challenges: Vec<PallasBase> = (0..circuit.challenges.len())
        .map(|index| PallasBase::from_i128((1 << 100) + index as i128).mul(challenge_seed()))
        .collect();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let derived =
            derive(circuit, &layout, &grid, &challenges, 1).expect("the circuit is valid");
        assert_eq!(derived.len(), circuit.derived.len());
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name}, k = {K}: {:.2} ms", best * 1e3);
}

/// An element that fills all limbs.
fn challenge_seed() -> PallasBase {
    let wide = PallasBase::from_i128(i128::MAX);
    wide.mul(wide)
}

/// Fills the fixed columns of weights, a million cells, which as fills would take longer than all else.
fn fill_weights(circuit: &Circuit, layout: &mut Layout) {
    let mut word = 7u64;
    for column in &mut layout.columns {
        if circuit.groups[column.group as usize].name == "w" {
            // Lanes of their own are filled in one of eight blocks of rows.
            let sparse = circuit.groups[column.group as usize].count > 100;
            let values = (0..layout.usable_rows).map(|row| {
                word = word.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
                if sparse && (row >> 8) % 8 != column.column % 8 {
                    return 0;
                }
                (word >> 57) as i8 - 64
            });
            column.contents = CellContents::Fixed(Ints::I8(values.collect()));
        }
    }
}

fn random_grid(layout: &Layout) -> Grid {
    let mut word = 1u64;
    let values = layout.columns.iter().map(|column| {
        let rows = if column.phase == 0 {
            layout.usable_rows
        } else {
            0
        };
        let values = (0..rows).map(|_| {
            word = word.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
            i64::from((word >> 56) as u8)
        });
        Ints::from(values.collect::<Vec<i64>>())
    });
    Grid {
        values: values.collect(),
    }
}

/// The factor of all constraints: 1 on all usable rows but the last.
fn active(c: &mut Circuit, b: &mut ExprBuilder) -> ExprId {
    let q = c.add_group(ColumnGroup::fixed("q", 1));
    let rows = AffineMap::linear(1, &[(&[], 0), (&[1], 0)]);
    c.fill(q, vec![(1 << K) - 10], rows, 1, "q");
    b.query(q.0, 0, 0)
}

fn running(columns: u32, lanes: u32, own: bool) -> Circuit {
    let mut c = Circuit::new("running", K);
    let mut b = ExprBuilder::new();
    let q = active(&mut c, &mut b);
    let w = c.add_group(ColumnGroup::fixed(
        "w",
        if own { lanes * columns } else { lanes },
    ));
    let y = c.add_group(ColumnGroup::advice("y", columns));
    let late = c.add_group(ColumnGroup::advice_in_phase("late", 1, columns));
    c.add_challenge("rho", 0);
    let rho = b.challenge(0);
    let horner = |b: &mut ExprBuilder, first: u32| {
        let mut sum = b.constant(0);
        for lane in first..first + lanes {
            let shifted = b.mul(sum, rho);
            let weight = b.query(w.0, lane, 0);
            sum = b.add(shifted, weight);
        }
        sum
    };
    let shared = horner(&mut b, 0);
    for column in 0..columns {
        let sum = if own {
            horner(&mut b, column * lanes)
        } else {
            shared
        };
        let y = b.query(y.0, column, 0);
        let (here, next) = (b.query(late.0, column, 0), b.query(late.0, column, 1));
        let product = b.mul(y, sum);
        let step = b.sub(next, here);
        let step = b.sub(step, product);
        let poly = b.mul(q, step);
        push(
            &mut c,
            &b,
            poly,
            Derived {
                group: late,
                column,
                gate: column,
                constraint: 0,
                rotation: 1,
            },
        );
    }
    c
}

fn helpers(columns: u32) -> Circuit {
    let mut c = Circuit::new("helpers", K);
    let mut b = ExprBuilder::new();
    let q = active(&mut c, &mut b);
    let v = c.add_group(ColumnGroup::advice("v", 4 * columns));
    let late = c.add_group(ColumnGroup::advice_in_phase("late", 1, columns));
    c.add_challenge("alpha", 0);
    c.add_challenge("beta", 0);
    let (alpha, beta) = (b.challenge(0), b.challenge(1));
    for column in 0..columns {
        let den = |b: &mut ExprBuilder, x: u32| {
            let (x, y) = (b.query(v.0, x, 0), b.query(v.0, x + 1, 0));
            let scaled = b.mul(beta, y);
            let sum = b.add(x, scaled);
            b.sub(alpha, sum)
        };
        let (one, two) = (den(&mut b, 4 * column), den(&mut b, 4 * column + 2));
        let phi = b.query(late.0, column, 0);
        let product = b.product([phi, one, two]);
        let sum = b.add(one, two);
        let difference = b.sub(product, sum);
        let poly = b.mul(q, difference);
        push(
            &mut c,
            &b,
            poly,
            Derived {
                group: late,
                column,
                gate: column,
                constraint: 0,
                rotation: 0,
            },
        );
    }
    c
}

fn push(c: &mut Circuit, b: &ExprBuilder, poly: ExprId, derived: Derived) {
    let name = format!("column {}", derived.column);
    c.add_gate(name, [("z".to_string(), b.finish(poly))]);
    c.derived.push(derived);
}
