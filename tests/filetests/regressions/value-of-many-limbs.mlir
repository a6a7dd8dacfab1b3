// The limb from bit 128 on was read as zero instead of being refused.
// RUN: not zkc-opt %s --zkarith-plan-layout='limb-bits=16' --convert-zkarith-to-plonk 2>&1 | FileCheck %s
// CHECK: error: {{.*}}a value needs more than 127 bits
func.func @main(%x: tensor<1x!zkarith.fixed<0, 0, 1361129467683753853853498429727072845823>>) -> tensor<1x!zkarith.fixed<0, 0, 1361129467683753853853498429727072845823>> {
  return %x : tensor<1x!zkarith.fixed<0, 0, 1361129467683753853853498429727072845823>>
}
