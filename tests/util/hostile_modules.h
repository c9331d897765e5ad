// Modules that are valid and made to be dear: translating them must be linear
// in their size, and their code within a constant of it.
#ifndef TESTS_UTIL_HOSTILE_MODULES_H_
#define TESTS_UTIL_HOSTILE_MODULES_H_

#include <cstdint>
#include <ostream>
#include <vector>

#include "absl/types/span.h"

namespace ashlar::testing {

struct HostileModule {
  const char* name;
  // A module whose size is about proportional to n. Profile relaxed-1 accepts
  // it for `n` and four times that.
  std::vector<uint8_t> (*make)(uint32_t n);
  uint32_t n;
  // For strict-1, whose limits are lower; 0: it accepts none of them.
  uint32_t strict_n;
};
void PrintTo(const HostileModule& module, std::ostream* out);

absl::Span<const HostileModule> HostileModules();

// Those of them whose limits are tested.
std::vector<uint8_t> NestedBlocks(uint32_t n);
std::vector<uint8_t> DeepDeadBlocks(uint32_t n);
std::vector<uint8_t> BranchTableFlood(uint32_t n);
std::vector<uint8_t> ManyLocals(uint32_t n);

}  // namespace ashlar::testing

#endif  // TESTS_UTIL_HOSTILE_MODULES_H_
