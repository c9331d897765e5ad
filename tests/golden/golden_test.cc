// What was recorded once is replayed by every later version.
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "engine/base/hash.h"
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

// Files by name, with their hashes, as the manifest has them.
std::map<std::string, std::string> Manifest() {
  std::map<std::string, std::string> files;
  const std::string text = ReadFile("tests/golden/manifest.txt");
  for (const absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> parts = absl::StrSplit(line, ' ');
    EXPECT_EQ(parts.size(), 2u) << line;
    if (parts.size() != 2) continue;
    EXPECT_TRUE(files.emplace(parts[1], parts[0]).second) << line;
  }
  return files;
}

// A released file that is changed or gone is noticed, and so is one that nobody
// entered.
TEST(Golden, FilesAreThoseOfTheManifest) {
  std::map<std::string, std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/golden")) {
    if (entry.path().extension() != ".rec") continue;
    found[entry.path().filename()] =
        base::Blake2b256(ReadFile(entry.path())).ToHex();
  }
  EXPECT_EQ(found, Manifest());
}

TEST(Golden, EveryFileIsReplayed) {
  const auto manifest = Manifest();
  EXPECT_FALSE(manifest.empty());
  for (const auto& [name, hash] : manifest) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Replay(ReadFile("tests/golden/" + name)).size(), 6u);
  }
}

}  // namespace
}  // namespace ashlar::testing
