//! What the passes on `onnx` have in common: a function is rebuilt operation by operation, and
//! what has only constant operands is evaluated on the way.
//!
//! Constants that a pass makes stay in memory with 64 bits until the pass is done. Only those that
//! are still in use then are rounded to their element type and stored.

mod rewrite;

pub(crate) use rewrite::{Node, Replacement, functions, report, rewrite_once, rewrite_to_fixpoint};

use std::rc::Rc;
use zkc_dialects::onnx::{Invalid, Kind, Tensor, eval_op, infer};
use zkc_support::{
    Attribute, Constants, Context, DType, Graph, Location, Op, Type, ValueId, i64s, tensor_type,
};

/// Results of at most this many elements are evaluated at compile time.
const FOLD_LIMIT: usize = 1 << 27;

/// What is known of a value.
#[derive(Clone, Debug)]
enum Known<'c> {
    /// It is computed from the inputs.
    Nothing,
    /// It is `onnx.NoValue`.
    Absent,
    /// It is the constant of an attribute, which has not been read.
    Attribute(Attribute<'c>),
    /// It is the constant of an attribute, which has been read.
    Read(Rc<Tensor>),
    /// It is a constant that has no attribute yet.
    Made(Rc<Tensor>),
}

/// A function being built.
pub(crate) struct Builder<'c, 'k> {
    graph: Graph<'c>,
    constants: &'k Constants,
    known: Vec<Known<'c>>,
    uses: Vec<usize>,
    definitions: Vec<Option<usize>>,
}

impl<'c, 'k> Builder<'c, 'k> {
    fn new(graph: Graph<'c>, constants: &'k Constants) -> Self {
        Self {
            graph,
            constants,
            known: vec![],
            uses: vec![],
            definitions: vec![],
        }
    }

    /// The context.
    pub(crate) fn context(&self) -> &'c Context {
        self.graph.context
    }

    /// Extents of a tensor of static shape.
    pub(crate) fn shape(&self, v: ValueId) -> Result<Vec<i64>, Invalid> {
        match self.graph.tensor(v) {
            Some(t) if t.elements().is_some() => Ok(t.shape),
            _ => Err(Invalid::new(format!(
                "operand type `{}` has no static shape",
                self.graph.r#type(v)
            ))
            .help("run `onnx-infer-shapes` first")),
        }
    }

    /// Element type of a tensor.
    pub(crate) fn element(&self, v: ValueId) -> Result<Type<'c>, Invalid> {
        let t = self.graph.tensor(v).map(|t| t.element);
        t.ok_or_else(|| Invalid::new(format!("`{}` is no ranked tensor", self.graph.r#type(v))))
    }

    /// Whether a value is the float kind.
    pub(crate) fn is_float(&self, v: ValueId) -> bool {
        let dtype = self.element(v).ok().and_then(DType::of);
        matches!(dtype, Some(DType::F32 | DType::F64))
    }

    /// The type of a value.
    pub(crate) fn r#type(&self, v: ValueId) -> Type<'c> {
        self.graph.r#type(v)
    }

    /// Whether a value is a constant.
    pub(crate) fn is_constant(&self, v: ValueId) -> bool {
        matches!(
            self.known[v.index()],
            Known::Attribute(_) | Known::Read(_) | Known::Made(_)
        )
    }

    /// Whether an optional operand is left out.
    pub(crate) fn is_absent(&self, v: ValueId) -> bool {
        matches!(self.known[v.index()], Known::Absent)
    }

    /// The tensor of a constant, `None` for other values.
    pub(crate) fn constant(&mut self, v: ValueId) -> Result<Option<Rc<Tensor>>, Invalid> {
        let t = match &self.known[v.index()] {
            Known::Nothing | Known::Absent => return Ok(None),
            Known::Read(t) | Known::Made(t) => return Ok(Some(Rc::clone(t))),
            Known::Attribute(a) => {
                let c = self
                    .constants
                    .read(*a)
                    .map_err(|e| Invalid::new(e.to_string()))?;
                let wide = || Invalid::new("a constant holds an integer of 2^63 or more");
                Rc::new(Tensor::from_constant(&c).ok_or_else(wide)?)
            }
        };
        self.known[v.index()] = Known::Read(Rc::clone(&t));
        Ok(Some(t))
    }

    /// The integers of an operand that decides about shapes; `None` when it is absent.
    pub(crate) fn integers(&mut self, v: ValueId, name: &str) -> Result<Option<Vec<i64>>, Invalid> {
        if self.is_absent(v) {
            return Ok(None);
        }
        match self.constant(v)?.as_ref().and_then(|t| t.as_i64s()) {
            Some(v) => Ok(Some(v.to_vec())),
            None => Err(
                Invalid::new(format!("operand `{name}` must be known at compile time"))
                    .help("`--constant-input NAME=FILE` makes a graph input a constant"),
            ),
        }
    }

    /// The only element of a constant, `None` when the value is no constant or has more elements.
    pub(crate) fn scalar(&mut self, v: ValueId) -> Option<f64> {
        let one = self.graph.tensor(v)?.elements()? == 1;
        if one {
            self.constant(v).ok()??.as_scalar()
        } else {
            None
        }
    }

    /// How many operands a value is; that of values that were made just now counts as none.
    pub(crate) fn uses(&self, v: ValueId) -> usize {
        self.uses[v.index()]
    }

    /// The operation that defines a value, unless it is an argument.
    pub(crate) fn definition(&self, v: ValueId) -> Option<&Op<'c>> {
        self.definitions[v.index()].map(|i| &self.graph.ops[i])
    }

    /// A copy of the operation that defines a value, if it is of a kind and nothing else uses the
    /// value.
    pub(crate) fn only_use_of(&self, v: ValueId, kind: Kind) -> Option<Op<'c>> {
        let op = self.definition(v)?;
        (op.name == kind.name() && self.uses(v) <= 1).then(|| op.clone())
    }

    fn track(&mut self, known: &[Known<'c>]) {
        self.known.extend_from_slice(known);
        self.uses.resize(self.known.len(), 0);
        self.definitions.resize(self.known.len(), None);
    }

    /// Appends an operation as it is.
    fn push(
        &mut self,
        name: &str,
        operands: &[ValueId],
        results: &[Type<'c>],
        attributes: &[(&str, Attribute<'c>)],
        location: Location<'c>,
    ) -> Vec<ValueId> {
        let at = self.graph.ops.len();
        let out = self
            .graph
            .push(name, operands, results, attributes, location);
        self.track(&vec![Known::Nothing; out.len()]);
        for v in &out {
            self.definitions[v.index()] = Some(at);
        }
        out
    }

    /// A constant.
    pub(crate) fn make(&mut self, t: Tensor, element: Type<'c>, location: Location<'c>) -> ValueId {
        self.make_shared(Rc::new(t), element, location)
    }

    fn make_shared(&mut self, t: Rc<Tensor>, element: Type<'c>, location: Location<'c>) -> ValueId {
        let r#type = zkc_support::TensorType::new(&t.shape, element).to_type();
        let v = self.push(Kind::Constant.name(), &[], &[r#type], &[], location)[0];
        self.known[v.index()] = Known::Made(t);
        v
    }

    /// A constant of the element type of another value, with one element and no axes.
    pub(crate) fn make_scalar(
        &mut self,
        value: f64,
        like: ValueId,
        location: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        let element = self.element(like)?;
        let t = match DType::of(element) {
            Some(DType::F32 | DType::F64) => Tensor::f64s(&[], vec![value]),
            Some(DType::Int(_) | DType::UInt(_)) if value.fract() == 0.0 => {
                Tensor::i64s(&[], vec![value as i64])
            }
            _ => return Err(Invalid::new(format!("`{element}` cannot hold {value}"))),
        };
        Ok(self.make(t, element, location))
    }

    /// A list of integers.
    pub(crate) fn make_list(&mut self, values: &[i64], location: Location<'c>) -> ValueId {
        let element = DType::Int(64).to_type(self.context());
        self.make(
            Tensor::i64s(&[values.len() as i64], values.to_vec()),
            element,
            location,
        )
    }

    /// The operand that stands for an absent one.
    pub(crate) fn none(&mut self, location: Location<'c>) -> Result<ValueId, Invalid> {
        let r#type = Type::parse(self.context(), "none");
        let r#type = r#type.ok_or_else(|| Invalid::new("`none` is no type"))?;
        let v = self.push(Kind::NoValue.name(), &[], &[r#type], &[], location)[0];
        self.known[v.index()] = Known::Absent;
        Ok(v)
    }

    /// The result of an operation with one result of the given element type. With constant
    /// operands it is a constant.
    pub(crate) fn emit_as(
        &mut self,
        kind: Kind,
        operands: &[ValueId],
        attributes: &[(&str, Attribute<'c>)],
        element: Type<'c>,
        location: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        let op = Op {
            name: kind.name().into(),
            operands: operands.to_vec(),
            // The number of results is what counts.
            results: operands[..1].to_vec(),
            attributes: attributes.iter().map(|(n, a)| ((*n).into(), *a)).collect(),
            regions: vec![],
            location,
        };
        let shapes = operands
            .iter()
            .map(|v| {
                if self.is_absent(*v) {
                    Ok(None)
                } else {
                    self.shape(*v).map(Some)
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut values = |i: usize| {
            let v: ValueId = operands[i];
            let t = self.constant(v).ok()??;
            t.as_i64s().map(<[i64]>::to_vec)
        };
        let shape = infer(&op, &shapes, &mut values)?.remove(0);
        let r#type = zkc_support::TensorType::new(&shape, element).to_type();
        if let Some(mut folded) = self.fold(&op, &[r#type])? {
            return Ok(folded.remove(0));
        }
        Ok(self.push(kind.name(), operands, &[r#type], attributes, location)[0])
    }

    /// As [`Self::emit_as`], with the element type of the first operand.
    pub(crate) fn emit(
        &mut self,
        kind: Kind,
        operands: &[ValueId],
        attributes: &[(&str, Attribute<'c>)],
        location: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        let element = self.element(operands[0])?;
        self.emit_as(kind, operands, attributes, element, location)
    }

    /// The tensor in another shape; nothing is added when it has that shape.
    pub(crate) fn reshape(
        &mut self,
        v: ValueId,
        shape: &[i64],
        location: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        if self.shape(v)? == shape {
            return Ok(v);
        }
        let list = self.make_list(shape, location);
        // A zero is an extent, not a copy of the operand's.
        let zero = [("allowzero", zkc_support::i64_attr(self.context(), 1))];
        let attributes = if shape.contains(&0) { &zero[..] } else { &[] };
        self.emit(Kind::Reshape, &[v, list], attributes, location)
    }

    /// The tensor with permuted axes; nothing is added when their order stays.
    pub(crate) fn transpose(
        &mut self,
        v: ValueId,
        perm: &[i64],
        location: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        if perm.iter().enumerate().all(|(i, a)| i as i64 == *a) {
            return Ok(v);
        }
        let perm = i64s(self.context(), perm);
        self.emit(Kind::Transpose, &[v], &[("perm", perm)], location)
    }

    /// The tensor broadcast to a shape; nothing is added when it has that shape.
    pub(crate) fn expand(
        &mut self,
        v: ValueId,
        shape: &[i64],
        location: Location<'c>,
    ) -> Result<ValueId, Invalid> {
        if self.shape(v)? == shape {
            return Ok(v);
        }
        let list = self.make_list(shape, location);
        self.emit(Kind::Expand, &[v, list], &[], location)
    }

    /// The constants that an operation with constant operands evaluates to; `None` when an operand
    /// is no constant, a result is too large, or there is nothing to evaluate.
    pub(crate) fn fold(
        &mut self,
        op: &Op<'c>,
        types: &[Type<'c>],
    ) -> Result<Option<Vec<ValueId>>, Invalid> {
        let evaluated = !matches!(
            Kind::of(&op.name),
            None | Some(Kind::Constant | Kind::NoValue)
        );
        let constant = |v: &ValueId| self.is_constant(*v) || self.is_absent(*v);
        if !evaluated || !op.operands.iter().all(constant) {
            return Ok(None);
        }
        let small = |t: &Type<'c>| tensor_type(*t)?.elements().filter(|n| *n <= FOLD_LIMIT);
        if types.iter().any(|t| small(t).is_none()) {
            return Ok(None);
        }
        let elements: Vec<Type<'c>> = types
            .iter()
            .filter_map(|t| Some(tensor_type(*t)?.element))
            .collect();
        let dtypes: Vec<DType> = elements.iter().filter_map(|e| DType::of(*e)).collect();
        let operands = op
            .operands
            .iter()
            .map(|v| self.constant(*v))
            .collect::<Result<Vec<_>, _>>()?;
        let operands: Vec<Option<&Tensor>> = operands.iter().map(Option::as_deref).collect();
        let results = eval_op(op, &operands, &dtypes)?;
        let made = results.into_iter().zip(&elements);
        Ok(Some(
            made.map(|(t, e)| self.make(t, *e, op.location)).collect(),
        ))
    }
}

/// What tests need to make functions up.
#[cfg(test)]
impl<'c, 'k> Builder<'c, 'k> {
    /// A function `@main` without arguments.
    pub(crate) fn empty(context: &'c Context, constants: &'k Constants) -> Self {
        let graph = Graph::new(context, "func.func", "main", Location::unknown(context));
        Self::new(graph, constants)
    }

    /// A new argument.
    pub(crate) fn input(&mut self, t: Type<'c>) -> ValueId {
        let v = self.graph.input(t);
        self.track(&[Known::Nothing]);
        v
    }

    /// The function with these results, without what they do not depend on.
    pub(crate) fn finish(
        mut self,
        outputs: Vec<ValueId>,
    ) -> Result<Graph<'c>, zkc_support::Failed> {
        self.graph.outputs = outputs;
        self.graph.remove_dead();
        rewrite::store(self.graph, &self.known, self.constants)
    }
}
