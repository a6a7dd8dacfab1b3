//! The sum of fractions: how fractions share columns, and the gate.

use super::{
    Result,
    circuit::{Columns, Lookup},
    names,
};
use crate::expressions::Expressions;
use zkc_support::{Graph, Op, ValueId, array, i64s, symbol};

/// One fraction of every row.
pub(super) enum Fraction<'a, 'c> {
    /// `-multiplicity / (alpha - row of the tables)`, for the group of columns with this number.
    Table(usize),
    /// `selector / (alpha - tuple)`
    Lookup {
        lookup: &'a Lookup<'c>,
        /// Number of the table, when there are several.
        tag: Option<i128>,
        /// Whether it reads a column of advice that no other one does, on rows that blind a proof as well.
        hides: bool,
    },
}

impl Fraction<'_, '_> {
    /// Degree of the denominator.
    fn degree(&self) -> i64 {
        match self {
            Fraction::Table(_) => 1,
            Fraction::Lookup { lookup, .. } => lookup.degree(),
        }
    }

    fn reads_one_row(&self) -> bool {
        match self {
            Fraction::Table(_) => true,
            Fraction::Lookup { lookup, .. } => lookup.reads_one_row(),
        }
    }

    fn hides(&self) -> bool {
        matches!(self, Fraction::Lookup { hides: true, .. })
    }
}

/// Fractions that are added up together, in one column or in the sum itself.
pub(super) struct Group<'a, 'c> {
    fractions: Vec<Fraction<'a, 'c>>,
    /// Whether their gate is switched off on rows that are not active. Where it is not, the column of a group follows from
    /// others on all rows, those that blind the proof included.
    masked: bool,
    degree: i64,
}

impl<'a, 'c> Group<'a, 'c> {
    fn new(masked: bool) -> Self {
        Group {
            fractions: Vec::new(),
            masked,
            degree: 1 + i64::from(masked),
        }
    }

    fn push(&mut self, fraction: Fraction<'a, 'c>) {
        self.degree += fraction.degree();
        self.fractions.push(fraction);
    }

    /// Adds a fraction to the first of some groups in which a gate of this degree has room for it, or to a new one.
    fn add(groups: &mut Vec<Self>, fraction: Fraction<'a, 'c>, degree: i64, masked: bool) {
        let own = fraction.degree();
        match groups.iter_mut().find(|g| g.degree + own <= degree) {
            Some(group) => group.push(fraction),
            None => {
                let mut group = Group::new(masked);
                group.push(fraction);
                groups.push(group);
            }
        }
    }
}

/// The largest degree that a gate should have; `masked` as in [`groups`].
///
/// Degree 3 needs the smallest extended domain, which all columns pay for; degree 5 adds up three fractions in a column
/// whose gate is switched off. Measured on proofs of 2^11 to 2^15 rows, an extra column for each fraction is cheaper while
/// there are few of them beside the other columns. Two of them share a column anyway where its gate is not switched off.
pub(super) fn degree(fractions: &[Fraction], columns: &Columns, masked: bool) -> i64 {
    let few = 80 * (fractions.len() as i64) < 17 * columns.count + 200;
    let least = fractions.iter().map(|f| f.degree() + 2).max().unwrap_or(3);
    let wanted = if few || !masked { 3 } else { 5 };
    wanted.max(least).max(columns.degree).min(9)
}

/// Fractions that are added up together. The first group is that of the sum itself.
///
/// With `masked` all gates are switched off on rows that are not active: a prover puts random values there. Otherwise a
/// column follows from other columns on these rows, if one of its fractions reads random values there that no other column
/// follows from. (One of tables alone would be the same on these rows in every proof, and so show something of its others.)
pub(super) fn groups<'a, 'c>(
    fractions: Vec<Fraction<'a, 'c>>,
    degree: i64,
    masked: bool,
) -> Result<Vec<Group<'a, 'c>>> {
    for fraction in &fractions {
        let own = fraction.degree();
        if let Fraction::Lookup { lookup, .. } = fraction
            && own + 2 > degree
        {
            return Err(format!(
                "lookup @{} has entries of degree {own}, which need gates of degree {}; raise `degree`",
                lookup.name,
                own + 2
            ));
        }
    }
    let mut sum = Group::new(true);
    let mut columns: Vec<Group> = Vec::new();
    let mut later: Vec<Fraction> = Vec::new();
    for fraction in fractions {
        if sum.degree + fraction.degree() <= degree {
            sum.push(fraction);
        } else if masked {
            Group::add(&mut columns, fraction, degree, true);
        } else if !fraction.reads_one_row() {
            later.push(fraction);
        } else if fraction.hides() {
            Group::add(&mut columns, fraction, degree, false);
        } else {
            // For one that hides to join.
            let mut column = Group::new(false);
            column.push(fraction);
            columns.push(column);
        }
    }
    columns.retain_mut(|column| {
        let stays = column.masked || column.fractions.iter().any(Fraction::hides);
        if !stays {
            later.append(&mut column.fractions);
        }
        stays
    });
    let mut rest = Vec::new();
    for fraction in later {
        Group::add(&mut rest, fraction, degree, true);
    }
    columns.append(&mut rest);
    columns.insert(0, sum);
    Ok(columns)
}

/// Name of the constraint that a helper column is computed from.
pub(super) fn helper_name(i: i64) -> String {
    format!("helper {i} is the sum of its fractions")
}

/// A fraction as expressions.
struct Written {
    /// `None` for 1.
    numerator: Option<ValueId>,
    denominator: ValueId,
}

/// The gate of all groups.
pub(super) fn gate<'c>(graph: &mut Graph<'c>, groups: &[Group<'_, 'c>], entries: usize) -> Op<'c> {
    let location = graph.location;
    let mut e = Expressions::new(graph, location);
    let active = e.query(names::ACTIVE, 0, 0);
    let mut helpers = Vec::new();
    for (i, group) in (0..).zip(&groups[1..]) {
        let helper = e.query(names::HELPER, i, 0);
        let poly = cleared(&mut e, active, helper, group, entries);
        e.constrain(&helper_name(i), poly);
        helpers.push(helper);
    }
    let (sum, next) = (e.query(names::SUM, 0, 0), e.query(names::SUM, 0, 1));
    let before = if helpers.is_empty() {
        sum
    } else {
        helpers.insert(0, sum);
        e.sum(&helpers)
    };
    let step = e.sub(next, before);
    let poly = cleared(&mut e, active, step, &groups[0], entries);
    e.constrain(names::GOES_ON, poly);
    let edge = e.query(names::EDGE, 0, 0);
    let poly = e.product(&[edge, sum]);
    e.constrain(names::ENDS, poly);
    e.gate(names::GATE)
}

/// `total * product of all denominators - sum of numerator * product of the other denominators`, times `active` if the group
/// is masked.
fn cleared<'c>(
    e: &mut Expressions<'_, 'c>,
    active: ValueId,
    total: ValueId,
    group: &Group<'_, 'c>,
    entries: usize,
) -> ValueId {
    let masks = (!group.masked).then(|| {
        let (one, edge) = (e.literal(1), e.query(names::EDGE, 0, 0));
        let idle = [e.sub(one, active), e.sub(one, edge)];
        Masks {
            active,
            blinding: e.product(&idle),
        }
    });
    let fractions = group.fractions.iter();
    let fractions: Vec<Written> = fractions.map(|f| write(e, f, entries, masks)).collect();
    let mut all = vec![total];
    all.extend(fractions.iter().map(|f| f.denominator));
    let left = e.product(&all);
    let mut terms = Vec::new();
    for (i, fraction) in fractions.iter().enumerate() {
        let others = fractions.iter().enumerate().filter(|(j, _)| *j != i);
        let mut factors: Vec<_> = fraction.numerator.into_iter().collect();
        factors.extend(others.map(|(_, f)| f.denominator));
        terms.push(if factors.is_empty() {
            e.literal(1)
        } else {
            e.product(&factors)
        });
    }
    let right = e.sum(&terms);
    let difference = e.sub(left, right);
    match group.masked {
        true => e.product(&[active, difference]),
        false => difference,
    }
}

/// What is 1 on active rows, and on rows that blind a proof, where all fixed columns are 0; neither is on the last usable
/// row.
#[derive(Clone, Copy)]
struct Masks {
    active: ValueId,
    blinding: ValueId,
}

/// A fraction. With masks its numerator is zero on rows that are not active, but for a lookup on rows that blind a proof,
/// where it is 1.
fn write<'c>(
    e: &mut Expressions<'_, 'c>,
    fraction: &Fraction<'_, 'c>,
    entries: usize,
    masks: Option<Masks>,
) -> Written {
    let (numerator, tuple) = match fraction {
        Fraction::Table(number) => {
            let count = e.query(names::MULTIPLICITY, *number as i64, 0);
            let table = names::table(*number);
            let row = (0..entries as i64).map(|i| Some(e.query(&table, i, 0)));
            let row = row.collect();
            let count = match masks {
                None => count,
                Some(masks) => e.product(&[masks.active, count]),
            };
            (Some(e.neg(count)), row)
        }
        Fraction::Lookup { lookup, tag, .. } => {
            let (selector, tuple) = tuple(e, lookup, *tag, entries);
            let numerator = match (selector, masks) {
                (selector, None) => selector,
                (None, Some(masks)) => Some(e.sum(&[masks.active, masks.blinding])),
                (Some(selector), Some(masks)) => Some(e.sum(&[selector, masks.blinding])),
            };
            (numerator, tuple)
        }
    };
    // Horner's scheme in beta.
    let mut value = None;
    for entry in tuple.into_iter().rev() {
        let rest = value.map(|rest| {
            let beta = e.challenge(names::BETA);
            e.product(&[beta, rest])
        });
        value = match (entry, rest) {
            (Some(entry), Some(rest)) => Some(e.sum(&[entry, rest])),
            (entry, rest) => entry.or(rest),
        };
    }
    let alpha = e.challenge(names::ALPHA);
    let denominator = match value {
        Some(value) => e.sub(alpha, value),
        None => alpha,
    };
    Written {
        numerator,
        denominator,
    }
}

/// Selector and entries of a lookup, filled up to the width of the tables; `None` is an entry that is 0 on all rows.
fn tuple<'c>(
    e: &mut Expressions<'_, 'c>,
    lookup: &Lookup<'c>,
    tag: Option<i128>,
    entries: usize,
) -> (Option<ValueId>, Vec<Option<ValueId>>) {
    let (selector, tuple) = lookup.write(e);
    let mut tuple: Vec<_> = tuple.into_iter().map(Some).collect();
    tuple.resize(entries - usize::from(tag.is_some()), None);
    if let Some(tag) = tag {
        tuple.push((tag != 0).then(|| e.literal(tag)));
    }
    (selector, tuple)
}

/// How the honest prover counts.
pub(super) fn count<'c>(graph: &mut Graph<'c>, groups: &[Group<'_, 'c>], entries: usize) -> Op<'c> {
    let (context, location) = (graph.context, graph.location);
    let mut e = Expressions::new(graph, location);
    let mut tables = Vec::new();
    for fraction in groups.iter().flat_map(|group| &group.fractions) {
        let (lookup, tag) = match fraction {
            Fraction::Table(number) => {
                tables.push(*number);
                continue;
            }
            Fraction::Lookup { lookup, tag, .. } => (lookup, tag),
        };
        let (selector, tuple) = tuple(&mut e, lookup, *tag, entries);
        let selector = match selector {
            Some(selector) => selector,
            None => e.literal(1),
        };
        let mut operands = vec![selector];
        for entry in tuple {
            operands.push(match entry {
                Some(entry) => entry,
                None => e.literal(0),
            });
        }
        e.op("plonk.count", &operands, &[]);
    }
    let columns: Vec<i64> = tables.iter().map(|number| *number as i64).collect();
    let tables = tables
        .iter()
        .map(|number| symbol(context, &names::table(*number)));
    let tables: Vec<_> = tables.collect();
    let attributes = [
        ("group", symbol(context, names::MULTIPLICITY)),
        ("columns", i64s(context, &columns)),
        ("tables", array(context, &tables)),
        ("active", symbol(context, names::ACTIVE)),
    ];
    e.region("plonk.multiplicity", &attributes)
}
