#ifndef ZKC_PLONK_TD
#define ZKC_PLONK_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "ZkArithTypes.td"

def Plonk_Dialect : Dialect {
  let name = "plonk";
  let summary = "Plonkish circuits: columns, gates, lookups, and tensors placed on the grid";
  let description = [{
    A `plonk.circuit` holds three things in one region:

    * the **constraint system**: column groups with phases, challenges, tables, gates as polynomial
      constraints, lookups;
    * the **witness program**: exact integer operations on whole tensors, which say how the prover
      computes each value;
    * the **placements**: which element of which tensor stands in which cell, by affine maps.

    A value that is placed twice is bound by copy constraints; nobody writes them by hand. Public
    values can be bound by gates instead, see `plonk.instance`.
  }];
  let cppNamespace = "::zkc::plonk";
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

//===-- Types and attributes ----------------------------------------------===//

def Plonk_ExprType : TypeDef<Plonk_Dialect, "Expr"> {
  let mnemonic = "expr";
  let summary = "polynomial in the cells around a row";
}

def Plonk_RangeAttr : AttrDef<Plonk_Dialect, "Range"> {
  let mnemonic = "range";
  let summary = "table column with the consecutive integers start, start + 1, ...";
  let parameters = (ins "int64_t":$start, "int64_t":$length);
  let assemblyFormat = "`<` $start `,` $length `>`";
  let genVerifyDecl = 1;
}

def Plonk_BigInt : TypedSignlessIntegerAttrBase<I<128>, "::llvm::APInt", "integer of 128 bits"> {
  let convertFromStorage = "$_self.getValue()";
}
def Plonk_Map : Attr<CPred<"::llvm::isa<::mlir::AffineMapAttr>($_self)">, "affine map"> {
  let storageType = "::mlir::AffineMapAttr";
  let returnType = "::mlir::AffineMap";
  let convertFromStorage = "$_self.getValue()";
}
def Plonk_Maps : TypedArrayAttrBase<Plonk_Map, "array of affine maps">;

class Plonk_Op<string mnemonic, list<Trait> traits = []> : Op<Plonk_Dialect, mnemonic, traits>;
class Plonk_StructureOp<string mnemonic, list<Trait> traits = []>
    : Plonk_Op<mnemonic, !listconcat([HasParent<"CircuitOp">, Symbol], traits)>;

//===-- The circuit -------------------------------------------------------===//

def Plonk_CircuitOp : Plonk_Op<"circuit",
    [IsolatedFromAbove, SymbolTable, Symbol, SingleBlock, NoTerminator]> {
  let summary = "a circuit of 2^k rows";
  let description = [{
    With `no_copies` every value stands in one cell at most, and public values are bound by gates: all constraints of the
    circuit are gates and lookups.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$k, UnitAttr:$no_copies);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `k` `=` $k attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

//===-- Constraint system -------------------------------------------------===//

def Plonk_AdviceOp : Plonk_StructureOp<"advice"> {
  let summary = "group of advice columns, filled by the prover in one phase";
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$count, I64Attr:$phase);
  let assemblyFormat = "$sym_name `[` $count `]` `phase` $phase attr-dict";
  let hasVerifier = 1;
}

def Plonk_FixedOp : Plonk_StructureOp<"fixed"> {
  let summary = "group of fixed columns, part of the verifying key";
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$count);
  let assemblyFormat = "$sym_name `[` $count `]` attr-dict";
  let hasVerifier = 1;
}

def Plonk_InstanceOp : Plonk_StructureOp<"instance"> {
  let summary = "group of instance columns, which hold the public values";
  let description = [{
    A value placed in such a column is bound to its advice cell by a copy constraint. With `gates`
    there are none: the constraints that query the columns bind the values, which then need no
    advice cell, and the columns stay out of the permutation argument.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$count, UnitAttr:$by_gates);
  let assemblyFormat = "$sym_name `[` $count `]` (`gates` $by_gates^)? attr-dict";
  let hasVerifier = 1;
}

def Plonk_ChallengeOp : Plonk_StructureOp<"challenge"> {
  let summary = "random field element drawn after all advice of a phase is committed";
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$phase);
  let assemblyFormat = "$sym_name `after` $phase attr-dict";
  let hasVerifier = 1;
}

def Plonk_TableOp : Plonk_StructureOp<"table"> {
  let summary = "lookup table: columns of one length, a row is an entry";
  let description = [{
    A column is a `#plonk.range`, an integer elements attribute or an `#onnx.weights` reference.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ArrayAttr:$columns);
  let assemblyFormat = "$sym_name $columns attr-dict";
  let hasVerifier = 1;
}

def Plonk_GateOp : Plonk_StructureOp<"gate", [SingleBlock, NoTerminator]> {
  let summary = "polynomials that vanish on every usable row";
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Plonk_LookupOp : Plonk_StructureOp<"lookup", [SingleBlock, NoTerminator]> {
  let summary = "a tuple of expressions that is an entry of a table on every usable row";
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$table);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `in` $table attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

//===-- Columns that the witness program does not compute ------------------===//

def Plonk_DeriveOp : Plonk_Op<"derive", [HasParent<"CircuitOp">]> {
  let summary = "the values of an advice column of phase 1: what makes a constraint hold";
  let description = [{
    The constraint is `A * z + B`, where `z` is the query of this column at `rotation` and neither
    `A` nor `B` contains it. At rotation 0 the value on each row is `-B / A`; at rotation 1 the value
    on row 0 is 0 and the value on row `r + 1` is `-B / A` of row `r`. Where `A` is 0 the value is 0.
    Columns are computed in the order of the text; `A` and `B` may read fixed columns, advice of
    phase 0, challenges and columns that are derived before.
  }];
  let arguments = (ins FlatSymbolRefAttr:$group, I64Attr:$column, I64Attr:$rotation,
                       FlatSymbolRefAttr:$gate, StrAttr:$constraint);
  let assemblyFormat = "$group `[` $column `]` `at` $rotation `from` $gate $constraint attr-dict";
  let hasVerifier = 1;
}

def Plonk_MultiplicityOp : Plonk_Op<"multiplicity",
    [HasParent<"CircuitOp">, SingleBlock, NoTerminator]> {
  let summary = "the values of advice columns of phase 0: how often each row of some tables is looked up";
  let description = [{
    `tables` are groups of fixed columns, one or several that are as wide; `columns` has the column of
    `group` that counts each. On each row on which column 0 of `active` is 1, the value is the number of
    pairs of a `plonk.count` and an active row where its selector is 1 and its tuple is the row of the
    table; of equal rows of all tables the first one counts. Without `active` all usable rows are
    active. That looked-up tuples are in one of the tables is for gates to enforce.
  }];
  let arguments = (ins FlatSymbolRefAttr:$group, DenseI64ArrayAttr:$columns,
                       FlatSymbolRefArrayAttr:$tables, OptionalAttr<FlatSymbolRefAttr>:$active);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $group `` $columns `of` $tables (`active` $active^)? attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

//===-- Expressions -------------------------------------------------------===//

class Plonk_ExprOp<string mnemonic, list<Trait> traits = []>
    : Plonk_Op<mnemonic, !listconcat([Pure], traits)>;

def Plonk_QueryOp : Plonk_ExprOp<"query"> {
  let summary = "the cell of a column at a rotation from the current row";
  let arguments = (ins FlatSymbolRefAttr:$group, I64Attr:$column, I64Attr:$rotation);
  let results = (outs Plonk_ExprType:$result);
  let assemblyFormat = "$group `[` $column `]` `at` $rotation attr-dict";
}

def Plonk_ChallengeValueOp : Plonk_ExprOp<"challenge_value"> {
  let summary = "a challenge as an expression of degree zero";
  let arguments = (ins FlatSymbolRefAttr:$challenge);
  let results = (outs Plonk_ExprType:$result);
  let assemblyFormat = "$challenge attr-dict";
}

def Plonk_LiteralOp : Plonk_ExprOp<"literal"> {
  let summary = "an integer as an expression";
  let arguments = (ins Plonk_BigInt:$value);
  let results = (outs Plonk_ExprType:$result);
  let assemblyFormat = "$value attr-dict";
}

def Plonk_NegOp : Plonk_ExprOp<"neg"> {
  let summary = "negated expression";
  let arguments = (ins Plonk_ExprType:$input);
  let results = (outs Plonk_ExprType:$result);
  let assemblyFormat = "$input attr-dict";
  let hasFolder = 1;
}

def Plonk_SumOp : Plonk_ExprOp<"sum", [Commutative]> {
  let summary = "sum of expressions";
  let arguments = (ins Variadic<Plonk_ExprType>:$inputs);
  let results = (outs Plonk_ExprType:$result);
  let assemblyFormat = "$inputs attr-dict";
  let hasFolder = 1;
}

def Plonk_ProductOp : Plonk_ExprOp<"product", [Commutative]> {
  let summary = "product of expressions";
  let arguments = (ins Variadic<Plonk_ExprType>:$inputs);
  let results = (outs Plonk_ExprType:$result);
  let assemblyFormat = "$inputs attr-dict";
  let hasFolder = 1;
}

def Plonk_InnerOp : Plonk_ExprOp<"inner"> {
  let summary = "inner product of two column groups of one size on the current row";
  let arguments = (ins FlatSymbolRefAttr:$lhs, FlatSymbolRefAttr:$rhs);
  let results = (outs Plonk_ExprType:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict";
}

def Plonk_ConstrainOp : Plonk_Op<"constrain", [HasParent<"GateOp">]> {
  let summary = "this expression is zero; the name says what it means";
  let arguments = (ins StrAttr:$name, Plonk_ExprType:$poly);
  let assemblyFormat = "$name $poly attr-dict";
}

def Plonk_LookUpOp : Plonk_Op<"look_up", [HasParent<"LookupOp">]> {
  let summary = "the tuple that is looked up";
  let arguments = (ins Variadic<Plonk_ExprType>:$inputs);
  let assemblyFormat = "$inputs attr-dict";
}

def Plonk_CountOp : Plonk_Op<"count", [HasParent<"MultiplicityOp">]> {
  let summary = "a tuple that is looked up where the selector is 1";
  let arguments = (ins Plonk_ExprType:$selector, Variadic<Plonk_ExprType>:$inputs);
  let assemblyFormat = "$inputs `where` $selector attr-dict";
}

//===-- Witness program ---------------------------------------------------===//

class Plonk_ProgramOp<string mnemonic, list<Trait> traits = []>
    : Plonk_Op<mnemonic, !listconcat([HasParent<"CircuitOp">], traits)>;

def Plonk_InputOp : Plonk_ProgramOp<"input"> {
  let summary = "a model input, as integers; private unless marked public";
  let arguments = (ins StrAttr:$name, I64Attr:$index, UnitAttr:$is_public);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$name $index (`public` $is_public^)? attr-dict `:` type($result)";
}

def Plonk_OutputOp : Plonk_ProgramOp<"output"> {
  let summary = "a model output; private unless marked public";
  let arguments = (ins StrAttr:$name, ZkArith_Tensor:$input, UnitAttr:$is_public);
  let assemblyFormat = "$name $input (`public` $is_public^)? attr-dict `:` type($input)";
}

def Plonk_ConstantOp : Plonk_ProgramOp<"constant", [Pure]> {
  let summary = "integers known at compile time";
  let description = [{
    The value is an integer elements attribute, an `#onnx.weights` reference or a `#plonk.range`.
  }];
  let arguments = (ins AnyAttr:$value);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$value attr-dict `->` type($result)";
}

def Plonk_GatherOp : Plonk_ProgramOp<"gather", [Pure]> {
  let summary = "result[i] = input[map(i)]; out of bounds means the fill value";
  let description = [{
    Pure data movement: reshapes, transposes, slices, broadcasts and padding. Elements keep their
    identity, so a gather costs no cell.
  }];
  let arguments = (ins ZkArith_Tensor:$input, Plonk_Map:$map, OptionalAttr<I64Attr>:$fill);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$input `by` $map (`fill` $fill^)? attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Plonk_ConcatOp : Plonk_ProgramOp<"concat", [Pure]> {
  let summary = "operands one after the other along an axis; elements keep their identity";
  let arguments = (ins Variadic<ZkArith_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$inputs `axis` `=` $axis attr-dict `:` functional-type(operands, results)";
}

def Plonk_LinearOp : Plonk_ProgramOp<"linear", [Pure, AttrSizedOperandSegments]> {
  let summary = "partial sums of a linear map, a chunk of taps at a time";
  let description = [{
    Term `j` sums `weights_j[weight_maps_j(o, t)] * inputs_j[input_maps_j(o, t)]` over its taps `t`
    (extents `taps_j`), for output coordinates `o`. The taps of all terms are numbered one after
    the other; the result has one more dimension than the output, and its entry `r` is the bias
    plus the sum of the taps before `(r + 1) * chunk`. The last entry is the value of the map.
  }];
  let arguments = (ins
    Variadic<ZkArith_Tensor>:$inputs,
    Variadic<ZkArith_Tensor>:$weights,
    Optional<ZkArith_Tensor>:$bias,
    ArrayAttr:$taps,
    Plonk_Maps:$input_maps,
    Plonk_Maps:$weight_maps,
    I64Attr:$chunk
  );
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $inputs `by` $input_maps `times` $weights `by` $weight_maps `taps` $taps `chunk` $chunk
    (`bias` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

class Plonk_DivideOp<string mnemonic> : Plonk_ProgramOp<mnemonic, [Pure]> {
  let arguments = (ins ZkArith_Tensor:$input, Plonk_BigInt:$addend, Plonk_BigInt:$divisor);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$input `plus` $addend `by` $divisor attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Plonk_QuotientOp : Plonk_DivideOp<"quotient"> {
  let summary = "floor((n + addend) / divisor)";
}

def Plonk_RemainderOp : Plonk_DivideOp<"remainder"> {
  let summary = "(n + addend) mod divisor, in [0, divisor)";
}

def Plonk_LimbOp : Plonk_ProgramOp<"limb", [Pure]> {
  let summary = "digit of n - offset in base 2^bits";
  let arguments = (ins ZkArith_Tensor:$input, I64Attr:$index, I64Attr:$bits, Plonk_BigInt:$offset);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $input `[` $index `]` `bits` $bits `offset` $offset attr-dict `:` type($input) `->` type($result)
  }];
}

def Plonk_NonNegOp : Plonk_ProgramOp<"nonneg", [Pure]> {
  let summary = "1 where n >= 0, else 0";
  let arguments = (ins ZkArith_Tensor:$input);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Plonk_AffineOp : Plonk_ProgramOp<"affine", [Pure]> {
  let summary = "element-wise sum of coefficients times operands, plus a constant";
  let arguments = (ins Variadic<ZkArith_Tensor>:$inputs, DenseI64ArrayAttr:$coefficients,
                       Plonk_BigInt:$constant);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $inputs `times` $coefficients `plus` $constant attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

class Plonk_BinaryOp<string mnemonic> : Plonk_ProgramOp<mnemonic, [Pure]> {
  let arguments = (ins ZkArith_Tensor:$lhs, ZkArith_Tensor:$rhs);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Plonk_MulOp : Plonk_BinaryOp<"mul"> { let summary = "element-wise product"; }
def Plonk_MaxOp : Plonk_BinaryOp<"max"> { let summary = "element-wise maximum"; }
def Plonk_MinOp : Plonk_BinaryOp<"min"> { let summary = "element-wise minimum"; }

def Plonk_LookupValueOp : Plonk_ProgramOp<"lookup_value", [Pure]> {
  let summary = "the entry of a table whose tag and key columns match";
  let description = [{
    Value: column 2 of the row of `table` whose column 0 is `tag` and whose column 1 is `n`.
  }];
  let arguments = (ins ZkArith_Tensor:$input, FlatSymbolRefAttr:$table, I64Attr:$tag);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$input `in` $table `tag` $tag attr-dict `:` type($input) `->` type($result)";
}

class Plonk_RatioBase<string mnemonic> : Plonk_ProgramOp<mnemonic, [Pure]> {
  let arguments = (ins ZkArith_Tensor:$lhs, ZkArith_Tensor:$rhs, Plonk_BigInt:$multiplier);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs `times` $multiplier attr-dict `:` functional-type(operands, results)";
}

def Plonk_RatioOp : Plonk_RatioBase<"ratio"> {
  let summary = "floor((2*a*multiplier + b) / (2*b)): the quotient rounded half up";
}

def Plonk_RatioRemainderOp : Plonk_RatioBase<"ratio_remainder"> {
  let summary = "(2*a*multiplier + b) mod (2*b)";
}

def Plonk_FreeOp : Plonk_ProgramOp<"free"> {
  let summary = "cells that no constraint pins, listed by name in the audit";
  let arguments = (ins StrAttr:$name);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

//===-- Placement ---------------------------------------------------------===//

def Plonk_PlaceOp : Plonk_ProgramOp<"place"> {
  let summary = "elements of a tensor stand in cells of a column group";
  let description = [{
    For each point `p` of the box `domain`, in row-major order, the element `read(p)` stands in
    column and row `at(p)` of the group. The first placement of an element in an advice column is
    its home; each further one is bound to it by a copy constraint. Constants go to fixed columns;
    a constant placed in an advice column is copied from a fixed cell.
  }];
  let arguments = (ins ZkArith_Tensor:$input, FlatSymbolRefAttr:$group, DenseI64ArrayAttr:$domain,
                       Plonk_Map:$read, Plonk_Map:$at);
  let assemblyFormat = [{
    $input `on` $group `domain` $domain `read` $read `at` $at attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
}

def Plonk_FillOp : Plonk_ProgramOp<"fill"> {
  let summary = "fixed cells set to one integer: selectors and parameters";
  let arguments = (ins FlatSymbolRefAttr:$group, DenseI64ArrayAttr:$domain, Plonk_Map:$at,
                       Plonk_BigInt:$value);
  let assemblyFormat = "$group `with` $value `domain` $domain `at` $at attr-dict";
  let hasVerifier = 1;
}

#endif // ZKC_PLONK_TD
