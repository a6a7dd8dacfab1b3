//! Small circuits written out by hand.

use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, Expr, ExprBuilder, InputInfo, Ints, LinearTerm, Op,
    OutputInfo, Table, TableColumn, TagMatch,
};

fn input(name: &str, len: u64, (lo, hi): (i128, i128), public: bool) -> InputInfo {
    InputInfo {
        name: name.into(),
        shape: vec![len],
        scale: 4,
        lo,
        hi,
        public,
    }
}

/// One row per point of a one-dimensional domain, starting at `row`.
fn down(column: i64, row: i64) -> AffineMap {
    AffineMap::linear(1, &[(&[0], column), (&[1], row)])
}

/// A layer of two neurons on three public inputs in `[0, 15]`: `acc = W x + b`, `q = floor((acc + 8) / 16)`, and
/// `y = (relu(q_0), q_1^2)` by one table with tags; and `z = 5 x_0`, with the 5 copied into an advice cell.
/// `y` and `z` are public. k = 6.
pub fn layer(weights: [[i128; 3]; 2]) -> Circuit {
    let mut c = Circuit::new("layer", 6);
    let x = c.add_group(ColumnGroup::advice("x", 1));
    let a = c.add_group(ColumnGroup::advice("a", 3));
    let v = c.add_group(ColumnGroup::advice("v", 3));
    let m = c.add_group(ColumnGroup::advice("m", 2));
    let w = c.add_group(ColumnGroup::fixed("w", 4));
    let s = c.add_group(ColumnGroup::fixed("s", 3));
    let public = c.add_group(ColumnGroup::instance("public", 1));

    let nibble = c.add_table(Table::range("nibble", 0, 16));
    let q_range = -8..=8i128;
    let (tags, ins): (Vec<i128>, Vec<i128>) = (1..=2)
        .flat_map(|tag| q_range.clone().map(move |q| (tag, q)))
        .unzip();
    let outs = tags
        .iter()
        .zip(&ins)
        .map(|(tag, q)| if *tag == 1 { *q.max(&0) } else { q * q });
    let with_zero = |values: Vec<i128>| {
        let values: Vec<i128> = std::iter::once(0).chain(values).collect();
        TableColumn::Values(Ints::from_values(&values))
    };
    let act = c.add_table(Table {
        name: "activation".into(),
        columns: vec![
            with_zero(tags.clone()),
            with_zero(ins.clone()),
            with_zero(outs.collect()),
        ],
    });

    // s0 (W x + b + 8 - 16 q - r)
    let mut b = ExprBuilder::new();
    let mut terms: Vec<_> = (0..3)
        .map(|j| {
            let (weight, value) = (b.query(w.0, j, 0), b.query(a.0, j, 0));
            b.mul(weight, value)
        })
        .collect();
    terms.push(b.query(w.0, 3, 0));
    terms.push(b.constant(8));
    let (q, r) = (b.query(v.0, 0, 0), b.query(v.0, 1, 0));
    terms.push(b.scale(-16, q));
    terms.push(b.neg(r));
    let sum = b.sum(terms);
    let selector = b.query(s.0, 0, 0);
    let dense = b.mul(selector, sum);
    c.add_gate("dense", [("acc is 16 q + r".to_string(), b.finish(dense))]);

    // s1 (x * 5 - z), with z one row below
    let mut b = ExprBuilder::new();
    let (five, factor) = (b.query(m.0, 0, 0), b.query(m.0, 1, 0));
    let z = b.query(m.0, 0, 1);
    let product = b.mul(five, factor);
    let difference = b.sub(product, z);
    let selector = b.query(s.0, 1, 0);
    let times = b.mul(selector, difference);
    c.add_gate("times", [("z is 5 x".to_string(), b.finish(times))]);

    c.add_lookup("x range", vec![Expr::query(x.0, 0, 0)], nibble);
    c.add_lookup("r range", vec![Expr::query(v.0, 1, 0)], nibble);
    let tag_q_y = vec![
        Expr::query(s.0, 2, 0),
        Expr::query(v.0, 0, 0),
        Expr::query(v.0, 2, 0),
    ];
    c.add_lookup("activation", tag_q_y, act);

    let x_in = c.add_input(input("x", 3, (0, 15), true));
    let flat: Vec<i128> = weights.concat();
    let least = flat.iter().min().copied().unwrap_or(0);
    let weight_bounds = (least, flat.iter().max().copied().unwrap_or(0));
    let values = Ints::from_values(&flat);
    let weights = c.push(Op::Constant { values }, vec![2, 3], weight_bounds, "w");
    let values = Ints::from_values(&[-7, 3]);
    let bias = c.push(Op::Constant { values }, vec![2], (-7, 3), "b");
    let term = LinearTerm {
        src: x_in,
        read: AffineMap::linear(2, &[(&[0, 1], 0)]),
        tap_dims: vec![3],
        weights,
        wread: AffineMap::identity(2),
    };
    let linear = Op::Linear {
        terms: vec![term],
        bias: Some(bias),
        chunk: 3,
    };
    let acc = c.push(linear, vec![2, 1], (-136, 135), "dense");
    let squeeze = Op::Gather {
        src: acc,
        map: AffineMap::linear(1, &[(&[1], 0), (&[0], 0)]),
        fill: None,
    };
    let acc = c.push(squeeze, vec![2], (-136, 135), "dense");
    let quotient = Op::Quotient {
        x: acc,
        addend: 8,
        divisor: 16,
    };
    let q = c.push(quotient, vec![2], (-8, 8), "rescale");
    let remainder = Op::Remainder {
        x: acc,
        addend: 8,
        divisor: 16,
    };
    let r = c.push(remainder, vec![2], (0, 15), "rescale");
    let ys: Vec<_> = (0..2)
        .map(|i| {
            let one = Op::Gather {
                src: q,
                map: AffineMap::linear(1, &[(&[1], i)]),
                fill: None,
            };
            let one = c.push(one, vec![1], (-8, 8), "rescale");
            let lookup = Op::Lookup {
                table: act,
                x: one,
                in_col: 1,
                out_col: 2,
                tag: Some(TagMatch {
                    column: 0,
                    value: i128::from(i) + 1,
                }),
            };
            c.push(lookup, vec![1], (0, 64), "activation")
        })
        .collect();
    let y = c.push(
        Op::Concat { srcs: ys, axis: 0 },
        vec![2],
        (0, 64),
        "activation",
    );
    let values = Ints::from_values(&[5]);
    let five = c.push(Op::Constant { values }, vec![1], (5, 5), "five");
    let first = Op::Gather {
        src: x_in,
        map: AffineMap::identity(1),
        fill: None,
    };
    let first = c.push(first, vec![1], (0, 15), "times");
    let z = c.push(Op::Mul { a: five, b: first }, vec![1], (0, 75), "times");

    let id = AffineMap::identity;
    c.place(x_in, x, vec![3], id(1), down(0, 0), "x");
    // Row i, column j holds x_j.
    let read = AffineMap::linear(2, &[(&[0, 1], 0)]);
    let at = AffineMap::linear(2, &[(&[0, 1], 0), (&[1, 0], 0)]);
    c.place(x_in, a, vec![2, 3], read, at.clone(), "dense");
    c.place(weights, w, vec![2, 3], id(2), at, "dense");
    c.place(bias, w, vec![2], id(1), down(3, 0), "dense");
    c.place(q, v, vec![2], id(1), down(0, 0), "rescale");
    c.place(r, v, vec![2], id(1), down(1, 0), "rescale");
    c.place(y, v, vec![2], id(1), down(2, 0), "activation");
    c.place(five, m, vec![1], id(1), down(0, 0), "times");
    c.place(first, m, vec![1], id(1), down(1, 0), "times");
    c.place(z, m, vec![1], id(1), down(0, 1), "times");
    c.place(x_in, public, vec![3], id(1), down(0, 0), "x");
    c.place(y, public, vec![2], id(1), down(0, 3), "y");
    c.place(z, public, vec![1], id(1), down(0, 5), "z");
    c.fill(s, vec![2], down(0, 0), 1, "dense");
    c.fill(s, vec![1], down(1, 0), 1, "times");
    c.fill(s, vec![1], down(2, 0), 1, "activation");
    c.fill(s, vec![1], down(2, 1), 2, "activation");

    for (name, register, len, hi) in [("y", y, 2, 64), ("z", z, 1, 75)] {
        c.outputs.push(OutputInfo {
            name: name.into(),
            shape: vec![len],
            scale: 2,
            register,
            public: true,
            lo: 0,
            hi,
        });
    }
    c
}

/// The layer that most tests use.
pub fn small_layer() -> Circuit {
    layer([[3, -2, 4], [-1, 5, -3]])
}

/// `y = x^degree` in one gate, for private `x` in `[-2, 3]`; `y` is public. k = 5.
pub fn power(degree: u32) -> Circuit {
    let mut c = Circuit::new("power", 5);
    let v = c.add_group(ColumnGroup::advice("v", 2));
    let s = c.add_group(ColumnGroup::fixed("s", 1));
    let public = c.add_group(ColumnGroup::instance("public", 1));
    let range = c.add_table(Table::range("range", -2, 6));

    let mut b = ExprBuilder::new();
    let (x, y, selector) = (b.query(v.0, 0, 0), b.query(v.0, 1, 0), b.query(s.0, 0, 0));
    let power = b.product(vec![x; degree as usize]);
    let difference = b.sub(power, y);
    let root = b.mul(selector, difference);
    c.add_gate("power", [("y is a power of x".to_string(), b.finish(root))]);
    // Rows without a value hold 0, which is in the range.
    c.add_lookup("range", vec![Expr::query(v.0, 0, 0)], range);

    let bound = 3i128.pow(degree);
    let x = c.add_input(input("x", 3, (-2, 3), false));
    let mut y = x;
    for _ in 1..degree {
        y = c.push(Op::Mul { a: y, b: x }, vec![3], (-bound, bound), "power");
    }
    let id = AffineMap::identity;
    c.place(x, v, vec![3], id(1), down(0, 0), "power");
    c.place(y, v, vec![3], id(1), down(1, 0), "power");
    c.place(y, public, vec![3], id(1), down(0, 0), "power");
    c.fill(s, vec![3], down(0, 0), 1, "power");
    c.outputs.push(OutputInfo {
        name: "y".into(),
        shape: vec![3],
        scale: 0,
        register: y,
        public: true,
        lo: -bound,
        hi: bound,
    });
    c
}

/// `y = 3 x` for private `x`, by one gate of degree 2, without lookups and copies; nothing is public. k = 4.
pub fn plain() -> Circuit {
    let mut c = Circuit::new("plain", 4);
    let v = c.add_group(ColumnGroup::advice("v", 2));
    let s = c.add_group(ColumnGroup::fixed("s", 1));
    let mut b = ExprBuilder::new();
    let (x, y, selector) = (b.query(v.0, 0, 0), b.query(v.0, 1, 0), b.query(s.0, 0, 0));
    let triple = b.scale(3, x);
    let difference = b.sub(triple, y);
    let root = b.mul(selector, difference);
    c.add_gate("triple", [("y is 3 x".to_string(), b.finish(root))]);
    let x = c.add_input(input("x", 2, (-9, 9), false));
    let triple = Op::Affine {
        terms: vec![(x, 3)],
        constant: 0,
    };
    let y = c.push(triple, vec![2], (-27, 27), "triple");
    let id = AffineMap::identity;
    c.place(x, v, vec![2], id(1), down(0, 0), "triple");
    c.place(y, v, vec![2], id(1), down(1, 0), "triple");
    c.fill(s, vec![2], down(0, 0), 1, "triple");
    c
}
