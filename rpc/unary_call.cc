#include "rpc/unary_call.h"

#include <chrono>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rpc/fuel_quota.h"
#include "rpc/status.h"

namespace ashlar::rpc {
namespace {

// Deleted by OnDone, which gRPC calls once, after Finish and after OnCancel.
class UnaryCall final : public grpc::ServerUnaryReactor,
                        public WorkQueue::Task {
 public:
  UnaryCall(grpc::CallbackServerContext* context, Admission* admission,
            MethodMetrics* metrics, CallWork work)
      : context_(context),
        admission_(admission),
        metrics_(metrics),
        work_(std::move(work)) {
    // Asking for the peer costs a string; only a quota needs it.
    if (admission->quota()->fuel_per_second() > 0) {
      client_ = ClientOfPeer(context->peer());
    }
  }

  // gRPC calls OnDone only after it was given this object, however early a
  // worker finishes the call.
  void Begin() {
    entered_ = true;
    const absl::Status admitted = admission_->Enter(this, client_);
    if (admitted.ok()) return;
    entered_ = false;
    FinishWith(admitted);
  }

  void Run() override {
    CallState state{.cancelled = &cancelled_};
    absl::Status status = cancelled_ ? NoOutcome() : work_(&state);
    if (!status.ok() && cancelled_) status = NoOutcome();
    admission_->quota()->Charge(client_, state.fuel_used, absl::Now());
    FinishWith(status);
  }

  void OnCancel() override { cancelled_ = true; }

  void OnDone() override {
    Admission* left = entered_ ? admission_ : nullptr;
    delete this;
    if (left != nullptr) left->Leave();
  }

 private:
  ~UnaryCall() override = default;

  absl::Status NoOutcome() const {
    if (context_->deadline() <= std::chrono::system_clock::now()) {
      return absl::DeadlineExceededError(
          "the call's deadline passed before it was done; it has no outcome");
    }
    return absl::CancelledError("the client cancelled; there is no outcome");
  }

  void FinishWith(const absl::Status& status) {
    const grpc::Status finish = ToGrpcStatus(status);
    metrics_->Count(finish.error_code(), absl::Now() - arrived_);
    Finish(finish);
  }

  grpc::CallbackServerContext* const context_;
  Admission* const admission_;
  MethodMetrics* const metrics_;
  CallWork work_;
  const absl::Time arrived_ = absl::Now();
  std::string client_;
  bool entered_ = false;
  std::atomic<bool> cancelled_ = false;
};

}  // namespace

grpc::ServerUnaryReactor* QueueCall(grpc::CallbackServerContext* context,
                                    Admission* admission,
                                    MethodMetrics* metrics, CallWork work) {
  auto* call = new UnaryCall(context, admission, metrics, std::move(work));
  call->Begin();
  return call;
}

grpc::ServerUnaryReactor* AnswerCall(grpc::CallbackServerContext* context,
                                     const Admission& admission,
                                     MethodMetrics* metrics, CallWork work) {
  const absl::Time arrived = absl::Now();
  CallState state;
  absl::Status status = admission.CheckOpen();
  if (status.ok()) status = work(&state);
  const grpc::Status finish = ToGrpcStatus(status);
  metrics->Count(finish.error_code(), absl::Now() - arrived);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(finish);
  return reactor;
}

}  // namespace ashlar::rpc
