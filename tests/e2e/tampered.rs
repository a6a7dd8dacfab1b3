//! Files that somebody changed who also makes their checksums right: each is refused, and the message says why.
//!
//! With the backend that has challenges, and both commitments. That a byte changed by accident is noticed, by checksums, is
//! shown in `files` and in the cases of `bad/` in `tests/cli`.

use anyhow::{Context, Result, ensure};
use zkc_circuit::file::{self, FileKind};
use zkc_halo2_axiom::{Commitment, Digest, Proof};
use zkc_tests::{models::MODELS, shard};

use crate::{
    files::flipped,
    work::{Work, arg, by_witness},
};

/// Changed bytes of a key that are tried.
const CHANGES: usize = 40;

/// Bytes of a commitment in a key.
const POINT: usize = 32;

/// A folder with `m.zkc`, `m.pk`, `m.vk` and a proof `p`.
struct Proven {
    work: Work,
    input: String,
    commitment: Commitment,
}

fn proven(commitment: Commitment) -> Result<Proven> {
    let work = Work::new()?;
    let sample = MODELS[0].samples()?.swap_remove(1);
    let input = arg(&sample.folder).to_owned();
    let onnx = arg(&sample.onnx);
    let compile = ["compile", onnx, "-o", "m.zkc", "--input-range", "0:8"];
    let more = ["--public", "inputs,outputs", "--backend", "halo2-axiom"];
    work.zkc(&[&compile[..], &more].concat())?;
    let name = commitment.to_string();
    let mut setup = vec!["setup", "m.zkc", "--pk", "m.pk", "--vk", "m.vk"];
    setup.extend(["--commitment", &name]);
    if commitment == Commitment::Kzg {
        setup.push("--insecure-srs");
    }
    work.zkc(&setup)?;
    let proven = Proven {
        work,
        input,
        commitment,
    };
    proven.work.zkc(&proven.prove("p"))?;
    proven.work.zkc(&proven.verify())?;
    Ok(proven)
}

impl Proven {
    fn prove<'a>(&'a self, output: &'a str) -> Vec<&'a str> {
        let prove = ["prove", "m.zkc", "--pk", "m.pk", "--input", &self.input];
        [&prove[..], &["-o", output]].concat()
    }

    fn verify(&self) -> Vec<&'static str> {
        let mut verify = vec!["verify", "--vk", "m.vk", "--proof", "p"];
        if self.commitment == Commitment::Kzg {
            verify.push("--insecure-srs");
        }
        verify
    }

    /// Replaces the payload of a file by another one, with the right checksum.
    fn seal(&self, name: &str, kind: FileKind, payload: &[u8]) -> Result<()> {
        let bytes = file::to_bytes(kind, "zkc", payload)?;
        self.work.write(name, &bytes)
    }

    fn payload(&self, name: &str, kind: FileKind) -> Result<Vec<u8>> {
        let bytes = self.work.read(name)?;
        Ok(file::from_bytes(&self.work.path(name), kind, &bytes)?.payload)
    }
}

/// Proofs with other public values, digests or bytes.
pub(crate) fn proof(commitment: Commitment) -> Result<()> {
    let proven = proven(commitment)?;
    let honest = Proof::read(&proven.work.path("p"))?;
    let output = honest.public.len() - 1;
    let other = match commitment {
        Commitment::Kzg => Commitment::Ipa,
        Commitment::Ipa => Commitment::Kzg,
    };
    let length = honest.bytes.len();
    type Change = Box<dyn Fn(&mut Proof)>;
    let cases: Vec<(&str, Change)> = vec![
        (
            "does not hold for these public values",
            Box::new(move |proof| proof.public[output].values[0] += 1),
        ),
        (
            "does not hold for these public values",
            Box::new(|proof| proof.public[0].values[0] += 1),
        ),
        (
            "is outside of",
            Box::new(move |proof| proof.public[output].values[0] = 1 << 100),
        ),
        (
            "has 1 values, the proof shows 2",
            Box::new(move |proof| proof.public[output].values.push(0)),
        ),
        (
            "the proof shows 1 public tensors, the circuit has 2",
            Box::new(|proof| {
                proof.public.pop();
            }),
        ),
        (
            "the proof is for circuit",
            Box::new(|proof| proof.circuit = Digest([7; 32])),
        ),
        (
            "verifying key",
            Box::new(|proof| proof.key = Digest([7; 32])),
        ),
        (
            "is a proof of commitment",
            Box::new(move |proof| proof.commitment = other),
        ),
        (
            "the proof is truncated",
            Box::new(|proof| proof.bytes.truncate(100)),
        ),
        (
            "is followed by 1 further bytes",
            Box::new(|proof| proof.bytes.push(0)),
        ),
    ];
    for (reason, change) in cases {
        let mut changed = honest.clone();
        change(&mut changed);
        changed.write(&proven.work.path("p"))?;
        let message = proven.work.refused(&proven.verify()).context(reason)?;
        ensure!(message.contains(reason), "not \"{reason}\": {message}");
    }
    let stride = if shard::full() { 31 } else { 331 };
    for place in (0..length).step_by(stride).chain([length - 1]) {
        let mut changed = honest.clone();
        changed.bytes[place] ^= 1;
        changed.write(&proven.work.path("p"))?;
        let message = proven.work.refused(&proven.verify());
        let message = message.with_context(|| format!("byte {place} of {length} changed"))?;
        ensure!(
            message.contains("the proof is rejected: the proof is not well formed")
                || message.contains("the proof is rejected: the proof does not hold"),
            "byte {place} of {length} changed: {message}"
        );
    }
    Ok(())
}

/// Why a changed key is refused, one of these.
const REASONS: [&str; 9] = [
    "the outline in the key is not valid",
    "the key file is not valid",
    "the key is for backend",
    "the verifying key",
    "the proving key",
    "is the key of circuit",
    "the proof is rejected: ",
    // The circuit in the key is none any longer.
    "the file was changed after zkc wrote it",
    // With other fixed values the finished proof does not hold.
    "the witness does not satisfy the circuit",
];

/// Keys with a byte changed: a verifying key is not that of the proof any longer, and a proving key makes no proofs but good
/// ones.
pub(crate) fn keys(commitment: Commitment) -> Result<()> {
    let proven = proven(commitment)?;
    let work = &proven.work;
    let known = |message: &str| REASONS.iter().any(|reason| message.contains(reason));

    let honest = proven.payload("m.vk", FileKind::VerifyingKey)?;
    for place in (0..honest.len()).step_by(honest.len() / CHANGES) {
        let at = || format!("byte {place} of {} of the verifying key", honest.len());
        proven.seal("m.vk", FileKind::VerifyingKey, &flipped(&honest, place))?;
        let message = work.refused(&proven.verify()).with_context(at)?;
        ensure!(known(&message), "{}: {message}", at());
    }
    proven.seal("m.vk", FileKind::VerifyingKey, &honest)?;
    work.zkc(&proven.verify()).context("the honest key")?;

    let honest = proven.payload("m.pk", FileKind::ProvingKey)?;
    for place in (0..honest.len()).step_by(honest.len() / CHANGES) {
        let at = || format!("byte {place} of {} of the proving key", honest.len());
        proven.seal("m.pk", FileKind::ProvingKey, &flipped(&honest, place))?;
        let done = work.tool("zkc", &proven.prove("p"))?;
        if done.success() {
            work.zkc(&proven.verify()).with_context(at)?;
        } else {
            let message = work.refused(&proven.prove("p")).with_context(at)?;
            ensure!(known(&message), "{}: {message}", at());
            ensure!(message.contains("m.pk"), "{} is not named: {message}", at());
        }
    }

    // With a witness from a file, the one of both that was changed is named.
    let by_witness = by_witness("p");
    work.zkc(&["witness", "m.zkc", "--input", &proven.input, "-o", "w"])?;
    let unsatisfied = "the witness does not satisfy the circuit";
    // Some changes leave a key that can be read, with another commitment to a fixed column: half of all numbers are the
    // coordinate of a point. Commitments end the verifying key, which is part of the proving key.
    let verifying = proven.payload("m.vk", FileKind::VerifyingKey)?;
    let mut parts = honest.windows(verifying.len());
    let start = parts.position(|part| part == verifying);
    let end = start.context("the proving key holds the verifying key")? + verifying.len();
    let mut found = 0;
    for place in (1..=12).map(|point| end - POINT * point) {
        proven.seal("m.pk", FileKind::ProvingKey, &flipped(&honest, place))?;
        if work.tool("zkc", &by_witness)?.success() {
            continue;
        }
        let message = work.refused(&by_witness)?;
        found += usize::from(message.contains(unsatisfied));
        ensure!(
            message.contains("\n  in m.pk\n"),
            "byte {place} of {} of the proving key: {message}",
            honest.len()
        );
    }
    ensure!(found > 0, "no key that can be read was changed");
    proven.seal("m.pk", FileKind::ProvingKey, &honest)?;
    let values = proven.payload("w", FileKind::Witness)?;
    let mut found = 0;
    for place in (values.len() / 3..values.len()).step_by(values.len() / 10) {
        proven.seal("w", FileKind::Witness, &flipped(&values, place))?;
        let at = || format!("byte {place} of {} of the witness", values.len());
        // What no constraint reads may change.
        if work.tool("zkc", &by_witness)?.success() {
            work.zkc(&proven.verify()).with_context(at)?;
            continue;
        }
        let message = work.refused(&by_witness)?;
        found += usize::from(message.contains(unsatisfied));
        ensure!(message.contains("\n  in w\n"), "{}: {message}", at());
    }
    ensure!(found > 0, "no value of the witness was changed");
    Ok(())
}

/// Setups of KZG: the points, and what the file says of their secret.
pub(crate) fn setup() -> Result<()> {
    /// Magic number and checksum.
    const HEAD: usize = 16 + 32;
    /// What stands before the points: the mark of the insecure setup, its digest, and k.
    const POINTS: usize = 1 + 32 + 4;
    const POINT: usize = 64;
    let Proven { work, .. } = proven(Commitment::Kzg)?;
    work.zkc(&["srs", "generate", "--insecure", "-k", "8", "-o", "s"])?;
    let honest = work.read("s")?;
    let setup = ["setup", "m.zkc", "--pk", "n.pk", "--vk", "n.vk"];
    let with = ["--commitment", "kzg", "--srs", "s"];
    let setup = [&setup[..], &with].concat();
    let allowed = [&setup[..], &["--insecure-srs"]].concat();
    let seal = |change: &dyn Fn(&mut [u8])| -> Result<()> {
        let mut body = honest[HEAD..].to_vec();
        change(&mut body);
        let checksum = blake3::hash(&body);
        let parts = [&honest[..16], checksum.as_bytes(), &body];
        work.write("s", &parts.concat())
    };
    seal(&|_| {})?;
    ensure!(work.read("s")? == honest, "the frame changed on its way");
    work.zkc(&allowed).context("the honest setup")?;
    type Change = fn(&mut [u8]);
    let cases: [(&str, Change); 6] = [
        // To pass for a setup that nobody knows the secret of.
        ("are not those of the setup that it names", |body| {
            body[0] ^= 1;
        }),
        ("are not those of the setup that it names", |body| {
            body[5] ^= 1;
        }),
        ("no points of BN254", |body| body[1000] ^= 1),
        ("no points of BN254", |body| {
            let last = body.len() - 1;
            body[last] ^= 1;
        }),
        // Points of the curve, but not in their places.
        (
            "s is no good parameter file: it holds points that are not the powers of the secret of its setup",
            |body| body[POINTS + 5 * POINT..POINTS + 7 * POINT].rotate_left(POINT),
        ),
        (
            "s is no good parameter file: its points of the Lagrange basis do not belong to its powers",
            |body| body[POINTS + 300 * POINT..POINTS + 302 * POINT].rotate_left(POINT),
        ),
    ];
    for (reason, change) in cases {
        seal(&change)?;
        for command in [&setup, &allowed] {
            let message = work.refused(command).context(reason)?;
            ensure!(message.contains(reason), "not \"{reason}\": {message}");
        }
    }
    Ok(())
}
