// The engine's side of a differential run.
#ifndef TESTS_DIFFERENTIAL_ENGINE_RUN_H_
#define TESTS_DIFFERENTIAL_ENGINE_RUN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "metering/schedule.h"
#include "tests/differential/run.h"

namespace ashlar::testing {

// Null, and what was refused, where the engine does not take the module.
// `schedule` outlives the runner.
std::unique_ptr<Runner> MakeEngineRunner(
    std::vector<uint8_t> bytes, std::string* error,
    const metering::Schedule& schedule = metering::Ashlar1());

// One call of one module in both interpreters, at any limit of fuel.
class BothInterpreters {
 public:
  BothInterpreters(const std::vector<uint8_t>& bytes, Call call);
  // Why the engine refuses the module, or "": then it must not be run.
  const std::string& error() const { return error_; }
  // Their difference at this limit, which it names, or "".
  std::string Run(uint64_t limit);
  // The same at every limit from 0 to `used`, or at about `count` of them, the
  // first of which is `seed` modulo the step. Stops at a difference.
  std::string RunUpTo(uint64_t used, uint64_t count, uint64_t seed);
  // What the naive one did last.
  const Observation& seen() const { return seen_; }

 private:
  std::string error_;
  std::unique_ptr<Runner> engine_;
  std::unique_ptr<Runner> naive_;
  Call call_;
  Observation seen_;
};

}  // namespace ashlar::testing

#endif  // TESTS_DIFFERENTIAL_ENGINE_RUN_H_
