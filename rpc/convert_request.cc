// Requests: what a client sent becomes what the engine takes, or a sentence
// that says what to send instead.
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/host/context.h"
#include "metering/fuel.h"
#include "rpc/convert.h"
#include "rpc/field.h"

namespace ashlar::rpc {
namespace {

using ::ashlar::rpc::FromProto;
using ::ashlar::rpc::ToProto;

static_assert(v1::ACTIVATION_FRESH ==
              static_cast<int>(engine::Activation::kFresh));
static_assert(v1::ACTIVATION_ACTIVATED ==
              static_cast<int>(engine::Activation::kActivated));
static_assert(static_cast<int>(host::ContextField::kCount) == 8,
              "v1::BlockContext has a field for each of context.def");

absl::Status Invalid(absl::string_view field, absl::string_view sentence) {
  return absl::InvalidArgumentError(absl::StrCat(field, " ", sentence));
}

absl::StatusOr<unsigned __int128> U128FromProto(
    absl::string_view bytes, absl::string_view field,
    unsigned __int128 default_value) {
  if (bytes.empty()) return default_value;
  if (bytes.size() != sizeof(unsigned __int128)) {
    return Invalid(field, absl::StrCat("has ", bytes.size(),
                                       " bytes; it must be a u128 of 16 bytes, "
                                       "little endian, or empty"));
  }
  return base::LoadLe<unsigned __int128>(bytes.data());
}

absl::StatusOr<engine::Activation> FromProto(v1::Activation from) {
  switch (from) {
    case v1::ACTIVATION_FRESH:
    case v1::ACTIVATION_ACTIVATED:
      return static_cast<engine::Activation>(from);
    default:
      return Invalid("activation",
                     absl::StrCat("is ", static_cast<int>(from),
                                  "; choose FRESH (1) or ACTIVATED (2): it "
                                  "decides what the module costs"));
  }
}

absl::StatusOr<engine::BlockContext> FromProto(const v1::BlockContext& from) {
  engine::BlockContext to;
  to.number = from.number();
  to.timestamp_ms = from.timestamp_ms();
  if (!from.random().empty()) {
    ASSIGN_OR_RETURN(to.random, HashFromProto(from.random(), "block.random",
                                              "the block's random seed"));
  }
  ASSIGN_OR_RETURN(to.minimum_balance,
                   U128FromProto(from.minimum_balance(),
                                 "block.minimum_balance", to.minimum_balance));
  ASSIGN_OR_RETURN(to.fee_per_fuel,
                   U128FromProto(from.fee_per_fuel(), "block.fee_per_fuel",
                                 to.fee_per_fuel));
  to.instantiation_nonce = from.instantiation_nonce();
  to.caller_is_root = from.caller_is_root();
  if (from.has_caller_is_origin()) {
    to.caller_is_origin = from.caller_is_origin();
  }
  return to;
}

engine::ResourceLimits FromProto(const v1::ResourceLimits& from) {
  return {.reads = from.reads(),
          .read_bytes = from.read_bytes(),
          .writes = from.writes(),
          .write_bytes = from.write_bytes(),
          .events = from.events(),
          .event_bytes = from.event_bytes(),
          .peak_pages = from.peak_pages(),
          .calls = from.calls()};
}

absl::Status CheckOptions(const v1::ExecuteOptions& options) {
  absl::string_view name;
  if (options.call_tree()) name = "call_tree";
  if (options.fuel_profile()) name = "fuel_profile";
  if (name.empty()) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("options.", name,
                   " is not served by this server; leave it unset, or use the "
                   "command line in process"));
}

// One account of an inline state.
absl::Status Add(const v1::InlineAccount& from, absl::string_view field,
                 state::InlineState* to) {
  ASSIGN_OR_RETURN(
      const state::AccountId account,
      HashFromProto(from.account(), absl::StrCat(field, ".account"),
                    "an account"));
  if (from.has_balance()) {
    ASSIGN_OR_RETURN(
        const unsigned __int128 balance,
        U128FromProto(from.balance(), absl::StrCat(field, ".balance"), 0));
    to->SetBalance(account, balance);
  }
  if (from.has_nonce()) to->SetNonce(account, from.nonce());
  if (from.has_code_hash()) {
    if (from.code_hash().empty()) {
      to->SetAbsent({account, state::Kind::kCode, {}});
    } else {
      ASSIGN_OR_RETURN(
          const base::Hash256 code,
          HashFromProto(from.code_hash(), absl::StrCat(field, ".code_hash"),
                        "a module's hash"));
      to->SetCode(account, code);
    }
  }
  for (const v1::StorageEntry& entry : from.storage()) {
    const state::Key key{account, state::Kind::kStorage, entry.key()};
    if (to->entries().contains(key)) {
      return Invalid(field, absl::StrCat("states storage key ",
                                         base::HexEncode(entry.key()),
                                         " twice; state each key once"));
    }
    if (entry.has_value()) {
      to->SetStorage(account, entry.key(), entry.value());
    } else {
      to->SetAbsent(key);
    }
  }
  if (from.complete()) to->SetComplete(account);
  return absl::OkStatus();
}

absl::StatusOr<StateSpec> FromProto(const v1::InlineState& from) {
  InlineState to;
  switch (from.missing_key()) {
    case v1::MISSING_KEY_ABSENT:
      break;
    case v1::MISSING_KEY_ASK:
      to.missing_keys = state::MissingKeys::kUnknown;
      break;
    default:
      return Invalid(
          "inline_state.missing_key",
          absl::StrCat("is ", static_cast<int>(from.missing_key()),
                       "; choose ABSENT (1): what is not stated does "
                       "not exist, or ASK (2): answer NeedsState"));
  }
  to.entries = state::InlineState(to.missing_keys);
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < from.accounts_size(); ++i) {
    const std::string field = absl::StrCat("inline_state.accounts[", i, "]");
    if (!seen.insert(from.accounts(i).account()).second) {
      return Invalid(field, "states an account a second time; state each once");
    }
    RETURN_IF_ERROR(Add(from.accounts(i), field, &to.entries));
  }
  for (const std::string& module : from.modules()) to.entries.AddModule(module);
  for (const std::string& hash : from.absent_modules()) {
    ASSIGN_OR_RETURN(
        const base::Hash256 absent,
        HashFromProto(hash, "inline_state.absent_modules", "a module's hash"));
    to.absent_modules.insert(absent);
  }
  return StateSpec(std::move(to));
}

absl::StatusOr<StateSpec> FromProto(const v1::StoreState& from) {
  StoreState to;
  to.name_space = from.namespace_();
  if (!from.has_base_version()) {
    return Invalid("store_state.base_version",
                   "is missing; name the version to read (State.Get tells the "
                   "latest one; an empty namespace is at 0)");
  }
  to.base_version = from.base_version();
  switch (from.commit()) {
    case v1::COMMIT_DRY_RUN:
      break;
    case v1::COMMIT_COMMIT:
      to.commit = true;
      break;
    default:
      return Invalid("store_state.commit",
                     absl::StrCat("is ", static_cast<int>(from.commit()),
                                  "; choose DRY_RUN (1) or COMMIT (2)"));
  }
  return StateSpec(std::move(to));
}

absl::StatusOr<StateSpec> StateFromProto(const v1::ExecuteRequest& from) {
  switch (from.state_case()) {
    case v1::ExecuteRequest::kNoState:
      return StateSpec(NoState{});
    case v1::ExecuteRequest::kInlineState:
      return FromProto(from.inline_state());
    case v1::ExecuteRequest::kStoreState:
      return FromProto(from.store_state());
    case v1::ExecuteRequest::STATE_NOT_SET:
      break;
  }
  return Invalid("state",
                 "is missing; set one of no_state, inline_state, store_state");
}

absl::Status ModuleFromProto(const v1::ExecuteRequest& from,
                             engine::ExecuteRequest* to) {
  switch (from.module_case()) {
    case v1::ExecuteRequest::kModuleBytes:
      to->module_bytes = from.module_bytes();
      if (to->module_bytes.empty()) to->module_hash = base::Blake2b256("");
      break;
    case v1::ExecuteRequest::kModuleHash: {
      ASSIGN_OR_RETURN(to->module_hash,
                       HashFromProto(from.module_hash(), "module_hash",
                                     "a module's BLAKE2b-256 hash"));
      if (to->module_hash == base::Hash256{}) {
        return Invalid("module_hash",
                       "is all zeros, which is no module's hash");
      }
      break;
    }
    case v1::ExecuteRequest::kModuleOfCallee:
      if (!from.module_of_callee()) {
        return Invalid("module_of_callee",
                       "is false; set it to true, or set "
                       "module_bytes or module_hash");
      }
      break;
    case v1::ExecuteRequest::MODULE_NOT_SET:
      return Invalid("module",
                     "is missing; set module_bytes, module_hash of a module "
                     "that is in the state or was stored by Modules.Put, or "
                     "module_of_callee");
  }
  ASSIGN_OR_RETURN(to->activation, FromProto(from.activation()));
  to->activated.reserve(from.activated_modules_size());
  for (const std::string& hash : from.activated_modules()) {
    ASSIGN_OR_RETURN(
        to->activated.emplace_back(),
        HashFromProto(hash, "activated_modules", "a module's hash"));
  }
  return absl::OkStatus();
}

// Whether a value has the form of its kind (engine/state/types.h).
absl::Status CheckValue(const state::Effect& effect, absl::string_view field) {
  size_t size = 0;
  switch (effect.key.kind) {
    case state::Kind::kBalance:
      size = sizeof(unsigned __int128);
      break;
    case state::Kind::kCode:
      size = base::Hash256::kSizeBytes;
      break;
    case state::Kind::kNonce:
      size = sizeof(uint64_t);
      break;
    case state::Kind::kStorage:
      return absl::OkStatus();
  }
  if (effect.value->size() != size) {
    return Invalid(field, absl::StrCat("has a value of ", effect.value->size(),
                                       " bytes; its kind takes ", size));
  }
  const bool is_zero =
      effect.value->find_first_not_of('\0') == base::Bytes::npos;
  if (is_zero && effect.key.kind != state::Kind::kCode) {
    return Invalid(field,
                   "has the value 0, which is stored as absence; leave "
                   "the value unset");
  }
  return absl::OkStatus();
}

void ToProto(const engine::BlockContext& from, v1::BlockContext* to) {
  to->set_number(from.number);
  to->set_timestamp_ms(from.timestamp_ms);
  to->set_random(ToString(from.random.view()));
  to->set_minimum_balance(U128ToProto(from.minimum_balance));
  to->set_fee_per_fuel(U128ToProto(from.fee_per_fuel));
  to->set_instantiation_nonce(from.instantiation_nonce);
  to->set_caller_is_root(from.caller_is_root);
  to->set_caller_is_origin(from.caller_is_origin);
}

void ToProto(const engine::ResourceLimits& from, v1::ResourceLimits* to) {
  to->set_reads(from.reads);
  to->set_read_bytes(from.read_bytes);
  to->set_writes(from.writes);
  to->set_write_bytes(from.write_bytes);
  to->set_events(from.events);
  to->set_event_bytes(from.event_bytes);
  to->set_peak_pages(from.peak_pages);
  to->set_calls(from.calls);
}

void ToProto(const NoState&, v1::ExecuteRequest* to) { to->mutable_no_state(); }

void ToProto(const InlineState& from, v1::ExecuteRequest* to_request) {
  v1::InlineState* to = to_request->mutable_inline_state();
  to->set_missing_key(from.missing_keys == state::MissingKeys::kAbsent
                          ? v1::MISSING_KEY_ABSENT
                          : v1::MISSING_KEY_ASK);
  // Entries are ordered by key, so each account's are together.
  v1::InlineAccount* account = nullptr;
  for (const auto& [key, value] : from.entries.entries()) {
    if (account == nullptr || account->account() != key.account.view()) {
      account = to->add_accounts();
      account->set_account(ToString(key.account.view()));
    }
    switch (key.kind) {
      case state::Kind::kBalance:
        account->set_balance(value.value_or(U128ToProto(0)));
        break;
      case state::Kind::kCode:
        account->set_code_hash(value.value_or(""));
        break;
      case state::Kind::kNonce:
        account->set_nonce(
            value.has_value() ? base::LoadLe<uint64_t>(value->data()) : 0);
        break;
      case state::Kind::kStorage: {
        v1::StorageEntry* entry = account->add_storage();
        entry->set_key(key.key);
        if (value.has_value()) entry->set_value(*value);
        break;
      }
    }
  }
  for (const auto& [hash, bytes] : from.entries.modules()) {
    to->add_modules(*bytes);
  }
  for (const base::Hash256& hash : from.absent_modules) {
    to->add_absent_modules(ToString(hash.view()));
  }
}

void ToProto(const StoreState& from, v1::ExecuteRequest* to_request) {
  v1::StoreState* to = to_request->mutable_store_state();
  to->set_namespace_(from.name_space);
  to->set_base_version(from.base_version);
  to->set_commit(from.commit ? v1::COMMIT_COMMIT : v1::COMMIT_DRY_RUN);
}

}  // namespace

absl::StatusOr<base::Hash256> HashFromProto(absl::string_view bytes,
                                            absl::string_view field,
                                            absl::string_view what) {
  if (bytes.size() != base::Hash256::kSizeBytes) {
    return Invalid(
        field, absl::StrCat(bytes.empty()
                                ? std::string("is missing")
                                : absl::StrCat("has ", bytes.size(), " bytes"),
                            "; it must be the 32 bytes of ", what));
  }
  return base::Hash256::FromBytes(bytes);
}

absl::StatusOr<ExecuteCall> FromProto(const v1::ExecuteRequest& from) {
  ExecuteCall call;
  engine::ExecuteRequest& to = call.request;
  ASSIGN_OR_RETURN(to.profile,
                   HashFromProto(from.profile(), "profile",
                                 "a profile's digest; Info.GetCapabilities "
                                 "lists the profiles of this server"));
  RETURN_IF_ERROR(CheckOptions(from.options()));
  call.replay_record = from.options().replay_record();
  if (from.fuel_limit() == 0 || from.fuel_limit() > metering::kFuelMax) {
    return Invalid("fuel_limit",
                   absl::StrCat("is ", from.fuel_limit(), "; it must be 1 to ",
                                metering::kFuelMax, " (2^56)"));
  }
  to.fuel_limit = from.fuel_limit();
  ASSIGN_OR_RETURN(to.caller,
                   HashFromProto(from.caller(), "caller", "an account"));
  ASSIGN_OR_RETURN(to.callee,
                   HashFromProto(from.callee(), "callee", "an account"));
  ASSIGN_OR_RETURN(to.value, U128FromProto(from.value(), "value", 0));
  ASSIGN_OR_RETURN(to.block, FromProto(from.block()));
  to.limits = FromProto(from.limits());
  to.entry = from.entry();
  to.input = from.input();
  RETURN_IF_ERROR(ModuleFromProto(from, &to));
  ASSIGN_OR_RETURN(call.state, StateFromProto(from));
  return call;
}

void ToProto(const ExecuteCall& from, v1::ExecuteRequest* to) {
  const engine::ExecuteRequest& request = from.request;
  to->set_profile(ToString(request.profile.view()));
  if (!request.module_bytes.empty()) {
    to->set_module_bytes(request.module_bytes);
  } else if (request.module_hash == base::Hash256{}) {
    to->set_module_of_callee(true);
  } else {
    to->set_module_hash(ToString(request.module_hash.view()));
  }
  to->set_activation(static_cast<v1::Activation>(request.activation));
  for (const base::Hash256& hash : request.activated) {
    to->add_activated_modules(ToString(hash.view()));
  }
  to->set_entry(request.entry);
  to->set_input(request.input);
  to->set_fuel_limit(request.fuel_limit);
  to->set_caller(ToString(request.caller.view()));
  to->set_callee(ToString(request.callee.view()));
  to->set_value(U128ToProto(request.value));
  ToProto(request.block, to->mutable_block());
  ToProto(request.limits, to->mutable_limits());
  std::visit([to](const auto& state) { ToProto(state, to); }, from.state);
  if (from.replay_record) to->mutable_options()->set_replay_record(true);
}

absl::StatusOr<state::Key> FromProto(const v1::Key& from,
                                     absl::string_view field) {
  state::Key to;
  ASSIGN_OR_RETURN(
      to.account, HashFromProto(from.account(), absl::StrCat(field, ".account"),
                                "an account"));
  if (from.kind() == v1::KIND_UNSPECIFIED || !v1::Kind_IsValid(from.kind())) {
    return Invalid(absl::StrCat(field, ".kind"),
                   absl::StrCat("is ", static_cast<int>(from.kind()),
                                "; choose BALANCE (1), CODE (2), NONCE (3) or "
                                "STORAGE (4)"));
  }
  to.kind = static_cast<state::Kind>(from.kind());
  if (to.kind != state::Kind::kStorage && !from.key().empty()) {
    return Invalid(absl::StrCat(field, ".key"),
                   "is set, but only a key of kind STORAGE has one");
  }
  to.key = from.key();
  return to;
}

absl::StatusOr<std::vector<state::Effect>> FromProto(
    const v1::WriteStateRequest& from) {
  std::vector<state::Effect> to;
  to.reserve(from.effects_size());
  for (int i = 0; i < from.effects_size(); ++i) {
    const std::string field = absl::StrCat("effects[", i, "]");
    state::Effect& effect = to.emplace_back();
    ASSIGN_OR_RETURN(effect.key, FromProto(from.effects(i).key(),
                                           absl::StrCat(field, ".key")));
    if (!from.effects(i).has_value()) continue;
    effect.value = from.effects(i).value();
    RETURN_IF_ERROR(CheckValue(effect, field));
  }
  std::sort(to.begin(), to.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  auto twice = std::adjacent_find(
      to.begin(), to.end(),
      [](const auto& a, const auto& b) { return a.key == b.key; });
  if (twice != to.end()) {
    return Invalid("effects", absl::StrCat("name an entry of account ",
                                           twice->key.account.ToHex(),
                                           " twice; name each entry once"));
  }
  return to;
}

}  // namespace ashlar::rpc
