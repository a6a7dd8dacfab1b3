//! Sums of products.
//!
//! Index maps of linear layers are nearly always a sum of a map of the output coordinates and a map of the tap
//! coordinates. Then two short tables of offsets replace the maps, and a product costs two loads. Other maps are
//! evaluated at every point, beforehand where the table of all points is not too long.

use rayon::prelude::*;

use super::{EvalError, Evaluator, Fault, Tensor};
use crate::affine::{AffineError, Walker, walk};
use crate::elements::flatten;
use crate::{AffineMap, Instruction, Ints, LinearTerm, RegisterId};

/// Most points for which a table of all reads is made.
const MAX_READ_TABLE: u64 = 1 << 24;

/// Points per task when such a table is made.
const READ_TASK: u64 = 1 << 15;

/// Stands in a table of reads for one that is out of bounds.
const OUTSIDE: u32 = u32::MAX;

/// Where the taps of one operand are read.
enum Reads<'a> {
    /// The flat index is `outputs[o] + taps[t]`, within bounds for all pairs.
    Sum { outputs: Vec<i64>, taps: Vec<i64> },
    /// The flat index of every read, output by output.
    Table {
        flat: Vec<u32>,
        walker: Walker,
        shape: &'a [u64],
    },
    /// The map has to be asked.
    Map { walker: Walker, shape: &'a [u64] },
}

/// One term, ready to be summed up.
struct Term<'a> {
    taps: u64,
    src: &'a Ints,
    weights: &'a Ints,
    read: Reads<'a>,
    wread: Reads<'a>,
}

/// Numbers in which sums are accumulated.
trait Accumulator: Copy + Send + Sync {
    fn from_value(value: i128) -> Self;
    fn to_value(self) -> i128;
    /// `self + a * b`, `None` when it does not fit.
    fn add_product(self, a: Self, b: Self) -> Option<Self>;
}

/// 64-bit sums that are known beforehand not to overflow.
#[derive(Clone, Copy)]
struct Narrow(i64);

/// 128-bit sums that are known beforehand not to overflow.
#[derive(Clone, Copy)]
struct Wide(i128);

/// 128-bit sums that are checked.
#[derive(Clone, Copy)]
struct Checked(i128);

impl Accumulator for Narrow {
    fn from_value(value: i128) -> Self {
        Narrow(value as i64)
    }
    fn to_value(self) -> i128 {
        i128::from(self.0)
    }
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Option<Self> {
        Some(Narrow(self.0.wrapping_add(a.0.wrapping_mul(b.0))))
    }
}

impl Accumulator for Wide {
    fn from_value(value: i128) -> Self {
        Wide(value)
    }
    fn to_value(self) -> i128 {
        self.0
    }
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Option<Self> {
        Some(Wide(self.0.wrapping_add(a.0.wrapping_mul(b.0))))
    }
}

impl Accumulator for Checked {
    fn from_value(value: i128) -> Self {
        Checked(value)
    }
    fn to_value(self) -> i128 {
        self.0
    }
    fn add_product(self, a: Self, b: Self) -> Option<Self> {
        Some(Checked(self.0.checked_add(a.0.checked_mul(b.0)?)?))
    }
}

impl Evaluator<'_> {
    /// The partial sums of a `linear` instruction; its stated bound is left to the caller.
    pub(super) fn linear(
        &self,
        instruction: &Instruction,
        terms: &[LinearTerm],
        bias: Option<RegisterId>,
        chunk: u64,
    ) -> Result<Ints, EvalError> {
        // The structure check: the last extent is the number of chunks, at least 1.
        let (chunks, out_dims) = match instruction.shape.split_last() {
            Some((chunks, out_dims)) => (*chunks as usize, out_dims),
            None => unreachable!("the shape of a linear ends with the number of chunks"),
        };
        // Both counts are within limits by the structure check; a zero hides that other extents are large.
        let outputs = crate::limits::product(out_dims).unwrap_or(0);
        let mut ready = Vec::with_capacity(terms.len());
        for term in terms {
            let taps = crate::limits::product(&term.tap_dims).unwrap_or(0);
            if taps == 0 || outputs == 0 {
                continue;
            }
            let (src, weights) = (self.tensor(term.src), self.tensor(term.weights));
            ready.push(Term {
                taps,
                src: &src.values,
                weights: &weights.values,
                read: self.reads(instruction, &term.read, out_dims, &term.tap_dims, src)?,
                wread: self.reads(instruction, &term.wread, out_dims, &term.tap_dims, weights)?,
            });
        }
        let bias = bias.map(|bias| self.values(bias));
        let sums = match sum_bound(&ready, bias) {
            Some(bound) if bound < 1 << 63 => {
                self.sums::<Narrow>(instruction, &ready, bias, outputs, chunks, chunk)
            }
            Some(_) => self.sums::<Wide>(instruction, &ready, bias, outputs, chunks, chunk),
            None => self.sums::<Checked>(instruction, &ready, bias, outputs, chunks, chunk),
        }?;
        Ok(sums)
    }

    /// Prepares the reads of one operand and checks that all are in bounds, where that is cheap.
    fn reads<'t>(
        &self,
        instruction: &Instruction,
        map: &AffineMap,
        out_dims: &[u64],
        tap_dims: &[u64],
        tensor: &'t Tensor,
    ) -> Result<Reads<'t>, EvalError> {
        let failed = |error: AffineError| EvalError::Map {
            at: self.place(instruction, 0),
            error,
        };
        if let Some((left, right)) = map.split(out_dims.len() as u32) {
            let rank = tensor.shape.len();
            // A part can overflow where the whole does not; then the map itself is asked.
            let left = offsets(&left, out_dims, &tensor.shape);
            let right = offsets(&right, tap_dims, &tensor.shape);
            if let (Ok(left), Ok(right)) = (left, right) {
                let inside = (0..rank).all(|axis| {
                    let lo = left.lo[axis].checked_add(right.lo[axis]);
                    let hi = left.hi[axis].checked_add(right.hi[axis]);
                    lo.is_some_and(|lo| lo >= 0)
                        && hi.is_some_and(|hi| (hi as u64) < tensor.shape[axis])
                });
                if inside {
                    return Ok(Reads::Sum {
                        outputs: left.flat,
                        taps: right.flat,
                    });
                }
            }
        }
        let domain: Vec<u64> = out_dims.iter().chain(tap_dims).copied().collect();
        let walker = Walker::new(map, &domain).map_err(failed)?;
        let shape = &tensor.shape[..];
        if walker.points() > MAX_READ_TABLE {
            return Ok(Reads::Map { walker, shape });
        }
        let blocks: Result<Vec<Vec<u32>>, AffineError> = (0..walker.points().div_ceil(READ_TASK))
            .into_par_iter()
            .map(|block| {
                let mut flat = Vec::with_capacity(READ_TASK as usize);
                let start = block * READ_TASK;
                walker.clone().range(start, start + READ_TASK, |_, index| {
                    let position = flatten(index, shape).and_then(|flat| u32::try_from(flat).ok());
                    flat.push(position.unwrap_or(OUTSIDE));
                    Ok::<(), AffineError>(())
                })?;
                Ok(flat)
            })
            .collect();
        match blocks {
            Ok(blocks) => Ok(Reads::Table {
                flat: blocks.concat(),
                walker,
                shape,
            }),
            // Some point fails; the sums find out which comes first.
            Err(_) => Ok(Reads::Map { walker, shape }),
        }
    }

    /// Sums up all terms for every output, in parallel.
    fn sums<A: Accumulator>(
        &self,
        instruction: &Instruction,
        terms: &[Term<'_>],
        bias: Option<&Ints>,
        outputs: u64,
        chunks: usize,
        chunk: u64,
    ) -> Result<Ints, EvalError> {
        let operands: Vec<(Vec<A>, Vec<A>)> = terms
            .iter()
            .map(|term| {
                let convert = |ints: &Ints| ints.iter().map(A::from_value).collect::<Vec<A>>();
                (convert(term.src), convert(term.weights))
            })
            .collect();
        let per_output: u64 = terms.iter().map(|term| term.taps).sum::<u64>().max(1);
        let min_len = (65_536 / per_output).max(1) as usize;
        let one = |output: u64, sums: &mut [i128]| -> Result<(), LinearStop> {
            let mut sum = A::from_value(bias.map_or(0, |bias| bias.at(output as usize)));
            let mut tap: u64 = 0;
            for (term, (src, weights)) in terms.iter().zip(&operands) {
                let mut start = 0;
                while start < term.taps {
                    // Up to the end of the chunk or of the term, whichever comes first.
                    let end = term.taps.min(start + (chunk - tap % chunk));
                    sum = segment(term, src, weights, output, start..end, sum)?;
                    tap += end - start;
                    start = end;
                    if tap.is_multiple_of(chunk) {
                        sums[(tap / chunk - 1) as usize] = sum.to_value();
                    }
                }
            }
            sums[chunks - 1] = sum.to_value();
            Ok(())
        };
        let mut sums = vec![0i128; outputs as usize * chunks];
        let outcome = sums
            .par_chunks_mut(chunks)
            .with_min_len(min_len)
            .enumerate()
            .map(|(output, sums)| one(output as u64, sums))
            .collect::<Result<(), LinearStop>>();
        if outcome.is_ok() {
            return Ok(narrow(sums));
        }
        // Which of several faults wins above depends on timing; the error must not.
        let mut scratch = vec![0i128; chunks];
        for output in 0..outputs {
            if let Err(stop) = one(output, &mut scratch) {
                let position = output as usize * chunks;
                return Err(match stop {
                    LinearStop::Overflow => self.error(instruction, position, Fault::Overflow),
                    LinearStop::Outside(read, shape) => EvalError::OutOfBounds {
                        at: self.place(instruction, position),
                        read,
                        shape,
                    },
                    LinearStop::Map(error) => EvalError::Map {
                        at: self.place(instruction, position),
                        error,
                    },
                });
            }
        }
        Ok(narrow(sums))
    }
}

/// Why a sum could not be computed.
enum LinearStop {
    Overflow,
    Outside(Vec<i64>, Vec<u64>),
    Map(AffineError),
}

impl From<AffineError> for LinearStop {
    fn from(error: AffineError) -> Self {
        LinearStop::Map(error)
    }
}

/// `sum` plus the products of some taps of one term.
fn segment<A: Accumulator>(
    term: &Term<'_>,
    src: &[A],
    weights: &[A],
    output: u64,
    taps: std::ops::Range<u64>,
    mut sum: A,
) -> Result<A, LinearStop> {
    if let (
        Reads::Sum {
            outputs: read_out,
            taps: read_taps,
        },
        Reads::Sum {
            outputs: wread_out,
            taps: wread_taps,
        },
    ) = (&term.read, &term.wread)
    {
        let (read, wread) = (read_out[output as usize], wread_out[output as usize]);
        let range = taps.start as usize..taps.end as usize;
        for (tap, wtap) in read_taps[range.clone()].iter().zip(&wread_taps[range]) {
            sum = sum
                .add_product(src[(read + tap) as usize], weights[(wread + wtap) as usize])
                .ok_or(LinearStop::Overflow)?;
        }
        return Ok(sum);
    }
    let read = positions(&term.read, term.taps, output, taps.clone())?;
    let wread = positions(&term.wread, term.taps, output, taps)?;
    for (position, wposition) in read.into_iter().zip(wread) {
        sum = sum
            .add_product(src[position], weights[wposition])
            .ok_or(LinearStop::Overflow)?;
    }
    Ok(sum)
}

/// The flat indices that some taps of an output read.
fn positions(
    reads: &Reads<'_>,
    all_taps: u64,
    output: u64,
    taps: std::ops::Range<u64>,
) -> Result<Vec<usize>, LinearStop> {
    match reads {
        Reads::Sum {
            outputs,
            taps: offsets,
        } => {
            let base = outputs[output as usize];
            let range = taps.start as usize..taps.end as usize;
            Ok(offsets[range]
                .iter()
                .map(|offset| (base + offset) as usize)
                .collect())
        }
        Reads::Table {
            flat,
            walker,
            shape,
        } => {
            let first = (output * all_taps) as usize;
            let range = first + taps.start as usize..first + taps.end as usize;
            let found: Vec<usize> = flat[range].iter().map(|flat| *flat as usize).collect();
            if found.contains(&(OUTSIDE as usize)) {
                return asked(walker, shape, all_taps, output, taps);
            }
            Ok(found)
        }
        Reads::Map { walker, shape } => asked(walker, shape, all_taps, output, taps),
    }
}

/// The flat indices that some taps of an output read, from the map itself.
fn asked(
    walker: &Walker,
    shape: &[u64],
    all_taps: u64,
    output: u64,
    taps: std::ops::Range<u64>,
) -> Result<Vec<usize>, LinearStop> {
    let mut found = Vec::with_capacity((taps.end - taps.start) as usize);
    let first = output * all_taps;
    walker
        .clone()
        .range(first + taps.start, first + taps.end, |_, index| {
            let position = flatten(index, shape)
                .ok_or_else(|| LinearStop::Outside(index.to_vec(), shape.to_vec()))?;
            found.push(position);
            Ok::<(), LinearStop>(())
        })?;
    Ok(found)
}

/// Flat offsets of a partial index map, with the extremes of every result.
struct Offsets {
    flat: Vec<i64>,
    lo: Vec<i64>,
    hi: Vec<i64>,
}

fn offsets(map: &AffineMap, domain: &[u64], shape: &[u64]) -> Result<Offsets, AffineError> {
    let rank = shape.len();
    let mut offsets = Offsets {
        flat: Vec::new(),
        lo: vec![i64::MAX; rank],
        hi: vec![i64::MIN; rank],
    };
    walk(map, domain, |index| {
        let mut flat: i64 = 0;
        for (axis, (value, extent)) in index.iter().zip(shape).enumerate() {
            offsets.lo[axis] = offsets.lo[axis].min(*value);
            offsets.hi[axis] = offsets.hi[axis].max(*value);
            flat = i64::try_from(*extent)
                .ok()
                .and_then(|extent| flat.checked_mul(extent))
                .and_then(|flat| flat.checked_add(*value))
                .ok_or(AffineError::Overflow { node: 0 })?;
        }
        offsets.flat.push(flat);
        Ok::<(), AffineError>(())
    })?;
    Ok(offsets)
}

/// A bound on the absolute value of every operand, product and partial sum; `None` when it does not fit 127 bits.
fn sum_bound(terms: &[Term<'_>], bias: Option<&Ints>) -> Option<u128> {
    let largest = |ints: &Ints| {
        let (lo, hi) = ints.min_max().unwrap_or((0, 0));
        lo.unsigned_abs().max(hi.unsigned_abs())
    };
    let mut bound = bias.map_or(0, largest);
    for term in terms {
        let (src, weights) = (largest(term.src), largest(term.weights));
        // Operands count as well: a large one times zero is a small product, but must still be stored.
        let product = src.max(1).checked_mul(weights.max(1))?;
        bound = bound.checked_add(product.checked_mul(u128::from(term.taps))?)?;
    }
    (bound < 1 << 127).then_some(bound)
}

/// The sums in 64 bits where they fit.
fn narrow(sums: Vec<i128>) -> Ints {
    let narrow: Result<Vec<i64>, _> = sums.iter().map(|sum| i64::try_from(*sum)).collect();
    match narrow {
        Ok(narrow) => Ints::I64(narrow),
        Err(_) => Ints::I128(sums),
    }
}
