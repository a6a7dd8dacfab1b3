//! The operators that can be imported: one table, which the importer obeys and the reference page
//! is made from.
//!
//! A row gives an operator's inputs, outputs and attributes over all opsets from [`OLDEST_OPSET`] to
//! [`NEWEST_OPSET`]: what came later or went away says so. Rows stand in one file for each family.
//! Where an older version says the same in another way, the row's [`Upgrade`] brings the node into
//! the newest form, which is the only one that the `onnx` dialect has.

mod activation;
mod constant;
mod elementwise;
mod linear;
mod movement;
mod normalization;
mod pooling;
mod reduction;

use crate::{
    constant::{Constant, Data},
    element::Types,
    error::ErrorKind,
    node::{AttributeValue, Draft},
    program::{Lowering, ValueId},
};
use zkc_support::DType;

/// Oldest version of the default operator set.
pub const OLDEST_OPSET: i64 = 7;
/// Newest version of the default operator set.
pub const NEWEST_OPSET: i64 = 28;

/// An operator: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// Name in the standard, and in the dialect after `onnx.`.
    pub name: &'static str,
    /// First opset that has the operator; [`OLDEST_OPSET`] if that is older.
    pub since: i64,
    /// Inputs, in order.
    pub inputs: &'static [Input],
    /// Outputs, in order.
    pub outputs: &'static [Output],
    /// Attributes, by name.
    pub attributes: &'static [Attribute],
    /// What is not supported of it; sentences for the reference page.
    pub limits: &'static [&'static str],
    pub(crate) upgrade: Option<Upgrade>,
}

/// Brings a node of any supported opset into the newest form, and refuses what is out of limits.
pub(crate) type Upgrade = fn(&mut Draft, &mut Lowering) -> Result<(), ErrorKind>;

/// An input of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Name in the standard.
    pub name: &'static str,
    /// Whether it must be there.
    pub arity: Arity,
    /// Element types.
    pub types: Types,
    /// Whether its element type is that of the other inputs so marked, the standard's `T`.
    pub shares_type: bool,
    /// First opset in which it is an input.
    pub since: i64,
}

/// How often an input occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Once.
    Required,
    /// At most once.
    Optional,
    /// Once or more often; the last input.
    Variadic,
}

/// An output of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Name in the standard.
    pub name: &'static str,
    /// Its element type.
    pub dtype: OutputType,
    /// Whether it may occur more than once; the last output.
    pub variadic: bool,
}

/// Where the element type of an output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputType {
    /// The type that the inputs share.
    Shared,
    /// Always this one.
    Is(DType),
    /// An attribute: a type, or a tensor whose element type it is.
    Attribute(&'static str),
    /// The output is not supported: nothing may read it.
    Unsupported,
}

/// An attribute of an operator.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Name in the standard.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeKind,
    /// Whether it must be there, and what holds where it is not.
    pub presence: Presence,
    /// Values that a string may have; none means any.
    pub choices: &'static [&'static str],
    /// First opset that has the attribute.
    pub since: i64,
    /// First opset that no longer has it.
    pub until: i64,
}

/// Type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeKind {
    /// Integer.
    Int,
    /// Float.
    Float,
    /// String.
    String,
    /// List of integers.
    Ints,
    /// List of floats.
    Floats,
    /// Tensor.
    Tensor,
}

impl AttributeKind {
    /// As messages and the reference page call it.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Int => "an integer",
            Self::Float => "a float",
            Self::String => "a string",
            Self::Ints => "a list of integers",
            Self::Floats => "a list of floats",
            Self::Tensor => "a tensor",
        }
    }
}

/// Whether an attribute must be there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Presence {
    /// A node without it is refused.
    Required,
    /// It may be absent, which means what the text says.
    Optional(&'static str),
    /// It may be absent, which means this integer.
    Int(i64),
    /// It may be absent, which means this float.
    Float(f32),
    /// It may be absent, which means this string.
    String(&'static str),
}

/// All operators that can be imported, by name.
pub fn supported_ops() -> &'static [Operator] {
    static TABLE: std::sync::LazyLock<Vec<Operator>> = std::sync::LazyLock::new(|| {
        let families = [
            activation::OPERATORS,
            constant::OPERATORS,
            elementwise::OPERATORS,
            linear::OPERATORS,
            movement::OPERATORS,
            normalization::OPERATORS,
            pooling::OPERATORS,
            reduction::OPERATORS,
        ];
        let mut all: Vec<Operator> = families.concat();
        all.sort_by_key(|op| op.name);
        all
    });
    &TABLE
}

/// The row of an operator of the default domain.
pub(crate) fn find(name: &str) -> Option<&'static Operator> {
    let table = supported_ops();
    table
        .binary_search_by(|op| op.name.cmp(name))
        .ok()
        .map(|i| &table[i])
}

/// What to do about an operator that is not in the table.
pub(crate) fn advice(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "QuantizeLinear"
        | "DequantizeLinear"
        | "DynamicQuantizeLinear"
        | "ConvInteger"
        | "MatMulInteger"
        | "QLinearConv"
        | "QLinearMatMul" => {
            "import the float model that was quantized; zkc chooses fixed-point formats itself"
        }
        "If" | "Loop" | "Scan" => {
            "export the model with static control flow: unrolled loops and decided branches"
        }
        "LSTM" | "GRU" | "RNN" => "recurrent layers have to be unrolled by the exporter",
        "NonZero" | "Unique" | "Compress" | "NonMaxSuppression" => {
            "a result whose size depends on values cannot be in a circuit"
        }
        _ => return None,
    })
}

//===-- Parts of rows -----------------------------------------------------===//

/// Where the rows take their parts from.
mod parts {
    pub(super) use super::{
        Attribute, Input, Operator, Output, OutputType, choice, float, input, int, ints, operator,
        optional, output, unsupported, variadic,
    };
    pub(super) use crate::{
        element::Types,
        error::ErrorKind,
        node::{AttributeValue, Draft},
        program::Lowering,
    };
}

const fn operator(
    name: &'static str,
    inputs: &'static [Input],
    outputs: &'static [Output],
) -> Operator {
    let (attributes, limits) = (&[], &[]);
    Operator {
        name,
        since: OLDEST_OPSET,
        inputs,
        outputs,
        attributes,
        limits,
        upgrade: None,
    }
}

impl Operator {
    const fn since(mut self, opset: i64) -> Self {
        self.since = opset;
        self
    }
    const fn attributes(mut self, attributes: &'static [Attribute]) -> Self {
        self.attributes = attributes;
        self
    }
    const fn limits(mut self, limits: &'static [&'static str]) -> Self {
        self.limits = limits;
        self
    }
    const fn upgrade(mut self, upgrade: Upgrade) -> Self {
        self.upgrade = Some(upgrade);
        self
    }
}

/// A required input of the shared type.
const fn input(name: &'static str, types: Types) -> Input {
    Input {
        name,
        arity: Arity::Required,
        types,
        shares_type: true,
        since: OLDEST_OPSET,
    }
}
/// An optional input of the shared type.
const fn optional(name: &'static str, types: Types) -> Input {
    Input {
        arity: Arity::Optional,
        ..input(name, types)
    }
}
/// The inputs of an operator that takes any number.
const fn variadic(name: &'static str, types: Types) -> Input {
    Input {
        arity: Arity::Variadic,
        ..input(name, types)
    }
}

impl Input {
    /// With an element type of its own.
    const fn own_type(mut self) -> Self {
        self.shares_type = false;
        self
    }
    const fn since(mut self, opset: i64) -> Self {
        self.since = opset;
        self
    }
}

const fn output(name: &'static str, dtype: OutputType) -> Output {
    Output {
        name,
        dtype,
        variadic: false,
    }
}
const fn unsupported(name: &'static str) -> Output {
    output(name, OutputType::Unsupported)
}

const fn attribute(name: &'static str, kind: AttributeKind, presence: Presence) -> Attribute {
    Attribute {
        name,
        kind,
        presence,
        choices: &[],
        since: OLDEST_OPSET,
        until: i64::MAX,
    }
}
const fn int(name: &'static str, default: i64) -> Attribute {
    attribute(name, AttributeKind::Int, Presence::Int(default))
}
const fn float(name: &'static str, default: f32) -> Attribute {
    attribute(name, AttributeKind::Float, Presence::Float(default))
}
const fn ints(name: &'static str, absent: &'static str) -> Attribute {
    attribute(name, AttributeKind::Ints, Presence::Optional(absent))
}
const fn choice(
    name: &'static str,
    default: &'static str,
    choices: &'static [&'static str],
) -> Attribute {
    Attribute {
        choices,
        ..attribute(name, AttributeKind::String, Presence::String(default))
    }
}

impl Attribute {
    const fn since(mut self, opset: i64) -> Self {
        self.since = opset;
        self
    }
    const fn until(mut self, opset: i64) -> Self {
        self.until = opset;
        self
    }
    const fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }
}

/// Turns a list attribute of an older version into the input that it became.
fn list_to_input(draft: &mut Draft, cx: &mut Lowering, attribute: &str, input: usize) {
    if let Some(AttributeValue::Ints(values)) = draft.take(attribute) {
        draft.inputs[input] = Some(cx.constant(Constant::i64s(&values)));
    }
}

/// The single element of a constant, if `value` is one that was read into memory.
fn known_byte(cx: &Lowering, value: ValueId) -> Option<u8> {
    match &cx.known(value)?.data {
        Data::Bytes(bytes) if bytes.len() == 1 => Some(bytes[0]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn rows_are_well_formed() {
        let names: BTreeSet<_> = supported_ops().iter().map(|op| op.name).collect();
        assert_eq!(names.len(), supported_ops().len(), "a name occurs twice");
        for op in supported_ops() {
            assert!(
                (OLDEST_OPSET..=NEWEST_OPSET).contains(&op.since),
                "{}",
                op.name
            );
            let variadic = op.inputs.iter().position(|i| i.arity == Arity::Variadic);
            assert!(
                variadic.is_none_or(|i| i + 1 == op.inputs.len()),
                "{}",
                op.name
            );
            let variadic = op.outputs.iter().position(|o| o.variadic);
            assert!(
                variadic.is_none_or(|i| i + 1 == op.outputs.len()),
                "{}",
                op.name
            );
            for a in op.attributes {
                assert!(a.since < a.until, "{} {}", op.name, a.name);
                // What older versions only have is brought into another form.
                assert!(
                    a.until == i64::MAX || op.upgrade.is_some(),
                    "{} {}",
                    op.name,
                    a.name
                );
            }
            for i in op.inputs {
                assert!(
                    i.since == OLDEST_OPSET || op.upgrade.is_some() || i.arity == Arity::Optional
                );
            }
        }
    }
}
