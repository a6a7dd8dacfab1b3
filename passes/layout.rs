//! The layout of a circuit: what the planner decides and the lowering follows.

use crate::gadgets::{self, CELLS, Gadget, PARAMS};
use num_bigint::BigInt;
use std::collections::BTreeSet;
use zkc_support::{Attribute, Context, FixedType, Graph, Op, ValueId, as_approx, as_i64};

/// The decisions of the direct layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// log2 of the number of rows.
    pub(crate) k: i64,
    /// Bits of a limb; the range table has 2^bits rows.
    pub(crate) limb_bits: i64,
    /// Products that a linear block adds up on a row.
    pub(crate) lanes: i64,
    /// Linear blocks side by side.
    pub(crate) blocks: i64,
    /// Gadget units side by side.
    pub(crate) units: i64,
    /// Limb columns of a unit.
    pub(crate) limbs: i64,
}

impl Layout {
    /// Name of the function attribute.
    pub(crate) const ATTRIBUTE: &str = "plonk.layout";

    /// The attribute that a person reads and edits.
    pub(crate) fn to_attribute(self, context: &Context) -> Option<Attribute<'_>> {
        let Self {
            k,
            limb_bits,
            lanes,
            blocks,
            units,
            limbs,
        } = self;
        Attribute::parse(
            context,
            &format!(
                "{{k = {k}, limb_bits = {limb_bits}, lanes = {lanes}, blocks = {blocks}, \
                 units = {units}, limbs = {limbs}}}"
            ),
        )
    }

    /// Reads the attribute; `None` when a field is missing or out of range.
    pub(crate) fn from_attribute(a: Attribute) -> Option<Self> {
        let dictionary = melior::ir::attribute::DictionaryAttribute::try_from(a).ok()?;
        let field = |name: &str, most: i64| {
            let value = as_i64(dictionary.element_by_name(name)?)?;
            (1..=most).contains(&value).then_some(value)
        };
        Some(Self {
            k: field("k", 28)?,
            limb_bits: field("limb_bits", 20)?,
            lanes: field("lanes", 4096)?,
            blocks: field("blocks", 64)?,
            units: field("units", 256)?,
            limbs: field("limbs", 64)?,
        })
    }

    /// Rows that gates may use when gadgets are at most `height` rows high.
    ///
    /// halo2 blinds as many rows as one column is queried at, at least three, and three more.
    pub(crate) fn usable_rows(k: i64, height: i64) -> i64 {
        (1 << k) - height.max(3) - 3
    }
}

/// What one operation asks of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Sums of `taps` products, `outputs` times.
    Linear { outputs: i64, taps: i64 },
    /// A gadget, `count` times.
    Gadget { gadget: Gadget, count: i64 },
}

/// What a function asks of the grid.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    pub(crate) items: Vec<Demand>,
    /// Rows of the table of functions, the inert first row included; zero without functions.
    pub(crate) table_rows: i64,
    /// Public values at most: all inputs and outputs.
    pub(crate) io: i64,
}

impl Demands {
    /// Rows that linear blocks take.
    pub(crate) fn linear_rows(&self, lanes: i64, blocks: i64) -> i64 {
        self.items
            .iter()
            .map(|d| match d {
                Demand::Linear { outputs, taps } => {
                    (outputs + blocks - 1) / blocks * ((taps + lanes - 1) / lanes).max(1)
                }
                Demand::Gadget { .. } => 0,
            })
            .sum()
    }

    /// Rows that gadget units take.
    pub(crate) fn gadget_rows(&self, units: i64, limbs: i64) -> i64 {
        self.items
            .iter()
            .map(|d| match d {
                Demand::Gadget { gadget, count } => {
                    (count + units - 1) / units * gadget.height(limbs)
                }
                Demand::Linear { .. } => 0,
            })
            .sum()
    }

    /// Rows of the highest gadget.
    pub(crate) fn height(&self, limbs: i64) -> i64 {
        self.gadgets()
            .iter()
            .map(|g| g.height(limbs))
            .max()
            .unwrap_or(1)
    }

    /// The distinct gadgets.
    pub(crate) fn gadgets(&self) -> BTreeSet<Gadget> {
        self.items
            .iter()
            .filter_map(|d| match d {
                Demand::Gadget { gadget, .. } => Some(*gadget),
                Demand::Linear { .. } => None,
            })
            .collect()
    }

    /// Most taps of a sum.
    pub(crate) fn most_taps(&self) -> i64 {
        self.items
            .iter()
            .map(|d| match d {
                Demand::Linear { taps, .. } => *taps,
                Demand::Gadget { .. } => 0,
            })
            .max()
            .unwrap_or(0)
    }
}

/// Which values are known at compile time.
pub(crate) fn constant_values(graph: &Graph) -> Vec<bool> {
    let mut known = vec![false; graph.value_count()];
    for op in &graph.ops {
        let moves = matches!(
            op.name.as_str(),
            "zkarith.reshape"
                | "zkarith.transpose"
                | "zkarith.broadcast"
                | "zkarith.slice"
                | "zkarith.concat"
                | "zkarith.pad"
                | "zkarith.reinterpret"
        );
        let constant =
            op.name == "zkarith.constant" || moves && op.operands.iter().all(|v| known[v.index()]);
        for r in &op.results {
            known[r.index()] = constant;
        }
    }
    known
}

/// Number of uses of each value, results of the function included.
pub(crate) fn uses(graph: &Graph) -> Vec<usize> {
    let mut uses = vec![0; graph.value_count()];
    let operands = graph.ops.iter().flat_map(|op| &op.operands);
    for v in operands.chain(&graph.outputs) {
        uses[v.index()] += 1;
    }
    uses
}

/// The addition of a constant that becomes the bias of the sums of operation `i`: the only use of
/// its result, of the same shape, with a constant that stands in the function as it is.
///
/// Returns the position of the addition and the constant.
pub(crate) fn bias_of(graph: &Graph, uses: &[usize], i: usize) -> Option<(usize, ValueId)> {
    let linear = matches!(
        graph.ops[i].name.as_str(),
        "zkarith.upscale"
            | "zkarith.mul"
            | "zkarith.matmul"
            | "zkarith.conv"
            | "zkarith.sum_pool"
            | "zkarith.reduce_sum"
    );
    let sum = *graph.ops[i].results.first()?;
    if !linear || uses[sum.index()] != 1 || graph.outputs.contains(&sum) {
        return None;
    }
    let next = graph.ops.iter().position(|op| op.operands.contains(&sum))?;
    let addition = &graph.ops[next];
    if addition.name != "zkarith.add" {
        return None;
    }
    let other = *addition.operands.iter().find(|v| **v != sum)?;
    let constant = graph
        .ops
        .iter()
        .any(|op| op.name == "zkarith.constant" && op.results.contains(&other));
    let shapes = graph.tensor(addition.result())?.shape == graph.tensor(sum)?.shape;
    (constant && shapes).then_some((next, other))
}

/// Why a function cannot be laid out.
pub(crate) struct Unsupported<'c> {
    pub(crate) location: zkc_support::Location<'c>,
    pub(crate) message: String,
}

/// Why an operation cannot be laid out.
fn unsupported(name: &str) -> String {
    match name {
        "zkarith.conv" => "the weights of `zkarith.conv` must be constant".into(),
        _ => format!("`{name}` has no lowering to `plonk` in this form"),
    }
}

/// Why a tensor of extent zero is refused.
const EMPTY: &str = "has no elements, so that there is nothing to prove about it";

/// The first input or result that has no elements.
pub(crate) fn without_elements<'c>(graph: &Graph<'c>) -> Option<Unsupported<'c>> {
    let empty = |v: &ValueId| fixed(graph, *v).is_some_and(|(n, _)| n == 0);
    if graph.inputs.iter().any(empty) {
        return Some(Unsupported {
            location: graph.location,
            message: format!("an input {EMPTY}"),
        });
    }
    let op = graph.ops.iter().find(|op| op.results.iter().any(empty))?;
    Some(Unsupported {
        location: op.location,
        message: format!("the result of `{}` {EMPTY}", op.name),
    })
}

/// Counts what a function asks of the grid with limbs of the given width.
///
/// # Errors
/// Every operation that has no lowering.
pub(crate) fn demands<'c>(graph: &Graph<'c>, bits: u32) -> Result<Demands, Vec<Unsupported<'c>>> {
    let constant = constant_values(graph);
    let mut out = Demands::default();
    let mut errors = Vec::new();
    let mut tables: Vec<Attribute> = Vec::new();
    for v in &graph.inputs {
        let Some((n, t)) = fixed(graph, *v) else {
            errors.push(Unsupported {
                location: graph.location,
                message: "inputs must be tensors of `!zkarith.fixed`".into(),
            });
            continue;
        };
        if n == 0 {
            errors.push(Unsupported {
                location: graph.location,
                message: format!("an input {EMPTY}"),
            });
        }
        out.io += n;
        out.items.push(Demand::Gadget {
            gadget: gadgets::interval(&t, bits),
            count: n,
        });
    }
    out.io += graph
        .outputs
        .iter()
        .filter_map(|v| Some(fixed(graph, *v)?.0))
        .sum::<i64>();
    let uses = uses(graph);
    let mut taken = vec![false; graph.ops.len()];
    for (i, op) in graph.ops.iter().enumerate() {
        if taken[i] || op.results.iter().all(|r| constant[r.index()]) {
            continue;
        }
        // A product of two computed tensors is a gadget and takes no bias.
        let summed = op.name != "zkarith.mul" || op.operands.iter().any(|v| constant[v.index()]);
        if let Some((addition, _)) = bias_of(graph, &uses, i).filter(|_| summed) {
            taken[addition] = true;
        }
        match demand(graph, op, &constant, bits, &mut tables, &mut out) {
            Some(())
                if op
                    .results
                    .iter()
                    .any(|v| fixed(graph, *v).is_some_and(|(n, _)| n == 0)) =>
            {
                errors.push(Unsupported {
                    location: op.location,
                    message: format!("the result of `{}` {EMPTY}", op.name),
                });
            }
            Some(()) => {}
            None => errors.push(Unsupported {
                location: op.location,
                message: unsupported(&op.name),
            }),
        }
    }
    if errors.is_empty() {
        Ok(out)
    } else {
        Err(errors)
    }
}

/// Comparisons on each level of a tree that finds the greatest of `taps` values: the first half with the second, the
/// odd one left over.
pub(crate) fn halvings(mut taps: i64) -> Vec<i64> {
    let mut levels = Vec::new();
    while taps > 1 {
        levels.push(taps / 2);
        taps -= taps / 2;
    }
    levels
}

/// Number of elements and element type of a value.
pub(crate) fn fixed(graph: &Graph, v: ValueId) -> Option<(i64, FixedType)> {
    let t = graph.tensor(v)?;
    Some((t.elements()? as i64, t.fixed()?))
}

fn demand<'c>(
    graph: &Graph<'c>,
    op: &Op<'c>,
    constant: &[bool],
    bits: u32,
    tables: &mut Vec<Attribute<'c>>,
    out: &mut Demands,
) -> Option<()> {
    let (n, t) = fixed(graph, *op.results.first()?)?;
    let operand = |i: usize| fixed(graph, *op.operands.get(i)?);
    let known = |i: usize| op.operands.get(i).is_some_and(|v| constant[v.index()]);
    let mut gadget = |gadget, count| out.items.push(Demand::Gadget { gadget, count });
    match op.name.as_str() {
        "zkarith.reshape"
        | "zkarith.transpose"
        | "zkarith.broadcast"
        | "zkarith.slice"
        | "zkarith.concat"
        | "zkarith.pad"
        | "zkarith.reinterpret" => {}
        "zkarith.add" | "zkarith.sub" => {
            let taps = op.operands.iter().filter(|v| !constant[v.index()]).count() as i64;
            out.items.push(Demand::Linear { outputs: n, taps });
        }
        "zkarith.upscale" => out.items.push(Demand::Linear {
            outputs: n,
            taps: 1,
        }),
        "zkarith.mul" if known(0) || known(1) => {
            out.items.push(Demand::Linear {
                outputs: n,
                taps: 1,
            });
        }
        "zkarith.mul" => gadget(Gadget::Product, n),
        "zkarith.matmul" => {
            let inner = *graph.tensor(op.operands[0])?.shape.last()?;
            if !known(0) && !known(1) {
                gadget(Gadget::Product, n.checked_mul(inner)?);
            }
            out.items.push(Demand::Linear {
                outputs: n,
                taps: inner,
            });
        }
        "zkarith.conv" if known(1) => {
            let weights = graph.tensor(op.operands[1])?;
            let taps = weights.shape[1..].iter().product();
            out.items.push(Demand::Linear { outputs: n, taps });
        }
        "zkarith.sum_pool" => {
            let taps = op.ints("kernel")?.iter().product();
            out.items.push(Demand::Linear { outputs: n, taps });
        }
        "zkarith.reduce_sum" => {
            let taps = operand(0)?.0 / n.max(1);
            out.items.push(Demand::Linear { outputs: n, taps });
        }
        "zkarith.rescale" => {
            let shift = operand(0)?.1.scale.checked_sub(t.scale)?;
            gadget(gadgets::rescale(shift, &t, bits), n);
        }
        "zkarith.relu" => {
            let x = operand(0)?.1;
            let zero = gadgets::single(&x, &BigInt::ZERO);
            gadget(
                Gadget::MaxConst {
                    limbs: gadgets::sign_limbs(&x, &zero, bits),
                },
                n,
            );
        }
        "zkarith.clamp" => clamp(&operand(0)?.1, &t, bits, n, &mut gadget),
        "zkarith.max" | "zkarith.min" => {
            let limbs = gadgets::sign_limbs(&operand(0)?.1, &operand(1)?.1, bits);
            let max = op.name == "zkarith.max";
            gadget(
                if max {
                    Gadget::Max { limbs }
                } else {
                    Gadget::Min { limbs }
                },
                n,
            );
        }
        "zkarith.max_pool" => {
            let x = operand(0)?.1;
            let window: i64 = op.ints("kernel")?.iter().product();
            let limbs = gadgets::sign_limbs(&x, &x, bits);
            for pairs in halvings(window) {
                gadget(Gadget::Max { limbs }, n * pairs);
            }
        }
        "zkarith.reduce_max" => {
            let (elements, x) = operand(0)?;
            let limbs = gadgets::sign_limbs(&x, &x, bits);
            for pairs in halvings(elements / n.max(1)) {
                gadget(Gadget::Max { limbs }, n * pairs);
            }
        }
        "zkarith.div" => gadget(gadgets::ratio(&operand(1)?.1, &t, bits), n),
        "poly_ext.eval" => {
            let approx = as_approx(op.attr("approx")?)?;
            let zkc_support::Form::Table(table) = approx.form else {
                return None;
            };
            let x = operand(0)?.1;
            clamp(&x, &table_domain(&table, x.scale)?, bits, n, &mut gadget);
            gadget(Gadget::Table, n);
            let form = op.attr("approx")?;
            if !tables.contains(&form) {
                tables.push(form);
                out.table_rows = out.table_rows.max(1) + table_length(&table)?;
            }
        }
        _ => return None,
    }
    Some(())
}

/// Number of entries of a table.
pub(crate) fn table_length(table: &zkc_support::Table) -> Option<i64> {
    let t = match zkc_support::as_weights(table.values) {
        Some(w) => w.r#type,
        None => {
            use melior::ir::attribute::AttributeLike;
            table.values.r#type()
        }
    };
    Some(zkc_support::tensor_type(t)?.elements()? as i64)
}

/// The integers that a table has entries for, as a type.
pub(crate) fn table_domain(table: &zkc_support::Table, scale: u32) -> Option<FixedType> {
    let last = table.from.checked_add(table_length(table)? - 1)?;
    Some(FixedType::new(scale, table.from, last))
}

/// The gadgets of a clamp of `x` to `to`: none where the bounds hold already.
fn clamp(x: &FixedType, to: &FixedType, bits: u32, n: i64, gadget: &mut impl FnMut(Gadget, i64)) {
    let mut x = x.clone();
    if x.hi > to.hi {
        let limbs = gadgets::sign_limbs(&x, &gadgets::single(&x, &to.hi), bits);
        gadget(Gadget::MinConst { limbs }, n);
        x.lo = x.lo.min(to.hi.clone());
        x.hi = to.hi.clone();
    }
    if x.lo < to.lo {
        let limbs = gadgets::sign_limbs(&x, &gadgets::single(&x, &to.lo), bits);
        gadget(Gadget::MaxConst { limbs }, n);
    }
}

/// Columns of a layout, by kind, for the cost model.
pub(crate) fn columns(layout: &Layout, demands: &Demands) -> (i64, i64) {
    let linear = demands.most_taps() > 0;
    let gates = demands.gadgets().len() as i64;
    let advice = if linear {
        layout.blocks * (layout.lanes + 1)
    } else {
        0
    } + layout.units * (CELLS + layout.limbs);
    let fixed = if linear {
        layout.blocks * (layout.lanes + 3)
    } else {
        0
    } + PARAMS
        + layout.units * (gates + i64::from(demands.table_rows > 0))
        + 1
        + if demands.table_rows > 0 { 3 } else { 0 };
    (advice, fixed)
}
