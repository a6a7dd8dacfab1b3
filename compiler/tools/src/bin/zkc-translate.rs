//! `zkc-translate`: MLIR's translate driver with the formats of zkc.
//!
//! `--import-onnx` reads an ONNX model, `--export-circuit` writes the circuit description.
//! Options of the importer (`--dim NAME=N`) stand before or after the driver's own.

use clap::Parser;
use std::{io::Write, path::Path, process::ExitCode, sync::OnceLock};
use zkc_importer::{Arity, ImportOptions, Presence, Source, supported_ops};
use zkc_support::{
    Context, FromMlir, Location, Module, OperationRef, ToMlir, describe_io, emit_error,
    emit_warning, translate_main,
};

/// What the importer is told; set once before the driver starts.
static OPTIONS: OnceLock<ImportOptions> = OnceLock::new();

/// The options that are ours; everything else goes to MLIR's driver.
#[derive(Parser)]
#[command(name = "zkc-translate", disable_help_flag = true)]
struct Options {
    /// Size of a symbolic dimension of the model, NAME=N.
    #[arg(long = "dim", value_name = "NAME=N", value_parser = dimension)]
    dims: Vec<(String, i64)>,
    /// Print the table of supported operators as Markdown and stop.
    #[arg(long)]
    supported_ops: bool,
    /// Arguments of MLIR's driver.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

fn dimension(text: &str) -> Result<(String, i64), String> {
    let (name, size) = text.rsplit_once('=').ok_or("needs the form NAME=N")?;
    let size = size.parse().map_err(|_| format!("`{size}` is no size"))?;
    Ok((name.into(), size))
}

/// Splits the command line into our options and those of MLIR's driver.
fn split(args: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut args = args.into_iter();
    let tool = args.next().unwrap_or_else(|| "zkc-translate".into());
    let (mut ours, mut theirs) = (vec![tool.clone()], vec![tool]);
    while let Some(arg) = args.next() {
        if arg == "--dim" {
            ours.push(arg);
            ours.extend(args.next());
        } else if arg.starts_with("--dim=") || arg == "--supported-ops" {
            ours.push(arg);
        } else {
            theirs.push(arg);
        }
    }
    (ours, theirs)
}

fn main() -> ExitCode {
    let (ours, theirs) = split(std::env::args().collect());
    let options = Options::parse_from(ours);
    if options.supported_ops {
        let written = std::io::stdout().write_all(operators().as_bytes());
        return match written {
            // A reader that has gone away is no error.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                let why = describe_io(&error);
                eprintln!("error: cannot write to standard output: {why}");
                ExitCode::FAILURE
            }
            _ => ExitCode::SUCCESS,
        };
    }
    let import = ImportOptions {
        dims: options.dims.into_iter().collect(),
        ..Default::default()
    };
    // The cell is empty: nothing else sets it.
    let _ = OPTIONS.set(import);
    let to = [ToMlir {
        name: "import-onnx",
        description: "ONNX model to the onnx dialect (--dim NAME=N sets symbolic dimensions)",
        run: import_onnx,
    }];
    let from = [FromMlir {
        name: "export-circuit",
        description: "plonk.circuit to the circuit description",
        run: export_circuit,
    }];
    let code = translate_main(
        &theirs,
        "zkc-translate: formats of the zkc compiler\n",
        &to,
        &from,
    );
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn import_onnx<'c>(context: &'c Context, bytes: &[u8], name: &str) -> Option<Module<'c>> {
    let path = Path::new(name);
    let source = Source {
        bytes,
        // Standard input has no file that weights could be referred to in.
        file_name: path.is_file().then(|| path.file_name()?.to_str()).flatten(),
        data_dir: path.parent().unwrap_or(Path::new("")),
    };
    let location = Location::new(context, name, 0, 0);
    let options = OPTIONS.get_or_init(ImportOptions::default);
    match zkc_importer::import(context, &source, options) {
        Ok(imported) => {
            for warning in &imported.warnings {
                emit_warning(location, &warning.to_string());
            }
            Some(imported.module)
        }
        Err(error) => {
            let node = error
                .node()
                .map(|node| format!("at node \"{}\"", node.name));
            let help = error.help().map(|help| format!("help: {help}"));
            let notes: Vec<String> = node
                .into_iter()
                .chain(error.notes().iter().cloned())
                .chain(help)
                .collect();
            emit_error(location, &error.to_string(), &notes);
            None
        }
    }
}

fn export_circuit(module: OperationRef<'_, '_>) -> Option<Vec<u8>> {
    use melior::ir::operation::OperationLike;
    match zkc_emit::emit(module) {
        Ok(circuit) => Some(circuit.encode()),
        Err(error) => {
            emit_error(module.location(), &error.to_string(), &[]);
            None
        }
    }
}

/// The table of operators as Markdown.
fn operators() -> String {
    let mut out = String::from(
        "| operator | from opset | inputs | attributes | limits |\n|---|---|---|---|---|\n",
    );
    for op in supported_ops() {
        let inputs: Vec<String> = op
            .inputs
            .iter()
            .map(|input| match input.arity {
                Arity::Required => input.name.to_string(),
                Arity::Optional => format!("{}?", input.name),
                Arity::Variadic => format!("{}...", input.name),
            })
            .collect();
        let attributes: Vec<String> = op
            .attributes
            .iter()
            .map(|a| match a.presence {
                Presence::Required => format!("`{}`", a.name),
                _ => format!("`{}`?", a.name),
            })
            .collect();
        out += &format!(
            "| {} | {} | {} | {} | {} |\n",
            op.name,
            op.since,
            inputs.join(", "),
            attributes.join(", "),
            op.limits.join("; "),
        );
    }
    out
}
