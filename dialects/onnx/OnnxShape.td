// Data movement; a part of Onnx.td, which defines what stands here.

#ifndef ZKC_ONNX_SHAPE_TD
#define ZKC_ONNX_SHAPE_TD

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

#endif // ZKC_ONNX_SHAPE_TD
