//! Time and memory of keys and proofs by circuit size, on a circuit of the kind that quantised networks give: dot products
//! with weights in many fixed columns, range lookups by halo2's own argument.
//!
//! `cargo bench -p zkc-halo2-axiom --bench prove -- COMMITMENT K ADVICE LANES LOOKUPS` (kzg 13 20 60 4 if left out): `2^K` rows, ADVICE
//! columns of 8-bit values and one of sums, LANES fixed columns of weights, LOOKUPS lookups in a table of 2^(K-1) rows.
//! The parameters are made or read before anything is measured; those of KZG are insecure. Peak memory is that of the
//! whole process, so run one size at a time.

use zkc_backend_testing::bench::{Dimensions, show, show_memory};
use zkc_halo2_axiom::{
    Commitment, InsecureSetup, Params, ParamsCache, Prepared, ProvingKey, Stopwatch, VerifyingKey,
    prove, system_rng, thread_count, verify,
};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let commitment = words.iter().find_map(|word| word.parse().ok());
    let commitment = commitment.unwrap_or(Commitment::Kzg);
    let mut numbers = words.iter().filter_map(|word| word.parse::<u64>().ok());
    let k = numbers.next().unwrap_or(13) as u32;
    let advice = numbers.next().unwrap_or(20).max(1);
    let lanes = numbers.next().unwrap_or(60);
    let lookups = numbers.next().unwrap_or(4);
    let dimensions = Dimensions {
        k,
        own: advice,
        copied: 0,
        blocks: lanes.div_ceil(advice),
        lookups,
        table_rows: 1 << (k - 1),
    };

    let watch = Stopwatch::start();
    let prepared = Prepared::try_new(dimensions.circuit()).expect("a good circuit");
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
    let registers = zkc_circuit::evaluate(prepared.circuit(), &[dimensions.inputs()]);
    let grid = prepared.assign(&registers.expect("a witness"));
    let grid = grid.expect("a grid");
    show("witness", watch.cost());

    show_memory("  so far", shape);
    let mut rng = system_rng().expect("randomness");
    let proved = prove(&params, &key, &grid, &mut rng).expect("a proof");
    show("prove", proved.cost);
    let again = prove(&params, &key, &grid, &mut rng).expect("a proof");
    show("prove again", again.cost);
    println!("  {} bytes", proved.proof.bytes.len());

    let key = VerifyingKey::decode(&verifying).expect("the same key");
    let cost = verify(Some(&params), &key, &proved.proof, InsecureSetup::Allow);
    show("verify", cost.expect("a good proof"));
    show_memory("peak memory", shape);
}
