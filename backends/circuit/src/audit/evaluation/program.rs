//! What the witness program says an element is, as a sum over cells.
//!
//! Nothing here knows of units or strips. An element is opened into the elements that it is computed from as long as that is
//! linear, and elements that stand in cells are taken as they are. Operations that are not linear say something together:
//!
//! * quotient and remainder of one number make it up again;
//! * so do all limbs of one number;
//! * a maximum is the second number and the positive part of the difference.
//!
//! Where it multiplies two computed elements, each is the cell that it is a copy of, whatever it was copied through.
//!
//! With these rules what an operand of a unit is follows from the unit's own cells, and nothing is left over that is in no
//! cell.

use std::collections::{BTreeMap, HashMap};

use super::walk::{Key, NONE};
use crate::affine::Walker;
use crate::elements::{ElementMap, Resolver, flatten};
use crate::layout::Layout;
use crate::{Circuit, LinearTerm, Op, RegisterId};

/// A constant plus integers times elements, or products of two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) terms: BTreeMap<Key, i128>,
    pub(super) constant: i128,
}

impl Row {
    /// An element itself.
    fn of(element: u32) -> Row {
        Row {
            terms: [(Key::of(element), 1)].into(),
            constant: 0,
        }
    }

    /// Adds a multiple of another row; `None` on overflow.
    pub(super) fn add(&mut self, other: &Row, by: i128) -> Option<()> {
        for (key, coefficient) in &other.terms {
            self.add_term(*key, coefficient.checked_mul(by)?)?;
        }
        self.constant = self.constant.checked_add(other.constant.checked_mul(by)?)?;
        Some(())
    }

    pub(super) fn add_term(&mut self, key: Key, coefficient: i128) -> Option<()> {
        if key == Key::ONE {
            self.constant = self.constant.checked_add(coefficient)?;
            return Some(());
        }
        let value = self.terms.entry(key).or_insert(0);
        *value = value.checked_add(coefficient)?;
        if *value == 0 {
            self.terms.remove(&key);
        }
        Some(())
    }

    /// The product with another row; `None` on overflow, and where more than two elements are multiplied.
    fn times(&self, other: &Row) -> Option<Row> {
        let mut out = Row::default();
        for (left, x) in self.terms.iter().chain([(&Key::ONE, &self.constant)]) {
            for (right, y) in other.terms.iter().chain([(&Key::ONE, &other.constant)]) {
                let coefficient = x.checked_mul(*y)?;
                if coefficient != 0 {
                    out.add_term(left.times(*right)?, coefficient)?;
                }
            }
        }
        Some(out)
    }

    /// The element that the row is but for a sign and a constant.
    fn copied(&self) -> Option<(u32, i128)> {
        match self.terms.first_key_value() {
            Some((Key(of, NONE), sign @ (1 | -1))) if self.terms.len() == 1 => Some((*of, *sign)),
            _ => None,
        }
    }

    /// Whether elements are multiplied with each other.
    pub(super) fn multiplies(&self) -> bool {
        self.terms.keys().any(|key| key.1 != NONE)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.terms.is_empty() && self.constant == 0
    }
}

/// Reads of one term of a linear map.
struct Reads {
    taps: u64,
    read: Walker,
    wread: Walker,
}

/// The witness program, element by element.
pub(super) struct Program<'a> {
    circuit: &'a Circuit,
    layout: &'a Layout,
    resolver: Resolver<'a>,
    reads: HashMap<u32, Vec<Reads>>,
    quotients: HashMap<(u32, i128, i128), u32>,
    limbs: HashMap<(u32, i128, u32, u32), u32>,
    differences: HashMap<(u32, u32), u32>,
    signs: HashMap<u32, u32>,
    products: HashMap<(u32, u32), u32>,
    /// Elements in cells that are another one and a constant: of that one, the cell's, the factor and the constant.
    aliases: HashMap<u32, (u32, i128, i128)>,
    /// What was found of factors.
    factors: HashMap<u32, Row>,
}

impl<'a> Program<'a> {
    pub(super) fn new(circuit: &'a Circuit, layout: &'a Layout) -> Self {
        let mut program = Program {
            circuit,
            layout,
            resolver: Resolver::new(circuit, &layout.elements),
            reads: HashMap::new(),
            quotients: HashMap::new(),
            limbs: HashMap::new(),
            differences: HashMap::new(),
            signs: HashMap::new(),
            products: HashMap::new(),
            aliases: HashMap::new(),
            factors: HashMap::new(),
        };
        for (register, instruction) in (0..).zip(&circuit.program) {
            match &instruction.op {
                Op::Quotient { x, addend, divisor } => {
                    let key = (x.0, *addend, *divisor);
                    program.quotients.entry(key).or_insert(register);
                }
                Op::Limb {
                    x,
                    offset,
                    bits,
                    index,
                } => {
                    let key = (x.0, *offset, *bits, *index);
                    program.limbs.entry(key).or_insert(register);
                }
                Op::Affine { terms, constant: 0 } => {
                    if let [(a, 1), (b, -1)] = terms[..] {
                        program.differences.entry((a.0, b.0)).or_insert(register);
                    }
                }
                Op::NonNeg { x } => {
                    program.signs.entry(x.0).or_insert(register);
                }
                Op::Mul { a, b } => {
                    program.products.entry((a.0, b.0)).or_insert(register);
                }
                _ => {}
            }
        }
        for (register, instruction) in (0..).zip(&circuit.program) {
            for (position, element) in layout.elements.own(RegisterId(register)).enumerate() {
                if layout.home(element).is_some()
                    && let Some((of, alias)) = program.alias(&instruction.op, position, element)
                {
                    program.aliases.entry(of).or_insert(alias);
                }
            }
        }
        program
    }

    /// The element that an element in a cell is but for a sign and a constant.
    fn alias(
        &mut self,
        op: &Op,
        position: usize,
        element: u32,
    ) -> Option<(u32, (u32, i128, i128))> {
        match op {
            Op::Affine { terms, constant } => {
                let [(source, factor @ (1 | -1))] = terms[..] else {
                    return None;
                };
                let of = self.element(source, position)?;
                Some((of, (element, factor, *constant)))
            }
            // Repeated inputs are masked.
            Op::Mul { .. } => {
                let mut parts = Row::default();
                if !self.parts(element, &mut parts)? {
                    return None;
                }
                let row = self.row(element, |_| false)?;
                let (of, factor) = row.copied()?;
                Some((of, (element, factor, row.constant)))
            }
            _ => None,
        }
    }

    /// The element at a position of a register.
    fn element(&mut self, register: RegisterId, position: usize) -> Option<u32> {
        self.resolver.resolve(register).ok()?.get(position)
    }

    /// The element that the position of a register's own element is of another register, by number.
    fn beside(&mut self, register: Option<&u32>, position: usize) -> Option<u32> {
        let register = RegisterId(*register?);
        self.element(register, position)
    }

    /// The instruction that computes an element.
    pub(super) fn op(&self, element: u32) -> &'a Op {
        let (register, _) = self.layout.elements.origin(element);
        &self.circuit.program[register.0 as usize].op
    }

    /// The least and greatest value of an element by the program.
    fn stated(&self, element: u32) -> (i128, i128) {
        let (register, _) = self.layout.elements.origin(element);
        let instruction = &self.circuit.program[register.0 as usize];
        (instruction.lo, instruction.hi)
    }

    /// An element as a sum. Elements in cells are left as they are, but for those that `open` says, and the first one.
    ///
    /// `None` where numbers exceed 128 bits or a map reads out of bounds.
    pub(super) fn row(&mut self, element: u32, open: impl Fn(u32) -> bool) -> Option<Row> {
        let mut out = Row::default();
        // What an element is computed from has smaller numbers, so each is opened once, when all that read it are.
        let mut pending: BTreeMap<u32, i128> = BTreeMap::new();
        let mut parts = Row::default();
        pending.insert(element, 1);
        while let Some((next, factor)) = pending.pop_last() {
            if factor == 0 {
                continue;
            }
            if let Some(value) = self.layout.elements.constant_value(self.circuit, next) {
                out.constant = out.constant.checked_add(value.checked_mul(factor)?)?;
                continue;
            }
            let cut = self.layout.home(next).is_some() && next != element && !open(next);
            parts.terms.clear();
            parts.constant = 0;
            if cut || !self.parts(next, &mut parts)? {
                out.add_term(Key::of(next), factor)?;
                continue;
            }
            out.constant = out
                .constant
                .checked_add(parts.constant.checked_mul(factor)?)?;
            for (key, coefficient) in &parts.terms {
                let coefficient = coefficient.checked_mul(factor)?;
                match key.1 {
                    NONE => {
                        let sum = pending.entry(key.0).or_insert(0);
                        *sum = sum.checked_add(coefficient)?;
                    }
                    _ => out.add_term(*key, coefficient)?,
                }
            }
        }
        Some(out)
    }

    /// What an element of a public cell is, in cells alone: an input is what the cell says that holds it.
    pub(super) fn shown(&mut self, element: u32) -> Option<Row> {
        if let Some(value) = self.layout.elements.constant_value(self.circuit, element) {
            return Some(Row {
                constant: value,
                ..Row::default()
            });
        }
        if self.layout.home(element).is_some() {
            return Some(Row::of(element));
        }
        let opened = self.row(element, |_| false)?;
        let mut out = Row {
            constant: opened.constant,
            ..Row::default()
        };
        for (key, coefficient) in opened.terms {
            match (key, self.aliases.get(&key.0)) {
                (Key(of, NONE), Some((cell, factor, constant)))
                    if self.layout.home(of).is_none() =>
                {
                    // The cell is `factor * of + constant`, and the factor is its own inverse.
                    let by = coefficient.checked_mul(*factor)?;
                    out.add_term(Key::of(*cell), by)?;
                    out.constant = out.constant.checked_sub(by.checked_mul(*constant)?)?;
                }
                _ => out.add_term(key, coefficient)?,
            }
        }
        Some(out)
    }

    /// What an element is computed from, where that is a sum; `false` where it is not.
    fn parts(&mut self, element: u32, out: &mut Row) -> Option<bool> {
        let (register, position) = self.layout.elements.origin(element);
        let position = position as usize;
        let op = &self.circuit.program[register.0 as usize].op;
        match op {
            Op::Affine { terms, constant } => {
                out.constant = *constant;
                for (source, factor) in terms {
                    let source = self.element(*source, position)?;
                    out.add_term(Key::of(source), *factor)?;
                }
                Some(true)
            }
            Op::Linear { terms, bias, chunk } => {
                self.linear(register, position, terms, *bias, *chunk, out)?;
                Some(true)
            }
            Op::Mul { a, b } => {
                let (a, b) = (self.element(*a, position)?, self.element(*b, position)?);
                let constant = |e| self.layout.elements.constant_value(self.circuit, e);
                match (constant(a), constant(b)) {
                    (Some(factor), _) => out.add_term(Key::of(b), factor)?,
                    (_, Some(factor)) => out.add_term(Key::of(a), factor)?,
                    (None, None) => return Some(false),
                }
                Some(true)
            }
            Op::Remainder { x, addend, divisor } => {
                let quotient = self.quotients.get(&(x.0, *addend, *divisor)).copied();
                let Some(quotient) = self.beside(quotient.as_ref(), position) else {
                    return Some(false);
                };
                let x = self.element(*x, position)?;
                out.constant = *addend;
                out.add_term(Key::of(x), 1)?;
                out.add_term(Key::of(quotient), divisor.checked_neg()?)?;
                Some(true)
            }
            Op::Limb {
                x,
                offset,
                bits,
                index: 0,
            } => {
                let mut others = Vec::new();
                while let Some(limb) = self
                    .limbs
                    .get(&(x.0, *offset, *bits, others.len() as u32 + 1))
                    .copied()
                {
                    others.push(self.element(RegisterId(limb), position)?);
                }
                let x = self.element(*x, position)?;
                // Limbs that the program does not name are zero.
                let width = u64::from(*bits) * (others.len() as u64 + 1);
                let most = self.stated(x).1.checked_sub(*offset)?;
                if width < 127 && most >> width != 0 {
                    return Some(false);
                }
                out.constant = offset.checked_neg()?;
                out.add_term(Key::of(x), 1)?;
                for (i, limb) in (1..).zip(others) {
                    let weight = 1i128.checked_shl(bits * i).filter(|w| *w > 0)?;
                    out.add_term(Key::of(limb), -weight)?;
                }
                Some(true)
            }
            Op::Max { a, b } => {
                let difference = self.differences.get(&(a.0, b.0));
                let sign = difference.and_then(|d| self.signs.get(d));
                let excess = sign
                    .zip(difference)
                    .and_then(|(s, d)| self.products.get(&(*s, *d)).copied());
                let Some(excess) = self.beside(excess.as_ref(), position) else {
                    return Some(false);
                };
                let b = self.element(*b, position)?;
                out.add_term(Key::of(b), 1)?;
                out.add_term(Key::of(excess), 1)?;
                Some(true)
            }
            _ => Some(false),
        }
    }

    /// One partial sum of a linear map.
    fn linear(
        &mut self,
        register: RegisterId,
        position: usize,
        terms: &'a [LinearTerm],
        bias: Option<RegisterId>,
        chunk: u64,
        out: &mut Row,
    ) -> Option<()> {
        let shape = &self.circuit.program[register.0 as usize].shape;
        let (chunks, outputs) = shape.split_last()?;
        let output = position as u64 / chunks;
        let end = (position as u64 % chunks + 1).checked_mul(chunk)?;
        if let Some(bias) = bias {
            let bias = self.element(bias, output as usize)?;
            out.add_term(Key::of(bias), 1)?;
        }
        let mut reads = match self.reads.remove(&register.0) {
            Some(reads) => reads,
            None => terms
                .iter()
                .map(|term| {
                    let domain = [outputs, &term.tap_dims].concat();
                    Some(Reads {
                        taps: term.tap_dims.iter().product(),
                        read: Walker::new(&term.read, &domain).ok()?,
                        wread: Walker::new(&term.wread, &domain).ok()?,
                    })
                })
                .collect::<Option<_>>()?,
        };
        let mut before = 0;
        for (term, reads) in terms.iter().zip(&mut reads) {
            let taps = reads.taps.min(end.saturating_sub(before));
            before += reads.taps;
            let points = (output * reads.taps, output * reads.taps + taps);
            let sources = self.elements(term.src, &mut reads.read, points)?;
            let weights = self.elements(term.weights, &mut reads.wread, points)?;
            for (source, weight) in sources.into_iter().zip(weights) {
                match self.layout.elements.constant_value(self.circuit, weight) {
                    Some(weight) => out.add_term(Key::of(source), weight)?,
                    None => self.pair(source, weight, out)?,
                }
            }
        }
        self.reads.insert(register.0, reads);
        Some(())
    }

    /// The elements that a map reads at some points.
    fn elements(
        &mut self,
        register: RegisterId,
        walker: &mut Walker,
        (start, end): (u64, u64),
    ) -> Option<Vec<u32>> {
        let shape = &self.circuit.program[register.0 as usize].shape;
        let map: &ElementMap = self.resolver.resolve(register).ok()?;
        let mut out = Vec::with_capacity((end - start) as usize);
        let mut inside = true;
        let walked = walker.range(start, end, |_, index| {
            match flatten(index, shape).and_then(|position| map.get(position)) {
                Some(element) => out.push(element),
                None => inside = false,
            }
            Ok::<(), crate::AffineError>(())
        });
        (walked.is_ok() && inside).then_some(out)
    }

    /// A product of two computed elements.
    fn pair(&mut self, a: u32, b: u32, out: &mut Row) -> Option<()> {
        let product = self.factor(a)?.times(&self.factor(b)?)?;
        out.add(&product, 1)
    }

    /// A sum over cells, each of them as [`Self::factor`] says.
    pub(super) fn uncopied(&mut self, row: &Row) -> Option<Row> {
        let mut out = Row {
            constant: row.constant,
            ..Row::default()
        };
        for (key, coefficient) in &row.terms {
            let mut product = Row {
                constant: 1,
                ..Row::default()
            };
            for unknown in key.unknowns() {
                // Numbers past those of elements are public cells here, which are no elements.
                let factor = match unknown < self.layout.elements.computed() {
                    true => self.factor(unknown)?,
                    false => Row::of(unknown),
                };
                product = product.times(&factor)?;
            }
            out.add(&product, *coefficient)?;
        }
        Some(out)
    }

    /// A factor of a product: the cell that it is a copy of, whatever it was copied through, with a sign and a constant; or
    /// else what it is computed from. Whatever is a copy of the same number has the same factor, and a copy of a constant is
    /// the constant.
    fn factor(&mut self, element: u32) -> Option<Row> {
        let (mut of, mut sign, mut constant) = (element, 1i128, 0i128);
        let held = loop {
            if let Some(known) = self.factors.get(&of) {
                break known.clone();
            }
            let row = self.row(of, |_| false)?;
            match row.copied() {
                // What an element is computed from has a smaller number.
                Some((next, factor)) if next != of => {
                    constant = constant.checked_add(row.constant.checked_mul(sign)?)?;
                    sign *= factor;
                    of = next;
                }
                _ => {
                    let held = self.holding(of, row)?;
                    self.factors.insert(of, held.clone());
                    break held;
                }
            }
        };
        let mut out = Row {
            constant,
            ..Row::default()
        };
        out.add(&held, sign)?;
        self.factors.insert(element, out.clone());
        Some(out)
    }

    /// The cell that holds an element, or one that is the element but for a sign and a constant; the row of the element where
    /// there is none, or where it is a constant.
    fn holding(&self, element: u32, row: Row) -> Option<Row> {
        if row.terms.is_empty() {
            return Some(row);
        }
        if self.layout.home(element).is_some() {
            return Some(Row::of(element));
        }
        let Some((cell, factor, constant)) = self.aliases.get(&element) else {
            return Some(row);
        };
        // The cell is `factor * element + constant`, and the factor is its own inverse.
        let mut out = Row::default();
        out.add_term(Key::of(*cell), *factor)?;
        out.constant = constant.checked_mul(*factor)?.checked_neg()?;
        Some(out)
    }
}
