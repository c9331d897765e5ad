// Places in wasm as people read them. Diagnostics only: nothing of this is
// part of an outcome.
#ifndef ENGINE_BACKTRACE_H_
#define ENGINE_BACKTRACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/interp/execution.h"
#include "engine/outcome.h"
#include "engine/state/types.h"
#include "engine/wasm/module.h"

namespace ashlar::engine {

// The most frames that a diagnostic holds.
inline constexpr size_t kBacktraceFramesMax = 32;

// The function's name by the module's name section (custom section "name",
// subsection 1), else its first export, else empty. Linear in that section; a
// broken section names nothing.
std::string FunctionName(const wasm::Module& module, uint32_t function);

// The innermost frames of the execution's top activation with their names.
// REQUIRES: as Execution::Backtrace.
std::vector<BacktraceFrame> Backtrace(const interp::Execution& execution,
                                      const state::AccountId& account);

}  // namespace ashlar::engine

#endif  // ENGINE_BACKTRACE_H_
