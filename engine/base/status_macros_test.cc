#include "engine/base/status_macros.h"

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

absl::Status PassUp(const absl::Status& status, bool* went_on) {
  RETURN_IF_ERROR(status);
  *went_on = true;
  return absl::OkStatus();
}

TEST(ReturnIfErrorTest, GoesOnAfterOk) {
  bool went_on = false;
  EXPECT_TRUE(PassUp(absl::OkStatus(), &went_on).ok());
  EXPECT_TRUE(went_on);
}

TEST(ReturnIfErrorTest, ReturnsTheError) {
  bool went_on = false;
  EXPECT_EQ(PassUp(absl::NotFoundError("key"), &went_on),
            absl::NotFoundError("key"));
  EXPECT_FALSE(went_on);
}

absl::StatusOr<std::string> Half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return std::to_string(value / 2);
}

absl::StatusOr<std::string> TwoHalves(int a, int b) {
  ASSIGN_OR_RETURN(std::string first, Half(a));
  std::string second;
  ASSIGN_OR_RETURN(second, Half(b));
  return first + second;
}

TEST(AssignOrReturnTest, DeclaresAndAssigns) {
  absl::StatusOr<std::string> result = TwoHalves(2, 4);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, "12");
}

TEST(AssignOrReturnTest, ReturnsTheFirstError) {
  EXPECT_EQ(TwoHalves(1, 4).status(), absl::InvalidArgumentError("odd"));
  EXPECT_EQ(TwoHalves(2, 3).status(), absl::InvalidArgumentError("odd"));
}

absl::StatusOr<std::unique_ptr<int>> Box(int value) {
  return std::make_unique<int>(value);
}

absl::Status Unbox(int* out) {
  ASSIGN_OR_RETURN(std::unique_ptr<int> box, Box(7));
  *out = *box;
  return absl::OkStatus();
}

TEST(AssignOrReturnTest, MovesTheValueInAFunctionThatReturnsStatus) {
  int out = 0;
  EXPECT_TRUE(Unbox(&out).ok());
  EXPECT_EQ(out, 7);
}

}  // namespace
}  // namespace ashlar::base
