#include "engine/wasm/violation.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

constexpr absl::string_view kKindPrefixes[] = {
    "malformed.", "invalid.", "unsupported.", "limit.", "abi."};

TEST(ViolationTest, CodesAreUniqueAndBeginWithTheirKind) {
  std::set<std::string> codes;
  std::set<std::string> phrases;
  for (int i = 0; i < static_cast<int>(ViolationCode::kCount); ++i) {
    const auto code = static_cast<ViolationCode>(i);
    const absl::string_view name = CodeName(code);
    EXPECT_TRUE(codes.insert(std::string(name)).second) << name;
    EXPECT_TRUE(phrases.insert(std::string(Phrase(code))).second) << name;
    EXPECT_TRUE(
        absl::StartsWith(name, kKindPrefixes[static_cast<int>(KindOf(code))]))
        << name;
  }
}

TEST(ViolationTest, JoinsPhraseAndDetail) {
  Violations violations;
  EXPECT_TRUE(violations.empty());
  violations.Add(ViolationCode::kUnknownMemory, 7);
  violations.Add(ViolationCode::kUnknownMemory, 8, "1");
  violations.Add(ViolationCode::kUnsupportedFeature, 9, "floats");
  ASSERT_EQ(violations.list().size(), 3u);
  EXPECT_EQ(violations.list()[0].message, "unknown memory");
  EXPECT_EQ(violations.list()[0].offset, 7u);
  EXPECT_EQ(violations.list()[1].message, "unknown memory 1");
  EXPECT_EQ(violations.list()[2].message, "unsupported feature: floats");
  EXPECT_EQ(violations.list()[2].code, ViolationCode::kUnsupportedFeature);
}

TEST(ViolationTest, KeepsTheFirstOnes) {
  Violations violations;
  for (uint32_t i = 0; i < 2 * Violations::kMax; ++i) {
    EXPECT_EQ(violations.full(), i >= Violations::kMax);
    violations.Add(ViolationCode::kTypeMismatch, i);
  }
  ASSERT_EQ(violations.list().size(), Violations::kMax);
  EXPECT_EQ(violations.list().back().offset, Violations::kMax - 1);
  violations.Clear();
  EXPECT_TRUE(violations.empty());
}

}  // namespace
}  // namespace ashlar::wasm
