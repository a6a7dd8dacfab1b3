//! Fixed-point tensors of a circuit's inputs and outputs, and how they compare with others.

use std::fmt::{self, Display};
use std::path::Path;

use serde::Serialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::inputs::{ElementType, InputSpec, Sample, ValueRange, Values, show_element, show_shape};
use crate::quantize::{dequantize, quantize};

/// A tensor of integers, each standing for `n * 2^-scale`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedTensor {
    /// Name of the graph input or output.
    pub name: String,
    /// Shape in the ONNX model.
    pub shape: Vec<usize>,
    /// Fraction bits.
    pub scale: i32,
    /// The elements, row-major.
    pub integers: Vec<i128>,
}

impl FixedTensor {
    /// The elements as real numbers. They are exact as long as an integer has at most 53 significant bits.
    pub fn reals(&self) -> Vec<f64> {
        self.integers
            .iter()
            .map(|&n| dequantize(n, self.scale))
            .collect()
    }
}

/// The format of a circuit's input: what a sample is quantized to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Fraction bits.
    pub scale: i32,
    /// Least integer.
    pub lo: i128,
    /// Greatest integer.
    pub hi: i128,
}

/// Quantizes the tensors of a sample, ties to even.
///
/// Every value must lie in the range declared for its input: the error names the element, its value and the range.
pub fn quantize_sample(
    sample: &Sample,
    specs: &[InputSpec],
    formats: &[Format],
) -> Result<Vec<FixedTensor>> {
    let inputs = sample.tensors.iter().zip(specs).zip(formats);
    inputs
        .map(|((tensor, spec), format)| {
            let integers = (0..tensor.values.len())
                .map(|index| quantize_element(&tensor.values, index, spec, format))
                .collect::<Result<Vec<i128>>>()?;
            Ok(FixedTensor {
                name: spec.name.clone(),
                shape: tensor.shape.clone(),
                scale: format.scale,
                integers,
            })
        })
        .collect()
}

fn quantize_element(
    values: &Values,
    index: usize,
    spec: &InputSpec,
    format: &Format,
) -> Result<i128> {
    let integer = match values {
        Values::Real(values) => quantize(values[index], format.scale),
        // Exact beyond 2^53 too, where the scale is 0.
        Values::Whole(values) if format.scale == 0 => Some(i128::from(values[index])),
        Values::Whole(values) => quantize(values[index] as f64, format.scale),
    };
    match integer {
        Some(integer)
            if is_declared(values, index, spec) && (format.lo..=format.hi).contains(&integer) =>
        {
            Ok(integer)
        }
        _ => {
            let range = spec.range.unwrap_or(ValueRange {
                lo: dequantize(format.lo, format.scale),
                hi: dequantize(format.hi, format.scale),
            });
            Err(element_outside(values, index, spec, range))
        }
    }
}

/// Whether an element lies in the declared range, or is what an element of the range is rounded to where the model takes
/// `float32`.
fn is_declared(values: &Values, index: usize, spec: &InputSpec) -> bool {
    let rounded = |end: f64| match spec.element {
        ElementType::Float32 => f64::from(end as f32),
        _ => end,
    };
    spec.range
        .is_none_or(|range| (rounded(range.lo)..=rounded(range.hi)).contains(&values.real(index)))
}

fn element_outside(values: &Values, index: usize, spec: &InputSpec, range: ValueRange) -> Error {
    match values {
        Values::Real(values) => outside(spec, index, &values[index], range),
        Values::Whole(values) => outside(spec, index, &values[index], range),
    }
}

/// An element lies outside the declared range.
pub(crate) fn outside(
    spec: &InputSpec,
    index: usize,
    value: &dyn Display,
    range: ValueRange,
) -> Error {
    Error::diagnostic(format!(
        "input \"{}\": {} is {value}, outside the declared range {range}",
        spec.name,
        show_element(index, &spec.shape)
    ))
    .help("compile with a wider `--input-range`, or scale the input as the model was trained with")
}

/// Checks that every value of a sample lies in the range declared for its input.
pub fn check_declared(sample: &Sample, specs: &[InputSpec]) -> Result<()> {
    for (tensor, spec) in sample.tensors.iter().zip(specs) {
        let wrong =
            (0..tensor.values.len()).find(|&index| !is_declared(&tensor.values, index, spec));
        if let (Some(index), Some(range)) = (wrong, spec.range) {
            return Err(element_outside(&tensor.values, index, spec, range));
        }
    }
    Ok(())
}

/// How far fixed-point outputs are from the float ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OutputError {
    /// The largest absolute difference.
    pub max_abs_error: f64,
    /// The mean absolute difference.
    pub mean_abs_error: f64,
}

/// Compares all elements of all outputs; `None` when there are none or a float output is not finite.
pub fn compare(fixed: &[FixedTensor], float: &[Vec<f64>]) -> Option<OutputError> {
    let (mut max, mut sum, mut count) = (0f64, 0f64, 0usize);
    for (fixed, float) in fixed.iter().zip(float) {
        for (fixed, float) in fixed.reals().into_iter().zip(float) {
            let difference = (fixed - float).abs();
            if !difference.is_finite() {
                return None;
            }
            max = max.max(difference);
            sum += difference;
            count += 1;
        }
    }
    (count > 0).then(|| OutputError {
        max_abs_error: max,
        mean_abs_error: sum / count as f64,
    })
}

/// The index of the largest element of an output that looks like class scores: one axis of at least two elements, the
/// others of one. Of equal elements the first counts, as in ONNX.
pub fn argmax(shape: &[usize], values: &[f64]) -> Option<usize> {
    let long = shape.iter().filter(|&&extent| extent != 1).count();
    if long != 1 || values.len() < 2 {
        return None;
    }
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    Some(best)
}

/// Public values that a proof is expected to show.
///
/// The file is JSON with `outputs` or `inputs` or both, each a list with one flat list of real numbers per graph output
/// or input: `{"outputs": [[0.25, -1.5]]}`. A number must be exactly `n * 2^-scale` for the integer `n` that the proof
/// shows. Other keys are ignored, so that what `zkc infer --json` or `zkc run --json` printed can be given as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    inputs: Option<Vec<Vec<f64>>>,
    outputs: Option<Vec<Vec<f64>>>,
}

impl Expectation {
    /// Reads the file at `path`.
    pub fn load(path: &Path) -> Result<Self> {
        let size = std::fs::metadata(path)
            .map_err(|error| Error::io("cannot read", path, &error))?
            .len();
        if size > 64 << 20 {
            return Err(Error::diagnostic(format!(
                "the file has {size} bytes, too many for public values"
            ))
            .in_file(path));
        }
        let bytes = std::fs::read(path).map_err(|error| Error::io("cannot read", path, &error))?;
        Self::parse(&bytes).map_err(|error| error.in_file(path))
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let help =
            "the form is {\"outputs\": [[0.25, ...], ...]}, one list of numbers per graph output";
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let members = deserializer
            .deserialize_any(Members)
            .and_then(|members| deserializer.end().map(|()| members));
        let [inputs, outputs] = members.map_err(|error| {
            let what = if error.is_data() {
                "not what is wanted"
            } else {
                "not JSON"
            };
            Error::diagnostic(format!("{what}: {error}")).help(help)
        })?;
        let list = |key: &str, value: Option<Value>| -> Result<Option<Vec<Vec<f64>>>> {
            let Some(value) = value.filter(|value| !value.is_null()) else {
                return Ok(None);
            };
            serde_json::from_value(value).map(Some).map_err(|error| {
                Error::diagnostic(format!(
                    "`{key}` is not a list of lists of numbers: {error}"
                ))
                .help(help)
            })
        };
        let expectation = Expectation {
            inputs: list("inputs", inputs)?,
            outputs: list("outputs", outputs)?,
        };
        if expectation.inputs.is_none() && expectation.outputs.is_none() {
            return Err(
                Error::diagnostic("the file has neither `outputs` nor `inputs`").help(help),
            );
        }
        Ok(expectation)
    }

    /// Checks the public tensors of a proof; `None` stands for values that the circuit keeps private.
    pub fn check(
        &self,
        inputs: Option<&[FixedTensor]>,
        outputs: Option<&[FixedTensor]>,
    ) -> Result<()> {
        for (what, expected, found) in [
            ("input", &self.inputs, inputs),
            ("output", &self.outputs, outputs),
        ] {
            let Some(expected) = expected else { continue };
            let found = found.ok_or_else(|| {
                Error::diagnostic(format!(
                    "{what}s are expected, but the circuit keeps its {what}s private"
                ))
            })?;
            if expected.len() != found.len() {
                return Err(Error::diagnostic(format!(
                    "{} {what}s are expected, the proof shows {}",
                    expected.len(),
                    found.len()
                )));
            }
            for (expected, found) in expected.iter().zip(found) {
                check_tensor(what, expected, found)?;
            }
        }
        Ok(())
    }
}

/// Reads the members `inputs` and `outputs` of an object and skips the others. Each may stand once: of two lists, a reader
/// may have the other one in mind.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = [Option<Value>; 2];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `outputs` or `inputs`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = [None, None];
        while let Some(key) = map.next_key::<String>()? {
            let member = match key.as_str() {
                "inputs" => &mut members[0],
                "outputs" => &mut members[1],
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if member.is_some() {
                return Err(A::Error::custom(format!("the key `{key}` stands twice")));
            }
            *member = Some(map.next_value()?);
        }
        Ok(members)
    }
}

fn check_tensor(what: &str, expected: &[f64], found: &FixedTensor) -> Result<()> {
    let name = &found.name;
    if expected.len() != found.integers.len() {
        return Err(Error::diagnostic(format!(
            "{what} \"{name}\" of shape {} is expected to have {} elements, the proof shows {}",
            show_shape(&found.shape),
            expected.len(),
            found.integers.len()
        )));
    }
    for (index, (&value, &integer)) in expected.iter().zip(&found.integers).enumerate() {
        let real = dequantize(integer, found.scale);
        if quantize(value, found.scale) != Some(integer) || value != real {
            return Err(Error::diagnostic(format!(
                "{what} \"{name}\": {} is expected to be {value}, the proof shows {real}",
                show_element(index, &found.shape)
            ))
            .note(format!(
                "public values are compared exactly, as multiples of 2^-{}",
                found.scale
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::Tensor;
    use crate::inputs::tests::spec;

    fn tensor(scale: i32, integers: &[i128]) -> FixedTensor {
        FixedTensor {
            name: "y".into(),
            shape: vec![1, integers.len()],
            scale,
            integers: integers.to_vec(),
        }
    }

    fn quantize_one(
        values: Values,
        range: Option<ValueRange>,
        format: Format,
    ) -> Result<Vec<i128>> {
        let shape = vec![1, values.len()];
        let spec = InputSpec {
            range,
            ..spec("x", &shape)
        };
        let sample = Sample {
            tensors: vec![Tensor { shape, values }],
            notes: Vec::new(),
        };
        Ok(quantize_sample(&sample, &[spec], &[format])?
            .remove(0)
            .integers)
    }

    #[test]
    fn values_outside_the_declared_range_are_named() {
        let format = Format {
            scale: 8,
            lo: 0,
            hi: 256,
        };
        let range = Some(ValueRange { lo: 0.0, hi: 1.0 });
        let quantize =
            |values: &[f64]| quantize_one(Values::Real(values.to_vec()), range, format.clone());
        assert_eq!(quantize(&[0.0, 0.5, 1.0]).unwrap(), [0, 128, 256]);
        // It would round into the range, but it was not declared.
        let error = quantize(&[0.5, 1.001]).unwrap_err();
        assert_eq!(
            error.message(),
            "input \"x\": element 1 (index [0, 1]) is 1.001, outside the declared range 0:1"
        );
        assert!(quantize(&[-1e-9]).is_err());
        let error = quantize_one(Values::Whole(vec![2]), None, format.clone()).unwrap_err();
        assert!(
            error
                .message()
                .ends_with("is 2, outside the declared range 0:1"),
            "{error}"
        );
    }

    #[test]
    fn whole_numbers_stay_exact() {
        let format = Format {
            scale: 0,
            lo: 0,
            hi: i128::MAX,
        };
        let large = (1i64 << 53) + 1;
        assert_eq!(
            quantize_one(Values::Whole(vec![large]), None, format).unwrap(),
            [i128::from(large)]
        );
    }

    #[test]
    fn errors_are_the_largest_and_the_mean() {
        let error = compare(&[tensor(1, &[1, 4])], &[vec![0.25, 2.0]]).unwrap();
        assert_eq!(
            error,
            OutputError {
                max_abs_error: 0.25,
                mean_abs_error: 0.125
            }
        );
        assert_eq!(compare(&[tensor(1, &[1])], &[vec![f64::NAN]]), None);
        assert_eq!(compare(&[], &[]), None);
    }

    #[test]
    fn classes_are_one_long_axis() {
        assert_eq!(argmax(&[1, 3], &[0.5, 2.0, 2.0]), Some(1));
        assert_eq!(argmax(&[1, 1], &[0.5]), None);
        assert_eq!(argmax(&[2, 2], &[0.0; 4]), None);
        assert_eq!(argmax(&[], &[0.5]), None);
    }

    #[test]
    fn the_end_of_a_range_may_be_rounded_to_float32() {
        // The nearest float32 to 0.1 is greater.
        let spec = InputSpec {
            range: Some(ValueRange { lo: 0.0, hi: 0.1 }),
            ..crate::inputs::tests::spec("x", &[1])
        };
        let sample = |value: f64| Sample {
            tensors: vec![crate::inputs::Tensor {
                shape: vec![1],
                values: Values::Real(vec![value]),
            }],
            notes: Vec::new(),
        };
        let format = Format {
            scale: 8,
            lo: 0,
            hi: 26,
        };
        let quantized = |value: f64| {
            let specs = std::slice::from_ref(&spec);
            quantize_sample(&sample(value), specs, std::slice::from_ref(&format))
        };
        assert_eq!(quantized(f64::from(0.1f32)).unwrap()[0].integers, [26]);
        let next = f32::from_bits(0.1f32.to_bits() + 1);
        assert!(quantized(f64::from(next)).is_err());
    }

    #[test]
    fn expectations_hold_exactly() {
        let check = |text: &str| -> Result<()> {
            Expectation::parse(text.as_bytes())?.check(None, Some(&[tensor(2, &[1, -6])]))
        };
        check(r#"{"outputs": [[0.25, -1.5]], "verified": true}"#).unwrap();
        let message = |text: &str| check(text).unwrap_err().message().to_owned();
        assert_eq!(
            message(r#"{"outputs": [[0.25, -1.25]]}"#),
            "output \"y\": element 1 (index [0, 1]) is expected to be -1.25, the proof shows -1.5"
        );
        assert!(message(r#"{"outputs": [[0.250001, -1.5]]}"#).contains("expected to be 0.250001"));
        assert!(
            message(r#"{"outputs": [[0.25]]}"#)
                .contains("expected to have 1 elements, the proof shows 2")
        );
        assert!(
            message(r#"{"outputs": []}"#).contains("0 outputs are expected, the proof shows 1")
        );
        assert!(message(r#"{"inputs": [[1]]}"#).contains("keeps its inputs private"));
        assert!(message(r#"{"out": [[1]]}"#).contains("neither `outputs` nor `inputs`"));
        assert!(message(r#"{"outputs": [0.25]}"#).contains("not a list of lists of numbers"));
        assert!(message("{").starts_with("not JSON"));
        assert!(message("[1]").starts_with("not what is wanted: invalid type"));
        assert!(
            message(r#"{"outputs": [[0.25, -1.5]], "outputs": [[0.25, -1.5]]}"#)
                .starts_with("not what is wanted: the key `outputs` stands twice")
        );
        assert!(message(r#"{"outputs": [[0.25, -1.5]]} 1"#).starts_with("not JSON"));
    }
}
