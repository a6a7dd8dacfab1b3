//! The grid: which value stands in which cell.
//!
//! A [`Layout`] is made from the description alone and is the same for every witness. Columns are numbered through: those
//! of the first group, those of the second, and so on; the column of constants, when there is one, comes last.

use rayon::prelude::*;

use crate::elements::{Elements, NO_ELEMENT};
use crate::eval::Registers;
use crate::{Circuit, ColumnKind, GroupId, Ints, Query, RegisterId};

/// A cell: column in the numbering of [`Layout::columns`], and row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// Index into [`Layout::columns`].
    pub column: u32,
    /// Row.
    pub row: u32,
}

/// What put a value into a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// Nothing: the cell is 0 for the honest prover.
    Nobody,
    /// The placement with this index.
    Placement(u32),
    /// The fill with this index.
    Fill(u32),
    /// The cell holds a constant of the group "constants".
    Constants,
}

/// Compact form of [`Owner`]: placements count up from 0, fills follow them.
pub(crate) const OWNER_NOBODY: u32 = u32::MAX;
pub(crate) const OWNER_CONSTANTS: u32 = u32::MAX - 1;

/// What the cells of a column hold.
#[derive(Debug, Clone)]
pub enum CellContents {
    /// Values of a fixed column; rows past the end are 0.
    Fixed(Ints),
    /// Element ids of an advice or instance column, `u32::MAX` where there is none; rows past the end have none.
    Elements(Vec<u32>),
}

/// What computes a column that the witness program does not fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Computed {
    /// A table of the multiplicity with this index in [`Circuit::multiplicities`].
    Multiplicity(u32),
    /// The derived column with this index in [`Circuit::derived`].
    Derived(u32),
}

/// One column of the grid.
#[derive(Debug, Clone)]
pub struct LayoutColumn {
    /// Index of its group; the group of constants has the index `circuit.groups.len()`.
    pub group: u32,
    /// Column within the group.
    pub column: u32,
    /// Who decides the values.
    pub kind: ColumnKind,
    /// Phase of an advice column, else 0.
    pub phase: u32,
    /// Number of columns of the same kind before this one.
    pub index_in_kind: u32,
    /// Whether the column takes part in a copy, so that equality must be enabled on it.
    pub equality: bool,
    /// Whether gates bind the cells of an instance column, so that none of them is a copy.
    pub by_gates: bool,
    /// What computes the column where no placements fill it.
    pub computed: Option<Computed>,
    /// What the cells hold.
    pub contents: CellContents,
    /// What put it there, in compact form.
    pub(crate) owners: Vec<u32>,
    /// Position in [`Layout::gate_bound`] of the column's first cell, where gates bind the column.
    pub(crate) first_gate_bound: u32,
}

impl LayoutColumn {
    /// Number of rows up to the last one that holds something.
    pub fn used_rows(&self) -> u32 {
        self.owners.len() as u32
    }
}

/// Where every value of a circuit stands.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The grid has 2^k rows.
    pub k: u32,
    /// Rows that may hold values and on which gates and lookups are enforced; the rest blinds the proof.
    pub usable_rows: u32,
    /// All columns.
    pub columns: Vec<LayoutColumn>,
    /// First column of each group, and the number of columns at the end.
    pub group_starts: Vec<u32>,
    /// Cells that must be equal, the first of each pair being the home of the value; in order of placement.
    pub copies: Vec<(Cell, Cell)>,
    /// Index of the group of constants, `circuit.groups.len()`, when the circuit needs one.
    pub constants_group: Option<u32>,
    /// Identities of register elements.
    pub elements: Elements,
    /// Home of each computed element by id; the row is `u32::MAX` where it has none.
    pub(crate) homes: Vec<Cell>,
    /// Number of placements of the circuit, to tell placements from fills in `owners`.
    pub(crate) placements: u32,
    /// Public cells that gates bind, in the order of [`Layout::public_cells`].
    pub(crate) gate_bound: Vec<Cell>,
}

/// What a constraint that reads a cell depends on.
///
/// Cells of one element are copies of one another and hence one unknown. A public cell that gates bind is no copy of
/// anything, so it is an unknown of its own: unknowns are numbered from 0, computed elements first, such cells after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The constant element with this id.
    Constant(u32),
    /// The unknown with this number.
    Unknown(u32),
    /// Nothing is placed in the cell.
    Nothing,
}

/// A home that does not exist.
pub(crate) const NO_CELL: Cell = Cell {
    column: u32::MAX,
    row: u32::MAX,
};

impl Layout {
    /// The column `column` of group `group`.
    pub fn column_of(&self, group: GroupId, column: u32) -> u32 {
        self.group_starts[group.0 as usize] + column
    }

    /// The column that a query of a valid circuit reads.
    pub(crate) fn queried(&self, query: &Query) -> u32 {
        self.column_of(GroupId(query.group), query.column)
    }

    /// What put the value into the cell.
    pub fn owner(&self, cell: Cell) -> Owner {
        let owners = &self.columns[cell.column as usize].owners;
        match owners
            .get(cell.row as usize)
            .copied()
            .unwrap_or(OWNER_NOBODY)
        {
            OWNER_NOBODY => Owner::Nobody,
            OWNER_CONSTANTS => Owner::Constants,
            index if index < self.placements => Owner::Placement(index),
            index => Owner::Fill(index - self.placements),
        }
    }

    /// Whether values of the column are elements of a field, which no [`Grid`] holds.
    pub fn is_derived(&self, column: u32) -> bool {
        matches!(
            self.columns[column as usize].computed,
            Some(Computed::Derived(_))
        )
    }

    /// The columns of [`Circuit::derived`], in that order.
    pub fn derived_columns<'a>(&'a self, circuit: &'a Circuit) -> impl Iterator<Item = u32> + 'a {
        circuit
            .derived
            .iter()
            .map(|derived| self.column_of(derived.group, derived.column))
    }

    /// The ONNX node that the cell belongs to, empty for none.
    pub fn source<'a>(&self, circuit: &'a Circuit, cell: Cell) -> &'a str {
        match self.owner(cell) {
            Owner::Placement(index) => &circuit.placements[index as usize].source,
            Owner::Fill(index) => &circuit.fills[index as usize].source,
            Owner::Nobody => match self.columns[cell.column as usize].computed {
                Some(Computed::Multiplicity(index)) => {
                    &circuit.multiplicities[index as usize].source
                }
                Some(Computed::Derived(_)) | None => "",
            },
            Owner::Constants => "",
        }
    }

    /// The element whose value the advice or instance cell holds.
    pub fn element(&self, cell: Cell) -> Option<u32> {
        match &self.columns[cell.column as usize].contents {
            CellContents::Fixed(_) => None,
            CellContents::Elements(ids) => ids
                .get(cell.row as usize)
                .copied()
                .filter(|id| *id != NO_ELEMENT),
        }
    }

    /// The home of a computed element: the advice cell that is assigned, of which other cells are copies.
    pub fn home(&self, element: u32) -> Option<Cell> {
        self.homes
            .get(element as usize)
            .copied()
            .filter(|cell| *cell != NO_CELL)
    }

    /// What stands in a cell for one who asks what constraints say of it.
    pub(crate) fn held(&self, cell: Cell) -> Held {
        let column = &self.columns[cell.column as usize];
        if column.by_gates {
            return if cell.row < column.used_rows() {
                Held::Unknown(self.elements.computed() + column.first_gate_bound + cell.row)
            } else {
                Held::Nothing
            };
        }
        match self.element(cell) {
            Some(element) if self.elements.is_constant(element) => Held::Constant(element),
            Some(element) => Held::Unknown(element),
            None => Held::Nothing,
        }
    }

    /// Number of unknowns, see [`Held`].
    pub(crate) fn unknowns(&self) -> u32 {
        // Cells of the grid are fewer than 2^31, and so are elements.
        self.elements.computed() + self.gate_bound.len() as u32
    }

    /// The home of an unknown that is an element, or the public cell that it is; `None` for an element without a home.
    pub(crate) fn cell_of(&self, unknown: u32) -> Option<Cell> {
        match unknown.checked_sub(self.elements.computed()) {
            Some(index) => self.gate_bound.get(index as usize).copied(),
            None => self.home(unknown),
        }
    }

    /// The element whose value the honest prover gives to an unknown; `None` for a public cell that shows nothing.
    pub(crate) fn element_of(&self, unknown: u32) -> Option<u32> {
        match unknown.checked_sub(self.elements.computed()) {
            Some(index) => self
                .gate_bound
                .get(index as usize)
                .and_then(|cell| self.element(*cell)),
            None => Some(unknown),
        }
    }

    /// Rows up to the last one in which any column holds something.
    pub fn used_rows(&self) -> u32 {
        self.columns
            .iter()
            .map(LayoutColumn::used_rows)
            .max()
            .unwrap_or(0)
    }

    /// The public cells in the order of the public vector: column by column, row by row.
    pub fn public_cells(&self) -> impl Iterator<Item = Cell> + '_ {
        self.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.kind == ColumnKind::Instance)
            .flat_map(|(index, column)| {
                (0..column.used_rows()).map(move |row| Cell {
                    column: index as u32,
                    row,
                })
            })
    }

    /// A cell's name for messages: group, column and row, such as `q[3]@17`.
    pub fn cell_name(&self, circuit: &Circuit, cell: Cell) -> String {
        let column = &self.columns[cell.column as usize];
        let group = match circuit.groups.get(column.group as usize) {
            Some(group) => group.name.as_str(),
            None => "constants",
        };
        format!("{group}[{}]@{}", column.column, cell.row)
    }

    /// The register and row-major position of the element in a cell, for messages.
    pub fn origin(&self, cell: Cell) -> Option<(RegisterId, u32)> {
        self.element(cell).map(|id| self.elements.origin(id))
    }

    /// Whether a grid has as many columns as this layout, and none that is longer than there are usable rows.
    pub fn fits(&self, grid: &Grid) -> bool {
        grid.values.len() == self.columns.len()
            && (grid.values.iter()).all(|values| values.len() <= self.usable_rows as usize)
    }

    /// Fills the grid with the values of an evaluation.
    ///
    /// Columns that count lookups are still empty: [`complete`](Self::complete) fills them.
    ///
    /// `registers` must come from the circuit that this layout was made of; else the result is meaningless or this panics.
    pub fn assign(&self, registers: &Registers) -> Grid {
        let values = self
            .columns
            .par_iter()
            .map(|column| match &column.contents {
                CellContents::Fixed(_) => Ints::I8(Vec::new()),
                CellContents::Elements(ids) => self.values(ids, registers),
            })
            .collect();
        Grid { values }
    }

    /// The values of elements, one after the other.
    fn values(&self, ids: &[u32], registers: &Registers) -> Ints {
        let mut narrow: Vec<i64> = Vec::with_capacity(ids.len());
        let mut cursor = ElementCursor::new(&self.elements);
        for id in ids {
            match i64::try_from(cursor.value(*id, registers)) {
                Ok(value) => narrow.push(value),
                Err(_) => {
                    let mut cursor = ElementCursor::new(&self.elements);
                    return Ints::I128(ids.iter().map(|id| cursor.value(*id, registers)).collect());
                }
            }
        }
        Ints::I64(narrow)
    }
}

/// Looks up the values of elements; neighbours mostly come from one register, which is remembered.
struct ElementCursor<'a> {
    elements: &'a Elements,
    register: RegisterId,
    own: std::ops::Range<u32>,
}

impl<'a> ElementCursor<'a> {
    fn new(elements: &'a Elements) -> Self {
        ElementCursor {
            elements,
            register: RegisterId(0),
            own: 0..0,
        }
    }

    fn value(&mut self, id: u32, registers: &Registers) -> i128 {
        if id == NO_ELEMENT {
            return 0;
        }
        if !self.own.contains(&id) {
            self.register = self.elements.origin(id).0;
            self.own = self.elements.own(self.register);
        }
        registers.own_value(self.register, (id - self.own.start) as usize)
    }
}

/// The values of all advice and instance cells; fixed cells stand in the [`Layout`], and derived columns are empty: see
/// [`derive`](crate::derive()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// By column number; empty for fixed columns, rows past the end are 0.
    pub values: Vec<Ints>,
}

impl Grid {
    /// The value of any cell, fixed ones included.
    #[inline]
    pub fn value(&self, layout: &Layout, cell: Cell) -> i128 {
        let values = match &layout.columns[cell.column as usize].contents {
            CellContents::Fixed(values) => values,
            CellContents::Elements(_) => &self.values[cell.column as usize],
        };
        values.get(cell.row as usize).unwrap_or(0)
    }

    /// The public vector: the values of [`Layout::public_cells`], in that order.
    pub fn public_values(&self, layout: &Layout) -> Vec<i128> {
        layout
            .public_cells()
            .map(|cell| self.value(layout, cell))
            .collect()
    }
}
