#include "cli/fuel_profile_print.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "proto/pprof/profile.pb.h"

namespace ashlar::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// all -> main (5 of its own) -> [host] seal0.input (2), a;b<c (3); [compile].
engine::FuelProfile Sample() {
  engine::FuelProfile profile;
  profile.frames = {"main", "[host] seal0.input", "a;b<c", "[compile]"};
  profile.nodes = {
      {.parent = 0, .frame = 0, .fuel = 0, .calls = 0},
      {.parent = 0, .frame = 0, .fuel = 5, .calls = 1},
      {.parent = 1, .frame = 1, .fuel = 2, .calls = 2},
      {.parent = 1, .frame = 2, .fuel = 3, .calls = 1},
      {.parent = 0, .frame = 3, .fuel = 90, .calls = 1},
  };
  return profile;
}

TEST(FuelProfilePrint, Folded) {
  EXPECT_EQ(FoldedStacks(Sample()),
            "main 5\n"
            "main;[host] seal0.input 2\n"
            "main;a_b<c 3\n"
            "[compile] 90\n");
}

TEST(FuelProfilePrint, PprofIsRead) {
  perftools::profiles::Profile read;
  ASSERT_TRUE(read.ParseFromString(Pprof(Sample())));
  EXPECT_EQ(read.string_table(0), "");
  EXPECT_EQ(read.string_table(static_cast<int>(read.sample_type(0).type())),
            "fuel");
  int64_t fuel = 0;
  for (const auto& sample : read.sample()) fuel += sample.value(0);
  EXPECT_EQ(fuel, 100);
  // Innermost first.
  const auto& host = read.sample(1);
  ASSERT_EQ(host.location_id_size(), 2);
  const auto name = [&](uint64_t location) {
    const auto function =
        read.location(static_cast<int>(location) - 1).line(0).function_id();
    return read.string_table(
        static_cast<int>(read.function(static_cast<int>(function) - 1).name()));
  };
  EXPECT_EQ(name(host.location_id(0)), "[host] seal0.input");
  EXPECT_EQ(name(host.location_id(1)), "main");
}

TEST(FuelProfilePrint, SpeedscopeAddsUp) {
  const auto json = nlohmann::json::parse(Speedscope(Sample(), "t"));
  const auto& profile = json["profiles"][0];
  EXPECT_EQ(profile["endValue"], 100);
  EXPECT_EQ(profile["samples"].size(), profile["weights"].size());
  EXPECT_EQ(profile["samples"][1], nlohmann::json({0, 1}));
  EXPECT_EQ(json["shared"]["frames"][2]["name"], "a;b<c");
}

TEST(FuelProfilePrint, FlameGraphEscapesNames) {
  const std::string svg = FlameGraph(Sample(), "a & b");
  EXPECT_THAT(svg, HasSubstr("a &amp; b: 100 fuel"));
  EXPECT_THAT(svg, HasSubstr("a;b&lt;c: 3 fuel (3.00%), 3 of its own"));
  EXPECT_THAT(svg, HasSubstr("main: 10 fuel (10.00%), 5 of its own"));
  EXPECT_THAT(svg, Not(HasSubstr("b<c")));
}

TEST(FuelProfilePrint, FlameGraphCutsNamesToTheirBars) {
  engine::FuelProfile profile = Sample();
  profile.frames[0] = std::string(40, 'n');
  // 120 of 1200 units: 17 letters, one of them for what is cut off.
  EXPECT_THAT(FlameGraph(profile, "t"),
              HasSubstr(">" + std::string(16, 'n') + "…</text>"));
  // A wide one has its share behind its name.
  EXPECT_THAT(FlameGraph(profile, "t"), HasSubstr(">[compile]  90.0%</text>"));
}

TEST(FuelProfilePrint, TableCountsRecursionOnce) {
  engine::FuelProfile profile;
  profile.frames = {"f", "g"};
  // f -> g -> f: what the inner f uses is in the outer one's.
  profile.nodes = {
      {.parent = 0, .frame = 0, .fuel = 0, .calls = 0},
      {.parent = 0, .frame = 0, .fuel = 10, .calls = 1},
      {.parent = 1, .frame = 1, .fuel = 25, .calls = 2},
      {.parent = 2, .frame = 0, .fuel = 65, .calls = 2},
  };
  EXPECT_EQ(
      FunctionTable(profile),
      "         own       %   with callees       %       calls  function\n"
      "          75   75.00            100  100.00           3  f\n"
      "          25   25.00             90   90.00           2  g\n"
      "         100  100.00  all\n");
  const std::string sample = FunctionTable(Sample());
  EXPECT_THAT(sample, HasSubstr("           5    5.00             10   10.00"));
  EXPECT_THAT(sample, HasSubstr("         100  100.00  all\n"));
}

TEST(FuelProfilePrint, DeepPathsAreCutAndLoseNothing) {
  engine::FuelProfile profile;
  profile.frames = {"f", "g"};
  profile.nodes = {{}};
  constexpr uint32_t kDepth = 100'000;
  for (uint32_t i = 0; i < kDepth; ++i) {
    profile.nodes.push_back({.parent = i, .frame = 0, .fuel = 3, .calls = 1});
  }
  // Two of the last ones that stay, each with something below.
  profile.nodes.push_back({.parent = 2, .frame = 1, .fuel = 5, .calls = 1});
  profile.nodes.push_back(
      {.parent = kDepth + 1, .frame = 1, .fuel = 7, .calls = 1});
  const engine::FuelProfile cut = engine::LimitDepth(profile, 3);
  EXPECT_EQ(cut.Total(), profile.Total());
  EXPECT_EQ(FoldedStacks(cut),
            "f 3\nf;f 3\nf;f;f 3\nf;f;f;[deeper] 299991\n"
            "f;f;g 5\nf;f;g;[deeper] 7\n");
  const engine::FuelProfile same = engine::LimitDepth(Sample(), 2);
  EXPECT_EQ(FoldedStacks(same), FoldedStacks(Sample()));
  EXPECT_EQ(same.frames.size(), Sample().frames.size());
}

TEST(FuelProfilePrint, NothingUsed) {
  engine::FuelProfile profile;
  profile.nodes.emplace_back();
  EXPECT_EQ(FoldedStacks(profile), "");
  EXPECT_THAT(FlameGraph(profile, "t"), HasSubstr("t: 0 fuel"));
}

}  // namespace
}  // namespace ashlar::cli
