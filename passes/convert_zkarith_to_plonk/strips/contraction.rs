//! Products of two computed matrices.
//!
//! `C[n, i, j] = sum of A[n, i, t] * B[n, t, j] over t` is no linear map of results. But the sum with random coefficients
//! holds all elements of `C` at once, and where whoever reads `C` gives `C[n, i, j]` a monomial `m_n x^i y^j`, with powers
//! of challenges for `x` and `y`, that is
//!
//! ```text
//! sum of m_n C[n, i, j] x^i y^j  =  sum over n, t of (sum of m_n x^i A[n, i, t]) * (sum of y^j B[n, t, j])
//! ```
//!
//! The elements of `A` and `B` with one `n` and `t` stand on the same rows, as many on each as there are cells. Two
//! columns of phase 1 run down these rows and add them up, and where they end, their product goes into the sum of
//! everything. Nothing stands for `C`: it is a result without a cell, whose coefficient for `i = j = 0` is `m_n`.

mod gates;
mod lowering;
mod placement;

pub(super) use placement::monomials;

use super::units::Kind;
use std::collections::BTreeSet;

/// What the gates and rows of a product depend on. Matrices are numbered row-major over the leading axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Contraction {
    /// Number of matrices.
    pub(super) batch: i64,
    /// Extent of the axis that both operands share.
    pub(super) inner: i64,
    /// Rows of the first operand, and columns of the second.
    pub(super) outer: [i64; 2],
    /// What the reader's monomial gains from a row of the result to the next, and from a column to the next: exponents of
    /// `omega` and `rho`.
    pub(super) steps: [[i64; 2]; 2],
    /// For each operand, whether positions count the shared axis, and lines the other one; or the other way round.
    pub(super) inner_down: [bool; 2],
    /// What the cells of each operand lack.
    pub(super) offsets: [i128; 2],
}

/// Fixed columns of a product: rows with cells of the first and of the second operand, all of them and some of them; rows
/// on which the running sums go on; rows on which they end.
const SELECTORS: usize = 6;
const KEEP: i64 = 4;
const END: i64 = 5;

/// The cells of an operand on one kind of row.
#[derive(Clone, Copy, Debug)]
struct Cells {
    slot: usize,
    selector: i64,
    count: i64,
}

impl Contraction {
    /// Name of its selectors.
    pub(super) fn name(self) -> String {
        let Self {
            batch,
            inner,
            outer: [rows, columns],
            steps,
            inner_down,
            offsets,
        } = self;
        let steps = steps.map(|[omega, rho]| format!("{omega}_{rho}")).join("_");
        let down = inner_down.map(|d| if d { "d" } else { "a" }).concat();
        let signed = |offset: i128| match offset < 0 {
            true => format!("n{}", offset.unsigned_abs()),
            false => offset.to_string(),
        };
        let offsets = offsets.map(signed).join("_");
        format!("contraction_{batch}_{rows}_{inner}_{columns}_{steps}_{down}_{offsets}")
    }

    /// The larger of both outer extents.
    fn most(self) -> i64 {
        self.outer[0].max(self.outer[1])
    }

    /// Rows that the elements with one number on the shared axis take, with `width` of either operand on a row.
    fn blocks(self, width: i64) -> i64 {
        (self.most() + width - 1) / width
    }

    /// Rows of one matrix.
    pub(super) fn height(self, width: i64) -> i64 {
        self.inner * self.blocks(width)
    }

    /// Whether a row above the first one with elements is needed: monomials start at 1 there, as the first block is the
    /// last one by number.
    pub(super) fn starts_above(self, width: i64) -> bool {
        self.blocks(width) > 1
    }

    /// Whether the operands' monomials run differently.
    pub(super) fn has_second(self) -> bool {
        self.inner_down[0] != self.inner_down[1]
    }

    /// Calls a function with line, position and number of each element of an operand.
    pub(super) fn elements(self, slot: usize, mut f: impl FnMut(u32, u32, usize)) {
        let outer = self.outer[slot];
        let mut element = 0;
        for n in 0..self.batch {
            for t in 0..self.inner {
                for x in 0..outer {
                    let (line, position) = self.exponents(self.inner_down[slot], n, t, x);
                    f(line as u32, position as u32, element);
                    element += 1;
                }
            }
        }
    }

    /// Line and position of an element.
    fn exponents(self, inner_down: bool, n: i64, t: i64, x: i64) -> (i64, i64) {
        match inner_down {
            true => (n * self.most() + x, t),
            false => (n * self.inner + t, x),
        }
    }

    /// What stands on which rows; operands of one extent share selectors.
    fn cells(self, width: i64) -> Vec<Cells> {
        let mut out = Vec::new();
        for (slot, outer) in self.outer.into_iter().enumerate() {
            let first = if self.outer[1] == self.outer[0] {
                0
            } else {
                2 * slot as i64
            };
            for (selector, count, any) in [
                (first, width, outer >= width),
                (first + 1, outer % width, outer % width > 0),
            ] {
                if any {
                    out.push(Cells {
                        slot,
                        selector,
                        count,
                    });
                }
            }
        }
        out
    }

    /// Which of the selectors are in use.
    fn used(self, width: i64) -> [bool; SELECTORS] {
        let mut used = [false; SELECTORS];
        for cells in self.cells(width) {
            used[cells.selector as usize] = true;
        }
        used[KEEP as usize] = self.blocks(width) > 1;
        used[END as usize] = true;
        used
    }

    /// Number of fixed columns.
    pub(super) fn columns(self, width: i64) -> i64 {
        self.used(width).into_iter().filter(|used| *used).count() as i64
    }

    /// The column of a selector.
    fn column(self, selector: i64, width: i64) -> i64 {
        let used = self.used(width);
        used[..selector as usize]
            .iter()
            .filter(|used| **used)
            .count() as i64
    }
}

/// The products among the kinds of a circuit.
pub(super) fn contractions(kinds: &BTreeSet<Kind>) -> impl Iterator<Item = Contraction> {
    kinds.iter().filter_map(|kind| match kind {
        Kind::Contraction(c) => Some(*c),
        _ => None,
    })
}

/// Elements of either operand in a strip: cells and limbs of other units are free where a product stands.
///
/// There are two cells at least, since every circuit has an input, and every input a cell and a limb.
pub(super) fn pairs(kinds: &BTreeSet<Kind>, bits: u32) -> i64 {
    let most = |f: &dyn Fn(&Kind) -> i64| kinds.iter().map(f).max().unwrap_or(0);
    let cells = most(&|k| k.cells()).max(1);
    let limbs = most(&|k| k.limbs(bits).into());
    ((cells + limbs) / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(outer: [i64; 2]) -> Contraction {
        Contraction {
            batch: 2,
            inner: 3,
            outer,
            steps: [[1, 0], [0, 1]],
            inner_down: [true, false],
            offsets: [0, -7],
        }
    }

    #[test]
    fn no_two_elements_of_an_operand_have_one_monomial() {
        for outer in [[5, 2], [1, 4], [3, 3]] {
            let c = product(outer);
            for (slot, extent) in outer.into_iter().enumerate() {
                let mut seen = BTreeSet::new();
                let mut count = 0;
                c.elements(slot, |line, position, element| {
                    assert_eq!(element, count);
                    assert!(seen.insert((line, position)));
                    count += 1;
                });
                assert_eq!(count as i64, c.batch * c.inner * extent);
            }
        }
    }

    #[test]
    fn selectors_are_counted_once() {
        // One full row, which is the only one: no sums go on, both operands share it.
        assert_eq!(product([4, 4]).columns(4), 2);
        // A full row and a rest of the first, only a rest of the second.
        assert_eq!(product([5, 2]).columns(4), 5);
        assert_eq!(product([5, 2]).blocks(4), 2);
    }
}
