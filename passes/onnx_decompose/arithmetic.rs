//! Element-wise operations.

use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{Data, Invalid, Kind};
use zkc_support::ValueId;

type One = Result<Option<ValueId>, Invalid>;

/// Constants stand second.
pub(super) fn commutative<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (x, y) = (node.operand(0), node.operand(1));
    if !b.is_constant(x) {
        return Ok(None);
    }
    b.emit(node.kind, &[y, x], &[], node.location()).map(Some)
}

/// `x - c` is `x + (-c)`, and `c - x` is `-x + c`.
///
/// Floats only: an unsigned integer has no negative.
pub(super) fn sub<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (x, y, at) = (node.operand(0), node.operand(1), node.location());
    if !b.is_float(x) {
        return Ok(None);
    }
    if b.is_constant(y) {
        let y = b.emit(Kind::Neg, &[y], &[], at)?;
        return b.emit(Kind::Add, &[x, y], &[], at).map(Some);
    }
    if b.is_constant(x) {
        let y = negative(b, y, node)?;
        return b.emit(Kind::Add, &[y, x], &[], at).map(Some);
    }
    Ok(None)
}

/// `x / c` is `x (1 / c)`, and `1 / x` the reciprocal.
pub(super) fn div<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (x, y, at) = (node.operand(0), node.operand(1), node.location());
    if let Some(t) = b.constant(y)? {
        let zero = match &t.data {
            Data::F64(v) => v.iter().position(|d| *d == 0.0),
            Data::I64(v) => v.iter().position(|d| *d == 0),
            Data::Bool(_) => None,
        };
        if let Some(i) = zero {
            return Err(Invalid::new(format!(
                "the divisor is constant and zero at element {i}"
            )));
        }
        if b.is_float(y) {
            let y = b.emit(Kind::Reciprocal, &[y], &[], at)?;
            return b.emit(Kind::Mul, &[x, y], &[], at).map(Some);
        }
    }
    let broadcasts = b.shape(y)? != node.result_shape()?;
    if b.is_float(x) && !broadcasts && b.scalar(x) == Some(1.0) {
        return b.emit(Kind::Reciprocal, &[y], &[], at).map(Some);
    }
    Ok(None)
}

/// `-x` is `x (-1)`.
pub(super) fn neg<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Result<ValueId, Invalid> {
    negative(b, node.operand(0), node)
}

/// The negative of a value.
pub(super) fn negative<'c>(
    b: &mut Builder<'c, '_>,
    v: ValueId,
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    let minus = b.make_scalar(-1.0, v, node.location())?;
    b.emit(Kind::Mul, &[v, minus], &[], node.location())
}

/// `x sigmoid(alpha x)`; with `alpha` of one it is a function of its own.
pub(super) fn swish<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (x, at) = (node.operand(0), node.location());
    let alpha = node.op.float("alpha").unwrap_or(1.0);
    if alpha == 1.0 {
        return Ok(None);
    }
    let alpha = b.make_scalar(alpha, x, at)?;
    let scaled = b.emit(Kind::Mul, &[x, alpha], &[], at)?;
    let gate = b.emit(Kind::Sigmoid, &[scaled], &[], at)?;
    b.emit(Kind::Mul, &[x, gate], &[], at).map(Some)
}

/// More than two operands are a chain; a mean is a sum times a constant.
pub(super) fn variadic<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (operands, at) = (&node.op.operands, node.location());
    let two = match node.kind {
        Kind::Sum | Kind::Mean => Kind::Add,
        kind if operands.len() == 2 => {
            return Ok(if b.is_constant(operands[0]) {
                Some(b.emit(kind, &[operands[1], operands[0]], &[], at)?)
            } else {
                None
            });
        }
        kind => kind,
    };
    // Constants come last, so that they are merged.
    let (constant, mut rest): (Vec<_>, Vec<_>) = operands.iter().partition(|v| b.is_constant(**v));
    rest.extend(constant);
    let mut sum = rest[0];
    for v in &rest[1..] {
        sum = b.emit(two, &[sum, *v], &[], at)?;
    }
    if node.kind == Kind::Mean {
        let n = b.make_scalar(1.0 / operands.len() as f64, sum, at)?;
        sum = b.emit(Kind::Mul, &[sum, n], &[], at)?;
    }
    Ok(Some(sum))
}

/// Small whole powers are products; 1/2, -1/2 and -1 are roots and reciprocals.
pub(super) fn pow<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (x, y, at) = (node.operand(0), node.operand(1), node.location());
    let Some(t) = b.constant(y)? else {
        return Err(Invalid::new("the exponent must be known at compile time"));
    };
    let values = t.to_f64();
    let Some(&e) = values.first() else {
        return Ok(None);
    };
    if values.iter().any(|v| *v != e) {
        return Err(Invalid::new(
            "the exponent must be the same for all elements",
        ));
    }
    let shape = node.result_shape()?;
    if e == 1.0 {
        return b.expand(x, &shape, at).map(Some);
    }
    let whole = (2.0..=16.0).contains(&e) && e.fract() == 0.0;
    let out = if whole {
        power(b, x, e as u32, node)?
    } else if !b.is_float(x) {
        return Err(Invalid::new(format!("an integer has no power {e} here"))
            .help("whole exponents from 1 to 16 are supported for integers"));
    } else if e == 0.5 {
        b.emit(Kind::Sqrt, &[x], &[], at)?
    } else if e == -1.0 {
        b.emit(Kind::Reciprocal, &[x], &[], at)?
    } else if e == -0.5 {
        let root = b.emit(Kind::Sqrt, &[x], &[], at)?;
        b.emit(Kind::Reciprocal, &[root], &[], at)?
    } else if b.shape(y)?.is_empty() {
        return Ok(None);
    } else {
        let e = b.make_scalar(e, y, at)?;
        b.emit(Kind::Pow, &[x, e], &[], at)?
    };
    b.expand(out, &shape, at).map(Some)
}

/// `x^n` for `n` of one or more, by squaring.
fn power<'c>(
    b: &mut Builder<'c, '_>,
    x: ValueId,
    n: u32,
    node: &Node<'c>,
) -> Result<ValueId, Invalid> {
    let (mut square, mut out, mut rest) = (x, None, n);
    loop {
        if rest % 2 == 1 {
            out = Some(match out {
                None => square,
                Some(o) => b.emit(Kind::Mul, &[o, square], &[], node.location())?,
            });
        }
        rest /= 2;
        match out {
            Some(o) if rest == 0 => return Ok(o),
            _ => square = b.emit(Kind::Mul, &[square, square], &[], node.location())?,
        }
    }
}

/// Bounds that do not limit are left out, a lower bound of zero alone is `Relu`, and bounds that
/// are computed are maxima and minima.
pub(super) fn clip<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> One {
    let (x, lo, hi, at) = (
        node.operand(0),
        node.operand(1),
        node.operand(2),
        node.location(),
    );
    let known = |b: &Builder<'c, '_>, v| b.is_absent(v) || b.is_constant(v);
    if !known(b, lo) || !known(b, hi) {
        let mut out = x;
        for (bound, kind) in [(lo, Kind::Max), (hi, Kind::Min)] {
            if !b.is_absent(bound) {
                out = b.emit(kind, &[out, bound], &[], at)?;
            }
        }
        return Ok(Some(out));
    }
    // No 32-bit float lies beyond the greatest one, which exporters write for no bound.
    let most = if b.element(x)?.to_string() == "f32" {
        f64::from(f32::MAX)
    } else {
        f64::MAX
    };
    let float = b.is_float(x);
    let lower = b.scalar(lo).filter(|v| !float || *v > -most);
    let upper = b.scalar(hi).filter(|v| !float || *v < most);
    let same = lower.is_some() != b.is_absent(lo) && upper.is_some() != b.is_absent(hi);
    match (lower, upper) {
        (None, None) => Ok(Some(x)),
        (Some(0.0), None) => b.emit(Kind::Relu, &[x], &[], at).map(Some),
        // The upper bound wins.
        (Some(l), Some(u)) if l > u => b.emit(Kind::Clip, &[x, hi, hi], &[], at).map(Some),
        _ if same => Ok(None),
        _ => {
            let none = b.none(at)?;
            let (lo, hi) = (lower.map_or(none, |_| lo), upper.map_or(none, |_| hi));
            b.emit(Kind::Clip, &[x, lo, hi], &[], at).map(Some)
        }
    }
}
