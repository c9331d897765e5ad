// Nested calls of the seal ABI: results, rollback, locks, limits, fuel.

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/loader.h"
#include "gtest/gtest.h"
#include "tests/seal/matchers.h"

namespace ashlar::testing {
namespace {

using interp::Trap;
using metering::Category;

constexpr uint8_t kCallee = 0xdd;
const char kReturnWord[] =
    "(call $return (i32.const 0) (i32.const 512) (i32.const 4))";

// Account of the callee at 0, value at 32 (16 bytes), input "in" at 64, the
// length word 64 at 128; the output goes to 256, results to 512.
std::string Data(unsigned __int128 value = 0, uint8_t callee = kCallee) {
  return absl::StrCat(
      "(data (i32.const 0) \"", Escaped(std::string(32, callee)),
      "\") (data (i32.const 32) \"", Escaped(Le128(value)),
      "\") (data (i32.const 64) \"in\") (data (i32.const 128) \"\\40\")");
}

// seal1.call with these flags and this fuel cap.
std::string Call(int flags, int64_t cap = 0, int output = 256) {
  return absl::StrCat("(call $call (i32.const ", flags,
                      ") (i32.const 0) (i64.const ", cap,
                      ") (i32.const 32) (i32.const 64) (i32.const 2)"
                      " (i32.const ",
                      output, ") (i32.const 128))");
}

// Calls once and returns the code; 256.. holds the output.
std::string Caller(int flags, int64_t cap = 0, unsigned __int128 value = 0,
                   uint8_t callee = kCallee) {
  return Contract("seal1.call",
                  absl::StrCat("(i32.store (i32.const 512) ", Call(flags, cap),
                               ")", kReturnWord),
                  Data(value, callee));
}

// Calls and returns the output.
std::string Forwarder(int flags) {
  return Contract("seal1.call",
                  absl::StrCat("(drop ", Call(flags),
                               ") (call $return (i32.const 0) (i32.const 256)"
                               " (i32.load (i32.const 128)))"),
                  Data());
}

// Returns its input with these flags, after writing it to storage.
std::string Echo(int return_flags = 0) {
  return Contract(
      "seal0.input seal2.set_storage",
      absl::StrCat("(call $input (i32.const 0) (i32.const 128))"
                   "(drop (call $set_storage (i32.const 0) (i32.const 1)"
                   " (i32.const 0) (i32.load (i32.const 128))))"
                   "(call $return (i32.const ",
                   return_flags, ") (i32.const 0) (i32.load (i32.const 128)))"),
      "(data (i32.const 128) \"\\40\")");
}

std::string Loop() { return Contract("", "(loop $l (br $l))"); }

std::string Trapping() { return Contract("", "unreachable"); }

TEST(Calls, OutputAndEffectsOfTheCallee) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  const auto result = chain.Execute(chain.Request(Forwarder(0), "call"));
  EXPECT_THAT(result, Returns("in"));
  ASSERT_EQ(result.completed->effects.size(), 1u);
  EXPECT_EQ(result.completed->effects[0].key.account, Account(kCallee));
  EXPECT_EQ(result.completed->resources.calls, 1u);
  EXPECT_EQ(result.completed->resources.peak_pages, 4u);
}

TEST(Calls, Codes) {
  Chain chain;
  EXPECT_THAT(chain.Try(chain.Request(Caller(0), "call")), Returns(Le32(8)));
  chain.Deploy(Account(kCallee), Echo());
  EXPECT_THAT(chain.Try(chain.Request(Caller(0), "call")), Returns(Le32(0)));
  chain.Deploy(Account(kCallee), Echo(1));
  EXPECT_THAT(chain.Try(chain.Request(Caller(0), "call")), Returns(Le32(2)));
  chain.Deploy(Account(kCallee), Trapping());
  EXPECT_THAT(chain.Try(chain.Request(Caller(0), "call")), Returns(Le32(1)));
  chain.Deploy(Account(kCallee), "no module");
  EXPECT_THAT(chain.Try(chain.Request(Caller(0), "call")), Returns(Le32(1)));
  chain.state().SetCode(Account(kCallee), Account(0x99));
  EXPECT_THAT(chain.Try(chain.Request(Caller(0), "call")), Returns(Le32(7)));
  // A value without money.
  chain.Deploy(Account(kCallee), Echo());
  EXPECT_THAT(chain.Try(chain.Request(Caller(0, 0, 5), "call")),
              Returns(Le32(5)));
}

TEST(Calls, RevertKeepsDataAndDropsWrites) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo(1));
  EXPECT_THAT(chain.Try(chain.Request(Forwarder(0), "call")), Returns("in"));
  EXPECT_TRUE(chain.Try(chain.Request(Forwarder(0), "call"))
                  .completed->effects.empty());
}

TEST(Calls, OutermostRevert) {
  Chain chain;
  auto request = chain.Request(Echo(1), "call", "data");
  EXPECT_THAT(chain.Try(request), Reverts("data"));
}

TEST(Calls, ValueMovesAndComesBack) {
  Chain chain;
  chain.state().SetBalance(Account(0xc0), 100);
  chain.Deploy(Account(kCallee), Echo());
  const auto paid = chain.Try(chain.Request(Caller(0, 0, 99), "call"));
  EXPECT_THAT(paid, Returns(Le32(0)));
  EXPECT_EQ(paid.completed->effects.size(), 3u);  // two balances, one key
  // One more would leave less than the existential deposit.
  EXPECT_THAT(chain.Try(chain.Request(Caller(0, 0, 100), "call")),
              Returns(Le32(5)));
  chain.Deploy(Account(kCallee), Trapping());
  const auto back = chain.Try(chain.Request(Caller(0, 0, 99), "call"));
  EXPECT_THAT(back, Returns(Le32(1)));
  EXPECT_TRUE(back.completed->effects.empty());
}

TEST(Calls, TailCallEndsTheCaller) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  EXPECT_THAT(chain.Try(chain.Request(Caller(4), "call")), Returns("in"));
  chain.Deploy(Account(kCallee), Echo(1));
  EXPECT_THAT(chain.Try(chain.Request(Caller(4), "call")), Reverts("in"));
  // A trap is not handed on: the caller goes on with its code.
  chain.Deploy(Account(kCallee), Trapping());
  EXPECT_THAT(chain.Try(chain.Request(Caller(4), "call")), Returns(Le32(1)));
}

TEST(Calls, InputIsClonedOrForwarded) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  EXPECT_THAT(chain.Try(chain.Request(Forwarder(2), "call", "mine")),
              Returns("mine"));
  EXPECT_THAT(chain.Try(chain.Request(Forwarder(1), "call", "mine")),
              Returns("mine"));
  const std::string twice = Contract(
      "seal1.call", absl::StrCat("(drop ", Call(1), ")(drop ", Call(1), ")"),
      Data());
  EXPECT_THAT(chain.Try(chain.Request(twice, "call")),
              Traps(Trap::kInputForwarded));
  const std::string input_after =
      Contract("seal1.call seal0.input",
               absl::StrCat("(drop ", Call(1),
                            ")(call $input (i32.const 256) (i32.const 128))"),
               Data());
  EXPECT_THAT(chain.Try(chain.Request(input_after, "call")),
              Traps(Trap::kInputForwarded));
}

TEST(Calls, UnknownFlagsTrap) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  EXPECT_THAT(chain.Try(chain.Request(Caller(32), "call")),
              Traps(Trap::kInvalidCallFlags));
  const std::string bad_return =
      Contract("", "(call $return (i32.const 2) (i32.const 0) (i32.const 0))");
  EXPECT_THAT(chain.Try(chain.Request(bad_return, "call")),
              Traps(Trap::kInvalidCallFlags));
}

TEST(Calls, OutputBuffer) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  const auto with_capacity = [&](absl::string_view capacity, int output) {
    return chain.Try(chain.Request(
        Contract(
            "seal1.call", absl::StrCat("(drop ", Call(0, 0, output), ")"),
            absl::StrCat(Data(), "(data (i32.const 128) \"", capacity, "\")")),
        "call"));
  };
  EXPECT_THAT(with_capacity("\\02", 256), Returns(""));
  EXPECT_THAT(with_capacity("\\01", 256), Traps(Trap::kOutputBufferTooSmall));
  EXPECT_THAT(with_capacity("\\01", -1), Returns(""));  // skipped
  EXPECT_THAT(with_capacity("\\02", 2 * 65536 - 1),
              Traps(Trap::kOutOfBoundsMemoryAccess));
}

TEST(Calls, ReentryNeedsTheFlag) {
  Chain chain;
  // Calls its caller back.
  chain.Deploy(Account(kCallee),
               Contract("seal1.call",
                        absl::StrCat("(i32.store (i32.const 512) ", Call(8),
                                     ")", kReturnWord),
                        Data(0, 0xc0)));
  chain.Deploy(Account(0xc0), Echo());
  // The callee's attempt traps the callee.
  EXPECT_THAT(chain.Try(chain.Request(Caller(0), "call")), Returns(Le32(1)));
  EXPECT_THAT(chain.Try(chain.Request(Caller(8), "call")), Returns(Le32(0)));
  // A contract is locked against itself, too.
  EXPECT_THAT(chain.Try(chain.Request(Caller(0, 0, 0, 0xc0), "call")),
              Traps(Trap::kReentranceDenied));
  EXPECT_THAT(chain.Try(chain.Request(Caller(8, 0, 0, 0xc0), "call")),
              Returns(Le32(0)));
}

TEST(Calls, ReadOnlyIsInherited) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  EXPECT_THAT(chain.Try(chain.Request(Caller(16), "call")), Returns(Le32(1)));
  // Through a contract in between that asks for nothing itself.
  chain.Deploy(Account(0xee), Caller(0));
  const std::string outer =
      Contract("seal1.call",
               absl::StrCat("(drop ", Call(16),
                            ") (call $return (i32.const 0) (i32.const 256)"
                            " (i32.load (i32.const 128)))"),
               Data(0, 0xee));
  EXPECT_THAT(chain.Try(chain.Request(outer, "call")), Returns(Le32(1)));
}

// Where a call has a value, which read-only forbids, and is locked, too.
TEST(Calls, ReadOnlyIsLookedAtBeforeTheLock) {
  const auto reason = [](unsigned __int128 value) {
    Chain chain;
    chain.Deploy(Account(kCallee), Caller(0, 0, value));  // calls itself
    const auto result = chain.Try(chain.Request(Caller(16), "call"));
    const auto& failures = result.diagnostics.nested_failures;
    EXPECT_EQ(failures.size(), 1u);
    return failures.empty() ? Trap::kNone : failures[0].trap;
  };
  EXPECT_EQ(reason(5), Trap::kStateChangeDenied);
  EXPECT_EQ(reason(0), Trap::kReentranceDenied);
}

TEST(Calls, DepthIsLimited) {
  Chain chain;
  // Calls itself with ALLOW_REENTRY and returns 1 + what the callee returned.
  const std::string deep =
      Contract("seal1.call",
               absl::StrCat("(drop ", Call(8),
                            ")(i32.store (i32.const 512) (i32.add (i32.const 1)"
                            " (i32.load (i32.const 256))))",
                            kReturnWord),
               Data(0, 0xc0));
  chain.Deploy(Account(0xc0), deep);
  // The sixteenth may not call: it traps, and so counts as nothing.
  EXPECT_THAT(chain.Try(chain.Request(deep, "call")), Returns(Le32(15)));
}

TEST(Calls, DelegateRunsOnTheOwnAccount) {
  Chain chain;
  const std::string library = Contract(
      "seal0.caller seal0.address seal2.set_storage",
      "(call $caller (i32.const 0) (i32.const 128))"
      "(i32.store (i32.const 128) (i32.const 32))"
      "(call $address (i32.const 32) (i32.const 128))"
      "(drop (call $set_storage (i32.const 0) (i32.const 1) (i32.const 0)"
      " (i32.const 4)))"
      "(call $return (i32.const 0) (i32.const 0) (i32.const 64))",
      "(data (i32.const 128) \"\\40\")");
  const base::Hash256 hash = chain.state().AddModule(library);
  const std::string module =
      Contract("seal0.delegate_call",
               "(i32.store (i32.const 512) (call $delegate_call (i32.const 0)"
               " (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256)"
               " (i32.const 128)))"
               "(if (i32.load (i32.const 512)) (then " +
                   std::string(kReturnWord) +
                   "))(call $return (i32.const 0) (i32.const 256)"
                   " (i32.load (i32.const 128)))",
               absl::StrCat("(data (i32.const 0) \"", Escaped(hash.view()),
                            "\") (data (i32.const 128) \"\\40\")"));
  const auto result = chain.Try(chain.Request(module, "call"));
  EXPECT_THAT(result,
              Returns(std::string(32, '\x01') + std::string(32, '\xc0')));
  ASSERT_EQ(result.completed->effects.size(), 1u);
  EXPECT_EQ(result.completed->effects[0].key.account, Account(0xc0));
  // Without the module: code 7.
  Chain empty;
  EXPECT_THAT(empty.Try(empty.Request(module, "call")), Returns(Le32(7)));
}

// Instantiates the module `hash` with value 10 and the salt "s", returns the
// address, or the code where that is not 0.
std::string Factory(const base::Hash256& hash) {
  return Contract(
      "seal1.instantiate",
      "(i32.store (i32.const 512) (call $instantiate (i32.const 0)"
      " (i64.const 0) (i32.const 32) (i32.const 64) (i32.const 2)"
      " (i32.const 256) (i32.const 128) (i32.const 320) (i32.const 132)"
      " (i32.const 192) (i32.const 1)))"
      "(if (i32.load (i32.const 512)) (then " +
          std::string(kReturnWord) +
          "))(call $return (i32.const 0) (i32.const 256)"
          " (i32.load (i32.const 128)))",
      absl::StrCat("(data (i32.const 0) \"", Escaped(hash.view()),
                   "\") (data (i32.const 32) \"\\0a\")"
                   "(data (i32.const 64) \"in\")"
                   "(data (i32.const 128) \"\\40\\00\\00\\00\\40\")"
                   "(data (i32.const 192) \"s\")"));
}

TEST(Calls, InstantiateMakesAContract) {
  Chain chain;
  chain.state().SetBalance(Account(0xc0), 1000);
  const base::Hash256 hash = chain.state().AddModule(Echo());
  const auto result = chain.Execute(chain.Request(Factory(hash), "call"));
  const std::string data = result.completed->outcome.data;
  ASSERT_EQ(data.size(), 32u);
  const auto address = base::Hash256::FromBytes(data).value();
  // SEAL.md's definition, each part with its length as u32 in front.
  const auto part = [](absl::string_view bytes) {
    return Le32(static_cast<uint32_t>(bytes.size())) + std::string(bytes);
  };
  EXPECT_EQ(address, base::Blake2b256(
                         part("contract_addr_v1") + part(Account(0xc0).view()) +
                         part(hash.view()) + part("in") + part("s")));
  EXPECT_EQ(chain.state().entries().at({address, state::Kind::kCode, ""}),
            std::string(hash.view()));
  EXPECT_EQ(chain.state().entries().at({address, state::Kind::kBalance, ""}),
            Le128(10));
  // The same address again.
  EXPECT_THAT(chain.Try(chain.Request(Factory(hash), "call")),
              Traps(Trap::kDuplicateContract));
}

TEST(Calls, InstantiateFails) {
  Chain chain;
  chain.state().SetBalance(Account(0xc0), 1000);
  EXPECT_THAT(chain.Try(chain.Request(Factory(Account(9)), "call")),
              Returns(Le32(7)));
  const base::Hash256 trapping = chain.state().AddModule(
      ContractWithDeploy("", "unreachable", "unreachable"));
  const auto result = chain.Try(chain.Request(Factory(trapping), "call"));
  EXPECT_THAT(result, Returns(Le32(1)));
  EXPECT_TRUE(result.completed->effects.empty());
}

TEST(Calls, TerminateRemovesAndPays) {
  Chain chain;
  chain.state().SetBalance(Account(0xc0), 70);
  chain.state().SetBalance(Account(kCallee), 5);
  chain.state().SetStorage(Account(0xc0), "key", "value");
  const std::string module = Contract(
      "seal1.terminate", "(call $terminate (i32.const 0)) unreachable", Data());
  chain.Deploy(Account(0xc0), module);
  const auto result = chain.Execute(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns(""));
  EXPECT_EQ(result.completed->removed_accounts,
            std::vector<state::AccountId>{Account(0xc0)});
  EXPECT_EQ(
      chain.state().entries().at({Account(kCallee), state::Kind::kBalance, ""}),
      Le128(75));
  const std::string constructor = ContractWithDeploy(
      "seal1.terminate", "(call $terminate (i32.const 0))", "", Data());
  EXPECT_THAT(chain.Try(chain.Request(constructor, "deploy")),
              Traps(Trap::kTerminatedInConstructor));
}

TEST(Calls, TerminateWhileOnTheStackTwice) {
  Chain chain;
  // With input it calls itself without input; then it terminates.
  const std::string module = Contract(
      "seal1.call seal0.input seal1.terminate",
      "(call $input (i32.const 256) (i32.const 128))"
      "(if (i32.load (i32.const 128)) (then (i32.store (i32.const 512)"
      " (call $call (i32.const 8) (i32.const 0) (i64.const 0) (i32.const 32)"
      " (i32.const 64) (i32.const 0) (i32.const -1) (i32.const 0)))" +
          std::string(kReturnWord) + ")) (call $terminate (i32.const 0))",
      Data(0, 0xc0));
  chain.Deploy(Account(0xc0), module);
  EXPECT_THAT(chain.Try(chain.Request(module, "call", "x")), Returns(Le32(1)));
}

TEST(Calls, SetCodeHash) {
  Chain chain;
  const base::Hash256 hash = chain.state().AddModule(Echo());
  const std::string module = Contract(
      "seal0.set_code_hash",
      "(i32.store (i32.const 512) (call $set_code_hash (i32.const 0)))" +
          std::string(kReturnWord),
      absl::StrCat("(data (i32.const 0) \"", Escaped(hash.view()), "\")"));
  const auto result = chain.Try(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns(Le32(0)));
  ASSERT_EQ(result.completed->effects.size(), 1u);
  EXPECT_EQ(result.completed->effects[0].value, std::string(hash.view()));
  Chain empty;
  EXPECT_THAT(empty.Try(empty.Request(module, "call")), Returns(Le32(7)));
}

// FUEL.md rule 8.

TEST(CallFuel, BoundedShortageIsTheCallees) {
  Chain chain;
  chain.Deploy(Account(kCallee), Loop());
  const auto result = chain.Try(chain.Request(Caller(0, 10'000), "call"));
  EXPECT_THAT(result, Returns(Le32(1)));
  EXPECT_EQ(result.completed->fuel.by[Category::kCalls], 10'000u);
  EXPECT_EQ(result.completed->fuel.by.Sum(), result.completed->fuel.used);
}

TEST(CallFuel, UnboundedShortageIsTheAncestors) {
  Chain chain;
  chain.Deploy(Account(kCallee), Loop());
  auto request = chain.Request(Caller(0), "call");
  request.fuel_limit = 100'000;
  const auto result = chain.Try(request);
  EXPECT_THAT(result, RunsOutOfFuel());
  EXPECT_EQ(result.completed->fuel.by.Sum(), 100'000u);
  EXPECT_EQ(result.diagnostics.shortage->depth, 1u);
  // A cap above what is left is no cap.
  request = chain.Request(Caller(0, 1'000'000), "call");
  request.fuel_limit = 100'000;
  EXPECT_THAT(chain.Try(request), RunsOutOfFuel());
}

TEST(CallFuel, ShortageUnwindsToTheFrameWhoseCapBoundIt) {
  Chain chain;
  // c0 caps ee; ee calls dd without a cap; dd loops: ee cannot catch it.
  chain.Deploy(Account(kCallee), Loop());
  chain.Deploy(Account(0xee), Caller(0));
  const auto result =
      chain.Try(chain.Request(Caller(0, 50'000, 0, 0xee), "call"));
  EXPECT_THAT(result, Returns(Le32(1)));
  EXPECT_EQ(result.completed->fuel.by[Category::kCalls], 50'000u);
}

TEST(CallFuel, UnusedFuelComesBackAndUsedIsExact) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  for (const int64_t cap : {0, 20'000}) {
    auto request = chain.Request(Caller(0, cap), "call");
    const auto first = chain.Try(request);
    EXPECT_THAT(first, Returns(Le32(0)));
    const uint64_t used = first.completed->fuel.used;
    EXPECT_EQ(first.completed->fuel.minimum, used);
    request.fuel_limit = used;
    EXPECT_EQ(chain.Try(request).completed->digests.effects,
              first.completed->digests.effects);
    request.fuel_limit = used - 1;
    EXPECT_THAT(chain.Try(request), RunsOutOfFuel());
  }
}

TEST(CallFuel, EveryLimitBelowUsedRunsOut) {
  Chain chain;
  chain.Deploy(Account(kCallee), Echo());
  auto request = chain.Request(Forwarder(0), "call");
  const uint64_t used = chain.Try(request).completed->fuel.used;
  for (uint64_t limit = 1; limit < used; ++limit) {
    request.fuel_limit = limit;
    const auto result = chain.Try(request);
    ASSERT_THAT(result, RunsOutOfFuel()) << limit << " of " << used;
    ASSERT_EQ(result.completed->fuel.by.Sum(), limit);
  }
}

TEST(CallFuel, CalleesModuleIsPaidForEachTime) {
  Chain chain;
  const std::string echo = Echo();
  chain.Deploy(Account(kCallee), echo);
  auto request = chain.Request(Caller(0), "call");
  const uint64_t fresh = chain.Try(request).completed->fuel.used;
  request.activated = {engine::ModuleHash(echo)};
  const uint64_t activated = chain.Try(request).completed->fuel.used;
  const metering::Schedule& s = chain.profile().schedule;
  EXPECT_EQ(fresh - activated,
            engine::CompileFuel(s, echo.size()) - engine::ActivatedFuel(s));
}

TEST(CallFuel, ReadingFuelMakesTheMinimumConditional) {
  Chain chain;
  const std::string module =
      Contract("seal0.gas_left",
               "(call $gas_left (i32.const 256) (i32.const 128))"
               "(call $return (i32.const 0) (i32.const 256) (i32.const 8))",
               Data());
  auto request = chain.Request(module, "call");
  request.fuel_limit = 1'000'000;
  const auto result = chain.Try(request);
  const engine::Fuel& fuel = result.completed->fuel;
  EXPECT_EQ(fuel.exactness, engine::Exactness::kConditional);
  EXPECT_EQ(fuel.minimum, 1'000'000u);
  ASSERT_EQ(result.diagnostics.fuel_reads.size(), 1u);
  EXPECT_EQ(result.diagnostics.fuel_reads[0].account, Account(0xc0));
  EXPECT_GT(result.diagnostics.fuel_reads[0].offset, 0u);
  // It saw what was left after that call: only the return came after it.
  const metering::Schedule& s = chain.profile().schedule;
  const uint64_t returning = s.host_call + 1 + 8 * s.state_byte;
  EXPECT_THAT(result, Returns(Le64(1'000'000 - (fuel.used - returning))));
  // The answer depends on the limit, so an estimate can't promise less.
  const auto estimate =
      chain.engine().Estimate(request, &chain.state(), nullptr);
  ASSERT_TRUE(estimate.ok());
  EXPECT_EQ(estimate->result.completed->fuel.minimum, 1'000'000u);
}

TEST(CallFuel, EstimateTestsTheUsedFuel) {
  Chain chain;
  const std::string module =
      Contract("seal0.gas_left",
               "(call $gas_left (i32.const 256) (i32.const 128))", Data());
  const auto estimate = chain.engine().Estimate(chain.Request(module, "call"),
                                                &chain.state(), nullptr);
  ASSERT_TRUE(estimate.ok());
  const engine::Fuel& fuel = estimate->result.completed->fuel;
  EXPECT_EQ(fuel.exactness, engine::Exactness::kConditional);
  EXPECT_EQ(fuel.minimum, fuel.used);
}

}  // namespace
}  // namespace ashlar::testing
