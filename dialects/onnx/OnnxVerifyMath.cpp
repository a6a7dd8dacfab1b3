// Verifiers of element-wise operations, linear operations, normalization and reductions.

#include "OnnxVerify.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace zkc::onnx {

//===-- Element-wise operations -------------------------------------------===//

template <typename Binary> static LogicalResult verifyBinary(Binary op) {
  if (failed(expectOneElementType(op, op.getOperands(), op.getC())))
    return failure();
  return expectBroadcast(op, op.getOperands(), op.getC());
}

LogicalResult AddOp::verify() { return verifyBinary(*this); }
LogicalResult SubOp::verify() { return verifyBinary(*this); }
LogicalResult MulOp::verify() { return verifyBinary(*this); }
LogicalResult DivOp::verify() { return verifyBinary(*this); }

LogicalResult PowOp::verify() {
  if (failed(expectOneElementType(*this, getX(), getZ())))
    return failure();
  return expectBroadcast(*this, getOperands(), getZ());
}

template <typename Variadic> static LogicalResult verifyVariadic(Variadic op) {
  if (op.getInputs().empty())
    return op.emitOpError() << "needs at least one operand";
  if (failed(expectOneElementType(op, op.getInputs(), op.getResult())))
    return failure();
  return expectBroadcast(op, op.getInputs(), op.getResult());
}

LogicalResult MaxOp::verify() { return verifyVariadic(*this); }
LogicalResult MinOp::verify() { return verifyVariadic(*this); }
LogicalResult SumOp::verify() { return verifyVariadic(*this); }
LogicalResult MeanOp::verify() { return verifyVariadic(*this); }

LogicalResult GeluOp::verify() {
  return expectOneOf(*this, "approximate", getApproximate(), {"none", "tanh"});
}

LogicalResult ClipOp::verify() {
  if (failed(expectOneElementType(*this, getOperands(), getOutput())) ||
      failed(expectRank(*this, getMin(), "min", 0)) || failed(expectRank(*this, getMax(), "max", 0)))
    return failure();
  std::optional<Dims> dims = dimsOf(getInput());
  return dims ? expectResult(*this, getOutput(), *dims) : success();
}

//===-- Linear operations and normalization -------------------------------===//

LogicalResult MatMulOp::verify() {
  if (failed(expectOneElementType(*this, getOperands(), getY())))
    return failure();
  std::optional<Dims> a = dimsOf(getA()), b = dimsOf(getB());
  if ((a && a->empty()) || (b && b->empty()))
    return emitOpError() << "operands must not be scalars";
  if (!a || !b)
    return success();
  int64_t rows = a->back(), columns = b->size() == 1 ? b->front() : (*b)[b->size() - 2];
  if (!agree(rows, columns))
    return emitOpError() << "inner dimensions differ: " << rows << " and " << columns;
  Dims leadA = a->drop_back(std::min<size_t>(2, a->size()));
  Dims leadB = b->drop_back(std::min<size_t>(2, b->size()));
  size_t lead = std::max(leadA.size(), leadB.size());
  SmallVector<int64_t> expected;
  for (size_t i = 0; i < lead; ++i) {
    int64_t x = i + leadA.size() < lead ? 1 : leadA[i + leadA.size() - lead];
    int64_t y = i + leadB.size() < lead ? 1 : leadB[i + leadB.size() - lead];
    if (x != 1 && y != 1 && !agree(x, y))
      return emitOpError() << "leading dimensions do not broadcast: " << x << " and " << y;
    expected.push_back(x == 1 || (x == unknown && y != 1) ? y : x);
  }
  if (a->size() > 1)
    expected.push_back((*a)[a->size() - 2]);
  if (b->size() > 1)
    expected.push_back(b->back());
  return expectResult(*this, getY(), expected);
}

LogicalResult GemmOp::verify() {
  if (failed(expectOneElementType(*this, getOperands(), getY())) ||
      failed(expectRank(*this, getA(), "A", 2)) || failed(expectRank(*this, getB(), "B", 2)))
    return failure();
  std::optional<Dims> a = dimsOf(getA()), b = dimsOf(getB()), c = dimsOf(getC());
  if (!a || !b)
    return success();
  int64_t rows = (*a)[getTransA() != 0], innerA = (*a)[getTransA() == 0];
  int64_t columns = (*b)[getTransB() == 0], innerB = (*b)[getTransB() != 0];
  if (!agree(innerA, innerB))
    return emitOpError() << "inner dimensions differ: " << innerA << " and " << innerB;
  if (c) {
    std::array<int64_t, 2> shape = {rows, columns};
    if (c->size() > 2)
      return emitOpError() << "operand `C` must have rank 2 or less, found " << c->size();
    for (size_t i = 0; i < c->size(); ++i) {
      int64_t have = (*c)[c->size() - 1 - i], want = shape[1 - i];
      if (have != 1 && !agree(have, want))
        return emitOpError() << "operand `C` of shape " << text(*c) << " does not broadcast to "
                             << text(shape);
    }
  }
  return expectResult(*this, getY(), {rows, columns});
}

LogicalResult BatchNormalizationOp::verify() {
  if (getTrainingMode() != 0)
    return emitOpError() << "attribute `training_mode` must be 0, found " << getTrainingMode();
  if (failed(expectOneElementType(*this, getX(), getY())))
    return failure();
  std::optional<Dims> x = dimsOf(getX());
  if (x && x->size() < 2)
    return emitOpError() << "operand `X` must have rank 2 or more, found " << x->size();
  std::pair<Value, StringRef> perChannel[] = {
      {getScale(), "scale"}, {getB(), "B"}, {getInputMean(), "input_mean"}, {getInputVar(), "input_var"}};
  for (auto [value, name] : perChannel) {
    if (failed(expectRank(*this, value, name, 1)))
      return failure();
    std::optional<Dims> dims = dimsOf(value);
    if (x && dims && !agree((*dims)[0], (*x)[1]))
      return emitOpError() << "operand `" << name << "` has " << (*dims)[0] << " elements for "
                           << (*x)[1] << " channels";
  }
  return x ? expectResult(*this, getY(), *x) : success();
}

LogicalResult SoftmaxOp::verify() {
  std::optional<Dims> dims = dimsOf(getInput());
  int64_t axis = getAxis();
  // A scalar counts as one element here, as elsewhere in practice.
  int64_t rank = dims ? std::max<int64_t>(dims->size(), 1) : 0;
  return dims ? resolveAxis(*this, axis, rank, rank - 1) : success();
}

LogicalResult DropoutOp::verify() {
  if (failed(expectOneElementType(*this, getData(), getOutput())) ||
      failed(expectRank(*this, getRatio(), "ratio", 0)) ||
      failed(expectRank(*this, getTrainingMode(), "training_mode", 0)))
    return failure();
  std::optional<Dims> dims = dimsOf(getData());
  return dims ? expectResult(*this, getOutput(), *dims) : success();
}

//===-- Reductions --------------------------------------------------------===//

template <typename Reduce> static LogicalResult verifyReduce(Reduce op) {
  if (failed(expectOneElementType(op, op.getData(), op.getReduced())) ||
      failed(expectFlag(op, "keepdims", op.getKeepdims())) ||
      failed(expectFlag(op, "noop_with_empty_axes", op.getNoopWithEmptyAxes())) ||
      failed(expectRank(op, op.getAxes(), "axes", 1)))
    return failure();
  return op.getKeepdims() == 1 ? expectSameRank(op, op.getData(), op.getReduced()) : success();
}

LogicalResult ReduceSumOp::verify() { return verifyReduce(*this); }
LogicalResult ReduceMeanOp::verify() { return verifyReduce(*this); }
LogicalResult ReduceMaxOp::verify() { return verifyReduce(*this); }
LogicalResult ReduceMinOp::verify() { return verifyReduce(*this); }

} // namespace zkc::onnx
