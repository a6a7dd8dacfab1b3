use num_bigint::BigInt;

use super::*;
use crate::{
    AffineMap, ColumnGroup, CountedTable, ExprBuilder, ExprId, GroupId, InputInfo, Op, RegisterId,
    Table, expand, validate,
};

/// A circuit of one row: each column of advice holds a number of its own, and every constraint has the selector.
struct Row {
    circuit: Circuit,
    advice: GroupId,
    selector: GroupId,
    cells: u32,
}

impl Row {
    /// Cells with the stated ranges.
    fn new(stated: &[(i128, i128)]) -> Self {
        let mut circuit = Circuit::new("row", 10);
        let advice = circuit.add_group(ColumnGroup::advice("v", stated.len() as u32));
        let selector = circuit.add_group(ColumnGroup::fixed("s", 1));
        let mut row = Row {
            circuit,
            advice,
            selector,
            cells: 0,
        };
        for (lo, hi) in stated {
            let name = format!("x{}", row.cells);
            let (lo, hi) = (*lo, *hi);
            let register = row.circuit.add_input(InputInfo {
                name,
                shape: vec![1],
                scale: 0,
                lo,
                hi,
                public: false,
            });
            row.place(register);
        }
        row.circuit.fill(selector, vec![1], at(0, 0), 1, "s");
        row
    }

    /// Puts a register into the next cell.
    fn place(&mut self, register: RegisterId) {
        let one = AffineMap::identity(1);
        let (advice, to) = (self.advice, at(self.cells, 0));
        self.circuit.place(register, advice, vec![1], one, to, "x");
        self.cells += 1;
    }

    /// `poly(cells) = 0`.
    fn constrain(
        mut self,
        name: &str,
        poly: impl Fn(&mut ExprBuilder, &[ExprId]) -> ExprId,
    ) -> Self {
        let (mut b, root) = self.expression(poly);
        let selector = b.query(self.selector.0, 0, 0);
        let root = b.mul(selector, root);
        let poly = b.finish(root);
        self.circuit.add_gate(name, [(name.to_string(), poly)]);
        self
    }

    /// `input(cells)` is in the range; the selector multiplies it.
    fn look_up(
        mut self,
        start: i128,
        len: u64,
        input: impl Fn(&mut ExprBuilder, &[ExprId]) -> ExprId,
    ) -> Self {
        let (mut b, root) = self.expression(input);
        let selector = b.query(self.selector.0, 0, 0);
        let root = b.mul(selector, root);
        let name = format!("range {}", self.circuit.lookups.len());
        let table = self.circuit.add_table(Table::range(&name, start, len));
        self.circuit.add_lookup(name, vec![b.finish(root)], table);
        self
    }

    /// Each of the cells is in the range, and stated to be at its lower end.
    fn ranges(self, cells: std::ops::Range<usize>, start: i128, len: u64) -> Self {
        cells.fold(self, |mut row, cell| {
            // What the program states must be in the table; how wide it is does not matter here.
            (row.circuit.inputs[cell].lo, row.circuit.inputs[cell].hi) = (start, start);
            (row.circuit.program[cell].lo, row.circuit.program[cell].hi) = (start, start);
            row.look_up(start, len, |_, v| v[cell])
        })
    }

    fn expression(
        &self,
        expression: impl Fn(&mut ExprBuilder, &[ExprId]) -> ExprId,
    ) -> (ExprBuilder, ExprId) {
        let mut b = ExprBuilder::new();
        let cells: Vec<ExprId> = (0..self.cells)
            .map(|column| b.query(self.advice.0, column, 0))
            .collect();
        let root = expression(&mut b, &cells);
        (b, root)
    }

    /// The range that constraints enforce on each cell.
    fn enforced(&self) -> Vec<Option<(BigInt, BigInt)>> {
        let layout = expand(&self.circuit).unwrap();
        let identities = identities(&self.circuit, &layout);
        let ranges = super::enforce(&self.circuit, &layout, &identities, &mut Vec::new());
        (0..layout.elements.computed())
            .map(|element| {
                let range = ranges.get(element)?;
                Some((range.lo.clone(), range.hi.clone()))
            })
            .collect()
    }

    /// The range of the last cell, which must be accepted.
    #[track_caller]
    fn last(&self) -> (i128, i128) {
        self.accepted();
        let (lo, hi) = self.enforced().pop().unwrap().unwrap();
        (lo.try_into().unwrap(), hi.try_into().unwrap())
    }

    fn messages(&self) -> Vec<String> {
        match validate(&self.circuit) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    }

    #[track_caller]
    fn accepted(&self) {
        assert_eq!(self.messages(), Vec::<String>::new());
    }

    /// Exactly these errors, in this order.
    #[track_caller]
    fn rejected(&self, expected: &[&str]) {
        assert_eq!(self.messages(), expected);
    }
}

fn at(column: u32, row: i64) -> AffineMap {
    AffineMap::linear(1, &[(&[], i64::from(column)), (&[1], row)])
}

/// `2^bits * a`, for more bits than a constant has.
fn shifted(b: &mut ExprBuilder, bits: u32, a: ExprId) -> ExprId {
    let mut factors = vec![a];
    let mut left = bits;
    while left > 0 {
        let step = left.min(100);
        factors.push(b.constant(1 << step));
        left -= step;
    }
    b.product(factors)
}

/// `2^120 * v[2] + ...`: limbs of a byte each.
fn limbs(b: &mut ExprBuilder, limbs: &[ExprId]) -> ExprId {
    let terms: Vec<ExprId> = limbs
        .iter()
        .enumerate()
        .map(|(index, limb)| shifted(b, 8 * index as u32, *limb))
        .collect();
    b.sum(terms)
}

/// `x + 8 = 2^shift * y + r` and `y + 5 = [limbs]`: only the limbs hold `y`, which the program states to be small.
fn rescale(shift: u32, count: usize, x_is_looked_up: bool) -> Row {
    let mut stated = vec![(-128, 127), (-5, 10), (0, 255)];
    stated.extend(vec![(0, 255); count]);
    let mut row = Row::new(&stated)
        .constrain("rescale", |b, v| {
            let half = b.constant(8);
            let left = b.add(v[0], half);
            let quotient = shifted(b, shift, v[1]);
            let right = b.add(quotient, v[2]);
            b.sub(left, right)
        })
        .constrain("quotient", |b, v| {
            let five = b.constant(5);
            let left = b.add(v[1], five);
            let right = limbs(b, &v[3..]);
            b.sub(left, right)
        })
        .ranges(2..3 + count, 0, 256);
    if x_is_looked_up {
        row = row.ranges(0..1, -128, 256);
    }
    row
}

#[test]
fn limbs_that_allow_a_second_quotient_are_rejected() {
    // With the stated y, 2^190 * y stays below 2^194; the limbs let y reach 2^64, and 2^254 is beyond the field.
    for x_is_looked_up in [true, false] {
        rescale(190, 2, x_is_looked_up).accepted();
        rescale(190, 7, x_is_looked_up).accepted();
        // Without a range of its own, x could be as large as the other side.
        let bits = if x_is_looked_up { 254 } else { 255 };
        rescale(190, 8, x_is_looked_up).rejected(&[&format!(
            "gate `rescale`, constraint `rescale`: row 0: both sides can reach {bits} bits, the field allows 253"
        )]);
    }
    // Limbs of more bits than a stated bound can have.
    rescale(100, 17, true).accepted();
    rescale(120, 17, true).rejected(&[
        "gate `rescale`, constraint `rescale`: row 0: both sides can reach 256 bits, the field allows 253",
    ]);
    let y = rescale(190, 7, true).enforced()[1].clone().unwrap();
    assert_eq!(y.0, BigInt::from(-5));
    assert_eq!(y.1, (BigInt::from(1) << 56u32) - 6);
}

#[test]
fn sums_have_the_range_of_their_terms() {
    let row = Row::new(&[(0, 1), (0, 1), (0, 1)])
        .ranges(0..1, -3, 9)
        .ranges(1..2, 10, 11);
    // z = 7 - 2 a + b, and the same with the opposite sign.
    for sign in [1, -1] {
        let row = Row {
            circuit: row.circuit.clone(),
            ..row
        };
        let row = row.constrain("sum", |b, v| {
            let seven = b.constant(7);
            let double = b.scale(-2, v[0]);
            let sum = b.sum([seven, double, v[1]]);
            let difference = b.sub(v[2], sum);
            b.scale(sign, difference)
        });
        assert_eq!(row.last(), (7 - 10 + 10, 7 + 6 + 20));
    }
}

#[test]
fn other_factors_need_a_multiple() {
    let with = |factor: i128, others: [i128; 2]| {
        Row::new(&[(0, 1), (0, 1)])
            .ranges(0..1, -3, 9)
            .constrain("sum", move |b, v| {
                let rest = b.scale(others[0], v[0]);
                let constant = b.constant(others[1]);
                let own = b.scale(factor, v[1]);
                b.sum([own, rest, constant])
            })
    };
    assert_eq!(with(2, [4, -6]).last(), (3 - 10, 3 + 6));
    assert_eq!(with(-6, [12, 18]).last(), (3 - 6, 3 + 10));
    assert_eq!(with(7, [0, 21]).last(), (-3, -3));
    for (factor, others) in [(2, [3, 0]), (2, [2, 1]), (7, [0, 22]), (-4, [8, 2])] {
        with(factor, others).rejected(&[
            "gate `sum`, constraint `sum`: row 0: nothing bounds cell v[1]@0 of `x` to a range of integers",
        ]);
    }
}

#[test]
fn products_have_the_hull_of_their_ends() {
    let product = |a: (i128, u64), b: (i128, u64)| {
        Row::new(&[(0, 1), (0, 1), (0, 1)])
            .ranges(0..1, a.0, a.1)
            .ranges(1..2, b.0, b.1)
            .constrain("product", |b, v| {
                let product = b.mul(v[0], v[1]);
                b.sub(v[2], product)
            })
            .last()
    };
    assert_eq!(product((-3, 9), (-7, 10)), (-35, 21));
    assert_eq!(product((2, 9), (3, 4)), (6, 60));
    assert_eq!(product((-4, 3), (3, 4)), (-24, -6));
}

/// `v[0]` is a root of the polynomial.
fn root(poly: impl Fn(&mut ExprBuilder, ExprId) -> ExprId) -> Row {
    Row::new(&[(0, 1)]).constrain("root", |b, v| poly(b, v[0]))
}

/// `factor * v - constant`.
fn linear(b: &mut ExprBuilder, factor: i128, v: ExprId, constant: i128) -> ExprId {
    let scaled = b.scale(factor, v);
    let constant = b.constant(constant);
    b.sub(scaled, constant)
}

#[test]
fn factors_give_the_hull_of_their_roots() {
    let bit = root(|b, v| {
        let rest = linear(b, 1, v, 1);
        b.mul(v, rest)
    });
    assert_eq!(bit.last(), (0, 1));
    let three = root(|b, v| {
        let factors = [(1, -4), (2, 6), (-3, 3)].map(|(f, c)| linear(b, f, v, c));
        let product = b.product(factors);
        let two = b.constant(2);
        let product = b.mul(product, two);
        b.neg(product)
    });
    assert_eq!(three.last(), (-4, 3));
    // 1/2 is an element of the field, but no integer.
    let half = root(|b, v| {
        let rest = linear(b, 2, v, 1);
        b.mul(v, rest)
    });
    half.rejected(&[
        "gate `root`, constraint `root`: row 0: nothing bounds cell v[0]@0 of `x` to a range of integers",
    ]);
    // No product of linear factors.
    root(|b, v| {
        let square = b.mul(v, v);
        linear(b, 1, square, 4)
    })
    .rejected(&[
        "gate `root`, constraint `root`: row 0: nothing bounds cell v[0]@0 of `x` to a range of integers",
    ]);
}

#[test]
fn a_factor_without_the_cell_must_not_be_zero() {
    let with = |start: i128| {
        Row::new(&[(0, 1), (0, 1)])
            .ranges(0..1, start, 5)
            .constrain("either", |b, v| {
                let other = linear(b, 1, v[1], 9);
                b.mul(v[0], other)
            })
    };
    assert_eq!(with(1).last(), (9, 9));
    assert_eq!(with(-5).last(), (9, 9));
    with(0).rejected(&[
        "gate `either`, constraint `either`: row 0: nothing bounds cell v[1]@0 of `x` to a range of integers",
    ]);
}

/// `y = b + s*(a - b)`; cells s, a, b, y.
fn selection() -> Row {
    Row::new(&[(0, 1), (0, 1), (0, 1), (0, 1)])
        .ranges(1..2, -10, 31)
        .ranges(2..3, -30, 41)
        .constrain("choice", |b, v| {
            let difference = b.sub(v[1], v[2]);
            let chosen = b.mul(v[0], difference);
            let value = b.add(v[2], chosen);
            b.sub(v[3], value)
        })
}

#[test]
fn a_bit_chooses_one_of_two_ranges() {
    let bit = |b: &mut ExprBuilder, v: &[ExprId]| {
        let rest = linear(b, 1, v[0], 1);
        b.mul(v[0], rest)
    };
    assert_eq!(selection().constrain("bit", bit).last(), (-30, 20));
    // Without the bit's own constraint s and y are both unbounded, and the first is named.
    let messages = selection().messages();
    assert_eq!(
        messages,
        [
            "gate `choice`, constraint `choice`: row 0: nothing bounds cell v[0]@0 of `x` to a range of integers"
        ]
    );
    // s in [0, 2] is no bit: the interval of the expression counts.
    let wide = selection().ranges(0..1, 0, 3).last();
    assert_eq!(wide, (-30 - 2 * 20, 10 + 2 * 50));
}

#[test]
fn a_chain_that_grows_beyond_the_field_is_rejected() {
    // x_(i+1) = 2^60 * x_i + x_i: stated to be small, as for an input of 0.
    let chain = |steps: usize| {
        let stated = vec![(0, 0); steps + 1];
        let mut row = Row::new(&stated).ranges(0..1, 0, 1 << 8);
        for step in 0..steps {
            row = row.constrain(&format!("step {step}"), |b, v| {
                let grown = shifted(b, 60, v[step]);
                let sum = b.add(grown, v[step]);
                b.sub(v[step + 1], sum)
            });
        }
        row
    };
    chain(4).accepted();
    // One error: what follows from it is not reported again.
    chain(5).rejected(&[
        "gate `step 4`, constraint `step 4`: row 0: both sides can reach 309 bits, the field allows 253",
    ]);
    chain(6).rejected(&[
        "gate `step 4`, constraint `step 4`: row 0: both sides can reach 309 bits, the field allows 253",
    ]);
}

#[test]
fn what_nothing_bounds_is_rejected_where_it_matters() {
    let unbounded = "nothing bounds cell v[0]@0 of `x` to a range of integers";
    // Read by nothing, and read with a factor that is 0.
    Row::new(&[(0, 1)]).accepted();
    let hidden = Row::new(&[(0, 1), (0, 1)])
        .ranges(1..2, 0, 2)
        .constrain("hidden", |b, v| {
            let zero = b.constant(0);
            let nothing = b.mul(zero, v[0]);
            b.add(nothing, v[1])
        });
    hidden.accepted();
    let equal = |b: &mut ExprBuilder, v: &[ExprId]| b.sub(v[0], v[1]);
    let row = Row::new(&[(0, 1), (0, 1)]).constrain("equal", equal);
    row.rejected(&[&format!(
        "gate `equal`, constraint `equal`: row 0: {unbounded}"
    )]);
    // One of them is enough.
    row.ranges(1..2, 0, 2).accepted();
    // A lookup of a multiple holds no integer, and one of two cells none of them.
    Row::new(&[(0, 1)])
        .look_up(0, 16, |b, v| b.scale(2, v[0]))
        .rejected(&[&format!(
            "lookup `range 0`, table `range 0`: row 0: {unbounded}"
        )]);
    let two = Row::new(&[(0, 1), (0, 1)]).look_up(0, 16, |b, v| b.sub(v[0], v[1]));
    two.rejected(&[&format!(
        "lookup `range 0`, table `range 0`: row 0: {unbounded}"
    )]);
    assert_eq!(two.ranges(0..1, 0, 2).last(), (-15, 1));
}

#[test]
fn free_cells_and_cancelled_ones_need_no_bound() {
    let mut row = Row::new(&[(0, 1), (0, 1)]).ranges(0..1, 0, 2);
    let free = row.circuit.push(Op::Free, vec![1], (0, 0), "halo");
    row.cells = 1;
    row.circuit.placements.truncate(1);
    row.place(free);
    row.constrain("free", |b, v| {
        let double = b.scale(2, v[1]);
        b.sub(v[0], double)
    })
    .accepted();
    // The same element twice.
    let mut row = Row::new(&[(0, 1), (0, 1)]);
    row.cells = 1;
    row.circuit.placements.truncate(1);
    row.place(RegisterId(0));
    let same = |b: &mut ExprBuilder, v: &[ExprId]| b.sub(v[0], v[1]);
    let twice = |b: &mut ExprBuilder, v: &[ExprId]| b.add(v[0], v[1]);
    let copied = Row {
        circuit: row.circuit.clone(),
        ..row
    };
    copied.constrain("same", same).accepted();
    // 2 x = 0 says that x is 0.
    let (lo, hi) = row.constrain("twice", twice).enforced()[0].clone().unwrap();
    assert_eq!((lo, hi), (BigInt::ZERO, BigInt::ZERO));
}

#[test]
fn a_cell_that_nothing_is_placed_in_must_not_meet_a_value() {
    let mut row = Row::new(&[(0, 1), (0, 1)]).ranges(0..1, 0, 2);
    row.circuit.placements.truncate(1);
    let lone = Row {
        circuit: row.circuit.clone(),
        ..row
    };
    lone.constrain("lone", |b, v| linear(b, 2, v[1], 7))
        .accepted();
    row.constrain("meets", |b, v| b.sub(v[0], v[1])).rejected(&[
        "gate `meets`, constraint `meets`: row 0: nothing bounds cell v[1]@0, in which nothing is placed, to a range of integers",
    ]);
}

#[test]
fn several_lookups_are_intersected() {
    let row = Row::new(&[(3, 5)])
        .look_up(0, 16, |_, v| v[0])
        .look_up(-8, 16, |b, v| linear(b, -1, v[0], -7));
    // 7 - x in [-8, 7] leaves x in [0, 15]; 2 - x in [-8, 7] leaves x in [-5, 10].
    assert_eq!(row.last(), (0, 15));
    let row = Row::new(&[(3, 5)])
        .look_up(0, 16, |_, v| v[0])
        .look_up(-8, 16, |b, v| linear(b, -1, v[0], -2));
    assert_eq!(row.last(), (0, 10));
}

#[test]
fn deep_products_of_constants_are_refused_in_time() {
    // 2^(2^40) as a chain of squares, times a cell.
    let row = Row::new(&[(0, 1)]).ranges(0..1, 0, 2);
    let huge = row.constrain("huge", |b, v| {
        let mut power = b.constant(2);
        for _ in 0..40 {
            power = b.mul(power, power);
        }
        b.mul(power, v[0])
    });
    let messages = huge.messages();
    assert!(
        messages.len() == 1 && messages[0].contains("the field allows 253"),
        "{messages:?}"
    );
}

#[test]
fn counted_lookups_bound_where_they_are_selected() {
    let with = |selector: i128| {
        let mut row = Row::new(&[(0, 1), (0, 1)]);
        let c = &mut row.circuit;
        let counts = c.add_group(ColumnGroup::advice("m", 1));
        let table = c.add_group(ColumnGroup::fixed("t", 1));
        for value in 0..5 {
            c.fill(table, vec![1], at(0, value), (3 * value).into(), "t");
        }
        c.multiplicities.push(Multiplicity {
            tables: vec![CountedTable {
                group: counts,
                column: 0,
                columns: vec![(table, 0)],
            }],
            active: None,
            terms: vec![crate::MultiplicityTerm {
                selector: {
                    let mut b = ExprBuilder::new();
                    let selected = b.query(row.selector.0, 0, 0);
                    let scaled = b.scale(selector, selected);
                    b.finish(scaled)
                },
                inputs: vec![crate::Expr::query(row.advice.0, 0, 0)],
            }],
            source: "t".to_string(),
        });
        row.constrain("equal", |b, v| b.sub(v[1], v[0]))
    };
    assert_eq!(with(1).last(), (0, 12));
    with(0).rejected(&[
        "gate `equal`, constraint `equal`: row 0: nothing bounds cell v[0]@0 of `x` to a range of integers",
    ]);
}

#[test]
fn counted_lookups_bound_by_the_union_of_tables_that_agree_with_constants() {
    // Two groups of columns hold multiples of 3 up to 12 and to 24, with the number 0, and a hundred of
    // either sign with the number 1.
    let with = |tag: i128| {
        let mut row = Row::new(&[(0, 1), (0, 1)]);
        let c = &mut row.circuit;
        let counts = c.add_group(ColumnGroup::advice("m", 2));
        let active = c.add_group(ColumnGroup::fixed("on", 1));
        c.fill(active, vec![5], at(0, 0), 1, "on");
        let mut tables = Vec::new();
        for part in 0..2 {
            let table = c.add_group(ColumnGroup::fixed(["t", "u"][part as usize], 2));
            for value in 0..4 {
                let entry = 3 * (4 * part + value);
                c.fill(table, vec![1], at(0, value), entry.into(), "t");
            }
            let hundred = i128::from(part) * 200 - 100;
            c.fill(table, vec![1], at(0, 4), hundred, "t");
            c.fill(table, vec![1], at(1, 4), 1, "t");
            tables.push(CountedTable {
                group: counts,
                column: part as u32,
                columns: vec![(table, 0), (table, 1)],
            });
        }
        c.multiplicities.push(Multiplicity {
            tables,
            active: Some((active, 0)),
            terms: vec![crate::MultiplicityTerm {
                selector: crate::Expr::query(row.selector.0, 0, 0),
                inputs: vec![
                    crate::Expr::query(row.advice.0, 0, 0),
                    crate::Expr::constant(tag),
                ],
            }],
            source: "t".to_string(),
        });
        row.constrain("equal", |b, v| b.sub(v[1], v[0]))
    };
    assert_eq!(with(0).last(), (0, 21));
    assert_eq!(with(1).last(), (-100, 100));
    // No row has this number, so nothing is known of the other entry.
    with(2).rejected(&[
        "gate `equal`, constraint `equal`: row 0: nothing bounds cell v[0]@0 of `x` to a range of integers",
    ]);
}
