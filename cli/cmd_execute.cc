// `ashlar execute`: a contract, executed by a server.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "cli/call_options.h"
#include "cli/commands.h"
#include "cli/remote.h"
#include "engine/base/status_macros.h"
#include "rpc/client.h"
#include "rpc/convert.h"

namespace ashlar::cli {
namespace {

struct Options {
  CallOptions call;
  ServerOption server;
  std::string name_space;
  std::optional<uint64_t> base_version;
  bool commit = false;
};

// One of the three ways of stating state: the server's store, a file inline,
// or none.
absl::StatusOr<rpc::StateSpec> ChooseState(const Options& options,
                                           const StateFile& file) {
  if (!options.name_space.empty()) {
    if (!options.call.state.empty() || !options.call.save_state.empty()) {
      return absl::InvalidArgumentError(
          "--namespace is state of the server: it takes no state file");
    }
    if (!options.base_version) {
      return absl::InvalidArgumentError("--namespace needs --base-version");
    }
    return rpc::StoreState{.name_space = options.name_space,
                           .base_version = *options.base_version,
                           .commit = options.commit};
  }
  if (options.commit || options.base_version) {
    return absl::InvalidArgumentError(
        "--commit and --base-version need --namespace");
  }
  rpc::InlineState state;
  state.entries = file.state();
  return state;
}

absl::StatusOr<ExitCode> Execute(Options* options) {
  ASSIGN_OR_RETURN(const auto client, options->server.Connect());
  ASSIGN_OR_RETURN(const base::Hash256 digest,
                   RemoteProfile(&options->call.profile, client.get()));
  rpc::ExecuteCall call;
  ASSIGN_OR_RETURN(call.request, options->call.ToRequest(digest));
  ASSIGN_OR_RETURN(StateFile file, options->call.LoadState(call.request));
  ASSIGN_OR_RETURN(call.state, ChooseState(*options, file));
  ASSIGN_OR_RETURN(const rpc::ExecuteReply reply, client->Execute(call));
  const ExitCode exit_code =
      PrintResult(reply.result, call.request.callee, options->call.json);
  if (reply.new_version && !options->call.json) {
    std::printf("version     %llu\n",
                static_cast<unsigned long long>(*reply.new_version));
  }
  RETURN_IF_ERROR(options->call.SaveState(reply.result, &file));
  return exit_code;
}

}  // namespace

void AddExecute(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("execute", "Execute a contract on a server");
  options->server.AddTo(app)->required();
  options->call.AddTo(app);
  app->add_option("--namespace", options->name_space,
                  "Use the server's store: this namespace");
  app->add_option("--base-version", options->base_version,
                  "Version of the namespace to execute on");
  app->add_flag("--commit", options->commit,
                "Make the next version of the effects; else a dry run");
  app->callback([options, exit_code] {
    const auto done = Execute(options.get());
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
