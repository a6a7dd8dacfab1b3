//! Where the functions rise and fall.

use std::f64::consts::FRAC_PI_2;

use crate::function::Function;

/// Which way a function goes on a piece; constant stretches may belong to either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trend {
    /// `x <= y` implies `f(x) <= f(y)`.
    Increasing,
    /// `x <= y` implies `f(x) >= f(y)`.
    Decreasing,
}

/// A closed interval on which a function is defined and monotone, jumps included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MonotonePiece {
    /// The left end, possibly `-inf`.
    pub from: f64,
    /// The right end, possibly `inf`.
    pub to: f64,
    /// Which way the function goes.
    pub trend: Trend,
}

/// Half periods of sine, cosine and tangent that are told apart; beyond them nothing is said.
const MAX_HALF_PERIODS: f64 = 65_536.0;

/// Brackets of the only minimum of the functions that have one at an irrational place.
///
/// That there is only one, falling before it and rising after, with `s = sigmoid`:
/// - gelu: `f' = Phi(x) + x phi(x)` has the derivative `phi(x) (2 - x^2)`. So `f'` rises from its limit 0 on the far
///   left only from `-sqrt 2` on and is negative before; right of `sqrt 2` it falls to 1. It has one zero.
/// - silu: `f' = s(x) (1 + x (1 - s(x)))` has the sign of `1 + e^x + x`, which rises.
/// - gelu_tanh: `f'` has the sign of `1 + x u'(x) (1 - tanh u(x))` with `u` the cubic. For negative `x`, `-x u'` and
///   `1 - tanh u` are positive and fall, so the sign changes once; for `x >= 0` it is positive.
/// - mish: `f'` has the sign of `1 + x q(e^x)` with `q(E) = 4 (E + 1) / ((E + 2) (E^2 + 2E + 2))`, which falls for
///   `E > 0`. For negative `x` both `-x` and `q` are positive and fall, so the sign changes once.
///
/// The unit tests evaluate these derivatives at both ends of each bracket.
const GELU_MINIMUM: (f64, f64) = (-0.751_791_524_693_564_6, -0.751_791_524_693_564_3);
const GELU_TANH_MINIMUM: (f64, f64) = (-0.752_461_422_071_016_4, -0.752_461_422_071_016_1);
const SILU_MINIMUM: (f64, f64) = (-1.278_464_542_761_074, -1.278_464_542_761_073_5);
const MISH_MINIMUM: (f64, f64) = (-1.192_431_214_515_495_4, -1.192_431_214_515_495);

impl Function {
    /// Pieces of `[lo, hi]` on which the function is defined and monotone, from left to right.
    ///
    /// They may share ends and may leave gaps: around an extremum whose place is irrational, at a jump against the
    /// trend, and outside the domain. Nothing is claimed about the gaps.
    pub fn monotone_pieces(&self, lo: f64, hi: f64) -> Vec<MonotonePiece> {
        self.all_pieces(lo, hi)
            .into_iter()
            .filter_map(|piece| {
                let from = piece.from.max(lo);
                let to = piece.to.min(hi);
                (from <= to).then_some(MonotonePiece { from, to, ..piece })
            })
            .collect()
    }

    /// The pieces without the cut to `[lo, hi]`; only periodic functions look at the interval.
    fn all_pieces(&self, lo: f64, hi: f64) -> Vec<MonotonePiece> {
        use Trend::{Decreasing, Increasing};
        const INFINITY: f64 = f64::INFINITY;
        let trend = |rising: bool| if rising { Increasing } else { Decreasing };
        let piece = |from: f64, to: f64, trend: Trend| MonotonePiece { from, to, trend };
        let everywhere = |trend: Trend| vec![piece(-INFINITY, INFINITY, trend)];
        let at_zero = |left: Trend, right: Trend| {
            if left == right {
                everywhere(left)
            } else {
                vec![piece(-INFINITY, 0.0, left), piece(0.0, INFINITY, right)]
            }
        };
        let minimum = |bracket: (f64, f64)| {
            vec![
                piece(-INFINITY, bracket.0, Decreasing),
                piece(bracket.1, INFINITY, Increasing),
            ]
        };
        // The doubles next to zero: no fixed-point number of interest is closer.
        let (below_zero, above_zero) = (0.0f64.next_down(), 0.0f64.next_up());
        match self {
            Function::Sigmoid
            | Function::Tanh
            | Function::Erf
            | Function::Softplus
            | Function::Exp
            | Function::Exp2
            | Function::Atan
            | Function::Sinh
            | Function::Asinh
            | Function::Softsign
            | Function::Relu
            | Function::Sign
            | Function::Step
            | Function::Floor
            | Function::Ceil
            | Function::Round => everywhere(Increasing),
            // For x < 0 the derivative is e^(x/alpha), whatever the sign of alpha.
            Function::Celu { alpha } if alpha.value() != 0.0 => everywhere(Increasing),
            Function::Celu { .. } => vec![],
            Function::Log => vec![piece(above_zero, INFINITY, Increasing)],
            Function::Sqrt => vec![piece(0.0, INFINITY, Increasing)],
            Function::Rsqrt => vec![piece(above_zero, INFINITY, Decreasing)],
            Function::Asin => vec![piece(-1.0, 1.0, Increasing)],
            Function::Acos => vec![piece(-1.0, 1.0, Decreasing)],
            Function::Acosh => vec![piece(1.0, INFINITY, Increasing)],
            Function::Atanh => vec![piece((-1.0f64).next_up(), 1.0f64.next_down(), Increasing)],
            Function::Reciprocal => vec![
                piece(-INFINITY, below_zero, Decreasing),
                piece(above_zero, INFINITY, Decreasing),
            ],
            Function::Abs | Function::Cosh => at_zero(Decreasing, Increasing),
            Function::Gelu => minimum(GELU_MINIMUM),
            Function::GeluTanh => minimum(GELU_TANH_MINIMUM),
            Function::Silu => minimum(SILU_MINIMUM),
            Function::Mish => minimum(MISH_MINIMUM),
            // x (x + 3) / 6 between -3 and 3
            Function::HardSwish => minimum((-1.5, -1.5)),
            Function::HardSigmoid { alpha, .. } => everywhere(trend(alpha.value() >= 0.0)),
            Function::Elu { alpha } | Function::LeakyRelu { alpha } => {
                at_zero(trend(alpha.value() >= 0.0), Increasing)
            }
            Function::Selu { alpha, gamma } => {
                let (alpha, gamma) = (alpha.value(), gamma.value());
                let left = alpha == 0.0 || gamma == 0.0 || (alpha > 0.0) == (gamma > 0.0);
                at_zero(trend(left), trend(gamma >= 0.0))
            }
            Function::ThresholdedRelu { alpha } => {
                let alpha = alpha.value();
                if alpha >= 0.0 {
                    everywhere(Increasing)
                } else {
                    // It jumps down from 0 to alpha.
                    vec![
                        piece(-INFINITY, alpha, Increasing),
                        piece(alpha.next_up(), INFINITY, Increasing),
                    ]
                }
            }
            Function::Pow { exponent } => {
                let exponent = exponent.value();
                if exponent == 0.0 {
                    return everywhere(Increasing);
                }
                let right = piece(
                    if exponent > 0.0 { 0.0 } else { above_zero },
                    INFINITY,
                    trend(exponent > 0.0),
                );
                if exponent.fract() != 0.0 {
                    return vec![right];
                }
                let odd = exponent.rem_euclid(2.0) == 1.0;
                let left = piece(
                    -INFINITY,
                    if exponent > 0.0 { 0.0 } else { below_zero },
                    trend((exponent > 0.0) == odd),
                );
                vec![left, right]
            }
            Function::Sin => half_periods(lo, hi, |k| {
                // From (k - 1/2) pi to (k + 1/2) pi.
                (2 * k - 1, trend(k.rem_euclid(2) == 0))
            }),
            Function::Cos => half_periods(lo, hi, |k| (2 * k, trend(k.rem_euclid(2) == 1))),
            Function::Tan => half_periods(lo, hi, |k| (2 * k - 1, Increasing)),
        }
    }
}

/// The pieces of a function monotone on each `[m pi/2, (m + 2) pi/2]`, where `piece_at(k)` gives `m` and the trend.
fn half_periods(lo: f64, hi: f64, piece_at: impl Fn(i64) -> (i64, Trend)) -> Vec<MonotonePiece> {
    let half_periods = |x: f64| x / (2.0 * FRAC_PI_2);
    let (first, last) = (half_periods(lo).floor(), half_periods(hi).ceil());
    if !(first >= -MAX_HALF_PERIODS && last <= MAX_HALF_PERIODS) {
        return vec![];
    }
    // FRAC_PI_2 is within 2^-53 of pi/2 relatively, and so is each product: 2^-50 covers both with room to spare.
    let turn = |m: i64, inwards: f64| {
        let place = m as f64 * FRAC_PI_2;
        place + inwards * place.abs() * 2f64.powi(-50)
    };
    // One more on each side: rounding may have hidden one.
    (first as i64 - 1..=last as i64 + 1)
        .map(|k| {
            let (m, trend) = piece_at(k);
            MonotonePiece {
                from: turn(m, 1.0),
                to: turn(m + 2, -1.0),
                trend,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elementary::{Elementary, SHORT};
    use crate::interval::Interval;
    use crate::short::Short;

    /// Checks that an expression with the sign of the derivative is negative at the left end and positive at the right.
    fn check_bracket(
        bracket: (f64, f64),
        derivative: impl Fn(&Elementary<Short>, &Interval<Short>) -> Interval<Short>,
    ) {
        let at = |x: f64| derivative(&SHORT, &SHORT.real(x));
        assert!(at(bracket.0).is_negative());
        assert!(at(bracket.1).is_positive());
    }

    #[test]
    fn minima_are_bracketed() {
        check_bracket(GELU_MINIMUM, |e, x| {
            // Phi(x) + x phi(x) for negative x
            let root_half = e.integer(1).scale(-1).square_root().unwrap();
            let erf = e.erf(&x.negate().times(&root_half)).unwrap();
            let phi = e
                .exp(&x.times(x).scale(-1).negate())
                .unwrap()
                .over(&e.half_pi().scale(2).square_root().unwrap())
                .unwrap();
            e.integer(1).minus(&erf).scale(-1).plus(&x.times(&phi))
        });
        check_bracket(SILU_MINIMUM, |e, x| {
            e.integer(1).plus(x).plus(&e.exp(x).unwrap())
        });
        check_bracket(GELU_TANH_MINIMUM, |e, x| {
            // 1 + x u' (1 - tanh u), 1 - tanh u = 2 / (1 + e^(2u))
            let one = e.integer(1);
            let slope = one.over(e.half_pi()).unwrap().square_root().unwrap();
            let k = e.integer(44_715).over_small(1_000_000);
            let square = x.times(x);
            let u = slope.times(&x.times(&one.plus(&k.times(&square))));
            let du = slope.times(&one.plus(&e.integer(3).times(&k).times(&square)));
            let rest = e
                .integer(2)
                .over(&one.plus(&e.exp(&u.scale(1)).unwrap()))
                .unwrap();
            one.plus(&x.times(&du).times(&rest))
        });
        check_bracket(MISH_MINIMUM, |e, x| {
            let (one, two) = (e.integer(1), e.integer(2));
            let big = e.exp(x).unwrap();
            let divisor = big
                .plus(&two)
                .times(&big.times(&big).plus(&big.scale(1)).plus(&two));
            let q = big.plus(&one).scale(2).over(&divisor).unwrap();
            one.plus(&x.times(&q))
        });
    }

    #[test]
    fn pieces_hold_on_a_fine_grid() {
        let texts = [
            "elu(alpha=1.5)",
            "elu(alpha=-1.5)",
            "selu(alpha=1.5, gamma=2.0)",
            "selu(alpha=-1.5, gamma=2.0)",
            "selu(alpha=-1.5, gamma=-2.0)",
            "selu(alpha=1.5, gamma=-2.0)",
            "selu(alpha=0.0, gamma=-2.0)",
            "celu(alpha=0.7)",
            "celu(alpha=-2.0)",
            "hardsigmoid(alpha=-0.2, beta=0.5)",
            "leaky_relu(alpha=-0.1)",
            "thresholded_relu(alpha=1.0)",
            "thresholded_relu(alpha=-1.0)",
            "pow(exponent=0.0)",
            "pow(exponent=2.0)",
            "pow(exponent=3.0)",
            "pow(exponent=-1.0)",
            "pow(exponent=-2.0)",
            "pow(exponent=0.5)",
            "pow(exponent=-0.5)",
        ];
        let plain = Function::NAMES.iter().copied();
        for text in plain.chain(texts) {
            let Ok(function) = text.parse::<Function>() else {
                continue;
            };
            let pieces = function.monotone_pieces(-9.0, 9.0);
            assert!(!pieces.is_empty(), "{text}");
            for pair in pieces.windows(2) {
                assert!(pair[0].to <= pair[1].from, "{text}");
            }
            for piece in pieces {
                let grid: Vec<f64> = (0..=4096)
                    .map(|i| piece.from + (piece.to - piece.from) * f64::from(i) / 4096.0)
                    .map(|x| function.eval_f64(x.clamp(piece.from, piece.to)))
                    .collect();
                for pair in grid.windows(2) {
                    let step = match piece.trend {
                        Trend::Increasing => pair[1] - pair[0],
                        Trend::Decreasing => pair[0] - pair[1],
                    };
                    let slack = 1e-13 * pair[0].abs().max(1.0);
                    assert!(step >= -slack, "{text} on {piece:?}: {pair:?}");
                }
            }
        }
    }

    #[test]
    fn long_ranges_of_periodic_functions_have_no_pieces() {
        assert!(Function::Sin.monotone_pieces(-1e9, 1e9).is_empty());
        assert!(Function::Sin.monotone_pieces(-1e9, f64::NAN).is_empty());
        assert_eq!(Function::Cos.monotone_pieces(-3.0, 3.0).len(), 2);
    }
}
