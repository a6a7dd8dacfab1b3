//! The only unsafe code of the project: bindings to MLIR and to the shim, and the mapping of
//! files. Each submodule offers a safe interface; the raw declarations stay in [`sys`].
#![allow(clippy::missing_safety_doc)]

pub(crate) mod drivers;
pub(crate) mod mapping;
pub(crate) mod passes;
pub(crate) mod records;
mod sys;
pub(crate) mod types;

use melior::ir::attribute::{AttributeLike, StringAttribute};
use mlir_sys::{MlirStringRef, mlirStringAttrGetValue};

/// Borrows a string for a call.
fn string_ref(s: &str) -> MlirStringRef {
    MlirStringRef {
        data: s.as_ptr().cast(),
        length: s.len(),
    }
}

/// Borrows the text of an attribute, which lives as long as its context; `None` where it is no UTF-8.
pub(crate) fn string_value<'c>(a: StringAttribute<'c>) -> Option<&'c str> {
    // SAFETY: the attribute is a string attribute, and its context outlives 'c.
    let s = unsafe { mlirStringAttrGetValue(a.to_raw()) };
    if s.length == 0 {
        // There may be no pointer then.
        return Some("");
    }
    // SAFETY: MLIR keeps the bytes of an attribute, as many as it says, unchanged in its context.
    let bytes = unsafe { std::slice::from_raw_parts(s.data.cast::<u8>(), s.length) };
    std::str::from_utf8(bytes).ok()
}

/// Copies a string that MLIR owns; bytes that are no UTF-8 are replaced.
///
/// # Safety
/// `s` must point to `length` readable bytes, or have length zero.
unsafe fn owned(s: MlirStringRef) -> String {
    if s.length == 0 {
        return String::new();
    }
    // SAFETY: promised by the caller.
    let bytes = unsafe { std::slice::from_raw_parts(s.data.cast::<u8>(), s.length) };
    String::from_utf8_lossy(bytes).into_owned()
}
