//! Tensors as the evaluator has them.

use zkc_support::{Constant, DType};

/// Elements of a tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Floats of any width.
    F64(Vec<f64>),
    /// Integers of any width.
    I64(Vec<i64>),
    /// Booleans.
    Bool(Vec<bool>),
}

/// A tensor with its elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Extents, none negative.
    pub shape: Vec<i64>,
    /// As many elements as the product of the extents says.
    pub data: Data,
}

/// Runs an expression with the elements as `$v`, whatever they are; the result is again [`Data`].
macro_rules! map_data {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            Data::F64($v) => Data::F64($body),
            Data::I64($v) => Data::I64($body),
            Data::Bool($v) => Data::Bool($body),
        }
    };
}
pub(crate) use map_data;

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F64(v) => v.len(),
            Self::I64(v) => v.len(),
            Self::Bool(v) => v.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the elements are, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::F64(_) => "floats",
            Self::I64(_) => "integers",
            Self::Bool(_) => "booleans",
        }
    }
}

impl Tensor {
    /// A tensor of floats.
    pub fn f64s(shape: &[i64], values: Vec<f64>) -> Self {
        Self {
            shape: shape.to_vec(),
            data: Data::F64(values),
        }
    }

    /// A tensor of integers.
    pub fn i64s(shape: &[i64], values: Vec<i64>) -> Self {
        Self {
            shape: shape.to_vec(),
            data: Data::I64(values),
        }
    }

    /// A tensor of booleans.
    pub fn bools(shape: &[i64], values: Vec<bool>) -> Self {
        Self {
            shape: shape.to_vec(),
            data: Data::Bool(values),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether the elements are as many as the shape says.
    pub fn is_consistent(&self) -> bool {
        crate::onnx::shape::count(&self.shape) == Some(self.len())
    }

    /// The elements as floats; booleans are 0 and 1, integers beyond 2^53 are rounded.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            Data::F64(v) => v.clone(),
            Data::I64(v) => v.iter().map(|x| *x as f64).collect(),
            Data::Bool(v) => v.iter().map(|x| f64::from(u8::from(*x))).collect(),
        }
    }

    /// The elements, if they are integers.
    pub fn as_i64s(&self) -> Option<&[i64]> {
        match &self.data {
            Data::I64(v) => Some(v),
            _ => None,
        }
    }

    /// The elements, if they are floats.
    pub fn as_f64s(&self) -> Option<&[f64]> {
        match &self.data {
            Data::F64(v) => Some(v),
            _ => None,
        }
    }

    /// The only element as a float, if there is exactly one.
    pub fn as_scalar(&self) -> Option<f64> {
        match &self.data {
            Data::F64(v) if v.len() == 1 => Some(v[0]),
            Data::I64(v) if v.len() == 1 => Some(v[0] as f64),
            Data::Bool(v) if v.len() == 1 => Some(f64::from(u8::from(v[0]))),
            _ => None,
        }
    }

    /// The tensor of a constant; `None` when it holds an integer of 2^63 or more.
    pub fn from_constant(c: &Constant) -> Option<Self> {
        let data = match c.dtype {
            DType::F32 | DType::F64 => Data::F64(c.to_f64()),
            DType::Bool => Data::Bool(c.bytes().iter().map(|b| *b != 0).collect()),
            DType::Int(_) | DType::UInt(_) => {
                let values = c.to_i128().ok()?;
                Data::I64(
                    values
                        .into_iter()
                        .map(|v| i64::try_from(v).ok())
                        .collect::<Option<_>>()?,
                )
            }
        };
        Some(Self {
            shape: c.shape.clone(),
            data,
        })
    }

    /// The elements as little-endian bytes of an element type; floats of 32 bits are rounded to
    /// nearest, ties to even. `None` when the elements are of another kind or an integer does
    /// not fit.
    pub fn to_bytes(&self, dtype: DType) -> Option<Vec<u8>> {
        match (&self.data, dtype) {
            (Data::F64(v), DType::F32) => {
                Some(v.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect())
            }
            (Data::F64(v), DType::F64) => Some(v.iter().flat_map(|x| x.to_le_bytes()).collect()),
            (Data::Bool(v), DType::Bool) => Some(v.iter().map(|x| u8::from(*x)).collect()),
            (Data::I64(v), DType::Int(_) | DType::UInt(_)) => {
                let width = dtype.bytes();
                let mut out = Vec::with_capacity(v.len() * width);
                for x in v {
                    if !fits(*x, dtype) {
                        return None;
                    }
                    out.extend_from_slice(&x.to_le_bytes()[..width]);
                }
                Some(out)
            }
            _ => None,
        }
    }

    /// Whether the elements are of the kind that an element type asks for.
    pub fn is_of(&self, dtype: DType) -> bool {
        matches!(
            (&self.data, dtype),
            (Data::F64(_), DType::F32 | DType::F64)
                | (Data::I64(_), DType::Int(_) | DType::UInt(_))
                | (Data::Bool(_), DType::Bool)
        )
    }

    /// The elements at the given positions, in another shape.
    pub(crate) fn pick(&self, shape: &[i64], positions: &[usize]) -> Self {
        let data = map_data!(&self.data, v => positions.iter().map(|i| v[*i]).collect());
        Self {
            shape: shape.to_vec(),
            data,
        }
    }

    /// The same elements in another shape.
    pub(crate) fn reshaped(&self, shape: &[i64]) -> Self {
        Self {
            shape: shape.to_vec(),
            data: self.data.clone(),
        }
    }
}

/// Whether an integer is in the range of an integer element type; the upper half of ui64 is out
/// of reach for an i64 anyway.
pub(crate) fn fits(x: i64, dtype: DType) -> bool {
    match dtype {
        DType::Int(64) => true,
        DType::UInt(64) => x >= 0,
        DType::Int(bits) => (-(1i64 << (bits - 1))..1i64 << (bits - 1)).contains(&x),
        DType::UInt(bits) => (0..1i64 << bits).contains(&x),
        DType::F32 | DType::F64 | DType::Bool => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_floats_and_refuse_what_does_not_fit() {
        let t = Tensor::f64s(&[2], vec![0.1, -2.0]);
        let bytes = t.to_bytes(DType::F32).unwrap();
        assert_eq!(
            bytes,
            [0.1f32.to_le_bytes(), (-2f32).to_le_bytes()].concat()
        );
        assert_eq!(t.to_bytes(DType::Int(8)), None);
        let t = Tensor::i64s(&[2], vec![-128, 127]);
        assert_eq!(t.to_bytes(DType::Int(8)), Some(vec![0x80, 0x7f]));
        assert_eq!(t.to_bytes(DType::UInt(8)), None);
        assert_eq!(Tensor::i64s(&[1], vec![128]).to_bytes(DType::Int(8)), None);
        assert!(fits(i64::MIN, DType::Int(64)) && !fits(-1, DType::UInt(64)));
    }
}
