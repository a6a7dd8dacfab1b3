//! Circuits built by hand, from the description to the audit.

mod sample;

use num_bigint::{BigInt, BigUint};
use sample::{Dense, relu, set, witness};
use zkc_circuit::{
    AffineMap, AuditOptions, Cell, Checker, Circuit, ColumnGroup, ExprBuilder, Finding, Grid,
    InputInfo, Layout, MutationOptions, Mutations, Op, Owner, Table, ValidateError, Violation,
    audit, check, evaluate, report, validate,
};

fn dense() -> (Dense, Circuit) {
    let dense = Dense::default();
    (dense, dense.circuit())
}

fn column(circuit: &Circuit, layout: &Layout, group: &str) -> u32 {
    let index = circuit
        .groups
        .iter()
        .position(|info| info.name == group)
        .unwrap();
    layout.group_starts[index]
}

#[test]
fn dense_is_valid_and_evaluates() {
    let (dense, circuit) = dense();
    validate(&circuit).unwrap();
    let registers = evaluate(&circuit, &[dense.input()]).unwrap();
    let output = registers.output(&circuit, 0).unwrap();
    assert_eq!(output.values.to_vec(), dense.expected(&dense.input()));
    let (layout, grid) = witness(&circuit, &[dense.input()]);
    assert_eq!(grid.public_values(&layout), dense.expected(&dense.input()));
    assert_eq!(check(&circuit, &layout, &grid), []);
    let prime = (BigUint::from(1u8) << 61u32) - BigUint::from(1u8);
    assert_eq!(
        Checker::new(&circuit, &layout).check_modulo(&grid, &prime),
        []
    );
}

#[test]
fn dense_layout_has_homes_and_copies() {
    let (_, circuit) = dense();
    let layout = validate(&circuit).unwrap();
    // Inputs are used by three outputs: one home and two copies each. Three quotients are public.
    assert_eq!(layout.copies.len(), 8 * 2 + 3);
    assert_eq!(layout.used_rows(), 6);
    assert_eq!(layout.usable_rows, (1 << 10) - 6);
    assert_eq!(layout.constants_group, None);
    let x = column(&circuit, &layout, "x");
    let home = Cell { column: x, row: 0 };
    let copy = Cell { column: x, row: 2 };
    assert_eq!(layout.element(home), layout.element(copy));
    assert_eq!(layout.home(layout.element(copy).unwrap()), Some(home));
    assert_eq!(layout.owner(copy), Owner::Placement(0));
    assert_eq!(layout.owner(Cell { column: x, row: 6 }), Owner::Nobody);
    assert_eq!(layout.cell_name(&circuit, copy), "x[0]@2");
    let equality: Vec<bool> = layout
        .columns
        .iter()
        .map(|column| column.equality)
        .collect();
    let q = column(&circuit, &layout, "q");
    let public = column(&circuit, &layout, "public");
    for (index, equality) in equality.into_iter().enumerate() {
        let index = index as u32;
        assert_eq!(
            equality,
            (x..x + 4).contains(&index) || index == q || index == public
        );
    }
}

#[test]
fn every_changed_cell_is_rejected_where_it_stands() {
    let (dense, circuit) = dense();
    let (layout, grid) = witness(&circuit, &[dense.input()]);
    let checker = Checker::new(&circuit, &layout);
    for (index, column) in layout.columns.iter().enumerate() {
        for row in 0..column.used_rows() {
            let cell = Cell {
                column: index as u32,
                row,
            };
            if layout.element(cell).is_none() {
                continue;
            }
            let mut changed: Grid = grid.clone();
            set(&mut changed, cell, grid.value(&layout, cell) + 1);
            let all = checker.check(&changed);
            let around = checker.check_around(&changed, &[cell]);
            assert!(!all.is_empty(), "{}", layout.cell_name(&circuit, cell));
            assert_eq!(
                all.len(),
                around.len(),
                "{}",
                layout.cell_name(&circuit, cell)
            );
        }
    }
}

#[test]
fn violations_name_gate_row_cells_and_node() {
    let (dense, circuit) = dense();
    let (layout, mut grid) = witness(&circuit, &[dense.input()]);
    let r = Cell {
        column: column(&circuit, &layout, "r"),
        row: 1,
    };
    let honest = grid.value(&layout, r);
    set(&mut grid, r, 64);
    let violations = check(&circuit, &layout, &grid);
    let [gate, lookup] = &violations[..] else {
        panic!("{violations:?}")
    };
    let Violation::Gate {
        gate: name,
        row: 1,
        equation,
        value,
        ..
    } = gate
    else {
        panic!("{gate}")
    };
    assert_eq!(name, "rescale");
    assert_eq!(equation, "s[3] * (acc[0] + 32 - (64 * q[0] + r[0]))");
    assert_eq!(*value, BigInt::from(honest - 64));
    assert_eq!(gate.sources(), ["fc"]);
    let Violation::Lookup {
        lookup: name,
        table,
        values,
        ..
    } = lookup
    else {
        panic!("{lookup}")
    };
    assert_eq!(
        (name.as_str(), table.as_str()),
        ("r is in range", "remainder")
    );
    assert_eq!(*values, [BigInt::from(64)]);
    assert!(
        lookup.to_string().contains("r[0]@1 = 64  (`fc`)"),
        "{lookup}"
    );
}

fn dense_findings(circuit: &Circuit) -> (Vec<Finding>, usize) {
    let (layout, grid) = witness(circuit, &[Dense::default().input()]);
    let checker = Checker::new(circuit, &layout);
    assert_eq!(checker.check(&grid), []);
    let audit = audit(&checker, &grid, &AuditOptions::default());
    let options = MutationOptions {
        cells_per_class: 100,
        ..MutationOptions::default()
    };
    let mutations = Mutations::new(&checker, &grid, options).run();
    (audit.findings, mutations.survivors.len())
}

#[test]
fn dense_passes_audit_and_mutations() {
    let (dense, circuit) = dense();
    let (layout, grid) = witness(&circuit, &[dense.input()]);
    let checker = Checker::new(&circuit, &layout);
    let audit = audit(&checker, &grid, &AuditOptions::default());
    assert_eq!(audit.findings, []);
    let jacobian = audit.jacobian.clone().unwrap();
    // 8 inputs, 6 partial sums, 3 quotients, 3 remainders.
    assert_eq!((jacobian.columns, jacobian.rank), (20, 20));
    let cells: u64 = audit.pinned.iter().map(|pinned| pinned.cells).sum();
    assert_eq!(cells, 20);
    let q = Cell {
        column: column(&circuit, &layout, "q"),
        row: 1,
    };
    let pin = audit.pin(layout.element(q).unwrap()).unwrap();
    assert_eq!(
        pin,
        "gate `rescale`, constraint `acc is q * 2^s + r - half`"
    );
    let mutations = Mutations::new(&checker, &grid, MutationOptions::default()).run();
    assert_eq!(mutations.survivors, []);
    assert_eq!(mutations.classes.len(), 3);
    assert!(
        mutations.classes.iter().all(|class| class.tried > 50),
        "{:?}",
        mutations.classes
    );
}

#[test]
fn dropping_any_gate_is_noticed() {
    for dropped in 0..2 {
        let (_, mut circuit) = dense();
        let gate = circuit.gates.remove(dropped);
        let (findings, survivors) = dense_findings(&circuit);
        assert!(
            !findings.is_empty() && survivors > 0,
            "{}: {findings:?}, {survivors}",
            gate.name
        );
    }
}

#[test]
fn an_output_that_is_only_range_checked_is_disconnected() {
    let (_, mut circuit) = dense();
    circuit.gates.remove(1);
    let (findings, _) = dense_findings(&circuit);
    let disconnected: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        disconnected,
        [
            "3 cells of register 5 (quotient of `fc`), first q[0]@1: no chain of constraints connects them to an input",
            "3 cells of register 6 (remainder of `fc`), first r[0]@1: no chain of constraints connects them to an input",
        ]
    );
}

#[test]
fn dropping_any_lookup_is_noticed() {
    let count = Dense::default().circuit().lookups.len();
    for dropped in 0..count {
        let (_, mut circuit) = dense();
        let lookup = circuit.lookups.remove(dropped);
        let (findings, survivors) = dense_findings(&circuit);
        assert!(!findings.is_empty() || survivors > 0, "{}", lookup.name);
    }
}

#[test]
fn dropping_any_fill_is_noticed() {
    let count = Dense::default().circuit().fills.len();
    for dropped in 0..count {
        let (_, mut circuit) = dense();
        let fill = circuit.fills.remove(dropped);
        let (layout, grid) = witness(&circuit, &[Dense::default().input()]);
        if !check(&circuit, &layout, &grid).is_empty() {
            continue;
        }
        let (findings, survivors) = dense_findings(&circuit);
        assert!(!findings.is_empty() || survivors > 0, "{fill:?}");
    }
}

#[test]
fn a_wider_remainder_table_is_noticed() {
    let (_, mut circuit) = dense();
    circuit.tables[2] = zkc_circuit::Table::range("remainder", 0, 65);
    let (dense, mut seen) = (Dense::default(), false);
    // Only a remainder of 0 has a second representation then, so an input with one is needed.
    for shift in 0..64 {
        let mut input = dense.input();
        input[0] += shift;
        let (layout, grid) = witness(&circuit, &[input]);
        let checker = Checker::new(&circuit, &layout);
        seen |= !Mutations::new(&checker, &grid, MutationOptions::default())
            .run()
            .survivors
            .is_empty();
    }
    assert!(seen);
}

#[test]
fn a_missing_cell_is_noticed() {
    // Without its placement the remainder's cell is free, and the gate depends on it.
    let (_, mut circuit) = dense();
    circuit.placements.remove(5);
    let (layout, mut grid) = witness(&circuit, &[Dense::default().input()]);
    let registers = evaluate(&circuit, &[Dense::default().input()]).unwrap();
    let remainder = registers
        .get(zkc_circuit::RegisterId(6))
        .unwrap_or_else(|| registers.get(zkc_circuit::RegisterId(5)).unwrap());
    let r = column(&circuit, &layout, "r");
    for (output, value) in remainder.values.iter().enumerate() {
        set(
            &mut grid,
            Cell {
                column: r,
                row: output as u32 * 2 + 1,
            },
            value,
        );
    }
    let checker = Checker::new(&circuit, &layout);
    assert_eq!(checker.check(&grid), []);
    let audit = audit(&checker, &grid, &AuditOptions::default());
    let used: Vec<&Finding> = audit
        .findings
        .iter()
        .filter(|finding| matches!(finding, Finding::UnassignedUsed { .. }))
        .collect();
    let [
        Finding::UnassignedUsed {
            cell,
            constraint,
            row: 1,
            count: 3,
        },
    ] = used[..]
    else {
        panic!("{used:?}")
    };
    assert_eq!(cell, "r[0]@1");
    assert!(constraint.contains("rescale"), "{constraint}");
    // The lookup of the remainder alone depends on free cells only.
    assert_eq!(audit.idle_lookups, 3);
}

#[test]
fn relu_with_constant_and_free_cells() {
    let circuit = relu();
    let layout = validate(&circuit).unwrap();
    let (_, grid) = witness(&circuit, &[vec![-8, 7, 0, -1]]);
    assert_eq!(grid.public_values(&layout), [-8, 7, 0, -1, 0, 7, 0, 0]);
    let checker = Checker::new(&circuit, &layout);
    assert_eq!(checker.check(&grid), []);
    assert_eq!(layout.constants_group, Some(3));
    let constant = layout.columns.len() as u32 - 1;
    let bound = (
        Cell {
            column: constant,
            row: 0,
        },
        Cell { column: 0, row: 4 },
    );
    assert!(layout.copies.contains(&bound));
    let audit = audit(&checker, &grid, &AuditOptions::default());
    assert_eq!(audit.findings, []);
    assert_eq!(audit.free.len(), 1);
    assert_eq!(audit.free[0].first, "v[1]@4");
    let mutations = Mutations::new(&checker, &grid, MutationOptions::default()).run();
    assert_eq!(mutations.survivors, []);
    let numbers = report(&circuit, &layout);
    assert_eq!(
        (numbers.constants, numbers.copies, numbers.public_values),
        (1, 9, 8)
    );
    assert_eq!(
        numbers
            .sources
            .iter()
            .map(|source| source.advice)
            .sum::<u64>(),
        10
    );
    assert!(numbers.to_string().contains("relu"));
}

#[test]
fn a_changed_constant_is_rejected() {
    let circuit = relu();
    let (layout, mut grid) = witness(&circuit, &[vec![1, 2, 3, 4]]);
    set(&mut grid, Cell { column: 0, row: 4 }, 6);
    let violations = check(&circuit, &layout, &grid);
    assert_eq!(violations.len(), 2, "{violations:?}");
    assert!(matches!(violations[1], Violation::Copy { .. }));
}

/// x = 16 h + l with nibbles h and l: the range of x follows from those of its limbs.
fn limbs(factor: i128) -> Circuit {
    let mut circuit = Circuit::new("limbs", 6);
    let v = circuit.add_group(ColumnGroup::advice("v", 3));
    let s = circuit.add_group(ColumnGroup::fixed("s", 1));
    let nibble = circuit.add_table(Table::range("nibble", 0, 16));
    let mut b = ExprBuilder::new();
    let selector = b.query(s.0, 0, 0);
    let cells: Vec<_> = (0..3).map(|column| b.query(v.0, column, 0)).collect();
    let x = b.scale(factor, cells[0]);
    let high = b.scale(16 * factor, cells[1]);
    let low = b.scale(factor, cells[2]);
    let sum = b.add(high, low);
    let difference = b.sub(x, sum);
    let poly = b.mul(selector, difference);
    circuit.add_gate("limbs", [("x is 16 h + l".to_string(), b.finish(poly))]);
    for column in [1, 2] {
        let input = sample::selected(s.0, 0, v.0, column);
        circuit.add_lookup(format!("limb {column}"), vec![input], nibble);
    }
    let x = circuit.add_input(InputInfo {
        name: "x".into(),
        shape: vec![2],
        scale: 0,
        lo: 0,
        hi: 255,
        public: false,
    });
    let limb = |index| Op::Limb {
        x,
        offset: 0,
        bits: 4,
        index,
    };
    let high = circuit.push(limb(1), vec![2], (0, 15), "x");
    let low = circuit.push(limb(0), vec![2], (0, 15), "x");
    for (column, register) in [x, high, low].into_iter().enumerate() {
        let at = AffineMap::linear(1, &[(&[], column as i64), (&[1], 0)]);
        circuit.place(register, v, vec![2], AffineMap::identity(1), at, "x");
    }
    circuit.fill(
        s,
        vec![2],
        AffineMap::linear(1, &[(&[], 0), (&[1], 0)]),
        1,
        "x",
    );
    circuit
}

#[test]
fn limbs_restrict_an_input() {
    let findings = |circuit: &Circuit| {
        let (layout, grid) = witness(circuit, &[vec![0xab, 0x07]]);
        let checker = Checker::new(circuit, &layout);
        assert_eq!(checker.check(&grid), []);
        audit(&checker, &grid, &AuditOptions::default()).findings
    };
    for factor in [1, -1, 2] {
        validate(&limbs(factor)).unwrap();
    }
    assert_eq!(findings(&limbs(1)), []);
    assert_eq!(findings(&limbs(-1)), []);
    // Twice x is even for honest provers only, as far as this rule can tell.
    let found = findings(&limbs(2));
    assert!(
        matches!(found[..], [Finding::UncheckedInput { elements: 2, .. }]),
        "{found:?}"
    );
    let mut circuit = limbs(1);
    circuit.lookups.remove(0);
    assert!(matches!(
        validate(&circuit).unwrap_err()[..],
        [ValidateError::Unbounded { .. }, ..]
    ));
    let found = findings(&circuit);
    let unchecked =
        |finding: &Finding| matches!(finding, Finding::UncheckedInput { elements: 2, .. });
    assert!(found.iter().any(unchecked), "{found:?}");
}

#[test]
fn an_output_without_its_lookup_is_unbound() {
    let mut circuit = relu();
    circuit.lookups[0].inputs.remove(1);
    circuit.tables[0].columns.remove(1);
    circuit.lookups[0].table = zkc_circuit::TableId(1);
    let mut whole = relu();
    circuit.tables.push(zkc_circuit::Table {
        name: "in".into(),
        ..circuit.tables[0].clone()
    });
    circuit.tables[0] = whole.tables.remove(0);
    let (layout, grid) = witness(&circuit, &[vec![1, 2, 3, 4]]);
    let checker = Checker::new(&circuit, &layout);
    let audit = audit(&checker, &grid, &AuditOptions::default());
    let unbound = audit.findings.iter().any(|finding| {
        matches!(finding, Finding::UnboundPublic { name, values: 4, .. } if name == "public output `y`")
    });
    assert!(unbound, "{:?}", audit.findings);
}
