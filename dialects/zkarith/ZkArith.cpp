// The dialect itself and verifiers of its operations; folders are in ZkArithFold.cpp.

#include "ZkArith.h"
#include "mlir-c/IR.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using llvm::APInt;

/// Bounds are compared in integers so wide that no sum or product of two bounds wraps.
static constexpr unsigned kWide = 2048;

/// Longest accepted bound, in decimal digits: 960 bits leave room for products in kWide bits.
static constexpr size_t kMaxDigits = 288;

static ParseResult parseDecimal(AsmParser &p, std::string &out) {
  APInt value;
  llvm::SMLoc loc = p.getCurrentLocation();
  if (p.parseInteger(value))
    return failure();
  SmallString<32> digits;
  value.toStringSigned(digits);
  if (digits.size() > kMaxDigits)
    return p.emitError(loc, "bound has more than 288 digits");
  out = std::string(digits);
  return success();
}

static void printDecimal(AsmPrinter &p, StringRef digits) { p << digits; }

#include "ZkArithDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "ZkArithTypes.cpp.inc"

#define GET_OP_CLASSES
#include "ZkArithOps.cpp.inc"

namespace zkc::zkarith {

void ZkArithDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "ZkArithTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "ZkArithOps.cpp.inc"
      >();
}

Operation *ZkArithDialect::materializeConstant(OpBuilder &b, Attribute v, Type t, Location l) {
  return ConstantOp::create(b, l, t, v);
}

//===-- Bounds ------------------------------------------------------------===//

namespace {

/// An interval of integers.
struct Bounds {
  APInt lo, hi;
  bool encloses(const Bounds &o) const { return lo.sle(o.lo) && o.hi.sle(hi); }
};

bool isDecimal(StringRef s) {
  s.consume_front("-");
  return !s.empty() && s.size() <= kMaxDigits && llvm::all_of(s, [](char c) { return llvm::isDigit(c); });
}

APInt wide(StringRef digits) { return APInt(kWide, digits, 10); }

FixedType elem(Value v) {
  return cast<FixedType>(cast<RankedTensorType>(v.getType()).getElementType());
}

ArrayRef<int64_t> shape(Value v) { return cast<RankedTensorType>(v.getType()).getShape(); }

Bounds bounds(Value v) {
  FixedType t = elem(v);
  return {wide(t.getLo()), wide(t.getHi())};
}

InFlightDiagnostic &show(InFlightDiagnostic &d, const Bounds &b) {
  SmallString<32> lo, hi;
  b.lo.toStringSigned(lo);
  b.hi.toStringSigned(hi);
  d << "[" << lo << ", " << hi << "]";
  return d;
}

/// The result type must hold every value that the operation can produce.
LogicalResult checkEncloses(Operation *op, const Bounds &produced) {
  Bounds have = bounds(op->getResult(0));
  if (have.encloses(produced))
    return success();
  InFlightDiagnostic d = op->emitOpError("can produce ");
  show(d, produced) << " which leaves the result's bounds ";
  show(d, have);
  return d;
}

LogicalResult checkSameScale(Operation *op) {
  uint32_t want = elem(op->getResult(0)).getScale();
  for (Value v : op->getOperands())
    if (elem(v).getScale() != want)
      return op->emitOpError("needs operands of the result's scale ")
             << want << ", found " << elem(v).getScale();
  return success();
}

/// numpy broadcasting; an empty result stands for "do not broadcast".
std::optional<SmallVector<int64_t>> broadcast(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  size_t rank = std::max(a.size(), b.size());
  SmallVector<int64_t> out(rank);
  for (size_t i = 0; i < rank; ++i) {
    int64_t x = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    int64_t y = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (x != y && x != 1 && y != 1)
      return std::nullopt;
    out[i] = x == 1 ? y : x;
  }
  return out;
}

LogicalResult checkBroadcast(Operation *op) {
  auto want = broadcast(shape(op->getOperand(0)), shape(op->getOperand(1)));
  if (!want)
    return op->emitOpError("operand shapes do not broadcast");
  if (ArrayRef<int64_t>(*want) != shape(op->getResult(0)))
    return op->emitOpError("result shape is not the broadcast shape of the operands");
  return success();
}

LogicalResult checkSameShape(Operation *op) {
  if (shape(op->getOperand(0)) != shape(op->getResult(0)))
    return op->emitOpError("must keep the shape");
  return success();
}

Bounds product(const Bounds &a, const Bounds &b) {
  APInt c[4] = {a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi};
  Bounds r{c[0], c[0]};
  for (const APInt &x : c) {
    r.lo = llvm::APIntOps::smin(r.lo, x);
    r.hi = llvm::APIntOps::smax(r.hi, x);
  }
  return r;
}

/// floor(x / 2^s) in two's complement.
APInt floorShift(const APInt &x, unsigned s) { return x.ashr(s); }

} // namespace

//===-- Types -------------------------------------------------------------===//

LogicalResult FixedType::verify(llvm::function_ref<InFlightDiagnostic()> err, uint32_t scale,
                                StringRef lo, StringRef hi) {
  if (!isDecimal(lo) || !isDecimal(hi))
    return err() << "bounds must be decimal integers of at most 288 digits";
  if (scale > 512)
    return err() << "scale " << scale << " is larger than 512";
  if (wide(lo).sgt(wide(hi)))
    return err() << "lower bound " << lo << " is larger than upper bound " << hi;
  return success();
}

//===-- Constants ---------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  auto typed = dyn_cast<TypedAttr>(getValue());
  auto type = typed ? dyn_cast<RankedTensorType>(typed.getType()) : RankedTensorType();
  if (!type || !type.getElementType().isSignlessInteger())
    return emitOpError("needs an integer elements attribute or a reference to integer weights");
  if (type.getShape() != shape(getResult()))
    return emitOpError("value and result differ in shape");
  auto dense = dyn_cast<DenseIntElementsAttr>(getValue());
  if (!dense)
    return success();
  Bounds b = bounds(getResult());
  for (APInt v : dense.getValues<APInt>())
    if (APInt w = v.sext(kWide); w.slt(b.lo) || w.sgt(b.hi))
      return emitOpError("value ") << v.getSExtValue() << " leaves the result's bounds";
  return success();
}

//===-- Element-wise operations -------------------------------------------===//

LogicalResult AddOp::verify() {
  if (failed(checkBroadcast(*this)) || failed(checkSameScale(*this)))
    return failure();
  Bounds a = bounds(getLhs()), b = bounds(getRhs());
  return checkEncloses(*this, {a.lo + b.lo, a.hi + b.hi});
}

LogicalResult SubOp::verify() {
  if (failed(checkBroadcast(*this)) || failed(checkSameScale(*this)))
    return failure();
  Bounds a = bounds(getLhs()), b = bounds(getRhs());
  return checkEncloses(*this, {a.lo - b.hi, a.hi - b.lo});
}

LogicalResult MulOp::verify() {
  if (failed(checkBroadcast(*this)))
    return failure();
  if (elem(getLhs()).getScale() + elem(getRhs()).getScale() != elem(getResult()).getScale())
    return emitOpError("result scale must be the sum of the operands' scales");
  Bounds enclosed = product(bounds(getLhs()), bounds(getRhs()));
  // A square is never negative.
  if (getLhs() == getRhs() && enclosed.lo.isNegative())
    enclosed.lo = llvm::APInt::getZero(enclosed.lo.getBitWidth());
  return checkEncloses(*this, enclosed);
}

LogicalResult MaxOp::verify() {
  if (failed(checkBroadcast(*this)) || failed(checkSameScale(*this)))
    return failure();
  Bounds a = bounds(getLhs()), b = bounds(getRhs());
  return checkEncloses(*this, {llvm::APIntOps::smax(a.lo, b.lo), llvm::APIntOps::smax(a.hi, b.hi)});
}

LogicalResult MinOp::verify() {
  if (failed(checkBroadcast(*this)) || failed(checkSameScale(*this)))
    return failure();
  Bounds a = bounds(getLhs()), b = bounds(getRhs());
  return checkEncloses(*this, {llvm::APIntOps::smin(a.lo, b.lo), llvm::APIntOps::smin(a.hi, b.hi)});
}

LogicalResult UpscaleOp::verify() {
  if (failed(checkSameShape(*this)))
    return failure();
  uint32_t from = elem(getInput()).getScale(), to = elem(getResult()).getScale();
  if (to < from)
    return emitOpError("must not lower the scale: ") << from << " to " << to;
  Bounds a = bounds(getInput());
  return checkEncloses(*this, {a.lo.shl(to - from), a.hi.shl(to - from)});
}

LogicalResult ReinterpretOp::verify() {
  if (failed(checkSameShape(*this)))
    return failure();
  return checkEncloses(*this, bounds(getInput()));
}

LogicalResult RescaleOp::verify() {
  if (failed(checkSameShape(*this)))
    return failure();
  uint32_t from = elem(getInput()).getScale(), to = elem(getResult()).getScale();
  if (from <= to)
    return emitOpError("must lower the scale: ") << from << " to " << to;
  unsigned s = from - to;
  APInt half = APInt(kWide, 1).shl(s - 1);
  Bounds a = bounds(getInput());
  return checkEncloses(*this, {floorShift(a.lo + half, s), floorShift(a.hi + half, s)});
}

LogicalResult ReluOp::verify() {
  if (failed(checkSameShape(*this)) || failed(checkSameScale(*this)))
    return failure();
  APInt zero(kWide, 0);
  Bounds a = bounds(getInput());
  return checkEncloses(*this, {llvm::APIntOps::smax(a.lo, zero), llvm::APIntOps::smax(a.hi, zero)});
}

LogicalResult ClampOp::verify() {
  if (failed(checkSameShape(*this)))
    return failure();
  return checkSameScale(*this);
}

LogicalResult DivOp::verify() {
  if (failed(checkBroadcast(*this)))
    return failure();
  Bounds a = bounds(getLhs()), b = bounds(getRhs());
  if (!b.lo.isStrictlyPositive())
    return emitOpError("needs a divisor whose lower bound is at least 1");
  int64_t e = int64_t(elem(getResult()).getScale()) + elem(getRhs()).getScale() -
              elem(getLhs()).getScale();
  if (e < 0)
    return emitOpError("needs result scale + divisor scale >= dividend scale");
  // Monotone in a, and in b for either sign of a: the extremes are at the corners.
  auto at = [&](const APInt &x, const APInt &d) {
    APInt n = x.shl(e + 1) + d, m = d.shl(1), q, r;
    APInt::sdivrem(n, m, q, r);
    return r.isNegative() ? q - 1 : q;
  };
  APInt c[4] = {at(a.lo, b.lo), at(a.lo, b.hi), at(a.hi, b.lo), at(a.hi, b.hi)};
  Bounds p{c[0], c[0]};
  for (const APInt &x : c) {
    p.lo = llvm::APIntOps::smin(p.lo, x);
    p.hi = llvm::APIntOps::smax(p.hi, x);
  }
  return checkEncloses(*this, p);
}

LogicalResult ApplyOp::verify() {
  if (getFunction().empty())
    return emitOpError("needs a function name");
  return checkSameShape(*this);
}

//===-- Linear maps -------------------------------------------------------===//

LogicalResult MatMulOp::verify() {
  ArrayRef<int64_t> a = shape(getLhs()), b = shape(getRhs()), r = shape(getResult());
  if (a.size() < 2 || b.size() < 2)
    return emitOpError("needs operands of rank two or more");
  if (a.back() != b[b.size() - 2])
    return emitOpError("inner dimensions differ: ") << a.back() << " and " << b[b.size() - 2];
  auto lead = broadcast(a.drop_back(2), b.drop_back(2));
  if (!lead)
    return emitOpError("leading dimensions do not broadcast");
  lead->push_back(a[a.size() - 2]);
  lead->push_back(b.back());
  if (ArrayRef<int64_t>(*lead) != r)
    return emitOpError("result shape does not follow from the operands");
  if (elem(getLhs()).getScale() + elem(getRhs()).getScale() != elem(getResult()).getScale())
    return emitOpError("result scale must be the sum of the operands' scales");
  return success();
}

/// Extent of a sliding window's result, or a negative number when the window does not fit.
static int64_t windowExtent(int64_t in, int64_t before, int64_t after, int64_t kernel,
                            int64_t dilation, int64_t stride) {
  int64_t span = in + before + after - ((kernel - 1) * dilation + 1);
  return span < 0 ? -1 : span / stride + 1;
}

static LogicalResult checkWindows(Operation *op, ArrayRef<int64_t> in, ArrayRef<int64_t> out,
                                  ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                                  ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations) {
  size_t n = kernel.size();
  if (strides.size() != n || dilations.size() != n || pads.size() != 2 * n)
    return op->emitOpError("strides, dilations and pads must fit the ")
           << n << " spatial dimensions";
  for (size_t i = 0; i < n; ++i) {
    if (kernel[i] < 1 || strides[i] < 1 || dilations[i] < 1 || pads[i] < 0 || pads[n + i] < 0)
      return op->emitOpError("kernel, strides and dilations must be positive, pads not negative");
    int64_t want = windowExtent(in[i], pads[i], pads[n + i], kernel[i], dilations[i], strides[i]);
    if (want != out[i])
      return op->emitOpError("spatial dimension ")
             << i << " of the result must be " << want << ", found " << out[i];
  }
  return success();
}

LogicalResult ConvOp::verify() {
  ArrayRef<int64_t> x = shape(getInput()), w = shape(getWeights()), r = shape(getResult());
  if (x.size() < 3 || w.size() != x.size() || r.size() != x.size())
    return emitOpError("needs operands of one rank, at least three");
  int64_t g = getGroup();
  if (g < 1 || x[1] % g != 0 || w[0] % g != 0 || x[1] / g != w[1])
    return emitOpError("channels do not fit `group`");
  if (r[0] != x[0] || r[1] != w[0])
    return emitOpError("result must have the input's batch and the weights' output channels");
  if (elem(getInput()).getScale() + elem(getWeights()).getScale() != elem(getResult()).getScale())
    return emitOpError("result scale must be the sum of the operands' scales");
  return checkWindows(*this, x.drop_front(2), r.drop_front(2), w.drop_front(2), getStrides(),
                      getPads(), getDilations());
}

template <typename Op> static LogicalResult verifyPool(Op op) {
  ArrayRef<int64_t> x = shape(op.getInput()), r = shape(op.getResult());
  size_t n = op.getKernel().size();
  if (n == 0 || x.size() < n || r.size() != x.size())
    return op.emitOpError("kernel rank does not fit the operand");
  if (x.drop_back(n) != r.drop_back(n))
    return op.emitOpError("leading dimensions must stay");
  if (failed(checkSameScale(op)))
    return failure();
  return checkWindows(op, x.take_back(n), r.take_back(n), op.getKernel(), op.getStrides(),
                      op.getPads(), op.getDilations());
}

LogicalResult SumPoolOp::verify() {
  if (failed(verifyPool(*this)))
    return failure();
  int64_t n = 1;
  for (int64_t k : getKernel())
    n *= k;
  APInt count(kWide, n), zero(kWide, 0);
  Bounds a = bounds(getInput());
  bool padded = llvm::any_of(getPads(), [](int64_t p) { return p != 0; });
  Bounds sum{a.lo * count, a.hi * count};
  if (padded) {
    // A window may see fewer elements: each missing one counts as zero.
    sum.lo = llvm::APIntOps::smin(sum.lo, llvm::APIntOps::smin(a.lo, zero));
    sum.hi = llvm::APIntOps::smax(sum.hi, llvm::APIntOps::smax(a.hi, zero));
  }
  return checkEncloses(*this, sum);
}

LogicalResult MaxPoolOp::verify() {
  if (failed(verifyPool(*this)))
    return failure();
  size_t n = getKernel().size();
  for (size_t i = 0; i < n; ++i) {
    int64_t span = (getKernel()[i] - 1) * getDilations()[i] + 1;
    if (getPads()[i] >= span || getPads()[n + i] >= span)
      return emitOpError("padding must be smaller than the window, which would be empty otherwise");
  }
  return checkEncloses(*this, bounds(getInput()));
}

template <typename Op> static LogicalResult checkReduce(Op op, int64_t &count) {
  ArrayRef<int64_t> x = shape(op.getInput()), r = shape(op.getResult());
  SmallVector<int64_t> want(x);
  count = 1;
  for (int64_t axis : op.getAxes()) {
    if (axis < 0 || axis >= int64_t(x.size()))
      return op.emitOpError("axis ") << axis << " does not exist";
    count *= want[axis];
    want[axis] = 1;
  }
  if (ArrayRef<int64_t>(want) != r)
    return op.emitOpError("reduced axes must have extent one, others must stay");
  return checkSameScale(op);
}

LogicalResult ReduceSumOp::verify() {
  int64_t n;
  if (failed(checkReduce(*this, n)))
    return failure();
  APInt count(kWide, n);
  Bounds a = bounds(getInput());
  return checkEncloses(*this, {a.lo * count, a.hi * count});
}

LogicalResult ReduceMaxOp::verify() {
  int64_t n;
  if (failed(checkReduce(*this, n)))
    return failure();
  return checkEncloses(*this, bounds(getInput()));
}

//===-- Data movement -----------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  if (cast<RankedTensorType>(getInput().getType()).getNumElements() !=
      cast<RankedTensorType>(getResult().getType()).getNumElements())
    return emitOpError("must keep the number of elements");
  if (failed(checkSameScale(*this)))
    return failure();
  return checkEncloses(*this, bounds(getInput()));
}

LogicalResult TransposeOp::verify() {
  ArrayRef<int64_t> x = shape(getInput()), r = shape(getResult()), p = getPermutation();
  if (p.size() != x.size() || r.size() != x.size())
    return emitOpError("permutation does not fit the rank");
  SmallVector<bool> seen(x.size(), false);
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] < 0 || p[i] >= int64_t(x.size()) || seen[p[i]])
      return emitOpError("permutation must name each dimension once");
    seen[p[i]] = true;
    if (r[i] != x[p[i]])
      return emitOpError("result shape is not the permuted shape");
  }
  if (failed(checkSameScale(*this)))
    return failure();
  return checkEncloses(*this, bounds(getInput()));
}

LogicalResult BroadcastOp::verify() {
  auto want = broadcast(shape(getInput()), shape(getResult()));
  if (!want || ArrayRef<int64_t>(*want) != shape(getResult()))
    return emitOpError("operand does not broadcast to the result's shape");
  if (failed(checkSameScale(*this)))
    return failure();
  return checkEncloses(*this, bounds(getInput()));
}

LogicalResult SliceOp::verify() {
  ArrayRef<int64_t> x = shape(getInput()), r = shape(getResult());
  if (getStarts().size() != x.size() || getSteps().size() != x.size() || r.size() != x.size())
    return emitOpError("starts and steps must fit the rank");
  for (size_t i = 0; i < x.size(); ++i) {
    if (r[i] == 0)
      continue;
    // 128 bits: neither factor is bounded by an extent yet.
    __int128 last = __int128(getStarts()[i]) + __int128(r[i] - 1) * getSteps()[i];
    if (getSteps()[i] == 0 || getStarts()[i] < 0 || getStarts()[i] >= x[i] || last < 0 ||
        last >= x[i])
      return emitOpError("leaves dimension ") << i << " of extent " << x[i];
  }
  if (failed(checkSameScale(*this)))
    return failure();
  return checkEncloses(*this, bounds(getInput()));
}

LogicalResult ConcatOp::verify() {
  ArrayRef<int64_t> r = shape(getResult());
  int64_t axis = getAxis(), sum = 0;
  if (getInputs().empty() || axis < 0 || axis >= int64_t(r.size()))
    return emitOpError("needs an operand and an axis within the rank");
  for (Value v : getInputs()) {
    ArrayRef<int64_t> x = shape(v);
    if (x.size() != r.size())
      return emitOpError("operands must have the result's rank");
    for (size_t i = 0; i < r.size(); ++i)
      if (int64_t(i) != axis && x[i] != r[i])
        return emitOpError("operands may differ along the axis only");
    sum += x[axis];
    if (failed(checkEncloses(*this, bounds(v))))
      return failure();
  }
  if (sum != r[axis])
    return emitOpError("extents along the axis must add up to ") << r[axis] << ", found " << sum;
  return checkSameScale(*this);
}

LogicalResult PadOp::verify() {
  ArrayRef<int64_t> x = shape(getInput()), r = shape(getResult());
  if (getLow().size() != x.size() || getHigh().size() != x.size() || r.size() != x.size())
    return emitOpError("low and high must fit the rank");
  for (size_t i = 0; i < x.size(); ++i)
    if (getLow()[i] < 0 || getHigh()[i] < 0 || r[i] != x[i] + getLow()[i] + getHigh()[i])
      return emitOpError("result shape is not the padded shape");
  if (failed(checkSameScale(*this)))
    return failure();
  APInt v(kWide, getValue(), /*isSigned=*/true);
  if (failed(checkEncloses(*this, {v, v})))
    return failure();
  return checkEncloses(*this, bounds(getInput()));
}

} // namespace zkc::zkarith

//===-- C API -------------------------------------------------------------===//

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(ZkArith, zkarith, zkc::zkarith::ZkArithDialect)

MlirType zkcFixedTypeGet(MlirContext c, uint32_t scale, MlirStringRef lo, MlirStringRef hi) {
  MLIRContext *ctx = unwrap(c);
  return wrap(zkc::zkarith::FixedType::getChecked(
      [&] { return emitError(UnknownLoc::get(ctx)); }, ctx, scale, unwrap(lo), unwrap(hi)));
}
bool zkcTypeIsAFixed(MlirType t) { return isa<zkc::zkarith::FixedType>(unwrap(t)); }
uint32_t zkcFixedTypeGetScale(MlirType t) {
  return cast<zkc::zkarith::FixedType>(unwrap(t)).getScale();
}
MlirStringRef zkcFixedTypeGetLo(MlirType t) {
  return wrap(cast<zkc::zkarith::FixedType>(unwrap(t)).getLo());
}
MlirStringRef zkcFixedTypeGetHi(MlirType t) {
  return wrap(cast<zkc::zkarith::FixedType>(unwrap(t)).getHi());
}
}
