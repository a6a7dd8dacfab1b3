//! Constants go into the weights of linear operations.

use super::{Rewrite, affine::along};
use crate::onnx_builder::{Builder, Node};
use zkc_dialects::onnx::{Invalid, Kind, Tensor, shape};
use zkc_support::{Location, Op, ValueId};

/// A `MatMul` or `Conv` with constant weights.
struct Linear<'c> {
    op: Op<'c>,
    /// Position of the weights among the operands.
    weights: usize,
    /// Axis of the other operand that is summed over.
    input_axis: usize,
    /// Axis of the result along which the weights differ.
    output_axis: usize,
}

impl<'c> Linear<'c> {
    fn of(b: &Builder<'c, '_>, op: &Op<'c>) -> Result<Option<Self>, Invalid> {
        let weights = match Kind::of(&op.name) {
            Some(Kind::MatMul | Kind::Conv) if b.is_constant(op.operands[1]) => 1,
            Some(Kind::MatMul) if b.is_constant(op.operands[0]) => 0,
            _ => return Ok(None),
        };
        if !b.is_float(op.operands[1 - weights]) {
            return Ok(None);
        }
        let out = b
            .shape(op.operands[0])?
            .len()
            .max(b.shape(op.operands[1])?.len());
        let rank = b.shape(op.operands[1 - weights])?.len();
        let (input_axis, output_axis) = match (Kind::of(&op.name), weights) {
            (Some(Kind::Conv), _) => (1, 1),
            // The operands of a decomposed product have rank two or more.
            (_, 1) => (rank - 1, out - 1),
            _ => (rank - 2, out - 2),
        };
        Ok(Some(Self {
            op: op.clone(),
            weights,
            input_axis,
            output_axis,
        }))
    }

    fn is_conv(&self) -> bool {
        self.op.name == Kind::Conv.name()
    }

    /// The operand that is not the weights.
    fn input(&self) -> ValueId {
        self.op.operands[1 - self.weights]
    }

    /// The factors of the weights that stand for factors of the result.
    fn output_factors(&self, b: &Builder<'c, '_>, c: &[f64]) -> Result<Tensor, Invalid> {
        let rank = b.shape(self.op.operands[self.weights])?.len();
        let n = c.len() as i64;
        let shape = match (self.is_conv(), self.weights) {
            (true, _) => [vec![n], vec![1; rank - 1]].concat(),
            (false, 1) => vec![n],
            (false, _) => vec![n, 1],
        };
        Ok(Tensor::f64s(&shape, c.to_vec()))
    }

    /// The factors of the weights that stand for factors of the input.
    fn input_factors(&self, b: &Builder<'c, '_>, c: &[f64]) -> Result<Tensor, Invalid> {
        let shape = b.shape(self.op.operands[self.weights])?;
        let n = c.len() as i64;
        if !self.is_conv() {
            let shape = if self.weights == 1 {
                vec![n, 1]
            } else {
                vec![n]
            };
            return Ok(Tensor::f64s(&shape, c.to_vec()));
        }
        let groups = self.op.int("group").unwrap_or(1);
        let (outs, ins) = (shape[0] as usize, shape[1] as usize);
        let per_group = outs / groups as usize;
        // Output channel m sees the input channels of its group.
        let factor = |i: usize| c[i / ins / per_group * ins + i % ins];
        let mut to = vec![1; shape.len()];
        to[..2].copy_from_slice(&shape[..2]);
        Ok(Tensor::f64s(&to, (0..outs * ins).map(factor).collect()))
    }

    /// The operation on another input, its weights multiplied by some factors.
    fn with(
        &self,
        b: &mut Builder<'c, '_>,
        input: ValueId,
        factors: Option<Tensor>,
    ) -> Result<ValueId, Invalid> {
        let mut operands = self.op.operands.clone();
        operands[1 - self.weights] = input;
        if let Some(factors) = factors {
            let w = operands[self.weights];
            let element = b.element(w)?;
            let factors = b.make(factors, element, self.op.location);
            operands[self.weights] = b.emit(Kind::Mul, &[w, factors], &[], self.op.location)?;
        }
        let attributes: Vec<_> = self
            .op
            .attributes
            .iter()
            .map(|(n, a)| (n.as_str(), *a))
            .collect();
        // Both kinds have one kind only.
        let kind = if self.is_conv() {
            Kind::Conv
        } else {
            Kind::MatMul
        };
        b.emit(kind, &operands, &attributes, self.op.location)
    }

    /// What the operation makes of a constant input that varies along the summed axis only; `None`
    /// if that is not the same for all positions.
    fn of_constant(&self, b: &mut Builder<'c, '_>, c: &[f64]) -> Result<Option<ValueId>, Invalid> {
        let at = self.op.location;
        let w = self.op.operands[self.weights];
        let element = b.element(w)?;
        let shape = b.shape(w)?;
        if !self.is_conv() {
            if self.weights == 0 {
                return Ok(None);
            }
            let row = b.make(Tensor::f64s(&[1, c.len() as i64], c.to_vec()), element, at);
            let out = b.emit(Kind::MatMul, &[row, w], &[], at)?;
            let n = shape[shape.len() - 1];
            return if shape.len() == 2 {
                b.reshape(out, &[n], at)
            } else {
                Ok(out)
            }
            .map(Some);
        }
        // In the padding there is zero instead of the constant.
        if self
            .op
            .ints("pads")
            .is_none_or(|p| p.iter().any(|p| *p != 0))
        {
            return Ok(None);
        }
        // All taps of a channel meet the same number, so they can be summed first.
        let axes: Vec<i64> = (2..shape.len() as i64).collect();
        let axes = b.make_list(&axes, at);
        let sums = b.emit(Kind::ReduceSum, &[w, axes], &[], at)?;
        let factors = self.input_factors(b, c)?;
        let factors = b.make(factors, element, at);
        let products = b.emit(Kind::Mul, &[sums, factors], &[], at)?;
        let axes = b.make_list(&[1], at);
        let bias = b.emit(Kind::ReduceSum, &[products, axes], &[], at)?;
        b.reshape(
            bias,
            &[&[shape[0]][..], &vec![1; shape.len() - 2]].concat(),
            at,
        )
        .map(Some)
    }
}

/// A `Reshape` or `Transpose`.
enum Move {
    Reshape { from: Vec<i64>, to: Vec<i64> },
    Transpose(Vec<i64>),
}

impl Move {
    fn of(b: &Builder<'_, '_>, op: &Op) -> Result<Option<Self>, Invalid> {
        Ok(match Kind::of(&op.name) {
            Some(Kind::Reshape) => Some(Self::Reshape {
                from: b.shape(op.operand())?,
                to: b.shape(op.result())?,
            }),
            Some(Kind::Transpose) => op.ints("perm").map(Self::Transpose),
            _ => None,
        })
    }

    fn apply<'c>(
        &self,
        b: &mut Builder<'c, '_>,
        v: ValueId,
        at: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        match self {
            Self::Reshape { to, .. } => b.reshape(v, to, at),
            Self::Transpose(perm) => b.transpose(v, perm, at),
        }
    }

    fn undo<'c>(
        &self,
        b: &mut Builder<'c, '_>,
        v: ValueId,
        at: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        match self {
            Self::Reshape { from, .. } => b.reshape(v, from, at),
            Self::Transpose(perm) => {
                let mut inverse = vec![0; perm.len()];
                for (i, a) in perm.iter().enumerate() {
                    inverse[*a as usize] = i as i64;
                }
                b.transpose(v, &inverse, at)
            }
        }
    }
}

/// The value behind a chain of moves that are used once, and the moves, the last one first.
fn behind_moves<'c>(
    b: &Builder<'c, '_>,
    mut v: ValueId,
) -> Result<(ValueId, Vec<(Move, Location<'c>)>), Invalid> {
    let mut moves = Vec::new();
    while b.uses(v) <= 1
        && let Some(op) = b.definition(v)
        && let Some(step) = Move::of(b, op)?
    {
        moves.push((step, op.location));
        v = op.operand();
    }
    Ok((v, moves))
}

/// `(L c)` becomes `L` with other weights, also through moves.
pub(super) fn scale_result<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let (x, c) = (node.operand(0), node.operand(1));
    if !b.is_constant(c) || b.r#type(x) != node.types[0] {
        return Ok(None);
    }
    let (source, moves) = behind_moves(b, x)?;
    if b.uses(source) > 1 {
        return Ok(None);
    }
    let Some(op) = b.definition(source).cloned() else {
        return Ok(None);
    };
    let Some(linear) = Linear::of(b, &op)? else {
        return Ok(None);
    };
    let mut c = c;
    if !moves.is_empty() {
        c = b.expand(c, &node.result_shape()?, node.location())?;
    }
    for (step, at) in &moves {
        c = step.undo(b, c, *at)?;
    }
    let to = b.shape(source)?;
    let Some(c) = b
        .constant(c)?
        .and_then(|c| along(&c, &to, linear.output_axis))
    else {
        return Ok(None);
    };
    let factors = linear.output_factors(b, &c)?;
    let mut out = linear.with(b, linear.input(), Some(factors))?;
    for (step, at) in moves.iter().rev() {
        out = step.apply(b, out, *at)?;
    }
    Ok(Some(out))
}

/// `L(x c)` becomes `L(x)` with other weights, and `L(x + c)` becomes `L(x) + L(c)`, also through
/// moves.
pub(super) fn absorb_operand<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let Some(linear) = Linear::of(b, &node.op)? else {
        return Ok(None);
    };
    let (source, moves) = behind_moves(b, linear.input())?;
    let op = [Kind::Mul, Kind::Add]
        .into_iter()
        .find_map(|k| b.only_use_of(source, k));
    let Some(op) = op else { return Ok(None) };
    let (mut x, mut c) = (op.operands[0], op.operands[1]);
    if !b.is_constant(c) || b.r#type(x) != b.r#type(source) {
        return Ok(None);
    }
    if !moves.is_empty() {
        let full = b.shape(source)?;
        c = b.expand(c, &full, op.location)?;
    }
    for (step, at) in moves.iter().rev() {
        c = step.apply(b, c, *at)?;
    }
    let to = b.shape(linear.input())?;
    let Some(c) = b
        .constant(c)?
        .and_then(|c| along(&c, &to, linear.input_axis))
    else {
        return Ok(None);
    };
    let shift = if op.name == Kind::Add.name() {
        match linear.of_constant(b, &c)? {
            None => return Ok(None),
            shift => shift,
        }
    } else {
        None
    };
    for (step, at) in moves.iter().rev() {
        x = step.apply(b, x, *at)?;
    }
    match shift {
        None => {
            let factors = linear.input_factors(b, &c)?;
            linear.with(b, x, Some(factors)).map(Some)
        }
        Some(shift) => {
            let out = linear.with(b, x, None)?;
            b.emit(Kind::Add, &[out, shift], &[], op.location).map(Some)
        }
    }
}

/// `(x V) W` is `x (V W)` for constant matrices, if that takes no more weights.
pub(super) fn associate<'c>(b: &mut Builder<'c, '_>, node: &Node<'c>) -> Rewrite {
    let Some(inner) = b.only_use_of(node.operand(0), Kind::MatMul) else {
        return Ok(None);
    };
    let (x, v, w) = (inner.operands[0], inner.operands[1], node.operand(1));
    if !b.is_constant(v) || !b.is_constant(w) || !b.is_float(x) {
        return Ok(None);
    }
    let (&[k, m], &[_, n]) = (&b.shape(v)?[..], &b.shape(w)?[..]) else {
        return Ok(None);
    };
    let size = |r: i64, c: i64| shape::count(&[r, c]).unwrap_or(usize::MAX);
    if size(k, n) > size(k, m).saturating_add(size(m, n)) {
        return Ok(None);
    }
    let product = b.emit(Kind::MatMul, &[v, w], &[], node.location())?;
    b.emit(Kind::MatMul, &[x, product], &[], node.location())
        .map(Some)
}
