#include "engine/wasm/runs.h"

#include <string>
#include <vector>

#include "engine/wasm/decoder.h"
#include "engine/wasm/test_bytes.h"
#include "gtest/gtest.h"

namespace ashlar::wasm {
namespace {

struct Case {
  const char* name;
  const char* body;  // hexadecimal: locals and code
  uint32_t runs;
  uint64_t dearest;
  uint32_t dearest_at;  // from the body's begin
};

// By the prices of ashlar-1: const, local, br, if 1; load 2; call 8 + 1 a
// parameter; br_table 2 + 1 a sixteen targets; markers 0. Function 0 is
// (i32 i32) -> (), function 1 the one under test.
const Case kCases[] = {
    {"empty", "00 0b", 1, 0, 0},
    {"a line", "00 41 00 1a 0b", 1, 2, 1},
    {"locals: two eighths begun", "01 09 7f 41 00 1a 0b", 1, 4, 3},
    {"eight locals", "01 08 7f 41 00 1a 0b", 1, 3, 3},
    {"return ends the run", "00 41 00 1a 0f 41 00 1a 0b", 1, 3, 1},
    {"unreachable costs nothing", "00 00 0b", 1, 0, 0},
    // A label nobody branches to cuts nothing.
    {"block", "00 41 00 1a 02 40 41 00 1a 0b 41 00 1a 0b", 1, 6, 1},
    {"loop nobody branches to", "00 41 00 1a 03 40 41 00 1a 0b 0b", 1, 4, 1},
    // Entry; header; behind br_if.
    {"loop", "00 41 00 1a 03 40 01 41 00 0d 00 0b 01 0b", 3, 5, 1},
    // Entry, behind br_if, behind the block's end.
    {"br_if", "00 02 40 41 00 0d 00 01 01 01 01 0b 01 0b", 3, 5, 7},
    // Entry, behind the end only: what follows br is dead.
    {"br", "00 02 40 0c 00 01 01 01 0b 01 01 0b", 2, 2, 9},
    // Entry, then-arm, behind the end.
    {"if", "00 41 00 04 40 01 01 0b 01 0b", 3, 3, 5},
    // Entry, then, else, behind the end (the then-arm's edge).
    {"if else", "00 41 00 04 40 01 01 05 01 0b 01 0b", 4, 2, 1},
    // The then-arm does not reach the end.
    {"if else with br", "00 41 00 04 40 0f 05 01 01 0b 01 0b", 3, 3, 7},
    // Neither arm does: what follows is dead.
    {"both arms leave", "00 41 00 04 40 0f 05 0f 0b 01 01 01 01 0b", 3, 2, 1},
    {"dead if", "00 0f 41 00 04 40 01 01 01 05 01 01 0b 0b", 1, 1, 1},
    {"a branch in dead code aims at nothing",
     "00 02 40 0f 0c 00 0b 01 01 01 0b", 1, 1, 1},
    {"call with parameters", "00 41 00 41 00 10 00 0b", 1, 12, 1},
    {"call_indirect by its type", "00 41 00 41 00 41 00 11 01 00 0b", 1, 17, 1},
    {"return_call ends the run", "00 41 00 41 00 12 00 01 01 0b", 1, 12, 1},
    // 1 + 2 + ceil(16 / 16).
    {"br_table of fifteen and default",
     "00 41 00 0e 0f 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b", 1, 4,
     1},
    {"br_table of sixteen and default",
     "00 41 00 0e 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b", 1,
     5, 1},
    // Two labels of three, one of them the function's.
    {"br_table",
     "00 02 40 02 40 41 00 0e 02 00 01 02 0b 01 01 01 01 01 0b 01 0b", 3, 6,
     13},
};

std::vector<uint8_t> ModuleOf(const std::string& body) {
  return HexModule(
      "01 {02 60 00 00 60 02 7f 7f 00} 02 {01 {} {} 00 01} "
      "03 {01 00} 0a {01 {" +
      body + "}}");
}

TEST(RunsTest, FollowsTheFuelRule) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::vector<uint8_t> bytes = ModuleOf(c.body);
    Module module;
    Violations violations;
    ASSERT_TRUE(Decode(Exactly(bytes), base::kRelaxedLimits, Features::All(),
                       &module, &violations));
    RunSummary summary;
    EXPECT_TRUE(SummarizeRuns(module, 1, metering::Ashlar1(), &summary));
    EXPECT_EQ(summary.run_count, c.runs);
    EXPECT_EQ(summary.dearest_run_fuel, c.dearest);
    if (c.dearest != 0) {
      EXPECT_EQ(
          summary.dearest_run_offset - module.offset_of(module.bodies[0].begin),
          c.dearest_at);
    }
  }
}

TEST(RunsTest, CountsWhatThereIs) {
  const std::vector<uint8_t> bytes =
      ModuleOf("02 03 7f 02 7e 03 40 02 40 0c 01 0b 0b 01 0b");
  Module module;
  Violations violations;
  ASSERT_TRUE(Decode(Exactly(bytes), base::kRelaxedLimits, Features::All(),
                     &module, &violations));
  RunSummary summary;
  EXPECT_TRUE(SummarizeRuns(module, 1, metering::Ashlar1(), &summary));
  EXPECT_EQ(summary.instruction_count, 7u);
  EXPECT_EQ(summary.local_count, 5u);
  EXPECT_EQ(summary.nesting_max, 2u);
  EXPECT_EQ(summary.loop_count, 1u);
}

TEST(RunsTest, RefusesWhatDoesNotMatch) {
  const char* const kMalformed[] = {
      "00 01",     // no end
      "00 0b 01",  // more behind it
      "00 05 0b",  // else without if
      "00 02 40 05 0b 0b",
      "00 41 00 04 40 05 05 0b 0b",
      "00 0c 01 0b",  // no such label
      "00 0e 01 05 00 0b",
      "00 ff 0b",
      "01 01 01 0b",  // locals
  };
  for (const char* body : kMalformed) {
    SCOPED_TRACE(body);
    const std::vector<uint8_t> bytes = ModuleOf(body);
    Module module;
    Violations violations;
    ASSERT_TRUE(Decode(Exactly(bytes), base::kRelaxedLimits, Features::All(),
                       &module, &violations));
    RunSummary summary;
    EXPECT_FALSE(SummarizeRuns(module, 1, metering::Ashlar1(), &summary));
  }
}

}  // namespace
}  // namespace ashlar::wasm
