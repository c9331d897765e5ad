// Counts what a program takes from the heap. Linking this replaces operator
// new and delete for the whole program.
#ifndef TESTS_RESOURCES_ALLOCATION_COUNTER_H_
#define TESTS_RESOURCES_ALLOCATION_COUNTER_H_

#include <cstdint>

namespace ashlar::testing {

struct Allocations {
  uint64_t count = 0;
  uint64_t size_bytes = 0;
};

// Of this thread since it began.
Allocations AllocationsSoFar();

}  // namespace ashlar::testing

#endif  // TESTS_RESOURCES_ALLOCATION_COUNTER_H_
