// The dialect itself: attributes, folders, constants, the C interface.
// Verifiers of operations are in OnnxVerify*.cpp, by family.

#include "Onnx.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"
#include "mlir-c/IR.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

#include "OnnxDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "OnnxAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "OnnxOps.cpp.inc"

namespace zkc::onnx {

//===-- Dialect -----------------------------------------------------------===//

void OnnxDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "OnnxAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "OnnxOps.cpp.inc"
      >();
}

Operation *OnnxDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                            Location location) {
  if (isa<UnitAttr>(value) && isa<NoneType>(type))
    return NoValueOp::create(builder, location, type);
  if (isa<ElementsAttr, WeightsAttr>(value) && cast<TypedAttr>(value).getType() == type)
    return ConstantOp::create(builder, location, type, cast<TypedAttr>(value));
  return nullptr;
}

LogicalResult OnnxDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName().getValue();
  if (name == "onnx.opset" || name == "onnx.ir_version") {
    auto value = dyn_cast<IntegerAttr>(attribute.getValue());
    if (!value || !value.getType().isSignlessInteger(64) || value.getInt() < 1)
      return op->emitOpError() << "attribute `" << name << "` must be a positive i64";
  } else if (name == "onnx.producer" || name == "onnx.data_dir") {
    if (!isa<StringAttr>(attribute.getValue()))
      return op->emitOpError() << "attribute `" << name << "` must be a string";
  } else {
    return success();
  }
  if (!isa<ModuleOp>(op))
    return op->emitOpError() << "attribute `" << name << "` belongs on a module";
  return success();
}

static LogicalResult verifyNameAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() == "onnx.name" && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError() << "attribute `onnx.name` must be a string";
  return success();
}

LogicalResult OnnxDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned,
                                                    NamedAttribute attribute) {
  return verifyNameAttribute(op, attribute);
}

LogicalResult OnnxDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                                       NamedAttribute attribute) {
  return verifyNameAttribute(op, attribute);
}

//===-- #onnx.weights -----------------------------------------------------===//

LogicalResult WeightsAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                                  StringRef file, uint64_t offset, uint64_t length,
                                  StringRef digest, RankedTensorType type) {
  if (file.empty())
    return emitError() << "`#onnx.weights` needs a file name";
  if (!type)
    return emitError() << "`#onnx.weights` needs a ranked tensor type";
  if (!type.hasStaticShape())
    return emitError() << "`#onnx.weights` needs a static shape, found " << type;
  Type element = type.getElementType();
  if (!element.isIntOrFloat() || (element.getIntOrFloatBitWidth() != 1 &&
                                  element.getIntOrFloatBitWidth() % 8 != 0))
    return emitError() << "`#onnx.weights` holds floats, integers or booleans, found " << element;
  // A boolean takes a whole byte, as in an ONNX file.
  uint64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  for (int64_t dimension : type.getShape()) {
    auto product = llvm::checkedMulUnsigned<uint64_t>(bytes, dimension);
    if (!product)
      return emitError() << "the size of " << type << " overflows";
    bytes = *product;
  }
  if (length != bytes)
    return emitError() << "`#onnx.weights` has length " << length << ", but " << type << " takes "
                       << bytes << " bytes";
  if (!llvm::checkedAddUnsigned<uint64_t>(offset, length))
    return emitError() << "`#onnx.weights`: offset + length overflows";
  auto isHex = [](char c) { return llvm::isDigit(c) || (c >= 'a' && c <= 'f'); };
  if (digest.size() != 32 || !llvm::all_of(digest, isHex))
    return emitError() << "`#onnx.weights`: the digest must be 32 lower-case hexadecimal digits, "
                          "found \""
                       << digest << "\"";
  return success();
}

//===-- Folders and names -------------------------------------------------===//

OpFoldResult NoValueOp::fold(FoldAdaptor) { return UnitAttr::get(getContext()); }

void NoValueOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), "none"); }

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

void ConstantOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  setName(getOutput(), isa<WeightsAttr>(getValueAttr()) ? "weights" : "cst");
}

OpFoldResult IdentityOp::fold(FoldAdaptor) {
  return getX().getType() == getY().getType() ? getX() : OpFoldResult();
}

OpFoldResult CastOp::fold(FoldAdaptor) {
  return getInput().getType() == getOutput().getType() ? getInput() : OpFoldResult();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  std::optional<ArrayRef<int64_t>> perm = getPerm();
  if (!perm || getData().getType() != getTransposed().getType())
    return {};
  for (auto [to, from] : llvm::enumerate(*perm))
    if (static_cast<int64_t>(to) != from)
      return {};
  return getData();
}

} // namespace zkc::onnx

//===-- C interface -------------------------------------------------------===//

using zkc::onnx::WeightsAttr;

extern "C" {
bool zkcAttrIsAWeights(MlirAttribute attribute) { return isa<WeightsAttr>(unwrap(attribute)); }

MlirStringRef zkcWeightsGetFile(MlirAttribute attribute) {
  return wrap(cast<WeightsAttr>(unwrap(attribute)).getFile());
}

uint64_t zkcWeightsGetOffset(MlirAttribute attribute) {
  return cast<WeightsAttr>(unwrap(attribute)).getOffset();
}

uint64_t zkcWeightsGetLength(MlirAttribute attribute) {
  return cast<WeightsAttr>(unwrap(attribute)).getLength();
}

MlirStringRef zkcWeightsGetDigest(MlirAttribute attribute) {
  return wrap(cast<WeightsAttr>(unwrap(attribute)).getDigest());
}

MlirType zkcWeightsGetType(MlirAttribute attribute) {
  return wrap(Type(cast<WeightsAttr>(unwrap(attribute)).getType()));
}

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Onnx, onnx, zkc::onnx::OnnxDialect)
}
