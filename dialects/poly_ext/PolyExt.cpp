// Verifiers of the `poly_ext` dialect.

#include "PolyExt.h"
#include "ZkArith.h"
#include "mlir-c/IR.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;

static ParseResult parseF64(AsmParser &p, FloatAttr &v) {
  double d;
  if (p.parseFloat(d))
    return failure();
  v = p.getBuilder().getF64FloatAttr(d);
  return success();
}

static void printF64(AsmPrinter &p, FloatAttr v) { p.printAttributeWithoutType(v); }

/// A list of doubles that reads back to the same bits. DenseF64ArrayAttr's own form rounds to six digits.
static ParseResult parseF64s(AsmParser &p, DenseF64ArrayAttr &list) {
  SmallVector<double> values;
  if (p.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                [&] { return p.parseFloat(values.emplace_back()); }))
    return failure();
  list = p.getBuilder().getDenseF64ArrayAttr(values);
  return success();
}

static void printF64s(AsmPrinter &p, DenseF64ArrayAttr list) {
  Builder b(list.getContext());
  p << '[';
  llvm::interleaveComma(list.asArrayRef(), p.getStream(), [&](double v) {
    p.printAttributeWithoutType(b.getF64FloatAttr(v));
  });
  p << ']';
}

#include "PolyExtDialect.cpp.inc"
#include "PolyExtEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "PolyExtAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "PolyExtOps.cpp.inc"

namespace zkc::poly_ext {

void PolyExtDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "PolyExtAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "PolyExtOps.cpp.inc"
      >();
}

using ErrorFn = llvm::function_ref<InFlightDiagnostic()>;

/// Type of the values of a table, or null when they are no one-dimensional integer tensor.
static RankedTensorType valuesType(Attribute values) {
  auto typed = dyn_cast<TypedAttr>(values);
  auto type = typed ? dyn_cast<RankedTensorType>(typed.getType()) : RankedTensorType();
  if (!type || type.getRank() != 1 || !type.hasStaticShape() ||
      !type.getElementType().isSignlessInteger())
    return {};
  return type;
}

LogicalResult TableAttr::verify(ErrorFn err, int64_t, Attribute values) {
  RankedTensorType type = valuesType(values);
  if (!type || type.getNumElements() == 0)
    return err() << "table values must be a non-empty one-dimensional integer tensor";
  return success();
}

static LogicalResult verifyInterval(ErrorFn err, StringRef what, DenseF64ArrayAttr iv) {
  if (iv.size() != 2 || !std::isfinite(iv[0]) || !std::isfinite(iv[1]) || iv[0] > iv[1])
    return err() << what << " must be [lo, hi] with finite lo <= hi";
  return success();
}

LogicalResult PolynomialAttr::verify(ErrorFn err, Basis basis, DenseF64ArrayAttr coefficients,
                                     DenseF64ArrayAttr on) {
  if (coefficients.empty())
    return err() << "polynomial needs at least one coefficient";
  for (double c : coefficients.asArrayRef())
    if (!std::isfinite(c))
      return err() << "coefficients must be finite";
  if (failed(verifyInterval(err, "interval", on)))
    return failure();
  if (basis == Basis::Chebyshev && !(on[0] < on[1]))
    return err() << "a Chebyshev basis needs an interval with lo < hi";
  return success();
}

LogicalResult ApproxAttr::verify(ErrorFn err, StringRef function, DenseF64ArrayAttr domain,
                                 Outside, Attribute form, FloatAttr maxError, Certificate,
                                 StringRef) {
  if (function.empty())
    return err() << "approximation needs a function name";
  if (failed(verifyInterval(err, "domain", domain)))
    return failure();
  if (!isa<TableAttr, PolynomialAttr>(form))
    return err() << "form must be a table or a polynomial";
  double e = maxError.getValueAsDouble();
  if (!std::isfinite(e) || e < 0)
    return err() << "max_error must be finite and not negative";
  return success();
}

LogicalResult EvalOp::verify() {
  auto in = cast<RankedTensorType>(getInput().getType());
  auto out = cast<RankedTensorType>(getResult().getType());
  if (in.getShape() != out.getShape())
    return emitOpError("must keep the shape");
  auto table = dyn_cast<TableAttr>(getApprox().getForm());
  auto from = dyn_cast<zkarith::FixedType>(in.getElementType());
  auto to = dyn_cast<zkarith::FixedType>(out.getElementType());
  if (!from || !to) {
    if (!isa<FloatType>(in.getElementType()) || in.getElementType() != out.getElementType())
      return emitOpError("needs tensors of !zkarith.fixed, or tensors of one float type");
    if (table)
      return emitOpError("a table needs tensors of !zkarith.fixed");
    return success();
  }
  if (!table)
    return emitOpError("fixed-point operands need a table");
  constexpr unsigned wide = 2048;
  int64_t n = valuesType(table.getValues()).getNumElements();
  llvm::APInt first(wide, table.getFrom(), /*isSigned=*/true), last = first + uint64_t(n - 1);
  if (getApprox().getOutside() != Outside::Saturate &&
      (llvm::APInt(wide, from.getLo(), 10).slt(first) ||
       llvm::APInt(wide, from.getHi(), 10).sgt(last)))
    return emitOpError("operand bounds leave the table, and nothing says what happens there");
  if (auto dense = dyn_cast<DenseIntElementsAttr>(table.getValues())) {
    llvm::APInt lo(wide, to.getLo(), 10), hi(wide, to.getHi(), 10);
    for (llvm::APInt v : dense.getValues<llvm::APInt>())
      if (llvm::APInt w = v.sext(wide); w.slt(lo) || w.sgt(hi))
        return emitOpError("table value ") << v.getSExtValue() << " leaves the result's bounds";
  }
  return success();
}

} // namespace zkc::poly_ext

//===-- C API -------------------------------------------------------------===//

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(PolyExt, poly_ext, zkc::poly_ext::PolyExtDialect)

bool zkcAttrIsATable(MlirAttribute a) { return isa<zkc::poly_ext::TableAttr>(unwrap(a)); }
int64_t zkcTableGetFrom(MlirAttribute a) {
  return cast<zkc::poly_ext::TableAttr>(unwrap(a)).getFrom();
}
MlirAttribute zkcTableGetValues(MlirAttribute a) {
  return wrap(cast<zkc::poly_ext::TableAttr>(unwrap(a)).getValues());
}
bool zkcAttrIsAPolynomial(MlirAttribute a) {
  return isa<zkc::poly_ext::PolynomialAttr>(unwrap(a));
}
uint32_t zkcPolynomialGetBasis(MlirAttribute a) {
  return uint32_t(cast<zkc::poly_ext::PolynomialAttr>(unwrap(a)).getBasis());
}
MlirAttribute zkcPolynomialGetCoefficients(MlirAttribute a) {
  return wrap(cast<zkc::poly_ext::PolynomialAttr>(unwrap(a)).getCoefficients());
}
MlirAttribute zkcPolynomialGetOn(MlirAttribute a) {
  return wrap(cast<zkc::poly_ext::PolynomialAttr>(unwrap(a)).getOn());
}
bool zkcAttrIsAnApprox(MlirAttribute a) { return isa<zkc::poly_ext::ApproxAttr>(unwrap(a)); }
MlirStringRef zkcApproxGetFunction(MlirAttribute a) {
  return wrap(cast<zkc::poly_ext::ApproxAttr>(unwrap(a)).getFunction());
}
MlirAttribute zkcApproxGetDomain(MlirAttribute a) {
  return wrap(cast<zkc::poly_ext::ApproxAttr>(unwrap(a)).getDomain());
}
uint32_t zkcApproxGetOutside(MlirAttribute a) {
  return uint32_t(cast<zkc::poly_ext::ApproxAttr>(unwrap(a)).getOutside());
}
MlirAttribute zkcApproxGetForm(MlirAttribute a) {
  return wrap(cast<zkc::poly_ext::ApproxAttr>(unwrap(a)).getForm());
}
double zkcApproxGetMaxError(MlirAttribute a) {
  return cast<zkc::poly_ext::ApproxAttr>(unwrap(a)).getMaxError().getValueAsDouble();
}
uint32_t zkcApproxGetCertificate(MlirAttribute a) {
  return uint32_t(cast<zkc::poly_ext::ApproxAttr>(unwrap(a)).getCertificate());
}
MlirStringRef zkcApproxGetProducer(MlirAttribute a) {
  return wrap(cast<zkc::poly_ext::ApproxAttr>(unwrap(a)).getProducer());
}
}
