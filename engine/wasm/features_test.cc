#include "engine/wasm/features.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

TEST(FeaturesTest, HasWhatWasGiven) {
  constexpr Features kNone;
  static_assert(kNone.Has(Feature::kMvp));
  static_assert(!kNone.Has(Feature::kFloats));
  static_assert(kNone.With(Feature::kFloats).Has(Feature::kFloats));
  static_assert(
      !Features::All().Without(Feature::kFloats).Has(Feature::kFloats));
  // The first version cannot be switched off.
  EXPECT_TRUE(Features::All().Without(Feature::kMvp).Has(Feature::kMvp));
  EXPECT_TRUE(Features(0).Has(Feature::kMvp));
  std::set<std::string> names;
  for (int i = 0; i < static_cast<int>(Feature::kCount); ++i) {
    const auto feature = static_cast<Feature>(i);
    EXPECT_TRUE(Features::All().Has(feature));
    EXPECT_TRUE(names.insert(std::string(FeatureName(feature))).second);
    EXPECT_EQ(kNone.With(feature).Without(feature), kNone);
  }
  EXPECT_EQ(names.count("tail-call"), 1u);
}

}  // namespace
}  // namespace ashlar::wasm
