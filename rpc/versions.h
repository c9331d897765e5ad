// The methods of State without gRPC. Statuses: state.proto. Thread-safe.
#ifndef RPC_VERSIONS_H_
#define RPC_VERSIONS_H_

#include "absl/status/status.h"
#include "ashlar/v1/state.pb.h"
#include "rpc/backend.h"

namespace ashlar::rpc {

absl::Status Get(const Backend& backend, const v1::GetStateRequest& request,
                 v1::GetStateResponse* response);
absl::Status Write(const Backend& backend, const v1::WriteStateRequest& request,
                   v1::WriteStateResponse* response);
absl::Status Rollback(const Backend& backend,
                      const v1::RollbackRequest& request,
                      v1::RollbackResponse* response);
absl::Status Prune(const Backend& backend, const v1::PruneRequest& request,
                   v1::PruneResponse* response);

}  // namespace ashlar::rpc

#endif  // RPC_VERSIONS_H_
