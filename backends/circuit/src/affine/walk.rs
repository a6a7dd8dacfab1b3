//! Evaluating an affine map at all points of a box, many points at a time.

use super::{AffineError, AffineMap, AffineNode};

/// Points evaluated together. Long enough to hide the dispatch over nodes, short enough for the first-level cache.
const BATCH: usize = 256;

/// The right side of a node's operation, where it is known beforehand.
#[derive(Debug, Clone, Copy)]
enum Step {
    Dim(usize),
    Const(i64),
    Add(usize, usize),
    AddConst(usize, i64),
    Mul(usize, usize),
    MulConst(usize, i64),
    /// Modulo by `mask + 1`, a power of two.
    Mask(usize, i64),
    /// Division by `2^shift`, rounding down.
    Shift(usize, u32),
    Mod(usize, usize),
    FloorDiv(usize, usize),
    CeilDiv(usize, usize),
}

/// Evaluates one map over ranges of a box `[0, domain[0]) x [0, domain[1]) x ...` in row-major order.
#[derive(Debug, Clone)]
pub struct Walker {
    steps: Vec<Step>,
    results: Vec<usize>,
    domain: Vec<i64>,
    points: u64,
    /// One buffer of `BATCH` values per node.
    values: Vec<i64>,
}

impl Walker {
    /// Prepares `map` for the box `domain`; the map's structure is checked here.
    ///
    /// Errors when the ranks differ, the structure is wrong, or the box has 2^63 points or more.
    pub fn new(map: &AffineMap, domain: &[u64]) -> Result<Self, AffineError> {
        if domain.len() != map.dims as usize {
            return Err(AffineError::Rank {
                expected: map.dims as usize,
                found: domain.len(),
            });
        }
        map.check_structure()?;
        let mut points: u64 = 1;
        let mut extents = Vec::with_capacity(domain.len());
        for extent in domain {
            points = points
                .checked_mul(*extent)
                .filter(|points| *points <= i64::MAX as u64)
                .ok_or(AffineError::Overflow { node: 0 })?;
            extents.push(i64::try_from(*extent).map_err(|_| AffineError::Overflow { node: 0 })?);
        }
        let constant = |id: u32| match map.nodes[id as usize] {
            AffineNode::Const(value) => Some(value),
            _ => None,
        };
        let steps = map
            .nodes
            .iter()
            .map(|node| match *node {
                AffineNode::Dim(dim) => Step::Dim(dim as usize),
                AffineNode::Const(value) => Step::Const(value),
                AffineNode::Add(a, b) => match (constant(a), constant(b)) {
                    (_, Some(value)) => Step::AddConst(a as usize, value),
                    (Some(value), None) => Step::AddConst(b as usize, value),
                    (None, None) => Step::Add(a as usize, b as usize),
                },
                AffineNode::Mul(a, b) => match (constant(a), constant(b)) {
                    (_, Some(value)) => Step::MulConst(a as usize, value),
                    (Some(value), None) => Step::MulConst(b as usize, value),
                    (None, None) => Step::Mul(a as usize, b as usize),
                },
                AffineNode::Mod(a, b) => match constant(b) {
                    Some(divisor) if divisor > 0 && (divisor as u64).is_power_of_two() => {
                        Step::Mask(a as usize, divisor - 1)
                    }
                    _ => Step::Mod(a as usize, b as usize),
                },
                AffineNode::FloorDiv(a, b) => match constant(b) {
                    Some(divisor) if divisor > 0 && (divisor as u64).is_power_of_two() => {
                        Step::Shift(a as usize, divisor.trailing_zeros())
                    }
                    _ => Step::FloorDiv(a as usize, b as usize),
                },
                AffineNode::CeilDiv(a, b) => Step::CeilDiv(a as usize, b as usize),
            })
            .collect();
        Ok(Walker {
            steps,
            results: map.results.iter().map(|result| *result as usize).collect(),
            domain: extents,
            points,
            values: vec![0; map.nodes.len() * BATCH],
        })
    }

    /// Number of points of the box.
    pub fn points(&self) -> u64 {
        self.points
    }

    /// Calls `visit(position, results)` for the points at row-major positions `start..end` in order, until it fails.
    ///
    /// `end` is cut to the number of points.
    pub fn range<E: From<AffineError>>(
        &mut self,
        start: u64,
        end: u64,
        mut visit: impl FnMut(u64, &[i64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let end = end.min(self.points);
        let mut results = vec![0i64; self.results.len()];
        let mut position = start;
        while position < end {
            let count = (end - position).min(BATCH as u64) as usize;
            self.batch(position, count)?;
            for offset in 0..count {
                for (result, node) in results.iter_mut().zip(&self.results) {
                    *result = self.values[node * BATCH + offset];
                }
                visit(position + offset as u64, &results)?;
            }
            position += count as u64;
        }
        Ok(())
    }

    /// Fills the buffers of all nodes for `count` points from `position` on.
    fn batch(&mut self, position: u64, count: usize) -> Result<(), AffineError> {
        for (node, step) in self.steps.iter().enumerate() {
            let (before, rest) = self.values.split_at_mut(node * BATCH);
            let out = &mut rest[..count];
            let input = |id: usize| &before[id * BATCH..id * BATCH + count];
            let overflow = AffineError::Overflow { node };
            match *step {
                Step::Dim(dim) => fill_coordinate(&self.domain, dim, position, out),
                Step::Const(value) => out.fill(value),
                Step::Add(a, b) => {
                    let ok = zip(out, input(a), input(b), |a, b| a.overflowing_add(b));
                    ok.then_some(()).ok_or(overflow)?;
                }
                Step::AddConst(a, value) => {
                    let ok = map(out, input(a), |a| a.overflowing_add(value));
                    ok.then_some(()).ok_or(overflow)?;
                }
                Step::Mul(a, b) => {
                    let ok = zip(out, input(a), input(b), |a, b| a.overflowing_mul(b));
                    ok.then_some(()).ok_or(overflow)?;
                }
                Step::MulConst(a, value) => {
                    let ok = map(out, input(a), |a| a.overflowing_mul(value));
                    ok.then_some(()).ok_or(overflow)?;
                }
                Step::Mask(a, mask) => {
                    map(out, input(a), |a| (a & mask, false));
                }
                Step::Shift(a, shift) => {
                    map(out, input(a), |a| (a >> shift, false));
                }
                Step::Mod(a, b) => {
                    let divisors = positive(node, input(b))?;
                    zip(out, input(a), divisors, |a, b| (a.rem_euclid(b), false));
                }
                Step::FloorDiv(a, b) => {
                    let divisors = positive(node, input(b))?;
                    zip(out, input(a), divisors, |a, b| (a.div_euclid(b), false));
                }
                Step::CeilDiv(a, b) => {
                    let divisors = positive(node, input(b))?;
                    zip(out, input(a), divisors, |a, b| {
                        (a.div_euclid(b) + i64::from(a.rem_euclid(b) != 0), false)
                    });
                }
            }
        }
        Ok(())
    }
}

/// Applies `op` to one operand; false when any result overflowed.
fn map(out: &mut [i64], a: &[i64], op: impl Fn(i64) -> (i64, bool)) -> bool {
    let mut overflow = false;
    for (out, a) in out.iter_mut().zip(a) {
        let (value, over) = op(*a);
        *out = value;
        overflow |= over;
    }
    !overflow
}

/// Applies `op` to two operands; false when any result overflowed.
fn zip(out: &mut [i64], a: &[i64], b: &[i64], op: impl Fn(i64, i64) -> (i64, bool)) -> bool {
    let mut overflow = false;
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        let (value, over) = op(*a, *b);
        *out = value;
        overflow |= over;
    }
    !overflow
}

/// The divisors themselves, once all are known to be positive.
fn positive(node: usize, divisors: &[i64]) -> Result<&[i64], AffineError> {
    match divisors.iter().find(|divisor| **divisor <= 0) {
        Some(divisor) => Err(AffineError::Divisor {
            node,
            divisor: *divisor,
        }),
        None => Ok(divisors),
    }
}

/// Writes coordinate `dim` of consecutive points, starting with the one at `position`.
fn fill_coordinate(domain: &[i64], dim: usize, position: u64, out: &mut [i64]) {
    // `points` fits i64, so every product of extents does too; the box is not empty when this is called.
    let stride: i64 = domain[dim + 1..].iter().product();
    let extent = domain[dim];
    let position = position as i64;
    let mut value = position / stride % extent;
    let mut left = stride - position % stride;
    for out in out {
        *out = value;
        left -= 1;
        if left == 0 {
            left = stride;
            value += 1;
            if value == extent {
                value = 0;
            }
        }
    }
}

/// Calls `visit` with the results of `map` at every point of the box `domain`, in row-major order, until it fails.
pub fn walk<E: From<AffineError>>(
    map: &AffineMap,
    domain: &[u64],
    mut visit: impl FnMut(&[i64]) -> Result<(), E>,
) -> Result<(), E> {
    let mut walker = Walker::new(map, domain)?;
    let points = walker.points();
    walker.range(0, points, |_, results| visit(results))
}
