// `ashlar profile`: where the fuel of a call, or of a single export, went.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/fuel_profile_diff.h"
#include "cli/fuel_profile_print.h"
#include "cli/record_files.h"
#include "cli/result_print.h"
#include "cli/target_options.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/runner.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "replay/verify.h"

namespace ashlar::cli {
namespace {

using engine::FuelProfile;
using engine::OutcomeClass;

struct Options {
  TargetOptions target;
  std::string format = "folded";
  std::string out;
  std::vector<std::string> diff;  // two files
  std::optional<double> threshold_percent;
};

// What was profiled, and how it ended in a line for stderr.
struct Profiled {
  FuelProfile profile;
  bool returned = false;
  std::string summary;
};

std::string Summary(absl::string_view outcome, uint64_t fuel_used) {
  return absl::StrCat("outcome ", outcome, ", fuel used ", fuel_used);
}

absl::StatusOr<Profiled> ProfileExport(const TargetOptions& target,
                                       const engine::Profile& profile) {
  engine::PreparedInstance instance;
  instance.EnableProfile();
  const auto result = target.RunExport(profile, &instance);
  if (!result.ok()) return result.status();
  return Profiled{
      .profile = instance.TakeProfile(),
      .returned = result->klass == OutcomeClass::kReturned,
      .summary = Summary(engine::OutcomeName(result->klass), result->fuel_used),
  };
}

absl::StatusOr<Profiled> ProfileCall(const CallOptions& call,
                                     const engine::Profile& profile) {
  const auto request = call.ToRequest(profile.digest);
  if (!request.ok()) return request.status();
  auto state = call.LoadState(*request);
  if (!state.ok()) return state.status();
  engine::Engine engine({.profiles = call.profile.profiles()});
  Profiled profiled;
  const auto result = engine.ExecuteProfiled(
      *request, &state->state(), /*cancel=*/nullptr, &profiled.profile);
  if (!result.ok()) return result.status();
  if (!result->completed.has_value()) {
    return absl::FailedPreconditionError(
        "the execution needs state that the state file does not hold");
  }
  const OutcomeClass klass = result->completed->outcome.klass;
  profiled.returned = klass == OutcomeClass::kReturned;
  profiled.summary =
      Summary(engine::OutcomeName(klass), result->completed->fuel.used);
  return profiled;
}

absl::StatusOr<Profiled> ProfileTarget(TargetOptions* target) {
  ASSIGN_OR_RETURN(const engine::Profile* const profile, target->Resolve());
  return target->is_export() ? ProfileExport(*target, *profile)
                             : ProfileCall(target->call, *profile);
}

// Paths are printed whole, so that deep recursion would fill pages.
constexpr uint32_t kDepthMax = 256;

std::string Folded(const FuelProfile& profile) {
  return FoldedStacks(engine::LimitDepth(profile, kDepthMax));
}

// All records of a file together.
absl::StatusOr<FoldedPaths> ProfileRecords(const std::string& path) {
  ASSIGN_OR_RETURN(RecordFiles files, RecordFiles::Load({path}, {}));
  engine::Engine engine({.profiles = files.profiles()});
  const auto modules = [&](const base::Hash256& hash) {
    return files.FindModule(hash);
  };
  const replay::Archive& archive = files.files().front().archive;
  std::string folded;
  for (size_t i = 0; i < archive.size(); ++i) {
    ASSIGN_OR_RETURN(const replay::Record record, archive.Read(i));
    ASSIGN_OR_RETURN(const engine::ExecuteRequest request,
                     replay::RequestOf(record, archive, modules));
    replay::RecordedState state(record, archive, modules);
    FuelProfile profile;
    ASSIGN_OR_RETURN(const engine::ExecuteResult result,
                     engine.ExecuteProfiled(request, &state,
                                            /*cancel=*/nullptr, &profile));
    if (!result.completed.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("record ", i, " does not hold all that it reads"));
    }
    folded += Folded(profile);
  }
  return ParseFolded(folded);
}

// What a file of --diff stands for: a module, which is run as the options say,
// records, or a profile that was written before.
absl::StatusOr<FoldedPaths> LoadPaths(const std::string& path,
                                      TargetOptions* target) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  absl::StatusOr<FoldedPaths> paths;
  if (absl::StartsWith(bytes, absl::string_view("\0asm", 4))) {
    target->call.module = path;
    auto profiled = ProfileTarget(target);
    paths = profiled.ok() ? ParseFolded(Folded(profiled->profile))
                          : profiled.status();
  } else if (absl::StartsWith(bytes, "\x89")) {
    paths = ProfileRecords(path);
  } else {
    paths = ParseFolded(bytes);
  }
  if (paths.ok()) return paths;
  return absl::Status(paths.status().code(),
                      absl::StrCat(path, ": ", paths.status().message()));
}

absl::StatusOr<ExitCode> Diff(Options* options) {
  TargetOptions& target = options->target;
  // Both modules are named by --diff: whatever stands alone is an argument.
  if (!target.call.module.empty()) {
    target.args.insert(target.args.begin(), target.call.module);
  }
  ASSIGN_OR_RETURN(const FoldedPaths before,
                   LoadPaths(options->diff[0], &target));
  ASSIGN_OR_RETURN(const FoldedPaths after,
                   LoadPaths(options->diff[1], &target));
  const ProfileDiff diff = DiffProfiles(before, after);
  const std::string text =
      target.call.json ? OneLine(DiffJson(diff)) : DiffText(diff);
  std::fputs(text.c_str(), stdout);
  if (!options->threshold_percent ||
      !diff.GrewByMoreThan(*options->threshold_percent)) {
    return kExitDone;
  }
  std::fprintf(stderr, "fuel grew by more than %g %%\n",
               *options->threshold_percent);
  return kExitContractFailed;
}

std::string Print(const Options& options, const FuelProfile& whole) {
  if (options.format == "table") return FunctionTable(whole);
  const FuelProfile profile = engine::LimitDepth(whole, kDepthMax);
  const std::string title =
      std::filesystem::path(options.target.call.module).filename();
  if (options.format == "pprof") return Pprof(profile);
  if (options.format == "speedscope") return Speedscope(profile, title);
  if (options.format == "svg") return FlameGraph(profile, title);
  return FoldedStacks(profile);
}

ExitCode Profile(Options* options) {
  if (!options->diff.empty()) {
    const auto done = Diff(options);
    return done.ok() ? *done : Complain(done.status());
  }
  if (options->target.call.module.empty()) {
    return Complain(
        absl::InvalidArgumentError("give a MODULE, or --diff with two files"));
  }
  const auto profiled = ProfileTarget(&options->target);
  if (!profiled.ok()) return Complain(profiled.status());
  const std::string text = Print(*options, profiled->profile);
  if (options->out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else if (const absl::Status written = WriteFile(options->out, text);
             !written.ok()) {
    return Complain(written);
  }
  std::fprintf(stderr, "%s\n", profiled->summary.c_str());
  return profiled->returned ? kExitDone : kExitContractFailed;
}

}  // namespace

void AddProfile(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("profile", "Show where the fuel of a call went");
  options->target.AddTo(app);
  app->get_option("MODULE")->required(false);
  app->add_option("--format", options->format, "Form of the output")
      ->capture_default_str()
      ->check(CLI::IsMember({"folded", "pprof", "speedscope", "svg", "table"}));
  app->add_option("-o,--output", options->out, "File; stdout where not given");
  app->add_option("--diff", options->diff,
                  "Compare two files by call path: folded profiles, records, "
                  "or modules, which are run as the other options say")
      ->expected(2)
      ->type_name("BEFORE AFTER");
  app->add_option("--threshold", options->threshold_percent,
                  "With --diff: exit code 1 where fuel grew by more percent")
      ->check(CLI::NonNegativeNumber)
      ->needs("--diff");
  app->callback([options, exit_code] { *exit_code = Profile(options.get()); });
}

}  // namespace ashlar::cli
