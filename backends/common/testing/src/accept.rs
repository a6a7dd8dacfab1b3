//! Real proofs of small circuits: what must be accepted.

use zkc_backend::PublicKind;
use zkc_circuit::Circuit;

use crate::samples::{layer, plain, power, small_layer};
use crate::setup::Setup;

/// The tests of this module.
#[macro_export]
macro_rules! accept_suite {
    ($setup:ty) => {
        $crate::suite!($setup, accept:
            a_layer_is_proven,
            gates_of_high_degree_are_proven,
            a_circuit_of_low_degree_is_proven,
            a_circuit_without_public_values_is_proven,
            proofs_differ_and_keys_do_not,
            circuits_may_be_prepared_at_the_same_time,
        );
    };
}

/// The layer's outputs are what it should compute.
pub fn a_layer_is_proven<S: Setup>() {
    small_layer().validate().unwrap();
    for variant in S::VARIANTS {
        let setup = S::new(small_layer(), *variant);
        for x in [[0, 0, 0], [15, 15, 15], [1, 14, 7], [15, 0, 15], [0, 15, 0]] {
            let proof = setup.prove(&[x.to_vec()]);
            setup.verify(&proof).unwrap();
            let acc = |w: [i128; 3], b: i128| w.iter().zip(x).map(|(w, x)| w * x).sum::<i128>() + b;
            let q = |acc: i128| (acc + 8).div_euclid(16);
            let y = [q(acc([3, -2, 4], -7)).max(0), q(acc([-1, 5, -3], 3)).pow(2)];
            let tensors = proof.public.iter();
            let tensors: Vec<_> = tensors
                .map(|t| (t.kind, t.name.as_str(), t.values.clone()))
                .collect();
            assert_eq!(
                tensors,
                [
                    (PublicKind::Input, "x", x.to_vec()),
                    (PublicKind::Output, "y", y.to_vec()),
                    (PublicKind::Output, "z", vec![5 * x[0]]),
                ]
            );
        }
    }
}

/// No halo2 crate bounds the degree.
pub fn gates_of_high_degree_are_proven<S: Setup>() {
    let variants = S::VARIANTS.iter().cycle();
    for (degree, variant) in [2, 4, 5, 6, 9, 12].into_iter().zip(variants) {
        power(degree).validate().unwrap();
        let setup = S::new(power(degree), *variant);
        assert!(setup.shape().degree > degree as usize);
        let proof = setup.prove(&[vec![-2, 3, 1]]);
        setup.verify(&proof).unwrap();
        let expected = vec![(-2i128).pow(degree), 3i128.pow(degree), 1];
        assert_eq!(proof.public[0].values, expected);
    }
}

/// The last piece of the quotient could be 0, which not every scheme can commit to.
pub fn a_circuit_of_low_degree_is_proven<S: Setup>() {
    for variant in S::VARIANTS {
        let setup = S::new(plain(), *variant);
        let proof = setup.prove(&[vec![-9, 4]]);
        assert!(proof.public.is_empty());
        setup.verify(&proof).unwrap();
    }
}

/// There need be no instance column.
pub fn a_circuit_without_public_values_is_proven<S: Setup>() {
    let mut circuit = small_layer();
    circuit.groups.pop();
    circuit.placements.truncate(circuit.placements.len() - 3);
    circuit.inputs[0].public = false;
    for output in &mut circuit.outputs {
        output.public = false;
    }
    circuit.validate().unwrap();
    for variant in S::VARIANTS {
        let setup = S::new(circuit.clone(), *variant);
        let proof = setup.prove(&[vec![1, 2, 3]]);
        assert!(proof.public.is_empty());
        setup.verify(&proof).unwrap();
    }
}

/// Keys follow from the circuit, proofs hide the witness.
pub fn proofs_differ_and_keys_do_not<S: Setup>() {
    for variant in S::VARIANTS {
        let setup = S::new(small_layer(), *variant);
        let again = S::new(small_layer(), *variant);
        assert_eq!(setup.digests(), again.digests());

        let (first, second) = (setup.prove(&[vec![1, 2, 3]]), setup.prove(&[vec![1, 2, 3]]));
        assert_ne!(first.bytes, second.bytes);
        assert_eq!(first.bytes.len(), second.bytes.len());
        // A proof of one run of key generation is accepted by the key of another.
        again.verify(&first).unwrap();
        again.verify(&second).unwrap();

        let other = S::new(layer([[3, -2, 4], [-1, 5, -2]]), *variant);
        assert_ne!(other.digests().key, setup.digests().key);
        assert_ne!(other.digests().circuit, setup.digests().circuit);
    }
}

/// Keys of several circuits may be made at once.
pub fn circuits_may_be_prepared_at_the_same_time<S: Setup>() {
    let variant = S::VARIANTS[0];
    let circuits: [fn() -> Circuit; 3] = [small_layer, || power(3), || power(7)];
    let digests = |circuit: fn() -> Circuit| S::new(circuit(), variant).digests();
    let alone: Vec<_> = circuits.iter().map(|c| digests(*c)).collect();
    let together = |circuit: fn() -> Circuit| move || S::new(circuit(), S::VARIANTS[0]).digests();
    std::thread::scope(|scope| {
        let runs = circuits.iter().flat_map(|c| [*c; 3]);
        let runs: Vec<_> = runs.map(|c| scope.spawn(together(c))).collect();
        for (index, run) in runs.into_iter().enumerate() {
            assert_eq!(run.join().unwrap(), alone[index / 3]);
        }
    });
}
