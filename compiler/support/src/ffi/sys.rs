//! Raw declarations of the shim and of the dialects' accessors.
#![allow(non_snake_case)]

use mlir_sys::*;
use std::ffi::{c_char, c_int, c_void};

#[repr(C)]
pub(super) struct ZkcPassOption {
    pub(super) name: *const c_char,
    pub(super) description: *const c_char,
    pub(super) init: *const c_char,
}

#[repr(C)]
pub(super) struct ZkcPass {
    pub(super) argument: *const c_char,
    pub(super) description: *const c_char,
    pub(super) op_name: *const c_char,
    pub(super) options: *const ZkcPassOption,
    pub(super) option_count: usize,
    pub(super) dialects: *const MlirDialectHandle,
    pub(super) dialect_count: usize,
    pub(super) user: *const c_void,
    pub(super) run:
        unsafe extern "C" fn(*const c_void, MlirOperation, *const MlirStringRef) -> bool,
}

pub(super) type ZkcToMlir = unsafe extern "C" fn(
    *const c_void,
    MlirContext,
    MlirStringRef,
    MlirStringRef,
    *mut MlirOperation,
) -> bool;
pub(super) type ZkcFromMlir =
    unsafe extern "C" fn(*const c_void, MlirOperation, MlirStringCallback, *mut c_void) -> bool;

unsafe extern "C" {
    pub(super) fn mlirGetDialectHandle__onnx__() -> MlirDialectHandle;
    pub(super) fn mlirGetDialectHandle__zkarith__() -> MlirDialectHandle;
    pub(super) fn mlirGetDialectHandle__poly_ext__() -> MlirDialectHandle;
    pub(super) fn mlirGetDialectHandle__plonk__() -> MlirDialectHandle;

    pub(super) fn zkcRegisterPass(pass: *const ZkcPass);
    pub(super) fn zkcRegisterTransformPasses();
    pub(super) fn zkcOptMain(
        argc: c_int,
        argv: *mut *mut c_char,
        tool: MlirStringRef,
        registry: MlirDialectRegistry,
    ) -> c_int;
    pub(super) fn zkcTranslateMain(
        argc: c_int,
        argv: *mut *mut c_char,
        tool: MlirStringRef,
    ) -> c_int;
    pub(super) fn zkcLspMain(
        argc: c_int,
        argv: *mut *mut c_char,
        registry: MlirDialectRegistry,
    ) -> c_int;
    pub(super) fn zkcRegisterToMlir(
        name: MlirStringRef,
        description: MlirStringRef,
        registry: MlirDialectRegistry,
        f: ZkcToMlir,
        user: *const c_void,
    );
    pub(super) fn zkcRegisterFromMlir(
        name: MlirStringRef,
        description: MlirStringRef,
        registry: MlirDialectRegistry,
        f: ZkcFromMlir,
        user: *const c_void,
    );

    pub(super) fn zkcEmitNote(location: MlirLocation, message: MlirStringRef);
    pub(super) fn zkcEmitWarning(location: MlirLocation, message: MlirStringRef);
    pub(super) fn zkcEmitError(
        location: MlirLocation,
        message: MlirStringRef,
        notes: *const MlirStringRef,
        note_count: usize,
    );

    pub(super) fn zkcFixedTypeGet(
        context: MlirContext,
        scale: u32,
        lo: MlirStringRef,
        hi: MlirStringRef,
    ) -> MlirType;
    pub(super) fn zkcTypeIsAFixed(t: MlirType) -> bool;
    pub(super) fn zkcFixedTypeGetScale(t: MlirType) -> u32;
    pub(super) fn zkcFixedTypeGetLo(t: MlirType) -> MlirStringRef;
    pub(super) fn zkcFixedTypeGetHi(t: MlirType) -> MlirStringRef;
    pub(super) fn zkcExprTypeGet(context: MlirContext) -> MlirType;

    pub(super) fn zkcAttrIsAWeights(a: MlirAttribute) -> bool;
    pub(super) fn zkcWeightsGetFile(a: MlirAttribute) -> MlirStringRef;
    pub(super) fn zkcWeightsGetOffset(a: MlirAttribute) -> u64;
    pub(super) fn zkcWeightsGetLength(a: MlirAttribute) -> u64;
    pub(super) fn zkcWeightsGetDigest(a: MlirAttribute) -> MlirStringRef;
    pub(super) fn zkcWeightsGetType(a: MlirAttribute) -> MlirType;

    pub(super) fn zkcAttrIsATable(a: MlirAttribute) -> bool;
    pub(super) fn zkcTableGetFrom(a: MlirAttribute) -> i64;
    pub(super) fn zkcTableGetValues(a: MlirAttribute) -> MlirAttribute;
    pub(super) fn zkcAttrIsAPolynomial(a: MlirAttribute) -> bool;
    pub(super) fn zkcPolynomialGetBasis(a: MlirAttribute) -> u32;
    pub(super) fn zkcPolynomialGetCoefficients(a: MlirAttribute) -> MlirAttribute;
    pub(super) fn zkcPolynomialGetOn(a: MlirAttribute) -> MlirAttribute;
    pub(super) fn zkcAttrIsAnApprox(a: MlirAttribute) -> bool;
    pub(super) fn zkcApproxGetFunction(a: MlirAttribute) -> MlirStringRef;
    pub(super) fn zkcApproxGetDomain(a: MlirAttribute) -> MlirAttribute;
    pub(super) fn zkcApproxGetOutside(a: MlirAttribute) -> u32;
    pub(super) fn zkcApproxGetForm(a: MlirAttribute) -> MlirAttribute;
    pub(super) fn zkcApproxGetMaxError(a: MlirAttribute) -> f64;
    pub(super) fn zkcApproxGetCertificate(a: MlirAttribute) -> u32;
    pub(super) fn zkcApproxGetProducer(a: MlirAttribute) -> MlirStringRef;

    pub(super) fn zkcAttrIsARange(a: MlirAttribute) -> bool;
    pub(super) fn zkcRangeGetStart(a: MlirAttribute) -> i64;
    pub(super) fn zkcRangeGetLength(a: MlirAttribute) -> i64;
}
