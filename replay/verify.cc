#include "replay/verify.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "metering/fuel.h"
#include "replay/difference.h"

namespace ashlar::replay {

std::shared_ptr<const base::Bytes> NoModules(const base::Hash256&) {
  return nullptr;
}

absl::StatusOr<state::ReadResult> RecordedState::Read(const state::Key& key) {
  const auto it = std::lower_bound(
      record_.reads.begin(), record_.reads.end(), key,
      [](const replay::Read& a, const state::Key& b) { return a.key < b; });
  if (it == record_.reads.end() || it->key != key) {
    return state::ReadResult{state::Found::kUnknown, {}};
  }
  if (!it->value.has_value()) {
    return state::ReadResult{state::Found::kAbsent, {}};
  }
  return state::ReadResult{state::Found::kPresent, *it->value};
}

namespace {

absl::StatusOr<std::shared_ptr<const base::Bytes>> FindModule(
    const base::Hash256& hash, const Archive& archive, ModuleSource modules) {
  std::shared_ptr<const base::Bytes> bytes = archive.FindModule(hash);
  if (bytes == nullptr) bytes = modules(hash);
  if (bytes != nullptr) return bytes;
  return absl::NotFoundError(
      absl::StrCat("the record names module ", hash.ToHex(),
                   " by its hash alone; give its bytes, too"));
}

}  // namespace

absl::StatusOr<state::ModuleResult> RecordedState::Module(
    const base::Hash256& hash) {
  for (const engine::ModuleRead& read : record_.modules) {
    if (read.hash != hash) continue;
    if (!read.present) {
      return state::ModuleResult{state::Found::kAbsent, nullptr};
    }
    ASSIGN_OR_RETURN(auto bytes, FindModule(hash, archive_, modules_));
    return state::ModuleResult{state::Found::kPresent, std::move(bytes)};
  }
  return state::ModuleResult{state::Found::kUnknown, nullptr};
}

absl::StatusOr<engine::ExecuteRequest> RequestOf(const Record& record,
                                                 const Archive& archive,
                                                 ModuleSource modules) {
  engine::ExecuteRequest request = record.request;
  if (record.module_given != ModuleGiven::kBytes) return request;
  ASSIGN_OR_RETURN(const auto bytes,
                   FindModule(record.module, archive, modules));
  request.module_bytes = *bytes;
  if (engine::IsGivenByBytes(request)) return request;
  return absl::InvalidArgumentError(
      "the record's module has no bytes, which only deploy can be given");
}

absl::StatusOr<const engine::Profile*> ProfileOf(
    const Record& record, const engine::ProfileSet& profiles) {
  const engine::Profile* profile = profiles.Find(record.request.profile);
  if (profile != nullptr &&
      profile->semantics_version == record.semantics_version) {
    return profile;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the record needs profile ", record.request.profile.ToHex(),
                   " with semantics version ", record.semantics_version,
                   ", which is not known here"));
}

absl::StatusOr<Verdict> Verify(const Archive& archive, size_t index,
                               engine::Engine* engine, ModuleSource modules,
                               const std::atomic<bool>* cancel) {
  ASSIGN_OR_RETURN(const Record record, archive.Read(index));
  return Verify(
      archive, record, engine->profiles(), modules,
      [&](const engine::ExecuteRequest& request, state::Reader* reader) {
        return engine->Execute(request, reader, cancel);
      });
}

absl::StatusOr<Verdict> Verify(const Archive& archive, const Record& record,
                               const engine::ProfileSet& profiles,
                               ModuleSource modules, ExecuteFunction execute) {
  if (record.answer.empty()) {
    return absl::InvalidArgumentError(
        "the record has no answer: its execution never ended");
  }
  RETURN_IF_ERROR(ProfileOf(record, profiles).status());
  ASSIGN_OR_RETURN(const engine::ExecuteRequest request,
                   RequestOf(record, archive, modules));
  RecordedState state(record, archive, modules);
  ASSIGN_OR_RETURN(const engine::ExecuteResult result,
                   execute(request, &state));
  Verdict verdict;
  if (!result.completed.has_value()) {
    ASSIGN_OR_RETURN(const engine::Completed recorded, DecodeAnswer(record));
    verdict.first_difference = UnknownReads(*result.needs_state);
    return verdict;
  }
  const engine::Completed& replayed = *result.completed;
  verdict.outcome = replayed.outcome.klass;
  verdict.fuel_used = replayed.fuel.used;
  // The reads digest, which is part of the answer, says that all that is
  // recorded was read.
  verdict.is_match = EncodeAnswer(replayed) == record.answer;
  if (verdict.is_match) return verdict;
  ASSIGN_OR_RETURN(const engine::Completed recorded, DecodeAnswer(record));
  verdict.first_difference = FirstDifference(recorded, replayed);
  return verdict;
}

absl::StatusOr<Repriced> Reprice(const Archive& archive, const Record& record,
                                 const base::Hash256& profile,
                                 engine::Engine* engine, ModuleSource modules,
                                 const std::atomic<bool>* cancel) {
  ASSIGN_OR_RETURN(engine::ExecuteRequest request,
                   RequestOf(record, archive, modules));
  request.profile = profile;
  request.fuel_limit = metering::kFuelMax;
  RecordedState state(record, archive, modules);
  ASSIGN_OR_RETURN(const engine::ExecuteResult result,
                   engine->Execute(request, &state, cancel));
  Repriced repriced;
  if (!result.completed.has_value()) return repriced;
  repriced.outcome = result.completed->outcome.klass;
  repriced.fuel_used = result.completed->fuel.used;
  repriced.is_within_limit = repriced.fuel_used <= record.request.fuel_limit;
  return repriced;
}

}  // namespace ashlar::replay
