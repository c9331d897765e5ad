// Answers: what the engine says becomes messages, and on the client's side
// engine types again, so that local and remote results print alike.
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/interp/trap.h"
#include "engine/wasm/features.h"
#include "metering/fuel.h"
#include "metering/schedule.h"
#include "rpc/answer.h"
#include "rpc/convert.h"
#include "rpc/field.h"

namespace ashlar::rpc {
namespace {

using ::ashlar::rpc::FromProto;
using ::ashlar::rpc::ToProto;

using engine::Exactness;
using engine::OutcomeClass;
using engine::Resource;
using metering::Category;

// The numbers of enums are the engine's; convert_test compares the names.
constexpr int kTraps[] = {
#define TRAP(name, number, text) number,
#include "engine/interp/trap.def"
};
static_assert(std::size(kTraps) == v1::Trap_ARRAYSIZE);
static_assert(kTraps[std::size(kTraps) - 1] == v1::Trap_MAX);
static_assert(v1::OUTCOME_CLASS_RETURNED ==
              static_cast<int>(OutcomeClass::kReturned));
static_assert(v1::OUTCOME_CLASS_REVERTED ==
              static_cast<int>(OutcomeClass::kReverted));
static_assert(v1::OUTCOME_CLASS_TRAPPED ==
              static_cast<int>(OutcomeClass::kTrapped));
static_assert(v1::OUTCOME_CLASS_OUT_OF_FUEL ==
              static_cast<int>(OutcomeClass::kOutOfFuel));
static_assert(v1::OUTCOME_CLASS_LIMIT_EXCEEDED ==
              static_cast<int>(OutcomeClass::kLimitExceeded));
static_assert(v1::OUTCOME_CLASS_MODULE_REJECTED ==
              static_cast<int>(OutcomeClass::kModuleRejected));
static_assert(v1::OutcomeClass_MAX == v1::OUTCOME_CLASS_MODULE_REJECTED);
static_assert(v1::RESOURCE_UNSPECIFIED == static_cast<int>(Resource::kNone));
static_assert(v1::RESOURCE_RETURN_SIZE ==
              static_cast<int>(Resource::kReturnSize));
static_assert(v1::Resource_MAX == v1::RESOURCE_RETURN_SIZE);
static_assert(v1::EXACTNESS_PROVEN == static_cast<int>(Exactness::kProven));
static_assert(v1::EXACTNESS_CONDITIONAL ==
              static_cast<int>(Exactness::kConditional));
static_assert(v1::KIND_BALANCE == static_cast<int>(state::Kind::kBalance));
static_assert(v1::KIND_CODE == static_cast<int>(state::Kind::kCode));
static_assert(v1::KIND_NONCE == static_cast<int>(state::Kind::kNonce));
static_assert(v1::KIND_STORAGE == static_cast<int>(state::Kind::kStorage));

void ToProto(const engine::Outcome& from, v1::Outcome* to) {
  to->set_outcome_class(static_cast<v1::OutcomeClass>(from.klass));
  to->set_trap(static_cast<v1::Trap>(from.trap));
  to->set_limit(static_cast<v1::Resource>(from.limit));
  to->set_flags(from.flags);
  to->set_data(from.data);
  for (const wasm::Violation& violation : from.violations) {
    ToProto(violation, to->add_violations());
  }
}

void ToProto(const engine::Fuel& from, v1::Fuel* to) {
  to->set_limit(from.limit);
  to->set_used(from.used);
  to->set_minimum(from.minimum);
  to->set_exactness(static_cast<v1::Exactness>(from.exactness));
  ToProto(from.by, to->mutable_by());
}

void ToProto(const engine::Resources& from, v1::ResourcesUsed* to) {
  to->set_reads(from.reads);
  to->set_read_bytes(from.read_bytes);
  to->set_writes(from.writes);
  to->set_write_bytes(from.write_bytes);
  to->set_events(from.events);
  to->set_event_bytes(from.event_bytes);
  to->set_peak_pages(from.peak_pages);
  to->set_calls(from.calls);
}

void ToProto(const engine::Completed& from, v1::Completed* to) {
  ToProto(from.outcome, to->mutable_outcome());
  ToProto(from.fuel, to->mutable_fuel());
  ToProto(from.resources, to->mutable_resources());
  for (const state::Effect& effect : from.effects) {
    v1::Effect* to_effect = to->add_effects();
    ToProto(effect.key, to_effect->mutable_key());
    if (effect.value.has_value()) to_effect->set_value(*effect.value);
  }
  for (const state::AccountId& account : from.removed_accounts) {
    to->add_removed_accounts(ToString(account.view()));
  }
  for (const state::Event& event : from.events) {
    v1::Event* to_event = to->add_events();
    to_event->set_account(ToString(event.account.view()));
    to_event->set_topics(event.topics);
    to_event->set_data(event.data);
  }
  for (const state::ReadRecord& read : from.reads) {
    v1::Read* to_read = to->add_reads();
    ToProto(read.key, to_read->mutable_key());
    if (read.present) to_read->set_value_hash(ToString(read.value_hash.view()));
  }
  for (const std::string& name : from.context_reads) {
    to->add_context_reads(name);
  }
  for (const engine::ModuleRead& read : from.modules) {
    v1::ModuleRead* to_read = to->add_module_reads();
    to_read->set_hash(ToString(read.hash.view()));
    to_read->set_present(read.present);
  }
  v1::Digests* digests = to->mutable_digests();
  digests->set_request(ToString(from.digests.request.view()));
  digests->set_reads(ToString(from.digests.reads.view()));
  digests->set_effects(ToString(from.digests.effects.view()));
  digests->set_receipt(ToString(from.digests.receipt.view()));
}

absl::StatusOr<engine::Outcome> FromProto(const v1::Outcome& from) {
  if (from.outcome_class() == v1::OUTCOME_CLASS_UNSPECIFIED ||
      !v1::OutcomeClass_IsValid(from.outcome_class())) {
    return Malformed(
        absl::StrCat("outcome class ", static_cast<int>(from.outcome_class())));
  }
  if (!v1::Trap_IsValid(from.trap()) || !v1::Resource_IsValid(from.limit())) {
    return Malformed("a trap or limit of unknown number");
  }
  engine::Outcome to;
  to.klass = static_cast<OutcomeClass>(from.outcome_class());
  to.trap = static_cast<interp::Trap>(from.trap());
  to.limit = static_cast<Resource>(from.limit());
  to.flags = from.flags();
  to.data = from.data();
  for (const v1::Violation& violation : from.violations()) {
    ASSIGN_OR_RETURN(to.violations.emplace_back(), FromProto(violation));
  }
  return to;
}

absl::StatusOr<engine::Fuel> FromProto(const v1::Fuel& from) {
  if (from.exactness() == v1::EXACTNESS_UNSPECIFIED ||
      !v1::Exactness_IsValid(from.exactness())) {
    return Malformed(
        absl::StrCat("exactness ", static_cast<int>(from.exactness())));
  }
  engine::Fuel to;
  to.limit = from.limit();
  to.used = from.used();
  to.minimum = from.minimum();
  to.exactness = static_cast<Exactness>(from.exactness());
  to.by = FromProto(from.by());
  return to;
}

engine::Resources FromProto(const v1::ResourcesUsed& from) {
  return {.reads = from.reads(),
          .read_bytes = from.read_bytes(),
          .writes = from.writes(),
          .write_bytes = from.write_bytes(),
          .events = from.events(),
          .event_bytes = from.event_bytes(),
          .peak_pages = from.peak_pages(),
          .calls = from.calls()};
}

absl::StatusOr<engine::Digests> FromProto(const v1::Digests& from) {
  engine::Digests to;
  ASSIGN_OR_RETURN(to.request, HashOfAnswer(from.request(), "digests.request"));
  ASSIGN_OR_RETURN(to.reads, HashOfAnswer(from.reads(), "digests.reads"));
  ASSIGN_OR_RETURN(to.effects, HashOfAnswer(from.effects(), "digests.effects"));
  ASSIGN_OR_RETURN(to.receipt, HashOfAnswer(from.receipt(), "digests.receipt"));
  return to;
}

absl::StatusOr<engine::Completed> FromProto(const v1::Completed& from) {
  engine::Completed to;
  ASSIGN_OR_RETURN(to.outcome, FromProto(from.outcome()));
  ASSIGN_OR_RETURN(to.fuel, FromProto(from.fuel()));
  to.resources = FromProto(from.resources());
  for (const v1::Effect& effect : from.effects()) {
    state::Effect& to_effect = to.effects.emplace_back();
    ASSIGN_OR_RETURN(to_effect.key, KeyOfAnswer(effect.key()));
    if (effect.has_value()) to_effect.value = effect.value();
  }
  for (const std::string& account : from.removed_accounts()) {
    ASSIGN_OR_RETURN(to.removed_accounts.emplace_back(),
                     HashOfAnswer(account, "removed_accounts"));
  }
  for (const v1::Event& event : from.events()) {
    state::Event& to_event = to.events.emplace_back();
    ASSIGN_OR_RETURN(to_event.account,
                     HashOfAnswer(event.account(), "event.account"));
    to_event.topics = event.topics();
    to_event.data = event.data();
  }
  for (const v1::Read& read : from.reads()) {
    state::ReadRecord& to_read = to.reads.emplace_back();
    ASSIGN_OR_RETURN(to_read.key, KeyOfAnswer(read.key()));
    to_read.present = !read.value_hash().empty();
    if (to_read.present) {
      ASSIGN_OR_RETURN(to_read.value_hash,
                       HashOfAnswer(read.value_hash(), "read.value_hash"));
    }
  }
  to.context_reads.assign(from.context_reads().begin(),
                          from.context_reads().end());
  for (const v1::ModuleRead& read : from.module_reads()) {
    engine::ModuleRead& to_read = to.modules.emplace_back();
    ASSIGN_OR_RETURN(to_read.hash,
                     HashOfAnswer(read.hash(), "module_read.hash"));
    to_read.present = read.present();
  }
  ASSIGN_OR_RETURN(to.digests, FromProto(from.digests()));
  return to;
}

absl::StatusOr<engine::NeedsState> FromProto(const v1::NeedsState& from) {
  engine::NeedsState to;
  for (const v1::Key& key : from.keys()) {
    ASSIGN_OR_RETURN(to.keys.emplace_back(), KeyOfAnswer(key));
  }
  for (const std::string& hash : from.modules()) {
    ASSIGN_OR_RETURN(to.modules.emplace_back(), HashOfAnswer(hash, "modules"));
  }
  return to;
}

// ExecuteResponse and EstimateResponse share these fields.
template <typename Response>
void ResultToProto(const engine::ExecuteResult& from, Response* to) {
  CHECK(from.completed.has_value() != from.needs_state.has_value());
  if (from.completed.has_value()) {
    ToProto(*from.completed, to->mutable_completed());
  } else {
    v1::NeedsState* needs = to->mutable_needs_state();
    for (const state::Key& key : from.needs_state->keys) {
      ToProto(key, needs->add_keys());
    }
    for (const base::Hash256& hash : from.needs_state->modules) {
      needs->add_modules(ToString(hash.view()));
    }
  }
  ToProto(from.diagnostics, to->mutable_diagnostics());
}

template <typename Response>
absl::StatusOr<engine::ExecuteResult> ResultFromProto(const Response& from) {
  engine::ExecuteResult to;
  switch (from.result_case()) {
    case Response::kCompleted: {
      ASSIGN_OR_RETURN(to.completed, FromProto(from.completed()));
      break;
    }
    case Response::kNeedsState: {
      ASSIGN_OR_RETURN(to.needs_state, FromProto(from.needs_state()));
      break;
    }
    case Response::RESULT_NOT_SET:
      return Malformed("it has no result");
  }
  ASSIGN_OR_RETURN(to.diagnostics, FromProto(from.diagnostics()));
  return to;
}

}  // namespace

void ToProto(const engine::ExecuteResult& from, v1::ExecuteResponse* to) {
  ResultToProto(from, to);
}

void ToProto(const engine::Estimation& from, v1::EstimateResponse* to) {
  ResultToProto(from.result, to);
  for (const engine::Access& access : from.access) {
    v1::Access* to_access = to->add_access();
    ToProto(access.key, to_access->mutable_key());
    to_access->set_read(access.read);
    to_access->set_written(access.written);
  }
  for (const engine::ResourceNeed& need : from.resources) {
    v1::ResourceNeed* to_need = to->add_resources();
    to_need->set_resource(static_cast<v1::Resource>(need.resource));
    to_need->set_limit(need.limit);
    to_need->set_needed(need.needed);
    to_need->set_exceeded(need.exceeded);
  }
}

absl::StatusOr<engine::ExecuteResult> FromProto(
    const v1::ExecuteResponse& from) {
  return ResultFromProto(from);
}

absl::StatusOr<engine::Estimation> FromProto(const v1::EstimateResponse& from) {
  engine::Estimation to;
  ASSIGN_OR_RETURN(to.result, ResultFromProto(from));
  for (const v1::Access& access : from.access()) {
    engine::Access& to_access = to.access.emplace_back();
    ASSIGN_OR_RETURN(to_access.key, KeyOfAnswer(access.key()));
    to_access.read = access.read();
    to_access.written = access.written();
  }
  for (const v1::ResourceNeed& need : from.resources()) {
    if (!v1::Resource_IsValid(need.resource())) {
      return Malformed("a resource of unknown number");
    }
    to.resources.push_back({.resource = static_cast<Resource>(need.resource()),
                            .limit = need.limit(),
                            .needed = need.needed(),
                            .exceeded = need.exceeded()});
  }
  return to;
}

void ToProto(const wasm::Violation& from, v1::Violation* to) {
  to->set_code(ToString(wasm::CodeName(from.code)));
  to->set_offset(from.offset);
  to->set_message(ToUtf8(from.message));
}

absl::StatusOr<wasm::Violation> FromProto(const v1::Violation& from) {
  for (int i = 0; i < static_cast<int>(wasm::ViolationCode::kCount); ++i) {
    const auto code = static_cast<wasm::ViolationCode>(i);
    if (wasm::CodeName(code) == from.code()) {
      return wasm::Violation{code, from.offset(), from.message()};
    }
  }
  return Malformed(absl::StrCat("unknown violation \"", from.code(), "\""));
}

void ToProto(const state::Key& from, v1::Key* to) {
  to->set_account(ToString(from.account.view()));
  to->set_kind(static_cast<v1::Kind>(from.kind));
  to->set_key(from.key);
}

void ToProto(const engine::Profile& from,
             v1::GetCapabilitiesResponse::Profile* to) {
  to->set_name(from.name);
  to->set_digest(ToString(from.digest.view()));
  to->set_semantics_version(from.semantics_version);
  to->set_abi(from.abi == engine::Abi::kSeal ? "seal" : "none");
  to->set_abi_version(from.abi_version);
  for (int i = 0; i < static_cast<int>(wasm::Feature::kCount); ++i) {
    const auto feature = static_cast<wasm::Feature>(i);
    if (from.features.Has(feature)) {
      to->add_features(ToString(wasm::FeatureName(feature)));
    }
  }
  to->set_floats(from.float_rule == engine::FloatRule::kCanonical);
  to->set_schedule_digest(ToString(metering::Digest(from.schedule).view()));
  to->set_schedule_name(from.schedule.name);
}

}  // namespace ashlar::rpc
