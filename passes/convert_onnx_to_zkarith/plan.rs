//! What becomes of each value of the model: looked up before scales are chosen.

use super::function::function_of;
use zkc_approx::Function;
use zkc_dialects::onnx::Kind;
use zkc_support::{Graph, Op, ValueId};

/// Where the precision of a value is decided, behind operations that keep it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sink {
    /// It becomes a result of the model.
    Output,
    /// It becomes the operand of a named function.
    Function {
        /// Position of the operation.
        op: usize,
        function: Function,
        /// Whether the operand is a difference to a maximum, and so never positive.
        shifted: bool,
    },
    /// Anything else.
    Value,
}

/// The uses of each value of a function of the `onnx` dialect.
pub(super) struct Plan {
    sinks: Vec<Option<Sink>>,
    means: Vec<Option<u32>>,
}

impl Plan {
    /// Walks the operations from the last to the first.
    pub(super) fn new(graph: &Graph) -> Self {
        let definitions = graph.definitions();
        let mut sinks: Vec<Option<Sink>> = vec![None; graph.value_count()];
        let mut means: Vec<Option<u32>> = vec![None; graph.value_count()];
        for v in &graph.outputs {
            sinks[v.index()] = Some(Sink::Output);
            means[v.index()] = Some(0);
        }
        for (i, op) in graph.ops.iter().enumerate().rev() {
            let Some(result) = op.results.first() else {
                continue;
            };
            let kind = Kind::of(&op.name);
            let sink = match kind {
                Some(kind) if keeps_precision(kind) => sinks[result.index()].clone(),
                _ => match function_of(op) {
                    Some(Ok(function)) => {
                        let shifted = is_shifted(graph, &definitions, op);
                        Some(Sink::Function {
                            op: i,
                            function,
                            shifted,
                        })
                    }
                    _ => Some(Sink::Value),
                },
            };
            let mean = match kind {
                Some(Kind::AveragePool | Kind::ReduceMean) => Some(mean_bits(graph, op)),
                Some(kind) if moves_only(kind) => means[result.index()],
                _ => Some(0),
            };
            for v in &op.operands {
                sinks[v.index()] = merged(sinks[v.index()].take(), sink.clone());
                means[v.index()] = match (means[v.index()], mean) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
        }
        Self { sinks, means }
    }

    /// What becomes of a value.
    pub(super) fn sink(&self, v: ValueId) -> Sink {
        self.sinks[v.index()].clone().unwrap_or(Sink::Value)
    }

    /// log2 of the number of elements that every use of the value averages over, when that is a
    /// power of two: the mean has that many fraction bits more.
    pub(super) fn mean_bits(&self, v: ValueId) -> u32 {
        self.means[v.index()].unwrap_or(0)
    }
}

fn merged(a: Option<Sink>, b: Option<Sink>) -> Option<Sink> {
    match (a, b) {
        (Some(a), Some(b)) => Some(match (&a, &b) {
            _ if a == b => a,
            // Two operations of one function want the same format.
            (
                Sink::Function {
                    function: f,
                    shifted: s,
                    ..
                },
                Sink::Function {
                    function: g,
                    shifted: t,
                    ..
                },
            ) if f == g && s == t => a,
            _ => Sink::Value,
        }),
        (a, b) => a.or(b),
    }
}

/// Operations whose result has the scale of their operand, or of all of them.
fn keeps_precision(kind: Kind) -> bool {
    use Kind::*;
    moves_only(kind)
        || matches!(
            kind,
            Add | Sub | Max | Min | Neg | Relu | Clip | MaxPool | ReduceMax
        )
}

/// Operations that move elements only.
fn moves_only(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Identity
            | Dropout
            | Reshape
            | Flatten
            | Squeeze
            | Unsqueeze
            | Transpose
            | Concat
            | Slice
            | Expand
            | Pad
    )
}

/// log2 of the number of elements in a mean, 0 unless it is a power of two.
fn mean_bits(graph: &Graph, op: &Op) -> u32 {
    let elements = |v: &ValueId| graph.tensor(*v).and_then(|t| t.elements());
    let count = match op.ints("kernel_shape") {
        Some(kernel) => kernel
            .iter()
            .try_fold(1usize, |n, k| n.checked_mul(usize::try_from(*k).ok()?)),
        None => match (
            elements(&op.operands[0]),
            op.results.first().and_then(elements),
        ) {
            (Some(from), Some(to)) if to > 0 => Some(from / to),
            _ => None,
        },
    };
    count
        .filter(|n| n.is_power_of_two())
        .map_or(0, usize::ilog2)
}

fn defined_by<'a, 'c>(
    graph: &'a Graph<'c>,
    definitions: &[Option<usize>],
    v: ValueId,
    name: &str,
) -> Option<&'a Op<'c>> {
    definitions[v.index()]
        .map(|i| &graph.ops[i])
        .filter(|op| op.name == name)
}

/// Whether an operation's operand is `x - max(x)`, which is never positive, and zero somewhere
/// along the axes of the maximum.
pub(super) fn is_shifted(graph: &Graph, definitions: &[Option<usize>], op: &Op) -> bool {
    shift_of(graph, definitions, op).is_some()
}

/// The maximum that is subtracted in an operation's operand `x - max(x)`.
fn shift_of<'a, 'c>(
    graph: &'a Graph<'c>,
    definitions: &[Option<usize>],
    op: &Op,
) -> Option<&'a Op<'c>> {
    let difference = defined_by(graph, definitions, *op.operands.first()?, "onnx.Sub")?;
    let [x, m] = difference.operands[..] else {
        return None;
    };
    let maximum = defined_by(graph, definitions, m, "onnx.ReduceMax")?;
    (maximum.operands.first() == Some(&x) && maximum.int("keepdims") != Some(0)).then_some(maximum)
}

/// Whether a sum runs over `exp(x - max(x))` along the axes of that maximum: one of its terms is
/// `exp(0)` then, and none is negative. `axes` gives the axes of a reduction.
pub(super) fn is_softmax_sum(
    graph: &Graph,
    definitions: &[Option<usize>],
    sum: &Op,
    axes: &dyn Fn(&Op) -> Option<Vec<usize>>,
) -> bool {
    let exp = sum
        .operands
        .first()
        .and_then(|v| defined_by(graph, definitions, *v, "onnx.Exp"));
    let maximum = exp.and_then(|exp| shift_of(graph, definitions, exp));
    maximum.is_some_and(|m| {
        let (a, b) = (axes(m), axes(sum));
        a.is_some() && a == b
    })
}
