// `ashlar estimate`: what a call, or a single export, needs and touches.
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/call_options.h"
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/run_print.h"
#include "cli/state_file.h"
#include "cli/state_options.h"
#include "cli/target_options.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/estimation.h"
#include "engine/runner.h"
#include "engine/state/overrides.h"
#include "rpc/client.h"
#include "rpc/convert.h"

namespace ashlar::cli {
namespace {

using engine::OutcomeClass;

struct Options {
  TargetOptions target;
  ServerOption server;
  StateOptions state;
  std::string override_file;
  bool replaces_storage = false;
};

// A single export cannot read its fuel: what was used is the minimum.
ExitCode EstimateExport(const TargetOptions& target,
                        const engine::Profile& profile) {
  engine::PreparedInstance instance;
  const auto result = target.RunExport(profile, &instance);
  if (!result.ok()) return Complain(result.status());
  const bool is_proven = result->klass != OutcomeClass::kOutOfFuel;
  if (target.call.json) {
    Json json = RunJson(*result);
    json["fuel_minimum"] = is_proven ? Json(result->fuel_used) : Json(nullptr);
    json["exactness"] = is_proven ? "PROVEN" : "CONDITIONAL";
    std::fputs(OneLine(json).c_str(), stdout);
  } else {
    std::fputs(RunText(*result).c_str(), stdout);
    if (is_proven) {
      std::printf("minimum     %llu PROVEN\n",
                  static_cast<unsigned long long>(result->fuel_used));
    }
  }
  if (result->klass == OutcomeClass::kReturned) return kExitDone;
  std::fputs(RunDiagnostics(*result).c_str(), stderr);
  return kExitContractFailed;
}

// The state that --override names, as it is assumed.
absl::StatusOr<state::Overrides> ReadOverrides(
    const Options& options, const state::AccountId& contract) {
  state::Overrides overrides;
  if (options.override_file.empty()) {
    if (options.replaces_storage) {
      return absl::InvalidArgumentError("--replace-storage needs --override");
    }
    return overrides;
  }
  ASSIGN_OR_RETURN(const StateFile file,
                   StateFile::Read(options.override_file, contract));
  for (const auto& [key, value] : file.state().entries()) {
    RETURN_IF_ERROR(overrides.Set(key, value));
    if (options.replaces_storage) {
      RETURN_IF_ERROR(overrides.ReplaceStorage(key.account));
    }
  }
  for (const auto& [hash, bytes] : file.state().modules()) {
    RETURN_IF_ERROR(overrides.AddModule(*bytes));
  }
  return overrides;
}

absl::StatusOr<ExitCode> EstimateHere(const Options& options,
                                      const engine::Profile& profile) {
  const CallOptions& call = options.target.call;
  if (options.state.given()) {
    return absl::InvalidArgumentError(
        "--namespace and --base-version need --server");
  }
  ASSIGN_OR_RETURN(const engine::ExecuteRequest request,
                   call.ToRequest(profile.digest));
  ASSIGN_OR_RETURN(StateFile file, call.LoadState(request));
  ASSIGN_OR_RETURN(const state::Overrides overrides,
                   ReadOverrides(options, request.callee));
  state::OverridingReader reader(&overrides, &file.state());
  engine::Engine engine({.profiles = call.profile.profiles()});
  ASSIGN_OR_RETURN(const engine::Estimation estimation,
                   engine.Estimate(request, &reader, /*cancel=*/nullptr));
  return PrintEstimation(estimation, request.callee, call.json);
}

absl::StatusOr<ExitCode> EstimateThere(Options* options) {
  TargetOptions& target = options->target;
  if (target.is_export()) {
    return absl::InvalidArgumentError(
        "--server estimates calls of contracts: give --entry, not --invoke");
  }
  ASSIGN_OR_RETURN(const auto client, options->server.Connect());
  ASSIGN_OR_RETURN(const base::Hash256 digest,
                   RemoteProfile(&target.call.profile, client.get()));
  rpc::EstimateCall call;
  ASSIGN_OR_RETURN(call.call.request, target.call.ToRequest(digest));
  const state::AccountId& callee = call.call.request.callee;
  ASSIGN_OR_RETURN(const StateFile file,
                   target.call.LoadState(call.call.request));
  ASSIGN_OR_RETURN(call.call.state, options->state.Choose(target.call, file,
                                                          /*commit=*/false));
  ASSIGN_OR_RETURN(call.overrides, ReadOverrides(*options, callee));
  ASSIGN_OR_RETURN(const engine::Estimation estimation, client->Estimate(call));
  return PrintEstimation(estimation, callee, target.call.json);
}

absl::StatusOr<ExitCode> Estimate(Options* options) {
  if (options->server.given()) return EstimateThere(options);
  ASSIGN_OR_RETURN(const engine::Profile* const profile,
                   options->target.Resolve());
  if (!options->target.is_export()) return EstimateHere(*options, *profile);
  if (!options->override_file.empty()) {
    return absl::InvalidArgumentError(
        "a single export has no state to override");
  }
  return EstimateExport(options->target, *profile);
}

}  // namespace

void AddEstimate(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("estimate",
                           "Say what a call needs and touches, also one that "
                           "fails; changes nothing");
  options->target.AddTo(app);
  app->remove_option(app->get_option("--save-state"));
  options->server.AddTo(app);
  options->state.AddTo(app);
  app->add_option("--override", options->override_file,
                  "State file of what is assumed, over the call's state");
  app->add_flag("--replace-storage", options->replaces_storage,
                "Accounts of --override have no other storage");
  app->callback([options, exit_code] {
    const auto done = Estimate(options.get());
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
