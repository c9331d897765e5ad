#include "engine/backtrace.h"

#include <utility>

#include "engine/function_names.h"
#include "engine/interp/instance.h"

namespace ashlar::engine {

std::vector<BacktraceFrame> Backtrace(const interp::Execution& execution,
                                      const state::AccountId& account) {
  std::vector<BacktraceFrame> frames;
  for (const interp::TraceFrame& trace :
       execution.Backtrace(kBacktraceFramesMax)) {
    BacktraceFrame frame;
    frame.account = account;
    frame.function = trace.function;
    frame.offset = trace.offset;
    if (trace.instance != nullptr && trace.instance->module != nullptr) {
      frame.name = FunctionNames(*trace.instance->module).Find(trace.function);
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace ashlar::engine
