#include "rpc/shadow.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "replay/archive.h"
#include "replay/record.h"
#include "tests/replay/cases.h"
#include "tests/seal/chain.h"

namespace ashlar::rpc {
namespace {

using testing::Case;
using testing::Cases;
using testing::Chain;
using testing::RecordOf;

TEST(ShadowTest, TakesItsPartEvenly) {
  engine::Engine engine({});
  for (const uint32_t percent : {0u, 1u, 30u, 99u, 100u}) {
    Shadow shadow({.engine = &engine, .percent = percent});
    uint32_t taken = 0;
    for (int i = 0; i < 1000; ++i) taken += shadow.Wants();
    EXPECT_EQ(taken, percent * 10);
  }
}

TEST(ShadowTest, AgreesWithTheEngine) {
  Chain chain;
  Shadow shadow({.engine = &chain.engine(), .percent = 100});
  uint64_t submitted = 0;
  for (const Case& c : Cases()) {
    Chain fresh;
    shadow.Submit(RecordOf(&fresh, c.prepare(fresh)));
    shadow.Finish();
    ++submitted;
  }
  EXPECT_EQ(shadow.mismatches(), 0u);
  EXPECT_EQ(shadow.dropped(), 0u);
  EXPECT_EQ(shadow.executions() + shadow.skipped(), submitted);
  EXPECT_GT(shadow.executions(), submitted / 2);
}

// An answer that the engine never gave stands for a bug of it.
TEST(ShadowTest, ReportsAMismatchWithItsRecord) {
  Chain chain;
  const auto archive =
      replay::Archive::Parse(RecordOf(&chain, Cases().front().prepare(chain)))
          .value();
  replay::Record record = archive.Read(0).value();
  engine::Completed completed = replay::DecodeAnswer(record).value();
  completed.outcome.data += "!";
  record.answer = replay::EncodeAnswer(completed);
  replay::ArchiveWriter writer;
  writer.AddModule(record.module, archive.FindModule(record.module));
  writer.AddRecord(record);
  const base::Bytes wrong = writer.Finish();

  std::vector<std::string> reasons;
  std::vector<base::Bytes> records;
  Shadow shadow(
      {.engine = &chain.engine(),
       .percent = 100,
       .on_mismatch = [&](absl::string_view reason, const base::Bytes& bytes) {
         reasons.emplace_back(reason);
         records.push_back(bytes);
       }});
  shadow.Submit(wrong);
  shadow.Submit("no record");
  shadow.Finish();
  EXPECT_EQ(shadow.executions(), 2u);
  EXPECT_EQ(shadow.mismatches(), 2u);
  ASSERT_EQ(reasons.size(), 2u);
  EXPECT_EQ(reasons[0], "data");
  EXPECT_EQ(records[0], wrong);
}

TEST(ShadowTest, DropsWhatIsTooMuch) {
  Chain chain;
  const base::Bytes record = RecordOf(&chain, Cases().front().prepare(chain));
  Shadow none({.engine = &chain.engine(), .percent = 100, .waiting_max = 0});
  none.Submit(record);
  none.Finish();
  EXPECT_EQ(none.dropped(), 1u);
  EXPECT_EQ(none.executions(), 0u);
  Shadow small({.engine = &chain.engine(),
                .percent = 100,
                .waiting_bytes_max = record.size() - 1});
  small.Submit(record);
  small.Finish();
  EXPECT_EQ(small.dropped(), 1u);
  Shadow bounded({.engine = &chain.engine(), .percent = 100, .fuel_max = 1});
  bounded.Submit(record);
  bounded.Finish();
  EXPECT_EQ(bounded.skipped(), 1u);
}

TEST(ShadowTest, WhatIsDoneWaitsNoLonger) {
  Chain chain;
  const base::Bytes record = RecordOf(&chain, Cases().front().prepare(chain));
  Shadow shadow({.engine = &chain.engine(),
                 .percent = 100,
                 .waiting_max = 1,
                 .waiting_bytes_max = record.size()});
  for (int i = 0; i < 3; ++i) {
    shadow.Submit(record);
    shadow.Finish();
  }
  EXPECT_EQ(shadow.dropped(), 0u);
  EXPECT_EQ(shadow.executions(), 3u);
}

}  // namespace
}  // namespace ashlar::rpc
