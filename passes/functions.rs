//! Named functions for the evaluation of `zkarith` programs.

use zkc_approx::{Function, Rounding};
use zkc_dialects::zkarith::Functions;

/// The functions of `zkc_approx`, correctly rounded: what `zkarith.apply` means.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundedFunctions;

impl Functions for RoundedFunctions {
    fn round(
        &self,
        function: &str,
        n: i128,
        in_scale: u32,
        out_scale: u32,
    ) -> Result<i128, String> {
        let function: Function = function.parse().map_err(|e| format!("{e}"))?;
        let n =
            i64::try_from(n).map_err(|_| format!("`{function}`: {n} is not a 64-bit integer"))?;
        let rounded = function
            .round_at(n, in_scale, out_scale, Rounding::NearestTiesToEven)
            .map_err(|e| e.to_string())?;
        Ok(i128::from(rounded.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_correctly_rounded() {
        let round = |f: &str, n| RoundedFunctions.round(f, n, 4, 8);
        assert_eq!(round("tanh", 16), Ok(195));
        assert_eq!(round("relu", -3), Ok(0));
        assert!(
            round("tan", 1 << 70)
                .unwrap_err()
                .contains("not a 64-bit integer")
        );
        assert!(
            round("tanhh", 1)
                .unwrap_err()
                .starts_with("unknown function `tanhh`")
        );
        assert!(round("log", -1).unwrap_err().contains("not defined"));
    }
}
