// `ashlar estimate`: the exact fuel that a call, or a single export, needs.
#include <cstdio>
#include <memory>

#include "cli/call_options.h"
#include "cli/commands.h"
#include "cli/run_print.h"
#include "cli/target_options.h"
#include "engine/engine.h"
#include "engine/runner.h"

namespace ashlar::cli {
namespace {

using engine::OutcomeClass;

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

ExitCode EstimateCall(const CallOptions& call, const engine::Profile& profile) {
  const auto request = call.ToRequest(profile.digest);
  if (!request.ok()) return Complain(request.status());
  auto state = call.LoadState(*request);
  if (!state.ok()) return Complain(state.status());
  engine::Engine engine({.profiles = call.profile.profiles()});
  const auto result =
      engine.Estimate(*request, &state->state(), /*cancel=*/nullptr);
  if (!result.ok()) return Complain(result.status());
  return PrintResult(*result, request->callee, call.json);
}

ExitCode Estimate(TargetOptions* target) {
  const auto profile = target->Resolve();
  if (!profile.ok()) return Complain(profile.status());
  return target->is_export() ? EstimateExport(*target, **profile)
                             : EstimateCall(target->call, **profile);
}

}  // namespace

void AddEstimate(CLI::App* root, ExitCode* exit_code) {
  const auto target = std::make_shared<TargetOptions>();
  CLI::App* const app = root->add_subcommand(
      "estimate", "Say the exact fuel that a call needs; changes nothing");
  target->AddTo(app);
  app->remove_option(app->get_option("--save-state"));
  app->callback([target, exit_code] { *exit_code = Estimate(target.get()); });
}

}  // namespace ashlar::cli
