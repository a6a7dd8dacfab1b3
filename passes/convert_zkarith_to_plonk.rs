//! `convert-zkarith-to-plonk`: the function becomes a circuit.
//!
//! Every value keeps its exact integers; what changes is that each is computed by a witness
//! program, stands in cells, and is pinned by gates:
//!
//! * linear maps (matrix products, convolutions, sums, pools) are sums of products over lanes,
//!   with the weights in fixed columns;
//! * rescale, relu, clamp, max, products, quotients and functions are gadgets in units;
//! * data movement costs nothing: elements keep their identity, and an element that stands in
//!   several cells is bound by copy constraints.
//!
//! The layout is read from the function's attribute `plonk.layout`
//! (`zkarith-plan-layout` writes it). With `plonk.strips` instead, linear maps, copies and public values are one sum with
//! random coefficients, and the gadgets are units of strips. The gates, with their uniqueness arguments, are in the
//! book's chapter "Gadgets".
//!
//! Before:
//! ```mlir
//! func.func @main(%x: tensor<2x!zkarith.fixed<4, 0, 15>> {onnx.name = "x"}) -> (tensor<2x!zkarith.fixed<4, 0, 15>> {onnx.name = "y"}) attributes {plonk.layout = {k = 6, limb_bits = 4, lanes = 1, blocks = 1, units = 1, limbs = 1}} {
//!   return %x : tensor<2x!zkarith.fixed<4, 0, 15>>
//! }
//! ```
//! After, in part:
//! ```mlir
//! plonk.circuit @main k = 6 {
//!   plonk.advice @cell[4] phase 0
//!   plonk.advice @limb[1] phase 0
//!   plonk.table @limbs [#plonk.range<0, 16>]
//!   plonk.gate @interval_1_0 {
//!     plonk.constrain "the value is at least its lower bound"
//!   plonk.lookup @look_up_limb_0 in @limbs {
//!   %0 = plonk.input "x" 0 : tensor<2x!zkarith.fixed<4, 0, 15>>
//!   %1 = plonk.limb %0[0] bits 4 offset 0 : tensor<2x!zkarith.fixed<4, 0, 15>> -> tensor<2x!zkarith.fixed<0, 0, 15>>
//!   plonk.place %0 on @cell domain [2] read
//!   plonk.place %1 on @limb domain [2] read
//!   plonk.place %0 on @public domain [2] read
//!   plonk.output "y" %0 public : tensor<2x!zkarith.fixed<4, 0, 15>>
//! ```
//!
//! Leaves alone: modules without a function. Requires: `plonk.layout`, and operations of
//! `zkarith` and `poly_ext` that have a lowering. Ensures: the circuit is satisfied by the
//! witness program on every input within the bounds, and by no other values in its cells.
//! Options `public-inputs`, `public-outputs`: what stands in the instance column.

mod builder;
mod gates;
mod linear;
mod movement;
mod placement;
mod pointwise;
pub(crate) mod strips;

use crate::{
    layout::{Layout, constant_values, uses, without_elements},
    schedule,
};
use builder::{Builder, Result};
use melior::ir::operation::OperationLike;
use std::collections::HashMap;
use strips::Plan;
use zkc_support::{
    AffineExpr, Attribute, Constants, Failed, FixedType, Graph, Location, Op, OperationRef,
    PassInfo, PassOption, PassOptions, ValueId, as_array, emit_error, find_op, i64_attr,
};

pub(crate) const PASS: PassInfo = PassInfo {
    name: "convert-zkarith-to-plonk",
    description: "lower zkarith and poly_ext to gates, lookups and placements",
    anchor: "builtin.module",
    options: &[
        PassOption {
            name: "public-inputs",
            description: "whether the inputs are public",
            default: "false",
        },
        PassOption {
            name: "public-outputs",
            description: "whether the outputs are public",
            default: "true",
        },
    ],
    run,
};

fn run(module: OperationRef<'_, '_>, options: &PassOptions) -> std::result::Result<(), Failed> {
    let public_inputs: bool = options.parse(module, "public-inputs")?;
    let public_outputs: bool = options.parse(module, "public-outputs")?;
    let Some(func) = find_op(module, "func.func") else {
        return Ok(());
    };
    let fail = |message: String| emit_error(func.location(), &message, &[]);
    let graph = Graph::read(func).map_err(|e| fail(e.to_string()))?;
    let constants = Constants::of_module(module);
    let plan = graph
        .attr(Plan::ATTRIBUTE)
        .map(|a| Plan::from_attribute(a).ok_or(Plan::ATTRIBUTE));
    let layout = graph
        .attr(Layout::ATTRIBUTE)
        .map(|a| Layout::from_attribute(a).ok_or(Layout::ATTRIBUTE));
    let target = match (plan, layout) {
        (Some(plan), _) => plan.map(Target::Strips),
        (None, Some(layout)) => layout.map(Target::Direct),
        (None, None) => Err(Layout::ATTRIBUTE),
    };
    let target = target.map_err(|name| {
        let notes = ["help: run `zkarith-plan-layout` first".to_string()];
        let message = format!("attribute `{name}` is missing or has a field out of range");
        emit_error(func.location(), &message, &notes)
    })?;
    let public = [public_inputs, public_outputs];
    let builder = lower(&graph, constants, target, public)
        .map_err(|failure| emit_error(failure.location, &failure.message, &[]))?;
    let circuit = match target {
        Target::Direct(_) => builder.finish(),
        Target::Strips(_) => builder.finish_strips(),
    };
    let circuit = circuit.map_err(fail)?;
    circuit.replace(func).map_err(|e| fail(e.to_string()))
}

/// Which layout to follow.
#[derive(Clone, Copy)]
enum Target {
    Direct(Layout),
    Strips(Plan),
}

/// Why a function cannot be lowered, and where.
pub(crate) struct Failure<'c> {
    /// The operation.
    pub(crate) location: Location<'c>,
    /// Why.
    pub(crate) message: String,
}

/// The witness program of a function, with what stands in the grid.
///
/// `public` says whether the inputs and the outputs are public.
fn lower<'c>(
    graph: &Graph<'c>,
    constants: Constants,
    target: Target,
    public: [bool; 2],
) -> std::result::Result<Builder<'c>, Failure<'c>> {
    let everywhere = |message: String| Failure {
        location: graph.location,
        message,
    };
    let layout = match target {
        Target::Direct(layout) => layout,
        // Limbs are all that the layouts share.
        Target::Strips(plan) => Layout {
            k: plan.k,
            limb_bits: plan.limb_bits,
            lanes: plan.lanes,
            blocks: 1,
            units: plan.strips,
            limbs: 1,
        },
    };
    let mut builder = Builder::new(graph.context, constants, layout, graph.location);
    if let Target::Strips(plan) = target {
        // Lines of no elements have no places.
        if let Some(empty) = without_elements(graph) {
            return Err(Failure {
                location: empty.location,
                message: empty.message,
            });
        }
        builder.strips = Some(strips::State {
            plan,
            units: Vec::new(),
        });
    }
    let mut lowering = Lowering {
        constant: constant_values(graph),
        uses: uses(graph),
        registers: vec![None; graph.value_count()],
        builder,
        graph,
        skip: vec![false; graph.ops.len()],
        public: Vec::new(),
        dropped: HashMap::new(),
    };
    lowering.inputs(public[0]).map_err(everywhere)?;
    let order = schedule::by_depth(graph)
        .map_err(|i| format!("`{}` depends on its own result", graph.ops[i].name))
        .map_err(everywhere)?;
    for i in order {
        let op = &graph.ops[i];
        lowering.op(i).map_err(|message| Failure {
            location: op.location,
            message: format!("`{}`: {message}", op.name),
        })?;
    }
    lowering.outputs(public[1]).map_err(everywhere)?;
    lowering.public_values().map_err(everywhere)?;
    Ok(lowering.builder)
}

struct Lowering<'g, 'c> {
    graph: &'g Graph<'c>,
    builder: Builder<'c>,
    /// The register of each value that has been lowered.
    registers: Vec<Option<ValueId>>,
    /// Which values are known at compile time.
    constant: Vec<bool>,
    /// Number of uses of each value.
    uses: Vec<usize>,
    /// Operations that another one has taken in.
    skip: Vec<bool>,
    /// Public values that gates bind, in their order: registers that are shown, and what they are held to.
    public: Vec<[ValueId; 2]>,
    /// Rescales that the only operation that uses them takes in: the register that is rescaled, and how.
    dropped: HashMap<ValueId, (ValueId, strips::Dropped)>,
}

impl<'c> Lowering<'_, 'c> {
    fn register(&self, v: ValueId) -> Result<ValueId> {
        self.registers[v.index()].ok_or_else(|| "an operand has not been lowered".into())
    }

    fn define(&mut self, v: ValueId, register: ValueId) {
        self.registers[v.index()] = Some(register);
    }

    fn op(&mut self, i: usize) -> Result<()> {
        let op = &self.graph.ops[i];
        if self.skip[i] {
            return Ok(());
        }
        match op.name.as_str() {
            "zkarith.constant" => {
                let value = op.attr("value").ok_or("value is missing")?;
                let t = self.graph.r#type(op.result());
                let register = self.builder.program.push1(
                    "plonk.constant",
                    &[],
                    t,
                    &[("value", value)],
                    op.location,
                );
                self.define(op.result(), register);
                Ok(())
            }
            "zkarith.reshape"
            | "zkarith.transpose"
            | "zkarith.broadcast"
            | "zkarith.slice"
            | "zkarith.concat"
            | "zkarith.pad"
            | "zkarith.reinterpret" => self.movement(op),
            "zkarith.add" | "zkarith.sub" | "zkarith.upscale" | "zkarith.matmul"
            | "zkarith.conv" | "zkarith.sum_pool" | "zkarith.reduce_sum" => self.linear(i),
            "zkarith.mul" if op.operands.iter().any(|v| self.constant[v.index()]) => self.linear(i),
            "zkarith.rescale" if self.is_taken_in(op) => {
                let rescale = (self.register(op.operand())?, self.dropped(op)?);
                self.dropped.insert(op.result(), rescale);
                Ok(())
            }
            _ => self.pointwise(op),
        }
    }

    /// Names of arguments or results, from their `onnx.name`.
    fn name(&self, list: &str, index: usize, default: &str) -> String {
        let named = |a: Attribute<'c>| {
            let dictionary = melior::ir::attribute::DictionaryAttribute::try_from(a).ok()?;
            Some(zkc_support::as_str(dictionary.element_by_name("onnx.name")?)?.to_string())
        };
        self.graph
            .attr(list)
            .and_then(as_array)
            .and_then(|all| named(*all.get(index)?))
            .unwrap_or_else(|| format!("{default}{index}"))
    }

    fn inputs(&mut self, public: bool) -> Result<()> {
        for (i, v) in self.graph.inputs.iter().enumerate() {
            let name = self.name("arg_attrs", i, "input");
            let t = self.graph.r#type(*v);
            let location = self.graph.location;
            let input = self.builder.input(&name, i as i64, public, t, location);
            let register = if self.builder.strips.is_some() {
                self.interval_unit(input, location)?
            } else {
                self.range_check(input, location)?;
                input
            };
            if public {
                self.expose(input, register, location)?;
            }
            self.define(*v, register);
        }
        Ok(())
    }

    fn outputs(&mut self, public: bool) -> Result<()> {
        for (i, v) in self.graph.outputs.iter().enumerate() {
            let name = self.name("res_attrs", i, "output");
            let register = self.register(*v)?;
            let location = self.graph.return_location;
            if public {
                self.expose(register, register, location)?;
            }
            self.builder.output(&name, register, public, location);
        }
        Ok(())
    }

    /// Makes a register public; `held` has the same integers and stands in the grid.
    fn expose(&mut self, shown: ValueId, held: ValueId, location: Location<'c>) -> Result<()> {
        if self.builder.strips.is_none() {
            return self.builder.expose(shown, location);
        }
        self.public.push([shown, held]);
        Ok(())
    }

    /// The public values that gates bind, one after the other.
    fn public_values(&mut self) -> Result<()> {
        let public = std::mem::take(&mut self.public);
        if public.is_empty() {
            return Ok(());
        }
        let [shown, held] =
            [0, 1].map(|i| public.iter().map(|pair| pair[i]).collect::<Vec<ValueId>>());
        let one = held.first().filter(|_| held.len() == 1).copied();
        let shown = self.flat(&shown)?;
        let held = self.flat(&held)?;
        // One after the other, several tensors have no lines.
        let shape = self.builder.shape(one.unwrap_or(held))?;
        self.public_unit(shown, held, &shape, self.graph.return_location)
    }

    /// The elements of registers, one after the other.
    fn flat(&mut self, registers: &[ValueId]) -> Result<ValueId> {
        let location = self.graph.return_location;
        let (mut flat, mut count) = (Vec::new(), 0);
        let mut bounds: Option<FixedType> = None;
        for register in registers {
            let (shape, t) = (
                self.builder.shape(*register)?,
                self.builder.element(*register)?,
            );
            let n: i64 = shape.iter().product();
            let map = movement::delinearize(&AffineExpr::Dim(0), &shape);
            flat.push(
                self.builder
                    .gather(*register, &[n], &t, map, None, location)?,
            );
            count += n;
            bounds = Some(match bounds {
                None => t,
                Some(b) => FixedType {
                    scale: 0,
                    lo: b.lo.min(t.lo),
                    hi: b.hi.max(t.hi),
                },
            });
        }
        match (&flat[..], bounds) {
            ([one], _) => Ok(*one),
            (_, Some(bounds)) => {
                let axis = [("axis", i64_attr(self.builder.context, 0))];
                let name = "plonk.concat";
                self.builder
                    .compute(name, &flat, &[count], &bounds, &axis, location)
            }
            (_, None) => Err("there are no public values".into()),
        }
    }

    /// What a rescale drops.
    fn dropped(&self, op: &Op<'c>) -> Result<strips::Dropped> {
        let (from, to) = (self.element(op.operand())?, self.element(op.result())?);
        Ok(strips::Dropped {
            // The verifier keeps the result's scale below the operand's.
            shift: from.scale - to.scale,
            to,
        })
    }

    /// Whether the only use of a rescale is an operation that takes it in.
    fn is_taken_in(&self, op: &Op<'c>) -> bool {
        let result = op.result();
        self.builder.strips.is_some()
            && self.uses[result.index()] == 1
            && self.graph.ops.iter().any(|user| {
                matches!(user.name.as_str(), "zkarith.relu" | "poly_ext.eval")
                    && user.operands.contains(&result)
            })
    }

    /// Shape of a value of the function.
    fn shape(&self, v: ValueId) -> Result<Vec<i64>> {
        Ok(self.graph.tensor(v).ok_or("a value is no tensor")?.shape)
    }

    /// Element type of a value of the function.
    fn element(&self, v: ValueId) -> Result<zkc_support::FixedType> {
        self.graph
            .tensor(v)
            .and_then(|t| t.fixed())
            .ok_or_else(|| "a value is no tensor".into())
    }

    /// An array attribute that the operation has by its definition.
    fn ints(op: &Op<'c>, name: &str) -> Result<Vec<i64>> {
        op.ints(name)
            .ok_or_else(|| format!("attribute `{name}` is missing"))
    }
}
