//! What the semantics of the dialect are computed on: integers, and intervals of integers.
//!
//! Every operation is written once over [`Number`]. On `i128` it is the reference semantics; on
//! [`Interval`] the same code is the range analysis, so the two cannot drift apart.

use std::{cell::RefCell, collections::HashMap, fmt};

/// All integers from `lo` to `hi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Interval {
    /// The least one.
    pub lo: i128,
    /// The greatest one, not below `lo`.
    pub hi: i128,
}

impl Interval {
    /// The integers from `lo` to `hi`.
    pub fn new(lo: i128, hi: i128) -> Self {
        debug_assert!(lo <= hi, "the interval [{lo}, {hi}] is empty");
        Self { lo, hi }
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self {
            lo: self.lo.min(other.lo),
            hi: self.hi.max(other.hi),
        }
    }

    /// Whether every integer of `other` is in this one.
    pub fn encloses(self, other: Self) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// The greatest absolute value.
    pub fn magnitude(self) -> u128 {
        self.lo.unsigned_abs().max(self.hi.unsigned_abs())
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}]", self.lo, self.hi)
    }
}

/// A table of the integers that stand for a function, as `#poly_ext.table` has it.
#[derive(Clone, Debug)]
pub struct Lookup {
    from: i128,
    /// Whether arguments outside are cut to the table.
    saturate: bool,
    /// Extremes of 2^level entries from each entry on; level 0 is the table itself.
    levels: Vec<Vec<Interval>>,
}

impl Lookup {
    /// The table whose first value belongs to the integer `from`; not empty. Arguments outside are
    /// cut to the table when `saturate` is set, otherwise they have no value.
    pub fn new(from: i128, values: &[i128], saturate: bool) -> Self {
        let first = values.iter().map(|v| Interval::new(*v, *v)).collect();
        Self {
            from,
            saturate,
            levels: vec![first],
        }
    }

    /// Prepares the table for intervals: 2 log2(n) entries for each of its n.
    #[must_use]
    pub fn with_extremes(mut self) -> Self {
        let n = self.levels[0].len();
        let mut span = 1;
        while 2 * span <= n {
            let last = &self.levels[self.levels.len() - 1];
            let next = (0..=n - 2 * span)
                .map(|i| last[i].hull(last[i + span]))
                .collect();
            self.levels.push(next);
            span *= 2;
        }
        self
    }

    /// Position of an argument in the table.
    fn index(&self, n: i128) -> Option<usize> {
        let last = self.levels[0].len() - 1;
        match n.checked_sub(self.from) {
            Some(i) if (0..=last as i128).contains(&i) => Some(i as usize),
            _ if !self.saturate => None,
            _ if n < self.from => Some(0),
            _ => Some(last),
        }
    }

    fn get(&self, n: i128) -> Option<i128> {
        Some(self.levels[0][self.index(n)?].lo)
    }

    fn extremes(&self, x: Interval) -> Option<Interval> {
        let (a, b) = (self.index(x.lo)?, self.index(x.hi)?);
        let level = (b - a + 1).ilog2() as usize;
        let row = self.levels.get(level)?;
        Some(row[a].hull(row[b + 1 - (1 << level)]))
    }
}

/// Values of named real functions on fixed-point numbers, for `zkarith.apply`.
pub trait Functions {
    /// The integer nearest to `f(n * 2^-in_scale) * 2^out_scale`, ties to even.
    ///
    /// # Errors
    /// Says why there is no such integer: the function is unknown, or undefined there.
    fn round(&self, function: &str, n: i128, in_scale: u32, out_scale: u32)
    -> Result<i128, String>;
}

/// What one `zkarith.apply` does, apart from its operand.
pub(crate) struct Application<'a> {
    pub(crate) functions: Option<&'a dyn Functions>,
    pub(crate) function: &'a str,
    pub(crate) in_scale: u32,
    pub(crate) out_scale: u32,
    /// Bounds of the result type, which cut the result by definition.
    pub(crate) bounds: Interval,
    /// Values found before: arguments repeat, and certified rounding takes microseconds.
    pub(crate) known: RefCell<HashMap<i128, i128>>,
}

/// An abstract integer: the operations that the dialect's semantics are made of.
///
/// `None` stands for overflow of 127 bits, or for an argument outside of a table.
pub trait Number: Copy + fmt::Display {
    /// This integer.
    fn exact(n: i128) -> Self;
    /// The least integer that it can be.
    fn least(self) -> i128;
    /// The greatest integer that it can be.
    fn greatest(self) -> i128;
    /// Sum.
    fn plus(self, other: Self) -> Option<Self>;
    /// Difference.
    fn minus(self, other: Self) -> Option<Self>;
    /// Product.
    fn times(self, other: Self) -> Option<Self>;
    /// Product with itself, which is never negative.
    fn square(self) -> Option<Self>;
    /// Maximum.
    fn maximum(self, other: Self) -> Self;
    /// Minimum.
    fn minimum(self, other: Self) -> Self;
    /// Value of a function that never falls.
    fn map(self, rising: impl Fn(i128) -> Option<i128>) -> Option<Self>;
    /// [`ratio`] with the divisor `den`, which is positive.
    fn ratio(self, den: Self, shift: u32) -> Option<Self>;
    /// Value of a table.
    fn look_up(self, table: &Lookup) -> Option<Self>;
    /// Whether [`Lookup::with_extremes`] is needed.
    const NEEDS_EXTREMES: bool;
    /// Value of a named function; the reason when there is none.
    #[doc(hidden)]
    fn apply(self, application: &ApplicationRef<'_>) -> Result<Self, String>;
}

/// Hides [`Application`] in the signature of a public trait.
#[doc(hidden)]
pub struct ApplicationRef<'a>(pub(crate) &'a Application<'a>);

/// `floor((2 * num * 2^shift + den) / (2 * den))`: the quotient rounded half up; `den` is positive.
pub fn ratio(num: i128, den: i128, shift: u32) -> Option<i128> {
    let twice = shift_left(num, shift.checked_add(1)?)?;
    Some(twice.checked_add(den)?.div_euclid(den.checked_mul(2)?))
}

/// `n * 2^bits`.
pub fn shift_left(n: i128, bits: u32) -> Option<i128> {
    if n == 0 {
        return Some(0);
    }
    n.checked_mul(1i128.checked_shl(bits).filter(|p| *p > 0)?)
}

/// `floor((n + 2^(bits-1)) / 2^bits)` for `bits >= 1`: ties go up.
pub fn rescale(n: i128, bits: u32) -> Option<i128> {
    if bits > 127 {
        // |n| <= 2^127, so that the quotient lies in [-1/2, 1/2), which rounds to zero.
        return Some(0);
    }
    // Without the sum, which could overflow: the bit below the cut decides.
    Some((n >> bits) + ((n >> (bits - 1)) & 1))
}

impl Number for i128 {
    const NEEDS_EXTREMES: bool = false;

    fn exact(n: i128) -> Self {
        n
    }
    fn least(self) -> i128 {
        self
    }
    fn greatest(self) -> i128 {
        self
    }
    fn plus(self, other: Self) -> Option<Self> {
        self.checked_add(other)
    }
    fn minus(self, other: Self) -> Option<Self> {
        self.checked_sub(other)
    }
    fn times(self, other: Self) -> Option<Self> {
        self.checked_mul(other)
    }
    fn square(self) -> Option<Self> {
        self.checked_mul(self)
    }
    fn maximum(self, other: Self) -> Self {
        self.max(other)
    }
    fn minimum(self, other: Self) -> Self {
        self.min(other)
    }
    fn map(self, rising: impl Fn(i128) -> Option<i128>) -> Option<Self> {
        rising(self)
    }
    fn ratio(self, den: Self, shift: u32) -> Option<Self> {
        ratio(self, den, shift)
    }
    fn look_up(self, table: &Lookup) -> Option<Self> {
        table.get(self)
    }
    fn apply(self, application: &ApplicationRef<'_>) -> Result<Self, String> {
        let a = application.0;
        if let Some(value) = a.known.borrow().get(&self) {
            return Ok(*value);
        }
        let functions = a
            .functions
            .ok_or("named functions have no evaluator here")?;
        let value = functions.round(a.function, self, a.in_scale, a.out_scale)?;
        let value = value.clamp(a.bounds.lo, a.bounds.hi);
        a.known.borrow_mut().insert(self, value);
        Ok(value)
    }
}

impl Number for Interval {
    const NEEDS_EXTREMES: bool = true;

    fn exact(n: i128) -> Self {
        Self { lo: n, hi: n }
    }
    fn least(self) -> i128 {
        self.lo
    }
    fn greatest(self) -> i128 {
        self.hi
    }
    fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            lo: self.lo.checked_add(other.lo)?,
            hi: self.hi.checked_add(other.hi)?,
        })
    }
    fn minus(self, other: Self) -> Option<Self> {
        Some(Self {
            lo: self.lo.checked_sub(other.hi)?,
            hi: self.hi.checked_sub(other.lo)?,
        })
    }
    fn times(self, other: Self) -> Option<Self> {
        if other.lo == other.hi {
            let (a, b) = (
                self.lo.checked_mul(other.lo)?,
                self.hi.checked_mul(other.lo)?,
            );
            return Some(Self {
                lo: a.min(b),
                hi: a.max(b),
            });
        }
        let corners = [
            self.lo.checked_mul(other.lo)?,
            self.lo.checked_mul(other.hi)?,
            self.hi.checked_mul(other.lo)?,
            self.hi.checked_mul(other.hi)?,
        ];
        Some(hull_of(corners))
    }
    fn square(self) -> Option<Self> {
        let ends = [self.lo.checked_mul(self.lo)?, self.hi.checked_mul(self.hi)?];
        let least = if (self.lo..=self.hi).contains(&0) {
            0
        } else {
            ends[0].min(ends[1])
        };
        Some(Self {
            lo: least,
            hi: ends[0].max(ends[1]),
        })
    }
    fn maximum(self, other: Self) -> Self {
        Self {
            lo: self.lo.max(other.lo),
            hi: self.hi.max(other.hi),
        }
    }
    fn minimum(self, other: Self) -> Self {
        Self {
            lo: self.lo.min(other.lo),
            hi: self.hi.min(other.hi),
        }
    }
    fn map(self, rising: impl Fn(i128) -> Option<i128>) -> Option<Self> {
        Some(Self {
            lo: rising(self.lo)?,
            hi: rising(self.hi)?,
        })
    }
    fn ratio(self, den: Self, shift: u32) -> Option<Self> {
        // The quotient rises with the dividend; with the divisor it rises or falls, whatever the
        // dividend's sign says. The extremes are at the corners.
        Some(hull_of([
            ratio(self.lo, den.lo, shift)?,
            ratio(self.lo, den.hi, shift)?,
            ratio(self.hi, den.lo, shift)?,
            ratio(self.hi, den.hi, shift)?,
        ]))
    }
    fn look_up(self, table: &Lookup) -> Option<Self> {
        table.extremes(self)
    }
    fn apply(self, application: &ApplicationRef<'_>) -> Result<Self, String> {
        // Nothing is known of the function here, but the result is cut to its type.
        Ok(application.0.bounds)
    }
}

fn hull_of(values: [i128; 4]) -> Interval {
    let first = Interval {
        lo: values[0],
        hi: values[0],
    };
    values
        .into_iter()
        .fold(first, |h, v| h.hull(Interval { lo: v, hi: v }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rescale_rounds_ties_up() {
        for (n, bits, want) in [
            (3, 1, 2),
            (-3, 1, -1),
            (5, 2, 1),
            (6, 2, 2),
            (-6, 2, -1),
            (-7, 2, -2),
            (i128::MAX, 1, 1 << 126),
            (i128::MIN, 1, -(1 << 126)),
            (i128::MAX, 127, 1),
            (i128::MIN, 127, -1),
            (i128::MIN / 2, 127, 0),
            (i128::MIN, 128, 0),
            (i128::MAX, 128, 0),
            (i128::MIN, 500, 0),
        ] {
            assert_eq!(rescale(n, bits), Some(want), "{n} by {bits}");
        }
        for n in -300i128..300 {
            for bits in 1..7 {
                let want = (n + (1 << (bits - 1))).div_euclid(1 << bits);
                assert_eq!(rescale(n, bits), Some(want));
            }
        }
    }

    #[test]
    fn ratio_rounds_ties_up() {
        assert_eq!(ratio(1, 2, 0), Some(1));
        assert_eq!(ratio(-1, 2, 0), Some(0));
        assert_eq!(ratio(-3, 2, 0), Some(-1));
        assert_eq!(ratio(1, 3, 4), Some(5));
        assert_eq!(ratio(i128::MAX, 2, 0), None);
    }

    #[test]
    fn shifts_beyond_the_width_are_caught() {
        assert_eq!(shift_left(0, 5000), Some(0));
        assert_eq!(shift_left(1, 126), Some(1 << 126));
        assert_eq!(shift_left(1, 127), None);
        assert_eq!(shift_left(-1, 300), None);
    }

    /// Every operation on intervals holds the results of all pairs of members.
    #[test]
    fn intervals_enclose_their_members() {
        let all: Vec<Interval> = (-4..4)
            .flat_map(|lo| (lo..4).map(move |hi| Interval::new(lo, hi)))
            .collect();
        let table = Lookup::new(-3, &[5, -2, 7, 7, 0, 1], true).with_extremes();
        for a in &all {
            let mapped = a.map(|n| rescale(n, 1)).unwrap();
            let looked = a.look_up(&table).unwrap();
            let (mut least, mut most) = (i128::MAX, i128::MIN);
            for x in a.lo..=a.hi {
                assert!(mapped.encloses(Interval::exact(rescale(x, 1).unwrap())));
                let y = x.look_up(&table).unwrap();
                least = least.min(y);
                most = most.max(y);
            }
            assert_eq!(looked, Interval::new(least, most), "{a}");
            for b in &all {
                let check = |have: Option<Interval>, of: &dyn Fn(i128, i128) -> i128| {
                    let values: Vec<i128> = (a.lo..=a.hi)
                        .flat_map(|x| (b.lo..=b.hi).map(move |y| (x, y)))
                        .map(|(x, y)| of(x, y))
                        .collect();
                    let want =
                        Interval::new(*values.iter().min().unwrap(), *values.iter().max().unwrap());
                    assert_eq!(have, Some(want), "{a} {b}");
                };
                check(a.plus(*b), &|x, y| x + y);
                check(a.minus(*b), &|x, y| x - y);
                check(a.times(*b), &|x, y| x * y);
                check(Some(a.maximum(*b)), &|x, y| x.max(y));
                check(Some(a.minimum(*b)), &|x, y| x.min(y));
                if b.lo > 0 {
                    check(a.ratio(*b, 3), &|x, y| ratio(x, y, 3).unwrap());
                }
            }
        }
    }

    #[test]
    fn a_table_without_saturation_has_an_end() {
        let table = Lookup::new(2, &[1, 2], false);
        assert_eq!(3i128.look_up(&table), Some(2));
        assert_eq!(1i128.look_up(&table), None);
        assert_eq!(i128::MIN.look_up(&table), None);
        let table = Lookup::new(2, &[1, 2], true);
        assert_eq!(
            (i128::MIN.look_up(&table), i128::MAX.look_up(&table)),
            (Some(1), Some(2))
        );
    }
}
