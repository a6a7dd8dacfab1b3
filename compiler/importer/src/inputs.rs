//! The inputs of a graph: which are arguments, and the sizes of their dimensions.

use crate::{
    ImportOptions,
    constant::{Constant, Data, element_count},
    element,
    error::{ErrorKind, ImportError, Warning, name_list},
    tensor::Tensor,
};
use onnx_protobuf::{
    ValueInfoProto,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};
use std::collections::{BTreeMap, BTreeSet};
use zkc_support::DType;

/// An input as the model declares it.
struct Declared<'a> {
    name: &'a str,
    dtype: DType,
    /// `None` when the rank is unknown.
    dims: Option<Vec<Dim<'a>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dim<'a> {
    Known(i64),
    Named(&'a str),
    Unknown,
}

/// What becomes of an input.
#[derive(Debug)]
pub(crate) enum Input {
    /// An argument of the function, of this type.
    Argument(DType, Vec<i64>),
    /// A constant.
    Constant(Constant),
}

/// Decides what becomes of the graph's inputs, leaving out those that are initializers unless a
/// constant is given for them.
pub(crate) fn resolve(
    inputs: &[ValueInfoProto],
    initializers: &BTreeSet<&str>,
    options: &ImportOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<(String, Input)>, ImportError> {
    let mut declared = Vec::new();
    for input in inputs {
        let is_given = options.constant_inputs.contains_key(&input.name);
        if is_given || !initializers.contains(input.name.as_str()) {
            declared.push(declaration(input)?);
        }
    }
    if let Some(name) = options
        .constant_inputs
        .keys()
        .find(|n| !declared.iter().any(|d| d.name == n.as_str()))
    {
        return Err(ImportError::from(ErrorKind::Option(format!(
            "`--constant-input {name}=...`: the model has no input of that name"
        )))
        .with_help(format!(
            "its inputs are {}",
            name_list(declared.iter().map(|d| d.name))
        )));
    }

    let mut sizes = Sizes::new(&declared, options)?;
    let mut resolved = Vec::new();
    for input in &declared {
        let resolution = match options.constant_inputs.get(input.name) {
            Some(tensor) => Input::Constant(constant(input, tensor)?),
            None => Input::Argument(input.dtype, sizes.dims(input, warnings)?),
        };
        resolved.push((input.name.to_string(), resolution));
    }
    sizes.finish()?;
    Ok(resolved)
}

fn declaration(input: &ValueInfoProto) -> Result<Declared<'_>, ImportError> {
    let what = format!("input `{}`", input.name);
    let refuse = |found: &str| {
        let kind = ErrorKind::Type(format!("{what} is {found}, but only tensors are supported"));
        Err(ImportError::from(kind))
    };
    let tensor = match input.type_.as_ref().and_then(|t| t.value.as_ref()) {
        Some(type_proto::Value::TensorType(tensor)) => tensor,
        Some(type_proto::Value::SequenceType(_)) => return refuse("a sequence"),
        Some(type_proto::Value::MapType(_)) => return refuse("a map"),
        Some(type_proto::Value::OptionalType(_)) => return refuse("optional"),
        Some(type_proto::Value::SparseTensorType(_)) => return refuse("a sparse tensor"),
        Some(_) | None => return refuse("of no type"),
    };
    let dtype = element::from_onnx(tensor.elem_type, &what)?;
    let dim = |d: &'_ Dimension| match &d.value {
        // Some exporters write -1 for a size that is not known. Zero is a size: there are no elements.
        Some(dimension::Value::DimValue(size)) if *size >= 0 => Dim::Known(*size),
        _ => Dim::Unknown,
    };
    let dims = tensor.shape.as_ref().map(|shape| {
        let named = |d: &'_ Dimension| match &d.value {
            Some(dimension::Value::DimParam(name)) => !name.is_empty(),
            _ => false,
        };
        shape
            .dim
            .iter()
            .map(|d| {
                if named(d) {
                    Dim::Named(d.dim_param())
                } else {
                    dim(d)
                }
            })
            .collect()
    });
    Ok(Declared {
        name: &input.name,
        dtype,
        dims,
    })
}

/// The value given for an input, checked against its declaration.
fn constant(input: &Declared, tensor: &Tensor) -> Result<Constant, ImportError> {
    let refuse = |reason: String| {
        let kind = ErrorKind::Option(format!("`--constant-input {}=...`: {reason}", input.name));
        Err(ImportError::from(kind))
    };
    let dims: Vec<i64> = tensor
        .dims
        .iter()
        .map(|d| i64::try_from(*d).unwrap_or(i64::MAX))
        .collect();
    if let Some(declared) = &input.dims {
        let fits = |d: &Dim, size: &i64| !matches!(d, Dim::Known(known) if known != size);
        if declared.len() != dims.len() || !declared.iter().zip(&dims).all(|(d, s)| fits(d, s)) {
            return refuse(format!(
                "the value has shape {dims:?}, but the input is declared as {}",
                describe(declared)
            ));
        }
    }
    match tensor.to_bytes(input.dtype) {
        Ok(bytes) => Ok(Constant {
            dtype: input.dtype,
            dims,
            data: Data::Bytes(bytes),
        }),
        Err(i) => refuse(format!(
            "element {i} of the value is no {}, which the input holds",
            element::name(input.dtype)
        )),
    }
}

fn describe(dims: &[Dim]) -> String {
    let dims: Vec<String> = dims
        .iter()
        .map(|d| match d {
            Dim::Known(size) => size.to_string(),
            Dim::Named(name) => (*name).to_string(),
            Dim::Unknown => "?".into(),
        })
        .collect();
    format!("[{}]", dims.join(", "))
}

/// Sizes of the dimensions that the model leaves open.
struct Sizes<'a> {
    given: &'a BTreeMap<String, i64>,
    /// Options that fixed a dimension.
    used: BTreeSet<String>,
    /// Names that occur as a first dimension and nowhere else: batches.
    batches: BTreeSet<&'a str>,
    /// All names and places that an option could fix.
    open: BTreeSet<String>,
    /// Batches that were set to one and reported.
    reported: BTreeSet<&'a str>,
}

impl<'a> Sizes<'a> {
    fn new(declared: &[Declared<'a>], options: &'a ImportOptions) -> Result<Self, ImportError> {
        let mut batches = BTreeSet::new();
        let mut others = BTreeSet::new();
        let mut open = BTreeSet::new();
        let arguments = declared
            .iter()
            .filter(|d| !options.constant_inputs.contains_key(d.name));
        for input in arguments {
            for (axis, dim) in input.dims.iter().flatten().enumerate() {
                match dim {
                    Dim::Named(name) => {
                        open.insert((*name).to_string());
                        (if axis == 0 { &mut batches } else { &mut others }).insert(*name);
                    }
                    Dim::Unknown => {
                        open.insert(place(input.name, axis));
                    }
                    Dim::Known(_) => {}
                }
            }
        }
        if let Some((name, size)) = options.dims.iter().find(|(_, size)| **size < 1) {
            let kind = ErrorKind::Option(format!("`--dim {name}={size}`: a size is positive"));
            return Err(kind.into());
        }
        let batches = batches.difference(&others).copied().collect();
        Ok(Self {
            given: &options.dims,
            used: BTreeSet::new(),
            batches,
            open,
            reported: BTreeSet::new(),
        })
    }

    fn dims(
        &mut self,
        input: &Declared<'a>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<i64>, ImportError> {
        let Some(declared) = &input.dims else {
            let kind = ErrorKind::Dimension(format!(
                "input `{}` has no shape, not even a number of dimensions",
                input.name
            ));
            return Err(
                ImportError::from(kind).with_help("export the model with a shape for each input")
            );
        };
        let mut dims = Vec::new();
        for (axis, dim) in declared.iter().enumerate() {
            dims.push(match dim {
                Dim::Known(size) => *size,
                Dim::Named(name) => match self.option(name) {
                    Some(size) => size,
                    None if self.batches.contains(name) => {
                        if self.reported.insert(name) {
                            warnings.push(
                                Warning::new(format!("batch dimension `{name}` is set to 1"))
                                    .with_help(format!("give its size with `--dim {name}=N`")),
                            );
                        }
                        1
                    }
                    None => return Err(unknown(input, axis, name)),
                },
                Dim::Unknown => {
                    let place = place(input.name, axis);
                    match self.option(&place) {
                        Some(size) => size,
                        None if axis == 0 => {
                            warnings.push(
                                Warning::new(format!(
                                    "the batch dimension of input `{}` is set to 1",
                                    input.name
                                ))
                                .with_help(format!("give its size with `--dim {place}=N`")),
                            );
                            1
                        }
                        None => return Err(unknown(input, axis, &place)),
                    }
                }
            });
        }
        element_count(&dims, input.dtype)
            .map_err(|reason| ErrorKind::Dimension(format!("input `{}`: {reason}", input.name)))?;
        Ok(dims)
    }

    fn option(&mut self, name: &str) -> Option<i64> {
        let size = self.given.get(name).copied()?;
        self.used.insert(name.into());
        Some(size)
    }

    /// An option that fixed nothing is a mistake.
    fn finish(self) -> Result<(), ImportError> {
        match self.given.keys().find(|name| !self.used.contains(*name)) {
            None => Ok(()),
            Some(name) => Err(ImportError::from(ErrorKind::Option(format!(
                "`--dim {name}=...`: the model has no open dimension of that name"
            )))
            .with_help(format!(
                "its open dimensions are {}",
                name_list(self.open.iter().map(String::as_str))
            ))),
        }
    }
}

/// How an option calls a dimension without a name.
fn place(input: &str, axis: usize) -> String {
    format!("{input}:{axis}")
}

fn unknown(input: &Declared, axis: usize, option: &str) -> ImportError {
    let shape = describe(input.dims.as_deref().unwrap_or_default());
    ImportError::from(ErrorKind::Dimension(format!(
        "dimension {axis} of input `{}`, of shape {shape}, is not known",
        input.name
    )))
    .with_help(format!("give its size with `--dim {option}=N`"))
}
