//! Types of the dialects.

use super::{owned, string_ref, sys};
use melior::{
    Context, ContextRef,
    ir::{OperationRef, Type, TypeLike, operation::OperationLike},
};
use mlir_sys::MlirContext;
use num_bigint::BigInt;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// `!zkarith.fixed<scale, lo, hi>`: integers of [lo, hi], each standing for `n * 2^-scale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedType {
    /// Fractional bits.
    pub scale: u32,
    /// Least integer.
    pub lo: BigInt,
    /// Greatest integer.
    pub hi: BigInt,
}

impl FixedType {
    /// A type from bounds of machine size.
    pub fn new(scale: u32, lo: impl Into<BigInt>, hi: impl Into<BigInt>) -> Self {
        Self {
            scale,
            lo: lo.into(),
            hi: hi.into(),
        }
    }

    /// The bounds as machine integers, unless they are wider than 127 bits.
    pub fn bounds_i128(&self) -> Option<(i128, i128)> {
        Some((
            i128::try_from(&self.lo).ok()?,
            i128::try_from(&self.hi).ok()?,
        ))
    }
}

/// The MLIR type; `None` when MLIR's verifier rejects it (it has then reported why).
pub fn fixed_type<'c>(context: &'c Context, t: &FixedType) -> Option<Type<'c>> {
    let (lo, hi) = (t.lo.to_string(), t.hi.to_string());
    // SAFETY: the context is alive and the strings outlive the call, which copies them.
    unsafe {
        let raw = sys::zkcFixedTypeGet(context.to_raw(), t.scale, string_ref(&lo), string_ref(&hi));
        Type::from_option_raw(raw)
    }
}

/// Reads a `!zkarith.fixed` type; `None` for any other type.
pub fn as_fixed(t: Type) -> Option<FixedType> {
    let raw = t.to_raw();
    // SAFETY: the type is alive, and the accessors are called only on a fixed type; the
    // strings belong to the context, which outlives the copy.
    unsafe {
        if !sys::zkcTypeIsAFixed(raw) {
            return None;
        }
        let lo = owned(sys::zkcFixedTypeGetLo(raw));
        let hi = owned(sys::zkcFixedTypeGetHi(raw));
        Some(FixedType {
            scale: sys::zkcFixedTypeGetScale(raw),
            // The type's verifier admits decimal digits only.
            lo: lo.parse().ok()?,
            hi: hi.parse().ok()?,
        })
    }
}

/// `!plonk.expr`.
pub fn expr_type(context: &Context) -> Type<'_> {
    // SAFETY: the context is alive, and the type belongs to it.
    unsafe { Type::from_raw(sys::zkcExprTypeGet(context.to_raw())) }
}

/// The context that owns an operation, for as long as the context lives.
pub fn context_of<'c>(op: OperationRef<'c, '_>) -> &'c Context {
    // SAFETY: `'c` is the lifetime of the context that owns the operation.
    unsafe { context_ref(mlir_sys::mlirOperationGetContext(op.to_raw())) }
}

/// A reference to a context from its raw handle.
///
/// melior's `Context` is a handle, so a reference to one needs a handle in memory that stays;
/// one is leaked for each context of the process.
///
/// # Safety
/// The context must live for `'c`.
pub(super) unsafe fn context_ref<'c>(raw: MlirContext) -> &'c Context {
    static HANDLES: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    let address = *handles.entry(raw.ptr as usize).or_insert_with(|| {
        // SAFETY: the handle is only wrapped here; it is used under the caller's promise.
        let handle: ContextRef<'static> = unsafe { ContextRef::from_raw(raw) };
        std::ptr::from_mut(Box::leak(Box::new(handle))) as usize
    });
    // SAFETY: the address is that of a leaked handle with this very pointer, and the caller
    // promises that the context lives for `'c`.
    unsafe { (*(address as *const ContextRef<'c>)).to_ref() }
}

/// Removes an operation from its block and destroys it with everything below it.
///
/// The caller has replaced it: no value that it defines has a use left outside of it, which
/// functions and circuits (symbols without results) cannot have.
pub(crate) fn erase(op: OperationRef) {
    assert_eq!(
        op.result_count(),
        0,
        "only operations without results are erased"
    );
    let raw = op.to_raw();
    // SAFETY: the operation is alive, and no value of it is used elsewhere as it has no results.
    unsafe {
        mlir_sys::mlirOperationRemoveFromParent(raw);
        mlir_sys::mlirOperationDestroy(raw);
    }
}
