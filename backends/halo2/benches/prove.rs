//! Time and memory of keys and proofs by circuit size, on a circuit of the kind that small convolutional networks give:
//! dot products over many lanes with weights in fixed columns, half of the lanes copies of others, range lookups.
//!
//! `cargo bench -p zkc-halo2 -- K LANES LOOKUPS` (13 60 8 if left out): `2^K` rows, LANES advice columns of 8-bit values
//! of which two thirds take part in copies, LOOKUPS lookups in a table of 2^12 rows. Parameters come from the cache.
//! Peak memory is that of the whole process, so run one size at a time.

use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, Expr, ExprBuilder, InputInfo, Ints, LinearTerm, Op,
    OutputInfo, Table,
};
use zkc_halo2::{
    Cost, ParamsCache, Prepared, ProvingKey, Stopwatch, mock, peak_rss_bytes, prove, system_rng,
    thread_count, verify,
};

fn main() {
    let mut numbers = std::env::args().filter_map(|a| a.parse::<u64>().ok());
    let k = numbers.next().unwrap_or(13) as u32;
    let lanes = numbers.next().unwrap_or(60).max(3);
    let lookups = numbers.next().unwrap_or(8);
    let cache = ParamsCache::from_env().expect("a cache folder");

    let watch = Stopwatch::start();
    let circuit = circuit(k, lanes, lookups);
    let rows = circuit.inputs[0].shape[1];
    let prepared = Prepared::try_new(circuit).expect("a good circuit");
    let shape = prepared.shape();
    println!("{} threads, {shape:?}", thread_count());
    show("prepare", watch.cost());

    let loaded = cache
        .load_or_make(k, &mut |warning| eprintln!("{warning}"))
        .expect("parameters");
    show("parameters", loaded.cost);
    let params = loaded.params;

    let key = ProvingKey::generate(&prepared, &params).expect("keys");
    show("key generation", key.keygen_cost());

    let watch = Stopwatch::start();
    let values = (0..shape_of(lanes).0 * rows).map(|i| i128::from(i * 7919 % 251));
    let registers =
        zkc_circuit::evaluate(prepared.circuit(), &[values.collect()]).expect("a witness");
    let grid = prepared.assign(&registers);
    show("witness", watch.cost());

    let report = mock(&prepared, &grid).expect("a mock run");
    assert!(report.is_satisfied(), "{report}");
    show("mock", report.cost);

    let proved =
        prove(&params, &key, &grid, &mut system_rng().expect("randomness")).expect("a proof");
    show("prove", proved.cost);
    show("  check", proved.check_cost);
    println!("  {} bytes", proved.proof.bytes.len());

    let cost = verify(&params, &key.verifying_key(), &proved.proof).expect("a good proof");
    show("verify", cost);
    if let Some(bytes) = peak_rss_bytes() {
        println!(
            "peak memory {} MB, estimate {} MB",
            bytes >> 20,
            shape.memory_bytes() >> 20
        );
    }
}

fn show(what: &str, cost: Cost) {
    println!("{what:16} {:8.3} s, {:8.3} CPU s", cost.wall_s, cost.cpu_s);
}

/// Lanes with values of their own, and lanes that copy the first of them.
fn shape_of(lanes: u64) -> (u64, u64) {
    (lanes - lanes / 3, lanes / 3)
}

fn circuit(k: u32, lanes: u64, lookups: u64) -> Circuit {
    let (own, copied) = shape_of(lanes);
    let rows = (1 << k) - 16;
    let mut c = Circuit::new("bench", k);
    let v = c.add_group(ColumnGroup::advice("v", lanes as u32));
    let acc_column = c.add_group(ColumnGroup::advice("acc", 1));
    let w = c.add_group(ColumnGroup::fixed("w", lanes as u32));
    let s = c.add_group(ColumnGroup::fixed("s", 1));

    let mut b = ExprBuilder::new();
    let mut terms: Vec<_> = (0..lanes as u32)
        .map(|j| {
            let (weight, value) = (b.query(w.0, j, 0), b.query(v.0, j, 0));
            b.mul(weight, value)
        })
        .collect();
    let acc = b.query(acc_column.0, 0, 0);
    terms.push(b.neg(acc));
    let sum = b.sum(terms);
    let selector = b.query(s.0, 0, 0);
    let root = b.mul(selector, sum);
    c.add_gate(
        "dot",
        [("acc is the dot product".to_string(), b.finish(root))],
    );
    let table = c.add_table(Table::range("range", 0, (1 << 12).min(rows)));
    for lookup in 0..lookups {
        let column = (lookup % own) as u32;
        c.add_lookup(
            format!("range {lookup}"),
            vec![Expr::query(v.0, column, 0)],
            table,
        );
    }

    let x = c.add_input(InputInfo {
        name: "x".into(),
        shape: vec![own, rows],
        scale: 0,
        lo: 0,
        hi: 250,
        public: false,
    });
    let weights: Vec<i128> = (0..lanes * rows)
        .map(|i| i128::from(i * 31 % 17) - 8)
        .collect();
    let values = Ints::from_values(&weights);
    let weights = c.push(Op::Constant { values }, vec![rows, lanes], (-8, 8), "w");
    let term = |count: u64, start: i64| LinearTerm {
        src: x,
        read: AffineMap::linear(2, &[(&[0, 1], 0), (&[1, 0], 0)]),
        tap_dims: vec![count],
        weights,
        wread: AffineMap::linear(2, &[(&[1, 0], 0), (&[0, 1], start)]),
    };
    let linear = Op::Linear {
        terms: vec![term(own, 0), term(copied, own as i64)],
        bias: None,
        chunk: lanes,
    };
    let bound = i128::from(lanes) * 8 * 250;
    let acc = c.push(linear, vec![rows, 1], (-bound, bound), "dot");

    let id = AffineMap::identity;
    c.place(x, v, vec![own, rows], id(2), id(2), "x");
    let shifted = AffineMap::linear(2, &[(&[1, 0], own as i64), (&[0, 1], 0)]);
    c.place(x, v, vec![copied, rows], id(2), shifted, "copy");
    let swapped = AffineMap::linear(2, &[(&[0, 1], 0), (&[1, 0], 0)]);
    c.place(weights, w, vec![rows, lanes], id(2), swapped.clone(), "w");
    c.place(acc, acc_column, vec![rows, 1], id(2), swapped, "dot");
    c.fill(
        s,
        vec![rows],
        AffineMap::linear(1, &[(&[0], 0), (&[1], 0)]),
        1,
        "dot",
    );
    c.outputs.push(OutputInfo {
        name: "y".into(),
        shape: vec![rows],
        scale: 0,
        register: acc,
        public: false,
        lo: -bound,
        hi: bound,
    });
    c
}
