// What tests say of executions: EXPECT_THAT(result, Traps(Trap::kX)).
#ifndef TESTS_SEAL_MATCHERS_H_
#define TESTS_SEAL_MATCHERS_H_

#include <string>

#include "engine/base/bytes.h"
#include "gmock/gmock.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {

inline void Describe(const engine::ExecuteResult& result,
                     ::testing::MatchResultListener* listener) {
  const engine::Outcome& outcome = result.completed->outcome;
  *listener << std::string(engine::OutcomeName(outcome.klass)) << " with data "
            << base::HexEncode(outcome.data) << ": "
            << result.diagnostics.message;
}

MATCHER_P(Returns, data, "returns these bytes") {
  Describe(arg, result_listener);
  const engine::Outcome& outcome = arg.completed->outcome;
  return outcome.klass == engine::OutcomeClass::kReturned &&
         outcome.data == std::string(data);
}

MATCHER_P(Reverts, data, "reverts with these bytes") {
  Describe(arg, result_listener);
  const engine::Outcome& outcome = arg.completed->outcome;
  return outcome.klass == engine::OutcomeClass::kReverted &&
         outcome.data == std::string(data) && arg.completed->effects.empty();
}

MATCHER_P(Traps, trap, "traps") {
  Describe(arg, result_listener);
  const engine::Outcome& outcome = arg.completed->outcome;
  return outcome.klass == engine::OutcomeClass::kTrapped &&
         outcome.trap == trap && arg.completed->effects.empty() &&
         arg.completed->events.empty();
}

MATCHER_P(Exceeds, resource, "exceeds the limit of this resource") {
  Describe(arg, result_listener);
  const engine::Outcome& outcome = arg.completed->outcome;
  return outcome.klass == engine::OutcomeClass::kLimitExceeded &&
         outcome.limit == resource && arg.completed->effects.empty();
}

MATCHER(RunsOutOfFuel, "is out of fuel") {
  Describe(arg, result_listener);
  const engine::Completed& completed = *arg.completed;
  return completed.outcome.klass == engine::OutcomeClass::kOutOfFuel &&
         completed.fuel.used == completed.fuel.limit &&
         completed.effects.empty();
}

}  // namespace ashlar::testing

#endif  // TESTS_SEAL_MATCHERS_H_
