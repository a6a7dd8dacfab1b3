//! Affine maps as plain data.

use melior::ir;
use std::fmt;

/// An affine expression of the dimensions `d0, d1, ...`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AffineExpr {
    /// A dimension.
    Dim(usize),
    /// A constant.
    Const(i64),
    /// A sum.
    Add(Box<AffineExpr>, Box<AffineExpr>),
    /// A product; one factor is constant in an affine expression.
    Mul(Box<AffineExpr>, Box<AffineExpr>),
    /// Remainder with the sign of the (positive) divisor.
    Mod(Box<AffineExpr>, Box<AffineExpr>),
    /// Quotient rounded down.
    FloorDiv(Box<AffineExpr>, Box<AffineExpr>),
    /// Quotient rounded up.
    CeilDiv(Box<AffineExpr>, Box<AffineExpr>),
}

use AffineExpr::{Add, CeilDiv, Const, Dim, FloorDiv, Mod, Mul};

impl AffineExpr {
    /// `self * c`, simplified.
    #[must_use]
    pub fn times(self, c: i64) -> Self {
        match (self, c) {
            (_, 0) => Const(0),
            (e, 1) => e,
            (Const(a), c) => Const(a * c),
            (e, c) => Mul(Box::new(e), Box::new(Const(c))),
        }
    }

    /// `self + other`, simplified.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Const(0), e) | (e, Const(0)) => e,
            (Const(a), Const(b)) => Const(a + b),
            (a, b) => Add(Box::new(a), Box::new(b)),
        }
    }

    /// `self mod n` for positive `n`.
    #[must_use]
    pub fn modulo(self, n: i64) -> Self {
        match (self, n) {
            (_, 1) => Const(0),
            (Const(a), n) => Const(a.rem_euclid(n)),
            (e, n) => Mod(Box::new(e), Box::new(Const(n))),
        }
    }

    /// `floor(self / n)` for positive `n`.
    #[must_use]
    pub fn floor_div(self, n: i64) -> Self {
        match (self, n) {
            (e, 1) => e,
            (Const(a), n) => Const(a.div_euclid(n)),
            (e, n) => FloorDiv(Box::new(e), Box::new(Const(n))),
        }
    }

    /// Row-major position of coordinates in a box: dimension `first + i` has extent `extents[i]`.
    pub fn linear(first: usize, extents: &[i64]) -> Self {
        let mut sum = Const(0);
        let mut stride = 1;
        for (i, extent) in extents.iter().enumerate().rev() {
            if *extent != 1 {
                sum = Dim(first + i).times(stride).plus(sum);
            }
            stride *= extent;
        }
        sum
    }

    /// The value at a point; `None` on overflow, division by what is not positive, or a dimension that the point lacks.
    pub fn eval(&self, point: &[i64]) -> Option<i64> {
        let both = |a: &Self, b: &Self| Some((a.eval(point)?, b.eval(point)?));
        match self {
            Dim(i) => point.get(*i).copied(),
            Const(c) => Some(*c),
            Add(a, b) => both(a, b).and_then(|(a, b)| a.checked_add(b)),
            Mul(a, b) => both(a, b).and_then(|(a, b)| a.checked_mul(b)),
            Mod(a, b) => both(a, b).and_then(|(a, b)| (b > 0).then(|| a.rem_euclid(b))),
            FloorDiv(a, b) => both(a, b).and_then(|(a, b)| (b > 0).then(|| a.div_euclid(b))),
            // Rounding up is rounding the negative down.
            CeilDiv(a, b) => {
                let (a, b) = both(a, b)?;
                let negative = a.checked_neg().filter(|_| b > 0)?;
                Some(-negative.div_euclid(b))
            }
        }
    }

    fn from_mlir(e: ir::AffineExpr) -> Option<Self> {
        if e.is_dim() {
            return Some(Dim(e.dim_position()));
        }
        if e.is_constant() {
            return Some(Const(e.constant_value()));
        }
        if !e.is_binary() {
            return None;
        }
        let a = Box::new(Self::from_mlir(e.lhs())?);
        let b = Box::new(Self::from_mlir(e.rhs())?);
        Some(match () {
            () if e.is_add() => Add(a, b),
            () if e.is_mul() => Mul(a, b),
            () if e.is_mod() => Mod(a, b),
            () if e.is_floor_div() => FloorDiv(a, b),
            () if e.is_ceil_div() => CeilDiv(a, b),
            () => return None,
        })
    }
}

impl fmt::Display for AffineExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim(i) => write!(f, "d{i}"),
            Const(c) => write!(f, "{c}"),
            Add(a, b) => write!(f, "({a} + {b})"),
            Mul(a, b) => write!(f, "({a} * {b})"),
            Mod(a, b) => write!(f, "({a} mod {b})"),
            FloorDiv(a, b) => write!(f, "({a} floordiv {b})"),
            CeilDiv(a, b) => write!(f, "({a} ceildiv {b})"),
        }
    }
}

/// An affine map without symbols.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AffineMap {
    /// Number of dimensions.
    pub dims: usize,
    /// One expression for each result.
    pub results: Vec<AffineExpr>,
}

impl AffineMap {
    /// A map from its results.
    pub fn new(dims: usize, results: Vec<AffineExpr>) -> Self {
        Self { dims, results }
    }

    /// `(d0, .., dn) -> (d0, .., dn)`.
    pub fn identity(dims: usize) -> Self {
        Self::new(dims, (0..dims).map(Dim).collect())
    }

    pub(crate) fn from_mlir(map: ir::AffineMap) -> Option<Self> {
        if map.symbol_count() != 0 {
            return None;
        }
        let results = (0..map.result_count())
            .map(|i| AffineExpr::from_mlir(map.result(i).ok()?))
            .collect::<Option<_>>()?;
        Some(Self::new(map.dim_count(), results))
    }
}

impl fmt::Display for AffineMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dims: Vec<String> = (0..self.dims).map(|i| format!("d{i}")).collect();
        let results: Vec<String> = self.results.iter().map(ToString::to_string).collect();
        write!(f, "({}) -> ({})", dims.join(", "), results.join(", "))
    }
}
