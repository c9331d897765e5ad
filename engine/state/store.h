// The embedded store: namespaces, each a linear history of versions of a
// state. README.md has the layout of what is stored.
#ifndef ENGINE_STATE_STORE_H_
#define ENGINE_STATE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/state/overlay.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"

namespace ashlar::state {

struct StoreOptions {
  // How many versions of a namespace stay readable, the current one included;
  // a commit drops what is older. Fewer than 2 means 2, because the answer that
  // a retry of the last commit gets goes with its base.
  uint64_t versions_kept = 256;
  // Whether a write is on disk before it is acknowledged. Without it, a crash
  // of the machine (not of the process) may lose the last commits, each
  // wholly.
  bool sync_writes = true;
};

// Of a namespace's name, in bytes, which may be any; at least 1.
inline constexpr size_t kNamespaceSizeMax = 128;
// Of one page of a listing: entries, and bytes of keys and values (a page
// holds at least one entry).
inline constexpr size_t kListLimitMax = 10'000;
inline constexpr size_t kListSizeBytesMax = size_t{4} << 20;

struct NamespaceInfo {
  uint64_t current_version = 0;
  uint64_t oldest_version = 0;  // the oldest that is readable
};

// What a commit makes of base_version. All views must outlive the call.
struct CommitRequest {
  absl::string_view name_space;
  uint64_t base_version = 0;
  // Names the request for retries (engine::RequestDigest).
  base::Hash256 request_digest;
  // All storage of these accounts is dropped before the effects are applied.
  // The cost is that of deleting each of its entries.
  absl::Span<const AccountId> removed_accounts;
  absl::Span<const Effect> effects;
  // Modules that the new state refers to; stored with it.
  absl::Span<const std::shared_ptr<const base::Bytes>> modules;
  // Handed back to a retry of this request.
  absl::string_view answer;
};

struct CommitResult {
  uint64_t version = 0;  // base_version + 1
  base::Bytes answer;    // of the request that made the version
  // The version was there already: this is a retry, and nothing was written.
  bool is_retry = false;
};

struct AccountPage {
  std::vector<AccountId> accounts;  // ascending
  std::optional<AccountId> next;    // where to go on; nullopt: at the end
};

struct StorageEntry {
  base::Bytes key;
  base::Bytes value;
};

struct StoragePage {
  std::vector<StorageEntry> entries;  // ascending by key
  std::optional<base::Bytes> next;    // where to go on; nullopt: at the end
};

// Thread-safe. A namespace is written by one call at a time; views are read
// without a lock and do not change while commits, rollbacks or pruning go on.
//
// Statuses of all methods, where no other is named: INVALID_ARGUMENT (a
// namespace's name is empty or too long), NOT_FOUND (no such namespace),
// FAILED_PRECONDITION (a version that is not there yet, or no longer),
// UNAVAILABLE (the disk refused; trying again may help), DATA_LOSS (what is
// stored is corrupt), RESOURCE_EXHAUSTED (no memory), INTERNAL (anything else
// that the store below did not expect).
class VersionedStore {
 public:
  virtual ~VersionedStore() = default;

  // Makes the namespace, empty, at version 0, where it does not exist. Never
  // NOT_FOUND.
  virtual absl::StatusOr<NamespaceInfo> OpenNamespace(
      absl::string_view name_space) = 0;
  virtual absl::StatusOr<NamespaceInfo> GetNamespaceInfo(
      absl::string_view name_space) = 0;

  // The state as it was at `version`; also knows all stored modules. The view
  // serves one thread at a time and must not outlive the store.
  virtual absl::StatusOr<std::unique_ptr<Reader>> Snapshot(
      absl::string_view name_space, uint64_t version) = 0;

  // Makes version base_version + 1, wholly or not at all. The same request
  // (by digest) on the same base gets the stored answer instead; another
  // request on a base that is already used is ABORTED. FAILED_PRECONDITION: the
  // base is ahead of the current version, or so old that its answer is dropped.
  virtual absl::StatusOr<CommitResult> Commit(const CommitRequest& request) = 0;

  // What Commit would answer to a retry, so that it need not be executed
  // again: nullopt where the base is the current version. Statuses as Commit's.
  virtual absl::StatusOr<std::optional<CommitResult>> FindAnswer(
      absl::string_view name_space, uint64_t base_version,
      const base::Hash256& request_digest) = 0;

  // Makes `version` the current one again; later versions and their answers
  // are gone, at once or (on failure) not at all.
  virtual absl::StatusOr<NamespaceInfo> Rollback(absl::string_view name_space,
                                                 uint64_t version) = 0;

  // Keeps the last `versions_kept` versions readable and drops older ones; on
  // failure, some of the oldest may be gone. INVALID_ARGUMENT: 0.
  virtual absl::StatusOr<NamespaceInfo> Prune(absl::string_view name_space,
                                              uint64_t versions_kept) = 0;

  // Modules are shared by all namespaces, named by the BLAKE2b-256 of their
  // bytes, and never dropped.
  virtual absl::StatusOr<base::Hash256> PutModule(absl::string_view bytes) = 0;
  // NOT_FOUND: no such module.
  virtual absl::StatusOr<std::shared_ptr<const base::Bytes>> GetModule(
      const base::Hash256& hash) = 0;

  // Marks the module as activated under the profile (FUEL.md rule 7). Marks
  // are never taken back. NOT_FOUND: no such module.
  virtual absl::Status Activate(const base::Hash256& profile,
                                const base::Hash256& module_hash) = 0;
  virtual absl::StatusOr<bool> IsActivated(
      const base::Hash256& profile, const base::Hash256& module_hash) = 0;

  // Accounts that have any entry at `version`, from `first` on.
  // INVALID_ARGUMENT: limit is 0 or above kListLimitMax.
  virtual absl::StatusOr<AccountPage> ListAccounts(absl::string_view name_space,
                                                   uint64_t version,
                                                   const AccountId& first,
                                                   size_t limit) = 0;

  // Storage of an account at `version`, of keys from `first` on and, where
  // `end` is given, below it. INVALID_ARGUMENT as above.
  virtual absl::StatusOr<StoragePage> ListStorage(
      absl::string_view name_space, uint64_t version, const AccountId& account,
      absl::string_view first, std::optional<absl::string_view> end,
      size_t limit) = 0;
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_STORE_H_
