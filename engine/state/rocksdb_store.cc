#include "engine/state/rocksdb_store.h"

#include <utility>

#include "engine/base/status_macros.h"
#include "engine/state/kv.h"
#include "engine/state/kv_store.h"
#include "engine/state/rocksdb_kv.h"

namespace ashlar::state {

absl::StatusOr<std::unique_ptr<VersionedStore>> OpenRocksDbStore(
    const std::string& directory, const StoreOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<Kv> kv,
                   OpenRocksDbKv(directory, options.sync_writes));
  return OpenKvStore(std::move(kv), options);
}

}  // namespace ashlar::state
