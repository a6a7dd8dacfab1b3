//! The terminal: progress and warnings on standard error, results on standard output.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use zkc::error::Kind;
use zkc::{Error, Result, Ui, printable, report};

use crate::args::OutputArgs;

/// Whether standard output must hold one JSON object, also when the program panics.
static JSON: AtomicBool = AtomicBool::new(false);

/// Whether a panic has been reported.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Prints what the library tells.
pub(crate) struct Console {
    json: bool,
    /// 0, 1, or 2 and more: steps and details, then also times.
    verbose: u8,
    quiet: bool,
    /// When the step that is going on began; only where times are told.
    began: Mutex<Option<Instant>>,
    /// The step that is going on; only on a terminal.
    spinner: Option<ProgressBar>,
    /// All warnings, for the JSON object.
    warnings: Mutex<Vec<String>>,
}

impl Console {
    pub(crate) fn new(args: &OutputArgs) -> Self {
        JSON.store(args.json, Ordering::Relaxed);
        let show = !args.quiet && args.verbose == 0 && io::stderr().is_terminal();
        let spinner = show.then(|| {
            let style = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}");
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = style {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        Console {
            json: args.json,
            verbose: args.verbose,
            quiet: args.quiet,
            began: Mutex::new(None),
            spinner,
            warnings: Mutex::new(Vec::new()),
        }
    }

    /// Prints the result of a command: the JSON object or the text.
    pub(crate) fn result(
        &self,
        report: &(impl serde::Serialize + std::fmt::Display),
    ) -> Result<()> {
        self.clear();
        let text = if self.json {
            let mut object = match serde_json::to_value(report) {
                Ok(Value::Object(object)) => object,
                // Every report is a struct of plain data.
                other => unreachable!("a report is no JSON object: {other:?}"),
            };
            let warnings = self
                .warnings
                .lock()
                .map(|warnings| warnings.clone())
                .unwrap_or_default();
            object.insert("warnings".into(), warnings.into());
            format!("{}\n", report::to_json(&object))
        } else {
            printable(&report.to_string()).into_owned()
        };
        written(print(&text))
    }

    /// The same for commands that leave a file: nothing when all is to be quiet.
    pub(crate) fn done(&self, report: &(impl serde::Serialize + std::fmt::Display)) -> Result<()> {
        if self.json || !self.quiet {
            self.result(report)
        } else {
            Ok(())
        }
    }

    /// Prints an error, and its JSON object where one is wanted.
    pub(crate) fn error(&self, error: &Error) {
        self.clear();
        if error.kind() == Kind::Bug && PANICKED.load(Ordering::Relaxed) {
            // It was caught on its way and became this error; the hook has reported it.
            return;
        }
        eprint(&format!("{error}\n"));
        if self.json {
            print_error(error);
        }
    }

    fn clear(&self) {
        self.tell_time();
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }

    /// Says how long the step took that is over now.
    fn tell_time(&self) {
        let began = self.began.lock().ok().and_then(|mut began| began.take());
        if let Some(began) = began {
            self.line(&format!("  took {:.2} s", began.elapsed().as_secs_f64()));
        }
    }

    fn line(&self, text: &str) {
        let text = printable(text);
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| eprint(&format!("{text}\n"))),
            None => eprint(&format!("{text}\n")),
        }
    }
}

impl Ui for Console {
    fn step(&self, name: &str) {
        match &self.spinner {
            Some(spinner) => {
                spinner.reset_elapsed();
                spinner.set_message(name.to_owned());
            }
            None if self.verbose > 0 => {
                self.tell_time();
                self.line(name);
                if let (2.., Ok(mut began)) = (self.verbose, self.began.lock()) {
                    *began = Some(Instant::now());
                }
            }
            None => {}
        }
    }

    fn warn(&self, text: &str) {
        if let Ok(mut warnings) = self.warnings.lock() {
            warnings.push(text.to_owned());
        }
        if !self.quiet {
            self.line(&format!("warning: {text}"));
        }
    }

    fn detail(&self, text: &str) {
        if self.verbose > 0 {
            self.line(&format!("  {text}"));
        }
    }
}

/// Writes to standard output. A reader that has gone away (`zkc inspect M.zkc | head`) is no error.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// What a failed write to standard output is to the user.
fn written(outcome: io::Result<()>) -> Result<()> {
    outcome.map_err(|error| Error::io("cannot write to", Path::new("standard output"), &error))
}

/// Prints the JSON object of an error. The exit code tells of it even where this cannot be written.
fn print_error(error: &Error) {
    let object = report::to_json(&json!({ "error": error }));
    let _ = print(&format!("{object}\n"));
}

fn eprint(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Reports the command line's own errors, `--help` and `--version`; returns the exit code.
pub(crate) fn usage(error: &clap::Error, json: bool) -> u8 {
    // Colours and the right stream are clap's business.
    let printed = match error.print() {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    };
    if !error.use_stderr() {
        return match written(printed) {
            Ok(()) => 0,
            Err(error) => {
                eprint(&format!("{error}\n"));
                error.kind().exit_code()
            }
        };
    }
    // What stands before the usage says what is wrong, possibly on several lines.
    let text = error.to_string();
    let wrong = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    let message = wrong.split_whitespace().collect::<Vec<_>>().join(" ");
    let error =
        Error::diagnostic(message).help("`zkc --help` and `zkc COMMAND --help` show what there is");
    if json {
        print_error(&error);
    }
    error.kind().exit_code()
}

/// Makes a panic a message that asks for a report, without a backtrace.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        // One panic may set off others, in threads that wait for each other.
        if PANICKED.swap(true, Ordering::Relaxed) {
            return;
        }
        let message = info.payload_as_str().unwrap_or("a panic without a message");
        let place = info
            .location()
            .map(|at| format!(" ({}:{})", at.file(), at.line()))
            .unwrap_or_default();
        let error = Error::bug(format!("{message}{place}"))
            .note(concat!("zkc ", env!("CARGO_PKG_VERSION")))
            .help(concat!(
                "this is not your fault; please report it with the command and, if you can, the model, at\n",
                env!("CARGO_PKG_REPOSITORY"),
                "/issues"
            ));
        eprint(&format!("\n{error}\n"));
        if JSON.load(Ordering::Relaxed) {
            print_error(&error);
        }
    }));
}
