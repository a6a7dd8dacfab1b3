//! What `zkc-backend` asks of `halo2_proofs`.

use std::convert::Infallible;

use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::{
    Advice, Any, Column, ConstraintSystem, Expression, Fixed, Instance, TableColumn, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use zkc_backend::{Algebra, CircuitShape, Error, Flavour, GridColumn, Halo2, Pool, System};

use crate::field::Scalar;

/// The version of `halo2_proofs` that keys and proofs are made with. Another one may give other keys.
pub const HALO2_PROOFS_VERSION: &str = "0.4.1";

/// Names of this backend.
pub(crate) const FLAVOUR: Flavour = Flavour {
    name: "halo2",
    library: "halo2_proofs",
    version: HALO2_PROOFS_VERSION,
    remake: "",
    needs: "keys and proofs of this circuit need",
};

/// Name of every gate and constraint in halo2; failures are mapped back by index.
pub(crate) const NAME: &str = "";

/// Bytes of a field element.
const FIELD_BYTES: u64 = 32;

/// Runs `work` in the pool of this backend.
pub(crate) fn install<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Error> {
    static POOL: Pool = Pool::new(FLAVOUR.name);
    POOL.install(work)
}

/// `halo2_proofs` over the scalar field of Vesta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halo2Proofs;

impl System for Halo2Proofs {
    const FLAVOUR: Flavour = FLAVOUR;
    type Commitment = ();
}

impl Algebra for Halo2Proofs {
    type Scalar = Scalar;
    type Expression = Expression<Fp>;

    fn constant(value: Scalar) -> Expression<Fp> {
        Expression::Constant(value.0)
    }

    fn sum(a: Expression<Fp>, b: Expression<Fp>) -> Expression<Fp> {
        Expression::Sum(Box::new(a), Box::new(b))
    }

    fn product(a: Expression<Fp>, b: Expression<Fp>) -> Expression<Fp> {
        Expression::Product(Box::new(a), Box::new(b))
    }

    fn scaled(tree: Expression<Fp>, factor: Scalar) -> Expression<Fp> {
        Expression::Scaled(Box::new(tree), factor.0)
    }
}

impl Halo2 for Halo2Proofs {
    const TWO_ADICITY: u32 = 32;

    type Meta = ConstraintSystem<Fp>;
    type Cells<'c> = VirtualCells<'c, Fp>;
    type Advice = Column<Advice>;
    type Fixed = Column<Fixed>;
    type Instance = Column<Instance>;
    type Any = Column<Any>;
    type TableColumn = TableColumn;
    type Challenge = Infallible;

    fn declare_table_column(meta: &mut ConstraintSystem<Fp>) -> TableColumn {
        meta.lookup_table_column()
    }

    fn enable_equality(meta: &mut ConstraintSystem<Fp>, column: Column<Any>) {
        meta.enable_equality(column);
    }

    fn declare_gate(
        meta: &mut ConstraintSystem<Fp>,
        polys: impl FnOnce(&mut VirtualCells<'_, Fp>) -> Vec<Expression<Fp>>,
    ) {
        meta.create_gate(NAME, polys);
    }

    fn declare_lookup(
        meta: &mut ConstraintSystem<Fp>,
        inputs: impl FnOnce(&mut VirtualCells<'_, Fp>) -> Vec<(Expression<Fp>, TableColumn)>,
    ) {
        meta.lookup(inputs);
    }

    fn query(
        cells: &mut VirtualCells<'_, Fp>,
        column: zkc_backend::Column<Self>,
        rotation: i32,
    ) -> Option<Expression<Fp>> {
        match column {
            GridColumn::Advice(column) => Some(cells.query_advice(column, Rotation(rotation))),
            GridColumn::Instance(column) => Some(cells.query_instance(column, Rotation(rotation))),
            GridColumn::Fixed(column) => (rotation == 0).then(|| cells.query_fixed(column)),
        }
    }

    fn query_challenge(_: &mut VirtualCells<'_, Fp>, challenge: Infallible) -> Expression<Fp> {
        match challenge {}
    }

    /// Counts two copies of the values on the extended domain of every column and permutation, and what `halo2_proofs`
    /// keeps of every polynomial on the rows.
    fn proving_bytes(shape: &CircuitShape) -> u64 {
        let columns = shape.advice_columns + shape.fixed_columns + shape.instance_columns;
        let products = shape.permutation_products();
        let on_rows = 3 * columns + 2 * shape.equality_columns + 2 * products + 6 * shape.lookups;
        let extended = 2 * (columns + shape.equality_columns) + products + 3 * shape.lookups;
        let bytes = |polynomials: usize, k: u32| (FIELD_BYTES << k) * polynomials as u64;
        bytes(on_rows, shape.k).saturating_add(bytes(extended, shape.extended_k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stated_version_is_the_one_in_use() {
        zkc_backend_testing::assert_version_in_use(&FLAVOUR);
    }
}
