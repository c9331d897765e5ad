// One execution as it is asked for.
#ifndef ENGINE_REQUEST_H_
#define ENGINE_REQUEST_H_

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/host/context.h"
#include "engine/host/resources.h"
#include "engine/state/types.h"

namespace ashlar::engine {

using host::BlockContext;
using host::ResourceLimits;

// FUEL.md rule 7: what the request says of each module; consensus data.
enum class Activation : uint8_t { kFresh = 1, kActivated = 2 };

struct ExecuteRequest {
  base::Hash256 profile;  // required
  // The outermost module: its bytes, or (bytes empty) its hash, found by the
  // reader; with neither, `deploy` gets an empty module and every other entry
  // the module of callee's code. `deploy` makes callee's code be the module.
  base::Bytes module_bytes;
  base::Hash256 module_hash{};
  Activation activation = Activation::kFresh;
  // Modules of nested calls that are activated, by hash; others are fresh.
  std::vector<base::Hash256> activated;
  base::Bytes entry;
  base::Bytes input;
  uint64_t fuel_limit = 0;  // 1 .. 2^56
  state::AccountId caller{};
  state::AccountId callee{};
  unsigned __int128 value = 0;
  BlockContext block;
  ResourceLimits limits;
};

// Whether the outermost module is module_bytes, if only the empty ones.
inline bool IsGivenByBytes(const ExecuteRequest& request) {
  return !request.module_bytes.empty() ||
         (request.module_hash == base::Hash256{} && request.entry == "deploy");
}

}  // namespace ashlar::engine

#endif  // ENGINE_REQUEST_H_
