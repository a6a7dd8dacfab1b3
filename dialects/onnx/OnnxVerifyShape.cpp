// Verifiers of data movement.

#include "OnnxVerify.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace zkc::onnx {

LogicalResult ConstantOfShapeOp::verify() {
  auto type = cast<ShapedType>(getValue().getType());
  if (!type.hasStaticShape() || type.getNumElements() != 1)
    return emitOpError() << "attribute `value` must have one element, found " << type;
  Type element = getElementTypeOrSelf(getOutput());
  if (type.getElementType() != element)
    return emitOpError() << "attribute `value` has element type " << type.getElementType()
                         << ", the result " << element;
  return expectRank(*this, getInput(), "input", 1);
}

LogicalResult CastOp::verify() {
  Type element = getElementTypeOrSelf(getOutput());
  if (getTo() != element)
    return emitOpError() << "attribute `to` is " << getTo() << ", the result has element type "
                         << element;
  return success();
}

LogicalResult ReshapeOp::verify() {
  if (failed(expectOneElementType(*this, getData(), getReshaped())) ||
      failed(expectFlag(*this, "allowzero", getAllowzero())) ||
      failed(expectRank(*this, getShape(), "shape", 1)))
    return failure();
  return expectSameCount(*this, getData(), getReshaped());
}

LogicalResult FlattenOp::verify() {
  std::optional<Dims> dims = dimsOf(getInput()), out = dimsOf(getOutput());
  if (out && out->size() != 2)
    return emitOpError() << "result must have rank 2, found " << out->size();
  int64_t axis = getAxis();
  if (dims && failed(resolveAxis(*this, axis, dims->size(), dims->size())))
    return failure();
  if (failed(expectOneElementType(*this, getInput(), getOutput())))
    return failure();
  return expectSameCount(*this, getInput(), getOutput());
}

LogicalResult SqueezeOp::verify() {
  if (failed(expectOneElementType(*this, getData(), getSqueezed())) ||
      failed(expectRank(*this, getAxes(), "axes", 1)))
    return failure();
  return expectSameCount(*this, getData(), getSqueezed());
}

LogicalResult UnsqueezeOp::verify() {
  if (failed(expectOneElementType(*this, getData(), getExpanded())) ||
      failed(expectRank(*this, getAxes(), "axes", 1)))
    return failure();
  return expectSameCount(*this, getData(), getExpanded());
}

LogicalResult TransposeOp::verify() {
  if (failed(expectOneElementType(*this, getData(), getTransposed())))
    return failure();
  std::optional<Dims> dims = dimsOf(getData());
  std::optional<Dims> perm = getPerm();
  if (perm) {
    llvm::SmallBitVector seen(perm->size());
    for (int64_t axis : *perm) {
      if (axis < 0 || axis >= static_cast<int64_t>(perm->size()) || seen[axis])
        return emitOpError() << "attribute `perm` is not a permutation: " << text(*perm);
      seen.set(axis);
    }
  }
  if (!dims)
    return success();
  if (perm && perm->size() != dims->size())
    return emitOpError() << "attribute `perm` has " << perm->size()
                         << " elements for an operand of rank " << dims->size();
  SmallVector<int64_t> expected;
  for (size_t i = 0; i < dims->size(); ++i)
    expected.push_back((*dims)[perm ? (*perm)[i] : dims->size() - 1 - i]);
  return expectResult(*this, getTransposed(), expected);
}

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError() << "needs at least one operand";
  if (failed(expectOneElementType(*this, getInputs(), getConcatResult())))
    return failure();
  std::optional<Dims> first = dimsOf(getInputs().front());
  if (!first)
    return success();
  int64_t axis = getAxis();
  if (failed(resolveAxis(*this, axis, first->size(), static_cast<int64_t>(first->size()) - 1)))
    return failure();
  SmallVector<int64_t> expected(*first);
  for (auto [index, input] : llvm::enumerate(getInputs().drop_front())) {
    std::optional<Dims> dims = dimsOf(input);
    if (!dims)
      return success();
    if (dims->size() != expected.size())
      return emitOpError() << "operand #" << index + 1 << " has rank " << dims->size()
                           << ", operand #0 " << expected.size();
    for (auto [i, dim] : llvm::enumerate(*dims)) {
      int64_t &have = expected[i];
      if (static_cast<int64_t>(i) == axis)
        have = have == unknown || dim == unknown ? unknown : have + dim;
      else if (!agree(have, dim))
        return emitOpError() << "operand #" << index + 1 << " has dimension " << dim << " at axis "
                             << i << ", others " << have;
      else if (have == unknown)
        have = dim;
    }
  }
  return expectResult(*this, getConcatResult(), expected);
}

LogicalResult SplitOp::verify() {
  if (getOutputs().empty())
    return emitOpError() << "needs at least one result";
  for (Value output : getOutputs())
    if (failed(expectOneElementType(*this, getInput(), output)) ||
        failed(expectSameRank(*this, getInput(), output)))
      return failure();
  int64_t parts = getOutputs().size();
  if (getNumOutputs() && static_cast<int64_t>(*getNumOutputs()) != parts)
    return emitOpError() << "attribute `num_outputs` is " << *getNumOutputs() << ", but there are "
                         << parts << " results";
  std::optional<Dims> split = dimsOf(getSplit());
  if (failed(expectRank(*this, getSplit(), "split", 1)))
    return failure();
  if (split && !agree((*split)[0], parts))
    return emitOpError() << "operand `split` has " << (*split)[0] << " elements for " << parts
                         << " results";
  std::optional<Dims> dims = dimsOf(getInput());
  int64_t axis = getAxis();
  return dims ? resolveAxis(*this, axis, dims->size(), static_cast<int64_t>(dims->size()) - 1)
              : success();
}

LogicalResult SliceOp::verify() {
  if (failed(expectOneElementType(*this, getData(), getOutput())))
    return failure();
  std::pair<Value, StringRef> lists[] = {
      {getStarts(), "starts"}, {getEnds(), "ends"}, {getAxes(), "axes"}, {getSteps(), "steps"}};
  int64_t length = unknown;
  for (auto [value, name] : lists) {
    if (failed(expectRank(*this, value, name, 1)))
      return failure();
    std::optional<Dims> dims = dimsOf(value);
    if (!dims)
      continue;
    if (!agree(length, (*dims)[0]))
      return emitOpError() << "operand `" << name << "` has " << (*dims)[0] << " elements, others "
                           << length;
    if (length == unknown)
      length = (*dims)[0];
  }
  return expectSameRank(*this, getData(), getOutput());
}

LogicalResult GatherOp::verify() {
  if (failed(expectOneElementType(*this, getData(), getOutput())))
    return failure();
  std::optional<Dims> data = dimsOf(getData()), indices = dimsOf(getIndices());
  int64_t axis = getAxis();
  if (!data)
    return success();
  if (data->empty())
    return emitOpError() << "operand `data` must not be a scalar";
  if (failed(resolveAxis(*this, axis, data->size(), static_cast<int64_t>(data->size()) - 1)))
    return failure();
  if (!indices)
    return success();
  SmallVector<int64_t> expected(data->take_front(axis));
  llvm::append_range(expected, *indices);
  llvm::append_range(expected, data->drop_front(axis + 1));
  return expectResult(*this, getOutput(), expected);
}

LogicalResult ExpandOp::verify() {
  if (failed(expectOneElementType(*this, getInput(), getOutput())))
    return failure();
  return expectRank(*this, getShape(), "shape", 1);
}

LogicalResult TileOp::verify() {
  if (failed(expectOneElementType(*this, getInput(), getOutput())) ||
      failed(expectRank(*this, getRepeats(), "repeats", 1)))
    return failure();
  std::optional<Dims> dims = dimsOf(getInput()), repeats = dimsOf(getRepeats());
  if (dims && repeats && !agree((*repeats)[0], dims->size()))
    return emitOpError() << "operand `repeats` has " << (*repeats)[0]
                         << " elements for an operand of rank " << dims->size();
  return expectSameRank(*this, getInput(), getOutput());
}

LogicalResult PadOp::verify() {
  if (failed(expectOneElementType(*this, {getData(), getConstantValue()}, getOutput())) ||
      failed(expectRank(*this, getPads(), "pads", 1)) ||
      failed(expectRank(*this, getAxes(), "axes", 1)) ||
      failed(expectOneOf(*this, "mode", getMode(), {"constant", "edge", "reflect", "wrap"})))
    return failure();
  auto fill = dyn_cast<RankedTensorType>(getConstantValue().getType());
  if (fill && fill.hasStaticShape() && fill.getNumElements() != 1)
    return emitOpError() << "operand `constant_value` must have one element, found " << fill;
  std::optional<Dims> dims = dimsOf(getData()), pads = dimsOf(getPads()), axes = dimsOf(getAxes());
  int64_t padded = isAbsent(getAxes()) ? (dims ? static_cast<int64_t>(dims->size()) : unknown)
                                       : (axes ? (*axes)[0] : unknown);
  if (pads && padded != unknown && !agree((*pads)[0], 2 * padded))
    return emitOpError() << "operand `pads` must have " << 2 * padded << " elements, found "
                         << (*pads)[0];
  return expectSameRank(*this, getData(), getOutput());
}

LogicalResult ShapeOp::verify() {
  std::optional<Dims> dims = dimsOf(getShape());
  if (dims && dims->size() != 1)
    return emitOpError() << "result must have rank 1, found " << dims->size();
  return success();
}

LogicalResult SizeOp::verify() { return expectResult(*this, getSize(), {}); }

} // namespace zkc::onnx
