//! A search for a second witness.
//!
//! One value is changed. As long as a constraint does not hold, another value that it depends on is chosen, and given the
//! one value with which the constraint holds again, in the field. When everything holds there is a second witness. A value
//! and all its copies change together. Inputs only change to values outside of their range, and constants never.
//!
//! This goes further than changing one or two cells: a quotient that is off by one needs its remainder and the limbs of
//! both to follow. It shares no code with the mutations of `zkc-circuit`.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigInt;
use zkc_circuit::{
    Cell, Checker, Circuit, Expr, ExprNode, Grid, Layout, Op, Query, TableColumn, Violation,
};

use crate::case::modulus;

/// Most values that one second witness changes.
const MOST_CHANGES: usize = 9;
/// Constraints that are repaired in all attempts that start with one change.
const MOST_STEPS: usize = 1500;

/// The values of all cells that constraints bind to each other.
pub(crate) struct Search<'a> {
    circuit: &'a Circuit,
    layout: &'a Layout,
    checker: &'a Checker<'a>,
    grid: &'a Grid,
    modulus: BigInt,
    /// The cells of each value: its home and its copies.
    values: Vec<Value>,
    /// Which value stands in a cell.
    of: BTreeMap<Cell, usize>,
}

struct Value {
    cells: Vec<Cell>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Follows from the inputs.
    Computed,
    /// An input, with its range.
    Input(i128, i128),
}

/// New numbers of values.
type Changes = BTreeMap<usize, BigInt>;

impl<'a> Search<'a> {
    pub(crate) fn new(
        circuit: &'a Circuit,
        layout: &'a Layout,
        checker: &'a Checker<'a>,
        grid: &'a Grid,
    ) -> Self {
        let mut values: Vec<Value> = Vec::new();
        let mut of = BTreeMap::new();
        for element in 0..layout.elements.computed() {
            let Some(home) = layout.home(element) else {
                continue;
            };
            let register = layout.elements.origin(element).0;
            let kind = match circuit.program[register.0 as usize].op {
                Op::Input { input } => {
                    let info = &circuit.inputs[input as usize];
                    Kind::Input(info.lo, info.hi)
                }
                _ => Kind::Computed,
            };
            of.insert(home, values.len());
            values.push(Value {
                cells: vec![home],
                kind,
            });
        }
        for (home, copy) in &layout.copies {
            // Copies of constants have no value that could change.
            if let Some(value) = of.get(home).copied() {
                of.insert(*copy, value);
                values[value].cells.push(*copy);
            }
        }
        Search {
            circuit,
            layout,
            checker,
            grid,
            modulus: BigInt::from(modulus()),
            values,
            of,
        }
    }

    /// Takes a copy off its value, as a value of its own: its copy constraint is gone.
    pub(crate) fn split(&mut self, copy: Cell) -> usize {
        if let Some(value) = self.of.get(&copy).copied() {
            self.values[value].cells.retain(|cell| *cell != copy);
        }
        self.of.insert(copy, self.values.len());
        self.values.push(Value {
            cells: vec![copy],
            kind: Kind::Computed,
        });
        self.values.len() - 1
    }

    /// A second witness that starts with a change of any value; what it changes, in words.
    pub(crate) fn any(&self) -> Option<String> {
        (0..self.values.len()).find_map(|value| self.from(value))
    }

    /// A second witness that starts with a change of this value; what it changes, in words.
    pub(crate) fn from(&self, value: usize) -> Option<String> {
        self.seeds(value).into_iter().find_map(|new| {
            let mut steps = 0;
            let found = self.repair(Changes::from([(value, new)]), &mut steps)?;
            Some(self.describe(&found))
        })
    }

    /// New numbers for a value: next to the old one, and as far off as the circuit's own numbers.
    fn seeds(&self, value: usize) -> Vec<BigInt> {
        let old = self.old(value);
        let mut seeds = vec![BigInt::ZERO, BigInt::from(1) - &old, -&old];
        for step in self.steps() {
            seeds.extend([&old + &step, &old - &step]);
        }
        if let Kind::Input(lo, hi) = self.values[value].kind {
            seeds.extend([BigInt::from(lo) - 1, BigInt::from(hi) + 1]);
            seeds.retain(|new| *new < BigInt::from(lo) || *new > BigInt::from(hi));
        }
        let mut seen = BTreeSet::from([self.reduce(old)]);
        let seeds = seeds.into_iter().map(|new| self.reduce(new));
        seeds.filter(|new| seen.insert(new.clone())).collect()
    }

    /// One, the parameters of gadgets, and the weights of limbs.
    fn steps(&self) -> BTreeSet<BigInt> {
        let literals = self
            .circuit
            .gates
            .iter()
            .flat_map(|gate| &gate.constraints)
            .flat_map(|constraint| &constraint.poly.nodes)
            .filter_map(|node| match node {
                ExprNode::Const(value) => Some(*value),
                _ => None,
            });
        let fills = self.circuit.fills.iter().map(|fill| fill.value);
        literals
            .chain(fills)
            .chain([1])
            .filter(|step| *step != 0)
            .map(BigInt::from)
            .collect()
    }

    fn repair(&self, changes: Changes, steps: &mut usize) -> Option<Changes> {
        *steps += 1;
        if *steps > MOST_STEPS || changes.len() > MOST_CHANGES {
            return None;
        }
        let mut cells = BTreeMap::new();
        for (value, new) in &changes {
            for cell in &self.values[*value].cells {
                cells.insert(*cell, new.clone());
            }
        }
        let violations = self
            .checker
            .violations_with(self.grid, &cells, Some(&self.modulus));
        // The constraint with the fewest ways to repair it first: with none, all others need no look.
        let mut ways: Option<Vec<(usize, BigInt)>> = None;
        for violation in &violations {
            let found = self.ways(violation, &changes, &cells);
            if ways.as_ref().is_none_or(|best| found.len() < best.len()) {
                ways = Some(found);
            }
        }
        match ways {
            None => Some(changes),
            Some(ways) => ways.into_iter().find_map(|(value, new)| {
                let mut next = changes.clone();
                next.insert(value, new);
                self.repair(next, steps)
            }),
        }
    }

    /// Changes of one more value with which a violated constraint may hold.
    fn ways(
        &self,
        violation: &Violation,
        changes: &Changes,
        cells: &BTreeMap<Cell, BigInt>,
    ) -> Vec<(usize, BigInt)> {
        let open = |queries: &[Query], row: u32| -> BTreeSet<usize> {
            let values = queries
                .iter()
                .filter_map(|query| self.of.get(&cell(self.layout, *query, row)).copied());
            values
                .filter(|value| {
                    self.values[*value].kind == Kind::Computed && !changes.contains_key(value)
                })
                .collect()
        };
        match violation {
            Violation::Gate {
                gate,
                constraint,
                row,
                ..
            } => {
                let poly = self.polynomial(gate, constraint);
                open(&poly.queries(), *row)
                    .into_iter()
                    .filter_map(|value| Some((value, self.solve(poly, *row, cells, value)?)))
                    .collect()
            }
            Violation::Lookup { lookup, row, .. } => {
                let Some(lookup) = self.circuit.lookups.iter().find(|l| l.name == *lookup) else {
                    return Vec::new();
                };
                if lookup.inputs.len() == 1 {
                    return Vec::new();
                }
                // The entry of another key, say.
                let queries: Vec<Query> = lookup.inputs.iter().flat_map(Expr::queries).collect();
                let table = &self.circuit.tables[lookup.table.0 as usize];
                let numbers: BTreeSet<i128> = table.columns.iter().flat_map(numbers).collect();
                open(&queries, *row)
                    .into_iter()
                    .flat_map(|value| numbers.iter().map(move |n| (value, BigInt::from(*n))))
                    .collect()
            }
            Violation::Copy { .. } | Violation::Challenge { .. } => Vec::new(),
        }
    }

    /// The number of a value with which a polynomial is 0, where it is linear in it.
    fn solve(
        &self,
        poly: &Expr,
        row: u32,
        cells: &BTreeMap<Cell, BigInt>,
        value: usize,
    ) -> Option<BigInt> {
        let at = |number: i32| {
            evaluate(poly, row, self.layout, &self.modulus, &|cell| {
                if self.of.get(&cell) == Some(&value) {
                    return BigInt::from(number);
                }
                let changed = cells.get(&cell).cloned();
                changed.unwrap_or_else(|| BigInt::from(self.grid.value(self.layout, cell)))
            })
        };
        let (zero, one, two) = (at(0), at(1), at(2));
        let slope = self.reduce(&one - &zero);
        if slope == BigInt::ZERO || slope != self.reduce(two - one) {
            return None;
        }
        let inverse = slope.modinv(&self.modulus)?;
        Some(self.reduce(-zero * inverse))
    }

    fn polynomial(&self, gate: &str, constraint: &str) -> &Expr {
        let gate = self.circuit.gates.iter().find(|g| g.name == gate);
        let constraint =
            gate.and_then(|gate| gate.constraints.iter().find(|c| c.name == constraint));
        &constraint.expect("a violation names a constraint").poly
    }

    fn old(&self, value: usize) -> BigInt {
        // Every value has a cell: its home, or the copy that was split off.
        BigInt::from(self.grid.value(self.layout, self.values[value].cells[0]))
    }

    fn reduce(&self, number: BigInt) -> BigInt {
        reduce(number, &self.modulus)
    }

    fn describe(&self, changes: &Changes) -> String {
        let changes: Vec<String> = changes
            .iter()
            .map(|(value, new)| {
                let cell = self.values[*value].cells[0];
                let name = self.layout.cell_name(self.circuit, cell);
                format!("{name} from {} to {new}", self.old(*value))
            })
            .collect();
        changes.join(", ")
    }
}

/// The numbers of a table's column.
fn numbers(column: &TableColumn) -> Vec<i128> {
    (0..column.len())
        .filter_map(|row| column.get(row))
        .collect()
}

/// The value of a polynomial on a row, modulo a prime.
pub(crate) fn evaluate(
    poly: &Expr,
    row: u32,
    layout: &Layout,
    modulus: &BigInt,
    value: &dyn Fn(Cell) -> BigInt,
) -> BigInt {
    let mut values: Vec<BigInt> = Vec::with_capacity(poly.nodes.len());
    for node in &poly.nodes {
        let node = match node {
            ExprNode::Const(value) => BigInt::from(*value),
            ExprNode::Query(query) => value(cell(layout, *query, row)),
            ExprNode::Challenge(_) => BigInt::ZERO,
            ExprNode::Neg(a) => -&values[a.0 as usize],
            ExprNode::Sum(terms) => terms.iter().map(|a| &values[a.0 as usize]).sum(),
            ExprNode::Product(factors) => factors.iter().map(|a| &values[a.0 as usize]).product(),
        };
        values.push(reduce(node, modulus));
    }
    values.pop().unwrap_or_default()
}

fn cell(layout: &Layout, query: Query, row: u32) -> Cell {
    let column = layout.group_starts[query.group as usize] + query.column;
    let rows = 1i64 << layout.k;
    let row = (i64::from(row) + i64::from(query.rotation)).rem_euclid(rows) as u32;
    Cell { column, row }
}

/// The number in [0, modulus) that is the same modulo the prime.
fn reduce(number: BigInt, modulus: &BigInt) -> BigInt {
    let rest = number % modulus;
    if rest < BigInt::ZERO {
        rest + modulus
    } else {
        rest
    }
}
