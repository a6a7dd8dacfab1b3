//! Circuits of two phases, built by hand.

use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, CountedTable, ExprBuilder, ExprId, Grid, GroupId, InputInfo,
    Layout, LinearTerm, Multiplicity, MultiplicityTerm, Op, OutputInfo, RegisterId, Shape, Table,
    evaluate, expand,
};

/// The cells `(column, row + index)`.
fn down(column: i64, row: i64) -> AffineMap {
    AffineMap::linear(1, &[(&[], column), (&[1], row)])
}

fn private(name: &str, shape: Shape, lo: i128, hi: i128) -> InputInfo {
    InputInfo {
        name: name.to_string(),
        shape,
        scale: 0,
        lo,
        hi,
        public: false,
    }
}

fn public_output(circuit: &mut Circuit, name: &str, register: RegisterId) {
    let info = &circuit.program[register.0 as usize];
    let (shape, lo, hi) = (info.shape.clone(), info.lo, info.hi);
    circuit.outputs.push(OutputInfo {
        name: name.to_string(),
        shape,
        scale: 0,
        register,
        public: true,
        lo,
        hi,
    });
}

/// The grid with counted lookups.
pub(crate) fn complete(circuit: &Circuit, inputs: &[Vec<i128>]) -> (Layout, Grid) {
    let layout = expand(circuit).unwrap();
    let registers = evaluate(circuit, inputs).unwrap();
    let grid = layout.complete(circuit, layout.assign(&registers)).unwrap();
    (layout, grid)
}

/// Lookups by sums of fractions: `a` in [0, 16) and `(x, y)` in `y = x * x` for `x` in [0, 8), two tables stacked by tag.
///
/// With `den(t) = alpha - t_0 - beta * t_1 - gamma * t_2`, every row has the terms `s_a / den(a, 0, 0)`,
/// `s_x / den(x, y, 1)` and `-m / den(table)`. The helper `phi` holds the sum of the first two, `S` sums up everything.
/// `q` is 1 on all usable rows but the last, `bd` on the first and the last.
pub(crate) fn logup() -> Circuit {
    logup_over(1, 24)
}

/// The same with the stacked tables over `groups` groups of columns, `height` rows in each but the last: each has its own
/// column of counts `m` and its own term.
pub(crate) fn logup_over(groups: u32, height: i64) -> Circuit {
    let mut c = Circuit::new("logup", 7);
    let v = c.add_group(ColumnGroup::advice("v", 3 + groups)); // a, x, y, m
    let late = c.add_group(ColumnGroup::advice_in_phase("late", 1, 2)); // phi, S
    let f = c.add_group(ColumnGroup::fixed("f", 4)); // q, bd, s_a, s_x
    let t: Vec<GroupId> = ["t", "u", "w"][..groups as usize]
        .iter()
        .map(|name| c.add_group(ColumnGroup::fixed(*name, 3)))
        .collect();
    let public = c.add_group(ColumnGroup::instance("public", 1));
    for name in ["alpha", "beta", "gamma"] {
        c.add_challenge(name, 0);
    }

    let mut b = ExprBuilder::new();
    let den = |b: &mut ExprBuilder, tuple: [ExprId; 3]| {
        let (alpha, beta, gamma) = (b.challenge(0), b.challenge(1), b.challenge(2));
        let second = b.mul(beta, tuple[1]);
        let third = b.mul(gamma, tuple[2]);
        let sum = b.sum([tuple[0], second, third]);
        b.sub(alpha, sum)
    };
    let [q, bd, s_a, s_x] = [0, 1, 2, 3].map(|column| b.query(f.0, column, 0));
    let [a, x, y] = [0, 1, 2].map(|column| b.query(v.0, column, 0));
    let (zero, one) = (b.constant(0), b.constant(1));
    let den_a = den(&mut b, [a, zero, zero]);
    let den_x = den(&mut b, [x, y, one]);
    let phi = b.query(late.0, 0, 0);
    let whole = b.product([phi, den_a, den_x]);
    let (left, right) = (b.mul(s_a, den_x), b.mul(s_x, den_a));
    let sum = b.add(left, right);
    let difference = b.sub(whole, sum);
    let helper = b.mul(q, difference);
    c.add_gate("helper", [("phi is the sum".to_string(), b.finish(helper))]);
    c.derive_by_last_gate(late, 0, 0, 0);

    let mut fractions = Vec::new();
    for (number, t) in (0..).zip(&t) {
        let row = [0, 1, 2].map(|column| b.query(t.0, column, 0));
        let m = b.query(v.0, 3 + number, 0);
        fractions.push((m, den(&mut b, row)));
    }
    let (next, here) = (b.query(late.0, 1, 1), b.query(late.0, 1, 0));
    let step = b.sub(next, here);
    let step = b.sub(step, phi);
    // The numerators over the product of all denominators.
    let all = fractions.iter().map(|(_, den)| *den);
    let mut terms = vec![b.product(std::iter::once(step).chain(all))];
    for (number, (m, _)) in fractions.iter().enumerate() {
        let others = fractions.iter().enumerate();
        let others = others.filter(|(other, _)| *other != number);
        let others = others.map(|(_, (_, den))| *den);
        terms.push(b.product(std::iter::once(*m).chain(others)));
    }
    let sum = b.sum(terms);
    let running = b.mul(q, sum);
    let ends = b.mul(bd, here);
    c.add_gate(
        "sum",
        [
            ("S adds up".to_string(), b.finish(running)),
            ("S starts and ends with 0".to_string(), b.finish(ends)),
        ],
    );
    c.derive_by_last_gate(late, 1, 0, 1);
    let selected = |selector: ExprId, tuple: [ExprId; 3]| MultiplicityTerm {
        selector: b.finish(selector),
        inputs: tuple.map(|input| b.finish(input)).to_vec(),
    };
    c.multiplicities.push(Multiplicity {
        tables: (0..)
            .zip(&t)
            .map(|(number, t)| CountedTable {
                group: v,
                column: 3 + number,
                columns: vec![(*t, 0), (*t, 1), (*t, 2)],
            })
            .collect(),
        active: Some((f, 0)),
        terms: vec![selected(s_a, [a, zero, zero]), selected(s_x, [x, y, one])],
        source: "tables".to_string(),
    });

    let a = c.add_input(private("a", vec![10], 0, 15));
    let x = c.add_input(private("x", vec![6], 0, 7));
    let y = c.push(Op::Mul { a: x, b: x }, vec![6], (0, 49), "Mul");
    let one = AffineMap::identity(1);
    c.place(a, v, vec![10], one.clone(), down(0, 0), "a");
    c.place(x, v, vec![6], one.clone(), down(1, 2), "Mul");
    c.place(y, v, vec![6], one.clone(), down(2, 2), "Mul");
    c.place(y, public, vec![6], one, down(0, 0), "Mul");
    public_output(&mut c, "y", y);

    fill_edges(&mut c, f);
    c.fill(f, vec![10], down(2, 0), 1, "a");
    c.fill(f, vec![6], down(3, 2), 1, "Mul");
    // Rows past the tables are (0, 0, 0), which is a row of the first.
    let bytes = (0..16).map(|value| [value, 0, 0]);
    let squares = (0..8).map(|value| [value, value * value, 1]);
    for (index, tuple) in (0..).zip(bytes.chain(squares)) {
        for (column, cell) in (0..).zip(tuple) {
            let at = down(column, index % height);
            c.fill(t[(index / height) as usize], vec![1], at, cell, "tables");
        }
    }
    c
}

/// Inputs of [`logup`]; some values are looked up more than once.
pub(crate) fn logup_inputs() -> Vec<Vec<i128>> {
    vec![
        vec![0, 1, 2, 3, 15, 15, 15, 8, 9, 0],
        vec![0, 7, 7, 3, 4, 5],
    ]
}

/// Sizes of [`random_evaluation`].
pub(crate) const INPUTS: u64 = 5;
pub(crate) const OUTPUTS: u64 = 3;

/// A weight in [-8, 7].
fn weight(output: u64, input: u64) -> i128 {
    let word = (output * 31 + input + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    i128::from((word >> 60) as u8) - 8
}

/// `acc = W y + b` by evaluating both sides at a random point `rho`.
///
/// Rows 1 to `OUTPUTS` hold `acc_o`, the rows after them `y_j`. `P` is `rho^o` beside `acc_o` and 0 elsewhere; `T` adds up
/// `P * (acc - bias)` and subtracts `y_j * (W_0j + rho * W_1j + ...)`. `y` is a byte by a lookup of halo2's own. The outputs
/// are public, by a gate that reads the instance column.
pub(crate) fn random_evaluation() -> Circuit {
    let mut c = Circuit::new("random evaluation", 9);
    let v = c.add_group(ColumnGroup::advice("v", 2)); // acc, y
    let late = c.add_group(ColumnGroup::advice_in_phase("late", 1, 2)); // P, T
    let f = c.add_group(ColumnGroup::fixed("f", 7)); // q, bd, continues, starts, bias, input, output
    let w = c.add_group(ColumnGroup::fixed("w", OUTPUTS as u32));
    let public = c.add_group(ColumnGroup::instance("public", 1));
    c.add_challenge("rho", 0);
    let byte = c.add_table(Table::range("byte", -128, 256));

    let mut b = ExprBuilder::new();
    let rho = b.challenge(0);
    let [q, bd, continues, starts, bias, input, output] =
        [0, 1, 2, 3, 4, 5, 6].map(|column| b.query(f.0, column, 0));
    let (acc, y) = (b.query(v.0, 0, 0), b.query(v.0, 1, 0));
    let (p, p_next) = (b.query(late.0, 0, 0), b.query(late.0, 0, 1));
    let (t, t_next) = (b.query(late.0, 1, 0), b.query(late.0, 1, 1));
    let step = b.product([continues, rho, p]);
    let difference = b.sub(p_next, step);
    let difference = b.sub(difference, starts);
    let chain = b.mul(q, difference);
    let ends = b.mul(bd, p);
    c.add_gate(
        "powers",
        [
            ("P is a power of rho".to_string(), b.finish(chain)),
            ("P starts and ends with 0".to_string(), b.finish(ends)),
        ],
    );
    c.derive_by_last_gate(late, 0, 0, 1);
    let mut lanes = b.constant(0);
    for lane in (0..OUTPUTS as u32).rev() {
        let shifted = b.mul(lanes, rho);
        let weight = b.query(w.0, lane, 0);
        lanes = b.add(shifted, weight);
    }
    let unbiased = b.sub(acc, bias);
    let produced = b.mul(p, unbiased);
    let consumed = b.mul(y, lanes);
    let step = b.sub(t_next, t);
    let step = b.sub(step, produced);
    let step = b.add(step, consumed);
    let running = b.mul(q, step);
    let ends = b.mul(bd, t);
    c.add_gate(
        "evaluation",
        [
            ("T adds up".to_string(), b.finish(running)),
            ("T starts and ends with 0".to_string(), b.finish(ends)),
        ],
    );
    c.derive_by_last_gate(late, 1, 0, 1);
    let (below, shown) = (b.query(v.0, 0, 1), b.query(public.0, 0, 0));
    let difference = b.sub(below, shown);
    let bound = b.mul(output, difference);
    c.add_gate("public", [("acc is public".to_string(), b.finish(bound))]);
    let looked_up = b.mul(input, y);
    c.add_lookup("y is a byte", vec![b.finish(looked_up)], byte);

    let y = c.add_input(private("y", vec![INPUTS], -128, 127));
    let weights: Vec<i128> = (0..OUTPUTS)
        .flat_map(|output| (0..INPUTS).map(move |input| weight(output, input)))
        .collect();
    let weights = c.push(
        Op::Constant {
            values: zkc_circuit::Ints::from_values(&weights),
        },
        vec![OUTPUTS, INPUTS],
        (-8, 7),
        "weight",
    );
    let biases: Vec<i128> = (0..i128::from(OUTPUTS)).map(|o| 100 * o - 7).collect();
    let biases = c.push(
        Op::Constant {
            values: zkc_circuit::Ints::from_values(&biases),
        },
        vec![OUTPUTS],
        (-1000, 1000),
        "bias",
    );
    let limit = 128 * 8 * i128::from(INPUTS) + 1000;
    let acc = c.push(
        Op::Linear {
            terms: vec![LinearTerm {
                src: y,
                read: AffineMap::linear(2, &[(&[0, 1], 0)]),
                tap_dims: vec![INPUTS],
                weights,
                wread: AffineMap::identity(2),
            }],
            bias: Some(biases),
            chunk: INPUTS,
        },
        vec![OUTPUTS, 1],
        (-limit, limit),
        "Gemm",
    );
    let acc = c.push(
        Op::Gather {
            src: acc,
            map: AffineMap::linear(1, &[(&[1], 0), (&[], 0)]),
            fill: None,
        },
        vec![OUTPUTS],
        (-limit, limit),
        "Gemm",
    );
    let one = AffineMap::identity(1);
    let first_input = 1 + OUTPUTS as i64;
    c.place(acc, v, vec![OUTPUTS], one.clone(), down(0, 1), "Gemm");
    c.place(y, v, vec![INPUTS], one.clone(), down(1, first_input), "y");
    c.place(acc, public, vec![OUTPUTS], one.clone(), down(0, 0), "Gemm");
    c.place(biases, f, vec![OUTPUTS], one, down(4, 1), "bias");
    let transposed = AffineMap::linear(2, &[(&[1, 0], 0), (&[0, 1], 0)]);
    let lane = AffineMap::linear(2, &[(&[1, 0], 0), (&[0, 1], first_input)]);
    c.place(
        weights,
        w,
        vec![OUTPUTS, INPUTS],
        transposed,
        lane,
        "weight",
    );
    public_output(&mut c, "acc", acc);

    fill_edges(&mut c, f);
    c.fill(f, vec![OUTPUTS - 1], down(2, 1), 1, "Gemm");
    c.fill(f, vec![1], down(3, 0), 1, "Gemm");
    c.fill(f, vec![INPUTS], down(5, first_input), 1, "y");
    c.fill(f, vec![OUTPUTS], down(6, 0), 1, "Gemm");
    c
}

/// An input of [`random_evaluation`].
pub(crate) fn evaluation_inputs() -> Vec<Vec<i128>> {
    vec![vec![-128, 127, 3, 0, 55]]
}

/// Group by name.
pub(crate) fn group(circuit: &Circuit, name: &str) -> GroupId {
    let found = circuit.groups.iter().position(|group| group.name == name);
    GroupId(found.unwrap() as u32)
}

/// Marks the rows over which sums go, and the first and the last one.
fn fill_edges(c: &mut Circuit, f: GroupId) {
    let usable = i64::from(c.usable_rows().unwrap());
    c.fill(f, vec![usable as u64 - 1], down(0, 0), 1, "q");
    c.fill(
        f,
        vec![2],
        AffineMap::linear(1, &[(&[], 1), (&[usable - 1], 0)]),
        1,
        "bd",
    );
}
