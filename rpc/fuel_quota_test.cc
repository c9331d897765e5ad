#include "rpc/fuel_quota.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"

namespace ashlar::rpc {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

TEST(FuelQuotaTest, ADebtIsRefilled) {
  FuelQuota quota(1000);
  EXPECT_TRUE(quota.Admit("a", kStart).ok());
  quota.Charge("a", 3000, kStart);
  const absl::Status refused = quota.Admit("a", kStart);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.message(),
            "this client has used up its quota of 1000 fuel per second; try "
            "again in 2001 ms");
  EXPECT_FALSE(quota.Admit("a", kStart + absl::Seconds(2)).ok());
  EXPECT_TRUE(quota.Admit("a", kStart + absl::Milliseconds(2001)).ok());
}

TEST(FuelQuotaTest, ClientsDoNotShareABucket) {
  FuelQuota quota(1000);
  quota.Charge("a", 5000, kStart);
  EXPECT_FALSE(quota.Admit("a", kStart).ok());
  EXPECT_TRUE(quota.Admit("b", kStart).ok());
}

TEST(FuelQuotaTest, ABucketHoldsOneSecond) {
  FuelQuota quota(1000);
  ASSERT_TRUE(quota.Admit("a", kStart).ok());
  const absl::Time later = kStart + absl::Hours(1);
  quota.Charge("a", 1000, later);
  EXPECT_FALSE(quota.Admit("a", later).ok());
}

TEST(FuelQuotaTest, DebtSaturates) {
  FuelQuota quota(1);
  for (int i = 0; i < 1000; ++i) quota.Charge("a", metering::kFuelMax, kStart);
  const absl::Status status = quota.Admit("a", kStart + absl::Hours(24));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("in 18446744073709551615 ms"));
}

TEST(FuelQuotaTest, TheWaitIsRoundedUp) {
  FuelQuota quota(3000);
  quota.Charge("a", 3000 + 4, kStart);  // 5 are missing
  EXPECT_THAT(std::string(quota.Admit("a", kStart).message()),
              ::testing::HasSubstr("try again in 2 ms"));
}

TEST(FuelQuotaTest, ZeroAdmitsEverything) {
  FuelQuota quota(0);
  quota.Charge("a", metering::kFuelMax, kStart);
  EXPECT_TRUE(quota.Admit("a", kStart).ok());
  EXPECT_EQ(quota.client_count(), 0u);
}

TEST(FuelQuotaTest, ForgetsClientsWhoseBucketIsFull) {
  FuelQuota quota(1000);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(quota.Admit(absl::StrCat("client", i), kStart).ok());
  }
  EXPECT_LE(quota.client_count(), 4096u);
}

TEST(FuelQuotaTest, AClientKeepsItsNameOverConnections) {
  EXPECT_EQ(ClientOfPeer("ipv4:10.0.0.1:5000"), "ipv4:10.0.0.1");
  EXPECT_EQ(ClientOfPeer("ipv6:%5B::1%5D:5000"), "ipv6:%5B::1%5D");
  EXPECT_EQ(ClientOfPeer("unix:/run/ashlar.sock"), "unix");
  EXPECT_EQ(ClientOfPeer("unix:"), "unix");
}

}  // namespace
}  // namespace ashlar::rpc
