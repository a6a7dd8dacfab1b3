//! Bytes: round trips, and bytes from outside that are wrong in every way.

mod sample;

use std::path::Path;

use proptest::prelude::*;
use sample::phases::{logup, logup_over, random_evaluation};
use sample::{Dense, config, relu};
use zkc_circuit::file::{self, FileError, FileKind};
use zkc_circuit::{
    AffineBuilder, AffineMap, ChallengeId, Circuit, ColumnGroup, CountedTable, ExprBuilder,
    GroupId, Ints, LinearTerm, Multiplicity, MultiplicityTerm, Op, RegisterId, TableId, TagMatch,
};

/// A circuit with every operation, challenge phases and computed columns included.
fn everything() -> Circuit {
    let mut circuit = relu();
    let x = RegisterId(1);
    let shape = vec![4u64];
    let challenge = circuit.add_challenge("rho", 0);
    let late = circuit.add_group(ColumnGroup::advice_in_phase("late", 1, 2));
    let count = circuit.add_group(ColumnGroup::advice("count", 1));
    let fixed = GroupId(1);
    let mut push = |op: Op, shape: Vec<u64>| circuit.push(op, shape, (-1000, i128::MAX), "op");
    push(
        Op::Concat {
            srcs: vec![x, x],
            axis: 0,
        },
        vec![8],
    );
    push(
        Op::Quotient {
            x,
            addend: -3,
            divisor: 1 << 100,
        },
        shape.clone(),
    );
    push(
        Op::Remainder {
            x,
            addend: i128::MIN,
            divisor: 7,
        },
        shape.clone(),
    );
    push(
        Op::Limb {
            x,
            offset: -8,
            bits: 3,
            index: 1,
        },
        shape.clone(),
    );
    push(Op::NonNeg { x }, shape.clone());
    push(
        Op::Affine {
            terms: vec![(x, -1), (x, 1 << 70)],
            constant: 5,
        },
        shape.clone(),
    );
    push(Op::Mul { a: x, b: x }, shape.clone());
    push(Op::Max { a: x, b: x }, shape.clone());
    push(Op::Min { a: x, b: x }, shape.clone());
    let tag = Some(TagMatch {
        column: 0,
        value: -1,
    });
    push(
        Op::Lookup {
            table: TableId(0),
            x,
            in_col: 0,
            out_col: 1,
            tag,
        },
        shape.clone(),
    );
    push(
        Op::Ratio {
            num: x,
            den: x,
            mul: 3,
        },
        shape.clone(),
    );
    push(
        Op::RatioRem {
            num: x,
            den: x,
            mul: -3,
        },
        shape.clone(),
    );
    let mut b = AffineBuilder::new(1);
    let d = b.dim(0);
    let half = b.ceil_div(d, 2);
    let rest = b.modulo(half, 4);
    let read = b.finish([rest]);
    let term = LinearTerm {
        src: x,
        read: read.clone(),
        tap_dims: vec![4],
        weights: x,
        wread: read,
    };
    push(
        Op::Linear {
            terms: vec![term.clone(), term],
            bias: None,
            chunk: 3,
        },
        vec![3],
    );
    push(
        Op::Gather {
            src: x,
            map: AffineMap::linear(1, &[(&[1], -2)]),
            fill: Some(-9),
        },
        vec![9],
    );
    push(
        Op::ChallengePower {
            challenge: ChallengeId(challenge.0),
            exponents: vec![0, 5],
        },
        vec![2],
    );
    let mut b = ExprBuilder::new();
    let rho = b.challenge(0);
    let cell = b.query(0, 0, -3);
    let huge = b.constant(i128::MIN);
    let one = b.product([]);
    let zero = b.sum([]);
    let all = b.sum([rho, cell, huge, one, zero]);
    let selector = b.query(1, 0, 0);
    let poly = b.mul(selector, all);
    let poly = b.neg(poly);
    circuit.add_gate("odd", [("everything".to_string(), b.finish(poly))]);
    // The counting column and the helper are switched off on the rows that only blind.
    let helper = b.query(late.0, 0, 0);
    let step = b.query(late.0, 1, 1);
    let sum = b.sum([helper, rho, cell]);
    let helper = b.mul(selector, sum);
    let running = b.mul(selector, step);
    let constraints = [("helper", helper), ("running", running)];
    let constraints = constraints.map(|(name, poly)| (name.to_string(), b.finish(poly)));
    circuit.add_gate("late", constraints);
    circuit.derive_by_last_gate(late, 0, 0, 0);
    circuit.derive_by_last_gate(late, 1, 1, 1);
    let cell = b.query(0, 0, 0);
    circuit.multiplicities.push(Multiplicity {
        tables: vec![CountedTable {
            group: count,
            column: 0,
            columns: vec![(fixed, 1), (fixed, 0)],
        }],
        active: Some((fixed, 0)),
        terms: vec![MultiplicityTerm {
            selector: b.finish(selector),
            inputs: vec![b.finish(cell), b.finish(zero)],
        }],
        source: "count".to_string(),
    });
    circuit
}

#[test]
fn circuits_come_back() {
    for circuit in [
        Dense::default().circuit(),
        relu(),
        everything(),
        logup(),
        logup_over(3, 10),
        random_evaluation(),
        Circuit::new("empty", 4),
    ] {
        let bytes = circuit.encode();
        let decoded = Circuit::decode(&bytes).unwrap();
        assert_eq!(decoded, circuit);
        assert_eq!(decoded.encode(), bytes);
        assert_eq!(decoded.digest(), circuit.digest());
    }
}

#[test]
fn storage_width_does_not_show_in_the_bytes() {
    let mut circuit = Dense::default().circuit();
    let bytes = circuit.encode();
    for instruction in &mut circuit.program {
        if let Op::Constant { values } = &mut instruction.op {
            *values = Ints::I128(values.to_vec());
        }
    }
    assert_eq!(circuit.encode(), bytes);
}

#[test]
fn references_to_nothing_are_refused() {
    let mut circuit = relu();
    circuit.placements[0].register = RegisterId(99);
    let error = Circuit::decode(&circuit.encode()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "circuit description: placement 0 of `Relu`: there is no register 99 among 5"
    );
    let mut circuit = relu();
    circuit.program[1].op = Op::NonNeg { x: RegisterId(1) };
    assert!(Circuit::decode(&circuit.encode()).is_err());
    assert!(Circuit::decode(b"definitely not protobuf").is_err());
}

#[test]
fn too_many_parts_are_refused_before_decoding() {
    // Field 8 (an instruction) of length 0, two million times.
    let bytes = [8 << 3 | 2, 0].repeat(2_000_000);
    let error = Circuit::decode(&bytes).unwrap_err();
    assert!(error.to_string().contains("2000000 parts"), "{error}");
}

#[test]
fn absurd_sizes_are_refused() {
    let mut circuit = relu();
    circuit.k = 63;
    assert!(Circuit::decode(&circuit.encode()).is_err());
    let mut circuit = relu();
    circuit.groups[0].count = u32::MAX;
    assert!(Circuit::decode(&circuit.encode()).is_err());
    let mut circuit = relu();
    circuit.push(Op::Free, vec![1 << 40, 1 << 40], (0, 0), "absurd");
    assert!(Circuit::decode(&circuit.encode()).is_err());
    let mut circuit = relu();
    circuit.fills[0].domain = vec![u64::MAX, u64::MAX];
    assert!(Circuit::decode(&circuit.encode()).is_err());
}

#[test]
fn empty_tensors_with_huge_extents_are_harmless() {
    let huge = 1u64 << 28;
    let mut circuit = relu();
    let empty = circuit.push(Op::Free, vec![huge, huge, huge, 0], (0, 0), "empty");
    let shape = vec![huge, huge, huge, 0];
    circuit.push(
        Op::Concat {
            srcs: vec![empty],
            axis: 3,
        },
        shape.clone(),
        (0, 0),
        "empty",
    );
    let term = LinearTerm {
        src: empty,
        read: AffineMap::constant(5, &[0, 0, 0, 0]),
        tap_dims: vec![0, huge, huge],
        weights: empty,
        wread: AffineMap::constant(5, &[0, 0, 0, 0]),
    };
    let linear = Op::Linear {
        terms: vec![term],
        bias: None,
        chunk: 1,
    };
    circuit.push(linear, vec![0, huge, 1], (0, 0), "empty");
    let circuit = Circuit::decode(&circuit.encode()).unwrap();
    zkc_circuit::validate(&circuit).unwrap();
    zkc_circuit::evaluate(&circuit, &[vec![0; 4]]).unwrap();
}

#[test]
fn many_errors_at_once_are_only_errors() {
    let mut circuit = relu();
    for _ in 0..100 {
        circuit.add_group(ColumnGroup::advice("same", 1));
    }
    circuit.push(Op::NonNeg { x: RegisterId(77) }, vec![4], (0, 1), "late");
    circuit.placements[0].register = RegisterId(99);
    assert!(Circuit::decode(&circuit.encode()).is_err());
}

/// Decodes bytes and, where they are a circuit, does everything that a file leads to.
fn use_bytes(bytes: &[u8]) {
    if let Ok(circuit) = Circuit::decode(bytes) {
        let inputs: Vec<Vec<i128>> = circuit
            .inputs
            .iter()
            .map(|input| {
                let count = zkc_circuit::limits::elements(&input.shape).unwrap_or(0);
                vec![input.lo; count.min(1000) as usize]
            })
            .collect();
        if let Ok(layout) = zkc_circuit::validate(&circuit)
            && let Ok(registers) = zkc_circuit::evaluate(&circuit, &inputs)
        {
            let grid = layout.assign(&registers);
            zkc_circuit::check(&circuit, &layout, &grid);
            if let Ok(grid) = layout.complete(&circuit, grid) {
                zkc_circuit::check(&circuit, &layout, &grid);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(4000))]

    #[test]
    fn flipped_bytes_never_panic(which in 0usize..5, flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4)) {
        let circuit = [Dense::default().circuit(), relu(), everything(), logup(), random_evaluation()][which].clone();
        let mut bytes = circuit.encode();
        for (index, mask) in flips {
            let index = index.index(bytes.len());
            bytes[index] ^= mask;
        }
        use_bytes(&bytes);
    }

    #[test]
    fn truncated_bytes_never_panic(which in 0usize..3, cut in any::<prop::sample::Index>()) {
        let circuit = [Dense::default().circuit(), relu(), everything()][which].clone();
        let bytes = circuit.encode();
        use_bytes(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        use_bytes(&bytes);
        let path = Path::new("random");
        prop_assert!(file::from_bytes(path, FileKind::Proof, &bytes).is_err());
    }

    #[test]
    fn integers_come_back(values in prop::collection::vec(any::<i128>(), 0..20), shift in 0u32..127) {
        let values: Vec<i128> = values.into_iter().map(|value| value >> shift).collect();
        let ints = Ints::from_values(&values);
        prop_assert_eq!(ints.to_vec(), values);
        let back = Ints::from_le_bytes(ints.width(), &ints.to_le_bytes()).unwrap();
        prop_assert_eq!(back, ints);
    }
}

fn frame() -> Vec<u8> {
    file::to_bytes(FileKind::Proof, "zkc 0.1.0", b"payload").unwrap()
}

fn read(bytes: &[u8]) -> Result<file::FileContents, FileError> {
    file::from_bytes(Path::new("p.zkc"), FileKind::Proof, bytes)
}

#[test]
fn frames_come_back() {
    let contents = read(&frame()).unwrap();
    assert_eq!(
        (contents.producer.as_str(), &contents.payload[..]),
        ("zkc 0.1.0", &b"payload"[..])
    );
}

#[test]
fn frame_errors_are_exact() {
    let message = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(message(b""), "p.zkc is not a zkc file");
    assert_eq!(message(b"\x89PNG rest"), "p.zkc is not a zkc file");
    assert_eq!(message(b"zkc\0what"), "p.zkc is not a zkc file");
    let model = file::to_bytes(FileKind::Model, "zkc 0.1.0", b"").unwrap();
    assert_eq!(message(&model), "p.zkc is a compiled model, not a proof");
    let mut old = frame();
    old[8] = 9;
    assert_eq!(
        message(&old),
        format!(
            "p.zkc has format version 9 (written by zkc 0.1.0); this program reads version {}; make the file again with this program",
            file::FORMAT_VERSION
        )
    );
    let whole = frame();
    for cut in 1..whole.len() {
        assert!(
            matches!(read(&whole[..cut]), Err(FileError::Truncated { .. })),
            "{cut}"
        );
    }
    let mut long = frame();
    long.push(0);
    assert_eq!(message(&long), "p.zkc has 1 bytes too many");
    for position in 0..whole.len() {
        let mut damaged = frame();
        damaged[position] ^= 1;
        assert!(read(&damaged).is_err(), "{position}");
    }
    let mut damaged = frame();
    damaged[35] ^= 1;
    assert_eq!(message(&damaged), "p.zkc is damaged: its checksum is wrong");
}

#[test]
fn files_are_whole_or_absent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.zkc");
    file::write_atomically(&path, FileKind::Model, "zkc 0.1.0", b"first").unwrap();
    file::write_atomically(&path, FileKind::Model, "zkc 0.1.0", b"second").unwrap();
    assert_eq!(
        file::read(&path, FileKind::Model, 1000).unwrap().payload,
        b"second"
    );
    assert!(matches!(
        file::read(&path, FileKind::Model, 10),
        Err(FileError::TooLarge { max: 10, .. })
    ));
    // Nothing but the file itself is left, and a failed write leaves nothing.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("missing").join("m.zkc");
    let error = file::write_atomically(&nowhere, FileKind::Model, "zkc", b"").unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
    let occupied = folder.path().join("folder");
    std::fs::create_dir(&occupied).unwrap();
    assert!(file::write_atomically(&occupied, FileKind::Model, "zkc", b"").is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
