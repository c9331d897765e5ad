// State replaced for one execution only: what an estimate is asked to assume.
#ifndef ENGINE_STATE_OVERRIDES_H_
#define ENGINE_STATE_OVERRIDES_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"

namespace ashlar::state {

// The most that overrides hold: entries, modules and replaced storages
// together, and the bytes of keys, values and modules.
inline constexpr uint64_t kOverrideEntriesMax = 1024;
inline constexpr uint64_t kOverrideBytesMax = 4 << 20;

// Every method but the last two: INVALID_ARGUMENT names the bound where it
// would be exceeded; then nothing has changed. A key is given once:
// INVALID_ARGUMENT, too. Not thread-safe.
class Overrides {
 public:
  // nullopt: absent. `value` has the form of its kind (types.h); a balance or
  // nonce of 0 is absence.
  absl::Status Set(const Key& key, std::optional<base::Bytes> value);
  // The account's storage is empty but for what is set.
  absl::Status ReplaceStorage(const AccountId& account);
  // A module that code hashes may name.
  absl::Status AddModule(base::Bytes bytes);

  bool empty() const {
    return entries_.empty() && replaced_.empty() && modules_.empty();
  }
  bool HasModule(const base::Hash256& hash) const {
    return modules_.contains(hash);
  }

  // All that was given, for those who hand it on.
  const absl::btree_map<Key, std::optional<base::Bytes>>& entries() const {
    return entries_;
  }
  const absl::btree_set<AccountId>& replaced() const { return replaced_; }
  const absl::btree_map<base::Hash256, std::shared_ptr<const base::Bytes>>&
  modules() const {
    return modules_;
  }

 private:
  absl::Status Count(uint64_t size_bytes);

  absl::btree_map<Key, std::optional<base::Bytes>> entries_;
  absl::btree_set<AccountId> replaced_;
  absl::btree_map<base::Hash256, std::shared_ptr<const base::Bytes>> modules_;
  uint64_t count_ = 0;
  uint64_t size_bytes_ = 0;
};

// What `base` answers, with the overrides in front. Both are borrowed.
class OverridingReader : public Reader {
 public:
  OverridingReader(const Overrides* overrides, Reader* base)
      : overrides_(overrides), base_(base) {}

  absl::StatusOr<ReadResult> Read(const Key& key) override;
  absl::StatusOr<ModuleResult> Module(const base::Hash256& hash) override;

 private:
  const Overrides* const overrides_;
  Reader* const base_;
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_OVERRIDES_H_
