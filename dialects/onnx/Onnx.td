#ifndef ZKC_ONNX_TD
#define ZKC_ONNX_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let summary = "the ONNX operators that zkc compiles, on builtin tensors";
  let description = [{
    One operation per ONNX operator, named as in the standard, with the operands and attributes of
    the operator's newest version. What older versions wrote differently (axes as an attribute,
    bounds of `Clip` as attributes, ...) is brought into this form by the importer, so that a pass
    sees one form only. The meaning of every operation is that of the ONNX standard; the pages
    below say what is specific to zkc.

    Types are builtin tensors. A shape may be unranked (`tensor<*xf32>`) or have unknown dimensions
    after import; after shape inference all shapes are static. Signed ONNX integers are signless
    here (`i64`), unsigned ones carry their sign (`ui8`), booleans are `i1`. An optional operand
    that is absent is the result of `onnx.NoValue`, of type `none`.

    Attributes with a default are always present in memory and left out of the text when they have
    their default value.

    A module that comes from the importer has these attributes:

    | attribute | meaning |
    |---|---|
    | `onnx.opset` | version of the default operator set that the model was written for |
    | `onnx.ir_version` | version of the ONNX file format |
    | `onnx.producer` | name and version of the tool that wrote the model; may be absent |
    | `onnx.data_dir` | folder that the file names in `#onnx.weights` are relative to |

    The model is the function `@main`; its arguments and results carry their ONNX names in
    `onnx.name`. Locations are ONNX node names.
  }];
  let cppNamespace = "::zkc::onnx";
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

//===-- Attributes --------------------------------------------------------===//

def Onnx_WeightsAttr
    : AttrDef<Onnx_Dialect, "Weights", [TypedAttrInterface]> {
  let mnemonic = "weights";
  let summary = "a large constant tensor that stays in its file";
  let description = [{
    Refers to `length` bytes at `offset` of a file: the elements in row-major order, little-endian,
    without padding; a boolean takes one byte. Nothing is read when the attribute is printed,
    parsed or compared, so that IR with gigabytes of weights stays light.

    The file is a path relative to the module attribute `onnx.data_dir`, or `blake3:HEX` for a blob
    in the weight cache (`$ZKC_CACHE_DIR/weights/HEX`). `digest` is the first 16 bytes of the
    BLAKE3 hash of the tensor's bytes, in lower-case hexadecimal; whoever reads the bytes checks it.

    ```mlir
    #onnx.weights<"model.onnx", offset = 1024, length = 10240, digest = "00112233445566778899aabbccddeeff"> : tensor<256x10xf32>
    ```

    Verifier: `length` is the byte size of the type, whose shape is static; `digest` has 32
    lower-case hexadecimal digits; `offset + length` does not overflow; the file name is not empty.
  }];
  let parameters = (ins
    StringRefParameter<"file that holds the elements">:$file,
    "uint64_t":$offset,
    "uint64_t":$length,
    StringRefParameter<"first 16 bytes of the BLAKE3 hash, hexadecimal">:$digest,
    AttributeSelfTypeParameter<"type of the tensor", "::mlir::RankedTensorType">:$type
  );
  let assemblyFormat = [{
    `<` $file `,` `offset` `=` $offset `,` `length` `=` $length `,` `digest` `=` $digest `>`
  }];
  let genVerifyDecl = 1;
}

def Onnx_ConstantValue : ConfinedAttr<TypedAttrInterface, [AttrConstraint<
    CPred<"::llvm::isa<::mlir::ElementsAttr, ::zkc::onnx::WeightsAttr>($_self)">,
    "that holds tensor elements or refers to them with `#onnx.weights`">]>;

//===-- Types -------------------------------------------------------------===//

defvar Onnx_Floats = [F32, F64];
defvar Onnx_Integers = [I8, I16, I32, I64, UI8, UI16, UI32, UI64];

class Onnx_TensorOf<list<Type> elements, string description>
    : Type<TensorOf<elements>.predicate, description, "::mlir::TensorType">;

def Onnx_FloatTensor : Onnx_TensorOf<Onnx_Floats, "tensor of f32 or f64">;
def Onnx_NumberTensor
    : Onnx_TensorOf<!listconcat(Onnx_Floats, Onnx_Integers), "tensor of numbers">;
def Onnx_Tensor
    : Onnx_TensorOf<!listconcat(Onnx_Floats, Onnx_Integers, [I1]), "tensor of numbers or booleans">;
def Onnx_IndexTensor : Onnx_TensorOf<[I32, I64], "tensor of i32 or i64">;
def Onnx_I64Tensor : Onnx_TensorOf<[I64], "tensor of i64">;
def Onnx_BoolTensor : Onnx_TensorOf<[I1], "tensor of booleans">;

/// An operand that a node may leave out: `none` stands for its absence.
class Onnx_Optional<Type type>
    : AnyTypeOf<[type, NoneType], type.summary # " or none">;

//===-- Operation classes -------------------------------------------------===//

class Onnx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Onnx_Dialect, mnemonic, !listconcat([Pure], traits)>;

/// One tensor to a tensor of the same shape and element type.
class Onnx_ElementwiseOp<string mnemonic, Type type = Onnx_FloatTensor>
    : Onnx_Op<mnemonic, [SameOperandsAndResultElementType, SameOperandsAndResultShape]> {
  let arguments = (ins type:$X);
  let results = (outs type:$Y);
  let assemblyFormat = "$X attr-dict `:` functional-type(operands, results)";
}

/// Two tensors with numpy broadcasting.
class Onnx_BinaryOp<string mnemonic, list<Trait> traits = []> : Onnx_Op<mnemonic, traits> {
  let arguments = (ins Onnx_NumberTensor:$A, Onnx_NumberTensor:$B);
  let results = (outs Onnx_NumberTensor:$C);
  let assemblyFormat = "$A `,` $B attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

/// One or more tensors with numpy broadcasting.
class Onnx_VariadicOp<string mnemonic, Type type> : Onnx_Op<mnemonic> {
  let arguments = (ins Variadic<type>:$inputs);
  let results = (outs type:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

/// Reduction over the axes of the second operand.
class Onnx_ReduceOp<string mnemonic, Type type> : Onnx_Op<mnemonic> {
  let arguments = (ins
    type:$data,
    Onnx_Optional<Onnx_I64Tensor>:$axes,
    DefaultValuedAttr<I64Attr, "1">:$keepdims,
    DefaultValuedAttr<I64Attr, "0">:$noop_with_empty_axes
  );
  let results = (outs type:$reduced);
  let assemblyFormat = "$data `,` $axes attr-dict `:` functional-type(operands, results)";
  let description = [{
    Reduces over `axes` (negative ones count from the end), or over all axes when `axes` is absent
    or empty, unless `noop_with_empty_axes` is 1: then the input is the result. Reduced axes stay
    as dimensions of size one when `keepdims` is 1.
  }];
  let hasVerifier = 1;
}

//===-- Constants ---------------------------------------------------------===//

def Onnx_NoValueOp : Onnx_Op<"NoValue",
    [ConstantLike, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "stands for an optional operand that is absent";
  let description = [{
    ```mlir
    %none = onnx.NoValue : none
    %0 = onnx.Conv %x, %w, %none {kernel_shape = array<i64: 3, 3>} : (tensor<1x1x8x8xf32>, tensor<4x1x3x3xf32>, none) -> tensor<1x4x6x6xf32>
    ```
  }];
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasFolder = 1;
}

def Onnx_ConstantOp : Onnx_Op<"Constant",
    [ConstantLike, AllTypesMatch<["value", "output"]>,
     DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a tensor known at compile time";
  let description = [{
    Initializers, `Constant` nodes and graph inputs that were declared constant. Up to 1024
    elements stand in the attribute itself, larger tensors in a file.

    ```mlir
    %0 = onnx.Constant dense<[1, 784]> : tensor<2xi64>
    %1 = onnx.Constant #onnx.weights<"model.onnx", offset = 90, length = 200704, digest = "00112233445566778899aabbccddeeff"> : tensor<784x64xf32>
    ```
  }];
  let arguments = (ins Onnx_ConstantValue:$value);
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Onnx_ConstantOfShapeOp : Onnx_Op<"ConstantOfShape"> {
  let summary = "a tensor of the given shape, filled with one value";
  let description = [{
    `value` has one element; its type is the element type of the result. The importer fills in the
    standard's default, a float zero.
  }];
  let arguments = (ins Onnx_I64Tensor:$input, ElementsAttr:$value);
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===-- Element-wise arithmetic -------------------------------------------===//

def Onnx_AddOp : Onnx_BinaryOp<"Add", [Commutative]> {
  let summary = "sum, with broadcasting";
}
def Onnx_SubOp : Onnx_BinaryOp<"Sub"> { let summary = "difference, with broadcasting"; }
def Onnx_MulOp : Onnx_BinaryOp<"Mul", [Commutative]> {
  let summary = "product, with broadcasting";
}
def Onnx_DivOp : Onnx_BinaryOp<"Div"> {
  let summary = "quotient, with broadcasting";
  let description = "For integers the quotient is truncated towards zero.";
}

def Onnx_PowOp : Onnx_Op<"Pow"> {
  let summary = "power, with broadcasting";
  let description = [{
    `Z = X^Y`. The exponent may have another element type than the base, whose type the result has.
  }];
  let arguments = (ins Onnx_NumberTensor:$X, Onnx_NumberTensor:$Y);
  let results = (outs Onnx_NumberTensor:$Z);
  let assemblyFormat = "$X `,` $Y attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_MaxOp : Onnx_VariadicOp<"Max", Onnx_NumberTensor> {
  let summary = "greatest of the operands per element, with broadcasting";
}
def Onnx_MinOp : Onnx_VariadicOp<"Min", Onnx_NumberTensor> {
  let summary = "least of the operands per element, with broadcasting";
}
def Onnx_SumOp : Onnx_VariadicOp<"Sum", Onnx_FloatTensor> {
  let summary = "sum of the operands per element, with broadcasting";
}
def Onnx_MeanOp : Onnx_VariadicOp<"Mean", Onnx_FloatTensor> {
  let summary = "mean of the operands per element, with broadcasting";
}

def Onnx_AbsOp : Onnx_ElementwiseOp<"Abs", Onnx_NumberTensor> { let summary = "absolute value"; }
def Onnx_NegOp : Onnx_ElementwiseOp<"Neg", Onnx_NumberTensor> { let summary = "negation"; }
def Onnx_SignOp : Onnx_ElementwiseOp<"Sign", Onnx_NumberTensor> {
  let summary = "-1, 0 or 1 by the sign of the operand";
}
def Onnx_CeilOp : Onnx_ElementwiseOp<"Ceil"> { let summary = "least integer not below"; }
def Onnx_FloorOp : Onnx_ElementwiseOp<"Floor"> { let summary = "greatest integer not above"; }
def Onnx_RoundOp : Onnx_ElementwiseOp<"Round"> { let summary = "nearest integer, ties to even"; }
def Onnx_SqrtOp : Onnx_ElementwiseOp<"Sqrt"> { let summary = "square root"; }
def Onnx_ReciprocalOp : Onnx_ElementwiseOp<"Reciprocal"> { let summary = "1 / x"; }
def Onnx_ExpOp : Onnx_ElementwiseOp<"Exp"> { let summary = "e^x"; }
def Onnx_LogOp : Onnx_ElementwiseOp<"Log"> { let summary = "natural logarithm"; }
def Onnx_ErfOp : Onnx_ElementwiseOp<"Erf"> { let summary = "Gauss error function"; }
def Onnx_SinOp : Onnx_ElementwiseOp<"Sin"> { let summary = "sine"; }
def Onnx_CosOp : Onnx_ElementwiseOp<"Cos"> { let summary = "cosine"; }
def Onnx_TanOp : Onnx_ElementwiseOp<"Tan"> { let summary = "tangent"; }
def Onnx_AsinOp : Onnx_ElementwiseOp<"Asin"> { let summary = "inverse sine"; }
def Onnx_AcosOp : Onnx_ElementwiseOp<"Acos"> { let summary = "inverse cosine"; }
def Onnx_AtanOp : Onnx_ElementwiseOp<"Atan"> { let summary = "inverse tangent"; }
def Onnx_SinhOp : Onnx_ElementwiseOp<"Sinh"> { let summary = "hyperbolic sine"; }
def Onnx_CoshOp : Onnx_ElementwiseOp<"Cosh"> { let summary = "hyperbolic cosine"; }
def Onnx_TanhOp : Onnx_ElementwiseOp<"Tanh"> { let summary = "hyperbolic tangent"; }
def Onnx_AsinhOp : Onnx_ElementwiseOp<"Asinh"> { let summary = "inverse hyperbolic sine"; }
def Onnx_AcoshOp : Onnx_ElementwiseOp<"Acosh"> { let summary = "inverse hyperbolic cosine"; }
def Onnx_AtanhOp : Onnx_ElementwiseOp<"Atanh"> { let summary = "inverse hyperbolic tangent"; }

//===-- Activations -------------------------------------------------------===//

def Onnx_ReluOp : Onnx_ElementwiseOp<"Relu", Onnx_NumberTensor> {
  let summary = "max(0, x)";
}
def Onnx_SigmoidOp : Onnx_ElementwiseOp<"Sigmoid"> { let summary = "1 / (1 + e^-x)"; }
def Onnx_SoftplusOp : Onnx_ElementwiseOp<"Softplus"> { let summary = "ln(1 + e^x)"; }
def Onnx_SoftsignOp : Onnx_ElementwiseOp<"Softsign"> { let summary = "x / (1 + |x|)"; }
def Onnx_MishOp : Onnx_ElementwiseOp<"Mish"> { let summary = "x tanh(ln(1 + e^x))"; }
def Onnx_HardSwishOp : Onnx_ElementwiseOp<"HardSwish"> {
  let summary = "x max(0, min(1, x / 6 + 1 / 2))";
}

/// An activation with one parameter.
class Onnx_AlphaOp<string mnemonic, string alpha> : Onnx_ElementwiseOp<mnemonic> {
  let arguments = (ins Onnx_FloatTensor:$X, DefaultValuedAttr<F32Attr, alpha>:$alpha);
}

def Onnx_LeakyReluOp : Onnx_AlphaOp<"LeakyRelu", "0.01f"> {
  let summary = "x for x >= 0, else alpha x";
}
def Onnx_EluOp : Onnx_AlphaOp<"Elu", "1.0f"> {
  let summary = "x for x >= 0, else alpha (e^x - 1)";
}
def Onnx_CeluOp : Onnx_AlphaOp<"Celu", "1.0f"> {
  let summary = "max(0, x) + min(0, alpha (e^(x / alpha) - 1))";
}
def Onnx_ThresholdedReluOp : Onnx_AlphaOp<"ThresholdedRelu", "1.0f"> {
  let summary = "x for x > alpha, else 0";
}
def Onnx_SwishOp : Onnx_AlphaOp<"Swish", "1.0f"> { let summary = "x sigmoid(alpha x)"; }

def Onnx_SeluOp : Onnx_ElementwiseOp<"Selu"> {
  let summary = "gamma x for x > 0, else gamma alpha (e^x - 1)";
  let arguments = (ins
    Onnx_FloatTensor:$X,
    DefaultValuedAttr<F32Attr, "1.67326319217681884765625f">:$alpha,
    DefaultValuedAttr<F32Attr, "1.05070102214813232421875f">:$gamma
  );
}

def Onnx_HardSigmoidOp : Onnx_ElementwiseOp<"HardSigmoid"> {
  let summary = "max(0, min(1, alpha x + beta))";
  let arguments = (ins
    Onnx_FloatTensor:$X,
    DefaultValuedAttr<F32Attr, "0.2f">:$alpha,
    DefaultValuedAttr<F32Attr, "0.5f">:$beta
  );
}

def Onnx_GeluOp : Onnx_ElementwiseOp<"Gelu"> {
  let summary = "x (1 + erf(x / sqrt 2)) / 2, or its tanh approximation";
  let description = [{
    With `approximate = "tanh"` the function is
    `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`.
  }];
  let arguments = (ins Onnx_FloatTensor:$X, DefaultValuedStrAttr<StrAttr, "none">:$approximate);
  let hasVerifier = 1;
}

def Onnx_ClipOp : Onnx_Op<"Clip"> {
  let summary = "limits the values to an interval";
  let description = [{
    `min(max(x, min), max)`; a bound that is absent does not limit. The bounds are scalars. Where
    `min` exceeds `max`, the result is `max`.
  }];
  let arguments = (ins
    Onnx_NumberTensor:$input,
    Onnx_Optional<Onnx_NumberTensor>:$min,
    Onnx_Optional<Onnx_NumberTensor>:$max
  );
  let results = (outs Onnx_NumberTensor:$output);
  let assemblyFormat = [{
    $input `,` $min `,` $max attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

//===-- Linear operations -------------------------------------------------===//

def Onnx_MatMulOp : Onnx_Op<"MatMul"> {
  let summary = "matrix product with numpy semantics";
  let description = [{
    Dimensions before the last two broadcast; an operand of rank one is a row on the left and a
    column on the right, and that dimension is left out of the result.
  }];
  let arguments = (ins Onnx_NumberTensor:$A, Onnx_NumberTensor:$B);
  let results = (outs Onnx_NumberTensor:$Y);
  let assemblyFormat = "$A `,` $B attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_GemmOp : Onnx_Op<"Gemm"> {
  let summary = "alpha A' B' + beta C";
  let description = [{
    `A'` is A, transposed when `transA` is not 0; the same for B. `C` broadcasts to the result, one
    way, and may be absent.
  }];
  let arguments = (ins
    Onnx_NumberTensor:$A,
    Onnx_NumberTensor:$B,
    Onnx_Optional<Onnx_NumberTensor>:$C,
    DefaultValuedAttr<F32Attr, "1.0f">:$alpha,
    DefaultValuedAttr<F32Attr, "1.0f">:$beta,
    DefaultValuedAttr<I64Attr, "0">:$transA,
    DefaultValuedAttr<I64Attr, "0">:$transB
  );
  let results = (outs Onnx_NumberTensor:$Y);
  let assemblyFormat = "$A `,` $B `,` $C attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_ConvOp : Onnx_Op<"Conv"> {
  let summary = "convolution (cross-correlation) over N x C x D1 x ... x Dn";
  let description = [{
    `X` is N x C x D1 x ..., `W` is M x C/group x k1 x ..., `B`, if present, M. `pads` lists the
    padding before each spatial axis, then the padding after each. `auto_pad` is `NOTSET`,
    `SAME_UPPER`, `SAME_LOWER` or `VALID`; `pads` counts only with `NOTSET`. `kernel_shape`, if
    given, repeats the shape of `W`; `strides` and `dilations` are one where absent, `pads` zero.
  }];
  let arguments = (ins
    Onnx_FloatTensor:$X,
    Onnx_FloatTensor:$W,
    Onnx_Optional<Onnx_FloatTensor>:$B,
    DefaultValuedStrAttr<StrAttr, "NOTSET">:$auto_pad,
    OptionalAttr<DenseI64ArrayAttr>:$dilations,
    DefaultValuedAttr<I64Attr, "1">:$group,
    OptionalAttr<DenseI64ArrayAttr>:$kernel_shape,
    OptionalAttr<DenseI64ArrayAttr>:$pads,
    OptionalAttr<DenseI64ArrayAttr>:$strides
  );
  let results = (outs Onnx_FloatTensor:$Y);
  let assemblyFormat = "$X `,` $W `,` $B attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===-- Pooling -----------------------------------------------------------===//

def Onnx_AveragePoolOp : Onnx_Op<"AveragePool"> {
  let summary = "mean over windows";
  let description = [{
    Windows are laid out as by `onnx.Conv`. The padding counts in the mean's divisor when
    `count_include_pad` is 1, otherwise only elements inside the operand do. With `ceil_mode` 1 the
    number of windows is rounded up; a window that would start in the padding behind the operand is
    left out.
  }];
  let arguments = (ins
    Onnx_FloatTensor:$X,
    DefaultValuedStrAttr<StrAttr, "NOTSET">:$auto_pad,
    DefaultValuedAttr<I64Attr, "0">:$ceil_mode,
    DefaultValuedAttr<I64Attr, "0">:$count_include_pad,
    OptionalAttr<DenseI64ArrayAttr>:$dilations,
    DenseI64ArrayAttr:$kernel_shape,
    OptionalAttr<DenseI64ArrayAttr>:$pads,
    OptionalAttr<DenseI64ArrayAttr>:$strides
  );
  let results = (outs Onnx_FloatTensor:$Y);
  let assemblyFormat = "$X attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_MaxPoolOp : Onnx_Op<"MaxPool"> {
  let summary = "maximum over windows";
  let description = [{
    Windows are laid out as by `onnx.AveragePool`; padding never is the maximum. The standard's
    second result, the indices, is not represented, and `storage_order` concerns nothing else.
  }];
  let arguments = (ins
    Onnx_NumberTensor:$X,
    DefaultValuedStrAttr<StrAttr, "NOTSET">:$auto_pad,
    DefaultValuedAttr<I64Attr, "0">:$ceil_mode,
    OptionalAttr<DenseI64ArrayAttr>:$dilations,
    DenseI64ArrayAttr:$kernel_shape,
    OptionalAttr<DenseI64ArrayAttr>:$pads,
    DefaultValuedAttr<I64Attr, "0">:$storage_order,
    OptionalAttr<DenseI64ArrayAttr>:$strides
  );
  let results = (outs Onnx_NumberTensor:$Y);
  let assemblyFormat = "$X attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

/// Pooling over all spatial axes at once.
class Onnx_GlobalPoolOp<string mnemonic> : Onnx_Op<mnemonic, [SameOperandsAndResultElementType]> {
  let arguments = (ins Onnx_FloatTensor:$X);
  let results = (outs Onnx_FloatTensor:$Y);
  let assemblyFormat = "$X attr-dict `:` functional-type(operands, results)";
  let description = [{
    From N x C x D1 x ... x Dn to N x C x 1 x ... x 1.
  }];
  let hasVerifier = 1;
}
def Onnx_GlobalAveragePoolOp : Onnx_GlobalPoolOp<"GlobalAveragePool"> {
  let summary = "mean over all spatial axes";
}
def Onnx_GlobalMaxPoolOp : Onnx_GlobalPoolOp<"GlobalMaxPool"> {
  let summary = "maximum over all spatial axes";
}

//===-- Normalization -----------------------------------------------------===//

def Onnx_BatchNormalizationOp : Onnx_Op<"BatchNormalization"> {
  let summary = "scale (X - mean) / sqrt(var + epsilon) + B, per channel";
  let description = [{
    Inference only: `training_mode` is 0 and the statistics are operands. The channel is the second
    axis of `X`; the other operands have one element per channel. `momentum` has no effect.
  }];
  let arguments = (ins
    Onnx_FloatTensor:$X,
    Onnx_FloatTensor:$scale,
    Onnx_FloatTensor:$B,
    Onnx_FloatTensor:$input_mean,
    Onnx_FloatTensor:$input_var,
    DefaultValuedAttr<F32Attr, "1e-05f">:$epsilon,
    DefaultValuedAttr<F32Attr, "0.9f">:$momentum,
    DefaultValuedAttr<I64Attr, "0">:$training_mode
  );
  let results = (outs Onnx_FloatTensor:$Y);
  let assemblyFormat = [{
    $X `,` $scale `,` $B `,` $input_mean `,` $input_var attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Onnx_SoftmaxOp : Onnx_Op<"Softmax",
    [SameOperandsAndResultElementType, SameOperandsAndResultShape]> {
  let summary = "e^x over the sum of e^x along an axis";
  let description = [{
    Before opset 13 the operator worked on a matrix: the dimensions before `axis` are its rows,
    those from `axis` on its columns, and each row sums to one. `coerce_2d` asks for that meaning;
    the importer sets it for such models, together with their default axis, 1.
  }];
  let arguments = (ins
    Onnx_FloatTensor:$input,
    DefaultValuedAttr<I64Attr, "-1">:$axis,
    UnitAttr:$coerce_2d
  );
  let results = (outs Onnx_FloatTensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_DropoutOp : Onnx_Op<"Dropout"> {
  let summary = "the identity: dropout acts only in training";
  let description = [{
    Inference only: `training_mode`, if present, is false. The mask is not represented. `ratio` and
    `seed` have no effect.
  }];
  let arguments = (ins
    Onnx_FloatTensor:$data,
    Onnx_Optional<Onnx_FloatTensor>:$ratio,
    Onnx_Optional<Onnx_BoolTensor>:$training_mode,
    OptionalAttr<I64Attr>:$seed
  );
  let results = (outs Onnx_FloatTensor:$output);
  let assemblyFormat = [{
    $data `,` $ratio `,` $training_mode attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

//===-- Reductions --------------------------------------------------------===//

def Onnx_ReduceSumOp : Onnx_ReduceOp<"ReduceSum", Onnx_NumberTensor> {
  let summary = "sum over axes";
}
def Onnx_ReduceMeanOp : Onnx_ReduceOp<"ReduceMean", Onnx_NumberTensor> {
  let summary = "mean over axes";
}
def Onnx_ReduceMaxOp : Onnx_ReduceOp<"ReduceMax", Onnx_Tensor> {
  let summary = "maximum over axes";
}
def Onnx_ReduceMinOp : Onnx_ReduceOp<"ReduceMin", Onnx_Tensor> {
  let summary = "minimum over axes";
}

//===-- Data movement -----------------------------------------------------===//

def Onnx_IdentityOp : Onnx_ElementwiseOp<"Identity", Onnx_Tensor> {
  let summary = "the operand itself";
  let hasFolder = 1;
}

def Onnx_CastOp : Onnx_Op<"Cast", [SameOperandsAndResultShape]> {
  let summary = "conversion to another element type";
  let description = [{
    `to` is the element type of the result. `saturate` and `round_mode` concern 8-bit floats only,
    which zkc does not have.
  }];
  let arguments = (ins
    Onnx_Tensor:$input,
    TypeAttr:$to,
    DefaultValuedAttr<I64Attr, "1">:$saturate,
    DefaultValuedStrAttr<StrAttr, "up">:$round_mode
  );
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Onnx_ReshapeOp : Onnx_Op<"Reshape"> {
  let summary = "the same elements in another shape";
  let description = [{
    In `shape`, -1 (at most once) is what remains, and 0 is the operand's dimension at that place,
    or zero itself when `allowzero` is 1.
  }];
  let arguments = (ins
    Onnx_Tensor:$data, Onnx_I64Tensor:$shape, DefaultValuedAttr<I64Attr, "0">:$allowzero);
  let results = (outs Onnx_Tensor:$reshaped);
  let assemblyFormat = "$data `,` $shape attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_FlattenOp : Onnx_Op<"Flatten"> {
  let summary = "a matrix: axes before `axis` are its rows, the rest its columns";
  let arguments = (ins Onnx_Tensor:$input, DefaultValuedAttr<I64Attr, "1">:$axis);
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_SqueezeOp : Onnx_Op<"Squeeze"> {
  let summary = "without the given axes, which have size one";
  let description = "All axes of size one are removed when `axes` is absent.";
  let arguments = (ins Onnx_Tensor:$data, Onnx_Optional<Onnx_I64Tensor>:$axes);
  let results = (outs Onnx_Tensor:$squeezed);
  let assemblyFormat = "$data `,` $axes attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_UnsqueezeOp : Onnx_Op<"Unsqueeze"> {
  let summary = "with new axes of size one";
  let description = "`axes` are positions in the result's shape.";
  let arguments = (ins Onnx_Tensor:$data, Onnx_I64Tensor:$axes);
  let results = (outs Onnx_Tensor:$expanded);
  let assemblyFormat = "$data `,` $axes attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_TransposeOp : Onnx_Op<"Transpose"> {
  let summary = "permutes the axes";
  let description = [{
    Axis `i` of the result is axis `perm[i]` of the operand; without `perm` the order is reversed.
  }];
  let arguments = (ins Onnx_Tensor:$data, OptionalAttr<DenseI64ArrayAttr>:$perm);
  let results = (outs Onnx_Tensor:$transposed);
  let assemblyFormat = "$data attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def Onnx_ConcatOp : Onnx_Op<"Concat"> {
  let summary = "joins tensors along an axis";
  let arguments = (ins Variadic<Onnx_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Onnx_Tensor:$concat_result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_SplitOp : Onnx_Op<"Split"> {
  let summary = "cuts a tensor along an axis";
  let description = [{
    `split` holds the sizes of the parts. Without it the parts are equal, except that the last one
    is smaller where the size does not divide.
  }];
  let arguments = (ins
    Onnx_Tensor:$input,
    Onnx_Optional<Onnx_I64Tensor>:$split,
    DefaultValuedAttr<I64Attr, "0">:$axis,
    OptionalAttr<I64Attr>:$num_outputs
  );
  let results = (outs Variadic<Onnx_Tensor>:$outputs);
  let assemblyFormat = "$input `,` $split attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_SliceOp : Onnx_Op<"Slice"> {
  let summary = "a sub-tensor by start, end and step per axis";
  let description = [{
    As numpy's `x[start:end:step]` on each of `axes`, or on the first axes when `axes` is absent.
    Negative positions count from the end; positions past the ends are clamped; steps are not zero
    and default to one.
  }];
  let arguments = (ins
    Onnx_Tensor:$data,
    Onnx_IndexTensor:$starts,
    Onnx_IndexTensor:$ends,
    Onnx_Optional<Onnx_IndexTensor>:$axes,
    Onnx_Optional<Onnx_IndexTensor>:$steps
  );
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = [{
    $data `,` $starts `,` $ends `,` $axes `,` $steps attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Onnx_GatherOp : Onnx_Op<"Gather"> {
  let summary = "picks slices along an axis";
  let description = [{
    The result has the shape of `data` with `axis` replaced by the shape of `indices`. Negative
    indices count from the end.
  }];
  let arguments = (ins
    Onnx_Tensor:$data, Onnx_IndexTensor:$indices, DefaultValuedAttr<I64Attr, "0">:$axis);
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = "$data `,` $indices attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_ExpandOp : Onnx_Op<"Expand"> {
  let summary = "broadcasts to a shape";
  let description = [{
    Two-way broadcasting: a one in `shape` leaves the operand's dimension.
  }];
  let arguments = (ins Onnx_Tensor:$input, Onnx_I64Tensor:$shape);
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = "$input `,` $shape attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_TileOp : Onnx_Op<"Tile"> {
  let summary = "repeats the tensor along each axis";
  let arguments = (ins Onnx_Tensor:$input, Onnx_I64Tensor:$repeats);
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = "$input `,` $repeats attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_PadOp : Onnx_Op<"Pad"> {
  let summary = "extends a tensor on both sides of its axes";
  let description = [{
    `pads` lists the padding before each of `axes` (all axes when absent), then the padding after
    each; a negative number crops. `mode` is `constant` (with `constant_value`, zero when absent),
    `edge`, `reflect` or `wrap`.
  }];
  let arguments = (ins
    Onnx_Tensor:$data,
    Onnx_I64Tensor:$pads,
    Onnx_Optional<Onnx_Tensor>:$constant_value,
    Onnx_Optional<Onnx_IndexTensor>:$axes,
    DefaultValuedStrAttr<StrAttr, "constant">:$mode
  );
  let results = (outs Onnx_Tensor:$output);
  let assemblyFormat = [{
    $data `,` $pads `,` $constant_value `,` $axes attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Onnx_ShapeOp : Onnx_Op<"Shape"> {
  let summary = "the operand's dimensions";
  let description = [{
    Those from `start` to before `end` (all that remain when absent); negative positions count from
    the end, and positions past the ends are clamped.
  }];
  let arguments = (ins
    Onnx_Tensor:$data, DefaultValuedAttr<I64Attr, "0">:$start, OptionalAttr<I64Attr>:$end);
  let results = (outs Onnx_I64Tensor:$shape);
  let assemblyFormat = "$data attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Onnx_SizeOp : Onnx_Op<"Size"> {
  let summary = "the operand's number of elements, as a scalar";
  let arguments = (ins Onnx_Tensor:$data);
  let results = (outs Onnx_I64Tensor:$size);
  let assemblyFormat = "$data attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // ZKC_ONNX_TD
