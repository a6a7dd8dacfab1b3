//! Public values: named tensors on one side, the instance columns on the other.
//!
//! Integers enter the field as themselves, a negative `v` as `p - |v|`. A proof file holds integers, never field
//! elements, and every value is checked against the range that the circuit states, so there is one encoding of each.
//!
//! The layout of public values can be part of a verifying key, so that verifying does without the rest of the circuit.

use std::collections::BTreeMap;

use prost::Message;
use zkc_circuit::elements::{ElementMap, Resolver};
use zkc_circuit::{Circuit, ColumnKind, Grid, Layout, Op, RegisterId, Shape};

use crate::error::Error;
use crate::rejection::Rejection;

/// Whether a public tensor is an input or an output of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicKind {
    /// An input.
    Input,
    /// An output.
    Output,
}

impl PublicKind {
    /// As messages hold it.
    pub(crate) fn is_output(self) -> bool {
        self == PublicKind::Output
    }

    pub(crate) fn from_is_output(output: bool) -> PublicKind {
        if output {
            PublicKind::Output
        } else {
            PublicKind::Input
        }
    }
}

impl std::fmt::Display for PublicKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            PublicKind::Input => "input",
            PublicKind::Output => "output",
        })
    }
}

/// A public input or output of the model with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTensor {
    /// Input or output.
    pub kind: PublicKind,
    /// Name in the model.
    pub name: String,
    /// Shape in the model.
    pub shape: Shape,
    /// The integer `n` stands for `n * 2^-scale`.
    pub scale: i32,
    /// The integers in row-major order.
    pub values: Vec<i128>,
}

/// How the public tensors of a circuit stand in its instance columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicLayout {
    /// Public inputs, then public outputs.
    tensors: Vec<PublicInfo>,
    cells: PublicCells,
}

/// What the circuit says about one public tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PublicInfo {
    kind: PublicKind,
    name: String,
    shape: Shape,
    scale: i32,
    lo: i128,
    hi: i128,
    /// For each value, the number of the first instance cell that holds it.
    positions: Vec<u32>,
}

/// The instance cells, numbered column by column and row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicCells {
    /// Rows of each instance column that hold something.
    pub rows: Vec<u32>,
    /// For each cell, the number of the first cell that holds the same element; `None` for a row between values, which
    /// is 0.
    pub leaders: Vec<Option<u32>>,
}

impl PublicLayout {
    /// Finds the cells of all public tensors.
    ///
    /// # Errors
    /// A value of a public tensor stands in no instance cell, or an instance cell holds something else.
    pub fn try_new(circuit: &Circuit, layout: &Layout) -> Result<PublicLayout, Error> {
        let instance = |c: &&zkc_circuit::LayoutColumn| c.kind == ColumnKind::Instance;
        let columns = layout.columns.iter().filter(instance);
        let rows = columns.map(|column| column.used_rows()).collect();
        let mut first: BTreeMap<u32, u32> = BTreeMap::new();
        let mut leaders = vec![];
        for (position, cell) in layout.public_cells().enumerate() {
            // Fewer cells than 2^32: the layout bounds its cells.
            let position = position as u32;
            let element = layout.element(cell);
            leaders.push(element.map(|id| *first.entry(id).or_insert(position)));
        }
        let elements = layout.elements.clone();
        let mut resolver = Resolver::new(circuit, &elements);
        let mut tensors = infos(circuit);
        for (tensor, register) in tensors.iter_mut().zip(public_registers(circuit)?) {
            let ids = resolver
                .resolve(register)
                .map_err(zkc_circuit::ExpandError::from)?;
            tensor.positions = cells_of(ids, &first, &tensor.name)?;
        }
        let mut covered = vec![false; leaders.len()];
        for position in tensors.iter().flat_map(|tensor| &tensor.positions) {
            covered[*position as usize] = true;
        }
        let stray = (0..leaders.len())
            .find(|&cell| leaders[cell].is_some_and(|leader| !covered[leader as usize]));
        if let Some(cell) = stray.and_then(|cell| layout.public_cells().nth(cell)) {
            return Err(inconsistent(format!(
                "instance cell {} holds no value of a public input or output",
                layout.cell_name(circuit, cell)
            )));
        }
        Ok(PublicLayout {
            tensors,
            cells: PublicCells { rows, leaders },
        })
    }

    /// Puts a layout together again.
    ///
    /// # Errors
    /// Says what does not fit. Nothing in the arguments is trusted.
    pub fn from_messages(
        tensors: Vec<TensorInfoMessage>,
        cells: PublicCells,
    ) -> Result<Self, &'static str> {
        let count = cells.rows.iter().map(|rows| u64::from(*rows)).sum::<u64>();
        if count != cells.leaders.len() as u64 {
            return Err("the instance columns do not have as many rows as there are public cells");
        }
        let leads = |cell: &u32| cells.leaders.get(*cell as usize) == Some(&Some(*cell));
        if !cells.leaders.iter().flatten().all(leads) {
            return Err("a public cell is led by a cell that leads nothing");
        }
        let mut infos = Vec::with_capacity(tensors.len());
        for tensor in tensors {
            let elements = zkc_circuit::limits::elements(&tensor.shape);
            if elements != Some(tensor.positions.len() as u64) {
                return Err("a public tensor does not have as many cells as elements");
            }
            if !tensor.positions.iter().all(leads) {
                return Err("a public value stands in a cell that leads nothing");
            }
            let bound = |bytes: Vec<u8>| bytes.try_into().map(i128::from_le_bytes);
            let (Ok(lo), Ok(hi)) = (bound(tensor.lo), bound(tensor.hi)) else {
                return Err("a bound of a public tensor must have 16 bytes");
            };
            infos.push(PublicInfo {
                kind: PublicKind::from_is_output(tensor.output),
                name: tensor.name,
                shape: tensor.shape,
                scale: tensor.scale,
                lo,
                hi,
                positions: tensor.positions,
            });
        }
        let tensors = infos;
        Ok(PublicLayout { tensors, cells })
    }

    /// The instance cells.
    pub fn cells(&self) -> &PublicCells {
        &self.cells
    }

    /// The tensors as keys hold them.
    pub fn tensor_messages(&self) -> Vec<TensorInfoMessage> {
        let message = |info: &PublicInfo| TensorInfoMessage {
            output: info.kind.is_output(),
            name: info.name.clone(),
            shape: info.shape.clone(),
            scale: info.scale,
            lo: info.lo.to_le_bytes().to_vec(),
            hi: info.hi.to_le_bytes().to_vec(),
            positions: info.positions.clone(),
        };
        self.tensors.iter().map(message).collect()
    }

    /// The public tensors of a grid.
    pub fn tensors(&self, layout: &Layout, grid: &Grid) -> Vec<PublicTensor> {
        let vector = grid.public_values(layout);
        let tensor = |info: &PublicInfo| PublicTensor {
            kind: info.kind,
            name: info.name.clone(),
            shape: info.shape.clone(),
            scale: info.scale,
            values: info.positions.iter().map(|p| vector[*p as usize]).collect(),
        };
        self.tensors.iter().map(tensor).collect()
    }

    /// The instance columns that hold the given tensors.
    ///
    /// # Errors
    /// The tensors are not exactly those of the circuit, or a value is outside of its range.
    pub fn instances(&self, tensors: &[PublicTensor]) -> Result<Vec<Vec<i128>>, Rejection> {
        if tensors.len() != self.tensors.len() {
            return Err(Rejection::TensorCount {
                expected: self.tensors.len(),
                found: tensors.len(),
            });
        }
        let mut leaders: Vec<Option<i128>> = vec![None; self.cells.leaders.len()];
        for (info, tensor) in self.tensors.iter().zip(tensors) {
            info.check(tensor)?;
            for (index, (value, position)) in tensor.values.iter().zip(&info.positions).enumerate()
            {
                let known = leaders[*position as usize].replace(*value);
                if known.is_some_and(|known| known != *value) {
                    return Err(Rejection::Contradiction {
                        kind: info.kind,
                        name: info.name.clone(),
                        index,
                    });
                }
            }
        }
        let mut vector = self.cells.leaders.iter().map(|leader| {
            leader
                .and_then(|leader| leaders[leader as usize])
                .unwrap_or(0)
        });
        let column = |rows: &u32| vector.by_ref().take(*rows as usize).collect();
        Ok(self.cells.rows.iter().map(column).collect())
    }
}

impl PublicInfo {
    fn check(&self, tensor: &PublicTensor) -> Result<(), Rejection> {
        let same = tensor.kind == self.kind
            && tensor.name == self.name
            && tensor.shape == self.shape
            && tensor.scale == self.scale;
        if !same {
            return Err(Rejection::OtherTensor {
                expected: describe(self.kind, &self.name, &self.shape, self.scale),
                found: describe(tensor.kind, &tensor.name, &tensor.shape, tensor.scale),
            });
        }
        if tensor.values.len() != self.positions.len() {
            return Err(Rejection::ValueCount {
                kind: self.kind,
                name: self.name.clone(),
                expected: self.positions.len(),
                found: tensor.values.len(),
            });
        }
        let outside = |value: &i128| !(self.lo..=self.hi).contains(value);
        if let Some(index) = tensor.values.iter().position(outside) {
            return Err(Rejection::Range {
                kind: self.kind,
                name: self.name.clone(),
                index,
                value: tensor.values[index],
                lo: self.lo,
                hi: self.hi,
            });
        }
        Ok(())
    }
}

fn describe(kind: PublicKind, name: &str, shape: &[u64], scale: i32) -> String {
    format!("{kind} `{name}` of shape {shape:?} and scale {scale}")
}

fn inconsistent(what: String) -> Error {
    Error::Inconsistent { what }
}

/// The public inputs, then the public outputs, in the circuit's order; their cells are still to be found.
fn infos(circuit: &Circuit) -> Vec<PublicInfo> {
    let inputs = circuit.inputs.iter().filter(|input| input.public);
    let inputs = inputs.map(|input| PublicInfo {
        kind: PublicKind::Input,
        name: input.name.clone(),
        shape: input.shape.clone(),
        scale: input.scale,
        lo: input.lo,
        hi: input.hi,
        positions: vec![],
    });
    let outputs = circuit.outputs.iter().filter(|output| output.public);
    let outputs = outputs.map(|output| PublicInfo {
        kind: PublicKind::Output,
        name: output.name.clone(),
        shape: output.shape.clone(),
        scale: output.scale,
        lo: output.lo,
        hi: output.hi,
        positions: vec![],
    });
    inputs.chain(outputs).collect()
}

/// The register of each public tensor, in the same order.
fn public_registers(circuit: &Circuit) -> Result<Vec<RegisterId>, Error> {
    let mut registers = vec![];
    for (index, input) in circuit.inputs.iter().enumerate().filter(|(_, i)| i.public) {
        let instruction = (0u32..)
            .zip(&circuit.program)
            .find(|(_, i)| matches!(i.op, Op::Input { input } if input as usize == index));
        let Some((register, _)) = instruction else {
            return Err(inconsistent(format!(
                "public input `{}` is not read by the program",
                input.name
            )));
        };
        registers.push(RegisterId(register));
    }
    let outputs = circuit.outputs.iter().filter(|output| output.public);
    registers.extend(outputs.map(|output| output.register));
    Ok(registers)
}

/// For each element, the position of the first public cell that holds it.
fn cells_of(ids: &ElementMap, first: &BTreeMap<u32, u32>, name: &str) -> Result<Vec<u32>, Error> {
    let cell = |(index, id): (usize, u32)| {
        first.get(&id).copied().ok_or_else(|| {
            inconsistent(format!(
                "element {index} of public tensor `{name}` stands in no instance cell"
            ))
        })
    };
    ids.iter().enumerate().map(cell).collect()
}

/// A public tensor in a key.
#[derive(Clone, PartialEq, Message)]
pub struct TensorInfoMessage {
    #[prost(bool, tag = "1")]
    output: bool,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(uint64, repeated, tag = "3")]
    shape: Vec<u64>,
    #[prost(sint32, tag = "4")]
    scale: i32,
    /// Least value, as 16 little-endian bytes.
    #[prost(bytes = "vec", tag = "5")]
    lo: Vec<u8>,
    /// Greatest value.
    #[prost(bytes = "vec", tag = "6")]
    hi: Vec<u8>,
    /// Number of the cell of each value.
    #[prost(uint32, repeated, tag = "7")]
    positions: Vec<u32>,
}
