#include "rpc/services.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ashlar/v1/estimation.grpc.pb.h"
#include "ashlar/v1/execution.grpc.pb.h"
#include "ashlar/v1/info.grpc.pb.h"
#include "ashlar/v1/modules.grpc.pb.h"
#include "ashlar/v1/replay.grpc.pb.h"
#include "ashlar/v1/state.grpc.pb.h"
#include "engine/outcome.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "rpc/execute.h"
#include "rpc/modules.h"
#include "rpc/status.h"
#include "rpc/unary_call.h"
#include "rpc/verify.h"
#include "rpc/versions.h"

namespace ashlar::rpc {
namespace {

using Context = grpc::CallbackServerContext;
using UnaryReactor = grpc::ServerUnaryReactor;

// Methods that answer UNIMPLEMENTED, and what to do instead.
struct Later {
  absl::string_view method;
  absl::string_view instead;
};
constexpr Later kExecuteBlock = {"ashlar.v1.Execution/ExecuteBlock",
                                 "send the calls one by one to Execute"};
constexpr Later kSession = {
    "ashlar.v1.Execution/Session",
    "use Execute with inline state and missing_key ASK, and send the call "
    "again with what NeedsState names"};

constexpr absl::string_view kExecute = "ashlar.v1.Execution/Execute";
constexpr absl::string_view kEstimate = "ashlar.v1.Estimation/Estimate";
constexpr absl::string_view kInspect = "ashlar.v1.Modules/Inspect";
constexpr absl::string_view kPut = "ashlar.v1.Modules/Put";
constexpr absl::string_view kGetModule = "ashlar.v1.Modules/Get";
constexpr absl::string_view kActivate = "ashlar.v1.Modules/Activate";
constexpr absl::string_view kGetState = "ashlar.v1.State/Get";
constexpr absl::string_view kWrite = "ashlar.v1.State/Write";
constexpr absl::string_view kRollback = "ashlar.v1.State/Rollback";
constexpr absl::string_view kPrune = "ashlar.v1.State/Prune";
constexpr absl::string_view kVerify = "ashlar.v1.Replay/Verify";
constexpr absl::string_view kGetCapabilities = "ashlar.v1.Info/GetCapabilities";

absl::Status Unimplemented(const Later& later) {
  return absl::UnimplementedError(absl::StrCat(
      later.method, " is not served by this version: ", later.instead));
}

// One method of a service: its metrics, and how its calls are run.
class Method {
 public:
  Method(ServiceContext* context, absl::string_view name) : context_(context) {
    context->metrics->Add(std::string(name.data(), name.size()), &metrics_);
  }

  // `work` takes the backend, the request and the response; messages live as
  // long as the call.
  template <typename Request, typename Response>
  UnaryReactor* Queue(Context* call, const Request* request, Response* response,
                      absl::Status (*work)(const Backend&, const Request&,
                                           Response*)) {
    return Queue(call,
                 [context = context_, request, response, work](CallState*) {
                   return work(context->backend, *request, response);
                 });
  }

  UnaryReactor* Queue(Context* call, CallWork work) {
    return QueueCall(call, context_->admission, &metrics_, std::move(work));
  }

  UnaryReactor* Answer(Context* call, CallWork work) {
    return AnswerCall(call, *context_->admission, &metrics_, std::move(work));
  }

  // Answers a stream, which takes a reactor of its own, with UNIMPLEMENTED.
  template <typename Request, typename Response>
  grpc::ServerBidiReactor<Request, Response>* RefuseStream(const Later& later) {
    class Refusal : public grpc::ServerBidiReactor<Request, Response> {
     public:
      explicit Refusal(const grpc::Status& status) { this->Finish(status); }
      void OnDone() override { delete this; }
    };
    const grpc::Status status = ToGrpcStatus(Unimplemented(later));
    metrics_.Count(status.error_code(), absl::ZeroDuration());
    return new Refusal(status);
  }

 private:
  ServiceContext* const context_;
  MethodMetrics metrics_;
};

// Charges the client's quota; counts what was computed.
void Count(const v1::Completed& completed, const ServiceContext& context,
           CallState* state) {
  state->fuel_used = completed.fuel().used();
  context.metrics->CountOutcome(
      static_cast<engine::OutcomeClass>(completed.outcome().outcome_class()),
      completed.fuel().used());
}

class ExecutionService : public v1::Execution::CallbackService {
 public:
  explicit ExecutionService(ServiceContext* context)
      : context_(context),
        execute_(context, kExecute),
        execute_block_(context, kExecuteBlock.method),
        session_(context, kSession.method) {}

  UnaryReactor* Execute(Context* call, const v1::ExecuteRequest* request,
                        v1::ExecuteResponse* response) override {
    return execute_.Queue(
        call, [context = context_, request, response](CallState* state) {
          const absl::Status status = rpc::Execute(context->backend, *request,
                                                   state->cancelled, response);
          if (status.ok() && response->has_completed()) {
            Count(response->completed(), *context, state);
          }
          return status;
        });
  }

  grpc::ServerBidiReactor<v1::ExecuteBlockRequest, v1::ExecuteBlockResponse>*
  ExecuteBlock(Context*) override {
    return execute_block_
        .RefuseStream<v1::ExecuteBlockRequest, v1::ExecuteBlockResponse>(
            kExecuteBlock);
  }

  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      Context*) override {
    return session_.RefuseStream<v1::SessionRequest, v1::SessionResponse>(
        kSession);
  }

 private:
  ServiceContext* const context_;
  Method execute_;
  Method execute_block_;
  Method session_;
};

class EstimationService : public v1::Estimation::CallbackService {
 public:
  explicit EstimationService(ServiceContext* context)
      : context_(context), estimate_(context, kEstimate) {}

  UnaryReactor* Estimate(Context* call, const v1::EstimateRequest* request,
                         v1::EstimateResponse* response) override {
    return estimate_.Queue(
        call, [context = context_, request, response](CallState* state) {
          const absl::Status status = rpc::Estimate(context->backend, *request,
                                                    state->cancelled, response);
          if (status.ok() && response->has_completed()) {
            Count(response->completed(), *context, state);
            // It may have executed twice (Engine::Estimate).
            if (response->completed().fuel().exactness() ==
                v1::EXACTNESS_CONDITIONAL) {
              state->fuel_used *= 2;
            }
          }
          return status;
        });
  }

 private:
  ServiceContext* const context_;
  Method estimate_;
};

class ModulesService : public v1::Modules::CallbackService {
 public:
  explicit ModulesService(ServiceContext* context)
      : inspect_(context, kInspect),
        put_(context, kPut),
        get_(context, kGetModule),
        activate_(context, kActivate) {}

  UnaryReactor* Inspect(Context* call, const v1::InspectRequest* request,
                        v1::InspectResponse* response) override {
    return inspect_.Queue(call, request, response, &rpc::Inspect);
  }
  UnaryReactor* Put(Context* call, const v1::PutRequest* request,
                    v1::PutResponse* response) override {
    return put_.Queue(call, request, response, &rpc::Put);
  }
  UnaryReactor* Get(Context* call, const v1::GetModuleRequest* request,
                    v1::GetModuleResponse* response) override {
    return get_.Queue(call, request, response, &rpc::Get);
  }
  UnaryReactor* Activate(Context* call, const v1::ActivateRequest* request,
                         v1::ActivateResponse* response) override {
    return activate_.Queue(call, request, response, &rpc::Activate);
  }

 private:
  Method inspect_;
  Method put_;
  Method get_;
  Method activate_;
};

class StateService : public v1::State::CallbackService {
 public:
  explicit StateService(ServiceContext* context)
      : get_(context, kGetState),
        write_(context, kWrite),
        rollback_(context, kRollback),
        prune_(context, kPrune) {}

  UnaryReactor* Get(Context* call, const v1::GetStateRequest* request,
                    v1::GetStateResponse* response) override {
    return get_.Queue(call, request, response, &rpc::Get);
  }
  UnaryReactor* Write(Context* call, const v1::WriteStateRequest* request,
                      v1::WriteStateResponse* response) override {
    return write_.Queue(call, request, response, &rpc::Write);
  }
  UnaryReactor* Rollback(Context* call, const v1::RollbackRequest* request,
                         v1::RollbackResponse* response) override {
    return rollback_.Queue(call, request, response, &rpc::Rollback);
  }
  UnaryReactor* Prune(Context* call, const v1::PruneRequest* request,
                      v1::PruneResponse* response) override {
    return prune_.Queue(call, request, response, &rpc::Prune);
  }

 private:
  Method get_;
  Method write_;
  Method rollback_;
  Method prune_;
};

class ReplayService : public v1::Replay::CallbackService {
 public:
  explicit ReplayService(ServiceContext* context)
      : context_(context), verify_(context, kVerify) {}

  UnaryReactor* Verify(Context* call, const v1::VerifyRequest* request,
                       v1::VerifyResponse* response) override {
    return verify_.Queue(
        call, [context = context_, request, response](CallState* state) {
          const absl::Status status = rpc::Verify(context->backend, *request,
                                                  state->cancelled, response);
          state->fuel_used = response->fuel_used();
          return status;
        });
  }

 private:
  ServiceContext* const context_;
  Method verify_;
};

class InfoService : public v1::Info::CallbackService {
 public:
  explicit InfoService(ServiceContext* context)
      : context_(context), get_capabilities_(context, kGetCapabilities) {}

  UnaryReactor* GetCapabilities(
      Context* call, const v1::GetCapabilitiesRequest*,
      v1::GetCapabilitiesResponse* response) override {
    return get_capabilities_.Answer(call, [this, response](CallState*) {
      *response = context_->capabilities;
      return absl::OkStatus();
    });
  }

 private:
  ServiceContext* const context_;
  Method get_capabilities_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewExecutionService(ServiceContext* context) {
  return std::make_unique<ExecutionService>(context);
}
std::unique_ptr<grpc::Service> NewEstimationService(ServiceContext* context) {
  return std::make_unique<EstimationService>(context);
}
std::unique_ptr<grpc::Service> NewModulesService(ServiceContext* context) {
  return std::make_unique<ModulesService>(context);
}
std::unique_ptr<grpc::Service> NewStateService(ServiceContext* context) {
  return std::make_unique<StateService>(context);
}
std::unique_ptr<grpc::Service> NewReplayService(ServiceContext* context) {
  return std::make_unique<ReplayService>(context);
}
std::unique_ptr<grpc::Service> NewInfoService(ServiceContext* context) {
  return std::make_unique<InfoService>(context);
}

std::vector<std::string> ServedMethods() {
  std::vector<std::string> names;
  for (absl::string_view name :
       {kExecute, kEstimate, kInspect, kPut, kGetModule, kActivate, kGetState,
        kWrite, kRollback, kPrune, kVerify, kGetCapabilities}) {
    names.emplace_back(name.data(), name.size());
  }
  return names;
}

}  // namespace ashlar::rpc
