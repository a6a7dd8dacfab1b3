//! The tables that are looked up, and where their rows stand.

use super::{Result, cells, circuit::Lookup, fill, names};
use crate::expressions::plain;
use zkc_support::{
    AffineExpr, AffineMap, Attribute, Constants, FixedType, Graph, Op, TensorType, ValueId,
    as_range, fixed_type, i64s, map_attr, symbol,
};

/// The numbers of a column.
enum Numbers {
    /// The first one; each is the one before and 1.
    Range(i128),
    Listed(Vec<i128>),
}

/// One column of a table.
struct Entry<'c> {
    values: Attribute<'c>,
    numbers: Numbers,
    lo: i128,
    hi: i128,
}

impl Entry<'_> {
    /// The number on a row of the table.
    fn at(&self, row: i64) -> i128 {
        match &self.numbers {
            Numbers::Range(first) => first + i128::from(row),
            Numbers::Listed(values) => values[row as usize],
        }
    }
}

/// A table that is looked up.
pub(super) struct Table<'c> {
    pub(super) name: String,
    pub(super) rows: i64,
    columns: Vec<Entry<'c>>,
}

impl<'c> Table<'c> {
    /// The tables that lookups name, in the order of the text.
    pub(super) fn used_by(
        ops: &[Op<'c>],
        lookups: &[Lookup<'c>],
        constants: &Constants,
    ) -> Result<Vec<Self>> {
        let mut tables = Vec::new();
        for op in ops.iter().filter(|op| op.name == "plonk.table") {
            let name = op.str("sym_name").unwrap_or_default();
            if !lookups.iter().any(|l| l.table == name) {
                continue;
            }
            let mut columns = Vec::new();
            let mut rows = 0;
            for values in op.array("columns").unwrap_or_default() {
                let (numbers, lo, hi, len) = match as_range(values) {
                    Some((start, len)) => {
                        let (lo, length) = (i128::from(start), i128::from(len));
                        (Numbers::Range(lo), lo, lo + length - 1, len)
                    }
                    None => {
                        let read = constants.read(values).and_then(|c| c.to_i128());
                        let read = read.map_err(|e| format!("table @{name}: {e}"))?;
                        let (Some(lo), Some(hi)) = (read.iter().min(), read.iter().max()) else {
                            return Err(format!("table @{name} is empty"));
                        };
                        let (lo, hi, len) = (*lo, *hi, read.len() as i64);
                        (Numbers::Listed(read), lo, hi, len)
                    }
                };
                rows = len;
                columns.push(Entry {
                    values,
                    numbers,
                    lo,
                    hi,
                });
            }
            tables.push(Self {
                name: name.into(),
                rows,
                columns,
            });
        }
        Ok(tables)
    }

    /// Number of columns.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }
}

/// Consecutive rows of a table in a group of columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Number of the table.
    table: usize,
    /// The first of its rows.
    from: i64,
    /// The row of the circuit on which that one stands.
    first: i64,
    rows: i64,
}

/// The rows of the tables one below the other, over as few groups of columns as they fit in: for each its parts. A table
/// goes on in the next group where the rows end.
pub(super) fn stack(rows: &[i64], active: i64) -> Vec<Vec<Part>> {
    let (mut groups, mut group) = (Vec::new(), Vec::new());
    let mut end = 0;
    for (table, rows) in rows.iter().enumerate() {
        let mut from = 0;
        while from < *rows {
            if end == active {
                groups.push(std::mem::take(&mut group));
                end = 0;
            }
            let fits = (rows - from).min(active - end);
            group.push(Part {
                table,
                from,
                first: end,
                rows: fits,
            });
            from += fits;
            end += fits;
        }
    }
    groups.push(group);
    groups
}

/// Fills the groups of columns.
pub(super) fn fills<'c>(
    graph: &mut Graph<'c>,
    tables: &[Table<'c>],
    groups: &[Vec<Part>],
    active: i64,
    entries: usize,
    tagged: bool,
) -> Result<()> {
    let tag_column = entries as i64 - 1;
    let mut values: Vec<Vec<ValueId>> = tables.iter().map(|_| Vec::new()).collect();
    let mut ops = Vec::new();
    for (number, parts) in groups.iter().enumerate() {
        let group = names::table(number);
        for part in parts {
            let table = &tables[part.table];
            for (column, entry) in table.columns.iter().enumerate() {
                let value = match values[part.table].get(column) {
                    Some(value) => *value,
                    None => {
                        let constant = constant(graph, table, entry)?;
                        let value = constant.result();
                        values[part.table].push(value);
                        ops.push(constant);
                        value
                    }
                };
                ops.push(place(graph, &group, column as i64, part, value));
            }
            if tagged && part.table > 0 {
                let tag = part.table as i128;
                ops.push(fill(graph, &group, tag_column, part.first, part.rows, tag));
            }
        }
        // What is left repeats the first row of the group: a row of zeros would be an entry that no table has.
        let end = parts.last().map_or(0, |part| part.first + part.rows);
        if end < active
            && let Some(part) = parts.first()
        {
            let rest = active - end;
            for (column, entry) in tables[part.table].columns.iter().enumerate() {
                let value = entry.at(part.from);
                ops.push(fill(graph, &group, column as i64, end, rest, value));
            }
            if tagged && part.table > 0 {
                let tag = part.table as i128;
                ops.push(fill(graph, &group, tag_column, end, rest, tag));
            }
        }
    }
    graph.ops.extend(ops);
    Ok(())
}

/// The numbers of a column as a value.
fn constant<'c>(graph: &mut Graph<'c>, table: &Table<'c>, entry: &Entry<'c>) -> Result<Op<'c>> {
    let element = FixedType::new(0, entry.lo, entry.hi);
    let element = fixed_type(graph.context, &element).ok_or("a table's bounds are too wide")?;
    let value = graph.value(TensorType::new(&[table.rows], element).to_type());
    let mut op = plain("plonk.constant", &[("value", entry.values)], graph.location);
    op.results = vec![value];
    Ok(op)
}

/// A part of a column of a table in a column of a group.
fn place<'c>(graph: &Graph<'c>, group: &str, column: i64, part: &Part, value: ValueId) -> Op<'c> {
    let context = graph.context;
    let row = AffineExpr::Dim(0).plus(AffineExpr::Const(part.from));
    let attributes = [
        ("group", symbol(context, group)),
        ("domain", i64s(context, &[part.rows])),
        ("read", map_attr(context, &AffineMap::new(1, vec![row]))),
        ("at", cells(graph, column, part.first)),
    ];
    let mut op = plain("plonk.place", &attributes, graph.location);
    op.operands = vec![value];
    op
}

#[cfg(test)]
mod tests {
    use super::{Part, stack};

    #[test]
    fn tables_go_on_in_the_next_group() {
        let part = |table, from, first, rows| Part {
            table,
            from,
            first,
            rows,
        };
        assert_eq!(stack(&[4], 9), [vec![part(0, 0, 0, 4)]]);
        assert_eq!(
            stack(&[4, 5], 9),
            [vec![part(0, 0, 0, 4), part(1, 0, 4, 5)]]
        );
        assert_eq!(
            stack(&[4, 15, 1], 9),
            [
                vec![part(0, 0, 0, 4), part(1, 0, 4, 5)],
                vec![part(1, 5, 0, 9)],
                vec![part(1, 14, 0, 1), part(2, 0, 1, 1)],
            ]
        );
    }
}
