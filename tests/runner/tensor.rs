//! Reading and writing the tensors of fixtures (ONNX `TensorProto` files).

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use onnx_protobuf::{Message, TensorProto, tensor_proto::DataType};

/// A tensor of floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The name of the graph input or output.
    pub name: String,
    /// The extents.
    pub shape: Vec<usize>,
    /// The elements in row-major order.
    pub values: Vec<f32>,
}

impl Tensor {
    /// Reads an ONNX `TensorProto` of type float.
    ///
    /// # Errors
    /// When the file cannot be read, is of another type or has not as many elements as its shape says.
    pub fn read(path: &Path) -> Result<Tensor> {
        let what = || format!("cannot read the tensor {}", path.display());
        let bytes = std::fs::read(path).with_context(what)?;
        let proto = TensorProto::parse_from_bytes(&bytes).with_context(what)?;
        if proto.data_type != DataType::FLOAT as i32 {
            bail!("{}: type {} is not float", path.display(), proto.data_type);
        }
        let values = if proto.raw_data.is_empty() {
            proto.float_data.clone()
        } else {
            let element = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
            proto.raw_data.chunks_exact(4).map(element).collect()
        };
        let shape = proto
            .dims
            .iter()
            .map(|&d| usize::try_from(d))
            .collect::<Result<Vec<_>, _>>()
            .with_context(what)?;
        ensure!(
            shape.iter().product::<usize>() == values.len(),
            "{}: wrong number of elements",
            path.display()
        );
        Ok(Tensor {
            name: proto.name,
            shape,
            values,
        })
    }

    /// The place of the greatest element, the first of equals: the class that a classifier names.
    pub fn argmax(&self) -> usize {
        argmax(self.values.iter().map(|&v| f64::from(v)))
    }
}

/// The place of the greatest value, the first of equals; 0 for none.
pub fn argmax(values: impl IntoIterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (place, value) in values.into_iter().enumerate() {
        if value > best.1 {
            best = (place, value);
        }
    }
    best.0
}
