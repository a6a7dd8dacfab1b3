//! Which scales tensors, weights and functions get.
//!
//! Everything here is a choice, not a claim: whatever is chosen, the program that follows is
//! exact and its bounds are computed from it.

use super::{issue::Issue, options::Options};
use zkc_approx::{Function, Rounding, Saturation, tabulate};
use zkc_dialects::zkarith::{Interval, Number, dequantize, rescale};

/// Bits of a two's complement that holds every integer of the interval.
pub(super) fn bits(i: Interval) -> u32 {
    (128 - i.magnitude().leading_zeros()) + u32::from(i.lo < 0)
}

/// The interval of the rescaled integers, `by` bits narrower.
fn narrowed(i: Interval, by: u32) -> Interval {
    // Rescaling by no bits is the identity, and rescaling lowers magnitudes: it never overflows.
    i.map(|n| if by == 0 { Some(n) } else { rescale(n, by) })
        .unwrap_or(i)
}

/// Fraction bits wanted for a tensor with these bounds: `fraction-bits` at magnitude one and
/// above; below, as many more as the magnitude is smaller, at most twice as many.
fn wanted(bounds: Interval, scale: u32, options: &Options) -> u32 {
    let magnitude = dequantize(bounds.magnitude().min(i128::MAX as u128) as i128, scale);
    let f = options.fraction_bits;
    if magnitude >= 1.0 || magnitude == 0.0 {
        return f;
    }
    f + (-magnitude.log2().ceil()).clamp(0.0, f64::from(f)) as u32
}

/// The scale to which a tensor with these bounds is rescaled: what is wanted, but no more than
/// `value-bits` bits in all, and not above its own scale.
pub(super) fn value_scale(bounds: Interval, scale: u32, options: &Options) -> u32 {
    let mut target = wanted(bounds, scale, options).min(scale);
    while target > 0 && bits(narrowed(bounds, scale - target)) > options.value_bits {
        target -= 1;
    }
    target
}

/// The scale of an input: `fraction-bits`, fewer for wide ranges, so that two bits more than
/// `fraction-bits` tell its magnitude.
pub(super) fn input_scale(magnitude: f64, options: &Options) -> u32 {
    let integer_bits = if magnitude > 0.0 {
        magnitude.log2().ceil().max(0.0) as u32
    } else {
        0
    };
    (options.fraction_bits + 2)
        .saturating_sub(integer_bits)
        .min(options.fraction_bits)
}

/// What is known of a linear map when the scale of its weights is chosen.
pub(super) struct Taps {
    /// Scale of the operand.
    pub(super) scale: u32,
    /// Greatest real magnitude of the operand.
    pub(super) magnitude: f64,
    /// Products that are summed up at most.
    pub(super) count: usize,
    /// Root of the mean square of the weights.
    pub(super) weight: f64,
    /// Scale to which the result will be rescaled; nothing for a result of the model.
    pub(super) target: Option<u32>,
}

/// The largest scale of weights.
const MAX_WEIGHT_SCALE: u32 = 48;

/// The scale of the weights of a linear map.
///
/// Rounding of weights may cost about as much as rounding of the result, or as the relative
/// precision of `fraction-bits` asks for, whichever is less demanding. When the result will be
/// rescaled, the scale is raised until the bits dropped are a multiple of `limb-bits`.
pub(super) fn weight_scale(taps: &Taps, options: &Options) -> u32 {
    if taps.weight == 0.0 {
        return 0;
    }
    // Weights that are off by 2^-scale/2 at most, relative to their size.
    let relative = f64::from(options.fraction_bits) - 1.0 - taps.weight.log2();
    let least = match taps.target {
        // Nothing is dropped behind a result of the model: more bits cost next to nothing.
        None => relative + 4.0,
        Some(target) => {
            // Independent errors of that size in all taps, against four times a rounded result's.
            let sum = (taps.count as f64).sqrt() * taps.magnitude / 2.0;
            let absolute = f64::from(target) - 2.0 + sum.max(f64::MIN_POSITIVE).log2();
            relative.min(absolute)
        }
    };
    let least = least.round().clamp(1.0, f64::from(MAX_WEIGHT_SCALE)) as u32;
    let Some(target) = taps.target else {
        return least;
    };
    // dropped = operand scale + weight scale - target, a positive multiple of limb-bits.
    let limb = options.limb_bits;
    let dropped = (taps.scale + least)
        .saturating_sub(target)
        .max(1)
        .div_ceil(limb)
        * limb;
    (dropped + target)
        .saturating_sub(taps.scale)
        .clamp(least, MAX_WEIGHT_SCALE)
}

/// The formats around a named function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FunctionFormat {
    /// Scale to which the operand is rescaled.
    pub(super) in_scale: u32,
    /// Arguments that the table has, at that scale; others are cut to it.
    pub(super) domain: Interval,
    /// Scale of the result.
    pub(super) out_scale: u32,
    /// The least and the greatest result.
    pub(super) range: Interval,
}

/// The largest error, relative to the greatest value, that a table may have by its step alone
/// when its operand would have had more precision.
const MAX_STEP: f64 = 1.0 / 32.0;

/// Chooses the formats around a function.
///
/// The operand gets as many fraction bits as it has, at most `fraction-bits`, such that the table
/// has at most 2^`table-bits` entries. Where the function no longer changes, the table ends: at
/// the precision of the result if that suffices, otherwise at the precision of the operand, so
/// that what is cut off costs no more than rounding the operand does. Cutting costs two
/// comparisons for each element and is preferred only when it buys more than one bit.
///
/// `planned` is the scale that was assumed when the operand's weights were chosen; it is kept if
/// it still suits. `out_scale` is the scale wanted for the result.
pub(super) fn function_format(
    function: &Function,
    operand: Interval,
    operand_scale: u32,
    planned: Option<u32>,
    out_scale: u32,
    options: &Options,
) -> Result<FunctionFormat, Issue> {
    let top = operand_scale.min(options.fraction_bits);
    let mut tails = Tails {
        function,
        known: Vec::new(),
    };
    let plain = |scale: u32| {
        let domain = narrowed(operand, operand_scale - scale);
        fits(domain, options).then_some(domain)
    };
    let mut cut = |scale: u32| {
        let whole = narrowed(operand, operand_scale - scale);
        (scale..=out_scale.max(scale)).rev().find_map(|precision| {
            let domain = tails.cut(whole, scale, precision.min(out_scale))?;
            fits(domain, options).then_some(domain)
        })
    };
    let best = |found: &mut dyn FnMut(u32) -> Option<Interval>, from: u32| {
        (0..=from)
            .rev()
            .find_map(|scale| Some((scale, found(scale)?)))
    };
    let mut plain_at = plain;
    let chosen = match planned.filter(|scale| *scale <= operand_scale) {
        Some(scale) => plain(scale)
            .or_else(|| cut(scale))
            .map(|domain| (scale, domain)),
        None => None,
    };
    let chosen = chosen.or_else(|| match (best(&mut plain_at, top), best(&mut cut, top)) {
        (Some(p), Some(c)) => Some(if p.0 + 1 >= c.0 { p } else { c }),
        (p, c) => p.or(c),
    });
    let Some((in_scale, domain)) = chosen else {
        return Err(too_wide(function, operand, operand_scale, options));
    };
    let (lo, hi) =
        machine(domain).ok_or_else(|| too_wide(function, operand, operand_scale, options))?;
    let even = Rounding::NearestTiesToEven;
    let mut out_scale = out_scale;
    let range = loop {
        match function.output_range(in_scale, lo, hi, out_scale, even) {
            Ok((least, most)) => {
                let range = Interval::new(i128::from(least), i128::from(most));
                if bits(range) <= options.value_bits || out_scale == 0 {
                    break range;
                }
            }
            // Too large at this scale, perhaps not at a smaller one.
            Err(_) if out_scale > 0 => {}
            Err(e) => {
                return Err(Issue::new(e.to_string()).help(
                    "declare a smaller input range, or rewrite the model so that the function is \
                     defined and moderate wherever its operand can lie",
                ));
            }
        }
        out_scale -= 1;
    };
    if in_scale < top && !jumps(function) {
        check_step(function, in_scale, (lo, hi), out_scale, options)?;
    }
    Ok(FunctionFormat {
        in_scale,
        domain,
        out_scale,
        range,
    })
}

/// Whether the function jumps: then no step is small, at whatever scale.
fn jumps(function: &Function) -> bool {
    matches!(
        function,
        Function::Sign
            | Function::Floor
            | Function::Ceil
            | Function::Round
            | Function::ThresholdedRelu { .. }
    )
}

/// A table that had to take fewer fraction bits than wanted must still tell neighbours apart.
fn check_step(
    function: &Function,
    in_scale: u32,
    (lo, hi): (i64, i64),
    out_scale: u32,
    options: &Options,
) -> Result<(), Issue> {
    let table = tabulate(
        function,
        in_scale,
        lo,
        hi,
        out_scale,
        Rounding::NearestTiesToEven,
    )
    .map_err(|e| Issue::new(e.to_string()))?;
    let step = table
        .values
        .windows(2)
        .map(|w| w[0].abs_diff(w[1]))
        .max()
        .unwrap_or(0);
    let most = table.min.unsigned_abs().max(table.max.unsigned_abs());
    // Half a step is what rounding the operand costs; a unit or two are the result's own grid.
    if step > 4 && step as f64 / 2.0 > MAX_STEP * most as f64 {
        let message = format!(
            "`{function}` on [{}, {}] is too steep for a table of 2^{} entries: its values step by \
             {}, with {} as the greatest",
            dequantize(i128::from(lo), in_scale),
            dequantize(i128::from(hi), in_scale),
            options.table_bits,
            dequantize(i128::from(step), out_scale),
            dequantize(i128::from(most), out_scale),
        );
        return Err(
            Issue::new(message).help("raise `table-bits`, or declare a smaller input range")
        );
    }
    Ok(())
}

fn too_wide(function: &Function, operand: Interval, scale: u32, options: &Options) -> Issue {
    Issue::new(format!(
        "the operand of `{function}` lies in [{}, {}], which a table of 2^{} entries does not cover \
         even in steps of 1",
        dequantize(operand.lo, scale),
        dequantize(operand.hi, scale),
        options.table_bits,
    ))
    .help("raise `table-bits`, or declare a smaller input range")
}

fn fits(domain: Interval, options: &Options) -> bool {
    // A difference of two integers of at most 127 bits may need one bit more.
    domain
        .hi
        .checked_sub(domain.lo)
        .is_some_and(|d| d < 1 << options.table_bits)
        && machine(domain).is_some()
}

fn machine(i: Interval) -> Option<(i64, i64)> {
    Some((i64::try_from(i.lo).ok()?, i64::try_from(i.hi).ok()?))
}

/// The tails of a function at each precision asked for.
struct Tails<'a> {
    function: &'a Function,
    known: Vec<(u32, Saturation)>,
}

impl Tails<'_> {
    fn at(&mut self, precision: u32) -> Saturation {
        if let Some((_, s)) = self.known.iter().find(|(p, _)| *p == precision) {
            return *s;
        }
        let found = self.function.saturation(precision);
        self.known.push((precision, found));
        found
    }

    /// The part of a domain in which the function still changes at a precision; `None` when that
    /// is all of it.
    fn cut(&mut self, whole: Interval, scale: u32, precision: u32) -> Option<Interval> {
        let tails = self.at(precision);
        let unit = f64::from(scale).exp2();
        // The tail begins at most 2^40 away, so that the products are exact enough; one entry of
        // the tail itself stays in the table.
        let lo = tails.below.map(|t| (t.at * unit).floor() as i128);
        let hi = tails.above.map(|t| (t.at * unit).ceil() as i128);
        let within = |n: i128| n.clamp(whole.lo, whole.hi);
        let domain = Interval::new(lo.map_or(whole.lo, within), hi.map_or(whole.hi, within));
        (domain != whole).then_some(domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert_onnx_to_zkarith::options::Ranges;

    fn options() -> Options {
        Options {
            fraction_bits: 10,
            value_bits: 24,
            rescale_above: 24,
            table_bits: 12,
            limb_bits: 12,
            max_bits: 110,
            ranges: Ranges::default(),
        }
    }

    fn format(text: &str, lo: f64, hi: f64) -> Result<FunctionFormat, String> {
        let at = |x: f64| (x * 1048576.0).round() as i128;
        let function: Function = text.parse().unwrap();
        function_format(
            &function,
            Interval::new(at(lo), at(hi)),
            20,
            None,
            10,
            &options(),
        )
        .map_err(|e| e.message)
    }

    #[test]
    fn bits_of_intervals() {
        for (lo, hi, want) in [
            (0, 0, 0),
            (0, 1, 1),
            (-1, 0, 2),
            (0, 255, 8),
            (-256, 255, 10),
        ] {
            assert_eq!(bits(Interval::new(lo, hi)), want, "[{lo}, {hi}]");
        }
    }

    #[test]
    fn tables_fit_and_keep_what_precision_they_can() {
        // All of the operand, at the finest scale that fits.
        let narrow = format("tanh", -1.0, 1.0).unwrap();
        assert_eq!(
            (narrow.in_scale, narrow.domain),
            (10, Interval::new(-1024, 1024))
        );
        let wider = format("tanh", -7.0, 7.0).unwrap();
        assert_eq!(
            (wider.in_scale, wider.domain),
            (8, Interval::new(-1792, 1792))
        );
        // Cut where it buys more than a bit: tanh 3.81 is 1 at nine bits.
        let wide = format("tanh", -30.0, 30.0).unwrap();
        assert_eq!((wide.in_scale, wide.range), (9, Interval::new(-1023, 1023)));
        assert!(wide.domain.hi - wide.domain.lo < 4096 && wide.domain.hi > 1900);
        let exp = format("exp", -60.0, 0.0).unwrap();
        assert_eq!((exp.in_scale, exp.domain.hi), (9, 0));
        assert_eq!(exp.range, Interval::new(0, 1024));
        // One side grows: only the other is cut.
        let gelu = format("gelu", -100.0, 3.0).unwrap();
        assert_eq!((gelu.in_scale, gelu.domain.hi), (9, 3 * 512));
    }

    #[test]
    fn a_plan_is_kept_if_it_suits() {
        let at = |x: f64| (x * 1048576.0).round() as i128;
        let seven = Interval::new(at(-7.0), at(7.0));
        let of = |planned| {
            function_format(&Function::Tanh, seven, 20, Some(planned), 10, &options()).unwrap()
        };
        assert_eq!(of(9).in_scale, 9);
        assert_eq!(of(7).in_scale, 7);
        assert_eq!(of(12).in_scale, 8);
    }

    #[test]
    fn large_results_get_fewer_fraction_bits() {
        let exp = format("exp", 0.0, 12.0).unwrap();
        assert!(bits(exp.range) <= 24 && exp.out_scale < 10, "{exp:?}");
    }

    #[test]
    fn what_a_table_cannot_do_is_refused() {
        assert_eq!(
            format("sin", -1e4, 1e4),
            Err(
                "the operand of `sin` lies in [-10000, 10000], which a table of 2^12 entries does \
                 not cover even in steps of 1"
                    .into()
            )
        );
        assert!(format("sin", -1e3, 1e3).unwrap_err().contains("too steep"));
        assert!(
            format("log", -1.0, 1.0)
                .unwrap_err()
                .contains("is not defined at -1")
        );
        assert!(
            format("exp", 0.0, 90.0)
                .unwrap_err()
                .contains("does not fit in 64 bits")
        );
    }

    #[test]
    fn rescales_drop_whole_limbs() {
        let taps = |scale, magnitude, count, weight, target| Taps {
            scale,
            magnitude,
            count,
            weight,
            target,
        };
        let o = options();
        for (t, want) in [
            (taps(10, 1.0, 100, 0.2, Some(9)), 11),
            (taps(10, 1.0, 784, 0.05, Some(10)), 12),
            (taps(4, 255.0, 25, 0.3, Some(10)), 18),
            (taps(10, 1.0, 25, 0.2, None), 15),
            (taps(10, 1.0, 25, 0.0, Some(3)), 0),
        ] {
            assert_eq!(weight_scale(&t, &o), want, "{:?} {:?}", t.count, t.target);
        }
        // Tiny weights want more bits than one limb leaves.
        assert_eq!(
            weight_scale(&taps(10, 1000.0, 1000, 0.001, Some(10)), &o),
            24
        );
    }

    #[test]
    fn scales_of_values() {
        let o = options();
        let v = |lo: i128, hi: i128, scale| value_scale(Interval::new(lo, hi), scale, &o);
        assert_eq!(v(-(5 << 22), 5 << 22, 22), 10);
        assert_eq!(v(-(1 << 40), 1 << 40, 22), 4);
        assert_eq!(v(0, 1 << 18, 22), 14);
        assert_eq!(v(0, 100, 3), 3);
        assert_eq!((input_scale(1.0, &o), input_scale(255.0, &o)), (10, 4));
        assert_eq!((input_scale(8.0, &o), input_scale(1e9, &o)), (9, 0));
    }
}
