//! From a [`Program`] to a module of the `onnx` dialect.

use crate::{
    Source,
    constant::{Constant, Data},
    error::{ErrorKind, ImportError, NodeName, Warning},
    external::External,
    node::AttributeValue,
    program::{Operation, Program, ValueId},
};
use melior::{
    Context,
    diagnostic::DiagnosticSeverity,
    dialect::func,
    ir::{
        Attribute, Block, BlockLike, Identifier, Location, Module, Region, RegionLike, Type, Value,
        attribute::{ArrayAttribute, FloatAttribute, StringAttribute, TypeAttribute},
        operation::{OperationBuilder, OperationLike, OperationMutLike},
        r#type::{FunctionType, RankedTensorType},
    },
};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use zkc_support::{
    Constants, DType, Diagnostic, Severity, i64_attr, i64s, node_name, string, unit,
};

/// Builds the module and verifies it; adds what was found on the way to `warnings`.
pub(crate) fn emit<'c>(
    context: &'c Context,
    source: &Source,
    program: Program,
    warnings: &mut Vec<Warning>,
) -> Result<Module<'c>, ImportError> {
    let declared = declarations(&program);
    let (module, diagnostics) = collecting(context, || {
        let module = Emitter::new(context, source).module(program)?;
        let verified = module.as_operation().verify();
        Ok::<_, ImportError>((module, verified))
    });
    let (module, verified) = module?;
    let (errors, others): (Vec<_>, Vec<_>) = diagnostics
        .into_iter()
        .partition(|d| d.severity == Severity::Error);
    warnings.extend(
        others
            .into_iter()
            .filter(|d| d.severity == Severity::Warning)
            .map(|d| Warning::new(d.message)),
    );
    if verified {
        return Ok(module);
    }
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else {
        return Err(ErrorKind::Inconsistent("the module does not verify".into()).into());
    };
    let mut error = inconsistent(first);
    let node = error.node().map(|node| node.name.clone());
    for (_, note) in declared
        .into_iter()
        .filter(|(at, _)| Some(at) == node.as_ref())
    {
        error = error.with_note(note);
    }
    for other in errors {
        let node = other
            .node
            .map(|n| format!(" at node \"{n}\""))
            .unwrap_or_default();
        error = error.with_note(format!("also{node}: {}", other.message));
    }
    Err(error)
}

/// What the model declares of the results of nodes: the node's name, and a note.
fn declarations(program: &Program) -> Vec<(String, String)> {
    let mut declarations = Vec::new();
    for (value, output) in &program.results {
        let node = program
            .operations
            .iter()
            .find(|o| o.results.contains(value));
        if let (Some(node), Some(dims)) = (node, program.declared.get(value)) {
            let dims: Vec<String> = dims
                .iter()
                .map(|d| d.map_or("?".into(), |d| d.to_string()))
                .collect();
            let note = format!(
                "its output `{output}` is declared with shape [{}]",
                dims.join(", ")
            );
            declarations.push((node.name.clone(), note));
        }
    }
    declarations
}

/// The dialect's verifier says "'onnx.Conv' op ..."; the operator is shown by the error itself.
fn inconsistent(diagnostic: Diagnostic) -> ImportError {
    let message = diagnostic.message.as_str();
    let parts = message
        .strip_prefix('\'')
        .and_then(|m| m.split_once("' op "));
    match (parts, diagnostic.node) {
        (Some((operator, what)), Some(name)) => {
            ImportError::from(ErrorKind::Inconsistent(what.into())).at(&NodeName {
                name,
                operator: operator.into(),
            })
        }
        _ => ErrorKind::Inconsistent(message.into()).into(),
    }
}

/// Runs `work` and collects the diagnostics that it causes.
fn collecting<T>(context: &Context, work: impl FnOnce() -> T) -> (T, Vec<Diagnostic>) {
    let collected = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&collected);
    let id = context.attach_diagnostic_handler(move |d| {
        let severity = match d.severity() {
            DiagnosticSeverity::Error => Severity::Error,
            DiagnosticSeverity::Warning => Severity::Warning,
            _ => Severity::Note,
        };
        let location = d.location();
        sink.borrow_mut().push(Diagnostic {
            severity,
            message: d.to_string(),
            node: node_name(location),
            location: location.to_string(),
            notes: Vec::new(),
        });
        true
    });
    let result = work();
    context.detach_diagnostic_handler(id);
    (result, collected.take())
}

struct Emitter<'c, 's> {
    context: &'c Context,
    source: &'s Source<'s>,
    constants: Constants,
    external: External,
}

impl<'c, 's> Emitter<'c, 's> {
    fn new(context: &'c Context, source: &'s Source<'s>) -> Self {
        Self {
            context,
            source,
            constants: Constants::new(source.data_dir),
            external: External::new(source.data_dir),
        }
    }

    fn module(mut self, program: Program) -> Result<Module<'c>, ImportError> {
        let header = &program.header;
        let location = self.location(&header.graph);
        let mut module = Module::new(location);
        let Some(data_dir) = self.source.data_dir.to_str() else {
            let file = self.source.data_dir.display().to_string();
            let reason = "the folder's name is no UTF-8 text".into();
            return Err(ErrorKind::File { file, reason }.into());
        };
        let mut on_module = vec![
            ("onnx.ir_version", i64_attr(self.context, header.ir_version)),
            (
                "onnx.data_dir",
                string(
                    self.context,
                    if data_dir.is_empty() { "." } else { data_dir },
                ),
            ),
        ];
        if let Some(opset) = header.opset {
            on_module.push(("onnx.opset", i64_attr(self.context, opset)));
        }
        if let Some(producer) = &header.producer {
            on_module.push(("onnx.producer", string(self.context, producer)));
        }
        let mut operation = module.as_operation_mut();
        for (name, attribute) in on_module {
            operation.set_attribute(name, attribute);
        }

        let arguments: Vec<Type> = program
            .arguments
            .iter()
            .map(|a| self.ranked(program.values[a.value.0], &a.dims))
            .collect();
        // Arguments and constants have shapes; those of results are inferred later, and compared
        // with what the model declares.
        let shapes: BTreeMap<ValueId, &[i64]> = program
            .arguments
            .iter()
            .map(|a| (a.value, a.dims.as_slice()))
            .chain(
                program
                    .constants
                    .iter()
                    .map(|c| (c.value, c.constant.dims.as_slice())),
            )
            .collect();
        let results: Vec<Type> = program
            .results
            .iter()
            .map(|(value, _)| match shapes.get(value) {
                Some(dims) => self.ranked(program.values[value.0], dims),
                None => self.result(&program, *value),
            })
            .collect();
        let region = Region::new();
        let arguments_at: Vec<_> = program
            .arguments
            .iter()
            .zip(&arguments)
            .map(|(argument, r#type)| (*r#type, self.location(&argument.name)))
            .collect();
        region.append_block(Block::new(&arguments_at));
        self.body(&region, &program, location)?;

        let names = |names: Vec<&str>| {
            let dicts: Vec<Attribute> = names.into_iter().map(|n| self.name_dict(n)).collect();
            Attribute::from(ArrayAttribute::new(self.context, &dicts))
        };
        let function = func::func(
            self.context,
            StringAttribute::new(self.context, "main"),
            TypeAttribute::new(FunctionType::new(self.context, &arguments, &results).into()),
            region,
            &[
                (
                    Identifier::new(self.context, "arg_attrs"),
                    names(program.arguments.iter().map(|a| a.name.as_str()).collect()),
                ),
                (
                    Identifier::new(self.context, "res_attrs"),
                    names(
                        program
                            .results
                            .iter()
                            .map(|(_, name)| name.as_str())
                            .collect(),
                    ),
                ),
            ],
            location,
        );
        module.body().append_operation(function);
        Ok(module)
    }

    /// Fills the function's block.
    fn body(
        &mut self,
        region: &Region<'c>,
        program: &Program,
        location: Location<'c>,
    ) -> Result<(), ImportError> {
        let Some(block) = region.first_block() else {
            unreachable!("the region was given a block");
        };
        let mut values: Vec<Option<Value>> = vec![None; program.values.len()];
        for (i, argument) in program.arguments.iter().enumerate() {
            // The block has one argument for each of the program's.
            values[argument.value.0] = block.argument(i).ok().map(Into::into);
        }
        for named in &program.constants {
            let value = self.elements(&named.name, &named.constant)?;
            let r#type = self.ranked(named.constant.dtype, &named.constant.dims);
            let operation = OperationBuilder::new("onnx.Constant", self.location(&named.name))
                .add_attributes(&[(Identifier::new(self.context, "value"), value)])
                .add_results(&[r#type])
                .build()
                .map_err(|_| malformed("onnx.Constant", &named.name))?;
            values[named.value.0] = block
                .append_operation(operation)
                .result(0)
                .ok()
                .map(Into::into);
        }
        let is_absent = |o: &Operation| o.operands.iter().any(Option::is_none);
        let none: Option<Value> = match program.operations.iter().any(is_absent) {
            false => None,
            true => {
                let operation = OperationBuilder::new("onnx.NoValue", location)
                    .add_results(&[Type::none(self.context)])
                    .build()
                    .map_err(|_| malformed("onnx.NoValue", ""))?;
                block
                    .append_operation(operation)
                    .result(0)
                    .ok()
                    .map(Into::into)
            }
        };
        for operation in &program.operations {
            let name = format!("onnx.{}", operation.operator);
            let operands: Vec<Value> = operation
                .operands
                .iter()
                .filter_map(|operand| match operand {
                    Some(value) => Some(lookup(&values, *value)),
                    None => none,
                })
                .collect();
            let results: Vec<Type> = operation
                .results
                .iter()
                .map(|r| self.result(program, *r))
                .collect();
            let attributes: Vec<(Identifier, Attribute)> = operation
                .attributes
                .iter()
                .map(|(name, value)| {
                    let value = self.attribute(&operation.name, value)?;
                    Ok((Identifier::new(self.context, name), value))
                })
                .collect::<Result<_, ImportError>>()?;
            let built = OperationBuilder::new(&name, self.location(&operation.name))
                .add_operands(&operands)
                .add_attributes(&attributes)
                .add_results(&results)
                .build()
                .map_err(|_| malformed(&name, &operation.name))?;
            let built = block.append_operation(built);
            for (i, result) in operation.results.iter().enumerate() {
                values[result.0] = built.result(i).ok().map(Into::into);
            }
        }
        let returned: Vec<Value> = program
            .results
            .iter()
            .map(|(value, _)| lookup(&values, *value))
            .collect();
        block.append_operation(func::r#return(&returned, location));
        Ok(())
    }

    fn ranked(&self, dtype: DType, dims: &[i64]) -> Type<'c> {
        // Dimensions were checked not to be negative.
        let dims: Vec<u64> = dims.iter().map(|d| *d as u64).collect();
        RankedTensorType::new(&dims, dtype.to_type(self.context), None).into()
    }

    /// The type of an operation's result: of the shape that the model declares, if it does.
    fn result(&self, program: &Program, value: ValueId) -> Type<'c> {
        let dims: String = match program.declared.get(&value) {
            None => "*x".into(),
            Some(dims) => dims
                .iter()
                .map(|d| d.map_or("?x".into(), |d| format!("{d}x")))
                .collect(),
        };
        let dtype = program.values[value.0];
        let text = format!("tensor<{dims}{}>", dtype.to_type(self.context));
        Type::parse(self.context, &text).unwrap_or_else(|| unreachable!("`{text}` is a type"))
    }

    fn location(&self, name: &str) -> Location<'c> {
        let unknown = Location::unknown(self.context);
        if name.is_empty() {
            unknown
        } else {
            Location::name(self.context, name, unknown)
        }
    }

    fn name_dict(&self, name: &str) -> Attribute<'c> {
        let text = format!("{{onnx.name = {}}}", quoted(name));
        Attribute::parse(self.context, &text).unwrap_or_else(|| unreachable!("`{text}` parses"))
    }

    fn attribute(
        &mut self,
        name: &str,
        value: &AttributeValue,
    ) -> Result<Attribute<'c>, ImportError> {
        Ok(match value {
            AttributeValue::Int(value) => i64_attr(self.context, *value),
            AttributeValue::Float(value) => {
                FloatAttribute::new(self.context, Type::float32(self.context), f64::from(*value))
                    .into()
            }
            AttributeValue::String(value) => string(self.context, value),
            AttributeValue::Ints(values) => i64s(self.context, values),
            AttributeValue::Type(dtype) => TypeAttribute::new(dtype.to_type(self.context)).into(),
            AttributeValue::Unit => unit(self.context),
            AttributeValue::Tensor(constant) => self.elements(name, constant)?,
            AttributeValue::Floats(_) => {
                unreachable!("`Constant` alone has lists of floats, and it turns them into tensors")
            }
        })
    }

    /// `dense<...>` or `#onnx.weights<...>`.
    fn elements(&mut self, name: &str, constant: &Constant) -> Result<Attribute<'c>, ImportError> {
        let (dtype, dims) = (constant.dtype, &constant.dims);
        let make = |bytes: &[u8]| {
            self.constants
                .make(self.context, dims, dtype, bytes)
                .map_err(|e| ErrorKind::tensor(name, e.to_string()))
        };
        let (file, range, bytes) = match (&constant.data, self.source.file_name) {
            (Data::Bytes(bytes), _) => return Ok(make(bytes)?),
            (Data::Model(range), Some(file)) => (file, range, &self.source.bytes[range.clone()]),
            // Without a file to refer to, the bytes go to the cache.
            (Data::Model(range), None) => return Ok(make(&self.source.bytes[range.clone()])?),
            (Data::External { file, range }, _) => {
                let bytes = self.external.bytes(name, file, range.clone())?;
                (file.as_str(), range, bytes)
            }
        };
        // `blake3:` marks blobs of the cache; a file may be called so nevertheless.
        let prefix = if file.starts_with("blake3:") {
            "./"
        } else {
            ""
        };
        let text = format!(
            "#onnx.weights<{}, offset = {}, length = {}, digest = \"{}\"> : {}",
            quoted(&format!("{prefix}{file}")),
            range.start,
            range.len(),
            digest(bytes),
            self.ranked(dtype, dims),
        );
        Attribute::parse(self.context, &text)
            .ok_or_else(|| ErrorKind::tensor(name, "its reference is malformed").into())
    }
}

/// A value that an operation reads.
fn lookup<'c, 'b>(values: &[Option<Value<'c, 'b>>], value: ValueId) -> Value<'c, 'b> {
    match values[value.0] {
        Some(value) => value,
        None => unreachable!("the program is in execution order"),
    }
}

/// An operation that MLIR does not build; it has reported why.
fn malformed(operator: &str, name: &str) -> ImportError {
    ImportError::from(ErrorKind::Inconsistent(
        "its attributes do not fit the operation".into(),
    ))
    .at(&NodeName {
        name: name.into(),
        operator: operator.into(),
    })
}

/// First 16 bytes of the BLAKE3 hash, in hexadecimal digits. Nothing is copied.
fn digest(bytes: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update_rayon(bytes);
    hasher.finalize().to_hex()[..32].to_string()
}

/// A string literal of MLIR.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.push_str(&format!("\\{:02X}", byte)),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\{byte:02X}")),
        }
    }
    out.push('"');
    out
}
