//! Upper bounds of how much longer a matrix makes a vector: its greatest singular value.
//!
//! Two bounds are cheap: the root of the sum of all squares, and Schur's, the root of the greatest
//! row sum times the greatest column sum of magnitudes. Both are far off for a matrix whose
//! entries look random, which trained weights do. For those, `x I - G` with the Gram matrix `G` is
//! shown to have no negative eigenvalue: its Cholesky decomposition in doubles runs to its end,
//! and the errors of that are bounded. `x` is found by trying.

use super::norm::Norm;
use rayon::prelude::*;

/// A matrix of integers, each as the double nearest to it.
pub(super) struct Matrix {
    columns: usize,
    /// Row-major; not empty.
    values: Vec<f64>,
}

/// Multiplications, at most, that a bound is worth: some seconds.
const MAX_PRODUCTS: u128 = 1 << 33;

/// A bound that exceeds the true value by less than this factor is not improved.
const GOOD: f64 = 1.0 + 1.0 / 64.0;

/// Steps of the iteration that guesses the greatest eigenvalue.
const STEPS: usize = 32;

/// Guesses, at most, each further above the estimate than the one before: 1/128 above it, 1/64, ... and twice it.
const GUESSES: i32 = 8;

/// Twice the unit roundoff of doubles.
const EPSILON: f64 = f64::EPSILON;

impl Matrix {
    /// A matrix with so many columns; `None` when it has no entries.
    pub(super) fn new(columns: usize, values: Vec<f64>) -> Option<Self> {
        (columns > 0 && !values.is_empty()).then_some(Self { columns, values })
    }

    fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// No vector becomes longer by more than this factor.
    pub(super) fn norm(&self) -> Norm {
        let (rows, columns) = (self.lines(true), self.lines(false));
        let length = Norm::length(rows.iter().map(|r| r.length));
        let most = |lines: &[Line]| Norm::greatest(lines.iter().map(|l| l.sum));
        let schur = most(&rows).times(most(&columns)).root();
        let simple = length.min(schur);
        // A unit vector picks a column, and of the transpose, which has the same norm, a row.
        let longest = Norm::greatest(rows.iter().chain(&columns).map(|l| l.length));
        let n = self.rows().min(self.columns) as u128;
        let products = n * self.values.len() as u128 / 2 + n * n * n / 6;
        if simple.value() <= GOOD * longest.value() || products > MAX_PRODUCTS {
            return simple;
        }
        simple.min(self.spectral(length))
    }

    /// Lengths and sums of magnitudes of all rows, or of all columns.
    fn lines(&self, rows: bool) -> Vec<Line> {
        let mut lines = vec![Line::default(); if rows { self.rows() } else { self.columns }];
        for (i, row) in self.values.chunks(self.columns).enumerate() {
            for (j, x) in row.iter().enumerate() {
                lines[if rows { i } else { j }].add(Norm::nearest(*x));
            }
        }
        for line in &mut lines {
            line.length = line.length.root();
        }
        lines
    }

    /// The bound by a decomposition; `length` is the root of the sum of all squares. Infinite when
    /// no guess can be shown.
    fn spectral(&self, length: Norm) -> Norm {
        let gram = Gram::of(self);
        let n = gram.n as f64;
        let squares = length.value() * length.value();
        let estimate = gram.estimate();
        // What doubles lose, in units of their roundoff, with room for what bounds of it lose
        // themselves. Entries of the Gram matrix are sums of m products: they are off by
        // m u |W|^T |W|, whose norm is at most m u times the sum of all squares. A decomposition
        // that ends is the exact one of a matrix that is off by (n + 1) u |R|^T |R|, whose norm
        // is at most the trace, which is at most n x. Integers beyond 2^53 were rounded.
        let steps = n + self.rows().max(self.columns) as f64 + 8.0;
        (0..=GUESSES)
            .map(|i| estimate * (1.0 + f64::from(1u32 << i) / 128.0))
            .take_while(|x| x.is_finite())
            .find(|x| gram.is_below(*x))
            .map_or(Norm::INFINITE, |x| {
                let lost = steps * EPSILON * (squares + n * x);
                let exact = Norm::proved(x + lost + lost * EPSILON).root();
                exact.plus(Norm::proved(length.value() * EPSILON))
            })
    }
}

/// What is summed up of a row or column.
#[derive(Clone, Copy)]
struct Line {
    /// The sum of squares while it is summed up, then its root.
    length: Norm,
    sum: Norm,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            length: Norm::ZERO,
            sum: Norm::ZERO,
        }
    }
}

impl Line {
    fn add(&mut self, x: Norm) {
        self.length = self.length.plus(x.times(x));
        self.sum = self.sum.plus(x);
    }
}

/// The products of all pairs of rows of a matrix, or of its columns where these are fewer.
struct Gram {
    n: usize,
    /// Row-major, symmetric.
    values: Vec<f64>,
}

impl Gram {
    fn of(m: &Matrix) -> Self {
        let (rows, columns) = (m.rows(), m.columns);
        let transposed = if rows <= columns {
            None
        } else {
            let column = |j: usize| (0..rows).map(move |i| m.values[i * columns + j]);
            Some((0..columns).flat_map(column).collect::<Vec<f64>>())
        };
        let vectors = transposed.as_deref().unwrap_or(&m.values);
        let (n, length) = (rows.min(columns), rows.max(columns));
        let vector = |i: usize| &vectors[i * length..(i + 1) * length];
        let mut values = vec![0.0; n * n];
        values.par_chunks_mut(n).enumerate().for_each(|(i, row)| {
            for (j, entry) in row[..=i].iter_mut().enumerate() {
                *entry = dot(vector(i), vector(j));
            }
        });
        for i in 0..n {
            for j in 0..i {
                values[j * n + i] = values[i * n + j];
            }
        }
        Self { n, values }
    }

    /// About the greatest eigenvalue, by powers of the matrix. Nothing rests on it.
    fn estimate(&self) -> f64 {
        // Any vector will do that no eigenvector is likely to be orthogonal to.
        let mut x: Vec<f64> = (0..self.n)
            .map(|i| 1.0 + (i as u32).wrapping_mul(0x9e37_79b9) as f64 / f64::from(u32::MAX))
            .collect();
        let mut estimate = 0.0;
        for _ in 0..STEPS {
            let length = dot(&x, &x).sqrt();
            x.iter_mut().for_each(|v| *v /= length);
            let next: Vec<f64> = self.values.chunks(self.n).map(|row| dot(row, &x)).collect();
            estimate = dot(&next, &next).sqrt();
            x = next;
        }
        estimate
    }

    /// Whether `x I` less the matrix is shown to have no negative eigenvalue, but for rounding.
    fn is_below(&self, x: f64) -> bool {
        let n = self.n;
        let mut lower = vec![0.0; n * n];
        for i in 0..n {
            let (above, row) = lower.split_at_mut(i * n);
            for j in 0..i {
                let other = &above[j * n..j * n + j];
                let rest = -self.values[i * n + j] - dot(&row[..j], other);
                row[j] = rest / above[j * n + j];
            }
            let rest = (x - self.values[i * n + i]) - dot(&row[..i], &row[..i]);
            if rest.is_nan() || rest <= 0.0 {
                return false;
            }
            row[i] = rest.sqrt();
        }
        true
    }
}

/// The sum of the products of two vectors' elements, in eight sums that are added up at last: the
/// order is fixed, and suits the machine.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (xs, ys) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = xs
        .remainder()
        .iter()
        .zip(ys.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in xs.zip(ys) {
        for i in 0..LANES {
            sums[i] += x[i] * y[i];
        }
    }
    sums.iter().sum::<f64>() + rest
}
