//! `zkarith-plan-layout`: number of rows, lanes, blocks, units and limbs of the circuit.
//!
//! Counts what every operation asks of the grid, prices each layout that fits and writes the
//! cheapest into the function's attribute `plonk.layout`, which `convert-zkarith-to-plonk`
//! follows. The attribute can be edited by hand in between.
//!
//! The price is the proving time of the `halo2` backend in units of one multi-scalar
//! multiplication of full length: a constant for the opening, one unit per looked-up column
//! argument and its sorted columns, fractions for columns by kind, all times the number of rows.
//! Equal prices are resolved in favour of fewer rows, then fewer columns, so that the choice is
//! the same everywhere.
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<1x2x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>> {
//!   %w = zkarith.constant dense<[[2], [-1]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<4, -1, 2>>
//!   %0 = zkarith.matmul %x, %w : (tensor<1x2x!zkarith.fixed<4, 0, 15>>, tensor<2x1x!zkarith.fixed<4, -1, 2>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>>
//!   return %0 : tensor<1x1x!zkarith.fixed<8, -15, 30>>
//! }
//! ```
//! After:
//! ```mlir
//! func.func @main(%arg0: tensor<1x2x!zkarith.fixed<4, 0, 15>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>> attributes {plonk.layout = {blocks = 1 : i64, k = 5 : i64, lanes = 1 : i64, limb_bits = 4 : i64, limbs = 1 : i64, units = 1 : i64}} {
//!   %w = zkarith.constant dense<[[2], [-1]]> : tensor<2x1xi64> -> tensor<2x1x!zkarith.fixed<4, -1, 2>>
//!   %0 = zkarith.matmul %arg0, %w : (tensor<1x2x!zkarith.fixed<4, 0, 15>>, tensor<2x1x!zkarith.fixed<4, -1, 2>>) -> tensor<1x1x!zkarith.fixed<8, -15, 30>>
//!   return %0 : tensor<1x1x!zkarith.fixed<8, -15, 30>>
//! }
//! ```
//!
//! Option `layout`: `direct` for the above; `strips` for the [layout in strips](../concepts/layout.md), with the
//! attribute `plonk.strips`, for backends that have challenges; `any` for strips where the function's linear maps can be
//! written out, and direct otherwise. Options `public-inputs`, `public-outputs`: what will be public, for strips.
//!
//! Leaves alone: functions that have the attribute. Requires: every operation has a lowering.
//! Ensures: the layout fits. Option `limb-bits`: width of a limb, `auto` for a choice by price.
//! Option `lookups`: what lookups become, `native` arguments of the proof system or `sums`, which
//! `plonk-lower-lookups` makes; with sums a row stays free and all tables together must fit.

use crate::{
    convert_zkarith_to_plonk::strips::{self, Plan},
    gadgets::CELLS,
    layout::{self, Demands, Layout},
};
use melior::ir::operation::OperationLike;
use zkc_support::{
    Constants, Failed, Graph, OperationRef, PassInfo, PassOption, PassOptions, emit_error, find_op,
};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "zkarith-plan-layout",
    description: "choose rows, lanes, blocks, units and limbs of the circuit",
    anchor: "builtin.module",
    options: &[
        PassOption {
            name: "limb-bits",
            description: "bits of a limb, or `auto`",
            default: "auto",
        },
        PassOption {
            name: "lookups",
            description: "what lookups become: `native` or `sums`",
            default: "native",
        },
        PassOption {
            name: "max-k",
            description: "most rows, as log2",
            default: "20",
        },
        PassOption {
            name: "layout",
            description: "`direct`, `strips` or `any`: strips where the function has them",
            default: "direct",
        },
        PassOption {
            name: "public-inputs",
            description: "whether the inputs are public",
            default: "false",
        },
        PassOption {
            name: "public-outputs",
            description: "whether the outputs are public",
            default: "true",
        },
    ],
    run,
};

/// Widths tried when `limb-bits` is `auto`.
const WIDTHS: std::ops::RangeInclusive<i64> = 4..=16;

fn run(module: OperationRef<'_, '_>, options: &PassOptions) -> Result<(), Failed> {
    let max_k: i64 = options.parse(module, "max-k")?;
    let widths: Vec<i64> = match options.get("limb-bits") {
        "auto" => WIDTHS.collect(),
        _ => vec![options.parse::<i64>(module, "limb-bits")?],
    };
    let lookups = match options.get("lookups") {
        "native" => Lookups::Native,
        "sums" => Lookups::Sums,
        other => {
            let message = format!("option `lookups` must be `native` or `sums`, not `{other}`");
            return Err(emit_error(module.location(), &message, &[]));
        }
    };
    if !(4..=28).contains(&max_k) || widths.iter().any(|w| !(1..=20).contains(w)) {
        let message = "options out of range: `max-k` is 4 to 28, `limb-bits` is 1 to 20";
        return Err(emit_error(module.location(), message, &[]));
    }
    let Some(func) = find_op(module, "func.func") else {
        return Ok(());
    };
    let fail = |e: zkc_support::GraphError| emit_error(func.location(), &e.to_string(), &[]);
    let mut graph = Graph::read(func).map_err(fail)?;
    if graph.attr(Layout::ATTRIBUTE).is_some() || graph.attr(Plan::ATTRIBUTE).is_some() {
        return Ok(());
    }
    let kind = options.get("layout");
    if !["direct", "strips", "any"].contains(&kind) {
        let message = "option `layout` must be `direct`, `strips` or `any`";
        return Err(emit_error(module.location(), message, &[]));
    }
    if kind != "direct" {
        let public = [
            options.parse(module, "public-inputs")?,
            options.parse(module, "public-outputs")?,
        ];
        let constants = || Constants::of_module(module);
        match strips::cheapest(&graph, &constants, &widths, max_k, public) {
            Ok(Some(best)) => {
                let attribute = best.plan.to_attribute(graph.context).ok_or(Failed)?;
                graph.attributes.push((Plan::ATTRIBUTE.into(), attribute));
                return graph.replace(func).map_err(fail);
            }
            Ok(None) | Err(_) if kind == "any" => {}
            Ok(None) => return Err(too_large(func, max_k)),
            Err(failure) => return Err(emit_error(failure.location, &failure.message, &[])),
        }
    }
    let mut best: Option<Candidate> = None;
    for bits in widths {
        // The conversion to u32 cannot fail: widths are 1 to 20.
        let demands = layout::demands(&graph, bits as u32).map_err(|errors| {
            for e in errors {
                emit_error(e.location, &e.message, &[]);
            }
            Failed
        })?;
        if let Some(c) = cheapest(&demands, lookups, bits, max_k)
            && best.as_ref().is_none_or(|b| c.key() < b.key())
        {
            best = Some(c);
        }
    }
    let Some(best) = best else {
        return Err(too_large(func, max_k));
    };
    let attribute = best.layout.to_attribute(graph.context).ok_or(Failed)?;
    graph.attributes.push((Layout::ATTRIBUTE.into(), attribute));
    graph.replace(func).map_err(fail)
}

fn too_large(func: OperationRef<'_, '_>, max_k: i64) -> Failed {
    let notes = [
        "help: lower the number of fraction bits, narrow the input range, or split the model"
            .to_string(),
    ];
    let message = format!("the model needs more than 2^{max_k} rows in every layout tried");
    emit_error(func.location(), &message, &notes)
}

struct Candidate {
    layout: Layout,
    /// Price in thousandths of a multi-scalar multiplication of one row.
    price: i64,
    columns: i64,
}

impl Candidate {
    fn key(&self) -> (i64, i64, i64, i64) {
        (
            self.price,
            self.layout.k,
            self.columns,
            self.layout.limb_bits,
        )
    }
}

/// The cheapest layout with limbs of a given width, over all numbers of rows.
fn cheapest(demands: &Demands, lookups: Lookups, bits: i64, max_k: i64) -> Option<Candidate> {
    let mut best: Option<Candidate> = None;
    for k in (bits + 1).max(4)..=max_k {
        for limbs in 1..=16 {
            let usable = Layout::usable_rows(k, demands.height(limbs));
            let fit = lookups.fit(1 << bits, demands.table_rows, usable);
            let usable = lookups.rows(usable);
            if !fit || demands.io > usable {
                continue;
            }
            let Some((lanes, blocks)) = linear(demands, usable) else {
                continue;
            };
            for units in 1..=32 {
                if demands.gadget_rows(units, limbs) > usable {
                    continue;
                }
                let layout = Layout {
                    k,
                    limb_bits: bits,
                    lanes,
                    blocks,
                    units,
                    limbs,
                };
                let (price, columns) = price(&layout, demands);
                let candidate = Candidate {
                    layout,
                    price,
                    columns,
                };
                if best.as_ref().is_none_or(|b| candidate.key() < b.key()) {
                    best = Some(candidate);
                }
            }
        }
    }
    best
}

/// The lanes and blocks with the fewest columns that fit into the rows.
fn linear(demands: &Demands, usable: i64) -> Option<(i64, i64)> {
    let most = demands.most_taps();
    if most == 0 {
        return Some((1, 1));
    }
    let mut best: Option<(i64, i64, i64)> = None;
    for blocks in 1..=16 {
        // Only lane counts that change the number of chunks of some sum matter; the smallest
        // fitting one is found by doubling and bisection, as rows fall with lanes.
        let (mut low, mut high) = (0, most.min(512));
        if demands.linear_rows(high, blocks) > usable {
            continue;
        }
        while high - low > 1 {
            let middle = (low + high) / 2;
            if demands.linear_rows(middle, blocks) > usable {
                low = middle
            } else {
                high = middle
            }
        }
        let columns = blocks * (high + 1);
        if best.is_none_or(|(c, _, _)| columns < c) {
            best = Some((columns, high, blocks));
        }
    }
    best.map(|(_, lanes, blocks)| (lanes, blocks))
}

/// Price of a layout, and its number of columns.
///
/// Opening 20.5, blinding 1, quotient pieces 4 (degree 5), 2.3 for a range lookup, 4.3 for a
/// tuple of three, 0.26 for an advice column of small signed values, 0.11 for the transforms of
/// a column, a third of 2.1 for an equality column (three share a permutation polynomial).
fn price(layout: &Layout, demands: &Demands) -> (i64, i64) {
    let (advice, fixed) = layout::columns(layout, demands);
    let looked_up = layout.units * layout.limbs;
    let tuples = if demands.table_rows > 0 {
        layout.units
    } else {
        0
    };
    let linear = if demands.most_taps() > 0 {
        layout.blocks * (layout.lanes + 1)
    } else {
        0
    };
    let equality = linear + layout.units * (CELLS - 1) + 2;
    let units =
        25_500 + 2_300 * looked_up + 4_300 * tuples + 370 * advice + 110 * fixed + 700 * equality;
    (units << layout.k, advice + fixed)
}

/// What lookups become.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lookups {
    /// Arguments of the proof system, each table in rows of its own columns.
    Native,
    /// Gates over sums of fractions, all tables one below the other.
    Sums,
}

impl Lookups {
    /// Rows left for everything else of `usable` ones: a sum ends on the last one.
    fn rows(self, usable: i64) -> i64 {
        match self {
            Lookups::Native => usable,
            Lookups::Sums => usable - 1,
        }
    }

    /// Whether a table of limbs and one of functions have room on `usable` rows.
    fn fit(self, limbs: i64, functions: i64, usable: i64) -> bool {
        match self {
            // halo2_proofs fills up a table from the row behind it, which must exist.
            Lookups::Native => functions < usable && limbs < usable,
            Lookups::Sums => functions + limbs <= self.rows(usable),
        }
    }
}
