// The VersionedStore that lasts: a directory of RocksDB.
#ifndef ENGINE_STATE_ROCKSDB_STORE_H_
#define ENGINE_STATE_ROCKSDB_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/state/store.h"

namespace ashlar::state {

// Opens the store in `directory`, which is made where it does not exist (its
// parent must). One process at a time: UNAVAILABLE while another has it open.
// FAILED_PRECONDITION: the directory holds something else, or a layout of
// another version. DATA_LOSS: what is stored is corrupt; nothing is dropped
// silently but a write that was torn by a crash, which nobody was told of.
absl::StatusOr<std::unique_ptr<VersionedStore>> OpenRocksDbStore(
    const std::string& directory, const StoreOptions& options = {});

}  // namespace ashlar::state

#endif  // ENGINE_STATE_ROCKSDB_STORE_H_
