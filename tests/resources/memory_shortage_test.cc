// Memory that runs out anywhere inside of a call of the engine or of the store
// in memory: there is a status RESOURCE_EXHAUSTED or the right answer, nothing
// in between, nothing leaks, and what was called is as good as before.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/engine.h"
#include "engine/loader.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/request.h"
#include "engine/state/memory_store.h"
#include "engine/state/overlay.h"
#include "engine/state/store.h"
#include "engine/state/value.h"
#include "gtest/gtest.h"
#include "tests/resources/failing_allocator.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::Engine;
using engine::EngineOptions;
using engine::ExecuteRequest;
using engine::ExecuteResult;
using state::VersionedStore;

// When memory runs out, and whether it did: `act` is run within.
class Shortage {
 public:
  Shortage(uint64_t n, Failing how) : n_(n), how_(how) {}

  template <typename Act>
  auto Within(Act act) {
    FailingAllocator allocator(n_, how_);
    auto result = act();
    has_failed_ = allocator.has_failed();
    return result;
  }
  bool has_failed() const { return has_failed_; }

 private:
  uint64_t n_;
  Failing how_;
  bool has_failed_ = false;
};

// What is answered, in full, as text.
using Answer = absl::StatusOr<std::string>;

// Calls with memory that runs out at the first allocation, at the second, and
// so on until there is no such allocation. `make` makes what is called afresh,
// `call` calls it within the shortage, `look` tells what is left of it.
template <typename Subject>
void FailEverywhere(
    const std::function<std::unique_ptr<Subject>()>& make,
    const std::function<Answer(Subject&, Shortage&)>& call,
    const std::function<std::string(Subject&)>& look = nullptr) {
  const auto well = [&](Subject& subject) {
    Shortage none(0, Failing::kOnce);
    return call(subject, none);
  };
  // Twice, because what is made once in a process is made here.
  std::string expected, before, after;
  for (int i = 0; i < 2; ++i) {
    const std::unique_ptr<Subject> subject = make();
    if (look) before = look(*subject);
    const Answer answer = well(*subject);
    ASSERT_TRUE(answer.ok()) << answer.status();
    expected = *answer;
    if (look) after = look(*subject);
  }
  for (const Failing how : {Failing::kOnce, Failing::kForEver}) {
    uint64_t n = 0;
    for (bool goes_on = true; goes_on;) {
      ++n;
      const int64_t live = LiveAllocations();
      {
        const std::unique_ptr<Subject> subject = make();
        Shortage shortage(n, how);
        const Answer answer = call(*subject, shortage);
        goes_on = shortage.has_failed();
        if (!answer.ok()) {
          ASSERT_TRUE(goes_on) << answer.status();
          ASSERT_EQ(answer.status().code(),
                    absl::StatusCode::kResourceExhausted)
              << "allocation " << n << ": " << answer.status();
        } else {
          ASSERT_EQ(*answer, expected) << "allocation " << n;
        }
        if (look) {
          ASSERT_EQ(look(*subject), answer.ok() ? after : before)
              << "allocation " << n << " left a half";
        }
        const Answer again = well(*subject);
        ASSERT_TRUE(again.ok()) << "allocation " << n << again.status();
        ASSERT_EQ(*again, expected) << "after allocation " << n;
        if (look) ASSERT_EQ(look(*subject), after) << "allocation " << n;
      }
      ASSERT_EQ(LiveAllocations(), live) << "allocation " << n << " leaks";
    }
    EXPECT_GT(n, 1u) << "nothing is allocated";
  }
}

// --- The engine, over the store in memory.

constexpr uint8_t kAccount = 0xc0;
constexpr uint8_t kOther = 0xd0;
constexpr uint8_t kTrapping = 0xd1;

// Reads its fuel, stores, hashes, emits an event, grows its memory, calls
// another contract, which stores, and one that traps.
std::string BusyContract() {
  const auto call = [](int account) {
    return absl::StrCat("(drop (call $call (i32.const 0) (i32.const ", account,
                        ") (i64.const 0) (i32.const 64) (i32.const 80)"
                        " (i32.const 40) (i32.const 512) (i32.const 128)))");
  };
  return Contract(
      "seal1.call seal2.set_storage seal1.get_storage seal0.deposit_event "
      "seal0.hash_blake2_256 seal0.gas_left seal0.debug_message",
      absl::StrCat(
          "(call $gas_left (i32.const 256) (i32.const 132))"
          "(drop (call $set_storage (i32.const 0) (i32.const 3)"
          " (i32.const 80) (i32.const 100)))"
          "(drop (call $get_storage (i32.const 1) (i32.const 3)"
          " (i32.const 256) (i32.const 136)))"
          "(call $hash_blake2_256 (i32.const 0) (i32.const 100)"
          " (i32.const 300))"
          "(call $deposit_event (i32.const 0) (i32.const 0)"
          " (i32.const 0) (i32.const 200))"
          "(drop (call $debug_message (i32.const 0) (i32.const 20)))"
          "(drop (memory.grow (i32.const 3)))",
          call(0), call(32),
          "(call $return (i32.const 0) (i32.const 300) (i32.const 100))"),
      absl::StrCat("(data (i32.const 0) \"",
                   Escaped(std::string(32, static_cast<char>(kOther))),
                   Escaped(std::string(32, static_cast<char>(kTrapping))),
                   "\") (data (i32.const 64) \"", Escaped(Le128(1000)),
                   "\") (data (i32.const 128) \"\\40\\00\\00\\00\\40\\00\\00"
                   "\\00\\80\\00\\00\\00\")"));
}

std::string StoringContract() {
  return Contract("seal2.set_storage",
                  "(drop (call $set_storage (i32.const 0) (i32.const 40)"
                  " (i32.const 0) (i32.const 90)))"
                  "(call $return (i32.const 0) (i32.const 0) (i32.const 5))");
}

std::string TrappingContract() {
  return Contract("", "(call $deep (i32.const 5))",
                  "(func $deep (param i32)"
                  " (if (i32.eqz (local.get 0)) (then unreachable))"
                  " (call $deep (i32.sub (local.get 0) (i32.const 1))))");
}

// Without an ABI: a start function, tables that grow, segments.
std::string RelaxedModule() {
  return Wat(
      "(module (type $t (func (result i32))) (memory 1 8)"
      "(table $t 4 100 funcref) (table 2 funcref)"
      "(global $g (mut i32) (i32.const 7)) (start $start)"
      "(elem (table $t) (i32.const 0) func $a $b)"
      "(elem $p func $a $b $a) (data $d \"passive\")"
      "(data (i32.const 9) \"active\")"
      "(func $a (result i32) (i32.const 1))"
      "(func $b (result i32) (global.get $g))"
      "(func $start (global.set $g (i32.const 8)))"
      "(func (export \"run\")"
      " (drop (table.grow $t (ref.func $a) (i32.const 50)))"
      " (table.init $t $p (i32.const 3) (i32.const 0) (i32.const 3))"
      " (memory.init $d (i32.const 100) (i32.const 0) (i32.const 7))"
      " (drop (memory.grow (i32.const 1))) (drop (memory.grow (i32.const 5)))"
      " (drop (call_indirect $t (type $t) (i32.const 30)))))");
}

// With violations of several kinds.
std::string RejectedModule() {
  return Wat("(module (import \"env\" \"memory\" (memory 1 1))"
             "(func (export \"call\") (drop (i32.const 1)))"
             "(func (export \"other\") (local f32 f64)"
             " (local.set 0 (f32.const 1))))") +
         std::string("\x0b\x01\x00", 3);
}

struct Scenario {
  const char* name;
  const char* profile;
  std::string module;
  const char* entry;
  uint64_t fuel_limit;
};

constexpr uint64_t kMuch = uint64_t{1} << 50;

const std::vector<Scenario>& Scenarios() {
  static const auto* const all = new std::vector<Scenario>{
      {"busy", "seal-1", BusyContract(), "call", kMuch},
      {"short of fuel", "seal-1", BusyContract(), "call", 20'000},
      {"trapping", "seal-1", TrappingContract(), "call", kMuch},
      {"relaxed", "relaxed-1", RelaxedModule(), "run", kMuch},
      {"rejected", "seal-1", RejectedModule(), "call", kMuch},
  };
  return *all;
}

std::unique_ptr<VersionedStore> MakeStore() {
  std::unique_ptr<VersionedStore> store = state::NewMemoryStore();
  CHECK(store->OpenNamespace("ns").ok());
  std::vector<state::Effect> effects;
  const auto deploy = [&](uint8_t account, const std::string& module) {
    const auto hash = store->PutModule(module);
    CHECK(hash.ok());
    effects.push_back({{Account(account), state::Kind::kBalance, {}},
                       state::EncodeBalance(1'000'000'000)});
    effects.push_back({{Account(account), state::Kind::kCode, {}},
                       std::string(hash->view())});
  };
  static const auto* const storing = new std::string(StoringContract());
  static const auto* const trapping = new std::string(TrappingContract());
  deploy(kAccount, *trapping);
  deploy(kOther, *storing);
  deploy(kTrapping, *trapping);
  state::CommitRequest commit;
  commit.name_space = "ns";
  commit.effects = effects;
  CHECK(store->Commit(commit).ok());
  return store;
}

// An engine and the state that it reads.
struct World {
  explicit World(const EngineOptions& options)
      : store(MakeStore()), engine(options) {}

  std::unique_ptr<state::Reader> Reader() {
    auto reader = store->Snapshot("ns", 1);
    CHECK(reader.ok());
    return *std::move(reader);
  }

  std::unique_ptr<VersionedStore> store;
  Engine engine;
};

ExecuteRequest RequestOf(const Scenario& scenario) {
  const engine::Profile* profile =
      engine::ProfileSet::BuiltIn().FindByName(scenario.profile);
  CHECK(profile != nullptr);
  ExecuteRequest request;
  request.profile = profile->digest;
  request.module_bytes = scenario.module;
  request.entry = scenario.entry;
  request.input = "input";
  request.fuel_limit = scenario.fuel_limit;
  request.caller = Account(0xa1);
  request.callee = Account(kAccount);
  return request;
}

std::string Summary(const ExecuteResult& result) {
  CHECK(result.completed.has_value());
  const engine::Completed& c = *result.completed;
  return absl::StrCat(
      engine::OutcomeName(c.outcome.klass), " receipt ",
      c.digests.receipt.ToHex(), " reads ", c.digests.reads.ToHex(), " used ",
      c.fuel.used, " minimum ", c.fuel.minimum, " effects ", c.effects.size(),
      " events ", c.events.size(), " violations ", c.outcome.violations.size(),
      " backtrace ", result.diagnostics.backtrace.size(), " ",
      result.diagnostics.message);
}

Answer Summarised(const absl::StatusOr<ExecuteResult>& result) {
  if (!result.ok()) return result.status();
  return Summary(*result);
}

Answer Execute(World& world, Shortage& shortage, const Scenario& scenario) {
  const ExecuteRequest request = RequestOf(scenario);
  const auto reader = world.Reader();
  return Summarised(shortage.Within(
      [&] { return world.engine.Execute(request, reader.get(), nullptr); }));
}

class MemoryShortageTest : public ::testing::TestWithParam<size_t> {
 protected:
  const Scenario& scenario() const { return Scenarios()[GetParam()]; }

  // Engines that have seen the module `times` before.
  static std::function<std::unique_ptr<World>()> Engines(
      const Scenario& scenario, int times, const EngineOptions& options = {}) {
    return [&scenario, times, options] {
      auto world = std::make_unique<World>(options);
      Shortage none(0, Failing::kOnce);
      for (int i = 0; i < times; ++i) {
        CHECK(Execute(*world, none, scenario).ok());
      }
      return world;
    };
  }
};

TEST_P(MemoryShortageTest, ExecuteForTheFirstTime) {
  FailEverywhere<World>(Engines(scenario(), 0),
                        [&](World& world, Shortage& shortage) {
                          return Execute(world, shortage, scenario());
                        });
}

// This is when it is translated once more, and kept.
TEST_P(MemoryShortageTest, ExecuteForTheSecondTime) {
  FailEverywhere<World>(Engines(scenario(), 1),
                        [&](World& world, Shortage& shortage) {
                          return Execute(world, shortage, scenario());
                        });
}

TEST_P(MemoryShortageTest, ExecuteWhatIsCached) {
  FailEverywhere<World>(Engines(scenario(), 3),
                        [&](World& world, Shortage& shortage) {
                          return Execute(world, shortage, scenario());
                        });
}

TEST_P(MemoryShortageTest, ExecuteWhatIsTranslatedLazily) {
  FailEverywhere<World>(Engines(scenario(), 1, {.cache_size_bytes = 0}),
                        [&](World& world, Shortage& shortage) {
                          return Execute(world, shortage, scenario());
                        });
}

TEST_P(MemoryShortageTest, ExecuteProfiled) {
  const ExecuteRequest request = RequestOf(scenario());
  FailEverywhere<World>(Engines(scenario(), 0),
                        [&](World& world, Shortage& shortage) {
                          const auto reader = world.Reader();
                          engine::FuelProfile profile;
                          const auto result = shortage.Within([&] {
                            return world.engine.ExecuteProfiled(
                                request, reader.get(), nullptr, &profile);
                          });
                          return Summarised(result);
                        });
}

TEST_P(MemoryShortageTest, Estimate) {
  const ExecuteRequest request = RequestOf(scenario());
  FailEverywhere<World>(
      Engines(scenario(), 0), [&](World& world, Shortage& shortage) -> Answer {
        const auto reader = world.Reader();
        const auto estimation = shortage.Within([&] {
          return world.engine.Estimate(request, reader.get(), nullptr);
        });
        if (!estimation.ok()) return estimation.status();
        return absl::StrCat(Summary(estimation->result), " keys ",
                            estimation->access.size(), " resources ",
                            estimation->resources.size());
      });
}

TEST_P(MemoryShortageTest, ExecuteToMark) {
  const ExecuteRequest request = RequestOf(scenario());
  FailEverywhere<World>(
      Engines(scenario(), 0), [&](World& world, Shortage& shortage) -> Answer {
        const auto reader = world.Reader();
        std::optional<engine::Mark> mark;
        const auto result = shortage.Within([&] {
          return world.engine.ExecuteToMark(request, reader.get(), 15'000,
                                            &mark, nullptr);
        });
        if (!result.ok()) return result.status();
        if (!mark.has_value()) return Summary(*result);
        return absl::StrCat("fuel ", mark->fuel, " state ", mark->state.ToHex(),
                            " frames ", mark->backtrace.size());
      });
}

TEST_P(MemoryShortageTest, ValidateModule) {
  const ExecuteRequest request = RequestOf(scenario());
  FailEverywhere<World>(Engines(scenario(), 0),
                        [&](World& world, Shortage& shortage) -> Answer {
                          const auto violations = shortage.Within([&] {
                            return world.engine.ValidateModule(
                                request.module_bytes, request.profile);
                          });
                          if (!violations.ok()) return violations.status();
                          std::string text;
                          for (const wasm::Violation& violation : *violations) {
                            absl::StrAppend(&text, violation.message, "\n");
                          }
                          return text;
                        });
}

TEST_P(MemoryShortageTest, Inspect) {
  const ExecuteRequest request = RequestOf(scenario());
  FailEverywhere<World>(
      Engines(scenario(), 0), [&](World& world, Shortage& shortage) -> Answer {
        const auto inspection = shortage.Within([&] {
          return world.engine.Inspect(request.module_bytes, request.profile);
        });
        if (!inspection.ok()) return inspection.status();
        return absl::StrCat(inspection->hash.ToHex(), " ",
                            inspection->violations.size(), " violations ",
                            inspection->imports.size(), " imports ",
                            inspection->compile_fuel, " fuel ",
                            inspection->accepted.has_value());
      });
}

INSTANTIATE_TEST_SUITE_P(Scenarios, MemoryShortageTest,
                         ::testing::Range(size_t{0}, size_t{5}),
                         [](const ::testing::TestParamInfo<size_t>& info) {
                           std::string name = Scenarios()[info.param].name;
                           for (char& c : name) c = c == ' ' ? '_' : c;
                           return name;
                         });

TEST(ScenariosTest, EndAsTheirNamesSay) {
  std::vector<std::string> ends;
  for (const Scenario& scenario : Scenarios()) {
    World world({});
    Shortage none(0, Failing::kOnce);
    const Answer answer = Execute(world, none, scenario);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ends.push_back(answer->substr(0, answer->find(' ')));
  }
  EXPECT_EQ(ends,
            (std::vector<std::string>{"returned", "out_of_fuel", "trapped",
                                      "returned", "module_rejected"}));
}

// A cache that must give up a module for another one.
TEST(CacheShortageTest, ExecuteWhereTheCacheIsFull) {
  const Scenario& first = Scenarios()[0];
  const Scenario& second = Scenarios()[2];
  FailEverywhere<World>(
      [&] {
        auto world = std::make_unique<World>(
            EngineOptions{.cache_size_bytes = 16 << 10});
        Shortage none(0, Failing::kOnce);
        for (int i = 0; i < 3; ++i) {
          CHECK(Execute(*world, none, first).ok());
        }
        CHECK(Execute(*world, none, second).ok());
        return world;
      },
      [&](World& world, Shortage& shortage) -> Answer {
        const Answer answer = Execute(world, shortage, second);
        // Whatever was left of it must be thrown out again without harm.
        Shortage none(0, Failing::kOnce);
        for (int i = 0; i < 3; ++i) {
          CHECK(Execute(world, none, first).ok());
          CHECK(Execute(world, none, second).ok());
        }
        return answer;
      });
}

// --- The store in memory.

std::string Contents(VersionedStore& store) {
  std::string text;
  const auto info = store.GetNamespaceInfo("ns");
  CHECK(info.ok());
  for (uint64_t v = info->oldest_version; v <= info->current_version; ++v) {
    const auto page = store.ListStorage("ns", v, Account(1), "", std::nullopt,
                                        state::kListLimitMax);
    CHECK(page.ok());
    absl::StrAppend(&text, "version ", v, ":");
    for (const state::StorageEntry& entry : page->entries) {
      absl::StrAppend(&text, " ", entry.key, "=", entry.value);
    }
    text += "\n";
  }
  return text;
}

// The request to commit on top of `base`, and what it refers to.
struct Commit {
  explicit Commit(uint64_t base) {
    const auto entry = [](const std::string& key,
                          std::optional<std::string> value) {
      return state::Effect{{Account(1), state::Kind::kStorage, key},
                           std::move(value)};
    };
    for (int i = 0; i < 5; ++i) {
      effects.push_back(entry(absl::StrCat(i), absl::StrCat("of ", base + 1)));
    }
    effects.push_back(
        entry(absl::StrCat("long key of version ", base), std::nullopt));
    effects.push_back(entry(absl::StrCat("long key of version ", base + 1),
                            "and its value, which is as long as the key"));
    request.name_space = "ns";
    request.base_version = base;
    request.request_digest = base::Blake2b256(absl::StrCat(base));
    request.effects = effects;
    if (base % 2 == 1) request.removed_accounts = removed;
    request.modules = modules;
    request.answer = "an answer that is longer than a short string";
  }
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;

  std::vector<state::Effect> effects;
  std::vector<state::AccountId> removed = {Account(1)};
  std::vector<std::shared_ptr<const base::Bytes>> modules = {
      std::make_shared<const base::Bytes>("a module, or anything else")};
  state::CommitRequest request;
};

Answer CommitOn(VersionedStore& store, uint64_t base, Shortage& shortage) {
  const Commit commit(base);
  const auto result =
      shortage.Within([&] { return store.Commit(commit.request); });
  if (!result.ok()) return result.status();
  return absl::StrCat(result->version, " ", result->answer);
}

// At version 3, of which 2 and 3 are kept.
std::unique_ptr<VersionedStore> SmallStore() {
  auto store = state::NewMemoryStore({.versions_kept = 2});
  CHECK(store->OpenNamespace("ns").ok());
  for (uint64_t base = 0; base < 3; ++base)
    CHECK(store->Commit(Commit(base).request).ok());
  return store;
}

TEST(StoreShortageTest, Commit) {
  FailEverywhere<VersionedStore>(
      SmallStore,
      [](VersionedStore& store, Shortage& shortage) {
        return CommitOn(store, 3, shortage);
      },
      Contents);
}

TEST(StoreShortageTest, CommitUnderALivingView) {
  FailEverywhere<VersionedStore>(
      SmallStore,
      [](VersionedStore& store, Shortage& shortage) {
        const auto view = store.Snapshot("ns", 3);
        CHECK(view.ok());
        return CommitOn(store, 3, shortage);
      },
      Contents);
}

TEST(StoreShortageTest, RollbackAndPrune) {
  FailEverywhere<VersionedStore>(
      SmallStore,
      [](VersionedStore& store, Shortage& shortage) -> Answer {
        const auto info =
            shortage.Within([&] { return store.Rollback("ns", 2); });
        if (!info.ok()) return info.status();
        return absl::StrCat(info->current_version);
      },
      Contents);
  // Some of the oldest versions may be gone, each wholly.
  FailEverywhere<VersionedStore>(
      SmallStore, [](VersionedStore& store, Shortage& shortage) -> Answer {
        const auto info = shortage.Within([&] { return store.Prune("ns", 1); });
        if (!info.ok()) return info.status();
        return absl::StrCat(info->oldest_version);
      });
}

TEST(StoreShortageTest, Modules) {
  const std::string module(1000, 'm');
  FailEverywhere<VersionedStore>(
      SmallStore, [&](VersionedStore& store, Shortage& shortage) -> Answer {
        const auto hash =
            shortage.Within([&] { return store.PutModule(module); });
        if (!hash.ok()) return hash.status();
        return hash->ToHex();
      });
}

TEST(StoreShortageTest, Reading) {
  FailEverywhere<VersionedStore>(
      SmallStore, [](VersionedStore& store, Shortage& shortage) -> Answer {
        const auto page = shortage.Within([&] {
          return store.ListStorage("ns", 3, Account(1), "", std::nullopt, 100);
        });
        if (!page.ok()) return page.status();
        return absl::StrCat(page->entries.size());
      });
  FailEverywhere<VersionedStore>(
      SmallStore, [](VersionedStore& store, Shortage& shortage) -> Answer {
        const auto view =
            shortage.Within([&] { return store.Snapshot("ns", 2); });
        if (!view.ok()) return view.status();
        const auto value = (*view)->Read(
            {Account(1), state::Kind::kStorage, "long key of version 2"});
        CHECK(value.ok());
        return value->value;
      });
}

}  // namespace
}  // namespace ashlar::testing
