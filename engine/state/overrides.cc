#include "engine/state/overrides.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace ashlar::state {

absl::Status Overrides::Count(uint64_t size_bytes) {
  if (count_ >= kOverrideEntriesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("more than ", kOverrideEntriesMax, " state overrides"));
  }
  if (size_bytes > kOverrideBytesMax - size_bytes_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "more than ", kOverrideBytesMax, " bytes of state overrides"));
  }
  ++count_;
  size_bytes_ += size_bytes;
  return absl::OkStatus();
}

absl::Status Overrides::Set(const Key& key, std::optional<base::Bytes> value) {
  if (entries_.contains(key)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a state override names an entry of account ", key.account.ToHex(),
        " a second time; name each entry once"));
  }
  RETURN_IF_ERROR(
      Count(key.key.size() + (value.has_value() ? value->size() : 0)));
  const bool is_number = key.kind == Kind::kBalance || key.kind == Kind::kNonce;
  if (is_number && value.has_value() &&
      value->find_first_not_of('\0') == base::Bytes::npos) {
    value.reset();
  }
  entries_.emplace(key, std::move(value));
  return absl::OkStatus();
}

absl::Status Overrides::ReplaceStorage(const AccountId& account) {
  if (replaced_.contains(account)) return absl::OkStatus();
  RETURN_IF_ERROR(Count(0));
  replaced_.insert(account);
  return absl::OkStatus();
}

absl::Status Overrides::AddModule(base::Bytes bytes) {
  if (bytes.size() > kOverrideBytesMax) return Count(bytes.size());
  const base::Hash256 hash = base::Blake2b256(bytes);
  if (modules_.contains(hash)) return absl::OkStatus();
  RETURN_IF_ERROR(Count(bytes.size()));
  modules_.emplace(hash, std::make_shared<const base::Bytes>(std::move(bytes)));
  return absl::OkStatus();
}

absl::StatusOr<ReadResult> OverridingReader::Read(const Key& key) {
  if (auto it = overrides_->entries().find(key);
      it != overrides_->entries().end()) {
    if (!it->second.has_value()) return ReadResult{Found::kAbsent, {}};
    return ReadResult{Found::kPresent, *it->second};
  }
  if (key.kind == Kind::kStorage &&
      overrides_->replaced().contains(key.account)) {
    return ReadResult{Found::kAbsent, {}};
  }
  return base_->Read(key);
}

absl::StatusOr<ModuleResult> OverridingReader::Module(
    const base::Hash256& hash) {
  if (auto it = overrides_->modules().find(hash);
      it != overrides_->modules().end()) {
    return ModuleResult{Found::kPresent, it->second};
  }
  return base_->Module(hash);
}

}  // namespace ashlar::state
