// absl::Status to gRPC status and back: the only place that maps them.
#ifndef RPC_STATUS_H_
#define RPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace ashlar::rpc {

// Codes outside the service's list (ARCHITECTURE.md decision 4) become the
// nearest in it: DATA_LOSS and UNKNOWN are INTERNAL, OUT_OF_RANGE is
// INVALID_ARGUMENT, ALREADY_EXISTS is ABORTED. A payload, whose key is a
// message's type URL, becomes a detail of ashlar.v1.StatusDetails.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The inverse, for clients.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace ashlar::rpc

#endif  // RPC_STATUS_H_
