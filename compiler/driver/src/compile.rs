//! From an ONNX file to a compiled model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zkc_circuit::Circuit;
use zkc_emit::EmitError;
use zkc_halo2::Stopwatch;
use zkc_importer::ImportOptions;
use zkc_support::{
    Certificate, Constants, Context, DType, Form, Graph, Module, OperationRef, Outside, as_approx,
    as_array, as_str, new_context, node_name, run_pipeline,
};

use crate::backends::{self, Cost, Origin, Prepared};
use crate::diagnostics;
use crate::error::{Error, Result};
use crate::escape::one_line;
use crate::float::{FloatModel, element_type, main_function};
use crate::inputs::{
    InputArg, InputSpec, ReadOptions, Sample, read_constant, read_sample, read_samples,
};
use crate::model::{Model, NodeRange, PRODUCER};
use crate::options::{CompileOptions, resolve_ranges};
use crate::pipeline::{self, Stage};
use crate::report::ApproximationReport;
use crate::ui::Ui;
use crate::values::check_declared;

/// A compiled model and what led to it.
#[derive(Debug)]
pub struct Compiled {
    /// The model.
    pub model: Model,
    /// The sample inputs that were given.
    pub samples: Vec<Sample>,
    /// The files beside the ONNX file that hold its external data.
    pub files: Vec<PathBuf>,
    /// The circuit of the model, laid out.
    pub(crate) prepared: Box<dyn Prepared>,
    /// What compiling cost; reading the sample inputs is not counted.
    pub cost: Cost,
}

/// Sample inputs of a compilation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Samples<'a> {
    /// The files.
    pub args: &'a [InputArg],
    /// How they are read.
    pub options: ReadOptions,
    /// Whether they must be those of exactly one inference; otherwise of any number, none included.
    pub exactly_one: bool,
}

/// Compiles the ONNX model at `path`.
///
/// Ranges that the options do not declare are taken from the samples, with a warning. The result is the same for the
/// same file, options and ranges, to the last byte.
pub fn compile(
    path: &Path,
    options: &CompileOptions,
    samples: Samples<'_>,
    ui: &dyn Ui,
) -> Result<Compiled> {
    zkc_passes::register();
    let mut watch = Stopwatch::start();
    ui.step("importing");
    let metadata =
        std::fs::metadata(path).map_err(|error| Error::io("cannot read", path, &error))?;
    if !metadata.is_file() {
        return Err(
            Error::diagnostic(format!("cannot read {}: it is not a file", path.display()))
                .help("name the .onnx file itself"),
        );
    }
    let context = new_context();
    let imported = zkc_importer::import_file(&context, path, &import_options(options)?)
        .map_err(|error| Error::from(error).in_file(path))?;
    for warning in &imported.warnings {
        match &warning.help {
            Some(help) => ui.warn(&format!(
                "{}\n  help: {}",
                one_line(&warning.message),
                one_line(help)
            )),
            None => ui.warn(&one_line(&warning.message)),
        }
    }
    let mut module = imported.module;
    let mut specs = input_specs(module.as_operation())?;
    let mut cost = watch.cost();

    let declared = options.declared_ranges(&specs)?;
    for (spec, range) in specs.iter_mut().zip(&declared) {
        spec.range = *range;
    }
    let samples = match samples.exactly_one {
        true => vec![read_sample(samples.args, &specs, samples.options)?],
        false => read_samples(samples.args, &specs, samples.options)?,
    };
    for note in samples.iter().flat_map(|sample| &sample.notes) {
        ui.warn(note);
    }
    let (ranges, assumptions) = resolve_ranges(&specs, &declared, &samples)?;
    for assumption in &assumptions {
        ui.warn(assumption);
    }
    for (spec, range) in specs.iter_mut().zip(&ranges) {
        spec.range = Some(*range);
    }
    for sample in &samples {
        check_declared(sample, &specs)?;
    }

    watch = Stopwatch::start();
    let float = FloatModel::capture(&module)?;
    let mut nodes = Vec::new();
    let mut approximations = Vec::new();
    let mut pipeline = Vec::new();
    for stage in Stage::ALL {
        ui.step(stage.title());
        let passes = stage.passes(options, &specs)?;
        run(&context, &mut module, &pipeline::text(&passes), path, ui)?;
        pipeline.extend(passes);
        if stage == Stage::Fixed {
            nodes = node_ranges(module.as_operation())?;
            approximations = approximation_reports(module.as_operation())?;
        }
    }
    ui.step("emitting the circuit");
    let circuit = zkc_emit::emit(module.as_operation()).map_err(|error| emit_error(error, path))?;
    check_interface(&circuit, &specs)?;
    // Finds out now, and not when keys are made, what the backend cannot do or the machine cannot hold.
    let prepared = backends::prepare(options.backend, circuit.clone(), Origin::Compiled)?;
    cost = cost + watch.cost();

    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let model = Model {
        name,
        onnx_digest: digest(path)?,
        backend: options.backend,
        circuit,
        float,
        inputs: specs,
        nodes,
        approximations,
        pipeline: pipeline::text(&pipeline),
        producer: PRODUCER.into(),
    };
    Ok(Compiled {
        model,
        samples,
        files: imported.files,
        prepared,
        cost,
    })
}

fn import_options(options: &CompileOptions) -> Result<ImportOptions> {
    let mut dims = BTreeMap::new();
    for (name, size) in &options.dims {
        let size = i64::try_from(*size)
            .map_err(|_| Error::diagnostic(format!("`--dim {name}={size}`: the size is absurd")))?;
        if dims
            .insert(name.clone(), size)
            .is_some_and(|other| other != size)
        {
            return Err(Error::diagnostic(format!(
                "`--dim {name}=...` is given twice"
            )));
        }
    }
    let mut constant_inputs = BTreeMap::new();
    for (name, file) in &options.constant_inputs {
        let tensor = read_constant(file).map_err(|error| error.in_file(file))?;
        if constant_inputs.insert(name.clone(), tensor).is_some() {
            return Err(Error::diagnostic(format!(
                "`--constant-input {name}=...` is given twice"
            )));
        }
    }
    Ok(ImportOptions {
        dims,
        constant_inputs,
    })
}

/// The arguments of the imported function.
fn input_specs(module: OperationRef) -> Result<Vec<InputSpec>> {
    let graph = Graph::read(main_function(module)?)
        .map_err(|error| Error::bug(format!("the imported function cannot be read: {error}")))?;
    let names = graph
        .attr("arg_attrs")
        .and_then(as_array)
        .unwrap_or_default();
    let specs = graph.inputs.iter().enumerate().map(|(index, value)| {
        let dictionary = names.get(index).copied();
        let dictionary =
            dictionary.and_then(|a| melior::ir::attribute::DictionaryAttribute::try_from(a).ok());
        let name = dictionary
            .and_then(|dictionary| dictionary.element_by_name("onnx.name"))
            .and_then(as_str);
        let tensor = graph.tensor(*value)?;
        Some(InputSpec {
            name: name?.to_owned(),
            // The importer makes all extents static.
            shape: tensor
                .shape
                .iter()
                .map(|extent| usize::try_from(*extent).ok())
                .collect::<Option<_>>()?,
            element: element_type(DType::of(tensor.element)?),
            range: None,
        })
    });
    specs.collect::<Option<Vec<_>>>().ok_or_else(|| {
        Error::bug("an argument of the imported function has no name or no static shape")
    })
}

/// Runs passes; `pipeline` is their text.
fn run(
    context: &Context,
    module: &mut Module,
    pipeline: &str,
    path: &Path,
    ui: &dyn Ui,
) -> Result<()> {
    ui.detail(&format!("passes: {pipeline}"));
    match run_pipeline(context, module, pipeline) {
        Ok(found) => {
            diagnostics::report(&found, ui);
            Ok(())
        }
        Err(found) => {
            diagnostics::report(&found, ui);
            let error = diagnostics::to_error(&found).unwrap_or_else(|| {
                Error::bug(format!("a pass of `{pipeline}` fails without a reason"))
            });
            Err(error.in_file(path))
        }
    }
}

/// Format and bounds of each ONNX node's result: that of the last operation that the node became.
fn node_ranges(module: OperationRef) -> Result<Vec<NodeRange>> {
    let graph = Graph::read(main_function(module)?)
        .map_err(|error| Error::bug(format!("the fixed-point function cannot be read: {error}")))?;
    let mut ranges: Vec<NodeRange> = Vec::new();
    for op in graph.ops.iter().filter(|op| op.name != "zkarith.constant") {
        let Some(node) = node_name(op.location) else {
            continue;
        };
        let fixed = op
            .results
            .first()
            .and_then(|result| graph.tensor(*result)?.fixed());
        let Some(fixed) = fixed else { continue };
        let Some((lo, hi)) = fixed.bounds_i128() else {
            continue;
        };
        let range = NodeRange {
            node,
            scale: fixed.scale as i32,
            lo,
            hi,
        };
        match ranges.iter_mut().find(|known| known.node == range.node) {
            Some(known) => *known = range,
            None => ranges.push(range),
        }
    }
    Ok(ranges)
}

/// The approximations, in the order in which they are evaluated.
fn approximation_reports(module: OperationRef) -> Result<Vec<ApproximationReport>> {
    let graph = Graph::read(main_function(module)?)
        .map_err(|error| Error::bug(format!("the fixed-point function cannot be read: {error}")))?;
    let constants = Constants::of_module(module);
    let evals = graph.ops.iter().filter(|op| op.name == "poly_ext.eval");
    let reports = evals.filter_map(|op| {
        let approx = op
            .attributes
            .iter()
            .find_map(|(_, attribute)| as_approx(*attribute))?;
        Some(ApproximationReport {
            node: node_name(op.location).unwrap_or_default(),
            function: approx.function,
            form: match &approx.form {
                Form::Table(table) => match constants.read(table.values) {
                    Ok(values) => format!("table of {} values", values.len()),
                    Err(_) => "table".into(),
                },
                Form::Polynomial(polynomial) => {
                    format!(
                        "polynomial of degree {}",
                        polynomial.coefficients.len().saturating_sub(1)
                    )
                }
            },
            domain: approx.domain,
            outside: match approx.outside {
                Outside::Saturate => "saturate",
                Outside::Asymptote => "asymptote",
                Outside::Refuse => "refuse",
            }
            .into(),
            max_error: approx.max_error,
            certificate: match approx.certificate {
                Certificate::None => "estimate",
                Certificate::Exhaustive => "exhaustive",
                Certificate::Interval => "interval",
            }
            .into(),
        })
    });
    Ok(reports.collect())
}

/// Emitting translates without decisions, so it fails only where a pass left something wrong behind.
fn emit_error(error: EmitError, path: &Path) -> Error {
    Error::bug(error.to_string()).in_file(path)
}

/// The circuit must have the model's inputs, in their order.
fn check_interface(circuit: &Circuit, specs: &[InputSpec]) -> Result<()> {
    let same = circuit.inputs.len() == specs.len()
        && circuit.inputs.iter().zip(specs).all(|(input, spec)| {
            let shape = spec.shape.iter().map(|&extent| extent as u64);
            input.name == spec.name && input.shape.iter().copied().eq(shape)
        });
    if same {
        Ok(())
    } else {
        Err(Error::bug("the circuit has other inputs than the model"))
    }
}

/// BLAKE3 of a file, in hexadecimal digits.
fn digest(path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    std::fs::File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(|error| Error::io("cannot read", path, &error))?;
    Ok(hasher.finalize().to_hex().to_string())
}
