//! The grid: what stands in the columns.

use super::{
    super::builder::{Builder, Result, names as shared},
    Plan,
    bands::{Band, Laid, bands, kinds, order, reached},
    contraction::{self, contractions, pairs},
    gates::{Gates, Shape, steps},
    monomials::{Schedule, monomials},
    names,
    schedule::{Row, Step},
    units::{Kind, Unit, Weave},
};
use crate::expressions::{column_group, first_challenge, plain};
use num_bigint::BigInt;
use std::collections::BTreeSet;
use zkc_support::{
    AffineExpr, AffineMap, Attribute, Graph, Location, Op, i64_attr, string, symbol, unit,
};

impl<'c> Builder<'c> {
    /// The finished circuit in strips.
    pub(in super::super) fn finish_strips(mut self) -> Result<Graph<'c>> {
        let Some(state) = self.strips.take() else {
            return Err("the layout has no strips".into());
        };
        let plan = state.plan;
        let laid = order(&self, &state.units)?;
        let reached = reached(&laid, plan.lanes);
        let (bands, rows, addends) = bands(&laid, &reached, (plan.strips, plan.limb_bits));
        drop(reached);
        // On the last usable row the sum is zero.
        let active = Plan::usable_rows(plan.k) - 1;
        if rows > active {
            return Err(format!(
                "the layout needs {rows} rows, but k = {} has {active}; remove `{}` or raise k",
                plan.k,
                Plan::ATTRIBUTE
            ));
        }
        let bits = plan.limb_bits as u32;
        let pairs = pairs(&kinds(&laid.units), bits);
        let kinds = laid.units.iter().zip(&bands);
        let kinds: BTreeSet<_> = kinds.map(|(u, b)| (u.kind, b.weave())).collect();
        let columns = |f: &dyn Fn(Kind) -> i64| kinds.iter().map(|k| f(k.0)).max().unwrap_or(0);
        let mut shape = Shape {
            strips: plan.strips,
            lanes: plan.lanes,
            bits,
            cells: columns(&|k| k.cells()).max(1),
            limbs: columns(&|k| k.limbs(bits).into()),
            pairs,
            public: laid
                .units
                .first()
                .map_or(1, |u| u.side_by_side(plan.strips)),
            widths: widths(kinds.iter().map(|(kind, _)| *kind), bits),
            kinds,
            moves: Vec::new(),
            second_moves: Vec::new(),
            jumps: Vec::new(),
            addends: Vec::new(),
            biases: [false; 2],
        };
        let (mut schedule, mut second) = (Schedule::new(rows), Schedule::new(rows));
        schedule.addends = addends.into_iter().collect();
        // Moves have to be known before the columns of jumps are, and jumps before those of addends.
        for (unit, band) in laid.units.iter().zip(&bands) {
            if let Kind::Contraction(c) = unit.kind {
                let width = plan.strips * shape.pairs;
                contraction::monomials(c, band, width, &mut schedule, &mut second);
            } else {
                monomials(unit, band, &mut schedule);
            }
        }
        schedule.bases(&laid, &bands);
        let Laid { units, analysis } = laid;
        for (i, (unit, band)) in units.iter().zip(&bands).enumerate() {
            if let Some(coefficients) = &analysis.coefficients[i] {
                let groups = 0..unit.lines.groups();
                let rows = groups.flat_map(|g| {
                    let mut rows = coefficients.group(g, plan.lanes as u32, &band.rows);
                    // The coefficient of a matrix stands on all rows with its elements.
                    rows.resize(band.period as usize, Row::SAME);
                    rows
                });
                self.coefficients(band, rows.collect(), &plan, &mut schedule, unit.location)?;
            }
            let biases = self.biases(unit, &analysis.operands[i], band)?;
            for (slot, any) in biases.into_iter().enumerate() {
                shape.biases[slot] |= any;
            }
            self.place_unit(unit, band, &shape, i > 0)?;
        }
        shape.moves = std::mem::take(&mut schedule.moves);
        shape.jumps = std::mem::take(&mut schedule.jumps);
        shape.addends = std::mem::take(&mut schedule.addends);
        shape.second_moves = std::mem::take(&mut second.moves);
        self.place_schedule(names::STEP, &schedule, (0, shape.schedule()))?;
        if !shape.second_moves.is_empty() {
            let range = (steps::START, 1 + shape.second_moves.len() as i64);
            self.place_schedule(names::SECOND_STEP, &second, range)?;
        }
        self.place_active(active)?;
        self.structure(shape, plan)
    }

    /// Coefficients: the schedule and the lanes, each on the row above the one that they lead to.
    fn coefficients(
        &mut self,
        band: &Band,
        rows: Vec<Row>,
        plan: &Plan,
        schedule: &mut Schedule,
        location: Location<'c>,
    ) -> Result<()> {
        let width = (plan.strips * plan.lanes) as usize;
        let first_addend = steps::REST + (schedule.moves.len() + schedule.jumps.len()) as i64;
        let mut lanes = vec![0i128; rows.len() * width];
        let mut any = false;
        for (i, row) in rows.iter().enumerate() {
            let above = band.first + i as i64 - 1;
            match row.step {
                Step::Fresh => {}
                Step::Keep => schedule.set(above, steps::KEEP),
                Step::Rho => schedule.set(above, steps::RHO),
            }
            if let Some(addend) = row.addend {
                // The schedule lists every addend.
                let column = schedule.addends.binary_search(&addend).unwrap_or(0);
                schedule.set(above, first_addend + column as i64);
            }
            for (lane, weight) in &row.weights {
                lanes[i * width + *lane as usize] = (*weight).into();
                any = true;
            }
        }
        if !any {
            return Ok(());
        }
        let shape = [rows.len() as i64, width as i64];
        let lanes = self.constant(&shape, &lanes, location)?;
        let at = (
            AffineExpr::Dim(1),
            AffineExpr::Dim(0).plus(AffineExpr::Const(band.first - 1)),
        );
        let read = AffineMap::identity(2).results;
        self.place(lanes, names::LANE, &shape, read, at, location);
        Ok(())
    }

    /// What is subtracted from the forms of a unit's operands; says which operands have any.
    fn biases(
        &mut self,
        unit: &Unit<'c>,
        operands: &[std::rc::Rc<super::sparse::Rows>],
        band: &Band,
    ) -> Result<Vec<bool>> {
        let mut out = Vec::new();
        for (slot, rows) in operands.iter().enumerate() {
            let offset = unit.operands[slot].1;
            if let Kind::Contraction(_) = unit.kind {
                if (0..rows.len()).any(|element| rows.constant(element) != offset) {
                    return Err("the elements of a product's operand have several offsets".into());
                }
                continue;
            }
            let register = unit.lines.register();
            let mut values = Vec::with_capacity(rows.len());
            for line in 0..unit.lines.all() {
                let (group, strip) = (line / register[1], line % register[1]);
                let repeats = unit.lines.repeats(group, strip);
                let rest = unit.lines.rest().filter(|_| repeats);
                for element in unit.lines.elements(group, strip) {
                    // form + offset = constant + terms
                    let constant = rest.map_or(rows.constant(element), i128::from);
                    values.push(constant - offset);
                }
            }
            let any = values.iter().any(|v| *v != 0);
            out.push(any);
            if !any {
                continue;
            }
            let bias = self.constant(&register, &values, unit.location)?;
            for mut run in band.runs() {
                // The monomial of a public value stands one row below it.
                run[3] += i64::from(unit.kind == Kind::Public);
                let domain = [register[0], register[1], run[0]];
                let (read, at) = (read(&run), at(band, &run, AffineExpr::Dim(1)));
                self.place(bias, names::BIASES[slot], &domain, read, at, unit.location);
            }
        }
        Ok(out)
    }

    fn place_unit(
        &mut self,
        unit: &Unit<'c>,
        band: &Band,
        shape: &Shape,
        between: bool,
    ) -> Result<()> {
        let location = unit.location;
        let one = BigInt::from(1);
        if between {
            self.fill_row(names::BETWEEN, band.first, location)?;
        }
        if let Kind::Contraction(c) = unit.kind {
            return self.place_contraction(unit, c, band, shape);
        }
        let [groups, strips, len] = unit.lines.register();
        for run in band.runs() {
            let domain = [groups, strips, run[0]];
            let column =
                |count: i64, i: i64| AffineExpr::Dim(1).times(count).plus(AffineExpr::Const(i));
            for (cell, register) in &unit.cells {
                let at = at(band, &run, column(shape.cells, *cell));
                self.place(*register, shared::CELL, &domain, read(&run), at, location);
            }
            for (i, register) in (0i64..).zip(&unit.limbs) {
                let at = at(band, &run, column(shape.limbs, i));
                self.place(*register, shared::LIMB, &domain, read(&run), at, location);
            }
            let rows = [groups, run[0]];
            let mut fill = |group: &str, column: i64, value: &BigInt| {
                let row = AffineExpr::Dim(0)
                    .times(band.period)
                    .plus(AffineExpr::Dim(1).times(run[4]))
                    .plus(AffineExpr::Const(band.first + run[3]));
                self.fill(
                    group,
                    value,
                    &rows,
                    (AffineExpr::Const(column), row),
                    location,
                )
            };
            fill(&names::selector(unit.kind, band.weave()), 0, &one)?;
            if unit.result().is_some() {
                fill(names::RESULT, 0, &one)?;
            }
            for i in 0..unit.limbs.len() as i64 {
                fill(names::ON_LIMB, i, &one)?;
            }
            if let Some((limb, width)) = unit.kind.short(shape.bits) {
                fill(names::WIDTH, limb.into(), &width.into())?;
            }
            if unit.kind.is_table() {
                fill(names::ON_TABLE, 0, &one)?;
                fill(shared::TAG, 0, &BigInt::from(unit.tag))?;
            }
        }
        if let Some(shown) = unit.shown {
            // All columns down to the last rows, and what is left of those.
            let whole = unit.lines.count() / strips;
            for (groups, first, columns) in [
                (whole, 0, strips),
                (groups - whole, whole, unit.lines.count() % strips),
            ] {
                if groups == 0 {
                    continue;
                }
                let group = AffineExpr::Dim(0).plus(AffineExpr::Const(first));
                let line = group.clone().times(strips).plus(AffineExpr::Dim(1));
                let read = vec![line.times(len).plus(AffineExpr::Dim(2))];
                let at = (
                    AffineExpr::Dim(1),
                    group.times(len).plus(AffineExpr::Dim(2)),
                );
                let domain = [groups, columns, len];
                self.place(shown, shared::PUBLIC, &domain, read, at, location);
            }
        }
        Ok(())
    }

    /// The table of limbs: the integers of a limb, and if some limbs have fewer bits, a first column that says how many, and
    /// the integers of these; it is 0 for all others.
    fn limb_columns(&self, widths: &BTreeSet<u32>, limb_bits: i64) -> Result<Vec<Attribute<'c>>> {
        if widths.is_empty() {
            return Ok(vec![self.range_column()?]);
        }
        let all = std::iter::once((0, limb_bits));
        let all = all.chain(widths.iter().map(|w| (i128::from(*w), i64::from(*w))));
        let (mut tags, mut values) = (Vec::new(), Vec::new());
        for (tag, bits) in all {
            for value in 0..1i128 << bits {
                tags.push(tag);
                values.push(value);
            }
        }
        let column = |values: &[i128]| {
            let made = self
                .constants
                .make_integers(self.context, &[values.len() as i64], values);
            made.map_err(|e| e.to_string())
        };
        Ok(vec![column(&tags)?, column(&values)?])
    }

    fn fill_row(&mut self, group: &str, row: i64, location: Location<'c>) -> Result<()> {
        let at = (
            AffineExpr::Const(0),
            AffineExpr::Dim(0).plus(AffineExpr::Const(row)),
        );
        self.fill(group, &BigInt::from(1), &[1], at, location)
    }

    /// Where columns go on, and where the sum is zero.
    fn place_active(&mut self, active: i64) -> Result<()> {
        let location = self.program.location;
        let at = (AffineExpr::Const(0), AffineExpr::Dim(0));
        self.fill(names::RUN, &BigInt::from(1), &[active], at, location)?;
        self.fill_row(names::ENDS, 0, location)?;
        self.fill_row(names::ENDS, active, location)
    }

    /// The constraint system in front of the program.
    fn structure(mut self, shape: Shape, plan: Plan) -> Result<Graph<'c>> {
        let (context, location) = (self.context, self.program.location);
        let group = |op: &str, name: &str, count: i64, phase: Option<i64>| {
            column_group(context, op, name, count, phase, location)
        };
        let challenge = |name: &str| first_challenge(context, name, location);
        let tables = shape.kinds.iter().any(|k| k.0.is_table());
        let based = !shape.jumps.is_empty();
        let mut out: Vec<Op<'c>> = [names::OMEGA, names::RHO, names::TAU, names::THETA]
            .map(challenge)
            .into();
        let width = shape.schedule();
        let advice = |name: &str, count, phase| group("plonk.advice", name, count, Some(phase));
        let fixed = |name: &str, count| group("plonk.fixed", name, count, None);
        out.push(advice(shared::CELL, shape.strips * shape.cells, 0));
        if shape.limbs > 0 {
            out.push(advice(shared::LIMB, shape.strips * shape.limbs, 0));
            out.push(fixed(names::ON_LIMB, shape.limbs));
            if !shape.widths.is_empty() {
                out.push(fixed(names::WIDTH, shape.limbs));
            }
        }
        out.extend([
            advice(names::MONOMIAL, 1, 1),
            advice(names::COEFFICIENT, shape.strips, 1),
            advice(names::TOTAL, 1, 1),
            fixed(names::LANE, shape.strips * shape.lanes),
            fixed(names::STEP, width),
            fixed(names::RESULT, 1),
            fixed(names::BETWEEN, 1),
            fixed(names::RUN, 1),
            fixed(names::ENDS, 1),
        ]);
        if based {
            out.push(advice(names::BASE, 1, 1));
        }
        for (name, any) in names::BIASES.iter().zip(shape.biases) {
            if any {
                out.push(fixed(name, shape.strips));
            }
        }
        let width = shape.strips * shape.pairs;
        out.extend(shape.kinds.iter().map(|(kind, weave)| {
            let columns = match kind {
                Kind::Contraction(c) => c.columns(width),
                _ => 1,
            };
            fixed(&names::selector(*kind, *weave), columns)
        }));
        let products = contractions(&shape.distinct()).next().is_some();
        if products {
            out.extend(names::RUNNING.map(|name| advice(name, 1, 1)));
        }
        if !shape.second_moves.is_empty() {
            out.push(advice(names::SECOND, 1, 1));
            out.push(fixed(
                names::SECOND_STEP,
                1 + shape.second_moves.len() as i64,
            ));
        }
        if tables {
            out.extend([fixed(names::ON_TABLE, 1), fixed(shared::TAG, 1)]);
        }
        if shape.kinds.contains(&(Kind::Public, Weave::PLAIN)) {
            let mut instance = group("plonk.instance", shared::PUBLIC, shape.public, None);
            instance.set_attr("by_gates", unit(context));
            out.push(instance);
        }
        if shape.limbs > 0 {
            let columns = self.limb_columns(&shape.widths, plan.limb_bits)?;
            out.push(self.table(shared::RANGE, &columns));
        }
        if tables {
            let columns = self.function_columns()?;
            out.push(self.table(shared::FUNCTIONS, &columns));
        }
        out.extend(Gates::new(&mut self.program, &shape, location).build());
        let derive = |group: &str, column: i64, gate: &str| {
            let attributes = [
                ("group", symbol(context, group)),
                ("column", i64_attr(context, column)),
                ("rotation", i64_attr(context, 1)),
                ("gate", symbol(context, gate)),
                ("constraint", string(context, names::GOES_ON)),
            ];
            plain("plonk.derive", &attributes, location)
        };
        out.push(derive(names::MONOMIAL, 0, names::MONOMIAL_GATE));
        if !shape.second_moves.is_empty() {
            out.push(derive(names::SECOND, 0, names::SECOND_GATE));
        }
        if based {
            out.push(derive(names::BASE, 0, names::BASE_GATE));
        }
        for strip in 0..shape.strips {
            let gate = names::coefficient_gate(strip);
            out.push(derive(names::COEFFICIENT, strip, &gate));
        }
        if products {
            let gates = names::RUNNING.into_iter().zip(names::RUNNING_GATES);
            out.extend(gates.map(|(name, gate)| derive(name, 0, gate)));
        }
        out.push(derive(names::TOTAL, 0, names::TOTAL_GATE));
        out.append(&mut self.program.ops);
        self.program.ops = out;
        let k = i64_attr(context, plan.k);
        let attributes = [("k", k), ("no_copies", unit(context))];
        let attributes = attributes.map(|(name, value)| (name.into(), value));
        self.program.attributes.extend(attributes);
        Ok(self.program)
    }
}

/// Widths of limbs that have fewer bits than others.
pub(super) fn widths(kinds: impl Iterator<Item = Kind>, bits: u32) -> BTreeSet<u32> {
    kinds
        .filter_map(|k| k.short(bits))
        .map(|(_, w)| w)
        .collect()
}

/// From (group, strip, number in the run) to an index of a register in the order of lines.
fn read(run: &[i64; 5]) -> Vec<AffineExpr> {
    let position = AffineExpr::Dim(2)
        .times(run[2])
        .plus(AffineExpr::Const(run[1]));
    vec![AffineExpr::Dim(0), AffineExpr::Dim(1), position]
}

/// The cell of an element: its column, and its row in the band.
fn at(band: &Band, run: &[i64; 5], column: AffineExpr) -> (AffineExpr, AffineExpr) {
    let row = AffineExpr::Dim(0)
        .times(band.period)
        .plus(AffineExpr::Dim(2).times(run[4]))
        .plus(AffineExpr::Const(band.first + run[3]));
    (column, row)
}
