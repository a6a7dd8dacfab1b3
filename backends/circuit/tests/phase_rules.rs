//! Every rule of what depends on challenges, broken one at a time: derived columns and counted lookups.

mod sample;

use sample::assert_broken;
use sample::phases::logup;
use zkc_circuit::{
    Circuit, CountedTable, Expr, ExprBuilder, ExprId, ExprNode, GroupId, Multiplicity,
};

/// Breaks a valid circuit and expects a message that contains `expected`.
#[track_caller]
fn broken(change: impl Fn(&mut Circuit), expected: &str) {
    assert_broken(logup(), change, expected);
}

#[test]
fn targets_of_derived_columns() {
    broken(
        |c| c.derived[0].group = GroupId(9),
        "derived column 0: there is no group 9 among 5",
    );
    broken(
        |c| c.derived[0].column = 2,
        "derived column 0: there is no column 2 among 2",
    );
    broken(
        |c| c.derived[0].group = GroupId(0),
        "derived column 0: group `v` is no advice of phase 1",
    );
    broken(
        |c| c.derived[1].column = 0,
        "derived column 1: the column is computed twice",
    );
    broken(
        |c| {
            c.derived.pop();
        },
        "group `late`, column 1: committed in phase 1, but not derived",
    );
    broken(
        |c| c.derived[0].rotation = -1,
        "derived column 0, `late`[0]: rotation -1 is not 0 or 1",
    );
    broken(
        |c| c.derived[0].gate = 7,
        "derived column 0, `late`[0]: there is no gate 7 among 2",
    );
    broken(
        |c| c.derived[0].constraint = 3,
        "derived column 0, `late`[0]: there is no constraint 3 among 1",
    );
    broken(
        |c| {
            c.derived[1].gate = 0;
            c.derived[1].constraint = 0;
        },
        "derived column 1: computed from the same constraint as derived column 0",
    );
}

#[test]
fn constraints_of_derived_columns() {
    broken(
        |c| c.derived.swap(0, 1),
        "derived column 0, `late`[1]: depends on `late`[0], which is not known before it",
    );
    broken(
        |c| c.derived[1].rotation = 0,
        "derived column 1, `late`[1]: depends on `late`[1]@+1, which is not known before it",
    );
    broken(
        |c| c.derived[0].rotation = 1,
        "constraint `phi is the sum` does not contain `late`[0]@+1",
    );
    let change = |c: &mut Circuit, change: &dyn Fn(&mut ExprBuilder, ExprId) -> ExprId| {
        let mut b = ExprBuilder::new();
        let whole = b.embed(&c.gates[1].constraints[0].poly);
        let changed = change(&mut b, whole);
        c.gates[1].constraints[0].poly = b.finish(changed);
    };
    broken(
        |c| change(c, &|b, whole| b.mul(whole, whole)),
        "constraint `S adds up` is not linear in `late`[1]@+1",
    );
    broken(
        |c| {
            change(c, &|b, whole| {
                let above = b.query(1, 1, 0);
                b.mul(whole, above)
            });
        },
        "constraint `S adds up` multiplies `late`[1]@+1 by the cell above it",
    );
    broken(
        |c| {
            c.add_challenge("last", 1);
            change(c, &|b, whole| {
                let last = b.challenge(3);
                b.mul(whole, last)
            });
        },
        "committed in phase 1, but depends on challenge `last`, drawn after phase 1",
    );
    // The row below the last usable one only blinds the proof.
    broken(
        |c| {
            let usable = c.usable_rows().unwrap();
            let q = c.fills.iter_mut().find(|fill| fill.source == "q").unwrap();
            q.domain = vec![u64::from(usable)];
        },
        "a usable row depends on a row that blinds the proof",
    );
}

#[test]
fn rules_of_multiplicities() {
    fn first(c: &mut Circuit) -> &mut Multiplicity {
        &mut c.multiplicities[0]
    }
    fn table(c: &mut Circuit) -> &mut CountedTable {
        &mut first(c).tables[0]
    }
    broken(
        |c| (table(c).group, table(c).column) = (GroupId(1), 0),
        "multiplicity 0 of `tables`: group `late` is no advice of phase 0",
    );
    broken(
        |c| table(c).group = GroupId(2),
        "multiplicity 0 of `tables`: group `f` is no advice of phase 0",
    );
    broken(
        |c| table(c).column = 4,
        "multiplicity 0 of `tables`: there is no column 4 among 4",
    );
    broken(
        |c| c.multiplicities.push(c.multiplicities[0].clone()),
        "multiplicity 1 of `tables`: the column is computed twice",
    );
    broken(
        |c| {
            table(c).column = 0;
            first(c).terms.clear();
        },
        "the column of v[0]@0 is computed",
    );
    broken(
        |c| first(c).tables.clear(),
        "multiplicity 0 of `tables`: there is no table",
    );
    broken(|c| table(c).columns.clear(), "the table has no columns");
    broken(
        |c| {
            let (group, columns) = (GroupId(0), vec![(GroupId(3), 0)]);
            first(c).tables.push(CountedTable {
                group,
                column: 2,
                columns,
            });
        },
        "multiplicity 0 of `tables`: table 1 has 1 columns, and table 0 has 3",
    );
    broken(
        |c| {
            let again = table(c).clone();
            first(c).tables.push(again);
        },
        "multiplicity 0 of `tables`: the column is computed twice",
    );
    broken(
        |c| table(c).columns[1] = (GroupId(0), 0),
        "group `v` is not fixed",
    );
    broken(
        |c| first(c).active = Some((GroupId(2), 9)),
        "there is no column 9 among 4",
    );
    broken(
        |c| {
            first(c).terms[1].inputs.pop();
        },
        "multiplicity 0 of `tables`, term 1: 2 inputs for a table of 3 columns",
    );
    broken(
        |c| first(c).terms[0].selector = Expr::default(),
        "term 0: the expression is empty",
    );
    let challenge = Expr {
        nodes: vec![ExprNode::Challenge(1)],
    };
    broken(
        |c| first(c).terms[0].inputs[1] = challenge.clone(),
        "term 0: depends on challenge `beta`",
    );
    broken(
        |c| first(c).terms[0].inputs[1] = Expr::query(1, 0, 0),
        "term 0: reads `late`[0], which is itself computed",
    );
    broken(
        |c| first(c).terms[0].inputs[1] = Expr::query(0, 3, -1),
        "term 0: reads `v`[3]@-1, which is itself computed",
    );
}
