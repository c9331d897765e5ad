#include "engine/digests.h"

#include <string>

#include "engine/loader.h"
#include "gtest/gtest.h"

namespace ashlar::engine {
namespace {

base::Hash256 Filled(uint8_t byte) {
  base::Hash256 hash;
  hash.bytes.fill(byte);
  return hash;
}

ExecuteRequest Request() {
  ExecuteRequest r;
  r.profile = Filled(0x01);
  r.module_bytes = "module";
  r.activated = {Filled(0x03), Filled(0x02), Filled(0x03)};
  r.entry = "call";
  r.input = "input";
  r.fuel_limit = 1000;
  r.caller = Filled(0x04);
  r.callee = Filled(0x05);
  r.value = 7;
  r.block.number = 8;
  r.limits.reads = 9;
  return r;
}

Completed Answer() {
  Completed c;
  c.outcome.klass = OutcomeClass::kReturned;
  c.outcome.data = "data";
  c.fuel.used = 900;
  c.effects = {{{Filled(0x05), state::Kind::kBalance, ""}, std::nullopt},
               {{Filled(0x05), state::Kind::kStorage, "key"}, "value"}};
  c.removed_accounts = {Filled(0x07), Filled(0x06)};
  c.events = {{Filled(0x05), "topics", "data"}};
  c.reads = {{{Filled(0x05), state::Kind::kStorage, "key"}, true, Filled(9)},
             {{Filled(0x05), state::Kind::kStorage, "no"}, false, {}}};
  c.context_reads = {"number", "caller_is_origin"};
  c.modules = {{Filled(0x08), true}};
  return c;
}

// Computed a second time from DIGESTS.md, in Python, when it was written.
TEST(Digests, AreGolden) {
  const Digests digests =
      ComputeDigests(Request(), ModuleHash("module"), 1, Answer());
  EXPECT_EQ(digests.request, RequestDigest(Request()));
  EXPECT_EQ(digests.request.ToHex(),
            "59b2a8dc2e0ad62783c3da53abce2ea1ca9e809920b994c8b6c243d5774df4d2");
  EXPECT_EQ(digests.reads.ToHex(),
            "29abe6c87c972eb50f520a2ab3a9ae5f69e3c187786ed63fedfac80f660de5a0");
  EXPECT_EQ(digests.effects.ToHex(),
            "e7eb4dd346197ca9a1c96ac979100e4ccacac173046af303068c49dd742506c7");
  EXPECT_EQ(digests.receipt.ToHex(),
            "aca7ef4eb4c4698f146c534e9d13bc9cb464c06539fc68aac109fecf2d971cda");
}

TEST(Digests, EveryFieldOfTheRequestCounts) {
  const base::Hash256 before = RequestDigest(Request());
  const auto differs = [&](auto change) {
    ExecuteRequest r = Request();
    change(r);
    return RequestDigest(r) != before;
  };
  EXPECT_TRUE(differs([](auto& r) { r.profile = Filled(9); }));
  EXPECT_TRUE(differs([](auto& r) { r.module_bytes = "other"; }));
  EXPECT_TRUE(differs([](auto& r) { r.activation = Activation::kActivated; }));
  EXPECT_TRUE(differs([](auto& r) { r.activated.clear(); }));
  EXPECT_TRUE(differs([](auto& r) { r.entry = "deploy"; }));
  EXPECT_TRUE(differs([](auto& r) { r.input = "output"; }));
  EXPECT_TRUE(differs([](auto& r) { r.fuel_limit += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.caller = Filled(9); }));
  EXPECT_TRUE(differs([](auto& r) { r.callee = Filled(9); }));
  EXPECT_TRUE(differs([](auto& r) { r.value += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.block.number += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.block.timestamp_ms += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.block.random = Filled(9); }));
  EXPECT_TRUE(differs([](auto& r) { r.block.minimum_balance += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.block.fee_per_fuel += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.block.instantiation_nonce += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.block.caller_is_root = true; }));
  EXPECT_TRUE(differs([](auto& r) { r.block.caller_is_origin = false; }));
  EXPECT_TRUE(differs([](auto& r) { r.limits.reads += 1; }));
  EXPECT_TRUE(differs([](auto& r) { r.limits.calls += 1; }));
}

TEST(Digests, SameMeaningSameDigest) {
  ExecuteRequest sorted = Request();
  sorted.activated = {Filled(0x02), Filled(0x03)};
  EXPECT_EQ(RequestDigest(sorted), RequestDigest(Request()));
  ExecuteRequest by_hash = Request();
  by_hash.module_hash = base::Blake2b256(by_hash.module_bytes);
  by_hash.module_bytes.clear();
  EXPECT_EQ(RequestDigest(by_hash), RequestDigest(Request()));
}

TEST(Digests, DiagnosticsAndCostsCountNowhere) {
  const Digests before =
      ComputeDigests(Request(), ModuleHash("module"), 1, Answer());
  Completed changed = Answer();
  changed.fuel.minimum = 5;
  changed.fuel.exactness = Exactness::kConditional;
  changed.fuel.by[metering::Category::kHost] = 5;
  changed.resources.reads = 5;
  const Digests after =
      ComputeDigests(Request(), ModuleHash("module"), 1, changed);
  EXPECT_EQ(after.receipt, before.receipt);
  EXPECT_EQ(after.reads, before.reads);
  changed.fuel.used += 1;
  EXPECT_NE(ComputeDigests(Request(), ModuleHash("module"), 1, changed).receipt,
            before.receipt);
  EXPECT_NE(
      ComputeDigests(Request(), ModuleHash("module"), 2, Answer()).receipt,
      before.receipt);
}

TEST(Digests, EveryPartOfTheOutcomeCounts) {
  const base::Hash256 before = EffectsDigest(Answer());
  const auto differs = [&](auto change) {
    Completed c = Answer();
    change(c);
    return EffectsDigest(c) != before;
  };
  EXPECT_TRUE(
      differs([](auto& c) { c.outcome.klass = OutcomeClass::kTrapped; }));
  EXPECT_TRUE(
      differs([](auto& c) { c.outcome.trap = interp::Trap::kUnreachable; }));
  EXPECT_TRUE(differs([](auto& c) { c.outcome.limit = Resource::kReads; }));
  EXPECT_TRUE(differs([](auto& c) { c.outcome.flags = 1; }));
  EXPECT_TRUE(differs([](auto& c) { c.outcome.data = ""; }));
  EXPECT_TRUE(differs([](auto& c) { c.effects.pop_back(); }));
  EXPECT_TRUE(differs([](auto& c) { c.effects[0].value = ""; }));
  EXPECT_TRUE(differs([](auto& c) { c.removed_accounts.clear(); }));
  EXPECT_TRUE(differs([](auto& c) { c.events[0].topics = ""; }));
}

}  // namespace
}  // namespace ashlar::engine
