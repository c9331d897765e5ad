#include "engine/base/crypto_hash.h"

#include <string>

#include "engine/base/bytes.h"
#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

std::string Blake2b128Hex(absl::string_view data) {
  return HexEncode(AsView(Blake2b128(data)));
}

// The vectors of FIPS 180-4's examples.
TEST(CryptoHashTest, Sha256) {
  EXPECT_EQ(Sha256("").ToHex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abc").ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// The empty input tells the original padding from FIPS 202's (a7ffc6f8...).
TEST(CryptoHashTest, Keccak256) {
  EXPECT_EQ(Keccak256("").ToHex(),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(Keccak256("abc").ToHex(),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

TEST(CryptoHashTest, Blake2b128IsNotACutBlake2b256) {
  EXPECT_EQ(Blake2b128Hex(""), "cae66941d9efbd404e4d88758ea67670");
  EXPECT_EQ(Blake2b128Hex("abc"), "cf4ab791c62b8d2b2109c90275287816");
  EXPECT_NE(Blake2b128Hex(""), Blake2b256("").ToHex().substr(0, 32));
}

TEST(CryptoHashTest, InputsLongerThanABlock) {
  std::string data;
  for (int i = 0; i < 300; ++i) data += "ab";
  EXPECT_EQ(Sha256(data).ToHex(),
            "acb0f435faa777a4390b13137f1468688376a1773c56fcff9809f07eba173c43");
  EXPECT_EQ(Blake2b128Hex(data), "d2de40a3dcaf340131999f2aff48fb6c");
}

}  // namespace
}  // namespace ashlar::base
