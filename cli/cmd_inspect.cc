// `ashlar inspect`: what can be said of a module without running it.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/inspect_print.h"
#include "cli/profile_option.h"
#include "cli/remote.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/inspection.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string file;
  ServerOption server;
  ProfileOption profile;
  bool json = false;
};

absl::StatusOr<ExitCode> InspectHere(Options* options) {
  ASSIGN_OR_RETURN(const engine::Profile* const profile,
                   options->profile.Resolve());
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(options->file));
  const engine::Inspection inspection = engine::Inspect(bytes, *profile);
  std::fputs(options->json
                 ? OneLine(InspectionJson(options->file, inspection)).c_str()
                 : InspectionText(options->file, inspection).c_str(),
             stdout);
  return inspection.accepted ? kExitDone : kExitContractFailed;
}

absl::StatusOr<ExitCode> InspectThere(Options* options) {
  ASSIGN_OR_RETURN(const auto client, options->server.Connect());
  ASSIGN_OR_RETURN(const base::Hash256 digest,
                   RemoteProfile(&options->profile, client.get()));
  rpc::ModuleReport report;
  std::error_code error;
  const auto hash = base::Hash256::FromHex(options->file);
  if (hash.ok() && !std::filesystem::exists(options->file, error)) {
    ASSIGN_OR_RETURN(report, client->InspectStored(digest, *hash));
  } else {
    ASSIGN_OR_RETURN(const std::string bytes, ReadFile(options->file));
    ASSIGN_OR_RETURN(report, client->Inspect(digest, bytes));
  }
  std::fputs(options->json ? OneLine(RemoteReportJson(report)).c_str()
                           : RemoteReportText(report).c_str(),
             stdout);
  return report.accepted ? kExitDone : kExitContractFailed;
}

}  // namespace

void AddInspect(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("inspect", "Report on a module without running it");
  app->add_option("FILE", options->file,
                  "Module, or with --server the hash of a stored one")
      ->required();
  options->server.AddTo(app);
  options->profile.AddTo(app, "strict-1");
  app->add_flag("--json", options->json, "One JSON object");
  app->callback([options, exit_code] {
    const auto done = options->server.given() ? InspectThere(options.get())
                                              : InspectHere(options.get());
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
