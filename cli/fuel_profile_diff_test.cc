#include "cli/fuel_profile_diff.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

FoldedPaths Parse(absl::string_view text) {
  auto paths = ParseFolded(text);
  EXPECT_TRUE(paths.ok()) << paths.status();
  return *std::move(paths);
}

TEST(ParseFolded, PathsMayHaveSpacesAndStandTwice) {
  EXPECT_THAT(Parse("[compile] 7\ncall;[host] seal0.input 50\n\ncall 3\n"
                    "call 4\n"),
              ElementsAre(Pair("[compile]", 7), Pair("call", 7),
                          Pair("call;[host] seal0.input", 50)));
  EXPECT_THAT(Parse(""), IsEmpty());
}

TEST(ParseFolded, NamesTheLineThatIsNone) {
  for (const char* bad :
       {"word", " 5", "a b", "a -1", "a 1.5", "a ", "a 72057594037927937"}) {
    const auto paths = ParseFolded(std::string("ok 1\n") + bad);
    EXPECT_EQ(paths.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_TRUE(absl::StrContains(paths.status().message(), "line 2")) << bad;
  }
  EXPECT_TRUE(ParseFolded("a 72057594037927936").ok());
  EXPECT_FALSE(ParseFolded("a 72057594037927936\na 1").ok());
}

TEST(DiffProfiles, LargestDifferenceFirst) {
  const ProfileDiff diff =
      DiffProfiles(Parse("same 5\nless 30\ngone 4\nmore 1"),
                   Parse("same 5\nless 10\nnew 4\nmore 2"));
  EXPECT_EQ(diff.before, 40u);
  EXPECT_EQ(diff.after, 21u);
  EXPECT_EQ(DiffJson(diff).dump(),
            "{\"before\":40,\"after\":21,\"delta\":-19,\"paths\":["
            "{\"path\":\"less\",\"before\":30,\"after\":10,\"delta\":-20},"
            "{\"path\":\"gone\",\"before\":4,\"after\":0,\"delta\":-4},"
            "{\"path\":\"new\",\"before\":0,\"after\":4,\"delta\":4},"
            "{\"path\":\"more\",\"before\":1,\"after\":2,\"delta\":1}]}");
  EXPECT_EQ(DiffText(diff),
            "fuel        40 -> 21, -19 (-47.50%)\n"
            "         -20   -66.67%  less\n"
            "          -4  -100.00%  gone\n"
            "          +4       new  new\n"
            "          +1  +100.00%  more\n");
}

TEST(DiffProfiles, Threshold) {
  const auto diff = [](const char* before, const char* after) {
    return DiffProfiles(Parse(before), Parse(after));
  };
  EXPECT_FALSE(diff("a 100", "a 100").GrewByMoreThan(0));
  EXPECT_TRUE(diff("a 100", "a 101").GrewByMoreThan(0));
  EXPECT_FALSE(diff("a 100", "a 101").GrewByMoreThan(1));
  EXPECT_TRUE(diff("a 1000", "a 1011").GrewByMoreThan(1));
  EXPECT_FALSE(diff("a 100", "a 1").GrewByMoreThan(0));
  EXPECT_TRUE(diff("", "a 1").GrewByMoreThan(1000));
  EXPECT_FALSE(diff("", "").GrewByMoreThan(0));
}

}  // namespace
}  // namespace ashlar::cli
