// What was recorded once is replayed by every later version.
#include <filesystem>
#include <set>
#include <string>

#include "engine/engine.h"
#include "engine/outcome.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "replay/archive.h"
#include "replay/verify.h"
#include "tests/golden/corpus.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

constexpr char kToken[] = "contracts/token/token.wasm";

// Replays all records of a file and says which ends it saw.
std::set<engine::OutcomeClass> Replay(const std::string& bytes) {
  std::set<engine::OutcomeClass> ends;
  const auto archive = replay::Archive::Parse(bytes);
  EXPECT_TRUE(archive.ok()) << archive.status();
  if (!archive.ok()) return ends;
  engine::ProfileSet profiles;
  for (const engine::Profile* p : engine::ProfileSet::BuiltIn().all()) {
    EXPECT_TRUE(profiles.Add(*p).ok());
  }
  EXPECT_TRUE(archive->AddProfiles(&profiles).ok());
  engine::Engine engine({.profiles = &profiles});
  EXPECT_GT(archive->size(), 0u);
  for (size_t i = 0; i < archive->size(); ++i) {
    const auto verdict =
        replay::Verify(*archive, i, &engine, replay::NoModules, nullptr);
    EXPECT_TRUE(verdict.ok()) << i << ": " << verdict.status();
    if (!verdict.ok()) continue;
    EXPECT_TRUE(verdict->is_match) << i << ": " << verdict->first_difference;
    if (verdict->outcome.has_value()) ends.insert(*verdict->outcome);
  }
  return ends;
}

TEST(Golden, WhatThisBuildRecordsItReplays) {
  const std::string corpus = MakeCorpus(ReadFile(kToken));
  EXPECT_EQ(MakeCorpus(ReadFile(kToken)), corpus);
  EXPECT_EQ(Replay(corpus).size(), 6u);  // every class of outcomes
}

TEST(Golden, EveryFileIsReplayed) {
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/golden")) {
    if (entry.path().extension() != ".rec") continue;
    SCOPED_TRACE(entry.path().string());
    EXPECT_EQ(Replay(ReadFile(entry.path())).size(), 6u);
  }
}

}  // namespace
}  // namespace ashlar::testing
