// The state an execution sees and changes: a Reader below, a journal above
// with checkpoints; records every read for the outcome's read set.
#ifndef ENGINE_STATE_OVERLAY_H_
#define ENGINE_STATE_OVERLAY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/stack.h"
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

// What was found under a key; `value` is valid until the overlay's next change.
struct ReadView {
  Found found = Found::kAbsent;
  absl::string_view value;  // where kPresent
};

// Not thread-safe; does not own the reader, which must outlive it. Reads are
// recorded once a key, the first time they reach the reader, also inside calls
// that are reverted later. Everything that is answered is a function of the
// calls made and of what the reader answered: nothing depends on addresses,
// hash seeds or time.
class Overlay {
 public:
  // `memory`, which outlives it too, is what its lists are kept in; it takes
  // from it as much as the most entries and open changes need, and gives
  // nothing back before its end.
  explicit Overlay(Reader* reader, std::pmr::memory_resource* memory =
                                       std::pmr::new_delete_resource())
      : reader_(reader),
        entries_(memory),
        by_key_(memory),
        journal_(memory),
        checkpoints_(memory) {}

  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  // kUnknown is noted in missing() and must end the execution. A status is the
  // reader's own.
  absl::StatusOr<ReadView> Get(const KeyView& key);
  void Put(const KeyView& key, base::Bytes value);
  void Delete(const KeyView& key);
  void AddEvent(Event event);

  // Balances are unsigned 128 bit; an account without an entry has 0; a
  // balance of 0 is stored as absence. DATA_LOSS: the reader's entry is not
  // 16 bytes long.
  absl::StatusOr<std::optional<unsigned __int128>> Balance(
      const AccountId& account);  // nullopt: unknown
  void SetBalance(const AccountId& account, unsigned __int128 balance);

  // Removes code, nonce, balance, and every storage entry written in this
  // overlay; `cleared` accounts read as absent below from here on, without
  // touching the reader. Effects hold kCode (and kNonce, kBalance) deletions
  // and one delete for each storage key that was read present or written; the
  // receiver of effects drops the account's other storage: see
  // removed_accounts(). What is written to the account afterwards stands.
  void RemoveAccount(const AccountId& account);

  // Checkpoints nest; each is either reverted (all changes and events since
  // are dropped; reads stay) or committed into the one below. Revert costs
  // O(changes since the checkpoint). REQUIRES of Revert and Commit: one is
  // open.
  void Checkpoint();
  void Revert();
  void Commit();
  size_t checkpoints() const { return checkpoints_.size(); }

  // Net changes, by key; a change that restores what was read below is none.
  // A key that was never read is not looked up for this: writing it is always
  // an effect. So is every put to a removed account, because the receiver
  // applies effects after it dropped the account's storage.
  std::vector<Effect> Effects() const;
  // By account id, also where the account was written again afterwards.
  std::vector<AccountId> removed_accounts() const;
  const std::vector<Event>& events() const { return events_; }
  std::vector<Event> TakeEvents() { return std::move(events_); }
  std::vector<ReadRecord> Reads() const;
  // What is changed now, by key, also where the change restores what was.
  std::vector<Key> ChangedKeys() const;
  // Adds to *keys, from here on, what reverts take back. Outlives its use here;
  // null: nothing.
  void set_reverted_keys(std::set<Key>* keys) { reverted_keys_ = keys; }
  // In the order in which they were asked for, without duplicates.
  const std::vector<Key>& missing() const { return missing_; }

  // Resources so far (ExecuteRequest's resource limits): reads and bytes that
  // reached the reader; puts, deletes and their bytes as made (also reverted);
  // events likewise. Bytes of a read or write are those of the storage key and
  // of the value; of an event, of its topics and data. RemoveAccount counts as
  // one delete for each entry that it marks.
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
  using Value = std::optional<base::Bytes>;  // nullopt: absent

  // All that is known of a key: what the reader answered, once `is_read`, and
  // what the execution made of it, while `is_changed`.
  struct Entry {
    Key key;
    Value below;
    Value change;
    bool is_read = false;
    bool is_changed = false;
  };
  struct ByKey {
    using is_transparent = void;
    static const KeyView& KeyOf(const KeyView& key) { return key; }
    static const Key& KeyOf(const Entry* entry) { return entry->key; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return KeyLess()(KeyOf(a), KeyOf(b));
    }
  };
  // How to take one change back: either the entry's change was `previous` (or
  // there was none), or (removal: no entry) `account` was not in removed_.
  struct Undo {
    Entry* entry = nullptr;
    bool had_change = false;
    Value previous;
    AccountId account;
  };
  struct Mark {
    size_t journal_size = 0;
    size_t events_count = 0;
  };

  static ReadView ViewOf(const Value& value);
  Entry* FindEntry(const KeyView& key) const;  // or null
  Entry* NewEntry(const KeyView& key);
  bool is_removed(const AccountId& account) const {
    return !removed_.empty() && removed_.contains(account);
  }
  // Records the present change for a revert, then overwrites it.
  void Change(const KeyView& key, Value value);
  void Change(Entry* entry, Value value);
  void Apply(Undo undo);
  void NoteMissing(const Key& key);

  Reader* reader_;
  // Where the entries stand; only ever grows.
  std::pmr::deque<Entry> entries_;
  // Of the standard library: Abseil's trees leak where memory runs out.
  std::pmr::set<Entry*, ByKey> by_key_;
  std::set<AccountId> removed_;
  std::vector<Event> events_;
  // Empty while no checkpoint is open.
  base::Stack<Undo> journal_;
  std::pmr::vector<Mark> checkpoints_;
  std::vector<Key> missing_;
  std::set<Key>* reverted_keys_ = nullptr;
  Resources resources_;
};

}  // namespace ashlar::state

#endif  // ENGINE_STATE_OVERLAY_H_
