#include "engine/state/memory_store.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/state/kv_store.h"
#include "engine/state/memory_kv.h"

namespace ashlar::state {

std::unique_ptr<VersionedStore> NewMemoryStore(const StoreOptions& options) {
  auto store = OpenKvStore(NewMemoryKv(), options);
  // An empty map in memory can neither fail nor be of another layout.
  CHECK(store.ok());
  return *std::move(store);
}

}  // namespace ashlar::state
