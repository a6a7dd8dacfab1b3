//! Bytes from strangers: whatever they are, the importer answers.

use crate::build::*;
use onnx_protobuf::Message;
use proptest::{prelude::*, test_runner::RngSeed};
use std::path::{Path, PathBuf};
use zkc_importer::{ImportOptions, Source, import};
use zkc_support::new_context;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
    std::fs::read(path.join(name).join("model.onnx")).unwrap()
}

/// Imports, and does not care what comes of it.
fn try_import(bytes: &[u8]) {
    let context = new_context();
    let folder = PathBuf::from("no-such-folder");
    let source = Source {
        bytes,
        file_name: Some("model.onnx"),
        data_dir: &folder,
    };
    if let Err(error) = import(&context, &source, &ImportOptions::default()) {
        assert!(!error.render("model.onnx").is_empty());
    }
}

/// A model with an operator of each family.
fn small() -> Vec<u8> {
    let nodes = vec![
        node("Conv c", "x w b", "c")
            .with(ints("pads", &[1, 1, 1, 1]))
            .with(int("group", 1)),
        node("Pad p", "c p", "d").with(string("mode", "edge")),
        node("MaxPool m", "d", "e").with(ints("kernel_shape", &[2, 2])),
        node("Slice s", "e one two", "f"),
        node("Transpose t", "f", "g").with(ints("perm", &[0, 2, 3, 1])),
        node("Softmax sm", "g", "h").with(int("axis", -1)),
        node("Cast cast", "h", "i").with(int("to", 11)),
        node("Identity id", "i", "y"),
    ];
    let initializers = vec![
        floats("w", &[2, 3, 3, 3], &[0.5; 54]),
        floats("b", &[2], &[0.5; 2]),
        i64s("p", &[0, 0, 1, 1, 0, 0, 1, 1]),
        i64s("one", &[1]),
        i64s("two", &[2]),
    ];
    model(13, nodes, initializers).write_to_bytes().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x6f6e_6e78),
        ..Default::default()
    })]

    #[test]
    fn changed_bytes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = small();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        try_import(&bytes);
    }

    #[test]
    fn changed_bits_of_a_real_model(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = fixture("sine_mlp");
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        try_import(&bytes);
    }

    #[test]
    fn cut_and_joined(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let (a, b) = (small(), fixture("iris_logreg"));
        let bytes = [&a[..from.index(a.len())], &b[to.index(b.len())..]].concat();
        try_import(&bytes);
    }

    #[test]
    fn noise(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        try_import(&bytes);
    }
}
