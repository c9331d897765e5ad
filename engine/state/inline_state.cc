#include "engine/state/inline_state.h"

#include <utility>

#include "engine/state/value.h"

namespace ashlar::state {

void InlineState::Set(const Key& key, base::Bytes value) {
  entries_[key] = std::move(value);
}

void InlineState::SetBalance(const AccountId& account,
                             unsigned __int128 balance) {
  const Key key{account, Kind::kBalance, {}};
  if (balance == 0) {
    SetAbsent(key);
  } else {
    Set(key, EncodeBalance(balance));
  }
}

void InlineState::SetNonce(const AccountId& account, uint64_t nonce) {
  const Key key{account, Kind::kNonce, {}};
  if (nonce == 0) {
    SetAbsent(key);
  } else {
    Set(key, EncodeNonce(nonce));
  }
}

void InlineState::SetCode(const AccountId& account,
                          const base::Hash256& code_hash) {
  Set({account, Kind::kCode, {}}, EncodeCode(code_hash));
}

void InlineState::SetStorage(const AccountId& account, absl::string_view key,
                             base::Bytes value) {
  Set({account, Kind::kStorage, base::Bytes(key)}, std::move(value));
}

void InlineState::SetAbsent(const Key& key) { entries_[key] = std::nullopt; }

void InlineState::SetComplete(const AccountId& account) {
  complete_accounts_.insert(account);
}

base::Hash256 InlineState::AddModule(base::Bytes bytes) {
  const base::Hash256 hash = base::Blake2b256(bytes);
  AddModule(hash, std::make_shared<const base::Bytes>(std::move(bytes)));
  return hash;
}

void InlineState::AddModule(const base::Hash256& hash,
                            std::shared_ptr<const base::Bytes> bytes) {
  modules_[hash] = std::move(bytes);
}

void InlineState::Apply(absl::Span<const Effect> effects,
                        absl::Span<const AccountId> removed_accounts) {
  for (const AccountId& account : removed_accounts) {
    auto it = entries_.lower_bound({account, Kind::kStorage, {}});
    while (it != entries_.end() && it->first.account == account) {
      it = entries_.erase(it);
    }
    // The effects say what became of balance, code and nonce, so nothing that
    // was not given can still exist.
    SetComplete(account);
  }
  for (const Effect& effect : effects) entries_[effect.key] = effect.value;
}

absl::StatusOr<ReadResult> InlineState::Read(const Key& key) {
  auto it = entries_.find(key);
  if (it != entries_.end() && it->second.has_value()) {
    return ReadResult{Found::kPresent, *it->second};
  }
  const bool known = it != entries_.end() ||
                     missing_keys_ == MissingKeys::kAbsent ||
                     complete_accounts_.contains(key.account);
  return ReadResult{known ? Found::kAbsent : Found::kUnknown, {}};
}

absl::StatusOr<ModuleResult> InlineState::Module(const base::Hash256& hash) {
  auto it = modules_.find(hash);
  if (it != modules_.end()) return ModuleResult{Found::kPresent, it->second};
  return ModuleResult{
      missing_keys_ == MissingKeys::kAbsent ? Found::kAbsent : Found::kUnknown,
      nullptr};
}

}  // namespace ashlar::state
