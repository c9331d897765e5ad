#include "engine/base/check.h"

#include <string>

#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

TEST(CheckTest, TrueConditionIsEvaluatedOnceAndGoesOn) {
  int calls = 0;
  CHECK(++calls == 1);
  CHECK(calls == 1, "evaluated once");
  EXPECT_EQ(calls, 1);
}

TEST(CheckTest, TextIsBuiltOnlyForAFailure) {
  int built = 0;
  auto text = [&built] {
    ++built;
    return std::string("text");
  };
  CHECK(built == 0, text());
  EXPECT_EQ(built, 0);
}

TEST(CheckTest, WorksAsTheOnlyStatementOfABranch) {
  bool reached_else = false;
  if (reached_else)
    CHECK(false);
  else
    reached_else = true;
  EXPECT_TRUE(reached_else);
}

TEST(CheckDeathTest, FalseConditionAbortsWithPlaceAndCondition) {
  EXPECT_DEATH(CHECK(1 + 1 == 3),
               "engine/base/check_test.cc:[0-9]+: CHECK\\(1 \\+ 1 == 3\\) "
               "failed\n");
}

TEST(CheckDeathTest, FalseConditionAbortsWithText) {
  EXPECT_DEATH(CHECK(false, "slots overlap"),
               "CHECK\\(false\\) failed: slots overlap\n");
}

}  // namespace
}  // namespace ashlar::base
