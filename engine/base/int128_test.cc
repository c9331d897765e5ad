#include "engine/base/int128.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

constexpr char kMaxText[] = "340282366920938463463374607431768211455";

TEST(BalanceTest, Formats) {
  EXPECT_EQ(FormatBalance(0), "0");
  EXPECT_EQ(FormatBalance(10), "10");
  EXPECT_EQ(FormatBalance(Balance{1} << 64), "18446744073709551616");
  EXPECT_EQ(FormatBalance(kBalanceMax), kMaxText);
}

TEST(BalanceTest, Parses) {
  EXPECT_TRUE(ParseBalance("0").value() == 0);
  EXPECT_TRUE(ParseBalance("007").value() == 7);
  EXPECT_TRUE(ParseBalance("18446744073709551616").value() == Balance{1} << 64);
  EXPECT_TRUE(ParseBalance(kMaxText).value() == kBalanceMax);
}

TEST(BalanceTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(ParseBalance("340282366920938463463374607431768211456").status(),
            absl::OutOfRangeError("more than 128 bits"));
  EXPECT_EQ(ParseBalance("3402823669209384634633746074317682114550").status(),
            absl::OutOfRangeError("more than 128 bits"));
}

TEST(BalanceTest, RefusesWhatIsNoNumber) {
  EXPECT_EQ(ParseBalance("").status(), absl::InvalidArgumentError("no digits"));
  EXPECT_EQ(ParseBalance("-1").status(),
            absl::InvalidArgumentError("no decimal digit at position 0"));
  EXPECT_EQ(ParseBalance("1 ").status(),
            absl::InvalidArgumentError("no decimal digit at position 1"));
}

}  // namespace
}  // namespace ashlar::base
