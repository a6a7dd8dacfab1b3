//! A prover for circuits whose constraints are all gates, as those with random evaluation.
//!
//! It makes the proofs that `halo2-axiom` verifies, message for message; nothing that a verifier relies on is decided here.
//! What differs is the work: see decision 0010 in the book. Circuits with copies or with lookup arguments of halo2
//! are proven by `halo2-axiom`'s own prover.

mod bases;
mod columns;
mod fft;
mod filled;
mod inner_product;
mod msm;
mod numerator;
mod opening;
mod quotient;
mod shplonk;

pub(crate) use bases::Bases;
pub(crate) use inner_product::argument_cost;
pub(crate) use msm::{sum_cost, sum_of_multiples};
pub(crate) use numerator::Numerator;

use std::collections::BTreeMap;

use halo2_axiom::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::plonk::{ConstraintSystem, VerifyingKey};
use halo2_axiom::transcript::{
    Blake2bWrite, Challenge255, Transcript, TranscriptWrite, TranscriptWriterBuffer,
};
use rand_core_06::RngCore;
use rayon::prelude::*;
use zkc_backend::{Error, GridColumn};
use zkc_circuit::{Cell, Grid};

use self::bases::affine;
use self::columns::FixedColumns;
use self::fft::{Domain, evaluate};
use self::numerator::Column;
use self::opening::{Claims, Committed, Opened};
use crate::columns::{Prepared, configure};
use crate::field::{Scalar, to_field};
use crate::keys::{FixedValues, ProvingKey};
use crate::system::{FLAVOUR, Halo2Axiom};

/// Whether this prover can prove the circuits of a constraint system.
pub(crate) fn applies_to(meta: &ConstraintSystem<Fr>) -> bool {
    meta.lookups().is_empty() && meta.permutation().get_columns().is_empty()
}

/// A column of advice or of public values as a polynomial.
#[derive(Clone, Default)]
struct Hidden {
    coefficients: Vec<Fr>,
    /// The values of the last rows, which blind the proof.
    last: Vec<Fr>,
    blind: Fr,
}

/// What all phases of a proof share.
struct Prover<'a> {
    bases: &'a Bases,
    prepared: &'a Prepared,
    verifying: &'a VerifyingKey<G1Affine>,
    fixed: FixedColumns<'a>,
    domain: Domain,
    /// The column of halo2 that each column of the layout is.
    columns: Vec<zkc_backend::Column<Halo2Axiom>>,
}

/// Proves that the values of a grid, and what follows from them in the second phase, satisfy the circuit of a key.
///
/// `added` is added to cells of the second phase; an honest prover adds nothing.
pub(crate) fn create(
    bases: &Bases,
    (key, fixed): (&ProvingKey, &[FixedValues]),
    (grid, added): (&Grid, &BTreeMap<Cell, i128>),
    public: &[Vec<Fr>],
    rng: &mut impl RngCore,
) -> Result<Vec<u8>, Error> {
    let mut meta = ConstraintSystem::default();
    let columns = configure(&mut meta, &key.prepared.outline)?.columns;
    let verifying = key.inner.verifying();
    let inner = verifying.get_domain();
    let prover = Prover {
        bases,
        prepared: &key.prepared,
        verifying,
        fixed: FixedColumns(fixed),
        domain: Domain::new(inner.k(), inner.get_omega()),
        columns: columns.to_vec(),
    };
    prover.prove((grid, added), public, rng)
}

/// Coefficients of a random polynomial that hides others, to whose commitment and value at one point it is added: two would
/// do, as decision 0010 in the book says.
fn few_random(rng: &mut impl RngCore) -> Vec<Fr> {
    const COEFFICIENTS: usize = 8;
    (0..COEFFICIENTS).map(|_| Fr::random(&mut *rng)).collect()
}

/// The transcript could not be written.
fn unwritten(error: std::io::Error) -> Error {
    FLAVOUR.failed("writing a proof", error)
}

impl Prover<'_> {
    fn prove(
        &self,
        (grid, added): (&Grid, &BTreeMap<Cell, i128>),
        public: &[Vec<Fr>],
        rng: &mut impl RngCore,
    ) -> Result<Vec<u8>, Error> {
        let meta = self.verifying.cs();
        let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(vec![]);
        let instance = self.begin(public, &mut transcript).map_err(unwritten)?;
        let mut advice = vec![Hidden::default(); meta.num_advice_columns()];
        let phases = meta.challenge_phase();
        let mut challenges = vec![Fr::ZERO; phases.len()];
        for phase in 0..2 {
            let committed = match phase {
                0 => self.first_phase(grid, &mut advice, rng),
                _ => self.second_phase((grid, added), &challenges, &mut advice, rng)?,
            };
            for point in affine(&committed) {
                transcript.write_point(point).map_err(unwritten)?;
            }
            for (challenge, of) in challenges.iter_mut().zip(&phases) {
                if *of == phase {
                    *challenge = *transcript.squeeze_challenge_scalar::<()>();
                }
            }
        }
        self.finish(&instance, &advice, &challenges, &mut transcript, rng)
            .map_err(unwritten)?;
        Ok(transcript.finalize())
    }

    /// The key and the public values, which start the transcript.
    fn begin(
        &self,
        public: &[Vec<Fr>],
        transcript: &mut impl TranscriptWrite<G1Affine, Challenge255<G1Affine>>,
    ) -> std::io::Result<Vec<Hidden>> {
        self.verifying.hash_into(transcript)?;
        if self.bases.hiding.is_some() {
            let commit = |values: &Vec<Fr>| {
                let values = values.iter().copied();
                self.bases.commit_values(&self.padded(values), Fr::ONE)
            };
            let committed: Vec<G1> = public.iter().map(commit).collect();
            for point in affine(&committed) {
                transcript.common_point(point)?;
            }
        } else {
            for value in public.iter().flatten() {
                transcript.common_scalar(*value)?;
            }
        }
        let hidden = public.iter().map(|values| {
            let mut coefficients = self.padded(values.iter().copied());
            self.domain.coefficients(&mut coefficients);
            Hidden {
                coefficients,
                last: Vec::new(),
                blind: Fr::ONE,
            }
        });
        Ok(hidden.collect())
    }

    /// Values of the first rows, and zeros.
    fn padded(&self, values: impl Iterator<Item = Fr>) -> Vec<Fr> {
        let mut padded: Vec<Fr> = values.collect();
        padded.resize(self.domain.size(), Fr::ZERO);
        padded
    }

    /// The column of advice that a column of the layout is, if it is one of a phase.
    fn advice_of(&self, column: usize, phase: u32) -> Option<usize> {
        let of_phase = self.prepared.layout().columns[column].phase == phase;
        match self.columns[column] {
            GridColumn::Advice(advice) if of_phase => Some(advice.index()),
            _ => None,
        }
    }

    /// Commits to columns, with their last rows, in the order in which halo2 counts them.
    fn commit_columns<T: Send>(
        &self,
        columns: impl Iterator<Item = (usize, T, Vec<Fr>)>,
        advice: &mut [Hidden],
        rng: &mut impl RngCore,
        commit: impl Fn(T, &[Fr], Fr) -> (Vec<Fr>, G1) + Sync,
    ) -> Vec<G1> {
        let mut columns: Vec<_> = columns
            .map(|(column, values, last)| (column, values, (last, Fr::random(&mut *rng))))
            .collect();
        columns.sort_by_key(|(column, ..)| *column);
        let done: Vec<(usize, Hidden, G1)> = columns
            .into_par_iter()
            .map(|(column, values, (last, blind))| {
                let (mut coefficients, commitment) = commit(values, &last, blind);
                let first = coefficients.len() - last.len();
                coefficients[first..].copy_from_slice(&last);
                self.domain.coefficients(&mut coefficients);
                let hidden = Hidden {
                    coefficients,
                    last,
                    blind,
                };
                (column, hidden, commitment)
            })
            .collect();
        let mut commitments = Vec::with_capacity(done.len());
        for (column, hidden, commitment) in done {
            advice[column] = hidden;
            commitments.push(commitment);
        }
        commitments
    }

    /// Commits to the integers of the grid.
    fn first_phase(&self, grid: &Grid, advice: &mut [Hidden], rng: &mut impl RngCore) -> Vec<G1> {
        let columns = grid.values.iter().enumerate();
        let columns = columns.filter_map(|(i, values)| Some((self.advice_of(i, 0)?, values)));
        let columns: Vec<_> = columns
            .map(|(column, values)| (column, values, self.random_rows(rng)))
            .collect();
        self.commit_columns(columns.into_iter(), advice, rng, |integers, last, blind| {
            let values = self.padded(integers.iter().map(to_field));
            let commitment = self.bases.commit_integers(integers.iter(), last, blind);
            (values, commitment)
        })
    }

    /// Computes what follows from the challenges, and commits to it.
    fn second_phase(
        &self,
        (grid, added): (&Grid, &BTreeMap<Cell, i128>),
        challenges: &[Fr],
        advice: &mut [Hidden],
        rng: &mut impl RngCore,
    ) -> Result<Vec<G1>, Error> {
        let prepared = self.prepared;
        let mut last_rows = self.last_rows(advice, challenges, rng);
        let challenges: Vec<Scalar> = challenges.iter().copied().map(Scalar).collect();
        let (circuit, layout) = (prepared.circuit(), prepared.layout());
        let derived = zkc_circuit::derive(circuit, layout, grid, &challenges, 1)?;
        let columns = derived.into_iter().filter_map(|(column, values)| {
            let advice = self.advice_of(column as usize, 1)?;
            let mut values = self.padded(values.into_iter().map(|value| value.0));
            for (cell, added) in added.iter().filter(|(cell, _)| cell.column == column) {
                values[cell.row as usize] += to_field(*added);
            }
            Some((
                advice,
                values,
                last_rows.remove(&advice).unwrap_or_default(),
            ))
        });
        Ok(
            self.commit_columns(columns, advice, rng, |mut values, last, blind| {
                let first = values.len() - last.len();
                values[first..].copy_from_slice(last);
                let commitment = self.bases.commit_values(&values, blind);
                (values, commitment)
            }),
        )
    }

    /// Everything after the columns: the quotient, values at a random point, and their opening.
    fn finish(
        &self,
        instance: &[Hidden],
        advice: &[Hidden],
        challenges: &[Fr],
        transcript: &mut impl TranscriptWrite<G1Affine, Challenge255<G1Affine>>,
        rng: &mut impl RngCore,
    ) -> std::io::Result<()> {
        let (fixed, domain, bases) = (&self.fixed, &self.domain, self.bases);
        let (meta, n) = (self.verifying.cs(), domain.size());
        // Challenges of halo2's lookups and permutations, of which there are none.
        for _ in 0..3 {
            transcript.squeeze_challenge_scalar::<()>();
        }
        let random = few_random(rng);
        let random_blind = Fr::random(&mut *rng);
        transcript.write_point(affine(&[bases.commit(&random, random_blind)])[0])?;
        let y = *transcript.squeeze_challenge_scalar::<()>();

        let numerator = Numerator::new(meta, challenges, y);
        let mixed: Vec<Vec<Fr>> = numerator
            .mixed
            .par_iter()
            .map(|multiples| {
                let mut values = fixed.mix(multiples, n);
                domain.coefficients(&mut values);
                values
            })
            .collect();
        let columns = |column: usize| match numerator.columns[column] {
            Column::Advice(i) => &advice[i].coefficients[..],
            Column::Instance(i) => &instance[i].coefficients[..],
            Column::Mixed(i) => &mixed[i][..],
        };
        let pieces = self.verifying.get_domain().get_quotient_poly_degree();
        let quotient = quotient::quotient(domain, &numerator, &columns, pieces);
        drop(mixed);
        let blinds: Vec<Fr> = quotient.iter().map(|_| Fr::random(&mut *rng)).collect();
        let committed: Vec<G1> = quotient
            .par_iter()
            .zip(&blinds)
            .map(|(piece, blind)| bases.commit(piece, *blind))
            .collect();
        for point in affine(&committed) {
            transcript.write_point(point)?;
        }

        let x = *transcript.squeeze_challenge_scalar::<()>();
        let mut opened = Openings::new(domain, x);
        if bases.hiding.is_some() {
            let queries = meta.instance_queries().iter();
            let queries: Vec<_> = queries.map(|(c, r)| (c.index(), r.0)).collect();
            opened.hidden(instance, &queries, transcript)?;
        }
        let queries = meta.advice_queries().iter();
        let queries: Vec<_> = queries.map(|(c, r)| (c.index(), r.0)).collect();
        opened.hidden(advice, &queries, transcript)?;
        let queries = meta.fixed_queries().iter();
        let queries: Vec<_> = queries.map(|(c, r)| (c.index(), r.0)).collect();
        opened.fixed(fixed, &queries, transcript)?;
        transcript.write_scalar(evaluate(&random, x))?;

        // The pieces, put together at x.
        let xn = x.pow_vartime([n as u64]);
        let mut whole = vec![Fr::ZERO; n];
        let mut whole_blind = Fr::ZERO;
        for (piece, blind) in quotient.iter().zip(&blinds).rev() {
            for (sum, coefficient) in whole.iter_mut().zip(piece) {
                *sum = *sum * xn + coefficient;
            }
            whole_blind = whole_blind * xn + blind;
        }
        drop(quotient);
        for (polynomial, blind) in [(&whole, whole_blind), (&random, random_blind)] {
            let value = evaluate(polynomial, x);
            opened.add(Committed::Polynomial(polynomial, blind), vec![(0, value)]);
        }
        let Openings { points, opened, .. } = &opened;
        let points: Vec<Fr> = points.iter().map(|(_, point)| *point).collect();
        let claims = Claims {
            bases,
            domain,
            fixed,
            points: &points,
            opened,
        };
        match bases.hiding {
            None => shplonk::open(&claims, transcript),
            Some(_) => inner_product::open(&claims, rng, transcript),
        }
    }
}

/// Collects what is opened, and says the values.
struct Openings<'d, 'a> {
    domain: &'d Domain,
    x: Fr,
    /// Rotations and the points that they stand for, in the order of their first use, `x` first.
    points: Vec<(i32, Fr)>,
    opened: Vec<Opened<'a>>,
}

impl<'d, 'a> Openings<'d, 'a> {
    fn new(domain: &'d Domain, x: Fr) -> Self {
        Openings {
            domain,
            x,
            points: vec![(0, x)],
            opened: Vec::new(),
        }
    }

    fn point(&mut self, rotation: i32) -> usize {
        if let Some(point) = self.points.iter().position(|(r, _)| *r == rotation) {
            return point;
        }
        let point = self.x * self.domain.power(rotation);
        self.points.push((rotation, point));
        self.points.len() - 1
    }

    fn add(&mut self, committed: Committed<'a>, mut values: Vec<(usize, Fr)>) {
        values.sort_by_key(|(point, _)| *point);
        self.opened.push(Opened { committed, values });
    }

    /// Adds columns at their rotations, in the order of the columns' first queries, given values of all queries.
    fn add_queries(
        &mut self,
        queries: &[(usize, i32)],
        values: &[Fr],
        committed: impl Fn(usize) -> Committed<'a>,
    ) {
        let mut order: Vec<usize> = Vec::new();
        let mut of: BTreeMap<usize, Vec<(usize, Fr)>> = BTreeMap::new();
        for ((column, rotation), value) in queries.iter().zip(values) {
            let point = self.point(*rotation);
            let of = of.entry(*column).or_insert_with(|| {
                order.push(*column);
                Vec::new()
            });
            of.push((point, *value));
        }
        for column in order {
            let values = of.remove(&column).unwrap_or_default();
            self.add(committed(column), values);
        }
    }

    fn hidden(
        &mut self,
        columns: &'a [Hidden],
        queries: &[(usize, i32)],
        transcript: &mut impl TranscriptWrite<G1Affine, Challenge255<G1Affine>>,
    ) -> std::io::Result<()> {
        let points: Vec<Fr> = queries
            .iter()
            .map(|(_, rotation)| {
                let point = self.point(*rotation);
                self.points[point].1
            })
            .collect();
        let values: Vec<Fr> = queries
            .par_iter()
            .zip(&points)
            .map(|((column, _), point)| evaluate(&columns[*column].coefficients, *point))
            .collect();
        values
            .iter()
            .try_for_each(|value| transcript.write_scalar(*value))?;
        self.add_queries(queries, &values, |column| {
            let column = &columns[column];
            Committed::Polynomial(&column.coefficients, column.blind)
        });
        Ok(())
    }

    fn fixed(
        &mut self,
        fixed: &FixedColumns<'_>,
        queries: &[(usize, i32)],
        transcript: &mut impl TranscriptWrite<G1Affine, Challenge255<G1Affine>>,
    ) -> std::io::Result<()> {
        let weights = self.domain.lagrange(self.x);
        let values: Vec<Fr> = queries
            .par_iter()
            .map(|(column, rotation)| fixed.evaluate(*column, &weights, *rotation))
            .collect();
        values
            .iter()
            .try_for_each(|value| transcript.write_scalar(*value))?;
        self.add_queries(queries, &values, Committed::Fixed);
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
