#include "rpc/execute.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/digests.h"
#include "engine/engine.h"
#include "engine/estimation.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/inline_state.h"
#include "engine/state/overrides.h"
#include "engine/state/reader.h"
#include "engine/state/store.h"
#include "replay/archive.h"
#include "replay/flight.h"
#include "replay/recorder.h"
#include "rpc/call_reader.h"
#include "rpc/convert.h"
#include "rpc/memory_budget.h"
#include "rpc/shadow.h"

namespace ashlar::rpc {
namespace {

using Modules = std::vector<std::shared_ptr<const base::Bytes>>;

// Gives the reader the call's own module where the request names it by hash.
// That hash is the operator's, so that it is unknown is a status.
absl::Status ResolveOwnModule(const Backend& backend,
                              const engine::ExecuteRequest& request,
                              const InlineState* inline_state,
                              const state::Overrides* overrides,
                              CallReader* reader) {
  if (!request.module_bytes.empty()) return absl::OkStatus();
  const base::Hash256& hash = request.module_hash;
  // No hash stands for the module of callee's code, which the engine looks up.
  if (hash == base::Hash256{}) return absl::OkStatus();
  if (hash == base::Blake2b256("")) {
    reader->SetOwnModule(hash, std::make_shared<const base::Bytes>());
    return absl::OkStatus();
  }
  if (overrides != nullptr && overrides->HasModule(hash)) {
    return absl::OkStatus();
  }
  if (inline_state != nullptr &&
      inline_state->entries.modules().contains(hash)) {
    return absl::OkStatus();
  }
  auto stored = backend.store->GetModule(hash);
  if (absl::IsNotFound(stored.status())) {
    return absl::NotFoundError(absl::StrCat(
        "module ", hash.ToHex(),
        " is neither in the request nor stored here; send module_bytes, or "
        "store it with Modules.Put"));
  }
  RETURN_IF_ERROR(stored.status());
  reader->SetOwnModule(hash, *std::move(stored));
  return absl::OkStatus();
}

// What is done with a call that is read: it is executed, or estimated.
struct Run {
  absl::FunctionRef<absl::StatusOr<engine::ExecuteResult>(
      const engine::ExecuteRequest&, state::Reader*)>
      run;
  const state::Overrides* overrides = nullptr;  // null: none
};

// Runs unless that has killed servers before, and leaves word in case that it
// does so now.
absl::StatusOr<engine::ExecuteResult> Contained(
    const Backend& backend, const engine::ExecuteRequest& request,
    state::Reader* reader, const Run& run) {
  if (backend.flight == nullptr) return run.run(request, reader);
  RETURN_IF_ERROR(backend.flight->Admit(request));
  replay::Flight flight(backend.flight, request, reader);
  return run.run(request, &flight);
}

// Runs with the memory reserved that the call can come to use.
absl::StatusOr<engine::ExecuteResult> RunWith(
    const Backend& backend, const engine::ExecuteRequest& request,
    state::Reader* reader, const Run& run) {
  if (backend.memory == nullptr) {
    return Contained(backend, request, reader, run);
  }
  const engine::Profile* profile =
      backend.engine->profiles().Find(request.profile);
  CHECK(profile != nullptr, "the caller found it");
  ASSIGN_OR_RETURN(const auto reservation,
                   backend.memory->Reserve(BytesOf(request, *profile)));
  return Contained(backend, request, reader, run);
}

absl::StatusOr<engine::ExecuteResult> RunStateless(const Backend& backend,
                                                   ExecuteCall* call,
                                                   const Run& run) {
  InlineState* inline_state = std::get_if<InlineState>(&call->state);
  state::InlineState empty(state::MissingKeys::kAbsent);
  CallReader reader(inline_state != nullptr ? &inline_state->entries : &empty,
                    inline_state,
                    inline_state != nullptr ? backend.store : nullptr,
                    inline_state != nullptr ? CallReader::Missing::kUnknown
                                            : CallReader::Missing::kAbsent);
  RETURN_IF_ERROR(ResolveOwnModule(backend, call->request, inline_state,
                                   run.overrides, &reader));
  return RunWith(backend, call->request, &reader, run);
}

// The state at the base version. A namespace that nobody wrote yet is empty at
// version 0; executing does not make it.
absl::StatusOr<std::unique_ptr<state::Reader>> OpenBase(
    const Backend& backend, const StoreState& spec) {
  auto snapshot = backend.store->Snapshot(spec.name_space, spec.base_version);
  if (absl::IsNotFound(snapshot.status()) && spec.base_version == 0) {
    return std::make_unique<state::InlineState>(state::MissingKeys::kAbsent);
  }
  return snapshot;
}

// The answer of the same request on the same base, if it was committed.
absl::StatusOr<std::optional<state::CommitResult>> FindAnswer(
    const Backend& backend, const StoreState& spec,
    const base::Hash256& digest) {
  auto found =
      backend.store->FindAnswer(spec.name_space, spec.base_version, digest);
  if (absl::IsNotFound(found.status()) && spec.base_version == 0) {
    return std::optional<state::CommitResult>();
  }
  return found;
}

absl::Status UseAnswer(absl::string_view answer,
                       v1::ExecuteResponse* response) {
  response->Clear();
  if (response->ParseFromArray(answer.data(),
                               static_cast<int>(answer.size()))) {
    return absl::OkStatus();
  }
  return absl::DataLossError("the stored answer of this request is corrupt");
}

// The modules that the new state refers to: only the call's own one can be
// new to the store.
Modules NewModules(const engine::ExecuteRequest& request,
                   const engine::Completed& completed) {
  if (request.module_bytes.empty()) return {};
  const base::Hash256 hash = base::Blake2b256(request.module_bytes);
  for (const state::Effect& effect : completed.effects) {
    if (effect.key.kind == state::Kind::kCode && effect.value.has_value() &&
        *effect.value == hash.view()) {
      return {std::make_shared<const base::Bytes>(request.module_bytes)};
    }
  }
  return {};
}

absl::Status Commit(const Backend& backend, const ExecuteCall& call,
                    const base::Hash256& digest,
                    const engine::Completed& completed,
                    const std::atomic<bool>* cancelled,
                    v1::ExecuteResponse* response) {
  const StoreState& spec = std::get<StoreState>(call.state);
  response->set_new_version(spec.base_version + 1);
  RETURN_IF_ERROR(CheckAnswerSize(backend, *response));
  // A retry is not executed, so what is stored for it has no record.
  const std::string record = std::move(*response->mutable_replay_record());
  response->clear_replay_record();
  if (cancelled != nullptr && *cancelled) {
    return absl::CancelledError("cancelled before the commit");
  }
  if (spec.base_version == 0) {
    RETURN_IF_ERROR(backend.store->OpenNamespace(spec.name_space).status());
  }
  const std::string answer = response->SerializeAsString();
  const Modules modules = NewModules(call.request, completed);
  ASSIGN_OR_RETURN(
      const state::CommitResult committed,
      backend.store->Commit({.name_space = spec.name_space,
                             .base_version = spec.base_version,
                             .request_digest = digest,
                             .removed_accounts = completed.removed_accounts,
                             .effects = completed.effects,
                             .modules = modules,
                             .answer = answer}));
  // Two copies of one request may run at once; the second gets the first's.
  if (committed.is_retry) return UseAnswer(committed.answer, response);
  response->set_replay_record(record);
  return absl::OkStatus();
}

absl::StatusOr<engine::ExecuteResult> RunOverStore(const Backend& backend,
                                                   const ExecuteCall& call,
                                                   const Run& run) {
  const StoreState& spec = std::get<StoreState>(call.state);
  ASSIGN_OR_RETURN(const std::unique_ptr<state::Reader> base,
                   OpenBase(backend, spec));
  CallReader reader(base.get(), nullptr, backend.store,
                    CallReader::Missing::kAbsent);
  RETURN_IF_ERROR(
      ResolveOwnModule(backend, call.request, nullptr, run.overrides, &reader));
  auto result = RunWith(backend, call.request, &reader, run);
  CHECK(!result.ok() || result->completed.has_value(),
        "the store knows every key");
  return result;
}

// `record` is what `run` makes, or empty.
absl::Status ExecuteAndCommit(const Backend& backend, const ExecuteCall& call,
                              const Run& run, const base::Bytes& record,
                              const std::atomic<bool>* cancelled,
                              v1::ExecuteResponse* response) {
  const base::Hash256 digest = engine::RequestDigest(call.request);
  ASSIGN_OR_RETURN(
      const auto answer,
      FindAnswer(backend, std::get<StoreState>(call.state), digest));
  if (answer.has_value()) return UseAnswer(answer->answer, response);
  ASSIGN_OR_RETURN(const engine::ExecuteResult result,
                   RunOverStore(backend, call, run));
  ToProto(result, response);
  response->set_replay_record(record);
  return Commit(backend, call, digest, *result.completed, cancelled, response);
}

// What is not committed.
absl::StatusOr<engine::ExecuteResult> DryRun(const Backend& backend,
                                             ExecuteCall* call,
                                             const Run& run) {
  return std::holds_alternative<StoreState>(call->state)
             ? RunOverStore(backend, *call, run)
             : RunStateless(backend, call, run);
}

absl::StatusOr<engine::ExecuteResult> ExecuteRecorded(
    const Backend& backend, const engine::ExecuteRequest& request,
    state::Reader* reader, const std::atomic<bool>* cancelled,
    base::Bytes* record) {
  replay::Recorder recorder(reader);
  auto result = backend.engine->Execute(request, &recorder, cancelled);
  if (!result.ok() || !result->completed.has_value()) return result;
  const engine::Profile* profile =
      backend.engine->profiles().Find(request.profile);
  CHECK(profile != nullptr, "the engine found it");
  replay::ArchiveWriter file;
  recorder.AddTo(request, *profile, *result->completed,
                 replay::Modules::kAttached, &file);
  *record = file.Finish();
  return result;
}

absl::Status CheckState(const StateSpec& state) {
  const auto* spec = std::get_if<StoreState>(&state);
  return spec == nullptr ? absl::OkStatus() : CheckNamespace(spec->name_space);
}

}  // namespace

absl::Status Execute(const Backend& backend, const v1::ExecuteRequest& request,
                     const std::atomic<bool>* cancelled,
                     v1::ExecuteResponse* response) {
  RETURN_IF_ERROR(FindProfile(backend, request.profile()).status());
  ASSIGN_OR_RETURN(ExecuteCall call, FromProto(request));
  RETURN_IF_ERROR(CheckState(call.state));
  base::Bytes record;
  const bool is_shadowed = backend.shadow != nullptr && backend.shadow->Wants();
  const auto execute =
      [&](const engine::ExecuteRequest& checked,
          state::Reader* reader) -> absl::StatusOr<engine::ExecuteResult> {
    if (!call.replay_record && !is_shadowed) {
      return backend.engine->Execute(checked, reader, cancelled);
    }
    base::Bytes file;
    auto result = ExecuteRecorded(backend, checked, reader, cancelled, &file);
    if (is_shadowed && !file.empty()) backend.shadow->Submit(file);
    if (call.replay_record) record = std::move(file);
    return result;
  };
  const auto* spec = std::get_if<StoreState>(&call.state);
  if (spec != nullptr && spec->commit) {
    return ExecuteAndCommit(backend, call, {execute}, record, cancelled,
                            response);
  }
  ASSIGN_OR_RETURN(const engine::ExecuteResult result,
                   DryRun(backend, &call, {execute}));
  ToProto(result, response);
  response->set_replay_record(std::move(record));
  return CheckAnswerSize(backend, *response);
}

absl::Status Estimate(const Backend& backend,
                      const v1::EstimateRequest& request,
                      const std::atomic<bool>* cancelled,
                      v1::EstimateResponse* response) {
  RETURN_IF_ERROR(FindProfile(backend, request.call().profile()).status());
  ASSIGN_OR_RETURN(EstimateCall call, FromProto(request));
  RETURN_IF_ERROR(CheckState(call.call.state));
  if (call.call.replay_record) {
    return absl::InvalidArgumentError(
        "call.options.replay_record is set; an estimate is no history, so ask "
        "Execute for it");
  }
  const auto* spec = std::get_if<StoreState>(&call.call.state);
  if (spec != nullptr && spec->commit) {
    return absl::InvalidArgumentError(
        "store_state.commit is COMMIT; an estimate commits nothing, so choose "
        "DRY_RUN (1)");
  }
  engine::Estimation estimation;
  const auto estimate =
      [&](const engine::ExecuteRequest& checked,
          state::Reader* reader) -> absl::StatusOr<engine::ExecuteResult> {
    state::OverridingReader assumed(&call.overrides, reader);
    ASSIGN_OR_RETURN(estimation,
                     backend.engine->Estimate(checked, &assumed, cancelled));
    return std::move(estimation.result);
  };
  ASSIGN_OR_RETURN(estimation.result,
                   DryRun(backend, &call.call, {estimate, &call.overrides}));
  ToProto(estimation, response);
  return CheckAnswerSize(backend, *response);
}

}  // namespace ashlar::rpc
