//! What `zkc-backend` asks of `halo2-axiom`, and where its work runs.

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::PrimeField;
use halo2_axiom::plonk::{
    Advice, Any, Challenge, Column, ConstraintSystem, Expression, Fixed, Instance, TableColumn,
    VirtualCells,
};
use halo2_axiom::poly::Rotation;
use zkc_backend::{
    Algebra, CircuitShape, Commitment, Error, Flavour, GridColumn, Halo2, Pool, System,
};

use crate::field::Scalar;

/// The version of `halo2-axiom` that keys and proofs are made with. Another one may give other keys.
pub const HALO2_AXIOM_VERSION: &str = "0.5.3";

/// Names of this backend.
pub(crate) const FLAVOUR: Flavour = Flavour {
    name: "halo2-axiom",
    library: "halo2-axiom",
    version: HALO2_AXIOM_VERSION,
    remake: "; run `zkc setup` again",
    needs: "this needs",
};

/// Bytes that our own prover holds of each cell of a fixed column, and of any other column.
pub(crate) const FIXED_CELL_BYTES: u64 = 32;
pub(crate) const HIDDEN_CELL_BYTES: u64 = 120;

/// Bytes of a field element.
pub(crate) const FIELD_BYTES: u64 = 32;

/// Runs `work` in the pool of this backend.
///
/// # Errors
/// The threads cannot be started, or the environment would change what `halo2-axiom` computes.
pub(crate) fn install<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Error> {
    static POOL: Pool = Pool::new(FLAVOUR.name);
    check_environment(std::env::var_os(MAX_DEGREE).is_some())?;
    check_processor()?;
    POOL.install(work)
}

/// The variable from which `halo2-axiom` takes a limit on the degree. It changes keys without a word.
const MAX_DEGREE: &str = "MAX_DEGREE";

fn check_environment(max_degree_is_set: bool) -> Result<(), Error> {
    if max_degree_is_set {
        Err(Error::Environment {
            library: FLAVOUR.library,
            variable: MAX_DEGREE,
        })
    } else {
        Ok(())
    }
}

/// Refuses to run assembly that this processor does not know.
fn check_processor() -> Result<(), Error> {
    #[cfg(all(feature = "asm", target_arch = "x86_64"))]
    if !(std::is_x86_feature_detected!("adx") && std::is_x86_feature_detected!("bmi2")) {
        return Err(Error::Processor);
    }
    Ok(())
}

/// `halo2-axiom` over the scalar field of BN254.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halo2Axiom;

impl System for Halo2Axiom {
    const FLAVOUR: Flavour = FLAVOUR;
    type Commitment = Commitment;
}

impl Algebra for Halo2Axiom {
    type Scalar = Scalar;
    type Expression = Expression<Fr>;

    fn constant(value: Scalar) -> Expression<Fr> {
        Expression::Constant(value.0)
    }

    fn sum(a: Expression<Fr>, b: Expression<Fr>) -> Expression<Fr> {
        Expression::Sum(Box::new(a), Box::new(b))
    }

    fn product(a: Expression<Fr>, b: Expression<Fr>) -> Expression<Fr> {
        Expression::Product(Box::new(a), Box::new(b))
    }

    fn scaled(tree: Expression<Fr>, factor: Scalar) -> Expression<Fr> {
        Expression::Scaled(Box::new(tree), factor.0)
    }
}

impl Halo2 for Halo2Axiom {
    const TWO_ADICITY: u32 = Fr::S;

    type Meta = ConstraintSystem<Fr>;
    type Cells<'c> = VirtualCells<'c, Fr>;
    type Advice = Column<Advice>;
    type Fixed = Column<Fixed>;
    type Instance = Column<Instance>;
    type Any = Column<Any>;
    type TableColumn = TableColumn;
    type Challenge = Challenge;

    fn declare_table_column(meta: &mut ConstraintSystem<Fr>) -> TableColumn {
        meta.lookup_table_column()
    }

    fn enable_equality(meta: &mut ConstraintSystem<Fr>, column: Column<Any>) {
        meta.enable_equality(column);
    }

    fn declare_gate(
        meta: &mut ConstraintSystem<Fr>,
        polys: impl FnOnce(&mut VirtualCells<'_, Fr>) -> Vec<Expression<Fr>>,
    ) {
        meta.create_gate("", polys);
    }

    fn declare_lookup(
        meta: &mut ConstraintSystem<Fr>,
        inputs: impl FnOnce(&mut VirtualCells<'_, Fr>) -> Vec<(Expression<Fr>, TableColumn)>,
    ) {
        meta.lookup("", inputs);
    }

    fn query(
        cells: &mut VirtualCells<'_, Fr>,
        column: zkc_backend::Column<Self>,
        rotation: i32,
    ) -> Option<Expression<Fr>> {
        let rotation = Rotation(rotation);
        Some(match column {
            GridColumn::Advice(column) => cells.query_advice(column, rotation),
            GridColumn::Instance(column) => cells.query_instance(column, rotation),
            GridColumn::Fixed(column) => cells.query_fixed(column, rotation),
        })
    }

    fn query_challenge(cells: &mut VirtualCells<'_, Fr>, challenge: Challenge) -> Expression<Fr> {
        cells.query_challenge(challenge)
    }

    /// Counts what our own prover holds of each column, and for halo2-axiom's the proving key, the polynomials of a proof, and
    /// what opening them all takes: about three copies of each.
    fn proving_bytes(shape: &CircuitShape) -> u64 {
        let advice = shape.advice_columns + shape.late_advice_columns;
        if shape.lookups == 0 && shape.equality_columns == 0 {
            let hidden = advice + shape.instance_columns;
            let cells = FIXED_CELL_BYTES * shape.fixed_columns as u64;
            return (cells + HIDDEN_CELL_BYTES * hidden as u64) << shape.k;
        }
        let products = shape.permutation_products();
        let key = 2 * shape.fixed_columns + 2 * shape.equality_columns + 3;
        let proof = advice + shape.instance_columns + products + 3 * shape.lookups;
        let opened = proof + shape.fixed_columns + shape.equality_columns + shape.degree;
        let polynomials = (key + proof + 3 * opened) as u64;
        (polynomials * FIELD_BYTES) << shape.k
    }
}

#[cfg(test)]
mod tests {
    use zkc_backend::{Leaf, to_tree};
    use zkc_circuit::ExprBuilder;

    use super::*;

    #[test]
    fn the_stated_version_is_the_one_in_use() {
        zkc_backend_testing::assert_version_in_use(&FLAVOUR);
    }

    #[test]
    fn a_limit_on_the_degree_is_refused() {
        check_environment(false).unwrap();
        let error = check_environment(true).unwrap_err().to_string();
        assert!(error.starts_with("MAX_DEGREE is set"), "{error}");
    }

    #[test]
    fn challenges_have_degree_0() {
        let mut b = ExprBuilder::new();
        let (x, rho) = (b.query(0, 0, 1), b.challenge(0));
        let power = b.product(vec![rho; 5]);
        let product = b.mul(power, x);
        let product = b.finish(product);
        let mut meta = ConstraintSystem::<Fr>::default();
        let column = meta.advice_column();
        let challenge = meta.challenge_usable_after(halo2_axiom::plonk::FirstPhase);
        Halo2Axiom::declare_gate(&mut meta, |cells| {
            let read = |leaf| {
                Ok(match leaf {
                    Leaf::Query(q) => cells.query_advice(column, Rotation(q.rotation)),
                    Leaf::Challenge(_) => cells.query_challenge(challenge),
                })
            };
            vec![to_tree::<Halo2Axiom>(&product, read).unwrap().0]
        });
        assert_eq!(meta.gates()[0].polynomials()[0].degree(), 1);
    }
}
