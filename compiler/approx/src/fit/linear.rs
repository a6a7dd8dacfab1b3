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
    fn fekete_points_of_a_quadratic_are_ends_and_middle() {
        let columns = (0..=20)
            .map(|i| f64::from(i) / 10.0 - 1.0)
            .map(|x| vec![1.0, x, x * x])
            .collect();
        assert_eq!(fekete_points(columns), [0, 10, 20]);
        assert_eq!(fekete_points(vec![vec![1.0, 1.0]; 5]), [0]);
    }
}
