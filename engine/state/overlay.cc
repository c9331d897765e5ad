#include "engine/state/overlay.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/state/value.h"

namespace ashlar::state {

absl::StatusOr<ReadResult> Overlay::Get(const Key& key) {
  if (auto it = changes_.find(key); it != changes_.end()) {
    if (!it->second.has_value()) return ReadResult{Found::kAbsent, {}};
    return ReadResult{Found::kPresent, *it->second};
  }
  if (removed_.contains(key.account)) return ReadResult{Found::kAbsent, {}};
  if (auto it = below_.find(key); it != below_.end()) {
    if (!it->second.has_value()) return ReadResult{Found::kAbsent, {}};
    return ReadResult{Found::kPresent, *it->second};
  }
  ASSIGN_OR_RETURN(ReadResult result, reader_->Read(key));
  if (result.found == Found::kUnknown) {
    NoteMissing(key);
    return ReadResult{Found::kUnknown, {}};
  }
  const bool present = result.found == Found::kPresent;
  ++resources_.reads;
  resources_.read_bytes += key.key.size();
  if (present) resources_.read_bytes += result.value.size();
  below_.emplace(key, present ? Value(result.value) : Value());
  return result;
}

void Overlay::Put(const Key& key, base::Bytes value) {
  Change(key, std::move(value));
}

void Overlay::Delete(const Key& key) { Change(key, std::nullopt); }

void Overlay::AddEvent(Event event) {
  ++resources_.events;
  resources_.event_bytes += event.topics.size() + event.data.size();
  events_.push_back(std::move(event));
}

absl::StatusOr<std::optional<unsigned __int128>> Overlay::Balance(
    const AccountId& account) {
  ASSIGN_OR_RETURN(ReadResult result, Get({account, Kind::kBalance, {}}));
  if (result.found == Found::kUnknown) return std::nullopt;
  if (result.found == Found::kAbsent)
    return std::optional<unsigned __int128>(0);
  return DecodeBalance(result.value);
}

void Overlay::SetBalance(const AccountId& account, unsigned __int128 balance) {
  const Key key{account, Kind::kBalance, {}};
  if (balance == 0) {
    Delete(key);
  } else {
    Put(key, EncodeBalance(balance));
  }
}

void Overlay::RemoveAccount(const AccountId& account) {
  // The keys are gathered first: Change() would invalidate the iterators.
  std::vector<Key> keys = {{account, Kind::kBalance, {}},
                           {account, Kind::kCode, {}},
                           {account, Kind::kNonce, {}}};
  const Key first_storage{account, Kind::kStorage, {}};
  for (auto it = changes_.lower_bound(first_storage);
       it != changes_.end() && it->first.account == account; ++it) {
    keys.push_back(it->first);
  }
  for (auto it = below_.lower_bound(first_storage);
       it != below_.end() && it->first.account == account; ++it) {
    if (it->second.has_value() && !changes_.contains(it->first)) {
      keys.push_back(it->first);
    }
  }
  for (const Key& key : keys) Delete(key);
  if (removed_.insert(account).second && !checkpoints_.empty()) {
    journal_.push_back({.key = {account, Kind::kStorage, {}},
                        .is_removal = true,
                        .had_change = false,
                        .previous = {}});
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
    if (reverted_keys_ != nullptr && !journal_.back().is_removal) {
      reverted_keys_->insert(journal_.back().key);
    }
    Apply(std::move(journal_.back()));
    journal_.pop_back();
  }
  events_.resize(mark.events_count);
}

void Overlay::Commit() {
  CHECK(!checkpoints_.empty());
  checkpoints_.pop_back();
  // The journal of the committed part now belongs to the checkpoint below;
  // where there is none, nothing can be taken back any more.
  if (checkpoints_.empty()) journal_.clear();
}

std::vector<Effect> Overlay::Effects() const {
  std::vector<Effect> effects;
  for (const auto& [key, value] : changes_) {
    auto below = below_.find(key);
    if (below != below_.end() && below->second == value) {
      const bool dropped_below =
          value.has_value() && removed_.contains(key.account);
      if (!dropped_below) continue;
    }
    effects.push_back({key, value});
  }
  return effects;
}

std::vector<Key> Overlay::ChangedKeys() const {
  std::vector<Key> keys;
  keys.reserve(changes_.size());
  for (const auto& [key, value] : changes_) keys.push_back(key);
  return keys;
}

std::vector<AccountId> Overlay::removed_accounts() const {
  return std::vector<AccountId>(removed_.begin(), removed_.end());
}

std::vector<ReadRecord> Overlay::Reads() const {
  std::vector<ReadRecord> reads;
  reads.reserve(below_.size());
  for (const auto& [key, value] : below_) {
    ReadRecord record;
    record.key = key;
    record.present = value.has_value();
    if (record.present) record.value_hash = base::Blake2b256(*value);
    reads.push_back(std::move(record));
  }
  return reads;
}

void Overlay::Change(const Key& key, Value value) {
  ++resources_.writes;
  resources_.write_bytes += key.key.size();
  if (value.has_value()) resources_.write_bytes += value->size();
  auto [it, inserted] = changes_.try_emplace(key);
  if (!checkpoints_.empty()) {
    journal_.push_back({.key = key,
                        .is_removal = false,
                        .had_change = !inserted,
                        .previous = std::move(it->second)});
  }
  it->second = std::move(value);
}

void Overlay::Apply(Undo undo) {
  if (undo.is_removal) {
    removed_.erase(undo.key.account);
  } else if (undo.had_change) {
    changes_[undo.key] = std::move(undo.previous);
  } else {
    changes_.erase(undo.key);
  }
}

void Overlay::NoteMissing(const Key& key) {
  // A linear search: the first missing key ends the execution.
  if (std::find(missing_.begin(), missing_.end(), key) == missing_.end()) {
    missing_.push_back(key);
  }
}

}  // namespace ashlar::state
