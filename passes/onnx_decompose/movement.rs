//! Operations that move elements.

use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{
    Invalid, Kind, permutation,
    shape::{self, Range},
};
use zkc_support::{Location, ValueId, i64_attr};

type One = Result<Option<ValueId>, Invalid>;

/// The shape operand is the result's shape.
pub(super) fn reshape<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let shape = node.result_shape()?;
    let normal = b.integers(node.operand(1), "shape")?.as_ref() == Some(&shape);
    let changes = b.shape(node.operand(0))? != shape;
    if normal && changes && !shape.contains(&0) {
        return Ok(None);
    }
    b.reshape(node.operand(0), &shape, node.location())
        .map(Some)
}

/// The permutation is given and moves something.
pub(super) fn transpose<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let rank = b.shape(node.operand(0))?.len();
    let perm: Vec<i64> = permutation(&node.op, rank)?
        .into_iter()
        .map(|a| a as i64)
        .collect();
    let moves = perm.iter().enumerate().any(|(i, a)| i as i64 != *a);
    if moves && node.op.attr("perm").is_some() {
        return Ok(None);
    }
    b.transpose(node.operand(0), &perm, node.location())
        .map(Some)
}

/// The axis is not negative; operands without elements are left out.
pub(super) fn concat<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let rank = node.result_shape()?.len();
    let a = shape::axis(node.op.int("axis").unwrap_or(0), rank, rank)?;
    let mut parts = Vec::new();
    for v in &node.op.operands {
        if b.shape(*v)?[a] != 0 {
            parts.push(*v);
        }
    }
    let all = parts.len() == node.op.operands.len();
    if all && parts.len() > 1 && node.op.int("axis") == Some(a as i64) {
        return Ok(None);
    }
    if parts.is_empty() {
        parts.push(node.operand(0));
    }
    join(b, &parts, a, node.location()).map(Some)
}

fn join<'c>(
    b: &mut Builder<'c, '_>,
    parts: &[ValueId],
    a: usize,
    at: Location<'c>,
) -> Result<ValueId, Invalid> {
    if let [one] = parts {
        return Ok(*one);
    }
    let axis = i64_attr(b.context(), a as i64);
    b.emit(Kind::Concat, parts, &[("axis", axis)], at)
}

/// A slice in normal form; nothing is added when all is taken.
fn sliced<'c>(
    b: &mut Builder<'c, '_>,
    v: ValueId,
    ranges: &[Range],
    at: Location<'c>,
) -> Result<ValueId, Invalid> {
    let dims = b.shape(v)?;
    let [mut starts, mut ends, mut axes, mut steps] = [const { Vec::new() }; 4];
    for (i, (r, d)) in ranges.iter().zip(&dims).enumerate() {
        if *r
            == (Range {
                start: 0,
                step: 1,
                len: *d,
            })
        {
            continue;
        }
        let last = r.start + r.step * (r.len - 1).max(0);
        axes.push(i as i64);
        starts.push(r.start);
        steps.push(r.step);
        ends.push(match r.len {
            0 => r.start,
            _ if r.step > 0 => last + 1,
            // Before the first element; -1 would be the last one.
            _ if last == 0 => -d - 1,
            _ => last - 1,
        });
    }
    if axes.is_empty() {
        return Ok(v);
    }
    let lists: Vec<ValueId> = [starts, ends, axes, steps]
        .iter()
        .map(|l| b.make_list(l, at))
        .collect();
    b.emit(Kind::Slice, &[&[v], &lists[..]].concat(), &[], at)
}

/// Starts, ends, axes and steps are constants in normal form.
pub(super) fn slice<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let mut list = |i: usize, name: &str| b.integers(node.operand(i), name);
    let (starts, ends) = (list(1, "starts")?, list(2, "ends")?);
    let (axes, steps) = (list(3, "axes")?, list(4, "steps")?);
    let dims = b.shape(node.operand(0))?;
    let (starts, ends) = (starts.unwrap_or_default(), ends.unwrap_or_default());
    let ranges = shape::slice(&dims, &starts, &ends, axes.as_deref(), steps.as_deref())?;
    sliced(b, node.operand(0), &ranges, node.location()).map(Some)
}

/// Parts are slices.
pub(super) fn split<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Result<Vec<ValueId>, Invalid> {
    let x = node.operand(0);
    let sizes = b.integers(node.operand(1), "split")?;
    let dims = b.shape(x)?;
    let a = shape::axis(node.op.int("axis").unwrap_or(0), dims.len(), dims.len())?;
    let mut start = 0;
    let mut out = Vec::new();
    for len in shape::split(dims[a], sizes.as_deref(), node.types.len())? {
        let mut ranges: Vec<_> = dims
            .iter()
            .map(|d| Range {
                start: 0,
                step: 1,
                len: *d,
            })
            .collect();
        ranges[a] = Range {
            start,
            step: 1,
            len,
        };
        out.push(sliced(b, x, &ranges, node.location())?);
        start += len;
    }
    Ok(out)
}

/// The tensor whose slice `i` along an axis is the operand's slice `sources[i]`: one slice for
/// each run of positions with equal distances.
fn picked<'c>(
    b: &mut Builder<'c, '_>,
    v: ValueId,
    a: usize,
    sources: &[i64],
    at: Location<'c>,
) -> Result<ValueId, Invalid> {
    let dims = b.shape(v)?;
    let all: Vec<_> = dims
        .iter()
        .map(|d| Range {
            start: 0,
            step: 1,
            len: *d,
        })
        .collect();
    let mut parts = Vec::new();
    let mut rest = sources;
    while let [start, ..] = *rest {
        let step = rest.get(1).map_or(1, |next| next - start);
        let run = if step == 0 {
            // Repetitions of one slice: a broadcast of an axis of extent one.
            rest.iter().take_while(|s| **s == start).count()
        } else {
            let on = |(i, s): &(usize, &i64)| **s == start + *i as i64 * step;
            rest.iter().enumerate().take_while(on).count()
        };
        let mut ranges = all.clone();
        let (step, len) = if step == 0 {
            (1, 1)
        } else {
            (step, run as i64)
        };
        ranges[a] = Range {
            start,
            step: if len == 1 { 1 } else { step },
            len,
        };
        let mut part = sliced(b, v, &ranges, at)?;
        if len != run as i64 {
            let mut shape = dims.clone();
            shape[a] = run as i64;
            part = b.expand(part, &shape, at)?;
        }
        parts.push(part);
        rest = &rest[run..];
    }
    if parts.is_empty() {
        let mut ranges = all;
        ranges[a] = Range {
            start: 0,
            step: 1,
            len: 0,
        };
        return sliced(b, v, &ranges, at);
    }
    join(b, &parts, a, at)
}

/// Constant indices pick slices.
pub(super) fn gather<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Result<ValueId, Invalid> {
    let x = node.operand(0);
    let indices = b.integers(node.operand(1), "indices")?.unwrap_or_default();
    let dims = b.shape(x)?;
    let a = shape::axis(node.op.int("axis").unwrap_or(0), dims.len(), dims.len())?;
    let mut sources = Vec::new();
    for i in indices {
        let at = if i < 0 { i.saturating_add(dims[a]) } else { i };
        if !(0..dims[a]).contains(&at) {
            return Err(Invalid::new(format!(
                "index {i} is outside of axis {a}, which has {} elements",
                dims[a]
            )));
        }
        sources.push(at);
    }
    let out = picked(b, x, a, &sources, node.location())?;
    b.reshape(out, &node.result_shape()?, node.location())
}

/// The shape operand is the result's shape.
pub(super) fn expand<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let shape = node.result_shape()?;
    let normal = b.integers(node.operand(1), "shape")?.as_ref() == Some(&shape);
    if normal && b.shape(node.operand(0))? != shape {
        return Ok(None);
    }
    b.expand(node.operand(0), &shape, node.location()).map(Some)
}

/// Each repeated axis gets a new axis before it, which is broadcast and merged.
pub(super) fn tile<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Result<ValueId, Invalid> {
    let (x, at) = (node.operand(0), node.location());
    let repeats = b.integers(node.operand(1), "repeats")?.unwrap_or_default();
    let (mut split, mut wide) = (Vec::new(), Vec::new());
    for (d, r) in b.shape(x)?.into_iter().zip(repeats) {
        if r != 1 {
            split.push(1);
            wide.push(r);
        }
        split.push(d);
        wide.push(d);
    }
    let out = b.reshape(x, &split, at)?;
    let out = b.expand(out, &wide, at)?;
    b.reshape(out, &node.result_shape()?, at)
}

/// Constant padding of all axes without cropping, which is a slice; other modes pick slices.
pub(super) fn pad<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (x, value, at) = (node.operand(0), node.operand(2), node.location());
    let pads = b.integers(node.operand(1), "pads")?.unwrap_or_default();
    let axes = b.integers(node.operand(3), "axes")?;
    let dims = b.shape(x)?;
    let each = shape::pads(&dims, &pads, axes.as_deref())?;
    let mode = node.op.str("mode").unwrap_or("constant");
    if mode != "constant" {
        let mut out = x;
        for (a, (before, after)) in each.iter().enumerate().filter(|(_, p)| **p != (0, 0)) {
            let sources = shape::pad_sources(mode, dims[a], *before, *after)?;
            // Only the mode `constant` has elements without a source.
            let sources: Vec<i64> = sources.into_iter().flatten().collect();
            out = picked(b, out, a, &sources, at)?;
        }
        return Ok(Some(out));
    }
    let float_or_integer = !matches!(b.element(x)?.to_string().as_str(), "i1");
    let value = if b.is_absent(value) && float_or_integer {
        b.make_scalar(0.0, x, at)?
    } else if b.is_absent(value) || b.is_constant(value) {
        value
    } else {
        return Err(
            Invalid::new("operand `constant_value` must be known at compile time")
                .help("`--constant-input NAME=FILE` makes a graph input a constant"),
        );
    };
    let crop = dims.iter().zip(&each).map(|(d, (before, after))| {
        let (before, after) = ((-before).max(0), (-after).max(0));
        Range {
            start: before,
            step: 1,
            len: d - before - after,
        }
    });
    let crop: Vec<Range> = crop.collect();
    if let Some(a) = crop.iter().position(|r| r.len < 0) {
        return Err(Invalid::new(format!(
            "more than all of axis {a} is cropped"
        )));
    }
    let out = sliced(b, x, &crop, at)?;
    let (low, high): (Vec<i64>, Vec<i64>) = each
        .iter()
        .map(|(before, after)| ((*before).max(0), (*after).max(0)))
        .unzip();
    if low.iter().chain(&high).all(|p| *p == 0) {
        return Ok(Some(out));
    }
    let normal = axes.is_none() && out == x && value == node.operand(2);
    if normal {
        return Ok(None);
    }
    let pads = b.make_list(&[low, high].concat(), at);
    let none = b.none(at)?;
    b.emit(Kind::Pad, &[out, pads, value, none], &[], at)
        .map(Some)
}
