// Any bytes as a module: the validator and the translator refuse the same
// bodies, and with the same first reason.
#include <cstdint>
#include <vector>

#include "engine/compile/test_machine.h"
#include "engine/compile/validator.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"
#include "tests/fuzz/expect.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;  // NOLINT: this function has no namespace
  const testing::CompiledModule compiled({data, data + size});
  if (!compiled.is_decoded()) return 0;
  const wasm::Module& module = compiled.module();
  wasm::Violations violations;
  for (uint32_t i = 0; i < module.bodies.size(); ++i) {
    compile::ValidateBody(module, compiled.options(),
                          module.imported_functions + i, &violations);
  }
  testing::Expect(violations.empty() == compiled.ok(),
                  "validator and translator do not agree");
  if (compiled.ok()) return 0;
  testing::Expect(
      violations.list()[0].code == compiled.violations().list()[0].code &&
          violations.list()[0].offset == compiled.violations().list()[0].offset,
      "the first reason differs");
  return 0;
}
