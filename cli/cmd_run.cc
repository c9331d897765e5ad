// `ashlar run`: one export of a module, without contracts and state.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/profile_option.h"
#include "cli/run_print.h"
#include "engine/runner.h"
#include "metering/fuel.h"

namespace ashlar::cli {
namespace {

using engine::OutcomeClass;

struct Options {
  std::string file;
  std::string name;
  std::vector<std::string> args;
  uint64_t fuel = metering::kFuelMax;
  ProfileOption profile;
  bool json = false;
};

ExitCode Run(Options* options) {
  const auto profile = options->profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  const auto bytes = ReadFile(options->file);
  if (!bytes.ok()) return Complain(bytes.status());
  engine::PreparedInstance instance;
  const auto result = PrepareAndCall(*bytes, **profile, options->name,
                                     options->args, options->fuel, &instance);
  if (!result.ok()) return Complain(result.status());
  std::fputs(options->json ? OneLine(RunJson(*result)).c_str()
                           : RunText(*result).c_str(),
             stdout);
  if (result->klass == OutcomeClass::kReturned) return kExitDone;
  std::fputs(RunDiagnostics(*result).c_str(), stderr);
  return kExitContractFailed;
}

}  // namespace

void AddRun(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("run", "Call one export of a module");
  app->add_option("FILE", options->file, "Module")->required();
  app->add_option("--invoke", options->name, "The export to call")->required();
  app->add_option("ARG", options->args,
                  "Arguments, read by the signature (i64:5 also accepted)");
  app->add_option("--fuel", options->fuel, "Fuel limit")
      ->capture_default_str()
      ->check(CLI::Range(uint64_t{1}, metering::kFuelMax));
  options->profile.AddTo(app, "relaxed-1");
  app->add_flag("--json", options->json, "One JSON object");
  app->callback([options, exit_code] { *exit_code = Run(options.get()); });
}

}  // namespace ashlar::cli
