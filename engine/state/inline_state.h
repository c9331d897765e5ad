// A state that is given whole: inline in a request, in a state file, in a test.
#ifndef ENGINE_STATE_INLINE_STATE_H_
#define ENGINE_STATE_INLINE_STATE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/state/overlay.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"

namespace ashlar::state {

// What a key or a module means that was not given. kUnknown makes the
// execution answer NeedsState instead of guessing.
enum class MissingKeys : uint8_t { kAbsent, kUnknown };

// Not thread-safe while it is being filled; Read and Module change nothing and
// may run at once.
class InlineState : public Reader {
 public:
  explicit InlineState(MissingKeys missing_keys)
      : missing_keys_(missing_keys) {}

  // Gives an entry; a later call for the same key overwrites it. A balance or
  // nonce of 0 is given as absence (types.h).
  void Set(const Key& key, base::Bytes value);
  void SetBalance(const AccountId& account, unsigned __int128 balance);
  void SetNonce(const AccountId& account, uint64_t nonce);
  void SetCode(const AccountId& account, const base::Hash256& code_hash);
  void SetStorage(const AccountId& account, absl::string_view key,
                  base::Bytes value);
  // States that the key has no entry.
  void SetAbsent(const Key& key);
  // States that the account has no entries but those that were given.
  void SetComplete(const AccountId& account);

  // Gives a module, named by the BLAKE2b-256 of its bytes.
  base::Hash256 AddModule(base::Bytes bytes);
  // The same without copying. REQUIRES: `hash` is that of `bytes`.
  void AddModule(const base::Hash256& hash,
                 std::shared_ptr<const base::Bytes> bytes);

  // Makes this the state after an execution: drops the storage of removed
  // accounts, then applies the effects (Overlay::Effects).
  void Apply(absl::Span<const Effect> effects,
             absl::Span<const AccountId> removed_accounts);

  absl::StatusOr<ReadResult> Read(const Key& key) override;
  absl::StatusOr<ModuleResult> Module(const base::Hash256& hash) override;

  // All that was given, by key; nullopt: given as absent.
  const absl::btree_map<Key, std::optional<base::Bytes>>& entries() const {
    return entries_;
  }
  const absl::btree_map<base::Hash256, std::shared_ptr<const base::Bytes>>&
  modules() const {
    return modules_;
  }

 private:
  MissingKeys missing_keys_;
  absl::btree_map<Key, std::optional<base::Bytes>> entries_;
  absl::btree_set<AccountId> complete_accounts_;
  absl::btree_map<base::Hash256, std::shared_ptr<const base::Bytes>> modules_;
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_INLINE_STATE_H_
