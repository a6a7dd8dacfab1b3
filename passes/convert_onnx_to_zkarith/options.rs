//! What the conversion is told: precision, budgets, input ranges.

use melior::ir::operation::OperationLike;
use zkc_support::{Failed, OperationRef, PassOption, PassOptions, emit_error};

/// The options of the pass, for its description.
pub(crate) const OPTIONS: &[PassOption] = &[
    PassOption {
        name: "fraction-bits",
        description: "fraction bits of activations of magnitude one and above, 1 to 24",
        default: "10",
    },
    PassOption {
        name: "input-range",
        description: "range of every input, a:b; or of one, name=a:b; several apart by `;`",
        default: "",
    },
    PassOption {
        name: "value-bits",
        description: "bits that a factor or an operand of an exact non-linear operation may have",
        default: "24",
    },
    PassOption {
        name: "rescale-above",
        description: "bits up to which such an operand is not rescaled, or `value-bits`",
        default: "value-bits",
    },
    PassOption {
        name: "table-bits",
        description: "log2 of the largest table of a function",
        default: "12",
    },
    PassOption {
        name: "limb-bits",
        description: "bits of a range check; rescales drop a multiple of it where that is possible",
        default: "12",
    },
    PassOption {
        name: "max-bits",
        description: "bits that an accumulator may have, at most 120",
        default: "110",
    },
];

/// A closed interval of real numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) lo: f64,
    pub(super) hi: f64,
}

/// The declared ranges of the inputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ranges {
    /// For inputs without a range of their own.
    pub(super) all: Option<Range>,
    /// By input name.
    pub(super) named: Vec<(String, Range)>,
}

impl Ranges {
    /// Reads `a:b`, `name=a:b`, or several of them apart by `;`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut ranges = Self::default();
        for item in text
            .split(';')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            match item.rsplit_once('=') {
                None if ranges.all.is_some() => {
                    return Err("more than one range without a name".into());
                }
                None => ranges.all = Some(parse_range(item)?),
                Some((name, range)) => {
                    let (name, range) = (name.trim().to_string(), parse_range(range)?);
                    if name.is_empty() || ranges.named.iter().any(|(n, _)| *n == name) {
                        return Err(format!("name \"{name}\" is empty or stands twice"));
                    }
                    ranges.named.push((name, range));
                }
            }
        }
        Ok(ranges)
    }

    /// The range of an input.
    pub(super) fn of(&self, name: Option<&str>) -> Option<Range> {
        let named = self.named.iter().find(|(n, _)| Some(n.as_str()) == name);
        named.map(|(_, range)| *range).or(self.all)
    }
}

fn parse_range(text: &str) -> Result<Range, String> {
    let number = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|v| v.is_finite())
            .ok_or_else(|| format!("`{}` is no finite number", text.trim()))
    };
    let (lo, hi) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` is no range; a range is written a:b, for example 0:1"))?;
    let (lo, hi) = (number(lo)?, number(hi)?);
    if lo > hi {
        return Err(format!("the range {lo}:{hi} is empty"));
    }
    Ok(Range { lo, hi })
}

/// The options, checked.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) fraction_bits: u32,
    pub(super) value_bits: u32,
    pub(super) rescale_above: u32,
    pub(super) table_bits: u32,
    pub(super) limb_bits: u32,
    pub(super) max_bits: u32,
    pub(super) ranges: Ranges,
}

impl Options {
    /// Reads the options; errors are reported at the module.
    pub(super) fn read(module: OperationRef, options: &PassOptions) -> Result<Self, Failed> {
        let bits = |name: &str, least: u32, most: u32| {
            let value: u32 = options.parse(module, name)?;
            if (least..=most).contains(&value) {
                return Ok(value);
            }
            let message = format!("option `{name}` must be {least} to {most}, found {value}");
            Err(emit_error(module.location(), &message, &[]))
        };
        let text = options.get("input-range");
        let ranges = Ranges::parse(text).map_err(|why| {
            emit_error(
                module.location(),
                &format!("option `input-range`: {why}"),
                &[],
            )
        })?;
        let value_bits = bits("value-bits", 4, 60)?;
        Ok(Self {
            fraction_bits: bits("fraction-bits", 1, 24)?,
            value_bits,
            rescale_above: match options.get("rescale-above") {
                "value-bits" => value_bits,
                _ => bits("rescale-above", 4, value_bits)?,
            },
            table_bits: bits("table-bits", 2, 24)?,
            limb_bits: bits("limb-bits", 2, 24)?,
            max_bits: bits("max-bits", 16, 120)?,
            ranges,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_by_name_or_for_all() {
        let ranges = Ranges::parse("0:1; x=-2.5:3 ;a=b=1e2:1e3").unwrap();
        assert_eq!(ranges.of(None), Some(Range { lo: 0.0, hi: 1.0 }));
        assert_eq!(ranges.of(Some("y")), Some(Range { lo: 0.0, hi: 1.0 }));
        assert_eq!(ranges.of(Some("x")), Some(Range { lo: -2.5, hi: 3.0 }));
        assert_eq!(
            ranges.of(Some("a=b")),
            Some(Range {
                lo: 100.0,
                hi: 1000.0
            })
        );
        assert_eq!(Ranges::parse("").unwrap().of(Some("x")), None);
    }

    #[test]
    fn ranges_that_say_nothing_are_refused() {
        for (text, why) in [
            (
                "1",
                "`1` is no range; a range is written a:b, for example 0:1",
            ),
            ("1:0", "the range 1:0 is empty"),
            ("0:inf", "`inf` is no finite number"),
            ("0:1;0:2", "more than one range without a name"),
            ("x=0:1;x=0:2", "name \"x\" is empty or stands twice"),
        ] {
            assert_eq!(Ranges::parse(text), Err(why.to_string()));
        }
    }
}
