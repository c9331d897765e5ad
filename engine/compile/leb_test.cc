#include "engine/compile/leb.h"

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "gtest/gtest.h"

namespace ashlar::compile {
namespace {

using Bytes = std::vector<uint8_t>;

// Bytes that are no LEB128's end stand behind what is read.
Bytes Padded(Bytes bytes) {
  bytes.resize(bytes.size() + 16, 0xff);
  return bytes;
}

// Expects `value`, read from all of the bytes.
void ExpectU32(const Bytes& bytes, uint32_t value) {
  const Bytes padded = Padded(bytes);
  const LebResult r = ReadLebU32(padded.data());
  ASSERT_NE(r.next, nullptr);
  EXPECT_EQ(r.next - padded.data(), static_cast<ptrdiff_t>(bytes.size()));
  EXPECT_EQ(r.value, value);
}
void ExpectSigned(uint32_t bits, const Bytes& bytes, int64_t value) {
  const Bytes padded = Padded(bytes);
  const LebResult r = ReadLebSigned(padded.data(), bits);
  ASSERT_NE(r.next, nullptr) << bits;
  EXPECT_EQ(r.next - padded.data(), static_cast<ptrdiff_t>(bytes.size()));
  EXPECT_EQ(static_cast<int64_t>(r.value), value) << bits;
}
void ExpectBadU32(const Bytes& bytes) {
  EXPECT_EQ(ReadLebU32(Padded(bytes).data()).next, nullptr);
}
void ExpectBadSigned(uint32_t bits, const Bytes& bytes) {
  EXPECT_EQ(ReadLebSigned(Padded(bytes).data(), bits).next, nullptr) << bits;
}

// The encoding in exactly `size` bytes (spec 2.0, 5.2.2).
Bytes Encode(uint64_t value, int size) {
  Bytes bytes;
  for (int i = 0; i < size; ++i) {
    bytes.push_back(static_cast<uint8_t>((value & 0x7f) | 0x80));
    // Arithmetic: what lies above a negative value is ones.
    value = static_cast<uint64_t>(static_cast<int64_t>(value) >> 7);
  }
  bytes.back() &= 0x7f;
  return bytes;
}

// Whether `size` bytes hold it: with a sign bit if it is signed.
bool FitsUnsigned(uint64_t value, int size) {
  return size >= 10 || value >> (7 * size) == 0;
}
bool FitsSigned(int64_t value, int size) {
  if (size >= 10) return true;
  const int64_t above = value >> (7 * size - 1);
  return above == 0 || above == -1;
}

TEST(LebTest, UnsignedInEveryLength) {
  for (uint64_t value :
       {0u, 1u, 0x3fu, 0x40u, 0x7fu, 0x80u, 0x3fffu, 0x4000u, 0x1fffffu,
        0x200000u, 0xfffffffu, 0x10000000u, 0x7fffffffu, 0x80000000u,
        0xfffffffeu, 0xffffffffu, 0x12345678u, 0xdeadbeefu}) {
    for (int size = 1; size <= 5; ++size) {
      if (!FitsUnsigned(value, size)) continue;
      ExpectU32(Encode(value, size), static_cast<uint32_t>(value));
    }
  }
}

TEST(LebTest, UnsignedLimits) {
  ExpectU32({0xff, 0xff, 0xff, 0xff, 0x0f}, 0xffffffff);
  ExpectBadU32({0xff, 0xff, 0xff, 0xff, 0x10});  // beyond 32 bits
  ExpectBadU32({0x80, 0x80, 0x80, 0x80, 0x10});
  ExpectBadU32({0x80, 0x80, 0x80, 0x80, 0x40});
  ExpectBadU32({0x80, 0x80, 0x80, 0x80, 0x7f});
  ExpectBadU32({0x80, 0x80, 0x80, 0x80, 0x80, 0x00});  // six bytes
  ExpectBadU32({0x80, 0x80, 0x80, 0x80, 0x8f, 0x00});
}

TEST(LebTest, SignedInEveryLength) {
  for (uint32_t bits : {32u, 33u, 64u}) {
    const int size_max = static_cast<int>((bits + 6) / 7);
    std::vector<int64_t> values = {0, 1, -1, 63, 64, -64, -65};
    for (uint32_t shift = 7; shift < bits; ++shift) {
      const int64_t power = static_cast<int64_t>(uint64_t{1} << (shift - 1));
      for (int64_t v : {power - 1, power, -power, -power - 1}) {
        values.push_back(v);
      }
    }
    const auto top = uint64_t{1} << (bits - 1);
    values.push_back(static_cast<int64_t>(top - 1));
    values.push_back(static_cast<int64_t>(~(top - 1)));
    for (int64_t value : values) {
      for (int size = 1; size <= size_max; ++size) {
        if (!FitsSigned(value, size)) continue;
        ExpectSigned(bits, Encode(static_cast<uint64_t>(value), size), value);
      }
    }
  }
}

TEST(LebTest, SignedLimits) {
  ExpectSigned(32, {0xff, 0xff, 0xff, 0xff, 0x07}, 0x7fffffff);
  ExpectSigned(32, {0x80, 0x80, 0x80, 0x80, 0x78}, -0x80000000LL);
  // The spare bits of the last byte are copies of the sign.
  for (uint8_t last : {0x08, 0x0f, 0x10, 0x3f, 0x40, 0x70, 0x47, 0x77}) {
    ExpectBadSigned(32, {0x80, 0x80, 0x80, 0x80, last});
  }
  ExpectBadSigned(32, {0x80, 0x80, 0x80, 0x80, 0x80, 0x00});
  ExpectBadSigned(32, {0xff, 0xff, 0xff, 0xff, 0xff, 0x7f});

  ExpectSigned(33, {0xff, 0xff, 0xff, 0xff, 0x0f}, 0xffffffff);
  ExpectSigned(33, {0x80, 0x80, 0x80, 0x80, 0x70}, -0x100000000LL);
  for (uint8_t last : {0x10, 0x1f, 0x20, 0x40, 0x60, 0x6f}) {
    ExpectBadSigned(33, {0x80, 0x80, 0x80, 0x80, last});
  }
  ExpectBadSigned(33, {0x80, 0x80, 0x80, 0x80, 0x80, 0x00});

  const Bytes nine(9, 0xff);
  const auto with = [&](uint8_t last) {
    Bytes bytes = nine;
    bytes.push_back(last);
    return bytes;
  };
  ExpectSigned(64, with(0x00), INT64_MAX);
  ExpectSigned(64, with(0x7f), -1);
  for (uint8_t last : {0x01, 0x02, 0x3f, 0x40, 0x7e}) {
    ExpectBadSigned(64, with(last));
  }
  Bytes eleven = with(0xff);
  eleven.push_back(0x7f);
  ExpectBadSigned(64, eleven);
}

// The fast path: the length of up to four bytes, and their groups joined.
TEST(LebTest, ShortForms) {
  for (uint32_t length = 1; length <= 4; ++length) {
    for (uint32_t value :
         {0u, 1u, 0x55u, 0x3fffu, 0x1fffffu, 0xfffffffu, 0x7654321u}) {
      const uint32_t held = value & ((uint32_t{1} << (7 * length)) - 1);
      Bytes bytes = Padded(Encode(held, static_cast<int>(length)));
      uint32_t word;
      std::memcpy(&word, bytes.data(), sizeof word);
      EXPECT_EQ(ShortLebLength(word), length);
      EXPECT_EQ(JoinLeb(word, length), held);
    }
  }
  EXPECT_EQ(ShortLebLength(0xffffffff), 0u);
  EXPECT_EQ(ShortLebLength(0x80808080), 0u);
  EXPECT_EQ(ShortLebLength(0x00808080), 4u);
}

}  // namespace
}  // namespace ashlar::compile
