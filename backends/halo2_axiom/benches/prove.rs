//! Time and memory of keys and proofs by circuit size, on a circuit of the kind that quantised networks give: dot products
//! with weights in many fixed columns, range lookups by halo2's own argument.
//!
//! `cargo bench -p zkc-halo2-axiom -- COMMITMENT K ADVICE LANES LOOKUPS` (kzg 13 20 60 4 if left out): `2^K` rows, ADVICE
//! columns of 8-bit values and one of sums, LANES fixed columns of weights, LOOKUPS lookups in a table of 2^(K-1) rows.
//! The parameters are made or read before anything is measured; those of KZG are insecure. Peak memory is that of the
//! whole process, so run one size at a time.

use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, Expr, ExprBuilder, InputInfo, Ints, LinearTerm, Op,
    OutputInfo, Table,
};
use zkc_halo2_axiom::{
    Commitment, Cost, InsecureSetup, Params, ParamsCache, Prepared, ProvingKey, Stopwatch,
    VerifyingKey, peak_rss_bytes, prove, system_rng, thread_count, verify,
};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let commitment = words.iter().find_map(|word| word.parse().ok());
    let commitment = commitment.unwrap_or(Commitment::Kzg);
    let mut numbers = words.iter().filter_map(|word| word.parse::<u64>().ok());
    let k = numbers.next().unwrap_or(13) as u32;
    let advice = numbers.next().unwrap_or(20).max(1);
    let lanes = numbers.next().unwrap_or(60).next_multiple_of(advice);
    let lookups = numbers.next().unwrap_or(4);

    let watch = Stopwatch::start();
    let circuit = circuit(k, advice, lanes, lookups);
    let rows = circuit.inputs[0].shape[1];
    let prepared = Prepared::try_new(circuit).expect("a good circuit");
    let shape = prepared.shape();
    println!("{commitment}, {} threads, {shape:?}", thread_count());
    show("prepare", watch.cost());

    let watch = Stopwatch::start();
    let params = match commitment {
        Commitment::Kzg => Params::insecure(k).expect("parameters"),
        Commitment::Ipa => {
            let cache = ParamsCache::from_env().expect("a cache folder");
            let loaded = cache.load_or_make(k, &mut |warning| eprintln!("{warning}"));
            loaded.expect("parameters").params
        }
    };
    show("parameters", watch.cost());

    let made = ProvingKey::generate(&prepared, &params).expect("keys");
    show("key generation", made.keygen_cost());
    let (payload, verifying) = (made.encode(), made.verifying_key().encode());
    println!("  {} and {} bytes", payload.len(), verifying.len());
    drop(made);
    let watch = Stopwatch::start();
    let key = ProvingKey::decode(&payload).expect("the same key");
    show("read key", watch.cost());
    drop(payload);

    let watch = Stopwatch::start();
    let values = (0..advice * rows).map(|i| i128::from(i * 7919 % 251));
    let registers =
        zkc_circuit::evaluate(prepared.circuit(), &[values.collect()]).expect("a witness");
    let grid = prepared.assign(&registers).expect("a grid");
    show("witness", watch.cost());

    memory("  so far");
    let mut rng = system_rng().expect("randomness");
    let proved = prove(&params, &key, &grid, &mut rng).expect("a proof");
    show("prove", proved.cost);
    let again = prove(&params, &key, &grid, &mut rng).expect("a proof");
    show("prove again", again.cost);
    println!("  {} bytes", proved.proof.bytes.len());

    let key = VerifyingKey::decode(&verifying).expect("the same key");
    let cost = verify(Some(&params), &key, &proved.proof, InsecureSetup::Allow);
    show("verify", cost.expect("a good proof"));
    memory("peak memory");
    println!("  {} MB estimated", shape.memory_bytes() >> 20);
}

fn memory(what: &str) {
    if let Some(bytes) = peak_rss_bytes() {
        println!("{what:16} {} MB", bytes >> 20);
    }
}

fn show(what: &str, cost: Cost) {
    println!("{what:16} {:8.3} s, {:8.3} CPU s", cost.wall_s, cost.cpu_s);
}

fn circuit(k: u32, advice: u64, lanes: u64, lookups: u64) -> Circuit {
    let rows = (1 << k) - 16;
    let mut c = Circuit::new("bench", k);
    let v = c.add_group(ColumnGroup::advice("v", advice as u32));
    let acc_column = c.add_group(ColumnGroup::advice("acc", 1));
    let w = c.add_group(ColumnGroup::fixed("w", lanes as u32));
    let s = c.add_group(ColumnGroup::fixed("s", 1));

    let mut b = ExprBuilder::new();
    let mut terms: Vec<_> = (0..lanes as u32)
        .map(|j| {
            let (weight, value) = (b.query(w.0, j, 0), b.query(v.0, j % advice as u32, 0));
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
    let table = c.add_table(Table::range("range", 0, 1 << (k - 1)));
    for lookup in 0..lookups {
        let column = (lookup % advice) as u32;
        c.add_lookup(
            format!("range {lookup}"),
            vec![Expr::query(v.0, column, 0)],
            table,
        );
    }

    let x = c.add_input(InputInfo {
        name: "x".into(),
        shape: vec![advice, rows],
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
    let term = |start: i64| LinearTerm {
        src: x,
        read: AffineMap::linear(2, &[(&[0, 1], 0), (&[1, 0], 0)]),
        tap_dims: vec![advice],
        weights,
        wread: AffineMap::linear(2, &[(&[1, 0], 0), (&[0, 1], start)]),
    };
    let linear = Op::Linear {
        terms: (0..lanes / advice)
            .map(|i| term((i * advice) as i64))
            .collect(),
        bias: None,
        chunk: lanes,
    };
    let bound = i128::from(lanes) * 8 * 250;
    let acc = c.push(linear, vec![rows, 1], (-bound, bound), "dot");

    let id = AffineMap::identity;
    c.place(x, v, vec![advice, rows], id(2), id(2), "x");
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
