// `ashlar validate`: every violation of each module.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/profile_option.h"
#include "cli/result_print.h"
#include "engine/loader.h"
#include "engine/wasm/violation.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  ProfileOption profile;
  bool json = false;
};

void Print(const std::string& file, const wasm::Violations& violations,
           bool json) {
  if (json) {
    const Json line = {{"file", file},
                       {"valid", violations.empty()},
                       {"violations", ViolationsJson(violations.list())}};
    std::fputs(OneLine(line).c_str(), stdout);
    return;
  }
  std::printf("%s: %s\n", file.c_str(),
              violations.empty() ? "valid" : "invalid");
  std::fputs(ViolationsText(violations.list()).c_str(), stdout);
}

ExitCode Validate(Options* options) {
  const auto profile = options->profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  ExitCode exit_code = kExitDone;
  for (const std::string& file : options->files) {
    const auto bytes = ReadFile(file);
    if (!bytes.ok()) return Complain(bytes.status());
    wasm::Violations violations;
    engine::Load(*bytes, **profile, &violations);
    Print(file, violations, options->json);
    if (!violations.empty()) exit_code = kExitContractFailed;
  }
  return exit_code;
}

}  // namespace

void AddValidate(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = root->add_subcommand(
      "validate", "List all violations of each module under a profile");
  app->add_option("FILE", options->files, "Modules")->required();
  options->profile.AddTo(app, "strict-1");
  app->add_flag("--json", options->json, "One JSON object a module");
  app->callback([options, exit_code] { *exit_code = Validate(options.get()); });
}

}  // namespace ashlar::cli
