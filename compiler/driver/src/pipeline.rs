//! The named pipelines: which passes run between which levels.
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`Stage::Core`] | `onnx` as imported | `onnx` in the core set, shapes static, constants folded, fused |
//! | [`Stage::Fixed`] | `onnx` in the core set | `zkarith`, functions as `poly_ext` records |
//! | [`Stage::Circuit`] | `zkarith` and `poly_ext` | `plonk` |

use crate::error::{Error, Result};
use crate::inputs::{InputSpec, ValueRange};
use crate::options::{Backend, CompileOptions};

/// A part of a compilation, between two levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// To the core set of `onnx`.
    Core,
    /// To exact integers.
    Fixed,
    /// To a circuit.
    Circuit,
}

/// Width of the limbs that formats are chosen for where lookups are sums.
const SUMS_LIMB_BITS: u32 = 8;

/// Fraction bits by default where weights are not in the way: a bit more costs next to nothing there.
const SUMS_FRACTION_BITS: u32 = 12;

/// Bits of values there, so that the bounds of deep networks cost no precision: as many as two factors may have whose
/// products are summed up, 2^14 of them, in an accumulator of `max-bits`.
const SUMS_VALUE_BITS: u32 = 48;

/// Bits of a value there that is not rescaled: more of them make sums of the next layer wider than a rescale costs.
const SUMS_RESCALE_ABOVE: u32 = 24;

impl Stage {
    /// All stages in their order.
    pub const ALL: [Stage; 3] = [Stage::Core, Stage::Fixed, Stage::Circuit];

    /// What the stage does, for progress.
    pub fn title(self) -> &'static str {
        match self {
            Stage::Core => "simplifying the model",
            Stage::Fixed => "choosing formats and functions",
            Stage::Circuit => "laying out the circuit",
        }
    }

    /// The passes of the stage for a model with these inputs, as MLIR's pass manager reads them.
    ///
    /// An error when the name of an input cannot stand in an option.
    pub fn passes(self, options: &CompileOptions, inputs: &[InputSpec]) -> Result<Vec<String>> {
        let plain = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        Ok(match self {
            Stage::Core => plain(&[
                "onnx-infer-shapes",
                "onnx-fold-constants",
                "onnx-decompose",
                "onnx-fuse",
            ]),
            Stage::Fixed => {
                let mut conversion = Vec::new();
                let precise = match options.backend {
                    Backend::Halo2 => None,
                    Backend::Halo2Axiom => Some(SUMS_FRACTION_BITS),
                };
                if let Some(bits) = options.fraction_bits.or(precise) {
                    conversion.push(format!("fraction-bits={bits}"));
                }
                if let Some(ranges) = input_range(inputs)? {
                    conversion.push(format!("input-range={ranges}"));
                }
                // Few rows have room for narrow limbs only; which are cheap where lookups are sums.
                let limbs: Vec<String> = match options.backend {
                    Backend::Halo2 => Vec::new(),
                    Backend::Halo2Axiom => vec![format!("limb-bits={SUMS_LIMB_BITS}")],
                };
                conversion.extend(limbs.iter().cloned());
                if precise.is_some() {
                    conversion.push(format!("value-bits={SUMS_VALUE_BITS}"));
                    conversion.push(format!("rescale-above={SUMS_RESCALE_ABOVE}"));
                }
                vec![
                    with_options("convert-onnx-to-zkarith", &conversion),
                    "zkarith-fold-constants".into(),
                    "zkarith-merge-scales".into(),
                    with_options("zkarith-pool-early", &limbs),
                    "convert-zkarith-to-poly-ext".into(),
                    "zkarith-verify-bounds".into(),
                ]
            }
            Stage::Circuit => {
                let public = [
                    format!("public-inputs={}", options.public.inputs),
                    format!("public-outputs={}", options.public.outputs),
                ];
                let conversion = with_options("convert-zkarith-to-plonk", &public);
                match options.backend {
                    Backend::Halo2 => vec!["zkarith-plan-layout".into(), conversion],
                    // Sums over lookups need challenges, which `halo2_proofs` does not have.
                    Backend::Halo2Axiom => {
                        let mut plan = vec!["layout=any".to_owned(), "lookups=sums".to_owned()];
                        plan.extend(public);
                        vec![
                            with_options("zkarith-plan-layout", &plan),
                            conversion,
                            "plonk-lower-lookups".into(),
                        ]
                    }
                }
            }
        })
    }
}

/// The pipeline of some passes.
pub(crate) fn text(passes: &[String]) -> String {
    format!("builtin.module({})", passes.join(","))
}

fn with_options(pass: &str, options: &[String]) -> String {
    if options.is_empty() {
        pass.into()
    } else {
        format!("{pass}{{{}}}", options.join(" "))
    }
}

/// The ranges as the conversion's option takes them: one for all, or by name, apart by `;`.
fn input_range(inputs: &[InputSpec]) -> Result<Option<String>> {
    let Some(first) = inputs.first() else {
        return Ok(None);
    };
    if inputs.iter().all(|input| input.range == first.range) {
        return Ok(first.range.map(show));
    }
    let mut ranges = Vec::new();
    for input in inputs {
        let Some(range) = input.range else { continue };
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || ";{}\"'\\".contains(c);
        if input.name.is_empty() || input.name.contains(forbidden) {
            return Err(Error::diagnostic(format!(
                "the name of input \"{}\" cannot stand in a pass option",
                input.name.escape_debug()
            ))
            .note("inputs of different ranges are told apart by their names")
            .help("declare one range for all inputs, or rename the input in the model"));
        }
        ranges.push(format!("{}={}", input.name, show(range)));
    }
    Ok(Some(ranges.join(";")))
}

/// A range in digits that read back as the same numbers.
fn show(range: ValueRange) -> String {
    format!("{}:{}", range.lo, range.hi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::tests::spec;

    fn with_range(name: &str, lo: f64, hi: f64) -> InputSpec {
        InputSpec {
            range: Some(ValueRange { lo, hi }),
            ..spec(name, &[1])
        }
    }

    fn conversion(options: &CompileOptions, inputs: &[InputSpec]) -> String {
        Stage::Fixed.passes(options, inputs).unwrap().remove(0)
    }

    #[test]
    fn options_reach_the_passes() {
        let halo2 = CompileOptions {
            backend: Backend::Halo2,
            ..CompileOptions::default()
        };
        let mut options = CompileOptions {
            fraction_bits: Some(7),
            ..halo2.clone()
        };
        options.public.inputs = true;
        let one = [with_range("x", -0.5, 3.0)];
        assert_eq!(
            conversion(&options, &one),
            "convert-onnx-to-zkarith{fraction-bits=7 input-range=-0.5:3}"
        );
        let two = [with_range("a=b", 0.0, 1.0), with_range("y", 0.0, 256.0)];
        assert_eq!(
            conversion(&halo2, &two),
            "convert-onnx-to-zkarith{input-range=a=b=0:1;y=0:256}"
        );
        assert_eq!(
            conversion(&CompileOptions::default(), &one),
            "convert-onnx-to-zkarith{fraction-bits=12 input-range=-0.5:3 limb-bits=8 value-bits=48 rescale-above=24}"
        );
        let mut circuit = |backend| {
            options.backend = backend;
            text(&Stage::Circuit.passes(&options, &one).unwrap())
        };
        assert_eq!(
            circuit(Backend::Halo2),
            "builtin.module(zkarith-plan-layout,convert-zkarith-to-plonk{public-inputs=true public-outputs=true})"
        );
        assert_eq!(
            circuit(Backend::Halo2Axiom),
            "builtin.module(zkarith-plan-layout{layout=any lookups=sums public-inputs=true public-outputs=true},\
             convert-zkarith-to-plonk{public-inputs=true public-outputs=true},plonk-lower-lookups)"
        );
    }

    #[test]
    fn names_that_options_cannot_hold_are_refused_only_where_they_matter() {
        let same = [with_range("a b", 0.0, 1.0), with_range("c", 0.0, 1.0)];
        let halo2 = CompileOptions {
            backend: Backend::Halo2,
            ..CompileOptions::default()
        };
        assert_eq!(
            conversion(&halo2, &same),
            "convert-onnx-to-zkarith{input-range=0:1}"
        );
        for (name, shown) in [("a b", "a b"), ("a\0", "a\\0")] {
            let different = [with_range(name, 0.0, 1.0), with_range("c", 0.0, 2.0)];
            let error = Stage::Fixed
                .passes(&CompileOptions::default(), &different)
                .unwrap_err();
            assert_eq!(
                error.message(),
                format!("the name of input \"{shown}\" cannot stand in a pass option")
            );
        }
    }

    #[test]
    fn the_stages_run_every_registered_pass_in_its_order() {
        let of_mlir = ["canonicalize", "cse", "symbol-dce"];
        // It finds nothing in what a compilation writes.
        let on_demand = ["verify-approximations"];
        let inputs = [with_range("x", 0.0, 1.0)];
        for backend in Backend::ALL {
            let options = CompileOptions {
                backend,
                ..CompileOptions::default()
            };
            let stages = Stage::ALL.into_iter();
            let passes = stages.flat_map(|stage| stage.passes(&options, &inputs).unwrap());
            let names = passes.map(|pass| pass.split('{').next().unwrap_or_default().to_owned());
            let ours: Vec<String> = names
                .filter(|name| !of_mlir.contains(&name.as_str()))
                .collect();
            let registered = zkc_passes::PASSES.iter().map(|pass| pass.name);
            let registered: Vec<&str> = registered
                .filter(|name| backend != Backend::Halo2 || *name != "plonk-lower-lookups")
                .filter(|name| !on_demand.contains(name))
                .collect();
            assert_eq!(ours, registered, "{}", backend.name());
        }
    }
}
