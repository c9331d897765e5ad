// `ashlar profile`: where the fuel of a call, or of a single export, went.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/call_options.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/fuel_profile_print.h"
#include "cli/run_print.h"
#include "engine/engine.h"
#include "engine/runner.h"

namespace ashlar::cli {
namespace {

using engine::FuelProfile;
using engine::OutcomeClass;

struct Options {
  CallOptions call;
  std::string invoke;
  std::vector<std::string> args;
  std::string format = "folded";
  std::string out;
  bool profile_given = false;  // --profile
  bool entry_given = false;    // --entry
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

absl::StatusOr<Profiled> ProfileExport(const Options& options,
                                       const engine::Profile& profile) {
  const auto bytes = ReadFile(options.call.module);
  if (!bytes.ok()) return bytes.status();
  engine::PreparedInstance instance;
  instance.EnableProfile();
  engine::RunResult result =
      instance.Prepare(*bytes, profile, options.call.fuel);
  uint64_t used = result.fuel_used;
  if (result.klass == OutcomeClass::kReturned) {
    const auto args = ParseArguments(instance, options.invoke, options.args);
    if (!args.ok()) return args.status();
    result = instance.Call(options.invoke, *args, options.call.fuel - used);
    used += result.fuel_used;
  }
  return Profiled{
      .profile = instance.TakeProfile(),
      .returned = result.klass == OutcomeClass::kReturned,
      .summary = Summary(engine::OutcomeName(result.klass), used),
  };
}

absl::StatusOr<Profiled> ProfileCall(const Options& options,
                                     const engine::Profile& profile) {
  const auto request = options.call.ToRequest(profile.digest);
  if (!request.ok()) return request.status();
  auto state = options.call.LoadState(*request);
  if (!state.ok()) return state.status();
  engine::Engine engine({.profiles = options.call.profile.profiles()});
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
  const std::string& title = options.call.module;
  if (options.format == "pprof") return Pprof(profile);
  if (options.format == "speedscope") return Speedscope(profile, title);
  if (options.format == "svg") return FlameGraph(profile, title);
  return FoldedStacks(profile);
}

ExitCode Profile(Options* options) {
  if (options->invoke.empty() && !options->args.empty()) {
    return Complain(absl::InvalidArgumentError(
        "arguments are those of an export: name it with --invoke"));
  }
  auto profile = options->call.profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  // The default is that of the command whose arguments these are.
  if (!options->invoke.empty() && !options->profile_given) {
    profile = engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  }
  if (options->invoke.empty() && !options->entry_given) {
    return Complain(absl::InvalidArgumentError(
        "give --entry deploy|call, or --invoke NAME for a single export"));
  }
  const auto profiled = options->invoke.empty()
                            ? ProfileCall(*options, **profile)
                            : ProfileExport(*options, **profile);
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
  options->call.AddTo(app);
  for (const char* name : {"--entry", "--input"}) {
    app->get_option(name)->required(false);
  }
  app->add_option("--invoke", options->invoke,
                  "Profile this export alone, as `run` calls it");
  app->add_option("ARG", options->args, "Arguments of --invoke");
  app->add_option("--format", options->format, "Form of the output")
      ->capture_default_str()
      ->check(CLI::IsMember({"folded", "pprof", "speedscope", "svg"}));
  app->add_option("-o,--output", options->out, "File; stdout where not given");
  app->callback([app, options, exit_code] {
    options->entry_given = app->count("--entry") != 0;
    options->profile_given = app->count("--profile") != 0;
    *exit_code = Profile(options.get());
  });
}

}  // namespace ashlar::cli
