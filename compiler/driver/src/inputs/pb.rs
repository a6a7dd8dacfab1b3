//! ONNX TensorProto files.

use zkc_importer::TensorData;

use crate::error::{Error, Result};
use crate::inputs::{Tensor, Values, show_element};

/// Reads a tensor.
pub(super) fn read(bytes: &[u8]) -> Result<Tensor> {
    let tensor = zkc_importer::Tensor::decode(bytes)?;
    /// Numbers that fit an `i64`.
    fn whole<T: Copy + Into<i64>>(values: &[T]) -> Values {
        Values::Whole(values.iter().map(|&value| value.into()).collect())
    }
    let values = match &tensor.data {
        TensorData::F32(values) => {
            Values::Real(values.iter().map(|&value| f64::from(value)).collect())
        }
        TensorData::F64(values) => Values::Real(values.clone()),
        TensorData::I8(values) => whole(values),
        TensorData::I16(values) => whole(values),
        TensorData::I32(values) => whole(values),
        TensorData::I64(values) => whole(values),
        TensorData::U8(values) => whole(values),
        TensorData::U16(values) => whole(values),
        TensorData::U32(values) => whole(values),
        TensorData::U64(values) => {
            let fit = |(index, &value): (usize, &u64)| {
                i64::try_from(value).map_err(|_| {
                    let element = show_element(index, &tensor.dims);
                    Error::diagnostic(format!("{element} is {value}, which is above 2^63 - 1"))
                })
            };
            Values::Whole(values.iter().enumerate().map(fit).collect::<Result<_>>()?)
        }
        TensorData::Bool(values) => whole(values),
    };
    Ok(Tensor {
        shape: tensor.dims,
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A TensorProto: dims, data_type 1 (float) or 7 (int64), raw_data.
    fn proto(dims: &[u8], data_type: u8, raw: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for dim in dims {
            bytes.extend([0x08, *dim]);
        }
        bytes.extend([0x10, data_type, 0x4a, raw.len() as u8]);
        bytes.extend(raw);
        bytes
    }

    #[test]
    fn reads_floats_and_integers() {
        let floats = [1.5f32.to_le_bytes(), (-2f32).to_le_bytes()].concat();
        let tensor = read(&proto(&[1, 2], 1, &floats)).unwrap();
        assert_eq!(
            tensor,
            Tensor {
                shape: vec![1, 2],
                values: Values::Real(vec![1.5, -2.0])
            }
        );
        let tensor = read(&proto(&[1], 7, &i64::MAX.to_le_bytes())).unwrap();
        assert_eq!(tensor.values, Values::Whole(vec![i64::MAX]));
    }

    #[test]
    fn broken_files_are_errors() {
        let whole = proto(&[1, 2], 1, &[0; 8]);
        for length in 1..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        assert!(read(b"\x93NUMPY").is_err());
        assert!(read(&proto(&[3], 1, &[0; 8])).is_err());
        assert!(read(&proto(&[1], 8, &[0; 8])).is_err());
    }
}
