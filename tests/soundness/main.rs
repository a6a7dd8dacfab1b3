//! Every gadget of the direct layout: does it compute what it should, and nothing else?
//!
//! A case is a small function of `zkarith`, compiled by the tools under several layouts: limb widths, gadgets of several
//! rows, blocks and units side by side. For each case:
//!
//! * `law/CASE`: on edge values and random ones the witness satisfies the circuit, and the outputs are those of a model
//!   of a few lines that knows nothing of the compiler;
//! * `unique/CASE`: no change of the witness is accepted: the mutations of `zkc-circuit`, and the search of
//!   [`search`], which goes on changing cells until every gate holds again; the audit finds nothing;
//! * `needed/CASE`: without any one constraint, lookup or fixed value, the same tools find a second witness, a cell that
//!   nothing pins, or that the honest witness is no longer accepted. So each is needed, and the tools can fail;
//! * `copies/CASE`: without any one copy constraint the copied cell is free;
//! * `sums/CASE`: the same with lookups as sums of fractions (`plonk-lower-lookups`): the witness is accepted, and no
//!   mutation of it, of a multiplicity or of a column that depends on challenges is; for cases with long tables also with
//!   fewer rows than the tables have;
//! * `strips/CASE`: the same in strips, where linear maps and copies are one sum with random coefficients;
//! * `twin/CASE`: direct and in strips the same outputs, by real proofs with the commitments that the others leave out;
//! * `needed-in-strips/CASE`: there, without any one family of constraints, a wrong witness with a name is accepted, and
//!   no other such witness ever is;
//! * `forged-in-strips/CASE`: these witnesses, and others in the second phase, have no real proof;
//! * `audited-strips/CASE`: the audit of random evaluation finds changed schedules, shared monomials and loose limbs;
//! * `proof/CASE`: a real proof verifies, and does not for another public value or a changed witness.
//!
//! The cases `limits/...` are about bounds so wide that an identity could hold in the field alone.

mod case;
mod cases;
mod copies;
mod idle;
mod law;
mod limits;
mod needed;
mod proof;
mod search;
mod strips;
mod sums;
mod twin;
mod unique;

use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let mut trials = Vec::new();
    type Suite = (&'static str, fn(&case::Case) -> Result<()>);
    let whole: [Suite; 3] = [
        ("law", law::run),
        ("unique", unique::run),
        ("proof", proof::run),
    ];
    let parts: [Suite; 2] = [("needed", needed::run), ("copies", copies::run)];
    for (suite, run) in whole {
        trials.extend(
            cases::all().map(|case| trial(format!("{suite}/{}", case.name), move || run(case))),
        );
    }
    for (suite, run) in parts {
        trials.extend(
            cases::gadgets().map(|case| trial(format!("{suite}/{}", case.name), move || run(case))),
        );
    }
    // Cases without a limb or a table have nothing to sum up.
    trials.extend(
        cases::gadgets().map(|case| trial(format!("sums/{}", case.name), move || sums::run(case))),
    );
    trials.extend(
        cases::all().map(|case| trial(format!("strips/{}", case.name), move || strips::run(case))),
    );
    trials.extend(
        cases::all().map(|case| trial(format!("twin/{}", case.name), move || twin::run(case))),
    );
    trials.extend(cases::all().map(|case| {
        let name = format!("needed-in-strips/{}", case.name);
        trial(name, move || strips::needed(case))
    }));
    // One is dense, with many kinds of units, one has lines, one products of matrices.
    let forged = ["network", "linear-conv", "contraction"];
    for case in cases::all().filter(|case| forged.contains(&case.name)) {
        let name = format!("forged-in-strips/{}", case.name);
        trials.push(trial(name, move || strips::forged(case)));
    }
    trials.extend(cases::all().map(|case| {
        let name = format!("audited-strips/{}", case.name);
        trial(name, move || strips::audited(case))
    }));
    trials.extend(cases::long_tables().map(|case| {
        trial(format!("sums/{}", case.name), move || {
            sums::run_over_groups(case)
        })
    }));
    for (name, run) in limits::CASES {
        trials.push(trial(format!("limits/{name}"), run));
    }
    libtest_mimic::run(&args, trials).exit_code()
}

fn trial(name: String, run: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run().map_err(|error| format!("{error:#}").into())
    })
}
