#include "engine/state/overlay.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/state/value.h"

namespace ashlar::state {

ReadView Overlay::ViewOf(const Value& value) {
  if (!value.has_value()) return {Found::kAbsent, {}};
  return {Found::kPresent, *value};
}

Overlay::Entry* Overlay::FindEntry(const KeyView& key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : *it;
}

Overlay::Entry* Overlay::NewEntry(const KeyView& key) {
  Entry& entry = entries_.emplace_back();
  entry.key = key.ToKey();
  by_key_.insert(&entry);
  return &entry;
}

absl::StatusOr<ReadView> Overlay::Get(const KeyView& key) {
  Entry* entry = FindEntry(key);
  if (entry != nullptr && entry->is_changed) return ViewOf(entry->change);
  if (is_removed(key.account)) return ReadView{Found::kAbsent, {}};
  if (entry != nullptr && entry->is_read) return ViewOf(entry->below);
  if (entry == nullptr) entry = NewEntry(key);
  ASSIGN_OR_RETURN(ReadResult result, reader_->Read(entry->key));
  if (result.found == Found::kUnknown) {
    NoteMissing(entry->key);
    return ReadView{Found::kUnknown, {}};
  }
  ++resources_.reads;
  resources_.read_bytes += key.key.size();
  entry->is_read = true;
  if (result.found == Found::kPresent) {
    resources_.read_bytes += result.value.size();
    entry->below = std::move(result.value);
  }
  return ViewOf(entry->below);
}

void Overlay::Put(const KeyView& key, base::Bytes value) {
  Change(key, std::move(value));
}

void Overlay::Delete(const KeyView& key) { Change(key, std::nullopt); }

void Overlay::AddEvent(Event event) {
  ++resources_.events;
  resources_.event_bytes += event.topics.size() + event.data.size();
  events_.push_back(std::move(event));
}

absl::StatusOr<std::optional<unsigned __int128>> Overlay::Balance(
    const AccountId& account) {
  ASSIGN_OR_RETURN(const ReadView result,
                   Get(KeyView(account, Kind::kBalance, {})));
  if (result.found == Found::kUnknown) return std::nullopt;
  if (result.found == Found::kAbsent)
    return std::optional<unsigned __int128>(0);
  return DecodeBalance(result.value);
}

void Overlay::SetBalance(const AccountId& account, unsigned __int128 balance) {
  const KeyView key(account, Kind::kBalance, {});
  if (balance == 0) {
    Delete(key);
  } else {
    Put(key, EncodeBalance(balance));
  }
}

void Overlay::RemoveAccount(const AccountId& account) {
  for (const Kind kind : {Kind::kBalance, Kind::kCode, Kind::kNonce}) {
    Delete(KeyView(account, kind, {}));
  }
  // Changing entries that exist keeps the iterator.
  for (auto it = by_key_.lower_bound(KeyView(account, Kind::kStorage, {}));
       it != by_key_.end() && (*it)->key.account == account; ++it) {
    Entry* const entry = *it;
    if (entry->is_changed || (entry->is_read && entry->below.has_value())) {
      Change(entry, std::nullopt);
    }
  }
  if (removed_.insert(account).second && !checkpoints_.empty()) {
    journal_.Push({.entry = nullptr,
                   .had_change = false,
                   .previous = {},
                   .account = account});
  }
}

void Overlay::Checkpoint() {
  checkpoints_.push_back({journal_.size(), events_.size()});
}

void Overlay::Revert() {
  CHECK(!checkpoints_.empty());
  const Mark mark = checkpoints_.back();
  checkpoints_.pop_back();
  while (journal_.size() > mark.journal_size) {
    const Entry* const entry = journal_.back().entry;
    if (reverted_keys_ != nullptr && entry != nullptr) {
      reverted_keys_->insert(entry->key);
    }
    Apply(journal_.Pop());
  }
  events_.resize(mark.events_count);
}

void Overlay::Commit() {
  CHECK(!checkpoints_.empty());
  checkpoints_.pop_back();
  // The journal of the committed part now belongs to the checkpoint below;
  // where there is none, nothing can be taken back any more.
  if (!checkpoints_.empty()) return;
  while (!journal_.empty()) journal_.Pop();
}

std::vector<Effect> Overlay::Effects() const {
  std::vector<Effect> effects;
  effects.reserve(by_key_.size());
  for (const Entry* entry : by_key_) {
    if (!entry->is_changed) continue;
    if (entry->is_read && entry->below == entry->change) {
      const bool dropped_below =
          entry->change.has_value() && is_removed(entry->key.account);
      if (!dropped_below) continue;
    }
    effects.push_back({entry->key, entry->change});
  }
  return effects;
}

std::vector<Key> Overlay::ChangedKeys() const {
  std::vector<Key> keys;
  for (const Entry* entry : by_key_) {
    if (entry->is_changed) keys.push_back(entry->key);
  }
  return keys;
}

std::vector<AccountId> Overlay::removed_accounts() const {
  return std::vector<AccountId>(removed_.begin(), removed_.end());
}

std::vector<ReadRecord> Overlay::Reads() const {
  std::vector<ReadRecord> reads;
  reads.reserve(by_key_.size());
  for (const Entry* entry : by_key_) {
    if (!entry->is_read) continue;
    ReadRecord& record = reads.emplace_back();
    record.key = entry->key;
    record.present = entry->below.has_value();
    if (record.present) record.value_hash = base::Blake2b256(*entry->below);
  }
  return reads;
}

void Overlay::Change(const KeyView& key, Value value) {
  Entry* entry = FindEntry(key);
  if (entry == nullptr) entry = NewEntry(key);
  Change(entry, std::move(value));
}

void Overlay::Change(Entry* entry, Value value) {
  ++resources_.writes;
  resources_.write_bytes += entry->key.key.size();
  if (value.has_value()) resources_.write_bytes += value->size();
  if (!checkpoints_.empty()) {
    journal_.Push({.entry = entry,
                   .had_change = entry->is_changed,
                   .previous = std::move(entry->change),
                   .account = {}});
  }
  entry->is_changed = true;
  entry->change = std::move(value);
}

void Overlay::Apply(Undo undo) {
  if (undo.entry == nullptr) {
    removed_.erase(undo.account);
    return;
  }
  undo.entry->is_changed = undo.had_change;
  undo.entry->change = std::move(undo.previous);
}

void Overlay::NoteMissing(const Key& key) {
  // A linear search: the first missing key ends the execution.
  if (std::find(missing_.begin(), missing_.end(), key) == missing_.end()) {
    missing_.push_back(key);
  }
}

}  // namespace ashlar::state
