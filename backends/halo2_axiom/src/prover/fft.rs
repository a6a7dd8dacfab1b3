//! Polynomials between their coefficients and their values.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::{BatchInvert as _, Field};

/// The roots of unity of order `2^k`.
pub(super) struct Domain {
    pub(super) k: u32,
    pub(super) omega: Fr,
    /// For blocks of `2 m` values, the first `m` powers of their root of unity at `m..2 m`.
    roots: Vec<Fr>,
    inverse_roots: Vec<Fr>,
    inverse_size: Fr,
}

impl Domain {
    pub(super) fn new(k: u32, omega: Fr) -> Domain {
        let roots = |omega: Fr| {
            let n = 1usize << k;
            let mut roots = vec![Fr::ONE; n.max(2)];
            let mut root = omega;
            for m in (0..k).rev().map(|i| 1usize << i) {
                for j in 1..m {
                    roots[m + j] = roots[m + j - 1] * root;
                }
                root = root.square();
            }
            roots
        };
        let inverse = |value: Fr| value.invert().unwrap_or(Fr::ONE);
        Domain {
            k,
            omega,
            roots: roots(omega),
            inverse_roots: roots(inverse(omega)),
            inverse_size: inverse(Fr::from(1 << k)),
        }
    }

    pub(super) fn size(&self) -> usize {
        1 << self.k
    }

    /// From coefficients to values.
    pub(super) fn values(&self, polynomial: &mut [Fr]) {
        transform(polynomial, &self.roots);
    }

    /// From values to coefficients.
    pub(super) fn coefficients(&self, values: &mut [Fr]) {
        transform(values, &self.inverse_roots);
        for value in values {
            *value *= self.inverse_size;
        }
    }

    /// Some power of the root of unity.
    pub(super) fn power(&self, exponent: i32) -> Fr {
        let power = self.omega.pow_vartime([u64::from(exponent.unsigned_abs())]);
        match exponent < 0 {
            // A root of unity is not zero.
            true => power.invert().unwrap_or(Fr::ONE),
            false => power,
        }
    }

    /// What the value in each row contributes to the value at `x`, which is no root of unity.
    pub(super) fn lagrange(&self, x: Fr) -> Vec<Fr> {
        let roots = powers(self.omega, self.size());
        let mut weights: Vec<Fr> = roots.iter().map(|root| x - root).collect();
        weights.iter_mut().batch_invert();
        let common = (x.pow_vartime([self.size() as u64]) - Fr::ONE) * self.inverse_size;
        for (weight, root) in weights.iter_mut().zip(&roots) {
            *weight *= *root * common;
        }
        weights
    }
}

/// Fast Fourier transform of a power of two of values (Cooley and Tukey 1965), by decimation in time.
fn transform(values: &mut [Fr], roots: &[Fr]) {
    let n = values.len();
    let shift = usize::BITS - n.trailing_zeros();
    for i in 1..n {
        let reversed = i.reverse_bits() >> shift;
        if i < reversed {
            values.swap(i, reversed);
        }
    }
    for block in values.chunks_exact_mut(2) {
        (block[0], block[1]) = (block[0] + block[1], block[0] - block[1]);
    }
    let mut m = 2;
    while m < n {
        let roots = &roots[m..2 * m];
        for block in values.chunks_exact_mut(2 * m) {
            let (low, high) = block.split_at_mut(m);
            for ((low, high), root) in low.iter_mut().zip(high).zip(roots) {
                let term = *high * root;
                *high = *low - term;
                *low += term;
            }
        }
        m *= 2;
    }
}

/// The first powers of a number, from its zeroth on.
pub(super) fn powers(base: Fr, count: usize) -> Vec<Fr> {
    let powers = std::iter::successors(Some(Fr::ONE), |power| Some(*power * base));
    powers.take(count).collect()
}

/// The value of a polynomial.
pub(super) fn evaluate(polynomial: &[Fr], x: Fr) -> Fr {
    let steps = polynomial.iter().rev();
    steps.fold(Fr::ZERO, |value, coefficient| value * x + coefficient)
}

/// Divides a polynomial by `X - root`; the remainder is dropped.
pub(super) fn divide(polynomial: &mut [Fr], root: Fr) {
    let mut carry = Fr::ZERO;
    for coefficient in polynomial.iter_mut().rev() {
        let quotient = carry;
        carry = carry * root + *coefficient;
        *coefficient = quotient;
    }
}

/// Adds a multiple of a polynomial to another.
pub(super) fn add_multiple(sum: &mut [Fr], factor: Fr, polynomial: &[Fr]) {
    for (sum, coefficient) in sum.iter_mut().zip(polynomial) {
        *sum += factor * coefficient;
    }
}

#[cfg(test)]
mod tests {
    use halo2_axiom::halo2curves::ff::PrimeField;

    use super::*;
    use crate::setup::insecure_rng;

    fn domain(k: u32) -> Domain {
        let mut omega = Fr::ROOT_OF_UNITY;
        for _ in k..Fr::S {
            omega = omega.square();
        }
        Domain::new(k, omega)
    }

    fn random(count: usize) -> Vec<Fr> {
        let mut rng = insecure_rng();
        (0..count).map(|_| Fr::random(&mut rng)).collect()
    }

    #[test]
    fn values_are_those_of_the_polynomial() {
        for k in 1..8 {
            let domain = domain(k);
            let polynomial = random(domain.size());
            let mut values = polynomial.clone();
            domain.values(&mut values);
            for (i, value) in values.iter().enumerate() {
                assert_eq!(*value, evaluate(&polynomial, domain.power(i as i32)));
            }
            let x = Fr::from(12_345);
            let weights = domain.lagrange(x);
            let sum: Fr = weights.iter().zip(&values).map(|(w, v)| w * v).sum();
            assert_eq!(sum, evaluate(&polynomial, x));
            domain.coefficients(&mut values);
            assert_eq!(values, polynomial);
        }
    }

    #[test]
    fn division_drops_the_remainder() {
        let polynomial = random(16);
        let (root, x) = (Fr::from(7), Fr::from(99));
        let mut quotient = polynomial.clone();
        divide(&mut quotient, root);
        let product = evaluate(&quotient, x) * (x - root) + evaluate(&polynomial, root);
        assert_eq!(product, evaluate(&polynomial, x));
        assert_eq!(quotient[15], Fr::ZERO);
    }

    #[test]
    fn powers_may_be_negative() {
        let domain = domain(5);
        assert_eq!(domain.power(-3) * domain.power(3), Fr::ONE);
        assert_eq!(domain.power(0), Fr::ONE);
    }
}
