//! Splitting a map into the sum of two maps over disjoint sets of coordinates.

use super::{AffineBuilder, AffineMap, AffineNode};

/// A node as `left + right + constant`; `left` depends on the first coordinates only, `right` on the others only.
#[derive(Debug, Clone, Copy)]
struct Part {
    left: Option<u32>,
    right: Option<u32>,
    constant: i64,
}

/// Adds what is there of two parts of one side.
fn add(builder: &mut AffineBuilder, a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(builder.add(a, b)),
        (some, None) | (None, some) => some,
    }
}

/// One side plus a constant, as a node.
fn with_constant(builder: &mut AffineBuilder, side: Option<u32>, constant: i64) -> u32 {
    let node = builder.constant(constant);
    match side {
        Some(side) if constant == 0 => side,
        Some(side) => builder.add(side, node),
        None => node,
    }
}

impl AffineMap {
    /// Splits the map into one of the first `first` coordinates and one of the others, whose results add up to its own.
    ///
    /// `None` where a product, modulo or division mixes the two sorts of coordinates, or where the structure is wrong.
    /// Sums over disjoint coordinates are what index maps of linear layers nearly always are, and two short tables of
    /// offsets are much cheaper than evaluating the map for every pair.
    pub(crate) fn split(&self, first: u32) -> Option<(AffineMap, AffineMap)> {
        self.check_structure().ok()?;
        let mut left = AffineBuilder::new(first);
        let mut right = AffineBuilder::new(self.dims.checked_sub(first)?);
        let mut parts: Vec<Part> = Vec::with_capacity(self.nodes.len());
        let constant_of = |parts: &[Part], id: u32| match parts[id as usize] {
            Part {
                left: None,
                right: None,
                constant,
            } => Some(constant),
            _ => None,
        };
        for node in &self.nodes {
            let part = match *node {
                AffineNode::Dim(dim) if dim < first => Part {
                    left: Some(left.dim(dim)),
                    right: None,
                    constant: 0,
                },
                AffineNode::Dim(dim) => Part {
                    left: None,
                    right: Some(right.dim(dim - first)),
                    constant: 0,
                },
                AffineNode::Const(constant) => Part {
                    left: None,
                    right: None,
                    constant,
                },
                AffineNode::Add(a, b) => {
                    let (a, b) = (parts[a as usize], parts[b as usize]);
                    Part {
                        left: add(&mut left, a.left, b.left),
                        right: add(&mut right, a.right, b.right),
                        constant: a.constant.checked_add(b.constant)?,
                    }
                }
                AffineNode::Mul(a, b) => {
                    let (other, factor) = match constant_of(&parts, b) {
                        Some(factor) => (parts[a as usize], factor),
                        None => (parts[b as usize], constant_of(&parts, a)?),
                    };
                    let scale = |builder: &mut AffineBuilder, side: Option<u32>| {
                        side.map(|side| {
                            let factor = builder.constant(factor);
                            builder.mul(side, factor)
                        })
                    };
                    Part {
                        left: scale(&mut left, other.left),
                        right: scale(&mut right, other.right),
                        constant: other.constant.checked_mul(factor)?,
                    }
                }
                AffineNode::Mod(a, b) | AffineNode::FloorDiv(a, b) | AffineNode::CeilDiv(a, b) => {
                    let divisor = constant_of(&parts, b)?;
                    let operand = parts[a as usize];
                    let apply = |builder: &mut AffineBuilder, side: Option<u32>| {
                        let operand = with_constant(builder, side, operand.constant);
                        let divisor = builder.constant(divisor);
                        Some(builder.node(match node {
                            AffineNode::Mod(..) => AffineNode::Mod(operand, divisor),
                            AffineNode::FloorDiv(..) => AffineNode::FloorDiv(operand, divisor),
                            _ => AffineNode::CeilDiv(operand, divisor),
                        }))
                    };
                    match (operand.left, operand.right) {
                        (side, None) => Part {
                            left: apply(&mut left, side),
                            right: None,
                            constant: 0,
                        },
                        (None, side) => Part {
                            left: None,
                            right: apply(&mut right, side),
                            constant: 0,
                        },
                        _ => return None,
                    }
                }
            };
            parts.push(part);
        }
        let mut left_results = Vec::with_capacity(self.results.len());
        let mut right_results = Vec::with_capacity(self.results.len());
        for result in &self.results {
            let part = parts[*result as usize];
            left_results.push(with_constant(&mut left, part.left, part.constant));
            right_results.push(with_constant(&mut right, part.right, 0));
        }
        Some((left.finish(left_results), right.finish(right_results)))
    }
}
