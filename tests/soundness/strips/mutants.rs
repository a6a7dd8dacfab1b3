//! Witnesses that are wrong in a way that has a name.
//!
//! Each is what a prover would try: the values of one unit are changed so that as many of its constraints as possible still
//! hold, and everything that is computed from them follows.

use anyhow::Result;
use num_bigint::BigInt;
use zkc_circuit::{Cell, Op};

use crate::case::modulus;

use super::sites::{Changes, Element, Faults, Site, Witness, group, sites};

/// A wrong witness.
#[derive(Clone, Debug)]
pub(super) struct Mutant {
    pub(super) name: &'static str,
    /// Where, for messages.
    pub(super) at: String,
    pub(super) changes: Changes,
}

/// Elements of each kind and strip that are tried.
pub(super) enum Sites {
    /// All of them.
    All,
    /// The first and the last.
    Ends,
}

/// All mutants of a witness.
pub(super) fn mutants(witness: &Witness, which: Sites) -> Result<Vec<Mutant>> {
    let all = sites(witness.compiled);
    let mut out = Vec::new();
    for (index, site) in all.iter().enumerate() {
        let same = |other: &Site| other.kind == site.kind && other.strip == site.strip;
        let ends = !all[..index].iter().any(same) || !all[index + 1..].iter().any(same);
        if matches!(which, Sites::Ends) && !ends {
            continue;
        }
        let at = format!("{} in strip {}, row {}", site.kind, site.strip, site.row);
        out.extend(fractions(witness, site, &at));
        let mut faults = of_site(witness, site).unwrap_or_default();
        faults.extend(carried(witness, site));
        for (name, faults) in faults {
            if let Some(changes) = witness.changed(&faults) {
                // A fault in a value that is there already, or that nothing shows, is none.
                if !changes.is_empty() {
                    out.push(Mutant {
                        name,
                        at: at.clone(),
                        changes,
                    });
                }
            }
        }
    }
    out.extend(public(witness)?);
    Ok(out)
}

/// A public value that is not what the program computes.
fn public(witness: &Witness) -> Result<Vec<Mutant>> {
    let layout = &witness.compiled.cells;
    let one = |cell: Cell, step: i128| Mutant {
        name: "public value + 1",
        at: layout.cell_name(&witness.compiled.circuit, cell),
        changes: [(cell, (witness.grid.value(layout, cell) + step).into())].into(),
    };
    Ok(layout.public_cells().map(|cell| one(cell, 1)).collect())
}

/// A value in a cell of results where no unit stands: nothing reads it.
pub(super) fn inert(witness: &Witness) -> Option<Mutant> {
    let compiled = witness.compiled;
    let layout = &compiled.cells;
    let column = layout.group_starts[group(&compiled.circuit, "cell")? as usize];
    let empty = |row: &u32| layout.element(Cell { column, row: *row }).is_none();
    let row = (1..layout.usable_rows - 1).find(empty)?;
    let cell = Cell { column, row };
    Some(Mutant {
        name: "value in an inert row",
        at: layout.cell_name(&compiled.circuit, cell),
        changes: [(cell, BigInt::from(5))].into(),
    })
}

type Named = Vec<(&'static str, Faults)>;

/// The mutants of one element of a unit; `None` where the unit does not look like one of its kind.
fn of_site(witness: &Witness, site: &Site) -> Option<Named> {
    let value = |element| witness.value(element);
    let cell = |index: usize| site.cells.get(index).copied().flatten();
    let limb = |index: usize| site.limbs.get(index).copied().flatten();
    let bits = limb_bits(witness);
    let mut out = Named::new();
    let mut add = |name, faults: Faults| out.push((name, faults));
    let other_limb = |index: usize| -> Option<Faults> {
        let element = limb(index)?;
        Some(vec![(element, value(element) ^ 1)])
    };
    match site.family() {
        "interval" => {
            // What shows an input shows another one as well.
            let y = cell(0)?;
            let input = witness.input(y)?;
            let at = |number: i128| (input, value(input) + number - value(y));
            let limbs = site.number(0)? as usize;
            let top: Option<i128> = site.kind.split('_').nth(2).and_then(|t| t.parse().ok());
            let zeros = |first: usize| (first..first + limbs).map(|i| Some((limb(i)?, 0)));
            add("another limb", other_limb(0)?);
            match top {
                None => {
                    let beyond = value(y) + (1 << (bits * limbs as u32));
                    add("beyond its range", vec![at(beyond)]);
                    let last = limb(limbs - 1)?;
                    let excess = value(last) + (1 << bits);
                    add(
                        "beyond its range, with its limbs",
                        vec![at(beyond), (last, excess)],
                    );
                }
                Some(top) => {
                    add("another limb of the distance", other_limb(limbs)?);
                    let mut faults: Faults = zeros(limbs).collect::<Option<_>>()?;
                    faults.push(at(top + 1));
                    add("beyond its range", faults.clone());
                    faults[0].1 = -1;
                    add("beyond its range, with its limbs", faults);
                }
            }
            let mut faults: Faults = zeros(0).collect::<Option<_>>()?;
            faults.push(at(-1));
            add("below its range", faults);
            let own: Vec<Element> = site.limbs[..limbs].iter().map_while(|l| *l).collect();
            let mut faults = digits(&own, -1, bits);
            faults.push(at(-1));
            add("below its range, with its limbs", faults);
        }
        "rescale" => {
            let y = cell(0)?;
            let quotient = witness.behind(y)?;
            let (top, rest) = remainder(site, bits)?;
            division(witness, site, quotient, &mut add)?;
            add("result + 1", vec![(y, value(y) + 1)]);
            add("another limb of the quotient", other_limb(rest)?);
            add("another limb of the remainder", other_limb(top)?);
        }
        "relu" => signs(witness, site, cell(0)?, 0, &mut add)?,
        "rescale_relu" => {
            let quotient = witness.behind(cell(1)?)?;
            let (top, rest) = remainder(site, bits)?;
            division(witness, site, quotient, &mut add)?;
            add("another limb of the remainder", other_limb(top)?);
            signs(witness, site, cell(0)?, rest, &mut add)?;
        }
        "max" => {
            let y = cell(0)?;
            add("maximum + 1", vec![(y, value(y) + 1)]);
            // The maximum is the second operand and what is more.
            let below = value(y) - value(cell(2)?);
            signs(
                witness,
                site,
                cell(2)?,
                0,
                &mut |name, mut faults: Faults| {
                    let excess = faults.iter().find(|(element, _)| Some(*element) == cell(2));
                    if let Some((_, excess)) = excess {
                        faults.push((y, below + excess));
                    }
                    add(name, faults);
                },
            )?;
        }
        "table" => {
            let (y, argument) = (cell(0)?, cell(1)?);
            add("another entry", vec![(y, value(y) + 1)]);
            add("another argument", vec![(argument, value(argument) + 1)]);
        }
        "rescale_table" => {
            let (y, quotient) = (cell(0)?, cell(1)?);
            let (top, _) = remainder(site, bits)?;
            division(witness, site, quotient, &mut add)?;
            add("another entry", vec![(y, value(y) + 1)]);
            add("another limb of the remainder", other_limb(top)?);
        }
        "product" => {
            let (y, a) = (cell(0)?, cell(1)?);
            add("result + 1", vec![(y, value(y) + 1)]);
            let Op::Mul { b, .. } = &witness.instruction(y).op else {
                return None;
            };
            // The second factor once more: that of an operand one greater.
            let step = witness.value((b.0 as usize, y.1));
            add(
                "another operand",
                vec![(a, value(a) + 1), (y, value(y) + step)],
            );
            let factors = factors(site)?;
            add("another limb of the first operand", other_limb(0)?);
            add(
                "another limb of the second operand",
                other_limb(factors[0])?,
            );
        }
        "ratio" => {
            let quotient = witness.behind(cell(0)?)?;
            let b = cell(2)?;
            let factors = factors(site)?;
            let counts = &site.kind.rsplit('_').collect::<Vec<_>>();
            // Named last: the limbs of the remainder, the least quotient, its limbs.
            let count: usize = counts.get(2)?.parse().ok()?;
            let first = factors[0] + factors[1];
            add("another limb of the first operand", other_limb(0)?);
            add(
                "another limb of the second operand",
                other_limb(factors[0])?,
            );
            add(
                "another limb of the quotient",
                other_limb(first + 2 * count)?,
            );
            add("quotient + 1", vec![(quotient, value(quotient) + 1)]);
            // The remainder's limbs follow from another remainder.
            let Op::Limb { x, .. } = &witness.instruction(limb(first)?).op else {
                return None;
            };
            let rest: Element = (x.0 as usize, b.1);
            let Op::Affine { terms, .. } = &witness.instruction(b).op else {
                return None;
            };
            let divisor = 2 * witness.value((terms.first()?.0.0 as usize, b.1));
            let own =
                |from: usize| -> Option<Vec<Element>> { (from..from + count).map(&limb).collect() };
            for (name, sign) in [
                ("quotient - 1, remainder + divisor", 1),
                ("quotient + 1, remainder - divisor", -1),
            ] {
                let (other, gap) = (value(rest) + sign * divisor, divisor - 1 - value(rest));
                let mut faults = vec![(quotient, value(quotient) - sign), (rest, other)];
                faults.extend(digits(&own(first)?, other, bits));
                for gap in [gap - sign * divisor, 0] {
                    let gap = digits(&own(first + count)?, gap, bits);
                    add(name, [&faults[..], &gap].concat());
                }
            }
        }
        "contraction" => {
            // What is multiplied stands in cells and in limbs.
            for operand in site.cells.iter().chain(&site.limbs).flatten() {
                add("another operand", vec![(*operand, value(*operand) + 1)]);
            }
        }
        _ => {}
    }
    Some(out)
}

/// Limbs next to each other that belong to the same number.
fn pairs(witness: &Witness, site: &Site) -> Vec<[Element; 2]> {
    let limb = |element| match witness.instruction(element).op {
        Op::Limb { x, index, .. } => Some((x, index)),
        _ => None,
    };
    let pair = |pair: &[Option<Element>]| {
        let (low, high) = (pair[0]?, pair[1]?);
        let ((x, index), (same, next)) = (limb(low)?, limb(high)?);
        (x == same && next == index + 1).then_some([low, high])
    };
    site.limbs.windows(2).filter_map(pair).collect()
}

/// Two limbs that make up the same number, one of them too large to be one.
fn carried(witness: &Witness, site: &Site) -> Named {
    let base = 1 << limb_bits(witness);
    let pairs = pairs(witness, site).into_iter();
    let carried = pairs.map(|[low, high]| {
        let (l, h) = (witness.value(low), witness.value(high));
        let (name, step) = match h > 0 {
            true => ("carry left where it was", 1),
            false => ("carry without what it is for", -1),
        };
        (name, vec![(low, l + step * base), (high, h - step)])
    });
    carried.collect()
}

/// Two limbs that make up the same number in the field, one of them a fraction.
fn fractions(witness: &Witness, site: &Site, at: &str) -> Vec<Mutant> {
    let prime = BigInt::from(modulus());
    let base = BigInt::from(1) << limb_bits(witness);
    let pairs = pairs(witness, site).into_iter();
    let pairs = pairs.map(|[low, top]| (low, top, base.clone()));
    // A quotient, too, is less by a fraction if the remainder is one more.
    let quotient = || {
        let low = site.limbs.first().copied().flatten()?;
        let y = site.cells.first().copied().flatten()?;
        let shift = site.number(0)?;
        Some((low, y, BigInt::from(1) << shift))
    };
    let quotient = (site.family() == "rescale").then(quotient).flatten();
    let fractions = pairs.chain(quotient).filter_map(|(low, top, base)| {
        let (l, h) = (witness.value(low), witness.value(top));
        let part = base.modinv(&prime)? * (l - (l ^ 1));
        let cell = |element| witness.home(element);
        let high: BigInt = ((part + h) % &prime + &prime) % &prime;
        Some(Mutant {
            name: "a fraction for a limb",
            at: at.into(),
            changes: [(cell(low)?, (l ^ 1).into()), (cell(top)?, high)].into(),
        })
    });
    fractions.collect()
}

/// Limbs of both factors of a product or quotient.
fn factors(site: &Site) -> Option<[usize; 2]> {
    // Each factor is named by its least value and its limbs; a quotient has its multiplier in front.
    let numbers = site.kind[site.family().len()..].trim_start_matches('_');
    let first = if site.family() == "ratio" { 2 } else { 1 };
    let number = |index: usize| numbers.split('_').nth(index)?.parse().ok();
    Some([number(first)?, number(first + 2)?])
}

/// The remainder's top limb, and the limb after those of the remainder.
fn remainder(site: &Site, bits: u32) -> Option<(usize, usize)> {
    let shift = site.number(0)?;
    let count = shift.div_ceil(bits) as usize;
    Some((count - 1, count))
}

/// Other quotients of the same number.
fn division(
    witness: &Witness,
    site: &Site,
    quotient: Element,
    add: &mut impl FnMut(&'static str, Faults),
) -> Option<()> {
    let bits = limb_bits(witness);
    let shift = site.number(0)?;
    let (top, _) = remainder(site, bits)?;
    let top_limb = site.limbs.get(top).copied().flatten()?;
    let step = 1 << (shift - bits * top as u32);
    let q = witness.value(quotient);
    for (name, sign) in [
        ("quotient - 1, remainder + divisor", 1),
        ("quotient + 1, remainder - divisor", -1),
    ] {
        let limb = witness.value(top_limb) + sign * step;
        add(name, vec![(quotient, q - sign), (top_limb, limb)]);
    }
    add("quotient + 1", vec![(quotient, q + 1)]);
    Some(())
}

/// Other signs, and other positive parts, of a number whose magnitude has its limbs from `first` on.
fn signs(
    witness: &Witness,
    site: &Site,
    positive: Element,
    first: usize,
    add: &mut impl FnMut(&'static str, Faults),
) -> Option<()> {
    let bits = limb_bits(witness);
    let sign = site.cells.get(1).copied().flatten()?;
    let (s, y) = (witness.value(sign), witness.value(positive));
    // The number that is compared.
    let Op::NonNeg { x } = &witness.instruction(sign).op else {
        return None;
    };
    let number = witness.value((x.0 as usize, sign.1));
    let limbs: Vec<Element> = site.limbs[first..].iter().map_while(|limb| *limb).collect();
    let digits = |magnitude| digits(&limbs, magnitude, bits);
    add("positive part + 1", vec![(positive, y + 1)]);
    // The form of the operand is 2y - m + s - 1, where m is the magnitude.
    let mut flipped = vec![(sign, 1 - s), (positive, 0)];
    if s == 0 {
        // As if the number were its magnitude: 2m - m + 1 - 1.
        flipped[1].1 = number;
    }
    flipped.extend(digits(2 * flipped[1].1 + (1 - s) - 1 - number));
    add("sign flipped", flipped);
    // With the same result: 2y - m + s stays.
    let mut moved = vec![(sign, 1 - s)];
    moved.extend(digits(2 * y + (1 - s) - 1 - number));
    add("sign and magnitude moved", moved);
    if number != 0 && number != -1 {
        let mut faults = vec![(sign, number + 1), (positive, 0)];
        faults.extend(digits(0));
        add("sign that is no bit", faults);
    }
    add("another limb of the magnitude", {
        let limb = *limbs.first()?;
        vec![(limb, witness.value(limb) ^ 1)]
    });
    Some(())
}

/// A number in limbs; the last one takes what does not fit.
fn digits(limbs: &[Element], number: i128, bits: u32) -> Faults {
    let digit = |i: usize| match number >> (bits as usize * i).min(126) {
        rest if i + 1 == limbs.len() => rest,
        rest => rest & ((1 << bits) - 1),
    };
    let numbered = limbs.iter().enumerate();
    numbered.map(|(i, limb)| (*limb, digit(i))).collect()
}

/// Bits of a limb.
pub(super) fn limb_bits(witness: &Witness) -> u32 {
    let mut bits = witness.compiled.circuit.program.iter();
    let bits = bits.find_map(|instruction| match instruction.op {
        Op::Limb { bits, .. } => Some(bits),
        _ => None,
    });
    // Without a limb no one asks.
    bits.unwrap_or(1)
}
