//! Where the elements of products of matrices stand, and how their monomials go on.

use super::{
    super::{
        super::builder::{Builder, Result, names as shared},
        bands::Band,
        gates::Shape,
        monomials::{Schedule, monomial_steps},
        names,
        units::{A, B, Unit, Weave},
    },
    Contraction, END, KEEP,
};
use num_bigint::BigInt;
use std::collections::BTreeMap;
use zkc_support::{AffineExpr, Location, ValueId};

/// Where the cells of a product stand: its rows, and the columns of each operand.
struct Rows<'a> {
    band: &'a Band,
    shape: &'a Shape,
    width: i64,
    blocks: i64,
}

impl Rows<'_> {
    /// The row of a matrix, a number on the shared axis, and a block, counted from below.
    fn at(&self, block: AffineExpr) -> AffineExpr {
        let last = self.band.first + self.band.at[0] + self.blocks - 1;
        AffineExpr::Dim(0)
            .times(self.band.period)
            .plus(AffineExpr::Dim(1).times(self.blocks))
            .plus(block.times(-1))
            .plus(AffineExpr::Const(last))
    }
}

impl<'c> Builder<'c> {
    /// Cells and selectors of a product.
    pub(in super::super) fn place_contraction(
        &mut self,
        unit: &Unit<'c>,
        c: Contraction,
        band: &Band,
        shape: &Shape,
    ) -> Result<()> {
        let width = shape.strips * shape.pairs;
        let rows = Rows {
            band,
            shape,
            width,
            blocks: c.blocks(width),
        };
        let location = unit.location;
        for (slot, cell) in [A, B].into_iter().enumerate() {
            // Both are among the cells of every product.
            let register = unit.cells.iter().find(|(c, _)| *c == cell);
            let (_, register) = register.ok_or("an operand has no register")?;
            let full = c.outer[slot] / width;
            let block = AffineExpr::Dim(2);
            self.place_operand(
                c,
                *register,
                slot,
                (full, shape.strips),
                block,
                &rows,
                location,
            );
            let rest = c.outer[slot] % width;
            let block = AffineExpr::Const(full);
            self.place_operand(c, *register, slot, (1, rest), block, &rows, location);
        }
        let one = BigInt::from(1);
        let group = names::selector(unit.kind, Weave::PLAIN);
        let mut fill = |selector: i64, domain: &[i64], block: AffineExpr| {
            if domain.contains(&0) {
                return Ok(());
            }
            let column = AffineExpr::Const(c.column(selector, width));
            self.fill(&group, &one, domain, (column, rows.at(block)), location)
        };
        for cells in c.cells(width) {
            // Operands of one extent have the same rows.
            if cells.slot == 1 && c.outer[0] == c.outer[1] {
                continue;
            }
            let full = c.outer[cells.slot] / width;
            match cells.selector % 2 {
                0 => fill(
                    cells.selector,
                    &[c.batch, c.inner, full],
                    AffineExpr::Dim(2),
                )?,
                _ => fill(cells.selector, &[c.batch, c.inner], AffineExpr::Const(full))?,
            }
        }
        let kept = [c.batch, c.inner, rows.blocks - 1];
        fill(KEEP, &kept, AffineExpr::Dim(2))?;
        fill(END, &[c.batch, c.inner], AffineExpr::Const(0))
    }

    /// Elements of an operand, on full rows or on the one that is not.
    #[expect(clippy::too_many_arguments, reason = "what, and where in which rows")]
    fn place_operand(
        &mut self,
        c: Contraction,
        register: ValueId,
        slot: usize,
        (blocks, available): (i64, i64),
        block: AffineExpr,
        rows: &Rows,
        location: Location<'c>,
    ) {
        let shape = rows.shape;
        for pair in 0..shape.pairs {
            // On full rows all strips; elsewhere those of the elements that are left.
            let strips = match block {
                AffineExpr::Dim(_) => available,
                _ => (available - pair + shape.pairs - 1) / shape.pairs,
            };
            if strips < 1 || blocks < 1 {
                continue;
            }
            let domain = [c.batch, c.inner, blocks, strips];
            let x = block
                .clone()
                .times(rows.width)
                .plus(AffineExpr::Dim(3).times(shape.pairs))
                .plus(AffineExpr::Const(pair));
            let read = vec![AffineExpr::Dim(0), AffineExpr::Dim(1), x];
            let (group, count, first) = shape.pair_cell(2 * pair + slot as i64);
            let column = AffineExpr::Dim(3)
                .times(count)
                .plus(AffineExpr::Const(first));
            let at = (column, rows.at(block.clone()));
            self.place(register, group, &domain, read, at, location);
        }
    }
}

/// The monomials of a product's operands, from row to row; those of the second only if they differ from those of the first.
pub(in super::super) fn monomials(
    c: Contraction,
    band: &Band,
    width: i64,
    first: &mut Schedule,
    second: &mut Schedule,
) {
    for (slot, schedule) in [first, second].into_iter().enumerate() {
        if slot == 1 && !c.has_second() {
            return;
        }
        let blocks = c.blocks(width);
        let mut rows = BTreeMap::new();
        if c.starts_above(width) {
            rows.insert(band.first, (0, 0));
        }
        for n in 0..c.batch {
            for t in 0..c.inner {
                for block in 0..blocks {
                    let row = band.first + n * band.period + band.at[0] + t * blocks;
                    let x = (blocks - 1 - block) * width;
                    rows.insert(row + block, c.exponents(c.inner_down[slot], n, t, x));
                }
            }
        }
        monomial_steps(rows, schedule);
    }
}

impl Shape {
    /// A cell of a strip that products use: its group, columns of the group for each strip, and the first of them.
    pub(super) fn pair_cell(&self, i: i64) -> (&'static str, i64, i64) {
        match i - self.cells {
            limb if limb >= 0 => (shared::LIMB, self.limbs, limb),
            _ => (shared::CELL, self.cells, i),
        }
    }
}
