// Linear operations, pooling, normalization and reductions; a part of Onnx.td, which defines what stands here.

#ifndef ZKC_ONNX_LAYERS_TD
#define ZKC_ONNX_LAYERS_TD

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

#endif // ZKC_ONNX_LAYERS_TD
