//! Building the expressions of gates, lookups and counts.

use zkc_support::{
    Attribute, Context, Graph, Location, Op, ValueId, expr_type, i64_attr, i128_attr, string,
    symbol,
};

/// An operation without operands, results and regions.
pub(crate) fn plain<'c>(
    name: &str,
    attributes: &[(&str, Attribute<'c>)],
    location: Location<'c>,
) -> Op<'c> {
    Op {
        name: name.into(),
        operands: Vec::new(),
        results: Vec::new(),
        attributes: attributes.iter().map(|(n, a)| ((*n).into(), *a)).collect(),
        regions: Vec::new(),
        location,
    }
}

/// A group of columns; advice has a phase.
pub(crate) fn column_group<'c>(
    context: &'c Context,
    op: &str,
    name: &str,
    count: i64,
    phase: Option<i64>,
    location: Location<'c>,
) -> Op<'c> {
    let mut attributes = vec![
        ("sym_name", string(context, name)),
        ("count", i64_attr(context, count)),
    ];
    attributes.extend(phase.map(|p| ("phase", i64_attr(context, p))));
    plain(op, &attributes, location)
}

/// A challenge that is drawn after the first phase.
pub(crate) fn first_challenge<'c>(
    context: &'c Context,
    name: &str,
    location: Location<'c>,
) -> Op<'c> {
    let attributes = [
        ("sym_name", string(context, name)),
        ("phase", i64_attr(context, 0)),
    ];
    plain("plonk.challenge", &attributes, location)
}

/// Collects the operations of a region; values are taken from the circuit's own numbering.
pub(crate) struct Expressions<'g, 'c> {
    pub(crate) graph: &'g mut Graph<'c>,
    location: Location<'c>,
    ops: Vec<Op<'c>>,
}

impl<'g, 'c> Expressions<'g, 'c> {
    pub(crate) fn new(graph: &'g mut Graph<'c>, location: Location<'c>) -> Self {
        Self {
            graph,
            location,
            ops: Vec::new(),
        }
    }

    pub(crate) fn query(&mut self, group: &str, column: i64, rotation: i64) -> ValueId {
        let context = self.graph.context;
        let attributes = [
            ("group", symbol(context, group)),
            ("column", i64_attr(context, column)),
            ("rotation", i64_attr(context, rotation)),
        ];
        self.expr("plonk.query", &[], &attributes)
    }

    pub(crate) fn challenge(&mut self, name: &str) -> ValueId {
        let attributes = [("challenge", symbol(self.graph.context, name))];
        self.expr("plonk.challenge_value", &[], &attributes)
    }

    pub(crate) fn literal(&mut self, value: i128) -> ValueId {
        let value = i128_attr(self.graph.context, value);
        self.expr("plonk.literal", &[], &[("value", value)])
    }

    pub(crate) fn sum(&mut self, terms: &[ValueId]) -> ValueId {
        if let [one] = terms {
            *one
        } else {
            self.expr("plonk.sum", terms, &[])
        }
    }

    pub(crate) fn product(&mut self, factors: &[ValueId]) -> ValueId {
        if let [one] = factors {
            *one
        } else {
            self.expr("plonk.product", factors, &[])
        }
    }

    pub(crate) fn neg(&mut self, x: ValueId) -> ValueId {
        self.expr("plonk.neg", &[x], &[])
    }

    pub(crate) fn sub(&mut self, a: ValueId, b: ValueId) -> ValueId {
        let negative = self.neg(b);
        self.sum(&[a, negative])
    }

    pub(crate) fn constrain(&mut self, name: &str, poly: ValueId) {
        let name = string(self.graph.context, name);
        self.op("plonk.constrain", &[poly], &[("name", name)]);
    }

    fn expr(
        &mut self,
        name: &str,
        operands: &[ValueId],
        attributes: &[(&str, Attribute<'c>)],
    ) -> ValueId {
        let result = self.graph.value(expr_type(self.graph.context));
        let mut op = plain(name, attributes, self.location);
        op.operands = operands.to_vec();
        op.results = vec![result];
        self.ops.push(op);
        result
    }

    /// The same expression over other operands.
    pub(crate) fn copy(&mut self, op: &Op<'c>, operands: &[ValueId]) -> ValueId {
        let result = self.graph.value(expr_type(self.graph.context));
        self.ops.push(Op {
            operands: operands.to_vec(),
            results: vec![result],
            ..op.clone()
        });
        result
    }

    /// Appends an operation without results.
    pub(crate) fn op(
        &mut self,
        name: &str,
        operands: &[ValueId],
        attributes: &[(&str, Attribute<'c>)],
    ) {
        let mut op = plain(name, attributes, self.location);
        op.operands = operands.to_vec();
        self.ops.push(op);
    }

    /// Wraps the operations so far into a gate.
    pub(crate) fn gate(&mut self, name: &str) -> Op<'c> {
        let name = string(self.graph.context, name);
        self.region("plonk.gate", &[("sym_name", name)])
    }

    /// Wraps the operations so far into an operation with one region.
    pub(crate) fn region(&mut self, name: &str, attributes: &[(&str, Attribute<'c>)]) -> Op<'c> {
        let mut op = plain(name, attributes, self.location);
        op.regions.push(std::mem::take(&mut self.ops));
        op
    }
}
