//! Public values that gates bind, without copies.

mod sample;

use std::collections::BTreeMap;

use num_bigint::BigInt;
use sample::phases::{complete, evaluation_inputs, group, random_evaluation};
use sample::set;
use zkc_circuit::{
    AffineMap, Audit, AuditOptions, Cell, Checker, Circuit, ColumnGroup, Expr, ExprBuilder,
    ExprNode, Finding, InputInfo, MutationOptions, Mutations, Op, OutputInfo, Query, Table, audit,
    check, validate,
};

/// The outputs of a random evaluation, bound by a gate that compares them with advice cells.
fn compared() -> Circuit {
    let mut circuit = random_evaluation();
    let public = group(&circuit, "public");
    circuit.groups[public.0 as usize].by_gates = true;
    circuit
}

/// The same outputs in no advice cell at all: the running sum reads them in the instance column.
fn summed() -> Circuit {
    let mut circuit = compared();
    let (v, public) = (group(&circuit, "v"), group(&circuit, "public"));
    circuit.gates.retain(|gate| gate.name != "public");
    for node in &mut circuit.gates[1].constraints[0].poly.nodes {
        let ExprNode::Query(query) = node else {
            continue;
        };
        if (query.group, query.column) == (v.0, 0) {
            // Outputs stand from row 0 on here, from row 1 on among the advice.
            *query = Query {
                group: public.0,
                column: 0,
                rotation: -1,
            };
        }
    }
    let acc = circuit.placements.iter().position(|p| p.group == v);
    circuit.placements.remove(acc.unwrap());
    circuit
}

/// `y = 2 x + 3` over the integers, for bytes `x`: `y` stands in the instance column only.
fn doubled() -> Circuit {
    let mut c = Circuit::new("doubled", 9);
    let v = c.add_group(ColumnGroup::advice("v", 1));
    let s = c.add_group(ColumnGroup::fixed("s", 1));
    let public = c.add_group(ColumnGroup::instance_by_gates("public", 1));
    let byte = c.add_table(Table::range("byte", 0, 256));
    c.add_gate("double", [("y is 2 x + 3".to_string(), doubling(false))]);
    c.add_lookup("x is a byte", vec![sample::selected(s.0, 0, v.0, 0)], byte);
    let x = c.add_input(InputInfo {
        name: "x".to_string(),
        shape: vec![4],
        scale: 0,
        lo: 0,
        hi: 255,
        public: false,
    });
    let y = c.push(
        Op::Affine {
            terms: vec![(x, 2)],
            constant: 3,
        },
        vec![4],
        (3, 513),
        "Double",
    );
    let down = AffineMap::linear(1, &[(&[], 0), (&[1], 0)]);
    c.place(x, v, vec![4], AffineMap::identity(1), down.clone(), "x");
    c.place(
        y,
        public,
        vec![4],
        AffineMap::identity(1),
        down.clone(),
        "Double",
    );
    c.fill(s, vec![4], down, 1, "Double");
    c.outputs.push(OutputInfo {
        name: "y".to_string(),
        shape: vec![4],
        scale: 0,
        register: y,
        public: true,
        lo: 3,
        hi: 513,
    });
    c
}

/// `s * (y - 2 x - 3)`, or `s * (y - y')` with the value of the row below where nothing ties `y` to `x`.
fn doubling(untied: bool) -> Expr {
    let mut b = ExprBuilder::new();
    let (x, s, y) = (b.query(0, 0, 0), b.query(1, 0, 0), b.query(2, 0, 0));
    let other = if untied {
        b.query(2, 0, 0)
    } else {
        let (two, three) = (b.constant(2), b.constant(3));
        let double = b.mul(two, x);
        b.add(double, three)
    };
    let difference = b.sub(y, other);
    let poly = b.mul(s, difference);
    b.finish(poly)
}

fn cases() -> [(Circuit, Vec<Vec<i128>>); 3] {
    [
        (compared(), evaluation_inputs()),
        (summed(), evaluation_inputs()),
        (doubled(), vec![vec![0, 255, 7, 100]]),
    ]
}

fn audited(circuit: &Circuit, inputs: &[Vec<i128>]) -> Audit {
    let (layout, grid) = complete(circuit, inputs);
    let checker = Checker::new(circuit, &layout);
    audit(&checker, &grid, &AuditOptions::default())
}

#[test]
fn nothing_is_copied_and_honest_witnesses_are_accepted() {
    for (circuit, inputs) in cases() {
        let layout = validate(&circuit).unwrap();
        assert_eq!(layout.copies, []);
        assert!(layout.columns.iter().all(|column| !column.equality));
        let (_, grid) = complete(&circuit, &inputs);
        assert_eq!(check(&circuit, &layout, &grid), []);
        let public = grid.public_values(&layout);
        assert_eq!(public.len(), circuit.outputs[0].shape[0] as usize);
        assert!(public.iter().any(|value| *value != 0));
        let found = audited(&circuit, &inputs);
        // The sum of these circuits goes on over rows on which nothing is placed, which the audit of sums reports.
        let of_sum = |finding: &Finding| matches!(finding, Finding::Evaluation { .. });
        assert!(found.findings.iter().all(of_sum), "{:?}", found.findings);
        if let Some(jacobian) = found.jacobian {
            assert!(jacobian.has_full_rank());
        }
        let decoded = Circuit::decode(&circuit.encode()).unwrap();
        assert_eq!(decoded, circuit);
    }
    // The flag is part of what a circuit is.
    assert_ne!(compared().digest(), random_evaluation().digest());
}

#[test]
fn other_public_values_are_rejected() {
    for (circuit, inputs) in cases() {
        let (layout, honest) = complete(&circuit, &inputs);
        let checker = Checker::new(&circuit, &layout);
        for cell in layout.public_cells() {
            for step in [1, -1, 1 << 40] {
                let mut grid = honest.clone();
                let value = honest.value(&layout, cell) + step;
                set(&mut grid, cell, value);
                assert_ne!(check(&circuit, &layout, &grid), [], "{}", circuit.name);
                let changes = BTreeMap::from([(cell, BigInt::from(value))]);
                assert!(checker.rejects(&honest, &changes, None));
                assert!(!checker.violations_with(&honest, &changes, None).is_empty());
            }
        }
    }
}

#[test]
fn mutations_are_rejected() {
    for (circuit, inputs) in cases() {
        let (layout, grid) = complete(&circuit, &inputs);
        let checker = Checker::new(&circuit, &layout);
        let report = Mutations::new(&checker, &grid, MutationOptions::default()).run();
        assert_eq!(report.survivors, [], "{}", circuit.name);
    }
}

/// Expects one error of validation that contains `expected`.
#[track_caller]
fn refused(circuit: &Circuit, expected: &str) {
    let errors = validate(circuit).unwrap_err();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors.iter().any(|e| e.contains(expected)), "{errors:#?}");
}

#[test]
fn cells_that_no_constraint_reads_are_refused() {
    let expected = "public[0]@2: the group is bound by gates, but no constraint that is switched on reads row 2 (1 such cells of the column): query the column in a constraint whose selectors are not 0 there";
    let mut circuit = doubled();
    circuit.fills[0].domain = vec![2];
    refused(&circuit, "public[0]@2: the group is bound by gates");
    let mut circuit = compared();
    let last = circuit.fills.last_mut().unwrap();
    last.domain[0] -= 1;
    refused(&circuit, expected);
    // The switch of a single term counts as well.
    let mut circuit = doubled();
    let mut b = ExprBuilder::new();
    let (s, y) = (b.query(1, 0, 0), b.query(2, 0, 0));
    let one = b.constant(1);
    let off = b.sub(s, one);
    let (x, product) = (b.query(0, 0, 0), b.mul(off, y));
    let sum = b.add(product, x);
    let poly = b.mul(s, sum);
    circuit.gates[0].constraints[0].poly = b.finish(poly);
    refused(&circuit, "public[0]@0: the group is bound by gates");
    let mut circuit = summed();
    circuit.gates.clear();
    circuit.derived.clear();
    refused(&circuit, "not derived");
}

#[test]
fn other_groups_and_gaps_are_refused() {
    let mut circuit = doubled();
    circuit.groups[0].by_gates = true;
    refused(
        &circuit,
        "group `v`: only instance columns can be bound by gates",
    );
    assert!(Circuit::decode(&circuit.encode()).is_err());
    let mut circuit = doubled();
    circuit.placements[1].at = AffineMap::linear(1, &[(&[], 0), (&[2], 0)]);
    refused(
        &circuit,
        "an instance cell before the last one is not assigned",
    );
    // Without the flag the value needs a cell that it could be a copy of.
    let mut circuit = doubled();
    circuit.groups[2].by_gates = false;
    refused(&circuit, "stands in no advice cell");
}

#[test]
fn a_bound_of_the_element_is_no_bound_of_the_cell() {
    // The advice cell of y is looked up, but nothing ties the public cell to it: its product with another is unbounded.
    let mut circuit = doubled();
    let mut b = ExprBuilder::new();
    let (x, s, y) = (b.query(0, 0, 0), b.query(1, 0, 0), b.query(2, 0, 0));
    let product = b.product([s, x, y]);
    circuit.gates[0].constraints[0].poly = b.finish(product);
    refused(&circuit, "nothing bounds cell public[0]@0 of `Double`");
}

#[test]
fn the_audit_finds_untied_public_values() {
    // Every public cell is read, but only together with itself.
    let mut circuit = doubled();
    circuit.gates[0].constraints[0].poly = doubling(true);
    let inputs = vec![vec![5; 4]];
    let messages: Vec<String> = audited(&circuit, &inputs)
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = "public output `y`: 4 values stand in instance cells that gates bind, but no constraint depends on them";
    assert!(messages.contains(&expected.to_string()), "{messages:#?}");

    // A constraint of public cells alone: they are one another's neighbours, and follow from no input.
    let mut b = ExprBuilder::new();
    let (s, y, below) = (b.query(1, 0, 0), b.query(2, 0, 0), b.query(2, 0, 1));
    let difference = b.sub(y, below);
    let poly = b.mul(s, difference);
    circuit.gates[0].constraints[0].poly = b.finish(poly);
    circuit.fills[0].domain = vec![3];
    let messages: Vec<String> = audited(&circuit, &inputs)
        .findings
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = "public output `y`: 4 values stand in instance cells that gates bind, but no constraints tie them to what they follow from";
    assert!(messages.contains(&expected.to_string()), "{messages:#?}");

    // The running sum leaves the public values out.
    let mut circuit = summed();
    let public = group(&circuit, "public");
    let mut b = ExprBuilder::new();
    let (t, next, q) = (b.query(1, 1, 0), b.query(1, 1, 1), b.query(2, 0, 0));
    let (shown, zero) = (b.query(public.0, 0, -1), b.constant(0));
    let none = b.mul(shown, zero);
    let step = b.sub(next, t);
    let step = b.add(step, none);
    let poly = b.mul(q, step);
    circuit.gates[1].constraints[0].poly = b.finish(poly);
    refused(&circuit, "public[0]@0: the group is bound by gates");
    let found = audited(&circuit, &evaluation_inputs()).findings;
    let messages: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(
        messages
            .iter()
            .any(|m| m.contains("public output `acc`: 3 values stand in instance cells")),
        "{messages:#?}"
    );
}

#[test]
fn public_inputs_are_given_by_the_verifier() {
    // x is public too, and the gate reads both columns of public values.
    let mut circuit = doubled();
    circuit.inputs[0].public = true;
    circuit.groups[2].count = 2;
    let down = AffineMap::linear(1, &[(&[], 1), (&[1], 0)]);
    let placement = circuit.placements[0].clone();
    circuit.place(
        placement.register,
        group(&circuit, "public"),
        vec![4],
        placement.read,
        down,
        "x",
    );
    refused(&circuit, "public[1]@0: the group is bound by gates");
    let mut b = ExprBuilder::new();
    let (x, s, shown) = (b.query(0, 0, 0), b.query(1, 0, 0), b.query(2, 1, 0));
    let difference = b.sub(x, shown);
    let poly = b.mul(s, difference);
    circuit.gates[0].constraints.push(zkc_circuit::Constraint {
        name: "x is public".to_string(),
        poly: b.finish(poly),
    });
    let layout = validate(&circuit).unwrap();
    let inputs = vec![vec![1, 2, 3, 4]];
    let found = audited(&circuit, &inputs);
    assert_eq!(found.findings, []);
    assert!(found.jacobian.unwrap().has_full_rank());
    let (_, mut grid) = complete(&circuit, &inputs);
    assert_eq!(grid.public_values(&layout), [5, 7, 9, 11, 1, 2, 3, 4]);
    let column = layout.column_of(group(&circuit, "public"), 1);
    set(&mut grid, Cell { column, row: 3 }, 5);
    assert_eq!(check(&circuit, &layout, &grid).len(), 1);
}
