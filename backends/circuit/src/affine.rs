//! Affine maps with modulo and division by constants, as MLIR has them.

mod split;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;

use thiserror::Error;

pub use walk::{Walker, walk};

/// Why an affine map could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AffineError {
    /// A point has another number of coordinates than the map has dims.
    #[error("affine map has {expected} dims, the point has {found}")]
    Rank {
        /// Dims of the map.
        expected: usize,
        /// Coordinates of the point.
        found: usize,
    },
    /// A node refers to a dim, or to a node that does not precede it.
    #[error("affine map node {node} refers to {what} {index}, which is not there")]
    Index {
        /// The node at fault.
        node: usize,
        /// `dim` or `node`.
        what: &'static str,
        /// The index.
        index: u32,
    },
    /// Modulo or division by a number that is not positive.
    #[error("affine map node {node} divides by {divisor}, which is not positive")]
    Divisor {
        /// The node at fault.
        node: usize,
        /// The divisor.
        divisor: i64,
    },
    /// A value does not fit 64 bits.
    #[error("affine map node {node} overflows 64 bits")]
    Overflow {
        /// The node at fault.
        node: usize,
    },
}

/// One node of an [`AffineMap`]; operands are indices of earlier nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AffineNode {
    /// The coordinate with this index.
    Dim(u32),
    /// An integer.
    Const(i64),
    /// `a + b`.
    Add(u32, u32),
    /// `a * b`.
    Mul(u32, u32),
    /// `a mod b`, in `[0, b)`; `b` must be positive.
    Mod(u32, u32),
    /// `floor(a / b)`; `b` must be positive.
    FloorDiv(u32, u32),
    /// `ceil(a / b)`; `b` must be positive.
    CeilDiv(u32, u32),
}

/// A map from points with `dims` coordinates to `results.len()` integers.
///
/// Semantics are those of MLIR's affine maps without symbols: `mod`, `floordiv` and `ceildiv` round towards minus infinity,
/// minus infinity and plus infinity, and their right side is positive. Values are 64-bit; overflow is an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AffineMap {
    /// Number of coordinates of a point.
    pub dims: u32,
    /// The nodes, operands first.
    pub nodes: Vec<AffineNode>,
    /// The node of each result.
    pub results: Vec<u32>,
}

impl AffineMap {
    /// The map that returns its point.
    pub fn identity(dims: u32) -> Self {
        AffineMap {
            dims,
            nodes: (0..dims).map(AffineNode::Dim).collect(),
            results: (0..dims).collect(),
        }
    }

    /// The map that returns `values` for every point.
    pub fn constant(dims: u32, values: &[i64]) -> Self {
        let mut builder = AffineBuilder::new(dims);
        let results: Vec<u32> = values
            .iter()
            .map(|value| builder.constant(*value))
            .collect();
        builder.finish(results)
    }

    /// The linear map whose result `r` is `rows[r].1 + sum of rows[r].0[d] * d_d`.
    ///
    /// Missing coefficients are 0, coefficients past `dims` are ignored.
    pub fn linear(dims: u32, rows: &[(&[i64], i64)]) -> Self {
        let mut builder = AffineBuilder::new(dims);
        let results: Vec<u32> = rows
            .iter()
            .map(|(coefficients, constant)| builder.linear(coefficients, *constant))
            .collect();
        builder.finish(results)
    }

    /// The map that unflattens a row-major position: from one coordinate to an index of `shape`.
    pub fn unflatten(shape: &[u64]) -> Self {
        let mut builder = AffineBuilder::new(1);
        let mut stride: i64 = 1;
        let mut results = vec![0u32; shape.len()];
        for (axis, extent) in shape.iter().enumerate().rev() {
            let position = builder.dim(0);
            let stride_node = builder.constant(stride);
            let quotient = if stride == 1 {
                position
            } else {
                builder.node(AffineNode::FloorDiv(position, stride_node))
            };
            let extent = i64::try_from(*extent).unwrap_or(i64::MAX).max(1);
            results[axis] = if axis == 0 {
                quotient
            } else {
                let extent_node = builder.constant(extent);
                builder.node(AffineNode::Mod(quotient, extent_node))
            };
            stride = stride.saturating_mul(extent);
        }
        builder.finish(results)
    }

    /// The map whose results are those of `self` followed by those of `other`; both take the same points.
    pub fn joined(&self, other: &AffineMap) -> AffineMap {
        let offset = self.nodes.len() as u32;
        let shifted = other.nodes.iter().map(|node| match *node {
            AffineNode::Add(a, b) => AffineNode::Add(a + offset, b + offset),
            AffineNode::Mul(a, b) => AffineNode::Mul(a + offset, b + offset),
            AffineNode::Mod(a, b) => AffineNode::Mod(a + offset, b + offset),
            AffineNode::FloorDiv(a, b) => AffineNode::FloorDiv(a + offset, b + offset),
            AffineNode::CeilDiv(a, b) => AffineNode::CeilDiv(a + offset, b + offset),
            leaf @ (AffineNode::Dim(_) | AffineNode::Const(_)) => leaf,
        });
        AffineMap {
            dims: self.dims.max(other.dims),
            nodes: self.nodes.iter().copied().chain(shifted).collect(),
            results: self
                .results
                .iter()
                .copied()
                .chain(other.results.iter().map(|result| result + offset))
                .collect(),
        }
    }

    /// Checks the structure: every node refers to a dim that exists or to earlier nodes, and results to nodes.
    pub fn check_structure(&self) -> Result<(), AffineError> {
        for (node, kind) in self.nodes.iter().enumerate() {
            let operands = match *kind {
                AffineNode::Dim(index) => {
                    if index >= self.dims {
                        return Err(AffineError::Index {
                            node,
                            what: "dim",
                            index,
                        });
                    }
                    continue;
                }
                AffineNode::Const(_) => continue,
                AffineNode::Add(a, b)
                | AffineNode::Mul(a, b)
                | AffineNode::Mod(a, b)
                | AffineNode::FloorDiv(a, b)
                | AffineNode::CeilDiv(a, b) => [a, b],
            };
            for index in operands {
                if index as usize >= node {
                    return Err(AffineError::Index {
                        node,
                        what: "node",
                        index,
                    });
                }
            }
        }
        for index in &self.results {
            if *index as usize >= self.nodes.len() {
                let node = self.nodes.len();
                return Err(AffineError::Index {
                    node,
                    what: "node",
                    index: *index,
                });
            }
        }
        Ok(())
    }

    /// The results at `point`.
    ///
    /// For all points of a domain use [`walk`], which is much faster.
    pub fn eval(&self, point: &[i64]) -> Result<Vec<i64>, AffineError> {
        if point.len() != self.dims as usize {
            return Err(AffineError::Rank {
                expected: self.dims as usize,
                found: point.len(),
            });
        }
        self.check_structure()?;
        let mut values: Vec<i64> = Vec::with_capacity(self.nodes.len());
        for (node, kind) in self.nodes.iter().enumerate() {
            let value = eval_node(
                node,
                *kind,
                |dim| point[dim as usize],
                |id| values[id as usize],
            )?;
            values.push(value);
        }
        Ok(self
            .results
            .iter()
            .map(|index| values[*index as usize])
            .collect())
    }
}

/// The value of one node, given its coordinates and the values of earlier nodes.
fn eval_node(
    node: usize,
    kind: AffineNode,
    dim: impl Fn(u32) -> i64,
    value: impl Fn(u32) -> i64,
) -> Result<i64, AffineError> {
    let positive = |divisor: i64| {
        if divisor > 0 {
            Ok(divisor)
        } else {
            Err(AffineError::Divisor { node, divisor })
        }
    };
    let result = match kind {
        AffineNode::Dim(index) => Some(dim(index)),
        AffineNode::Const(constant) => Some(constant),
        AffineNode::Add(a, b) => value(a).checked_add(value(b)),
        AffineNode::Mul(a, b) => value(a).checked_mul(value(b)),
        AffineNode::Mod(a, b) => Some(value(a).rem_euclid(positive(value(b))?)),
        AffineNode::FloorDiv(a, b) => Some(value(a).div_euclid(positive(value(b))?)),
        AffineNode::CeilDiv(a, b) => {
            let (a, b) = (value(a), positive(value(b))?);
            // ceil(a / b) is one more than floor unless b divides a; the sum cannot overflow as |floor| <= |a| and b > 1 then.
            Some(a.div_euclid(b) + i64::from(a.rem_euclid(b) != 0))
        }
    };
    result.ok_or(AffineError::Overflow { node })
}

impl fmt::Display for AffineMap {
    /// Writes the map as MLIR does: `(d0, d1) -> (d0 * 4 + d1)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text: Vec<String> = Vec::with_capacity(self.nodes.len());
        let get = |text: &Vec<String>, id: u32| {
            text.get(id as usize)
                .cloned()
                .unwrap_or_else(|| "<bad>".to_string())
        };
        for node in &self.nodes {
            let written = match *node {
                AffineNode::Dim(index) => format!("d{index}"),
                AffineNode::Const(value) => value.to_string(),
                AffineNode::Add(a, b) => format!("({} + {})", get(&text, a), get(&text, b)),
                AffineNode::Mul(a, b) => format!("{} * {}", get(&text, a), get(&text, b)),
                AffineNode::Mod(a, b) => format!("({} mod {})", get(&text, a), get(&text, b)),
                AffineNode::FloorDiv(a, b) => {
                    format!("({} floordiv {})", get(&text, a), get(&text, b))
                }
                AffineNode::CeilDiv(a, b) => {
                    format!("({} ceildiv {})", get(&text, a), get(&text, b))
                }
            };
            // Shared nodes could double the text at every level; nobody reads that.
            text.push(if written.len() > 4096 {
                "...".to_string()
            } else {
                written
            });
        }
        let dims: Vec<String> = (0..self.dims.min(64))
            .map(|index| format!("d{index}"))
            .collect();
        let results: Vec<String> = self.results.iter().map(|id| get(&text, *id)).collect();
        write!(f, "({}) -> ({})", dims.join(", "), results.join(", "))
    }
}

/// Builds an [`AffineMap`]; equal nodes are shared.
#[derive(Debug, Clone)]
pub struct AffineBuilder {
    dims: u32,
    nodes: Vec<AffineNode>,
    known: std::collections::HashMap<AffineNode, u32>,
}

impl AffineBuilder {
    /// A builder for a map with `dims` coordinates.
    pub fn new(dims: u32) -> Self {
        AffineBuilder {
            dims,
            nodes: Vec::new(),
            known: Default::default(),
        }
    }

    /// Adds a node whose operands were made by this builder, and returns its index or that of an equal one.
    pub fn node(&mut self, node: AffineNode) -> u32 {
        if let Some(index) = self.known.get(&node) {
            return *index;
        }
        let index = self.nodes.len() as u32;
        self.known.insert(node, index);
        self.nodes.push(node);
        index
    }

    /// A coordinate.
    pub fn dim(&mut self, index: u32) -> u32 {
        self.node(AffineNode::Dim(index))
    }

    /// An integer.
    pub fn constant(&mut self, value: i64) -> u32 {
        self.node(AffineNode::Const(value))
    }

    /// `a + b`.
    pub fn add(&mut self, a: u32, b: u32) -> u32 {
        self.node(AffineNode::Add(a, b))
    }

    /// `a * b`.
    pub fn mul(&mut self, a: u32, b: u32) -> u32 {
        self.node(AffineNode::Mul(a, b))
    }

    /// `a mod by`.
    pub fn modulo(&mut self, a: u32, by: i64) -> u32 {
        let by = self.constant(by);
        self.node(AffineNode::Mod(a, by))
    }

    /// `a floordiv by`.
    pub fn floor_div(&mut self, a: u32, by: i64) -> u32 {
        let by = self.constant(by);
        self.node(AffineNode::FloorDiv(a, by))
    }

    /// `a ceildiv by`.
    pub fn ceil_div(&mut self, a: u32, by: i64) -> u32 {
        let by = self.constant(by);
        self.node(AffineNode::CeilDiv(a, by))
    }

    /// `constant +` the sum of `coefficients[d] * d_d`; coefficients past the map's dims are ignored.
    pub fn linear(&mut self, coefficients: &[i64], constant: i64) -> u32 {
        let mut sum: Option<u32> = None;
        for (index, coefficient) in coefficients.iter().take(self.dims as usize).enumerate() {
            if *coefficient == 0 {
                continue;
            }
            let mut term = self.dim(index as u32);
            if *coefficient != 1 {
                let factor = self.constant(*coefficient);
                term = self.mul(term, factor);
            }
            sum = Some(match sum {
                Some(sum) => self.add(sum, term),
                None => term,
            });
        }
        match sum {
            Some(sum) if constant == 0 => sum,
            Some(sum) => {
                let constant = self.constant(constant);
                self.add(sum, constant)
            }
            None => self.constant(constant),
        }
    }

    /// The map with these result nodes.
    pub fn finish(self, results: impl Into<Vec<u32>>) -> AffineMap {
        AffineMap {
            dims: self.dims,
            nodes: self.nodes,
            results: results.into(),
        }
    }
}
