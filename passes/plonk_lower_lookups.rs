//! `plonk-lower-lookups`: lookups become gates, as sums of fractions (LogUp).
//!
//! A backend's own lookup argument commits to several columns for each lookup. With a challenge
//! `alpha`, all looked-up tuples stand in all tables exactly if
//!
//! ```text
//! sum over lookups and rows of selector / (alpha - tuple)  =  sum over table rows of multiplicity / (alpha - row)
//! ```
//!
//! up to an error of (number of fractions) / (size of the field), as the poles of both sides must
//! agree (Haböck, *Multivariate lookups based on logarithmic derivatives*, 2022, lemma 5). A tuple is
//! one number by powers of a second challenge, `beta`, its last entry the number of its table, so
//! that all lookups share one argument: one column of multiplicities in phase 0, and in phase 1 a
//! running sum and a helper column for each group of fractions that is not added to it directly.
//!
//! Tables stand one below the other in one group of fixed columns. Where they have more rows than
//! the circuit, they go on in another one, and a table may be cut anywhere: each group has a column
//! of multiplicities and a fraction of its own, which costs less than rows that only tables need.
//!
//! Before:
//! ```mlir
//! plonk.circuit @main k = 4 {
//!   plonk.advice @a[1] phase 0
//!   plonk.table @limbs [#plonk.range<0, 4>]
//!   plonk.lookup @small in @limbs {
//!     %a = plonk.query @a[0] at 0
//!     plonk.look_up %a
//!   }
//! }
//! ```
//! After, in part:
//! ```mlir
//! plonk.circuit @main k = 4 {
//!   plonk.challenge @alpha after 0
//!   plonk.advice @multiplicity[1] phase 0
//!   plonk.advice @lookup_sum[1] phase 1
//!   plonk.fixed @lookup_table[1]
//!   plonk.gate @lookups {
//!     plonk.constrain "the sum goes on"
//!     plonk.constrain "the sum starts and ends at zero"
//!   plonk.multiplicity @multiplicity[0] of [@lookup_table] active @active {
//!   plonk.derive @lookup_sum[0] at 1 from @lookups "the sum goes on"
//!   plonk.fill @active with 1 domain [9]
//!   %0 = plonk.constant #plonk.range<0, 4>
//!   plonk.place %0 on @lookup_table domain [4]
//!   plonk.fill @lookup_table with 0 domain [5]
//! ```
//!
//! Leaves alone: circuits without lookups. Requires: everything that is placed fits above the last
//! usable row, on which the sum ends, and so does each of at most `table-groups` parts of the
//! tables. Ensures: the same values are accepted, up to the error above. A selector in front of all
//! entries of a tuple, a fixed column of zeros and ones, becomes the numerator and costs no degree.
//! In a circuit that says `no_copies` the constraint of a helper holds on the rows that blind a proof
//! as well, which saves a degree: two lookups then share a helper at degree 3.
//! Option `degree`: the largest degree of a gate, `auto` for 3 with few fractions beside the other
//! columns and 5 with many. Option `table-groups`: the most groups of fixed columns for tables, 1 to
//! 256; where they do not suffice, more rows are cheaper.

mod argument;
mod circuit;
mod tables;

use crate::expressions::{column_group, first_challenge, plain};
use argument::Fraction;
use circuit::{Columns, Lookup};
use melior::ir::operation::OperationLike;
use std::collections::BTreeMap;
use tables::Table;
use zkc_support::{
    AffineExpr, AffineMap, Constants, Failed, Graph, Op, OperationRef, PassInfo, PassOption,
    PassOptions, emit_error, find_op, i64_attr, i64s, i128_attr, map_attr, string, symbol,
};

/// The pass.
pub(crate) const PASS: PassInfo = PassInfo {
    name: "plonk-lower-lookups",
    description: "turn lookups into gates over sums of fractions (LogUp)",
    anchor: "builtin.module",
    options: &[
        PassOption {
            name: "degree",
            description: "largest degree of a gate, 3 to 9, or `auto`",
            default: "auto",
        },
        PassOption {
            name: "table-groups",
            description: "most groups of fixed columns that tables run over, 1 to 256",
            default: "16",
        },
    ],
    run,
};

/// Names of what the pass adds.
pub(crate) mod names {
    pub(crate) const ALPHA: &str = "alpha";
    pub(crate) const BETA: &str = "beta";
    pub(crate) const MULTIPLICITY: &str = "multiplicity";
    pub(crate) const SUM: &str = "lookup_sum";
    pub(crate) const HELPER: &str = "lookup_helper";
    pub(crate) const TABLE: &str = "lookup_table";
    pub(crate) const ACTIVE: &str = "active";
    pub(crate) const EDGE: &str = "edge";
    pub(crate) const GATE: &str = "lookups";
    pub(crate) const GOES_ON: &str = "the sum goes on";
    pub(crate) const ENDS: &str = "the sum starts and ends at zero";

    /// The group of columns for tables with this number.
    pub(crate) fn table(number: usize) -> String {
        match number {
            0 => TABLE.into(),
            _ => format!("{TABLE}_{number}"),
        }
    }
}

type Result<T> = std::result::Result<T, String>;

fn run(module: OperationRef<'_, '_>, options: &PassOptions) -> std::result::Result<(), Failed> {
    let degree: Option<i64> = match options.get("degree") {
        "auto" => None,
        _ => Some(options.parse(module, "degree")?),
    };
    if degree.is_some_and(|d| !(3..=9).contains(&d)) {
        let message = "option `degree` must be 3 to 9, or `auto`";
        return Err(emit_error(module.location(), message, &[]));
    }
    let most: i64 = options.parse(module, "table-groups")?;
    if !(1..=256).contains(&most) {
        let message = "option `table-groups` must be 1 to 256";
        return Err(emit_error(module.location(), message, &[]));
    }
    let Some(op) = find_op(module, "plonk.circuit") else {
        return Ok(());
    };
    let fail = |message: String| emit_error(op.location(), &message, &[]);
    let mut graph = Graph::read(op).map_err(|e| fail(e.to_string()))?;
    if !graph.ops.iter().any(|op| op.name == "plonk.lookup") {
        return Ok(());
    }
    lower(&mut graph, &Constants::of_module(module), degree, most).map_err(&fail)?;
    graph.replace(op).map_err(|e| fail(e.to_string()))
}

/// Lowers all lookups, with gates of a degree, and tables in at most `most` groups of columns.
fn lower(
    graph: &mut Graph<'_>,
    constants: &Constants,
    degree: Option<i64>,
    most: i64,
) -> Result<()> {
    let columns = Columns::of(graph)?;
    // Another sum may run over the same rows already.
    let has_edges = [names::ACTIVE, names::EDGE]
        .iter()
        .all(|name| graph.ops.iter().any(|op| op.str("sym_name") == Some(name)));
    let own = if has_edges { 2 } else { 0 };
    for name in [
        names::ACTIVE,
        names::EDGE,
        names::ALPHA,
        names::BETA,
        names::MULTIPLICITY,
        names::SUM,
        names::HELPER,
        names::GATE,
    ]
    .into_iter()
    .skip(own)
    {
        unused(&graph.ops, name)?;
    }
    // The last usable row is where the sum ends; fractions are added up on the rows above it.
    let active = columns.usable_rows() - 1;
    if columns.used_rows > active {
        return Err(format!(
            "the circuit uses {} rows, but a sum over its lookups leaves {active}; raise k",
            columns.used_rows
        ));
    }
    let mut lookups = Vec::new();
    let mut rest = Vec::new();
    for op in std::mem::take(&mut graph.ops) {
        match op.name.as_str() {
            "plonk.lookup" => lookups.push(Lookup::of(&op, &columns)?),
            _ => rest.push(op),
        }
    }
    let tables = Table::used_by(&rest, &lookups, constants)?;
    let rows: Vec<i64> = tables.iter().map(|t| t.rows).collect();
    let total = rows
        .iter()
        .fold(0, |sum: i64, rows| sum.saturating_add(*rows));
    if total > active * most {
        return Err(format!(
            "the tables have {total} rows together, but a sum over lookups leaves {active} in each of {most} groups of \
             columns; raise k or `table-groups`"
        ));
    }
    let stacks = tables::stack(&rows, active);
    for number in 0..stacks.len() {
        unused(&rest, &names::table(number))?;
    }
    let width = tables.iter().map(Table::width).max().unwrap_or(0);
    // The number of the table tells equal tuples of two tables apart.
    let tagged = tables.len() > 1;
    let entries = width + usize::from(tagged);
    let number = |table: &str| tables.iter().position(|t| t.name == table).unwrap_or(0);
    let random: Vec<_> = lookups.iter().map(|l| l.random_columns(&columns)).collect();
    let mut readers: BTreeMap<&(String, i64), usize> = BTreeMap::new();
    for column in random.iter().flatten() {
        *readers.entry(column).or_default() += 1;
    }
    let looked_up = lookups.iter().zip(&random);
    let looked_up = looked_up.map(|(lookup, random)| Fraction::Lookup {
        lookup,
        tag: tagged.then(|| number(&lookup.table) as i128),
        hides: random
            .iter()
            .any(|column| readers[column] == 1 && columns.hides(column)),
    });
    let fractions: Vec<Fraction> = (0..stacks.len())
        .map(Fraction::Table)
        .chain(looked_up)
        .collect();
    // A prover for circuits with copies fills up every column at random.
    let masked = graph.attr("no_copies").is_none();
    let degree = degree.unwrap_or_else(|| argument::degree(&fractions, &columns, masked));
    let groups = argument::groups(fractions, degree, masked)?;

    // Tables that the witness program still reads stay.
    let read: Vec<String> = rest
        .iter()
        .filter(|op| op.name == "plonk.lookup_value")
        .filter_map(|op| op.symbol("table").map(str::to_string))
        .collect();
    rest.retain(|op| {
        op.name != "plonk.table"
            || op
                .str("sym_name")
                .is_some_and(|n| read.iter().any(|r| r == n))
    });
    graph.ops = rest;

    let (context, location) = (graph.context, graph.location);
    let group = |op: &str, name: &str, count: i64, phase: Option<i64>| {
        column_group(context, op, name, count, phase, location)
    };
    let challenge = |name: &str| first_challenge(context, name, location);
    let mut structure = vec![challenge(names::ALPHA)];
    if entries > 1 {
        structure.push(challenge(names::BETA));
    }
    structure.extend([
        group(
            "plonk.advice",
            names::MULTIPLICITY,
            stacks.len() as i64,
            Some(0),
        ),
        group("plonk.advice", names::SUM, 1, Some(1)),
    ]);
    let helpers = groups.len() as i64 - 1;
    if helpers > 0 {
        structure.push(group("plonk.advice", names::HELPER, helpers, Some(1)));
    }
    for number in 0..stacks.len() {
        let name = names::table(number);
        structure.push(group("plonk.fixed", &name, entries as i64, None));
    }
    if !has_edges {
        structure.push(group("plonk.fixed", names::ACTIVE, 1, None));
        structure.push(group("plonk.fixed", names::EDGE, 1, None));
    }

    structure.push(argument::gate(graph, &groups, entries));
    structure.push(argument::count(graph, &groups, entries));
    structure.extend(derivations(graph, helpers));
    structure.append(&mut graph.ops);
    graph.ops = structure;
    if !has_edges {
        edges(graph, active);
    }
    tables::fills(graph, &tables, &stacks, active, entries, tagged)
}

/// Refuses a circuit that has a symbol of this name.
fn unused(ops: &[Op], name: &str) -> Result<()> {
    if ops.iter().any(|op| op.str("sym_name") == Some(name)) {
        return Err(format!("the circuit has a symbol `{name}` already"));
    }
    Ok(())
}

/// How the columns of phase 1 are computed: helpers first, as the sum reads them.
fn derivations<'c>(graph: &Graph<'c>, helpers: i64) -> Vec<Op<'c>> {
    let context = graph.context;
    let derive = |group: &str, column: i64, rotation: i64, constraint: &str| {
        let attributes = [
            ("group", symbol(context, group)),
            ("column", i64_attr(context, column)),
            ("rotation", i64_attr(context, rotation)),
            ("gate", symbol(context, names::GATE)),
            ("constraint", string(context, constraint)),
        ];
        plain("plonk.derive", &attributes, graph.location)
    };
    (0..helpers)
        .map(|i| derive(names::HELPER, i, 0, &argument::helper_name(i)))
        .chain([derive(names::SUM, 0, 1, names::GOES_ON)])
        .collect()
}

/// Rows that count, and the first and the last one.
fn edges(graph: &mut Graph, active: i64) {
    for (group, first, rows) in [
        (names::ACTIVE, 0, active),
        (names::EDGE, 0, 1),
        (names::EDGE, active, 1),
    ] {
        let op = fill(graph, group, 0, first, rows, 1);
        graph.ops.push(op);
    }
}

/// `rows` cells of one column, from row `first` on, as a map.
fn cells<'c>(graph: &Graph<'c>, column: i64, first: i64) -> zkc_support::Attribute<'c> {
    let row = AffineExpr::Dim(0).plus(AffineExpr::Const(first));
    let at = AffineMap::new(1, vec![AffineExpr::Const(column), row]);
    map_attr(graph.context, &at)
}

fn fill<'c>(
    graph: &Graph<'c>,
    group: &str,
    column: i64,
    first: i64,
    rows: i64,
    value: i128,
) -> Op<'c> {
    let context = graph.context;
    let attributes = [
        ("group", symbol(context, group)),
        ("domain", i64s(context, &[rows])),
        ("at", cells(graph, column, first)),
        ("value", i128_attr(context, value)),
    ];
    plain("plonk.fill", &attributes, graph.location)
}
