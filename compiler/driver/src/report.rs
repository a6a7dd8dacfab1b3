//! What the commands have to tell: each report is both a JSON object and a text for people.

mod approx;
mod inspect;
mod json;
mod programs;
mod srs;
mod text;

use serde::Serialize;
use serde_json::Value;

use crate::error::Result;
use crate::inputs::ValueRange;
use crate::model::{Model, to_shape};
use crate::options::{Backend, Commitment};
use crate::quantize::dequantize;
pub use crate::report::approx::{ApproxReport, FormReport, PieceReport, PolynomialReport};
pub use crate::report::inspect::{
    ApproximationReport, GateReport, InspectReport, NodeReport, RangeReport, TableReport,
};
pub use crate::report::json::to_json;
pub use crate::report::programs::{ProgramReport, ProgramsReport};
pub use crate::report::srs::SrsReport;
use crate::values::{FixedTensor, argmax, compare};

/// A JSON number where it fits one, else a string of decimal digits.
pub(crate) fn integer(n: i128) -> Value {
    match i64::try_from(n) {
        Ok(n) => n.into(),
        Err(_) => n.to_string().into(),
    }
}

/// Name, shape and scale of a tensor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TensorInfo {
    /// Name of the graph input or output.
    pub name: String,
    /// Shape in the ONNX model.
    pub shape: Vec<usize>,
    /// Fraction bits.
    pub scale: i32,
}

/// The outputs of one inference, fixed point beside float.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outputs {
    /// The fixed-point outputs as real numbers, one flat list per graph output.
    pub outputs: Vec<Vec<f64>>,
    /// What the model gives in floating point.
    pub float_outputs: Vec<Vec<f64>>,
    /// The largest absolute difference between the two; `null` when a float output is not finite.
    pub max_abs_error: Option<f64>,
    /// The mean absolute difference between the two.
    pub mean_abs_error: Option<f64>,
    /// The class with the largest score, for each output that looks like class scores.
    pub argmax: Vec<Option<usize>>,
    /// The same of the float outputs.
    pub float_argmax: Vec<Option<usize>>,
    /// The fixed-point outputs as integers.
    pub output_integers: Vec<Vec<Value>>,
    /// Names, shapes and scales of the outputs.
    pub output_info: Vec<TensorInfo>,
}

impl Outputs {
    /// Puts fixed-point and float outputs side by side.
    pub fn new(fixed: &[FixedTensor], float: Vec<Vec<f64>>) -> Self {
        let error = compare(fixed, &float);
        let info = tensor_infos(fixed);
        let outputs: Vec<Vec<f64>> = fixed.iter().map(FixedTensor::reals).collect();
        let argmaxes = |values: &[Vec<f64>]| -> Vec<Option<usize>> {
            info.iter()
                .zip(values)
                .map(|(info, values)| argmax(&info.shape, values))
                .collect()
        };
        Outputs {
            argmax: argmaxes(&outputs),
            float_argmax: argmaxes(&float),
            max_abs_error: error.map(|error| error.max_abs_error),
            mean_abs_error: error.map(|error| error.mean_abs_error),
            output_integers: integers(fixed),
            outputs,
            float_outputs: float,
            output_info: info,
        }
    }
}

pub(crate) fn tensor_infos(tensors: &[FixedTensor]) -> Vec<TensorInfo> {
    tensors
        .iter()
        .map(|tensor| TensorInfo {
            name: tensor.name.clone(),
            shape: tensor.shape.clone(),
            scale: tensor.scale,
        })
        .collect()
}

pub(crate) fn integers(tensors: &[FixedTensor]) -> Vec<Vec<Value>> {
    tensors
        .iter()
        .map(|tensor| tensor.integers.iter().copied().map(integer).collect())
        .collect()
}

/// The ranges of a model's inputs.
pub(crate) fn input_ranges(model: &Model) -> Vec<RangeReport> {
    let inputs = model.inputs.iter().zip(&model.circuit.inputs);
    inputs
        .map(|(spec, input)| {
            let range = spec.range.unwrap_or(ValueRange {
                lo: dequantize(input.lo, input.scale),
                hi: dequantize(input.hi, input.scale),
            });
            RangeReport {
                name: spec.name.clone(),
                shape: spec.shape.clone(),
                scale: input.scale,
                lo: range.lo,
                hi: range.hi,
                public: input.public,
            }
        })
        .collect()
}

/// The ranges of a model's outputs, as interval arithmetic bounds them.
pub(crate) fn output_ranges(model: &Model) -> Result<Vec<RangeReport>> {
    let outputs = model.circuit.outputs.iter();
    outputs
        .map(|output| {
            Ok(RangeReport {
                name: output.name.clone(),
                shape: to_shape(&output.shape)?,
                scale: output.scale,
                lo: dequantize(output.lo, output.scale),
                hi: dequantize(output.hi, output.scale),
                public: output.public,
            })
        })
        .collect()
}

/// The shape of a circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CircuitSize {
    /// Base-2 logarithm of the number of rows.
    pub k: u32,
    /// Rows that hold something.
    pub rows: u64,
    /// Rows that can be used: all but those for blinding.
    pub usable_rows: u64,
    /// Advice columns.
    pub advice: u64,
    /// Advice columns by phase; those of the second depend on challenges.
    pub advice_phases: Vec<u64>,
    /// Fixed columns: weights, selectors, constants and those of tables.
    pub fixed: u64,
    /// Those of the fixed columns that belong to lookup tables.
    pub table_columns: u64,
    /// Instance columns.
    pub instance: u64,
    /// Challenges.
    pub challenges: u64,
    /// Lookups: arguments of the proof system, or terms of a sum over fractions.
    pub lookups: u64,
    /// Gates.
    pub gates: u64,
    /// Constraints of all gates.
    pub constraints: u64,
    /// The degree that the proof system works with: that of the gates, lookups or copies, whichever is greatest.
    pub degree: u64,
    /// Copy constraints.
    pub copies: u64,
    /// Public values.
    pub public_values: u64,
    /// The number `n` so that random checks miss a wrong witness for less than one in 2^n choices of the challenges; absent
    /// where there are no challenges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soundness_bits: Option<u32>,
}

/// What makes proofs, and whom its users have to trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofSystem {
    /// The backend.
    pub backend: String,
    /// How proofs commit to polynomials.
    pub commitment: String,
    /// Whether the secret of the setup is published, so that anybody can forge proofs; absent where there is no setup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure_setup: Option<bool>,
    /// What identifies the setup; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_digest: Option<String>,
}

impl ProofSystem {
    /// A system without a setup.
    pub(crate) fn transparent(backend: Backend, commitment: Commitment) -> Self {
        ProofSystem {
            backend: backend.name().into(),
            commitment: commitment.name().into(),
            insecure_setup: None,
            setup_digest: None,
        }
    }
}

/// What a proof was predicted to cost, from its circuit alone, on one thread of the machine that the constants were measured
/// on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PredictionReport {
    /// Processor seconds to make the proof.
    pub predicted_prove_s: f64,
    /// The most memory held at once, in bytes.
    pub predicted_peak_rss_bytes: u64,
}

/// Report of `zkc compile`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompileReport {
    /// The model's file.
    pub model: String,
    /// The proof system.
    pub backend: String,
    /// The circuit.
    #[serde(flatten)]
    pub size: CircuitSize,
    /// The range of each input.
    pub input_ranges: Vec<RangeReport>,
    /// Seconds from the ONNX file to the circuit.
    pub compile_s: f64,
    /// Bytes of the compiled model.
    pub zkc_bytes: u64,
    /// Digest of the circuit.
    pub digest: String,
    /// The most memory held at once.
    pub peak_rss_bytes: Option<u64>,
}

/// Report of `zkc setup`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetupReport {
    /// What the keys are for.
    #[serde(flatten)]
    pub system: ProofSystem,
    /// Base-2 logarithm of the number of rows.
    pub k: u32,
    /// The number `n` so that random checks miss a wrong witness for less than one in 2^n choices of the challenges; absent
    /// where there are no challenges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soundness_bits: Option<u32>,
    /// Seconds to make the keys, and to read the parameters; making parameters, which is done once, is not counted.
    pub setup_s: f64,
    /// Seconds to read or make the parameters.
    pub params_s: f64,
    /// Whether the parameters were there, in the cache or a file.
    pub params_cached: bool,
    /// Seconds to make the keys.
    pub keygen_s: f64,
    /// Bytes of the proving key.
    pub pk_bytes: u64,
    /// Bytes of the verifying key.
    pub vk_bytes: u64,
    /// Digest of the circuit.
    pub digest: String,
    /// The most memory held at once.
    pub peak_rss_bytes: Option<u64>,
}

/// Report of `zkc witness`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WitnessReport {
    /// The outputs as real numbers.
    pub outputs: Vec<Vec<f64>>,
    /// Names, shapes and scales of the outputs.
    pub output_info: Vec<TensorInfo>,
    /// Seconds to compute the witness.
    pub witness_s: f64,
    /// Bytes of the witness file.
    pub witness_bytes: u64,
}

/// Report of `zkc prove`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProveReport {
    /// What made the proof.
    #[serde(flatten)]
    pub system: ProofSystem,
    /// The public outputs as real numbers; `null` when outputs are private.
    pub outputs: Option<Vec<Vec<f64>>>,
    /// Names, shapes and scales of the outputs.
    pub output_info: Vec<TensorInfo>,
    /// Seconds to read or make the parameters.
    pub params_s: f64,
    /// Seconds to ready the key: to read it where it is stored, else to make it again and check its digest.
    pub keygen_s: f64,
    /// Seconds to compute the witness; 0 when it was given.
    pub witness_s: f64,
    /// Seconds to make the proof.
    pub prove_s: f64,
    /// Processor seconds to make the proof, all threads together.
    pub prove_cpu_s: f64,
    /// What was predicted for it; absent where the backend has no prediction.
    #[serde(flatten)]
    pub predicted: Option<PredictionReport>,
    /// Bytes of the proof file.
    pub proof_bytes: u64,
    /// The most memory held at once.
    pub peak_rss_bytes: Option<u64>,
}

/// Report of `zkc verify`, for a proof that is valid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    /// Always true: a proof that is not valid is an error.
    pub verified: bool,
    /// What made the proof.
    #[serde(flatten)]
    pub system: ProofSystem,
    /// The public outputs as real numbers; `null` when outputs are private.
    pub outputs: Option<Vec<Vec<f64>>>,
    /// The public inputs as real numbers; `null` when inputs are private.
    pub inputs: Option<Vec<Vec<f64>>>,
    /// The public outputs as integers.
    pub output_integers: Option<Vec<Vec<Value>>>,
    /// Names, shapes and scales of the public outputs.
    pub output_info: Vec<TensorInfo>,
    /// Names, shapes and scales of the public inputs.
    pub input_info: Vec<TensorInfo>,
    /// The class with the largest score, for each public output that looks like class scores.
    pub argmax: Vec<Option<usize>>,
    /// Whether the values were compared with an expectation.
    pub expected: bool,
    /// Seconds to read or make the parameters; 0 where none are needed.
    pub params_s: f64,
    /// Seconds to ready the key: to read it where it is stored, else to make it again and check its digest.
    pub keygen_s: f64,
    /// Seconds to check the proof.
    pub verify_s: f64,
    /// Bytes of the proof file.
    pub proof_bytes: u64,
    /// Bytes of the verifying key.
    pub vk_bytes: u64,
    /// Digest of the circuit.
    pub digest: String,
    /// The most memory held at once.
    pub peak_rss_bytes: Option<u64>,
}

/// Report of `zkc infer`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InferReport {
    /// The model's name.
    pub model: String,
    /// The outputs.
    #[serde(flatten)]
    pub outputs: Outputs,
    /// Seconds to evaluate the fixed-point program.
    pub infer_s: f64,
}

/// Report of `zkc mock`, when all constraints hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MockReport {
    /// Always true: a constraint that does not hold is an error.
    pub satisfied: bool,
    /// The outputs.
    #[serde(flatten)]
    pub outputs: Outputs,
    /// The circuit.
    #[serde(flatten)]
    pub size: CircuitSize,
    /// Witness cells whose value is nobody's concern, by source; only with the audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_cells: Option<u64>,
    /// What the audit cannot decide, as it rests on constraints with challenges; only with the audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Vec<String>>,
    /// Whether the audit was made.
    pub audited: bool,
    /// Seconds for the check.
    pub mock_s: f64,
}

/// Report of `zkc run`, when the proof is valid.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Always true: a proof that is not valid is an error.
    pub verified: bool,
    /// The model's file.
    pub model: String,
    /// What made the proof.
    #[serde(flatten)]
    pub system: ProofSystem,
    /// The outputs.
    #[serde(flatten)]
    pub outputs: Outputs,
    /// Whether inputs are public.
    pub public_inputs: bool,
    /// Whether outputs are public.
    pub public_outputs: bool,
    /// The range of each input.
    pub input_ranges: Vec<RangeReport>,
    /// The circuit.
    #[serde(flatten)]
    pub size: CircuitSize,
    /// Seconds from the ONNX file to the circuit.
    pub compile_s: f64,
    /// Seconds to make the keys, and to read the parameters; making parameters, which is done once, is not counted.
    pub setup_s: f64,
    /// Seconds to read or make the parameters.
    pub params_s: f64,
    /// Whether the parameters were there, in the cache or a file.
    pub params_cached: bool,
    /// Seconds to make the keys.
    pub keygen_s: f64,
    /// Seconds to compute the witness.
    pub witness_s: f64,
    /// Seconds to make the proof.
    pub prove_s: f64,
    /// Processor seconds to make the proof, all threads together.
    pub prove_cpu_s: f64,
    /// What was predicted for it; absent where the backend has no prediction.
    #[serde(flatten)]
    pub predicted: Option<PredictionReport>,
    /// Seconds to check the proof.
    pub verify_s: f64,
    /// Bytes of the proof file.
    pub proof_bytes: u64,
    /// Bytes of the verifying key.
    pub vk_bytes: u64,
    /// Bytes of the proving key.
    pub pk_bytes: u64,
    /// Digest of the circuit.
    pub digest: String,
    /// The most memory held at once.
    pub peak_rss_bytes: Option<u64>,
}
