//! Integers as elements of BN254's scalar field.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::{Field, PrimeField};

zkc_backend::declare_scalar!(Fr);

#[cfg(test)]
mod tests {
    #[test]
    fn integers_enter_the_field_as_themselves() {
        zkc_backend_testing::assert_integers_enter::<super::Scalar>();
    }
}
