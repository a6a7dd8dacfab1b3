//! Bounds so wide that an identity could hold in the field alone.
//!
//! A quotient is held to the range of its limbs, which may be far wider than its type: with limbs of 11 bits a type of 122
//! bits takes 132. If the divisor is so wide that the product of both passes the field's prime p, then dividend + p has a
//! quotient and a remainder within the limbs as well. Such bounds are refused; here is the second witness that they would
//! give, and that no accepted bounds give it.

use anyhow::{Context, Result, anyhow, ensure};
use num_bigint::BigInt;
use zkc_circuit::{Op, validate};

use crate::case::{compile, layout, modulus};

/// A case: what it tries.
type Case = fn() -> Result<()>;

/// The cases.
pub(crate) const CASES: &[(&str, Case)] = &[("wide-division", division), ("wide-rescale", rescale)];

/// Widths in bits: of the divisor or shift, of the quotient's type, of a limb.
const WIDTHS: [(u32, u32, u32); 9] = [
    (125, 122, 11),
    (125, 122, 8),
    (125, 120, 10),
    (124, 117, 9),
    (120, 121, 11),
    (118, 125, 6),
    (100, 124, 11),
    (60, 124, 11),
    (124, 60, 11),
];

fn division() -> Result<()> {
    check(|divisor, quotient| {
        let (a, b) = ((1i128 << quotient) - 1, 1i128 << divisor);
        let program = format!(
            "
!a = tensor<1x!zkarith.fixed<0, 0, {a}>>
!b = tensor<1x!zkarith.fixed<0, 1, {b}>>
func.func @main(%a: !a, %b: !b) -> !a attributes {{plonk.layout = LAYOUT}} {{
  %0 = zkarith.div %a, %b : (!a, !b) -> !a
  return %0 : !a
}}"
        );
        // floor((2a + b) / 2b)
        (program, BigInt::from(b) * 2)
    })
}

fn rescale() -> Result<()> {
    check(|shift, quotient| {
        // The type of the result is much wider than the operand's bounds make necessary.
        let y = (1i128 << quotient) - 1;
        let program = format!(
            "
!x = tensor<1x!zkarith.fixed<{shift}, 0, 1000>>
!y = tensor<1x!zkarith.fixed<0, 0, {y}>>
func.func @main(%x: !x) -> !y attributes {{plonk.layout = LAYOUT}} {{
  %0 = zkarith.rescale %x : !x -> !y
  return %0 : !y
}}"
        );
        (program, BigInt::from(1) << shift)
    })
}

/// Compiles for all widths. `program` gives the text and the divisor of the identity.
fn check(program: impl Fn(u32, u32) -> (String, BigInt)) -> Result<()> {
    let (mut accepted, mut refused, mut needed) = (0, 0, 0);
    for (divisor, quotient, bits) in WIDTHS {
        let (text, divisor) = program(divisor, quotient);
        // The dividend p has this quotient, and a remainder below the divisor, which the limbs of remainders hold.
        let alias = BigInt::from(modulus()) / divisor;
        let limbs = quotient.div_ceil(bits);
        let fits = alias.bits() <= u64::from(limbs * bits);
        match compile(&text, layout(bits, 1, 1, 1, 12), "") {
            Ok(mut circuit) => {
                accepted += 1;
                ensure!(
                    !fits,
                    "{text}\na dividend of zero also has the quotient {alias}"
                );
                circuit.k = 14;
                validate(&circuit).map_err(|errors| anyhow!("{}", errors[0]))?;
                let quotient = circuit
                    .program
                    .iter()
                    .position(|step| matches!(step.op, Op::Ratio { .. } | Op::Quotient { .. }))
                    .context("the circuit has no quotient")?;
                let used = circuit.program.iter().filter(
                    |step| matches!(step.op, Op::Limb { x, .. } if x.0 as usize == quotient),
                );
                ensure!(
                    used.count() == limbs as usize,
                    "the quotient has other limbs"
                );
            }
            Err(error) => {
                refused += 1;
                needed += usize::from(fits);
                let text = format!("{error:#}");
                ensure!(text.contains("too wide for the field"), "{text}");
            }
        }
    }
    ensure!(
        accepted > 0 && needed > 0,
        "{accepted} accepted, {refused} refused, {needed} rightly"
    );
    Ok(())
}
