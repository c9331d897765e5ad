// All ways of executing in one process: cold, lazy, cached, activated,
// profiled, traced to marks, recorded, on one thread and on many.
#include "tests/cross/matrix.h"

#include <set>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "gtest/gtest.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "tests/golden/corpus.h"
#include "tests/seal/chain.h"

namespace ashlar::testing {
namespace {

#ifdef ASHLAR_SANITIZE
constexpr uint64_t kPrograms = 10;
constexpr uint64_t kModules = 20;
#else
constexpr uint64_t kPrograms = 200;
constexpr uint64_t kModules = 400;
#endif
constexpr size_t kThreads = 8;
constexpr char kToken[] = "contracts/token/token.wasm";

std::vector<ModeDigest> RunAll(absl::string_view records, uint64_t programs,
                               std::vector<std::string>* wrong) {
  Matrix matrix;
  matrix.AddRecords(records);
  matrix.AddContracts(programs);
  return matrix.Run(kThreads, wrong);
}

TEST(Matrix, EveryWayAnswersAlike) {
  std::vector<std::string> wrong;
  const auto lines = RunAll(MakeCorpus(ReadFile(kToken)), kPrograms, &wrong);
  for (const std::string& text : wrong) ADD_FAILURE() << text;
  ASSERT_EQ(lines.size(), 8u);
  for (size_t i = 1; i < 6; ++i) {
    EXPECT_EQ(lines[i].digest, lines[0].digest) << lines[i].mode;
  }
  for (const ModeDigest& line : lines) {
    EXPECT_GT(line.executions, 2 * kPrograms) << line.mode;
  }
  const ModeDigest modules = RunModules(kModules);
  EXPECT_GE(modules.executions, kModules);
  EXPECT_EQ(RunModules(kModules).digest, modules.digest);
  EXPECT_NE(RunModules(kModules - 1).digest, modules.digest);
  const ModeDigest maxima = RunMaxima();
  EXPECT_GT(maxima.executions, 20u);
  EXPECT_EQ(RunMaxima().digest, maxima.digest);
}

// The digests see a single bit, and a record that is not kept is named.
TEST(Matrix, SeesWhatIsWrong) {
  const auto archive =
      replay::Archive::Parse(MakeCorpus(ReadFile(kToken))).value();
  std::vector<std::string> wrong;
  replay::ArchiveWriter right, changed;
  ASSERT_TRUE(right.Add(archive).ok());
  ASSERT_TRUE(changed.Add(archive).ok());
  replay::Record record = archive.Read(0).value();
  right.AddRecord(record);
  record.answer.back() ^= 1;
  changed.AddRecord(record);
  const auto good = RunAll(right.Finish(), 0, &wrong);
  EXPECT_TRUE(wrong.empty());
  RunAll(changed.Finish(), 0, &wrong);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_NE(wrong[0].find("not what was recorded"), std::string::npos);
  record.request.input += '\0';
  right.AddRecord(record);
  const auto other = RunAll(right.Finish(), 0, &wrong);
  std::set<base::Hash256> totals = {Total(good), Total(other)};
  EXPECT_EQ(totals.size(), 2u);
}

}  // namespace
}  // namespace ashlar::testing
