// Modules that are valid and made to be dear: translating them must be linear
// in their size, and their code within a constant of it.
#ifndef TESTS_UTIL_HOSTILE_MODULES_H_
#define TESTS_UTIL_HOSTILE_MODULES_H_

#include <cstdint>
#include <ostream>
#include <vector>

#include "absl/types/span.h"
#include "tests/util/module_builder.h"

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

// What they are made of. Puts `piece` n times.
void Repeat(uint32_t n, const Code& piece, Code* code);
// One function, of these parameters and without results.
std::vector<uint8_t> OneFunction(const std::vector<ValType>& params,
                                 const std::vector<ValType>& locals,
                                 const Code& code);
// Types 0: (1000 x i32) -> (1000 x i32), 1: () -> (1000 x i32), 2: () -> ();
// function 0 of type 0, 1 of type 1, 2 has the code.
std::vector<uint8_t> WideModule(const Code& code);

}  // namespace ashlar::testing

#endif  // TESTS_UTIL_HOSTILE_MODULES_H_
