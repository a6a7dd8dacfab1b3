//! Circuits built by hand for the tests.

#![allow(dead_code, reason = "every test file uses some of these")]

pub(crate) mod phases;

use proptest::test_runner::{Config as ProptestConfig, FileFailurePersistence, RngSeed};
use zkc_circuit::{
    AffineMap, Cell, Circuit, ColumnGroup, Expr, ExprBuilder, Grid, InputInfo, Ints, Layout,
    LinearTerm, Op, OutputInfo, Table, TableColumn, evaluate, expand, validate,
};

/// Sizes of a dense layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dense {
    pub(crate) inputs: u64,
    pub(crate) outputs: u64,
    /// Products per row; divides `inputs`.
    pub(crate) lanes: u64,
    pub(crate) k: u32,
}

/// Bits dropped by the rescale.
pub(crate) const SHIFT: u32 = 6;

impl Default for Dense {
    fn default() -> Self {
        Dense {
            inputs: 8,
            outputs: 3,
            lanes: 4,
            k: 10,
        }
    }
}

/// A pseudorandom weight in [-8, 7].
fn weight(index: u64) -> i64 {
    (index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as i64 - 8
}

impl Dense {
    pub(crate) fn weights(&self) -> Vec<i64> {
        (0..self.inputs * self.outputs).map(weight).collect()
    }

    pub(crate) fn biases(&self) -> Vec<i64> {
        (0..self.outputs)
            .map(|output| weight(output + 1000) * 10)
            .collect()
    }

    /// `y = floor((W x + b + 2^5) / 2^6)`: dot products over lanes with partial sums, then a rescale with range lookups.
    ///
    /// Row `o * R + r` holds inputs `r * lanes ..` in group `x`, the weights beside them in `w`, and partial sum `r` of output
    /// `o` in `acc`. The last row of an output also has the quotient `q` and the remainder `r`.
    pub(crate) fn circuit(&self) -> Circuit {
        let Dense {
            inputs,
            outputs,
            lanes,
            k,
        } = *self;
        assert_eq!(inputs % lanes, 0);
        let chunks = inputs / lanes;
        let mut circuit = Circuit::new("dense", k);
        let x_group = circuit.add_group(ColumnGroup::advice("x", lanes as u32));
        let w_group = circuit.add_group(ColumnGroup::fixed("w", lanes as u32));
        let acc_group = circuit.add_group(ColumnGroup::advice("acc", 1));
        let q_group = circuit.add_group(ColumnGroup::advice("q", 1));
        let r_group = circuit.add_group(ColumnGroup::advice("r", 1));
        // Selectors: input, dot, chain, rescale; then the bias.
        let s_group = circuit.add_group(ColumnGroup::fixed("s", 4));
        let b_group = circuit.add_group(ColumnGroup::fixed("bias", 1));
        let public = circuit.add_group(ColumnGroup::instance("public", 1));
        let byte = circuit.add_table(Table::range("byte", -128, 256));
        // Somewhat more than the largest quotient, so that the table is not exact.
        let largest = i128::from(inputs) * 24;
        let quotients = circuit.add_table(Table::range("quotient", -largest, 2 * largest as u64));
        let remainders = circuit.add_table(Table::range("remainder", 0, 1 << SHIFT));

        let mut b = ExprBuilder::new();
        let dot = b.query(s_group.0, 1, 0);
        let chain = b.query(s_group.0, 2, 0);
        let acc = b.query(acc_group.0, 0, 0);
        let before = b.query(acc_group.0, 0, -1);
        let before = b.mul(chain, before);
        let bias = b.query(b_group.0, 0, 0);
        let mut sum = vec![before, bias];
        for lane in 0..lanes as u32 {
            let w = b.query(w_group.0, lane, 0);
            let x = b.query(x_group.0, lane, 0);
            sum.push(b.mul(w, x));
        }
        let sum = b.sum(sum);
        let difference = b.sub(acc, sum);
        let poly = b.mul(dot, difference);
        circuit.add_gate(
            "dot",
            [("acc is the partial sum".to_string(), b.finish(poly))],
        );

        let mut b = ExprBuilder::new();
        let rescale = b.query(s_group.0, 3, 0);
        let acc = b.query(acc_group.0, 0, 0);
        let q = b.query(q_group.0, 0, 0);
        let r = b.query(r_group.0, 0, 0);
        let half = b.constant(1 << (SHIFT - 1));
        let left = b.add(acc, half);
        let scaled = b.scale(1 << SHIFT, q);
        let right = b.add(scaled, r);
        let difference = b.sub(left, right);
        let poly = b.mul(rescale, difference);
        circuit.add_gate(
            "rescale",
            [("acc is q * 2^s + r - half".to_string(), b.finish(poly))],
        );

        for lane in 0..lanes as u32 {
            let input = selected(s_group.0, 0, x_group.0, lane);
            circuit.add_lookup(format!("x{lane} is a byte"), vec![input], byte);
        }
        let q = selected(s_group.0, 3, q_group.0, 0);
        circuit.add_lookup("q is in range", vec![q], quotients);
        let r = selected(s_group.0, 3, r_group.0, 0);
        circuit.add_lookup("r is in range", vec![r], remainders);

        let x = circuit.add_input(InputInfo {
            name: "image".to_string(),
            shape: vec![inputs],
            scale: 8,
            lo: -128,
            hi: 127,
            public: false,
        });
        let w = circuit.push(
            Op::Constant {
                values: Ints::from(self.weights()),
            },
            vec![outputs, inputs],
            (-8, 7),
            "fc.weight",
        );
        let biases = circuit.push(
            Op::Constant {
                values: Ints::from(self.biases()),
            },
            vec![outputs],
            (-80, 70),
            "fc.bias",
        );
        let bound = 128 * 8 * i128::from(inputs) + 80;
        let acc = circuit.push(
            Op::Linear {
                terms: vec![LinearTerm {
                    src: x,
                    read: AffineMap::linear(2, &[(&[0, 1], 0)]),
                    tap_dims: vec![inputs],
                    weights: w,
                    wread: AffineMap::identity(2),
                }],
                bias: Some(biases),
                chunk: lanes,
            },
            vec![outputs, chunks],
            (-bound, bound),
            "fc",
        );
        let full = circuit.push(
            Op::Gather {
                src: acc,
                map: AffineMap::linear(1, &[(&[1], 0), (&[], chunks as i64 - 1)]),
                fill: None,
            },
            vec![outputs],
            (-bound, bound),
            "fc",
        );
        let (addend, divisor) = (1 << (SHIFT - 1), 1 << SHIFT);
        let quotient = circuit.push(
            Op::Quotient {
                x: full,
                addend,
                divisor,
            },
            vec![outputs],
            (
                (-bound + addend).div_euclid(divisor),
                (bound + addend).div_euclid(divisor),
            ),
            "fc",
        );
        let remainder = circuit.push(
            Op::Remainder {
                x: full,
                addend,
                divisor,
            },
            vec![outputs],
            (0, divisor - 1),
            "fc",
        );

        let (l, c) = (lanes as i64, chunks as i64);
        let lane_cell = AffineMap::linear(3, &[(&[0, 0, 1], 0), (&[c, 1, 0], 0)]);
        let domain = vec![outputs, chunks, lanes];
        let read = AffineMap::linear(3, &[(&[0, l, 1], 0)]);
        circuit.place(x, x_group, domain.clone(), read, lane_cell.clone(), "fc");
        let read = AffineMap::linear(3, &[(&[1, 0, 0], 0), (&[0, l, 1], 0)]);
        circuit.place(w, w_group, domain, read, lane_cell, "fc.weight");
        let cell = AffineMap::linear(2, &[(&[], 0), (&[c, 1], 0)]);
        circuit.place(
            acc,
            acc_group,
            vec![outputs, chunks],
            AffineMap::identity(2),
            cell,
            "fc",
        );
        let first = AffineMap::linear(1, &[(&[], 0), (&[c], 0)]);
        circuit.place(
            biases,
            b_group,
            vec![outputs],
            AffineMap::identity(1),
            first,
            "fc.bias",
        );
        let last = AffineMap::linear(1, &[(&[], 0), (&[c], c - 1)]);
        let one = AffineMap::identity(1);
        circuit.place(
            quotient,
            q_group,
            vec![outputs],
            one.clone(),
            last.clone(),
            "fc",
        );
        circuit.place(remainder, r_group, vec![outputs], one.clone(), last, "fc");
        let shown = AffineMap::linear(1, &[(&[], 0), (&[1], 0)]);
        circuit.place(quotient, public, vec![outputs], one, shown, "fc");

        let selector = |column: i64| AffineMap::linear(2, &[(&[], column), (&[c, 1], 0)]);
        circuit.fill(s_group, vec![1, chunks], selector(0), 1, "image");
        circuit.fill(s_group, vec![outputs, chunks], selector(1), 1, "fc");
        if chunks > 1 {
            let chained = AffineMap::linear(2, &[(&[], 2), (&[c, 1], 1)]);
            circuit.fill(s_group, vec![outputs, chunks - 1], chained, 1, "fc");
        }
        let last = AffineMap::linear(1, &[(&[], 3), (&[c], c - 1)]);
        circuit.fill(s_group, vec![outputs], last, 1, "fc");

        circuit.outputs.push(OutputInfo {
            name: "logits".to_string(),
            shape: vec![1, outputs],
            scale: 2,
            register: quotient,
            public: true,
            lo: circuit.program[quotient.0 as usize].lo,
            hi: circuit.program[quotient.0 as usize].hi,
        });
        circuit
    }

    /// Some input.
    pub(crate) fn input(&self) -> Vec<i128> {
        (0..self.inputs)
            .map(|index| i128::from(weight(index + 77)) * 16 + 5)
            .collect()
    }

    /// What the layer computes, in floating-point-free Rust.
    pub(crate) fn expected(&self, input: &[i128]) -> Vec<i128> {
        let weights = self.weights();
        self.biases()
            .iter()
            .enumerate()
            .map(|(output, bias)| {
                let row = &weights[output * self.inputs as usize..][..self.inputs as usize];
                let sum: i128 = row.iter().zip(input).map(|(w, x)| i128::from(*w) * x).sum();
                (sum + i128::from(*bias) + (1 << (SHIFT - 1))).div_euclid(1 << SHIFT)
            })
            .collect()
    }
}

/// `selector * cell`.
pub(crate) fn selected(selectors: u32, selector: u32, group: u32, column: u32) -> Expr {
    let mut b = ExprBuilder::new();
    let selector = b.query(selectors, selector, 0);
    let cell = b.query(group, column, 0);
    let product = b.mul(selector, cell);
    b.finish(product)
}

/// The grid of a circuit for some inputs.
pub(crate) fn witness(circuit: &Circuit, inputs: &[Vec<i128>]) -> (Layout, Grid) {
    let layout = expand(circuit).unwrap();
    let registers = evaluate(circuit, inputs).unwrap();
    let grid = layout.assign(&registers);
    (layout, grid)
}

/// Changes the value of an advice or instance cell.
pub(crate) fn set(grid: &mut Grid, cell: Cell, value: i128) {
    grid.values[cell.column as usize].set_widening(cell.row as usize, value);
}

/// relu of four public values in [-8, 7] by a two-column table, a constant among the advice, and a free cell.
///
/// Column 0 of `v` holds x, column 1 relu(x); row 4 holds the constant 7 and a free cell; row 5 is used by nothing.
pub(crate) fn relu() -> Circuit {
    let mut circuit = Circuit::new("relu", 6);
    let v = circuit.add_group(ColumnGroup::advice("v", 2));
    let s = circuit.add_group(ColumnGroup::fixed("s", 2));
    let public = circuit.add_group(ColumnGroup::instance("public", 2));
    let outputs: Vec<i64> = (-8..8).map(|x: i64| x.max(0)).collect();
    let columns = vec![
        TableColumn::Range { start: -8, len: 16 },
        TableColumn::Values(Ints::from(outputs)),
    ];
    let table = circuit.add_table(Table {
        name: "relu".to_string(),
        columns,
    });
    let inputs = vec![selected(s.0, 0, v.0, 0), selected(s.0, 0, v.0, 1)];
    circuit.add_lookup("relu", inputs, table);
    // Row 4: the constant in column 0 is 7, whatever is in column 1.
    let mut b = ExprBuilder::new();
    let selector = b.query(s.0, 1, 0);
    let cell = b.query(v.0, 0, 0);
    let seven = b.constant(7);
    let difference = b.sub(cell, seven);
    let poly = b.mul(selector, difference);
    circuit.add_gate("seven", [("v is 7".to_string(), b.finish(poly))]);

    let x = circuit.add_input(InputInfo {
        name: "x".to_string(),
        shape: vec![2, 2],
        scale: 0,
        lo: -8,
        hi: 7,
        public: true,
    });
    let flat = circuit.push(
        Op::Gather {
            src: x,
            map: AffineMap::unflatten(&[2, 2]),
            fill: None,
        },
        vec![4],
        (-8, 7),
        "Flatten",
    );
    let y = circuit.push(
        Op::Lookup {
            table,
            x: flat,
            in_col: 0,
            out_col: 1,
            tag: None,
        },
        vec![4],
        (0, 7),
        "Relu",
    );
    let seven = circuit.push(
        Op::Constant {
            values: Ints::from_values(&[7]),
        },
        vec![],
        (7, 7),
        "seven",
    );
    let free = circuit.push(Op::Free, vec![1], (0, 0), "halo");
    let at = |column: i64, row: i64| AffineMap::linear(1, &[(&[], column), (&[1], row)]);
    let one = AffineMap::identity(1);
    circuit.place(flat, v, vec![4], one.clone(), at(0, 0), "Relu");
    circuit.place(y, v, vec![4], one.clone(), at(1, 0), "Relu");
    let constant_cell = AffineMap::constant(0, &[0, 4]);
    circuit.place(
        seven,
        v,
        vec![],
        AffineMap::constant(0, &[]),
        constant_cell,
        "seven",
    );
    circuit.place(free, v, vec![1], one.clone(), at(1, 4), "halo");
    circuit.place(flat, public, vec![4], one.clone(), at(0, 0), "x");
    circuit.place(y, public, vec![4], one, at(1, 0), "Relu");
    circuit.fill(s, vec![4], at(0, 0), 1, "Relu");
    circuit.fill(s, vec![1], at(1, 4), 1, "seven");
    circuit.outputs.push(OutputInfo {
        name: "y".to_string(),
        shape: vec![2, 2],
        scale: 0,
        register: y,
        public: true,
        lo: 0,
        hi: 7,
    });
    circuit
}

/// What is wrong with a circuit.
pub(crate) fn messages(circuit: &Circuit) -> Vec<String> {
    match validate(circuit) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

/// Breaks a valid circuit and expects a message that contains `expected`.
#[track_caller]
pub(crate) fn assert_broken(mut circuit: Circuit, change: impl Fn(&mut Circuit), expected: &str) {
    assert_eq!(messages(&circuit), [""; 0]);
    change(&mut circuit);
    let found = messages(&circuit);
    assert!(
        found.iter().any(|message| message.contains(expected)),
        "{found:#?}"
    );
}

/// The same cases every time; a case that fails is kept in a file beside the test.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(0x7a6b63),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}
