//! Columns, tables, gates and lookups.

use crate::{EmitError, Emitter, error, need};
use zkc_circuit::{
    ColumnGroup, CountedTable, Derived, Expr, ExprBuilder, ExprId, Ints, Multiplicity,
    MultiplicityTerm, Table, TableColumn,
};
use zkc_support::{Op, ValueId, as_range, as_symbol, is_unit};

impl<'c> Emitter<'_, 'c> {
    /// Declares a column group, challenge or table; other operations are left for later.
    pub(crate) fn declare(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let name = || need(op, "sym_name", op.str("sym_name"));
        let small = |attr: &str| {
            let value = need(op, attr, op.int(attr))?;
            u32::try_from(value).map_err(|_| error(op, format!("`{attr}` is out of range")))
        };
        let group = match op.name.as_str() {
            "plonk.advice" => {
                ColumnGroup::advice_in_phase(name()?, small("phase")?, small("count")?)
            }
            "plonk.fixed" => ColumnGroup::fixed(name()?, small("count")?),
            "plonk.instance" => ColumnGroup {
                by_gates: op.attr("by_gates").is_some_and(is_unit),
                ..ColumnGroup::instance(name()?, small("count")?)
            },
            "plonk.challenge" => {
                let id = self.circuit.add_challenge(name()?, small("phase")?);
                self.challenges.insert(name()?.into(), id);
                return Ok(());
            }
            "plonk.table" => {
                let mut columns = Vec::new();
                for column in need(op, "columns", op.array("columns"))? {
                    columns.push(match as_range(column) {
                        // The attribute's verifier keeps the length positive.
                        Some((start, length)) => TableColumn::Range {
                            start: start.into(),
                            len: length.unsigned_abs(),
                        },
                        None => TableColumn::Values(Ints::from(self.integers(op, column)?)),
                    });
                }
                let id = self.circuit.add_table(Table {
                    name: name()?.into(),
                    columns,
                });
                self.tables.insert(name()?.into(), id);
                return Ok(());
            }
            _ => return Ok(()),
        };
        let id = self.circuit.add_group(group);
        self.groups.insert(name()?.into(), id);
        Ok(())
    }

    pub(crate) fn gate(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let mut expressions = Expressions::new(self.graph.value_count());
        let mut constraints = Vec::new();
        for inner in op.regions.iter().flatten() {
            if inner.name == "plonk.constrain" {
                let name = need(inner, "name", inner.str("name"))?;
                let poly = expressions.finish(inner, inner.operand())?;
                constraints.push((name.to_string(), poly));
            } else {
                self.expression(inner, &mut expressions)?;
            }
        }
        let name = need(op, "sym_name", op.str("sym_name"))?;
        // Gates are fewer than 2^32, as they are held in memory.
        self.gates
            .insert(name.into(), self.circuit.gates.len() as u32);
        self.circuit.add_gate(name, constraints);
        Ok(())
    }

    pub(crate) fn derive(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let gate = need(op, "gate", op.symbol("gate"))?;
        let index = self.gates.get(gate).copied();
        let index = index.ok_or_else(|| error(op, format!("no gate @{gate}")))?;
        let name = need(op, "constraint", op.str("constraint"))?;
        let constraints = &self.circuit.gates[index as usize].constraints;
        let constraint = constraints.iter().position(|c| c.name == name);
        let constraint =
            constraint.ok_or_else(|| error(op, format!("no constraint \"{name}\" in @{gate}")))?;
        let rotation = need(op, "rotation", op.int("rotation"))?;
        self.circuit.derived.push(Derived {
            group: self.group(op, "group")?,
            column: self.column(op)?,
            gate: index,
            // Constraints of a gate are fewer than 2^32, as they are held in memory.
            constraint: constraint as u32,
            rotation: i32::try_from(rotation)
                .map_err(|_| error(op, "`rotation` is out of range"))?,
        });
        Ok(())
    }

    pub(crate) fn multiplicity(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let group = self.group(op, "group")?;
        let columns = need(op, "columns", op.ints("columns"))?;
        let names = need(op, "tables", op.array("tables"))?;
        // Several are one table that is longer than the circuit; the first names it.
        let source = need(op, "tables", names.first().copied().and_then(as_symbol))?;
        let mut tables = Vec::with_capacity(names.len());
        for (column, name) in columns.into_iter().zip(names) {
            let name = need(op, "tables", as_symbol(name))?;
            let table = self.group_named(op, name)?;
            let count = self.circuit.groups[table.0 as usize].count;
            tables.push(CountedTable {
                group,
                column: u32::try_from(column)
                    .map_err(|_| error(op, "`columns` is out of range"))?,
                columns: (0..count).map(|column| (table, column)).collect(),
            });
        }
        let active = op.attr("active").map(|_| self.group(op, "active"));
        let mut expressions = Expressions::new(self.graph.value_count());
        let mut terms = Vec::new();
        for inner in op.regions.iter().flatten() {
            if inner.name == "plonk.count" {
                let mut tuple = Vec::with_capacity(inner.operands.len());
                for v in &inner.operands {
                    tuple.push(expressions.finish(inner, *v)?);
                }
                // The selector is the first operand by the definition.
                let inputs = tuple.split_off(1);
                let selector = tuple.swap_remove(0);
                terms.push(MultiplicityTerm { selector, inputs });
            } else {
                self.expression(inner, &mut expressions)?;
            }
        }
        self.circuit.multiplicities.push(Multiplicity {
            tables,
            active: active.transpose()?.map(|group| (group, 0)),
            terms,
            source: source.into(),
        });
        Ok(())
    }

    fn column(&self, op: &Op<'c>) -> Result<u32, EmitError> {
        let column = need(op, "column", op.int("column"))?;
        u32::try_from(column).map_err(|_| error(op, "`column` is out of range"))
    }

    pub(crate) fn lookup(&mut self, op: &Op<'c>) -> Result<(), EmitError> {
        let mut expressions = Expressions::new(self.graph.value_count());
        let mut inputs = Vec::new();
        for inner in op.regions.iter().flatten() {
            if inner.name == "plonk.look_up" {
                for v in &inner.operands {
                    inputs.push(expressions.finish(inner, *v)?);
                }
            } else {
                self.expression(inner, &mut expressions)?;
            }
        }
        let name = need(op, "sym_name", op.str("sym_name"))?;
        let table = self.table(op)?;
        self.circuit.add_lookup(name, inputs, table);
        Ok(())
    }

    fn expression(&self, op: &Op<'c>, e: &mut Expressions) -> Result<(), EmitError> {
        let operands = op
            .operands
            .iter()
            .map(|v| e.get(op, *v))
            .collect::<Result<Vec<ExprId>, _>>()?;
        let id = match op.name.as_str() {
            "plonk.query" => {
                let group = self.group(op, "group")?;
                let column = need(op, "column", op.int("column"))?;
                let rotation = need(op, "rotation", op.int("rotation"))?;
                let narrow = || error(op, "column or rotation is out of range");
                e.builder.query(
                    group.0,
                    u32::try_from(column).map_err(|_| narrow())?,
                    i32::try_from(rotation).map_err(|_| narrow())?,
                )
            }
            "plonk.challenge_value" => {
                let name = need(op, "challenge", op.symbol("challenge"))?;
                let id = self.challenges.get(name);
                let id = id.ok_or_else(|| error(op, format!("no challenge @{name}")))?;
                e.builder.challenge(id.0)
            }
            "plonk.literal" => e.builder.constant(need(op, "value", op.int128("value"))?),
            "plonk.neg" => e.builder.neg(operands[0]),
            "plonk.sum" => e.builder.sum(operands),
            "plonk.product" => e.builder.product(operands),
            "plonk.inner" => {
                let (a, b) = (self.group(op, "lhs")?, self.group(op, "rhs")?);
                let count = self.circuit.groups[a.0 as usize].count;
                let products: Vec<_> = (0..count)
                    .map(|i| {
                        let (x, y) = (e.builder.query(a.0, i, 0), e.builder.query(b.0, i, 0));
                        e.builder.mul(x, y)
                    })
                    .collect();
                e.builder.sum(products)
            }
            _ => return Err(error(op, "is no expression")),
        };
        e.set(op.result(), id);
        Ok(())
    }
}

/// The expressions of one gate or lookup.
struct Expressions {
    builder: ExprBuilder,
    ids: Vec<Option<ExprId>>,
}

impl Expressions {
    fn new(values: usize) -> Self {
        Self {
            builder: ExprBuilder::new(),
            ids: vec![None; values],
        }
    }
    fn set(&mut self, v: ValueId, id: ExprId) {
        self.ids[v.index()] = Some(id);
    }
    fn get(&self, op: &Op, v: ValueId) -> Result<ExprId, EmitError> {
        self.ids[v.index()].ok_or_else(|| error(op, "operand is no expression of this gate"))
    }
    fn finish(&self, op: &Op, v: ValueId) -> Result<Expr, EmitError> {
        Ok(self.builder.finish(self.get(op, v)?))
    }
}
