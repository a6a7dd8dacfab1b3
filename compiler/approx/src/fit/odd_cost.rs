//! What an odd polynomial costs where each product consumes a level.

use super::error::FitError;

/// Largest degree of a stage.
pub const MAX_STAGE_DEGREE: usize = 63;

/// The cost of evaluating odd polynomials one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OddCost {
    /// Products of two values that depend on the argument.
    pub multiplications: usize,
    /// Levels: a product is one level above the higher of its factors, and so is a multiple by a coefficient.
    pub depth: usize,
}

impl OddCost {
    /// The cost of both.
    pub fn plus(self, other: OddCost) -> OddCost {
        OddCost {
            multiplications: self.multiplications + other.multiplications,
            depth: self.depth + other.depth,
        }
    }
}

/// The fewest multiplications, by odd baby steps and giant steps, that evaluate a general odd polynomial at the least
/// depth, `ceil(log2(degree + 1))`.
///
/// The plans tried share the giants `x^2, x^4, ..., x^(2^k)` and the babies `x, x^3, ..., x^b`, and split recursively
/// `p = q * giant + r`. Multiples by coefficients are not counted as multiplications but take a level, so the babies can
/// not be used with coefficients right below the top. The result are the costs of IACR ePrint 2020/834, where they come
/// from an odd baby-step giant-step algorithm.
///
/// Degrees are odd, from 3 to [`MAX_STAGE_DEGREE`].
pub fn odd_cost(degree: usize) -> Result<OddCost, FitError> {
    if degree.is_multiple_of(2) || degree < 3 {
        return Err(FitError::EvenStage { found: degree });
    }
    if degree > MAX_STAGE_DEGREE {
        return Err(FitError::Count {
            what: "the degree of a stage",
            min: 3,
            max: MAX_STAGE_DEGREE,
            found: degree,
        });
    }
    let depth = levels(degree + 1);
    let mut fewest = usize::MAX;
    for giants in 1..=5 {
        for babies in (1..16).step_by(2) {
            let shared = giants + babies / 2;
            let plan = Plan {
                largest_giant: 1 << giants,
                largest_baby: babies,
            };
            if let Some(products) = plan.products(degree, depth) {
                fewest = fewest.min(shared + products);
            }
        }
    }
    Ok(OddCost {
        multiplications: fewest,
        depth,
    })
}

/// `ceil(log2(count))`: the level of a product of that many arguments.
fn levels(count: usize) -> usize {
    count.next_power_of_two().trailing_zeros() as usize
}

struct Plan {
    largest_giant: usize,
    largest_baby: usize,
}

impl Plan {
    /// Products beside the shared powers, for an odd polynomial of the degree at the depth; nothing if too deep.
    fn products(&self, degree: usize, depth: usize) -> Option<usize> {
        if degree <= self.largest_baby && levels(degree) < depth {
            return Some(0);
        }
        let mut fewest = None;
        let mut giant = 2;
        while giant <= self.largest_giant && giant < degree {
            if levels(giant) < depth {
                // The upper part and the giant one level below, the lower part beside their product.
                let upper = self.products(degree - giant, depth - 1);
                let lower = self.products(giant - 1, depth);
                if let (Some(upper), Some(lower)) = (upper, lower) {
                    let products = upper + 1 + lower;
                    fewest = Some(fewest.map_or(products, |fewest: usize| fewest.min(products)));
                }
            }
            giant *= 2;
        }
        fewest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_the_published_ones() {
        // Table of the FHE comparison papers for degrees 3, 5, ..., 31.
        let published = [
            (2, 2),
            (3, 3),
            (5, 3),
            (5, 4),
            (6, 4),
            (7, 4),
            (8, 4),
            (8, 5),
            (8, 5),
            (9, 5),
            (9, 5),
            (10, 5),
            (10, 5),
            (11, 5),
            (12, 5),
        ];
        for (degree, (multiplications, depth)) in (3..=31).step_by(2).zip(published) {
            let expected = OddCost {
                multiplications,
                depth,
            };
            assert_eq!(odd_cost(degree), Ok(expected), "{degree}");
        }
    }

    #[test]
    fn other_degrees_are_refused() {
        let message = |degree| odd_cost(degree).unwrap_err().to_string();
        assert_eq!(
            message(4),
            "stages of a composite have odd degrees from 3 on, found 4"
        );
        assert!(message(1).contains("found 1"));
        assert_eq!(
            message(65),
            "the degree of a stage must be from 3 to 63, found 65"
        );
    }
}
