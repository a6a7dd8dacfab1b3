//! The last rows of columns, which blind a proof: random values, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use halo2_axiom::halo2curves::bn256::Fr;
use halo2_axiom::halo2curves::ff::Field;
use rand_core_06::RngCore;
use zkc_backend::GridColumn;
use zkc_circuit::{Derived, Expr, ExprId, ExprNode, GroupId, Query};

use super::{Hidden, Prover};
use crate::field::to_field;

impl Prover<'_> {
    /// Random values for the last rows of a column.
    pub(super) fn random_rows(&self, rng: &mut impl RngCore) -> Vec<Fr> {
        let rows = self.verifying.cs().blinding_factors() + 1;
        (0..rows).map(|_| Fr::random(&mut *rng)).collect()
    }

    /// The last rows of the columns of the second phase, by number of the column of advice: where a column's constraint is
    /// not switched off there, what satisfies it, and random values otherwise.
    pub(super) fn last_rows(
        &self,
        advice: &[Hidden],
        challenges: &[Fr],
        rng: &mut impl RngCore,
    ) -> BTreeMap<usize, Vec<Fr>> {
        let (circuit, layout) = (self.prepared.circuit(), self.prepared.layout());
        let key = |d: &Derived| (d.gate, d.constraint);
        let filled: BTreeSet<_> = circuit
            .filled_helpers(layout)
            .into_iter()
            .map(key)
            .collect();
        let mut rows: BTreeMap<usize, Vec<Fr>> = BTreeMap::new();
        for derived in &circuit.derived {
            let column = layout.column_of(derived.group, derived.column) as usize;
            let Some(own) = self.advice_of(column, 1) else {
                continue;
            };
            let mut values = self.random_rows(rng);
            let constraint = circuit.defining(derived);
            if let Some(constraint) = constraint.filter(|_| filled.contains(&key(derived))) {
                for (row, value) in values.iter_mut().enumerate() {
                    let cell = |query: &Query| {
                        let column = layout.column_of(GroupId(query.group), query.column);
                        match self.columns[column as usize] {
                            GridColumn::Advice(other) if other.index() == own => None,
                            GridColumn::Advice(other) => {
                                let known = rows.get(&other.index());
                                known
                                    .unwrap_or(&advice[other.index()].last)
                                    .get(row)
                                    .copied()
                            }
                            GridColumn::Fixed(_) | GridColumn::Instance(_) => Some(Fr::ZERO),
                        }
                    };
                    // By chance, and almost never, the value is free.
                    *value = solve(&constraint.poly, cell, challenges).unwrap_or(*value);
                }
            }
            rows.insert(own, values);
        }
        rows
    }
}

/// The value of the cell that `cell` does not know for which a polynomial, linear in it, is zero; `None` if any is or none.
fn solve(poly: &Expr, cell: impl Fn(&Query) -> Option<Fr>, challenges: &[Fr]) -> Option<Fr> {
    let at = |unknown: Fr| evaluate(poly, &|query| cell(query).unwrap_or(unknown), challenges);
    let (rest, sum) = (at(Fr::ZERO), at(Fr::ONE));
    let inverse: Option<Fr> = (sum - rest).invert().into();
    Some(-rest * inverse?)
}

fn evaluate(poly: &Expr, cell: &dyn Fn(&Query) -> Fr, challenges: &[Fr]) -> Fr {
    let mut values: Vec<Fr> = Vec::with_capacity(poly.nodes.len());
    for node in &poly.nodes {
        let value = |child: &ExprId| values[child.0 as usize];
        values.push(match node {
            ExprNode::Const(value) => to_field(*value),
            ExprNode::Query(query) => cell(query),
            ExprNode::Challenge(number) => challenges[*number as usize],
            ExprNode::Neg(child) => -value(child),
            ExprNode::Sum(children) => children.iter().map(value).sum(),
            ExprNode::Product(children) => children.iter().map(value).product(),
        });
    }
    values.last().copied().unwrap_or(Fr::ZERO)
}
