// Contracts of contracts/ink/vectors.json, step by step under seal-1: outcome,
// return data, events and storage must be the vectors', fuel must be exact,
// and a cached module must make no difference.

#include <filesystem>
#include <map>
#include <string>

#include "engine/base/bytes.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::Completed;
using engine::ExecuteRequest;
using engine::OutcomeClass;
using nlohmann::json;

std::string Unhex(const json& hex) {
  return base::HexDecode(hex.get<std::string>()).value();
}

state::AccountId AccountOf(const json& hex) {
  return base::Hash256::FromHex(hex.get<std::string>()).value();
}

OutcomeClass ExpectedClass(const json& result) {
  if (result["outcome"] == "trap") return OutcomeClass::kTrapped;
  return result["flags"] == 0 ? OutcomeClass::kReturned
                              : OutcomeClass::kReverted;
}

// The contract's storage as the vectors write it.
std::map<std::string, std::string> StorageOf(Chain& chain) {
  std::map<std::string, std::string> storage;
  for (const auto& [key, value] : chain.state().entries()) {
    if (key.account == Account(0xc0) && key.kind == state::Kind::kStorage &&
        value.has_value()) {
      storage[base::HexEncode(key.key)] = base::HexEncode(*value);
    }
  }
  return storage;
}

void ExpectEvents(const Completed& completed, const json& step) {
  const json expected = step.value("events", json::array());
  ASSERT_EQ(completed.events.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(completed.events[i].account, Account(0xc0));
    EXPECT_EQ(completed.events[i].topics, Unhex(expected[i]["topics"]));
    EXPECT_EQ(completed.events[i].data, Unhex(expected[i]["data"]));
  }
}

// FUEL.md: run(used) is the same run, run(used - 1) is out of fuel; and the
// categories add up.
void ExpectExactFuel(Chain& chain, ExecuteRequest request,
                     const Completed& completed) {
  EXPECT_EQ(completed.fuel.by.Sum(), completed.fuel.used);
  EXPECT_EQ(completed.fuel.exactness, engine::Exactness::kProven);
  EXPECT_EQ(completed.fuel.minimum, completed.fuel.used);
  request.fuel_limit = completed.fuel.used;
  const Completed same = *chain.Try(request).completed;
  EXPECT_EQ(same.fuel.used, completed.fuel.used);
  EXPECT_EQ(same.digests.effects, completed.digests.effects);
  EXPECT_EQ(same.digests.reads, completed.digests.reads);
  request.fuel_limit = completed.fuel.used - 1;
  const Completed less = *chain.Try(request).completed;
  EXPECT_EQ(less.outcome.klass, OutcomeClass::kOutOfFuel);
  EXPECT_EQ(less.fuel.used, completed.fuel.used - 1);
  EXPECT_EQ(less.fuel.by.Sum(), less.fuel.used);
  EXPECT_TRUE(less.effects.empty());
}

// Returns whether the step was comparable.
bool RunStep(Chain& cached, Chain& cold, const std::string& module,
             const json& step) {
  if (step["result"]["outcome"] == "unimplemented") return false;
  ExecuteRequest request =
      cached.Request(module, step["entry"].get<std::string>());
  request.caller = AccountOf(step["caller"]);
  request.input = Unhex(step["input"]);
  const engine::ExecuteResult before = cached.Try(request);
  ExpectExactFuel(cached, request, *before.completed);
  const engine::ExecuteResult result = cached.Execute(request);
  const Completed& completed = *result.completed;
  const json& expected = step["result"];
  EXPECT_EQ(completed.outcome.klass, ExpectedClass(expected))
      << result.diagnostics.message;
  if (expected["outcome"] == "return") {
    EXPECT_EQ(completed.outcome.flags, expected["flags"].get<uint32_t>());
    EXPECT_EQ(json(base::HexEncode(completed.outcome.data)), expected["data"]);
  } else if (expected["reason"] == "unreachable") {
    EXPECT_EQ(completed.outcome.trap, interp::Trap::kUnreachable);
  }
  ExpectEvents(completed, step);
  EXPECT_EQ(json(StorageOf(cached)), step["storage_after"]);
  EXPECT_EQ(cold.Execute(request).completed->digests.receipt,
            completed.digests.receipt);
  return true;
}

TEST(InkVectors, AllStepsAgree) {
  const std::filesystem::path folder = ContractsFolder();
  const std::filesystem::path file = folder / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << kNoData;
  const json vectors = json::parse(ReadFile(file));
  int steps = 0;
  for (const json& vector : vectors["vectors"]) {
    const std::string name = vector["module"].get<std::string>();
    const std::string module = ReadFile(folder / name);
    Chain cached;
    Chain cold("seal-1", 0);
    for (const json& step : vector["steps"]) {
      SCOPED_TRACE(name + " " + step["label"].get<std::string>());
      steps += RunStep(cached, cold, module, step);
    }
  }
  EXPECT_GE(steps, 200);
}

}  // namespace
}  // namespace ashlar::testing
