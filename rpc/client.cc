#include "rpc/client.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "ashlar/v1/estimation.grpc.pb.h"
#include "ashlar/v1/execution.grpc.pb.h"
#include "ashlar/v1/info.grpc.pb.h"
#include "ashlar/v1/modules.grpc.pb.h"
#include "ashlar/v1/replay.grpc.pb.h"
#include "engine/base/status_macros.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "rpc/field.h"
#include "rpc/status.h"

namespace ashlar::rpc {
namespace {

std::chrono::system_clock::time_point Deadline(absl::Duration timeout) {
  // A date that gRPC can hold stands for "never".
  constexpr absl::Duration kLongest = absl::Hours(24 * 365);
  return std::chrono::system_clock::now() +
         absl::ToChronoMilliseconds(std::min(timeout, kLongest));
}

absl::StatusOr<ModuleReport> FromProto(const v1::InspectResponse& from) {
  ModuleReport to;
  ASSIGN_OR_RETURN(to.hash, base::Hash256::FromBytes(from.module_hash()));
  to.size_bytes = from.size_bytes();
  to.accepted = from.accepted();
  for (const v1::Violation& violation : from.violations()) {
    ASSIGN_OR_RETURN(to.violations.emplace_back(), rpc::FromProto(violation));
  }
  to.compile_fuel = from.compile_fuel();
  to.activated_fuel = from.activated_fuel();
  to.instantiate_fuel = from.instantiate_fuel();
  for (const v1::InspectResponse::Import& item : from.imports()) {
    if (item.status() == v1::IMPORT_STATUS_UNSPECIFIED ||
        !v1::ImportStatus_IsValid(item.status())) {
      return absl::InternalError("an import's status of unknown number");
    }
    to.imports.push_back({item.module(), item.name(), item.type(),
                          static_cast<engine::ImportStatus>(item.status())});
  }
  for (const v1::InspectResponse::Export& item : from.exports()) {
    to.exports.push_back(
        {.module = "", .name = item.name(), .type = item.type()});
  }
  to.function_count = from.function_count();
  to.stored = from.stored();
  to.activated = from.activated();
  for (const v1::FunctionReport& f : from.functions()) {
    ModuleReport::Function& to_f = to.functions.emplace_back();
    to_f.index = f.index();
    to_f.name = f.name();
    to_f.body_size_bytes = f.body_size_bytes();
    to_f.run_count = f.run_count();
    to_f.dearest_run_fuel = f.dearest_run_fuel();
    to_f.dearest_run_offset = f.dearest_run_offset();
    to_f.frame_slots = f.frame_slots();
    if (f.has_fuel_bound()) to_f.fuel_bound = f.fuel_bound();
  }
  if (from.has_worst_stack()) {
    wasm::WorstStack& worst = to.worst_stack.emplace();
    if (from.worst_stack().has_slots())
      worst.slots = from.worst_stack().slots();
    worst.path.assign(from.worst_stack().path().begin(),
                      from.worst_stack().path().end());
    worst.by_table = from.worst_stack().by_table();
  }
  return to;
}

}  // namespace

struct Client::Stubs {
  ClientOptions options;
  std::unique_ptr<v1::Execution::Stub> execution;
  std::unique_ptr<v1::Estimation::Stub> estimation;
  std::unique_ptr<v1::Modules::Stub> modules;
  std::unique_ptr<v1::Replay::Stub> replay;
  std::unique_ptr<v1::Info::Stub> info;

  // One unary call with the deadline of the options.
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub* stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(Deadline(options.call_timeout));
    return FromGrpcStatus((stub->*method)(&context, request, response));
  }
};

Client::Client(std::unique_ptr<Stubs> stubs) : stubs_(std::move(stubs)) {}
Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Connect(
    const std::string& server, const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.message_bytes_max);
  arguments.SetMaxSendMessageSize(options.message_bytes_max);
  // The server is where it was said to be, whatever the environment's proxy.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      server, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(Deadline(options.connect_timeout))) {
    return absl::UnavailableError(
        absl::StrCat("no server answers at ", server, " within ",
                     absl::FormatDuration(options.connect_timeout),
                     "; is ashlard running, and is this what it listens on?"));
  }
  auto stubs = std::make_unique<Stubs>();
  stubs->options = options;
  stubs->execution = v1::Execution::NewStub(channel);
  stubs->estimation = v1::Estimation::NewStub(channel);
  stubs->modules = v1::Modules::NewStub(channel);
  stubs->replay = v1::Replay::NewStub(channel);
  stubs->info = v1::Info::NewStub(channel);
  return std::unique_ptr<Client>(new Client(std::move(stubs)));
}

absl::StatusOr<ExecuteReply> Client::Execute(const ExecuteCall& call) {
  v1::ExecuteRequest request;
  ToProto(call, &request);
  v1::ExecuteResponse response;
  RETURN_IF_ERROR(stubs_->Call(stubs_->execution.get(),
                               &v1::Execution::Stub::Execute, request,
                               &response));
  ExecuteReply reply;
  ASSIGN_OR_RETURN(reply.result, rpc::FromProto(response));
  if (response.has_new_version()) reply.new_version = response.new_version();
  reply.replay_record = std::move(*response.mutable_replay_record());
  return reply;
}

absl::StatusOr<VerifyReply> Client::Verify(absl::string_view records) {
  v1::VerifyRequest request;
  request.set_record(ToString(records));
  v1::VerifyResponse response;
  RETURN_IF_ERROR(stubs_->Call(stubs_->replay.get(), &v1::Replay::Stub::Verify,
                               request, &response));
  VerifyReply reply;
  reply.record_count = response.record_count();
  reply.match_count = response.match_count();
  if (response.has_first_mismatch()) {
    reply.first_mismatch = response.first_mismatch();
  }
  reply.first_difference = std::move(*response.mutable_first_difference());
  return reply;
}

absl::StatusOr<engine::Estimation> Client::Estimate(const EstimateCall& call) {
  v1::EstimateRequest request;
  ToProto(call, &request);
  v1::EstimateResponse response;
  RETURN_IF_ERROR(stubs_->Call(stubs_->estimation.get(),
                               &v1::Estimation::Stub::Estimate, request,
                               &response));
  return rpc::FromProto(response);
}

absl::StatusOr<base::Hash256> Client::Put(const base::Hash256& profile,
                                          absl::string_view module_bytes) {
  v1::PutRequest request;
  request.set_profile(ToString(profile.view()));
  request.set_module_bytes(ToString(module_bytes));
  v1::PutResponse response;
  RETURN_IF_ERROR(stubs_->Call(stubs_->modules.get(), &v1::Modules::Stub::Put,
                               request, &response));
  return base::Hash256::FromBytes(response.module_hash());
}

absl::StatusOr<base::Bytes> Client::GetModule(const base::Hash256& hash) {
  v1::GetModuleRequest request;
  request.set_module_hash(ToString(hash.view()));
  v1::GetModuleResponse response;
  RETURN_IF_ERROR(stubs_->Call(stubs_->modules.get(), &v1::Modules::Stub::Get,
                               request, &response));
  return response.module_bytes();
}

absl::StatusOr<ModuleReport> Client::Inspect(
    const v1::InspectRequest& request) {
  v1::InspectResponse response;
  RETURN_IF_ERROR(stubs_->Call(
      stubs_->modules.get(), &v1::Modules::Stub::Inspect, request, &response));
  return FromProto(response);
}

absl::StatusOr<ModuleReport> Client::Inspect(const base::Hash256& profile,
                                             absl::string_view module_bytes) {
  v1::InspectRequest request;
  request.set_profile(ToString(profile.view()));
  request.set_module_bytes(ToString(module_bytes));
  return Inspect(request);
}

absl::StatusOr<ModuleReport> Client::InspectStored(const base::Hash256& profile,
                                                   const base::Hash256& hash) {
  v1::InspectRequest request;
  request.set_profile(ToString(profile.view()));
  request.set_module_hash(ToString(hash.view()));
  return Inspect(request);
}

absl::StatusOr<ServerInfo> Client::GetInfo() {
  v1::GetCapabilitiesResponse response;
  RETURN_IF_ERROR(stubs_->Call(stubs_->info.get(),
                               &v1::Info::Stub::GetCapabilities,
                               v1::GetCapabilitiesRequest(), &response));
  ServerInfo info;
  info.version = response.server_version();
  info.state_in_memory = response.state_in_memory();
  for (const auto& from : response.profiles()) {
    ServerInfo::Profile& to = info.profiles.emplace_back();
    to.name = from.name();
    ASSIGN_OR_RETURN(to.digest, base::Hash256::FromBytes(from.digest()));
  }
  return info;
}

std::vector<wasm::Violation> Violations(const absl::Status& status) {
  v1::ModuleViolations details;
  const auto payload = status.GetPayload(
      absl::StrCat("type.googleapis.com/", details.GetTypeName()));
  std::vector<wasm::Violation> violations;
  if (!payload.has_value() || !details.ParseFromString(std::string(*payload))) {
    return violations;
  }
  for (const v1::Violation& from : details.violations()) {
    auto to = rpc::FromProto(from);
    if (to.ok()) violations.push_back(*std::move(to));
  }
  return violations;
}

}  // namespace ashlar::rpc
