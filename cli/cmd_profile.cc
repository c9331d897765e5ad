// `ashlar profile`: where the fuel of a call, or of a single export, went.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/fuel_profile_print.h"
#include "cli/target_options.h"
#include "engine/engine.h"
#include "engine/runner.h"

namespace ashlar::cli {
namespace {

using engine::FuelProfile;
using engine::OutcomeClass;

struct Options {
  TargetOptions target;
  std::string format = "folded";
  std::string out;
};

// What was profiled, and how it ended in a line for stderr.
struct Profiled {
  FuelProfile profile;
  bool returned = false;
  std::string summary;
};

std::string Summary(absl::string_view outcome, uint64_t fuel_used) {
  return absl::StrCat("outcome ", outcome, ", fuel used ", fuel_used);
}

absl::StatusOr<Profiled> ProfileExport(const TargetOptions& target,
                                       const engine::Profile& profile) {
  engine::PreparedInstance instance;
  instance.EnableProfile();
  const auto result = target.RunExport(profile, &instance);
  if (!result.ok()) return result.status();
  return Profiled{
      .profile = instance.TakeProfile(),
      .returned = result->klass == OutcomeClass::kReturned,
      .summary = Summary(engine::OutcomeName(result->klass), result->fuel_used),
  };
}

absl::StatusOr<Profiled> ProfileCall(const CallOptions& call,
                                     const engine::Profile& profile) {
  const auto request = call.ToRequest(profile.digest);
  if (!request.ok()) return request.status();
  auto state = call.LoadState(*request);
  if (!state.ok()) return state.status();
  engine::Engine engine({.profiles = call.profile.profiles()});
  Profiled profiled;
  const auto result = engine.ExecuteProfiled(
      *request, &state->state(), /*cancel=*/nullptr, &profiled.profile);
  if (!result.ok()) return result.status();
  if (!result->completed.has_value()) {
    return absl::FailedPreconditionError(
        "the execution needs state that the state file does not hold");
  }
  const OutcomeClass klass = result->completed->outcome.klass;
  profiled.returned = klass == OutcomeClass::kReturned;
  profiled.summary =
      Summary(engine::OutcomeName(klass), result->completed->fuel.used);
  return profiled;
}

std::string Print(const Options& options, const FuelProfile& profile) {
  const std::string& title = options.target.call.module;
  if (options.format == "pprof") return Pprof(profile);
  if (options.format == "speedscope") return Speedscope(profile, title);
  if (options.format == "svg") return FlameGraph(profile, title);
  return FoldedStacks(profile);
}

ExitCode Profile(Options* options) {
  TargetOptions& target = options->target;
  const auto profile = target.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  const auto profiled = target.is_export()
                            ? ProfileExport(target, **profile)
                            : ProfileCall(target.call, **profile);
  if (!profiled.ok()) return Complain(profiled.status());
  const std::string text = Print(*options, profiled->profile);
  if (options->out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else if (const absl::Status written = WriteFile(options->out, text);
             !written.ok()) {
    return Complain(written);
  }
  std::fprintf(stderr, "%s\n", profiled->summary.c_str());
  return profiled->returned ? kExitDone : kExitContractFailed;
}

}  // namespace

void AddProfile(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("profile", "Show where the fuel of a call went");
  options->target.AddTo(app);
  app->add_option("--format", options->format, "Form of the output")
      ->capture_default_str()
      ->check(CLI::IsMember({"folded", "pprof", "speedscope", "svg"}));
  app->add_option("-o,--output", options->out, "File; stdout where not given");
  app->callback([options, exit_code] { *exit_code = Profile(options.get()); });
}

}  // namespace ashlar::cli
