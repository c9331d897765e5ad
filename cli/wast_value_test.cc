#include "cli/wast_value.h"

#include "gtest/gtest.h"

namespace ashlar::cli {
namespace {

using nlohmann::json;

WastValue Value(const char* type, const char* text) {
  std::vector<WastValue> values;
  EXPECT_TRUE(ReadWastValues(json::array({{{"type", type}, {"value", text}}}),
                             &values));
  return values.empty() ? WastValue{} : values[0];
}

TEST(WastValue, NumbersMatchExactly) {
  EXPECT_TRUE(Matches(Value("i32", "4294967295"), 0xffffffff));
  EXPECT_FALSE(Matches(Value("i32", "1"), 2));
  // An i32 whose upper half is not zero is an interpreter's mistake.
  EXPECT_FALSE(Matches(Value("i32", "1"), 0x100000001));
  EXPECT_TRUE(Matches(Value("f64", "4607182418800017408"), 0x3ff0000000000000));
}

TEST(WastValue, CanonicalNanIsOneFractionOfEitherSign) {
  const WastValue f32 = Value("f32", "nan:canonical");
  EXPECT_TRUE(Matches(f32, 0x7fc00000));
  EXPECT_TRUE(Matches(f32, 0xffc00000));
  EXPECT_FALSE(Matches(f32, 0x7fc00001));
  EXPECT_FALSE(Matches(f32, 0x7f800000));
  const WastValue f64 = Value("f64", "nan:canonical");
  EXPECT_TRUE(Matches(f64, 0xfff8000000000000));
  EXPECT_FALSE(Matches(f64, 0x7ff8000000000001));
}

TEST(WastValue, ArithmeticNanIsAnyQuietOne) {
  const WastValue f32 = Value("f32", "nan:arithmetic");
  EXPECT_TRUE(Matches(f32, 0x7fc00001));
  EXPECT_FALSE(Matches(f32, 0x7f800001));
  const WastValue f64 = Value("f64", "nan:arithmetic");
  EXPECT_TRUE(Matches(f64, 0xfff8000000000123));
  EXPECT_FALSE(Matches(f64, 0x7ff0000000000123));
}

TEST(WastValue, ReferencesAreShiftedPastNull) {
  EXPECT_EQ(Value("externref", "0").bits, 1u);
  EXPECT_TRUE(Matches(Value("externref", "null"), 0));
  EXPECT_FALSE(Matches(Value("externref", "0"), 0));
  EXPECT_TRUE(Matches(Value("funcref", "null"), 0));
  EXPECT_FALSE(Matches(Value("funcref", "null"), 8));
}

TEST(WastValue, AMissingValueOfAReferenceIsAny) {
  std::vector<WastValue> values;
  ASSERT_TRUE(ReadWastValues(json::array({{{"type", "funcref"}}}), &values));
  EXPECT_TRUE(Matches(values[0], 0));
  EXPECT_TRUE(Matches(values[0], 8));
}

TEST(WastValue, UnknownFormsAreRefused) {
  std::vector<WastValue> values;
  EXPECT_TRUE(ReadWastValues(json(), &values));
  EXPECT_FALSE(ReadWastValues(json("x"), &values));
  for (const char* text :
       {R"([{"type": "v128", "value": ["0"]}])", R"([{"type": "i32"}])",
        R"([{"type": "i32", "value": "4294967296"}])",
        R"([{"type": "i32", "value": "-1"}])", R"([{"value": "1"}])", "[1]"}) {
    EXPECT_FALSE(ReadWastValues(json::parse(text), &values)) << text;
  }
}

}  // namespace
}  // namespace ashlar::cli
