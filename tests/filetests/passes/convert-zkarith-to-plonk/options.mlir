// RUN: zkc-opt --convert-zkarith-to-plonk %s | FileCheck %s --check-prefix=OUTPUTS
// RUN: zkc-opt --convert-zkarith-to-plonk='public-inputs=true' %s | FileCheck %s --check-prefix=BOTH
// RUN: zkc-opt --convert-zkarith-to-plonk='public-outputs=false' %s | FileCheck %s --check-prefix=NEITHER
// RUN: not zkc-opt --convert-zkarith-to-plonk='public-outputs=maybe' %s 2>&1 | FileCheck %s --check-prefix=MAYBE

// Public values stand in the instance column in the order of the function: inputs first.

// OUTPUTS-NOT: plonk.input {{.*}} public
// OUTPUTS: %[[X:.*]] = plonk.input "input0" 0 :
// OUTPUTS-NOT: plonk.place %[[X]] on @public
// OUTPUTS: plonk.place %[[Y:.*]] on @public
// OUTPUTS-NEXT: plonk.output "output0" %[[Y]] public

// BOTH-DAG: #[[INPUTS:.*]] = affine_map<(d0) -> (0, d0)>
// BOTH-DAG: #[[AFTER:.*]] = affine_map<(d0) -> (0, d0 + 2)>
// BOTH: %[[X:.*]] = plonk.input "input0" 0 public :
// BOTH: plonk.place %[[X]] on @public domain [2] read #{{.*}} at #[[INPUTS]]
// BOTH: plonk.place %[[Y:.*]] on @public domain [2] read #{{.*}} at #[[AFTER]]
// BOTH-NEXT: plonk.output "output0" %[[Y]] public

// NEITHER-NOT: plonk.instance
// NEITHER: plonk.input "input0" 0 :
// NEITHER-NOT: @public
// NEITHER: plonk.output "output0" %{{.*}} :

// MAYBE: error: {{.*}}`public-outputs`

!x = tensor<2x!zkarith.fixed<0, -2, 1>>
!y = tensor<2x!zkarith.fixed<0, 0, 1>>
func.func @main(%x: !x) -> !y attributes {plonk.layout = {blocks = 1, k = 5, lanes = 1, limb_bits = 2, limbs = 1, units = 1}} {
  %0 = zkarith.relu %x : !x -> !y
  return %0 : !y
}
