// Every step of contracts/ink/vectors.json, recorded into one file and
// replayed from it.
#include <filesystem>
#include <string>

#include "engine/base/bytes.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "replay/archive.h"
#include "replay/verify.h"
#include "tests/replay/cases.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

using nlohmann::json;

std::string Unhex(const json& hex) {
  return base::HexDecode(hex.get<std::string>()).value();
}

TEST(InkVectors, AllStepsAreReplayed) {
  const std::filesystem::path folder = ContractsFolder();
  const std::filesystem::path file = folder / "ink" / "vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << kNoData;
  const json vectors = json::parse(ReadFile(file));
  replay::ArchiveWriter writer;
  for (const json& vector : vectors["vectors"]) {
    const std::string module =
        ReadFile(folder / vector["module"].get<std::string>());
    Chain chain;
    for (const json& step : vector["steps"]) {
      engine::ExecuteRequest request =
          chain.Request(module, step["entry"].get<std::string>());
      request.caller = base::Hash256::FromBytes(Unhex(step["caller"])).value();
      request.input = Unhex(step["input"]);
      const engine::Completed recorded = Record(&chain, request, &writer);
      EXPECT_EQ(chain.Execute(request).completed->digests.receipt,
                recorded.digests.receipt);
      // The same with too little fuel.
      request.fuel_limit = recorded.fuel.used - 1;
      Record(&chain, request, &writer);
    }
  }
  const auto archive = replay::Archive::Parse(writer.Finish());
  ASSERT_TRUE(archive.ok()) << archive.status();
  ASSERT_GE(archive->size(), 400u);
  Chain chain;
  for (size_t i = 0; i < archive->size(); ++i) {
    const auto verdict = replay::Verify(*archive, i, &chain.engine(),
                                        replay::NoModules, nullptr);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_TRUE(verdict->is_match) << i << ": " << verdict->first_difference;
  }
}

}  // namespace
}  // namespace ashlar::testing
