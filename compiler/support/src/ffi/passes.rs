//! Passes written in Rust, as passes of MLIR's registry.

use super::{owned, sys};
use crate::pipeline::{Failed, emit_error};
use melior::ir::{OperationRef, operation::OperationLike};
use mlir_sys::{MlirDialectHandle, MlirOperation, MlirStringRef};
use std::{
    ffi::{CString, c_char, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// An option of a pass, `name=value` on the command line.
#[derive(Clone, Copy, Debug)]
pub struct PassOption {
    /// Name, lower case with dashes.
    pub name: &'static str,
    /// One line for `--help`.
    pub description: &'static str,
    /// Value when none is given.
    pub default: &'static str,
}

/// The values of a pass's options.
#[derive(Clone, Debug)]
pub struct PassOptions {
    names: Vec<&'static str>,
    values: Vec<String>,
}

impl PassOptions {
    /// The value of an option that the pass declares.
    pub fn get(&self, name: &str) -> &str {
        let i = self.names.iter().position(|n| *n == name);
        let i = i.unwrap_or_else(|| unreachable!("pass reads option `{name}`, which it lacks"));
        &self.values[i]
    }

    /// The value of an option, parsed; a value that does not parse is reported at `op`.
    ///
    /// # Errors
    /// When the value does not parse.
    pub fn parse<T: std::str::FromStr>(&self, op: OperationRef, name: &str) -> Result<T, Failed> {
        self.get(name).parse().map_err(|_| {
            let value = self.get(name);
            emit_error(
                op.location(),
                &format!("option `{name}`: cannot read `{value}`"),
                &[],
            )
        })
    }
}

/// A pass: what the registry, `--help`, the reference and the pipelines need to know of it.
#[derive(Clone, Copy)]
pub struct PassInfo {
    /// Name on the command line.
    pub name: &'static str,
    /// One line for `--help`.
    pub description: &'static str,
    /// Operation that the pass runs on, `builtin.module` or `func.func`.
    pub anchor: &'static str,
    /// Options.
    pub options: &'static [PassOption],
    /// What it does; errors are reported through MLIR's diagnostics before it fails.
    pub run: fn(OperationRef<'_, '_>, &PassOptions) -> Result<(), Failed>,
}

fn leak(s: &str) -> *const c_char {
    // Names and descriptions are literals of this project; none holds a NUL byte.
    CString::new(s).unwrap_or_default().into_raw()
}

/// Registers a pass with MLIR, for ever. Call once for each pass of a process.
pub fn register_pass(info: &PassInfo) {
    let options: Vec<_> = info
        .options
        .iter()
        .map(|o| sys::ZkcPassOption {
            name: leak(o.name),
            description: leak(o.description),
            init: leak(o.default),
        })
        .collect();
    let options = options.leak();
    let dialects: &'static [MlirDialectHandle] = dialect_handles().to_vec().leak();
    let info: &'static PassInfo = Box::leak(Box::new(*info));
    let pass = Box::leak(Box::new(sys::ZkcPass {
        argument: leak(info.name),
        description: leak(info.description),
        op_name: leak(info.anchor),
        options: options.as_ptr(),
        option_count: options.len(),
        dialects: dialects.as_ptr(),
        dialect_count: dialects.len(),
        user: (info as *const PassInfo).cast(),
        run: run_pass,
    }));
    // SAFETY: everything the description points to is leaked above and so lives for ever.
    unsafe { sys::zkcRegisterPass(pass) }
}

/// The dialects that a pass may create operations of.
pub(super) fn dialect_handles() -> [MlirDialectHandle; 5] {
    // SAFETY: the functions take nothing and return handles to static data.
    unsafe {
        [
            mlir_sys::mlirGetDialectHandle__func__(),
            sys::mlirGetDialectHandle__onnx__(),
            sys::mlirGetDialectHandle__zkarith__(),
            sys::mlirGetDialectHandle__poly_ext__(),
            sys::mlirGetDialectHandle__plonk__(),
        ]
    }
}

unsafe extern "C" fn run_pass(
    user: *const c_void,
    op: MlirOperation,
    values: *const MlirStringRef,
) -> bool {
    // SAFETY: `user` is the leaked `PassInfo` that `register_pass` handed over; `values` holds
    // one string for each of its options for the time of the call; `op` is alive meanwhile.
    let (info, op, values) = unsafe {
        let info = &*user.cast::<PassInfo>();
        let values: Vec<String> = (0..info.options.len())
            .map(|i| owned(*values.add(i)))
            .collect();
        (info, OperationRef::from_raw(op), values)
    };
    let options = PassOptions {
        names: info.options.iter().map(|o| o.name).collect(),
        values,
    };
    match catch_unwind(AssertUnwindSafe(|| (info.run)(op, &options))) {
        Ok(result) => result.is_ok(),
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no message".into());
            emit_error(
                op.location(),
                &format!("internal compiler error in pass `{}`: {text}", info.name),
                &[],
            );
            false
        }
    }
}
