// Execution.Execute and Estimation.Estimate without gRPC: request message in,
// response message out.
#ifndef RPC_EXECUTE_H_
#define RPC_EXECUTE_H_

#include <atomic>

#include "absl/status/status.h"
#include "ashlar/v1/estimation.pb.h"
#include "ashlar/v1/execution.pb.h"
#include "rpc/backend.h"

namespace ashlar::rpc {

// Statuses: those of the method in execution.proto. `response` is meaningful
// only where OK. Thread-safe.
absl::Status Execute(const Backend& backend, const v1::ExecuteRequest& request,
                     const std::atomic<bool>* cancelled,
                     v1::ExecuteResponse* response);

// The same for Estimation.Estimate.
absl::Status Estimate(const Backend& backend,
                      const v1::EstimateRequest& request,
                      const std::atomic<bool>* cancelled,
                      v1::EstimateResponse* response);

}  // namespace ashlar::rpc

#endif  // RPC_EXECUTE_H_
