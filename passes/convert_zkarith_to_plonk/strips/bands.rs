//! Which rows units take, and what a layout needs.

use super::{
    super::builder::{Builder, Result},
    Plan,
    contraction::{Contraction, pairs},
    lines::Lines,
    reads::{Analysis, analyse},
    schedule::{Addend, Coefficients, Reaches},
    sparse::Evaluator,
    units::{Apart, Kind, Unit, Weave},
};
use std::collections::{BTreeSet, HashMap};
/// A unit's rows.
pub(super) struct Band {
    pub(super) lines: Lines,
    /// What tells its operands apart.
    pub(super) apart: Apart,
    pub(super) first: i64,
    /// Rows of a group of lines, and where in them the elements stand, in the order of rows; of a product of matrices the
    /// rows of a matrix, and the first that has elements.
    pub(super) period: i64,
    pub(super) at: Vec<i64>,
    /// Position in its line of each element, in the order of rows.
    pub(super) order: Vec<i64>,
    /// Rows of each element.
    pub(super) rows: Vec<i64>,
}

impl Band {
    fn height(&self, unit: &Unit) -> i64 {
        // The monomial of a public value stands one row below it.
        self.lines.groups() * self.period + i64::from(unit.kind == Kind::Public)
    }

    pub(super) fn weave(&self) -> Weave {
        Weave::new(&self.lines, self.apart)
    }

    /// Elements in arithmetic progression: how many, first position and step, first row and step.
    pub(super) fn runs(&self) -> Vec<[i64; 5]> {
        let mut runs: Vec<[i64; 5]> = Vec::new();
        for (position, row) in self.order.iter().zip(&self.at) {
            if let Some([n, p, dp, r, dr]) = runs.last_mut() {
                if *n == 1 {
                    (*n, *dp, *dr) = (2, position - *p, row - *r);
                    continue;
                }
                if *p + *n * *dp == *position && *r + *n * *dr == *row {
                    *n += 1;
                    continue;
                }
            }
            runs.push([1, *position, 0, *row, 0]);
        }
        runs
    }
}

/// The units from the last to the first, with who reads what.
pub(super) struct Laid<'a, 'c> {
    pub(super) units: Vec<&'a Unit<'c>>,
    pub(super) analysis: Analysis,
}

/// Puts units below each other, outputs on top, and finds out who reads what.
pub(super) fn order<'a, 'c>(builder: &Builder<'c>, units: &'a [Unit<'c>]) -> Result<Laid<'a, 'c>> {
    let mut ordered: Vec<&Unit> = units.iter().rev().collect();
    // Public values stand in the first rows.
    ordered.sort_by_key(|u| u.kind != Kind::Public);
    let (mut homes, mut firsts, mut next) = (HashMap::new(), Vec::new(), 0u32);
    for unit in &ordered {
        firsts.push(next);
        if let Some(result) = unit.result() {
            homes.insert(result, next);
            let count = u32::try_from(unit.count()).ok();
            next = count
                .and_then(|n| next.checked_add(n))
                .ok_or("it has more than 2^32 elements")?;
        }
    }
    let evaluator = Evaluator::new(&builder.program, &builder.constants, homes);
    let analysis = analyse(&ordered, evaluator, &firsts, next as usize)?;
    Ok(Laid {
        units: ordered,
        analysis,
    })
}

/// What has to be added to the coefficients of a unit with some number of lanes: without a base, and with it if there is one.
pub(super) struct Reached {
    plain: Reaches,
    based: Option<Reaches>,
}

pub(super) fn reached(laid: &Laid, lanes: i64) -> Vec<Option<Reached>> {
    let lanes = lanes as u32;
    let of = |c: &Coefficients| Reached {
        plain: c.reaches(lanes, false),
        based: c.has_base().then(|| c.reaches(lanes, true)),
    };
    let all = laid.analysis.coefficients.iter();
    all.map(|c| c.as_ref().map(of)).collect()
}

/// The rows of every unit, from the first free row on, in some number of strips; the next free row, and all addends.
pub(super) fn bands(
    laid: &Laid,
    reached: &[Option<Reached>],
    (strips, limb_bits): (i64, i64),
) -> (Vec<Band>, i64, BTreeSet<Addend>) {
    let public = laid.units.first().is_some_and(|u| u.kind == Kind::Public);
    let width = strips * pairs(&kinds(&laid.units), limb_bits as u32);
    // Row 0 has no row above that would make its coefficients.
    let mut first = i64::from(!public);
    let (mut bands, mut addends) = (Vec::new(), BTreeSet::new());
    for (i, unit) in laid.units.iter().enumerate() {
        let lines = unit.lines.with_strips(unit.side_by_side(strips));
        let (order, rows) = match (&laid.analysis.coefficients[i], &reached[i]) {
            (Some(c), Some(reached)) => {
                let based = reached.based.as_ref().filter(|_| lines.has_rows());
                let reaches = based.unwrap_or(&reached.plain);
                let mut rows = c.rows(&lines, reaches, &mut addends);
                if let Kind::Contraction(c) = unit.kind
                    && c.starts_above(width)
                {
                    rows[0] = rows[0].max(2);
                }
                (c.order.clone(), rows)
            }
            _ => {
                let len = unit.lines.len();
                ((0..len).collect(), vec![1; len as usize])
            }
        };
        let mut period = 0;
        let at = rows.iter().map(|rows| {
            period += rows;
            period - 1
        });
        let at = at.collect();
        if let Kind::Contraction(c) = unit.kind {
            period += c.height(width) - 1;
        }
        let band = Band {
            lines,
            apart: laid.analysis.apart[i],
            first,
            at,
            period,
            order,
            rows,
        };
        first += band.height(unit);
        bands.push(band);
    }
    (bands, first, addends)
}

/// What stands in a circuit.
pub(super) fn kinds<'k, 'c: 'k>(
    units: impl IntoIterator<Item = &'k &'k Unit<'c>>,
) -> BTreeSet<Kind> {
    units.into_iter().map(|u| u.kind).collect()
}

/// What a layout takes, for its price.
pub(super) struct Needs {
    /// Rows, but for those of elements of products of matrices.
    rows: i64,
    products: Vec<Contraction>,
    pub(super) addends: i64,
    /// Whether bases take a column.
    pub(super) based: bool,
}

impl Needs {
    /// No layout in so many strips with so many lanes takes less.
    pub(super) fn least(laid: &Laid, plan: &Plan) -> Needs {
        let mut needs = Needs {
            rows: 0,
            products: Vec::new(),
            addends: 0,
            based: false,
        };
        for (unit, coefficients) in laid.units.iter().zip(&laid.analysis.coefficients) {
            let terms = coefficients.as_ref().map_or(0, |c| c.added());
            let with_terms = terms / (plan.strips * plan.lanes);
            let own = match unit.kind {
                Kind::Contraction(c) => {
                    needs.products.push(c);
                    0
                }
                _ => unit.count() / plan.strips,
            };
            needs.rows += own.max(with_terms);
        }
        needs
    }

    /// Rows with units of these kinds.
    pub(super) fn rows(&self, plan: &Plan, kinds: &BTreeSet<Kind>) -> i64 {
        let width = plan.strips * pairs(kinds, plan.limb_bits as u32);
        let products = self.products.iter();
        self.rows + products.map(|c| c.batch * c.height(width)).sum::<i64>()
    }
}

pub(super) fn needs(laid: &Laid, reached: &[Option<Reached>], plan: &Plan) -> Needs {
    let (_, rows, addends) = bands(laid, reached, (plan.strips, plan.limb_bits));
    let products = laid.units.iter().filter_map(|u| match u.kind {
        Kind::Contraction(c) => Some(c),
        _ => None,
    });
    let mut needs = Needs {
        rows: 0,
        addends: addends.len() as i64,
        based: addends.iter().any(|a| a.base.is_some()),
        products: products.collect(),
    };
    needs.rows = rows - needs.rows(plan, &kinds(&laid.units));
    needs
}
