#include "engine/backtrace.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/function_names.h"
#include "engine/interp/instance.h"

namespace ashlar::engine {

using metering::Category;

Category CategoryOf(interp::OutOfFuel::What what) {
  switch (what) {
    case interp::OutOfFuel::What::kRun:
      return Category::kCompute;
    case interp::OutOfFuel::What::kMemory:
    case interp::OutOfFuel::What::kTable:
      return Category::kMemory;
    case interp::OutOfFuel::What::kHost:
      return Category::kHost;
  }
  return Category::kCompute;
}

std::vector<BacktraceFrame> Backtrace(const interp::Execution& execution,
                                      const state::AccountId& account,
                                      size_t max, size_t below) {
  std::vector<BacktraceFrame> frames;
  // A name section is as long as its module: it is read once, not a frame.
  const wasm::Module* module = nullptr;
  std::optional<FunctionNames> names;
  for (const interp::TraceFrame& trace : execution.Backtrace(max, below)) {
    BacktraceFrame frame;
    frame.account = account;
    frame.function = trace.function;
    frame.offset = trace.offset;
    if (trace.instance != nullptr && trace.instance->module != nullptr) {
      if (trace.instance->module != module) {
        module = trace.instance->module;
        names.emplace(*module);
      }
      frame.name = names->Find(trace.function);
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::string HostFunctionName(const interp::Execution& execution) {
  const interp::TraceFrame host = execution.HostFunction();
  if (host.instance == nullptr || host.instance->module == nullptr) return "";
  for (const wasm::Import& import : host.instance->module->imports) {
    if (import.kind == wasm::ExternKind::kFunc &&
        import.index == host.function) {
      return absl::StrCat(import.module, ".", import.name);
    }
  }
  return "";
}

}  // namespace ashlar::engine
