// RUN: zkc-opt %s --convert-zkarith-to-poly-ext --verify-approximations | FileCheck %s
// RUN: zkc-opt %s --convert-zkarith-to-poly-ext | zkc-opt --verify-approximations | FileCheck %s

// What the compiler writes is true, also after it was printed and read: tables, their tails, and what is cut to them.
// CHECK: func.func @main
// CHECK: poly_ext.eval %{{.*}} <"tanh", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"sigmoid", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"erf", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"gelu", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"gelu_tanh", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"silu", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"softplus", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"mish", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"elu(alpha=1.0)", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"exp", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"sin", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"cos", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"atan", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"softsign", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"hardswish", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"relu", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"abs", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"sign", {{.*}}certificate = exhaustive
// CHECK: poly_ext.eval %{{.*}} <"tanh", {{.*}}outside = saturate
// CHECK: poly_ext.eval %{{.*}} <"exp", {{.*}}outside = saturate
func.func @main(%x: tensor<2x!zkarith.fixed<8, -1500, 1500>>, %w: tensor<2x!zkarith.fixed<8, -999999, 99999999>>) -> (tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -1024, 1024>>, tensor<2x!zkarith.fixed<10, 0, 1100>>) {
  %0 = zkarith.apply "tanh" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %1 = zkarith.apply "sigmoid" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %2 = zkarith.apply "erf" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %3 = zkarith.apply "gelu" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %4 = zkarith.apply "gelu_tanh" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %5 = zkarith.apply "silu" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %6 = zkarith.apply "softplus" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %7 = zkarith.apply "mish" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %8 = zkarith.apply "elu(alpha=1.0)" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %9 = zkarith.apply "exp" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %10 = zkarith.apply "sin" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %11 = zkarith.apply "cos" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %12 = zkarith.apply "atan" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %13 = zkarith.apply "softsign" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %14 = zkarith.apply "hardswish" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %15 = zkarith.apply "relu" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %16 = zkarith.apply "abs" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %17 = zkarith.apply "sign" %x : tensor<2x!zkarith.fixed<8, -1500, 1500>> -> tensor<2x!zkarith.fixed<10, -500000, 500000>>
  %18 = zkarith.apply "tanh" %w : tensor<2x!zkarith.fixed<8, -999999, 99999999>> -> tensor<2x!zkarith.fixed<10, -1024, 1024>>
  %19 = zkarith.clamp %w : tensor<2x!zkarith.fixed<8, -999999, 99999999>> -> tensor<2x!zkarith.fixed<8, -2000, 10>>
  %20 = zkarith.apply "exp" %19 : tensor<2x!zkarith.fixed<8, -2000, 10>> -> tensor<2x!zkarith.fixed<10, 0, 1100>>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %20 : tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -500000, 500000>>, tensor<2x!zkarith.fixed<10, -1024, 1024>>, tensor<2x!zkarith.fixed<10, 0, 1100>>
}
