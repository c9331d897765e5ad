// The versioned store's one implementation, over any Kv.
#ifndef ENGINE_STATE_KV_STORE_H_
#define ENGINE_STATE_KV_STORE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/state/kv.h"
#include "engine/state/store.h"

namespace ashlar::state {

// FAILED_PRECONDITION: `kv` holds something that is not of this layout.
absl::StatusOr<std::unique_ptr<VersionedStore>> OpenKvStore(
    std::unique_ptr<Kv> kv, const StoreOptions& options);

}  // namespace ashlar::state

#endif  // ENGINE_STATE_KV_STORE_H_
