// `ashlar wast`: scripts of the specification suite.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/profile_option.h"
#include "cli/progress.h"
#include "cli/result_print.h"
#include "cli/wast_runner.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  ProfileOption profile;
  bool verbose = false;
  bool json = false;
};

Json CountsJson(const std::string& file, const WastResult& result) {
  return {{"file", file},
          {"passed", result.passed},
          {"failed", result.failed},
          {"skipped", result.skipped}};
}

void Print(const std::string& file, const WastResult& result,
           const Options& options) {
  for (const std::string& failure : result.failures) {
    std::fprintf(stderr, "%s: %s\n", file.c_str(), failure.c_str());
  }
  if (options.json) {
    std::fputs(OneLine(CountsJson(file, result)).c_str(), stdout);
    return;
  }
  std::printf("%s: %llu passed, %llu failed, %llu skipped", file.c_str(),
              static_cast<unsigned long long>(result.passed),
              static_cast<unsigned long long>(result.failed),
              static_cast<unsigned long long>(result.skipped));
  if (result.text_format != 0) {
    std::printf("; %llu text-format",
                static_cast<unsigned long long>(result.text_format));
  }
  std::printf("\n");
  if (!options.verbose) return;
  for (const std::string& wording : result.wordings) {
    std::printf("  %s\n", wording.c_str());
  }
}

void PrintTotal(const WastResult& total, bool json) {
  if (json) {
    std::fputs(OneLine(CountsJson("total", total)).c_str(), stdout);
    return;
  }
  if (total.text_format != 0) {
    std::printf("%llu assertions about the text format are not counted\n",
                static_cast<unsigned long long>(total.text_format));
  }
  if (!total.wordings.empty()) {
    std::printf("%zu refusals in other words than the suite's (--verbose)\n",
                total.wordings.size());
  }
  std::printf("%llu passed, %llu failed, %llu skipped\n",
              static_cast<unsigned long long>(total.passed),
              static_cast<unsigned long long>(total.failed),
              static_cast<unsigned long long>(total.skipped));
}

ExitCode Wast(Options* options) {
  const auto profile = options->profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  WastResult total;
  Progress progress(options->files.size());
  for (const std::string& file : options->files) {
    progress.Next(file);
    const auto result = RunWastFile(file, **profile);
    progress.Clear();
    if (!result.ok()) return Complain(result.status());
    Print(file, *result, *options);
    total += *result;
  }
  PrintTotal(total, options->json);
  return total.failed == 0 ? kExitDone : kExitContractFailed;
}

}  // namespace

void AddWast(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = root->add_subcommand(
      "wast", "Run specification scripts made by wast2json");
  app->add_option("FILE", options->files, "Scripts (.json)")->required();
  options->profile.AddTo(app, "relaxed-1");
  app->add_flag("--verbose", options->verbose,
                "Show refusals in other words than the suite's");
  app->add_flag("--json", options->json,
                "One JSON object a script, then the total");
  app->callback([options, exit_code] { *exit_code = Wast(options.get()); });
}

}  // namespace ashlar::cli
