// The seal ABI as data: abi.def, found by import name.
#ifndef ENGINE_HOST_SEAL_FUNCTIONS_H_
#define ENGINE_HOST_SEAL_FUNCTIONS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/host/seal/work.h"
#include "engine/interp/instance.h"
#include "engine/wasm/types.h"

namespace ashlar::host {

enum class SealNames : uint8_t { kBoth, kPlain, kPrefixed };
enum class SealStatus : uint8_t { kStable, kUnstable, kDeprecated };

// A row of abi.def. REQUIRES of `function`: the calling instance's host_data
// is its host::Frame, whose tree is set, and the HostCall's host_data is
// host_data().
struct SealFunction {
  interp::HostFunction function;
  absl::string_view module;
  absl::string_view name;           // without seal_
  absl::string_view prefixed_name;  // with it
  SealNames names;
  absl::string_view type;
  SealStatus status;
  const Work* work;
  absl::string_view doc;

  // For Store::NewHostFunc. Handlers do not write to it.
  void* host_data() const { return const_cast<Work*>(work); }
};

absl::Span<const SealFunction> SealFunctions();

// The function that an import of these names and this type means, or nullptr;
// *name_is_known then says whether only the type is wrong.
const SealFunction* FindSealFunction(absl::string_view module,
                                     absl::string_view name,
                                     const wasm::FuncType& type,
                                     bool* name_is_known);

}  // namespace ashlar::host

#endif  // ENGINE_HOST_SEAL_FUNCTIONS_H_
