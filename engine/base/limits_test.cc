#include "engine/base/limits.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

TEST(LimitsTest, DefaultIsStrict) { EXPECT_EQ(Limits(), kStrictLimits); }

TEST(LimitsTest, FieldsAreTheWholeStruct) {
  EXPECT_EQ(std::size(kLimitFields) * sizeof(uint32_t), sizeof(Limits));
  std::set<std::string> names;
  Limits copy = kStrictLimits;
  for (const LimitField& field : kLimitFields) {
    EXPECT_TRUE(names.insert(std::string(field.name)).second) << field.name;
    EXPECT_FALSE(field.unit.empty()) << field.name;
    EXPECT_FALSE(field.meaning.empty()) << field.name;
    copy.*field.value = kRelaxedLimits.*field.value;
  }
  EXPECT_EQ(copy, kRelaxedLimits);
}

TEST(LimitsTest, StrictIsNoLooserThanRelaxed) {
  for (const LimitField& field : kLimitFields) {
    EXPECT_GT(kStrictLimits.*field.value, 0u) << field.name;
    EXPECT_LE(kStrictLimits.*field.value, kRelaxedLimits.*field.value)
        << field.name;
  }
}

// A frame of any function that is accepted fits an empty stack.
TEST(LimitsTest, FrameFitsTheStack) {
  for (const Limits& limits : {kStrictLimits, kRelaxedLimits}) {
    EXPECT_LE(limits.frame_slots_max, limits.stack_slots_max);
    EXPECT_LE(limits.memory_pages_initial_max, limits.memory_pages_max);
    EXPECT_LE(limits.body_size_bytes_max, limits.module_size_bytes_max);
    EXPECT_LE(limits.function_params_max, limits.frame_slots_max);
  }
}

TEST(LimitsTest, ValuesThatProfilesAreBuiltOn) {
  EXPECT_EQ(kStrictLimits.module_size_bytes_max, 512u * 1024);
  EXPECT_EQ(kStrictLimits.body_size_bytes_max, 128u * 1024);
  EXPECT_EQ(kStrictLimits.storage_value_size_bytes_max, 128u * 1024);
  EXPECT_EQ(kRelaxedLimits.module_size_bytes_max, 64u * 1024 * 1024);
  EXPECT_EQ(kRelaxedLimits.body_size_bytes_max, 8u * 1024 * 1024);
  EXPECT_EQ(kRelaxedLimits.memory_pages_max, 65536u);
}

}  // namespace
}  // namespace ashlar::base
