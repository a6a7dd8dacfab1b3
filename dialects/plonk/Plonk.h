#pragma once

#include "ZkArith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/SymbolTable.h"

#include "PlonkDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "PlonkTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "PlonkAttrs.h.inc"

#define GET_OP_CLASSES
#include "PlonkOps.h.inc"
