// RUN: zkc-opt %s | FileCheck %s
// RUN: zkc-opt %s | zkc-opt | FileCheck %s
// RUN: zkc-opt %s --mlir-print-op-generic | zkc-opt | FileCheck %s

// Every operation prints as it was read.

// CHECK-LABEL: plonk.circuit @every_operation k = 6 {
plonk.circuit @every_operation k = 6 {
  // CHECK-NEXT: plonk.advice @a[2] phase 0
  plonk.advice @a[2] phase 0
  // CHECK-NEXT: plonk.advice @late[1] phase 1
  plonk.advice @late[1] phase 1
  // CHECK-NEXT: plonk.fixed @w[2]
  plonk.fixed @w[2]
  // CHECK-NEXT: plonk.fixed @q[1]
  plonk.fixed @q[1]
  // CHECK-NEXT: plonk.instance @public[1]
  plonk.instance @public[1]
  // CHECK-NEXT: plonk.instance @shown[2] gates
  plonk.instance @shown[2] gates
  // CHECK-NEXT: plonk.challenge @rho after 0
  plonk.challenge @rho after 0
  // CHECK-NEXT: plonk.table @range [#plonk.range<-4, 16>]
  plonk.table @range [#plonk.range<-4, 16>]
  // CHECK-NEXT: plonk.table @functions [dense<[0, 1, 1]> : tensor<3xi64>, #plonk.range<0, 3>, dense<[0, 7, -9]> : tensor<3xi8>]
  plonk.table @functions [dense<[0, 1, 1]> : tensor<3xi64>, #plonk.range<0, 3>, dense<[0, 7, -9]> : tensor<3xi8>]

  // CHECK-NEXT: plonk.gate @g {
  plonk.gate @g {
    // CHECK-NEXT: %[[A:.*]] = plonk.query @a[1] at -1
    %a = plonk.query @a[1] at -1
    // CHECK-NEXT: %[[Q:.*]] = plonk.query @q[0] at 0
    %q = plonk.query @q[0] at 0
    // CHECK-NEXT: %[[RHO:.*]] = plonk.challenge_value @rho
    %rho = plonk.challenge_value @rho
    // CHECK-NEXT: %[[BIG:.*]] = plonk.literal 170141183460469231731687303715884105727
    %big = plonk.literal 170141183460469231731687303715884105727
    // CHECK-NEXT: %[[NEG:.*]] = plonk.neg %[[BIG]]
    %neg = plonk.neg %big
    // CHECK-NEXT: %[[INNER:.*]] = plonk.inner @a, @w
    %inner = plonk.inner @a, @w
    // CHECK-NEXT: %[[SUM:.*]] = plonk.sum %[[A]], %[[NEG]], %[[INNER]]
    %sum = plonk.sum %a, %neg, %inner
    // CHECK-NEXT: %[[PRODUCT:.*]] = plonk.product %[[Q]], %[[RHO]], %[[SUM]]
    %product = plonk.product %q, %rho, %sum
    // CHECK-NEXT: plonk.constrain "what it means" %[[PRODUCT]]
    plonk.constrain "what it means" %product
    // CHECK-NEXT: }
  }
  // CHECK-NEXT: plonk.lookup @l in @functions {
  plonk.lookup @l in @functions {
    // CHECK: plonk.look_up %{{.*}}, %{{.*}}, %{{.*}}
    %t = plonk.query @w[0] at 0
    %x = plonk.query @a[0] at 0
    %y = plonk.query @a[1] at 0
    plonk.look_up %t, %x, %y
  }

  // CHECK: %[[X:.*]] = plonk.input "x" 0 public : tensor<2x3x!zkarith.fixed<4, -8, 7>>
  %x = plonk.input "x" 0 public : tensor<2x3x!zkarith.fixed<4, -8, 7>>
  // CHECK-NEXT: %[[P:.*]] = plonk.input "p" 1 : tensor<2x3x!zkarith.fixed<4, 1, 7>>
  %p = plonk.input "p" 1 : tensor<2x3x!zkarith.fixed<4, 1, 7>>
  // CHECK-NEXT: %[[W:.*]] = plonk.constant dense<[1, 2, -3]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<2, -3, 2>>
  %w = plonk.constant dense<[1, 2, -3]> : tensor<3xi64> -> tensor<3x!zkarith.fixed<2, -3, 2>>
  // CHECK-NEXT: %[[MOVED:.*]] = plonk.gather %[[X]] by #{{.*}} : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<6x!zkarith.fixed<4, -8, 7>>
  %moved = plonk.gather %x by affine_map<(d0) -> (d0 floordiv 3, d0 mod 3)> : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<6x!zkarith.fixed<4, -8, 7>>
  // CHECK-NEXT: %[[PADDED:.*]] = plonk.gather %[[MOVED]] by #{{.*}} fill -8 : tensor<6x!zkarith.fixed<4, -8, 7>> -> tensor<8x!zkarith.fixed<4, -8, 7>>
  %padded = plonk.gather %moved by affine_map<(d0) -> (d0 - 1)> fill -8 : tensor<6x!zkarith.fixed<4, -8, 7>> -> tensor<8x!zkarith.fixed<4, -8, 7>>
  // CHECK-NEXT: %[[JOINED:.*]] = plonk.concat %[[X]], %[[P]] axis = 0 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<4x3x!zkarith.fixed<4, -8, 7>>
  %joined = plonk.concat %x, %p axis = 0 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<4x3x!zkarith.fixed<4, -8, 7>>
  // CHECK-NEXT: %[[PARTIAL:.*]] = plonk.linear %[[X]] by [#{{.*}}] times %[[W]] by [#{{.*}}] taps [array<i64: 3>] chunk 2 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<3x!zkarith.fixed<2, -3, 2>>) -> tensor<2x2x!zkarith.fixed<6, -100, 100>>
  %partial = plonk.linear %x by [affine_map<(d0, d1) -> (d0, d1)>] times %w by [affine_map<(d0, d1) -> (d1)>] taps [array<i64: 3>] chunk 2 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<3x!zkarith.fixed<2, -3, 2>>) -> tensor<2x2x!zkarith.fixed<6, -100, 100>>
  // CHECK-NEXT: %[[B:.*]] = plonk.constant dense<[5, 6]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<6, 5, 6>>
  %b = plonk.constant dense<[5, 6]> : tensor<2xi64> -> tensor<2x!zkarith.fixed<6, 5, 6>>
  // CHECK-NEXT: plonk.linear %[[X]], %[[P]] by [#{{.*}}, #{{.*}}] times %[[W]], %[[W]] by [#{{.*}}, #{{.*}}] taps [array<i64: 3>, array<i64>] chunk 9 bias %[[B]] : {{.*}} -> tensor<2x1x!zkarith.fixed<6, -200, 200>>
  %two = plonk.linear %x, %p by [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0) -> (d0, 0)>] times %w, %w by [affine_map<(d0, d1) -> (d1)>, affine_map<(d0) -> (2)>] taps [array<i64: 3>, array<i64>] chunk 9 bias %b : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>, tensor<3x!zkarith.fixed<2, -3, 2>>, tensor<3x!zkarith.fixed<2, -3, 2>>, tensor<2x!zkarith.fixed<6, 5, 6>>) -> tensor<2x1x!zkarith.fixed<6, -200, 200>>
  // CHECK-NEXT: %[[QUOTIENT:.*]] = plonk.quotient %[[X]] plus 2 by 4 : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<2, -2, 2>>
  %quotient = plonk.quotient %x plus 2 by 4 : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<2, -2, 2>>
  // CHECK-NEXT: plonk.remainder %[[X]] plus 2 by 4 : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<0, 0, 3>>
  %remainder = plonk.remainder %x plus 2 by 4 : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<0, 0, 3>>
  // CHECK-NEXT: plonk.limb %[[X]][1] bits 2 offset -8 : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<0, 0, 3>>
  %limb = plonk.limb %x[1] bits 2 offset -8 : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<0, 0, 3>>
  // CHECK-NEXT: plonk.nonneg %[[X]] : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<0, 0, 1>>
  %sign = plonk.nonneg %x : tensor<2x3x!zkarith.fixed<4, -8, 7>> -> tensor<2x3x!zkarith.fixed<0, 0, 1>>
  // CHECK-NEXT: plonk.affine %[[X]], %[[P]] times [2, -1] plus -5 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<4, -28, 8>>
  %affine = plonk.affine %x, %p times [2, -1] plus -5 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<4, -28, 8>>
  // CHECK-NEXT: plonk.mul %[[X]], %[[P]] : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<8, -56, 49>>
  %mul = plonk.mul %x, %p : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<8, -56, 49>>
  // CHECK-NEXT: plonk.max %[[X]], %[[P]] :
  %max = plonk.max %x, %p : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<4, 1, 7>>
  // CHECK-NEXT: plonk.min %[[X]], %[[P]] :
  %min = plonk.min %x, %p : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<4, -8, 7>>
  // CHECK-NEXT: %[[F:.*]] = plonk.lookup_value %[[QUOTIENT]] in @functions tag 1 : tensor<2x3x!zkarith.fixed<2, -2, 2>> -> tensor<2x3x!zkarith.fixed<3, -9, 7>>
  %f = plonk.lookup_value %quotient in @functions tag 1 : tensor<2x3x!zkarith.fixed<2, -2, 2>> -> tensor<2x3x!zkarith.fixed<3, -9, 7>>
  // CHECK-NEXT: plonk.ratio %[[X]], %[[P]] times 16 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<4, -128, 112>>
  %ratio = plonk.ratio %x, %p times 16 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<4, -128, 112>>
  // CHECK-NEXT: plonk.ratio_remainder %[[X]], %[[P]] times 16 : {{.*}} -> tensor<2x3x!zkarith.fixed<0, 0, 13>>
  %rest = plonk.ratio_remainder %x, %p times 16 : (tensor<2x3x!zkarith.fixed<4, -8, 7>>, tensor<2x3x!zkarith.fixed<4, 1, 7>>) -> tensor<2x3x!zkarith.fixed<0, 0, 13>>
  // CHECK-NEXT: plonk.free "halo" : tensor<4x!zkarith.fixed<0, 0, 0>>
  %free = plonk.free "halo" : tensor<4x!zkarith.fixed<0, 0, 0>>

  // CHECK-NEXT: plonk.place %[[X]] on @a domain [2, 3] read #{{.*}} at #{{.*}} : tensor<2x3x!zkarith.fixed<4, -8, 7>>
  plonk.place %x on @a domain [2, 3] read affine_map<(d0, d1) -> (d0, d1)> at affine_map<(d0, d1) -> (d0, d1 + 4)> : tensor<2x3x!zkarith.fixed<4, -8, 7>>
  // CHECK-NEXT: plonk.fill @q with -1 domain [3] at #{{.*}}
  plonk.fill @q with -1 domain [3] at affine_map<(d0) -> (0, d0 * 2)>
  // CHECK-NEXT: plonk.output "y" %[[F]] public : tensor<2x3x!zkarith.fixed<3, -9, 7>>
  plonk.output "y" %f public : tensor<2x3x!zkarith.fixed<3, -9, 7>>
  // CHECK-NEXT: plonk.output "hidden" %[[X]] : tensor<2x3x!zkarith.fixed<4, -8, 7>>
  plonk.output "hidden" %x : tensor<2x3x!zkarith.fixed<4, -8, 7>>
}

// CHECK-LABEL: plonk.circuit @phases k = 4
plonk.circuit @phases k = 4 {
  plonk.advice @m[2] phase 0
  plonk.advice @s[2] phase 1
  plonk.fixed @t[2]
  plonk.fixed @u[2]
  plonk.fixed @on[1]
  plonk.gate @g {
    %s = plonk.query @s[1] at 1
    plonk.constrain "it goes on" %s
  }
  // CHECK: plonk.derive @s[1] at 1 from @g "it goes on"
  plonk.derive @s[1] at 1 from @g "it goes on"
  // CHECK-NEXT: plonk.multiplicity @m[0] of [@t] active @on {
  plonk.multiplicity @m[0] of [@t] active @on {
    // CHECK: plonk.count %[[X:.*]], %[[X]] where %{{.*}}
    %x = plonk.query @on[0] at 0
    %one = plonk.literal 1
    plonk.count %x, %x where %one
  }
  // CHECK: plonk.multiplicity @m[1, 0] of [@t, @u] {
  plonk.multiplicity @m[1, 0] of [@t, @u] {
  }
  // CHECK: plonk.constant #plonk.range<-1, 3> -> tensor<3x!zkarith.fixed<0, -1, 1>>
  %r = plonk.constant #plonk.range<-1, 3> -> tensor<3x!zkarith.fixed<0, -1, 1>>
}

// Attributes that the dialect does not know are kept.
// CHECK-LABEL: plonk.circuit @empty k = 3 attributes {origin = "hand"} {
plonk.circuit @empty k = 3 attributes {origin = "hand"} {
}

// CHECK-LABEL: func.func @expression_types(%arg0: !plonk.expr)
func.func @expression_types(%x: !plonk.expr) -> !plonk.expr {
  return %x : !plonk.expr
}
