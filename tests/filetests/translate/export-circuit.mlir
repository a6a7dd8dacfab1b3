// Only a circuit can be exported.
// RUN: not zkc-translate --export-circuit %s -o %t 2>&1 | FileCheck %s
// RUN: not test -s %t

// CHECK: error:
func.func @main() {
  return
}
