// `ashlar execute`: a contract, executed by a server.
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "cli/call_options.h"
#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/state_options.h"
#include "engine/base/status_macros.h"
#include "rpc/client.h"
#include "rpc/convert.h"

namespace ashlar::cli {
namespace {

struct Options {
  CallOptions call;
  ServerOption server;
  RecordOption record;
  StateOptions state;
  bool commit = false;
};

absl::StatusOr<ExitCode> Execute(Options* options) {
  ASSIGN_OR_RETURN(const auto client, options->server.Connect());
  ASSIGN_OR_RETURN(const base::Hash256 digest,
                   RemoteProfile(&options->call.profile, client.get()));
  rpc::ExecuteCall call;
  ASSIGN_OR_RETURN(call.request, options->call.ToRequest(digest));
  ASSIGN_OR_RETURN(StateFile file, options->call.LoadState(call.request));
  ASSIGN_OR_RETURN(call.state,
                   options->state.Choose(options->call, file, options->commit));
  call.replay_record = options->record.is_given();
  ASSIGN_OR_RETURN(const rpc::ExecuteReply reply, client->Execute(call));
  ExitCode exit_code =
      PrintResult(reply.result, call.request.callee, options->call.json);
  if (!reply.replay_record.empty()) {
    exit_code = options->record.Write(reply.replay_record, exit_code);
  } else if (options->record.is_given() && reply.result.completed) {
    return absl::FailedPreconditionError(
        "this was a retry of a commit, which has no record: the server gave "
        "its stored answer");
  }
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
  options->record.AddTo(app);
  options->state.AddTo(app);
  app->add_flag("--commit", options->commit,
                "Make the next version of the effects; else a dry run");
  app->callback([options, exit_code] {
    const auto done = Execute(options.get());
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
