// Diagnostics: where and why an execution failed, for people.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "rpc/answer.h"
#include "rpc/convert.h"
#include "rpc/field.h"

namespace ashlar::rpc {
namespace {

using ::ashlar::rpc::FromProto;
using ::ashlar::rpc::ToProto;

using engine::OutcomeClass;
using engine::Phase;
using metering::Category;

static_assert(v1::FUEL_CATEGORY_COMPILE ==
              static_cast<int>(Category::kCompile) + 1);
static_assert(v1::FUEL_CATEGORY_CALLS ==
              static_cast<int>(Category::kCalls) + 1);
static_assert(v1::FuelCategory_MAX == static_cast<int>(Category::kCount),
              "FuelByCategory has a field for each category");
static_assert(v1::PHASE_PREPARE == static_cast<int>(Phase::kPrepare));
static_assert(v1::PHASE_COMPILE == static_cast<int>(Phase::kCompile));
static_assert(v1::PHASE_INSTANTIATE == static_cast<int>(Phase::kInstantiate));
static_assert(v1::PHASE_START == static_cast<int>(Phase::kStart));
static_assert(v1::PHASE_RUN == static_cast<int>(Phase::kRun));
static_assert(v1::Phase_MAX == v1::PHASE_RUN);

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

// The engine's categories count from 0, which a proto enum keeps free.
v1::FuelCategory ToProto(Category from) {
  return static_cast<v1::FuelCategory>(static_cast<int>(from) + 1);
}
Category FromProto(v1::FuelCategory from) {
  return static_cast<Category>(static_cast<int>(from) - 1);
}

v1::Phase ToProto(Phase from) { return static_cast<v1::Phase>(from); }

absl::StatusOr<Phase> FromProto(v1::Phase from) {
  if (from == v1::PHASE_UNSPECIFIED || !v1::Phase_IsValid(from)) {
    return Malformed("a phase of unknown number");
  }
  return static_cast<Phase>(from);
}

// Errors about a field of an answer are the server's, not the caller's.
template <typename T>
absl::StatusOr<T> FromServer(absl::StatusOr<T> value) {
  if (!value.ok()) return Malformed(value.status().message());
  return value;
}

void ToProto(const engine::BacktraceFrame& from, v1::BacktraceFrame* to) {
  to->set_account(ToString(from.account.view()));
  to->set_function_index(from.function);
  to->set_offset(from.offset);
  to->set_name(ToUtf8(from.name));
}

void ToProto(const engine::OpenContract& from, v1::OpenContract* to) {
  to->set_account(ToString(from.account.view()));
  to->set_code_hash(ToString(from.code_hash.view()));
  to->set_entry(from.entry);
  to->set_is_delegate(from.is_delegate);
  to->set_phase(ToProto(from.phase));
  to->set_fuel_limit(from.fuel_limit);
  ToProto(from.by, to->mutable_by());
  if (from.place.has_value()) ToProto(*from.place, to->mutable_place());
}

void ToProto(const engine::NestedFailure& from, v1::NestedFailure* to) {
  to->set_depth(from.depth);
  to->set_account(ToString(from.account.view()));
  to->set_code_hash(ToString(from.code_hash.view()));
  to->set_phase(ToProto(from.phase));
  to->set_outcome_class(static_cast<v1::OutcomeClass>(from.klass));
  to->set_trap(static_cast<v1::Trap>(from.trap));
  to->set_limit(static_cast<v1::Resource>(from.limit));
  to->set_message(ToUtf8(from.message));
  to->set_host_function(ToUtf8(from.host_function));
  if (from.place.has_value()) ToProto(*from.place, to->mutable_place());
}

absl::StatusOr<engine::BacktraceFrame> FromProto(
    const v1::BacktraceFrame& from) {
  engine::BacktraceFrame to;
  ASSIGN_OR_RETURN(to.account, HashOfAnswer(from.account(), "frame.account"));
  to.function = from.function_index();
  to.offset = from.offset();
  to.name = from.name();
  return to;
}

absl::StatusOr<engine::OpenContract> FromProto(const v1::OpenContract& from) {
  engine::OpenContract to;
  ASSIGN_OR_RETURN(to.account, HashOfAnswer(from.account(), "open.account"));
  ASSIGN_OR_RETURN(to.code_hash,
                   HashOfAnswer(from.code_hash(), "open.code_hash"));
  to.entry = from.entry();
  to.is_delegate = from.is_delegate();
  ASSIGN_OR_RETURN(to.phase, FromProto(from.phase()));
  to.fuel_limit = from.fuel_limit();
  to.by = FromProto(from.by());
  if (from.has_place()) {
    ASSIGN_OR_RETURN(to.place, FromProto(from.place()));
  }
  return to;
}

absl::StatusOr<engine::NestedFailure> FromProto(const v1::NestedFailure& from) {
  if (from.outcome_class() == v1::OUTCOME_CLASS_UNSPECIFIED ||
      !v1::OutcomeClass_IsValid(from.outcome_class()) ||
      !v1::Trap_IsValid(from.trap()) || !v1::Resource_IsValid(from.limit())) {
    return Malformed("an outcome, trap or limit of unknown number");
  }
  engine::NestedFailure to;
  to.depth = from.depth();
  ASSIGN_OR_RETURN(to.account, HashOfAnswer(from.account(), "failure.account"));
  ASSIGN_OR_RETURN(to.code_hash,
                   HashOfAnswer(from.code_hash(), "failure.code_hash"));
  ASSIGN_OR_RETURN(to.phase, FromProto(from.phase()));
  to.klass = static_cast<OutcomeClass>(from.outcome_class());
  to.trap = static_cast<interp::Trap>(from.trap());
  to.limit = static_cast<engine::Resource>(from.limit());
  to.message = from.message();
  to.host_function = from.host_function();
  if (from.has_place()) {
    ASSIGN_OR_RETURN(to.place, FromProto(from.place()));
  }
  return to;
}

}  // namespace

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

absl::Status Malformed(absl::string_view what) {
  return absl::InternalError(
      absl::StrCat("the server's answer is malformed: ", what,
                   "; are client and server of the same version?"));
}

absl::StatusOr<base::Hash256> HashOfAnswer(absl::string_view bytes,
                                           absl::string_view field) {
  return FromServer(HashFromProto(bytes, field, "a hash"));
}

absl::StatusOr<state::Key> KeyOfAnswer(const v1::Key& from) {
  return FromServer(FromProto(from, "key"));
}

void ToProto(const metering::FuelByCategory& from, v1::FuelByCategory* to) {
  to->set_compile(from[Category::kCompile]);
  to->set_instantiate(from[Category::kInstantiate]);
  to->set_compute(from[Category::kCompute]);
  to->set_memory(from[Category::kMemory]);
  to->set_host(from[Category::kHost]);
  to->set_calls(from[Category::kCalls]);
}

metering::FuelByCategory FromProto(const v1::FuelByCategory& from) {
  metering::FuelByCategory to;
  to[Category::kCompile] = from.compile();
  to[Category::kInstantiate] = from.instantiate();
  to[Category::kCompute] = from.compute();
  to[Category::kMemory] = from.memory();
  to[Category::kHost] = from.host();
  to[Category::kCalls] = from.calls();
  return to;
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
  if (from.phase.has_value()) to->set_phase(ToProto(*from.phase));
  to->set_host_function(ToUtf8(from.host_function));
  if (from.limit_shortage.has_value()) {
    v1::LimitShortage* shortage = to->mutable_limit_shortage();
    shortage->set_name(from.limit_shortage->name);
    shortage->set_limit(from.limit_shortage->limit);
    shortage->set_needed(from.limit_shortage->needed);
  }
  for (const engine::OpenContract& open : from.call_path) {
    ToProto(open, to->add_call_path());
  }
  for (const engine::NestedFailure& failure : from.nested_failures) {
    ToProto(failure, to->add_nested_failures());
  }
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
  if (from.phase() != v1::PHASE_UNSPECIFIED) {
    ASSIGN_OR_RETURN(to.phase, FromProto(from.phase()));
  }
  to.host_function = from.host_function();
  if (from.has_limit_shortage()) {
    to.limit_shortage =
        engine::LimitShortage{.name = from.limit_shortage().name(),
                              .limit = from.limit_shortage().limit(),
                              .needed = from.limit_shortage().needed()};
  }
  for (const v1::OpenContract& open : from.call_path()) {
    ASSIGN_OR_RETURN(to.call_path.emplace_back(), FromProto(open));
  }
  for (const v1::NestedFailure& failure : from.nested_failures()) {
    ASSIGN_OR_RETURN(to.nested_failures.emplace_back(), FromProto(failure));
  }
  return to;
}

}  // namespace ashlar::rpc
