// What the versioned store needs of the thing that holds its records: ordered
// keys, atomic batches, views that stand still.
#ifndef ENGINE_STATE_KV_H_
#define ENGINE_STATE_KV_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"

namespace ashlar::state {

// Bytes at the end of an entry's key that number its version.
inline constexpr size_t kVersionSize = sizeof(uint64_t);

struct KvPair {
  std::string key;
  base::Bytes value;
};

// Changes in the order in which they are applied: a later one of the same key
// wins.
class KvBatch {
 public:
  struct Change {
    std::string key;
    std::optional<base::Bytes> value;  // nullopt: delete
  };

  void Put(std::string key, base::Bytes value) {
    changes_.push_back({std::move(key), std::move(value)});
  }
  void Delete(std::string key) {
    changes_.push_back({std::move(key), std::nullopt});
  }
  const std::vector<Change>& changes() const { return changes_; }

 private:
  std::vector<Change> changes_;
};

// All pairs as they were when the view was made. Used by one thread at a time;
// must not outlive its Kv.
class KvView {
 public:
  virtual ~KvView() = default;
  virtual absl::StatusOr<std::optional<base::Bytes>> Get(
      absl::string_view key) = 0;
  // The pair with the least key that is not below `from`, if that key begins
  // with `prefix`. Keys are ordered as unsigned bytes. REQUIRES: `from` begins
  // with `prefix`.
  virtual absl::StatusOr<std::optional<KvPair>> Seek(
      absl::string_view from, absl::string_view prefix) = 0;
  // Seek with all of `from` but its last kVersionSize bytes for the prefix: an
  // implementation may find faster that there is nothing.
  virtual absl::StatusOr<std::optional<KvPair>> SeekVersion(
      absl::string_view from) {
    return Seek(from, from.substr(0, from.size() - kVersionSize));
  }
};

// Thread-safe.
class Kv {
 public:
  virtual ~Kv() = default;
  virtual absl::StatusOr<std::unique_ptr<KvView>> View() = 0;
  // All of the batch or, where the status is not OK, none of it.
  virtual absl::Status Write(const KvBatch& batch) = 0;
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_KV_H_
