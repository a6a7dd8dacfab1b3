//! How likely the random checks of a circuit are to miss a wrong witness.
//!
//! Constraints with challenges stand for many equations at once. Once phase 0 is committed, the columns of phase 1 follow
//! from it as fractions of polynomials in the challenges, and what is left to hold, such as that a sum ends at zero, is one
//! more such fraction. A witness that breaks what it stands for makes it a fraction other than zero, so that, by Schwartz
//! and Zippel, it vanishes at no more than its degree of all `p` values of each challenge. Here degrees are bounded from
//! the constraints alone, as the page "Soundness" of the book derives: along a running column the degree of the factor
//! with which it goes on is added once for each row.

use std::collections::BTreeMap;

use zkc_circuit::{Circuit, Derived, Expr, ExprNode, Query};

/// The scalar fields of all backends have more than 2^253 elements.
const FIELD_BITS: u32 = 253;

/// The number `n` so that the random checks of the circuit accept a wrong witness for less than one in 2^n choices of the
/// challenges; 0 where nothing is known, `None` for a circuit without challenges, which has no such error.
///
/// It says nothing of the proof system itself, whose errors come on top.
pub(crate) fn soundness_bits(circuit: &Circuit) -> Option<u32> {
    if circuit.challenges.is_empty() {
        return None;
    }
    let missed = Degrees::of(circuit).and_then(|degrees| degrees.missed());
    let bits = missed.map(|missed| FIELD_BITS.saturating_sub(log2_ceil(missed)));
    Some(bits.unwrap_or(0))
}

/// The base-2 logarithm, rounded up; 0 of 0.
fn log2_ceil(n: u128) -> u32 {
    match n {
        0 | 1 => 0,
        _ => (n - 1).ilog2() + 1,
    }
}

/// A fraction of polynomials in the challenges, of which degrees are known.
#[derive(Debug, Clone, Default)]
struct Fraction {
    /// The numerator's total degree is at most this.
    degree: u128,
    /// What the denominator is made of: how often it has the poles of each derived column as a factor.
    poles: BTreeMap<usize, u128>,
}

/// A polynomial in the cell that a constraint determines and in the cell above it, by powers of both up to 1; `None` for a
/// coefficient of zero.
type Coefficients = [[Option<Fraction>; 2]; 2];

/// The cell that a constraint determines, and that of the same column on the row itself, which it may be made from.
#[derive(Debug, Clone, Copy)]
struct Target {
    cell: Query,
    above: Option<Query>,
}

/// What is known of the derived columns so far, in order.
#[derive(Debug)]
struct Degrees<'a> {
    circuit: &'a Circuit,
    /// Derived columns by group and column.
    index: BTreeMap<(u32, u32), usize>,
    /// The cells of each.
    columns: Vec<Fraction>,
    /// The degree of the poles of each: of the product, over all rows, of what the column is divided by.
    poles: Vec<u128>,
}

impl<'a> Degrees<'a> {
    /// Bounds all derived columns; `None` where a constraint is not linear in what it determines, or a degree is absurd.
    fn of(circuit: &'a Circuit) -> Option<Self> {
        let mut degrees = Degrees {
            circuit,
            index: BTreeMap::new(),
            columns: Vec::new(),
            poles: Vec::new(),
        };
        for (index, derived) in circuit.derived.iter().enumerate() {
            degrees.add(derived)?;
            let column = (derived.group.0, derived.column);
            degrees.index.insert(column, index);
        }
        Some(degrees)
    }

    /// Adds the next derived column: `A * cell + B * above + C = 0` determines its cells.
    fn add(&mut self, derived: &Derived) -> Option<()> {
        let query = |rotation| Query {
            group: derived.group.0,
            column: derived.column,
            rotation,
        };
        let target = Target {
            cell: query(derived.rotation),
            above: (derived.rotation != 0).then(|| query(0)),
        };
        let poly = &self.circuit.defining(derived)?.poly;
        let [[rest, factor], [divisor, None]] = self.polynomial(poly, Some(target))? else {
            return None;
        };
        let divisor = divisor?;
        let steps = (1u128 << self.circuit.k) - 1;
        // What turns a denominator of the divisor upside down is a factor of everything else.
        let upside = self.degree_of(&divisor.poles)?;
        let mut column = rest.unwrap_or_default();
        column.degree = column.degree.checked_add(upside)?;
        // From row to row a numerator gains the factor's degree, or that of one more pole.
        let mut step = divisor.degree;
        if let Some(factor) = factor {
            let own = self.degree_of(&factor.poles)?;
            step = step.checked_add(own)?;
            step = step.max(factor.degree.checked_add(upside)?);
            column.degree = column.degree.checked_add(own)?;
            for (pole, times) in factor.poles {
                let entry = column.poles.entry(pole).or_default();
                *entry = entry.checked_add(times.checked_mul(steps + 1)?)?;
            }
        }
        column.degree = column.degree.checked_add(step.checked_mul(steps)?)?;
        let poles = divisor.degree.checked_mul(steps + 1)?;
        if poles > 0 {
            column.poles.insert(self.columns.len(), 1);
        }
        self.columns.push(column);
        self.poles.push(poles);
        Some(())
    }

    /// For how many of `p` values of a challenge a wrong witness may be missed: the degrees of all that is left to hold,
    /// and those of all poles, at which nothing is determined.
    fn missed(&self) -> Option<u128> {
        let defining = self.circuit.derived.iter();
        let defining: Vec<(u32, u32)> = defining
            .map(|derived| (derived.gate, derived.constraint))
            .collect();
        let mut missed: u128 = 0;
        for (gate, info) in (0u32..).zip(&self.circuit.gates) {
            for (index, constraint) in (0u32..).zip(&info.constraints) {
                if defining.contains(&(gate, index)) {
                    continue;
                }
                let [[rest, _], _] = self.polynomial(&constraint.poly, None)?;
                missed = missed.checked_add(rest.map_or(0, |rest| rest.degree))?;
            }
        }
        for poles in &self.poles {
            missed = missed.checked_add(*poles)?;
        }
        Some(missed)
    }

    /// The degree of a product of poles.
    fn degree_of(&self, poles: &BTreeMap<usize, u128>) -> Option<u128> {
        poles.iter().try_fold(0u128, |sum, (pole, times)| {
            sum.checked_add(self.poles[*pole].checked_mul(*times)?)
        })
    }

    fn polynomial(&self, expr: &Expr, target: Option<Target>) -> Option<Coefficients> {
        let mut values: Vec<Coefficients> = Vec::with_capacity(expr.nodes.len());
        for node in &expr.nodes {
            let value = match node {
                ExprNode::Const(0) => Coefficients::default(),
                ExprNode::Const(_) => constant(Fraction::default()),
                ExprNode::Challenge(_) => constant(Fraction {
                    degree: 1,
                    poles: BTreeMap::new(),
                }),
                ExprNode::Query(query) => self.cell(query, target),
                ExprNode::Neg(child) => values.get(child.0 as usize)?.clone(),
                ExprNode::Sum(children) => {
                    let children = children.iter().map(|child| values.get(child.0 as usize));
                    self.sum(&children.collect::<Option<Vec<_>>>()?)?
                }
                ExprNode::Product(children) => {
                    let mut product = constant(Fraction::default());
                    for child in children {
                        product = self.product(&product, values.get(child.0 as usize)?)?;
                    }
                    product
                }
            };
            values.push(value);
        }
        Some(values.pop().unwrap_or_default())
    }

    /// A cell: of a column that is known, of the one that is looked for, or of phase 0.
    fn cell(&self, query: &Query, target: Option<Target>) -> Coefficients {
        let mut value = Coefficients::default();
        let one = Some(Fraction::default());
        match target {
            Some(target) if *query == target.cell => value[1][0] = one,
            Some(target) if Some(*query) == target.above => value[0][1] = one,
            _ => {
                let known = self.index.get(&(query.group, query.column));
                let known = known.map(|index| self.columns[*index].clone());
                value[0][0] = known.or(one);
            }
        }
        value
    }

    fn sum(&self, terms: &[&Coefficients]) -> Option<Coefficients> {
        let mut sum = Coefficients::default();
        for (power, row) in sum.iter_mut().enumerate() {
            for (power_above, entry) in row.iter_mut().enumerate() {
                let parts = terms.iter().map(|term| &term[power][power_above]);
                let parts: Vec<&Fraction> = parts.flatten().collect();
                *entry = self.added(&parts)?;
            }
        }
        Some(sum)
    }

    /// The sum of fractions, over a common denominator; `None` within for no fraction at all.
    fn added(&self, parts: &[&Fraction]) -> Option<Option<Fraction>> {
        let mut poles: BTreeMap<usize, u128> = BTreeMap::new();
        for part in parts {
            for (pole, times) in &part.poles {
                let common = poles.entry(*pole).or_default();
                *common = times.max(common).to_owned();
            }
        }
        let whole = self.degree_of(&poles)?;
        let mut degree = None;
        for part in parts {
            let lacking = whole - self.degree_of(&part.poles)?;
            degree = degree.max(Some(part.degree.checked_add(lacking)?));
        }
        Some(degree.map(|degree| Fraction { degree, poles }))
    }

    fn product(&self, a: &Coefficients, b: &Coefficients) -> Option<Coefficients> {
        let mut parts: [[Vec<Fraction>; 2]; 2] = Default::default();
        for ((i, j), x) in entries(a) {
            for ((m, n), y) in entries(b) {
                let mut product = x.clone();
                product.degree = product.degree.checked_add(y.degree)?;
                for (pole, times) in &y.poles {
                    let entry = product.poles.entry(*pole).or_default();
                    *entry = entry.checked_add(*times)?;
                }
                parts.get_mut(i + m)?.get_mut(j + n)?.push(product);
            }
        }
        let mut sum = Coefficients::default();
        for (row, parts) in sum.iter_mut().zip(&parts) {
            for (entry, parts) in row.iter_mut().zip(parts) {
                *entry = self.added(&parts.iter().collect::<Vec<_>>())?;
            }
        }
        Some(sum)
    }
}

fn constant(value: Fraction) -> Coefficients {
    [[Some(value), None], [None, None]]
}

/// The coefficients other than zero, with their powers.
fn entries(value: &Coefficients) -> impl Iterator<Item = ((usize, usize), &Fraction)> {
    let rows = value.iter().enumerate();
    rows.flat_map(|(power, row)| {
        let row = row.iter().enumerate();
        row.filter_map(move |(above, entry)| Some(((power, above), entry.as_ref()?)))
    })
}

#[cfg(test)]
mod tests {
    use zkc_circuit::{ColumnGroup, ExprBuilder, ExprId, GroupId};

    use super::*;

    /// A circuit with a column of phase 0, a fixed one, and some of phase 1.
    fn circuit(k: u32, late: u32, challenges: u32) -> (Circuit, [GroupId; 3]) {
        let mut c = Circuit::new("test", k);
        let groups = [
            ColumnGroup::advice("x", 1),
            ColumnGroup::fixed("q", 1),
            ColumnGroup::advice_in_phase("late", 1, late),
        ];
        let groups = groups.map(|group| c.add_group(group));
        for challenge in 0..challenges {
            c.add_challenge(format!("c{challenge}"), 0);
        }
        (c, groups)
    }

    fn gate(c: &mut Circuit, b: &ExprBuilder, poly: ExprId) {
        c.add_gate(
            format!("gate {}", c.gates.len()),
            [("holds".to_owned(), b.finish(poly))],
        );
    }

    /// `q * column`: what is left to hold.
    fn ends(c: &mut Circuit, [_, q, late]: [GroupId; 3], column: u32) {
        let mut b = ExprBuilder::new();
        let (q, last) = (b.query(q.0, 0, 0), b.query(late.0, column, 0));
        let poly = b.mul(q, last);
        gate(c, &b, poly);
    }

    #[test]
    fn without_challenges_there_is_no_error() {
        let (c, _) = circuit(4, 0, 0);
        assert_eq!(soundness_bits(&c), None);
    }

    #[test]
    fn a_polynomial_in_a_challenge_has_the_degree_of_its_rows() {
        // s' = rho * s + x over 2^10 rows.
        let (mut c, groups) = circuit(10, 1, 1);
        let [x, _, late] = groups;
        let mut b = ExprBuilder::new();
        let (next, here) = (b.query(late.0, 0, 1), b.query(late.0, 0, 0));
        let (rho, x) = (b.challenge(0), b.query(x.0, 0, 0));
        let more = b.mul(rho, here);
        let sum = b.add(more, x);
        let poly = b.sub(next, sum);
        gate(&mut c, &b, poly);
        c.derive_by_last_gate(late, 0, 0, 1);
        ends(&mut c, groups, 0);
        assert_eq!(Degrees::of(&c).unwrap().missed(), Some(1023));
        assert_eq!(soundness_bits(&c), Some(FIELD_BITS - 10));
    }

    #[test]
    fn a_sum_of_fractions_has_the_degree_of_its_denominators() {
        // phi * (alpha - x) = 1 and s' = s + phi, over 2^8 rows: 2^8 poles, and a numerator of less than 2^8 of them.
        let (mut c, groups) = circuit(8, 2, 1);
        let [x, _, late] = groups;
        let mut b = ExprBuilder::new();
        let (alpha, x) = (b.challenge(0), b.query(x.0, 0, 0));
        let (phi, one) = (b.query(late.0, 0, 0), b.constant(1));
        let divisor = b.sub(alpha, x);
        let product = b.mul(phi, divisor);
        let poly = b.sub(product, one);
        gate(&mut c, &b, poly);
        c.derive_by_last_gate(late, 0, 0, 0);
        let (next, here) = (b.query(late.0, 1, 1), b.query(late.0, 1, 0));
        let sum = b.add(here, phi);
        let poly = b.sub(next, sum);
        gate(&mut c, &b, poly);
        c.derive_by_last_gate(late, 1, 0, 1);
        ends(&mut c, groups, 1);
        assert_eq!(Degrees::of(&c).unwrap().missed(), Some(255 + 256));
        assert_eq!(soundness_bits(&c), Some(FIELD_BITS - 9));
    }

    #[test]
    fn steps_back_are_poles() {
        // rho^3 * p' = p + 1 over 2^6 rows.
        let (mut c, groups) = circuit(6, 1, 1);
        let [_, _, late] = groups;
        let mut b = ExprBuilder::new();
        let (next, here) = (b.query(late.0, 0, 1), b.query(late.0, 0, 0));
        let (rho, one) = (b.challenge(0), b.constant(1));
        let left = b.product([rho, rho, rho, next]);
        let right = b.add(here, one);
        let poly = b.sub(left, right);
        gate(&mut c, &b, poly);
        c.derive_by_last_gate(late, 0, 0, 1);
        ends(&mut c, groups, 0);
        assert_eq!(
            Degrees::of(&c).unwrap().missed(),
            Some(3 * 63 + 3 * 64),
            "a numerator and its poles"
        );
    }

    #[test]
    fn what_grows_with_a_power_has_no_bound() {
        // s' = s * s + rho: the degree doubles on each row.
        let (mut c, groups) = circuit(4, 1, 1);
        let [_, _, late] = groups;
        let mut b = ExprBuilder::new();
        let (next, here) = (b.query(late.0, 0, 1), b.query(late.0, 0, 0));
        let rho = b.challenge(0);
        let square = b.mul(here, here);
        let sum = b.add(square, rho);
        let poly = b.sub(next, sum);
        gate(&mut c, &b, poly);
        c.derive_by_last_gate(late, 0, 0, 1);
        ends(&mut c, groups, 0);
        assert_eq!(soundness_bits(&c), Some(0));
    }
}
