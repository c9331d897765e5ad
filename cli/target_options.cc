#include "cli/target_options.h"

#include "cli/files.h"
#include "cli/run_print.h"
#include "engine/base/status_macros.h"

namespace ashlar::cli {

void TargetOptions::AddTo(CLI::App* app) {
  app_ = app;
  call.AddTo(app);
  for (const char* name : {"--entry", "--input"}) {
    app->get_option(name)->required(false);
  }
  app->add_option("--invoke", invoke, "This export alone, as `run` calls it");
  app->add_option("ARG", args, "Arguments of --invoke");
}

absl::StatusOr<const engine::Profile*> TargetOptions::Resolve() {
  if (!is_export() && !args.empty()) {
    return absl::InvalidArgumentError(
        "arguments are those of an export: name it with --invoke");
  }
  if (!is_export() && app_->count("--entry") == 0) {
    return absl::InvalidArgumentError(
        "give --entry deploy|call, or --invoke NAME for a single export");
  }
  if (is_export() && app_->count("--profile") == 0) {
    return engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  }
  return call.profile.Resolve();
}

absl::StatusOr<engine::RunResult> TargetOptions::RunExport(
    const engine::Profile& under, engine::PreparedInstance* instance) const {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(call.module));
  return PrepareAndCall(bytes, under, invoke, args, call.fuel, instance);
}

}  // namespace ashlar::cli
