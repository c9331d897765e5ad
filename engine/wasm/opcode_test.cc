#include "engine/wasm/opcode.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(OpcodeTest, EveryRowIsFoundByItsCode) {
  int found = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const Opcode opcode = OpcodeOfByte(static_cast<uint8_t>(byte));
    if (opcode == Opcode::kCount) continue;
    EXPECT_EQ(InfoOf(opcode).code, byte);
    ++found;
  }
  for (uint32_t code = 0; code < 1000; ++code) {
    const Opcode opcode = OpcodeOfPrefixed(code);
    if (opcode == Opcode::kCount) continue;
    EXPECT_EQ(InfoOf(opcode).code, 0xfc00 + code);
    ++found;
  }
  EXPECT_EQ(found, kOpcodeCount);
}

TEST(OpcodeTest, HasNoOtherCodes) {
  for (const uint8_t byte :
       {0x06, 0x14, 0x1d, 0x27, 0xc5, 0xd3, 0xfc, 0xfd, 0xfe, 0xff}) {
    EXPECT_EQ(OpcodeOfByte(byte), Opcode::kCount) << int{byte};
  }
  EXPECT_EQ(OpcodeOfPrefixed(0x12), Opcode::kCount);
  EXPECT_EQ(OpcodeOfPrefixed(0x10a), Opcode::kCount);
  EXPECT_EQ(OpcodeOfPrefixed(UINT32_MAX), Opcode::kCount);
}

TEST(OpcodeTest, ReadsSignatures) {
  constexpr ValType kI32 = ValType::kI32;
  constexpr ValType kI64 = ValType::kI64;
  constexpr ValType kF32 = ValType::kF32;
  constexpr ValType kF64 = ValType::kF64;
  const auto params = [](Opcode o) { return InfoOf(o).params(); };
  const auto results = [](Opcode o) { return InfoOf(o).results(); };
  EXPECT_THAT(params(Opcode::kI32Add), ElementsAre(kI32, kI32));
  EXPECT_THAT(results(Opcode::kI32Add), ElementsAre(kI32));
  EXPECT_THAT(params(Opcode::kI64Store), ElementsAre(kI32, kI64));
  EXPECT_THAT(results(Opcode::kI64Store), IsEmpty());
  EXPECT_THAT(params(Opcode::kF64PromoteF32), ElementsAre(kF32));
  EXPECT_THAT(results(Opcode::kF64PromoteF32), ElementsAre(kF64));
  EXPECT_THAT(params(Opcode::kMemoryCopy), ElementsAre(kI32, kI32, kI32));
  EXPECT_THAT(params(Opcode::kI64Const), IsEmpty());
  EXPECT_THAT(results(Opcode::kI64Const), ElementsAre(kI64));
  EXPECT_TRUE(InfoOf(Opcode::kDataDrop).is_typed);
  EXPECT_THAT(params(Opcode::kDataDrop), IsEmpty());
  EXPECT_FALSE(InfoOf(Opcode::kCall).is_typed);
  EXPECT_FALSE(InfoOf(Opcode::kSelect).is_typed);
}

TEST(OpcodeTest, KnowsAlignments) {
  EXPECT_EQ(InfoOf(Opcode::kI32Load8S).align_max(), 0u);
  EXPECT_EQ(InfoOf(Opcode::kI64Store32).align_max(), 2u);
  EXPECT_EQ(InfoOf(Opcode::kF64Load).align_max(), 3u);
  EXPECT_TRUE(IsMemArg(InfoOf(Opcode::kF64Load).immediate));
  EXPECT_FALSE(IsMemArg(InfoOf(Opcode::kMemorySize).immediate));
}

TEST(OpcodeTest, FloatsAreAFeature) {
  for (const OpcodeInfo& info : kOpcodes) {
    const std::string text = info.text;
    const bool names_float = text.find("f32") != std::string::npos ||
                             text.find("f64") != std::string::npos;
    const bool needs_it = info.feature == Feature::kFloats ||
                          info.feature == Feature::kSaturatingTrunc;
    EXPECT_EQ(names_float, needs_it) << text;
  }
}

TEST(OpcodeTest, OnlySelectHasTwoRowsOfOneText) {
  std::set<std::string> texts;
  for (const OpcodeInfo& info : kOpcodes) {
    EXPECT_TRUE(texts.insert(info.text).second ||
                info.immediate == Immediate::kSelectTypes)
        << info.text;
  }
}

}  // namespace
}  // namespace ashlar::wasm
