//! Input tensors, and what a graph input takes.

/// What a graph input takes: what a file is checked against.
#[derive(Debug, Clone, PartialEq)]
pub struct InputSpec {
    /// The name of the graph input.
    pub name: String,
    /// Its static shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// The type of its elements in the model.
    pub element: ElementType,
    /// The range declared for it, where one is.
    pub range: Option<ValueRange>,
}

impl InputSpec {
    /// The number of elements; `None` when it does not fit a `usize`.
    pub fn elements(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1usize, |product, &extent| product.checked_mul(extent))
    }
}

/// A closed range of real numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueRange {
    /// The least value.
    pub lo: f64,
    /// The greatest value.
    pub hi: f64,
}

impl ValueRange {
    /// Whether a finite value lies outside.
    pub(crate) fn excludes(&self, value: f64) -> bool {
        value.is_finite() && !(self.lo..=self.hi).contains(&value)
    }
}

impl std::fmt::Display for ValueRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Beyond this, all digits would say less than the exponent.
        let show = |f: &mut std::fmt::Formatter<'_>, end: f64| {
            if end != 0.0 && !(1e-9..1e16).contains(&end.abs()) {
                write!(f, "{end:e}")
            } else {
                write!(f, "{end}")
            }
        };
        show(f, self.lo)?;
        f.write_str(":")?;
        show(f, self.hi)
    }
}

/// The element type of a graph input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// `float32`: values are rounded to the nearest `f32` on reading, as the model itself would see them.
    Float32,
    /// `float64`.
    Float64,
    /// A whole number of so many bits.
    Integer {
        /// Width: 8, 16, 32 or 64.
        bits: u32,
        /// Whether negative values exist.
        signed: bool,
    },
    /// `bool`: 0 or 1.
    Bool,
}

impl ElementType {
    /// All element types.
    const ALL: [ElementType; 11] = [
        ElementType::Float32,
        ElementType::Float64,
        ElementType::Integer {
            bits: 8,
            signed: true,
        },
        ElementType::Integer {
            bits: 16,
            signed: true,
        },
        ElementType::Integer {
            bits: 32,
            signed: true,
        },
        ElementType::Integer {
            bits: 64,
            signed: true,
        },
        ElementType::Integer {
            bits: 8,
            signed: false,
        },
        ElementType::Integer {
            bits: 16,
            signed: false,
        },
        ElementType::Integer {
            bits: 32,
            signed: false,
        },
        ElementType::Integer {
            bits: 64,
            signed: false,
        },
        ElementType::Bool,
    ];

    /// Reads what [`Display`](std::fmt::Display) writes: the name that ONNX uses.
    pub fn parse(text: &str) -> Option<Self> {
        ElementType::ALL
            .into_iter()
            .find(|element| element.to_string() == text)
    }
}

impl std::fmt::Display for ElementType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ElementType::Float32 => f.write_str("float32"),
            ElementType::Float64 => f.write_str("float64"),
            ElementType::Integer { bits, signed: true } => write!(f, "int{bits}"),
            ElementType::Integer {
                bits,
                signed: false,
            } => write!(f, "uint{bits}"),
            ElementType::Bool => f.write_str("bool"),
        }
    }
}

/// An input tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// The elements, as many as the shape says.
    pub values: Values,
}

/// The elements of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Real numbers.
    Real(Vec<f64>),
    /// Whole numbers, exact over all 64 bits; booleans are 0 and 1.
    Whole(Vec<i64>),
}

impl Values {
    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Values::Real(values) => values.len(),
            Values::Whole(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `index` as a real number, rounded to the nearest `f64`.
    ///
    /// # Panics
    ///
    /// When `index` is out of bounds.
    pub fn real(&self, index: usize) -> f64 {
        match self {
            Values::Real(values) => values[index],
            Values::Whole(values) => values[index] as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_shown_short() {
        let show = |lo, hi| ValueRange { lo, hi }.to_string();
        assert_eq!(show(-0.5, 3.0), "-0.5:3");
        assert_eq!(show(0.0, 1e35), "0:1e35");
        assert_eq!(show(-1e-12, 1e15), "-1e-12:1000000000000000");
    }
}
