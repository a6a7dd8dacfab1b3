//! Laws of affine maps: walking agrees with evaluating, splitting with the whole.

use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, RngSeed};

use super::{AffineBuilder, AffineError, AffineMap, AffineNode, walk};

/// How a random map is built: (operation, operand, operand, constant) on the nodes made so far.
type Recipe = Vec<(u8, prop::sample::Index, prop::sample::Index, i64)>;

fn build(dims: u32, recipe: &Recipe) -> AffineMap {
    let mut builder = AffineBuilder::new(dims);
    let mut made: Vec<u32> = (0..dims).map(|dim| builder.dim(dim)).collect();
    made.push(builder.constant(3));
    for (op, a, b, constant) in recipe {
        let (a, b) = (made[a.index(made.len())], made[b.index(made.len())]);
        let factor = builder.constant(*constant);
        let divisor = builder.constant(constant.abs() + 1);
        made.push(builder.node(match op % 8 {
            0 | 1 => AffineNode::Add(a, b),
            2 => AffineNode::Mul(a, factor),
            3 => AffineNode::Mul(factor, b),
            4 => AffineNode::Mod(a, divisor),
            5 => AffineNode::FloorDiv(a, divisor),
            6 => AffineNode::CeilDiv(a, divisor),
            _ => AffineNode::Add(a, factor),
        }));
    }
    let results: Vec<u32> = made.iter().rev().take(3).copied().collect();
    builder.finish(results)
}

fn recipe() -> impl Strategy<Value = Recipe> {
    prop::collection::vec(
        (
            any::<u8>(),
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            -9i64..9,
        ),
        0..8,
    )
}

fn points(domain: &[u64]) -> Vec<Vec<i64>> {
    let mut points = vec![Vec::new()];
    for extent in domain {
        points = points
            .iter()
            .flat_map(|point: &Vec<i64>| {
                (0..*extent as i64).map(move |value| {
                    let mut longer = point.clone();
                    longer.push(value);
                    longer
                })
            })
            .collect();
    }
    points
}

/// The same cases every time; a case that fails is kept in a file beside the test.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x7a6b63),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn walking_agrees_with_evaluating(recipe in recipe(), domain in prop::collection::vec(0u64..9, 0..4)) {
        let map = build(domain.len() as u32, &recipe);
        let mut walked = Vec::new();
        walk(&map, &domain, |results| {
            walked.push(results.to_vec());
            Ok::<(), AffineError>(())
        }).unwrap();
        let evaluated: Vec<Vec<i64>> =
            points(&domain).iter().map(|point| map.eval(point).unwrap()).collect();
        prop_assert_eq!(walked, evaluated);
    }

    #[test]
    fn parts_add_up_to_the_whole(recipe in recipe(), domain in prop::collection::vec(1u64..6, 4), first in 0u32..5) {
        let map = build(4, &recipe);
        if let Some((left, right)) = map.split(first) {
            for point in points(&domain) {
                let (a, b) = point.split_at(first as usize);
                let (a, b) = (left.eval(a).unwrap(), right.eval(b).unwrap());
                let sum: Vec<i64> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
                prop_assert_eq!(sum, map.eval(&point).unwrap());
            }
        }
    }

    #[test]
    fn joining_puts_results_side_by_side(a in recipe(), b in recipe(), x in -50i64..50, y in -50i64..50) {
        let (a, b) = (build(2, &a), build(2, &b));
        let both = [a.eval(&[x, y]).unwrap(), b.eval(&[x, y]).unwrap()].concat();
        prop_assert_eq!(a.joined(&b).eval(&[x, y]).unwrap(), both);
    }

    #[test]
    fn unflattening_inverts_row_major_order(shape in prop::collection::vec(1u64..6, 1..4)) {
        let count: u64 = shape.iter().product();
        let map = AffineMap::unflatten(&shape);
        let found: Vec<Vec<i64>> = (0..count as i64).map(|i| map.eval(&[i]).unwrap()).collect();
        prop_assert_eq!(found, points(&shape));
    }
}

#[test]
fn divisions_round_as_in_mlir() {
    let mut b = AffineBuilder::new(1);
    let d = b.dim(0);
    let results = [b.modulo(d, 3), b.floor_div(d, 3), b.ceil_div(d, 3)];
    let map = b.finish(results);
    assert_eq!(map.eval(&[-4]).unwrap(), [2, -2, -1]);
    assert_eq!(map.eval(&[-3]).unwrap(), [0, -1, -1]);
    assert_eq!(map.eval(&[4]).unwrap(), [1, 1, 2]);
    assert_eq!(
        map.to_string(),
        "(d0) -> ((d0 mod 3), (d0 floordiv 3), (d0 ceildiv 3))"
    );
}

#[test]
fn bad_maps_are_errors() {
    let map = |nodes: Vec<AffineNode>| AffineMap {
        dims: 1,
        nodes,
        results: vec![0],
    };
    let errors = [
        map(vec![AffineNode::Dim(1)]),
        map(vec![AffineNode::Add(0, 0)]),
        map(vec![]),
        map(vec![AffineNode::Const(0), AffineNode::Mod(0, 0)]),
        map(vec![AffineNode::Const(i64::MAX), AffineNode::Add(0, 0)]),
        map(vec![AffineNode::Const(i64::MAX), AffineNode::Mul(0, 0)]),
    ];
    for map in errors {
        assert!(map.eval(&[0]).is_err(), "{map}");
        assert!(
            walk(&map, &[1], |_| Ok::<(), AffineError>(())).is_err(),
            "{map}"
        );
    }
    assert!(AffineMap::identity(2).eval(&[0]).is_err());
    let huge = AffineMap::identity(2);
    assert!(walk(&huge, &[1 << 40, 1 << 40], |_| Ok::<(), AffineError>(())).is_err());
}

#[test]
fn a_product_of_coordinates_cannot_be_split() {
    let mut b = AffineBuilder::new(2);
    let (x, y) = (b.dim(0), b.dim(1));
    let product = b.mul(x, y);
    assert!(b.finish([product]).split(1).is_none());
}
