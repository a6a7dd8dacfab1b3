//! Circuits with challenges: lookups by sums of fractions, and linear layers by random evaluation.

mod sample;

use std::collections::BTreeMap;

use num_bigint::BigInt;
use sample::phases::{
    complete, evaluation_inputs, group, logup, logup_inputs, logup_over, random_evaluation,
};
use sample::set;
use zkc_circuit::{
    AuditOptions, Cell, Checker, Circuit, Expr, ExprBuilder, ExprId, ExprNode, Finding, Grid,
    Layout, MultiplicityError, MutationOptions, Mutations, Violation, audit, check, evaluate,
    expand, validate,
};

fn cell(circuit: &Circuit, layout: &Layout, name: &str, column: u32, row: u32) -> Cell {
    Cell {
        column: layout.column_of(group(circuit, name), column),
        row,
    }
}

/// Names of the constraints that fail, each once.
fn failing(circuit: &Circuit, layout: &Layout, grid: &Grid) -> Vec<String> {
    let mut names: Vec<String> = check(circuit, layout, grid)
        .iter()
        .map(|violation| match violation {
            Violation::Gate { constraint, .. } => constraint.clone(),
            Violation::Lookup { lookup, .. } => lookup.clone(),
            other => other.to_string(),
        })
        .collect();
    names.dedup();
    names
}

#[test]
fn honest_witnesses_are_accepted() {
    for (circuit, inputs) in [
        (logup(), logup_inputs()),
        (logup_over(2, 20), logup_inputs()),
        (logup_over(3, 10), logup_inputs()),
        (random_evaluation(), evaluation_inputs()),
    ] {
        let layout = validate(&circuit).unwrap();
        let (_, grid) = complete(&circuit, &inputs);
        assert_eq!(check(&circuit, &layout, &grid), []);
        let prime = (num_bigint::BigUint::from(1u8) << 61u32) - 1u8;
        assert_eq!(
            Checker::new(&circuit, &layout).check_modulo(&grid, &prime),
            []
        );
    }
}

#[test]
fn lookups_are_counted_at_the_first_equal_row() {
    let circuit = logup();
    let (layout, grid) = complete(&circuit, &logup_inputs());
    let m = cell(&circuit, &layout, "v", 3, 0).column;
    let count = |row: u32| grid.value(&layout, Cell { column: m, row });
    // Row 0 is (0, 0, 0), as are all rows past the tables.
    assert_eq!([count(0), count(15), count(8), count(4)], [2, 3, 1, 0]);
    assert_eq!([count(16), count(16 + 7), count(16 + 1)], [1, 2, 0]);
    assert_eq!((24..layout.usable_rows).map(count).sum::<i128>(), 0);
}

#[test]
fn tables_over_several_groups_share_what_is_looked_up() {
    let circuit = logup_over(3, 10);
    let (layout, grid) = complete(&circuit, &logup_inputs());
    let count = |table: u32, row: u32| {
        let cell = cell(&circuit, &layout, "v", 3 + table, row);
        grid.value(&layout, cell)
    };
    // The first table ends with 9, the second with (3, 9, 1).
    assert_eq!([count(0, 0), count(0, 8), count(0, 9)], [2, 1, 1]);
    assert_eq!([count(1, 0), count(1, 5), count(1, 6)], [0, 3, 1]);
    assert_eq!([count(1, 9), count(2, 0), count(2, 3)], [1, 1, 2]);
    // Rows past the tables are (0, 0, 0), counted in the first one.
    let rest = |table: u32, end: u32| (end..layout.usable_rows).map(move |row| (table, row));
    let rest = rest(0, 10).chain(rest(1, 10)).chain(rest(2, 4));
    assert_eq!(rest.map(|(table, row)| count(table, row)).sum::<i128>(), 0);

    // Counts of all tables are held, and values stay within them.
    let end = ["S starts and ends with 0"];
    let broken = |column: u32, row: u32, value: i128| {
        let mut grid = grid.clone();
        set(&mut grid, cell(&circuit, &layout, "v", column, row), value);
        failing(&circuit, &layout, &grid)
    };
    for (column, row, value) in [
        (0, 0, 16),
        (0, 0, 1),
        (3, 0, 1),
        (4, 5, 2),
        (5, 3, 3),
        (5, 50, 1),
    ] {
        assert_eq!(broken(column, row, value), end, "{column} {row} {value}");
    }
    // A tuple that stands in two tables may be counted in either.
    let mut grid = grid.clone();
    set(&mut grid, cell(&circuit, &layout, "v", 3, 0), 1);
    set(&mut grid, cell(&circuit, &layout, "v", 5, 50), 1);
    assert_eq!(failing(&circuit, &layout, &grid), [""; 0]);
}

#[test]
fn a_tuple_outside_of_the_table_is_an_error_with_its_node() {
    for circuit in [logup(), logup_over(2, 20)] {
        outside_of_the_table(&circuit);
    }
}

fn outside_of_the_table(circuit: &Circuit) {
    let layout = expand(circuit).unwrap();
    let registers = evaluate(circuit, &logup_inputs()).unwrap();
    let mut grid = layout.assign(&registers);
    set(&mut grid, cell(circuit, &layout, "v", 2, 3), 50);
    let error = layout.complete(circuit, grid).unwrap_err();
    let MultiplicityError::NotInTable {
        row, node, tuple, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (*row, node.as_str(), &tuple[..]),
        (3, "Mul", &[7, 50, 1][..])
    );
    assert_eq!(
        error.to_string(),
        "row 3 of `Mul`: [7, 50, 1] is not in the table of `tables`"
    );
}

#[test]
fn selectors_are_boolean_and_values_fit() {
    let mut circuit = logup();
    circuit.multiplicities[0].terms[0].selector = zkc_circuit::Expr::constant(2);
    let (layout, registers) = (
        expand(&circuit).unwrap(),
        evaluate(&circuit, &logup_inputs()).unwrap(),
    );
    let error = layout.complete(&circuit, layout.assign(&registers));
    let message = error.unwrap_err().to_string();
    assert_eq!(
        message,
        "row 0 of `tables`: the selector of term 0 is 2, neither 0 nor 1"
    );
    let mut b = zkc_circuit::ExprBuilder::new();
    let huge = b.constant(i128::MAX);
    let sum = b.add(huge, huge);
    let mut circuit = logup();
    circuit.multiplicities[0].terms[0].inputs[0] = b.finish(sum);
    let layout = expand(&circuit).unwrap();
    let error = layout.complete(&circuit, layout.assign(&registers));
    assert!(matches!(
        error,
        Err(MultiplicityError::Overflow { row: 0, .. })
    ));
    // Twice the selector as the column of active rows.
    let mut circuit = logup();
    circuit.multiplicities[0].active = Some((group(&circuit, "t"), 0));
    let layout = expand(&circuit).unwrap();
    let error = layout.complete(&circuit, layout.assign(&registers));
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("the column of active rows is 2"),
        "{message}"
    );
    let other = expand(&random_evaluation()).unwrap();
    let error = other.complete(&circuit, Grid { values: Vec::new() });
    assert_eq!(error, Err(MultiplicityError::OtherCircuit));
}

#[test]
fn broken_lookups_are_rejected() {
    let circuit = logup();
    let (layout, honest) = complete(&circuit, &logup_inputs());
    let broken = |column: u32, row: u32, value: i128| {
        let mut grid = honest.clone();
        set(&mut grid, cell(&circuit, &layout, "v", column, row), value);
        failing(&circuit, &layout, &grid)
    };
    let end = ["S starts and ends with 0"];
    // A value outside of the table, another one inside of it, without and with the right count.
    assert_eq!(broken(0, 0, 16), end);
    assert_eq!(broken(0, 0, 1), end);
    // A wrong y, also where it breaks the copy to the public value; a wrong x.
    assert_eq!(broken(1, 2, 1), end);
    assert!(broken(2, 2, 1).contains(&end[0].to_string()));
    // A count too high, too low, negative, on a row that repeats an earlier one.
    assert_eq!(broken(3, 0, 3), end);
    assert_eq!(broken(3, 15, 2), end);
    assert_eq!(broken(3, 4, -1), end);
    assert_eq!(broken(3, 100, 1), end);
    // Counting zero tuples at another of the rows that have them is another witness, and no harm.
    let mut grid = honest.clone();
    set(&mut grid, cell(&circuit, &layout, "v", 3, 0), 0);
    set(&mut grid, cell(&circuit, &layout, "v", 3, 100), 2);
    assert_eq!(failing(&circuit, &layout, &grid), [""; 0]);
}

#[test]
fn broken_layers_are_rejected() {
    let circuit = random_evaluation();
    let (layout, honest) = complete(&circuit, &evaluation_inputs());
    let broken = |name: &str, column: u32, row: u32, value: i128| {
        let mut grid = honest.clone();
        set(&mut grid, cell(&circuit, &layout, name, column, row), value);
        failing(&circuit, &layout, &grid)
    };
    let end = "T starts and ends with 0".to_string();
    for row in 1..4 {
        let acc = honest.value(&layout, cell(&circuit, &layout, "v", 0, row));
        let found = broken("v", 0, row, acc + 1);
        assert!(found.contains(&end) && found.contains(&"acc is public".to_string()));
    }
    assert_eq!(broken("v", 1, 4, -127), std::slice::from_ref(&end));
    assert_eq!(broken("v", 1, 4, 128), ["y is a byte".to_string(), end]);
    // The public value is read by a gate.
    let found = broken("public", 0, 1, 12345);
    assert!(found.contains(&"acc is public".to_string()), "{found:?}");
}

#[test]
fn violations_in_the_field_name_constraint_row_and_node() {
    let circuit = random_evaluation();
    let (layout, mut grid) = complete(&circuit, &evaluation_inputs());
    set(&mut grid, cell(&circuit, &layout, "v", 1, 4), -127);
    let violations = check(&circuit, &layout, &grid);
    let [
        Violation::Gate {
            gate,
            row,
            value,
            cells,
            ..
        },
    ] = &violations[..]
    else {
        panic!("{violations:?}")
    };
    assert_eq!(
        (gate.as_str(), *row),
        ("evaluation", layout.usable_rows - 1)
    );
    assert_ne!(*value, BigInt::ZERO);
    assert_eq!(cells.len(), 2);
    let shown = violations[0].to_string();
    assert!(shown.contains("f[1] * late[1]"), "{shown}");
    // The same at every run.
    assert_eq!(check(&circuit, &layout, &grid), violations);
}

#[test]
fn changed_derived_cells_are_rejected() {
    for (circuit, inputs, starts) in [
        (logup(), logup_inputs(), [false, true]),
        (logup_over(3, 10), logup_inputs(), [false, true]),
        (random_evaluation(), evaluation_inputs(), [true, true]),
    ] {
        let (layout, grid) = complete(&circuit, &inputs);
        let checker = Checker::new(&circuit, &layout);
        for column in 0..2 {
            for row in [0, 1, 5, 30, layout.usable_rows - 2, layout.usable_rows - 1] {
                let cell = cell(&circuit, &layout, "late", column, row);
                let changes = BTreeMap::from([(cell, BigInt::from(77))]);
                let rejected = checker.rejects(&grid, &changes, None);
                // A helper on the last row is switched off, and nothing depends on it.
                let idle = !starts[column as usize] && row == layout.usable_rows - 1;
                assert_eq!(rejected, !idle, "{}", layout.cell_name(&circuit, cell));
                let violations = checker.violations_with(&grid, &changes, None);
                assert_eq!(violations.is_empty(), !rejected);
            }
        }
    }
}

#[test]
fn a_dishonest_prover_may_count_again() {
    for circuit in [logup(), logup_over(2, 20)] {
        counted_again(&circuit);
    }
}

fn counted_again(circuit: &Circuit) {
    let (layout, grid) = complete(circuit, &logup_inputs());
    let checker = Checker::new(circuit, &layout);
    let changed = |column: u32, row: u32, value: i128| {
        let cell = cell(circuit, &layout, "v", column, row);
        checker.rejects(&grid, &BTreeMap::from([(cell, BigInt::from(value))]), None)
    };
    // Another value of the table is another input; counts follow it.
    assert!(!changed(0, 0, 5));
    assert!(changed(0, 0, 16));
    assert!(changed(0, 0, -1));
    // Counts that are set are not counted again.
    assert!(changed(3, 0, 5));
    // y must fit x.
    assert!(changed(1, 2, 5));
}

#[test]
fn the_audit_says_what_it_cannot_decide() {
    let options = AuditOptions::default();
    let circuit = logup();
    let (layout, grid) = complete(&circuit, &logup_inputs());
    let found = audit(&Checker::new(&circuit, &layout), &grid, &options);
    assert_eq!(found.findings, []);
    assert!(!found.is_ok());
    assert_eq!(
        found.undecided,
        [
            "whether every cell is determined: constraints with challenges stand for many equations at once",
            "whether counted lookups are enforced: the gates that add them up are taken to do it",
        ]
    );
    assert_eq!(found.jacobian, None);
    let circuit = random_evaluation();
    let (layout, grid) = complete(&circuit, &evaluation_inputs());
    let found = audit(&Checker::new(&circuit, &layout), &grid, &options);
    assert_eq!(found.undecided.len(), 1);
    // This sum goes on over rows on which nothing is placed, whose cells could make up for anything. That is all there is.
    let of_sum = |finding: &Finding| matches!(finding, Finding::Evaluation { .. });
    assert!(found.findings.iter().all(of_sum), "{:?}", found.findings);
    let loose = "random evaluation of gate `evaluation`: a cell counts in which nothing is placed";
    let mut findings = found.findings.iter().map(ToString::to_string);
    assert!(findings.any(|finding| finding.starts_with(loose)));
}

/// What the audit finds once some constraint of the circuit is gone.
fn findings_without(mut circuit: Circuit, inputs: &[Vec<i128>], constraint: &str) -> Vec<String> {
    for gate in &mut circuit.gates {
        gate.constraints.retain(|info| info.name != constraint);
    }
    let layout = validate(&circuit).unwrap();
    let (_, grid) = complete(&circuit, inputs);
    let found = audit(
        &Checker::new(&circuit, &layout),
        &grid,
        &AuditOptions::default(),
    );
    found.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_start_of_a_running_column_must_be_held() {
    let expected = "late[1]@0: gate `sum`, constraint `S adds up` depends on it, but no constraint determines it (1 such cells of the column)";
    let found = findings_without(logup(), &logup_inputs(), "S starts and ends with 0");
    assert_eq!(found, [expected]);
    let inputs = evaluation_inputs();
    let mut found = findings_without(random_evaluation(), &inputs, "P starts and ends with 0");
    found.retain(|finding| !finding.starts_with("random evaluation of "));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("late[0]@0: "), "{found:?}");
}

#[test]
fn a_public_cell_does_not_pin_its_own_value() {
    let mut circuit = random_evaluation();
    // Nothing but the public value depends on acc any more.
    let mut b = ExprBuilder::new();
    let (t, next) = (b.query(1, 1, 0), b.query(1, 1, 1));
    let (q, difference) = (b.query(2, 0, 0), b.sub(next, t));
    let poly = b.mul(q, difference);
    circuit.gates[1].constraints[0].poly = b.finish(poly);
    let (layout, grid) = complete(&circuit, &evaluation_inputs());
    let checker = Checker::new(&circuit, &layout);
    let found = audit(&checker, &grid, &AuditOptions::default()).findings;
    let acc =
        |finding: &Finding| matches!(finding, Finding::Unpinned { source, .. } if source == "Gemm");
    assert!(found.iter().any(acc), "{found:?}");
    let public = |finding: &Finding| matches!(finding, Finding::UnboundPublic { values: 3, .. });
    assert!(found.iter().any(public), "{found:?}");
}

#[test]
fn mutations_of_both_phases_are_rejected() {
    for (circuit, inputs) in [
        (logup(), logup_inputs()),
        (logup_over(3, 10), logup_inputs()),
        (random_evaluation(), evaluation_inputs()),
    ] {
        let (layout, grid) = complete(&circuit, &inputs);
        let checker = Checker::new(&circuit, &layout);
        let report = Mutations::new(&checker, &grid, MutationOptions::default()).run();
        assert_eq!(report.survivors, [], "{}", circuit.name);
        let classes: Vec<&str> = report.classes.iter().map(|class| class.op).collect();
        assert_eq!(classes.iter().filter(|op| **op == "derived").count(), 2);
        let counts = classes.iter().filter(|op| **op == "multiplicity").count();
        assert_eq!(counts, circuit.counting_columns().count());
        assert!(report.classes.iter().all(|class| class.tried > 0));
        let last = report.classes.last().unwrap().to_string();
        assert!(last.starts_with("derived column of `"), "{last}");
    }
}

#[test]
fn mutations_find_what_nothing_holds() {
    let mut circuit = random_evaluation();
    circuit.gates[1].constraints.pop();
    let (layout, grid) = complete(&circuit, &evaluation_inputs());
    let checker = Checker::new(&circuit, &layout);
    let report = Mutations::new(&checker, &grid, MutationOptions::default()).run();
    let survives = |op: &str| {
        let mut classes = report.survivors.iter().map(|found| found.class);
        classes.any(|class| report.classes[class].op == op)
    };
    // Without its end the running sum holds nothing: neither the outputs behind it nor its own start.
    assert!(survives("gather") || survives("linear"));
    assert!(survives("derived"));
}

#[test]
fn a_node_that_is_shared_many_times_is_looked_at_once() {
    // The square of the square of ... a challenge: 2^60 factors in 61 nodes, of degree 0.
    let mut circuit = random_evaluation();
    let mut nodes = vec![ExprNode::Challenge(0)];
    for below in 0..60 {
        nodes.push(ExprNode::Product(vec![ExprId(below), ExprId(below)]));
    }
    circuit.add_gate("powers", [("high".to_string(), Expr { nodes })]);
    // Not valid, as it is never zero; what counts is that the answer comes.
    let layout = zkc_circuit::expand(&circuit).unwrap();
    let (_, grid) = complete(&random_evaluation(), &evaluation_inputs());
    let violations = Checker::new(&circuit, &layout).check(&grid);
    assert!(!violations.is_empty());
}
