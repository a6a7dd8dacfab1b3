//! Times, per function, of a table of 2^16 entries: made by change points and rechecked entry by entry.
//!
//! Run with `cargo bench -p zkc-approx`; a name as argument selects functions.

use std::time::Instant;

use zkc_approx::{Function, Rounding, recheck, tabulate};

fn main() {
    let filter: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    println!("{:<24}{:>12}{:>12}", "function", "tabulate", "recheck");
    for name in Function::NAMES {
        let Ok(function) = name.parse::<Function>() else {
            continue;
        };
        if !filter.is_empty() && !filter.iter().any(|text| name.contains(text.as_str())) {
            continue;
        }
        // 13 fraction bits from -4 to 4, or the part of [0, 8] or [-1, 1] where the function is defined.
        let (lo, hi) = match name {
            &"asin" | &"acos" | &"atanh" => (-(1 << 13) + 1, (1 << 13) - 1),
            &"acosh" => (1 << 13, 1 << 16),
            &"log" | &"sqrt" | &"rsqrt" | &"reciprocal" => (1, 1 << 16),
            _ => (-(1 << 15), (1 << 15) - 1),
        };
        let start = Instant::now();
        let table = tabulate(&function, 13, lo, hi, 13, Rounding::NearestTiesToEven)
            .expect("the function is defined on its range");
        let made = start.elapsed();
        let start = Instant::now();
        recheck(&table).expect("the table was just made");
        println!("{name:<24}{made:>12.1?}{:>12.1?}", start.elapsed());
    }
}
