#ifndef ZKC_POLYEXT_TD
#define ZKC_POLYEXT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def PolyExt_Dialect : Dialect {
  let name = "poly_ext";
  let summary = "what stands for a real function, and how well";
  let description = [{
    An approximation is an attribute that keeps what it approximates: the function, the domain,
    what happens outside of it, the error, and how the error is known. A pass further down can
    therefore make another form for another degree, domain or format from the record alone.
  }];
  let cppNamespace = "::zkc::poly_ext";
  let useDefaultAttributePrinterParser = 1;
}

//===-- Enumerations ------------------------------------------------------===//

def PolyExt_Basis : I32EnumAttr<"Basis", "polynomial basis", [
    I32EnumAttrCase<"Monomial", 0, "monomial">,
    I32EnumAttrCase<"Chebyshev", 1, "chebyshev">]> {
  let cppNamespace = "::zkc::poly_ext";
}

def PolyExt_Outside : I32EnumAttr<"Outside", "behaviour outside the domain", [
    I32EnumAttrCase<"Saturate", 0, "saturate">,
    I32EnumAttrCase<"Asymptote", 1, "asymptote">,
    I32EnumAttrCase<"Refuse", 2, "refuse">]> {
  let cppNamespace = "::zkc::poly_ext";
}

def PolyExt_Certificate : I32EnumAttr<"Certificate", "how an error bound is known", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"Exhaustive", 1, "exhaustive">,
    I32EnumAttrCase<"Interval", 2, "interval">]> {
  let cppNamespace = "::zkc::poly_ext";
}

//===-- Attributes --------------------------------------------------------===//

def PolyExt_TableAttr : AttrDef<PolyExt_Dialect, "Table"> {
  let mnemonic = "table";
  let summary = "one integer per integer of an interval";
  let description = [{
    `#poly_ext.table<from = lo, values>`: the integer `lo + i` (at the operand's scale) is mapped
    to the i-th value (an integer at the result's scale). The values are a one-dimensional integer
    elements attribute or an `#onnx.weights` reference.
  }];
  let parameters = (ins "int64_t":$from, "::mlir::Attribute":$values);
  let assemblyFormat = "`<` `from` `=` $from `,` $values `>`";
  let genVerifyDecl = 1;
}

def PolyExt_PolynomialAttr : AttrDef<PolyExt_Dialect, "Polynomial"> {
  let mnemonic = "polynomial";
  let summary = "polynomial with float coefficients on an interval";
  let description = [{
    `#poly_ext.polynomial<chebyshev, [c0, c1, ...], on = [a, b]>`. In the monomial basis the value
    is the sum of `c_i * x^i`; in the Chebyshev basis the sum of `c_i * T_i(t)` with `t` the affine
    map of [a, b] to [-1, 1].
  }];
  let parameters = (ins
    EnumParameter<PolyExt_Basis>:$basis,
    "::mlir::DenseF64ArrayAttr":$coefficients,
    "::mlir::DenseF64ArrayAttr":$on
  );
  let assemblyFormat = "`<` $basis `,` custom<F64s>($coefficients) `,` `on` `=` custom<F64s>($on) `>`";
  let genVerifyDecl = 1;
}

def PolyExt_ApproxAttr : AttrDef<PolyExt_Dialect, "Approx"> {
  let mnemonic = "approx";
  let summary = "record of an approximation";
  let description = [{
    * `function`: the function with its parameters, `"elu(alpha=1)"`;
    * `domain`: the closed interval of real arguments on which the form holds;
    * `outside`: arguments outside are cut to the domain (`saturate`), follow the function's
      asymptote (`asymptote`), or cannot occur (`refuse`);
    * `form`: `#poly_ext.table` or `#poly_ext.polynomial`;
    * `max_error`: bound of the absolute error in the maximum norm, over every argument that the
      operand's type allows;
    * `certificate`: how the bound is known; `none` means that it is an estimate;
    * `producer`: what made the form.
  }];
  let parameters = (ins
    StringRefParameter<"approximated function">:$function,
    "::mlir::DenseF64ArrayAttr":$domain,
    EnumParameter<PolyExt_Outside>:$outside,
    "::mlir::Attribute":$form,
    "::mlir::FloatAttr":$maxError,
    EnumParameter<PolyExt_Certificate>:$certificate,
    StringRefParameter<"what made the form">:$producer
  );
  let assemblyFormat = [{
    `<` $function `,` `domain` `=` custom<F64s>($domain) `,` `outside` `=` $outside `,` `form` `=` $form `,`
    `max_error` `=` custom<F64>($maxError) `,` `certificate` `=` $certificate `,`
    `producer` `=` $producer `>`
  }];
  let genVerifyDecl = 1;
}

//===-- Operations --------------------------------------------------------===//

def PolyExt_EvalOp : Op<PolyExt_Dialect, "eval", [Pure]> {
  let summary = "element-wise value of an approximation";
  let description = [{
    On tensors of `!zkarith.fixed` the form must be a table: the operand is cut to the table's
    interval when `outside` is `saturate`, otherwise its bounds must lie within the table. On
    tensors of floats a polynomial form is evaluated in double precision.
  }];
  let arguments = (ins AnyRankedTensor:$input, PolyExt_ApproxAttr:$approx);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input $approx attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

#endif // ZKC_POLYEXT_TD
