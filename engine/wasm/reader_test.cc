#include "engine/wasm/reader.h"

#include <vector>

#include "engine/wasm/test_bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

constexpr ViolationCode kOk = ViolationCode::kCount;
constexpr ViolationCode kEnd = ViolationCode::kUnexpectedEnd;
constexpr ViolationCode kLong = ViolationCode::kIntegerRepresentationTooLong;
constexpr ViolationCode kLarge = ViolationCode::kIntegerTooLarge;

enum class Width { kU32, kS32, kS33, kS64 };

struct LebCase {
  Width width;
  const char* hex;
  int64_t value;
  ViolationCode error = kOk;
};

int64_t Read(Width width, Reader* reader) {
  switch (width) {
    case Width::kU32:
      return reader->U32();
    case Width::kS32:
      return reader->S32();
    case Width::kS33:
      return reader->S33();
    case Width::kS64:
      return reader->S64();
  }
  return 0;
}

const LebCase kLebCases[] = {
    {Width::kU32, "00", 0},
    {Width::kU32, "7f", 127},
    {Width::kU32, "80 00", 0},
    {Width::kU32, "80 01", 128},
    {Width::kU32, "e5 8e 26", 624485},
    {Width::kU32, "ff ff ff ff 0f", 4294967295},
    {Width::kU32, "80 80 80 80 00", 0},
    {Width::kU32, "ff ff ff ff 1f", 0, kLarge},
    {Width::kU32, "80 80 80 80 70", 0, kLarge},
    {Width::kU32, "82 80 80 80 80 00", 0, kLong},
    // The fifth byte's bits are looked at before it is found to go on.
    {Width::kU32, "80 80 80 80 90 00", 0, kLarge},
    {Width::kU32, "", 0, kEnd},
    {Width::kU32, "80", 0, kEnd},
    {Width::kU32, "80 80 80 80", 0, kEnd},
    {Width::kS32, "00", 0},
    {Width::kS32, "3f", 63},
    {Width::kS32, "40", -64},
    {Width::kS32, "7f", -1},
    {Width::kS32, "ff 00", 127},
    {Width::kS32, "80 7f", -128},
    {Width::kS32, "ff ff ff ff 07", 2147483647},
    {Width::kS32, "80 80 80 80 78", -2147483648LL},
    {Width::kS32, "ff ff ff ff 7f", -1},
    {Width::kS32, "ff ff ff ff 0f", 0, kLarge},
    {Width::kS32, "80 80 80 80 70", 0, kLarge},
    {Width::kS32, "ff ff ff ff ff 7f", 0, kLong},
    {Width::kS32, "80 80 80 80 80 00", 0, kLong},
    {Width::kS32, "ff ff", 0, kEnd},
    {Width::kS33, "40", -64},
    {Width::kS33, "ff ff ff ff 0f", 4294967295},
    {Width::kS33, "80 80 80 80 70", -4294967296},
    {Width::kS33, "ff ff ff ff 1f", 0, kLarge},
    {Width::kS33, "80 80 80 80 60", 0, kLarge},
    {Width::kS33, "80 80 80 80 80 00", 0, kLong},
    {Width::kS64, "7f", -1},
    {Width::kS64, "ff ff ff ff ff ff ff ff ff 00", INT64_MAX},
    {Width::kS64, "80 80 80 80 80 80 80 80 80 7f", INT64_MIN},
    {Width::kS64, "ff ff ff ff ff ff ff ff ff 01", 0, kLarge},
    {Width::kS64, "80 80 80 80 80 80 80 80 80 7e", 0, kLarge},
    {Width::kS64, "80 80 80 80 80 80 80 80 80 80 00", 0, kLong},
    {Width::kS64, "ff ff ff ff ff ff ff ff ff ff 7f", 0, kLong},
    {Width::kS64, "80 80 80 80 80 80 80 80 80", 0, kEnd},
};

TEST(ReaderTest, ReadsLeb128) {
  for (const LebCase& c : kLebCases) {
    SCOPED_TRACE(c.hex);
    const std::vector<uint8_t> bytes = Hex(c.hex);
    Reader reader(bytes.data(), bytes.data() + bytes.size());
    EXPECT_EQ(Read(c.width, &reader), c.value);
    EXPECT_EQ(reader.error(), c.error);
    if (c.error == kOk) {
      EXPECT_EQ(reader.remaining(), 0u);
    }
  }
}

TEST(ReaderTest, SaysWhereAnIntegerIsWrong) {
  const std::vector<uint8_t> bytes = Hex("01 80 80 80 80 70");
  Reader reader(bytes.data(), bytes.data() + bytes.size());
  EXPECT_EQ(reader.U32(), 1u);
  reader.U32();
  EXPECT_EQ(reader.error_at() - bytes.data(), 5);
}

TEST(ReaderTest, KeepsTheFirstErrorAndReadsZerosAfterIt) {
  const std::vector<uint8_t> bytes = Hex("80 80 80 80 70 05 06 07");
  Reader reader(bytes.data(), bytes.data() + bytes.size());
  reader.U32();
  EXPECT_EQ(reader.error(), kLarge);
  EXPECT_EQ(reader.Byte(), 0);
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_EQ(reader.Bytes(1), nullptr);
  EXPECT_EQ(reader.Length(), 0u);
  EXPECT_TRUE(reader.Name().empty());
  EXPECT_EQ(reader.error(), kLarge);
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ReaderTest, ReadsFixedWidthLittleEndian) {
  const std::vector<uint8_t> bytes = Hex("01 02 03 04 05 06 07 08 09 0a 0b 0c");
  Reader reader(bytes.data(), bytes.data() + bytes.size());
  EXPECT_EQ(reader.Fixed32(), 0x04030201u);
  EXPECT_EQ(reader.Fixed64(), 0x0c0b0a0908070605u);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.Fixed32(), 0u);
  EXPECT_EQ(reader.error(), kEnd);
}

TEST(ReaderTest, ComparesALengthWithWhatIsLeftBeforeIt) {
  const struct {
    const char* hex;
    ViolationCode error;
  } kCases[] = {
      {"02 'ab'", kOk},
      {"03 'ab'", kEnd},
      {"04 'ab'", ViolationCode::kLengthOutOfBounds},
      {"ff ff ff ff 0f", ViolationCode::kLengthOutOfBounds},
      {"00", kOk},
      {"", kEnd},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.hex);
    const std::vector<uint8_t> bytes = Hex(c.hex);
    Reader reader(bytes.data(), bytes.data() + bytes.size());
    const absl::string_view name = reader.Name();
    EXPECT_EQ(reader.error(), c.error);
    if (c.error == kOk) {
      EXPECT_EQ(name.size() + 1, bytes.size());
    }
  }
}

TEST(ReaderTest, AcceptsOnlyUtf8) {
  const struct {
    const char* hex;
    bool is_utf8;
  } kCases[] = {
      {"", true},
      {"'plain text of more than eight bytes'", true},
      {"00 7f", true},
      {"c2 80", true},
      {"df bf", true},
      {"e0 a0 80", true},
      {"ed 9f bf", true},
      {"ee 80 80", true},
      {"ef bf bf", true},
      {"f0 90 80 80", true},
      {"f4 8f bf bf", true},
      {"'1234567' c3 a4 '89' e2 82 ac", true},
      {"80", false},
      {"bf", false},
      {"c0 80", false},
      {"c1 bf", false},
      {"c2", false},
      {"c2 7f", false},
      {"c2 c0", false},
      {"e0 9f bf", false},
      {"ed a0 80", false},
      {"e1 80", false},
      {"e1 80 7f", false},
      {"f0 8f bf bf", false},
      {"f4 90 80 80", false},
      {"f5 80 80 80", false},
      {"f1 80 80", false},
      {"f1 80 80 c0", false},
      {"ff", false},
      {"'12345678' 80", false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.hex);
    const std::vector<uint8_t> bytes = Hex(c.hex);
    EXPECT_EQ(
        IsUtf8({reinterpret_cast<const char*>(bytes.data()), bytes.size()}),
        c.is_utf8);
  }
}

TEST(ReaderTest, RefusesANameThatIsNotUtf8) {
  const std::vector<uint8_t> bytes = Hex("02 c0 80");
  Reader reader(bytes.data(), bytes.data() + bytes.size());
  EXPECT_TRUE(reader.Name().empty());
  EXPECT_EQ(reader.error(), ViolationCode::kMalformedUtf8);
  EXPECT_EQ(reader.error_at() - bytes.data(), 1);
}

}  // namespace
}  // namespace ashlar::wasm
