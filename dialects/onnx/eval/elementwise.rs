//! Element-wise operations.

use super::Args;
use crate::onnx::{
    Data, Kind, Tensor,
    shape::{Invalid, broadcast_strides, invalid, positions},
};
use zkc_support::DType;

/// Operations on several tensors, with broadcasting.
pub(super) fn broadcasting(kind: Kind, args: &Args) -> Result<Tensor, Invalid> {
    if kind == Kind::Pow {
        return pow(args);
    }
    let n = args.operands.len();
    let shape = &args.shapes[0];
    let first = args.tensor(0)?;
    let mut out = spread(first, shape);
    for i in 1..n {
        let next = args.tensor(i)?;
        match (&mut out, &next.data) {
            (Data::F64(a), Data::F64(_)) => {
                let f = float_op(kind);
                each(a, args.f64s(i)?, &next.shape, shape, |x, y| *x = f(*x, y));
            }
            (Data::I64(a), Data::I64(b)) => {
                let mut failure = None;
                each(a, b, &next.shape, shape, |x, y| match int_op(kind, *x, y) {
                    Some(z) => *x = z,
                    None => failure = failure.or(Some((*x, y))),
                });
                if let Some((x, y)) = failure {
                    invalid!("the result for {x} and {y} is no 64-bit integer");
                }
            }
            (a, b) => invalid!("operands hold {} and {}", a.kind(), b.kind()),
        }
    }
    if kind == Kind::Mean
        && let Data::F64(v) = &mut out
    {
        v.iter_mut().for_each(|x| *x /= n as f64);
    }
    Ok(Tensor {
        shape: shape.clone(),
        data: out,
    })
}

/// The elements of a tensor, broadcast.
fn spread(t: &Tensor, shape: &[i64]) -> Data {
    if t.shape == shape {
        return t.data.clone();
    }
    t.pick(
        shape,
        &positions(shape, &broadcast_strides(&t.shape, shape), 0),
    )
    .data
}

/// Runs `f` on each element of `out` and the element of `b` that broadcasts to it.
fn each<A, B: Copy>(
    out: &mut [A],
    b: &[B],
    from: &[i64],
    to: &[i64],
    mut f: impl FnMut(&mut A, B),
) {
    if from == to {
        out.iter_mut().zip(b).for_each(|(x, y)| f(x, *y));
    } else if let [y] = *b {
        out.iter_mut().for_each(|x| f(x, y));
    } else {
        let at = positions(to, &broadcast_strides(from, to), 0);
        out.iter_mut().zip(at).for_each(|(x, i)| f(x, b[i]));
    }
}

fn float_op(kind: Kind) -> fn(f64, f64) -> f64 {
    match kind {
        Kind::Sub => |x, y| x - y,
        Kind::Mul => |x, y| x * y,
        Kind::Div => |x, y| x / y,
        // A NaN stays one, unlike with `f64::max`.
        Kind::Max => |x, y| if x.is_nan() || x > y { x } else { y },
        Kind::Min => |x, y| if x.is_nan() || x < y { x } else { y },
        _ => |x, y| x + y,
    }
}

fn int_op(kind: Kind, x: i64, y: i64) -> Option<i64> {
    match kind {
        Kind::Sub => x.checked_sub(y),
        Kind::Mul => x.checked_mul(y),
        Kind::Div => x.checked_div(y),
        Kind::Max => Some(x.max(y)),
        Kind::Min => Some(x.min(y)),
        _ => x.checked_add(y),
    }
}

fn pow(args: &Args) -> Result<Tensor, Invalid> {
    let (x, y) = (args.tensor(0)?, args.tensor(1)?);
    let shape = &args.shapes[0];
    let (base, exponent) = (spread(x, shape), spread(y, shape));
    let data = match (base, exponent) {
        (Data::I64(x), Data::I64(y)) => {
            let one = |(x, y): (&i64, &i64)| match u32::try_from(*y) {
                Ok(n) => x.checked_pow(n),
                // x^-n is an integer for these only.
                Err(_) if *x == 1 => Some(1),
                Err(_) if *x == -1 => Some(if y % 2 == 0 { 1 } else { -1 }),
                Err(_) if *x == 0 && *y > 0 => Some(0),
                Err(_) => (*y < 0 && *x != 0).then_some(0),
            };
            match x.iter().zip(&y).map(one).collect() {
                Some(v) => Data::I64(v),
                None => invalid!("a result is no 64-bit integer"),
            }
        }
        (Data::F64(x), y) => {
            let y = Tensor {
                shape: shape.clone(),
                data: y,
            }
            .to_f64();
            Data::F64(x.iter().zip(y).map(|(x, y)| x.powf(y)).collect())
        }
        (Data::I64(x), y) => {
            let y = Tensor {
                shape: shape.clone(),
                data: y,
            }
            .to_f64();
            let v = x.iter().zip(y).map(|(x, y)| truncate((*x as f64).powf(y)));
            Data::I64(v.collect::<Result<_, _>>()?)
        }
        (x, _) => invalid!("operand `X` holds {}", x.kind()),
    };
    Ok(Tensor {
        shape: shape.clone(),
        data,
    })
}

/// A float as an integer, rounded towards zero.
fn truncate(x: f64) -> Result<i64, Invalid> {
    let t = x.trunc();
    // 2^63 is a double, the greatest i64 is not.
    if (-(2f64.powi(63))..2f64.powi(63)).contains(&t) {
        return Ok(t as i64);
    }
    invalid!("{x} does not convert to an integer");
}

/// Functions of one number.
pub(super) fn unary(kind: Kind, args: &Args) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let data = match &t.data {
        Data::I64(v) => {
            let f = |x: &i64| match kind {
                Kind::Abs => x.checked_abs(),
                Kind::Neg => x.checked_neg(),
                Kind::Sign => Some(x.signum()),
                Kind::Relu => Some((*x).max(0)),
                _ => None,
            };
            match v.iter().map(f).collect() {
                Some(v) => Data::I64(v),
                None => invalid!("is not defined for these integers"),
            }
        }
        Data::F64(v) => {
            let f = function(kind, args)?;
            Data::F64(v.iter().map(|x| f(*x)).collect())
        }
        Data::Bool(_) => invalid!("is not defined for booleans"),
    };
    Ok(Tensor {
        shape: t.shape.clone(),
        data,
    })
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    // e^-|x| does not overflow.
    let e = (-x.abs()).exp();
    if x >= 0.0 {
        1.0 / (1.0 + e)
    } else {
        e / (1.0 + e)
    }
}

/// The real function that an operation applies.
fn function(kind: Kind, args: &Args) -> Result<Box<dyn Fn(f64) -> f64>, Invalid> {
    use Kind::*;
    let alpha = |default| args.float("alpha", default);
    Ok(match kind {
        Abs => Box::new(f64::abs),
        Neg => Box::new(|x| -x),
        Sign => Box::new(|x| {
            if x == 0.0 || x.is_nan() {
                x
            } else {
                x.signum()
            }
        }),
        Ceil => Box::new(f64::ceil),
        Floor => Box::new(f64::floor),
        Round => Box::new(f64::round_ties_even),
        Sqrt => Box::new(f64::sqrt),
        Reciprocal => Box::new(f64::recip),
        Exp => Box::new(f64::exp),
        Log => Box::new(f64::ln),
        Erf => Box::new(libm::erf),
        Sin => Box::new(f64::sin),
        Cos => Box::new(f64::cos),
        Tan => Box::new(f64::tan),
        Asin => Box::new(f64::asin),
        Acos => Box::new(f64::acos),
        Atan => Box::new(f64::atan),
        Sinh => Box::new(f64::sinh),
        Cosh => Box::new(f64::cosh),
        Tanh => Box::new(f64::tanh),
        Asinh => Box::new(f64::asinh),
        Acosh => Box::new(f64::acosh),
        Atanh => Box::new(f64::atanh),
        // The first branch keeps a NaN.
        Relu => Box::new(|x| if x < 0.0 { 0.0 } else { x }),
        Sigmoid => Box::new(sigmoid),
        Softplus => Box::new(softplus),
        Softsign => Box::new(|x| x / (1.0 + x.abs())),
        Mish => Box::new(|x| x * softplus(x).tanh()),
        HardSwish => Box::new(|x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0)),
        LeakyRelu => {
            let a = alpha(0.01);
            Box::new(move |x| if x < 0.0 { a * x } else { x })
        }
        Elu => {
            let a = alpha(1.0);
            Box::new(move |x| if x < 0.0 { a * x.exp_m1() } else { x })
        }
        Celu => {
            let a = alpha(1.0);
            Box::new(move |x| x.max(0.0) + (a * (x / a).exp_m1()).min(0.0))
        }
        ThresholdedRelu => {
            let a = alpha(1.0);
            Box::new(move |x| if x > a { x } else { 0.0 })
        }
        Swish => {
            let a = alpha(1.0);
            Box::new(move |x| x * sigmoid(a * x))
        }
        Selu => {
            let a = alpha(1.673_263_192_176_818_8);
            let gamma = args.float("gamma", 1.050_701_022_148_132_3);
            Box::new(move |x| gamma * if x > 0.0 { x } else { a * x.exp_m1() })
        }
        HardSigmoid => {
            let (a, b) = (alpha(0.2), args.float("beta", 0.5));
            Box::new(move |x| (a * x + b).clamp(0.0, 1.0))
        }
        Gelu if args.op.str("approximate") == Some("tanh") => {
            let c = std::f64::consts::FRAC_2_PI.sqrt();
            Box::new(move |x| 0.5 * x * (1.0 + (c * (x + 0.044715 * x.powi(3))).tanh()))
        }
        Gelu => Box::new(|x| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))),
        _ => invalid!("is no function of one number"),
    })
}

/// `min(max(x, lo), hi)`.
pub(super) fn clip(args: &Args) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let data = match &t.data {
        Data::F64(v) => {
            let bound = |i: usize| args.optional(i).and_then(Tensor::as_scalar);
            let (lo, hi) = (bound(1), bound(2));
            let f = |x: f64| {
                let x = lo.map_or(x, |lo| if x < lo { lo } else { x });
                hi.map_or(x, |hi| if x > hi { hi } else { x })
            };
            Data::F64(v.iter().map(|x| f(*x)).collect())
        }
        Data::I64(v) => {
            let bound = |i: usize, default| match args.optional(i) {
                Some(_) => args.i64s(i).map(|b| b.first().copied().unwrap_or(default)),
                None => Ok(default),
            };
            let (lo, hi) = (bound(1, i64::MIN)?, bound(2, i64::MAX)?);
            Data::I64(v.iter().map(|x| (*x).max(lo).min(hi)).collect())
        }
        Data::Bool(_) => invalid!("is not defined for booleans"),
    };
    Ok(Tensor {
        shape: t.shape.clone(),
        data,
    })
}

/// Conversion between element types: floats are rounded towards zero, integers wrap around,
/// booleans are 0 and 1, and what is not zero is true. Floats keep all 64 bits.
pub(super) fn cast(args: &Args, types: &[DType]) -> Result<Tensor, Invalid> {
    let t = args.tensor(0)?;
    let Some(to) = types.first() else {
        invalid!("has no result")
    };
    let data = match (&t.data, to) {
        (_, DType::F32 | DType::F64) => Data::F64(t.to_f64()),
        (Data::F64(v), DType::Bool) => Data::Bool(v.iter().map(|x| *x != 0.0).collect()),
        (Data::I64(v), DType::Bool) => Data::Bool(v.iter().map(|x| *x != 0).collect()),
        (Data::Bool(v), DType::Bool) => Data::Bool(v.clone()),
        (Data::F64(v), _) => Data::I64(v.iter().map(|x| truncate(*x)).collect::<Result<_, _>>()?),
        (Data::I64(v), to) => Data::I64(v.iter().map(|x| wrap(*x, *to)).collect()),
        (Data::Bool(v), _) => Data::I64(v.iter().map(|x| i64::from(*x)).collect()),
    };
    Ok(Tensor {
        shape: t.shape.clone(),
        data,
    })
}

/// The low bits of an integer as a number of another integer type.
fn wrap(x: i64, to: DType) -> i64 {
    match to {
        DType::Int(bits) if bits < 64 => x << (64 - bits) >> (64 - bits),
        DType::UInt(bits) if bits < 64 => x & ((1 << bits) - 1),
        _ => x,
    }
}

/// `scale (x - mean) / sqrt(var + epsilon) + bias`, per channel.
pub(super) fn batch_normalization(args: &Args) -> Result<Tensor, Invalid> {
    let (x, shape) = (args.f64s(0)?, args.shape(0)?);
    let (scale, bias) = (args.f64s(1)?, args.f64s(2)?);
    let (mean, var) = (args.f64s(3)?, args.f64s(4)?);
    let epsilon = args.float("epsilon", 1e-5);
    let Some(&channels) = shape.get(1) else {
        invalid!("operand `X` must have rank 2 or more, found shape {shape:?}");
    };
    let channels = channels as usize;
    if [scale, bias, mean, var].iter().any(|p| p.len() != channels) {
        invalid!("the parameters must have {channels} elements, one for each channel");
    }
    let inner: usize = shape[2..].iter().map(|d| *d as usize).product();
    let normalize = |(i, x): (usize, &f64)| {
        let c = i / inner % channels;
        scale[c] * (x - mean[c]) / (var[c] + epsilon).sqrt() + bias[c]
    };
    Ok(Tensor::f64s(
        shape,
        x.iter().enumerate().map(normalize).collect(),
    ))
}
