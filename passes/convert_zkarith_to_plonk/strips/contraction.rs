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

use super::super::{
    Lowering,
    builder::{Builder, Result, names as shared},
    movement::delinearize,
};
use super::{
    columns::{Band, Schedule, monomial_steps},
    gates::{Gates, Shape},
    lines::Lines,
    names,
    units::{A, B, Kind, Unit, Y},
};
use num_bigint::BigInt;
use std::collections::{BTreeMap, BTreeSet};
use zkc_support::{AffineExpr, FixedType, Location, Op, ValueId, as_affine_map};

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

impl<'c> Lowering<'_, 'c> {
    /// A product of two computed matrices.
    pub(in super::super) fn contraction_unit(&mut self, i: usize) -> Result<ValueId> {
        let op = &self.graph.ops[i];
        let location = op.location;
        let out = self.shape(op.result())?;
        let t = self.element(op.result())?;
        let rank = out.len();
        let (lead, last) = out.split_at(rank - 2);
        let [left, right] = [self.shape(op.operands[0])?, self.shape(op.operands[1])?];
        let batch = lead.iter().product();
        let inner = left[left.len() - 1];
        let outer = [last[0], last[1]];
        let numbers = delinearize(&AffineExpr::Dim(0), lead);
        let mut operands = Vec::new();
        let mut cells = Vec::new();
        let (mut inner_down, mut offsets) = ([true; 2], [0; 2]);
        for (slot, from) in [left, right].into_iter().enumerate() {
            let skipped = rank - from.len();
            let mut read: Vec<AffineExpr> = from[..from.len() - 2]
                .iter()
                .zip(&numbers[skipped..])
                .map(|(extent, number)| match extent {
                    1 => AffineExpr::Const(0),
                    _ => number.clone(),
                })
                .collect();
            let axes = [AffineExpr::Dim(2), AffineExpr::Dim(1)];
            read.extend(match slot {
                0 => axes,
                _ => {
                    let [outer, inner] = axes;
                    [inner, outer]
                }
            });
            let shape = [batch, inner, outer[slot]];
            let mut x = self.register(op.operands[slot])?;
            let tx = self.builder.element(x)?;
            let arranged = |lowering: &mut Self, x| {
                lowering
                    .builder
                    .gather(x, &shape, &tx, read.clone(), None, location)
            };
            let mut own = arranged(self, x)?;
            let mut found = self.moved_result(own);
            if found.is_none() {
                x = self.carry_unit(x, location)?;
                own = arranged(self, x)?;
                found = self.moved_result(own);
            }
            let Some(offset) = found else {
                return Err("an operand is no result of a unit".into());
            };
            inner_down[slot] = self.runs_along(own, &shape);
            offsets[slot] = offset;
            let width = FixedType {
                scale: 0,
                lo: &tx.lo - offset,
                hi: &tx.hi - offset,
            };
            let minus = BigInt::from(-offset);
            let cell = self.builder.affine(&[(own, 1)], &minus, &width, location)?;
            operands.push((own, offset));
            cells.push(([A, B][slot], cell));
        }
        let term = self.matmul(op)?;
        let product = self.builder.linear(&out, &[term], None, &t, location)?;
        cells.push((Y, product));
        let lines = self.lines(&out);
        self.add_unit(Unit {
            kind: Kind::Contraction(Contraction {
                batch,
                inner,
                outer,
                steps: [lines.step(rank - 2), lines.step(rank - 1)],
                inner_down,
                offsets,
            }),
            lines: Lines::new(&[batch], None, 1),
            operands,
            cells,
            limbs: Vec::new(),
            tag: 0,
            shown: None,
            location,
        });
        if self.is_read_in_order(op.result()) {
            return Ok(product);
        }
        self.carry_unit(product, location)
    }

    /// A copy in cells: whatever reads it, what is copied has one reader, which numbers lines and positions as they come.
    fn carry_unit(&mut self, x: ValueId, location: Location<'c>) -> Result<ValueId> {
        let (t, shape) = (self.builder.element(x)?, self.builder.shape(x)?);
        let lines = self.lines_of(x, &shape)?;
        let own = self.in_lines(x, &lines, location)?;
        let width = Self::from_zero(&t.hi - &t.lo);
        let y = self
            .builder
            .affine(&[(own, 1)], &-&t.lo, &width, location)?;
        let result = self.in_order(y, &lines, &shape, &t.lo, &t, location)?;
        self.add_unit(Unit {
            kind: Kind::Carry,
            lines,
            operands: vec![(x, Self::narrow(&t.lo)?)],
            cells: vec![(Y, y)],
            limbs: Vec::new(),
            tag: 0,
            shown: None,
            location,
        });
        Ok(result)
    }

    /// The lines of a unit that reads a register. Where that is made of products of matrices, lines past the last one repeat
    /// nothing: a product has each of its elements read alike.
    pub(super) fn lines_of(&self, x: ValueId, shape: &[i64]) -> Result<Lines> {
        let lines = self.lines(shape);
        if !self.reads_product(x) {
            return Ok(lines);
        }
        let t = self.builder.element(x)?;
        // Within the bounds, so that the unit has a result for it.
        let rest = BigInt::ZERO.clamp(t.lo, t.hi);
        let rest =
            i64::try_from(&rest).map_err(|_| "its bounds are further than 2^63 from zero")?;
        Ok(lines.with_rest(Some(rest)))
    }

    /// Whether a register is made of products of matrices, by linear maps.
    fn reads_product(&self, x: ValueId) -> bool {
        let Some(state) = &self.builder.strips else {
            return false;
        };
        let results = |products: bool| -> BTreeSet<usize> {
            let units = state.units.iter();
            units
                .filter(|u| matches!(u.kind, Kind::Contraction(_)) == products)
                .filter_map(|u| Some(u.result()?.index()))
                .collect()
        };
        let products = results(true);
        if products.is_empty() {
            return false;
        }
        let mut seen = results(false);
        let definitions = self.builder.program.definitions();
        let mut open = vec![x.index()];
        while let Some(v) = open.pop() {
            if products.contains(&v) {
                return true;
            }
            if seen.insert(v)
                && let Some(i) = definitions[v]
            {
                let operands = self.builder.program.ops[i].operands.iter();
                open.extend(operands.map(|v| v.index()));
            }
        }
        false
    }

    /// Whether the only reader of a value takes all of it in its own order: sums of one shape, up to a unit that numbers
    /// its lines as the value's shape says.
    fn is_read_in_order(&self, mut v: ValueId) -> bool {
        let shape = self.graph.tensor(v).map(|t| t.shape);
        loop {
            let mut users = self.graph.ops.iter().filter(|op| op.operands.contains(&v));
            let (Some(user), None) = (users.next(), users.next()) else {
                return false;
            };
            let result = user.result();
            if self.uses[v.index()] != 1 || self.graph.tensor(result).map(|t| t.shape) != shape {
                return false;
            }
            match user.name.as_str() {
                "zkarith.rescale" | "zkarith.relu" => return true,
                "zkarith.add" | "zkarith.sub" | "zkarith.upscale" => v = result,
                _ => return false,
            }
        }
    }

    /// What all elements of a register are more than the result of a unit that they are; `None` if they are none, or
    /// differ.
    fn moved_result(&self, register: ValueId) -> Option<i128> {
        let mut offset = 0;
        self.follow(register, &mut |op| {
            offset += op.int128("constant").unwrap_or(0);
            Some(())
        })?;
        Some(offset)
    }

    /// Follows moved data up to the result of a unit; `step` sees every operation on the way.
    fn follow(
        &self,
        register: ValueId,
        step: &mut dyn FnMut(&Op<'c>) -> Option<()>,
    ) -> Option<ValueId> {
        let units = &self.builder.strips.as_ref()?.units;
        let homes: BTreeSet<usize> = units
            .iter()
            .filter_map(|u| Some(u.result()?.index()))
            .collect();
        let definitions = self.builder.program.definitions();
        let mut v = register;
        while !homes.contains(&v.index()) {
            let op = &self.builder.program.ops[definitions[v.index()]?];
            let moves = op.name == "plonk.gather" && op.attr("fill").is_none();
            let shifts =
                op.name == "plonk.affine" && op.ints("coefficients").as_deref() == Some(&[1]);
            if !moves && !shifts {
                return None;
            }
            step(op)?;
            v = op.operand();
        }
        Some(v)
    }

    /// Where an element of moved data stands, in the order of lines.
    fn stands_at(&self, register: ValueId, mut point: Vec<i64>) -> Option<Vec<i64>> {
        self.follow(register, &mut |op| {
            if let Some(map) = op.attr("map").and_then(as_affine_map) {
                point = map
                    .results
                    .iter()
                    .map(|e| e.eval(&point))
                    .collect::<Option<_>>()?;
            }
            Some(())
        })?;
        Some(point)
    }

    /// Whether it is the shared axis of an operand, arranged as (matrix, shared, other), that runs down the strip; true if
    /// none does.
    fn runs_along(&self, register: ValueId, shape: &[i64]) -> bool {
        let step = |axis: usize| {
            let mut next = vec![0; 3];
            next[axis] = 1;
            let inside = shape[axis] > 1;
            let first = self.stands_at(register, vec![0; 3]).filter(|_| inside)?;
            let second = self.stands_at(register, next)?;
            let steps = first.iter().zip(&second).map(|(a, b)| b - a);
            Some(steps.collect::<Vec<_>>())
        };
        step(1) == Some(vec![0, 0, 1]) || step(2) != Some(vec![0, 0, 1])
    }
}

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
    pub(super) fn place_contraction(
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
        let group = names::selector(unit.kind);
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
pub(super) fn monomials(
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
    fn pair_cell(&self, i: i64) -> (&'static str, i64, i64) {
        match i - self.cells {
            limb if limb >= 0 => (shared::LIMB, self.limbs, limb),
            _ => (shared::CELL, self.cells, i),
        }
    }
}

impl<'c> Gates<'_, '_, 'c> {
    /// Elements of an operand on a row, in order, and what they lack added.
    fn pair_cells(&mut self, cells: Cells, offset: i128) -> Vec<ValueId> {
        let pairs = self.shape.pairs;
        (0..cells.count)
            .map(|x| {
                let (strip, pair) = (x / pairs, x % pairs);
                let i = 2 * pair + cells.slot as i64;
                let (group, count, first) = self.shape.pair_cell(i);
                let cell = self.query(group, strip * count + first, 0);
                self.plus(cell, offset)
            })
            .collect()
    }

    /// The running sums of one operand: `next = step * this + coefficient * (elements of the row)`.
    pub(super) fn running_sum(&mut self, slot: usize) {
        let width = self.shape.strips * self.shape.pairs;
        let name = names::RUNNING[slot];
        let run = self.query(names::RUN, 0, 0);
        let here = self.query(name, 0, 0);
        let next = self.query(name, 0, 1);
        let left = self.product(&[run, next]);
        let (mut kept, mut added) = (Vec::new(), Vec::new());
        let kinds: Vec<Contraction> = contractions(&self.shape.kinds).collect();
        for c in kinds {
            let [omega, rho] = c.steps[slot];
            let selectors = names::selector(Kind::Contraction(c));
            if c.blocks(width) > 1 {
                let q = self.query(&selectors, c.column(KEEP, width), 0);
                let step = self.powers(&[(names::OMEGA, omega * width), (names::RHO, rho * width)]);
                kept.push(match step {
                    Some(step) => self.product(&[step, q]),
                    None => q,
                });
            }
            for cells in c
                .cells(width)
                .into_iter()
                .filter(|cells| cells.slot == slot)
            {
                let q = self.query(&selectors, c.column(cells.selector, width), 0);
                let elements = self.pair_cells(cells, c.offsets[slot]);
                let base = [(names::OMEGA, omega), (names::RHO, rho)];
                let sum = self.by_powers(&elements, &base);
                added.push(self.product(&[q, sum]));
            }
        }
        let mut added = self.sum(&added);
        if slot == 0 {
            let coefficient = self.query(names::COEFFICIENT, 0, 0);
            added = self.product(&[coefficient, added]);
        }
        let mut right = vec![added];
        if !kept.is_empty() {
            let kept = self.sum(&kept);
            right.push(self.product(&[kept, here]));
        }
        let right = self.sum(&right);
        let poly = self.sub(left, right);
        self.constrain(names::GOES_ON, poly);
    }

    /// What products add to the sum of everything: their operands, and less the products of sums that end.
    pub(super) fn contracted(&mut self) -> Vec<ValueId> {
        let width = self.shape.strips * self.shape.pairs;
        let kinds: Vec<Contraction> = contractions(&self.shape.kinds).collect();
        let (mut by_monomial, mut ends) = ([Vec::new(), Vec::new()], Vec::new());
        for c in kinds {
            let selectors = names::selector(Kind::Contraction(c));
            for cells in c.cells(width) {
                let q = self.query(&selectors, c.column(cells.selector, width), 0);
                let elements = self.pair_cells(cells, 0);
                let base = match c.inner_down[cells.slot] {
                    true => names::OMEGA,
                    false => names::RHO,
                };
                let sum = self.by_powers(&elements, &[(base, 1)]);
                let theta = (cells.slot == 1).then(|| self.challenge(names::THETA));
                let factors: Vec<ValueId> =
                    [Some(q), theta, Some(sum)].into_iter().flatten().collect();
                let monomial = usize::from(cells.slot == 1 && c.has_second());
                by_monomial[monomial].push(self.product(&factors));
            }
            ends.push(self.query(&selectors, c.column(END, width), 0));
        }
        let mut out = Vec::new();
        for (monomial, terms) in [names::MONOMIAL, names::SECOND]
            .into_iter()
            .zip(by_monomial)
        {
            if !terms.is_empty() {
                let monomial = self.query(monomial, 0, 0);
                let sum = self.sum(&terms);
                out.push(self.product(&[monomial, sum]));
            }
        }
        if !ends.is_empty() {
            let end = self.sum(&ends);
            let [a, b] = names::RUNNING.map(|name| self.query(name, 0, 1));
            let product = self.product(&[end, a, b]);
            out.push(self.neg(product));
        }
        out
    }
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
            for slot in 0..2 {
                let mut seen = BTreeSet::new();
                let mut count = 0;
                c.elements(slot, |line, position, element| {
                    assert_eq!(element, count);
                    assert!(seen.insert((line, position)));
                    count += 1;
                });
                assert_eq!(count as i64, c.batch * c.inner * outer[slot]);
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
