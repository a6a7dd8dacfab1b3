//! Constants of a model: initializers and tensor attributes, checked before anything is allocated.

use crate::{element, error::ErrorKind, external::External, wire::Payloads};
use onnx_protobuf::{TensorProto, tensor_proto::DataLocation};
use std::ops::Range;
use zkc_support::{DType, INLINE_LIMIT};

/// A constant tensor whose dimensions and data agree.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    pub(crate) dtype: DType,
    /// Extents, none negative.
    pub(crate) dims: Vec<i64>,
    pub(crate) data: Data,
}

/// Where the elements are: little-endian, row-major.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// In memory.
    Bytes(Vec<u8>),
    /// In the model file.
    Model(Range<usize>),
    /// In another file, named relative to the model's folder.
    External { file: String, range: Range<usize> },
}

impl Constant {
    /// A list of integers.
    pub(crate) fn i64s(values: &[i64]) -> Self {
        Self {
            dtype: DType::Int(64),
            dims: vec![values.len() as i64],
            data: Data::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        }
    }

    /// A float as a scalar, or with other dimensions of one element.
    pub(crate) fn float(value: f32, dtype: DType, dims: &[i64]) -> Self {
        let bytes = match dtype {
            DType::F64 => f64::from(value).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        };
        let dtype = if dtype == DType::F64 {
            dtype
        } else {
            DType::F32
        };
        Self {
            dtype,
            dims: dims.to_vec(),
            data: Data::Bytes(bytes),
        }
    }

    /// Reads an initializer or a tensor attribute.
    pub(crate) fn from_proto(
        name: &str,
        proto: &TensorProto,
        payloads: &Payloads,
        model: &[u8],
        external: &mut External,
    ) -> Result<Self, ErrorKind> {
        let fail = |reason: String| ErrorKind::tensor(name, reason);
        let dtype = element::from_onnx(proto.data_type, &format!("tensor `{name}`"))?;
        if proto.segment.is_some() {
            return Err(fail(
                "it is stored in segments, which is not supported".into(),
            ));
        }
        let elements = element_count(&proto.dims, dtype).map_err(fail)?;
        let bytes = elements * dtype.bytes();
        let (from, range) = match proto.data_location.enum_value() {
            Ok(DataLocation::EXTERNAL) => {
                let (file, range) = external.locate(name, &proto.external_data, bytes)?;
                (Some(file), range)
            }
            Ok(DataLocation::DEFAULT) => match in_place(dtype, payloads) {
                Some(range) => (None, range),
                None => {
                    let bytes = typed_bytes(proto, dtype, elements).map_err(fail)?;
                    return Ok(Self {
                        dtype,
                        dims: proto.dims.clone(),
                        data: Data::Bytes(bytes),
                    });
                }
            },
            Err(code) => return Err(fail(format!("its data location {code} is unknown"))),
        };
        if range.len() != bytes {
            return Err(fail(format!(
                "its dimensions {:?} need {bytes} bytes, but it holds {}",
                proto.dims,
                range.len()
            )));
        }
        let inline = elements <= INLINE_LIMIT;
        let data = match from {
            // A payload's range lies within the model, as the walk found it.
            None if inline => Data::Bytes(model[range].to_vec()),
            None => Data::Model(range),
            Some(file) if inline => Data::Bytes(external.read(name, &file, range)?),
            Some(file) => Data::External { file, range },
        };
        Ok(Self {
            dtype,
            dims: proto.dims.clone(),
            data,
        })
    }
}

/// The payload that holds the elements as they are in memory.
fn in_place(dtype: DType, payloads: &Payloads) -> Option<Range<usize>> {
    let raw = payloads.raw.clone().filter(|r| !r.is_empty());
    raw.or_else(|| match dtype {
        DType::F32 => payloads.floats.clone(),
        DType::F64 => payloads.doubles.clone(),
        _ => None,
    })
}

/// The number of elements; their bytes fit into half of the address space.
pub(crate) fn element_count(dims: &[i64], dtype: DType) -> Result<usize, String> {
    if let Some(dim) = dims.iter().find(|d| **d < 0) {
        return Err(format!(
            "its dimensions {dims:?} hold a negative one, {dim}"
        ));
    }
    let mut bytes = dtype.bytes();
    for dim in dims {
        let product = usize::try_from(*dim)
            .ok()
            .and_then(|d| bytes.checked_mul(d));
        bytes = product
            .filter(|b| *b <= isize::MAX as usize)
            .ok_or_else(|| format!("its dimensions {dims:?} are absurdly large"))?;
    }
    Ok(bytes / dtype.bytes())
}

/// The elements of a typed field (`float_data`, `int32_data`, ...), as many as `elements`.
pub(crate) fn typed_bytes(
    proto: &TensorProto,
    dtype: DType,
    elements: usize,
) -> Result<Vec<u8>, String> {
    let (field, found) = match dtype {
        DType::F32 => ("float_data", proto.float_data.len()),
        DType::F64 => ("double_data", proto.double_data.len()),
        DType::Int(64) => ("int64_data", proto.int64_data.len()),
        DType::UInt(32 | 64) => ("uint64_data", proto.uint64_data.len()),
        _ => ("int32_data", proto.int32_data.len()),
    };
    if found != elements {
        return Err(format!(
            "its dimensions {:?} need {elements} elements, but `{field}` holds {found}",
            proto.dims
        ));
    }
    let narrow = |values: &mut dyn Iterator<Item = i128>| {
        let (least, greatest) = match dtype {
            DType::Bool => (0, 1),
            DType::UInt(bits) => (0, (1i128 << bits) - 1),
            DType::Int(bits) => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            DType::F32 | DType::F64 => unreachable!("floats have fields of their own"),
        };
        let mut bytes = Vec::with_capacity(elements * dtype.bytes());
        for (i, value) in values.enumerate() {
            if value < least || value > greatest {
                let name = element::name(dtype);
                return Err(format!("element {i} is {value}, which is no {name}"));
            }
            bytes.extend_from_slice(&value.to_le_bytes()[..dtype.bytes()]);
        }
        Ok(bytes)
    };
    match dtype {
        DType::F32 => Ok(proto
            .float_data
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect()),
        DType::F64 => Ok(proto
            .double_data
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect()),
        DType::Int(64) => narrow(&mut proto.int64_data.iter().map(|v| i128::from(*v))),
        DType::UInt(32 | 64) => narrow(&mut proto.uint64_data.iter().map(|v| i128::from(*v))),
        _ => narrow(&mut proto.int32_data.iter().map(|v| i128::from(*v))),
    }
}
