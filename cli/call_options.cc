#include "cli/call_options.h"

#include <cstdio>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/failure_print.h"
#include "cli/files.h"
#include "cli/result_print.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/base/int128.h"
#include "engine/base/status_macros.h"
#include "engine/host/resources.h"
#include "engine/loader.h"

namespace ashlar::cli {
namespace {

constexpr uint8_t kDefaultCaller = 0x01;
constexpr uint8_t kDefaultContract = 0xc0;

absl::Status Named(absl::string_view option, const absl::Status& status) {
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", status.message()));
}

absl::StatusOr<state::AccountId> ParseAccount(absl::string_view option,
                                              absl::string_view hex,
                                              uint8_t fallback) {
  state::AccountId account;
  account.bytes.fill(fallback);
  if (hex.empty()) return account;
  auto parsed = base::Hash256::FromHex(hex);
  if (!parsed.ok()) return Named(option, parsed.status());
  return *parsed;
}

// The module's bytes, or its hash.
absl::Status FindModule(const std::string& text,
                        engine::ExecuteRequest* request) {
  std::error_code error;
  const auto hash = base::Hash256::FromHex(text);
  if (hash.ok() && !std::filesystem::exists(text, error)) {
    request->module_hash = *hash;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(request->module_bytes, ReadFile(text));
  // No bytes at all are a module, too: one that is named by its hash, as a
  // request has no other way to give it.
  if (request->module_bytes.empty()) {
    request->module_hash = engine::ModuleHash(request->module_bytes);
  }
  return absl::OkStatus();
}

// NAME=N each; names are those of resource.def.
absl::Status ParseLimits(const std::vector<std::string>& texts,
                         engine::ResourceLimits* limits) {
  for (const std::string& text : texts) {
    const std::vector<absl::string_view> parts = absl::StrSplit(text, '=');
    uint64_t limit = 0;
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &limit) ||
        !host::SetLimit(parts[0], limit, limits)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--limit ", text, ": give NAME=N, such as reads=10"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void CallOptions::AddTo(CLI::App* app) {
  app->add_option("MODULE", module, "Module file, or the hash of a known one")
      ->required();
  app->add_option("--entry", entry, "Export to call: deploy or call")
      ->required();
  app->add_option("--input", input, "Input bytes, hex")->required();
  app->add_option("--caller", caller, "Account, hex (default 01 x 32)");
  app->add_option("--contract", contract, "Account, hex (default c0 x 32)");
  app->add_option("--value", value, "Balance moved to the contract")
      ->capture_default_str();
  app->add_option("--block", block, "Block number")->capture_default_str();
  app->add_option("--now", now_ms, "Block time, ms since 1970")
      ->capture_default_str();
  app->add_option("--fuel", fuel, "Fuel limit")
      ->capture_default_str()
      ->check(CLI::Range(uint64_t{1}, metering::kFuelMax));
  app->add_option("--limit", limits,
                  "NAME=N: a bound beside fuel; reads, read_bytes, writes, "
                  "write_bytes, events, event_bytes, peak_pages or calls")
      ->allow_extra_args(false);
  app->add_option("--state", state, "State file to read (JSON)");
  app->add_option("--save-state", save_state,
                  "State file to write, in the form that was read");
  profile.AddTo(app, "seal-1");
  app->add_flag("--json", json, "One JSON object");
}

void RecordOption::AddTo(CLI::App* app) {
  app->add_option("--record", path,
                  "Replay record of the execution to write, for `replay`");
}

ExitCode RecordOption::Write(absl::string_view record,
                             ExitCode otherwise) const {
  if (!is_given()) return otherwise;
  const absl::Status written = WriteFile(path, record);
  return written.ok() ? otherwise : Complain(written);
}

absl::StatusOr<engine::ExecuteRequest> CallOptions::ToRequest(
    const base::Hash256& digest) const {
  engine::ExecuteRequest request;
  request.profile = digest;
  RETURN_IF_ERROR(FindModule(module, &request));
  request.entry = entry;
  auto input_bytes = base::HexDecode(input);
  if (!input_bytes.ok()) return Named("--input", input_bytes.status());
  request.input = *std::move(input_bytes);
  request.fuel_limit = fuel;
  ASSIGN_OR_RETURN(request.caller,
                   ParseAccount("--caller", caller, kDefaultCaller));
  ASSIGN_OR_RETURN(request.callee,
                   ParseAccount("--contract", contract, kDefaultContract));
  const auto balance = base::ParseBalance(value);
  if (!balance.ok()) return Named("--value", balance.status());
  request.value = *balance;
  RETURN_IF_ERROR(ParseLimits(limits, &request.limits));
  request.block.number = block;
  request.block.timestamp_ms = now_ms;
  return request;
}

absl::StatusOr<StateFile> CallOptions::LoadState(
    const engine::ExecuteRequest& request) const {
  StateFile file(StateFile::Form::kShort, request.callee);
  if (!state.empty()) {
    ASSIGN_OR_RETURN(file, StateFile::Read(state, request.callee));
  }
  const bool by_bytes = request.module_hash == base::Hash256{};
  if (by_bytes || request.module_hash == engine::ModuleHash({})) {
    file.AddModule(request.module_bytes, module);
  }
  if (request.value > 0 && file.form() == StateFile::Form::kShort &&
      request.caller != request.callee) {
    const base::Balance reserve = request.block.minimum_balance;
    const bool fits = request.value <= base::kBalanceMax - reserve;
    file.state().SetBalance(request.caller,
                            fits ? request.value + reserve : base::kBalanceMax);
  }
  return file;
}

absl::Status CallOptions::SaveState(const engine::ExecuteResult& result,
                                    StateFile* state_file) const {
  if (save_state.empty() || !result.completed) return absl::OkStatus();
  const engine::Completed& completed = *result.completed;
  if (completed.outcome.klass == engine::OutcomeClass::kReturned) {
    state_file->Apply(completed.effects, completed.removed_accounts);
  }
  return state_file->Write(save_state);
}

namespace {

ExitCode Print(const engine::ExecuteResult& result,
               const engine::Estimation* estimation,
               const state::AccountId& contract, bool json) {
  std::fputs(DiagnosticsText(result.diagnostics).c_str(), stderr);
  if (!result.completed) {
    return Complain(absl::FailedPreconditionError(
        NeedsStateText(result.needs_state.value_or(engine::NeedsState{}))));
  }
  if (json) {
    Json object = CallJson(*result.completed, contract);
    AddDiagnostics(result, &object);
    if (estimation != nullptr) AddEstimation(*estimation, &object);
    std::fputs(OneLine(object).c_str(), stdout);
  } else {
    std::fputs(CallText(*result.completed, contract).c_str(), stdout);
    if (estimation != nullptr) {
      std::fputs(EstimationText(*estimation).c_str(), stdout);
    }
  }
  // The object has no place for them.
  std::fputs(ViolationsText(result.completed->outcome.violations).c_str(),
             stderr);
  return result.completed->outcome.klass == engine::OutcomeClass::kReturned
             ? kExitDone
             : kExitContractFailed;
}

}  // namespace

ExitCode PrintResult(const engine::ExecuteResult& result,
                     const state::AccountId& contract, bool json) {
  return Print(result, nullptr, contract, json);
}

ExitCode PrintEstimation(const engine::Estimation& estimation,
                         const state::AccountId& contract, bool json) {
  return Print(estimation.result, &estimation, contract, json);
}

}  // namespace ashlar::cli
