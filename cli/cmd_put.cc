// `ashlar put`: stores a module on a server.
#include <cstdio>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/profile_option.h"
#include "cli/remote.h"
#include "cli/result_print.h"
#include "engine/base/status_macros.h"
#include "rpc/client.h"

namespace ashlar::cli {
namespace {

struct Options {
  ServerOption server;
  std::string file;
  ProfileOption profile;
  bool json = false;
};

absl::StatusOr<ExitCode> Put(Options* options) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(options->file));
  ASSIGN_OR_RETURN(const auto client, options->server.Connect());
  ASSIGN_OR_RETURN(const base::Hash256 digest,
                   RemoteProfile(&options->profile, client.get()));
  const auto hash = client->Put(digest, bytes);
  if (hash.ok()) {
    const std::string hex = hash->ToHex();
    std::fputs(options->json
                   ? OneLine({{"file", options->file}, {"hash", hex}}).c_str()
                   : (hex + "\n").c_str(),
               stdout);
    return kExitDone;
  }
  const auto violations = rpc::Violations(hash.status());
  // Without violations it was not the module that failed.
  if (violations.empty()) return hash.status();
  std::fputs(ViolationsText(violations).c_str(), stderr);
  return kExitContractFailed;
}

}  // namespace

void AddPut(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = root->add_subcommand(
      "put", "Store a module on a server; prints its hash");
  options->server.AddTo(app)->required();
  app->add_option("FILE", options->file, "Module")->required();
  options->profile.AddTo(app, "seal-1");
  app->add_flag("--json", options->json, "One JSON object");
  app->callback([options, exit_code] {
    const auto done = Put(options.get());
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
