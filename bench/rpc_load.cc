// Execute against a bare echo of the same request, in one process and run.
//
// Three servers on Unix sockets get the same load in turn: one echoes the
// serialised request, one executes it without a module cache (everything from
// bytes to outcome, each time), one with it. So the ratios say what Ashlar
// adds to gRPC, whatever the machine.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "ashlar/v1/execution.grpc.pb.h"
#include "bench/echo.grpc.pb.h"
#include "engine/base/bytes.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/state/memory_store.h"
#include "engine/state/store.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "rpc/server.h"

namespace ashlar::bench {
namespace {

struct Options {
  int in_flight = 64;
  double seconds = 2;  // per measurement and round
  int rounds = 3;
  int latency_calls = 5000;
  bool json = false;
};

class EchoService : public Echo::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const EchoMessage* request,
                                 EchoMessage* response) override {
    response->set_payload(request->payload());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

std::string SocketAddress(absl::string_view name) {
  return absl::StrCat("unix:/tmp/rpc_load_", getpid(), "_", name);
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

// A server that executes, and its client.
struct Executor {
  static absl::StatusOr<std::unique_ptr<Executor>> Start(
      absl::string_view name, uint64_t cache_size_bytes) {
    auto executor = std::make_unique<Executor>();
    executor->engine = std::make_unique<engine::Engine>(
        engine::EngineOptions{.cache_size_bytes = cache_size_bytes});
    executor->store = state::NewMemoryStore();
    rpc::ServerOptions options;
    options.listen = {SocketAddress(name)};
    options.backend.engine = executor->engine.get();
    options.backend.store = executor->store.get();
    options.admission.worker_count =
        std::max(1u, std::thread::hardware_concurrency());
    ASSIGN_OR_RETURN(executor->server, rpc::Server::Start(options));
    executor->stub =
        v1::Execution::NewStub(Connect(executor->server->addresses()[0]));
    return executor;
  }

  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<state::VersionedStore> store;
  std::unique_ptr<rpc::Server> server;
  std::unique_ptr<v1::Execution::Stub> stub;
};

// Keeps `in_flight` calls going until the time is over. `Response` must answer
// `is_right`, so that nothing is measured that did not work.
template <typename Request, typename Response>
class Load {
 public:
  using Start =
      std::function<void(grpc::ClientContext*, const Request*, Response*,
                         std::function<void(grpc::Status)>)>;

  Load(Start start, const Request& request,
       std::function<bool(const Response&)> is_right)
      : start_(std::move(start)),
        request_(request),
        is_right_(std::move(is_right)) {}

  // Calls per second, or 0 where a call failed.
  double Run(int in_flight, double seconds) {
    const absl::Time begin = absl::Now();
    end_ = begin + absl::Seconds(seconds);
    done_ = 0;
    absl::BlockingCounter slots(in_flight);
    for (int i = 0; i < in_flight; ++i) Next(&slots);
    slots.Wait();
    const double passed = absl::ToDoubleSeconds(absl::Now() - begin);
    return failed_ ? 0 : static_cast<double>(done_) / passed;
  }

  // Durations of calls made one after another, ascending.
  std::vector<absl::Duration> Latencies(int count) {
    std::vector<absl::Duration> latencies;
    for (int i = 0; i < count && !failed_; ++i) {
      const absl::Time begin = absl::Now();
      end_ = begin;
      absl::BlockingCounter slot(1);
      Next(&slot);
      slot.Wait();
      latencies.push_back(absl::Now() - begin);
    }
    std::sort(latencies.begin(), latencies.end());
    return latencies;
  }

  bool failed() const { return failed_; }

 private:
  struct Call {
    grpc::ClientContext context;
    Response response;
  };

  void Next(absl::BlockingCounter* slots) {
    auto* call = new Call;
    start_(&call->context, &request_, &call->response,
           [this, call, slots](const grpc::Status& status) {
             if (!status.ok() || !is_right_(call->response)) failed_ = true;
             delete call;
             ++done_;
             if (failed_ || absl::Now() >= end_) {
               slots->DecrementCount();
             } else {
               Next(slots);
             }
           });
  }

  const Start start_;
  const Request request_;
  const std::function<bool(const Response&)> is_right_;
  absl::Time end_;
  std::atomic<uint64_t> done_ = 0;
  std::atomic<bool> failed_ = false;
};

using ExecuteLoad = Load<v1::ExecuteRequest, v1::ExecuteResponse>;
using EchoLoad = Load<EchoMessage, EchoMessage>;

bool Returned(const v1::ExecuteResponse& response) {
  return response.completed().outcome().outcome_class() ==
         v1::OUTCOME_CLASS_RETURNED;
}

ExecuteLoad LoadOf(Executor* executor, const v1::ExecuteRequest& request) {
  return ExecuteLoad(
      [executor](grpc::ClientContext* context, const v1::ExecuteRequest* from,
                 v1::ExecuteResponse* to,
                 std::function<void(grpc::Status)> done) {
        executor->stub->async()->Execute(context, from, to, std::move(done));
      },
      request, &Returned);
}

// The example token, which Bazel puts beside this program.
absl::StatusOr<std::string> TokenModule(const std::string& program) {
  for (const std::string& folder :
       {absl::StrCat(program, ".runfiles/ashlar"), std::string(".")}) {
    std::ifstream file(folder + "/contracts/token/token.wasm",
                       std::ios::binary);
    if (file.good()) {
      return std::string(std::istreambuf_iterator<char>(file), {});
    }
  }
  return absl::NotFoundError(
      "contracts/token/token.wasm is not beside this program; build it with "
      "Bazel");
}

// A transfer of the token; its state comes from deploying it first.
absl::StatusOr<v1::ExecuteRequest> Transfer(const std::string& module,
                                            Executor* executor) {
  const absl::string_view profile =
      engine::ProfileSet::BuiltIn().FindByName("seal-1")->digest.view();
  const std::string amount(16, '\1');
  v1::ExecuteRequest request;
  request.set_profile(std::string(profile.data(), profile.size()));
  request.set_module_bytes(module);
  request.set_activation(v1::ACTIVATION_FRESH);
  request.set_entry("deploy");
  request.set_input(base::HexDecode("9bae9d5e").value() + amount);
  request.set_fuel_limit(uint64_t{1} << 56);
  request.set_caller(std::string(32, '\1'));
  request.set_callee(std::string(32, '\xc0'));
  request.mutable_no_state();
  grpc::ClientContext context;
  v1::ExecuteResponse response;
  const grpc::Status status =
      executor->stub->Execute(&context, request, &response);
  if (!status.ok() || !Returned(response)) {
    return absl::InternalError(
        absl::StrCat("the token was not deployed: ", status.error_message()));
  }
  v1::InlineState* state = request.mutable_inline_state();
  state->set_missing_key(v1::MISSING_KEY_ABSENT);
  v1::InlineAccount* account = state->add_accounts();
  account->set_account(request.callee());
  for (const v1::Effect& effect : response.completed().effects()) {
    if (effect.key().kind() != v1::KIND_STORAGE) continue;
    v1::StorageEntry* entry = account->add_storage();
    entry->set_key(effect.key().key());
    entry->set_value(effect.value());
  }
  request.set_entry("call");
  request.set_input(base::HexDecode("84a15da1").value() +
                    std::string(32, '\2') + std::string(15, '\0') + '\1');
  return request;
}

double Micros(const std::vector<absl::Duration>& latencies, double part) {
  if (latencies.empty()) return 0;
  const auto last = static_cast<double>(latencies.size() - 1);
  return absl::ToDoubleMicroseconds(
      latencies[static_cast<size_t>(last * part)]);
}

struct Report {
  double echo = 0, oneshot = 0, cached = 0;  // calls per second
  double p50_us = 0, p99_us = 0;
  size_t request_bytes = 0;
};

void Print(const Report& r, bool json) {
  const double oneshot_vs_echo = r.oneshot / r.echo;
  const double cached_vs_echo = r.cached / r.echo;
  if (json) {
    std::printf(
        "{\"echo_qps\":%.0f,\"oneshot_qps\":%.0f,\"cached_qps\":%.0f,"
        "\"oneshot_vs_echo\":%.3f,\"cached_vs_echo\":%.3f,\"p50_us\":%.1f,"
        "\"p99_us\":%.1f,\"request_bytes\":%zu}\n",
        r.echo, r.oneshot, r.cached, oneshot_vs_echo, cached_vs_echo, r.p50_us,
        r.p99_us, r.request_bytes);
    return;
  }
  std::printf("request        %zu bytes\n", r.request_bytes);
  std::printf("echo           %.0f calls/s\n", r.echo);
  std::printf("from bytes     %.0f calls/s, %.2f of the echo's\n", r.oneshot,
              oneshot_vs_echo);
  std::printf("cached module  %.0f calls/s, %.2f of the echo's\n", r.cached,
              cached_vs_echo);
  std::printf("from bytes, one at a time: p50 %.0f us, p99 %.0f us\n", r.p50_us,
              r.p99_us);
}

absl::StatusOr<Report> Measure(const Options& options,
                               const std::string& program) {
  ASSIGN_OR_RETURN(const std::string module, TokenModule(program));
  ASSIGN_OR_RETURN(const auto oneshot, Executor::Start("oneshot", 0));
  ASSIGN_OR_RETURN(const auto cached, Executor::Start("cached", 64 << 20));
  EchoService echo_service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(SocketAddress("echo"),
                           grpc::InsecureServerCredentials());
  builder.RegisterService(&echo_service);
  const std::unique_ptr<grpc::Server> echo_server = builder.BuildAndStart();
  const auto echo_stub = Echo::NewStub(Connect(SocketAddress("echo")));

  ASSIGN_OR_RETURN(const v1::ExecuteRequest request,
                   Transfer(module, cached.get()));
  EchoMessage payload;
  payload.set_payload(request.SerializeAsString());
  EchoLoad echo_load(
      [&](grpc::ClientContext* context, const EchoMessage* from,
          EchoMessage* to, std::function<void(grpc::Status)> done) {
        echo_stub->async()->Echo(context, from, to, std::move(done));
      },
      payload,
      [&](const EchoMessage& answer) {
        return answer.payload().size() == payload.payload().size();
      });
  ExecuteLoad oneshot_load = LoadOf(oneshot.get(), request);
  ExecuteLoad cached_load = LoadOf(cached.get(), request);
  Report report;
  report.request_bytes = payload.payload().size();
  // The best of several rounds in turn: other work on the machine only slows.
  for (int round = 0; round < options.rounds; ++round) {
    const auto best = [&](double* best_so_far, auto& load) {
      *best_so_far =
          std::max(*best_so_far, load.Run(options.in_flight, options.seconds));
    };
    best(&report.echo, echo_load);
    best(&report.oneshot, oneshot_load);
    best(&report.cached, cached_load);
  }
  const auto latencies = oneshot_load.Latencies(options.latency_calls);
  report.p50_us = Micros(latencies, 0.5);
  report.p99_us = Micros(latencies, 0.99);
  if (echo_load.failed() || oneshot_load.failed() || cached_load.failed()) {
    return absl::InternalError("a call failed or answered wrongly");
  }
  return report;
}

}  // namespace
}  // namespace ashlar::bench

int main(int argc, char** argv) {
  CLI::App app(
      "Loads Execute and a bare echo of the same request, in one run.\n"
      "oneshot executes from module bytes without a cache, cached with it. "
      "The ratios are calls per second over the echo's; p50 and p99 are of "
      "oneshot "
      "calls, one at a time.",
      "rpc_load");
  ashlar::bench::Options options;
  app.add_option("--in-flight", options.in_flight, "Calls at once")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Of each measurement")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "Measurements; the best counts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--latency-calls", options.latency_calls,
                 "Calls made one at a time")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_flag("--json", options.json, "One JSON object");
  CLI11_PARSE(app, argc, argv);
  const auto report = ashlar::bench::Measure(options, argv[0]);
  if (!report.ok()) {
    const std::string message(report.status().message());
    std::fprintf(stderr, "rpc_load: %s.\n", message.c_str());
    return 3;
  }
  ashlar::bench::Print(*report, options.json);
  return 0;
}
