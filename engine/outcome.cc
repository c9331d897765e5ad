#include "engine/outcome.h"

namespace ashlar::engine {

absl::string_view OutcomeName(OutcomeClass c) {
  switch (c) {
    case OutcomeClass::kReturned:
      return "returned";
    case OutcomeClass::kReverted:
      return "reverted";
    case OutcomeClass::kTrapped:
      return "trapped";
    case OutcomeClass::kOutOfFuel:
      return "out_of_fuel";
    case OutcomeClass::kLimitExceeded:
      return "limit_exceeded";
    case OutcomeClass::kModuleRejected:
      return "module_rejected";
  }
  return "";
}

}  // namespace ashlar::engine
