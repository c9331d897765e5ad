// Runs scripts of the WebAssembly specification suite, in the JSON form that
// wabt's wast2json writes, straight on loader and interpreter.
#ifndef CLI_WAST_RUNNER_H_
#define CLI_WAST_RUNNER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/profile.h"

namespace ashlar::cli {

// What became of one script's commands. Every command is in exactly one of
// the four counts.
struct WastResult {
  uint64_t passed = 0;
  uint64_t failed = 0;
  // Commands that need something beyond the profile (a v128 value).
  uint64_t skipped = 0;
  // assert_malformed on the text format: there is no text parser to test.
  uint64_t text_format = 0;
  // One a failed command: "line N: what was expected and what came".
  std::vector<std::string> failures;
  // Refusals in other words than the suite's, accepted by the table of
  // equivalent wordings: "line N: ...".
  std::vector<std::string> wordings;

  WastResult& operator+=(const WastResult& other);
};

// Runs the script `json_path`; the modules it names lie beside it. A script
// that cannot be read or parsed is a status; everything a command does wrong
// is a count and a failure. Thread-compatible: calls share nothing.
absl::StatusOr<WastResult> RunWastFile(const std::string& json_path,
                                       const engine::Profile& profile);

}  // namespace ashlar::cli

#endif  // CLI_WAST_RUNNER_H_
