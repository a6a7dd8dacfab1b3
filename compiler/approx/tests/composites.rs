//! Composites for sign and positive part against published degrees and errors.

use zkc_approx::fit::{
    CompositeFit, FitError, Objective, OddCost, Reading, cheapest_degrees, composite_for_relu,
    composite_for_sign, odd_cost,
};

struct Row {
    alpha: u32,
    /// Published degrees for an error of the positive part of about `2^-alpha`.
    degrees: &'static [usize],
    /// The gap, in units of `2^-alpha`, with which the published coefficients were made; 0: made otherwise.
    gap: f64,
    /// Measured error of the positive part with the published coefficients.
    relu: f64,
    /// Error of the sign on `[2^-alpha, 1]` with the best coefficients for that.
    sign: f64,
    /// Multiplications and depth of the schedules with fewest multiplications and with least depth that have an error
    /// of the sign of `2^-alpha` there.
    cheapest: [(usize, usize); 2],
}

#[rustfmt::skip]
const TABLE: [Row; 11] = [
    Row { alpha: 4, degrees: &[5], gap: 0.0, relu: 7.65e-2, sign: 0.603, cheapest: [(8, 7), (9, 6)] },
    Row { alpha: 5, degrees: &[13], gap: 0.0, relu: 3.44e-2, sign: 0.527, cheapest: [(10, 9), (13, 7)] },
    Row { alpha: 6, degrees: &[3, 7], gap: 10.0, relu: 1.51e-2, sign: 0.634, cheapest: [(11, 11), (15, 9)] },
    Row { alpha: 7, degrees: &[7, 7], gap: 11.0, relu: 7.58e-3, sign: 0.597, cheapest: [(13, 13), (18, 10)] },
    Row { alpha: 8, degrees: &[7, 15], gap: 12.0, relu: 3.82e-3, sign: 0.577, cheapest: [(15, 15), (20, 12)] },
    Row { alpha: 9, degrees: &[15, 15], gap: 13.0, relu: 1.94e-3, sign: 0.558, cheapest: [(17, 17), (23, 13)] },
    Row { alpha: 10, degrees: &[7, 7, 13], gap: 13.0, relu: 9.03e-4, sign: 0.500, cheapest: [(19, 18), (26, 14)] },
    Row { alpha: 11, degrees: &[7, 7, 27], gap: 15.0, relu: 4.72e-4, sign: 0.487, cheapest: [(20, 20), (30, 15)] },
    Row { alpha: 12, degrees: &[7, 15, 27], gap: 15.0, relu: 2.29e-4, sign: 0.465, cheapest: [(22, 22), (30, 17)] },
    Row { alpha: 13, degrees: &[15, 15, 27], gap: 16.0, relu: 1.15e-4, sign: 0.444, cheapest: [(24, 23), (33, 18)] },
    Row { alpha: 14, degrees: &[15, 27, 29], gap: 17.0, relu: 6.03e-5, sign: 0.455, cheapest: [(25, 25), (36, 19)] },
];

impl Row {
    fn precision(&self) -> f64 {
        2f64.powi(-(self.alpha as i32))
    }
}

/// Half of the third digit.
fn half_a_digit(printed: f64) -> f64 {
    0.5000001 * 10f64.powf(printed.log10().floor() - 2.0)
}

fn cost(degrees: &[usize]) -> OddCost {
    degrees.iter().fold(OddCost::default(), |sum, &degree| {
        sum.plus(odd_cost(degree).unwrap())
    })
}

/// Errors as sign and as positive part, on a grid that is finer towards zero.
fn errors(composite: &CompositeFit) -> (f64, f64) {
    let (mut sign, mut relu) = (0.0f64, 0.0f64);
    for i in 0..=400_000 {
        let x = 2f64.powf(-20.0 * f64::from(i) / 400_000.0);
        for x in [x, -x] {
            let value = composite.eval(x);
            if x.abs() >= composite.gap {
                sign = sign.max((value - x.signum()).abs());
            }
            relu = relu.max((0.5 * x * (1.0 + value) - x.max(0.0)).abs());
        }
    }
    (sign, relu)
}

#[test]
fn errors_as_sign_are_those_of_the_table() {
    for row in &TABLE {
        let fit = composite_for_sign(row.degrees, row.precision()).unwrap();
        assert!(
            (fit.sign_error - row.sign).abs() <= half_a_digit(row.sign),
            "{}: {}",
            row.alpha,
            fit.sign_error
        );
    }
}

#[test]
fn published_coefficients_are_those_of_a_gap() {
    for row in TABLE.iter().filter(|row| row.gap > 0.0) {
        let fit = composite_for_sign(row.degrees, row.gap * row.precision()).unwrap();
        assert!(
            (fit.relu_error - row.relu).abs() <= half_a_digit(row.relu),
            "{}: {:e}",
            row.alpha,
            fit.relu_error
        );
    }
}

#[test]
fn the_best_gap_is_better_than_the_published_one() {
    for row in &TABLE {
        let best = composite_for_relu(row.degrees).unwrap();
        assert!(best.relu_error < row.relu, "{}", row.alpha);
        // The published lists of 4 and 5 miss this.
        assert!(best.relu_error <= row.precision(), "{}", row.alpha);
        for factor in [0.97, 1.03] {
            let other = composite_for_sign(row.degrees, factor * best.gap).unwrap();
            assert!(other.relu_error > best.relu_error, "{}", row.alpha);
        }
        assert_eq!(best.cost, cost(row.degrees));
    }
}

#[test]
fn many_stages_keep_their_accuracy() {
    // The default of a homomorphic library for a gap of 2^-30, documented with 21.93 bits.
    let degrees = [15, 15, 15, 17, 31, 31, 31, 31];
    let fit = composite_for_sign(&degrees, 2f64.powi(-30)).unwrap();
    let bits = -fit.sign_error.log2();
    assert!((21.93..22.0).contains(&bits), "{bits}");
}

#[test]
fn errors_are_found_on_a_grid() {
    for row in TABLE.iter().step_by(3) {
        for fit in [
            composite_for_relu(row.degrees).unwrap(),
            composite_for_sign(row.degrees, row.precision()).unwrap(),
        ] {
            let (sign, relu) = errors(&fit);
            assert!(sign <= fit.sign_error * (1.0 + 1e-9) && relu <= fit.relu_error * (1.0 + 1e-9));
            assert!(sign >= 0.999 * fit.sign_error && relu >= 0.999 * fit.relu_error);
        }
    }
}

#[test]
fn stages_are_odd_and_of_their_degrees() {
    let fit = composite_for_relu(&[7, 15]).unwrap();
    let degrees: Vec<usize> = fit.stages.iter().map(|stage| stage.degree()).collect();
    assert_eq!(degrees, [7, 15]);
    for stage in &fit.stages {
        assert!(stage.coefficients().iter().step_by(2).all(|c| *c == 0.0));
        assert_eq!(stage.domain().0, -stage.domain().1);
    }
    for x in [0.001, 0.3, 1.0] {
        assert_eq!(fit.eval(x), -fit.eval(-x));
    }
}

#[test]
fn cheapest_schedules_for_the_sign() {
    for row in &TABLE {
        let objectives = [Objective::Multiplications, Objective::Depth];
        for (objective, expected) in objectives.into_iter().zip(row.cheapest) {
            let degrees = cheapest_degrees(row.alpha, Reading::Sign, objective).unwrap();
            let found = cost(&degrees);
            assert_eq!(
                (found.multiplications, found.depth),
                expected,
                "{} {objective:?}: {degrees:?}",
                row.alpha
            );
            let fit = composite_for_sign(&degrees, row.precision()).unwrap();
            assert!(fit.sign_error <= row.precision() * (1.0 + 1e-6));
        }
    }
}

#[test]
fn cheapest_schedules_for_the_positive_part() {
    for row in &TABLE {
        let shallow = cheapest_degrees(row.alpha, Reading::Relu, Objective::Depth).unwrap();
        assert!(composite_for_relu(&shallow).unwrap().relu_error <= row.precision());
        let (found, published) = (cost(&shallow), cost(row.degrees));
        assert!(
            (found.depth, found.multiplications) <= (published.depth, published.multiplications),
            "{}: {shallow:?}",
            row.alpha
        );
        if row.alpha <= 10 {
            let few = cheapest_degrees(row.alpha, Reading::Relu, Objective::Multiplications);
            let few = few.unwrap();
            assert!(composite_for_relu(&few).unwrap().relu_error <= row.precision());
            assert!(cost(&few).multiplications <= found.multiplications);
        }
    }
}

#[test]
fn impossible_requests_are_refused() {
    let message =
        |degrees: &[usize], gap: f64| composite_for_sign(degrees, gap).unwrap_err().to_string();
    assert_eq!(
        message(&[7, 4], 0.1),
        "stages of a composite have odd degrees from 3 on, found 4"
    );
    assert_eq!(
        message(&[], 0.1),
        "the number of stages must be from 1 to 32, found 0"
    );
    assert!(message(&[99], 0.1).contains("from 3 to 63, found 99"));
    for gap in [0.0, -0.5, f64::NAN, 1.0, 2.0] {
        assert!(message(&[7], gap).contains("must be between 0 and 1"));
    }
    assert!(matches!(
        composite_for_sign(&[31, 31, 31], 0.5),
        Err(FitError::SpareStage { index: 2, .. })
    ));
    for alpha in [0, 31] {
        assert!(cheapest_degrees(alpha, Reading::Sign, Objective::Depth).is_err());
    }
}
