//! `convert-zkarith-to-poly-ext`: named functions become certified tables.
//!
//! Each `zkarith.apply` becomes a `poly_ext.eval` with a full table: one correctly rounded value
//! (ties to even) for each argument, every one of them certified. Values do not change: the
//! program before and after computes the same integers.
//!
//! The table covers the operand's bounds. Where they hold more than 2^`table-bits` integers it ends
//! where the function, rounded, no longer changes; and where the operand is a `zkarith.clamp`, at
//! the clamp's bounds. Arguments outside are then cut to the table (`outside = saturate`) and the
//! clamp is not needed. A side on which the function goes on changing keeps its clamp, so that the
//! record's `max_error` covers every argument that the operand's type allows and stays meaningful.
//!
//! Large tables stand in the weight cache. Exact operations (relu, max, clamp, ...) stay as they
//! are.
//!
//! Before:
//! ```mlir
//! module {
//!   func.func @main(%x: tensor<2x!zkarith.fixed<1, -40, 3>>) -> tensor<2x!zkarith.fixed<4, 0, 72>> {
//!     %0 = zkarith.clamp %x : tensor<2x!zkarith.fixed<1, -40, 3>> -> tensor<2x!zkarith.fixed<1, -7, 3>>
//!     %1 = zkarith.apply "exp" %0 : tensor<2x!zkarith.fixed<1, -7, 3>> -> tensor<2x!zkarith.fixed<4, 0, 72>>
//!     return %1 : tensor<2x!zkarith.fixed<4, 0, 72>>
//!   }
//! }
//! ```
//! After:
//! ```mlir
//! module {
//!   func.func @main(%arg0: tensor<2x!zkarith.fixed<1, -40, 3>>) -> tensor<2x!zkarith.fixed<4, 0, 72>> {
//!     %0 = poly_ext.eval %arg0 <"exp", domain = [-3.500000e+00, 1.500000e+00], outside = saturate, form = #poly_ext.table<from = -7, dense<[0, 1, 1, 2, 4, 6, 10, 16, 26, 43, 72]> : tensor<11xi64>>, max_error = 0.030781828460021643, certificate = exhaustive, producer = "zkc-approx 0.1.0"> : tensor<2x!zkarith.fixed<1, -40, 3>> -> tensor<2x!zkarith.fixed<4, 0, 72>>
//!     return %0 : tensor<2x!zkarith.fixed<4, 0, 72>>
//!   }
//! }
//! ```
//!
//! Leaves alone: everything but `zkarith.apply`. Requires: functions that `zkc-approx` knows.
//! Ensures: equal values on every input; each table has at most 2^`table-bits` entries.

use crate::convert_onnx_to_zkarith::Issue;
use melior::ir::operation::OperationLike;
use std::{collections::BTreeMap, rc::Rc};
use zkc_approx::{Function, Rounding, Table, tabulate};
use zkc_dialects::zkarith::{Interval, dequantize, machine_bounds};
use zkc_support::{
    Approx, Attribute, Certificate, Constants, Failed, FixedType, Form, Graph, Op, OperationRef,
    Outside, PassInfo, PassOption, PassOptions, TensorType, ValueId, approx, emit_error, find_op,
    fixed_type,
};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "convert-zkarith-to-poly-ext",
    description: "named functions become certified tables",
    anchor: "builtin.module",
    options: &[PassOption {
        name: "table-bits",
        description: "log2 of the largest table: a limit, not a choice",
        default: "18",
    }],
    run,
};

/// What the records name as their maker.
const PRODUCER: &str = concat!("zkc-approx ", env!("CARGO_PKG_VERSION"));

/// Ties of tables go to the even neighbour, as `zkarith.apply` says.
const ROUNDING: Rounding = Rounding::NearestTiesToEven;

fn run(module: OperationRef<'_, '_>, options: &PassOptions) -> Result<(), Failed> {
    let table_bits: u32 = options.parse(module, "table-bits")?;
    if !(1..=24).contains(&table_bits) {
        let message = format!("option `table-bits` must be 1 to 24, found {table_bits}");
        return Err(emit_error(module.location(), &message, &[]));
    }
    let Some(function) = find_op(module, "func.func") else {
        return Ok(());
    };
    let fail = |e: zkc_support::GraphError| emit_error(function.location(), &e.to_string(), &[]);
    let mut graph = Graph::read(function).map_err(fail)?;
    let constants = Constants::of_module(module);
    let mut tables = Tables::default();
    let mut failed = None;
    let mut i = 0;
    while i < graph.ops.len() {
        if graph.ops[i].name == "zkarith.apply" {
            let op = graph.ops[i].clone();
            match replacement(&mut graph, &op, &constants, &mut tables, table_bits) {
                Ok(ops) => {
                    let count = ops.len();
                    graph.ops.splice(i..=i, ops);
                    i += count;
                    continue;
                }
                Err(issue) => {
                    let message = format!("`zkarith.apply`: {}", issue.message);
                    failed = Some(emit_error(op.location, &message, &issue.notes));
                }
            }
        }
        i += 1;
    }
    if let Some(failed) = failed {
        return Err(failed);
    }
    graph.remove_dead();
    graph.replace(function).map_err(fail)
}

/// Tables made so far, with what makes them equal.
#[derive(Default)]
struct Tables {
    known: BTreeMap<(String, u32, i64, i64, u32), Rc<Table>>,
}

impl Tables {
    fn get(
        &mut self,
        function: &Function,
        in_scale: u32,
        domain: Interval,
        out_scale: u32,
    ) -> Result<Rc<Table>, Issue> {
        let (lo, hi) = machine(domain)?;
        let key = (function.to_string(), in_scale, lo, hi, out_scale);
        if let Some(table) = self.known.get(&key) {
            return Ok(Rc::clone(table));
        }
        let table = tabulate(function, in_scale, lo, hi, out_scale, ROUNDING)
            .map_err(|e| Issue::new(e.to_string()))?;
        let table = Rc::new(table);
        self.known.insert(key, Rc::clone(&table));
        Ok(table)
    }
}

fn machine(i: Interval) -> Result<(i64, i64), Issue> {
    let end = |n: i128| {
        i64::try_from(n).map_err(|_| {
            Issue::new(format!("the operand's bound {n} has more than 64 bits"))
                .help("rescale or clamp the operand first")
        })
    };
    Ok((end(i.lo)?, end(i.hi)?))
}

fn fixed(graph: &Graph, v: ValueId) -> Result<(Vec<i64>, FixedType), Issue> {
    let t = graph
        .tensor(v)
        .and_then(|t| Some((t.shape.clone(), t.fixed()?)));
    t.ok_or_else(|| Issue::new("operand or result is no tensor of `!zkarith.fixed`"))
}

/// The operations that stand for a `zkarith.apply`.
fn replacement<'c>(
    graph: &mut Graph<'c>,
    op: &Op<'c>,
    constants: &Constants,
    tables: &mut Tables,
    table_bits: u32,
) -> Result<Vec<Op<'c>>, Issue> {
    let name = op
        .str("function")
        .ok_or_else(|| Issue::new("needs attribute `function`"))?;
    let function: Function = name.parse().map_err(|e| Issue::new(format!("{e}")))?;
    let (_, from) = fixed(graph, op.operand())?;
    let (_, to) = fixed(graph, op.result())?;
    let (in_scale, out_scale) = (from.scale, to.scale);
    let operand = machine_bounds(&from);
    let entries = |i: Interval| {
        i.hi.checked_sub(i.lo)
            .map_or(i128::MAX, |d| d.saturating_add(1))
    };
    let fits = |i: Interval| entries(i) <= 1 << table_bits;

    let mut domain = operand;
    if !fits(domain) {
        domain = changing(&function, domain, in_scale, out_scale);
    }
    if !fits(domain) {
        let message = format!(
            "a table of `{function}` on [{}, {}] has {} entries, more than 2^{table_bits}",
            dequantize(domain.lo, in_scale),
            dequantize(domain.hi, in_scale),
            entries(domain),
        );
        return Err(Issue::new(message).help(
            "raise `table-bits`, or rescale or clamp the operand (with fewer `fraction-bits`, or \
             a smaller input range)",
        ));
    }
    let table = tables.get(&function, in_scale, domain, out_scale)?;
    let limits = machine_bounds(&to);
    let narrow = |end: i128| end.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    let (least, most) = (narrow(limits.lo), narrow(limits.hi));
    let values: Vec<i64> = table
        .values
        .iter()
        .map(|v| *v.clamp(&least, &most))
        .collect();
    let mut ops = Vec::new();
    let mut source = op.operand();
    let mut outer = operand;
    if let Some(clamp) = clamp_of(graph, source) {
        let (shape, wide) = fixed(graph, clamp)?;
        let wide = machine_bounds(&wide);
        let ends = (values[0], values[values.len() - 1]);
        let stays = |outside: Interval, end: i64| -> bool {
            let Ok(reach) = machine(outside) else {
                return false;
            };
            let tolerable = f64::max((-f64::from(in_scale)).exp2(), 4.0 * unit(out_scale));
            function
                .error_of_constant(in_scale, reach, end, out_scale)
                .is_ok_and(|error| error <= tolerable)
        };
        // The new operand reaches as far out as the function stays close to the table's end.
        outer = wide;
        if wide.lo < domain.lo && !stays(Interval::new(wide.lo, domain.lo), ends.0) {
            outer.lo = domain.lo;
        }
        if wide.hi > domain.hi && !stays(Interval::new(domain.hi, wide.hi), ends.1) {
            outer.hi = domain.hi;
        }
        if outer == wide {
            source = clamp;
        } else if outer != operand {
            let half = FixedType::new(in_scale, outer.lo, outer.hi);
            let element = fixed_type(graph.context, &half)
                .ok_or_else(|| Issue::new("the clamp's bounds are too large"))?;
            let v = graph.value(TensorType::new(&shape, element).to_type());
            ops.push(make("zkarith.clamp", clamp, v, &[], op));
            source = v;
        }
    }
    let max_error = function
        .certify_values(in_scale, table.lo, &values, out_scale, (outer.lo, outer.hi))
        .map_err(|e| Issue::new(e.to_string()))?;

    let context = graph.context;
    let values: Vec<i128> = values.into_iter().map(i128::from).collect();
    let attribute = constants.make_integers(context, &[values.len() as i64], &values)?;
    let record = Approx {
        function: function.to_string(),
        domain: [
            dequantize(domain.lo, in_scale),
            dequantize(domain.hi, in_scale),
        ],
        outside: if domain.encloses(outer) {
            Outside::Refuse
        } else {
            Outside::Saturate
        },
        form: Form::Table(zkc_support::Table {
            from: table.lo,
            values: attribute,
        }),
        max_error,
        certificate: Certificate::Exhaustive,
        producer: PRODUCER.into(),
    };
    let record = approx(context, &record)
        .ok_or_else(|| Issue::new("internal error: the record does not verify"))?;
    ops.push(make(
        "poly_ext.eval",
        source,
        op.result(),
        &[("approx", record)],
        op,
    ));
    Ok(ops)
}

fn make<'c>(
    name: &str,
    operand: ValueId,
    result: ValueId,
    attributes: &[(&str, Attribute<'c>)],
    like: &Op<'c>,
) -> Op<'c> {
    Op {
        name: name.into(),
        operands: vec![operand],
        results: vec![result],
        attributes: attributes.iter().map(|(n, a)| ((*n).into(), *a)).collect(),
        regions: Vec::new(),
        location: like.location,
    }
}

/// The part of a domain in which the function, rounded to the result's scale, still changes.
fn changing(function: &Function, domain: Interval, in_scale: u32, out_scale: u32) -> Interval {
    let tails = function.saturation(out_scale);
    let unit = f64::from(in_scale).exp2();
    // Tails begin at most 2^40 away; the table keeps one entry of each.
    let lo = tails
        .below
        .map_or(domain.lo, |t| (t.at * unit).floor() as i128);
    let hi = tails
        .above
        .map_or(domain.hi, |t| (t.at * unit).ceil() as i128);
    Interval::new(
        lo.clamp(domain.lo, domain.hi),
        hi.clamp(domain.lo, domain.hi),
    )
}

/// The operand of the `zkarith.clamp` that defines a value.
fn clamp_of(graph: &Graph, v: ValueId) -> Option<ValueId> {
    let op = graph.ops.iter().find(|op| op.results.first() == Some(&v))?;
    (op.name == "zkarith.clamp").then(|| op.operand())
}

fn unit(scale: u32) -> f64 {
    (-f64::from(scale)).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_end_in_their_tails() {
        let wide = Interval::new(-10_000, 20_000);
        let tanh = changing(&Function::Tanh, wide, 8, 10);
        assert!(
            tanh.lo > -1100 && tanh.lo < -1000 && tanh.hi == -tanh.lo,
            "{tanh}"
        );
        let gelu = changing(&Function::Gelu, wide, 8, 10);
        assert!(gelu.lo > -1200 && gelu.hi == 20_000, "{gelu}");
        // A domain within a tail keeps one entry.
        let far = changing(&Function::Tanh, Interval::new(5000, 6000), 8, 10);
        assert_eq!(far, Interval::new(5000, 5000));
    }
}
