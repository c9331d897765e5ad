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

}  // namespace ashlar::testing

#endif  // TESTS_DIFFERENTIAL_ENGINE_RUN_H_
