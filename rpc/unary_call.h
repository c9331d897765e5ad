// One unary call: admitted, run on a worker, answered; cancelled where the
// client gave up or its deadline passed.
#ifndef RPC_UNARY_CALL_H_
#define RPC_UNARY_CALL_H_

#include <atomic>
#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "rpc/admission.h"
#include "rpc/metrics.h"

namespace ashlar::rpc {

// What the work of a call sees and says of it.
struct CallState {
  // Set once nobody waits for the answer; work may end with CANCELLED then.
  const std::atomic<bool>* cancelled = nullptr;
  // Charged to the client's quota.
  uint64_t fuel_used = 0;
};

using CallWork = absl::AnyInvocable<absl::Status(CallState*)>;

// Runs `work` on a worker and finishes the call with its status. `admission`
// and `metrics` must outlive the server.
grpc::ServerUnaryReactor* QueueCall(grpc::CallbackServerContext* context,
                                    Admission* admission,
                                    MethodMetrics* metrics, CallWork work);

// Finishes the call with the status of `work`, which is quick, at once.
grpc::ServerUnaryReactor* AnswerCall(grpc::CallbackServerContext* context,
                                     const Admission& admission,
                                     MethodMetrics* metrics, CallWork work);

}  // namespace ashlar::rpc

#endif  // RPC_UNARY_CALL_H_
