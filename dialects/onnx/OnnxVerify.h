// What verifiers of several families share.
//
// Unknown ranks and dimensions are compatible with everything: shapes are only checked as far as
// they are known, so that a module is valid before and after shape inference.

#pragma once

#include "Onnx.h"

#include <optional>
#include <string>

namespace zkc::onnx {

using mlir::ArrayRef;
using Dims = ArrayRef<int64_t>;
inline constexpr int64_t unknown = mlir::ShapedType::kDynamic;

/// Whether an optional operand was left out.
bool isAbsent(mlir::Value value);
/// The dimensions, if the value is a tensor of known rank.
std::optional<Dims> dimsOf(mlir::Value value);
/// Whether two dimensions can be the same.
bool agree(int64_t a, int64_t b);
/// The dimensions for a message.
std::string text(Dims dims);

/// `name` is how the standard calls the operand.
mlir::LogicalResult expectRank(mlir::Operation *op, mlir::Value value, mlir::StringRef name,
                               size_t rank);
/// Present operands and the result have one element type.
mlir::LogicalResult expectOneElementType(mlir::Operation *op, mlir::ValueRange operands,
                                         mlir::Value result);
mlir::LogicalResult expectResult(mlir::Operation *op, mlir::Value result, Dims expected);
/// The value of an attribute is 0 or 1.
mlir::LogicalResult expectFlag(mlir::Operation *op, mlir::StringRef name, int64_t value);
mlir::LogicalResult expectOneOf(mlir::Operation *op, mlir::StringRef name, mlir::StringRef value,
                                ArrayRef<mlir::StringRef> allowed);
/// Makes `axis` count from the front; `last` is the greatest axis allowed.
mlir::LogicalResult resolveAxis(mlir::Operation *op, int64_t &axis, int64_t rank, int64_t last);
/// The shape of numpy broadcasting; nothing if a rank is unknown.
mlir::FailureOr<std::optional<mlir::SmallVector<int64_t>>> broadcast(mlir::Operation *op,
                                                                     mlir::ValueRange operands);
/// The result has the shape that the operands broadcast to.
mlir::LogicalResult expectBroadcast(mlir::Operation *op, mlir::ValueRange operands,
                                    mlir::Value result);
/// Both have the same number of elements, where that is known.
mlir::LogicalResult expectSameCount(mlir::Operation *op, mlir::Value operand, mlir::Value result);
mlir::LogicalResult expectSameRank(mlir::Operation *op, mlir::Value operand, mlir::Value result);

} // namespace zkc::onnx
