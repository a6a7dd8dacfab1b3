//! Attributes of the dialects, as plain data.

use super::{owned, sys};
use crate::attributes::as_f64s;
use melior::ir::{Attribute, AttributeLike, Type};

/// `#onnx.weights`: a tensor's bytes in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightsRef<'c> {
    /// File, relative to the module's `onnx.data_dir`; or `blake3:HEX` for a blob in the cache.
    pub file: String,
    /// First byte in the file.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
    /// First 16 bytes of the BLAKE3 hash of the tensor's bytes, in hexadecimal digits.
    pub digest: String,
    /// The tensor type.
    pub r#type: Type<'c>,
}

/// Reads an `#onnx.weights` attribute.
pub fn as_weights<'c>(a: Attribute<'c>) -> Option<WeightsRef<'c>> {
    let raw = a.to_raw();
    // SAFETY: the attribute is alive, the accessors are called only on a weights attribute, and
    // the strings belong to the context.
    unsafe {
        sys::zkcAttrIsAWeights(raw).then(|| WeightsRef {
            file: owned(sys::zkcWeightsGetFile(raw)),
            offset: sys::zkcWeightsGetOffset(raw),
            length: sys::zkcWeightsGetLength(raw),
            digest: owned(sys::zkcWeightsGetDigest(raw)),
            r#type: Type::from_raw(sys::zkcWeightsGetType(raw)),
        })
    }
}

/// Reads a `#plonk.range` attribute: its start and length.
pub fn as_range(a: Attribute) -> Option<(i64, i64)> {
    let raw = a.to_raw();
    // SAFETY: the attribute is alive, and the accessors are called only on a range.
    unsafe {
        sys::zkcAttrIsARange(raw).then(|| (sys::zkcRangeGetStart(raw), sys::zkcRangeGetLength(raw)))
    }
}

/// What happens to arguments outside the domain of an approximation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// They are cut to the domain.
    Saturate,
    /// They follow the function's asymptote.
    Asymptote,
    /// They cannot occur.
    Refuse,
}

/// How the error of an approximation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// It is an estimate.
    None,
    /// Every argument was tried.
    Exhaustive,
    /// Interval arithmetic bounds it.
    Interval,
}

/// `#poly_ext.table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<'c> {
    /// The integer that the first value belongs to.
    pub from: i64,
    /// The values, one for each integer from there on.
    pub values: Attribute<'c>,
}

/// `#poly_ext.polynomial`.
#[derive(Clone, Debug, PartialEq)]
pub struct Polynomial {
    /// Whether the basis is Chebyshev's; monomial otherwise.
    pub chebyshev: bool,
    /// Coefficients, that of degree zero first.
    pub coefficients: Vec<f64>,
    /// The interval on which the polynomial holds.
    pub on: [f64; 2],
}

/// The form of an approximation.
#[derive(Clone, Debug, PartialEq)]
pub enum Form<'c> {
    /// A full table.
    Table(Table<'c>),
    /// A polynomial with float coefficients.
    Polynomial(Polynomial),
}

/// `#poly_ext.approx`: what stands for a real function, and how well.
#[derive(Clone, Debug, PartialEq)]
pub struct Approx<'c> {
    /// Function with its parameters.
    pub function: String,
    /// Closed interval of real arguments.
    pub domain: [f64; 2],
    /// What happens outside.
    pub outside: Outside,
    /// What is evaluated.
    pub form: Form<'c>,
    /// Bound of the absolute error.
    pub max_error: f64,
    /// How the bound is known.
    pub certificate: Certificate,
    /// What made the form.
    pub producer: String,
}

/// Reads a `#poly_ext.approx` attribute.
pub fn as_approx<'c>(a: Attribute<'c>) -> Option<Approx<'c>> {
    let raw = a.to_raw();
    // SAFETY: the attribute is alive, each accessor is called only on an attribute of its kind,
    // and the strings belong to the context.
    unsafe {
        if !sys::zkcAttrIsAnApprox(raw) {
            return None;
        }
        let form = sys::zkcApproxGetForm(raw);
        let form = if sys::zkcAttrIsATable(form) {
            Form::Table(Table {
                from: sys::zkcTableGetFrom(form),
                values: Attribute::from_raw(sys::zkcTableGetValues(form)),
            })
        } else if sys::zkcAttrIsAPolynomial(form) {
            let on = Attribute::from_raw(sys::zkcPolynomialGetOn(form));
            Form::Polynomial(Polynomial {
                chebyshev: sys::zkcPolynomialGetBasis(form) == 1,
                coefficients: as_f64s(Attribute::from_raw(sys::zkcPolynomialGetCoefficients(
                    form,
                )))?,
                on: as_f64s(on)?.try_into().ok()?,
            })
        } else {
            return None;
        };
        Some(Approx {
            function: owned(sys::zkcApproxGetFunction(raw)),
            domain: as_f64s(Attribute::from_raw(sys::zkcApproxGetDomain(raw)))?
                .try_into()
                .ok()?,
            outside: match sys::zkcApproxGetOutside(raw) {
                0 => Outside::Saturate,
                1 => Outside::Asymptote,
                _ => Outside::Refuse,
            },
            form,
            max_error: sys::zkcApproxGetMaxError(raw),
            certificate: match sys::zkcApproxGetCertificate(raw) {
                1 => Certificate::Exhaustive,
                2 => Certificate::Interval,
                _ => Certificate::None,
            },
            producer: owned(sys::zkcApproxGetProducer(raw)),
        })
    }
}

/// The number of elements and the elements of a `DenseF64ArrayAttr`.
pub(crate) fn dense_f64s(a: Attribute) -> Option<Vec<f64>> {
    let raw = a.to_raw();
    // SAFETY: the attribute is alive; elements are read only from an array of doubles, within
    // its length.
    unsafe {
        if !mlir_sys::mlirAttributeIsADenseF64Array(raw) {
            return None;
        }
        let n = mlir_sys::mlirDenseArrayGetNumElements(raw);
        Some(
            (0..n)
                .map(|i| mlir_sys::mlirDenseF64ArrayGetElement(raw, i))
                .collect(),
        )
    }
}

/// The map of an `AffineMapAttr`.
pub(crate) fn affine_map<'c>(a: Attribute<'c>) -> Option<melior::ir::AffineMap<'c>> {
    let raw = a.to_raw();
    // SAFETY: the attribute is alive, and the accessor is called only on an affine map.
    unsafe {
        mlir_sys::mlirAttributeIsAAffineMap(raw)
            .then(|| melior::ir::AffineMap::from_raw(mlir_sys::mlirAffineMapAttrGetValue(raw)))
    }
}

/// Raw bytes of a dense elements attribute with a byte-sized element type; a splat holds one
/// element. `None` for other attributes.
pub(crate) fn dense_bytes(a: Attribute<'_>, element_bytes: usize) -> Option<(Vec<u8>, bool)> {
    let raw = a.to_raw();
    // SAFETY: the attribute is alive and dense; MLIR keeps one element for a splat and all of
    // them otherwise, `element_bytes` each, contiguously, for as long as the context lives.
    unsafe {
        if !mlir_sys::mlirAttributeIsADenseElements(raw) {
            return None;
        }
        let splat = mlir_sys::mlirDenseElementsAttrIsSplat(raw);
        let n = if splat {
            1
        } else {
            mlir_sys::mlirElementsAttrGetNumElements(raw) as usize
        };
        if n == 0 {
            return Some((Vec::new(), splat));
        }
        let data = mlir_sys::mlirDenseElementsAttrGetRawData(raw).cast::<u8>();
        Some((
            std::slice::from_raw_parts(data, n * element_bytes).to_vec(),
            splat,
        ))
    }
}
