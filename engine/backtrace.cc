#include "engine/backtrace.h"

#include "engine/interp/instance.h"

namespace ashlar::engine {
namespace {

// A reader of LEB128 numbers and names that stays at the end once it has met
// something broken.
class NameReader {
 public:
  explicit NameReader(absl::Span<const uint8_t> bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }

  uint32_t Number() {
    uint32_t value = 0;
    for (int shift = 0; shift < 35 && !rest_.empty(); shift += 7) {
      const uint8_t byte = rest_.front();
      rest_.remove_prefix(1);
      value |= static_cast<uint32_t>(byte & 0x7f) << (shift & 31);
      if ((byte & 0x80) == 0) return value;
    }
    rest_ = {};
    return 0;
  }

  absl::Span<const uint8_t> Bytes() {
    const uint32_t size = Number();
    if (size > rest_.size()) rest_ = {};
    const absl::Span<const uint8_t> bytes = rest_.subspan(0, size);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }

 private:
  absl::Span<const uint8_t> rest_;
};

constexpr uint32_t kFunctionNames = 1;

}  // namespace

std::string FunctionName(const wasm::Module& module, uint32_t function) {
  NameReader sections(module.name_section);
  while (!sections.done()) {
    const uint32_t id = sections.Number();
    NameReader names(sections.Bytes());
    if (id != kFunctionNames) continue;
    const uint32_t count = names.Number();
    for (uint32_t i = 0; i < count && !names.done(); ++i) {
      const uint32_t index = names.Number();
      const absl::Span<const uint8_t> name = names.Bytes();
      if (index == function) return std::string(name.begin(), name.end());
    }
  }
  for (const wasm::Export& e : module.exports) {
    if (e.kind == wasm::ExternKind::kFunc && e.index == function) {
      return std::string(e.name);
    }
  }
  return "";
}

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
      frame.name = FunctionName(*trace.instance->module, trace.function);
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace ashlar::engine
