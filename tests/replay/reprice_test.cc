// What history would have cost: of the whole execution, whatever its own limit
// was, and under the other profile's prices.
#include <cstdint>
#include <optional>

#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "metering/schedule.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "replay/verify.h"
#include "tests/replay/cases.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::OutcomeClass;
using replay::Repriced;

// `request` recorded in `chain`, and priced again under `profile`.
Repriced RepriceUnder(Chain& chain, const engine::ExecuteRequest& request,
                      const engine::Profile& profile, engine::Engine* engine) {
  const auto archive = replay::Archive::Parse(RecordOf(&chain, request));
  EXPECT_TRUE(archive.ok()) << archive.status();
  const auto repriced =
      replay::Reprice(*archive, archive->Read(0).value(), profile.digest,
                      engine, replay::NoModules, nullptr);
  EXPECT_TRUE(repriced.ok()) << repriced.status();
  return *repriced;
}

TEST(Reprice, UnderItsOwnProfileNothingChanges) {
  int seen = 0;
  for (const Case& c : Cases()) {
    if (c.outcome == OutcomeClass::kOutOfFuel) continue;
    SCOPED_TRACE(c.name);
    Chain chain;
    const engine::ExecuteRequest request = c.prepare(chain);
    const engine::Completed recorded = *chain.Try(request).completed;
    const Repriced repriced =
        RepriceUnder(chain, request, chain.profile(), &chain.engine());
    EXPECT_EQ(repriced.outcome, c.outcome);
    EXPECT_EQ(repriced.fuel_used, recorded.fuel.used);
    EXPECT_TRUE(repriced.is_within_limit);
    ++seen;
  }
  EXPECT_GT(seen, 5);
}

TEST(Reprice, TheLimitIsLiftedAndComparedWith) {
  Chain chain;
  engine::ExecuteRequest request =
      chain.Request(Contract("",
                             "(drop (i32.div_u (i32.const 8)"
                             " (i32.load (i32.const 4))))",
                             "(data (i32.const 4) \"\\02\")"),
                    "call");
  const uint64_t used = chain.Try(request).completed->fuel.used;
  request.fuel_limit = used;
  Repriced repriced =
      RepriceUnder(chain, request, chain.profile(), &chain.engine());
  EXPECT_EQ(repriced.outcome, OutcomeClass::kReturned);
  EXPECT_TRUE(repriced.is_within_limit);
  request.fuel_limit = used - 1;
  ASSERT_EQ(chain.Try(request).completed->outcome.klass,
            OutcomeClass::kOutOfFuel);
  repriced = RepriceUnder(chain, request, chain.profile(), &chain.engine());
  EXPECT_EQ(repriced.outcome, OutcomeClass::kReturned);
  EXPECT_EQ(repriced.fuel_used, used);
  EXPECT_FALSE(repriced.is_within_limit);
}

TEST(Reprice, UnderAnotherProfile) {
  engine::Profile dear = *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  dear.name = "dear";
  dear.schedule.name = "dear";
  dear.schedule.class_price[static_cast<int>(metering::CostClass::kConst)] +=
      100;
  engine::ProfileSet profiles;
  ASSERT_TRUE(
      profiles.Add(*engine::ProfileSet::BuiltIn().FindByName("seal-1")).ok());
  ASSERT_TRUE(profiles.Add(dear).ok());
  engine::Engine engine({.profiles = &profiles});
  Chain chain;
  engine::ExecuteRequest request = chain.Request(
      Contract("", "(i32.store (i32.const 0) (i32.const 7))"), "call");
  request.fuel_limit = chain.Try(request).completed->fuel.used;
  const Repriced repriced =
      RepriceUnder(chain, request, *profiles.FindByName("dear"), &engine);
  EXPECT_EQ(repriced.outcome, OutcomeClass::kReturned);
  EXPECT_EQ(repriced.fuel_used, request.fuel_limit + 200);
  EXPECT_FALSE(repriced.is_within_limit);
}

// What ran out of fuel has not read all that it would have.
TEST(Reprice, WhatWasNotRecordedHasNoCost) {
  Chain chain;
  chain.Deploy(Account(0xc0), Cases().front().prepare(chain).module_bytes);
  engine::ExecuteRequest request = chain.Request("", "call");
  request.fuel_limit = 1;
  const Repriced repriced =
      RepriceUnder(chain, request, chain.profile(), &chain.engine());
  EXPECT_EQ(repriced.outcome, std::nullopt);
  EXPECT_FALSE(repriced.is_within_limit);
}

}  // namespace
}  // namespace ashlar::testing
