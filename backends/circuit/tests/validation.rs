//! Every rule of a description, broken one at a time.

mod sample;

use sample::{Dense, assert_broken, messages, relu, selected};
use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, Expr, ExprBuilder, ExprId, ExprNode, GroupId, InputInfo, Ints,
    Op, RegisterId, Table, TableId, validate,
};

/// Breaks a valid circuit and expects a message that contains `expected`.
#[track_caller]
fn broken(change: impl Fn(&mut Circuit), expected: &str) {
    assert_broken(relu(), change, expected);
}

#[test]
fn sizes_and_names() {
    broken(|c| c.k = 40, "exceed 2^28");
    broken(|c| c.k = 2, "leave no usable row");
    broken(|c| c.groups[0].count = 0, "group `v`: has no columns");
    broken(
        |c| c.groups[0].count = 1 << 30,
        "columns of 2^6 rows; at most",
    );
    broken(
        |c| c.groups[1].name = "v".into(),
        "group name `v` is used twice",
    );
    broken(
        |c| c.groups[1].name = "constants".into(),
        "group name `constants`",
    );
    broken(
        |c| c.tables[0] = Table::range("relu", 0, 59),
        "has 59 rows, the circuit 58 usable ones",
    );
    broken(|c| c.tables[0] = Table::range("relu", 0, 0), "has no rows");
    broken(
        |c| c.tables[0] = Table::range("relu", i128::MAX, 2),
        "exceeds 128 bits",
    );
    broken(
        |c| c.tables[0].columns[0] = zkc_circuit::TableColumn::Range { start: 0, len: 3 },
        "column 1 has 16 rows, column 0 has 3",
    );
}

#[test]
fn indices() {
    broken(
        |c| c.lookups[0].table = TableId(7),
        "there is no table 7 among 1",
    );
    broken(
        |c| c.placements[0].register = RegisterId(50),
        "there is no register 50 among 5",
    );
    broken(
        |c| c.placements[0].group = GroupId(9),
        "there is no group 9 among 3",
    );
    broken(|c| c.fills[0].group = GroupId(0), "group `v` is not fixed");
    broken(
        |c| c.outputs[0].register = RegisterId(9),
        "there is no register 9",
    );
    broken(
        |c| c.program[1].op = Op::NonNeg { x: RegisterId(1) },
        "there is no register 1 among 1",
    );
    broken(
        |c| c.gates[0].constraints[0].poly = Expr::query(0, 2, 0),
        "there is no column 2 among 2",
    );
    broken(
        |c| c.gates[0].constraints[0].poly = Expr::query(8, 0, 0),
        "there is no group 8",
    );
    broken(
        |c| c.gates[0].constraints[0].poly = Expr::query(0, 0, 64),
        "rotation 64 is too far",
    );
    broken(
        |c| c.gates[0].constraints[0].poly = Expr::default(),
        "the expression is empty",
    );
    broken(
        |c| {
            c.gates[0].constraints[0]
                .poly
                .nodes
                .push(ExprNode::Neg(ExprId(99)))
        },
        "there is no expression node 99",
    );
    broken(
        |c| {
            c.gates[0].constraints[0]
                .poly
                .nodes
                .push(ExprNode::Challenge(0))
        },
        "there is no challenge 0",
    );
}

#[test]
fn shapes() {
    broken(
        |c| {
            c.lookups[0].inputs.pop();
        },
        "1 inputs for table `relu` of 2 columns",
    );
    broken(
        |c| c.program[2].shape = vec![5],
        "shape [5], operand register 1 has [4]",
    );
    broken(
        |c| {
            c.program[3].op = Op::Constant {
                values: Ints::from_values(&[]),
            }
        },
        "0 values for shape []",
    );
    broken(|c| c.program[0].shape = vec![4], "the input has [2, 2]");
    broken(
        |c| c.placements[0].read = AffineMap::identity(2),
        "takes 2 coordinates, not 1",
    );
    broken(
        |c| c.placements[0].at = AffineMap::identity(1),
        "gives 1 coordinates, not 2",
    );
    broken(
        |c| c.outputs[0].shape = vec![3],
        "shape [3], its register has [4]",
    );
    broken(
        |c| {
            c.push(
                Op::Quotient {
                    x: RegisterId(1),
                    addend: 0,
                    divisor: 0,
                },
                vec![4],
                (0, 0),
                "q",
            );
        },
        "divisor 0 is not positive",
    );
    broken(
        |c| {
            c.push(
                Op::Limb {
                    x: RegisterId(1),
                    offset: 0,
                    bits: 64,
                    index: 2,
                },
                vec![4],
                (0, 0),
                "l",
            );
        },
        "limb 2 of 64 bits exceeds 128 bits",
    );
    broken(
        |c| {
            c.push(
                Op::Concat {
                    srcs: vec![RegisterId(1)],
                    axis: 0,
                },
                vec![5],
                (0, 0),
                "c",
            );
        },
        "parts add up to 4 along axis 0 of [5]",
    );
    broken(
        |c| {
            c.push(Op::Input { input: 0 }, vec![2, 2], (-8, 7), "again");
        },
        "input 0 is read by a second instruction",
    );
    broken(
        |c| {
            c.push(
                Op::Linear {
                    terms: vec![],
                    bias: None,
                    chunk: 0,
                },
                vec![1],
                (0, 0),
                "l",
            );
        },
        "chunk is 0",
    );
    broken(
        |c| {
            c.push(
                Op::Linear {
                    terms: vec![],
                    bias: None,
                    chunk: 1,
                },
                vec![2],
                (0, 0),
                "l",
            );
        },
        "2 chunks, expected 1",
    );
}

#[test]
fn bounds() {
    broken(|c| c.program[2].lo = 8, "the bound [8, 7] is empty");
    broken(|c| c.program[3].hi = 6, "the bound [7, 6] is empty");
    broken(
        |c| c.inputs[0].hi = 9,
        "bound [-8, 7], the input has [-8, 9]",
    );
    broken(
        |c| c.outputs[0].hi = 6,
        "bound [0, 6], its register has [0, 7]",
    );
    broken(|c| c.program[4].lo = 1, "free cells evaluate to 0");
}

#[test]
fn cells() {
    broken(
        |c| c.placements[1].at = c.placements[0].at.clone(),
        "placement 1 of `Relu`: cell v[0]@0 is already taken by placement 0 of `Relu`",
    );
    broken(
        |c| c.fills[1].at = c.fills[0].at.clone(),
        "fill 1 of `seven`: cell s[0]@0 is already taken by fill 0 of `Relu`",
    );
    broken(
        |c| c.placements[0].at = AffineMap::linear(1, &[(&[], 0), (&[1], 55)]),
        "column 0, row 58 is outside of group `v` with 2 columns and 58 usable rows",
    );
    broken(
        |c| c.placements[0].at = AffineMap::linear(1, &[(&[], -1), (&[1], 0)]),
        "column -1, row 0 is outside",
    );
    broken(
        |c| c.placements[0].domain = vec![5],
        "index [4] is outside of register 1 with shape [4]",
    );
    broken(
        |c| c.placements[0].domain = vec![1 << 20],
        "has more points than group `v` has cells",
    );
    broken(
        |c| {
            c.placements[0].group = GroupId(1);
            c.fills.clear();
        },
        "register 1 is computed and cannot stand in fixed cell s[0]@0",
    );
}

#[test]
fn public_values() {
    broken(
        |c| {
            c.placements.remove(1);
        },
        "stands in no advice cell that it could be copied from",
    );
    broken(
        |c| {
            c.placements.remove(5);
        },
        "public output `y`: 4 of 4 values stand in no instance cell",
    );
    broken(
        |c| c.placements[5].at = AffineMap::linear(1, &[(&[], 1), (&[2], 0)]),
        "public[1]@1: an instance cell before the last one is not assigned",
    );
    broken(
        |c| c.outputs[0].public = false,
        "public[1]@0: shows a value of `Relu` that is neither a public input nor a public output",
    );
}

#[test]
fn blinding_rows() {
    // A gate without a selector holds on blinding rows only if random advice happens to satisfy it.
    broken(
        |c| c.gates[0].constraints[0].poly = Expr::query(0, 0, 0),
        "row 58: the gate is not 0 on a row that blinds the proof",
    );
    broken(
        |c| c.gates[0].constraints[0].poly = Expr::constant(1),
        "row 58: the gate is not 0 on a row that blinds the proof",
    );
    // A lookup without a selector reaches over the end from the last usable row.
    broken(
        |c| c.lookups[0].inputs[0] = Expr::query(0, 0, 1),
        "row 57: a usable row depends on",
    );
    broken(
        |c| c.lookups[0].inputs[0] = Expr::query(0, 0, -1),
        "row 0: a usable row depends on",
    );
}

/// A number `x`, and `1 / (alpha - x)` on all rows.
fn filled() -> Circuit {
    let mut c = Circuit::new("filled", 4);
    let v = c.add_group(ColumnGroup::advice("v", 2));
    let late = c.add_group(ColumnGroup::advice_in_phase("late", 1, 2));
    c.add_challenge("alpha", 0);
    let x = c.add_input(InputInfo {
        name: "x".into(),
        shape: vec![1],
        scale: 0,
        lo: 0,
        hi: 3,
        public: false,
    });
    let at = AffineMap::constant(1, &[0, 0]);
    c.place(x, v, vec![1], AffineMap::identity(1), at, "x");
    for column in 0..2 {
        c.add_gate(
            format!("inverse_{column}"),
            [("inverse".to_string(), inverse(column, 0))],
        );
        c.derive_by_last_gate(late, column, 0, 0);
    }
    c
}

/// `h * (alpha - x) - 1`
fn inverse(column: u32, rotation: i32) -> Expr {
    let mut b = ExprBuilder::new();
    let (x, h) = (b.query(0, column, rotation), b.query(1, column, 0));
    let alpha = b.challenge(0);
    let difference = b.sub(alpha, x);
    let product = b.product([h, difference]);
    let one = b.constant(1);
    let poly = b.sub(product, one);
    b.finish(poly)
}

#[test]
fn columns_that_are_filled_on_blinding_rows() {
    assert_eq!(messages(&filled()), Vec::<String>::new());
    let circuit = filled();
    let layout = validate(&circuit).unwrap();
    assert_eq!(circuit.filled_helpers(&layout).len(), 2);
    let broken = |change: &dyn Fn(&mut Circuit)| {
        let expected = "the gate is not 0 on a row that blinds the proof";
        assert_broken(filled(), change, expected);
    };
    // Both follow from one column.
    broken(&|c| {
        let mut b = ExprBuilder::new();
        let (x, h) = (b.query(0, 0, 0), b.query(1, 1, 0));
        let poly = b.sub(h, x);
        c.gates[1].constraints[0].poly = b.finish(poly);
    });
    // It follows from nothing random.
    broken(&|c| {
        let mut b = ExprBuilder::new();
        let (h, alpha) = (b.query(1, 1, 0), b.challenge(0));
        let poly = b.sub(h, alpha);
        c.gates[1].constraints[0].poly = b.finish(poly);
    });
    // A fixed factor switches off what is random, but not the rest.
    broken(&|c| {
        let q = c.add_group(ColumnGroup::fixed("q", 1));
        let mut b = ExprBuilder::new();
        let (h, q, x) = (b.query(1, 1, 0), b.query(q.0, 0, 0), b.query(0, 1, 0));
        let x = b.product([q, x]);
        let poly = b.sub(h, x);
        c.gates[1].constraints[0].poly = b.finish(poly);
    });
    assert_broken(
        filled(),
        |c| c.gates[1].constraints[0].poly = inverse(1, 1),
        "row 9: a usable row depends on a row that blinds the proof",
    );
    // Too many values of `x` are shown.
    broken(&|c| {
        let q = c.add_group(ColumnGroup::fixed("q", 1));
        let mut b = ExprBuilder::new();
        let (q, here, above) = (b.query(q.0, 0, 0), b.query(0, 1, 0), b.query(0, 1, -1));
        let poly = b.product([q, here, above]);
        c.add_gate("product", [("product".to_string(), b.finish(poly))]);
    });
    // Provers of circuits with lookup arguments or copies fill columns at random.
    broken(&|c| {
        let table = c.add_table(Table::range("range", 0, 4));
        c.add_lookup("x", vec![Expr::query(0, 0, 0)], table);
    });
    broken(&|c| {
        let x = c.placements[0].register;
        let at = AffineMap::constant(1, &[1, 0]);
        c.place(x, GroupId(0), vec![1], AffineMap::identity(1), at, "x");
    });
}

#[test]
fn values_that_a_table_lacks() {
    broken(
        |c| {
            c.inputs[0].lo = -9;
            c.program[0].lo = -9;
        },
        "lookup `relu`, table `relu`: row 0: `Relu` has bound [-9, 7] where the table holds [-8, 7]",
    );
}

#[test]
fn phases() {
    let late = |c: &mut Circuit, phase: u32| {
        let group = c.add_group(ColumnGroup::advice_in_phase("late", 1, 1));
        let challenge = c.add_challenge("rho", phase);
        let power = c.push(
            Op::ChallengePower {
                challenge,
                exponents: vec![1],
            },
            vec![1],
            (0, 0),
            "rho",
        );
        (group, power)
    };
    let at = AffineMap::linear(1, &[(&[], 0), (&[1], 5)]);
    let one = AffineMap::identity(1);
    broken(
        |c| {
            let (_, power) = late(c, 0);
            c.place(power, GroupId(0), vec![1], one.clone(), at.clone(), "rho");
        },
        "register 5 is known in phase 1, but group `v` is committed in phase 0",
    );
    broken(
        |c| {
            late(c, 2);
        },
        "drawn after phase 2, but the last phase is 1",
    );
    broken(
        |c| {
            let (group, power) = late(c, 0);
            c.add_gate("late", [("late".to_string(), Expr::query(group.0, 0, 0))]);
            c.derive_by_last_gate(group, 0, 0, 0);
            c.place(power, group, vec![1], one.clone(), at.clone(), "rho");
        },
        "group `late` is committed in phase 1, so its columns are derived and nothing is placed in them",
    );
    broken(
        |c| {
            late(c, 0);
        },
        "group `late`, column 0: committed in phase 1, but not derived",
    );
    broken(
        |c| c.groups[0].phase = 2,
        "phase 2; backends have the phases 0 to 1",
    );
    broken(
        |c| c.groups[1].phase = 1,
        "only advice has phases, found phase 1",
    );
}

#[test]
fn wrap_around() {
    // v^2 * 2^k with |v| <= 8: 6 bits for the square and one more for the other side.
    let gate = |bits: u32| {
        move |c: &mut Circuit| {
            let mut b = ExprBuilder::new();
            let s = b.query(1, 0, 0);
            let v = b.query(0, 0, 0);
            let y = b.query(0, 1, 0);
            let square = b.product([v, v]);
            let scale = b.constant(1 << (bits / 3));
            let rest = b.constant(1 << (bits - 2 * (bits / 3)));
            let scaled = b.product([scale, scale, rest, square]);
            let difference = b.sub(scaled, y);
            let zero = b.constant(0);
            let vanishing = b.product([s, difference]);
            let poly = b.sum([vanishing, zero]);
            c.add_gate("wide", [("wide".to_string(), b.finish(poly))]);
        }
    };
    broken(
        gate(248),
        "gate `wide`, constraint `wide`: row 0: both sides can reach 255 bits",
    );
    let mut circuit = relu();
    gate(246)(&mut circuit);
    assert_eq!(messages(&circuit), Vec::<String>::new());
    // Rows where the selector is 0 do not count, whatever stands there.
    let mut circuit = relu();
    gate(248)(&mut circuit);
    circuit.fills.remove(0);
    circuit.lookups.clear();
    assert_eq!(messages(&circuit), Vec::<String>::new());
}

#[test]
fn usable_rows_follow_the_rotations() {
    let mut circuit = Dense::default().circuit();
    assert_eq!(circuit.usable_rows(), Some(1024 - 6));
    for rotation in 2..5 {
        let mut b = ExprBuilder::new();
        let selector = b.query(5, 1, 0);
        let cell = b.query(2, 0, rotation);
        let poly = b.mul(selector, cell);
        circuit.add_gate(
            format!("far{rotation}"),
            [("far".to_string(), b.finish(poly))],
        );
    }
    // acc is queried at 0, -1, 2, 3 and 4.
    assert_eq!(circuit.usable_rows(), Some(1024 - 8));
    assert_eq!(selected(5, 1, 2, 0).degree(), 2);
}

#[test]
fn tables_of_the_program_alone_may_be_longer_than_the_circuit() {
    let mut circuit = relu();
    circuit.add_table(Table::range("program", 0, 1 << 20));
    let layout = validate(&circuit).unwrap();
    assert_eq!(circuit.looked_up(), [true, false]);
    // Only the table that is looked up has columns.
    assert_eq!(zkc_circuit::report(&circuit, &layout).table_columns, 2);
    circuit.tables[1] = Table::range("program", 0, (1 << 28) + 1);
    let errors = validate(&circuit).unwrap_err();
    let expected = "table `program`: has 268435457 rows, more than 268435456";
    assert_eq!(errors[0].to_string(), expected);
}
