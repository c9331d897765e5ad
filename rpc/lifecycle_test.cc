// Listening, deadlines, cancellation, a full queue, health, draining.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "gtest/gtest.h"
#include "rpc/client.h"
#include "rpc/server.h"
#include "rpc/test_server.h"

namespace ashlar::rpc {
namespace {

using grpc::StatusCode;

ServerOptions OneWorker(size_t waiting_max) {
  ServerOptions options;
  options.admission.worker_count = 1;
  options.admission.waiting_max = waiting_max;
  return options;
}

void WaitUntil(const std::function<bool()>& condition) {
  for (int i = 0; i < 10'000 && !condition(); ++i) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  ASSERT_TRUE(condition());
}

bool Counted(const TestServer& server, absl::string_view code) {
  return absl::StrContains(
      server.Metrics(),
      absl::StrCat("ashlar_requests_total{code=\"", code,
                   "\",method=\"ashlar.v1.Execution/Execute\"}"));
}

// An Execute in a thread of its own, which can be cancelled.
class Running {
 public:
  Running(TestServer* server, const v1::ExecuteRequest& request)
      : thread_([this, server, request] {
          status_ = server->execution->Execute(&context_, request, &response);
        }) {}
  ~Running() {
    if (thread_.joinable()) thread_.join();
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Wait() {
    thread_.join();
    return status_;
  }

  v1::ExecuteResponse response;

 private:
  grpc::ClientContext context_;
  grpc::Status status_;
  std::thread thread_;
};

// One message in, one out, for services whose stubs are not installed.
std::string Generic(const std::shared_ptr<grpc::Channel>& channel,
                    const std::string& method, const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  grpc::Slice slice(request);
  grpc::ByteBuffer message(&slice, 1);
  auto call = stub.PrepareUnaryCall(&context, method, message, &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  EXPECT_TRUE(status.ok()) << method << ": " << status.error_message();
  grpc::Slice bytes;
  if (!status.ok() || !answer.DumpToSingleSlice(&bytes).ok()) return "";
  return std::string(reinterpret_cast<const char*>(bytes.begin()),
                     bytes.size());
}

TEST(LifecycleTest, HealthAndReflectionAnswer) {
  TestServer server;
  // HealthCheckResponse{status: SERVING}, HealthCheckRequest{}.
  EXPECT_EQ(Generic(server.channel, "/grpc.health.v1.Health/Check", ""),
            "\x08\x01");
  // ServerReflectionRequest{list_services: "*"}.
  const std::string services =
      Generic(server.channel,
              "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              "\x3a\x01*");
  for (const char* name :
       {"Execution", "Estimation", "Modules", "State", "Replay", "Info"}) {
    EXPECT_TRUE(absl::StrContains(services, absl::StrCat("ashlar.v1.", name)))
        << name;
  }
}

TEST(LifecycleTest, ADeadlineHasNoOutcomeAndFreesTheWorker) {
  TestServer server(OneWorker(8));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(200));
  v1::ExecuteResponse response;
  EXPECT_EQ(server.execution->Execute(&context, SwitchCall(kForever), &response)
                .error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Call(server.execution, &v1::Execution::Stub::Execute,
                   SwitchCall(kCount), &response)
                  .ok());
  // A client gives its call up when the deadline passes, and the server may
  // hear of that before its own clock gets there.
  EXPECT_TRUE(Counted(server, "DEADLINE_EXCEEDED") ||
              Counted(server, "CANCELLED"))
      << server.Metrics();
}

TEST(LifecycleTest, ACancelledCommitCommitsNothing) {
  TestServer server(OneWorker(8));
  Running running(&server, StoreCall(kForever, 0, v1::COMMIT_COMMIT));
  WaitUntil([&] { return server.server->calls_inside() == 1; });
  running.Cancel();
  EXPECT_EQ(running.Wait().error_code(), StatusCode::CANCELLED);
  WaitUntil([&] { return server.server->calls_inside() == 0; });
  EXPECT_TRUE(Counted(server, "CANCELLED")) << server.Metrics();
  v1::ExecuteResponse response;
  EXPECT_TRUE(Call(server.execution, &v1::Execution::Stub::Execute,
                   StoreCall(kCount, 0, v1::COMMIT_COMMIT), &response)
                  .ok());
  EXPECT_EQ(response.new_version(), 1u);
}

TEST(LifecycleTest, AFullQueueRefuses) {
  TestServer server(OneWorker(1));
  Running running(&server, SwitchCall(kForever));
  WaitUntil([&] { return server.server->calls_inside() == 1; });
  Running waiting(&server, SwitchCall(kForever));
  WaitUntil([&] { return server.server->calls_inside() == 2; });
  v1::ExecuteResponse response;
  const grpc::Status status =
      Call(server.execution, &v1::Execution::Stub::Execute, SwitchCall(kCount),
           &response);
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(absl::StrContains(status.error_message(), "busy"));
  running.Cancel();
  waiting.Cancel();
}

TEST(LifecycleTest, DrainingLetsRunningCallsFinish) {
  TestServer server(OneWorker(8));
  Running running(&server, WorkCall(100'000'000));
  WaitUntil([&] { return server.server->calls_inside() == 1; });
  std::atomic<bool> all_finished = false;
  std::thread drain(
      [&] { all_finished = server.server->Drain(absl::Seconds(60)); });
  // Refused while the other one runs.
  v1::ExecuteResponse response;
  grpc::Status refused;
  WaitUntil([&] {
    refused = Call(server.execution, &v1::Execution::Stub::Execute,
                   v1::ExecuteRequest(), &response);
    return refused.error_code() == StatusCode::UNAVAILABLE;
  });
  const grpc::Status status = running.Wait();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(running.response.completed().outcome().outcome_class(),
            v1::OUTCOME_CLASS_RETURNED);
  drain.join();
  EXPECT_TRUE(all_finished);
}

TEST(LifecycleTest, DrainingCancelsWhatTakesTooLong) {
  TestServer server(OneWorker(8));
  Running running(&server, SwitchCall(kForever));
  WaitUntil([&] { return server.server->calls_inside() == 1; });
  EXPECT_FALSE(server.server->Drain(absl::Milliseconds(50)));
  EXPECT_FALSE(running.Wait().ok());
  EXPECT_EQ(server.server->calls_inside(), 0u);
}

TEST(LifecycleTest, HealthSaysThatItDrains) {
  TestServer server(OneWorker(8));
  Running running(&server, SwitchCall(kForever));
  WaitUntil([&] { return server.server->calls_inside() == 1; });
  std::thread drain([&] { server.server->Drain(absl::Seconds(60)); });
  // HealthCheckResponse{status: NOT_SERVING}
  WaitUntil([&] {
    return Generic(server.channel, "/grpc.health.v1.Health/Check", "") ==
           "\x08\x02";
  });
  running.Cancel();
  drain.join();
}

TEST(LifecycleTest, AnAddressInUseIsRefused) {
  TestServer server;
  ServerOptions options;
  options.listen = {server.address()};
  options.backend.engine = &server.engine;
  options.backend.store = server.store.get();
  absl::Status status = Server::Start(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(status.message(), server.address()));
  for (const char* address : {"nonsense", ":1", "host:", "host:12x"}) {
    options.listen = {address};
    EXPECT_EQ(Server::Start(options).status().code(),
              absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST(LifecycleTest, ServesAUnixSocketAndRemovesIt) {
  const std::string path = absl::StrCat("/tmp/ashlar_", getpid(), ".sock");
  {
    ServerOptions options;
    options.listen = {absl::StrCat("unix:", path), "127.0.0.1:0"};
    TestServer server(options);
    v1::ExecuteResponse response;
    EXPECT_TRUE(Call(server.execution, &v1::Execution::Stub::Execute,
                     SwitchCall(kCount), &response)
                    .ok());
    EXPECT_EQ(access(path.c_str(), F_OK), 0);
  }
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(ClientTest, SaysThatNobodyListens) {
  ClientOptions options;
  options.connect_timeout = absl::Milliseconds(100);
  const auto client = Client::Connect("unix:/tmp/ashlar_nobody", options);
  EXPECT_EQ(client.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(client.status().message(),
                                "no server answers at unix:/tmp/"));
}

TEST(ClientTest, AnswersInEngineTypes) {
  TestServer server;
  const auto client = Client::Connect(server.address());
  ASSERT_TRUE(client.ok()) << client.status();
  ExecuteCall call = *FromProto(SwitchCall(kCount));
  const auto reply = (*client)->Execute(call);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->result.completed->outcome.klass,
            engine::OutcomeClass::kReturned);
  EXPECT_FALSE(reply->new_version.has_value());
  const auto estimate = (*client)->Estimate({call, {}});
  ASSERT_TRUE(estimate.ok()) << estimate.status();
  EXPECT_EQ(estimate->result.completed->fuel.minimum,
            reply->result.completed->fuel.minimum);
  call.state = StoreState{"chain", 0, true};
  EXPECT_EQ((*client)->Execute(call)->new_version, 1u);

  const auto info = (*client)->GetInfo();
  ASSERT_TRUE(info.ok()) << info.status();
  const base::Hash256 profile = info->profiles[2].digest;
  const auto hash = (*client)->Put(profile, SwitchModule());
  ASSERT_TRUE(hash.ok()) << hash.status();
  EXPECT_EQ(*(*client)->GetModule(*hash), SwitchModule());
  const auto report = (*client)->InspectStored(profile, *hash);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->accepted);
  EXPECT_EQ(report->imports.size(), 6u);
  const auto refused = (*client)->Put(profile, "no module");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(Violations(refused.status()).empty());
}

}  // namespace
}  // namespace ashlar::rpc
