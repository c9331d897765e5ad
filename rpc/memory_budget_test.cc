#include "rpc/memory_budget.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "gtest/gtest.h"

namespace ashlar::rpc {
namespace {

TEST(MemoryBudgetTest, GrantsWhatIsFreeAndTakesItBack) {
  MemoryBudget budget(100);
  {
    auto first = budget.Reserve(60);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ(budget.Reserve(41).status().code(),
              absl::StatusCode::kResourceExhausted);
    auto second = budget.Reserve(40);
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ(budget.bytes_reserved(), 100u);
    // A reservation that was moved from gives nothing back.
    const MemoryBudget::Reservation moved(*std::move(second));
    EXPECT_EQ(budget.bytes_reserved(), 100u);
  }
  EXPECT_EQ(budget.bytes_reserved(), 0u);
  EXPECT_TRUE(budget.Reserve(100).ok());
}

TEST(MemoryBudgetTest, RefusesWhatItNeverHad) {
  MemoryBudget budget(100);
  EXPECT_EQ(budget.Reserve(101).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(budget.Reserve(UINT64_MAX).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(MemoryBudgetTest, ZeroGrantsEverything) {
  MemoryBudget budget(0);
  EXPECT_TRUE(budget.Reserve(UINT64_MAX).ok());
  EXPECT_EQ(budget.bytes_reserved(), 0u);
}

TEST(MemoryBudgetTest, ACallMayUseWhatItsProfileOrItsLimitsAllow) {
  const auto& profiles = engine::ProfileSet::BuiltIn();
  const engine::Profile& seal = *profiles.FindByName("seal-1");
  engine::ExecuteRequest request;
  // 16 pages in each of 16 contracts, and 1 MiB returned.
  EXPECT_EQ(BytesOf(request, seal), 17u << 20);
  request.limits.peak_pages = 2;
  EXPECT_EQ(BytesOf(request, seal), (1u << 20) + 2 * 65'536);
  request.limits.peak_pages = UINT64_MAX;
  EXPECT_EQ(BytesOf(request, seal), 17u << 20);
  // No ABI, no nested contracts: one memory of 4 GiB.
  request.limits.peak_pages = 0;
  EXPECT_EQ(BytesOf(request, *profiles.FindByName("relaxed-1")),
            (uint64_t{4} << 30) + (16u << 20));
}

}  // namespace
}  // namespace ashlar::rpc
