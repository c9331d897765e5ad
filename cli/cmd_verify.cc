// `ashlar verify`: a server executes replay records again.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/record_files.h"
#include "cli/remote.h"
#include "engine/base/status_macros.h"
#include "rpc/client.h"

namespace ashlar::cli {
namespace {

struct Options {
  ServerOption server;
  std::vector<std::string> files;
  bool json = false;
};

absl::StatusOr<ExitCode> Verify(const Options& options) {
  ASSIGN_OR_RETURN(const auto client, options.server.Connect());
  ExitCode exit_code = kExitDone;
  for (const std::string& file : options.files) {
    ASSIGN_OR_RETURN(const std::string records, ReadFile(file));
    ASSIGN_OR_RETURN(const rpc::VerifyReply reply, client->Verify(records));
    PrintVerdict({.file = file,
                  .records = reply.record_count,
                  .matches = reply.match_count,
                  .first_mismatch = reply.first_mismatch,
                  .first_difference = reply.first_difference},
                 options.json);
    if (reply.first_mismatch) exit_code = kExitContractFailed;
  }
  return exit_code;
}

}  // namespace

void AddVerify(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("verify", "Replay records on a server");
  options->server.AddTo(app)->required();
  app->add_option("RECORD", options->files, "Files of replay records")
      ->required();
  app->add_flag("--json", options->json, "One JSON object a file");
  app->callback([options, exit_code] {
    const auto done = Verify(*options);
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
