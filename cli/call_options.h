// The options that `call` and `execute` share: what is called, by whom, with
// what.
#ifndef CLI_CALL_OPTIONS_H_
#define CLI_CALL_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "cli/profile_option.h"
#include "cli/state_file.h"
#include "engine/base/hash.h"
#include "engine/engine.h"
#include "engine/estimation.h"
#include "engine/outcome.h"
#include "engine/state/types.h"
#include "metering/fuel.h"

namespace ashlar::cli {

struct CallOptions {
  // Adds them to `app`. This object outlives the parsing.
  void AddTo(CLI::App* app);

  // The request that the options name, under the profile `digest`. A MODULE of
  // 64 hex digits that is no file is a module's hash. Statuses name the option.
  absl::StatusOr<engine::ExecuteRequest> ToRequest(
      const base::Hash256& digest) const;

  // The state that --state names, or an empty one in the short form. In the
  // short form only the contract has a history: the caller is given what it
  // needs to pay `request.value` and still exist. Holds the module, too.
  absl::StatusOr<StateFile> LoadState(
      const engine::ExecuteRequest& request) const;

  // Writes the state after `result` to --save-state, where that was given. A
  // call that did not return leaves it as it was.
  absl::Status SaveState(const engine::ExecuteResult& result,
                         StateFile* state_file) const;

  std::string module;
  std::string entry = "call";
  std::string input;
  std::string caller;    // empty: 01 x 32
  std::string contract;  // empty: c0 x 32
  std::string value = "0";
  uint64_t block = 1;
  uint64_t now_ms = 1'700'000'000'000;
  uint64_t fuel = metering::kFuelMax;
  ProfileOption profile;
  std::vector<std::string> limits;  // "reads=10"
  std::string state;
  std::string save_state;
  bool json = false;
};

// --record of the commands that execute: a file for the replay record.
struct RecordOption {
  void AddTo(CLI::App* app);
  bool is_given() const { return !path.empty(); }
  // Writes the bytes of a record. Answers `otherwise` where that succeeds.
  ExitCode Write(absl::string_view record, ExitCode otherwise) const;

  std::string path;
};

// Prints the result to stdout and what is beside the outcome to stderr.
// Answers kExitDone where the contract returned, else kExitContractFailed.
ExitCode PrintResult(const engine::ExecuteResult& result,
                     const state::AccountId& contract, bool json);
// The same with what the call needs and touches.
ExitCode PrintEstimation(const engine::Estimation& estimation,
                         const state::AccountId& contract, bool json);

}  // namespace ashlar::cli

#endif  // CLI_CALL_OPTIONS_H_
