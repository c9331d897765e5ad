#include "metering/fuel.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace ashlar::metering {
namespace {

constexpr uint64_t kTop = uint64_t{1} << 63;

TEST(FuelTest, CeilDivRoundsUpWithoutOverflow) {
  EXPECT_EQ(CeilDiv(0, 8), 0u);
  EXPECT_EQ(CeilDiv(1, 8), 1u);
  EXPECT_EQ(CeilDiv(8, 8), 1u);
  EXPECT_EQ(CeilDiv(9, 8), 2u);
  EXPECT_EQ(CeilDiv(UINT64_MAX, 1), UINT64_MAX);
  EXPECT_EQ(CeilDiv(UINT64_MAX, 2), kTop);
}

TEST(FuelTest, ProductsAndSumsSaturate) {
  EXPECT_EQ(SaturatingMul(3, 4), 12u);
  EXPECT_EQ(SaturatingMul(kTop, 1), kTop);
  EXPECT_EQ(SaturatingMul(kTop, 2), kTop);
  EXPECT_EQ(SaturatingMul(UINT64_MAX, UINT64_MAX), kTop);
  EXPECT_EQ(SaturatingAdd(3, 4), 7u);
  EXPECT_EQ(SaturatingAdd(kTop, 1), kTop);
  EXPECT_EQ(SaturatingAdd(UINT64_MAX, 1), kTop);
}

TEST(FuelTest, SaturatedCostExceedsEveryLimit) {
  EXPECT_GT(SaturatingMul(UINT64_MAX, 2), kFuelMax);
}

TEST(FuelTest, CategoriesSum) {
  FuelByCategory by;
  EXPECT_EQ(by.Sum(), 0u);
  by[Category::kCompile] = 5;
  by[Category::kCalls] = 7;
  EXPECT_EQ(by.Sum(), 12u);
}

}  // namespace
}  // namespace ashlar::metering
