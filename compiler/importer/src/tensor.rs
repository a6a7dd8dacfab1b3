//! Tensors as plain data: standalone `TensorProto` files, and values given for graph inputs.

use crate::{
    constant::{element_count, typed_bytes},
    element,
    error::{ErrorKind, ImportError},
};
use onnx_protobuf::TensorProto;
use protobuf::Message;
use zkc_support::DType;

/// A tensor in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Name, which may be empty.
    pub name: String,
    /// Extents; a scalar has none.
    pub dims: Vec<usize>,
    /// Elements in row-major order, as many as the product of the extents.
    pub data: TensorData,
}

/// The elements of a [`Tensor`].
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants are the element types")]
pub enum TensorData {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    Bool(Vec<bool>),
}

/// Calls `$body` with the vector of whatever variant `$data` is.
macro_rules! with_values {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            TensorData::F32($values) => $body,
            TensorData::F64($values) => $body,
            TensorData::I8($values) => $body,
            TensorData::I16($values) => $body,
            TensorData::I32($values) => $body,
            TensorData::I64($values) => $body,
            TensorData::U8($values) => $body,
            TensorData::U16($values) => $body,
            TensorData::U32($values) => $body,
            TensorData::U64($values) => $body,
            TensorData::Bool($values) => $body,
        }
    };
}

impl Tensor {
    /// Decodes a standalone `TensorProto`, as in `input_0.pb` of the ONNX test layout.
    ///
    /// # Errors
    /// When the bytes are no `TensorProto`, its element type is not supported, its data lies in
    /// another file, or data and dimensions disagree.
    pub fn decode(bytes: &[u8]) -> Result<Self, ImportError> {
        let proto = TensorProto::parse_from_bytes(bytes)
            .map_err(|e| ErrorKind::Damaged(format!("the bytes are no TensorProto: {e}")))?;
        let name = if proto.name.is_empty() {
            "(unnamed)"
        } else {
            &proto.name
        };
        let dtype = element::from_onnx(proto.data_type, &format!("tensor `{name}`"))?;
        let fail = |reason: String| ErrorKind::tensor(name, reason);
        if !proto.external_data.is_empty() {
            return Err(fail("its data lies in another file".into()).into());
        }
        let elements = element_count(&proto.dims, dtype).map_err(fail)?;
        let raw = if proto.raw_data.is_empty() {
            &typed_bytes(&proto, dtype, elements).map_err(fail)?
        } else if proto.raw_data.len() == elements * dtype.bytes() {
            &proto.raw_data
        } else {
            let found = proto.raw_data.len();
            let dims = &proto.dims;
            return Err(fail(format!(
                "its dimensions {dims:?} need {} bytes, but it holds {found}",
                elements * dtype.bytes()
            ))
            .into());
        };
        Ok(Self {
            name: proto.name.clone(),
            // Each is at most the element count or there are no elements; checked above.
            dims: proto.dims.iter().map(|d| *d as usize).collect(),
            data: TensorData::from_bytes(raw, dtype),
        })
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        with_values!(&self.data, values => values.len())
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        match self.data {
            TensorData::F32(_) => DType::F32,
            TensorData::F64(_) => DType::F64,
            TensorData::I8(_) => DType::Int(8),
            TensorData::I16(_) => DType::Int(16),
            TensorData::I32(_) => DType::Int(32),
            TensorData::I64(_) => DType::Int(64),
            TensorData::U8(_) => DType::UInt(8),
            TensorData::U16(_) => DType::UInt(16),
            TensorData::U32(_) => DType::UInt(32),
            TensorData::U64(_) => DType::UInt(64),
            TensorData::Bool(_) => DType::Bool,
        }
    }

    /// The elements as doubles; 64-bit integers are rounded to nearest, booleans are 0 and 1.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            TensorData::F64(values) => values.clone(),
            TensorData::F32(values) => values.iter().map(|v| f64::from(*v)).collect(),
            _ => self
                .integers()
                .into_iter()
                .flatten()
                .map(|v| v as f64)
                .collect(),
        }
    }

    /// The elements as integers; `None` for an element that is none.
    fn integers(&self) -> Vec<Option<i128>> {
        /// Doubles hold all integers up to this size exactly.
        fn whole(v: f64) -> Option<i128> {
            (v.fract() == 0.0 && v.abs() < 1e30).then_some(v as i128)
        }
        match &self.data {
            TensorData::F32(values) => values.iter().map(|v| whole(f64::from(*v))).collect(),
            TensorData::F64(values) => values.iter().map(|v| whole(*v)).collect(),
            TensorData::U64(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::I8(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::I16(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::I32(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::I64(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::U8(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::U16(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::U32(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
            TensorData::Bool(values) => values.iter().map(|v| Some(i128::from(*v))).collect(),
        }
    }

    /// The elements in another element type, little-endian.
    ///
    /// Doubles are rounded to nearest when floats are wanted. Everything else must be exact.
    ///
    /// # Errors
    /// The position of the first element that the type cannot hold.
    pub(crate) fn to_bytes(&self, dtype: DType) -> Result<Vec<u8>, usize> {
        let (least, greatest) = match dtype {
            DType::F32 => {
                return Ok(self
                    .to_f64()
                    .iter()
                    .flat_map(|v| (*v as f32).to_le_bytes())
                    .collect());
            }
            DType::F64 => return Ok(self.to_f64().iter().flat_map(|v| v.to_le_bytes()).collect()),
            DType::Bool => (0, 1),
            DType::UInt(bits) => (0, (1i128 << bits) - 1),
            DType::Int(bits) => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        };
        let mut bytes = Vec::with_capacity(self.len() * dtype.bytes());
        for (i, value) in self.integers().into_iter().enumerate() {
            match value {
                // Two's complement: the low bytes are the narrow integer.
                Some(v) if (least..=greatest).contains(&v) => {
                    bytes.extend_from_slice(&v.to_le_bytes()[..dtype.bytes()]);
                }
                _ => return Err(i),
            }
        }
        Ok(bytes)
    }
}

impl TensorData {
    fn from_bytes(bytes: &[u8], dtype: DType) -> Self {
        fn read<const N: usize, T>(bytes: &[u8], f: impl Fn([u8; N]) -> T) -> Vec<T> {
            bytes
                .as_chunks::<N>()
                .0
                .iter()
                .map(|chunk| f(*chunk))
                .collect()
        }
        match dtype {
            DType::F32 => Self::F32(read(bytes, f32::from_le_bytes)),
            DType::F64 => Self::F64(read(bytes, f64::from_le_bytes)),
            DType::Int(8) => Self::I8(read(bytes, i8::from_le_bytes)),
            DType::Int(16) => Self::I16(read(bytes, i16::from_le_bytes)),
            DType::Int(32) => Self::I32(read(bytes, i32::from_le_bytes)),
            DType::Int(_) => Self::I64(read(bytes, i64::from_le_bytes)),
            DType::UInt(8) => Self::U8(bytes.to_vec()),
            DType::UInt(16) => Self::U16(read(bytes, u16::from_le_bytes)),
            DType::UInt(32) => Self::U32(read(bytes, u32::from_le_bytes)),
            DType::UInt(_) => Self::U64(read(bytes, u64::from_le_bytes)),
            DType::Bool => Self::Bool(bytes.iter().map(|b| *b != 0).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn proto(dims: &[i64], data_type: i32) -> TensorProto {
        let mut tensor = TensorProto::new();
        tensor.name = "t".into();
        tensor.dims = dims.to_vec();
        tensor.data_type = data_type;
        tensor
    }

    fn decode(tensor: &TensorProto) -> Result<Tensor, ImportError> {
        Tensor::decode(&tensor.write_to_bytes().unwrap())
    }

    #[test]
    fn raw_and_typed_data_agree() {
        let mut raw = proto(&[2], 1);
        raw.raw_data = [1.5f32.to_le_bytes(), (-3f32).to_le_bytes()].concat();
        let mut typed = proto(&[2], 1);
        typed.float_data = vec![1.5, -3.0];
        assert_eq!(decode(&raw).unwrap(), decode(&typed).unwrap());
        assert_eq!(decode(&raw).unwrap().to_f64(), [1.5, -3.0]);
    }

    #[test]
    fn narrow_integers_come_from_int32_data() {
        let mut tensor = proto(&[3], 3);
        tensor.int32_data = vec![-128, 0, 127];
        assert_eq!(
            decode(&tensor).unwrap().data,
            TensorData::I8(vec![-128, 0, 127])
        );
        tensor.int32_data[1] = 200;
        let error = decode(&tensor).unwrap_err().to_string();
        assert_eq!(error, "tensor `t`: element 1 is 200, which is no int8");
    }

    #[test]
    fn dimensions_and_data_must_agree() {
        let mut tensor = proto(&[2, 3], 1);
        tensor.raw_data = vec![0; 20];
        let error = decode(&tensor).unwrap_err().to_string();
        assert_eq!(
            error,
            "tensor `t`: its dimensions [2, 3] need 24 bytes, but it holds 20"
        );
        let error = decode(&proto(&[i64::MAX, 4], 1)).unwrap_err().to_string();
        assert!(error.contains("absurdly large"), "{error}");
        let error = decode(&proto(&[-1], 1)).unwrap_err().to_string();
        assert!(error.contains("negative"), "{error}");
    }

    #[test]
    fn conversion_is_exact_or_refused() {
        let tensor = Tensor {
            name: String::new(),
            dims: vec![2],
            data: TensorData::F32(vec![3.0, 0.5]),
        };
        assert_eq!(tensor.to_bytes(DType::Int(64)), Err(1));
        let tensor = Tensor {
            data: TensorData::I64(vec![-1, 255]),
            ..tensor
        };
        assert_eq!(tensor.to_bytes(DType::UInt(8)), Err(0));
        assert_eq!(tensor.to_bytes(DType::Int(16)), Ok(vec![255, 255, 255, 0]));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Tensor::decode(&bytes);
        }

        #[test]
        fn flipped_bytes_never_panic(at in 0usize..80, value in any::<u8>()) {
            let mut tensor = proto(&[2, 4], 7);
            tensor.int64_data = (0..8).collect();
            let mut bytes = tensor.write_to_bytes().unwrap();
            let at = at % bytes.len();
            bytes[at] = value;
            let _ = Tensor::decode(&bytes);
        }
    }
}
