#include "engine/host/seal/sr25519.h"

#include <string>

#include "engine/base/bytes.h"
#include "gtest/gtest.h"

namespace ashlar::host::seal {
namespace {

std::string Unhex(absl::string_view hex) {
  return base::HexDecode(hex).value();
}

// Substrate's development account "Alice", and signatures by Substrate itself
// (pallet-contracts' test of sr25519_verify, and another public one).
const std::string kAlice =
    Unhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
const std::string kHello = Unhex(
    "b8314aee4ea566fc165c9cb07c76a874f763005e022d09aa49deb64a3c204b40"
    "62ae45375355b462d04be739cd3e04691a88ac117b635affe436733f1ecfcd83");

TEST(Sr25519, AcceptsSubstratesSignatures) {
  EXPECT_TRUE(VerifySr25519(kHello, kAlice, "hello world"));
  EXPECT_TRUE(VerifySr25519(
      Unhex("d25232bef5133781d97d5f8bf6c3ef9c51be5cf0f2f325b8b38d7fb7f1b7d178"
            "776fa8348de900fb4697547dbaad5e8c99095c38186addadb4a515169525e787"),
      Unhex("9c4189297ad2140c85861f64656d1d1318994599130d98b75ff094176d2ca31e"),
      Unhex(
          "46094babab45e2fd5265b2aab02c9342fe0ca1a5aacd455d3bc8a2ac99dce8fd")));
}

TEST(Sr25519, RefusesEveryChangedByte) {
  EXPECT_FALSE(VerifySr25519(kHello, kAlice, "hello worlD"));
  EXPECT_FALSE(VerifySr25519(kHello, kAlice, ""));
  for (size_t i = 0; i < kHello.size(); ++i) {
    std::string changed = kHello;
    changed[i] ^= 1;
    EXPECT_FALSE(VerifySr25519(changed, kAlice, "hello world")) << i;
  }
  for (size_t i = 0; i < kAlice.size(); ++i) {
    std::string changed = kAlice;
    changed[i] ^= 1;
    EXPECT_FALSE(VerifySr25519(kHello, changed, "hello world")) << i;
  }
}

TEST(Sr25519, RefusesWhatIsNotMarkedOrNotCanonical) {
  std::string unmarked = kHello;
  unmarked[63] &= 0x7f;
  EXPECT_FALSE(VerifySr25519(unmarked, kAlice, "hello world"));
  std::string large = kHello;
  large[63] = '\xff';
  EXPECT_FALSE(VerifySr25519(large, kAlice, "hello world"));
}

}  // namespace
}  // namespace ashlar::host::seal
