// What the versioned store writes: keys and records. README.md is the
// normative text; layout_test.cc has golden bytes.
#ifndef ENGINE_STATE_LAYOUT_H_
#define ENGINE_STATE_LAYOUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/state/types.h"

namespace ashlar::state {

// Stands under FormatKey(); another text is another layout.
inline constexpr absl::string_view kFormat = "ashlar state 1";

std::string FormatKey();
std::string ModuleKey(const base::Hash256& hash);
std::string ActivationKey(const base::Hash256& profile,
                          const base::Hash256& module_hash);
std::string NamespaceKey(absl::string_view name_space);
std::string CommitKey(absl::string_view name_space, uint64_t version);
std::string ChangesKey(absl::string_view name_space, uint64_t version);

// Entries are ordered by account, kind and key, and the versions of one entry
// from the newest to the oldest, so that the first at or after EntryKey(v) is
// the one that a view of version v sees. The prefixes are of all entries of a
// namespace, of an account, of one of its kinds, and of one entry.
std::string EntriesPrefix(absl::string_view name_space);
std::string AccountPrefix(absl::string_view name_space,
                          const AccountId& account);
std::string KindPrefix(absl::string_view name_space, const AccountId& account,
                       Kind kind);
std::string EntryPrefix(absl::string_view name_space, const Key& key);
std::string EntryKey(absl::string_view name_space, const Key& key,
                     uint64_t version);
// Above all versions of the entry and below the next entry.
std::string AfterEntry(absl::string_view name_space, const Key& key);
// Above all entries of the account and below the next account's.
std::string AfterAccount(absl::string_view name_space,
                         const AccountId& account);

struct EntryName {
  Key key;
  uint64_t version = 0;
};
// The inverse of EntryKey. DATA_LOSS: not such a key. `prefix` is
// EntriesPrefix of its namespace.
absl::StatusOr<EntryName> ParseEntryKey(absl::string_view prefix,
                                        absl::string_view stored_key);

// An entry's record; nullopt: absent from its version on.
std::string EncodeEntry(const std::optional<base::Bytes>& value);
absl::StatusOr<std::optional<base::Bytes>> DecodeEntry(
    absl::string_view record);

struct NamespaceRecord {
  uint64_t current_version = 0;
  uint64_t oldest_version = 0;
};
std::string EncodeNamespace(const NamespaceRecord& record);
absl::StatusOr<NamespaceRecord> DecodeNamespace(absl::string_view record);

struct CommitRecord {
  base::Hash256 request_digest;
  base::Bytes answer;
};
std::string EncodeCommit(const base::Hash256& request_digest,
                         absl::string_view answer);
absl::StatusOr<CommitRecord> DecodeCommit(absl::string_view record);

// The keys that a version changed, each once, ascending. REQUIRES: fewer than
// 2^32.
std::string EncodeChanges(const std::vector<Key>& keys);
absl::StatusOr<std::vector<Key>> DecodeChanges(absl::string_view record);

}  // namespace ashlar::state

#endif  // ENGINE_STATE_LAYOUT_H_
