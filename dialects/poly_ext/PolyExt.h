#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "PolyExtDialect.h.inc"
#include "PolyExtEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "PolyExtAttrs.h.inc"

#define GET_OP_CLASSES
#include "PolyExtOps.h.inc"
