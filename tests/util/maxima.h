// Modules that go to the most that limits allow, each to one of them, and do
// something at its very end.
#ifndef TESTS_UTIL_MAXIMA_H_
#define TESTS_UTIL_MAXIMA_H_

#include <cstdint>
#include <vector>

#include "engine/base/limits.h"

namespace ashlar::testing {

struct Maximum {
  const char* limit;  // its row of limits.def
  std::vector<uint8_t> module;
  // What its export `f` is called with, and what it answers.
  std::vector<uint64_t> args;
  std::vector<uint64_t> results;
};

// One for each limit of what executes, in an order that never changes. One more
// of it is refused by the limits, or traps.
std::vector<Maximum> Maxima(const base::Limits& limits);

}  // namespace ashlar::testing

#endif  // TESTS_UTIL_MAXIMA_H_
