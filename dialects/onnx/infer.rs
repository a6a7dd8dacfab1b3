//! Shapes of results from the shapes, and where needed the values, of operands.

use super::{
    Kind,
    shape::{self, Invalid, invalid},
    windows::windows,
};
use zkc_support::Op;

/// Most elements of a result. Weights may be larger, as they stay in their files.
const MAX_COMPUTED: usize = 1 << 26;

/// The integers of an operand, by its position, when they are known at compile time.
type Values<'a> = &'a mut dyn FnMut(usize) -> Option<Vec<i64>>;

/// The shapes of an operation's results.
///
/// `shapes` has an entry for each operand; `None` is an operand that is absent. `values` gives
/// the integers of operands that a shape depends on.
///
/// # Errors
/// When the operation is not defined for such operands, or an operand that decides on the shape
/// is not known.
pub fn infer(
    op: &Op,
    shapes: &[Option<Vec<i64>>],
    values: Values<'_>,
) -> Result<Vec<Vec<i64>>, Invalid> {
    use Kind::*;
    let Some(kind) = Kind::of(&op.name) else {
        invalid!("is not an operation of the `onnx` dialect");
    };
    let operand = |i: usize| -> Result<&[i64], Invalid> {
        match shapes.get(i) {
            Some(Some(s)) => Ok(s),
            _ => invalid!("operand #{i} is missing"),
        }
    };
    let mut optional = |i: usize, name: &str| -> Result<Option<Vec<i64>>, Invalid> {
        match shapes.get(i) {
            Some(Some(_)) => values(i).map(Some).ok_or_else(|| unknown(name)),
            _ => Ok(None),
        }
    };
    let mut value = |i: usize, name: &str| optional(i, name)?.ok_or_else(|| unknown(name));
    let one = match kind {
        NoValue => return Ok(vec![]),
        // The type of a constant is part of its attribute.
        Constant => invalid!("the shape of a constant is not inferred"),
        ConstantOfShape => {
            let shape = value(0, "input")?;
            if shape.iter().any(|d| *d < 0) {
                invalid!("operand `input` {shape:?} holds a negative dimension");
            }
            shape
        }
        Add | Sub | Mul | Div | Pow | Max | Min | Sum | Mean => {
            let all: Vec<&[i64]> = (0..shapes.len()).map(operand).collect::<Result<_, _>>()?;
            shape::broadcast(&all)?
        }
        Abs | Neg | Sign | Ceil | Floor | Round | Sqrt | Reciprocal | Exp | Log | Erf | Sin
        | Cos | Tan | Asin | Acos | Atan | Sinh | Cosh | Tanh | Asinh | Acosh | Atanh | Relu
        | Sigmoid | Softplus | Softsign | Mish | HardSwish | LeakyRelu | Elu | Celu
        | ThresholdedRelu | Swish | Selu | HardSigmoid | Gelu | Dropout | Identity | Cast => {
            operand(0)?.to_vec()
        }
        Clip => {
            let mut bounds = shapes.iter().skip(1).flatten();
            if let Some(bound) = bounds.find(|s| !s.is_empty()) {
                invalid!("the bounds must be scalars, found one of shape {bound:?}");
            }
            operand(0)?.to_vec()
        }
        BatchNormalization => {
            let x = operand(0)?;
            let Some(channels) = x.get(1) else {
                invalid!("operand `X` must have rank 2 or more, found shape {x:?}");
            };
            for i in 1..shapes.len() {
                let found = operand(i)?;
                if found != [*channels] {
                    invalid!(
                        "operand #{i} has shape {found:?}, expected [{channels}] as there are channels"
                    );
                }
            }
            x.to_vec()
        }
        Softmax => {
            let x = operand(0)?;
            // A scalar counts as one element.
            let rank = x.len().max(1);
            shape::axis(op.int("axis").unwrap_or(-1), rank, rank)?;
            x.to_vec()
        }
        MatMul => shape::matmul(operand(0)?, operand(1)?)?,
        Gemm => gemm(op, operand(0)?, operand(1)?)?,
        Conv => conv(op, operand(0)?, operand(1)?)?,
        AveragePool | MaxPool => pool(op, operand(0)?)?,
        GlobalAveragePool | GlobalMaxPool => {
            let x = operand(0)?;
            if x.len() < 3 {
                invalid!("operand `X` must have rank 3 or more, found shape {x:?}");
            }
            x.iter()
                .enumerate()
                .map(|(i, d)| if i < 2 { *d } else { 1 })
                .collect()
        }
        ReduceSum | ReduceMean | ReduceMax | ReduceMin => {
            let axes = optional(1, "axes")?;
            let x = operand(0)?;
            let reduced = reduced_axes(op, x.len(), axes.as_deref())?;
            let keep = op.int("keepdims").unwrap_or(1) != 0;
            let kept = |(i, d): (usize, &i64)| match reduced.contains(&i) {
                true => keep.then_some(1),
                false => Some(*d),
            };
            x.iter().enumerate().filter_map(kept).collect()
        }
        Reshape => {
            let allow_zero = op.int("allowzero").unwrap_or(0) == 1;
            shape::reshape(operand(0)?, &value(1, "shape")?, allow_zero)?
        }
        Flatten => {
            let x = operand(0)?;
            let a = shape::axis(op.int("axis").unwrap_or(1), x.len(), x.len() + 1)?;
            let n = |s: &[i64]| {
                shape::count(s)
                    .map(|n| n as i64)
                    .ok_or_else(|| Invalid::new("the result is too long"))
            };
            vec![n(&x[..a])?, n(&x[a..])?]
        }
        Squeeze => squeeze(operand(0)?, optional(1, "axes")?.as_deref())?,
        Unsqueeze => unsqueeze(operand(0)?, &value(1, "axes")?)?,
        Transpose => {
            let x = operand(0)?;
            permutation(op, x.len())?
                .into_iter()
                .map(|a| x[a])
                .collect()
        }
        Concat => {
            let all: Vec<&[i64]> = (0..shapes.len()).map(operand).collect::<Result<_, _>>()?;
            shape::concat(&all, op.int("axis").unwrap_or(0))?.0
        }
        Split => {
            let sizes = optional(1, "split")?;
            let x = operand(0)?;
            let a = shape::axis(op.int("axis").unwrap_or(0), x.len(), x.len())?;
            let parts = shape::split(x[a], sizes.as_deref(), op.results.len())?;
            let part = |n: i64| {
                x.iter()
                    .enumerate()
                    .map(move |(i, d)| if i == a { n } else { *d })
            };
            return Ok(parts.into_iter().map(|n| part(n).collect()).collect());
        }
        Slice => {
            let (starts, ends) = (value(1, "starts")?, value(2, "ends")?);
            let (axes, steps) = (optional(3, "axes")?, optional(4, "steps")?);
            let x = operand(0)?;
            let ranges = shape::slice(x, &starts, &ends, axes.as_deref(), steps.as_deref())?;
            ranges.into_iter().map(|r| r.len).collect()
        }
        Gather => {
            let (x, indices) = (operand(0)?, operand(1)?);
            let a = shape::axis(op.int("axis").unwrap_or(0), x.len(), x.len())?;
            [&x[..a], indices, &x[a + 1..]].concat()
        }
        Expand => shape::broadcast(&[operand(0)?, &value(1, "shape")?])?,
        Tile => {
            let (x, repeats) = (operand(0)?, value(1, "repeats")?);
            if repeats.len() != x.len() || repeats.iter().any(|r| *r < 0) {
                invalid!(
                    "operand `repeats` must hold {} numbers, none negative, found {repeats:?}",
                    x.len()
                );
            }
            // Too large products come out as more than the limit, which is checked below.
            x.iter()
                .zip(&repeats)
                .map(|(d, r)| d.saturating_mul(*r))
                .collect()
        }
        Pad => {
            let (pads, axes) = (value(1, "pads")?, optional(3, "axes")?);
            let x = operand(0)?;
            let pads = shape::pads(x, &pads, axes.as_deref())?;
            x.iter()
                .zip(pads)
                .map(|(d, (before, after))| d + before + after)
                .collect()
        }
        Shape => {
            let range = shape::shape_range(op, operand(0)?.len());
            vec![range.len() as i64]
        }
        Size => vec![],
    };
    if shape::count(&one).is_none_or(|n| n > MAX_COMPUTED) {
        return Err(Invalid::new(format!(
            "the result has shape {one:?}, more than the {MAX_COMPUTED} elements that a computed tensor may have"
        )));
    }
    Ok(vec![one])
}

fn unknown(name: &str) -> Invalid {
    Invalid::new(format!(
        "the shape of the result depends on operand `{name}`, which is not known at compile time"
    ))
    .help("`--constant-input NAME=FILE` makes a graph input a constant")
}

fn gemm(op: &Op, a: &[i64], b: &[i64]) -> Result<Vec<i64>, Invalid> {
    let (&[a0, a1], &[b0, b1]) = (a, b) else {
        invalid!("operands `A` and `B` must have rank 2, found shapes {a:?} and {b:?}");
    };
    let (rows, inner) = if op.int("transA").unwrap_or(0) != 0 {
        (a1, a0)
    } else {
        (a0, a1)
    };
    let (other, columns) = if op.int("transB").unwrap_or(0) != 0 {
        (b1, b0)
    } else {
        (b0, b1)
    };
    if inner != other {
        invalid!("inner dimensions differ: {inner} and {other}, shapes {a:?} and {b:?}");
    }
    Ok(vec![rows, columns])
}

fn conv(op: &Op, x: &[i64], w: &[i64]) -> Result<Vec<i64>, Invalid> {
    let group = op.int("group").unwrap_or(1);
    if x.len() < 3 || x.len() != w.len() {
        invalid!(
            "operands `X` and `W` must have the same rank of 3 or more, found {x:?} and {w:?}"
        );
    }
    if group < 1 || w[0] % group != 0 || w[1].checked_mul(group) != Some(x[1]) {
        invalid!("`W` of shape {w:?} in {group} groups does not suit `X` of shape {x:?}");
    }
    let axes = windows(op, &x[2..], &w[2..])?;
    Ok([x[0], w[0]]
        .into_iter()
        .chain(axes.iter().map(|a| a.windows))
        .collect())
}

fn pool(op: &Op, x: &[i64]) -> Result<Vec<i64>, Invalid> {
    let kernel = op.ints("kernel_shape").unwrap_or_default();
    if x.len() < 3 || kernel.len() + 2 != x.len() {
        invalid!("`kernel_shape` {kernel:?} does not suit an operand of shape {x:?}");
    }
    let axes = windows(op, &x[2..], &kernel)?;
    Ok(x[..2]
        .iter()
        .copied()
        .chain(axes.iter().map(|a| a.windows))
        .collect())
}

/// The axes over which an operation of the `Reduce` family reduces, in ascending order; none when
/// it is the identity.
///
/// # Errors
/// When an axis does not exist or is named twice.
pub fn reduced_axes(op: &Op, rank: usize, axes: Option<&[i64]>) -> Result<Vec<usize>, Invalid> {
    let mut out = match axes {
        Some(list) if !list.is_empty() => shape::axes(list, rank)?,
        _ if op.int("noop_with_empty_axes").unwrap_or(0) == 1 => vec![],
        _ => (0..rank).collect(),
    };
    out.sort_unstable();
    Ok(out)
}

fn squeeze(x: &[i64], axes: Option<&[i64]>) -> Result<Vec<i64>, Invalid> {
    let gone: Vec<usize> = match axes {
        Some(list) => shape::axes(list, x.len())?,
        None => (0..x.len()).filter(|i| x[*i] == 1).collect(),
    };
    if let Some(a) = gone.iter().find(|a| x[**a] != 1) {
        invalid!("axis {a} has {} elements, expected 1 to squeeze it", x[*a]);
    }
    Ok((0..x.len())
        .filter(|i| !gone.contains(i))
        .map(|i| x[i])
        .collect())
}

fn unsqueeze(x: &[i64], axes: &[i64]) -> Result<Vec<i64>, Invalid> {
    let rank = x.len() + axes.len();
    let new = shape::axes(axes, rank)?;
    let mut old = x.iter();
    // As many places are left for the old axes as there are.
    Ok((0..rank)
        .filter_map(|i| {
            if new.contains(&i) {
                Some(1)
            } else {
                old.next().copied()
            }
        })
        .collect())
}

/// The permutation of `onnx.Transpose`.
///
/// # Errors
/// When `perm` is none of the operand's rank.
pub fn permutation(op: &Op, rank: usize) -> Result<Vec<usize>, Invalid> {
    let Some(perm) = op.ints("perm") else {
        return Ok((0..rank).rev().collect());
    };
    let out = shape::axes(&perm, rank)?;
    if out.len() != rank {
        invalid!(
            "attribute `perm` has {} elements for an operand of rank {rank}",
            perm.len()
        );
    }
    Ok(out)
}
