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

absl::string_view PhaseName(Phase phase) {
  switch (phase) {
    case Phase::kPrepare:
      return "prepare";
    case Phase::kCompile:
      return "compile";
    case Phase::kInstantiate:
      return "instantiate";
    case Phase::kStart:
      return "start";
    case Phase::kRun:
      return "run";
  }
  return "";
}

}  // namespace ashlar::engine
