// bytes -> decoded, validated, priced, translated module, and what that costs.
#ifndef ENGINE_LOADER_H_
#define ENGINE_LOADER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/compile/scratch.h"
#include "engine/host/seal/functions.h"
#include "engine/interp/code.h"
#include "engine/profile.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"
#include "metering/schedule.h"

namespace ashlar::engine {

// A module ready to be instantiated. Owns its (padded) bytes, or borrows them
// (LoadOptions); not movable,
// because the module and the code point into it. Immutable once it is loaded.
struct CompiledModule {
  CompiledModule() = default;
  CompiledModule(const CompiledModule&) = delete;
  CompiledModule& operator=(const CompiledModule&) = delete;

  // Empty where the bytes are borrowed.
  std::string padded_bytes;
  uint64_t size_bytes = 0;  // of the module, without padding
  wasm::Module module;
  interp::Code code;
  // Of an ABI: what each imported function means, by its index; null where the
  // ABI does not know it.
  std::vector<const host::SealFunction*> host_functions;
};

// BLAKE2b-256 of the module's bytes: its name everywhere, and its code hash.
base::Hash256 ModuleHash(absl::string_view bytes);

// FUEL.md rule 7. CompileFuel is charged before the first byte is decoded,
// ActivatedFuel instead of it where the request says so, InstantiateFuel
// after validation and before anything is built. All of them saturate.
uint64_t CompileFuel(const metering::Schedule& schedule, uint64_t size_bytes);
uint64_t ActivatedFuel(const metering::Schedule& schedule);

// instantiate_base
// + instantiate_page x the initial pages of the module's memory, own or
//   imported, because the host makes it for this instance
// + ceil(bytes of all data segments / segment_bytes_per_fuel)
// + instantiate_item x (imports + own globals + items of all element segments
//   + initial elements of own tables).
// REQUIRES: `module` was decoded.
uint64_t InstantiateFuel(const metering::Schedule& schedule,
                         const wasm::Module& module);

struct LoadOptions {
  LoadOptions(compile::Scratch* scratch_memory = nullptr,  // NOLINT: implicit
              bool is_for_call_profile = false)
      : scratch(scratch_memory), call_profile(is_for_call_profile) {}

  // The translator's working memory, to be used again; null: made for this
  // module.
  compile::Scratch* scratch;
  // For interp::CallProfile.
  bool call_profile;
  // These bytes were accepted under this profile before, so that bodies need
  // not be looked at before they are called (compile::CompileLazily). Only what
  // this process has seen itself may say so: never a request.
  // REQUIRES then: scratch, for as long as the module runs.
  bool is_known_valid = false;
  // The bytes outlive the module: they need not be copied, unless the code
  // stands at their very end.
  bool borrows_bytes = false;
};

// Decodes, checks the profile's ABI shape, validates and translates all
// functions. On failure returns null and `violations` lists everything found
// (also every invalid function body, not only the first). Never looks at a
// cache. `bytes` are copied; `profile` outlives the result.
std::shared_ptr<const CompiledModule> Load(absl::string_view bytes,
                                           const Profile& profile,
                                           wasm::Violations* violations,
                                           const LoadOptions& options = {});

// Load into `out`, whose earlier contents are lost and whose memory is used
// again. Returns whether the module was accepted; where not, `out` must not be
// run.
bool LoadInto(absl::string_view bytes, const Profile& profile,
              const LoadOptions& options, CompiledModule* out,
              wasm::Violations* violations);

}  // namespace ashlar::engine

#endif  // ENGINE_LOADER_H_
