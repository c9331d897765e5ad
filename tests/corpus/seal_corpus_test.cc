// Contracts with their real host: every step of contracts/ink/vectors.json,
// recorded in the engine, is done again by both interpreters without the host.
// What the code makes of the host's answers, and what that costs, must be the
// same; and the recorded call must be the one that the facade makes.
#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/loader.h"
#include "gtest/gtest.h"
#include "metering/fuel.h"
#include "nlohmann/json.hpp"
#include "tests/corpus/lockstep.h"
#include "tests/corpus/recorded_call.h"
#include "tests/corpus/world.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using engine::Completed;
using engine::ExecuteRequest;
using engine::OutcomeClass;
using metering::Category;
using nlohmann::json;

struct Count {
  int replayed = 0;
  int nested = 0;  // those that call other contracts
  uint64_t host_calls = 0;
  uint64_t fuel_compute = 0;
};

ExecuteRequest RequestOf(const Chain& chain, const std::string& module,
                         const json& step) {
  ExecuteRequest request =
      chain.Request(module, step["entry"].get<std::string>(),
                    base::HexDecode(step["input"].get<std::string>()).value());
  request.module_hash = engine::ModuleHash(module);
  request.caller =
      base::Hash256::FromHex(step["caller"].get<std::string>()).value();
  return request;
}

// The recorded call is the one that the engine makes.
void ExpectSame(const Completed& completed, const RecordedCall& recorded) {
  const metering::FuelByCategory& by = completed.fuel.by;
  EXPECT_EQ(recorded.host_fuel, by[Category::kHost]);
  EXPECT_EQ(recorded.memory_fuel, by[Category::kMemory]);
  EXPECT_EQ(
      recorded.end.fuel_used,
      by[Category::kHost] + by[Category::kMemory] + by[Category::kCompute]);
  if (completed.outcome.klass == OutcomeClass::kTrapped) {
    EXPECT_FALSE(recorded.is_returned);
    EXPECT_EQ(recorded.end.trap, completed.outcome.trap);
  } else {
    EXPECT_TRUE(recorded.is_returned);
    EXPECT_EQ(recorded.flags, completed.outcome.flags);
    EXPECT_EQ(recorded.data, completed.outcome.data);
  }
}

void RunStep(const ExecuteRequest& request, const Subject& subject,
             Chain* chain, Count* count) {
  const wasm::Export* entry =
      subject.module().FindExport(request.entry, wasm::ExternKind::kFunc);
  ASSERT_NE(entry, nullptr);
  const RecordedCall recorded =
      Record(request, chain->profile(), subject, entry->index, &chain->state());
  ExecuteRequest by_bytes = request;
  by_bytes.module_hash = {};
  const Completed completed = *chain->Execute(by_bytes).completed;
  if (!recorded.is_whole) {
    ++count->nested;
    return;
  }
  ExpectSame(completed, recorded);

  Lockstep lockstep(chain->profile(), [&] {
    return std::make_unique<ReplayHost>(&recorded.host_calls);
  });
  const auto instance = lockstep.Instantiate(subject, metering::kFuelMax);
  ASSERT_TRUE(instance.has_value());
  const End end =
      lockstep.Invoke(Call{*instance, entry->index, {}, metering::kFuelMax});
  EXPECT_EQ(end, recorded.end) << "replayed " << end.Describe() << ", recorded "
                               << recorded.end.Describe();
  EXPECT_EQ(lockstep.tally().host_calls, recorded.host_calls.size());
  EXPECT_TRUE(lockstep.LookNaive(*instance).memory ==
              absl::MakeConstSpan(recorded.memory));
  ++count->replayed;
  count->host_calls += recorded.host_calls.size();
  count->fuel_compute += completed.fuel.by[Category::kCompute];
}

TEST(SealCorpus, InkVectorsAreReplayed) {
  const std::filesystem::path folder = ContractsFolder();
  const std::filesystem::path file = folder / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << kNoData;
  const json vectors = json::parse(ReadFile(file));
  Count count;
  for (const json& vector : vectors["vectors"]) {
    const std::string name = vector["module"].get<std::string>();
    const std::string module = ReadFile(folder / name);
    Chain chain;
    const Subject subject = MakeSubject(module, chain.profile());
    ASSERT_NE(subject.compiled, nullptr);
    for (const json& step : vector["steps"]) {
      SCOPED_TRACE(absl::StrCat(name, " ", step["label"].get<std::string>()));
      RunStep(RequestOf(chain, module, step), subject, &chain, &count);
    }
  }
  std::printf(
      "%d steps replayed, %d call contracts; %llu host calls, "
      "%llu fuel of their own\n",
      count.replayed, count.nested,
      static_cast<unsigned long long>(count.host_calls),
      static_cast<unsigned long long>(count.fuel_compute));
  EXPECT_GE(count.replayed, 200);
  EXPECT_LE(count.nested, 3);
}

}  // namespace
}  // namespace ashlar::testing
