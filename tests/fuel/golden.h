// Golden vectors of the fuel rule: metering/golden.json in memory, and how the
// naive interpreter fills it. The form is described in metering/README.md.
#ifndef TESTS_FUEL_GOLDEN_H_
#define TESTS_FUEL_GOLDEN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/profile.h"
#include "metering/schedule.h"
#include "naive/module.h"
#include "nlohmann/json.hpp"
#include "tests/contracts/generator.h"
#include "tests/contracts/naive_chain.h"
#include "tests/differential/run.h"

namespace ashlar::testing {

using Json = nlohmann::ordered_json;

// Limits of every vector, generous ones unless it states its own.
inline constexpr uint64_t kGoldenFuel = 10'000'000;
inline constexpr uint32_t kGoldenStackSlots = 65'536;
inline constexpr uint32_t kGoldenPages = 16;

// ashlar-1, then the one of tests/fuel/golden/second.schedule. Aborts where
// that file is wrong.
const std::vector<metering::Schedule>& GoldenSchedules();
const metering::Schedule& GoldenSchedule(const Json& name);

// A schedule as the file has it: its digest and all prices in order.
Json ScheduleJson(const metering::Schedule& schedule);

// The call that a vector of "functions" states.
Call CallOf(const Json& vector);
// What a vector says of an observation: outcome, trap or results, fuel.
Json ResultJson(const Observation& observation);

uint32_t FunctionOf(const naive::Module& module, const Json& entry);

// seal-1, and the same with each of the other schedules.
const std::vector<engine::Profile>& GoldenProfiles();

// The program that a vector of "contracts" states.
ContractProgram ProgramOf(const Json& vector);
Json ProgramJson(const ContractProgram& program);
// One execution as a vector has it.
Json ContractResultJson(uint64_t limit, const NaiveOutcome& outcome);

std::vector<uint8_t> BytesOf(const Json& hex);

}  // namespace ashlar::testing

#endif  // TESTS_FUEL_GOLDEN_H_
