//! What the passes on `onnx` have in common: a function is rebuilt operation by operation, and
//! what has only constant operands is evaluated on the way.
//!
//! Constants that a pass makes stay in memory with 64 bits until the pass is done. Only those that
//! are still in use then are rounded to their element type and stored.

use melior::ir::operation::OperationLike;
use std::rc::Rc;
use zkc_dialects::onnx::{Invalid, Kind, Tensor, eval_op, infer};
use zkc_support::{
    Attribute, Constants, Context, DType, Failed, Graph, Location, Op, OperationRef, Type, ValueId,
    emit_error, i64s, module_ops, tensor_type,
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

/// An operation of the function that is being rewritten.
pub(crate) struct Node<'c> {
    /// The operation; its operands are values of the builder.
    pub(crate) op: Op<'c>,
    /// Its kind.
    pub(crate) kind: Kind,
    /// The types of its results.
    pub(crate) types: Vec<Type<'c>>,
}

impl<'c> Node<'c> {
    /// An operand by its position.
    pub(crate) fn operand(&self, i: usize) -> ValueId {
        self.op.operands[i]
    }

    /// Where the operation comes from.
    pub(crate) fn location(&self) -> Location<'c> {
        self.op.location
    }

    /// Extents of the first result.
    pub(crate) fn result_shape(&self) -> Result<Vec<i64>, Invalid> {
        match self.types.first().and_then(|t| tensor_type(*t)) {
            Some(t) if t.elements().is_some() => Ok(t.shape),
            _ => Err(Invalid::new("the result has no static shape")
                .help("run `onnx-infer-shapes` first")),
        }
    }
}

/// What a rule says about an operation: the values that stand for its results, or nothing when
/// the operation stays.
pub(crate) type Replacement = Result<Option<Vec<ValueId>>, Invalid>;

/// A function with what is known of its values.
struct Function<'c> {
    graph: Graph<'c>,
    known: Vec<Known<'c>>,
}

impl<'c> Function<'c> {
    fn read(op: OperationRef<'c, '_>) -> Result<Self, Failed> {
        let graph = Graph::read(op).map_err(|e| emit_error(op.location(), &e.to_string(), &[]))?;
        let mut known = vec![Known::Nothing; graph.value_count()];
        for op in &graph.ops {
            match (Kind::of(&op.name), op.attr("value")) {
                (Some(Kind::Constant), Some(a)) => {
                    known[op.result().index()] = Known::Attribute(a);
                }
                (Some(Kind::NoValue), _) => known[op.result().index()] = Known::Absent,
                _ => {}
            }
        }
        Ok(Self { graph, known })
    }

    /// Rewrites every operation once, in order; also says whether anything was replaced.
    fn sweep<'k>(
        &self,
        constants: &'k Constants,
        rule: &mut impl FnMut(&mut Builder<'c, 'k>, &Node<'c>) -> Replacement,
    ) -> Result<(Self, bool), Failed> {
        let old = &self.graph;
        let mut uses = vec![0; old.value_count()];
        for v in old
            .ops
            .iter()
            .flat_map(|op| &op.operands)
            .chain(&old.outputs)
        {
            uses[v.index()] += 1;
        }
        let mut b = Builder::new(Graph::like(old), constants);
        let mut map: Vec<Option<ValueId>> = vec![None; old.value_count()];
        for v in &old.inputs {
            let new = b.graph.input(old.r#type(*v));
            b.track(&[Known::Nothing]);
            b.uses[new.index()] = uses[v.index()];
            map[v.index()] = Some(new);
        }
        let (mut changed, mut failed) = (false, false);
        for op in &old.ops {
            let operands: Option<Vec<_>> = op.operands.iter().map(|v| map[v.index()]).collect();
            // Operands of what failed are missing; one error is enough there.
            let Some(operands) = operands else { continue };
            let types: Vec<_> = op.results.iter().map(|v| old.r#type(*v)).collect();
            let mut op = op.clone();
            op.operands = operands;
            let replaced = match Kind::of(&op.name) {
                Some(kind) => {
                    let node = Node {
                        op: op.clone(),
                        kind,
                        types: types.clone(),
                    };
                    rule(&mut b, &node)
                }
                None => Ok(None),
            };
            let new = match replaced {
                Ok(Some(new)) => {
                    changed = true;
                    new
                }
                Ok(None) => self.copy(&mut b, &op, &types),
                Err(e) => {
                    report(&op, &e);
                    failed = true;
                    continue;
                }
            };
            for ((v, t), new) in op.results.iter().zip(&types).zip(new) {
                if b.r#type(new) != *t {
                    let text = format!("stands for a `{t}`, but has type `{}`", b.r#type(new));
                    report(
                        &op,
                        &Invalid::new(format!("internal error: a value {text}")),
                    );
                    failed = true;
                }
                b.uses[new.index()] += uses[v.index()];
                map[v.index()] = Some(new);
            }
        }
        if failed {
            return Err(Failed);
        }
        // An output is an input or the result of an operation, all of which were mapped.
        b.graph.outputs = old.outputs.iter().filter_map(|v| map[v.index()]).collect();
        b.graph.remove_dead();
        Ok((
            Self {
                graph: b.graph,
                known: b.known,
            },
            changed,
        ))
    }

    /// Appends an operation of this function to the one being built.
    fn copy(&self, b: &mut Builder<'c, '_>, op: &Op<'c>, types: &[Type<'c>]) -> Vec<ValueId> {
        let attributes: Vec<_> = op
            .attributes
            .iter()
            .map(|(n, a)| (n.as_str(), *a))
            .collect();
        let new = b.push(&op.name, &op.operands, types, &attributes, op.location);
        for (v, new) in op.results.iter().zip(&new) {
            b.known[new.index()] = self.known[v.index()].clone();
        }
        new
    }

    /// Stores the constants that have been made.
    fn store(mut self, constants: &Constants) -> Result<Graph<'c>, Failed> {
        let mut ops = std::mem::take(&mut self.graph.ops);
        for op in &mut ops {
            let [v] = op.results[..] else { continue };
            if let (Known::Made(t), Some(r#type)) =
                (&self.known[v.index()], tensor_type(self.graph.r#type(v)))
            {
                let dtype = DType::of(r#type.element);
                let bytes = dtype.and_then(|d| Some((d, t.to_bytes(d)?)));
                let (dtype, bytes) = bytes.ok_or_else(|| {
                    report(
                        op,
                        &Invalid::new("a constant does not fit its element type"),
                    );
                    Failed
                })?;
                let value = constants
                    .make(self.graph.context, &t.shape, dtype, &bytes)
                    .map_err(|e| emit_error(op.location, &e.to_string(), &[]))?;
                op.set_attr("value", value);
            }
        }
        self.graph.ops = ops;
        Ok(self.graph)
    }

    /// Stores the constants that have been made and replaces the function.
    fn write(self, constants: &Constants, old: OperationRef<'c, '_>) -> Result<(), Failed> {
        let location = old.location();
        self.store(constants)?
            .replace(old)
            .map_err(|e| emit_error(location, &e.to_string(), &[]))
    }
}

/// Reports why an operation cannot be compiled.
pub(crate) fn report(op: &Op, reason: &Invalid) -> Failed {
    let notes: Vec<String> = reason.help.iter().map(|h| format!("help: {h}")).collect();
    emit_error(
        op.location,
        &format!("`{}`: {}", op.name, reason.message),
        &notes,
    )
}

/// The functions of a module.
pub(crate) fn functions<'c, 'a>(module: OperationRef<'c, 'a>) -> Vec<OperationRef<'c, 'a>> {
    let is_function = |op: &OperationRef| op.name().as_string_ref().as_str() == Ok("func.func");
    module_ops(module).into_iter().filter(is_function).collect()
}

/// Applies a rule once to every operation of each function of a module, in order.
///
/// # Errors
/// When the rule fails; it is still applied to the other operations, so that all errors are
/// reported.
pub(crate) fn rewrite_once<'c>(
    module: OperationRef<'c, '_>,
    mut rule: impl for<'k> FnMut(&mut Builder<'c, 'k>, &Node<'c>) -> Replacement,
) -> Result<(), Failed> {
    let constants = Constants::of_module(module);
    let mut result = Ok(());
    for old in functions(module) {
        let swept = Function::read(old)?.sweep(&constants, &mut rule);
        result = result.and(swept.and_then(|(new, _)| new.write(&constants, old)));
    }
    result
}

/// Applies a rule to every operation until nothing changes, and then another one once.
///
/// # Errors
/// When a rule fails.
pub(crate) fn rewrite_to_fixpoint<'c>(
    module: OperationRef<'c, '_>,
    mut rule: impl for<'k> FnMut(&mut Builder<'c, 'k>, &Node<'c>) -> Replacement,
    mut last: impl for<'k> FnMut(&mut Builder<'c, 'k>, &Node<'c>) -> Replacement,
) -> Result<(), Failed> {
    let constants = Constants::of_module(module);
    for old in functions(module) {
        let mut function = Function::read(old)?;
        // Each rule brings the function closer to its normal form, so this ends; the limit only
        // keeps a mistake in a rule from hanging the compiler.
        for _ in 0..function.graph.ops.len() + 8 {
            let (next, changed) = function.sweep(&constants, &mut rule)?;
            function = next;
            if !changed {
                break;
            }
        }
        let (function, _) = function.sweep(&constants, &mut last)?;
        function.write(&constants, old)?;
    }
    Ok(())
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
    pub(crate) fn finish(mut self, outputs: Vec<ValueId>) -> Result<Graph<'c>, Failed> {
        self.graph.outputs = outputs;
        self.graph.remove_dead();
        Function {
            graph: self.graph,
            known: self.known,
        }
        .store(self.constants)
    }
}
