// Any bytes as a module, under every profile: the validator and the translator
// refuse the same bodies, and with the same first reason.
#include <cstdint>
#include <vector>

#include "engine/compile/test_machine.h"
#include "engine/compile/validator.h"
#include "engine/profile.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"
#include "tests/fuzz/expect.h"

namespace ashlar::testing {
namespace {

void Validate(const std::vector<uint8_t>& bytes,
              const engine::Profile& profile) {
  const CompiledModule compiled(bytes, profile.features, profile.limits);
  if (!compiled.is_decoded()) return;
  const wasm::Module& module = compiled.module();
  wasm::Violations violations;
  for (uint32_t i = 0; i < module.bodies.size(); ++i) {
    compile::ValidateBody(module, compiled.options(),
                          module.imported_functions + i, &violations);
  }
  // Of all functions together, and so no body's fault.
  const auto& refused = compiled.violations().list();
  if (!refused.empty() &&
      refused[0].code == wasm::ViolationCode::kLimitLocalsTotal) {
    return;
  }
  Expect(violations.empty() == compiled.ok(),
         "validator and translator do not agree");
  if (compiled.ok()) return;
  Expect(violations.list()[0].code == refused[0].code &&
             violations.list()[0].offset == refused[0].offset,
         "the first reason differs");
}

}  // namespace
}  // namespace ashlar::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;  // NOLINT: this function has no namespace
  const std::vector<uint8_t> bytes(data, data + size);
  for (const engine::Profile* profile : engine::ProfileSet::BuiltIn().all()) {
    testing::Validate(bytes, *profile);
  }
  return 0;
}
