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
static_assert(v1::FUEL_CATEGORY_COMPILE ==
              static_cast<int>(Category::kCompile) + 1);
static_assert(v1::FUEL_CATEGORY_CALLS ==
              static_cast<int>(Category::kCalls) + 1);
static_assert(v1::FuelCategory_MAX == static_cast<int>(Category::kCount),
              "FuelByCategory has a field for each category");

// The length of the UTF-8 sequence at the front, or 0 where there is none
// (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
size_t Utf8Size(absl::string_view s) {
  const auto byte = [s](size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || s.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
      (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return size;
}

std::string ToUtf8(absl::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const size_t size = Utf8Size(text);
    if (size == 0) {
      result.push_back('?');
      text.remove_prefix(1);
    } else {
      result.append(text.data(), size);
      text.remove_prefix(size);
    }
  }
  return result;
}

// The engine's categories count from 0, which a proto enum keeps free.
v1::FuelCategory ToProto(Category from) {
  return static_cast<v1::FuelCategory>(static_cast<int>(from) + 1);
}
Category FromProto(v1::FuelCategory from) {
  return static_cast<Category>(static_cast<int>(from) - 1);
}

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
  v1::FuelByCategory* by = to->mutable_by();
  by->set_compile(from.by[Category::kCompile]);
  by->set_instantiate(from.by[Category::kInstantiate]);
  by->set_compute(from.by[Category::kCompute]);
  by->set_memory(from.by[Category::kMemory]);
  by->set_host(from.by[Category::kHost]);
  by->set_calls(from.by[Category::kCalls]);
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

void ToProto(const engine::BacktraceFrame& from, v1::BacktraceFrame* to) {
  to->set_account(ToString(from.account.view()));
  to->set_function_index(from.function);
  to->set_offset(from.offset);
  to->set_name(ToUtf8(from.name));
}

void ToProto(const engine::Diagnostics& from, v1::Diagnostics* to) {
  to->set_message(ToUtf8(from.message));
  for (const std::string& message : from.debug_messages) {
    to->add_debug_messages(message);
  }
  for (const engine::BacktraceFrame& frame : from.backtrace) {
    ToProto(frame, to->add_backtrace());
  }
  for (const engine::BacktraceFrame& frame : from.fuel_reads) {
    ToProto(frame, to->add_fuel_reads());
  }
  if (from.shortage.has_value()) {
    v1::FuelShortage* shortage = to->mutable_shortage();
    shortage->set_category(ToProto(from.shortage->category));
    shortage->set_missing(from.shortage->missing);
    shortage->set_depth(from.shortage->depth);
  }
}

absl::Status Malformed(absl::string_view what) {
  return absl::InternalError(
      absl::StrCat("the server's answer is malformed: ", what,
                   "; are client and server of the same version?"));
}

// Errors about a field of an answer are the server's, not the caller's.
template <typename T>
absl::StatusOr<T> FromServer(absl::StatusOr<T> value) {
  if (!value.ok()) return Malformed(value.status().message());
  return value;
}

absl::StatusOr<base::Hash256> Hash(absl::string_view bytes,
                                   absl::string_view field) {
  return FromServer(HashFromProto(bytes, field, "a hash"));
}

absl::StatusOr<state::Key> Key(const v1::Key& from) {
  return FromServer(FromProto(from, "key"));
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
  to.by[Category::kCompile] = from.by().compile();
  to.by[Category::kInstantiate] = from.by().instantiate();
  to.by[Category::kCompute] = from.by().compute();
  to.by[Category::kMemory] = from.by().memory();
  to.by[Category::kHost] = from.by().host();
  to.by[Category::kCalls] = from.by().calls();
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
  ASSIGN_OR_RETURN(to.request, Hash(from.request(), "digests.request"));
  ASSIGN_OR_RETURN(to.reads, Hash(from.reads(), "digests.reads"));
  ASSIGN_OR_RETURN(to.effects, Hash(from.effects(), "digests.effects"));
  ASSIGN_OR_RETURN(to.receipt, Hash(from.receipt(), "digests.receipt"));
  return to;
}

absl::StatusOr<engine::Completed> FromProto(const v1::Completed& from) {
  engine::Completed to;
  ASSIGN_OR_RETURN(to.outcome, FromProto(from.outcome()));
  ASSIGN_OR_RETURN(to.fuel, FromProto(from.fuel()));
  to.resources = FromProto(from.resources());
  for (const v1::Effect& effect : from.effects()) {
    state::Effect& to_effect = to.effects.emplace_back();
    ASSIGN_OR_RETURN(to_effect.key, Key(effect.key()));
    if (effect.has_value()) to_effect.value = effect.value();
  }
  for (const std::string& account : from.removed_accounts()) {
    ASSIGN_OR_RETURN(to.removed_accounts.emplace_back(),
                     Hash(account, "removed_accounts"));
  }
  for (const v1::Event& event : from.events()) {
    state::Event& to_event = to.events.emplace_back();
    ASSIGN_OR_RETURN(to_event.account, Hash(event.account(), "event.account"));
    to_event.topics = event.topics();
    to_event.data = event.data();
  }
  for (const v1::Read& read : from.reads()) {
    state::ReadRecord& to_read = to.reads.emplace_back();
    ASSIGN_OR_RETURN(to_read.key, Key(read.key()));
    to_read.present = !read.value_hash().empty();
    if (to_read.present) {
      ASSIGN_OR_RETURN(to_read.value_hash,
                       Hash(read.value_hash(), "read.value_hash"));
    }
  }
  to.context_reads.assign(from.context_reads().begin(),
                          from.context_reads().end());
  for (const v1::ModuleRead& read : from.module_reads()) {
    engine::ModuleRead& to_read = to.modules.emplace_back();
    ASSIGN_OR_RETURN(to_read.hash, Hash(read.hash(), "module_read.hash"));
    to_read.present = read.present();
  }
  ASSIGN_OR_RETURN(to.digests, FromProto(from.digests()));
  return to;
}

absl::StatusOr<engine::NeedsState> FromProto(const v1::NeedsState& from) {
  engine::NeedsState to;
  for (const v1::Key& key : from.keys()) {
    ASSIGN_OR_RETURN(to.keys.emplace_back(), Key(key));
  }
  for (const std::string& hash : from.modules()) {
    ASSIGN_OR_RETURN(to.modules.emplace_back(), Hash(hash, "modules"));
  }
  return to;
}

absl::StatusOr<engine::BacktraceFrame> FromProto(
    const v1::BacktraceFrame& from) {
  engine::BacktraceFrame to;
  ASSIGN_OR_RETURN(to.account, Hash(from.account(), "frame.account"));
  to.function = from.function_index();
  to.offset = from.offset();
  to.name = from.name();
  return to;
}

absl::StatusOr<engine::Diagnostics> FromProto(const v1::Diagnostics& from) {
  engine::Diagnostics to;
  to.message = from.message();
  to.debug_messages.assign(from.debug_messages().begin(),
                           from.debug_messages().end());
  for (const v1::BacktraceFrame& frame : from.backtrace()) {
    ASSIGN_OR_RETURN(to.backtrace.emplace_back(), FromProto(frame));
  }
  for (const v1::BacktraceFrame& frame : from.fuel_reads()) {
    ASSIGN_OR_RETURN(to.fuel_reads.emplace_back(), FromProto(frame));
  }
  if (from.has_shortage()) {
    const v1::FuelCategory category = from.shortage().category();
    if (category == v1::FUEL_CATEGORY_UNSPECIFIED ||
        !v1::FuelCategory_IsValid(category)) {
      return Malformed("a fuel category of unknown number");
    }
    to.shortage = engine::FuelShortage{.category = FromProto(category),
                                       .missing = from.shortage().missing(),
                                       .depth = from.shortage().depth()};
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

void ToProto(const engine::ExecuteResult& from, v1::EstimateResponse* to) {
  ResultToProto(from, to);
}

absl::StatusOr<engine::ExecuteResult> FromProto(
    const v1::ExecuteResponse& from) {
  return ResultFromProto(from);
}

absl::StatusOr<engine::ExecuteResult> FromProto(
    const v1::EstimateResponse& from) {
  return ResultFromProto(from);
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
