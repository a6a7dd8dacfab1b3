// RUN: zkc-opt %s --split-input-file > %t.before
// RUN: zkc-opt --convert-zkarith-to-plonk %s --split-input-file | diff %t.before -

// No function, nothing to convert.
module {
}

// -----

plonk.circuit @main k = 5 {
  plonk.advice @a[1] phase 0
}
