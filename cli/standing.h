// Where an execution stands, as text and as JSON.
#ifndef CLI_STANDING_H_
#define CLI_STANDING_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/result_print.h"
#include "replay/bisect.h"

namespace ashlar::cli {

std::string StandingText(const replay::Standing& standing);

// All keys are there; those that say nothing are null.
Json StandingJson(const replay::Standing& standing);

// What StandingJson wrote, as far as a bisection looks at it.
// INVALID_ARGUMENT: it is no such text.
absl::StatusOr<replay::Standing> ParseStanding(absl::string_view text);

}  // namespace ashlar::cli

#endif  // CLI_STANDING_H_
