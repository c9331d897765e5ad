// What can be said of a module under a profile without running it.
#ifndef ENGINE_INSPECTION_H_
#define ENGINE_INSPECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/wasm/module.h"
#include "engine/wasm/report.h"
#include "engine/wasm/stack_use.h"
#include "engine/wasm/violation.h"

namespace ashlar::engine {

// What a profile's ABI says to an import. Without an ABI none is known.
enum class ImportStatus : uint8_t {
  kKnown = 1,
  kOtherType = 2,  // known by these names, with another type
  kUnknown = 3,
};
absl::string_view ImportStatusName(ImportStatus status);  // "other_type"
ImportStatus StatusOf(const Profile& profile, const wasm::Module& module,
                      const wasm::Import& import);

struct Inspection {
  base::Hash256 hash;
  // All that the profile has against it; empty: it is accepted.
  std::vector<wasm::Violation> violations;
  // What it costs before its first instruction: fresh, or activated.
  uint64_t compile_fuel = 0;
  uint64_t activated_fuel = 0;
  // What was decoded, without looking at the profile's limits and features; of
  // a module beyond the engine's own limits only what was decoded before.
  wasm::Report report;
  std::vector<ImportStatus> imports;  // one each of report.imports

  // Of accepted modules.
  struct Accepted {
    std::shared_ptr<const CompiledModule> module;
    uint64_t instantiate_fuel = 0;
    wasm::StackUse stack;
    // What a call of each defined function uses at most, where its code alone
    // says so (wasm/fuel_bound.h).
    std::vector<std::optional<uint64_t>> fuel_bounds;
  };
  std::optional<Accepted> accepted;
};

// Linear in the module's size; neither instantiates nor runs anything.
Inspection Inspect(absl::string_view bytes, const Profile& profile);

}  // namespace ashlar::engine

#endif  // ENGINE_INSPECTION_H_
