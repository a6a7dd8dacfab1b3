//! How long a unit of each kind of work takes: the constants of `src/prediction.rs`.
//!
//! `RAYON_NUM_THREADS=1 taskset -c 1 cargo bench -p zkc-halo2-axiom --bench calibrate`: times sums over group elements and
//! transforms by themselves, then proofs of circuits of the kind that the layout in strips gives, with more or fewer rows
//! and columns of each kind, and fits what is left. Of repeated measurements the least counts, in processor seconds, so that
//! others on the machine disturb little. The parameters of KZG are insecure ones.

use std::hint::black_box;

use halo2_axiom::arithmetic::best_multiexp;
use halo2_axiom::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::halo2curves::group::Curve;
use halo2_axiom::poly::EvaluationDomain;
use rand_core_06::RngCore;
use zkc_backend_testing::Random;
use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, ExprBuilder, ExprId, InputInfo, OutputInfo, evaluate,
};
use zkc_halo2_axiom::{
    Commitment, Params, ParamsCache, Prepared, ProvingKey, Stopwatch, WorkKind, prove, system_rng,
};

/// Largest number of rows, as a power of two.
const MAX_K: u32 = 14;

/// Seconds for which one thing is measured again.
const PATIENCE_S: f64 = 1.5;

/// The least processor seconds of some runs.
fn least(mut run: impl FnMut()) -> f64 {
    let (mut least, mut spent) = (f64::INFINITY, 0.0);
    while spent < PATIENCE_S {
        let watch = Stopwatch::start();
        run();
        let seconds = watch.cost().cpu_s;
        least = least.min(seconds);
        spent += seconds;
    }
    least
}

fn primitives() {
    let mut random = Random(1);
    let mut point = G1::generator();
    let points: Vec<G1> = (0..1usize << MAX_K)
        .map(|_| {
            point = point + point + G1::generator();
            point
        })
        .collect();
    let mut bases = vec![G1Affine::default(); points.len()];
    G1::batch_normalize(&points, &mut bases);
    let full: Vec<Fr> = bases.iter().map(|_| Fr::random(&mut random)).collect();
    println!("k, ns for each row: sum with scalars of full size, of 8 bits, of 16 bits; transform");
    for k in 4..=MAX_K {
        let n = 1usize << k;
        let sum = |scalar: &mut dyn FnMut(usize) -> Fr| {
            let scalars: Vec<Fr> = (0..n).map(scalar).collect();
            least(|| {
                black_box(best_multiexp(&scalars, &bases[..n]));
            })
        };
        let all = sum(&mut |index| full[index]);
        let bytes = sum(&mut |_| Fr::from(random.next_u64() & 0xff));
        let words = sum(&mut |_| Fr::from(random.next_u64() & 0xffff));
        let domain = EvaluationDomain::<Fr>::new(3, k);
        let transform = least(|| {
            black_box(domain.lagrange_to_coeff(domain.lagrange_from_vec(full[..n].to_vec())));
        });
        let [all, bytes, words, transform] =
            [all, bytes, words, transform].map(|seconds| seconds * 1e9 / n as f64);
        println!("{k:2} {all:7.0} {bytes:7.0} {words:7.0} {transform:7.0}");
    }
}

/// Dimensions of a circuit like those that strips give.
#[derive(Clone, Copy, Debug)]
struct Dimensions {
    k: u32,
    /// Columns of values of 8 bits.
    values: u32,
    /// Columns of sums of fractions, each over as many values.
    helpers: u32,
    fractions: u32,
    /// Columns of coefficients, each with as many fixed columns.
    coefficients: u32,
    lanes: u32,
}

impl Dimensions {
    fn rows(&self) -> u64 {
        (1 << self.k) - 6
    }

    fn inputs(&self) -> Vec<i128> {
        let values = 0..u64::from(self.values) * self.rows();
        values.map(|i| i128::from(i * 7919 % 251)).collect()
    }

    fn circuit(&self) -> Circuit {
        let mut c = Circuit::new("calibration", self.k);
        let v = c.add_group(ColumnGroup::advice("v", self.values));
        let late = c.add_group(ColumnGroup::advice_in_phase(
            "late",
            1,
            self.helpers + self.coefficients,
        ));
        let run = c.add_group(ColumnGroup::fixed("run", 1));
        let lane = c.add_group(ColumnGroup::fixed("lane", self.coefficients * self.lanes));
        let alpha = c.add_challenge("alpha", 0).0;
        let omega = c.add_challenge("omega", 0).0;
        let rho = c.add_challenge("rho", 0).0;
        for helper in 0..self.helpers {
            let mut b = ExprBuilder::new();
            let q = b.query(run.0, 0, 0);
            let alpha = b.challenge(alpha);
            let divisors: Vec<ExprId> = (0..self.fractions)
                .map(|i| {
                    let column = (helper * self.fractions + i) % self.values;
                    let value = b.query(v.0, column, 0);
                    b.sub(alpha, value)
                })
                .collect();
            let own = b.query(late.0, helper, 0);
            let product = b.product(std::iter::once(own).chain(divisors));
            let one = b.constant(1);
            let difference = b.sub(product, one);
            let poly = b.mul(q, difference);
            c.add_gate(format!("helper {helper}"), [("is".into(), b.finish(poly))]);
            c.derive_by_last_gate(late, helper, 0, 0);
        }
        for strip in 0..self.coefficients {
            let mut b = ExprBuilder::new();
            let q = b.query(run.0, 0, 0);
            let column = self.helpers + strip;
            let (here, next) = (b.query(late.0, column, 0), b.query(late.0, column, 1));
            let (omega, rho) = (b.challenge(omega), b.challenge(rho));
            let mut right = b.mul(rho, here);
            for i in 0..self.lanes {
                let weight = b.query(lane.0, strip * self.lanes + i, 0);
                let shifted = b.mul(omega, right);
                right = b.add(shifted, weight);
            }
            let left = b.sub(next, right);
            let poly = b.mul(q, left);
            c.add_gate(format!("strip {strip}"), [("is".into(), b.finish(poly))]);
            c.derive_by_last_gate(late, column, 0, 1);
        }
        let rows = self.rows();
        let x = c.add_input(InputInfo {
            name: "x".into(),
            shape: vec![u64::from(self.values), rows],
            scale: 0,
            lo: 0,
            hi: 250,
            public: false,
        });
        let id = AffineMap::identity;
        c.place(x, v, vec![u64::from(self.values), rows], id(2), id(2), "x");
        let down = AffineMap::linear(1, &[(&[0], 0), (&[1], 0)]);
        c.fill(run, vec![rows - 1], down, 1, "run");
        for column in 0..self.coefficients * self.lanes {
            let at = AffineMap::linear(1, &[(&[0], i64::from(column)), (&[1], 0)]);
            c.fill(
                lane,
                vec![rows - 1],
                at,
                i128::from(column % 17) - 8,
                "lane",
            );
        }
        c.outputs.push(OutputInfo {
            name: "y".into(),
            shape: vec![u64::from(self.values), rows],
            scale: 0,
            register: x,
            public: false,
            lo: 0,
            hi: 250,
        });
        c
    }
}

/// Measured proofs: the work in each and its seconds.
fn proofs(commitment: Commitment) -> Vec<(Vec<f64>, f64)> {
    let base = Dimensions {
        k: 8,
        values: 16,
        helpers: 8,
        fractions: 1,
        coefficients: 8,
        lanes: 10,
    };
    let mut all = Vec::new();
    for k in [6, 8, 10, 12] {
        let base = Dimensions { k, ..base };
        all.push(base);
        all.push(Dimensions { values: 48, ..base });
        all.push(Dimensions {
            helpers: 32,
            ..base
        });
        if k < 12 {
            all.push(Dimensions {
                coefficients: 8,
                lanes: 40,
                ..base
            });
        }
        all.push(Dimensions {
            fractions: 3,
            ..base
        });
    }
    let mut rng = system_rng().expect("randomness");
    let mut measured = Vec::new();
    for dimensions in all {
        let prepared = Prepared::try_new(dimensions.circuit()).expect("a good circuit");
        let k = dimensions.k;
        let params = match commitment {
            Commitment::Kzg => Params::insecure(k).expect("parameters"),
            Commitment::Ipa => {
                let cache = ParamsCache::from_env().expect("a cache folder");
                let loaded = cache.load_or_make(k, &mut |warning| eprintln!("{warning}"));
                loaded.expect("parameters").params
            }
        };
        let key = ProvingKey::generate(&prepared, &params).expect("keys");
        let registers = evaluate(prepared.circuit(), &[dimensions.inputs()]);
        let grid = prepared.assign(&registers.expect("a witness"));
        let grid = grid.expect("a grid");
        let mut seconds = f64::INFINITY;
        let patience = Stopwatch::start();
        while seconds.is_infinite() || patience.cost().cpu_s < PATIENCE_S {
            let proved = prove(&params, &key, &grid, &mut rng).expect("a proof");
            seconds = seconds.min(proved.cost.cpu_s);
        }
        let work = prepared.work(commitment).map(|(_, amount)| amount);
        let predicted = prepared.predict(commitment).prove_s;
        let off = 100.0 * (predicted / seconds - 1.0);
        println!("{commitment} {dimensions:?}: {seconds:.3} s, predicted {off:+.0} %");
        measured.push((work.to_vec(), seconds));
    }
    measured
}

/// Rounds of the fit.
const ROUNDS: usize = 6000;

/// Relative errors below this count alike.
const NEAR: f64 = 0.02;

/// The units of the kinds that were not timed by themselves that fit best, none below zero: coordinate descent on the sum of
/// relative errors.
fn fit(measured: &[(Vec<f64>, f64)]) -> Vec<f64> {
    let mut units: Vec<f64> = WorkKind::ALL.iter().map(|kind| kind.seconds()).collect();
    let fixed = [
        WorkKind::Commitment,
        WorkKind::Transform,
        WorkKind::TransformRow,
    ];
    for _ in 0..ROUNDS {
        for (index, kind) in WorkKind::ALL.iter().enumerate() {
            if fixed.contains(kind) {
                continue;
            }
            let (mut above, mut below) = (0.0, 0.0);
            for (work, seconds) in measured {
                let products = work.iter().zip(&units).map(|(work, unit)| work * unit);
                let sum: f64 = products.sum();
                // A measurement that is far off counts as often as the others, not with its square.
                let weight = 1.0 / (sum / seconds - 1.0).abs().max(NEAR);
                let own = weight * work[index] / (seconds * seconds);
                above += own * (seconds - sum + work[index] * units[index]);
                below += own * work[index];
            }
            units[index] = (above / below).max(0.0);
        }
    }
    units
}

fn main() {
    primitives();
    let mut measured = Vec::new();
    for commitment in [Commitment::Kzg, Commitment::Ipa] {
        measured.extend(proofs(commitment));
    }
    let units = fit(&measured);
    for (kind, unit) in WorkKind::ALL.iter().zip(&units) {
        println!("{kind:?}: {unit:.2e} s");
    }
    let sum = |work: &[f64]| -> f64 { work.iter().zip(&units).map(|(w, unit)| w * unit).sum() };
    let errors = measured.iter().map(|(work, s)| (sum(work) / s - 1.0).abs());
    let worst = errors.fold(0.0, f64::max);
    println!(
        "with these, predictions are off by {:.0} % at most",
        100.0 * worst
    );
}
