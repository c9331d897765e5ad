#include "engine/state/value.h"

#include "absl/status/status.h"
#include "engine/base/bytes.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

using U128 = unsigned __int128;

TEST(ValueTest, BalanceIsSixteenBytesLittleEndian) {
  const U128 balance = U128{0x0102} << 64 | 0x0304;
  EXPECT_EQ(base::HexEncode(EncodeBalance(balance)),
            "04030000000000000201000000000000");
  for (U128 b : {U128{0}, U128{1}, balance, ~U128{0}}) {
    EXPECT_TRUE(DecodeBalance(EncodeBalance(b)).value() == b);
  }
}

TEST(ValueTest, NonceIsEightBytesLittleEndian) {
  EXPECT_EQ(base::HexEncode(EncodeNonce(0x0102)), "0201000000000000");
  EXPECT_EQ(DecodeNonce(EncodeNonce(~uint64_t{0})).value(), ~uint64_t{0});
}

TEST(ValueTest, CodeIsTheHash) {
  const base::Hash256 hash = base::Blake2b256("code");
  EXPECT_EQ(base::HexEncode(EncodeCode(hash)), hash.ToHex());
  EXPECT_EQ(DecodeCode(EncodeCode(hash)).value(), hash);
}

TEST(ValueTest, OtherSizesAreDataLoss) {
  for (size_t size : {0u, 7u, 9u, 15u, 17u, 31u, 33u}) {
    const base::Bytes value(size, 'x');
    EXPECT_EQ(DecodeBalance(value).status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(DecodeNonce(value).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(DecodeCode(value).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace ashlar::state
