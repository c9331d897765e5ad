// Places in wasm as people read them. Diagnostics only: nothing of this is
// part of an outcome.
#ifndef ENGINE_BACKTRACE_H_
#define ENGINE_BACKTRACE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "engine/interp/execution.h"
#include "engine/outcome.h"
#include "engine/state/types.h"
#include "metering/fuel.h"

namespace ashlar::engine {

// The most frames that a diagnostic holds.
inline constexpr size_t kBacktraceFramesMax = 32;

// What a charge that could not be paid counts for.
metering::Category CategoryOf(interp::OutOfFuel::What what);

// The innermost frames, at most `max`, of the activation that is `below` the
// top one, with their names. REQUIRES: as Execution::Backtrace.
std::vector<BacktraceFrame> Backtrace(const interp::Execution& execution,
                                      const state::AccountId& account,
                                      size_t max = kBacktraceFramesMax,
                                      size_t below = 0);

// The imported function that the top activation is in ("seal1.call"), or
// empty. REQUIRES: as Execution::Backtrace.
std::string HostFunctionName(const interp::Execution& execution);

}  // namespace ashlar::engine

#endif  // ENGINE_BACKTRACE_H_
