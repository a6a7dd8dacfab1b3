//! Parts of a description that change nothing, so that no test can show that they are needed:
//!
//! * a parameter of zero, which is what a fixed cell holds anyway;
//! * a parameter that the gadget does not read: the upper bound where the limbs alone hold the range, the greatest top
//!   limb where the remainder has whole limbs;
//! * gates and lookups of a unit or limb column in which the case places nothing.
//!
//! Everything else must be needed.

use num_bigint::BigInt;
use zkc_circuit::{Cell, CellContents, Circuit, ColumnKind, Expr, Layout};

use crate::{
    case::{Compiled, modulus},
    needed::Part,
    search::evaluate,
};

/// Whether the circuit `without` the part says the same as the one with it.
pub(crate) fn is_idle(with: &Compiled, without: &Circuit, cells: &Layout, part: Part) -> bool {
    match part {
        Part::Constraint(gate, constraint) => {
            let poly = &with.circuit.gates[gate].constraints[constraint].poly;
            columns(&with.cells, poly).any(|(kind, used)| kind == ColumnKind::Fixed && used == 0)
                && at_random(&with.cells, poly)
                    .iter()
                    .all(|value| *value == BigInt::ZERO)
        }
        Part::Lookup(lookup) => with.circuit.lookups[lookup]
            .inputs
            .iter()
            .flat_map(|input| columns(&with.cells, input))
            .all(|(kind, used)| kind == ColumnKind::Advice && used == 0),
        Part::Fill(fill) => {
            let group = with.circuit.fills[fill].group.0 as usize;
            with.circuit.groups[group].name == "param"
                && values(&with.circuit, &with.cells) == values(without, cells)
        }
    }
}

/// Kind and number of used rows of the columns that an expression reads.
fn columns(cells: &Layout, expr: &Expr) -> impl Iterator<Item = (ColumnKind, u32)> {
    expr.queries().into_iter().map(|query| {
        let column = cells.group_starts[query.group as usize] + query.column;
        let column = &cells.columns[column as usize];
        (column.kind, column.used_rows())
    })
}

/// All polynomials at one point.
fn values(circuit: &Circuit, cells: &Layout) -> Vec<BigInt> {
    let gates = circuit.gates.iter().flat_map(|gate| &gate.constraints);
    let inputs = circuit.lookups.iter().flat_map(|lookup| &lookup.inputs);
    gates
        .map(|constraint| &constraint.poly)
        .chain(inputs)
        .flat_map(|poly| at_random(cells, poly))
        .collect()
}

/// A polynomial on every row, where all cells but the fixed ones hold numbers without a pattern.
fn at_random(cells: &Layout, poly: &Expr) -> Vec<BigInt> {
    let modulus = BigInt::from(modulus());
    let value = |cell: Cell| match &cells.columns[cell.column as usize].contents {
        CellContents::Fixed(values) => {
            BigInt::from(values.get(cell.row as usize).unwrap_or_default())
        }
        CellContents::Elements(_) => {
            let place = u64::from(cell.column) << 32 | u64::from(cell.row);
            BigInt::from(place + 2).modpow(&BigInt::from(7), &modulus)
        }
    };
    (0..cells.usable_rows)
        .map(|row| evaluate(poly, row, cells, &modulus, &value))
        .collect()
}
