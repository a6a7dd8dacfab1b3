//! What the benches of the backends share: a circuit of the kind that quantised networks give, and printing.

use zkc_backend::{CircuitShape, Cost, peak_rss_bytes};
use zkc_circuit::{
    AffineMap, Circuit, ColumnGroup, Expr, ExprBuilder, InputInfo, Ints, LinearTerm, Op,
    OutputInfo, Table,
};

/// Dimensions of the circuit: dot products with weights in fixed columns, range lookups.
#[derive(Clone, Copy, Debug)]
pub struct Dimensions {
    /// Base-2 logarithm of the number of rows.
    pub k: u32,
    /// Advice columns with 8-bit values of their own; at least 1.
    pub own: u64,
    /// Advice columns that copy the first of those; at most as many.
    pub copied: u64,
    /// How often each advice column is multiplied by a column of weights; at least 1.
    pub blocks: u64,
    /// Lookups.
    pub lookups: u64,
    /// Rows of the table that they search.
    pub table_rows: u64,
}

impl Dimensions {
    /// Rows that hold values.
    pub fn rows(&self) -> u64 {
        (1 << self.k) - 16
    }

    /// Good inputs.
    pub fn inputs(&self) -> Vec<i128> {
        let values = 0..self.own * self.rows();
        values.map(|i| i128::from(i * 7919 % 251)).collect()
    }

    /// The circuit: one more advice column for the sums, one more fixed column for a selector.
    pub fn circuit(&self) -> Circuit {
        let Dimensions { k, own, copied, .. } = *self;
        let (rows, width) = (self.rows(), own + copied);
        let lanes = width * self.blocks;
        let mut c = Circuit::new("bench", k);
        let v = c.add_group(ColumnGroup::advice("v", width as u32));
        let acc_column = c.add_group(ColumnGroup::advice("acc", 1));
        let w = c.add_group(ColumnGroup::fixed("w", lanes as u32));
        let s = c.add_group(ColumnGroup::fixed("s", 1));

        let mut b = ExprBuilder::new();
        let mut terms: Vec<_> = (0..lanes as u32)
            .map(|j| {
                let (weight, value) = (b.query(w.0, j, 0), b.query(v.0, j % width as u32, 0));
                b.mul(weight, value)
            })
            .collect();
        let acc = b.query(acc_column.0, 0, 0);
        terms.push(b.neg(acc));
        let sum = b.sum(terms);
        let selector = b.query(s.0, 0, 0);
        let root = b.mul(selector, sum);
        c.add_gate(
            "dot",
            [("acc is the dot product".to_string(), b.finish(root))],
        );
        let table = c.add_table(Table::range("range", 0, self.table_rows));
        for lookup in 0..self.lookups {
            let column = (lookup % own) as u32;
            let name = format!("range {lookup}");
            c.add_lookup(name, vec![Expr::query(v.0, column, 0)], table);
        }

        let x = c.add_input(InputInfo {
            name: "x".into(),
            shape: vec![own, rows],
            scale: 0,
            lo: 0,
            hi: 250,
            public: false,
        });
        let weights: Vec<i128> = (0..lanes * rows)
            .map(|i| i128::from(i * 31 % 17) - 8)
            .collect();
        let values = Ints::from_values(&weights);
        let weights = c.push(Op::Constant { values }, vec![rows, lanes], (-8, 8), "w");
        let term = |count: u64, start: u64| LinearTerm {
            src: x,
            read: AffineMap::linear(2, &[(&[0, 1], 0), (&[1, 0], 0)]),
            tap_dims: vec![count],
            weights,
            wread: AffineMap::linear(2, &[(&[1, 0], 0), (&[0, 1], start as i64)]),
        };
        let terms = (0..self.blocks).map(|block| block * width);
        let terms = terms.flat_map(|start| [term(own, start), term(copied, start + own)]);
        let linear = Op::Linear {
            terms: terms.filter(|term| term.tap_dims != [0]).collect(),
            bias: None,
            chunk: lanes,
        };
        let bound = i128::from(lanes) * 8 * 250;
        let acc = c.push(linear, vec![rows, 1], (-bound, bound), "dot");

        let id = AffineMap::identity;
        c.place(x, v, vec![own, rows], id(2), id(2), "x");
        if copied > 0 {
            let shifted = AffineMap::linear(2, &[(&[1, 0], own as i64), (&[0, 1], 0)]);
            c.place(x, v, vec![copied, rows], id(2), shifted, "copy");
        }
        let swapped = AffineMap::linear(2, &[(&[0, 1], 0), (&[1, 0], 0)]);
        c.place(weights, w, vec![rows, lanes], id(2), swapped.clone(), "w");
        c.place(acc, acc_column, vec![rows, 1], id(2), swapped, "dot");
        let down = AffineMap::linear(1, &[(&[0], 0), (&[1], 0)]);
        c.fill(s, vec![rows], down, 1, "dot");
        c.outputs.push(OutputInfo {
            name: "y".into(),
            shape: vec![rows],
            scale: 0,
            register: acc,
            public: false,
            lo: -bound,
            hi: bound,
        });
        c
    }
}

/// Prints what a step cost.
pub fn show(what: &str, cost: Cost) {
    println!("{what:16} {:8.3} s, {:8.3} CPU s", cost.wall_s, cost.cpu_s);
}

/// Prints the memory that the process has held so far, and what it was estimated to need.
pub fn show_memory(what: &str, shape: &CircuitShape) {
    if let Some(bytes) = peak_rss_bytes() {
        let estimate = shape.memory_bytes() >> 20;
        println!("{what:16} {} MB, estimate {estimate} MB", bytes >> 20);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circuits_are_good() {
        for (own, copied, blocks) in [(4, 2, 1), (2, 0, 3)] {
            let dimensions = Dimensions {
                k: 9,
                own,
                copied,
                blocks,
                lookups: 5,
                table_rows: 256,
            };
            let circuit = dimensions.circuit();
            assert_eq!(circuit.validate(), Ok(()));
            zkc_circuit::evaluate(&circuit, &[dimensions.inputs()]).unwrap();
        }
    }
}
