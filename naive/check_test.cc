// The naive chain agrees with what the engine records, and says so where a
// record was changed.
#include "naive/check.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "engine/base/bytes.h"
#include "engine/engine.h"
#include "engine/interp/trap.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "engine/state/inline_state.h"
#include "engine/state/overlay.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "replay/archive.h"
#include "replay/record.h"
#include "tests/contracts/generator.h"
#include "tests/contracts/naive_chain.h"
#include "tests/golden/corpus.h"
#include "tests/replay/cases.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using naive::Agreement;
using nlohmann::json;

constexpr uint64_t kFuelMax = 100'000'000;
constexpr char kToken[] = "contracts/token/token.wasm";

// How many of each, and why some were skipped.
struct Tally {
  int agree = 0;
  int differ = 0;
  std::map<std::string, int> skipped;
};

Tally CheckAll(const std::string& file) {
  const auto archive = replay::Archive::Parse(file).value();
  engine::Engine engine({});
  Tally tally;
  for (size_t i = 0; i < archive.size(); ++i) {
    const auto result = naive::Check(archive, i, &engine, kFuelMax);
    EXPECT_TRUE(result.ok()) << i << ": " << result.status();
    if (!result.ok()) continue;
    switch (result->agreement) {
      case Agreement::kAgrees:
        ++tally.agree;
        break;
      case Agreement::kDiffers:
        ++tally.differ;
        ADD_FAILURE() << "record " << i << ": " << result->reason;
        break;
      case Agreement::kSkipped:
        ++tally.skipped[result->reason];
        break;
    }
  }
  return tally;
}

TEST(Check, AgreesWithTheCorpus) {
  Tally tally = CheckAll(MakeCorpus(ReadFile(kToken)));
  EXPECT_GE(tally.agree, 50);
  EXPECT_EQ(tally.skipped["resource limits"], 1);
  EXPECT_EQ(tally.skipped["another entry"], 4);
}

TEST(Check, AgreesWithGeneratedPrograms) {
  constexpr uint64_t kPrograms = 300;
  replay::ArchiveWriter writer;
  for (uint64_t seed = 0; seed < kPrograms; ++seed) {
    const ContractProgram program = GenerateContracts(seed);
    Chain chain;
    for (const auto& [key, value] : InitialState(program)) {
      chain.state().Set(key, value);
    }
    for (const auto& bytes : program.modules) chain.state().AddModule(bytes);
    chain.state().AddModule(program.broken_module);
    engine::ExecuteRequest request = program.request;
    request.profile = chain.profile().digest;
    request.fuel_limit = 400'000;
    Record(&chain, request, &writer);
  }
  EXPECT_EQ(CheckAll(writer.Finish()).agree, static_cast<int>(kPrograms));
}

TEST(Check, AgreesWithInkContracts) {
  const std::filesystem::path folder = ContractsFolder();
  const std::filesystem::path file = folder / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << kNoData;
  const auto unhex = [](const json& hex) {
    return base::HexDecode(hex.get<std::string>()).value();
  };
  replay::ArchiveWriter writer;
  const json vectors = json::parse(ReadFile(file));
  for (const json& vector : vectors["vectors"]) {
    const std::string module =
        ReadFile(folder / vector["module"].get<std::string>());
    Chain chain;
    for (const json& step : vector["steps"]) {
      engine::ExecuteRequest request =
          chain.Request(module, step["entry"].get<std::string>());
      request.caller = base::Hash256::FromBytes(unhex(step["caller"])).value();
      request.input = unhex(step["input"]);
      const engine::Completed completed = Record(&chain, request, &writer);
      chain.Execute(request);
      request.fuel_limit = completed.fuel.used - 1;
      Record(&chain, request, &writer);
    }
  }
  const Tally tally = CheckAll(writer.Finish());
  EXPECT_GE(tally.agree, 350);
  for (const auto& [reason, count] : tally.skipped) {
    EXPECT_TRUE(absl::StartsWith(reason, "calls ")) << reason;
    std::printf("skipped %d: %s\n", count, reason.c_str());
  }
}

// The record with the answer as `change` leaves it, looked at again.
naive::CheckResult CheckChanged(
    const replay::Archive& archive, engine::Engine* engine,
    const std::function<void(replay::Record*, engine::Completed*)>& change) {
  replay::Record record = archive.Read(0).value();
  engine::Completed completed = replay::DecodeAnswer(record).value();
  change(&record, &completed);
  record.answer = replay::EncodeAnswer(completed);
  replay::ArchiveWriter writer;
  EXPECT_TRUE(writer.Add(archive).ok());
  writer.AddRecord(record);
  const auto changed = replay::Archive::Parse(writer.Finish()).value();
  EXPECT_EQ(naive::Check(changed, 0, engine, kFuelMax)->agreement,
            Agreement::kAgrees);
  const auto result = naive::Check(changed, 1, engine, kFuelMax);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(naive::Check(changed, 0, engine, 1)->reason, "too much fuel");
  return *result;
}

// REQUIRES: there is a case of this name.
replay::Archive RecordOfCase(Chain* chain, const std::string& name) {
  const std::vector<Case> cases = Cases();
  const auto c = std::find_if(cases.begin(), cases.end(),
                              [&](const Case& x) { return x.name == name; });
  return replay::Archive::Parse(RecordOf(chain, c->prepare(*chain))).value();
}

// What is wrong in a record is found by the other implementation.
TEST(Check, DiffersWhereTheAnswerWasChanged) {
  Chain chain;
  const auto archive =
      replay::Archive::Parse(RecordOf(&chain, Cases().front().prepare(chain)))
          .value();
  const struct {
    const char* reason;
    void (*change)(engine::Completed*);
  } kChanges[] = {
      {"outcome",
       [](engine::Completed* c) {
         c->outcome.klass = engine::OutcomeClass::kTrapped;
       }},
      {"outcome",
       [](engine::Completed* c) {
         c->outcome.trap = interp::Trap::kUnreachable;
       }},
      {"fuel", [](engine::Completed* c) { ++c->fuel.used; }},
      {"minimum", [](engine::Completed* c) { ++c->fuel.minimum; }},
      {"exactness",
       [](engine::Completed* c) {
         c->fuel.exactness = engine::Exactness::kConditional;
       }},
      {"data", [](engine::Completed* c) { c->outcome.data += "x"; }},
      {"flags", [](engine::Completed* c) { c->outcome.flags = 4; }},
      {"events", [](engine::Completed* c) { c->events.emplace_back(); }},
      {"state", [](engine::Completed* c) { c->effects[0].value = "z"; }},
  };
  for (const auto& [reason, change] : kChanges) {
    const auto result = CheckChanged(
        archive, &chain.engine(),
        [make = change](replay::Record*, engine::Completed* c) { make(c); });
    EXPECT_EQ(result.agreement, Agreement::kDiffers);
    EXPECT_TRUE(absl::StartsWith(result.reason, reason)) << result.reason;
  }
}

TEST(Check, DiffersWhereAnEventWasChanged) {
  Chain chain;
  const replay::Archive archive = RecordOfCase(&chain, "nested");
  void (*const changes[])(state::Event*) = {
      [](state::Event* e) { e->account = Account(1); },
      [](state::Event* e) { e->topics += "x"; },
      [](state::Event* e) { e->data += "x"; }};
  for (const auto change : changes) {
    const auto result = CheckChanged(
        archive, &chain.engine(), [&](replay::Record*, engine::Completed* c) {
          ASSERT_FALSE(c->events.empty());
          change(&c->events[0]);
        });
    EXPECT_EQ(result.agreement, Agreement::kDiffers);
    EXPECT_EQ(result.reason, "events");
  }
}

TEST(Check, DiffersWhereAnAccountWasNotRemoved) {
  Chain chain;
  const replay::Archive archive = RecordOfCase(&chain, "terminated");
  const auto result = CheckChanged(archive, &chain.engine(),
                                   [](replay::Record*, engine::Completed* c) {
                                     ASSERT_FALSE(c->removed_accounts.empty());
                                     c->removed_accounts.clear();
                                   });
  EXPECT_EQ(result.agreement, Agreement::kDiffers);
  EXPECT_EQ(result.reason, "removed accounts");
}

// Of an account that was removed nothing is left, whatever of it is known.
TEST(Check, RemovedAccountsLoseWhatWasRead) {
  Chain chain;
  chain.state().SetStorage(Account(0xc0), "x", "old");
  chain.state().SetBalance(Account(0xc0), 7);
  const std::string module = Contract(
      "seal1.terminate seal1.get_storage",
      "(drop (call $get_storage (i32.const 64) (i32.const 1) (i32.const 256)"
      " (i32.const 128)))"
      "(call $terminate (i32.const 0))",
      "(data (i32.const 0) \"" + Escaped(std::string(32, '\x22')) +
          "\") (data (i32.const 64) \"x\") (data (i32.const 128) \"\\40\")");
  const Tally tally = CheckAll(RecordOf(&chain, chain.Request(module, "call")));
  EXPECT_EQ(tally.agree, 1);
}

// A read that the engine never made: it knows less than it should.
TEST(Check, DiffersWhereAReadIsMissing) {
  Chain chain;
  const auto archive =
      replay::Archive::Parse(RecordOf(&chain, Cases().front().prepare(chain)))
          .value();
  const auto result = CheckChanged(archive, &chain.engine(),
                                   [](replay::Record* r, engine::Completed*) {
                                     ASSERT_FALSE(r->reads.empty());
                                     r->reads.clear();
                                   });
  EXPECT_EQ(result.agreement, Agreement::kDiffers);
  EXPECT_EQ(result.reason, "reads: more than was recorded");
}

}  // namespace
}  // namespace ashlar::testing
