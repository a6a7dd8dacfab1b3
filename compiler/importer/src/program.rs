//! A model between protobuf and MLIR: checked, in execution order, in the newest form.

use crate::{constant::Constant, error::Warning, external::External, node::AttributeValue};
use std::{collections::BTreeMap, path::PathBuf};
use zkc_support::DType;

/// A value of the graph: an argument, a constant or a result of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ValueId(pub(crate) usize);

/// A graph input that the function takes as an argument.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) value: ValueId,
    pub(crate) name: String,
    pub(crate) dims: Vec<i64>,
}

/// A constant with the name of its initializer or node.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) value: ValueId,
    pub(crate) name: String,
    pub(crate) constant: Constant,
}

/// An operation in the newest form.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Operator, as in the table.
    pub(crate) operator: &'static str,
    /// Name of the node.
    pub(crate) name: String,
    /// Operands; `None` where an optional one is absent.
    pub(crate) operands: Vec<Option<ValueId>>,
    pub(crate) attributes: BTreeMap<&'static str, AttributeValue>,
    pub(crate) results: Vec<ValueId>,
}

/// What the model says of itself.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) ir_version: i64,
    /// Version of the default operator set, if the model uses it.
    pub(crate) opset: Option<i64>,
    pub(crate) producer: Option<String>,
    pub(crate) graph: String,
}

/// A whole model.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) header: Header,
    /// Element types of all values.
    pub(crate) values: Vec<DType>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) constants: Vec<Named>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) results: Vec<(ValueId, String)>,
    /// Shapes that the model declares for results; `None` for an extent that is left open.
    pub(crate) declared: BTreeMap<ValueId, Vec<Option<i64>>>,
    pub(crate) warnings: Vec<Warning>,
    /// Files beside the model that hold external data.
    pub(crate) files: Vec<PathBuf>,
}

/// A program in the making.
#[derive(Debug)]
pub(crate) struct Lowering<'a> {
    pub(crate) program: Program,
    /// The model file.
    pub(crate) model: &'a [u8],
    pub(crate) external: External,
    /// Name of the node at hand, for constants that it gives rise to.
    pub(crate) node: String,
    /// Position in `program.constants`.
    constants: BTreeMap<ValueId, usize>,
}

impl<'a> Lowering<'a> {
    pub(crate) fn new(model: &'a [u8], external: External) -> Self {
        Self {
            program: Program::default(),
            model,
            external,
            node: String::new(),
            constants: BTreeMap::new(),
        }
    }

    /// A new value.
    pub(crate) fn value(&mut self, dtype: DType) -> ValueId {
        self.program.values.push(dtype);
        ValueId(self.program.values.len() - 1)
    }

    /// Element type of a value.
    pub(crate) fn dtype(&self, value: ValueId) -> DType {
        self.program.values[value.0]
    }

    /// A constant that belongs to the node at hand.
    pub(crate) fn constant(&mut self, constant: Constant) -> ValueId {
        let name = self.node.clone();
        self.named_constant(name, constant)
    }

    /// A constant with a name of its own.
    pub(crate) fn named_constant(&mut self, name: String, constant: Constant) -> ValueId {
        let value = self.value(constant.dtype);
        self.constants.insert(value, self.program.constants.len());
        self.program.constants.push(Named {
            value,
            name,
            constant,
        });
        value
    }

    /// The constant that a value is, if it is one.
    pub(crate) fn known(&self, value: ValueId) -> Option<&Constant> {
        self.constants
            .get(&value)
            .map(|i| &self.program.constants[*i].constant)
    }
}
