//! Reports as text for people.

use std::fmt;

use crate::escape::one_line;
use crate::report::{
    CircuitSize, CompileReport, InferReport, MockReport, Outputs, PredictionReport, ProofSystem,
    ProveReport, RunReport, SetupReport, TensorInfo, VerifyReport, WitnessReport,
};

/// Most elements of a tensor that are listed.
const LISTED: usize = 16;

/// A time, as `0.12 s` or `38 ms`.
pub(super) fn seconds(s: f64) -> String {
    if s < 0.00995 {
        format!("{:.1} ms", s * 1e3)
    } else if s < 0.0995 {
        format!("{:.0} ms", s * 1e3)
    } else if s < 9.95 {
        format!("{s:.2} s")
    } else {
        format!("{s:.1} s")
    }
}

/// A number of bytes, as `3.4 kB`; 1 kB is 1000 bytes.
pub(super) fn bytes(n: u64) -> String {
    let scaled = |unit: u64| n as f64 / unit as f64;
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", scaled(1_000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", scaled(1_000_000)),
        _ => format!("{:.2} GB", scaled(1_000_000_000)),
    }
}

/// A count with its thousands apart, as `26,508`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A real number with up to six significant digits.
pub(super) fn real(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 {
            "0".into()
        } else {
            value.to_string()
        };
    }
    let exponent = value.abs().log10().floor() as i32;
    if !(-5..12).contains(&exponent) {
        return format!("{value:.3e}");
    }
    let text = format!("{value:.*}", usize::try_from(5 - exponent).unwrap_or(0));
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.to_owned()
    }
}

/// Decimals with which the largest of some numbers has seven significant digits.
fn decimals<'a>(values: impl Iterator<Item = &'a f64>) -> usize {
    let finite = values.filter(|value| value.is_finite());
    let largest = finite.fold(0.0f64, |largest, value| largest.max(value.abs()));
    if largest == 0.0 {
        return 6;
    }
    let exponent = largest.log10().floor() as i32;
    usize::try_from((6 - exponent).clamp(0, 15)).unwrap_or(0)
}

/// Columns of text, each as wide as its widest cell.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    numbers_from: usize,
}

impl Table {
    pub(super) fn new(header: &[&str]) -> Self {
        Table {
            rows: vec![header.iter().map(|&cell| cell.to_owned()).collect()],
            numbers_from: usize::MAX,
        }
    }

    /// Aligns this column and those after it to the right.
    pub(super) fn numbers_from(mut self, column: usize) -> Self {
        self.numbers_from = column;
        self
    }

    /// Adds a row; names in it stay on one line.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter();
        self.rows
            .push(cells.map(|cell| one_line(&cell).into_owned()).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::from(" ");
            for (column, cell) in row.iter().enumerate() {
                let width = widths[column];
                line.push_str(if column > 0 { "  " } else { " " });
                if column >= self.numbers_from {
                    line.push_str(&format!("{cell:>width$}"));
                } else {
                    line.push_str(&format!("{cell:<width$}"));
                }
            }
            let newline = if index + 1 < self.rows.len() {
                "\n"
            } else {
                ""
            };
            write!(f, "{}{newline}", line.trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Display for CircuitSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  k = {}: {} of {} usable rows",
            self.k,
            count(self.rows),
            count(self.usable_rows)
        )?;
        writeln!(
            f,
            "  columns: {} advice{}, {} fixed ({} of tables), {} instance",
            count(self.advice),
            self.by_phase(),
            count(self.fixed),
            count(self.table_columns),
            count(self.instance)
        )?;
        write!(
            f,
            "  {} with {}, degree {}, {}, {}, {}{}",
            plural(self.gates, "gate", "gates"),
            plural(self.constraints, "constraint", "constraints"),
            self.degree,
            plural(self.lookups, "lookup", "lookups"),
            plural(self.copies, "copy constraint", "copy constraints"),
            plural(self.public_values, "public value", "public values"),
            match self.challenges {
                0 => String::new(),
                challenges => format!(", {}", plural(challenges, "challenge", "challenges")),
            }
        )?;
        match self.soundness_bits {
            Some(bits) => write!(f, "\n  {}", random_checks(bits)),
            None => Ok(()),
        }
    }
}

/// What the error of random checks is, in words.
fn random_checks(bits: u32) -> String {
    format!("random checks miss a wrong witness with probability below 2^-{bits}")
}

impl CircuitSize {
    /// The advice columns of each phase where there are several, as ` (17 + 5 by phase)`.
    fn by_phase(&self) -> String {
        if self.advice_phases.len() < 2 {
            return String::new();
        }
        let phases: Vec<String> = self.advice_phases.iter().map(|n| count(*n)).collect();
        format!(" ({} by phase)", phases.join(" + "))
    }

    fn one_line(&self) -> String {
        format!(
            "k = {}, {} rows, {} advice{} and {} fixed columns, {}",
            self.k,
            count(self.rows),
            count(self.advice),
            self.by_phase(),
            count(self.fixed),
            plural(self.lookups, "lookup", "lookups")
        )
    }
}

/// Lists fixed-point tensors, beside float ones where there are any.
fn write_tensors(
    f: &mut fmt::Formatter<'_>,
    kind: &str,
    info: &[TensorInfo],
    fixed: &[Vec<f64>],
    float: Option<&[Vec<f64>]>,
    classes: &[Option<usize>],
) -> fmt::Result {
    for (index, (info, values)) in info.iter().zip(fixed).enumerate() {
        writeln!(f, "\n{kind} \"{}\" {:?}", one_line(&info.name), info.shape)?;
        let mut header = vec!["", "fixed point"];
        header.extend(float.map(|_| "float"));
        let mut table = Table::new(&header).numbers_from(0);
        let class = classes.get(index).copied().flatten();
        let beside = float.and_then(|float| float.get(index));
        let decimals = decimals(values.iter().chain(beside.into_iter().flatten()));
        // Adding 0 turns -0 into 0.
        let cell = |value: f64| format!("{:.decimals$}", value + 0.0);
        for (element, value) in values.iter().enumerate().take(LISTED) {
            let mut row = vec![element.to_string(), cell(*value)];
            row.extend(
                beside
                    .and_then(|float| float.get(element))
                    .map(|value| cell(*value)),
            );
            table.row(row);
        }
        writeln!(f, "{table}")?;
        if values.len() > LISTED {
            writeln!(
                f,
                "  ... and {} more",
                count((values.len() - LISTED) as u64)
            )?;
        }
        if let Some(class) = class {
            writeln!(
                f,
                "  largest: {class}, the predicted class if these are class scores"
            )?;
        }
    }
    Ok(())
}

impl fmt::Display for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tensors(
            f,
            "output",
            &self.output_info,
            &self.outputs,
            Some(&self.float_outputs),
            &self.argmax,
        )?;
        for (index, (fixed, float)) in self.argmax.iter().zip(&self.float_argmax).enumerate() {
            if let (Some(fixed), Some(float)) = (fixed, float)
                && fixed != float
            {
                let name = one_line(&self.output_info[index].name);
                writeln!(
                    f,
                    "  in floating point, the largest element of \"{name}\" is {float}"
                )?;
            }
        }
        match (self.max_abs_error, self.mean_abs_error) {
            (Some(0.0), _) => writeln!(f, "\nerror against float: none"),
            (Some(max), Some(mean)) => writeln!(
                f,
                "\nerror against float: at most {max:.2e}, {mean:.2e} on average"
            ),
            _ => writeln!(
                f,
                "\nerror against float: not known, the float outputs are not all finite"
            ),
        }
    }
}

impl fmt::Display for CompileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = one_line(&self.model);
        writeln!(f, "compiled {model} in {}", seconds(self.compile_s))?;
        writeln!(f, "  {}, {}", self.size.one_line(), bytes(self.zkc_bytes))?;
        match self.size.soundness_bits {
            Some(bits) => writeln!(f, "  {}", random_checks(bits)),
            None => Ok(()),
        }
    }
}

/// How parameters were got, and what the time of a setup holds.
fn params(cached: bool, wall_s: f64) -> String {
    let time = seconds(wall_s);
    match cached {
        true => format!("parameters read in {time}"),
        false => format!("parameters made in {time} (once, not counted)"),
    }
}

impl fmt::Display for ProofSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProofSystem {
            backend,
            commitment,
            ..
        } = self;
        write!(f, "backend {backend}, commitment {commitment}")?;
        match (self.insecure_setup, &self.setup_digest) {
            (Some(true), _) => write!(f, ", insecure setup: anybody can forge proofs"),
            (_, Some(digest)) => write!(f, ", setup {digest}"),
            (_, None) => write!(f, ", no trusted setup"),
        }
    }
}

impl fmt::Display for SetupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "set up k = {} in {}", self.k, seconds(self.setup_s))?;
        writeln!(
            f,
            "  {}, keys in {}",
            params(self.params_cached, self.params_s),
            seconds(self.keygen_s)
        )?;
        writeln!(f, "  {}", self.system)?;
        if let Some(bits) = self.soundness_bits {
            writeln!(f, "  {}", random_checks(bits))?;
        }
        writeln!(
            f,
            "  proving key {}, verifying key {}",
            bytes(self.pk_bytes),
            bytes(self.vk_bytes)
        )
    }
}

impl fmt::Display for WitnessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "witness computed in {}, {}",
            seconds(self.witness_s),
            bytes(self.witness_bytes)
        )?;
        writeln!(
            f,
            "  the file holds the input and all that follows from it: keep it private"
        )
    }
}

impl fmt::Display for PredictionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "predicted for one thread of the machine of reference: {}, {} of memory",
            seconds(self.predicted_prove_s),
            bytes(self.predicted_peak_rss_bytes)
        )
    }
}

impl fmt::Display for ProveReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "proved in {} ({} of processor time), {}",
            seconds(self.prove_s),
            seconds(self.prove_cpu_s),
            bytes(self.proof_bytes)
        )?;
        if let Some(predicted) = &self.predicted {
            writeln!(f, "  {predicted}")?;
        }
        writeln!(
            f,
            "  before that: parameters {}, key {}, witness {}",
            seconds(self.params_s),
            seconds(self.keygen_s),
            seconds(self.witness_s)
        )
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "proof verified in {} for circuit {:.16}",
            seconds(self.verify_s),
            self.digest
        )?;
        let params = match self.params_s {
            0.0 => String::new(),
            params_s => format!("parameters {}, ", seconds(params_s)),
        };
        writeln!(f, "  before that: {params}key {}", seconds(self.keygen_s))?;
        writeln!(f, "  {}", self.system)?;
        if self.expected {
            writeln!(f, "  the public values are those expected")?;
        }
        if let Some(inputs) = &self.inputs {
            write_tensors(f, "public input", &self.input_info, inputs, None, &[])?;
        }
        if let Some(outputs) = &self.outputs {
            write_tensors(
                f,
                "public output",
                &self.output_info,
                outputs,
                None,
                &self.argmax,
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for InferReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = one_line(&self.model);
        writeln!(f, "{model} in {}", seconds(self.infer_s))?;
        write!(f, "{}", self.outputs)
    }
}

impl fmt::Display for MockReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "all constraints hold, checked in {}",
            seconds(self.mock_s)
        )?;
        if self.audited {
            writeln!(
                f,
                "audit: every witness cell is pinned; free cells: {}",
                count(self.free_cells.unwrap_or(0))
            )?;
            for undecided in self.undecided.iter().flatten() {
                writeln!(f, "  not decided: {}", one_line(undecided))?;
            }
        }
        writeln!(f, "{}", self.size)?;
        write!(f, "{}", self.outputs)
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", one_line(&self.model))?;
        writeln!(
            f,
            "  compiled in {}: {}",
            seconds(self.compile_s),
            self.size.one_line()
        )?;
        writeln!(
            f,
            "  set up in {}: {}, keys in {}",
            seconds(self.setup_s),
            params(self.params_cached, self.params_s),
            seconds(self.keygen_s)
        )?;
        writeln!(f, "  {}", self.system)?;
        if let Some(bits) = self.size.soundness_bits {
            writeln!(f, "  {}", random_checks(bits))?;
        }
        write!(
            f,
            "  proved in {} ({} of processor time): {}",
            seconds(self.prove_s),
            seconds(self.prove_cpu_s),
            bytes(self.proof_bytes)
        )?;
        match self.peak_rss_bytes {
            Some(peak) => writeln!(f, ", at most {} of memory in the whole run", bytes(peak))?,
            None => writeln!(f)?,
        }
        if let Some(predicted) = &self.predicted {
            writeln!(f, "  {predicted}")?;
        }
        writeln!(f, "  verified in {}", seconds(self.verify_s))?;
        writeln!(f, "{}", self.outputs)?;
        let visibility = |public: bool| if public { "public" } else { "private" };
        writeln!(
            f,
            "proof verified: inputs {}, outputs {}",
            visibility(self.public_inputs),
            visibility(self.public_outputs)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::FixedTensor;

    #[test]
    fn numbers_are_short() {
        assert_eq!(count(26508), "26,508");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(bytes(3424), "3.4 kB");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(seconds(0.0123), "12 ms");
        assert_eq!(seconds(1.234), "1.23 s");
        assert_eq!(seconds(38.25), "38.2 s");
        assert_eq!(real(0.25), "0.25");
        assert_eq!(real(-5.87654321), "-5.87654");
        assert_eq!(real(255.0), "255");
        assert_eq!(real(1_234_567.0), "1234567");
        assert_eq!(real(1e-9), "1.000e-9");
        assert_eq!(real(0.0), "0");
    }

    #[test]
    fn outputs_stand_beside_the_float_ones() {
        let fixed = FixedTensor {
            name: "y".into(),
            shape: vec![1, 3],
            scale: 2,
            integers: vec![-4, 1, 8],
        };
        let outputs = Outputs::new(&[fixed], vec![vec![-1.0, 0.3, 2.0]]);
        assert_eq!(
            outputs.to_string(),
            "\noutput \"y\" [1, 3]\n     fixed point      float\n  0    -1.000000  -1.000000\n  \
             1     0.250000   0.300000\n  2     2.000000   2.000000\n  \
             largest: 2, the predicted class if these are class scores\n\n\
             error against float: at most 5.00e-2, 1.67e-2 on average\n"
        );
    }

    #[test]
    fn tables_align() {
        let mut table = Table::new(&["name", "n"]).numbers_from(1);
        table.row(["a".into(), "1".into()]);
        table.row(["long name".into(), "1000".into()]);
        assert_eq!(
            table.to_string(),
            "  name          n\n  a             1\n  long name  1000"
        );
        table.row(["a\u{1b}\nb".into(), "2".into()]);
        assert!(table.to_string().ends_with("  a\\u{1b}\\nb     2"));
    }
}
