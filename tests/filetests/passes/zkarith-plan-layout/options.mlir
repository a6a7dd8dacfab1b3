// RUN: not zkc-opt --zkarith-plan-layout='limb-bits=21' %s 2>&1 | FileCheck %s
// RUN: not zkc-opt --zkarith-plan-layout='limb-bits=0' %s 2>&1 | FileCheck %s
// RUN: not zkc-opt --zkarith-plan-layout='max-k=3' %s 2>&1 | FileCheck %s
// RUN: not zkc-opt --zkarith-plan-layout='max-k=29' %s 2>&1 | FileCheck %s
// RUN: not zkc-opt --zkarith-plan-layout='lookups=none' %s 2>&1 | FileCheck %s --check-prefix=LOOKUPS

// LOOKUPS: error: option `lookups` must be `native` or `sums`, not `none`
// CHECK: error: options out of range: `max-k` is 4 to 28, `limb-bits` is 1 to 20
module {
}
