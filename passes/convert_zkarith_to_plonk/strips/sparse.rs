//! What an operand is as a sum of results: sparse rows over the elements of all strips.
//!
//! Between two units there are only linear maps and moved data. Composed, each element of an operand is a constant plus a
//! sum of weights times elements of results. That is found by evaluating the witness program over such sums instead of integers, so that reshapes,
//! slices, concatenations, padding, residual sums, products with constants and convolutions need no cases of their own.

use super::super::builder::Result;
use std::{collections::HashMap, rc::Rc};
use zkc_support::{
    AffineExpr, AffineMap, Constants, Graph, Op, ValueId, as_affine_map, as_i64s, as_range,
};

/// Terms of all operands together beyond which a function is not laid out in strips.
const MAX_TERMS: usize = 1 << 27;

/// The elements of a tensor, row-major, as sums.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Where the terms of each element start; one more than there are elements.
    starts: Vec<usize>,
    /// Number of an element of some result, and its weight; ascending by number, no number twice.
    terms: Vec<(u32, i64)>,
    constants: Vec<i128>,
}

impl Rows {
    fn with_capacity(elements: usize) -> Self {
        let mut starts = Vec::with_capacity(elements + 1);
        starts.push(0);
        Self {
            starts,
            terms: Vec::new(),
            constants: Vec::with_capacity(elements),
        }
    }

    fn close(&mut self, constant: i128) {
        self.constants.push(constant);
        self.starts.push(self.terms.len());
    }

    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        self.constants.len()
    }

    /// The terms of an element.
    pub(super) fn terms(&self, element: usize) -> &[(u32, i64)] {
        &self.terms[self.starts[element]..self.starts[element + 1]]
    }

    /// The constant of an element.
    pub(super) fn constant(&self, element: usize) -> i128 {
        self.constants[element]
    }

    fn copy(&mut self, from: &Rows, element: usize) {
        self.terms.extend_from_slice(from.terms(element));
        self.close(from.constant(element));
    }
}

/// Evaluates registers of a witness program over sums.
pub(super) struct Evaluator<'a, 'c> {
    program: &'a Graph<'c>,
    constants: &'a Constants,
    definitions: Vec<Option<usize>>,
    /// The first number of each result that stands in strips.
    homes: HashMap<ValueId, u32>,
    rows: HashMap<ValueId, Rc<Rows>>,
    total: usize,
}

impl<'a, 'c> Evaluator<'a, 'c> {
    pub(super) fn new(
        program: &'a Graph<'c>,
        constants: &'a Constants,
        homes: HashMap<ValueId, u32>,
    ) -> Self {
        Self {
            program,
            constants,
            definitions: program.definitions(),
            homes,
            rows: HashMap::new(),
            total: 0,
        }
    }

    /// The elements of a register as sums.
    pub(super) fn rows(&mut self, register: ValueId) -> Result<Rc<Rows>> {
        // Registers are defined before they are used, so a stack of what is missing ends.
        let mut stack = vec![register];
        while let Some(v) = stack.last().copied() {
            if self.rows.contains_key(&v) {
                stack.pop();
                continue;
            }
            let op = self.definitions[v.index()].map(|i| &self.program.ops[i]);
            let op = op.ok_or("a register is not defined")?;
            let needed: Vec<ValueId> = if self.homes.contains_key(&v) {
                Vec::new()
            } else {
                let inputs = op.operands.iter().enumerate();
                inputs
                    .filter(|(i, v)| !self.rows.contains_key(v) && !is_weight(op, *i))
                    .map(|(_, v)| *v)
                    .collect()
            };
            if needed.is_empty() {
                let rows = self.evaluate(v, op)?;
                self.total += rows.terms.len();
                if self.total > MAX_TERMS {
                    return Err(format!("its linear maps have more than {MAX_TERMS} terms"));
                }
                self.rows.insert(v, Rc::new(rows));
                stack.pop();
            } else {
                stack.extend(needed);
            }
        }
        Ok(self.rows[&register].clone())
    }

    fn evaluate(&self, v: ValueId, op: &Op<'c>) -> Result<Rows> {
        let shape = self.shape(v)?;
        let count = shape.iter().product::<i64>() as usize;
        let mut out = Rows::with_capacity(count);
        if let Some(first) = self.homes.get(&v) {
            for i in 0..count as u32 {
                out.terms.push((first + i, 1));
                out.close(0);
            }
            return Ok(out);
        }
        match op.name.as_str() {
            "plonk.constant" => {
                for value in self.values(v)? {
                    out.close(value);
                }
            }
            "plonk.gather" => {
                let (input, from) = (&self.rows[&op.operand()], self.shape(op.operand())?);
                let map = map_of(op.attr("map"))?;
                let fill = op.int("fill");
                for_each(&shape, |point| {
                    match index(&map, point, &from) {
                        Some(i) => out.copy(input, i),
                        None => out.close(fill.ok_or("a gather reads out of bounds")?.into()),
                    }
                    Ok(())
                })?;
            }
            "plonk.concat" => {
                let axis = op.int("axis").ok_or("attribute `axis` is missing")? as usize;
                let parts: Vec<_> = op.operands.iter().map(|v| &self.rows[v]).collect();
                let shapes = op.operands.iter().map(|v| self.shape(*v));
                let shapes = shapes.collect::<Result<Vec<_>>>()?;
                for_each(&shape, |point| {
                    let mut at = point.to_vec();
                    for (part, shape) in parts.iter().zip(&shapes) {
                        if at[axis] < shape[axis] {
                            out.copy(part, position(&at, shape));
                            return Ok(());
                        }
                        at[axis] -= shape[axis];
                    }
                    Err("a concatenation is longer than its parts".into())
                })?;
            }
            "plonk.affine" => {
                let coefficients = op.ints("coefficients").unwrap_or_default();
                let constant = op.int128("constant").unwrap_or(0);
                let inputs: Vec<_> = op.operands.iter().map(|v| &self.rows[v]).collect();
                let mut sum = Sum::default();
                for i in 0..count {
                    let mut total = constant;
                    for (input, c) in inputs.iter().zip(&coefficients) {
                        total += sum.add(input, i, *c)?;
                    }
                    sum.finish(&mut out, total)?;
                }
            }
            "plonk.linear" => self.linear(op, &shape, &mut out)?,
            other => return Err(format!("`{other}` is no linear map")),
        }
        Ok(out)
    }

    fn linear(&self, op: &Op<'c>, shape: &[i64], out: &mut Rows) -> Result<()> {
        let maps = |name: &str| -> Result<Vec<AffineMap>> {
            let list = op.array(name).ok_or("maps are missing")?;
            list.into_iter().map(|a| map_of(Some(a))).collect()
        };
        let (reads, weight_reads) = (maps("input_maps")?, maps("weight_maps")?);
        let taps = op.array("taps").ok_or("attribute `taps` is missing")?;
        let n = reads.len();
        struct Term {
            input: Rc<Rows>,
            from: Vec<i64>,
            weights: Vec<i128>,
            weight_shape: Vec<i64>,
            taps: Vec<i64>,
        }
        let mut terms = Vec::new();
        for (j, taps) in taps.into_iter().enumerate().take(n) {
            terms.push(Term {
                input: self.rows[&op.operands[j]].clone(),
                from: self.shape(op.operands[j])?,
                weights: self.values(op.operands[n + j])?,
                weight_shape: self.shape(op.operands[n + j])?,
                taps: as_i64s(taps).ok_or("attribute `taps` is malformed")?,
            });
        }
        let bias = op.operands.get(2 * n).map(|v| self.rows[v].clone());
        let [outputs @ .., 1] = shape else {
            return Err("partial sums have no strips".into());
        };
        let mut sum = Sum::default();
        let mut element = 0;
        for_each(outputs, |o| {
            let mut constant = bias.as_ref().map_or(0, |b| b.constant(element));
            element += 1;
            for (j, term) in terms.iter().enumerate() {
                let mut point = o.to_vec();
                for_each(&term.taps, |t| {
                    point.truncate(o.len());
                    point.extend_from_slice(t);
                    let w = index(&weight_reads[j], &point, &term.weight_shape)
                        .ok_or("a weight is read out of bounds")?;
                    let w = i64::try_from(term.weights[w]).map_err(|_| WIDE)?;
                    if w != 0 {
                        let x = index(&reads[j], &point, &term.from)
                            .ok_or("an element is read out of bounds")?;
                        constant += sum.add(&term.input, x, w)?;
                    }
                    Ok(())
                })?;
            }
            sum.finish(out, constant)
        })
    }

    fn shape(&self, v: ValueId) -> Result<Vec<i64>> {
        Ok(self.program.tensor(v).ok_or("register is no tensor")?.shape)
    }

    /// The integers of a constant register, moved ones included.
    fn values(&self, v: ValueId) -> Result<Vec<i128>> {
        if let Some(rows) = self.rows.get(&v) {
            return Ok(rows.constants.clone());
        }
        let op = self.definitions[v.index()].map(|i| &self.program.ops[i]);
        let op = op.ok_or("a register is not defined")?;
        match op.name.as_str() {
            "plonk.constant" => {
                let value = op.attr("value").ok_or("value is missing")?;
                if let Some((start, length)) = as_range(value) {
                    return Ok((0..length).map(|i| i128::from(start + i)).collect());
                }
                let read = self.constants.read(value).and_then(|c| c.to_i128());
                read.map_err(|e| e.to_string())
            }
            "plonk.gather" => {
                let (values, from) = (self.values(op.operand())?, self.shape(op.operand())?);
                let (map, fill) = (map_of(op.attr("map"))?, op.int("fill"));
                let mut out = Vec::new();
                for_each(&self.shape(v)?, |point| {
                    out.push(match index(&map, point, &from) {
                        Some(i) => values[i],
                        None => fill.ok_or("a gather reads out of bounds")?.into(),
                    });
                    Ok(())
                })?;
                Ok(out)
            }
            _ => Err("a weight is no constant".into()),
        }
    }
}

/// Weights are read as integers, not as sums.
fn is_weight(op: &Op, operand: usize) -> bool {
    let terms = op.array("input_maps").map_or(0, |maps| maps.len());
    op.name == "plonk.linear" && (terms..2 * terms).contains(&operand)
}

const WIDE: &str = "a weight does not fit 62 bits";

/// One sum in the making.
#[derive(Default)]
struct Sum {
    terms: Vec<(u32, i64)>,
}

impl Sum {
    /// Adds a multiple of an element's terms; returns the multiple of its constant.
    fn add(&mut self, rows: &Rows, element: usize, by: i64) -> Result<i128> {
        for (x, w) in rows.terms(element) {
            self.terms.push((*x, w.checked_mul(by).ok_or(WIDE)?));
        }
        let constant = rows.constant(element).checked_mul(by.into());
        Ok(constant.ok_or("a bias does not fit 128 bits")?)
    }

    fn finish(&mut self, out: &mut Rows, constant: i128) -> Result<()> {
        self.terms.sort_unstable_by_key(|(x, _)| *x);
        let mut terms = self.terms.drain(..).peekable();
        while let Some((x, mut weight)) = terms.next() {
            while let Some((_, w)) = terms.next_if(|(next, _)| *next == x) {
                weight = weight.checked_add(w).ok_or(WIDE)?;
            }
            // Differences of two weights have to fit as well.
            if weight.unsigned_abs() >= 1 << 62 {
                return Err(WIDE.into());
            }
            if weight != 0 {
                out.terms.push((x, weight));
            }
        }
        out.close(constant);
        Ok(())
    }
}

fn map_of(a: Option<zkc_support::Attribute>) -> Result<AffineMap> {
    a.and_then(as_affine_map)
        .ok_or_else(|| "a map cannot be read".into())
}

/// Row-major position of an index; `None` out of bounds.
fn index(map: &AffineMap, point: &[i64], shape: &[i64]) -> Option<usize> {
    let mut at = 0;
    for (result, extent) in map.results.iter().zip(shape) {
        let i = match result {
            // The most frequent expressions, without a call.
            AffineExpr::Dim(d) => *point.get(*d)?,
            AffineExpr::Const(c) => *c,
            other => other.eval(point)?,
        };
        if !(0..*extent).contains(&i) {
            return None;
        }
        at = at * extent + i;
    }
    Some(at as usize)
}

fn position(at: &[i64], shape: &[i64]) -> usize {
    at.iter().zip(shape).fold(0, |sum, (i, n)| sum * n + i) as usize
}

/// Calls a function with every point of a box, in row-major order.
pub(super) fn for_each(extents: &[i64], mut f: impl FnMut(&[i64]) -> Result<()>) -> Result<()> {
    if extents.iter().any(|e| *e < 1) {
        return Ok(());
    }
    let mut point = vec![0; extents.len()];
    loop {
        f(&point)?;
        let last = (0..extents.len()).rev();
        let Some(i) = last.into_iter().find(|i| point[*i] + 1 < extents[*i]) else {
            return Ok(());
        };
        point[i] += 1;
        point[i + 1..].fill(0);
    }
}
