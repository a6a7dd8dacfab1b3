//! The outline of a circuit: what halo2's constraint system and the public values follow from.
//!
//! Columns, challenges, gates, lookups and the places of public values; neither the fixed values nor the witness program.
//! Keys for proving and for verifying configure halo2 from the outline alone, so that both get the same constraint
//! system, and a verifying key holds it in place of the circuit.

use prost::Message;
use zkc_circuit::{Circuit, ColumnGroup, ColumnKind, Layout, Table, TableColumn};

use crate::capabilities::check_capabilities;
use crate::error::Error;
use crate::public::{PublicCells, PublicLayout, TensorInfoMessage};

/// What a verifier has to know of a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Rows, groups, challenges, tables with one row of zeros, gates, lookups, and which constraints define columns.
    pub(crate) circuit: Circuit,
    /// Fixed columns of constants, which follow those of all groups.
    constants: u32,
    /// First column of each group, in the layout's numbering of columns.
    pub(crate) starts: Vec<u32>,
    /// All columns in the layout's order.
    pub(crate) columns: Vec<OutlineColumn>,
    /// Where public values stand.
    pub(crate) public: PublicLayout,
}

/// One column of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutlineColumn {
    pub(crate) kind: ColumnKind,
    pub(crate) phase: u32,
    /// Whether the column takes part in copies.
    pub(crate) equality: bool,
}

impl Outline {
    /// The outline of a laid out circuit.
    pub(crate) fn try_new(circuit: &Circuit, layout: &Layout) -> Result<Outline, Error> {
        let public = PublicLayout::try_new(circuit, layout)?;
        let constants = (layout.columns.iter())
            .filter(|column| Some(column.group) == layout.constants_group)
            .count();
        let equality = layout.columns.iter().map(|column| column.equality);
        let outline = Circuit {
            name: circuit.name.clone(),
            k: circuit.k,
            groups: circuit.groups.clone(),
            challenges: circuit.challenges.clone(),
            tables: circuit.tables.iter().map(without_rows).collect(),
            gates: circuit.gates.clone(),
            lookups: circuit.lookups.clone(),
            derived: circuit.derived.clone(),
            ..Circuit::default()
        };
        let equality = equality.collect();
        Ok(Outline::assemble(
            outline,
            constants as u32,
            equality,
            public,
        ))
    }

    /// `equality` says of each column whether it takes part in copies.
    fn assemble(
        circuit: Circuit,
        constants: u32,
        equality: Vec<bool>,
        public: PublicLayout,
    ) -> Outline {
        let mut starts = Vec::with_capacity(circuit.groups.len());
        let mut columns: Vec<OutlineColumn> = Vec::with_capacity(equality.len());
        let mut extend = |kind, phase, count| {
            let start = columns.len() as u32;
            for _ in 0..count {
                columns.push(OutlineColumn {
                    kind,
                    phase,
                    equality: equality.get(columns.len()).copied().unwrap_or(false),
                });
            }
            start
        };
        for group in &circuit.groups {
            starts.push(extend(group.kind, group.phase, group.count));
        }
        extend(ColumnKind::Fixed, 0, constants);
        Outline {
            circuit,
            constants,
            starts,
            columns,
            public,
        }
    }

    /// Number of columns of a kind.
    pub(crate) fn count(&self, kind: ColumnKind) -> usize {
        let of_kind = |column: &&OutlineColumn| column.kind == kind;
        self.columns.iter().filter(of_kind).count()
    }

    /// Number of columns of all tables that are looked up.
    pub(crate) fn table_columns(&self) -> usize {
        let tables = self.circuit.tables.iter().zip(self.circuit.looked_up());
        let looked_up = tables.filter(|(_, looked_up)| *looked_up);
        looked_up.map(|(table, _)| table.columns.len()).sum()
    }

    /// Number of columns that hold what the circuit fixes, those of tables included.
    pub(crate) fn fixed_columns(&self) -> usize {
        self.count(ColumnKind::Fixed) + self.table_columns()
    }

    /// The one encoding of the outline.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let cells = self.public.cells();
        let equality = (0u32..)
            .zip(&self.columns)
            .filter(|(_, column)| column.equality);
        let message = OutlineMessage {
            circuit: self.circuit.encode(),
            constants: self.constants,
            equality: equality.map(|(index, _)| index).collect(),
            rows: cells.rows.clone(),
            tensors: self.public.tensor_messages(),
            leaders: cells
                .leaders
                .iter()
                .map(|leader| leader.map_or(0, |leader| leader + 1))
                .collect(),
        };
        message.encode_to_vec()
    }

    /// Reads what [`encode`](Self::encode) wrote. Nothing in it is trusted.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Outline, Error> {
        let damaged =
            |what: &str| Error::File(format!("the outline in the key is not valid: {what}"));
        let message = OutlineMessage::decode(bytes).map_err(|e| damaged(&e.to_string()))?;
        let circuit = Circuit::decode(&message.circuit).map_err(|e| damaged(&e.to_string()))?;
        check_capabilities(&circuit)?;
        let count = |kind: ColumnKind| -> u64 {
            let of_kind = circuit.groups.iter().filter(|group| group.kind == kind);
            of_kind.map(|group| u64::from(group.count)).sum()
        };
        let instance = count(ColumnKind::Instance);
        let constants = u64::from(message.constants);
        let columns = instance + count(ColumnKind::Advice) + count(ColumnKind::Fixed) + constants;
        if columns > zkc_circuit::limits::MAX_COLUMNS {
            return Err(damaged("it has too many columns"));
        }
        let misfit = |group: &ColumnGroup| group.phase > 0 && group.kind != ColumnKind::Advice;
        if circuit.groups.iter().any(misfit) {
            return Err(damaged("only advice has phases"));
        }
        let rows = 1u64 << circuit.k;
        let too_long = |length: &u32| u64::from(*length) > rows;
        if message.rows.len() as u64 != instance || message.rows.iter().any(too_long) {
            return Err(damaged("the lengths of the instance columns are wrong"));
        }
        let mut equality = vec![false; columns as usize];
        for index in &message.equality {
            *equality
                .get_mut(*index as usize)
                .ok_or_else(|| damaged("a column with copies is not there"))? = true;
        }
        let cells = PublicCells {
            rows: message.rows,
            leaders: message.leaders.iter().map(|l| l.checked_sub(1)).collect(),
        };
        let public = PublicLayout::from_messages(message.tensors, cells).map_err(damaged)?;
        let outline = Outline::assemble(circuit, message.constants, equality, public);
        if outline.encode() != bytes {
            return Err(damaged("its encoding is not the canonical one"));
        }
        Ok(outline)
    }
}

/// A table of as many columns; tables have a row at least.
fn without_rows(table: &Table) -> Table {
    let empty = TableColumn::Range { start: 0, len: 1 };
    Table {
        name: table.name.clone(),
        columns: vec![empty; table.columns.len()],
    }
}

#[derive(Clone, PartialEq, Message)]
struct OutlineMessage {
    /// An encoded description without program, placements, fills, inputs, outputs and rows of tables.
    #[prost(bytes = "vec", tag = "1")]
    circuit: Vec<u8>,
    /// Columns that take part in copies.
    #[prost(uint32, repeated, tag = "2")]
    equality: Vec<u32>,
    /// Rows of each instance column.
    #[prost(uint32, repeated, tag = "3")]
    rows: Vec<u32>,
    #[prost(message, repeated, tag = "4")]
    tensors: Vec<TensorInfoMessage>,
    /// For each cell, 1 more than its leader, or 0.
    #[prost(uint32, repeated, tag = "5")]
    leaders: Vec<u32>,
    /// Columns of constants.
    #[prost(uint32, tag = "6")]
    constants: u32,
}
