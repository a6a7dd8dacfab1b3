#ifndef ZKC_ZKARITHTYPES_TD
#define ZKC_ZKARITHTYPES_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/BuiltinTypeInterfaces.td"

def ZkArith_Dialect : Dialect {
  let name = "zkarith";
  let summary = "exact fixed-point arithmetic on tensors of bounded integers";
  let description = [{
    Values are tensors whose element type is `!zkarith.fixed<scale, lo, hi>`: an integer `n` with
    `lo <= n <= hi` that stands for the real number `n * 2^-scale`. Every operation is defined on
    the integers, to the last bit; the bounds are part of the type, so an operation whose result
    could leave its type is rejected by the verifier rather than found out while proving.
  }];
  let cppNamespace = "::zkc::zkarith";
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

//===-- Types -------------------------------------------------------------===//

def ZkArith_FixedType : TypeDef<ZkArith_Dialect, "Fixed"> {
  let mnemonic = "fixed";
  let summary = "bounded fixed-point number";
  let description = [{
    `!zkarith.fixed<scale, lo, hi>` holds the integers of the interval [lo, hi]; the integer `n`
    stands for `n * 2^-scale`. The bounds are decimal integers of any width.

    Example: `!zkarith.fixed<8, -256, 255>` holds the numbers from -1 to 255/256 in steps of 1/256.
  }];
  let parameters = (ins
    "uint32_t":$scale,
    StringRefParameter<"least integer, decimal">:$lo,
    StringRefParameter<"greatest integer, decimal">:$hi
  );
  let assemblyFormat = "`<` $scale `,` custom<Decimal>($lo) `,` custom<Decimal>($hi) `>`";
  let genVerifyDecl = 1;
}

def ZkArith_Tensor : Type<
    And<[CPred<"::llvm::isa<::mlir::RankedTensorType>($_self)">,
         CPred<"::llvm::cast<::mlir::RankedTensorType>($_self).hasStaticShape()">,
         CPred<"::llvm::isa<::zkc::zkarith::FixedType>(::llvm::cast<::mlir::RankedTensorType>($_self).getElementType())">]>,
    "statically shaped tensor of !zkarith.fixed", "::mlir::RankedTensorType">;

#endif // ZKC_ZKARITHTYPES_TD
