#include "cli/state_options.h"

#include "absl/status/status.h"

namespace ashlar::cli {

void StateOptions::AddTo(CLI::App* app) {
  app->add_option("--namespace", name_space,
                  "Use the server's store: this namespace");
  app->add_option("--base-version", base_version,
                  "Version of the namespace to execute on");
}

absl::StatusOr<rpc::StateSpec> StateOptions::Choose(const CallOptions& call,
                                                    const StateFile& file,
                                                    bool commit) const {
  if (!name_space.empty()) {
    if (!call.state.empty() || !call.save_state.empty()) {
      return absl::InvalidArgumentError(
          "--namespace is state of the server: it takes no state file");
    }
    if (!base_version) {
      return absl::InvalidArgumentError("--namespace needs --base-version");
    }
    return rpc::StoreState{.name_space = name_space,
                           .base_version = *base_version,
                           .commit = commit};
  }
  if (commit || base_version) {
    return absl::InvalidArgumentError(
        "--commit and --base-version need --namespace");
  }
  rpc::InlineState state;
  state.entries = file.state();
  return state;
}

}  // namespace ashlar::cli
