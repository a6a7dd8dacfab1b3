//! Pooling.

use super::Args;
use crate::onnx::{
    Data, Tensor,
    shape::{Invalid, invalid},
    windows::{Axis, windows},
};

/// The windows of one plane: for each, the positions inside of the plane, in row-major order, and
/// for each window how many elements an average divides by when padding counts.
struct Plane {
    windows: Vec<(Vec<usize>, i64)>,
    input: usize,
}

impl Plane {
    fn of(args: &Args) -> Result<Self, Invalid> {
        let shape = args.shape(0)?;
        let Some(kernel) = args.op.ints("kernel_shape") else {
            invalid!("has no `kernel_shape`")
        };
        let axes = windows(args.op, &shape[2..], &kernel)?;
        let mut all = vec![(vec![0usize], 1)];
        for axis in &axes {
            let along: Vec<_> = (0..axis.windows)
                .map(|w| (inside(axis, w), axis.inside_padding(w)))
                .collect();
            all = all
                .iter()
                .flat_map(|(before, n)| {
                    along.iter().map(move |(here, m)| {
                        let rows = before.iter().map(|p| p * axis.input as usize);
                        (
                            rows.flat_map(|p| here.iter().map(move |h| p + h)).collect(),
                            n * m,
                        )
                    })
                })
                .collect();
        }
        Ok(Self {
            windows: all,
            input: shape[2..].iter().map(|d| *d as usize).product(),
        })
    }

    fn map<T, U>(&self, x: &[T], f: impl Fn(&[T], &[usize], i64) -> U) -> Vec<U> {
        if self.input == 0 {
            return Vec::new();
        }
        x.chunks_exact(self.input)
            .flat_map(|plane| {
                self.windows
                    .iter()
                    .map(|(at, n)| f(plane, at, *n))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Positions of a window's elements that are in the operand.
fn inside(axis: &Axis, window: i64) -> Vec<usize> {
    // Elements inside have positions that are not negative.
    axis.elements_inside(window)
        .map(|e| axis.position(window, e) as usize)
        .collect()
}

/// Means over windows.
pub(super) fn average(args: &Args) -> Result<Tensor, Invalid> {
    let padding_counts = args.int("count_include_pad", 0) == 1;
    let out = Plane::of(args)?.map(args.f64s(0)?, |x, at, n| {
        let divisor = if padding_counts {
            n as f64
        } else {
            at.len() as f64
        };
        at.iter().map(|i| x[*i]).sum::<f64>() / divisor
    });
    Ok(Tensor::f64s(&args.shapes[0], out))
}

/// Maxima over windows.
pub(super) fn max(args: &Args) -> Result<Tensor, Invalid> {
    let plane = Plane::of(args)?;
    let data = match &args.tensor(0)?.data {
        Data::F64(x) => Data::F64(plane.map(x, |x, at, _| {
            let most = |a: f64, b: f64| if a.is_nan() || a > b { a } else { b };
            at.iter().map(|i| x[*i]).fold(f64::NEG_INFINITY, most)
        })),
        Data::I64(x) => {
            let v = plane.map(x, |x, at, _| at.iter().map(|i| x[*i]).max());
            match v.into_iter().collect() {
                Some(v) => Data::I64(v),
                None => invalid!("a window lies in the padding, where integers have no maximum"),
            }
        }
        Data::Bool(_) => invalid!("is not defined for booleans"),
    };
    Ok(Tensor {
        shape: args.shapes[0].clone(),
        data,
    })
}
