// The official suite of WebAssembly 2.0 without SIMD, and the proposals
// extended-const and tail-call, under relaxed-1 with metering on. Each script
// is a case, and nothing in it may fail or be skipped.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "cli/wast_runner.h"
#include "engine/profile.h"
#include "gtest/gtest.h"
#include "tests/spec/data.h"

namespace ashlar::spec {
namespace {

using std::filesystem::path;

// What the suite holds; a lost file must not pass for a passed one.
constexpr size_t kCoreScripts = 90;
constexpr size_t kProposalScripts = 5;

std::vector<path> CoreScripts() {
  auto files = FilesBelow(DataFolder() / "testsuite" / "wasm-2.0", ".json");
  std::erase_if(files, [](const path& file) {
    return absl::StartsWith(file.filename().string(), "simd_");
  });
  return files;
}

std::vector<path> ProposalScripts() {
  const path proposals = DataFolder() / "testsuite" / "proposals-2022";
  auto files = FilesBelow(proposals / "extended-const", ".json");
  const auto more = FilesBelow(proposals / "tail-call", ".json");
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

std::string CaseName(const testing::TestParamInfo<path>& info) {
  std::string name = info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

TEST(Suite, IsComplete) {
  if (!std::filesystem::exists(DataFolder())) GTEST_SKIP() << kNoData;
  EXPECT_EQ(CoreScripts().size(), kCoreScripts);
  EXPECT_EQ(ProposalScripts().size(), kProposalScripts);
}

class Script : public testing::TestWithParam<path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Script);

TEST_P(Script, PassesWhole) {
  const auto* const profile =
      engine::ProfileSet::BuiltIn().FindByName("relaxed-1");
  ASSERT_NE(profile, nullptr);
  const auto result = cli::RunWastFile(GetParam().string(), *profile);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_GT(result->passed + result->text_format, 0u);
  EXPECT_EQ(result->skipped, 0u);
  EXPECT_EQ(result->failed, 0u);
  for (const std::string& failure : result->failures) {
    ADD_FAILURE() << failure;
  }
  for (const std::string& wording : result->wordings) {
    std::printf("%s\n", wording.c_str());
  }
}

INSTANTIATE_TEST_SUITE_P(Core, Script, testing::ValuesIn(CoreScripts()),
                         CaseName);
INSTANTIATE_TEST_SUITE_P(Proposal, Script, testing::ValuesIn(ProposalScripts()),
                         CaseName);

}  // namespace
}  // namespace ashlar::spec
