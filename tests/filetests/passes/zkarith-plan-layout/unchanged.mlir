// RUN: zkc-opt %s --split-input-file > %t.before
// RUN: zkc-opt --zkarith-plan-layout %s --split-input-file | diff %t.before -

// A layout that somebody wrote stays, also one that the pass would not choose.
func.func @main(%x: tensor<2x!zkarith.fixed<0, 0, 255>>) -> tensor<2x!zkarith.fixed<0, 0, 255>> attributes {plonk.layout = {blocks = 2 : i64, k = 12 : i64, lanes = 3 : i64, limb_bits = 10 : i64, limbs = 4 : i64, units = 5 : i64}} {
  return %x : tensor<2x!zkarith.fixed<0, 0, 255>>
}

// -----

// No function, no layout.
plonk.circuit @main k = 5 {
}
