//! The points to commit with, and commitments.

use halo2_axiom::SerdeFormat;
use halo2_axiom::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_axiom::halo2curves::ff::Field;
use halo2_axiom::halo2curves::group::{Curve, GroupEncoding};
use halo2_axiom::halo2curves::serde::SerdeObject;
use halo2_axiom::poly::commitment::{Params as _, ParamsProver as _};
use rayon::prelude::*;
use zkc_backend::Error;

use super::msm::{Multiple, multiply};
use crate::keys::FixedValues;
use crate::params::Inner;
use crate::system::FLAVOUR;

/// Bytes of the number of rows, with which `halo2-axiom` begins parameters.
const HEAD_BYTES: usize = 4;

/// The points of parameters.
#[derive(Clone, Debug)]
pub(crate) struct Bases {
    /// For coefficients.
    pub(super) monomial: Vec<G1Affine>,
    /// For the values in the rows.
    lagrange: Vec<G1Affine>,
    /// For what hides a polynomial, and for the value of an inner product; only IPA has them.
    pub(super) hiding: Option<[G1Affine; 2]>,
}

impl Bases {
    /// Takes the points out of parameters, which `halo2-axiom` only shows as bytes.
    pub(crate) fn of(params: &Inner) -> Result<Bases, Error> {
        let mut bytes = Vec::new();
        let failed = |error: std::io::Error| FLAVOUR.failed("reading parameters", error);
        let damaged = || failed(std::io::ErrorKind::InvalidData.into());
        match params {
            Inner::Kzg(params) => {
                let written = params.write_custom(&mut bytes, SerdeFormat::RawBytesUnchecked);
                written.map_err(failed)?;
                let monomial = params.get_g().to_vec();
                let first = HEAD_BYTES + monomial.len() * RAW_BYTES;
                let lagrange = bytes
                    .get(first..first + monomial.len() * RAW_BYTES)
                    .ok_or_else(damaged)?
                    .par_chunks_exact(RAW_BYTES)
                    .map(G1Affine::from_raw_bytes_unchecked)
                    .collect();
                Ok(Bases {
                    monomial,
                    lagrange,
                    hiding: None,
                })
            }
            Inner::Ipa(params) => {
                params.write(&mut bytes).map_err(failed)?;
                let monomial = params.get_g().to_vec();
                let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
                let size = encoding.as_mut().len();
                let points: Option<Vec<G1Affine>> = bytes
                    .get(HEAD_BYTES + monomial.len() * size..)
                    .ok_or_else(damaged)?
                    .par_chunks_exact(size)
                    .map(|bytes| {
                        let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
                        encoding.as_mut().copy_from_slice(bytes);
                        Option::from(G1Affine::from_bytes_unchecked(&encoding))
                    })
                    .collect();
                let mut lagrange = points.ok_or_else(damaged)?;
                let hiding = lagrange.split_off(monomial.len());
                Ok(Bases {
                    monomial,
                    lagrange,
                    hiding: Some(hiding.try_into().map_err(|_| damaged())?),
                })
            }
        }
    }

    /// Commits to a polynomial by its coefficients, the last of which may be left out where they are zero; `blind` hides it
    /// where the scheme does that.
    pub(super) fn commit(&self, polynomial: &[Fr], blind: Fr) -> G1 {
        let multiples: Vec<Multiple> = polynomial.iter().map(Multiple::from).collect();
        multiply(&self.monomial[..multiples.len()], &multiples) + self.hidden(blind)
    }

    /// Commits to a polynomial by its values in the rows.
    pub(super) fn commit_values(&self, values: &[Fr], blind: Fr) -> G1 {
        let multiples: Vec<Multiple> = values.iter().map(Multiple::from).collect();
        multiply(&self.lagrange, &multiples) + self.hidden(blind)
    }

    /// The same of integers in the first rows, nothing behind them, and field elements in the last rows.
    pub(super) fn commit_integers(
        &self,
        integers: impl Iterator<Item = i128>,
        last: &[Fr],
        blind: Fr,
    ) -> G1 {
        let integers: Vec<Multiple> = integers.map(Multiple::from).collect();
        let multiples: Vec<Multiple> = last.iter().map(Multiple::from).collect();
        let (first, rest) = self.lagrange.split_at(self.lagrange.len() - last.len());
        let integers = multiply(&first[..integers.len()], &integers);
        integers + multiply(rest, &multiples) + self.hidden(blind)
    }

    /// Commits to fixed columns, which nothing has to hide.
    pub(crate) fn commit_fixed(&self, columns: &[FixedValues]) -> Vec<G1Affine> {
        let commit = |column: &FixedValues| self.commit_values(column.values(), Fr::ONE);
        let commitments: Vec<G1> = columns.par_iter().map(commit).collect();
        affine(&commitments)
    }

    fn hidden(&self, blind: Fr) -> G1 {
        match self.hiding {
            Some([point, _]) => point * blind,
            None => G1::default(),
        }
    }
}

/// Bytes of a point as `halo2-axiom` computes with it.
const RAW_BYTES: usize = 64;

/// Points in affine coordinates, with one inversion.
pub(super) fn affine(points: &[G1]) -> Vec<G1Affine> {
    let mut out = vec![G1Affine::default(); points.len()];
    G1::batch_normalize(points, &mut out);
    out
}
