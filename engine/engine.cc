#include "engine/engine.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/no_memory.h"
#include "engine/base/status_macros.h"
#include "engine/driver.h"
#include "engine/estimation.h"
#include "engine/loader.h"
#include "engine/module_cache.h"
#include "engine/workspace.h"
#include "metering/fuel.h"

namespace ashlar::engine {

namespace {

using base::WithoutBadAlloc;

// What a run tells beside its result; null: not asked for.
struct Watch {
  FuelProfile* profile = nullptr;
  std::vector<Access>* access = nullptr;
  uint64_t fuel_mark = 0;  // of `mark`
  std::optional<Mark>* mark = nullptr;
};

}  // namespace

struct Engine::Impl {
  explicit Impl(const EngineOptions& options)
      : profiles(options.profiles != nullptr ? options.profiles
                                             : &ProfileSet::BuiltIn()),
        cache(options.cache_size_bytes),
        valid(options.remembers_valid_modules) {}

  absl::StatusOr<const Profile*> FindProfile(const base::Hash256& digest) const;
  absl::StatusOr<ExecuteResult> Execute(const ExecuteRequest& request,
                                        state::Reader* reader,
                                        const std::atomic<bool>* cancel,
                                        const Watch& watch);
  absl::StatusOr<Estimation> Estimate(const ExecuteRequest& request,
                                      state::Reader* reader,
                                      const std::atomic<bool>* cancel);

  const ProfileSet* profiles;
  ModuleCache cache;
  ValidModules valid;
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
    const std::atomic<bool>* cancel, const Watch& watch) {
  absl::StatusOr<const Profile*> profile = FindProfile(request.profile);
  if (!profile.ok()) return std::move(profile).status();
  absl::Status status = CheckRequest(request, reader);
  if (!status.ok()) return status;
  // Not given back where something was thrown: it may be half used.
  std::unique_ptr<Workspace> workspace = workspaces.Take();
  absl::StatusOr<ExecuteResult> result;
  {
    Driver driver(request, **profile, reader, &cache, &valid, workspace.get(),
                  cancel);
    if (watch.profile != nullptr) driver.EnableProfile();
    if (watch.access != nullptr) driver.EnableAccess();
    if (watch.mark != nullptr) driver.StopAt(watch.fuel_mark);
    result = driver.Run();
    if (watch.mark != nullptr) *watch.mark = driver.mark();
    if (watch.profile != nullptr) *watch.profile = driver.MakeProfile();
    if (watch.access != nullptr) *watch.access = driver.MakeAccess();
    if (result.ok() && result->completed.has_value()) {
      result->completed->digests = ComputeDigests(
          request, driver.module_hash(), (*profile)->semantics_version,
          *result->completed, workspace->writer());
    }
  }
  workspaces.GiveBack(std::move(workspace));
  return result;
}

absl::StatusOr<Estimation> Engine::Impl::Estimate(
    const ExecuteRequest& request, state::Reader* reader,
    const std::atomic<bool>* cancel) {
  Estimation estimation;
  ASSIGN_OR_RETURN(estimation.result, Execute(request, reader, cancel,
                                              {.access = &estimation.access}));
  if (!estimation.result.completed.has_value()) return estimation;
  ASSIGN_OR_RETURN(const Profile* const profile, FindProfile(request.profile));
  estimation.resources =
      ResourceNeeds(request, profile->limits, estimation.result);
  Completed& completed = *estimation.result.completed;
  if (completed.fuel.exactness == Exactness::kProven ||
      completed.outcome.klass == OutcomeClass::kOutOfFuel ||
      completed.fuel.used == 0) {
    return estimation;
  }
  ExecuteRequest again = request;
  again.fuel_limit = completed.fuel.used;
  const absl::StatusOr<ExecuteResult> second =
      Execute(again, reader, cancel, {});
  if (!second.ok()) return second.status();
  if (second->completed.has_value() &&
      second->completed->digests.effects == completed.digests.effects) {
    completed.fuel.minimum = completed.fuel.used;
  }
  return estimation;
}

Engine::Engine(const EngineOptions& options)
    : impl_(std::make_unique<Impl>(options)) {
  base::NoMemoryStatus();
}

Engine::~Engine() = default;

absl::StatusOr<ExecuteResult> Engine::Execute(const ExecuteRequest& request,
                                              state::Reader* reader,
                                              const std::atomic<bool>* cancel) {
  return WithoutBadAlloc(
      [&] { return impl_->Execute(request, reader, cancel, {}); });
}

absl::StatusOr<ExecuteResult> Engine::ExecuteProfiled(
    const ExecuteRequest& request, state::Reader* reader,
    const std::atomic<bool>* cancel, FuelProfile* profile) {
  return WithoutBadAlloc([&] {
    return impl_->Execute(request, reader, cancel, {.profile = profile});
  });
}

absl::StatusOr<ExecuteResult> Engine::ExecuteToMark(
    const ExecuteRequest& request, state::Reader* reader, uint64_t fuel_mark,
    std::optional<Mark>* mark, const std::atomic<bool>* cancel) {
  return WithoutBadAlloc([&] {
    return impl_->Execute(request, reader, cancel,
                          {.fuel_mark = fuel_mark, .mark = mark});
  });
}

absl::StatusOr<Estimation> Engine::Estimate(const ExecuteRequest& request,
                                            state::Reader* reader,
                                            const std::atomic<bool>* cancel) {
  return WithoutBadAlloc(
      [&] { return impl_->Estimate(request, reader, cancel); });
}

absl::StatusOr<std::vector<wasm::Violation>> Engine::ValidateModule(
    absl::string_view module_bytes, const base::Hash256& profile) {
  return WithoutBadAlloc([&]() -> absl::StatusOr<std::vector<wasm::Violation>> {
    ASSIGN_OR_RETURN(const Profile* const found, impl_->FindProfile(profile));
    wasm::Violations violations;
    if (Load(module_bytes, *found, &violations) != nullptr) {
      impl_->valid.Add({ModuleHash(module_bytes), profile});
    }
    return violations.list();
  });
}

absl::StatusOr<Inspection> Engine::Inspect(absl::string_view module_bytes,
                                           const base::Hash256& profile) {
  return WithoutBadAlloc([&]() -> absl::StatusOr<Inspection> {
    ASSIGN_OR_RETURN(const Profile* const found, impl_->FindProfile(profile));
    return engine::Inspect(module_bytes, *found);
  });
}

const ProfileSet& Engine::profiles() const { return *impl_->profiles; }

}  // namespace ashlar::engine
