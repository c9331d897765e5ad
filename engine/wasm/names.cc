#include "engine/wasm/names.h"

#include "engine/wasm/reader.h"

namespace ashlar::wasm {
namespace {

enum Subsection : uint8_t { kModuleName = 0, kFunctionNames = 1 };

}  // namespace

Names::Names(const Module& module) {
  if (Parse(module)) return;
  module_name_ = {};
  functions_.clear();
}

absl::string_view Names::FunctionName(uint32_t function) const {
  return function < functions_.size() ? functions_[function]
                                      : absl::string_view();
}

bool Names::Parse(const Module& module) {
  const absl::Span<const uint8_t> bytes = module.name_section;
  Reader reader(bytes.data(), bytes.data() + bytes.size());
  while (reader.remaining() != 0) {
    const uint8_t id = reader.Byte();
    const uint32_t size = reader.Length();
    const uint8_t* begin = reader.Bytes(size);
    if (!reader.ok()) return false;
    if (id == kModuleName) {
      Reader payload(begin, begin + size);
      module_name_ = payload.Name();
      if (!payload.ok()) return false;
    } else if (id == kFunctionNames) {
      const auto count = static_cast<uint32_t>(module.functions.size());
      if (!ParseFunctions(begin, begin + size, count)) return false;
    }
  }
  return true;
}

bool Names::ParseFunctions(const uint8_t* begin, const uint8_t* end,
                           uint32_t function_count) {
  Reader reader(begin, end);
  const uint32_t count = reader.Length();
  functions_.resize(function_count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t function = reader.U32();
    const absl::string_view name = reader.Name();
    if (function < function_count && functions_[function].empty()) {
      functions_[function] = name;
    }
  }
  return reader.ok();
}

}  // namespace ashlar::wasm
