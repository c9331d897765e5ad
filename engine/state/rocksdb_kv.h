// A Kv on disk: RocksDB.
#ifndef ENGINE_STATE_ROCKSDB_KV_H_
#define ENGINE_STATE_ROCKSDB_KV_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/state/kv.h"

namespace ashlar::state {

// Makes the directory where it does not exist; its parent must. With
// `sync_writes`, a write is on disk when Write returns. Statuses of all
// methods: UNAVAILABLE (I/O, no space, or the directory is in use), DATA_LOSS
// (corruption), RESOURCE_EXHAUSTED (no memory), INTERNAL (the rest). Exceptions
// of the library end here.
absl::StatusOr<std::unique_ptr<Kv>> OpenRocksDbKv(const std::string& directory,
                                                  bool sync_writes);

}  // namespace ashlar::state

#endif  // ENGINE_STATE_ROCKSDB_KV_H_
