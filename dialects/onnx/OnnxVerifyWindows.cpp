// Verifiers of convolutions and pooling.

#include "OnnxVerify.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace zkc::onnx {

namespace {
/// Where the windows of a convolution or pooling lie.
struct Windows {
  Operation *op;
  StringRef autoPad;
  std::optional<Dims> dilations, pads, strides;
  bool ceil = false;

  LogicalResult expectList(StringRef name, std::optional<Dims> list, size_t length,
                           int64_t least) const {
    if (!list)
      return success();
    if (list->size() != length)
      return op->emitOpError() << "attribute `" << name << "` must have " << length
                               << " elements, found " << list->size();
    // The upper limit keeps the arithmetic on windows from overflowing.
    for (int64_t value : *list)
      if (value < least || value > std::numeric_limits<int32_t>::max())
        return op->emitOpError() << "attribute `" << name << "` must hold 32-bit integers not below "
                                 << least << ", found " << value;
    return success();
  }

  /// Checks the attributes for `kernel.size()` spatial axes.
  LogicalResult verify(Dims kernel) const {
    size_t rank = kernel.size();
    if (failed(expectOneOf(op, "auto_pad", autoPad, {"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"})))
      return failure();
    return success(succeeded(expectList("kernel_shape", kernel, rank, 1)) &&
                   succeeded(expectList("strides", strides, rank, 1)) &&
                   succeeded(expectList("dilations", dilations, rank, 1)) &&
                   succeeded(expectList("pads", pads, 2 * rank, 0)));
  }

  /// Number of windows along one axis; `unknown` if a size is.
  int64_t count(size_t axis, size_t rank, int64_t input, int64_t kernel) const {
    if (input == unknown || kernel == unknown)
      return unknown;
    int64_t stride = strides ? (*strides)[axis] : 1;
    if (autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER")
      return llvm::divideCeil(input, stride);
    bool explicitPads = pads && autoPad == "NOTSET";
    int64_t before = explicitPads ? (*pads)[axis] : 0;
    int64_t after = explicitPads ? (*pads)[axis + rank] : 0;
    int64_t extent = (dilations ? (*dilations)[axis] : 1) * (kernel - 1) + 1;
    int64_t room = input + before + after - extent;
    if (room < 0)
      return -1;
    if (!ceil || autoPad == "VALID")
      return room / stride + 1;
    int64_t windows = llvm::divideCeil(room, stride) + 1;
    // A window that would start behind the operand and its front padding is left out.
    return (windows - 1) * stride >= input + before ? windows - 1 : windows;
  }

  /// `lead` are the result's first two dimensions.
  LogicalResult verifyResult(Value x, Value result, Dims kernel, Dims lead) const {
    std::optional<Dims> dims = dimsOf(x);
    if (!dims)
      return success();
    SmallVector<int64_t> expected(lead);
    for (auto [axis, size] : llvm::enumerate(kernel)) {
      int64_t windows = count(axis, kernel.size(), (*dims)[axis + 2], size);
      if (windows == -1)
        return op->emitOpError() << "the window does not fit into the padded operand along "
                                    "spatial axis "
                                 << axis;
      expected.push_back(windows);
    }
    return expectResult(op, result, expected);
  }
};
} // namespace

static LogicalResult verifyPool(Operation *op, const Windows &windows, Value x, Value y,
                                Dims kernel) {
  if (failed(expectOneElementType(op, x, y)))
    return failure();
  if (kernel.empty())
    return op->emitOpError() << "attribute `kernel_shape` must not be empty";
  if (failed(windows.verify(kernel)) || failed(expectRank(op, x, "X", kernel.size() + 2)))
    return failure();
  std::optional<Dims> dims = dimsOf(x);
  return dims ? windows.verifyResult(x, y, kernel, dims->take_front(2)) : success();
}

LogicalResult AveragePoolOp::verify() {
  if (failed(expectFlag(*this, "ceil_mode", getCeilMode())) ||
      failed(expectFlag(*this, "count_include_pad", getCountIncludePad())))
    return failure();
  Windows windows{*this, getAutoPad(), getDilations(), getPads(), getStrides(), getCeilMode() == 1};
  return verifyPool(*this, windows, getX(), getY(), getKernelShape());
}

LogicalResult MaxPoolOp::verify() {
  if (failed(expectFlag(*this, "ceil_mode", getCeilMode())) ||
      failed(expectFlag(*this, "storage_order", getStorageOrder())))
    return failure();
  Windows windows{*this, getAutoPad(), getDilations(), getPads(), getStrides(), getCeilMode() == 1};
  return verifyPool(*this, windows, getX(), getY(), getKernelShape());
}

LogicalResult ConvOp::verify() {
  if (failed(expectOneElementType(*this, getOperands(), getY())))
    return failure();
  if (getGroup() < 1)
    return emitOpError() << "attribute `group` must be positive, found " << getGroup();
  std::optional<Dims> x = dimsOf(getX()), w = dimsOf(getW()), b = dimsOf(getB());
  if (failed(expectRank(*this, getB(), "B", 1)))
    return failure();
  if (x && x->size() < 3)
    return emitOpError() << "operand `X` must have rank 3 or more, found " << x->size();
  if (!w)
    return success();
  if (w->size() < 3)
    return emitOpError() << "operand `W` must have rank 3 or more, found " << w->size();
  Dims kernel = w->drop_front(2);
  if (std::optional<Dims> shape = getKernelShape())
    if (shape->size() != kernel.size() || !llvm::all_of_zip(*shape, kernel, agree))
      return emitOpError() << "attribute `kernel_shape` is " << text(*shape)
                           << ", but the kernel of `W` is " << text(kernel);
  Windows windows{*this, getAutoPad(), getDilations(), getPads(), getStrides()};
  // A dimension of the kernel that is not known yet takes part as a one.
  SmallVector<int64_t> known(kernel);
  llvm::replace(known, unknown, int64_t(1));
  if (failed(windows.verify(known)) || failed(expectRank(*this, getX(), "X", w->size())))
    return failure();
  int64_t group = getGroup(), out = (*w)[0], channels = (*w)[1];
  if (out != unknown && out % group != 0)
    return emitOpError() << out << " output channels do not divide into " << group << " groups";
  if (b && !agree((*b)[0], out))
    return emitOpError() << "operand `B` has " << (*b)[0] << " elements for " << out
                         << " output channels";
  if (!x)
    return success();
  if ((*x)[1] != unknown && channels != unknown && (*x)[1] != channels * group)
    return emitOpError() << "operand `X` has " << (*x)[1] << " channels, but `W` wants " << channels
                         << " in each of " << group << " groups";
  return windows.verifyResult(getX(), getY(), kernel, {(*x)[0], out});
}

template <typename GlobalPool> static LogicalResult verifyGlobalPool(GlobalPool op) {
  std::optional<Dims> dims = dimsOf(op.getX());
  if (!dims)
    return success();
  if (dims->size() < 3)
    return op.emitOpError() << "operand `X` must have rank 3 or more, found " << dims->size();
  SmallVector<int64_t> expected(dims->size(), 1);
  llvm::copy(dims->take_front(2), expected.begin());
  return expectResult(op, op.getY(), expected);
}

LogicalResult GlobalAveragePoolOp::verify() { return verifyGlobalPool(*this); }
LogicalResult GlobalMaxPoolOp::verify() { return verifyGlobalPool(*this); }

} // namespace zkc::onnx
