//! The layout in strips: linear maps by random evaluation.
//!
//! Values stand in strips, a unit for each operation that is not linear, one below the other. Whatever is linear between units, data movement
//! and public values included, is checked by one sum with random coefficients: see the book, chapter "Layout".

mod bands;
mod columns;
mod contraction;
mod gates;
mod lines;
mod lowering;
mod monomials;
mod plan;
mod products;
mod reads;
mod schedule;
mod sparse;
mod unit_gates;
mod units;

pub(super) use lowering::Dropped;
pub(crate) use plan::cheapest;
use units::Unit;
use zkc_support::{Attribute, Context, as_i64};

/// Names of columns, challenges and gates.
pub(super) mod names {
    use super::units::{Apart, Kind, Weave};

    /// Separates strips, lines and lanes.
    pub(crate) const OMEGA: &str = "omega";
    /// Separates positions in a line.
    pub(crate) const RHO: &str = "rho";
    /// Separates units.
    pub(crate) const TAU: &str = "tau";
    /// Separates the operands of a unit.
    pub(crate) const THETA: &str = "theta";
    pub(crate) const MONOMIAL: &str = "monomial";
    /// The monomial of second operands of products of matrices, where it is another one.
    pub(crate) const SECOND: &str = "second_monomial";
    pub(crate) const SECOND_STEP: &str = "second_step";
    /// Running sums over the two operands of a product of matrices.
    pub(crate) const RUNNING: [&str; 2] = ["left_sum", "right_sum"];
    /// Where the lanes start.
    pub(crate) const BASE: &str = "base";
    pub(crate) const BASE_GATE: &str = "next_base";
    pub(crate) const COEFFICIENT: &str = "coefficient";
    pub(crate) const TOTAL: &str = "total";
    pub(crate) const LANE: &str = "lane";
    pub(crate) const BIASES: [&str; 2] = ["bias", "second_bias"];
    pub(crate) const STEP: &str = "step";
    pub(crate) const RESULT: &str = "has_result";
    pub(crate) const BETWEEN: &str = "between";
    pub(crate) const RUN: &str = "active";
    pub(crate) const ENDS: &str = "edge";
    pub(crate) const ON_LIMB: &str = "on_limb";
    /// Bits of a limb that has fewer than others, 0 for those.
    pub(crate) const WIDTH: &str = "limb_width";
    pub(crate) const ON_TABLE: &str = "on_table";
    pub(crate) const MONOMIAL_GATE: &str = "next_monomial";
    pub(crate) const SECOND_GATE: &str = "next_second_monomial";
    pub(crate) const RUNNING_GATES: [&str; 2] = ["next_left_sum", "next_right_sum"];
    pub(crate) const TOTAL_GATE: &str = "next_total";
    pub(crate) const GOES_ON: &str = "the column goes on";

    pub(crate) fn coefficient_gate(strip: i64) -> String {
        format!("next_coefficient_{strip}")
    }

    /// Of a kind of unit.
    pub(crate) fn selector(kind: Kind, weave: Weave) -> String {
        let mut name = format!("q_{}", kind.name());
        if weave.pitch != 1 {
            name += &format!("_by_{}", weave.pitch);
        }
        name += match weave.apart {
            Apart::Slot => "",
            Apart::Position => "_positions",
            Apart::Row => "_rows",
        };
        if weave.step != 0 {
            name += &format!("_{}", weave.step);
        }
        name
    }
}

/// The decisions of the layout in strips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// log2 of the number of rows.
    pub(crate) k: i64,
    /// Bits of a limb; the range table has 2^bits rows.
    pub(crate) limb_bits: i64,
    /// Strips side by side.
    pub(crate) strips: i64,
    /// Weights on a row of a strip.
    pub(crate) lanes: i64,
    /// Of which tensors the last axis runs down a strip: 0 for none, 1 for those with more than two axes, 2 for matrices
    /// as well.
    pub(crate) lines: i64,
}

impl Plan {
    /// Name of the function attribute.
    pub(crate) const ATTRIBUTE: &str = "plonk.strips";

    /// The attribute that a person reads and edits.
    pub(crate) fn to_attribute(self, context: &Context) -> Option<Attribute<'_>> {
        let Self {
            k,
            limb_bits,
            strips,
            lanes,
            lines,
        } = self;
        Attribute::parse(
            context,
            &format!(
                "{{k = {k}, limb_bits = {limb_bits}, strips = {strips}, lanes = {lanes}, lines = {lines}}}"
            ),
        )
    }

    /// Reads the attribute; `None` when a field is missing or out of range.
    pub(crate) fn from_attribute(a: Attribute) -> Option<Self> {
        let dictionary = melior::ir::attribute::DictionaryAttribute::try_from(a).ok()?;
        let field = |name: &str, least: i64, most: i64| {
            let value = as_i64(dictionary.element_by_name(name)?)?;
            (least..=most).contains(&value).then_some(value)
        };
        Some(Self {
            k: field("k", 1, 28)?,
            limb_bits: field("limb_bits", 1, 20)?,
            strips: field("strips", 1, 256)?,
            lanes: field("lanes", 1, 4096)?,
            lines: field("lines", 0, 2)?,
        })
    }

    /// Rows that gates may use: every column is queried at two rows at most.
    pub(crate) fn usable_rows(k: i64) -> i64 {
        (1 << k) - 6
    }
}

/// A circuit in strips under construction.
pub(super) struct State<'c> {
    pub(super) plan: Plan,
    /// Units in the order of the data flow.
    pub(super) units: Vec<Unit<'c>>,
}
