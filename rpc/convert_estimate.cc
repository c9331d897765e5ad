// What an estimate is asked to assume about the state.
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/state/value.h"
#include "rpc/convert.h"
#include "rpc/field.h"

namespace ashlar::rpc {
namespace {

using ::ashlar::rpc::FromProto;
using ::ashlar::rpc::ToProto;

using state::Kind;

absl::Status SetCode(const v1::StateOverride& from,
                     const state::AccountId& account, absl::string_view field,
                     state::Overrides* to) {
  const state::Key key{account, Kind::kCode, {}};
  switch (from.code_case()) {
    case v1::StateOverride::kCodeBytes:
      RETURN_IF_ERROR(to->AddModule(from.code_bytes()));
      return to->Set(key,
                     state::EncodeCode(base::Blake2b256(from.code_bytes())));
    case v1::StateOverride::kCodeHash: {
      if (from.code_hash().empty()) return to->Set(key, std::nullopt);
      ASSIGN_OR_RETURN(
          const base::Hash256 hash,
          HashFromProto(from.code_hash(), absl::StrCat(field, ".code_hash"),
                        "a module's hash"));
      return to->Set(key, state::EncodeCode(hash));
    }
    case v1::StateOverride::CODE_NOT_SET:
      break;
  }
  return absl::OkStatus();
}

absl::Status Add(const v1::StateOverride& from, absl::string_view field,
                 state::Overrides* to) {
  ASSIGN_OR_RETURN(
      const state::AccountId account,
      HashFromProto(from.account(), absl::StrCat(field, ".account"),
                    "an account"));
  if (from.has_balance()) {
    if (from.balance().size() != sizeof(unsigned __int128)) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".balance has ", from.balance().size(),
                       " bytes; it must be a u128 of 16 bytes, little endian"));
    }
    RETURN_IF_ERROR(to->Set({account, Kind::kBalance, {}}, from.balance()));
  }
  if (from.has_nonce()) {
    base::Bytes nonce(sizeof(uint64_t), '\0');
    base::StoreLe<uint64_t>(nonce.data(), from.nonce());
    RETURN_IF_ERROR(to->Set({account, Kind::kNonce, {}}, std::move(nonce)));
  }
  RETURN_IF_ERROR(SetCode(from, account, field, to));
  if (from.replace_storage()) RETURN_IF_ERROR(to->ReplaceStorage(account));
  for (const v1::StorageEntry& entry : from.storage()) {
    std::optional<base::Bytes> value;
    if (entry.has_value()) value = entry.value();
    RETURN_IF_ERROR(
        to->Set({account, Kind::kStorage, entry.key()}, std::move(value)));
  }
  return absl::OkStatus();
}

void ToProto(const state::Key& key, const std::optional<base::Bytes>& value,
             v1::StateOverride* to) {
  switch (key.kind) {
    case Kind::kBalance:
      to->set_balance(value.value_or(U128ToProto(0)));
      return;
    case Kind::kNonce:
      to->set_nonce(value.has_value() ? base::LoadLe<uint64_t>(value->data())
                                      : 0);
      return;
    case Kind::kCode:
      to->set_code_hash(value.value_or(""));
      return;
    case Kind::kStorage: {
      v1::StorageEntry* const entry = to->add_storage();
      entry->set_key(key.key);
      if (value.has_value()) entry->set_value(*value);
      return;
    }
  }
}

}  // namespace

absl::StatusOr<EstimateCall> FromProto(const v1::EstimateRequest& from) {
  EstimateCall to;
  ASSIGN_OR_RETURN(to.call, FromProto(from.call()));
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < from.overrides_size(); ++i) {
    const std::string field = absl::StrCat("overrides[", i, "]");
    if (!seen.insert(from.overrides(i).account()).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          field, " names an account a second time; name each once"));
    }
    RETURN_IF_ERROR(Add(from.overrides(i), field, &to.overrides));
  }
  for (int i = 0; i < from.override_modules_size(); ++i) {
    RETURN_IF_ERROR(to.overrides.AddModule(from.override_modules(i)));
  }
  return to;
}

void ToProto(const EstimateCall& from, v1::EstimateRequest* to) {
  ToProto(from.call, to->mutable_call());
  absl::flat_hash_map<state::AccountId, v1::StateOverride*> accounts;
  const auto find = [&](const state::AccountId& account) {
    v1::StateOverride*& found = accounts[account];
    if (found == nullptr) {
      found = to->add_overrides();
      found->set_account(ToString(account.view()));
    }
    return found;
  };
  for (const auto& [key, value] : from.overrides.entries()) {
    ToProto(key, value, find(key.account));
  }
  for (const state::AccountId& account : from.overrides.replaced()) {
    find(account)->set_replace_storage(true);
  }
  for (const auto& [hash, bytes] : from.overrides.modules()) {
    to->add_override_modules(*bytes);
  }
}

}  // namespace ashlar::rpc
