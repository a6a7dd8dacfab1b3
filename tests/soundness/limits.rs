//! Bounds so wide that an identity could hold in the field alone.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use num_bigint::BigInt;
use zkc_circuit::{Checker, Op, RegisterId, evaluate, validate};

use crate::case::{compile, layout, modulus};

/// The cases.
pub(crate) const CASES: &[(&str, fn() -> Result<()>)] = &[("poc", poc)];

fn poc() -> Result<()> {
    let program = "
!a = tensor<1x!zkarith.fixed<0, 0, 5316911983139663491615228241121378303>>
!b = tensor<1x!zkarith.fixed<0, 1, 42535295865117307932921825928971026432>>
func.func @main(%a: !a, %b: !b) -> !a attributes {plonk.layout = LAYOUT} {
  %0 = zkarith.div %a, %b : (!a, !b) -> !a
  return %0 : !a
}";
    let mut circuit = compile(program, layout(11, 1, 1, 1, 12), "")?;
    circuit.k = 12;
    let cells = validate(&circuit).map_err(|e| anyhow::anyhow!("{}", e[0]))?;
    let den = 1i128 << 125;
    let num = 12345i128;
    let registers = evaluate(&circuit, &vec![vec![num], vec![den]])?;
    let grid = cells.assign(&registers);
    let checker = Checker::new(&circuit, &cells);
    ensure!(checker.check(&grid).is_empty());
    let at = circuit.program.iter().position(|i| matches!(i.op, Op::Ratio { .. })).context("ratio")?;
    let p = BigInt::from(modulus());
    let two_den: BigInt = BigInt::from(den) * 2;
    // 2 num + den = 2 den y + r (mod p)
    let total = BigInt::from(2 * num + den) + &p;
    let (y, r) = (&total / &two_den, &total % &two_den);
    let gap = two_den.clone() - BigInt::from(1) - r.clone();
    println!("y = {y}");
    let home = |register: usize| {
        let element = cells.elements.own(RegisterId(register as u32)).start;
        cells.home(element).context("home")
    };
    let mut changes = BTreeMap::new();
    let mut set = |register: usize, value: BigInt| -> Result<()> {
        let cell = home(register)?;
        changes.insert(cell, value.clone());
        for (from, to) in &cells.copies {
            if *from == cell { changes.insert(*to, value.clone()); }
        }
        Ok(())
    };
    set(at, y.clone())?;
    let mut limb = at + 3;
    for number in [&r, &gap, &y] {
        for i in 0..12u32 {
            ensure!(matches!(circuit.program[limb].op, Op::Limb { .. }), "{}", circuit.program[limb].op.name());
            set(limb, (number >> (11 * i)) & BigInt::from(2047))?;
            limb += 1;
        }
    }
    ensure!(checker.rejects(&grid, &changes, Some(&p)), "accepted: {num} / {den} = {y}");
    Ok(())
}
