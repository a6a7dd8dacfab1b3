//! The command line.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, ValueHint};
use zkc::inputs::{ImageScale, InputArg};
use zkc::options::{
    Backend, CommitOptions, Commitment, CompileOptions, RangeOption, SRS_K, Visibility,
    parse_constant_input, parse_dim,
};

use crate::approx::ApproxArgs;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0    done; for `verify` and `run`: the proof is valid
  1    the model, an option or a file cannot be used, or a proof or an expectation does not hold
  2    a limit is exceeded (rows, columns, bits); the message says what would do
  101  an internal error; please report it";

/// Compiles trained ONNX models to zero-knowledge circuits and proves inferences with them.
///
/// A proof says: there is an input in the declared range for which the fixed-point program of the model, exactly as
/// `zkc infer` evaluates it, gives these outputs.
#[derive(Debug, Parser)]
#[command(name = "zkc", version, styles = STYLES, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Print one JSON object on standard output; everything else goes to standard error
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Say more about what is done; given twice, also how long each step takes
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
    /// Say nothing but results and errors: no progress, no warnings
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compile a model, set up keys, prove one inference and verify the proof
    Run(RunArgs),
    /// Compile a model
    Compile(CompileArgs),
    /// Make the proving and the verifying key of a compiled model
    Setup(SetupArgs),
    /// Compute the witness of one inference
    Witness(WitnessArgs),
    /// Prove one inference
    Prove(ProveArgs),
    /// Verify a proof and print the public values it shows
    Verify(VerifyArgs),
    /// Evaluate a compiled model: fixed-point outputs beside the float ones
    Infer(InferArgs),
    /// Check all constraints for one inference, without keys or a proof
    Mock(MockArgs),
    /// Show what a compiled model consists of
    Inspect(InspectArgs),
    /// Find approximations of a function and show their errors
    Approx(ApproxArgs),
    /// Files with the parameters of commitment `kzg`
    #[command(subcommand)]
    Srs(SrsCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum SrsCommand {
    /// Make an insecure setup for tests: its secret is published, so that anybody can forge proofs
    Generate(GenerateArgs),
}

/// Options of a compilation.
#[derive(Debug, Args)]
#[command(next_help_heading = "Compilation")]
pub(crate) struct ModelOptions {
    /// Range of the inputs, for all or for one by name; every value inside can be proven, none outside
    #[arg(long, value_name = "[NAME=]a:b", allow_hyphen_values = true)]
    input_range: Vec<RangeOption>,
    /// What the proof makes public: inputs, outputs or both; the rest stays private
    #[arg(long, value_name = "LIST", default_value = "outputs")]
    public: Visibility,
    /// The proof system
    #[arg(long, value_enum, default_value_t = Backend::DEFAULT.into())]
    backend: BackendArg,
    /// Fraction bits of activations of magnitude one, 10 unless given (12 with halo2-axiom); larger ones get fewer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=24))]
    fraction_bits: Option<u32>,
    /// Value of a symbolic dimension
    #[arg(long, value_name = "NAME=N", value_parser = parse_dim)]
    dim: Vec<(String, u64)>,
    /// Make a graph input a constant with the value in a file
    #[arg(long, value_name = "NAME=FILE", value_parser = parse_constant_input)]
    constant_input: Vec<(String, PathBuf)>,
}

impl ModelOptions {
    pub(crate) fn into_options(self) -> CompileOptions {
        CompileOptions {
            ranges: self.input_range,
            public: self.public,
            backend: match self.backend {
                BackendArg::Halo2 => Backend::Halo2,
                BackendArg::Halo2Axiom => Backend::Halo2Axiom,
            },
            fraction_bits: self.fraction_bits,
            dims: self.dim,
            constant_inputs: self.constant_input,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum BackendArg {
    /// halo2_proofs on the Pasta curves: commitment ipa
    Halo2,
    /// halo2-axiom on BN254: commitments kzg and ipa, stored keys, lookups as sums
    Halo2Axiom,
}

impl From<Backend> for BackendArg {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Halo2 => BackendArg::Halo2,
            Backend::Halo2Axiom => BackendArg::Halo2Axiom,
        }
    }
}

/// How proofs commit to polynomials.
#[derive(Debug, Args)]
#[command(next_help_heading = "Commitment")]
pub(crate) struct CommitArgs {
    /// How proofs commit to polynomials, ipa unless given
    #[arg(long, value_enum)]
    commitment: Option<CommitmentArg>,
    /// The setup of kzg: a file of parameters for at least as many rows as the circuit has
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    srs: Option<PathBuf>,
    /// For tests: use an insecure setup for kzg, whose secret is published; without --srs it is made
    #[arg(long)]
    insecure_srs: bool,
}

impl CommitArgs {
    pub(crate) fn into_options(self) -> CommitOptions {
        CommitOptions {
            commitment: self.commitment.map(|commitment| match commitment {
                CommitmentArg::Kzg => Commitment::Kzg,
                CommitmentArg::Ipa => Commitment::Ipa,
            }),
            srs: self.srs,
            insecure_srs: self.insecure_srs,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CommitmentArg {
    /// small proofs that verify fast; needs a setup whose makers are trusted; halo2-axiom only
    Kzg,
    /// no trusted setup
    Ipa,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ImageScaleArg {
    /// unit where the declared range goes up to 1 at most, else raw
    #[default]
    Auto,
    /// pixels as they are, 0 to 255
    Raw,
    /// pixels divided by 255, 0 to 1
    Unit,
}

/// The input of one inference.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputOptions {
    /// Input: EZKL-style .json, .npy, .pb (ONNX TensorProto), a grey .png, or a folder with input_0.pb, ...; one per
    /// graph input, in order or by name
    #[arg(long = "input", value_name = "[NAME=]FILE", value_hint = ValueHint::AnyPath)]
    input: Vec<String>,
    /// How the pixels of an image become numbers
    #[arg(long, value_enum, default_value_t)]
    image_scale: ImageScaleArg,
}

impl InputOptions {
    pub(crate) fn into_parts(self) -> (Vec<InputArg>, ImageScale) {
        (
            self.input
                .iter()
                .map(|text| InputArg::parse(text))
                .collect(),
            self.image_scale.into(),
        )
    }
}

impl From<ImageScaleArg> for ImageScale {
    fn from(arg: ImageScaleArg) -> Self {
        match arg {
            ImageScaleArg::Auto => ImageScale::Auto,
            ImageScaleArg::Raw => ImageScale::Raw,
            ImageScaleArg::Unit => ImageScale::Unit,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The model
    #[arg(value_name = "MODEL.onnx", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) input: InputOptions,
    #[command(flatten)]
    pub(crate) options: ModelOptions,
    #[command(flatten)]
    pub(crate) commit: CommitArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// The model
    #[arg(value_name = "MODEL.onnx", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
    /// Where the compiled model goes
    #[arg(short, long, value_name = "M.zkc", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// Sample input from which the range is taken where none is declared; may be repeated
    #[arg(long = "input", value_name = "[NAME=]FILE", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    input: Vec<String>,
    /// How the pixels of an image become numbers
    #[arg(long, value_enum, default_value_t, help_heading = "Input")]
    image_scale: ImageScaleArg,
    #[command(flatten)]
    pub(crate) options: ModelOptions,
}

impl CompileArgs {
    pub(crate) fn samples(&self) -> (Vec<InputArg>, ImageScale) {
        (
            self.input
                .iter()
                .map(|text| InputArg::parse(text))
                .collect(),
            self.image_scale.into(),
        )
    }
}

#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    /// The compiled model
    #[arg(value_name = "M.zkc", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
    /// Where the proving key goes
    #[arg(long, value_name = "M.pk", value_hint = ValueHint::FilePath)]
    pub(crate) pk: PathBuf,
    /// Where the verifying key goes; with backend halo2, public weights are visible in it
    #[arg(long, value_name = "M.vk", value_hint = ValueHint::FilePath)]
    pub(crate) vk: PathBuf,
    #[command(flatten)]
    pub(crate) commit: CommitArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    /// The compiled model
    #[arg(value_name = "M.zkc", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) input: InputOptions,
    /// Where the witness goes; it holds the private input
    #[arg(short, long, value_name = "W", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("given").args(["input", "witness"]))]
pub(crate) struct ProveArgs {
    /// The compiled model
    #[arg(value_name = "M.zkc", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
    /// The proving key
    #[arg(long, value_name = "M.pk", value_hint = ValueHint::FilePath)]
    pub(crate) pk: PathBuf,
    /// The setup of a kzg key, where its parameters are not in the cache
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) srs: Option<PathBuf>,
    /// Where the proof goes
    #[arg(short, long, value_name = "P", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// A witness that `zkc witness` made
    #[arg(long, value_name = "W", value_hint = ValueHint::FilePath, help_heading = "Input")]
    pub(crate) witness: Option<PathBuf>,
    /// Input, as for `zkc run`
    #[arg(long = "input", value_name = "[NAME=]FILE", value_hint = ValueHint::AnyPath, help_heading = "Input")]
    input: Vec<String>,
    /// How the pixels of an image become numbers
    #[arg(long, value_enum, default_value_t, help_heading = "Input")]
    image_scale: ImageScaleArg,
}

impl ProveArgs {
    pub(crate) fn inputs(&self) -> (Vec<InputArg>, ImageScale) {
        (
            self.input
                .iter()
                .map(|text| InputArg::parse(text))
                .collect(),
            self.image_scale.into(),
        )
    }
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The verifying key
    #[arg(long, value_name = "M.vk", value_hint = ValueHint::FilePath)]
    pub(crate) vk: PathBuf,
    /// The proof
    #[arg(long, value_name = "P", value_hint = ValueHint::FilePath)]
    pub(crate) proof: PathBuf,
    /// The public values the proof must show: {"outputs": [[...]], "inputs": [[...]]} in real numbers, each of them
    /// exactly; what `infer --json` or `run --json` printed will do
    #[arg(long, value_name = "PUBLIC.json", value_hint = ValueHint::FilePath)]
    pub(crate) expect: Option<PathBuf>,
    /// For tests: accept a key of the insecure setup, whose proofs anybody can forge
    #[arg(long)]
    pub(crate) insecure_srs: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InferArgs {
    /// The compiled model
    #[arg(value_name = "M.zkc", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) input: InputOptions,
}

#[derive(Debug, Args)]
pub(crate) struct MockArgs {
    /// The compiled model
    #[arg(value_name = "M.zkc", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
    #[command(flatten)]
    pub(crate) input: InputOptions,
    /// Also check that every witness cell is pinned by a constraint
    #[arg(long)]
    pub(crate) audit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The compiled model
    #[arg(value_name = "M.zkc", value_hint = ValueHint::FilePath)]
    pub(crate) model: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Base-2 logarithm of the most rows that a circuit may have
    #[arg(short, value_name = "K", value_parser = clap::value_parser!(u32).range(i64::from(*SRS_K.start())..=i64::from(*SRS_K.end())))]
    pub(crate) k: u32,
    /// Where the setup goes
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// The setup may be insecure; there is no other
    #[arg(long)]
    pub(crate) insecure: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.command)
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_takes_every_option() {
        let line = "zkc run m.onnx --input a.npy --input b=c.pb --input-range -1:1 --input-range b=0:1 \
                    --public inputs,outputs --backend halo2 --fraction-bits 12 --dim batch=2 \
                    --constant-input mask=m.npy --image-scale unit --json -v";
        let Ok(Command::Run(run)) = parse(line) else {
            panic!("{:?}", parse(line))
        };
        let (inputs, scale) = run.input.into_parts();
        assert_eq!(inputs[1].name.as_deref(), Some("b"));
        assert_eq!(scale, ImageScale::Unit);
        let options = run.options.into_options();
        assert_eq!(options.ranges.len(), 2);
        assert_eq!(
            options.public,
            Visibility {
                inputs: true,
                outputs: true
            }
        );
        assert_eq!(options.fraction_bits, Some(12));
        assert_eq!(options.dims, [("batch".to_owned(), 2)]);
        assert_eq!(
            options.constant_inputs,
            [("mask".to_owned(), PathBuf::from("m.npy"))]
        );
    }

    #[test]
    fn the_lines_of_the_manual_parse() {
        for line in [
            "zkc run MODEL.onnx --input IN",
            "zkc compile MODEL.onnx -o M.zkc --input-range 0:1",
            "zkc compile MODEL.onnx -o M.zkc --input IN --input IN2",
            "zkc setup M.zkc --pk M.pk --vk M.vk",
            "zkc compile MODEL.onnx -o M.zkc --backend halo2-axiom",
            "zkc setup M.zkc --pk M.pk --vk M.vk --commitment ipa",
            "zkc setup M.zkc --pk M.pk --vk M.vk --commitment kzg --srs FILE",
            "zkc setup M.zkc --pk M.pk --vk M.vk --commitment kzg --srs FILE --insecure-srs",
            "zkc run MODEL.onnx --input IN --backend halo2-axiom --commitment kzg --insecure-srs",
            "zkc prove M.zkc --pk M.pk --srs FILE --input IN -o P",
            "zkc verify --vk M.vk --proof P --insecure-srs",
            "zkc srs generate --insecure -k 12 -o FILE",
            "zkc srs generate -k 12 -o FILE",
            "zkc witness M.zkc --input IN -o W",
            "zkc prove M.zkc --pk M.pk --input IN -o P",
            "zkc prove M.zkc --pk M.pk --witness W -o P",
            "zkc verify --vk M.vk --proof P",
            "zkc verify --vk M.vk --proof P --expect PUBLIC.json --json",
            "zkc --json infer M.zkc --input IN",
            "zkc mock M.zkc --input IN -q",
            "zkc inspect M.zkc -vv",
            "zkc approx gelu --domain -8:8 --degree 7 --json",
            "zkc approx exp --domain -16:0 --segments 64 --piece-degree 2 --knots free",
            "zkc approx sigmoid --domain -8:8 --rational 5,5 --basis monomial",
            "zkc approx --composite-sign 10 --minimize depth",
            "zkc approx gelu --domain -8:8 --segments 64 --piece-degree 2 --format 2^-12,16",
            "zkc approx gelu --domain -8:8 --format 2^-20,25 --target-error 1e-6 --json",
            "zkc approx relu --composite-sign 12 --degrees 7,15,27",
            // A model without inputs.
            "zkc run MODEL.onnx",
            "zkc prove M.zkc --pk M.pk -o P",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line));
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for line in [
            "zkc",
            "zkc run MODEL.onnx --input IN --input-range 1",
            "zkc run MODEL.onnx --input IN --public weights",
            "zkc run MODEL.onnx --input IN --backend plonky",
            "zkc run MODEL.onnx --input IN --commitment fri",
            "zkc run MODEL.onnx --input IN --fraction-bits 0",
            "zkc compile MODEL.onnx -o M.zkc --commitment kzg",
            "zkc srs generate --insecure -k 3 -o FILE",
            "zkc srs generate --insecure -k 24 -o FILE",
            "zkc srs",
            "zkc run MODEL.onnx --input IN --dim batch",
            "zkc compile MODEL.onnx",
            "zkc prove M.zkc --pk M.pk --input IN --witness W -o P",
            "zkc inspect M.zkc -q -v",
            "zkc approx gelu --domain -8:8",
            "zkc approx gelu --degree 7",
            "zkc approx gelu --domain -8:8 --degree 7 --segments 4",
            "zkc approx gelu --domain -8:8 --degree 7 --knots free",
            "zkc approx gelu --domain -8:8 --degree 7 --format 2^-12,16",
            "zkc approx gelu --domain -8:8 --segments 7 --format 12,16",
            "zkc approx gelu --domain -8:8 --target-error 1e-3",
            "zkc approx --composite-sign 10 --degrees 7,7 --minimize mult",
            "zkc approx sigmoid --domain -8:8 --rational 5",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
