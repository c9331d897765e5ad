// `ashlar bench startup|exec|oneshot`: times in this process. The answers are
// printed beside the times, so that a benchmark can check them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/profile_option.h"
#include "cli/progress.h"
#include "cli/run_print.h"
#include "cli/timing.h"
#include "engine/base/status_macros.h"
#include "engine/interp/execution.h"
#include "engine/runner.h"
#include "metering/fuel.h"

namespace ashlar::cli {
namespace {

using engine::OutcomeClass;
using engine::PreparedInstance;
using engine::RunResult;
using engine::Value;
using metering::kFuelMax;

struct Options {
  std::vector<std::string> files;
  std::string file;
  std::string name;
  std::vector<std::string> args;
  bool has_setup = false;
  std::vector<std::string> setup;
  std::string input;
  std::string output;
  uint32_t iters = 0;
  ProfileOption profile;
  bool json = false;
};

// What `exec` and `oneshot` print.
struct Report {
  Timing timing;
  std::vector<Value> results;
};

// A benchmark that fails measures nothing: its outcome is the answer.
absl::Status Failed(const RunResult& result) {
  return absl::AbortedError(absl::StrCat("outcome ",
                                         engine::OutcomeName(result.klass),
                                         ": ", RunDiagnostics(result)));
}

void PrintTimes(absl::string_view file, const Timing& timing) {
  std::printf("%s: min %.3f us, median %.3f us", std::string(file).c_str(),
              static_cast<double>(timing.min_ns()) / 1e3,
              static_cast<double>(timing.median_ns()) / 1e3);
}

absl::Status StartupOf(const std::string& file, const Options& options,
                       const engine::Profile& profile) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file));
  // One object: its arenas and memories are kept from module to module, as an
  // engine keeps them.
  PreparedInstance instance;
  Timing timing;
  for (uint32_t i = 0; i < options.iters; ++i) {
    RunResult result;
    instance.Drop();  // the teardown of the last one belongs to no start
    timing.Measure(
        [&] { result = instance.Prepare(bytes, profile, kFuelMax); });
    if (result.klass != OutcomeClass::kReturned) return Failed(result);
  }
  const uint64_t code_bytes = instance.compiled().code.code_size_bytes;
  if (options.json) {
    const Json line = {{"file", file},
                       {"min_ns", timing.min_ns()},
                       {"median_ns", timing.median_ns()},
                       {"code_bytes", code_bytes}};
    std::fputs(OneLine(line).c_str(), stdout);
  } else {
    PrintTimes(file, timing);
    std::printf(", %llu bytes of code\n",
                static_cast<unsigned long long>(code_bytes));
  }
  return absl::OkStatus();
}

ExitCode Startup(Options* options) {
  const auto profile = options->profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  Progress progress(options->files.size());
  ExitCode exit_code = kExitDone;
  for (const std::string& file : options->files) {
    progress.Next(file);
    const absl::Status status = StartupOf(file, *options, **profile);
    progress.Clear();
    if (status.ok()) continue;
    if (status.code() != absl::StatusCode::kAborted) return Complain(status);
    Complain(absl::AbortedError(absl::StrCat(file, ": ", status.message())));
    exit_code = kExitContractFailed;
  }
  return exit_code;
}

// env.clock_ms: coremark times itself. It exists here only; nothing that has
// an outcome may see a clock.
interp::HostResult ClockMs(interp::HostCall& call) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  call.set_result32(static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count()));
  return interp::HostResult::kDone;
}

absl::StatusOr<std::vector<Value>> CallForValues(PreparedInstance* instance,
                                                 absl::string_view name,
                                                 absl::Span<const Value> args) {
  RunResult result = instance->Call(name, args, kFuelMax);
  if (result.klass != OutcomeClass::kReturned) return Failed(result);
  return std::move(result.results);
}

// The field's protocol: d = setup(ARG); the input, where there is one, goes to
// input_ptr(d); d is then the argument of the rest.
absl::StatusOr<std::vector<Value>> SetUp(const Options& options,
                                         PreparedInstance* instance) {
  std::string input;
  std::vector<std::string> texts = options.setup;
  if (!options.input.empty()) {
    ASSIGN_OR_RETURN(input, ReadFile(options.input));
    if (texts.empty()) texts.push_back(absl::StrCat(input.size()));
  }
  ASSIGN_OR_RETURN(const std::vector<Value> args,
                   ParseArguments(*instance, "setup", texts));
  ASSIGN_OR_RETURN(std::vector<Value> data,
                   CallForValues(instance, "setup", args));
  if (options.input.empty()) return data;
  ASSIGN_OR_RETURN(const std::vector<Value> place,
                   CallForValues(instance, "input_ptr", data));
  if (place.size() != 1 ||
      !instance->memory()->Contains(place[0].bits, input.size())) {
    return absl::InvalidArgumentError(
        "the input does not fit where input_ptr points");
  }
  const auto slice = instance->memory()->Slice(place[0].bits, input.size());
  std::copy(input.begin(), input.end(), slice.begin());
  return data;
}

absl::StatusOr<Report> MeasureExec(const Options& options,
                                   absl::string_view bytes,
                                   const engine::Profile& profile) {
  const engine::HostImport imports[] = {{.module = "env",
                                         .name = "clock_ms",
                                         .params = {},
                                         .results = {wasm::ValType::kI32},
                                         .function = &ClockMs}};
  PreparedInstance instance;
  const RunResult prepared =
      instance.Prepare(bytes, profile, kFuelMax, imports);
  if (prepared.klass != OutcomeClass::kReturned) return Failed(prepared);
  std::vector<Value> args;
  if (options.has_setup || !options.input.empty()) {
    ASSIGN_OR_RETURN(args, SetUp(options, &instance));
  } else {
    ASSIGN_OR_RETURN(args,
                     ParseArguments(instance, options.name, options.args));
  }
  Report report;
  for (uint32_t i = 0; i < options.iters; ++i) {
    RunResult result;
    report.timing.Measure(
        [&] { result = instance.Call(options.name, args, kFuelMax); });
    if (result.klass != OutcomeClass::kReturned) return Failed(result);
    report.results = std::move(result.results);
  }
  if (!options.output.empty()) {
    ASSIGN_OR_RETURN(report.results,
                     CallForValues(&instance, options.output, args));
  }
  return report;
}

absl::StatusOr<Report> MeasureOneshot(const Options& options,
                                      absl::string_view bytes,
                                      const engine::Profile& profile) {
  PreparedInstance instance;
  const RunResult prepared = instance.Prepare(bytes, profile, kFuelMax);
  if (prepared.klass != OutcomeClass::kReturned) return Failed(prepared);
  ASSIGN_OR_RETURN(const std::vector<Value> args,
                   ParseArguments(instance, options.name, options.args));
  Report report;
  for (uint32_t i = 0; i < options.iters; ++i) {
    RunResult result;
    // Preparing tears the last instance down, so each round has one teardown.
    report.timing.Measure([&] {
      result = instance.Prepare(bytes, profile, kFuelMax);
      if (result.klass == OutcomeClass::kReturned) {
        result = instance.Call(options.name, args, kFuelMax);
      }
    });
    if (result.klass != OutcomeClass::kReturned) return Failed(result);
    report.results = std::move(result.results);
  }
  return report;
}

using MeasureFn = absl::StatusOr<Report> (*)(const Options&, absl::string_view,
                                             const engine::Profile&);

ExitCode Measure(Options* options, MeasureFn measure) {
  const auto profile = options->profile.Resolve();
  if (!profile.ok()) return Complain(profile.status());
  const auto bytes = ReadFile(options->file);
  if (!bytes.ok()) return Complain(bytes.status());
  const auto report = measure(*options, *bytes, **profile);
  if (!report.ok()) {
    const ExitCode exit_code = Complain(report.status());
    return report.status().code() == absl::StatusCode::kAborted
               ? kExitContractFailed
               : exit_code;
  }
  const Json results = ValuesJson(report->results);
  if (options->json) {
    const Json line = {{"min_ns", report->timing.min_ns()},
                       {"median_ns", report->timing.median_ns()},
                       {"results", results}};
    std::fputs(OneLine(line).c_str(), stdout);
  } else {
    PrintTimes(options->file, report->timing);
    std::printf(", results %s\n", results.dump().c_str());
  }
  return kExitDone;
}

// What all three take.
void AddCommon(CLI::App* app, Options* options, uint32_t iters) {
  options->iters = iters;
  app->add_option("--iters", options->iters, "Rounds")
      ->capture_default_str()
      ->check(CLI::Range(uint32_t{1}, uint32_t{100'000'000}));
  options->profile.AddTo(app, "relaxed-1");
  app->add_flag("--json", options->json, "JSON");
}

void AddInvoke(CLI::App* app, Options* options) {
  app->add_option("FILE", options->file, "Module")->required();
  app->add_option("--invoke", options->name, "The export to call")->required();
  app->add_option("ARG", options->args, "Arguments, read by the signature");
}

void AddStartup(CLI::App* bench, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = bench->add_subcommand(
      "startup",
      "From bytes to a ready instance: validated, translated, metered; unknown "
      "imports are stubs");
  app->add_option("FILE", options->files, "Modules")->required();
  AddCommon(app, options.get(), 100);
  app->callback([options, exit_code] { *exit_code = Startup(options.get()); });
}

void AddExec(CLI::App* bench, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      bench->add_subcommand("exec", "Repeated calls of one instance");
  AddInvoke(app, options.get());
  CLI::Option* const setup =
      app->add_option("--setup", options->setup,
                      "Call setup(ARG) once; its result is the argument")
          ->expected(0, 1);
  app->add_option("--input", options->input,
                  "Pass the file's length to setup and copy it to "
                  "input_ptr(d)");
  app->add_option("--output", options->output,
                  "Call this export once at the end, with the same argument, "
                  "and report its results");
  AddCommon(app, options.get(), 10);
  app->callback([options, setup, exit_code] {
    options->has_setup = setup->count() > 0;
    // A flag without a value comes as one empty value.
    std::erase(options->setup, "");
    *exit_code = Measure(options.get(), &MeasureExec);
  });
}

void AddOneshot(CLI::App* bench, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app = bench->add_subcommand(
      "oneshot", "From bytes to a result and teardown, each time");
  AddInvoke(app, options.get());
  AddCommon(app, options.get(), 100);
  app->callback([options, exit_code] {
    *exit_code = Measure(options.get(), &MeasureOneshot);
  });
}

}  // namespace

void AddBench(CLI::App* root, ExitCode* exit_code) {
  CLI::App* const bench =
      root->add_subcommand("bench", "Measure, in this process");
  bench->require_subcommand(1);
  AddStartup(bench, exit_code);
  AddExec(bench, exit_code);
  AddOneshot(bench, exit_code);
}

}  // namespace ashlar::cli
