//! MLIR's own command line drivers, and what needs raw handles of contexts and modules.

use super::{owned, passes::dialect_handles, string_ref, sys, types::context_ref};
use crate::pipeline::emit_error;
use melior::{
    Context,
    dialect::DialectRegistry,
    ir::{Location, Module, OperationRef},
};
use mlir_sys::{MlirContext, MlirOperation, MlirStringCallback, MlirStringRef};
use std::{
    ffi::{CString, c_char, c_int, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// A translation into MLIR: `zkc-translate --NAME FILE`.
#[derive(Clone, Copy)]
pub struct ToMlir {
    /// Name of the flag.
    pub name: &'static str,
    /// One line for `--help`.
    pub description: &'static str,
    /// Makes a module from the file's bytes and name; errors are reported before it fails.
    pub run: for<'c> fn(&'c Context, &[u8], &str) -> Option<Module<'c>>,
}

/// A translation out of MLIR: `zkc-translate --NAME FILE`.
#[derive(Clone, Copy)]
pub struct FromMlir {
    /// Name of the flag.
    pub name: &'static str,
    /// One line for `--help`.
    pub description: &'static str,
    /// Makes the output from the top operation; errors are reported before it fails.
    pub run: fn(OperationRef<'_, '_>) -> Option<Vec<u8>>,
}

/// A registry with the dialects of zkc and `func`.
pub(crate) fn registry() -> DialectRegistry {
    let registry = DialectRegistry::new();
    for handle in dialect_handles() {
        // SAFETY: handle and registry are valid.
        unsafe { mlir_sys::mlirDialectHandleInsertDialect(handle, registry.to_raw()) }
    }
    registry
}

/// Registers MLIR's `canonicalize`, `cse` and their kin.
pub(crate) fn register_transform_passes() {
    // SAFETY: the function takes nothing and only fills MLIR's pass registry.
    unsafe { sys::zkcRegisterTransformPasses() }
}

/// Arguments as C expects them, leaked: drivers may keep pointers until the process ends.
fn argv(args: &[String]) -> (c_int, *mut *mut c_char) {
    let mut v: Vec<*mut c_char> = args
        .iter()
        // An argument of a process cannot hold a NUL byte.
        .map(|a| CString::new(a.as_str()).unwrap_or_default().into_raw())
        .collect();
    let n = v.len() as c_int;
    v.push(std::ptr::null_mut());
    (n, v.leak().as_mut_ptr())
}

/// MLIR's opt driver with the dialects and registered passes; returns the exit code.
pub fn opt_main(args: &[String], tool: &str) -> i32 {
    register_transform_passes();
    let registry = registry();
    let (argc, argv) = argv(args);
    // SAFETY: `argv` holds `argc` strings and a null; registry and name outlive the call.
    unsafe { sys::zkcOptMain(argc, argv, string_ref(tool), registry.to_raw()) }
}

/// MLIR's language server with the dialects; returns the exit code.
pub fn lsp_main(args: &[String]) -> i32 {
    let registry = registry();
    let (argc, argv) = argv(args);
    // SAFETY: as in `opt_main`.
    unsafe { sys::zkcLspMain(argc, argv, registry.to_raw()) }
}

/// MLIR's translate driver with the given translations; returns the exit code.
pub fn translate_main(args: &[String], tool: &str, to: &[ToMlir], from: &[FromMlir]) -> i32 {
    let registry = registry();
    for t in to {
        let t: &'static ToMlir = Box::leak(Box::new(*t));
        // SAFETY: the strings are copied, the registry outlives the driver, `t` is leaked.
        unsafe {
            sys::zkcRegisterToMlir(
                string_ref(t.name),
                string_ref(t.description),
                registry.to_raw(),
                run_to,
                (t as *const ToMlir).cast(),
            );
        }
    }
    for t in from {
        let t: &'static FromMlir = Box::leak(Box::new(*t));
        // SAFETY: as above.
        unsafe {
            sys::zkcRegisterFromMlir(
                string_ref(t.name),
                string_ref(t.description),
                registry.to_raw(),
                run_from,
                (t as *const FromMlir).cast(),
            );
        }
    }
    let (argc, argv) = argv(args);
    // SAFETY: `argv` holds `argc` strings and a null; the name outlives the call.
    unsafe { sys::zkcTranslateMain(argc, argv, string_ref(tool)) }
}

unsafe extern "C" fn run_to(
    user: *const c_void,
    context: MlirContext,
    bytes: MlirStringRef,
    name: MlirStringRef,
    out: *mut MlirOperation,
) -> bool {
    // SAFETY: `user` is the leaked translation; context and bytes outlive the call.
    let (t, context, bytes, name) = unsafe {
        let t = &*user.cast::<ToMlir>();
        let context = context_ref(context);
        let bytes = if bytes.length == 0 {
            &[]
        } else {
            std::slice::from_raw_parts(bytes.data.cast::<u8>(), bytes.length)
        };
        (t, context, bytes, owned(name))
    };
    context.load_all_available_dialects();
    match catch_unwind(AssertUnwindSafe(|| (t.run)(context, bytes, &name))) {
        Ok(Some(module)) => {
            // SAFETY: `out` is writable; the driver takes over the operation, so the module
            // must not be destroyed here.
            unsafe { *out = mlir_sys::mlirModuleGetOperation(module.to_raw()) }
            std::mem::forget(module);
            true
        }
        Ok(None) => false,
        Err(_) => {
            let at = Location::unknown(context);
            emit_error(
                at,
                &format!("internal compiler error in `--{}`", t.name),
                &[],
            );
            false
        }
    }
}

unsafe extern "C" fn run_from(
    user: *const c_void,
    op: MlirOperation,
    write: MlirStringCallback,
    data: *mut c_void,
) -> bool {
    // SAFETY: `user` is the leaked translation; `op` outlives the call.
    let (t, op) = unsafe { (&*user.cast::<FromMlir>(), OperationRef::from_raw(op)) };
    let Ok(Some(bytes)) = catch_unwind(AssertUnwindSafe(|| (t.run)(op))) else {
        return false;
    };
    let Some(write) = write else { return false };
    let text = MlirStringRef {
        data: bytes.as_ptr().cast(),
        length: bytes.len(),
    };
    // SAFETY: the callback is the driver's own and takes its own data pointer back.
    unsafe { write(text, data) }
    true
}

/// Reports a diagnostic at a location; `severity` as in `pipeline`.
pub(crate) fn emit(location: Location, level: u8, message: &str, notes: &[String]) {
    let notes: Vec<MlirStringRef> = notes.iter().map(|n| string_ref(n)).collect();
    // SAFETY: the location belongs to a live context; the strings outlive the call.
    unsafe {
        match level {
            0 => sys::zkcEmitNote(location.to_raw(), string_ref(message)),
            1 => sys::zkcEmitWarning(location.to_raw(), string_ref(message)),
            _ => sys::zkcEmitError(
                location.to_raw(),
                string_ref(message),
                notes.as_ptr(),
                notes.len(),
            ),
        }
    }
}
