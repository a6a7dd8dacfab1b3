//! Interval arithmetic with one sought cell, and what an identity then says of it.
//!
//! Ranges come with a number that divides all their integers, so that `2*z = 2*a + 4*b` is seen to make `z` an integer.

use num_bigint::BigInt;

use crate::limits;
use crate::tape::{Node, Tape};

use super::Identity;
use super::ranges::Range;

/// Bits beyond which integers overflow in any case. Far above the field, so that what overflows bounds nothing; and low
/// enough that an expression of many nested products cannot exhaust the memory.
pub(super) const MAX_BITS: u64 = 4096;

/// Integers to compute with: fast ones of 128 bits, or slow ones of [`MAX_BITS`]. `None` on overflow.
pub(super) trait Exact: Clone + Ord {
    fn from_value(value: i128) -> Self;
    fn add(&self, other: &Self) -> Option<Self>;
    fn mul(&self, other: &Self) -> Option<Self>;
    fn neg(&self) -> Option<Self>;
    /// The quotient where there is no remainder; `None` where there is one.
    fn divide(&self, by: &Self) -> Option<Self>;
    /// The remainder; `by` is not 0.
    fn remainder(&self, by: &Self) -> Self;
    fn into_big(self) -> BigInt;
    /// The ends of a range.
    fn ends(range: &Range) -> Option<(Self, Self)>;
}

impl Exact for i128 {
    fn from_value(value: i128) -> Self {
        value
    }
    fn add(&self, other: &Self) -> Option<Self> {
        self.checked_add(*other)
    }
    fn mul(&self, other: &Self) -> Option<Self> {
        // Most products have factors of one word, for which the check is free.
        match (i64::try_from(*self), i64::try_from(*other)) {
            (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
            _ => self.checked_mul(*other),
        }
    }
    fn neg(&self) -> Option<Self> {
        self.checked_neg()
    }
    fn divide(&self, by: &Self) -> Option<Self> {
        (self.checked_rem(*by)? == 0).then_some(self / by)
    }
    fn remainder(&self, by: &Self) -> Self {
        self.wrapping_rem(*by)
    }
    fn into_big(self) -> BigInt {
        self.into()
    }
    fn ends(range: &Range) -> Option<(Self, Self)> {
        range.narrow
    }
}

impl Exact for BigInt {
    fn from_value(value: i128) -> Self {
        value.into()
    }
    fn add(&self, other: &Self) -> Option<Self> {
        Some(self + other).filter(|sum| sum.bits() <= MAX_BITS)
    }
    fn mul(&self, other: &Self) -> Option<Self> {
        Some(self * other).filter(|product| product.bits() <= MAX_BITS)
    }
    fn neg(&self) -> Option<Self> {
        Some(-self)
    }
    fn divide(&self, by: &Self) -> Option<Self> {
        let quotient = self.checked_div(by)?;
        (&quotient * by == *self).then_some(quotient)
    }
    fn remainder(&self, by: &Self) -> Self {
        self % by
    }
    fn into_big(self) -> BigInt {
        self
    }
    fn ends(range: &Range) -> Option<(Self, Self)> {
        Some((range.lo.clone(), range.hi.clone()))
    }
}

/// A sum of multiples of cells, plus a multiple of `step` in `[lo, hi]`; the ends are such multiples.
///
/// Cells are told by the first slot that reads their element, so that cells of one element cancel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Linear<T> {
    /// Ascending by cell; no factor is 0.
    terms: Vec<(u32, T)>,
    lo: T,
    hi: T,
    /// Not negative; 0 where the multiple is 0.
    step: T,
}

impl<T: Exact> Linear<T> {
    /// A known integer.
    pub(super) fn value(value: T) -> Self {
        // Any integer is a multiple of 1, the least one of 128 bits included.
        let one = T::from_value(1);
        let step = if value < T::from_value(0) {
            value.neg().unwrap_or(one)
        } else {
            value.clone()
        };
        Linear {
            terms: Vec::new(),
            lo: value.clone(),
            hi: value,
            step,
        }
    }

    /// The cell of a slot.
    pub(super) fn cell(slot: u32) -> Self {
        Linear {
            terms: vec![(slot, T::from_value(1))],
            ..Self::value(T::from_value(0))
        }
    }

    /// Whether the cell occurs.
    pub(super) fn contains(&self, slot: u32) -> bool {
        self.terms.iter().any(|(other, _)| *other == slot)
    }

    /// The known integer that it is, if it is one.
    fn known(&self) -> Option<&T> {
        (self.terms.is_empty() && self.lo == self.hi).then_some(&self.lo)
    }

    fn is_zero(&self) -> bool {
        self.known() == Some(&T::from_value(0))
    }

    fn sum<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self>
    where
        T: 'a,
    {
        let mut sum = Self::value(T::from_value(0));
        for part in parts {
            sum.lo = sum.lo.add(&part.lo)?;
            sum.hi = sum.hi.add(&part.hi)?;
            sum.step = common_divisor(&sum.step, &part.step);
            sum.terms.extend(part.terms.iter().cloned());
        }
        sum.terms.sort_by_key(|(slot, _)| *slot);
        let mut merged: Vec<(u32, T)> = Vec::with_capacity(sum.terms.len());
        for (slot, factor) in sum.terms {
            match merged.last_mut() {
                Some((last, before)) if *last == slot => *before = before.add(&factor)?,
                _ => merged.push((slot, factor)),
            }
        }
        merged.retain(|(_, factor)| *factor != T::from_value(0));
        sum.terms = merged;
        Some(sum)
    }

    /// The product with a known integer.
    fn scale(&self, by: &T) -> Option<Self> {
        let zero = T::from_value(0);
        if *by == zero {
            return Some(Self::value(zero));
        }
        let terms = self.terms.iter();
        let terms: Option<Vec<(u32, T)>> = terms
            .map(|(slot, factor)| Some((*slot, factor.mul(by)?)))
            .collect();
        let (a, b) = (self.lo.mul(by)?, self.hi.mul(by)?);
        let (lo, hi) = if a <= b { (a, b) } else { (b, a) };
        let step = self.step.mul(by)?;
        Some(Linear {
            terms: terms?,
            lo,
            hi,
            step: if step < zero { step.neg()? } else { step },
        })
    }

    /// The product of two ranges.
    fn hull(&self, other: &Self) -> Option<Self> {
        let (a, b) = (self.scale(&other.lo)?, self.scale(&other.hi)?);
        Some(Linear {
            terms: Vec::new(),
            lo: a.lo.min(b.lo),
            hi: a.hi.max(b.hi),
            step: self.step.mul(&other.step)?,
        })
    }
}

/// The greatest common divisor of two numbers that are not negative; 0 is a multiple of everything.
fn common_divisor<T: Exact>(a: &T, b: &T) -> T {
    let (zero, one) = (T::from_value(0), T::from_value(1));
    let (mut a, mut b) = (a.clone(), b.clone());
    while b != zero {
        if a == one || b == one {
            return one;
        }
        (a, b) = (b.clone(), a.remainder(&b));
    }
    a
}

/// What a node is: `None` where it is no sum of multiples of cells and of a range.
pub(super) type Form<T> = Option<Linear<T>>;

/// What the slots of an expression read on a row.
#[derive(Debug)]
pub(super) struct Cells<T> {
    /// What each slot is.
    pub(super) slots: Vec<Form<T>>,
    /// The range of the cell that each slot reads, where it has one.
    pub(super) ends: Vec<Option<(T, T)>>,
}

impl<T: Exact> Cells<T> {
    /// What the last node is. The outer `None` on overflow, here as below.
    pub(super) fn root(&self, tape: &Tape) -> Option<Form<T>> {
        self.forms(tape)?.pop()
    }

    /// What every node is.
    fn forms(&self, tape: &Tape) -> Option<Vec<Form<T>>> {
        let mut forms: Vec<Form<T>> = Vec::with_capacity(tape.nodes.len());
        for node in &tape.nodes {
            let get = |child: &u32| forms[*child as usize].as_ref();
            let form = match node {
                Node::Const(value) => Some(Linear::value(T::from_value(*value))),
                Node::Challenge(_) => None,
                Node::Slot(slot) => self.slots[*slot as usize].clone(),
                Node::Neg(child) => match get(child) {
                    Some(form) => Some(form.scale(&T::from_value(-1))?),
                    None => None,
                },
                Node::Sum(children) if children.iter().all(|child| get(child).is_some()) => {
                    Some(Linear::sum(children.iter().filter_map(get))?)
                }
                Node::Sum(_) => None,
                Node::Product(children) => self.product(children.iter().map(get))?,
            };
            forms.push(form);
        }
        Some(forms)
    }

    fn product<'a>(
        &self,
        factors: impl Iterator<Item = Option<&'a Linear<T>>> + Clone,
    ) -> Option<Form<T>>
    where
        T: 'a,
    {
        // A factor of 0 hides what the others are.
        if let Some(zero) = factors.clone().flatten().find(|factor| factor.is_zero()) {
            return Some(Some(zero.clone()));
        }
        let mut product = Some(Linear::value(T::from_value(1)));
        for factor in factors {
            product = match (product, factor) {
                (Some(product), Some(factor)) => self.multiply(&product, factor)?,
                _ => None,
            };
        }
        Some(product)
    }

    fn multiply(&self, a: &Linear<T>, b: &Linear<T>) -> Option<Form<T>> {
        match (a.known(), b.known()) {
            (_, Some(by)) => Some(Some(a.scale(by)?)),
            (Some(by), None) => Some(Some(b.scale(by)?)),
            (None, None) => match (self.flat(a)?, self.flat(b)?) {
                (Some(a), Some(b)) => Some(Some(a.hull(&b)?)),
                _ => Some(None),
            },
        }
    }

    /// The form with the ranges of its cells added up; `None` where a cell has none.
    fn flat(&self, form: &Linear<T>) -> Option<Form<T>> {
        let mut flat = Linear {
            terms: Vec::new(),
            ..form.clone()
        };
        for (slot, factor) in &form.terms {
            let Some((lo, hi)) = &self.ends[*slot as usize] else {
                return Some(None);
            };
            let range = Linear {
                terms: Vec::new(),
                lo: lo.clone(),
                hi: hi.clone(),
                step: T::from_value(1),
            };
            flat = Linear::sum([flat, range.scale(factor)?].iter())?;
        }
        Some(Some(flat))
    }

    /// The range in which the identity holds the cell of the slot `sought`; `None` where it gives none.
    pub(super) fn solve(&self, identity: &Identity<'_>, sought: u32) -> Option<Option<(T, T)>> {
        let zero = T::from_value(0);
        let forms = self.forms(&identity.tape)?;
        let (least, greatest) = identity.target;
        let target = Linear {
            terms: Vec::new(),
            lo: T::from_value(greatest).neg()?,
            hi: T::from_value(least).neg()?,
            step: T::from_value(i128::from(identity.target != (0, 0))),
        };
        let mut hull: Option<(T, T)> = None;
        for factor in &identity.factors {
            let Some(form) = &forms[*factor as usize] else {
                return Some(None);
            };
            // What has to be 0, without the sought cell.
            let mut rest = Linear::sum([form, &target].into_iter())?;
            let own = rest.terms.iter().position(|(slot, _)| *slot == sought);
            let own = own.map(|position| rest.terms.remove(position).1);
            let Some(rest) = self.flat(&rest)? else {
                return Some(None);
            };
            let Some(own) = own else {
                let other_than_zero = rest.lo > zero || rest.hi < zero;
                if other_than_zero && below_prime(&rest.lo) && below_prime(&rest.hi) {
                    continue;
                }
                return Some(None);
            };
            let Some((lo, hi)) = root(&own, &rest)? else {
                return Some(None);
            };
            hull = Some(match hull {
                Some((least, greatest)) => (least.min(lo), greatest.max(hi)),
                None => (lo, hi),
            });
        }
        Some(hull)
    }
}

/// The range of `z` where `factor * z + rest` is 0, if `z` must be an integer; the outer `None` on overflow.
fn root<T: Exact>(factor: &T, rest: &Linear<T>) -> Option<Option<(T, T)>> {
    // The factor has an inverse in the field, so there is one root; it is an integer where the rest is a multiple.
    if !below_prime(factor) || rest.step.divide(factor).is_none() {
        return Some(None);
    }
    // The ends are multiples as well.
    let Some((a, b)) = rest.lo.divide(factor).zip(rest.hi.divide(factor)) else {
        return Some(None);
    };
    let (a, b) = (a.neg()?, b.neg()?);
    Some(Some(if a <= b { (a, b) } else { (b, a) }))
}

/// Whether the number is below the prime of every supported field in absolute value.
fn below_prime<T: Exact>(value: &T) -> bool {
    value.clone().into_big().bits() <= u64::from(limits::FIELD_BITS)
}
