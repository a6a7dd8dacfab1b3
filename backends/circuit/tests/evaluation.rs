//! The witness program against plain Rust, and its errors.

mod sample;

use std::time::Instant;

use proptest::prelude::*;
use sample::config;
use zkc_circuit::{
    AffineBuilder, AffineMap, Circuit, InputInfo, Ints, LinearTerm, Op, RegisterId, Table,
    TableColumn, TagMatch, evaluate,
};

const WIDE: (i128, i128) = (i128::MIN, i128::MAX);

/// A circuit with one input of any value per shape.
fn with_inputs(shapes: &[&[u64]]) -> (Circuit, Vec<RegisterId>) {
    let mut circuit = Circuit::new("test", 8);
    let registers = shapes
        .iter()
        .enumerate()
        .map(|(index, shape)| {
            circuit.add_input(InputInfo {
                name: format!("x{index}"),
                shape: shape.to_vec(),
                scale: 0,
                lo: i128::MIN,
                hi: i128::MAX,
                public: false,
            })
        })
        .collect();
    (circuit, registers)
}

/// The values of one operation on given inputs of equal length.
fn run(inputs: &[&[i128]], op: impl Fn(&[RegisterId]) -> Op) -> Result<Vec<i128>, String> {
    let length = inputs[0].len() as u64;
    let shapes: Vec<&[u64]> = inputs
        .iter()
        .map(|_| std::slice::from_ref(&length))
        .collect();
    let (mut circuit, registers) = with_inputs(&shapes);
    let tag_column = TableColumn::Values(Ints::from(vec![0i64, 0, 1, 1]));
    let key = TableColumn::Values(Ints::from(vec![5i64, -6, 5, 9]));
    let value = TableColumn::Range { start: 100, len: 4 };
    circuit.add_table(Table {
        name: "t".into(),
        columns: vec![tag_column, key, value],
    });
    let result = circuit.push(op(&registers), vec![length], WIDE, "node");
    let inputs: Vec<Vec<i128>> = inputs.iter().map(|values| values.to_vec()).collect();
    let registers = evaluate(&circuit, &inputs).map_err(|error| error.to_string())?;
    Ok(registers.get(result).unwrap().values.to_vec())
}

#[test]
fn elementwise_operations() {
    let x: &[i128] = &[-7, -1, 0, 1, 6];
    let y: &[i128] = &[2, 2, 3, -5, 6];
    let one = |op: fn(RegisterId) -> Op| run(&[x], |r| op(r[0])).unwrap();
    assert_eq!(
        one(|x| Op::Quotient {
            x,
            addend: 1,
            divisor: 4
        }),
        [-2, 0, 0, 0, 1]
    );
    assert_eq!(
        one(|x| Op::Remainder {
            x,
            addend: 1,
            divisor: 4
        }),
        [2, 0, 1, 2, 3]
    );
    assert_eq!(
        one(|x| Op::Limb {
            x,
            offset: -7,
            bits: 2,
            index: 0
        }),
        [0, 2, 3, 0, 1]
    );
    assert_eq!(
        one(|x| Op::Limb {
            x,
            offset: -7,
            bits: 2,
            index: 1
        }),
        [0, 1, 1, 2, 3]
    );
    assert_eq!(one(|x| Op::NonNeg { x }), [0, 0, 1, 1, 1]);
    assert_eq!(one(|_| Op::Free), [0; 5]);
    let two = |op: fn(RegisterId, RegisterId) -> Op| run(&[x, y], |r| op(r[0], r[1])).unwrap();
    assert_eq!(two(|a, b| Op::Mul { a, b }), [-14, -2, 0, -5, 36]);
    assert_eq!(two(|a, b| Op::Max { a, b }), [2, 2, 3, 1, 6]);
    assert_eq!(two(|a, b| Op::Min { a, b }), [-7, -1, 0, -5, 6]);
    assert_eq!(
        two(|a, b| Op::Affine {
            terms: vec![(a, 2), (b, -1), (a, 1)],
            constant: 10
        }),
        [-13, 5, 7, 18, 22]
    );
    assert_eq!(
        one(|x| Op::Affine {
            terms: vec![],
            constant: i128::from(x.0) + 3
        }),
        [3; 5]
    );
}

#[test]
fn ratio_rounds_to_nearest_with_ties_up() {
    let num: &[i128] = &[-3, -1, 0, 1, 3, 5, 7];
    let den: &[i128] = &[2, 2, 2, 2, 2, 3, 4];
    let ratio = run(&[num, den], |r| Op::Ratio {
        num: r[0],
        den: r[1],
        mul: 1,
    })
    .unwrap();
    assert_eq!(ratio, [-1, 0, 0, 1, 2, 2, 2]);
    let rest = run(&[num, den], |r| Op::RatioRem {
        num: r[0],
        den: r[1],
        mul: 1,
    })
    .unwrap();
    for (((num, den), ratio), rest) in num.iter().zip(den).zip(ratio).zip(rest) {
        assert_eq!(2 * num + den, 2 * den * ratio + rest);
    }
}

#[test]
fn lookups_take_the_first_matching_row() {
    let lookup = |tag| {
        move |r: &[RegisterId]| Op::Lookup {
            table: zkc_circuit::TableId(0),
            x: r[0],
            in_col: 1,
            out_col: 2,
            tag,
        }
    };
    assert_eq!(run(&[&[5, -6, 9]], lookup(None)).unwrap(), [100, 101, 103]);
    let tag = Some(TagMatch {
        column: 0,
        value: 1,
    });
    assert_eq!(run(&[&[5, 9]], lookup(tag)).unwrap(), [102, 103]);
    assert_eq!(
        run(&[&[5, -6]], lookup(tag)).unwrap_err(),
        "`node` (lookup, register 1, element [1]): -6 is not in column 1 of table `t`, whose values lie in [-6, 9]"
    );
    let reversed = |r: &[RegisterId]| Op::Lookup {
        table: zkc_circuit::TableId(0),
        x: r[0],
        in_col: 2,
        out_col: 1,
        tag: None,
    };
    assert_eq!(run(&[&[103, 100]], reversed).unwrap(), [9, 5]);
    assert!(run(&[&[104]], reversed).is_err());
}

#[test]
fn errors_say_where() {
    let big = &[i128::MAX, 1][..];
    let error = run(&[big], |r| Op::Mul { a: r[0], b: r[0] }).unwrap_err();
    assert_eq!(
        error,
        "`node` (mul, register 1, element [0]): the value does not fit 128 bits"
    );
    let error = run(&[&[3, -1]], |r| Op::Limb {
        x: r[0],
        offset: 0,
        bits: 4,
        index: 0,
    });
    assert_eq!(
        error.unwrap_err(),
        "`node` (limb, register 1, element [1]): limbs need a number that is not negative, found -1"
    );
    let error = run(&[&[3, 0]], |r| Op::Ratio {
        num: r[0],
        den: r[0],
        mul: 1,
    })
    .unwrap_err();
    assert_eq!(
        error,
        "`node` (ratio, register 1, element [1]): the denominator is 0, not positive"
    );
    assert!(
        run(&[&[i128::MAX]], |r| Op::Quotient {
            x: r[0],
            addend: 1,
            divisor: 2
        })
        .is_err()
    );
}

#[test]
fn bounds_and_input_ranges_are_checked() {
    let mut circuit = Circuit::new("test", 8);
    let x = circuit.add_input(InputInfo {
        name: "image".into(),
        shape: vec![2, 3],
        scale: 8,
        lo: 0,
        hi: 255,
        public: true,
    });
    circuit.push(
        Op::Affine {
            terms: vec![(x, 2)],
            constant: 0,
        },
        vec![2, 3],
        (0, 400),
        "double",
    );
    let error = |values: &[i128]| {
        evaluate(&circuit, &[values.to_vec()])
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(&[0, 0, 0, 0, 256, 0]),
        "input `image`, element [1, 1]: 256 is outside of the declared range [0, 255] (integers at scale 8); compile for a wider input range or clamp the input"
    );
    assert_eq!(
        error(&[0, 0, 201, 0, 255, 0]),
        "`double` (affine, register 1, element [0, 2]): value 402 is outside of the stated bound [0, 400]"
    );
    assert_eq!(
        error(&[0; 5]),
        "input `image` has shape [2, 3], 6 elements; 5 were given"
    );
    assert_eq!(
        evaluate(&circuit, &[]).unwrap_err().to_string(),
        "the model has 1 inputs, 0 were given"
    );
}

#[test]
fn gather_and_concat_move_data() {
    let (mut circuit, registers) = with_inputs(&[&[2, 3]]);
    let x = registers[0];
    let transpose = AffineMap::linear(2, &[(&[0, 1], 0), (&[1, 0], 0)]);
    let transposed = circuit.push(
        Op::Gather {
            src: x,
            map: transpose,
            fill: None,
        },
        vec![3, 2],
        WIDE,
        "T",
    );
    let pad = AffineMap::linear(2, &[(&[1, 0], -1), (&[0, 1], -1)]);
    let padded = circuit.push(
        Op::Gather {
            src: x,
            map: pad,
            fill: Some(9),
        },
        vec![4, 5],
        WIDE,
        "Pad",
    );
    let both = circuit.push(
        Op::Concat {
            srcs: vec![x, x],
            axis: 1,
        },
        vec![2, 6],
        WIDE,
        "Concat",
    );
    let stacked = circuit.push(
        Op::Concat {
            srcs: vec![x, x],
            axis: 0,
        },
        vec![4, 3],
        WIDE,
        "Concat",
    );
    let registers = evaluate(&circuit, &[vec![1, 2, 3, 4, 5, 6]]).unwrap();
    let values = |register| registers.get(register).unwrap().values.to_vec();
    assert_eq!(values(transposed), [1, 4, 2, 5, 3, 6]);
    assert_eq!(
        values(padded),
        [9, 9, 9, 9, 9, 9, 1, 2, 3, 9, 9, 4, 5, 6, 9, 9, 9, 9, 9, 9]
    );
    assert_eq!(values(both), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    assert_eq!(values(stacked), [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    let bad = AffineMap::linear(2, &[(&[1, 0], 0), (&[0, 1], 1)]);
    circuit.push(
        Op::Gather {
            src: x,
            map: bad,
            fill: None,
        },
        vec![2, 3],
        WIDE,
        "Slice",
    );
    assert_eq!(
        evaluate(&circuit, &[vec![0; 6]]).unwrap_err().to_string(),
        "`Slice` (gather, register 5, element [0, 2]): reads index [0, 3] of a tensor of shape [2, 3]"
    );
}

/// A convolution of a `channels x size x size` image with `outputs` 5x5 kernels, taps flattened.
fn convolution(channels: u64, size: u64, outputs: u64, chunk: u64, flat: bool) -> Circuit {
    let mut circuit = Circuit::new("conv", 8);
    let x = circuit.add_input(InputInfo {
        name: "x".into(),
        shape: vec![channels, size, size],
        scale: 0,
        lo: -128,
        hi: 127,
        public: false,
    });
    let taps = channels * 25;
    let weights: Vec<i64> = (0..outputs * taps)
        .map(|i| (i * 7 % 31) as i64 - 15)
        .collect();
    let w = circuit.push(
        Op::Constant {
            values: Ints::from(weights),
        },
        vec![outputs, taps],
        (-15, 15),
        "w",
    );
    let out = size - 4;
    // Outputs (o, i, j) or one flat index; tap t = (c * 5 + a) * 5 + b.
    let (out_dims, dims) = if flat {
        (vec![outputs * out * out], 2)
    } else {
        (vec![outputs, out, out], 4)
    };
    let mut b = AffineBuilder::new(dims);
    let (o, i, j) = if flat {
        let position = b.dim(0);
        let o = b.floor_div(position, (out * out) as i64);
        let rest = b.modulo(position, (out * out) as i64);
        (o, b.floor_div(rest, out as i64), b.modulo(rest, out as i64))
    } else {
        (b.dim(0), b.dim(1), b.dim(2))
    };
    let t = b.dim(dims - 1);
    let channel = b.floor_div(t, 25);
    let inside = b.modulo(t, 25);
    let (da, db) = (b.floor_div(inside, 5), b.modulo(inside, 5));
    let (row, col) = (b.add(i, da), b.add(j, db));
    let read = b.clone().finish([channel, row, col]);
    let wread = b.finish([o, t]);
    let chunks = taps.div_ceil(chunk);
    let shape = out_dims.iter().copied().chain([chunks]).collect();
    let term = LinearTerm {
        src: x,
        read,
        tap_dims: vec![taps],
        weights: w,
        wread,
    };
    circuit.push(
        Op::Linear {
            terms: vec![term],
            bias: None,
            chunk,
        },
        shape,
        WIDE,
        "conv",
    );
    circuit
}

fn convolve(circuit: &Circuit, input: &[i128], size: usize, chunk: usize) -> Vec<i128> {
    let Op::Constant { values } = &circuit.program[1].op else {
        panic!()
    };
    let outputs = circuit.program[1].shape[0] as usize;
    let taps = circuit.program[1].shape[1] as usize;
    let out = size - 4;
    let mut sums = Vec::new();
    for o in 0..outputs {
        for i in 0..out {
            for j in 0..out {
                let mut sum = 0;
                for t in 0..taps {
                    let (c, a, b) = (t / 25, t % 25 / 5, t % 5);
                    sum += values.at(o * taps + t) * input[(c * size + i + a) * size + j + b];
                    if (t + 1) % chunk == 0 || t + 1 == taps {
                        sums.push(sum);
                    }
                }
            }
        }
    }
    sums
}

#[test]
fn convolutions_give_partial_sums() {
    let input: Vec<i128> = (0..2 * 64).map(|i| (i * 37 % 256) - 128).collect();
    for flat in [false, true] {
        for chunk in [7, 25, 50, 64] {
            let circuit = convolution(2, 8, 3, chunk, flat);
            let registers = evaluate(&circuit, std::slice::from_ref(&input)).unwrap();
            let sums = registers.get(RegisterId(2)).unwrap().values.to_vec();
            assert_eq!(
                sums,
                convolve(&circuit, &input, 8, chunk as usize),
                "{flat} {chunk}"
            );
        }
    }
}

/// Maps that mix output and tap coordinates under a division cannot be split and take the slow road.
#[test]
fn mixed_maps_are_evaluated_point_by_point() {
    let (mut circuit, registers) = with_inputs(&[&[5]]);
    let mut b = AffineBuilder::new(2);
    let (o, t) = (b.dim(0), b.dim(1));
    let sum = b.add(o, t);
    let wrapped = b.modulo(sum, 5);
    let read = b.finish([wrapped]);
    let weights = circuit.push(
        Op::Constant {
            values: Ints::from(vec![1i64, 10, 100]),
        },
        vec![3],
        (1, 100),
        "w",
    );
    let wread = AffineMap::linear(2, &[(&[0, 1], 0)]);
    let term = LinearTerm {
        src: registers[0],
        read,
        tap_dims: vec![3],
        weights,
        wread,
    };
    let linear = circuit.push(
        Op::Linear {
            terms: vec![term.clone()],
            bias: None,
            chunk: 2,
        },
        vec![5, 2],
        WIDE,
        "circular",
    );
    let values = evaluate(&circuit, &[vec![1, 2, 3, 4, 5]]).unwrap();
    assert_eq!(
        values.get(linear).unwrap().values.to_vec(),
        [21, 321, 32, 432, 43, 543, 54, 154, 15, 215]
    );
    let mut outside = term;
    outside.read = AffineMap::linear(2, &[(&[1, 1], 0)]);
    circuit.push(
        Op::Linear {
            terms: vec![outside],
            bias: None,
            chunk: 3,
        },
        vec![5, 1],
        WIDE,
        "outside",
    );
    assert_eq!(
        evaluate(&circuit, &[vec![0; 5]]).unwrap_err().to_string(),
        "`outside` (linear, register 3, element [3, 0]): reads index [5] of a tensor of shape [5]"
    );
}

#[test]
fn a_linear_without_taps_is_its_bias() {
    let (mut circuit, registers) = with_inputs(&[&[3]]);
    let linear = circuit.push(
        Op::Linear {
            terms: vec![],
            bias: Some(registers[0]),
            chunk: 4,
        },
        vec![3, 1],
        WIDE,
        "bias",
    );
    let values = evaluate(&circuit, &[vec![4, -5, 6]]).unwrap();
    assert_eq!(values.get(linear).unwrap().values.to_vec(), [4, -5, 6]);
}

#[test]
fn linear_is_exact_at_every_width() {
    for (a, b, fits) in [
        (1i128 << 30, 1i128 << 30, true),
        (1 << 62, 1 << 62, true),
        (1 << 100, 1 << 30, false),
    ] {
        let (mut circuit, registers) = with_inputs(&[&[4], &[4]]);
        let read = AffineMap::identity(1);
        let term = LinearTerm {
            src: registers[0],
            read: read.clone(),
            tap_dims: vec![4],
            weights: registers[1],
            wread: read,
        };
        let linear = circuit.push(
            Op::Linear {
                terms: vec![term],
                bias: None,
                chunk: 9,
            },
            vec![1],
            WIDE,
            "n",
        );
        let result = evaluate(&circuit, &[vec![a, -a, a, 0], vec![b, b, b, b]]);
        match result {
            Ok(values) => assert_eq!(values.get(linear).unwrap().values.at(0), a * b),
            Err(error) => {
                assert!(!fits);
                assert!(
                    error.to_string().contains("does not fit 128 bits"),
                    "{error}"
                );
            }
        }
    }
}

/// Not a benchmark: a bound that only a wrong algorithm misses, far above what is measured (about 10 ms).
#[test]
fn eight_hundred_thousand_products_are_fast() {
    for flat in [false, true] {
        let circuit = convolution(6, 28, 10, 30, flat);
        let input: Vec<i128> = (0..6 * 28 * 28).map(|i| i % 256 - 128).collect();
        let start = Instant::now();
        let registers = evaluate(&circuit, std::slice::from_ref(&input)).unwrap();
        let elapsed = start.elapsed();
        let sums = registers.get(RegisterId(2)).unwrap().values.to_vec();
        assert_eq!(sums, convolve(&circuit, &input, 28, 30));
        eprintln!("864000 products (flat outputs: {flat}): {elapsed:?}");
        assert!(elapsed.as_millis() < 1000, "{elapsed:?}");
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn divisions_agree_with_their_remainders(x in any::<i64>(), addend in any::<i32>(), divisor in 1i64..) {
        let (x, addend, divisor) = (i128::from(x), i128::from(addend), i128::from(divisor));
        let q = run(&[&[x]], |r| Op::Quotient { x: r[0], addend, divisor }).unwrap()[0];
        let m = run(&[&[x]], |r| Op::Remainder { x: r[0], addend, divisor }).unwrap()[0];
        prop_assert!((0..divisor).contains(&m));
        prop_assert_eq!(q * divisor + m, x + addend);
    }

    #[test]
    fn limbs_add_up(x in 0i64.., bits in 1u32..20) {
        let x = i128::from(x);
        let count = 63u32.div_ceil(bits);
        let sum: i128 = (0..count)
            .map(|index| run(&[&[x]], |r| Op::Limb { x: r[0], offset: 0, bits, index }).unwrap()[0] << (bits * index))
            .sum();
        prop_assert_eq!(sum, x);
    }
}
