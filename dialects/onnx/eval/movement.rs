//! Operations that only move elements.

use super::Args;
use crate::onnx::{
    Data, Tensor,
    infer::permutation,
    shape::{self, Invalid, broadcast_strides, invalid, positions, strides},
    tensor::map_data,
};
use zkc_support::Constants;

/// A tensor filled with the element of attribute `value`.
pub(super) fn constant_of_shape(args: &Args) -> Result<Tensor, Invalid> {
    let Some(value) = args.op.attr("value") else {
        invalid!("has no `value`")
    };
    // The verifier admits elements of the attribute itself only, so that no file is looked up.
    let constant = Constants::new(std::path::Path::new(".")).read(value);
    let one = constant.ok().as_ref().and_then(Tensor::from_constant);
    let Some(one) = one.filter(|t| t.len() == 1) else {
        invalid!("attribute `value` must have one element");
    };
    let n = args.shapes[0].iter().product::<i64>() as usize;
    Ok(one.pick(&args.shapes[0], &vec![0; n]))
}

/// Permuted axes.
pub(super) fn transpose(args: &Args) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let from = strides(&t.shape);
    let to: Vec<i64> = permutation(args.op, t.shape.len())?
        .iter()
        .map(|a| from[*a])
        .collect();
    Ok(t.pick(&args.shapes[0], &positions(&args.shapes[0], &to, 0)))
}

/// Tensors joined along an axis.
pub(super) fn concat(args: &Args) -> Result<Tensor, Invalid> {
    let tensors: Vec<&Tensor> = (0..args.operands.len())
        .map(|i| args.tensor(i))
        .collect::<Result<_, _>>()?;
    let shapes: Vec<&[i64]> = tensors.iter().map(|t| &t.shape[..]).collect();
    let (_, a) = shape::concat(&shapes, args.int("axis", 0))?;
    // One chunk of each operand after the other, for each index before the axis.
    let size = |s: &[i64]| s.iter().map(|d| *d as usize).product::<usize>();
    let chunks: Vec<usize> = shapes.iter().map(|s| size(&s[a..])).collect();
    let outer = size(&shapes[0][..a]);
    macro_rules! join {
        ($variant:ident) => {{
            let mut out = Vec::with_capacity(outer * chunks.iter().sum::<usize>());
            for i in 0..outer {
                for (t, n) in tensors.iter().zip(&chunks) {
                    match &t.data {
                        Data::$variant(v) => out.extend_from_slice(&v[i * n..][..*n]),
                        other => invalid!("an operand holds {}, unlike the first", other.kind()),
                    }
                }
            }
            Data::$variant(out)
        }};
    }
    let data = match &tensors[0].data {
        Data::F64(_) => join!(F64),
        Data::I64(_) => join!(I64),
        Data::Bool(_) => join!(Bool),
    };
    Ok(Tensor {
        shape: args.shapes[0].clone(),
        data,
    })
}

/// Parts along an axis.
pub(super) fn split(args: &Args) -> Result<Vec<Tensor>, Invalid> {
    let t = args.tensor(0)?;
    let a = shape::axis(args.int("axis", 0), t.shape.len(), t.shape.len())?;
    let from = strides(&t.shape);
    let mut start = 0;
    let part = |shape: &Vec<i64>| {
        let out = t.pick(shape, &positions(shape, &from, start * from[a]));
        start += shape[a];
        out
    };
    Ok(args.shapes.iter().map(part).collect())
}

/// A sub-tensor.
pub(super) fn slice(args: &Args) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let list = |i: usize| match args.optional(i) {
        Some(_) => args.i64s(i).map(Some),
        None => Ok(None),
    };
    let ranges = shape::slice(&t.shape, args.i64s(1)?, args.i64s(2)?, list(3)?, list(4)?)?;
    let from = strides(&t.shape);
    let start = ranges.iter().zip(&from).map(|(r, s)| r.start * s).sum();
    let to: Vec<i64> = ranges
        .iter()
        .zip(&from)
        .map(|(r, s)| r.step.wrapping_mul(*s))
        .collect();
    Ok(t.pick(&args.shapes[0], &positions(&args.shapes[0], &to, start)))
}

/// Slices at given positions of an axis.
pub(super) fn gather(args: &Args) -> Result<Tensor, Invalid> {
    let (t, indices) = (args.tensor(0)?, args.i64s(1)?);
    let a = shape::axis(args.int("axis", 0), t.shape.len(), t.shape.len())?;
    let d = t.shape[a];
    let resolve = |i: &i64| {
        let at = if *i < 0 { i.saturating_add(d) } else { *i };
        match (0..d).contains(&at) {
            true => Ok(at),
            false => Err(Invalid::new(format!(
                "index {i} is outside of axis {a}, which has {d} elements"
            ))),
        }
    };
    let indices = indices.iter().map(resolve).collect::<Result<Vec<_>, _>>()?;
    let inner: usize = t.shape[a + 1..].iter().map(|d| *d as usize).product();
    let outer: usize = t.shape[..a].iter().map(|d| *d as usize).product();
    let mut at = Vec::with_capacity(outer * indices.len() * inner);
    for o in 0..outer {
        for i in &indices {
            let start = (o * d as usize + *i as usize) * inner;
            at.extend(start..start + inner);
        }
    }
    Ok(t.pick(&args.shapes[0], &at))
}

/// Broadcasting to a shape.
pub(super) fn expand(args: &Args) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let to = broadcast_strides(&t.shape, &args.shapes[0]);
    Ok(t.pick(&args.shapes[0], &positions(&args.shapes[0], &to, 0)))
}

/// Repetition along each axis.
pub(super) fn tile(args: &Args) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let sources: Vec<Vec<Option<i64>>> = t
        .shape
        .iter()
        .zip(&args.shapes[0])
        .map(|(d, n)| (0..*n).map(|i| Some(i % d.max(&1))).collect())
        .collect();
    Ok(assemble(t, &args.shapes[0], &sources, 0))
}

/// Extension or cropping on both sides of axes.
pub(super) fn pad(args: &Args) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let axes = match args.optional(3) {
        Some(_) => Some(args.i64s(3)?),
        None => None,
    };
    let pads = shape::pads(&t.shape, args.i64s(1)?, axes)?;
    let mode = args.op.str("mode").unwrap_or("constant");
    let sources = t
        .shape
        .iter()
        .zip(&pads)
        .map(|(d, (before, after))| shape::pad_sources(mode, *d, *before, *after))
        .collect::<Result<Vec<_>, _>>()?;
    // The constant is one more element behind those of the operand.
    let mut source = t.clone();
    let fill = args.optional(2).filter(|c| c.len() == 1);
    match (&mut source.data, fill.map(|c| &c.data)) {
        (Data::F64(v), Some(Data::F64(c))) => v.push(c[0]),
        (Data::I64(v), Some(Data::I64(c))) => v.push(c[0]),
        (Data::Bool(v), Some(Data::Bool(c))) => v.push(c[0]),
        (Data::F64(v), None) => v.push(0.0),
        (Data::I64(v), None) => v.push(0),
        (Data::Bool(v), None) => v.push(false),
        (v, Some(c)) => invalid!("`data` holds {}, `constant_value` {}", v.kind(), c.kind()),
    }
    Ok(assemble(&source, &args.shapes[0], &sources, t.len()))
}

/// The tensor whose element at each index is that of `t` at the sources along each axis, or the
/// element at `fill` where an axis has no source. Strides are those of `t`'s shape.
fn assemble(t: &Tensor, shape: &[i64], sources: &[Vec<Option<i64>>], fill: usize) -> Tensor {
    let mut at: Vec<Option<usize>> = vec![Some(0)];
    for (along, stride) in sources.iter().zip(strides(&t.shape)) {
        let step = |base: &Option<usize>| {
            let base = *base;
            along
                .iter()
                .map(move |s| Some(base? + ((*s)? * stride) as usize))
        };
        at = at.iter().flat_map(step).collect();
    }
    let at: Vec<usize> = at.into_iter().map(|p| p.unwrap_or(fill)).collect();
    let data = map_data!(&t.data, v => at.iter().map(|i| v[*i]).collect());
    Tensor {
        shape: shape.to_vec(),
        data,
    }
}
