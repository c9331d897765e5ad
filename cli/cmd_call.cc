// `ashlar call`: a contract, executed in this process.
#include <memory>

#include "cli/call_options.h"
#include "cli/commands.h"
#include "engine/engine.h"
#include "engine/state/reader.h"
#include "replay/archive.h"
#include "replay/recorder.h"

namespace ashlar::cli {
namespace {

struct Options {
  CallOptions call;
  RecordOption record;
};

ExitCode Call(Options* given) {
  CallOptions* const options = &given->call;
  const auto profile = options->profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  const auto request = options->ToRequest((*profile)->digest);
  if (!request.ok()) return Complain(request.status());
  auto state = options->LoadState(*request);
  if (!state.ok()) return Complain(state.status());
  engine::Engine engine({.profiles = options->profile.profiles()});
  replay::Recorder recorder(&state->state());
  state::Reader* reader = &state->state();
  if (given->record.is_given()) reader = &recorder;
  const auto result = engine.Execute(*request, reader, /*cancel=*/nullptr);
  if (!result.ok()) return Complain(result.status());
  ExitCode exit_code = PrintResult(*result, request->callee, options->json);
  if (given->record.is_given() && result->completed.has_value()) {
    replay::ArchiveWriter file;
    recorder.AddTo(*request, **profile, *result->completed,
                   replay::Modules::kAttached, &file);
    exit_code = given->record.Write(file.Finish(), exit_code);
  }
  const absl::Status saved = options->SaveState(*result, &*state);
  return saved.ok() ? exit_code : Complain(saved);
}

}  // namespace

void AddCall(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("call", "Execute a contract in this process");
  options->call.AddTo(app);
  options->record.AddTo(app);
  app->callback([options, exit_code] { *exit_code = Call(options.get()); });
}

}  // namespace ashlar::cli
