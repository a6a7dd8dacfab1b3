//! The compiled model: what `M.zkc` holds.

use std::path::Path;

use prost::Message;
use zkc_circuit::Circuit;
use zkc_circuit::file::{self, FileKind};

use crate::backends::Digest;
use crate::error::{Error, Result};
use crate::float::FloatModel;
use crate::inputs::{ElementType, InputSpec, ValueRange};
use crate::options::Backend;
use crate::output::OutputFile;
use crate::report::ApproximationReport;
use crate::values::Format;

/// What files say of who wrote them.
pub(crate) const PRODUCER: &str = concat!("zkc ", env!("CARGO_PKG_VERSION"));

/// The largest compiled model that is read, in bytes.
const MAX_BYTES: u64 = 1 << 33;

/// A compiled model: its circuit, the model in floating point, and how the two came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Name of the ONNX file.
    pub name: String,
    /// BLAKE3 of the ONNX file, in hexadecimal digits.
    pub onnx_digest: String,
    /// The proof system it was compiled for.
    pub backend: Backend,
    /// The circuit.
    pub circuit: Circuit,
    /// The model in floating point.
    pub float: FloatModel,
    /// The graph inputs with the ranges that were declared or assumed.
    pub inputs: Vec<InputSpec>,
    /// What ranges the results of ONNX nodes have.
    pub nodes: Vec<NodeRange>,
    /// What stands for real functions.
    pub approximations: Vec<ApproximationReport>,
    /// The passes that made the circuit.
    pub pipeline: String,
    /// Program and version that compiled it.
    pub producer: String,
}

/// The format and exact bounds of an ONNX node's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRange {
    /// Name of the node.
    pub node: String,
    /// Fraction bits.
    pub scale: i32,
    /// Least integer.
    pub lo: i128,
    /// Greatest integer.
    pub hi: i128,
}

impl NodeRange {
    /// Bits that an integer of the range takes, its sign included where there are negative ones.
    pub fn bits(&self) -> u32 {
        let width = |n: i128| {
            i128::BITS
                - if n < 0 {
                    n.leading_ones()
                } else {
                    n.leading_zeros()
                }
        };
        width(self.lo).max(width(self.hi)) + u32::from(self.lo < 0)
    }
}

impl Model {
    /// The formats of the circuit's inputs.
    pub fn formats(&self) -> Vec<Format> {
        let inputs = self.circuit.inputs.iter();
        inputs
            .map(|input| Format {
                scale: input.scale,
                lo: input.lo,
                hi: input.hi,
            })
            .collect()
    }

    /// Whether proofs show the outputs.
    pub fn outputs_public(&self) -> bool {
        self.circuit.outputs.iter().any(|output| output.public)
    }

    /// Digest of the circuit: what keys and proofs refer to.
    pub fn digest(&self) -> Digest {
        Digest(self.circuit.digest())
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        file::to_bytes(FileKind::Model, PRODUCER, &self.encode()).map_err(file_error)
    }

    /// Writes the file that was opened for it; returns its length in bytes.
    pub fn save(&self, file: OutputFile) -> Result<u64> {
        let bytes = self.to_bytes()?;
        file.commit(&bytes)?;
        Ok(bytes.len() as u64)
    }

    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self> {
        check_readable(path)?;
        let contents = file::read(path, FileKind::Model, MAX_BYTES).map_err(file_error)?;
        Self::decode(&contents.payload, contents.producer).map_err(|error| error.in_file(path))
    }

    fn encode(&self) -> Vec<u8> {
        let message = ModelMessage {
            name: self.name.clone(),
            onnx_digest: self.onnx_digest.clone(),
            backend: self.backend.name().into(),
            circuit: self.circuit.encode(),
            onnx: self.float.text.clone(),
            weights: self.float.weights.clone(),
            inputs: self.inputs.iter().map(InputMessage::new).collect(),
            nodes: self.nodes.iter().map(NodeMessage::new).collect(),
            approximations: self
                .approximations
                .iter()
                .map(ApproximationMessage::new)
                .collect(),
            pipeline: self.pipeline.clone(),
        };
        message.encode_to_vec()
    }

    fn decode(payload: &[u8], producer: String) -> Result<Self> {
        let message = ModelMessage::decode(payload).map_err(|error| damaged(error.to_string()))?;
        let circuit =
            Circuit::decode(&message.circuit).map_err(|error| damaged(error.to_string()))?;
        if message.inputs.len() != circuit.inputs.len() {
            return Err(damaged(
                "it has another number of inputs than its circuit".into(),
            ));
        }
        let inputs = message.inputs.into_iter().zip(&circuit.inputs);
        Ok(Model {
            name: message.name,
            onnx_digest: message.onnx_digest,
            backend: message.backend.parse()?,
            inputs: inputs
                .map(|(message, circuit)| message.into_spec(&circuit.name, &circuit.shape))
                .collect::<Result<_>>()?,
            circuit,
            float: FloatModel {
                text: message.onnx,
                weights: message.weights,
            },
            nodes: message
                .nodes
                .into_iter()
                .map(NodeMessage::into_range)
                .collect::<Result<_>>()?,
            approximations: message
                .approximations
                .into_iter()
                .map(ApproximationMessage::into_report)
                .collect(),
            pipeline: message.pipeline,
            producer,
        })
    }
}

fn damaged(what: String) -> Error {
    Error::diagnostic(format!("the compiled model is not valid: {what}")).help("compile it again")
}

/// Says in plain words that a file cannot be read, as far as that is known without opening it, which a pipe allows once.
pub(crate) fn check_readable(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Error::diagnostic(format!(
            "cannot read {}: it is a folder",
            path.display()
        ))),
        Ok(_) => Ok(()),
        Err(error) => Err(Error::io("cannot read", path, &error)),
    }
}

/// The circuit crate's file errors name the file and say what helps.
pub(crate) fn file_error(error: file::FileError) -> Error {
    match &error {
        file::FileError::Io {
            action,
            path,
            error,
        } => Error::io(&format!("cannot {action}"), path, error),
        _ => Error::diagnostic(error.to_string()),
    }
}

/// Shape of a circuit's tensor in machine words.
pub(crate) fn to_shape(shape: &[u64]) -> Result<Vec<usize>> {
    let extents = shape.iter().map(|&extent| usize::try_from(extent));
    extents
        .collect::<Result<_, _>>()
        .map_err(|_| damaged(format!("a tensor of shape {shape:?} is too large")))
}

#[derive(Clone, PartialEq, Message)]
struct ModelMessage {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    onnx_digest: String,
    #[prost(string, tag = "3")]
    backend: String,
    #[prost(bytes = "vec", tag = "4")]
    circuit: Vec<u8>,
    #[prost(string, tag = "5")]
    onnx: String,
    #[prost(bytes = "vec", tag = "6")]
    weights: Vec<u8>,
    #[prost(message, repeated, tag = "7")]
    inputs: Vec<InputMessage>,
    #[prost(message, repeated, tag = "8")]
    nodes: Vec<NodeMessage>,
    #[prost(message, repeated, tag = "9")]
    approximations: Vec<ApproximationMessage>,
    #[prost(string, tag = "10")]
    pipeline: String,
}

#[derive(Clone, PartialEq, Message)]
struct InputMessage {
    /// The element type as ONNX spells it.
    #[prost(string, tag = "1")]
    element: String,
    #[prost(double, tag = "2")]
    lo: f64,
    #[prost(double, tag = "3")]
    hi: f64,
}

impl InputMessage {
    fn new(spec: &InputSpec) -> Self {
        // Compiled inputs all have a range.
        let range = spec.range.unwrap_or(ValueRange { lo: 0.0, hi: 0.0 });
        InputMessage {
            element: spec.element.to_string(),
            lo: range.lo,
            hi: range.hi,
        }
    }

    fn into_spec(self, name: &str, shape: &[u64]) -> Result<InputSpec> {
        let element = ElementType::parse(&self.element)
            .ok_or_else(|| damaged(format!("unknown element type `{}`", self.element)))?;
        // Neither end may be NaN.
        if self
            .lo
            .partial_cmp(&self.hi)
            .is_none_or(|order| order.is_gt())
        {
            return Err(damaged(format!("input \"{name}\" has no range")));
        }
        let range = Some(ValueRange {
            lo: self.lo,
            hi: self.hi,
        });
        Ok(InputSpec {
            name: name.into(),
            shape: to_shape(shape)?,
            element,
            range,
        })
    }
}

#[derive(Clone, PartialEq, Message)]
struct NodeMessage {
    #[prost(string, tag = "1")]
    node: String,
    #[prost(sint32, tag = "2")]
    scale: i32,
    /// Decimal digits.
    #[prost(string, tag = "3")]
    lo: String,
    /// Decimal digits.
    #[prost(string, tag = "4")]
    hi: String,
}

impl NodeMessage {
    fn new(range: &NodeRange) -> Self {
        let NodeRange {
            node,
            scale,
            lo,
            hi,
        } = range;
        NodeMessage {
            node: node.clone(),
            scale: *scale,
            lo: lo.to_string(),
            hi: hi.to_string(),
        }
    }

    fn into_range(self) -> Result<NodeRange> {
        let bound = |text: &str| {
            text.parse()
                .map_err(|_| damaged(format!("`{text}` is no bound")))
        };
        Ok(NodeRange {
            lo: bound(&self.lo)?,
            hi: bound(&self.hi)?,
            node: self.node,
            scale: self.scale,
        })
    }
}

#[derive(Clone, PartialEq, Message)]
struct ApproximationMessage {
    #[prost(string, tag = "1")]
    node: String,
    #[prost(string, tag = "2")]
    function: String,
    #[prost(string, tag = "3")]
    form: String,
    #[prost(double, tag = "4")]
    lo: f64,
    #[prost(double, tag = "5")]
    hi: f64,
    #[prost(string, tag = "6")]
    outside: String,
    #[prost(double, tag = "7")]
    max_error: f64,
    #[prost(string, tag = "8")]
    certificate: String,
}

impl ApproximationMessage {
    fn new(report: &ApproximationReport) -> Self {
        ApproximationMessage {
            node: report.node.clone(),
            function: report.function.clone(),
            form: report.form.clone(),
            lo: report.domain[0],
            hi: report.domain[1],
            outside: report.outside.clone(),
            max_error: report.max_error,
            certificate: report.certificate.clone(),
        }
    }

    fn into_report(self) -> ApproximationReport {
        ApproximationReport {
            node: self.node,
            function: self.function,
            form: self.form,
            domain: [self.lo, self.hi],
            outside: self.outside,
            max_error: self.max_error,
            certificate: self.certificate,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::output::Access;
    use zkc_circuit::{InputInfo, OutputInfo};

    /// A model that hands its input through.
    pub(crate) fn identity() -> Model {
        let mut circuit = Circuit::new("identity", 5);
        let register = circuit.add_input(InputInfo {
            name: "x".into(),
            shape: vec![1, 2],
            scale: 4,
            lo: 0,
            hi: 16,
            public: false,
        });
        circuit.outputs.push(OutputInfo {
            name: "y".into(),
            shape: vec![1, 2],
            scale: 4,
            register,
            public: true,
            lo: 0,
            hi: 16,
        });
        Model {
            name: "identity.onnx".into(),
            onnx_digest: "00".into(),
            backend: Backend::Halo2,
            circuit,
            float: FloatModel {
                text: "module {}".into(),
                weights: vec![1, 2, 3],
            },
            inputs: vec![InputSpec {
                range: Some(ValueRange { lo: 0.0, hi: 1.0 }),
                ..crate::inputs::tests::spec("x", &[1, 2])
            }],
            nodes: vec![NodeRange {
                node: "n".into(),
                scale: 4,
                lo: i128::MIN,
                hi: 16,
            }],
            approximations: vec![ApproximationReport {
                node: "n".into(),
                function: "tanh".into(),
                form: "table".into(),
                domain: [-1.0, 1.0],
                outside: "saturate".into(),
                max_error: 0.5,
                certificate: "exhaustive".into(),
            }],
            pipeline: "a,b".into(),
            producer: PRODUCER.into(),
        }
    }

    #[test]
    fn files_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.zkc");
        let model = identity();
        let length = model
            .save(OutputFile::create(&path, Access::Ordinary).unwrap())
            .unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), length);
        assert_eq!(Model::load(&path).unwrap(), model);
    }

    #[test]
    fn what_is_no_compiled_model_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.zkc");
        let load = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Model::load(&path).unwrap_err().message().to_owned()
        };
        let bytes = identity().to_bytes().unwrap();
        assert!(load(b"ONNX").ends_with("is not a zkc file"));
        assert!(load(&bytes[..bytes.len() - 1]).contains("is truncated"));
        let mut changed = bytes.clone();
        changed[40] ^= 1;
        assert!(load(&changed).contains("is damaged"));
        let mut other_version = bytes.clone();
        other_version[8] = 99;
        assert!(load(&other_version).contains("has format version 99"));
        let key = file::to_bytes(FileKind::VerifyingKey, PRODUCER, b"").unwrap();
        assert!(load(&key).ends_with("is a verifying key, not a compiled model"));
        let message = file::to_bytes(FileKind::Model, PRODUCER, &[0xff; 3]).unwrap();
        assert!(load(&message).starts_with("the compiled model is not valid"));
        let missing = Model::load(&folder.path().join("none")).unwrap_err();
        assert!(
            missing.message().ends_with("none: no such file or folder"),
            "{missing}"
        );
    }

    #[test]
    fn a_text_that_is_no_module_is_an_error() {
        let mut model = identity();
        for (text, why) in [
            ("module {}\0", "the text has a NUL character at byte 9"),
            ("module {", "expected"),
            ("module {}", "the model's module has no function"),
        ] {
            model.float.text = text.into();
            let error = model.float.evaluate(&[], &[]).unwrap_err();
            assert!(error.message().contains(why), "{error}");
        }
    }

    #[test]
    fn bits_count_the_sign() {
        let bits = |lo, hi| {
            NodeRange {
                node: String::new(),
                scale: 0,
                lo,
                hi,
            }
            .bits()
        };
        assert_eq!(bits(0, 255), 8);
        assert_eq!(bits(-128, 127), 8);
        assert_eq!(bits(-129, 127), 9);
        assert_eq!(bits(-1, 255), 9);
        assert_eq!(bits(0, 0), 0);
    }
}
