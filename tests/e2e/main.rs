//! From a model and an input to a verified proof, what must be rejected, and what must not differ.
//!
//! Cases, in this order, which `ZKC_SHARD=I/N` counts through (see `zkc_tests::shard`):
//!
//! * `mock/MODEL`: all samples of a fixture model: every constraint checked, outputs compared with the stored ones;
//!   the first sample's circuit is audited;
//! * `proof/BACKEND/MODEL/N`: a real proof of sample N. By default of sample 0 only, with `ZKC_FULL=1` of all samples;
//! * `audit/...`: what the random evaluation of a fixture model or a random network checks is what its program computes;
//! * `files/...`: the steps one by one through files, and files that were tampered with;
//! * `tampered/WHAT/COMMITMENT`: files changed by somebody who makes checksums right are refused with the reason;
//! * `same/pass-by-pass/MODEL`: one pass at a time through text gives the circuit of the whole pipeline;
//! * `same/bytes/MODEL`: compiling again, elsewhere and with other threads, gives the same bytes;
//! * `networks/COMMITMENT/N`: random networks of all kinds of layers, proven by the backend with challenges;
//! * `twin/KIND`: both layouts of a kind of layer: the same outputs, proven by both backends;
//! * `size/...`: models too large to be handled carelessly.

mod audit;
mod files;
mod networks;
mod same;
mod samples;
mod size;
mod tampered;
mod twin;
mod work;

use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::{Arguments, Trial};
use zkc_halo2_axiom::Commitment;
use zkc_tests::{
    exit_code,
    models::MODELS,
    shard::{self, Shard},
};

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let cases = cases().and_then(|cases| Ok(Shard::from_env()?.select(cases)));
    exit_code(cases.map(|cases| libtest_mimic::run(&args, cases).exit_code()))
}

fn cases() -> Result<Vec<Trial>> {
    let mut cases = Vec::new();
    for model in MODELS {
        cases.push(case(format!("mock/{}", model.name), move || {
            samples::mock(model)
        }));
    }
    for model in MODELS {
        let samples = model.samples()?;
        let count = if shard::full() { samples.len() } else { 1 };
        for sample in samples.into_iter().take(count) {
            for backend in ["halo2", "halo2-axiom"] {
                let sample = sample.clone();
                let name = format!("proof/{backend}/{}/{}", model.name, sample.index);
                cases.push(case(name, move || samples::proof(&sample, backend)));
            }
        }
    }
    for model in MODELS {
        cases.push(case(format!("audit/{}", model.name), move || {
            audit::model(model)
        }));
    }
    for seed in 0..networks::COUNT {
        cases.push(case(format!("audit/network/{seed}"), move || {
            audit::network(seed)
        }));
    }
    cases.push(case("files/step-by-step".into(), files::step_by_step));
    cases.push(case("files/damaged-proof".into(), files::damaged_proof));
    cases.push(case("files/forged-proof".into(), files::forged_proof));
    cases.push(case("files/other-files".into(), files::other_files));
    cases.push(case(
        "files/other-public-values".into(),
        files::other_public_values,
    ));
    cases.push(case("files/other-model".into(), files::other_model));
    for commitment in Commitment::ALL {
        cases.push(case(format!("tampered/proof/{commitment}"), move || {
            tampered::proof(commitment)
        }));
        cases.push(case(format!("tampered/keys/{commitment}"), move || {
            tampered::keys(commitment)
        }));
    }
    cases.push(case("tampered/setup/kzg".into(), tampered::setup));
    for name in same::MODELS {
        cases.push(case(format!("same/pass-by-pass/{name}"), move || {
            same::pass_by_pass(name)
        }));
        cases.push(case(format!("same/bytes/{name}"), move || {
            same::bytes(name)
        }));
    }
    for commitment in ["kzg", "ipa"] {
        for seed in 0..networks::COUNT {
            cases.push(case(format!("networks/{commitment}/{seed}"), move || {
                networks::proof(commitment, seed)
            }));
        }
    }
    for kind in twin::KINDS {
        cases.push(case(format!("twin/{}", kind.name), || twin::both(kind)));
    }
    cases.push(case(
        "size/large-external-data".into(),
        size::large_external_data,
    ));
    Ok(cases)
}

fn case(name: String, run: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run().map_err(|error| format!("{error:#}").into())
    })
}
