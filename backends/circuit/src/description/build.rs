//! Putting a circuit together, item by item.

use super::{
    Challenge, ChallengeId, Circuit, ColumnGroup, Constraint, Fill, Gate, GroupId, InputInfo,
    Instruction, Lookup, Op, Placement, RegisterId, Shape, Table, TableId,
};
use crate::{AffineMap, Expr};

impl Circuit {
    /// An empty circuit with 2^k rows.
    pub fn new(name: impl Into<String>, k: u32) -> Self {
        Circuit {
            name: name.into(),
            k,
            ..Circuit::default()
        }
    }

    /// Adds a column group.
    pub fn add_group(&mut self, group: ColumnGroup) -> GroupId {
        self.groups.push(group);
        GroupId(self.groups.len() as u32 - 1)
    }

    /// Adds a challenge.
    pub fn add_challenge(&mut self, name: impl Into<String>, after_phase: u32) -> ChallengeId {
        self.challenges.push(Challenge {
            name: name.into(),
            after_phase,
        });
        ChallengeId(self.challenges.len() as u32 - 1)
    }

    /// Adds a table.
    pub fn add_table(&mut self, table: Table) -> TableId {
        self.tables.push(table);
        TableId(self.tables.len() as u32 - 1)
    }

    /// Adds a gate from (constraint name, polynomial) pairs.
    pub fn add_gate(
        &mut self,
        name: impl Into<String>,
        constraints: impl IntoIterator<Item = (String, Expr)>,
    ) {
        let constraints = constraints
            .into_iter()
            .map(|(name, poly)| Constraint { name, poly })
            .collect();
        self.gates.push(Gate {
            name: name.into(),
            constraints,
        });
    }

    /// Adds a lookup.
    pub fn add_lookup(&mut self, name: impl Into<String>, inputs: Vec<Expr>, table: TableId) {
        self.lookups.push(Lookup {
            name: name.into(),
            inputs,
            table,
        });
    }

    /// Appends an instruction and returns its register.
    pub fn push(
        &mut self,
        op: Op,
        shape: Shape,
        (lo, hi): (i128, i128),
        source: impl Into<String>,
    ) -> RegisterId {
        self.program.push(Instruction {
            op,
            shape,
            lo,
            hi,
            source: source.into(),
        });
        RegisterId(self.program.len() as u32 - 1)
    }

    /// Adds an input and the instruction that reads it.
    pub fn add_input(&mut self, input: InputInfo) -> RegisterId {
        let index = self.inputs.len() as u32;
        let register = self.push(
            Op::Input { input: index },
            input.shape.clone(),
            (input.lo, input.hi),
            input.name.clone(),
        );
        self.inputs.push(input);
        register
    }

    /// Adds a placement.
    pub fn place(
        &mut self,
        register: RegisterId,
        group: GroupId,
        domain: Shape,
        read: AffineMap,
        at: AffineMap,
        source: impl Into<String>,
    ) {
        let source = source.into();
        self.placements.push(Placement {
            register,
            group,
            domain,
            read,
            at,
            source,
        });
    }

    /// Adds a fill.
    pub fn fill(
        &mut self,
        group: GroupId,
        domain: Shape,
        at: AffineMap,
        value: i128,
        source: impl Into<String>,
    ) {
        self.fills.push(Fill {
            group,
            domain,
            at,
            value,
            source: source.into(),
        });
    }

    /// The instruction that computes `register`.
    pub fn instruction(&self, register: RegisterId) -> Option<&Instruction> {
        self.program.get(register.0 as usize)
    }
}
