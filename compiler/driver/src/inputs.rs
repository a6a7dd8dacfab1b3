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

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
pub use crate::inputs::image::ImageScale;

/// What a graph input takes: what a file is checked against.
#[derive(Debug, Clone, PartialEq)]
pub struct InputSpec {
    /// The name of the graph input.
    pub name: String,
    /// Its static shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// The type of its elements in the model.
    pub element: ElementType,
    /// The range declared for it, where one is.
    pub range: Option<ValueRange>,
}

impl InputSpec {
    /// The number of elements; `None` when it does not fit a `usize`.
    pub fn elements(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1usize, |product, &extent| product.checked_mul(extent))
    }
}

/// A closed range of real numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueRange {
    /// The least value.
    pub lo: f64,
    /// The greatest value.
    pub hi: f64,
}

impl std::fmt::Display for ValueRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.lo, self.hi)
    }
}

/// The element type of a graph input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// `float32`: values are rounded to the nearest `f32` on reading, as the model itself would see them.
    Float32,
    /// `float64`.
    Float64,
    /// A whole number of so many bits.
    Integer {
        /// Width: 8, 16, 32 or 64.
        bits: u32,
        /// Whether negative values exist.
        signed: bool,
    },
    /// `bool`: 0 or 1.
    Bool,
}

impl ElementType {
    /// All element types.
    const ALL: [ElementType; 11] = [
        ElementType::Float32,
        ElementType::Float64,
        ElementType::Integer {
            bits: 8,
            signed: true,
        },
        ElementType::Integer {
            bits: 16,
            signed: true,
        },
        ElementType::Integer {
            bits: 32,
            signed: true,
        },
        ElementType::Integer {
            bits: 64,
            signed: true,
        },
        ElementType::Integer {
            bits: 8,
            signed: false,
        },
        ElementType::Integer {
            bits: 16,
            signed: false,
        },
        ElementType::Integer {
            bits: 32,
            signed: false,
        },
        ElementType::Integer {
            bits: 64,
            signed: false,
        },
        ElementType::Bool,
    ];

    /// Reads what [`Display`](std::fmt::Display) writes: the name that ONNX uses.
    pub fn parse(text: &str) -> Option<Self> {
        ElementType::ALL
            .into_iter()
            .find(|element| element.to_string() == text)
    }
}

impl std::fmt::Display for ElementType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ElementType::Float32 => f.write_str("float32"),
            ElementType::Float64 => f.write_str("float64"),
            ElementType::Integer { bits, signed: true } => write!(f, "int{bits}"),
            ElementType::Integer {
                bits,
                signed: false,
            } => write!(f, "uint{bits}"),
            ElementType::Bool => f.write_str("bool"),
        }
    }
}

/// An input tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// The elements, as many as the shape says.
    pub values: Values,
}

/// The elements of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Real numbers.
    Real(Vec<f64>),
    /// Whole numbers, exact over all 64 bits; booleans are 0 and 1.
    Whole(Vec<i64>),
}

impl Values {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Values::Real(values) => values.len(),
            Values::Whole(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `index` as a real number, rounded to the nearest `f64`.
    ///
    /// # Panics
    ///
    /// When `index` is out of bounds.
    pub fn real(&self, index: usize) -> f64 {
        match self {
            Values::Real(values) => values[index],
            Values::Whole(values) => values[index] as f64,
        }
    }
}

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
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// In the order of the graph inputs.
    pub tensors: Vec<Tensor>,
    /// Decisions the user should know of, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// Reads the tensors of one inference.
pub fn read_sample(args: &[InputArg], specs: &[InputSpec], options: ReadOptions) -> Result<Sample> {
    let mut samples = read_samples(args, specs, options)?;
    let found = samples.len();
    match (samples.pop(), found) {
        (Some(sample), 1) => Ok(sample),
        (None, _) => {
            Err(Error::diagnostic("no input given").help("name a file with `--input FILE`"))
        }
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
        let in_file = |error: Error| error.in_file(path);
        if path.is_dir() || is_json(path) {
            if open.iter().any(Option::is_some) {
                return Err(incomplete(&open, specs));
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
        return Err(incomplete(&open, specs));
    }
    Ok(samples)
}

fn incomplete(open: &[Option<Tensor>], specs: &[InputSpec]) -> Error {
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

/// Reads `input_0.pb`, `input_1.pb`, ... of a folder: the layout of the ONNX backend tests.
fn read_folder(folder: &Path, specs: &[InputSpec]) -> Result<Vec<Tensor>> {
    let file = |index: usize| folder.join(format!("input_{index}.pb"));
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
pub(crate) mod tests {
    use super::*;

    pub(crate) fn spec(name: &str, shape: &[usize]) -> InputSpec {
        InputSpec {
            name: name.into(),
            shape: shape.to_vec(),
            element: ElementType::Float32,
            range: None,
        }
    }

    fn write(folder: &Path, name: &str, bytes: &[u8]) -> InputArg {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        InputArg { name: None, path }
    }

    #[test]
    fn files_of_several_inputs_are_taken_in_order_or_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let specs = [spec("a", &[2]), spec("b", &[1])];
        let a = write(
            folder.path(),
            "a.npy",
            &npy::tests::file("<f4", "(2,)", &[0, 0, 128, 63, 0, 0, 0, 64]),
        );
        let b = write(
            folder.path(),
            "b.npy",
            &npy::tests::file("<f4", "(1,)", &[0, 0, 64, 64]),
        );
        let in_order =
            read_sample(&[a.clone(), b.clone()], &specs, ReadOptions::default()).unwrap();
        assert_eq!(in_order.tensors[0].values, Values::Real(vec![1.0, 2.0]));
        assert_eq!(in_order.tensors[1].values, Values::Real(vec![3.0]));
        let named = [
            InputArg {
                name: Some("b".into()),
                ..b.clone()
            },
            a.clone(),
        ];
        assert_eq!(
            read_sample(&named, &specs, ReadOptions::default()).unwrap(),
            in_order
        );
        let twice = read_samples(
            &[a.clone(), b.clone(), a.clone(), b],
            &specs,
            ReadOptions::default(),
        )
        .unwrap();
        assert_eq!(twice.len(), 2);

        let error =
            read_sample(std::slice::from_ref(&a), &specs, ReadOptions::default()).unwrap_err();
        assert_eq!(error.message(), "1 of 2 inputs given; missing: \"b\"");
        let unknown = [InputArg {
            name: Some("c".into()),
            ..a
        }];
        let error = read_sample(&unknown, &specs, ReadOptions::default()).unwrap_err();
        assert_eq!(error.message(), "the model has no input \"c\"");
    }

    #[test]
    fn a_wrong_shape_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = write(
            folder.path(),
            "a.npy",
            &npy::tests::file("<f4", "(2,)", &[0; 8]),
        );
        let error =
            read_sample(&[file], &[spec("x", &[1, 2])], ReadOptions::default()).unwrap_err();
        assert_eq!(
            error.message(),
            "input \"x\" must have shape [1, 2], found [2]"
        );
        assert!(error.file().is_some());
    }

    #[test]
    fn a_folder_must_have_exactly_the_inputs() {
        let folder = tempfile::tempdir().unwrap();
        let arg = InputArg {
            name: None,
            path: folder.path().into(),
        };
        let specs = [spec("a", &[1])];
        let error =
            read_sample(std::slice::from_ref(&arg), &specs, ReadOptions::default()).unwrap_err();
        assert_eq!(error.message(), "the folder has no input_0.pb");
        write(folder.path(), "input_0.pb", b"");
        write(folder.path(), "input_1.pb", b"");
        let error = read_sample(&[arg], &specs, ReadOptions::default()).unwrap_err();
        assert_eq!(
            error.message(),
            "the folder has an input_1.pb, one more than the model takes"
        );
    }

    #[test]
    fn absurd_files_are_refused_by_their_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        // A sparse file: nothing is written, and nothing must be read.
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let arg = InputArg { name: None, path };
        let error = read_sample(&[arg], &[spec("x", &[1])], ReadOptions::default()).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("the file has 1099511627776 bytes"),
            "{error}"
        );
    }

    #[test]
    fn not_a_number_is_found_by_element() {
        let tensor = Tensor {
            shape: vec![2, 2],
            values: Values::Real(vec![0.0, 1.0, f64::NAN, 2.0]),
        };
        let error = conform(tensor, &spec("x", &[2, 2])).unwrap_err();
        assert_eq!(
            error.message(),
            "input \"x\": element 2 (index [1, 0]) is NaN"
        );
        let tensor = Tensor {
            shape: vec![1],
            values: Values::Real(vec![1e300]),
        };
        let error = conform(tensor, &spec("x", &[1])).unwrap_err();
        assert!(
            error.message().ends_with("which does not fit float32"),
            "{error}"
        );
    }

    #[test]
    fn whole_number_inputs_take_whole_numbers_in_range() {
        let bytes = InputSpec {
            element: ElementType::Integer {
                bits: 8,
                signed: false,
            },
            ..spec("x", &[2])
        };
        let tensor = |values| Tensor {
            shape: vec![2],
            values: Values::Real(values),
        };
        assert_eq!(
            conform(tensor(vec![0.0, 255.0]), &bytes).unwrap().values,
            Values::Whole(vec![0, 255])
        );
        let error = conform(tensor(vec![0.0, 0.5]), &bytes).unwrap_err();
        assert_eq!(
            error.message(),
            "input \"x\" takes uint8, but element 1 is 0.5"
        );
        let error = conform(tensor(vec![256.0, 0.0]), &bytes).unwrap_err();
        assert_eq!(
            error.message(),
            "input \"x\" takes uint8, but element 0 is 256"
        );
    }

    #[test]
    fn float32_inputs_are_rounded_as_the_model_sees_them() {
        let tensor = Tensor {
            shape: vec![1],
            values: Values::Real(vec![0.1]),
        };
        let read = conform(tensor, &spec("x", &[1])).unwrap();
        assert_eq!(read.values.real(0), f64::from(0.1f32));
    }

    #[test]
    fn unknown_kinds_and_missing_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let odd = write(folder.path(), "a.bmp", b"");
        let error = read_sample(&[odd], &[spec("x", &[1])], ReadOptions::default()).unwrap_err();
        assert_eq!(error.message(), "unknown kind of input file");
        let missing = InputArg {
            name: None,
            path: folder.path().join("none.npy"),
        };
        let error =
            read_sample(&[missing], &[spec("x", &[1])], ReadOptions::default()).unwrap_err();
        assert!(
            error
                .message()
                .ends_with("none.npy: no such file or folder"),
            "{error}"
        );
    }

    #[test]
    fn names_come_before_the_last_equals_sign() {
        assert_eq!(
            InputArg::parse("a=b.npy"),
            InputArg {
                name: Some("a".into()),
                path: "b.npy".into()
            }
        );
        assert_eq!(
            InputArg::parse("b.npy"),
            InputArg {
                name: None,
                path: "b.npy".into()
            }
        );
    }
}
