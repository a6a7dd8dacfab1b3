//! Time and memory of keys and proofs by circuit size, on a circuit of the kind that small convolutional networks give:
//! dot products over many lanes with weights in fixed columns, half of the lanes copies of others, range lookups.
//!
//! `cargo bench -p zkc-halo2 -- K LANES LOOKUPS` (13 60 8 if left out): `2^K` rows, LANES advice columns of 8-bit values
//! of which two thirds take part in copies, LOOKUPS lookups in a table of 2^12 rows. Parameters come from the cache.
//! Peak memory is that of the whole process, so run one size at a time.

use zkc_backend_testing::bench::{Dimensions, show, show_memory};
use zkc_halo2::{
    ParamsCache, Prepared, ProvingKey, Stopwatch, mock, prove, system_rng, thread_count, verify,
};

fn main() {
    let mut numbers = std::env::args().filter_map(|a| a.parse::<u64>().ok());
    let k = numbers.next().unwrap_or(13) as u32;
    let lanes = numbers.next().unwrap_or(60).max(3);
    let lookups = numbers.next().unwrap_or(8);
    let cache = ParamsCache::from_env().expect("a cache folder");
    let mut dimensions = Dimensions {
        k,
        own: lanes - lanes / 3,
        copied: lanes / 3,
        blocks: 1,
        lookups,
        table_rows: 1 << 12,
    };
    dimensions.table_rows = dimensions.table_rows.min(dimensions.rows());

    let watch = Stopwatch::start();
    let prepared = Prepared::try_new(dimensions.circuit()).expect("a good circuit");
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
    let registers = zkc_circuit::evaluate(prepared.circuit(), &[dimensions.inputs()]);
    let grid = prepared.assign(&registers.expect("a witness"));
    show("witness", watch.cost());

    let report = mock(&prepared, &grid).expect("a mock run");
    assert!(report.is_satisfied(), "{report}");
    show("mock", report.cost);

    let mut rng = system_rng().expect("randomness");
    let proved = prove(&params, &key, &grid, &mut rng).expect("a proof");
    show("prove", proved.cost);
    show("  check", proved.check_cost);
    println!("  {} bytes", proved.proof.bytes.len());

    let cost = verify(&params, &key.verifying_key(), &proved.proof).expect("a good proof");
    show("verify", cost);
    show_memory("peak memory", shape);
}
