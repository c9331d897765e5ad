// A profiled run is the plain run: same outcome, fuel and digests; and its
// fuel by call path adds up to what was used, also where the run fails and
// across nested contracts.

#include <filesystem>
#include <string>

#include "engine/base/bytes.h"
#include "engine/fuel_profile.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::Completed;
using engine::ExecuteRequest;
using engine::FuelProfile;
using nlohmann::json;

// Fuel of the paths whose last frame is `name`.
uint64_t FuelOf(const FuelProfile& profile, absl::string_view name) {
  uint64_t fuel = 0;
  for (size_t i = 1; i < profile.nodes.size(); ++i) {
    if (profile.frames[profile.nodes[i].frame] == name) {
      fuel += profile.nodes[i].fuel;
    }
  }
  return fuel;
}

FuelProfile ExpectSameProfiled(Chain& chain, const ExecuteRequest& request) {
  const engine::ExecuteResult plain = chain.Try(request);
  FuelProfile profile;
  const auto profiled = chain.engine().ExecuteProfiled(request, &chain.state(),
                                                       nullptr, &profile);
  EXPECT_TRUE(profiled.ok());
  const Completed& a = *plain.completed;
  const Completed& b = *profiled->completed;
  EXPECT_EQ(a.outcome.klass, b.outcome.klass);
  EXPECT_EQ(a.fuel.used, b.fuel.used);
  EXPECT_EQ(a.fuel.minimum, b.fuel.minimum);
  EXPECT_EQ(a.digests.receipt, b.digests.receipt);
  EXPECT_EQ(a.digests.reads, b.digests.reads);
  EXPECT_EQ(a.digests.effects, b.digests.effects);
  EXPECT_EQ(plain.diagnostics.backtrace.size(),
            profiled->diagnostics.backtrace.size());
  EXPECT_EQ(profile.Total(), b.fuel.used);
  EXPECT_EQ(profile.Inclusive()[0], b.fuel.used);
  EXPECT_EQ(profile.nodes[0].fuel, 0u);
  return profile;
}

TEST(FuelProfile, VectorsAtEveryKindOfEnd) {
  const std::filesystem::path folder = ContractsFolder();
  const std::filesystem::path file = folder / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << kNoData;
  const json vectors = json::parse(ReadFile(file));
  for (const json& vector : vectors["vectors"]) {
    const std::string name = vector["module"].get<std::string>();
    const std::string module = ReadFile(folder / name);
    Chain chain;
    for (const json& step : vector["steps"]) {
      SCOPED_TRACE(name + " " + step["label"].get<std::string>());
      ExecuteRequest request =
          chain.Request(module, step["entry"].get<std::string>(),
                        *base::HexDecode(step["input"].get<std::string>()));
      const engine::ExecuteResult result = chain.Execute(request);
      ExpectSameProfiled(chain, request);
      for (const uint64_t part : {2, 3, 10}) {
        request.fuel_limit = result.completed->fuel.used / part;
        ExpectSameProfiled(chain, request);
      }
    }
  }
}

constexpr char kSpend[] = R"(
  (local $i i32)
  (local.set $i (i32.const 100))
  (loop $again
    (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))";

// The account to call stands at 0, the value (0) at 32.
constexpr char kCallD0[] = R"(
  (drop (call $call (i32.const 0) (i32.const 0) (i64.const 0)
      (i32.const 32) (i32.const 64) (i32.const 0)
      (i32.const 0xffffffff) (i32.const 0))))";

TEST(FuelProfile, NestedContracts) {
  Chain chain;
  const std::string callee = Contract("", kSpend);
  chain.Deploy(Account(0xd0), callee);
  const std::string caller = Contract(
      "seal1.call", kCallD0,
      "(data (i32.const 0) \"" + Escaped(Account(0xd0).view()) + "\")");
  const FuelProfile profile =
      ExpectSameProfiled(chain, chain.Request(caller, "call"));
  // Both modules are compiled: one below the host function.
  const metering::Schedule& s = chain.profile().schedule;
  EXPECT_EQ(
      FuelOf(profile, "[compile]"),
      2 * s.compile_base + (caller.size() + callee.size()) * s.compile_byte);
  EXPECT_GT(FuelOf(profile, "call"), 400u);
}

}  // namespace
}  // namespace ashlar::testing
