#include "cli/fuel_profile_print.h"

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

TEST(FuelProfilePrint, NothingUsed) {
  engine::FuelProfile profile;
  profile.nodes.emplace_back();
  EXPECT_EQ(FoldedStacks(profile), "");
  EXPECT_THAT(FlameGraph(profile, "t"), HasSubstr("t: 0 fuel"));
}

}  // namespace
}  // namespace ashlar::cli
