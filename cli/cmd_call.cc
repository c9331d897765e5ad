// `ashlar call`: a contract, executed in this process.
#include <memory>

#include "cli/call_options.h"
#include "cli/commands.h"
#include "engine/engine.h"

namespace ashlar::cli {
namespace {

ExitCode Call(CallOptions* options) {
  const auto profile = options->profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  const auto request = options->ToRequest((*profile)->digest);
  if (!request.ok()) return Complain(request.status());
  auto state = options->LoadState(*request);
  if (!state.ok()) return Complain(state.status());
  engine::Engine engine({.profiles = options->profile.profiles()});
  const auto result =
      engine.Execute(*request, &state->state(), /*cancel=*/nullptr);
  if (!result.ok()) return Complain(result.status());
  const ExitCode exit_code =
      PrintResult(*result, request->callee, options->json);
  const absl::Status saved = options->SaveState(*result, &*state);
  return saved.ok() ? exit_code : Complain(saved);
}

}  // namespace

void AddCall(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<CallOptions>();
  CLI::App* const app =
      root->add_subcommand("call", "Execute a contract in this process");
  options->AddTo(app);
  app->callback([options, exit_code] { *exit_code = Call(options.get()); });
}

}  // namespace ashlar::cli
