// bytes -> decoded, validated, priced, translated module, and what that costs.
#ifndef ENGINE_LOADER_H_
#define ENGINE_LOADER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/interp/code.h"
#include "engine/profile.h"
#include "engine/wasm/module.h"
#include "engine/wasm/violation.h"

namespace ashlar::engine {

// A module ready to be instantiated. Owns its (padded) bytes. Immutable.
struct CompiledModule {
  std::string padded_bytes;
  base::Hash256 hash;  // BLAKE2b-256 of the module's bytes
  wasm::Module module;
  interp::Code code;
};

// FUEL.md rule 7. CompileFuel is charged before the first byte is decoded,
// InstantiateFuel after validation and before anything is built.
uint64_t CompileFuel(const metering::Schedule& schedule, uint64_t size_bytes);
uint64_t ActivatedFuel(const metering::Schedule& schedule);
uint64_t InstantiateFuel(const metering::Schedule& schedule,
                         const wasm::Module& module);

// Decodes, checks the profile's ABI shape, validates and translates all
// functions. On failure returns null and `violations` lists everything found
// (also every invalid function body, not only the first). Never looks at a
// cache.
std::shared_ptr<const CompiledModule> Load(absl::string_view bytes,
                                           const Profile& profile,
                                           wasm::Violations* violations);

}  // namespace ashlar::engine

#endif  // ENGINE_LOADER_H_
