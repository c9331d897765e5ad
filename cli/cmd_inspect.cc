// `ashlar inspect`: what can be said of a module without running it.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/fuel_bound.h"
#include "cli/inspect_print.h"
#include "cli/profile_option.h"
#include "cli/remote.h"
#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/loader.h"
#include "engine/wasm/decoder.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module.h"
#include "engine/wasm/report.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string file;
  ServerOption server;
  ProfileOption profile;
  bool json = false;
};

// The frames that the stack rule of ARCHITECTURE.md counts. The translator
// leaves locals and operands in front of each function's code.
std::vector<uint32_t> FrameSlots(const engine::CompiledModule& compiled) {
  std::vector<uint32_t> slots;
  const wasm::Module& module = compiled.module;
  for (uint32_t i = module.imported_functions; i < module.functions.size();
       ++i) {
    constexpr uint32_t kLinks = 2;
    constexpr uint32_t kHeaderBytes = 8;  // see interp::FuncCode
    const uint8_t* const header =
        compiled.code.functions[i].entry - kHeaderBytes;
    slots.push_back(module.func_type(i).param_count + kLinks +
                    base::LoadLe<uint32_t>(header));
  }
  return slots;
}

// A module that the profile refuses is still reported on: it is decoded
// without the profile.
wasm::Report ReportOf(const std::string& bytes,
                      const metering::Schedule& schedule) {
  std::string padded = bytes;
  padded.append(wasm::Module::kReadablePadding, '\0');
  wasm::Module module;
  wasm::Violations violations;
  wasm::Decode(base::AsSpan(padded).first(bytes.size()), base::kRelaxedLimits,
               wasm::Features::All(), &module, &violations);
  return wasm::MakeReport(module, schedule);
}

absl::StatusOr<ExitCode> InspectHere(Options* options) {
  ASSIGN_OR_RETURN(const engine::Profile* const profile,
                   options->profile.Resolve());
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(options->file));
  Inspection inspection;
  inspection.file = options->file;
  inspection.hash = engine::ModuleHash(bytes);
  inspection.compile_fuel =
      engine::CompileFuel(profile->schedule, bytes.size());
  wasm::Violations violations;
  const auto compiled = engine::Load(bytes, *profile, &violations);
  inspection.violations = violations.list();
  if (compiled != nullptr) {
    inspection.instantiate_fuel =
        engine::InstantiateFuel(profile->schedule, compiled->module);
    inspection.frame_slots = FrameSlots(*compiled);
    inspection.fuel_bounds = FuelBounds(compiled->module, profile->schedule);
  }
  if (bytes.size() <= base::kRelaxedLimits.module_size_bytes_max) {
    inspection.report = ReportOf(bytes, profile->schedule);
  }
  std::fputs(options->json ? OneLine(InspectionJson(inspection)).c_str()
                           : InspectionText(inspection).c_str(),
             stdout);
  return compiled != nullptr ? kExitDone : kExitContractFailed;
}

absl::StatusOr<ExitCode> InspectThere(Options* options) {
  ASSIGN_OR_RETURN(const auto client, options->server.Connect());
  ASSIGN_OR_RETURN(const base::Hash256 digest,
                   RemoteProfile(&options->profile, client.get()));
  rpc::ModuleReport report;
  std::error_code error;
  const auto hash = base::Hash256::FromHex(options->file);
  if (hash.ok() && !std::filesystem::exists(options->file, error)) {
    ASSIGN_OR_RETURN(report, client->InspectStored(digest, *hash));
  } else {
    ASSIGN_OR_RETURN(const std::string bytes, ReadFile(options->file));
    ASSIGN_OR_RETURN(report, client->Inspect(digest, bytes));
  }
  std::fputs(options->json ? OneLine(RemoteReportJson(report)).c_str()
                           : RemoteReportText(report).c_str(),
             stdout);
  return report.accepted ? kExitDone : kExitContractFailed;
}

}  // namespace

void AddInspect(CLI::App* root, ExitCode* exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* const app =
      root->add_subcommand("inspect", "Report on a module without running it");
  app->add_option("FILE", options->file,
                  "Module, or with --server the hash of a stored one")
      ->required();
  options->server.AddTo(app);
  options->profile.AddTo(app, "strict-1");
  app->add_flag("--json", options->json, "One JSON object");
  app->callback([options, exit_code] {
    const auto done = options->server.given() ? InspectThere(options.get())
                                              : InspectHere(options.get());
    *exit_code = done.ok() ? *done : Complain(done.status());
  });
}

}  // namespace ashlar::cli
