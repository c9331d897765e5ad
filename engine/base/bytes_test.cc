#include "engine/base/bytes.h"

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

using ::testing::ElementsAre;

TEST(BytesTest, ViewsShareTheBytes) {
  const Bytes bytes("\x00\x7f\xff", 3);
  ByteSpan span = AsSpan(bytes);
  EXPECT_THAT(span, ElementsAre(0x00, 0x7f, 0xff));
  EXPECT_EQ(AsView(span).data(), bytes.data());
  EXPECT_EQ(AsView(span), bytes);
}

TEST(BytesTest, EmptyViews) {
  EXPECT_TRUE(AsSpan("").empty());
  EXPECT_TRUE(AsView({}).empty());
}

TEST(HexTest, EncodesInLowerCase) {
  EXPECT_EQ(HexEncode(""), "");
  EXPECT_EQ(HexEncode(Bytes("\x00\x0f\xa0\xff", 4)), "000fa0ff");
}

TEST(HexTest, DecodesBothCases) {
  EXPECT_EQ(HexDecode("").value(), "");
  EXPECT_EQ(HexDecode("000fA0Ff").value(), Bytes("\x00\x0f\xa0\xff", 4));
}

TEST(HexTest, EveryByteComesBack) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(HexDecode(HexEncode(all)).value(), all);
}

TEST(HexTest, NamesTheBadPosition) {
  EXPECT_EQ(HexDecode("00g0").status(),
            absl::InvalidArgumentError("no hexadecimal digit at position 2"));
  EXPECT_EQ(HexDecode("0x00").status(),
            absl::InvalidArgumentError("no hexadecimal digit at position 1"));
  EXPECT_EQ(HexDecode("00 ").status(),
            absl::InvalidArgumentError("no hexadecimal digit at position 2"));
}

TEST(HexTest, RefusesHalfAByte) {
  EXPECT_EQ(HexDecode("000").status(),
            absl::InvalidArgumentError("odd number of hexadecimal digits: 3"));
}

TEST(LittleEndianTest, StoresTheLowByteFirst) {
  std::array<uint8_t, 5> bytes{};
  StoreLe<uint32_t>(&bytes[1], 0x01020304);
  EXPECT_THAT(bytes, ElementsAre(0, 4, 3, 2, 1));
  EXPECT_EQ(LoadLe<uint32_t>(&bytes[1]), 0x01020304u);
  EXPECT_EQ(LoadLe<uint16_t>(&bytes[2]), 0x0203u);
  EXPECT_EQ(LoadLe<int8_t>(&bytes[1]), 4);
}

TEST(LittleEndianTest, HoldsSixteenBytes) {
  std::array<uint8_t, 16> bytes{};
  bytes[15] = 0x80;
  EXPECT_TRUE(LoadLe<unsigned __int128>(bytes.data()) ==
              static_cast<unsigned __int128>(1) << 127);
}

}  // namespace
}  // namespace ashlar::base
