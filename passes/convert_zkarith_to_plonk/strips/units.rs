//! What stands in strips: one unit for each operation that is not linear.
//!
//! A unit's operands are no cells. They are expressions over the cells and limbs of its row, and the random sum binds them
//! to the results that they are made of. Each kind says which expressions, which constraints its row has, and why they
//! leave one value: see the book, chapter "Gadgets".

use super::{contraction::Contraction, lines::Lines};
use crate::gadgets::limbs_for;
use num_bigint::BigInt;
use zkc_support::{FixedType, Location, ValueId};

/// What a unit proves. Numbers of limbs are those of a row, in the order in which they are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) enum Kind {
    /// `y` is what `limbs` make up, and `top - y` is what as many others make up if `top` is given.
    Interval { limbs: u32, top: Option<i128> },
    /// `x = y * 2^shift + r`; limbs of `r`, of which the top one may be short, limbs of `y`.
    Rescale { shift: u32, quotient: u32 },
    /// The same of `q` with `y = max(q, 0)`; the last limbs are those of the magnitude of `q`.
    RescaleRelu { shift: u32, magnitude: u32 },
    /// `y = max(x, 0)`, with limbs of the magnitude of `x`.
    Relu { magnitude: u32 },
    /// `y = max(a, b)`, with limbs of the magnitude of `a - b`.
    Max { magnitude: u32 },
    /// `(tag, x, y)` is an entry of the table of functions.
    Table,
    /// The same of the quotient of `x` by `2^shift`.
    RescaleTable { shift: u32 },
    /// `y = a * b`, with limbs of both factors.
    Product { factors: [Factor; 2] },
    /// `2 * multiplier * a + b = 2 * b * (y + lo) + r`, `0 <= r < 2 * b`; limbs of `a` and `b`, of `r`, of `2 * b - 1 - r`,
    /// of `y`.
    Ratio {
        factors: [Factor; 2],
        multiplier: i128,
        lo: i128,
        remainder: u32,
        quotient: u32,
    },
    /// `y = x`, for readers that need a cell.
    Carry,
    /// A product of two matrices, which stands in no cell; see [`Contraction`].
    Contraction(Contraction),
    /// A public value.
    Public,
}

/// An operand that stands in a cell, less its lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Factor {
    pub(in super::super) lo: i128,
    pub(in super::super) limbs: u32,
}

/// Cells of a unit: the result first.
pub(super) const Y: i64 = 0;
/// The bit of a comparison.
pub(super) const SIGN: i64 = 1;
/// What a maximum adds to its second operand.
pub(super) const EXCESS: i64 = 2;
/// The operands of tables, products and quotients.
pub(super) const A: i64 = 1;
/// The second operand.
pub(super) const B: i64 = 2;

impl Factor {
    fn name(self) -> String {
        let sign = if self.lo < 0 { "n" } else { "" };
        format!("{sign}{}_{}", self.lo.unsigned_abs(), self.limbs)
    }
}

/// A sum of coefficients times cells and limbs of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub(super) cells: Vec<(i64, i128)>,
    pub(super) limbs: Vec<(i64, i128)>,
}

impl Kind {
    /// Limbs of a remainder.
    pub(super) fn remainder(shift: u32, bits: u32) -> u32 {
        shift.div_ceil(bits)
    }

    /// The limb that has fewer bits than others, and how many.
    pub(super) fn short(self, bits: u32) -> Option<(u32, u32)> {
        match self {
            Self::Rescale { shift, .. }
            | Self::RescaleRelu { shift, .. }
            | Self::RescaleTable { shift } => {
                let top = Self::remainder(shift, bits) - 1;
                (!shift.is_multiple_of(bits)).then_some((top, shift % bits))
            }
            _ => None,
        }
    }

    /// Where the limbs after the remainder start.
    pub(super) fn rest(self, bits: u32) -> u32 {
        match self {
            Self::Rescale { shift, .. }
            | Self::RescaleRelu { shift, .. }
            | Self::RescaleTable { shift } => Self::remainder(shift, bits),
            _ => 0,
        }
    }

    /// Limbs on a row.
    pub(super) fn limbs(self, bits: u32) -> u32 {
        self.rest(bits)
            + match self {
                Self::Interval { limbs, top } => limbs * (1 + u32::from(top.is_some())),
                Self::Rescale { quotient, .. } => quotient,
                Self::RescaleRelu { magnitude, .. }
                | Self::Relu { magnitude }
                | Self::Max { magnitude } => magnitude,
                Self::Product { factors: [a, b] } => a.limbs + b.limbs,
                Self::Ratio {
                    factors: [a, b],
                    remainder,
                    quotient,
                    ..
                } => a.limbs + b.limbs + 2 * remainder + quotient,
                Self::Table
                | Self::RescaleTable { .. }
                | Self::Carry
                | Self::Contraction(_)
                | Self::Public => 0,
            }
    }

    /// Cells on a row.
    pub(super) fn cells(self) -> i64 {
        match self {
            // Products take what others leave free.
            Self::Public | Self::Contraction(_) => 0,
            Self::Interval { .. } | Self::Rescale { .. } | Self::Carry => 1,
            Self::RescaleRelu { .. }
            | Self::Relu { .. }
            | Self::Table
            | Self::RescaleTable { .. } => 2,
            Self::Max { .. } | Self::Product { .. } | Self::Ratio { .. } => 3,
        }
    }

    /// Whether the row looks up the table of functions.
    pub(super) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::RescaleTable { .. })
    }

    /// The operands, without their constants. `bits` is the width of a limb.
    pub(super) fn operands(self, bits: u32) -> Vec<Form> {
        let cell = |i| Form {
            cells: vec![(i, 1)],
            limbs: Vec::new(),
        };
        match self {
            // Those of a product are several on a row, with monomials of their own.
            Self::Interval { .. } | Self::Contraction(_) => Vec::new(),
            Self::Carry => vec![cell(Y)],
            Self::Rescale { shift, .. } => {
                let mut form = self.weighted(0, Self::remainder(shift, bits), 1, bits);
                form.cells.push((Y, 1 << shift));
                vec![form]
            }
            Self::RescaleTable { shift } => {
                let mut form = self.weighted(0, Self::remainder(shift, bits), 1, bits);
                form.cells.push((A, 1 << shift));
                vec![form]
            }
            // The integer compared is 2y - m + s - 1.
            Self::RescaleRelu { shift, magnitude } => {
                let mut form = self.weighted(0, Self::remainder(shift, bits), 1, bits);
                let compared = self.weighted(self.rest(bits), magnitude, -1 << shift, bits);
                form.limbs.extend(compared.limbs);
                form.cells.extend([(Y, 2 << shift), (SIGN, 1 << shift)]);
                vec![form]
            }
            Self::Relu { magnitude } => {
                let mut form = self.weighted(0, magnitude, -1, bits);
                form.cells.extend([(Y, 2), (SIGN, 1)]);
                vec![form]
            }
            // b = y - v, and a = b + 2v - m + s - 1.
            Self::Max { magnitude } => {
                let mut form = self.weighted(0, magnitude, -1, bits);
                form.cells.extend([(Y, 1), (EXCESS, 1), (SIGN, 1)]);
                let second = Form {
                    cells: vec![(Y, 1), (EXCESS, -1)],
                    limbs: Vec::new(),
                };
                vec![form, second]
            }
            Self::Table => vec![cell(A)],
            Self::Product { .. } | Self::Ratio { .. } => vec![cell(A), cell(B)],
            // Its operand is a cell of the instance column.
            Self::Public => vec![Form::default()],
        }
    }

    /// The integer that some limbs make up, times a factor.
    pub(super) fn weighted(self, first: u32, count: u32, factor: i128, bits: u32) -> Form {
        let limb = |i: u32| (i64::from(first + i), factor << (bits * i));
        Form {
            cells: Vec::new(),
            limbs: (0..count).map(limb).collect(),
        }
    }

    /// Name of its gate.
    pub(super) fn name(self) -> String {
        match self {
            Self::Interval { limbs, top: None } => format!("interval_{limbs}"),
            Self::Interval {
                limbs,
                top: Some(top),
            } => format!("interval_{limbs}_{top}"),
            Self::Rescale { shift, quotient } => format!("rescale_{shift}_{quotient}"),
            Self::RescaleRelu { shift, magnitude } => format!("rescale_relu_{shift}_{magnitude}"),
            Self::Relu { magnitude } => format!("relu_{magnitude}"),
            Self::Max { magnitude } => format!("max_{magnitude}"),
            Self::Table => "table".into(),
            Self::RescaleTable { shift } => format!("rescale_table_{shift}"),
            Self::Product { factors: [a, b] } => format!("product_{}_{}", a.name(), b.name()),
            Self::Ratio {
                factors: [a, b],
                multiplier,
                lo,
                remainder,
                quotient,
            } => {
                let y = Factor {
                    lo,
                    limbs: quotient,
                };
                let (a, b, y) = (a.name(), b.name(), y.name());
                format!("ratio_{multiplier}_{a}_{b}_{remainder}_{y}")
            }
            Self::Carry => "carry".into(),
            Self::Contraction(c) => c.name(),
            Self::Public => "public".into(),
        }
    }
}

/// What tells the monomial of a second operand from that of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Apart {
    /// A challenge of its own.
    #[default]
    Slot,
    /// The operands take turns along a line: positions `2i` and `2i + 1`.
    Position,
    /// Rows of lines take turns: rows `2r` and `2r + 1`.
    Row,
}

/// How the monomials of a row's operands differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct Weave {
    /// By how much the numbers of lines side by side differ.
    pub(super) pitch: i64,
    pub(super) apart: Apart,
    /// By how much the numbers of the lines of two operands differ.
    pub(super) step: i64,
}

impl Weave {
    pub(super) const PLAIN: Self = Self {
        pitch: 1,
        apart: Apart::Slot,
        step: 0,
    };

    pub(super) fn new(lines: &Lines, apart: Apart) -> Self {
        let (rows, step) = match apart {
            Apart::Row => (2, lines.channels()),
            Apart::Slot | Apart::Position => (1, 0),
        };
        Self {
            // Rows side by side are twice as far from each other.
            pitch: match lines.rows_side_by_side() {
                true => lines.pitch() * rows,
                false => 1,
            },
            apart,
            step,
        }
    }
}

impl Apart {
    /// Slot, line and position of an element of an operand.
    pub(super) fn place(self, slot: i64, lines: &Lines, number: i64, position: i64) -> [i64; 3] {
        match self {
            Self::Slot => [slot, number, position],
            Self::Position => [0, number, 2 * position + slot],
            Self::Row => {
                let (row, channel) = (number / lines.channels(), number % lines.channels());
                [0, (2 * row + slot) * lines.channels() + channel, position]
            }
        }
    }
}

/// A unit on every element of a tensor.
pub(in super::super) struct Unit<'c> {
    pub(super) kind: Kind,
    pub(super) lines: Lines,
    /// What the operands are made of, as registers of the tensor's shape, and what their forms lack of them: operand = form + constant.
    pub(super) operands: Vec<(ValueId, i128)>,
    /// Registers of the cells, in the order of lines; the result is that of cell 0.
    pub(super) cells: Vec<(i64, ValueId)>,
    /// Registers of the limbs.
    pub(super) limbs: Vec<ValueId>,
    /// Number of the function.
    pub(super) tag: i64,
    /// What the instance column shows, for public values.
    pub(super) shown: Option<ValueId>,
    pub(super) location: Location<'c>,
}

impl Unit<'_> {
    /// Elements of the result, repeated ones included.
    pub(super) fn count(&self) -> i64 {
        match self.kind {
            Kind::Contraction(c) => c.batch * c.outer[0] * c.outer[1],
            _ => self.lines.register().iter().product(),
        }
    }

    /// Lines that share rows, if there are so many strips.
    pub(super) fn side_by_side(&self, strips: i64) -> i64 {
        match self.kind {
            Kind::Contraction(_) => 1,
            Kind::Public => public_columns(self.lines.count() * self.lines.len(), strips),
            _ => strips,
        }
    }

    /// Calls a function with line, position and number of each element of an operand, repeated ones included.
    pub(super) fn elements(&self, slot: usize, mut f: impl FnMut(u32, u32, usize)) {
        if let Kind::Contraction(c) = self.kind {
            return c.elements(slot, f);
        }
        let strips = self.lines.strips();
        let lines = match self.lines.rest() {
            Some(_) => self.lines.count(),
            None => self.lines.all(),
        };
        for line in 0..lines {
            let (group, strip) = (line / strips, line % strips);
            let number = self.lines.number(group, strip) as u32;
            for (position, element) in self.lines.elements(group, strip).enumerate() {
                f(number, position as u32, element);
            }
        }
    }

    /// The register of the result, in the order of lines; of a product of matrices in that of its tensor.
    pub(super) fn result(&self) -> Option<ValueId> {
        self.cells
            .iter()
            .find(|(cell, _)| *cell == Y)
            .map(|(_, v)| *v)
    }
}

/// Public values of a column beyond which there are as many columns as strips.
const PUBLIC_ROWS: i64 = 256;

/// Instance columns of some public values: one, as every column takes time to verify, unless rows are worth more.
pub(super) fn public_columns(values: i64, strips: i64) -> i64 {
    match values > PUBLIC_ROWS {
        true => strips,
        false => 1,
    }
}

/// Limbs of the magnitude of integers with these bounds: `n` where `n >= 0`, and `-1 - n` elsewhere.
pub(super) fn magnitude_limbs(lo: &BigInt, hi: &BigInt, bits: u32) -> u32 {
    let below: BigInt = -1 - lo;
    limbs_for(&below.max(hi.clone()), bits)
}

/// The type of such a magnitude.
pub(super) fn magnitude_type(t: &FixedType) -> FixedType {
    let below: BigInt = -1 - &t.lo;
    FixedType {
        scale: 0,
        lo: BigInt::ZERO,
        hi: below.max(t.hi.clone()).max(BigInt::ZERO),
    }
}
