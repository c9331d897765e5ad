#include "rpc/server.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/engine.h"
#include "engine/profile.h"
#include "engine/state/overrides.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "metering/fuel.h"
#include "rpc/convert.h"
#include "rpc/unix_socket.h"
#include "rpc/version.h"

namespace ashlar::rpc {
namespace {

constexpr absl::string_view kUnix = "unix:";
// For cancelled calls to notice; what lasts longer is waited for.
constexpr std::chrono::milliseconds kCancelTime{200};

v1::GetCapabilitiesResponse Capabilities(const ServerOptions& options) {
  v1::GetCapabilitiesResponse to;
  to.set_server_version(kVersion);
  to.add_semantics_versions(engine::kSemanticsVersion);
  for (const engine::Profile* p : options.backend.engine->profiles().all()) {
    ToProto(*p, to.add_profiles());
  }
  to.set_fuel_limit_max(metering::kFuelMax);
  to.set_message_bytes_max(options.backend.message_bytes_max);
  to.set_worker_count(static_cast<uint32_t>(options.admission.worker_count));
  to.set_queue_size_max(static_cast<uint32_t>(options.admission.waiting_max));
  to.set_quota_fuel_per_second(options.admission.quota_fuel_per_second);
  to.set_state_in_memory(options.backend.state_in_memory);
  to.set_override_entries_max(state::kOverrideEntriesMax);
  to.set_override_bytes_max(state::kOverrideBytesMax);
  for (std::string& name : ServedMethods()) to.add_methods(std::move(name));
  return to;
}

// "HOST:PORT" with a host and a port, where the port is a number.
bool IsHostAndPort(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view port = address.substr(colon + 1);
  return !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Server::Server(const ServerOptions& options)
    : metrics_(std::make_shared<Metrics>()),
      memory_(options.memory_bytes_max),
      admission_(options.admission),
      context_{options.backend, &admission_, metrics_.get(),
               Capabilities(options)} {
  context_.backend.memory = &memory_;
  services_.push_back(NewExecutionService(&context_));
  services_.push_back(NewEstimationService(&context_));
  services_.push_back(NewModulesService(&context_));
  services_.push_back(NewStateService(&context_));
  services_.push_back(NewReplayService(&context_));
  services_.push_back(NewInfoService(&context_));
  metrics_->Watch("ashlar_queue_calls", "Calls that wait for a worker.",
                  [this] { return admission_.queue().waiting(); });
  metrics_->Watch("ashlar_inside_calls",
                  "Calls that were taken on and are not finished.",
                  [this] { return admission_.inside(); });
  metrics_->Watch("ashlar_reserved_memory_bytes",
                  "Memory that running calls may come to use.",
                  [this] { return memory_.bytes_reserved(); });
  if (options.backend.shadow != nullptr) WatchShadow(*options.backend.shadow);
}

void Server::WatchShadow(const Shadow& shadow) {
  metrics_->Watch("ashlar_shadow_executions",
                  "Executions that were done again by the naive interpreter.",
                  [&shadow] { return shadow.executions(); });
  metrics_->Watch("ashlar_shadow_mismatches",
                  "Of these, those that did not agree.",
                  [&shadow] { return shadow.mismatches(); });
  metrics_->Watch("ashlar_shadow_skipped",
                  "Executions that the naive interpreter cannot do.",
                  [&shadow] { return shadow.skipped(); });
  metrics_->Watch("ashlar_shadow_dropped",
                  "Executions for which there was no time.",
                  [&shadow] { return shadow.dropped(); });
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerOptions& options) {
  CHECK(options.backend.engine != nullptr && options.backend.store != nullptr);
  if (options.listen.empty()) {
    return absl::InvalidArgumentError("no address to listen on");
  }
  if (options.backend.message_bytes_max == 0 ||
      options.backend.message_bytes_max > INT_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("a message may have 1 to ", INT_MAX, " bytes"));
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  std::unique_ptr<Server> server(new Server(options));
  RETURN_IF_ERROR(server->Listen(options.listen));
  return server;
}

absl::Status Server::Listen(const std::vector<std::string>& addresses) {
  grpc::ServerBuilder builder;
  // Two servers on one port would share its calls by chance.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  const int message_bytes_max =
      static_cast<int>(context_.backend.message_bytes_max);
  builder.SetMaxReceiveMessageSize(message_bytes_max);
  builder.SetMaxSendMessageSize(message_bytes_max);
  std::vector<int> ports(addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::string& address = addresses[i];
    if (absl::StartsWith(address, kUnix)) {
      const std::string path = address.substr(kUnix.size());
      RETURN_IF_ERROR(FreeSocketPath(path));
      socket_paths_.push_back(path);
    } else if (!IsHostAndPort(address)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cannot listen on \"", address, "\"; give HOST:PORT or unix:PATH"));
    }
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(),
                             &ports[i]);
  }
  for (const auto& service : services_) builder.RegisterService(service.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    const size_t failed =
        std::find(ports.begin(), ports.end(), 0) - ports.begin();
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", addresses[std::min(failed, ports.size() - 1)],
        ": it is in use, or no address of this machine, or not allowed"));
  }
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::string& address = addresses[i];
    addresses_.push_back(
        absl::StartsWith(address, kUnix)
            ? address
            : absl::StrCat(address.substr(0, address.rfind(':') + 1),
                           ports[i]));
  }
  return absl::OkStatus();
}

bool Server::Drain(absl::Duration grace) {
  server_->GetHealthCheckService()->SetServingStatus(false);
  admission_.Drain();
  const bool all_finished = admission_.WaitUntilEmpty(grace);
  // Health watchers never end by themselves, so the deadline is short; it
  // also sets the cancel flags of calls that are still inside.
  server_->Shutdown(std::chrono::system_clock::now() + kCancelTime);
  server_->Wait();
  return all_finished;
}

Server::~Server() {
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }
  // The last thing that a call does is to leave, on a thread of gRPC's. It has
  // done so by now; that its lock is free, too, is for us to know.
  admission_.WaitUntilEmpty(absl::InfiniteDuration());
  for (const std::string& path : socket_paths_) unlink(path.c_str());
}

}  // namespace ashlar::rpc
