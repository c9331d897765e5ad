// Replay.Verify without gRPC: request message in, response message out.
#ifndef RPC_VERIFY_H_
#define RPC_VERIFY_H_

#include <atomic>

#include "absl/status/status.h"
#include "ashlar/v1/replay.pb.h"
#include "rpc/backend.h"

namespace ashlar::rpc {

// Statuses: those of the method in replay.proto. `response` is meaningful only
// where OK, but for fuel_used, which is what was burnt. Thread-safe.
absl::Status Verify(const Backend& backend, const v1::VerifyRequest& request,
                    const std::atomic<bool>* cancelled,
                    v1::VerifyResponse* response);

}  // namespace ashlar::rpc

#endif  // RPC_VERIFY_H_
