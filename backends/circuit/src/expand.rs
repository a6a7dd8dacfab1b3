//! From the description to the grid: every placement point by point.

mod error;

use std::collections::HashMap;

pub use self::error::ExpandError;
use crate::affine::{AffineError, walk};
use crate::elements::{Elements, NO_ELEMENT, Resolver, flatten};
use crate::layout::{
    Cell, CellContents, Computed, Layout, LayoutColumn, NO_CELL, OWNER_CONSTANTS, OWNER_NOBODY,
    Owner,
};
use crate::limits;
use crate::{AffineMap, Circuit, ColumnGroup, ColumnKind, GroupId, Ints};

impl Circuit {
    /// Number of rows that may hold values: 2^k less what blinds the proof.
    ///
    /// The rows kept free are max(3, q) + 3, where q is the largest number of distinct rotations at which one advice
    /// column is queried (rotation 0 always counted): halo2's `blinding_factors() + 1`.
    /// `None` when no row is left or k is out of range.
    pub fn usable_rows(&self) -> Option<u32> {
        if self.k > limits::MAX_K {
            return None;
        }
        let mut rotations: HashMap<(u32, u32), Vec<i32>> = HashMap::new();
        let gates = self
            .gates
            .iter()
            .flat_map(|gate| &gate.constraints)
            .map(|c| &c.poly);
        let inputs = self.lookups.iter().flat_map(|lookup| &lookup.inputs);
        for query in gates.chain(inputs).flat_map(|expr| expr.queries()) {
            let group = self.groups.get(query.group as usize);
            if group.is_some_and(|group| group.kind == ColumnKind::Advice) {
                let seen = rotations
                    .entry((query.group, query.column))
                    .or_insert_with(|| vec![0]);
                if !seen.contains(&query.rotation) {
                    seen.push(query.rotation);
                }
            }
        }
        let most = rotations.values().map(Vec::len).max().unwrap_or(1).max(3) as u32;
        (1u32 << self.k)
            .checked_sub(most + 3)
            .filter(|rows| *rows > 0)
    }
}

/// The grid of a circuit.
///
/// Works on any description; everything that would make the grid wrong is an error.
pub fn expand(circuit: &Circuit) -> Result<Layout, ExpandError> {
    Expansion::new(circuit)?.run()
}

struct Expansion<'a> {
    circuit: &'a Circuit,
    layout: Layout,
    /// Constants in advice cells: (value, cell) in order of placement.
    constants: Vec<(i128, Cell)>,
}

/// Why walking the points of a placement or fill stopped.
enum Stop {
    Map(AffineError),
    Error(Box<ExpandError>),
}

impl From<AffineError> for Stop {
    fn from(error: AffineError) -> Self {
        Stop::Map(error)
    }
}

impl From<ExpandError> for Stop {
    fn from(error: ExpandError) -> Self {
        Stop::Error(Box::new(error))
    }
}

impl<'a> Expansion<'a> {
    fn new(circuit: &'a Circuit) -> Result<Self, ExpandError> {
        let columns: u64 = circuit
            .groups
            .iter()
            .map(|group| u64::from(group.count))
            .sum();
        let size = ExpandError::Size {
            k: circuit.k,
            columns,
        };
        let usable_rows = circuit.usable_rows().ok_or(size.clone())?;
        if columns > limits::MAX_COLUMNS || (columns << circuit.k) > limits::MAX_CELLS {
            return Err(size);
        }
        let elements = Elements::new(circuit)?;
        let mut layout = Layout {
            k: circuit.k,
            usable_rows,
            columns: Vec::with_capacity(columns as usize),
            group_starts: Vec::with_capacity(circuit.groups.len() + 1),
            copies: Vec::new(),
            constants_group: None,
            homes: vec![NO_CELL; elements.computed() as usize],
            elements,
            placements: circuit.placements.len() as u32,
            gate_bound: Vec::new(),
        };
        for (index, group) in circuit.groups.iter().enumerate() {
            push_group(&mut layout, index as u32, group);
        }
        let multiplicities = circuit.multiplicities.iter().enumerate();
        let multiplicities = multiplicities.flat_map(|(index, info)| {
            let computed = Computed::Multiplicity(index as u32);
            let tables = info.tables.iter();
            tables.map(move |table| (table.group, table.column, computed))
        });
        let derived = circuit.derived.iter().enumerate();
        let derived = derived.map(|(index, info)| {
            let computed = Computed::Derived(index as u32);
            (info.group, info.column, computed)
        });
        for (group, column, computed) in multiplicities.chain(derived) {
            let start = layout.group_starts.get(group.0 as usize);
            let found = start.and_then(|start| {
                let index = start.checked_add(column)?;
                layout.columns.get_mut(index as usize)
            });
            // A reference to nothing is for the structure check to report.
            if let Some(found) = found {
                found.computed = Some(computed);
            }
        }
        Ok(Expansion {
            circuit,
            layout,
            constants: Vec::new(),
        })
    }

    fn run(mut self) -> Result<Layout, ExpandError> {
        let elements = self.layout.elements.clone();
        let mut resolver = Resolver::new(self.circuit, &elements);
        // Public cells are copies, so they come after every cell that could be their home.
        let kind = |group: GroupId| self.circuit.groups.get(group.0 as usize).map(|g| g.kind);
        let (public, private): (Vec<usize>, Vec<usize>) = (0..self.circuit.placements.len())
            .partition(|index| {
                kind(self.circuit.placements[*index].group) == Some(ColumnKind::Instance)
            });
        for index in private.into_iter().chain(public) {
            self.place(index, &mut resolver)?;
        }
        for index in 0..self.circuit.fills.len() {
            self.fill(index)?;
        }
        self.number_gate_bound();
        self.add_constants()?;
        let Layout {
            copies, columns, ..
        } = &mut self.layout;
        for (from, to) in copies.iter() {
            columns[from.column as usize].equality = true;
            columns[to.column as usize].equality = true;
        }
        self.layout
            .group_starts
            .push(self.layout.columns.len() as u32);
        Ok(self.layout)
    }

    /// Puts the elements of one placement into their cells.
    fn place(&mut self, index: usize, resolver: &mut Resolver<'_>) -> Result<(), ExpandError> {
        let circuit = self.circuit;
        let placement = &circuit.placements[index];
        let what = || format!("placement {index}");
        let node = || placement.source.clone();
        let register = placement.register;
        let Some(instruction) = circuit.instruction(register) else {
            return Err(ExpandError::Group {
                what: what(),
                node: node(),
                problem: "the register does not exist",
            });
        };
        let shape = &instruction.shape;
        let rank = shape.len();
        let target = self.target(placement.group, &placement.at, what, node)?;
        if placement.read.results.len() != rank {
            return Err(ExpandError::Map {
                what: what(),
                node: node(),
                problem: format!(
                    "the map that reads has {} results for a register of rank {rank}",
                    placement.read.results.len()
                ),
            });
        }
        let ids = resolver.resolve(register)?;
        let group = &circuit.groups[placement.group.0 as usize];
        let (kind, by_gates) = (group.kind, group.by_gates);
        let joined = placement.read.joined(&placement.at);
        self.check_domain(&placement.domain, &target, what, node)?;
        let visited = walk(&joined, &placement.domain, |results| -> Result<(), Stop> {
            let (read, at) = results.split_at(rank);
            let Some(id) = flatten(read, shape).and_then(|position| ids.get(position)) else {
                let index = read.to_vec();
                let (register, shape) = (register.0, shape.clone());
                return Err(ExpandError::Read {
                    what: what(),
                    node: node(),
                    register,
                    shape,
                    index,
                }
                .into());
            };
            let cell = target.cell(at[0], at[1], what, node)?;
            self.take(cell, index as u32, what, node)?;
            // Constants and computed elements can mix in one register (a concat of both), so each element is asked.
            let constant = self.layout.elements.is_constant(id);
            match &mut self.layout.columns[cell.column as usize].contents {
                CellContents::Fixed(values) => {
                    let Some(value) = self.layout.elements.constant_value(circuit, id) else {
                        return Err(ExpandError::NotConstant {
                            what: what(),
                            node: node(),
                            register: register.0,
                            cell: self.layout.cell_name(circuit, cell),
                        }
                        .into());
                    };
                    values.set_widening(cell.row as usize, value);
                }
                CellContents::Elements(cells) => {
                    if cells.len() <= cell.row as usize {
                        cells.resize(cell.row as usize + 1, NO_ELEMENT);
                    }
                    cells[cell.row as usize] = id;
                    if by_gates {
                        // The value of the element, and nothing else: no cell is bound to another here.
                    } else if constant {
                        let value = self
                            .layout
                            .elements
                            .constant_value(circuit, id)
                            .unwrap_or(0);
                        self.constants.push((value, cell));
                    } else if self.layout.homes[id as usize] != NO_CELL {
                        self.layout
                            .copies
                            .push((self.layout.homes[id as usize], cell));
                    } else if kind == ColumnKind::Advice {
                        self.layout.homes[id as usize] = cell;
                    } else {
                        return Err(ExpandError::Homeless {
                            what: what(),
                            node: node(),
                            register: register.0,
                            cell: self.layout.cell_name(circuit, cell),
                        }
                        .into());
                    }
                }
            }
            Ok(())
        });
        finish(visited, what, node)
    }

    /// Sets the cells of one fill.
    fn fill(&mut self, index: usize) -> Result<(), ExpandError> {
        let fill = &self.circuit.fills[index];
        let what = || format!("fill {index}");
        let node = || fill.source.clone();
        let owner = self.layout.placements + index as u32;
        let target = self.target(fill.group, &fill.at, what, node)?;
        if self.circuit.groups[fill.group.0 as usize].kind != ColumnKind::Fixed {
            return Err(ExpandError::Group {
                what: what(),
                node: node(),
                problem: "only cells of fixed groups can be filled",
            });
        }
        self.check_domain(&fill.domain, &target, what, node)?;
        let visited = walk(&fill.at, &fill.domain, |at| -> Result<(), Stop> {
            let cell = target.cell(at[0], at[1], what, node)?;
            self.take(cell, owner, what, node)?;
            if let CellContents::Fixed(values) =
                &mut self.layout.columns[cell.column as usize].contents
            {
                values.set_widening(cell.row as usize, fill.value);
            }
            Ok(())
        });
        finish(visited, what, node)
    }

    /// The cells that a placement or fill can reach.
    fn target(
        &self,
        group: GroupId,
        at: &AffineMap,
        what: impl Fn() -> String,
        node: impl Fn() -> String,
    ) -> Result<Target, ExpandError> {
        let Some(info) = self.circuit.groups.get(group.0 as usize) else {
            let problem = "the column group does not exist";
            return Err(ExpandError::Group {
                what: what(),
                node: node(),
                problem,
            });
        };
        if at.results.len() != 2 {
            let problem = format!(
                "the map to cells has {} results, not 2 (column, row)",
                at.results.len()
            );
            return Err(ExpandError::Map {
                what: what(),
                node: node(),
                problem,
            });
        }
        Ok(Target {
            start: self.layout.group_starts[group.0 as usize],
            name: info.name.clone(),
            columns: info.count,
            rows: self.layout.usable_rows,
        })
    }

    /// Refuses a domain with more points than its group has cells.
    fn check_domain(
        &self,
        domain: &[u64],
        target: &Target,
        what: impl Fn() -> String,
        node: impl Fn() -> String,
    ) -> Result<(), ExpandError> {
        let cells = u64::from(target.columns) * u64::from(target.rows);
        match limits::product(domain) {
            Some(points) if points <= cells => Ok(()),
            _ => Err(ExpandError::Map {
                what: what(),
                node: node(),
                problem: format!(
                    "domain {domain:?} has more points than group `{}` has cells ({cells})",
                    target.name
                ),
            }),
        }
    }

    /// Notes who has the cell.
    fn take(
        &mut self,
        cell: Cell,
        owner: u32,
        what: impl Fn() -> String,
        node: impl Fn() -> String,
    ) -> Result<(), ExpandError> {
        let row = cell.row as usize;
        if self.layout.columns[cell.column as usize].computed.is_some() {
            return Err(ExpandError::Computed {
                what: what(),
                node: node(),
                cell: self.layout.cell_name(self.circuit, cell),
            });
        }
        let owners = &mut self.layout.columns[cell.column as usize].owners;
        if owners.len() <= row {
            owners.resize(row + 1, OWNER_NOBODY);
        }
        if owners[row] != OWNER_NOBODY {
            let other = match self.layout.owner(cell) {
                Owner::Placement(index) => format!("placement {index}"),
                Owner::Fill(index) => format!("fill {index}"),
                Owner::Constants | Owner::Nobody => "the constants".to_string(),
            };
            return Err(ExpandError::Twice {
                what: what(),
                node: node(),
                cell: self.layout.cell_name(self.circuit, cell),
                other,
                other_node: self.layout.source(self.circuit, cell).to_string(),
            });
        }
        owners[row] = owner;
        Ok(())
    }

    /// Numbers the public cells that gates bind.
    fn number_gate_bound(&mut self) {
        let Layout {
            columns,
            gate_bound,
            ..
        } = &mut self.layout;
        for (index, column) in (0u32..).zip(columns).filter(|(_, c)| c.by_gates) {
            column.first_gate_bound = gate_bound.len() as u32;
            let column = (0..column.used_rows()).map(|row| Cell { column: index, row });
            gate_bound.extend(column);
        }
    }

    /// Appends the fixed columns of constants and copies them to where they are used.
    fn add_constants(&mut self) -> Result<(), ExpandError> {
        if self.constants.is_empty() {
            return Ok(());
        }
        let mut rows: HashMap<i128, u32> = HashMap::new();
        let mut values: Vec<i128> = Vec::new();
        for (value, _) in &self.constants {
            rows.entry(*value).or_insert_with(|| {
                values.push(*value);
                values.len() as u32 - 1
            });
        }
        let usable = self.layout.usable_rows;
        let count = (values.len() as u32).div_ceil(usable);
        let columns = self.layout.columns.len() as u64 + u64::from(count);
        if (columns << self.layout.k) > limits::MAX_CELLS {
            return Err(ExpandError::Size {
                k: self.layout.k,
                columns,
            });
        }
        let group = self.circuit.groups.len() as u32;
        let start = self.layout.columns.len() as u32;
        push_group(
            &mut self.layout,
            group,
            &ColumnGroup::fixed("constants", count),
        );
        self.layout.constants_group = Some(group);
        for (chunk, column) in values.chunks(usable as usize).zip(start..) {
            let column = &mut self.layout.columns[column as usize];
            column.contents = CellContents::Fixed(Ints::from_values(chunk));
            column.owners = vec![OWNER_CONSTANTS; chunk.len()];
        }
        for (value, cell) in &self.constants {
            let position = rows[value];
            let home = Cell {
                column: start + position / usable,
                row: position % usable,
            };
            self.layout.copies.push((home, *cell));
        }
        Ok(())
    }
}

/// The columns of a group, as a target of placements.
struct Target {
    start: u32,
    name: String,
    columns: u32,
    rows: u32,
}

impl Target {
    fn cell(
        &self,
        column: i64,
        row: i64,
        what: impl Fn() -> String,
        node: impl Fn() -> String,
    ) -> Result<Cell, ExpandError> {
        match (u32::try_from(column), u32::try_from(row)) {
            (Ok(column), Ok(row)) if column < self.columns && row < self.rows => Ok(Cell {
                column: self.start + column,
                row,
            }),
            _ => Err(ExpandError::Cell {
                what: what(),
                node: node(),
                group: self.name.clone(),
                column,
                row,
                columns: self.columns,
                rows: self.rows,
            }),
        }
    }
}

/// Appends the columns of a group.
fn push_group(layout: &mut Layout, group: u32, info: &ColumnGroup) {
    let kind = info.kind;
    layout.group_starts.push(layout.columns.len() as u32);
    let before = layout
        .columns
        .iter()
        .filter(|column| column.kind == kind)
        .count() as u32;
    for column in 0..info.count {
        layout.columns.push(LayoutColumn {
            group,
            column,
            kind,
            phase: info.phase,
            index_in_kind: before + column,
            equality: false,
            by_gates: info.by_gates,
            computed: None,
            contents: match kind {
                ColumnKind::Fixed => CellContents::Fixed(Ints::I8(Vec::new())),
                ColumnKind::Advice | ColumnKind::Instance => CellContents::Elements(Vec::new()),
            },
            owners: Vec::new(),
            first_gate_bound: 0,
        });
    }
}

/// Turns the outcome of a walk into an error of the expansion.
fn finish(
    visited: Result<(), Stop>,
    what: impl Fn() -> String,
    node: impl Fn() -> String,
) -> Result<(), ExpandError> {
    visited.map_err(|stop| match stop {
        Stop::Error(error) => *error,
        Stop::Map(error) => ExpandError::Map {
            what: what(),
            node: node(),
            problem: error.to_string(),
        },
    })
}
