#include "engine/base/serial.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

constexpr unsigned __int128 kHighBit = static_cast<unsigned __int128>(1) << 127;

TEST(WriterTest, IntegersAreLittleEndian) {
  Writer writer;
  writer.U8(0x01);
  writer.U16(0x0203);
  writer.U32(0x04050607);
  writer.U64(0x08090a0b0c0d0e0f);
  writer.U128(kHighBit | 1);
  EXPECT_EQ(HexEncode(writer.data()),
            "01"
            "0302"
            "07060504"
            "0f0e0d0c0b0a0908"
            "01000000000000000000000000000080");
}

TEST(WriterTest, ByteStringsAndListsHaveA32BitCount) {
  Writer writer;
  writer.Count(2);
  writer.Bytes("ab");
  writer.Bytes("");
  writer.Raw("raw");
  EXPECT_EQ(HexEncode(writer.data()),
            "02000000"
            "02000000"
            "6162"
            "00000000"
            "726177");
}

TEST(WriterTest, HashesAreTheirBytes) {
  Writer writer;
  Hash256 hash = Blake2b256("abc");
  writer.Hash(hash);
  EXPECT_EQ(std::move(writer).Take(), hash.view());
}

TEST(WriterDeathTest, CountIsBelow32Bits) {
  Writer writer;
  writer.Count(std::numeric_limits<uint32_t>::max());
  EXPECT_DEATH(writer.Count(uint64_t{1} << 32), "CHECK");
}

TEST(ReaderTest, ReadsWhatWasWritten) {
  Writer writer;
  writer.U8(250);
  writer.U16(65000);
  writer.U32(4000000000);
  writer.U64(uint64_t{1} << 63);
  writer.U128(kHighBit | 77);
  writer.Count(1);
  writer.Bytes("bytes");
  writer.Raw("raw");
  writer.Hash(Blake2b256(""));

  Reader reader(writer.data());
  uint8_t u8;
  uint16_t u16;
  uint32_t u32;
  uint64_t u64;
  unsigned __int128 u128;
  uint32_t count;
  absl::string_view bytes;
  absl::string_view raw;
  Hash256 hash;
  ASSERT_TRUE(reader.U8(&u8));
  ASSERT_TRUE(reader.U16(&u16));
  ASSERT_TRUE(reader.U32(&u32));
  ASSERT_TRUE(reader.U64(&u64));
  ASSERT_TRUE(reader.U128(&u128));
  ASSERT_TRUE(reader.Count(9, &count));
  ASSERT_TRUE(reader.Bytes(&bytes));
  ASSERT_TRUE(reader.Raw(3, &raw));
  EXPECT_FALSE(reader.AtEnd());
  ASSERT_TRUE(reader.Hash(&hash));
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_EQ(u8, 250);
  EXPECT_EQ(u16, 65000);
  EXPECT_EQ(u32, 4000000000);
  EXPECT_EQ(u64, uint64_t{1} << 63);
  EXPECT_TRUE(u128 == (kHighBit | 77));
  EXPECT_EQ(count, 1u);
  EXPECT_EQ(bytes, "bytes");
  EXPECT_EQ(raw, "raw");
  EXPECT_EQ(hash, Blake2b256(""));
}

// Calls `read` with every proper prefix of `input`: each must be refused and
// leave the reader where it was.
template <typename Read>
void ExpectPrefixesRefused(const std::string& input, Read read) {
  for (size_t size = 0; size < input.size(); ++size) {
    Reader reader(absl::string_view(input).substr(0, size));
    EXPECT_FALSE(read(reader)) << size;
    EXPECT_EQ(reader.rest().size(), size);
  }
  Reader reader(input);
  EXPECT_TRUE(read(reader));
  EXPECT_TRUE(reader.AtEnd());
}

TEST(ReaderTest, RefusesMissingBytes) {
  uint16_t u16;
  uint32_t u32;
  uint64_t u64;
  unsigned __int128 u128;
  absl::string_view view;
  Hash256 hash;
  ExpectPrefixesRefused(std::string(2, 'x'),
                        [&](Reader& r) { return r.U16(&u16); });
  ExpectPrefixesRefused(std::string(4, 'x'),
                        [&](Reader& r) { return r.U32(&u32); });
  ExpectPrefixesRefused(std::string(8, 'x'),
                        [&](Reader& r) { return r.U64(&u64); });
  ExpectPrefixesRefused(std::string(16, 'x'),
                        [&](Reader& r) { return r.U128(&u128); });
  ExpectPrefixesRefused(std::string(32, 'x'),
                        [&](Reader& r) { return r.Hash(&hash); });
  ExpectPrefixesRefused(std::string(3, 'x'),
                        [&](Reader& r) { return r.Raw(3, &view); });
  ExpectPrefixesRefused(std::string("\3\0\0\0abc", 7),
                        [&](Reader& r) { return r.Bytes(&view); });
}

TEST(ReaderTest, CountMustFitTheRest) {
  const std::string two_of_two("\2\0\0\0abcd", 8);
  uint32_t count = 7;
  Reader fits(two_of_two);
  EXPECT_TRUE(fits.Count(2, &count));
  EXPECT_EQ(count, 2u);

  count = 7;
  Reader too_long(two_of_two);
  EXPECT_FALSE(too_long.Count(3, &count));
  EXPECT_EQ(count, 7u);
  EXPECT_EQ(too_long.rest(), two_of_two);
}

}  // namespace
}  // namespace ashlar::base
