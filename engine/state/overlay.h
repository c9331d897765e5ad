// The state an execution sees and changes: a Reader below, a journal above
// with checkpoints; records every read for the outcome's read set.
#ifndef ENGINE_STATE_OVERLAY_H_
#define ENGINE_STATE_OVERLAY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/state/reader.h"
#include "engine/state/types.h"

namespace ashlar::state {

// An event, as emitted: topics are the raw bytes that the contract passed.
struct Event {
  AccountId account;
  base::Bytes topics;
  base::Bytes data;
};

// One change against the state below: nullopt deletes. Ordered by key.
struct Effect {
  Key key;
  std::optional<base::Bytes> value;
};

// One key read from below, with what was found. Ordered by key.
struct ReadRecord {
  Key key;
  bool present = false;
  base::Hash256 value_hash;  // BLAKE2b-256 of the value, where present
};

// Not thread-safe. Reads are recorded once a key, the first time they reach
// the reader, also inside calls that are reverted later.
class Overlay {
 public:
  explicit Overlay(Reader* reader) : reader_(reader) {}

  // kUnknown is noted in missing() and must end the execution.
  absl::StatusOr<ReadResult> Get(const Key& key);
  void Put(const Key& key, base::Bytes value);
  void Delete(const Key& key);
  void AddEvent(Event event);

  // Balances are unsigned 128 bit; an account without an entry has 0; a
  // balance of 0 is stored as absence.
  absl::StatusOr<std::optional<unsigned __int128>> Balance(
      const AccountId& account);  // nullopt: unknown
  void SetBalance(const AccountId& account, unsigned __int128 balance);

  // Removes code, nonce, balance, and every storage entry written in this
  // overlay; `cleared` accounts read as absent below from here on. Effects
  // hold kCode (and kNonce, kBalance) deletions and one delete for each
  // storage key that was read present or written; the receiver of effects
  // drops the account's other storage: see removed_accounts().
  void RemoveAccount(const AccountId& account);

  // Checkpoints nest; each is either reverted (all changes and events since
  // are dropped; reads stay) or committed into the one below.
  void Checkpoint();
  void Revert();
  void Commit();
  size_t checkpoints() const;

  // Net changes, by key; a change that restores what was read below is none.
  std::vector<Effect> Effects() const;
  std::vector<AccountId> removed_accounts() const;
  const std::vector<Event>& events() const;
  std::vector<ReadRecord> Reads() const;
  const std::vector<Key>& missing() const { return missing_; }

  // Resources so far (ExecuteRequest's resource limits): reads and bytes that
  // reached the reader; puts, deletes and their bytes as made (also reverted).
  struct Resources {
    uint64_t reads = 0;
    uint64_t read_bytes = 0;
    uint64_t writes = 0;
    uint64_t write_bytes = 0;
    uint64_t events = 0;
    uint64_t event_bytes = 0;
  };
  const Resources& resources() const { return resources_; }

 private:
  Reader* reader_;
  std::vector<Key> missing_;
  Resources resources_;
  // Representation: see overlay.cc's owner.
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_OVERLAY_H_
