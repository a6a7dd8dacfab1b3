//! Input tensors from files: EZKL-style JSON, NumPy `.npy`, ONNX TensorProto `.pb`, grey `.png` images.
//!
//! Files come from outside: their size is checked before they are read, every length they state is checked against
//! the bytes that are there before anything is allocated, and each error names the file and, where there is one, the
//! element. An element is named by its position in row-major order together with its index, for example
//! `element 5 (index [0, 1, 1])`.

mod image;
mod json;
mod npy;
mod pb;
mod tensor;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
pub use crate::inputs::image::ImageScale;
pub use crate::inputs::tensor::{ElementType, InputSpec, Tensor, ValueRange, Values};
use crate::values::outside;

/// An input argument: a file or folder, for the next graph input or for the one named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputArg {
    /// The graph input it is for.
    pub name: Option<String>,
    /// The file or folder.
    pub path: PathBuf,
}

impl InputArg {
    /// Reads `FILE` or `NAME=FILE`. A text that is the name of an existing file is that file.
    pub fn parse(text: &str) -> Self {
        match text.rsplit_once('=') {
            Some((name, path)) if !name.is_empty() && !Path::new(text).exists() => InputArg {
                name: Some(name.to_owned()),
                path: path.into(),
            },
            _ => InputArg {
                name: None,
                path: text.into(),
            },
        }
    }
}

/// How files are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions {
    /// How the pixels of an image become numbers.
    pub image_scale: ImageScale,
}

/// One input tensor for each graph input, and what was decided on the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// In the order of the graph inputs.
    pub tensors: Vec<Tensor>,
    /// Decisions the user should know of, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// Reads the tensors of one inference. A model without inputs needs no files.
pub fn read_sample(args: &[InputArg], specs: &[InputSpec], options: ReadOptions) -> Result<Sample> {
    if args.is_empty() && specs.is_empty() {
        return Ok(Sample::default());
    }
    let mut samples = read_samples(args, specs, options)?;
    let found = samples.len();
    match (samples.pop(), found) {
        (Some(sample), 1) => Ok(sample),
        (None, _) => Err(Error::diagnostic("no input given")
            .note(format!("the model takes {}", list_inputs(specs)))
            .help("name a file with `--input FILE`")),
        (Some(_), _) => Err(Error::diagnostic(format!(
            "{found} samples given where one is wanted: the model takes {}",
            list_inputs(specs)
        ))),
    }
}

/// Reads the tensors of any number of inferences.
///
/// A JSON file or a folder is a sample of its own; other files are one graph input each, and so many of them as the
/// model has inputs make a sample.
pub fn read_samples(
    args: &[InputArg],
    specs: &[InputSpec],
    options: ReadOptions,
) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let mut open: Vec<Option<Tensor>> = vec![None; specs.len()];
    let mut notes = Vec::new();
    for arg in args {
        let path = &arg.path;
        if path.as_os_str().is_empty() {
            return Err(Error::diagnostic("an `--input` names no file"));
        }
        fs::metadata(path).map_err(|error| Error::io("cannot read", path, &error))?;
        let in_file = |error: Error| error.in_file(path);
        if path.is_dir() || is_json(path) {
            if open.iter().any(Option::is_some) {
                return Err(incomplete(&open, specs, samples.len()));
            }
            if arg.name.is_some() {
                return Err(Error::diagnostic(
                    "a JSON file or a folder holds all inputs, so it has no input name",
                )
                .in_file(path));
            }
            let tensors = if path.is_dir() {
                read_folder(path, specs)?
            } else {
                json::read(&read_file(path, specs, Text::Yes)?, specs).map_err(in_file)?
            };
            samples.push(Sample {
                tensors,
                notes: Vec::new(),
            });
            continue;
        }
        let index = match &arg.name {
            Some(name) => specs
                .iter()
                .position(|spec| spec.name == *name)
                .ok_or_else(|| {
                    Error::diagnostic(format!("the model has no input \"{name}\""))
                        .note(format!("it takes {}", list_inputs(specs)))
                })?,
            None => open.iter().position(Option::is_none).ok_or_else(|| {
                Error::diagnostic("the model has no inputs, so none can be given").in_file(path)
            })?,
        };
        if open[index].is_some() {
            return Err(Error::diagnostic(format!(
                "input \"{}\" is given twice",
                specs[index].name
            ))
            .in_file(path));
        }
        let (tensor, note) = read_one(path, specs, index, options).map_err(in_file)?;
        notes.extend(note);
        open[index] = Some(tensor);
        if open.iter().all(Option::is_some) {
            let tensors = open.iter_mut().filter_map(Option::take).collect();
            samples.push(Sample {
                tensors,
                notes: std::mem::take(&mut notes),
            });
        }
    }
    if open.iter().any(Option::is_some) {
        return Err(incomplete(&open, specs, samples.len()));
    }
    Ok(samples)
}

/// Some inputs are given and others are not, after `complete` whole samples.
fn incomplete(open: &[Option<Tensor>], specs: &[InputSpec], complete: usize) -> Error {
    let given = open.iter().flatten().count();
    if complete > 0 {
        return Error::diagnostic(format!(
            "{} inputs given, where one inference takes {}",
            complete * specs.len() + given,
            specs.len()
        ))
        .note(format!("the model takes {}", list_inputs(specs)));
    }
    let missing: Vec<String> = (specs.iter().zip(open))
        .filter(|(_, tensor)| tensor.is_none())
        .map(|(spec, _)| format!("\"{}\"", spec.name))
        .collect();
    Error::diagnostic(format!(
        "{} of {} inputs given; missing: {}",
        specs.len() - missing.len(),
        specs.len(),
        missing.join(", ")
    ))
    .help("give one `--input FILE` for each graph input, in their order, or a folder with input_0.pb, input_1.pb, ...")
}

fn list_inputs(specs: &[InputSpec]) -> String {
    let list: Vec<String> = specs
        .iter()
        .map(|spec| {
            format!(
                "\"{}\" ({} of shape {})",
                spec.name,
                spec.element,
                show_shape(&spec.shape)
            )
        })
        .collect();
    match list.len() {
        0 => "no inputs".into(),
        1 => format!("1 input: {}", list[0]),
        n => format!("{n} inputs: {}", list.join(", ")),
    }
}

fn is_json(path: &Path) -> bool {
    has_extension(path, "json")
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// The file of a folder that holds the graph input `index`: the layout of the ONNX backend tests.
pub(crate) fn folder_file(folder: &Path, index: usize) -> PathBuf {
    folder.join(format!("input_{index}.pb"))
}

/// Reads `input_0.pb`, `input_1.pb`, ... of a folder.
fn read_folder(folder: &Path, specs: &[InputSpec]) -> Result<Vec<Tensor>> {
    let file = |index: usize| folder_file(folder, index);
    let expected = specs.len();
    for index in 0..expected {
        if !file(index).is_file() {
            return Err(
                Error::diagnostic(format!("the folder has no input_{index}.pb"))
                    .in_file(folder)
                    .note(format!("the model takes {}", list_inputs(specs)))
                    .help(format!(
                        "one file per graph input is wanted: input_0.pb to input_{}.pb",
                        expected - 1
                    )),
            );
        }
    }
    if file(expected).exists() {
        return Err(Error::diagnostic(format!(
            "the folder has an input_{expected}.pb, one more than the model takes"
        ))
        .in_file(folder)
        .note(format!("the model takes {}", list_inputs(specs))));
    }
    specs
        .iter()
        .enumerate()
        .map(|(index, spec)| {
            let path = file(index);
            let bytes = read_file(&path, specs, Text::No)?;
            pb::read(&bytes)
                .and_then(|tensor| conform(tensor, spec))
                .map_err(|error| error.in_file(&path))
        })
        .collect()
}

/// Reads the file of one graph input.
fn read_one(
    path: &Path,
    specs: &[InputSpec],
    index: usize,
    options: ReadOptions,
) -> Result<(Tensor, Option<String>)> {
    let spec = &specs[index];
    if has_extension(path, "npy") {
        let tensor = npy::read(&read_file(path, specs, Text::No)?)?;
        Ok((conform(tensor, spec)?, None))
    } else if has_extension(path, "pb") {
        let tensor = pb::read(&read_file(path, specs, Text::No)?)?;
        Ok((conform(tensor, spec)?, None))
    } else if has_extension(path, "png") {
        let (tensor, note) = image::read(
            &read_file(path, specs, Text::No)?,
            spec,
            options.image_scale,
        )?;
        Ok((conform(tensor, spec)?, note))
    } else {
        Err(Error::diagnostic("unknown kind of input file")
            .help("known are .json (EZKL style), .npy, .pb (ONNX TensorProto), .png (grey), or a folder of .pb files"))
    }
}

/// The most bytes that the file of a constant input may have.
const MAX_CONSTANT_BYTES: u64 = 1 << 32;

/// Reads the value of a graph input that becomes a constant. The file states the shape: `.pb`, `.npy`, or `.json` with
/// one nested list under `input_data`.
pub(crate) fn read_constant(path: &Path) -> Result<zkc_importer::Tensor> {
    let metadata = fs::metadata(path).map_err(|error| Error::io("cannot read", path, &error))?;
    if metadata.len() > MAX_CONSTANT_BYTES {
        return Err(Error::diagnostic(format!(
            "the file has {} bytes; at most {MAX_CONSTANT_BYTES} are accepted for a constant",
            metadata.len()
        )));
    }
    let bytes = fs::read(path).map_err(|error| Error::io("cannot read", path, &error))?;
    let tensor = if has_extension(path, "pb") {
        return Ok(zkc_importer::Tensor::decode(&bytes)?);
    } else if has_extension(path, "npy") {
        npy::read(&bytes)?
    } else if is_json(path) {
        json::read_one(&bytes)?
    } else {
        return Err(Error::diagnostic("unknown kind of file for a constant input")
            .help("known are .pb (ONNX TensorProto), .npy, and .json (EZKL style, nested as the shape says)"));
    };
    Ok(zkc_importer::Tensor {
        name: String::new(),
        dims: tensor.shape,
        data: match tensor.values {
            Values::Real(values) => zkc_importer::TensorData::F64(values),
            Values::Whole(values) => zkc_importer::TensorData::I64(values),
        },
    })
}

/// Whether numbers stand in a file as text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Yes,
    No,
}

/// Reads a file, refusing before allocation what is absurdly large for the model's inputs.
fn read_file(path: &Path, specs: &[InputSpec], text: Text) -> Result<Vec<u8>> {
    let metadata = fs::metadata(path).map_err(|error| Error::io("cannot read", path, &error))?;
    if !metadata.is_file() {
        return Err(Error::diagnostic(format!(
            "cannot read {}: it is not a file",
            path.display()
        )));
    }
    // A float64 takes 8 bytes, its text with separators at most 32; the constant leaves room for headers, for other
    // keys of a JSON file, and for small models given a file that is wrong in a way worth explaining.
    let elements = specs
        .iter()
        .filter_map(InputSpec::elements)
        .fold(0usize, usize::saturating_add);
    let per_element = if text == Text::Yes { 64 } else { 8 };
    let most = (elements as u64)
        .saturating_mul(per_element)
        .saturating_add(16 << 20);
    if metadata.len() > most {
        return Err(Error::diagnostic(format!(
            "the file has {} bytes, far more than the {elements} elements of the model's inputs can need",
            metadata.len()
        ))
        .in_file(path));
    }
    fs::read(path).map_err(|error| Error::io("cannot read", path, &error))
}

/// Checks shape and elements against what the graph input takes, and rounds to its element type.
fn conform(tensor: Tensor, spec: &InputSpec) -> Result<Tensor> {
    if tensor.shape != spec.shape {
        return Err(Error::diagnostic(format!(
            "input \"{}\" must have shape {}, found {}",
            spec.name,
            show_shape(&spec.shape),
            show_shape(&tensor.shape)
        )));
    }
    let shape = tensor.shape;
    let values = match (tensor.values, spec.element) {
        (Values::Real(values), ElementType::Float32 | ElementType::Float64) => {
            Values::Real(round_reals(values, spec, &shape)?)
        }
        (Values::Whole(values), ElementType::Float32 | ElementType::Float64) => {
            Values::Real(round_reals(
                values.into_iter().map(|value| value as f64).collect(),
                spec,
                &shape,
            )?)
        }
        (Values::Whole(values), ElementType::Integer { .. } | ElementType::Bool) => {
            check_whole(&values, spec, &shape)?;
            Values::Whole(values)
        }
        (Values::Real(values), ElementType::Integer { .. } | ElementType::Bool) => {
            let whole = values
                .iter()
                .enumerate()
                .map(|(index, &value)| {
                    // 2^63 is exact as f64, and every whole f64 below it fits an i64.
                    if value.is_finite()
                        && value.fract() == 0.0
                        && value.abs() < 9_223_372_036_854_775_808.0
                    {
                        Ok(value as i64)
                    } else {
                        Err(Error::diagnostic(format!(
                            "input \"{}\" takes {}, but {} is {value}",
                            spec.name,
                            spec.element,
                            show_element(index, &shape)
                        )))
                    }
                })
                .collect::<Result<Vec<i64>>>()?;
            check_whole(&whole, spec, &shape)?;
            Values::Whole(whole)
        }
    };
    Ok(Tensor { shape, values })
}

fn round_reals(mut values: Vec<f64>, spec: &InputSpec, shape: &[usize]) -> Result<Vec<f64>> {
    for (index, value) in values.iter_mut().enumerate() {
        let given = *value;
        if spec.element == ElementType::Float32 {
            // What lies outside must not be rounded into the range.
            if let Some(range) = spec.range.filter(|range| range.excludes(given)) {
                return Err(outside(spec, index, &given, range));
            }
            *value = f64::from(given as f32);
        }
        if !value.is_finite() {
            let what = if given.is_nan() {
                "NaN".to_owned()
            } else if given.is_infinite() {
                "infinite".to_owned()
            } else {
                format!("{given}, which does not fit {}", spec.element)
            };
            return Err(Error::diagnostic(format!(
                "input \"{}\": {} is {what}",
                spec.name,
                show_element(index, shape)
            )));
        }
    }
    Ok(values)
}

fn check_whole(values: &[i64], spec: &InputSpec, shape: &[usize]) -> Result<()> {
    let (lo, hi) = match spec.element {
        ElementType::Bool => (0, 1),
        ElementType::Integer { bits, signed: true } if bits < 64 => {
            (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1)
        }
        ElementType::Integer {
            bits,
            signed: false,
        } if bits < 64 => (0, (1i64 << bits) - 1),
        ElementType::Integer { signed: false, .. } => (0, i64::MAX),
        _ => (i64::MIN, i64::MAX),
    };
    match values.iter().position(|value| !(lo..=hi).contains(value)) {
        None => Ok(()),
        Some(index) => Err(Error::diagnostic(format!(
            "input \"{}\" takes {}, but {} is {}",
            spec.name,
            spec.element,
            show_element(index, shape),
            values[index]
        ))),
    }
}

/// A shape as `[1, 28, 28]`.
pub(crate) fn show_shape(shape: &[usize]) -> String {
    format!("{shape:?}")
}

/// An element by its row-major position and its index, as `element 5 (index [0, 1, 1])`.
pub(crate) fn show_element(position: usize, shape: &[usize]) -> String {
    if shape.len() < 2 {
        return format!("element {position}");
    }
    let mut index = vec![0; shape.len()];
    let mut rest = position;
    for (at, &extent) in index.iter_mut().zip(shape).rev() {
        *at = rest % extent.max(1);
        rest /= extent.max(1);
    }
    format!("element {position} (index {index:?})")
}

#[cfg(test)]
pub(crate) mod tests;
