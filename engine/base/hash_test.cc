#include "engine/base/hash.h"

#include <string>
#include <utility>

#include "absl/hash/hash_testing.h"
#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

constexpr char kEmptyDigest[] =
    "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
constexpr char kAbcDigest[] =
    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";

Hash256 WithByte(size_t index, uint8_t value) {
  Hash256 hash;
  hash.bytes[index] = value;
  return hash;
}

TEST(Hash256Test, IsZeroByDefault) {
  EXPECT_EQ(Hash256().ToHex(), std::string(64, '0'));
}

TEST(Hash256Test, HexComesBack) {
  EXPECT_EQ(Hash256::FromHex(kAbcDigest).value().ToHex(), kAbcDigest);
}

TEST(Hash256Test, RefusesHexOfAnotherLength) {
  EXPECT_EQ(
      Hash256::FromHex("00").status(),
      absl::InvalidArgumentError("a hash has 64 hexadecimal digits, not 2"));
  EXPECT_FALSE(Hash256::FromHex(std::string(66, '0')).ok());
}

TEST(Hash256Test, RefusesWhatIsNotHex) {
  std::string hex(64, '0');
  hex[63] = 'x';
  EXPECT_EQ(Hash256::FromHex(hex).status(),
            absl::InvalidArgumentError("no hexadecimal digit at position 63"));
}

TEST(Hash256Test, TakesExactly32Bytes) {
  Hash256 hash = WithByte(31, 7);
  EXPECT_EQ(Hash256::FromBytes(hash.view()).value(), hash);
  EXPECT_EQ(Hash256::FromBytes(std::string(31, 'a')).status(),
            absl::InvalidArgumentError("a hash has 32 bytes, not 31"));
  EXPECT_FALSE(Hash256::FromBytes(std::string(33, 'a')).ok());
}

TEST(Hash256Test, IsOrderedAsBytes) {
  EXPECT_LT(WithByte(31, 255), WithByte(0, 1));
  EXPECT_LT(WithByte(0, 1), WithByte(0, 128));
  EXPECT_EQ(WithByte(5, 5), WithByte(5, 5));
  EXPECT_NE(WithByte(5, 5), WithByte(6, 5));
}

TEST(Hash256Test, HashesForTables) {
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(
      {Hash256(), WithByte(0, 1), WithByte(31, 1), WithByte(31, 2)}));
}

// BLAKE2b's reference implementation with a digest of 32 bytes.
TEST(Blake2b256Test, KnownVectors) {
  EXPECT_EQ(Blake2b256("").ToHex(), kEmptyDigest);
  EXPECT_EQ(Blake2b256("abc").ToHex(), kAbcDigest);
}

TEST(Blake2b256HasherTest, PiecesDoNotMatter) {
  std::string data;
  for (int i = 0; i < 300; ++i) data.push_back(static_cast<char>(i));
  const Hash256 whole = Blake2b256(data);
  for (size_t cut : {0, 1, 127, 128, 129, 299, 300}) {
    Blake2b256Hasher hasher;
    hasher.Update(data.substr(0, cut));
    hasher.Update("");
    hasher.Update(data.substr(cut));
    EXPECT_EQ(hasher.Finish(), whole) << cut;
  }
}

TEST(Blake2b256HasherTest, StartsAfreshAfterFinish) {
  Blake2b256Hasher hasher;
  EXPECT_EQ(hasher.Finish().ToHex(), kEmptyDigest);
  hasher.Update("abc");
  EXPECT_EQ(hasher.Finish().ToHex(), kAbcDigest);
}

TEST(Blake2b256HasherTest, KeepsItsPiecesWhenMoved) {
  Blake2b256Hasher hasher;
  hasher.Update("ab");
  Blake2b256Hasher moved = std::move(hasher);
  moved.Update("c");
  EXPECT_EQ(moved.Finish().ToHex(), kAbcDigest);
}

}  // namespace
}  // namespace ashlar::base
