// The "name" custom section (spec 2.0, 7.4): diagnostics only, never part of
// an outcome.
#ifndef ENGINE_WASM_NAMES_H_
#define ENGINE_WASM_NAMES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/wasm/module.h"

namespace ashlar::wasm {

// Names of a module and its functions. Parsed when made, so make it where a
// name is to be shown. Lenient: a section that is malformed in any part has
// no names at all, indices beyond the module's are passed over, of two names
// of one function the first counts. Borrows from the module's bytes. Bounded
// by the module: at most one entry a function.
class Names {
 public:
  explicit Names(const Module& module);

  // Empty where there is none.
  absl::string_view module_name() const { return module_name_; }
  absl::string_view FunctionName(uint32_t function) const;

 private:
  bool Parse(const Module& module);
  bool ParseFunctions(const uint8_t* begin, const uint8_t* end,
                      uint32_t function_count);

  absl::string_view module_name_;
  std::vector<absl::string_view> functions_;  // empty or one a function
};

}  // namespace ashlar::wasm

#endif  // ENGINE_WASM_NAMES_H_
