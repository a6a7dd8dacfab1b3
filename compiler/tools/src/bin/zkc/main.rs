//! `zkc`: from an ONNX model to a verified proof.

mod approx;
mod args;
mod console;
#[cfg(unix)]
mod signals;

use std::process::ExitCode;

use clap::Parser;
use zkc::commands::{self, Given, Input};
use zkc::inputs::{ImageScale, InputArg, ReadOptions};
use zkc::{Result, Samples};

use crate::approx::{ApproxArgs, Request};
use crate::args::{Cli, Command, SrsCommand};
use crate::console::Console;

fn main() -> ExitCode {
    console::install_panic_hook();
    #[cfg(unix)]
    signals::install();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // The command line could not be read, so it is asked word by word.
            let json = std::env::args_os().any(|arg| arg == "--json");
            return console::usage(&error, json).into();
        }
    };
    let console = Console::new(&cli.output);
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(cli.command, &console))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            console.error(&error);
            error.kind().exit_code().into()
        }
        // The hook has reported it.
        Err(_) => zkc::error::Kind::Bug.exit_code().into(),
    }
}

/// Runs a command and prints its report.
fn run(command: Command, console: &Console) -> Result<()> {
    match command {
        Command::Run(args) => {
            let options = args.options.into_options();
            let (files, scale) = args.input.into_parts();
            console.result(&commands::run(
                &args.model,
                &options,
                &args.commit.into_options(),
                input(&files, scale),
                console,
            )?)?;
        }
        Command::Compile(args) => {
            let (files, scale) = args.samples();
            let samples = Samples {
                args: &files,
                options: ReadOptions { image_scale: scale },
                exactly_one: false,
            };
            let options = args.options.into_options();
            console.done(&commands::compile(
                &args.model,
                &options,
                samples,
                &args.output,
                console,
            )?)?;
        }
        Command::Setup(args) => {
            let commit = args.commit.into_options();
            console.done(&commands::setup(
                &args.model,
                &commit,
                &args.pk,
                &args.vk,
                console,
            )?)?;
        }
        Command::Witness(args) => {
            let (files, scale) = args.input.into_parts();
            console.done(&commands::witness(
                &args.model,
                input(&files, scale),
                &args.output,
                console,
            )?)?;
        }
        Command::Prove(args) => {
            let (files, scale) = args.inputs();
            let given = match &args.witness {
                Some(witness) => Given::Witness(witness),
                None => Given::Input(input(&files, scale)),
            };
            console.done(&commands::prove(
                &args.model,
                &args.pk,
                args.srs.as_deref(),
                given,
                &args.output,
                console,
            )?)?;
        }
        Command::Verify(args) => {
            console.result(&commands::verify(
                &args.vk,
                &args.proof,
                args.expect.as_deref(),
                args.insecure_srs,
                console,
            )?)?;
        }
        Command::Infer(args) => {
            let (files, scale) = args.input.into_parts();
            console.result(&commands::infer(
                &args.model,
                input(&files, scale),
                console,
            )?)?;
        }
        Command::Mock(args) => {
            let (files, scale) = args.input.into_parts();
            console.result(&commands::mock(
                &args.model,
                input(&files, scale),
                args.audit,
                console,
            )?)?;
        }
        Command::Srs(SrsCommand::Generate(args)) => {
            console.done(&commands::generate_srs(
                args.k,
                args.insecure,
                &args.output,
                console,
            )?)?;
        }
        Command::Approx(args) => approx(args, console)?,
        Command::Inspect(args) => console.result(&commands::inspect(&args.model)?)?,
    }
    Ok(())
}

fn approx(args: ApproxArgs, console: &Console) -> Result<()> {
    let plot = args.plot.clone();
    let plot = plot.as_deref();
    match args.into_request()? {
        Request::Composite(step, alpha, stages) => {
            console.result(&commands::approx_composite(step, alpha, &stages, plot)?)
        }
        Request::Programs(function, domain, format, wanted) => {
            console.result(&commands::programs(&function, domain, format, wanted)?)
        }
        Request::Function(function, domain, form, basis) => {
            console.result(&commands::approx(&function, domain, &form, basis, plot)?)
        }
    }
}

fn input(args: &[InputArg], image_scale: ImageScale) -> Input<'_> {
    Input {
        args,
        options: ReadOptions { image_scale },
    }
}
