//! Derived columns against a direct evaluation of what their definition says, on random circuits over a small field.

mod sample;

use proptest::prelude::*;
use sample::phases::{complete, evaluation_inputs, logup, logup_inputs, random_evaluation};
use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, DeriveError, Derived, Expr, ExprBuilder, ExprId, ExprNode,
    Field, Grid, Ints, Layout, PallasBase, derive, expand, structure::check_structure,
};

/// So small a prime that coefficients are often 0.
const PRIME: i128 = 13;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Small(i128);

impl Field for Small {
    fn zero() -> Self {
        Small(0)
    }
    fn one() -> Self {
        Small(1)
    }
    fn from_i128(value: i128) -> Self {
        Small(value.rem_euclid(PRIME))
    }
    fn add(self, other: Self) -> Self {
        Small((self.0 + other.0) % PRIME)
    }
    fn sub(self, other: Self) -> Self {
        Small((self.0 - other.0).rem_euclid(PRIME))
    }
    fn mul(self, other: Self) -> Self {
        Small(self.0 * other.0 % PRIME)
    }
    fn neg(self) -> Self {
        Small((-self.0).rem_euclid(PRIME))
    }
    fn invert(self) -> Option<Self> {
        (1..PRIME)
            .map(Small)
            .find(|other| self.mul(*other) == Small(1))
    }
}

/// A field of the usual size that does not tell its limbs, so that every sum is one of products in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plain(PallasBase);

impl Field for Plain {
    fn zero() -> Self {
        Plain(PallasBase::zero())
    }
    fn one() -> Self {
        Plain(PallasBase::one())
    }
    fn from_i128(value: i128) -> Self {
        Plain(PallasBase::from_i128(value))
    }
    fn add(self, other: Self) -> Self {
        Plain(self.0.add(other.0))
    }
    fn sub(self, other: Self) -> Self {
        Plain(self.0.sub(other.0))
    }
    fn mul(self, other: Self) -> Self {
        Plain(self.0.mul(other.0))
    }
    fn neg(self) -> Self {
        Plain(self.0.neg())
    }
    fn invert(self) -> Option<Self> {
        self.0.invert().map(Plain)
    }
}

/// Expects the same values with and without limbs.
#[track_caller]
fn limbs_change_nothing(circuit: &Circuit, layout: &Layout, grid: &Grid) {
    let wide = PallasBase::from_i128(i128::MAX).mul(PallasBase::from_i128(i128::MIN));
    let challenges = [wide, wide.mul(wide)];
    let challenges = &challenges[..circuit.challenges.len()];
    let derived = derive(circuit, layout, grid, challenges, 1).unwrap();
    let challenges: Vec<Plain> = challenges.iter().map(|value| Plain(*value)).collect();
    let plain = derive(circuit, layout, grid, &challenges, 1).unwrap();
    assert_eq!(derived.len(), plain.len());
    for ((column, derived), (other, plain)) in derived.iter().zip(plain) {
        assert_eq!(*column, other);
        let plain: Vec<PallasBase> = plain.into_iter().map(|value| value.0).collect();
        assert_eq!(*derived, plain, "column {column}");
    }
}

/// The finalizer of splitmix64, over and over.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % end
    }
}

const ADVICE: u32 = 0;
const FIXED: u32 = 1;
const INSTANCE: u32 = 2;
const LATE: u32 = 3;
const COLUMNS: u32 = 4;

/// A random polynomial in cells of earlier columns, with `itself` as one more leaf where there is one.
fn poly(
    b: &mut ExprBuilder,
    random: &mut Random,
    column: u32,
    itself: Option<ExprId>,
    depth: u32,
) -> ExprId {
    if depth == 0 || random.below(4) == 0 {
        let rotation = random.below(3) as i32 - 1;
        return match random.below(8) {
            0 => b.constant(random.below(9) as i128 - 4),
            1 => b.challenge(random.below(2) as u32),
            2 => b.query(FIXED, random.below(3) as u32, rotation),
            3 => b.query(INSTANCE, 0, rotation),
            4 | 5 if column > 0 => b.query(LATE, random.below(u64::from(column)) as u32, rotation),
            6 | 7 if itself.is_some() => itself.unwrap(),
            _ => b.query(ADVICE, random.below(2) as u32, rotation),
        };
    }
    let count = 1 + random.below(3);
    let children: Vec<ExprId> = (0..count)
        .map(|_| poly(b, random, column, itself, depth - 1))
        .collect();
    match random.below(3) {
        0 => b.neg(children[0]),
        1 => b.product(children),
        _ => b.sum(children),
    }
}

/// A circuit whose derived columns have random constraints, with a random grid.
fn random_circuit(seed: u64) -> (Circuit, Layout, Grid) {
    let mut random = Random(seed);
    let mut c = Circuit::new("random", 4);
    c.add_group(ColumnGroup::advice("advice", 2));
    let fixed = c.add_group(ColumnGroup::fixed("fixed", 3));
    c.add_group(ColumnGroup::instance("instance", 1));
    let late = c.add_group(ColumnGroup::advice_in_phase("late", 1, COLUMNS));
    c.add_challenge("rho", 0);
    c.add_challenge("sigma", 0);
    for column in 0..COLUMNS {
        let mut b = ExprBuilder::new();
        let rotation = random.below(2) as i32;
        let target = b.query(late.0, column, rotation);
        let itself = (rotation == 1).then(|| b.query(late.0, column, 0));
        let a = match random.below(3) {
            0 => b.constant(1),
            _ => poly(&mut b, &mut random, column, None, 2),
        };
        let rest = poly(&mut b, &mut random, column, itself, 3);
        let product = b.product([a, target]);
        let sum = match random.below(2) {
            0 => b.sum([rest, product]),
            _ => {
                let minus = b.neg(product);
                let inner = b.sum([rest, minus]);
                let rho = b.challenge(0);
                let scaled = b.mul(rho, inner);
                b.sum([scaled, minus])
            }
        };
        let root = match random.below(3) {
            0 => sum,
            1 => {
                let q = b.query(fixed.0, 0, 0);
                b.mul(q, sum)
            }
            _ => {
                let (q, r) = (b.query(fixed.0, 0, 0), b.query(fixed.0, 1, 1));
                let selector = b.sub(q, r);
                let product = b.product([selector, sum, q]);
                b.neg(product)
            }
        };
        c.add_gate(format!("g{column}"), [("z".to_string(), b.finish(root))]);
        c.derived.push(Derived {
            group: late,
            column,
            gate: column,
            constraint: 0,
            rotation,
        });
    }
    let usable = c.usable_rows().unwrap();
    for column in 0..3 {
        for row in 0..i64::from(usable) {
            let value = random.below(5) as i128 - 2;
            c.fill(
                fixed,
                vec![1],
                AffineMap::constant(1, &[column, row]),
                value,
                "f",
            );
        }
    }
    let layout = expand(&c).unwrap();
    let values = layout.columns.iter().enumerate().map(|(index, _)| {
        let rows = match index {
            0 | 1 | 5 => usable,
            _ => 0,
        };
        let values: Vec<i128> = (0..rows).map(|_| random.below(30) as i128 - 15).collect();
        Ints::from_values(&values)
    });
    let grid = Grid {
        values: values.collect(),
    };
    (c, layout, grid)
}

/// The value of an expression, cell by cell.
fn value(expr: &Expr, challenges: &[Small], cell: impl Fn(u32, u32, i32) -> Small) -> Small {
    let mut values: Vec<Small> = Vec::new();
    for node in &expr.nodes {
        let get = |id: &ExprId| values[id.0 as usize];
        let value = match node {
            ExprNode::Const(value) => Small::from_i128(*value),
            ExprNode::Challenge(index) => challenges[*index as usize],
            ExprNode::Query(query) => cell(query.group, query.column, query.rotation),
            ExprNode::Neg(child) => get(child).neg(),
            ExprNode::Sum(ids) => ids.iter().map(get).fold(Small(0), Field::add),
            ExprNode::Product(ids) => ids.iter().map(get).fold(Small(1), Field::mul),
        };
        values.push(value);
    }
    values.pop().unwrap()
}

/// What the definition says, with `A` and `B` from the values at 0 and 1.
fn naive(circuit: &Circuit, layout: &Layout, grid: &Grid, challenges: &[Small]) -> Vec<Vec<Small>> {
    let (usable, rows) = (layout.usable_rows as i64, 1i64 << layout.k);
    let mut late = vec![vec![Small(0); usable as usize]; COLUMNS as usize];
    for derived in &circuit.derived {
        let expr = &circuit.defining(derived).unwrap().poly;
        let last = usable - i64::from(derived.rotation);
        for row in 0..last {
            let with = |z: i128| {
                value(expr, challenges, |group, column, rotation| {
                    if (group, column, rotation) == (LATE, derived.column, derived.rotation) {
                        return Small(z);
                    }
                    let row = (row + i64::from(rotation)).rem_euclid(rows);
                    if group == LATE {
                        let values = &late[column as usize];
                        return values.get(row as usize).copied().unwrap_or(Small(0));
                    }
                    let cell = zkc_circuit::Cell {
                        column: layout.column_of(zkc_circuit::GroupId(group), column),
                        row: row as u32,
                    };
                    Small::from_i128(grid.value(layout, cell))
                })
            };
            let rest = with(0);
            let solved = match with(1).sub(rest).invert() {
                Some(inverse) => rest.neg().mul(inverse),
                None => Small(0),
            };
            late[derived.column as usize][(row + i64::from(derived.rotation)) as usize] = solved;
        }
    }
    late
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, rng_seed: proptest::test_runner::RngSeed::Fixed(0x7a6b63), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn derived_columns_are_what_their_definition_says(seed in any::<u64>(), rho in 0..PRIME, sigma in 0..PRIME) {
        let (circuit, layout, grid) = random_circuit(seed);
        let errors = check_structure(&circuit);
        prop_assert!(errors.is_empty(), "{errors:?}");
        let challenges = [Small(rho), Small(sigma)];
        let derived = derive(&circuit, &layout, &grid, &challenges, 1).unwrap();
        let expected = naive(&circuit, &layout, &grid, &challenges);
        for (index, (column, values)) in derived.into_iter().enumerate() {
            prop_assert_eq!(column, 6 + index as u32);
            prop_assert_eq!(&values, &expected[index], "column {}", index);
        }
    }

    #[test]
    fn sums_of_integers_are_those_of_the_field(seed in any::<u64>(), shifts in prop::array::uniform3(0u32..120)) {
        let (circuit, layout, mut grid) = random_circuit(seed);
        for (column, shift) in [0, 1, 5].into_iter().zip(shifts) {
            let values: Vec<i128> = grid.values[column].iter().map(|value| value << shift).collect();
            grid.values[column] = Ints::from_values(&values);
        }
        limbs_change_nothing(&circuit, &layout, &grid);
    }
}

/// Two running columns over the same lanes of weights, of all integers of 8 bits, and one over lanes of selectors, on more
/// rows than one task has.
#[test]
fn lanes_of_weights_are_added_up() {
    const LANES: u32 = 20;
    let mut circuit = Circuit::new("lanes", 11);
    let w = circuit.add_group(ColumnGroup::fixed("w", LANES));
    let s = circuit.add_group(ColumnGroup::fixed("s", LANES));
    let y = circuit.add_group(ColumnGroup::advice("y", 2));
    let late = circuit.add_group(ColumnGroup::advice_in_phase("late", 1, 3));
    circuit.add_challenge("rho", 0);
    for (column, (group, cell)) in [(w, 0), (w, 1), (s, 0)].into_iter().enumerate() {
        let column = column as u32;
        let mut b = ExprBuilder::new();
        let rho = b.challenge(0);
        let mut sum = b.constant(5);
        for lane in 0..LANES {
            let weight = b.query(group.0, lane, lane as i32 % 3 - 1);
            let weight = b.product([rho, rho, weight]);
            sum = b.mul(sum, rho);
            sum = b.add(sum, weight);
        }
        let (here, next) = (b.query(late.0, column, 0), b.query(late.0, column, 1));
        let y = b.query(y.0, cell, 0);
        let product = b.mul(y, sum);
        let step = b.sub(next, here);
        let step = b.sub(step, product);
        circuit.add_gate(format!("g{column}"), [("z".to_string(), b.finish(step))]);
        circuit.derive_by_last_gate(late, column, 0, 1);
    }
    let mut layout = expand(&circuit).unwrap();
    let mut random = Random(7);
    for column in &mut layout.columns {
        let values = (0..2000).map(|_| match column.group {
            0 => random.below(256) as u8 as i8,
            _ => random.below(12) as i8 / 5 - 1,
        });
        if column.group < 2 {
            column.contents = zkc_circuit::CellContents::Fixed(Ints::I8(values.collect()));
        }
    }
    let values = layout.columns.iter().map(|column| {
        let count = if column.group == y.0 { 2000 } else { 0 };
        Ints::from(
            (0..count)
                .map(|_| random.below(1 << 20) as i64)
                .collect::<Vec<i64>>(),
        )
    });
    let grid = Grid {
        values: values.collect(),
    };
    limbs_change_nothing(&circuit, &layout, &grid);
}

#[test]
fn derived_columns_come_in_order_and_with_all_usable_rows() {
    for (circuit, inputs) in [
        (logup(), logup_inputs()),
        (random_evaluation(), evaluation_inputs()),
    ] {
        let (layout, grid) = complete(&circuit, &inputs);
        let challenges = [1 << 100, 3 << 90, 5 << 80].map(PallasBase::from_i128);
        let challenges = &challenges[..circuit.challenges.len()];
        let derived = derive(&circuit, &layout, &grid, challenges, 1).unwrap();
        let columns: Vec<u32> = derived.iter().map(|(column, _)| *column).collect();
        let late = layout.column_of(circuit.derived[0].group, 0);
        assert_eq!(columns, [late, late + 1]);
        for (_, values) in &derived {
            assert_eq!(values.len(), layout.usable_rows as usize);
        }
        // Both running sums come back to 0.
        assert_eq!(derived[1].1.last(), Some(&PallasBase::zero()));
        let none = derive(&circuit, &layout, &grid, challenges, 0).unwrap();
        assert_eq!(none, []);
    }
}

#[test]
fn arguments_that_do_not_belong_together_are_errors() {
    let circuit = logup();
    let (layout, grid) = complete(&circuit, &logup_inputs());
    let one = PallasBase::one();
    let error = derive(&circuit, &layout, &grid, &[one], 1).unwrap_err();
    let counts = DeriveError::Challenges {
        expected: 3,
        found: 1,
    };
    assert_eq!(error, counts);
    assert_eq!(error.to_string(), "1 challenges for a circuit that has 3");
    let other = Grid { values: Vec::new() };
    let error = derive(&circuit, &layout, &other, &[one; 3], 1).unwrap_err();
    assert_eq!(error, DeriveError::OtherCircuit);
    let mut broken = circuit.clone();
    broken.derived[0].gate = 9;
    let error = derive(&broken, &layout, &grid, &[one; 3], 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "derived column 0 cannot be computed: its constraint does not exist"
    );
    let mut broken = circuit.clone();
    broken.derived[0].gate = 1;
    broken.derived[0].constraint = 1;
    let error = derive(&broken, &layout, &grid, &[one; 3], 1).unwrap_err();
    assert!(error.to_string().contains("not linear"), "{error}");
}
