// Whether a backtrace can be true, by the bytes that it names: who called
// stands at a call, of the function that stands above, and what trapped is an
// instruction that may trap so.
#ifndef TESTS_DIFFERENTIAL_PLACES_H_
#define TESTS_DIFFERENTIAL_PLACES_H_

#include <string>

#include "engine/interp/execution.h"
#include "engine/interp/trap.h"

namespace ashlar::testing {

// What is wrong with the backtrace, or "". `trap`: why the top activation
// stopped, or kNone where it ran out of fuel. REQUIRES: as
// Execution::Backtrace.
std::string WrongPlace(const interp::Execution& execution, interp::Trap trap);

}  // namespace ashlar::testing

#endif  // TESTS_DIFFERENTIAL_PLACES_H_
