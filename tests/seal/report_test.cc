// What is said of executions that fail, and what an estimate tells: where fuel
// went, what was missing and where, what would have been enough.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/engine.h"
#include "engine/estimation.h"
#include "engine/host/resources.h"
#include "engine/loader.h"
#include "engine/profile.h"
#include "engine/state/overrides.h"
#include "engine/state/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/seal/matchers.h"

namespace ashlar::testing {
namespace {

using engine::BacktraceFrame;
using engine::Diagnostics;
using engine::Estimation;
using engine::ExecuteRequest;
using engine::OutcomeClass;
using engine::Phase;
using engine::Resource;
using interp::Trap;
using metering::Category;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Storage of one byte keys: reads 1, writes 2 and 0.
constexpr char kTouch[] =
    "(drop (call $get_storage (i32.const 1) (i32.const 1) (i32.const 64)"
    " (i32.const 128)))"
    "(drop (call $set_storage (i32.const 2) (i32.const 1) (i32.const 0)"
    " (i32.const 4)))"
    "(drop (call $set_storage (i32.const 0) (i32.const 1) (i32.const 0)"
    " (i32.const 4)))";
constexpr char kTouchImports[] = "seal1.get_storage seal2.set_storage";
constexpr char kTouchData[] =
    "(data (i32.const 0) \"\\00\\01\\02\") (data (i32.const 128) \"\\40\")";

std::string Touching(absl::string_view end) {
  return Contract(kTouchImports, absl::StrCat(kTouch, end), kTouchData);
}

// Calls dd x 32 with this cap and returns what the call answers, or with
// `then` goes on.
std::string Calling(uint64_t cap, absl::string_view then = "") {
  return Contract(
      "seal1.call",
      absl::StrCat("(i32.store (i32.const 512) (call $call (i32.const 0)"
                   " (i32.const 0) (i64.const ",
                   cap,
                   ") (i32.const 64) (i32.const 64) (i32.const 0)"
                   " (i32.const -1) (i32.const 0)))",
                   then,
                   "(call $return (i32.const 0) (i32.const 512)"
                   " (i32.const 4))"),
      absl::StrCat("(data (i32.const 0) \"", Escaped(std::string(32, '\xdd')),
                   "\")"));
}

engine::ExecuteResult TryLimit(Chain& chain, ExecuteRequest request,
                               uint64_t fuel_limit) {
  request.fuel_limit = fuel_limit;
  return chain.Try(request);
}

Estimation Estimate(Chain& chain, const ExecuteRequest& request) {
  auto estimation =
      chain.engine().Estimate(request, &chain.state(), /*cancel=*/nullptr);
  EXPECT_TRUE(estimation.ok()) << estimation.status();
  return *std::move(estimation);
}

const engine::ResourceNeed& NeedOf(const Estimation& estimation,
                                   Resource resource) {
  for (const engine::ResourceNeed& need : estimation.resources) {
    if (need.resource == resource) return need;
  }
  ADD_FAILURE() << "no such resource";
  return estimation.resources.front();
}

// What is left when a charge can't be paid counts for that charge.
TEST(Shortage, TheRemainderIsOfWhatWasShort) {
  Chain chain;
  // One run, one bulk instruction, one host call.
  const std::string module =
      Contract("seal0.caller",
               "(memory.fill (i32.const 1024) (i32.const 1) (i32.const 640))"
               "(call $caller (i32.const 0) (i32.const 128))",
               kTouchData);
  const ExecuteRequest request = chain.Request(module, "call");
  const engine::Fuel full = chain.Try(request).completed->fuel;
  ASSERT_GT(full.by[Category::kMemory], 2u);
  ASSERT_GT(full.by[Category::kHost], 2u);
  const uint64_t before_memory = full.by[Category::kCompile] +
                                 full.by[Category::kInstantiate] +
                                 full.by[Category::kCompute];
  const uint64_t before_host = before_memory + full.by[Category::kMemory];
  for (uint64_t limit = 1; limit < full.used; ++limit) {
    const auto result = TryLimit(chain, request, limit);
    ASSERT_THAT(result, RunsOutOfFuel()) << limit;
    const engine::Fuel& fuel = result.completed->fuel;
    const auto& shortage = result.diagnostics.shortage;
    ASSERT_TRUE(shortage.has_value());
    ASSERT_EQ(fuel.by.Sum(), limit);
    ASSERT_GT(shortage->missing, 0u);
    for (int i = 0; i < static_cast<int>(Category::kCount); ++i) {
      const auto category = static_cast<Category>(i);
      if (category == shortage->category) {
        ASSERT_LT(fuel.by[category], full.by[category] + 1) << limit;
      } else {
        ASSERT_LE(fuel.by[category], full.by[category]) << limit;
      }
    }
    if (limit >= before_host) {
      ASSERT_EQ(shortage->category, Category::kHost);
      ASSERT_EQ(fuel.by[Category::kHost], limit - before_host);
      ASSERT_EQ(result.diagnostics.host_function, "seal0.caller");
    } else if (limit >= before_memory) {
      ASSERT_EQ(shortage->category, Category::kMemory);
      ASSERT_EQ(fuel.by[Category::kMemory], limit - before_memory);
      ASSERT_EQ(shortage->missing, before_host - limit);
    }
  }
}

TEST(Shortage, PhasesInTheirOrder) {
  Chain chain;
  const std::string module = Touching("");
  const ExecuteRequest request = chain.Request(module, "call");
  const engine::Fuel full = chain.Try(request).completed->fuel;
  const uint64_t compile = full.by[Category::kCompile];
  const uint64_t instantiate = full.by[Category::kInstantiate];
  const auto phase = [&](uint64_t limit) {
    return TryLimit(chain, request, limit).diagnostics.phase;
  };
  EXPECT_EQ(phase(compile - 1), Phase::kCompile);
  EXPECT_EQ(phase(compile), Phase::kInstantiate);
  EXPECT_EQ(phase(compile + instantiate - 1), Phase::kInstantiate);
  EXPECT_EQ(phase(compile + instantiate), Phase::kRun);
  EXPECT_EQ(phase(full.used), std::nullopt);
  // The entry itself could not be paid: it is named all the same.
  const auto result = TryLimit(chain, request, compile + instantiate);
  ASSERT_THAT(result.diagnostics.backtrace, SizeIs(1));
  EXPECT_EQ(result.diagnostics.backtrace[0].name, "call");
  EXPECT_GT(result.diagnostics.backtrace[0].offset, 0u);
}

TEST(Failure, CodesTellTheReasonsApart) {
  Chain chain;
  const auto run = [&](absl::string_view functions, absl::string_view body,
                       absl::string_view rest = "") {
    return chain.Try(chain.Request(Contract(functions, body, rest), "call"));
  };
  EXPECT_THAT(run("", "unreachable"), Traps(Trap::kUnreachable));
  const auto exhausted = run("", "(call $f)", "(func $f (call $f))");
  EXPECT_THAT(exhausted, Traps(Trap::kCallStackExhausted));
  ASSERT_TRUE(exhausted.diagnostics.limit_shortage.has_value());
  EXPECT_EQ(exhausted.diagnostics.limit_shortage->name, "stack_slots_max");
  EXPECT_EQ(exhausted.diagnostics.limit_shortage->limit,
            chain.profile().limits.stack_slots_max);
  // A frame of $f is its two links; `call` is the first function.
  EXPECT_EQ(exhausted.diagnostics.limit_shortage->needed,
            chain.profile().limits.stack_slots_max + 2);
  const auto small =
      run("seal0.caller", "(call $caller (i32.const 0) (i32.const 128))",
          "(data (i32.const 128) \"\\1f\")");
  EXPECT_THAT(small, Traps(Trap::kOutputBufferTooSmall));
  EXPECT_EQ(small.diagnostics.host_function, "seal0.caller");
  EXPECT_EQ(small.diagnostics.limit_shortage->limit, 31u);
  EXPECT_EQ(small.diagnostics.limit_shortage->needed, 32u);
  const auto large = run("seal2.set_storage",
                         "(drop (call $set_storage (i32.const 0) (i32.const 1)"
                         " (i32.const 0) (i32.const 16385)))");
  EXPECT_THAT(large, Traps(Trap::kValueTooLarge));
  EXPECT_EQ(large.diagnostics.limit_shortage->name,
            "storage_value_size_bytes_max");
  EXPECT_EQ(large.diagnostics.limit_shortage->limit, 16384u);
  EXPECT_EQ(large.diagnostics.limit_shortage->needed, 16385u);
  // What wasm does itself is in no host function.
  EXPECT_EQ(run("seal0.caller",
                "(call $caller (i32.const 0) (i32.const 128)) unreachable",
                "(data (i32.const 128) \"\\20\")")
                .diagnostics.host_function,
            "");
}

TEST(Failure, BacktraceOfATrapStandsAtTheInstruction) {
  Chain chain;
  const std::string module =
      Contract("", "(call $outer)",
               "(func $outer (call $inner)) (func $inner (unreachable))");
  const auto result = chain.Try(chain.Request(module, "call"));
  ASSERT_THAT(result.diagnostics.backtrace, SizeIs(3));
  // 0x00 is unreachable, 0x10 is call.
  EXPECT_EQ(module[result.diagnostics.backtrace[0].offset], '\x00');
  EXPECT_EQ(module[result.diagnostics.backtrace[1].offset], '\x10');
  EXPECT_EQ(module[result.diagnostics.backtrace[2].offset], '\x10');
}

TEST(Failure, CallPathAcrossContracts) {
  Chain chain;
  chain.Deploy(Account(0xdd), Touching("(loop (br 0))"));
  const std::string outer = Calling(0);
  ExecuteRequest request = chain.Request(outer, "call");
  request.fuel_limit = 100'000;
  const auto result = chain.Try(request);
  ASSERT_THAT(result, RunsOutOfFuel());
  const Diagnostics& d = result.diagnostics;
  EXPECT_EQ(d.shortage->depth, 1u);
  ASSERT_THAT(d.call_path, SizeIs(2));
  const engine::OpenContract& caller = d.call_path[0];
  const engine::OpenContract& callee = d.call_path[1];
  EXPECT_EQ(caller.account, request.callee);
  EXPECT_EQ(callee.account, Account(0xdd));
  EXPECT_EQ(caller.entry, "call");
  EXPECT_EQ(caller.phase, Phase::kRun);
  EXPECT_EQ(caller.fuel_limit, 100'000u);
  // All fuel is somewhere: the caller's calls are what the callee used.
  EXPECT_EQ(caller.by.Sum(), 100'000u);
  EXPECT_EQ(caller.by[Category::kCalls], callee.by.Sum());
  EXPECT_EQ(callee.by.Sum(), callee.fuel_limit);
  for (int i = 0; i < static_cast<int>(Category::kCount); ++i) {
    EXPECT_EQ(caller.by.by[i], result.completed->fuel.by.by[i]);
  }
  ASSERT_TRUE(caller.place.has_value());
  EXPECT_EQ(outer[caller.place->offset], '\x10');
  EXPECT_EQ(caller.place->name, "call");
  ASSERT_FALSE(d.backtrace.empty());
  EXPECT_EQ(d.backtrace[0].account, Account(0xdd));
  EXPECT_EQ(callee.place->offset, d.backtrace[0].offset);
  EXPECT_THAT(d.nested_failures, IsEmpty());
}

TEST(Failure, CalleeThatIsNotPaidForHasNoPlace) {
  Chain chain;
  chain.Deploy(Account(0xdd), Touching(""));
  const ExecuteRequest request = chain.Request(Calling(0), "call");
  const engine::Fuel full = chain.Try(request).completed->fuel;
  const auto result =
      TryLimit(chain, request, full.used - full.by[Category::kCalls] + 1 - 0);
  ASSERT_THAT(result, RunsOutOfFuel());
  ASSERT_THAT(result.diagnostics.call_path, SizeIs(2));
  EXPECT_EQ(result.diagnostics.phase, Phase::kCompile);
  EXPECT_FALSE(result.diagnostics.call_path[1].place.has_value());
  EXPECT_TRUE(result.diagnostics.call_path[0].place.has_value());
  EXPECT_THAT(result.diagnostics.backtrace, IsEmpty());
  EXPECT_EQ(result.diagnostics.host_function, "");
}

TEST(Failure, ThoseThatACallerCaughtAreListed) {
  Chain chain;
  chain.Deploy(Account(0xdd), Touching("unreachable"));
  const auto trapped = chain.Try(chain.Request(Calling(0), "call"));
  EXPECT_THAT(trapped, Returns(Le32(1)));
  ASSERT_THAT(trapped.diagnostics.nested_failures, SizeIs(1));
  const engine::NestedFailure& failure = trapped.diagnostics.nested_failures[0];
  EXPECT_EQ(failure.depth, 1u);
  EXPECT_EQ(failure.account, Account(0xdd));
  EXPECT_EQ(failure.klass, OutcomeClass::kTrapped);
  EXPECT_EQ(failure.trap, Trap::kUnreachable);
  EXPECT_EQ(failure.phase, Phase::kRun);
  ASSERT_TRUE(failure.place.has_value());
  EXPECT_EQ(failure.place->name, "call");
  EXPECT_EQ(trapped.diagnostics.phase, std::nullopt);
  // A cap of its own: the shortage is the callee's.
  const auto capped = chain.Try(chain.Request(Calling(600), "call"));
  EXPECT_THAT(capped, Returns(Le32(1)));
  ASSERT_THAT(capped.diagnostics.nested_failures, SizeIs(1));
  EXPECT_EQ(capped.diagnostics.nested_failures[0].klass,
            OutcomeClass::kOutOfFuel);
  EXPECT_EQ(capped.diagnostics.nested_failures[0].phase, Phase::kCompile);
  EXPECT_FALSE(capped.diagnostics.nested_failures[0].place.has_value());
}

TEST(Failure, ListOfNestedOnesIsBounded) {
  Chain chain;
  chain.Deploy(Account(0xdd), Contract("", "unreachable"));
  const std::string module = Contract(
      "seal1.call",
      "(local $i i32) (loop (drop (call $call (i32.const 0) (i32.const 0)"
      " (i64.const 0) (i32.const 64) (i32.const 64) (i32.const 0)"
      " (i32.const -1) (i32.const 0)))"
      " (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i)"
      " (i32.const 1))) (i32.const 40))))",
      absl::StrCat("(data (i32.const 0) \"", Escaped(std::string(32, '\xdd')),
                   "\")"));
  const auto result = chain.Try(chain.Request(module, "call"));
  EXPECT_THAT(result, Returns(""));
  EXPECT_EQ(result.completed->resources.calls, 40u);
  EXPECT_THAT(result.diagnostics.nested_failures,
              SizeIs(engine::kNestedFailuresMax));
}

TEST(Failure, OfAModuleThatIsRefused) {
  Chain chain;
  const auto result = chain.Try(chain.Request("no module", "call"));
  EXPECT_EQ(result.diagnostics.phase, Phase::kCompile);
  ASSERT_THAT(result.diagnostics.call_path, SizeIs(1));
  EXPECT_EQ(result.diagnostics.call_path[0].by.Sum(),
            result.completed->fuel.used);
}

TEST(Failure, PagesOfARunWithoutFuelCount) {
  Chain chain;
  ExecuteRequest request = chain.Request(
      Contract("", "(drop (memory.grow (i32.const 3))) (loop (br 0))"), "call");
  request.fuel_limit = 20'000;
  const auto result = chain.Try(request);
  ASSERT_THAT(result, RunsOutOfFuel());
  EXPECT_EQ(result.completed->resources.peak_pages, 5u);
}

// A limit of what is needed gives the same; one less is exceeded, and then the
// estimate says again what is needed.
TEST(Needs, AreExactForEachResource) {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), std::string(1, 1), "12345");
  chain.Deploy(Account(0xdd),
               Contract(absl::StrCat(kTouchImports, " seal0.deposit_event"),
                        absl::StrCat(kTouch,
                                     "(call $deposit_event"
                                     " (i32.const 0)"
                                     " (i32.const 0)"
                                     " (i32.const 0)"
                                     " (i32.const 8))"),
                        kTouchData));
  const ExecuteRequest request =
      chain.Request(Calling(0,
                            "(if (i32.load (i32.const 512)) (then"
                            " unreachable))"),
                    "call");
  const Estimation plain = Estimate(chain, request);
  ASSERT_THAT(plain.result, Returns(Le32(0)));
  ASSERT_THAT(plain.resources, SizeIs(10));
  for (const Resource resource : host::BoundedResources()) {
    const std::string name(engine::ResourceName(resource));
    SCOPED_TRACE(name);
    const engine::ResourceNeed& need = NeedOf(plain, resource);
    EXPECT_FALSE(need.exceeded);
    ASSERT_GT(need.needed, 0u);
    ExecuteRequest limited = request;
    ASSERT_TRUE(host::SetLimit(name, need.needed, &limited.limits));
    EXPECT_THAT(chain.Try(limited), Returns(Le32(0)));
    EXPECT_EQ(NeedOf(Estimate(chain, limited), resource).limit, need.needed);
    if (need.needed == 1) continue;  // a limit of 0 is none
    ASSERT_TRUE(host::SetLimit(name, need.needed - 1, &limited.limits));
    const Estimation exceeded = Estimate(chain, limited);
    // In the callee: its caller traps then.
    EXPECT_THAT(
        exceeded.result.completed->outcome.klass,
        ::testing::AnyOf(OutcomeClass::kTrapped, OutcomeClass::kLimitExceeded));
    EXPECT_EQ(NeedOf(exceeded, resource).needed, need.needed);
  }
}

TEST(Needs, OfWhatWasRefused) {
  Chain chain;
  ExecuteRequest request = chain.Request(Touching(""), "call");
  request.limits.writes = 1;
  const Estimation estimation = Estimate(chain, request);
  ASSERT_THAT(estimation.result, Exceeds(Resource::kWrites));
  const engine::ResourceNeed& need = NeedOf(estimation, Resource::kWrites);
  EXPECT_TRUE(need.exceeded);
  EXPECT_EQ(need.limit, 1u);
  EXPECT_EQ(need.needed, 2u);
  const Diagnostics& d = estimation.result.diagnostics;
  EXPECT_EQ(d.limit_shortage->name, "writes");
  EXPECT_EQ(d.limit_shortage->needed, 2u);
  EXPECT_EQ(d.host_function, "seal2.set_storage");
  ASSERT_FALSE(d.backtrace.empty());
  // The profile's bounds count, too.
  ExecuteRequest long_input = chain.Request(Touching(""), "call");
  long_input.input.assign((1 << 20) + 7, 'x');
  const Estimation refused = Estimate(chain, long_input);
  ASSERT_THAT(refused.result, Exceeds(Resource::kInputSize));
  EXPECT_EQ(NeedOf(refused, Resource::kInputSize).limit, uint64_t{1} << 20);
  EXPECT_EQ(NeedOf(refused, Resource::kInputSize).needed, (1u << 20) + 7);
  EXPECT_EQ(refused.result.diagnostics.phase, Phase::kPrepare);
  EXPECT_THAT(refused.result.diagnostics.call_path, IsEmpty());
}

// What is refused as a whole is in no amount that was used.
TEST(Needs, OfReturnDataThatWasRefused) {
  engine::Profile tight = *engine::ProfileSet::BuiltIn().FindByName("seal-1");
  tight.name = "tight";
  tight.limits.return_size_bytes_max = 8;
  engine::ProfileSet profiles;
  ASSERT_TRUE(profiles.Add(tight).ok());
  engine::Engine engine({.profiles = &profiles});
  Chain chain;
  ExecuteRequest request = chain.Request(
      Contract("", "(call $return (i32.const 0) (i32.const 0) (i32.const 9))"),
      "call");
  request.profile = profiles.FindByName("tight")->digest;
  const auto estimation = engine.Estimate(request, &chain.state(), nullptr);
  ASSERT_TRUE(estimation.ok()) << estimation.status();
  const engine::ResourceNeed& need = NeedOf(*estimation, Resource::kReturnSize);
  EXPECT_TRUE(need.exceeded);
  EXPECT_EQ(need.limit, 8u);
  EXPECT_EQ(need.needed, 9u);
}

std::vector<std::string> Describe(const std::vector<engine::Access>& list) {
  std::vector<std::string> texts;
  for (const engine::Access& access : list) {
    texts.push_back(absl::StrCat(
        access.key.account == Account(0xc0) ? "" : "other ",
        static_cast<int>(access.key.kind), " ",
        access.key.key.empty() ? "" : std::string(1, '0' + access.key.key[0]),
        access.read ? " r" : "", access.written ? " w" : ""));
  }
  return texts;
}

TEST(AccessList, IsTheSameWhereTheCallFails) {
  Chain chain;
  for (const char* end : {"", "unreachable", "(loop (br 0))"}) {
    ExecuteRequest request = chain.Request(Touching(end), "call");
    request.fuel_limit = 1'000'000;
    const Estimation estimation = Estimate(chain, request);
    EXPECT_THAT(Describe(estimation.access),
                ElementsAre("4 0 r w", "4 1 r", "4 2 r w"));
    EXPECT_EQ(estimation.result.completed->effects.empty(), *end != '\0');
    EXPECT_EQ(estimation.result.completed->digests.receipt,
              chain.Try(request).completed->digests.receipt);
  }
}

TEST(AccessList, HoldsWhatRevertedCalleesWrote) {
  Chain chain;
  chain.Deploy(Account(0xdd), Touching("unreachable"));
  const Estimation estimation =
      Estimate(chain, chain.Request(Calling(0), "call"));
  EXPECT_THAT(estimation.result, Returns(Le32(1)));
  EXPECT_THAT(Describe(estimation.access),
              ElementsAre("other 2  r", "other 4 0 r w", "other 4 1 r",
                          "other 4 2 r w"));
}

TEST(Overrides, AreAsIfTheStateHeldThem) {
  Chain chain;
  const ExecuteRequest request = chain.Request(Calling(0), "call");
  EXPECT_THAT(Estimate(chain, request).result, Returns(Le32(8)));
  state::Overrides overrides;
  const std::string module = Touching("");
  ASSERT_TRUE(overrides.AddModule(module).ok());
  ASSERT_TRUE(overrides
                  .Set({Account(0xdd), state::Kind::kCode, {}},
                       state::EncodeCode(engine::ModuleHash(module)))
                  .ok());
  ASSERT_TRUE(
      overrides
          .Set({Account(0xdd), state::Kind::kStorage, std::string(1, 1)},
               "hello")
          .ok());
  state::OverridingReader reader(&overrides, &chain.state());
  const auto assumed = chain.engine().Estimate(request, &reader, nullptr);
  ASSERT_TRUE(assumed.ok());
  EXPECT_THAT(assumed->result, Returns(Le32(0)));
  // The same call on a state that holds it has the same digests.
  chain.Deploy(Account(0xdd), module);
  chain.state().SetStorage(Account(0xdd), std::string(1, 1), "hello");
  const auto real = chain.Try(request);
  EXPECT_EQ(assumed->result.completed->digests.reads,
            real.completed->digests.reads);
  EXPECT_EQ(assumed->result.completed->digests.receipt,
            real.completed->digests.receipt);
}

}  // namespace
}  // namespace ashlar::testing
