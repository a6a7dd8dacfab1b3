//! What is opened: polynomials at points, in the order in which the verifier asks.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::Field;
use rayon::prelude::*;

use super::bases::Bases;
use super::columns::FixedColumns;
use super::fft::{Domain, add_multiple};

/// A polynomial that was committed to.
#[derive(Clone, Copy)]
pub(super) enum Committed<'a> {
    /// By its coefficients, and what hides it.
    Polynomial(&'a [Fr], Fr),
    /// A fixed column by its number.
    Fixed(usize),
}

/// A polynomial and its values at some points.
pub(super) struct Opened<'a> {
    pub(super) committed: Committed<'a>,
    /// Numbers of the points, ascending, and the values there.
    pub(super) values: Vec<(usize, Fr)>,
}

/// What is claimed of polynomials, and what it takes to prove it.
pub(super) struct Claims<'a> {
    pub(super) bases: &'a Bases,
    pub(super) domain: &'a Domain,
    pub(super) fixed: &'a FixedColumns<'a>,
    pub(super) points: &'a [Fr],
    pub(super) opened: &'a [Opened<'a>],
}

/// What is opened at the same points.
pub(super) struct PointSet<'o, 'a> {
    /// Numbers of the points, ascending.
    pub(super) points: Vec<usize>,
    pub(super) opened: Vec<&'o Opened<'a>>,
}

/// Sets of points in the order in which they are first used.
pub(super) fn sets<'o, 'a>(opened: &'o [Opened<'a>]) -> Vec<PointSet<'o, 'a>> {
    let mut sets: Vec<PointSet<'o, 'a>> = Vec::new();
    for entry in opened {
        let points: Vec<usize> = entry.values.iter().map(|(point, _)| *point).collect();
        match sets.iter_mut().find(|set| set.points == points) {
            Some(set) => set.opened.push(entry),
            None => sets.push(PointSet {
                points,
                opened: vec![entry],
            }),
        }
    }
    sets
}

impl PointSet<'_, '_> {
    /// The sum of the polynomials times some factors, and of what hides them.
    pub(super) fn combine(&self, claims: &Claims<'_>, factors: &[Fr]) -> (Vec<Fr>, Fr) {
        let (domain, fixed) = (claims.domain, claims.fixed);
        let mut columns = Vec::new();
        let mut blind = Fr::ZERO;
        let mut polynomials = Vec::new();
        for (entry, factor) in self.opened.iter().zip(factors) {
            match entry.committed {
                Committed::Fixed(column) => {
                    columns.push((column, *factor));
                    // Fixed columns are hidden by one, as everybody knows them.
                    blind += factor;
                }
                Committed::Polynomial(polynomial, hidden) => {
                    polynomials.push((polynomial, *factor));
                    blind += *factor * hidden;
                }
            }
        }
        let mut sum = match columns.is_empty() {
            true => vec![Fr::ZERO; domain.size()],
            false => {
                let mut sum = fixed.mix(&columns, domain.size());
                domain.coefficients(&mut sum);
                sum
            }
        };
        let chunk = sum.len().div_ceil(rayon::current_num_threads());
        let chunks = sum.par_chunks_mut(chunk).enumerate();
        chunks.for_each(|(i, sum)| {
            for (polynomial, factor) in &polynomials {
                let part = polynomial.get(i * chunk..).unwrap_or_default();
                add_multiple(sum, *factor, part);
            }
        });
        (sum, blind)
    }

    /// The sums of the values at each point times some factors.
    pub(super) fn values(&self, factors: &[Fr]) -> Vec<Fr> {
        let at = |point: usize| {
            let values = self.opened.iter().zip(factors);
            values
                .map(|(entry, factor)| entry.values[point].1 * factor)
                .sum()
        };
        (0..self.points.len()).map(at).collect()
    }
}
