// Places in wasm as people read them. Diagnostics only: nothing of this is
// part of an outcome.
#ifndef ENGINE_BACKTRACE_H_
#define ENGINE_BACKTRACE_H_

#include <cstdint>
#include <vector>

#include "engine/interp/execution.h"
#include "engine/outcome.h"
#include "engine/state/types.h"

namespace ashlar::engine {

// The most frames that a diagnostic holds.
inline constexpr size_t kBacktraceFramesMax = 32;

// The innermost frames of the execution's top activation with their names.
// REQUIRES: as Execution::Backtrace.
std::vector<BacktraceFrame> Backtrace(const interp::Execution& execution,
                                      const state::AccountId& account);

}  // namespace ashlar::engine

#endif  // ENGINE_BACKTRACE_H_
