#include "cli/value.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace ashlar::cli {
namespace {

using wasm::ValType;

uint64_t Parsed(ValType type, absl::string_view text) {
  const auto value = ParseValue(type, text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status().ToString();
  return value.ok() ? *value : ~uint64_t{0};
}

TEST(FormatValue, IntegersAreUnsignedAndFloatsAreBits) {
  EXPECT_EQ(FormatValue(ValType::kI32, 0xffffffff), "i32:4294967295");
  EXPECT_EQ(FormatValue(ValType::kI64, 832040), "i64:832040");
  EXPECT_EQ(FormatValue(ValType::kF32, 0x7fc00000), "f32:0x7fc00000");
  EXPECT_EQ(FormatValue(ValType::kF64, 1), "f64:0x0000000000000001");
}

TEST(FormatValue, ReferencesKeepNullApart) {
  EXPECT_EQ(FormatValue(ValType::kFuncRef, 0), "funcref:null");
  EXPECT_EQ(FormatValue(ValType::kFuncRef, 4096), "funcref:function");
  EXPECT_EQ(FormatValue(ValType::kExternRef, 0), "externref:null");
  EXPECT_EQ(FormatValue(ValType::kExternRef, 1), "externref:0");
}

TEST(ParseValue, ReadsPlainAndTypedNumbers) {
  EXPECT_EQ(Parsed(ValType::kI32, "7"), 7u);
  EXPECT_EQ(Parsed(ValType::kI32, "-1"), 0xffffffffu);
  EXPECT_EQ(Parsed(ValType::kI32, "0xff"), 255u);
  EXPECT_EQ(Parsed(ValType::kI64, "i64:5"), 5u);
  EXPECT_EQ(Parsed(ValType::kI64, "-1"), UINT64_MAX);
  EXPECT_EQ(Parsed(ValType::kI64, "18446744073709551615"), UINT64_MAX);
}

TEST(ParseValue, ReadsFloatsAsFractionsOrBits) {
  EXPECT_EQ(Parsed(ValType::kF32, "1.5"), 0x3fc00000u);
  EXPECT_EQ(Parsed(ValType::kF32, "f32:0x7fc00000"), 0x7fc00000u);
  EXPECT_EQ(Parsed(ValType::kF64, "-2"), 0xc000000000000000u);
}

TEST(ParseValue, WhatFormatWritesItReads) {
  for (uint64_t bits : {uint64_t{0}, uint64_t{1}, uint64_t{0x80000000}}) {
    for (ValType type : {ValType::kI32, ValType::kI64, ValType::kF32,
                         ValType::kF64, ValType::kExternRef}) {
      EXPECT_EQ(Parsed(type, FormatValue(type, bits)), bits);
    }
  }
}

TEST(ParseValue, RefusesWhatDoesNotFit) {
  for (absl::string_view text :
       {"", "x", "4294967296", "-2147483649", "0x1ffffffff", "i64:1", "1.5",
        "null", "0x", "i32:"}) {
    EXPECT_EQ(ParseValue(ValType::kI32, text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_FALSE(ParseValue(ValType::kF32, "one").ok());
  EXPECT_FALSE(ParseValue(ValType::kFuncRef, "1").ok());
  EXPECT_FALSE(ParseValue(ValType::kExternRef, "18446744073709551615").ok());
}

}  // namespace
}  // namespace ashlar::cli
