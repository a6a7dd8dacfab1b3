#ifndef ZKC_ZKARITH_TD
#define ZKC_ZKARITH_TD

include "ZkArithTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class ZkArith_Op<string mnemonic, list<Trait> traits = []>
    : Op<ZkArith_Dialect, mnemonic, !listconcat([Pure], traits)>;

//===-- Constants ---------------------------------------------------------===//

def ZkArith_ConstantOp : ZkArith_Op<"constant", [ConstantLike]> {
  let summary = "integers known at compile time";
  let description = [{
    The value is an integer elements attribute (`dense<...> : tensor<...xi64>`) or, for large
    tensors, an `#onnx.weights` reference to integers in a file. Every integer must lie within the
    bounds of the result type.
  }];
  let arguments = (ins AnyAttr:$value);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$value attr-dict `->` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

//===-- Element-wise linear operations ------------------------------------===//

class ZkArith_BinaryOp<string mnemonic, list<Trait> traits = []>
    : ZkArith_Op<mnemonic, traits> {
  let arguments = (ins ZkArith_Tensor:$lhs, ZkArith_Tensor:$rhs);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def ZkArith_AddOp : ZkArith_BinaryOp<"add", [Commutative]> {
  let summary = "sum of two tensors of one scale, with broadcasting";
  let hasFolder = 1;
}

def ZkArith_SubOp : ZkArith_BinaryOp<"sub"> {
  let summary = "difference of two tensors of one scale, with broadcasting";
  let hasFolder = 1;
}

def ZkArith_MulOp : ZkArith_BinaryOp<"mul", [Commutative]> {
  let summary = "element-wise product with broadcasting; scales add up";
}

def ZkArith_MaxOp : ZkArith_BinaryOp<"max", [Commutative]> {
  let summary = "element-wise maximum of two tensors of one scale, with broadcasting";
}

def ZkArith_MinOp : ZkArith_BinaryOp<"min", [Commutative]> {
  let summary = "element-wise minimum of two tensors of one scale, with broadcasting";
}

class ZkArith_UnaryOp<string mnemonic, list<Trait> traits = []>
    : ZkArith_Op<mnemonic, traits> {
  let arguments = (ins ZkArith_Tensor:$input);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def ZkArith_UpscaleOp : ZkArith_UnaryOp<"upscale"> {
  let summary = "the same number at a larger scale: exact, n * 2^(scale difference)";
  let hasFolder = 1;
}

def ZkArith_ReinterpretOp : ZkArith_UnaryOp<"reinterpret"> {
  let summary = "the same integer at another scale: multiplies the number by a power of two";
  let description = [{
    `n` stays as it is, so the value becomes `n * 2^-(result scale)`. A division by a power of two
    (an average over four elements, say) costs nothing this way.
  }];
  let hasFolder = 1;
}

//===-- Linear maps -------------------------------------------------------===//

def ZkArith_MatMulOp : ZkArith_Op<"matmul"> {
  let summary = "matrix product with numpy semantics; scales add up";
  let description = [{
    The operands have rank two or more; leading dimensions broadcast. The accumulator is exact:
    the result's bounds enclose the row-wise sums of the operands' bounds.
  }];
  let arguments = (ins ZkArith_Tensor:$lhs, ZkArith_Tensor:$rhs);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def ZkArith_ConvOp : ZkArith_Op<"conv"> {
  let summary = "convolution with zero padding, strides, dilations and groups; scales add up";
  let description = [{
    `input` is N x C x D1 x .. x Dn, `weights` is M x C/group x K1 x .. x Kn, `pads` holds the n
    begins followed by the n ends. The bias is a separate `zkarith.add`.
  }];
  let arguments = (ins
    ZkArith_Tensor:$input,
    ZkArith_Tensor:$weights,
    DenseI64ArrayAttr:$strides,
    DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations,
    I64Attr:$group
  );
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $weights `strides` `=` $strides `pads` `=` $pads `dilations` `=` $dilations
    `group` `=` $group attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

class ZkArith_PoolOp<string mnemonic> : ZkArith_Op<mnemonic> {
  let arguments = (ins
    ZkArith_Tensor:$input,
    DenseI64ArrayAttr:$kernel,
    DenseI64ArrayAttr:$strides,
    DenseI64ArrayAttr:$pads,
    DenseI64ArrayAttr:$dilations
  );
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $input `kernel` `=` $kernel `strides` `=` $strides `pads` `=` $pads
    `dilations` `=` $dilations attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def ZkArith_SumPoolOp : ZkArith_PoolOp<"sum_pool"> {
  let summary = "sums over sliding windows of the trailing dimensions; padding counts as zero";
}

def ZkArith_MaxPoolOp : ZkArith_PoolOp<"max_pool"> {
  let summary = "maxima over sliding windows of the trailing dimensions; padding does not count";
}

class ZkArith_ReduceOp<string mnemonic> : ZkArith_Op<mnemonic> {
  let arguments = (ins ZkArith_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$input `axes` `=` $axes attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def ZkArith_ReduceSumOp : ZkArith_ReduceOp<"reduce_sum"> {
  let summary = "sums along axes; reduced axes stay with extent one";
}

def ZkArith_ReduceMaxOp : ZkArith_ReduceOp<"reduce_max"> {
  let summary = "maxima along axes; reduced axes stay with extent one";
}

//===-- Exact non-linear operations ---------------------------------------===//

def ZkArith_RescaleOp : ZkArith_UnaryOp<"rescale"> {
  let summary = "drop fractional bits, rounding half up";
  let description = [{
    Value: `floor((n + 2^(s-1)) / 2^s)` with `s` = operand scale - result scale; ties go up.
    Verifier: `s >= 1`, equal shapes, result bounds enclose the rounded operand bounds.
    Cost: range checks of the remainder (`s` bits) and of the quotient.
    Not for saturation: that is `zkarith.clamp`, so that each op has one reason to fail.
  }];
}

def ZkArith_ReluOp : ZkArith_UnaryOp<"relu"> {
  let summary = "max(n, 0), exact";
  let hasFolder = 1;
}

def ZkArith_ClampOp : ZkArith_UnaryOp<"clamp"> {
  let summary = "min(max(n, lo), hi), exact, with the result type's bounds as lo and hi";
  let hasFolder = 1;
}

def ZkArith_DivOp : ZkArith_BinaryOp<"div"> {
  let summary = "quotient of two tensors, rounded half up; the divisor is positive by its bounds";
  let description = [{
    Value: `floor((2*a*2^e + b) / (2*b))` with `e` = result scale + rhs scale - lhs scale, which
    must not be negative. The divisor's lower bound must be at least one.
  }];
}

def ZkArith_ApplyOp : ZkArith_Op<"apply"> {
  let summary = "a named real function of one argument, not yet approximated";
  let description = [{
    The result is the integer nearest to `f(n * 2^-s) * 2^t` (ties to even) for operand scale `s`
    and result scale `t`, cut to the result type's bounds. Parameters stand in the function's
    name: `"leaky_relu(alpha=0.01)"`. The conversion to `poly_ext` replaces it by an
    approximation with a certified error.
  }];
  let arguments = (ins StrAttr:$function, ZkArith_Tensor:$input);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$function $input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

//===-- Data movement -----------------------------------------------------===//

def ZkArith_ReshapeOp : ZkArith_UnaryOp<"reshape"> {
  let summary = "the same elements in row-major order under another shape";
  let hasFolder = 1;
}

def ZkArith_TransposeOp : ZkArith_Op<"transpose"> {
  let summary = "permuted dimensions: result dimension i is operand dimension permutation[i]";
  let arguments = (ins ZkArith_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = "$input `permutation` `=` $permutation attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def ZkArith_BroadcastOp : ZkArith_UnaryOp<"broadcast"> {
  let summary = "numpy broadcasting to the result's shape";
  let hasFolder = 1;
}

def ZkArith_SliceOp : ZkArith_Op<"slice"> {
  let summary = "every steps[i]-th element from starts[i] on, along each dimension";
  let arguments = (ins ZkArith_Tensor:$input, DenseI64ArrayAttr:$starts, DenseI64ArrayAttr:$steps);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $input `starts` `=` $starts `steps` `=` $steps attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def ZkArith_ConcatOp : ZkArith_Op<"concat"> {
  let summary = "operands of one scale one after the other along an axis";
  let arguments = (ins Variadic<ZkArith_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $inputs `axis` `=` $axis attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def ZkArith_PadOp : ZkArith_Op<"pad"> {
  let summary = "a border of one constant integer around the operand";
  let arguments = (ins ZkArith_Tensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
                       I64Attr:$value);
  let results = (outs ZkArith_Tensor:$result);
  let assemblyFormat = [{
    $input `low` `=` $low `high` `=` $high `value` `=` $value attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // ZKC_ZKARITH_TD
