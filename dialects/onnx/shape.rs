//! Rules for shapes, axes and positions.
//!
//! Shapes are lists of extents; all functions take static shapes, that is, no negative extents.

use zkc_support::{Context, Op, Type, tensor_type};

/// The most elements that a tensor may have: what exceeds it is refused before anything is
/// allocated.
pub const MAX_ELEMENTS: usize = 1 << 30;

/// Why an operation is not defined for its operands and attributes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// What is wrong: expected and found.
    pub message: String,
    /// What would help.
    pub help: Option<String>,
}

impl Invalid {
    /// A reason without advice.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    /// The reason with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Returns an [`Invalid`] from the function.
macro_rules! invalid {
    ($($text:tt)*) => { return Err($crate::onnx::shape::Invalid::new(format!($($text)*))) };
}
pub(crate) use invalid;

/// Number of elements; `None` for unknown extents and when the number exceeds [`MAX_ELEMENTS`].
pub fn count(shape: &[i64]) -> Option<usize> {
    let n = shape
        .iter()
        .try_fold(1usize, |n, d| n.checked_mul(usize::try_from(*d).ok()?))?;
    (n <= MAX_ELEMENTS).then_some(n)
}

/// Distance in a row-major tensor between neighbours along each axis.
pub fn strides(shape: &[i64]) -> Vec<i64> {
    let mut out = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        out[i - 1] = out[i] * shape[i].max(1);
    }
    out
}

/// The shape of numpy broadcasting.
///
/// # Errors
/// When two extents differ and neither is one.
pub fn broadcast(shapes: &[&[i64]]) -> Result<Vec<i64>, Invalid> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = vec![1; rank];
    for shape in shapes {
        let lead = rank - shape.len();
        for (have, next) in out[lead..].iter_mut().zip(*shape) {
            if *have == 1 {
                *have = *next;
            } else if *next != 1 && next != have {
                invalid!(
                    "operands do not broadcast: shapes {}",
                    shapes
                        .iter()
                        .map(|s| format!("{s:?}"))
                        .collect::<Vec<_>>()
                        .join(" and ")
                );
            }
        }
    }
    Ok(out)
}

/// Strides that read a tensor of shape `from` as if it were broadcast to `to`: zero where an
/// extent is repeated.
pub fn broadcast_strides(from: &[i64], to: &[i64]) -> Vec<i64> {
    let mut out = vec![0; to.len() - from.len()];
    out.extend(
        from.iter()
            .zip(strides(from))
            .map(|(d, s)| if *d == 1 { 0 } else { s }),
    );
    out
}

/// Positions of the elements of a strided view, in row-major order of `shape`.
pub fn positions(shape: &[i64], strides: &[i64], start: i64) -> Vec<usize> {
    let total = shape.iter().product::<i64>().max(0) as usize;
    let mut out = Vec::with_capacity(total);
    if total == 0 {
        return out;
    }
    let Some((&inner, outer)) = shape.split_last() else {
        // A scalar has one element, and a view's start lies in the tensor.
        return vec![start as usize];
    };
    let step = strides[outer.len()];
    let mut index = vec![0i64; outer.len()];
    let mut base = start;
    loop {
        out.extend((0..inner).map(|i| (base + i * step) as usize));
        let mut axis = outer.len();
        loop {
            if axis == 0 {
                return out;
            }
            axis -= 1;
            index[axis] += 1;
            base += strides[axis];
            if index[axis] < outer[axis] {
                break;
            }
            base -= outer[axis] * strides[axis];
            index[axis] = 0;
        }
    }
}

/// An axis counted from the front; `limit` is the number of axes (one more where an axis may lie
/// behind the last).
///
/// # Errors
/// When there is no such axis.
pub fn axis(axis: i64, rank: usize, limit: usize) -> Result<usize, Invalid> {
    let resolved = if axis < 0 { axis + rank as i64 } else { axis };
    match usize::try_from(resolved) {
        Ok(a) if a < limit => Ok(a),
        _ => invalid!(
            "axis {axis} is not in [{}, {}] for an operand of rank {rank}",
            -(rank as i64),
            limit as i64 - 1
        ),
    }
}

/// Axes counted from the front, in the order given.
///
/// # Errors
/// When an axis does not exist or is named twice.
pub fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, Invalid> {
    let mut out = Vec::new();
    for a in list {
        let a = axis(*a, rank, rank)?;
        if out.contains(&a) {
            invalid!("axis {a} is named twice");
        }
        out.push(a);
    }
    Ok(out)
}

/// The shape that `onnx.Reshape` asks for.
///
/// # Errors
/// When the numbers of elements cannot agree.
pub fn reshape(from: &[i64], request: &[i64], allow_zero: bool) -> Result<Vec<i64>, Invalid> {
    let mut out = request.to_vec();
    let mut open = None;
    for (i, d) in out.iter_mut().enumerate() {
        match *d {
            -1 if open.is_some() => invalid!("`shape` {request:?} holds -1 more than once"),
            -1 => {
                open = Some(i);
                *d = 1;
            }
            0 if !allow_zero => match from.get(i) {
                Some(n) => *d = *n,
                None => invalid!(
                    "`shape` {request:?} copies dimension {i}, which an operand of shape {from:?} lacks"
                ),
            },
            d if d < -1 => invalid!("`shape` {request:?} holds the negative dimension {d}"),
            _ => {}
        }
    }
    let (Some(have), Some(rest)) = (count(from), count(&out)) else {
        invalid!("`shape` {request:?} has more than {MAX_ELEMENTS} elements");
    };
    if let Some(i) = open {
        if rest == 0 || have % rest != 0 {
            invalid!("`shape` {request:?} does not divide the {have} elements of the operand");
        }
        out[i] = (have / rest) as i64;
    } else if have != rest {
        invalid!(
            "`shape` {request:?} has {rest} elements, the operand of shape {from:?} has {have}"
        );
    }
    Ok(out)
}

/// The shape of a matrix product with numpy semantics.
///
/// # Errors
/// When the inner dimensions differ or the leading ones do not broadcast.
pub fn matmul(a: &[i64], b: &[i64]) -> Result<Vec<i64>, Invalid> {
    if a.is_empty() || b.is_empty() {
        invalid!("operands must not be scalars");
    }
    let inner = (a[a.len() - 1], b[b.len().saturating_sub(2)]);
    if inner.0 != inner.1 {
        invalid!(
            "inner dimensions differ: {} and {}, shapes {a:?} and {b:?}",
            inner.0,
            inner.1
        );
    }
    let lead = |s: &[i64]| s[..s.len().saturating_sub(2)].to_vec();
    let mut out = broadcast(&[&lead(a), &lead(b)])?;
    if a.len() > 1 {
        out.push(a[a.len() - 2]);
    }
    if b.len() > 1 {
        out.push(b[b.len() - 1]);
    }
    Ok(out)
}

/// The elements of one axis that a slice takes: `start + i step` for `i < len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First position; in range unless `len` is zero.
    pub start: i64,
    /// Distance, not zero.
    pub step: i64,
    /// Number of positions.
    pub len: i64,
}

/// The range of each axis of an operand that `onnx.Slice` takes.
///
/// # Errors
/// When the lists have different lengths, a step is zero, or an axis does not exist.
pub fn slice(
    shape: &[i64],
    starts: &[i64],
    ends: &[i64],
    axis_list: Option<&[i64]>,
    steps: Option<&[i64]>,
) -> Result<Vec<Range>, Invalid> {
    let mut out: Vec<_> = shape
        .iter()
        .map(|d| Range {
            start: 0,
            step: 1,
            len: *d,
        })
        .collect();
    let all: Vec<i64> = (0..starts.len() as i64).collect();
    let axis_list = axis_list.unwrap_or(&all);
    let n = starts.len();
    if ends.len() != n || axis_list.len() != n || steps.is_some_and(|s| s.len() != n) {
        invalid!("`starts`, `ends`, `axes` and `steps` must have the same length");
    }
    for (i, a) in axes(axis_list, shape.len())?.into_iter().enumerate() {
        let d = shape[a];
        let step = steps.map_or(1, |s| s[i]);
        if step == 0 {
            invalid!("`steps` holds zero");
        }
        let from_front = |p: i64| if p < 0 { p.saturating_add(d) } else { p };
        let (least, most) = if step > 0 { (0, d) } else { (-1, d - 1) };
        let start = from_front(starts[i]).clamp(least.max(0).min(most), most.max(0));
        let end = from_front(ends[i]).clamp(least, most.max(least));
        let len = if d == 0 {
            0
        } else if step > 0 {
            // Wide enough: positions are extents of a tensor, steps may be any 64-bit number.
            ((i128::from(end) - i128::from(start) + i128::from(step) - 1) / i128::from(step)).max(0)
                as i64
        } else {
            let back = i128::from(step).abs();
            ((i128::from(start) - i128::from(end) + back - 1) / back).max(0) as i64
        };
        // With one element the step has no effect; keep it small for arithmetic on positions.
        out[a] = Range {
            start,
            step: if len <= 1 { step.signum() } else { step },
            len,
        };
    }
    Ok(out)
}

/// Padding before and after each axis of an operand, from `onnx.Pad`'s operands.
///
/// # Errors
/// When `pads` has another length than twice the axes, or more is cropped than there is.
pub fn pads(
    shape: &[i64],
    pads: &[i64],
    axis_list: Option<&[i64]>,
) -> Result<Vec<(i64, i64)>, Invalid> {
    let all: Vec<i64> = (0..shape.len() as i64).collect();
    let list = axes(axis_list.unwrap_or(&all), shape.len())?;
    if pads.len() != 2 * list.len() {
        invalid!(
            "`pads` must have {} elements, found {}",
            2 * list.len(),
            pads.len()
        );
    }
    let mut out = vec![(0, 0); shape.len()];
    for (i, a) in list.iter().enumerate() {
        let (before, after) = (pads[i], pads[i + list.len()]);
        let size = i128::from(shape[*a]) + i128::from(before) + i128::from(after);
        if size < 0 || before < -shape[*a] || after < -shape[*a] {
            invalid!(
                "`pads` crop axis {a} of extent {} by {before} and {after}",
                shape[*a]
            );
        }
        if size > MAX_ELEMENTS as i128 {
            invalid!("`pads` make axis {a} longer than {MAX_ELEMENTS}");
        }
        out[*a] = (before, after);
    }
    Ok(out)
}

/// Where the elements of a padded axis of extent `d` come from; `None` is the constant.
///
/// # Errors
/// When the mode has no source for an element: an empty axis, or a reflection of a single one.
pub fn pad_sources(
    mode: &str,
    d: i64,
    before: i64,
    after: i64,
) -> Result<Vec<Option<i64>>, Invalid> {
    let pads = before > 0 || after > 0;
    if mode == "wrap" && pads && (before < 0 || after < 0) {
        // Implementations differ: some wrap around the axis before it is cut, some after.
        invalid!("an axis cannot be padded in mode `wrap` on one side and cut on the other");
    }
    if mode != "constant" && pads && (d == 0 || (mode == "reflect" && d == 1)) {
        invalid!("an axis of extent {d} cannot be padded in mode `{mode}`");
    }
    let source = |i: i64| match mode {
        _ if (0..d).contains(&i) => Some(i),
        "edge" => Some(i.clamp(0, d - 1)),
        "wrap" => Some(i.rem_euclid(d)),
        "reflect" => {
            let period = 2 * (d - 1);
            let j = i.rem_euclid(period);
            Some(j.min(period - j))
        }
        _ => None,
    };
    Ok((-before..d + after).map(source).collect())
}

/// The shape of a concatenation and the axis counted from the front.
///
/// # Errors
/// When extents differ on another axis.
pub fn concat(shapes: &[&[i64]], a: i64) -> Result<(Vec<i64>, usize), Invalid> {
    let Some(first) = shapes.first() else {
        invalid!("needs at least one operand")
    };
    let a = axis(a, first.len(), first.len())?;
    let mut out = first.to_vec();
    for shape in &shapes[1..] {
        let agree = shape.len() == out.len()
            && shape
                .iter()
                .zip(&out)
                .enumerate()
                .all(|(i, (x, y))| i == a || x == y);
        if !agree {
            invalid!("operands of shapes {first:?} and {shape:?} cannot be joined at axis {a}");
        }
        out[a] = match out[a].checked_add(shape[a]) {
            Some(n) => n,
            None => invalid!("the result is too long"),
        };
    }
    Ok((out, a))
}

/// The sizes of the parts of `onnx.Split`.
///
/// # Errors
/// When the sizes do not add up to the extent, or their number is not that of the results.
pub fn split(extent: i64, sizes: Option<&[i64]>, parts: usize) -> Result<Vec<i64>, Invalid> {
    if let Some(sizes) = sizes {
        let sum = sizes.iter().map(|s| i128::from(*s)).sum::<i128>();
        if sizes.len() != parts || sizes.iter().any(|s| *s < 0) || sum != i128::from(extent) {
            invalid!("`split` {sizes:?} does not cut an extent of {extent} into {parts} parts");
        }
        return Ok(sizes.to_vec());
    }
    let n = parts as i64;
    let size = (extent + n - 1) / n.max(1);
    let last = extent - size * (n - 1);
    if last < 0 {
        invalid!("an extent of {extent} cannot be cut into {n} parts of equal size");
    }
    let mut out = vec![size; parts];
    if let Some(l) = out.last_mut() {
        *l = last;
    }
    Ok(out)
}

/// The positions of the dimensions that `onnx.Shape` gives, for an operand of some rank.
pub fn shape_range(op: &Op, rank: usize) -> std::ops::Range<usize> {
    let n = rank as i64;
    let clamp = |p: i64| (if p < 0 { p.saturating_add(n) } else { p }).clamp(0, n) as usize;
    let start = clamp(op.int("start").unwrap_or(0));
    start..clamp(op.int("end").unwrap_or(n)).max(start)
}

/// The element type of a tensor type, ranked or not.
pub fn element_type<'c>(context: &'c Context, t: Type<'c>) -> Option<Type<'c>> {
    if let Some(t) = tensor_type(t) {
        return Some(t.element);
    }
    let text = t.to_string();
    Type::parse(context, text.strip_prefix("tensor<*x")?.strip_suffix('>')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_aligns_shapes_at_the_end() {
        assert_eq!(broadcast(&[&[2, 1, 4], &[3, 1], &[]]), Ok(vec![2, 3, 4]));
        assert_eq!(broadcast(&[&[0], &[1]]), Ok(vec![0]));
        assert!(broadcast(&[&[2], &[3]]).is_err());
        assert_eq!(broadcast_strides(&[3, 1], &[2, 3, 4]), [0, 1, 0]);
    }

    #[test]
    fn positions_walk_a_view() {
        assert_eq!(positions(&[2, 3], &[1, 2], 0), [0, 2, 4, 1, 3, 5]);
        assert_eq!(positions(&[3], &[-1], 2), [2, 1, 0]);
        assert_eq!(positions(&[], &[], 5), [5]);
        assert!(positions(&[2, 0], &[0, 1], 0).is_empty());
    }

    #[test]
    fn reshape_fills_in_and_copies() {
        assert_eq!(reshape(&[2, 3, 4], &[0, -1], false), Ok(vec![2, 12]));
        assert_eq!(reshape(&[2, 3], &[3, 2], false), Ok(vec![3, 2]));
        assert_eq!(reshape(&[0, 3], &[3, 0], true), Ok(vec![3, 0]));
        assert_eq!(reshape(&[1], &[], false), Ok(vec![]));
        for bad in [&[4i64, 2][..], &[-1, -1], &[-1, 4], &[-2, 3], &[2, 3, 0]] {
            assert!(reshape(&[2, 3], bad, false).is_err(), "{bad:?}");
        }
        assert!(reshape(&[1], &[i64::MAX, i64::MAX], false).is_err());
    }

    #[test]
    fn slices_follow_numpy() {
        let one = |d, s, e, step| slice(&[d], &[s], &[e], None, Some(&[step])).unwrap()[0];
        let range = |start, step, len| Range { start, step, len };
        assert_eq!(one(10, 2, 8, 3), range(2, 3, 2));
        assert_eq!(one(10, -3, i64::MAX, 1), range(7, 1, 3));
        assert_eq!(one(10, -1, i64::MIN, -1), range(9, -1, 10));
        assert_eq!(one(10, 100, -100, -4), range(9, -4, 3));
        assert_eq!(one(10, 5, 5, 1).len, 0);
        assert_eq!(one(10, 20, 30, 1).len, 0);
        assert_eq!(one(0, 0, 5, 1).len, 0);
        assert_eq!(one(0, 0, -5, -1).len, 0);
        assert_eq!(one(4, 0, 4, i64::MAX), range(0, 1, 1));
        assert!(slice(&[4], &[0], &[4], None, Some(&[0])).is_err());
        assert!(slice(&[4], &[0, 0], &[4, 4], Some(&[0, 0]), None).is_err());
    }

    #[test]
    fn padding_modes() {
        let all = |mode, d, b, a| {
            pad_sources(mode, d, b, a)
                .unwrap()
                .iter()
                .map(|s| s.unwrap_or(-9))
                .collect::<Vec<_>>()
        };
        assert_eq!(all("constant", 3, 1, 2), [-9, 0, 1, 2, -9, -9]);
        assert_eq!(all("constant", 3, -1, 1), [1, 2, -9]);
        assert_eq!(all("edge", 3, 2, 1), [0, 0, 0, 1, 2, 2]);
        assert_eq!(all("reflect", 3, 2, 3), [2, 1, 0, 1, 2, 1, 0, 1]);
        assert_eq!(all("wrap", 3, 2, 1), [1, 2, 0, 1, 2, 0]);
        assert!(pad_sources("reflect", 1, 1, 0).is_err());
        assert_eq!(
            pads(&[2, 3], &[1, 0], Some(&[-1])),
            Ok(vec![(0, 0), (1, 0)])
        );
        assert!(pads(&[2], &[-3, 0], None).is_err());
        assert!(pads(&[2], &[i64::MAX, i64::MAX], None).is_err());
    }

    #[test]
    fn products_and_parts() {
        assert_eq!(matmul(&[2, 1, 3, 4], &[5, 4, 6]), Ok(vec![2, 5, 3, 6]));
        assert_eq!(matmul(&[4], &[4]), Ok(vec![]));
        assert_eq!(matmul(&[4], &[4, 6]), Ok(vec![6]));
        assert!(matmul(&[3, 4], &[3, 4]).is_err());
        assert_eq!(split(7, None, 3), Ok(vec![3, 3, 1]));
        assert_eq!(split(7, Some(&[0, 7]), 2), Ok(vec![0, 7]));
        assert!(split(1, None, 3).is_err());
        assert_eq!(concat(&[&[1, 2], &[1, 3]], -1), Ok((vec![1, 5], 1)));
        assert!(axes(&[0, -2], 2).is_err());
    }
}
