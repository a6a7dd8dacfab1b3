//! Integers as elements of Vesta's scalar field.

use ff::{Field, PrimeField};
use halo2_proofs::pasta::Fp;

zkc_backend::declare_scalar!(Fp);

#[cfg(test)]
mod tests {
    #[test]
    fn integers_enter_the_field_as_themselves() {
        zkc_backend_testing::assert_integers_enter::<super::Scalar>();
    }
}
