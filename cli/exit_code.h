// What the process answers to its shell.
#ifndef CLI_EXIT_CODE_H_
#define CLI_EXIT_CODE_H_

#include "absl/status/status.h"

namespace ashlar::cli {

enum ExitCode : int {
  kExitDone = 0,
  // The contract or the module failed: any outcome but `returned`.
  kExitContractFailed = 1,
  // Wrong use: options, files, hex, an unknown profile, a refused request.
  kExitWrongUse = 2,
  // Our failure, or the server's.
  kExitOurFailure = 3,
};

// Writes "ashlar: " and the status as a sentence to stderr, and says whose
// failure it is. REQUIRES: !status.ok().
ExitCode Complain(const absl::Status& status);

}  // namespace ashlar::cli

#endif  // CLI_EXIT_CODE_H_
