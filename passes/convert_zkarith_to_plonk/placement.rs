//! Which cells the tensors of an operation stand in.

use super::{
    builder::{Builder, Instance, Result, Term, names},
    gates,
};
use crate::{
    gadgets::{CELLS, Gadget},
    layout::Layout,
};
use num_bigint::BigInt;
use zkc_support::{
    AffineExpr, AffineMap, Attribute, FixedType, Location, ValueId, i64_attr, i64s, map_attr,
    symbol,
};

impl<'c> Builder<'c> {
    pub(super) fn place(
        &mut self,
        register: ValueId,
        group: &str,
        domain: &[i64],
        read: Vec<AffineExpr>,
        at: (AffineExpr, AffineExpr),
        location: Location<'c>,
    ) {
        let attributes = [
            ("group", symbol(self.context, group)),
            ("domain", i64s(self.context, domain)),
            (
                "read",
                map_attr(self.context, &AffineMap::new(domain.len(), read)),
            ),
            (
                "at",
                map_attr(
                    self.context,
                    &AffineMap::new(domain.len(), vec![at.0, at.1]),
                ),
            ),
        ];
        self.program
            .push("plonk.place", &[register], &[], &attributes, location);
    }

    pub(super) fn fill(
        &mut self,
        group: &str,
        value: &BigInt,
        domain: &[i64],
        at: (AffineExpr, AffineExpr),
        location: Location<'c>,
    ) -> Result<()> {
        let attributes = [
            ("group", symbol(self.context, group)),
            ("domain", i64s(self.context, domain)),
            (
                "at",
                map_attr(
                    self.context,
                    &AffineMap::new(domain.len(), vec![at.0, at.1]),
                ),
            ),
            ("value", self.wide(value)?),
        ];
        self.program
            .push("plonk.fill", &[], &[], &attributes, location);
        Ok(())
    }

    /// A linear map, laid out over the lanes of the linear blocks; returns the full sums.
    ///
    /// Output `o` (in row-major order) takes block `o mod B`; its taps fill the lanes of
    /// consecutive rows, and each row adds its products to the sum of the row before.
    pub(super) fn linear(
        &mut self,
        shape: &[i64],
        terms: &[Term],
        bias: Option<ValueId>,
        result: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let n: i64 = shape.iter().product();
        let total: i64 = terms.iter().map(|t| t.taps.iter().product::<i64>()).sum();
        if self.strips.is_some() {
            // No cells: the sum is part of the expressions that read it.
            let sums =
                self.partial_sums(shape, terms, bias, result, (1, total.max(1)), location)?;
            let mut last = AffineMap::identity(shape.len()).results;
            last.push(AffineExpr::Const(0));
            return self.gather(sums, shape, result, last, None, location);
        }
        let Layout { lanes, blocks, .. } = self.layout;
        let chunks = (total + lanes - 1) / lanes;
        let chunks = chunks.max(1);
        let row = self.linear_row;
        self.linear_row += (n + blocks - 1) / blocks * chunks;

        let partial = self.partial_sums(shape, terms, bias, result, (chunks, lanes), location)?;
        let output = AffineExpr::linear(0, shape);
        let block = output.clone().modulo(blocks);
        let first = output
            .floor_div(blocks)
            .times(chunks)
            .plus(AffineExpr::Const(row));
        let mut base = 0;
        for term in terms {
            let domain: Vec<i64> = shape.iter().chain(&term.taps).copied().collect();
            let tap = AffineExpr::linear(shape.len(), &term.taps).plus(AffineExpr::Const(base));
            base += term.taps.iter().product::<i64>();
            let lane = block.clone().times(lanes).plus(tap.clone().modulo(lanes));
            let at = (lane, first.clone().plus(tap.floor_div(lanes)));
            self.place(
                term.input,
                names::LANE,
                &domain,
                term.read.clone(),
                at.clone(),
                location,
            );
            let read = term.weight_read.clone();
            self.place(term.weights, names::WEIGHT, &domain, read, at, location);
        }
        let identity = AffineMap::identity(shape.len()).results;
        if let Some(bias) = bias {
            let at = (block.clone(), first.clone());
            self.place(bias, names::BIAS, shape, identity, at, location);
        }
        let domain: Vec<i64> = shape.iter().copied().chain([chunks]).collect();
        let identity = AffineMap::identity(domain.len()).results;
        let at = (block, first.plus(AffineExpr::Dim(shape.len())));
        self.place(partial, names::SUM, &domain, identity, at, location);

        let one = BigInt::from(1);
        for b in 0..blocks.min(n) {
            let count = (n - b + blocks - 1) / blocks;
            let at = (
                AffineExpr::Const(b),
                AffineExpr::Dim(0).plus(AffineExpr::Const(row)),
            );
            self.fill(names::Q_SUM, &one, &[count * chunks], at, location)?;
            if chunks > 1 {
                let at = (
                    AffineExpr::Const(b),
                    AffineExpr::linear(0, &[count, chunks]).plus(AffineExpr::Const(row + 1)),
                );
                self.fill(names::Q_CHAIN, &one, &[count, chunks - 1], at, location)?;
            }
        }
        let mut last = AffineMap::identity(shape.len()).results;
        last.push(AffineExpr::Const(chunks - 1));
        self.gather(partial, shape, result, last, None, location)
    }

    fn partial_sums(
        &mut self,
        shape: &[i64],
        terms: &[Term],
        bias: Option<ValueId>,
        result: &FixedType,
        (chunks, chunk): (i64, i64),
        location: Location<'c>,
    ) -> Result<ValueId> {
        // A partial sum may leave the bounds of the full one; absolute sums enclose them all. A sum in one piece has the
        // bounds that the analysis gave it.
        let magnitude = |t: &FixedType| t.hi.magnitude().max(t.lo.magnitude()).clone();
        let mut bound = BigInt::ZERO;
        for term in terms {
            let taps: i64 = term.taps.iter().product();
            let (x, w) = (self.element(term.input)?, self.element(term.weights)?);
            bound += BigInt::from(magnitude(&x) * magnitude(&w)) * taps;
        }
        if let Some(bias) = bias {
            bound += BigInt::from(magnitude(&self.element(bias)?));
        }
        let t = match chunks {
            1 => result.clone(),
            _ => FixedType {
                scale: result.scale,
                lo: -bound.clone().max(-&result.lo),
                hi: bound.max(result.hi.clone()),
            },
        };
        let context = self.context;
        let maps = |f: &dyn Fn(&Term) -> &Vec<AffineExpr>| {
            let list: Vec<Attribute> = terms
                .iter()
                .map(|t| {
                    let dims = shape.len() + t.taps.len();
                    map_attr(context, &AffineMap::new(dims, f(t).clone()))
                })
                .collect();
            zkc_support::array(context, &list)
        };
        let taps: Vec<Attribute> = terms.iter().map(|t| i64s(context, &t.taps)).collect();
        let n = terms.len();
        let segments = format!("array<i32: {n}, {n}, {}>", i32::from(bias.is_some()));
        let segments = Attribute::parse(context, &segments).ok_or("segments do not parse")?;
        let attributes = [
            ("taps", zkc_support::array(context, &taps)),
            ("input_maps", maps(&|t| &t.read)),
            ("weight_maps", maps(&|t| &t.weight_read)),
            ("chunk", i64_attr(context, chunk)),
            ("operandSegmentSizes", segments),
        ];
        let operands: Vec<ValueId> = terms
            .iter()
            .map(|t| t.input)
            .chain(terms.iter().map(|t| t.weights))
            .chain(bias)
            .collect();
        let full: Vec<i64> = shape.iter().copied().chain([chunks]).collect();
        self.compute("plonk.linear", &operands, &full, &t, &attributes, location)
    }

    /// A gadget on every element of registers of one shape.
    ///
    /// Element `i` (in row-major order) takes unit `i mod U`; an instance is as many rows high as
    /// its limbs need.
    pub(super) fn gadget(&mut self, instance: &Instance, location: Location<'c>) -> Result<()> {
        let Layout {
            units,
            limbs: columns,
            ..
        } = self.layout;
        let gadget = instance.gadget;
        let height = gadget.height(columns);
        let shape = self.shape(instance.cells[0].1)?;
        let n: i64 = shape.iter().product();
        let row = self.gadget_row;
        let rows = (n + units - 1) / units;
        self.gadget_row += rows * height;
        self.gadgets.insert(gadget);

        let element = AffineExpr::linear(0, &shape);
        let unit = element.clone().modulo(units);
        let first = element
            .floor_div(units)
            .times(height)
            .plus(AffineExpr::Const(row));
        let identity = AffineMap::identity(shape.len()).results;
        for (cell, register) in instance.cells {
            let column = unit.clone().times(CELLS).plus(AffineExpr::Const(*cell));
            let at = (column, first.clone());
            self.place(
                *register,
                names::CELL,
                &shape,
                identity.clone(),
                at,
                location,
            );
        }
        for (i, register) in (0i64..).zip(instance.limbs) {
            let column = unit
                .clone()
                .times(columns)
                .plus(AffineExpr::Const(i % columns));
            let at = (column, first.clone().plus(AffineExpr::Const(i / columns)));
            self.place(
                *register,
                names::LIMB,
                &shape,
                identity.clone(),
                at,
                location,
            );
        }
        let step = AffineExpr::Dim(0)
            .times(height)
            .plus(AffineExpr::Const(row));
        for (column, value) in instance.params {
            let at = (AffineExpr::Const(*column), step.clone());
            self.fill(names::PARAM, value, &[rows], at, location)?;
        }
        for u in 0..units.min(n) {
            let count = (n - u + units - 1) / units;
            let at = (AffineExpr::Const(u), step.clone());
            let selector = gates::selector(gadget);
            self.fill(&selector, &BigInt::from(1), &[count], at.clone(), location)?;
            if gadget == Gadget::Table {
                self.fill(
                    names::TAG,
                    &BigInt::from(instance.tag),
                    &[count],
                    at,
                    location,
                )?;
            }
        }
        Ok(())
    }

    /// Public values: the register's elements in the next rows of the instance column.
    pub(super) fn expose(&mut self, register: ValueId, location: Location<'c>) -> Result<()> {
        let shape = self.shape(register)?;
        let row = AffineExpr::linear(0, &shape).plus(AffineExpr::Const(self.public_row));
        self.public_row += shape.iter().product::<i64>();
        let identity = AffineMap::identity(shape.len()).results;
        self.place(
            register,
            names::PUBLIC,
            &shape,
            identity,
            (AffineExpr::Const(0), row),
            location,
        );
        Ok(())
    }
}
