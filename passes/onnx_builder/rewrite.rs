//! Functions read, rewritten operation by operation, and written back.

use super::{Builder, Known};
use melior::ir::operation::OperationLike;
use zkc_dialects::onnx::{Invalid, Kind};
use zkc_support::{
    Constants, DType, Failed, Graph, Location, Op, OperationRef, Type, ValueId, emit_error,
    module_ops, tensor_type,
};

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

    /// Stores the constants that have been made and replaces the function.
    fn write(self, constants: &Constants, old: OperationRef<'c, '_>) -> Result<(), Failed> {
        let location = old.location();
        store(self.graph, &self.known, constants)?
            .replace(old)
            .map_err(|e| emit_error(location, &e.to_string(), &[]))
    }
}

/// Gives the constants that have been made their attributes.
pub(super) fn store<'c>(
    mut graph: Graph<'c>,
    known: &[Known<'c>],
    constants: &Constants,
) -> Result<Graph<'c>, Failed> {
    let mut ops = std::mem::take(&mut graph.ops);
    for op in &mut ops {
        let [v] = op.results[..] else { continue };
        let (Known::Made(t), Some(r#type)) = (&known[v.index()], graph.tensor(v)) else {
            continue;
        };
        let dtype = DType::of(r#type.element);
        let bytes = dtype.and_then(|d| Some((d, t.to_bytes(d)?)));
        let (dtype, bytes) = bytes.ok_or_else(|| {
            report(
                op,
                &Invalid::new("a constant does not fit its element type"),
            )
        })?;
        let value = constants
            .make(graph.context, &t.shape, dtype, &bytes)
            .map_err(|e| emit_error(op.location, &e.to_string(), &[]))?;
        op.set_attr("value", value);
    }
    graph.ops = ops;
    Ok(graph)
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
