// A VersionedStore in memory: for tests, and for a server without a directory.
#ifndef ENGINE_STATE_MEMORY_STORE_H_
#define ENGINE_STATE_MEMORY_STORE_H_

#include <memory>

#include "engine/state/store.h"

namespace ashlar::state {

std::unique_ptr<VersionedStore> NewMemoryStore(
    const StoreOptions& options = {});

}  // namespace ashlar::state

#endif  // ENGINE_STATE_MEMORY_STORE_H_
