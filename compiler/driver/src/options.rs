//! What a caller may say about a compilation, and about keys and proofs.

mod proof_system;

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::inputs::{ElementType, InputSpec, Sample, ValueRange};
pub use crate::options::proof_system::{
    Backend, CommitOptions, Commitment, DEFAULT_COMMITMENT, SRS_K,
};

/// Options of a compilation. The default asks for nothing: ranges come from sample inputs, inputs are private, outputs
/// public.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompileOptions {
    /// Declared input ranges: at most one by name for each input, which goes before at most one for all.
    pub ranges: Vec<RangeOption>,
    /// What the proof makes public.
    pub public: Visibility,
    /// The proof system.
    pub backend: Backend,
    /// Fraction bits of activations of magnitude one; larger ones get fewer. The backend's default when absent.
    pub fraction_bits: Option<u32>,
    /// Values of symbolic dimensions, by name.
    pub dims: Vec<(String, u64)>,
    /// Graph inputs that become constants, each with the file that holds the value.
    pub constant_inputs: Vec<(String, PathBuf)>,
}

/// An input range, for one input or for all.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeOption {
    /// The graph input; `None` for all.
    pub name: Option<String>,
    /// The range.
    pub range: ValueRange,
}

/// Which values the proof makes public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    /// Whether inputs are public.
    pub inputs: bool,
    /// Whether outputs are public.
    pub outputs: bool,
}

impl Default for Visibility {
    /// Private inputs, public outputs.
    fn default() -> Self {
        Visibility {
            inputs: false,
            outputs: true,
        }
    }
}

impl FromStr for Visibility {
    type Err = String;

    /// Reads a list such as `inputs,outputs`; what is not in it is private.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut visibility = Visibility {
            inputs: false,
            outputs: false,
        };
        for word in text.split(',') {
            let flag = match word.trim() {
                "inputs" => &mut visibility.inputs,
                "outputs" => &mut visibility.outputs,
                "" => return Err("name `inputs`, `outputs` or `inputs,outputs`".into()),
                other => return Err(format!("`{other}` is neither `inputs` nor `outputs`")),
            };
            if std::mem::replace(flag, true) {
                return Err(format!("`{}` stands twice", word.trim()));
            }
        }
        Ok(visibility)
    }
}

impl FromStr for ValueRange {
    type Err = String;

    /// Reads `a:b` with finite `a < b`.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| -> Result<f64, String> {
            match text.trim().parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(value),
                _ => Err(format!("`{text}` is not a finite number")),
            }
        };
        let (lo, hi) = text
            .split_once(':')
            .ok_or_else(|| "a range is written a:b, for example 0:1".to_owned())?;
        let (lo, hi) = (number(lo)?, number(hi)?);
        if lo < hi {
            Ok(ValueRange { lo, hi })
        } else {
            Err(format!("{lo} is not below {hi}"))
        }
    }
}

impl FromStr for RangeOption {
    type Err = String;

    /// Reads `a:b` or `NAME=a:b`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some(("", _)) => Err("the name before `=` is empty".into()),
            Some((name, range)) => Ok(RangeOption {
                name: Some(name.into()),
                range: range.parse()?,
            }),
            None => Ok(RangeOption {
                name: None,
                range: text.parse()?,
            }),
        }
    }
}

/// Reads `NAME=N` of `--dim`.
pub fn parse_dim(text: &str) -> Result<(String, u64), String> {
    // The last `=`: a number has none, a name may.
    let (name, size) = text
        .rsplit_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("write it as NAME=N")?;
    match size.parse::<u64>() {
        Ok(size) if size > 0 => Ok((name.to_owned(), size)),
        _ => Err(format!("`{size}` is not a positive whole number")),
    }
}

/// Reads `NAME=FILE` of `--constant-input`.
pub fn parse_constant_input(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), file.into()))
        }
        _ => Err("write it as NAME=FILE".into()),
    }
}

impl CompileOptions {
    /// The declared range of each input, in order; `None` where none is declared.
    ///
    /// An error when a range names an input that the model does not have, or when two are for the same.
    pub fn declared_ranges(&self, specs: &[InputSpec]) -> Result<Vec<Option<ValueRange>>> {
        for (index, option) in self.ranges.iter().enumerate() {
            if self.ranges[..index]
                .iter()
                .any(|other| other.name == option.name)
            {
                return Err(Error::diagnostic(match &option.name {
                    Some(name) => format!("`--input-range {name}=...` is given twice"),
                    None => "`--input-range` without a name is given twice".into(),
                })
                .help("`--input-range NAME=a:b` is the range of one input"));
            }
            let Some(name) = &option.name else { continue };
            if !specs.iter().any(|spec| spec.name == *name) {
                let names: Vec<String> = specs
                    .iter()
                    .map(|spec| format!("\"{}\"", spec.name))
                    .collect();
                return Err(Error::diagnostic(format!(
                    "`--input-range` names \"{name}\", but the model has no such input"
                ))
                .note(match names.len() {
                    0 => "it has none".into(),
                    _ => format!("its inputs are {}", names.join(", ")),
                }));
            }
        }
        let find = |name: Option<&str>| {
            self.ranges
                .iter()
                .find(|option| option.name.as_deref() == name)
                .map(|option| option.range)
        };
        Ok(specs
            .iter()
            .map(|spec| find(Some(&spec.name)).or_else(|| find(None)))
            .collect())
    }
}

/// The range of every input: the declared one, or else one that covers the samples.
///
/// A range that is not declared is `0 : 2^m` when no sample is negative and `-2^m : 2^m` otherwise, with the least such
/// `m`; whole-number inputs of at most 16 bits and booleans have the range of their type. The texts say what was
/// assumed. An error names the first input for which nothing is known.
pub fn resolve_ranges(
    specs: &[InputSpec],
    declared: &[Option<ValueRange>],
    samples: &[Sample],
) -> Result<(Vec<ValueRange>, Vec<String>)> {
    let mut notes = Vec::new();
    let mut ranges = Vec::with_capacity(specs.len());
    for (index, (spec, declared)) in specs.iter().zip(declared).enumerate() {
        if let Some(range) = declared {
            ranges.push(*range);
            continue;
        }
        if let Some(range) = range_of_type(spec.element) {
            ranges.push(range);
            continue;
        }
        if samples.is_empty() {
            return Err(Error::diagnostic(format!("the range of input \"{}\" is not known", spec.name))
                .note("every value inside the declared range can be proven, none outside of it")
                .help(
                    "give it with `--input-range a:b` (or `--input-range NAME=a:b`), or give sample inputs with \
                     `--input FILE`",
                ));
        }
        let range = cover(samples.iter().map(|sample| &sample.tensors[index].values));
        notes.push(format!(
            "no range is declared for input \"{}\"; {range} covers the given {} and is assumed",
            spec.name,
            if samples.len() == 1 {
                "values"
            } else {
                "samples"
            }
        ));
        ranges.push(range);
    }
    Ok((ranges, notes))
}

fn range_of_type(element: ElementType) -> Option<ValueRange> {
    let range = |lo, hi| Some(ValueRange { lo, hi });
    match element {
        ElementType::Bool => range(0.0, 1.0),
        ElementType::Integer {
            bits: bits @ ..=16,
            signed,
        } => {
            let span = f64::from(1u32 << bits);
            if signed {
                range(-span / 2.0, span / 2.0 - 1.0)
            } else {
                range(0.0, span - 1.0)
            }
        }
        _ => None,
    }
}

fn cover<'a>(samples: impl Iterator<Item = &'a crate::inputs::Values>) -> ValueRange {
    let (mut largest, mut negative) = (0f64, false);
    for values in samples {
        for index in 0..values.len() {
            let value = values.real(index);
            largest = largest.max(value.abs());
            negative |= value < 0.0;
        }
    }
    let mut power = 1.0;
    if largest > 0.0 {
        while power < largest {
            power *= 2.0;
        }
        while power / 2.0 >= largest {
            power /= 2.0;
        }
    }
    ValueRange {
        lo: if negative { -power } else { 0.0 },
        hi: power,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::tests::spec;
    use crate::inputs::{Tensor, Values};

    fn sample(values: &[f64]) -> Sample {
        let tensor = Tensor {
            shape: vec![values.len()],
            values: Values::Real(values.to_vec()),
        };
        Sample {
            tensors: vec![tensor],
            notes: Vec::new(),
        }
    }

    #[test]
    fn ranges_are_parsed() {
        assert_eq!("0:1".parse(), Ok(ValueRange { lo: 0.0, hi: 1.0 }));
        assert_eq!(
            "-2.5:1e3".parse(),
            Ok(ValueRange {
                lo: -2.5,
                hi: 1000.0
            })
        );
        assert_eq!(
            "a=b=-1:1".parse(),
            Ok(RangeOption {
                name: Some("a=b".into()),
                range: ValueRange { lo: -1.0, hi: 1.0 }
            })
        );
        for text in ["", "1", "1:1", "2:1", "nan:1", "0:inf", "0:1:2", "a:1"] {
            assert!(text.parse::<ValueRange>().is_err(), "{text}");
        }
        assert!("=0:1".parse::<RangeOption>().is_err());
    }

    #[test]
    fn visibility_is_a_list() {
        let parse = |text: &str| text.parse::<Visibility>();
        assert_eq!(
            parse("outputs"),
            Ok(Visibility {
                inputs: false,
                outputs: true
            })
        );
        assert_eq!(
            parse("inputs, outputs"),
            Ok(Visibility {
                inputs: true,
                outputs: true
            })
        );
        assert_eq!(
            parse("weights"),
            Err("`weights` is neither `inputs` nor `outputs`".into())
        );
        assert_eq!(parse("inputs,inputs"), Err("`inputs` stands twice".into()));
        assert!(parse("").is_err());
    }

    #[test]
    fn dims_and_constant_inputs_have_names() {
        assert_eq!(parse_dim("batch=4"), Ok(("batch".into(), 4)));
        assert!(parse_dim("batch=0").is_err());
        assert!(parse_dim("4").is_err());
        assert_eq!(
            parse_constant_input("a=b.npy"),
            Ok(("a".into(), "b.npy".into()))
        );
        assert!(parse_constant_input("a=").is_err());
    }

    #[test]
    fn a_range_by_name_goes_before_one_for_all() {
        let options = CompileOptions {
            ranges: vec!["b=0:2".parse().unwrap(), "0:1".parse().unwrap()],
            ..CompileOptions::default()
        };
        let ranges = options
            .declared_ranges(&[spec("a", &[1]), spec("b", &[1])])
            .unwrap();
        assert_eq!(
            ranges
                .iter()
                .map(|range| range.unwrap().hi)
                .collect::<Vec<_>>(),
            [1.0, 2.0]
        );
        let error = options.declared_ranges(&[spec("a", &[1])]).unwrap_err();
        assert_eq!(
            error.message(),
            "`--input-range` names \"b\", but the model has no such input"
        );
    }

    #[test]
    fn a_range_is_given_once() {
        let message = |ranges: [&str; 2]| {
            let options = CompileOptions {
                ranges: ranges.map(|range| range.parse().unwrap()).into(),
                ..CompileOptions::default()
            };
            let specs = [spec("a", &[1]), spec("b", &[1])];
            let error = options.declared_ranges(&specs).err();
            error.map(|error| error.message().to_owned())
        };
        assert_eq!(
            message(["a=0:1", "a=0:2"]).unwrap(),
            "`--input-range a=...` is given twice"
        );
        assert_eq!(
            message(["0:1", "0:1"]).unwrap(),
            "`--input-range` without a name is given twice"
        );
        assert_eq!(message(["a=0:1", "b=0:1"]), None);
        assert_eq!(message(["a=0:1", "0:2"]), None);
    }

    #[test]
    fn undeclared_ranges_cover_the_samples_by_powers_of_two() {
        let covered = |values: &[f64]| {
            let (ranges, notes) =
                resolve_ranges(&[spec("x", &[1])], &[None], &[sample(values)]).unwrap();
            assert_eq!(notes.len(), 1);
            (ranges[0].lo, ranges[0].hi)
        };
        assert_eq!(covered(&[0.0, 0.7]), (0.0, 1.0));
        assert_eq!(covered(&[0.0, 1.0]), (0.0, 1.0));
        assert_eq!(covered(&[255.0]), (0.0, 256.0));
        assert_eq!(covered(&[-0.2, 0.1]), (-0.25, 0.25));
        assert_eq!(covered(&[0.0]), (0.0, 1.0));
        let both = [sample(&[0.5]), sample(&[-3.0])];
        let (ranges, notes) = resolve_ranges(&[spec("x", &[1])], &[None], &both).unwrap();
        assert_eq!((ranges[0].lo, ranges[0].hi), (-4.0, 4.0));
        assert_eq!(
            notes,
            ["no range is declared for input \"x\"; -4:4 covers the given samples and is assumed"]
        );
    }

    #[test]
    fn without_range_or_sample_both_are_asked_for() {
        let error = resolve_ranges(&[spec("x", &[1])], &[None], &[]).unwrap_err();
        assert_eq!(error.message(), "the range of input \"x\" is not known");
        let byte = InputSpec {
            element: ElementType::Integer {
                bits: 8,
                signed: true,
            },
            ..spec("x", &[1])
        };
        let (ranges, notes) = resolve_ranges(&[byte], &[None], &[]).unwrap();
        assert_eq!((ranges[0].lo, ranges[0].hi), (-128.0, 127.0));
        assert!(notes.is_empty());
    }
}
