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

//===-- Operations by family ----------------------------------------------===//

include "OnnxMath.td"
include "OnnxLayers.td"
include "OnnxShape.td"

#endif // ZKC_ONNX_TD
