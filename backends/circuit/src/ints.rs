//! Arrays of integers, stored as narrowly as their values allow.

use thiserror::Error;

/// Why integers could not be stored or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IntsError {
    /// A value does not fit the storage type chosen for its array.
    #[error("value {value} at position {position} does not fit {bits} bits")]
    TooWide {
        /// The value.
        value: i128,
        /// Its position in the array.
        position: usize,
        /// Width of the storage type in bits.
        bits: u32,
    },
    /// Encoded bytes are not a whole number of values of a known width.
    #[error("{bytes} bytes are not an array of {width}-byte integers")]
    Encoding {
        /// Number of bytes found.
        bytes: usize,
        /// Claimed bytes per value.
        width: u32,
    },
}

/// An array of exact integers: semantically `[i128]`, stored in the narrowest of five types that the caller chose.
///
/// Two arrays are equal when they hold the same values, however they are stored.
#[derive(Debug, Clone)]
pub enum Ints {
    /// Values in `[-2^7, 2^7)`.
    I8(Vec<i8>),
    /// Values in `[-2^15, 2^15)`.
    I16(Vec<i16>),
    /// Values in `[-2^31, 2^31)`.
    I32(Vec<i32>),
    /// Values in `[-2^63, 2^63)`.
    I64(Vec<i64>),
    /// Values in `[-2^127, 2^127)`.
    I128(Vec<i128>),
}

/// Runs `$body` with `$values` bound to the vector inside an [`Ints`], whatever its type.
macro_rules! with_values {
    ($ints:expr, $values:ident => $body:expr) => {
        match $ints {
            $crate::ints::Ints::I8($values) => $body,
            $crate::ints::Ints::I16($values) => $body,
            $crate::ints::Ints::I32($values) => $body,
            $crate::ints::Ints::I64($values) => $body,
            $crate::ints::Ints::I128($values) => $body,
        }
    };
}
pub(crate) use with_values;

impl Ints {
    /// An empty array whose storage holds every value of `[lo, hi]`.
    pub fn for_bounds(lo: i128, hi: i128) -> Self {
        fn fits(lo: i128, hi: i128, bits: u32) -> bool {
            lo >= -(1i128 << (bits - 1)) && hi < 1i128 << (bits - 1)
        }
        if fits(lo, hi, 8) {
            Ints::I8(Vec::new())
        } else if fits(lo, hi, 16) {
            Ints::I16(Vec::new())
        } else if fits(lo, hi, 32) {
            Ints::I32(Vec::new())
        } else if fits(lo, hi, 64) {
            Ints::I64(Vec::new())
        } else {
            Ints::I128(Vec::new())
        }
    }

    /// The given values in the narrowest storage that holds all of them.
    pub fn from_values(values: &[i128]) -> Self {
        let lo = values.iter().copied().min().unwrap_or(0);
        let hi = values.iter().copied().max().unwrap_or(0);
        match Self::for_bounds(lo, hi) {
            // The casts below lose nothing: `for_bounds` chose a type that holds lo and hi.
            Ints::I8(_) => Ints::I8(values.iter().map(|v| *v as i8).collect()),
            Ints::I16(_) => Ints::I16(values.iter().map(|v| *v as i16).collect()),
            Ints::I32(_) => Ints::I32(values.iter().map(|v| *v as i32).collect()),
            Ints::I64(_) => Ints::I64(values.iter().map(|v| *v as i64).collect()),
            Ints::I128(_) => Ints::I128(values.to_vec()),
        }
    }

    /// The same values in the narrowest storage, so that equal arrays are encoded by equal bytes.
    pub fn narrowed(&self) -> Self {
        let (mut lo, mut hi) = (0i128, 0i128);
        for value in self.iter() {
            lo = lo.min(value);
            hi = hi.max(value);
        }
        let mut narrow = Self::for_bounds(lo, hi);
        if narrow.width() == self.width() {
            return self.clone();
        }
        narrow.reserve(self.len());
        for value in self.iter() {
            narrow.push_cast(value);
        }
        narrow
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        with_values!(self, values => values.len())
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes per stored value: 1, 2, 4, 8 or 16.
    pub fn width(&self) -> u32 {
        match self {
            Ints::I8(_) => 1,
            Ints::I16(_) => 2,
            Ints::I32(_) => 4,
            Ints::I64(_) => 8,
            Ints::I128(_) => 16,
        }
    }

    /// The value at `index`, or `None` past the end.
    #[allow(
        clippy::unnecessary_cast,
        reason = "the i128 arm of the macro casts to itself"
    )]
    pub fn get(&self, index: usize) -> Option<i128> {
        with_values!(self, values => values.get(index).map(|value| *value as i128))
    }

    /// The value at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    #[inline]
    #[allow(
        clippy::unnecessary_cast,
        reason = "the i128 arm of the macro casts to itself"
    )]
    pub fn at(&self, index: usize) -> i128 {
        with_values!(self, values => values[index] as i128)
    }

    /// All values in order.
    pub fn iter(&self) -> impl Iterator<Item = i128> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    /// All values as a vector.
    pub fn to_vec(&self) -> Vec<i128> {
        self.iter().collect()
    }

    /// Smallest and largest value, `None` when empty.
    pub fn min_max(&self) -> Option<(i128, i128)> {
        let first = self.get(0)?;
        Some(self.iter().fold((first, first), |(lo, hi), value| {
            (lo.min(value), hi.max(value))
        }))
    }

    /// Appends a value, or says that it does not fit the storage.
    pub fn try_push(&mut self, value: i128) -> Result<(), IntsError> {
        let position = self.len();
        let bits = self.width() * 8;
        let fits = match self {
            Ints::I8(_) => i8::try_from(value).is_ok(),
            Ints::I16(_) => i16::try_from(value).is_ok(),
            Ints::I32(_) => i32::try_from(value).is_ok(),
            Ints::I64(_) => i64::try_from(value).is_ok(),
            Ints::I128(_) => true,
        };
        if !fits {
            return Err(IntsError::TooWide {
                value,
                position,
                bits,
            });
        }
        self.push_cast(value);
        Ok(())
    }

    /// Stores `value` at `index`, after growing the array with zeros and widening its storage as needed.
    pub fn set_widening(&mut self, index: usize, value: i128) {
        if index >= self.len() {
            with_values!(self, values => values.resize(index + 1, 0));
        }
        let stored = match self {
            Ints::I8(values) => i8::try_from(value)
                .map(|value| values[index] = value)
                .is_ok(),
            Ints::I16(values) => i16::try_from(value)
                .map(|value| values[index] = value)
                .is_ok(),
            Ints::I32(values) => i32::try_from(value)
                .map(|value| values[index] = value)
                .is_ok(),
            Ints::I64(values) => i64::try_from(value)
                .map(|value| values[index] = value)
                .is_ok(),
            Ints::I128(values) => {
                values[index] = value;
                true
            }
        };
        if !stored {
            let mut wide = Self::for_bounds(value, value);
            wide.reserve(self.len());
            for value in self.iter() {
                wide.push_cast(value);
            }
            *self = wide;
            self.set_widening(index, value);
        }
    }

    /// Appends a value that the caller knows to fit.
    fn push_cast(&mut self, value: i128) {
        match self {
            Ints::I8(values) => values.push(value as i8),
            Ints::I16(values) => values.push(value as i16),
            Ints::I32(values) => values.push(value as i32),
            Ints::I64(values) => values.push(value as i64),
            Ints::I128(values) => values.push(value),
        }
    }

    /// Reserves room for `additional` more values.
    pub fn reserve(&mut self, additional: usize) {
        with_values!(self, values => values.reserve(additional));
    }

    /// The values as little-endian bytes, [`width`](Self::width) bytes each.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        with_values!(self, values => values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// Reads what [`to_le_bytes`](Self::to_le_bytes) wrote.
    pub fn from_le_bytes(width: u32, bytes: &[u8]) -> Result<Self, IntsError> {
        fn read<const N: usize, T>(bytes: &[u8], convert: fn([u8; N]) -> T) -> Option<Vec<T>> {
            let (chunks, rest) = bytes.as_chunks::<N>();
            rest.is_empty()
                .then(|| chunks.iter().map(|chunk| convert(*chunk)).collect())
        }
        let ints = match width {
            1 => read(bytes, i8::from_le_bytes).map(Ints::I8),
            2 => read(bytes, i16::from_le_bytes).map(Ints::I16),
            4 => read(bytes, i32::from_le_bytes).map(Ints::I32),
            8 => read(bytes, i64::from_le_bytes).map(Ints::I64),
            16 => read(bytes, i128::from_le_bytes).map(Ints::I128),
            _ => None,
        };
        ints.ok_or(IntsError::Encoding {
            bytes: bytes.len(),
            width,
        })
    }
}

impl PartialEq for Ints {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Ints {}

impl From<Vec<i64>> for Ints {
    fn from(values: Vec<i64>) -> Self {
        Ints::I64(values)
    }
}

impl From<Vec<i128>> for Ints {
    fn from(values: Vec<i128>) -> Self {
        Ints::I128(values)
    }
}
