// metering/golden.json, by both implementations: each vector is what the engine
// does and what the naive interpreter does, with every smaller limit out of
// fuel. One engine has all schedules, so executions under the old one replay
// beside those under a newer one.
#include "tests/fuel/golden.h"

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/state/inline_state.h"
#include "gtest/gtest.h"
#include "metering/schedule.h"
#include "naive/module.h"
#include "tests/contracts/naive_chain.h"
#include "tests/differential/engine_run.h"
#include "tests/differential/run.h"

namespace ashlar::testing {
namespace {

using engine::Completed;
using engine::Exactness;
using engine::OutcomeClass;

// Vectors that use at most so much are run with every limit up to it; others,
// and the naive interpreter always, with some.
constexpr uint64_t kEveryLimitMax = 3'000;
constexpr uint64_t kStride = 61;

const Json& Golden() {
  static const Json& golden = *[] {
    std::ifstream in("metering/golden.json");
    return new Json(Json::parse(in));
  }();
  return golden;
}

// The keys of a vector that are its result.
Json ResultOf(const Json& vector) {
  Json result;
  for (const char* key : {"outcome", "results", "trap", "fuel"}) {
    if (vector.contains(key)) result[key] = vector[key];
  }
  return result;
}

void ExpectStarved(Runner* runner, Call call, uint64_t limit) {
  call.fuel_limit = limit;
  const Observation observed = runner->Run(call);
  EXPECT_EQ(observed.kind, Observation::Kind::kOutOfFuel) << limit;
  EXPECT_EQ(observed.fuel_used, limit);
}

TEST(Golden, HasEveryScheduleAsItIs) {
  ASSERT_EQ(Golden()["schedules"].size(), GoldenSchedules().size());
  for (const metering::Schedule& schedule : GoldenSchedules()) {
    EXPECT_EQ(Golden()["schedules"][schedule.name], ScheduleJson(schedule));
    // The bodies of the vectors are short, so prices may be high.
    EXPECT_EQ(metering::Validate(schedule, 4 << 10), absl::OkStatus());
  }
  EXPECT_EQ(Golden()["fuel_limit"], kGoldenFuel);
  EXPECT_EQ(Golden()["stack_slots_max"], kGoldenStackSlots);
  EXPECT_EQ(Golden()["memory_pages_max"], kGoldenPages);
}

TEST(Golden, FunctionsUseWhatTheVectorsSay) {
  const std::vector<uint8_t> bytes = BytesOf(Golden()["functions"]["wasm"]);
  const naive::Module module = naive::Decode(bytes);
  uint64_t limits = 0;
  for (const Json& vector : Golden()["functions"]["calls"]) {
    SCOPED_TRACE(vector.dump());
    const metering::Schedule& schedule = GoldenSchedule(vector["schedule"]);
    std::string error;
    const auto engine = MakeEngineRunner(bytes, &error, schedule);
    ASSERT_NE(engine, nullptr) << error;
    const auto naive = MakeNaiveRunner(bytes, schedule);
    Call call = CallOf(vector);
    call.function = FunctionOf(module, vector["entry"]);
    EXPECT_EQ(ResultJson(engine->Run(call)), ResultOf(vector));
    EXPECT_EQ(ResultJson(naive->Run(call)), ResultOf(vector));
    const uint64_t used = vector["fuel"].get<uint64_t>();
    call.fuel_limit = used;
    EXPECT_EQ(ResultJson(engine->Run(call)), ResultOf(vector));
    EXPECT_EQ(ResultJson(naive->Run(call)), ResultOf(vector));
    const uint64_t step = used <= kEveryLimitMax ? 1 : used / kStride;
    for (uint64_t limit = 0; limit < used; limit += step, ++limits) {
      ExpectStarved(engine.get(), call, limit);
      if (limit % kStride == 0) ExpectStarved(naive.get(), call, limit);
    }
    if (used > 0) ExpectStarved(naive.get(), call, used - 1);
  }
  EXPECT_GT(limits, 10'000u);
}

class GoldenContracts : public ::testing::Test {
 protected:
  GoldenContracts() {
    for (const engine::Profile* profile : engine::ProfileSet::BuiltIn().all()) {
      EXPECT_TRUE(profiles_.Add(*profile).ok());
    }
    for (const engine::Profile& profile : GoldenProfiles()) {
      if (profiles_.Find(profile.digest) != nullptr) continue;
      EXPECT_TRUE(profiles_.Add(profile).ok());
    }
    engine_ = std::make_unique<engine::Engine>(
        engine::EngineOptions{.profiles = &profiles_});
  }

  static const engine::Profile& ProfileOf(const Json& vector) {
    for (const engine::Profile& profile : GoldenProfiles()) {
      if (vector["schedule"] == profile.schedule.name) return profile;
    }
    return GoldenProfiles().front();
  }

  Completed Execute(const ContractProgram& program,
                    const engine::Profile& profile, uint64_t limit) {
    engine::ExecuteRequest request = program.request;
    request.profile = profile.digest;
    request.fuel_limit = limit;
    state::InlineState state(state::MissingKeys::kAbsent);
    for (const auto& [key, value] : InitialState(program)) {
      state.Set(key, value);
    }
    for (const std::string& bytes : program.modules) state.AddModule(bytes);
    const auto result = engine_->Execute(request, &state, nullptr);
    EXPECT_TRUE(result.ok());
    return *result->completed;
  }

  // The part of an outcome that the vectors have.
  static NaiveOutcome Part(const Completed& completed) {
    NaiveOutcome outcome;
    outcome.klass = completed.outcome.klass;
    outcome.trap = completed.outcome.trap;
    outcome.flags = completed.outcome.flags;
    outcome.data = completed.outcome.data;
    outcome.fuel_used = completed.fuel.used;
    return outcome;
  }

  engine::ProfileSet profiles_;
  std::unique_ptr<engine::Engine> engine_;
};

TEST_F(GoldenContracts, UseWhatTheVectorsSay) {
  int conditional = 0;
  for (const Json& vector : Golden()["contracts"]) {
    const engine::Profile& profile = ProfileOf(vector);
    const ContractProgram program = ProgramOf(vector);
    const NaiveChain naive(program, profile);
    for (const Json& execution : vector["executions"]) {
      SCOPED_TRACE(absl::StrCat(vector["name"].dump(), profile.schedule.name,
                                execution.dump()));
      const uint64_t limit = execution["limit"].get<uint64_t>();
      const Completed completed = Execute(program, profile, limit);
      EXPECT_EQ(ContractResultJson(limit, Part(completed)), execution);
      EXPECT_EQ(ContractResultJson(limit, naive.Execute(limit)), execution);
      EXPECT_EQ(completed.fuel.by.Sum(), completed.fuel.used);
      if (completed.outcome.klass == OutcomeClass::kOutOfFuel) continue;
      const bool reads_fuel = vector["reads_fuel"].get<bool>();
      EXPECT_EQ(completed.fuel.exactness,
                reads_fuel ? Exactness::kConditional : Exactness::kProven);
      EXPECT_EQ(completed.fuel.minimum,
                reads_fuel ? limit : completed.fuel.used);
      conditional += reads_fuel;
    }
  }
  EXPECT_GT(conditional, 4);
}

// What the vectors are there for: the pattern holds under each schedule.
TEST_F(GoldenContracts, CapsAtAndAroundTheNeed) {
  const auto ample = [](absl::string_view name, absl::string_view schedule) {
    for (const Json& vector : Golden()["contracts"]) {
      if (vector["name"] == std::string(name) &&
          vector["schedule"] == std::string(schedule)) {
        return vector["executions"][0];
      }
    }
    ADD_FAILURE() << "no vector " << name;
    return Json();
  };
  for (const metering::Schedule& s : GoldenSchedules()) {
    const auto code = [&](absl::string_view name) {
      return ample(name, s.name)["data"].get<std::string>().substr(0, 8);
    };
    EXPECT_EQ(code("no cap"), "00000000");
    EXPECT_EQ(code("cap at the need"), "00000000");
    EXPECT_EQ(code("cap above the need"), "00000000");
    EXPECT_EQ(code("cap below the need, caught"), "01000000");
    EXPECT_EQ(code("endless child under a cap"), "01000000");
    // The outermost contract set the cap, so the one in between never goes on.
    EXPECT_EQ(
        ample("endless grandchild without a cap, caught by the frame with one",
              s.name)["data"],
        "01000000");
    EXPECT_EQ(ample("cap above all that is left, uncaught", s.name)["outcome"],
              "out_of_fuel");
    EXPECT_EQ(code("trap in a child"), "01000000");
    EXPECT_EQ(code("revert in a child"), "02000000");
    // One less for the child is one less used, all else being equal.
    const auto fuel = [&](absl::string_view name) {
      return ample(name, s.name)["fuel"].get<uint64_t>();
    };
    EXPECT_EQ(fuel("cap at the need"), fuel("no cap"));
    EXPECT_EQ(fuel("cap above the need"), fuel("no cap"));
    EXPECT_LT(fuel("cap below the need, caught"), fuel("no cap"));
  }
}

}  // namespace
}  // namespace ashlar::testing
