//! Builds a `plonk.circuit`: columns, gates on demand, the witness program, placements.

use super::{gates, strips};
use crate::{
    expressions::{column_group, plain},
    gadgets::{CELLS, Gadget, PARAMS},
    layout::Layout,
};
use num_bigint::BigInt;
use std::collections::BTreeSet;
use zkc_support::{
    AffineExpr, AffineMap, Attribute, Constants, Context, FixedType, Graph, Location, Op,
    TensorType, Type, ValueId, fixed_type, i64_attr, i64s, i128_attr, map_attr, string, unit,
};

/// Names of the column groups and tables.
pub(super) mod names {
    pub(crate) const LANE: &str = "lane";
    pub(crate) const WEIGHT: &str = "weight";
    pub(crate) const SUM: &str = "sum";
    pub(crate) const BIAS: &str = "bias";
    pub(crate) const Q_SUM: &str = "q_sum";
    pub(crate) const Q_CHAIN: &str = "q_chain";
    pub(crate) const CELL: &str = "cell";
    pub(crate) const LIMB: &str = "limb";
    pub(crate) const PARAM: &str = "param";
    pub(crate) const TAG: &str = "tag";
    pub(crate) const PUBLIC: &str = "public";
    pub(crate) const RANGE: &str = "limbs";
    pub(crate) const FUNCTIONS: &str = "functions";
}

/// A failure of the lowering: message for the operation at hand.
pub(super) type Result<T> = std::result::Result<T, String>;

/// An entry of the table of functions.
struct Function<'c> {
    form: Attribute<'c>,
    from: i64,
    values: Vec<i128>,
}

/// A circuit under construction.
pub(super) struct Builder<'c> {
    pub(super) context: &'c Context,
    pub(super) constants: Constants,
    pub(super) layout: Layout,
    /// The witness program, placements and fills.
    pub(super) program: Graph<'c>,
    pub(super) linear_row: i64,
    pub(super) gadget_row: i64,
    pub(super) public_row: i64,
    pub(super) gadgets: BTreeSet<Gadget>,
    functions: Vec<Function<'c>>,
    /// The units so far, when the circuit is laid out in strips.
    pub(super) strips: Option<strips::State<'c>>,
    /// Whether the last axis of the tensors at hand counts the elements of a window.
    pub(super) has_taps: bool,
}

/// What a gadget instance places: all registers have one shape.
pub(super) struct Instance<'a> {
    pub(super) gadget: Gadget,
    /// Registers by cell of the unit.
    pub(super) cells: &'a [(i64, ValueId)],
    /// Registers of the limbs, in the gadget's order.
    pub(super) limbs: &'a [ValueId],
    /// Parameters by column.
    pub(super) params: &'a [(i64, BigInt)],
    /// Tag of the function, for [`Gadget::Table`].
    pub(super) tag: i64,
}

/// One sum of a linear map.
pub(super) struct Term {
    pub(super) input: ValueId,
    pub(super) taps: Vec<i64>,
    /// From (output, tap) coordinates to an index of the input.
    pub(super) read: Vec<AffineExpr>,
    pub(super) weights: ValueId,
    /// From (output, tap) coordinates to an index of the weights.
    pub(super) weight_read: Vec<AffineExpr>,
}

impl<'c> Builder<'c> {
    pub(super) fn new(
        context: &'c Context,
        constants: Constants,
        layout: Layout,
        location: Location<'c>,
    ) -> Self {
        Self {
            context,
            constants,
            layout,
            program: Graph::new(context, "plonk.circuit", "main", location),
            linear_row: 0,
            gadget_row: 0,
            public_row: 0,
            gadgets: BTreeSet::new(),
            functions: Vec::new(),
            strips: None,
            has_taps: false,
        }
    }

    /// A tensor type of bounded integers.
    pub(super) fn tensor(&self, shape: &[i64], t: &FixedType) -> Result<Type<'c>> {
        let element = fixed_type(self.context, t).ok_or("bounds are not representable")?;
        Ok(TensorType::new(shape, element).to_type())
    }

    /// The shape of a register.
    pub(super) fn shape(&self, v: ValueId) -> Result<Vec<i64>> {
        Ok(self.program.tensor(v).ok_or("register is no tensor")?.shape)
    }

    /// The element type of a register.
    pub(super) fn element(&self, v: ValueId) -> Result<FixedType> {
        self.program
            .tensor(v)
            .and_then(|t| t.fixed())
            .ok_or_else(|| "register is no tensor".into())
    }

    /// An element-wise operation of the witness program.
    pub(super) fn compute(
        &mut self,
        name: &str,
        operands: &[ValueId],
        shape: &[i64],
        t: &FixedType,
        attributes: &[(&str, Attribute<'c>)],
        location: Location<'c>,
    ) -> Result<ValueId> {
        let result = self.tensor(shape, t)?;
        Ok(self
            .program
            .push1(name, operands, result, attributes, location))
    }

    /// Integers known at compile time.
    pub(super) fn constant(
        &mut self,
        shape: &[i64],
        values: &[i128],
        location: Location<'c>,
    ) -> Result<ValueId> {
        let lo = values.iter().min().copied().unwrap_or(0);
        let hi = values.iter().max().copied().unwrap_or(0);
        let value = self
            .constants
            .make_integers(self.context, shape, values)
            .map_err(|e| e.to_string())?;
        self.compute(
            "plonk.constant",
            &[],
            shape,
            &FixedType::new(0, lo, hi),
            &[("value", value)],
            location,
        )
    }

    /// Moved data: `result[i] = input[map(i)]`.
    pub(super) fn gather(
        &mut self,
        input: ValueId,
        shape: &[i64],
        t: &FixedType,
        map: Vec<AffineExpr>,
        fill: Option<i64>,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let map = map_attr(self.context, &AffineMap::new(shape.len(), map));
        let mut attributes = vec![("map", map)];
        if let Some(fill) = fill {
            attributes.push(("fill", i64_attr(self.context, fill)));
        }
        self.compute("plonk.gather", &[input], shape, t, &attributes, location)
    }

    /// The limbs of `x - offset`, lowest first.
    pub(super) fn limbs(
        &mut self,
        x: ValueId,
        offset: &BigInt,
        count: u32,
        location: Location<'c>,
    ) -> Result<Vec<ValueId>> {
        let bits = self.layout.limb_bits;
        if bits * (i64::from(count) - 1) > 126 {
            return Err("a value needs more than 127 bits".into());
        }
        (0..count)
            .map(|i| self.limb(x, offset, i, bits, location))
            .collect()
    }

    /// One limb, which has some number of bits at most.
    pub(super) fn limb(
        &mut self,
        x: ValueId,
        offset: &BigInt,
        index: u32,
        most: i64,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let attributes = [
            ("index", i64_attr(self.context, index.into())),
            ("bits", i64_attr(self.context, self.layout.limb_bits)),
            ("offset", self.wide(offset)?),
        ];
        let shape = self.shape(x)?;
        let t = FixedType::new(0, 0, (1i64 << most) - 1);
        self.compute("plonk.limb", &[x], &shape, &t, &attributes, location)
    }

    /// An element-wise affine combination.
    pub(super) fn affine(
        &mut self,
        terms: &[(ValueId, i64)],
        constant: &BigInt,
        t: &FixedType,
        location: Location<'c>,
    ) -> Result<ValueId> {
        let shape = self.shape(terms[0].0)?;
        let operands: Vec<_> = terms.iter().map(|(v, _)| *v).collect();
        let coefficients: Vec<_> = terms.iter().map(|(_, c)| *c).collect();
        let attributes = [
            ("coefficients", i64s(self.context, &coefficients)),
            ("constant", self.wide(constant)?),
        ];
        self.compute("plonk.affine", &operands, &shape, t, &attributes, location)
    }

    /// A 128-bit attribute.
    pub(super) fn wide(&self, value: &BigInt) -> Result<Attribute<'c>> {
        let narrow = i128::try_from(value)
            .map_err(|_| format!("the integer {value} does not fit 128 bits"))?;
        Ok(i128_attr(self.context, narrow))
    }

    /// The tag of a table form, which is added to the table of functions on first use.
    pub(super) fn function(
        &mut self,
        form: Attribute<'c>,
        from: i64,
        values: Attribute<'c>,
    ) -> Result<i64> {
        if let Some(i) = self.functions.iter().position(|f| f.form == form) {
            return Ok(i as i64 + 1);
        }
        let values = self.constants.read(values).map_err(|e| e.to_string())?;
        let values = values.to_i128().map_err(|e| e.to_string())?;
        self.functions.push(Function { form, from, values });
        Ok(self.functions.len() as i64)
    }

    /// The finished circuit: constraint system first, then the program.
    pub(super) fn finish(mut self) -> Result<Graph<'c>> {
        let limbs = self.layout.limbs;
        let height = self
            .gadgets
            .iter()
            .map(|g| g.height(limbs))
            .max()
            .unwrap_or(1);
        let usable = Layout::usable_rows(self.layout.k, height);
        let rows = self.linear_row.max(self.gadget_row).max(self.public_row);
        if rows > usable {
            return Err(format!(
                "the layout needs {rows} rows, but k = {} has {usable}; remove `{}` or raise k",
                self.layout.k,
                Layout::ATTRIBUTE
            ));
        }
        let location = self.program.location;
        let mut structure = Vec::new();
        let context = self.context;
        let mut group = |op: &str, name: &str, count: i64| {
            let phase = (op == "plonk.advice").then_some(0);
            structure.push(column_group(context, op, name, count, phase, location));
        };
        let Layout {
            lanes,
            blocks,
            units,
            limbs,
            ..
        } = self.layout;
        if self.linear_row > 0 {
            group("plonk.advice", names::LANE, blocks * lanes);
            group("plonk.fixed", names::WEIGHT, blocks * lanes);
            group("plonk.advice", names::SUM, blocks);
            group("plonk.fixed", names::BIAS, blocks);
            group("plonk.fixed", names::Q_SUM, blocks);
            group("plonk.fixed", names::Q_CHAIN, blocks);
        }
        if self.gadget_row > 0 {
            group("plonk.advice", names::CELL, units * CELLS);
            group("plonk.advice", names::LIMB, units * limbs);
            group("plonk.fixed", names::PARAM, PARAMS);
            for gadget in &self.gadgets {
                group("plonk.fixed", &gates::selector(*gadget), units);
            }
            if !self.functions.is_empty() {
                group("plonk.fixed", names::TAG, units);
            }
        }
        if self.public_row > 0 {
            group("plonk.instance", names::PUBLIC, 1);
        }
        if self.gadget_row > 0 {
            structure.push(self.table(names::RANGE, &[self.range_column()?]));
        }
        if !self.functions.is_empty() {
            let columns = self.function_columns()?;
            structure.push(self.table(names::FUNCTIONS, &columns));
        }
        let gates = gates::Gates::new(&mut self.program, self.layout, location);
        structure.extend(gates.build(self.linear_row > 0, &self.gadgets));
        structure.append(&mut self.program.ops);
        self.program.ops = structure;
        self.program
            .attributes
            .push(("k".into(), i64_attr(context, self.layout.k)));
        Ok(self.program)
    }

    /// Rows of the table of functions.
    pub(super) fn function_rows(&self) -> i64 {
        let rows = self
            .functions
            .iter()
            .map(|f| f.values.len() as i64)
            .sum::<i64>();
        rows + i64::from(!self.functions.is_empty())
    }

    pub(super) fn table(&self, name: &str, columns: &[Attribute<'c>]) -> Op<'c> {
        let attributes = [
            ("sym_name", string(self.context, name)),
            ("columns", zkc_support::array(self.context, columns)),
        ];
        plain("plonk.table", &attributes, self.program.location)
    }

    pub(super) fn range_column(&self) -> Result<Attribute<'c>> {
        zkc_support::range(self.context, 0, 1 << self.layout.limb_bits)
            .ok_or_else(|| "the range table is not representable".into())
    }

    /// Tag, key and value of every entry, after the inert row (0, 0, 0).
    pub(super) fn function_columns(&self) -> Result<Vec<Attribute<'c>>> {
        let (mut tags, mut keys, mut values) = (vec![0i128], vec![0i128], vec![0i128]);
        for (tag, f) in (1i128..).zip(&self.functions) {
            for (key, value) in (i128::from(f.from)..).zip(&f.values) {
                tags.push(tag);
                keys.push(key);
                values.push(*value);
            }
        }
        [tags, keys, values]
            .iter()
            .map(|column| {
                self.constants
                    .make_integers(self.context, &[column.len() as i64], column)
                    .map_err(|e| e.to_string())
            })
            .collect()
    }

    /// The operation that marks a model input.
    pub(super) fn input(
        &mut self,
        name: &str,
        index: i64,
        public: bool,
        t: Type<'c>,
        location: Location<'c>,
    ) -> ValueId {
        let mut attributes = vec![
            ("name", string(self.context, name)),
            ("index", i64_attr(self.context, index)),
        ];
        if public {
            attributes.push(("is_public", unit(self.context)));
        }
        self.program
            .push1("plonk.input", &[], t, &attributes, location)
    }

    /// The operation that marks a model output.
    pub(super) fn output(
        &mut self,
        name: &str,
        register: ValueId,
        public: bool,
        location: Location<'c>,
    ) {
        let mut attributes = vec![("name", string(self.context, name))];
        if public {
            attributes.push(("is_public", unit(self.context)));
        }
        self.program
            .push("plonk.output", &[register], &[], &attributes, location);
    }
}
