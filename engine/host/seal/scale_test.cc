#include "engine/host/seal/scale.h"

#include <string>

#include "engine/base/bytes.h"
#include "gtest/gtest.h"

namespace ashlar::host::seal {
namespace {

// Examples of the codec's definition, and the edges of its four forms.
TEST(Scale, CompactForms) {
  const struct {
    uint64_t value;
    const char* hex;
  } rows[] = {
      {0, "00"},
      {1, "04"},
      {42, "a8"},
      {63, "fc"},
      {64, "0101"},
      {69, "1501"},
      {16383, "fdff"},
      {16384, "02000100"},
      {65535, "feff0300"},
      {(1u << 30) - 1, "feffffff"},
      {1u << 30, "0300000040"},
      {0xffffffff, "03ffffffff"},
      {0x100000000, "070000000001"},
      {100'000'000'000'000, "0b00407a10f35a"},
      {UINT64_MAX, "13ffffffffffffffff"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(base::HexEncode(ScaleCompact(row.value)), row.hex);
  }
}

TEST(Scale, TopicsAreCountedInEveryForm) {
  for (const uint32_t count : {0u, 1u, 63u, 64u, 100u, 16384u}) {
    const std::string bytes =
        ScaleCompact(count) + std::string(32 * size_t{count}, 't');
    uint32_t counted = ~0u;
    EXPECT_TRUE(CountScaleTopics(bytes, &counted)) << count;
    EXPECT_EQ(counted, count);
    EXPECT_FALSE(CountScaleTopics(bytes + "t", &counted));
    EXPECT_FALSE(CountScaleTopics(bytes.substr(0, bytes.size() - 1), &counted));
  }
}

TEST(Scale, LongerFormsThanNeededAreRefused) {
  uint32_t count = 0;
  for (const char* hex : {"0100", "02000000", "0300000000", "03ffffff3f"}) {
    EXPECT_FALSE(CountScaleTopics(base::HexDecode(hex).value(), &count)) << hex;
  }
  // More than a u32.
  EXPECT_FALSE(
      CountScaleTopics(base::HexDecode("070000000001").value(), &count));
}

}  // namespace
}  // namespace ashlar::host::seal
