//! Identities of register elements.
//!
//! Each instruction that computes or declares values gives every element of its result an id of its own. `gather` and
//! `concat` compute nothing: their elements are those of their sources. A `gather` with a fill value owns one further
//! element, the constant that stands outside of the source.

use std::collections::HashMap;

use thiserror::Error;

use crate::affine::{AffineError, walk};
use crate::limits;
use crate::{Circuit, Op, RegisterId};

/// Why the elements of a register could not be worked out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ElementError {
    /// An affine map fails.
    #[error("register {register} ({op} of `{node}`): {error}")]
    Map {
        /// The register.
        register: u32,
        /// Its operation.
        op: &'static str,
        /// The ONNX node.
        node: String,
        /// What fails.
        error: AffineError,
    },
    /// A map has as many results as something else has dims, or should have.
    #[error(
        "register {register} ({op} of `{node}`): the map has {found} results for a tensor of rank {expected}"
    )]
    Rank {
        /// The register.
        register: u32,
        /// Its operation.
        op: &'static str,
        /// The ONNX node.
        node: String,
        /// Rank of the tensor that is read.
        expected: usize,
        /// Results of the map.
        found: usize,
    },
    /// A gather without a fill value leaves its source.
    #[error(
        "register {register} (gather of `{node}`) reads index {index:?} of a tensor of shape {shape:?} and has no fill value"
    )]
    OutOfBounds {
        /// The register.
        register: u32,
        /// The ONNX node.
        node: String,
        /// The index.
        index: Vec<i64>,
        /// Shape of the tensor that is read.
        shape: Vec<u64>,
    },
    /// A register is not there, or reads one that does not precede it.
    #[error("register {register} does not precede its use by register {user}")]
    Order {
        /// The register.
        register: u32,
        /// The register that reads it.
        user: u32,
    },
    /// Too many elements.
    #[error("the program has more than {} elements", limits::MAX_ELEMENTS)]
    TooMany,
    /// The parts of a concat do not add up.
    #[error(
        "register {register} (concat of `{node}`): the parts do not fill shape {shape:?} along axis {axis}"
    )]
    Concat {
        /// The register.
        register: u32,
        /// The ONNX node.
        node: String,
        /// Shape of the result.
        shape: Vec<u64>,
        /// The axis.
        axis: u32,
    },
}

/// Marks a cell without an element.
pub(crate) const NO_ELEMENT: u32 = u32::MAX;

/// Which element each id is. Computed elements come first, constants after them.
#[derive(Debug, Clone)]
pub struct Elements {
    /// Ids of each instruction's own elements.
    own: Vec<std::ops::Range<u32>>,
    /// First id and instruction of every block that is not empty, ascending.
    blocks: Vec<(u32, u32)>,
    /// Number of computed elements; constants have ids from here on.
    computed: u32,
    count: u32,
}

impl Elements {
    /// Numbers the elements of all instructions.
    pub fn new(circuit: &Circuit) -> Result<Self, ElementError> {
        let mut own = vec![0..0; circuit.program.len()];
        let mut blocks = Vec::with_capacity(circuit.program.len());
        let mut total: u64 = 0;
        let mut computed: u64 = 0;
        for constants in [false, true] {
            for (register, instruction) in circuit.program.iter().enumerate() {
                let constant = matches!(instruction.op, Op::Constant { .. } | Op::Gather { .. });
                if constant != constants {
                    continue;
                }
                let len = match instruction.op {
                    Op::Concat { .. } | Op::Gather { fill: None, .. } => 0,
                    Op::Gather { fill: Some(_), .. } => 1,
                    _ => limits::elements(&instruction.shape).ok_or(ElementError::TooMany)?,
                };
                if len > 0 {
                    blocks.push((total as u32, register as u32));
                }
                let start = total as u32;
                total += len;
                if total > limits::MAX_ELEMENTS {
                    return Err(ElementError::TooMany);
                }
                own[register] = start..total as u32;
            }
            if !constants {
                computed = total;
            }
        }
        Ok(Elements {
            own,
            blocks,
            computed: computed as u32,
            count: total as u32,
        })
    }

    /// Number of ids.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Number of computed elements; their ids come first.
    pub fn computed(&self) -> u32 {
        self.computed
    }

    /// Ids of the elements that the instruction itself computes or declares.
    pub fn own(&self, register: RegisterId) -> std::ops::Range<u32> {
        self.own[register.0 as usize].clone()
    }

    /// The instruction that computes the element, and the element's row-major position there.
    ///
    /// # Panics
    /// When `id` is not below [`count`](Self::count).
    pub fn origin(&self, id: u32) -> (RegisterId, u32) {
        assert!(id < self.count(), "element ids come from this table");
        // The first block starts at 0, so at least one block starts at or before the id.
        let (base, register) =
            self.blocks[self.blocks.partition_point(|(base, _)| *base <= id) - 1];
        (RegisterId(register), id - base)
    }

    /// Whether the element is a constant.
    #[inline]
    pub fn is_constant(&self, id: u32) -> bool {
        id >= self.computed
    }

    /// The value of a constant element, `None` when it is computed.
    pub fn constant_value(&self, circuit: &Circuit, id: u32) -> Option<i128> {
        if !self.is_constant(id) {
            return None;
        }
        let (register, position) = self.origin(id);
        match &circuit.program.get(register.0 as usize)?.op {
            Op::Constant { values } => values.get(position as usize),
            Op::Gather { fill, .. } => *fill,
            _ => None,
        }
    }
}

/// The ids of a register's elements in row-major order.
#[derive(Debug, Clone)]
pub enum ElementMap {
    /// Consecutive ids.
    Own {
        /// The first id.
        base: u32,
        /// Number of elements.
        len: u32,
    },
    /// Ids one by one.
    Aliases(Vec<u32>),
}

impl ElementMap {
    /// The id of the element at a row-major position.
    #[inline]
    pub fn get(&self, position: usize) -> Option<u32> {
        match self {
            ElementMap::Own { base, len } => {
                if position < *len as usize {
                    Some(base + position as u32)
                } else {
                    None
                }
            }
            ElementMap::Aliases(ids) => ids.get(position).copied(),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            ElementMap::Own { len, .. } => *len as usize,
            ElementMap::Aliases(ids) => ids.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All ids in row-major order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).filter_map(|position| self.get(position))
    }
}

/// Resolves registers to element ids through any chain of `gather` and `concat`, each register once.
#[derive(Debug)]
pub struct Resolver<'a> {
    circuit: &'a Circuit,
    elements: &'a Elements,
    known: HashMap<u32, ElementMap>,
}

impl<'a> Resolver<'a> {
    /// A resolver for the registers of `circuit`, whose elements are numbered by `elements`.
    pub fn new(circuit: &'a Circuit, elements: &'a Elements) -> Self {
        Resolver {
            circuit,
            elements,
            known: HashMap::new(),
        }
    }

    /// The ids of the register's elements.
    pub fn resolve(&mut self, register: RegisterId) -> Result<&ElementMap, ElementError> {
        // Sources first, without recursion: programs may be long chains of gathers.
        let mut pending = vec![register.0];
        while let Some(current) = pending.last().copied() {
            if self.known.contains_key(&current) {
                pending.pop();
                continue;
            }
            let instruction =
                self.circuit
                    .program
                    .get(current as usize)
                    .ok_or(ElementError::Order {
                        register: current,
                        user: current,
                    })?;
            let sources: &[RegisterId] = match &instruction.op {
                Op::Gather { src, .. } => std::slice::from_ref(src),
                Op::Concat { srcs, .. } => srcs,
                _ => &[],
            };
            let mut ready = true;
            for source in sources {
                if source.0 >= current {
                    return Err(ElementError::Order {
                        register: source.0,
                        user: current,
                    });
                }
                if !self.known.contains_key(&source.0) {
                    pending.push(source.0);
                    ready = false;
                }
            }
            if ready {
                let map = self.compute(current)?;
                self.known.insert(current, map);
                pending.pop();
            }
        }
        // The loop ends only once the register has been computed.
        Ok(&self.known[&register.0])
    }

    /// The ids of one register whose sources are known.
    fn compute(&self, register: u32) -> Result<ElementMap, ElementError> {
        let instruction = &self.circuit.program[register as usize];
        let node = || instruction.source.clone();
        let own = self.elements.own(RegisterId(register));
        match &instruction.op {
            Op::Gather { src, map, fill } => {
                let shape = &self.circuit.program[src.0 as usize].shape;
                let source = &self.known[&src.0];
                if map.results.len() != shape.len() {
                    return Err(ElementError::Rank {
                        register,
                        op: "gather",
                        node: node(),
                        expected: shape.len(),
                        found: map.results.len(),
                    });
                }
                let count = limits::elements(&instruction.shape).ok_or(ElementError::TooMany)?;
                let mut ids = Vec::with_capacity(count as usize);
                let visited = walk(map, &instruction.shape, |index| {
                    let id = flatten(index, shape).and_then(|position| source.get(position));
                    match id {
                        Some(id) => ids.push(id),
                        None if fill.is_some() => ids.push(own.start),
                        None => return Err(Walked::Outside(index.to_vec())),
                    }
                    Ok(())
                });
                match visited {
                    Ok(()) => Ok(ElementMap::Aliases(ids)),
                    Err(Walked::Outside(index)) => Err(ElementError::OutOfBounds {
                        register,
                        node: node(),
                        index,
                        shape: shape.clone(),
                    }),
                    Err(Walked::Map(error)) => Err(ElementError::Map {
                        register,
                        op: "gather",
                        node: node(),
                        error,
                    }),
                }
            }
            Op::Concat { srcs, axis } => {
                let bad = || ElementError::Concat {
                    register,
                    node: node(),
                    shape: instruction.shape.clone(),
                    axis: *axis,
                };
                let count = limits::elements(&instruction.shape).ok_or(ElementError::TooMany)?;
                if count == 0 {
                    // A zero hides that other extents are large, and there is nothing to number.
                    return Ok(ElementMap::Aliases(Vec::new()));
                }
                let axis_index = *axis as usize;
                let extent = *instruction.shape.get(axis_index).ok_or_else(bad)?;
                let inner =
                    limits::product(&instruction.shape[axis_index + 1..]).ok_or_else(bad)?;
                let outer = limits::product(&instruction.shape[..axis_index]).ok_or_else(bad)?;
                let mut parts = Vec::with_capacity(srcs.len());
                let mut sum: u64 = 0;
                for src in srcs {
                    let shape = &self.circuit.program[src.0 as usize].shape;
                    let along = *shape.get(axis_index).ok_or_else(bad)?;
                    let alike = shape.len() == instruction.shape.len()
                        && shape
                            .iter()
                            .zip(&instruction.shape)
                            .enumerate()
                            .all(|(index, (a, b))| index == axis_index || a == b);
                    if !alike {
                        return Err(bad());
                    }
                    sum = sum.checked_add(along).ok_or_else(bad)?;
                    let len = along.checked_mul(inner).ok_or_else(bad)?;
                    parts.push((&self.known[&src.0], len as usize));
                }
                if sum != extent {
                    return Err(bad());
                }
                let mut ids = Vec::with_capacity(count as usize);
                for block in 0..outer as usize {
                    for (part, len) in &parts {
                        let range = block * len..(block + 1) * len;
                        ids.extend(range.filter_map(|position| part.get(position)));
                    }
                }
                Ok(ElementMap::Aliases(ids))
            }
            _ => Ok(ElementMap::Own {
                base: own.start,
                len: own.end - own.start,
            }),
        }
    }
}

/// Why walking the points of a gather stopped.
enum Walked {
    Outside(Vec<i64>),
    Map(AffineError),
}

impl From<AffineError> for Walked {
    fn from(error: AffineError) -> Self {
        Walked::Map(error)
    }
}

/// The row-major position of `index` in a tensor of `shape`, `None` outside of it.
#[inline]
pub(crate) fn flatten(index: &[i64], shape: &[u64]) -> Option<usize> {
    let mut position: u64 = 0;
    for (coordinate, extent) in index.iter().zip(shape) {
        let coordinate = u64::try_from(*coordinate)
            .ok()
            .filter(|value| value < extent)?;
        position = position.checked_mul(*extent)?.checked_add(coordinate)?;
    }
    usize::try_from(position).ok()
}
