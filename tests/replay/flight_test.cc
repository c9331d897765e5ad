// An execution that kills the process is found by the next one, and is refused
// once it has killed two.
#include "replay/flight.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/digests.h"
#include "gtest/gtest.h"
#include "replay/archive.h"
#include "replay/verify.h"
#include "tests/replay/cases.h"

namespace ashlar::testing {
namespace {

using replay::FlightRecorder;

// Breaks an invariant where the key is read that is the end of all things.
class Deadly : public state::Reader {
 public:
  explicit Deadly(state::Reader* below, int signal = SIGABRT)
      : below_(below), signal_(signal) {}
  absl::StatusOr<state::ReadResult> Read(const state::Key& key) override {
    if (key.key == "end") raise(signal_);
    return below_->Read(key);
  }
  absl::StatusOr<state::ModuleResult> Module(
      const base::Hash256& hash) override {
    return below_->Module(hash);
  }

 private:
  state::Reader* const below_;
  const int signal_;
};

class FlightTest : public ::testing::Test {
 protected:
  FlightTest() {
    const char* folder = std::getenv("TEST_TMPDIR");
    path_ = absl::StrCat(
        folder != nullptr ? folder : "/tmp", "/flight.",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove(path_);
  }

  std::unique_ptr<FlightRecorder> Open() {
    auto recorder =
        FlightRecorder::Open({.path = path_,
                              .slot_count = 2,
                              .slot_size_bytes = 1 << 20,
                              .profiles = &engine::ProfileSet::BuiltIn()});
    EXPECT_TRUE(recorder.ok()) << recorder.status();
    return *std::move(recorder);
  }

  // Executes in a process of its own; answers the signal that ended it, or 0.
  int Run(Chain& chain, const engine::ExecuteRequest& request, int signal) {
    const pid_t child = fork();
    if (child == 0) {
      const auto recorder = Open();
      FlightRecorder::WatchSignals();
      Deadly reader(&chain.state(), signal);
      replay::Flight flight(recorder.get(), request, &reader);
      const auto result = chain.engine().Execute(request, &flight, nullptr);
      _exit(result.ok() ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

  std::string path_;
};

// Reads the key that its input names, of the state below.
engine::ExecuteRequest Reading(Chain& chain, const std::string& key) {
  chain.Deploy(Account(0xc0),
               Contract("seal0.input seal1.get_storage",
                        "(call $input (i32.const 0) (i32.const 128))"
                        "(drop (call $get_storage (i32.const 0)"
                        " (i32.load (i32.const 128)) (i32.const 256)"
                        " (i32.const 192)))",
                        "(data (i32.const 128) \"\\40\")"
                        "(data (i32.const 192) \"\\40\")"));
  chain.state().SetStorage(Account(0xc0), "end", "value");
  return chain.Request("", "call", key);
}

TEST_F(FlightTest, TwoDeathsAreEnough) {
  Chain chain;
  const engine::ExecuteRequest deadly = Reading(chain, "end");
  const engine::ExecuteRequest harmless = Reading(chain, "fin");
  const base::Hash256 digest = engine::RequestDigest(deadly);
  EXPECT_EQ(Run(chain, harmless, SIGABRT), 0);
  EXPECT_EQ(Run(chain, deadly, SIGABRT), SIGABRT);
  {
    const auto recorder = Open();
    ASSERT_EQ(recorder->deaths().size(), 1u);
    EXPECT_EQ(recorder->deaths()[0].request, digest);
    EXPECT_EQ(recorder->deaths()[0].count, 1u);
    EXPECT_TRUE(recorder->Admit(deadly).ok());
  }
  EXPECT_EQ(Run(chain, deadly, SIGSEGV), SIGSEGV);
  for (int start = 0; start < 2; ++start) {
    const auto recorder = Open();
    ASSERT_EQ(recorder->deaths().size(), 1u);
    EXPECT_EQ(recorder->deaths()[0].count, 2u);
    EXPECT_EQ(recorder->Admit(deadly).code(), absl::StatusCode::kInternal);
    EXPECT_TRUE(recorder->Admit(harmless).ok());
  }
}

TEST_F(FlightTest, TheRecordOfADeathReproducesIt) {
  Chain chain;
  const engine::ExecuteRequest deadly = Reading(chain, "end");
  EXPECT_EQ(Run(chain, deadly, SIGABRT), SIGABRT);
  // The file itself holds what died ...
  const auto flights =
      replay::ParseFlights(ReadFile(path_), /*only_died=*/true);
  ASSERT_TRUE(flights.ok()) << flights.status();
  ASSERT_EQ(flights->size(), 1u);
  EXPECT_TRUE(flights->IsUnfinished(0));
  EXPECT_TRUE(flights->Check().ok());
  // ... and the next start makes a record of it.
  const auto recorder = Open();
  const std::string record_path = recorder->deaths()[0].record_path;
  const auto archive = replay::Archive::Parse(ReadFile(record_path));
  ASSERT_TRUE(archive.ok()) << archive.status();
  ASSERT_EQ(archive->size(), 1u);
  EXPECT_EQ(archive->body(0), flights->body(0));
  const replay::Record record = *archive->Read(0);
  const auto request = replay::RequestOf(record, *archive, replay::NoModules);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(engine::RequestDigest(*request), engine::RequestDigest(deadly));
  // It has read up to its death: the code, not the key.
  EXPECT_EQ(record.reads.size(), 1u);
  EXPECT_EQ(record.modules.size(), 1u);
  // It is executed again to the same point.
  replay::RecordedState state(record, *archive, replay::NoModules);
  const auto result = chain.engine().Execute(*request, &state, nullptr);
  ASSERT_TRUE(result.ok() && result->needs_state.has_value());
  EXPECT_EQ(result->needs_state->keys[0].key, "end");
  // There is nothing to compare.
  EXPECT_EQ(
      replay::Verify(*archive, 0, &chain.engine(), replay::NoModules, nullptr)
          .status()
          .code(),
      absl::StatusCode::kInvalidArgument);
}

TEST_F(FlightTest, AKilledProcessCountsNothing) {
  Chain chain;
  const engine::ExecuteRequest deadly = Reading(chain, "end");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Run(chain, deadly, SIGKILL), SIGKILL);
  EXPECT_EQ(replay::ParseFlights(ReadFile(path_), /*only_died=*/false)->size(),
            1u);
  const auto recorder = Open();
  EXPECT_TRUE(recorder->deaths().empty());
}

// A process that breaks between two executions, on a thread that executed.
TEST_F(FlightTest, ADeathBehindAnExecutionIsNotItsFault) {
  Chain chain;
  const engine::ExecuteRequest harmless = Reading(chain, "fin");
  const pid_t child = fork();
  if (child == 0) {
    const auto recorder = Open();
    FlightRecorder::WatchSignals();
    {
      replay::Flight flight(recorder.get(), harmless, &chain.state());
      if (!chain.engine().Execute(harmless, &flight, nullptr).ok()) _exit(1);
    }
    raise(SIGABRT);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  EXPECT_EQ(replay::ParseFlights(ReadFile(path_), /*only_died=*/false)->size(),
            0u);
  EXPECT_TRUE(Open()->deaths().empty());
}

// However many executions there were before it.
TEST_F(FlightTest, SlotsAreUsedAgain) {
  Chain chain;
  const engine::ExecuteRequest request = Reading(chain, "fin");
  const auto recorder = Open();
  for (int i = 0; i < 5; ++i) {
    replay::Flight flight(recorder.get(), request, &chain.state());
    EXPECT_EQ(
        replay::ParseFlights(ReadFile(path_), /*only_died=*/false)->size(), 1u)
        << i;
  }
}

TEST_F(FlightTest, OneProcessAtATime) {
  const auto recorder = Open();
  EXPECT_EQ(FlightRecorder::Open(
                {.path = path_, .profiles = &engine::ProfileSet::BuiltIn()})
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(FlightTest, WhatDoesNotFitIsLeftOutAndRuns) {
  Chain chain;
  engine::ExecuteRequest large = Reading(chain, "fin");
  large.input = std::string((1 << 20) + 1, 'x');
  EXPECT_EQ(Run(chain, large, SIGABRT), 0);
  // More at once than there are slots, and again when they are free.
  const auto recorder = Open();
  const engine::ExecuteRequest request = Reading(chain, "fin");
  for (int round = 0; round < 3; ++round) {
    replay::Flight a(recorder.get(), request, &chain.state());
    replay::Flight b(recorder.get(), request, &chain.state());
    replay::Flight c(recorder.get(), request, &chain.state());
    const auto plain = chain.Try(request);
    for (replay::Flight* flight : {&a, &b, &c}) {
      const auto result = chain.engine().Execute(request, flight, nullptr);
      ASSERT_TRUE(result.ok());
      EXPECT_EQ(result->completed->digests.receipt,
                plain.completed->digests.receipt);
    }
  }
}

TEST_F(FlightTest, ForeignFilesAreNoFlights) {
  EXPECT_FALSE(replay::ParseFlights("", true).ok());
  EXPECT_FALSE(replay::IsFlightFile("no flight"));
  {
    Open();
  }
  const std::string file = ReadFile(path_);
  EXPECT_TRUE(replay::IsFlightFile(file));
  for (size_t size = 0; size < 64; ++size) {
    const auto cut = replay::ParseFlights(file.substr(0, size), false);
    EXPECT_TRUE(!cut.ok() || cut->size() == 0);
  }
}

}  // namespace
}  // namespace ashlar::testing
