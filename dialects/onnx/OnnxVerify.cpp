// What verifiers of several families share.

#include "OnnxVerify.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace zkc::onnx {

bool isAbsent(Value value) { return isa<NoneType>(value.getType()); }

std::optional<Dims> dimsOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? std::optional<Dims>(type.getShape()) : std::nullopt;
}

bool agree(int64_t a, int64_t b) { return a == b || a == unknown || b == unknown; }

std::string text(Dims dims) {
  std::string out = "[";
  llvm::raw_string_ostream stream(out);
  llvm::interleaveComma(dims, stream, [&](int64_t dim) {
    if (dim == unknown)
      stream << "?";
    else
      stream << dim;
  });
  return out + "]";
}

LogicalResult expectRank(Operation *op, Value value, StringRef name, size_t rank) {
  if (isAbsent(value))
    return success();
  std::optional<Dims> dims = dimsOf(value);
  if (dims && dims->size() != rank)
    return op->emitOpError() << "operand `" << name << "` must have rank " << rank << ", found "
                             << dims->size();
  return success();
}

LogicalResult expectOneElementType(Operation *op, ValueRange operands, Value result) {
  Type element = getElementTypeOrSelf(result);
  for (auto [index, operand] : llvm::enumerate(operands)) {
    Type found = getElementTypeOrSelf(operand);
    if (!isAbsent(operand) && found != element)
      return op->emitOpError() << "operand #" << index << " has element type " << found
                               << ", the result " << element;
  }
  return success();
}

LogicalResult expectResult(Operation *op, Value result, Dims expected) {
  std::optional<Dims> found = dimsOf(result);
  if (!found)
    return success();
  if (found->size() != expected.size() || !llvm::all_of_zip(*found, expected, agree))
    return op->emitOpError() << "result has shape " << text(*found) << ", expected "
                             << text(expected);
  return success();
}

LogicalResult expectFlag(Operation *op, StringRef name, int64_t value) {
  if (value != 0 && value != 1)
    return op->emitOpError() << "attribute `" << name << "` must be 0 or 1, found " << value;
  return success();
}

LogicalResult expectOneOf(Operation *op, StringRef name, StringRef value,
                          ArrayRef<StringRef> allowed) {
  if (llvm::is_contained(allowed, value))
    return success();
  InFlightDiagnostic error = op->emitOpError();
  error << "attribute `" << name << "` must be one of ";
  llvm::interleaveComma(allowed, error, [&](StringRef each) { error << '"' << each << '"'; });
  return error << ", found \"" << value << "\"";
}

LogicalResult resolveAxis(Operation *op, int64_t &axis, int64_t rank, int64_t last) {
  if (axis < -rank || axis > last)
    return op->emitOpError() << "axis " << axis << " is not in [" << -rank << ", " << last
                             << "] for an operand of rank " << rank;
  if (axis < 0)
    axis += rank;
  return success();
}

FailureOr<std::optional<SmallVector<int64_t>>> broadcast(Operation *op, ValueRange operands) {
  SmallVector<int64_t> out;
  for (Value operand : operands) {
    std::optional<Dims> dims = dimsOf(operand);
    if (!dims)
      return std::optional<SmallVector<int64_t>>();
    if (dims->size() > out.size())
      out.insert(out.begin(), dims->size() - out.size(), 1);
    for (size_t i = 0; i < dims->size(); ++i) {
      int64_t &have = out[out.size() - 1 - i];
      int64_t next = (*dims)[dims->size() - 1 - i];
      if (have == 1 || (have == unknown && next != 1))
        have = next;
      else if (next != 1 && !agree(have, next))
        return op->emitOpError() << "operands do not broadcast: dimensions " << have << " and "
                                 << next << ", " << i + 1 << " from the end";
    }
  }
  return std::optional<SmallVector<int64_t>>(out);
}

LogicalResult expectBroadcast(Operation *op, ValueRange operands, Value result) {
  auto dims = broadcast(op, operands);
  if (failed(dims))
    return failure();
  return *dims ? expectResult(op, result, **dims) : success();
}

LogicalResult expectSameCount(Operation *op, Value operand, Value result) {
  auto from = cast<ShapedType>(operand.getType()), to = cast<ShapedType>(result.getType());
  if (from.hasStaticShape() && to.hasStaticShape() && from.getNumElements() != to.getNumElements())
    return op->emitOpError() << "operand has " << from.getNumElements() << " elements, result "
                             << to.getNumElements();
  return success();
}

LogicalResult expectSameRank(Operation *op, Value operand, Value result) {
  std::optional<Dims> from = dimsOf(operand), to = dimsOf(result);
  if (from && to && from->size() != to->size())
    return op->emitOpError() << "operand has rank " << from->size() << ", result " << to->size();
  return success();
}

} // namespace zkc::onnx
