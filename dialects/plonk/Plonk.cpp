// Verifiers and folders of the `plonk` dialect.

#include "Plonk.h"
#include "mlir-c/IR.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

#include "PlonkDialect.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "PlonkTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "PlonkAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "PlonkOps.cpp.inc"

namespace zkc::plonk {

void PlonkDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "PlonkTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "PlonkAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "PlonkOps.cpp.inc"
      >();
}

LogicalResult RangeAttr::verify(llvm::function_ref<InFlightDiagnostic()> err, int64_t start,
                                int64_t length) {
  int64_t end;
  if (length < 1 || llvm::AddOverflow(start, length, end))
    return err() << "range needs a positive length and bounds of 64 bits";
  return success();
}

//===-- Symbols -----------------------------------------------------------===//

static int64_t columnCount(Operation *group) {
  if (auto g = dyn_cast<AdviceOp>(group))
    return g.getCount();
  if (auto g = dyn_cast<FixedOp>(group))
    return g.getCount();
  return cast<InstanceOp>(group).getCount();
}

//===-- Circuit -----------------------------------------------------------===//

LogicalResult CircuitOp::verify() {
  if (getK() < 3 || getK() > 28)
    return emitOpError("k must lie in [3, 28], found ") << getK();
  // Symbols are resolved here, once for the whole circuit, against one table.
  mlir::SymbolTable table(*this);
  WalkResult walk = (*this)->walk([&](Operation *op) {
    auto need = [&](FlatSymbolRefAttr name, auto isKind, StringRef what) -> Operation * {
      Operation *found = table.lookup(name.getValue());
      if (found && isKind(found))
        return found;
      op->emitOpError() << what << " " << name << " does not exist in the circuit";
      return nullptr;
    };
    auto isGroup = [](Operation *o) { return isa<AdviceOp, FixedOp, InstanceOp>(o); };
    auto isAdvice = [](Operation *o) { return isa<AdviceOp>(o); };
    auto isTable = [](Operation *o) { return isa<TableOp>(o); };
    auto isFixed = [](Operation *o) { return isa<FixedOp>(o); };
    auto isChallenge = [](Operation *o) { return isa<ChallengeOp>(o); };
    bool ok = true;
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](QueryOp q) {
          Operation *g = need(q.getGroupAttr(), isGroup, "column group");
          ok = g != nullptr;
          if (g && q.getColumn() >= uint64_t(columnCount(g))) {
            q.emitOpError("column ") << int64_t(q.getColumn()) << " does not exist in " << q.getGroupAttr();
            ok = false;
          }
        })
        .Case([&](InnerOp i) {
          Operation *a = need(i.getLhsAttr(), isGroup, "column group");
          Operation *b = a ? need(i.getRhsAttr(), isGroup, "column group") : nullptr;
          ok = a && b;
          if (ok && columnCount(a) != columnCount(b)) {
            i.emitOpError("needs column groups of one size");
            ok = false;
          }
        })
        .Case([&](ChallengeValueOp c) {
          ok = need(c.getChallengeAttr(), isChallenge, "challenge") != nullptr;
        })
        .Case([&](PlaceOp p) { ok = need(p.getGroupAttr(), isGroup, "column group") != nullptr; })
        .Case([&](FillOp f) {
          ok = need(f.getGroupAttr(), isFixed, "fixed column group") != nullptr;
        })
        .Case([&](DeriveOp d) {
          Operation *column = need(d.getGroupAttr(), isAdvice, "advice column group");
          ok = column && d.getColumn() < uint64_t(columnCount(column));
          if (column && !ok)
            d.emitOpError("column ") << int64_t(d.getColumn()) << " does not exist in " << d.getGroupAttr();
          if (!ok)
            return;
          auto gate = dyn_cast_or_null<GateOp>(table.lookup(d.getGate()));
          ok = gate && llvm::any_of(gate.getBody().getOps<ConstrainOp>(), [&](ConstrainOp c) {
                 return c.getName() == d.getConstraint();
               });
          if (!ok)
            d.emitOpError("constraint ") << d.getConstraintAttr() << " of gate " << d.getGateAttr()
                                         << " does not exist in the circuit";
        })
        .Case([&](MultiplicityOp m) {
          Operation *column = need(m.getGroupAttr(), isAdvice, "advice column group");
          ok = column && (!m.getActiveAttr() || need(m.getActiveAttr(), isFixed, "fixed column group"));
          for (auto [index, name] : llvm::zip(m.getColumns(), m.getTables().getAsRange<FlatSymbolRefAttr>())) {
            if (!ok)
              return;
            Operation *rows = need(name, isFixed, "fixed column group");
            ok = rows != nullptr;
            if (ok && (index < 0 || index >= columnCount(column))) {
              m.emitOpError("column ") << index << " does not exist in " << m.getGroupAttr();
              ok = false;
            }
            if (!ok)
              return;
            for (CountOp c : m.getBody().getOps<CountOp>())
              if (int64_t(c.getInputs().size()) != columnCount(rows)) {
                c.emitOpError("looks up ") << c.getInputs().size() << " values in a table of "
                                           << columnCount(rows) << " columns";
                ok = false;
              }
          }
        })
        .Case([&](LookupValueOp l) { ok = need(l.getTableAttr(), isTable, "table") != nullptr; })
        .Case([&](LookupOp l) {
          Operation *t = need(l.getTableAttr(), isTable, "table");
          ok = t != nullptr;
          if (!t)
            return;
          for (LookUpOp u : l.getBody().getOps<LookUpOp>())
            if (u.getInputs().size() != cast<TableOp>(t).getColumns().size()) {
              u.emitOpError("looks up ")
                  << u.getInputs().size() << " values in a table of "
                  << cast<TableOp>(t).getColumns().size() << " columns";
              ok = false;
            }
        });
    return ok ? WalkResult::advance() : WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}

template <typename Op> static LogicalResult verifyGroup(Op op) {
  if (op.getCount() < 1 || op.getCount() > 65536)
    return op.emitOpError("needs between 1 and 65536 columns, found ") << int64_t(op.getCount());
  return success();
}

LogicalResult AdviceOp::verify() {
  if (getPhase() > 2)
    return emitOpError("phase must be 0, 1 or 2, found ") << getPhase();
  return verifyGroup(*this);
}
LogicalResult FixedOp::verify() { return verifyGroup(*this); }
LogicalResult InstanceOp::verify() { return verifyGroup(*this); }

LogicalResult ChallengeOp::verify() {
  if (getPhase() > 1)
    return emitOpError("phase must be 0 or 1, found ") << getPhase();
  return success();
}

LogicalResult TableOp::verify() {
  std::optional<int64_t> length;
  for (Attribute column : getColumns()) {
    int64_t n;
    if (auto range = dyn_cast<RangeAttr>(column)) {
      n = range.getLength();
    } else {
      auto typed = dyn_cast<TypedAttr>(column);
      auto type = typed ? dyn_cast<RankedTensorType>(typed.getType()) : RankedTensorType();
      if (!type || type.getRank() != 1 || !type.hasStaticShape() ||
          !type.getElementType().isSignlessInteger())
        return emitOpError("column must be a #plonk.range or a one-dimensional integer tensor");
      n = type.getNumElements();
    }
    if (length && *length != n)
      return emitOpError("columns differ in length: ") << *length << " and " << n;
    length = n;
  }
  if (!length || *length < 1)
    return emitOpError("needs at least one column with at least one row");
  return success();
}

LogicalResult DeriveOp::verify() {
  if (getRotation() > 1)
    return emitOpError("rotation must be 0 or 1, found ") << int64_t(getRotation());
  return success();
}

LogicalResult MultiplicityOp::verify() {
  if (getColumns().empty() || getColumns().size() != getTables().size())
    return emitOpError("needs one column for each table, found ")
           << getColumns().size() << " columns and " << getTables().size() << " tables";
  return success();
}

LogicalResult LookupOp::verify() {
  auto ops = getBody().getOps<LookUpOp>();
  if (std::distance(ops.begin(), ops.end()) != 1)
    return emitOpError("needs exactly one plonk.look_up");
  return success();
}

//===-- Expressions -------------------------------------------------------===//

OpFoldResult NegOp::fold(FoldAdaptor) {
  if (auto inner = getInput().getDefiningOp<NegOp>())
    return inner.getInput();
  return {};
}

OpFoldResult SumOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 ? OpFoldResult(getInputs()[0]) : OpFoldResult();
}

OpFoldResult ProductOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 ? OpFoldResult(getInputs()[0]) : OpFoldResult();
}

//===-- Witness program ---------------------------------------------------===//

static int64_t rank(Value v) { return cast<RankedTensorType>(v.getType()).getRank(); }

LogicalResult GatherOp::verify() {
  AffineMap map = getMap();
  if (int64_t(map.getNumDims()) != rank(getResult()) ||
      int64_t(map.getNumResults()) != rank(getInput()) || map.getNumSymbols() != 0)
    return emitOpError("map must take result coordinates to operand coordinates");
  return success();
}

LogicalResult LinearOp::verify() {
  size_t n = getInputs().size();
  if (n == 0 || getWeights().size() != n || getTaps().size() != n || getInputMaps().size() != n ||
      getWeightMaps().size() != n)
    return emitOpError("needs one weight, taps and two maps for each input");
  if (getChunk() < 1)
    return emitOpError("chunk must be positive");
  int64_t outer = rank(getResult()) - 1;
  if (outer < 0)
    return emitOpError("result needs a dimension for the chunks");
  for (size_t i = 0; i < n; ++i) {
    auto taps = dyn_cast<DenseI64ArrayAttr>(getTaps()[i]);
    if (!taps)
      return emitOpError("taps must be arrays of extents");
    AffineMap in = cast<AffineMapAttr>(getInputMaps()[i]).getValue();
    AffineMap w = cast<AffineMapAttr>(getWeightMaps()[i]).getValue();
    int64_t dims = outer + taps.size();
    if (int64_t(in.getNumDims()) != dims || int64_t(w.getNumDims()) != dims ||
        in.getNumSymbols() != 0 || w.getNumSymbols() != 0)
      return emitOpError("maps of term ") << i << " must have " << dims << " dimensions";
    if (int64_t(in.getNumResults()) != rank(getInputs()[i]) ||
        int64_t(w.getNumResults()) != rank(getWeights()[i]))
      return emitOpError("maps of term ") << i << " must give coordinates of its operands";
  }
  return success();
}

template <typename Op> static LogicalResult verifyDivide(Op op) {
  if (!op.getDivisor().isStrictlyPositive())
    return op.emitOpError("needs a positive divisor");
  return success();
}

LogicalResult QuotientOp::verify() { return verifyDivide(*this); }
LogicalResult RemainderOp::verify() { return verifyDivide(*this); }

LogicalResult AffineOp::verify() {
  if (getInputs().empty() || getInputs().size() != getCoefficients().size())
    return emitOpError("needs one coefficient for each operand");
  return success();
}

//===-- Placement ---------------------------------------------------------===//

template <typename Op> static LogicalResult verifyAt(Op op) {
  AffineMap at = op.getAt();
  if (at.getNumDims() != op.getDomain().size() || at.getNumSymbols() != 0 ||
      at.getNumResults() != 2)
    return op.emitOpError("`at` must take domain coordinates to a column and a row");
  return success();
}

LogicalResult PlaceOp::verify() {
  AffineMap read = getRead();
  if (read.getNumDims() != getDomain().size() || read.getNumSymbols() != 0 ||
      int64_t(read.getNumResults()) != rank(getInput()))
    return emitOpError("`read` must take domain coordinates to operand coordinates");
  return verifyAt(*this);
}

LogicalResult FillOp::verify() { return verifyAt(*this); }

} // namespace zkc::plonk

//===-- C API -------------------------------------------------------------===//

extern "C" {
MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Plonk, plonk, zkc::plonk::PlonkDialect)

MlirType zkcExprTypeGet(MlirContext c) { return wrap(zkc::plonk::ExprType::get(unwrap(c))); }
bool zkcAttrIsARange(MlirAttribute a) { return isa<zkc::plonk::RangeAttr>(unwrap(a)); }
int64_t zkcRangeGetStart(MlirAttribute a) {
  return cast<zkc::plonk::RangeAttr>(unwrap(a)).getStart();
}
int64_t zkcRangeGetLength(MlirAttribute a) {
  return cast<zkc::plonk::RangeAttr>(unwrap(a)).getLength();
}
}
