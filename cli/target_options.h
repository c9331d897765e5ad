// What `estimate` and `profile` are given: the arguments of `call`, or with
// --invoke those of `run`.
#ifndef CLI_TARGET_OPTIONS_H_
#define CLI_TARGET_OPTIONS_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/call_options.h"
#include "engine/profile.h"
#include "engine/runner.h"

namespace ashlar::cli {

struct TargetOptions {
  // Adds them to `app`. Both outlive the parsing.
  void AddTo(CLI::App* app);

  bool is_export() const { return !invoke.empty(); }

  // The profile that --profile names, else the default of the command whose
  // arguments these are. INVALID_ARGUMENT also where the options name neither
  // a call nor an export.
  absl::StatusOr<const engine::Profile*> Resolve();

  // Prepares the module and calls the export under one fuel limit.
  // REQUIRES: is_export().
  absl::StatusOr<engine::RunResult> RunExport(
      const engine::Profile& under, engine::PreparedInstance* instance) const;

  CallOptions call;
  std::string invoke;
  std::vector<std::string> args;

 private:
  CLI::App* app_ = nullptr;
};

}  // namespace ashlar::cli

#endif  // CLI_TARGET_OPTIONS_H_
