//! Public values: named tensors on one side, the instance columns on the other.
//!
//! Integers enter the field as themselves, a negative `v` as `p - |v|`. A proof file holds integers, never field
//! elements, and every value is checked against the range that the circuit states, so there is one encoding of each.

use std::collections::BTreeMap;

use zkc_circuit::elements::Resolver;
use zkc_circuit::{Circuit, Grid, Layout, Op, RegisterId, Shape};

use crate::error::Error;
use crate::verify::Rejection;

/// Whether a public tensor is an input or an output of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PublicKind {
    /// An input.
    Input,
    /// An output.
    Output,
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

/// What the circuit says about one public tensor.
#[derive(Debug)]
struct PublicInfo {
    kind: PublicKind,
    name: String,
    shape: Shape,
    scale: i32,
    lo: i128,
    hi: i128,
    /// For each value, the position in the public vector of one cell that holds it.
    positions: Vec<u32>,
}

/// How the public tensors of a circuit stand in its instance columns.
#[derive(Debug)]
pub(crate) struct PublicLayout {
    tensors: Vec<PublicInfo>,
    /// For each cell of the public vector, the position of the first cell that holds the same element; `None` for a row
    /// between values, which is 0.
    leaders: Vec<Option<u32>>,
    /// Lengths of the instance columns; together the length of the public vector.
    columns: Vec<usize>,
}

impl PublicLayout {
    /// Finds the cells of all public tensors.
    ///
    /// # Errors
    /// A value of a public tensor stands in no instance cell, or an instance cell holds something else.
    pub(crate) fn try_new(circuit: &Circuit, layout: &Layout) -> Result<PublicLayout, Error> {
        let mut first: BTreeMap<u32, u32> = BTreeMap::new();
        let mut leaders = vec![];
        let mut columns = vec![0; instance_columns(layout)];
        for (position, cell) in layout.public_cells().enumerate() {
            // Fewer cells than 2^32: the layout bounds its cells.
            let position = position as u32;
            let column = &layout.columns[cell.column as usize];
            columns[column.index_in_kind as usize] += 1;
            let element = layout.element(cell);
            leaders.push(element.map(|id| *first.entry(id).or_insert(position)));
        }
        let elements = layout.elements.clone();
        let mut resolver = Resolver::new(circuit, &elements);
        let mut tensors = vec![];
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
            tensors.push(PublicInfo {
                kind: PublicKind::Input,
                name: input.name.clone(),
                shape: input.shape.clone(),
                scale: input.scale,
                lo: input.lo,
                hi: input.hi,
                positions: positions(&mut resolver, RegisterId(register), &first, &input.name)?,
            });
        }
        for output in circuit.outputs.iter().filter(|output| output.public) {
            tensors.push(PublicInfo {
                kind: PublicKind::Output,
                name: output.name.clone(),
                shape: output.shape.clone(),
                scale: output.scale,
                lo: output.lo,
                hi: output.hi,
                positions: positions(&mut resolver, output.register, &first, &output.name)?,
            });
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
            leaders,
            columns,
        })
    }

    /// The public tensors of a grid.
    pub(crate) fn tensors(&self, layout: &Layout, grid: &Grid) -> Vec<PublicTensor> {
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
    pub(crate) fn instances(&self, tensors: &[PublicTensor]) -> Result<Vec<Vec<i128>>, Rejection> {
        if tensors.len() != self.tensors.len() {
            return Err(Rejection::TensorCount {
                expected: self.tensors.len(),
                found: tensors.len(),
            });
        }
        let mut leaders: Vec<Option<i128>> = vec![None; self.leaders.len()];
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
        let mut vector = self.leaders.iter().map(|leader| {
            leader
                .and_then(|leader| leaders[leader as usize])
                .unwrap_or(0)
        });
        let column = |len: &usize| vector.by_ref().take(*len).collect();
        Ok(self.columns.iter().map(column).collect())
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

pub(crate) fn instance_columns(layout: &Layout) -> usize {
    let instance = |c: &&zkc_circuit::LayoutColumn| c.kind == zkc_circuit::ColumnKind::Instance;
    layout.columns.iter().filter(instance).count()
}

/// For each element of the register, the position of the first public cell that holds it.
fn positions(
    resolver: &mut Resolver<'_>,
    register: RegisterId,
    first: &BTreeMap<u32, u32>,
    name: &str,
) -> Result<Vec<u32>, Error> {
    let ids = resolver
        .resolve(register)
        .map_err(zkc_circuit::ExpandError::from)?;
    ids.iter()
        .enumerate()
        .map(|(index, id)| {
            first.get(&id).copied().ok_or_else(|| {
                inconsistent(format!(
                    "element {index} of public tensor `{name}` stands in no instance cell"
                ))
            })
        })
        .collect()
}
