//! `verify-approximations`: what records say of their errors is true.
//!
//! Each `poly_ext.eval` on fixed-point numbers carries a record: a function, a domain, a table, a bound
//! of the error and how that is known. This pass computes domain and bound anew from the function, the
//! table and the types alone, whoever wrote the record, and compares: every entry with an enclosure of
//! the function at its argument, and the ends with the function wherever the operand's type lets
//! arguments lie outside of the table. Both have to be the same to the last bit, so that a record in
//! which the domain or the bound was edited by one unit is refused, and so is an entry that is farther
//! from the function than the bound. An edited entry that is not leaves the record true.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<2x!zkarith.fixed<1, -3, 3>>) -> tensor<2x!zkarith.fixed<4, 0, 72>> {
//!   %0 = poly_ext.eval %x <"exp", domain = [-1.5, 1.5], outside = refuse, form = #poly_ext.table<from = -3, dense<[4, 6, 10, 16, 26, 43, 72]> : tensor<7xi64>>, max_error = 0.030781828460021643, certificate = exhaustive, producer = "zkc-approx 0.1.0"> : tensor<2x!zkarith.fixed<1, -3, 3>> -> tensor<2x!zkarith.fixed<4, 0, 72>>
//!   return %0 : tensor<2x!zkarith.fixed<4, 0, 72>>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%arg0: tensor<2x!zkarith.fixed<1, -3, 3>>) -> tensor<2x!zkarith.fixed<4, 0, 72>> {
//!   %0 = poly_ext.eval %arg0 <"exp", domain = [-1.5, 1.5], outside = refuse, form = #poly_ext.table<from = -3, dense<[4, 6, 10, 16, 26, 43, 72]> : tensor<7xi64>>, max_error = 0.030781828460021643, certificate = exhaustive, producer = "zkc-approx 0.1.0"> : tensor<2x!zkarith.fixed<1, -3, 3>> -> tensor<2x!zkarith.fixed<4, 0, 72>>
//!   return %0 : tensor<2x!zkarith.fixed<4, 0, 72>>
//! }
//! ```
//!
//! Leaves alone: the program, always. Requires: functions that `zkc-approx` knows, tables as forms, and
//! certificates that are `exhaustive`. Ensures: `max_error` bounds the distance between result and
//! function for every argument that the operand's type allows.

use melior::ir::operation::OperationLike;
use zkc_approx::Function;
use zkc_dialects::zkarith::{dequantize, machine_bounds};
use zkc_support::{
    Certificate, Constants, Failed, Form, Graph, Op, OperationRef, PassInfo, PassOptions,
    as_approx, emit_error, find_op,
};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "verify-approximations",
    description: "what records say of their errors is true",
    anchor: "builtin.module",
    options: &[],
    run,
};

fn run(module: OperationRef<'_, '_>, _: &PassOptions) -> Result<(), Failed> {
    let Some(function) = find_op(module, "func.func") else {
        return Ok(());
    };
    let graph =
        Graph::read(function).map_err(|e| emit_error(function.location(), &e.to_string(), &[]))?;
    let constants = Constants::of_module(module);
    let mut result = Ok(());
    for op in graph.ops.iter().filter(|op| op.name == "poly_ext.eval") {
        if let Err(message) = check(&graph, op, &constants) {
            let message = format!("`poly_ext.eval`: {message}");
            result = Err(emit_error(op.location, &message, &[]));
        }
    }
    result
}

/// Checks one record; the error says what is wrong with it.
fn check(graph: &Graph, op: &Op, constants: &Constants) -> Result<(), String> {
    let record = op.attr("approx").and_then(as_approx);
    let record = record.ok_or("attribute `approx` is no approximation")?;
    let of = |v| graph.tensor(v).and_then(|t| t.fixed());
    let (Some(from), Some(to)) = (of(op.operand()), of(op.result())) else {
        return Err("only tables of fixed-point numbers can be verified".into());
    };
    let Form::Table(table) = &record.form else {
        return Err("only tables can be verified".into());
    };
    if record.certificate != Certificate::Exhaustive {
        return Err("the record has no certificate; a table's is `exhaustive`".into());
    }
    let function: Function = record.function.parse().map_err(|e| format!("{e}"))?;
    let values = constants.read(table.values).map_err(|e| e.to_string())?;
    let values = values.to_i128().map_err(|e| e.to_string())?;
    let values: Result<Vec<i64>, _> = values.into_iter().map(i64::try_from).collect();
    let values = values.map_err(|_| "an entry of the table has more than 64 bits")?;

    let last = i128::from(table.from) + values.len() as i128 - 1;
    let ends = [table.from.into(), last].map(|n| dequantize(n, from.scale));
    if record.domain.map(f64::to_bits) != ends.map(f64::to_bits) {
        return Err(format!(
            "the record's domain is [{}, {}], but the table's is [{}, {}]",
            record.domain[0], record.domain[1], ends[0], ends[1]
        ));
    }
    let reach = machine_bounds(&from);
    let reach = (reach.lo, reach.hi);
    let error = function
        .certify_values(from.scale, table.from, &values, to.scale, reach)
        .map_err(|e| e.to_string())?;
    match record.max_error.to_bits() == error.to_bits() {
        true => Ok(()),
        false => Err(format!(
            "the record states an error of at most {:?}, but that of the table is {error:?}",
            record.max_error
        )),
    }
}
