//! The gadgets of the direct layout: what each needs, for counting and for lowering.
//!
//! A gadget proves one element-wise fact about a few cells of a *unit* (four cells, some limb
//! columns whose values are looked up in the range table, and fixed parameters that the rows of
//! one operation share). Its equations and its uniqueness argument stand in the book, chapter
//! "Gadgets"; here is how many limbs it takes.

use num_bigint::BigInt;
use zkc_support::FixedType;

/// Cells of a unit that gadgets use for operands, results and bits.
pub(crate) const CELLS: i64 = 4;

/// Fixed parameters of a row.
pub(crate) const PARAMS: i64 = 4;

/// A gadget with its numbers of limbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Gadget {
    /// `lo <= x <= hi`; `upper` unless the limbs of `x - lo` say it already.
    Interval { limbs: u32, upper: bool },
    /// Quotient and remainder by a power of two; `exact` when the top limb of the remainder is
    /// narrower than a limb.
    Rescale {
        remainder: u32,
        exact: bool,
        quotient: u32,
    },
    /// Maximum of two cells.
    Max { limbs: u32 },
    /// Minimum of two cells.
    Min { limbs: u32 },
    /// Maximum of a cell and a parameter.
    MaxConst { limbs: u32 },
    /// Minimum of a cell and a parameter.
    MinConst { limbs: u32 },
    /// Entry of the table of functions.
    Table,
    /// Product of two cells.
    Product,
    /// Rounded quotient of two cells.
    Ratio { remainder: u32, quotient: u32 },
}

impl Gadget {
    /// Limb cells of one element.
    pub(crate) fn limbs(self) -> u32 {
        match self {
            Self::Interval { limbs, upper } => limbs * (1 + u32::from(upper)),
            Self::Rescale {
                remainder,
                exact,
                quotient,
            } => remainder + u32::from(exact) + quotient,
            Self::Max { limbs }
            | Self::Min { limbs }
            | Self::MaxConst { limbs }
            | Self::MinConst { limbs } => limbs,
            Self::Table | Self::Product => 0,
            Self::Ratio {
                remainder,
                quotient,
            } => 2 * remainder + quotient,
        }
    }

    /// Rows of one element in units with the given number of limb columns.
    pub(crate) fn height(self, columns: i64) -> i64 {
        ((i64::from(self.limbs()) + columns - 1) / columns).max(1)
    }

    /// Name of the gate.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Interval { limbs, upper } => {
                format!("interval_{limbs}{}", if upper { "u" } else { "" })
            }
            Self::Rescale {
                remainder,
                exact,
                quotient,
            } => {
                format!(
                    "rescale_{remainder}{}_{quotient}",
                    if exact { "e" } else { "" }
                )
            }
            Self::Max { limbs } => format!("max_{limbs}"),
            Self::Min { limbs } => format!("min_{limbs}"),
            Self::MaxConst { limbs } => format!("max_const_{limbs}"),
            Self::MinConst { limbs } => format!("min_const_{limbs}"),
            Self::Table => "table".into(),
            Self::Product => "product".into(),
            Self::Ratio {
                remainder,
                quotient,
            } => format!("ratio_{remainder}_{quotient}"),
        }
    }
}

/// Limbs of `bits` bits that hold every integer of [0, max].
pub(crate) fn limbs_for(max: &BigInt, bits: u32) -> u32 {
    let needed = if max.sign() == num_bigint::Sign::Plus {
        max.bits()
    } else {
        0
    };
    // A bound of more than 2^32 bits does not fit into memory.
    u32::try_from(needed.div_ceil(u64::from(bits)).max(1)).expect("bounds are far below 2^32 bits")
}

/// The range check of a model input.
pub(crate) fn interval(t: &FixedType, bits: u32) -> Gadget {
    let width = &t.hi - &t.lo;
    let limbs = limbs_for(&width, bits);
    let full = (BigInt::from(1) << (u64::from(limbs) * u64::from(bits))) - 1;
    Gadget::Interval {
        limbs,
        upper: width != full,
    }
}

/// A rescale by `shift` bits with quotients of the result type.
pub(crate) fn rescale(shift: u32, result: &FixedType, bits: u32) -> Gadget {
    Gadget::Rescale {
        remainder: shift.div_ceil(bits),
        exact: !shift.is_multiple_of(bits),
        quotient: limbs_for(&(&result.hi - &result.lo), bits),
    }
}

/// Limbs that tell the sign of `a - b`: both `d` and `-1 - d` must fit.
pub(crate) fn sign_limbs(a: &FixedType, b: &FixedType, bits: u32) -> u32 {
    let most = &a.hi - &b.lo;
    let least: BigInt = -1 - (&a.lo - &b.hi);
    limbs_for(&most.max(least), bits)
}

/// A constant as a type of one value.
pub(crate) fn single(t: &FixedType, value: &BigInt) -> FixedType {
    FixedType {
        scale: t.scale,
        lo: value.clone(),
        hi: value.clone(),
    }
}

/// The rounded quotient of `div`.
pub(crate) fn ratio(den: &FixedType, result: &FixedType, bits: u32) -> Gadget {
    Gadget::Ratio {
        remainder: limbs_for(&(&den.hi * 2 - 1), bits),
        quotient: limbs_for(&(&result.hi - &result.lo), bits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limbs_cover_their_range() {
        assert_eq!(limbs_for(&BigInt::from(0), 8), 1);
        assert_eq!(limbs_for(&BigInt::from(255), 8), 1);
        assert_eq!(limbs_for(&BigInt::from(256), 8), 2);
        assert_eq!(limbs_for(&((BigInt::from(1) << 24u32) - 1), 8), 3);
    }

    #[test]
    fn a_full_interval_needs_no_upper_check() {
        assert_eq!(
            interval(&FixedType::new(0, -128, 127), 8),
            Gadget::Interval {
                limbs: 1,
                upper: false
            }
        );
        assert_eq!(
            interval(&FixedType::new(0, -127, 127), 8),
            Gadget::Interval {
                limbs: 1,
                upper: true
            }
        );
    }

    #[test]
    fn a_remainder_of_whole_limbs_needs_no_exact_check() {
        let t = FixedType::new(0, 0, 255);
        assert_eq!(
            rescale(16, &t, 8),
            Gadget::Rescale {
                remainder: 2,
                exact: false,
                quotient: 1
            }
        );
        assert_eq!(
            rescale(12, &t, 8),
            Gadget::Rescale {
                remainder: 2,
                exact: true,
                quotient: 1
            }
        );
    }

    #[test]
    fn sign_limbs_cover_both_signs() {
        // d in [-256, 255]: -1 - d in [-256, 255] as well.
        let a = FixedType::new(0, -256, 255);
        let zero = FixedType::new(0, 0, 0);
        assert_eq!(sign_limbs(&a, &zero, 8), 1);
        let b = FixedType::new(0, -257, 0);
        assert_eq!(sign_limbs(&b, &zero, 8), 2);
    }
}
