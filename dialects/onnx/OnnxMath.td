// Element-wise operations; a part of Onnx.td, which defines what stands here.

#ifndef ZKC_ONNX_MATH_TD
#define ZKC_ONNX_MATH_TD

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

#endif // ZKC_ONNX_MATH_TD
