#include "cli/exit_code.h"

#include <cstdio>
#include <string>

namespace ashlar::cli {

ExitCode Complain(const absl::Status& status) {
  const std::string text(status.message());
  const bool ends = !text.empty() && text.back() == '.';
  std::fprintf(stderr, "ashlar: %s%s\n", text.c_str(), ends ? "" : ".");
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kAlreadyExists:
      return kExitWrongUse;
    default:
      return kExitOurFailure;
  }
}

}  // namespace ashlar::cli
