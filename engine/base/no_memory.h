// Where a call ends because the machine has no memory left. The libraries that
// we stand on throw std::bad_alloc; the outermost function of a call turns it
// into a status, and nothing else catches it.
#ifndef ENGINE_BASE_NO_MEMORY_H_
#define ENGINE_BASE_NO_MEMORY_H_

#include <new>

#include "absl/status/status.h"

namespace ashlar::base {

// RESOURCE_EXHAUSTED. Made when it is first asked for: whoever is to answer
// with it asks before memory can be short.
inline const absl::Status& NoMemoryStatus() {
  static const auto* const status = new absl::Status(
      absl::StatusCode::kResourceExhausted, "the machine has no memory left");
  return *status;
}

// What `function` returns, a Status or a StatusOr, or NoMemoryStatus().
template <typename Function>
auto WithoutBadAlloc(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return NoMemoryStatus();
  }
}

}  // namespace ashlar::base

#endif  // ENGINE_BASE_NO_MEMORY_H_
