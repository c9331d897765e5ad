#include "engine/engine.h"

#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/driver.h"
#include "engine/loader.h"
#include "engine/module_cache.h"
#include "engine/workspace.h"
#include "metering/fuel.h"

namespace ashlar::engine {

struct Engine::Impl {
  explicit Impl(const EngineOptions& options)
      : profiles(options.profiles != nullptr ? options.profiles
                                             : &ProfileSet::BuiltIn()),
        cache(options.cache_size_bytes) {}

  absl::StatusOr<const Profile*> FindProfile(const base::Hash256& digest) const;
  absl::StatusOr<ExecuteResult> Execute(const ExecuteRequest& request,
                                        state::Reader* reader,
                                        const std::atomic<bool>* cancel,
                                        FuelProfile* profile_out);

  const ProfileSet* profiles;
  ModuleCache cache;
  WorkspacePool workspaces;
};

namespace {

// The fields that a node's operator is answerable for.
absl::Status CheckRequest(const ExecuteRequest& request,
                          const state::Reader* reader) {
  if (reader == nullptr) {
    return absl::InvalidArgumentError("no state is given");
  }
  if (request.fuel_limit == 0 || request.fuel_limit > metering::kFuelMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("fuel_limit ", request.fuel_limit, " is not in 1..2^56"));
  }
  if (request.activation != Activation::kFresh &&
      request.activation != Activation::kActivated) {
    return absl::InvalidArgumentError("activation is not given");
  }
  return absl::OkStatus();
}

// The one place that catches: a machine without memory has no outcome
// (ARCHITECTURE.md, decisions 6 and 14).
template <typename Function>
auto WithoutBadAlloc(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("the machine has no memory left");
  }
}

}  // namespace

absl::StatusOr<const Profile*> Engine::Impl::FindProfile(
    const base::Hash256& digest) const {
  if (digest == base::Hash256{}) {
    return absl::InvalidArgumentError("no profile is given");
  }
  const Profile* profile = profiles->Find(digest);
  if (profile == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("no profile with digest ", digest.ToHex()));
  }
  return profile;
}

absl::StatusOr<ExecuteResult> Engine::Impl::Execute(
    const ExecuteRequest& request, state::Reader* reader,
    const std::atomic<bool>* cancel, FuelProfile* profile_out) {
  absl::StatusOr<const Profile*> profile = FindProfile(request.profile);
  if (!profile.ok()) return std::move(profile).status();
  absl::Status status = CheckRequest(request, reader);
  if (!status.ok()) return status;
  // Not given back where something was thrown: it may be half used.
  std::unique_ptr<Workspace> workspace = workspaces.Take();
  absl::StatusOr<ExecuteResult> result;
  {
    Driver driver(request, **profile, reader, &cache, workspace.get(), cancel);
    if (profile_out != nullptr) driver.EnableProfile();
    result = driver.Run();
    if (profile_out != nullptr) *profile_out = driver.MakeProfile();
    if (result.ok() && result->completed.has_value()) {
      result->completed->digests = ComputeDigests(
          request, driver.module_hash(), (*profile)->semantics_version,
          *result->completed, workspace->writer());
    }
  }
  workspaces.GiveBack(std::move(workspace));
  return result;
}

Engine::Engine(const EngineOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}

Engine::~Engine() = default;

absl::StatusOr<ExecuteResult> Engine::Execute(const ExecuteRequest& request,
                                              state::Reader* reader,
                                              const std::atomic<bool>* cancel) {
  return WithoutBadAlloc(
      [&] { return impl_->Execute(request, reader, cancel, nullptr); });
}

absl::StatusOr<ExecuteResult> Engine::ExecuteProfiled(
    const ExecuteRequest& request, state::Reader* reader,
    const std::atomic<bool>* cancel, FuelProfile* profile) {
  return WithoutBadAlloc(
      [&] { return impl_->Execute(request, reader, cancel, profile); });
}

absl::StatusOr<ExecuteResult> Engine::Estimate(
    const ExecuteRequest& request, state::Reader* reader,
    const std::atomic<bool>* cancel) {
  absl::StatusOr<ExecuteResult> first = Execute(request, reader, cancel);
  if (!first.ok() || !first->completed.has_value()) return first;
  Completed& completed = *first->completed;
  if (completed.fuel.exactness == Exactness::kProven ||
      completed.outcome.klass == OutcomeClass::kOutOfFuel ||
      completed.fuel.used == 0) {
    return first;
  }
  ExecuteRequest again = request;
  again.fuel_limit = completed.fuel.used;
  const absl::StatusOr<ExecuteResult> second = Execute(again, reader, cancel);
  if (!second.ok()) return second.status();
  if (second->completed.has_value() &&
      second->completed->digests.effects == completed.digests.effects) {
    completed.fuel.minimum = completed.fuel.used;
  }
  return first;
}

absl::StatusOr<std::vector<wasm::Violation>> Engine::ValidateModule(
    absl::string_view module_bytes, const base::Hash256& profile) {
  return WithoutBadAlloc([&]() -> absl::StatusOr<std::vector<wasm::Violation>> {
    absl::StatusOr<const Profile*> found = impl_->FindProfile(profile);
    if (!found.ok()) return std::move(found).status();
    wasm::Violations violations;
    Load(module_bytes, **found, &violations);
    return violations.list();
  });
}

const ProfileSet& Engine::profiles() const { return *impl_->profiles; }

}  // namespace ashlar::engine
