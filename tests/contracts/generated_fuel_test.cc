// Programs of contracts that call each other, made at random: what they do and
// what it costs is what a second implementation says, and the minimum of fuel
// that is reported is the smallest one that suffices.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/numbers.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "tests/contracts/generator.h"
#include "tests/contracts/trial.h"

namespace ashlar::testing {
namespace {

constexpr uint64_t kProgramsByDefault = 10'000;
// One in so many is tried with every limit.
constexpr uint64_t kEveryLimitOneIn = 500;
constexpr uint64_t kFailuresMax = 5;

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : fallback;
}

TEST(GeneratedFuel, MinimumIsWhatSuffices) {
  const uint64_t first = FromEnvironment("ASHLAR_CONTRACTS_FIRST", 0);
  const uint64_t count =
      FromEnvironment("ASHLAR_CONTRACTS_SEEDS", kProgramsByDefault);
  const engine::Profile& profile =
      *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  engine::Engine engine({.profiles = nullptr, .cache_size_bytes = 4 << 20});
  ContractTally tally;
  uint64_t failures = 0;
  for (uint64_t seed = first; seed < first + count && failures < kFailuresMax;
       ++seed) {
    const ContractProgram program = GenerateContracts(seed);
    const std::string wrong = ContractTrial(program, profile, &engine, &tally)
                                  .Run(seed % kEveryLimitOneIn == 0);
    if (wrong.empty()) continue;
    ++failures;
    ADD_FAILURE() << "seed " << seed << ": " << wrong;
  }
  std::printf(
      "%llu programs, %llu executions; %llu call contracts, %llu times; %llu "
      "children out of fuel under their cap\n%llu proven, %llu conditional "
      "(%llu estimated below the limit); %llu limits of small programs\n",
      static_cast<unsigned long long>(tally.programs),
      static_cast<unsigned long long>(tally.executions),
      static_cast<unsigned long long>(tally.nested),
      static_cast<unsigned long long>(tally.calls),
      static_cast<unsigned long long>(tally.capped),
      static_cast<unsigned long long>(tally.proven),
      static_cast<unsigned long long>(tally.conditional),
      static_cast<unsigned long long>(tally.estimates_below),
      static_cast<unsigned long long>(tally.limits));
  for (const auto& [name, number] : tally.outcomes) {
    std::printf("%s: %llu\n", name.c_str(),
                static_cast<unsigned long long>(number));
  }
  // A generator that made the same kind of program again and again would
  // prove little.
  EXPECT_GT(tally.nested * 2, tally.programs);
  EXPECT_GT(tally.capped * 20, tally.programs);
  EXPECT_GT(tally.conditional * 40, tally.programs);
  EXPECT_GT(tally.outcomes["returned"] * 3, tally.programs);
  EXPECT_GT(tally.outcomes["trapped"] * 40, tally.programs);
  EXPECT_GT(tally.outcomes["reverted"] * 40, tally.programs);
}

}  // namespace
}  // namespace ashlar::testing
