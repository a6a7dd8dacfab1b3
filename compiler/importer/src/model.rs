//! From the bytes of a model to a [`Program`].

use crate::{
    ImportOptions, Source,
    constant::Constant,
    element,
    error::{ErrorKind, ImportError, NodeName, Warning, name_list},
    external::External,
    graph::{self, is_default_domain},
    inputs::{self, Input},
    node::{self, Surroundings},
    ops::{self, NEWEST_OPSET, OLDEST_OPSET},
    program::{Argument, Header, Lowering, Program, ValueId},
    wire::{self, Scan},
};
use onnx_protobuf::{
    GraphProto, Message, ModelProto, ValueInfoProto, tensor_shape_proto::dimension, type_proto,
};
use std::collections::{BTreeMap, BTreeSet};

/// Versions of the file format that are read: from the first with operator set imports.
const IR_VERSIONS: std::ops::RangeInclusive<i64> = 3..=14;

/// Where the reader finds what is supported.
pub(crate) const OPERATORS_PAGE: &str = "operators and their limits are on the supported-ops page";

/// Reads and checks a model.
pub(crate) fn load(source: &Source, options: &ImportOptions) -> Result<Program, ImportError> {
    let scan = wire::scan(source.bytes)?;
    let model = ModelProto::parse_from_bytes(&scan.skeleton)
        .map_err(|e| ErrorKind::Damaged(format!("a field cannot be decoded: {e}")))?;
    let Some(graph) = model.graph.as_ref() else {
        return Err(ErrorKind::NotAModel("it holds no graph".into()).into());
    };
    let mut warnings = Vec::new();
    let header = header(&model, graph)?;
    if !graph.sparse_initializer.is_empty() {
        let reason = "an initializer is a sparse tensor, which is not supported";
        return Err(ErrorKind::Type(reason.into()).into());
    }
    let order = graph::order(graph, &mut warnings)?;
    check_operators(&model, graph, &order, &header)?;

    // What live nodes and the outputs read; the rest needs no value.
    let read: BTreeSet<&str> = order
        .live
        .iter()
        .flat_map(|i| graph.node[*i].input.iter())
        .chain(graph.output.iter().map(|o| &o.name))
        .map(String::as_str)
        .collect();
    let mut cx = Lowering::new(source.bytes, External::new(source.data_dir));
    let mut values = values(&mut cx, graph, &scan, &read, options, &mut warnings)?;
    for &i in &order.live {
        let node = &graph.node[i];
        // Both hold for every live node: `check_operators` has refused the others.
        let (Some(row), Some(opset)) = (ops::find(&node.op_type), header.opset) else {
            unreachable!(
                "node `{}` has an operator of the table",
                order.names[i].name
            );
        };
        let around = Surroundings {
            opset,
            inputs: node
                .input
                .iter()
                .map(|name| values.get(name.as_str()).copied())
                .collect(),
            payloads: (0..node.attribute.len())
                .map(|a| scan.attributes.get(&(i, a)))
                .collect(),
            is_read: &|name| read.contains(name),
        };
        cx.node = order.names[i].name.clone();
        let results = node::lower(&mut cx, row, node, around).map_err(|kind| {
            let help = matches!(&kind, ErrorKind::Attribute(_) | ErrorKind::Operand(_));
            let error = ImportError::from(kind).at(&order.names[i]);
            if help {
                error.with_help(OPERATORS_PAGE)
            } else {
                error
            }
        })?;
        let pairs = node.output.iter().map(String::as_str).zip(results);
        values.extend(pairs.filter(|(name, _)| !name.is_empty()));
    }
    for output in &graph.output {
        let Some(value) = values.get(output.name.as_str()).copied() else {
            unreachable!(
                "the graph's output `{}` was found to be produced",
                output.name
            );
        };
        check_output(&cx, output, value)?;
        if let Some(dims) = declared_shape(output) {
            check_shape(&cx, &output.name, value, &dims)?;
            cx.program.declared.entry(value).or_insert(dims);
        }
        cx.program.results.push((value, output.name.clone()));
    }
    let mut program = cx.program;
    program.files = cx.external.paths();
    program.header = header;
    program.warnings = warnings;
    Ok(program)
}

/// Checks the versions.
fn header(model: &ModelProto, graph: &GraphProto) -> Result<Header, ErrorKind> {
    let ir_version = model.ir_version;
    if !IR_VERSIONS.contains(&ir_version) {
        return Err(ErrorKind::Version(format!(
            "the model has IR version {ir_version}; versions {} to {} are supported",
            IR_VERSIONS.start(),
            IR_VERSIONS.end()
        )));
    }
    let mut opset = None;
    for import in model
        .opset_import
        .iter()
        .filter(|i| is_default_domain(&i.domain))
    {
        if opset.is_some_and(|o| o != import.version) {
            return Err(ErrorKind::Version(
                "the model imports two versions of the default operator set".into(),
            ));
        }
        opset = Some(import.version);
    }
    if let Some(opset) = opset
        && !(OLDEST_OPSET..=NEWEST_OPSET).contains(&opset)
    {
        return Err(ErrorKind::Version(format!(
            "the model is of opset {opset}; opsets {OLDEST_OPSET} to {NEWEST_OPSET} are supported"
        )));
    }
    let producer = format!("{} {}", model.producer_name, model.producer_version);
    let producer = producer.trim();
    Ok(Header {
        ir_version,
        opset,
        producer: (!producer.is_empty()).then(|| producer.to_string()),
        graph: graph.name.clone(),
    })
}

/// Refuses operators that are not in the table, all at once.
fn check_operators(
    model: &ModelProto,
    graph: &GraphProto,
    order: &graph::Order,
    header: &Header,
) -> Result<(), ImportError> {
    let mut unsupported = BTreeMap::<&str, Vec<&NodeName>>::new();
    let mut first: Option<usize> = None;
    for &i in &order.live {
        let node = &graph.node[i];
        if is_default_domain(&node.domain) && ops::find(&node.op_type).is_some() {
            if header.opset.is_none() {
                let kind = ErrorKind::Version(
                    "the model does not say which opset it is of (`opset_import`)".into(),
                );
                return Err(ImportError::from(kind).at(&order.names[i]));
            }
            continue;
        }
        first.get_or_insert(i);
        unsupported
            .entry(&order.names[i].operator)
            .or_default()
            .push(&order.names[i]);
    }
    let Some(first) = first else { return Ok(()) };
    let node = &graph.node[first];
    let is_function = model
        .functions
        .iter()
        .any(|f| f.name == node.op_type && f.domain == node.domain);
    let reason = if is_function {
        "functions that a model defines are not supported"
    } else {
        "the operator is not supported"
    };
    let at = &order.names[first];
    let mut error = ImportError::from(ErrorKind::Operator(reason.into())).at(at);
    for (operator, nodes) in &unsupported {
        let others = nodes
            .iter()
            .map(|n| n.name.as_str())
            .filter(|n| *n != at.name);
        let list = name_list(others.clone());
        if *operator == at.operator && others.clone().next().is_some() {
            error = error.with_note(format!("`{operator}` is also at {list}"));
        } else if *operator != at.operator {
            error = error.with_note(format!("`{operator}`, at {list}, is not supported either"));
        }
    }
    Err(error.with_help(match ops::advice(&node.op_type) {
        _ if is_function => "inline them, for instance with onnx.inliner",
        Some(advice) if is_default_domain(&node.domain) => advice,
        _ => OPERATORS_PAGE,
    }))
}

/// The values of the graph's inputs and initializers, by name.
fn values<'g>(
    cx: &mut Lowering,
    graph: &'g GraphProto,
    scan: &Scan,
    read: &BTreeSet<&str>,
    options: &ImportOptions,
    warnings: &mut Vec<Warning>,
) -> Result<BTreeMap<&'g str, ValueId>, ImportError> {
    let initializers: BTreeSet<&str> = graph.initializer.iter().map(|i| i.name.as_str()).collect();
    let mut values = BTreeMap::new();
    // Borrowed from the graph, so that the map can outlive the options.
    let names: BTreeMap<&str, &str> = graph
        .input
        .iter()
        .map(|i| (i.name.as_str(), i.name.as_str()))
        .collect();
    for (name, input) in inputs::resolve(&graph.input, &initializers, options, warnings)? {
        let value = match input {
            Input::Argument(dtype, dims) => {
                let value = cx.value(dtype);
                let name = name.clone();
                cx.program.arguments.push(Argument { value, name, dims });
                value
            }
            Input::Constant(constant) => cx.named_constant(name.clone(), constant),
        };
        values.insert(names[name.as_str()], value);
    }
    for (i, proto) in graph.initializer.iter().enumerate() {
        let name = proto.name.as_str();
        if !read.contains(name) || values.contains_key(name) {
            continue;
        }
        let constant = Constant::from_proto(
            name,
            proto,
            &scan.initializers[i],
            cx.model,
            &mut cx.external,
        )?;
        values.insert(name, cx.named_constant(name.into(), constant));
    }
    Ok(values)
}

/// The model's own word on an output must agree with what it computes.
fn check_output(cx: &Lowering, output: &ValueInfoProto, value: ValueId) -> Result<(), ErrorKind> {
    let Some(type_proto::Value::TensorType(tensor)) =
        output.type_.as_ref().and_then(|t| t.value.as_ref())
    else {
        return Ok(());
    };
    if tensor.elem_type == 0 {
        return Ok(());
    }
    let declared = element::from_onnx(tensor.elem_type, &format!("output `{}`", output.name))?;
    let found = cx.dtype(value);
    if declared != found {
        return Err(ErrorKind::Type(format!(
            "output `{}` is declared as {}, but the graph computes {}",
            output.name,
            element::name(declared),
            element::name(found)
        )));
    }
    Ok(())
}

/// The shape that the model declares for an output, `None` for an extent that it leaves open.
fn declared_shape(output: &ValueInfoProto) -> Option<Vec<Option<i64>>> {
    let Some(type_proto::Value::TensorType(tensor)) = output.type_.as_ref()?.value.as_ref() else {
        return None;
    };
    let extent = |value: &Option<dimension::Value>| match value {
        Some(dimension::Value::DimValue(size)) if *size >= 0 => Some(*size),
        _ => None,
    };
    let dims = &tensor.shape.as_ref()?.dim;
    Some(dims.iter().map(|d| extent(&d.value)).collect())
}

/// Arguments and constants have their shapes already; those of results are compared when they are
/// inferred.
fn check_shape(
    cx: &Lowering,
    name: &str,
    value: ValueId,
    declared: &[Option<i64>],
) -> Result<(), ErrorKind> {
    let argument = cx.program.arguments.iter().find(|a| a.value == value);
    let dims = argument.map(|a| a.dims.as_slice());
    let Some(dims) = dims.or_else(|| cx.known(value).map(|c| c.dims.as_slice())) else {
        return Ok(());
    };
    let fits = |(d, size): (&Option<i64>, &i64)| d.is_none_or(|d| d == *size);
    if declared.len() == dims.len() && declared.iter().zip(dims).all(fits) {
        return Ok(());
    }
    let declared: Vec<String> = declared
        .iter()
        .map(|d| d.map_or("?".into(), |d| d.to_string()))
        .collect();
    Err(ErrorKind::Graph(format!(
        "output `{name}` is declared with shape [{}], but has shape {dims:?}",
        declared.join(", ")
    )))
}
