//! ONNX element types.

use crate::error::ErrorKind;
use zkc_support::DType;

/// Names of the standard's element types, by code; the position is the code.
const NAMES: [&str; 29] = [
    "undefined",
    "float",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "double",
    "uint32",
    "uint64",
    "complex64",
    "complex128",
    "bfloat16",
    "float8e4m3fn",
    "float8e4m3fnuz",
    "float8e5m2",
    "float8e5m2fnuz",
    "uint4",
    "int4",
    "float4e2m1",
    "float8e8m0",
    "uint2",
    "int2",
    "float6e2m3",
    "float6e3m2",
];

/// Element types that can be imported, as messages list them.
pub(crate) const SUPPORTED: &str =
    "float, double, int8 to int64, uint8 to uint64 and bool are supported";

/// The element type of an ONNX code; `what` has it.
pub(crate) fn from_onnx(code: i32, what: &str) -> Result<DType, ErrorKind> {
    Ok(match code {
        1 => DType::F32,
        2 => DType::UInt(8),
        3 => DType::Int(8),
        4 => DType::UInt(16),
        5 => DType::Int(16),
        6 => DType::Int(32),
        7 => DType::Int(64),
        9 => DType::Bool,
        11 => DType::F64,
        12 => DType::UInt(32),
        13 => DType::UInt(64),
        _ => {
            let name = usize::try_from(code).ok().and_then(|c| NAMES.get(c));
            let name = name.map_or_else(|| format!("number {code}"), ToString::to_string);
            return Err(ErrorKind::Type(format!(
                "{what} has element type {name}, which is not supported; {SUPPORTED}"
            )));
        }
    })
}

/// The ONNX name of an element type.
pub(crate) fn name(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "float",
        DType::F64 => "double",
        DType::Int(8) => "int8",
        DType::Int(16) => "int16",
        DType::Int(32) => "int32",
        DType::Int(_) => "int64",
        DType::UInt(8) => "uint8",
        DType::UInt(16) => "uint16",
        DType::UInt(32) => "uint32",
        DType::UInt(_) => "uint64",
        DType::Bool => "bool",
    }
}

/// A set of element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Types(u16);

impl Types {
    const ALL_TYPES: [DType; 11] = [
        DType::F32,
        DType::F64,
        DType::Int(8),
        DType::Int(16),
        DType::Int(32),
        DType::Int(64),
        DType::UInt(8),
        DType::UInt(16),
        DType::UInt(32),
        DType::UInt(64),
        DType::Bool,
    ];

    /// float and double.
    pub const FLOATS: Self = Self(0b11);
    /// Floats and signed integers.
    pub const SIGNED: Self = Self(0b11_1111);
    /// Floats and integers.
    pub const NUMBERS: Self = Self(0b11_1111_1111);
    /// Floats, and integers of 32 and 64 bits.
    pub const WIDE: Self = Self(0b11_0011_0011);
    /// Floats, int8 and uint8.
    pub const FLOATS_AND_BYTES: Self = Self(0b100_0111);
    /// All supported element types.
    pub const ALL: Self = Self(0b111_1111_1111);
    /// int32 and int64.
    pub const INDICES: Self = Self(0b11_0000);
    /// int64.
    pub const INT64: Self = Self(0b10_0000);
    /// bool.
    pub const BOOL: Self = Self(0b100_0000_0000);

    /// Whether a type is in the set.
    pub fn contains(self, dtype: DType) -> bool {
        Self::ALL_TYPES
            .iter()
            .position(|t| *t == dtype)
            .is_some_and(|i| self.0 >> i & 1 == 1)
    }

    /// ONNX names of the types, in a fixed order.
    pub fn names(self) -> Vec<&'static str> {
        Self::ALL_TYPES
            .iter()
            .filter(|t| self.contains(**t))
            .map(|t| name(*t))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_their_names_say() {
        assert_eq!(Types::FLOATS.names(), ["float", "double"]);
        assert_eq!(Types::INDICES.names(), ["int32", "int64"]);
        assert_eq!(Types::INT64.names(), ["int64"]);
        assert_eq!(Types::BOOL.names(), ["bool"]);
        assert_eq!(
            Types::FLOATS_AND_BYTES.names(),
            ["float", "double", "int8", "uint8"]
        );
        assert_eq!(
            Types::WIDE.names(),
            ["float", "double", "int32", "int64", "uint32", "uint64"]
        );
        assert_eq!(Types::NUMBERS.names().len() + 1, Types::ALL.names().len());
    }

    #[test]
    fn unsupported_types_are_named() {
        let error = from_onnx(10, "input `x`").unwrap_err().to_string();
        assert!(
            error.starts_with("input `x` has element type float16"),
            "{error}"
        );
        assert!(
            from_onnx(-1, "x")
                .unwrap_err()
                .to_string()
                .contains("number -1")
        );
    }
}
