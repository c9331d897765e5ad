// The facade: statuses, missing state, limits, what must not matter.

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/engine.h"
#include "engine/loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/seal/matchers.h"

namespace ashlar::testing {
namespace {

using engine::ExecuteRequest;
using engine::Resource;
using interp::Trap;
using ::testing::ElementsAre;

std::string Echo() {
  return Contract("seal0.input",
                  "(call $input (i32.const 0) (i32.const 256))"
                  "(call $return (i32.const 0) (i32.const 0)"
                  " (i32.load (i32.const 256)))",
                  "(data (i32.const 256) \"\\40\")");
}

absl::StatusCode CodeOf(Chain& chain, const ExecuteRequest& request) {
  return chain.engine()
      .Execute(request, &chain.state(), nullptr)
      .status()
      .code();
}

TEST(Status, OnlyForWhatTheOperatorControls) {
  Chain chain;
  const ExecuteRequest good = chain.Request(Echo(), "call");
  EXPECT_EQ(CodeOf(chain, good), absl::StatusCode::kOk);
  ExecuteRequest request = good;
  request.profile = {};
  EXPECT_EQ(CodeOf(chain, request), absl::StatusCode::kInvalidArgument);
  request.profile = Account(1);
  EXPECT_EQ(CodeOf(chain, request), absl::StatusCode::kFailedPrecondition);
  request = good;
  request.fuel_limit = 0;
  EXPECT_EQ(CodeOf(chain, request), absl::StatusCode::kInvalidArgument);
  request.fuel_limit = (uint64_t{1} << 56) + 1;
  EXPECT_EQ(CodeOf(chain, request), absl::StatusCode::kInvalidArgument);
  request = good;
  request.activation = static_cast<engine::Activation>(0);
  EXPECT_EQ(CodeOf(chain, request), absl::StatusCode::kInvalidArgument);
  request = good;
  request.module_bytes.clear();
  request.module_hash = Account(5);
  EXPECT_EQ(CodeOf(chain, request), absl::StatusCode::kNotFound);
  EXPECT_EQ(chain.engine().Execute(good, nullptr, nullptr).status().code(),
            absl::StatusCode::kInvalidArgument);
  const std::atomic<bool> cancel = true;
  EXPECT_EQ(chain.engine()
                .Execute(chain.Request(Echo(), "call"), &chain.state(), &cancel)
                .status()
                .code(),
            absl::StatusCode::kCancelled);
}

class BrokenStore : public state::Reader {
 public:
  absl::StatusOr<state::ReadResult> Read(const state::Key&) override {
    return absl::DataLossError("the store is broken");
  }
  absl::StatusOr<state::ModuleResult> Module(const base::Hash256&) override {
    return absl::UnavailableError("no modules today");
  }
};

TEST(Status, OfTheReaderPassThrough) {
  Chain chain;
  BrokenStore broken;
  const std::string module = Contract(
      "seal0.balance", "(call $balance (i32.const 0) (i32.const 256))");
  ExecuteRequest request = chain.Request(module, "call");
  EXPECT_EQ(chain.engine().Execute(request, &broken, nullptr).status().code(),
            absl::StatusCode::kDataLoss);
  request.module_bytes.clear();
  request.module_hash = Account(5);
  EXPECT_EQ(chain.engine().Execute(request, &broken, nullptr).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(NeedsState, NamesWhatIsMissing) {
  Chain chain;
  state::InlineState unknown(state::MissingKeys::kUnknown);
  const std::string module =
      Contract("seal1.get_storage",
               "(drop (call $get_storage (i32.const 0) (i32.const 3)"
               " (i32.const 64) (i32.const 128)))",
               "(data (i32.const 0) \"key\") (data (i32.const 128) \"\\40\")");
  ExecuteRequest request = chain.Request(module, "call");
  auto result = chain.engine().Execute(request, &unknown, nullptr);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->completed.has_value());
  const state::Key key = {Account(0xc0), state::Kind::kStorage, "key"};
  EXPECT_THAT(result->needs_state->keys, ElementsAre(key));
  unknown.Set(key, "value");
  result = chain.engine().Execute(request, &unknown, nullptr);
  EXPECT_THAT(*result, Returns(""));
  // The module itself.
  request.module_bytes.clear();
  request.module_hash = engine::ModuleHash(module);
  result = chain.engine().Execute(request, &unknown, nullptr);
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->needs_state->modules, ElementsAre(request.module_hash));
  unknown.AddModule(module);
  EXPECT_THAT(*chain.engine().Execute(request, &unknown, nullptr), Returns(""));
}

TEST(Outermost, ModuleByHashAndByTheCalleesCode) {
  Chain chain;
  ExecuteRequest by_bytes = chain.Request(Echo(), "call", "hi");
  chain.Deploy(by_bytes.callee, Echo());
  ExecuteRequest by_hash = by_bytes;
  by_hash.module_bytes.clear();
  by_hash.module_hash = engine::ModuleHash(Echo());
  const auto from_bytes = chain.Try(by_bytes);
  const auto from_hash = chain.Try(by_hash);
  EXPECT_THAT(from_hash, Returns("hi"));
  EXPECT_EQ(from_hash.completed->digests.receipt,
            from_bytes.completed->digests.receipt);
  ExecuteRequest by_code = by_hash;
  by_code.module_hash = {};
  EXPECT_THAT(chain.Try(by_code), Returns("hi"));
  by_code.callee = Account(0x99);
  EXPECT_THAT(chain.Try(by_code), Traps(Trap::kCodeNotFound));
}

TEST(Outermost, EntryNames) {
  Chain chain;
  for (const char* entry : {"", "main", "Call", "deploy2"}) {
    const auto result = chain.Try(chain.Request(Echo(), entry));
    EXPECT_THAT(result, Traps(Trap::kEntryNotFound));
    EXPECT_EQ(result.completed->fuel.used,
              engine::CompileFuel(chain.profile().schedule, Echo().size()));
  }
}

TEST(Outermost, DeploySetsTheCode) {
  Chain chain;
  const auto good = chain.Try(chain.Request(Echo(), "deploy"));
  ASSERT_EQ(good.completed->effects.size(), 1u);
  EXPECT_EQ(good.completed->effects[0].key.kind, state::Kind::kCode);
  EXPECT_EQ(good.completed->effects[0].value,
            std::string(engine::ModuleHash(Echo()).view()));
  const std::string bad = ContractWithDeploy("", "unreachable", "");
  EXPECT_TRUE(
      chain.Try(chain.Request(bad, "deploy")).completed->effects.empty());
}

TEST(Outermost, ValueIsPaidOrTheCallFails) {
  Chain chain;
  ExecuteRequest request = chain.Request(Echo(), "call");
  request.value = 10;
  const auto poor = chain.Try(request);
  EXPECT_THAT(poor, Traps(Trap::kTransferFailed));
  EXPECT_GT(poor.completed->fuel.used, 0u);
  chain.state().SetBalance(request.caller, 11);
  const auto paid = chain.Try(request);
  EXPECT_THAT(paid, Returns(""));
  EXPECT_EQ(paid.completed->effects.size(), 2u);
}

TEST(Outermost, RejectedModuleCostsItsCompilation) {
  Chain chain;
  const std::string bytes("\0asm\1\0\0\0", 8);
  const auto result = chain.Try(chain.Request(bytes, "call"));
  EXPECT_EQ(result.completed->outcome.klass,
            engine::OutcomeClass::kModuleRejected);
  EXPECT_GE(result.completed->outcome.violations.size(), 3u);
  EXPECT_EQ(result.completed->fuel.used,
            engine::CompileFuel(chain.profile().schedule, bytes.size()));
  const auto violations =
      chain.engine().ValidateModule(bytes, chain.profile().digest);
  ASSERT_TRUE(violations.ok());
  EXPECT_EQ(violations->size(), result.completed->outcome.violations.size());
}

TEST(Outermost, ActivatedModulesAreCheaper) {
  Chain chain;
  ExecuteRequest request = chain.Request(Echo(), "call");
  const uint64_t fresh = chain.Try(request).completed->fuel.used;
  request.activation = engine::Activation::kActivated;
  const uint64_t activated = chain.Try(request).completed->fuel.used;
  const metering::Schedule& s = chain.profile().schedule;
  EXPECT_EQ(fresh - activated,
            engine::CompileFuel(s, Echo().size()) - engine::ActivatedFuel(s));
}

TEST(Outermost, WithoutAnAbiAnyFunctionIsAnEntry) {
  Chain chain("strict-1");
  const std::string module =
      Wat("(module (func (export \"go\")) (func (export \"f\") (param i32))"
          "(func (export \"bad\") unreachable))");
  EXPECT_THAT(chain.Try(chain.Request(module, "go")), Returns(""));
  EXPECT_THAT(chain.Try(chain.Request(module, "bad")),
              Traps(Trap::kUnreachable));
  EXPECT_THAT(chain.Try(chain.Request(module, "f")),
              Traps(Trap::kEntryNotFound));
}

TEST(Outermost, StartRunsBeforeTheEntryWhereTheProfileAllowsIt) {
  Chain chain("relaxed-1");
  const std::string module =
      Wat("(module (global $g (mut i32) (i32.const 0)) (func $s (global.set $g"
          " (i32.const 1))) (start $s) (func (export \"go\") (if (i32.eqz"
          " (global.get $g)) (then unreachable))))");
  EXPECT_THAT(chain.Try(chain.Request(module, "go")), Returns(""));
}

// Two reads, one write, one event.
std::string Busy() {
  return Contract(
      "seal1.get_storage seal2.set_storage seal0.deposit_event",
      "(drop (call $get_storage (i32.const 0) (i32.const 1) (i32.const 64)"
      " (i32.const 128)))"
      "(drop (call $get_storage (i32.const 0) (i32.const 2) (i32.const 64)"
      " (i32.const 128)))"
      "(drop (call $set_storage (i32.const 0) (i32.const 1) (i32.const 0)"
      " (i32.const 4)))"
      "(call $deposit_event (i32.const 0) (i32.const 0) (i32.const 0)"
      " (i32.const 8))",
      "(data (i32.const 128) \"\\40\")");
}

TEST(Limits, EachResourceHasOne) {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), std::string(1, 0), "12345");
  const auto with = [&](uint64_t engine::ResourceLimits::* field,
                        uint64_t limit) {
    ExecuteRequest request = chain.Request(Busy(), "call");
    request.limits.*field = limit;
    return chain.Try(request);
  };
  using L = engine::ResourceLimits;
  const engine::Resources used = with(&L::reads, 0).completed->resources;
  const struct {
    uint64_t L::* field;
    uint64_t engine::Resources::* used;
    Resource resource;
  } rows[] = {
      {&L::reads, &engine::Resources::reads, Resource::kReads},
      {&L::read_bytes, &engine::Resources::read_bytes, Resource::kReadBytes},
      {&L::write_bytes, &engine::Resources::write_bytes, Resource::kWriteBytes},
      {&L::event_bytes, &engine::Resources::event_bytes, Resource::kEventBytes},
      {&L::peak_pages, &engine::Resources::peak_pages, Resource::kPeakPages},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(engine::ResourceName(row.resource)));
    ASSERT_GT(used.*row.used, 1u);
    EXPECT_THAT(with(row.field, used.*row.used), Returns(""));
    const auto exceeded = with(row.field, used.*row.used - 1);
    EXPECT_THAT(exceeded, Exceeds(row.resource));
    EXPECT_EQ(exceeded.completed->fuel.by.Sum(), exceeded.completed->fuel.used);
  }
  EXPECT_EQ(used.writes, 1u);
  EXPECT_EQ(used.events, 1u);
}

TEST(Limits, NestedOneTrapsTheCallee) {
  Chain chain;
  chain.Deploy(Account(0xdd), Busy());
  const std::string caller =
      Contract("seal1.call",
               "(i32.store (i32.const 512) (call $call (i32.const 0)"
               " (i32.const 0) (i64.const 0) (i32.const 64) (i32.const 64)"
               " (i32.const 0) (i32.const -1) (i32.const 0)))"
               "(call $return (i32.const 0) (i32.const 512) (i32.const 4))",
               absl::StrCat("(data (i32.const 0) \"",
                            Escaped(std::string(32, '\xdd')), "\")"));
  ExecuteRequest request = chain.Request(caller, "call");
  EXPECT_THAT(chain.Try(request), Returns(Le32(0)));
  request.limits.event_bytes = 7;
  EXPECT_THAT(chain.Try(request), Returns(Le32(1)));
  request.limits = {};
  request.limits.calls = 1;
  EXPECT_THAT(chain.Try(request), Returns(Le32(0)));
  // Pages of both contracts together; the caller's own are within the limit.
  request.limits = {};
  request.limits.peak_pages = 3;
  EXPECT_THAT(chain.Try(request), Returns(Le32(1)));
}

// The limit holds at the very growth, after it was paid: what comes behind it
// does not run.
TEST(Limits, PeakPagesBindInsideMemoryGrow) {
  Chain chain;
  const std::string module =
      Contract("", "(drop (memory.grow (i32.const 4))) (loop $l (br $l))");
  ExecuteRequest request = chain.Request(module, "call");
  request.fuel_limit = 1'000'000;
  request.limits.peak_pages = 6;
  EXPECT_EQ(chain.Try(request).completed->outcome.klass,
            engine::OutcomeClass::kOutOfFuel);
  request.limits.peak_pages = 5;
  const auto result = chain.Try(request);
  EXPECT_THAT(result, Exceeds(Resource::kPeakPages));
  const engine::Completed& completed = *result.completed;
  EXPECT_EQ(completed.resources.peak_pages, 6u);
  EXPECT_EQ(completed.fuel.by[metering::Category::kMemory],
            4 * chain.profile().schedule.memory_grow_page);
  request.fuel_limit = completed.fuel.used;
  EXPECT_THAT(chain.Try(request), Exceeds(Resource::kPeakPages));
  --request.fuel_limit;
  EXPECT_EQ(chain.Try(request).completed->outcome.klass,
            engine::OutcomeClass::kOutOfFuel);
}

TEST(Limits, InputAndReturnData) {
  Chain chain;
  ExecuteRequest request =
      chain.Request(Echo(), "call", std::string((1 << 20) + 1, 'x'));
  const auto result = chain.Try(request);
  EXPECT_THAT(result, Exceeds(Resource::kInputSize));
  EXPECT_EQ(result.completed->digests.request, engine::RequestDigest(request));
  EXPECT_EQ(result.completed->fuel.used, 0u);
}

// The outcome is a function of profile, call and reads: everything else may
// change and the digests stay.
TEST(Determinism, OnlyWhatWasReadMatters) {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), std::string(1, 0), "12345");
  const ExecuteRequest request = chain.Request(Busy(), "call");
  const auto before = chain.Try(request);
  chain.state().SetStorage(Account(0xc0), "other", "entry");
  chain.state().SetBalance(Account(0xc0), 99);
  chain.Deploy(Account(0x55), Echo());
  const auto after = chain.Try(request);
  EXPECT_EQ(after.completed->digests.reads, before.completed->digests.reads);
  EXPECT_EQ(after.completed->digests.receipt,
            before.completed->digests.receipt);
  chain.state().SetStorage(Account(0xc0), std::string(1, 0), "12346");
  EXPECT_NE(chain.Try(request).completed->digests.reads,
            before.completed->digests.reads);
}

// What host functions write for one contract is not there for the next one,
// which gets the same memory.
TEST(Determinism, NothingOfAnotherContractIsInMemory) {
  const std::string writer = Contract(
      "seal0.input seal0.hash_blake2_256 seal0.now",
      "(i32.store (i32.const 65544) (i32.const 64))"
      "(call $input (i32.const 70000) (i32.const 65544))"
      "(call $hash_blake2_256 (i32.const 0) (i32.const 4) (i32.const 110000))"
      "(i32.store (i32.const 30000) (i32.const 8))"
      "(call $now (i32.const 131064) (i32.const 30000))");
  // Or of all words, looked at before anything is written.
  const std::string reader =
      Contract("",
               "(i64.store (i32.const 0) (call $all))"
               "(call $return (i32.const 0) (i32.const 0) (i32.const 8))",
               "(func $all (result i64) (local $i i32) (local $or i64)"
               " (loop $l"
               "  (local.set $or (i64.or (local.get $or)"
               "   (i64.load (local.get $i))))"
               "  (br_if $l (i32.lt_u (local.tee $i"
               "   (i32.add (local.get $i) (i32.const 8)))"
               "   (i32.const 131072))))"
               " (local.get $or))");
  Chain chain;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(chain.Try(chain.Request(writer, "call", "an input of 21 bytes."))
                  .completed->outcome.klass,
              engine::OutcomeClass::kReturned);
    EXPECT_EQ(chain.Try(chain.Request(reader, "call")).completed->outcome.data,
              std::string(8, '\0'));
  }
}

// A value of fixed size and one of any, each the only write that is not at the
// beginning of the memory.
TEST(Determinism, NothingOfOneHostFunctionIsInMemory) {
  const char* const kWriters[] = {
      "(call $hash_blake2_256 (i32.const 0) (i32.const 4) (i32.const 110000))",
      "(call $input (i32.const 110000) (i32.const 128))",
  };
  const std::string reader =
      Contract("",
               "(i64.store (i32.const 0) (i64.load (i32.const 110000)))"
               "(call $return (i32.const 0) (i32.const 0) (i32.const 8))");
  for (const char* calls : kWriters) {
    Chain chain;
    const auto written = chain.Try(
        chain.Request(Contract("seal0.input seal0.hash_blake2_256", calls,
                               "(data (i32.const 128) \"\\40\")"),
                      "call", "an input of 21 bytes."));
    EXPECT_EQ(written.completed->outcome.klass,
              engine::OutcomeClass::kReturned);
    EXPECT_EQ(chain.Try(chain.Request(reader, "call")).completed->outcome.data,
              std::string(8, '\0'))
        << calls;
  }
}

TEST(Determinism, UnreadContextDoesNotMatterToTheEffects) {
  Chain chain;
  ExecuteRequest request = chain.Request(Busy(), "call");
  const auto before = chain.Try(request);
  request.block = {.number = 7,
                   .timestamp_ms = 8,
                   .random = Account(9),
                   .minimum_balance = 10,
                   .fee_per_fuel = 11,
                   .instantiation_nonce = 12,
                   .caller_is_root = true,
                   .caller_is_origin = false};
  const auto after = chain.Try(request);
  EXPECT_TRUE(after.completed->context_reads.empty());
  EXPECT_EQ(after.completed->digests.effects,
            before.completed->digests.effects);
  EXPECT_EQ(after.completed->digests.reads, before.completed->digests.reads);
  EXPECT_NE(after.completed->digests.request,
            before.completed->digests.request);
}

TEST(Cache, HoldsWithinItsSizeAndChangesNothing) {
  Chain small("seal-1", 10'000);
  Chain none("seal-1", 0);
  for (int i = 0; i < 50; ++i) {
    const std::string module = Contract(
        "", absl::StrCat("(drop (i32.const ", i % 7, "))"),
        absl::StrCat("(data (i32.const 0) \"", std::string(i % 7, 'x'), "\")"));
    EXPECT_EQ(
        small.Try(small.Request(module, "call")).completed->digests.receipt,
        none.Try(none.Request(module, "call")).completed->digests.receipt);
  }
}

}  // namespace
}  // namespace ashlar::testing
