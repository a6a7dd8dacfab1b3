//! A straight-line function or circuit as plain data.
//!
//! Passes that rebuild a function read it into a [`Graph`], compute a new one and write it back.
//! Values are small integers, so a pass holds no handle into MLIR while it changes things.

use crate::{
    attributes::{as_array, as_f64, as_i64, as_i64s, as_i128, as_str, as_symbol},
    ffi::types::{FixedType, as_fixed},
};
use melior::{
    Context,
    ir::{
        Attribute, Block, BlockLike, BlockRef, Identifier, Location, Operation, OperationRef,
        Region, RegionLike, Type, Value, ValueLike,
        attribute::{StringAttribute, TypeAttribute},
        operation::{OperationBuilder, OperationLike},
        r#type::{FunctionType, RankedTensorType},
    },
};
use std::collections::HashMap;

/// A value of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ValueId(u32);

impl ValueId {
    /// Position in tables with one entry for each value.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Why a function cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The operation has another shape than a straight-line function or circuit.
    #[error("`{0}` is not a straight-line function or circuit: {1}")]
    Shape(String, &'static str),
    /// An operation cannot be built; MLIR has reported why.
    #[error("cannot build operation `{0}`")]
    Build(String),
}

/// An operation of a [`Graph`].
#[derive(Clone, Debug)]
pub struct Op<'c> {
    /// Full name, `zkarith.add`.
    pub name: String,
    /// Operands.
    pub operands: Vec<ValueId>,
    /// Results.
    pub results: Vec<ValueId>,
    /// Attributes, inherent ones included.
    pub attributes: Vec<(String, Attribute<'c>)>,
    /// Regions of one block each.
    pub regions: Vec<Vec<Op<'c>>>,
    /// Location; leads back to the ONNX node.
    pub location: Location<'c>,
}

impl<'c> Op<'c> {
    /// An attribute by name.
    pub fn attr(&self, name: &str) -> Option<Attribute<'c>> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, a)| *a)
    }
    /// An integer attribute.
    pub fn int(&self, name: &str) -> Option<i64> {
        as_i64(self.attr(name)?)
    }
    /// An integer attribute of up to 128 bits.
    pub fn int128(&self, name: &str) -> Option<i128> {
        as_i128(self.attr(name)?)
    }
    /// An array of integers.
    pub fn ints(&self, name: &str) -> Option<Vec<i64>> {
        as_i64s(self.attr(name)?)
    }
    /// A float attribute.
    pub fn float(&self, name: &str) -> Option<f64> {
        as_f64(self.attr(name)?)
    }
    /// A string attribute.
    pub fn str(&self, name: &str) -> Option<&'c str> {
        as_str(self.attr(name)?)
    }
    /// A symbol reference.
    pub fn symbol(&self, name: &str) -> Option<&'c str> {
        as_symbol(self.attr(name)?)
    }
    /// An array of attributes.
    pub fn array(&self, name: &str) -> Option<Vec<Attribute<'c>>> {
        as_array(self.attr(name)?)
    }
    /// Sets or replaces an attribute.
    pub fn set_attr(&mut self, name: &str, value: Attribute<'c>) {
        match self.attributes.iter_mut().find(|(n, _)| n == name) {
            Some((_, a)) => *a = value,
            None => self.attributes.push((name.into(), value)),
        }
    }
    /// The only operand; for operations that have one by their definition.
    pub fn operand(&self) -> ValueId {
        self.operands[0]
    }
    /// The only result; for operations that have one by their definition.
    pub fn result(&self) -> ValueId {
        self.results[0]
    }
}

/// Shape and element type of a ranked tensor; unknown extents are -1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorType<'c> {
    /// Extents.
    pub shape: Vec<i64>,
    /// Element type.
    pub element: Type<'c>,
}

impl<'c> TensorType<'c> {
    /// A tensor type from its parts.
    pub fn new(shape: &[i64], element: Type<'c>) -> Self {
        Self {
            shape: shape.to_vec(),
            element,
        }
    }

    /// Number of elements, when the shape is static.
    pub fn elements(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1usize, |n, d| n.checked_mul(usize::try_from(*d).ok()?))
    }

    /// The element type, when it is `!zkarith.fixed`.
    pub fn fixed(&self) -> Option<FixedType> {
        as_fixed(self.element)
    }

    /// The MLIR type.
    pub fn to_type(&self) -> Type<'c> {
        // A negative extent is MLIR's marker for a dynamic one (its own value is i64::MIN).
        let dims: Vec<u64> = self
            .shape
            .iter()
            .map(|d| if *d < 0 { i64::MIN as u64 } else { *d as u64 })
            .collect();
        RankedTensorType::new(&dims, self.element, None).into()
    }
}

/// Reads a ranked tensor type.
pub fn tensor_type(t: Type<'_>) -> Option<TensorType<'_>> {
    use melior::ir::r#type::{DimSize, ShapedTypeLike};
    let t = RankedTensorType::try_from(t).ok()?;
    let shape = (0..t.rank())
        .map(|i| match t.dim_size(i) {
            Ok(DimSize::Static(n)) => i64::try_from(n).ok(),
            _ => Some(-1),
        })
        .collect::<Option<_>>()?;
    Some(TensorType {
        shape,
        element: t.element(),
    })
}

/// The operations of a module's body, in order.
pub fn module_ops<'c, 'a>(module: OperationRef<'c, 'a>) -> Vec<OperationRef<'c, 'a>> {
    let Some(block) = module.first_region().and_then(|r| r.first_block()) else {
        return Vec::new();
    };
    block_ops(block)
}

fn block_ops<'c, 'a>(block: BlockRef<'c, 'a>) -> Vec<OperationRef<'c, 'a>> {
    let mut ops = Vec::new();
    let mut next = block.first_operation();
    while let Some(op) = next {
        next = op.next_in_block();
        ops.push(op);
    }
    ops
}

/// The first operation of a kind in a module's body.
pub fn find_op<'c, 'a>(module: OperationRef<'c, 'a>, name: &str) -> Option<OperationRef<'c, 'a>> {
    module_ops(module).into_iter().find(|o| op_name(*o) == name)
}

fn op_name(op: OperationRef) -> String {
    op.name()
        .as_string_ref()
        .as_str()
        .unwrap_or_default()
        .to_string()
}

/// A function (`func.func`) or circuit (`plonk.circuit`) of one block.
#[derive(Clone, Debug)]
pub struct Graph<'c> {
    /// The context of all types, attributes and locations.
    pub context: &'c Context,
    /// `func.func` or `plonk.circuit`.
    pub kind: String,
    /// Attributes of the function, without its type.
    pub attributes: Vec<(String, Attribute<'c>)>,
    /// Location of the function.
    pub location: Location<'c>,
    /// Arguments.
    pub inputs: Vec<ValueId>,
    /// Operations in order, without the return.
    pub ops: Vec<Op<'c>>,
    /// Returned values.
    pub outputs: Vec<ValueId>,
    /// Location of the return.
    pub return_location: Location<'c>,
    types: Vec<Type<'c>>,
}

impl<'c> Graph<'c> {
    /// An empty function or circuit.
    pub fn new(context: &'c Context, kind: &str, name: &str, location: Location<'c>) -> Self {
        let name = StringAttribute::new(context, name).into();
        Self {
            context,
            kind: kind.into(),
            attributes: vec![("sym_name".into(), name)],
            location,
            inputs: Vec::new(),
            ops: Vec::new(),
            outputs: Vec::new(),
            return_location: location,
            types: Vec::new(),
        }
    }

    /// The same function without arguments, operations and results.
    pub fn like(other: &Self) -> Self {
        Self {
            inputs: Vec::new(),
            ops: Vec::new(),
            outputs: Vec::new(),
            types: Vec::new(),
            attributes: other.attributes.clone(),
            kind: other.kind.clone(),
            ..*other
        }
    }

    /// Reads a function or circuit.
    ///
    /// # Errors
    /// When it has no body, or more than one block.
    pub fn read(op: OperationRef<'c, '_>) -> Result<Self, GraphError> {
        let kind = op_name(op);
        let shape = |why| GraphError::Shape(kind.clone(), why);
        let region = op.region(0).map_err(|_| shape("it has no region"))?;
        let block = region
            .first_block()
            .ok_or_else(|| shape("it has no body"))?;
        if block.next_in_region().is_some() {
            return Err(shape("it has more than one block"));
        }
        let mut graph = Self::new(crate::context_of(op), &kind, "", op.location());
        graph.attributes = read_attributes(op);
        graph.attributes.retain(|(n, _)| n != "function_type");
        let mut known = HashMap::new();
        for i in 0..block.argument_count() {
            let argument: Value = block.argument(i).map_err(|_| shape("bad argument"))?.into();
            let id = graph.value(argument.r#type());
            known.insert(key(argument), id);
            graph.inputs.push(id);
        }
        for op in block_ops(block) {
            let read = graph.read_op(op, &mut known)?;
            if read.name == "func.return" {
                graph.outputs = read.operands;
                graph.return_location = read.location;
            } else {
                graph.ops.push(read);
            }
        }
        Ok(graph)
    }

    fn read_op(
        &mut self,
        op: OperationRef<'c, '_>,
        known: &mut HashMap<usize, ValueId>,
    ) -> Result<Op<'c>, GraphError> {
        let name = op_name(op);
        let operands = op
            .operands()
            .map(|v| known.get(&key(v)).copied())
            .collect::<Option<_>>()
            .ok_or_else(|| GraphError::Shape(name.clone(), "an operand is defined elsewhere"))?;
        let mut regions = Vec::new();
        for region in op.regions() {
            let mut ops = Vec::new();
            if let Some(block) = region.first_block() {
                if block.next_in_region().is_some() || block.argument_count() != 0 {
                    return Err(GraphError::Shape(name, "a region is no plain block"));
                }
                for inner in block_ops(block) {
                    ops.push(self.read_op(inner, known)?);
                }
            }
            regions.push(ops);
        }
        let mut results = Vec::new();
        for result in op.results() {
            let result: Value = result.into();
            let id = self.value(result.r#type());
            known.insert(key(result), id);
            results.push(id);
        }
        Ok(Op {
            name,
            operands,
            results,
            attributes: read_attributes(op),
            regions,
            location: op.location(),
        })
    }

    /// A new value of a type, not yet defined by any operation.
    pub fn value(&mut self, t: Type<'c>) -> ValueId {
        // Four thousand million values do not fit into memory.
        let id = ValueId(u32::try_from(self.types.len()).expect("fewer than 2^32 values"));
        self.types.push(t);
        id
    }

    /// A new argument.
    pub fn input(&mut self, t: Type<'c>) -> ValueId {
        let id = self.value(t);
        self.inputs.push(id);
        id
    }

    /// Appends an operation with results of the given types.
    pub fn push(
        &mut self,
        name: &str,
        operands: &[ValueId],
        results: &[Type<'c>],
        attributes: &[(&str, Attribute<'c>)],
        location: Location<'c>,
    ) -> Vec<ValueId> {
        let results: Vec<_> = results.iter().map(|t| self.value(*t)).collect();
        self.ops.push(Op {
            name: name.into(),
            operands: operands.to_vec(),
            results: results.clone(),
            attributes: attributes.iter().map(|(n, a)| ((*n).into(), *a)).collect(),
            regions: Vec::new(),
            location,
        });
        results
    }

    /// Appends an operation with one result.
    pub fn push1(
        &mut self,
        name: &str,
        operands: &[ValueId],
        result: Type<'c>,
        attributes: &[(&str, Attribute<'c>)],
        location: Location<'c>,
    ) -> ValueId {
        self.push(name, operands, &[result], attributes, location)[0]
    }

    /// The type of a value.
    pub fn r#type(&self, v: ValueId) -> Type<'c> {
        self.types[v.index()]
    }

    /// Changes the type of a value.
    pub fn set_type(&mut self, v: ValueId, t: Type<'c>) {
        self.types[v.index()] = t;
    }

    /// The type of a value that is a ranked tensor.
    pub fn tensor(&self, v: ValueId) -> Option<TensorType<'c>> {
        tensor_type(self.r#type(v))
    }

    /// Number of values; ids are smaller.
    pub fn value_count(&self) -> usize {
        self.types.len()
    }

    /// An attribute of the function by name.
    pub fn attr(&self, name: &str) -> Option<Attribute<'c>> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, a)| *a)
    }

    /// For each value, the position of the operation that defines it.
    pub fn definitions(&self) -> Vec<Option<usize>> {
        let mut out = vec![None; self.types.len()];
        for (i, op) in self.ops.iter().enumerate() {
            for r in &op.results {
                out[r.index()] = Some(i);
            }
        }
        out
    }

    /// Drops operations whose results nothing uses, last first. Operations without results stay.
    pub fn remove_dead(&mut self) {
        let mut used = vec![false; self.types.len()];
        for v in &self.outputs {
            used[v.index()] = true;
        }
        let mut keep = vec![true; self.ops.len()];
        for (i, op) in self.ops.iter().enumerate().rev() {
            keep[i] = op.results.is_empty() || op.results.iter().any(|r| used[r.index()]);
            if keep[i] {
                mark(op, &mut used);
            }
        }
        let mut keep = keep.into_iter();
        self.ops.retain(|_| keep.next().unwrap_or(true));
    }

    /// Builds the MLIR operation.
    ///
    /// # Errors
    /// When an operation cannot be built.
    pub fn build(&self) -> Result<Operation<'c>, GraphError> {
        let arguments: Vec<_> = self
            .inputs
            .iter()
            .map(|v| (self.r#type(*v), self.location))
            .collect();
        let block = Block::new(&arguments);
        let mut values: Vec<Option<Value<'c, '_>>> = vec![None; self.types.len()];
        for (i, v) in self.inputs.iter().enumerate() {
            let argument = block
                .argument(i)
                .map_err(|_| GraphError::Build(self.kind.clone()))?;
            values[v.index()] = Some(argument.into());
        }
        for op in &self.ops {
            self.build_op(op, &block, &mut values)?;
        }
        if self.kind == "func.func" {
            let operands = lookup("func.return", &self.outputs, &values)?;
            let built = OperationBuilder::new("func.return", self.return_location)
                .add_operands(&operands)
                .build()
                .map_err(|_| GraphError::Build("func.return".into()))?;
            block.append_operation(built);
        }
        let region = Region::new();
        region.append_block(block);
        let mut attributes = self.named(&self.attributes);
        if self.kind == "func.func" {
            let inputs: Vec<_> = self.inputs.iter().map(|v| self.r#type(*v)).collect();
            let outputs: Vec<_> = self.outputs.iter().map(|v| self.r#type(*v)).collect();
            let t = FunctionType::new(self.context, &inputs, &outputs);
            attributes.push((
                Identifier::new(self.context, "function_type"),
                TypeAttribute::new(t.into()).into(),
            ));
        }
        OperationBuilder::new(&self.kind, self.location)
            .add_attributes(&attributes)
            .add_regions([region])
            .build()
            .map_err(|_| GraphError::Build(self.kind.clone()))
    }

    fn named(&self, list: &[(String, Attribute<'c>)]) -> Vec<(Identifier<'c>, Attribute<'c>)> {
        list.iter()
            .map(|(n, a)| (Identifier::new(self.context, n), *a))
            .collect()
    }

    fn build_op<'a>(
        &self,
        op: &Op<'c>,
        block: &Block<'c>,
        values: &mut Vec<Option<Value<'c, 'a>>>,
    ) -> Result<(), GraphError>
    where
        'c: 'a,
    {
        let fail = || GraphError::Build(op.name.clone());
        let mut regions = Vec::new();
        for ops in &op.regions {
            let inner = Block::new(&[]);
            for o in ops {
                self.build_op(o, &inner, values)?;
            }
            let region = Region::new();
            region.append_block(inner);
            regions.push(region);
        }
        let operands = lookup(&op.name, &op.operands, values)?;
        let results: Vec<_> = op.results.iter().map(|v| self.r#type(*v)).collect();
        let built = OperationBuilder::new(&op.name, op.location)
            .add_operands(&operands)
            .add_results(&results)
            .add_attributes(&self.named(&op.attributes))
            .add_regions_vec(regions)
            .build()
            .map_err(|_| fail())?;
        let built = block.append_operation(built);
        for (i, v) in op.results.iter().enumerate() {
            values[v.index()] = Some(built.result(i).map_err(|_| fail())?.into());
        }
        Ok(())
    }

    /// Replaces an operation of a module's body by this one.
    ///
    /// # Errors
    /// When an operation cannot be built; the old one then stays.
    pub fn replace(&self, old: OperationRef<'c, '_>) -> Result<(), GraphError> {
        let new = self.build()?;
        let block = old.block().ok_or_else(|| {
            GraphError::Shape(
                self.kind.clone(),
                "the operation to replace stands in no block",
            )
        })?;
        block.insert_operation_before(old, new);
        crate::ffi::types::erase(old);
        Ok(())
    }
}

fn mark(op: &Op, used: &mut [bool]) {
    for v in &op.operands {
        used[v.index()] = true;
    }
    for inner in op.regions.iter().flatten() {
        mark(inner, used);
    }
}

fn lookup<'c, 'a>(
    name: &str,
    ids: &[ValueId],
    values: &[Option<Value<'c, 'a>>],
) -> Result<Vec<Value<'c, 'a>>, GraphError> {
    ids.iter()
        .map(|v| values[v.index()])
        .collect::<Option<_>>()
        .ok_or_else(|| GraphError::Build(format!("{name} (it uses a value before its definition)")))
}

/// Identity of an MLIR value while the module does not change.
fn key(v: Value) -> usize {
    v.to_raw().ptr as usize
}

fn read_attributes<'c>(op: OperationRef<'c, '_>) -> Vec<(String, Attribute<'c>)> {
    op.attributes()
        .map(|(n, a)| {
            (
                n.as_string_ref().as_str().unwrap_or_default().to_string(),
                a,
            )
        })
        .collect()
}
