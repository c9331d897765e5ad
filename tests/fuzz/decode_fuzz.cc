// Any bytes as a module: decoded and loaded under every profile, described and
// disassembled.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/base/limits.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/wasm/decoder.h"
#include "engine/wasm/disasm.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/report.h"
#include "engine/wasm/violation.h"
#include "metering/schedule.h"
#include "tests/fuzz/expect.h"

namespace ashlar::testing {
namespace {

void Decode(absl::Span<const uint8_t> bytes, const base::Limits& limits,
            wasm::Features features) {
  std::vector<uint8_t> padded(bytes.begin(), bytes.end());
  padded.resize(bytes.size() + wasm::Module::kReadablePadding);
  wasm::Module module;
  wasm::Violations violations;
  const bool is_decoded =
      wasm::Decode(absl::MakeConstSpan(padded.data(), bytes.size()), limits,
                   features, &module, &violations);
  Expect(is_decoded == violations.empty(), "refused without a reason");
  for (const wasm::Violation& violation : violations.list()) {
    Expect(violation.offset <= bytes.size(), "an offset beyond the module");
  }
  const wasm::Report report = wasm::MakeReport(module, metering::Ashlar1());
  Expect(report.size_bytes == bytes.size(), "a report of another module");
  if (is_decoded) wasm::Disassemble(module);
}

}  // namespace
}  // namespace ashlar::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;  // NOLINT: this function has no namespace
  const absl::Span<const uint8_t> bytes(data, size);
  testing::Decode(bytes, base::kRelaxedLimits, wasm::Features::All());
  for (const engine::Profile* one : engine::ProfileSet::BuiltIn().all()) {
    const engine::Profile& profile = *one;
    testing::Decode(bytes, profile.limits, profile.features);
    wasm::Violations violations;
    const auto module = engine::Load(
        absl::string_view(reinterpret_cast<const char*>(data), size), profile,
        &violations);
    testing::Expect((module != nullptr) == violations.empty(),
                    "refused without a reason");
  }
  return 0;
}
