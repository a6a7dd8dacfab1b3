//! Small dense linear algebra: solving, and choosing points on which a basis is well conditioned.

/// Solves a square system by elimination with partial pivoting and one step of refinement; nothing if it is singular.
///
/// The matrix is given by rows.
pub(super) fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Option<Vec<f64>> {
    let n = right.len();
    let mut lu = matrix.to_vec();
    let mut order: Vec<usize> = (0..n).collect();
    for column in 0..n {
        let pivot =
            (column..n).max_by(|&i, &j| lu[i][column].abs().total_cmp(&lu[j][column].abs()))?;
        lu.swap(column, pivot);
        order.swap(column, pivot);
        let divisor = lu[column][column];
        if divisor == 0.0 || !divisor.is_finite() {
            return None;
        }
        for row in column + 1..n {
            let factor = lu[row][column] / divisor;
            lu[row][column] = factor;
            if factor != 0.0 {
                let (above, below) = lu.split_at_mut(row);
                for (entry, above) in below[0][column + 1..]
                    .iter_mut()
                    .zip(&above[column][column + 1..])
                {
                    *entry -= factor * above;
                }
            }
        }
    }
    let substitute = |right: &[f64]| -> Vec<f64> {
        let mut x: Vec<f64> = order.iter().map(|&row| right[row]).collect();
        for row in 0..n {
            let known: f64 = (0..row).map(|j| lu[row][j] * x[j]).sum();
            x[row] -= known;
        }
        for row in (0..n).rev() {
            let known: f64 = (row + 1..n).map(|j| lu[row][j] * x[j]).sum();
            x[row] = (x[row] - known) / lu[row][row];
        }
        x
    };
    let mut x = substitute(right);
    let residual: Vec<f64> = matrix
        .iter()
        .zip(right)
        .map(|(row, right)| right - row.iter().zip(&x).map(|(a, x)| a * x).sum::<f64>())
        .collect();
    for (x, correction) in x.iter_mut().zip(substitute(&residual)) {
        *x += correction;
    }
    x.iter().all(|value| value.is_finite()).then_some(x)
}

/// As many of the candidates as there are functions, on which the functions are far from dependent: indices, ascending.
/// There are fewer where the functions are dependent up to rounding.
///
/// `columns[i]` holds the functions' values at candidate `i`. Greedy: each next point maximises the determinant
/// (A. Sommariva, M. Vianello, "Computing approximate Fekete points by QR factorizations of Vandermonde matrices", 2009).
pub(super) fn fekete_points(mut columns: Vec<Vec<f64>>) -> Vec<usize> {
    let count = columns.first().map_or(0, Vec::len);
    let norm = |column: &[f64]| column.iter().map(|v| v * v).sum::<f64>();
    // What is left of a dependent column is rounding.
    let smallest = columns.iter().map(|c| norm(c)).fold(0.0, f64::max) * 1e-26;
    let mut chosen = Vec::with_capacity(count);
    for _ in 0..count {
        let (mut best, mut best_norm) = (None, smallest);
        for (index, column) in columns.iter().enumerate() {
            let norm = norm(column);
            if norm > best_norm {
                (best, best_norm) = (Some(index), norm);
            }
        }
        let Some(best) = best else { break };
        let direction: Vec<f64> = columns[best].iter().map(|v| v / best_norm.sqrt()).collect();
        for column in &mut columns {
            let part: f64 = column.iter().zip(&direction).map(|(a, b)| a * b).sum();
            for (value, direction) in column.iter_mut().zip(&direction) {
                *value -= part * direction;
            }
        }
        // What rounding left of the chosen column must not be chosen again.
        columns[best].fill(0.0);
        chosen.push(best);
    }
    chosen.sort_unstable();
    chosen
}

/// A matrix by columns, or by rows where that is said.
pub(super) type Matrix = Vec<Vec<f64>>;

/// Columns orthonormalised one after the other, and the upper triangular matrix that gives the columns back, by columns
/// up to the diagonal; nothing if they are dependent.
pub(super) fn orthonormal(mut columns: Matrix) -> Option<(Matrix, Matrix)> {
    let mut upper = Vec::with_capacity(columns.len());
    for k in 0..columns.len() {
        let (before, rest) = columns.split_at_mut(k);
        let column = &mut rest[0];
        let mut parts = vec![0.0; k];
        // A second sweep takes away what rounding left in the first.
        for _ in 0..2 {
            for (direction, total) in before.iter().zip(&mut parts) {
                let part: f64 = column.iter().zip(direction).map(|(a, b)| a * b).sum();
                *total += part;
                for (value, direction) in column.iter_mut().zip(direction) {
                    *value -= part * direction;
                }
            }
        }
        let norm = column.iter().map(|v| v * v).sum::<f64>().sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return None;
        }
        parts.push(norm);
        upper.push(parts);
        for value in column {
            *value /= norm;
        }
    }
    Some((columns, upper))
}

/// Solves a system with an upper triangular matrix as from [`orthonormal`].
pub(super) fn solve_upper(upper: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let mut x = right.to_vec();
    for (k, column) in upper.iter().enumerate().rev() {
        x[k] /= column[k];
        let (above, value) = (&column[..k], x[k]);
        for (entry, above) in x.iter_mut().zip(above) {
            *entry -= above * value;
        }
    }
    x
}

/// The eigenvalues of a symmetric matrix with their eigenvectors, by Jacobi's rotations.
pub(super) fn eigenvectors(mut matrix: Matrix) -> Vec<(f64, Vec<f64>)> {
    const SWEEPS: usize = 40;
    let n = matrix.len();
    let mut vectors: Matrix = (0..n)
        .map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for _ in 0..SWEEPS {
        let off: f64 = (0..n)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| matrix[i][j].abs())
            .sum();
        if off == 0.0 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (t * t + 1.0).sqrt();
                let sine = t * cosine;
                for row in &mut matrix {
                    (row[p], row[q]) = (
                        cosine * row[p] - sine * row[q],
                        sine * row[p] + cosine * row[q],
                    );
                }
                let (upper, lower) = matrix.split_at_mut(q);
                for (above, below) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*above, *below) = (
                        cosine * *above - sine * *below,
                        sine * *above + cosine * *below,
                    );
                }
                for vector in &mut vectors {
                    (vector[p], vector[q]) = (
                        cosine * vector[p] - sine * vector[q],
                        sine * vector[p] + cosine * vector[q],
                    );
                }
            }
        }
    }
    (0..n)
        .map(|k| (matrix[k][k], vectors.iter().map(|row| row[k]).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hilbert_systems_are_solved() {
        let n = 6;
        let matrix: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..n).map(|j| 1.0 / (i + j + 1) as f64).collect())
            .collect();
        let expected: Vec<f64> = (0..n).map(|i| i as f64 - 2.0).collect();
        let right: Vec<f64> = matrix
            .iter()
            .map(|row| row.iter().zip(&expected).map(|(a, x)| a * x).sum())
            .collect();
        for (found, expected) in solve(&matrix, &right).unwrap().iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-8);
        }
    }

    #[test]
    fn singular_systems_have_no_solution() {
        assert_eq!(solve(&[vec![0.0, 0.0], vec![0.0, 1.0]], &[1.0, 1.0]), None);
        assert_eq!(solve(&[vec![f64::NAN]], &[1.0]), None);
    }

    #[test]
    fn orthonormal_columns_give_the_columns_back() {
        let columns: Vec<Vec<f64>> = (0..4)
            .map(|k| (0..7).map(|i| f64::from(i).powi(k)).collect())
            .collect();
        let (basis, upper) = orthonormal(columns.clone()).unwrap();
        for k in 0..4 {
            for l in 0..4 {
                let product: f64 = basis[k].iter().zip(&basis[l]).map(|(a, b)| a * b).sum();
                assert!((product - f64::from(u8::from(k == l))).abs() < 1e-14);
            }
            for i in 0..7 {
                let value: f64 = (0..=k).map(|j| basis[j][i] * upper[k][j]).sum();
                assert!((value - columns[k][i]).abs() < 1e-12);
            }
        }
        let x = solve_upper(&upper, &[1.0, 2.0, 3.0, 4.0]);
        assert!((upper[2][2] * x[2] + upper[3][2] * x[3] - 3.0).abs() < 1e-12);
        assert_eq!(orthonormal(vec![vec![0.0; 3]]), None);
    }

    #[test]
    fn eigenvectors_are_those_of_the_second_difference() {
        // 2 - 2 cos(k pi / (n + 1)) for the matrix with 2 on and -1 beside the diagonal.
        let n = 6;
        let matrix: Vec<Vec<f64>> = (0..n)
            .map(|i: usize| {
                (0..n)
                    .map(|j| [2.0, -1.0, 0.0][i.abs_diff(j).min(2)])
                    .collect()
            })
            .collect();
        let mut found = eigenvectors(matrix.clone());
        for (value, vector) in &found {
            for (row, entry) in matrix.iter().zip(vector) {
                let product: f64 = row.iter().zip(vector).map(|(a, b)| a * b).sum();
                assert!((product - value * entry).abs() < 1e-13);
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (k, (value, _)) in found.iter().enumerate() {
            let angle = (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
            assert!((value - 2.0 + 2.0 * libm::cos(angle)).abs() < 1e-13);
        }
    }

    #[test]
    fn fekete_points_of_a_quadratic_are_ends_and_middle() {
        let columns = (0..=20)
            .map(|i| f64::from(i) / 10.0 - 1.0)
            .map(|x| vec![1.0, x, x * x])
            .collect();
        assert_eq!(fekete_points(columns), [0, 10, 20]);
        assert_eq!(fekete_points(vec![vec![1.0, 1.0]; 5]), [0]);
    }
}
