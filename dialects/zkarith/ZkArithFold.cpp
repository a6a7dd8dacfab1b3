// Folders of the `zkarith` dialect.

#include "ZkArith.h"

using namespace mlir;
using llvm::APInt;

namespace zkc::zkarith {

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

/// Operations that change nothing but the type fold away when the type stays too.
template <typename Op> static OpFoldResult foldSameType(Op op) {
  return op.getInput().getType() == op.getType() ? OpFoldResult(op.getInput()) : OpFoldResult();
}

static bool isZero(Attribute a) {
  auto dense = dyn_cast_or_null<DenseIntElementsAttr>(a);
  return dense && dense.isSplat() && dense.getSplatValue<APInt>().isZero();
}

OpFoldResult AddOp::fold(FoldAdaptor a) {
  if (isZero(a.getRhs()) && getLhs().getType() == getType())
    return getLhs();
  if (isZero(a.getLhs()) && getRhs().getType() == getType())
    return getRhs();
  return {};
}

OpFoldResult SubOp::fold(FoldAdaptor a) {
  return isZero(a.getRhs()) && getLhs().getType() == getType() ? OpFoldResult(getLhs())
                                                                : OpFoldResult();
}

OpFoldResult UpscaleOp::fold(FoldAdaptor) { return foldSameType(*this); }
OpFoldResult ReinterpretOp::fold(FoldAdaptor) { return foldSameType(*this); }
OpFoldResult BroadcastOp::fold(FoldAdaptor) { return foldSameType(*this); }

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    // Two reshapes in a row are one; only the shape of the last one is seen.
    if (inner.getInput().getType() == getType())
      return inner.getInput();
  }
  return foldSameType(*this);
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  for (auto [i, p] : llvm::enumerate(getPermutation()))
    if (int64_t(i) != p)
      return {};
  return foldSameType(*this);
}

OpFoldResult ReluOp::fold(FoldAdaptor) {
  auto type = cast<RankedTensorType>(getInput().getType());
  // Bounds have at most 288 digits, 960 bits.
  APInt lo(1024, cast<FixedType>(type.getElementType()).getLo(), 10);
  return lo.isNegative() ? OpFoldResult() : foldSameType(*this);
}

OpFoldResult ClampOp::fold(FoldAdaptor) { return foldSameType(*this); }

} // namespace zkc::zkarith
