// A request that ended two servers is answered INTERNAL by the next one, which
// serves all others. The processes that die are children of this one, made
// before it has a server, because gRPC's threads do not survive a fork.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/digests.h"
#include "engine/profile.h"
#include "engine/state/inline_state.h"
#include "grpcpp/support/status.h"
#include "gtest/gtest.h"
#include "replay/flight.h"
#include "rpc/convert.h"
#include "rpc/test_server.h"

namespace ashlar::rpc {
namespace {

using grpc::StatusCode;
using replay::FlightRecorder;

constexpr int kDeathsMost = 2;

v1::ExecuteRequest Deadly() { return SwitchCall(kCount); }

std::string PathOf(int deaths) {
  return absl::StrCat(::testing::TempDir(), "/flight.", deaths);
}

std::unique_ptr<FlightRecorder> Open(const std::string& path) {
  auto recorder =
      FlightRecorder::Open({.path = path,
                            .slot_size_bytes = 1 << 20,
                            .profiles = &engine::ProfileSet::BuiltIn()});
  CHECK(recorder.ok(), recorder.status().message());
  return *std::move(recorder);
}

engine::ExecuteRequest RequestOf(const v1::ExecuteRequest& message) {
  auto call = FromProto(message);
  CHECK(call.ok(), call.status().message());
  return call->request;
}

// A process that dies while it executes the request.
void DieOf(const v1::ExecuteRequest& message, const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    const auto recorder = Open(path);
    FlightRecorder::WatchSignals();
    state::InlineState state(state::MissingKeys::kAbsent);
    const replay::Flight flight(recorder.get(), RequestOf(message), &state);
    raise(SIGABRT);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

class ContainmentTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (int deaths = 1; deaths <= kDeathsMost; ++deaths) {
      std::filesystem::remove(PathOf(deaths));
      for (int i = 0; i < deaths; ++i) DieOf(Deadly(), PathOf(deaths));
    }
  }
  // A server behind that many deaths of the deadly request.
  void Start(int deaths) {
    recorder_ = Open(PathOf(deaths));
    ServerOptions options;
    options.backend.flight = recorder_.get();
    server_ = std::make_unique<TestServer>(options);
  }
  grpc::Status Execute(const v1::ExecuteRequest& request) {
    return Call(server_->execution, &v1::Execution::Stub::Execute, request,
                &response_);
  }
  // It has an outcome.
  void ExpectServed(const v1::ExecuteRequest& request) {
    const grpc::Status status = Execute(request);
    EXPECT_EQ(status.error_code(), StatusCode::OK) << status.error_message();
    EXPECT_TRUE(response_.has_completed());
  }

  std::unique_ptr<FlightRecorder> recorder_;  // outlives the server
  std::unique_ptr<TestServer> server_;
  v1::ExecuteResponse response_;
};

TEST_F(ContainmentTest, TwoDeathsAreInternalAndTheRestIsServed) {
  const v1::ExecuteRequest deadly = Deadly();
  Start(2);
  const std::string digest = engine::RequestDigest(RequestOf(deadly)).ToHex();
  for (int i = 0; i < 2; ++i) {
    const grpc::Status status = Execute(deadly);
    EXPECT_EQ(status.error_code(), StatusCode::INTERNAL);
    EXPECT_TRUE(absl::StrContains(
        status.error_message(),
        absl::StrCat("request ", digest, " ended this server 2 times")))
        << status.error_message();
    EXPECT_FALSE(response_.has_completed());
    // The same over other state is the same request.
    EXPECT_EQ(Execute(StoreCall(kCount, 0, v1::COMMIT_COMMIT)).error_code(),
              StatusCode::INTERNAL);
    v1::EstimateRequest estimate;
    *estimate.mutable_call() = deadly;
    v1::EstimateResponse estimated;
    EXPECT_EQ(Call(server_->estimation, &v1::Estimation::Stub::Estimate,
                   estimate, &estimated)
                  .error_code(),
              StatusCode::INTERNAL);
    // Whatever differs in the request, and all others.
    v1::ExecuteRequest other = deadly;
    other.set_fuel_limit(deadly.fuel_limit() - 1);
    ExpectServed(other);
    other = deadly;
    other.set_caller(Filled('\2'));
    ExpectServed(other);
    ExpectServed(SwitchCall(kTrap));
    ExpectServed(StoreCall(kRevert, 0, v1::COMMIT_DRY_RUN));
  }
}

TEST_F(ContainmentTest, OneDeathIsNotEnough) {
  Start(1);
  ASSERT_EQ(recorder_->deaths().size(), 1u);
  for (int i = 0; i < 3; ++i) ExpectServed(Deadly());
}

}  // namespace
}  // namespace ashlar::rpc
